//! From what the resources of an app need to the services and options that grant it.
//!
//! In: an app, its needs, and the partials. Out: a [`Suggestion`]: the smallest set of services and
//! options that grants what can be granted, each with its reasons, and what they do not grant.
//! Refuses partials that do not render.
//!
//! The hard part: several offerings may grant an action. The service of the resource type comes
//! first, and there, what needs no option. What has one answer is decided before what has several,
//! so that no option is added if another one that is needed anyway grants the same.

mod log_groups;
mod model;
mod rank;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::arguments::SERVICES;
use crate::diagnostic::Result;
use crate::infer::grants::{Asked, Granting, Grants, Offering, of_service};
use crate::infer::model::{Handler, Need, NeedKind};
use crate::infer::opened::{OpenedActions, opened};
use crate::infer::passing::passed_to;
use crate::infer::refused::is_refused;
use crate::infer::scaling::scaled_service;
use crate::infer::suggestion::log_groups::{NamedOptions, options_for_names};
pub use crate::infer::suggestion::model::{
    AppNeeds, GivenServices, ServiceReason, SuggestedOption, SuggestedService, Suggestion,
    TypeArns, Uncovered, services_of,
};
use crate::infer::suggestion::rank::{Decisive, Nearness, own_services};
use crate::partials::Partials;

/// The services and options that grant `wanted`. Where a macro has `given` already, that is preferred;
/// what it has and nothing needs is not part of the suggestion.
///
/// # Errors
///
/// `broken-partial`.
pub fn suggest(
    wanted: AppNeeds<'_>,
    partials: &Partials,
    given: &GivenServices,
) -> Result<Suggestion> {
    let known: RefCell<HashMap<(String, String), Vec<String>>> = RefCell::default();
    let arns = |type_name: &str, action: &str| {
        let key = (type_name.to_owned(), action.to_owned());
        let mut known = known.borrow_mut();
        let found = known.entry(key);
        found
            .or_insert_with(|| (wanted.arns)(type_name, action))
            .clone()
    };
    let wanted = AppNeeds {
        arns: &arns,
        ..wanted
    };
    let grants = Grants::new(partials, &prefixes(wanted.needs))?;
    let mut chooser = Chooser::new(wanted, &grants, given);
    chooser.choose();
    chooser.withdraw_refused(partials)?;
    let for_names = options_for_names(wanted, &chooser.chosen, partials)?;
    let suggestion = chooser.suggestion(for_names);
    Ok(Suggestion {
        opened: opened(&grants, suggestion.offerings()),
        ..suggestion
    })
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
    candidates: Vec<Rc<[Granting]>>,
    /// For each need, what was chosen.
    chosen: Vec<Option<Offering>>,
    /// What the macro has already.
    given: &'run GivenServices,
    /// The needs that a policy of the macro grants, by index.
    by_policy: BTreeSet<usize>,
    /// The types that nothing can create.
    uncovered: BTreeSet<&'run str>,
    /// The IAM prefix of each type's own service.
    own: HashMap<&'run str, &'run str>,
}

/// What needs that are granted alike have in common: a type, an action, and the service that is
/// scaled.
type NeedKey<'a> = (&'a str, &'a str, Option<&'a str>);

