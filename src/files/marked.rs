//! Files that contain a word, and those that name them.
//!
//! In: a folder and words. Out: the paths of the files below it that contain one of the words, and of those that name
//! such a file, as they are or as they were at a commit. Refuses nothing: what cannot be read contains nothing.
//! What a file names, the caller says.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use memchr::memmem::Finder;

use super::commit::CommitFiles;
use super::disguised;
use super::git::git;
use super::links::{self, FileLink, Submodule};
use super::naming::{NamedFiles, NamingFiles, with_those_that_name};
use super::path::real;

/// How many folders are entered to find files where there is no repository.
const DEPTH: u8 = 4;

/// The exit code of git if it is not run in a repository, or something is wrong.
const NO_REPOSITORY: i32 = 128;

/// How much of a file is read at once.
const CHUNK: usize = 256 << 10;

/// How much of a chunk is read again with the next one; words are shorter, with escapes too.
const OVERLAP: usize = 512;

/// How files end that are called like YAML.
const YAML: [&str; 3] = ["yml", "yaml", "json"];

/// The most bytes of a file with another name.
const SMALL: u64 = 256 << 10;

/// How many names git is asked for at once.
const NAMES: usize = 200;

/// How many files that changed are named to git; more are all files.
const CHANGED: usize = 500;

/// How far git looks for a zero, which makes a file one that is not a text.
const BINARY_HEAD: usize = 8000;

/// What files are looked for by.
#[derive(Clone, Copy, Debug)]
pub struct Marks<'a> {
    /// A file that is meant contains one of these words. The first one may be written with escapes.
    pub words: &'a [&'a str],
    /// A file that names a file that is meant is meant as well. It contains this word.
    pub naming: &'a str,
    /// What some bytes of such a file name.
    pub named: fn(&[u8]) -> NamedFiles,
    /// Which links are meant as well.
    pub links: MarkedLinks,
}

/// What was found.
#[derive(Debug, Default)]
pub struct FoundFiles {
    /// The files.
    pub paths: Vec<PathBuf>,
    /// All links there, if they were followed.
    pub links: Vec<FileLink>,
    /// The submodules, if links were followed: now, those that may have such a file.
    pub submodules: Vec<Submodule>,
}

/// Which links are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkedLinks {
    /// Those to files that are meant or to their folders, and those out of the folder.
    Followed,
    /// None of them.
    None,
}

/// The files below `folder` with one of the marks, as they are or as they were at `commit`, as
/// paths below `folder`. Files that git ignores are not found, and without a repository neither are those in more
/// than [`DEPTH`] folders, or that are not called like YAML. Of files at a commit that are not called like YAML, only those are found that
/// are not what they were.
pub fn files_with(folder: &Path, marks: &Marks<'_>, commit: Option<&str>) -> FoundFiles {
    let is_followed = marks.links == MarkedLinks::Followed;
    let (mut paths, (links, submodules)) = match commit {
        Some(commit) if is_followed => {
            let paths = at_commit(folder, marks, commit);
            (paths, links::at_commit(folder, commit))
        }
        Some(commit) => (at_commit(folder, marks, commit), Default::default()),
        None => {
            let (paths, links) = as_they_are(folder, marks);
            let submodules = is_followed.then(|| marked_submodules(folder, marks));
            (paths, (links, submodules.unwrap_or_default()))
        }
    };
    if is_followed {
        links::extend(&mut paths, &links, folder);
    }
    paths.sort();
    paths.dedup();
    FoundFiles {
        paths,
        links,
        submodules,
    }
}

/// The submodules that have a file with one of the marks, or whose files are not there.
fn marked_submodules(folder: &Path, marks: &Marks<'_>) -> Vec<Submodule> {
    let marks = Marks {
        links: MarkedLinks::None,
        ..*marks
    };
    let mut found = links::submodules(folder);
    found.retain(|own| {
        let is_there = own.path.join(".git").exists();
        !is_there || !files_with(&own.path, &marks, None).paths.is_empty()
    });
    found
}

