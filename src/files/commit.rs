//! Files of a commit.
//!
//! In: a commit, and paths. Out: what the files had there; a link is the file that it led to there. Refuses a file that is
//! not UTF-8 where a text is wanted, and a link that leads out of the repository.
//!
//! One process of git reads all files of a repository: to start one for each takes longer than all else.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, bail};

use super::git::{command, existing, git, path_of_git, top_of};
use crate::diagnostic::Shown as _;
use crate::source::path::clean;

/// The files of one commit.
pub struct CommitFiles {
    commit: String,
    /// The processes by the folders of their repositories; `None` for one that ended before its time.
    readers: Mutex<HashMap<PathBuf, Option<BlobReader>>>,
}

impl CommitFiles {
    /// The files of `commit`, which is a full id.
    pub fn new(commit: &str) -> Self {
        Self {
            commit: commit.to_owned(),
            readers: Mutex::default(),
        }
    }

    /// The text of the file at `path`; `None` if the commit has no such file.
    ///
    /// # Errors
    ///
    /// git is missing, or the file is not UTF-8.
    pub fn text(&self, path: &Path) -> anyhow::Result<Option<String>> {
        let Some(bytes) = self.bytes(path)? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes).with_context(|| {
            let (_, path) = existing(path);
            let path = path_of_git(&path);
            format!("`{path}` at `{}` is not UTF-8", self.commit)
        })?;
        Ok(Some(text))
    }

    /// The bytes of the file at `path`; `None` if the commit has no such file.
    ///
    /// # Errors
    ///
    /// git is missing, or a link leads out of the repository.
    pub fn bytes(&self, path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
        let (folder, rest) = existing(path);
        if let Some((top, below)) = top_of(&folder) {
            let below = clean(&below.join(&rest));
            if below.components().next() == Some(Component::ParentDir) {
                return Ok(None);
            }
            match self.read(&top, &below) {
                Ok(BlobAnswer::File(bytes)) => return Ok(Some(bytes)),
                Ok(BlobAnswer::Nothing) => return Ok(None),
                Ok(BlobAnswer::LeadsOut(to)) => bail!("{}", leads_out(&to)),
                Err(_) => {}
            }
        }
        // Only git can say where the repository is, or what is wrong with it.
        let object = self.object(&rest);
        let blob = git(&folder, &["cat-file", "blob", &object])?;
        Ok(blob.status.success().then_some(blob.stdout))
    }

    /// How git is asked for the file at `path`, as seen from its folder.
    fn object(&self, path: &Path) -> String {
        format!("{}:./{}", self.commit, path_of_git(path))
    }

    /// The bytes of the file at `below` in the repository at `top`, from the process that reads it.
    fn read(&self, top: &Path, below: &Path) -> anyhow::Result<BlobAnswer> {
        let object = self.object(below);
        if object.contains('\n') {
            bail!("a line cannot ask for it");
        }
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = readers
            .entry(top.to_owned())
            .or_insert_with(|| BlobReader::start(top).ok());
        let found = reader.as_mut().context("it has ended")?.blob(&object);
        if found.is_err() {
            *reader = None;
        }
        found
    }
}

/// Why a link is not read that leads to `to`, an absolute path or one as seen from the top of the repository.
pub fn leads_out(to: &str) -> String {
    format!(
        "it is a link to `{}`, outside of the repository",
        to.shown()
    )
}

/// What git says of a path.
pub(super) enum BlobAnswer {
    /// The file has these bytes.
    File(Vec<u8>),
    /// There is no such file.
    Nothing,
    /// A link leads there, out of the repository.
    LeadsOut(String),
}

/// What git says of links that it follows, apart from their files (`git help cat-file`, "Batch output").
const LINKS: [&str; 4] = ["symlink", "dangling", "loop", "notdir"];

