//! From what the resources of an app need to the services and options that grant it.
//!
//! In: an app, its needs, and the partials. Out: a [`Suggestion`]: the smallest set of services and
//! options that grants what can be granted, each with its reasons, and what they do not grant.
//! Refuses partials that do not render.
//!
//! The hard part: several offerings may grant an action. The service of the resource type comes
//! first, and there, what needs no option. What has one answer is decided before what has several,
//! so that no option is added if another one that is needed anyway grants the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::arguments::SERVICES;
use crate::diagnostic::Result;
use crate::infer::grants::{Asked, Grants, Offering, StatementText, of_service};
use crate::infer::model::{AppResource, AppTemplates, Handler, Need, NeedKind, NeedReason};
use crate::infer::passing::passed_to;
use crate::infer::scaling::scaled_service;
use crate::partials::Partials;

/// What the resource of an action can be: ARN patterns for a resource type and an action.
pub type TypeArns<'run> = &'run dyn Fn(&str, &str) -> Vec<String>;

/// What an app needs.
#[derive(Clone, Copy)]
pub struct AppNeeds<'run> {
    /// The app.
    pub app: &'run AppTemplates,
    /// What each of its resources needs.
    pub needs: &'run [Need],
    /// What the resource of an action can be.
    pub arns: TypeArns<'run>,
}

/// The services that an app needs, and what they do not grant.
#[derive(Clone, Debug, Default)]
pub struct Suggestion {
    /// The services, in the order of `docs/services.md`.
    pub services: Vec<SuggestedService>,
    /// What no service or option grants, by type.
    pub uncovered: Vec<Uncovered>,
}

/// A service with the options that are needed.
#[derive(Clone, Debug)]
pub struct SuggestedService {
    /// Its name.
    pub name: String,
    /// Why it is needed, apart from its options; empty if only options are needed.
    pub reasons: Vec<Reason>,
    /// The options, sorted.
    pub options: Vec<SuggestedOption>,
}

/// An option that is needed.
#[derive(Clone, Debug)]
pub struct SuggestedOption {
    /// Its name.
    pub name: String,
    /// Why it is needed.
    pub reasons: Vec<Reason>,
    /// Other offerings that would also grant all of it.
    pub instead: Vec<Offering>,
}

/// Why something is needed: an action that a resource needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The index of the resource in [`AppTemplates::resources`].
    pub resource: usize,
    /// The action.
    pub action: String,
    /// Why the resource needs it.
    pub because: NeedReason,
}

/// A resource type, and actions that it needs and nothing grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncovered {
    /// The type.
    pub type_name: String,
    /// Whether nothing can create a resource of the type, so that none of its needs is granted.
    pub is_whole_type: bool,
    /// The actions that are not granted, with the resources that need them.
    pub missing: Vec<Reason>,
}

/// The services and options that grant `wanted`. Where a macro has `given` already, that is preferred;
/// what it has and nothing needs is not part of the suggestion.
///
/// # Errors
///
/// `broken-partial`.
pub fn suggest(
    wanted: AppNeeds<'_>,
    partials: &Partials,
    given: &BTreeSet<Offering>,
) -> Result<Suggestion> {
    let grants = Grants::new(partials, &prefixes(wanted.needs))?;
    let mut chooser = Chooser::new(wanted, &grants);
    chooser.choose(given);
    chooser.withdraw_refused(partials)?;
    Ok(chooser.suggestion())
}

/// The prefixes of the actions of `needs`, such as `sqs:`.
fn prefixes(needs: &[Need]) -> BTreeSet<String> {
    let prefix = |need: &Need| {
        let (service, _) = need.action.split_once(':')?;
        Some(format!("{}:", service.to_ascii_lowercase()))
    };
    needs.iter().filter_map(prefix).collect()
}

/// Chooses an offering for each need.
struct Chooser<'run> {
    wanted: AppNeeds<'run>,
    /// For each need, what grants it.
    candidates: Vec<Vec<Offering>>,
    /// For each need, what was chosen.
    chosen: Vec<Option<Offering>>,
    /// The types that nothing can create.
    uncovered: BTreeSet<&'run str>,
    /// The IAM prefix of each type's own service.
    own: HashMap<&'run str, &'run str>,
}

/// How near an offering is to a need. Smaller is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    OwnService,
    OwnOption,
    OtherService,
    OtherOption,
}

impl<'run> Chooser<'run> {
    fn new(wanted: AppNeeds<'run>, grants: &Grants) -> Self {
        let mut known: HashMap<(&str, &str, Option<&str>), Vec<Offering>> = HashMap::new();
        let mut candidates = Vec::with_capacity(wanted.needs.len());
        for need in wanted.needs {
            let Some(resource) = wanted.app.resources.get(need.resource) else {
                candidates.push(Vec::new());
                continue;
            };
            let scaled = scaled_service(wanted.app, resource);
            let key = (resource.type_name.as_str(), need.action.as_str(), scaled);
            let found = known
                .entry(key)
                .or_insert_with(|| granting(wanted.arns, grants, resource, need, scaled));
            candidates.push(found.clone());
        }
        let mut chooser = Self {
            wanted,
            candidates,
            chosen: vec![None; wanted.needs.len()],
            uncovered: BTreeSet::new(),
            own: own_services(wanted),
        };
        chooser.uncovered = chooser.uncovered_types();
        chooser
    }

