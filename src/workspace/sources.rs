//! What a run reads, as diagnostics or as trees.
//!
//! In: paths. Out: templates with everything that they include, partials, and what outputs hold.
//! Refuses what cannot be read.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Problems, Result, Shown as _};
use crate::expand::checksum::{Checker, Seen};
use crate::files::{self, LocalDisk, STANDARD};
use crate::partials::rules::BROKEN_PARTIAL;
use crate::source::path::{clean, folder_of};
use crate::source::{Disk, FileId, Obstacle, ReadError};
use crate::yaml::include;
use crate::yaml::lookup::Library;
use crate::yaml::rules::UNREADABLE;

/// Reads a template (or standard input, for `-`) with everything that it includes.
///
/// # Errors
///
/// `unreadable`, and what [`include::load`] refuses.
pub fn read_template(library: &mut Library, path: &Path) -> Result<FileId> {
    read_template_from(&LocalDisk, library, path)
}

/// Reads a template as [`read_template`] does; its files are on `disk`.
///
/// # Errors
///
/// As [`read_template`].
pub fn read_template_from(disk: &dyn Disk, library: &mut Library, path: &Path) -> Result<FileId> {
    let is_standard = path == Path::new(STANDARD);
    let text = if is_standard {
        files::standard_input()
    } else {
        disk.text(path)
    };
    let shown = if is_standard {
        PathBuf::from("<stdin>")
    } else {
        clean(path)
    };
    let text = text.map_err(|error| vec![unread(library, &shown, (path, &error))])?;
    let file = library.sources.add(shown, text);
    let root = root_of(disk, library, path);
    library.read.insert(disk.real(path), file);
    include::load(library, disk, (file, path), &root)?;
    Ok(file)
}

/// The folder that the template at `path` is read from, with all that it names: without links.
pub(crate) fn root_of(disk: &dyn Disk, library: &Library, path: &Path) -> PathBuf {
    match &library.include_root {
        Some(root) => disk.real(root),
        None => files::tree(&folder_of(path)),
    }
}

/// Reads every partial (`*.hbs`) below `folder`, as name (its path without `.hbs`) and file.
///
/// # Errors
///
/// `unreadable`, `broken-partial` for a folder without any partial.
pub fn read_partials(library: &mut Library, folder: &Path) -> Result<Vec<(String, FileId)>> {
    read_partials_if(&LocalDisk, library, folder, &|_| Ok(()))
}

/// Reads partials as [`read_partials`] does, each of which `allowed` may refuse by its path; their
/// texts are on `disk`.
pub(crate) fn read_partials_if(
    disk: &dyn Disk,
    library: &mut Library,
    folder: &Path,
    allowed: &dyn Fn(&Path) -> Result<()>,
) -> Result<Vec<(String, FileId)>> {
    let found = read_any_partials(disk, library, folder, allowed)?;
    if found.is_empty() {
        return Err(vec![no_partials(folder)]);
    }
    Ok(found)
}

/// Reads partials as [`read_partials_if`] does, of a folder that may have none.
pub(crate) fn read_any_partials(
    disk: &dyn Disk,
    library: &mut Library,
    folder: &Path,
    allowed: &dyn Fn(&Path) -> Result<()>,
) -> Result<Vec<(String, FileId)>> {
    let paths =
        files::below(folder).map_err(|unread| vec![unreadable(&unread.path, &unread.error)])?;
    let mut found = Vec::new();
    let mut problems = Problems::default();
    let is_partial = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "hbs");
    for path in paths.iter().filter(is_partial) {
        if problems.keep(allowed(path)).is_none() {
            continue;
        }
        let name = path.strip_prefix(folder).unwrap_or(path).with_extension("");
        let name = name.to_string_lossy().replace('\\', "/");
        match disk.text(path) {
            Ok(text) => {
                let file = library.sources.add(path, text);
                library.read.insert(disk.real(path), file);
                found.push((name, file));
            }
            Err(error) => problems.push(unread(library, path, (path, &error))),
        }
    }
    problems.finish(found)
}

fn no_partials(folder: &Path) -> Diagnostic {
    let message = format!("`{}` has no partials", folder.display());
    Diagnostic::without_place(&BROKEN_PARTIAL, message).help(
        "put partials there, such as `services/lambda.hbs`; a file with the name of a built-in one replaces it",
    )
}

/// What `output` contains now; `None` if there is no file.
///
/// # Errors
///
/// `unreadable`.
pub(crate) fn previous(output: &Path) -> Result<Option<Seen>> {
    let mut checker = Checker::default();
    let is_there = files::read_chunks(output, &mut |bytes| checker.update(bytes));
    let is_there = is_there.map_err(|error| vec![unreadable(output, &error)])?;
    Ok(is_there.then(|| checker.finish()))
}

/// The text of `output`; `None` if there is no file.
///
/// # Errors
///
/// `unreadable`.
pub(crate) fn previous_text(output: &Path) -> Result<Option<String>> {
    files::text_if_any(output).map_err(|error| vec![unreadable(output, &error)])
}

/// The problem with a file that is read for its text, at its place in it if that can be shown.
fn unread(library: &mut Library, shown: &Path, (path, error): (&Path, &ReadError)) -> Diagnostic {
    let problem = unreadable(path, error);
    match library.sources.place(shown, error) {
        Some(span) => problem.at(span),
        None => problem,
    }
}

fn unreadable(path: &Path, error: &ReadError) -> Diagnostic {
    if let Some(target) = files::dangling(path) {
        let message = format!(
            "cannot read `{}`: it is a link to `{}`, which leads to no file",
            path.shown(),
            target.shown()
        );
        return Diagnostic::without_place(&UNREADABLE, message)
            .help("delete the link, or create the file that it names");
    }
    let message = format!("cannot read `{}`: {}", path.display(), error.reason);
    Diagnostic::without_place(&UNREADABLE, message).help(match error.obstacle {
        Obstacle::Encoding => "save it as UTF-8",
        Obstacle::Missing | Obstacle::Folder | Obstacle::TooLarge | Obstacle::Other => {
            "check the path and its permissions"
        }
    })
}
