//! `infer --write-partials`: partials for what no service grants.
//!
//! In: an app, and the partials of a folder. Out: the same partials with generated ones, and the
//! files to write. What was generated before does not count as a service while the app is judged: a
//! second run writes the same bytes. Refuses to replace what was not generated from the same
//! templates.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::Infer;
use crate::command::infer::app::{InferProblems, ReadApp, root, with_needs};
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::files::{self, Pending};
use crate::infer::answer::{AnsweredPartial, AnsweredPartials, PartialState};
use crate::infer::arns::Arns;
use crate::infer::partial::allowed::{allowed, without_effect};
use crate::infer::partial::files::{FileBefore, PartialFile, files as partial_files, is_from};
use crate::infer::partial::lacking::lacking;
use crate::infer::partial::{Generated, Lacking, generate};
use crate::infer::suggestion::{AppNeeds, Suggestion};
use crate::partials::Partials;
use crate::partials::generated::generated_from;
use crate::source::path::{clean, folder_of};
use crate::source::{FileId, Sources};
use crate::workspace::rules::OUTSIDE_PARTIALS;
use crate::workspace::sources;
use crate::yaml::lookup::Library;

/// The partials of a run, those that are generated among them.
pub(super) struct PartialsToWrite {
    /// All partials.
    pub(super) partials: Partials,
    /// The files that the partials were read from, for diagnostics.
    pub(super) library: Library,
    /// What to report about the generated ones.
    pub(super) answer: AnsweredPartials,
    /// Warnings about `--allow`.
    pub(super) warnings: Vec<Diagnostic>,
    folder: PathBuf,
    files: Vec<PartialFile>,
}

