//! What an output is compared with: itself as it stands, a file, or itself at a git revision.
//!
//! In: a job and `--against`. Out: a text, and what it is. Refuses what is neither a file nor a
//! revision.

use std::path::Path;

use anyhow::Context as _;

use super::shown;
use crate::cli::Diff;
use crate::command::Job;
use crate::files;
use crate::model::diagnostic::Diagnostic;

/// The text to compare with, and what it is where it is not the output as it stands.
pub(super) fn previous(
    job: &Job,
    arguments: &Diff,
) -> anyhow::Result<(Option<String>, Option<String>)> {
    let Some(against) = &arguments.against else {
        let output = job
            .output
            .as_deref()
            .context("say what to compare with: `--against FILE`")?;
        return Ok((
            files::previous_text(output).map_err(|found| said(&found))?,
            None,
        ));
    };
    if Path::new(against).is_file() {
        let text = files::previous_text(Path::new(against)).map_err(|found| said(&found))?;
        return Ok((text, Some(against.clone())));
    }
    let output = job
        .output
        .as_deref()
        .with_context(|| format!("there is no file `{against}`"))?;
    let text = files::at_revision(output, against)?;
    let label = text
        .as_ref()
        .map(|_| format!("{} at {against}", shown(job)));
    Ok((text, label))
}

/// The problem of a file that cannot be read, as an error of the command.
fn said(problems: &[Diagnostic]) -> anyhow::Error {
    let messages: Vec<&str> = problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();
    anyhow::Error::msg(messages.join("; "))
}
