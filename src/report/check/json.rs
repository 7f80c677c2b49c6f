//! A check as JSON. [`check_json`] documents the schema. Refuses nothing.

use std::io::{self, Write};

use serde::Serialize;

use crate::report::check::{CheckReport, StageResult, StageSummary};
use crate::report::expectations::json::TestsJson;
use crate::report::json::DiffJson;
use crate::report::json::diagnostics::DiagnosticsJson;
use crate::report::parts::Parts;
use crate::workspace::current::NotCurrent;

/// Writes `report` as JSON, followed by a line end.
///
/// The schema, version 1. Fields may be added within a version; none is renamed or removed.
///
/// ```text
/// { "version": 1,
///   "verdict": text,
///   "failed": whether a stage failed,
///   "stages": [
///     { "stage": "generated", "lint", "test", "access" or "deployment",
///       "result": "passed", "findings", "failed" or "not-run",
///       "found": text: what, or why it could not run, "help": what to do, or null }],
///   "generated": [{ "path": text,
///       "state": "missing", "stale", "edited by hand", "not generated" or "source is gone",
///       "help": text }],
///   "lint": as `lint --format json`,
///   "test": null if there is no test file, or as `test --format json`,
///   "diff": null if it did not run, or as `diff --only access --format json` }
/// ```
///
/// Stages may be added within a version.
///
/// # Errors
///
/// Those of `out`.
pub fn check_json(report: &CheckReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let json = CheckJson {
        version: 1,
        verdict: report.verdict(),
        failed: report.is_failed(),
        stages: report.stages.iter().map(CheckStageJson::of).collect(),
        generated: report.not_current.iter().map(GeneratedJson::of).collect(),
        lint: DiagnosticsJson::of(&report.linted),
        test: report.tested.map(TestsJson::of),
        diff: report
            .compared
            .as_ref()
            .map(|diff| DiffJson::of(diff.comparisons, diff.deployment, Parts::ACCESS)),
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    writeln!(out)
}

#[derive(Serialize)]
struct CheckJson<'a> {
    version: u32,
    verdict: String,
    failed: bool,
    stages: Vec<CheckStageJson<'a>>,
    generated: Vec<GeneratedJson>,
    lint: DiagnosticsJson<'a>,
    test: Option<TestsJson<'a>>,
    diff: Option<DiffJson<'a>>,
}

#[derive(Serialize)]
struct CheckStageJson<'a> {
    stage: &'static str,
    result: &'static str,
    found: &'a str,
    help: Option<&'a str>,
}

impl<'a> CheckStageJson<'a> {
    fn of(one: &'a StageSummary) -> Self {
        Self {
            stage: one.stage.name(),
            result: match one.result {
                StageResult::NotRun => "not-run",
                other => other.word(),
            },
            found: &one.found,
            help: one.help.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct GeneratedJson {
    path: String,
    state: &'static str,
    help: &'static str,
}

impl GeneratedJson {
    fn of(one: &NotCurrent) -> Self {
        Self {
            path: one.path.to_string_lossy().into_owned(),
            state: one.kind.word(),
            help: one.kind.advice(),
        }
    }
}
