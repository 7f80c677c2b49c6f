//! AWS's managed policies, by the texts of one date.
//!
//! In: the policies that principals have. Out: their documents, and what AWS may have added to them
//! since. Refuses nothing: a policy without a text that is known is one that may say anything.
//!
//! What a policy gives that was attached is what its text says. But if a principal had it before and
//! has it still, what AWS added meanwhile may be what a Deny that is removed kept from it.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::aws::managed::{PREFIX, managed_policies};
use crate::diff::access::comparer::Comparer;
use crate::iam::condition::{Atom, Literal, Test};
use crate::iam::difference::NewAccess;
use crate::iam::permissions::Permissions;
use crate::iam::principals::{Principal, Source};
use crate::iam::statement::{Effect, Grant, Patterns, Statement, StatementId};
use crate::template::read;
use crate::template::value::Data;

/// It allows everything, so AWS cannot add to it.
const EVERYTHING: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// AWS's policies that a principal has on both sides, and to which AWS may have added since.
#[derive(Default)]
pub(super) struct KeptPolicies {
    pub(super) policies: BTreeSet<String>,
    pub(super) boundary: BTreeSet<String>,
}

/// What the name of every statement is that represents what AWS added.
pub(super) const ADDED: &str = "added since";

impl Comparer<'_, '_> {
    /// The document of AWS's policy with this ARN, if its text is known.
    pub(super) fn published(&self, arn: &str) -> Option<Rc<Data>> {
        if !arn.starts_with(PREFIX) {
            return None;
        }
        let mut known = self.managed.borrow_mut();
        if let Some(document) = known.get(arn) {
            return document.clone();
        }
        let read = || {
            let text = managed_policies().document(arn)?;
            read::of_text(&text).map(Rc::new)
        };
        let document = read();
        known.insert(arn.to_owned(), document.clone());
        document
    }

    /// AWS's policies that both have.
    pub(super) fn kept(&self, old: Option<&Principal>, new: Option<&Principal>) -> KeptPolicies {
        let (Some(old), Some(new)) = (old, new) else {
            return KeptPolicies::default();
        };
        let name = |source: &Source| match source {
            Source::Elsewhere(name) if name != EVERYTHING => {
                self.published(name).map(|_| name.clone())
            }
            _ => None,
        };
        let boundary = old.boundary.iter();
        KeptPolicies {
            policies: old
                .policies
                .intersection(&new.policies)
                .filter_map(name)
                .collect(),
            boundary: boundary
                .filter(|source| new.boundary.as_ref() == Some(source))
                .filter_map(name)
                .collect(),
        }
    }

    /// What AWS may have added to these policies since the date of the texts.
    pub(super) fn added(&self, policies: &BTreeSet<String>) -> Option<Statement> {
        if policies.is_empty() {
            return None;
        }
        let names: Vec<String> = policies.iter().map(|name| format!("`{name}`")).collect();
        let names = names.join(", ");
        let date = managed_policies().date();
        let atom = self.atoms.borrow_mut().number(Atom::of_policies(
            Test::NotKnown,
            format!("added to {names}"),
            format!("AWS may have added to {names} since {date}"),
        ));
        Some(Statement {
            id: StatementId::Policy(0),
            grant: Grant {
                effect: Effect::Allow,
                actions: Patterns::all(),
                resources: Patterns::all(),
                principals: None,
                literals: vec![Literal { atom, holds: true }],
            },
            policy: names,
            name: ADDED.to_owned(),
            resources: Vec::new(),
            principals: Vec::new(),
            conditions: Vec::new(),
        })
    }
}

/// `found` without what only AWS's additions to policies would give, if something is certain.
pub(super) fn without_additions(permissions: &Permissions, found: &mut Vec<NewAccess>) {
    let is_added = |access: &NewAccess| {
        let statement = permissions.statement(access.statement);
        statement.is_some_and(|statement| statement.name == ADDED)
    };
    if found.iter().any(|access| !is_added(access)) {
        found.retain(|access| !is_added(access));
    }
}