    fn type_of(&self, need: &Need) -> &'run str {
        let resource = self.wanted.app.resources.get(need.resource);
        resource.map_or("", |resource| resource.type_name.as_str())
    }

    /// The needs that an offering is chosen for, by index. A service-linked role is created once
    /// per account, so no offering is chosen for that alone.
    fn open(&self) -> impl Iterator<Item = (usize, &'run Need)> {
        let needs = self.wanted.needs.iter().enumerate();
        let is_open = |need: &Need| {
            need.kind != NeedKind::ServiceLinkedRole && !self.uncovered.contains(self.type_of(need))
        };
        let open: Vec<_> = needs.filter(|(_, need)| is_open(need)).collect();
        open.into_iter()
    }

    /// The types of which nothing can be created: no action that every create calls is granted.
    fn uncovered_types(&self) -> BTreeSet<&'run str> {
        let mut creates: BTreeMap<&str, [Vec<bool>; 2]> = BTreeMap::new();
        for (need, candidates) in self.wanted.needs.iter().zip(&self.candidates) {
            if need.kind != NeedKind::Write || !need.handlers.contains(&Handler::Create) {
                continue;
            }
            let of_type = creates.entry(self.type_of(need)).or_default();
            let is_always = need.reason == NeedReason::Type;
            let [always, sometimes] = of_type;
            let group = if is_always { always } else { sometimes };
            group.push(!candidates.is_empty());
        }
        let has_none = |[always, sometimes]: &[Vec<bool>; 2]| {
            let decides = if always.is_empty() { sometimes } else { always };
            !decides.contains(&true)
        };
        let types = creates.into_iter();
        types
            .filter(|(_, granted)| has_none(granted))
            .map(|(name, _)| name)
            .collect()
    }

    /// Chooses for every open need; `given` is there already.
    fn choose(&mut self, given: &BTreeSet<Offering>) {
        let open: Vec<(usize, &Need)> = self.open().collect();
        let mut taken: BTreeSet<Offering> = BTreeSet::new();
        // What leaves no choice comes first.
        for (index, need) in &open {
            let nearest = self.nearest(*index, need, given);
            if let [only] = nearest.as_slice() {
                taken.insert(only.clone());
                self.put(*index, only.clone());
            }
        }
        for (index, need) in &open {
            let nearest = self.nearest(*index, need, given);
            if nearest.len() < 2 {
                continue;
            }
            let known = nearest.iter().find(|one| taken.contains(one));
            let same_service = nearest.iter().find(|one| {
                let mut taken = taken.iter();
                taken.any(|other| other.service == one.service)
            });
            let best = known.or(same_service).or(nearest.first()).cloned();
            if let Some(best) = best {
                taken.insert(best.clone());
                self.put(*index, best);
            }
        }
    }

    fn put(&mut self, index: usize, offering: Offering) {
        if let Some(place) = self.chosen.get_mut(index) {
            *place = Some(offering);
        }
    }

    /// The candidates of a need that are nearest to it: those that are `given`, if any is.
    fn nearest(&self, index: usize, need: &Need, given: &BTreeSet<Offering>) -> Vec<Offering> {
        let all = self.candidates.get(index).map_or(&[][..], Vec::as_slice);
        let own = self.own.get(self.type_of(need)).copied();
        let nearness = |offering: &Offering| match (
            Some(offering.service.as_str()) == own,
            offering.option.is_some(),
        ) {
            (true, false) => Nearness::OwnService,
            (true, true) => Nearness::OwnOption,
            (false, false) => Nearness::OtherService,
            (false, true) => Nearness::OtherOption,
        };
        let is_given = all.iter().any(|one| given.contains(one));
        let all = all.iter().filter(|one| !is_given || given.contains(one));
        let all: Vec<&Offering> = all.collect();
        let best = all.iter().map(|one| nearness(one)).min();
        let nearest = all.into_iter().filter(|one| Some(nearness(one)) == best);
        nearest.cloned().collect()
    }

    /// Takes back what a Deny of the chosen services refuses, or what they grant only without each
    /// other.
    fn withdraw_refused(&mut self, partials: &Partials) -> Result<()> {
        let mut statements: Vec<StatementText> = Vec::new();
        for (service, options) in services_of(self.chosen.iter().flatten()) {
            let options: Vec<&str> = options.into_iter().collect();
            statements.extend(of_service(partials, service, &options)?);
        }
        let mut known: HashMap<(&str, &str), bool> = HashMap::new();
        let mut refused = Vec::new();
        for (index, need) in self.wanted.needs.iter().enumerate() {
            let Some(Some(_)) = self.chosen.get(index) else {
                continue;
            };
            let type_name = self.type_of(need);
            let is_granted = *known.entry((type_name, &need.action)).or_insert_with(|| {
                let arns = (self.wanted.arns)(type_name, &need.action);
                let asked = asked(type_name, need, &arns);
                statements.iter().any(|statement| statement.allows(asked))
                    && !statements.iter().any(|statement| statement.denies(asked))
            });
            if !is_granted {
                refused.push(index);
            }
        }
        for index in refused {
            if let Some(place) = self.chosen.get_mut(index) {
                *place = None;
            }
        }
        Ok(())
    }

    fn suggestion(&self) -> Suggestion {
        let mut reasons: BTreeMap<&Offering, Vec<Reason>> = BTreeMap::new();
        let mut uncovered: BTreeMap<&str, Vec<Reason>> = BTreeMap::new();
        for (need, chosen) in self.wanted.needs.iter().zip(&self.chosen) {
            let reason = Reason {
                resource: need.resource,
                action: need.action.clone(),
                because: need.reason.clone(),
            };
            match chosen {
                Some(offering) => reasons.entry(offering).or_default().push(reason),
                None if need.kind == NeedKind::ServiceLinkedRole => {}
                None => uncovered
                    .entry(self.type_of(need))
                    .or_default()
                    .push(reason),
            }
        }
        let mut services: Vec<SuggestedService> = Vec::new();
        for (offering, reasons) in reasons {
            let known = services
                .last()
                .is_some_and(|last| last.name == offering.service);
            if !known {
                services.push(SuggestedService {
                    name: offering.service.clone(),
                    reasons: Vec::new(),
                    options: Vec::new(),
                });
            }
            let Some(service) = services.last_mut() else {
                continue;
            };
            match &offering.option {
                None => service.reasons = reasons,
                Some(option) => service.options.push(SuggestedOption {
                    name: option.clone(),
                    instead: self.instead(offering),
                    reasons,
                }),
            }
        }
        services.sort_by_key(|service| place(&service.name));
        let uncovered = uncovered.into_iter();
        Suggestion {
            services,
            uncovered: uncovered
                .map(|(type_name, missing)| Uncovered {
                    is_whole_type: self.uncovered.contains(type_name),
                    type_name: type_name.to_owned(),
                    missing,
                })
                .collect(),
        }
    }

    /// What else grants everything that `offering` was chosen for.
    fn instead(&self, offering: &Offering) -> Vec<Offering> {
        let all = self.candidates.iter().zip(&self.chosen);
        let mut of_it = all
            .filter(|(_, chosen)| chosen.as_ref() == Some(offering))
            .map(|(candidates, _)| candidates);
        let Some(first) = of_it.next() else {
            return Vec::new();
        };
        let mut others: Vec<Offering> = first.clone();
        for candidates in of_it {
            others.retain(|one| candidates.contains(one));
        }
        others.retain(|one| one != offering);
        others
    }
}

