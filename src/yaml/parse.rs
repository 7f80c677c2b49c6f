//! Text to a spanned YAML tree.
//!
//! In: the text of one file. Out: a [`Document`] whose nodes carry byte spans. Refuses invalid
//! YAML, a second document, nesting beyond [`NESTING_LIMIT`] and duplicate keys (js-yaml, which
//! OrgFormation reads with, refuses these too). Aliases are kept as such; expanding them is
//! bounded where it happens.
//!
//! The hard thing: the parser reports the end of a block collection at the *next* token, so the
//! end is taken from the last token of the content.

use std::ops::Range;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, StructureStyle};

use crate::diagnostic::{Diagnostic, Problems, Result};
use crate::source::{FileId, Span};
use crate::yaml::node::{Anchor, Document, Entry, Kind, Node, Style, Tag};
use crate::yaml::nunjucks::nunjucks;
use crate::yaml::rules::{DUPLICATE_KEY, INVALID_YAML, NESTED_TOO_DEEP, NUNJUCKS, SECOND_DOCUMENT};

/// How many collections may be nested.
pub const NESTING_LIMIT: usize = 100;

/// Parses `text`, the content of `file`, as one YAML document.
///
/// # Errors
///
/// `invalid-yaml`, `nunjucks` (if the text is a nunjucks template), `nested-too-deep`,
/// `second-document`, `duplicate-key`.
pub fn parse(file: FileId, text: &str) -> Result<Document> {
    let (document, repeated, after) = tree(file, text)?;
    let mut problems = Problems::default();
    problems.extend(after);
    for key in &repeated {
        problems.push(
            duplicate_key(key).help("OrgFormation refuses duplicate keys: rename or remove one"),
        );
    }
    problems.sorted().finish(document)
}

/// Parses `text` as [`parse`] does, for a reader that uses the last of equal keys. Returns them with
/// the document; all are in its mappings.
///
/// # Errors
///
/// As [`parse`], except for `duplicate-key`.
pub fn parse_with_duplicates(file: FileId, text: &str) -> Result<(Document, Vec<RepeatedKey>)> {
    let (document, repeated, after) = tree(file, text)?;
    match after {
        Some(problem) => Err(vec![problem]),
        None => Ok((document, repeated)),
    }
}

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

/// The document, its duplicate keys, and what follows the document.
fn tree(file: FileId, text: &str) -> Result<(Document, Vec<RepeatedKey>, Option<Diagnostic>)> {
    let mut builder = Builder::new(file, text);
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, span) = event.map_err(|error| vec![scan_error(file, text, &error)])?;
        builder.event(event, span)?;
    }
    let document = builder.finish();
    let mut repeated = Vec::new();
    duplicate_keys(&document.root, &mut repeated);
    Ok((document, repeated, text_after_the_end(file, text)))
}

/// The problem of a key that appears twice, without help.
pub fn duplicate_key(key: &RepeatedKey) -> Diagnostic {
    let text = shorten(&key.key);
    let message = format!("the key `{text}` appears twice in one mapping");
    Diagnostic::new(&DUPLICATE_KEY, key.again, message)
        .label("again here")
        .related(key.first, "first here")
}

/// What follows a line `...`, unless it is a comment: js-yaml reads it as a second document, even
/// another `...`. The parser reads such a line as the end of the document only.
fn text_after_the_end(file: FileId, text: &str) -> Option<Diagnostic> {
    const END: &str = "...";
    let is_end = |at: &usize| {
        let before = text.get(..*at).unwrap_or_default();
        let after = text.get(at + END.len()..).unwrap_or_default();
        (before.is_empty() || before.ends_with(['\n', '\r', '\u{feff}']))
            && (after.is_empty() || after.starts_with([' ', '\t', '\n', '\r']))
    };
    let end = text.match_indices(END).map(|(at, _)| at).find(is_end)?;
    let mut at = end + END.len();
    for line in text.get(at..)?.split_inclusive(['\n', '\r']) {
        let content = line.trim_matches([' ', '\t', '\n', '\r']);
        if !content.is_empty() && !content.starts_with('#') {
            let start = at + line.find(content)?;
            let span = Span::new(file, start, start + content.len());
            return Some(
                Diagnostic::new(
                    &SECOND_DOCUMENT,
                    span,
                    "the file holds a second YAML document",
                )
                .label("for OrgFormation it begins here")
                .related(
                    Span::new(file, end, end + END.len()),
                    "the first one ends here",
                )
                .help(
                    "OrgFormation reads one document per file: remove this line, or the `...` above",
                ),
            );
        }
        at += line.len();
    }
    None
}

