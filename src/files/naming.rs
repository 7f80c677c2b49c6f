//! Files that name others.
//!
//! In: files that were found, and what others name. Out: those that name a file that was found, and those that name
//! these. Refuses nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::source::path::{clean, folder_of};

/// What a part of a file names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedFiles {
    /// The paths of files as seen from its folder.
    pub paths: Vec<String>,
    /// Whether it may name a file in another way; then it contains its name without folders.
    pub others: bool,
}

/// Files that may name others, and do not name one that was found so far.
#[derive(Default)]
pub(super) struct NamingFiles {
    files: Vec<NamingFile>,
}

/// A file that may name others.
struct NamingFile {
    path: PathBuf,
    /// The files that it names.
    named: Vec<PathBuf>,
    /// Whether it may also name files in another way.
    others: bool,
}

/// The files that were found last.
pub(super) struct NewFiles {
    pub(super) paths: BTreeSet<PathBuf>,
    /// Their names, as far as these were not asked for.
    pub(super) names: Vec<String>,
    /// All of their names, in lowercase.
    lowercase: BTreeSet<String>,
}

impl NewFiles {
    /// Whether a file with the name of the one at `path`, whatever its case, was found.
    pub(super) fn has_name_of(&self, path: &Path) -> bool {
        self.lowercase.contains(&name_of(path).to_lowercase())
    }
}

impl NamingFiles {
    /// Adds the file at `path`, which names these.
    pub(super) fn add(&mut self, path: PathBuf, named: NamedFiles) {
        let folder = folder_of(&path);
        let paths = named.paths.iter();
        self.files.push(NamingFile {
            named: paths.map(|own| clean(&folder.join(own))).collect(),
            others: named.others,
            path,
        });
    }

    /// Takes out the files that name one that `is_new`, or that may name any and contain the name of a new one.
    pub(super) fn taken(
        &mut self,
        is_new: impl Fn(&Path) -> bool,
        mut has_name: impl FnMut(&Path) -> bool,
    ) -> Vec<PathBuf> {
        let taken = self.files.extract_if(.., |file| {
            file.named.iter().any(|path| is_new(path)) || file.others && has_name(&file.path)
        });
        taken.map(|file| file.path).collect()
    }
}

/// `found` with the files that `naming` finds by those that were found last.
pub(super) fn with_those_that_name(
    mut found: Vec<PathBuf>,
    mut naming: impl FnMut(&NewFiles) -> Vec<PathBuf>,
) -> Vec<PathBuf> {
    let mut known: BTreeSet<PathBuf> = found.iter().cloned().collect();
    let mut asked: BTreeSet<String> = BTreeSet::new();
    let mut new = known.clone();
    while !new.is_empty() {
        let names = new.iter().map(|path| name_of(path));
        let lowercase = names.clone().map(|name| name.to_lowercase()).collect();
        let names = names.filter(|name| asked.insert(name.clone())).collect();
        let more = naming(&NewFiles {
            paths: new,
            names,
            lowercase,
        });
        new = more
            .into_iter()
            .filter(|path| known.insert(path.clone()))
            .collect();
        found.extend(new.iter().cloned());
    }
    found
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
