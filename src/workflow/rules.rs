//! What [`super`] refuses or warns of, by id.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[&NO_WORKFLOW];

/// A macro, or a stage of it, that GitHub Actions cannot deploy.
pub const NO_WORKFLOW: Rule = Rule {
    id: "no-workflow",
    level: Level::Error,
    summary: "A macro, or a stage of it, that GitHub Actions cannot deploy",
};
