//! `deploy-roles expand`: writes each expanded template, or reports whether it is current.

use std::path::{Path, PathBuf};

use crate::cli::Expand;
use anyhow::bail;

use crate::command::workers::in_order;
use crate::command::{
    Outcome, Streams, failed, findings, jobs_or_orphans, refuse_source, show_in, shown,
    without_advice,
};
use crate::diagnostic::{Diagnostic, Level, Shown as _};
use crate::expand::checksum;
use crate::expand::checksum::ChecksumState;
use crate::expand::chunks::Expanded;
use crate::expand::{Expansion, PlannedTemplate};
use crate::source::Sources;
use crate::workspace::clashes::{Claims, TemplateClaims};
use crate::workspace::current::{NotCurrent, OutputState, advice, gone, orphans};
use crate::workspace::sources;
use crate::workspace::{Job, ReadTemplate, edited_by_hand, not_generated, read};
use crate::{files, report};

/// What follows the number of errors.
const NOTHING_WRITTEN: &str = "; nothing was written";

/// The result of one job.
struct Done {
    job: Job,
    text: Expanded,
    summary: String,
    /// What the output has.
    state: OutputState,
}

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Expand, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let arguments = &with_base(arguments);
    let jobs = match jobs_or_orphans(&arguments.input, &arguments.output, streams)? {
        Ok(jobs) => jobs,
        Err(errors) => return failed(errors, NOTHING_WRITTEN, streams),
    };
    let orphans = if arguments.check {
        orphans(&arguments.input, &arguments.output, &jobs)?
    } else {
        Vec::new()
    };
    let count = jobs.len();
    let is_one_of_many = count > 1;
    let mut claims = Claims::default();
    let work = |job| worked(job, arguments, is_one_of_many);
    let mut done = Vec::new();
    let mut errors = 0;
    let mut finished_jobs = 0;
    in_order(jobs, work, |worked| {
        finished_jobs += 1;
        streams.progress.done("expanding", finished_jobs, count);
        let Worked {
            template,
            sources,
            claims: claimed,
            found,
        } = worked?;
        let clashes = claimed.map(|claimed| claims.take(&template, &claimed));
        let clashes = clashes.unwrap_or_default();
        let problems = match found {
            _ if clashes.iter().any(|clash| clash.level == Level::Error) => clashes,
            Ok((finished, mut found)) => {
                found.extend(clashes);
                let is_new = is_new(&finished, arguments);
                done.push(finished);
                if is_new { found } else { without_advice(found) }
            }
            Err(problems) => problems,
        };
        errors += show_in(&sources, &problems, streams)?;
        Ok(())
    })?;
    if errors > 0 {
        return failed(errors, NOTHING_WRITTEN, streams);
    }
    let outcome = if arguments.check {
        check(&done, &orphans, streams)
    } else {
        write(&mut done, arguments, streams)
    };
    // The process ends now.
    std::mem::forget(done);
    outcome
}

/// What is found in one template alone; plain data, so that another thread may find it.
struct Worked {
    template: PathBuf,
    /// The texts that problems point into.
    sources: Sources,
    /// The names that it takes, if there are other templates.
    claims: Option<TemplateClaims>,
    /// The result, with warnings; or why there is none.
    found: Result<(Done, Vec<Diagnostic>), Vec<Diagnostic>>,
}

/// Expands the template of a job, and compares it with what its output holds.
fn worked(job: Job, arguments: &Expand, is_one_of_many: bool) -> anyhow::Result<Worked> {
    if job.output.is_none() && (arguments.check || arguments.print_path.is_some()) {
        bail!("`--check` and `--print-path` need a file, not standard output");
    }
    let mut template = read(job, &arguments.input)?;
    refuse_source(&template.job, &template.library)?;
    let expansion = template.expand();
    let ReadTemplate {
        job, mut library, ..
    } = template;
    let path = job.template.clone();
    let mut claims = None;
    let found = expansion.and_then(|expansion| {
        claims = is_one_of_many.then(|| TemplateClaims::of(&library, &expansion));
        let found = findings(&library, &expansion.planned);
        let gone = gone(job.output.as_deref(), &expansion)?;
        if !gone.is_empty() {
            return Err(gone);
        }
        let (done, planned) = finish(job, expansion, arguments)?;
        if !is_one_of_many {
            // As below.
            std::mem::forget(planned);
        }
        Ok((done, found))
    });
    let sources = std::mem::take(&mut library.sources);
    if !is_one_of_many {
        // The process ends soon, which takes less time than freeing each node.
        std::mem::forget(library);
    }
    Ok(Worked {
        template: path,
        sources,
        claims,
        found,
    })
}

