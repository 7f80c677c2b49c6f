//! The expanded text: the source, with each macro call replaced.
//!
//! In: a source and its edits. Out: the text, in chunks, never in memory as a whole. Refuses
//! nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use crate::expand::model::rendered::Placeholders;
use crate::expand::model::unit::BodyId;

/// How much text is gathered before it is passed on: much, since each write to a file costs the
/// same again, and little enough to stay in a processor's cache.
const CHUNK: usize = 1 << 18;
/// How much more room there is: a body mostly fits.
const SLACK: usize = 1 << 16;
/// A page of a file. A write that begins or ends within one costs more.
const PAGE: usize = 1 << 12;

/// A piece of a body's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BodyPiece {
    Text(String),
    /// The account's logical id.
    Account,
    /// What the resource is bound to: `!Ref` of the account, or a list of them.
    Bound,
    /// Its letters and digits.
    IdPart,
    /// A logical id, by its kind.
    Id(String),
}

/// The text of one body, for any account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BodyText {
    pub(crate) pieces: Vec<BodyPiece>,
}

/// The accounts of a unit.
#[derive(Clone, Debug)]
pub(crate) enum UnitBinding {
    /// One, by its logical id.
    Account(String),
    /// A list with an anchor: written at the unit's first resource, repeated by alias.
    Listed {
        anchor: String,
        accounts: Vec<String>,
    },
}

/// The accounts of a unit, as text.
#[derive(Clone, Debug)]
pub(crate) struct UnitText {
    pub(crate) body: BodyId,
    pub(crate) bound: UnitBinding,
    pub(crate) id_part: String,
    /// The logical ids that [`BodyPiece::Id`] stands for, by kind.
    pub(crate) ids: BTreeMap<String, String>,
    pub(crate) comment: String,
}

/// A macro call with what replaces it.
#[derive(Clone, Debug)]
pub struct Spliced {
    pub(crate) range: Range<usize>,
    pub(crate) indent: usize,
    pub(crate) bodies: Vec<BodyText>,
    /// For each body what is read back instead of it, if it is read already.
    pub(crate) stand_ins: Vec<Option<BodyText>>,
    pub(crate) units: Vec<UnitText>,
    /// The units that stand for all of them, if `LogicalIds` names resources.
    pub(crate) examples: Option<Vec<UnitText>>,
}

/// A replacement of bytes of the source.
#[derive(Clone, Debug)]
pub enum Edit {
    /// This text replaces these bytes.
    Text(Range<usize>, String),
    /// The units replace this macro call.
    Macro(Spliced),
}

impl Edit {
    fn range(&self) -> Range<usize> {
        match self {
            Edit::Text(range, _) => range.clone(),
            Edit::Macro(spliced) => spliced.range.clone(),
        }
    }
}

/// The expanded text, ready to be written.
#[derive(Clone, Debug)]
pub struct Expanded {
    source: String,
    /// The head, which is before the source and after its byte order mark.
    pub head: String,
    edits: Vec<Edit>,
    eol: &'static str,
}

impl BodyText {
    fn write(&self, unit: &UnitText, indent: usize, eol: &str, out: &mut String) {
        let mut is_first = true;
        for piece in &self.pieces {
            match (piece, &unit.bound) {
                (BodyPiece::Text(text), _) => out.push_str(text),
                (BodyPiece::IdPart, _) => out.push_str(&unit.id_part),
                (BodyPiece::Id(kind), _) => {
                    out.push_str(unit.ids.get(kind).map_or("", String::as_str));
                }
                (BodyPiece::Account, UnitBinding::Account(account)) => out.push_str(account),
                // A body that needs one account is refused before it is written for several.
                (BodyPiece::Account, UnitBinding::Listed { .. }) => {}
                (BodyPiece::Bound, bound) => {
                    bound.write(is_first, indent, eol, out);
                    is_first = false;
                }
            }
        }
    }
}

/// How far the items of a binding's list are indented from the resource's key.
const ITEM_INDENT: usize = 6;

impl UnitBinding {
    fn write(&self, is_first: bool, indent: usize, eol: &str, out: &mut String) {
        match self {
            UnitBinding::Account(account) => {
                out.push_str("!Ref ");
                out.push_str(account);
            }
            UnitBinding::Listed { anchor, accounts } if is_first => {
                out.push('&');
                out.push_str(anchor);
                let indent = indent + ITEM_INDENT;
                for account in accounts {
                    let _ = write!(out, "{eol}{:indent$}- !Ref {account}", "");
                }
            }
            UnitBinding::Listed { anchor, .. } => {
                out.push('*');
                out.push_str(anchor);
            }
        }
    }

