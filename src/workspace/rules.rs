//! The rules of [`super`], by id; the commands have none of their own. Plain data.

use crate::diagnostic::{Level, Rule};

/// Every rule of this module.
pub const RULES: &[&Rule] = &[
    &EDITED_BY_HAND,
    &NOT_GENERATED,
    &UNKNOWN_MACRO,
    &AMBIGUOUS_MACRO,
    &OUTSIDE_PARTIALS,
    &OUTSIDE_TEMPLATE,
    &CONFLICTING_PARTIALS,
    &STALE_FILE,
    &SOURCE_GONE,
    &NO_TEST_FILE,
    &TEST_WITHOUT_TEMPLATE,
    &NO_TEMPLATE,
    &UNSUITABLE_OUTPUT,
    &NO_REVISION,
    &UNKNOWN_RULE,
];

/// The generated file was edited by hand.
pub const EDITED_BY_HAND: Rule = Rule {
    id: "edited-by-hand",
    level: Level::Error,
    summary: "The generated file was edited by hand",
    explanation: include_str!("../../docs/rules/edited-by-hand.md"),
};

/// The file at the output path was not generated.
pub const NOT_GENERATED: Rule = Rule {
    id: "not-generated",
    level: Level::Error,
    summary: "The file at the output path was not generated",
    explanation: include_str!("../../docs/rules/not-generated.md"),
};

/// `--macro` names a macro that does not exist.
pub const UNKNOWN_MACRO: Rule = Rule {
    id: "unknown-macro",
    level: Level::Error,
    summary: "`--macro` names a macro that does not exist",
    explanation: include_str!("../../docs/rules/unknown-macro.md"),
};

/// There are several macros, but the command needs one.
pub const AMBIGUOUS_MACRO: Rule = Rule {
    id: "ambiguous-macro",
    level: Level::Error,
    summary: "There are several macros, but the command needs one",
    explanation: include_str!("../../docs/rules/ambiguous-macro.md"),
};

/// `Partials` names a folder outside of the template's folder tree.
pub const OUTSIDE_PARTIALS: Rule = Rule {
    id: "outside-partials",
    level: Level::Error,
    summary: "`Partials` names a folder outside of the template's folder tree",
    explanation: include_str!("../../docs/rules/outside-partials.md"),
};

/// `infer --write` would edit a template outside of its folder tree.
pub const OUTSIDE_TEMPLATE: Rule = Rule {
    id: "outside-template",
    level: Level::Error,
    summary: "`infer --write` would edit a file outside of the template's folder tree, through a link",
    explanation: include_str!("../../docs/rules/outside-template.md"),
};

/// `Partials` and `--partials` name different folders.
pub const CONFLICTING_PARTIALS: Rule = Rule {
    id: "conflicting-partials",
    level: Level::Error,
    summary: "`Partials` and a flag name different folders",
    explanation: include_str!("../../docs/rules/conflicting-partials.md"),
};

/// A generated file is not what its source expands to.
pub const STALE_FILE: Rule = Rule {
    id: "stale-file",
    level: Level::Error,
    summary: "A generated file is missing, or `expand` would now write something else",
    explanation: include_str!("../../docs/rules/stale-file.md"),
};

/// A generated file has no source any more.
pub const SOURCE_GONE: Rule = Rule {
    id: "source-gone",
    level: Level::Error,
    summary: "The source of a generated file is gone",
    explanation: include_str!("../../docs/rules/source-gone.md"),
};

/// There is no test file to run.
pub const NO_TEST_FILE: Rule = Rule {
    id: "no-test-file",
    level: Level::Error,
    summary: "There is no test file to run",
    explanation: include_str!("../../docs/rules/no-test-file.md"),
};

/// A test file is about no template.
pub const TEST_WITHOUT_TEMPLATE: Rule = Rule {
    id: "test-without-template",
    level: Level::Error,
    summary: "A test file is about no template",
    explanation: include_str!("../../docs/rules/test-without-template.md"),
};

/// There is no template to work on.
pub const NO_TEMPLATE: Rule = Rule {
    id: "no-template",
    level: Level::Error,
    summary: "A path of the command line has no template with macros",
    explanation: include_str!("../../docs/rules/no-template.md"),
};

/// A file cannot be written where the command line says.
pub const UNSUITABLE_OUTPUT: Rule = Rule {
    id: "unsuitable-output",
    level: Level::Error,
    summary: "A file cannot be written where the command line says",
    explanation: include_str!("../../docs/rules/unsuitable-output.md"),
};

/// There is nothing to compare with.
pub const NO_REVISION: Rule = Rule {
    id: "no-revision",
    level: Level::Error,
    summary: "`--against` names neither a git revision nor a file, or a comparison lacks it",
    explanation: include_str!("../../docs/rules/no-revision.md"),
};

/// A rule that is named does not exist, or cannot be selected.
pub const UNKNOWN_RULE: Rule = Rule {
    id: "unknown-rule",
    level: Level::Error,
    summary: "`--rule` or `--explain` names a rule that does not exist, or that cannot be selected",
    explanation: include_str!("../../docs/rules/unknown-rule.md"),
};
