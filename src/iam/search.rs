//! The search for a text that some patterns match and others do not.
//!
//! In: patterns, and how each is read. Out: the shortest text that satisfies a question about which
//! of them match, or that there is none, or that the search was given up. Refuses nothing.

use std::collections::{BTreeSet, VecDeque};

use foldhash::{HashMap, HashSet};

use crate::iam::pattern::{Extent, Glob, Mode};
use crate::template::symbol::{ACCOUNT_IDS, Symbol};

/// How a search ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Searched {
    /// There is such a text.
    Text(Vec<Symbol>),
    /// There is none.
    Nothing,
    /// There were too many states to look at.
    GaveUp,
}

/// How many digits an account id has.
const ID_LENGTH: usize = 12;

/// The most states that a search looks at.
const STATES: usize = 20_000;

/// A letter that may come next in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Letter {
    Char(char),
    Unknown(u32),
}

impl Letter {
    /// Whether it is the id of an account.
    fn is_account_id(self) -> bool {
        matches!(self, Letter::Unknown(number) if number >= ACCOUNT_IDS)
    }

    /// Whether it is a colon, or may contain one.
    fn may_end_a_field(self) -> bool {
        match self {
            Letter::Char(c) => c == ':',
            Letter::Unknown(_) => !self.is_account_id(),
        }
    }

    /// Whether it ends a name.
    fn ends_a_name(self) -> bool {
        matches!(self, Letter::Char(':' | '/'))
    }
}

/// How many colons separate the fields of an ARN.
const COLONS: usize = 5;

/// Patterns side by side, one bit per position.
///
/// A position is before a symbol that is not `*`; a `*` is a position that keeps itself.
pub(crate) struct Machine {
    /// Of each pattern: its first and last bit, and how it is read.
    ranges: Vec<(usize, usize, Mode)>,
    words: usize,
    /// Positions that a letter within a name keeps.
    keeps: Vec<u64>,
    /// Those of them that a letter keeps which is not known.
    keeps_unknown: Vec<u64>,
    /// Those that a colon keeps.
    keeps_colon: Vec<u64>,
    /// Those that a slash keeps.
    keeps_slash: Vec<u64>,
    /// For each letter the positions that it moves on.
    letters: Vec<(Letter, Vec<u64>)>,
    /// The positions that some digit moves on.
    digits: Vec<u64>,
}

type SearchState = Box<[u64]>;

/// A symbol of a pattern that a letter moves on from.
struct Step {
    bit: usize,
    symbol: Symbol,
    ignores_case: bool,
    /// How far a wildcard reaches here.
    reach: WildcardReach,
}

/// How far a wildcard reaches at its place in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WildcardReach {
    /// It is in a field that ends at the next colon, and what is not known is not in it.
    Field,
    /// It is in a name that ends at the next colon or slash.
    Name,
    /// It is in a path that ends at the next colon.
    Path,
    Text,
}

impl WildcardReach {
    /// That of a pattern, after so many colons.
    fn of(extent: Extent, colons: usize) -> Self {
        match extent {
            Extent::Fields if colons < COLONS => Self::Field,
            Extent::Resource | Extent::Paths | Extent::Names if colons < COLONS => Self::Path,
            Extent::Whole | Extent::Fields | Extent::Resource => Self::Text,
            Extent::Paths => Self::Path,
            Extent::Names => Self::Name,
        }
    }

    /// Whether a wildcard takes this letter.
    fn takes(self, letter: char) -> bool {
        match letter {
            ':' => self == Self::Text,
            '/' => self != Self::Name,
            _ => true,
        }
    }
}

impl Machine {
    /// The machine of `patterns`, each of which is matched as a whole.
    pub(crate) fn new(patterns: &[(&Glob, Mode)]) -> Self {
        let patterns = patterns.iter();
        Self::with_fields(patterns.map(|(glob, mode)| (*glob, *mode, Extent::Whole)))
    }

