//! What [`super`] refuses or warns of, by id.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[&BROKEN_PARTIAL, &OUTDATED_PARTIAL];

/// A partial that does not render, or renders to the wrong thing.
pub const BROKEN_PARTIAL: Rule = Rule {
    id: "broken-partial",
    level: Level::Error,
    summary: "A partial that does not render, or renders to the wrong thing",
};

/// A copy of a built-in partial that has changed since.
pub const OUTDATED_PARTIAL: Rule = Rule {
    id: "outdated-partial",
    level: Level::Note,
    summary: "A copy of a built-in partial that has changed since",
};
