//! The lines of two texts: which belong together, and the hunks that differ. Refuses nothing.

pub(crate) mod align;
pub(crate) mod emphasis;
pub(crate) mod hunks;

use std::ops::Range;

/// A run of differing lines with the lines around them, as in a unified diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk<'text> {
    /// The key of the first resource or section that differs in it.
    pub heading: Option<&'text str>,
    /// The first line in the previous text, from 1; the line before if there are no lines.
    pub old_start: usize,
    /// How many lines of the previous text it spans.
    pub old_lines: usize,
    /// The first line in the new text, from 1; the line before if there are no lines.
    pub new_start: usize,
    /// How many lines of the new text it spans.
    pub new_lines: usize,
    /// The lines.
    pub lines: Vec<DiffLine<'text>>,
}

/// Which of the texts a [`DiffLine`] is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// In both.
    Context,
    /// Only in the previous text.
    Removed,
    /// Only in the new text.
    Added,
}

/// One line of a [`Hunk`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine<'text> {
    /// Which of the texts it is in.
    pub kind: LineKind,
    /// The line with its line end; a last line may have none.
    pub text: &'text str,
    /// The bytes of `text` that differ from the line that it replaces or is replaced by; empty
    /// if the lines have little in common.
    pub emphasis: Vec<Range<usize>>,
}

impl<'text> DiffLine<'text> {
    /// The line without its line end.
    pub fn content(&self) -> &'text str {
        match self.text.strip_suffix('\n') {
            Some(line) => line.strip_suffix('\r').unwrap_or(line),
            None => self.text,
        }
    }

    /// The line end: `\n`, `\r\n`, or nothing.
    pub fn ending(&self) -> &'text str {
        self.text.get(self.content().len()..).unwrap_or_default()
    }
}
