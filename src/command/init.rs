//! `deploy-roles init`: the files to begin with, from the organization that is there.

mod plan;
mod repository;
mod state;
mod template;
mod tools;
mod vacant;

use std::path::{Path, PathBuf};

use crate::cli::Init;
use crate::command::init::plan::planned;
use crate::command::init::repository::look;
use crate::command::init::state::{InitFiles, InitRun};
use crate::command::{Outcome, Streams, failed, show, shown};
use crate::diagnostic::Diagnostic;
use crate::files::{self, FileAppeared};
use crate::init::rules::FILE_EXISTS;

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Init, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let mut run = InitRun::default();
    let files = match look(arguments.organization.as_deref())? {
        Ok(repository) => planned(arguments, &repository, &mut run, streams)?,
        Err(problems) => {
            run.problems.extend(problems);
            None
        }
    };
    let errors = show(&run.library, &run.problems, streams)?;
    if arguments.dry_run
        && let Some(files) = &files
    {
        print(files, streams)?;
    }
    if errors > 0 {
        return failed(errors, "; nothing was written", streams);
    }
    let Some(files) = files else {
        return Ok(Outcome::Quiet);
    };
    if arguments.dry_run {
        let rest = if files.advice.is_empty() {
            ""
        } else {
            ", and the rest is left to you:"
        };
        writeln!(
            streams.err,
            "nothing was written: without `--dry-run`, these files are{rest}"
        )?;
        advise(&files, streams)?;
        return Ok(Outcome::Quiet);
    }
    let written = files.files.iter();
    let written = written.map(|file| (PathBuf::from(&file.path), file.text.clone()));
    if let Err(error) = files::create_all(&written.collect::<Vec<_>>()) {
        let FileAppeared(path) = error.downcast::<FileAppeared>()?;
        let errors = show(&run.library, &[appeared(&path)], streams)?;
        return failed(errors, "; nothing was written", streams);
    }
    for file in &files.files {
        writeln!(streams.err, "wrote {}", shown(Path::new(&file.path)))?;
    }
    advise(&files, streams)?;
    Ok(Outcome::Quiet)
}

/// Says what you do after the files are written.
fn advise(files: &InitFiles, streams: &mut Streams<'_>) -> std::io::Result<()> {
    for line in &files.advice {
        writeln!(streams.err, "{line}")?;
    }
    Ok(())
}

/// The error for a file that another program created at the same time.
fn appeared(path: &Path) -> Diagnostic {
    let message = format!("another program created `{}` meanwhile", shown(path));
    Diagnostic::without_place(&FILE_EXISTS, message)
        .help("run `deploy-roles init` again: it says which pieces are left")
}

/// Prints the files, each after its path.
fn print(files: &InitFiles, streams: &mut Streams<'_>) -> anyhow::Result<()> {
    for file in &files.files {
        writeln!(streams.out, "--- # {}", shown(Path::new(&file.path)))?;
        streams.out.write_all(file.text.as_bytes())?;
    }
    // The files come first, in case both streams end up in one place.
    streams.out.flush()?;
    Ok(())
}
