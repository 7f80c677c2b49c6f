//! Texts and patterns in which something may not be known.
//!
//! In: nothing. Out: [`Symbol`], one part of such a text. Refuses nothing.

/// One symbol of a pattern or of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Symbol {
    /// `*`: any run of characters.
    Any,
    /// `?`: one character.
    One,
    /// A character.
    Char(char),
    /// A value that is not known: the number of its name.
    Unknown(u32),
}

/// The numbers of account ids that are not known begin here: these are twelve digits each.
pub(crate) const ACCOUNT_IDS: u32 = 1 << 31;

/// The text that these symbols are, if all of them are characters.
pub(crate) fn literal_text(symbols: &[Symbol]) -> Option<String> {
    let chars = symbols.iter().map(|symbol| match symbol {
        Symbol::Char(c) => Some(*c),
        _ => None,
    });
    chars.collect()
}
