//! Comparisons to JSON.
//!
//! In: the comparisons of a run. Out: one JSON document, complete and exact: text is not escaped
//! other than JSON does it. Nothing is folded or left out. [`json`] documents the schema.
//!
//! The hard thing is to keep it: programs read it, and it must not change when the model does. So
//! it has structures of its own, which borrow all text.

pub(in crate::report) mod diagnostics;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::diff::access::changes::{Access, Certainty, Fate, Finding, PrincipalChange, Way};
use crate::diff::comparison::{
    Change, ChangeKind, Comparison, Detail, Document, Hunk, Line, LineKind, ResourceChange,
};

use crate::report::access::{access_verdict, level};
use crate::report::comparison::Parts;
use crate::report::verdict::verdict;

/// Writes `comparisons` as JSON, followed by a line end.
///
/// The schema, version 1. Fields may be added within a version; none is renamed or removed.
///
/// ```text
/// { "version": 1,
///   "verdict": text,
///   "access": text: who gains and loses access, in one sentence,
///   "differs": true where any byte differs,
///   "files": [
///     { "path": text,
///       "against": text, or null for a new file,
///       "differs": boolean,
///       "not_compared": why resources and sections are missing, or null,
///       "access": null, or
///         { "source": path of the template, "reference": date of the list of actions,
///           "principals": [
///             { "kind": "role", "user" or "group", "name": text, "logical_ids", "accounts": [text],
///               "macro", "stage": text or null, "line": number or null,
///               "change": "added", "kept" or "removed",
///               "gains", "loses": [
///                 { "certain": boolean, "maybe": why it is not certain, or null,
///                   "way": "do" or "assume", "level": text,
///                   "policy", "statement": text, "actions", "resources", "conditions": [text],
///                   "witness": null, or { "action", "target": text,
///                     "context": { key: text, or null for a missing one },
///                     "conditions": [text], which hold too and whose keys `context` lacks } }] }],
///           "undecided": [{ "what", "why": text }] },
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
/// With [`Parts::Access`] there is `access` alone; with [`Parts::Resources`] there are no `hunks`
/// and no `access`; with [`Parts::Text`] there are no `accounts`, `resources`, `sections` and
/// `access`.
///
/// # Errors
///
/// Those of `out`.
pub fn json(comparisons: &[Comparison<'_>], parts: Parts, out: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        version: 1,
        verdict: verdict(comparisons),
        access: (parts.has_access() && comparisons.iter().any(|file| file.access.is_some()))
            .then(|| access_verdict(comparisons)),
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
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<String>,
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
    access: Option<AccessJson<'a>>,
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
            access: file
                .access
                .as_ref()
                .filter(|_| parts.has_access())
                .map(AccessJson::of),
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
struct AccessJson<'a> {
    source: &'a str,
    reference: &'a str,
    principals: Vec<PrincipalJson<'a>>,
    undecided: Vec<UndecidedJson<'a>>,
}

#[derive(Serialize)]
struct PrincipalJson<'a> {
    kind: &'static str,
    name: &'a str,
    logical_ids: &'a [String],
    accounts: &'a [String],
    r#macro: Option<&'a str>,
    stage: Option<&'a str>,
    line: Option<usize>,
    change: &'static str,
    gains: Vec<FindingJson<'a>>,
    loses: Vec<FindingJson<'a>>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    certain: bool,
    maybe: Option<&'a str>,
    way: &'static str,
    level: &'static str,
    policy: &'a str,
    statement: &'a str,
    actions: Vec<&'a str>,
    resources: &'a [String],
    conditions: &'a [String],
    witness: Option<WitnessJson<'a>>,
}

#[derive(Serialize)]
struct WitnessJson<'a> {
    action: &'a str,
    target: &'a str,
    context: BTreeMap<&'a str, Option<&'a str>>,
    conditions: Vec<&'a str>,
}

#[derive(Serialize)]
struct UndecidedJson<'a> {
    what: &'a str,
    why: &'a str,
}

impl<'a> AccessJson<'a> {
    fn of(access: &'a Access) -> Self {
        let undecided = access.undecided.iter().map(|undecided| UndecidedJson {
            what: &undecided.what,
            why: &undecided.why,
        });
        Self {
            source: &access.source,
            reference: &access.reference,
            principals: access.principals.iter().map(PrincipalJson::of).collect(),
            undecided: undecided.collect(),
        }
    }
}

impl<'a> PrincipalJson<'a> {
    fn of(change: &'a PrincipalChange) -> Self {
        let origin = change.origin.as_ref();
        Self {
            kind: change.kind.word(),
            name: &change.name,
            logical_ids: &change.logical_ids,
            accounts: &change.accounts,
            r#macro: origin.map(|origin| origin.name.as_str()),
            stage: origin.and_then(|origin| origin.stage.as_deref()),
            line: change.line,
            change: match change.fate {
                Fate::Added => "added",
                Fate::Kept => "kept",
                Fate::Removed => "removed",
            },
            gains: change.gains.iter().map(FindingJson::of).collect(),
            loses: change.loses.iter().map(FindingJson::of).collect(),
        }
    }
}

impl<'a> FindingJson<'a> {
    fn of(finding: &'a Finding) -> Self {
        let actions = finding.actions.iter();
        Self {
            certain: finding.is_certain(),
            maybe: match &finding.certainty {
                Certainty::Certain => None,
                Certainty::Maybe(why) => Some(why),
            },
            way: match finding.way {
                Way::Do => "do",
                Way::Assume => "assume",
            },
            level: level(finding.level),
            policy: &finding.policy,
            statement: &finding.statement,
            actions: actions.map(|action| action.name.as_str()).collect(),
            resources: &finding.resources,
            conditions: &finding.conditions,
            witness: finding.witness.as_ref().map(|witness| WitnessJson {
                action: &witness.action,
                target: &witness.target,
                context: witness
                    .context
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_deref()))
                    .collect(),
                conditions: finding.unspelled(),
            }),
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
