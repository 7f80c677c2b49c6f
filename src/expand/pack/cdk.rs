//! Policies of the execution role to few managed policies.
//!
//! In: the policies that CloudFormation has while it deploys, in their order, and which managed
//! policy holds each. Out: managed ones only, as the CDK's bootstrap takes them
//! (`--cloudformation-execution-policies`); it attaches them to one role, and a role holds ten. So
//! small policies share a managed one. The front matter of a partial names it (`with-cdk`), and a
//! test checks that each is large enough for all built-in policies with all their options, so that
//! choosing another service moves none. A policy for which nothing is named (your own) stays
//! a policy of its own. Refuses nothing.

use std::collections::HashSet;

use serde_yaml::Value;

use super::{Attach, Policy};

/// The managed policies that partials name, in the order in which they are written. One that is not
/// listed follows them.
pub const ORDER: &[&str] = &[
    // It has what every deployment reads, so that leaving out the guard in it does not go
    // unnoticed.
    "DeployBase",
    "DeployFunctions",
    "DeployApisAndSites",
    "DeployData",
    "DeployEventsAndLogs",
    "DeployIdentities",
    "DeployKeysAndParameters",
    "DeployWorkflows",
    "DeployIntegrations",
];

/// The managed policies of `policies`: those that hold what belongs to them `with_cdk`, then the
/// others.
pub fn bundle(policies: Vec<Policy>, with_cdk: impl Fn(&Policy) -> Option<String>) -> Vec<Policy> {
    let mut holders: Vec<Policy> = Vec::new();
    let mut others = Vec::new();
    for mut policy in policies {
        policy.attach = Attach::Managed;
        let Some(name) = with_cdk(&policy) else {
            others.push(policy);
            continue;
        };
        match holders.iter_mut().find(|holder| holder.name == name) {
            Some(holder) => add(holder, &policy),
            None => holders.push(Policy {
                managed_name: name.clone(),
                name,
                ..policy
            }),
        }
    }
    let place = |holder: &Policy| ORDER.iter().position(|name| *name == holder.name);
    holders.sort_by_key(|holder| place(holder).unwrap_or(ORDER.len()));
    holders.into_iter().chain(others).collect()
}

/// Adds the statements of `policy` to those of `holder`. No two may have the same Sid: the second
/// loses it, which does not change what it means.
fn add(holder: &mut Policy, policy: &Policy) {
    let Some(Value::Sequence(added)) = policy.document.get("Statement") else {
        return;
    };
    let Some(Value::Sequence(statements)) = holder.document.get_mut("Statement") else {
        return;
    };
    let mut sids: HashSet<String> = statements.iter().filter_map(sid).collect();
    for statement in added {
        let mut statement = statement.clone();
        let is_new = sid(&statement).is_none_or(|sid| sids.insert(sid));
        if let (false, Value::Mapping(fields)) = (is_new, &mut statement) {
            fields.remove("Sid");
        }
        statements.push(statement);
    }
}

fn sid(statement: &Value) -> Option<String> {
    Some(statement.get("Sid")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_yaml::Mapping;

    use super::*;
    use crate::source::{FileId, Span};

    fn policy(name: &str, sids: &[&str]) -> Policy {
        let statements: Vec<Value> = sids
            .iter()
            .map(|sid| serde_yaml::from_str(&format!("{{ Sid: {sid}, Action: {name} }}")).unwrap())
            .collect();
        let mut document = Mapping::new();
        document.insert("Statement".into(), Value::Sequence(statements));
        Policy {
            name: name.to_owned(),
            managed_name: name.to_owned(),
            attach: Attach::Inline,
            document,
            span: Span::new(FileId(0), 0, 0),
        }
    }

    fn bundled(policies: &[Policy]) -> Vec<(String, Vec<String>)> {
        let statements = |policy: &Policy| {
            let statements = policy.document["Statement"].as_sequence().unwrap();
            let shown = |statement: &Value| {
                let action = statement["Action"].as_str().unwrap();
                format!("{action} {}", sid(statement).unwrap_or_default())
            };
            statements.iter().map(shown).collect()
        };
        let with_cdk = |policy: &Policy| {
            let name = match policy.name.as_str() {
                "DeploySQS" | "DeploySNSTopics" => "DeployData",
                "GuardDeployRoles" => "DeployBase",
                "DeployNew" => "DeployOthers",
                _ => return None,
            };
            Some(name.to_owned())
        };
        bundle(policies.to_vec(), with_cdk)
            .iter()
            .inspect(|policy| assert_eq!(policy.attach, Attach::Managed))
            .map(|policy| (policy.managed_name.clone(), statements(policy)))
            .collect()
    }

    fn one(name: &str, statements: &[&str]) -> (String, Vec<String>) {
        let statements = statements.iter().map(|text| (*text).to_owned()).collect();
        (name.to_owned(), statements)
    }

    #[test]
    fn the_same_policy_holds_it_whatever_else_is_there() {
        let queues = policy("DeploySQS", &["Queues"]);
        let held = one("DeployData", &["DeploySQS Queues"]);
        assert_eq!(bundled(std::slice::from_ref(&queues)), [held]);
        let topics = policy("DeploySNSTopics", &["Topics"]);
        let mine = policy("Execution-Mine", &["Queues"]);
        let new = policy("DeployNew", &["New"]);
        let guard = policy("GuardDeployRoles", &["Deny"]);
        assert_eq!(
            bundled(&[mine, new, topics, guard, queues]),
            [
                one("DeployBase", &["GuardDeployRoles Deny"]),
                one(
                    "DeployData",
                    &["DeploySNSTopics Topics", "DeploySQS Queues"]
                ),
                one("DeployOthers", &["DeployNew New"]),
                one("Execution-Mine", &["Execution-Mine Queues"]),
            ]
        );
    }

    #[test]
    fn no_two_statements_of_one_policy_have_the_same_sid() {
        let policies = ["DeploySQS", "DeploySNSTopics"].map(|name| policy(name, &["Same"]));
        let statements = ["DeploySQS Same", "DeploySNSTopics "];
        assert_eq!(bundled(&policies), [one("DeployData", &statements)]);
    }
}
