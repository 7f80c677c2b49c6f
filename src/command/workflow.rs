//! `deploy-roles workflow`: the CI files of an app that deploys with a macro's roles.

use std::path::Path;

use crate::cli::Workflow;
use crate::command::chosen::chosen;
use crate::command::in_tree::stay_in_tree;
use crate::command::{Outcome, Streams, failed, refuse_source, show, shown, warnings};
use crate::diagnostic::{Diagnostic, Result};
use crate::expand::checksum;
use crate::expand::checksum::ChecksumState;
use crate::expand::chunks::Expanded;
use crate::expand::model::plan::Planned;
use crate::source::path::clean;
use crate::workflow::plan::WorkflowFile;
use crate::workspace::sources;
use crate::workspace::{Job, PlannedSource, edited_by_hand, not_generated};
use crate::yaml::lookup::Library;
use crate::{files, report, workflow};

/// A file to write, and whether it exists already.
struct WorkflowOutput {
    path: String,
    text: Expanded,
    job: Job,
    current: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Workflow, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let words = ("deploy-roles workflow", "; nothing was written");
    let name = arguments.name.as_deref();
    let (source, index) = match chosen(&arguments.input, name, words, streams)? {
        Ok(found) => found,
        Err(outcome) => return Ok(outcome),
    };
    let Some(planned) = source.planned.macros.get(index) else {
        return Ok(Outcome::Quiet);
    };
    let made = made(&source, planned).and_then(|(files, warnings)| {
        let outputs = outputs(&source, &planned.call.name, files, arguments)?;
        Ok((outputs, warnings))
    });
    let (outputs, problems) = match made {
        Ok((outputs, mut found)) => {
            found.splice(0..0, warnings(&source.library, &source.planned));
            (Some(outputs), found)
        }
        Err(problems) => (None, problems),
    };
    show(&source.library, &problems, streams)?;
    let Some(mut outputs) = outputs else {
        return failed(problems.len(), "; nothing was written", streams);
    };
    if arguments.out_dir.is_some() {
        write(&source.library, &outputs, streams)
    } else {
        print(&mut outputs, streams)
    }
}

/// The files of a macro, and what you should look at.
fn made(source: &PlannedSource, planned: &Planned) -> Result<(Vec<WorkflowFile>, Vec<Diagnostic>)> {
    let accounts = source.accounts_of_targets(planned)?;
    let (plan, warnings) = workflow::plan(&workflow::WorkflowSource {
        name: &planned.call.name,
        arguments: &planned.arguments,
        accounts: &accounts,
        organization: &source.planned.organization,
    })?;
    Ok((workflow::files(&source.partials, &plan)?, warnings))
}

/// The files with their heads, compared with what is there.
fn outputs(
    source: &PlannedSource,
    name: &str,
    made: Vec<WorkflowFile>,
    arguments: &Workflow,
) -> Result<Vec<WorkflowOutput>> {
    let mut outputs = Vec::new();
    let mut problems = Vec::new();
    for file in made {
        let template = source.library.sources.path(source.request.template);
        let head = checksum::head_of(template, &format!("workflow --macro {name}"), "\n");
        let mut text = Expanded::new(file.text, head, Vec::new(), "\n");
        let filled = checksum::fill_in(&mut text);
        let output = arguments
            .out_dir
            .as_ref()
            .map(|folder| clean(&folder.join(&file.path)));
        let previous = match output.as_deref().map(sources::previous).transpose() {
            Ok(previous) => previous.flatten(),
            Err(found) => {
                problems.extend(found);
                continue;
            }
        };
        let current = previous
            .as_ref()
            .is_some_and(|previous| previous.is(&filled));
        if let (Some(output), Some(previous)) = (&output, &previous)
            && !current
            && previous.state != ChecksumState::Generated
            && !arguments.force
        {
            problems.extend(refused(output, previous.state, &text));
            continue;
        }
        outputs.push(WorkflowOutput {
            path: file.path,
            text,
            job: Job {
                template: source.job.template.clone(),
                output,
            },
            current,
        });
    }
    if problems.is_empty() {
        Ok(outputs)
    } else {
        Err(problems)
    }
}

/// The error for a file that this command did not make, or that was edited since.
fn refused(output: &Path, state: ChecksumState, text: &Expanded) -> Vec<Diagnostic> {
    match sources::previous_text(output) {
        Ok(previous) => {
            let lost = report::lost(&previous.unwrap_or_default(), &text.to_text(), output);
            let help = if state == ChecksumState::EditedByHand {
                "change the partial that it comes from (`Definitions.DeployRoles.Partials`, or `--partials`), or overwrite it with `--force`"
            } else {
                "move it away, or overwrite it with `--force`"
            };
            let problem = if state == ChecksumState::EditedByHand {
                edited_by_hand(output, lost)
            } else {
                not_generated(output, lost)
            };
            vec![problem.help(help)]
        }
        Err(problems) => problems,
    }
}

fn write(
    library: &Library,
    outputs: &[WorkflowOutput],
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    for output in outputs {
        refuse_source(&output.job, library)?;
        if let Some(path) = &output.job.output {
            stay_in_tree(path)?;
        }
    }
    // All files are written before the first is renamed: an error leaves all as they were.
    let mut pending = Vec::new();
    for output in outputs.iter().filter(|output| !output.current) {
        if let Some(path) = &output.job.output {
            pending.push(files::prepare(path, |file| {
                checksum::write_with_checksum(file, &output.text)
            })?);
        }
    }
    for file in pending {
        file.persist()?;
    }
    for output in outputs {
        let verb = if output.current { "unchanged" } else { "wrote" };
        let path = output.job.output.as_deref().unwrap_or(Path::new(""));
        writeln!(streams.err, "{verb} {}", shown(path))?;
    }
    Ok(Outcome::Quiet)
}

fn print(outputs: &mut [WorkflowOutput], streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    for output in outputs {
        writeln!(streams.out, "--- # {}", output.path)?;
        checksum::write_to(streams.out, &mut output.text)?;
    }
    Ok(Outcome::Quiet)
}
