//! `deploy-roles infer`: the services and options that an app's roles need.

mod against;
mod write;

use std::path::{Path, PathBuf};

use crate::arguments::write::ServiceEntry;
use crate::cli::{Infer, InferFormat};
use crate::command::{Outcome, Streams, failed, show};
use crate::diagnostic::Result;
use crate::files::{self, LocalDisk};
use crate::infer::actions::{Needed, needs, needs_after};
use crate::infer::answer::{InferAnswer, entries};
use crate::infer::arns::Arns;
use crate::infer::model::AppTemplates;
use crate::infer::names::names;
use crate::infer::read::{AppArgument, read};
use crate::infer::refused::{AppBoundary, refused};
use crate::infer::resources::resources;
use crate::infer::suggestion::{AppNeeds, Given, Suggestion, suggest};
use crate::infer::unknown::unknown;
use crate::partials::Partials;
use crate::report;
use crate::source::path::folder_of;
use crate::workspace::sources;
use crate::yaml::lookup::Library;

/// An app that was read, and what it needs.
struct ReadApp {
    /// The app.
    app: AppTemplates,
    /// What it replaces.
    previous: Option<AppTemplates>,
    /// The app with what goes away: what the needs refer to.
    both: AppTemplates,
    needed: Needed,
}

/// What was found about an app.
struct Found {
    suggestion: Suggestion,
    services: Vec<ServiceEntry>,
    boundary: AppBoundary,
    /// The `AppId` of the macro.
    app_id: Option<String>,
}

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

/// Reads the app, and what it replaces.
fn read_app(
    arguments: &Infer,
    library: &mut Library,
) -> Result<(ReadApp, Vec<crate::diagnostic::Diagnostic>)> {
    let named = |paths: &[PathBuf]| -> Vec<AppArgument> {
        let paths = paths.iter();
        paths
            .map(|path| AppArgument {
                path: path.clone(),
                root: root(path),
            })
            .collect()
    };
    let sources = &mut library.sources;
    let (app, mut warnings) = read(sources, &LocalDisk, &named(&arguments.apps))?;
    if arguments.previous.is_empty() {
        let needed = needs(&app);
        let both = app.clone();
        let previous = None;
        let read = ReadApp {
            app,
            previous,
            both,
            needed,
        };
        return Ok((read, warnings));
    }
    let (previous, more) = read(sources, &LocalDisk, &named(&arguments.previous))?;
    warnings.extend(more);
    let (both, needed) = needs_after(&app, &previous);
    let read = ReadApp {
        app,
        previous: Some(previous),
        both,
        needed,
    };
    Ok((read, warnings))
}

/// The folder that the files of an app must be in.
fn root(path: &Path) -> PathBuf {
    let folder = if path.is_dir() {
        path.to_owned()
    } else {
        folder_of(path)
    };
    files::tree(&folder)
}

/// Problems, with the files that they point into.
type InferProblems = (Library, Vec<crate::diagnostic::Diagnostic>);

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
        with_needs(&app, |wanted| suggest(wanted, &partials, &Given::default()))
    });
    match suggestion {
        Ok(suggestion) => {
            let found = Found {
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

/// Calls `with` what the app needs.
fn with_needs<T>(app: &ReadApp, with: impl FnOnce(AppNeeds<'_>) -> T) -> T {
    let arns = Arns::default();
    let arns = |type_name: &str, action: &str| resources(&arns, type_name, action);
    with(AppNeeds {
        app: &app.both,
        needs: &app.needed.needs,
        arns: &arns,
    })
}

/// The answer about an app.
fn answer(app: ReadApp, found: Found) -> InferAnswer {
    let refused = refused(&app.app, app.previous.as_ref(), found.boundary);
    let needed = &app.needed;
    let unknown = unknown(&app.both, &needed.needs, &found.suggestion, &needed.unknown);
    InferAnswer {
        names: names(&app.app, found.app_id.as_deref()),
        refused,
        unknown,
        app: app.both,
        suggestion: found.suggestion,
        services: found.services,
        compared: None,
        next: Vec::new(),
    }
}

/// The command that puts the line into the macro `name`.
fn next(arguments: &Infer, name: &str) -> String {
    let mut words = vec!["deploy-roles".to_owned(), "infer".to_owned()];
    words.extend(arguments.apps.iter().map(|path| word(path)));
    for path in &arguments.previous {
        words.extend(["--previous".to_owned(), word(path)]);
    }
    words.extend(["--macro".to_owned(), quoted(name)]);
    for path in &arguments.templates {
        words.extend(["--template".to_owned(), word(path)]);
    }
    for (flag, path) in [
        ("--organization", &arguments.organization),
        ("--include-root", &arguments.include_root),
        ("--partials", &arguments.partials),
    ] {
        if let Some(path) = path {
            words.extend([flag.to_owned(), word(path)]);
        }
    }
    words.push("--write".to_owned());
    words.join(" ")
}

/// A path as a word of a shell.
fn word(path: &Path) -> String {
    quoted(&path.display().to_string())
}

fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
