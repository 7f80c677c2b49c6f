//! Trust that changed to a picture in Mermaid, which GitHub draws.
//!
//! In: the access parts of a run. Out: a flow chart from who may assume to what is assumed, or
//! nothing where no trust changed. Of many arrows the first are drawn, and the rest counted.
//!
//! The hard thing: labels come from files that somebody else may have written. In a label, what
//! Mermaid or HTML would read is written as an entity.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::access::{Access, Finding, PrincipalChange, Way};

use super::access::{kind, stage};
use super::escape::{entities, thousands};

/// The most arrows.
const ARROWS: usize = 30;

/// The picture of the trust that changed.
pub(super) fn picture<'a>(accesses: impl Iterator<Item = &'a Access>) -> Option<String> {
    let mut nodes: BTreeMap<String, usize> = BTreeMap::new();
    let mut declared = String::new();
    let mut arrows = String::new();
    let mut left_out = 0;
    let mut number = 0;
    let mut node = |label: String, declared: &mut String| {
        let next = nodes.len();
        *nodes.entry(label.clone()).or_insert_with(|| {
            let _ = writeln!(declared, "  n{next}[\"{}\"]", entities(&label));
            next
        })
    };
    for (change, finding, is_gain) in accesses.flat_map(trusts) {
        for who in &finding.resources {
            number += 1;
            if number > ARROWS {
                left_out += 1;
                continue;
            }
            let who = node(who.replacen("!Sub ", "", 1), &mut declared);
            let what = node(name(change), &mut declared);
            let arrow = if is_gain {
                "== may now ==>"
            } else {
                "-. might before .->"
            };
            let _ = writeln!(arrows, "  n{who} {arrow} n{what}");
        }
    }
    if number == 0 {
        return None;
    }
    let mut out = format!("\n```mermaid\nflowchart LR\n{declared}{arrows}```\n");
    if left_out > 0 {
        let _ = writeln!(out, "\nand {} arrows more", thousands(left_out));
    }
    Some(out)
}

fn trusts(access: &Access) -> impl Iterator<Item = (&PrincipalChange, &Finding, bool)> {
    access.principals.iter().flat_map(|change| {
        let gains = change
            .gains
            .iter()
            .map(move |finding| (change, finding, true));
        let loses = change
            .loses
            .iter()
            .map(move |finding| (change, finding, false));
        gains
            .chain(loses)
            .filter(|(_, finding, _)| finding.way == Way::Assume)
    })
}

fn name(change: &PrincipalChange) -> String {
    let mut name = format!("{} {}", kind(change.kind), change.name);
    if let Some(stage) = stage(change) {
        let _ = write!(name, " ({stage})");
    } else if let [account] = change.accounts.as_slice() {
        let _ = write!(name, " in {account}");
    }
    name
}
