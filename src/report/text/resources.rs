//! The summary by account and the resources, as text. Refuses nothing.

use std::io;

use crate::diff::Comparison;
use crate::diff::resources::{Change, ChangeKind, SectionChange};

use crate::report::count::{count, thousands};
use crate::report::escape::visible;
use crate::report::fold::{ResourceFold, fold, listed, rows};
use crate::report::outline::{OutlineRow, outline};
use crate::report::paint::Paint;
use crate::report::text::{TextPage, paint_of};

impl TextPage<'_> {
    pub(super) fn meaning(&mut self, file: &Comparison<'_>) -> io::Result<()> {
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

    fn resource(&mut self, fold: &ResourceFold<'_>) -> io::Result<()> {
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

    fn row(&mut self, row: &OutlineRow<'_>) -> io::Result<()> {
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

    /// The line of a part that was added or removed as a whole.
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
}
