//! Blocks to shapes: what is left of a block without its account.
//!
//! In: blocks. Out: for each the id of its [`Shape`]; blocks of different accounts that are equal
//! but for the account's logical id have the same. A shape is parsed once, with a mark in place
//! of the account, and what is found in it applies to every account, by putting its id back.
//!
//! The hard thing is that this must never change what a comparison finds. The account is removed
//! if it is a word of its own, or follows the logical id's own prefix. Whether that is
//! so can be seen within one scalar, so two scalars are equal with the mark exactly if they
//! are equal with the id. What looks at more than that (keys, tags, the case of actions, escapes)
//! rules the mark out: see [`Parsed::is_movable`].

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use foldhash::HashMap;
use memchr::memmem::Finder;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::source::FileId;
use crate::yaml::parse::parse;

use crate::template::aliased::LIST;
use crate::template::parsed::{Parsed, ParsedShapes};
use crate::template::read;
use crate::template::value::Data;

/// What stands for the account's logical id in a parsed shape.
pub(crate) const ACCOUNT: char = '\u{e000}';
/// What stands for its letters and digits, if these are not the whole id.
pub(crate) const LETTERS: char = '\u{e001}';
/// What a binding to an account begins with.
const BOUND: &[u8] = b"Account: !Ref ";
/// The first byte of both marks.
const MARK_START: u8 = 0xee;

/// The account that a block is about, and how its logical id is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountLabel<'text> {
    /// The account's logical id.
    account: &'text str,
    /// Its letters and digits, as logical ids contain them.
    letters: String,
    /// What precedes them in the block's own logical id, if it contains them.
    prefix: Option<&'text str>,
    /// What precedes them in the logical id that the block had before, if that is another one.
    renamed: Option<&'text str>,
}

impl<'text> AccountLabel<'text> {
    /// The label of the block `text` with the logical id `key`: the first account it refers to.
    pub(crate) fn of(key: &'text str, text: &'text str) -> Option<Self> {
        static FINDER: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(BOUND));
        let found = FINDER.find(text.as_bytes())?;
        let rest = text.get(found + BOUND.len()..)?;
        let end = memchr::memchr2(b'\r', b'\n', rest.as_bytes());
        let account = rest.get(..end.unwrap_or(rest.len()))?;
        let is_name = account.starts_with(|c: char| c.is_ascii_alphabetic())
            && account
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !["null", "true", "false"]
                .iter()
                .any(|word| account.eq_ignore_ascii_case(word));
        if !is_name {
            return None;
        }
        let mut letters = account.to_owned();
        letters.retain(|c| c.is_ascii_alphanumeric());
        // A prefix that could be the beginning of `true` or `null` is none.
        let prefix = first_place(key, &letters).and_then(|at| key.get(..at));
        let prefix = prefix.filter(|prefix| {
            prefix.starts_with(|c: char| c.is_ascii_alphabetic())
                && prefix.len() + letters.len() > 5
        });
        Some(Self {
            account,
            letters,
            prefix,
            renamed: None,
        })
    }

    /// The same for a block whose logical id had the prefix of `before`.
    pub(crate) fn renamed_from(mut self, before: &Self) -> Self {
        self.renamed = before.prefix;
        self
    }

    /// What `key`, the block's own logical id, says after the account, if it names it.
    pub(crate) fn tail(&self, key: &'text str) -> Option<&'text str> {
        let rest = key.strip_prefix(self.prefix?)?;
        rest.strip_prefix(self.letters.as_str())
    }

    /// The account's logical id.
    pub(crate) fn account(&self) -> &'text str {
        self.account
    }

    /// The same, for as long as anybody wants it.
    pub(crate) fn kept(&self) -> KeptLabel {
        KeptLabel {
            account: self.account.to_owned(),
            letters: self.letters.clone(),
        }
    }

    /// Whether the mark may be in place of a part of `name`.
    pub(crate) fn may_hide(&self, name: &str) -> bool {
        name.contains(self.account) || name.contains(&self.letters)
    }

    /// `text` with the account put back.
    pub(crate) fn restore(&self, text: &str) -> String {
        // Its letters are often all of it, and are kept nearer than the text.
        let is_all = self.letters.len() == self.account.len();
        let account = if is_all { &self.letters } else { self.account };
        restored(text, account, &self.letters)
    }

    /// Whether `text` holds a mark, and so an account that has to be put back.
    pub(crate) fn is_marked(text: &str) -> bool {
        memchr::memchr(MARK_START, text.as_bytes()).is_some() && text.contains([ACCOUNT, LETTERS])
    }

    /// Where the account is in `text`, front to back: fills `holes`. Returns whether labels with more prefixes
    /// find the same.
    fn find(&self, text: &str, finders: &mut LabelFinders, holes: &mut Vec<Hole>) -> bool {
        let has_letters = self.account != self.letters;
        let mut is_all = true;
        holes.clear();
        for range in finders.account.places(self.account, text) {
            if is_word(text, &range) || (!has_letters && self.is_after_prefix(text, range.start)) {
                let mark = ACCOUNT;
                holes.push(Hole { range, mark });
            } else {
                is_all &= has_letters;
            }
        }
        if has_letters {
            for range in finders.letters.places(&self.letters, text) {
                if self.is_after_prefix(text, range.start) {
                    let mark = LETTERS;
                    holes.push(Hole { range, mark });
                } else {
                    is_all = false;
                }
            }
            holes.sort_by_key(|hole| hole.range.start);
        }
        is_all
    }

    fn is_after_prefix(&self, text: &str, at: usize) -> bool {
        let before = text.get(..at).unwrap_or_default();
        let mut prefixes = self.prefix.iter().chain(&self.renamed);
        prefixes.any(|prefix| {
            let before = before.strip_suffix(prefix);
            before.is_some_and(|before| !ends_in_word(before))
        })
    }
}

