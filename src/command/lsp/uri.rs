//! Files as a client names them.
//!
//! In: URIs and paths. Out: each as the other. Refuses URIs that name no file of this machine.

use std::path::{Path, PathBuf};

use crate::source::path::percent_encoded;

/// The path of a file URI.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn path_of(uri: &str) -> Result<PathBuf, String> {
    let refused = || format!("`{uri}` is not the URI of a file");
    let rest = uri.strip_prefix("file://").ok_or_else(refused)?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let text = rest.split(['?', '#']).next().unwrap_or_default();
    let path = decoded(text).ok_or_else(refused)?;
    if !path.starts_with('/') || path.contains('\0') {
        return Err(refused());
    }
    // `/C:/folder` on Windows.
    let drive = path.get(1..).filter(|rest| rest.get(1..2) == Some(":"));
    Ok(PathBuf::from(match drive {
        Some(rest) if cfg!(windows) => rest,
        _ => &path,
    }))
}

/// The URI of the file at `path`, which is absolute.
pub(super) fn uri_of(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if cfg!(windows) {
        format!("/{}", text.replace('\\', "/"))
    } else {
        text.into_owned()
    };
    format!("file://{}", percent_encoded(&text))
}

/// `text` without `%`.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{path_of, uri_of};
    use std::path::Path;

    #[test]
    fn a_path_comes_back() {
        for path in ["/a b/c%d.yml", "/ä/#1?.yml", "/x:y"] {
            assert_eq!(path_of(&uri_of(Path::new(path))).unwrap(), Path::new(path));
        }
        let same = path_of("file://localhost/a%20b").unwrap();
        assert_eq!(same, Path::new("/a b"));
    }

    #[test]
    fn only_files_have_a_path() {
        for uri in [
            "untitled:Untitled-1",
            "https://example.com/a.yml",
            "file://host/a.yml",
            "file:///a%0",
            "file:///a%zz",
            "file:///%ff",
            "file:///a%00b",
            "",
        ] {
            assert!(path_of(uri).is_err(), "{uri}");
        }
    }
}
