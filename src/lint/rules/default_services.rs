//! `default-services`: one note per template, at its first macro.

use crate::arguments::Target;
use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::expand::model::call::MacroCall;
use crate::lint::subject::Subject;

pub(crate) const RULE: Rule = Rule {
    id: "default-services",
    level: Level::Note,
    summary: "A macro has no `Services`",
    explanation: include_str!("../../../docs/rules/default-services.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for planned in &subject.planned.macros {
        let call = &planned.call;
        let targets = &planned.arguments.targets;
        if targets.iter().any(|target| has_defaults(target, call)) {
            problems.push(without_services(call));
        }
    }
}

/// Whether the services of a target are those that a macro without `Services` gets.
fn has_defaults(target: &Target, call: &MacroCall) -> bool {
    // What is a default is written where the macro's tag is.
    let mut services = target.arguments.services.iter();
    services.any(|service| service.name.span == call.tag_span)
}

/// `found` with one note for all macros that no comment allows.
pub(crate) fn one_per_template(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let (notes, mut found): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|one| one.rule.id == RULE.id);
    let others = notes.len().saturating_sub(1);
    found.extend(
        notes
            .into_iter()
            .take(1)
            .map(|note| note.help(help(others))),
    );
    found
}

fn without_services(call: &MacroCall) -> Diagnostic {
    let message = format!(
        "the macro `{}` has no `Services`: its roles allow the default services, whatever the app needs",
        call.name
    );
    Diagnostic::new(&RULE, call.name_span, message).help(help(0))
}

/// What to write; `others` is how many other macros have no `Services`.
fn help(others: usize) -> String {
    let advice =
        "`deploy-roles infer` reads the app's template and prints the `Services` that it needs";
    match others {
        0 => advice.to_owned(),
        1 => format!("{advice}; another macro of this template has none either"),
        _ => format!("{advice}; {others} other macros of this template have none either"),
    }
}
