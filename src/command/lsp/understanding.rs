//! What the server knows of an open template.
//!
//! In: a template, with the open files in front of the disk. Out: everything that `lint` and `expand`
//! find in it, and what names in it stand for. Refuses nothing: what can be understood is kept.

use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use crate::cli::{Input, InputContext};
use crate::command::all_findings;
use crate::command::lsp::buffers::Buffers;
use crate::diagnostic::Diagnostic;
use crate::expand::in_order;
use crate::organization::Organization;
use crate::organization::rules::NO_ORGANIZATION;
use crate::partials::Partials;
use crate::source::{Disk as _, FileId};
use crate::workspace::understood::UnderstoodTemplate;
use crate::workspace::{ReadTemplate, template_on};
use crate::yaml::lookup::Library;
use crate::yaml::node::Node;

/// A template as last read.
pub(super) struct Understanding {
    /// The files that were read.
    pub(super) read: ReadTemplate,
    /// The template among them.
    pub(super) file: Option<FileId>,
    /// The files that are on the disk or open: a built-in partial is not.
    on_disk: HashSet<FileId>,
    /// The partials.
    pub(super) partials: Option<Rc<Partials>>,
    /// The organization, with the node of its section.
    pub(super) organization: Option<(Organization, Arc<Node>)>,
    /// The macros.
    pub(super) understood: Option<UnderstoodTemplate>,
    /// What is wrong, and what you should look at.
    pub(super) problems: Vec<Diagnostic>,
}

impl Understanding {
    /// What the template at `path` says.
    pub(super) fn of(buffers: &Buffers, path: &Path, input: &Input) -> Self {
        let mut read = template_on(buffers, path.to_owned(), input);
        let organization = read.organization_with_section().ok();
        let (problems, partials) = problems(&mut read);
        let partials = partials.or_else(|| read.partials().map(Rc::new));
        let file = read.library.read.get(&buffers.real(path)).copied();
        let understood = file.zip(partials.as_ref());
        let understood = understood
            .and_then(|(file, partials)| UnderstoodTemplate::of(&read.library, file, partials));
        let mut found = Self {
            on_disk: read.library.read.values().copied().collect(),
            read,
            file,
            partials,
            organization,
            understood,
            problems,
        };
        found.go_on_without_names();
        found
    }

    /// What the organization at `path` says by itself.
    pub(super) fn of_organization(buffers: &Buffers, path: &Path, input: &Input) -> Self {
        let input = Input {
            with: InputContext {
                include_root: input.with.include_root.clone(),
                ..InputContext::default()
            },
            ..Input::default()
        };
        let read = template_on(buffers, path.to_owned(), &input);
        let (organization, mut problems) = match read.organization_with_section() {
            Ok(organization) => (Some(organization), Vec::new()),
            Err(problems) => (None, problems),
        };
        // It is being written.
        problems.retain(|problem| problem.rule.id != NO_ORGANIZATION.id);
        Self {
            file: read.library.read.get(&buffers.real(path)).copied(),
            on_disk: read.library.read.values().copied().collect(),
            read,
            partials: None,
            organization,
            understood: None,
            problems,
        }
    }

    /// The names in `OrganizationBindings`.
    pub(super) fn bindings(&self) -> Vec<String> {
        let document = self
            .file
            .and_then(|file| self.library().documents.get(&file));
        let section = document.and_then(|document| document.root.get("OrganizationBindings"));
        let entries = section.and_then(|section| section.entries());
        let names = entries.into_iter().flatten();
        let names = names.filter_map(|entry| entry.key.text());
        names.map(str::to_owned).collect()
    }

    /// The files that were read.
    pub(super) fn library(&self) -> &Library {
        &self.read.library
    }

    /// Whether the text of `file` can be opened.
    pub(super) fn is_on_disk(&self, file: FileId) -> bool {
        self.on_disk.contains(&file)
    }

    /// Whether names can be looked up in it.
    pub(super) fn is_good(&self) -> bool {
        self.organization.is_some() && self.understood.is_some()
    }

    /// An organization that cannot be read hides what is wrong with the macros.
    fn go_on_without_names(&mut self) {
        if self.organization.is_some() {
            return;
        }
        if let Some(understood) = &self.understood {
            self.problems.extend(understood.problems.iter().cloned());
            self.problems = in_order(std::mem::take(&mut self.problems));
        }
    }
}

/// All that `expand` and `lint` find, and the partials that it was found with.
fn problems(read: &mut ReadTemplate) -> (Vec<Diagnostic>, Option<Rc<Partials>>) {
    match read.expand() {
        Ok(expansion) => {
            let partials = expansion.partials;
            let problems = all_findings(&read.library, &expansion.planned, &partials);
            (problems, Some(partials))
        }
        Err(mut problems) => {
            // The rules find what they can all the same.
            let planned = read.planned().ok();
            let partials = planned.map(|(planned, partials)| {
                problems.extend(all_findings(&read.library, &planned, &partials));
                Rc::new(partials)
            });
            (in_order(problems), partials)
        }
    }
}
