//! The rules of [`super`], by id; the commands have none of their own. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &EDITED_BY_HAND,
    &NOT_GENERATED,
    &UNKNOWN_MACRO,
    &AMBIGUOUS_MACRO,
];

/// The generated file was edited by hand.
pub const EDITED_BY_HAND: Rule = Rule {
    id: "edited-by-hand",
    level: Level::Error,
    summary: "The generated file was edited by hand",
    explanation: include_str!("../../docs/rules/edited-by-hand.md"),
};

/// The file at the output path was not generated.
pub const NOT_GENERATED: Rule = Rule {
    id: "not-generated",
    level: Level::Error,
    summary: "The file at the output path was not generated",
    explanation: include_str!("../../docs/rules/not-generated.md"),
};

/// `--macro` names a macro that does not exist.
pub const UNKNOWN_MACRO: Rule = Rule {
    id: "unknown-macro",
    level: Level::Error,
    summary: "`--macro` names a macro that does not exist",
    explanation: include_str!("../../docs/rules/unknown-macro.md"),
};

/// There are several macros, but the command needs one.
pub const AMBIGUOUS_MACRO: Rule = Rule {
    id: "ambiguous-macro",
    level: Level::Error,
    summary: "There are several macros, but the command needs one",
    explanation: include_str!("../../docs/rules/ambiguous-macro.md"),
};
