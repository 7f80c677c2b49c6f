//! An app that was read, and the answer about it.
//!
//! In: the command line. Out: the app with what it needs, and an [`InferAnswer`] without a macro.
//! Refuses what the readers refuse.

use std::path::{Path, PathBuf};

use crate::arguments::write::ServiceEntry;
use crate::cli::{Infer, Input, InputContext};
use crate::command::{quoted, word};
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::files::{self, Disk, LocalDisk, STANDARD};
use crate::infer::actions::{Needed, needs, needs_after};
use crate::infer::answer::InferAnswer;
use crate::infer::arns::Arns;
use crate::infer::model::AppTemplates;
use crate::infer::names::names;
use crate::infer::read::{AppArgument, read};
use crate::infer::refused::{AppBoundary, refused};
use crate::infer::resources::resources;
use crate::infer::suggestion::{AppNeeds, Suggestion};
use crate::infer::unknown::unknown;
use crate::report::read_templates;
use crate::source::ReadError;
use crate::source::path::folder_of;
use crate::yaml::lookup::Library;

/// An app that was read, and what it needs.
pub(super) struct ReadApp {
    /// The app.
    pub(super) app: AppTemplates,
    /// What it replaces.
    pub(super) previous: Option<AppTemplates>,
    /// The app with what goes away: what the needs refer to.
    pub(super) both: AppTemplates,
    pub(super) needed: Needed,
    /// What was read: each template with what it has.
    pub(super) read: Vec<(String, String)>,
}

/// What was found about an app.
pub(super) struct InferFound {
    pub(super) suggestion: Suggestion,
    pub(super) services: Vec<ServiceEntry>,
    pub(super) boundary: AppBoundary,
    /// The `AppId` of the macro.
    pub(super) app_id: Option<String>,
}

/// Problems, with the files that they point into.
pub(super) type InferProblems = (Library, Vec<Diagnostic>);

/// What to say after the number of errors.
pub(super) fn nothing(arguments: &Infer) -> &'static str {
    if arguments.write || arguments.write_partials.is_some() {
        "; nothing was written"
    } else {
        ""
    }
}

/// What to read of the macro's side.
pub(super) fn input(arguments: &Infer) -> Input {
    Input {
        templates: arguments.templates.clone(),
        with: InputContext {
            organization: arguments.organization.clone(),
            include_root: arguments.include_root.clone(),
            partials: arguments.partials.clone(),
            new_partials: arguments.write_partials.clone(),
        },
    }
}

/// The disk, on which `-` is standard input.
struct InputDisk;

impl Disk for InputDisk {
    fn text(&self, path: &Path) -> std::result::Result<String, ReadError> {
        if path == Path::new(STANDARD) {
            files::standard_input()
        } else {
            LocalDisk.text(path)
        }
    }

    fn text_within(&self, path: &Path, limit: u64) -> std::result::Result<String, ReadError> {
        if path != Path::new(STANDARD) {
            return LocalDisk.text_within(path, limit);
        }
        let text = files::standard_input()?;
        let is_within = u64::try_from(text.len()).is_ok_and(|length| length <= limit);
        is_within
            .then_some(text)
            .ok_or_else(|| ReadError::too_large(limit))
    }

    fn real(&self, path: &Path) -> PathBuf {
        LocalDisk.real(path)
    }
}

/// Reads the app, and what it replaces.
pub(super) fn read_app(
    arguments: &Infer,
    library: &mut Library,
) -> Result<(ReadApp, Vec<Diagnostic>)> {
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
    let (app, mut warnings) = read(sources, &InputDisk, &named(&arguments.apps))?;
    if arguments.previous.is_empty() {
        let needed = needs(&app);
        let both = app.clone();
        let previous = None;
        let read = read_templates(&both, sources, str::shown);
        let read = ReadApp {
            app,
            previous,
            both,
            needed,
            read,
        };
        return Ok((read, warnings));
    }
    let (previous, more) = read(sources, &InputDisk, &named(&arguments.previous))?;
    warnings.extend(more);
    let (both, needed) = needs_after(&app, &previous);
    let read = read_templates(&both, sources, str::shown);
    let read = ReadApp {
        app,
        previous: Some(previous),
        both,
        needed,
        read,
    };
    Ok((read, warnings))
}

/// The folder that the files of an app must be in.
pub(super) fn root(path: &Path) -> PathBuf {
    let folder = if path.is_dir() {
        path.to_owned()
    } else {
        folder_of(path)
    };
    files::tree(&folder)
}

/// Calls `with` what the app needs.
pub(super) fn with_needs<T>(app: &ReadApp, with: impl FnOnce(AppNeeds<'_>) -> T) -> T {
    let arns = Arns::default();
    let arns = |type_name: &str, action: &str| resources(&arns, type_name, action);
    with(AppNeeds {
        app: &app.both,
        needs: &app.needed.needs,
        arns: &arns,
    })
}

/// The answer about an app.
pub(super) fn answer(app: ReadApp, found: InferFound) -> InferAnswer {
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
        partials: None,
        compared: None,
        next: Vec::new(),
    }
}

/// The command that puts `services` into the macro `name`; none without any, which it refuses.
pub(super) fn next(arguments: &Infer, name: &str, services: &[ServiceEntry]) -> Vec<String> {
    if services.is_empty() {
        return Vec::new();
    }
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
        ("--write-partials", &arguments.write_partials),
    ] {
        if let Some(path) = path {
            words.extend([flag.to_owned(), word(path)]);
        }
    }
    for action in &arguments.allow {
        words.extend(["--allow".to_owned(), quoted(action)]);
    }
    words.push("--write".to_owned());
    vec![words.join(" ")]
}
