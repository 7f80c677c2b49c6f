//! The JSON Schema (draft 7) of templates with macros, for editors.
//!
//! In: the tables that decoding knows arguments and CI systems by, the catalog of partials, and the
//! accounts and units of organizations. Out: a schema. Refuses nothing.
//!
//! It accepts every template that `expand` accepts, and refuses what can be seen in one value: keys,
//! words, names, and forms of text. An editor shows it a tagged value without its tag, so that
//! `!Ref DevAccount` is the text `DevAccount`, and an `!Include` is the path of a file. The hard
//! thing is that macros stand among other resources: one with neither `Type` nor
//! `Properties` is a macro.

mod build;
mod choices;
mod names;
mod trust;
mod values;

use serde_json::{Map, Value, json};

use crate::arguments::table::{ARGUMENTS, OF_THE_TEMPLATE, OVERRIDES, SELECTORS};
use crate::arguments::{Argument, DefaultValue, SELECTING, TAG};
use crate::partials::catalog::Catalog;
use crate::schema::build::{described, documented, hidden, offering};
use crate::schema::values::property;

pub use names::OfferedNames;

/// The keys of resources that can be macros.
const RESOURCE: &str = "^[A-Za-z0-9]+$";

/// The schema of templates, with the partials of `catalog`. Without `names`, any account and any
/// unit is one.
pub fn schema(catalog: &Catalog, names: Option<&OfferedNames>) -> Value {
    let mut definitions = names::definitions(names);
    definitions.insert("included".to_owned(), included());
    let all = [ARGUMENTS, OF_THE_TEMPLATE, SELECTORS, OVERRIDES].concat();
    for argument in all {
        definitions.insert(argument.name.to_owned(), property(argument));
    }
    definitions.extend(choices::definitions(catalog));
    definitions.extend(trust::definitions(catalog));
    definitions.insert("target".to_owned(), target());
    definitions.insert("targetMapping".to_owned(), target_mapping());
    definitions.insert("macro".to_owned(), of_a_macro());
    definitions.insert("defaults".to_owned(), defaults());
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            "Definitions": { "properties": { "DeployRoles": { "$ref": "#/definitions/defaults" } } },
            "Resources": { "patternProperties": { RESOURCE: unless_typed(&json!({ "$ref": "#/definitions/macro" })) } },
        },
        "allOf": required().collect::<Vec<_>>(),
        "definitions": definitions,
    })
}

/// The text of an `!Include`: the path of a file.
fn included() -> Value {
    json!({ "type": "string", "pattern": "[./]" })
}

/// `schema` for a resource that is a macro.
fn unless_typed(schema: &Value) -> Value {
    let is_typed = json!([{ "required": ["Type"] }, { "required": ["Properties"] }]);
    json!({ "if": { "type": "object", "anyOf": is_typed }, "else": schema })
}

/// What a macro must have, unless the template's defaults have it.
fn required() -> impl Iterator<Item = Value> {
    let all = ARGUMENTS.iter().enumerate();
    let required = all.filter(|(_, argument)| matches!(argument.default, DefaultValue::Required));
    required.map(|(at, argument)| {
        // The first argument can be all that there is of a macro.
        let lacks = match at {
            0 => json!({ "maxLength": 0 }),
            _ => json!({ "not": { "$ref": "#/definitions/included" } }),
        };
        let has = json!({ "required": [argument.name] });
        let own = json!({ "if": { "type": "string", "allOf": [lacks] }, "then": { "type": "object" }, "else": has });
        let shared = json!({ "required": ["DeployRoles"], "properties": { "DeployRoles": has } });
        let shared = json!({ "required": ["Definitions"], "properties": { "Definitions": shared } });
        let own = json!({ "patternProperties": { RESOURCE: unless_typed(&own) } });
        json!({ "if": shared, "else": { "properties": { "Resources": own } } })
    })
}

/// A macro: its arguments, or the first of them alone.
fn of_a_macro() -> Value {
    let mut properties = references(ARGUMENTS);
    for argument in OF_THE_TEMPLATE {
        // A macro that merges the mapping of the defaults has these as well.
        properties.insert(argument.name.to_owned(), hidden());
    }
    let arguments = json!({
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": false,
    });
    let alone = ARGUMENTS.first().map(|argument| reference(argument));
    let text = json!({ "anyOf": [alone, { "$ref": "#/definitions/included" }] });
    documented(
        &format!("`{TAG}`: the roles that deploy an app, in each of its accounts."),
        json!({ "if": { "type": "string", "minLength": 1 }, "then": text, "else": arguments }),
    )
}

/// The arguments that all macros of the template share.
fn defaults() -> Value {
    let known = [ARGUMENTS, OF_THE_TEMPLATE].concat();
    let summary = "Arguments that all macros of the template share.";
    described(
        summary,
        json!({
            "type": ["object", "null"],
            "properties": references(&known),
            "additionalProperties": false,
        }),
    )
}

/// A target: its accounts, or a mapping that selects them.
fn target() -> Value {
    let mapping = json!({ "$ref": "#/definitions/targetMapping" });
    let accounts = json!({ "$ref": "#/definitions/accounts" });
    let schema = json!({
        "if": { "type": "object", "not": { "required": [names::REF] } },
        "then": mapping,
        "else": { "anyOf": [accounts, mapping, { "$ref": "#/definitions/included" }] },
    });
    documented(
        "The accounts of the stage: `!Ref` of an account, a list of them, or a mapping that selects accounts and overrides arguments for this stage.",
        offering(schema, &[accounts]),
    )
}

/// A mapping that selects the accounts of a target, and overrides arguments.
fn target_mapping() -> Value {
    let known = [SELECTORS, OVERRIDES].concat();
    let selecting = SELECTING.iter();
    let selecting: Vec<Value> = selecting
        .map(|argument| json!({ "required": [argument.name] }))
        .collect();
    json!({
        "type": "object",
        "properties": references(&known),
        "additionalProperties": false,
        "anyOf": selecting,
    })
}

fn reference(argument: &Argument) -> Value {
    json!({ "$ref": format!("#/definitions/{}", argument.name) })
}

fn references(arguments: &[&Argument]) -> Map<String, Value> {
    let each = arguments.iter();
    each.map(|argument| (argument.name.to_owned(), reference(argument)))
        .collect()
}
