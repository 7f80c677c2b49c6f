//! Which services, frameworks and test services the partials offer.
//!
//! In: the names of partials. Out: a [`Catalog`]. Refuses nothing.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::partials::front_matter::FrontMatter;
use crate::partials::partial::Partial;

/// Names and options, as the partials give them.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Services (`services/<name>.hbs`).
    pub services: Offer,
    /// Frameworks (`frameworks/<name>.hbs`).
    pub frameworks: Offer,
    /// Services of the `TestRole` (`tests/<name>.hbs`), except the one that it always has.
    pub tests: Offer,
    /// CodeBuild's service role (`codebuild/service-role.hbs`).
    pub codebuild: Offer,
}

/// Names that a macro can choose from, each with its options. Options are read from a partial when
/// they are needed.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    partials: BTreeMap<String, Rc<Partial>>,
}

impl Offer {
    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.partials.keys().map(String::as_str)
    }

    /// Whether `name` is offered.
    pub fn has(&self, name: &str) -> bool {
        self.partials.contains_key(name)
    }

    /// What `name` is for, in one sentence, if its partial says so.
    pub fn summary(&self, name: &str) -> &str {
        let head = self.front_matter(name);
        head.map_or("", |head| head.summary.as_str())
    }

    /// When to turn on `option` of `name`, if its partial says so.
    pub fn option_text(&self, name: &str, option: &str) -> &str {
        let options = self
            .front_matter(name)
            .map(|head| head.options.0.as_slice());
        let mut options = options.unwrap_or_default().iter();
        let found = options.find(|(known, _)| known == option);
        found.map_or("", |(_, text)| text.as_str())
    }

    fn front_matter(&self, name: &str) -> Option<&FrontMatter> {
        self.partials.get(name)?.front_matter()
    }

    /// Adds what `other` offers; the partials of a user replace built-in ones.
    fn join(&mut self, other: Self) {
        for (name, partial) in other.partials {
            if partial.is_own || !self.has(&name) {
                self.partials.insert(name, partial);
            }
        }
    }

    /// The options of `name`, sorted, if it is offered.
    pub fn options(&self, name: &str) -> Option<&[String]> {
        self.partials.get(name).map(|partial| partial.options())
    }
}

impl Catalog {
    /// Adds what `other` offers.
    pub fn join(&mut self, other: Self) {
        self.services.join(other.services);
        self.frameworks.join(other.frameworks);
        self.tests.join(other.tests);
        self.codebuild.join(other.codebuild);
    }
}

/// What `partials` (by name) offer.
pub(super) fn catalog(partials: &BTreeMap<String, Rc<Partial>>) -> Catalog {
    let under = |folder: &str, hidden: &str| {
        let named = partials.iter().filter_map(|(name, partial)| {
            let name = name.strip_prefix(folder)?;
            (name != hidden).then(|| (name.to_owned(), Rc::clone(partial)))
        });
        Offer {
            partials: named.collect(),
        }
    };
    Catalog {
        services: under("services/", ""),
        frameworks: under("frameworks/", ""),
        tests: under("tests/", "stacks"),
        codebuild: under("codebuild/", ""),
    }
}
