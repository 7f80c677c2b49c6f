//! Comparisons to text for a terminal.
//!
//! In: the comparisons of a run. Out: the verdict, and for each file that differs its summary, its
//! resources and a complete unified diff.
//!
//! The hard thing: line ends. They are shown (as `\r`) only where lines differ in them, since a
//! file that uses one kind throughout would else be full of them.

use std::io::{self, Write};

use crate::model::comparison::{
    Change, ChangeKind, Comparison, Hunk, Line, LineKind, SectionChange,
};

use super::Parts;
use super::escape::{count, thousands, visible};
use super::fold::{Fold, fold, listed, rows};
use super::outline::{Row, outline};
use super::paint::{Paint, paint};
use super::verdict::verdict;

/// Writes `comparisons` as text, `coloured` or not.
///
/// # Errors
///
/// Those of `out`.
pub fn text(
    comparisons: &[Comparison<'_>],
    parts: Parts,
    coloured: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page { coloured, out };
    let verdict = page.paint(Paint::Title, &verdict(comparisons));
    writeln!(page.out, "{verdict}")?;
    for file in comparisons.iter().filter(|file| !file.is_same()) {
        if parts.has_resources() && file.has_meaning() {
            page.meaning(file)?;
        }
        if parts.has_text() && !file.hunks.is_empty() {
            writeln!(page.out)?;
            page.unified(file)?;
        }
    }
    Ok(())
}

struct Page<'out> {
    coloured: bool,
    out: &'out mut dyn Write,
}

fn paint_of(kind: ChangeKind) -> (Paint, char) {
    match kind {
        ChangeKind::Added => (Paint::Added, '+'),
        ChangeKind::Changed => (Paint::Changed, '~'),
        ChangeKind::Removed => (Paint::Removed, '-'),
    }
}

