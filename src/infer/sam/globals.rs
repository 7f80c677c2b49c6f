//! The section `Globals` of a template.
//!
//! In: a resource and the section. Out: the properties of the resource, with those of the section.
//! Mappings are merged, lists are joined, and for everything else the resource's own value counts
//! (`samtranslator/plugins/globals/globals.py`). Refuses nothing.

use serde_json::{Map, Value as Json};

use crate::infer::model::AppResource;

/// Where the resource's own value replaces the other: by section and property.
const REPLACED: &[(&str, &str)] = &[
    ("Function", "Architectures"),
    ("CapacityProvider", "InstanceRequirements.Architectures"),
];

/// What a type has in `Globals` that its section may not set.
const OWN: &[&str] = &["Role", "Policies", "FunctionName", "Events"];

/// The properties of `resource`, with those of `globals` for its `kind`.
pub(super) fn merged(
    resource: &AppResource,
    kind: &str,
    globals: Option<&Json>,
) -> Map<String, Json> {
    let section = globals.and_then(|globals| globals.get(kind));
    let ignored = resource.attributes.get("IgnoreGlobals");
    let section = match (section.and_then(Json::as_object), ignored) {
        (None, _) => return resource.properties.clone(),
        (Some(_), Some(Json::String(all))) if all == "*" => return resource.properties.clone(),
        (Some(section), _) => section,
    };
    let is_ignored = |key: &str| {
        let keys = ignored.and_then(Json::as_array);
        keys.is_some_and(|keys| keys.iter().any(|other| other.as_str() == Some(key)))
    };
    let section = section
        .iter()
        .filter(|(key, _)| !is_ignored(key) && !OWN.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    merged_fields(section, &resource.properties, (kind, ""))
}

fn merged_fields(
    mut global: Map<String, Json>,
    own: &Map<String, Json>,
    (kind, path): (&str, &str),
) -> Map<String, Json> {
    for (key, value) in own {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        let value = match global.remove(key) {
            Some(other) => merged_value(other, value, (kind, &path)),
            None => value.clone(),
        };
        global.insert(key.clone(), value);
    }
    global
}

fn merged_value(global: Json, own: &Json, (kind, path): (&str, &str)) -> Json {
    if REPLACED.contains(&(kind, path)) {
        return own.clone();
    }
    match (global, own) {
        (Json::Object(global), Json::Object(own)) if !is_function(&global) && !is_function(own) => {
            Json::Object(merged_fields(global, own, (kind, path)))
        }
        (Json::Array(mut global), Json::Array(own)) => {
            global.extend(own.iter().cloned());
            Json::Array(global)
        }
        (_, own) => own.clone(),
    }
}

/// Whether a mapping is an intrinsic function, which is one value.
fn is_function(fields: &Map<String, Json>) -> bool {
    let mut keys = fields.keys();
    let is_name = |key: &String| key == "Ref" || key == "Condition" || key.starts_with("Fn::");
    keys.len() == 1 && keys.next().is_some_and(is_name)
}
