//! Files that a command writes stay where the command line says.
//!
//! In: their paths. Out: nothing. Refuses a path that a link leads elsewhere: nobody would look there.

use std::path::{Component, Path};

use crate::command::shown;
use crate::diagnostic::Diagnostic;
use crate::files;
use crate::workspace::rules::UNSUITABLE_OUTPUT;

/// Refuses `path` if a link leads it out of its folder tree: the git repository, or what is below the current
/// folder.
///
/// # Errors
///
/// There is such a link.
pub(super) fn stay_in_tree(path: &Path) -> Result<(), Diagnostic> {
    // Of a path whose folders are not there yet, only those that are there can be links.
    let mut above = path.ancestors();
    let there = above.find(|one| one.exists() || one.is_symlink());
    // `..` is a folder elsewhere, and no link to it.
    let there =
        there.filter(|one| matches!(one.components().next_back(), Some(Component::Normal(_))));
    let Some((link, to)) = there.and_then(|one| files::link_out_of_tree(one, None)) else {
        return Ok(());
    };
    let message = format!(
        "`{}` would be written outside of the repository: `{}` is a link to `{}`",
        shown(path),
        shown(&link),
        shown(&to)
    );
    Err(Diagnostic::without_place(&UNSUITABLE_OUTPUT, message)
        .help("replace the link by a folder, or name the other folder with `--out-dir`"))
}
