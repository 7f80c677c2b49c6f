//! The one macro that a command is about.
//!
//! In: the templates of the command line, and `--macro`. Out: the template that has the macro, and its
//! place in it. Refuses templates that cannot be planned, unknown names, and several macros without a name.

use anyhow::bail;

use crate::cli::Input;
use crate::command::{Outcome, Streams, failed, show};
use crate::workspace::choice::{NotChosen, choose};
use crate::workspace::{self, PlannedSource};

/// The template of the macro `name` and the macro's position in it; or how the run ended, after what is
/// wrong was shown. `with_template` and `nothing` are words of what is shown: what a template is named
/// after, and what an error means.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub(super) fn chosen(
    input: &Input,
    name: Option<&str>,
    (with_template, nothing): (&str, &str),
    streams: &mut Streams<'_>,
) -> anyhow::Result<Result<(PlannedSource, usize), Outcome>> {
    let mut templates = Vec::new();
    let mut errors = 0;
    let all = workspace::templates(input)?;
    for template in streams.progress.over("reading", all) {
        match template.plan() {
            Ok(planned) => templates.push(planned),
            Err(refused) => errors += show(&refused.library, &refused.problems, streams)?,
        }
    }
    if errors > 0 {
        return Ok(Err(failed(errors, nothing, streams)?));
    }
    match choose(&mut templates, name, with_template) {
        Ok((template, index)) => Ok(Ok((templates.swap_remove(template), index))),
        Err(NotChosen::Refused(template, problem)) => {
            if let Some(source) = templates.get(template) {
                show(&source.library, &[*problem], streams)?;
            }
            Ok(Err(failed(1, nothing, streams)?))
        }
        Err(NotChosen::NoMacro) => bail!("there is no `!DeployRoles` macro in the templates"),
    }
}
