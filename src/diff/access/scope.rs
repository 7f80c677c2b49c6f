//! What stands for something else in one file: bindings, parameters, and attributes of accounts.
//!
//! In: the sections of the file, its organization, and what its task says. Out: a [`FileScope`], which
//! puts accounts in place of bindings and values in place of names, as OrgFormation does
//! (`src/parser/parser.ts`, `src/parser/model/cloudformation-resource.ts`). Refuses nothing: what
//! cannot be resolved stays as it is written, with a named binding in place of its name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};
use memchr::memmem::Finder;

use crate::diff::access::changes::{ParameterGiver, ParameterValue};
use crate::diff::access::enumerated::{self, Reached};
use crate::diff::access::tag_use::TagUse;
use crate::organization::Organization;
use crate::organization::attributes::AttributeValue;
use crate::template::constants::worked_out;
use crate::template::display::shown;
use crate::template::imported::{ImportedValues, may_take};
use crate::template::resources::{TextScope, has};
use crate::template::substitute::{ValueOf, substituted};
use crate::template::value::{Data, Unordered};

use crate::template::task::{
    DEFAULT_BINDINGS, DEFAULT_REGIONS, bindings_over, given_over, values_of,
};

pub use crate::template::task::TaskFacts;

/// The pseudo parameter that is the name of the stack.
const STACK: &str = "AWS::StackName";

/// The attribute that says where a resource is created.
const BINDING: &str = "OrganizationBinding";

/// The attribute that says for which accounts a resource is repeated, by its older and its newer name.
const FOREACH: [&str; 2] = ["Foreach", "ForeachAccount"];

/// What stands for the value of an attribute that is no text.
const WRITTEN: &str = "!Value";

/// What stands for something else in one file.
pub(super) struct FileScope<'run> {
    organization: &'run Organization,
    /// The values of parameters that are known.
    parameters: BTreeMap<String, Data>,
    /// The bindings by name.
    bindings: HashMap<String, Data>,
    /// The mappings by name.
    mappings: Option<Data>,
    default: Option<Data>,
    default_region: Option<Data>,
    /// The names of parameters, and of accounts that have other ones now.
    names: Vec<String>,
    /// The new logical ids of accounts, by those in this file.
    renamed: BTreeMap<String, String>,
    /// The names of the parameters that the task gives.
    given: BTreeSet<String>,
    /// What other stacks export that is not what it was.
    imports: ImportedValues,
    tags: TagUse,
}

impl<'run> FileScope<'run> {
    /// The scope of a file with these sections.
    pub(super) fn new(
        sections: &[(String, Arc<Data>)],
        organization: &'run Organization,
        (task, tags): (&TaskFacts, TagUse),
        renamed: BTreeMap<String, String>,
    ) -> Self {
        let called_now = |data: &Data| {
            let new = substituted(data, &|name| called_now(&renamed, name));
            new.unwrap_or_else(|| data.clone())
        };
        let own = |name: &str| -> Option<&Data> {
            let mut own = sections.iter();
            own.find(|(own, _)| own == name).map(|(_, data)| &**data)
        };
        let section = |name: &str| given_over(task.sections.get(name), own(name));
        let default = DEFAULT_BINDINGS.iter().find_map(|name| section(name));
        let region = DEFAULT_REGIONS.iter().find_map(|name| section(name));
        let named = "OrganizationBindings";
        let bindings = bindings_over(task.sections.get(named), own(named)).into_iter();
        let bindings = bindings.map(|(name, data)| (name, called_now(&data)));
        let bindings = bindings.collect();
        let parameters = own("Parameters").and_then(Data::fields);
        let parameters = parameters.unwrap_or_default();
        let parameters = parameters.iter().filter_map(|(name, declared)| {
            // An account of this name is meant.
            let is_account = organization.account(name).is_some();
            let of_account = |name: &'_ str| of_account(organization, &renamed, name);
            let value = value_of(declared, task.parameters.get(name), &of_account)?;
            (!is_account).then(|| (name.clone(), value))
        });
        let stack = task.stack.clone();
        let stack = stack.map(|name| (STACK.to_owned(), name));
        let parameters: BTreeMap<String, Data> = parameters.chain(stack).collect();
        let given = task.parameters.keys().map(String::as_str);
        let given = given.chain(task.stack.as_ref().map(|_| STACK));
        Self {
            organization,
            tags,
            imports: task.imports.clone(),
            names: parameters.keys().chain(renamed.keys()).cloned().collect(),
            given: given.map(str::to_owned).collect(),
            parameters,
            bindings,
            mappings: sections
                .iter()
                .find(|(name, _)| name == "Mappings")
                .map(|(_, data)| (**data).clone()),
            default: default
                .filter(|data| *data != Data::Null)
                .as_ref()
                .map(called_now),
            default_region: region.filter(|data| *data != Data::Null),
            renamed,
        }
    }

