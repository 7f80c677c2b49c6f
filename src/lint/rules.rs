//! What [`super`] warns of, by id.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &MALFORMED_ALLOW,
    &ALLOW_UNKNOWN_RULE,
    &ALLOW_ERROR,
    &ALLOW_WITHOUT_REASON,
    &ALLOW_UNUSED,
];

/// An allow comment does not name its rules in brackets.
pub const MALFORMED_ALLOW: Rule = Rule {
    id: "malformed-allow",
    level: Level::Warning,
    summary: "An allow comment does not name its rules in brackets",
    explanation: include_str!("../../docs/rules/malformed-allow.md"),
};

/// An allow comment names a rule that does not exist.
pub const ALLOW_UNKNOWN_RULE: Rule = Rule {
    id: "allow-unknown-rule",
    level: Level::Warning,
    summary: "An allow comment names a rule that does not exist",
    explanation: include_str!("../../docs/rules/allow-unknown-rule.md"),
};

/// An allow comment names an error, which cannot be allowed.
pub const ALLOW_ERROR: Rule = Rule {
    id: "allow-error",
    level: Level::Warning,
    summary: "An allow comment names an error, which cannot be allowed",
    explanation: include_str!("../../docs/rules/allow-error.md"),
};

/// An allow comment gives no reason.
pub const ALLOW_WITHOUT_REASON: Rule = Rule {
    id: "allow-without-reason",
    level: Level::Warning,
    summary: "An allow comment gives no reason",
    explanation: include_str!("../../docs/rules/allow-without-reason.md"),
};

/// An allow comment allows nothing that is reported.
pub const ALLOW_UNUSED: Rule = Rule {
    id: "allow-unused",
    level: Level::Warning,
    summary: "An allow comment allows nothing that is reported",
    explanation: include_str!("../../docs/rules/allow-unused.md"),
};
