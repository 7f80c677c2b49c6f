//! GitHub Actions, on github.com, on GHE.com, or on your own GitHub Enterprise Server.
//!
//! In: keys. Out: subjects and claims. Refuses what no token has.
//!
//! A token's subject is `repo:OWNER/NAME:environment:NAME`, and in new repositories
//! `repo:OWNER@ID/NAME@ID:environment:NAME`; see GitHub's OpenID Connect reference.
//! Its issuer is GitHub's, or an enterprise's own: GitHub's with the enterprise's slug,
//! `token.actions.SUBDOMAIN.ghe.com` on GHE.com, and `HOSTNAME/_services/token` on a GitHub
//! Enterprise Server; see the same reference for each product.

use crate::aws::wildcard::{is_pattern, matches};
use crate::diagnostic::shorten;
use crate::oidc::branches;
use crate::oidc::forms::{has_wildcard_owner, is_slug, is_word};
use crate::oidc::given::{id, required};
use crate::oidc::key::{ENVIRONMENTS, ProviderKey, ProviderValue};
use crate::oidc::provider::{
    ActionsJob, Claim, Given, Never, PolicyWords, Provider, Strangers, Tokens, TrustedName,
};
use crate::oidc::subjects::{check, strangers, too_wide};
use crate::source::Spanned;
use crate::yaml::typed::TypedReader;

/// The issuer whose claims IAM compares. Others have only a subject and an audience there.
const ISSUER: &str = "token.actions.githubusercontent.com";

pub(super) const PROVIDER: Provider = Provider {
    key: "GitHubOidc",
    summary: "Tokens of GitHub Actions.",
    role: "GitHubActionsRole",
    is_always_guarded: true,
    policies: PolicyWords {
        shared: "GitHubOidc",
        stage: "GithubActions",
    },
    sends_session_tags: false,
    claims: &["repository_id", "repository_owner_id", "environment"],
    issuer_part: |issuer| if issuer == ISSUER { "" } else { issuer },
    job: Some(job),
    keys: &[
        ProviderKey::required(
            "Repository",
            "owner/name",
            "The repository whose jobs can deploy, as GitHub writes it.",
        )
        .unless_subjects(),
        ProviderKey::optional(
            "RepositoryId",
            ProviderValue::Id,
            "The number of the repository, so that nobody else can take over its name.",
        ),
        ProviderKey::optional(
            "OwnerId",
            ProviderValue::Id,
            "The number of the repository's owner, so that nobody else can take over that name.",
        ),
        ProviderKey::optional(
            "Issuer",
            ProviderValue::Text("https://github.example.com/_services/token"),
            "Who signs the tokens of an enterprise, if it is not github.com.",
        ),
        ENVIRONMENTS,
    ],
    names_stages: true,
    tokens,
    prefix: "repo:",
    repository_end: |text| text.find(':'),
    never_matches,
    is_renamed: has_other_ids,
    strangers: Some(Strangers {
        place: "on GitHub",
        are_accepted: |given, repository| {
            // Whoever has tokens of an enterprise's own issuer belongs to the enterprise.
            !has_own_issuer(given)
                && !given.fields.contains_key("OwnerId")
                && has_wildcard_owner(repository, "/")
        },
        help: "name the owner; to trust all repositories of an owner, also give its `OwnerId`",
    }),
    accepts_pull_requests: |context| matches(context, "pull_request"),
    also_matches: |_| None,
};

