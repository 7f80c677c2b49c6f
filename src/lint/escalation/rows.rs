//! The rows of the table in `docs/security.md`, as questions.
//!
//! In: a principal. Out: the paths of each row that are open for certain. Refuses nothing.

use crate::lint::escalation::examples::{Examples, literal, of_iam, regional};
use crate::lint::escalation::walker::PathReach::{Any, Named};
use crate::lint::escalation::walker::{
    ChainStep, EscalationPath, KeyValue, PathReach, UNBOUNDED, Walker, giving,
};
use crate::template::resolve::OWN;
use crate::template::symbol::Symbol;

/// Asks one row.
type Row = fn(&Walker<'_>) -> Option<EscalationPath>;

const ROWS: &[Row] = &[
    own_permissions,
    others_permissions,
    new_role,
    code_with_role,
    others_code,
    tags,
    others_trust,
    own_policy,
    users,
    roles_stack,
    stacks,
    bootstrap,
];

/// The paths of every row.
pub(super) fn all(walker: &Walker<'_>) -> Vec<EscalationPath> {
    let mut found: Vec<EscalationPath> = ROWS.iter().filter_map(|row| row(walker)).collect();
    found.extend(opened(walker));
    found
}

fn path(
    row: &'static str,
    reach: PathReach,
    words: &'static str,
    steps: Vec<ChainStep>,
) -> EscalationPath {
    EscalationPath {
        row,
        reach,
        words,
        steps,
    }
}

fn own_permissions(walker: &Walker<'_>) -> Option<EscalationPath> {
    let step = walker.gives(&walker.own.kind, &walker.who.arn)?;
    let words = match walker.who.permissions.boundary {
        None => "it gives itself any permission",
        Some(_) => "it gives itself any permission that its boundary allows",
    };
    Some(path("E1", Any, words, vec![step]))
}

fn others_permissions(walker: &Walker<'_>) -> Option<EscalationPath> {
    let mut steps = walker
        .others(giving)
        .filter_map(|(other, arn)| walker.gives(&other.kind, arn));
    let words = "it gives another principal of this template any permission";
    Some(path("E2", Any, words, vec![steps.next()?]))
}

const ROLES: Examples = of_iam("role/");

/// A role that it creates with permissions of its choice, and no boundary.
pub(in crate::lint) fn created_role(walker: &Walker<'_>) -> Option<(Vec<Symbol>, Vec<ChainStep>)> {
    let examples = walker.examples("iam:CreateRole", &ROLES);
    examples.into_iter().find_map(|role| {
        let create = walker.step("iam:CreateRole", &role, &[UNBOUNDED])?;
        let give = walker.gives("Role", &role)?;
        Some((role, vec![create, give]))
    })
}

fn new_role(walker: &Walker<'_>) -> Option<EscalationPath> {
    // With a boundary of its own, this is `boundary-does-not-bind`.
    if walker.who.permissions.boundary.is_some() {
        return None;
    }
    let (_, steps) = created_role(walker)?;
    let words = "it creates a role that anybody may assume, with any permission";
    Some(path("E3", Any, words, steps))
}

const FUNCTIONS: Examples = regional("lambda", "function:");
const LAMBDA: &str = "lambda.amazonaws.com";

/// `iam:PassRole` for a function, of this role.
fn passes(walker: &Walker<'_>, role: &[Symbol]) -> Option<ChainStep> {
    walker.step(
        "iam:PassRole",
        role,
        &[("iam:passedtoservice", Some(LAMBDA))],
    )
}

/// A function that it creates and calls.
fn runs(walker: &Walker<'_>) -> Option<Vec<ChainStep>> {
    let examples = walker.examples("lambda:CreateFunction", &FUNCTIONS);
    examples.into_iter().find_map(|function| {
        let create = walker.step("lambda:CreateFunction", &function, &[])?;
        let call = walker.step("lambda:InvokeFunction", &function, &[])?;
        Some(vec![create, call])
    })
}

fn code_with_role(walker: &Walker<'_>) -> Option<EscalationPath> {
    let run = runs(walker)?;
    if walker.who.permissions.boundary.is_none()
        && let Some((role, mut steps)) = created_role(walker)
        && let Some(pass) = passes(walker, &role)
    {
        steps.push(pass);
        steps.extend(run);
        return Some(path(
            "E4",
            Any,
            "its code runs with a role of its making",
            steps,
        ));
    }
    let any = ROLES.any();
    let examples = walker.examples("iam:PassRole", &ROLES);
    // Who names each role means to pass it.
    let pass = examples
        .into_iter()
        .filter(|role| role == &any || is_example(role))
        .find_map(|role| passes(walker, &role))?;
    let reach = if pass.target == any { Any } else { Named };
    let mut steps = vec![pass];
    steps.extend(run);
    Some(path(
        "E6",
        reach,
        "its code runs with roles of others",
        steps,
    ))
}

/// Whether a wildcard was filled in.
fn is_example(target: &[Symbol]) -> bool {
    let name = literal("anything");
    target.windows(name.len()).any(|part| part == name)
}

fn others_code(walker: &Walker<'_>) -> Option<EscalationPath> {
    let any = FUNCTIONS.any();
    let examples = walker.examples("lambda:UpdateFunctionCode", &FUNCTIONS);
    let step = examples
        .into_iter()
        .filter(|function| is_example(function))
        .find_map(|function| walker.step("lambda:UpdateFunctionCode", &function, &[]))?;
    let reach = if step.target == any { Any } else { Named };
    Some(path(
        "E5",
        reach,
        "it changes the code of functions, which runs with their roles",
        vec![step],
    ))
}

fn tags(walker: &Walker<'_>) -> Option<EscalationPath> {
    let examples = walker.examples("iam:TagRole", &ROLES);
    let mut steps = examples
        .into_iter()
        .filter_map(|role| walker.step("iam:TagRole", &role, &[]));
    let words = "it tags roles, to meet a condition in some policy";
    Some(path("E7", Named, words, vec![steps.next()?]))
}

const CHANGES_TRUST: &str = "iam:UpdateAssumeRolePolicy";

/// The action that says who may assume a principal of this kind, if that is a role.
fn trusting(kind: &str) -> &'static [&'static str] {
    if kind == "Role" {
        &[CHANGES_TRUST]
    } else {
        &[]
    }
}

