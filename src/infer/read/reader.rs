//! One run over the files of an app.
//!
//! In: the arguments. Out: what their templates hold. Refuses too many or too large files, and files
//! that are not templates.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Problems, Result};
use crate::infer::model::{AppResource, AppTemplates, Unseen};
use crate::infer::read::parsed::ParsedText;
use crate::infer::read::problems::{self, FILE_LIMIT, SIZE_LIMIT};
use crate::infer::read::{lookalike, text};
use crate::source::path::clean;
use crate::source::{Disk, FileId, ReadError, Sources, Span};

/// What a template's text is, and where it is.
pub(super) struct TemplateFile {
    /// Its path, as shown.
    pub(super) path: PathBuf,
    /// Its text.
    pub(super) text: String,
    /// Whether it may be without resources.
    pub(super) origin: TemplateOrigin,
}

/// What named a template.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TemplateOrigin {
    /// The command line or another template.
    Named,
    /// The list of a framework, whose stacks may be empty.
    Listed,
}

/// Reads the files of an app.
pub(super) struct AppReader<'run> {
    pub(super) sources: &'run mut Sources,
    pub(super) disk: &'run dyn Disk,
    /// The folder that files must be in.
    pub(super) root: PathBuf,
    /// The files that lead to the current one, without links.
    pub(super) trail: Vec<PathBuf>,
    /// The templates that were read, without links.
    pub(super) seen: HashSet<PathBuf>,
    /// The path of each file that a deployment uploads, by its name there.
    pub(super) assets: HashMap<String, PathBuf>,
    pub(super) problems: Problems,
    pub(super) found: AppTemplates,
    /// What is in `found.unseen`, by its words.
    reported: BTreeSet<String>,
    files: usize,
}

impl<'run> AppReader<'run> {
    pub(super) fn new(sources: &'run mut Sources, disk: &'run dyn Disk) -> Self {
        Self {
            sources,
            disk,
            root: PathBuf::new(),
            trail: Vec::new(),
            seen: HashSet::new(),
            assets: HashMap::new(),
            problems: Problems::default(),
            found: AppTemplates::default(),
            reported: BTreeSet::new(),
            files: 0,
        }
    }

    pub(super) fn finish(self) -> Result<(AppTemplates, Vec<Diagnostic>)> {
        self.problems.finish_with_warnings(self.found)
    }

    /// Begins an argument, whose files must be in `root`.
    pub(super) fn begin(&mut self, root: &Path) {
        root.clone_into(&mut self.root);
        self.assets.clear();
    }

    /// The text at `path`.
    pub(super) fn text(&self, path: &Path) -> std::result::Result<String, ReadError> {
        self.disk.text_within(path, SIZE_LIMIT)
    }

    /// Notes what cannot be seen, once.
    pub(super) fn unseen(&mut self, what: String, span: Span) {
        if self.reported.insert(what.clone()) {
            self.found.unseen.push(Unseen { what, span });
        }
    }

    /// Adds a text to the sources and parses it.
    pub(super) fn parse(&mut self, path: &Path, text: String) -> Option<(FileId, ParsedText)> {
        self.files += 1;
        if self.files > FILE_LIMIT {
            if self.files == FILE_LIMIT + 1 {
                self.problems.push(problems::too_many_files());
            }
            return None;
        }
        let id = self.sources.add(clean(path), text);
        let text = self.sources.text(id);
        match text::parsed(id, text) {
            Ok(mut parsed) => {
                self.problems.extend(std::mem::take(&mut parsed.warnings));
                Some((id, parsed))
            }
            Err(found) => {
                if let Some(other) = lookalike::by_text(path, text) {
                    let problem = problems::not_a_template(id, path, Some(other));
                    self.problems.push(problem);
                } else {
                    self.problems.extend(found);
                }
                None
            }
        }
    }

    /// `path`, unless it is outside of the repository, or one of the files that lead to it.
    pub(super) fn local(&mut self, path: &Path, span: Span) -> Option<PathBuf> {
        let path = clean(path);
        let real = self.disk.real(&path);
        if !real.starts_with(&self.root) {
            self.problems.push(problems::outside(&path, span));
            return None;
        }
        if self.trail.contains(&real) {
            self.problems.push(problems::cyclic(&path, span));
            return None;
        }
        Some(path)
    }

    /// The file at `path`, which is named at `span`.
    pub(super) fn wanted(
        &mut self,
        path: PathBuf,
        span: Span,
        origin: TemplateOrigin,
    ) -> Option<TemplateFile> {
        match self.text(&path) {
            Ok(text) => Some(TemplateFile { path, text, origin }),
            Err(error) => {
                self.problems.push(problems::not_there(&path, span, &error));
                None
            }
        }
    }
}

/// A resource, and what only its reader needs.
pub(super) struct RawResource {
    pub(super) resource: AppResource,
    /// Its `Metadata`.
    pub(super) metadata: Option<Json>,
}
