//! Accounts that would wait for each other.
//!
//! In: planned macros. Out: nothing, or a diagnostic. Refuses accounts that wait in a circle.

use std::collections::{BTreeMap, HashSet};

use crate::arguments::TrustShape;
use crate::diagnostic::Diagnostic;
use crate::expand::model::selection::Selected;
use crate::expand::rules::CIRCULAR_DEPENDENCY;

/// The accounts that an account waits for, each with the macro that causes this.
type Edges<'run> = BTreeMap<&'run str, Vec<(&'run str, &'run Selected)>>;

/// `DependsOnAccount` makes every stack of an account wait for every stack of the other
/// (`src/cfn-binder/cfn-binder.ts`), so that only accounts matter, and of these only Tools
/// accounts can close a circle.
pub(super) fn circles(macros: &[Selected], problems: &mut Vec<Diagnostic>) {
    let edges = edges(macros);
    for start in edges.keys() {
        let Some(path) = circle_from(start, &edges) else {
            continue;
        };
        // Report a circle once, at its smallest account.
        if path.iter().any(|(account, _)| account < start) {
            continue;
        }
        problems.extend(circle(start, &path));
    }
}

fn edges(macros: &[Selected]) -> Edges<'_> {
    let waiting: Vec<(&Selected, &str)> = macros
        .iter()
        .filter(|selected| selected.arguments.trust_shape == TrustShape::Principal)
        .filter_map(|selected| {
            let tools = selected.arguments.tools_account.as_ref()?;
            Some((selected, tools.value.as_str()))
        })
        .collect();
    let tools: HashSet<&str> = waiting.iter().map(|(_, account)| *account).collect();
    let mut edges = Edges::new();
    for (selected, waits_for) in waiting {
        for selection in &selected.selections {
            let target = selection.target.of(&selected.arguments);
            let needs = target.is_some_and(|target| {
                let mut trusts = target.arguments.trusted_by.iter();
                trusts.any(|trust| trust.value.needs_tools_account())
            });
            let account = selection.account.as_str();
            if needs && account != waits_for && tools.contains(account) {
                let edge = (waits_for, selected);
                edges.entry(account).or_default().push(edge);
            }
        }
    }
    edges
}

/// The problem of the circle from `start` along `path`.
fn circle(start: &str, path: &[(&str, &Selected)]) -> Option<Diagnostic> {
    let (_, first) = path.first()?;
    let accounts: Vec<&str> = std::iter::once(start)
        .chain(path.iter().map(|(account, _)| *account))
        .collect();
    let mut problem = Diagnostic::new(
        &CIRCULAR_DEPENDENCY,
        first.call.name_span,
        format!("accounts would wait for each other: {}", accounts.join(" -> ")),
    )
    .help("a role waits for the account of the principal that it trusts: use one Tools account for these macros, or `TrustShape: condition`, which needs no order");
    for (_, selected) in path.iter().skip(1) {
        problem = problem.related(selected.call.name_span, "and this macro closes the circle");
    }
    Some(problem)
}

/// The way from `start` back to `start`, if there is one.
fn circle_from<'run>(start: &str, edges: &Edges<'run>) -> Option<Vec<(&'run str, &'run Selected)>> {
    let mut stack: Vec<Vec<(&str, &Selected)>> =
        edges.get(start)?.iter().map(|edge| vec![*edge]).collect();
    let mut visited: HashSet<&str> = HashSet::new();
    while let Some(path) = stack.pop() {
        let (at, _) = path.last()?;
        if *at == start {
            return Some(path);
        }
        if !visited.insert(at) {
            continue;
        }
        for edge in edges.get(at).into_iter().flatten() {
            let mut longer = path.clone();
            longer.push(*edge);
            stack.push(longer);
        }
    }
    None
}
