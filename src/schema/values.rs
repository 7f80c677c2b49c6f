//! What the value of an argument is, as schemas.
//!
//! In: an argument. Out: a schema, with the argument's sentence as what
//! editors show. Refuses nothing.

use serde_json::{Map, Value, json};

use crate::arguments::{Argument, DefaultValue, REGION_FORM, TextForm, ValueKind, Word};
use crate::aws::partitions::REGIONS;
use crate::schema::build::{described, documented, enumeration, list, offering};
use crate::schema::choices;

/// The schema of an argument.
pub(super) fn property(argument: &Argument) -> Value {
    let plain = value(&argument.kind);
    let mut schema = if is_simple(&argument.kind) {
        documented(&hover(argument), plain)
    } else {
        described(&hover(argument), plain)
    };
    let offered = match argument.kind {
        ValueKind::Choices(offered) => Some(choices::names(offered)),
        ValueKind::Accounts | ValueKind::Units => Some(value(&argument.kind)),
        _ => None,
    };
    if let Some(offered) = offered {
        schema = offering(schema, &[offered]);
    }
    if let (DefaultValue::Value(default), Some(schema)) = (argument.default, schema.as_object_mut())
    {
        schema.insert("default".to_owned(), json!(default));
    }
    schema
}

/// Whether the value is one word, for which nobody includes a file.
fn is_simple(kind: &ValueKind) -> bool {
    match kind {
        ValueKind::Text
        | ValueKind::Form(_)
        | ValueKind::OneOf(_)
        | ValueKind::Flag
        | ValueKind::Number(..)
        | ValueKind::Region
        | ValueKind::Account
        | ValueKind::Resolved => true,
        ValueKind::FlagOr(other) => is_simple(other),
        _ => false,
    }
}

/// What an editor shows about an argument.
fn hover(argument: &Argument) -> String {
    let name = argument.name;
    let without = match argument.default {
        DefaultValue::None => String::new(),
        DefaultValue::Required => "\n\nRequired.".to_owned(),
        DefaultValue::RequiredIf(words) => format!("\n\nRequired {words}."),
        default => format!("\n\nWithout it: {default}."),
    };
    format!("**{name}**: {}{without}", argument.summary)
}

fn value(kind: &ValueKind) -> Value {
    match kind {
        ValueKind::Text => json!({ "type": "string" }),
        ValueKind::Form(form) => text(form),
        ValueKind::OneOf(words) => word(words),
        ValueKind::Flag => json!({ "type": "boolean" }),
        ValueKind::FlagOr(other) => {
            json!({ "anyOf": [{ "type": "boolean" }, value(other)] })
        }
        ValueKind::Number(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        ValueKind::Region => region(),
        ValueKind::Account => json!({ "$ref": "#/definitions/account" }),
        ValueKind::Accounts => {
            json!({ "$ref": "#/definitions/anyAccounts" })
        }
        ValueKind::Units => {
            json!({ "$ref": "#/definitions/anyUnits" })
        }
        ValueKind::Choices(offered) => choices::choices(*offered),
        ValueKind::List(form) => list(form, &value(form.item)),
        ValueKind::Stages(form) => json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": text(form),
            "additionalProperties": { "$ref": "#/definitions/target" },
        }),
        ValueKind::Names(form) => json!({
            "type": "object",
            "propertyNames": text(form),
            "additionalProperties": text(form),
        }),
        ValueKind::Fields(arguments) => fields(arguments),
        ValueKind::Trust => json!({ "$ref": "#/definitions/trust" }),
        ValueKind::Policy => json!({
            "type": "object",
            "properties": {
                "Version": { "enum": ["2012-10-17", "2008-10-17"] },
                "Statement": { "type": ["array", "object"], "minItems": 1 },
            },
            "required": ["Statement"],
        }),
        ValueKind::Resolved => {
            json!({ "type": ["string", "number", "boolean", "object", "array"] })
        }
    }
}

fn text(form: &TextForm) -> Value {
    json!({ "type": "string", "pattern": form.pattern, "maxLength": form.most })
}

fn word(words: &[Word]) -> Value {
    let names: Vec<&str> = words.iter().map(|word| word.name).collect();
    let summaries: Vec<&str> = words.iter().map(|word| word.summary).collect();
    enumeration(&names, &summaries)
}

fn region() -> Value {
    json!({ "anyOf": [
        { "type": "string", "enum": REGIONS },
        text(&REGION_FORM),
    ] })
}

fn fields(arguments: &[&Argument]) -> Value {
    let properties = arguments.iter();
    let properties: Map<String, Value> = properties
        .map(|argument| (argument.name.to_owned(), property(argument)))
        .collect();
    let required = arguments.iter();
    let required: Vec<&str> = required
        .filter(|argument| matches!(argument.default, DefaultValue::Required))
        .map(|argument| argument.name)
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
