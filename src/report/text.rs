//! Comparisons to text for a terminal.
//!
//! In: the comparisons of a run. Out: the verdict, and for each file that differs its summary, its
//! resources and a complete unified diff.
//!
//! The hard thing: line ends. They are shown (as `\r`) only where lines differ in them, since a
//! file that uses one kind throughout would else be full of them.

use std::io::{self, Write};

use crate::diff::access::changes::{Access, Certainty, Finding, PrincipalChange, Way};
use crate::diff::comparison::{
    Change, ChangeKind, Comparison, Hunk, Line, LineKind, SectionChange,
};

use crate::report::access;
use crate::report::comparison::Parts;
use crate::report::escape::{count, thousands, visible};
use crate::report::fold::{Fold, fold, listed, rows};
use crate::report::outline::{Row, outline};
use crate::report::paint::{Paint, paint};
use crate::report::verdict::verdict;

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
    let has_access = parts == Parts::Access || (parts.has_access() && access::is_told(comparisons));
    if has_access {
        page.access(comparisons)?;
    }
    if parts == Parts::Access {
        return Ok(());
    }
    if has_access {
        writeln!(page.out)?;
    }
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

    fn access(&mut self, comparisons: &[Comparison<'_>]) -> io::Result<()> {
        let verdict = self.paint(Paint::Title, &access::access_verdict(comparisons));
        writeln!(self.out, "{verdict}")?;
        for access in access::accesses(comparisons) {
            for change in &access.principals {
                self.principal(change, access)?;
            }
            for undecided in &access.undecided {
                let what = self.paint(Paint::Changed, &format!("? {}", visible(&undecided.what)));
                writeln!(self.out, "\n{what}\n    {}", visible(&undecided.why))?;
            }
        }
        Ok(())
    }

    fn principal(&mut self, change: &PrincipalChange, access: &Access) -> io::Result<()> {
        let kind = change.kind.word();
        let name = self.paint(Paint::Title, &format!("{kind} {}", visible(&change.name)));
        write!(self.out, "\n{name}")?;
        if let Some(fate) = access::fate(change.fate) {
            write!(self.out, " ({fate})")?;
        }
        if let Some(line) = change.line {
            let stage = access::stage(change).map_or(String::new(), |stage| format!("{stage} "));
            let source = visible(&access.source);
            write!(self.out, "  {}({source}:{line})", visible(&stage))?;
        }
        writeln!(self.out)?;
        let accounts: Vec<&str> = change.accounts.iter().map(String::as_str).collect();
        let named = listed(&accounts, |name| visible(name).into_owned());
        match accounts.len() {
            0 => {}
            1 => writeln!(self.out, "    in {named}")?,
            number => writeln!(self.out, "    in {}: {named}", count(number, "account"))?,
        }
        let sides = [
            (ChangeKind::Added, &change.gains),
            (ChangeKind::Removed, &change.loses),
        ];
        for (kind, findings) in sides {
            let (told, sum) = access::told(change, findings);
            for finding in told {
                self.finding(kind, finding)?;
            }
            if let Some(sum) = sum {
                let (what, mark) = paint_of(kind);
                let sum = self.paint(what, &format!("{mark} {sum}"));
                writeln!(self.out, "  {sum}")?;
            }
        }
        Ok(())
    }

    fn finding(&mut self, kind: ChangeKind, finding: &Finding) -> io::Result<()> {
        let (what, mark) = paint_of(kind);
        let joined = |(mut items, more): (Vec<String>, Option<String>)| {
            items.extend(more);
            items.join(", ")
        };
        let actions = joined(access::actions(&finding.actions));
        let line = format!("{mark} {}: {}", access::head(finding), visible(&actions));
        let line = self.paint(what, &line);
        writeln!(self.out, "  {line}")?;
        let on = match finding.way {
            Way::Assume => "by",
            Way::Do => "on",
        };
        let (resources, more) = access::resources(finding);
        for resource in resources.iter().chain(&more) {
            writeln!(self.out, "      {on} {}", visible(resource))?;
        }
        for condition in &finding.conditions {
            writeln!(self.out, "      if {}", visible(condition))?;
        }
        let (statement, policy) = access::statement(finding);
        if !statement.is_empty() {
            let policy = visible(&policy).into_owned();
            writeln!(
                self.out,
                "      statement {} of {policy}",
                visible(&statement)
            )?;
        }
        if let Certainty::Maybe(why) = &finding.certainty {
            writeln!(self.out, "      maybe: {}", visible(why))?;
        }
        if let Some((action, target, context)) = access::witness(finding) {
            let verb = access::verb(finding, kind != ChangeKind::Removed);
            let from = match finding.way {
                Way::Assume => "by",
                Way::Do => "on",
            };
            let mut line = format!("{verb}: {action} {from} {target}");
            if !context.is_empty() {
                line = format!("{line} with {}", context.join(", "));
            }
            line += access::unspelled(finding);
            writeln!(self.out, "      {}", visible(&line))?;
        }
        Ok(())
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
