//! The templates of a run, with their organization and partials: read once, parsed, planned.
//!
//! In: what the command line names. Out: templates as read, as planned, or expanded. Refuses what
//! cannot be read, and passes on what [`crate::expand`](mod@crate::expand) refuses.

pub mod before;
pub mod choice;
pub mod clashes;
pub mod closure;
pub mod current;
mod disguise;
mod exporting;
pub mod exports;
pub mod leftovers;
pub(crate) mod marks;
pub mod naming;
pub mod offers;
pub mod own_partials;
mod renames;
pub mod rules;
pub mod search;
pub mod sources;
mod stack_places;
mod task_target;
pub mod tasks;
pub mod test_files;
pub mod understood;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;

use crate::cli::{Input, Output};
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::expand::checksum::source_of;
use crate::expand::model::plan::Planned;
use crate::expand::{self, ExpandRequest, Expansion, PlainMacro, PlannedTemplate};
use crate::files::{self, LocalDisk};
use crate::organization::Organization;
use crate::partials::Partials;
use crate::partials::catalog::Catalog;
use crate::source::{Disk, FileId};
use crate::workspace::own_partials::FolderFlag;
use crate::workspace::renames::with_new_names;
use crate::workspace::rules::{EDITED_BY_HAND, NO_TEMPLATE, NOT_GENERATED, UNSUITABLE_OUTPUT};
use crate::workspace::search::find_templates;
use crate::yaml::lookup::Library;
use crate::yaml::node::Node;
use crate::yaml::rules::UNREADABLE;

/// A template to work on, and where its output goes.
#[derive(Clone, Debug)]
pub struct Job {
    /// The template's path.
    pub template: PathBuf,
    /// The output's path; `None` is standard output.
    pub output: Option<PathBuf>,
}

impl Job {
    /// The output's path, as shown.
    pub fn shown(&self) -> String {
        let output = self.output.as_deref();
        output
            .unwrap_or(Path::new("<stdout>"))
            .display()
            .to_string()
    }
}

/// The jobs of the arguments.
///
/// # Errors
///
/// Templates that do not exist, and outputs that are not possible.
pub fn jobs(input: &Input, output: &Output) -> anyhow::Result<Vec<Job>> {
    let templates = find_templates(&input.templates)?;
    if output.output.is_some() && templates.len() > 1 {
        bail!(
            "`--output` takes one template, but {} were given: use `--out-dir`",
            templates.len()
        );
    }
    let mut jobs: Vec<Job> = Vec::new();
    let mut written: HashMap<PathBuf, PathBuf> = HashMap::new();
    for template in templates {
        let to = destination(&template, output)?;
        if let Some(to) = &to
            && let Some(other) = written.insert(files::real(to), template.clone())
        {
            let message = format!(
                "`{}` and `{}` would both be written to `{}`",
                other.shown(),
                template.shown(),
                to.shown()
            );
            let help = "give one of them another name, or another `--out-dir` in a run of its own";
            return Err(unsuitable(message, help));
        }
        jobs.push(Job {
            template,
            output: to,
        });
    }
    Ok(jobs)
}

fn destination(template: &Path, output: &Output) -> anyhow::Result<Option<PathBuf>> {
    if let Some(file) = &output.output {
        if file == template && file != Path::new(files::STANDARD) {
            let message = format!("`{}` would overwrite its own source", file.shown());
            return Err(unsuitable(message, "write elsewhere with `-o FILE`"));
        }
        return Ok((file != Path::new(files::STANDARD)).then(|| file.clone()));
    }
    if template == Path::new(files::STANDARD) {
        if output.out_dir.is_some() {
            bail!(
                "`--out-dir` needs the name of a template, but standard input has none: choose where to write with `-o FILE`"
            );
        }
        return Ok(None);
    }
    let Some(beside) = files::output_of(template) else {
        let known = missing(template).or_else(|| generated(template));
        return Err(known.unwrap_or_else(|| unnamed(template)).into());
    };
    Ok(Some(match &output.out_dir {
        Some(folder) => folder.join(beside.file_name().unwrap_or_default()),
        None => beside,
    }))
}

/// The error for a file that cannot be written there.
fn unsuitable(message: String, help: &str) -> anyhow::Error {
    Diagnostic::without_place(&UNSUITABLE_OUTPUT, message)
        .help(help)
        .into()
}

/// What is wrong with the path of a generated file, given in place of its source.
fn generated(path: &Path) -> Option<Diagnostic> {
    let text = files::text_if_any(path).ok()??;
    let source = source_of(text.as_bytes())?;
    let source = source.map_or_else(
        || "its source".to_owned(),
        |name| format!("`{}`", path.with_file_name(name).shown()),
    );
    let message = format!("`{}` is a generated file", path.shown());
    let problem = Diagnostic::without_place(&NO_TEMPLATE, message);
    Some(problem.help(format!("give {source}")))
}