impl Page<'_> {
    fn paint(&self, what: Paint, text: &str) -> String {
        paint(self.coloured, what, text)
    }

    fn meaning(&mut self, file: &Comparison<'_>) -> io::Result<()> {
        let title = match &file.against {
            None => format!("{} (new file)", file.path),
            Some(against) if *against == file.path => file.path.clone(),
            Some(against) => format!("{} (against {against})", file.path),
        };
        let title = self.paint(Paint::Title, &visible(&title));
        writeln!(self.out, "\n{title}")?;
        if let Some(why) = &file.not_compared {
            writeln!(self.out, "\nresources not compared: {}", visible(why))?;
        }
        self.accounts(file)?;
        for change in fold(&file.resources) {
            self.resource(&change)?;
        }
        self.sections(&file.sections)
    }

    fn accounts(&mut self, file: &Comparison<'_>) -> io::Result<()> {
        let rows = rows(&file.accounts);
        if rows.is_empty() {
            return Ok(());
        }
        writeln!(
            self.out,
            "\n{:>9} {:>9} {:>9}  account",
            "added", "changed", "removed"
        )?;
        for row in rows {
            let [added, changed, removed] = row.counts.map(thousands);
            let mut names = listed(&row.accounts, |name| visible(name).into_owned());
            if row.accounts.len() > 1 {
                names = format!("each of {}: {names}", count(row.accounts.len(), "account"));
            }
            writeln!(self.out, "{added:>9} {changed:>9} {removed:>9}  {names}")?;
        }
        Ok(())
    }

    fn resource(&mut self, fold: &Fold<'_>) -> io::Result<()> {
        let change = &fold.change;
        let (what, mark) = paint_of(change.kind);
        let id = self.paint(what, &format!("{mark} {}", visible(&change.logical_id)));
        write!(self.out, "\n{id}")?;
        let facts = [Some(&change.resource_type), change.name.as_ref()];
        for fact in facts.into_iter().flatten().filter(|fact| !fact.is_empty()) {
            write!(self.out, "  {}", visible(fact))?;
        }
        writeln!(self.out)?;
        let accounts = listed(&fold.accounts, |name| visible(name).into_owned());
        match fold.accounts.len() {
            0 => {}
            1 => writeln!(self.out, "    in {accounts}")?,
            number => writeln!(self.out, "    in {}: {accounts}", count(number, "account"))?,
        }
        for row in outline(&change.details) {
            self.row(&row)?;
        }
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        let indent = "  ".repeat(row.depth + 2);
        let gap = if row.words.is_empty() || row.name.is_empty() {
            ""
        } else {
            " "
        };
        let label = format!("{}{gap}{}", row.words, visible(row.name));
        let line = match (row.change, row.kind) {
            (None, _) => label,
            (Some(Change::Items { added, removed }), _) => {
                writeln!(self.out, "{indent}{label}")?;
                return self.items(&indent, added, removed);
            }
            (Some(Change::Replaced { from, to }), _) => {
                let from = self.paint(Paint::Removed, &visible(from));
                format!(
                    "{label}: {from} -> {}",
                    self.paint(Paint::Added, &visible(to))
                )
            }
            (Some(Change::Reordered), _) => format!("{label}: in another order"),
            (Some(Change::Added(value)), _) => {
                self.whole(ChangeKind::Added, &label, value.as_ref())
            }
            (Some(Change::Removed(value)), _) => {
                self.whole(ChangeKind::Removed, &label, value.as_ref())
            }
        };
        writeln!(self.out, "{indent}{line}")
    }

    /// The line of a part that came or went as a whole.
    fn whole(&self, kind: ChangeKind, label: &str, value: Option<&String>) -> String {
        let (what, mark) = paint_of(kind);
        let value = value.map_or(String::new(), |value| format!(": {}", visible(value)));
        self.paint(what, &format!("{mark} {label}{value}"))
    }

    fn items(&mut self, indent: &str, added: &[String], removed: &[String]) -> io::Result<()> {
        let sides = [(ChangeKind::Added, added), (ChangeKind::Removed, removed)];
        for (kind, items) in sides {
            let (what, mark) = paint_of(kind);
            for item in items {
                let item = self.paint(what, &format!("{mark} {}", visible(item)));
                writeln!(self.out, "{indent}  {item}")?;
            }
        }
        Ok(())
    }

    fn sections(&mut self, sections: &[SectionChange]) -> io::Result<()> {
        for (at, section) in sections.iter().enumerate() {
            let (what, mark) = paint_of(section.kind);
            let line = format!("{mark} section {}", visible(&section.name));
            let gap = if at == 0 { "\n" } else { "" };
            writeln!(self.out, "{gap}{}", self.paint(what, &line))?;
        }
        Ok(())
    }

    fn unified(&mut self, file: &Comparison<'_>) -> io::Result<()> {
        let against = file.against.as_deref().unwrap_or("/dev/null");
        for (mark, path) in [("---", against), ("+++", file.path.as_str())] {
            let line = self.paint(Paint::Title, &format!("{mark} {}", visible(path)));
            writeln!(self.out, "{line}")?;
        }
        let shows_returns = has_both_line_ends(&file.hunks);
        for hunk in &file.hunks {
            let head = self.paint(Paint::Head, &head(hunk));
            writeln!(self.out, "{head}")?;
            for line in &hunk.lines {
                self.line(line, shows_returns)?;
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &Line<'_>, shows_returns: bool) -> io::Result<()> {
        let (mark, around, within) = match line.kind {
            LineKind::Context => (' ', Paint::Plain, Paint::Plain),
            LineKind::Removed => ('-', Paint::Removed, Paint::RemovedWithin),
            LineKind::Added => ('+', Paint::Added, Paint::AddedWithin),
        };
        if self.coloured && line.kind != LineKind::Context {
            write!(self.out, "{}", self.paint(around, &mark.to_string()))?;
            let content = line.content();
            let mut at = 0;
            for range in &line.emphasis {
                let (start, end) = (range.start.min(content.len()), range.end.min(content.len()));
                self.piece(around, content.get(at..start))?;
                self.piece(within, content.get(start..end))?;
                at = end;
            }
            self.piece(around, content.get(at..))?;
        } else {
            write!(self.out, "{mark}{}", visible(line.content()))?;
        }
        let end = if shows_returns {
            line.ending().trim_end_matches('\n')
        } else {
            ""
        };
        self.piece(within, Some(end))?;
        writeln!(self.out)?;
        if line.ending().is_empty() {
            writeln!(self.out, "{NO_LINE_END}")?;
        }
        Ok(())
    }

    fn piece(&mut self, what: Paint, text: Option<&str>) -> io::Result<()> {
        let text = visible(text.unwrap_or_default());
        write!(self.out, "{}", self.paint(what, &text))
    }
}

/// What a diff says of a last line without a line end.
pub(super) const NO_LINE_END: &str = "\\ No newline at end of file";

/// Whether some lines end in `\r\n` and others in `\n`.
pub(super) fn has_both_line_ends(hunks: &[Hunk<'_>]) -> bool {
    let lines = || hunks.iter().flat_map(|hunk| &hunk.lines);
    lines().any(|line| line.ending() == "\r\n") && lines().any(|line| line.ending() == "\n")
}

/// The head of a hunk.
pub(super) fn head(hunk: &Hunk<'_>) -> String {
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
