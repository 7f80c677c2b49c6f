//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &UNKNOWN_PRINCIPAL,
    &UNKNOWN_ASKED_ACTION,
    &IMPOSSIBLE_REQUEST,
    &INVALID_QUESTION,
];

/// A question is about somebody who is not in the templates.
pub const UNKNOWN_PRINCIPAL: Rule = Rule {
    id: "unknown-principal",
    level: Level::Error,
    summary: "A question is about a principal, macro, stage, or account that no template has",
    explanation: include_str!("../../docs/rules/unknown-principal.md"),
};

/// A question is about an action that AWS does not have.
pub const UNKNOWN_ASKED_ACTION: Rule = Rule {
    id: "unknown-asked-action",
    level: Level::Error,
    summary: "A question is about an action that AWS does not have",
    explanation: include_str!("../../docs/rules/unknown-asked-action.md"),
};

/// No request is like the question.
pub const IMPOSSIBLE_REQUEST: Rule = Rule {
    id: "impossible-request",
    level: Level::Error,
    summary: "A question is about an action that does not support the resource",
    explanation: include_str!("../../docs/rules/impossible-request.md"),
};

/// A question cannot be read.
pub const INVALID_QUESTION: Rule = Rule {
    id: "invalid-question",
    level: Level::Error,
    summary: "A part of a question is not written as it must be",
    explanation: include_str!("../../docs/rules/invalid-question.md"),
};
