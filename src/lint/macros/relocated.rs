//! A document that a partial renders to, with places in the partial.
//!
//! In: the document, whose places are in the rendered text, and the partial. Out: the same, with the place of
//! each text in the partial; what is not there as it is, has the place of its statement. Refuses nothing.

use crate::lint::policies::{PolicyItem, WrittenDocument, WrittenStatement};
use crate::source::Span;

/// `document` with its places in `source`, the partial; `whole` is its first line.
pub(super) fn to(document: WrittenDocument, source: &str, whole: Span) -> WrittenDocument {
    let statements = document.statements.into_iter();
    let statements = statements.map(|own| statement(own, source, whole));
    WrittenDocument {
        statements: statements.collect(),
        ..document
    }
}

/// The place of the name of a policy in `source`, the partial that it comes from; `whole` if it is not there.
pub(super) fn named(name: &str, source: &str, whole: Span) -> Span {
    let found = find(source, &format!("PolicyName: {name}"), 0);
    found.map_or(whole, |(start, end)| Span::new(whole.file, start, end))
}

fn statement(own: WrittenStatement, source: &str, whole: Span) -> WrittenStatement {
    let name = own.read.first().map(|read| read.name.clone());
    let sid = name.and_then(|name| find(source, &format!("Sid: {name}"), 0));
    let (span, from) = match sid {
        Some((start, end)) => (Span::new(whole.file, start, end), start),
        None => (whole, 0),
    };
    let item = |item: PolicyItem| {
        let text = item.written.clone().unwrap_or_default();
        let found = find(source, &text, from).or_else(|| find(source, &text, 0));
        PolicyItem {
            span: found.map_or(span, |(start, end)| Span::new(whole.file, start, end)),
            ..item
        }
    };
    let conditions = own.conditions.into_iter().map(|mut condition| {
        let found = find(source, &condition.key, from);
        condition.span = found.map_or(span, |(start, end)| Span::new(whole.file, start, end));
        condition
    });
    WrittenStatement {
        span,
        actions: own.actions.into_iter().map(item).collect(),
        resources: own.resources.into_iter().map(item).collect(),
        principals: own
            .principals
            .into_iter()
            .map(|(kind, principal)| (kind, item(principal)))
            .collect(),
        conditions: conditions.collect(),
        ..own
    }
}

/// Where `text` is in `source` as a word of its own, at `from` or after it.
fn find(source: &str, text: &str, from: usize) -> Option<(usize, usize)> {
    if text.is_empty() {
        return None;
    }
    let rest = source.get(from..)?;
    let is_part =
        |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || "*:".contains(c));
    let mut found = rest.match_indices(text);
    let (at, _) = found.find(|(at, _)| {
        let (before, after) = (rest.get(..*at), rest.get(at + text.len()..));
        let before = before.and_then(|before| before.chars().next_back());
        let after = after.and_then(|after| after.chars().next());
        !is_part(before) && !is_part(after)
    })?;
    Some((from + at, from + at + text.len()))
}
