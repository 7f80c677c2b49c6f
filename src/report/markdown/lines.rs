//! The lines that differ, as Markdown. Refuses nothing.

use std::fmt::Write as _;

use crate::diff::Comparison;
use crate::diff::lines::{DiffLine, Hunk, LineKind};

use crate::report::count::{count, thousands};
use crate::report::escape::{backticks, html, visible};
use crate::report::hunk::{NO_LINE_END, has_both_line_ends, head};
use crate::report::markdown::{MARKDOWN_LIMIT, MarkdownPage, RESERVE};

impl MarkdownPage {
    pub(super) fn lines(&mut self, file: &Comparison<'_>) {
        let hunks = &file.hunks;
        let summary = format!(
            "\n<details><summary>Lines of {}: {} added, {} removed in {}</summary>\n\n",
            html(&file.path),
            thousands(number(hunks, LineKind::Added)),
            thousands(number(hunks, LineKind::Removed)),
            count(hunks.len(), "hunk"),
        );
        let room = MARKDOWN_LIMIT.saturating_sub(self.out.len() + summary.len() + RESERVE);
        let diff = CutDiff::cut(hunks, room);
        if !diff.text.is_empty() {
            let fence = "`".repeat(backticks(&diff.text).max(2) + 1);
            self.out += &summary;
            let _ = write!(
                self.out,
                "{fence}diff\n{}{fence}\n\n</details>\n",
                diff.text
            );
        }
        self.left_out.hunks += diff.hunks_left_out;
        self.left_out.lines += diff.lines_left_out;
    }
}

fn number(hunks: &[Hunk<'_>], kind: LineKind) -> usize {
    let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
    lines.filter(|line| line.kind == kind).count()
}

/// As much of a unified diff as there is room for.
#[derive(Default)]
struct CutDiff {
    text: String,
    /// Hunks of which nothing is shown.
    hunks_left_out: usize,
    /// Lines that are not shown, in these hunks and at the end of the last one shown.
    lines_left_out: usize,
}

impl CutDiff {
    /// The lines of `hunks` up to `room` bytes, fences included.
    fn cut(hunks: &[Hunk<'_>], room: usize) -> Self {
        let shows_returns = has_both_line_ends(hunks);
        let mut diff = CutDiff::default();
        let mut ticks = 2;
        let mut is_full = false;
        for hunk in hunks {
            let mut shown = 0;
            let mut lines = hunk.lines.iter();
            while let (false, Some(line)) = (is_full, lines.next()) {
                let head = if shown == 0 {
                    head(hunk) + "\n"
                } else {
                    String::new()
                };
                let piece = head + &diff_line(line, shows_returns);
                let most = backticks(&piece).max(ticks);
                // Both fences are longer than any run of backticks between them.
                is_full = diff.text.len() + piece.len() + 2 * (most + 1) > room;
                if !is_full {
                    ticks = most;
                    diff.text += &piece;
                    shown += 1;
                }
            }
            diff.hunks_left_out += usize::from(shown == 0);
            diff.lines_left_out += hunk.lines.len() - shown;
        }
        diff
    }
}

fn diff_line(line: &DiffLine<'_>, shows_returns: bool) -> String {
    let mark = match line.kind {
        LineKind::Context => ' ',
        LineKind::Removed => '-',
        LineKind::Added => '+',
    };
    let end = if shows_returns {
        line.ending().trim_end_matches('\n')
    } else {
        ""
    };
    let mut out = format!("{mark}{}{}\n", visible(line.content()), visible(end));
    if line.ending().is_empty() {
        let _ = writeln!(out, "{NO_LINE_END}");
    }
    out
}
