//! `deploy-roles denied`: who was denied what in a log, why, and the change that helps.

use std::path::Path;

use crate::cli::{Denied, DeniedFormat};
use crate::command::{Outcome, Streams, failed, show, shown};
use crate::denied::advice::{DenialAdviser, KnownMacro, KnownTemplate};
use crate::denied::{self, NotALog};
use crate::diagnostic::{Diagnostic, Shown as _, list_some, nearest};
use crate::expand::model::plan::Planned;
use crate::files;
use crate::partials::Partials;
use crate::report::{AnsweredDenial, denied_json, denied_text};
use crate::workspace::rules::UNKNOWN_MACRO;
use crate::workspace::{self, PlannedSource};
use crate::yaml::lookup::Library;
use crate::yaml::rules::UNREADABLE;

/// The most bytes that a log may have.
const MOST: u64 = 64 << 20;

/// Runs the command.
///
/// # Errors
///
/// Errors of usage and of the disk, and logs that are not text.
pub fn run(arguments: &Denied, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let log = read(&arguments.log)?;
    let Some(mut templates) = known(arguments, streams)? else {
        return failed(1, "", streams);
    };
    if templates.is_empty() {
        let mut library = Library::default();
        match own_partials(arguments, &mut library) {
            Ok(partials) => templates.push(KnownTemplate {
                partials,
                macros: Vec::new(),
            }),
            Err(problems) => {
                let errors = show(&library, &problems, streams)?;
                return failed(errors, "", streams);
            }
        }
    }
    let adviser = DenialAdviser::new(templates, &log.denials);
    let answered: Vec<AnsweredDenial> = log
        .denials
        .into_iter()
        .map(|denial| AnsweredDenial {
            advice: adviser.advice(&denial),
            denial,
        })
        .collect();
    let text = match arguments.format {
        DeniedFormat::Text => denied_text(&answered, &log.lookalikes, streams.out_color),
        DeniedFormat::Json => denied_json(&answered, &log.lookalikes),
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(Outcome::Quiet)
}

/// What the log at `path` says.
fn read(path: &Path) -> Result<denied::model::DeniedLog, Diagnostic> {
    let name = if path == Path::new(files::STANDARD) {
        "standard input".to_owned()
    } else {
        format!("`{}`", shown(path))
    };
    let cannot =
        |message: String, help: &str| Diagnostic::without_place(&UNREADABLE, message).help(help);
    let bytes = files::bytes(path, MOST).map_err(|error| {
        let message = format!("cannot read {name}: {}", error.reason);
        cannot(
            message,
            "check the path and its permissions; `-` reads the log from standard input",
        )
    })?;
    denied::read(&bytes).map_err(|why| match why {
        NotALog::Empty => cannot(
            format!("{name} is empty"),
            "save what the CLI or CloudFormation wrote, and give that",
        ),
        NotALog::Binary => cannot(
            format!("{name} is not text"),
            "a log of CloudTrail may be compressed (`gunzip`)",
        ),
    })
}

/// The macros of the templates, with their partials: those that are named, or those that are there.
/// `None` if one that is named has errors.
fn known(
    arguments: &Denied,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Option<Vec<KnownTemplate>>> {
    let mut known: Vec<KnownTemplate> = Vec::new();
    let is_asked = arguments.name.is_some() || !arguments.input.templates.is_empty();
    let templates = match workspace::templates(&arguments.input) {
        Ok(templates) => templates,
        Err(error) if is_asked => return Err(error),
        Err(_) => return Ok(Some(known)),
    };
    let mut problems = 0;
    for template in templates {
        match template.plan() {
            Ok(PlannedSource {
                partials, planned, ..
            }) => {
                let macros = planned.macros.iter().map(known_macro).collect();
                known.push(KnownTemplate { partials, macros });
            }
            // A log can be read without the templates.
            Err(refused) if is_asked => {
                problems += show(&refused.library, &refused.problems, streams)?;
            }
            Err(_) => {}
        }
    }
    if problems > 0 {
        return Ok(None);
    }
    if let Some(name) = &arguments.name {
        let all = known.iter().flat_map(|template| &template.macros);
        let names: Vec<String> = all.map(|known| known.name.clone()).collect();
        for template in &mut known {
            template.macros.retain(|known| known.name == *name);
        }
        known.retain(|template| !template.macros.is_empty());
        if known.is_empty() {
            let message = format!("there is no macro `{}` in the templates", name.shown());
            let help = match nearest(name, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => "the templates have no macro".to_owned(),
                None => format!("there are: {}", list_some(names.iter().map(String::as_str))),
            };
            return Err(Diagnostic::without_place(&UNKNOWN_MACRO, message)
                .help(help)
                .into());
        }
    }
    Ok(Some(known))
}

fn known_macro(planned: &Planned) -> KnownMacro {
    let mut known = KnownMacro {
        name: planned.call.name.clone(),
        app_id: planned.arguments.app_id.value.clone(),
        ..KnownMacro::default()
    };
    for target in &planned.arguments.targets {
        let of_target = &target.arguments;
        for (all, choices) in [
            (&mut known.services, &of_target.services),
            (&mut known.frameworks, &of_target.frameworks),
        ] {
            for choice in choices {
                let options = choice.options.iter().map(|option| option.value.clone());
                let choice = (choice.name.value.clone(), options.collect());
                if !all.contains(&choice) {
                    all.push(choice);
                }
            }
        }
    }
    known
}

/// The built-in partials, with those of `--partials`.
fn own_partials(arguments: &Denied, library: &mut Library) -> Result<Partials, Vec<Diagnostic>> {
    let overrides = match &arguments.input.with.partials {
        Some(folder) => workspace::sources::read_partials(library, folder)?,
        None => Vec::new(),
    };
    Partials::new(library, &overrides)
}
