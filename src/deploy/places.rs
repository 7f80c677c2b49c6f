//! Resources that differ to what is created, deleted, and updated in which stack.
//!
//! In: the resources of all outputs, and the organization. Out: [`Instance`]s, one per stack that a
//! resource is in. A stack is that of one output in one region of one account. Refuses nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::HashMap;

use crate::deploy::facts::WrittenPlace;
use crate::deploy::version::{Changed, Version};
use crate::organization::Organization;

/// Where a stack is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StackPlace {
    /// The account.
    pub(super) account: StackAccount,
    /// The region as it is written.
    pub(super) region: String,
}

/// The account of a stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum StackAccount {
    /// The account with this id.
    Id(String),
    /// The account with this logical id, if its id is not known.
    Name(String),
    /// The account that had this logical id and is in no organization that is known.
    Gone(String),
    /// Whichever accounts this binding selects.
    Bound(String),
}

/// How an account is known on one side.
#[derive(Clone, Copy, Debug)]
pub(super) struct SideAccounts<'run> {
    /// The organization of this side.
    pub(super) own: &'run Organization,
    /// That of the other side, for ids that this one does not have.
    pub(super) other: &'run Organization,
}

/// A resource in one stack.
#[derive(Clone, Debug)]
pub(super) struct Instance<'run> {
    /// The output.
    pub(super) file: usize,
    pub(super) id: &'run str,
    pub(super) version: &'run Version,
    pub(super) place: StackPlace,
    /// The account's logical id, or the binding, as it is shown.
    pub(super) account: String,
}

/// A resource that stays in its stack and differs.
pub(super) struct Update<'run> {
    pub(super) old: Instance<'run>,
    pub(super) new: Instance<'run>,
}

/// A resource that gets another logical id in its stack.
#[derive(Clone, Copy)]
pub(super) struct Renamed<'run> {
    pub(super) old: &'run Instance<'run>,
    pub(super) new: &'run Instance<'run>,
}

/// What happens in all stacks.
#[derive(Default)]
pub(super) struct DeployPlan<'run> {
    pub(super) created: Vec<Instance<'run>>,
    pub(super) deleted: Vec<Instance<'run>>,
    pub(super) updated: Vec<Update<'run>>,
}

impl SideAccounts<'_> {
    /// The account with this logical id.
    pub(super) fn account(&self, name: &str) -> StackAccount {
        match self.id(name) {
            Some(id) => StackAccount::Id(id),
            None if self.is_gone(name) => StackAccount::Gone(name.to_owned()),
            None => StackAccount::Name(name.to_owned()),
        }
    }

    /// The account id of this logical id.
    fn id(&self, name: &str) -> Option<String> {
        let of = |organization: &Organization| organization.account(name)?.account_id.clone();
        of(self.own).or_else(|| of(self.other))
    }

    fn is_gone(&self, name: &str) -> bool {
        [self.own, self.other]
            .iter()
            .all(|organization| organization.account(name).is_none())
    }

    pub(super) fn place(&self, written: &WrittenPlace, version: &Version) -> (StackPlace, String) {
        let region = version.restore(&written.region).into_owned();
        let (account, shown) = match &written.account {
            Err(binding) => (StackAccount::Bound(binding.clone()), binding.clone()),
            Ok(name) => {
                let name = version.restore(name);
                (self.account(&name), name.into_owned())
            }
        };
        (StackPlace { account, region }, shown)
    }
}

impl<'run> DeployPlan<'run> {
    /// Adds what happens to the resources of the output `file`.
    pub(super) fn add(
        &mut self,
        file: usize,
        changes: &'run [Changed],
        (before, after): (SideAccounts<'_>, SideAccounts<'_>),
    ) {
        let count = |is_whole: fn(&&Changed) -> bool| changes.iter().filter(is_whole).count();
        self.created.reserve(count(|one| one.old.is_none()));
        self.deleted.reserve(count(|one| one.new.is_none()));
        for change in changes {
            let instances = |version: &'run Option<Version>, accounts: SideAccounts<'_>| {
                let version = version.iter();
                let instances = version
                    .flat_map(|version| Instance::all(file, (&change.id, version), accounts));
                instances.collect::<Vec<_>>()
            };
            let old = instances(&change.old, before);
            let new = instances(&change.new, after);
            self.pair(old, new);
        }
    }

    fn pair(&mut self, old: Vec<Instance<'run>>, new: Vec<Instance<'run>>) {
        if old.is_empty() || new.is_empty() {
            self.created.extend(new);
            self.deleted.extend(old);
            return;
        }
        let mut by_place: HashMap<StackPlace, Instance<'run>> = HashMap::default();
        let order: Vec<StackPlace> = old.iter().map(|one| one.place.clone()).collect();
        for instance in old {
            by_place.insert(instance.place.clone(), instance);
        }
        for new in new {
            match by_place.remove(&new.place) {
                Some(old) => self.updated.push(Update { old, new }),
                None => self.created.push(new),
            }
        }
        let left = order.iter().filter_map(|place| by_place.remove(place));
        self.deleted.extend(left);
    }
}

impl<'run> Instance<'run> {
    /// A resource of the output `file` in each of its stacks.
    pub(super) fn all(
        file: usize,
        (id, version): (&'run str, &'run Version),
        accounts: SideAccounts<'_>,
    ) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        let mut instances = Vec::new();
        for written in &version.facts.places {
            let (place, account) = accounts.place(written, version);
            if instances.is_empty() || !seen.contains(&place) {
                if version.facts.places.len() > 1 {
                    seen.insert(place.clone());
                }
                instances.push(Self {
                    file,
                    id,
                    version,
                    place,
                    account,
                });
            }
        }
        instances
    }
}

impl Update<'_> {
    /// Whether the resource is another one than before, or may be.
    pub(super) fn differs(&self) -> bool {
        let (old, new) = (self.old.version, self.new.version);
        !Rc::ptr_eq(&old.facts, &new.facts) || old.label != new.label
    }
}

impl Instance<'_> {
    /// Its type.
    pub(super) fn kind(&self) -> &str {
        &self.version.facts.kind
    }

    /// Its physical name as it is shown, or its logical id.
    pub(super) fn shown_name(&self) -> Cow<'_, str> {
        match &self.version.facts.name {
            Some(name) => self.version.restore(&name.text),
            None => Cow::Borrowed(self.id),
        }
    }
}
