//! Source text and rendered bodies to the expanded text.
//!
//! In: the template's text, what replaces each macro call, and small edits (rewritten
//! include paths). Out: the expanded text. Every byte outside of the replaced spans is kept.
//! Refuses bodies that cannot be written for several accounts.
//!
//! The hard thing is that one body is written for thousands of accounts: a body becomes text once,
//! cut at the places where the account is, and is copied from then on. The text is passed on in
//! chunks, once for its checksum and once to be written, and never in memory as a whole.

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

/// Prepares the texts of a macro's bodies; `source` is the template's text.
pub fn spliced(
    source: &str,
    rendered: &Rendered,
    placeholders: &Placeholders,
    eol: &str,
) -> Spliced {
    let call = &rendered.planned.call;
    let plan = rendered.plan();
    Spliced {
        range: call.entry.start..call.entry.end,
        indent: call.indent,
        bodies: rendered
            .bodies
            .iter()
            .map(|body| body_text(&body.to_text(call.indent, eol), placeholders))
            .collect(),
        units: plan
            .units
            .iter()
            .map(|unit| unit_text(source, plan, unit))
            .collect(),
    }
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
    let mut rest = text.trim_end_matches(['\r', '\n']);
    let reference = format!("!Ref {}", placeholders.account);
    loop {
        let marks = [
            (BodyPiece::Bound, reference.as_str()),
            (BodyPiece::Account, &placeholders.account),
            (BodyPiece::IdPart, &placeholders.id_part),
        ];
        let found = marks
            .into_iter()
            .filter_map(|(piece, mark)| Some((rest.find(mark)?, piece, mark)));
        let Some((at, piece, mark)) = found.min_by_key(|(at, ..)| *at) else {
            break;
        };
        pieces.push(BodyPiece::Text(
            rest.get(..at).unwrap_or_default().to_owned(),
        ));
        pieces.push(piece);
        rest = rest.get(at + mark.len()..).unwrap_or_default();
    }
    pieces.push(BodyPiece::Text(rest.to_owned()));
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
