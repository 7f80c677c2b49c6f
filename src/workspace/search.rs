//! The templates of the command line, or why there are none.
//!
//! In: paths of the command line. Out: the files in them. Refuses a folder without a template, and one that cannot
//! be read: nobody knows what is in it.

use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, Shown as _};
use crate::files::{self, SearchError, UnreadFolder};
use crate::source::path::clean;
use crate::workspace::rules::NO_TEMPLATE;
use crate::yaml::rules::UNREADABLE;

/// The templates of the arguments, as [`files::find_templates`] finds them.
///
/// # Errors
///
/// A folder without templates, or one that cannot be read.
pub fn find_templates(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Diagnostic> {
    files::find_templates(arguments).map_err(|error| match error {
        SearchError::NoTemplate(folder) => {
            let shown = folder.shown();
            let message = format!("no template with macros (`*.src.yml`) in `{shown}`");
            Diagnostic::without_place(&NO_TEMPLATE, message).help("`deploy-roles init` writes one")
        }
        SearchError::Unread(folder) => unread(&folder),
    })
}

/// Every file that ends in `.yml` or `.yaml` in the folders of the arguments.
///
/// # Errors
///
/// A folder that cannot be read.
pub fn yaml_files(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Diagnostic> {
    files::yaml_files(arguments).map_err(|folder| unread(&folder))
}

fn unread(folder: &UnreadFolder) -> Diagnostic {
    let mut path = clean(&folder.path);
    if path.as_os_str().is_empty() {
        path.push(".");
    }
    let shown = path.shown();
    let message = format!("cannot read the folder `{shown}`: {}", folder.error.reason);
    Diagnostic::without_place(&UNREADABLE, message)
        .help("templates may be in it: change its permissions, or name the files and folders of your templates")
}
