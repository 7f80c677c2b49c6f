//! Bitbucket Pipelines.
//!
//! In: keys. Out: subjects and claims. Refuses what no token has.
//!
//! A token's subject is `{REPOSITORY}:{ENVIRONMENT}:{STEP}`, all UUIDs; see Bitbucket's OpenID
//! Connect documentation.

use crate::aws::wildcard::is_pattern;
use crate::diagnostic::{Diagnostic, shorten};
use crate::oidc::forms::{is_plain_uuid, is_slug};
use crate::oidc::given::{in_lower_case, nothing_named, required};
use crate::oidc::key::{ENVIRONMENTS, ProviderKey};
use crate::oidc::provider::{Given, Never, PolicyWords, Provider, Tokens};
use crate::oidc::rules::INVALID_SUBJECT;
use crate::oidc::subjects::check;
use crate::source::Spanned;
use crate::yaml::lookup::Field;
use crate::yaml::typed::TypedReader;

const EXAMPLE: &str = "'{11111111-2222-3333-4444-555555555555}'";

pub(super) const PROVIDER: Provider = Provider {
    key: "BitbucketOidc",
    summary: "Tokens of Bitbucket Pipelines.",
    role: "BitbucketRole",
    is_always_guarded: false,
    policies: PolicyWords {
        shared: "Bitbucket",
        stage: "Bitbucket",
    },
    sends_session_tags: false,
    claims: &[],
    // The workspace.
    issuer_part: |issuer| issuer.split('/').nth(3).unwrap_or_default(),
    job: None,
    keys: &[
        ProviderKey::required("Workspace", "acme", "The name of the workspace in URLs."),
        ProviderKey::required("WorkspaceId", EXAMPLE, "The UUID of the workspace."),
        ProviderKey::required(
            "RepositoryId",
            EXAMPLE,
            "The UUID of the repository whose pipelines can deploy.",
        ),
        ENVIRONMENTS,
    ],
    names_stages: false,
    tokens,
    prefix: "",
    repository_end: |text| text.find("}:").map(|at| at + 1),
    never_matches,
    is_renamed: |_, _| None,
    // The issuer is that of one workspace.
    strangers: None,
    // A step without an environment has only its own UUID.
    accepts_pull_requests: |context| {
        is_pattern(context) && !(context.starts_with('{') && context.contains("}:"))
    },
    also_matches: |_| None,
};

fn tokens(reader: &mut TypedReader<'_>, given: &Given) -> Option<Tokens> {
    let workspace = required(reader, given, "Workspace", is_slug);
    let workspace_id = required(reader, given, "WorkspaceId", is_uuid);
    let repository = required(reader, given, "RepositoryId", is_uuid);
    if let Some(field) = given.fields.get("Branches") {
        reader.problem(no_branch(field));
    }
    let (workspace, workspace_id, repository) = (workspace?, workspace_id?, repository?);
    let repository = braced(&repository.value);
    let subjects = if let Some(subjects) = &given.subjects {
        let own = Spanned::new(repository, given.span);
        check(reader, given, &subjects.values, Some(&own));
        subjects.values.clone()
    } else if let Some(environments) = &given.environments {
        in_environments(reader, &repository, &environments.values)
    } else if given.allow_pull_requests {
        vec![Spanned::new(format!("{repository}:*"), given.span)]
    } else {
        nothing_named(
            reader,
            given,
            "Environments",
            "a UUID for each stage: `Environments: { dev: '{...}', prod: '{...}' }`",
        );
        return None;
    };
    Some(Tokens {
        issuer: format!(
            "api.bitbucket.org/2.0/workspaces/{}/pipelines-config/identity/oidc",
            workspace.value
        ),
        audience: format!(
            "ari:cloud:bitbucket::workspace/{}",
            workspace_id.value.trim_matches(['{', '}'])
        ),
        subjects,
        claims: Vec::new(),
        by_name: None,
    })
}

/// The subjects of the repository's environments, whatever the step.
fn in_environments(
    reader: &mut TypedReader<'_>,
    repository: &str,
    environments: &[Spanned<String>],
) -> Vec<Spanned<String>> {
    let mut subjects = Vec::new();
    for environment in environments {
        if !is_uuid(&environment.value) {
            reader.problem(not_an_environment(environment));
        }
        let text = format!("{repository}:{}:*", braced(&environment.value));
        subjects.push(Spanned::new(text, environment.span));
    }
    subjects
}

fn is_uuid(text: &str) -> bool {
    let bare = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    is_plain_uuid(bare.unwrap_or(text))
}

fn braced(uuid: &str) -> String {
    format!("{{{}}}", uuid.trim_matches(['{', '}']))
}

fn no_branch(field: &Field) -> Diagnostic {
    Diagnostic::new(
        &INVALID_SUBJECT,
        field.key_span,
        "Bitbucket's subjects name no branch",
    )
    .help("give `Environments`, with a UUID for each stage, and choose on Bitbucket which branches can deploy there")
}

fn not_an_environment(environment: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        &INVALID_SUBJECT,
        environment.span,
        format!(
            "`{}` is not the UUID of an environment, and can never match",
            shorten(&environment.value)
        ),
    )
    .help(
        in_lower_case(&environment.value, is_uuid).unwrap_or_else(|| {
            "the pipeline prints it as BITBUCKET_DEPLOYMENT_ENVIRONMENT_UUID".to_owned()
        }),
    )
}

fn never_matches(text: &str) -> Option<Never> {
    let begins_with_wildcard = is_pattern(text.get(..1).unwrap_or_default());
    (!text.starts_with('{') && !begins_with_wildcard).then_some(Never {
        why: "Bitbucket's begin with the repository's UUID in braces",
        help: "write one such as `{repository}:{environment}:*`",
    })
}
