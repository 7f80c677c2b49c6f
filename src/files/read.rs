//! Texts and bytes of the disk.
//!
//! In: paths. Out: what is in the files. Refuses folders, devices, files that are too large, and
//! texts that are not UTF-8.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::source::{Disk, Obstacle, ReadError};

/// The most bytes that a file may have.
const SIZE_LIMIT: u64 = 1 << 30;

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn text(&self, path: &Path) -> Result<String, ReadError> {
        text(path)
    }

    fn text_within(&self, path: &Path, limit: u64) -> Result<String, ReadError> {
        text_up_to(path, limit)
    }

    fn real(&self, path: &Path) -> PathBuf {
        super::path::real(path)
    }
}

/// The text of the file at `path`.
///
/// # Errors
///
/// Why it cannot be read.
pub fn text(path: &Path) -> Result<String, ReadError> {
    text_up_to(path, SIZE_LIMIT)
}

fn text_up_to(path: &Path, limit: u64) -> Result<String, ReadError> {
    let metadata = std::fs::metadata(path).map_err(|error| failed(path, &error))?;
    if metadata.is_dir() {
        return Err(ReadError::new(Obstacle::Folder, "it is a folder"));
    }
    if !metadata.is_file() {
        return Err(other(path, "it is not a regular file"));
    }
    if metadata.len() > limit {
        return Err(ReadError::too_large(limit));
    }
    let bytes = std::fs::read(path).map_err(|error| failed(path, &error))?;
    utf_8(bytes)
}

fn utf_8(bytes: Vec<u8>) -> Result<String, ReadError> {
    String::from_utf8(bytes)
        .map_err(|error| ReadError::not_utf_8(error.as_bytes(), error.utf8_error().valid_up_to()))
}

/// The bytes of the file at `path`, or of standard input for `-`; a pipe will do.
///
/// # Errors
///
/// Why it cannot be read; more than `most` bytes.
pub fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, ReadError> {
    let cannot = |error: std::io::Error| failed(path, &error);
    let mut bytes = Vec::new();
    let read = if path == Path::new(super::path::STANDARD) {
        std::io::stdin().take(most + 1).read_to_end(&mut bytes)
    } else if path.is_dir() {
        return Err(other(path, "it is a folder"));
    } else {
        let file = std::fs::File::open(path).map_err(cannot)?;
        file.take(most + 1).read_to_end(&mut bytes)
    };
    read.map_err(cannot)?;
    if bytes.len() as u64 > most {
        return Err(other(path, &format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

/// The text of the file at `path`; `None` if there is no file.
///
/// # Errors
///
/// Why it cannot be read.
pub fn text_if_any(path: &Path) -> Result<Option<String>, ReadError> {
    if path.exists() {
        text(path).map(Some)
    } else {
        Ok(None)
    }
}

/// Gives the bytes of the file at `path` to `sink`, in order. Returns whether there is a file.
///
/// # Errors
///
/// Why it cannot be read.
pub fn read_chunks(path: &Path, sink: &mut dyn FnMut(&[u8])) -> Result<bool, ReadError> {
    if !path.exists() {
        return Ok(false);
    }
    if !path.is_file() {
        return Err(other(path, "it is not a regular file"));
    }
    let cannot = |error: std::io::Error| failed(path, &error);
    let mut file = std::fs::File::open(path).map_err(cannot)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer).map_err(cannot)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(true);
        }
        sink(bytes);
    }
}

/// The first bytes of the file at `path`, at most `most`.
///
/// # Errors
///
/// Why it cannot be read.
pub fn start(path: &Path, most: usize) -> Result<Vec<u8>, ReadError> {
    let cannot = |error: std::io::Error| failed(path, &error);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(cannot)?;
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut bytes).map_err(cannot)?;
    Ok(bytes)
}

/// All of standard input.
///
/// # Errors
///
/// Why it cannot be read.
pub fn standard_input() -> Result<String, ReadError> {
    let mut bytes = Vec::new();
    match std::io::stdin().read_to_end(&mut bytes) {
        Ok(_) => utf_8(bytes),
        Err(error) => Err(ReadError::new(Obstacle::Other, plain(&error))),
    }
}

/// The next line of standard input, without the end of the line; `None` at its end.
///
/// # Errors
///
/// It cannot be read.
pub fn typed_line() -> std::io::Result<Option<String>> {
    let mut line = String::new();
    let count = std::io::stdin().read_line(&mut line)?;
    Ok((count > 0).then(|| line.trim().to_owned()))
}

/// Standard input, message by message.
pub fn input() -> impl std::io::BufRead + Send {
    std::io::BufReader::new(std::io::stdin())
}

pub(super) fn failed(path: &Path, error: &std::io::Error) -> ReadError {
    other(path, &plain(error))
}

fn other(path: &Path, reason: &str) -> ReadError {
    let obstacle = if path.exists() {
        Obstacle::Other
    } else {
        Obstacle::Missing
    };
    ReadError::new(obstacle, reason)
}

/// The error without the operating system's number.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or_default()
        .to_lowercase()
}
