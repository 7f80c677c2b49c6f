//! What tests of policies found, as JSON: structures of their own, so that programs can rely on them.
//! Refuses nothing.

use serde::Serialize;

use crate::query::expectations::report::{
    ExpectationFailure, ExpectationResult, TestReport, TestVerdict,
};
use crate::report::query::json::AnswerJson;

/// What tests of policies found, as JSON.
///
/// The schema, version 1. Fields may be added within a version; none is renamed or removed. What is
/// not known is null.
///
/// ```text
/// { "version": 1, "reference": date of the list of actions,
///   "passed", "failed", "undecided": how many expectations,
///   "files": [
///     { "path": text, "expectations": [
///       { "name": text, "line": number, "kind": "allowed", "never" or "assumed-only-by",
///         "result": "passed", "failed" or "undecided", "principals": how many it is about,
///         "failures": [
///           { "certain": boolean, "action", "resource": text ("*" is any), or null for who can assume a role,
///             "principal": what `can --format json` has for a principal }] }] }] }
/// ```
pub fn tests_json(report: &TestReport) -> String {
    let json = TestsJson::of(report);
    let mut text = serde_json::to_string_pretty(&json).unwrap_or_default();
    text.push('\n');
    text
}

/// What [`tests_json`] writes.
#[derive(Serialize)]
pub(in crate::report) struct TestsJson<'a> {
    version: u32,
    reference: &'a str,
    passed: usize,
    failed: usize,
    undecided: usize,
    files: Vec<TestFileJson<'a>>,
}

impl<'a> TestsJson<'a> {
    pub(in crate::report) fn of(report: &'a TestReport) -> Self {
        Self {
            version: 1,
            reference: &report.reference,
            passed: report.count(TestVerdict::Passed),
            failed: report.count(TestVerdict::Failed),
            undecided: report.count(TestVerdict::Undecided),
            files: report
                .files
                .iter()
                .map(|file| TestFileJson {
                    path: &file.path,
                    expectations: file.results.iter().map(ExpectationJson::of).collect(),
                })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct TestFileJson<'a> {
    path: &'a str,
    expectations: Vec<ExpectationJson<'a>>,
}

#[derive(Serialize)]
struct ExpectationJson<'a> {
    name: &'a str,
    line: usize,
    kind: &'static str,
    result: &'static str,
    principals: usize,
    failures: Vec<FailureJson<'a>>,
}

#[derive(Serialize)]
struct FailureJson<'a> {
    certain: bool,
    action: Option<&'a str>,
    resource: Option<&'a str>,
    principal: AnswerJson<'a>,
}

impl<'a> ExpectationJson<'a> {
    fn of(result: &'a ExpectationResult) -> Self {
        Self {
            name: &result.name,
            line: result.line,
            kind: result.kind.word(),
            result: match result.verdict() {
                TestVerdict::Passed => "passed",
                TestVerdict::Failed => "failed",
                TestVerdict::Undecided => "undecided",
            },
            principals: result.principals,
            failures: result.failures.iter().map(FailureJson::of).collect(),
        }
    }
}

impl<'a> FailureJson<'a> {
    fn of(failure: &'a ExpectationFailure) -> Self {
        let request = failure.request.as_ref();
        Self {
            certain: failure.verdict == TestVerdict::Failed,
            action: request.map(|(action, _)| action.as_str()),
            resource: request.map(|(_, resource)| resource.as_str()),
            principal: AnswerJson::of(&failure.answer),
        }
    }
}
