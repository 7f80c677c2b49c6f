//! The summary by account and the resources, as Markdown. Refuses nothing.

use std::fmt::Write as _;

use crate::diff::Comparison;
use crate::diff::resources::{Change, ChangeKind};

use crate::report::count::{count, thousands};
use crate::report::escape::{cell, code, html};
use crate::report::fold::{ResourceFold, fold, listed, rows};
use crate::report::markdown::MarkdownPage;
use crate::report::outline::{OutlineRow, outline};

/// How long the page may be after its tables, and after its resources.
const TABLES_LIMIT: usize = 40_000;
const RESOURCES_LIMIT: usize = 55_000;

impl MarkdownPage {
    pub(super) fn table(&mut self, file: &Comparison<'_>) {
        let mut piece = format!("\n{}\n", title(file));
        if let Some(why) = &file.not_compared {
            let _ = write!(piece, "\nResources not compared: {}\n", code(why));
        }
        let rows = rows(&file.accounts);
        if !rows.is_empty() {
            piece += "\n| account | added | changed | removed |\n|---|--:|--:|--:|\n";
        }
        let mut fits = self.push(&piece, TABLES_LIMIT);
        self.left_out.headings += usize::from(!fits);
        for row in rows {
            let [added, changed, removed] = row.counts.map(thousands);
            let mut names = listed(&row.accounts, cell);
            if row.accounts.len() > 1 {
                names = format!("each of {}: {names}", count(row.accounts.len(), "account"));
            }
            fits = fits
                && self.push(
                    &format!("| {names} | {added} | {changed} | {removed} |\n"),
                    TABLES_LIMIT,
                );
            if !fits {
                self.left_out.accounts += row.accounts.len();
            }
        }
    }

    pub(super) fn resources(&mut self, file: &Comparison<'_>) {
        let folds = fold(&file.resources);
        let title = html(&file.path);
        let counts = count(file.resources.len(), "resource");
        let open = format!("\n<details><summary>{counts} of {title}</summary>\n\n");
        if folds.is_empty() && file.sections.is_empty() {
            return;
        }
        let is_open = self.push(&open, RESOURCES_LIMIT);
        for fold in &folds {
            if !(is_open && self.push(&resource(fold), RESOURCES_LIMIT)) {
                self.left_out.resources += fold.count;
            }
        }
        for section in &file.sections {
            let line = format!(
                "- section {} **{}**\n",
                code(&section.name),
                word(section.kind)
            );
            if !(is_open && self.push(&line, RESOURCES_LIMIT)) {
                self.left_out.sections += 1;
            }
        }
        if is_open {
            self.out.push_str("\n</details>\n");
        }
    }
}

fn title(file: &Comparison<'_>) -> String {
    match &file.against {
        None => format!("{} (new file)", code(&file.path)),
        Some(against) if *against == file.path => code(&file.path),
        Some(against) => format!("{} against {}", code(&file.path), code(against)),
    }
}

fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    }
}

/// A resource as a list item with its details as nested ones.
fn resource(fold: &ResourceFold<'_>) -> String {
    let change = &fold.change;
    let mut out = format!("- {} **{}**", code(&change.logical_id), word(change.kind));
    let facts: Vec<String> = [Some(&change.resource_type), change.name.as_ref()]
        .into_iter()
        .flatten()
        .filter(|fact| !fact.is_empty())
        .map(|fact| code(fact))
        .collect();
    if !facts.is_empty() {
        let _ = write!(out, " ({})", facts.join(", "));
    }
    let accounts = listed(&fold.accounts, code);
    match fold.accounts.len() {
        0 => {}
        1 => {
            let _ = write!(out, " in {accounts}");
        }
        number => {
            let _ = write!(out, " in {}: {accounts}", count(number, "account"));
        }
    }
    out.push('\n');
    for row in outline(&change.details) {
        detail(&row, &mut out);
    }
    out
}

fn detail(row: &OutlineRow<'_>, out: &mut String) {
    let indent = "  ".repeat(row.depth + 1);
    let name = if row.name.is_empty() {
        String::new()
    } else {
        code(row.name)
    };
    let gap = if row.words.is_empty() || name.is_empty() {
        ""
    } else {
        " "
    };
    let _ = write!(out, "{indent}- {}{gap}{name}", row.words);
    let values = |items: &[String]| {
        items
            .iter()
            .map(|item| code(item))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let whole = |value: &Option<String>| {
        value
            .as_ref()
            .map_or(String::new(), |value| format!(" {}", code(value)))
    };
    let _ = match row.change {
        None => Ok(()),
        Some(Change::Added(value)) => write!(out, " **added**{}", whole(value)),
        Some(Change::Removed(value)) => write!(out, " **removed**{}", whole(value)),
        Some(Change::Replaced { from, to }) => write!(out, ": {} → {}", code(from), code(to)),
        Some(Change::Reordered) => write!(out, ": in another order"),
        Some(Change::Items { added, removed }) => {
            let sides = [(" added", added), (" removed", removed)];
            let sides = sides.into_iter().filter(|(_, items)| !items.is_empty());
            let sides: Vec<String> = sides
                .map(|(word, items)| format!("{word} {}", values(items)))
                .collect();
            write!(out, ":{}", sides.join(";"))
        }
    };
    out.push('\n');
}
