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

use crate::template::lines::{FoundStarts, LineStarts, PIECE, has_rest};
use crate::template::parsed::ParsedShapes;

pub(crate) use crate::template::lines::Lines;

/// The section that holds the resources.
pub(crate) const RESOURCES: &str = "Resources";

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
            Some(_) => LineStarts::found(starts),
            None => LineStarts::default(),
        }),
        blocks: blocks.filter(|blocks| are_distinct(text, blocks)),
    }
}

fn blocks(text: &str, starts: &mut FoundStarts) -> Option<Vec<BlockPosition>> {
    let mut walk = LineWalk::new(text);
    for (at, piece) in text.as_bytes().chunks(PIECE).enumerate() {
        let at = at * PIECE;
        starts.before.push(walk.number);
        if let Some(lines) = walk.lines_that_go_on(at) {
            walk.skip(lines);
        } else {
            walk.look(at);
            for feed in memchr::memchr_iter(b'\n', piece) {
                walk.line(at + feed + 1)?;
            }
        }
    }
    walk.look(text.len());
    if has_rest(text) {
        walk.line(text.len())?;
    }
    starts.count = walk.number;
    Some(walk.finish())
}

/// A text line by line. Nearly all lines go on with a resource: the scanner gets the last one of a row of them.
struct LineWalk<'text> {
    text: &'text str,
    scanner: Scanner,
    /// The number of the line that was reached.
    number: usize,
    /// Where it begins; `None` if lines were skipped since it was last known.
    start: Option<usize>,
    /// Up to which byte it has no carriage return.
    clean: usize,
    /// The spaces with which a line goes on with the last resource.
    spaces: Option<usize>,
    /// The last line that did so, and its end, if the scanner does not have it.
    last: Option<(usize, usize)>,
}

impl<'text> LineWalk<'text> {
    fn new(text: &'text str) -> Self {
        // Only the first line can begin with the mark.
        let mark = text.len() - text.strip_prefix(MARK).unwrap_or(text).len();
        Self {
            text,
            scanner: Scanner::default(),
            number: 0,
            start: Some(mark),
            clean: 0,
            spaces: None,
            last: None,
        }
    }

    /// How many lines end in the piece at byte `at`, if each of them, and the one after the last of them, goes on with
    /// the last resource.
    fn lines_that_go_on(&mut self, at: usize) -> Option<usize> {
        let spaces = self.spaces.filter(|spaces| *spaces <= MOST_SPACES)?;
        if let Some(start) = self.start {
            let from = start.max(self.clean);
            let begun = self.text.as_bytes().get(from..at)?;
            let found = memchr::memchr(b'\r', begun);
            // A line may be long: no byte of it is looked at twice.
            self.clean = found.map_or(at, |found| from + found);
            if found.is_some() || !has_spaces(self.text, start, spaces) {
                return None;
            }
        }
        lines_with(spaces, self.text.as_bytes().get(at..at + PIECE + spaces)?)
    }

    /// Skips lines that go on.
    fn skip(&mut self, lines: usize) {
        self.number += lines;
        if lines > 0 {
            self.start = None;
        }
    }

    /// Finds where the line begins that goes on at byte `at`, after lines that were skipped.
    fn look(&mut self, at: usize) {
        if self.start.is_none() {
            let before = self.text.as_bytes().get(..at).unwrap_or_default();
            let start = memchr::memrchr(b'\n', before).map_or(0, |feed| feed + 1);
            self.start = Some(start);
            self.last = Some((self.number.saturating_sub(1), start));
        }
    }

    /// Takes the line that was reached, which ends at byte `end`; `None` if it does not fit.
    fn line(&mut self, end: usize) -> Option<()> {
        let (number, start) = (self.number, self.start.unwrap_or(end));
        let line = self.text.get(start..end).unwrap_or_default();
        let goes_on = |spaces| has_spaces(self.text, start, spaces) && !line.contains('\r');
        if self.spaces.is_some_and(goes_on) {
            self.last = Some((number, end));
        } else {
            self.give_last();
            if !self.scanner.take(number, start, line) {
                return None;
            }
            self.spaces = self.scanner.goes_on(number + 1);
        }
        (self.number, self.start) = (number + 1, Some(end));
        Some(())
    }

    fn give_last(&mut self) {
        if let Some((number, end)) = self.last.take() {
            self.scanner.go_on(number, end);
        }
    }

    fn finish(mut self) -> Vec<BlockPosition> {
        self.give_last();
        self.scanner.blocks
    }
}

/// With more spaces than these, each line is looked at by itself.
const MOST_SPACES: usize = 16;
/// So many bytes are compared at once.
const WIDTH: usize = 64;

/// How many lines end in `piece`, but for its last `spaces` bytes, if each is followed by so many `spaces`. A carriage
/// return may be a part of a line end: then they are not counted.
fn lines_with(spaces: usize, piece: &[u8]) -> Option<usize> {
    let mut count = 0;
    for at in (0..PIECE).step_by(WIDTH) {
        let own: &[u8; WIDTH] = piece.get(at..)?.first_chunk()?;
        let mut others = [0; WIDTH];
        for ahead in 1..=spaces {
            let after: &[u8; WIDTH] = piece.get(at + ahead..)?.first_chunk()?;
            for (other, byte) in others.iter_mut().zip(after) {
                *other |= byte ^ b' ';
            }
        }
        let (mut feeds, mut odd) = (0_u8, 0_u8);
        for (byte, other) in own.iter().zip(others) {
            let feed = u8::from(*byte == b'\n');
            feeds += feed;
            odd |= (feed & u8::from(other != 0)) | u8::from(*byte == b'\r');
        }
        if odd != 0 {
            return None;
        }
        count += usize::from(feeds);
    }
    Some(count)
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
    fn pieces_of_a_text_are_read_as_its_lines_are() {
        /// What each line by itself gives.
        fn by_lines(text: &str) -> Option<Vec<BlockPosition>> {
            let mut walk = LineWalk::new(text);
            let ends = text.match_indices('\n').map(|(at, _)| at + 1);
            let rest = has_rest(text).then_some(text.len());
            for end in ends.chain(rest) {
                walk.line(end)?;
            }
            Some(walk.finish())
        }
        let odd = [
            "",
            "\n",
            "  B: 1\n",
            "# x\n",
            "  # x\n",
            "E: 1\n",
            "   \n",
            "  \n",
            " x\n",
            "    \r\n",
            "    \r x\n",
            "    - é\r\n",
            "\tx\n",
            "  B:\r\n",
        ];
        let long = |end: &str| format!("    {}{end}{}\n", "y".repeat(600), "z".repeat(600));
        let odd = odd.map(str::to_owned).into_iter();
        let blank = format!("    \r{}\n", "z".repeat(600));
        let long = ["", "\r", "\r\n", "\n    "].map(long).into_iter();
        for odd in odd.chain(long).chain([blank]) {
            for before in 0..40 {
                for more in [0, 1, 17, 300] {
                    let line = format!("    {}\n", "x".repeat(more + before % 3));
                    let (some, many) = (line.repeat(before), line.repeat(40));
                    let text = format!("Resources:\n  A:\n{some}{odd}{many}  C:\n{many}");
                    let (mut starts, wanted) = (FoundStarts::default(), by_lines(&text));
                    let found = blocks(&text, &mut starts);
                    assert_eq!(format!("{found:?}"), format!("{wanted:?}"), "{text}");
                    if found.is_some() {
                        assert_eq!(starts.count, text.lines().count());
                    }
                }
            }
        }
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