impl<'run> Chooser<'run> {
    fn new(wanted: AppNeeds<'run>, grants: &Grants, given: &'run GivenServices) -> Self {
        let own = own_services(wanted.app, wanted.needs);
        let mut known: HashMap<NeedKey<'_>, (Rc<[Granting]>, bool)> = HashMap::new();
        let mut candidates = Vec::with_capacity(wanted.needs.len());
        let mut by_policy = BTreeSet::new();
        for (index, need) in wanted.needs.iter().enumerate() {
            let Some(resource) = wanted.app.resources.get(need.resource) else {
                candidates.push(Rc::default());
                continue;
            };
            let scaled = scaled_service(wanted.app, resource);
            let key = (resource.type_name.as_str(), need.action.as_str(), scaled);
            let (found, is_by_policy) = known.entry(key).or_insert_with(|| {
                let type_name = resource.type_name.as_str();
                let arns = (wanted.arns)(type_name, &need.action);
                let asked = asked((type_name, own.get(type_name).copied()), need, &arns);
                let statements = &given.statements;
                let is_by_policy = statements.iter().any(|one| one.allows(asked))
                    && !statements.iter().any(|one| one.denies(asked));
                (granting(grants, asked, scaled).into(), is_by_policy)
            });
            candidates.push(Rc::clone(found));
            if *is_by_policy {
                by_policy.insert(index);
            }
        }
        let mut chooser = Self {
            wanted,
            candidates,
            chosen: vec![None; wanted.needs.len()],
            given,
            by_policy,
            uncovered: BTreeSet::new(),
            own,
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

    /// The types of which nothing can be created: nothing grants the actions that every create
    /// calls. If there are some whose names say that they create, these decide.
    fn uncovered_types(&self) -> BTreeSet<&'run str> {
        let mut creates: BTreeMap<&str, BTreeMap<Decisive, Vec<bool>>> = BTreeMap::new();
        let needs = self.wanted.needs.iter().zip(&self.candidates);
        for (index, (need, candidates)) in needs.enumerate() {
            if need.kind != NeedKind::Write || !need.handlers.contains(&Handler::Create) {
                continue;
            }
            let of_type = creates.entry(self.type_of(need)).or_default();
            let is_granted = !candidates.is_empty() || self.by_policy.contains(&index);
            let granted = of_type.entry(Decisive::of(need)).or_default();
            granted.push(is_granted);
        }
        let has_none = |groups: &BTreeMap<Decisive, Vec<bool>>| {
            let first = groups.values().next();
            first.is_some_and(|granted| !granted.contains(&true))
        };
        let types = creates.into_iter();
        types
            .filter(|(_, groups)| has_none(groups))
            .map(|(name, _)| name)
            .collect()
    }

    /// Chooses for every open need.
    fn choose(&mut self) {
        let open: Vec<(usize, &Need)> = self.open().collect();
        let mut taken: BTreeSet<Offering> = BTreeSet::new();
        // What leaves no choice comes first, and services before options.
        for wants_option in [false, true] {
            for (index, need) in &open {
                let nearest = self.nearest(*index, need);
                let [only] = nearest.as_slice() else {
                    continue;
                };
                if only.option.is_some() == wants_option {
                    let only = self.taken_instead(*index, only, &taken);
                    taken.insert(only.clone());
                    self.put(*index, only);
                }
            }
        }
        for (index, need) in &open {
            let nearest = self.nearest(*index, need);
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

    /// The service that is `taken` anyway and grants a need wherever the option `only` does; otherwise, or if
    /// the macro has it, `only`.
    fn taken_instead(&self, index: usize, only: &Offering, taken: &BTreeSet<Offering>) -> Offering {
        let all = self.candidates.get(index).map_or(&[][..], |all| &**all);
        let wanted = all.iter().find(|one| one.offering == *only);
        let is_free = only.option.is_some() && !self.given.offerings.contains(only);
        let Some(wanted) = wanted.filter(|_| is_free) else {
            return only.clone();
        };
        let mut services = all.iter().filter(|one| one.offering.option.is_none());
        let found = services.find(|one| taken.contains(&one.offering) && one.surely_covers(wanted));
        found.map_or_else(|| only.clone(), |one| one.offering.clone())
    }

    fn put(&mut self, index: usize, offering: Offering) {
        if let Some(place) = self.chosen.get_mut(index) {
            *place = Some(offering);
        }
    }

    /// The candidates of a need that are nearest to it: those that the macro has, if any grants it wherever
    /// the nearest do. None if a policy of the macro grants it, unless a service of the macro does also.
    fn nearest(&self, index: usize, need: &Need) -> Vec<Offering> {
        let all = self.candidates.get(index).map_or(&[][..], |all| &**all);
        let own = self.own.get(self.type_of(need)).copied();
        let nearness = |one: &Granting| match (
            Some(one.offering.service.as_str()) == own,
            one.offering.option.is_some(),
        ) {
            (true, false) => Nearness::OwnService,
            (true, true) => Nearness::OwnOption,
            (false, false) => Nearness::OtherService,
            (false, true) => Nearness::OtherOption,
        };
        let nearest = |all: &[&Granting]| -> Vec<Granting> {
            let best = all.iter().map(|one| nearness(one)).min();
            let nearest = all.iter().filter(|one| Some(nearness(one)) == best);
            nearest.map(|one| (*one).clone()).collect()
        };
        let best = nearest(&all.iter().collect::<Vec<_>>());
        let is_as_good = |one: &&Granting| best.iter().any(|other| one.covers(other));
        let given = all
            .iter()
            .filter(|one| self.given.offerings.contains(&one.offering));
        let given: Vec<&Granting> = given.filter(is_as_good).collect();
        if given.is_empty() && self.by_policy.contains(&index) {
            return Vec::new();
        }
        let found = if given.is_empty() {
            best
        } else {
            nearest(&given)
        };
        found.into_iter().map(|one| one.offering).collect()
    }

    /// Takes back what a Deny of the chosen services refuses, or what they grant only without each
    /// other.
    fn withdraw_refused(&mut self, partials: &Partials) -> Result<()> {
        let mut statements = self.given.statements.clone();
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
                let asked = asked((type_name, self.own.get(type_name).copied()), need, &arns);
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

    fn suggestion(&self, for_names: NamedOptions) -> Suggestion {
        let mut reasons: BTreeMap<Offering, Vec<ServiceReason>> = for_names;
        let mut uncovered: BTreeMap<&str, Vec<ServiceReason>> = BTreeMap::new();
        let needs = self.wanted.needs.iter().zip(&self.chosen);
        for (index, (need, chosen)) in needs.enumerate() {
            let reason = ServiceReason {
                resource: need.resource,
                action: need.action.clone(),
                because: need.reason.clone(),
            };
            match chosen {
                Some(offering) => reasons.entry(offering.clone()).or_default().push(reason),
                None if need.kind == NeedKind::ServiceLinkedRole => {}
                None if self.by_policy.contains(&index) => {}
                None if is_refused(&need.action) => {}
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
                    instead: self.instead(&offering),
                    reasons,
                }),
            }
        }
        services.sort_by_key(|service| place(&service.name));
        let uncovered = uncovered.into_iter();
        Suggestion {
            linked_roles: self.linked_roles(),
            opened: OpenedActions::new(),
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

    /// The resources whose service-linked role a chosen offering lets CloudFormation create.
    fn linked_roles(&self) -> BTreeSet<usize> {
        let chosen: BTreeSet<&Offering> = self.chosen.iter().flatten().collect();
        let is_created = |offering: &Offering| {
            let is_service = offering.option.is_none();
            let mut chosen = chosen.iter();
            chosen.any(|one| *one == offering || (is_service && one.service == offering.service))
        };
        let needs = self.wanted.needs.iter().zip(&self.candidates);
        let linked = needs.filter(|(need, _)| need.kind == NeedKind::ServiceLinkedRole);
        linked
            .filter(|(need, candidates)| {
                // Other services create the roles of their own only, and a scalable target's role is
                // that of the service that is scaled.
                let resource = self.wanted.app.resources.get(need.resource);
                let scaled = resource.and_then(|one| scaled_service(self.wanted.app, one));
                let own = scaled.or(self.own.get(self.type_of(need)).copied());
                let mut candidates = candidates.iter();
                candidates.any(|one| {
                    Some(one.offering.service.as_str()) == own && is_created(&one.offering)
                })
            })
            .map(|(need, _)| need.resource)
            .collect()
    }

    /// Which other options of chosen services grant everything that `offering` was chosen for.
    fn instead(&self, offering: &Offering) -> Vec<Offering> {
        let all = self.candidates.iter().zip(&self.chosen);
        let mut of_it = all
            .filter(|(_, chosen)| chosen.as_ref() == Some(offering))
            .map(|(candidates, _)| candidates);
        let Some(first) = of_it.next() else {
            return Vec::new();
        };
        let mut others: Vec<Offering> = first.iter().map(|one| one.offering.clone()).collect();
        for candidates in of_it {
            others.retain(|one| candidates.iter().any(|other| other.offering == *one));
        }
        let is_chosen = |service: &str| {
            let mut chosen = self.chosen.iter().flatten();
            chosen.any(|one| one.service == service)
        };
        others.retain(|one| one != offering && one.option.is_some() && is_chosen(&one.service));
        others
    }
}

/// Where a service is in the order of `docs/services.md`: those that a macro has by default come
/// first.
pub fn place(service: &str) -> (usize, String) {
    let place = SERVICES.iter().position(|known| *known == service);
    (place.unwrap_or(SERVICES.len()), service.to_owned())
}

/// What grants `asked`; scaling, only if it is of the service that is `scaled`.
fn granting(grants: &Grants, asked: Asked<'_>, scaled: Option<&str>) -> Vec<Granting> {
    let mut found = grants.granting(asked);
    if let Some(scaled) = scaled {
        let is_other = !asked.action.starts_with(SCALING);
        found.retain(|one| one.offering.service == scaled || is_other);
    }
    found
}

/// The prefix of the actions that scale resources of any service.
const SCALING: &str = "application-autoscaling:";

/// What a need of this type, and of the service of its own, asks for.
fn asked<'a>(
    (type_name, own): (&str, Option<&'a str>),
    need: &'a Need,
    arns: &'a [String],
) -> Asked<'a> {
    let is_pass = need.kind == NeedKind::PassRole;
    Asked {
        action: &need.action,
        arns,
        services: is_pass.then(|| passed_to(type_name)),
        through: own,
    }
}

#[cfg(test)]
mod tests;
