//! Allow comments: `# deploy-roles: allow[rule-id, other-id] reason`.
//!
//! In: a text and its tree. Out: its comments, each with the lines that it is about. Refuses nothing.
//!
//! The hard part: what looks like a comment inside a text is not one, so the tree gives the places of
//! all texts.

use std::ops::Range;

use memchr::memmem;

use crate::source::{FileId, Span};
use crate::yaml::node::{Kind, Node};

/// What every allow comment begins with, after `#`.
const MARK: &str = "deploy-roles:";

/// One allow comment.
#[derive(Clone, Debug)]
pub(crate) struct AllowComment {
    /// From `#` to the end of the line.
    pub(crate) span: Span,
    /// The lines that it is about, from 1.
    pub(crate) lines: Vec<usize>,
    /// The rules that it names, each with its place.
    pub(crate) ids: Vec<(String, Span)>,
    /// What follows the bracket, trimmed.
    pub(crate) reason: String,
}

/// The content of a comment.
enum Comment {
    Allow {
        ids: Vec<(String, Span)>,
        reason: String,
    },
    /// It begins like an allow comment.
    Malformed,
    Other,
}

/// Whether `text` may have an allow comment: else its tree need not be looked at.
pub(crate) fn may_have_comments(text: &str) -> bool {
    memmem::find(text.as_bytes(), MARK.as_bytes()).is_some() && !has_lone_return(text)
}

/// The allow comments of `text`, whose tree is `root`, and where malformed ones are.
pub(crate) fn comments(file: FileId, text: &str, root: &Node) -> (Vec<AllowComment>, Vec<Span>) {
    let (mut allows, mut malformed) = (Vec::new(), Vec::new());
    if !may_have_comments(text) {
        return (allows, malformed);
    }
    let marks = memmem::find_iter(text.as_bytes(), MARK);
    let mut texts = Vec::new();
    ranges_of_texts(text, root, &mut texts);
    let mut end = 0;
    for mark in marks {
        // The rest of a line that was read belongs to its comment.
        if mark < end {
            continue;
        }
        let line = line_around(text, mark);
        end = line.end;
        let Some(start) = start_of_comment(text, &line, &texts) else {
            continue;
        };
        let span = Span::new(file, start, line.end);
        match parsed(text, span) {
            Comment::Allow { ids, reason } => allows.push(AllowComment {
                span,
                lines: lines_of(text, &line, start),
                ids,
                reason,
            }),
            Comment::Malformed => malformed.push(span),
            Comment::Other => {}
        }
    }
    (allows, malformed)
}

/// Whether the text has a carriage return that ends a line by itself. YAML breaks the line there
/// and editors do not, so a comment would reach further than it seems to: it allows nothing.
fn has_lone_return(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
}

/// Where the texts of `node` are; for a text of several lines below `|` or `>`, without the first
/// line, which may end in a comment.
fn ranges_of_texts(text: &str, node: &Node, ranges: &mut Vec<Range<usize>>) {
    match &node.kind {
        Kind::Scalar(..) => {
            let written = text.get(node.span.start..node.span.end).unwrap_or_default();
            let header = match written.find('\n') {
                Some(end) if written.starts_with(['|', '>']) => end,
                _ => 0,
            };
            ranges.push(node.span.start + header..node.span.end);
        }
        Kind::Sequence(items, _) => {
            for item in items {
                ranges_of_texts(text, item, ranges);
            }
        }
        Kind::Mapping(entries, _) => {
            for entry in entries {
                ranges_of_texts(text, &entry.key, ranges);
                ranges_of_texts(text, &entry.value, ranges);
            }
        }
        Kind::Alias(..) => {}
    }
}

/// The line of byte `at`, without its end.
fn line_around(text: &str, at: usize) -> Range<usize> {
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at..).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let end = after.find('\n').map_or(text.len(), |length| at + length);
    let line = text.get(start..end).unwrap_or_default();
    start..start + line.trim_end_matches('\r').len()
}

/// Where the comment of a line begins: the first `#` that is in no text and follows a space or the
/// beginning of the line.
fn start_of_comment(text: &str, line: &Range<usize>, texts: &[Range<usize>]) -> Option<usize> {
    let written = text.get(line.clone())?;
    let starts = written.match_indices('#').map(|(at, _)| line.start + at);
    let mut starts = starts.filter(|at| {
        let before = text.get(line.start..*at).unwrap_or_default();
        before.is_empty() || before.ends_with([' ', '\t', '\u{feff}'])
    });
    starts.find(|at| !texts.iter().any(|range| range.contains(at)))
}

/// The content of the comment at `comment`.
fn parsed(text: &str, comment: Span) -> Comment {
    let written = text.get(comment.start..comment.end).unwrap_or_default();
    let words = written.trim_start_matches('#').trim_start();
    let allow = words
        .strip_prefix(MARK)
        .and_then(|rest| rest.trim_start().strip_prefix("allow"));
    let Some(rest) = allow.map(str::trim_start) else {
        return Comment::Other;
    };
    let list = rest
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .filter(|(list, _)| list.split(',').all(|id| !id.trim().is_empty()));
    let Some((list, reason)) = list else {
        return Comment::Malformed;
    };
    let mut at = comment.end - rest.len() + 1;
    let mut ids = Vec::new();
    for id in list.split(',') {
        let from = at + id.len() - id.trim_start().len();
        let span = Span::new(comment.file, from, from + id.trim().len());
        ids.push((id.trim().to_owned(), span));
        at += id.len() + 1;
    }
    Comment::Allow {
        ids,
        reason: reason.trim().to_owned(),
    }
}

/// The lines whose findings a comment allows: its own, and if it is alone there, the next one that
/// is more than a comment.
fn lines_of(text: &str, line: &Range<usize>, start: usize) -> Vec<usize> {
    let own = number_of(text, line.start);
    let before = text.get(line.start..start).unwrap_or_default();
    let is_alone = before.trim_start_matches('\u{feff}').trim().is_empty();
    let mut lines = vec![own];
    if is_alone {
        let below = text.get(line.end..).unwrap_or_default().lines().skip(1);
        let comments = below.take_while(|line| line.trim_start().starts_with('#'));
        lines.push(own + 1 + comments.count());
    }
    lines
}

/// The number of the line of byte `at`, from 1.
pub(crate) fn number_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    memchr::memchr_iter(b'\n', before).count() + 1
}
