//! Blocks to shapes: what is left of a block when its account is taken out.
//!
//! In: blocks. Out: for each the id of its [`Shape`]; blocks of different accounts that are equal
//! but for the account's logical id have the same. A shape is parsed once, with a mark in place
//! of the account, and what is found in it is told of every account by putting its id back.
//!
//! The hard thing is that this must never change what a comparison finds. The account is taken
//! out only where it stands as a word of its own or behind the logical id's own prefix, and only
//! if it stands nowhere else. Whether two values are equal is then the same with the mark as
//! with the id, since one text without marks cannot come from two; what looks at more than
//! equality (keys, tags, the case of actions, escapes) rules the mark out: see [`Parsed::is_movable`].

use std::cell::OnceCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::ops::Range;
use std::rc::Rc;

use crate::model::source::FileId;
use crate::parse::parse;

use super::data::{self, Data};

/// What stands for the account's logical id in a parsed shape.
const ACCOUNT: char = '\u{e000}';
/// What stands for its letters and digits, where these are not the whole id.
const LETTERS: char = '\u{e001}';

/// The account that a block is about, and how its logical id is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label<'text> {
    /// The account's logical id.
    account: &'text str,
    /// Its letters and digits, as they stand in logical ids.
    letters: String,
    /// What stands before them in the block's own logical id, if they stand in it.
    prefix: Option<&'text str>,
}

impl<'text> Label<'text> {
    /// The label of the block `text` with the logical id `key`: the first account it refers to.
    pub(super) fn of(key: &'text str, text: &'text str) -> Option<Self> {
        let (_, rest) = text.split_once("Account: !Ref ")?;
        let end = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let account = rest.get(..end)?;
        let is_name = account.starts_with(|c: char| c.is_ascii_alphabetic())
            && account
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !matches!(
                account.to_ascii_lowercase().as_str(),
                "null" | "true" | "false"
            );
        let letters: String = account
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        // A prefix that could be the beginning of `true` or `null` is none.
        let prefix = key.find(&letters).and_then(|at| key.get(..at));
        let prefix = prefix.filter(|prefix| {
            prefix.starts_with(|c: char| c.is_ascii_alphabetic())
                && prefix.len() + letters.len() > 5
        });
        is_name.then_some(Self {
            account,
            letters,
            prefix,
        })
    }

    /// `text` with the account put back.
    pub(super) fn restore(&self, text: &str) -> String {
        text.replace(ACCOUNT, self.account)
            .replace(LETTERS, &self.letters)
    }

    /// Whether `text` holds a mark, and so an account that has to be put back.
    pub(super) fn is_marked(text: &str) -> bool {
        text.contains([ACCOUNT, LETTERS])
    }

    /// Where the account stands in `text`; `None` where it also stands in other ways.
    fn holes(&self, text: &str) -> Option<Vec<Hole>> {
        let mut holes = Vec::new();
        for (at, _) in text.match_indices(self.account) {
            let range = at..at + self.account.len();
            let is_whole = is_word(text, &range);
            let is_id = self.account == self.letters && self.is_after_prefix(text, at);
            if !is_whole && !is_id {
                return None;
            }
            holes.push(Hole {
                range,
                mark: ACCOUNT,
            });
        }
        if self.account != self.letters {
            for (at, _) in text.match_indices(&self.letters) {
                if !self.is_after_prefix(text, at) {
                    return None;
                }
                let range = at..at + self.letters.len();
                holes.push(Hole {
                    range,
                    mark: LETTERS,
                });
            }
            holes.sort_by_key(|hole| hole.range.start);
        }
        let mut pairs = holes.iter().zip(holes.iter().skip(1));
        pairs
            .all(|(a, b)| a.range.end <= b.range.start)
            .then_some(holes)
    }

    fn is_after_prefix(&self, text: &str, at: usize) -> bool {
        self.prefix.is_some_and(|prefix| {
            let before = text
                .get(..at)
                .and_then(|before| before.strip_suffix(prefix));
            before.is_some_and(|before| !ends_in_word(before))
        })
    }
}

fn is_word(text: &str, range: &Range<usize>) -> bool {
    let after = text.as_bytes().get(range.end);
    !ends_in_word(text.get(..range.start).unwrap_or_default())
        && !after.is_some_and(|byte| is_word_byte(*byte))
}

fn ends_in_word(text: &str) -> bool {
    // A backslash begins an escape, which what follows may belong to.
    text.as_bytes()
        .last()
        .is_some_and(|byte| is_word_byte(*byte) || *byte == b'\\')
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// A place in a text where the account stands.
#[derive(Clone, Debug)]
struct Hole {
    range: Range<usize>,
    mark: char,
}

/// The pieces of `text` between `holes`, each with the mark that follows it.
fn pieces<'a>(text: &'a str, holes: &'a [Hole]) -> impl Iterator<Item = (&'a str, Option<char>)> {
    let starts = std::iter::once(0).chain(holes.iter().map(|hole| hole.range.end));
    let ends = holes.iter().map(|hole| (hole.range.start, Some(hole.mark)));
    starts
        .zip(ends.chain(std::iter::once((text.len(), None))))
        .map(|(start, (end, mark))| (text.get(start..end).unwrap_or_default(), mark))
}

