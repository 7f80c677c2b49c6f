//! Patterns with `*` and `?`.
//!
//! In: texts of policies. Out: [`Glob`]s, which say what they match. Refuses nothing.
//!
//! The hard part is what is not known: a parameter of the template or a variable of the policy is
//! a symbol of its own in a pattern. A pattern read [`Mode::Exact`] matches it only by
//! the same symbol or by `*`: what holds then, holds for every value. Read [`Mode::Over`], it
//! matches wherever some value could.

use crate::aws::wildcard::matches_by;
use crate::template::symbol::{ACCOUNT_IDS, Symbol};

/// Whether this is the whole id of an account, known or not.
pub(crate) fn is_account_id(symbols: &[Symbol]) -> bool {
    let is_digit = |symbol: &Symbol| matches!(symbol, Symbol::Char(c) if c.is_ascii_digit());
    match symbols {
        [Symbol::Unknown(number)] => *number >= ACCOUNT_IDS,
        symbols => symbols.len() == 12 && symbols.iter().all(is_digit),
    }
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Glob {
    pub(crate) symbols: Vec<Symbol>,
    pub(crate) ignores_case: bool,
    /// How far its wildcards reach if a text is looked for that it matches.
    pub(crate) extent: Extent,
}

/// How far a wildcard of a pattern reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Extent {
    /// As far as the text, as in a policy.
    #[default]
    Whole,
    /// As far as its field of an ARN; the last of the six fields is the rest of the text.
    Fields,
    /// The same for the ARN of a resource that there is: what is not known may be any part of it.
    Resource,
    /// The same, and in the last field as far as the next colon.
    Paths,
    /// The same, and in the last field as far as the next colon or slash.
    Names,
}

impl Glob {
    /// Whether it has the six fields of an ARN.
    pub(crate) fn has_all_fields(&self) -> bool {
        let colons = self.symbols.iter();
        colons
            .filter(|symbol| **symbol == Symbol::Char(':'))
            .count()
            >= 5
    }

    /// The pattern of these symbols.
    pub(crate) fn new(symbols: Vec<Symbol>) -> Self {
        Self {
            symbols,
            ignores_case: false,
            extent: Extent::Whole,
        }
    }

    /// The pattern `text`, without anything unknown in it.
    pub(crate) fn of(text: &str) -> Self {
        let symbols = text.chars().map(|c| match c {
            '*' => Symbol::Any,
            '?' => Symbol::One,
            c => Symbol::Char(c),
        });
        Self {
            symbols: symbols.collect(),
            ignores_case: false,
            extent: Extent::Whole,
        }
    }

    /// The pattern that matches `text` alone.
    pub(crate) fn literal(text: &str) -> Self {
        Self {
            symbols: text.chars().map(Symbol::Char).collect(),
            ignores_case: false,
            extent: Extent::Whole,
        }
    }

    /// The same pattern without regard to case.
    pub(crate) fn ignoring_case(mut self) -> Self {
        self.ignores_case = true;
        self
    }

    /// Whether it is `*`.
    pub(crate) fn is_any(&self) -> bool {
        !self.symbols.is_empty() && self.symbols.iter().all(|symbol| *symbol == Symbol::Any)
    }

    /// Whether it matches more than one text.
    pub(crate) fn is_wild(&self) -> bool {
        let mut symbols = self.symbols.iter();
        symbols.any(|symbol| matches!(symbol, Symbol::Any | Symbol::One))
    }

    /// Whether something in it is not known.
    pub(crate) fn has_unknown(&self) -> bool {
        let mut symbols = self.symbols.iter();
        symbols.any(|symbol| matches!(symbol, Symbol::Unknown(_)))
    }

    /// Whether some text may match both; to say yes is never wrong.
    pub(crate) fn may_meet(&self, other: &Glob) -> bool {
        let is_open = |symbol: &Symbol| !matches!(symbol, Symbol::Char(_));
        let meet = |own: &mut dyn Iterator<Item = &Symbol>,
                    others: &mut dyn Iterator<Item = &Symbol>| loop {
            match (own.next(), others.next()) {
                (Some(a), _) if is_open(a) => return true,
                (_, Some(b)) if is_open(b) => return true,
                (None, None) => return true,
                (Some(Symbol::Char(a)), Some(Symbol::Char(b))) if a.eq_ignore_ascii_case(b) => {}
                _ => return false,
            }
        };
        meet(&mut self.symbols.iter(), &mut other.symbols.iter())
            && meet(
                &mut self.symbols.iter().rev(),
                &mut other.symbols.iter().rev(),
            )
    }

    /// Whether it matches `text`, read exactly.
    pub(crate) fn matches(&self, text: &[Symbol]) -> bool {
        let is_any = |own: &Symbol| *own == Symbol::Any;
        let accepts = |own: &Symbol, symbol: &Symbol| self.accepts(*own, *symbol);
        matches_by(&self.symbols, text, is_any, accepts)
    }

