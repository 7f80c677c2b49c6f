//! The files that are open in the editor: they are read instead of those on the disk.
//!
//! In: texts by URI. Out: a [`Disk`] with them in front. Refuses what the disk refuses.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use crate::command::lsp::uri::uri_of;
use crate::files::{self, LocalDisk};
use crate::source::path::clean;
use crate::source::{Disk, ReadError};

/// One open file.
pub(super) struct Buffer {
    /// Its path, as shown.
    pub(super) path: PathBuf,
    /// The same without links.
    real: PathBuf,
    /// Its text.
    pub(super) text: String,
    /// Which version the client says that is.
    pub(super) version: Option<i64>,
}

/// The open files.
pub(super) struct Buffers {
    open: BTreeMap<String, Buffer>,
    by_real: HashMap<PathBuf, String>,
    /// The current folder, without links.
    here: PathBuf,
}

impl Buffers {
    /// None, for a server in the current folder.
    pub(super) fn new() -> Self {
        Self {
            open: BTreeMap::new(),
            by_real: HashMap::new(),
            here: files::real(Path::new(".")),
        }
    }

    /// Opens the file at `path`, or replaces its text.
    pub(super) fn put(&mut self, uri: &str, path: &Path, text: String, version: Option<i64>) {
        let real = files::real(path);
        let path = path.strip_prefix(&self.here).unwrap_or(path).to_owned();
        self.by_real.insert(real.clone(), uri.to_owned());
        let buffer = Buffer {
            path,
            real,
            text,
            version,
        };
        self.open.insert(uri.to_owned(), buffer);
    }

    /// Closes a file. Returns whether it was open.
    pub(super) fn remove(&mut self, uri: &str) -> bool {
        let Some(buffer) = self.open.remove(uri) else {
            return false;
        };
        if self.by_real.get(&buffer.real).is_some_and(|own| own == uri) {
            self.by_real.remove(&buffer.real);
        }
        true
    }

    /// An open file.
    pub(super) fn get(&self, uri: &str) -> Option<&Buffer> {
        self.open.get(uri)
    }

    /// How the client names the file at `path`.
    pub(super) fn uri(&self, path: &Path) -> String {
        let open = self.by_real.get(&files::real(path));
        open.cloned()
            .unwrap_or_else(|| uri_of(&clean(&self.here.join(path))))
    }

    fn text_of(&self, path: &Path) -> Option<&str> {
        let uri = self.by_real.get(&files::real(path))?;
        Some(self.open.get(uri)?.text.as_str())
    }
}

impl Disk for Buffers {
    fn text(&self, path: &Path) -> Result<String, ReadError> {
        match self.text_of(path) {
            Some(text) => Ok(text.to_owned()),
            None => LocalDisk.text(path),
        }
    }

    fn text_within(&self, path: &Path, limit: u64) -> Result<String, ReadError> {
        match self.text_of(path) {
            Some(text) if u64::try_from(text.len()).is_ok_and(|length| length <= limit) => {
                Ok(text.to_owned())
            }
            Some(_) => Err(ReadError::too_large(limit)),
            None => LocalDisk.text_within(path, limit),
        }
    }

    fn real(&self, path: &Path) -> PathBuf {
        LocalDisk.real(path)
    }
}
