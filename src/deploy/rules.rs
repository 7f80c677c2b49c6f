//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[&NAME_TAKEN];

/// A resource gets a name that another deployed resource has.
pub const NAME_TAKEN: Rule = Rule {
    id: "name-taken",
    level: Level::Warning,
    summary: "A resource would get a name that another deployed resource still has",
    explanation: include_str!("../../docs/rules/name-taken.md"),
};
