//! Generated files that no template of a run expands to.
//!
//! In: the arguments of a run, its jobs, and the templates of an older revision. Out: the
//! [`Leftover`]s. Refuses what cannot be read.
//!
//! The hard part: somebody who moves or deletes a template can keep its output, edit it, and change
//! its head. OrgFormation deploys it as it is. So the head is not believed alone: what an older
//! template expanded to counts as well.

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use crate::cli::{Input, Output};
use crate::expand::checksum;
use crate::files::{self, Named};
use crate::workspace::search::yaml_files;
use crate::workspace::{Job, destination};

/// A generated file that no template of the run expands to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Its path.
    pub path: PathBuf,
    /// Whether its source is nowhere in the folders of the run.
    pub is_source_gone: bool,
}

/// The leftovers below the folders of `input`, by path. `older` are templates that these folders had
/// at an older revision.
///
/// # Errors
///
/// Why a file or folder cannot be read.
pub fn leftovers(
    input: &Input,
    output: &Output,
    jobs: &[Job],
    older: &[PathBuf],
) -> anyhow::Result<Vec<Leftover>> {
    let there = yaml_files(&input.templates)?;
    let outputs: Vec<PathBuf> = jobs
        .iter()
        .filter_map(|job| job.output.as_deref().map(files::real))
        .collect();
    let is_output = |path: &Path| outputs.contains(&files::real(path));
    let mut found: Vec<Leftover> = Vec::new();
    for path in &there {
        let start = files::start(path, checksum::HEAD_LIMIT);
        let start =
            start.map_err(|error| anyhow!("cannot read `{}`: {}", path.display(), error.reason))?;
        let Some(source) = checksum::source_of(&start) else {
            continue;
        };
        if is_output(path) {
            continue;
        }
        // One whose name is not in the head may be anywhere.
        let is_there = source.is_none_or(|source| {
            let mut names = there.iter().filter_map(|path| path.file_name());
            names.any(|name| name.to_string_lossy() == source)
        });
        found.push(Leftover {
            path: path.clone(),
            is_source_gone: !is_there,
        });
    }
    for template in older.iter().filter(|template| !template.exists()) {
        let Some(path) = destination(template, output)? else {
            continue;
        };
        let is_known = found.iter().any(|leftover| leftover.path == path);
        if path.is_file() && !is_known && !is_output(&path) {
            found.push(Leftover {
                path,
                is_source_gone: true,
            });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// The templates that the arguments had at the revision `name`, a path that is gone by now included; none where
/// `name` is no revision.
///
/// # Errors
///
/// git is missing, or does not read the repository.
pub fn templates_at(input: &Input, name: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in files::with_default(&input.templates) {
        if path == Path::new(files::STANDARD) || path.is_file() {
            continue;
        }
        // Each path may be in a repository of its own.
        let at = |path: &Path| match files::named(&path.join("x"), name)? {
            Named::Commit(commit) => files::templates_at(path, &commit),
            Named::Nothing(_) => Ok(Vec::new()),
        };
        let mut below = at(&path)?;
        if below.is_empty() && path.is_dir() {
            // git does not follow a link of the repository.
            let linked = files::relative(&files::real(&path), Path::new(""))?;
            below = at(Path::new(&linked))?;
        }
        found.extend(below);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The generated files of templates that are gone, and that are gone with them. `older` are the templates that
/// were there.
///
/// # Errors
///
/// What the output of a template cannot be.
pub fn removed(output: &Output, jobs: &[Job], older: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for template in older.iter().filter(|template| !template.exists()) {
        let path = destination(template, output)?;
        let is_of_job = |path: &PathBuf| {
            let mut outputs = jobs.iter().filter_map(|job| job.output.as_ref());
            outputs.any(|output| output == path)
        };
        found.extend(path.filter(|path| !path.exists() && !is_of_job(path)));
    }
    Ok(found)
}
