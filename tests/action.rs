//! Runs the script of the GitHub Action as a runner would: with its environment, in a repository
//! with a base branch, and a `gh` that writes down what it is asked.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

#[path = "support/git.rs"]
mod git;

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Writes its arguments and the body that it sends; knows one comment where there is a file.
const GH: &str = r#"#!/bin/sh
echo "gh $*" >> "$FAKE/calls"
for argument in "$@"; do
  case $argument in
    body=@*) cat "${argument#body=@}" > "$FAKE/body" ;;
  esac
done
if [ -f "$FAKE/refuses" ]; then
  case "$*" in *--method*) echo 'gh: Resource not accessible by integration (HTTP 403)' >&2; exit 1 ;; esac
fi
case "$*" in
  *--paginate*) cat "$FAKE/known" 2>/dev/null || true ;;
esac
"#;

struct Runner {
    folder: TempDir,
}

impl Runner {
    fn new() -> Self {
        let runner = Self {
            folder: TempDir::new().unwrap(),
        };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/diff-as-text.in");
        for name in ["organization.yml", "roles.src.yml", "roles.yml"] {
            std::fs::copy(from.join(name), runner.path().join(name)).unwrap();
        }
        runner.git(&["init", "--quiet", "--initial-branch=main"]);
        runner.git(&["add", "."]);
        runner.git(&["commit", "--quiet", "--message=base"]);
        runner.git(&["branch", "base"]);
        std::fs::create_dir(runner.path().join("fake")).unwrap();
        let gh = runner.path().join("fake/gh");
        std::fs::write(&gh, GH).unwrap();
        let made = Command::new("chmod").arg("+x").arg(&gh).status().unwrap();
        assert!(made.success());
        runner
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) {
        git::git(self.path(), arguments);
    }

    fn expand(&self) {
        let done = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .args(["expand", "roles.src.yml"])
            .current_dir(self.path())
            .output()
            .unwrap();
        assert!(done.status.success());
    }

    fn run(&self, inputs: &[(&str, &str)]) -> Output {
        let fake = self.path().join("fake");
        let path = std::env::var("PATH").unwrap();
        Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/actions/diff/run"))
            .current_dir(self.path())
            .env("PATH", format!("{}:{path}", fake.display()))
            .env("FAKE", &fake)
            .env("DEPLOY_ROLES", env!("CARGO_BIN_EXE_deploy-roles"))
            .env("TEMPLATES", "roles.src.yml")
            .env("AGAINST", "base")
            .env("GITHUB_REPOSITORY", "example/org")
            .env("GITHUB_STEP_SUMMARY", fake.join("summary"))
            .env("PULL_REQUEST", "7")
            .envs(inputs.iter().copied())
            .output()
            .unwrap()
    }

