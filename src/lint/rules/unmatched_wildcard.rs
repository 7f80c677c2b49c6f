//! `unmatched-wildcard`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::iam::statement::Effect;
use crate::lint::about::{NamedActions, has_resources};
use crate::lint::policies::WrittenStatement;
use crate::lint::subject::Subject;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "unmatched-wildcard",
    level: Level::Note,
    summary: "A wildcard also names actions that cannot be about any resource of its statement",
    explanation: include_str!("../../../docs/rules/unmatched-wildcard.md"),
};

/// So many actions are listed.
const LISTED: usize = 6;

/// What holds a document: a resource or a macro, by its place.
type StatementHolder = (Option<usize>, Option<usize>);

/// A wildcard of a holder, wherever it is written.
struct Wildcard<'run> {
    named: NamedActions,
    /// The first place in the text.
    span: Span,
    /// The others.
    repeated: Vec<Span>,
    /// The statements that have it.
    statements: Vec<&'run WrittenStatement>,
}

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let mut holders: BTreeMap<StatementHolder, Vec<&WrittenStatement>> = BTreeMap::new();
    for (document, statement) in subject.policies.statements() {
        // The wildcards of the built-in partials, and of copies of them, are meant as they are.
        if statement.effect == Effect::Allow && !document.is_of_partial {
            let holder = (document.resource, document.of_macro);
            holders.entry(holder).or_default().push(statement);
        }
    }
    for statements in holders.values() {
        for wildcard in wildcards(statements) {
            problems.extend(partly_unmatched(&wildcard, statements));
        }
    }
}

/// The wildcards of these statements. `service:*` is not among them: it means whatever is possible.
fn wildcards<'run>(statements: &[&'run WrittenStatement]) -> Vec<Wildcard<'run>> {
    let mut found: BTreeMap<String, Wildcard<'run>> = BTreeMap::new();
    let with_resources = statements
        .iter()
        .filter(|statement| has_resources(statement));
    for statement in with_resources {
        for item in &statement.actions {
            let written = item.text_with_wildcards().unwrap_or_default();
            let is_whole = |text: &str| text.chars().all(|c| c == '*');
            let name = written.split_once(':').map_or("", |(_, name)| name);
            if !name.contains(['*', '?']) || is_whole(name) {
                continue;
            }
            let Some(named) = NamedActions::of(item) else {
                continue;
            };
            // What matches nothing is a finding of another rule.
            if named.unmatched(&statement.resources).count() == named.count() {
                continue;
            }
            match found.entry(written.to_ascii_lowercase()) {
                Entry::Vacant(entry) => {
                    entry.insert(Wildcard {
                        named,
                        span: item.span,
                        repeated: Vec::new(),
                        statements: vec![statement],
                    });
                }
                Entry::Occupied(mut entry) => {
                    entry.get_mut().repeated.push(item.span);
                    entry.get_mut().statements.push(statement);
                }
            }
        }
    }
    found.into_values().collect()
}

/// The finding, if some action is about no resource of any statement that has the wildcard, and no other
/// statement allows it.
fn partly_unmatched(
    wildcard: &Wildcard<'_>,
    statements: &[&WrittenStatement],
) -> Option<Diagnostic> {
    let Wildcard { named, .. } = wildcard;
    let mut unmatched: Option<Vec<&str>> = None;
    for statement in &wildcard.statements {
        let here = named
            .unmatched(&statement.resources)
            .map(|action| action.name);
        let here: Vec<&str> = here
            .filter(|name| unmatched.as_ref().is_none_or(|known| known.contains(name)))
            .collect();
        unmatched = Some(here);
    }
    let service = &named.service_name;
    let unmatched = unmatched?;
    let mut resources = wildcard.statements.iter().map(|own| &own.resources);
    let may_be_granted = resources.any(|own| named.may_be_granted(&unmatched, own));
    let unmatched: Vec<String> = unmatched
        .into_iter()
        .map(|name| format!("{service}:{name}"))
        .filter(|action| !statements.iter().any(|own| allows(own, action)))
        .collect();
    (!unmatched.is_empty()).then(|| also_names(wildcard, &unmatched, may_be_granted))
}

/// Whether the statement may allow the action for some resource.
fn allows(statement: &WrittenStatement, action: &str) -> bool {
    // What everything but some actions allows, or about everything but some resources, is not looked at.
    if statement.actions.is_empty() || !has_resources(statement) {
        return true;
    }
    let names = statement.names_action(action);
    names
        && NamedActions::by_name(action).is_none_or(|named| {
            let unmatched = named.unmatched(&statement.resources);
            unmatched.count() < named.count()
        })
}

fn also_names(wildcard: &Wildcard<'_>, unmatched: &[String], may_be_granted: bool) -> Diagnostic {
    let Wildcard {
        named,
        span,
        repeated,
        ..
    } = wildcard;
    let (be, them) = match unmatched.len() {
        1 => ("is", "it"),
        _ => ("are", "them"),
    };
    let message = format!(
        "{} of the {} actions of `{}` {be} about no resource of this statement, and nothing else allows {them}",
        unmatched.len(),
        named.count(),
        named.written.shown()
    );
    let listed: Vec<&str> = unmatched.iter().take(LISTED).map(String::as_str).collect();
    let what = if may_be_granted {
        "not allowed, as far as AWS documents it"
    } else {
        "not allowed"
    };
    let more = match unmatched.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let mut found = Diagnostic::new(&RULE, *span, message)
        .note(format!("{what}: {}{more}", listed.join(", ")))
        .help("name the actions that you mean, and give those that you need a statement with their resources");
    for span in repeated {
        found = found.related(*span, "and here");
    }
    found
}
