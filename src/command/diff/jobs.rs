//! The jobs of a comparison, some of whose templates may be gone.
//!
//! In: the arguments. Out: the jobs of the templates that are there. Refuses arguments that have no template now, and
//! had none at the revision that is compared with.

use std::path::PathBuf;

use crate::cli::Diff;
use crate::command::diff::present::older;
use crate::command::{Streams, jobs_or_orphans};
use crate::files;
use crate::source::path::clean;
use crate::workspace::Job;

/// The jobs of the arguments, without folders and files of which nothing is left but what the revision had: that is
/// compared as gone. Errors are shown; returns how many there are.
pub(in crate::command) fn jobs_there(
    arguments: &Diff,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Result<Vec<Job>, usize>> {
    let is_there = |path: &PathBuf| path.exists() || path.is_symlink();
    let mut gone = older(arguments)?;
    gone.retain(|path| !is_there(path));
    let mut input = arguments.input.clone();
    input.templates = files::with_default(&input.templates);
    input.templates.retain(|path| {
        let one = std::slice::from_ref(path);
        let was_there = gone.iter().any(|gone| gone.starts_with(clean(path)));
        let has_templates = || {
            let found = files::find_templates(one);
            found.is_ok_and(|found| found.iter().any(is_there))
        };
        // Why a folder cannot be searched is an error of its own.
        !was_there || has_templates() || files::yaml_files(one).is_err()
    });
    if input.templates.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    jobs_or_orphans(&input, &arguments.output, streams)
}