fn others_trust(walker: &Walker<'_>) -> Option<EscalationPath> {
    let mut others = walker.others(trusting);
    let step = others.find_map(|(_, arn)| walker.step(CHANGES_TRUST, arn, &[UNBOUNDED]))?;
    let words = "it says who may assume another role of this template";
    Some(path("E13", Any, words, vec![step]))
}

/// The managed policies of the template that it has.
fn own_policy(walker: &Walker<'_>) -> Option<EscalationPath> {
    let mut arns = walker.who.attached.iter();
    let step = arns.find_map(|at| {
        let resource = walker.policies.resources.get(*at)?;
        let is_managed = resource.kind == "ManagedPolicy";
        let arn = is_managed.then(|| walker.policies.arn_of(*at))?;
        walker.step("iam:CreatePolicyVersion", &arn, &[])
    })?;
    Some(path(
        "E14",
        Any,
        "it rewrites a policy that it has",
        vec![step],
    ))
}

const USERS: Examples = of_iam("user/");

fn users(walker: &Walker<'_>) -> Option<EscalationPath> {
    let words = "it signs in as another user";
    let keys = [
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:UpdateLoginProfile",
    ];
    for action in keys {
        let examples = walker.examples(action, &USERS).into_iter();
        let mut steps = examples
            .filter(|user| is_example(user))
            .filter_map(|user| walker.step(action, &user, &[]));
        if let Some(step) = steps.next() {
            return Some(path("E15", Any, words, vec![step]));
        }
    }
    None
}

