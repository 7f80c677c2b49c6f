//! The commands: each runs the same pipeline, and differs in what it does with the outcome.

pub mod accounts;
pub mod diff;
pub mod expand;
pub mod graph;
pub mod lint;
pub mod partials;
pub mod workflow;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::cli::{Cli, Colour, Command, Input, Output};
use crate::diagnostic::{Diagnostic, Level, Shown as _};
use crate::expand::rules::{EDITED_BY_HAND, NOT_GENERATED};
use crate::lint::Subject;
use crate::yaml::lookup::Library;
use crate::{PlannedTemplate, Request, files, registry, report};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to report: exit code 0.
    Quiet,
    /// Differences, where the command was asked to say so: exit code 1.
    Differences,
    /// Errors: exit code 2.
    Errors,
}

impl std::process::Termination for Outcome {
    fn report(self) -> std::process::ExitCode {
        std::process::ExitCode::from(match self {
            Outcome::Quiet => 0,
            Outcome::Differences => 1,
            Outcome::Errors => 2,
        })
    }
}

/// Where a command writes: results, and everything else.
pub struct Streams<'run> {
    /// Standard output.
    pub out: &'run mut dyn std::io::Write,
    /// Standard error.
    pub err: &'run mut dyn std::io::Write,
    /// Whether results are coloured.
    pub out_colour: bool,
    /// Whether diagnostics are coloured.
    pub err_colour: bool,
    /// The notes that were written: once is enough for many templates.
    pub notes: BTreeSet<String>,
}

/// Runs the command of `cli`.
///
/// # Errors
///
/// Errors of usage and of the disk; problems of the input are written to `streams.err`.
pub fn run(cli: &Cli, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    match &cli.command {
        Command::Expand(arguments) => expand::run(arguments, streams),
        Command::Diff(arguments) => diff::run(arguments, streams),
        Command::Lint(arguments) => lint::run(arguments, streams),
        Command::Accounts(arguments) => accounts::run(arguments, streams),
        Command::Graph(arguments) => graph::run(arguments, streams),
        Command::Partials(arguments) => partials::run(arguments, streams),
        Command::Workflow(arguments) => workflow::run(arguments, streams),
    }
}

/// Whether to colour a stream.
pub fn colour(choice: Colour, is_terminal: bool) -> bool {
    match choice {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => is_terminal && files::colour_allowed(),
    }
}

/// A template to work on, and where its expansion goes.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) template: PathBuf,
    /// `None` is standard output.
    pub(crate) output: Option<PathBuf>,
}

/// The jobs that the arguments mean.
pub(crate) fn jobs(input: &Input, output: &Output) -> anyhow::Result<Vec<Job>> {
    let templates = files::find_templates(&input.templates)?;
    if output.output.is_some() && templates.len() > 1 {
        bail!(
            "`--output` takes one template, and here are {}: use `--out-dir`",
            templates.len()
        );
    }
    let mut jobs: Vec<Job> = Vec::new();
    for template in templates {
        let to = destination(&template, output)?;
        if let (Some(to), Some(other)) = (
            &to,
            jobs.iter().find(|job| {
                let other = job.output.as_deref().map(files::real);
                other.is_some() && other == to.as_deref().map(files::real)
            }),
        ) {
            bail!(
                "`{}` and `{}` would both be written to `{}`",
                other.template.display(),
                template.display(),
                to.display()
            );
        }
        jobs.push(Job {
            template,
            output: to,
        });
    }
    Ok(jobs)
}

fn destination(template: &Path, output: &Output) -> anyhow::Result<Option<PathBuf>> {
    if let Some(file) = &output.output {
        if file == template && file != Path::new(files::STANDARD) {
            bail!("`{}` would overwrite its own source", file.display());
        }
        return Ok((file != Path::new(files::STANDARD)).then(|| file.clone()));
    }
    if template == Path::new(files::STANDARD) {
        if output.out_dir.is_some() {
            bail!(
                "`--out-dir` needs the name of a template, and standard input has none: say where to write with `-o FILE`"
            );
        }
        return Ok(None);
    }
    let beside = files::output_of(template).with_context(|| {
        format!("the name of `{}` does not end in `.src.yml`: rename it, or say where to write with `-o FILE`", template.display())
    })?;
    Ok(Some(match &output.out_dir {
        Some(folder) => folder.join(beside.file_name().unwrap_or_default()),
        None => beside,
    }))
}

