//! `infer --write`: the line goes into the macro.

use std::io::Write as _;
use std::path::Path;

use anyhow::bail;

use crate::arguments::write::ServiceEntry;
use crate::arguments::write::place::{ServicesToWrite, edited};
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::expand::model::plan::Planned;
use crate::files::{self, Pending};
use crate::infer::answer::WrittenServices;
use crate::infer::fit::StageFit;
use crate::infer::grants::Offering;
use crate::infer::rules::NO_SERVICE_NEEDED;
use crate::report::offered;
use crate::workspace::PlannedSource;
use crate::workspace::rules::OUTSIDE_TEMPLATE;

/// What is to be written.
pub(super) struct ServicesOfApp<'run> {
    /// The services of the macro.
    pub(super) services: &'run [ServiceEntry],
    /// How the macro fits before.
    pub(super) fits: &'run [StageFit],
    /// What it keeps.
    pub(super) kept: &'run [Offering],
    /// What was read, if there are no services: each template with what it has.
    pub(super) read: &'run [(String, String)],
}

/// `app` in the macro: the template, written and not yet in its place if it changes, and what that
/// changes.
///
/// # Errors
///
/// Errors of usage and of the disk; inside, `services-elsewhere`, `no-service-needed`,
/// `outside-template`.
pub(super) fn write(
    source: &PlannedSource,
    planned: &Planned,
    app: &ServicesOfApp<'_>,
) -> anyhow::Result<Result<(Option<Pending>, WrittenServices)>> {
    let path = &source.job.template;
    if path == Path::new(files::STANDARD) {
        bail!("standard input cannot be edited: name the template with `--template FILE`");
    }
    if app.services.is_empty() {
        return Ok(Err(vec![none_needed(planned, app.read)]));
    }
    if let Some(problem) = link_outside(source, planned) {
        return Ok(Err(vec![problem]));
    }
    let template = source.request.template;
    let (Some(text), Some(document)) = (
        source.library.sources.get(template),
        source.library.documents.get(&template),
    ) else {
        bail!("the template is gone");
    };
    let to_write = ServicesToWrite {
        name: &planned.call.name,
        written: planned.call.written(document),
        arguments: &planned.arguments,
        source: text,
    };
    let edited = match edited(to_write, app.services) {
        Ok(edited) => edited,
        Err(problems) => return Ok(Err(problems)),
    };
    let pending = if edited == text.text {
        None
    } else {
        Some(files::prepare(path, |out| {
            out.write_all(edited.as_bytes())
        })?)
    };
    let all = |of: &dyn Fn(&StageFit) -> &Vec<Offering>| -> Vec<String> {
        let all = app.fits.iter().flat_map(of);
        let all = all.filter(|one| !app.kept.contains(one));
        all.map(offered).collect()
    };
    let written = WrittenServices {
        added: all(&|fit| &fit.lacks),
        removed: all(&|fit| &fit.unused),
        kept: app.kept.iter().map(offered).collect(),
    };
    Ok(Ok((pending, written)))
}

/// Refuses to leave the roles without services: the app may be another one.
fn none_needed(planned: &Planned, read: &[(String, String)]) -> Diagnostic {
    let name = planned.call.name.shown();
    let message = format!("the app needs no service, so `{name}` would be left without any");
    let read: Vec<String> = read
        .iter()
        .map(|(path, has)| format!("{path} has {has}"))
        .collect();
    let read = match read.as_slice() {
        [] => "no template was read".to_owned(),
        read => read.join("\n"),
    };
    Diagnostic::new(&NO_SERVICE_NEEDED, planned.call.name_span, message)
        .note(read)
        .help("name the template of this macro's app; if it is this one, write `Services: []` by hand")
}

/// Refuses to edit a file elsewhere through a link: it is not part of this repository's change.
fn link_outside(source: &PlannedSource, planned: &Planned) -> Option<Diagnostic> {
    let also = source.library.include_root.as_deref();
    let (link, to) = files::link_out_of_tree(&source.job.template, also)?;
    let message = format!(
        "`{}` is a link to `{}`, which is outside the repository: `--write` does not edit it",
        link.shown(),
        to.shown()
    );
    let problem = Diagnostic::new(&OUTSIDE_TEMPLATE, planned.call.name_span, message);
    Some(problem.help(
        "run the command in the repository of that file, or write the printed line there by hand",
    ))
}

/// Gives files that were written their names.
///
/// # Errors
///
/// Those of the disk.
pub(super) fn persist(files: Vec<Pending>) -> anyhow::Result<()> {
    files.into_iter().try_for_each(Pending::persist)
}
