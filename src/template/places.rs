//! Where a resource is created.
//!
//! In: what a resource says. Out: its [`Place`]s, and its region. Refuses nothing: a binding that does
//! not list accounts is a place of its own.

use crate::template::display::shown;
use crate::template::value::{Data, Unordered};

/// Where a resource is created.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In the account of this logical id, or of its mark.
    Account(String),
    /// Wherever this binding says.
    Bound(String),
}

impl Place {
    /// The account, if it is one.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Place::Account(name) => Some(name),
            Place::Bound(_) => None,
        }
    }
}

/// Where the resource is created: one place per account, if accounts are listed. A binding to no
/// account creates nothing.
pub(crate) fn places(resource: &Data) -> Vec<Place> {
    let binding = resource.get("OrganizationBinding");
    let has_only = |keys: &[&str]| {
        binding
            .and_then(Data::fields)
            .is_some_and(|fields| fields.iter().all(|(key, _)| keys.contains(&key.as_str())))
    };
    let accounts = binding.and_then(|binding| binding.get("Account"));
    let items = match accounts {
        Some(Data::List(items) | Data::Unordered(Unordered(items)))
            if items.is_empty() && has_only(&["Account", "Region"]) =>
        {
            return Vec::new();
        }
        given => given.map(Data::items).unwrap_or_default(),
    };
    let names: Option<Vec<Place>> = items
        .iter()
        .map(|item| Some(Place::Account(item.reference()?.to_owned())))
        .collect();
    names
        .filter(|names| !names.is_empty() && has_only(&["Account", "Region"]))
        .unwrap_or_else(|| vec![Place::Bound(binding.map_or("-".to_owned(), shown))])
}

/// Whether the resource is created in several accounts, and says the same of each.
pub(crate) fn is_shared(resource: &Data) -> bool {
    let places = places(resource);
    if places.len() < 2 {
        return false;
    }
    let properties = resource.get("Properties").map_or(String::new(), shown);
    let mut names = places.iter().filter_map(Place::account);
    !has_account_id(&properties) && !names.any(|name| properties.contains(name))
}

/// The one region of a resource's binding.
pub(crate) fn region(resource: &Data) -> Option<String> {
    match regions(resource)?.as_slice() {
        [one] => Some((*one).to_owned()),
        _ => None,
    }
}

/// The regions of a resource's binding; `None` if they are not all known.
pub(crate) fn regions(resource: &Data) -> Option<Vec<&str>> {
    let given = resource.get("OrganizationBinding")?.get("Region")?;
    given.items().iter().map(Data::text).collect()
}

/// Whether the text has something that may be an account id.
pub(crate) fn has_account_id(text: &str) -> bool {
    let mut run = 0;
    text.bytes().any(|byte| {
        run = if byte.is_ascii_digit() { run + 1 } else { 0 };
        run == 12
    })
}
