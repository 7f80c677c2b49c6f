//! Compares the access of every pair of files in `tests/access` and what is said of it, byte for
//! byte. Adding a case needs no Rust:
//!
//! ```text
//! tests/access/<behaviour>/
//!   old.yml        the previous file
//!   new.yml        the new one
//!   expected.txt   what `diff --only access` says
//! ```
//!
//! The accounts are `Dev`, `Prod` and `Tools`. `SNAPSHOTS=overwrite cargo test --test access`
//! rewrites the expected files; `git diff` is the review.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::path::{Path, PathBuf};

use deploy_roles::access::{Known, access};
use deploy_roles::compare::compare;
use deploy_roles::model::organization::{Account, Organization};
use deploy_roles::model::source::{FileId, Span};
use deploy_roles::report::comparison::{Parts, text};

/// So many cases there are at least; fewer, and some were lost.
const LEAST_CASES: usize = 48;

fn organization() -> Organization {
    let accounts = [
        ("Dev", "111111111111"),
        ("Prod", "222222222222"),
        ("Tools", "333333333333"),
    ];
    let accounts = accounts.map(|(name, id)| Account {
        logical_id: name.to_owned(),
        is_master: false,
        account_id: Some(id.to_owned()),
        account_name: None,
        tag_keys: Vec::new(),
        span: Span::new(FileId(0), 0, 0),
    });
    Organization::new(accounts.to_vec(), Vec::new())
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/access");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(cases.len() >= LEAST_CASES, "only {} cases", cases.len());
    cases
}

fn said(old: &str, new: &str) -> String {
    let organization = organization();
    let known = Known {
        organization: &organization,
        macros: &[],
    };
    let mut comparison = compare("roles.yml", Some(old), new);
    comparison.access = Some(access(Some(old), new, &known));
    let mut out = Vec::new();
    text(&[comparison], Parts::Access, false, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_pair_is_said_as_expected() {
    let mut failed = Vec::new();
    for case in cases() {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap_or_default();
        let found = said(&read("old.yml"), &read("new.yml"));
        if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
            std::fs::write(case.join("expected.txt"), &found).unwrap();
        } else if found != read("expected.txt") {
            failed.push(format!("{}:\n{found}", case.display()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What the parser of blocks reads, and what it leaves to the parser of the whole, is the same.
#[test]
fn every_pair_is_said_the_same_in_another_style() {
    for case in cases() {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap();
        // A tagged section is read whole.
        let whole = |text: &str| text.replacen("Resources:", "Resources: !!map", 1);
        let (old, new) = (read("old.yml"), read("new.yml"));
        let mut lines: Vec<String> = said(&old, &new).lines().map(str::to_owned).collect();
        let other = said(&whole(&old), &whole(&new));
        let mut others: Vec<String> = other.lines().map(str::to_owned).collect();
        lines.sort();
        others.sort();
        assert_eq!(lines, others, "{}", case.display());
    }
}

#[test]
fn a_file_that_did_not_change_gives_nothing_anew() {
    for case in cases() {
        let new = std::fs::read_to_string(case.join("new.yml")).unwrap();
        assert_eq!(
            said(&new, &format!("{new}\n# the same\n")),
            "no new access\n"
        );
    }
}
