//! What [`super`] refuses or warns of, by id.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &UNREADABLE,
    &INVALID_YAML,
    &NUNJUCKS,
    &NESTED_TOO_DEEP,
    &TOO_MANY_NODES,
    &DUPLICATE_KEY,
    &SECOND_DOCUMENT,
    &MISSING_INCLUDE,
    &OUTSIDE_INCLUDE,
    &CYCLIC_INCLUDE,
    &WRONG_TYPE,
    &INVALID_VALUE,
];

/// A file cannot be read, or is not UTF-8.
pub const UNREADABLE: Rule = Rule {
    id: "unreadable",
    level: Level::Error,
    summary: "A file cannot be read, or is not UTF-8",
    explanation: include_str!("../../docs/rules/unreadable.md"),
};

/// The text is not YAML.
pub const INVALID_YAML: Rule = Rule {
    id: "invalid-yaml",
    level: Level::Error,
    summary: "The text is not YAML",
    explanation: include_str!("../../docs/rules/invalid-yaml.md"),
};

/// The text is YAML only after nunjucks has rendered it.
pub const NUNJUCKS: Rule = Rule {
    id: "nunjucks",
    level: Level::Error,
    summary: "The text is YAML only after nunjucks has rendered it",
    explanation: include_str!("../../docs/rules/nunjucks.md"),
};

/// Lists and mappings are nested too deeply.
pub const NESTED_TOO_DEEP: Rule = Rule {
    id: "nested-too-deep",
    level: Level::Error,
    summary: "Lists and mappings are nested too deeply",
    explanation: include_str!("../../docs/rules/nested-too-deep.md"),
};

/// Aliases expand to more values than a template can need.
pub const TOO_MANY_NODES: Rule = Rule {
    id: "too-many-nodes",
    level: Level::Error,
    summary: "Aliases expand to more values than a template can need",
    explanation: include_str!("../../docs/rules/too-many-nodes.md"),
};

/// A mapping contains a key twice.
pub const DUPLICATE_KEY: Rule = Rule {
    id: "duplicate-key",
    level: Level::Error,
    summary: "A mapping contains a key twice",
    explanation: include_str!("../../docs/rules/duplicate-key.md"),
};

/// The file contains a second YAML document.
pub const SECOND_DOCUMENT: Rule = Rule {
    id: "second-document",
    level: Level::Error,
    summary: "The file contains a second YAML document",
    explanation: include_str!("../../docs/rules/second-document.md"),
};

/// `!Include` names a file that does not exist.
pub const MISSING_INCLUDE: Rule = Rule {
    id: "missing-include",
    level: Level::Error,
    summary: "`!Include` names a file that does not exist",
    explanation: include_str!("../../docs/rules/missing-include.md"),
};

/// `!Include` names a file outside of the template's folder tree.
pub const OUTSIDE_INCLUDE: Rule = Rule {
    id: "outside-include",
    level: Level::Error,
    summary: "`!Include` names a file outside of the template's folder tree",
    explanation: include_str!("../../docs/rules/outside-include.md"),
};

/// A file includes itself, directly or through others.
pub const CYCLIC_INCLUDE: Rule = Rule {
    id: "cyclic-include",
    level: Level::Error,
    summary: "A file includes itself, directly or through others",
    explanation: include_str!("../../docs/rules/cyclic-include.md"),
};

/// A value has the wrong type.
pub const WRONG_TYPE: Rule = Rule {
    id: "wrong-type",
    level: Level::Error,
    summary: "A value has the wrong type",
    explanation: include_str!("../../docs/rules/wrong-type.md"),
};

/// IAM, CloudFormation, or OrgFormation would refuse a value.
pub const INVALID_VALUE: Rule = Rule {
    id: "invalid-value",
    level: Level::Error,
    summary: "IAM, CloudFormation, or OrgFormation would refuse a value",
    explanation: include_str!("../../docs/rules/invalid-value.md"),
};
