//! A text to its lines.
//!
//! In: a text. Out: [`Lines`], by number. Refuses nothing.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A text by lines; a line keeps its line end.
pub(crate) struct Lines<'text> {
    pub(super) text: &'text str,
    pub(super) starts: Arc<LineStarts>,
}

/// Where some of the lines of a text begin: found out when a line is asked for, since they are many.
#[derive(Debug, Default)]
pub(super) struct LineStarts(OnceLock<FoundStarts>);

/// Where lines begin, as far as that is remembered.
#[derive(Debug, Default)]
pub(super) struct FoundStarts {
    /// How many lines end before every [`PIECE`]th byte, from the first.
    pub(super) before: Vec<usize>,
    /// How many lines there are.
    pub(super) count: usize,
}

/// So many bytes are looked at together. Where a line begins is looked for in those that it begins in.
pub(super) const PIECE: usize = 256;

impl LineStarts {
    /// Those that were `found`.
    pub(super) fn found(found: FoundStarts) -> Self {
        Self(OnceLock::from(found))
    }

    fn of(&self, text: &str) -> &FoundStarts {
        self.0.get_or_init(|| {
            let mut starts = FoundStarts::default();
            for piece in text.as_bytes().chunks(PIECE) {
                starts.before.push(starts.count);
                starts.count += memchr::memchr_iter(b'\n', piece).count();
            }
            starts.count += usize::from(has_rest(text));
            starts
        })
    }
}

impl FoundStarts {
    /// How many pieces begin before line `at`: first those are looked at that are where it would be if all lines were
    /// as long as each other.
    fn pieces_before(&self, at: usize) -> usize {
        let is_before = |piece: &usize| *piece < at;
        let guess = at.saturating_mul(self.before.len()) / self.count.max(1);
        let mut reach = 8;
        loop {
            let low = guess.saturating_sub(reach);
            let high = guess.saturating_add(reach).min(self.before.len());
            let near = self.before.get(low..high).unwrap_or_default();
            let begins = low == 0 || near.first().is_some_and(is_before);
            let ends = high == self.before.len() || !near.last().is_none_or(is_before);
            if begins && ends {
                return low + near.partition_point(is_before);
            }
            reach *= 8;
        }
    }

    /// Where line `at` begins; the end of the text for the line after the last one.
    fn start(&self, text: &str, at: usize) -> Option<usize> {
        if at == 0 || at >= self.count {
            return (at <= self.count).then_some(if at == 0 { 0 } else { text.len() });
        }
        // It begins after so many line ends.
        let piece = self.pieces_before(at).checked_sub(1)?;
        let from = piece * PIECE;
        let nth = at - self.before.get(piece)? - 1;
        let rest = text.as_bytes().get(from..)?;
        Some(from + memchr::memchr_iter(b'\n', rest).nth(nth)? + 1)
    }
}

/// Whether the last line has no line end.
pub(super) fn has_rest(text: &str) -> bool {
    !text.is_empty() && !text.ends_with('\n')
}

impl<'text> Lines<'text> {
    /// How many lines there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.of(self.text).count
    }

    /// The text of a range of lines; empty for a range past the end.
    pub(crate) fn text_of(&self, lines: &Range<usize>) -> &'text str {
        let starts = self.starts.of(self.text);
        let start = |at| starts.start(self.text, at);
        match (start(lines.start), start(lines.end)) {
            (Some(start), Some(end)) => self.text.get(start..end).unwrap_or_default(),
            _ => "",
        }
    }

    /// The lines of a range; those past the end are empty.
    pub(crate) fn of(&self, lines: Range<usize>) -> impl Iterator<Item = &'text str> {
        let start = self.starts.of(self.text).start(self.text, lines.start);
        let mut rest = start.and_then(|start| self.text.get(start..));
        lines.map(move |_| {
            let text = rest.unwrap_or_default();
            let feed = memchr::memchr(b'\n', text.as_bytes());
            let end = feed.map_or(text.len(), |at| at + 1);
            let (line, after) = text.split_at_checked(end).unwrap_or_default();
            rest = Some(after);
            line
        })
    }

    /// The same as a list.
    pub(crate) fn slice(&self, lines: Range<usize>) -> Vec<&'text str> {
        self.of(lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::blocks::scan;

    /// The lines of a text that nobody scanned.
    fn of(text: &str) -> Lines<'_> {
        let starts = Arc::default();
        Lines { text, starts }
    }

    #[test]
    fn lines_are_those_of_the_text() {
        for count in [0, 1, 2, 30, 60, 100] {
            for end in ["", "\n", "x", "\r\n", "\n\n"] {
                let lines: Vec<String> = (0..count).map(|at| format!("é{at}\n")).collect();
                let text = lines.concat() + end;
                let wanted: Vec<&str> = text.split_inclusive('\n').collect();
                for lines in [scan(&text).lines, of(&text)] {
                    assert_eq!(lines.len(), wanted.len());
                    for from in 0..=wanted.len() {
                        for to in from..=wanted.len() {
                            assert_eq!(lines.slice(from..to), wanted[from..to]);
                            assert_eq!(lines.text_of(&(from..to)), wanted[from..to].concat());
                        }
                    }
                    let past = wanted.len() + 1;
                    assert_eq!(lines.text_of(&(0..past)), "");
                    assert_eq!(lines.slice(wanted.len()..past), [""]);
                    assert_eq!(lines.slice(past..past + 1), [""]);
                }
            }
        }
    }

    #[test]
    fn a_line_is_found_however_long_others_are() {
        let lengths: [&dyn Fn(usize) -> usize; 4] = [
            &|at| if at < 4_000 { 0 } else { 300 },
            &|at| if at < 1_000 { 700 } else { 1 },
            &|at| if at == 2_500 { 200_000 } else { 3 },
            &|at| at % 7,
        ];
        for length in lengths {
            let lines = (0..5_000).map(|at| format!("{}\n", "x".repeat(length(at))));
            let text: String = lines.collect();
            let found = of(&text);
            for (at, line) in text.split_inclusive('\n').enumerate() {
                assert_eq!(found.text_of(&(at..at + 1)), line);
            }
            assert_eq!(found.len(), 5_000);
        }
    }
}
