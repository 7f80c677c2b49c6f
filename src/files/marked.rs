//! YAML files that contain a word.
//!
//! In: a folder and a word. Out: the paths of the files below it that contain the word, as they are or as they were
//! at a commit. Refuses nothing: what cannot be read does not contain it.

use std::fs::File;
use std::io::Read as _;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use memchr::memmem::Finder;

use super::git::git;

/// How many folders are entered to find files where there is no repository.
const DEPTH: u8 = 4;

/// The exit code of git if it is not run in a repository, or something is wrong.
const NO_REPOSITORY: i32 = 128;

/// How much of a file is read at once.
const CHUNK: usize = 256 << 10;

/// How far git looks for a zero, which makes a file one that is not a text.
const BINARY_HEAD: usize = 8000;

/// The YAML files below `folder` that contain `word`, as they are or as they were at `commit`, as
/// paths below `folder`. Files that git ignores are not found, and without a repository neither are those in more
/// than [`DEPTH`] folders.
pub fn files_with(folder: &Path, word: &str, commit: Option<&str>) -> Vec<PathBuf> {
    let mut paths = match commit {
        Some(commit) => at_commit(folder, word, commit),
        None => as_they_are(folder, word),
    };
    paths.sort();
    paths.dedup();
    paths
}

/// Those of a commit.
fn at_commit(folder: &Path, word: &str, commit: &str) -> Vec<PathBuf> {
    let arguments = [
        "grep", "-l", "-z", "-I", "-F", "-e", word, commit, "--", "*.yml", "*.yaml",
    ];
    let Ok(found) = git(folder, &arguments) else {
        return Vec::new();
    };
    let names = String::from_utf8_lossy(&found.stdout);
    let prefix = format!("{commit}:");
    let names = names
        .split('\0')
        .filter_map(|name| name.strip_prefix(&prefix));
    names
        .map(|name| folder.join(name))
        .filter(|path| is_yaml(path))
        .collect()
}

/// Those of the working tree, or of a folder that is in no repository. Files are read here, since git takes a
/// copy of each.
fn as_they_are(folder: &Path, word: &str) -> Vec<PathBuf> {
    thread::scope(|scope| {
        // git looks into each folder for what it does not track: files that it does are read meanwhile.
        let others = scope.spawn(|| listed(folder, &["--others", "--exclude-standard"]));
        let mut paths = match listed(folder, &["--cached"]) {
            Listed::Files(paths) => paths,
            Listed::NoRepository => {
                let mut paths = Vec::new();
                walk(folder, DEPTH, &mut paths);
                paths
            }
        };
        let finder = Finder::new(word);
        let mut buffer = vec![0; CHUNK];
        let mut contains = |path: &PathBuf| is_yaml(path) && contains(path, &finder, &mut buffer);
        paths.retain(&mut contains);
        if let Listed::Files(others) = others.join().unwrap_or_else(|panic| resume_unwind(panic)) {
            paths.extend(others.into_iter().filter(contains));
        }
        paths
    })
}

/// What git lists.
enum Listed {
    Files(Vec<PathBuf>),
    NoRepository,
}

/// The YAML files below `folder` that git lists. Without git, there are none.
fn listed(folder: &Path, which: &[&str]) -> Listed {
    let arguments = [&["ls-files", "-z"], which, &["--", "*.yml", "*.yaml"]].concat();
    let Ok(found) = git(folder, &arguments) else {
        return Listed::Files(Vec::new());
    };
    if found.status.code() == Some(NO_REPOSITORY) {
        return Listed::NoRepository;
    }
    let names = String::from_utf8_lossy(&found.stdout);
    let names = names.split('\0').filter(|name| !name.is_empty());
    Listed::Files(names.map(|name| folder.join(name)).collect())
}

fn is_yaml(path: &Path) -> bool {
    let extension = path.extension().and_then(|own| own.to_str());
    matches!(extension, Some("yml" | "yaml"))
}

/// The files below `folder`, and in folders below it down to `depth`; links are not followed.
fn walk(folder: &Path, depth: u8, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder {
            found.push(entry.path());
        } else if depth > 0 && entry.file_name() != ".git" {
            walk(&entry.path(), depth - 1, found);
        }
    }
}

/// Whether the file at `path`, which is no link, is a text that contains what `finder` finds.
fn contains(path: &Path, finder: &Finder<'_>, buffer: &mut [u8]) -> bool {
    let found = path.symlink_metadata().ok();
    let Some(found) = found.filter(|found| found.is_file() && found.len() > 0) else {
        return false;
    };
    let Ok(mut file) = File::open(path) else {
        return false;
    };
    let mut left = found.len();
    // What the last chunk ended in, which may be the beginning of the word.
    let (mut kept, mut is_head) = (0, true);
    loop {
        let Some(Ok(read)) = buffer.get_mut(kept..).map(|rest| file.read(rest)) else {
            return false;
        };
        if read == 0 {
            return false;
        }
        let end = kept + read;
        let chunk = buffer.get(..end).unwrap_or_default();
        let head = chunk.get(..end.min(BINARY_HEAD)).unwrap_or_default();
        if is_head && memchr::memchr(0, head).is_some() {
            return false;
        }
        if finder.find(chunk).is_some() {
            return true;
        }
        left = left.saturating_sub(read as u64);
        if left == 0 {
            return false;
        }
        is_head = false;
        kept = end.min(finder.needle().len().saturating_sub(1));
        buffer.copy_within(end - kept..end, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_wherever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let mut across = vec![b'x'; CHUNK - 3];
        across.extend(b"the-word");
        write("across.yml", &across);
        write("first.yaml", b"the-word");
        write("a/b/c/d/deep.yml", b"x the-word");
        write("a/b/c/d/e/deeper.yml", b"the-word");
        write(".git.d/.hidden.yml", b"the-word\n");
        write("other.txt", b"the-word");
        write("binary.yml", b"\0the-word");
        write("without.yml", b"the-wor d");
        write("half.yml", b"the-wor");
        let found = files_with(folder.path(), "the-word", None);
        let names: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap())
            .collect();
        let expected = [
            ".git.d/.hidden.yml",
            "a/b/c/d/deep.yml",
            "across.yml",
            "first.yaml",
        ];
        assert_eq!(names, expected.map(Path::new));
    }

    #[test]
    fn what_git_ignores_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        assert!(
            git(folder.path(), &["init", "-q"])
                .unwrap()
                .status
                .success()
        );
        write(".gitignore", "ignored.yml\ntracked.yml\n");
        for name in ["ignored.yml", "tracked.yml", "untracked.yml", "gone.yml"] {
            write(name, "the-word");
        }
        let added = git(folder.path(), &["add", "-f", "tracked.yml", "gone.yml"]);
        assert!(added.unwrap().status.success());
        std::fs::remove_file(folder.path().join("gone.yml")).unwrap();
        let found = files_with(folder.path(), "the-word", None);
        let expected = ["tracked.yml", "untracked.yml"];
        assert_eq!(found, expected.map(|name| folder.path().join(name)));
    }
}