    fn fake(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join("fake").join(name)).unwrap_or_default()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn posts_one_comment_and_updates_it() {
    let runner = Runner::new();
    runner.expand();
    let output = runner.run(&[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(said(&output).contains("::warning file=roles.src.yml,line=5"));
    let body = runner.fake("body");
    assert!(
        body.starts_with(
            "<!-- deploy-roles diff -->\n**deploy-roles: check passed; not run: test**"
        )
    );
    assert!(
        body.contains("\n**deploy-roles: 2 principals gain access**\n"),
        "{body}"
    );
    assert_eq!(runner.fake("summary"), body);
    assert!(
        runner
            .fake("calls")
            .contains("--method POST repos/example/org/issues/7/comments")
    );

    std::fs::write(runner.path().join("fake/known"), "42\n").unwrap();
    assert_eq!(runner.run(&[]).status.code(), Some(0));
    assert!(
        runner
            .fake("calls")
            .contains("--method PATCH repos/example/org/issues/comments/42")
    );
}

/// The token of a pull request from a fork cannot write.
#[test]
fn a_comment_that_is_refused_is_a_warning() {
    let runner = Runner::new();
    runner.expand();
    std::fs::write(runner.path().join("fake/refuses"), "").unwrap();
    let output = runner.run(&[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said_on = said(&output);
    assert!(
        said_on.contains("::warning title=No comment::"),
        "{said_on}"
    );
    assert!(said_on.contains("::warning file=roles.src.yml,line=5"));
    assert!(runner.fake("summary").contains("2 principals gain access"));
}

#[test]
fn uses_partials_of_ones_own() {
    let runner = Runner::new();
    let services = runner.path().join("ours/services");
    std::fs::create_dir_all(&services).unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("partials/services/lambda.hbs");
    let text = std::fs::read_to_string(from).unwrap();
    let changed = text.replacen("lambda:CreateFunction\n", "lambda:CreateFunction*\n", 1);
    assert_ne!(changed, text);
    std::fs::write(services.join("lambda.hbs"), changed).unwrap();
    runner.expand();
    let output = runner.run(&[("PARTIALS", "ours")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said(&output).contains("::error file=roles.yml,line=1,title=stale-file::"));
    assert!(runner.fake("body").contains("lambda:CreateFunction*"));
}

#[test]
fn fails_on_a_stale_file() {
    let runner = Runner::new();
    let output = runner.run(&[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said(&output).contains("::error file=roles.yml,line=1,title=stale-file::"));
}

#[test]
fn fails_on_widened_access_if_asked() {
    let runner = Runner::new();
    runner.expand();
    let output = runner.run(&[("FAIL_ON_WIDENED", "true"), ("COMMENT", "false")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(runner.fake("calls"), "");
}

#[test]
fn fails_on_a_refused_change_or_a_warning_if_asked() {
    let runner = Runner::new();
    let text = std::fs::read_to_string(runner.path().join("roles.src.yml")).unwrap();
    let renamed = text.replacen("  Shop:", "  Store:", 1);
    assert_ne!(renamed, text);
    std::fs::write(runner.path().join("roles.src.yml"), renamed).unwrap();
    runner.expand();
    assert_eq!(runner.run(&[]).status.code(), Some(0));
    assert_eq!(runner.run(&[("FAIL_ON", "warning")]).status.code(), Some(0));
    let output = runner.run(&[("FAIL_ON", "warning refused")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        said(&output).contains("deployment  failed"),
        "{}",
        said(&output)
    );
}

#[test]
fn fails_on_errors() {
    let runner = Runner::new();
    std::fs::write(runner.path().join("roles.src.yml"), "a: [").unwrap();
    let output = runner.run(&[]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn compares_with_the_base_branch_and_with_nothing_else_of_its_name() {
    let runner = Runner::new();
    runner.expand();
    for base in ["main", "-x"] {
        let branch = format!("origin/{base}");
        let full = format!("refs/remotes/{branch}");
        runner.git(&["update-ref", &full, "base"]);
        // The change comes with tags and files that are named like it.
        runner.git(&["add", "roles.src.yml", "roles.yml"]);
        runner.git(&["commit", "--quiet", "--allow-empty", "--message=change"]);
        for name in [&branch, &full] {
            runner.git(&["update-ref", &format!("refs/tags/{name}"), "HEAD"]);
            let file = runner.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::copy(runner.path().join("roles.yml"), file).unwrap();
        }
        for against in [&branch, &full] {
            let output = runner.run(&[("FAIL_ON_WIDENED", "true"), ("AGAINST", against)]);
            assert_eq!(output.status.code(), Some(1), "{against}: {output:?}");
            assert!(!said(&output).contains("title=stale-file::"), "{output:?}");
        }
        // A base that was not fetched is no tag of its name, and no file.
        runner.git(&["update-ref", "-d", &full]);
        let output = runner.run(&[("AGAINST", &full)]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(
            said(&output).starts_with("::error title=No base::"),
            "{output:?}"
        );
    }
}

#[test]
fn finds_a_repository_below_the_current_folder() {
    let runner = Runner::new();
    runner.expand();
    let folder = runner.path().join("checkout");
    std::fs::create_dir(&folder).unwrap();
    for name in [".git", "organization.yml", "roles.src.yml", "roles.yml"] {
        std::fs::rename(runner.path().join(name), folder.join(name)).unwrap();
    }
    let output = runner.run(&[("FAIL_ON_WIDENED", "true"), ("TEMPLATES", "checkout")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
