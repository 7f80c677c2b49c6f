//! Statements that differ in one list to one statement with both lists.
//!
//! In: the statements of a policy, each with the condition on the region. Out: fewer that allow
//! exactly the same, since the condition takes room in each. Refuses nothing: statements that deny,
//! or that are not lists of actions on lists of resources, are as they were.

use std::collections::HashSet;

use serde_yaml::{Mapping, Value};

/// A statement has at most so many resources, so that it fits into a policy.
const RESOURCES: usize = 40;

/// The statements, those joined that allow actions on the same resources under the same conditions,
/// and then those that allow the same actions. Those that are long because names contain a region
/// are split.
pub(super) fn compact(statements: &[Value]) -> Vec<Value> {
    let statements: Vec<Mapping> = statements
        .iter()
        .filter_map(|statement| statement.as_mapping().cloned())
        .collect();
    let joined = ["Action", "Resource"]
        .into_iter()
        .fold(statements, joined_by);
    let mut sids: HashSet<String> = joined.iter().filter_map(sid).collect();
    let parts = joined.into_iter().flat_map(|statement| {
        let mut parts = short(statement);
        for part in parts.iter_mut().skip(1) {
            rename(part, &mut sids);
        }
        parts
    });
    parts.map(Value::Mapping).collect()
}

/// The statement, or several with some of its resources each.
fn short(statement: Mapping) -> Vec<Mapping> {
    let resources = match statement.get("Resource") {
        Some(Value::Sequence(resources)) if resources.len() > RESOURCES => resources.clone(),
        _ => return vec![statement],
    };
    let part = |resources: &[Value]| {
        let mut part = statement.clone();
        part.insert("Resource".into(), Value::Sequence(resources.to_vec()));
        part
    };
    resources.chunks(RESOURCES).map(part).collect()
}

/// `Sid`.
pub(super) fn sid(statement: &Mapping) -> Option<String> {
    Some(statement.get("Sid")?.as_str()?.to_owned())
}

/// Gives a further part of a statement a `Sid` that no other has.
pub(super) fn rename(fields: &mut Mapping, sids: &mut HashSet<String>) {
    let Some(own) = fields.get("Sid").and_then(Value::as_str) else {
        return;
    };
    let free = (2..=u32::MAX)
        .map(|number| format!("{own}{number}"))
        .find(|name| !sids.contains(name));
    if let Some(free) = free {
        sids.insert(free.clone());
        fields.insert("Sid".into(), free.into());
    }
}

/// Joins statements that differ in this list only.
fn joined_by(statements: Vec<Mapping>, list: &str) -> Vec<Mapping> {
    let mut joined: Vec<Mapping> = Vec::new();
    for statement in statements {
        let same = joined.iter_mut().find(|other| {
            may_join(other, &statement) && rest(other, list) == rest(&statement, list)
        });
        match same {
            Some(other) => add(other, &statement, list),
            None => joined.push(statement),
        }
    }
    joined
}

/// Whether both allow listed actions on listed resources, if a condition says where.
fn may_join(first: &Mapping, second: &Mapping) -> bool {
    [first, second].into_iter().all(|statement| {
        let is_list = |key: &str| matches!(statement.get(key), Some(Value::Sequence(_)));
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        allows && is_list("Action") && is_list("Resource") && statement.contains_key("Condition")
    })
}

/// The fields of a statement but its `Sid` and this list; lists in any order are the same.
fn rest(statement: &Mapping, list: &str) -> Vec<(String, String)> {
    let others = statement
        .iter()
        .filter_map(|(key, value)| Some((key.as_str()?, value)))
        .filter(|(key, _)| *key != "Sid" && *key != list);
    let mut rest: Vec<(String, String)> = others
        .map(|(key, value)| {
            let text = match value {
                Value::Sequence(items) => {
                    let mut items: Vec<String> =
                        items.iter().map(|item| format!("{item:?}")).collect();
                    items.sort();
                    items.dedup();
                    items.join("\n")
                }
                value => format!("{value:?}"),
            };
            (key.to_owned(), text)
        })
        .collect();
    rest.sort();
    rest
}

/// Adds what the list of `from` has, and that of `to` has not; both `Sid`s stay readable.
fn add(to: &mut Mapping, from: &Mapping, list: &str) {
    let name = match (sid(to), sid(from)) {
        (Some(own), Some(other)) => Some(format!("{own}And{other}")),
        (own, other) => own.or(other),
    };
    if let (Some(name), true) = (name, to.contains_key("Sid")) {
        to.insert("Sid".into(), name.into());
    }
    let (Some(Value::Sequence(own)), Some(Value::Sequence(more))) =
        (to.get_mut(list), from.get(list))
    else {
        return;
    };
    for item in more {
        if !own.contains(item) {
            own.push(item.clone());
        }
    }
}
