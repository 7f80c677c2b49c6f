//! `check` in a git repository: one summary and one exit code for all stages.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

#[path = "support/git.rs"]
mod git;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A repository whose base has current roles.
struct Repository {
    folder: TempDir,
}

/// What a run said.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    /// The result of this stage.
    fn result(&self, stage: &str) -> &str {
        let line = self.out.lines().find(|line| line.starts_with(stage));
        let rest = line.unwrap_or_default().trim_start_matches(stage).trim();
        rest.split("  ").next().unwrap_or_default()
    }
}

impl Repository {
    fn new() -> Self {
        let repository = Self {
            folder: TempDir::new().unwrap(),
        };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/diff-as-text.in");
        for name in ["organization.yml", "roles.src.yml"] {
            fs::copy(from.join(name), repository.at(name)).unwrap();
        }
        assert_eq!(repository.run(&["expand"]).code, Some(0));
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.git(&["add", "."]);
        repository.git(&["commit", "--quiet", "--message=base"]);
        repository
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn git(&self, arguments: &[&str]) {
        git::git(self.folder.path(), arguments);
    }

    /// Replaces a text of the template.
    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.at("roles.src.yml")).unwrap();
        let edited = text.replacen(from, to, 1);
        assert_ne!(edited, text);
        fs::write(self.at("roles.src.yml"), edited).unwrap();
    }

    /// Writes a test file with this expectation of every principal.
    fn expect(&self, what: &str) {
        let text = format!("expectations:\n  - name: one\n    who: '*'\n    {what}\n");
        fs::write(self.at("roles.test.yml"), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.run_in("", arguments)
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .args(arguments)
            .current_dir(self.at(folder))
            .output()
            .unwrap();
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn check(&self, arguments: &[&str]) -> Said {
        self.run(&[&["check", "--against", "main"], arguments].concat())
    }
}

#[test]
fn all_stages_pass_if_nothing_changed() {
    let repository = Repository::new();
    let every = ["--fail-on=widened", "--fail-on=refused", "--fail-on=note"];
    let said = repository.check(&every);
    assert_eq!(said.err, "check passed; not run: test\n", "{}", said.out);
    assert_eq!(said.code, Some(0));
    repository.expect("never: iam:CreateUser");
    let said = repository.check(&every);
    assert_eq!(said.err, "check passed\n", "{}", said.out);
    for stage in ["generated", "lint", "test", "access", "deployment"] {
        assert_eq!(said.result(stage), "passed", "{stage}: {}", said.out);
    }
}

#[test]
fn new_access_fails_only_if_asked() {
    let repository = Repository::new();
    repository.edit("[url]", "[url, layer]");
    assert_eq!(repository.run(&["expand"]).code, Some(0));
    let said = repository.check(&[]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert_eq!(said.result("access"), "findings");
    assert!(!said.out.contains("\nrole "), "{}", said.out);
    let said = repository.check(&["--fail-on=widened"]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert_eq!(said.result("access"), "failed");
    assert!(said.out.contains("\nrole "), "{}", said.out);
    assert_eq!(said.err, "check failed: access; not run: test\n");
}

#[test]
fn an_expectation_that_is_not_met_fails() {
    let repository = Repository::new();
    repository.expect("never: s3:CreateBucket");
    let said = repository.check(&[]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert_eq!(said.result("test"), "failed", "{}", said.out);
    assert_eq!(said.err, "check failed: test\n");
    assert!(said.out.contains("role shop-"), "{}", said.out);
    let formats = [
        ("json", "\"result\": \"failed\""),
        ("sarif", "\"ruleId\": \"expectation-not-met\""),
        (
            "github",
            "::error file=roles.test.yml,line=2,title=expectation-not-met::one%0A",
        ),
        (
            "markdown",
            "- `expectation-not-met`: one (`roles.test.yml:2`)\n",
        ),
    ];
    for (format, text) in formats {
        let said = repository.check(&["--format", format]);
        assert_eq!(said.code, Some(1), "{format}");
        assert!(said.out.contains(text), "{format}: {}", said.out);
    }
    repository.expect("never: s3:NoSuchAction");
    let said = repository.check(&[]);
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(
        said.err.ends_with("; nothing was checked\n"),
        "{}",
        said.err
    );
}

/// The base has no such file: OrgFormation would deploy it as it is.
#[test]
fn a_file_without_a_source_is_reported_once() {
    let repository = Repository::new();
    fs::rename(
        repository.at("roles.src.yml"),
        repository.at("apps.src.yml"),
    )
    .unwrap();
    assert_eq!(repository.run(&["expand"]).code, Some(0));
    let said = repository.check(&["."]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert_eq!(said.result("generated"), "failed");
    assert_eq!(said.out.matches("whose source is gone").count(), 1);
    assert_eq!(said.err, "check failed: generated; not run: test\n");
}

#[test]
fn a_stale_file_fails_and_what_it_gives_is_examined() {
    let repository = Repository::new();
    repository.edit("[url]", "[url, layer]");
    let said = repository.check(&["--fail-on=widened"]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert_eq!(said.err, "check failed: generated, access; not run: test\n");
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    let repository = Repository::new();
    let said = repository.run(&["check", "--against", "other"]);
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert_eq!(said.out, "");
    assert!(said.err.contains("`other` is neither"), "{}", said.err);
}

#[test]
fn tests_about_all_templates_run_for_one_of_them() {
    let repository = Repository::new();
    let text = "expectations:\n  - name: one\n    who: '*'\n    never: sts:AssumeRole\n";
    fs::write(repository.at("organization.test.yml"), text).unwrap();
    let said = repository.check(&["roles.src.yml"]);
    assert_eq!(said.result("test"), "failed", "{}{}", said.out, said.err);
    // Those about another folder do not.
    fs::create_dir(repository.at("others")).unwrap();
    let from = repository.at("organization.test.yml");
    fs::rename(from, repository.at("others/organization.test.yml")).unwrap();
    let said = repository.check(&["roles.src.yml"]);
    assert_eq!(said.result("test"), "not run", "{}{}", said.out, said.err);
}

#[test]
fn tests_about_all_templates_are_found_from_any_folder() {
    let repository = Repository::new();
    for folder in ["stacks", "stacks/shop", "others"] {
        fs::create_dir(repository.at(folder)).unwrap();
    }
    for name in ["roles.src.yml", "roles.yml", "organization.yml"] {
        let to = repository.at("stacks/shop").join(name);
        fs::rename(repository.at(name), to).unwrap();
    }
    let text = |what: &str| format!("expectations:\n  - name: one\n    who: '*'\n    {what}\n");
    let (fails, passes) = (text("never: sts:AssumeRole"), text("never: iam:CreateUser"));
    fs::write(repository.at("stacks/organization.test.yml"), fails).unwrap();
    // Of another folder, and of none of this repository.
    fs::write(repository.at("others/organization.test.yml"), &passes).unwrap();
    fs::write(repository.at("others/a.src.yml"), "A: 1\n").unwrap();
    let from = [
        ("", "stacks/shop/roles.src.yml"),
        ("", "stacks/shop"),
        ("stacks", "shop/roles.src.yml"),
        ("stacks/shop", "roles.src.yml"),
        ("stacks/shop", "."),
        ("others", "../stacks/shop/roles.src.yml"),
        ("others", "../stacks/shop"),
    ];
    for (folder, argument) in from {
        let said = repository.run_in(folder, &["check", argument]);
        let found = said.result("test");
        assert_eq!(
            found, "failed",
            "{folder}: {argument}: {}{}",
            said.out, said.err
        );
    }
}

#[test]
fn a_test_file_counts_with_either_ending() {
    let repository = Repository::new();
    repository.expect("never: sts:AssumeRole");
    fs::rename(
        repository.at("roles.test.yml"),
        repository.at("roles.test.yaml"),
    )
    .unwrap();
    repository.expect("never: iam:CreateUser");
    for arguments in [
        ["test", "roles.src.yml"],
        ["test", "."],
        ["check", "roles.src.yml"],
    ] {
        let said = repository.run(&arguments);
        assert_eq!(
            said.code,
            Some(1),
            "{arguments:?}: {}{}",
            said.out,
            said.err
        );
    }
}