const STACKS: Examples = Examples {
    end: "/anything",
    ..regional("cloudformation", "stack/")
};

/// How the stack of these roles is named, the template does not say.
fn roles_stack(walker: &Walker<'_>) -> Option<EscalationPath> {
    let actions = [
        "cloudformation:SetStackPolicy",
        "cloudformation:DeleteStack",
    ];
    let step = actions.into_iter().find_map(|action| {
        let examples = walker.examples(action, &STACKS).into_iter();
        let mut steps = examples
            .filter(|stack| is_example(stack))
            .filter_map(|stack| walker.step(action, &stack, &[NO_ROLE]));
        steps.next()
    })?;
    let words = "it locks or deletes the stack of these roles, if that is named so";
    Some(path("E9", Named, words, vec![step]))
}

/// A stack operation without a role of its own.
const NO_ROLE: KeyValue = ("cloudformation:rolearn", None);

fn stacks(walker: &Walker<'_>) -> Option<EscalationPath> {
    let actions = ["cloudformation:CreateStack", "cloudformation:UpdateStack"];
    let step = actions.into_iter().find_map(|action| {
        let examples = walker.examples(action, &STACKS);
        let mut steps = examples
            .into_iter()
            .filter_map(|stack| walker.step(action, &stack, &[NO_ROLE]));
        steps.next()
    })?;
    let words =
        "it starts stack operations with its own permissions, or with any role that it passes";
    Some(path("E10", Named, words, vec![step]))
}

fn bootstrap(walker: &Walker<'_>) -> Option<EscalationPath> {
    let role = format!("arn:aws:iam::{OWN}:role/cdk-hnb659fds-deploy-role-{OWN}-us-east-1");
    let step = walker.step("sts:AssumeRole", &literal(&role), &[])?;
    let words =
        "it assumes the deploy role of the CDK's bootstrap, which may do anything by default";
    Some(path("E17", Named, words, vec![step]))
}

/// A call that opens a resource to others.
struct Opening {
    action: &'static str,
    of: Examples,
}

const fn opening(action: &'static str, of: Examples) -> Opening {
    Opening { action, of }
}

const BUCKETS: Examples = Examples {
    service: "s3",
    region: "",
    account: "",
    word: "",
    end: "",
};

const OPENINGS: &[Opening] = &[
    opening("dynamodb:PutResourcePolicy", regional("dynamodb", "table/")),
    opening("ecr:SetRepositoryPolicy", regional("ecr", "repository/")),
    opening("events:PutPermission", regional("events", "event-bus/")),
    opening("kinesis:PutResourcePolicy", regional("kinesis", "stream/")),
    opening("kms:PutKeyPolicy", regional("kms", "key/")),
    opening("lambda:AddPermission", FUNCTIONS),
    opening("s3:PutBucketPolicy", BUCKETS),
    opening(
        "secretsmanager:PutResourcePolicy",
        regional("secretsmanager", "secret:"),
    ),
    opening("sns:AddPermission", regional("sns", "")),
    opening("sns:SetTopicAttributes", regional("sns", "")),
    opening("sqs:AddPermission", regional("sqs", "")),
    opening("sqs:SetQueueAttributes", regional("sqs", "")),
];

/// What it opens to others: one path for all.
fn opened(walker: &Walker<'_>) -> Option<EscalationPath> {
    let steps = OPENINGS.iter().filter_map(|opening| {
        let examples = walker.examples(opening.action, &opening.of);
        let mut steps = examples
            .into_iter()
            .filter_map(|target| walker.step(opening.action, &target, &[]));
        steps.next()
    });
    let steps: Vec<ChainStep> = steps.collect();
    let words = "it opens resources to other accounts";
    (!steps.is_empty()).then(|| path("E8", Named, words, steps))
}