fn options() -> Options {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_anchor_events = true;
    options.block_scalar_eof_without_line_feed = true;
    options.block_nesting_limit = NESTING_LIMIT;
    options.flow_nesting_limit = NESTING_LIMIT;
    options
}

fn scan_error(file: FileId, text: &str, error: &ScanError) -> Diagnostic {
    let at = error
        .marker()
        .byte_offset()
        .unwrap_or(text.len())
        .min(text.len());
    let span = Span::new(file, at, at);
    let message = error.info().clone();
    if matches!(
        error.kind(),
        granit_parser::ErrorKind::RecursionLimitExceeded
    ) {
        return Diagnostic::new(
            &NESTED_TOO_DEEP,
            span,
            format!("collections are nested more than {NESTING_LIMIT} deep"),
        )
        .help("make it flatter; no template needs this");
    }
    if let Some(brace) = nunjucks(text) {
        let problem = Diagnostic::new(
            &NUNJUCKS,
            Span::new(file, brace, brace + 2),
            "the file is a nunjucks template, which is not YAML before it is rendered",
        );
        let problem = if (brace..=brace + 2).contains(&at) {
            problem
        } else {
            problem.related(span, message)
        };
        return problem.help("deploy-roles runs before OrgFormation renders nunjucks: move the macro to a template without nunjucks");
    }
    if let Some(tab) = tab_indentation(text, at).filter(|_| message.contains("tab")) {
        return Diagnostic::new(
            &INVALID_YAML,
            Span::new(file, tab, tab + 1),
            "invalid YAML: a tab in the indentation",
        )
        .help("indent with spaces");
    }
    let help = if message.contains("comments must be separated") {
        "put a space before `#`: OrgFormation reads this, but most other readers of YAML do not"
    } else if message.contains("-quoted scalar") || message.contains("document indicator") {
        "see whether each quote is closed, also on the lines above; nothing after this place was read"
    } else if message.ends_with("expected key") || message.ends_with("'-' indicator") {
        "see whether this line and those above begin in the right column; nothing after this place was read"
    } else {
        "correct the YAML; nothing after this place was read"
    };
    Diagnostic::new(&INVALID_YAML, span, format!("invalid YAML: {message}")).help(help)
}

/// Where the line at `at`, or the next one, has a tab in front of its text. The parser points at
/// the scalar before it, which could have gone on there.
fn tab_indentation(text: &str, at: usize) -> Option<usize> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |index| index + 1);
    let mut line_start = start;
    for line in text.get(start..)?.split_inclusive('\n').take(2) {
        let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line.get(..indentation)?.find('\t') {
            return Some(line_start + tab);
        }
        line_start += line.len();
    }
    None
}

enum Open {
    Sequence(Vec<Arc<Node>>, Style),
    Mapping(Vec<Entry>, Option<Arc<Node>>, Style),
}

struct Builder<'text> {
    file: FileId,
    text: &'text str,
    stack: Vec<(Open, Node)>,
    root: Option<Arc<Node>>,
    anchored: HashMap<usize, Arc<Node>>,
    anchors: HashMap<usize, Anchor>,
    /// One past the last byte of content seen.
    last_end: usize,
    documents: usize,
}

