//! The accounts that a binding reaches.
//!
//! In: the names of units, or a tag. Out: logical ids of accounts, in OrgFormation's order
//! (`src/parser/parser.ts`, `resolveNormalizedLogicalAccountIds`). Refuses nothing: a unit that the
//! organization does not have has no accounts.
//!
//! One difference is intended: in OrgFormation, `AccountsWithTag` adds the management account to
//! every `'*'` that is resolved later. Here `'*'` is always all but the management account.

use std::collections::HashSet;

use crate::organization::{Account, Organization};

impl Organization {
    /// The accounts that `'*'` means: all but the management account.
    pub fn members(&self) -> Vec<String> {
        let members = self.accounts.iter().filter(|account| !account.is_master);
        ids(members)
    }

    /// The accounts of these units, level by level, then those of the units in them. A unit is visited
    /// once (the decoder has refused circles).
    pub fn accounts_in(&self, units: &[String]) -> Vec<String> {
        let mut members = Vec::new();
        let mut level: Vec<&str> = units.iter().map(String::as_str).collect();
        let mut visited: HashSet<&str> = HashSet::new();
        while !level.is_empty() {
            let mut next = Vec::new();
            for unit in level
                .into_iter()
                .filter(|name| visited.insert(name))
                .filter_map(|name| self.unit(name))
            {
                members.extend(unit.accounts.iter().cloned());
                next.extend(unit.units.iter().map(String::as_str));
            }
            level = next;
        }
        members
    }

    /// The accounts that have the tag `key`, the management account last.
    pub fn accounts_with_tag(&self, key: &str) -> Vec<String> {
        let tagged = self.accounts.iter().filter(|account| {
            let mut keys = account.tag_keys.iter();
            keys.any(|own| own == key)
        });
        let (masters, members): (Vec<_>, Vec<_>) = tagged.partition(|account| account.is_master);
        ids(members.into_iter().chain(masters))
    }
}

fn ids<'a>(accounts: impl Iterator<Item = &'a Account>) -> Vec<String> {
    accounts.map(|account| account.logical_id.clone()).collect()
}