    /// At least the bytes that it takes in `pieces` places.
    fn length(&self, pieces: usize, indent: usize) -> usize {
        match self {
            UnitBinding::Account(account) => pieces * (account.len() + 5),
            UnitBinding::Listed { anchor, accounts } => {
                let items: usize = accounts.iter().map(String::len).sum();
                items + accounts.len() * (indent + ITEM_INDENT + 9) + pieces * (anchor.len() + 1)
            }
        }
    }
}

impl Spliced {
    /// One unit for each body, of the account that `placeholders` stand for; see
    /// [`Placeholders::id_part_of`]. All units if one has a list of accounts: these are few. Those
    /// that stand for the others if `LogicalIds` names resources.
    fn skeleton(&self, placeholders: &Placeholders) -> Vec<UnitText> {
        if let Some(examples) = &self.examples {
            return examples.clone();
        }
        let is_listed = |unit: &UnitText| matches!(unit.bound, UnitBinding::Listed { .. });
        if self.units.iter().any(is_listed) {
            return self.units.clone();
        }
        let unit = |body| UnitText {
            body,
            bound: UnitBinding::Account(placeholders.account.clone()),
            id_part: placeholders.id_part_of(body),
            ids: BTreeMap::new(),
            comment: placeholders.account.clone(),
        };
        (0..self.bodies.len()).map(BodyId).map(unit).collect()
    }

    /// At least the bytes of all units.
    fn length(&self) -> usize {
        let bodies: Vec<(usize, usize)> = self
            .bodies
            .iter()
            .map(|body| {
                let text = |piece: &BodyPiece| {
                    if let BodyPiece::Text(text) = piece {
                        text.len()
                    } else {
                        0
                    }
                };
                (body.pieces.iter().map(text).sum(), body.pieces.len())
            })
            .collect();
        self.units
            .iter()
            .filter_map(|unit| Some((bodies.get(unit.body.0)?, unit)))
            .map(|((text, pieces), unit)| {
                let id_parts = pieces * unit.id_part.len();
                let bound = unit.bound.length(*pieces, self.indent);
                text + id_parts + bound + unit.comment.len() + self.indent + 8
            })
            .sum()
    }

    fn write<'text>(
        &self,
        units: &[UnitText],
        body: impl Fn(BodyId) -> Option<&'text BodyText>,
        eol: &str,
        out: &mut Chunks<'_>,
    ) {
        let indent = self.indent;
        let mut first = true;
        for unit in units {
            if !first {
                // The line break after the last resource, and an empty line.
                let _ = write!(out.buffer, "{eol}{eol}{:indent$}", "");
            }
            first = false;
            let _ = write!(out.buffer, "# {}{eol}", unit.comment);
            if let Some(body) = body(unit.body) {
                body.write(unit, indent, eol, &mut out.buffer);
            }
            out.give();
        }
    }
}

/// How text is passed on.
#[derive(Clone, Copy)]
struct Sizes {
    /// The room of the first buffer.
    capacity: usize,
    /// How much is gathered before it is passed on.
    enough: usize,
}

/// Text on its way to a sink.
struct Chunks<'run> {
    buffer: String,
    /// How much is passed on at once.
    enough: usize,
    /// How much was passed on.
    given: usize,
    sink: &'run mut dyn FnMut(&str),
}

impl Chunks<'_> {
    /// Passes on what is enough of the gathered text, to the end of a page.
    fn give(&mut self) {
        let mut start = 0;
        while self.buffer.len() - start >= self.enough {
            let mut end = start + self.enough - self.given % PAGE;
            while !self.buffer.is_char_boundary(end) {
                end -= 1;
            }
            (self.sink)(self.buffer.get(start..end).unwrap_or_default());
            self.given += end - start;
            start = end;
        }
        self.buffer.drain(..start);
    }
}

impl Expanded {
    /// The text `source` with all `edits` applied, which must not overlap.
    pub fn new(source: String, head: String, mut edits: Vec<Edit>, eol: &'static str) -> Self {
        edits.sort_by_key(|edit| edit.range().start);
        Self {
            source,
            head,
            edits,
            eol,
        }
    }

    /// The text once it is proven: without what was only read back.
    #[must_use]
    pub fn proven(mut self) -> Self {
        for edit in &mut self.edits {
            if let Edit::Macro(spliced) = edit {
                spliced.stand_ins = Vec::new();
            }
        }
        self
    }

    /// Whether the text begins with a byte order mark.
    pub fn has_byte_order_mark(&self) -> bool {
        self.source.starts_with('\u{feff}')
    }

