//! The lines that differ as HTML, side by side. Refuses nothing.

use std::io::{self, Write};

use crate::diff::Comparison;
use crate::diff::lines::{DiffLine, Hunk, LineKind};

use crate::report::count::count;
use crate::report::escape::markup;
use crate::report::hunk::head;

/// The most lines of one file that are shown side by side.
const LINES: usize = 20_000;

/// The lines of a file, the previous ones on the left and the new ones on the right.
pub(super) fn sides(file: &Comparison<'_>, out: &mut dyn Write) -> io::Result<()> {
    let number: usize = file.hunks.iter().map(|hunk| hunk.lines.len()).sum();
    let path = markup(&file.path);
    writeln!(
        out,
        "<details><summary><code>{path}</code>: {} in {}</summary>\n<table class=\"sides\">\n<colgroup><col style=\"width:4rem\"><col><col style=\"width:4rem\"><col></colgroup>",
        count(number, "line"),
        count(file.hunks.len(), "hunk")
    )?;
    let mut left = LINES;
    for hunk in &file.hunks {
        if left == 0 {
            break;
        }
        left = lines(hunk, left, out)?;
    }
    writeln!(out, "</table>")?;
    if number > LINES {
        let more = count(number - LINES, "line");
        writeln!(
            out,
            "<p>and {more} more: `deploy-roles diff` shows everything</p>"
        )?;
    }
    writeln!(out, "</details>")
}

/// Writes a hunk, `left` lines at most; returns how many are left.
fn lines(hunk: &Hunk<'_>, left: usize, out: &mut dyn Write) -> io::Result<usize> {
    writeln!(
        out,
        "<tr class=\"hunk\"><td colspan=\"4\" class=\"text\">{}",
        markup(&head(hunk))
    )?;
    let (mut old, mut new) = (hunk.old_start, hunk.new_start);
    let mut lines = hunk.lines.iter().take(left).peekable();
    while let Some(line) = lines.peek() {
        if line.kind == LineKind::Context {
            let text = markup(line.content());
            writeln!(
                out,
                "<tr><td class=\"number\">{old}<td class=\"text\">{text}<td class=\"number\">{new}<td class=\"text\">{text}"
            )?;
            (old, new) = (old + 1, new + 1);
            lines.next();
            continue;
        }
        let mut run = |kind| -> Vec<&DiffLine<'_>> {
            std::iter::from_fn(|| lines.next_if(|line| line.kind == kind)).collect()
        };
        let (removed, added) = (run(LineKind::Removed), run(LineKind::Added));
        for at in 0..removed.len().max(added.len()) {
            write!(out, "<tr>")?;
            cell("removed", removed.get(at), &mut old, out)?;
            cell("added", added.get(at), &mut new, out)?;
            writeln!(out)?;
        }
    }
    Ok(left.saturating_sub(hunk.lines.len()))
}

fn cell(
    class: &str,
    line: Option<&&DiffLine<'_>>,
    number: &mut usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(line) = line else {
        return write!(out, "<td class=\"number\"><td class=\"text\">");
    };
    let text = markup(line.content());
    write!(
        out,
        "<td class=\"number\">{number}<td class=\"text {class}\">{text}"
    )?;
    *number += 1;
    Ok(())
}
