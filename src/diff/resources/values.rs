//! Two values to how they differ.
//!
//! In: the data of both; either may be missing. Out: a [`Change`]: item by item for lists, else as
//! a whole. Nothing is refused.

use crate::diff::resources::Change;
use crate::template::display::shown;
use crate::template::value::{Data, surplus};

/// The keys of both mappings, sorted.
pub(super) fn keys<'a>(old: Option<&'a Data>, new: Option<&'a Data>) -> Vec<&'a str> {
    let mut keys: Vec<&str> = [old, new]
        .into_iter()
        .flatten()
        .filter_map(Data::fields)
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The change of a value: item by item if it is a list, else as a whole.
pub(super) fn change(old: Option<&Data>, new: Option<&Data>) -> Option<Change> {
    items_change(old, new).or_else(|| value_change(old, new))
}

/// The change of a list, if both sides are lists of one kind, or one is missing.
fn items_change(old: Option<&Data>, new: Option<&Data>) -> Option<Change> {
    let (old, new) = match (old, new) {
        (Some(Data::List(old)), Some(Data::List(new))) => (old.as_slice(), new.as_slice()),
        _ if both(old, new, |data| data.unordered().is_some()) => (items(old), items(new)),
        _ => return None,
    };
    let added = surplus(new, old);
    let removed = surplus(old, new);
    if added.is_empty() && removed.is_empty() {
        // A list without items is not a list with other items than none at all.
        return (!new.is_empty()).then_some(Change::Reordered);
    }
    let shown = |items: Vec<&Data>| items.into_iter().map(shown).collect();
    Some(Change::Items {
        added: shown(added),
        removed: shown(removed),
    })
}

/// The change of a value that is shown as a whole.
pub(super) fn value_change(old: Option<&Data>, new: Option<&Data>) -> Option<Change> {
    Some(match (old, new) {
        (Some(old), Some(new)) => Change::Replaced {
            from: shown(old),
            to: shown(new),
        },
        (None, Some(new)) => Change::Added(Some(shown(new))),
        (Some(old), None) => Change::Removed(Some(shown(old))),
        (None, None) => return None,
    })
}

/// Pairs the items of two lists by name: those of `new` in their order, then what is only in `old`.
pub(super) fn paired<'a, Name: PartialEq>(
    old: &'a [Data],
    new: &'a [Data],
    name: impl Fn(&Data) -> Name,
) -> Vec<(Option<&'a Data>, Option<&'a Data>)> {
    let mut rest: Vec<(Name, &Data)> = old.iter().map(|item| (name(item), item)).collect();
    let mut pairs = Vec::new();
    for item in new {
        let wanted = name(item);
        let at = rest.iter().position(|(name, _)| *name == wanted);
        pairs.push((at.map(|at| rest.remove(at).1), Some(item)));
    }
    pairs.extend(rest.into_iter().map(|(_, item)| (Some(item), None)));
    pairs
}

/// Whether every existing side is `known`.
pub(super) fn both(old: Option<&Data>, new: Option<&Data>, known: impl Fn(&Data) -> bool) -> bool {
    old.is_none_or(&known) && new.is_none_or(&known)
}

pub(super) fn items(side: Option<&Data>) -> &[Data] {
    side.and_then(Data::unordered).unwrap_or_default()
}
