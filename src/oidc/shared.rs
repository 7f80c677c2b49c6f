//! Providers whose issuer is the same for all customers: which claims say whose token it is, in a trust
//! policy that is written by hand.
//!
//! In: an issuer, a claim, and what the policy compares it with. Out: whether anybody can have a token that
//! fits. Refuses nothing: a claim that is not known may say whose it is.
//!
//! Which providers are shared: "Identity-provider controls for shared OIDC providers" of the IAM User Guide.

use crate::template::symbol::Symbol;

/// An issuer that anybody can have tokens of.
pub(crate) struct SharedIssuer {
    issuer: &'static str,
    /// Where its customers are, such as `on GitHub`.
    pub(crate) place: &'static str,
    /// The claim to compare, and a value that names its owner.
    pub(crate) claim: &'static str,
    pub(crate) example: &'static str,
    /// Claims whose values begin with their owner.
    owned: &'static [OwnedClaim],
    /// Claims that can be anything in the tokens of anybody.
    free: &'static [&'static str],
    /// Whether the audience says whose token it is.
    has_own_audience: bool,
}

/// A claim whose value begins with its owner.
struct OwnedClaim {
    name: &'static str,
    /// What precedes the owner.
    begin: &'static str,
    /// The characters after which the owner is complete; none if it is the whole value.
    ends: &'static [char],
}

const fn owned(name: &'static str, begin: &'static str, ends: &'static [char]) -> OwnedClaim {
    OwnedClaim { name, begin, ends }
}

const SHARED: &[SharedIssuer] = &[
    // GitHub's "OpenID Connect reference"
    SharedIssuer {
        issuer: "token.actions.githubusercontent.com",
        place: "on GitHub",
        claim: "sub",
        example: "repo:owner/name:environment:prod",
        owned: &[
            // The owner's id follows `@`.
            owned("sub", "repo:", &['/', '@', ':']),
            owned("repository", "", &['/']),
            owned("repository_owner", "", &[]),
            owned("repository_id", "", &[]),
            owned("repository_owner_id", "", &[]),
            owned("job_workflow_ref", "", &['/']),
            owned("actor", "", &[]),
            owned("actor_id", "", &[]),
        ],
        free: &[
            "base_ref",
            "environment",
            "event_name",
            "head_ref",
            "ref",
            "ref_protected",
            "ref_type",
            "repository_visibility",
            "runner_environment",
            "workflow",
        ],
        has_own_audience: false,
    },
    // GitLab's "OpenID Connect (OIDC) authentication using ID tokens"
    SharedIssuer {
        issuer: "gitlab.com",
        place: "on gitlab.com",
        claim: "sub",
        example: "project_path:group/name:ref_type:branch:ref:main",
        owned: &[
            owned("sub", "project_path:", &['/', ':']),
            owned("project_path", "", &['/']),
            owned("namespace_path", "", &['/']),
            owned("project_id", "", &[]),
            owned("namespace_id", "", &[]),
        ],
        free: &[
            "environment",
            "environment_protected",
            "pipeline_source",
            "ref",
            "ref_protected",
            "ref_type",
        ],
        has_own_audience: false,
    },
    // Buildkite's "OIDC with AWS"
    SharedIssuer {
        issuer: "agent.buildkite.com",
        place: "on Buildkite",
        claim: "sub",
        example: "organization:acme:pipeline:shop:*",
        owned: &[owned("sub", "organization:", &[':'])],
        free: &[],
        has_own_audience: false,
    },
    // HashiCorp's "Workload identity tokens" of HCP Terraform
    SharedIssuer {
        issuer: "app.terraform.io",
        place: "on HCP Terraform",
        claim: "sub",
        example: "organization:acme:project:shop:workspace:prod:run_phase:*",
        owned: &[owned("sub", "organization:", &[':'])],
        free: &["terraform_run_phase"],
        has_own_audience: false,
    },
    // Vercel's "OpenID Connect (OIDC) Federation", in its global mode
    SharedIssuer {
        issuer: "oidc.vercel.com",
        place: "on Vercel",
        claim: "sub",
        example: "owner:acme:project:shop:environment:production",
        owned: &[owned("sub", "owner:", &[':'])],
        free: &["environment"],
        has_own_audience: true,
    },
    // "AWS" of Pulumi's "Configuring OpenID Connect": the audience is the organization
    SharedIssuer {
        issuer: "api.pulumi.com/oidc",
        place: "on Pulumi Cloud",
        claim: "sub",
        example: "pulumi:deploy:org:acme:project:shop:*",
        owned: &[],
        free: &[],
        has_own_audience: true,
    },
    // "Trust policies for IAM roles in unauthenticated and authenticated identities" of Amazon Cognito's guide
    SharedIssuer {
        issuer: "cognito-identity.amazonaws.com",
        place: "with an identity pool",
        claim: "aud",
        example: "eu-west-1:12345678-1234-1234-1234-123456790ab",
        owned: &[],
        free: &["amr"],
        has_own_audience: true,
    },
    // "Available keys for AWS web identity federation" of the IAM User Guide
    SharedIssuer {
        issuer: "accounts.google.com",
        place: "on Google",
        claim: "aud",
        example: "66677788899900pro0.apps.googleusercontent.com",
        owned: &[],
        free: &[],
        has_own_audience: true,
    },
];

