//! Your own partials for a template.
//!
//! In: a template, and the folder of `--partials`. Out: the partials in the folder that the template
//! names (`Definitions.DeployRoles.Partials`), or else in the flag's. Refuses a folder outside of the
//! template's folder tree, links out of it, and two different folders: which of them was meant is a
//! guess, and the wrong one changes what the roles may do.

use std::path::{Path, PathBuf};

use crate::arguments::partials_folder;
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::files::{self, LocalDisk};
use crate::source::path::{clean, folder_of};
use crate::source::{FileId, Span};
use crate::workspace::rules::{CONFLICTING_PARTIALS, OUTSIDE_PARTIALS};
use crate::workspace::sources;
use crate::yaml::lookup::Library;
use crate::yaml::rules::UNREADABLE;

/// Reads the partials of the template that was read from a path (`None`: it could not be read), as
/// name and file. `flag` is the folder of `--partials`.
///
/// # Errors
///
/// `outside-partials`, `conflicting-partials`, `wrong-type`, `invalid-value`, and what
/// [`sources::read_partials`] refuses.
pub fn read(
    library: &mut Library,
    (template, path): (Option<FileId>, &Path),
    flag: Option<&Path>,
) -> Result<Vec<(String, FileId)>> {
    let document = template.and_then(|template| library.documents.get(&template));
    let named = document.map(|document| partials_folder(library, document));
    match (named.transpose()?.flatten(), flag) {
        (None, None) => Ok(Vec::new()),
        (None, Some(flag)) => sources::read_partials(library, flag),
        (Some(named), flag) => {
            let beside = folder_of(library.sources.path(named.span.file));
            let folder = NamedFolder {
                path: clean(&beside.join(&named.value)),
                span: named.span,
                root: sources::root_of(&LocalDisk, library, path),
            };
            folder.agrees_with(flag)?;
            folder.read(library)
        }
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
    fn agrees_with(&self, flag: Option<&Path>) -> Result<()> {
        match flag {
            Some(flag) if files::real(flag) != files::real(&self.path) => {
                Err(vec![self.conflicting(flag)])
            }
            _ => Ok(()),
        }
    }

    fn read(&self, library: &mut Library) -> Result<Vec<(String, FileId)>> {
        self.is_inside(&self.path)?;
        // An empty path is the current folder.
        let path = if self.path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &self.path
        };
        if !path.is_dir() {
            return Err(vec![self.not_a_folder()]);
        }
        let found = sources::read_partials_if(library, path, &|partial| self.is_inside(partial));
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
            None => Diagnostic {
                primary: Diagnostic::new(problem.rule, self.span, "").primary,
                ..problem
            },
        }
    }

    fn shown(&self) -> String {
        shown(&self.path)
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
            shown(path)
        );
        Diagnostic::new(&OUTSIDE_PARTIALS, self.span, message).help(
            "that is the git repository of the template, or the current folder without one; to allow more, use `--include-root DIR`",
        )
    }

    fn conflicting(&self, flag: &Path) -> Diagnostic {
        let message = format!(
            "the template names the partials in `{}`, but `--partials` names `{}`",
            self.shown(),
            shown(flag)
        );
        Diagnostic::new(&CONFLICTING_PARTIALS, self.span, message)
            .help("omit `--partials`: the template names its folder in every command")
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string().shown()
}
