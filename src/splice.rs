//! Source text and rendered bodies to the expanded text.
//!
//! In: the template's text, what stands in place of each macro call, and small edits (rewritten
//! include paths). Out: the expanded text. Every byte outside of the replaced spans is kept.
//!
//! The hard thing is that one body is written for thousands of accounts: a body becomes text
//! once, cut at the places where the account stands, and is copied from then on. The text is
//! given away in chunks, once for its checksum and once to be written, and never held whole.

use std::fmt::Write as _;
use std::ops::Range;

use crate::emit;
use crate::model::macro_call::MacroCall;
use crate::model::plan::{Group, MacroPlan};
use crate::model::rendered::{Placeholders, RenderedBody, RenderedMacro};

/// How much text is gathered before it is given away.
const CHUNK: usize = 1 << 16;

/// A piece of a body's text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The account's logical id.
    Account,
    /// Its letters and digits.
    Letters,
}

/// The text of one body, for any account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct BodyText {
    pieces: Vec<Piece>,
}

/// One account of a macro.
#[derive(Clone, Debug)]
struct GroupText {
    body: usize,
    account: String,
    letters: String,
    comment: String,
}

/// A macro call with what stands in its place.
#[derive(Clone, Debug)]
pub struct Spliced {
    range: Range<usize>,
    indent: usize,
    bodies: Vec<BodyText>,
    groups: Vec<GroupText>,
}

/// A replacement of bytes of the source.
#[derive(Clone, Debug)]
pub enum Edit {
    /// These bytes become this text.
    Text(Range<usize>, String),
    /// This macro call becomes its groups.
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
    /// What stands in front of the source, behind its byte order mark.
    pub head: String,
    edits: Vec<Edit>,
    eol: &'static str,
}

/// The line ending of `text`: that of its first line.
pub fn line_ending(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text.get(..at).is_some_and(|before| before.ends_with('\r')) => "\r\n",
        _ => "\n",
    }
}

/// The letters and digits of an account's logical id.
pub fn letters(account: &str) -> String {
    account
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

/// What stands for the account's letters in the skeleton of body number `body`: bodies of one
/// macro make the same kinds of resources, and must not share logical ids.
pub fn skeleton_letters(placeholders: &Placeholders, body: usize) -> String {
    format!("{}{body}zZ", placeholders.letters)
}

/// Prepares the texts of a macro's bodies.
pub fn spliced(
    call: &MacroCall,
    plan: &MacroPlan,
    rendered: &RenderedMacro,
    placeholders: &Placeholders,
    eol: &str,
) -> Spliced {
    let group = |group: &Group| GroupText {
        body: group.body,
        account: group.account.clone(),
        letters: letters(&group.account),
        comment: comment(plan, group),
    };
    Spliced {
        range: call.entry.start..call.entry.end,
        indent: call.indent,
        bodies: rendered
            .bodies
            .iter()
            .map(|body| body_text(&body_block(body, call.indent, eol), placeholders))
            .collect(),
        groups: plan.groups.iter().map(group).collect(),
    }
}

/// The block text of a body, with placeholders.
pub fn body_block(body: &RenderedBody, indent: usize, eol: &str) -> String {
    let mut text = String::new();
    for resource in &body.resources {
        let _ = writeln!(text, "{:indent$}{}:", "", resource.logical_id);
        text.push_str(&emit::block(&resource.content, indent + 2));
    }
    if eol == "\n" {
        text
    } else {
        text.replace('\n', eol)
    }
}

fn body_text(text: &str, placeholders: &Placeholders) -> BodyText {
    let mut pieces = Vec::new();
    // The line break after a body is written, or is the source's own.
    let mut rest = text.trim_end_matches(['\r', '\n']);
    loop {
        let account = rest.find(&placeholders.account);
        let letters = rest.find(&placeholders.letters);
        let (at, piece, mark) = match (account, letters) {
            (Some(a), Some(l)) if a < l => (a, Piece::Account, &placeholders.account),
            (_, Some(l)) => (l, Piece::Letters, &placeholders.letters),
            (Some(a), None) => (a, Piece::Account, &placeholders.account),
            (None, None) => break,
        };
        pieces.push(Piece::Text(rest.get(..at).unwrap_or_default().to_owned()));
        pieces.push(piece);
        rest = rest.get(at + mark.len()..).unwrap_or_default();
    }
    pieces.push(Piece::Text(rest.to_owned()));
    BodyText { pieces }
}

impl BodyText {
    fn write(&self, group: &GroupText, out: &mut String) {
        for piece in &self.pieces {
            out.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Account => &group.account,
                Piece::Letters => &group.letters,
            });
        }
    }
}

