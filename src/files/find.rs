//! Which files exist.
//!
//! In: paths of the command line. Out: the templates they refer to, where their output goes, and what
//! else is in their folders. Refuses paths without a template.

use std::path::{Path, PathBuf};

use super::path::{STANDARD, real, real_folder};
use super::read::{LocalDisk, failed};
use crate::source::path::{clean, folder_of};
use crate::source::{Obstacle, ReadError, link_out};

/// The endings of a template with macros.
const SOURCES: &[&str] = &[".src.yml", ".src.yaml"];

/// A folder that cannot be read, and so nobody knows what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadFolder {
    /// Its path.
    pub path: PathBuf,
    /// Why.
    pub error: ReadError,
}

/// Why there are no templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchError {
    /// This folder has none.
    NoTemplate(PathBuf),
    /// A folder cannot be read.
    Unread(UnreadFolder),
}

/// The templates of the arguments: files as they are, folders searched for `*.src.yml` and
/// `*.src.yaml`; without arguments `org/` if it exists, else the current folder.
///
/// # Errors
///
/// A path that does not exist, or a folder without templates.
pub fn find_templates(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, SearchError> {
    let mut found = Vec::new();
    for argument in with_default(arguments) {
        if argument == Path::new(STANDARD) || !argument.is_dir() {
            found.push(argument);
            continue;
        }
        let paths = walked(&argument, Hidden::Searched).map_err(SearchError::Unread)?;
        let before = found.len();
        found.extend(
            paths
                .into_iter()
                .filter(|path| is_source(path))
                .map(|path| clean(&path)),
        );
        if found.len() == before {
            return Err(SearchError::NoTemplate(argument));
        }
    }
    found.dedup();
    Ok(found)
}

/// The templates in `org/`; without one, those in the current folder itself. For whoever waits for an
/// answer while typing: a large folder is not searched, and what cannot be read has no templates.
pub fn templates_at_hand() -> Vec<PathBuf> {
    let mut found = if Path::new("org").is_dir() {
        walked(Path::new("org"), Hidden::Searched).unwrap_or_default()
    } else {
        let here = std::fs::read_dir(".").into_iter().flatten().flatten();
        here.map(|entry| PathBuf::from(entry.file_name())).collect()
    };
    found.retain(|path| is_source(path) && path.is_file());
    found.sort();
    found
}

/// The arguments, or what is searched without any: `org/` if it exists, else the current folder.
pub fn with_default(arguments: &[PathBuf]) -> Vec<PathBuf> {
    let default = if Path::new("org").is_dir() {
        "org"
    } else {
        "."
    };
    if arguments.is_empty() {
        vec![PathBuf::from(default)]
    } else {
        arguments.to_vec()
    }
}

/// The folders of the arguments that are searched for templates.
pub fn searched_folders(arguments: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders = with_default(arguments);
    folders.retain(|argument| argument != Path::new(STANDARD) && argument.is_dir());
    folders
}

/// Every file that ends in `.yml` or `.yaml` in the folders that are searched for templates.
///
/// # Errors
///
/// A folder that cannot be read.
pub fn yaml_files(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, UnreadFolder> {
    let mut found = Vec::new();
    for folder in searched_folders(arguments) {
        let paths = walked(&folder, Hidden::Searched)?.into_iter();
        let yaml = paths.filter(|path| {
            let extension = path.extension();
            extension.is_some_and(|extension| extension == "yml" || extension == "yaml")
                && path.is_file()
        });
        found.extend(yaml.map(|path| clean(&path)));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Whether the name is that of a template with macros.
pub(super) fn is_source(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        SOURCES.iter().any(|ending| {
            name.to_string_lossy().len() > ending.len() && name.to_string_lossy().ends_with(ending)
        })
    })
}

/// Every file below `folder`, sorted, hidden ones and `node_modules` left out.
///
/// # Errors
///
/// A folder that cannot be read.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>, UnreadFolder> {
    walked(folder, Hidden::LeftOut)
}

/// What happens to files and folders whose name begins with a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hidden {
    LeftOut,
    /// `OrgFormation` does not care about the dot, so a template may be there.
    Searched,
}

fn walked(folder: &Path, hidden: Hidden) -> Result<Vec<PathBuf>, UnreadFolder> {
    let mut found = Vec::new();
    walk(folder, hidden, &mut found, 0)?;
    Ok(found)
}

/// How deep folders are searched.
const DEPTH_LIMIT: usize = 20;

/// What is never searched: what git, npm and cargo write.
const OF_TOOLS: &[&str] = &[".git", "node_modules", "target"];

