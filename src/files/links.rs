//! The links and submodules of a repository.
//!
//! In: a folder, and the links in it. Out: where they lead, and which files can be read through them; and the submodules.
//! Refuses nothing: what a link out of the folder leads to is not known.

use std::path::{Path, PathBuf};

use super::commit::{BlobAnswer, BlobReader};
use super::git::git;
use super::path::real;
use crate::source::path::{clean, folder_of};

/// How git marks links and submodules in a list of files.
const LINK: &str = "120000 ";
const SUBMODULE: &str = "160000 ";

/// The file that lists the submodules of a repository.
const SUBMODULES: &str = ".gitmodules";

/// How many links may lead to one another.
const DEPTH: usize = 4;

/// How many files are found through links.
const LIMIT: usize = 2_000;

/// A link to a file or a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLink {
    /// Where it is.
    pub path: PathBuf,
    /// Where it leads to.
    pub target: PathBuf,
}

/// A repository in another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submodule {
    /// Its folder.
    pub path: PathBuf,
    /// The commit that it is at.
    pub commit: String,
}

impl Submodule {
    /// The one that a line of git's is about, whose id is this word.
    fn of(line: &str, folder: &Path, word: usize) -> Option<Self> {
        let (about, name) = line.strip_prefix(SUBMODULE)?.split_once('\t')?;
        Some(Self {
            path: folder.join(name),
            commit: about.split(' ').nth(word)?.to_owned(),
        })
    }
}

impl FileLink {
    /// The path through the link of what is at `path`, where it leads to.
    fn through(&self, path: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix(&self.target).ok()?;
        Some(joined(&self.path, rest))
    }

    /// Where the link leads `path` that goes through it.
    fn led(&self, path: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix(&self.path).ok()?;
        Some(joined(&self.target, rest))
    }
}

fn joined(path: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() {
        path.to_owned()
    } else {
        path.join(rest)
    }
}

/// Where `links` lead `path`, one after the other.
pub fn led(links: &[FileLink], path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut last = path.to_owned();
    for _ in 0..DEPTH {
        let Some(next) = links.iter().find_map(|link| link.led(&last)) else {
            break;
        };
        found.push(next.clone());
        last = next;
    }
    found
}

/// The links at `paths`, as they are.
pub(super) fn present(paths: Vec<PathBuf>) -> Vec<FileLink> {
    let paths = paths.into_iter();
    let links = paths.map(|path| FileLink {
        target: real(&path),
        path,
    });
    links.collect()
}

/// The submodules below `folder`, as they are.
pub(super) fn submodules(folder: &Path) -> Vec<Submodule> {
    if !folder.join(SUBMODULES).exists() {
        return Vec::new();
    }
    let Ok(listed) = git(folder, &["ls-files", "--stage", "-z"]) else {
        return Vec::new();
    };
    let listed = String::from_utf8_lossy(&listed.stdout);
    let found = listed.split('\0');
    let mut found: Vec<Submodule> = found
        .filter_map(|line| Submodule::of(line, folder, 0))
        .collect();
    // Without a repository in it, git would ask the one above.
    let there = found
        .iter_mut()
        .filter(|own| own.path.join(".git").exists());
    for own in there {
        if let Ok(head) = git(&own.path, &["rev-parse", "HEAD"]) {
            let head = String::from_utf8_lossy(&head.stdout);
            head.trim().clone_into(&mut own.commit);
        }
    }
    found
}

/// The links and the submodules below `folder` at `commit`.
pub(super) fn at_commit(folder: &Path, commit: &str) -> (Vec<FileLink>, Vec<Submodule>) {
    let Ok(listed) = git(folder, &["ls-tree", "-r", "-z", commit]) else {
        return (Vec::new(), Vec::new());
    };
    let listed = String::from_utf8_lossy(&listed.stdout);
    let submodules = listed.split('\0');
    let submodules = submodules.filter_map(|line| Submodule::of(line, folder, 1));
    let links = listed.split('\0').filter(|line| line.starts_with(LINK));
    // One process for all of them, if there are any.
    let mut reader: Option<BlobReader> = None;
    let links = links.filter_map(|line| {
        let (about, name) = line.split_once('\t')?;
        let path = folder.join(name);
        let id = about.rsplit(' ').next()?;
        if reader.is_none() {
            reader = BlobReader::start(folder).ok();
        }
        let BlobAnswer::File(target) = reader.as_mut()?.blob(id).ok()? else {
            return None;
        };
        let target = String::from_utf8_lossy(&target).into_owned();
        let target = clean(&folder_of(&path).join(target));
        Some(FileLink { path, target })
    });
    (links.collect(), submodules.collect())
}

/// Adds to `found` the links that lead out of `folder`, and the paths through links of those files.
pub(super) fn extend(found: &mut Vec<PathBuf>, links: &[FileLink], folder: &Path) {
    let is_out = |link: &&FileLink| !link.target.starts_with(folder);
    let out = links.iter().filter(is_out);
    found.extend(out.map(|link| link.path.clone()));
    let inner: Vec<&FileLink> = links
        .iter()
        .filter(|link| !is_out(link) && !link.path.starts_with(&link.target))
        .collect();
    let mut last = found.clone();
    for _ in 0..DEPTH {
        let paths = last.iter().flat_map(|path| {
            let inner = inner.iter();
            inner.filter_map(move |link| link.through(path))
        });
        let new: Vec<PathBuf> = paths.filter(|path| !found.contains(path)).collect();
        if new.is_empty() || found.len() + new.len() > LIMIT {
            return;
        }
        found.extend(new.iter().cloned());
        last = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(path: &str, target: &str) -> FileLink {
        FileLink {
            path: path.into(),
            target: target.into(),
        }
    }

    #[test]
    fn files_are_found_through_links() {
        let links = [
            link("/r/tasks.yml", "/r/envs/a.yml"),
            link("/r/now", "/r/envs"),
            link("/r/again", "/r/now"),
            link("/r/envs/self", "/r/envs"),
            link("/r/away.yml", "/other/a.yml"),
            link("/r/none.yml", "/r/none"),
        ];
        let mut found = vec![PathBuf::from("/r/envs/a.yml"), PathBuf::from("/r/b.yml")];
        extend(&mut found, &links, Path::new("/r"));
        let expected = [
            "/r/envs/a.yml",
            "/r/b.yml",
            "/r/away.yml",
            "/r/tasks.yml",
            "/r/now/a.yml",
            "/r/again/a.yml",
        ];
        assert_eq!(found, expected.map(PathBuf::from));
        let led = led(&links, Path::new("/r/again/a.yml"));
        let expected = ["/r/now/a.yml", "/r/envs/a.yml"];
        assert_eq!(led, expected.map(PathBuf::from));
    }
}
