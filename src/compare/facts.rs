//! A resource to what it is: its type, its accounts, its name.
//!
//! In: its data. Out: [`Facts`], as a summary shows them. Nothing is refused: what is missing or
//! odd is shown as such.
//!
//! The hard thing: a resource that moved to another account concerns both.

use std::rc::Rc;

use crate::model::comparison::{ChangeKind, Detail, ResourceChange};

use crate::shapes::Label;
use crate::shapes::data::{Data, field};
use crate::shapes::shown::shown;

/// What a resource is, besides what it says.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    resource_type: String,
    accounts: Vec<String>,
    name: Option<String>,
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

impl Facts {
    /// The facts of a resource.
    pub(super) fn of(resource: &Data) -> Self {
        let properties = resource.get("Properties");
        let name = NAMES.iter().find_map(|key| field(properties, key));
        let account = field(resource.get("OrganizationBinding"), "Account");
        let accounts = match account {
            Some(Data::List(items)) => items.iter().map(account_name).collect(),
            Some(account) => vec![account_name(account)],
            None => Vec::new(),
        };
        Self {
            resource_type: resource.get("Type").map(shown).unwrap_or_default(),
            accounts,
            name: name.map(shown),
        }
    }

    /// The same with the account put back.
    pub(super) fn restored(&self, label: &Label<'_>) -> Self {
        Self {
            resource_type: label.restore(&self.resource_type),
            accounts: self
                .accounts
                .iter()
                .map(|name| label.restore(name))
                .collect(),
            name: self.name.as_ref().map(|name| label.restore(name)),
        }
    }

    /// These facts as those of a change.
    pub(super) fn change(
        self,
        logical_id: &str,
        kind: ChangeKind,
        details: Rc<[Detail]>,
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

/// The facts of the new version, with the accounts of both.
pub(super) fn joined(old: Facts, new: Facts) -> Facts {
    let mut accounts = old.accounts;
    for account in new.accounts {
        if !accounts.contains(&account) {
            accounts.push(account);
        }
    }
    Facts { accounts, ..new }
}
