//! `confused-deputy`.

use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::lint::policies::WrittenStatement;
use crate::lint::subject::Subject;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "confused-deputy",
    level: Level::Note,
    summary: "A service is trusted whatever account it works for",
    explanation: include_str!("../../../docs/rules/confused-deputy.md"),
};

/// Services whose guide says that they send `aws:SourceArn` or `aws:SourceAccount` when they assume a
/// role, each with the page, as of November 2026. A service that is not here may send neither: to ask
/// for a key that it does not send would lock it out.
const SERVICES: &[(&str, &str)] = &[
    // Amazon MWAA user guide, "Cross-service confused deputy prevention"
    ("airflow.amazonaws.com", "the environment"),
    // WorkSpaces Applications guide, "Fleet machine role cross-service confused deputy prevention"
    ("appstream.amazonaws.com", "the fleet"),
    // Amazon EC2 Auto Scaling user guide, "Cross-service confused deputy prevention"
    ("autoscaling.amazonaws.com", "the Auto Scaling group"),
    // AWS CodeBuild user guide, "Allow CodeBuild to interact with other AWS services"
    ("codebuild.amazonaws.com", "the project"),
    // Amazon Personalize guide, "Cross-service confused deputy prevention"
    ("personalize.amazonaws.com", "what it works for"),
    // EventBridge Scheduler user guide, "Confused deputy prevention"
    ("scheduler.amazonaws.com", "the schedule group"),
    // AWS Step Functions guide, "Creating an IAM role for your state machine"
    ("states.amazonaws.com", "the state machine"),
    // Amazon VPC user guide, "IAM role for publishing flow logs to CloudWatch Logs"
    ("vpc-flow-logs.amazonaws.com", "the flow log"),
];

/// Keys that say which account or resource a service works for.
const KEYS: &[&str] = &[
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
];

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, statement) in subject.policies.trusts() {
        if is_limited(statement) {
            continue;
        }
        for (kind, item) in &statement.principals {
            let name = item.text().filter(|_| kind == "Service");
            let known = SERVICES
                .iter()
                .find(|(service, _)| Some(*service) == name.as_deref());
            problems.extend(known.map(|(service, of)| for_everybody(item.span, service, of)));
        }
    }
}

fn is_limited(statement: &WrittenStatement) -> bool {
    KEYS.iter()
        .any(|key| statement.conditions_on(key).next().is_some())
}

fn for_everybody(span: Span, service: &str, of: &str) -> Diagnostic {
    let message =
        format!("`{service}` sends the account that it works for, and this accepts any account");
    let help = format!(
        "add a condition on `aws:SourceAccount`, or on `aws:SourceArn` with the ARN of {of}"
    );
    Diagnostic::new(&RULE, span, message).help(help)
}
