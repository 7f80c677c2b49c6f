//! What an expectation says of condition keys.
//!
//! In: the value of `where`. Out: its keys, and doubts about them. Refuses what is not a condition key, values that no
//! request has, and keys that are there twice.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Shown as _};
use crate::query::conditions::{QuestionDoubt, key_doubt, value_doubt, with_prefix, wrong_value};
use crate::query::question::{AskedKey, is_key};
use crate::query::rules::{INVALID_QUESTION, MALFORMED_EXPECTATION};
use crate::yaml::lookup::Field;
use crate::yaml::node::{Kind, Node};
use crate::yaml::typed::TypedReader;

/// What requests say of condition keys; what is wrong unless a template has it goes into `doubts`.
pub(super) fn keys(
    reader: &mut TypedReader<'_>,
    node: &Arc<Node>,
    doubts: &mut Vec<QuestionDoubt>,
) -> BTreeMap<String, AskedKey> {
    let mut keys: BTreeMap<String, AskedKey> = BTreeMap::new();
    for field in reader.fields(node).unwrap_or_default() {
        if !reader.filled(&field) {
            continue;
        }
        if !is_key(&field.key) {
            let message = format!("`{}` is not a condition key", field.key.shown());
            let help = match with_prefix(&field.key) {
                Some(key) => format!("did you mean `{key}`?"),
                None => "write its prefix too, which is `aws:` or that of a service: `aws:RequestedRegion: eu-west-1`".to_owned(),
            };
            let problem = Diagnostic::new(&INVALID_QUESTION, field.key_span, message);
            reader.problem(problem.help(help));
            continue;
        }
        doubts.extend(key_doubt(&field.key).map(|doubt| doubt.at(field.key_span)));
        let values = values(reader, &field, doubts);
        match keys.entry(field.key.to_ascii_lowercase()) {
            Entry::Occupied(_) => {
                let message = format!("the condition key `{}` appears twice", field.key.shown());
                let help = "condition keys are the same in upper and lower case: write one list";
                let problem = Diagnostic::new(&INVALID_QUESTION, field.key_span, message);
                reader.problem(problem.help(help));
            }
            Entry::Vacant(free) => {
                free.insert(AskedKey {
                    name: field.key,
                    values,
                });
            }
        }
    }
    keys
}

/// The values of a key; none if requests lack the key.
fn values(
    reader: &mut TypedReader<'_>,
    field: &Field,
    doubts: &mut Vec<QuestionDoubt>,
) -> Vec<String> {
    let items = reader.library.items(&field.value);
    if items.is_empty() {
        reader.problem(empty_list(&field.value));
    }
    let mut values = Vec::new();
    for item in &items {
        // A condition compares texts, so a number or `true` is the text that it is written as.
        let found = reader.library.follow(item);
        match &found.kind {
            Kind::Scalar(text, _) if found.tag.is_none() => {
                let span = found.whole_span();
                if !text.is_empty() {
                    let wrong = wrong_value(&field.key, text);
                    if let Some(wrong) = wrong {
                        reader.problem(wrong.at(span));
                    }
                    doubts.extend(value_doubt(&field.key, text).map(|doubt| doubt.at(span)));
                }
                values.push(text.clone());
            }
            _ => reader.wrong_type(item, "a value", "write text"),
        }
    }
    if values.len() > 1 && values.iter().any(String::is_empty) {
        let message = "`''` is a request without the key, and cannot be one of several values";
        let problem = Diagnostic::new(&MALFORMED_EXPECTATION, field.value.whole_span(), message);
        reader.problem(problem.help("write two expectations"));
    }
    values.retain(|value| !value.is_empty());
    values
}

/// The problem of a list that must name something.
pub(super) fn empty_list(node: &Node) -> Diagnostic {
    let message = "the list is empty";
    Diagnostic::new(&MALFORMED_EXPECTATION, node.whole_span(), message).help("name at least one")
}
