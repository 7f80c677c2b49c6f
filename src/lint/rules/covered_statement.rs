//! `covered-statement`.

use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::iam::search::is_covered;
use crate::iam::statement::{Grant, Patterns};
use crate::lint::policies::{WrittenDocument, WrittenStatement};
use crate::lint::subject::Subject;

pub(crate) const RULE: Rule = Rule {
    id: "covered-statement",
    level: Level::Note,
    summary: "Another statement of the policy says all that this one says",
    explanation: include_str!("../../../docs/rules/covered-statement.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for document in &subject.policies.documents {
        for (at, statement) in document.statements.iter().enumerate() {
            problems
                .extend(covering(document, at, statement).map(|other| covered(statement, other)));
        }
    }
}

/// The first statement that covers the one at `at`; of two that are the same, the first covers.
fn covering<'a>(
    document: &'a WrittenDocument,
    at: usize,
    statement: &WrittenStatement,
) -> Option<&'a WrittenStatement> {
    let mut others = document.statements.iter().enumerate();
    let found = others.find(|(place, other)| {
        *place != at && covers(other, statement) && (*place < at || !covers(statement, other))
    });
    found.map(|(_, other)| other)
}

/// Whether whatever `inner` matches is also matched by `outer`.
pub(super) fn covers(outer: &WrittenStatement, inner: &WrittenStatement) -> bool {
    outer.is_understood()
        && inner.is_understood()
        && inner.read.iter().all(|inner| {
            let mut outer = outer.read.iter();
            outer.any(|outer| covers_grant(&outer.grant, &inner.grant))
        })
}

fn covers_grant(outer: &Grant, inner: &Grant) -> bool {
    let within = |inner: &Patterns, outer: &Patterns| {
        if inner == outer {
            return true;
        }
        !inner.negated
            && !outer.negated
            && inner
                .globs
                .iter()
                .all(|glob| is_covered(glob, &outer.globs))
    };
    // INVARIANT: each condition of `outer` is also one of `inner`, so that it holds whenever those do.
    outer.effect == inner.effect
        && outer
            .literals
            .iter()
            .all(|literal| inner.literals.contains(literal))
        && within(&inner.actions, &outer.actions)
        && within(&inner.resources, &outer.resources)
}

fn covered(statement: &WrittenStatement, other: &WrittenStatement) -> Diagnostic {
    Diagnostic::new(
        &RULE,
        statement.span,
        "another statement of this policy says all that this one says",
    )
    .related(other.span, "this one")
    .help("remove it")
}
