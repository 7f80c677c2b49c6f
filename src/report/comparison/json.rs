//! Comparisons to JSON.
//!
//! In: the comparisons of a run. Out: one JSON document, complete and exact: text is not escaped
//! other than JSON does it. Nothing is folded or left out. [`json`] documents the schema.
//!
//! The hard thing is to keep it: programs read it, and it must not change when the model does. So
//! it has structures of its own, which borrow all text.

use std::io::{self, Write};

use serde::Serialize;

use crate::model::comparison::{
    Change, ChangeKind, Comparison, Detail, Document, Hunk, Line, LineKind, ResourceChange,
};

use super::Parts;
use super::verdict::verdict;

/// Writes `comparisons` as JSON, followed by a line end.
///
/// The schema, version 1. Fields may be added within a version; none is renamed or removed.
///
/// ```text
/// { "version": 1,
///   "verdict": text,
///   "differs": true where any byte differs,
///   "files": [
///     { "path": text,
///       "against": text, or null for a new file,
///       "differs": boolean,
///       "not_compared": why resources and sections are missing, or null,
///       "accounts": [{ "account": logical id or "-", "added", "changed", "removed": numbers }],
///       "resources": [
///         { "logical_id", "type": text, "accounts": [text], "name": text or null,
///           "change": "added", "changed" or "removed",
///           "details": [
///             { "document": null, or
///                 { "kind": "trust", "inline" or "attribute", "name": text or null },
///               "statement": Sid, "#2" for the second one, or null,
///               "element": text, or null for the whole document or statement,
///               "change": "added", "removed", "replaced", "items" or "reordered",
///               "from", "to": text or null (added, removed, replaced),
///               "added", "removed": [text] (items) }] }],
///       "sections": [{ "name": text, "change": as above }],
///       "hunks": [
///         { "heading": text or null,
///           "old_start", "old_lines", "new_start", "new_lines": numbers as in a unified diff,
///           "lines": [
///             { "change": "context", "added" or "removed",
///               "text": the line with its line end,
///               "emphasis": [[from, to]] in bytes of the text }] }] }] }
/// ```
///
/// With [`Parts::Resources`] there are no `hunks`; with [`Parts::Text`] there are no `accounts`,
/// `resources` and `sections`.
///
/// # Errors
///
/// Those of `out`.
pub fn json(comparisons: &[Comparison<'_>], parts: Parts, out: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        version: 1,
        verdict: verdict(comparisons),
        differs: comparisons.iter().any(|file| !file.is_same()),
        files: comparisons
            .iter()
            .map(|file| File::of(file, parts))
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    verdict: String,
    differs: bool,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    against: Option<&'a str>,
    differs: bool,
    not_compared: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accounts: Option<Vec<AccountJson<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Vec<ResourceJson<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sections: Option<Vec<SectionJson<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hunks: Option<Vec<HunkJson<'a>>>,
}

impl<'a> File<'a> {
    fn of(file: &'a Comparison<'a>, parts: Parts) -> Self {
        let with_resources = parts.has_resources().then_some(());
        let accounts = with_resources.map(|()| {
            let accounts = file.accounts.iter();
            accounts
                .map(|summary| AccountJson {
                    account: &summary.account,
                    added: summary.added,
                    changed: summary.changed,
                    removed: summary.removed,
                })
                .collect()
        });
        let sections = with_resources.map(|()| {
            let sections = file.sections.iter();
            sections
                .map(|section| SectionJson {
                    name: &section.name,
                    change: word(section.kind),
                })
                .collect()
        });
        Self {
            path: &file.path,
            against: file.against.as_deref(),
            differs: !file.is_same(),
            not_compared: file.not_compared.as_deref(),
            accounts,
            resources: with_resources
                .map(|()| file.resources.iter().map(ResourceJson::of).collect()),
            sections,
            hunks: parts
                .has_text()
                .then(|| file.hunks.iter().map(HunkJson::of).collect()),
        }
    }
}

#[derive(Serialize)]
struct AccountJson<'a> {
    account: &'a str,
    added: usize,
    changed: usize,
    removed: usize,
}

