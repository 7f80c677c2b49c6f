//! What a template says if some conditions of its `Fn::If` hold, and the others do not.
//!
//! In: the properties of a resource, and which conditions hold. Out: the same with one branch of each `Fn::If`. Refuses
//! nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::yaml::lookup::Library;
use crate::yaml::node::{Entry, Kind, Node};

/// Which conditions of the template hold, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::lint) struct ConditionCase(BTreeMap<String, bool>);

/// What becomes of a node.
enum ChosenNode {
    Same,
    /// It is `AWS::NoValue`.
    Removed,
    Other(Arc<Node>),
}

impl ConditionCase {
    /// The case in which these conditions hold, or do not.
    pub(super) fn new(holds: BTreeMap<String, bool>) -> Self {
        Self(holds)
    }

    /// Whether something is created that has this condition.
    pub(super) fn creates(&self, condition: Option<&str>) -> bool {
        let holds = condition.and_then(|name| self.0.get(name));
        holds.copied().unwrap_or(true)
    }

    /// `node` with the branch of this case of each `Fn::If`; `None` if there is none in it.
    pub(super) fn of(&self, library: &Library, node: &Arc<Node>) -> Option<Arc<Node>> {
        match self.chosen(library, node) {
            ChosenNode::Other(node) => Some(node),
            ChosenNode::Same | ChosenNode::Removed => None,
        }
    }

    fn chosen(&self, library: &Library, node: &Arc<Node>) -> ChosenNode {
        let target = library.follow(node);
        if let Some(branch) = self.branch(library, &target) {
            if library.reference(&branch).as_deref() == Some("AWS::NoValue") {
                return ChosenNode::Removed;
            }
            return match self.chosen(library, &branch) {
                ChosenNode::Same => ChosenNode::Other(branch),
                other => other,
            };
        }
        if target.tag.is_some() {
            return ChosenNode::Same;
        }
        let kind = match &target.kind {
            Kind::Sequence(items, style) => {
                let items = self.each(library, items, |item| item, |_, item| item);
                items.map(|items| Kind::Sequence(items, *style))
            }
            Kind::Mapping(entries, style) => {
                let with = |entry: &Entry, value| Entry {
                    key: Arc::clone(&entry.key),
                    value,
                };
                let entries = self.each(library, entries, |entry| &entry.value, with);
                entries.map(|entries| Kind::Mapping(entries, *style))
            }
            Kind::Scalar(..) | Kind::Alias(..) => None,
        };
        kind.map_or(ChosenNode::Same, |kind| {
            ChosenNode::Other(Arc::new(Node {
                kind,
                ..(*target).clone()
            }))
        })
    }

    /// The parts without those that are removed; `None` if all are the same.
    fn each<T: Clone>(
        &self,
        library: &Library,
        parts: &[T],
        value: impl Fn(&T) -> &Arc<Node>,
        with: impl Fn(&T, Arc<Node>) -> T,
    ) -> Option<Vec<T>> {
        let mut is_same = true;
        let mut all = Vec::with_capacity(parts.len());
        for part in parts {
            match self.chosen(library, value(part)) {
                ChosenNode::Same => all.push(part.clone()),
                ChosenNode::Removed => is_same = false,
                ChosenNode::Other(node) => {
                    is_same = false;
                    all.push(with(part, node));
                }
            }
        }
        (!is_same).then_some(all)
    }

    /// The branch of a node, if that is `Fn::If`.
    fn branch(&self, library: &Library, node: &Arc<Node>) -> Option<Arc<Node>> {
        let arguments = arguments(library, node)?;
        let [name, holds, fails] = arguments.as_slice() else {
            return None;
        };
        let is_met = self.0.get(library.follow(name).text()?)?;
        Some(Arc::clone(if *is_met { holds } else { fails }))
    }
}

/// The arguments of a node, if that is `Fn::If`.
fn arguments(library: &Library, node: &Arc<Node>) -> Option<Vec<Arc<Node>>> {
    match (&node.kind, node.tag_name()) {
        (Kind::Sequence(items, _), Some("!If")) => Some(items.clone()),
        (Kind::Mapping(entries, _), None) => match entries.as_slice() {
            [entry] if entry.key.text() == Some("Fn::If") => Some(library.items(&entry.value)),
            _ => None,
        },
        _ => None,
    }
}

/// The conditions that decide about a part of `node`.
pub(super) fn named_in(library: &Library, node: &Arc<Node>, found: &mut BTreeSet<String>) {
    let target = library.follow(node);
    if let Some(arguments) = arguments(library, &target) {
        let name = arguments.first().map(|name| library.follow(name));
        found.extend(name.and_then(|name| name.text().map(str::to_owned)));
        for branch in arguments.iter().skip(1) {
            named_in(library, branch, found);
        }
        return;
    }
    match &target.kind {
        Kind::Sequence(items, _) => {
            for item in items {
                named_in(library, item, found);
            }
        }
        Kind::Mapping(entries, _) => {
            for entry in entries {
                named_in(library, &entry.value, found);
            }
        }
        Kind::Scalar(..) | Kind::Alias(..) => {}
    }
}
