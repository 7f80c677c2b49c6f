//! `infer --write`: the line goes into the macro.

use std::io::Write as _;
use std::path::Path;

use anyhow::bail;

use crate::arguments::write::ServiceEntry;
use crate::arguments::write::place::{ServicesToWrite, edited};
use crate::diagnostic::Result;
use crate::expand::model::plan::Planned;
use crate::files::{self, Pending};
use crate::infer::answer::WrittenServices;
use crate::infer::fit::StageFit;
use crate::infer::grants::Offering;
use crate::report::offered;
use crate::workspace::PlannedSource;

/// `services` in the macro: the template, written and not yet in its place if it changes, and what
/// that changes.
///
/// # Errors
///
/// Errors of usage and of the disk; inside, `services-elsewhere`.
pub(super) fn write(
    source: &PlannedSource,
    planned: &Planned,
    services: &[ServiceEntry],
    fits: &[StageFit],
    kept: &[Offering],
) -> anyhow::Result<Result<(Option<Pending>, WrittenServices)>> {
    let path = &source.job.template;
    if path == Path::new(files::STANDARD) {
        bail!("standard input cannot be edited: name the template with `--template FILE`");
    }
    if services.is_empty() {
        bail!("the app needs no service, so there is no `Services` to write");
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
    let edited = match edited(to_write, services) {
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
        let all = fits.iter().flat_map(of);
        all.filter(|one| !kept.contains(one)).map(offered).collect()
    };
    let written = WrittenServices {
        added: all(&|fit| &fit.lacks),
        removed: all(&|fit| &fit.unused),
        kept: kept.iter().map(offered).collect(),
    };
    Ok(Ok((pending, written)))
}

/// Gives files that were written their names.
///
/// # Errors
///
/// Those of the disk.
pub(super) fn persist(files: Vec<Pending>) -> anyhow::Result<()> {
    files.into_iter().try_for_each(Pending::persist)
}
