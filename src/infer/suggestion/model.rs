//! What is suggested, and what for. Plain data: it refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::infer::grants::{Offering, StatementText};
use crate::infer::model::{AppTemplates, Need, NeedReason};
use crate::infer::opened::OpenedActions;

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

/// What a macro has already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenServices {
    /// Its services and options.
    pub offerings: BTreeSet<Offering>,
    /// The statements of its own policies.
    pub statements: Vec<StatementText>,
}

/// The services that an app needs, and what they do not grant.
#[derive(Clone, Debug, Default)]
pub struct Suggestion {
    /// The services, in the order of `docs/services.md`.
    pub services: Vec<SuggestedService>,
    /// What no service or option grants, by type.
    pub uncovered: Vec<Uncovered>,
    /// The resources whose service-linked role the suggested services can create, by index.
    pub linked_roles: BTreeSet<usize>,
    /// What they open that inference alone would hold back.
    pub opened: OpenedActions,
}

impl Suggestion {
    /// The services and options; an option comes with its service.
    pub fn offerings(&self) -> BTreeSet<Offering> {
        let of_service = |service: &SuggestedService| {
            let options = service.options.iter().map(|option| option.name.clone());
            let name = service.name.clone();
            let offering = move |option| Offering {
                service: name.clone(),
                option,
            };
            let all = [None].into_iter().chain(options.map(Some));
            all.map(offering).collect::<Vec<_>>()
        };
        self.services.iter().flat_map(of_service).collect()
    }
}

/// A service with the options that are needed.
#[derive(Clone, Debug)]
pub struct SuggestedService {
    /// Its name.
    pub name: String,
    /// Why it is needed, apart from its options; empty if only options are needed.
    pub reasons: Vec<ServiceReason>,
    /// The options, sorted.
    pub options: Vec<SuggestedOption>,
}

/// An option that is needed.
#[derive(Clone, Debug)]
pub struct SuggestedOption {
    /// Its name.
    pub name: String,
    /// Why it is needed.
    pub reasons: Vec<ServiceReason>,
    /// Other options of the suggested services that would also grant all of it.
    pub instead: Vec<Offering>,
}

/// Why something is needed: an action that a resource needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceReason {
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
    pub missing: Vec<ServiceReason>,
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
