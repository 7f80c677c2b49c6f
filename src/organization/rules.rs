//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[&NO_ORGANIZATION, &INVALID_ORGANIZATION];

/// The template has no organization.
pub const NO_ORGANIZATION: Rule = Rule {
    id: "no-organization",
    level: Level::Error,
    summary: "The template has no organization",
    explanation: include_str!("../../docs/rules/no-organization.md"),
};

/// OrgFormation would refuse the organization, or read it in another way.
pub const INVALID_ORGANIZATION: Rule = Rule {
    id: "invalid-organization",
    level: Level::Error,
    summary: "OrgFormation would refuse the organization, or read it in another way",
    explanation: include_str!("../../docs/rules/invalid-organization.md"),
};
