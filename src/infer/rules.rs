//! The rules of [`super`], by id. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &NO_APP_TEMPLATE,
    &NOT_AN_APP_TEMPLATE,
    &NOT_PACKAGED,
    &INVALID_JSON,
    &INVALID_APP_TEMPLATE,
    &APP_TOO_LARGE,
    &MISSING_NESTED_TEMPLATE,
    &OUTSIDE_NESTED_TEMPLATE,
    &CYCLIC_NESTED_TEMPLATE,
    &UNKNOWN_ALLOWED_ACTION,
    &NEEDLESS_ALLOW,
    &OTHER_FRAMEWORK,
    &FOREIGN_PARTIAL,
    &NO_SERVICE_NEEDED,
];

/// A folder has no template of an app.
pub const NO_APP_TEMPLATE: Rule = Rule {
    id: "no-app-template",
    level: Level::Error,
    summary: "A folder contains no template of an app",
    explanation: include_str!("../../docs/rules/no-app-template.md"),
};

/// A file is not a template of an app.
pub const NOT_AN_APP_TEMPLATE: Rule = Rule {
    id: "not-an-app-template",
    level: Level::Error,
    summary: "A file is not a CloudFormation template",
    explanation: include_str!("../../docs/rules/not-an-app-template.md"),
};

/// An app has no template before its framework has written one.
pub const NOT_PACKAGED: Rule = Rule {
    id: "not-packaged",
    level: Level::Error,
    summary: "The app's framework has not written its template yet",
    explanation: include_str!("../../docs/rules/not-packaged.md"),
};

/// The text is not JSON.
pub const INVALID_JSON: Rule = Rule {
    id: "invalid-json",
    level: Level::Error,
    summary: "The text is not JSON",
    explanation: include_str!("../../docs/rules/invalid-json.md"),
};

/// CloudFormation would refuse the app's template.
pub const INVALID_APP_TEMPLATE: Rule = Rule {
    id: "invalid-app-template",
    level: Level::Error,
    summary: "CloudFormation would refuse the app's template",
    explanation: include_str!("../../docs/rules/invalid-app-template.md"),
};

/// A file is larger than any template, or there are too many files.
pub const APP_TOO_LARGE: Rule = Rule {
    id: "app-too-large",
    level: Level::Error,
    summary: "A file is larger than any template, or an app has too many files",
    explanation: include_str!("../../docs/rules/app-too-large.md"),
};

/// A nested template does not exist.
pub const MISSING_NESTED_TEMPLATE: Rule = Rule {
    id: "missing-nested-template",
    level: Level::Error,
    summary: "A template names a file that does not exist",
    explanation: include_str!("../../docs/rules/missing-nested-template.md"),
};

/// A nested template is outside of the app's repository.
pub const OUTSIDE_NESTED_TEMPLATE: Rule = Rule {
    id: "outside-nested-template",
    level: Level::Error,
    summary: "A template names a file outside of the app's repository",
    explanation: include_str!("../../docs/rules/outside-nested-template.md"),
};

/// A template contains itself.
pub const CYCLIC_NESTED_TEMPLATE: Rule = Rule {
    id: "cyclic-nested-template",
    level: Level::Error,
    summary: "A template contains itself, directly or through others",
    explanation: include_str!("../../docs/rules/cyclic-nested-template.md"),
};

/// `--allow` does not name an action.
pub const UNKNOWN_ALLOWED_ACTION: Rule = Rule {
    id: "unknown-allowed-action",
    level: Level::Error,
    summary: "`--allow` does not name an action",
    explanation: include_str!("../../docs/rules/unknown-allowed-action.md"),
};

/// `--allow` names an action that is not held back, or that nobody can allow.
pub const NEEDLESS_ALLOW: Rule = Rule {
    id: "needless-allow",
    level: Level::Warning,
    summary: "`--allow` has no effect",
    explanation: include_str!("../../docs/rules/needless-allow.md"),
};

/// The app is not one of the macro's `Framework`.
pub const OTHER_FRAMEWORK: Rule = Rule {
    id: "other-framework",
    level: Level::Warning,
    summary: "The app's templates are of another framework than the macro's",
    explanation: include_str!("../../docs/rules/other-framework.md"),
};

/// A partial was generated from other templates.
pub const FOREIGN_PARTIAL: Rule = Rule {
    id: "foreign-partial",
    level: Level::Error,
    summary: "A generated partial is that of another app",
    explanation: include_str!("../../docs/rules/foreign-partial.md"),
};

/// `infer --write` has no service to write.
pub const NO_SERVICE_NEEDED: Rule = Rule {
    id: "no-service-needed",
    level: Level::Error,
    summary: "`infer --write` has no service to write, because the app needs none",
    explanation: include_str!("../../docs/rules/no-service-needed.md"),
};
