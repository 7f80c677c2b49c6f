//! The paths by which somebody gets more than was meant for them: those of `docs/security.md`, asked of
//! principals that are written by hand.
//!
//! In: a principal with all that applies to it. Out: [`EscalationPath`]s, each a chain of requests, all
//! of which are allowed for certain. Refuses nothing: what is not certain is no path.

mod attached;
mod calls;
mod examples;
mod path;
mod rows;
mod walker;

use crate::lint::policies::{WrittenIdentity, WrittenPolicies};

pub(super) use examples::{Examples, regional};
pub(super) use path::{ChainStep, EscalationPath, PathReach};
pub(super) use rows::{created_role, runs_code};
pub(super) use walker::{ADMINISTRATOR, Walker, allows_everything};

/// The paths of `who`; none for an administrator, who has all there is to get.
pub(super) fn paths(policies: &WrittenPolicies, who: &WrittenIdentity) -> Vec<EscalationPath> {
    rows::one_way(every_way(policies, who))
}

/// The same with every way of each row.
fn every_way(policies: &WrittenPolicies, who: &WrittenIdentity) -> Vec<EscalationPath> {
    match Walker::of(policies, who) {
        Some(walker) if !walker.is_administrator() => {
            let mut found = rows::all(&walker);
            found.extend(attached::attached(&walker, &found));
            found
        }
        _ => Vec::new(),
    }
}

/// The paths that `with` has and `without` has not. Of a path that has several calls of equal use, these are the calls
/// that are new.
pub(super) fn added(
    policies: &WrittenPolicies,
    without: &WrittenIdentity,
    with: &WrittenIdentity,
) -> Vec<EscalationPath> {
    let known = every_way(policies, without);
    let found = every_way(policies, with).into_iter();
    found.filter_map(|path| path.beyond(&known)).collect()
}

/// `left`, cut into what `who` has and the rest.
pub(super) fn split(
    policies: &WrittenPolicies,
    who: &WrittenIdentity,
    left: Vec<EscalationPath>,
) -> (Vec<EscalationPath>, Vec<EscalationPath>) {
    let own = every_way(policies, who);
    let rest: Vec<EscalationPath> = left.iter().filter_map(|path| path.beyond(&own)).collect();
    let here = left.iter().filter_map(|path| path.beyond(&rest));
    (here.collect(), rest)
}

/// One way of each row is shown.
pub(super) fn one_way(found: Vec<EscalationPath>) -> Vec<EscalationPath> {
    rows::one_way(found)
}
