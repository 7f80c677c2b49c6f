//! Accounts that are in other units than before, where a policy looks at the units.
//!
//! In: the organization on both sides, and the keys in the conditions of both files and of the organization's own
//! policies. Out: a "maybe" that names the accounts. Refuses nothing: the ids of units are not in the organization's
//! file, so which units a value such as `o-x/r-y/ou-y-1/*` means is not known.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::access::changes::{Access, Undecided};
use crate::diff::access::comparer::Comparer;
use crate::organization::Organization;
use crate::organization::hierarchy::Hierarchy;

/// The keys that have the path of an account through the units (IAM user guide, "AWS global condition context keys").
const KEYS: [&str; 3] = [
    "aws:PrincipalOrgPaths",
    "aws:ResourceOrgPaths",
    "aws:SourceOrgPaths",
];

/// How many accounts are named; others are counted.
const NAMED: usize = 3;

impl Comparer<'_, '_> {
    /// Reports the accounts that are in other units than before, or are new or gone, if a policy looks at that.
    pub(super) fn unit_paths(&self, access: &mut Access) {
        let Some(before) = self.known.before else {
            return;
        };
        let (old, new) = (paths(before), paths(self.known.organization));
        let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
        let moved: Vec<&str> = names
            .into_iter()
            .filter(|name| old.get(name) != new.get(name))
            .collect();
        if moved.is_empty() {
            return;
        }
        let mut keys = KEYS.into_iter();
        let Some(key) = keys.find(|key| self.has_key(key)) else {
            return;
        };
        let word = if moved.len() == 1 {
            "account"
        } else {
            "accounts"
        };
        let named: Vec<&str> = moved.iter().take(NAMED).copied().collect();
        let more = match moved.len() - named.len() {
            0 => String::new(),
            count => format!(", and {count} more"),
        };
        access.undecided.push(Undecided {
            what: format!("{word} {}{more}", named.join(", ")),
            why: format!("not in the same units as before, and a policy looks at `{key}`"),
            origin: None,
            line: None,
        });
    }
}

/// The units above each account, the nearest first.
fn paths(organization: &Organization) -> BTreeMap<&str, Vec<&str>> {
    let hierarchy = Hierarchy::of(organization);
    let accounts = organization.accounts.iter();
    let paths = accounts.map(|account| {
        let name = account.logical_id.as_str();
        (name, hierarchy.above(name))
    });
    paths.collect()
}
