//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[&NO_WORKFLOW];

/// GitHub Actions cannot deploy a macro or one of its stages.
pub const NO_WORKFLOW: Rule = Rule {
    id: "no-workflow",
    level: Level::Error,
    summary: "GitHub Actions cannot deploy a macro or one of its stages",
    explanation: include_str!("../../docs/rules/no-workflow.md"),
};
