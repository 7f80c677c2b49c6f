//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[&BROKEN_PARTIAL, &OUTDATED_PARTIAL, &UNKNOWN_PARTIAL];

/// A partial does not render, or renders to the wrong thing.
pub const BROKEN_PARTIAL: Rule = Rule {
    id: "broken-partial",
    level: Level::Error,
    summary: "A partial does not render, or renders to the wrong thing",
    explanation: include_str!("../../docs/rules/broken-partial.md"),
};

/// A copied partial differs from today's built-in one.
pub const OUTDATED_PARTIAL: Rule = Rule {
    id: "outdated-partial",
    level: Level::Note,
    summary: "A copied partial differs from today's built-in one",
    explanation: include_str!("../../docs/rules/outdated-partial.md"),
};

/// A name is not that of a built-in partial.
pub const UNKNOWN_PARTIAL: Rule = Rule {
    id: "unknown-partial",
    level: Level::Error,
    summary: "`partials show` or `partials eject` names a partial that is not built in",
    explanation: include_str!("../../docs/rules/unknown-partial.md"),
};
