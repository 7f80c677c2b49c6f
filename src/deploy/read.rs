//! The two texts of an output to the resources that differ, and others that these depend on.
//!
//! In: both texts, as the comparison of access read them. Out: an [`OutputChanges`]. Bodies that are
//! equal but for the account are looked at once. Refuses nothing: what cannot be read is noted.

use std::rc::Rc;

use foldhash::{HashMap, HashSet};

use crate::deploy::elsewhere::{GoneElsewhere, WantedElsewhere};
use crate::deploy::facts::{DeployFacts, Scope};
use crate::deploy::places::SideAccounts;
use crate::deploy::stack_facts::StackFacts;
use crate::deploy::version::{Changed, TrustingResource, Version};
use crate::diff::access::ReadPair;
use crate::diff::access::reading::ReadSide;
use crate::template::deduplicate::AccountLabel;
use crate::template::resources::{Body, File, Resource, Scopes, has};

/// What there is to know of the two texts of one output.
#[derive(Debug, Default)]
pub struct OutputChanges {
    pub(super) changes: Vec<Changed>,
    /// The resources of the new text that trust users or roles that go.
    pub(super) trusting: Vec<TrustingResource>,
    /// What the stacks of the new text wait for, and those that are too large.
    pub(super) stacks: StackFacts,
    /// Why it is not known what changes, if it is not.
    pub(super) unknown: Vec<String>,
}

/// The facts of bodies, each found once.
pub(super) struct PairReader<'read, 'text> {
    pub(super) read: &'read mut ReadPair<'text>,
    facts: HashMap<usize, Rc<DeployFacts>>,
}

/// A resource by its place in the old and in the new file.
type DifferingPlace = (Option<usize>, Option<usize>);

impl<'read, 'text> PairReader<'read, 'text> {
    pub(super) fn new(read: &'read mut ReadPair<'text>) -> Self {
        Self {
            read,
            facts: HashMap::default(),
        }
    }

    /// The resources that differ.
    ///
    /// # Errors
    ///
    /// Why this is not known.
    pub(super) fn changes(&mut self) -> Result<Vec<Changed>, String> {
        let Some((old, new, scopes)) = self.read.files() else {
            return Ok(Vec::new());
        };
        let is_renumbered = self.read.is_renumbered();
        let differing = differing(old, new, (scopes, is_renumbered));
        let mut changes = Vec::with_capacity(differing.len());
        for (old, new) in differing {
            let (old, new) = (
                old.map(|at| self.version(ReadSide::Old, at)).transpose()?,
                new.map(|at| self.version(ReadSide::New, at)).transpose()?,
            );
            let Some((id, _)) = new.as_ref().or(old.as_ref()) else {
                continue;
            };
            changes.push(Changed {
                id: id.clone(),
                old: old.map(|(_, version)| version),
                new: new.map(|(_, version)| version),
            });
        }
        Ok(changes)
    }

