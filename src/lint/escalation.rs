//! The paths by which somebody gets more than was meant for them: those of `docs/security.md`, asked of
//! principals that are written by hand.
//!
//! In: a principal with all that applies to it. Out: [`EscalationPath`]s, each a chain of requests, all
//! of which are allowed for certain. Refuses nothing: what is not certain is no path.

mod calls;
mod examples;
mod rows;
mod walker;

use crate::lint::policies::{WrittenIdentity, WrittenPolicies};

pub(super) use examples::{Examples, regional};
pub(super) use rows::created_role;
pub(super) use walker::{ChainStep, EscalationPath, PathReach, Walker};

/// Every path of `who`; none for an administrator, who has all there is to get.
pub(super) fn paths(policies: &WrittenPolicies, who: &WrittenIdentity) -> Vec<EscalationPath> {
    match Walker::of(policies, who) {
        Some(walker) if !walker.is_administrator() => rows::all(&walker),
        _ => Vec::new(),
    }
}
