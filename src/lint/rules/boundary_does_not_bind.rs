//! `boundary-does-not-bind`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::escalation::{ChainStep, Walker, created_role};
use crate::lint::policies::{WrittenIdentity, WrittenPolicies};
use crate::lint::subject::Subject;

pub(crate) const RULE: Rule = Rule {
    id: "boundary-does-not-bind",
    level: Level::Warning,
    summary: "A role or user can get around its permissions boundary",
    explanation: include_str!("../../../docs/rules/boundary-does-not-bind.md"),
};

/// A boundary that limits nothing.
const WIDE: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let bounded = subject.policies.principals.iter();
    // Nobody can change the boundary of the role of a permission set but IAM Identity Center.
    let of_set = |who: &WrittenIdentity| {
        let own = subject.policies.resources.get(who.resource);
        own.is_some_and(|own| own.kind == "PermissionSet")
    };
    let bounded = bounded.filter(|who| who.permissions.boundary.is_some() && !of_set(who));
    for who in bounded {
        problems.extend(Walker::of(subject.policies, who).and_then(|walker| around(&walker)));
    }
}

fn around(walker: &Walker<'_>) -> Option<Diagnostic> {
    let (policies, who) = (walker.policies, walker.who);
    let kind = match walker.own.kind.as_str() {
        "User" => [
            "iam:DeleteUserPermissionsBoundary",
            "iam:PutUserPermissionsBoundary",
        ],
        _ => [
            "iam:DeleteRolePermissionsBoundary",
            "iam:PutRolePermissionsBoundary",
        ],
    };
    let [delete, put] = kind;
    let other = ("iam:permissionsboundary", Some(WIDE));
    // A deletion is sent with the boundary that is there.
    let removes = walker
        .step(delete, &who.arn, &[])
        .or_else(|| walker.step(put, &who.arn, &[other]))
        .or_else(|| {
            let arn = policies.arn_of(who.boundary?);
            walker.step("iam:CreatePolicyVersion", &arn, &[])
        });
    if let Some(step) = removes {
        return not_bound(
            policies,
            who,
            "can lift its own permissions boundary",
            &[step],
        );
    }
    let (_, steps) = created_role(walker)?;
    not_bound(
        policies,
        who,
        "creates roles that its permissions boundary does not limit",
        &steps,
    )
}

fn not_bound(
    policies: &WrittenPolicies,
    who: &WrittenIdentity,
    what: &str,
    steps: &[ChainStep],
) -> Option<Diagnostic> {
    let resource = policies.resources.get(who.resource)?;
    let steps: Vec<String> = steps.iter().map(|step| step.shown(policies)).collect();
    let message = format!("`{}` {what}", resource.id.shown());
    Some(
        Diagnostic::new(&RULE, resource.span, message)
            .note(steps.join("\n"))
            .help("deny these calls in the boundary, or allow them only with a condition on `iam:PermissionsBoundary`"),
    )
}
