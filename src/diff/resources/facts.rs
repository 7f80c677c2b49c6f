//! A resource to what it is: its type, its accounts, its name.
//!
//! In: its data. Out: [`ResourceFacts`], as a summary shows them. Nothing is refused: what is
//! missing or odd is shown as such.
//!
//! The hard thing: a resource that moved to another account concerns both, and one that is bound
//! to a list of accounts is as many resources. If an account joins or leaves a list, that is
//! reported for this account, and for no other.

use std::collections::HashSet;
use std::sync::Arc;

use crate::diff::resources::{ChangeKind, Detail, ResourceChange};

use crate::template::deduplicate::AccountLabel;
use crate::template::display::shown;
use crate::template::value::{Data, Unordered, field};

/// What a resource is, apart from its content.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResourceFacts {
    resource_type: String,
    accounts: Vec<String>,
    bound: AccountBinding,
    name: Option<String>,
}

/// How a binding names its accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum AccountBinding {
    /// By something else than references, or by further keys: `accounts` are not all of them.
    #[default]
    Otherwise,
    /// By one reference.
    One,
    /// By a list of references.
    List,
}

/// The properties that name a resource.
const NAMES: &[&str] = &[
    "RoleName",
    "UserName",
    "ManagedPolicyName",
    "GroupName",
    "InstanceProfileName",
    "PolicyName",
];

impl ResourceFacts {
    /// The facts of a resource.
    pub(crate) fn of(resource: &Data) -> Self {
        let properties = resource.get("Properties");
        let name = NAMES.iter().find_map(|key| field(properties, key));
        let binding = resource.get(BINDING);
        let account = field(binding, ACCOUNT);
        let accounts = match account {
            Some(Data::List(items) | Data::Unordered(Unordered(items))) => {
                items.iter().map(account_name).collect()
            }
            Some(account) => vec![account_name(account)],
            None => Vec::new(),
        };
        Self {
            resource_type: resource.get("Type").map(shown).unwrap_or_default(),
            accounts,
            bound: bound(binding),
            name: name.map(shown),
        }
    }

    /// The same with the account put back.
    pub(crate) fn restored(&self, label: &AccountLabel<'_>) -> Self {
        Self {
            resource_type: label.restore(&self.resource_type),
            accounts: self
                .accounts
                .iter()
                .map(|name| label.restore(name))
                .collect(),
            bound: self.bound,
            name: self.name.as_ref().map(|name| label.restore(name)),
        }
    }

    /// These facts as those of a change.
    pub(crate) fn change(
        self,
        logical_id: &str,
        kind: ChangeKind,
        details: Arc<[Detail]>,
    ) -> ResourceChange {
        ResourceChange {
            logical_id: logical_id.to_owned(),
            resource_type: self.resource_type,
            accounts: self.accounts,
            name: self.name,
            kind,
            details,
        }
    }
}

fn account_name(account: &Data) -> String {
    account
        .reference()
        .map_or_else(|| shown(account), str::to_owned)
}

const BINDING: &str = "OrganizationBinding";
const ACCOUNT: &str = "Account";
/// The element of a detail that is about other accounts.
const ELEMENT: &str = "OrganizationBinding.Account";

fn bound(binding: Option<&Data>) -> AccountBinding {
    let has_other_keys = binding.and_then(Data::fields).is_none_or(|fields| {
        fields
            .iter()
            .any(|(key, _)| key != ACCOUNT && key != "Region")
    });
    match field(binding, ACCOUNT) {
        _ if has_other_keys => AccountBinding::Otherwise,
        // Only a list of references has no order.
        Some(Data::Unordered(_)) => AccountBinding::List,
        Some(account) if account.reference().is_some() => AccountBinding::One,
        _ => AccountBinding::Otherwise,
    }
}

/// The facts of the new version, with the accounts of both.
fn joined(old: ResourceFacts, new: ResourceFacts) -> ResourceFacts {
    let mut accounts = old.accounts;
    for account in new.accounts {
        if !accounts.contains(&account) {
            accounts.push(account);
        }
    }
    ResourceFacts { accounts, ..new }
}

/// A resource that is in both texts and differs in `details`: one change, or up to three if a list
/// of accounts differs. What changed is reported for the accounts that it stays in, then where it
/// is new, then where it is removed.
pub(crate) fn changes(
    logical_id: &str,
    old: ResourceFacts,
    new: ResourceFacts,
    details: Arc<[Detail]>,
) -> Vec<ResourceChange> {
    let is_list = old.bound == AccountBinding::List || new.bound == AccountBinding::List;
    let is_known = old.bound != AccountBinding::Otherwise && new.bound != AccountBinding::Otherwise;
    let changed =
        |facts: ResourceFacts, details| facts.change(logical_id, ChangeKind::Changed, details);
    if !(is_list && is_known) {
        return vec![changed(joined(old, new), details)];
    }
    let (before, after) = (set(&old.accounts), set(&new.accounts));
    let without = |accounts: &[String], others: &HashSet<&str>| -> Vec<String> {
        let mut chosen = accounts.to_vec();
        chosen.retain(|account| !others.contains(account.as_str()));
        chosen
    };
    let added = without(&new.accounts, &before);
    let removed = without(&old.accounts, &after);
    let mut unchanged = new.accounts.clone();
    unchanged.retain(|account| before.contains(account.as_str()));
    if added.is_empty() && removed.is_empty() {
        return vec![changed(joined(old, new), details)];
    }
    let is_other_accounts =
        |detail: &&Detail| detail.document.is_none() && detail.element.as_deref() == Some(ELEMENT);
    let rest: Arc<[Detail]> = details
        .iter()
        .filter(|detail| !is_other_accounts(detail))
        .cloned()
        .collect();
    let of = |facts: &ResourceFacts, accounts| ResourceFacts {
        accounts,
        ..facts.clone()
    };
    let parts = [
        (of(&new, unchanged), ChangeKind::Changed, rest),
        (of(&new, added), ChangeKind::Added, Arc::from([])),
        (of(&old, removed), ChangeKind::Removed, Arc::from([])),
    ];
    parts
        .into_iter()
        .filter(
            |(facts, kind, details): &(ResourceFacts, ChangeKind, Arc<[Detail]>)| {
                !facts.accounts.is_empty() && (*kind != ChangeKind::Changed || !details.is_empty())
            },
        )
        .map(|(facts, kind, details)| facts.change(logical_id, kind, details))
        .collect()
}

fn set(accounts: &[String]) -> HashSet<&str> {
    accounts.iter().map(String::as_str).collect()
}