    /// The machine of `patterns`, some of which are those of ARNs.
    pub(crate) fn with_fields<'a>(
        patterns: impl IntoIterator<Item = (&'a Glob, Mode, Extent)>,
    ) -> Self {
        let mut ranges = Vec::new();
        let mut steps: Vec<Step> = Vec::new();
        let mut kept: Vec<(usize, Option<WildcardReach>)> = Vec::new();
        let mut bit = 0;
        let mut has_fields = false;
        for (glob, mode, extent) in patterns {
            has_fields |= extent != Extent::Whole;
            let start = bit;
            let mut colons = 0;
            for symbol in &glob.symbols {
                let unknown = matches!(symbol, Symbol::Unknown(_)) && mode == Mode::Over;
                let reach = WildcardReach::of(extent, colons);
                if *symbol == Symbol::Any || unknown {
                    kept.push((bit, (!unknown).then_some(reach)));
                } else {
                    steps.push(Step {
                        bit,
                        symbol: *symbol,
                        ignores_case: glob.ignores_case,
                        reach,
                    });
                    colons += usize::from(*symbol == Symbol::Char(':'));
                    bit += 1;
                }
            }
            ranges.push((start, bit, mode));
            bit += 1;
        }
        let words = bit.div_ceil(64);
        let positions = |is_kept: &dyn Fn(WildcardReach) -> bool| {
            let mut positions = vec![0; words];
            // What is not known may be anything.
            let kept = kept.iter().filter(|(_, reach)| reach.is_none_or(is_kept));
            kept.for_each(|(bit, _)| set(&mut positions, *bit));
            positions
        };
        let mut machine = Self {
            ranges,
            words,
            keeps: positions(&|_| true),
            keeps_unknown: positions(&|reach| reach != WildcardReach::Field),
            keeps_colon: positions(&|reach| reach.takes(':')),
            keeps_slash: positions(&|reach| reach.takes('/')),
            letters: Vec::new(),
            digits: vec![0; words],
        };
        for Step { bit, symbol, .. } in &steps {
            if *symbol == Symbol::One || matches!(symbol, Symbol::Char(c) if c.is_ascii_digit()) {
                set(&mut machine.digits, *bit);
            }
        }
        machine.letters = all_moves(&alphabet(&steps, has_fields), &steps, words);
        machine
    }

    fn start(&self) -> SearchState {
        let mut state = vec![0; self.words];
        for (first, ..) in &self.ranges {
            set(&mut state, *first);
        }
        state.into_boxed_slice()
    }

    /// Puts into `next` the positions after those of `state`.
    fn step(&self, state: &[u64], letter: Letter, moves: &[u64], next: &mut Vec<u64>) {
        let keeps = match letter {
            Letter::Char(':') => &self.keeps_colon,
            Letter::Char('/') => &self.keeps_slash,
            _ if letter.may_end_a_field() => &self.keeps_unknown,
            _ => &self.keeps,
        };
        moved(state, moves, keeps, next);
        let over = || self.ranges.iter().filter(|(.., mode)| *mode == Mode::Over);
        match letter {
            Letter::Char(_) => {}
            Letter::Unknown(_) if letter.is_account_id() => {
                let after = (0..ID_LENGTH).fold(state.to_vec(), |state, _| {
                    let mut next = Vec::with_capacity(self.words);
                    moved(&state, &self.digits, &self.keeps, &mut next);
                    next
                });
                for (first, last, _) in over() {
                    let bits = (*first..=*last).filter(|bit| has(&after, *bit));
                    bits.for_each(|bit| set(next, bit));
                }
            }
            Letter::Unknown(_) => {
                // Some value could be all of the rest, or any part of it.
                for (first, last, _) in over() {
                    if let Some(lowest) = (*first..=*last).find(|bit| has(state, *bit)) {
                        (lowest..=*last).for_each(|bit| set(next, bit));
                    }
                }
            }
        }
    }

    fn matches(&self, state: &[u64]) -> Vec<bool> {
        let ranges = self.ranges.iter();
        ranges.map(|(_, last, _)| has(state, *last)).collect()
    }

    fn lives(&self, state: &[u64], pattern: usize) -> bool {
        let Some((first, last, _)) = self.ranges.get(pattern) else {
            return false;
        };
        has_any(state, *first, *last)
    }

    /// Whether some pattern of each group may still match.
    fn lives_in_all(&self, state: &[u64], groups: &[Vec<usize>]) -> bool {
        let mut groups = groups.iter();
        groups.all(|group| group.iter().any(|pattern| self.lives(state, *pattern)))
    }