    /// Gives the text to `sink`, chunk by chunk.
    pub fn chunks(&self, sink: &mut dyn FnMut(&str)) {
        let rest = self.give(&self.head, None, self.sizes(), sink);
        if !rest.is_empty() {
            sink(&rest);
        }
    }

    /// The whole text.
    pub fn to_text(&self) -> String {
        let whole = Sizes {
            capacity: self.length(),
            enough: usize::MAX,
        };
        self.give(&self.head, None, whole, &mut |_| {})
    }

    /// The whole text, instead of its parts.
    pub fn into_text(self) -> String {
        self.to_text()
    }

    /// The bytes of the text.
    pub fn length(&self) -> usize {
        let edits: usize = self
            .edits
            .iter()
            .map(|edit| match edit {
                Edit::Text(_, text) => text.len(),
                Edit::Macro(spliced) => spliced.length(),
            })
            .sum();
        self.source.len() + self.head.len() + edits
    }

    /// The text without its head, and with each body once, for the account that `placeholders`
    /// stand for (bindings as they are), or what stands for it: what is read back as proof.
    pub fn skeleton(&self, placeholders: &Placeholders) -> String {
        let whole = Sizes {
            enough: usize::MAX,
            ..self.sizes()
        };
        self.give("", Some(placeholders), whole, &mut |_| {})
    }

    fn sizes(&self) -> Sizes {
        Sizes {
            capacity: self.length().min(CHUNK + SLACK),
            enough: CHUNK,
        }
    }

    /// Gives the text to `sink`, in whole chunks, and returns what is left.
    fn give(
        &self,
        head: &str,
        skeleton: Option<&Placeholders>,
        sizes: Sizes,
        sink: &mut dyn FnMut(&str),
    ) -> String {
        let text = self.source.as_str();
        let bom = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
        let mut chunks = Chunks {
            buffer: String::with_capacity(sizes.capacity),
            enough: sizes.enough,
            given: 0,
            sink,
        };
        chunks.buffer.push_str(text.get(..bom).unwrap_or_default());
        chunks.buffer.push_str(head);
        let mut at = bom;
        for edit in &self.edits {
            let range = edit.range();
            chunks
                .buffer
                .push_str(text.get(at..range.start).unwrap_or_default());
            match edit {
                Edit::Text(_, replacement) => chunks.buffer.push_str(replacement),
                Edit::Macro(spliced) => {
                    let whole = |body: BodyId| spliced.bodies.get(body.0);
                    match skeleton {
                        None => spliced.write(&spliced.units, whole, self.eol, &mut chunks),
                        Some(placeholders) => {
                            let stand_in = |body: BodyId| spliced.stand_ins.get(body.0)?.as_ref();
                            let read = |body| stand_in(body).or_else(|| whole(body));
                            let units = spliced.skeleton(placeholders);
                            spliced.write(&units, read, self.eol, &mut chunks);
                        }
                    }
                }
            }
            at = range.end;
        }
        chunks.buffer.push_str(text.get(at..).unwrap_or_default());
        chunks.give();
        chunks.buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_end_where_pages_end() {
        for line in ["a: 'text'\n", "a: 'täxt, テキスト 𝔱'\n"] {
            let unit = |number: usize| UnitText {
                body: BodyId(0),
                bound: UnitBinding::Account(format!("Account{number}")),
                id_part: number.to_string(),
                ids: BTreeMap::new(),
                comment: format!("unit {number}"),
            };
            let pieces = [BodyPiece::Account, BodyPiece::Text(line.repeat(3_001))];
            let spliced = Spliced {
                range: 3..3,
                indent: 0,
                bodies: vec![BodyText {
                    pieces: pieces.to_vec(),
                }],
                stand_ins: Vec::new(),
                units: (0..40).map(unit).collect(),
                examples: None,
            };
            let source = format!("\u{feff}{}", line.repeat(50_000));
            let edits = vec![Edit::Macro(spliced)];
            let expanded = Expanded::new(source, "# head\n".to_owned(), edits, "\n");
            let mut text = String::new();
            let mut chunks = 0;
            expanded.chunks(&mut |chunk| {
                let is_exact = |at: usize| at.is_multiple_of(PAGE);
                // A character of several bytes may be in the way.
                assert!(text.is_empty() || (0..4).any(|more| is_exact(text.len() + more)));
                assert!(!chunk.is_empty() && chunk.len() <= CHUNK);
                text.push_str(chunk);
                chunks += 1;
            });
            assert!(text == expanded.to_text());
            assert!(text.starts_with("\u{feff}# head\n# unit 0\nAccount0a: "));
            assert_eq!(chunks, text.len() / CHUNK + 1, "{line}");
        }
    }
}
