//! What is at a place of a file that is YAML.
//!
//! In: a tree and a byte. Out: the keys that lead to it, and the node there. Refuses nothing: between
//! nodes, it is the innermost that surrounds the place.

use std::sync::Arc;

use crate::source::Span;
use crate::yaml::node::{Kind, Node};

/// One key on the way.
pub(super) struct RouteStep {
    /// The key.
    pub(super) key: String,
    /// Its value.
    pub(super) value: Arc<Node>,
}

/// The way to a place.
pub(super) struct NodeRoute {
    /// The keys, the outermost first.
    pub(super) steps: Vec<RouteStep>,
    /// The innermost node.
    pub(super) node: Arc<Node>,
    /// Whether that is the key of the last step.
    pub(super) is_key: bool,
}

impl NodeRoute {
    /// The way from `root` to the byte `at`.
    pub(super) fn to(root: &Arc<Node>, at: usize) -> Self {
        let mut route = Self {
            steps: Vec::new(),
            node: Arc::clone(root),
            is_key: false,
        };
        while route.step(at) {}
        route
    }

    /// The names of the keys.
    pub(super) fn names(&self) -> Vec<&str> {
        self.steps.iter().map(|step| step.key.as_str()).collect()
    }

    /// The name that is referred to here: `!Ref Name` or `{ Ref: Name }`.
    pub(super) fn reference(&self) -> Option<&str> {
        let Kind::Scalar(name, _) = &self.node.kind else {
            return None;
        };
        let last = self.steps.last().filter(|_| !self.is_key);
        let is_long = self.node.tag.is_none() && last.is_some_and(|step| step.key == "Ref");
        (is_long || self.node.tag_name() == Some("!Ref")).then_some(name)
    }

    /// What is at the place, to be underlined.
    pub(super) fn span(&self) -> Span {
        self.node.whole_span()
    }

    fn step(&mut self, at: usize) -> bool {
        let node = Arc::clone(&self.node);
        match &node.kind {
            Kind::Mapping(entries, _) => {
                let is_here = |node: &Arc<Node>| is_in(node, at);
                let entry = entries
                    .iter()
                    .find(|entry| is_here(&entry.key) || is_here(&entry.value));
                let Some(entry) = entry else { return false };
                self.steps.push(RouteStep {
                    key: entry.key.text().unwrap_or_default().to_owned(),
                    value: Arc::clone(&entry.value),
                });
                self.is_key = is_here(&entry.key);
                self.node = Arc::clone(if self.is_key {
                    &entry.key
                } else {
                    &entry.value
                });
                !self.is_key
            }
            Kind::Sequence(items, _) => match items.iter().find(|item| is_in(item, at)) {
                Some(item) => {
                    self.node = Arc::clone(item);
                    true
                }
                None => false,
            },
            Kind::Scalar(..) | Kind::Alias(..) => false,
        }
    }
}

/// Whether the byte is in the node, or directly after it, where a cursor also is.
fn is_in(node: &Node, at: usize) -> bool {
    let span = node.whole_span();
    span.start <= at && at <= span.end
}
