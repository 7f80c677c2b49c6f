//! The files that OrgFormation reads for the output of a template.
//!
//! In: where an output is. Out: a [`SideCache`] with the files of its repository, as they are or as they
//! were at a commit. Refuses a file outside of the repository.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::cli::Input;
use crate::files;
use crate::source::path::folder_of;
use crate::workspace::closure::SideFiles;
use crate::workspace::tasks::{self, TaskFiles};

/// The folder that the files included by the output at `path` must be in.
pub(crate) fn root(input: &Input, path: &Path) -> PathBuf {
    match &input.with.include_root {
        Some(root) => files::real(root),
        None => files::tree(&folder_of(path)),
    }
}

/// The files of all sides of a run, each of which is read once.
#[derive(Default)]
pub(crate) struct SideCache(HashMap<(PathBuf, Option<String>), OneSide>);

/// The files of one side.
pub(crate) struct OneSide {
    pub(crate) files: SideFiles<'static>,
    pub(crate) tasks: TaskFiles,
}

impl SideCache {
    /// The files below `root` as they are, or as they were at `commit`.
    pub(crate) fn side(&mut self, root: &Path, commit: Option<&str>) -> &OneSide {
        let key = (root.to_owned(), commit.map(str::to_owned));
        self.0.entry(key).or_insert_with_key(|(root, commit)| {
            let tasks = files::files_with(root, tasks::MARK, commit.as_deref());
            let tasks = TaskFiles::new(tasks);
            let (root, commit) = (root.clone(), commit.clone());
            let files = if let Some(commit) = commit {
                let of_bytes = commit.clone();
                SideFiles::new(
                    move |path: &Path| files::text_at(path, &commit),
                    move |path: &Path| files::bytes_at(path, &of_bytes),
                )
            } else {
                let of_bytes = root.clone();
                SideFiles::new(
                    move |path: &Path| text_below(&root, path),
                    move |path: &Path| bytes_below(&of_bytes, path),
                )
            };
            OneSide { files, tasks }
        })
    }
}

/// The most bytes of which a digest is made.
const BYTES_LIMIT: u64 = 256 << 20;

/// The text of a file that must be below `root`.
fn text_below(root: &Path, path: &Path) -> anyhow::Result<Option<String>> {
    ensure_below(root, path)?;
    files::text_if_any(path).map_err(|error| anyhow::Error::msg(error.reason))
}

/// The bytes of a file that must be below `root`.
fn bytes_below(root: &Path, path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    ensure_below(root, path)?;
    if !path.exists() {
        return Ok(None);
    }
    let bytes = files::bytes(path, BYTES_LIMIT);
    bytes
        .map(Some)
        .map_err(|error| anyhow::Error::msg(error.reason))
}

fn ensure_below(root: &Path, path: &Path) -> anyhow::Result<()> {
    if !files::real(path).starts_with(root) {
        bail!("`{}` is outside of the repository", path.display());
    }
    Ok(())
}
