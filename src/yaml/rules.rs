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
};

/// The text is not YAML.
pub const INVALID_YAML: Rule = Rule {
    id: "invalid-yaml",
    level: Level::Error,
    summary: "The text is not YAML",
};

/// The text is only YAML after nunjucks has rendered it.
pub const NUNJUCKS: Rule = Rule {
    id: "nunjucks",
    level: Level::Error,
    summary: "The text is only YAML after nunjucks has rendered it",
};

/// Collections are nested deeper than the parser follows.
pub const NESTED_TOO_DEEP: Rule = Rule {
    id: "nested-too-deep",
    level: Level::Error,
    summary: "Collections are nested deeper than the parser follows",
};

/// Aliases expand to more nodes than a template can need.
pub const TOO_MANY_NODES: Rule = Rule {
    id: "too-many-nodes",
    level: Level::Error,
    summary: "Aliases expand to more nodes than a template can need",
};

/// A mapping holds a key twice.
pub const DUPLICATE_KEY: Rule = Rule {
    id: "duplicate-key",
    level: Level::Error,
    summary: "A mapping holds a key twice",
};

/// The file holds a second YAML document.
pub const SECOND_DOCUMENT: Rule = Rule {
    id: "second-document",
    level: Level::Error,
    summary: "The file holds a second YAML document",
};

/// `!Include` of a file that is not there.
pub const MISSING_INCLUDE: Rule = Rule {
    id: "missing-include",
    level: Level::Error,
    summary: "`!Include` of a file that is not there",
};

/// `!Include` of a file outside of the template's folder tree.
pub const OUTSIDE_INCLUDE: Rule = Rule {
    id: "outside-include",
    level: Level::Error,
    summary: "`!Include` of a file outside of the template's folder tree",
};

/// `!Include` of a file that includes itself, by whatever way.
pub const CYCLIC_INCLUDE: Rule = Rule {
    id: "cyclic-include",
    level: Level::Error,
    summary: "`!Include` of a file that includes itself, by whatever way",
};

/// A value of the wrong type.
pub const WRONG_TYPE: Rule = Rule {
    id: "wrong-type",
    level: Level::Error,
    summary: "A value of the wrong type",
};

/// A text value that IAM, CloudFormation or OrgFormation would refuse.
pub const INVALID_VALUE: Rule = Rule {
    id: "invalid-value",
    level: Level::Error,
    summary: "A text value that IAM, CloudFormation or OrgFormation would refuse",
};
