//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[&NOT_EXPORTABLE];

/// What a macro creates cannot be a template of its own.
pub const NOT_EXPORTABLE: Rule = Rule {
    id: "not-exportable",
    level: Level::Error,
    summary: "What the macro creates cannot be a template of its own",
    explanation: include_str!("../../docs/rules/not-exportable.md"),
};
