//! Diagnostics to JSON.
//!
//! In: diagnostics, each with the sources that it points into. Out: one JSON document, complete
//! and exact: text is not escaped other than JSON does it. [`json`] documents the schema.

use std::io::{self, Write};

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Label, Level};
use crate::source::{Position, Sources};

/// Writes `found` as JSON, followed by a line end.
///
/// The schema, version 1. Fields may be added within a version; none is renamed or removed.
///
/// ```text
/// { "version": 1,
///   "errors", "warnings", "notes": numbers,
///   "diagnostics": [
///     { "rule": id, "level": "error", "warning" or "note", "message": text,
///       "help": what to type instead, or null,
///       "note": further text, of several lines, or null,
///       "place": null, or
///         { "path": text, "start", "end": { "line", "column": numbers from 1 }, "label": text },
///       "related": [places] }] }
/// ```
///
/// Columns count characters; `end` is after the last one.
///
/// # Errors
///
/// Those of `out`.
pub fn json(found: &[(&Sources, &Diagnostic)], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &DiagnosticsJson::of(found))?;
    writeln!(out)
}

/// What [`json`] writes.
#[derive(Serialize)]
pub(in crate::report) struct DiagnosticsJson<'a> {
    version: u32,
    errors: usize,
    warnings: usize,
    notes: usize,
    diagnostics: Vec<DiagnosticJson<'a>>,
}

impl<'a> DiagnosticsJson<'a> {
    pub(in crate::report) fn of(found: &[(&Sources, &'a Diagnostic)]) -> Self {
        let number = |level: Level| found.iter().filter(|(_, one)| one.level == level).count();
        Self {
            version: 1,
            errors: number(Level::Error),
            warnings: number(Level::Warning),
            notes: number(Level::Note),
            diagnostics: found
                .iter()
                .map(|(sources, diagnostic)| DiagnosticJson::of(sources, diagnostic))
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct DiagnosticJson<'a> {
    rule: &'a str,
    level: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    note: Option<&'a str>,
    place: Option<PlaceJson<'a>>,
    related: Vec<PlaceJson<'a>>,
}

impl<'a> DiagnosticJson<'a> {
    fn of(sources: &Sources, diagnostic: &'a Diagnostic) -> Self {
        let place = |label: &'a Label| PlaceJson::of(sources, label);
        Self {
            rule: diagnostic.rule.id,
            level: match diagnostic.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "note",
            },
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            note: diagnostic.note.as_deref(),
            place: diagnostic.primary.as_ref().and_then(place),
            related: diagnostic.related.iter().filter_map(place).collect(),
        }
    }
}

#[derive(Serialize)]
struct PlaceJson<'a> {
    path: String,
    start: PositionJson,
    end: PositionJson,
    label: &'a str,
}

impl<'a> PlaceJson<'a> {
    fn of(sources: &Sources, label: &'a Label) -> Option<Self> {
        let file = sources.get(label.span.file)?;
        Some(Self {
            path: file.path.to_string_lossy().into_owned(),
            start: PositionJson::of(file.position(label.span.start)),
            end: PositionJson::of(file.position(label.span.end)),
            label: &label.text,
        })
    }
}

#[derive(Serialize)]
struct PositionJson {
    line: usize,
    column: usize,
}

impl PositionJson {
    fn of(Position { line, column }: Position) -> Self {
        Self { line, column }
    }
}
