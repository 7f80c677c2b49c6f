//! `no-macro`.

use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::lint::scope::LintScope;
use crate::lint::subject::Subject;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "no-macro",
    level: Level::Warning,
    summary: "The template has no macro",
    explanation: include_str!("../../../docs/rules/no-macro.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let template = &subject.planned.template;
    // `lint` looks at roles that are written by hand: a template of them needs no macro.
    if subject.scope == LintScope::Everything && subject.policies.has_resources() {
        return;
    }
    if template.calls.is_empty() {
        let start = Span::new(template.document.file, 0, 0);
        let message = "the template has no `!DeployRoles` macro";
        problems.push(Diagnostic::new(&RULE, start, message).help("it is copied as it is"));
    }
}
