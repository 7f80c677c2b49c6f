//! The rows about the principal itself and others of the template: E1 to E3, E7, E13, and E14.
//!
//! In: a principal. Out: the paths that are open for certain. Refuses nothing.

use crate::lint::escalation::calls::{PathCall, call, first};
use crate::lint::escalation::path::EscalationPath;
use crate::lint::escalation::path::PathReach::{Any, Named};
use crate::lint::escalation::rows::common::{
    REWRITE, ROLES, USERS, created_role, first_of_others, path,
};
use crate::lint::escalation::walker::{UNBOUNDED, Walker, giving};

pub(super) fn own_permissions(walker: &Walker<'_>) -> Option<EscalationPath> {
    let own = walker.gives_itself();
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

pub(super) fn others_permissions(walker: &Walker<'_>) -> Option<EscalationPath> {
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

pub(super) fn new_role(walker: &Walker<'_>) -> Option<EscalationPath> {
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

const TAGS: &[(&[PathCall], &str)] = &[
    (
        &[call("iam:TagRole", &ROLES), call("iam:UntagRole", &ROLES)],
        "it tags roles, to meet a condition in some policy",
    ),
    (
        &[call("iam:TagUser", &USERS), call("iam:UntagUser", &USERS)],
        "it tags users, to meet a condition in some policy",
    ),
];

/// Tags of roles, and of users.
pub(super) fn tags(walker: &Walker<'_>) -> Vec<EscalationPath> {
    let tagged = TAGS.iter().filter_map(|(calls, words)| {
        let step = first(walker, calls)?;
        Some(path("E7", Named, *words, vec![step]))
    });
    tagged.collect()
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

pub(super) fn trust(walker: &Walker<'_>) -> Option<EscalationPath> {
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

/// The managed policies of the template: first those that it has.
pub(super) fn policies(walker: &Walker<'_>) -> Option<EscalationPath> {
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
        let is_other = Some(at) != walker.who.boundary && other.is_near(walker.own);
        is_other.then(|| rewrites(at)).flatten()
    })?;
    let words = "it rewrites a policy of this template";
    Some(path("E14", Any, words, vec![step]))
}
