//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &NAME_TAKEN,
    &REPLACEMENT_REFUSED,
    &REPLACED,
    &USER_KEEPS_KEYS,
    &LOCKED_BY_BOUNDARY,
    &DEPLOYMENT_UNKNOWN,
    &STILL_TRUSTED,
    &WAITS_IN_CIRCLE,
    &STACK_TOO_LARGE,
    &AMBIGUOUS_REFERENCE,
    &EXPORT_CHANGES,
];

/// A resource gets a name that another deployed resource has.
pub const NAME_TAKEN: Rule = Rule {
    id: "name-taken",
    level: Level::Warning,
    summary: "A resource would get a name that another deployed resource still has",
    explanation: include_str!("../../docs/rules/name-taken.md"),
};

/// A resource with a name of its own would have to be replaced.
pub const REPLACEMENT_REFUSED: Rule = Rule {
    id: "replacement-refused",
    level: Level::Warning,
    summary: "A change would replace a resource that has a name of its own",
    explanation: include_str!("../../docs/rules/replacement-refused.md"),
};

/// A resource is replaced by another one.
pub const REPLACED: Rule = Rule {
    id: "replaced",
    level: Level::Note,
    summary: "A change replaces a resource, and what belongs to the old one is lost",
    explanation: include_str!("../../docs/rules/replaced.md"),
};

/// A user is removed that may have access keys.
pub const USER_KEEPS_KEYS: Rule = Rule {
    id: "user-keeps-keys",
    level: Level::Warning,
    summary: "A user that may have access keys is removed",
    explanation: include_str!("../../docs/rules/user-keeps-keys.md"),
};

/// A new boundary locks roles of apps.
pub const LOCKED_BY_BOUNDARY: Rule = Rule {
    id: "locked-by-boundary",
    level: Level::Note,
    summary: "A permissions boundary is now required that existing roles of the app lack",
    explanation: include_str!("../../docs/rules/locked-by-boundary.md"),
};

/// It is not known what is deployed.
pub const DEPLOYMENT_UNKNOWN: Rule = Rule {
    id: "deployment-unknown",
    level: Level::Warning,
    summary: "It is not known whether a change can be deployed",
    explanation: include_str!("../../docs/rules/deployment-unknown.md"),
};

/// A user or role that goes, or is created anew, is still trusted.
pub const STILL_TRUSTED: Rule = Rule {
    id: "still-trusted",
    level: Level::Warning,
    summary: "A user or role is removed or created anew, and policies still trust it",
    explanation: include_str!("../../docs/rules/still-trusted.md"),
};

/// Stacks of accounts wait for each other.
pub const WAITS_IN_CIRCLE: Rule = Rule {
    id: "waits-in-circle",
    level: Level::Warning,
    summary: "Stacks of accounts would wait for each other",
    explanation: include_str!("../../docs/rules/waits-in-circle.md"),
};

/// A stack exceeds a limit.
pub const STACK_TOO_LARGE: Rule = Rule {
    id: "stack-too-large",
    level: Level::Warning,
    summary: "A stack would exceed a limit of CloudFormation",
    explanation: include_str!("../../docs/rules/stack-too-large.md"),
};

/// A reference could mean resources of several stacks.
pub const AMBIGUOUS_REFERENCE: Rule = Rule {
    id: "ambiguous-reference",
    level: Level::Warning,
    summary: "A reference names a resource that several other stacks have",
    explanation: include_str!("../../docs/rules/ambiguous-reference.md"),
};

/// An export is gone or has another value.
pub const EXPORT_CHANGES: Rule = Rule {
    id: "export-changes",
    level: Level::Warning,
    summary: "An export is removed or gets another value, and another stack may import it",
    explanation: include_str!("../../docs/rules/export-changes.md"),
};