/// Where `word` begins in `key`, which is too short for a search that has to be prepared.
fn first_place(key: &str, word: &str) -> Option<usize> {
    let (key, word) = (key.as_bytes(), word.as_bytes());
    let mut starts = memchr::memchr_iter(*word.first()?, key);
    starts.find(|at| key.get(*at..).is_some_and(|rest| rest.starts_with(word)))
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

/// The account that was removed from a block, without the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptLabel {
    account: String,
    letters: String,
}

impl KeptLabel {
    /// `text` with the account put back.
    pub(crate) fn restore(&self, text: &str) -> String {
        restored(text, &self.account, &self.letters)
    }
}

/// `text` with `account` and its `letters` in place of their marks.
fn restored(text: &str, account: &str, letters: &str) -> String {
    let mut out = String::with_capacity(text.len() + account.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(MARK_START, rest.as_bytes()) {
        let (before, marked) = rest.split_at(at);
        out.push_str(before);
        rest = if let Some(after) = marked.strip_prefix(ACCOUNT) {
            out.push_str(account);
            after
        } else if let Some(after) = marked.strip_prefix(LETTERS) {
            out.push_str(letters);
            after
        } else {
            // A character that begins with the same byte.
            let mut others = marked.chars();
            out.extend(others.next());
            others.as_str()
        };
    }
    out.push_str(rest);
    out
}

/// A place in a text where the account is.
#[derive(Clone, Debug)]
struct Hole {
    range: Range<usize>,
    mark: char,
}

/// What finds the account of the last block: that of the next one is often the same.
#[derive(Default)]
struct LabelFinders {
    account: WordFinder,
    letters: WordFinder,
}

/// What finds the word that was looked for last.
#[derive(Default)]
struct WordFinder(Option<Finder<'static>>);

impl WordFinder {
    /// Where `word`, which is not empty, is in `text`.
    fn places<'a>(
        &'a mut self,
        word: &str,
        text: &'a str,
    ) -> impl Iterator<Item = Range<usize>> + 'a {
        let known = self.0.take();
        let finder = known.filter(|known| known.needle() == word.as_bytes());
        let finder = self
            .0
            .insert(finder.unwrap_or_else(|| Finder::new(word).into_owned()));
        let length = word.len();
        let found = finder.find_iter(text.as_bytes());
        found.map(move |at| at..at + length)
    }
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
pub(crate) struct ShapeId(usize);

/// A text without its account.
struct Shape<'text> {
    text: &'text str,
    holes: Vec<Hole>,
    parsed: OnceCell<Option<Arc<Parsed>>>,
    /// The shape that was asked for after this one: often, it is the next time as well.
    next: usize,
}

/// Every shape seen.
#[derive(Default)]
pub(crate) struct Shapes<'text> {
    seen: Vec<Shape<'text>>,
    by_hash: HashMap<u64, Vec<usize>>,
    /// The last one that was asked for.
    last: usize,
    finders: LabelFinders,
    /// Room for the holes of the text that is looked at.
    holes: Vec<Hole>,
    /// What others read of the same texts.
    shared: Option<&'text ParsedShapes>,
}