/// The shared issuer of this name, without `https://`.
pub(crate) fn shared(issuer: &str) -> Option<&'static SharedIssuer> {
    let mut all = SHARED.iter();
    all.find(|own| own.issuer.eq_ignore_ascii_case(issuer))
}

impl SharedIssuer {
    /// Whether the audience says whose token it is.
    pub(crate) fn names_customers_by_audience(&self) -> bool {
        self.has_own_audience
    }

    /// Whether anybody can have tokens with any value of this claim.
    pub(crate) fn is_free(&self, claim: &str) -> bool {
        self.free.contains(&claim)
    }

    /// Whether `claim` fits a pattern in tokens of owners of any name, or of names that anybody can choose.
    pub(crate) fn admits_anybody(&self, claim: &str, pattern: &[Symbol]) -> bool {
        let mut owned = self.owned.iter();
        let Some(owned) = owned.find(|own| own.name == claim) else {
            return false;
        };
        let is_wild = |symbol: &Symbol| matches!(symbol, Symbol::Any | Symbol::One);
        let Some(at) = pattern.iter().position(is_wild) else {
            return false;
        };
        let known = pattern.get(..at).unwrap_or_default();
        // A value that is not known may hold the whole owner.
        let text = known.iter().map(|symbol| match symbol {
            Symbol::Char(c) => Some(*c),
            _ => None,
        });
        let Some(text) = text.collect::<Option<String>>() else {
            return false;
        };
        match text.strip_prefix(owned.begin) {
            Some(owner) => !owner.contains(owned.ends),
            // A subject that begins with another claim is one of a customer's own choice.
            None => owned.begin.starts_with(&text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shared;
    use crate::iam::pattern::Glob;

    fn admits(issuer: &str, claim: &str, pattern: &str) -> bool {
        let pattern = Glob::of(pattern).symbols;
        shared(issuer).unwrap().admits_anybody(claim, &pattern)
    }

    #[test]
    fn an_owner_that_is_not_complete_can_be_anybody() {
        let github = |text| admits("token.actions.githubusercontent.com", "sub", text);
        for open in [
            "*",
            "?*",
            "repo:*",
            "re*",
            "repo:acme*",
            "repo:acme*/shop:*",
            "repo:acme?/shop",
            "repo:*/shop:*",
            "*:environment:prod",
            "*acme/shop*",
        ] {
            assert!(github(open), "{open}");
        }
        for closed in [
            "repo:acme/*",
            "repo:acme/shop:*",
            "repo:acme@123/*",
            "repo:acme@*/shop@*:*",
            "repo:acme/shop:environment:prod",
            "repository_owner_id:123:*",
        ] {
            assert!(!github(closed), "{closed}");
        }
    }

    #[test]
    fn each_provider_has_owners() {
        assert!(admits("gitlab.com", "sub", "project_path:acme*"));
        assert!(admits("gitlab.com", "namespace_path", "acme*"));
        assert!(!admits("gitlab.com", "sub", "project_path:acme/*"));
        assert!(!admits("gitlab.com", "namespace_path", "acme/*"));
        assert!(admits(
            "agent.buildkite.com",
            "sub",
            "organization:acme*:pipeline:*"
        ));
        assert!(!admits("agent.buildkite.com", "sub", "organization:acme:*"));
        assert!(admits(
            "app.terraform.io",
            "sub",
            "organization:*:project:shop:*"
        ));
        assert!(!admits("oidc.vercel.com", "sub", "owner:acme:*"));
    }
}