/// The error for a template whose name does not say where its output goes.
fn unnamed(path: &Path) -> Diagnostic {
    let message = format!("the name of `{}` does not end in `.src.yml`", path.shown());
    Diagnostic::without_place(&NO_TEMPLATE, message)
        .help("rename it, or choose where to write with `-o FILE`")
}

/// What is wrong with a path of the command line that leads to nothing.
fn missing(path: &Path) -> Option<Diagnostic> {
    if path == Path::new(files::STANDARD) || path.exists() {
        return None;
    }
    let (message, help) = match files::dangling(path) {
        Some(target) => (
            format!(
                "`{}` is a link to `{}`, which leads to no file",
                path.shown(),
                target.shown()
            ),
            "delete the link, or create the file that it names",
        ),
        None => (
            format!("there is no file or folder `{}`", path.shown()),
            "check the path",
        ),
    };
    Some(Diagnostic::without_place(&UNREADABLE, message).help(help))
}

/// A template as read, with what it includes.
pub struct ReadTemplate {
    /// What is to be done.
    pub job: Job,
    /// Every file that was read.
    pub library: Library,
    request: Result<ExpandRequest>,
    /// Its own partials, which are known even if its organization cannot be read.
    overrides: Vec<(String, FileId)>,
}

/// A template with its decoded macros.
pub struct PlannedSource {
    /// What is to be done.
    pub job: Job,
    /// Every file that was read.
    pub library: Library,
    /// The template's files.
    pub request: ExpandRequest,
    /// The partials of the run.
    pub partials: Partials,
    /// The macros of the template.
    pub planned: PlannedTemplate,
}

/// A template that was refused.
pub struct RefusedTemplate {
    /// Every file that was read.
    pub library: Library,
    /// Why.
    pub problems: Vec<Diagnostic>,
}

/// Reads the templates of `input` one after the other, for a command that writes no output.
///
/// # Errors
///
/// Templates that do not exist.
pub fn templates(input: &Input) -> anyhow::Result<impl ExactSizeIterator<Item = ReadTemplate>> {
    let templates = find_templates(&input.templates)?;
    let templates = templates.into_iter();
    Ok(templates.map(|template| template_at(template, input)))
}

/// Reads one template, for a command that writes no output.
pub fn template_at(template: PathBuf, input: &Input) -> ReadTemplate {
    template_on(&LocalDisk, template, input)
}

/// Reads one template as [`template_at`] does; its files are on `disk`.
pub fn template_on(disk: &dyn Disk, template: PathBuf, input: &Input) -> ReadTemplate {
    let job = Job {
        template,
        output: None,
    };
    read_to(disk, job, input, None)
}

/// Reads what one job needs.
///
/// # Errors
///
/// Errors of the disk; problems of what was read come when it is planned.
pub fn read(job: Job, input: &Input) -> anyhow::Result<ReadTemplate> {
    // `-` reads as the name of a file in the current folder, which is where standard input belongs.
    let moved = match &job.output {
        Some(output) => files::moved(&job.template, output)?,
        None => None,
    };
    Ok(read_to(&LocalDisk, job, input, moved))
}

fn read_to(disk: &dyn Disk, job: Job, input: &Input, moved: Option<PathBuf>) -> ReadTemplate {
    let mut library = Library::default();
    let (request, overrides) = read_request(disk, &mut library, (&job, moved), input);
    ReadTemplate {
        job,
        library,
        request,
        overrides,
    }
}

fn read_request(
    disk: &dyn Disk,
    library: &mut Library,
    (job, moved): (&Job, Option<PathBuf>),
    input: &Input,
) -> (Result<ExpandRequest>, Vec<(String, FileId)>) {
    library.include_root.clone_from(&input.with.include_root);
    let mut problems = Vec::new();
    let mut keep = |result: Result<_>| result.map_err(|found| problems.extend(found)).ok();
    let template = keep(sources::read_template_from(disk, library, &job.template));
    let organization = input
        .with
        .organization
        .as_ref()
        .map(|path| keep(sources::read_template_from(disk, library, path)));
    let flag = match (&input.with.partials, &input.with.new_partials) {
        (_, Some(folder)) => FolderFlag::Written(folder),
        (folder, None) => FolderFlag::read(folder.as_deref()),
    };
    // What the template itself says of its partials holds, whatever is wrong with a file that it includes.
    let known = template.or_else(|| library.read.get(&disk.real(&job.template)).copied());
    let overrides = own_partials::read_from(disk, library, (known, &job.template), flag);
    let overrides = match overrides {
        Ok(overrides) => overrides,
        Err(found) => {
            if template.is_some() || known.is_none() {
                problems.extend(found);
            }
            Vec::new()
        }
    };
    let request = match template {
        Some(template) if problems.is_empty() => Ok(ExpandRequest {
            template,
            organization: organization.flatten(),
            overrides: overrides.clone(),
            moved,
        }),
        _ => Err(problems),
    };
    (request, overrides)
}