/// Partials for what `app` needs and those of `folder` do not grant. The partials in it are
/// `overrides`, whose texts are in `read`. `judge` returns what partials leave uncovered, for each
/// group of stages.
pub(super) fn to_write(
    arguments: &Infer,
    folder: &Path,
    app: &ReadApp,
    (read, overrides): (&Sources, &[(String, FileId)]),
    judge: &dyn Fn(AppNeeds<'_>, &Partials) -> Result<Vec<Suggestion>>,
) -> std::result::Result<PartialsToWrite, Box<InferProblems>> {
    let mut library = Library::default();
    let text = |file: FileId| read.text(file);
    let own = overrides
        .iter()
        .filter(|(_, file)| generated_from(text(*file)).is_none());
    let mut own: Vec<(String, FileId)> = own
        .map(|(name, file)| {
            let copy = library.sources.add(read.path(*file), text(*file));
            (name.clone(), copy)
        })
        .collect();
    let templates = identity(arguments);
    let found = in_tree(arguments, folder)
        .and_then(|()| generated(arguments, app, (&mut library, &own), judge));
    let found = found.and_then(|(generated, warnings)| {
        let existing = |path: &str| existing(folder, path);
        let files = partial_files(&generated.partials, &templates, existing)?;
        Ok((generated, warnings, files))
    });
    let (generated, warnings, files) = match found {
        Ok(found) => found,
        Err(problems) => return Err(Box::new((library, problems))),
    };
    for file in &files {
        let name = file.path.trim_end_matches(".hbs").to_owned();
        let path = folder.join(&file.path);
        own.push((name, library.sources.add(&path, file.text.as_str())));
    }
    let mut answered = answered(folder, &generated, &files);
    let unneeded = overrides.iter().filter(|(name, file)| {
        is_from(text(*file), &templates) && !own.iter().any(|(known, _)| known == name)
    });
    answered.extend(unneeded.map(|(_, file)| AnsweredPartial {
        path: shown(read.path(*file)),
        state: PartialState::Unneeded,
        ..AnsweredPartial::default()
    }));
    match Partials::new(&mut library, &own) {
        Err(problems) => Err(Box::new((library, problems))),
        Ok(partials) => Ok(PartialsToWrite {
            partials,
            library,
            answer: AnsweredPartials {
                files: answered,
                held: generated.held,
                is_written: !arguments.check,
            },
            warnings,
            folder: folder.to_owned(),
            files,
        }),
    }
}

/// What to report about generated partials.
fn answered(folder: &Path, generated: &Generated, files: &[PartialFile]) -> Vec<AnsweredPartial> {
    let both = generated.partials.iter().zip(files);
    both.map(|(partial, file)| AnsweredPartial {
        path: shown(&folder.join(&file.path)),
        types: partial.types.clone(),
        tagged: partial.tagged.clone(),
        state: match file.before {
            FileBefore::Missing => PartialState::New,
            FileBefore::Different => PartialState::Changed,
            FileBefore::Same => PartialState::Current,
        },
    })
    .collect()
}

/// What `own` partials leave uncovered, as partials, with warnings about `--allow`.
fn generated(
    arguments: &Infer,
    app: &ReadApp,
    (library, own): (&mut Library, &[(String, FileId)]),
    judge: &dyn Fn(AppNeeds<'_>, &Partials) -> Result<Vec<Suggestion>>,
) -> Result<(Generated, Vec<Diagnostic>)> {
    let allowed = allowed(&arguments.allow)?;
    let partials = Partials::new(library, own)?;
    let suggestions = with_needs(app, |wanted| judge(wanted, &partials))?;
    let suggestions: Vec<&Suggestion> = suggestions.iter().collect();
    let needs = lacking(&app.both, &app.needed.needs, &suggestions);
    let generated = generate(Lacking {
        app: &app.both,
        arns: &Arns::default(),
        needs: &needs,
        allowed: &allowed,
        is_taken: &|name| partials.catalog.services.has(name),
    });
    let used = generated.partials.iter().flat_map(|one| &one.allowed);
    let used = used.cloned().collect();
    let warnings = without_effect(&allowed, &used, &generated.held);
    Ok((generated, warnings))
}

/// Refuses a folder that is a link out of the folder tree.
fn in_tree(arguments: &Infer, folder: &Path) -> Result<()> {
    let also = arguments.include_root.as_deref();
    let Some((link, to)) = files::link_out_of_tree(folder, also) else {
        return Ok(());
    };
    let message = format!(
        "`{}` is a link to `{}`, which is outside the repository",
        shown(&link).shown(),
        shown(&to).shown()
    );
    let problem = Diagnostic::without_place(&OUTSIDE_PARTIALS, message);
    Err(vec![
        problem.help("name that folder itself, or one in the repository"),
    ])
}

/// What `path` in `folder` contains. A link does not lead out of the folder.
fn existing(folder: &Path, path: &str) -> Result<Option<String>> {
    let path = folder.join(path);
    let root = files::real(folder);
    let leads_out = |path: &Path| {
        let is_there = path.exists() || path.is_symlink();
        is_there && !files::real(path).starts_with(&root)
    };
    if leads_out(&folder_of(&path)) || leads_out(&path) {
        let message = format!(
            "`{}` leads out of the folder of partials",
            shown(&path).shown()
        );
        let problem = Diagnostic::without_place(&OUTSIDE_PARTIALS, message);
        return Err(vec![
            problem.help("replace the link with a folder or a file"),
        ]);
    }
    sources::previous_text(&path)
}

/// The templates of the app, as the header of a partial names them: the same wherever the command
/// is run. A path begins with the name of its repository, because many apps have a `template.yaml`.
fn identity(arguments: &Infer) -> String {
    let name = |path: &PathBuf| {
        let root = root(path);
        let real = files::real(path);
        let inside = real.strip_prefix(&root).ok();
        let repository = root.file_name().filter(|_| files::is_repository(&root));
        match (inside, repository) {
            (Some(inside), Some(repository)) => shown(&Path::new(repository).join(inside)),
            _ => shown(&clean(path)),
        }
    };
    let mut names: Vec<String> = arguments.apps.iter().map(name).collect();
    names.sort();
    names.dedup();
    names.join(", ")
}

fn shown(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

impl PartialsToWrite {
    /// The files that change, written and not yet in place; none with `--check`.
    ///
    /// # Errors
    ///
    /// Those of the disk.
    pub(super) fn prepare(&self) -> anyhow::Result<Vec<Pending>> {
        let changed = self
            .files
            .iter()
            .filter(|file| self.answer.is_written && file.before != FileBefore::Same);
        changed
            .map(|file| {
                let path = self.folder.join(&file.path);
                files::prepare(&path, |out| out.write_all(file.text.as_bytes()))
            })
            .collect()
    }
}
