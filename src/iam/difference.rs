//! Two permissions to what the second allows and the first does not.
//!
//! In: the permissions of one principal. Out: [`NewAccess`]: for each statement of the new side the
//! actions that it allows anew, with a witness. Deny wins over Allow, and a boundary must allow as
//! well. Refuses nothing.
//!
//! Actions are decided class by class (`classes`): those that the same statements match are decided
//! together. What matters for a class is which statements only one side has; most classes are done
//! by looking at that (`rules`). The rest is a search for a text (`witness`) under each truth of
//! the atoms of conditions (`truth`).
//!
//! The hard part is to err on one side only. If something is not known, the new side may allow too
//! much and the old side too little; if a search is given up, the answer is "maybe".

mod called;
mod callers;
mod class;
mod classes;
mod confirm;
mod found;
mod judge;
mod rules;
mod samples;
mod somebody;
mod targets;
mod truth;
pub(crate) mod universe;
mod witness;

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashSet;

use crate::aws::actions::AccessLevel;
pub(crate) use crate::iam::difference::called::CrossRegion;
use crate::iam::difference::class::Class;
use crate::iam::difference::classes::classes;
use crate::iam::difference::confirm::BothSides;
use crate::iam::difference::found::ClassAccess;
pub(crate) use crate::iam::difference::judge::Judge;
use crate::iam::difference::rules::Rules;
use crate::iam::facts::{KnownSide, SideFacts};
use crate::iam::pattern::is_account_id;
use crate::iam::permissions::Permissions;
use crate::iam::request::{Action, Certainty, Request, RequestKind, RequestReach, Requests};
use crate::iam::statement::{Grant, Statement, StatementId};

/// What one statement allows anew.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NewAccess {
    /// The statement of the new side.
    pub(crate) statement: StatementId,
    pub(crate) certainty: Certainty,
    pub(crate) actions: Vec<Action>,
    pub(crate) witness: Option<Request>,
}

/// What `new` allows and `old` does not.
pub(crate) fn difference(
    judge: &Judge<'_>,
    old: KnownSide<'_>,
    new: KnownSide<'_>,
    kind: RequestKind,
) -> Vec<NewAccess> {
    if old.permissions == new.permissions {
        return Vec::new();
    }
    compare(
        judge,
        &Rules::new(lacking(judge), (old.permissions, new.permissions), None),
        BothSides { old, new },
        (kind, RequestReach::Anywhere),
    )
}

/// What `permissions` allow of `requests`.
pub(crate) fn allowed(
    judge: &Judge<'_>,
    permissions: &Permissions,
    requests: &Requests,
) -> Vec<NewAccess> {
    let nothing = Permissions::default();
    let rules = Rules::new(
        lacking(judge),
        (&nothing, permissions),
        Some(&requests.grant),
    );
    let mut facts = SideFacts::default();
    let account = &judge.home.account;
    if requests.kind == RequestKind::Call && is_account_id(account) {
        facts.is_in(account);
    }
    let known = |permissions| KnownSide {
        permissions,
        facts: &facts,
    };
    let sides = BothSides {
        old: known(&nothing),
        new: known(permissions),
    };
    compare(judge, &rules, sides, (requests.kind, requests.reach))
}

/// What `permissions` do not allow of `requests`.
pub(crate) fn refused(
    judge: &Judge<'_>,
    permissions: &Permissions,
    requests: &Requests,
) -> Vec<NewAccess> {
    let everything = Permissions {
        allow: vec![Statement::of(Grant::everything())],
        ..Permissions::default()
    };
    let rules = Rules::new(
        lacking(judge),
        (permissions, &everything),
        Some(&requests.grant),
    );
    let sides = BothSides {
        old: KnownSide::of(permissions),
        new: KnownSide::of(&everything),
    };
    compare(judge, &rules, sides, (requests.kind, requests.reach))
}

/// The values that a request may lack.
fn lacking(judge: &Judge<'_>) -> BTreeSet<u32> {
    judge.atoms.borrow().lacking().clone()
}

fn compare(
    judge: &Judge<'_>,
    rules: &Rules<'_>,
    sides: BothSides<'_>,
    (kind, reach): (RequestKind, RequestReach),
) -> Vec<NewAccess> {
    let new = sides.new.permissions;
    if new.allow.is_empty() {
        return Vec::new();
    }
    let mut all: BTreeMap<(StatementId, Certainty), NewAccess> = BTreeMap::new();
    for (statements, candidates) in classes(judge.reference, rules, kind) {
        let class = Class {
            judge,
            rules,
            sides,
            active: rules.active(&statements),
            kind,
            reach,
        };
        for (rule, found) in class.new_access(&candidates) {
            // The class knows rules; the first statement with this rule is reported.
            let statement = rules.first_of(rule, &statements);
            if let Some(statement) = statement.and_then(|at| new.allow.get(at)) {
                add(&mut all, statement.id, found);
            }
        }
    }
    let mut all: Vec<NewAccess> = all.into_values().collect();
    // Existing actions come before possible later ones.
    for possible in [judge.later(), Judge::unnamed()] {
        let reported: HashSet<StatementId> = all
            .iter()
            .filter(|access| access.certainty != possible)
            .map(|access| access.statement)
            .collect();
        all.retain(|access| access.certainty != possible || !reported.contains(&access.statement));
    }
    for access in &mut all {
        access.actions.sort();
        access.actions.dedup();
    }
    all
}

/// Adds what a class allows anew to what its statement does.
fn add(
    all: &mut BTreeMap<(StatementId, Certainty), NewAccess>,
    statement: StatementId,
    found: ClassAccess,
) {
    let access = all
        .entry((statement, found.certainty.clone()))
        .or_insert_with(|| NewAccess {
            statement,
            certainty: found.certainty,
            actions: Vec::new(),
            witness: None,
        });
    access.actions.extend(found.actions);
    let level = |request| level_of(&access.actions, request);
    let (own, other) = (
        level(access.witness.as_ref()),
        level(found.witness.as_ref()),
    );
    if own.is_none() || (other.is_some() && other < own) {
        access.witness = found.witness;
    }
}

/// The access level of the action in question.
fn level_of(actions: &[Action], request: Option<&Request>) -> Option<AccessLevel> {
    let request = request?;
    let mut actions = actions.iter();
    actions
        .find(|action| action.name == request.action)
        .map(|action| action.level)
}
