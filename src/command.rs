//! The commands: each runs the same pipeline, and differs in what it does with the outcome.
//!
//! In: typed options. Out: an [`Outcome`], and text on two streams. Refuses what the pipeline
//! refuses.

pub mod accounts;
mod asked;
pub mod can;
pub mod check;
mod chosen;
pub mod denied;
pub mod diff;
pub mod expand;
pub mod export;
pub mod graph;
mod in_tree;
pub mod infer;
pub mod init;
pub mod lint;
pub mod lsp;
pub mod names;
mod overlap;
pub mod partials;
pub mod progress;
pub mod run;
pub mod schema;
mod side;
pub mod test;
mod workers;
pub mod workflow;

use std::collections::{BTreeSet, HashMap};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::cli::{ColorChoice, Input, Output};
use crate::command::progress::Progress;
use crate::diagnostic::{Diagnostic, Level, Shown as _};
use crate::expand::PlannedTemplate;
use crate::expand::model::call::Template;
use crate::lint::LintScope;
use crate::partials::Partials;
use crate::report::Color;
use crate::source::{Sources, Span};
use crate::workspace::current::{NotCurrent, orphans};
use crate::workspace::leftovers::templates_at;
use crate::workspace::rules::{NO_TEMPLATE, UNSUITABLE_OUTPUT};
use crate::workspace::{Job, jobs};
use crate::yaml::lookup::Library;
use crate::{files, registry, report};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to report: exit code 0.
    Quiet,
    /// Differences, if an option asks for them: exit code 1.
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
    /// Whether results are colored.
    pub out_color: Color,
    /// Whether diagnostics are colored.
    pub err_color: Color,
    /// The notes that were written: once is enough for many templates.
    pub notes: BTreeSet<String>,
    /// How far the run is.
    pub progress: Progress,
}

/// Whether a stream is colored.
pub fn color(choice: ColorChoice, stream: &impl IsTerminal) -> Color {
    let is_colored = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => stream.is_terminal() && files::color_allowed(),
    };
    if is_colored { Color::On } else { Color::Off }
}

/// What every command that shows advice finds in a planned template: warnings and notes.
pub(crate) fn findings(library: &Library, planned: &PlannedTemplate) -> Vec<Diagnostic> {
    let known: Vec<_> = registry::rules().collect();
    crate::lint::run(library, (planned, None), &known, LintScope::Macros)
}

/// What `lint` finds in a planned template.
pub(crate) fn all_findings(
    library: &Library,
    planned: &PlannedTemplate,
    partials: &Partials,
) -> Vec<Diagnostic> {
    let known: Vec<_> = registry::rules().collect();
    let subject = (planned, Some(partials));
    crate::lint::run(library, subject, &known, LintScope::Everything)
}

/// The [`findings`] that every command shows.
pub(crate) fn warnings(library: &Library, planned: &PlannedTemplate) -> Vec<Diagnostic> {
    without_advice(findings(library, planned))
}

/// `found` without what is right as it is.
pub(crate) fn without_advice(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.retain(|one| !crate::lint::is_advice(one.rule));
    found
}

/// Writes diagnostics to standard error and returns how many of them are errors.
pub(crate) fn show(
    library: &Library,
    problems: &[Diagnostic],
    streams: &mut Streams<'_>,
) -> anyhow::Result<usize> {
    show_in(&library.sources, problems, streams)
}

