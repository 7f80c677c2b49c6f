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

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use foldhash::{HashSet, HashSetExt as _};

use crate::template::parsed::ParsedShapes;

/// The section that holds the resources.
pub(crate) const RESOURCES: &str = "Resources";

/// A text by lines; a line keeps its line end.
pub(crate) struct Lines<'text> {
    text: &'text str,
    starts: Arc<LineStarts>,
}

/// Where some of the lines of a text begin: found out when a line is asked for, since they are many.
#[derive(Debug, Default)]
struct LineStarts(OnceLock<FoundStarts>);

#[derive(Debug)]
struct FoundStarts {
    /// Where every [`STEP`]th line begins, from the first.
    starts: Vec<usize>,
    /// How many lines there are.
    count: usize,
}

/// One line of so many is remembered: the others are looked for from there.
const STEP: usize = 4;

impl LineStarts {
    fn of(&self, text: &str) -> &FoundStarts {
        self.0.get_or_init(|| {
            let mut starts = FoundStarts::default();
            ends(text).for_each(|end| starts.add(end));
            starts
        })
    }
}

impl Default for FoundStarts {
    fn default() -> Self {
        Self {
            starts: vec![0],
            count: 0,
        }
    }
}

impl FoundStarts {
    /// Adds the line that ends at byte `end`.
    fn add(&mut self, end: usize) {
        self.count += 1;
        if self.count.is_multiple_of(STEP) {
            self.starts.push(end);
        }
    }

    /// Where line `at` begins; the end of the text for the line after the last one.
    fn start(&self, text: &str, at: usize) -> Option<usize> {
        if at >= self.count {
            return (at == self.count).then_some(text.len());
        }
        let known = *self.starts.get(at / STEP)?;
        match at % STEP {
            0 => Some(known),
            after => Some(known + ends(text.get(known..)?).nth(after - 1)?),
        }
    }
}

/// Where the lines of `text` end, line ends included.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    let feeds = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
    let rest = (!text.is_empty() && !text.ends_with('\n')).then_some(text.len());
    feeds.chain(rest)
}

impl<'text> Lines<'text> {
    /// How many lines there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.of(self.text).count
    }

    /// The text of a range of lines; empty for a range past the end.
    pub(crate) fn text_of(&self, lines: &Range<usize>) -> &'text str {
        let starts = self.starts.of(self.text);
        let start = |at| starts.start(self.text, at);
        match (start(lines.start), start(lines.end)) {
            (Some(start), Some(end)) => self.text.get(start..end).unwrap_or_default(),
            _ => "",
        }
    }

    /// The lines of a range; those past the end are empty.
    pub(crate) fn of(&self, lines: Range<usize>) -> impl Iterator<Item = &'text str> {
        let start = self.starts.of(self.text).start(self.text, lines.start);
        let mut rest = start.and_then(|start| self.text.get(start..));
        lines.map(move |_| {
            let text = rest.unwrap_or_default();
            let feed = memchr::memchr(b'\n', text.as_bytes());
            let end = feed.map_or(text.len(), |at| at + 1);
            let (line, after) = text.split_at_checked(end).unwrap_or_default();
            rest = Some(after);
            line
        })
    }

    /// The same as a list.
    pub(crate) fn slice(&self, lines: Range<usize>) -> Vec<&'text str> {
        self.of(lines).collect()
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
    /// Its text.
    pub(crate) text: &'text str,
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

/// Where the lines and blocks of a text are.
#[derive(Debug)]
struct ScanPositions {
    starts: Arc<LineStarts>,
    blocks: Option<Vec<BlockPosition>>,
}

/// A [`Block`] by its place in the text.
#[derive(Debug)]
struct BlockPosition {
    kind: BlockKind,
    /// Where its key is.
    key: Range<usize>,
    /// Where its lines are.
    text: Range<usize>,
    lines: Range<usize>,
}

/// The scan of one text, once somebody needed it.
#[derive(Debug, Default)]
pub struct TextScan(OnceLock<ScanPositions>);

impl TextScan {
    /// Scans `text`, whose scan this is, while nobody waits for it yet.
    pub fn begin(&self, text: &str) {
        self.0.get_or_init(|| positions(text));
    }
}

/// Texts that are scanned once, however many threads look at them, and what their blocks say.
#[derive(Clone, Copy, Debug, Default)]
pub struct SharedScans<'run> {
    texts: [Option<(&'run str, &'run TextScan)>; 2],
    /// What blocks of both say, once somebody parsed them.
    pub(crate) shapes: Option<&'run ParsedShapes>,
}

