//! Asks the questions of every case in `tests/can`, and compares the answers, byte for byte. Adding a
//! case needs no Rust:
//!
//! ```text
//! tests/can/<behavior>/
//!   roles.src.yml   a template; `!Include ../organization.yml` has the accounts
//!   questions.txt   command lines, one per line, as they are typed
//!   expected.txt    each with its answer
//! ```
//!
//! `SNAPSHOTS=overwrite cargo test --test can` rewrites the expected files; `git diff` is the review.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

#[path = "support/cases.rs"]
mod cases;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use cases::{cases, unexpected};

/// So many cases there are at least; fewer, and some were lost.
const LEAST_CASES: usize = 40;

fn questions(case: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(case.join("questions.txt")).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What `deploy-roles` with these arguments, as a shell reads them, does in the folder of a case.
fn run(case: &Path, arguments: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_deploy-roles"));
    Command::new("sh")
        .args([
            "-c",
            &format!("'{}' {arguments} --include-root ..", binary.display()),
        ])
        .current_dir(case)
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap()
}

/// How a run ended, with all that it printed.
fn failure(question: &str, output: &Output) -> String {
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!(
        "{question}: {}\nstderr: {stderr}\nstdout: {stdout}",
        output.status
    )
}

/// What is printed, and what the JSON says of the same.
fn answered(case: &Path, question: &str) -> (String, Option<Value>) {
    let output = run(case, question);
    if output.status.code() == Some(2) {
        return (String::from_utf8(output.stderr).unwrap(), None);
    }
    assert!(output.status.success(), "{}", failure(question, &output));
    let question = format!("{question} --format json");
    let json = run(case, &question);
    assert!(json.status.success(), "{}", failure(&question, &json));
    let json = serde_json::from_slice(&json.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", failure(&question, &json)));
    (String::from_utf8(output.stdout).unwrap(), Some(json))
}

/// Those of whom the text and the JSON do not say the same.
fn told_apart(text: &str, json: &Value) -> Vec<String> {
    assert_eq!(json["version"], 1);
    let principals = json["principals"].as_array().unwrap().iter();
    let told = principals.filter_map(|principal| {
        let [answer, kind, name] = ["answer", "kind", "name"].map(|key| principal[key].as_str());
        let line = format!("{}: {} {}", answer.unwrap(), kind.unwrap(), name.unwrap());
        let is_told = text.contains(&format!("\n{line}"));
        let is_left_out = answer == Some("no") && json["question"]["who"] == "*";
        (is_told == is_left_out).then_some(line)
    });
    told.collect()
}

#[test]
fn every_question_is_answered_as_expected_in_text_and_json() {
    let mut failed = Vec::new();
    for case in cases("can", LEAST_CASES) {
        let mut found = String::new();
        for question in questions(&case) {
            let (text, json) = answered(&case, &question);
            found.extend([
                "$ deploy-roles ",
                question.as_str(),
                "\n",
                text.as_str(),
                "\n",
            ]);
            let apart = json.map_or(Vec::new(), |json| told_apart(&text, &json));
            failed.extend(apart.iter().map(|line| format!("{question}: {line}")));
        }
        failed.extend(unexpected(&case, &found));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
