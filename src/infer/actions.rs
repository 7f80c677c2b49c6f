//! Which permissions CloudFormation needs for the resources of an app.
//!
//! In: an app's resources. Out: [`Needed`]: each permission with its reason, and the types that
//! are not known. Refuses nothing.
//!
//! Handlers list what CloudFormation may call for a type. `gates` says which property opens which
//! of it, by the words in `nouns`; `overrides` where names mislead; `services` which words open
//! another service; and `deployment` what handlers leave out.

mod deployment;
mod gates;
mod nouns;
mod overrides;
mod services;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value as Json;

use crate::aws::handlers::{Handler, ResourceType, handlers};
use crate::infer::actions::deployment::{EXTRAS, LOG_DELIVERY, TRANSFORM, TRANSFORM_ACTION};
use crate::infer::actions::gates::{Gate, Permission, permissions};
use crate::infer::actions::nouns::takes_away;
use crate::infer::actions::services::is_role;
use crate::infer::actions::words::Words;
use crate::infer::model::{AppResource, AppTemplates, Need, NeedKind, NeedReason};
use crate::infer::scaling::scaled_service;

/// What an app needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needed {
    /// The permissions, by resource. Those of kind [`NeedKind::ServiceLinkedRole`] are needed once
    /// per account, by whichever app comes first.
    pub needs: Vec<Need>,
    /// The types that are not known, sorted, with the indexes of their resources: what they need is
    /// not in `needs`.
    pub unknown: BTreeMap<String, Vec<usize>>,
}

/// What the resources of `app` need.
pub fn needs(app: &AppTemplates) -> Needed {
    NeedsOfApp::new(app).run()
}

/// What the resources of `app` need if they replace those of `previous`: what a property that went
/// away also needs, since removing it calls the service and a rollback sets it again; and for
/// resources that went away, what deleting them calls.
///
/// Returns `app` with the resources that went away after its own, which the needs refer to.
pub fn needs_after(app: &AppTemplates, previous: &AppTemplates) -> (AppTemplates, Needed) {
    let mut both = app.clone();
    both.files.extend(&previous.files);
    // What SAM makes of one resource has one id: the first of a type is the first of before.
    let mut at: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (index, resource) in app.resources.iter().enumerate() {
        let same = at.entry((&resource.id, &resource.type_name)).or_default();
        same.push(index);
    }
    let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
    let mut found = needs(app);
    let before = needs(previous);
    let index: Vec<(usize, bool)> = previous
        .resources
        .iter()
        .map(|resource| {
            let key = (resource.id.as_str(), resource.type_name.as_str());
            let count = seen.entry(key).or_default();
            *count += 1;
            if let Some(index) = at.get(&key).and_then(|same| same.get(*count - 1)) {
                return (*index, false);
            }
            both.resources.push(resource.clone());
            (both.resources.len() - 1, true)
        })
        .collect();
    let known: HashSet<(usize, String)> = found
        .needs
        .iter()
        .map(|need| (need.resource, need.action.clone()))
        .collect();
    for mut need in before.needs {
        let Some((resource, is_gone)) = index.get(need.resource).copied() else {
            continue;
        };
        need.resource = resource;
        if is_gone {
            need.handlers.retain(|handler| *handler == Handler::Delete);
        }
        if !need.handlers.is_empty() && !known.contains(&(resource, need.action.clone())) {
            found.needs.push(need);
        }
    }
    found.needs.sort_by_key(|need| need.resource);
    for (type_name, resources) in before.unknown {
        let indexes = found.unknown.entry(type_name).or_default();
        for resource in resources {
            let new = index.get(resource).map(|(index, _)| *index);
            indexes.extend(new.filter(|new| !indexes.contains(new)));
        }
    }
    (both, found)
}

/// A type as it is known, with the permissions of its handlers.
struct KnownType {
    known: ResourceType<'static>,
    permissions: Vec<Permission<'static>>,
    /// Pairs of permissions: the first takes away what the second puts.
    twins: Vec<(usize, usize)>,
}

impl KnownType {
    fn of(name: &str) -> Option<Self> {
        let known = handlers().resource_type(name)?;
        let permissions = permissions(&known);
        let mut twins = Vec::new();
        for (take, taking) in permissions.iter().enumerate() {
            // What every resource needs is there without its twin.
            if matches!(taking.gate, Gate::Never | Gate::Always) {
                continue;
            }
            for (put, putting) in permissions.iter().enumerate() {
                if takes_away(taking.action, putting.action) {
                    twins.push((take, put));
                }
            }
        }
        Some(Self {
            known,
            permissions,
            twins,
        })
    }
}

