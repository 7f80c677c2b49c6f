//! The facts about a CI system. Plain data: it refuses nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::oidc::key::{COMMON, ProviderKey};
use crate::source::{Span, Spanned};
use crate::yaml::lookup::Field;
use crate::yaml::typed::TypedReader;

/// A CI system whose tokens IAM can trust.
pub struct Provider {
    /// Its key in `TrustedBy`: its name and `Oidc`.
    pub key: &'static str,
    /// Whose tokens these are, in one sentence.
    pub summary: &'static str,
    /// The end of the name of the role that its tokens may assume in the Tools account.
    pub role: &'static str,
    /// Whether the guard of every execution role names that role, so that no other place has to.
    pub is_always_guarded: bool,
    /// The beginning of the name of the cross-account policy of all stages, and of one stage.
    pub policies: PolicyWords,
    /// Whether its tokens may carry session tags, which a trust policy must allow as well.
    pub sends_session_tags: bool,
    /// The claims other than `sub` and `aud` that IAM compares; each has one value in a token.
    pub claims: &'static [&'static str],
    /// The part of an issuer that tells two providers of one account apart; may be empty.
    pub issuer_part: fn(issuer: &str) -> &str,
    /// Which job of GitHub Actions has a token of a subject; `None` for the tokens of other
    /// systems.
    pub job: Option<fn(subject: &str) -> Option<ActionsJob>>,

    /// Its own keys; see [`Provider::all_keys`].
    pub(super) keys: &'static [ProviderKey],
    /// Whether each stage has subjects of its own if the macro names none.
    pub(super) names_stages: bool,
    /// The issuer, the audience, the subjects and the claims that the keys result in.
    pub(super) tokens: fn(reader: &mut TypedReader<'_>, given: &Given) -> Option<Tokens>,

    /// What comes before the repository in a subject.
    pub(super) prefix: &'static str,
    /// Where the repository ends in a subject without the prefix, if anything follows it.
    pub(super) repository_end: fn(text: &str) -> Option<usize>,
    /// Why no token has a subject.
    pub(super) never_matches: fn(subject: &str) -> Option<Never>,
    /// Why a token of your own repository names it in another way.
    pub(super) is_renamed: fn(given: &Given, repository: &str) -> Option<&'static str>,
    /// Who else has tokens of the issuer; `None` if it is the issuer of one customer.
    pub(super) strangers: Option<Strangers>,
    /// Whether what follows the repository accepts tokens of pull requests, or of forks.
    pub(super) accepts_pull_requests: fn(context: &str) -> bool,
    /// What else a wildcard in what follows the repository matches, and what to write instead.
    pub(super) also_matches: fn(context: &str) -> Option<(&'static str, String)>,
}

/// The beginning of the name of a cross-account policy.
pub struct PolicyWords {
    /// Of the role that all stages share, if the plain name is another principal's.
    pub shared: &'static str,
    /// Of a stage's own role.
    pub stage: &'static str,
}

/// The job of GitHub Actions that a subject stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionsJob {
    /// One in an environment.
    Environment(String),
    /// One on a branch.
    Branch(String),
}

/// Everybody who has an account with a CI system.
pub(super) struct Strangers {
    /// Where they are, such as `on GitHub`.
    pub(super) place: &'static str,
    /// Whether a wildcard is the only place that distinguishes the system's customers.
    pub(super) are_accepted: fn(given: &Given, repository: &str) -> bool,
    /// What to write instead.
    pub(super) help: &'static str,
}

/// Why a subject can never match.
pub(super) struct Never {
    pub(super) why: &'static str,
    /// What to write instead.
    pub(super) help: &'static str,
}

/// What follows a provider's key, decoded as far as that is the same for all.
pub(super) struct Given {
    pub(super) provider: &'static Provider,
    /// The provider's key.
    pub(super) span: Span,
    pub(super) fields: BTreeMap<String, Field>,
    /// The stage that this is decoded for.
    pub(super) stage: String,
    pub(super) environments: Option<Scoped>,
    pub(super) branches: Option<Scoped>,
    pub(super) subjects: Option<Scoped>,
    pub(super) allow_pull_requests: bool,
    pub(super) allow_other_repositories: bool,
}

/// Values of one stage.
pub(super) struct Scoped {
    pub(super) values: Vec<Spanned<String>>,
    /// Whether they belong to this stage only.
    pub(super) is_own: bool,
}

/// What a provider's keys result in.
pub(super) struct Tokens {
    pub(super) issuer: String,
    pub(super) audience: String,
    pub(super) subjects: Vec<Spanned<String>>,
    pub(super) claims: Vec<Claim>,
    pub(super) by_name: Option<TrustedName>,
}

/// A name that is accepted without the id that belongs to it: whoever takes over the name is
/// trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedName {
    /// A repository, as `owner/name`.
    Repository(String),
    /// The owner of repositories.
    Owner(String),
}

/// A claim of a token, and the values that are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its name, such as `repository_id`.
    pub name: String,
    /// Any of these; `*` and `?` are wildcards.
    pub values: Vec<String>,
}

impl Provider {
    /// Its name in Sids and logical ids.
    pub fn word(&self) -> &'static str {
        self.key.trim_end_matches("Oidc")
    }

    /// The page about it: `docs/trusts/<page>.md`.
    pub fn page(&self) -> String {
        self.word().to_lowercase()
    }

    /// Every key that can follow its own, those of all providers last.
    pub fn keys(&self) -> impl Iterator<Item = &'static ProviderKey> {
        self.keys.iter().chain(COMMON)
    }

    /// The names of [`Provider::keys`].
    pub fn all_keys(&self) -> Vec<&'static str> {
        self.keys().map(|key| key.name).collect()
    }

    /// The key with this name, if there is one.
    pub(super) fn key(&self, name: &str) -> Option<&'static ProviderKey> {
        self.keys().find(|key| key.name == name)
    }

    /// The part of a subject, without its prefix, that names the repository, and what follows it.
    pub(super) fn split<'a>(&self, text: &'a str) -> (&'a str, &'a str) {
        let at = (self.repository_end)(text).unwrap_or(text.len());
        (
            text.get(..at).unwrap_or_default(),
            text.get(at..)
                .unwrap_or_default()
                .trim_start_matches([':', '/']),
        )
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)
    }
}

impl PartialEq for Provider {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Provider {}

impl Hash for Provider {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl Given {
    /// The key that says which jobs may deploy, if there is one.
    pub(super) fn scope(&self) -> Option<&Scoped> {
        let scopes = [&self.environments, &self.branches, &self.subjects];
        scopes.into_iter().flatten().next()
    }

    /// The text of a key as it is written.
    pub(super) fn plain(&self, key: &str) -> Option<&str> {
        self.fields.get(key).and_then(|field| field.value.text())
    }
}

impl Claim {
    pub(super) fn one(name: &str, value: String) -> Self {
        Self {
            name: name.to_owned(),
            values: vec![value],
        }
    }
}
