//! What every format shows of a hunk. Refuses nothing.

use crate::diff::lines::Hunk;

use crate::report::escape::visible;

/// What a diff shows for a last line without a line end.
pub(crate) const NO_LINE_END: &str = "\\ No newline at end of file";

/// Whether some lines end in `\r\n` and others in `\n`.
pub(crate) fn has_both_line_ends(hunks: &[Hunk<'_>]) -> bool {
    let lines = || hunks.iter().flat_map(|hunk| &hunk.lines);
    lines().any(|line| line.ending() == "\r\n") && lines().any(|line| line.ending() == "\n")
}

/// The head of a hunk.
pub(crate) fn head(hunk: &Hunk<'_>) -> String {
    let range = |start: usize, lines: usize| match lines {
        1 => start.to_string(),
        _ => format!("{start},{lines}"),
    };
    let old = range(hunk.old_start, hunk.old_lines);
    let new = range(hunk.new_start, hunk.new_lines);
    let heading = hunk
        .heading
        .map_or(String::new(), |key| format!(" {}", visible(key)));
    format!("@@ -{old} +{new} @@{heading}")
}