impl<'text> Shapes<'text> {
    /// No shapes yet, of texts of which others read what is in `shared`.
    pub(crate) fn of(shared: Option<&'text ParsedShapes>) -> Self {
        Self {
            shared,
            ..Self::default()
        }
    }

    /// The id of the shape of `text`, without the account of `label`, if there is one.
    pub(crate) fn id(&mut self, text: &'text str, label: Option<&AccountLabel<'_>>) -> ShapeId {
        self.id_for_renamed(text, label).0
    }

    /// The same, and whether it is the same without the account of a label that [was renamed].
    ///
    /// [was renamed]: AccountLabel::renamed_from
    pub(crate) fn id_for_renamed(
        &mut self,
        text: &'text str,
        label: Option<&AccountLabel<'_>>,
    ) -> (ShapeId, bool) {
        let mut holes = std::mem::take(&mut self.holes);
        let is_all = label.is_none_or(|label| label.find(text, &mut self.finders, &mut holes));
        if label.is_none() {
            holes.clear();
        }
        let guess = self.seen.get(self.last).map(|last| last.next);
        let guess = guess.filter(|guess| self.is(*guess, text, &holes));
        let id = guess.unwrap_or_else(|| self.looked_up(text, &holes));
        if let Some(last) = self.seen.get_mut(self.last) {
            last.next = id;
        }
        self.last = id;
        self.holes = holes;
        (ShapeId(id), is_all)
    }

    /// Whether the shape `id` is that of `text` with these holes.
    fn is(&self, id: usize, text: &str, holes: &[Hole]) -> bool {
        let shape = self.seen.get(id);
        shape.is_some_and(|shape| pieces(shape.text, &shape.holes).eq(pieces(text, holes)))
    }

    fn looked_up(&mut self, text: &'text str, holes: &[Hole]) -> usize {
        let hash = hash(text, holes);
        let ids = self.by_hash.get(&hash).map_or(&[][..], Vec::as_slice);
        if let Some(known) = ids.iter().find(|id| self.is(**id, text, holes)) {
            return *known;
        }
        let id = self.seen.len();
        self.by_hash.entry(hash).or_default().push(id);
        self.seen.push(Shape {
            text,
            holes: holes.to_vec(),
            parsed: OnceCell::new(),
            next: id,
        });
        id
    }

    /// What a shape says; `None` if it is not one key with a value, by itself.
    pub(crate) fn parsed(&self, id: ShapeId) -> Option<Arc<Parsed>> {
        let shape = self.seen.get(id.0)?;
        let parsed = || {
            // A text that has the marks itself, or may contain the account with escapes, stays as it is.
            let is_plain = !shape.text.contains([ACCOUNT, LETTERS, '\\']);
            let marked = shape.marked();
            let parse = |text: &str| parsed(text, is_plain);
            match self.shared.filter(|_| !shape.holes.is_empty()) {
                Some(shared) => shared.parsed(marked, is_plain, parse),
                None => parse(&marked).map(Arc::new),
            }
        };
        shape.parsed.get_or_init(parsed).clone()
    }
}

/// A hash of the pieces. Shapes of one hash are still compared byte by byte.
fn hash(text: &str, holes: &[Hole]) -> u64 {
    pieces(text, holes).fold(0, |hash, (piece, _)| {
        xxh3_64_with_seed(piece.as_bytes(), hash)
    })
}

impl Shape<'_> {
    /// The text with marks in place of the account.
    fn marked(&self) -> String {
        let mut text = String::with_capacity(self.text.len());
        for (piece, mark) in pieces(self.text, &self.holes) {
            text.push_str(piece);
            text.extend(mark);
        }
        text
    }
}

/// What the marked text says.
fn parsed(text: &str, is_plain: bool) -> Option<Parsed> {
    let document = parse(FileId(0), text).ok()?;
    let (entry, written) = match document.root.entries()? {
        [entry] => (entry, text),
        // The list that an alias of the block stands for.
        [list, entry] if list.key.text() == Some(LIST) => (entry, text.split_once('\n')?.1),
        _ => return None,
    };
    if entry.key.text() != written_key(written) {
        return None;
    }
    let data = read::read(&entry.value, &mut read::budget(text.len()))?;
    Some(Parsed {
        is_movable: is_plain && !is_marked(&data),
        data,
    })
}

