//! Trust of CI systems by OpenID Connect.
//!
//! In: what follows a provider's key, and the stage that it is decoded for. Out: the
//! tokens that the stage's deploy roles accept. Refuses subjects that no token ever has, and those
//! that accept more tokens than they seem to.
//!
//! A CI system is one file with one [`Provider`], and one line of [`PROVIDERS`]; nothing outside
//! of this folder checks which one it has. What each system writes into its tokens is in its own
//! documentation (see `docs/trusts/`); which claims IAM can compare, in the service authorization
//! reference of STS.

pub mod any_branch;
mod bitbucket;
mod branches;
mod buildkite;
mod circleci;
mod forms;
mod github;
mod gitlab;
mod given;
mod key;
pub mod overlap;
mod provider;
pub mod rules;
pub(crate) mod shared;
mod subjects;
mod trust;

use std::cmp::Ordering;

pub(crate) use given::{StageContext, Written};
pub use key::{KeyNeed, ProviderKey, ProviderValue};
pub use provider::{ActionsJob, Claim, Provider, TrustedName};
pub(crate) use trust::decode;
pub use trust::{Admission, OidcTrust};

/// Every CI system, in the order of the output.
pub const PROVIDERS: &[&Provider] = &[
    &github::PROVIDER,
    &gitlab::PROVIDER,
    &bitbucket::PROVIDER,
    &circleci::PROVIDER,
    &buildkite::PROVIDER,
];

/// The CI system with this key in `TrustedBy`.
pub fn provider(key: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().copied().find(|known| known.key == key)
}

impl PartialOrd for Provider {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// In the order of [`PROVIDERS`].
impl Ord for Provider {
    fn cmp(&self, other: &Self) -> Ordering {
        let position = |provider: &Self| PROVIDERS.iter().position(|known| *known == provider);
        position(self).cmp(&position(other))
    }
}

#[cfg(test)]
mod tests {
    use super::PROVIDERS;

    #[test]
    fn no_two_providers_share_a_name() {
        for (at, one) in PROVIDERS.iter().enumerate() {
            assert!(one.key.ends_with("Oidc"), "{}", one.key);
            for other in PROVIDERS.iter().skip(at + 1) {
                assert_ne!(one.key, other.key);
                assert_ne!(one.role, other.role);
                assert_ne!(one.policies.stage, other.policies.stage);
                assert!(one < other);
            }
        }
    }
}
