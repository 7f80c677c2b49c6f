//! Details to the rows of an outline: document, statement, element.
//!
//! In: the details of one change. Out: [`OutlineRow`]s with their depth. A document or statement
//! that several details are in is named once. Refuses nothing.
//!
//! The hard thing: a document that was added or removed is a row of its own, and one that only
//! holds changes must also get its row.

use crate::diff::resources::{Change, ChangeKind, Detail, PolicyDocument};

/// A line of an outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutlineRow<'a> {
    /// How far it is indented, from 0.
    pub(crate) depth: usize,
    /// Whether the part as a whole was added, was removed, or only holds changes.
    pub(crate) kind: ChangeKind,
    /// What kind of part it is, in our words; empty for elements and attributes.
    pub(crate) words: &'static str,
    /// Its name, in the words of the file.
    pub(crate) name: &'a str,
    /// How it changed; `None` for parts that only hold changes.
    pub(crate) change: Option<&'a Change>,
}

/// The outline of `details`.
pub(crate) fn outline(details: &[Detail]) -> Vec<OutlineRow<'_>> {
    let mut rows = Vec::with_capacity(details.len() * 2);
    let mut document = None;
    let mut statement = None;
    for detail in details {
        if detail.document.as_ref() != document {
            document = detail.document.as_ref();
            statement = None;
            rows.extend(document.map(document_row));
        }
        if detail.statement.as_deref() != statement {
            statement = detail.statement.as_deref();
            rows.extend(statement.map(statement_row));
        }
        match &detail.element {
            Some(element) => rows.push(OutlineRow {
                depth: usize::from(document.is_some()) + usize::from(statement.is_some()),
                kind: ChangeKind::Changed,
                words: "",
                name: element,
                change: Some(&detail.change),
            }),
            // The change of a whole: its row is the last one.
            None => {
                if let Some(row) = rows.last_mut() {
                    row.kind = kind(&detail.change);
                    row.change = Some(&detail.change);
                }
            }
        }
    }
    rows
}

fn kind(change: &Change) -> ChangeKind {
    match change {
        Change::Added(_) => ChangeKind::Added,
        Change::Removed(_) => ChangeKind::Removed,
        _ => ChangeKind::Changed,
    }
}

fn document_row(document: &PolicyDocument) -> OutlineRow<'_> {
    let (words, name) = match document {
        PolicyDocument::Trust => ("trust policy", ""),
        PolicyDocument::Inline(name) => ("inline policy", name.as_str()),
        PolicyDocument::Attribute(name) => ("policy document", name.as_str()),
    };
    OutlineRow {
        depth: 0,
        kind: ChangeKind::Changed,
        words,
        name,
        change: None,
    }
}

fn statement_row(name: &str) -> OutlineRow<'_> {
    OutlineRow {
        depth: 1,
        kind: ChangeKind::Changed,
        words: "statement",
        name,
        change: None,
    }
}
