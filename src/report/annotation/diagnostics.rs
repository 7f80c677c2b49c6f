//! Diagnostics to annotations, at the places that they point to.
//!
//! In: diagnostics, each with the sources that it points into. Out: an [`Annotation`] for each, in
//! their order. Nothing is refused.
//!
//! The hard part: two diagnostics of one file may say the same. Code scanning reads results with
//! the same fingerprint as one, so the second one is numbered.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Label};
use crate::report::annotation::{Annotation, AnnotationColumns, AnnotationPlace, AnnotationRule};
use crate::report::escape::visible;
use crate::source::{Sources, Span};

/// The annotations of `found`.
pub(in crate::report) fn of_diagnostics(found: &[(&Sources, &Diagnostic)]) -> Vec<Annotation> {
    let mut known: HashMap<String, usize> = HashMap::new();
    let annotations = found.iter().map(|(sources, diagnostic)| {
        let mut annotation = of_diagnostic(sources, diagnostic);
        let number = known.entry(annotation.fingerprint.clone()).or_default();
        *number += 1;
        if *number > 1 {
            let _ = write!(annotation.fingerprint, " #{number}");
        }
        annotation
    });
    annotations.collect()
}

/// The rules that found something, each once, by id.
pub(in crate::report) fn rules_of(found: &[(&Sources, &Diagnostic)]) -> Vec<AnnotationRule> {
    let mut rules: Vec<AnnotationRule> = found
        .iter()
        .map(|(_, diagnostic)| AnnotationRule {
            id: diagnostic.rule.id,
            summary: diagnostic.rule.summary,
        })
        .collect();
    rules.sort_unstable_by_key(|rule| rule.id);
    rules.dedup();
    rules
}

fn of_diagnostic(sources: &Sources, diagnostic: &Diagnostic) -> Annotation {
    let place = diagnostic
        .primary
        .as_ref()
        .and_then(|label| place_of(sources, label.span));
    let path = place.as_ref().map_or("", |place| place.path.as_str());
    let related = diagnostic.related.iter().filter_map(|label| {
        let place = place_of(sources, label.span)?;
        Some((place, visible(&label.text).into_owned()))
    });
    Annotation {
        rule: diagnostic.rule.id,
        level: diagnostic.level,
        title: diagnostic.rule.id,
        message: message(diagnostic),
        related: related.collect(),
        fingerprint: format!("{} {path} {}", diagnostic.rule.id, diagnostic.message),
        place,
    }
}

/// The message with the words at its place, and the help on a line of its own.
fn message(diagnostic: &Diagnostic) -> String {
    let mut text = visible(&diagnostic.message).into_owned();
    if let Some(Label { text: label, .. }) = &diagnostic.primary
        && !label.is_empty()
    {
        let _ = write!(text, ": {}", visible(label));
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(text, "\nhelp: {}", visible(help));
    }
    text
}

/// The lines and columns of `span`; `None` for a span of other sources.
fn place_of(sources: &Sources, span: Span) -> Option<AnnotationPlace> {
    let file = sources.get(span.file)?;
    let (start, end) = (file.position(span.start), file.position(span.end));
    Some(AnnotationPlace {
        path: file.path.to_string_lossy().into_owned(),
        line: start.line,
        columns: Some(AnnotationColumns {
            start: start.column,
            end_line: end.line,
            end: end.column,
        }),
    })
}