/// Which shape a block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ShapeId(usize);

/// A text with its account taken out.
struct Shape<'text> {
    text: &'text str,
    holes: Vec<Hole>,
    parsed: OnceCell<Option<Rc<Parsed>>>,
}

/// What a shape says.
pub(super) struct Parsed {
    /// The value of its one key.
    pub(super) data: Data,
    /// Whether comparisons of the data hold for every account.
    pub(super) is_movable: bool,
}

/// Every shape seen.
#[derive(Default)]
pub(super) struct Shapes<'text> {
    shapes: Vec<Shape<'text>>,
    by_hash: HashMap<u64, Vec<usize>>,
}

impl<'text> Shapes<'text> {
    /// The id of the shape of `text` as it is written.
    pub(super) fn id(&mut self, text: &'text str) -> ShapeId {
        self.intern(text, Vec::new())
    }

    /// The id of the shape of `text` without the account of `label`; `None` where the account
    /// cannot be taken out.
    pub(super) fn id_without(&mut self, text: &'text str, label: &Label<'_>) -> Option<ShapeId> {
        let holes = label.holes(text)?;
        Some(self.intern(text, holes))
    }

    fn intern(&mut self, text: &'text str, holes: Vec<Hole>) -> ShapeId {
        let ids = self.by_hash.entry(hash(text, &holes)).or_default();
        let known = ids.iter().copied().find(|id| {
            self.shapes
                .get(*id)
                .is_some_and(|shape| pieces(shape.text, &shape.holes).eq(pieces(text, &holes)))
        });
        if let Some(known) = known {
            return ShapeId(known);
        }
        let id = self.shapes.len();
        ids.push(id);
        self.shapes.push(Shape {
            text,
            holes,
            parsed: OnceCell::new(),
        });
        ShapeId(id)
    }

    /// What a shape says; `None` where it is not one key with a value, by itself.
    pub(super) fn parsed(&self, id: ShapeId) -> Option<Rc<Parsed>> {
        let shape = self.shapes.get(id.0)?;
        shape
            .parsed
            .get_or_init(|| parsed(shape).map(Rc::new))
            .clone()
    }
}

fn hash(text: &str, holes: &[Hole]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (piece, mark) in pieces(text, holes) {
        hasher.write(piece.as_bytes());
        hasher.write_u32(mark.map_or(0, u32::from));
    }
    hasher.finish()
}

fn parsed(shape: &Shape<'_>) -> Option<Parsed> {
    let mut text = String::with_capacity(shape.text.len());
    for (piece, mark) in pieces(shape.text, &shape.holes) {
        text.push_str(piece);
        text.extend(mark);
    }
    if has_lone_return(&text) {
        return None;
    }
    let document = parse(FileId(0), &text).ok()?;
    let [entry] = document.root.entries()? else {
        return None;
    };
    // An anchor may be used by other blocks, which are parsed without it.
    if !document.anchors.is_empty() || entry.key.text() != Some(written_key(&text)?) {
        return None;
    }
    let data = data::read(&entry.value, &mut data::budget(text.len()))?;
    let has_marks = shape.text.contains([ACCOUNT, LETTERS]);
    let is_plain = !has_marks && !shape.text.contains('\\') && !is_marked(&data);
    Some(Parsed {
        data,
        is_movable: shape.holes.is_empty() || is_plain,
    })
}

/// Whether a carriage return stands where no line ends: YAML ends the line there all the same.
fn has_lone_return(text: &str) -> bool {
    let mut returns = text.match_indices('\r');
    returns.any(|(at, _)| text.as_bytes().get(at + 1) != Some(&b'\n'))
}

/// The key that a block begins with, as it is written.
fn written_key(text: &str) -> Option<&str> {
    let (key, _) = text.split_once(':')?;
    Some(key.trim_start_matches(['\u{feff}', ' ']))
}

/// Whether a mark stands where more than equality is asked for: in a key or an action.
fn is_marked(data: &Data) -> bool {
    match data {
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => false,
        Data::Action(action) => action.0.contains([ACCOUNT, LETTERS]),
        Data::List(items) => items.iter().any(is_marked),
        Data::Unordered(items) => items.0.iter().any(is_marked),
        Data::Map(entries) => entries
            .iter()
            .any(|(key, value)| key.contains([ACCOUNT, LETTERS]) || is_marked(value)),
    }
}
