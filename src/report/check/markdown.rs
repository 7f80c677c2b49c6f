//! A check as Markdown for a comment on a pull request: the verdict, a table of the stages, the details of
//! those that failed, and the page of `diff`. Refuses nothing.

use std::fmt::Write as _;

use crate::diagnostic::Diagnostic;
use crate::report::annotation::Annotation;
use crate::report::check::{CheckReport, CheckStage, of_tests};
use crate::report::count::thousands;
use crate::report::escape::{code, sentence};
use crate::report::markdown::markdown_after;
use crate::report::parts::Parts;
use crate::source::Sources;

/// How long the details before the page of `diff` may be.
const DETAILS_LIMIT: usize = 10_000;

/// `report` as Markdown.
pub fn check_markdown(report: &CheckReport<'_>) -> String {
    let mut page = format!("**deploy-roles: {}**\n", report.verdict());
    page += "\n| stage | result | found | to do |\n|---|---|---|---|\n";
    for one in &report.stages {
        let help = one.help.as_deref().map(sentence).unwrap_or_default();
        let (name, result) = (one.stage.name(), one.result.word());
        let found = sentence(&one.found);
        let _ = writeln!(page, "| {name} | {result} | {found} | {help} |");
    }
    let mut items = Vec::new();
    if report.has_failed(CheckStage::Generated) {
        let found = report.not_current.iter();
        items.extend(found.map(|one| item(&Sources::default(), &one.diagnostic())));
    }
    if report.has_failed(CheckStage::Lint) {
        let found = report.linted.iter();
        items.extend(found.map(|(sources, one)| item(sources, one)));
    }
    if let (true, Some(tested)) = (report.has_failed(CheckStage::Test), report.tested) {
        items.extend(of_tests(tested).iter().map(expectation));
    }
    details(&items, &mut page);
    let Some(diff) = &report.compared else {
        return page;
    };
    page.push('\n');
    markdown_after(page, diff.comparisons, diff.deployment, Parts::ALL)
}

/// The items that fit, and how many do not.
fn details(items: &[String], page: &mut String) {
    if items.is_empty() {
        return;
    }
    page.push('\n');
    let mut left_out = 0;
    for item in items {
        if page.len() + item.len() <= DETAILS_LIMIT {
            page.push_str(item);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            page,
            "- and {} more, which `deploy-roles check` shows",
            thousands(left_out)
        );
    }
}

/// An expectation that is not met: what it says, and why.
fn expectation(one: &Annotation) -> String {
    let place = one.place.as_ref();
    let place = place.map(|place| code(&format!("{}:{}", place.path, place.line)));
    let mut lines = one.message.lines().map(str::trim);
    let name = sentence(lines.next().unwrap_or_default());
    let place = place.unwrap_or_default();
    let mut item = format!("- {}: {name} ({place})\n", code(one.rule));
    for line in lines.filter(|line| !line.is_empty()) {
        let _ = writeln!(item, "  - {}", code(line));
    }
    item
}

fn item(sources: &Sources, one: &Diagnostic) -> String {
    let place = one.primary.as_ref().and_then(|label| {
        let file = sources.get(label.span.file)?;
        let line = file.position(label.span.start).line;
        Some(format!(
            " ({})",
            code(&format!("{}:{line}", file.path.display()))
        ))
    });
    let mut item = format!(
        "- {}: {}{}",
        code(one.rule.id),
        sentence(&one.message),
        place.unwrap_or_default()
    );
    if let Some(help) = &one.help {
        item += "; to do: ";
        item += &sentence(help);
    }
    item.push('\n');
    item
}
