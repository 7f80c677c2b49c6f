//! What an app needs, compared with a macro.

use std::path::Path;

use crate::arguments::partials_folder;
use crate::arguments::write::ServiceEntry;
use crate::cli::Infer;
use crate::command::chosen::chosen;
use crate::command::infer::app::{
    InferFound, InferProblems, ReadApp, answer as answer_about, input, next, nothing, with_needs,
};
use crate::command::infer::partials::{PartialsToWrite, to_write};
use crate::command::infer::write::{ServicesOfApp, persist, write};
use crate::command::{Streams, failed, show, shown, warnings, word};
use crate::diagnostic::{Result, Shown as _};
use crate::expand::model::plan::Planned;
use crate::files::{self, Pending};
use crate::infer::answer::{ComparedMacro, InferAnswer, WrittenServices, entries};
use crate::infer::fit::{StageFit, fits};
use crate::infer::framework::other_frameworks;
use crate::infer::grants::Offering;
use crate::infer::refused::AppBoundary;
use crate::infer::suggestion::{AppNeeds, GivenServices, Suggestion, place, suggest};
use crate::partials::Partials;
use crate::partials::rules::BROKEN_PARTIAL;
use crate::source::path::folder_of;
use crate::workspace::PlannedSource;

/// The answer about `app` and the macro of `--macro`; `None` if there were errors, which are shown.
///
/// # Errors
///
/// Errors of usage and of the disk.
pub(super) fn answer(
    arguments: &Infer,
    app: ReadApp,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Option<InferAnswer>> {
    let words = ("--template", nothing(arguments));
    let name = arguments.name.as_deref();
    let Ok((source, index)) = chosen(&input(arguments), name, words, streams)? else {
        return Ok(None);
    };
    let Some(planned) = source.planned.macros.get(index) else {
        return Ok(None);
    };
    show(
        &source.library,
        &warnings(&source.library, &source.planned),
        streams,
    )?;
    let other = other_frameworks(&app.app.frameworks, &planned.arguments);
    show(&source.library, &other, streams)?;
    judged(arguments, app, (&source, planned), streams)
}

/// The answer about `app` and this macro. Writes what is asked for, if there are no errors.
fn judged(
    arguments: &Infer,
    app: ReadApp,
    (source, planned): (&PlannedSource, &Planned),
    streams: &mut Streams<'_>,
) -> anyhow::Result<Option<InferAnswer>> {
    let nothing = nothing(arguments);
    let to_write = match partials_to_write(arguments, &app, source, planned) {
        Ok(to_write) => to_write,
        Err(refused) => {
            let (library, problems) = *refused;
            let errors = show(&library, &problems, streams)?;
            failed(errors, nothing, streams)?;
            return Ok(None);
        }
    };
    let (partials, library) = match &to_write {
        Some(to_write) => (&to_write.partials, &to_write.library),
        None => (&source.partials, &source.library),
    };
    let compared = match compared(arguments, app, (source, planned), partials)? {
        Ok(compared) => compared,
        Err(problems) => {
            // What `--write` refuses is in the template, what does not render in a partial.
            let is_broken = problems.iter().any(|one| one.rule.id == BROKEN_PARTIAL.id);
            let library = if is_broken { library } else { &source.library };
            let errors = show(library, &problems, streams)?;
            failed(errors, nothing, streams)?;
            return Ok(None);
        }
    };
    let (mut answer, template) = compared;
    let mut pending = Vec::new();
    if let Some(to_write) = to_write {
        show(&to_write.library, &to_write.warnings, streams)?;
        pending = to_write.prepare()?;
        answer = answer.with_partials(to_write.answer);
    }
    pending.extend(template);
    persist(pending)?;
    let written = answer
        .compared
        .as_ref()
        .and_then(|one| one.written.as_ref());
    if written.is_some_and(WrittenServices::is_changed) {
        note_of_partials(arguments, source, streams)?;
    }
    Ok(Some(answer))
}

/// The partials of `--write-partials`, if it is given, with what else is in the folder.
fn partials_to_write(
    arguments: &Infer,
    app: &ReadApp,
    source: &PlannedSource,
    planned: &Planned,
) -> std::result::Result<Option<PartialsToWrite>, Box<InferProblems>> {
    let Some(folder) = &arguments.write_partials else {
        return Ok(None);
    };
    let read = (&source.library.sources, source.request.overrides.as_slice());
    let judge = |wanted: AppNeeds<'_>, partials: &Partials| {
        let fits = fits(wanted, partials, &planned.arguments)?;
        Ok(fits.into_iter().map(|fit| fit.suggestion).collect())
    };
    to_write(arguments, folder, app, read, &judge).map(Some)
}

