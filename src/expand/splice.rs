//! Source text and rendered bodies to the expanded text.
//!
//! In: the template's text, what replaces each macro call, and small edits (rewritten
//! include paths). Out: the expanded text. Every byte outside of the replaced spans is kept.
//! Refuses bodies that cannot be written for several accounts.
//!
//! The hard thing is that one body is written for thousands of accounts: a body becomes text once,
//! cut at the places where the account is, and is copied from then on. The text is passed on in
//! chunks, once for its checksum and once to be written, and never in memory as a whole.

use std::collections::BTreeMap;

use crate::expand::chunks::{BodyPiece, BodyText, Spliced, UnitBinding, UnitText};
use crate::expand::model::plan::MacroPlan;
use crate::expand::model::rendered::{Placeholders, Rendered};
use crate::expand::model::unit::{Unit, UnitAccounts};

/// The line ending of `text`: that of its first line.
pub fn line_ending(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text.get(..at).is_some_and(|before| before.ends_with('\r')) => "\r\n",
        _ => "\n",
    }
}

/// Cuts the texts of a macro's bodies; `source` is the template's text.
pub fn spliced(source: &str, rendered: &Rendered, placeholders: &Placeholders) -> Spliced {
    let call = &rendered.planned.call;
    let plan = rendered.plan();
    let cut = |text: &str| {
        if plan.logical_ids.is_empty() {
            body_text(text, placeholders)
        } else {
            named(body_text(text, placeholders), &plan.name)
        }
    };
    let bodies: Vec<BodyText> = rendered
        .written
        .iter()
        .map(|body| cut(&body.text))
        .collect();
    let text = |unit| {
        let mut text = unit_text(source, plan, unit);
        if let Some(body) = bodies.get(unit.body.0) {
            text.ids = ids(plan, unit, body);
        }
        text
    };
    Spliced {
        range: call.entry.start..call.entry.end,
        indent: call.indent,
        units: plan.units.iter().map(text).collect(),
        examples: rendered
            .examples()
            .map(|units| units.into_iter().map(text).collect()),
        stand_ins: rendered
            .written
            .iter()
            .map(|body| body.stand_in().map(cut))
            .collect(),
        bodies,
    }
}

/// `body` with whole logical ids instead of their account's letters and digits.
fn named(body: BodyText, name: &str) -> BodyText {
    let mut pieces: Vec<BodyPiece> = Vec::new();
    for piece in body.pieces {
        match (piece, pieces.pop()) {
            (BodyPiece::Text(text), Some(BodyPiece::IdPart)) => {
                let before = match pieces.pop() {
                    Some(BodyPiece::Text(before)) => before,
                    other => {
                        pieces.extend(other);
                        String::new()
                    }
                };
                let is_end = |c: char| !c.is_ascii_alphanumeric();
                let at = text.find(is_end).unwrap_or(text.len());
                let (kind, rest) = text.split_at_checked(at).unwrap_or((&text, ""));
                if let Some(before) = before.strip_suffix(name) {
                    pieces.push(BodyPiece::Text(before.to_owned()));
                    pieces.push(BodyPiece::Id(kind.to_owned()));
                    pieces.push(BodyPiece::Text(rest.to_owned()));
                } else {
                    pieces.push(BodyPiece::Text(before));
                    pieces.push(BodyPiece::IdPart);
                    pieces.push(BodyPiece::Text(text));
                }
            }
            (piece, last) => {
                pieces.extend(last);
                pieces.push(piece);
            }
        }
    }
    BodyText { pieces }
}

/// The logical ids in `body` as `unit` writes them, by kind.
fn ids(plan: &MacroPlan, unit: &Unit, body: &BodyText) -> BTreeMap<String, String> {
    let kinds = body.pieces.iter().filter_map(|piece| match piece {
        BodyPiece::Id(kind) => Some(kind.clone()),
        _ => None,
    });
    kinds
        .map(|kind| {
            let id = plan.logical_id(unit.id_part.as_str(), &kind);
            (kind, id)
        })
        .collect()
}

fn unit_text(source: &str, plan: &MacroPlan, unit: &Unit) -> UnitText {
    let (bound, account) = match &unit.accounts {
        UnitAccounts::One(account) => (
            UnitBinding::Account(account.clone()),
            Some(account.as_str()),
        ),
        UnitAccounts::Listed(accounts) => {
            let bound = UnitBinding::Listed {
                anchor: anchor(source, &format!("{}{}Accounts", plan.name, unit.id_part)),
                accounts: accounts.clone(),
            };
            (bound, None)
        }
    };
    UnitText {
        body: unit.body,
        bound,
        id_part: unit.id_part.as_str().to_owned(),
        ids: BTreeMap::new(),
        comment: comment(plan, unit.stage.as_deref(), account),
    }
}

/// `name` as an anchor that the source does not have: one that it has would, from here on, mean
/// something else. Units differ in their names, or their logical ids would clash.
fn anchor(source: &str, name: &str) -> String {
    let is_free = |anchor: &String| !source.contains(&format!("&{anchor}"));
    let numbered = (2..=u32::MAX).map(|number| format!("{name}{number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(is_free)
        .unwrap_or_default()
}

fn body_text(text: &str, placeholders: &Placeholders) -> BodyText {
    let mut pieces = Vec::new();
    // The line break after a body is written, or is the source's own.
    let text = text.trim_end_matches(['\r', '\n']);
    let reference = format!("!Ref {}", placeholders.account);
    let marks = [
        (BodyPiece::Bound, reference.as_str()),
        (BodyPiece::Account, &placeholders.account),
        (BodyPiece::IdPart, &placeholders.id_part),
    ];
    let mut found: Vec<(usize, usize, BodyPiece)> = marks
        .into_iter()
        .filter(|(_, mark)| !mark.is_empty())
        .flat_map(|(piece, mark)| {
            let places = memchr::memmem::find_iter(text.as_bytes(), mark);
            places.map(move |at| (at, at + mark.len(), piece.clone()))
        })
        .collect();
    // A reference contains the account.
    found.sort_by_key(|(at, ..)| *at);
    let mut end = 0;
    for (at, after, piece) in found {
        if at < end {
            continue;
        }
        let before = text.get(end..at).unwrap_or_default();
        pieces.push(BodyPiece::Text(before.to_owned()));
        pieces.push(piece);
        end = after;
    }
    pieces.push(BodyPiece::Text(
        text.get(end..).unwrap_or_default().to_owned(),
    ));
    BodyText { pieces }
}

/// The comment over the unit of a stage, or of the Tools account; `account` if it is of one.
fn comment(plan: &MacroPlan, stage: Option<&str>, account: Option<&str>) -> String {
    let (name, app) = (&plan.name, &plan.app_id.value);
    match (stage, account) {
        // No number of accounts: it would change when one joins.
        (Some(stage), None) => format!("{name} ({app}): stage {stage}, all of its accounts"),
        (Some(stage), Some(account)) => format!("{name} ({app}): stage {stage}, account {account}"),
        (None, account) => format!(
            "{name} ({app}): Tools account {}",
            account.unwrap_or_default()
        ),
    }
}
