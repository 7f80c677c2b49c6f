//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &UNKNOWN_ARGUMENT,
    &MISSING_ARGUMENT,
    &INVALID_SUBJECT,
    &SUBJECT_TOO_WIDE,
    &ANY_BRANCH_DEPLOYS,
];

/// An argument or key does not exist.
pub const UNKNOWN_ARGUMENT: Rule = Rule {
    id: "unknown-argument",
    level: Level::Error,
    summary: "An argument or key does not exist",
    explanation: include_str!("../../docs/rules/unknown-argument.md"),
};

/// A required argument is missing.
pub const MISSING_ARGUMENT: Rule = Rule {
    id: "missing-argument",
    level: Level::Error,
    summary: "A required argument is missing",
    explanation: include_str!("../../docs/rules/missing-argument.md"),
};

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

/// Any branch can deploy a stage that is not the first one.
pub const ANY_BRANCH_DEPLOYS: Rule = Rule {
    id: "any-branch-deploys",
    level: Level::Warning,
    summary: "Any branch can deploy a later stage",
    explanation: include_str!("../../docs/rules/any-branch-deploys.md"),
};
