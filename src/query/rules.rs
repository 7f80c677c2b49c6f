//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &UNKNOWN_PRINCIPAL,
    &UNKNOWN_ASKED_ACTION,
    &IMPOSSIBLE_REQUEST,
    &INVALID_QUESTION,
    &UNKNOWN_CONDITION_KEY,
    &IMPOSSIBLE_VALUE,
    &UNKNOWN_TEST_KEY,
    &MALFORMED_EXPECTATION,
    &DUPLICATE_EXPECTATION,
    &NO_EXPECTATIONS,
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

/// A question has a condition key that AWS does not have.
pub const UNKNOWN_CONDITION_KEY: Rule = Rule {
    id: "unknown-condition-key",
    level: Level::Error,
    summary: "A question has a condition key that neither AWS nor a template has",
    explanation: include_str!("../../docs/rules/unknown-condition-key.md"),
};

/// A question has a value that no request has.
pub const IMPOSSIBLE_VALUE: Rule = Rule {
    id: "impossible-value",
    level: Level::Error,
    summary: "A question has a region, an account, or another value that no request has",
    explanation: include_str!("../../docs/rules/impossible-value.md"),
};

/// A question cannot be read.
pub const INVALID_QUESTION: Rule = Rule {
    id: "invalid-question",
    level: Level::Error,
    summary: "A part of a question is not written as it must be",
    explanation: include_str!("../../docs/rules/invalid-question.md"),
};

/// A test file has a key that means nothing.
pub const UNKNOWN_TEST_KEY: Rule = Rule {
    id: "unknown-test-key",
    level: Level::Error,
    summary: "A test file has a key that means nothing",
    explanation: include_str!("../../docs/rules/unknown-test-key.md"),
};

/// An expectation lacks a part, or has one that does not belong there.
pub const MALFORMED_EXPECTATION: Rule = Rule {
    id: "malformed-expectation",
    level: Level::Error,
    summary: "An expectation lacks a part, or has one that does not belong there",
    explanation: include_str!("../../docs/rules/malformed-expectation.md"),
};

/// Two expectations of a test file have the same name.
pub const DUPLICATE_EXPECTATION: Rule = Rule {
    id: "duplicate-expectation",
    level: Level::Error,
    summary: "Two expectations of a test file have the same name",
    explanation: include_str!("../../docs/rules/duplicate-expectation.md"),
};

/// A test file has no expectations.
pub const NO_EXPECTATIONS: Rule = Rule {
    id: "no-expectations",
    level: Level::Error,
    summary: "A test file has no expectations",
    explanation: include_str!("../../docs/rules/no-expectations.md"),
};
