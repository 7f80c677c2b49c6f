//! Who may assume a permission set that could not before.
//!
//! In: the assignments of both files. Out: a finding for each that only one of them has, by permission
//! set and account. Refuses nothing: an assignment that may be one of the other file is a "maybe".

use std::collections::BTreeMap;

use crate::aws::actions::AccessLevel;
use crate::diff::access::assigned::{Assignment, AssignmentSource, Assignments};
use crate::diff::access::changes::{Finding, Witness};
use crate::iam::{Action, Certainty, RequestKind};

/// What somebody calls who assumes one.
const ASSUME: &str = "sts:AssumeRoleWithSAML";

/// A permission set in one account, or wherever it is assigned.
pub(super) type SetAndAccount = (String, Option<String>);

/// What changed about who may assume a permission set in one account.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct TrustChange {
    pub(super) gains: Vec<Finding>,
    pub(super) loses: Vec<Finding>,
}

/// Who may assume what that could not before, and the reverse, by permission set and account.
pub(super) fn trust_changes(
    old: &Assignments,
    new: &Assignments,
) -> BTreeMap<SetAndAccount, TrustChange> {
    let mut changes: BTreeMap<SetAndAccount, TrustChange> = BTreeMap::new();
    for (assignment, finding) in added(old, new) {
        changes
            .entry(key_of(assignment))
            .or_default()
            .gains
            .push(finding);
    }
    for (assignment, finding) in added(new, old) {
        changes
            .entry(key_of(assignment))
            .or_default()
            .loses
            .push(finding);
    }
    changes
}

fn key_of(assignment: &Assignment) -> SetAndAccount {
    (
        assignment.set.text.clone(),
        Some(assignment.account.text.clone()),
    )
}

/// The assignments of `new` that `old` does not have, each once.
fn added<'a>(old: &Assignments, new: &'a Assignments) -> Vec<(&'a Assignment, Finding)> {
    let gone: Vec<&Assignment> = old.keys().filter(|own| !new.contains_key(own)).collect();
    let mut found = Vec::new();
    for (assignment, sources) in new {
        let before = old.get(assignment).map_or(&[][..], Vec::as_slice);
        let has = |condition: &Option<String>| {
            let mut before = before.iter();
            before.any(|own| own.condition.is_none() || own.condition == *condition)
        };
        let mut sources: Vec<&AssignmentSource> =
            sources.iter().filter(|own| !has(&own.condition)).collect();
        // One that depends on nothing is the surest.
        sources.sort();
        let Some(source) = sources.first() else {
            continue;
        };
        let doubt = source
            .condition
            .clone()
            .or_else(|| before.iter().find_map(|own| own.condition.clone()));
        let certainty = match doubt {
            Some(condition) => Certainty::Maybe(format!(
                "whether `{condition}` lets it be created is not known"
            )),
            None => certainty(assignment, &gone),
        };
        found.push((assignment, finding(assignment, source, certainty)));
    }
    found
}

/// How sure it is that the assignment is none of those that are `gone`.
fn certainty(assignment: &Assignment, gone: &[&Assignment]) -> Certainty {
    if let Some(missing) = assignment.unnamed() {
        return Certainty::Maybe(format!("it names {missing}"));
    }
    let other = gone.iter().find(|other| assignment.may_be(other));
    let Some(other) = other else {
        return Certainty::Certain;
    };
    Certainty::Maybe(assignment.doubt(other))
}

fn finding(assignment: &Assignment, source: &AssignmentSource, certainty: Certainty) -> Finding {
    Finding {
        certainty,
        kind: RequestKind::Assume,
        level: AccessLevel::Permissions,
        policy: source.id.clone(),
        statement: String::new(),
        actions: vec![Action {
            level: AccessLevel::Write,
            name: ASSUME.to_owned(),
        }],
        resources: vec![assignment.who.text.clone()],
        principals: Vec::new(),
        conditions: Vec::new(),
        limit: None,
        witness: Some(Witness {
            action: ASSUME.to_owned(),
            target: assignment.who.text.clone(),
            caller: None,
            context: Vec::new(),
        }),
    }
}
