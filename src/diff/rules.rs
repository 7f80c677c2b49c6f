//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[&UNDECIDED];

/// A change may give access, and it is not decided whether it does.
pub const UNDECIDED: Rule = Rule {
    id: "undecided",
    level: Level::Warning,
    summary: "It is not decided whether a change gives access",
    explanation: include_str!("../../docs/rules/undecided.md"),
};
