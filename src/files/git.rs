//! Texts of a git repository.
//!
//! In: a path and a revision. Out: the text of the file at it. Refuses what is no revision.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use super::folder_of;

/// The text of `output` at the git revision `revision`; `None` where the revision has no such
/// file.
///
/// # Errors
///
/// git is missing, this is no repository, or there is no such revision.
pub fn at_revision(output: &Path, revision: &str) -> anyhow::Result<Option<String>> {
    let parent = folder_of(output);
    let folder = if parent.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        parent
    };
    let name = output
        .file_name()
        .context("the output has no name")?
        .to_string_lossy()
        .into_owned();
    let git = |arguments: &[&str]| {
        Command::new("git")
            .arg("-C")
            .arg(&folder)
            .args(arguments)
            .output()
            .context("cannot run `git`, which `--against REVISION` needs")
    };
    let commit = git(&[
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &format!("{revision}^{{commit}}"),
    ])?;
    if !commit.status.success() {
        let reason = String::from_utf8_lossy(&commit.stderr);
        let reason = reason.trim();
        bail!(
            "`{revision}` is neither a file nor a git revision{}{reason}",
            if reason.is_empty() { "" } else { ": " }
        );
    }
    let commit = String::from_utf8_lossy(&commit.stdout).trim().to_owned();
    let blob = git(&["cat-file", "blob", &format!("{commit}:./{name}")])?;
    if !blob.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8(blob.stdout)
        .with_context(|| format!("`{name}` at `{revision}` is not UTF-8"))?;
    Ok(Some(text))
}
