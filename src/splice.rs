//! Source text and rendered bodies to the expanded text.
//!
//! In: the template's text, what stands in place of each macro call, and small edits (rewritten
//! include paths). Out: the expanded text. Every byte outside of the replaced spans is kept.
//!
//! The hard thing is that one body is written for thousands of accounts: a body becomes text
//! once, cut at the places where the account stands, and is copied from then on.

use std::fmt::Write as _;

use crate::emit;
use crate::model::macro_call::MacroCall;
use crate::model::plan::{Group, MacroPlan};
use crate::model::rendered::{Placeholders, RenderedBody, RenderedMacro};

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
pub struct BodyText {
    pieces: Vec<Piece>,
    length: usize,
    accounts: usize,
}

/// A replacement of bytes of the source.
#[derive(Clone, Debug)]
pub enum Edit<'run> {
    /// These bytes become this text.
    Text(std::ops::Range<usize>, String),
    /// This macro call becomes its groups.
    Macro(&'run Spliced<'run>),
}

/// A macro call with what stands in its place.
#[derive(Clone, Debug)]
pub struct Spliced<'run> {
    /// The call.
    pub call: &'run MacroCall,
    /// Its plan.
    pub plan: &'run MacroPlan,
    /// The text of each body.
    pub bodies: Vec<BodyText>,
}

impl Edit<'_> {
    fn range(&self) -> std::ops::Range<usize> {
        match self {
            Edit::Text(range, _) => range.clone(),
            Edit::Macro(spliced) => spliced.call.entry.start..spliced.call.entry.end,
        }
    }
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

/// Prepares the texts of a macro's bodies.
pub fn spliced<'run>(
    call: &'run MacroCall,
    plan: &'run MacroPlan,
    rendered: &RenderedMacro,
    placeholders: &Placeholders,
    eol: &str,
) -> Spliced<'run> {
    Spliced {
        call,
        plan,
        bodies: rendered
            .bodies
            .iter()
            .map(|body| body_text(&body_block(body, call.indent, eol), placeholders))
            .collect(),
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
    let mut rest = text;
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
    let accounts = pieces
        .iter()
        .filter(|piece| !matches!(piece, Piece::Text(_)))
        .count();
    BodyText {
        length: pieces
            .iter()
            .map(|piece| {
                if let Piece::Text(text) = piece {
                    text.len()
                } else {
                    0
                }
            })
            .sum(),
        pieces,
        accounts,
    }
}

impl BodyText {
    fn write(&self, account: &str, letters: &str, out: &mut String) {
        for piece in &self.pieces {
            out.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Account => account,
                Piece::Letters => letters,
            });
        }
    }
}

impl Spliced<'_> {
    /// The groups to write: all, or the first of each body.
    fn groups(&self, first_only: bool) -> Vec<&Group> {
        let mut seen = vec![false; self.bodies.len()];
        self.plan
            .groups
            .iter()
            .filter(|group| match seen.get_mut(group.body) {
                Some(seen) if first_only => !std::mem::replace(seen, true),
                _ => true,
            })
            .collect()
    }

    fn length(&self) -> usize {
        self.plan
            .groups
            .iter()
            .filter_map(|group| Some((self.bodies.get(group.body)?, group)))
            .map(|(body, group)| {
                body.length + body.accounts * group.account.len() + 160 + group.account.len()
            })
            .sum()
    }

    fn write(&self, eol: &str, first_only: bool, out: &mut String) {
        let indent = self.call.indent;
        let start = out.len();
        for group in self.groups(first_only) {
            if out.len() > start {
                out.push_str(eol);
                let _ = write!(out, "{:indent$}", "");
            }
            let _ = write!(out, "# {}{eol}", comment(self.plan, group));
            if let Some(body) = self.bodies.get(group.body) {
                body.write(&group.account, &letters(&group.account), out);
            }
        }
        // The line break after the entry is the source's own.
        if out.len() > start && out.ends_with(eol) {
            out.truncate(out.len() - eol.len());
        }
    }
}

/// The comment over a group.
pub fn comment(plan: &MacroPlan, group: &Group) -> String {
    match &group.stage {
        Some(stage) => format!(
            "{} ({}): stage {stage}, account {}",
            plan.name, plan.app_id.value, group.account
        ),
        None => format!(
            "{} ({}): Tools account {}",
            plan.name, plan.app_id.value, group.account
        ),
    }
}

/// The text with all `edits` made, which must not overlap; `prefix` stands in front (behind a
/// byte order mark). With `first_only`, each body is written for its first account only.
pub fn splice(text: &str, edits: &[Edit<'_>], prefix: &str, eol: &str, first_only: bool) -> String {
    let length: usize = edits
        .iter()
        .map(|edit| {
            if let (Edit::Macro(spliced), false) = (edit, first_only) {
                spliced.length()
            } else {
                0
            }
        })
        .sum();
    let mut ordered: Vec<&Edit<'_>> = edits.iter().collect();
    ordered.sort_by_key(|edit| edit.range().start);
    let mut out = String::with_capacity(text.len() + prefix.len() + length);
    let bom = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    out.push_str(text.get(..bom).unwrap_or_default());
    out.push_str(prefix);
    let mut at = bom;
    for edit in ordered {
        let range = edit.range();
        out.push_str(text.get(at..range.start).unwrap_or_default());
        match edit {
            Edit::Text(_, replacement) => out.push_str(replacement),
            Edit::Macro(spliced) => spliced.write(eol, first_only, &mut out),
        }
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
