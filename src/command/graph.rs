//! `deploy-roles graph`: who can assume which role, by stage.

use crate::cli::{Graph, GraphFormat};
use crate::command::{Outcome, Streams, failed, show, warnings};
use crate::report::graph;
use crate::workspace;

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Graph, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let mut picture = graph::RoleGraph::default();
    let mut errors = 0;
    let templates = workspace::templates(&arguments.input)?;
    for template in streams.progress.over("reading", templates) {
        errors += match template.plan() {
            Ok(source) => {
                for planned in &source.planned.macros {
                    picture.add(&planned.plan, None);
                }
                show(
                    &source.library,
                    &warnings(&source.library, &source.planned),
                    streams,
                )?
            }
            Err(refused) => show(&refused.library, &refused.problems, streams)?,
        };
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
