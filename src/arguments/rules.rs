//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &INVALID_APP_ID,
    &UNKNOWN_FRAMEWORK,
    &UNKNOWN_SERVICE,
    &UNKNOWN_OPTION,
    &UNKNOWN_TRUST,
    &NO_REGION,
    &UNKNOWN_REGION,
    &NAME_CLASH,
    &NAME_TOO_LONG,
    &LIMIT_EXCEEDED,
    &SERVICES_ELSEWHERE,
    &CHAINED_SESSION,
    &INVALID_LOGICAL_ID,
];

/// An `AppId` cannot begin the names of roles and buckets.
pub const INVALID_APP_ID: Rule = Rule {
    id: "invalid-app-id",
    level: Level::Error,
    summary: "An `AppId` cannot begin the names of roles and buckets",
    explanation: include_str!("../../docs/rules/invalid-app-id.md"),
};

/// A framework does not exist.
pub const UNKNOWN_FRAMEWORK: Rule = Rule {
    id: "unknown-framework",
    level: Level::Error,
    summary: "A framework does not exist",
    explanation: include_str!("../../docs/rules/unknown-framework.md"),
};

/// A service has no partial.
pub const UNKNOWN_SERVICE: Rule = Rule {
    id: "unknown-service",
    level: Level::Error,
    summary: "A service has no partial",
    explanation: include_str!("../../docs/rules/unknown-service.md"),
};

/// A service, framework, or trust does not have this option.
pub const UNKNOWN_OPTION: Rule = Rule {
    id: "unknown-option",
    level: Level::Error,
    summary: "A service, framework, or trust does not have this option",
    explanation: include_str!("../../docs/rules/unknown-option.md"),
};

/// A trust does not exist.
pub const UNKNOWN_TRUST: Rule = Rule {
    id: "unknown-trust",
    level: Level::Error,
    summary: "A trust does not exist",
    explanation: include_str!("../../docs/rules/unknown-trust.md"),
};

/// Neither the macro nor the template names a region.
pub const NO_REGION: Rule = Rule {
    id: "no-region",
    level: Level::Error,
    summary: "Neither the macro nor the template names a region",
    explanation: include_str!("../../docs/rules/no-region.md"),
};

/// AWS is not known to have this region.
pub const UNKNOWN_REGION: Rule = Rule {
    id: "unknown-region",
    level: Level::Warning,
    summary: "AWS is not known to have this region",
    explanation: include_str!("../../docs/rules/unknown-region.md"),
};

/// Two resources of one account would have the same name.
pub const NAME_CLASH: Rule = Rule {
    id: "name-clash",
    level: Level::Error,
    summary: "Two resources of one account would have the same name",
    explanation: include_str!("../../docs/rules/name-clash.md"),
};

/// A name is longer than IAM or CloudFormation allows.
pub const NAME_TOO_LONG: Rule = Rule {
    id: "name-too-long",
    level: Level::Error,
    summary: "A name is longer than IAM or CloudFormation allows",
    explanation: include_str!("../../docs/rules/name-too-long.md"),
};

/// The output exceeds a limit of IAM or CloudFormation.
pub const LIMIT_EXCEEDED: Rule = Rule {
    id: "limit-exceeded",
    level: Level::Error,
    summary: "The output exceeds a limit of IAM or CloudFormation",
    explanation: include_str!("../../docs/rules/limit-exceeded.md"),
};

/// `infer --write` cannot edit `Services` that do not come from the macro itself.
pub const SERVICES_ELSEWHERE: Rule = Rule {
    id: "services-elsewhere",
    level: Level::Error,
    summary: "`infer --write` cannot edit `Services` that are not written in the macro itself",
    explanation: include_str!("../../docs/rules/services-elsewhere.md"),
};

/// No trusted principal can have a session as long as `MaxSessionDuration`.
pub const CHAINED_SESSION: Rule = Rule {
    id: "chained-session",
    level: Level::Warning,
    summary: "No trusted principal can have a session as long as `MaxSessionDuration`",
    explanation: include_str!("../../docs/rules/chained-session.md"),
};

/// A line of `LogicalIds` can give no logical id.
pub const INVALID_LOGICAL_ID: Rule = Rule {
    id: "invalid-logical-id",
    level: Level::Error,
    summary: "A line of `LogicalIds` can give no logical id",
    explanation: include_str!("../../docs/rules/invalid-logical-id.md"),
};
