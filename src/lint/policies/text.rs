//! A policy document that is written as a text in JSON, as `template::in_text` reads it.
//!
//! In: the node of a document. Out: the document in the text, each part of which is where the text is. Refuses nothing:
//! what is not such a text is no document.

use std::sync::Arc;

use crate::source::Span;
use crate::template::read::rendered;
use crate::template::spelling::respelled;
use crate::template::value::Data;
use crate::yaml::lookup::Library;
use crate::yaml::node::{Entry, Kind, Node, Style, Tag};
use crate::yaml::parse::parse;
use crate::yaml::value::value;

const SUB: &str = "!Sub";

/// The document that the text of a node holds, or what makes a text of it.
pub(super) fn in_text(library: &Library, node: &Arc<Node>) -> Option<Arc<Node>> {
    let found = library.follow(node);
    let (function, argument) = match (&found.kind, found.tag_name()) {
        (_, Some(tag)) => (
            tag.strip_prefix('!')?,
            Arc::new(Node {
                tag: None,
                ..(*found).clone()
            }),
        ),
        (Kind::Mapping(entries, _), None) => match entries.as_slice() {
            [entry] => (
                entry.key.text()?.strip_prefix("Fn::")?,
                Arc::clone(&entry.value),
            ),
            _ => return None,
        },
        (Kind::Scalar(text, _), None) => {
            return DocumentText::of(library, &found, TextVariables::Kept).document(text);
        }
        _ => return None,
    };
    match (function, &argument.kind) {
        ("ToJsonString", Kind::Mapping(..)) => Some(argument),
        ("Sub", Kind::Scalar(text, _)) => {
            DocumentText::of(library, &found, TextVariables::Replaced(None)).document(text)
        }
        ("Sub", Kind::Sequence(items, _)) => match items.as_slice() {
            [text, own] => {
                let of_text = DocumentText::of(
                    library,
                    &found,
                    TextVariables::Replaced(Some(Arc::clone(own))),
                );
                of_text.document(text.text()?)
            }
            _ => None,
        },
        ("Join", _) => {
            let joined = respelled(&rendered(&value(library, node).ok()?));
            match (&joined, joined.get("Fn::Sub")) {
                (Data::Text(text), _) => {
                    DocumentText::of(library, &found, TextVariables::Kept).document(text)
                }
                (_, Some(Data::Text(text))) => {
                    DocumentText::of(library, &found, TextVariables::Replaced(None)).document(text)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Where a node is shown: of a text in a block of its own, that is the mark before it, since a comment can be there.
pub(super) fn shown_span(library: &Library, node: &Node) -> Span {
    let span = node.whole_span();
    let before = library.sources.text(span.file).get(..span.start);
    let lines = before.and_then(|before| before.rsplit_once('\n'));
    let Some((above, _)) = lines.filter(|(_, begin)| begin.trim().is_empty()) else {
        return span;
    };
    let above = above.trim_end();
    let line = above.rsplit('\n').next().unwrap_or(above);
    let mark = [": |", ": >", "- |", "- >"]
        .iter()
        .find_map(|mark| line.find(mark));
    mark.map_or(span, |at| {
        let start = above.len() - line.len() + at + 2;
        Span::new(span.file, start, start + 1)
    })
}

/// Where a text is, and what is substituted in it.
struct DocumentText {
    span: Span,
    variables: TextVariables,
}

/// What becomes of `${...}` in a text.
enum TextVariables {
    /// They are IAM's.
    Kept,
    /// `Fn::Sub` replaces them, also with values of its own.
    Replaced(Option<Arc<Node>>),
}

impl DocumentText {
    fn of(library: &Library, node: &Node, variables: TextVariables) -> Self {
        Self {
            span: shown_span(library, node),
            variables,
        }
    }

    /// The document that `text` is.
    fn document(&self, text: &str) -> Option<Arc<Node>> {
        let document = parse(self.span.file, text).ok()?;
        document.root.entries()?;
        self.placed(&document.root)
    }

    /// The same where the text is; `None` if a key may have another name, or if it is no JSON.
    fn placed(&self, node: &Arc<Node>) -> Option<Arc<Node>> {
        if node.tag.is_some() {
            return None;
        }
        let kind = match &node.kind {
            Kind::Scalar(text, _) if self.may_replace(text) => {
                return Some(self.substituted(text));
            }
            Kind::Scalar(text, is_plain) => Kind::Scalar(text.clone(), *is_plain),
            Kind::Sequence(items, style) => {
                let items = items.iter().map(|item| self.placed(item));
                Kind::Sequence(items.collect::<Option<_>>()?, *style)
            }
            Kind::Mapping(entries, style) => {
                let entries = entries.iter().map(|entry| self.entry(entry));
                Kind::Mapping(entries.collect::<Option<_>>()?, *style)
            }
            Kind::Alias(..) => return None,
        };
        Some(self.node(kind, None))
    }

    /// Whether something in a part of the text is replaced.
    fn may_replace(&self, text: &str) -> bool {
        matches!(self.variables, TextVariables::Replaced(_)) && text.contains("${")
    }

    fn entry(&self, entry: &Entry) -> Option<Entry> {
        (!self.may_replace(entry.key.text()?)).then_some(())?;
        Some(Entry {
            key: self.placed(&entry.key)?,
            value: self.placed(&entry.value)?,
        })
    }

    /// The `Fn::Sub` of a part of the text.
    fn substituted(&self, text: &str) -> Arc<Node> {
        let text = Kind::Scalar(text.to_owned(), false);
        let kind = match &self.variables {
            TextVariables::Replaced(Some(own)) => {
                Kind::Sequence(vec![self.node(text, None), Arc::clone(own)], Style::Flow)
            }
            TextVariables::Replaced(None) | TextVariables::Kept => text,
        };
        self.node(kind, Some(SUB))
    }

    fn node(&self, kind: Kind, tag: Option<&str>) -> Arc<Node> {
        Arc::new(Node {
            span: self.span,
            tag: tag.map(|name| {
                Box::new(Tag {
                    name: name.to_owned(),
                    span: self.span,
                })
            }),
            anchor: 0,
            kind,
        })
    }
}
