//! Lines that replace others to the parts of them that differ.
//!
//! In: the removed and added lines of one replacement. Out: their emphasis. Lines with little in
//! common get none. Refuses nothing.
//!
//! The hard thing is when to stop: a file of which every line changed would take minutes, and
//! nobody reads its highlights.

use similar::{Algorithm, ChangeTag, TextDiff};

use crate::diff::lines::DiffLine;

/// The most lines of one replacement that are examined.
const REPLACEMENT_LIMIT: usize = 100;
/// The most lines of one file that are examined.
const FILE_LIMIT: usize = 20_000;

/// Marks what differs within lines, as long as it has not seen too many.
#[derive(Default)]
pub(crate) struct Emphasis {
    seen: usize,
}

impl Emphasis {
    /// Marks the emphasis of `lines`: `removed` removed lines, and the lines that replace them.
    pub(crate) fn mark(&mut self, lines: &mut [DiffLine<'_>], removed: usize) {
        self.seen += lines.len();
        if lines.len() > REPLACEMENT_LIMIT || self.seen > FILE_LIMIT {
            return;
        }
        let Some((old, new)) = lines.split_at_mut_checked(removed) else {
            return;
        };
        let before: Vec<&str> = old.iter().map(|line| line.text).collect();
        let after: Vec<&str> = new.iter().map(|line| line.text).collect();
        let diff = TextDiff::configure()
            .algorithm(Algorithm::Myers)
            .diff_slices(&before, &after);
        for op in diff.ops() {
            for change in diff.iter_inline_changes(op) {
                let line = match change.tag() {
                    ChangeTag::Equal => None,
                    ChangeTag::Delete => change.old_index().and_then(|at| old.get_mut(at)),
                    ChangeTag::Insert => change.new_index().and_then(|at| new.get_mut(at)),
                };
                if let Some(line) = line {
                    set(line, change.values());
                }
            }
        }
    }
}

/// Sets the emphasis of a line from its parts.
fn set(line: &mut DiffLine<'_>, parts: &[(bool, &str)]) {
    let mut at = 0;
    let mut emphasis = Vec::new();
    for (is_emphasized, part) in parts {
        let range = at..at + part.len();
        at = range.end;
        if *is_emphasized && !part.is_empty() {
            emphasis.push(range);
        }
    }
    // The parts of a line that similar could not split add up to the whole line, or to nothing.
    if at == line.text.len() {
        line.emphasis = emphasis;
    }
}