impl<'run> SharedScans<'run> {
    /// The scans of the previous text, if there is one, and of the new one.
    pub fn new(
        previous: Option<(&'run str, &'run TextScan)>,
        expanded: (&'run str, &'run TextScan),
    ) -> Self {
        Self {
            texts: [previous, Some(expanded)],
            shapes: None,
        }
    }

    /// The same, with what blocks say.
    #[must_use]
    pub fn with(self, shapes: &'run ParsedShapes) -> Self {
        Self {
            shapes: Some(shapes),
            ..self
        }
    }

    /// The lines and blocks of `text`: those that are known if it is one of these texts, at the same
    /// place in memory.
    pub(crate) fn scan<'text>(&self, text: &'text str) -> Scan<'text> {
        let mut known = self.texts.iter().flatten();
        match known.find(|(own, _)| std::ptr::eq(*own, text)) {
            Some((_, known)) => Scan::of(text, known.0.get_or_init(|| positions(text))),
            None => scan(text),
        }
    }
}

impl<'text> Scan<'text> {
    fn of(text: &'text str, positions: &ScanPositions) -> Self {
        let block = |block: &BlockPosition| Block {
            kind: block.kind,
            key: text.get(block.key.clone()).unwrap_or_default(),
            text: text.get(block.text.clone()).unwrap_or_default(),
            lines: block.lines.clone(),
        };
        let blocks = positions.blocks.as_ref();
        Self {
            lines: Lines {
                text,
                starts: Arc::clone(&positions.starts),
            },
            blocks: blocks.map(|blocks| blocks.iter().map(block).collect()),
        }
    }
}

/// The lines and blocks of `text`.
pub(crate) fn scan(text: &str) -> Scan<'_> {
    Scan::of(text, &positions(text))
}

fn positions(text: &str) -> ScanPositions {
    let mut starts = FoundStarts::default();
    let blocks = blocks(text, &mut starts);
    ScanPositions {
        // Only those of a text that was looked at to its end are complete.
        starts: Arc::new(match blocks {
            Some(_) => LineStarts(OnceLock::from(starts)),
            None => LineStarts::default(),
        }),
        blocks: blocks.filter(|blocks| are_distinct(text, blocks)),
    }
}

fn blocks(text: &str, starts: &mut FoundStarts) -> Option<Vec<BlockPosition>> {
    let mut scanner = Scanner {
        carriage_return: memchr::memchr(b'\r', text.as_bytes()),
        ..Scanner::default()
    };
    let mut start = 0;
    // Nearly all lines go on with a resource: the scanner gets the last one of a row of them.
    let (mut spaces, mut last) = (None, None);
    for (number, end) in ends(text).enumerate() {
        // Only the first line can begin with the mark.
        if number == 0 && text.starts_with(MARK) {
            start += MARK.len_utf8();
        }
        if spaces.is_some_and(|spaces| has_spaces(text, start, spaces)) {
            last = Some((number, end));
        } else {
            if let Some((number, end)) = last.take() {
                scanner.go_on(number, end);
            }
            if !scanner.take(number, start, text.get(start..end).unwrap_or_default()) {
                return None;
            }
            spaces = scanner.goes_on(number + 1);
        }
        starts.add(end);
        start = end;
    }
    if let Some((number, end)) = last {
        scanner.go_on(number, end);
    }
    Some(scanner.blocks)
}

/// Whether there are so many `spaces` at `start`.
fn has_spaces(text: &str, start: usize, spaces: usize) -> bool {
    let there = text.as_bytes().get(start..start + spaces);
    there.is_some_and(|there| there.iter().all(|byte| *byte == b' '))
}

/// The byte order mark.
const MARK: char = '\u{feff}';

fn are_distinct(text: &str, blocks: &[BlockPosition]) -> bool {
    let mut seen = HashSet::with_capacity(blocks.len());
    blocks
        .iter()
        .all(|block| seen.insert((block.kind, text.get(block.key.clone()))))
}

#[derive(Default)]
struct Scanner {
    blocks: Vec<BlockPosition>,
    /// Whether the last section is `Resources`.
    in_resources: bool,
    /// The indentation of resources, once one was seen.
    indent: usize,
    /// Whether the last block may go on.
    is_open: bool,
    marked: bool,
    /// Where the first carriage return is, which may be a part of a line end.
    carriage_return: Option<usize>,
}