    /// The letters that may come after `state`; of those in a field that move nothing on, which all lead
    /// to the same state, the first one.
    fn telling_letters<'a>(
        &'a self,
        state: &'a [u64],
    ) -> impl Iterator<Item = &'a (Letter, Vec<u64>)> {
        let mut is_kept = false;
        self.letters.iter().filter(move |(letter, moves)| {
            let is_plain = !letter.may_end_a_field() && !letter.ends_a_name();
            let only_keeps = is_plain && !letter.is_account_id() && !meet(state, moves);
            !(only_keeps && std::mem::replace(&mut is_kept, true))
        })
    }

    /// The shortest text whose matches `is_wanted` accepts. Of each group of `must`, one
    /// pattern at least matches such a text.
    pub(crate) fn find(
        &self,
        must: &[Vec<usize>],
        is_wanted: impl Fn(&[bool]) -> bool,
    ) -> Searched {
        let lives = |state: &[u64]| self.lives_in_all(state, must);
        let start = self.start();
        if !lives(&start) {
            return Searched::Nothing;
        }
        if is_wanted(&self.matches(&start)) {
            return Searched::Text(Vec::new());
        }
        let mut seen: HashSet<SearchState> = std::iter::once(start.clone()).collect();
        let mut near = VecDeque::from([(0, start, 0)]);
        // What ends in an account id, until texts of its length are looked at.
        let mut far: VecDeque<(usize, SearchState, usize)> = VecDeque::new();
        let mut trail: Vec<(usize, Letter)> = vec![(0, Letter::Unknown(0))];
        let mut next = Vec::with_capacity(self.words);
        loop {
            let reached = near.front().map_or(usize::MAX, |(length, ..)| *length);
            let is_reached = far.front().is_some_and(|(length, ..)| *length <= reached);
            if is_reached && let Some((length, state, at)) = far.pop_front() {
                if seen.insert(state.clone()) {
                    if is_wanted(&self.matches(&state)) {
                        return Searched::Text(spelled(&trail, at));
                    }
                    near.push_back((length, state, at));
                }
                continue;
            }
            let Some((length, state, at)) = near.pop_front() else {
                return Searched::Nothing;
            };
            for (letter, moves) in self.telling_letters(&state) {
                self.step(&state, *letter, moves, &mut next);
                if !lives(&next) || seen.contains(next.as_slice()) {
                    continue;
                }
                let next: SearchState = Box::from(next.as_slice());
                trail.push((at, *letter));
                let at = trail.len() - 1;
                if letter.is_account_id() {
                    far.push_back((length + ID_LENGTH, next, at));
                    continue;
                }
                if is_wanted(&self.matches(&next)) {
                    return Searched::Text(spelled(&trail, at));
                }
                if seen.len() >= STATES {
                    return Searched::GaveUp;
                }
                seen.insert(next.clone());
                near.push_back((length + 1, next, at));
            }
        }
    }
}

/// Puts into `next` the positions after those of `state`, where these are the ones that move on, and these the
/// ones that are kept.
fn moved(state: &[u64], moves: &[u64], keeps: &[u64], next: &mut Vec<u64>) {
    next.clear();
    let mut carry = 0;
    let words = state.iter().zip(moves).zip(keeps);
    next.extend(words.map(|((word, moves), keeps)| {
        let moved = word & moves;
        let out = (moved << 1) | carry | (word & keeps);
        carry = moved >> 63;
        out
    }));
}

