//! `unmatched-action`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::iam::statement::Effect;
use crate::lint::about::{NamedActions, has_resources};
use crate::lint::policies::{PolicyItem, WrittenStatement};
use crate::lint::subject::Subject;

pub(crate) const RULE: Rule = Rule {
    id: "unmatched-action",
    level: Level::Warning,
    summary: "An action cannot be about any resource of its statement",
    explanation: include_str!("../../../docs/rules/unmatched-action.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, statement) in subject.policies.statements() {
        if !has_resources(statement) {
            continue;
        }
        for item in &statement.actions {
            // An unknown action is a finding of another rule.
            let named = NamedActions::of(item).filter(|named| {
                let unmatched = named.unmatched(&statement.resources);
                unmatched.count() == named.count()
            });
            problems.extend(named.map(|named| without_resource(statement, item, &named)));
        }
    }
}

fn without_resource(
    statement: &WrittenStatement,
    item: &PolicyItem,
    named: &NamedActions,
) -> Diagnostic {
    let effect = match statement.effect {
        Effect::Allow => "allows",
        Effect::Deny => "denies",
    };
    let message = format!(
        "`{}` is never about the resources of this statement, so it {effect} nothing",
        named.written.shown()
    );
    let help = match named.forms().as_slice() {
        [] => "give it a statement of its own with `Resource: '*'`".to_owned(),
        [one] if one == "*" => "give it a statement of its own with `Resource: '*'`".to_owned(),
        [first, rest @ ..] => {
            let more = match rest.len() {
                0 => String::new(),
                more => format!(", or {more} other forms"),
            };
            format!(
                "its resources have the form `{}`{more}",
                first.replace("?*", "*")
            )
        }
    };
    Diagnostic::new(&RULE, item.span, message).help(help)
}
