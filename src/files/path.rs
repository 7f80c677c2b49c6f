//! Paths as the disk has them.
//!
//! In: paths. Out: the same paths without links, or as seen from another folder. Refuses nothing
//! but a current folder that cannot be found out.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::source::path::{between, clean, folder_of};

/// The path that stands for standard input and output.
pub const STANDARD: &str = "-";

/// How many links to no file yet are followed, one after the other; as many as Linux follows.
const LINK_LIMIT: usize = 40;

/// The path without links, to tell whether two paths mean one file. A link that leads to no file
/// yet is followed too; one that leads back to itself is the file that would take its place.
pub fn real(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let whole = here.join(path);
    let mut last = whole.clone();
    for _ in 0..LINK_LIMIT {
        if let Ok(found) = std::fs::canonicalize(&last) {
            return found;
        }
        match std::fs::read_link(&last) {
            Ok(target) => last = real_folder(&folder_of(&last)).join(target),
            Err(_) => return not_there_yet(&last),
        }
    }
    not_there_yet(&whole)
}

/// What the link at `path` names, if it is a link and leads to no file.
pub fn dangling(path: &Path) -> Option<PathBuf> {
    let target = std::fs::read_link(path).ok()?;
    (!path.exists()).then_some(target)
}

/// The path without links of a file that is not there, in a folder that may be.
fn not_there_yet(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    std::fs::canonicalize(folder_of(path)).map_or_else(|_| clean(path), |folder| folder.join(name))
}

/// A folder without links; by its text alone if it does not exist.
pub(super) fn real_folder(folder: &Path) -> PathBuf {
    std::fs::canonicalize(folder).unwrap_or_else(|_| clean(folder))
}

/// The template's folder as seen from the output's, or `None` if they are the same.
///
/// # Errors
///
/// The current folder cannot be found out.
pub fn moved(template: &Path, output: &Path) -> anyhow::Result<Option<PathBuf>> {
    let here = std::env::current_dir().context("cannot find the current folder")?;
    // By the text of the paths, without following links: OrgFormation joins them this way.
    let folder = |path: &Path| clean(&here.join(folder_of(path)));
    let (from, to) = (folder(output), folder(template));
    Ok((from != to).then(|| between(&from, &to)))
}

/// `path` as seen from `base`, with forward slashes.
///
/// # Errors
///
/// The current folder cannot be found out.
pub fn relative(path: &Path, base: &Path) -> anyhow::Result<String> {
    let here = std::env::current_dir().context("cannot find the current folder")?;
    let from = clean(&here.join(base));
    let to = clean(&here.join(path));
    Ok(between(&from, &to).to_string_lossy().replace('\\', "/"))
}