/// The answer, and the edited template if `--write` changes it.
fn compared(
    arguments: &Infer,
    app: ReadApp,
    (source, planned): (&PlannedSource, &Planned),
    partials: &Partials,
) -> anyhow::Result<Result<(InferAnswer, Option<Pending>)>> {
    let (fits, suggestion) = match suggested(&app, planned, partials) {
        Ok(found) => found,
        Err(problems) => return Ok(Err(problems)),
    };
    let found = InferFound {
        services: entries(&suggestion),
        suggestion,
        app_id: Some(planned.arguments.app_id.value.clone()),
        boundary: boundary(planned),
    };
    let read = app.read.clone();
    let mut answer = answer_about(app, found);
    let is_all_known = !answer.unknown.iter().any(|one| one.may_need_more);
    let kept = match fits.as_slice() {
        [only] if !is_all_known => only.unused.clone(),
        _ => Vec::new(),
    };
    keep(&mut answer.services, &kept);
    let is_done = fits.iter().all(|fit| is_done(fit, &kept));
    let to_write = ServicesOfApp {
        services: &answer.services,
        fits: &fits,
        kept: &kept,
        read: &read,
    };
    let (pending, written) = match arguments.write.then(|| write(source, planned, &to_write)) {
        None => (None, None),
        Some(written) => match written? {
            Ok((pending, written)) => (pending, Some(written)),
            Err(problems) => return Ok(Err(problems)),
        },
    };
    if written.as_ref().is_some_and(WrittenServices::is_changed) {
        answer.next.push(expand(arguments, source));
    } else if written.is_none() && !is_done && fits.len() == 1 {
        answer.next = next(arguments, &planned.call.name, &answer.services);
    }
    answer.compared = Some(ComparedMacro {
        name: planned.call.name.clone(),
        template: shown(&source.job.template),
        fits,
        kept,
        written,
    });
    Ok(Ok((answer, pending)))
}

/// How each group of stages fits, and what is suggested for all.
fn suggested(
    app: &ReadApp,
    planned: &Planned,
    partials: &Partials,
) -> Result<(Vec<StageFit>, Suggestion)> {
    with_needs(app, |wanted| {
        let fits = fits(wanted, partials, &planned.arguments)?;
        let suggestion = match fits.as_slice() {
            [only] => only.suggestion.clone(),
            // No line fits all stages as they are.
            _ => suggest(wanted, partials, &GivenServices::default())?,
        };
        Ok((fits, suggestion))
    })
}

/// The folder of partials that only the command line names.
fn unnamed_folder<'a>(arguments: &'a Infer, source: &PlannedSource) -> Option<&'a Path> {
    let library = &source.library;
    let document = library.documents.get(&source.request.template);
    let named = document.and_then(|document| partials_folder(library, document).ok().flatten());
    let folder = arguments.partials.as_deref();
    let folder = folder.or(arguments.write_partials.as_deref());
    folder.filter(|_| named.is_none())
}

/// Says how every other command, and CI, finds the partials of the services that the macro has now.
fn note_of_partials(
    arguments: &Infer,
    source: &PlannedSource,
    streams: &mut Streams<'_>,
) -> anyhow::Result<()> {
    let Some(folder) = unnamed_folder(arguments, source) else {
        return Ok(());
    };
    let path = files::relative(folder, &folder_of(&source.job.template))?;
    writeln!(
        streams.err,
        "note: without `--partials`, no command finds the partials in `{}`: name the folder in `{}`, with `Partials: {}` below `Definitions.DeployRoles`",
        shown(folder),
        shown(&source.job.template),
        if path.starts_with('.') {
            path.shown()
        } else {
            format!("./{}", path.shown())
        },
    )?;
    Ok(())
}

/// The command that expands the template. It names the folder of partials unless the template does.
fn expand(arguments: &Infer, source: &PlannedSource) -> String {
    let flag = unnamed_folder(arguments, source);
    let flag = flag.map_or(String::new(), |folder| {
        format!("--partials {} ", word(folder))
    });
    format!("deploy-roles expand {flag}{}", shown(&source.job.template))
}

/// Whether the app's roles must have a permissions boundary.
fn boundary(planned: &Planned) -> AppBoundary {
    let mut targets = planned.arguments.targets.iter();
    if targets.any(|target| target.arguments.boundary.is_some()) {
        AppBoundary::Required
    } else {
        AppBoundary::Unknown
    }
}

/// Whether `--write` would change nothing.
fn is_done(fit: &StageFit, kept: &[Offering]) -> bool {
    fit.lacks.is_empty() && fit.unused.iter().all(|unused| kept.contains(unused))
}

/// Adds what is kept to the services.
fn keep(services: &mut Vec<ServiceEntry>, kept: &[Offering]) {
    for offering in kept {
        let at = services.iter().position(|one| one.name == offering.service);
        let at = at.unwrap_or_else(|| {
            services.push(ServiceEntry {
                name: offering.service.clone(),
                options: Vec::new(),
            });
            services.len() - 1
        });
        if let (Some(service), Some(option)) = (services.get_mut(at), &offering.option) {
            service.options.push(option.clone());
            service.options.sort();
        }
    }
    services.sort_by_key(|service| place(&service.name));
}
