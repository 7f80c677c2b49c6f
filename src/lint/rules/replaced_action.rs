//! `replaced-action`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::iam::statement::Effect;
use crate::lint::policies::PolicyItem;
use crate::lint::subject::Subject;

pub(crate) const RULE: Rule = Rule {
    id: "replaced-action",
    level: Level::Note,
    summary: "AWS has replaced an action by another one, which is not allowed",
    explanation: include_str!("../../../docs/rules/replaced-action.md"),
};

/// Actions that AWS's API references call deprecated, each with the one to use instead, as of November 2026.
const REPLACED: &[(&str, &str)] = &[
    ("lambda:InvokeAsync", "lambda:InvokeFunction"),
    ("logs:ListTagsLogGroup", "logs:ListTagsForResource"),
    ("logs:TagLogGroup", "logs:TagResource"),
    ("logs:UntagLogGroup", "logs:UntagResource"),
];

/// The action that this one has replaced.
pub(super) fn replaced_by(action: &str) -> Option<&'static str> {
    let mut known = REPLACED.iter();
    let found = known.find(|(_, new)| new.eq_ignore_ascii_case(action));
    found.map(|(old, _)| *old)
}

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (document, statement) in subject.policies.statements() {
        if statement.effect == Effect::Deny {
            continue;
        }
        for item in &statement.actions {
            let known = item.text().and_then(|text| {
                let mut known = REPLACED.iter();
                known.find(|(old, _)| old.eq_ignore_ascii_case(&text))
            });
            // A policy with both is right for old and new programs.
            if let Some((old, new)) = known.filter(|(_, new)| {
                let mut allowing = subject.policies.allowing(document, new);
                allowing.next().is_none()
            }) {
                problems.push(replaced(item, old, new));
            }
        }
    }
}

fn replaced(item: &PolicyItem, old: &str, new: &str) -> Diagnostic {
    let message = format!("AWS has replaced `{}` by `{}`", old.shown(), new.shown());
    Diagnostic::new(&RULE, item.span, message).help(format!(
        "allow `{}`: CloudFormation and current programs call it",
        new.shown()
    ))
}
