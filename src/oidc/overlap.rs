//! Stages whose tokens could deploy a later stage.
//!
//! In: the stages with their trusts, in the order of the targets. Out: nothing, or a diagnostic for
//! each pair of stages, which is refused.
//!
//! An earlier stage may accept the tokens of a later one: any branch deploys `dev`, and `main`, which
//! is one of them, deploys `prod` too. A later stage accepts no token that is meant for an earlier
//! one alone.

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

/// The stages that accept tokens of earlier ones, or name an environment that another one names.
pub(crate) fn overlaps(stages: &[StageTrusts<'_>]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut reported: Vec<(&str, &str)> = Vec::new();
    let place = |stage: &str| stages.iter().position(|known| known.stage == stage);
    for own in stages {
        for trust in own.trusts.iter().filter(|trust| trust.stage.is_some()) {
            for (other, theirs) in others(stages, own, trust) {
                let is_later = place(own.stage) > place(other);
                let wide = if is_later {
                    accepted(trust, theirs)
                } else {
                    None
                };
                let pattern = wide.or_else(|| same_environment(trust, theirs));
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

/// The subject of `trust` with a wildcard that accepts a token of `theirs`, unless `theirs` accepts
/// every token of that subject: then it is the narrower one, and those who have its tokens deploy
/// both stages.
fn accepted<'a>(trust: &'a OidcTrust, theirs: &OidcTrust) -> Option<&'a String> {
    let subjects = || theirs.admission.subjects.iter().take(MANY);
    let mut patterns = trust.admission.subjects.iter().take(MANY);
    patterns.find(|pattern| {
        is_pattern(pattern)
            && !subjects().any(|subject| covers(subject, pattern))
            && subjects().any(|subject| matches(pattern, subject) || overlap(pattern, subject))
    })
}

/// Whether every text that `narrow` matches is one that `wide` matches. It says no in doubt.
fn covers(wide: &str, narrow: &str) -> bool {
    // As a text, the `*` of `narrow` is one character, which only a `*` of `wide` may stand for.
    wide == narrow || (matches(wide, narrow) && !(wide.contains('?') && narrow.contains('*')))
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
        "narrow it to what can deploy this stage; targets are written in the order of deployment, and only an earlier one can have the wider wildcard"
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
    use super::{covers, overlap};

    #[test]
    fn a_pattern_covers_what_it_matches_entirely() {
        assert!(covers("x:*", "x:release/*"));
        assert!(covers("x:*", "x:v?"));
        assert!(covers("x:a*", "x:a*"));
        assert!(!covers("x:release/*", "x:*"));
        assert!(!covers("x:?", "x:*"));
        assert!(!covers("x:a*", "x:*b"));
    }

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