impl ReadTemplate {
    /// The partials of the template: the built-in ones if its own cannot be read.
    pub fn partials(&mut self) -> Option<Partials> {
        let partials = Partials::new(&mut self.library, &self.overrides);
        let partials = partials.or_else(|_| Partials::new(&mut self.library, &[]));
        partials.ok()
    }

    /// Decodes the template's macros, and leaves the template as it is.
    ///
    /// # Errors
    ///
    /// Every problem that is found; see [`crate::registry`].
    pub fn planned(&mut self) -> Result<(PlannedTemplate, Partials)> {
        let request = self.request.as_ref().map_err(Clone::clone)?;
        let partials = Partials::new(&mut self.library, &request.overrides)?;
        let planned = expand::plan(&self.library, request, &partials)?;
        Ok((planned, partials))
    }

    /// Decodes the template's macros.
    ///
    /// # Errors
    ///
    /// Every problem that is found; see [`crate::registry`].
    pub fn plan(mut self) -> std::result::Result<PlannedSource, Box<RefusedTemplate>> {
        let planned = self.request.and_then(|request| {
            let partials = Partials::new(&mut self.library, &request.overrides)?;
            let planned = expand::plan(&self.library, &request, &partials)
                .map_err(|problems| with_new_names(&self.library, &request, problems))?;
            Ok((request, partials, planned))
        });
        match planned {
            Ok((request, partials, planned)) => Ok(PlannedSource {
                job: self.job,
                library: self.library,
                request,
                partials,
                planned,
            }),
            Err(problems) => Err(Box::new(RefusedTemplate {
                library: self.library,
                problems,
            })),
        }
    }

    /// Expands the template.
    ///
    /// # Errors
    ///
    /// Every problem that is found; see [`crate::registry`].
    pub fn expand(&mut self) -> Result<Expansion> {
        let request = self.request.as_ref().map_err(Clone::clone)?;
        let expansion = expand::expand(&mut self.library, request);
        expansion.map_err(|problems| with_new_names(&self.library, request, problems))
    }

    /// The organization of the template, whatever its macros say.
    ///
    /// # Errors
    ///
    /// What is wrong with the template or its organization.
    pub fn organization(&self) -> Result<Organization> {
        let found = self.organization_with_section()?;
        Ok(found.0)
    }

    /// The same, and the node of its section.
    ///
    /// # Errors
    ///
    /// What is wrong with the template or its organization.
    pub fn organization_with_section(&self) -> Result<(Organization, Arc<Node>)> {
        let request = self.request.as_ref().map_err(Clone::clone)?;
        expand::organization(&self.library, request)
    }

    /// The organization of the template, and the accounts in it that the JSONPath `path` returns.
    ///
    /// # Errors
    ///
    /// `invalid-jsonpath`, `invalid-value`, and what is refused before.
    pub fn query(&mut self, path: &str) -> Result<(Organization, Vec<String>)> {
        let request = self.request.as_ref().map_err(Clone::clone)?;
        expand::query(&mut self.library, request, path)
    }

    /// What the partials of the template offer.
    ///
    /// # Errors
    ///
    /// `broken-partial`.
    pub fn catalog(&mut self) -> Result<Catalog> {
        Ok(Partials::new(&mut self.library, &self.overrides)?.catalog)
    }

    /// The path of the template, as shown.
    pub fn source(&self) -> Option<&Path> {
        let request = self.request.as_ref().ok()?;
        Some(self.library.sources.path(request.template))
    }
}

impl PlannedSource {
    /// The macro at `index` with one unit per stage.
    ///
    /// # Errors
    ///
    /// What expanding the template refuses, and partials that name the account.
    pub fn plain_macro(&mut self, index: usize) -> Result<PlainMacro> {
        expand::plain_macro(&mut self.library, &self.request, index)
    }

    /// The accounts of each target of `planned`, with those that an earlier target has as well.
    ///
    /// # Errors
    ///
    /// What selecting refuses; it has succeeded before.
    pub fn accounts_of_targets(&self, planned: &Planned) -> Result<Vec<Vec<String>>> {
        expand::accounts_of_targets(&self.library, &self.request, &self.planned, planned)
    }
}

/// The error for an output that was generated and then edited, with what would be lost.
pub fn edited_by_hand(output: &Path, lost: String) -> Diagnostic {
    let message = format!(
        "the generated file `{}` was edited by hand",
        output.display()
    );
    Diagnostic::without_place(&EDITED_BY_HAND, message)
        .help("make the change in the source, or overwrite it with `--force`")
        .note(lost)
}

/// The error for an output that was not generated, with what would be lost.
pub fn not_generated(output: &Path, lost: String) -> Diagnostic {
    let message = format!("`{}` was not generated by deploy-roles", output.display());
    Diagnostic::without_place(&NOT_GENERATED, message)
        .help("write elsewhere with `-o FILE`, or overwrite it with `--force`")
        .note(lost)
}
