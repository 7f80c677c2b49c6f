//! The files that OrgFormation reads for the output of a template.
//!
//! In: where an output is. Out: a [`SideCache`] with the files of its repository, as they are or as they
//! were at a commit. Refuses a file outside of the repository.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use anyhow::bail;

use crate::cli::Input;
use crate::files::{self, CommitFiles, FoundFiles, MarkedLinks, Marks, leads_out};
use crate::source::path::{clean, folder_of};
use crate::workspace::closure::SideFiles;
use crate::workspace::exports::{EXPORT_MARKS, OUTPUT_MARKS, SideExports};
use crate::workspace::naming::{INCLUDES, named};
use crate::workspace::tasks::{MARKS, TaskFiles};

/// The folder that the files included by the output at `path` must be in.
pub(crate) fn root(input: &Input, path: &Path) -> PathBuf {
    match &input.with.include_root {
        Some(root) => files::real(root),
        None => files::tree(&folder_of(path)),
    }
}

/// The files of all sides of a run, each of which is read once.
#[derive(Default)]
pub(crate) struct SideCache {
    sides: HashMap<SideKey, OneSide>,
    /// Where tasks files are being looked for.
    searches: HashMap<SideKey, JoinHandle<FoundFiles>>,
    commits: HashMap<String, Arc<CommitFiles>>,
}

/// The folder that the files of a side are in, and its commit, if it is not the working tree.
type SideKey = (PathBuf, Option<String>);

/// The files of one side.
pub(crate) struct OneSide {
    pub(crate) files: SideFiles<'static>,
    pub(crate) tasks: TaskFiles,
    /// What its stacks export, read when it is asked for.
    exports: OnceCell<SideExports>,
    /// The same with all outputs.
    outputs: OnceCell<SideExports>,
}

impl SideCache {
    /// Looks for the tasks files of the repositories that `input` is in while other work is done.
    pub(crate) fn foresee_of(&mut self, input: &Input) {
        for argument in files::with_default(&input.templates) {
            // Where it is, as far as that can be told before templates are looked for.
            let path = if argument.is_dir() {
                argument.join("any.yml")
            } else {
                argument
            };
            let root = root(input, &path);
            if files::is_repository(&root) {
                self.foresee(&root, None);
            }
        }
    }

    /// Looks for the tasks files below `root` while other work is done, as [`Self::side`] will ask for them.
    pub(crate) fn foresee(&mut self, root: &Path, commit: Option<&str>) {
        let key = (root.to_owned(), commit.map(str::to_owned));
        if self.sides.contains_key(&key) || self.searches.contains_key(&key) {
            return;
        }
        let searched = key.clone();
        // Without a thread, the search is made when it is asked for.
        if let Ok(search) = Builder::new().spawn(move || task_files(&searched)) {
            self.searches.insert(key, search);
        }
    }

    /// The files of the repository as they were at `commit`.
    pub(crate) fn at_commit(&mut self, commit: &str) -> Arc<CommitFiles> {
        let files = self.commits.entry(commit.to_owned());
        Arc::clone(files.or_insert_with(|| Arc::new(CommitFiles::new(commit))))
    }

    /// The files below `root` as they are, or as they were at `commit`.
    pub(crate) fn side(&mut self, root: &Path, commit: Option<&str>) -> &OneSide {
        let at_commit = commit.map(|commit| self.at_commit(commit));
        let key = (root.to_owned(), commit.map(str::to_owned));
        let search = self.searches.remove(&key);
        // What is called in another way and is what it was is not looked for at the commit.
        let present = (root.to_owned(), None);
        let present = self.sides.get(&present).filter(|_| commit.is_some());
        let present = present.map(|side| {
            let submodules = side.tasks.submodules().to_vec();
            (side.tasks.paths().to_vec(), submodules)
        });
        self.sides.entry(key).or_insert_with_key(|key| {
            let root = key.0.clone();
            let mut tasks = match search {
                Some(search) => search.join().unwrap_or_else(|panic| resume_unwind(panic)),
                None => task_files(key),
            };
            if let Some((paths, submodules)) = present {
                tasks.paths.extend(paths);
                // What has no tasks is passed over on both sides.
                tasks.submodules.retain(|own| {
                    let mut known = submodules.iter();
                    !own.path.exists() || known.any(|known| known.path == own.path)
                });
            }
            tasks.paths.sort();
            tasks.paths.dedup();
            let tasks = TaskFiles::new(tasks);
            let files = if let Some(files) = at_commit {
                let of_bytes = Arc::clone(&files);
                SideFiles::new(
                    move |path: &Path| files.text(path),
                    move |path: &Path| of_bytes.bytes(path),
                )
            } else {
                let of_bytes = root.clone();
                SideFiles::new(
                    move |path: &Path| text_below(&root, path),
                    move |path: &Path| bytes_below(&of_bytes, path),
                )
            };
            OneSide {
                files,
                tasks,
                exports: OnceCell::new(),
                outputs: OnceCell::new(),
            }
        })
    }
}

impl SideCache {
    /// What the stacks export of the files below `root` as they are, and as they were at `commit`.
    pub(crate) fn exports(&mut self, root: &Path, commit: Option<&str>) -> [&SideExports; 2] {
        self.of_stacks((root, commit), &EXPORT_MARKS, |side| &side.exports)
    }

    /// The same with the outputs that are not exported.
    pub(crate) fn outputs(&mut self, root: &Path, commit: Option<&str>) -> [&SideExports; 2] {
        self.of_stacks((root, commit), &OUTPUT_MARKS, |side| &side.outputs)
    }

    fn of_stacks(
        &mut self,
        (root, commit): (&Path, Option<&str>),
        marks: &[&str],
        cell: fn(&OneSide) -> &OnceCell<SideExports>,
    ) -> [&SideExports; 2] {
        let keys = [None, commit].map(|commit| (root.to_owned(), commit.map(str::to_owned)));
        for (_, commit) in &keys {
            self.side(root, commit.as_deref());
        }
        let paths = OnceCell::new();
        let all = || -> Vec<PathBuf> {
            let keys = keys
                .iter()
                .flat_map(|key| marked_files(key, marks, MarkedLinks::None).paths);
            let all: BTreeSet<PathBuf> = keys.collect();
            all.into_iter().collect()
        };
        keys.each_ref().map(|key| {
            let side = self.sides.get(key);
            side.map_or(const { &SideExports::NONE }, |side| {
                cell(side).get_or_init(|| {
                    let paths = paths.get_or_init(all);
                    SideExports::of(paths, &side.files, &side.tasks)
                })
            })
        })
    }
}

/// The files of a side that may be tasks files.
fn task_files(key: &SideKey) -> FoundFiles {
    marked_files(key, &MARKS, MarkedLinks::Followed)
}

/// The files of a side with one of these words.
fn marked_files((root, commit): &SideKey, words: &[&str], links: MarkedLinks) -> FoundFiles {
    let marks = Marks {
        words,
        naming: INCLUDES,
        named,
        links,
    };
    files::files_with(root, &marks, commit.as_deref())
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
        if let Ok(to) = path.read_link() {
            // As git says it of a commit.
            let below = folder_of(path);
            let below = below.strip_prefix(root).unwrap_or(&below);
            let to = clean(&below.join(to));
            bail!("{}", leads_out(&to.display().to_string()));
        }
        bail!("`{}` is outside of the repository", path.display());
    }
    Ok(())
}
