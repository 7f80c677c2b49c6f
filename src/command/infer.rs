//! `deploy-roles infer`: the services and options that an app's roles need.

mod against;
mod app;
mod write;

use crate::cli::{Infer, InferFormat};
use crate::command::infer::app::{InferFound, ReadApp, answer, next, read_app, with_needs};
use crate::command::{Outcome, Streams, failed, show};
use crate::diagnostic::Diagnostic;
use crate::infer::answer::{InferAnswer, entries};
use crate::infer::refused::AppBoundary;
use crate::infer::suggestion::{GivenServices, suggest};
use crate::partials::Partials;
use crate::report;
use crate::workspace::sources;
use crate::yaml::lookup::Library;

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub fn run(arguments: &Infer, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let mut library = Library::default();
    let nothing = if arguments.write {
        "; nothing was written"
    } else {
        ""
    };
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
        match without_macro(arguments, app) {
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

/// Problems, with the files that they point into.
type InferProblems = (Library, Vec<Diagnostic>);

/// The answer if there is no macro to compare with.
fn without_macro(
    arguments: &Infer,
    app: ReadApp,
) -> std::result::Result<InferAnswer, Box<InferProblems>> {
    let mut library = Library::default();
    let overrides = match &arguments.partials {
        Some(folder) => sources::read_partials(&mut library, folder),
        None => Ok(Vec::new()),
    };
    let partials = overrides.and_then(|overrides| Partials::new(&mut library, &overrides));
    let suggestion = partials.and_then(|partials| {
        with_needs(&app, |wanted| {
            suggest(wanted, &partials, &GivenServices::default())
        })
    });
    match suggestion {
        Ok(suggestion) => {
            let found = InferFound {
                services: entries(&suggestion),
                suggestion,
                boundary: AppBoundary::Unknown,
                app_id: None,
            };
            let mut answer = answer(app, found);
            answer.next.push(next(arguments, "NAME"));
            Ok(answer)
        }
        Err(problems) => Err(Box::new((library, problems))),
    }
}
