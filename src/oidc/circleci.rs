//! `CircleCI`.
//!
//! In: keys. Out: subjects and claims. Refuses what no token has.
//!
//! A token's subject is `org/ID/project/ID/user/ID/vcs-origin/ORIGIN/vcs-ref/refs/heads/NAME`, the
//! form of `CIRCLE_OIDC_TOKEN_V2`; see `CircleCI`'s OpenID Connect documentation.

use crate::aws::wildcard::is_pattern;
use crate::oidc::branches;
use crate::oidc::forms::{is_full_reference, is_path_of_slugs, is_plain_uuid};
use crate::oidc::given::required;
use crate::oidc::key::{ProviderKey, ProviderValue};
use crate::oidc::provider::{Given, Never, PolicyWords, Provider, Tokens};
use crate::oidc::subjects::check;
use crate::source::Spanned;
use crate::yaml::typed::TypedReader;

const EXAMPLE: &str = "11111111-2222-3333-4444-555555555555";

/// Stands for the UUID of whoever started a job: a `*` would also match a branch name that holds
/// the rest of the subject.
const ANY_USER: &str = "????????-????-????-????-????????????";

pub(super) const PROVIDER: Provider = Provider {
    key: "CircleCiOidc",
    summary: "Tokens of CircleCI.",
    role: "CircleCiRole",
    is_always_guarded: false,
    policies: PolicyWords {
        shared: "CircleCi",
        stage: "CircleCi",
    },
    sends_session_tags: false,
    claims: &[],
    // The organization.
    issuer_part: |issuer| issuer.rsplit('/').next().unwrap_or_default(),
    job: None,
    keys: &[
        ProviderKey::required("OrganizationId", EXAMPLE, "The UUID of the organization."),
        ProviderKey::required(
            "ProjectId",
            EXAMPLE,
            "The UUID of the project whose jobs can deploy.",
        ),
        ProviderKey::optional(
            "Origin",
            ProviderValue::Text("github.com/acme/shop"),
            "The repository as CircleCI writes it, which `Branches` need.",
        ),
    ],
    names_stages: false,
    tokens,
    prefix: "",
    repository_end: |text| text.find("/user/"),
    never_matches,
    is_renamed: |_, _| None,
    // The issuer is that of one organization.
    strangers: None,
    accepts_pull_requests: |context| {
        is_pattern(context) && !is_full_reference(parts(context).reference)
    },
    also_matches,
};

/// What follows the project in a subject.
struct SubjectParts<'a> {
    user: &'a str,
    origin: &'a str,
    reference: &'a str,
}

fn parts(context: &str) -> SubjectParts<'_> {
    let context = context.strip_prefix("user/").unwrap_or(context);
    let (user, rest) = context.split_once('/').unwrap_or((context, ""));
    let (origin, reference) = rest.split_once("/vcs-ref/").unwrap_or((rest, ""));
    SubjectParts {
        user,
        origin,
        reference,
    }
}

fn tokens(reader: &mut TypedReader<'_>, given: &Given) -> Option<Tokens> {
    let organization = required(reader, given, "OrganizationId", is_plain_uuid);
    let project = required(reader, given, "ProjectId", is_plain_uuid);
    let (organization, project) = (organization?, project?);
    let root = format!("org/{}/project/{}", organization.value, project.value);
    let subjects = if let Some(subjects) = &given.subjects {
        let own = Spanned::new(root, given.span);
        check(reader, given, &subjects.values, Some(&own));
        subjects.values.clone()
    } else if let Some(named) = &given.branches {
        let origin = required(reader, given, "Origin", is_path_of_slugs);
        let contexts = branches::references(reader, &named.values);
        let origin = origin?.value;
        let subject = |context: &Spanned<String>| {
            let reference = context.value.trim_start_matches("ref:");
            let text = format!("{root}/user/{ANY_USER}/vcs-origin/{origin}/vcs-ref/{reference}");
            Spanned::new(text, context.span)
        };
        contexts.iter().map(subject).collect()
    } else if given.allow_pull_requests {
        vec![Spanned::new(format!("{root}/user/*"), given.span)]
    } else {
        branches::none_named(reader, given);
        return None;
    };
    Some(Tokens {
        issuer: format!("oidc.circleci.com/org/{}", organization.value),
        audience: organization.value,
        subjects,
        claims: Vec::new(),
        by_name: None,
    })
}

fn never_matches(text: &str) -> Option<Never> {
    (!text.starts_with("org/")).then_some(Never {
        why: "CircleCI's begin with `org/`",
        help: "write one such as `org/ORGANIZATION/project/PROJECT/user/USER`",
    })
}

/// A `*` before the reference may stand for a part of a branch's name.
fn also_matches(context: &str) -> Option<(&'static str, String)> {
    let parts = parts(context);
    let is_wide = parts.user.contains('*') || parts.origin.contains('*');
    (is_wide && !parts.reference.is_empty()).then(|| {
        (
            "in this subject, the first `*` also matches a branch whose name contains the rest",
            format!(
                "write `user/{ANY_USER}/`: each `?` is one character of the user's id; and write the complete origin"
            ),
        )
    })
}
