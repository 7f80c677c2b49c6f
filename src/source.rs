//! Source files, locations in them, and where they are read from.

mod encoding;
pub mod path;

use std::path::{Path, PathBuf};

use encoding::{OtherText, other_text};

/// Which file of a [`Sources`] a [`Span`] points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file that holds the bytes.
    pub file: FileId,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span of `start..end` in `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start, end }
    }

    /// Whether `other` lies wholly inside this span.
    pub fn contains(&self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// `text` with every CR LF as LF.
pub fn with_line_feeds(text: String) -> String {
    if text.contains('\r') {
        text.replace("\r\n", "\n")
    } else {
        text
    }
}

/// A value and where it was written. Equality is that of the value.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written; for a default, the macro's tag.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `value`, written at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// A line and a column, both counted from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One text that was read: a template, an organization, an included file or a partial.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as the user would write it; shown in diagnostics.
    pub path: PathBuf,
    /// The whole text, byte order mark included.
    pub text: String,
}

impl SourceFile {
    /// The line and column of byte `at`. A byte past the end gives the end of the text.
    pub fn position(&self, at: usize) -> Position {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = self.text.get(..at).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let column_text = before.get(line_start..).unwrap_or_default();
        let bom = usize::from(line_start == 0 && column_text.starts_with('\u{feff}'));
        Position {
            line: before.bytes().filter(|b| *b == b'\n').count() + 1,
            column: column_text.chars().count() - bom + 1,
        }
    }
}

/// Where texts are read from: the disk, or other texts in front of it.
pub trait Disk {
    /// The text at `path`.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn text(&self, path: &Path) -> std::result::Result<String, ReadError>;

    /// The text at `path`, unless it has more than `limit` bytes.
    ///
    /// # Errors
    ///
    /// Why it cannot be read, or that it is too large.
    fn text_within(&self, path: &Path, limit: u64) -> std::result::Result<String, ReadError> {
        let text = self.text(path)?;
        let is_within = u64::try_from(text.len()).is_ok_and(|length| length <= limit);
        is_within
            .then_some(text)
            .ok_or_else(|| ReadError::too_large(limit))
    }

    /// `path` without links, to tell whether two paths mean one file. A link that leads to no file
    /// yet is followed also.
    fn real(&self, path: &Path) -> PathBuf;
}

/// The file or folder on the way to `path` that is a link out of `root`, and where it leads. `root`
/// is a folder without links.
pub fn link_out(disk: &dyn Disk, path: &Path, root: &Path) -> Option<(PathBuf, PathBuf)> {
    let mut ways: Vec<&Path> = path.ancestors().collect();
    ways.reverse();
    ways.into_iter().find_map(|way| {
        let name = way.file_name()?;
        let folder = way.parent().filter(|folder| !folder.as_os_str().is_empty());
        let real = disk.real(way);
        let is_link = disk.real(folder.unwrap_or(Path::new("."))).join(name) != real;
        (is_link && !real.starts_with(root)).then(|| (way.to_owned(), real))
    })
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Why it cannot be read.
    pub obstacle: Obstacle,
    /// What is wrong with it, for "cannot read `x`: ...".
    pub reason: String,
    /// What can be shown of it, if it is not UTF-8.
    other: Option<OtherText>,
}

impl ReadError {
    /// There is an obstacle, for this reason.
    pub fn new(obstacle: Obstacle, reason: impl Into<String>) -> Self {
        Self {
            obstacle,
            reason: reason.into(),
            other: None,
        }
    }

    /// The `bytes` of the file are not UTF-8 at the byte `at`.
    pub fn not_utf_8(bytes: &[u8], at: usize) -> Self {
        let (reason, other) = other_text(bytes, at);
        Self {
            other: Some(other),
            ..Self::new(Obstacle::Encoding, reason)
        }
    }

    /// The file has more than `limit` bytes.
    pub fn too_large(limit: u64) -> Self {
        let reason = format!("it has more than {limit} bytes");
        Self::new(Obstacle::TooLarge, reason)
    }
}

/// Why a file cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The file does not exist.
    Missing,
    /// It is a folder.
    Folder,
    /// It has too many bytes.
    TooLarge,
    /// It is not UTF-8.
    Encoding,
    /// It is there, and cannot be read for another reason.
    Other,
}

/// Every file that one run has read, in the order of reading.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and returns its id.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> FileId {
        self.files.push(SourceFile {
            path: path.into(),
            text: text.into(),
        });
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// Where the file at `path` could not be read, which it is added for; `None` if nothing of it can
    /// be shown.
    pub fn place(&mut self, path: impl Into<PathBuf>, error: &ReadError) -> Option<Span> {
        let other = error.other.as_ref()?;
        let file = self.add(path, other.text.as_str());
        Some(Span::new(file, other.at, other.at))
    }

    /// The file of `id`, or `None` for an id of other sources.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(usize::try_from(id.0).ok()?)
    }

    /// Every file, in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// The text of `id`; empty for an id of other sources.
    pub fn text(&self, id: FileId) -> &str {
        self.get(id).map_or("", |file| file.text.as_str())
    }

    /// The path of `id`; empty for an id of other sources.
    pub fn path(&self, id: FileId) -> &Path {
        self.get(id)
            .map_or(Path::new(""), |file| file.path.as_path())
    }
}