    /// The resources that have a name of `wanted` on both sides, apart from those in `changes`.
    ///
    /// # Errors
    ///
    /// Why this is not known.
    pub(super) fn holders(
        &mut self,
        wanted: &WantedElsewhere<'_>,
        changes: &[Changed],
        accounts: SideAccounts<'_>,
    ) -> Result<Vec<Changed>, String> {
        let Some((_, new, _)) = self.read.files() else {
            return Ok(Vec::new());
        };
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let is_wanted = |resource: &Resource<'_>| match &resource.body {
            Some(body) => body.data.get("Type").is_some_and(|kind| {
                let kind = kind.text().unwrap_or_default();
                wanted.is_about(kind)
            }),
            None => wanted.may_be_in(resource.text),
        };
        let known: HashSet<&str> = changes.iter().map(|change| change.id.as_str()).collect();
        let resources = new.resources.iter().enumerate();
        let left: Vec<usize> = resources
            .filter(|(_, resource)| is_wanted(resource) && !known.contains(resource.id.as_str()))
            .map(|(at, _)| at)
            .collect();
        let mut near: HashMap<String, bool> = HashMap::default();
        let mut is_near = |version: &Version| {
            let name = version.facts.name.as_ref();
            if name.is_some_and(|name| name.scope == Scope::World) {
                return true;
            }
            version.facts.places.iter().any(|written| {
                let Ok(name) = &written.account else {
                    return true;
                };
                let name = version.restore(name).into_owned();
                *near
                    .entry(name)
                    .or_insert_with_key(|name| wanted.is_in(&accounts.account(name)))
            })
        };
        let mut found = Vec::new();
        for at in left {
            let (id, version) = self.version(ReadSide::New, at)?;
            if wanted.has(&version) && is_near(&version) {
                found.push(Changed {
                    id,
                    old: Some(version.clone()),
                    new: Some(version),
                });
            }
        }
        Ok(found)
    }

    /// The resources of the new text that trust some of these users or roles.
    ///
    /// # Errors
    ///
    /// Why this is not known.
    pub(super) fn trusting(
        &mut self,
        gone: &GoneElsewhere<'_>,
    ) -> Result<Vec<TrustingResource>, String> {
        let Some((_, new, _)) = self.read.files().filter(|_| !gone.is_empty()) else {
            return Ok(Vec::new());
        };
        let resources = new.resources.iter().enumerate();
        let may_trust = |resource: &Resource<'_>| {
            resource.text.is_empty() || has(resource.text, "Principal") || has(resource.text, "\\")
        };
        let left: Vec<usize> = resources
            .filter(|(_, resource)| may_trust(resource))
            .map(|(at, _)| at)
            .collect();
        let mut found = Vec::new();
        for at in left {
            let body = self.read.body(ReadSide::New, at);
            if body.is_some_and(|body| facts_of(&mut self.facts, &body).trusts.is_empty()) {
                continue;
            }
            let (id, version) = self.version(ReadSide::New, at)?;
            let trusts = version.facts.trusts.iter();
            let trusts: Vec<_> = trusts
                .filter(|one| gone.has(&version.restore(&one.name)))
                .cloned()
                .collect();
            if !trusts.is_empty() {
                found.push(TrustingResource {
                    id,
                    version,
                    trusts,
                });
            }
        }
        Ok(found)
    }

    pub(super) fn version(
        &mut self,
        side: ReadSide,
        at: usize,
    ) -> Result<(String, Version), String> {
        let id = self.read.id(side, at).unwrap_or_default().to_owned();
        let Some(body) = self.read.body(side, at) else {
            return Err(format!("the resource `{id}` cannot be read by itself"));
        };
        let facts = facts_of(&mut self.facts, &body);
        let label = body.label.as_ref().map(AccountLabel::kept);
        Ok((id, Version { facts, label }))
    }
}

fn facts_of(known: &mut HashMap<usize, Rc<DeployFacts>>, body: &Body<'_>) -> Rc<DeployFacts> {
    let facts = known.entry(body.key);
    Rc::clone(facts.or_insert_with(|| Rc::new(DeployFacts::of(&body.data))))
}

/// The resources that are not the same in both files, or may not be.
fn differing(
    old: &File<'_>,
    new: &File<'_>,
    (scopes, is_renumbered): (Scopes, bool),
) -> Vec<DifferingPlace> {
    let is_same = |old: &Resource<'_>, new: &Resource<'_>| {
        if is_renumbered {
            return false;
        }
        let is_same_text = !new.text.is_empty() && old.text == new.text;
        match (&old.body, &new.body) {
            (Some(old), Some(new)) => old.key == new.key && old.label == new.label,
            _ => scopes == Scopes::Same && is_same_text,
        }
    };
    let mut found = Vec::new();
    for (at, resource) in new.resources.iter().enumerate() {
        let before = old.place_of(&resource.id);
        let previous = before.and_then(|at| old.resources.get(at));
        if !previous.is_some_and(|previous| is_same(previous, resource)) {
            found.push((before, Some(at)));
        }
    }
    for (at, resource) in old.resources.iter().enumerate() {
        if new.place_of(&resource.id).is_none() {
            found.push((Some(at), None));
        }
    }
    found
}