/// Whether a file is written for the first time, by somebody who reads what is found.
fn is_new(done: &Done, arguments: &Expand) -> bool {
    let is_only_looked_at = arguments.check || arguments.print_path.is_some();
    done.job.output.is_some() && done.state.checksum.is_none() && !is_only_looked_at
}

/// With `--print-path BASE`, a template that does not exist is looked for in BASE; and a BASE
/// that is not a folder is read as a template.
fn with_base(arguments: &Expand) -> Expand {
    let mut input = arguments.input.clone();
    let mut print_path = arguments.print_path.clone();
    if let Some(base) = &arguments.print_path {
        let is_template = base
            .extension()
            .is_some_and(|extension| extension == "yml" || extension == "yaml")
            && !base.is_dir();
        if is_template {
            input.templates.insert(0, base.clone());
            print_path = Some(PathBuf::from("."));
        }
        let base = print_path.clone().unwrap_or_default();
        for template in &mut input.templates {
            if !template.exists() && base.join(&template).exists() {
                *template = base.join(&template);
            }
        }
    }
    Expand {
        input,
        output: arguments.output.clone(),
        check: arguments.check,
        force: arguments.force,
        print_path,
    }
}

/// Compares the expansion with what its output holds. Returns also what it was created from.
fn finish(
    job: Job,
    mut expansion: Expansion,
    arguments: &Expand,
) -> Result<(Done, PlannedTemplate), Vec<Diagnostic>> {
    let state = OutputState::of(job.output.as_deref(), &mut expansion)?;
    let edited = !state.is_current
        && state
            .checksum
            .is_some_and(|checksum| checksum != ChecksumState::Generated);
    if edited && !arguments.force && !arguments.check {
        let output = job.output.as_deref().unwrap_or(Path::new(""));
        let refused = if state.checksum == Some(ChecksumState::EditedByHand) {
            edited_by_hand
        } else {
            not_generated
        };
        let text = sources::previous_text(output)?.unwrap_or_default();
        let lost = report::lost(&text, &expansion.text.to_text(), output);
        return Err(vec![refused(output, lost)]);
    }
    let summary = report::expansion_summary(&expansion);
    let done = Done {
        job,
        text: expansion.text,
        summary,
        state,
    };
    Ok((done, expansion.planned))
}

fn check(
    done: &[Done],
    orphans: &[NotCurrent],
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    let outputs = done
        .iter()
        .filter_map(|job| job.state.not_current(&job.job));
    let found: Vec<NotCurrent> = outputs.chain(orphans.iter().cloned()).collect();
    for one in &found {
        writeln!(streams.out, "{}: {}", one.kind.word(), shown(&one.path))?;
    }
    if found.is_empty() {
        let count = done.len();
        writeln!(
            streams.err,
            "{count} generated file{} up to date",
            if count == 1 { " is" } else { "s are" }
        )?;
        return Ok(Outcome::Quiet);
    }
    // The facts come first, in case both streams end up in one place.
    streams.out.flush()?;
    for line in advice(&found) {
        writeln!(streams.err, "{line}")?;
    }
    Ok(Outcome::Differences)
}

fn write(
    done: &mut [Done],
    arguments: &Expand,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    // All that can fail comes before the first file is renamed: an error leaves all as they
    // were.
    let paths = printed(done, arguments)?;
    let mut pending = Vec::new();
    for job in done.iter().filter(|job| !job.state.is_current) {
        if let Some(output) = &job.job.output {
            pending.push(files::prepare_long(output, job.text.length(), |file| {
                checksum::write_with_checksum(file, &job.text)
            })?);
        }
    }
    for file in pending {
        file.persist()?;
    }
    for job in done {
        let Some(output) = &job.job.output else {
            checksum::write_to(streams.out, &mut job.text)?;
            continue;
        };
        if arguments.print_path.is_none() {
            let verb = if job.state.is_current {
                "unchanged"
            } else {
                "wrote"
            };
            writeln!(streams.err, "{verb} {} ({})", shown(output), job.summary)?;
        }
    }
    streams.out.write_all(paths.as_bytes())?;
    Ok(Outcome::Quiet)
}

/// What `--print-path` prints: the path of each output on a line of its own.
fn printed(done: &[Done], arguments: &Expand) -> anyhow::Result<String> {
    let mut lines = String::new();
    let Some(base) = &arguments.print_path else {
        return Ok(lines);
    };
    for output in done.iter().filter_map(|job| job.job.output.as_ref()) {
        let path = files::relative(output, base)?;
        if path.contains(char::is_control) {
            bail!(
                "the path `{}` cannot be printed on one line: rename the file or its folder",
                path.shown()
            );
        }
        lines.push_str(&path);
        lines.push('\n');
    }
    Ok(lines)
}
