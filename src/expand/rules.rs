//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &NOT_A_TEMPLATE,
    &MISPLACED_MACRO,
    &INVALID_MACRO_NAME,
    &ESCAPING_ANCHOR,
    &UNKNOWN_ACCOUNT,
    &UNKNOWN_ORGANIZATIONAL_UNIT,
    &EMPTY_SELECTION,
    &EMPTY_UNIT,
    &SUSPENDED_UNIT,
    &MERGED_TARGETS,
    &DANGLING_REFERENCE,
    &INVALID_JSON_PATH,
    &CONFLICTING_TARGETS,
    &LOGICAL_ID_CLASH,
    &UNKNOWN_LOGICAL_ID,
    &APP_ID_PREFIX,
    &CIRCULAR_DEPENDENCY,
    &OUTPUT_MISMATCH,
];

/// The template, or its `Resources`, is not a mapping.
pub const NOT_A_TEMPLATE: Rule = Rule {
    id: "not-a-template",
    level: Level::Error,
    summary: "The template, or its `Resources`, is not a mapping",
    explanation: include_str!("../../docs/rules/not-a-template.md"),
};

/// `!DeployRoles` is not directly under `Resources`.
pub const MISPLACED_MACRO: Rule = Rule {
    id: "misplaced-macro",
    level: Level::Error,
    summary: "`!DeployRoles` is not directly under `Resources`",
    explanation: include_str!("../../docs/rules/misplaced-macro.md"),
};

/// The macro's name cannot begin a logical id.
pub const INVALID_MACRO_NAME: Rule = Rule {
    id: "invalid-macro-name",
    level: Level::Error,
    summary: "The macro's name cannot begin a logical id",
    explanation: include_str!("../../docs/rules/invalid-macro-name.md"),
};

/// An anchor of a macro is used outside of it.
pub const ESCAPING_ANCHOR: Rule = Rule {
    id: "escaping-anchor",
    level: Level::Error,
    summary: "An anchor of a macro is used outside of it",
    explanation: include_str!("../../docs/rules/escaping-anchor.md"),
};

/// `!Ref` names an account that the organization does not have.
pub const UNKNOWN_ACCOUNT: Rule = Rule {
    id: "unknown-account",
    level: Level::Error,
    summary: "`!Ref` names an account that the organization does not have",
    explanation: include_str!("../../docs/rules/unknown-account.md"),
};

/// `!Ref` names an organizational unit that the organization does not have.
pub const UNKNOWN_ORGANIZATIONAL_UNIT: Rule = Rule {
    id: "unknown-organizational-unit",
    level: Level::Error,
    summary: "`!Ref` names an organizational unit that the organization does not have",
    explanation: include_str!("../../docs/rules/unknown-organizational-unit.md"),
};

/// A target selects no account.
pub const EMPTY_SELECTION: Rule = Rule {
    id: "empty-selection",
    level: Level::Error,
    summary: "A target selects no account",
    explanation: include_str!("../../docs/rules/empty-selection.md"),
};

/// A `Select` is not a JSONPath query.
pub const INVALID_JSON_PATH: Rule = Rule {
    id: "invalid-jsonpath",
    level: Level::Error,
    summary: "A `Select` is not a JSONPath query",
    explanation: include_str!("../../docs/rules/invalid-jsonpath.md"),
};

/// Two targets select one account with different arguments.
pub const CONFLICTING_TARGETS: Rule = Rule {
    id: "conflicting-targets",
    level: Level::Error,
    summary: "Two targets select one account with different arguments",
    explanation: include_str!("../../docs/rules/conflicting-targets.md"),
};

/// Two resources would have the same logical id.
pub const LOGICAL_ID_CLASH: Rule = Rule {
    id: "logical-id-clash",
    level: Level::Error,
    summary: "Two resources would have the same logical id",
    explanation: include_str!("../../docs/rules/logical-id-clash.md"),
};

/// A line of `LogicalIds` names nothing that the macro creates.
pub const UNKNOWN_LOGICAL_ID: Rule = Rule {
    id: "unknown-logical-id",
    level: Level::Error,
    summary: "A line of `LogicalIds` names nothing that the macro creates",
    explanation: include_str!("../../docs/rules/unknown-logical-id.md"),
};

/// One `AppId` is the beginning of another.
pub const APP_ID_PREFIX: Rule = Rule {
    id: "app-id-prefix",
    level: Level::Error,
    summary: "One `AppId` is the beginning of another",
    explanation: include_str!("../../docs/rules/app-id-prefix.md"),
};

/// Accounts would wait for each other.
pub const CIRCULAR_DEPENDENCY: Rule = Rule {
    id: "circular-dependency",
    level: Level::Error,
    summary: "Accounts would wait for each other",
    explanation: include_str!("../../docs/rules/circular-dependency.md"),
};

/// The expanded text does not read back as planned.
pub const OUTPUT_MISMATCH: Rule = Rule {
    id: "output-mismatch",
    level: Level::Error,
    summary: "The expanded text does not read back as planned",
    explanation: include_str!("../../docs/rules/output-mismatch.md"),
};

/// The organizational unit of a target has no account.
pub const EMPTY_UNIT: Rule = Rule {
    id: "empty-unit",
    level: Level::Warning,
    summary: "The organizational unit of a target has no account",
    explanation: include_str!("../../docs/rules/empty-unit.md"),
};

/// A target selects the accounts of a unit for suspended accounts.
pub const SUSPENDED_UNIT: Rule = Rule {
    id: "suspended-unit",
    level: Level::Warning,
    summary: "A target selects the accounts of a unit for suspended accounts",
    explanation: include_str!("../../docs/rules/suspended-unit.md"),
};

/// Two targets select the same account, and give it the same.
pub const MERGED_TARGETS: Rule = Rule {
    id: "merged-targets",
    level: Level::Note,
    summary: "Two targets of a macro select the same account, and give it the same",
    explanation: include_str!("../../docs/rules/merged-targets.md"),
};

/// A reference names what no macro creates any more.
pub const DANGLING_REFERENCE: Rule = Rule {
    id: "dangling-reference",
    level: Level::Error,
    summary: "A reference names what no macro creates any more",
    explanation: include_str!("../../docs/rules/dangling-reference.md"),
};
