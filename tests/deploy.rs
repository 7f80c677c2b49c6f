//! Compares what `diff` says of whether a change can be deployed, byte for byte. Adding a case needs
//! no Rust:
//!
//! ```text
//! tests/deploy/<behavior>/
//!   old/           the previous files
//!   new/           the new ones, each under its old name
//!   expected.txt   the verdict and the findings, as `diff --only access` shows them
//! ```
//!
//! The accounts are `Dev`, `Prod` and `Tools`, or those of an `organization.yml` beside; an
//! `organization-before.yml` has those of the previous files. `SNAPSHOTS=overwrite cargo test --test
//! deploy` rewrites the expected files; `git diff` is the review.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

#[path = "support/accounts.rs"]
mod accounts;
#[path = "support/cases.rs"]
mod cases;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use deploy_roles::deploy::{
    DeployInput, DeployRefusal, Deployment, OutputChanges, changed, deployment,
};
use deploy_roles::diff::access::{AccessContext, ReadPair, RenamedAccounts};
use deploy_roles::report::{
    Color, Parts, deployment_verdict, diff_github, diff_html, diff_json, diff_markdown, diff_sarif,
    diff_text,
};
use serde_json::Value;

use accounts::{Accounts, accounts};
use cases::{cases, unexpected};

/// So many cases there are at least; fewer, and some were lost.
const LEAST_CASES: usize = 118;

/// The files of a case by name: the previous text, and the new one.
fn files(case: &Path) -> Vec<(String, Option<String>, String)> {
    let names: BTreeSet<String> = ["old", "new"]
        .iter()
        .filter_map(|side| std::fs::read_dir(case.join(side)).ok())
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!names.is_empty(), "{} has no files", case.display());
    let read = |side: &str, name: &str| std::fs::read_to_string(case.join(side).join(name)).ok();
    let files = names.into_iter().map(|name| {
        let new = read("new", &name).unwrap();
        (name.clone(), read("old", &name), new)
    });
    files.collect()
}

fn deployed(case: &Path, change: impl Fn(&str) -> String) -> Deployment {
    let files: Vec<(String, Option<String>, String)> = files(case)
        .into_iter()
        .map(|(name, old, new)| (name, old.map(|old| change(&old)), change(&new)))
        .collect();
    let Accounts { now, before } = accounts(case);
    let lines = HashMap::new();
    let renamed = RenamedAccounts::between(before.as_ref(), &now);
    let known = AccessContext {
        before: renamed.before.as_ref().or(before.as_ref()),
        renamed: Some(&renamed.names),
        ..AccessContext::of(&now)
    };
    let mut reads: Vec<Option<ReadPair<'_>>> = files
        .iter()
        .map(|(_, old, new)| ReadPair::of(old.as_deref(), new, &known))
        .collect();
    let changes: Vec<OutputChanges> = reads
        .iter_mut()
        .map(|read| changed(read.as_mut(), &known))
        .collect();
    let inputs: Vec<DeployInput<'_>> = files
        .iter()
        .zip(&changes)
        .map(|((name, old, new), changes)| DeployInput {
            source: name,
            previous: old.as_deref(),
            expanded: new,
            known: &known,
            changes,
            unknown: &[],
            macros: &[],
            ids: &[],
            lines: &lines,
        })
        .collect();
    deployment(&inputs, reads)
}

fn written(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn said(deployment: &Deployment) -> String {
    let text = written(|out| diff_text(&[], Some(deployment), Parts::ACCESS, Color::Off, out));
    text.split_once('\n').unwrap().1.to_owned()
}

#[test]
fn every_change_is_said_as_expected() {
    let mut failed = Vec::new();
    for case in cases("deploy", LEAST_CASES) {
        let found = said(&deployed(&case, str::to_owned));
        failed.extend(unexpected(&case, &found));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What the parser of blocks reads, and what it leaves to the parser of the whole, is the same.
#[test]
fn every_change_is_said_the_same_in_another_style() {
    for case in cases("deploy", LEAST_CASES) {
        let whole = |text: &str| {
            let text = text.replacen("Resources: !!map", "Resources:", 1);
            text.replacen("Resources:", "Resources: !!map", 1)
        };
        let lines = |said: String| -> Vec<String> {
            let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(
            lines(said(&deployed(&case, whole))),
            lines(said(&deployed(&case, str::to_owned))),
            "{}",
            case.display()
        );
    }
}

#[test]
fn what_does_not_differ_is_not_refused() {
    for case in cases("deploy", LEAST_CASES) {
        let now = accounts(&case).now;
        for (name, _, new) in files(&case) {
            let other = format!("{new}\n# the same\n");
            let lines = HashMap::new();
            let known = AccessContext::of(&now);
            let mut read = ReadPair::of(Some(&new), &other, &known);
            let changes = changed(read.as_mut(), &known);
            let input = DeployInput {
                source: &name,
                previous: Some(&new),
                expanded: &other,
                known: &known,
                changes: &changes,
                unknown: &[],
                macros: &[],
                ids: &[],
                lines: &lines,
            };
            assert_eq!(
                deployment(&[input], vec![None]),
                Deployment::default(),
                "{name}"
            );
        }
    }
}

/// All formats say the same of every change: the verdict, each finding, and what to do.
#[test]
fn every_format_says_the_same() {
    for case in cases("deploy", LEAST_CASES) {
        let deployment = deployed(&case, str::to_owned);
        let verdict = deployment_verdict(&deployment);
        let name = case.display();
        let some = Some(&deployment);

        let text = written(|out| diff_text(&[], some, Parts::ACCESS, Color::Off, out));
        assert_eq!(text.lines().nth(1), Some(verdict.as_str()), "{name}");

        let markdown = diff_markdown(&[], some, Parts::ACCESS);
        let line = format!("**deploy-roles: {verdict}**");
        assert_eq!(markdown.lines().nth(2), Some(line.as_str()), "{name}");

        let json = written(|out| diff_json(&[], some, Parts::ACCESS, out));
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["deploys"], verdict, "{name}");
        let list = json["deployment"].as_array().unwrap();

        let html = written(|out| diff_html(&[], some, &[], Parts::ACCESS, out));
        assert!(html.contains(&format!("<h2 id=\"deployment\">{verdict}</h2>")));

        let sarif = written(|out| diff_sarif(&[], some, out));
        let sarif: Value = serde_json::from_str(&sarif).unwrap();
        let run = &sarif["runs"][0];
        assert_eq!(run["properties"]["deployment"], verdict, "{name}");
        let results = run["results"].as_array().unwrap();

        let github = written(|out| diff_github(&[], some, out));
        assert_eq!(github.lines().last(), Some(verdict.as_str()), "{name}");

        let findings = deployment.findings.len();
        let counts = [
            list.len(),
            results.len(),
            github.lines().count() - 2,
            html.matches("<details").count(),
            text.matches("\n    to do: ").count(),
            markdown.matches("\n- to do: ").count(),
        ];
        assert_eq!(counts, [findings; 6], "{name}");
        for (finding, item) in deployment.findings.iter().zip(list) {
            let refused = match finding.refusal {
                DeployRefusal::Certain => "yes",
                DeployRefusal::Maybe => "maybe",
                DeployRefusal::None => "no",
            };
            assert_eq!(item["refused"], refused, "{name}");
            assert_eq!(item["rule"], finding.rule.id, "{name}");
            assert_eq!(item["names"].as_array().unwrap().len(), finding.names.len());
            assert!(
                run["tool"]["driver"]["rules"]
                    .to_string()
                    .contains(finding.rule.id)
            );
        }
    }
}