/// A process of git that is asked for files, one after the other.
pub(super) struct BlobReader {
    process: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl BlobReader {
    pub(super) fn start(top: &Path) -> anyhow::Result<Self> {
        let mut process = command(top, &["cat-file", "--batch", "--follow-symlinks"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let asked = process.stdin.take().context("it has no input")?;
        let answers = process.stdout.take().context("it has no output")?;
        Ok(Self {
            process,
            asked,
            answers: BufReader::new(answers),
        })
    }

    /// What git says of `object`.
    pub(super) fn blob(&mut self, object: &str) -> anyhow::Result<BlobAnswer> {
        self.asked.write_all(format!("{object}\n").as_bytes())?;
        let mut head = Vec::new();
        self.answers.read_until(b'\n', &mut head)?;
        let head = String::from_utf8_lossy(&head);
        let Some(head) = head.strip_suffix('\n') else {
            bail!("it has ended");
        };
        // What is not there is named as it was asked for, with its colon.
        let words: Vec<&str> = head.split(' ').collect();
        let (kind, size) = match words.as_slice() {
            [id, kind, size] if id.bytes().all(|digit| digit.is_ascii_hexdigit()) => (*kind, size),
            [kind, size] if LINKS.contains(kind) => (*kind, size),
            _ => return Ok(BlobAnswer::Nothing),
        };
        let Ok(size) = size.parse() else {
            return Ok(BlobAnswer::Nothing);
        };
        let mut bytes = vec![0; size];
        self.answers.read_exact(&mut bytes)?;
        self.answers.read_exact(&mut [0])?;
        Ok(match kind {
            "blob" => BlobAnswer::File(bytes),
            "symlink" => BlobAnswer::LeadsOut(String::from_utf8_lossy(&bytes).into_owned()),
            _ => BlobAnswer::Nothing,
        })
    }
}

impl Drop for BlobReader {
    fn drop(&mut self) {
        // It only reads, and waits for the next question.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What git prints, as somebody who commits.
    pub(in crate::files) fn run(folder: &Path, arguments: &[&str]) -> String {
        let user = ["-c", "user.name=n", "-c", "user.email=e"];
        let done = git(folder, &[&user[..], arguments].concat()).unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    #[test]
    fn files_are_what_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let run = |arguments: &[&str]| run(folder, arguments);
        run(&["init", "-q"]);
        let files: [(&str, &[u8]); 7] = [
            ("top.yml", b"top"),
            ("empty", b""),
            ("a b/c d.yml", b"ends with a line\n"),
            ("a b/e/gone.yml", b"one\ntwo\n"),
            ("a b/line\nbreak", b"odd"),
            ("binary", b"\0\xff\n"),
            ("x missing", b"there"),
        ];
        for (name, bytes) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        run(&["add", "-A"]);
        run(&["commit", "-q", "-m", "c"]);
        let at_commit = CommitFiles::new(&run(&["rev-parse", "HEAD"]));
        std::fs::remove_dir_all(folder.join("a b/e")).unwrap();
        std::fs::write(folder.join("top.yml"), "another").unwrap();
        std::fs::write(folder.join("new"), "new").unwrap();
        for _ in 0..2 {
            for (name, bytes) in files {
                let found = at_commit.bytes(&folder.join(name)).unwrap();
                assert_eq!(found.as_deref(), Some(bytes), "{name}");
            }
            for name in [
                "new",
                "a b",
                "none/at/all",
                "missing",
                "a b/e/../../../x",
                "..",
            ] {
                let found = at_commit.bytes(&folder.join(name)).unwrap();
                assert_eq!(found, None, "{name}");
            }
        }
        let through_others = folder.join("a b/e/../../none/../top.yml");
        let found = at_commit.text(&through_others).unwrap();
        assert_eq!(found.as_deref(), Some("top"));
        let why = at_commit.text(&folder.join("binary")).unwrap_err();
        assert!(why.to_string().contains("is not UTF-8"), "{why}");
        let readers = at_commit.readers.lock().unwrap();
        assert_eq!(readers.len(), 1);
        assert!(readers.values().all(Option::is_some));
    }

    #[test]
    #[cfg(unix)]
    fn links_lead_where_they_led() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let run = |arguments: &[&str]| run(folder, arguments);
        run(&["init", "-q"]);
        std::fs::create_dir_all(folder.join("a/b")).unwrap();
        std::fs::write(folder.join("a/b/file"), "text").unwrap();
        for (link, to) in [
            ("file", "a/b/file"),
            ("folder", "a/b"),
            ("a/up", "../file"),
            ("away", "/etc/hosts"),
            ("a/b/above", "../../../x"),
            ("nowhere", "a/none"),
            ("itself", "itself"),
        ] {
            std::os::unix::fs::symlink(to, folder.join(link)).unwrap();
        }
        run(&["add", "-A"]);
        run(&["commit", "-q", "-m", "c"]);
        let at_commit = CommitFiles::new(&run(&["rev-parse", "HEAD"]));
        std::fs::remove_file(folder.join("file")).unwrap();
        let read = |path: &str| at_commit.text(&folder.join(path));
        for (path, wanted) in [
            ("file", Some("text")),
            ("folder/file", Some("text")),
            ("a/up", Some("text")),
            ("nowhere", None),
            ("itself", None),
            ("file/x", None),
            ("folder", None),
        ] {
            assert_eq!(read(path).unwrap().as_deref(), wanted, "{path}");
        }
        for (path, to) in [("away", "/etc/hosts"), ("a/b/above", "../x")] {
            let why = read(path).unwrap_err().to_string();
            assert_eq!(why, leads_out(to), "{path}");
        }
    }

    #[test]
    fn a_process_that_ended_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        run(folder, &["init", "-q"]);
        std::fs::write(folder.join("f"), "text").unwrap();
        run(folder, &["add", "f"]);
        run(folder, &["commit", "-q", "-m", "c"]);
        let at_commit = CommitFiles::new(&run(folder, &["rev-parse", "HEAD"]));
        let read = || at_commit.text(&folder.join("f")).unwrap();
        assert_eq!(read().as_deref(), Some("text"));
        let mut readers = at_commit.readers.lock().unwrap();
        let process = &mut readers
            .values_mut()
            .next()
            .unwrap()
            .as_mut()
            .unwrap()
            .process;
        process.kill().unwrap();
        process.wait().unwrap();
        drop(readers);
        assert_eq!(read().as_deref(), Some("text"));
        assert_eq!(read().as_deref(), Some("text"));
    }
}