    /// Whether equal resources say the same in both scopes.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.parameters == other.parameters
            && self.renamed == other.renamed
            && self.tags == other.tags
            && self.imports.is_empty()
            && other.imports.is_empty()
            && self.bindings == other.bindings
            && self.mappings == other.mappings
            && self.default == other.default
            && self.default_region == other.default_region
            && is_same_organization(self.organization, other.organization)
    }

    /// The value of a parameter, if it is known.
    pub(super) fn parameter(&self, name: &str) -> Option<&Data> {
        self.parameters.get(name)
    }

    /// The names of the parameters whose values are known.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &String> {
        self.parameters.keys()
    }

    /// The value of a parameter as people read it.
    pub(super) fn used(&self, name: &str) -> Option<ParameterValue> {
        let is_given = self.given.contains(name);
        let value = self.parameters.get(name)?;
        let values = values_of(value).unwrap_or(std::slice::from_ref(value));
        let values: Vec<String> = values.iter().map(shown).collect();
        Some(ParameterValue {
            text: values.join(" or "),
            giver: if is_given {
                ParameterGiver::Task
            } else {
                ParameterGiver::Default
            },
        })
    }

    /// The bindings by name, each with the accounts that it reaches; `None` if these are not known.
    pub(super) fn reached(&self) -> BTreeMap<&str, Option<Vec<String>>> {
        let bindings = self.bindings.iter();
        let reached = bindings.map(|(name, data)| (name.as_str(), self.accounts(data)));
        reached.collect()
    }

    /// What `name` stands for.
    fn value(&self, name: &str) -> Option<Data> {
        if let Some(value) = self.parameters.get(name) {
            return Some(value.clone());
        }
        // The account that is deployed to.
        if name == "AWSAccount" || name == "AWSAccount.AccountId" {
            return Some(reference("AWS::AccountId"));
        }
        of_account(self.organization, &self.renamed, name)
    }

    /// Whether the value of a parameter has this word.
    pub(super) fn is_given(&self, word: &str) -> bool {
        let mut values = self.parameters.values();
        values.any(|value| value.text().is_none() && shown(value).contains(word))
    }

    /// What the binding at `resource` is with accounts and a region in place; `None` if it is that
    /// already.
    fn binding(&self, resource: &Data) -> Option<Data> {
        let written = resource.get(BINDING);
        let binding = match written {
            Some(written) => match written.reference() {
                Some(name) => self.bindings.get(name).unwrap_or(written),
                None => written,
            },
            None => self.default.as_ref()?,
        };
        let bound = self.bound(binding);
        (Some(&bound) != written).then_some(bound)
    }

    /// For which accounts the resource is repeated, with these in place.
    fn foreach(&self, resource: &Data) -> Option<Data> {
        let written = FOREACH.into_iter().find_map(|key| resource.get(key))?;
        let named = written.reference().and_then(|name| self.bindings.get(name));
        Some(self.bound(named.unwrap_or(written)))
    }

    /// `binding` with accounts and a region in place.
    fn bound(&self, binding: &Data) -> Data {
        let Some(fields) = binding.fields() else {
            return binding.clone();
        };
        let mut fields = fields.to_vec();
        let has_region = fields
            .iter()
            .any(|(key, value)| key == "Region" && !is_empty(value));
        if let Some(region) = self.default_region.as_ref().filter(|_| !has_region) {
            fields.retain(|(key, _)| key != "Region");
            fields.push(("Region".to_owned(), region.clone()));
        }
        let is_direct = fields.iter().all(|(key, value)| match key.as_str() {
            "Account" => value
                .reference()
                .is_some_and(|name| !self.names_parameter(name)),
            key => key == "Region",
        });
        if !is_direct && let Some(accounts) = self.accounts(binding) {
            fields.retain(|(key, _)| key == "Region");
            let mut all = accounts.iter().map(|name| reference(name));
            let account = match (all.next(), accounts.len()) {
                (Some(one), 1) => one,
                (first, _) => Data::Unordered(Unordered(first.into_iter().chain(all).collect())),
            };
            fields.push(("Account".to_owned(), account));
        }
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        Data::Map(fields)
    }

    /// `data` with the accounts and the regions in place that it enumerates.
    fn enumerated(&self, data: &Data) -> Option<Data> {
        if !enumerated::may_enumerate(data) {
            return None;
        }
        let binding = |name: Option<&str>| match name {
            Some(name) => self.bindings.get(name),
            None => self.default.as_ref(),
        };
        let accounts = |name: Option<&str>| {
            let names = self.accounts(binding(name)?)?;
            let accounts = names.iter().map(|name| self.organization.account(name));
            accounts.collect()
        };
        let regions = |name: Option<&str>| {
            let own = binding(name)?.get("Region").filter(|own| !is_empty(own));
            let regions = own.or(self.default_region.as_ref())?.items().iter();
            regions
                .map(|region| region.text().map(str::to_owned))
                .collect()
        };
        let reached = Reached {
            accounts: &accounts,
            regions: &regions,
        };
        enumerated::enumerated(data, &reached)
    }

    fn names_parameter(&self, name: &str) -> bool {
        self.parameters.contains_key(name)
    }

    /// The accounts that `binding` reaches; `None` if they are not known.
    fn accounts(&self, binding: &Data) -> Option<Vec<String>> {
        let fields = binding.fields()?;
        let mut found = Vec::new();
        let mut excluded = Vec::new();
        for (key, value) in fields {
            match key.as_str() {
                "Account" => found.extend(self.named(value)?),
                "OrganizationalUnit" => found.extend(self.of_units(value)?),
                "AccountsWithTag" => {
                    found.extend(self.organization.accounts_with_tag(value.text()?));
                }
                "IncludeMasterAccount" => match value {
                    Data::Bool(true) => found.push(self.organization.master()?.logical_id.clone()),
                    Data::Bool(false) => {}
                    _ => return None,
                },
                "ExcludeAccount" => excluded.extend(self.named(value)?),
                "ExcludeOrganizationalUnit" => excluded.extend(self.of_units(value)?),
                "Region" => {}
                _ => return None,
            }
        }
        let excluded: HashSet<String> = excluded.into_iter().collect();
        found.retain(|account| !excluded.contains(account));
        found.sort();
        found.dedup();
        Some(found)
    }

    /// The accounts that are named.
    fn named(&self, value: &Data) -> Option<Vec<String>> {
        if value.text() == Some("*") {
            let mut all = self.organization.members();
            // After a binding by tag, `'*'` also has the management account.
            if self.tags == TagUse::Used {
                all.extend(self.organization.master().map(|one| one.logical_id.clone()));
            }
            return Some(all);
        }
        let names = value.items().iter().map(|item| {
            let name = item.reference()?;
            let through = self.parameters.get(name).and_then(Data::reference);
            let name = through.unwrap_or(name);
            let name = self.renamed.get(name).map_or(name, String::as_str);
            let account = self.organization.account(name)?;
            Some(account.logical_id.clone())
        });
        names.collect()
    }

    /// The accounts of the units that are named.
    fn of_units(&self, value: &Data) -> Option<Vec<String>> {
        if value.text() == Some("*") {
            let units = self.organization.units.iter();
            let units: Vec<String> = units.map(|unit| unit.logical_id.clone()).collect();
            return Some(self.organization.accounts_in(&units));
        }
        let names = value.items().iter().map(|item| {
            let unit = self.organization.unit(item.reference()?)?;
            Some(unit.logical_id.clone())
        });
        let names: Option<Vec<String>> = names.collect();
        Some(self.organization.accounts_in(&names?))
    }
}

