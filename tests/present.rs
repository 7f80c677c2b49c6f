//! What `diff --against REVISION` says of generated files in the working tree that are not what their
//! sources say, or have no source any more: OrgFormation deploys them as they are.

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

/// A role that everybody can assume.
const ROLE: &str = "  Added:
    Type: AWS::IAM::Role
    OrganizationBinding: { Account: !Ref Dev, Region: eu-west-1 }
    Properties:
      RoleName: added
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: Allow, Principal: { AWS: '*' }, Action: sts:AssumeRole }] }
";

/// A repository whose base has current roles in `org/`.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self {
            folder: TempDir::new().unwrap(),
        };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/diff-as-text.in");
        fs::create_dir(repository.at("org")).unwrap();
        for name in ["organization.yml", "roles.src.yml"] {
            fs::copy(from.join(name), repository.at("org").join(name)).unwrap();
        }
        // A second template, so that there is one when the first is gone.
        let other = "AWSTemplateFormatVersion: '2010-09-09-OC'\nOrganization: !Include ./organization.yml\nResources:\n  T: { Type: AWS::SNS::Topic }\n";
        repository.write("org/other.src.yml", other);
        assert_eq!(repository.run(&["expand"]).0, Some(0));
        git::git(
            repository.folder.path(),
            &["init", "--quiet", "--initial-branch=main"],
        );
        git::git(repository.folder.path(), &["add", "."]);
        git::git(
            repository.folder.path(),
            &["commit", "--quiet", "--message=base"],
        );
        repository
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Adds a role to a template by hand.
    fn widen(&self, name: &str) {
        let text = self.read(name);
        self.write(
            name,
            &text.replacen("\nResources:\n", &format!("\nResources:\n{ROLE}"), 1),
        );
        assert_ne!(self.read(name), text);
    }

    fn delete(&self, name: &str) {
        fs::remove_file(self.at(name)).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    /// The exit code of `diff`, its verdict, and all that it says.
    fn diff(&self) -> (Option<i32>, String, String) {
        let arguments = [
            "diff",
            "--only=access",
            "--fail-on=widened",
            "--against=main",
        ];
        let (code, out, err) = self.run(&arguments);
        let verdict = out.lines().next().unwrap_or_default().to_owned();
        (code, verdict, out + &err)
    }

    fn assert_maybe(&self, why: &str) {
        let (code, verdict, all) = self.diff();
        assert_eq!(code, Some(1), "{all}");
        assert_eq!(verdict, "maybe: 1 may gain access", "{all}");
        assert!(all.contains(why), "{all}");
        assert!(all.contains("role added (new)"), "{all}");
    }

    fn assert_quiet(&self, verdict: &str) {
        let (code, found, all) = self.diff();
        assert_eq!((code, found.as_str()), (Some(0), verdict), "{all}");
    }
}

#[test]
fn an_edit_that_an_expansion_would_drop_may_give_access() {
    let repository = Repository::new();
    repository.assert_quiet("no new access");
    repository.widen("org/roles.yml");
    repository.assert_maybe("`org/roles.yml` was edited by hand, and is deployed as it is");
}

#[test]
fn an_edit_that_gives_nothing_is_quiet() {
    let repository = Repository::new();
    let text = repository.read("org/roles.yml");
    repository.write("org/roles.yml", &format!("{text}# by hand\n"));
    repository.assert_quiet("no new access");
}

#[test]
fn a_file_without_its_head_is_still_deployed() {
    let repository = Repository::new();
    repository.widen("org/roles.yml");
    let text = repository.read("org/roles.yml");
    let text: Vec<&str> = text.lines().skip(3).collect();
    repository.write("org/roles.yml", &(text.join("\n") + "\n"));
    repository.assert_maybe("`org/roles.yml` was not generated, and is deployed as it is");
}

#[test]
fn a_stale_file_that_gives_more_may_give_access() {
    let repository = Repository::new();
    let source = repository.read("org/roles.src.yml");
    repository.widen("org/roles.src.yml");
    assert_eq!(repository.run(&["expand"]).0, Some(0));
    repository.write("org/roles.src.yml", &source);
    repository.assert_maybe("`org/roles.yml` is not what its source expands to");
}

#[test]
fn a_stale_file_that_is_as_it_was_gives_nothing() {
    let repository = Repository::new();
    repository.widen("org/roles.src.yml");
    // The new source gives access, and its output as it was does not.
    let (code, verdict, all) = repository.diff();
    assert_eq!(code, Some(1), "{all}");
    assert_eq!(verdict, "1 principal gains access", "{all}");
}

#[test]
fn a_generated_file_without_a_source_may_give_access() {
    let repository = Repository::new();
    repository.delete("org/roles.src.yml");
    repository.widen("org/roles.yml");
    repository.assert_maybe("no template expands to `org/roles.yml`, and it is deployed as it is");
    let (code, out, _) = repository.run(&["expand", "--check"]);
    assert_eq!(code, Some(1));
    assert_eq!(out, "source is gone: org/roles.yml\n");
}

#[test]
fn a_generated_file_without_a_source_is_noted() {
    let repository = Repository::new();
    repository.delete("org/roles.src.yml");
    repository.assert_quiet("no new access");
    let note = "note: org/roles.yml is a generated file whose source is gone";
    assert!(repository.diff().2.contains(note));
    let (code, _, all) = repository.run(&["diff"]);
    assert!(code == Some(0) && all.contains(note), "{all}");
    assert_eq!(repository.run(&["expand", "--check"]).0, Some(1));
    repository.delete("org/roles.yml");
    assert_eq!(repository.run(&["expand", "--check"]).0, Some(0));
}

#[test]
fn a_leftover_without_a_head_may_give_access() {
    let repository = Repository::new();
    repository.delete("org/roles.src.yml");
    repository.widen("org/roles.yml");
    let text = repository.read("org/roles.yml");
    let text: Vec<&str> = text.lines().skip(3).collect();
    repository.write("org/roles.yml", &(text.join("\n") + "\n"));
    repository.assert_maybe("no template expands to `org/roles.yml`");
}

#[test]
fn a_leftover_of_a_template_that_moved_may_give_access() {
    let repository = Repository::new();
    repository.widen("org/roles.yml");
    let source = repository.read("org/roles.src.yml");
    let source = source.replace("./organization.yml", "../organization.yml");
    repository.write("org/moved/roles.src.yml", &source);
    repository.delete("org/roles.src.yml");
    let (code, _, all) = repository.diff();
    assert_eq!(code, Some(1));
    assert!(
        all.contains("no template expands to `org/roles.yml`"),
        "{all}"
    );
}

#[test]
fn a_template_in_a_hidden_folder_is_searched() {
    let repository = Repository::new();
    let source = repository.read("org/roles.src.yml");
    let source = source.replace("./organization.yml", "../organization.yml");
    repository.write("org/.hidden/roles.src.yml", &source);
    repository.widen("org/.hidden/roles.src.yml");
    let (code, verdict, all) = repository.diff();
    assert_eq!(code, Some(1), "{all}");
    assert!(verdict.ends_with("principals gain access"), "{all}");
    assert!(all.contains("role added (new)"), "{all}");
}