fn tokens(reader: &mut TypedReader<'_>, given: &Given) -> Option<Tokens> {
    let repository = repository(reader, given);
    let repository_id = id(reader, given, "RepositoryId");
    let owner_id = id(reader, given, "OwnerId");
    let issuer = issuer(reader, given);
    let mut claims = Vec::new();
    claims.extend(
        repository_id
            .clone()
            .map(|id| Claim::one("repository_id", id)),
    );
    claims.extend(
        owner_id
            .clone()
            .map(|id| Claim::one("repository_owner_id", id)),
    );
    let mut trusted = None;
    let subjects = if let Some(subjects) = &given.subjects {
        check(reader, given, &subjects.values, repository.as_ref());
        subjects.values.clone()
    } else {
        let repository = repository?;
        let names = names(&repository, owner_id.as_deref(), repository_id.as_deref());
        if names.len() == 1 {
            trusted = by_name(&repository.value, owner_id.is_some());
        }
        let contexts = if let Some(named) = &given.branches {
            branches::references(reader, &named.values)
        } else {
            let named = environments(given);
            if repository_id.is_some() {
                claims.push(Claim {
                    name: "environment".to_owned(),
                    values: named.iter().map(|name| name.value.clone()).collect(),
                });
            }
            named.iter().map(in_environment).collect()
        };
        combine(&names, &contexts)
    };
    let issuer = issuer?;
    if issuer != ISSUER {
        // IAM would take a claim that it does not know for missing, and refuse every job. Nobody
        // outside of the enterprise can take over a name there.
        claims.clear();
        trusted = None;
    }
    Some(Tokens {
        issuer,
        audience: "sts.amazonaws.com".to_owned(),
        subjects,
        claims,
        by_name: trusted,
    })
}

/// The issuer without `https://`, which is IAM's name of the provider.
fn issuer(reader: &mut TypedReader<'_>, given: &Given) -> Option<String> {
    if !given.fields.contains_key("Issuer") {
        return Some(ISSUER.to_owned());
    }
    let issuer = required(reader, given, "Issuer", is_issuer)?;
    Some(without_scheme(&issuer.value).to_owned())
}

fn has_own_issuer(given: &Given) -> bool {
    let issuer = given.plain("Issuer");
    issuer.is_some_and(|issuer| without_scheme(issuer) != ISSUER)
}

fn without_scheme(issuer: &str) -> &str {
    issuer.strip_prefix("https://").unwrap_or(issuer)
}

fn is_issuer(text: &str) -> bool {
    let issuer = without_scheme(text);
    let (host, path) = issuer.split_once('/').unwrap_or((issuer, ""));
    let is_of_github = host == "github.com" || host.ends_with(".githubusercontent.com");
    let on_ghe = host.strip_suffix(".ghe.com");
    match on_ghe {
        _ if host == ISSUER => issuer == ISSUER || is_word(path, "-_"),
        Some(name) => {
            let name = name.strip_prefix("token.actions.");
            issuer == host && name.is_some_and(is_label)
        }
        None => path == "_services/token" && !is_of_github && is_host(host),
    }
}

fn is_host(text: &str) -> bool {
    text.contains('.') && text.split('.').all(is_label)
}

/// A part of a host's name. Tokens have it in lower case.
fn is_label(text: &str) -> bool {
    is_word(text, "-") && !text.contains(|c: char| c.is_ascii_uppercase())
}

fn repository(reader: &mut TypedReader<'_>, given: &Given) -> Option<Spanned<String>> {
    let any = given.allow_other_repositories;
    let allowed: fn(&str) -> bool = if any {
        |text| is_repository(&text.replace(['*', '?'], "x"))
    } else {
        is_repository
    };
    let wide = given
        .plain("Repository")
        .filter(|text| !any && is_pattern(text) && text.contains('/'));
    if let (Some(text), Some(field)) = (wide, given.fields.get("Repository")) {
        let message = format!("`{}` accepts other repositories", shorten(text));
        let span = field.value.whole_span();
        reader.problem(too_wide(span, &message, "AllowOtherRepositories"));
        return None;
    }
    let repository = required(reader, given, "Repository", allowed)?;
    if let Some(problem) = strangers(given, &repository, &repository.value) {
        reader.problem(problem);
        return None;
    }
    Some(repository)
}

/// The environments of the stage: that of its own name, unless others are named.
fn environments(given: &Given) -> Vec<Spanned<String>> {
    given.environments.as_ref().map_or_else(
        || vec![Spanned::new(given.stage.clone(), given.span)],
        |scoped| scoped.values.clone(),
    )
}

/// A colon in a value is written as %3A.
fn in_environment(name: &Spanned<String>) -> Spanned<String> {
    let context = format!("environment:{}", name.value.replace(':', "%3A"));
    Spanned::new(context, name.span)
}

