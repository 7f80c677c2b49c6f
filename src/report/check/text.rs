//! A check as text for a terminal: a line per stage, then the details of those that failed. Refuses
//! nothing.

use std::io::{self, Write};

use crate::report::check::{CheckReport, CheckStage, StageResult, StageSummary};
use crate::report::diagnostic::diagnostic;
use crate::report::escape::visible;
use crate::report::expectations::tests_text;
use crate::report::paint::{Color, Paint, paint};
use crate::report::parts::Parts;
use crate::report::text::text;
use crate::source::Sources;

/// Writes the summary of `report`, and what the stages that failed found.
///
/// # Errors
///
/// Those of `out`.
pub fn check_text(report: &CheckReport<'_>, color: Color, out: &mut dyn Write) -> io::Result<()> {
    for stage in &report.stages {
        writeln!(out, "{}", line(stage, color))?;
    }
    if report.has_failed(CheckStage::Generated) {
        writeln!(out)?;
        let found = report.not_current.iter();
        let found = found.map(|one| diagnostic(&Sources::default(), &one.diagnostic(), color));
        let found: Vec<String> = found.collect();
        writeln!(out, "{}", found.concat().trim_end())?;
    }
    if report.has_failed(CheckStage::Lint) {
        writeln!(out)?;
        let found: Vec<String> = report
            .linted
            .iter()
            .map(|(sources, one)| diagnostic(sources, one, color))
            .collect();
        writeln!(out, "{}", found.concat().trim_end())?;
    }
    if let (true, Some(tested)) = (report.has_failed(CheckStage::Test), report.tested) {
        write!(out, "\n{}", tests_text(tested, color))?;
    }
    let has_failed =
        report.has_failed(CheckStage::Access) || report.has_failed(CheckStage::Deployment);
    if let (true, Some(diff)) = (has_failed, &report.compared) {
        writeln!(out)?;
        text(diff.comparisons, diff.deployment, Parts::ACCESS, color, out)?;
    }
    Ok(())
}

/// One stage of the summary.
pub(in crate::report) fn line(stage: &StageSummary, color: Color) -> String {
    let what = match stage.result {
        StageResult::Passed => Paint::Added,
        StageResult::Findings | StageResult::NotRun => Paint::Changed,
        StageResult::Failed => Paint::Removed,
    };
    let name = format!("{:10}", stage.stage.name());
    // The width is that of the word, without what paints it.
    let result = paint(color, what, &format!("{:8}", stage.result.word()));
    let found = visible(&stage.found);
    match &stage.help {
        Some(help) => format!("{name}  {result}  {found}; {}", visible(help)),
        None => format!("{name}  {result}  {found}"),
    }
}
