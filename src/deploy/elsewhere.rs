//! What changes in any output, for each output to look up what the others do.
//!
//! In: the changes of all outputs. Out: the names that resources get, and the users and roles that go,
//! each with the output that it is of, so that one pass over the changes serves all outputs. Refuses
//! nothing.

use std::borrow::Borrow;
use std::hash::Hash;

use foldhash::{HashMap, HashSet};

use crate::deploy::places::{SideAccounts, StackAccount};
use crate::deploy::principals::without_case;
use crate::deploy::version::{Changed, Version, names_of};
use crate::template::resources::has;

/// The outputs in which something changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChangedIn {
    Output(usize),
    Several,
}

impl ChangedIn {
    /// Whether it is so in another output than `own`, or in any if there is none.
    fn is_elsewhere(self, own: Option<usize>) -> bool {
        own.is_none_or(|own| self != ChangedIn::Output(own))
    }
}

/// Adds that `output` changes this as well.
fn add<K, Q>(all: &mut HashMap<K, ChangedIn>, key: &Q, output: usize)
where
    K: Hash + Eq + Borrow<Q>,
    Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
{
    match all.get_mut(key) {
        Some(known) if known.is_elsewhere(Some(output)) => *known = ChangedIn::Several,
        Some(_) => {}
        None => {
            all.insert(key.to_owned(), ChangedIn::Output(output));
        }
    }
}

/// Names that resources get, to find those that have them already.
#[derive(Default)]
pub(super) struct WantedNames {
    by_kind: HashMap<String, HashMap<String, ChangedIn>>,
    accounts: HashMap<StackAccount, ChangedIn>,
}

impl WantedNames {
    /// Adds the names that `changes` of an output give to resources.
    pub(super) fn add(&mut self, output: usize, changes: &[Changed], accounts: SideAccounts<'_>) {
        for change in changes {
            let Some(new) = &change.new else { continue };
            let before = change.old.as_ref().map(names_of);
            let names = names_of(new);
            let places = || change.old.as_ref().map(|old| &old.facts.places);
            let is_kept = before.as_ref() == Some(&names) && places() == Some(&new.facts.places);
            if names.is_empty() || is_kept {
                continue;
            }
            let kind = new.facts.kind.as_str();
            let known = match self.by_kind.get_mut(kind) {
                Some(known) => known,
                None => self.by_kind.entry(kind.to_owned()).or_default(),
            };
            for name in names {
                add(known, &*name, output);
            }
            for written in &new.facts.places {
                let account = accounts.place(written, new).0.account;
                add(&mut self.accounts, &account, output);
            }
        }
    }

    /// Those that other outputs than `own` want, or any if there is none.
    pub(super) fn elsewhere(&self, own: Option<usize>) -> WantedElsewhere<'_> {
        let is_wanted = |names: &HashMap<String, ChangedIn>| {
            let mut names = names.values();
            names.any(|one| one.is_elsewhere(own))
        };
        let kinds = self.by_kind.iter().filter(|(_, names)| is_wanted(names));
        WantedElsewhere {
            kinds: kinds.map(|(kind, _)| kind.as_str()).collect(),
            names: self,
            own,
        }
    }
}

/// Names that resources of other outputs get.
pub(super) struct WantedElsewhere<'names> {
    names: &'names WantedNames,
    /// The types of these resources.
    kinds: HashSet<&'names str>,
    own: Option<usize>,
}

impl WantedElsewhere<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Whether a resource of this type gets one.
    pub(super) fn is_about(&self, kind: &str) -> bool {
        self.kinds.contains(kind)
    }

    /// Whether a text may have a resource of one of the types.
    pub(super) fn may_be_in(&self, text: &str) -> bool {
        let mut kinds = self.kinds.iter();
        kinds.any(|kind| has(text, kind)) || has(text, "\\") || has(text, "*")
    }

    /// Whether a resource gets one in this account.
    pub(super) fn is_in(&self, account: &StackAccount) -> bool {
        let known = self.names.accounts.get(account);
        known.is_some_and(|known| known.is_elsewhere(self.own))
    }

    pub(super) fn has(&self, version: &Version) -> bool {
        let Some(known) = self.names.by_kind.get(&version.facts.kind) else {
            return false;
        };
        let names = names_of(version);
        let mut wanted = names.iter().filter_map(|name| known.get(&**name));
        wanted.any(|known| known.is_elsewhere(self.own))
    }
}

/// The users and roles that are gone, or are others, as policies name them: without their accounts.
#[derive(Default)]
pub(super) struct GoneNames {
    names: HashMap<String, ChangedIn>,
}

impl GoneNames {
    /// Adds those that are gone after `changes` of an output.
    pub(super) fn add(&mut self, output: usize, changes: &[Changed]) {
        for change in changes {
            let Some(old) = &change.old else { continue };
            let word = match old.facts.kind.as_str() {
                "AWS::IAM::Role" => "role",
                "AWS::IAM::User" => "user",
                _ => continue,
            };
            let names = names_of(old);
            let stays = change.new.as_ref().is_some_and(|new| {
                names_of(new) == names
                    && new.facts.places == old.facts.places
                    && new.label == old.label
            });
            if stays {
                continue;
            }
            for name in names {
                let name = without_case(&format!("{word}/{name}"));
                add(&mut self.names, name.as_str(), output);
            }
        }
    }

    /// Those that are gone from other outputs than `own`, or from any if there is none.
    pub(super) fn elsewhere(&self, own: Option<usize>) -> GoneElsewhere<'_> {
        let mut all = self.names.values();
        GoneElsewhere {
            names: self,
            own,
            is_empty: !all.any(|one| one.is_elsewhere(own)),
        }
    }
}

/// The users and roles of other outputs that are gone.
pub(super) struct GoneElsewhere<'names> {
    names: &'names GoneNames,
    own: Option<usize>,
    is_empty: bool,
}

impl GoneElsewhere<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.is_empty
    }

    pub(super) fn has(&self, name: &str) -> bool {
        let known = self.names.names.get(&without_case(name));
        known.is_some_and(|known| known.is_elsewhere(self.own))
    }
}
