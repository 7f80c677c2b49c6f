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
    let accesses: Vec<&Access> = accesses.collect();
    let known: Vec<&PrincipalChange> = accesses
        .iter()
        .flat_map(|access| &access.principals)
        .collect();
    for (change, finding, is_gain) in accesses.iter().copied().flat_map(trusts) {
        for who in &finding.resources {
            number += 1;
            if number > ARROWS {
                left_out += 1;
                continue;
            }
            let who = node(asking(who, &known), &mut declared);
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

/// Who asks: as a principal of the file where it is one, else by its ARN without what all have.
fn asking(shown: &str, known: &[&PrincipalChange]) -> String {
    let shown = shown.replacen("!Sub ", "", 1);
    let Some((_, rest)) = shown.split_once(":iam::") else {
        return shown;
    };
    // The name of an account that a `!Sub` refers to, or its id; and what stands there.
    let (account, resource) = match rest.strip_prefix("${") {
        Some(rest) => rest.split_once("}:").unwrap_or((rest, "")),
        None => rest.split_once(':').unwrap_or((rest, "")),
    };
    let (what, path) = resource.split_once('/').unwrap_or((resource, ""));
    if what == "oidc-provider" {
        return format!("OIDC provider {path}");
    }
    let own = path.rsplit('/').next().unwrap_or(path);
    let made = known.iter().find(|change| {
        kind(change.kind) == what
            && change.name == own
            && change.accounts.iter().any(|name| name == account)
    });
    match (made, what) {
        (Some(change), _) => name(change),
        (None, "role" | "user") => format!("{what} {own} in {account}"),
        (None, "root") => format!("account {account}"),
        _ => shown,
    }
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
