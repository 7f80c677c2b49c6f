//! Diagnostics for the files that they point into.
//!
//! In: what is wrong with each open template. Out: one list per file, whenever it is not what was sent
//! before. Refuses nothing: what has no place is at the beginning of the template.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::command::lsp::buffers::Buffers;
use crate::command::lsp::position::{Encoding, TextLines};
use crate::command::lsp::understanding::Understanding;
use crate::diagnostic::{Diagnostic, Label, Level};
use crate::source::{FileId, Span};

/// What each diagnostic says that it is from.
const SOURCE: &str = "deploy-roles";

/// What the client has been sent.
#[derive(Default)]
pub(super) struct Published {
    /// For each template, the diagnostics by file.
    found: BTreeMap<String, BTreeMap<String, Vec<Value>>>,
    /// The diagnostics that the client has, by file.
    sent: HashMap<String, Vec<Value>>,
}

impl Published {
    /// Keeps what was found in a template. Returns what to send.
    pub(super) fn update(
        &mut self,
        template: &str,
        found: BTreeMap<String, Vec<Value>>,
    ) -> Vec<(String, Vec<Value>)> {
        let before = self.found.insert(template.to_owned(), found);
        let mut files: BTreeSet<String> = before.unwrap_or_default().into_keys().collect();
        files.extend(
            self.found
                .get(template)
                .into_iter()
                .flat_map(BTreeMap::keys)
                .cloned(),
        );
        files.insert(template.to_owned());
        self.changed(files)
    }

    /// Forgets a template. Returns what to send.
    pub(super) fn close(&mut self, template: &str) -> Vec<(String, Vec<Value>)> {
        let before = self.found.remove(template).unwrap_or_default();
        let mut files: BTreeSet<String> = before.into_keys().collect();
        files.insert(template.to_owned());
        let changed = self.changed(files);
        for (file, _) in changed.iter().filter(|(_, found)| found.is_empty()) {
            self.sent.remove(file);
        }
        changed
    }

    /// The lists of `files` that are not what was sent.
    fn changed(&mut self, files: BTreeSet<String>) -> Vec<(String, Vec<Value>)> {
        let mut changed = Vec::new();
        for file in files {
            let mut all: Vec<Value> = Vec::new();
            let found = self.found.values().filter_map(|found| found.get(&file));
            // Two templates find the same in one organization.
            for one in found.flatten() {
                if !all.contains(one) {
                    all.push(one.clone());
                }
            }
            let before = self.sent.insert(file.clone(), all.clone());
            // A template that was read for the first time is answered also if all is well.
            if before.as_ref() != Some(&all) {
                changed.push((file, all));
            }
        }
        changed
    }
}

/// What is shown of a template.
pub(super) struct ShownDiagnostics<'run> {
    pub(super) buffers: &'run Buffers,
    pub(super) understanding: &'run Understanding,
    pub(super) encoding: Encoding,
    /// Whether the client shows other places that belong to a problem.
    pub(super) has_related: bool,
}

impl ShownDiagnostics<'_> {
    /// The diagnostics of the template at `uri`, by file.
    pub(super) fn diagnostics(&self, uri: &str) -> BTreeMap<String, Vec<Value>> {
        let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let mut lines: HashMap<FileId, TextLines<'_>> = HashMap::new();
        for problem in &self.understanding.problems {
            let (file, span) = self.place(problem);
            let file_uri = match file {
                Some(file) => self.uri(file),
                None => uri.to_owned(),
            };
            let value = self.diagnostic(problem, span, &mut lines);
            found.entry(file_uri).or_default().push(value);
        }
        found
    }

    /// The diagnostic of `problem`.
    pub(super) fn one(&self, problem: &Diagnostic) -> Value {
        let (_, span) = self.place(problem);
        self.diagnostic(problem, span, &mut HashMap::new())
    }

    /// How the client names `file`.
    pub(super) fn uri(&self, file: FileId) -> String {
        let library = self.understanding.library();
        self.buffers.uri(library.sources.path(file))
    }

    /// The file and bytes that a problem is shown at.
    fn place(&self, problem: &Diagnostic) -> (Option<FileId>, Option<Span>) {
        let places = problem.primary.iter().chain(&problem.related);
        let mut places = places.filter(|label| self.understanding.is_on_disk(label.span.file));
        match places.next() {
            Some(label) => (Some(label.span.file), Some(label.span)),
            None => (self.understanding.file, None),
        }
    }

    fn diagnostic<'run>(
        &'run self,
        problem: &Diagnostic,
        span: Option<Span>,
        lines: &mut HashMap<FileId, TextLines<'run>>,
    ) -> Value {
        let range = match span {
            Some(span) => self.range(span, lines),
            None => json!({
                "start": { "line": 0, "character": 0 },
                "end": { "line": 0, "character": 0 },
            }),
        };
        let mut value = json!({
            "range": range,
            "severity": severity(problem.level),
            "code": problem.rule.id,
            "source": SOURCE,
            "message": message(problem),
        });
        let related: Vec<Value> = problem
            .related
            .iter()
            .filter(|label| self.understanding.is_on_disk(label.span.file))
            .map(|label| self.related(label, lines))
            .collect();
        if let Some(object) = value.as_object_mut()
            && self.has_related
            && !related.is_empty()
        {
            object.insert("relatedInformation".to_owned(), Value::Array(related));
        }
        value
    }

    fn related<'run>(
        &'run self,
        label: &Label,
        lines: &mut HashMap<FileId, TextLines<'run>>,
    ) -> Value {
        let message = if label.text.is_empty() {
            "this belongs to it"
        } else {
            &label.text
        };
        json!({
            "location": { "uri": self.uri(label.span.file), "range": self.range(label.span, lines) },
            "message": message,
        })
    }

    fn range<'run>(&'run self, span: Span, lines: &mut HashMap<FileId, TextLines<'run>>) -> Value {
        let sources = &self.understanding.library().sources;
        let lines = lines
            .entry(span.file)
            .or_insert_with(|| TextLines::new(sources.text(span.file), self.encoding));
        lines.range_of(span)
    }
}

/// What is wrong and what to type, as the terminal shows it.
fn message(problem: &Diagnostic) -> String {
    let mut lines = vec![problem.message.clone()];
    lines.extend(problem.help.as_ref().map(|help| format!("help: {help}")));
    lines.extend(problem.note.clone());
    lines.join("\n")
}

fn severity(level: Level) -> u8 {
    match level {
        Level::Error => 1,
        Level::Warning => 2,
        Level::Note => 3,
    }
}
