//! Stages whose tokens could deploy another stage.
//!
//! In: the targets with their trusts. Out: nothing, or a diagnostic for each pair of stages.

use crate::arguments::{Target, Trust};
use crate::aws::wildcard::matches;
use crate::diagnostic::{Diagnostic, shorten};
use crate::oidc::rules::SUBJECT_TOO_WIDE;
use crate::oidc::{OidcTrust, is_pattern, overlap};

use crate::arguments::decoder::Decoder;

/// More subjects than a trust policy holds, which is an error of its own.
const MANY: usize = 100;

impl Decoder<'_> {
    /// A wildcard of one stage that lets in the tokens of another.
    pub(crate) fn overlaps(&mut self, targets: &[Target]) {
        let mut problems = Vec::new();
        let mut told: Vec<(&str, &str)> = Vec::new();
        for (target, trust) in oidc_trusts(targets).filter(|(_, trust)| trust.stage.is_some()) {
            let shared: Vec<_> = trusts_of(target)
                .filter(|trust| trust.stage.is_none())
                .collect();
            let others = oidc_trusts(targets).filter(|(other, theirs)| {
                other.stage.value != target.stage.value
                    && theirs.admission.issuer == trust.admission.issuer
                    // What all stages share is let in here as well, where this stage shares it.
                    && (theirs.stage.is_some()
                        || !shared.iter().any(|shared| shared.admission == theirs.admission))
            });
            for (other, theirs) in others {
                let Some(pattern) =
                    lets_in(trust, theirs).or_else(|| same_environment(trust, theirs))
                else {
                    continue;
                };
                let pair = (target.stage.value.as_str(), other.stage.value.as_str());
                if told.contains(&pair) || told.contains(&(pair.1, pair.0)) {
                    continue;
                }
                told.push(pair);
                let problem = Diagnostic::new(
                    &SUBJECT_TOO_WIDE,
                    trust.span,
                    format!(
                        "a token for the stage `{}` could deploy `{}`: `{}` lets it in",
                        other.stage.value,
                        target.stage.value,
                        shorten(pattern)
                    ),
                )
                .help(if is_pattern(pattern) {
                    "name what may deploy each stage without a wildcard that covers another's"
                } else {
                    "give each stage an environment of its own, or let all share what a list names"
                });
                problems.push(if theirs.span == trust.span {
                    problem
                } else {
                    problem.related(theirs.span, "its own trust")
                });
            }
        }
        for problem in problems {
            self.reader.problem(problem);
        }
    }
}

/// The subject of `trust` with a wildcard that lets in a token of `theirs`, which names another.
fn lets_in<'a>(trust: &'a OidcTrust, theirs: &OidcTrust) -> Option<&'a String> {
    let subjects = || theirs.admission.subjects.iter().take(MANY);
    let mut patterns = trust.admission.subjects.iter().take(MANY);
    patterns.find(|pattern| {
        is_pattern(pattern)
            && subjects().any(|subject| {
                subject != *pattern && (matches(pattern, subject) || overlap(pattern, subject))
            })
    })
}

/// An environment that two stages name as their own: its tokens are no stage's.
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

fn oidc_trusts(targets: &[Target]) -> impl Iterator<Item = (&Target, &OidcTrust)> {
    targets
        .iter()
        .flat_map(|target| trusts_of(target).map(move |trust| (target, trust)))
}

fn trusts_of(target: &Target) -> impl Iterator<Item = &OidcTrust> {
    let trusts = target.arguments.trusted_by.iter();
    trusts.filter_map(|trust| match &trust.value {
        Trust::Oidc(oidc) => Some(oidc.as_ref()),
        _ => None,
    })
}