/// Reads what one job needs; `Err` with what was read, for the diagnostics.
pub(crate) fn read(
    job: &Job,
    input: &Input,
) -> anyhow::Result<(Library, std::result::Result<Request, Vec<Diagnostic>>)> {
    let mut library = Library::default();
    // `-` reads as the name of a file in the current folder, which is where standard input lies.
    let moved = match &job.output {
        Some(output) => files::moved(&job.template, output)?,
        None => None,
    };
    let request = read_request(&mut library, job, input, moved);
    Ok((library, request))
}

fn read_request(
    library: &mut Library,
    job: &Job,
    input: &Input,
    moved: Option<PathBuf>,
) -> Result<Request, Vec<Diagnostic>> {
    library.include_root.clone_from(&input.include_root);
    let mut problems = Vec::new();
    let mut keep =
        |result: Result<_, Vec<Diagnostic>>| result.map_err(|found| problems.extend(found)).ok();
    let template = keep(files::read_template(library, &job.template));
    let organization = input
        .organization
        .as_ref()
        .map(|path| keep(files::read_template(library, path)));
    let overrides = input
        .partials
        .as_ref()
        .map(|folder| files::read_partials(library, folder));
    let overrides = match overrides {
        Some(Err(found)) => {
            problems.extend(found);
            None
        }
        Some(Ok(found)) => Some(found),
        None => Some(Vec::new()),
    };
    match (template, overrides) {
        (Some(template), Some(overrides)) if problems.is_empty() => Ok(Request {
            template,
            organization: organization.flatten(),
            overrides,
            moved,
        }),
        _ => Err(problems),
    }
}

/// What lint finds in a planned template: warnings and notes.
pub(crate) fn warnings(library: &Library, planned: &PlannedTemplate) -> Vec<Diagnostic> {
    let known: Vec<_> = registry::rules().collect();
    crate::lint::run(Subject { library, planned }, &known)
}

/// Writes diagnostics to standard error and says how many of them are errors.
pub(crate) fn show(
    library: &Library,
    problems: &[Diagnostic],
    streams: &mut Streams<'_>,
) -> anyhow::Result<usize> {
    for problem in problems {
        let text = report::diagnostic(&library.sources, problem, streams.err_colour);
        if problem.level == Level::Note && !streams.notes.insert(text.clone()) {
            continue;
        }
        streams.err.write_all(text.as_bytes())?;
    }
    Ok(problems
        .iter()
        .filter(|problem| problem.level == Level::Error)
        .count())
}

/// The last line of a run that failed; `outcome` says what that means.
pub(crate) fn failed(
    count: usize,
    outcome: &str,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    let plural = if count == 1 { "" } else { "s" };
    writeln!(streams.err, "{count} error{plural}{outcome}")?;
    Ok(Outcome::Errors)
}

/// Refuses an output that is one of the files that were read: not even `--force` may destroy a
/// source.
pub(crate) fn refuse_source(job: &Job, library: &Library) -> anyhow::Result<()> {
    let Some(output) = &job.output else {
        return Ok(());
    };
    if library.read.contains_key(&files::real(output)) {
        bail!(
            "`{}` is a file that is read for this template, and would be overwritten: write elsewhere with `-o FILE`",
            shown(output)
        );
    }
    if output.exists() && !output.is_file() {
        bail!(
            "`{}` is no regular file; `-o -` writes to standard output",
            shown(output)
        );
    }
    Ok(())
}

/// A path on one line, with escapes for what would steer a terminal.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string().shown()
}

/// The error for an output that is not as it was generated, with what would be lost.
pub(crate) fn refused_output(output: &Path, generated: bool, lost: String) -> Diagnostic {
    let (code, message) = if generated {
        (
            &EDITED_BY_HAND,
            format!(
                "the generated file `{}` was edited by hand",
                output.display()
            ),
        )
    } else {
        (
            &NOT_GENERATED,
            format!("`{}` was not generated by deploy-roles", output.display()),
        )
    };
    let help = if generated {
        "make the change in the source, or overwrite it with `--force`"
    } else {
        "write elsewhere with `-o FILE`, or overwrite it with `--force`"
    };
    Diagnostic::without_place(code, message)
        .help(help)
        .note(lost)
}