#[derive(Serialize)]
struct SectionJson<'a> {
    name: &'a str,
    change: &'static str,
}

fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    }
}

#[derive(Serialize)]
struct ResourceJson<'a> {
    logical_id: &'a str,
    r#type: &'a str,
    accounts: &'a [String],
    name: Option<&'a str>,
    change: &'static str,
    details: Vec<DetailJson<'a>>,
}

impl<'a> ResourceJson<'a> {
    fn of(resource: &'a ResourceChange) -> Self {
        Self {
            logical_id: &resource.logical_id,
            r#type: &resource.resource_type,
            accounts: &resource.accounts,
            name: resource.name.as_deref(),
            change: word(resource.kind),
            details: resource.details.iter().map(DetailJson::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct DetailJson<'a> {
    document: Option<DocumentJson<'a>>,
    statement: Option<&'a str>,
    element: Option<&'a str>,
    #[serde(flatten)]
    change: ChangeJson<'a>,
}

impl<'a> DetailJson<'a> {
    fn of(detail: &'a Detail) -> Self {
        Self {
            document: detail.document.as_ref().map(DocumentJson::of),
            statement: detail.statement.as_deref(),
            element: detail.element.as_deref(),
            change: ChangeJson::of(&detail.change),
        }
    }
}

#[derive(Serialize)]
struct DocumentJson<'a> {
    kind: &'static str,
    name: Option<&'a str>,
}

impl<'a> DocumentJson<'a> {
    fn of(document: &'a Document) -> Self {
        let (kind, name) = match document {
            Document::Trust => ("trust", None),
            Document::Inline(name) => ("inline", Some(name.as_str())),
            Document::Attribute(name) => ("attribute", Some(name.as_str())),
        };
        Self { kind, name }
    }
}

#[derive(Serialize)]
#[serde(tag = "change", rename_all = "lowercase")]
enum ChangeJson<'a> {
    Added {
        from: Option<&'a str>,
        to: Option<&'a str>,
    },
    Removed {
        from: Option<&'a str>,
        to: Option<&'a str>,
    },
    Replaced {
        from: Option<&'a str>,
        to: Option<&'a str>,
    },
    Items {
        added: &'a [String],
        removed: &'a [String],
    },
    Reordered {},
}

impl<'a> ChangeJson<'a> {
    fn of(change: &'a Change) -> Self {
        match change {
            Change::Added(value) => ChangeJson::Added {
                from: None,
                to: value.as_deref(),
            },
            Change::Removed(value) => ChangeJson::Removed {
                from: value.as_deref(),
                to: None,
            },
            Change::Replaced { from, to } => ChangeJson::Replaced {
                from: Some(from),
                to: Some(to),
            },
            Change::Items { added, removed } => ChangeJson::Items { added, removed },
            Change::Reordered => ChangeJson::Reordered {},
        }
    }
}

#[derive(Serialize)]
struct HunkJson<'a> {
    heading: Option<&'a str>,
    old_start: usize,
    old_lines: usize,
    new_start: usize,
    new_lines: usize,
    lines: Vec<LineJson<'a>>,
}

impl<'a> HunkJson<'a> {
    fn of(hunk: &'a Hunk<'a>) -> Self {
        Self {
            heading: hunk.heading,
            old_start: hunk.old_start,
            old_lines: hunk.old_lines,
            new_start: hunk.new_start,
            new_lines: hunk.new_lines,
            lines: hunk.lines.iter().map(LineJson::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct LineJson<'a> {
    change: &'static str,
    text: &'a str,
    emphasis: Vec<[usize; 2]>,
}

impl<'a> LineJson<'a> {
    fn of(line: &'a Line<'a>) -> Self {
        Self {
            change: match line.kind {
                LineKind::Context => "context",
                LineKind::Added => "added",
                LineKind::Removed => "removed",
            },
            text: line.text,
            emphasis: line
                .emphasis
                .iter()
                .map(|range| [range.start, range.end])
                .collect(),
        }
    }
}
