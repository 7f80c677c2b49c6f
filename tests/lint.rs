//! Lints every case of `tests/lint` with the real binary and compares what it finds, byte for byte.
//! There is a folder for each rule, with a case that fires and one that does not:
//!
//! ```text
//! tests/lint/<rule>/<case>/
//!   input.src.yml      the template; `lint input.src.yml` runs in a copy of this folder
//!   expected.stdout    what is found; without it, nothing is
//!   organization.yml   instead of that of tests/golden/minimal
//!   partials/          given as `--partials partials`
//!   *.yml              what the template includes
//! ```
//!
//! `SNAPSHOTS=overwrite cargo test --test lint` (`make snapshots`) rewrites `expected.stdout`; `git
//! diff` is the review.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use deploy_roles::diagnostic::{Level, Rule};
use deploy_roles::{deploy, diff, infer, lint, registry};

const INPUT: &str = "input.src.yml";
const EXPECTED: &str = "expected.stdout";

/// One folder below that of a rule.
struct Case {
    rule: String,
    folder: PathBuf,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// What is in `folder`, in the order of the names.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for rule in entries(&root().join("tests/lint")) {
        cases.extend(entries(&rule).into_iter().map(|folder| Case {
            rule: name(&rule),
            folder,
        }));
    }
    cases
}

impl Case {
    fn read(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.join(file)).ok()
    }

    fn expected(&self) -> String {
        self.read(EXPECTED).unwrap_or_default()
    }

    /// Whether the rule finds something.
    fn fires(&self) -> bool {
        self.expected().contains(&format!("[{}]: ", self.rule))
    }

    fn lint(&self) -> Output {
        let place = tempfile::tempdir().unwrap();
        let organization = root().join("tests/golden/minimal/organization.yml");
        std::fs::copy(organization, place.path().join("organization.yml")).unwrap();
        copy(&self.folder, place.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
        command.current_dir(place.path()).args(["lint", INPUT]);
        if place.path().join("partials").exists() {
            command.args(["--partials", "partials"]);
        }
        command.env_remove("CLICOLOR_FORCE").output().unwrap()
    }

    /// What is wrong with the case.
    fn problems(&self) -> Vec<String> {
        let output = self.lint();
        let found = String::from_utf8(output.stdout).unwrap();
        let expected = self.folder.join(EXPECTED);
        if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
            if found.is_empty() {
                let _ = std::fs::remove_file(&expected);
            } else {
                std::fs::write(&expected, &found).unwrap();
            }
        }
        let mut problems = Vec::new();
        if output.status.code() != Some(0) {
            let said = String::from_utf8(output.stderr).unwrap();
            problems.push(format!("{}\n{said}", output.status));
        }
        if found != self.expected() {
            problems.push(format!("found\n{found}\nand not\n{}", self.expected()));
        }
        if expected.exists() && self.expected().is_empty() {
            problems.push(format!("{EXPECTED} is empty: remove it"));
        }
        let input = self.read(INPUT).unwrap();
        let is_used = |file: &str| {
            [INPUT, EXPECTED, "partials"].contains(&file) || input.contains(&format!("./{file}"))
        };
        let files = entries(&self.folder);
        let unused = files
            .iter()
            .map(|path| name(path))
            .filter(|file| !is_used(file));
        problems.extend(unused.map(|file| format!("nothing uses {file}")));
        problems
    }
}

/// Copies what is in `from` to the folder `to`.
fn copy(from: &Path, to: &Path) {
    for path in entries(from) {
        let target = to.join(name(&path));
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}

#[test]
fn every_case_is_linted_as_expected() {
    let mut failed = String::new();
    for case in cases() {
        for problem in case.problems() {
            let shown = format!("{}/{}", case.rule, name(&case.folder));
            writeln!(failed, "{shown}: {problem}").unwrap();
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

/// Whether `lint` finds it: not what only `diff` or `infer` finds, which `tests/deploy`,
/// `tests/access`, and `tests/cmd/infer-writes-allowed-actions.toml` show.
fn is_of_lint(rule: &Rule) -> bool {
    let elsewhere = deploy::rules::RULES.iter().chain(diff::rules::RULES);
    let mut elsewhere = elsewhere.chain(infer::rules::RULES);
    !elsewhere.any(|other| other.id == rule.id)
}

#[test]
fn every_rule_has_a_case_that_fires_and_one_that_does_not() {
    let cases = cases();
    let mut failed = String::new();
    for rule in registry::rules().filter(|rule| rule.level != Level::Error && is_of_lint(rule)) {
        let mut of_rule = cases.iter().filter(|case| case.rule == rule.id);
        if !of_rule.clone().any(Case::fires) {
            writeln!(failed, "no case of `{}` fires", rule.id).unwrap();
        }
        if !of_rule.any(|case| !case.fires()) {
            writeln!(failed, "every case of `{}` fires", rule.id).unwrap();
        }
    }
    for case in cases {
        if !registry::rules().any(|rule| rule.id == case.rule && rule.level != Level::Error) {
            writeln!(failed, "there is no warning or note `{}`", case.rule).unwrap();
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

/// What `lint` finds in the template `input` of `folder`: rules with their levels; `None` if the
/// template has errors.
fn found_in(folder: &Path, input: &str) -> Option<Vec<(String, String)>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
    command
        .current_dir(folder)
        .args(["lint", input, "--format", "json"]);
    let output = command.output().unwrap();
    if output.status.code() != Some(0) {
        return None;
    }
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap().to_owned();
    let all = found["diagnostics"].as_array().unwrap().iter();
    Some(
        all.map(|one| (text(one, "rule"), text(one, "level")))
            .collect(),
    )
}

/// What is written by hand in the golden cases and in the example is sound. Cases that show a
/// warning of a macro keep it.
#[test]
fn nothing_above_a_note_is_found_in_the_example_and_the_golden_cases() {
    let mut linted = 0;
    let mut failed = String::new();
    let example = found_in(&root().join("org"), "roles.src.yml").unwrap();
    for (rule, level) in &example {
        if level != "note" {
            writeln!(failed, "org: {level} {rule}").unwrap();
        }
    }
    let cases = entries(&root().join("tests/golden"));
    let expands = |path: &PathBuf| path.is_dir() && !name(path).starts_with("error-");
    for case in cases.into_iter().filter(expands) {
        let place = tempfile::tempdir().unwrap();
        let organization = root().join("tests/golden/minimal/organization.yml");
        std::fs::copy(organization, place.path().join("organization.yml")).unwrap();
        copy(&case, place.path());
        let Some(found) = found_in(place.path(), INPUT) else {
            continue;
        };
        linted += 1;
        for (rule, level) in found {
            let known = registry::rules().find(|known| known.id == rule).unwrap();
            if level != "note" && lint::is_of_lint(known) {
                writeln!(failed, "{}: {level} {rule}", name(&case)).unwrap();
            }
        }
    }
    assert!(linted > 100, "{linted} cases are linted");
    assert!(failed.is_empty(), "\n{failed}");
}
