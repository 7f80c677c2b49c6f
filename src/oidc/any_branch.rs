//! Stages that whoever can push a branch can deploy.
//!
//! In: the stages with their trusts, in the order of the targets. Out: nothing, or a warning for each
//! trust. It refuses nothing: a team may mean it.

use crate::aws::wildcard::is_pattern;
use crate::diagnostic::{Diagnostic, Shown as _, shorten};
use crate::oidc::overlap::StageTrusts;
use crate::oidc::rules::ANY_BRANCH_DEPLOYS;
use crate::oidc::trust::OidcTrust;

/// The names of a stage that serves users, whichever other stages there are.
const PRODUCTION: &[&str] = &["prod", "prd", "production", "live"];

/// What a subject has before a branch's or an environment's name, for all providers. A job names the
/// environment that it runs in, so one on any branch has a token for some environment.
const BEFORE_NAMES: &[&str] = &["refs/heads/", ":ref_type:branch:ref:", ":environment:"];

/// The trusts by which any branch can deploy a stage that is not the first one. The first of several
/// stages is where work in progress goes.
pub(crate) fn any_branch(stages: &[StageTrusts<'_>]) -> Vec<Diagnostic> {
    let mut found: Vec<(&OidcTrust, &str, Vec<&str>)> = Vec::new();
    for (at, own) in stages.iter().enumerate() {
        let is_later = at > 0 || PRODUCTION.contains(&own.stage);
        for trust in own.trusts.iter().filter(|_| is_later) {
            let mut subjects = trust.admission.subjects.iter();
            let Some(subject) = subjects.find(|subject| accepts_any(subject)) else {
                continue;
            };
            match found.iter_mut().find(|known| known.0.span == trust.span) {
                Some(known) => known.2.push(own.stage),
                None => found.push((trust, subject, vec![own.stage])),
            }
        }
    }
    let warnings = found.iter();
    warnings
        .map(|(trust, subject, stages)| warning(trust, subject, stages))
        .collect()
}

/// Whether a subject accepts every branch or every environment of its repository.
fn accepts_any(subject: &str) -> bool {
    is_pattern(subject)
        && BEFORE_NAMES.iter().any(|before| {
            let rest = subject.split_once(before).map(|(_, rest)| rest);
            let name = rest.and_then(|rest| rest.split(':').next());
            name.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c == '*'))
        })
}

fn warning(trust: &OidcTrust, subject: &str, stages: &[&str]) -> Diagnostic {
    let names: Vec<String> = stages
        .iter()
        .map(|stage| format!("`{}`", stage.shown()))
        .collect();
    let message = format!(
        "whoever can push a branch can deploy {}: `{}` accepts all of them",
        names.join(" and "),
        shorten(subject)
    );
    Diagnostic::new(&ANY_BRANCH_DEPLOYS, trust.span, message).help(
        "name the branches or environments that deploy these stages, for example `Branches: { dev: ['*'], prod: [main] }`",
    )
}

#[cfg(test)]
mod tests {
    use super::accepts_any;

    #[test]
    fn any_branch_is_one_whose_whole_name_is_a_wildcard() {
        for any in [
            "repo:acme/shop:ref:refs/heads/*",
            "repo:acme/shop:ref:refs/heads/**",
            "repo:acme/shop:environment:*",
            "project_path:acme/shop:ref_type:branch:ref:*",
            "organization:acme:pipeline:shop:ref:refs/heads/*:commit:????:step:*",
        ] {
            assert!(accepts_any(any), "{any}");
        }
        for some in [
            "repo:acme/shop:ref:refs/heads/main",
            "repo:acme/shop:ref:refs/heads/release/*",
            "repo:acme/shop:ref:refs/tags/*",
            "repo:acme/shop:environment:prod-*",
            "organization:acme:pipeline:shop:ref:refs/heads/main:commit:????:step:*",
        ] {
            assert!(!accepts_any(some), "{some}");
        }
    }
}
