//! The new text of an output to what its stacks wait for, and those that are too large.
//!
//! In: the text, as the comparison of access read it. Out: [`StackFacts`]. Bodies that are equal but for
//! the account are looked at once. Refuses nothing: what cannot be read is noted.
//!
//! OrgFormation puts everything that a template binds to an account into one stack of each region. A stack
//! waits for those of the accounts that its resources name in `DependsOnAccount`, for those of the regions
//! in `DependsOnRegion` if there is `DependsOnAccount`, and for the stack of a resource elsewhere that they
//! refer to (`src/cfn-binder/cfn-binder.ts`, `src/parser/model/cloudformation-resource.ts`).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::{HashMap, HashSet};

use crate::aws::quotas::SECTION_LIMIT;
use crate::deploy::facts::{WrittenPlace, places};
use crate::deploy::places::{SideAccounts, StackAccount, StackPlace};
use crate::deploy::read::PairReader;
use crate::deploy::sizes::{StackLimit, StackSize, section_limit};
use crate::deploy::stack_facts::{
    AmbiguousReference, FoundAmbiguity, LargeStack, StackFacts, StackWait, WaitedFor,
};
use crate::diff::access::reading::ReadSide;
use crate::template::deduplicate::AccountLabel;
use crate::template::named::ReferredName;
use crate::template::referred::referred;
use crate::template::resources::{Body, File};
use crate::template::value::Data;

/// The sections that OrgFormation gives to each stack.
const SECTIONS: &[&str] = &[
    "Conditions",
    "Mappings",
    "Metadata",
    "Parameters",
    "Rules",
    "Transform",
];

/// A stack that waits, and the position of the resource in the new file.
struct FoundWait {
    from: StackPlace,
    to: WaitedFor,
    account: String,
    at: usize,
    target: Option<String>,
}

/// What a body says of its stacks.
pub(super) struct StackBody {
    pub(super) places: Vec<WrittenPlace>,
    accounts: Vec<String>,
    regions: Vec<String>,
    /// The names that may be those of resources or their attributes.
    pub(super) names: Vec<String>,
    /// The accounts that it is repeated for.
    repeated: Vec<String>,
    size: StackSize,
}

/// A resource by its body.
pub(super) struct StackResource<'run, 'text> {
    pub(super) at: usize,
    pub(super) body: Cow<'run, Body<'text>>,
    pub(super) facts: Rc<StackBody>,
}

impl<'text> PairReader<'_, 'text> {
    /// What is known of the stacks of the new text. Resources that cannot be read by themselves count for
    /// nothing.
    pub(super) fn stacks(&mut self, accounts: SideAccounts<'_>) -> StackFacts {
        let others = self.other_bodies();
        let texts = self.read.texts();
        let Some((old, new, _)) = texts.files() else {
            return StackFacts::default();
        };
        let all_differ = SECTIONS
            .iter()
            .any(|name| section(old, name) != section(new, name));
        let resources = stack_resources(new, others);
        let known = StackReader::new(new, accounts, &resources);
        let waits = known.waits(&resources);
        let large = known.large(&resources);
        let ambiguous = known.ambiguous(&resources);
        StackFacts {
            waits: self.with_versions(waits),
            large,
            ambiguous: self.with_targets(ambiguous),
            exports: self.exports(),
            all_differ,
        }
    }

    fn with_versions(&mut self, waits: Vec<FoundWait>) -> Vec<StackWait> {
        let waits = waits.into_iter().filter_map(|found| {
            let (id, version) = self.version(ReadSide::New, found.at).ok()?;
            Some(StackWait {
                from: found.from,
                to: found.to,
                account: found.account,
                id,
                version,
                target: found.target,
            })
        });
        waits.collect()
    }

    fn with_targets(&mut self, found: Vec<FoundAmbiguity>) -> Vec<AmbiguousReference> {
        let found = found.into_iter().filter_map(|one| {
            let (id, version) = self.version(ReadSide::New, one.at).ok()?;
            Some(AmbiguousReference {
                from: one.from,
                account: one.account,
                id,
                version,
                target: one.target,
            })
        });
        found.collect()
    }

    /// What the resources of the new text say that were not read, by their places.
    fn other_bodies(&mut self) -> HashMap<usize, Body<'text>> {
        let texts = self.read.texts();
        let Some((_, new, _)) = texts.files() else {
            return HashMap::default();
        };
        let all = new.resources.iter().enumerate();
        let others = all.filter(|(_, resource)| resource.body.is_none());
        let others = others.filter_map(|(at, _)| {
            let body = self.read.body(ReadSide::New, at)?;
            Some((at, body.into_owned()))
        });
        others.collect()
    }
}

