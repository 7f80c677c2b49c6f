//! `deploy-roles infer`: the services and options that an app's roles need.

mod against;
mod app;
mod partials;
mod write;

use crate::cli::{Infer, InferFormat};
use crate::command::infer::app::{
    InferFound, InferProblems, ReadApp, answer, next, nothing, read_app, with_needs,
};
use crate::command::infer::write::persist;
use crate::command::{Outcome, Streams, failed, show};
use crate::infer::answer::{InferAnswer, entries};
use crate::infer::refused::AppBoundary;
use crate::infer::suggestion::{AppNeeds, GivenServices, suggest};
use crate::partials::Partials;
use crate::report;
use crate::workspace::own_partials::read_to_be_written;
use crate::workspace::sources;
use crate::yaml::lookup::Library;

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Infer, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let mut library = Library::default();
    let nothing = nothing(arguments);
    let app = match read_app(arguments, &mut library) {
        Ok((app, warnings)) => {
            show(&library, &warnings, streams)?;
            app
        }
        Err(problems) => {
            let errors = show(&library, &problems, streams)?;
            return failed(errors, nothing, streams);
        }
    };
    let answer = if arguments.name.is_some() {
        match against::answer(arguments, app, streams)? {
            Some(answer) => answer,
            None => return Ok(Outcome::Errors),
        }
    } else {
        match without_macro(arguments, app, streams)? {
            Ok(answer) => answer,
            Err(refused) => {
                let (library, problems) = *refused;
                let errors = show(&library, &problems, streams)?;
                return failed(errors, nothing, streams);
            }
        }
    };
    match arguments.format {
        InferFormat::Text => {
            report::infer_text(&answer, &library.sources, streams.out_color, streams.out)?;
        }
        InferFormat::Json => report::infer_json(&answer, &library.sources, streams.out)?,
        InferFormat::Markdown => {
            let text = report::infer_markdown(&answer, &library.sources);
            streams.out.write_all(text.as_bytes())?;
        }
    }
    Ok(if arguments.check && !answer.is_enough() {
        Outcome::Differences
    } else {
        Outcome::Quiet
    })
}

/// The answer if there is no macro to compare with. Writes the partials that are asked for.
fn without_macro(
    arguments: &Infer,
    app: ReadApp,
    streams: &mut Streams<'_>,
) -> anyhow::Result<std::result::Result<InferAnswer, Box<InferProblems>>> {
    let mut library = Library::default();
    let overrides = match (&arguments.partials, &arguments.write_partials) {
        (_, Some(folder)) => read_to_be_written(&mut library, folder),
        (Some(folder), None) => sources::read_partials(&mut library, folder),
        (None, None) => Ok(Vec::new()),
    };
    let overrides = match overrides {
        Ok(overrides) => overrides,
        Err(problems) => return Ok(Err(Box::new((library, problems)))),
    };
    let suggest = |wanted: AppNeeds<'_>, partials: &Partials| {
        suggest(wanted, partials, &GivenServices::default())
    };
    let (suggestion, written) = match &arguments.write_partials {
        None => {
            let partials = Partials::new(&mut library, &overrides);
            let found =
                partials.and_then(|partials| with_needs(&app, |wanted| suggest(wanted, &partials)));
            (found, None)
        }
        Some(folder) => {
            let read = (&library.sources, overrides.as_slice());
            let judge =
                |wanted: AppNeeds<'_>, partials: &Partials| Ok(vec![suggest(wanted, partials)?]);
            let written = match partials::to_write(arguments, folder, &app, read, &judge) {
                Ok(written) => written,
                Err(refused) => return Ok(Err(refused)),
            };
            let found = with_needs(&app, |wanted| suggest(wanted, &written.partials));
            (found, Some(written))
        }
    };
    let suggestion = match (suggestion, written.as_ref()) {
        (Ok(suggestion), _) => suggestion,
        (Err(problems), Some(_)) => {
            let library = written.map(|written| written.library).unwrap_or_default();
            return Ok(Err(Box::new((library, problems))));
        }
        (Err(problems), None) => return Ok(Err(Box::new((library, problems)))),
    };
    let found = InferFound {
        services: entries(&suggestion),
        suggestion,
        boundary: AppBoundary::Unknown,
        app_id: None,
    };
    let mut answer = answer(app, found);
    if let Some(written) = written {
        show(&written.library, &written.warnings, streams)?;
        persist(written.prepare()?)?;
        answer = answer.with_partials(written.answer);
    }
    answer.next = next(arguments, "NAME", &answer.services);
    Ok(Ok(answer))
}
