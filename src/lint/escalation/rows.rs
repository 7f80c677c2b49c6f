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

use std::collections::BTreeSet;

use crate::lint::escalation::path::EscalationPath;
use crate::lint::escalation::walker::Walker;

pub(in crate::lint) use code::runs_code;
pub(in crate::lint) use common::created_role;

/// Asks one row.
type Row = fn(&Walker<'_>) -> Option<EscalationPath>;

const ROWS: &[Row] = &[
    template::own_permissions,
    template::others_permissions,
    template::new_role,
    code::with_role,
    template::trust,
    template::policies,
    others::users,
    others::groups,
    others::roles,
    others::managed_policies,
    others::providers,
    others::permission_sets,
    others::assumed,
    stacks::roles_stack,
    stacks::stacks,
    others::bootstrap,
];

/// The paths of every row, in every way that is looked for.
pub(super) fn all(walker: &Walker<'_>) -> Vec<EscalationPath> {
    let mut found: Vec<EscalationPath> = ROWS.iter().filter_map(|row| row(walker)).collect();
    for several in [code::of_others, template::tags, openings::all] {
        found.extend(several(walker));
    }
    found
}

/// Rows of which one way is enough to see what is wrong.
const ONE_WAY: &[&str] = &["E5", "E7"];

/// The same with one way of each row that has alternatives.
pub(super) fn one_way(mut found: Vec<EscalationPath>) -> Vec<EscalationPath> {
    let mut seen = BTreeSet::new();
    found.retain(|path| !ONE_WAY.contains(&path.row) || seen.insert(path.row));
    found
}
