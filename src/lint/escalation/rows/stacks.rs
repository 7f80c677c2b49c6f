//! The rows about stacks: E9 and E10.
//!
//! In: a principal. Out: the paths that are open for certain. Refuses nothing.

use crate::lint::escalation::calls::{call, first};
use crate::lint::escalation::examples::{Examples, regional};
use crate::lint::escalation::path::EscalationPath;
use crate::lint::escalation::path::PathReach::Named;
use crate::lint::escalation::rows::common::path;
use crate::lint::escalation::walker::{KeyValue, Walker};

const STACKS: Examples = Examples {
    end: "/anything",
    ..regional("cloudformation", "stack/")
};

/// A stack operation without a role of its own.
const NO_ROLE: &[KeyValue] = &[("cloudformation:rolearn", None)];

/// How the stack of these roles is named, the template does not say.
pub(super) fn roles_stack(walker: &Walker<'_>) -> Option<EscalationPath> {
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

pub(super) fn stacks(walker: &Walker<'_>) -> Option<EscalationPath> {
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