/// Where a service is in the order of `docs/services.md`: those that a macro has by default come
/// first.
pub fn place(service: &str) -> (usize, String) {
    let place = SERVICES.iter().position(|known| *known == service);
    (place.unwrap_or(SERVICES.len()), service.to_owned())
}

/// Offerings as services with their options.
pub fn services_of<'a>(
    offerings: impl Iterator<Item = &'a Offering>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut services: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for offering in offerings {
        let options = services.entry(&offering.service).or_default();
        options.extend(offering.option.as_deref());
    }
    services
}

/// What grants `need`, which a resource has.
fn granting(
    arns: TypeArns<'_>,
    grants: &Grants,
    resource: &AppResource,
    need: &Need,
    scaled: Option<&str>,
) -> Vec<Offering> {
    let arns = arns(&resource.type_name, &need.action);
    let mut found = grants.granting(asked(&resource.type_name, need, &arns));
    if let Some(scaled) = scaled {
        found.retain(|one| one.service == scaled || !need.action.starts_with(SCALING));
    }
    found
}

/// The prefix of the actions that scale resources of any service.
const SCALING: &str = "application-autoscaling:";

fn asked<'a>(type_name: &str, need: &'a Need, arns: &'a [String]) -> Asked<'a> {
    let is_pass = need.kind == NeedKind::PassRole;
    Asked {
        action: &need.action,
        arns,
        services: is_pass.then(|| passed_to(type_name)),
    }
}

/// The IAM prefix that most own actions of each type have.
fn own_services(wanted: AppNeeds<'_>) -> HashMap<&str, &str> {
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for need in wanted.needs {
        let resource = wanted.app.resources.get(need.resource);
        if let (NeedKind::Read | NeedKind::Write, Some(resource), Some((prefix, _))) =
            (need.kind, resource, need.action.split_once(':'))
        {
            let of_type = counts.entry(&resource.type_name).or_default();
            *of_type.entry(prefix).or_default() += 1;
        }
    }
    let mut own = HashMap::new();
    for (type_name, counts) in counts {
        let most = counts
            .iter()
            .max_by_key(|(prefix, count)| (**count, std::cmp::Reverse(**prefix)));
        if let Some((prefix, _)) = most {
            own.insert(type_name, *prefix);
        }
    }
    own
}

#[cfg(test)]
mod tests;
