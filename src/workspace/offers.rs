//! What macros can choose from: the organizations and partials of all templates.
//!
//! In: what the command line names. Out: organizations, and one catalog. What a template cannot give is
//! noted, and the others are read. Refuses the folder of `--partials` if it cannot be read: without
//! it, what the templates use would be unknown.

use std::path::PathBuf;

use crate::cli::Input;
use crate::diagnostic::Diagnostic;
use crate::organization::Organization;
use crate::partials::Partials;
use crate::partials::catalog::Catalog;
use crate::workspace::search::find_templates;
use crate::workspace::{RefusedTemplate, missing, sources, template_at};
use crate::yaml::lookup::Library;

/// What macros can choose from.
#[derive(Default)]
pub struct OffersRead {
    /// The organizations that could be read.
    pub organizations: Vec<Organization>,
    /// What the partials offer, the built-in ones included.
    pub catalog: Catalog,
    /// What could not be read.
    pub problems: Vec<(Library, Vec<Diagnostic>)>,
    /// Why there was no template to read.
    pub without_templates: Option<String>,
}

/// Reads the organization and the partials of each template of `input`, or, if there is no
/// template, those of the options.
///
/// # Errors
///
/// A template that does not exist; a folder of partials that cannot be read.
pub fn read(
    input: &Input,
) -> anyhow::Result<std::result::Result<OffersRead, Box<RefusedTemplate>>> {
    let mut read = OffersRead::default();
    match partials(input) {
        Ok(catalog) => read.catalog = catalog,
        Err(refused) => return Ok(Err(refused)),
    }
    for path in templates(input, &mut read)? {
        let mut template = template_at(path, input);
        let mut problems = Vec::new();
        match template.organization() {
            Ok(organization) => read.organizations.push(organization),
            Err(found) => problems.extend(found),
        }
        match template.catalog() {
            Ok(catalog) => read.catalog.join(catalog),
            Err(found) => problems.extend(found),
        }
        if !problems.is_empty() {
            read.problems.push((template.library, problems));
        }
    }
    Ok(Ok(read))
}

/// What the built-in partials and those of `--partials` offer.
fn partials(input: &Input) -> std::result::Result<Catalog, Box<RefusedTemplate>> {
    let mut library = Library::default();
    let folder = input.with.partials.as_deref();
    let overrides = folder.map_or_else(
        || Ok(Vec::new()),
        |folder| sources::read_partials(&mut library, folder),
    );
    let partials = overrides.and_then(|overrides| Partials::new(&mut library, &overrides));
    match partials {
        Ok(partials) => Ok(partials.catalog),
        Err(problems) => Err(Box::new(RefusedTemplate { library, problems })),
    }
}

/// The templates, or if there are none the file of `--organization`, which is read like one.
fn templates(input: &Input, read: &mut OffersRead) -> anyhow::Result<Vec<PathBuf>> {
    if let Some(why) = input.templates.iter().find_map(|path| missing(path)) {
        return Err(why.into());
    }
    match find_templates(&input.templates) {
        Ok(templates) => Ok(templates),
        Err(error) if !input.templates.is_empty() => Err(error.into()),
        Err(error) => {
            read.without_templates = Some(error.to_string());
            Ok(input.with.organization.iter().cloned().collect())
        }
    }
}