/// Decides what each resource of an app needs.
struct NeedsOfApp<'run> {
    app: &'run AppTemplates,
    types: HashMap<&'run str, Option<KnownType>>,
    /// The services of the app's types, by logical id: what SAM makes of one resource has one id.
    services: BTreeMap<&'run str, BTreeSet<&'static str>>,
}

impl<'run> NeedsOfApp<'run> {
    fn new(app: &'run AppTemplates) -> Self {
        let mut types = HashMap::new();
        let mut services: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for resource in &app.resources {
            let name = resource.type_name.as_str();
            let entry = types.entry(name).or_insert_with(|| KnownType::of(name));
            if let Some(known) = entry {
                let of_id = services.entry(resource.id.as_str()).or_default();
                of_id.insert(known.known.service);
            }
        }
        Self {
            app,
            types,
            services,
        }
    }

    fn run(&self) -> Needed {
        let mut needed = Needed::default();
        for (index, resource) in self.app.resources.iter().enumerate() {
            let Some(Some(known)) = self.types.get(resource.type_name.as_str()) else {
                let resources = needed.unknown.entry(resource.type_name.clone());
                resources.or_default().push(index);
                continue;
            };
            needed.needs.extend(self.needs_of(index, resource, known));
        }
        needed
    }

    /// What one resource needs.
    fn needs_of(&self, index: usize, resource: &AppResource, known: &KnownType) -> Vec<Need> {
        let words = Words::of(resource, &known.known);
        let mut list = NeedList {
            resource: index,
            needs: Vec::new(),
        };
        for permission in &known.permissions {
            if let Some(reason) = self.open(&permission.gate, resource, &words) {
                list.add_permission(permission, reason);
            }
        }
        list.add_twins(known);
        self.add_extras(resource, &words, &mut list);
        for (service, action) in [
            ("ssm", "ssm:GetParameters"),
            ("secretsmanager", "secretsmanager:GetSecretValue"),
        ] {
            for reference in words.references(service) {
                list.add(
                    action,
                    NeedKind::OtherService,
                    &[Handler::Create, Handler::Update],
                    NeedReason::DynamicReference(reference.to_owned()),
                );
            }
        }
        list.needs
    }

    /// Why `gate` is open for a resource.
    fn open(&self, gate: &Gate, resource: &AppResource, words: &Words<'_>) -> Option<NeedReason> {
        let property = |name: &str| NeedReason::Property(name.to_owned());
        match gate {
            Gate::Always => Some(NeedReason::Type),
            Gate::Never => None,
            Gate::Words(any) => any.iter().find_map(|word| words.find(word)).map(property),
            Gate::Names(any) => any.iter().find_map(|word| words.find(word)).map(property),
            Gate::Role => words.find_by(is_role).map(property),
            Gate::Target(service) => self
                .targets(resource)
                .into_iter()
                .find(|(target, _)| target == service)
                .map(|(_, name)| name.map_or(NeedReason::Type, property)),
        }
    }

