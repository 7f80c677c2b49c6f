//! The rows of the table in `docs/security.md`, as questions.
//!
//! In: a principal. Out: the paths of each row that are open for certain. Refuses nothing.

mod code;
mod openings;
mod others;

use crate::lint::escalation::calls::{PathCall, call, first, is_example};
use crate::lint::escalation::examples::{Examples, of_iam, regional};
use crate::lint::escalation::walker::PathReach::{Any, Named};
use crate::lint::escalation::walker::{
    ChainStep, EscalationPath, KeyValue, PathReach, UNBOUNDED, Walker, giving,
};
use crate::template::symbol::Symbol;

/// Asks one row.
type Row = fn(&Walker<'_>) -> Option<EscalationPath>;

const ROWS: &[Row] = &[
    own_permissions,
    others_permissions,
    new_role,
    code::with_role,
    code::of_others,
    tags,
    trust,
    policies,
    others::users,
    others::groups,
    others::roles,
    others::managed_policies,
    others::providers,
    others::assumed,
    roles_stack,
    stacks,
    others::bootstrap,
];

/// The paths of every row.
pub(super) fn all(walker: &Walker<'_>) -> Vec<EscalationPath> {
    let mut found: Vec<EscalationPath> = ROWS.iter().filter_map(|row| row(walker)).collect();
    found.extend(openings::all(walker));
    found
}

fn path(
    row: &'static str,
    reach: PathReach,
    words: impl Into<String>,
    steps: Vec<ChainStep>,
) -> EscalationPath {
    EscalationPath {
        row,
        reach,
        words: words.into(),
        steps,
    }
}

const ROLES: Examples = of_iam("role/");
const USERS: Examples = of_iam("user/");
const GROUPS: Examples = of_iam("group/");
const BUCKETS: Examples = Examples {
    service: "s3",
    region: "",
    account: "",
    word: "",
    end: "",
};

fn own_permissions(walker: &Walker<'_>) -> Option<EscalationPath> {
    let own = walker.gives(&walker.own.kind, &walker.who.arn);
    let by_group = || {
        let mut groups = walker.who.groups.iter();
        groups.find_map(|at| walker.gives("Group", &walker.policies.arn_of(*at)))
    };
    // A name with a variable may be its own.
    let by_name = || {
        let names = walker.own_names(giving("User"), &USERS);
        names.iter().find_map(|name| walker.gives("User", name))
    };
    let step = own.or_else(by_group).or_else(by_name)?;
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
    let step = steps.next().or_else(|| {
        let mut groups = walker.other_groups(giving("Group"));
        groups.find_map(|arn| walker.gives("Group", &arn))
    })?;
    let words = "it gives another principal of this template any permission";
    Some(path("E2", Any, words, vec![step]))
}

/// A role that it creates with permissions of its choice, and no boundary.
pub(in crate::lint) fn created_role(walker: &Walker<'_>) -> Option<(Vec<Symbol>, Vec<ChainStep>)> {
    const CREATE: &str = "iam:CreateRole";
    if !walker.may_any(&[CREATE]) {
        return None;
    }
    let mut actions = vec![CREATE];
    actions.extend(giving("Role"));
    let examples = walker.examples_of_all(&actions, &ROLES);
    examples.into_iter().find_map(|role| {
        let create = walker.step(CREATE, &role, &[UNBOUNDED])?;
        let give = walker.gives("Role", &role)?;
        Some((role, vec![create, give]))
    })
}

fn new_role(walker: &Walker<'_>) -> Option<EscalationPath> {
    // With a boundary of its own, this is `boundary-does-not-bind`.
    if walker.who.permissions.boundary.is_none()
        && let Some((_, steps)) = created_role(walker)
    {
        let words = "it creates a role that anybody may assume, with any permission";
        return Some(path("E3", Any, words, steps));
    }
    // Of a role of the template, this is E13.
    if trust(walker).is_some() {
        return None;
    }
    let (reach, step) = first_of_others(walker, &[call(CHANGES_TRUST, &ROLES).with(&[UNBOUNDED])])?;
    let words = "it lets anybody assume a role that is there";
    Some(path("E3", reach, words, vec![step]))
}

const TAGS: &[PathCall] = &[
    call("iam:TagRole", &ROLES),
    call("iam:UntagRole", &ROLES),
    call("iam:TagUser", &USERS),
    call("iam:UntagUser", &USERS),
];

fn tags(walker: &Walker<'_>) -> Option<EscalationPath> {
    let step = first(walker, TAGS)?;
    let words = if step.action.ends_with("Role") {
        "it tags roles, to meet a condition in some policy"
    } else {
        "it tags users, to meet a condition in some policy"
    };
    Some(path("E7", Named, words, vec![step]))
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

fn trust(walker: &Walker<'_>) -> Option<EscalationPath> {
    let mut others = walker.others(trusting);
    let keys = &[UNBOUNDED];
    if let Some(step) = others.find_map(|(_, arn)| walker.step(CHANGES_TRUST, arn, keys)) {
        let words = "it says who may assume another role of this template";
        return Some(path("E13", Any, words, vec![step]));
    }
    let is_role = walker.own.kind == "Role";
    let arn = is_role.then_some(&walker.who.arn)?;
    let step = walker.step(CHANGES_TRUST, arn, keys)?;
    Some(path("E13", Any, "it says who may assume it", vec![step]))
}

const REWRITE: &[&str] = &["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"];

/// The managed policies of the template: first those that it has.
fn policies(walker: &Walker<'_>) -> Option<EscalationPath> {
    if !walker.may_any(REWRITE) {
        return None;
    }
    let rewrites = |at: usize| {
        let arn = walker.policies.arn_of(at);
        walker.first_of(REWRITE, &arn, &[])
    };
    let resources = walker.policies.resources.iter().enumerate();
    let managed = resources.filter(|(_, own)| own.kind == "ManagedPolicy");
    let (own, others): (Vec<_>, Vec<_>) =
        managed.partition(|(at, _)| walker.who.attached.contains(at));
    if let Some(step) = own.into_iter().find_map(|(at, _)| rewrites(at)) {
        return Some(path(
            "E14",
            Any,
            "it rewrites a policy that it has",
            vec![step],
        ));
    }
    let mut others = others.into_iter();
    // That of its boundary is `boundary-does-not-bind`.
    let step = others.find_map(|(at, other)| {
        let is_other = Some(at) != walker.who.boundary && other.accounts == walker.own.accounts;
        is_other.then(|| rewrites(at)).flatten()
    })?;
    let words = "it rewrites a policy of this template";
    Some(path("E14", Any, words, vec![step]))
}

const STACKS: Examples = Examples {
    end: "/anything",
    ..regional("cloudformation", "stack/")
};

/// A stack operation without a role of its own.
const NO_ROLE: &[KeyValue] = &[("cloudformation:rolearn", None)];

/// How the stack of these roles is named, the template does not say.
fn roles_stack(walker: &Walker<'_>) -> Option<EscalationPath> {
    let calls = [
        call("cloudformation:SetStackPolicy", &STACKS),
        call("cloudformation:DeleteStack", &STACKS).with(NO_ROLE),
        call("cloudformation:ExecuteChangeSet", &STACKS),
    ];
    let step = calls.iter().find_map(|call| call.of_others(walker))?;
    let words = if step.action == "cloudformation:ExecuteChangeSet" {
        "it executes what others have prepared for the stack of these roles, if that is named so"
    } else {
        "it locks or deletes the stack of these roles, if that is named so"
    };
    Some(path("E9", Named, words, vec![step]))
}

fn stacks(walker: &Walker<'_>) -> Option<EscalationPath> {
    let calls = [
        call("cloudformation:CreateStack", &STACKS).with(NO_ROLE),
        call("cloudformation:UpdateStack", &STACKS).with(NO_ROLE),
    ];
    let words =
        "it starts stack operations with its own permissions, or with any role that it passes";
    if let Some(step) = first(walker, &calls) {
        return Some(path("E10", Named, words, vec![step]));
    }
    let prepare = call("cloudformation:CreateChangeSet", &STACKS).with(NO_ROLE);
    let execute = call("cloudformation:ExecuteChangeSet", &STACKS);
    if let (Some(prepare), Some(execute)) = (prepare.step(walker), execute.step(walker)) {
        return Some(path("E10", Named, words, vec![prepare, execute]));
    }
    let delete = call("cloudformation:DeleteStack", &STACKS).with(NO_ROLE);
    let words = "it deletes stacks with whatever role they have";
    Some(path("E10", Named, words, vec![delete.step(walker)?]))
}

/// Whether a path is about anything, or only about what has some name.
fn reach(call: &PathCall, step: &ChainStep) -> PathReach {
    if call.is_of_any(&step.target) {
        Any
    } else {
        Named
    }
}

/// The first of these calls that is about somebody whom it does not name in full.
fn first_of_others(walker: &Walker<'_>, calls: &[PathCall]) -> Option<(PathReach, ChainStep)> {
    calls.iter().find_map(|call| {
        let mut steps = call.steps(walker);
        let step = steps.find(|step| is_example(&step.target))?;
        Some((reach(call, &step), step))
    })
}
