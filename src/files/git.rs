//! What git says of a repository.
//!
//! In: a folder and a revision, or a path and a commit. Out: the commit that the revision names, or the templates
//! there. Refuses a repository that git does not read.

use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, bail};

use super::find::{is_searched, is_source};
use crate::source::path::{clean, folder_of};

/// Why a command failed that runs git.
const NO_GIT: &str = "cannot run `git`, which `--against REVISION` needs";

/// What a name is to git.
#[derive(Debug)]
pub enum Named {
    /// It is a revision: the id of its commit.
    Commit(String),
    /// It is not a revision, or there is no repository; git's message about that, if any.
    Nothing(String),
}

/// What `name` is in the git repository of `output`, whose folder may be missing.
///
/// # Errors
///
/// There is a repository, but git does not read it: who owns it is in doubt, for example.
pub fn named(output: &Path, name: &str) -> anyhow::Result<Named> {
    let (folder, _) = existing(output);
    let found = git(
        &folder,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &format!("{name}^{{commit}}"),
        ],
    );
    let found = match found {
        Ok(found) => found,
        // Without git, no name is a revision.
        Err(error) => return Ok(Named::Nothing(format!("{error:#}"))),
    };
    if found.status.success() {
        let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        return Ok(Named::Commit(commit));
    }
    let reason = String::from_utf8_lossy(&found.stderr).trim().to_owned();
    if reason.is_empty() || reason.contains("not a git repository") {
        return Ok(Named::Nothing(reason));
    }
    bail!("git cannot say whether `{name}` is a revision: {reason}")
}

pub(super) fn path_of_git(path: &Path) -> String {
    let names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
    names.join("/")
}

/// The templates with macros at `path`, a folder or a template, at `commit`, as paths below `path`; none
/// if the commit has nothing there.
///
/// # Errors
///
/// git is missing, or does not read the commit.
pub fn templates_at(path: &Path, commit: &str) -> anyhow::Result<Vec<PathBuf>> {
    let (asked, rest) = existing(&path.join("x"));
    let rest = folder_of(&rest);
    let above = git(&asked, &["rev-parse", "--show-prefix"])?;
    let above = String::from_utf8_lossy(&above.stdout);
    // From the top of the repository, as `path` may lead out of the folder that git is asked in.
    let whole = clean(&Path::new(above.trim_end_matches('\n')).join(rest));
    let of_git = path_of_git(&whole);
    let mut arguments = vec!["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit];
    if !of_git.is_empty() {
        arguments.extend(["--", of_git.as_str()]);
    }
    let names = git(&asked, &arguments)?;
    if !names.status.success() {
        let reason = String::from_utf8_lossy(&names.stderr).trim().to_owned();
        bail!(
            "git cannot list `{}` at `{commit}`: {reason}",
            path.display()
        );
    }
    let text = String::from_utf8_lossy(&names.stdout).into_owned();
    let names = text.split('\0').filter(|name| !name.is_empty());
    let below = names.filter_map(|name| Path::new(name).strip_prefix(&whole).ok());
    let searched = below.filter(|below| is_searched(below));
    // `clean` drops the `/` of an empty end.
    let paths = searched.map(|below| clean(&path.join(below)));
    Ok(paths.filter(|path| is_source(path)).collect())
}

/// The folder to ask git in, and the path of `output` from there: the nearest folder of `output`
/// that exists. Inside of a repository, neither links nor repositories below it are followed: what
/// is compared could have put them there, and would choose what it is compared with.
pub(super) fn existing(output: &Path) -> (PathBuf, PathBuf) {
    let mut folder = PathBuf::new();
    for part in folder_of(output).components() {
        let next = folder.join(part);
        // The folder above is in the same repository, or holds it.
        let leads_away =
            part != Component::ParentDir && (next.is_symlink() || next.join(".git").exists());
        if !next.is_dir() || (leads_away && in_repository(&folder)) {
            break;
        }
        folder = next;
    }
    let path = output.strip_prefix(&folder).unwrap_or(output).to_owned();
    if folder.as_os_str().is_empty() {
        folder = PathBuf::from(".");
    }
    (folder, path)
}

/// Whether a git repository holds `folder`.
fn in_repository(folder: &Path) -> bool {
    top_of(folder).is_some()
}

/// The folder of the git repository that holds `folder`, and the path of `folder` from there; both without links.
pub(super) fn top_of(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let folder = std::fs::canonicalize(Path::new(".").join(folder)).ok()?;
    let mut above = folder.ancestors();
    let top = above.find(|above| above.join(".git").exists())?;
    let below = folder.strip_prefix(top).ok()?;
    Some((top.to_owned(), below.to_owned()))
}

/// What git says to `arguments` in `folder`.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let output = command(folder, arguments).output();
    output.context(NO_GIT)
}

/// The command that runs git with `arguments` in `folder`.
pub(super) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    // How patterns of paths are read, which is for other commands of the user's.
    for name in ["LITERAL", "GLOB", "NOGLOB", "ICASE"] {
        git.env_remove(format!("GIT_{name}_PATHSPECS"));
    }
    git.arg("-C")
        .arg(folder)
        // A folder of files that look like a repository may be part of what is compared.
        .args(["-c", "safe.bareRepository=explicit"])
        .args(arguments)
        // The messages are examined.
        .env("LC_ALL", "C");
    git
}
