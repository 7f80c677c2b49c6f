//! What `diff --against X` compares with where X may be a file and a git revision: in repositories
//! with a base, and a change that widens access and adds files with the names of revisions.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A repository whose base has roles without a service, and whose working tree adds one.
struct Repository {
    folder: TempDir,
}

impl Repository {
    /// The change is committed nowhere; the base is `main`, `origin/main` and `HEAD`.
    fn new() -> Self {
        let repository = Self {
            folder: TempDir::new().unwrap(),
        };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/diff-as-text.in");
        std::fs::create_dir(repository.path().join("org")).unwrap();
        for name in ["organization.yml", "roles.src.yml", "roles.yml"] {
            std::fs::copy(from.join(name), repository.path().join("org").join(name)).unwrap();
        }
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.git(&["add", "."]);
        repository.git(&["commit", "--quiet", "--message=base"]);
        repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
        let output = repository.run(&["expand"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let done = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(self.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    /// What the change generates, under another name.
    fn copy_to(&self, name: &str) {
        let to = self.path().join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(self.path().join("org/roles.yml"), to).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .args(arguments)
            .current_dir(self.path())
            .output()
            .unwrap()
    }

    /// The exit code of `diff --fail-on widened --against`, and what it says on standard error.
    fn diff(&self, against: &str, more: &[&str]) -> (Option<i32>, String) {
        let against = format!("--against={against}");
        let options = ["diff", "--only=access", "--fail-on=widened", &against];
        let output = self.run(&[&options, more].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), said)
    }
}

#[test]
fn a_file_with_the_name_of_a_revision_hides_what_changed() {
    let repository = Repository::new();
    let commit = repository.git(&["rev-parse", "HEAD"]);
    for name in ["main", "origin/main", "HEAD", &commit] {
        repository.copy_to(name);
        let found = repository.diff(name, &[]);
        // Today the file is compared with, and nothing is found.
        assert_eq!(found, (Some(0), String::new()));
        // Such a change is current: only the comparison with the base shows it.
        let check = repository.run(&["expand", "--check"]);
        assert_eq!(check.status.code(), Some(0), "{check:?}");
    }
}
