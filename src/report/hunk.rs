//! What every format shows of a hunk. Refuses nothing.

use std::fmt;

use crate::diff::lines::Hunk;

use crate::report::escape::visible;

/// What a diff shows for a last line without a line end.
pub(crate) const NO_LINE_END: &str = "\\ No newline at end of file";

/// Whether some lines end in `\r\n` and others in `\n`.
pub(crate) fn has_both_line_ends(hunks: &[Hunk<'_>]) -> bool {
    hunks.iter().any(|hunk| hunk.ends.0) && hunks.iter().any(|hunk| hunk.ends.1)
}

/// The head of a hunk.
pub(crate) fn head(hunk: &Hunk<'_>) -> String {
    let old = LineRange(hunk.old_start, hunk.old_lines);
    let new = LineRange(hunk.new_start, hunk.new_lines);
    let mut head = format!("@@ -{old} +{new} @@");
    if let Some(key) = hunk.heading {
        head.push(' ');
        head.push_str(&visible(key));
    }
    head
}

/// Where the lines of one text begin, and how many there are.
struct LineRange(usize, usize);

impl fmt::Display for LineRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(start, 1) => write!(f, "{start}"),
            Self(start, lines) => write!(f, "{start},{lines}"),
        }
    }
}
