//! What tests of policies found, as text: a line for each expectation, and why one is not met. Refuses
//! nothing.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::query::answer::Permitted;
use crate::query::expectations::report::{
    ExpectationFailure, ExpectationResult, TestReport, TestVerdict,
};
use crate::report::count::{count, thousands};
use crate::report::escape::visible;
use crate::report::paint::{Color, Paint, paint};
use crate::report::query::text::{assumers, grounds, line, places, who};

/// How many failures of an expectation are shown.
const SHOWN: usize = 3;

/// What tests of policies found, as text.
pub fn tests_text(report: &TestReport, color: Color) -> String {
    let mut out = String::new();
    for file in &report.files {
        let _ = writeln!(out, "{}", paint(color, Paint::Title, &visible(&file.path)));
        for result in &file.results {
            expectation(&mut out, result, color);
        }
        out.push('\n');
    }
    out.push_str(&paint(color, Paint::Title, &tests_summary(report)));
    out.push('\n');
    out
}

/// How many expectations are met.
pub fn tests_summary(report: &TestReport) -> String {
    let of = |verdict| report.count(verdict);
    let counts = [
        (of(TestVerdict::Passed), "passed"),
        (of(TestVerdict::Failed), "failed"),
        (of(TestVerdict::Undecided), "not decided"),
    ];
    let counts = counts.into_iter().filter(|(number, _)| *number > 0);
    let counts = counts.map(|(number, word)| format!("{} {word}", thousands(number)));
    let counts: Vec<String> = counts.collect();
    format!(
        "{}: {}",
        count(report.results().count(), "expectation"),
        counts.join(", ")
    )
}

fn expectation(out: &mut String, result: &ExpectationResult, color: Color) {
    let (word, how) = match result.verdict() {
        TestVerdict::Passed => ("ok", Paint::Added),
        TestVerdict::Undecided => ("maybe", Paint::Changed),
        TestVerdict::Failed => ("FAIL", Paint::Removed),
    };
    let name = visible(&result.name);
    let word = paint(color, how, &format!("{word:5}"));
    if result.failures.is_empty() {
        let _ = writeln!(out, "{word} {name}");
        return;
    }
    let _ = writeln!(
        out,
        "{word} {name}  ({}, line {})",
        result.kind.word(),
        result.line
    );
    let (shown, more) = first(&result.failures);
    for failure in shown {
        for text in failure_text(failure, color).lines() {
            let _ = writeln!(out, "      {text}");
        }
    }
    if more > 0 {
        let more = count(more, "more failure");
        let _ = writeln!(out, "      and {more}, which `--format json` has");
    }
}

/// The first failures, one for each name of a principal, and how many more there are.
fn first(failures: &[ExpectationFailure]) -> (Vec<&ExpectationFailure>, usize) {
    let mut names: HashSet<&str> = HashSet::new();
    let mut shown: Vec<&ExpectationFailure> = Vec::new();
    // What is certain comes first.
    for verdict in [TestVerdict::Failed, TestVerdict::Undecided] {
        let failures = failures.iter().filter(|one| one.verdict == verdict);
        let new = failures.filter(|one| names.insert(&one.answer.name));
        shown.extend(new);
    }
    shown.truncate(SHOWN);
    let more = failures.len() - shown.len();
    (shown, more)
}

/// What is not as expected, and why.
pub(in crate::report) fn failure_text(failure: &ExpectationFailure, color: Color) -> String {
    let answer = &failure.answer;
    let mut out = format!("{}\n", who(answer, color));
    places(&mut out, answer);
    let Some((action, resource)) = &failure.request else {
        assumers(&mut out, answer);
        if answer.assumers.iter().any(|one| one.depth > 0) {
            let note = "those indented further assume the one above them first";
            line(&mut out, 4, note);
        }
        return out;
    };
    let may = match answer.permitted {
        Permitted::Yes => "may",
        Permitted::Maybe => "may perhaps",
        Permitted::No => "may not",
    };
    let resource = match resource.as_str() {
        "*" => String::new(),
        resource => format!(" on {resource}"),
    };
    line(&mut out, 4, &format!("{may} {action}{resource}"));
    grounds(&mut out, answer);
    out
}
