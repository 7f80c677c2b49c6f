//! Answers of AWS in JSON: events of CloudFormation and CloudTrail, decoded messages, errors.
//!
//! In: a value, and what is known around it. Out: what is added to a [`FoundDenials`]. Refuses nothing:
//! any text in a value that is not known is read as a log.

use serde_json::{Map, Value};

use crate::denied::around::{DeniedResource, is_id, is_type};
use crate::denied::cloudtrail;
use crate::denied::decoded;
use crate::denied::found::FoundDenials;
use crate::denied::messages::{MessageContext, scan};

/// So deep JSON can be in texts of JSON.
const LEVELS: usize = 8;

/// Adds what a value says.
pub(super) fn read(value: &Value, found: &mut FoundDenials) {
    value_of(value, &MessageContext::default(), LEVELS, found);
}

fn value_of(value: &Value, context: &MessageContext, levels: usize, found: &mut FoundDenials) {
    match value {
        Value::String(text) => text_of(text, context, levels, found),
        Value::Array(items) => {
            for item in items {
                value_of(item, context, levels, found);
            }
        }
        Value::Object(fields) => object(fields, context, levels, found),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text: JSON again, or words.
fn text_of(text: &str, context: &MessageContext, levels: usize, found: &mut FoundDenials) {
    let trimmed = text.trim_start();
    if trimmed.starts_with(['{', '['])
        && levels > 0
        && let Ok(value) = serde_json::from_str::<Value>(trimmed)
    {
        value_of(&value, context, levels - 1, found);
        return;
    }
    scan(text, context, found);
}

fn object(
    fields: &Map<String, Value>,
    context: &MessageContext,
    levels: usize,
    found: &mut FoundDenials,
) {
    if cloudtrail::is_record(fields) {
        cloudtrail::record(fields, found);
        return;
    }
    if decoded::is_decoded(fields) {
        found.denials_of(decoded::denial(fields));
        return;
    }
    let event = event(fields);
    let context = event.as_ref().unwrap_or(context);
    for (name, value) in fields {
        // The properties of a resource are not messages, and can hold secrets.
        if event.is_some() && name.eq_ignore_ascii_case("ResourceProperties") {
            continue;
        }
        // The summary of a lookup has parts of the event in it.
        if name != "CloudTrailEvent" && fields.contains_key("CloudTrailEvent") {
            continue;
        }
        value_of(value, context, levels, found);
    }
}

/// The resource of an event of CloudFormation, in any spelling of its fields.
fn event(fields: &Map<String, Value>) -> Option<MessageContext> {
    let field = |name: &str| {
        let is_it = |key: &str| {
            let letters = key.chars().filter(|c| *c != '_');
            let letters: String = letters.map(|c| c.to_ascii_lowercase()).collect();
            letters == name
        };
        let found = fields.iter().find(|(key, _)| is_it(key));
        found.and_then(|(_, value)| value.as_str())
    };
    let type_name = field("resourcetype")?;
    let status = field("resourcestatus")
        .or(field("status"))
        .unwrap_or_default();
    let id = field("logicalresourceid").or(field("logicalid"));
    Some(MessageContext {
        resource: DeniedResource {
            type_name: is_type(type_name).then(|| type_name.to_owned()),
            logical_id: id.filter(|id| is_id(id)).map(str::to_owned),
        },
        is_failure: status.ends_with("FAILED"),
        service: None,
    })
}

impl FoundDenials {
    /// Adds a denial, if there is one.
    pub(super) fn denials_of(&mut self, denial: Option<crate::denied::model::Denial>) {
        if let Some(denial) = denial {
            self.push(denial);
        }
    }
}
