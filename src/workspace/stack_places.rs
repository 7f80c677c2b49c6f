//! The accounts and regions that the stacks of a template are in.
//!
//! In: the data of a template, and the task that deploys it. Out: [`StackPlaces`]. Refuses nothing: what its bindings do not
//! list is not known, and has all in it that decides about it.
//!
//! OrgFormation creates one stack for each account and region that a resource is bound to, and keeps an output in those
//! stacks that have each resource that the output names (`src/cfn-binder/cfn-template.ts`).

use std::collections::BTreeSet;

use crate::template::referred::referred;
use crate::template::task::{
    DEFAULT_BINDINGS, DEFAULT_REGIONS, TaskFacts, bindings_over, given_over,
};
use crate::template::value::Data;

/// An account, by its logical id, and a region.
type StackPlaceKey = (String, String);

/// The accounts and regions of some stacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StackPlaces {
    /// `None` if they are not listed.
    listed: Option<BTreeSet<StackPlaceKey>>,
    /// What decides about them.
    deciding: Vec<Data>,
}

/// Whether stacks are in the accounts and regions that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IsThere {
    Yes,
    /// It is decided by this.
    Perhaps(Vec<Data>),
    No,
}

/// A template, and the task that deploys it.
pub(super) struct BoundTemplate<'a> {
    pub(super) root: &'a Data,
    pub(super) task: &'a TaskFacts,
}

impl BoundTemplate<'_> {
    /// Where all its stacks are.
    pub(super) fn places(&self) -> StackPlaces {
        let resources = self.root.get("Resources").and_then(Data::fields);
        let resources = resources.unwrap_or_default().iter();
        self.of_all(resources.map(|(_, resource)| resource), |all, own| {
            all.union(own).cloned().collect()
        })
    }

    /// Where those stacks are that have an output.
    pub(super) fn places_of(&self, output: &Data) -> StackPlaces {
        let mut names = BTreeSet::new();
        referred(output, &mut names);
        let resource = |name: &String| {
            let id = name.split_once('.').map_or(name.as_str(), |(id, _)| id);
            self.root.get("Resources")?.get(id)
        };
        let named: Vec<&Data> = names.iter().filter_map(resource).collect();
        if named.is_empty() {
            return self.places();
        }
        self.of_all(named.into_iter(), |all, own| {
            all.intersection(own).cloned().collect()
        })
    }

    fn of_all<'r>(
        &self,
        resources: impl Iterator<Item = &'r Data>,
        joined: fn(&BTreeSet<StackPlaceKey>, &BTreeSet<StackPlaceKey>) -> BTreeSet<StackPlaceKey>,
    ) -> StackPlaces {
        let mut deciding: Vec<Data> = Vec::new();
        let mut listed: Option<Option<BTreeSet<StackPlaceKey>>> = None;
        for resource in resources {
            let binding = self.binding(resource).unwrap_or(Data::Null);
            if deciding.contains(&binding) {
                continue;
            }
            let own = self.listed(&binding);
            listed = Some(match (listed, own) {
                (None, own) => own,
                (Some(Some(all)), Some(own)) => Some(joined(&all, &own)),
                (Some(_), _) => None,
            });
            deciding.push(binding);
        }
        let listed = listed.flatten();
        if listed.is_none() {
            deciding.extend(self.section(&DEFAULT_REGIONS));
        }
        StackPlaces { listed, deciding }
    }

    /// What the task or the template says in one of these sections.
    fn section(&self, names: &[&str]) -> Option<Data> {
        let own = |name: &&str| given_over(self.task.sections.get(*name), self.root.get(name));
        names.iter().find_map(own)
    }

    /// The binding of a resource.
    fn binding(&self, resource: &Data) -> Option<Data> {
        let written = match resource.get("OrganizationBinding") {
            Some(written) => written.clone(),
            None => self.section(&DEFAULT_BINDINGS)?,
        };
        let Some(name) = written.reference() else {
            return Some(written);
        };
        let named = "OrganizationBindings";
        let bindings = bindings_over(self.task.sections.get(named), self.root.get(named));
        bindings.get(name).cloned()
    }

    /// The accounts and regions of a binding that lists them.
    fn listed(&self, binding: &Data) -> Option<BTreeSet<StackPlaceKey>> {
        let fields = binding.fields()?;
        let is_list = |key: &str| key == "Account" || key == "Region";
        if !fields.iter().all(|(key, _)| is_list(key)) {
            return None;
        }
        let accounts = binding.get("Account")?.items().iter().map(|item| {
            let name = item.reference()?;
            let is_parameter = self
                .root
                .get("Parameters")
                .is_some_and(|all| all.get(name).is_some());
            (!is_parameter).then_some(name)
        });
        let accounts: Option<Vec<&str>> = accounts.collect();
        let default = self.section(&DEFAULT_REGIONS);
        let regions = binding.get("Region").or(default.as_ref())?;
        let regions: Option<Vec<&str>> = regions.items().iter().map(Data::text).collect();
        let (accounts, regions) = (accounts?, regions?);
        let place = |account: &str, region: &str| (account.to_owned(), region.to_owned());
        let places = accounts.iter().flat_map(|account| {
            let regions = regions.iter();
            regions.map(move |region| place(account, region))
        });
        Some(places.collect())
    }
}

impl StackPlaces {
    /// Adds what else decides about them if they are not listed.
    pub(super) fn decided_by(&mut self, data: impl FnOnce() -> Option<Data>) {
        if self.listed.is_none() {
            self.deciding.extend(data());
        }
    }

    /// Whether these stacks are where stacks of `user` look for them, in an account and a region of their own unless
    /// these are given.
    pub(super) fn are_for(
        &self,
        user: &Self,
        account: Option<&Data>,
        region: Option<&Data>,
    ) -> IsThere {
        let perhaps = || IsThere::Perhaps(self.deciding.clone());
        let is_own = account.is_none() && region.is_none();
        let Some(listed) = &self.listed else {
            let is_same = is_own && self.deciding == user.deciding && self.deciding.len() == 1;
            return if is_same { IsThere::Yes } else { perhaps() };
        };
        let wanted = match (account, region) {
            (Some(account), Some(region)) => account
                .reference()
                .zip(region.text())
                .map(|(account, region)| BTreeSet::from([(account.to_owned(), region.to_owned())])),
            (account, region) => user.listed.as_ref().and_then(|own| {
                let own = own.iter().map(|(own_account, own_region)| {
                    let account = account.map_or(Some(own_account.as_str()), Data::reference)?;
                    let region = region.map_or(Some(own_region.as_str()), Data::text)?;
                    Some((account.to_owned(), region.to_owned()))
                });
                own.collect()
            }),
        };
        match wanted {
            Some(wanted) if wanted.is_subset(listed) => IsThere::Yes,
            Some(wanted) if wanted.is_disjoint(listed) => IsThere::No,
            _ => perhaps(),
        }
    }
}
