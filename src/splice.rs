//! Source text and rendered bodies to the expanded text.
//!
//! In: the template's text, what stands in place of each macro call, and small edits (rewritten
//! include paths). Out: the expanded text. Every byte outside of the replaced spans is kept.
//!
//! The hard thing is that one body is written for thousands of accounts: a body becomes text
//! once, cut at the places where the account stands, and is copied from then on. The text is
//! given away in chunks, once for its checksum and once to be written, and never held whole.

use crate::emit;
use crate::model::expanded::{BodyText, GroupText, Piece, Spliced};
use crate::model::macro_call::MacroCall;
use crate::model::organization::letters;
use crate::model::plan::{Group, MacroPlan};
use crate::model::rendered::{Placeholders, RenderedMacro};

/// The line ending of `text`: that of its first line.
pub fn line_ending(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text.get(..at).is_some_and(|before| before.ends_with('\r')) => "\r\n",
        _ => "\n",
    }
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
            .map(|body| body_text(&emit::body(body, call.indent, eol), placeholders))
            .collect(),
        groups: plan.groups.iter().map(group).collect(),
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

/// The comment over a group.
pub fn comment(plan: &MacroPlan, group: &Group) -> String {
    let (name, app) = (&plan.name, &plan.app_id.value);
    match &group.stage {
        Some(stage) => format!("{name} ({app}): stage {stage}, account {}", group.account),
        None => format!("{name} ({app}): Tools account {}", group.account),
    }
}