/// The resources of `file`; `others` are the bodies that it does not have.
fn stack_resources<'run, 'text>(
    file: &'run File<'text>,
    mut others: HashMap<usize, Body<'text>>,
) -> Vec<StackResource<'run, 'text>> {
    let mut known: HashMap<usize, Rc<StackBody>> = HashMap::default();
    let mut found = Vec::with_capacity(file.resources.len());
    for (at, resource) in file.resources.iter().enumerate() {
        let id = resource.id.as_str();
        let body = resource.body.as_ref().map(Cow::Borrowed);
        let Some(body) = body.or_else(|| others.remove(&at).map(Cow::Owned)) else {
            continue;
        };
        let facts = known
            .entry(body.key)
            .or_insert_with(|| Rc::new(StackBody::of(id, &body.data)));
        found.push(StackResource {
            at,
            facts: Rc::clone(facts),
            body,
        });
    }
    found
}

fn section<'a>(file: &'a File<'_>, name: &str) -> Option<&'a Data> {
    let mut sections = file.sections.iter();
    let found = sections.find(|(own, _)| own == name);
    found.map(|(_, data)| &**data)
}

fn entries(file: &File<'_>, name: &str) -> usize {
    let section = section(file, name).and_then(Data::fields);
    section.map_or(0, <[_]>::len)
}

impl StackBody {
    fn of(id: &str, data: &Data) -> Self {
        let mut names = BTreeSet::new();
        let fields = data.fields().unwrap_or_default();
        for (key, value) in fields {
            if !matches!(
                key.as_str(),
                "OrganizationBinding" | "DependsOnAccount" | "Foreach"
            ) {
                referred(value, &mut names);
            }
        }
        let listed = |value: Option<&Data>, of: fn(&Data) -> Option<&str>| -> Vec<String> {
            let items = value.map(Data::items).unwrap_or_default();
            items.iter().filter_map(of).map(str::to_owned).collect()
        };
        let accounts = listed(data.get("DependsOnAccount"), Data::reference);
        let repeated = data
            .get("Foreach")
            .and_then(|foreach| foreach.get("Account"));
        Self {
            places: places(data),
            regions: if accounts.is_empty() {
                Vec::new()
            } else {
                listed(data.get("DependsOnRegion"), Data::text)
            },
            accounts,
            names: names
                .into_iter()
                .filter(|name| !name.starts_with("AWS::"))
                .collect(),
            repeated: listed(repeated, Data::reference),
            size: StackSize::of(id, data),
        }
    }
}

/// The resources of a file, to find out about its stacks.
pub(super) struct StackReader<'run, 'text> {
    file: &'run File<'text>,
    pub(super) accounts: SideAccounts<'run>,
    /// The resources by their places in the file.
    by_place: Vec<Option<&'run StackResource<'run, 'text>>>,
}

impl<'run, 'text> StackReader<'run, 'text> {
    fn new(
        file: &'run File<'text>,
        accounts: SideAccounts<'run>,
        resources: &'run [StackResource<'run, 'text>],
    ) -> Self {
        let mut by_place = vec![None; file.resources.len()];
        for resource in resources {
            if let Some(place) = by_place.get_mut(resource.at) {
                *place = Some(resource);
            }
        }
        Self {
            file,
            accounts,
            by_place,
        }
    }

