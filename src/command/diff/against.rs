//! What an output is compared with: its present text, a file, or its text at a git revision.
//!
//! In: the outputs of a run and `--against`. Out: a text for each, and what it is. Refuses what is
//! neither a file nor a revision.
//!
//! Git stores a file with other line ends than a checkout may have (`core.autocrlf`). So what `--against` names
//! is compared by its lines, whatever they end with; only the present text is compared byte by byte, as
//! `expand` would write it anew.
//!
//! The hard part: a change that is examined can add a file of any name. So a name that may be a
//! revision is one, and what the change does to folders cannot turn it into a file.

use std::path::{Component, Path};

use anyhow::{Context as _, bail};

use crate::command::Streams;
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::files::{self, CommitFiles, Named};
use crate::source::with_line_feeds;
use crate::workspace::Job;
use crate::workspace::rules::NO_REVISION;
use crate::workspace::sources;

/// What the output of a job is compared with.
#[derive(Debug)]
pub(super) enum Against<'a> {
    /// With its present text.
    Output(&'a Path),
    /// With this file.
    File(&'a Path),
    /// With its text at the commit of a revision.
    Revision {
        output: &'a Path,
        revision: &'a str,
        commit: String,
    },
}

impl<'a> Against<'a> {
    /// What the output of `job` is compared with, if `name` is the value of `--against`.
    ///
    /// # Errors
    ///
    /// The file or revision does not exist.
    pub(super) fn new(
        job: &'a Job,
        name: Option<&'a str>,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<Self> {
        let output = job.output.as_deref();
        let Some(name) = name else {
            let output = output.context("say what to compare with: `--against FILE`")?;
            return Ok(Against::Output(output));
        };
        let file = Path::new(name);
        if is_path(file) {
            return written_as_path(file);
        }
        match files::named(output.unwrap_or(&job.template), name)? {
            Named::Commit(commit) => {
                let Some(output) = output else {
                    let message = format!(
                        "`{name}` is a git revision, and standard output is not a file in it"
                    );
                    return Err(nothing(
                        message,
                        &format!("`./{name}` always means the file"),
                    ));
                };
                if file.is_file() {
                    warn(name, streams)?;
                }
                Ok(Against::Revision {
                    output,
                    revision: name,
                    commit,
                })
            }
            Named::Nothing(reason) => no_revision(job, name, &reason),
        }
    }

    /// The jobs, each with what its output is compared with.
    ///
    /// # Errors
    ///
    /// As [`Against::new`]; a file for several jobs.
    pub(super) fn of_each(
        jobs: &'a [Job],
        name: Option<&'a str>,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<Vec<(&'a Job, Self)>> {
        let mut found = Vec::new();
        for job in jobs {
            let against = Against::new(job, name, streams)?;
            if matches!(against, Against::File(_)) && jobs.len() > 1 {
                bail!(
                    "`--against FILE` takes one template, but {} were given",
                    jobs.len()
                );
            }
            found.push((job, against));
        }
        Ok(found)
    }

    /// A text of one side, as it is compared.
    pub(super) fn as_compared(&self, text: String) -> String {
        match self {
            Against::Output(_) => text,
            Against::File(_) | Against::Revision { .. } => with_line_feeds(text),
        }
    }

    /// The text to compare with, and what it is if it is not the output's present text.
    pub(super) fn previous(&self) -> anyhow::Result<(Option<String>, Option<String>)> {
        let (text, label) = self.as_written()?;
        Ok((text.map(|text| self.as_compared(text)), label))
    }

    fn as_written(&self) -> anyhow::Result<(Option<String>, Option<String>)> {
        match self {
            Against::Output(path) => Ok((text(path)?, None)),
            Against::File(path) => Ok((text(path)?, Some(path.display().to_string()))),
            Against::Revision {
                output,
                revision,
                commit,
            } => {
                let text = CommitFiles::new(commit).text(output)?;
                let label = text
                    .as_ref()
                    .map(|_| format!("{} at {revision}", output.display()));
                Ok((text, label))
            }
        }
    }
}

/// Whether it begins as only a path does: with `./`, `../` or a root.
fn is_path(name: &Path) -> bool {
    !matches!(name.components().next(), Some(Component::Normal(_)))
}

/// Whether only a revision is written this way: a full id, or the full name of a ref.
fn is_full_revision(name: &str) -> bool {
    let is_id = [40, 64].contains(&name.len()) && name.chars().all(|c| c.is_ascii_hexdigit());
    is_id || name.starts_with("refs/")
}

fn written_as_path(file: &Path) -> anyhow::Result<Against<'_>> {
    if file.as_os_str().is_empty() {
        let help = "name a git revision or a file";
        Err(nothing("`--against` has an empty value".to_owned(), help))
    } else if file.is_file() {
        Ok(Against::File(file))
    } else {
        let shown = file.shown();
        let (message, help) = if file.exists() {
            (
                format!("`{shown}` is not a regular file"),
                "name a file, or a git revision",
            )
        } else {
            (
                format!("there is no file `{shown}`"),
                "check the path: what begins with `./` or `/` is a file, and no git revision",
            )
        };
        Err(nothing(message, help))
    }
}

