//! A question to the requests that it is about.
//!
//! In: a question, and how its texts are read. Out: [`Requests`], and what they say of condition keys. Refuses nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::iam::condition::{Atom, Atoms, Literal, Qualifier, Test, is_single};
use crate::iam::owner::of_owners;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::request::{RequestKind, RequestReach, Requests};
use crate::iam::statement::{Effect, Grant, Patterns, Statement};
use crate::query::question::{AccessQuestion, AskedKey};

/// What requests say of these condition keys; `text` is how each text is read.
pub(super) fn literals(
    atoms: &RefCell<Atoms>,
    keys: &BTreeMap<String, AskedKey>,
    text: &dyn Fn(&str) -> String,
) -> Vec<Literal> {
    let mut literals = Vec::new();
    for (key, asked) in keys {
        let mut add = |qualifier, test, holds| {
            let atom = Atom {
                key: key.clone(),
                qualifier,
                if_exists: false,
                test,
                identity: String::new(),
                shown: String::new(),
            };
            literals.push(Literal {
                atom: atoms.borrow_mut().number(atom),
                holds,
            });
        };
        if asked.values.is_empty() {
            add(Qualifier::None, Test::Missing, true);
            continue;
        }
        let values = asked.values.iter();
        let globs: Vec<Glob> = values.map(|value| Glob::of(&text(value))).collect();
        if is_single(key) {
            add(Qualifier::None, Test::Text(globs), true);
        } else {
            // It has values, and each of them is one of these.
            add(Qualifier::ForAllValues, Test::Text(globs.clone()), true);
            add(Qualifier::ForAnyValue, Test::Text(globs), true);
        }
    }
    literals.sort_unstable();
    literals
}

/// The requests of a question; `text` is how each text of it is read.
pub(super) fn requests(
    atoms: &RefCell<Atoms>,
    question: &AccessQuestion,
    text: &dyn Fn(&str) -> String,
    reach: RequestReach,
) -> Requests {
    let grant = Grant {
        effect: Effect::Allow,
        actions: Patterns::of(vec![Glob::of(&question.action)]).ignoring_case(),
        resources: Patterns::of(vec![Glob::of(&text(&question.resource))]),
        principals: None,
        literals: literals(atoms, &question.keys, text),
    };
    // A role of one account in a request that says another: there is no such request.
    let nothing = Grant {
        resources: Patterns::of(Vec::new()),
        ..grant.clone()
    };
    let owned = of_owners(&atoms.borrow(), grant).pop();
    Requests {
        kind: RequestKind::Call,
        reach,
        grant: owned.unwrap_or(nothing),
    }
}

/// Permissions that allow these requests, and nothing else.
pub(super) fn allowing(requests: &Requests) -> Permissions {
    Permissions {
        allow: vec![Statement::of(requests.grant.clone())],
        ..Permissions::default()
    }
}
