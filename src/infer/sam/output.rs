//! What the resources of SAM become.
//!
//! In: resources and the properties that events add to others. Out: all of them, in the order of
//! the template. Refuses nothing: what was added under one name before is not added again.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::infer::model::AppResource;
use crate::infer::sam::source::SamSource;

/// What is passed on to everything that a resource becomes.
const PASSED_ON: &[&str] = &["DeletionPolicy", "UpdateReplacePolicy"];

/// What an event adds to another resource.
struct Addition {
    id: String,
    type_name: &'static str,
    /// Where in the properties.
    path: [String; 2],
    /// A value, or a list that is added to the list there.
    value: Json,
}

/// What the resources of SAM become.
#[derive(Default)]
pub(super) struct SamOutput {
    resources: Vec<AppResource>,
    /// What exists once for all resources that share it.
    shared: BTreeSet<String>,
    additions: Vec<Addition>,
}

impl SamOutput {
    /// Adds a resource as it is, less its connectors.
    pub(super) fn keep(&mut self, resource: &AppResource) {
        let mut resource = resource.clone();
        resource.attributes.remove("Connectors");
        self.resources.push(resource);
    }

    /// Adds what `source` becomes, under its own attributes.
    pub(super) fn main(
        &mut self,
        source: &SamSource<'_>,
        type_name: &str,
        properties: Map<String, Json>,
    ) {
        let mut attributes = source.resource.attributes.clone();
        attributes.remove("Connectors");
        attributes.remove("IgnoreGlobals");
        self.push(source, type_name, properties, attributes, source.words());
    }

    /// Adds what SAM creates for `source` as well. `made_by` says what asks for it, such as `the
    /// event Upload`.
    pub(super) fn more(
        &mut self,
        source: &SamSource<'_>,
        made_by: &str,
        type_name: &str,
        properties: Json,
    ) {
        self.more_with(source, made_by, type_name, properties, Map::new());
    }

    /// As [`SamOutput::more`], with attributes.
    pub(super) fn more_with(
        &mut self,
        source: &SamSource<'_>,
        made_by: &str,
        type_name: &str,
        properties: Json,
        more: Map<String, Json>,
    ) {
        let own = source.resource.attributes.iter();
        let mut attributes: Map<String, Json> = own
            .filter(|(key, _)| PASSED_ON.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        attributes.extend(more);
        let properties = match properties {
            Json::Object(fields) => fields,
            _ => Map::new(),
        };
        self.push(
            source,
            type_name,
            properties,
            attributes,
            made_by.to_owned(),
        );
    }

    fn push(
        &mut self,
        source: &SamSource<'_>,
        type_name: &str,
        properties: Map<String, Json>,
        attributes: Map<String, Json>,
        made_by: String,
    ) {
        let mut properties = properties;
        properties.retain(|_, value| !value.is_null());
        self.resources.push(AppResource {
            id: source.resource.id.clone(),
            type_name: type_name.to_owned(),
            properties,
            attributes,
            span: source.resource.span,
            made_by: Some(made_by),
        });
    }

    /// Whether `name` is new. What is shared by several resources is added for the first.
    pub(super) fn is_first(&mut self, name: &str) -> bool {
        self.shared.insert(name.to_owned())
    }

    /// Sets a property at `path` in another resource of the template. A list is added to the list
    /// that is there.
    pub(super) fn add_to(
        &mut self,
        id: &str,
        type_name: &'static str,
        path: [&str; 2],
        value: Json,
    ) {
        self.additions.push(Addition {
            id: id.to_owned(),
            type_name,
            path: path.map(str::to_owned),
            value,
        });
    }

    /// Everything, with what events add.
    pub(super) fn finish(mut self) -> Vec<AppResource> {
        for addition in self.additions {
            let is_target = |resource: &&mut AppResource| {
                resource.id == addition.id && resource.type_name == addition.type_name
            };
            let Some(resource) = self.resources.iter_mut().find(is_target) else {
                continue;
            };
            let [outer, inner] = addition.path;
            let section = resource.properties.entry(outer);
            let section = section.or_insert_with(|| Json::Object(Map::new()));
            let Some(section) = section.as_object_mut() else {
                continue;
            };
            match (section.get_mut(&inner), addition.value) {
                (Some(Json::Array(items)), Json::Array(more)) => items.extend(more),
                (Some(_), _) => {}
                (None, value) => {
                    section.insert(inner, value);
                }
            }
        }
        self.resources
    }
}
