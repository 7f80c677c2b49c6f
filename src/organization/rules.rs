//! What [`super`] refuses or warns of, by id.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[&NO_ORGANIZATION, &INVALID_ORGANIZATION];

/// The template has no organization.
pub const NO_ORGANIZATION: Rule = Rule {
    id: "no-organization",
    level: Level::Error,
    summary: "The template has no organization",
};

/// The organization cannot be understood.
pub const INVALID_ORGANIZATION: Rule = Rule {
    id: "invalid-organization",
    level: Level::Error,
    summary: "The organization cannot be understood",
};
