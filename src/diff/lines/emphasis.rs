//! Lines that replace others to the parts of them that differ.
//!
//! In: hunks. Out: for each line, what to emphasize. Lines with little in common get nothing, nor do those that
//! replace no others. Refuses nothing.
//!
//! The hard thing is when to stop: a file of which every line changed would take minutes, and
//! nobody reads its highlights. Only who shows them asks for them.

use std::ops::Range;

use similar::{Algorithm, ChangeTag, TextDiff};

use crate::diff::lines::{DiffLine, Hunk, LineKind};

/// The most lines of one replacement that are examined.
const REPLACEMENT_LIMIT: usize = 100;
/// The most lines of one file that are examined.
const FILE_LIMIT: usize = 20_000;

/// The bytes of a line that differ from the line that it replaces or is replaced by.
pub(crate) type LineEmphasis = Vec<Range<usize>>;

/// Finds what differs within the lines of a file, as long as it has not seen too many.
#[derive(Default)]
pub(crate) struct Emphasis {
    seen: usize,
}

impl Emphasis {
    /// The emphasis of each line of the next hunk.
    pub(crate) fn of(&mut self, hunk: &Hunk<'_>) -> Vec<LineEmphasis> {
        let mut found = Vec::with_capacity(hunk.lines.len());
        for run in hunk.lines.chunk_by(|_, next| !next.begins) {
            let at = found.len();
            found.resize(at + run.len(), LineEmphasis::new());
            let removed = run.partition_point(|line| line.kind == LineKind::Removed);
            let is_replaced = removed > 0 && removed < run.len();
            if let (true, Some(found)) = (is_replaced, found.get_mut(at..)) {
                self.find(run, removed, found);
            }
        }
        found
    }

    /// Finds the emphasis of `lines`: `removed` removed lines, and the lines that replace them.
    fn find(&mut self, lines: &[DiffLine<'_>], removed: usize, found: &mut [LineEmphasis]) {
        self.seen += lines.len();
        if lines.len() > REPLACEMENT_LIMIT || self.seen > FILE_LIMIT {
            return;
        }
        let Some((old, new)) = lines.split_at_checked(removed) else {
            return;
        };
        let before: Vec<&str> = old.iter().map(|line| line.text).collect();
        let after: Vec<&str> = new.iter().map(|line| line.text).collect();
        let diff = TextDiff::configure()
            .algorithm(Algorithm::Myers)
            .diff_slices(&before, &after);
        for op in diff.ops() {
            for change in diff.iter_inline_changes(op) {
                let at = match change.tag() {
                    ChangeTag::Equal => None,
                    ChangeTag::Delete => change.old_index(),
                    ChangeTag::Insert => change.new_index().map(|at| removed + at),
                };
                let line = at.and_then(|at| Some((lines.get(at)?, found.get_mut(at)?)));
                if let Some((line, found)) = line {
                    *found = emphasized(line, change.values());
                }
            }
        }
    }
}

/// The emphasis of a line by its parts.
fn emphasized(line: &DiffLine<'_>, parts: &[(bool, &str)]) -> LineEmphasis {
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
    if at != line.text.len() {
        emphasis.clear();
    }
    emphasis
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hunk of these runs: removed lines, and added ones.
    fn hunk<'text>(runs: &[(&[&'text str], &[&'text str])]) -> Hunk<'text> {
        let mut lines = Vec::new();
        for (removed, added) in runs {
            let at = lines.len();
            let of = |kind| move |text: &&'text str| DiffLine::new(kind, text);
            lines.extend(removed.iter().map(of(LineKind::Removed)));
            lines.extend(added.iter().map(of(LineKind::Added)));
            lines[at].begins = true;
        }
        Hunk {
            heading: None,
            old_start: 1,
            old_lines: runs.iter().map(|(removed, _)| removed.len()).sum(),
            new_start: 1,
            new_lines: runs.iter().map(|(_, added)| added.len()).sum(),
            ends: (true, false),
            lines,
        }
    }

    /// What is emphasized in each line of a hunk.
    fn told<'text>(hunk: &Hunk<'text>) -> Vec<Vec<&'text str>> {
        let found = Emphasis::default().of(hunk);
        assert_eq!(found.len(), hunk.lines.len());
        let each = hunk.lines.iter().zip(found);
        each.map(|(line, ranges)| {
            let ranges = ranges.into_iter();
            ranges.filter_map(|range| line.text.get(range)).collect()
        })
        .collect()
    }

    #[test]
    fn only_what_replaces_lines_is_compared_with_them() {
        let (old, new) = ("a same b\n", "a same c\n");
        assert_eq!(told(&hunk(&[(&[old], &[new])])), [["b"], ["c"]]);
        // One after the other by chance.
        let apart = told(&hunk(&[(&[old], &[]), (&[], &[new])]));
        assert_eq!(apart, vec![Vec::<&str>::new(); 2]);
        let runs: [(&[&str], &[&str]); 2] = [(&[new, old], &[]), (&[old], &[new])];
        assert_eq!(told(&hunk(&runs)), [vec![], vec![], vec!["b"], vec!["c"]]);
    }

    #[test]
    fn what_comes_after_too_many_lines_of_a_file_is_not_looked_at() {
        let hunk = hunk(&[(&["a same b\n"], &["a same c\n"])]);
        let mut emphasis = Emphasis::default();
        let mut each = (0..FILE_LIMIT).map(|_| emphasis.of(&hunk));
        assert_eq!(
            each.position(|found| found[0].is_empty()),
            Some(FILE_LIMIT / 2)
        );
    }
}
