//! A resource before and after.
//!
//! In: what was read of it. Out: its facts, with the account put back where it was removed. Plain data: it
//! refuses nothing.

use std::borrow::Cow;
use std::rc::Rc;

use crate::deploy::facts::DeployFacts;
use crate::deploy::principals::WrittenPrincipal;
use crate::template::deduplicate::{AccountLabel, KeptLabel};

/// One side of a resource.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) facts: Rc<DeployFacts>,
    /// The account that was removed from the facts.
    pub(super) label: Option<KeptLabel>,
}

impl Version {
    /// `text` with the account put back.
    pub(super) fn restore<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.label {
            // Most texts do not name it.
            Some(label) if AccountLabel::is_marked(text) => Cow::Owned(label.restore(text)),
            _ => Cow::Borrowed(text),
        }
    }
}

/// A resource that differs, or that another one depends on.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) id: String,
    pub(super) old: Option<Version>,
    pub(super) new: Option<Version>,
}

/// A resource whose policies trust users or roles.
#[derive(Debug)]
pub(super) struct TrustingResource {
    pub(super) id: String,
    pub(super) version: Version,
    /// The users and roles that it trusts.
    pub(super) trusts: Vec<WrittenPrincipal>,
}

/// The names that a resource may have, in the form in which names are compared.
pub(super) fn names_of(version: &Version) -> Vec<Cow<'_, str>> {
    let name = version.facts.name.iter();
    let keys = name.flat_map(|name| &name.keys);
    keys.map(|key| version.restore(key)).collect()
}
