//! What [`super`] refuses or warns of, by id.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[&INVALID_SUBJECT, &SUBJECT_TOO_WIDE, &CLASSIC_SUBJECT];

/// A subject that no token of the CI system has.
pub const INVALID_SUBJECT: Rule = Rule {
    id: "invalid-subject",
    level: Level::Error,
    summary: "A subject that no token of the CI system has",
};

/// A subject that lets in more tokens than it says.
pub const SUBJECT_TOO_WIDE: Rule = Rule {
    id: "subject-too-wide",
    level: Level::Error,
    summary: "A subject that lets in more tokens than it says",
};

/// A GitHub repository that is trusted by its name alone.
pub const CLASSIC_SUBJECT: Rule = Rule {
    id: "classic-subject",
    level: Level::Warning,
    summary: "A GitHub repository that is trusted by its name alone",
};
