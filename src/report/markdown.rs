//! Comparisons to Markdown for a comment on a pull request.
//!
//! In: the comparisons of a run. Out: the verdict, a table by account for each file, then folds
//! with the resources and with the lines. It is never longer than [`MARKDOWN_LIMIT`]; what does not
//! fit is left out piece by piece, and counted.
//!
//! The hard thing is to cut without breaking: a piece (a table row, a resource, a line) is shown
//! whole or not at all, and room for what closes an open fold is kept all the time.

use std::fmt::Write as _;

use crate::diff::access::changes::{Certainty, Finding, PrincipalChange, Way};
use crate::diff::comparison::{Change, ChangeKind, Comparison, Hunk, Line, LineKind};

use crate::report::access;
use crate::report::comparison::Parts;
use crate::report::escape::{backticks, cell, code, count, html, sentence, thousands, visible};
use crate::report::fold::{Fold, fold, listed, rows};
use crate::report::outline::{Row, outline};
use crate::report::text::{NO_LINE_END, has_both_line_ends, head};
use crate::report::trust_picture::trust_picture;
use crate::report::verdict::verdict;

/// The most bytes (and so characters) of the Markdown: GitHub takes 65,536 characters.
pub const MARKDOWN_LIMIT: usize = 65_000;

/// The most arrows of the picture.
const ARROWS: usize = 30;
/// How long the page may be after the access, after its tables, and after its resources.
const ACCESS_LIMIT: usize = 30_000;
const TABLES_LIMIT: usize = 40_000;
const RESOURCES_LIMIT: usize = 55_000;
/// Room for what closes a fold, and for the sentence about what was left out.
const RESERVE: usize = 1_000;