/// Whether what is at `below`, a path from a folder that is searched, would be found.
pub(super) fn is_searched(below: &Path) -> bool {
    let mut names = below.iter();
    !names.any(|name| OF_TOOLS.iter().any(|tool| name == *tool))
}

fn walk(
    folder: &Path,
    hidden: Hidden,
    found: &mut Vec<PathBuf>,
    depth: usize,
) -> Result<(), UnreadFolder> {
    let cannot = |error: std::io::Error| UnreadFolder {
        path: folder.to_owned(),
        error: failed(folder, &error),
    };
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let mut entries = entries
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(cannot)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    if depth > 0 && is_other_checkout(folder) {
        return Ok(());
    }
    for entry in entries {
        let name = entry.file_name();
        let is_hidden = name.to_string_lossy().starts_with('.');
        if (is_hidden && hidden == Hidden::LeftOut) || OF_TOOLS.iter().any(|tool| name == *tool) {
            continue;
        }
        let kind = entry.file_type().map_err(cannot)?;
        if kind.is_dir() && depth < DEPTH_LIMIT {
            walk(&entry.path(), hidden, found, depth + 1)?;
        } else if kind.is_dir() && hidden == Hidden::Searched {
            return Err(UnreadFolder {
                path: entry.path(),
                error: ReadError::new(Obstacle::Other, "it is nested too deeply"),
            });
        } else if !kind.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// Whether `folder` is a linked worktree of git: the same templates again, of another branch. Its `.git` is a
/// file that names its place below `worktrees` ("gitrepository-layout" of git's manual). A submodule's
/// names one below `modules`.
fn is_other_checkout(folder: &Path) -> bool {
    let linked = folder.join(".git");
    linked.is_file()
        && std::fs::read_to_string(linked).is_ok_and(|text| text.contains("/worktrees/"))
}

/// Where the output of `template` goes: next to it, `x.src.yml` as `x.yml`.
pub fn output_of(template: &Path) -> Option<PathBuf> {
    let name = template.file_name()?.to_str()?;
    let (stem, ending) = SOURCES.iter().find_map(|ending| {
        Some((
            name.strip_suffix(ending)?,
            ending.trim_start_matches(".src"),
        ))
    })?;
    (!stem.is_empty()).then(|| template.with_file_name(format!("{stem}{ending}")))
}

/// Whether `folder` is the root of a git repository.
pub fn is_repository(folder: &Path) -> bool {
    folder.join(".git").exists()
}

/// The root of the git repository that the current folder is in, unless it is that root itself.
pub fn repository_above() -> Option<PathBuf> {
    let here = std::env::current_dir().unwrap_or_default();
    let root = here.ancestors().find(|above| is_repository(above))?;
    (root != here).then(|| root.to_owned())
}

/// The names of all that is in `folder`, sorted.
///
/// # Errors
///
/// Why it cannot be read.
pub fn names_in(folder: &Path) -> Result<Vec<String>, ReadError> {
    let cannot = |error: std::io::Error| failed(folder, &error);
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let entries = entries
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(cannot)?;
    let names = entries
        .iter()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

/// The folder tree of a template in `folder`, links resolved: the git repository; without one the
/// current folder, or, for a template elsewhere, the folder above the template's.
pub fn tree(folder: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    tree_of(real_folder(&here.join(folder)), real_folder(&here))
}

/// What on the way to `path` is a link out of its folder tree and of `also`, and where it leads. The
/// tree is that of the path as it is written, so that a link on the way does not lead to another: the
/// tree of the current folder, or, for a path elsewhere, as [`tree`].
pub fn link_out_of_tree(path: &Path, also: Option<&Path>) -> Option<(PathBuf, PathBuf)> {
    let here = std::env::current_dir().unwrap_or_default();
    let folder = clean(&here.join(folder_of(path)));
    let own = tree_of(here.clone(), here.clone());
    let tree = if folder.starts_with(&own) {
        own
    } else {
        tree_of(folder, here)
    };
    let tree = real_folder(&tree);
    let found = real(path);
    if found.starts_with(&tree) || also.is_some_and(|also| found.starts_with(real(also))) {
        return None;
    }
    let link = link_out(&LocalDisk, path, &tree);
    Some(link.unwrap_or_else(|| (path.to_owned(), found)))
}

fn tree_of(folder: PathBuf, here: PathBuf) -> PathBuf {
    let repository = folder.ancestors().find(|above| is_repository(above));
    match repository {
        Some(repository) => repository.to_owned(),
        None if folder.starts_with(&here) => here,
        None => folder.parent().unwrap_or(&folder).to_owned(),
    }
}
