//! Whether a block says the same of every account.
//!
//! In: what a shape says, with a mark in place of its account. Out: whether the account appears only where
//! it is referred to, so that it can be put back later. Refuses nothing.

use crate::template::deduplicate::{ACCOUNT, LETTERS};
use crate::template::places::{Place, places};
use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::value::Data;

/// Whether the account appears only where it is referred to.
pub(super) fn is_movable(resource: &Data) -> bool {
    places(resource) == [Place::Account(ACCOUNT.to_string())]
        && !has_attribute(resource)
        && resource
            .get("Properties")
            .and_then(Data::fields)
            .is_some_and(|properties| {
                properties
                    .iter()
                    .filter(|(key, _)| key != "Description" && key != "Tags")
                    .all(|(_, value)| is_referred_to(value))
            })
}

/// Whether it has an attribute of the account, such as its tags, which is another one for each account.
fn has_attribute(data: &Data) -> bool {
    let is_account = |name: &str| name.strip_prefix(ACCOUNT) == Some("");
    let is_attribute = |name: &str| {
        name.split_once('.')
            .is_some_and(|(name, _)| is_account(name))
    };
    match data {
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Action(_) => false,
        Data::Text(text) => parts(text).any(|part| match part {
            SubstitutionPart::Variable(name) => is_attribute(name),
            SubstitutionPart::Text(_) | SubstitutionPart::Unclosed(_) => false,
        }),
        Data::List(items) => items.iter().any(has_attribute),
        Data::Unordered(items) => items.0.iter().any(has_attribute),
        Data::Map(entries) => entries.iter().any(|(key, value)| {
            let items = value.items();
            let name = items.first().and_then(Data::text);
            key == "Fn::GetAtt" && name.is_some_and(is_account) || has_attribute(value)
        }),
    }
}

fn is_referred_to(data: &Data) -> bool {
    let is_marked = |text: &str| text.contains([ACCOUNT, LETTERS]);
    match data {
        Data::Null | Data::Bool(_) | Data::Number(_) => true,
        Data::Text(text) => !is_marked(text),
        Data::Action(action) => !is_marked(&action.0),
        Data::List(items) => items.iter().all(is_referred_to),
        Data::Unordered(items) => items.0.iter().all(is_referred_to),
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::Text(_))] if key == "Ref" => true,
            [(key, Data::List(_))] if key == "Fn::GetAtt" => true,
            [(key, Data::Text(text))] if key == "Fn::Sub" => parts(text).all(|part| match part {
                SubstitutionPart::Text(text) | SubstitutionPart::Unclosed(text) => !is_marked(text),
                SubstitutionPart::Variable(name) => !name.contains('$') || !is_marked(name),
            }),
            entries => entries
                .iter()
                .all(|(key, value)| !is_marked(key) && is_referred_to(value)),
        },
    }
}
