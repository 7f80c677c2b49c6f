//! The partials: Handlebars files that say what roles and policies look like.
//!
//! In: the built-in files (embedded from `partials/`) and those of `--partials DIR`, which win by
//! name. Out: rendered text, and the [`Catalog`] of services, frameworks and options that they
//! offer. Refuses files that are not Handlebars templates, and partials that include themselves in
//! any way (the renderer would overflow its stack).
//!
//! The hard thing is speed for small runs: a partial is compiled when it is first rendered.

pub mod catalog;
mod compile;
pub mod ejected;
pub mod front_matter;
pub mod generated;
mod partial;
mod prerender;
mod registry;
pub mod rules;
mod safety;
pub mod statements;
mod tags;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, Result};
use crate::partials::catalog::{Catalog, catalog};
use crate::partials::front_matter::FrontMatter;
use crate::partials::partial::Partial;
use crate::partials::registry::Registry;
use crate::source::{FileId, Span};
use crate::yaml::lookup::Library;

/// The policy of the partials in `artifacts/`.
pub const ARTIFACTS: &str = "ReadDeploymentArtifacts";

/// Every partial of a run.
pub struct Partials {
    files: BTreeMap<String, Rc<Partial>>,
    compiled: Rc<RefCell<Registry>>,
    /// What they offer.
    pub catalog: Catalog,
    /// Which copies of built-in partials are outdated.
    pub notes: Vec<Diagnostic>,
}

/// The built-in partials as name and text, sorted by name; a name is a path under `partials/`
/// without its `.hbs`.
pub fn built_in() -> Vec<(String, &'static str)> {
    static FOLDER: include_dir::Dir<'static> =
        include_dir::include_dir!("$CARGO_MANIFEST_DIR/partials");
    let mut found = Vec::new();
    for folder in FOLDER.dirs() {
        for file in folder.files() {
            let name = file.path().with_extension("");
            if let (Some(name), Some(text)) = (name.to_str(), file.contents_utf8()) {
                found.push((name.replace('\\', "/"), text));
            }
        }
    }
    found.sort();
    found
}

impl std::fmt::Debug for Partials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.files.keys()).finish()
    }
}

impl Partials {
    /// Every partial by name, with its text: those of the run, and then the built-in ones.
    pub fn texts(&self) -> impl Iterator<Item = (String, &str)> {
        let own = self.files.iter().filter(|(_, partial)| partial.is_own);
        let own = own.map(|(name, partial)| (name.clone(), partial.text.as_str()));
        own.chain(built_in())
    }

    /// The built-in partials with `overrides` (name and file, already in `library`) on top. Adds
    /// the built-in texts to the library, for diagnostics.
    ///
    /// # Errors
    ///
    /// `broken-partial`.
    pub fn new(library: &mut Library, overrides: &[(String, FileId)]) -> Result<Self> {
        let mut partials = BTreeMap::new();
        for (number, (name, text)) in built_in().into_iter().enumerate() {
            let file = library.sources.add(format!("partials/{name}.hbs"), text);
            let partial = Partial::built_in(file, (number, &name), text, overrides.is_empty());
            partials.insert(name, Rc::new(partial));
        }
        let mut problems = Vec::new();
        let mut notes = Vec::new();
        for (name, file) in overrides {
            let partial = Partial::new(*file, library.sources.text(*file));
            problems.extend(partial.limits(name));
            problems.extend(partial.wrong_head(name));
            let path = library.sources.path(*file);
            notes.extend(ejected::moved_on(*file, path, &partial.text, |name| {
                let (_, text) = built_in().into_iter().find(|(known, _)| known == name)?;
                Some(text)
            }));
            partials.insert(name.clone(), Rc::new(partial));
        }
        let catalog = catalog(&partials);
        let partials = Self {
            files: partials,
            compiled: Registry::of(overrides.is_empty()),
            catalog,
            notes,
        };
        problems.extend(partials.circles(overrides));
        if problems.is_empty() {
            problems.extend(partials.too_many(overrides));
        }
        if problems.is_empty() {
            for (name, _) in overrides {
                if let Err(found) = partials.compile(name) {
                    problems.extend(found);
                }
            }
        }
        if problems.is_empty() {
            Ok(partials)
        } else {
            Err(problems)
        }
    }

    /// Whether there is a partial `name`.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// The text of the partial `name`, as it was read.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(|partial| partial.text.as_str())
    }

    /// The front matter of the partial `name`, if it has any that can be read.
    pub fn front_matter(&self, name: &str) -> Option<&FrontMatter> {
        self.files.get(name)?.front_matter()
    }

    /// The names of the partials that are not built in, or that replace a built-in one, sorted.
    pub fn own(&self) -> impl Iterator<Item = &str> {
        self.files
            .iter()
            .filter(|(_, partial)| partial.is_own)
            .map(|(name, _)| name.as_str())
    }

    /// The managed policy that holds the policy `name` of the partial in `file` when the CDK
    /// deploys the app: what its front matter says. A copy of a built-in partial from before there
    /// was front matter stays with the built-in policy of that name.
    pub fn with_cdk(&self, file: FileId, name: &str) -> Option<String> {
        let (own, partial) = self
            .files
            .iter()
            .find(|(_, partial)| partial.file == file)?;
        let said = partial
            .front_matter()
            .and_then(|head| head.with_cdk.clone());
        said.or_else(|| {
            let named = built_in().into_iter().filter(|(partial, text)| {
                // Those of the frameworks are one policy, which the tool names.
                text.lines()
                    .any(|line| line.strip_prefix("PolicyName: ") == Some(name))
                    || (name == ARTIFACTS && partial.starts_with("artifacts/"))
            });
            // Several services can share a policy.
            let (_, text) = named.min_by_key(|(partial, _)| partial != own)?;
            front_matter::parse(text).ok()??.with_cdk
        })
    }

    /// The first words of the partial `name`, to point at: what it is for.
    pub fn span(&self, name: &str) -> Span {
        self.files
            .get(name)
            .map_or(Span::new(FileId(u32::MAX), 0, 0), |partial| partial.begin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_partial_compiles() {
        let mut library = Library::default();
        let partials = Partials::new(&mut library, &[]).unwrap();
        for (name, _) in built_in() {
            partials.compile(&name).unwrap();
        }
    }

    /// `services/cloudfront` has the same `PolicyName`, and comes first.
    #[test]
    fn a_copy_from_before_front_matter_is_held_as_the_built_in_partial_is() {
        let (_, text) = built_in()
            .into_iter()
            .find(|(name, _)| name == "services/route53")
            .unwrap();
        let front_matter = front_matter::parse(text).unwrap().unwrap();
        let policy = text.split_once("PolicyName: ").unwrap().1;
        let mut library = Library::default();
        let copy = library
            .sources
            .add("route53.hbs", format!("PolicyName: {policy}"));
        let overrides = [("services/route53".to_owned(), copy)];
        let partials = Partials::new(&mut library, &overrides).unwrap();
        assert_eq!(
            partials.with_cdk(copy, "DeployCloudFront"),
            front_matter.with_cdk
        );
    }
}
