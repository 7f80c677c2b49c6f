//! What the rows share.
//!
//! In: a principal. Out: parts of paths. Refuses nothing.

use crate::lint::escalation::calls::{PathCall, is_example};
use crate::lint::escalation::examples::{Examples, of_iam, regional};
use crate::lint::escalation::path::PathReach::{Any, Named};
use crate::lint::escalation::path::{ChainStep, EscalationPath, PathReach};
use crate::lint::escalation::walker::{UNBOUNDED, Walker, giving};
use crate::template::symbol::Symbol;

pub(super) const ROLES: Examples = of_iam("role/");
pub(super) const USERS: Examples = of_iam("user/");
pub(super) const GROUPS: Examples = of_iam("group/");
pub(super) const BUCKETS: Examples = Examples {
    service: "s3",
    region: "",
    account: "",
    word: "",
    end: "",
};

pub(super) const FUNCTIONS: Examples = regional("lambda", "function:");
pub(super) const MACHINES: Examples = regional("states", "stateMachine:");
pub(super) const INSTANCES: Examples = regional("ec2", "instance/");
pub(super) const PROJECTS: Examples = regional("codebuild", "project/");
pub(super) const STACKS: Examples = Examples {
    end: "/anything",
    ..regional("cloudformation", "stack/")
};

/// A service that runs code, or makes any call, with a role that it is passed.
pub(super) struct CodeRunner {
    pub(super) service: &'static str,
    /// What the code says.
    pub(super) words: &'static str,
    /// The calls that make it run: of each list, one is enough.
    pub(super) calls: &'static [&'static [PathCall]],
}

pub(super) fn path(
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

pub(super) const REWRITE: &[&str] = &["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"];

/// Whether a path is about anything, or only about what has some name.
fn reach(call: &PathCall, step: &ChainStep) -> PathReach {
    if call.is_of_any(&step.target) {
        Any
    } else {
        Named
    }
}

/// The first of these calls that is about somebody and does not name them in full.
pub(super) fn first_of_others(
    walker: &Walker<'_>,
    calls: &[PathCall],
) -> Option<(PathReach, ChainStep)> {
    calls.iter().find_map(|call| {
        let mut steps = call.steps(walker);
        let step = steps.find(|step| is_example(&step.target))?;
        Some((reach(call, &step), step))
    })
}
