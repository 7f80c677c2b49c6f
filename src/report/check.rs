//! The summary of a `check`, and the details of the stages that failed.
//!
//! In: what each stage found. Out: text, Markdown, or JSON; [`crate::report::sarif`] and
//! [`crate::report::github`] write it for code scanning and logs. Refuses nothing.
//!
//! The hard part: a stage that did not run must not look like one that found nothing.

pub(in crate::report) mod json;
pub(in crate::report) mod markdown;
pub(in crate::report) mod text;

use crate::deploy::Deployment;
use crate::diagnostic::{Diagnostic, Level};
use crate::diff::Comparison;
use crate::query::expectations::report::{ExpectationResult, TestReport};
use crate::report::annotation::{Annotation, AnnotationPlace, AnnotationRule};
use crate::report::escape::visible;
use crate::report::expectations::text::failure_text;
use crate::report::paint::Color;
use crate::source::Sources;
use crate::workspace::current::{NotCurrent, NotCurrentKind};

/// A part of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStage {
    /// Whether the generated files are current.
    Generated,
    /// What `lint` finds.
    Lint,
    /// Whether policies are as expected.
    Test,
    /// Who gains access.
    Access,
    /// Whether the change can be deployed.
    Deployment,
}

impl CheckStage {
    /// Its name in every format.
    pub fn name(self) -> &'static str {
        match self {
            CheckStage::Generated => "generated",
            CheckStage::Lint => "lint",
            CheckStage::Test => "test",
            CheckStage::Access => "access",
            CheckStage::Deployment => "deployment",
        }
    }
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageResult {
    /// It found nothing to do.
    Passed,
    /// It found something that the run does not fail on.
    Findings,
    /// It found what the run fails on.
    Failed,
    /// It could not run.
    NotRun,
}

impl StageResult {
    /// In words.
    pub(in crate::report) fn word(self) -> &'static str {
        match self {
            StageResult::Passed => "passed",
            StageResult::Findings => "findings",
            StageResult::Failed => "failed",
            StageResult::NotRun => "not run",
        }
    }
}

/// A line of the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageSummary {
    /// The stage.
    pub stage: CheckStage,
    /// How it ended.
    pub result: StageResult,
    /// What was found, or why it could not run.
    pub found: String,
    /// What to do.
    pub help: Option<String>,
}

/// What a check found.
pub struct CheckReport<'run> {
    /// Every stage, in the order in which they are shown.
    pub stages: Vec<StageSummary>,
    /// The generated files that are not current.
    pub not_current: &'run [NotCurrent],
    /// What `lint` found.
    pub linted: Vec<(&'run Sources, &'run Diagnostic)>,
    /// What `test` found, if there is a test file.
    pub tested: Option<&'run TestReport>,
    /// What `diff` found, if it ran.
    pub compared: Option<CheckedDiff<'run>>,
}

/// What `diff` found.
#[derive(Clone, Copy)]
pub struct CheckedDiff<'run> {
    /// What differs in each output.
    pub comparisons: &'run [Comparison<'run>],
    /// Whether the change can be deployed.
    pub deployment: Option<&'run Deployment>,
}

impl CheckReport<'_> {
    /// Whether a stage failed.
    pub fn is_failed(&self) -> bool {
        self.stages
            .iter()
            .any(|one| one.result == StageResult::Failed)
    }

    /// How it ended, in one line: `failed: lint; not run: access, deployment`.
    pub fn verdict(&self) -> String {
        let named = |result: StageResult| {
            let stages = self.stages.iter().filter(|one| one.result == result);
            let names: Vec<&str> = stages.map(|one| one.stage.name()).collect();
            names.join(", ")
        };
        let failed = named(StageResult::Failed);
        let mut verdict = if failed.is_empty() {
            "check passed".to_owned()
        } else {
            format!("check failed: {failed}")
        };
        let not_run = named(StageResult::NotRun);
        if !not_run.is_empty() {
            verdict += "; not run: ";
            verdict += &not_run;
        }
        verdict
    }

    /// Whether this stage failed.
    fn has_failed(&self, stage: CheckStage) -> bool {
        let mut stages = self.stages.iter();
        stages.any(|one| one.stage == stage && one.result == StageResult::Failed)
    }
}

/// An annotation of a file that is not current, at its first line.
pub(in crate::report) fn of_not_current(one: &NotCurrent) -> Annotation {
    let diagnostic = one.diagnostic();
    let mut message = visible(&diagnostic.message).into_owned();
    if let Some(help) = &diagnostic.help {
        message += "\nhelp: ";
        message += help;
    }
    let path = one.path.to_string_lossy().into_owned();
    Annotation {
        rule: diagnostic.rule.id,
        level: diagnostic.level,
        title: diagnostic.rule.id,
        message,
        fingerprint: format!("{} {path}", diagnostic.rule.id),
        // A file that is missing has no line.
        place: (one.kind != NotCurrentKind::Missing).then_some(AnnotationPlace {
            path,
            line: 1,
            columns: None,
        }),
        related: Vec::new(),
    }
}

/// The rule of [`of_tests`].
pub(in crate::report) const NOT_MET: AnnotationRule = AnnotationRule {
    id: "expectation-not-met",
    summary: "An expectation of a test file is not met, or may not be",
};

/// An annotation of each expectation that is not met, at its line.
pub(in crate::report) fn of_tests(report: &TestReport) -> Vec<Annotation> {
    let files = report.files.iter();
    let results = files.flat_map(|file| file.results.iter().map(|one| (file.path.as_str(), one)));
    let failed = results.filter(|(_, one)| !one.failures.is_empty());
    failed
        .map(|(path, one)| of_expectation(path, one))
        .collect()
}

fn of_expectation(path: &str, one: &ExpectationResult) -> Annotation {
    let why = one.failures.iter();
    let why: Vec<String> = why.map(|one| failure_text(one, Color::Off)).collect();
    Annotation {
        rule: NOT_MET.id,
        level: Level::Error,
        title: NOT_MET.id,
        message: format!("{}\n{}", visible(&one.name), why.concat().trim_end()),
        fingerprint: format!("{} {path} {}", NOT_MET.id, one.name),
        place: Some(AnnotationPlace {
            path: path.to_owned(),
            line: one.line,
            columns: None,
        }),
        related: Vec::new(),
    }
}
