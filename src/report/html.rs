//! Comparisons to one page of HTML.
//!
//! In: the comparisons of a run, and the plans of each. Out: a page that needs nothing else: the
//! verdict, pictures of the trust that changed and of who can become whom, a table of the access
//! gained and lost that can be filtered, and the lines that differ, side by side. Of very long
//! differences the beginning is shown, and the rest counted.
//!
//! The hard thing: what is shown comes from files that somebody else may have written. All of it
//! is escaped, and the page's own policy lets nothing be loaded.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::diff::access::changes::{Access, Certainty, Finding, PrincipalChange, Way};
use crate::diff::comparison::{Comparison, Hunk, Line, LineKind};
use crate::expand::model::plan::MacroPlan;
use crate::report::graph::Graph;

use crate::report::access::{
    access_verdict, accesses, fate, head, level, stage, unspelled, witness,
};
use crate::report::comparison::Parts;
use crate::report::escape::{count, markup, thousands};
use crate::report::text::head as hunk_head;
use crate::report::trust_picture::trust_picture;
use crate::report::verdict::verdict;

/// The most lines of one file that are shown side by side.
const LINES: usize = 20_000;
/// The most actions of one finding that are listed.
const ACTIONS: usize = 200;

/// The most arrows of the picture of trust that changed, and the most macros of the other one.
const ARROWS: usize = 100;
const MACROS: usize = 30;

/// Writes `comparisons` as one page, without the lines where `parts` has them not; `plans` has the
/// macros of each of them.
///
/// # Errors
///
/// Those of `out`.
pub fn html(
    comparisons: &[Comparison<'_>],
    plans: &[Vec<&MacroPlan>],
    parts: Parts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let access = access_verdict(comparisons);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>{}</title>\n<style>\n{}</style>",
        markup(&access),
        include_str!("html/page.css"),
    )?;
    writeln!(out, "<h1 id=\"verdict\">{}</h1>", markup(&access))?;
    writeln!(
        out,
        "<p class=\"soft\">{}</p>",
        markup(&verdict(comparisons))
    )?;
    for file in comparisons.iter().filter(|file| !file.is_same()) {
        let against = match &file.against {
            None => "a new file".to_owned(),
            Some(against) if *against == file.path => "against the file as it is".to_owned(),
            Some(against) => format!("against {against}"),
        };
        let (path, against) = (markup(&file.path), markup(&against));
        writeln!(out, "<p class=\"soft\"><code>{path}</code>, {against}</p>")?;
    }
    pictures(comparisons, plans, out)?;
    table(comparisons, out)?;
    let has_text = |file: &&Comparison<'_>| parts.has_text() && !file.hunks.is_empty();
    for file in comparisons.iter().filter(has_text) {
        sides(file, out)?;
    }
    writeln!(out, "<script>\n{}</script>", include_str!("html/page.js"))
}

/// The trust that changed; and of the macros in which access differs, who can become whom.
fn pictures(
    comparisons: &[Comparison<'_>],
    plans: &[Vec<&MacroPlan>],
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some((picture, more)) = trust_picture(accesses(comparisons), ARROWS) {
        let title = "Trust that changed";
        writeln!(
            out,
            "<details open id=\"trust\"><summary>{title}</summary>\n<div>\n{}</div>",
            picture.svg(title)
        )?;
        if more > 0 {
            writeln!(out, "<p>and {}: see the table</p>", count(more, "arrow"))?;
        }
        writeln!(out, "</details>")?;
    }
    let mut graph = Graph::default();
    let mut number = 0;
    for (comparison, plans) in comparisons.iter().zip(plans) {
        for plan in plans {
            let access = comparison.access.as_ref();
            if access.is_none_or(|access| access.of_macro(&plan.name).next().is_none()) {
                continue;
            }
            number += 1;
            if number <= MACROS {
                graph.add(plan, access);
            }
        }
    }
    if number == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "<details open id=\"roles\"><summary>Who can become whom, after this change</summary>\n<div>\n{}</div>",
        graph.svg()
    )?;
    if number > MACROS {
        let more = count(number - MACROS, "macro");
        writeln!(out, "<p>and {more}: `deploy-roles graph` shows all</p>")?;
    }
    writeln!(out, "</details>")
}

