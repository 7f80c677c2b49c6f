//! A YAML document as a tree with the location of each part. Plain data: it refuses nothing.

use std::sync::Arc;

use foldhash::HashMap;

use crate::source::{FileId, Span};
use crate::yaml::scalar::{PlainScalar, is_null, plain_scalar};

/// A tag such as `!Ref`, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag as written, with its `!`.
    pub name: String,
    /// Where it is written.
    pub span: Span,
}

/// Whether a collection was written with indentation or with brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Lines and indentation.
    Block,
    /// `{}` or `[]`.
    Flow,
}

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value's own bytes, without tag and anchor, trimmed of trailing white space.
    pub span: Span,
    /// The tag, if it is not one of YAML's own. In a box, since most nodes have none.
    pub tag: Option<Box<Tag>>,
    /// The id of the anchor defined on this node, or 0.
    pub anchor: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a [`Node`] is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A scalar: its text after unescaping, and whether it was written plain (so that `true` or
    /// `12` may be something else than text).
    Scalar(String, bool),
    /// A sequence.
    Sequence(Vec<Arc<Node>>, Style),
    /// A mapping, in the order of the text, duplicates and merge keys included.
    Mapping(Vec<Entry>, Style),
    /// `*name`: the node it stands for and its anchor's id.
    Alias(Arc<Node>, usize),
}

/// One key and value of a mapping.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Arc<Node>,
    /// The value.
    pub value: Arc<Node>,
}

impl Entry {
    /// Whether the key is a merge key: a plain `<<`.
    pub fn is_merge(&self) -> bool {
        self.key.tag.is_none() && matches!(&self.key.kind, Kind::Scalar(text, true) if text == "<<")
    }
}

impl Node {
    /// The node itself, or what its alias stands for.
    pub fn resolved(&self) -> &Node {
        let mut node = self;
        while let Kind::Alias(target, _) = &node.kind {
            node = target;
        }
        node
    }

    /// The tag's name, with its `!`.
    pub fn tag_name(&self) -> Option<&str> {
        self.tag.as_ref().map(|tag| tag.name.as_str())
    }

    /// Where the node begins, its tag included.
    pub fn start(&self) -> usize {
        self.tag
            .as_ref()
            .map_or(self.span.start, |tag| tag.span.start.min(self.span.start))
    }

    /// The span of the node with its tag; what a diagnostic underlines.
    pub fn whole_span(&self) -> Span {
        Span::new(
            self.span.file,
            self.start(),
            self.span
                .end
                .max(self.tag.as_ref().map_or(0, |tag| tag.span.end)),
        )
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.resolved().kind {
            Kind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.resolved().kind {
            Kind::Mapping(entries, _) => Some(entries),
            _ => None,
        }
    }

    /// The value of `key`, if this is a mapping that has it as a key of its own (merge keys are
    /// not followed).
    pub fn get(&self, key: &str) -> Option<&Arc<Node>> {
        self.entries()?
            .iter()
            .find(|entry| entry.key.text() == Some(key))
            .map(|entry| &entry.value)
    }

    /// Whether this is a plain scalar that YAML reads as null.
    pub fn is_null(&self) -> bool {
        let node = self.resolved();
        matches!(&node.kind, Kind::Scalar(text, true) if is_null(text)) && node.tag.is_none()
    }

    /// What the node is, in the words of YAML, for "expected X, found Y".
    pub fn describe(&self) -> &'static str {
        let node = self.resolved();
        match (&node.kind, node.tag.is_some()) {
            _ if node.is_null() => "nothing",
            (Kind::Scalar(..), true) => "a tagged value",
            (Kind::Scalar(text, true), false) => match plain_scalar(text) {
                PlainScalar::Null => "nothing",
                PlainScalar::Bool(_) => "`true` or `false`",
                PlainScalar::Integer | PlainScalar::Float(_) | PlainScalar::OtherNumber => {
                    "a number"
                }
                PlainScalar::Text => "text",
            },
            (Kind::Scalar(_, false), false) => "text",
            (Kind::Sequence(..), _) => "a list",
            (Kind::Mapping(..), _) => "a mapping",
            (Kind::Alias(..), _) => "an alias",
        }
    }
}

/// An anchor's name and place.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// The name without `&`.
    pub name: String,
    /// Where it is written.
    pub span: Span,
}

/// A parsed file: one document.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file.
    pub file: FileId,
    /// The root node; a null scalar for an empty file.
    pub root: Arc<Node>,
    /// The anchors by id.
    pub anchors: HashMap<usize, Anchor>,
}

impl Document {
    /// Whether a scalar of the document holds `text`.
    pub fn holds(&self, text: &str) -> bool {
        let mut stack = vec![&self.root];
        while let Some(node) = stack.pop() {
            match &node.kind {
                Kind::Scalar(scalar, _) if scalar.contains(text) => return true,
                Kind::Scalar(..) | Kind::Alias(..) => {}
                Kind::Sequence(items, _) => stack.extend(items),
                Kind::Mapping(entries, _) => {
                    stack.extend(entries.iter().flat_map(|entry| [&entry.key, &entry.value]));
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use crate::source::FileId;
    use crate::yaml::parse::parse;

    #[test]
    fn scalars_are_described_as_yaml_reads_them() {
        for (text, wanted) in [
            ("~", "nothing"),
            ("True", "`true` or `false`"),
            ("'true'", "text"),
            ("1e3", "a number"),
            ("0x1F", "a number"),
            ("inf", "text"),
            ("!Ref a", "a tagged value"),
        ] {
            let document = parse(FileId(0), text).unwrap();
            assert_eq!(document.root.describe(), wanted, "{text}");
        }
    }
}
