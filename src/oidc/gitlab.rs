//! GitLab CI, on gitlab.com or on your own host.
//!
//! In: keys. Out: subjects and claims. Refuses what no token has.
//!
//! A token's subject is `project_path:GROUP/NAME:ref_type:branch:ref:NAME`; see GitLab's ID token
//! documentation.

use crate::aws::wildcard::{is_pattern, matches};
use crate::diagnostic::Diagnostic;
use crate::oidc::branches;
use crate::oidc::forms::{has_wildcard_owner, is_path_of_slugs, is_word};
use crate::oidc::given::{flag, id, required};
use crate::oidc::key::{ProviderKey, ProviderValue};
use crate::oidc::provider::{Claim, Given, Never, PolicyWords, Provider, Strangers, Tokens};
use crate::oidc::subjects::check;
use crate::source::Spanned;
use crate::yaml::lookup::Field;
use crate::yaml::rules::INVALID_VALUE;
use crate::yaml::typed::TypedReader;

/// The host whose claims IAM compares.
const PUBLIC: &str = "gitlab.com";

pub(super) const PROVIDER: Provider = Provider {
    key: "GitLabOidc",
    summary: "Tokens of GitLab CI.",
    role: "GitLabRole",
    is_always_guarded: false,
    policies: PolicyWords {
        shared: "GitLab",
        stage: "GitLab",
    },
    sends_session_tags: false,
    claims: &["project_id", "ref_protected"],
    issuer_part: |issuer| if issuer == PUBLIC { "" } else { issuer },
    job: None,
    keys: &[
        ProviderKey::required(
            "Project",
            "group/name",
            "The project whose pipelines can deploy, with its groups.",
        )
        .unless_subjects(),
        ProviderKey::optional(
            "ProjectId",
            ProviderValue::Id,
            "The number of the project, on gitlab.com.",
        ),
        ProviderKey::optional(
            "Host",
            ProviderValue::Text("gitlab.example.com"),
            "The host of your own GitLab, if it is not gitlab.com.",
        ),
        ProviderKey::optional(
            "ProtectedRefs",
            ProviderValue::Flag,
            "Whether only protected branches can deploy, on gitlab.com.",
        ),
    ],
    names_stages: false,
    tokens,
    prefix: "project_path:",
    repository_end: |text| text.find(':'),
    never_matches,
    is_renamed: |_, _| None,
    strangers: Some(Strangers {
        place: "on gitlab.com",
        // Everybody on your own host is not everybody.
        are_accepted: |given, project| !has_own_host(given) && has_wildcard_owner(project, "/"),
        help: "name the group",
    }),
    accepts_pull_requests: |context| {
        let of_any = ["ref_type:tag:ref:x", "ref_type:branch:ref:x"];
        is_pattern(context) && of_any.iter().all(|text| matches(context, text))
    },
    also_matches: |_| None,
};

fn tokens(reader: &mut TypedReader<'_>, given: &Given) -> Option<Tokens> {
    let project = required(reader, given, "Project", is_path_of_slugs);
    let host = host(reader, given);
    let mut claims = Vec::new();
    claims.extend(id(reader, given, "ProjectId").map(|id| Claim::one("project_id", id)));
    if flag(reader, given, "ProtectedRefs") {
        claims.push(Claim::one("ref_protected", "true".to_owned()));
    }
    let host = host?;
    let mut fields = ["ProjectId", "ProtectedRefs"]
        .iter()
        .filter_map(|key| given.fields.get(*key));
    if let (true, Some(field)) = (host != PUBLIC, fields.next()) {
        reader.problem(compared_for_the_public_host(field));
    }
    let subjects = if let Some(subjects) = &given.subjects {
        check(reader, given, &subjects.values, project.as_ref());
        subjects.values.clone()
    } else {
        let named = branches::required(reader, given)?;
        branches::check(reader, &named);
        let project = project?.value;
        let subject = |branch: &Spanned<String>| {
            let name = &branch.value;
            let text = format!("project_path:{project}:ref_type:branch:ref:{name}");
            Spanned::new(text, branch.span)
        };
        named.iter().map(subject).collect()
    };
    Some(Tokens {
        audience: format!("https://{host}"),
        issuer: host,
        subjects,
        claims,
        by_name: None,
    })
}

fn host(reader: &mut TypedReader<'_>, given: &Given) -> Option<String> {
    if !given.fields.contains_key("Host") {
        return Some(PUBLIC.to_owned());
    }
    required(reader, given, "Host", is_host).map(|host| host.value)
}

fn has_own_host(given: &Given) -> bool {
    let host = given.plain("Host");
    host.is_some_and(|host| host.split('/').next() != Some(PUBLIC))
}

fn is_host(text: &str) -> bool {
    let name = text.split('/').next().unwrap_or_default();
    name.contains('.')
        && !name.contains(|c: char| c.is_ascii_uppercase())
        && text.split('/').all(|part| is_word(part, "-."))
}

fn compared_for_the_public_host(field: &Field) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        field.key_span,
        format!("IAM compares `{}` for gitlab.com only", field.key),
    )
    .help("remove it: for other hosts, IAM only knows the subject and the audience")
}

fn never_matches(text: &str) -> Option<Never> {
    if !text.starts_with("project_path:") {
        return Some(Never {
            why: "GitLab's begin with `project_path:`",
            help: "write one such as `project_path:group/name:ref_type:branch:ref:main`",
        });
    }
    text.contains(":ref:refs/heads/").then_some(Never {
        why: "GitLab writes no `refs/heads/` before a branch",
        help: "write `:ref:main`",
    })
}

#[cfg(test)]
mod tests {
    use super::{PROVIDER, PUBLIC};
    use crate::iam::condition::is_single;

    #[test]
    fn no_claim_is_a_list() {
        for claim in PROVIDER.claims {
            assert!(is_single(&format!("{PUBLIC}:{claim}")), "{claim}");
        }
    }
}