impl TextScope for FileScope<'_> {
    fn resolved(&self, resource: &Data) -> Option<Data> {
        let own = substituted(resource, &|name| self.value(name));
        let current = own.as_ref().unwrap_or(resource);
        let own = self.enumerated(current).or(own);
        let current = own.as_ref().unwrap_or(resource);
        let mapped = |name: &str, first: &str, second: &str| {
            let mapping = self.mappings.as_ref()?.get(name)?;
            mapping.get(first)?.get(second).cloned()
        };
        let own = worked_out(current, &mapped).or(own);
        let current = own.as_ref().unwrap_or(resource);
        let own = self.imports.put_into(current).or(own);
        let current = own.as_ref().unwrap_or(resource);
        // Only resources are bound.
        let is_resource = current.get("Type").is_some();
        let binding = is_resource.then(|| self.binding(current)).flatten();
        let foreach = is_resource.then(|| self.foreach(current)).flatten();
        if binding.is_none() && foreach.is_none() {
            return own;
        }
        let Data::Map(mut fields) = current.clone() else {
            return own;
        };
        if let Some(value) = binding {
            fields.retain(|(own, _)| own != BINDING);
            fields.push((BINDING.to_owned(), value));
        }
        if let Some(value) = foreach {
            fields.retain(|(own, _)| !FOREACH.contains(&own.as_str()));
            fields.push(("Foreach".to_owned(), value));
        }
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        Some(Data::Map(fields))
    }

    fn names(&self) -> &[String] {
        &self.names
    }

    fn names_accounts(&self, text: &str) -> bool {
        static FINDERS: LazyLock<[Finder<'_>; 2]> =
            LazyLock::new(|| [enumerated::MARK, "FindInMap"].map(Finder::new));
        let is_account = |value: &Data| value.text().is_none();
        let mut parameters = self.parameters.iter();
        let mut finders = FINDERS.iter();
        finders.any(|finder| finder.find(text.as_bytes()).is_some())
            || !self.imports.is_empty() && may_take(text)
            || parameters.any(|(name, value)| is_account(value) && has(text, name))
    }
}

