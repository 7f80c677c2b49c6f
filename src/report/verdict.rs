//! Comparisons to one sentence.
//!
//! In: the comparisons of a run. Out: the verdict, on one line, without text of the files. Refuses
//! nothing.
//!
//! The hard thing: "no changes" must mean that no byte differs, so differences without meaning
//! get a sentence of their own.

use std::collections::BTreeSet;

use crate::diff::Comparison;
use crate::diff::lines::{DiffLine, LineKind};
use crate::diff::resources::{ChangeKind, NO_ACCOUNT};

use crate::report::count::{count, thousands};

/// What a run would change, in one line, for example `2 resources added, 3 changed in 4 accounts`.
pub fn verdict(comparisons: &[Comparison<'_>]) -> String {
    let differing: Vec<&Comparison<'_>> =
        comparisons.iter().filter(|file| !file.is_same()).collect();
    if differing.is_empty() {
        return "no changes".to_owned();
    }
    let mut parts: Vec<String> = [
        resources(&differing),
        sections(&differing),
        not_compared(&differing),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        parts.push(format!(
            "no resource changes: only {} differ",
            formatting(&differing)
        ));
    }
    let files = match comparisons.len() {
        1 => String::new(),
        all => format!(
            " ({} of {} files)",
            thousands(differing.len()),
            thousands(all)
        ),
    };
    parts.join("; ") + &files
}

fn resources(differing: &[&Comparison<'_>]) -> Option<String> {
    let all = || differing.iter().flat_map(|file| &file.resources);
    let kinds = [
        (ChangeKind::Added, "added"),
        (ChangeKind::Changed, "changed"),
        (ChangeKind::Removed, "removed"),
    ];
    let mut parts: Vec<String> = Vec::new();
    for (kind, word) in kinds {
        let number = all().filter(|resource| resource.kind == kind).count();
        if number > 0 {
            // Only the first number needs its noun.
            let noun = if parts.is_empty() {
                count(number, "resource")
            } else {
                thousands(number)
            };
            parts.push(format!("{noun} {word}"));
        }
    }
    let accounts: BTreeSet<&str> = differing
        .iter()
        .flat_map(|file| &file.accounts)
        .map(|summary| summary.account.as_str())
        .filter(|account| *account != NO_ACCOUNT)
        .collect();
    let place = match accounts.len() {
        0 => String::new(),
        number => format!(" in {}", count(number, "account")),
    };
    (!parts.is_empty()).then(|| format!("{}{place}", parts.join(", ")))
}

fn sections(differing: &[&Comparison<'_>]) -> Option<String> {
    let number: usize = differing.iter().map(|file| file.sections.len()).sum();
    (number > 0).then(|| format!("{} changed", count(number, "other section")))
}

fn not_compared(differing: &[&Comparison<'_>]) -> Option<String> {
    let number = differing
        .iter()
        .filter(|file| file.not_compared.is_some())
        .count();
    (number > 0).then(|| {
        format!(
            "the resources of {} could not be compared",
            count(number, "file")
        )
    })
}

/// What differs if nothing differs in meaning.
fn formatting(differing: &[&Comparison<'_>]) -> &'static str {
    let only_ends = differing.iter().all(|file| {
        let side = |kind| {
            let lines = file.hunks.iter().flat_map(|hunk| &hunk.lines);
            lines
                .filter(move |line| line.kind == kind)
                .map(DiffLine::content)
        };
        side(LineKind::Removed).eq(side(LineKind::Added))
    });
    if only_ends {
        "line ends"
    } else {
        "comments, order or formatting"
    }
}