fn table(comparisons: &[Comparison<'_>], out: &mut dyn Write) -> io::Result<()> {
    let changes = || accesses(comparisons).flat_map(|access| &access.principals);
    let undecided = || accesses(comparisons).flat_map(|access| &access.undecided);
    if changes().next().is_none() && undecided().next().is_none() {
        return Ok(());
    }
    let stages: BTreeSet<String> = changes().filter_map(stage).collect();
    let findings = || changes().flat_map(|change| change.gains.iter().chain(&change.loses));
    let levels: BTreeSet<_> = findings().map(|finding| finding.level).collect();
    writeln!(
        out,
        "<form>\n<input type=\"search\" name=\"words\" placeholder=\"Filter: role, action, account\" aria-label=\"Filter\">"
    )?;
    let changes = [("gain", "gained"), ("lose", "lost")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    choice("change", "gained and lost", &changes, out)?;
    let levels: Vec<_> = levels
        .into_iter()
        .map(|of| (level(of).to_owned(), level(of).to_owned()))
        .collect();
    choice("level", "all levels", &levels, out)?;
    let stages: Vec<_> = stages.into_iter().map(|of| (of.clone(), of)).collect();
    choice("stage", "all stages", &stages, out)?;
    writeln!(
        out,
        "<output id=\"shown\"></output>\n</form>\n<table id=\"access\">\n<thead><tr><th>who<th>where<th>change<th>actions<th>on<th>one request</thead>\n<tbody>"
    )?;
    for access in accesses(comparisons) {
        for change in &access.principals {
            for finding in &change.gains {
                row(access, change, finding, true, out)?;
            }
            for finding in &change.loses {
                row(access, change, finding, false, out)?;
            }
        }
        for undecided in &access.undecided {
            writeln!(
                out,
                "<tr data-change=\"gain\"><td><code>{}</code><td><td class=\"gain\">maybe<td colspan=\"3\">{}",
                markup(&undecided.what),
                markup(&undecided.why)
            )?;
        }
    }
    writeln!(out, "</tbody>\n</table>")
}

fn choice(
    name: &str,
    all: &str,
    options: &[(String, String)],
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(
        out,
        "<select name=\"{name}\" aria-label=\"{name}\"><option value=\"\">{all}"
    )?;
    for (value, text) in options {
        writeln!(out, "<option value=\"{}\">{}", markup(value), markup(text))?;
    }
    writeln!(out, "</select>")
}

fn row(
    access: &Access,
    change: &PrincipalChange,
    finding: &Finding,
    is_gain: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (class, mark) = if is_gain {
        ("gain", '+')
    } else {
        ("lose", '-')
    };
    let stage = stage(change).unwrap_or_default();
    write!(
        out,
        "<tr data-change=\"{class}\" data-level=\"{}\" data-stage=\"{}\">\n<td>{} <code>{}</code>",
        level(finding.level),
        markup(&stage),
        change.kind.word(),
        markup(&change.name)
    )?;
    if let Some(fate) = fate(change.fate) {
        write!(out, " ({fate})")?;
    }
    write!(out, "\n<td>")?;
    if let Some(line) = change.line {
        let place = format!("{}:{line}", access.source);
        write!(
            out,
            "{} <span class=\"soft\">{}</span><br>",
            markup(&stage),
            markup(&place)
        )?;
    }
    write!(out, "{}", markup(&change.accounts.join(", ")))?;
    write!(
        out,
        "\n<td class=\"{class}\">{mark} {}\n<td>",
        head(finding)
    )?;
    let names: Vec<&str> = finding
        .actions
        .iter()
        .take(ACTIONS)
        .map(|action| action.name.as_str())
        .collect();
    let names: Vec<String> = names.into_iter().map(markup).collect();
    write!(out, "<code>{}</code>", names.join("<br>"))?;
    if let Some(more @ 1..) = finding.actions.len().checked_sub(ACTIONS) {
        write!(out, " and {} more", thousands(more))?;
    }
    write!(out, "\n<td>")?;
    for resource in &finding.resources {
        write!(
            out,
            "<code>{}</code><br>",
            markup(&resource.replacen("!Sub ", "", 1))
        )?;
    }
    for condition in &finding.conditions {
        write!(out, "if <code>{}</code><br>", markup(condition))?;
    }
    if !finding.statement.is_empty() {
        let (statement, policy) = (markup(&finding.statement), markup(&finding.policy));
        write!(
            out,
            "<span class=\"soft\">statement {statement} of {policy}</span>"
        )?;
    }
    write!(out, "\n<td>")?;
    if let Certainty::Maybe(why) = &finding.certainty {
        write!(out, "maybe: {}<br>", markup(why))?;
    }
    if let Some((action, target, context)) = witness(finding) {
        let on = match finding.way {
            Way::Assume => "by",
            Way::Do => "on",
        };
        write!(
            out,
            "<code>{}</code> {on} <code>{}</code>",
            markup(&action),
            markup(&target)
        )?;
        for item in context {
            write!(out, "<br>with <code>{}</code>", markup(&item))?;
        }
        write!(out, "{}", unspelled(finding))?;
    }
    writeln!(out)
}

/// The lines of a file, the previous ones on the left and the new ones on the right.
fn sides(file: &Comparison<'_>, out: &mut dyn Write) -> io::Result<()> {
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
        markup(&hunk_head(hunk))
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
        let mut run = |kind| -> Vec<&Line<'_>> {
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
    line: Option<&&Line<'_>>,
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
