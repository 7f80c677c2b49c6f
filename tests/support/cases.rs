//! Cases that are folders, each with what is expected of it in `expected.txt`.

use std::path::{Path, PathBuf};

/// The cases of `tests/<name>`, sorted. There are at least so many; fewer, and some were lost.
pub(crate) fn cases(name: &str, least: usize) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name);
    let entries = std::fs::read_dir(root).unwrap();
    let mut cases: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() >= least, "only {} cases", cases.len());
    cases
}

/// What was found, if `case` expects something else. With `SNAPSHOTS=overwrite`, it expects this from now on.
pub(crate) fn unexpected(case: &Path, found: &str) -> Option<String> {
    let path = case.join("expected.txt");
    if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
        std::fs::write(path, found).unwrap();
        return None;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    (found != expected).then(|| format!("{}:\n{found}", case.display()))
}
