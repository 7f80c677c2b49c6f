//! A text to its lines and to the blocks that can be compared one by one.
//!
//! In: the text of a template. Out: where its lines begin and, if the text is written as
//! generated files are, its blocks: one a resource, one a top-level section. Lines outside of
//! blocks are blank or comments. Refuses (returns no blocks for) any text in which a line could
//! be something else than it looks: flow style or tags in place of sections, quoted or odd keys,
//! several documents, tabs, keys that appear twice.
//!
//! The hard thing: a quoted scalar or a flow collection may go on over lines that look like keys.
//! Blocks are therefore a guess that only holds if each of them parses by itself to its one key;
//! whoever uses them for more than aligning text has to see to that (`shapes` does).

use std::collections::HashSet;
use std::ops::Range;

/// The section that holds the resources.
pub(crate) const RESOURCES: &str = "Resources";

/// A text by lines; a line keeps its line end.
pub(crate) struct Lines<'text> {
    text: &'text str,
    /// Where each line begins, and the length of the text.
    starts: Vec<usize>,
}

impl<'text> Lines<'text> {
    /// How many lines there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Line `at`, from 0; empty past the end.
    pub(crate) fn line(&self, at: usize) -> &'text str {
        self.text_of(&(at..at + 1))
    }

    /// The text of a range of lines; empty for a range past the end.
    pub(crate) fn text_of(&self, lines: &Range<usize>) -> &'text str {
        match (self.starts.get(lines.start), self.starts.get(lines.end)) {
            (Some(start), Some(end)) => self.text.get(*start..*end).unwrap_or_default(),
            _ => "",
        }
    }

    /// The lines of a range.
    pub(crate) fn slice(&self, lines: Range<usize>) -> Vec<&'text str> {
        lines.map(|at| self.line(at)).collect()
    }
}

/// What a [`Block`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BlockKind {
    /// A top-level key with its value; of `Resources`, the line of the key alone.
    Section,
    /// A key under `Resources` with its value.
    Resource,
}

/// One key with its value, including comments and blank lines in and after it.
#[derive(Clone, Debug)]
pub(crate) struct Block<'text> {
    /// Section or resource.
    pub(crate) kind: BlockKind,
    /// The key.
    pub(crate) key: &'text str,
    /// Its lines, from 0.
    pub(crate) lines: Range<usize>,
}

/// A text by lines and blocks.
pub(crate) struct Scan<'text> {
    /// The lines.
    pub(crate) lines: Lines<'text>,
    /// The blocks in the order of the text; `None` if the text is not written that way.
    pub(crate) blocks: Option<Vec<Block<'text>>>,
}

/// The lines and blocks of `text`.
pub(crate) fn scan(text: &str) -> Scan<'_> {
    let mut starts = Vec::with_capacity(text.len() / 32 + 2);
    let mut scanner = Some(Scanner::default());
    starts.push(0);
    let feeds = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
    let rest = (!text.is_empty() && !text.ends_with('\n')).then_some(text.len());
    for (number, end) in feeds.chain(rest).enumerate() {
        let start = starts.last().copied().unwrap_or_default();
        let line = text.get(start..end).unwrap_or_default();
        // Only the first line can begin with the mark.
        let mark = usize::from(number == 0 && line.starts_with(MARK)) * MARK.len_utf8();
        let line = line.get(mark..).unwrap_or_default();
        if scanner
            .as_mut()
            .is_some_and(|scanner| !scanner.take(number, line))
        {
            scanner = None;
        }
        starts.push(end);
    }
    Scan {
        lines: Lines { text, starts },
        blocks: scanner
            .map(|scanner| scanner.blocks)
            .filter(|blocks| are_distinct(blocks)),
    }
}

/// The byte order mark.
const MARK: char = '\u{feff}';

fn are_distinct(blocks: &[Block<'_>]) -> bool {
    let mut seen = HashSet::with_capacity(blocks.len());
    blocks
        .iter()
        .all(|block| seen.insert((block.kind, block.key)))
}

#[derive(Default)]
struct Scanner<'text> {
    blocks: Vec<Block<'text>>,
    /// Whether the last section is `Resources`.
    in_resources: bool,
    /// The indentation of resources, once one was seen.
    indent: usize,
    /// Whether the last block may go on.
    is_open: bool,
    marked: bool,
}

impl<'text> Scanner<'text> {
    /// Takes line `number`; returns whether it fits.
    fn take(&mut self, number: usize, line: &'text str) -> bool {
        let bytes = line.as_bytes();
        let column = bytes.iter().take_while(|byte| **byte == b' ').count();
        let unit = if self.in_resources { self.indent } else { 0 };
        match bytes.get(column) {
            None | Some(b'\n') => self.blank(number),
            Some(b'\r') => self.blank(number) && line.get(column..) == Some("\r\n"),
            Some(b'#') if column <= unit || !self.is_open => is_clean(line),
            Some(_) if column > unit && self.is_open => self.go_on(number),
            // The items of a section's list may be at its own column.
            Some(b'-') if column == 0 && !self.in_resources && self.is_open => {
                bytes.get(1) == Some(&b' ') && self.go_on(number)
            }
            Some(_) if column == 0 => self.section(number, line),
            Some(_) if self.in_resources && (column == unit || unit == 0) => {
                self.resource(number, line, column)
            }
            _ => false,
        }
    }

    /// A blank line belongs to the block right before it, which may hold a block scalar.
    fn blank(&mut self, number: usize) -> bool {
        match self.blocks.last_mut() {
            Some(block) if self.is_open && block.lines.end == number => self.go_on(number),
            _ => true,
        }
    }

    /// A line of the last block, with the comments before it.
    fn go_on(&mut self, number: usize) -> bool {
        if let Some(block) = self.blocks.last_mut() {
            block.lines.end = number + 1;
        }
        true
    }

    fn section(&mut self, number: usize, line: &'text str) -> bool {
        if line.trim_end() == "---" && self.blocks.is_empty() && !self.marked {
            self.marked = true;
            return true;
        }
        let Some((key, rest)) = key(line) else {
            return false;
        };
        let rest = rest.trim();
        self.in_resources = key == RESOURCES;
        self.is_open = !self.in_resources;
        self.push(BlockKind::Section, key, number);
        !self.in_resources || rest.is_empty() || rest.starts_with('#')
    }

    fn resource(&mut self, number: usize, line: &'text str, column: usize) -> bool {
        let Some((key, _)) = line.get(column..).and_then(key) else {
            return false;
        };
        self.indent = column;
        self.is_open = true;
        self.push(BlockKind::Resource, key, number);
        true
    }

    fn push(&mut self, kind: BlockKind, key: &'text str, number: usize) {
        self.blocks.push(Block {
            kind,
            key,
            lines: number..number + 1,
        });
    }
}

/// A plain key of letters, digits and underscores with what follows its colon.
fn key(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once(':')?;
    let is_plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_key = rest.is_empty() || rest.starts_with([' ', '\r', '\n']);
    (is_plain && is_key).then_some((key, rest))
}

/// Whether a comment holds nothing that would end it before its line ends.
fn is_clean(line: &str) -> bool {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    !line.chars().any(|c| c.is_control() && c != '\t')
}