    /// The services that a resource's values name, each with the property. If none does: those that
    /// are likely.
    fn targets<'a>(&'a self, resource: &'a AppResource) -> Vec<(String, Option<&'a str>)> {
        if let Some(service) = scaled_service(self.app, resource) {
            let property = Some("ServiceNamespace");
            return vec![(service.to_owned(), property)];
        }
        let is_custom = !resource.type_name.starts_with("AWS::")
            || resource.type_name == "AWS::CloudFormation::CustomResource";
        let mut found = Vec::new();
        for (name, value) in &resource.properties {
            // Whatever else a custom resource is given, it calls this.
            if !is_custom || name == "ServiceToken" {
                let mut services = BTreeSet::new();
                self.add_targets(value, &mut services);
                found.extend(services.into_iter().map(|one| (one, Some(name.as_str()))));
            }
        }
        if is_custom && found.is_empty() {
            return vec![("lambda".to_owned(), Some("ServiceToken"))];
        }
        let is_named = |(service, _): &(String, Option<&str>)| !service.starts_with("waf");
        if !is_custom && !found.iter().any(is_named) {
            let own: BTreeSet<&str> = self.services.values().flatten().copied().collect();
            found.extend(own.into_iter().map(|service| (service.to_owned(), None)));
        }
        found
    }

    /// Adds the services that a value names, by reference to a resource or in an ARN.
    fn add_targets(&self, value: &Json, services: &mut BTreeSet<String>) {
        match value {
            Json::Object(object) => {
                if let Some(Json::Array(join)) = object.get("Fn::Join") {
                    let text: String = join.get(1).map(joined).unwrap_or_default();
                    services.extend(service_of_arn(&text));
                }
                for value in object.values() {
                    self.add_targets(value, services);
                }
            }
            Json::Array(items) => {
                for value in items {
                    self.add_targets(value, services);
                }
            }
            Json::String(text) => {
                services.extend(service_of_arn(text));
                // A type, such as the `TargetType` of an attachment.
                let is_type = text.starts_with("AWS::") && !text.contains(' ');
                let known = handlers().resource_type(text).filter(|_| is_type);
                services.extend(known.map(|known| known.service.to_owned()));
                // `Ref`, the first of `Fn::GetAtt`, and `${Api}` of `Fn::Sub`.
                let ids = text.split(['$', '{', '}', '.']).filter(|id| !id.is_empty());
                let known = ids.filter_map(|id| self.services.get(id)).flatten();
                services.extend(known.map(|service| (*service).to_owned()));
            }
            _ => {}
        }
    }

    fn add_extras(&self, resource: &AppResource, words: &Words<'_>, list: &mut NeedList) {
        let of_type = EXTRAS
            .iter()
            .filter(|extra| extra.type_name == resource.type_name);
        for extra in of_type {
            if extra.words.iter().any(|word| words.find(word).is_some()) {
                list.add_deployment(extra.actions, extra.handlers, extra.why);
            }
        }
        if list.has("logs:CreateLogDelivery") {
            let handlers = [Handler::Create, Handler::Update, Handler::Delete];
            list.add_deployment(LOG_DELIVERY, &handlers, "to deliver logs");
        }
        if resource.type_name == "AWS::CloudFormation::Stack" && self.has_nested_sam(resource) {
            let handlers = [Handler::Create, Handler::Update];
            list.add_deployment(&[TRANSFORM_ACTION], &handlers, TRANSFORM);
        }
    }

    /// Whether a nested stack's template uses SAM: an application of the repository does, and so
    /// may any other template of the app.
    fn has_nested_sam(&self, stack: &AppResource) -> bool {
        let is_application = stack
            .made_by
            .as_ref()
            .is_some_and(|by| by.contains("AWS::Serverless::Application"));
        is_application
            || self
                .app
                .resources
                .iter()
                .any(|resource| resource.made_by.is_some() && resource.span.file != stack.span.file)
    }
}

/// The text of a `Fn::Join`'s list, with `*` for what is not a text.
fn joined(list: &Json) -> String {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .map(|item| item.as_str().unwrap_or("*"))
        .collect()
}

/// `apigateway` of `arn:aws:apigateway:...`, whatever the partition.
fn service_of_arn(text: &str) -> Option<String> {
    let rest = text.strip_prefix("arn:")?;
    // `${AWS::Partition}` has colons.
    let rest = rest.strip_prefix("${AWS::Partition}").unwrap_or(rest);
    let service = rest.split(':').nth(1)?;
    (!service.is_empty()).then(|| service.to_owned())
}

/// The needs of one resource.
struct NeedList {
    resource: usize,
    needs: Vec<Need>,
}

impl NeedList {
    fn has(&self, action: &str) -> bool {
        self.needs.iter().any(|need| need.action == action)
    }

    fn add_permission(&mut self, permission: &Permission<'_>, reason: NeedReason) {
        self.needs.push(Need {
            action: permission.action.to_owned(),
            resource: self.resource,
            kind: permission.kind,
            handlers: permission.handlers.clone(),
            reason,
        });
    }

    /// Adds a need unless it is there for the same reason.
    fn add(&mut self, action: &str, kind: NeedKind, handlers: &[Handler], reason: NeedReason) {
        let need = Need {
            action: action.to_owned(),
            resource: self.resource,
            kind,
            handlers: handlers.iter().copied().collect(),
            reason,
        };
        if !self.needs.contains(&need) {
            self.needs.push(need);
        }
    }

    fn add_deployment(&mut self, actions: &[&str], handlers: &[Handler], why: &'static str) {
        for action in actions {
            if !self.has(action) {
                let kind = match *action {
                    "iam:PassRole" => NeedKind::PassRole,
                    _ => NeedKind::OtherService,
                };
                self.add(action, kind, handlers, NeedReason::Deployment(why));
            }
        }
    }

    /// Adds what takes away what another action puts: a property may be removed later.
    fn add_twins(&mut self, known: &KnownType) {
        for (take, put) in &known.twins {
            let (Some(take), Some(put)) =
                (known.permissions.get(*take), known.permissions.get(*put))
            else {
                continue;
            };
            let put = self.needs.iter().find(|need| need.action == put.action);
            if let Some(reason) = put.map(|need| need.reason.clone())
                && !self.has(take.action)
            {
                self.add_permission(take, reason);
            }
        }
    }
}

#[cfg(test)]
mod tests;
