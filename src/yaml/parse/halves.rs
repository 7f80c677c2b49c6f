//! The tree of a large text, whose halves are read at the same time.
//!
//! In: a text. Out: the tree that reading it from beginning to end gives, or nothing if the text has not the form
//! for which that is certain; then it is read as a whole, and whatever is wrong with it is found there.
//!
//! The text is cut in front of a line that continues a block mapping: its indentation is that of the keys of a
//! mapping which the first half leaves open. There, YAML allows nothing else to go on: text in quotes or brackets
//! would be unclosed in the first half, and a plain or block scalar in that mapping is indented further (YAML
//! 1.2.2, sections 6.1 and 8.2.2).

use std::sync::Arc;

use super::duplicates::repeated;
use super::part::TextPart;
use super::scan_error::NESTING_LIMIT;
use crate::processors;
use crate::source::FileId;
use crate::yaml::node::{Document, Kind, Node, Style};

/// The least bytes for which a thread pays off.
const LEAST: usize = 1 << 17;

/// The tree of `text` if it could be read in halves.
pub(super) fn document(file: FileId, text: &str) -> Option<Document> {
    if text.len() < LEAST || processors::count() == 1 {
        return None;
    }
    cut(text, text.len() / 2).and_then(|cut| joined(file, text, cut))
}

/// In how many mappings the one is, at most, that goes on in the second half.
const DEPTH: usize = 1;

/// Where a text is cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// The first byte of the second half, which begins a line.
    at: usize,
    /// The indentation of the keys of the mapping that goes on there.
    indentation: usize,
}

/// The first place after `middle` where the text may be cut: in front of a key of the outermost mapping that is
/// indented.
fn cut(text: &str, middle: usize) -> Option<Cut> {
    let first = text.lines().find(|line| {
        let content = line.trim_start_matches(' ');
        content.len() < line.len() && content.starts_with(is_key)
    })?;
    let indentation = first.len() - first.trim_start_matches(' ').len();
    let rest = text.as_bytes().get(middle..)?;
    let mut at = middle + rest.iter().position(|byte| *byte == b'\n')? + 1;
    for line in text.get(at..)?.split_inclusive('\n') {
        let content = line.trim_start_matches(' ');
        if line.len() - content.len() == indentation && content.starts_with(is_key) {
            return Some(Cut { at, indentation });
        }
        at += line.len();
    }
    None
}

/// Whether a key may begin with this, which means nothing else to YAML.
fn is_key(first: char) -> bool {
    first.is_ascii_alphanumeric()
}

fn joined(file: FileId, text: &str, cut: Cut) -> Option<Document> {
    // A directive of the first half would be missing in the second.
    if text.get(..cut.at)?.contains("%TAG") {
        return None;
    }
    let read = |range, limit| TextPart::read(file, text, range, limit).ok();
    let (first, second) = processors::both(
        || read(0..cut.at, NESTING_LIMIT),
        || read(cut.at..text.len(), NESTING_LIMIT - DEPTH),
    );
    let (mut first, second) = (first?, second?);
    let is_plain = |part: &TextPart| part.document.anchors.is_empty() && part.repeated.is_empty();
    if first.ends_in_block_scalar || !is_plain(&first) || !is_plain(&second) {
        return None;
    }
    let root = Arc::get_mut(&mut first.document.root)?;
    join(root, second, text, cut, 0).then_some(first.document)
}

/// Appends the entries of `second` to the mapping that goes on in it: the one at the end of `node` with its
/// indentation. Returns whether there is one.
fn join(node: &mut Node, second: TextPart, text: &str, cut: Cut, depth: usize) -> bool {
    let Kind::Mapping(entries, Style::Block) = &mut node.kind else {
        return false;
    };
    let Some(key) = entries.first().map(|entry| &entry.key) else {
        return false;
    };
    let end = second.end;
    let is_joined = if indentation(text, key) == Some(cut.indentation) {
        let Some(Kind::Mapping(more, Style::Block)) =
            Arc::into_inner(second.document.root).map(|root| root.kind)
        else {
            return false;
        };
        entries.extend(more);
        depth <= DEPTH && repeated(entries).is_empty()
    } else {
        let last = entries.last_mut();
        last.and_then(|last| Arc::get_mut(&mut last.value))
            .is_some_and(|value| join(value, second, text, cut, depth + 1))
    };
    node.span.end = end;
    is_joined
}

/// The indentation of `key`, if nothing but spaces is in front of it.
fn indentation(text: &str, key: &Node) -> Option<usize> {
    let before = text.get(..key.start())?;
    let line = before.get(before.rfind('\n').map_or(0, |at| at + 1)..)?;
    line.bytes().all(|byte| byte == b' ').then_some(line.len())
}

#[cfg(test)]
mod tests;
