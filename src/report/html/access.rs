//! Who gains and who loses access, as HTML: pictures, and a table that can be filtered. Refuses
//! nothing.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::diff::Comparison;
use crate::diff::access::changes::{Access, Finding, PrincipalChange};
use crate::expand::model::plan::MacroPlan;
use crate::iam::Certainty;

use crate::report::access::{
    accesses, anywhere, caller, fate, head, level, parameter, preposition, stage, unspelled,
    witness,
};
use crate::report::count::{count, thousands};
use crate::report::escape::markup;
use crate::report::graph::RoleGraph;
use crate::report::picture::trust::trust_picture;

/// The most actions of one finding that are listed.
const ACTIONS: usize = 200;

/// The most arrows of the picture of trust that changed, and the most macros of the other one.
const ARROWS: usize = 100;
const MACROS: usize = 30;

/// The trust that changed; and of the macros in which access differs, who can assume which role.
pub(super) fn pictures(
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
    let mut graph = RoleGraph::default();
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
        "<details open id=\"roles\"><summary>Who can assume what, after this change</summary>\n<div>\n{}</div>",
        graph.svg()
    )?;
    if number > MACROS {
        let more = count(number - MACROS, "macro");
        writeln!(out, "<p>and {more}: `deploy-roles graph` shows all</p>")?;
    }
    writeln!(out, "</details>")
}

pub(super) fn table(comparisons: &[Comparison<'_>], out: &mut dyn Write) -> io::Result<()> {
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
                row(access, change, finding, GainOrLoss::Gain, out)?;
            }
            for finding in &change.loses {
                row(access, change, finding, GainOrLoss::Loss, out)?;
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

/// What comments settle.
pub(super) fn settled(comparisons: &[Comparison<'_>], out: &mut dyn Write) -> io::Result<()> {
    for settled in accesses(comparisons).flat_map(|access| &access.settled) {
        writeln!(
            out,
            "<p><code>{}</code>: {}; settled by a comment: {}</p>",
            markup(&settled.what),
            markup(&settled.why),
            markup(&settled.reason)
        )?;
    }
    Ok(())
}

/// The values that parameters are taken to have.
pub(super) fn parameters(comparisons: &[Comparison<'_>], out: &mut dyn Write) -> io::Result<()> {
    for used in accesses(comparisons).flat_map(|access| &access.parameters) {
        let (name, values) = parameter(used);
        let values = values.iter().map(|(value, giver)| {
            let value = markup(value);
            format!("<code>{value}</code> ({giver})")
        });
        let values: Vec<String> = values.collect();
        let name = markup(&name);
        writeln!(
            out,
            "<p class=\"soft\">with parameter <code>{name}</code> = {}</p>",
            values.join(", ")
        )?;
    }
    Ok(())
}

/// The roles under which other code runs.
pub(super) fn code(comparisons: &[Comparison<'_>], out: &mut dyn Write) -> io::Result<()> {
    if accesses(comparisons).all(|access| access.code.is_empty()) {
        return Ok(());
    }
    writeln!(
        out,
        "<table id=\"code\">\n<thead><tr><th>code changed under role<th>where<th>what runs\n<tbody>"
    )?;
    for access in accesses(comparisons) {
        for change in &access.code {
            write!(out, "<tr><td><code>{}</code><td>", markup(&change.role))?;
            if let Some(line) = change.line {
                let place = format!("{}:{line}", access.source);
                write!(out, "<span class=\"soft\">{}</span><br>", markup(&place))?;
            }
            writeln!(
                out,
                "{}<td>{}",
                markup(&change.accounts.join(", ")),
                markup(&change.resources.join(", "))
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

/// Whether a row is of access gained or lost.
#[derive(Clone, Copy, Debug)]
enum GainOrLoss {
    Gain,
    Loss,
}

fn row(
    access: &Access,
    change: &PrincipalChange,
    finding: &Finding,
    kind: GainOrLoss,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (class, mark) = match kind {
        GainOrLoss::Gain => ("gain", '+'),
        GainOrLoss::Loss => ("lose", '-'),
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
    out.write_all(anywhere(change).unwrap_or_default().as_bytes())?;
    write!(out, "{}", markup(&change.accounts.join(", ")))?;
    write!(
        out,
        "\n<td class=\"{class}\">{mark} {}\n<td>",
        head(finding)
    )?;
    actions(finding, out)?;
    write!(out, "\n<td>")?;
    statement(finding, out)?;
    write!(out, "\n<td>")?;
    request(finding, out)?;
    writeln!(out)
}

fn actions(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let names = finding.actions.iter().take(ACTIONS);
    let names: Vec<String> = names.map(|action| markup(&action.name)).collect();
    write!(out, "<code>{}</code>", names.join("<br>"))?;
    if let Some(more @ 1..) = finding.actions.len().checked_sub(ACTIONS) {
        write!(out, " and {} more", thousands(more))?;
    }
    Ok(())
}

/// The resources, the conditions and the name of a statement.
fn statement(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    for principal in &finding.principals {
        let principal = markup(&principal.replacen("!Sub ", "", 1));
        write!(out, "by <code>{principal}</code><br>")?;
    }
    for resource in &finding.resources {
        let resource = markup(&resource.replacen("!Sub ", "", 1));
        write!(out, "<code>{resource}</code><br>")?;
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
    Ok(())
}

/// One request, and why it is not certain.
fn request(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    if let Certainty::Maybe(why) = &finding.certainty {
        write!(out, "maybe: {}<br>", markup(why))?;
    }
    if let Some((action, target, context)) = witness(finding) {
        write!(out, "<code>{}</code>", markup(&action))?;
        if let Some(caller) = caller(finding) {
            write!(out, " by <code>{}</code>", markup(caller))?;
        }
        let on = preposition(finding);
        write!(out, " {on} <code>{}</code>", markup(&target))?;
        for item in context {
            write!(out, "<br>with <code>{}</code>", markup(&item))?;
        }
        write!(out, "{}", markup(&unspelled(finding)))?;
    }
    Ok(())
}
