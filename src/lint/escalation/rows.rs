//! The rows of the table in `docs/security.md`, as questions.
//!
//! In: a principal. Out: the paths of each row that are open for certain. Refuses nothing.

mod code;
mod common;
mod listed;
mod openings;
mod others;
mod stacks;
mod template;

use crate::lint::escalation::walker::{EscalationPath, Walker};

pub(in crate::lint) use common::created_role;

/// Asks one row.
type Row = fn(&Walker<'_>) -> Option<EscalationPath>;

const ROWS: &[Row] = &[
    template::own_permissions,
    template::others_permissions,
    template::new_role,
    code::with_role,
    code::of_others,
    template::tags,
    template::trust,
    template::policies,
    others::users,
    others::groups,
    others::roles,
    others::managed_policies,
    others::providers,
    others::assumed,
    stacks::roles_stack,
    stacks::stacks,
    others::bootstrap,
];

/// The paths of every row.
pub(super) fn all(walker: &Walker<'_>) -> Vec<EscalationPath> {
    let mut found: Vec<EscalationPath> = ROWS.iter().filter_map(|row| row(walker)).collect();
    found.extend(openings::all(walker));
    found
}
