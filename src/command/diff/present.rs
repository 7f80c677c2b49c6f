//! Generated files as they are in the working tree, where they are not what their sources say.
//!
//! In: the outputs of a run, and a revision. Out: what these files give beyond what was examined, as
//! what may be. Refuses what cannot be read.
//!
//! The hard part: OrgFormation deploys a file as it is, whatever its source says. Which of both will
//! be deployed is not known here, so that what only one of them gives is a "maybe".

use std::path::{Path, PathBuf};

use crate::cli::Diff;
use crate::command::Streams;
use crate::command::diff::against::{Against, said};
use crate::command::diff::sides::before;
use crate::diagnostic::Shown as _;
use crate::expand::checksum::{self, ChecksumState};
use crate::files::CommitFiles;
use crate::organization::Organization;
use crate::workspace::leftovers::{Leftover, leftovers, removed, templates_at};
use crate::workspace::{Job, read, sources};

/// A generated file that is not what its source expands to.
pub(super) struct PresentText {
    /// What it is now.
    pub(super) text: String,
    /// Why what it gives is not certain, if it is not.
    pub(super) why: Option<String>,
}

/// A generated file that no template expands to, as it was and as it is.
pub(super) struct LeftoverTexts {
    /// The file, as a job that writes over it.
    pub(super) job: Job,
    /// What it was; `None` if it was not there.
    pub(super) previous: Option<String>,
    /// What that is, as shown.
    pub(super) label: Option<String>,
    /// What it is now, and why what it gives is not certain.
    pub(super) present: PresentText,
    /// The organization that it names.
    pub(super) organization: Organization,
}

/// The output of a job as it is, if it differs from `expanded` and was not compared anyway.
pub(super) fn present(
    against: &Against<'_>,
    expanded: &str,
) -> anyhow::Result<Option<PresentText>> {
    let Against::Revision { output, .. } = against else {
        return Ok(None);
    };
    let text = sources::previous_text(output).map_err(|found| said(&found))?;
    let text = text.map(|text| against.as_compared(text));
    Ok(text.filter(|text| text != expanded).map(|text| {
        let path = output.display().to_string();
        let path = path.shown();
        let why = match checksum::check(&text) {
            ChecksumState::Generated => {
                format!("`{path}` is not what its source expands to, and is deployed as it is")
            }
            ChecksumState::EditedByHand => format!(
                "`{path}` was edited by hand, and is deployed as it is unless it is expanded again"
            ),
            ChecksumState::NotGenerated => {
                format!("`{path}` was not generated, and is deployed as it is")
            }
        };
        let why = Some(why);
        PresentText { text, why }
    }))
}

/// The templates that the arguments had at the revision of `--against`, if it is one.
pub(super) fn older(arguments: &Diff) -> anyhow::Result<Vec<PathBuf>> {
    match &arguments.against {
        Some(name) => templates_at(&arguments.input, name),
        None => Ok(Vec::new()),
    }
}

/// The generated files that no template expands to; `older` are the templates that were there.
pub(super) fn left_over(
    jobs: &[Job],
    older: &[PathBuf],
    arguments: &Diff,
) -> anyhow::Result<Vec<Leftover>> {
    leftovers(&arguments.input, &arguments.output, jobs, older)
}

/// The texts of `found`, as they were and as they are, if they are compared with a revision.
pub(super) fn leftover_texts(
    found: &[Leftover],
    arguments: &Diff,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Vec<LeftoverTexts>> {
    let mut compared = Vec::new();
    for leftover in found {
        compared.extend(texts(&leftover.path, arguments, streams)?);
    }
    Ok(compared)
}

/// The texts of the generated files of `older` templates that are gone with these.
pub(super) fn gone_texts(
    jobs: &[Job],
    older: &[PathBuf],
    arguments: &Diff,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Vec<LeftoverTexts>> {
    let mut compared = Vec::new();
    for path in removed(&arguments.output, jobs, older)? {
        compared.extend(texts_of_gone(&path, arguments, streams)?);
    }
    Ok(compared)
}

/// The job of a generated file as if it were a template.
fn itself(path: &Path) -> Job {
    Job {
        template: path.to_owned(),
        output: Some(path.to_owned()),
    }
}

/// The two texts of a generated file that is gone.
fn texts_of_gone(
    path: &Path,
    arguments: &Diff,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Option<LeftoverTexts>> {
    let job = itself(path);
    let against = Against::new(&job, arguments.against.as_deref(), streams)?;
    let (Some(previous), label) = against.previous()? else {
        return Ok(None);
    };
    let before = match &against {
        Against::Revision { commit, .. } => {
            // Where its sides are compared, one that cannot be read is reported.
            before(&job, &arguments.input, &CommitFiles::new(commit))
                .ok()
                .flatten()
        }
        Against::Output(_) | Against::File(_) => None,
    };
    Ok(Some(LeftoverTexts {
        job,
        previous: Some(previous),
        label,
        present: PresentText {
            text: String::new(),
            why: None,
        },
        organization: before.unwrap_or_default(),
    }))
}

/// The two texts of one leftover, unless it is as it was.
fn texts(
    path: &Path,
    arguments: &Diff,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Option<LeftoverTexts>> {
    let job = itself(path);
    let against = Against::new(&job, arguments.against.as_deref(), streams)?;
    if !matches!(against, Against::Revision { .. }) {
        return Ok(None);
    }
    let (previous, label) = against.previous()?;
    let text = sources::previous_text(path).map_err(|found| said(&found))?;
    let text = text.map(|text| against.as_compared(text));
    let Some(text) = text.filter(|text| previous.as_ref() != Some(text)) else {
        return Ok(None);
    };
    let shown = path.display().to_string();
    let why = format!(
        "no template expands to `{}`, and it is deployed as it is",
        shown.shown()
    );
    Ok(Some(LeftoverTexts {
        job,
        previous,
        label,
        present: PresentText {
            text,
            why: Some(why),
        },
        organization: organization(path, arguments)?,
    }))
}

/// The organization that the file at `path` names; none that is known if it cannot be read.
fn organization(path: &Path, arguments: &Diff) -> anyhow::Result<Organization> {
    let job = Job {
        template: PathBuf::from(path),
        output: None,
    };
    let planned = read(job, &arguments.input)?.plan();
    Ok(planned.map_or_else(
        |_| Organization::default(),
        |planned| planned.planned.organization,
    ))
}
