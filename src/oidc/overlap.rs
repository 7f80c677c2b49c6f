//! Stages whose tokens could deploy each other.
//!
//! In: the stages with their trusts. Out: nothing, or a diagnostic for each pair of stages, which
//! is refused.

use std::collections::HashSet;

use crate::aws::wildcard::{is_pattern, matches};
use crate::diagnostic::{Diagnostic, shorten};
use crate::oidc::rules::SUBJECT_TOO_WIDE;
use crate::oidc::trust::OidcTrust;

/// More subjects than a trust policy holds, which is an error of its own.
const MANY: usize = 100;

/// A stage and the tokens that it accepts.
pub(crate) struct StageTrusts<'a> {
    pub(crate) stage: &'a str,
    pub(crate) trusts: Vec<&'a OidcTrust>,
}

/// The stages that accept tokens of others.
pub(crate) fn overlaps(stages: &[StageTrusts<'_>]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut reported: Vec<(&str, &str)> = Vec::new();
    for own in stages {
        for trust in own.trusts.iter().filter(|trust| trust.stage.is_some()) {
            for (other, theirs) in others(stages, own, trust) {
                let pattern = accepted(trust, theirs).or_else(|| same_environment(trust, theirs));
                let Some(pattern) = pattern else { continue };
                let is_reported = |pair| reported.contains(&pair);
                if is_reported((own.stage, other)) || is_reported((other, own.stage)) {
                    continue;
                }
                reported.push((own.stage, other));
                problems.push(could_deploy(own.stage, trust, pattern, other, theirs));
            }
        }
    }
    problems
}

/// The trusts of other stages that tokens of the same issuer have.
fn others<'a>(
    stages: &'a [StageTrusts<'a>],
    own: &'a StageTrusts<'a>,
    trust: &'a OidcTrust,
) -> impl Iterator<Item = (&'a str, &'a OidcTrust)> {
    let is_shared_here = |theirs: &OidcTrust| {
        let mut shared = own.trusts.iter().filter(|trust| trust.stage.is_none());
        shared.any(|shared| shared.admission == theirs.admission)
    };
    stages
        .iter()
        .filter(|other| other.stage != own.stage)
        .flat_map(|other| other.trusts.iter().map(|theirs| (other.stage, *theirs)))
        .filter(|(_, theirs)| theirs.admission.issuer == trust.admission.issuer)
        // What all stages share is accepted here as well, if this stage shares it.
        .filter(move |(_, theirs)| theirs.stage.is_some() || !is_shared_here(theirs))
}

/// The subject of `trust` with a wildcard that accepts a token of `theirs`, which names another.
fn accepted<'a>(trust: &'a OidcTrust, theirs: &OidcTrust) -> Option<&'a String> {
    let subjects = || theirs.admission.subjects.iter().take(MANY);
    let mut patterns = trust.admission.subjects.iter().take(MANY);
    patterns.find(|pattern| {
        is_pattern(pattern)
            && subjects().any(|subject| {
                subject != *pattern && (matches(pattern, subject) || overlap(pattern, subject))
            })
    })
}

/// An environment that two stages name as their own: its tokens belong to neither.
fn same_environment<'a>(trust: &'a OidcTrust, theirs: &OidcTrust) -> Option<&'a String> {
    let environment = |subject: &&String| subject.contains(":environment:");
    let mut own = trust
        .admission
        .subjects
        .iter()
        .filter(environment)
        .take(MANY);
    own.find(|subject| theirs.stage.is_some() && theirs.admission.subjects.contains(subject))
}

fn could_deploy(
    stage: &str,
    trust: &OidcTrust,
    pattern: &str,
    other: &str,
    theirs: &OidcTrust,
) -> Diagnostic {
    let problem = Diagnostic::new(
        &SUBJECT_TOO_WIDE,
        trust.span,
        format!(
            "a token for the stage `{other}` could deploy `{stage}`: `{}` accepts it",
            shorten(pattern)
        ),
    )
    .help(if is_pattern(pattern) {
        "name what can deploy each stage, without a wildcard that covers another stage"
    } else {
        "give each stage its own environment, or give one list for all stages"
    });
    if theirs.span == trust.span {
        problem
    } else {
        problem.related(theirs.span, "its own trust")
    }
}

/// Whether some text matches both patterns, if no wildcard stands for a colon: colons separate the
/// values of a subject, and no value has one.
fn overlap(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut seen = HashSet::new();
    let mut open = vec![(0, 0)];
    while let Some((i, j)) = open.pop() {
        if !seen.insert((i, j)) {
            continue;
        }
        match (one.get(i).copied(), other.get(j).copied()) {
            (None, None) => return true,
            (Some('*'), other) => {
                open.push((i + 1, j));
                if other.is_some_and(|c| c != ':') {
                    open.push((i, j + 1));
                }
            }
            (one, Some('*')) => {
                open.push((i, j + 1));
                if one.is_some_and(|c| c != ':') {
                    open.push((i + 1, j));
                }
            }
            (Some(a), Some(b)) if a == b || (a == '?' && b != ':') || (b == '?' && a != ':') => {
                open.push((i + 1, j + 1));
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn patterns_overlap_where_a_text_matches_both() {
        assert!(overlap("a*", "*b"));
        assert!(overlap("x:de*", "x:*d"));
        assert!(overlap("a?", "?b"));
        assert!(overlap("*", ""));
        assert!(overlap("a*c", "abc"));
        assert!(!overlap("dev*", "prod*"));
        assert!(!overlap("a?", "a"));
        assert!(!overlap("x:*", "x:a:b"));
        assert!(!overlap("o/*:environment:dev*", "o/*:environment:prod*"));
    }
}