/// The same, for problems that point into `sources`.
pub(crate) fn show_in(
    sources: &Sources,
    problems: &[Diagnostic],
    streams: &mut Streams<'_>,
) -> anyhow::Result<usize> {
    for problem in problems {
        let text = report::diagnostic(sources, problem, streams.err_color);
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

/// The jobs of the arguments. If there is no template, but a file that one was expanded into, that is shown
/// as an error; returns how many there are.
pub(crate) fn jobs_or_orphans(
    input: &Input,
    output: &Output,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Result<Vec<Job>, usize>> {
    let error = match jobs(input, output) {
        Ok(jobs) => return Ok(Ok(jobs)),
        Err(error) => error,
    };
    let problem: Option<&Diagnostic> = error.downcast_ref();
    if problem.is_none_or(|problem| *problem.rule != NO_TEMPLATE) {
        return Err(error);
    }
    let orphans = orphans(input, output, &[]).unwrap_or_default();
    if orphans.is_empty() {
        // Where git does not read the repository, there is no template all the same.
        let gone = committed(input).unwrap_or_default();
        if gone.is_empty() {
            return Err(error);
        }
        return Err(removed(input, &gone).into());
    }
    let problems: Vec<_> = orphans.iter().map(NotCurrent::diagnostic).collect();
    show(&Library::default(), &problems, streams).map(Err)
}

/// The templates of the last commit that are gone.
fn committed(input: &Input) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = templates_at(input, "HEAD")?;
    found.retain(|template| !template.exists());
    Ok(found)
}

/// What to do if nothing is left but templates of the last commit.
fn removed(input: &Input, gone: &[PathBuf]) -> Diagnostic {
    let words = |paths: &[PathBuf]| -> String {
        let words = paths.iter().map(|path| format!(" {}", word(path)));
        words.collect()
    };
    let first = gone.first().map(|path| shown(path)).unwrap_or_default();
    let (more, them, their) = match gone.len() {
        1 => (String::new(), "it", "its"),
        count => (format!(" and {} more", count - 1), "them", "their"),
    };
    let message = format!(
        "no template with macros (`*.src.yml`) is left, and the last commit has `{first}`{more}"
    );
    Diagnostic::without_place(&NO_TEMPLATE, message).help(format!(
        "bring {them} back with `git restore --source=HEAD --staged --worktree --{}`, or see with `deploy-roles diff --against HEAD{}` what {their} removal changes",
        words(gone),
        words(&input.templates),
    ))
}

/// The last line of a run that failed; `outcome` is what that means.
pub(crate) fn failed(
    count: usize,
    outcome: &str,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    let errors = report::plural(count, "error");
    writeln!(streams.err, "{count} {errors}{outcome}")?;
    Ok(Outcome::Errors)
}

/// Refuses an output that is one of the files that were read: not even `--force` may destroy a
/// source.
pub(crate) fn refuse_source(job: &Job, library: &Library) -> Result<(), Diagnostic> {
    let Some(output) = &job.output else {
        return Ok(());
    };
    let name = shown(output);
    if library.read.contains_key(&files::real(output)) {
        let message = format!("`{name}` is read for this template and would be overwritten");
        return Err(Diagnostic::without_place(&UNSUITABLE_OUTPUT, message)
            .help("write elsewhere with `-o FILE`"));
    }
    if output.is_dir() {
        let message = format!("`{name}` is a folder");
        return Err(Diagnostic::without_place(&UNSUITABLE_OUTPUT, message)
            .help("name a file, or the folder with `--out-dir`"));
    }
    if output.exists() && !output.is_file() {
        let message = format!("`{name}` is not a regular file");
        return Err(Diagnostic::without_place(&UNSUITABLE_OUTPUT, message)
            .help("`-o -` writes to standard output"));
    }
    refuse_file_above(output)
}

/// Refuses a path with a file where one of its folders must be.
pub(crate) fn refuse_file_above(path: &Path) -> Result<(), Diagnostic> {
    let mut above = path.ancestors().skip(1);
    let file = above.find(|one| one.exists() && !one.as_os_str().is_empty());
    match file.filter(|one| !one.is_dir()) {
        Some(file) => {
            let message = format!("`{}` is a file, and no folder", shown(file));
            Err(Diagnostic::without_place(&UNSUITABLE_OUTPUT, message)
                .help("name another folder, or move the file away"))
        }
        None => Ok(()),
    }
}

/// A path on one line, with escapes for what would steer a terminal.
pub(crate) fn shown(path: &Path) -> String {
    path.shown()
}

/// The line where `span` begins, from 1.
pub(crate) fn line(library: &Library, span: Span) -> usize {
    let file = library.sources.get(span.file);
    file.map_or(1, |file| file.position(span.start).line)
}

/// The lines of the resources that the template itself defines.
pub(crate) fn lines(library: &Library, template: &Template) -> HashMap<String, usize> {
    let resources = template.resources.iter();
    let lines = resources.map(|own| (own.logical_id.clone(), line(library, own.span)));
    lines.collect()
}

/// A path as a word of a shell.
pub(crate) fn word(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// A text as a word of a shell.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
