//! Golden cases, and what OrgFormation would deploy of them: what its own parser and binder make of the
//! files (`tests/oracle/orgformation.js`). This needs node and `tests/oracle/setup`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folders of the golden cases that are expanded, in the order of their names.
pub(crate) fn golden_cases() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root().join("tests/golden"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("expected.yml").exists())
        .collect();
    folders.sort();
    folders
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A generated file as `orgformation.js` takes it, with the organization of `--organization`.
pub(crate) fn argument(file: &Path, organization: Option<&Path>) -> String {
    match organization {
        Some(organization) => format!("{}::{}", file.display(), organization.display()),
        None => file.display().to_string(),
    }
}

/// What OrgFormation would deploy of each file, in their order.
pub(crate) fn deployed(files: &[String]) -> Vec<Value> {
    let mut node = Command::new("node")
        .arg(root().join("tests/oracle/orgformation.js"))
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|why| panic!("this test needs node: {why}"));
    let list = files.join("\n");
    node.stdin
        .take()
        .unwrap()
        .write_all(list.as_bytes())
        .unwrap();
    let output = node.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let found: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        found.len(),
        files.len(),
        "orgformation.js did not run; `tests/oracle/setup` installs what it needs"
    );
    found
}
