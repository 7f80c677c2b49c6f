//! `deploy-roles workflow`: the CI files of an app that deploys with a macro's roles.

use std::path::Path;

use anyhow::bail;

use crate::cli::Workflow;
use crate::command::{
    Job, Outcome, Streams, failed, read, refuse_source, refused_output, show, shown,
};
use crate::diagnostic::{Diagnostic, Shown as _, nearest};
use crate::expand::checksum;
use crate::expand::checksum::Seal;
use crate::expand::chunks::Expanded;
use crate::expand::model::plan::Planned;
use crate::expand::relocate::clean;
use crate::expand::rules::{AMBIGUOUS_MACRO, UNKNOWN_MACRO};
use crate::expand::select;
use crate::partials::Partials;
use crate::source::Span;
use crate::yaml::lookup::Library;
use crate::{PlannedTemplate, Request, files, plan, report, workflow};

/// A template that was understood.
struct Read {
    job: Job,
    library: Library,
    request: Request,
    partials: Partials,
    planned: PlannedTemplate,
}

/// A file to write, and whether it is there already.
struct Output {
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
    let mut templates = Vec::new();
    let mut errors = 0;
    for template in files::find_templates(&arguments.input.templates)? {
        match understood(template, arguments, streams)? {
            Ok(read) => templates.push(read),
            Err(count) => errors += count,
        }
    }
    if errors > 0 {
        return failed(errors, "; nothing was written", streams);
    }
    let (template, name) = match chosen(&mut templates, arguments.name.as_deref()) {
        Ok(found) => found,
        Err(Some((template, problem))) => {
            if let Some(read) = templates.get(template) {
                show(&read.library, &[problem], streams)?;
            }
            return failed(1, "; nothing was written", streams);
        }
        Err(None) => bail!("there is no `!DeployRoles` macro in the templates"),
    };
    let Some(read) = templates.get(template) else {
        return Ok(Outcome::Quiet);
    };
    let made = made(read, &name).and_then(|(files, warnings)| {
        let outputs = outputs(read, &name, files, arguments)?;
        Ok((outputs, warnings))
    });
    let (outputs, problems) = match made {
        Ok((outputs, mut warnings)) => {
            warnings.splice(0..0, crate::command::warnings(&read.library, &read.planned));
            (Some(outputs), warnings)
        }
        Err(problems) => (None, problems),
    };
    show(&read.library, &problems, streams)?;
    let Some(mut outputs) = outputs else {
        return failed(problems.len(), "; nothing was written", streams);
    };
    if arguments.out_dir.is_some() {
        write(&read.library, &outputs, streams)
    } else {
        print(&mut outputs, streams)
    }
}

/// Reads and plans a template; `Err` with the number of errors that were shown.
fn understood(
    template: std::path::PathBuf,
    arguments: &Workflow,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Result<Read, usize>> {
    let job = Job {
        template,
        output: None,
    };
    let (mut library, request) = read(&job, &arguments.input)?;
    let planned = request.and_then(|request| {
        let partials = Partials::new(&mut library, &request.overrides)?;
        let planned = plan(&library, &request, &partials)?;
        Ok((request, partials, planned))
    });
    match planned {
        Ok((request, partials, planned)) => Ok(Ok(Read {
            job,
            library,
            request,
            partials,
            planned,
        })),
        Err(problems) => Ok(Err(show(&library, &problems, streams)?)),
    }
}

/// The template and the name of the macro that is meant; else the problem, and the template that
/// it is shown in. A repository holds one app, so that of several macros one must be named.
fn chosen(
    templates: &mut [Read],
    name: Option<&str>,
) -> Result<(usize, String), Option<(usize, Diagnostic)>> {
    let all: Vec<(usize, String, Span)> = templates
        .iter()
        .enumerate()
        .flat_map(|(index, read)| {
            let calls = read.planned.macros.iter().map(|planned| &planned.call);
            calls.map(move |call| (index, call.name.clone(), call.name_span))
        })
        .collect();
    let meant: Vec<&(usize, String, Span)> = all
        .iter()
        .filter(|(_, other, _)| name.is_none_or(|name| name == other))
        .collect();
    match (meant.as_slice(), name) {
        ([(template, name, _)], _) => Ok((*template, name.clone())),
        ([], Some(name)) => {
            let known: Vec<&str> = all.iter().map(|(_, name, _)| name.as_str()).collect();
            Err(unknown(templates, name, &known))
        }
        ([], None) => Err(None),
        ([first, others @ ..], _) => {
            let (template, _, span) = first;
            let count = meant.len();
            let message = match name {
                Some(name) => format!("{count} templates have a macro `{name}`"),
                None => format!(
                    "there are {count} macros, and the files are for the repository of one app"
                ),
            };
            let mut problem = Diagnostic::new(&AMBIGUOUS_MACRO, *span, message);
            for (other, _, span) in others {
                if other == template {
                    problem = problem.related(*span, "another one");
                }
            }
            let help = if name.is_some() {
                let template = path(templates, *template);
                format!("name the template, as in `deploy-roles workflow {template}`")
            } else {
                let flags = meant.iter().map(|(_, name, _)| format!("`--macro {name}`"));
                format!("name one: {}", flags.collect::<Vec<_>>().join(", "))
            };
            Err(Some((*template, problem.help(help))))
        }
    }
}

fn path(templates: &[Read], index: usize) -> String {
    templates
        .get(index)
        .map_or_else(String::new, |read| shown(&read.job.template))
}

fn unknown(templates: &mut [Read], name: &str, known: &[&str]) -> Option<(usize, Diagnostic)> {
    let read = templates.first_mut()?;
    let file = read.library.sources.add("--macro", name);
    let message = format!("there is no macro `{}`", name.shown());
    let help = match (nearest(name, known.iter().copied()), known) {
        (_, []) => "there is no `!DeployRoles` macro in the templates".to_owned(),
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, known) => format!("there are: `{}`", known.join("`, `")),
    };
    let problem = Diagnostic::new(&UNKNOWN_MACRO, Span::new(file, 0, name.len()), message);
    Some((0, problem.help(help)))
}

