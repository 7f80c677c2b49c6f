//! `misplaced-service-policy`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::iam::statement::Effect;
use crate::lint::subject::Subject;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "misplaced-service-policy",
    level: Level::Note,
    summary: "A role has a policy of AWS that is for a service it does not trust",
    explanation: include_str!("../../../docs/rules/misplaced-service-policy.md"),
};

/// Policies of AWS that are for roles of one service, by the guides of that service, as of November 2026. Not here: policies
/// that are also of use to others, such as those that let a function write its log.
const POLICIES: &[(&str, &[&str])] = &[
    (
        "service-role/AmazonAPIGatewayPushToCloudWatchLogs",
        &["apigateway.amazonaws.com"],
    ),
    (
        "service-role/AmazonRDSEnhancedMonitoringRole",
        &["monitoring.rds.amazonaws.com"],
    ),
    (
        "service-role/AWSAppSyncPushToCloudWatchLogs",
        &["appsync.amazonaws.com"],
    ),
    ("service-role/AWSBatchServiceRole", &["batch.amazonaws.com"]),
    (
        "service-role/AWSCodeDeployRole",
        &["codedeploy.amazonaws.com"],
    ),
    (
        "service-role/AWSCodeDeployRoleForLambda",
        &["codedeploy.amazonaws.com"],
    ),
    (
        "service-role/AWSCodeDeployRoleForLambdaLimited",
        &["codedeploy.amazonaws.com"],
    ),
    ("AWSCodeDeployRoleForECS", &["codedeploy.amazonaws.com"]),
    (
        "service-role/AWS_ConfigRole",
        &[
            "config.amazonaws.com",
            "config-multiaccountsetup.amazonaws.com",
        ],
    ),
];

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (at, resource) in subject.policies.resources.iter().enumerate() {
        let attached = resource.property(subject.library, "ManagedPolicyArns");
        let attached = attached.map_or_else(Vec::new, |node| subject.library.items(&node));
        for node in attached {
            let followed = subject.library.follow(&node);
            let name = followed
                .text()
                .and_then(|text| text.split_once(":aws:policy/"));
            let Some((name, meant)) = name.and_then(|(_, name)| {
                let mut known = POLICIES.iter();
                known.find(|(own, _)| *own == name)
            }) else {
                continue;
            };
            let Some(trusted) = services(subject, at) else {
                continue;
            };
            if !trusted.iter().any(|own| meant.contains(&own.as_str())) {
                problems.push(for_another(node.whole_span(), name, meant, &trusted));
            }
        }
    }
}

/// The services that the resource at `at` trusts, if it trusts nobody else and all of them are known.
fn services(subject: &Subject<'_>, at: usize) -> Option<Vec<String>> {
    let trust = subject.policies.trust_of(at)?;
    let mut found = Vec::new();
    for statement in &trust.statements {
        if statement.effect == Effect::Deny {
            continue;
        }
        for (kind, item) in &statement.principals {
            found.push(item.text().filter(|_| kind == "Service")?);
        }
    }
    (!found.is_empty()).then_some(found)
}

fn for_another(span: Span, name: &str, meant: &[&str], trusted: &[String]) -> Diagnostic {
    let short = name.rsplit('/').next().unwrap_or(name);
    let message = format!(
        "`{short}` is for roles that `{}` assumes, and this role trusts only `{}`",
        meant.first().copied().unwrap_or_default(),
        trusted.join("`, `").shown()
    );
    Diagnostic::new(&RULE, span, message)
        .help("attach it to a role of that service, and allow here what this role needs")
}