/// What a trust without ids trusts by name.
fn by_name(repository: &str, has_owner: bool) -> Option<TrustedName> {
    if !is_pattern(repository) {
        return Some(TrustedName::Repository(repository.to_owned()));
    }
    let owner = repository.split('/').next().unwrap_or_default();
    (!has_owner).then(|| TrustedName::Owner(owner.to_owned()))
}

/// The beginnings of a repository's subjects: by name, and if the ids are known by name and id.
fn names(repository: &Spanned<String>, owner: Option<&str>, id: Option<&str>) -> Vec<String> {
    let mut names = vec![format!("repo:{}", repository.value)];
    let Some((first, last)) = repository.value.split_once('/') else {
        return names;
    };
    match (owner, id) {
        (Some(owner), Some(id)) => names.push(format!("repo:{first}@{owner}/{last}@{id}")),
        // The wildcard at the end stands for the id of the repository as well.
        (Some(owner), None) if last.ends_with('*') => {
            names.push(format!("repo:{first}@{owner}/{last}"));
        }
        _ => {}
    }
    names
}

fn combine(names: &[String], contexts: &[Spanned<String>]) -> Vec<Spanned<String>> {
    contexts
        .iter()
        .flat_map(|context| {
            names
                .iter()
                .map(|name| Spanned::new(format!("{name}:{}", context.value), context.span))
        })
        .collect()
}

fn is_repository(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(owner, name)| is_word(owner, "-_") && is_slug(name))
}

fn never_matches(text: &str) -> Option<Never> {
    let never = |why, help| Some(Never { why, help });
    let Some(rest) = text.strip_prefix("repo:") else {
        return never(
            "GitHub's begin with `repo:`",
            "write one such as `repo:owner/name:environment:prod`",
        );
    };
    if text.contains(":environment:") && text.contains(":ref:") {
        return never(
            "with an environment, a token's subject names no branch",
            "remove the part from `:ref:` on, and choose in the environment which branches can use it",
        );
    }
    let (repository, context) = PROVIDER.split(rest);
    if is_pattern(repository) {
        return None;
    }
    if !repository.contains('/') {
        return never("the repository has no owner", "write `repo:owner/name:...`");
    }
    if context.is_empty() {
        return never(
            "nothing follows the repository",
            "add `:environment:NAME` or `:ref:refs/heads/NAME`",
        );
    }
    None
}

fn has_other_ids(given: &Given, repository: &str) -> Option<&'static str> {
    let mut ids = repository
        .split('/')
        .map(|part| part.split_once('@').map(|(_, id)| id));
    let is = |key: &str, id: Option<&str>| {
        let known = given.plain(key);
        id.is_none() || known.is_none() || id == known
    };
    let (owner, repository) = (ids.next().flatten(), ids.next().flatten());
    let is_same = is("OwnerId", owner) && is("RepositoryId", repository);
    (!is_same).then_some("its ids are not `OwnerId` and `RepositoryId`")
}

/// What an organization adds to its subjects follows another colon.
fn job(subject: &str) -> Option<ActionsJob> {
    let named = |mark: &str| {
        let (_, name) = subject.split_once(mark)?;
        Some(name.split(':').next()?.replace("%3A", ":"))
    };
    let environment = named(":environment:").map(ActionsJob::Environment);
    environment.or_else(|| named(":ref:refs/heads/").map(ActionsJob::Branch))
}

#[cfg(test)]
mod tests {
    use super::{ISSUER, PROVIDER};
    use crate::iam::condition::is_single;

    #[test]
    fn no_claim_is_a_list() {
        for claim in PROVIDER.claims {
            assert!(is_single(&format!("{ISSUER}:{claim}")), "{claim}");
        }
    }

    #[test]
    fn pull_requests_are_accepted_by_name_or_pattern() {
        let accepts = PROVIDER.accepts_pull_requests;
        assert!(accepts("pull_request") && accepts("pull*") && accepts("*"));
        assert!(!accepts("environment:pull_request") && !accepts("ref:refs/heads/*"));
    }
}
