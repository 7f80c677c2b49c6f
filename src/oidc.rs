//! Trust of CI systems by OpenID Connect.
//!
//! What each system writes into its tokens is in the provider's own documentation (see
//! `docs/trusts/`); which claims IAM can compare, in the service authorization reference of STS.

pub mod rules;

use std::collections::HashSet;

use crate::source::Span;

/// A CI system whose tokens IAM can trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OidcProvider {
    /// GitHub Actions.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// `CircleCI`.
    CircleCi,
    /// Buildkite.
    Buildkite,
}

impl OidcProvider {
    /// Every provider, in the order of the output.
    pub const ALL: &'static [OidcProvider] = &[
        OidcProvider::GitHub,
        OidcProvider::GitLab,
        OidcProvider::Bitbucket,
        OidcProvider::CircleCi,
        OidcProvider::Buildkite,
    ];

    /// Its key in `TrustedBy`.
    pub fn key(self) -> &'static str {
        match self {
            OidcProvider::GitHub => "GitHubOidc",
            OidcProvider::GitLab => "GitLabOidc",
            OidcProvider::Bitbucket => "BitbucketOidc",
            OidcProvider::CircleCi => "CircleCiOidc",
            OidcProvider::Buildkite => "BuildkiteOidc",
        }
    }

    /// Its name in Sids and logical ids.
    pub fn word(self) -> &'static str {
        self.key().trim_end_matches("Oidc")
    }

    /// The end of the name of the role that it assumes in the Tools account.
    pub fn role(self) -> &'static str {
        match self {
            OidcProvider::GitHub => "GitHubActionsRole",
            OidcProvider::GitLab => "GitLabRole",
            OidcProvider::Bitbucket => "BitbucketRole",
            OidcProvider::CircleCi => "CircleCiRole",
            OidcProvider::Buildkite => "BuildkiteRole",
        }
    }

    /// Whether its tokens may carry session tags, which a trust policy must allow besides
    /// (Buildkite: `--aws-session-tag`).
    pub fn sends_session_tags(self) -> bool {
        self == OidcProvider::Buildkite
    }
}

/// A claim of a token, and the values that are let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name, such as `repository_id`.
    pub name: String,
    /// Any of these; `*` and `?` are wildcards.
    pub values: Vec<String>,
}

/// The tokens that are let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Whose tokens.
    pub provider: OidcProvider,
    /// The issuer without `https://`, which is IAM's name of the provider.
    pub issuer: String,
    /// The claim `aud`.
    pub audience: String,
    /// The claim `sub`: any of these; `*` and `?` are wildcards.
    pub subjects: Vec<String>,
    /// Further claims, all of which must hold.
    pub claims: Vec<Claim>,
}

/// One trust of a CI system by OpenID Connect, for one stage.
#[derive(Clone, Debug)]
pub struct OidcTrust {
    /// The tokens that are let in.
    pub admission: Admission,
    /// The stage whose own trust this is; `None` where all stages share it.
    pub stage: Option<String>,
    /// Whether the macro makes the account's OIDC provider.
    pub create_provider: bool,
    /// Whether targets trust the provider themselves, without a role in the Tools account.
    pub direct: bool,
    /// Where it is written.
    pub span: Span,
}

impl PartialEq for OidcTrust {
    fn eq(&self, other: &Self) -> bool {
        self.admission == other.admission
            && self.stage == other.stage
            && self.create_provider == other.create_provider
            && self.direct == other.direct
    }
}

/// Whether IAM takes `text` for a pattern in `StringLike`.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether some text matches both patterns, where no wildcard stands for a colon: that parts the
/// values of a token's subject, and none of them holds one.
pub fn overlap(one: &str, other: &str) -> bool {
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
    use super::*;

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
