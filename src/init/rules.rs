//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &NO_REPOSITORY,
    &AMBIGUOUS_ORGANIZATION,
    &NO_TOOLS_ACCOUNT,
    &NO_TARGET_ACCOUNT,
    &FILE_EXISTS,
    &UNSUITABLE_PATH,
];

/// The folder is neither empty nor the root of an OrgFormation repository.
pub const NO_REPOSITORY: Rule = Rule {
    id: "no-repository",
    level: Level::Error,
    summary: "`init` runs in a folder that is neither empty nor the root of an OrgFormation repository",
    explanation: include_str!("../../docs/rules/no-repository.md"),
};

/// Several files define an organization.
pub const AMBIGUOUS_ORGANIZATION: Rule = Rule {
    id: "ambiguous-organization",
    level: Level::Error,
    summary: "Several files define an organization, but `init` needs one",
    explanation: include_str!("../../docs/rules/ambiguous-organization.md"),
};

/// It is not known which account is the Tools account.
pub const NO_TOOLS_ACCOUNT: Rule = Rule {
    id: "no-tools-account",
    level: Level::Error,
    summary: "`init` cannot tell which account is the Tools account",
    explanation: include_str!("../../docs/rules/no-tools-account.md"),
};

/// The organization has no account to deploy to.
pub const NO_TARGET_ACCOUNT: Rule = Rule {
    id: "no-target-account",
    level: Level::Error,
    summary: "The organization has no account that `init` could deploy to",
    explanation: include_str!("../../docs/rules/no-target-account.md"),
};

/// A file that `init` would write is there already.
pub const FILE_EXISTS: Rule = Rule {
    id: "file-exists",
    level: Level::Error,
    summary: "A file that `init` would write is there already",
    explanation: include_str!("../../docs/rules/file-exists.md"),
};

/// A path that `init` cannot write to, or cannot name in what it writes.
pub const UNSUITABLE_PATH: Rule = Rule {
    id: "unsuitable-path",
    level: Level::Error,
    summary: "A path is outside of the folder that `init` runs in, or cannot be written into its files",
    explanation: include_str!("../../docs/rules/unsuitable-path.md"),
};