/// Those of a commit.
fn at_commit(folder: &Path, marks: &Marks<'_>, commit: &str) -> Vec<PathBuf> {
    let mut places: Vec<String> = YAML.iter().map(|end| format!(":(icase)*.{end}")).collect();
    places.extend(changed(folder, commit));
    let search = |form: &str, patterns: &[String], places: &[String]| -> Vec<String> {
        // What attributes say of a file is up to who changes it.
        let mut all = vec!["grep", "-l", "-z", "--text", "--no-full-name", form];
        all.extend(patterns.iter().flat_map(|pattern| ["-e", pattern]));
        all.extend([commit, "--"]);
        all.extend(places.iter().map(String::as_str));
        let Ok(found) = git(folder, &all) else {
            return Vec::new();
        };
        let names = String::from_utf8_lossy(&found.stdout);
        let prefix = format!("{commit}:");
        let names = names.split('\0');
        let names = names.filter_map(|name| name.strip_prefix(&prefix));
        names.map(str::to_owned).collect()
    };
    let paths = |names: Vec<String>| names.into_iter().map(|name| folder.join(name)).collect();
    let mut patterns: Vec<String> = marks.words.iter().map(|word| literal(word)).collect();
    patterns.extend(marks.words.first().map(|word| disguised::pattern(word)));
    let found: Vec<PathBuf> = paths(search("-E", &patterns, &places));
    let files = CommitFiles::new(commit);
    let word = [marks.naming.to_owned()];
    // Those that contain a name, which may be that of another file.
    let mut naming = NamingFiles::default();
    let mut known: BTreeSet<PathBuf> = found.iter().cloned().collect();
    with_those_that_name(found, |new| {
        for names in new.names.chunks(NAMES) {
            let found = search("-F", names, &places);
            let found: Vec<String> = found.into_iter().map(|name| in_place(&name)).collect();
            let those = found.chunks(CHANGED);
            let those = those.flat_map(|those| search("-F", &word, those));
            for path in paths(those.collect()) {
                if known.insert(path.clone()) {
                    let bytes = files.bytes(&path).ok().flatten().unwrap_or_default();
                    naming.add(path, (marks.named)(&bytes));
                }
            }
        }
        // Links are not followed at a commit. All of these contain a name.
        naming.taken(|path| new.paths.contains(path), |_| true)
    })
}

/// The extended regular expression of a word.
fn literal(word: &str) -> String {
    let special = |own: char| "\\.[](){}*+?^$|".contains(own);
    let mut out = String::new();
    for own in word.chars() {
        out.extend(special(own).then_some('\\'));
        out.push(own);
    }
    out
}

/// The pattern of a path that only this one has.
fn in_place(name: &str) -> String {
    format!(":(literal){name}")
}

/// The files that are not called like YAML and are not what they were at `commit`, as patterns of paths.
fn changed(folder: &Path, commit: &str) -> Vec<String> {
    let ends = YAML.iter().map(|end| format!(":(exclude,icase)*.{end}"));
    let ends: Vec<String> = ends.collect();
    let mut arguments = vec![
        "diff",
        "--name-only",
        "-z",
        "--relative",
        "--no-renames",
        "--ignore-submodules",
        commit,
        "--",
        ".",
    ];
    arguments.extend(ends.iter().map(String::as_str));
    let Ok(found) = git(folder, &arguments) else {
        return Vec::new();
    };
    let names = String::from_utf8_lossy(&found.stdout);
    let names: Vec<&str> = names.split('\0').filter(|name| !name.is_empty()).collect();
    if names.len() > CHANGED {
        return vec![".".to_owned()];
    }
    let names = names.into_iter();
    names.map(in_place).collect()
}

/// Those of the working tree, or of a folder that is in no repository. Files are read here, since git takes a
/// copy of each.
fn as_they_are(folder: &Path, marks: &Marks<'_>) -> (Vec<PathBuf>, Vec<FileLink>) {
    let finders = Finders::new(marks);
    let mut buffer = vec![0; CHUNK];
    let mut found = Vec::new();
    let mut links = Vec::new();
    // Those that may name others.
    let mut naming = NamingFiles::default();
    thread::scope(|scope| {
        // git looks into each folder for what it does not track: files that it does are read meanwhile.
        let others = scope.spawn(|| listed(folder, &["--others", "--exclude-standard"]));
        let mut sort = |paths: Vec<PathBuf>| {
            for path in paths {
                match FileMeaning::of(&path, &finders, &mut buffer) {
                    FileMeaning::Marked => found.push(path),
                    FileMeaning::Naming(named) => naming.add(path, named),
                    FileMeaning::None if path.is_symlink() => links.push(path),
                    FileMeaning::None => {}
                }
            }
        };
        match listed(folder, &["--cached"]) {
            Listed::Files(paths) => sort(paths),
            Listed::NoRepository => {
                let mut paths = Vec::new();
                walk(folder, DEPTH, &mut paths);
                // There may be anything.
                paths.retain(|path| is_yaml(path));
                sort(paths);
            }
        }
        if let Listed::Files(others) = others.join().unwrap_or_else(|panic| resume_unwind(panic)) {
            sort(others);
        }
    });
    let found = with_those_that_name(found, |new| {
        let names: Vec<Finder<'_>> = new.names.iter().map(Finder::new).collect();
        let has_name = |chunk: &[u8]| names.iter().any(|name| name.find(chunk).is_some());
        naming.taken(
            |path| {
                new.paths.contains(path) || new.has_name_of(path) && new.paths.contains(&real(path))
            },
            |path| any_chunk(path, &mut buffer, has_name),
        )
    });
    (found, links::present(links))
}