impl Scanner {
    /// Takes line `number`, which is at byte `start`; returns whether it fits.
    fn take(&mut self, number: usize, start: usize, line: &str) -> bool {
        let bytes = line.as_bytes();
        let end = start + line.len();
        let column = indent_of(bytes);
        let unit = if self.in_resources { self.indent } else { 0 };
        match bytes.get(column) {
            None | Some(b'\n') => self.blank(number, end),
            Some(b'\r') => self.blank(number, end) && line.get(column..) == Some("\r\n"),
            Some(b'#') if column <= unit || !self.is_open => is_clean(line),
            Some(_) if column > unit && self.is_open => self.go_on(number, end),
            // The items of a section's list may be at its own column.
            Some(b'-') if column == 0 && !self.in_resources && self.is_open => {
                bytes.get(1) == Some(&b' ') && self.go_on(number, end)
            }
            Some(_) if column == 0 => self.section(number, start, line),
            Some(_) if self.in_resources && (column == unit || unit == 0) => {
                self.resource(number, start, (line, column))
            }
            _ => false,
        }
    }

    /// The spaces with which line `number`, the next one, surely belongs to the last resource: it follows the
    /// resource, and is blank or farther to the right than its key. So does each line after it that has them.
    fn goes_on(&self, number: usize) -> Option<usize> {
        let follows = self.in_resources
            && self.is_open
            && self.indent > 0
            && self.carriage_return.is_none()
            && self
                .blocks
                .last()
                .is_some_and(|block| block.lines.end == number);
        follows.then_some(self.indent + 1)
    }

    /// A blank line belongs to the block right before it, which may hold a block scalar.
    fn blank(&mut self, number: usize, end: usize) -> bool {
        match self.blocks.last_mut() {
            Some(block) if self.is_open && block.lines.end == number => self.go_on(number, end),
            _ => true,
        }
    }

    /// A line of the last block, which ends at byte `end`, with the comments before it.
    fn go_on(&mut self, number: usize, end: usize) -> bool {
        if let Some(block) = self.blocks.last_mut() {
            block.text.end = end;
            block.lines.end = number + 1;
        }
        true
    }

    fn section(&mut self, number: usize, start: usize, line: &str) -> bool {
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
        let text = start..start + line.len();
        self.push((BlockKind::Section, text), start..start + key.len(), number);
        !self.in_resources || rest.is_empty() || rest.starts_with('#')
    }

    fn resource(&mut self, number: usize, start: usize, (line, column): (&str, usize)) -> bool {
        let Some((key, _)) = line.get(column..).and_then(key) else {
            return false;
        };
        let text = start..start + line.len();
        let start = start + column;
        self.indent = column;
        self.is_open = true;
        self.push(
            (BlockKind::Resource, text),
            start..start + key.len(),
            number,
        );
        true
    }

    fn push(&mut self, (kind, text): (BlockKind, Range<usize>), key: Range<usize>, number: usize) {
        self.blocks.push(BlockPosition {
            kind,
            key,
            text,
            lines: number..number + 1,
        });
    }
}

/// The text of a block without the empty lines at its end, which say nothing, unless a block scalar keeps them
/// (`|+`, `>2+`; <https://yaml.org/spec/1.2.2/#8112-block-chomping-indicator>). A line of spaces may be one of a
/// scalar, and stays.
pub(crate) fn without_empty_end(text: &str) -> &str {
    let mut kept = text;
    let last = |text: &str| {
        Some(
            text.strip_suffix("\n\n")
                .or(text.strip_suffix("\n\r\n"))?
                .len(),
        )
    };
    while let Some(end) = last(kept) {
        kept = text.get(..=end).unwrap_or_default();
    }
    if kept.len() < text.len() && keeps_empty_lines(kept) {
        return text;
    }
    kept
}

/// Whether the header of a block scalar that keeps the empty lines after it may be in the text.
fn keeps_empty_lines(text: &str) -> bool {
    memchr::memchr_iter(b'+', text.as_bytes()).any(|at| {
        let before = text.get(..at).unwrap_or_default();
        let before = before.trim_end_matches(|c: char| c.is_ascii_digit());
        before.ends_with(['|', '>'])
    })
}

