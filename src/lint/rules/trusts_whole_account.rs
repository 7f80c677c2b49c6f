//! `trusts-whole-account`.

use serde_yaml::Value;

use crate::arguments::Trust;
use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::lint::subject::Subject;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "trusts-whole-account",
    level: Level::Warning,
    summary: "A deploy role trusts every principal of an account",
    explanation: include_str!("../../../docs/rules/trusts-whole-account.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, trust) in subject.trusts() {
        let Trust::Principal(principal) = &trust.value else {
            continue;
        };
        let text = match &principal.value {
            Value::Tagged(tagged) => tagged.value.as_str(),
            text => text.as_str(),
        };
        if text.is_some_and(|text| text.ends_with(":root")) {
            problems.push(whole_account(principal.span));
        }
    }
}

fn whole_account(span: Span) -> Diagnostic {
    let message = "this trusts everybody in the account whose policies let them assume roles";
    Diagnostic::new(&RULE, span, message).help("name the role or user that deploys")
}
