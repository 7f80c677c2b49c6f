//! Your own partials for a template.
//!
//! In: a template, and the folder of `--partials` or `--write-partials`. Out: the partials in the folder that the template
//! names (`Definitions.DeployRoles.Partials`), or else in the flag's. Refuses a folder outside of the
//! template's folder tree, links out of it, and two different folders: which of them was meant is a
//! guess, and the wrong one changes what the roles may do.

use std::path::{Path, PathBuf};

use crate::arguments::partials_folder;
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::files::{self, LocalDisk};
use crate::source::path::{clean, folder_of};
use crate::source::{Disk, FileId, Span};
use crate::workspace::rules::{CONFLICTING_PARTIALS, OUTSIDE_PARTIALS};
use crate::workspace::sources;
use crate::yaml::lookup::Library;
use crate::yaml::rules::UNREADABLE;

/// The folder that the command line names.
#[derive(Clone, Copy, Debug)]
pub enum FolderFlag<'a> {
    /// None.
    Missing,
    /// That of `--partials`.
    Read(&'a Path),
    /// That of `--write-partials`, which may be missing or empty.
    Written(&'a Path),
}

impl<'a> FolderFlag<'a> {
    /// That of `--partials`, if it is given.
    pub fn read(folder: Option<&'a Path>) -> Self {
        folder.map_or(Self::Missing, Self::Read)
    }

    fn folder(self) -> Option<&'a Path> {
        match self {
            Self::Missing => None,
            Self::Read(folder) | Self::Written(folder) => Some(folder),
        }
    }
}

/// Reads the partials of the template that was read from a path (`None`: it could not be read), as
/// name and file.
///
/// # Errors
///
/// `outside-partials`, `conflicting-partials`, `wrong-type`, `invalid-value`, and what
/// [`sources::read_partials`] refuses.
pub fn read(
    library: &mut Library,
    template: (Option<FileId>, &Path),
    flag: FolderFlag<'_>,
) -> Result<Vec<(String, FileId)>> {
    read_from(&LocalDisk, library, template, flag)
}

/// Reads partials as [`read`] does; their texts are on `disk`.
///
/// # Errors
///
/// As [`read`].
pub fn read_from(
    disk: &dyn Disk,
    library: &mut Library,
    (template, path): (Option<FileId>, &Path),
    flag: FolderFlag<'_>,
) -> Result<Vec<(String, FileId)>> {
    let document = template.and_then(|template| library.documents.get(&template));
    let named = document.map(|document| partials_folder(library, document));
    match (named.transpose()?.flatten(), flag) {
        (None, FolderFlag::Missing) => Ok(Vec::new()),
        (None, FolderFlag::Read(folder)) => {
            sources::read_partials_if(disk, library, folder, &|_| Ok(()))
        }
        (None, FolderFlag::Written(folder)) => read_to_be_written(library, folder),
        (Some(named), flag) => {
            let beside = folder_of(library.sources.path(named.span.file));
            let folder = NamedFolder {
                path: clean(&beside.join(&named.value)),
                span: named.span,
                root: sources::root_of(disk, library, path),
            };
            folder.agrees_with(flag)?;
            folder.read(disk, library, flag)
        }
    }
}

/// Reads the partials of a folder that will be written to: none if it does not exist.
///
/// # Errors
///
/// What [`sources::read_partials`] refuses, except that a folder may be empty.
pub fn read_to_be_written(library: &mut Library, folder: &Path) -> Result<Vec<(String, FileId)>> {
    if folder.exists() {
        sources::read_any_partials(&LocalDisk, library, folder, &|_| Ok(()))
    } else {
        Ok(Vec::new())
    }
}

/// A folder that a template names.
struct NamedFolder {
    /// Its path, as seen from the current folder.
    path: PathBuf,
    /// Where it is named.
    span: Span,
    /// What it must be in.
    root: PathBuf,
}

impl NamedFolder {
    fn agrees_with(&self, flag: FolderFlag<'_>) -> Result<()> {
        match flag.folder() {
            Some(folder) if files::real(folder) != files::real(&self.path) => {
                Err(vec![self.conflicting(flag, folder)])
            }
            _ => Ok(()),
        }
    }

    fn read(
        &self,
        disk: &dyn Disk,
        library: &mut Library,
        flag: FolderFlag<'_>,
    ) -> Result<Vec<(String, FileId)>> {
        self.is_inside(&self.path)?;
        // An empty path is the current folder.
        let path = if self.path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &self.path
        };
        let is_written = matches!(flag, FolderFlag::Written(_));
        if is_written && !path.exists() {
            return Ok(Vec::new());
        }
        if !path.is_dir() {
            return Err(vec![self.not_a_folder()]);
        }
        let allowed = |partial: &Path| self.is_inside(partial);
        let found = if is_written {
            sources::read_any_partials(disk, library, path, &allowed)
        } else {
            sources::read_partials_if(disk, library, path, &allowed)
        };
        found.map_err(|problems| problems.into_iter().map(|one| self.placed(one)).collect())
    }

    /// A link does not lead out either.
    fn is_inside(&self, path: &Path) -> Result<()> {
        if files::real(path).starts_with(&self.root) {
            Ok(())
        } else {
            Err(vec![self.outside(path)])
        }
    }

    /// A problem of the folder, where the folder is named.
    fn placed(&self, problem: Diagnostic) -> Diagnostic {
        match problem.primary {
            Some(_) => problem,
            None => problem.at(self.span),
        }
    }

    fn shown(&self) -> String {
        self.path.shown()
    }

    fn not_a_folder(&self) -> Diagnostic {
        let folder = self.shown();
        let message = if self.path.exists() {
            format!("`{folder}` is not a folder")
        } else {
            format!("there is no folder `{folder}`")
        };
        Diagnostic::new(&UNREADABLE, self.span, message)
            .help("`Partials` is relative to the folder of the file that names it")
    }

    fn outside(&self, path: &Path) -> Diagnostic {
        let message = format!(
            "`{}` is outside the folder tree that partials are read from",
            path.shown()
        );
        Diagnostic::new(&OUTSIDE_PARTIALS, self.span, message).help(
            "that is the git repository of the template, or the current folder without one; to allow more, use `--include-root DIR`",
        )
    }

    fn conflicting(&self, flag: FolderFlag<'_>, folder: &Path) -> Diagnostic {
        let named = self.shown();
        let (option, help) = match flag {
            FolderFlag::Written(_) => (
                "--write-partials",
                format!("write to the folder that the template names: `--write-partials {named}`"),
            ),
            FolderFlag::Missing | FolderFlag::Read(_) => (
                "--partials",
                "omit `--partials`: the template names its folder in every command".to_owned(),
            ),
        };
        let message = format!(
            "the template names the partials in `{named}`, but `{option}` names `{}`",
            folder.shown()
        );
        Diagnostic::new(&CONFLICTING_PARTIALS, self.span, message).help(help)
    }
}
