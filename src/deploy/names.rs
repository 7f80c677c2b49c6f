//! The names that AWS knows resources by.
//!
//! In: a resource in a stack. Out: a [`NameKey`] for each name that it may have. Refuses nothing.

use std::borrow::Cow;

use crate::deploy::facts::Scope;
use crate::deploy::places::{Instance, StackAccount, StackPlace};

/// What AWS has at most one of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct NameKey<'run> {
    pub(super) kind: &'run str,
    pub(super) name: Cow<'run, str>,
    pub(super) account: Option<&'run StackAccount>,
    pub(super) region: Option<&'run str>,
}

/// What AWS knows a resource by: its name, and what else it may be if a condition decides.
pub(super) fn keys<'run>(instance: &'run Instance<'_>) -> Vec<NameKey<'run>> {
    let facts = &instance.version.facts;
    let Some(name) = &facts.name else {
        return Vec::new();
    };
    let StackPlace { account, region } = &instance.place;
    let keys = name.keys.iter().map(|key| NameKey {
        kind: &facts.kind,
        name: instance.version.restore(key),
        account: (name.scope != Scope::World).then_some(account),
        region: (name.scope == Scope::Region).then_some(region.as_str()),
    });
    keys.collect()
}

/// Whether nothing but the files decides about the name of the resource.
pub(super) fn is_certain(instance: &Instance<'_>) -> bool {
    let facts = &instance.version.facts;
    let name = facts.name.as_ref();
    !facts.is_conditional && name.is_some_and(|name| name.is_known && name.is_unique)
}