    /// The resource with this logical id.
    pub(super) fn resource(&self, id: &str) -> Option<&'run StackResource<'run, 'text>> {
        *self.by_place.get(self.file.place_of(id)?)?
    }

    /// What stacks wait for, without stacks that nothing waits for.
    fn waits(&self, resources: &'run [StackResource<'run, 'text>]) -> Vec<FoundWait> {
        let mut found: Vec<(usize, WaitedFor, Option<String>)> = Vec::new();
        let mut is_waited_for: HashSet<StackAccount> = HashSet::default();
        let mut is_by_region = false;
        for (at, resource) in resources.iter().enumerate() {
            for name in &resource.facts.accounts {
                let account = self.accounts.account(&resource.body.restore(name));
                is_waited_for.insert(account.clone());
                found.push((at, WaitedFor::Account(account), None));
            }
            for region in &resource.facts.regions {
                is_by_region = true;
                found.push((at, WaitedFor::Region(region.clone()), None));
            }
            for (place, target) in self.referred(resource) {
                is_waited_for.insert(place.account.clone());
                found.push((at, WaitedFor::Stack(place), Some(target)));
            }
        }
        let mut waits = Vec::new();
        for (at, to, target) in found {
            let Some(resource) = resources.get(at) else {
                continue;
            };
            for (from, account) in self.places(resource) {
                let is_between = is_by_region || is_waited_for.contains(&from.account);
                // A reference to what the stack has itself is none to another one.
                if is_between && to != WaitedFor::Stack(from.clone()) {
                    waits.push(FoundWait {
                        from,
                        account,
                        to: to.clone(),
                        at: resource.at,
                        target: target.clone(),
                    });
                }
            }
        }
        waits
    }

    /// The stacks of a resource, each with its account as it is shown. What cannot be resolved is none.
    pub(super) fn places(&self, resource: &StackResource<'_, '_>) -> Vec<(StackPlace, String)> {
        let written = resource.facts.places.iter();
        let placed = written.filter_map(|written| {
            let account = resource.body.restore(written.account.as_ref().ok()?);
            let region = resource.body.restore(&written.region);
            let place = StackPlace {
                account: self.accounts.account(&account),
                region,
            };
            Some((place, account))
        });
        placed.collect()
    }

    /// The stacks of resources that `resource` refers to and that are not in each of its own, with their
    /// logical ids.
    fn referred(&self, resource: &StackResource<'_, '_>) -> Vec<(StackPlace, String)> {
        let mut found = Vec::new();
        for name in &resource.facts.names {
            if !AccountLabel::is_marked(name) && !name.contains('.') && !self.is_resource(name) {
                continue;
            }
            for name in repeated(resource, &resource.body.restore(name)) {
                found.extend(self.stack_of(resource, &name));
            }
        }
        found
    }

    fn is_resource(&self, name: &str) -> bool {
        self.resource(name).is_some()
    }

    /// The one stack of the resource that `resource` refers to by `name`, if it is not in all of the
    /// stacks of `resource`.
    fn stack_of(
        &self,
        resource: &StackResource<'_, '_>,
        name: &str,
    ) -> Option<(StackPlace, String)> {
        let ReferredName { account, id, .. } = ReferredName::of(name);
        let target = self.resource(id)?;
        let own_place = |body: &StackResource<'_, '_>| match body.facts.places.as_slice() {
            [one] => Some((one.account.clone(), one.region.clone())),
            _ => None,
        };
        // The usual case: both are in the account of the same label.
        if account.is_none()
            && resource.body.label.is_some()
            && resource.body.label == target.body.label
            && own_place(resource).is_some_and(|own| own_place(target) == Some(own))
        {
            return None;
        }
        let mut places = self.places(target).into_iter().map(|(place, _)| place);
        let place = match account {
            Some(name) => {
                let account = self.accounts.account(name);
                places.find(|place| place.account == account)?
            }
            // OrgFormation refuses a reference to a resource that is in several other stacks.
            None => match (places.next(), places.next()) {
                (Some(one), None) => one,
                _ => return None,
            },
        };
        Some((place, id.to_owned()))
    }

    /// The stacks that exceed a limit.
    fn large(&self, resources: &'run [StackResource<'run, 'text>]) -> Vec<LargeStack> {
        let mut sections = StackSize::default();
        for (name, data) in &self.file.sections {
            if SECTIONS.contains(&name.as_str()) || name == "Outputs" {
                sections.add(StackSize::of_section(name, data));
            }
        }
        let mut stacks: HashMap<StackPlace, usize> = HashMap::default();
        let mut sizes: Vec<(StackPlace, String, StackSize)> = Vec::new();
        // As they are written, since most resources are where others are.
        let mut written: HashMap<(Cow<'_, str>, Cow<'_, str>), usize> = HashMap::default();
        for resource in resources {
            let copies = resource.facts.repeated.len().max(1);
            for place in &resource.facts.places {
                let Ok(account) = &place.account else {
                    continue;
                };
                let body = &resource.body;
                let key = (body.restored(account), body.restored(&place.region));
                let at = *written.entry(key).or_insert_with_key(|(account, region)| {
                    let place = StackPlace {
                        account: self.accounts.account(account),
                        region: region.to_string(),
                    };
                    *stacks.entry(place.clone()).or_insert_with(|| {
                        sizes.push((place, account.to_string(), sections));
                        sizes.len() - 1
                    })
                });
                if let Some((_, _, size)) = sizes.get_mut(at) {
                    for _ in 0..copies {
                        size.add(resource.facts.size);
                    }
                }
            }
        }
        let parameters = section_limit(StackLimit::Parameters, entries(self.file, "Parameters"));
        let has_many_outputs = entries(self.file, "Outputs") > SECTION_LIMIT;
        let mut found = Vec::new();
        sizes.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        for (place, account, size) in sizes {
            let outputs = has_many_outputs
                .then(|| section_limit(StackLimit::Outputs, self.outputs(&place)))
                .flatten();
            let exceeded = size.exceeded().into_iter().chain(parameters).chain(outputs);
            found.extend(exceeded.map(|exceeded| LargeStack {
                place: place.clone(),
                account: account.clone(),
                exceeded,
                resources: size.resources,
            }));
        }
        found
    }

    /// How many outputs the stack at `place` has: those that refer to no resource of another one.
    fn outputs(&self, place: &StackPlace) -> usize {
        let outputs = section(self.file, "Outputs").and_then(Data::fields);
        let outputs = outputs.unwrap_or_default().iter().filter(|(_, output)| {
            let mut names = BTreeSet::new();
            referred(output, &mut names);
            names.iter().all(|name| {
                let id = name.split_once('.').map_or(name.as_str(), |(id, _)| id);
                let target = self.resource(id);
                target.is_none_or(|target| {
                    let mut places = self.places(target).into_iter();
                    places.any(|(own, _)| own == *place)
                })
            })
        });
        outputs.count()
    }
}

/// `name`, once for each account that `resource` is repeated for if it names that one.
fn repeated(resource: &StackResource<'_, '_>, name: &str) -> Vec<String> {
    match name.strip_prefix("CurrentAccount.") {
        Some(rest) => {
            let accounts = resource.facts.repeated.iter();
            accounts
                .map(|account| format!("{}.{rest}", resource.body.restore(account)))
                .collect()
        }
        None => vec![name.to_owned()],
    }
}