/// The key that a block begins with, as it is written.
fn written_key(text: &str) -> Option<&str> {
    let (key, _) = text.split_once(':')?;
    Some(key.trim_start_matches(['\u{feff}', ' ']))
}

/// Whether a mark is where more than equality matters: in a key or an action.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_replaced_and_their_neighbors_are_not() {
        let (account, letters) = ("my-account", "myaccount");
        for text in [
            "",
            "plain",
            "\u{e000}",
            "a\u{e000}\u{e001}\u{e000}b",
            "\u{e002}\u{e001}\u{efff}\u{e000}é\u{d7ff}",
        ] {
            let wanted = text.replace(ACCOUNT, account).replace(LETTERS, letters);
            assert_eq!(restored(text, account, letters), wanted);
            let is_marked = text.contains([ACCOUNT, LETTERS]);
            assert_eq!(AccountLabel::is_marked(text), is_marked, "{text}");
        }
    }

    #[test]
    fn a_shape_is_also_that_of_a_renamed_resource_exactly_if_only_more_prefixes_would_find_more() {
        let before = "  OldOneRole:\n    Account: !Ref One\n";
        let dashed = ["  OldOneARole:\n    Account: !Ref One-A\n", "One-A"];
        for (text, is_same) in [
            ("  NewOneRole:\n    Account: !Ref One\n", true),
            (
                "  NewOneRole:\n    Account: !Ref One\n    Old: !Ref OldTwoRole\n",
                true,
            ),
            (
                "  NewOneRole:\n    Account: !Ref One\n    Old: !Ref OldOneRole\n",
                false,
            ),
            (
                "  NewOneARole:\n    Account: !Ref One-A\n    A: One-A OneA\n",
                false,
            ),
            (
                "  NewOneARole:\n    Account: !Ref One-A\n    A: One-A xOne-A\n",
                true,
            ),
            (
                "  NewOneARole:\n    Account: !Ref One-A\n    Old: !Ref OldOneARole\n",
                false,
            ),
        ] {
            let before = if text.contains(dashed[1]) {
                dashed[0]
            } else {
                before
            };
            let [old, new] = [before, text].map(|text| {
                let key = text.trim_start().split(':').next().unwrap();
                AccountLabel::of(key, text).unwrap()
            });
            let mut shapes = Shapes::default();
            let (own, is_for_renamed) = shapes.id_for_renamed(text, Some(&new));
            assert_eq!(is_for_renamed, is_same, "{text}");
            let renamed = shapes.id(text, Some(&new.renamed_from(&old)));
            assert!(own == renamed || !is_for_renamed, "{text}");
            assert_eq!(own != renamed, text.contains("!Ref OldOne"), "{text}");
        }
    }

    #[test]
    fn texts_have_one_shape_exactly_if_they_are_equal_but_for_the_account() {
        let text = |account: &str, rest: &str| {
            format!("  AnApp{account}B:\n    Account: !Ref {account}\n    {rest}\n")
        };
        let texts: Vec<(String, usize)> = ["One", "Two", "OneTwo", "One", "Three"]
            .iter()
            .flat_map(|account| {
                let own = format!("x: AnApp{account}B");
                let rests = [own.as_str(), "x: One", "x: AnAppOneB", "y", "y: OneTwo"];
                let each = rests.iter().enumerate();
                each.map(|(at, rest)| (text(account, rest), at))
                    .collect::<Vec<_>>()
            })
            .collect();
        let mut shapes = Shapes::default();
        let ids: Vec<ShapeId> = texts
            .iter()
            .map(|(text, _)| {
                let key = text.trim_start().split(':').next().unwrap();
                shapes.id(text, AccountLabel::of(key, text).as_ref())
            })
            .collect();
        let of = |account: usize, rest: usize| ids[account * 5 + rest];
        for account in 0..5 {
            let is_one = account == 0 || account == 3;
            assert_eq!(of(account, 0), of(0, 0));
            assert_eq!(of(account, 1) == of(0, 1), is_one);
            assert_eq!(of(account, 2) == of(0, 2), is_one);
            assert_eq!(of(account, 3), of(0, 3));
            assert_eq!(of(account, 4) == of(0, 4), account != 2);
        }
        assert_eq!((of(0, 0), of(1, 1)), (of(0, 2), of(4, 1)));
    }
}
