//! A diagnostic as rustc would show it.
//!
//! In: a diagnostic and the texts. Out: text. Refuses nothing.

use annotate_snippets::{AnnotationKind, Group, Level as Title, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Label, Level};
use crate::report::paint::Color;
use crate::source::{SourceFile, Sources, Span};

type LabeledSnippet<'a> = Snippet<'a, annotate_snippets::Annotation<'a>>;

/// Lines of source around a place that are handed to the renderer, so that it need not scan a
/// large file.
const WINDOW: usize = 3;
/// Characters of a line that are handed to it.
const LINE: usize = 400;

/// The text of `diagnostic`, ending in an empty line.
pub fn diagnostic(sources: &Sources, diagnostic: &Diagnostic, color: Color) -> String {
    let level = match diagnostic.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
        Level::Note => Title::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let mut group = Group::with_title(title.id(diagnostic.rule.id));
    for snippet in snippets(sources, diagnostic) {
        group = group.element(snippet);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Title::HELP.message(help.as_str()));
    }
    let renderer = match color {
        Color::On => Renderer::styled(),
        Color::Off => Renderer::plain(),
    };
    // The renderer replaces what steers a terminal, except for the control characters beyond ASCII.
    let mut text = renderer
        .render(&[group])
        .replace(|c| matches!(c, '\u{80}'..='\u{9f}'), "\u{fffd}");
    text.push('\n');
    for line in diagnostic.note.iter().flat_map(|note| note.lines()) {
        text.push_str("  ");
        let is_shown = |c: &char| !c.is_control() || *c == '\t';
        text.extend(
            line.chars()
                .map(|c| if is_shown(&c) { c } else { '\u{fffd}' }),
        );
        text.push('\n');
    }
    text.push('\n');
    text
}

/// The source lines around the labels of `diagnostic`; labels near each other share a snippet.
fn snippets<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Vec<LabeledSnippet<'a>> {
    let primary = diagnostic.primary.iter();
    let related = diagnostic.related.iter();
    let labels: Vec<(&Label, AnnotationKind)> = primary
        .map(|label| (label, AnnotationKind::Primary))
        .chain(related.map(|label| (label, AnnotationKind::Context)))
        .collect();
    let mut snippets = Vec::new();
    let mut rest = labels.as_slice();
    while let Some((first, _)) = rest.first() {
        let Some(file) = sources.get(first.span.file) else {
            break;
        };
        let near = rest.iter().take_while(|(label, _)| {
            label.span.file == first.span.file && close(file, first.span, label.span)
        });
        let (these, others) = rest.split_at(near.count().max(1));
        snippets.push(snippet(file, these));
        rest = others;
    }
    snippets
}

fn close(file: &SourceFile, a: Span, b: Span) -> bool {
    let (from, to) = (a.start.min(b.start), a.start.max(b.start));
    file.text
        .get(from..to)
        .is_some_and(|between| between.len() < 4000 && between.matches('\n').count() < 12)
}

/// The source lines around `labels`, with their annotations.
fn snippet<'a>(file: &'a SourceFile, labels: &[(&'a Label, AnnotationKind)]) -> LabeledSnippet<'a> {
    let text = file.text.as_str();
    let first = labels
        .iter()
        .map(|(label, _)| label.span.start)
        .min()
        .unwrap_or(0);
    let last = labels
        .iter()
        .map(|(label, _)| label.span.start)
        .max()
        .unwrap_or(0);
    let start = window_start(text, first);
    let end = window_end(text, last).max(start);
    let window = text.get(start..end).unwrap_or_default();
    let line = file.position(start).line;
    let path = file.path.to_string_lossy().into_owned();
    let mut snippet = Snippet::source(window).line_start(line).path(path);
    for (label, kind) in labels {
        let span = within(window, label.span, start);
        let annotation = kind.span(span);
        snippet = snippet.annotation(if label.text.is_empty() {
            annotation
        } else {
            annotation.label(label.text.as_str())
        });
    }
    snippet
}

fn window_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |index| index + 1);
    if at - line > LINE {
        return floor(text, at - LINE / 2);
    }
    // A byte order mark is not part of the line.
    if line == 0 && text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8().min(at)
    } else {
        line
    }
}

fn window_end(text: &str, at: usize) -> usize {
    let after = text.get(at..).unwrap_or_default();
    let lines = after
        .split_inclusive('\n')
        .take(WINDOW)
        .map(str::len)
        .sum::<usize>();
    floor(text, at + lines.min(LINE * WINDOW))
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The span inside of the window, on one line, as the renderer wants it.
fn within(window: &str, span: Span, start: usize) -> std::ops::Range<usize> {
    let from = floor(window, span.start.saturating_sub(start));
    let rest = window.get(from..).unwrap_or_default();
    let line = rest.find(['\n', '\r']).map_or(window.len(), |at| from + at);
    let to = floor(window, span.end.saturating_sub(start)).clamp(from, line.max(from));
    from..to
}
