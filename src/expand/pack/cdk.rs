//! Policies of the execution role to few managed policies.
//!
//! In: the policies that CloudFormation has while it deploys, in their order. Out: managed ones
//! only, as the CDK's bootstrap takes them (`--cloudformation-execution-policies`); it attaches
//! them to one role, and a role holds ten. So small policies share a managed one. Each has a fixed
//! home, sized for all built-in policies with all their options, so that choosing another service
//! moves none. What has no home here (the author's own) stays a policy of its own.

use std::collections::HashSet;

use serde_yaml::Value;

use crate::expand::pack::inline::{Attach, Policy};

/// The homes: the managed policy, and the policies that live in it. A test sees that all with all
/// their options fit.
pub const HOMES: &[(&str, &[&str])] = &[
    // Without what it reads here no deployment works, so that the guard cannot be left out unseen.
    (
        "DeployBase",
        &[
            "GuardDeployRoles",
            "GuardCdkRoles",
            "ReadDeploymentArtifacts",
        ],
    ),
    ("DeployFunctions", &["DeployLambdaFunctions"]),
    (
        "DeployApisAndSites",
        &["DeployAPIGateway", "DeployCloudFront"],
    ),
    (
        "DeployData",
        &[
            "DeployAppBuckets",
            "DeploySNSTopics",
            "DeployDynamoDB",
            "DeploySQS",
        ],
    ),
    (
        "DeployEventsAndLogs",
        &["DeployLogGroups", "DeployEventBridge"],
    ),
    (
        "DeployIdentities",
        &["DeployLambdaExecutionRoles", "DeployCognito"],
    ),
    (
        "DeployKeysAndParameters",
        &["DeploySSMParameterStore", "DeployKeysAndSecrets"],
    ),
    ("DeployWorkflows", &["DeployWorkflows"]),
];

/// The managed policies of `policies`: those with a home in the order of [`HOMES`], then the
/// others.
pub fn bundle(policies: Vec<Policy>) -> Vec<Policy> {
    let mut homes: Vec<Option<Policy>> = HOMES.iter().map(|_| None).collect();
    let mut others = Vec::new();
    for mut policy in policies {
        policy.attach = Attach::Managed;
        let home = HOMES
            .iter()
            .zip(&mut homes)
            .find(|((_, members), _)| members.contains(&policy.managed_name.as_str()));
        match home {
            Some((_, Some(home))) => add(home, &policy),
            Some(((name, _), home)) => {
                (*name).clone_into(&mut policy.name);
                (*name).clone_into(&mut policy.managed_name);
                *home = Some(policy);
            }
            None => others.push(policy),
        }
    }
    homes.into_iter().flatten().chain(others).collect()
}

/// Adds the statements of `policy` to those of `home`. No two may have the same Sid: the second
/// loses it, which changes nothing of what it says.
fn add(home: &mut Policy, policy: &Policy) {
    let Some(Value::Sequence(added)) = policy.document.get("Statement") else {
        return;
    };
    let Some(Value::Sequence(statements)) = home.document.get_mut("Statement") else {
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
        bundle(policies.to_vec())
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
    fn a_policy_has_its_home_whatever_else_is_there() {
        let queues = policy("DeploySQS", &["Queues"]);
        let home = one("DeployData", &["DeploySQS Queues"]);
        assert_eq!(bundled(std::slice::from_ref(&queues)), [home]);
        let topics = policy("DeploySNSTopics", &["Topics"]);
        let mine = policy("Execution-Mine", &["Queues"]);
        let guard = policy("GuardDeployRoles", &["Deny"]);
        assert_eq!(
            bundled(&[mine, topics, guard, queues]),
            [
                one("DeployBase", &["GuardDeployRoles Deny"]),
                one(
                    "DeployData",
                    &["DeploySNSTopics Topics", "DeploySQS Queues"]
                ),
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

    #[test]
    fn every_policy_has_one_home() {
        let all: Vec<&str> = HOMES
            .iter()
            .flat_map(|(_, members)| members.iter().copied())
            .collect();
        let distinct: HashSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), distinct.len());
    }
}
