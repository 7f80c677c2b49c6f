//! Buildkite.
//!
//! In: keys. Out: subjects and claims. Refuses what no token has.
//!
//! A token's subject is `organization:O:pipeline:P:ref:refs/heads/NAME:commit:SHA:step:KEY`; see
//! Buildkite's OIDC documentation.

use crate::aws::wildcard::is_pattern;
use crate::diagnostic::{Diagnostic, shorten};
use crate::oidc::branches;
use crate::oidc::forms::{has_wildcard_owner, is_full_reference, is_slug};
use crate::oidc::given::required;
use crate::oidc::key::ProviderKey;
use crate::oidc::provider::{Given, Never, PolicyWords, Provider, Strangers, Tokens};
use crate::oidc::subjects::{check, too_wide};
use crate::source::Spanned;
use crate::yaml::typed::TypedReader;

/// Stands for a commit: subjects name the branch `USER:BRANCH` if a fork is built, and after
/// `*`, a branch `commit` of a user with the same name as a branch would match.
const ANY_COMMIT: &str = "????????????????????????????????????????";

pub(super) const PROVIDER: Provider = Provider {
    key: "BuildkiteOidc",
    summary: "Tokens of Buildkite.",
    role: "BuildkiteRole",
    is_always_guarded: false,
    policies: PolicyWords {
        shared: "Buildkite",
        stage: "Buildkite",
    },
    // `--aws-session-tag`.
    sends_session_tags: true,
    claims: &[],
    issuer_part: |_| "",
    job: None,
    keys: &[
        ProviderKey::required(
            "Organization",
            "acme",
            "The organization, as in the URL of the pipeline.",
        ),
        ProviderKey::required(
            "Pipeline",
            "shop",
            "The pipeline whose builds can deploy, as in its URL.",
        ),
    ],
    names_stages: false,
    tokens,
    prefix: "",
    repository_end: |text| text.find(":ref:"),
    never_matches,
    is_renamed: |_, _| None,
    strangers: Some(Strangers {
        place: "on Buildkite",
        are_accepted: |_, pipeline| has_wildcard_owner(pipeline, ":pipeline:"),
        help: "name the organization",
    }),
    accepts_pull_requests,
    also_matches: |_| None,
};

fn tokens(reader: &mut TypedReader<'_>, given: &Given) -> Option<Tokens> {
    let organization = required(reader, given, "Organization", is_slug);
    let pipeline = required(reader, given, "Pipeline", is_slug);
    let (organization, pipeline) = (organization?.value, pipeline?.value);
    let root = format!("organization:{organization}:pipeline:{pipeline}");
    let subjects = if let Some(subjects) = &given.subjects {
        let own = Spanned::new(root, given.span);
        check(reader, given, &subjects.values, Some(&own));
        subjects.values.clone()
    } else {
        let named = branches::required(reader, given)?;
        let contexts = branches::references(reader, &named);
        for (context, branch) in contexts.iter().zip(&named) {
            let whole = format!("{}:commit:{ANY_COMMIT}:step:*", context.value);
            if accepts_pull_requests(&whole) && !given.allow_pull_requests {
                reader.problem(accepts_forks_of(branch));
            }
        }
        let subjects = contexts.iter().flat_map(|context| {
            // A build has the commit `HEAD` until its first checkout.
            [ANY_COMMIT, "HEAD"].map(|commit| {
                let text = format!("{root}:{}:commit:{commit}:step:*", context.value);
                Spanned::new(text, context.span)
            })
        });
        subjects.collect()
    };
    Some(Tokens {
        issuer: "agent.buildkite.com".to_owned(),
        audience: "sts.amazonaws.com".to_owned(),
        subjects,
        claims: Vec::new(),
        by_name: None,
    })
}

fn accepts_forks_of(branch: &Spanned<String>) -> Diagnostic {
    let message = format!(
        "the branch `{}` accepts forks, whose branches are named `user:branch`",
        shorten(&branch.value)
    );
    too_wide(branch.span, &message, "AllowPullRequests")
}

fn never_matches(text: &str) -> Option<Never> {
    let help = "write one such as `organization:acme:pipeline:shop:ref:refs/heads/main:commit:????????????????????????????????????????:step:*`, with 40 `?`";
    if !text.starts_with("organization:") {
        return Some(Never {
            why: "Buildkite's begin with `organization:`",
            help,
        });
    }
    let is_whole = text.contains(":commit:") && text.contains(":step:");
    (!is_whole && !is_pattern(text)).then_some(Never {
        why: "each also names a commit and a step",
        help,
    })
}

fn accepts_pull_requests(context: &str) -> bool {
    let reference = context
        .strip_prefix("ref:")
        .filter(|text| is_full_reference(text));
    is_pattern(context) && reference.is_none_or(accepts_forks)
}

/// Whether a subject, from `refs/heads/` on, accepts a fork's branch, which is named
/// `USER:BRANCH`. A user's name has no slash, so what follows one in a branch does not matter.
fn accepts_forks(reference: &str) -> bool {
    let (branch, rest) = reference.split_once(":commit:").unwrap_or((reference, ""));
    let name = branch.splitn(3, '/').nth(2).unwrap_or_default();
    let user = name.split('/').next().unwrap_or_default();
    let commit = rest.split(":step:").next().unwrap_or_default();
    // After a `*`, a branch `commit` of a user with the same name as the branch would match.
    is_pattern(user) || commit.contains('*')
}

#[cfg(test)]
mod tests {
    use super::{ANY_COMMIT, PROVIDER};

    #[test]
    fn forks_are_accepted_by_what_stands_for_a_user() {
        let accepts = |branch: &str, commit: &str| {
            let context = format!("ref:refs/heads/{branch}:commit:{commit}:step:*");
            (PROVIDER.accepts_pull_requests)(&context)
        };
        for branch in ["main", "release/*", "release/v?", "a/*/b"] {
            assert!(!accepts(branch, ANY_COMMIT), "{branch}");
        }
        for branch in ["*", "v*", "main?", "*:main", "v*/x"] {
            assert!(accepts(branch, ANY_COMMIT), "{branch}");
        }
        assert!(accepts("main", "*"));
        assert!(!accepts("main", "HEAD"));
        assert!((PROVIDER.accepts_pull_requests)("ref:*"));
    }
}
