//! Annotations in a log of GitHub Actions.
//!
//! In: access gained, or diagnostics. Out: one workflow command per annotation. GitHub shows them
//! next to the changed lines. Refuses nothing.
//!
//! The hard part: such a command ends with its line, so line ends and percent signs are written as
//! GitHub escapes them.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::deploy::Deployment;
use crate::diagnostic::{Diagnostic, Level};
use crate::diff::Comparison;
use crate::report::annotation::compared::of_comparisons;
use crate::report::annotation::diagnostics::of_diagnostics;
use crate::report::annotation::{Annotation, AnnotationPlace};
use crate::report::check::text::line;
use crate::report::check::{CheckReport, of_not_current, of_tests};
use crate::report::deployment::verdicts;
use crate::report::paint::Color;
use crate::source::Sources;

/// Writes the access gained and what `deployment` found as workflow commands, and the verdicts.
///
/// # Errors
///
/// Those of `out`.
pub fn github(
    comparisons: &[Comparison<'_>],
    deployment: Option<&Deployment>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for annotation in of_comparisons(comparisons, deployment) {
        command(&annotation, out)?;
    }
    for (_, verdict) in verdicts(comparisons, deployment) {
        writeln!(out, "{}", data(&verdict))?;
    }
    Ok(())
}

/// Writes diagnostics as workflow commands.
///
/// # Errors
///
/// Those of `out`.
pub fn github_of_diagnostics(
    found: &[(&Sources, &Diagnostic)],
    out: &mut dyn Write,
) -> io::Result<()> {
    for annotation in of_diagnostics(found) {
        command(&annotation, out)?;
    }
    Ok(())
}

/// Writes all that a check found as workflow commands, and the summary.
///
/// # Errors
///
/// Those of `out`.
pub fn github_of_check(report: &CheckReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    for one in report.not_current {
        command(&of_not_current(one), out)?;
    }
    github_of_diagnostics(&report.linted, out)?;
    for annotation in report.tested.into_iter().flat_map(of_tests) {
        command(&annotation, out)?;
    }
    if let Some(diff) = &report.compared {
        for annotation in of_comparisons(diff.comparisons, diff.deployment) {
            command(&annotation, out)?;
        }
    }
    for stage in &report.stages {
        writeln!(out, "{}", data(&line(stage, Color::Off)))?;
    }
    Ok(())
}

fn command(annotation: &Annotation, out: &mut dyn Write) -> io::Result<()> {
    let level = match annotation.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let place = annotation.place.as_ref().map_or(String::new(), place);
    let (title, message) = (property(annotation.title), data(&annotation.message));
    writeln!(out, "::{level} {place}title={title}::{message}")
}

fn place(place: &AnnotationPlace) -> String {
    let mut text = format!("file={},line={},", property(&place.path), place.line);
    if let Some(columns) = place.columns {
        let _ = write!(text, "endLine={},", columns.end_line);
        // GitHub accepts columns of a single line only.
        if columns.end_line == place.line {
            let _ = write!(text, "col={},endColumn={},", columns.start, columns.end);
        }
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
