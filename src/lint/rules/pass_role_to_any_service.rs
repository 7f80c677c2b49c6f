//! `pass-role-to-any-service`.

use crate::aws::wildcard::matches;
use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::iam::statement::Effect;
use crate::lint::policies::{PolicyItem, WrittenCondition, WrittenStatement};
use crate::lint::subject::Subject;
use crate::source::Span;
use crate::template::symbol::Symbol;

pub(crate) const RULE: Rule = Rule {
    id: "pass-role-to-any-service",
    level: Level::Warning,
    summary: "`iam:PassRole` does not say which service the role is for",
    explanation: include_str!("../../../docs/rules/pass-role-to-any-service.md"),
};

const ACTION: &str = "iam:PassRole";
const KEY: &str = "iam:PassedToService";

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, statement) in subject.policies.statements() {
        let mut conditions = statement.conditions_on(KEY);
        if statement.effect == Effect::Deny || conditions.any(says_which) {
            continue;
        }
        // Who may do everything in IAM needs no role of others.
        let names = |text: &str| {
            let lower = text.to_ascii_lowercase();
            lower.starts_with("iam:p") && matches(&lower, "iam:passrole")
        };
        let mut actions = statement.actions.iter();
        let passes = actions.find(|item| names(&item.pattern()));
        if let Some(passes) = passes {
            problems.push(any_service(passes.span, statement));
        }
    }
}

/// Who names each role knows which services it trusts: that is advice.
fn level(statement: &WrittenStatement) -> Level {
    let is_wild = |symbol: &Symbol| matches!(symbol, Symbol::Any | Symbol::One);
    let mut resources = statement.resources.iter();
    if !statement.resources.is_empty() && !resources.any(|item| item.symbols.iter().any(is_wild)) {
        return Level::Note;
    }
    Level::Warning
}

/// Whether a condition leaves only services that it names.
fn says_which(condition: &WrittenCondition) -> bool {
    let is_open = |item: &PolicyItem| {
        let text = item.text_with_wildcards();
        text.is_some_and(|text| text.starts_with('*') && matches(&text, "lambda.amazonaws.com"))
    };
    let is_like = condition.operator.to_ascii_lowercase().contains("like");
    let is_open = is_like && condition.values.iter().any(is_open);
    !is_open && !condition.names_no_value()
}

fn any_service(span: Span, statement: &WrittenStatement) -> Diagnostic {
    let message = if statement.conditions_on(KEY).next().is_some() {
        format!(
            "`{ACTION}` with this condition on `{KEY}` passes roles to any service that they trust"
        )
    } else {
        format!(
            "`{ACTION}` without a condition on `{KEY}` passes roles to any service that they trust"
        )
    };
    Diagnostic::new(&RULE, span, message)
        .level(level(statement))
        .help(format!(
            "write `Condition: {{StringEquals: {{{KEY}: lambda.amazonaws.com}}}}`, with the services that need it"
        ))
}