type Made = Result<(Vec<crate::workflow::plan::WorkflowFile>, Vec<Diagnostic>), Vec<Diagnostic>>;

/// The files of the macro `name`.
fn made(read: &Read, name: &str) -> Made {
    let planned = &read.planned;
    let mut macros = planned.macros.iter();
    let Some(Planned { arguments, .. }) = macros.find(|planned| planned.call.name == name) else {
        let message = format!("there is no macro `{}`", name.shown());
        return Err(vec![Diagnostic::without_place(&UNKNOWN_MACRO, message)]);
    };
    let flag = read
        .request
        .organization
        .and_then(|file| read.library.documents.get(&file));
    let section =
        crate::organization::decode::section(&read.library, &planned.template.document, flag)?;
    let directory = select::Directory {
        library: &read.library,
        template: &planned.template,
        organization: &planned.organization,
        section: &section,
    };
    // An account that two stages reach counts once in the plan of the roles, and is deployed into
    // by both.
    let mut accounts = Vec::new();
    for target in &arguments.targets {
        let mut alone = arguments.clone();
        alone.targets = vec![target.clone()];
        let selections = select::select(&directory, &alone)?;
        accounts.push(
            selections
                .into_iter()
                .map(|selection| selection.account)
                .collect(),
        );
    }
    let (plan, warnings) = workflow::plan(&workflow::Source {
        name,
        arguments,
        accounts: &accounts,
        organization: &planned.organization,
    })?;
    Ok((workflow::files(&read.partials, &plan)?, warnings))
}

/// The files with their heads, compared with what is there.
fn outputs(
    read: &Read,
    name: &str,
    made: Vec<crate::workflow::plan::WorkflowFile>,
    arguments: &Workflow,
) -> Result<Vec<Output>, Vec<Diagnostic>> {
    let mut outputs = Vec::new();
    let mut problems = Vec::new();
    for file in made {
        let source = read.library.sources.path(read.request.template);
        let head = checksum::head_of(source, &format!("workflow --macro {name}"), "\n");
        let mut text = Expanded::new(file.text, head, Vec::new(), "\n");
        let sealed = checksum::seal(&mut text);
        let output = arguments
            .out_dir
            .as_ref()
            .map(|folder| clean(&folder.join(&file.path)));
        let previous = match output.as_deref().map(files::previous).transpose() {
            Ok(previous) => previous.flatten(),
            Err(found) => {
                problems.extend(found);
                continue;
            }
        };
        let current = previous
            .as_ref()
            .is_some_and(|previous| previous.is(&sealed));
        if let (Some(output), Some(previous)) = (&output, &previous)
            && !current
            && previous.seal != Seal::Whole
            && !arguments.force
        {
            problems.extend(refused(output, previous.seal, &text));
            continue;
        }
        outputs.push(Output {
            path: file.path,
            text,
            job: Job {
                template: read.job.template.clone(),
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
fn refused(output: &Path, seal: Seal, text: &Expanded) -> Vec<Diagnostic> {
    match files::previous_text(output) {
        Ok(previous) => {
            let lost = report::lost(&previous.unwrap_or_default(), &text.to_text(), output);
            let help = if seal == Seal::Broken {
                "change the partial that it comes from (`--partials`), or overwrite it with `--force`"
            } else {
                "move it away, or overwrite it with `--force`"
            };
            vec![refused_output(output, seal == Seal::Broken, lost).help(help)]
        }
        Err(problems) => problems,
    }
}

fn write(
    library: &Library,
    outputs: &[Output],
    streams: &mut Streams<'_>,
) -> anyhow::Result<Outcome> {
    for output in outputs {
        refuse_source(&output.job, library)?;
    }
    // All files are written before the first takes its name: an error leaves all as they were.
    let mut pending = Vec::new();
    for output in outputs.iter().filter(|output| !output.current) {
        if let Some(path) = &output.job.output {
            pending.push(files::prepare(path, &output.text)?);
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

fn print(outputs: &mut [Output], streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    for output in outputs {
        writeln!(streams.out, "--- # {}", output.path)?;
        files::write_to(streams.out, &mut output.text)?;
    }
    Ok(Outcome::Quiet)
}
