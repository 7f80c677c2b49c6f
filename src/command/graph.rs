//! `deploy-roles graph`: who can become whom, by stage.

use crate::cli::{Graph, GraphFormat};
use crate::command::{Job, Outcome, Streams, failed, read, show, warnings};
use crate::diagnostic::Diagnostic;
use crate::partials::Partials;
use crate::report::graph;
use crate::yaml::lookup::Library;
use crate::{PlannedTemplate, Request, files, plan};

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Graph, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let mut picture = graph::Graph::default();
    let mut errors = 0;
    for template in files::find_templates(&arguments.input.templates)? {
        let job = Job {
            template,
            output: None,
        };
        let (mut library, request) = read(&job, &arguments.input)?;
        let problems = match request.and_then(|request| planned(&mut library, &request)) {
            Ok(planned) => {
                for planned in &planned.macros {
                    picture.add(&planned.plan, None);
                }
                warnings(&library, &planned)
            }
            Err(problems) => problems,
        };
        errors += show(&library, &problems, streams)?;
    }
    if errors > 0 {
        return failed(errors, "", streams);
    }
    let text = match arguments.format {
        GraphFormat::Mermaid => picture.mermaid(),
        GraphFormat::Dot => picture.dot(),
        GraphFormat::Svg => picture.svg(),
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Outcome::Quiet)
}

fn planned(library: &mut Library, request: &Request) -> Result<PlannedTemplate, Vec<Diagnostic>> {
    let partials = Partials::new(library, &request.overrides)?;
    plan(library, request, &partials)
}
