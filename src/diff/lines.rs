//! The lines of two texts: which belong together, and the hunks that differ. Refuses nothing.

pub(crate) mod align;
pub(crate) mod emphasis;
pub(crate) mod hunks;

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
    /// Whether some of them end in `\n`, and some in `\r\n`.
    pub(crate) ends: (bool, bool),
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
    /// Whether a run begins with it: lines in both, or lines of one text with those of the other
    /// that replace them.
    begins: bool,
    /// How long its line end is: whoever shows lines in turn has not to look at each text before.
    ending: u8,
}

impl<'text> DiffLine<'text> {
    fn new(kind: LineKind, text: &'text str) -> Self {
        let ending = match text.as_bytes() {
            [.., b'\r', b'\n'] => 2,
            [.., b'\n'] => 1,
            _ => 0,
        };
        Self {
            kind,
            text,
            begins: false,
            ending,
        }
    }

    /// The line without its line end.
    pub fn content(&self) -> &'text str {
        self.halves().0
    }

    /// The line end: `\n`, `\r\n`, or nothing.
    pub fn ending(&self) -> &'text str {
        self.halves().1
    }

    fn halves(&self) -> (&'text str, &'text str) {
        let end = self.text.len() - usize::from(self.ending);
        self.text.split_at_checked(end).unwrap_or_default()
    }
}
