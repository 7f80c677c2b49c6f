//! Services, frameworks, and their options, as schemas.
//!
//! In: the catalog of partials. Out: a schema, with what the front matter of partials says as what
//! editors show. Refuses nothing.

use serde_json::{Map, Value, json};

use crate::arguments::{ListForm, Offered, ValueKind};
use crate::partials::catalog::{Catalog, Offer};
use crate::schema::build::{documented, enumeration, list, mapping_or, offering};

/// A name, or a list of names, each alone or with options.
pub(super) fn choices(offered: Offered) -> Value {
    let form = ListForm {
        least: usize::from(offered == Offered::Frameworks),
        ..ListForm::of(&ValueKind::Text)
    };
    let (one, _, _) = definitions_of(offered);
    list(&form, &defined(one))
}

/// A name alone.
pub(super) fn names(offered: Offered) -> Value {
    let (_, name, _) = definitions_of(offered);
    defined(name)
}

fn defined(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

/// One choice, its name, and its name with options.
fn definitions_of(offered: Offered) -> (&'static str, &'static str, &'static str) {
    match offered {
        Offered::Services => ("service", "serviceName", "serviceWithOptions"),
        Offered::Frameworks => ("framework", "frameworkName", "frameworkWithOptions"),
        Offered::Tests => ("testService", "testServiceName", "testServiceWithOptions"),
    }
}

/// What there is to choose from, by the names that [`choices`] refers to.
pub(super) fn definitions(catalog: &Catalog) -> impl Iterator<Item = (String, Value)> {
    let offers = [
        (Offered::Services, &catalog.services),
        (Offered::Frameworks, &catalog.frameworks),
        (Offered::Tests, &catalog.tests),
    ];
    offers.into_iter().flat_map(|(offered, offer)| {
        let (one, name, mapping) = definitions_of(offered);
        [
            (one.to_owned(), mapping_or(mapping, &[defined(name)])),
            (name.to_owned(), name_of(offer)),
            (mapping.to_owned(), mapping_of(offer)),
        ]
    })
}

fn name_of(offer: &Offer) -> Value {
    let names: Vec<&str> = offer.names().collect();
    let summaries: Vec<&str> = names.iter().map(|name| offer.summary(name)).collect();
    enumeration(&names, &summaries)
}

fn mapping_of(offer: &Offer) -> Value {
    let with_options: Map<String, Value> = offer
        .names()
        .map(|name| (name.to_owned(), with_options(offer, name)))
        .collect();
    json!({
        "type": "object",
        "properties": with_options,
        "additionalProperties": false,
        "minProperties": 1,
    })
}

fn with_options(offer: &Offer, name: &str) -> Value {
    let text = format!("**{name}**: {}", offer.summary(name));
    documented(&text, options(offer, name))
}

/// What can follow `name`: some of its options.
pub(super) fn options(offer: &Offer, name: &str) -> Value {
    let names = offer.options(name).unwrap_or_default();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.is_empty() {
        return json!({ "anyOf": [{ "type": "null" }, { "type": "array", "maxItems": 0 }] });
    }
    let when = |option: &&str| {
        let text = offer.option_text(name, option);
        if text.is_empty() {
            String::new()
        } else {
            format!("when {text}")
        }
    };
    let texts: Vec<String> = names.iter().map(when).collect();
    let option = enumeration(&names, &texts);
    let one = json!({ "anyOf": [option, { "type": "null" }, defined("included")] });
    let many = json!({ "type": "array", "items": option });
    let schema = json!({ "if": { "type": "array" }, "then": many, "else": one });
    offering(schema, &[option])
}
