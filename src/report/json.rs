//! Comparisons to JSON.
//!
//! In: the comparisons of a run. Out: one JSON document, complete and exact: text is not escaped
//! other than JSON does it. Nothing is folded, omitted or refused. [`json`] documents the schema.
//!
//! The hard thing is to keep it: programs read it, and it must not change when the model does. So
//! it has structures of its own, which borrow all text.

pub(in crate::report) mod access;
mod deployment;
pub(in crate::report) mod diagnostics;
mod lines;
mod resources;

use std::io::{self, Write};

use serde::Serialize;

use crate::deploy::Deployment;
use crate::diff::Comparison;
use crate::diff::lines::emphasis::Emphasis;

use crate::report::access::access_verdict;
use crate::report::deployment::deployment_verdict;
use crate::report::json::access::AccessJson;
use crate::report::json::deployment::{DeployFindingJson, KeptIdsJson};
use crate::report::json::lines::HunkJson;
use crate::report::json::resources::{AccountJson, ResourceJson, SectionJson};
use crate::report::parts::Parts;
use crate::report::verdict::verdict;

/// Writes `comparisons` as JSON, followed by a line end.
///
/// The schema, version 1. Fields may be added within a version; none is renamed or removed.
///
/// ```text
/// { "version": 1,
///   "verdict": text,
///   "access": text: who gains and loses access, in one sentence,
///   "deploys": text: whether CloudFormation refuses the change, in one sentence,
///   "deployment": [
///     { "rule": id, "refused": "yes", "maybe" or "no",
///       "resources": number, "accounts": [text],
///       "names": [{ "type", "name": text, "before", "after": logical id or null }],
///       "reason", "help": text, "source": path of the template, "line": number or null }],
///   "logical_ids": if resources get another logical id, [
///     { "macro": text, "source": path of the template, "line": number,
///       "logical_ids": { logical id that would be written: that which is kept }, or null }],
///   "differs": true if any byte differs,
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
///                     "conditions": [text], which also hold; `context` lacks their keys } }] }],
///           "undecided": [{ "what", "why": text }],
///           "settled": [{ "what", "why", "reason": text }],
///           "code": [
///             { "role": a name, "roles": how many have it, "accounts": [text],
///               "resources": [logical ids of what runs under it], "line": number or null }],
///           "parameters": missing, or those whose values matter:
///             [{ "name", "now" and "before": null, or { "value", "from": "task" or "default" } }] },
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
/// With [`Parts::ACCESS`] there is `access` alone; with [`Parts::RESOURCES`] there are no `hunks`
/// and no `access`; with [`Parts::LINES`] there are no `accounts`, `resources`, `sections` and
/// `access`. `deploys` and `deployment` are there if `access` is.
///
/// # Errors
///
/// Those of `out`.
pub fn json(
    comparisons: &[Comparison<'_>],
    deployment: Option<&Deployment>,
    parts: Parts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let report = DiffJson::of(comparisons, deployment, parts);
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

/// What [`json`] writes.
#[derive(Serialize)]
pub(in crate::report) struct DiffJson<'a> {
    version: u32,
    verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deploys: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment: Option<Vec<DeployFindingJson<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_ids: Option<Vec<KeptIdsJson<'a>>>,
    differs: bool,
    files: Vec<FileJson<'a>>,
}

impl<'a> DiffJson<'a> {
    pub(in crate::report) fn of(
        comparisons: &'a [Comparison<'a>],
        deployment: Option<&'a Deployment>,
        parts: Parts,
    ) -> Self {
        let deployment = deployment.filter(|_| parts.access);
        Self {
            version: 1,
            verdict: verdict(comparisons),
            access: (parts.access && comparisons.iter().any(|file| file.access.is_some()))
                .then(|| access_verdict(comparisons)),
            deploys: deployment.map(deployment_verdict),
            deployment: deployment.map(|deployment| {
                let findings = deployment.findings.iter();
                findings.map(DeployFindingJson::of).collect()
            }),
            logical_ids: deployment
                .filter(|deployment| !deployment.kept_ids.is_empty())
                .map(|deployment| deployment.kept_ids.iter().map(KeptIdsJson::of).collect()),
            differs: comparisons.iter().any(|file| !file.is_same()),
            files: comparisons
                .iter()
                .map(|file| FileJson::of(file, parts))
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct FileJson<'a> {
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

impl<'a> FileJson<'a> {
    fn of(file: &'a Comparison<'a>, parts: Parts) -> Self {
        let with_resources = parts.resources.then_some(());
        let accounts = with_resources.map(|()| {
            let accounts = file.accounts.iter();
            accounts.map(AccountJson::of).collect()
        });
        let sections = with_resources.map(|()| {
            let sections = file.sections.iter();
            sections.map(SectionJson::of).collect()
        });
        Self {
            path: &file.path,
            against: file.against.as_deref(),
            differs: !file.is_same(),
            not_compared: file.not_compared.as_deref(),
            access: file
                .access
                .as_ref()
                .filter(|_| parts.access)
                .map(AccessJson::of),
            accounts,
            resources: with_resources
                .map(|()| file.resources.iter().map(ResourceJson::of).collect()),
            sections,
            hunks: parts.lines.then(|| {
                let mut emphasis = Emphasis::default();
                let hunks = file.hunks.iter();
                hunks
                    .map(|hunk| HunkJson::of(hunk, &mut emphasis))
                    .collect()
            }),
        }
    }
}
