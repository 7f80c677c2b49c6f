//! A picture of nodes in boxes and arrows between them, to Mermaid, DOT or SVG.
//!
//! In: nodes and arrows in the order in which they are added. Out: text. Refuses nothing.
//!
//! The hard thing: labels come from files that somebody else may have written. What the language
//! of the picture would read is escaped.

mod layout;
mod svg;
#[cfg(test)]
mod tests;
pub(in crate::report) mod trust;

use std::fmt::Write as _;

use crate::report::escape::{entities, visible};

/// A node of one [`Picture`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::report) struct NodeId(usize);

/// A box of one [`Picture`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::report) struct BoxId(usize);

/// What an arrow means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::report) enum Says {
    /// One assumes the other.
    Assumes,
    /// One hands the other to CloudFormation.
    Passes,
    /// One may assume the other, which it could not before.
    MayNow,
    /// One could assume the other before, and no longer can.
    MightBefore,
}

impl Says {
    /// In words.
    fn words(self) -> &'static str {
        match self {
            Says::Assumes => "assumes",
            Says::Passes => "passes to CloudFormation",
            Says::MayNow => "may now",
            Says::MightBefore => "might before",
        }
    }
}

/// Why a node is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::report) enum Mark {
    /// It gains access, or may.
    Gains,
    /// It loses access, or may.
    Loses,
}

/// A picture.
#[derive(Debug, Default)]
pub(in crate::report) struct Picture {
    nodes: Vec<PictureNode>,
    boxes: Vec<String>,
    arrows: Vec<Arrow>,
}

#[derive(Debug)]
struct PictureNode {
    label: String,
    home: Option<BoxId>,
    is_round: bool,
    marks: Vec<(Mark, String)>,
}

#[derive(Debug)]
struct Arrow {
    from: NodeId,
    to: NodeId,
    says: Says,
}

impl Picture {
    /// Adds a box with this title.
    pub(in crate::report) fn add_box(&mut self, title: String) -> BoxId {
        self.boxes.push(title);
        BoxId(self.boxes.len() - 1)
    }

    /// Adds a node in a box, or a node outside of the boxes.
    pub(in crate::report) fn add(&mut self, label: String, home: Option<BoxId>) -> NodeId {
        self.nodes.push(PictureNode {
            label,
            home,
            is_round: false,
            marks: Vec::new(),
        });
        NodeId(self.nodes.len() - 1)
    }

    /// Adds a round node outside of the boxes: somebody from outside.
    pub(in crate::report) fn add_round(&mut self, label: String) -> NodeId {
        let id = self.add(label, None);
        if let Some(node) = self.nodes.get_mut(id.0) {
            node.is_round = true;
        }
        id
    }

    /// Marks a node with a line that says why. It is seen in SVG; of several marks, the most severe
    /// one gives the color.
    pub(in crate::report) fn mark(&mut self, id: NodeId, mark: Mark, why: String) {
        if let Some(node) = self.nodes.get_mut(id.0) {
            node.marks.push((mark, why));
        }
    }

    /// Adds an arrow.
    pub(in crate::report) fn arrow(&mut self, from: NodeId, to: NodeId, says: Says) {
        self.arrows.push(Arrow { from, to, says });
    }

    fn within(&self, home: Option<BoxId>) -> impl Iterator<Item = (usize, &PictureNode)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter(move |(_, node)| node.home == home)
    }

    /// The picture in Mermaid, which GitHub draws.
    pub(in crate::report) fn mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n");
        for (id, node) in self.within(None) {
            let (open, close) = if node.is_round {
                ("([", "])")
            } else {
                ("[", "]")
            };
            let _ = writeln!(out, "  n{id}{open}\"{}\"{close}", entities(&node.label));
        }
        for (at, title) in self.boxes.iter().enumerate() {
            let _ = writeln!(out, "  subgraph b{at} [\"{}\"]", entities(title));
            for (id, node) in self.within(Some(BoxId(at))) {
                let _ = writeln!(out, "    n{id}[\"{}\"]", entities(&node.label));
            }
            out.push_str("  end\n");
        }
        for arrow in &self.arrows {
            let (before, after) = match arrow.says {
                Says::Assumes | Says::Passes => ("--", "-->"),
                Says::MayNow => ("==", "==>"),
                Says::MightBefore => ("-.", ".->"),
            };
            let (from, to, words) = (arrow.from.0, arrow.to.0, arrow.says.words());
            let _ = writeln!(out, "  n{from} {before} {words} {after} n{to}");
        }
        out
    }

    /// The picture in DOT, for Graphviz.
    pub(in crate::report) fn dot(&self) -> String {
        let mut out = String::from("digraph roles {\n  rankdir=LR;\n  node [shape=box];\n");
        for (id, node) in self.within(None) {
            let shape = if node.is_round { "shape=oval, " } else { "" };
            let _ = writeln!(out, "  n{id} [{shape}label={}];", quoted(&node.label));
        }
        for (at, title) in self.boxes.iter().enumerate() {
            let title = quoted(title);
            let _ = writeln!(out, "  subgraph cluster_{at} {{\n    label={title};");
            for (id, node) in self.within(Some(BoxId(at))) {
                let _ = writeln!(out, "    n{id} [label={}];", quoted(&node.label));
            }
            out.push_str("  }\n");
        }
        for arrow in &self.arrows {
            let label = quoted(arrow.says.words());
            let (from, to) = (arrow.from.0, arrow.to.0);
            let _ = writeln!(out, "  n{from} -> n{to} [label={label}];");
        }
        out + "}\n"
    }
}

fn quoted(text: &str) -> String {
    let text = visible(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}
