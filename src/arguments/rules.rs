//! What [`super`] refuses or warns of, by id.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &UNKNOWN_ARGUMENT,
    &MISSING_ARGUMENT,
    &INVALID_APP_ID,
    &APP_ID_ENDS_IN_STAGE,
    &UNKNOWN_FRAMEWORK,
    &UNKNOWN_SERVICE,
    &UNKNOWN_OPTION,
    &UNKNOWN_TRUST,
    &OWN_PRINCIPAL,
    &TRUSTS_WHOLE_ACCOUNT,
    &UNKNOWN_ACTION,
    &NO_REGION,
    &NAME_CLASH,
    &NAME_TOO_LONG,
    &LIMIT_EXCEEDED,
];

/// An argument that the macro does not know.
pub const UNKNOWN_ARGUMENT: Rule = Rule {
    id: "unknown-argument",
    level: Level::Error,
    summary: "An argument that the macro does not know",
};

/// A required argument is missing.
pub const MISSING_ARGUMENT: Rule = Rule {
    id: "missing-argument",
    level: Level::Error,
    summary: "A required argument is missing",
};

/// An `AppId` that cannot begin the names of roles and buckets.
pub const INVALID_APP_ID: Rule = Rule {
    id: "invalid-app-id",
    level: Level::Error,
    summary: "An `AppId` that cannot begin the names of roles and buckets",
};

/// An `AppId` that ends in the name of one of its stages.
pub const APP_ID_ENDS_IN_STAGE: Rule = Rule {
    id: "app-id-ends-in-stage",
    level: Level::Warning,
    summary: "An `AppId` that ends in the name of one of its stages",
};

/// A framework that the macro does not know.
pub const UNKNOWN_FRAMEWORK: Rule = Rule {
    id: "unknown-framework",
    level: Level::Error,
    summary: "A framework that the macro does not know",
};

/// A service without a partial.
pub const UNKNOWN_SERVICE: Rule = Rule {
    id: "unknown-service",
    level: Level::Error,
    summary: "A service without a partial",
};

/// An option that a service or framework does not have.
pub const UNKNOWN_OPTION: Rule = Rule {
    id: "unknown-option",
    level: Level::Error,
    summary: "An option that a service or framework does not have",
};

/// A trust that the macro does not know.
pub const UNKNOWN_TRUST: Rule = Rule {
    id: "unknown-trust",
    level: Level::Error,
    summary: "A trust that the macro does not know",
};

/// A trust of a role that the app's own stacks may edit.
pub const OWN_PRINCIPAL: Rule = Rule {
    id: "own-principal",
    level: Level::Warning,
    summary: "A trust of a role that the app's own stacks may edit",
};

/// A trust of a whole account.
pub const TRUSTS_WHOLE_ACCOUNT: Rule = Rule {
    id: "trusts-whole-account",
    level: Level::Warning,
    summary: "A trust of a whole account",
};

/// AWS had no such action when the list of actions was made.
pub const UNKNOWN_ACTION: Rule = Rule {
    id: "unknown-action",
    level: Level::Warning,
    summary: "AWS had no such action when the list of actions was made",
};

/// No region to put the roles into.
pub const NO_REGION: Rule = Rule {
    id: "no-region",
    level: Level::Error,
    summary: "No region to put the roles into",
};

/// Two macros give one account the same physical name.
pub const NAME_CLASH: Rule = Rule {
    id: "name-clash",
    level: Level::Error,
    summary: "Two macros give one account the same physical name",
};

/// A name that is longer than IAM allows.
pub const NAME_TOO_LONG: Rule = Rule {
    id: "name-too-long",
    level: Level::Error,
    summary: "A name that is longer than IAM allows",
};

/// A limit of IAM or CloudFormation that the output would exceed.
pub const LIMIT_EXCEEDED: Rule = Rule {
    id: "limit-exceeded",
    level: Level::Error,
    summary: "A limit of IAM or CloudFormation that the output would exceed",
};
