//! Text to a spanned YAML tree.
//!
//! In: the text of one file. Out: a [`Document`] whose nodes carry byte spans. Refuses invalid
//! YAML, a second document, nesting beyond [`NESTING_LIMIT`] and duplicate keys (js-yaml, which
//! OrgFormation reads with, refuses these too). Aliases are kept as such; expanding them is
//! bounded where it happens.

mod duplicates;
mod halves;
mod part;
mod scan_error;

pub use duplicates::RepeatedKey;
pub use scan_error::NESTING_LIMIT;

use part::TextPart;

use crate::diagnostic::{Diagnostic, Problems, Result};
use crate::source::{FileId, Span};
use crate::yaml::node::Document;
use crate::yaml::rules::{DUPLICATE_KEY, SECOND_DOCUMENT};

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

/// The document, its duplicate keys, and what follows the document.
fn tree(file: FileId, text: &str) -> Result<(Document, Vec<RepeatedKey>, Option<Diagnostic>)> {
    let after = text_after_the_end(file, text);
    if let Some(document) = halves::document(file, text).filter(|_| after.is_none()) {
        return Ok((document, Vec::new(), None));
    }
    let part = TextPart::read(file, text, 0..text.len(), NESTING_LIMIT)?;
    Ok((part.document, part.repeated, after))
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
    let end = memchr::memmem::find_iter(text.as_bytes(), END).find(is_end)?;
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
    use crate::yaml::node::{Kind, Node};

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
