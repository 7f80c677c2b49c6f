//! `prefix-of-another-app`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::iam::statement::Effect;
use crate::lint::policies::PolicyItem;
use crate::lint::subject::Subject;
use crate::template::symbol::Symbol;

pub(crate) const RULE: Rule = Rule {
    id: "prefix-of-another-app",
    level: Level::Warning,
    summary: "A policy of an app also reaches what another app of the template has",
    explanation: include_str!("../../../docs/rules/prefix-of-another-app.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let apps: Vec<&str> = subject
        .macros()
        .map(|own| own.app_id.value.as_str())
        .collect();
    for (document, statement) in subject.policies.statements() {
        let Some(app) = document.of_macro.and_then(|at| apps.get(at)) else {
            continue;
        };
        if statement.effect == Effect::Deny {
            continue;
        }
        for item in &statement.resources {
            let Some(prefix) = prefix(item).filter(|prefix| format!("{app}-").starts_with(prefix))
            else {
                continue;
            };
            let mut others = apps.iter().filter(|other| *other != app);
            let other = others.find(|other| format!("{other}-").starts_with(&prefix));
            problems.extend(other.map(|other| reaches(item, app, other)));
        }
    }
}

/// What the name of a resource begins with: what is between the last `:` or `/` and a wildcard at
/// the end.
fn prefix(item: &PolicyItem) -> Option<String> {
    let (last, before) = item.symbols.split_last()?;
    if *last != Symbol::Any {
        return None;
    }
    let chars = before.iter().rev().map_while(|symbol| match symbol {
        Symbol::Char(c) if !":/".contains(*c) => Some(*c),
        _ => None,
    });
    let reversed: Vec<char> = chars.collect();
    // A wildcard alone is about everything, which is meant.
    (!reversed.is_empty()).then(|| reversed.iter().rev().collect())
}

fn reaches(item: &PolicyItem, app: &str, other: &str) -> Diagnostic {
    let message = format!(
        "`{}` is in the policies of `{}`, and also matches what `{}` has",
        item.pattern().shown(),
        app.shown(),
        other.shown()
    );
    Diagnostic::new(&RULE, item.span, message).help(format!("begin the name with `{app}-`"))
}
