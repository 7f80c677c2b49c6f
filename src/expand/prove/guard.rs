//! The guard of a body: the Deny that keeps the app's stacks from editing the deploy roles.

use serde_yaml::Value;

use crate::diagnostic::Diagnostic;
use crate::expand::model::plan::{Execution, MacroPlan, TargetPlan};
use crate::expand::model::rendered::RenderedBody;
use crate::partials::rules::BROKEN_PARTIAL;
use crate::roles::{App, TargetRole};

/// The writes that the execution role must never have on the deploy roles.
const GUARDED: &[&str] = &[
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:PutRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DetachRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PassRole",
];

/// Whether the execution role has the Deny that keeps the app's stacks from editing the deploy
/// roles; an overridden partial could have lost it. Where the CDK's bootstrap has a role for that,
/// the Deny must be in a policy that it can take, and name that role, too.
pub(super) fn guard(
    plan: &MacroPlan,
    target: &TargetPlan,
    body: &RenderedBody,
) -> Option<Diagnostic> {
    let execution = target.execution;
    let account = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role";
    let always = App::guarded().map(str::to_owned);
    let beside = target.beside.iter().cloned();
    let mut guarded: Vec<String> = always
        .chain(beside)
        .map(|kind| format!("{account}{}{}-{kind}", plan.role_path, plan.app_id.value))
        .collect();
    if execution != Execution::Role {
        guarded.push(format!("{account}/cdk-hnb659fds-*"));
    }
    let passes_itself = [
        plan.app()
            .principal(TargetRole::Execution)
            .arn("${AWS::Partition}", "${AWS::AccountId}"),
        format!("{account}/cdk-hnb659fds-*"),
    ];
    let statements = execution_statements(execution, body);
    let denied = |action: &str, arn: &str| {
        statements.iter().any(|statement| {
            denies(statement, action, arn)
                && (statement.get("Condition").is_none()
                    || action == "iam:PassRole"
                        && passes_itself.iter().any(|own| own == arn)
                        && spares_cloudformation(statement))
        })
    };
    if guarded
        .iter()
        .all(|arn| GUARDED.iter().all(|action| denied(action, arn)))
    {
        return None;
    }
    let (message, help) = match execution {
        Execution::Role => (
            format!(
                "without its guard statements, the {} could edit the deploy roles",
                TargetRole::Execution.suffix()
            ),
            "let `guards/deploy-roles` deny every write to them, as the built-in partial does, and `roles/cloudformation-execution-role` keep its inline policies",
        ),
        Execution::RoleOrCdk | Execution::Cdk => (
            "without the guard statements, what the CDK's bootstrap is given would let stacks of the app edit the deploy roles or those of the bootstrap".to_owned(),
            "let `guards/deploy-roles` and `guards/cdk-roles` deny every write to them, as the built-in partials do, and `roles/cloudformation-execution-role` keep its managed policies",
        ),
    };
    Some(Diagnostic::new(&BROKEN_PARTIAL, plan.name_span, message).help(help))
}

/// The statements that CloudFormation has while it deploys. Where the CDK's bootstrap has a role
/// for it, only those of managed policies count: it can take no others.
fn execution_statements(execution: Execution, body: &RenderedBody) -> Vec<&Value> {
    let policies = body.execution_policies();
    let managed = policies
        .iter()
        .filter_map(|policy| policy.property("PolicyDocument"));
    let role = body
        .execution_role()
        .filter(|_| execution == Execution::Role);
    let inline = match role.and_then(|role| role.property("Policies")) {
        Some(Value::Sequence(policies)) => policies.as_slice(),
        _ => &[],
    };
    inline
        .iter()
        .filter_map(|policy| policy.get("PolicyDocument"))
        .chain(managed)
        .filter_map(|document| document.get("Statement")?.as_sequence())
        .flatten()
        .collect()
}

fn denies(statement: &Value, action: &str, arn: &str) -> bool {
    let lists = |key: &str, wanted: &str| {
        statement
            .get(key)
            .and_then(Value::as_sequence)
            .is_some_and(|items| {
                items.iter().any(|item| match item {
                    Value::String(text) => text == wanted || text == "*",
                    Value::Tagged(tagged) => tagged.value.as_str() == Some(wanted),
                    _ => false,
                })
            })
    };
    statement.get("Effect").and_then(Value::as_str) == Some("Deny")
        && lists("Action", action)
        && lists("Resource", arn)
}

/// Whether the condition of a Deny excepts what is passed to CloudFormation, and no more: nested
/// stacks run with the role of their parent, which passes it on.
fn spares_cloudformation(statement: &Value) -> bool {
    let only = |value: Option<&Value>, wanted: &str| match value {
        Some(Value::Mapping(entries)) if entries.len() == 1 => entries.get(wanted).cloned(),
        _ => None,
    };
    let operator = only(statement.get("Condition"), "StringNotEquals");
    only(operator.as_ref(), "iam:PassedToService")
        == Some(Value::from("cloudformation.amazonaws.com"))
}