    /// Whether it matches `text`, by the values that are not known.
    pub(crate) fn matching(&self, text: &[Symbol]) -> Matching {
        if self.matches(text) {
            return Matching::Always;
        }
        let mut unknown = self
            .symbols
            .iter()
            .chain(text)
            .filter_map(|symbol| match symbol {
                Symbol::Unknown(name) => Some(*name),
                _ => None,
            });
        match unknown.next() {
            Some(name) if self.may_match(text) => Matching::Sometimes(name),
            _ => Matching::Never,
        }
    }

    /// Whether it matches `text` for some values; to say yes is never wrong.
    fn may_match(&self, text: &[Symbol]) -> bool {
        let at = |reached: &[bool], at: Option<usize>| {
            at.and_then(|at| reached.get(at)).copied().unwrap_or(false)
        };
        let text = with_digits(text);
        let is_unknown =
            |symbol: &&Symbol| matches!(symbol, Symbol::Unknown(name) if *name < ACCOUNT_IDS);
        // How much of the text the symbols so far may match.
        let start = text.iter().take_while(is_unknown).count();
        let mut reached: Vec<bool> = (0..=text.len()).map(|end| end <= start).collect();
        for own in &with_digits(&self.symbols) {
            let is_open = *own == Symbol::Any || is_unknown(&own);
            let mut next: Vec<bool> = Vec::with_capacity(reached.len());
            for end in 0..=text.len() {
                let before = end.checked_sub(1);
                let last = before.and_then(|at| text.get(at));
                let stays = at(&reached, Some(end))
                    && (is_open || text.get(end).as_ref().is_some_and(is_unknown));
                let skips = at(&next, before) && (is_open || last.as_ref().is_some_and(is_unknown));
                let takes = at(&reached, before)
                    && last.is_some_and(|last| is_unknown(&last) || self.may_accept(*own, *last));
                next.push(stays || skips || takes);
            }
            reached = next;
        }
        at(&reached, Some(text.len()))
    }

    /// Whether it accepts the symbol for some values: a digit of an account id that is not known may
    /// be any.
    fn may_accept(&self, own: Symbol, symbol: Symbol) -> bool {
        let is_digit = |symbol: Symbol| match symbol {
            Symbol::Char(c) => c.is_ascii_digit(),
            Symbol::Unknown(name) => name >= ACCOUNT_IDS,
            Symbol::Any | Symbol::One => false,
        };
        let is_id = |symbol: Symbol| matches!(symbol, Symbol::Unknown(_)) && is_digit(symbol);
        match (own, symbol) {
            (Symbol::One, symbol) if is_id(symbol) => true,
            (own, symbol) if is_id(own) || is_id(symbol) => is_digit(own) && is_digit(symbol),
            (own, symbol) => self.accepts(own, symbol),
        }
    }

    fn accepts(&self, own: Symbol, symbol: Symbol) -> bool {
        match (own, symbol) {
            (Symbol::One, Symbol::Char(_)) => true,
            (Symbol::Char(a), Symbol::Char(b)) => {
                a == b || (self.ignores_case && a.eq_ignore_ascii_case(&b))
            }
            (own, symbol) => own == symbol,
        }
    }
}

/// The symbols, each account id that is not known once for each of its twelve digits.
fn with_digits(symbols: &[Symbol]) -> Vec<Symbol> {
    let symbols = symbols.iter().flat_map(|symbol| {
        let is_id = matches!(symbol, Symbol::Unknown(name) if *name >= ACCOUNT_IDS);
        std::iter::repeat_n(*symbol, if is_id { 12 } else { 1 })
    });
    symbols.collect()
}

/// Whether a pattern matches a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matching {
    /// Whatever the values are that are not known.
    Always,
    /// Not for any value.
    Never,
    /// It depends on a value that is not known: the number of its name.
    Sometimes(u32),
}

/// How a pattern is read if something is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It matches only what it matches for every value.
    Exact,
    /// It matches what it matches for some value.
    Over,
}

impl Mode {
    /// How the negation of such a pattern is read.
    pub(crate) fn opposite(self) -> Self {
        match self {
            Mode::Exact => Mode::Over,
            Mode::Over => Mode::Exact,
        }
    }
}

/// The sessions of the role with this ARN, as trust policies name them.
pub(crate) fn sessions(role: &[Symbol]) -> Option<Glob> {
    let rest = role.strip_prefix(&*Glob::literal("arn:aws:iam::").symbols)?;
    let kind = Glob::literal(":role/").symbols;
    let at = rest.windows(kind.len()).position(|part| part == kind)?;
    let (id, path) = rest.split_at_checked(at)?;
    let name = path.rsplit(|symbol| *symbol == Symbol::Char('/')).next()?;
    let text = |text: &str| Glob::of(text).symbols;
    let parts = [
        &text("AWS:arn:aws:sts::"),
        id,
        &text(":assumed-role/"),
        name,
        &text("/*"),
    ];
    Some(Glob::new(parts.concat()))
}
