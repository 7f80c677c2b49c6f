//! Disk, standard input, environment and git: the only place that touches them.
//!
//! In: paths. Out: texts, paths that are there, and written files. It moves bytes, and knows
//! neither YAML nor checksums: its callers do. Refuses nothing else than the disk does. A file is
//! written completely or not at all: to a temporary file next to it, which is then renamed.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the place that touches the disk"
)]

mod commit;
mod disguised;
mod find;
mod git;
mod links;
mod marked;
mod naming;
mod path;
mod read;
mod write;

pub use commit::{CommitFiles, leads_out};
pub use find::{
    SearchError, UnreadFolder, below, find_templates, is_repository, link_out_of_tree, names_in,
    output_of, repository_above, searched_folders, templates_at_hand, tree, with_default,
    yaml_files,
};
pub use git::{Named, named, templates_at};
pub use links::{FileLink, Submodule, led};
pub use marked::{FoundFiles, MarkedLinks, Marks, files_with};
pub use naming::NamedFiles;
pub use path::{STANDARD, dangling, moved, real, relative};
pub use read::{
    LocalDisk, bytes, input, read_chunks, standard_input, start, text, text_if_any, typed_line,
};
pub use write::{
    FileAppeared, Pending, create_all, is_temporary, prepare, prepare_long, write_text,
};

pub use crate::source::Disk;

/// Whether color is wanted on a stream that is a terminal: not with `NO_COLOR`.
pub fn color_allowed() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether somebody looks at what is drawn on standard error: a terminal that takes more than lines, and not
/// that of CI.
pub fn can_draw() -> bool {
    use std::io::IsTerminal as _;
    let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    std::io::stderr().is_terminal() && color_allowed() && !is_ci
}

/// How many columns the terminal of standard error has, if it says so.
pub fn columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(std::io::stderr())?;
    Some(usize::from(width.0))
}

/// Whether somebody can be asked: standard input and standard error are a terminal.
pub fn can_ask() -> bool {
    use std::io::IsTerminal as _;
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}