/// The value of a parameter: that of the task, or else its default. A list, or the name of something
/// that AWS looks up, is not the value; and what a variable of IAM's in it means is up to the policy.
fn value_of(declared: &Data, given: Option<&Data>, of_account: &ValueOf<'_>) -> Option<Data> {
    let kind = declared.get("Type").and_then(Data::text)?;
    if kind.starts_with("AWS::SSM::") || kind.contains("List") {
        return None;
    }
    let written = given_over(given, declared.get("Default"))?;
    let resolved = substituted(&written, of_account);
    match resolved.unwrap_or(written) {
        Data::Null | Data::List(_) | Data::Unordered(_) => None,
        // Every parameter is text.
        Data::Bool(flag) => Some(Data::Text(flag.to_string())),
        Data::Number(text) => Some(Data::Text(text)),
        Data::Text(text) if text.contains("${") => None,
        value => Some(value),
    }
}

/// What `name` stands for if it is that of an account or of an attribute of one.
fn of_account(
    organization: &Organization,
    renamed: &BTreeMap<String, String>,
    name: &str,
) -> Option<Data> {
    let Some((account, attribute)) = name.split_once('.') else {
        return called_now(renamed, name);
    };
    let called = renamed.get(account);
    let account = called.map_or(account, String::as_str);
    let account = organization.account(account)?;
    if attribute == "AccountId" {
        return Some(reference(&account.logical_id));
    }
    if attribute.starts_with("Resources.") {
        called?;
        let names = [&account.logical_id, attribute].map(|name| Data::Text(name.to_owned()));
        let names = Data::List(names.to_vec());
        return Some(Data::Map(vec![("Fn::GetAtt".to_owned(), names)]));
    }
    Some(match account.attribute(attribute)? {
        AttributeValue::Text(text) => Data::Text(text),
        AttributeValue::Written(text) => Data::Map(vec![(WRITTEN.to_owned(), Data::Text(text))]),
    })
}

/// The account that `name` is the previous logical id of.
fn called_now(renamed: &BTreeMap<String, String>, name: &str) -> Option<Data> {
    renamed.get(name).map(|name| reference(name))
}

fn reference(name: &str) -> Data {
    Data::Map(vec![("Ref".to_owned(), Data::Text(name.to_owned()))])
}

fn is_empty(value: &Data) -> bool {
    *value == Data::Null || value.text() == Some("")
}

/// Whether bindings reach the same accounts in both, and attributes of accounts are the same.
pub(super) fn is_same_organization(one: &Organization, other: &Organization) -> bool {
    let accounts = |organization: &Organization| -> Vec<_> {
        let accounts = organization.accounts.iter();
        let accounts = accounts.map(|account| {
            (
                account.logical_id.clone(),
                account.is_master,
                account.account_name.clone(),
                account.tag_keys.clone(),
                account.tags.clone(),
                account.attributes.clone(),
            )
        });
        accounts.collect()
    };
    let units = |organization: &Organization| -> Vec<_> {
        let units = organization.units.iter();
        let units = units.map(|unit| {
            (
                unit.logical_id.clone(),
                unit.accounts.clone(),
                unit.units.clone(),
            )
        });
        units.collect()
    };
    std::ptr::eq(one, other) || accounts(one) == accounts(other) && units(one) == units(other)
}
