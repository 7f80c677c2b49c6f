//! Services that share one managed policy.
//!
//! A role has room for ten managed policies, and there are more services than that. So small
//! services say `Attach: shared` and name one policy, which then holds the statements of those
//! that are chosen. The same policy holds a service, whatever else is chosen.
//!
//! In: the policies of one role. Out: the same, those of one name joined. Refuses the same `Sid`
//! twice, since the statements come from several partials.

use std::collections::HashSet;

use serde_yaml::Value;

use super::{Attach, Policy};
use crate::diagnostic::{Diagnostic, Result};
use crate::partials::rules::BROKEN_PARTIAL;

/// The policies, those of one shared name joined in the place of the first.
pub(crate) fn join_shared(policies: Vec<Policy>) -> Result<Vec<Policy>> {
    let mut joined: Vec<Policy> = Vec::new();
    let mut problems = Vec::new();
    for policy in policies {
        let holder = joined.iter_mut().find(|holder| {
            holder.attach == Attach::Shared
                && policy.attach == Attach::Shared
                && holder.name == policy.name
        });
        match holder {
            Some(holder) => problems.extend(add(holder, policy)),
            None => joined.push(policy),
        }
    }
    if problems.is_empty() {
        Ok(joined)
    } else {
        Err(problems)
    }
}

/// Adds the statements of `policy` to those of `holder`.
fn add(holder: &mut Policy, policy: Policy) -> Option<Diagnostic> {
    let mut document = policy.document;
    let (Some(Value::Sequence(statements)), Some(Value::Sequence(more))) = (
        holder.document.get_mut("Statement"),
        document.remove("Statement"),
    ) else {
        return None;
    };
    let taken: HashSet<&str> = statements.iter().filter_map(sid).collect();
    let twice = more
        .iter()
        .filter_map(sid)
        .find(|sid| taken.contains(sid))
        .map(|sid| {
            Diagnostic::new(
                &BROKEN_PARTIAL,
                policy.span,
                format!(
                    "another partial that shares the policy `{}` has the same `Sid` `{sid}`",
                    holder.name
                ),
            )
            .help("give the statement another `Sid`, or the policy its own `PolicyName`")
        });
    statements.extend(more);
    twice
}

fn sid(statement: &Value) -> Option<&str> {
    statement.get("Sid").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn policy(name: &str, attach: Attach, sid: &str) -> Policy {
        Policy {
            name: name.to_owned(),
            managed_name: name.to_owned(),
            attach,
            document: serde_yaml::from_str(&format!(
                "{{ Version: '2012-10-17', Statement: [{{ Sid: {sid} }}] }}"
            ))
            .unwrap(),
            span: Span::new(FileId(0), 0, 0),
        }
    }

    fn shape(policies: Vec<Policy>) -> Vec<String> {
        let sids = |policy: &Policy| -> Vec<String> {
            policy.document["Statement"]
                .as_sequence()
                .unwrap()
                .iter()
                .filter_map(sid)
                .map(str::to_owned)
                .collect()
        };
        join_shared(policies)
            .unwrap()
            .iter()
            .map(|policy| format!("{} {}", policy.name, sids(policy).join(" ")))
            .collect()
    }

    #[test]
    fn joins_what_shares_a_name_and_nothing_else() {
        let policies = vec![
            policy("A", Attach::Shared, "One"),
            policy("B", Attach::Managed, "Two"),
            policy("A", Attach::Shared, "Three"),
            policy("B", Attach::Shared, "Four"),
            policy("A", Attach::Managed, "Five"),
        ];
        assert_eq!(
            shape(policies),
            ["A One Three", "B Two", "B Four", "A Five"]
        );
    }

    #[test]
    fn refuses_a_sid_that_comes_twice() {
        let policies = vec![
            policy("A", Attach::Shared, "One"),
            policy("A", Attach::Shared, "One"),
        ];
        assert_eq!(join_shared(policies).unwrap_err().len(), 1);
    }
}
