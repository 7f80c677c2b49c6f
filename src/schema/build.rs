//! What schemas of macros consist of, and what editors make of it.
//!
//! In: texts, and schemas of parts. Out: schemas. Refuses nothing.

use serde_json::{Map, Value, json};

use crate::arguments::ListForm;

/// `schema` with a text that editors show.
pub(super) fn described(text: &str, schema: Value) -> Value {
    documented(text, unless_included(&schema))
}

/// `schema` with a text that editors show, where no file can be included.
pub(super) fn documented(text: &str, schema: Value) -> Value {
    let mut documented = Map::new();
    documented.insert("markdownDescription".to_owned(), json!(text));
    if let Value::Object(schema) = schema {
        documented.extend(schema);
    }
    Value::Object(documented)
}

/// Anything, which editors do not offer.
pub(super) fn hidden() -> Value {
    json!({ "doNotSuggest": true })
}

/// `schema`, or the path of a file.
fn unless_included(schema: &Value) -> Value {
    json!({ "if": { "$ref": "#/definitions/included" }, "else": schema })
}

/// One of `names`, each with what it means.
pub(super) fn enumeration<T: AsRef<str>>(names: &[&str], texts: &[T]) -> Value {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    json!({ "type": "string", "enum": names, "enumDescriptions": texts, "markdownEnumDescriptions": texts })
}

/// A list of `item`s, or one alone if the list can be left out.
pub(super) fn list(form: &ListForm, item: &Value) -> Value {
    let mut list = Map::new();
    list.insert("type".to_owned(), json!("array"));
    list.insert("items".to_owned(), item.clone());
    if form.least > 0 {
        list.insert("minItems".to_owned(), json!(form.least));
    }
    if let Some(most) = form.most {
        list.insert("maxItems".to_owned(), json!(most));
    }
    if !form.repeats {
        list.insert("uniqueItems".to_owned(), json!(true));
    }
    if form.alone {
        json!({ "anyOf": [list, item] })
    } else {
        Value::Object(list)
    }
}

/// A mapping, defined as `mapping`, or one of `other`. If it is a mapping, an editor says what is wrong
/// in it; if there is nothing yet, it offers both.
pub(super) fn mapping_or(mapping: &str, other: &[Value]) -> Value {
    let mapping = json!({ "$ref": format!("#/definitions/{mapping}") });
    let mut ways = other.to_vec();
    ways.push(mapping.clone());
    let schema = json!({ "if": { "type": "object" }, "then": mapping, "else": { "anyOf": ways } });
    offering(schema, other)
}

/// `schema`, for whose value an editor offers what `other` has: it does not look for that under a
/// condition.
pub(super) fn offering(schema: Value, other: &[Value]) -> Value {
    let mut ways = other.to_vec();
    // Anything goes; and an editor that finds that all ways match shows all of them, and not the text.
    ways.push(json!({}));
    ways.push(json!({ "not": {} }));
    let mut offering = Map::new();
    if let Value::Object(schema) = schema {
        offering.extend(schema);
    }
    offering.insert("anyOf".to_owned(), Value::Array(ways));
    Value::Object(offering)
}
