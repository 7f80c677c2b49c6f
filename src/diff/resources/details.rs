//! Two versions of one resource to what changed in it.
//!
//! In: the data of both. Out: [`Detail`]s; none exactly if the data are equal. Policy documents
//! are left to `policy`. Refuses nothing.
//!
//! The hard thing is to report every difference once, at the depth where a reader looks for it: an
//! attribute, an item of a list, an element of a statement.

use crate::diff::resources::{Change, Detail, PolicyDocument};

use crate::diff::resources::policy;
use crate::diff::resources::values::{both, change, items, keys, paired, value_change};
use crate::template::display::shown;
use crate::template::value::{Data, field};

/// What changed from `old` to `new`.
pub(crate) fn details(old: &Data, new: &Data) -> Vec<Detail> {
    let mut out = Vec::new();
    attribute("", Some(old), Some(new), &mut out);
    out
}

/// The attribute at `path`, which may be missing on one side.
fn attribute(path: &str, old: Option<&Data>, new: Option<&Data>, out: &mut Vec<Detail>) {
    if old == new {
        return;
    }
    if both(old, new, policy::is_document) {
        policy::document(&document_at(path), old, new, out);
    } else if both(old, new, |data| has_items_with(data, "PolicyName")) {
        policy::inline(items(old), items(new), out);
    } else if both(old, new, |data| has_items_with(data, "Key")) {
        tags(path, items(old), items(new), out);
    } else if is_opened(path, old, new) {
        for key in keys(old, new) {
            attribute(&joined(path, key), field(old, key), field(new, key), out);
        }
    } else if let Some(change) = change(old, new) {
        push(path, change, out);
    }
}

/// Whether these are mappings whose change is reported key by key, and not as a whole.
fn is_opened(path: &str, old: Option<&Data>, new: Option<&Data>) -> bool {
    both(old, new, |data| data.fields().is_some())
        && (path == PROPERTIES || (old.is_some() && new.is_some()))
        && !keys(old, new).is_empty()
}

const PROPERTIES: &str = "Properties";

fn joined(path: &str, key: &str) -> String {
    match path {
        "" | PROPERTIES => key.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

fn document_at(path: &str) -> PolicyDocument {
    match path {
        "AssumeRolePolicyDocument" => PolicyDocument::Trust,
        _ => PolicyDocument::Attribute(path.to_owned()),
    }
}

fn has_items_with(data: &Data, key: &str) -> bool {
    data.unordered()
        .is_some_and(|items| !items.is_empty() && items.iter().all(|item| item.get(key).is_some()))
}

fn tags(path: &str, old: &[Data], new: &[Data], out: &mut Vec<Detail>) {
    let key = |item: &Data| item.get("Key").map(shown).unwrap_or_default();
    for (old, new) in paired(old, new, key) {
        let name = old.or(new).map(key).unwrap_or_default();
        if let (true, Some(change)) = (old != new, tag_change(old, new)) {
            push(&format!("{path} {name}"), change, out);
        }
    }
}

/// The change of one tag: of its value, or of the whole if something else changed.
fn tag_change(old: Option<&Data>, new: Option<&Data>) -> Option<Change> {
    let values = [old, new].map(|side| field(side, "Value"));
    match values {
        [Some(from), Some(to)] if from == to => value_change(old, new),
        [None, None] => value_change(old, new),
        [from, to] => value_change(from, to),
    }
}

fn push(path: &str, change: Change, out: &mut Vec<Detail>) {
    out.push(Detail {
        document: None,
        statement: None,
        // A resource that is not a mapping has no attributes.
        element: Some(if path.is_empty() { "value" } else { path }.to_owned()),
        change,
    });
}
