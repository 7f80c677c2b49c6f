//! A text, or a part of it, to a tree.
//!
//! In: the range of a part that is YAML on its own. Out: its tree, with places in the whole text.
//!
//! The hard thing: the parser reports the end of a block collection at the *next* token, so the
//! end is taken from the last token of the content.

use std::ops::Range;
use std::sync::Arc;

use foldhash::HashMap;
use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle};

use super::duplicates::{RepeatedKey, duplicate_keys};
use super::scan_error::scan_error;
use crate::diagnostic::{Diagnostic, Result};
use crate::source::{FileId, Span};
use crate::yaml::node::{Anchor, Document, Entry, Kind, Node, Style, Tag};
use crate::yaml::rules::{INVALID_YAML, SECOND_DOCUMENT};

/// What a part of a text holds.
pub(super) struct TextPart {
    pub(super) document: Document,
    /// The keys that appear twice in one mapping.
    pub(super) repeated: Vec<RepeatedKey>,
    /// One past the last byte of content.
    pub(super) end: usize,
    /// Whether the last scalar is a block scalar: the parser does not end an empty one in the same place if
    /// nothing follows it.
    pub(super) ends_in_block_scalar: bool,
}

impl TextPart {
    /// Reads the bytes in `range` as a text of their own, nested at most `limit` deep.
    pub(super) fn read(
        file: FileId,
        text: &str,
        range: Range<usize>,
        limit: usize,
    ) -> Result<Self> {
        let mut builder = Builder::new(file, text, range.start);
        let part = text.get(range).unwrap_or_default();
        for event in Parser::new_from_str_with_options(part, options(limit)) {
            let (event, span) = event.map_err(|error| vec![scan_error(file, text, &error)])?;
            builder.event(event, span)?;
        }
        let (end, ends_in_block_scalar) = (builder.last_end, builder.in_block_scalar);
        let document = builder.finish();
        let mut repeated = Vec::new();
        duplicate_keys(&document.root, &mut repeated);
        Ok(Self {
            document,
            repeated,
            end,
            ends_in_block_scalar,
        })
    }
}

fn options(limit: usize) -> Options {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_anchor_events = true;
    options.block_scalar_eof_without_line_feed = true;
    options.block_nesting_limit = limit;
    options.flow_nesting_limit = limit;
    options
}

enum Open {
    Sequence(Vec<Arc<Node>>, Style),
    Mapping(Vec<Entry>, Option<Arc<Node>>, Style),
}

struct Builder<'text> {
    file: FileId,
    text: &'text str,
    /// Where the part begins that is read.
    offset: usize,
    stack: Vec<(Open, Node)>,
    root: Option<Arc<Node>>,
    anchored: HashMap<usize, Arc<Node>>,
    anchors: HashMap<usize, Anchor>,
    /// One past the last byte of content seen.
    last_end: usize,
    documents: usize,
    in_block_scalar: bool,
}

impl<'text> Builder<'text> {
    fn new(file: FileId, text: &'text str, offset: usize) -> Self {
        Self {
            file,
            text,
            offset,
            stack: Vec::new(),
            root: None,
            anchored: HashMap::default(),
            anchors: HashMap::default(),
            last_end: offset,
            documents: 0,
            in_block_scalar: false,
        }
    }

