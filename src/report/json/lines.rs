//! The lines that differ, as JSON. Refuses nothing.

use serde::Serialize;

use crate::diff::lines::emphasis::{Emphasis, LineEmphasis};
use crate::diff::lines::{DiffLine, Hunk, LineKind};

#[derive(Serialize)]
pub(super) struct HunkJson<'a> {
    heading: Option<&'a str>,
    old_start: usize,
    old_lines: usize,
    new_start: usize,
    new_lines: usize,
    lines: Vec<LineJson<'a>>,
}

impl<'a> HunkJson<'a> {
    pub(super) fn of(hunk: &'a Hunk<'a>, emphasis: &mut Emphasis) -> Self {
        let emphasis = emphasis.of(hunk);
        Self {
            heading: hunk.heading,
            old_start: hunk.old_start,
            old_lines: hunk.old_lines,
            new_start: hunk.new_start,
            new_lines: hunk.new_lines,
            lines: hunk.lines.iter().zip(&emphasis).map(LineJson::of).collect(),
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
    fn of((line, emphasis): (&'a DiffLine<'a>, &LineEmphasis)) -> Self {
        Self {
            change: match line.kind {
                LineKind::Context => "context",
                LineKind::Added => "added",
                LineKind::Removed => "removed",
            },
            text: line.text,
            emphasis: emphasis
                .iter()
                .map(|range| [range.start, range.end])
                .collect(),
        }
    }
}
