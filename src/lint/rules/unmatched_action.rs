//! `unmatched-action`.

use crate::aws::actions::{KnownAction, Service, reference};
use crate::aws::wildcard::{matches, overlap};
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::iam::statement::Effect;
use crate::lint::policies::{PolicyItem, WrittenStatement, pattern};
use crate::lint::rules::arn_form;
use crate::lint::subject::Subject;
use crate::template::symbol::Symbol;

pub(crate) const RULE: Rule = Rule {
    id: "unmatched-action",
    level: Level::Warning,
    summary: "An action cannot be about any resource of its statement",
    explanation: include_str!("../../../docs/rules/unmatched-action.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, statement) in subject.policies.statements() {
        // What is wrong with a resource is reported once.
        let is_well_formed = |item: &PolicyItem| arn_form::problem(item).is_none();
        if statement.resources.is_empty() || !statement.resources.iter().all(is_well_formed) {
            continue;
        }
        let resources = &statement.resources;
        for item in &statement.actions {
            problems.extend(unmatched(statement, item, resources));
        }
    }
}

fn unmatched(
    statement: &WrittenStatement,
    item: &PolicyItem,
    resources: &[PolicyItem],
) -> Option<Diagnostic> {
    let written = item.text_with_wildcards()?;
    let (service, name) = written.split_once(':')?;
    if service.contains(['*', '?']) {
        return None;
    }
    let service = service.to_ascii_lowercase();
    let known = reference().service(&service)?;
    let name = name.to_ascii_lowercase();
    let meant = |action: &&KnownAction<'_>| matches(&name, &action.name.to_ascii_lowercase());
    let meant: Vec<&KnownAction<'_>> = known.actions.iter().filter(meant).collect();
    // An unknown action is a finding of another rule.
    if meant.is_empty() || meant.iter().any(|action| fits(action, &known, resources)) {
        return None;
    }
    let mut kinds: Vec<String> = meant
        .iter()
        .flat_map(|action| forms(action, &known))
        .collect();
    kinds.sort();
    kinds.dedup();
    Some(without_resource(statement, item, &written, &kinds))
}

/// Whether a request for this action may be about one of these resources.
fn fits(action: &KnownAction<'_>, service: &Service<'_>, resources: &[PolicyItem]) -> bool {
    forms(action, service).iter().any(|form| {
        resources.iter().any(|own| match form.as_str() {
            // A request without a resource is about `*`.
            "*" => own.symbols.iter().all(|symbol| *symbol == Symbol::Any),
            form => may_meet(own, form),
        })
    })
}

/// Whether an ARN of this form may match the pattern.
fn may_meet(own: &PolicyItem, form: &str) -> bool {
    let wild = |symbols: &[Symbol]| symbols.contains(&Symbol::Any);
    let fields: Vec<&[Symbol]> = own
        .symbols
        .splitn(6, |symbol| *symbol == Symbol::Char(':'))
        .collect();
    let forms: Vec<&str> = form.splitn(6, ':').collect();
    let is_whole = |fields: &[&[Symbol]]| fields.iter().take(5).any(|field| wild(field));
    if fields.len() != forms.len() || is_whole(&fields) {
        // A wildcard may stand for several fields.
        return overlap(&own.pattern(), form);
    }
    // A value that is not known, such as a region, is one field.
    let mut pairs = fields.iter().zip(&forms);
    pairs.all(|(own, form)| overlap(&pattern(own), form))
}

/// The resources that a request for this action can be about, as patterns.
fn forms(action: &KnownAction<'_>, service: &Service<'_>) -> Vec<String> {
    let places = action.places.split(',');
    places
        .filter_map(|place| match place {
            "*" => Some("*".to_owned()),
            place => service
                .patterns
                .get(place.parse::<usize>().ok()?)
                .map(|pattern| form(pattern)),
        })
        .collect()
}

/// A pattern of the data as one of IAM's.
fn form(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => out.push_str("?*"),
            '$' => {
                chars.next();
                out.push('*');
            }
            c => out.push(c),
        }
    }
    out
}

fn without_resource(
    statement: &WrittenStatement,
    item: &PolicyItem,
    action: &str,
    kinds: &[String],
) -> Diagnostic {
    let effect = match statement.effect {
        Effect::Allow => "allows",
        Effect::Deny => "denies",
    };
    let message = format!(
        "`{}` is never about the resources of this statement, so it {effect} nothing",
        action.shown()
    );
    let help = match kinds {
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