/// The error if there is nothing to compare with.
fn nothing(message: String, help: &str) -> anyhow::Error {
    Diagnostic::without_place(&NO_REVISION, message)
        .help(help)
        .into()
}

/// What `name` is if it is not a revision for the output of `job`.
fn no_revision<'a>(job: &Job, name: &'a str, reason: &str) -> anyhow::Result<Against<'a>> {
    let shown = name.shown();
    // The output's folder may have been replaced by a link to somewhere else.
    if let Named::Commit(_) = files::named(Path::new(files::STANDARD), name)? {
        let message = format!(
            "`{shown}` is a git revision in the current folder, but not where `{}` is",
            job.shown()
        );
        let help = format!("`./{shown}` always means the file");
        return Err(nothing(message, &help));
    }
    let file = Path::new(name);
    if file.is_file() && !is_full_revision(name) {
        return Ok(Against::File(file));
    }
    let branch = name.strip_prefix("refs/remotes/").unwrap_or(name);
    let help = match branch.split_once('/') {
        _ if !reason.is_empty() => "name a file, or run it in a git repository".to_owned(),
        Some(("origin", branch)) if !branch.is_empty() => {
            format!(
                "`git fetch origin` brings it if `origin` has a branch `{}`",
                branch.shown()
            )
        }
        _ => "`git branch --all` and `git tag` list what you can compare with".to_owned(),
    };
    if job.output.is_none() && !is_full_revision(name) {
        let help = "standard output is compared with a file: name one";
        return Err(nothing(format!("there is no file `{shown}`"), help));
    }
    let reason = match reason {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    let what = if is_full_revision(name) {
        "is not a git revision"
    } else {
        "is neither a file nor a git revision"
    };
    Err(nothing(format!("`{shown}` {what}{reason}"), &help))
}

/// Reports once that a file is not what is compared with.
fn warn(name: &str, streams: &mut Streams<'_>) -> std::io::Result<()> {
    let name = name.shown();
    let text = format!(
        "warning: `{name}` is both a git revision and a file: comparing with the revision; `./{name}` always means the file"
    );
    if streams.notes.insert(text.clone()) {
        writeln!(streams.err, "{text}")?;
    }
    Ok(())
}

fn text(path: &Path) -> anyhow::Result<Option<String>> {
    sources::previous_text(path).map_err(|found| said(&found))
}

/// The problem of a file that cannot be read, as an error of the command.
pub(super) fn said(problems: &[Diagnostic]) -> anyhow::Error {
    let messages: Vec<&str> = problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();
    anyhow::Error::msg(messages.join("; "))
}
