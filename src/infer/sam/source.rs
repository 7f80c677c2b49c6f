//! One resource of SAM, and how its values are read.
//!
//! In: a resource with the values of `Globals`. Out: its values, true or not as Python sees them,
//! since the transform is written in Python. Refuses nothing.

use serde_json::{Map, Value as Json, json};

use crate::infer::model::AppResource;

/// How SAM's types begin.
pub(super) const PREFIX: &str = "AWS::Serverless::";

/// One resource of SAM.
pub(super) struct SamSource<'run> {
    /// The resource as written.
    pub(super) resource: &'run AppResource,
    /// Its properties, with those of `Globals`.
    pub(super) properties: Map<String, Json>,
}

impl<'run> SamSource<'run> {
    pub(super) fn new(resource: &'run AppResource, properties: Map<String, Json>) -> Self {
        Self {
            resource,
            properties,
        }
    }

    /// What asks for what the type itself creates.
    pub(super) fn words(&self) -> String {
        format!("the type {}", self.resource.type_name)
    }

    /// The events that are mappings, with their names.
    pub(super) fn events(&self) -> impl Iterator<Item = SamEvent<'_>> {
        let events = self.get("Events").and_then(Json::as_object);
        events.into_iter().flatten().map(|(name, event)| SamEvent {
            name,
            kind: text(event, "Type").unwrap_or_default(),
            properties: event.get("Properties").unwrap_or(&Json::Null),
        })
    }

    /// A property, unless it is null.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.properties.get(name).filter(|value| !value.is_null())
    }

    /// A property, unless it is empty, zero or false.
    pub(super) fn set(&self, name: &str) -> Option<&Json> {
        self.get(name).filter(|value| is_set(value))
    }

    /// The properties of these names, as they are.
    pub(super) fn passed(&self, names: &[&str]) -> Map<String, Json> {
        passed(&self.properties, names)
    }

    /// `Tags`, with those that SAM adds, as a list.
    pub(super) fn tag_list(&self, own: &[(&str, &str)]) -> Json {
        let own = own
            .iter()
            .map(|(key, value)| json!({"Key": key, "Value": value}));
        let given = self.get("Tags").and_then(Json::as_object);
        let given = given.into_iter().flatten();
        let given = given.map(|(key, value)| json!({"Key": key, "Value": value}));
        Json::Array(own.chain(given).collect())
    }
}

/// An event of a function or state machine.
#[derive(Clone, Copy)]
pub(super) struct SamEvent<'a> {
    pub(super) name: &'a str,
    /// Its type, such as `SQS`.
    pub(super) kind: &'a str,
    pub(super) properties: &'a Json,
}

impl SamEvent<'_> {
    /// What asks for what the event becomes.
    pub(super) fn words(&self) -> String {
        format!("the event {}", self.name)
    }

    /// A property, unless it is null.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.properties.get(name).filter(|value| !value.is_null())
    }

    /// The properties of these names, as they are.
    pub(super) fn passed(&self, names: &[&str]) -> Map<String, Json> {
        match self.properties {
            Json::Object(fields) => passed(fields, names),
            _ => Map::new(),
        }
    }
}

/// The fields of these names, as they are, less those that are null.
pub(super) fn passed(fields: &Map<String, Json>, names: &[&str]) -> Map<String, Json> {
    let field = |name: &&str| {
        let value = fields.get(*name).filter(|value| !value.is_null())?;
        Some(((*name).to_owned(), value.clone()))
    };
    names.iter().filter_map(field).collect()
}

/// Whether Python takes the value for true.
pub(super) fn is_set(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(flag) => *flag,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(fields) => !fields.is_empty(),
    }
}

/// The field of a mapping, unless it is empty, zero or false.
pub(super) fn field<'a>(value: &'a Json, name: &str) -> Option<&'a Json> {
    value.get(name).filter(|value| is_set(value))
}

/// The text of a field.
pub(super) fn text<'a>(value: &'a Json, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Json::as_str)
}

/// Whether a value is `!Ref AWS::NoValue`.
pub(super) fn is_no_value(value: &Json) -> bool {
    text(value, "Ref") == Some("AWS::NoValue")
}

/// The branches of an `Fn::If`.
pub(super) fn branches(value: &Json) -> Option<(&Json, &Json)> {
    let [_, yes, no] = value.get("Fn::If")?.as_array()?.as_slice() else {
        return None;
    };
    Some((yes, no))
}

/// Whether an `Fn::If` leaves the value out in one of its branches.
pub(super) fn may_be_left_out(value: &Json) -> bool {
    branches(value).is_some_and(|(yes, no)| is_no_value(yes) || is_no_value(no))
}

/// The logical id that a value refers to, by `Ref` or as text.
pub(super) fn referred(value: &Json) -> Option<&str> {
    value.as_str().or_else(|| text(value, "Ref"))
}

/// `!Ref id`.
pub(super) fn reference(id: &str) -> Json {
    json!({"Ref": id})
}

/// `!GetAtt id.attribute`.
pub(super) fn attribute(id: &str, attribute: &str) -> Json {
    json!({"Fn::GetAtt": [id, attribute]})
}
