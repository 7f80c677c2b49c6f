//! What a template says although something in it is wrong: for an editor.
//!
//! In: a template as read. Out: its macros as far as they can be decoded, and the accounts of each
//! target by itself. Refuses nothing: what is wrong is reported by [`ReadTemplate::expand`].

use crate::arguments::{self, Arguments, Target};
use crate::diagnostic::Diagnostic;
use crate::expand::locate;
use crate::expand::model::call::Template;
use crate::expand::model::selection::Decoded;
use crate::expand::select::{Directory, accounts_of_target};
use crate::expand::{self};
use crate::partials::Partials;
use crate::source::FileId;
use crate::workspace::ReadTemplate;
use crate::yaml::lookup::Library;

/// The macros of a template.
pub struct UnderstoodTemplate {
    /// The template.
    pub template: Template,
    /// Those of its macros that can be decoded.
    pub macros: Vec<Decoded>,
    /// What is wrong with the arguments of its macros.
    pub problems: Vec<Diagnostic>,
}

impl UnderstoodTemplate {
    /// What the template in `file` says; nothing if it is not YAML.
    pub fn of(library: &Library, file: FileId, partials: &Partials) -> Option<Self> {
        let document = library.documents.get(&file)?;
        let located = locate::locate(document, library.sources.text(file), library);
        let (template, mut problems) = located.ok()?;
        let mut macros = Vec::new();
        for call in &template.calls {
            let written = call.written(&template.document);
            let (arguments, found) = arguments::decode(library, &partials.catalog, &written);
            problems.extend(found);
            macros.extend(arguments.map(|arguments| Decoded {
                call: call.clone(),
                arguments,
            }));
        }
        Some(Self {
            template,
            macros,
            problems,
        })
    }
}

impl ReadTemplate {
    /// The accounts of `target` by logical id, whatever else is wrong with the template; none if the
    /// target itself is wrong, or the organization.
    pub fn accounts_of(
        &self,
        understood: &UnderstoodTemplate,
        arguments: &Arguments,
        target: &Target,
    ) -> Option<Vec<String>> {
        let request = self.request.as_ref().ok()?;
        let (organization, section) = expand::organization(&self.library, request).ok()?;
        let directory = Directory {
            library: &self.library,
            template: &understood.template,
            organization: &organization,
            section: &section,
        };
        accounts_of_target(&directory, arguments, target).ok()
    }
}
