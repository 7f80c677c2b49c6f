//! Runs the test files of every case in `tests/expectations`, and compares what `test` finds, byte for
//! byte. Adding a case needs no Rust:
//!
//! ```text
//! tests/expectations/<behavior>/
//!   roles.src.yml   a template; `!Include ../organization.yml` has the accounts
//!   roles.test.yml  what is expected of it
//!   expected.txt    the exit code, the text, and the XML, or the errors
//! ```
//!
//! `SNAPSHOTS=overwrite cargo test --test expectations` rewrites the expected files; `git diff` is the
//! review.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

#[path = "support/cases.rs"]
mod cases;

use std::path::Path;
use std::process::{Command, Output};

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use cases::{cases, unexpected};

/// So many cases there are at least; fewer, and some were lost.
const LEAST_CASES: usize = 45;

fn run(case: &Path, format: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .args(["test", ".", "--include-root", "..", "--format", format])
        .current_dir(case)
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// How many cases and failures an XML has, which must be well-formed.
fn counted(xml: &str) -> (usize, usize) {
    let mut reader = Reader::from_str(xml);
    let (mut cases, mut failures) = (0, 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return (cases, failures),
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    attribute.unwrap();
                }
                cases += usize::from(tag.name().as_ref() == "testcase");
                failures += usize::from(tag.name().as_ref() == "failure");
            }
            _ => {}
        }
    }
}

#[test]
fn every_test_file_finds_what_is_expected_in_every_format() {
    let mut failed = Vec::new();
    for case in cases("expectations", LEAST_CASES) {
        let output = run(&case, "text");
        let code = output.status.code().unwrap();
        let mut found = format!("exit code {code}\n{}", text(output.stdout));
        if code == 2 {
            found += &text(output.stderr);
        } else {
            let xml = text(run(&case, "junit").stdout);
            let json: Value = serde_json::from_slice(&run(&case, "json").stdout).unwrap();
            let number = |key: &str| usize::try_from(json[key].as_u64().unwrap()).unwrap();
            let failures = number("failed") + number("undecided");
            assert_eq!(json["version"], 1);
            assert_eq!(counted(&xml), (failures + number("passed"), failures));
            assert_eq!(code, i32::from(failures > 0), "{}", case.display());
            found += "\n";
            found += &xml;
        }
        failed.extend(unexpected(&case, &found));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