/// `comparisons` as Markdown.
pub fn markdown(comparisons: &[Comparison<'_>], parts: Parts) -> String {
    let mut page = Page::default();
    let has_access = parts == Parts::Access || (parts.has_access() && access::is_told(comparisons));
    if has_access {
        page.access(comparisons);
    }
    if parts == Parts::Access {
        return page.finish();
    }
    if has_access {
        page.out.push('\n');
    }
    let _ = writeln!(page.out, "**deploy-roles: {}**", verdict(comparisons));
    let files: Vec<&Comparison<'_>> = comparisons.iter().filter(|file| !file.is_same()).collect();
    if parts.has_resources() {
        for file in files.iter().filter(|file| file.has_meaning()) {
            page.table(file);
        }
        for file in files.iter().filter(|file| file.has_meaning()) {
            page.resources(file);
        }
    }
    if parts.has_text() {
        for file in files.iter().filter(|file| !file.hunks.is_empty()) {
            page.lines(file);
        }
    }
    page.finish()
}

/// The page so far, and what did not fit.
#[derive(Default)]
struct Page {
    out: String,
    left_out: LeftOut,
}

/// What did not fit, by kind.
#[derive(Default)]
struct LeftOut {
    principals: usize,
    headings: usize,
    accounts: usize,
    resources: usize,
    sections: usize,
    hunks: usize,
    lines: usize,
}

impl Page {
    /// Appends `piece` if the page is then not longer than `limit`.
    fn push(&mut self, piece: &str, limit: usize) -> bool {
        let fits = self.out.len() + piece.len() + RESERVE <= limit;
        if fits {
            self.out.push_str(piece);
        }
        fits
    }

    /// Who gains and who loses access, by principal.
    fn access(&mut self, comparisons: &[Comparison<'_>]) {
        let verdict = access::access_verdict(comparisons);
        let _ = writeln!(self.out, "**deploy-roles: {verdict}**");
        if let Some((picture, more)) = trust_picture(access::accesses(comparisons), ARROWS) {
            let mut piece = format!("\n```mermaid\n{}```\n", picture.mermaid());
            if more > 0 {
                let _ = writeln!(piece, "\nand {} arrows more", thousands(more));
            }
            self.push(&piece, ACCESS_LIMIT);
        }
        for access in access::accesses(comparisons) {
            for change in &access.principals {
                let piece = principal(change, &access.source);
                if !self.push(&piece, ACCESS_LIMIT) {
                    self.left_out.principals += change.count();
                }
            }
            for undecided in &access.undecided {
                let why = sentence(&undecided.why);
                let piece = format!("\n**?** {}: {why}\n", code(&undecided.what));
                if !self.push(&piece, ACCESS_LIMIT) {
                    self.left_out.principals += 1;
                }
            }
        }
    }

    fn table(&mut self, file: &Comparison<'_>) {
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

    fn resources(&mut self, file: &Comparison<'_>) {
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

    fn lines(&mut self, file: &Comparison<'_>) {
        let hunks = &file.hunks;
        let summary = format!(
            "\n<details><summary>Lines of {}: {} added, {} removed in {}</summary>\n\n",
            html(&file.path),
            thousands(number(hunks, LineKind::Added)),
            thousands(number(hunks, LineKind::Removed)),
            count(hunks.len(), "hunk"),
        );
        let room = MARKDOWN_LIMIT.saturating_sub(self.out.len() + summary.len() + RESERVE);
        let diff = Diff::cut(hunks, room);
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

    fn finish(mut self) -> String {
        let parts = [
            (
                self.left_out.principals,
                "principal whose access differs",
                "principals whose access differs",
            ),
            (
                self.left_out.headings,
                "heading of a file",
                "headings of files",
            ),
            (
                self.left_out.accounts,
                "account of the tables",
                "accounts of the tables",
            ),
            (self.left_out.resources, "resource", "resources"),
            (self.left_out.sections, "section", "sections"),
            (self.left_out.hunks, "whole hunk", "whole hunks"),
            (self.left_out.lines, "line", "lines"),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(number, ..)| *number > 0)
            .map(|(number, one, many)| {
                format!(
                    "{} {}",
                    thousands(number),
                    if number == 1 { one } else { many }
                )
            })
            .collect();
        if !parts.is_empty() {
            let _ = write!(
                self.out,
                "\nLeft out, because a comment has no more room: {}. `deploy-roles diff` shows everything.\n",
                parts.join(", ")
            );
        }
        self.out
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

fn number(hunks: &[Hunk<'_>], kind: LineKind) -> usize {
    let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
    lines.filter(|line| line.kind == kind).count()
}

/// A principal with what it gains and loses.
fn principal(change: &PrincipalChange, source: &str) -> String {
    let mut out = format!("\n{} {}", change.kind.word(), code(&change.name));
    if let Some(fate) = access::fate(change.fate) {
        let _ = write!(out, " ({fate})");
    }
    if let Some(line) = change.line {
        let stage = access::stage(change).map_or(String::new(), |stage| code(&stage) + " ");
        let place = format!("{source}:{line}");
        let _ = write!(out, ", {stage}at {}", code(&place));
    }
    let accounts: Vec<&str> = change.accounts.iter().map(String::as_str).collect();
    let named = listed(&accounts, code);
    let _ = match accounts.len() {
        0 => Ok(()),
        1 => write!(out, ", in {named}"),
        number => write!(out, ", in {}: {named}", count(number, "account")),
    };
    out.push('\n');
    for (word, findings) in [("gains", &change.gains), ("loses", &change.loses)] {
        let (told, sum) = access::told(change, findings);
        for found in told {
            finding(word, found, &mut out);
        }
        if let Some(sum) = sum {
            let _ = writeln!(out, "- **{word}** {sum}");
        }
    }
    out
}

fn finding(word: &str, finding: &Finding, out: &mut String) {
    let codes = |(items, more): (Vec<String>, Option<String>)| {
        let mut items: Vec<String> = items.iter().map(|item| code(item)).collect();
        items.extend(more);
        items.join(", ")
    };
    let on = match finding.way {
        Way::Assume => "by",
        Way::Do => "on",
    };
    let actions = codes(access::actions(&finding.actions));
    let _ = write!(out, "- **{word}** {}: {actions}", access::head(finding));
    if !finding.resources.is_empty() {
        let _ = write!(out, " {on} {}", codes(access::resources(finding)));
    }
    for condition in &finding.conditions {
        let _ = write!(out, ", if {}", code(condition));
    }
    out.push('\n');
    let (statement, policy) = access::statement(finding);
    if !statement.is_empty() {
        let (statement, policy) = (code(&statement), code(&policy));
        let _ = writeln!(out, "  - statement {statement} of {policy}");
    }
    if let Certainty::Maybe(why) = &finding.certainty {
        let _ = writeln!(out, "  - maybe: {}", sentence(why));
    }
    if let Some((action, target, context)) = access::witness(finding) {
        let verb = access::verb(finding, word != "loses");
        let (action, target) = (code(&action), code(&target));
        let _ = write!(out, "  - {verb}: {action} {on} {target}");
        let context: Vec<String> = context.iter().map(|item| code(item)).collect();
        if !context.is_empty() {
            let _ = write!(out, " with {}", context.join(", "));
        }
        out.push_str(access::unspelled(finding));
        out.push('\n');
    }
}

/// A resource as a list item with its details as nested ones.
fn resource(fold: &Fold<'_>) -> String {
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

fn detail(row: &Row<'_>, out: &mut String) {
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

/// As much of a unified diff as there is room for.
#[derive(Default)]
struct Diff {
    text: String,
    /// Hunks of which nothing is shown.
    hunks_left_out: usize,
    /// Lines that are not shown, in these hunks and at the end of the last one shown.
    lines_left_out: usize,
}

impl Diff {
    /// The lines of `hunks` up to `room` bytes, fences included.
    fn cut(hunks: &[Hunk<'_>], room: usize) -> Self {
        let shows_returns = has_both_line_ends(hunks);
        let mut diff = Diff::default();
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

fn diff_line(line: &Line<'_>, shows_returns: bool) -> String {
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