    fn event(&mut self, event: Event<'_>, span: granit_parser::Span) -> Result<()> {
        let in_text = |range: Range<usize>| range.start + self.offset..range.end + self.offset;
        let range = in_text(span.byte_range().unwrap_or(0..0));
        let tag_range = span.tag_span().and_then(|tag| tag.byte_range());
        let tag_range = tag_range.map(in_text);
        if let Some(tag) = &tag_range {
            self.last_end = self.last_end.max(tag.end);
        }
        let tag = event.tag().and_then(|tag| {
            let range = tag_range.as_ref().unwrap_or(&range);
            Some(Box::new(Tag {
                name: custom_tag(tag)?,
                span: self.span(range),
            }))
        });
        let is_text = event.tag().is_some_and(is_text_tag);
        let span = self.span(&range);
        let node = |kind, anchor| Node {
            span,
            tag,
            anchor,
            kind,
        };
        match event {
            Event::DocumentStart(..) => return self.document(span),
            Event::Alias(id) => return self.alias(id, span),
            Event::Scalar(value, style, anchor, _) => {
                self.in_block_scalar = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let plain = style == ScalarStyle::Plain && !is_text;
                self.scalar(node(Kind::Scalar(value.into_owned(), plain), anchor));
            }
            Event::Anchor(id, name) => {
                self.last_end = self.last_end.max(range.end);
                let name = name.into_owned();
                self.anchors.insert(id, Anchor { name, span });
            }
            Event::SequenceStart(style, anchor, _) => {
                let node = node(Kind::Sequence(Vec::new(), Style::Block), anchor);
                self.last_end = self.last_end.max(range.end);
                let open = Open::Sequence(Vec::new(), style_of(style));
                self.stack.push((open, node));
            }
            Event::MappingStart(style, anchor, _) => {
                let node = node(Kind::Mapping(Vec::new(), Style::Block), anchor);
                if style == StructureStyle::Flow {
                    self.last_end = self.last_end.max(range.end);
                }
                let open = Open::Mapping(Vec::new(), None, style_of(style));
                self.stack.push((open, node));
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&range),
            _ => {}
        }
        Ok(())
    }

    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    fn document(&mut self, span: Span) -> Result<()> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let message = "the file holds a second YAML document";
        Err(vec![
            Diagnostic::new(&SECOND_DOCUMENT, span, message)
                .label("it begins here")
                .help("OrgFormation reads one document per file: move this one to its own file"),
        ])
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<()> {
        let Some(target) = self.anchored.get(&id).cloned() else {
            let message = "invalid YAML: an alias inside the value that it refers to";
            return Err(vec![
                Diagnostic::new(&INVALID_YAML, span, message)
                    .help("an anchored value cannot contain its own alias"),
            ]);
        };
        self.last_end = self.last_end.max(span.end);
        self.close(Node {
            span,
            tag: None,
            anchor: 0,
            kind: Kind::Alias(target, id),
        });
        Ok(())
    }

    /// Closes the last collection.
    fn end(&mut self, range: &Range<usize>) {
        let Some((open, mut node)) = self.stack.pop() else {
            return;
        };
        // Brackets have a token of their own; a block collection has none.
        if !range.is_empty() {
            self.last_end = self.last_end.max(range.end);
        }
        node.span.end = self.last_end.max(node.span.start);
        node.kind = match open {
            Open::Sequence(items, style) => Kind::Sequence(items, style),
            Open::Mapping(entries, _, style) => Kind::Mapping(entries, style),
        };
        self.close(node);
    }

    fn scalar(&mut self, mut node: Node) {
        if node.span.start == node.span.end {
            // An empty node: it is where its tag ends, or where the content ended.
            let at = node.tag.as_ref().map_or(self.last_end, |tag| tag.span.end);
            node.span = Span::new(self.file, at, at);
        } else {
            node.span.end = self.trimmed(node.span.start, node.span.end);
            self.last_end = self.last_end.max(node.span.end);
        }
        self.close(node);
    }

    fn trimmed(&self, start: usize, end: usize) -> usize {
        let text = self.text.get(start..end).unwrap_or_default();
        start + text.trim_end_matches([' ', '\t', '\r', '\n']).len()
    }

    fn close(&mut self, node: Node) {
        let node = Arc::new(node);
        if node.anchor != 0 {
            self.anchored.insert(node.anchor, Arc::clone(&node));
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some((Open::Sequence(items, _), _)) => items.push(node),
            Some((Open::Mapping(entries, key, _), _)) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push(Entry { key, value: node }),
            },
        }
    }

    fn finish(self) -> Document {
        let file = self.file;
        let root = self.root.unwrap_or_else(|| {
            Arc::new(Node {
                span: Span::new(file, self.text.len(), self.text.len()),
                tag: None,
                anchor: 0,
                kind: Kind::Scalar(String::new(), true),
            })
        });
        Document {
            file,
            root,
            anchors: self.anchors,
        }
    }
}

fn style_of(style: StructureStyle) -> Style {
    match style {
        StructureStyle::Block => Style::Block,
        StructureStyle::Flow => Style::Flow,
    }
}

/// Whether the tag says that a scalar is text, however it is written: `!!str` or `!`.
fn is_text_tag(tag: &granit_parser::Tag) -> bool {
    tag.is_yaml_core_schema_tag("str") || tag.parts() == ("", "!") || tag.parts() == ("!", "")
}

/// The tag's name if it is not one of YAML's own (`!!str`, `!`).
fn custom_tag(tag: &granit_parser::Tag) -> Option<String> {
    if tag.is_yaml_core_schema() || tag.parts() == ("", "!") || tag.parts() == ("!", "") {
        return None;
    }
    // `!<!Ref>` is another way to write `!Ref`, and a `%TAG` directive gives a third.
    let name = format!("{}{}", tag.handle(), tag.suffix());
    Some(if name.starts_with('!') {
        name
    } else {
        tag.original()
    })
}
