//! A role's policies to inline and managed ones that fit.
//!
//! In: the policies of one role, in their order. Out: which are in the role, and which are
//! customer managed policies. Choosing another service moves none: a built-in partial says what
//! holds its policy ([`Attach`]), and the room that all built-in inline policies with all their
//! options can need is kept free for them. Your own policies use what is left, in their
//! order, and the rest are managed. A managed policy that overflows splits between two statements.
//! Refuses a single statement that fits nowhere.

use serde_yaml::{Mapping, Value};

use super::{Attach, Policy};
use crate::aws::quotas::{MANAGED_POLICY_LIMIT, ROLE_INLINE_LIMIT};
use crate::iam::size::Resolution;
use crate::source::Span;

/// The policies of one role, placed.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PlacedPolicies {
    /// In the role.
    pub inline: Vec<Policy>,
    /// Attached to it.
    pub managed: Vec<Policy>,
}

/// A statement that fits nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// The policy's name.
    pub policy: String,
    /// Where it comes from.
    pub span: Span,
    /// The characters that a policy with this statement alone has.
    pub size: usize,
}

/// Places `policies`, keeping `reserve` characters of the role for built-in policies.
///
/// # Errors
///
/// A statement that is larger than a managed policy may be.
pub fn place(
    policies: Vec<Policy>,
    reserve: usize,
    resolution: Resolution,
) -> Result<PlacedPolicies, TooLarge> {
    let policies = policies.into_iter();
    let policies: Vec<(usize, Policy)> = policies
        .map(|policy| (resolution.document_size(&policy.document), policy))
        .collect();
    let built_in: usize = policies
        .iter()
        .filter(|(_, policy)| policy.attach == Attach::Inline)
        .map(|(size, _)| size)
        .sum();
    let mut room = ROLE_INLINE_LIMIT.saturating_sub(reserve.max(built_in));
    let mut placed = PlacedPolicies::default();
    let mut built_in_room = ROLE_INLINE_LIMIT;
    for (size, policy) in policies {
        let inline = match policy.attach {
            Attach::Inline => take(&mut built_in_room, size),
            Attach::IfItFits => take(&mut room, size),
            Attach::Managed | Attach::Shared => false,
        };
        if inline {
            placed.inline.push(policy);
        } else {
            placed.managed.extend(parts(policy, size, resolution)?);
        }
    }
    Ok(placed)
}

fn take(room: &mut usize, size: usize) -> bool {
    let fits = size <= *room;
    if fits {
        *room -= size;
    }
    fits
}

/// The policy, which has `whole` characters, or its statements over as many policies as needed.
fn parts(policy: Policy, whole: usize, resolution: Resolution) -> Result<Vec<Policy>, TooLarge> {
    let size = |document: &Mapping| resolution.document_size(document);
    if whole <= MANAGED_POLICY_LIMIT {
        return Ok(vec![policy]);
    }
    let statements = match policy.document.get("Statement") {
        Some(Value::Sequence(statements)) => statements.clone(),
        _ => Vec::new(),
    };
    let document = |statements: &[Value]| {
        let mut document = policy.document.clone();
        document.insert("Statement".into(), Value::Sequence(statements.to_vec()));
        document
    };
    let mut groups: Vec<Vec<Value>> = Vec::new();
    for statement in statements {
        let alone = size(&document(std::slice::from_ref(&statement)));
        if alone > MANAGED_POLICY_LIMIT {
            return Err(TooLarge {
                policy: policy.name.clone(),
                span: policy.span,
                size: alone,
            });
        }
        let fits = groups.last().is_some_and(|group| {
            let mut longer = group.clone();
            longer.push(statement.clone());
            size(&document(&longer)) <= MANAGED_POLICY_LIMIT
        });
        match groups.last_mut() {
            Some(group) if fits => group.push(statement),
            _ => groups.push(vec![statement]),
        }
    }
    if groups.is_empty() {
        return Err(TooLarge {
            policy: policy.name.clone(),
            span: policy.span,
            size: whole,
        });
    }
    let part = |(index, group): (usize, &Vec<Value>)| {
        let number = if index == 0 {
            String::new()
        } else {
            (index + 1).to_string()
        };
        Policy {
            name: format!("{}{number}", policy.name),
            managed_name: format!("{}{number}", policy.managed_name),
            document: document(group),
            ..policy.clone()
        }
    };
    Ok(groups.iter().enumerate().map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::partitions::Region;
    use crate::source::FileId;

    fn policy(name: &str, attach: Attach, statements: &[usize]) -> Policy {
        let statements: Vec<Value> = statements
            .iter()
            .map(|length| {
                serde_yaml::from_str(&format!(
                    "{{ Effect: Allow, Action: 'a:{}', Resource: '*' }}",
                    "b".repeat(*length)
                ))
                .unwrap()
            })
            .collect();
        let mut document = Mapping::new();
        document.insert("Version".into(), "2012-10-17".into());
        document.insert("Statement".into(), Value::Sequence(statements));
        Policy {
            name: name.to_owned(),
            managed_name: name.to_owned(),
            attach,
            document,
            span: Span::new(FileId(0), 0, 0),
        }
    }

    fn placed(policies: &[Policy], reserve: usize) -> Vec<String> {
        let resolution = Resolution::new(&Region("eu-west-1".to_owned()));
        let found = place(policies.to_vec(), reserve, resolution).unwrap();
        let inline = found
            .inline
            .iter()
            .map(|policy| format!("inline {}", policy.name));
        let managed = found
            .managed
            .iter()
            .map(|policy| format!("managed {}", policy.name));
        inline.chain(managed).collect()
    }

    #[test]
    fn what_does_not_fit_inline_becomes_managed() {
        let policies = [
            policy("Guard", Attach::Inline, &[1000]),
            policy("Lambda", Attach::Managed, &[1000]),
            policy("Small", Attach::IfItFits, &[1000]),
            policy("Large", Attach::IfItFits, &[3000]),
        ];
        assert_eq!(
            placed(&policies, 8000),
            [
                "inline Guard",
                "inline Small",
                "managed Lambda",
                "managed Large"
            ]
        );
    }

    #[test]
    fn another_built_in_policy_moves_none_of_the_authors() {
        let mut policies = vec![
            policy("Guard", Attach::Inline, &[1000]),
            policy("Mine", Attach::IfItFits, &[2000]),
        ];
        let before = placed(&policies, 8000);
        policies.insert(1, policy("More", Attach::Inline, &[6000]));
        let after = placed(&policies, 8000);
        assert!(
            before.iter().all(|policy| after.contains(policy)),
            "{before:?} {after:?}"
        );
    }

    #[test]
    fn a_policy_that_overflows_splits_between_statements() {
        let policies = [policy("Big", Attach::Managed, &[3000, 2500, 4000])];
        assert_eq!(placed(&policies, 0), ["managed Big", "managed Big2"]);
    }

    #[test]
    fn a_statement_that_fits_nowhere_is_refused() {
        let resolution = Resolution::new(&Region("eu-west-1".to_owned()));
        let refused = place(
            vec![policy("Huge", Attach::Managed, &[7000])],
            0,
            resolution,
        )
        .unwrap_err();
        assert_eq!(refused.policy, "Huge");
        assert!(refused.size > MANAGED_POLICY_LIMIT);
    }
}
