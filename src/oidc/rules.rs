//! What [`super`] refuses or warns of, by id.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[&INVALID_SUBJECT, &SUBJECT_TOO_WIDE, &CLASSIC_SUBJECT];

/// No token of the CI system has this subject.
pub const INVALID_SUBJECT: Rule = Rule {
    id: "invalid-subject",
    level: Level::Error,
    summary: "No token of the CI system has this subject",
    explanation: include_str!("../../docs/rules/invalid-subject.md"),
};

/// A subject accepts more tokens than it seems to.
pub const SUBJECT_TOO_WIDE: Rule = Rule {
    id: "subject-too-wide",
    level: Level::Error,
    summary: "A subject accepts more tokens than it seems to",
    explanation: include_str!("../../docs/rules/subject-too-wide.md"),
};

/// A GitHub repository is trusted by its name alone.
pub const CLASSIC_SUBJECT: Rule = Rule {
    id: "classic-subject",
    level: Level::Warning,
    summary: "A GitHub repository is trusted by its name alone",
    explanation: include_str!("../../docs/rules/classic-subject.md"),
};
