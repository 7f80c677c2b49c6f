//! What a template says if the conditions of its `Fn::If` hold, and if they do not.
//!
//! In: the properties of a resource. Out: the same with one branch of each `Fn::If`. Refuses nothing: whether a
//! condition can hold is not asked, and all of them hold, or none.

use std::sync::Arc;

use crate::yaml::lookup::Library;
use crate::yaml::node::{Entry, Kind, Node};

/// Which branch of each `Fn::If` is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum IfBranch {
    Then,
    Else,
}

/// What becomes of a node.
enum ChosenNode {
    Same,
    /// It is `AWS::NoValue`.
    Removed,
    Other(Arc<Node>),
}

impl IfBranch {
    /// `node` with this branch of each `Fn::If`; `None` if there is none in it.
    pub(super) fn of(self, library: &Library, node: &Arc<Node>) -> Option<Arc<Node>> {
        match self.chosen(library, node) {
            ChosenNode::Other(node) => Some(node),
            ChosenNode::Same | ChosenNode::Removed => None,
        }
    }

    fn chosen(self, library: &Library, node: &Arc<Node>) -> ChosenNode {
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
        self,
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
    fn branch(self, library: &Library, node: &Arc<Node>) -> Option<Arc<Node>> {
        let arguments = match (&node.kind, node.tag_name()) {
            (Kind::Sequence(items, _), Some("!If")) => items.clone(),
            (Kind::Mapping(entries, _), None) => match entries.as_slice() {
                [entry] if entry.key.text() == Some("Fn::If") => library.items(&entry.value),
                _ => return None,
            },
            _ => return None,
        };
        let [_, holds, fails] = arguments.as_slice() else {
            return None;
        };
        Some(Arc::clone(match self {
            IfBranch::Then => holds,
            IfBranch::Else => fails,
        }))
    }
}
