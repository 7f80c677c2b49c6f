//! `TrustedBy`, as a schema.
//!
//! In: the tables of trusts and CI systems, and the options of CodeBuild. Out: a schema. Refuses
//! nothing.

use serde_json::{Map, Value, json};

use crate::arguments::trusted_by::{CODEBUILD, GITHUB_USER, PRINCIPALS};
use crate::oidc::{KeyNeed, PROVIDERS, Provider, ProviderKey, ProviderValue};
use crate::partials::catalog::Catalog;
use crate::schema::build::{documented, enumeration, mapping_or};
use crate::schema::choices;

/// The definition of a trust with what it needs.
const MAPPING: &str = "trustWithKeys";

/// One trust: its name alone, or with what it needs.
pub(super) fn definitions(catalog: &Catalog) -> [(String, Value); 2] {
    let alone = PRINCIPALS.iter();
    let alone = alone.filter(|word| [GITHUB_USER, CODEBUILD].contains(&word.name));
    let (names, texts): (Vec<&str>, Vec<&str>) =
        alone.map(|word| (word.name, word.summary)).unzip();
    let included = json!({ "$ref": "#/definitions/included" });
    let trust = mapping_or(MAPPING, &[enumeration(&names, &texts), included]);
    [
        ("trust".to_owned(), trust),
        (MAPPING.to_owned(), mapping(catalog)),
    ]
}

fn mapping(catalog: &Catalog) -> Value {
    let mut properties = Map::new();
    for word in PRINCIPALS {
        let value = match word.name {
            GITHUB_USER => json!({ "type": "null" }),
            CODEBUILD => choices::options(&catalog.codebuild, "service-role"),
            _ => json!({ "type": ["string", "array", "object"] }),
        };
        let text = format!("**{}**: {}", word.name, word.summary);
        properties.insert(word.name.to_owned(), documented(&text, value));
    }
    for provider in PROVIDERS {
        let text = format!("**{}**: {}", provider.key, provider.summary);
        let value = documented(&text, tokens(provider));
        properties.insert(provider.key.to_owned(), value);
    }
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    })
}

/// What follows the key of a CI system.
fn tokens(provider: &Provider) -> Value {
    let properties: Map<String, Value> = provider
        .keys()
        .map(|key| (key.name.to_owned(), key_value(key)))
        .collect();
    let needed = |need: KeyNeed| -> Vec<&str> {
        let keys = provider.keys().filter(|key| key.need == need);
        keys.map(|key| key.name).collect()
    };
    let mapping = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "required": needed(KeyNeed::Always),
        "if": { "required": ["Subjects"] },
        "else": { "required": needed(KeyNeed::UnlessSubjects) },
    });
    json!({ "anyOf": [mapping, { "$ref": "#/definitions/included" }] })
}

fn key_value(key: &ProviderKey) -> Value {
    let (example, value) = match key.kind {
        ProviderValue::Text(example) => (example, json!({ "type": "string" })),
        ProviderValue::Id => ("", id()),
        ProviderValue::Flag => ("", json!({ "type": "boolean" })),
        ProviderValue::PerStage => ("", per_stage()),
        ProviderValue::OneOf(words) => ("", json!({ "enum": words })),
    };
    let mut text = format!("**{}**: {}", key.name, key.summary);
    match key.need {
        KeyNeed::Always => text += "\n\nRequired.",
        KeyNeed::UnlessSubjects => text += "\n\nRequired, unless there are `Subjects`.",
        KeyNeed::No => {}
    }
    if !example.is_empty() {
        text.extend(["\n\nFor example `", example, "`."]);
    }
    documented(&text, value)
}

fn id() -> Value {
    json!({ "anyOf": [
        { "type": "integer", "minimum": 1 },
        { "type": "string", "pattern": "^[1-9][0-9]*$", "maxLength": 20 },
    ] })
}

/// Texts for all stages, or for each.
fn per_stage() -> Value {
    let texts = json!([{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }]);
    let stages = json!({ "type": "object", "additionalProperties": { "anyOf": texts } });
    let mut all = vec![stages];
    if let Value::Array(texts) = texts {
        all.extend(texts);
    }
    json!({ "anyOf": all })
}