/// How many spaces a line begins with.
fn indent_of(line: &[u8]) -> usize {
    const EIGHT: [u8; 8] = [b' '; 8];
    let whole = line.chunks_exact(8).take_while(|eight| *eight == EIGHT);
    let whole = 8 * whole.count();
    let rest = line.get(whole..).unwrap_or_default();
    whole + rest.iter().take_while(|byte| **byte == b' ').count()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn keys<'text>(scan: &Scan<'text>) -> Vec<(&'text str, Range<usize>)> {
        let blocks = scan.blocks.as_ref().unwrap().iter();
        blocks
            .map(|block| (block.key, block.lines.clone()))
            .collect()
    }

    #[test]
    fn keys_are_where_they_are_written() {
        for mark in ["", "\u{feff}"] {
            let text = format!(
                "{mark}A: 1\nResources:\n  # x\n  B:\n             C: 1\n\n  D: 2\n# y\nE:\n- 1"
            );
            let wanted = [
                ("A", 0..1),
                ("Resources", 1..2),
                ("B", 3..6),
                ("D", 6..7),
                ("E", 8..10),
            ];
            let scanned = scan(&text);
            assert_eq!(keys(&scanned), wanted);
            for block in scanned.blocks.as_ref().unwrap() {
                let by_lines = scanned.lines.text_of(&block.lines);
                assert_eq!(by_lines.trim_start_matches(MARK), block.text);
            }
            assert_eq!(scanned.lines.slice(9..10), ["- 1"]);
        }
    }

    #[test]
    fn lines_that_look_like_those_of_a_resource_are_looked_at() {
        let after_comment = "Resources:\n  A:\n    B: 1\n  # x\n      \n  C: 1\n";
        let wanted = [("Resources", 0..1), ("A", 1..3), ("C", 5..6)];
        assert_eq!(keys(&scan(after_comment)), wanted);
        let before_resources = "Resources:\n    \n    # x\n    A: 1\n      B: 1\n";
        let wanted = [("Resources", 0..1), ("A", 3..5)];
        assert_eq!(keys(&scan(before_resources)), wanted);
        assert!(scan("Resources:\n  A:\n    \r\n").blocks.is_some());
        assert!(scan("Resources:\n  A:\n    \r B: 1\n").blocks.is_none());
    }

    #[test]
    fn empty_lines_at_the_end_are_left_out_unless_a_scalar_keeps_them() {
        for (text, wanted) in [
            ("A:\n  B: 1\n\n\n", "A:\n  B: 1\n"),
            ("A:\r\n  B: 1\r\n\r\n", "A:\r\n  B: 1\r\n"),
            ("A:\n\n  B: |\n    1+\n\n", "A:\n\n  B: |\n    1+\n"),
            ("A:\n  B: 1\n  \n\n", "A:\n  B: 1\n  \n"),
            ("A:\n  # x\n\n", "A:\n  # x\n"),
        ] {
            assert_eq!(without_empty_end(text), wanted);
            assert_eq!(without_empty_end(wanted), wanted);
        }
        for kept in ["|+", ">+", "|2+", ">+2", "!Sub |+ # x"] {
            let text = format!("A:\n  B: {kept}\n    1\n\n\n");
            assert_eq!(without_empty_end(&text), text);
        }
        for text in ["", "\n", "\r\n", "A: 1", "A: 1\n", "A: \r"] {
            assert_eq!(without_empty_end(text), text);
        }
    }

    #[test]
    fn lines_are_those_of_the_text() {
        for count in [0, 1, 2, STEP - 1, STEP, STEP + 1, 5 * STEP] {
            for end in ["", "\n", "x", "\r\n", "\n\n"] {
                let lines: Vec<String> = (0..count).map(|at| format!("é{at}\n")).collect();
                let text = lines.concat() + end;
                let wanted: Vec<&str> = text.split_inclusive('\n').collect();
                let lines = scan(&text).lines;
                assert_eq!(lines.len(), wanted.len());
                for from in 0..=wanted.len() {
                    for to in from..=wanted.len() {
                        assert_eq!(lines.slice(from..to), wanted[from..to]);
                        assert_eq!(lines.text_of(&(from..to)), wanted[from..to].concat());
                    }
                }
                let past = wanted.len() + 1;
                assert_eq!(lines.text_of(&(0..past)), "");
                assert_eq!(lines.slice(wanted.len()..past), [""]);
                assert_eq!(lines.slice(past..past + 1), [""]);
            }
        }
    }

    #[test]
    fn a_text_is_scanned_once_and_another_one_by_itself() {
        let (old, new) = (String::from("A: 1\n"), String::from("B: 1\n"));
        let same = old.clone();
        let (of_old, of_new) = (TextScan::default(), TextScan::default());
        let scans = SharedScans::new(Some((&old, &of_old)), (&new, &of_new));
        // The same characters in another place are not known to stay what they are.
        assert_eq!(keys(&scans.scan(&same)), [("A", 0..1)]);
        assert!(of_old.0.get().is_none());
        for _ in 0..2 {
            assert_eq!(keys(&scans.scan(&old)), [("A", 0..1)]);
            assert!(of_old.0.get().is_some() && of_new.0.get().is_none());
        }
        assert_eq!(keys(&scans.scan(&new)), [("B", 0..1)]);
        assert!(of_new.0.get().is_some());
    }
}
