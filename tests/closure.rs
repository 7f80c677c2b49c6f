//! Compares the access of repositories with that of their base, and what is said of it, byte for byte.
//! Adding a case needs no Rust:
//!
//! ```text
//! tests/closure/<behavior>/
//!   base/          the files of the base
//!   change/        the files that the change adds or replaces
//!   gone.txt       the files that the change removes, if any
//!   links.txt      links that the base has, `PATH -> TARGET` in each line, if any; after `change:`, those of the change
//!   expected.txt   what `diff --only access --fail-on widened --against base` says, and its exit code
//! ```
//!
//! A file `roles.src.yml` is also the `roles.yml` that it expands to: no case has a macro, unless it has
//! both files. `SNAPSHOTS=overwrite cargo test --test closure` rewrites the expected files.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/git.rs"]
mod git;

use std::path::Path;
use std::process::Command;

use cases::{cases, unexpected};

/// So many cases there are at least; fewer, and some were lost.
const LEAST_CASES: usize = 204;

/// Copies the files below `from`; a source without its output is the output too.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).into_iter().flatten() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
            continue;
        }
        std::fs::copy(&path, &target).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Some(stem) = name.strip_suffix(".src.yml") {
            let output = format!("{stem}.yml");
            if !from.join(&output).exists() {
                std::fs::copy(&path, to.join(output)).unwrap();
            }
        }
    }
}

/// Creates the links of `lines` in `folder`, in place of what is there.
fn link<'a>(lines: impl Iterator<Item = &'a str>, folder: &Path) {
    for line in lines {
        let (path, target) = line.split_once(" -> ").unwrap();
        let path = folder.join(path);
        if path.symlink_metadata().is_ok() {
            std::fs::remove_file(&path).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(target, path).unwrap();
    }
}

fn said(case: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let links = std::fs::read_to_string(case.join("links.txt")).unwrap_or_default();
    let (before, after) = links.split_once("change:\n").unwrap_or((&links, ""));
    copy(&case.join("base"), folder);
    link(before.lines(), folder);
    git::git(folder, &["init", "--quiet", "--initial-branch=main"]);
    git::git(folder, &["add", "."]);
    git::git(folder, &["commit", "--quiet", "--message=base"]);
    git::git(folder, &["tag", "base"]);
    copy(&case.join("change"), folder);
    link(after.lines(), folder);
    let gone = std::fs::read_to_string(case.join("gone.txt")).unwrap_or_default();
    for name in gone.lines() {
        std::fs::remove_file(folder.join(name)).unwrap();
    }
    let done = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .args([
            "diff",
            "--only=access",
            "--fail-on=widened",
            "--against=base",
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    let code = done.status.code();
    assert_ne!(code, Some(2), "{done:?}");
    let text = String::from_utf8(done.stdout).unwrap();
    format!("{text}exit code {}\n", code.unwrap())
}

#[test]
fn every_repository_is_said_as_expected() {
    let mut failed = Vec::new();
    for case in cases("closure", LEAST_CASES) {
        if cfg!(not(unix)) && case.join("links.txt").exists() {
            continue;
        }
        let found = said(&case);
        failed.extend(unexpected(&case, &found));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn each_of_many_tasks_files_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    copy(
        Path::new("tests/closure/parameter-of-the-task-changed/base"),
        folder,
    );
    let other = "Other: { Type: update-stacks, StackName: other, Template: ./other.yml }\n";
    for number in 0..150 {
        std::fs::write(folder.join(format!("a{number}.yml")), other).unwrap();
    }
    git::git(folder, &["init", "--quiet", "--initial-branch=main"]);
    git::git(folder, &["add", "."]);
    git::git(folder, &["commit", "--quiet", "--message=base"]);
    git::git(folder, &["tag", "base"]);
    copy(
        Path::new("tests/closure/parameter-of-the-task-changed/change"),
        folder,
    );
    let done = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .args(["diff", "--only=access", "--against=base"])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(
        text.starts_with("1 principal gains access, 1 loses\n"),
        "{text}"
    );
}

#[test]
fn a_folder_outside_of_git_has_its_tasks_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    copy(
        Path::new("tests/closure/parameter-of-the-task-changed/base"),
        folder,
    );
    let old = std::fs::read_to_string(folder.join("roles.yml")).unwrap();
    std::fs::write(
        folder.join("old.yml"),
        old.replace("s3:GetObject", "s3:PutObject"),
    )
    .unwrap();
    let tasks = "R: { Type: update-stacks, Template: ../roles.yml, Parameters: { Bucket: c } }";
    std::fs::remove_file(folder.join("organization-tasks.yml")).unwrap();
    std::fs::create_dir(folder.join("tasks")).unwrap();
    std::fs::write(folder.join("tasks/t.yml"), tasks).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .args(["diff", "--only=access", "--against=./old.yml"])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(
        text.contains("with parameter Bucket = c (from the task)"),
        "{text}"
    );
    assert!(
        text.contains("allowed now: s3:GetObject on arn:aws:s3:::c/x"),
        "{text}"
    );
}

#[test]
fn a_submodule_with_tasks_at_another_commit_is_not_decided() {
    let tasks = "Other: { Type: update-stacks, StackName: other, Template: ../roles.yml }\n";
    let said = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let (outer, inner) = (folder.path().join("outer"), folder.path().join("inner"));
        for folder in [&outer, &inner] {
            std::fs::create_dir(folder).unwrap();
            git::git(folder, &["init", "--quiet", "--initial-branch=main"]);
        }
        let commit = |folder: &Path| {
            git::git(folder, &["add", "."]);
            git::git(folder, &["commit", "--quiet", "--message=one"]);
        };
        std::fs::write(inner.join("tasks.yml"), text).unwrap();
        commit(&inner);
        copy(
            Path::new("tests/closure/parameter-of-the-task-changed/base"),
            &outer,
        );
        let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet"];
        git::git(&outer, &[&add[..], &["add", "../inner", "inner"]].concat());
        commit(&outer);
        git::git(&outer, &["tag", "base"]);
        std::fs::write(outer.join("inner/tasks.yml"), format!("{text}# more\n")).unwrap();
        commit(&outer.join("inner"));
        let done = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .args(["diff", "--only=access", "--against=base"])
            .current_dir(&outer)
            .output()
            .unwrap();
        String::from_utf8(done.stdout).unwrap()
    };
    let found = said(tasks);
    assert!(found.starts_with("maybe: 1 may gain access\n"), "{found}");
    assert!(found.contains("? inner\n"), "{found}");
    let found = said("Note: nothing\n");
    assert!(found.starts_with("no new access\n"), "{found}");
}