impl<'text> Builder<'text> {
    fn new(file: FileId, text: &'text str) -> Self {
        Self {
            file,
            text,
            stack: Vec::new(),
            root: None,
            anchored: HashMap::default(),
            anchors: HashMap::default(),
            last_end: 0,
            documents: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, span: granit_parser::Span) -> Result<()> {
        let range = span.byte_range().unwrap_or(0..0);
        let tag_range = span.tag_span().and_then(|tag| tag.byte_range());
        if let Some(tag) = &tag_range {
            self.last_end = self.last_end.max(tag.end);
        }
        let tag = event.tag().and_then(|tag| {
            let range = tag_range.as_ref().unwrap_or(&range);
            Some(Tag {
                name: custom_tag(tag)?,
                span: self.span(range),
            })
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

fn duplicate_keys(node: &Node, found: &mut Vec<RepeatedKey>) {
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
fn repeated(entries: &[Entry]) -> Vec<(&Node, &Node)> {
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

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Document {
        parse(FileId(0), text).unwrap()
    }

    fn codes(text: &str) -> Vec<&'static str> {
        parse(FileId(0), text)
            .unwrap_err()
            .iter()
            .map(|d| d.rule.id)
            .collect()
    }

    fn slice<'a>(text: &'a str, node: &Node) -> &'a str {
        text.get(node.span.start..node.span.end).unwrap()
    }

    #[test]
    fn a_block_mapping_ends_with_its_content() {
        let text = "\u{feff}a:\n  b: é\n  c: [1, 2] # no\n\n# next\nd: 1\n";
        let document = tree(text);
        assert_eq!(
            slice(text, document.root.get("a").unwrap()),
            "b: é\n  c: [1, 2]"
        );
        assert_eq!(slice(text, document.root.get("d").unwrap()), "1");
    }

    #[test]
    fn an_empty_tagged_value_stands_behind_its_tag() {
        let text = "a: !X\nb: 1\n";
        let document = tree(text);
        let node = document.root.get("a").unwrap();
        assert_eq!(node.tag_name(), Some("!X"));
        assert_eq!(slice(text, node), "");
        assert_eq!(node.span.start, 5);
    }

    #[test]
    fn keeps_tags_and_quoting() {
        let document = tree("a: !Ref X\nb: '1'\nc: !!str 1\nd: 1\n");
        assert_eq!(document.root.get("a").unwrap().tag_name(), Some("!Ref"));
        for (key, plain) in [("b", false), ("c", false), ("d", true)] {
            let Kind::Scalar(_, found) = document.root.get(key).unwrap().kind else {
                panic!()
            };
            assert_eq!(found, plain, "{key}");
        }
    }

    #[test]
    fn refuses_what_orgformation_refuses() {
        assert_eq!(codes("a: 1\na: 2\n"), ["duplicate-key"]);
        assert_eq!(codes("a: 1\n---\nb: 2\n"), ["second-document"]);
        for more in [
            "...",
            "...\r",
            "# c\n...\n",
            " ...",
            "\u{feff}",
            "%YAML 1.2\n---\n",
        ] {
            let text = format!("a: 1\n...\n{more}");
            assert_eq!(codes(&text), ["second-document"], "{text}");
        }
        assert_eq!(codes("...\na: 1\n"), ["second-document"]);
        assert_eq!(codes("a: [1\n"), ["invalid-yaml"]);
        assert_eq!(codes("a:\n\t- b\n"), ["invalid-yaml"]);
        assert_eq!(
            codes("{% for x in y %}\na: {{ x }}\n{% endfor %}\n"),
            ["nunjucks"]
        );
        assert_eq!(codes(&"[".repeat(200)), ["nested-too-deep"]);
        assert_eq!(
            codes(
                &(0..200)
                    .map(|depth| " ".repeat(depth) + "a:\n")
                    .collect::<Vec<_>>()
                    .concat()
            ),
            ["nested-too-deep"]
        );
        assert_eq!(codes("a: &a [*a]\n"), ["invalid-yaml"]);
    }

    #[test]
    fn a_document_may_be_ended_once() {
        for end in ["...", "...\n", "... # c\r\n", "...\n  # ...\n\n\t\n"] {
            let text = format!("a: 1\n{end}");
            assert!(parse(FileId(0), &text).is_ok(), "{text}");
        }
        let text = "a: |\n  x\n  ...\n  ...\nb: ...\nc: 'x\n  ...\n\n  ....'\n....: 1\n";
        assert!(parse(FileId(0), text).is_ok());
    }

    #[test]
    fn merge_keys_may_stand_twice() {
        assert!(parse(FileId(0), "a: &a {b: 1}\nc:\n  <<: *a\n  <<: *a\n").is_ok());
    }
}
