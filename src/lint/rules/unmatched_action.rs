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
            let Some(named) = NamedActions::of(item) else {
                continue;
            };
            let resources = statement.resources.as_slice();
            let unmatched: Vec<&str> = named.unmatched(resources).map(|own| own.name).collect();
            if unmatched.len() < named.count() {
                continue;
            }
            problems.push(if named.may_be_granted(&unmatched, resources) {
                without_documented_resource(statement, item, &named)
            } else {
                without_resource(statement, item, &named)
            });
        }
    }
}

fn effect(statement: &WrittenStatement) -> &'static str {
    match statement.effect {
        Effect::Allow => "allow",
        Effect::Deny => "deny",
    }
}

const ALONE: &str = "give it a statement of its own with `Resource: '*'`";

fn without_documented_resource(
    statement: &WrittenStatement,
    item: &PolicyItem,
    named: &NamedActions,
) -> Diagnostic {
    let message = format!(
        "AWS documents no resource of `{}`, so whether the resources of this statement {} it is not known",
        named.written.shown(),
        effect(statement)
    );
    Diagnostic::new(&RULE, item.span, message)
        .level(Level::Note)
        .help(ALONE)
}

fn without_resource(
    statement: &WrittenStatement,
    item: &PolicyItem,
    named: &NamedActions,
) -> Diagnostic {
    let message = format!(
        "`{}` is never about the resources of this statement, so it {}s nothing",
        named.written.shown(),
        effect(statement).replace("deny", "denie")
    );
    let help = match named.forms().as_slice() {
        [] => ALONE.to_owned(),
        [one] if one == "*" => ALONE.to_owned(),
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
