//! A text without its blanks and line ends, which still knows where they were.
//!
//! Programs break messages into lines at blanks, after hyphens, and inside words. Phrases are
//! therefore looked for without any blanks; only the end of a name needs them.
//!
//! In: lines. Out: [`SquashedText`]. Refuses nothing.

use memchr::memmem;

/// What was between a character and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Nothing.
    None,
    /// The end of a line of a table's cell, which may be inside a word.
    Cell,
    /// Blanks.
    Blank,
    /// The end of a line. It is inside a word only if a program cut the line.
    Line,
}

/// A text without blanks. Positions are those of its bytes.
#[derive(Debug, Default)]
pub(super) struct SquashedText {
    text: String,
    gaps: Vec<Gap>,
}

impl SquashedText {
    /// Adds a piece of text after a gap. Runs of blanks are a gap of their own.
    pub(super) fn push(&mut self, gap: Gap, piece: &str) {
        let mut gap = gap;
        for c in piece.chars() {
            if c.is_whitespace() || c == '\u{feff}' {
                gap = gap.max(if c == '\n' || c == '\r' {
                    Gap::Line
                } else {
                    Gap::Blank
                });
                continue;
            }
            self.text.push(c);
            self.gaps.push(gap);
            self.gaps.resize(self.text.len(), Gap::None);
            gap = Gap::None;
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// The text from `from` to `to`; nothing if one is inside a character.
    pub(super) fn slice(&self, from: usize, to: usize) -> &str {
        self.text
            .get(from..to.min(self.text.len()))
            .unwrap_or_default()
    }

    /// The text from `from`, at most `most` bytes.
    pub(super) fn after(&self, from: usize, most: usize) -> &str {
        let mut to = from.saturating_add(most).min(self.text.len());
        while !self.text.is_char_boundary(to) {
            to -= 1;
        }
        self.text.get(from..to).unwrap_or_default()
    }

    /// The text before `to`, at most `most` bytes.
    pub(super) fn before(&self, to: usize, most: usize) -> &str {
        let mut from = to.saturating_sub(most);
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        self.text.get(from..to).unwrap_or_default()
    }

    /// Whether the text goes on with `phrase` at `at`.
    pub(super) fn has(&self, at: usize, phrase: &str) -> bool {
        self.text
            .get(at..)
            .is_some_and(|rest| rest.starts_with(phrase))
    }

    /// The character at `at`.
    pub(super) fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..).and_then(|rest| rest.chars().next())
    }

    /// What was between the character at `at` and the one before it. The text begins and ends with
    /// the end of a line.
    pub(super) fn gap(&self, at: usize) -> Gap {
        if at == 0 {
            return Gap::Line;
        }
        self.gaps.get(at).copied().unwrap_or(Gap::Line)
    }

    /// Where `phrase` is, in order.
    pub(super) fn find_all(&self, phrase: &str) -> impl Iterator<Item = usize> {
        let finder = memmem::Finder::new(phrase).into_owned();
        let mut from = 0;
        std::iter::from_fn(move || {
            let at = finder.find(self.text.as_bytes().get(from..)?)? + from;
            from = at + 1;
            Some(at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Gap as G;

    #[test]
    fn gaps_are_where_blanks_were() {
        let mut text = SquashedText::default();
        text.push(Gap::Line, "is \u{a0}not\n  ok");
        text.push(Gap::Cell, "ay");
        assert_eq!(text.after(0, 99), "isnotokay");
        let gaps: Vec<Gap> = (0..10).map(|at| text.gap(at)).collect();
        assert_eq!(
            gaps,
            [
                G::Line,
                G::None,
                G::Blank,
                G::None,
                G::None,
                G::Line,
                G::None,
                G::Cell,
                G::None,
                G::Line
            ]
        );
        assert_eq!(text.find_all("o").collect::<Vec<_>>(), [3, 5]);
        assert_eq!((text.before(5, 3), text.before(1, 9)), ("not", "i"));
    }
}
