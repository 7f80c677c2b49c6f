//! Accounts that the organization calls by another logical id than before.
//!
//! In: the organizations of both sides. Out: [`RenamedAccounts`], by which the previous file is read
//! as if it had the new logical ids. Refuses nothing: an account whose id is not known, or is that of
//! several, is another account.
//!
//! AWS knows an account by its id alone, so its principals are the same ones.

use std::collections::{BTreeMap, HashMap};

use crate::organization::control::AttachmentPoint;
use crate::organization::{Account, Organization};

/// The accounts with another logical id.
#[derive(Clone, Debug, Default)]
pub struct RenamedAccounts {
    /// The new logical id of each, by the previous one.
    pub names: BTreeMap<String, String>,
    /// The previous organization with the new logical ids, if there are some.
    pub before: Option<Organization>,
}

impl RenamedAccounts {
    /// The accounts of `before` that `now` calls by another logical id.
    pub fn between(before: Option<&Organization>, now: &Organization) -> Self {
        let Some(before) = before else {
            return Self::default();
        };
        let (old, new) = (by_id(before), by_id(now));
        let renamed = old.into_iter().filter_map(|(id, was)| {
            let (was, is) = (was?, (*new.get(id)?)?);
            // Both names are that of this account alone.
            let is_free =
                now.account(&was.logical_id).is_none() && before.account(&is.logical_id).is_none();
            is_free.then(|| (was.logical_id.clone(), is.logical_id.clone()))
        });
        let names: BTreeMap<String, String> = renamed.collect();
        let before = (!names.is_empty()).then(|| with_names(before, &names));
        Self { names, before }
    }
}

/// The accounts by their ids; none of an id that several have.
fn by_id(organization: &Organization) -> HashMap<&str, Option<&Account>> {
    let mut all: HashMap<&str, Option<&Account>> = HashMap::new();
    for account in &organization.accounts {
        let Some(id) = account.account_id.as_deref() else {
            continue;
        };
        all.entry(id)
            .and_modify(|found| *found = None)
            .or_insert(Some(account));
    }
    all
}

/// The organization with these logical ids of accounts in place of others.
fn with_names(organization: &Organization, names: &BTreeMap<String, String>) -> Organization {
    let named = |name: &String| names.get(name).unwrap_or(name).clone();
    let mut accounts = organization.accounts.clone();
    for account in &mut accounts {
        account.logical_id = named(&account.logical_id);
    }
    let mut units = organization.units.clone();
    for account in units.iter_mut().flat_map(|unit| &mut unit.accounts) {
        *account = named(account);
    }
    let mut renamed = Organization::new(accounts, units);
    renamed.control.clone_from(&organization.control);
    let attached = std::mem::take(&mut renamed.control.attached);
    let attached = attached.into_iter().map(|(point, policies)| {
        let point = match point {
            AttachmentPoint::Account(name) => AttachmentPoint::Account(named(&name)),
            point => point,
        };
        (point, policies)
    });
    renamed.control.attached = attached.collect();
    renamed
}