/// Whether two sets have a position in common.
fn meet(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

fn set(words: &mut [u64], bit: usize) {
    if let Some(word) = words.get_mut(bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

fn has(words: &[u64], bit: usize) -> bool {
    let word = words.get(bit / 64).copied().unwrap_or_default();
    word & (1 << (bit % 64)) != 0
}

/// Whether any bit from `first` to `last` is set.
fn has_any(words: &[u64], first: usize, last: usize) -> bool {
    (first / 64..=last / 64).any(|at| {
        let low = if at == first / 64 { first % 64 } else { 0 };
        let high = if at == last / 64 { last % 64 } else { 63 };
        let mask = (u64::MAX << low) & (u64::MAX >> (63 - high));
        words.get(at).is_some_and(|word| word & mask != 0)
    })
}

/// The text that the step `at` of `trail` ends.
fn spelled(trail: &[(usize, Letter)], mut at: usize) -> Vec<Symbol> {
    let mut text = Vec::new();
    while let (true, Some((before, letter))) = (at > 0, trail.get(at)) {
        text.push(match letter {
            Letter::Char(c) => Symbol::Char(*c),
            Letter::Unknown(name) => Symbol::Unknown(*name),
        });
        at = *before;
    }
    text.reverse();
    text
}

/// Letters that tell the patterns apart: one that is in none of them, then those that are.
fn alphabet(steps: &[Step], has_fields: bool) -> Vec<Letter> {
    let mut letters = BTreeSet::new();
    letters.extend(has_fields.then_some(':'));
    let mut unknown = BTreeSet::new();
    for step in steps {
        match &step.symbol {
            Symbol::Char(c) if step.ignores_case => {
                letters.extend([c.to_ascii_lowercase(), c.to_ascii_uppercase()]);
            }
            Symbol::Char(c) => {
                letters.insert(*c);
            }
            Symbol::Unknown(name) => {
                unknown.insert(*name);
            }
            Symbol::Any | Symbol::One => {}
        }
    }
    let is_free = |c: &char| !letters.contains(c);
    let other = ('x'..='z')
        .chain('a'..='w')
        .chain('0'..='9')
        .chain('A'..='Z')
        .chain('\u{e1}'..='\u{7ff}')
        .find(is_free);
    let chars = other.into_iter().chain(letters.iter().copied());
    chars
        .map(Letter::Char)
        .chain(unknown.into_iter().map(Letter::Unknown))
        .collect()
}

/// The positions that each of these letters moves on.
fn all_moves(letters: &[Letter], steps: &[Step], words: usize) -> Vec<(Letter, Vec<u64>)> {
    let numbers = letters.iter().enumerate().map(|(at, letter)| (*letter, at));
    let numbers: HashMap<Letter, usize> = numbers.collect();
    let letters = letters.iter().map(|letter| (*letter, vec![0; words]));
    let mut all: Vec<(Letter, Vec<u64>)> = letters.collect();
    for step in steps {
        let mut add = |letter: Letter| {
            let at = numbers.get(&letter);
            if let Some((_, moves)) = at.and_then(|at| all.get_mut(*at)) {
                set(moves, step.bit);
            }
        };
        match step.symbol {
            Symbol::Char(c) => {
                add(Letter::Char(c));
                if step.ignores_case {
                    add(Letter::Char(c.to_ascii_lowercase()));
                    add(Letter::Char(c.to_ascii_uppercase()));
                }
            }
            Symbol::Unknown(name) => add(Letter::Unknown(name)),
            Symbol::One => {
                for (letter, moves) in &mut all {
                    match letter {
                        Letter::Char(c) if step.reach.takes(*c) => set(moves, step.bit),
                        Letter::Char(_) | Letter::Unknown(_) => {}
                    }
                }
            }
            Symbol::Any => {}
        }
    }
    all
}

/// Whether every text that `inner` matches is matched by one of `outer`; a search that is given
/// up counts as no.
pub(crate) fn is_covered(inner: &Glob, outer: &[Glob]) -> bool {
    if outer.iter().any(|glob| glob == inner || glob.is_any()) {
        return true;
    }
    let mut patterns = vec![(inner, Mode::Exact)];
    patterns.extend(outer.iter().map(|glob| (glob, Mode::Exact)));
    let machine = Machine::new(&patterns);
    let escapes = |matches: &[bool]| match matches.split_first() {
        Some((inner, outer)) => *inner && !outer.contains(&true),
        None => false,
    };
    machine.find(&[vec![0]], escapes) == Searched::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_no_pattern_on_may_still_tell_them_apart() {
        let glob = Glob::of("a*");
        let patterns = [Extent::Fields, Extent::Whole].map(|extent| (&glob, Mode::Exact, extent));
        let found =
            Machine::with_fields(patterns).find(&[vec![1]], |matches| matches == [false, true]);
        let text = |text: &str| Searched::Text(text.chars().map(Symbol::Char).collect());
        assert_eq!(found, text("a:"));
        let any_case = Glob {
            ignores_case: true,
            ..Glob::of("a")
        };
        let patterns = [(&any_case, Mode::Exact), (&glob, Mode::Exact)];
        let found = Machine::new(&patterns).find(&[vec![0]], |matches| matches == [true, false]);
        assert_eq!(found, text("A"));
    }

    #[test]
    fn a_range_of_bits_is_looked_at_as_bit_by_bit() {
        let words = [1 << 63, 0, 1, 1 << 5 | 1 << 62];
        for first in 0..270 {
            for last in first..270 {
                let wanted = (first..=last).any(|bit| has(&words, bit));
                assert_eq!(has_any(&words, first, last), wanted, "{first}..={last}");
            }
        }
    }
}
