//! Keys that appear twice in one mapping.

use foldhash::{HashMap, HashMapExt as _};

use crate::source::Span;
use crate::yaml::node::{Entry, Kind, Node};

/// A key that appears twice in one mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatedKey {
    /// The key.
    pub key: String,
    /// Where it appears first.
    pub first: Span,
    /// Where it appears again.
    pub again: Span,
}

/// Adds those below `node` to `found`.
pub(super) fn duplicate_keys(node: &Node, found: &mut Vec<RepeatedKey>) {
    match &node.kind {
        Kind::Scalar(..) | Kind::Alias(..) => {}
        Kind::Sequence(items, _) => items.iter().for_each(|item| duplicate_keys(item, found)),
        Kind::Mapping(entries, _) => {
            found.extend(
                repeated(entries)
                    .into_iter()
                    .map(|(again, first)| RepeatedKey {
                        key: again.text().unwrap_or_default().to_owned(),
                        first: first.span,
                        again: again.span,
                    }),
            );
            for entry in entries {
                duplicate_keys(&entry.key, found);
                duplicate_keys(&entry.value, found);
            }
        }
    }
}

/// The most entries of a mapping whose keys are compared with each other.
const SMALL: usize = 16;

/// Keys that appear a second time, each with the first. Merge keys may appear often.
pub(super) fn repeated(entries: &[Entry]) -> Vec<(&Node, &Node)> {
    let keys = entries
        .iter()
        .filter(|entry| !entry.is_merge())
        .filter_map(|entry| Some((entry.key.text()?, entry.key.as_ref())));
    if entries.len() <= SMALL {
        // Most mappings are small and have none, and hashing would take most of the time.
        let mut seen = [""; SMALL];
        let mut is_known = keys.clone().zip(0..).map(|((text, _), at)| {
            let is_known = seen.get(..at).is_some_and(|before| before.contains(&text));
            if let Some(place) = seen.get_mut(at) {
                *place = text;
            }
            is_known
        });
        if !is_known.any(|is_known| is_known) {
            return Vec::new();
        }
        let keys: Vec<(&str, &Node)> = keys.collect();
        let before = |at: usize| keys.get(..at).unwrap_or_default();
        return keys
            .iter()
            .enumerate()
            .filter_map(|(at, (text, key))| {
                let (_, first) = before(at).iter().find(|(other, _)| other == text)?;
                Some((*key, *first))
            })
            .collect();
    }
    let mut seen: HashMap<&str, &Node> = HashMap::with_capacity(entries.len());
    let mut found = Vec::new();
    for (text, key) in keys {
        match seen.get(text) {
            Some(first) => found.push((key, *first)),
            None => {
                seen.insert(text, key);
            }
        }
    }
    found
}
