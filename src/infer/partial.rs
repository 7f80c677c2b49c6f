//! Partials for what no service grants.
//!
//! In: an app, and what it needs that nothing grants. Out: a partial for each service whose
//! types ask, in the format of the built-in ones, and what is held back, with its reason. Refuses
//! nothing: what inference must not grant is held back ([`held`]).

pub mod allowed;
pub mod files;
mod grant;
pub mod held;
pub mod lacking;
mod limits;
mod linked;
mod statements;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::handlers::handlers;
use crate::infer::arns::Arns;
use crate::infer::model::{AppTemplates, Need, NeedReason};
use crate::infer::partial::grant::{GrantClass, Narrowed, narrow};
use crate::infer::partial::held::{Hold, HoldVerdict};
use crate::infer::partial::limits::Limit;
use crate::infer::partial::statements::{Collector, GeneratedStatement};
use crate::infer::partial::text::PartialText;

/// What nothing grants yet.
#[derive(Clone, Copy)]
pub struct Lacking<'run> {
    /// The app.
    pub app: &'run AppTemplates,
    /// The ARNs of resource types.
    pub arns: &'run Arns,
    /// What its resources need, and nothing grants.
    pub needs: &'run [Need],
    /// The actions that a person allowed, as the reference spells them.
    pub allowed: &'run BTreeSet<String>,
    /// Whether there is a service of this name that was not generated.
    pub is_taken: &'run dyn Fn(&str) -> bool,
}

/// Partials, and what they do not grant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// The partials, sorted by name.
    pub partials: Vec<GeneratedPartial>,
    /// What is held back, sorted by action.
    pub held: Vec<HeldBack>,
}

/// A generated partial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedPartial {
    /// The name of its service, as a macro lists it.
    pub name: String,
    /// The built-in service that has the name that it would have.
    pub beside: Option<String>,
    /// The types of the app that it is for.
    pub types: BTreeSet<String>,
    /// The types that templates must tag with the app id, each with its property.
    pub tagged: BTreeMap<String, String>,
    /// The actions that it grants.
    pub actions: BTreeSet<String>,
    /// Those of them that a person allowed.
    pub allowed: BTreeSet<String>,
    /// Its text, without the line that says what it was generated from.
    pub text: String,
}

/// An action that is held back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldBack {
    /// The action.
    pub action: String,
    /// Why.
    pub hold: Hold,
    /// Whether a person can allow it.
    pub can_be_allowed: bool,
    /// The types that ask for it.
    pub types: BTreeSet<String>,
}

impl HeldBack {
    /// The flag that allows it.
    pub fn flag(&self) -> Option<String> {
        self.can_be_allowed
            .then(|| format!("--allow {}", self.action))
    }
}

/// AWS lets everybody call it, whatever their policies say.
const ALWAYS_ALLOWED: &str = "sts:GetCallerIdentity";

/// Partials for what is `lacking`.
pub fn generate(lacking: Lacking<'_>) -> Generated {
    let types: BTreeSet<&str> = lacking
        .app
        .resources
        .iter()
        .map(|one| one.type_name.as_str())
        .collect();
    let mut known: BTreeMap<(&str, &str), Narrowed> = BTreeMap::new();
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let mut held: BTreeMap<String, HeldBack> = BTreeMap::new();
    for need in lacking.needs {
        let Some(resource) = lacking.app.resources.get(need.resource) else {
            continue;
        };
        let (type_name, action) = (resource.type_name.as_str(), need.action.as_str());
        if action == ALWAYS_ALLOWED {
            continue;
        }
        let narrowed = known
            .entry((type_name, action))
            .or_insert_with(|| narrow(lacking.arns, &types, type_name, action));
        let (hold, is_granted) = match narrowed.verdict {
            HoldVerdict::Granted => (None, true),
            HoldVerdict::Held(hold) => (Some(hold), lacking.allowed.contains(action)),
            HoldVerdict::Never(hold) => (Some(hold), false),
        };
        if let (Some(hold), false) = (hold, is_granted) {
            let entry = held.entry(action.to_owned()).or_insert_with(|| HeldBack {
                action: action.to_owned(),
                hold,
                can_be_allowed: matches!(narrowed.verdict, HoldVerdict::Held(_)),
                types: BTreeSet::new(),
            });
            entry.types.insert(type_name.to_owned());
            continue;
        }
        let service = service_of(type_name, action);
        let draft = drafts
            .entry(service.clone())
            .or_insert_with(|| Draft::new(&service));
        draft.add(narrowed, hold, (type_name, need));
    }
    Generated {
        partials: drafts
            .into_iter()
            .map(|(service, draft)| draft.finish(&service, lacking.is_taken))
            .collect(),
        held: held.into_values().collect(),
    }
}

/// The prefix of the service that a type belongs to; that of the action if it is not known.
fn service_of(type_name: &str, action: &str) -> String {
    let known = handlers().resource_type(type_name);
    let own = known
        .map(|known| known.service)
        .filter(|service| *service != "-");
    let service = own.or_else(|| action.split(':').next());
    service.unwrap_or_default().to_owned()
}

/// A partial that is being put together.
struct Draft {
    collector: Collector,
    types: BTreeSet<String>,
    tagged: BTreeMap<String, String>,
}

impl Draft {
    fn new(service: &str) -> Self {
        Self {
            collector: Collector::new(service),
            types: BTreeSet::new(),
            tagged: BTreeMap::new(),
        }
    }

    fn add(&mut self, narrowed: &Narrowed, hold: Option<Hold>, (type_name, need): (&str, &Need)) {
        self.types.insert(type_name.to_owned());
        let property = property(&need.reason);
        for grant in &narrowed.grants {
            self.collector
                .add(&need.action, grant, hold, (type_name, property.as_deref()));
            let by_tag = grant.limits.contains(&Limit::RequestTag)
                || grant.limits.contains(&Limit::ResourceTag);
            if by_tag && grant.class != GrantClass::TagNew {
                self.tag(type_name);
            }
        }
    }

    /// Notes that the template must tag resources of this type.
    fn tag(&mut self, type_name: &str) {
        let known = handlers().resource_type(type_name);
        if let Some(property) = known.and_then(|known| known.tag_property) {
            self.tagged
                .insert(type_name.to_owned(), property.to_owned());
        }
    }

    fn finish(self, service: &str, is_taken: &dyn Fn(&str) -> bool) -> GeneratedPartial {
        let beside = is_taken(service).then(|| service.to_owned());
        let name = match &beside {
            Some(service) => format!("{service}-more"),
            None => service.to_owned(),
        };
        let statements: Vec<GeneratedStatement> = self.collector.statements();
        let text = PartialText {
            name: &name,
            types: &self.types,
            beside: beside.as_deref(),
            tagged: &self.tagged,
            statements: &statements,
        };
        let text = text.render();
        let by_person = statements.iter().filter(|one| one.key.hold.is_some());
        let by_person = by_person.flat_map(|one| one.actions.keys().cloned());
        let allowed = by_person.collect();
        let actions = statements
            .into_iter()
            .flat_map(|one| one.actions.into_keys());
        GeneratedPartial {
            actions: actions.collect(),
            allowed,
            text,
            name,
            beside,
            types: self.types,
            tagged: self.tagged,
        }
    }
}

/// The property that asks for something, if it is not always needed.
fn property(reason: &NeedReason) -> Option<String> {
    match reason {
        NeedReason::Property(property) => Some(property.clone()),
        NeedReason::DynamicReference(reference) => Some(reference.clone()),
        NeedReason::Type | NeedReason::Deployment(_) => None,
    }
}

#[cfg(test)]
mod tests;