impl Spliced {
    /// One group for each body, of the account that `placeholders` stand for; see
    /// [`skeleton_letters`].
    fn skeleton(&self, placeholders: &Placeholders) -> Vec<GroupText> {
        let group = |body| GroupText {
            body,
            account: placeholders.account.clone(),
            letters: skeleton_letters(placeholders, body),
            comment: placeholders.account.clone(),
        };
        (0..self.bodies.len()).map(group).collect()
    }

    fn write(&self, groups: &[GroupText], eol: &str, out: &mut Chunks<'_>) {
        let indent = self.indent;
        let mut first = true;
        for group in groups {
            if !first {
                // The line break after the last resource, and an empty line.
                let _ = write!(out.buffer, "{eol}{eol}{:indent$}", "");
            }
            first = false;
            let _ = write!(out.buffer, "# {}{eol}", group.comment);
            if let Some(body) = self.bodies.get(group.body) {
                body.write(group, &mut out.buffer);
            }
            out.give(CHUNK);
        }
    }
}

/// The comment over a group.
pub fn comment(plan: &MacroPlan, group: &Group) -> String {
    let (name, app) = (&plan.name, &plan.app_id.value);
    match &group.stage {
        Some(stage) => format!("{name} ({app}): stage {stage}, account {}", group.account),
        None => format!("{name} ({app}): Tools account {}", group.account),
    }
}

/// Text on its way to a sink.
struct Chunks<'run> {
    buffer: String,
    sink: &'run mut dyn FnMut(&str),
}

impl Chunks<'_> {
    /// Gives the gathered text away if there is `enough` of it.
    fn give(&mut self, enough: usize) {
        if self.buffer.len() >= enough {
            (self.sink)(&self.buffer);
            self.buffer.clear();
        }
    }
}

impl Expanded {
    /// The text `source` with all `edits` made, which must not overlap.
    pub fn new(source: String, head: String, mut edits: Vec<Edit>, eol: &'static str) -> Self {
        edits.sort_by_key(|edit| edit.range().start);
        Self {
            source,
            head,
            edits,
            eol,
        }
    }

    /// Gives the text to `sink`, chunk by chunk.
    pub fn chunks(&self, sink: &mut dyn FnMut(&str)) {
        self.give(&self.head, None, sink);
    }

    /// The whole text.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.chunks(&mut |chunk| text.push_str(chunk));
        text
    }

    /// The text without its head, and with each body once, for the account that `placeholders`
    /// stand for: what [`crate::validate`] reads back.
    pub fn skeleton(&self, placeholders: &Placeholders) -> String {
        let mut text = String::new();
        self.give("", Some(placeholders), &mut |chunk| text.push_str(chunk));
        text
    }

    fn give(&self, head: &str, skeleton: Option<&Placeholders>, sink: &mut dyn FnMut(&str)) {
        let text = self.source.as_str();
        let bom = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
        let mut chunks = Chunks {
            buffer: String::with_capacity(2 * CHUNK),
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
                Edit::Macro(spliced) => match skeleton {
                    None => spliced.write(&spliced.groups, self.eol, &mut chunks),
                    Some(placeholders) => {
                        spliced.write(&spliced.skeleton(placeholders), self.eol, &mut chunks);
                    }
                },
            }
            at = range.end;
        }
        chunks.buffer.push_str(text.get(at..).unwrap_or_default());
        chunks.give(1);
    }
}
