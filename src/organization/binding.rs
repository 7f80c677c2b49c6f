//! The binding of a resource to the accounts that it is created in.
//!
//! In: the resource, and the template's sections. Out: a [`ResourceBinding`], which knows its accounts
//! once there is an organization. Refuses nothing: a binding that cannot be read here, such as one through a
//! parameter, is none.
//!
//! Selectors mean what they mean in OrgFormation (`src/parser/parser.ts`,
//! `resolveNormalizedLogicalAccountIds`).

use std::sync::Arc;

use crate::organization::Organization;
use crate::template::task::{DEFAULT_BINDINGS, DEFAULT_REGIONS};
use crate::yaml::lookup::Library;
use crate::yaml::node::{Kind, Node};

/// What the binding of a resource selects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceBinding {
    /// `Account`.
    pub accounts: BoundNames,
    /// `ExcludeAccount`.
    pub excluded: BoundNames,
    /// `OrganizationalUnit`.
    pub units: BoundNames,
    /// `ExcludeOrganizationalUnit`.
    pub excluded_units: BoundNames,
    /// `AccountsWithTag`.
    pub tag: Option<String>,
    /// `IncludeMasterAccount`.
    pub includes_master: bool,
    /// Whether the resource is surely created there: no task can replace the binding, and the resource has no
    /// condition.
    pub is_certain: bool,
}

/// The accounts or units that a selector names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BoundNames {
    /// None.
    #[default]
    None,
    /// `'*'`.
    All,
    /// These logical ids.
    Listed(Vec<String>),
}

impl ResourceBinding {
    /// The logical ids of its accounts; `None` if it names what the organization does not have, such as a
    /// parameter.
    pub fn reached(&self, organization: &Organization) -> Option<Vec<String>> {
        let mut found = accounts_of(&self.accounts, organization)?;
        found.extend(members_of(&self.units, organization)?);
        if self.includes_master {
            found.push(organization.master()?.logical_id.clone());
        }
        if let Some(tag) = &self.tag {
            found.extend(organization.accounts_with_tag(tag));
        }
        let mut excluded = accounts_of(&self.excluded, organization)?;
        excluded.extend(members_of(&self.excluded_units, organization)?);
        found.retain(|account| !excluded.contains(account));
        Some(found)
    }
}

fn accounts_of(names: &BoundNames, organization: &Organization) -> Option<Vec<String>> {
    match names {
        BoundNames::None => Some(Vec::new()),
        BoundNames::All => Some(organization.members()),
        BoundNames::Listed(names) => {
            let are_known = names
                .iter()
                .all(|name| organization.account(name).is_some());
            are_known.then(|| names.clone())
        }
    }
}

fn members_of(names: &BoundNames, organization: &Organization) -> Option<Vec<String>> {
    let units = match names {
        BoundNames::None => return Some(Vec::new()),
        BoundNames::All => {
            let units = organization.units.iter();
            units.map(|unit| unit.logical_id.clone()).collect()
        }
        BoundNames::Listed(names) => names.clone(),
    };
    let are_known = units.iter().all(|name| organization.unit(name).is_some());
    are_known.then(|| organization.accounts_in(&units))
}

/// The binding of `resource` in the template whose root is `root`; `None` if it has none that can be read.
pub(crate) fn binding(
    resource: &Arc<Node>,
    root: &Arc<Node>,
    library: &Library,
) -> Option<ResourceBinding> {
    let field = |node: &Arc<Node>, key: &str| library.field(node, key).ok().flatten();
    let section = |names: &[&str]| names.iter().find_map(|name| field(root, name));
    let own = field(resource, "OrganizationBinding");
    let written = own.clone().or_else(|| section(&DEFAULT_BINDINGS))?;
    let named = library.reference(&written);
    let selectors = match &named {
        Some(name) => field(&field(root, "OrganizationBindings")?, name)?,
        None => written,
    };
    let mut binding = ResourceBinding {
        // A task can replace every binding but one that the resource has itself, and a parameter decides
        // about a condition.
        is_certain: own.is_some() && named.is_none() && field(resource, "Condition").is_none(),
        ..ResourceBinding::default()
    };
    let mut has_region = section(&DEFAULT_REGIONS).is_some();
    for one in library.mapping(&selectors).ok()? {
        let value = library.follow(&one.value);
        match one.key.as_str() {
            "Region" => has_region = !library.items(&value).is_empty(),
            "Account" => binding.accounts = names(&value, library)?,
            "ExcludeAccount" => binding.excluded = names(&value, library)?,
            "OrganizationalUnit" => binding.units = names(&value, library)?,
            "ExcludeOrganizationalUnit" => binding.excluded_units = names(&value, library)?,
            "AccountsWithTag" => binding.tag = Some(plain(&value)?.to_owned()),
            "IncludeMasterAccount" => {
                binding.includes_master = match plain(&value)? {
                    "true" => true,
                    "false" => false,
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
    // Without a region, nothing is created anywhere.
    binding.is_certain &= has_region;
    Some(binding)
}

/// `'*'`, or what is referred to.
fn names(value: &Arc<Node>, library: &Library) -> Option<BoundNames> {
    if plain(value) == Some("*") {
        return Some(BoundNames::All);
    }
    let items = library.items(value);
    let names = items.iter().map(|item| library.reference(item));
    names.collect::<Option<Vec<_>>>().map(BoundNames::Listed)
}

fn plain(value: &Node) -> Option<&str> {
    match &value.kind {
        Kind::Scalar(text, _) if value.tag.is_none() => Some(text),
        _ => None,
    }
}