/// What git lists.
enum Listed {
    Files(Vec<PathBuf>),
    NoRepository,
}

/// The files below `folder` that git lists. Without git, there are none.
fn listed(folder: &Path, which: &[&str]) -> Listed {
    let arguments = [&["ls-files", "-z"], which].concat();
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

/// Whether the file is called like YAML, of which JSON is a part.
fn is_yaml(path: &Path) -> bool {
    let end = path.extension().and_then(|own| own.to_str());
    end.is_some_and(|end| YAML.iter().any(|own| own.eq_ignore_ascii_case(end)))
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

/// What a file is to those who look for some.
#[derive(Clone, Debug, PartialEq, Eq)]
enum FileMeaning {
    /// It contains a word.
    Marked,
    /// It names others.
    Naming(NamedFiles),
    None,
}

impl FileMeaning {
    fn of(path: &Path, finders: &Finders<'_>, buffer: &mut [u8]) -> Self {
        let mut named = NamedFiles::default();
        let is_marked = any_chunk(path, buffer, |chunk| {
            let mut words = finders.words.iter();
            if words.any(|word| word.find(chunk).is_some())
                || (finders.disguised).is_some_and(|word| disguised::contains(chunk, word))
            {
                return true;
            }
            if finders.naming.find(chunk).is_some() {
                let more = (finders.named)(chunk);
                named.paths.extend(more.paths);
                named.others |= more.others;
            }
            false
        });
        match is_marked {
            true => FileMeaning::Marked,
            false if named == NamedFiles::default() => FileMeaning::None,
            false => FileMeaning::Naming(named),
        }
    }
}

/// What finds the marks.
struct Finders<'a> {
    words: Vec<Finder<'a>>,
    disguised: Option<&'a str>,
    naming: Finder<'a>,
    named: fn(&[u8]) -> NamedFiles,
}

impl<'a> Finders<'a> {
    fn new(marks: &Marks<'a>) -> Self {
        Self {
            words: marks.words.iter().map(|word| Finder::new(*word)).collect(),
            disguised: marks.words.first().copied(),
            naming: Finder::new(marks.naming),
            named: marks.named,
        }
    }
}

/// Whether the file at `path`, which is no link, is a text with a chunk that `is_meant`. Chunks overlap.
fn any_chunk(path: &Path, buffer: &mut [u8], mut is_meant: impl FnMut(&[u8]) -> bool) -> bool {
    let found = path.symlink_metadata().ok();
    let limit = if is_yaml(path) { u64::MAX } else { SMALL };
    let Some(found) =
        found.filter(|found| found.is_file() && found.len() > 0 && found.len() <= limit)
    else {
        return false;
    };
    let Ok(mut file) = File::open(path) else {
        return false;
    };
    let mut left = found.len();
    // What the last chunk ended in, which may be the beginning of a word.
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
        if is_meant(chunk) {
            return true;
        }
        left = left.saturating_sub(read as u64);
        if left == 0 {
            return false;
        }
        is_head = false;
        kept = end.min(OVERLAP);
        buffer.copy_within(end - kept..end, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::commit::tests::run;

    /// The words after `includes`; `includes any` stands for what names files in another way.
    fn named(bytes: &[u8]) -> NamedFiles {
        let text = String::from_utf8_lossy(bytes);
        let mut words = text
            .split_whitespace()
            .skip_while(|word| *word != "includes");
        let paths: Vec<String> = words.by_ref().skip(1).map(str::to_owned).collect();
        NamedFiles {
            others: paths.iter().any(|path| path == "any"),
            paths,
        }
    }

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
        write("none", b"the-word");
        write("b/up.YML", b"includes ../across.yml");
        write("b/upper.json", b"includes up.YML");
        write("b/in-any-way.yml", b"includes any across.yml");
        write("b/any-other.yml", b"includes any other.yml");
        write("b/of-that-name.yml", b"includes across.yml");
        write("b/unrelated.yml", b"includes nothing");
        write("b/only-a-name.yml", b"up.YML");
        write("escapes.yml", b"a: \"the\\x2dw\\u006frd\"");
        write(
            "large.txt",
            &[vec![b'x'; 300 << 10], b"the-word".to_vec()].concat(),
        );
        write("binary.yml", b"\0the-word");
        write("without.yml", b"the-wor d");
        write("half.yml", b"the-wor");
        let marks = Marks {
            words: &["the-word"],
            naming: "includes",
            named,
            links: MarkedLinks::None,
        };
        let found = files_with(folder.path(), &marks, None).paths;
        let names: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap())
            .collect();
        let expected = [
            ".git.d/.hidden.yml",
            "a/b/c/d/deep.yml",
            "across.yml",
            "b/in-any-way.yml",
            "b/up.YML",
            "b/upper.json",
            "escapes.yml",
            "first.yaml",
        ];
        assert_eq!(names, expected.map(Path::new));
    }

    #[test]
    fn what_was_at_a_commit_is_found_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        let run = |arguments: &[&str]| run(folder.path(), arguments);
        run(&["init", "-q"]);
        write(".gitattributes", "* binary\n");
        write("marked.yml", "the-word");
        write("escaped.YAML", "a: \"the\\x2dword\"");
        write("broken.yml", "a: \"the-\\\n  word\"");
        write("up[1].json", "includes marked.yml");
        write("above.yml", "includes up[1].json");
        // This name is looked for before the file with it is found.
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        write("sub/marked.yml", "includes ../above.yml");
        write("sub/last.yml", "includes marked.yml");
        write("sub/of-that-name.yml", "includes above.yml");
        write("sub/in-any-way.yml", "includes any above.yml");
        write("only-a-name.yml", "marked.yml");
        write("as-it-was.conf", "the-word");
        write("changed.conf", "the-word");
        write("gone", "the-word");
        write("without.yml", "theXword");
        run(&["add", "-A"]);
        run(&["commit", "-q", "-m", "c"]);
        write("changed.conf", "no word");
        write("marked.yml", "no word");
        std::fs::remove_file(folder.path().join("gone")).unwrap();
        let marks = Marks {
            words: &["the-word"],
            naming: "includes",
            named,
            links: MarkedLinks::None,
        };
        let found = files_with(folder.path(), &marks, Some("HEAD")).paths;
        let expected = [
            "above.yml",
            "broken.yml",
            "changed.conf",
            "escaped.YAML",
            "gone",
            "marked.yml",
            "sub/in-any-way.yml",
            "sub/last.yml",
            "sub/marked.yml",
            "up[1].json",
        ];
        assert_eq!(found, expected.map(|name| folder.path().join(name)));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_may_be_named_by_a_link_to_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let folder = real(folder.path());
        std::fs::create_dir(folder.join("a")).unwrap();
        std::os::unix::fs::symlink("a", folder.join("b")).unwrap();
        std::fs::write(folder.join("a/marked.yml"), "the-word").unwrap();
        std::fs::write(folder.join("up.yml"), "includes b/marked.yml").unwrap();
        let marks = Marks {
            words: &["the-word"],
            naming: "includes",
            named,
            links: MarkedLinks::None,
        };
        let found = files_with(&folder, &marks, None).paths;
        assert_eq!(
            found,
            ["a/marked.yml", "up.yml"].map(|name| folder.join(name))
        );
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
        for name in [
            "ignored.yml",
            "tracked.yml",
            "untracked.yml",
            "gone.yml",
            "other",
        ] {
            write(name, "the-word");
        }
        write("large.txt", &format!("{}the-word", "x".repeat(300 << 10)));
        let added = git(folder.path(), &["add", "-f", "tracked.yml", "gone.yml"]);
        assert!(added.unwrap().status.success());
        std::fs::remove_file(folder.path().join("gone.yml")).unwrap();
        let marks = Marks {
            words: &["the-word"],
            naming: "includes",
            named,
            links: MarkedLinks::None,
        };
        let found = files_with(folder.path(), &marks, None).paths;
        let expected = ["other", "tracked.yml", "untracked.yml"];
        assert_eq!(found, expected.map(|name| folder.path().join(name)));
    }
}
