//! Which tokens a subject lets in.
//!
//! In: subjects as the author wrote them. Out: nothing, or a diagnostic. Refuses subjects that no
//! token has, and wildcards that let in other repositories or pull requests unless asked for by
//! name.

use crate::aws::wildcard::matches;
use crate::diagnostic::{Diagnostic, Shown as _, shorten};
use crate::oidc::rules::{INVALID_SUBJECT, SUBJECT_TOO_WIDE};
use crate::oidc::{OidcProvider, is_pattern};
use crate::source::{Span, Spanned};

use crate::arguments::decoder::Decoder;
use crate::arguments::oidc::Given;

/// Stands for the UUID of whoever started a `CircleCI` job: a `*` would also match a branch name
/// that holds the rest of the subject.
pub(crate) const ANY_UUID: &str = "????????-????-????-????-????????????";

impl Decoder<'_> {
    /// Subjects that the author wrote whole.
    pub(crate) fn raw(
        &mut self,
        given: &Given,
        subjects: &[Spanned<String>],
        own: Option<&Spanned<String>>,
        prefix: &str,
    ) {
        for subject in subjects {
            let text = subject.value.as_str();
            let never = |why: &str, help: String| {
                let message = format!("the subject `{}` can never match: {why}", shorten(text));
                Diagnostic::new(&INVALID_SUBJECT, subject.span, message).help(help)
            };
            if let Some(form) = never_matches(given.provider, text) {
                self.reader.problem(never(form.0, form.1.to_owned()));
                continue;
            }
            let rest = text.strip_prefix(prefix).unwrap_or(text);
            let (project, context) = project_of(given.provider, rest);
            let other = own.is_some_and(|own| {
                is_pattern(&own.value) != is_pattern(project)
                    || !without_ids(project).eq_ignore_ascii_case(&own.value)
            });
            if let (Some(own), false) = (own, other)
                && let Some(why) = differs(given, project, &own.value)
            {
                self.reader.problem(never(
                    why,
                    format!("write it as in `{}`", own.value.shown()),
                ));
                continue;
            }
            if admits_strangers(given, project) {
                self.strangers(given, subject);
                continue;
            }
            if is_pattern(project) && !given.allow_other_repositories {
                self.too_wide(
                    subject.span,
                    &format!("the subject `{}` lets in other repositories", shorten(text)),
                    "AllowOtherRepositories",
                );
            } else if other && !given.allow_other_repositories {
                self.too_wide(
                    subject.span,
                    &format!("the subject `{}` is of another repository", shorten(text)),
                    "AllowOtherRepositories",
                );
            }
            // Without a part behind the repository, the wildcard stands for that, too.
            let whole = context.is_empty() && is_pattern(project);
            let wide = whole || admits_pull_requests(given.provider, context);
            if wide && !given.allow_pull_requests {
                self.too_wide(
                    subject.span,
                    &format!("the subject `{}` lets in pull requests", shorten(text)),
                    "AllowPullRequests",
                );
            }
            if given.provider == OidcProvider::CircleCi && spans_a_branch(context) {
                self.reader.problem(
                    Diagnostic::new(
                        &SUBJECT_TOO_WIDE,
                        subject.span,
                        "in this subject, the first `*` also matches a branch whose name holds the rest",
                    )
                    .help(format!(
                        "write `user/{ANY_UUID}/`: each `?` is one character of the user's id; and name the origin whole"
                    )),
                );
            }
        }
    }

    /// Refuses what lets in anybody who has an account at the provider: no flag allows that.
    pub(crate) fn strangers(&mut self, given: &Given, text: &Spanned<String>) {
        let (who, help) = match given.provider {
            OidcProvider::GitHub => (
                "on GitHub",
                "name the owner; to trust all repositories of one, give its `OwnerId` besides",
            ),
            OidcProvider::GitLab => ("on gitlab.com", "name the group"),
            _ => ("on Buildkite", "name the organization"),
        };
        let message = format!("`{}` lets in everybody {who}", shorten(&text.value));
        self.reader
            .problem(Diagnostic::new(&SUBJECT_TOO_WIDE, text.span, message).help(help));
    }

    pub(crate) fn too_wide(&mut self, span: Span, message: &str, key: &str) {
        self.reader.problem(
            Diagnostic::new(&SUBJECT_TOO_WIDE, span, message).help(format!(
                "narrow it; if you mean it, say so by `{key}: true`"
            )),
        );
    }
}

/// Why no token of the provider has this subject, and what to write.
fn never_matches(provider: OidcProvider, text: &str) -> Option<(&'static str, &'static str)> {
    match provider {
        OidcProvider::GitHub => {
            if !text.starts_with("repo:") {
                return Some((
                    "GitHub's begin with `repo:`",
                    "write one such as `repo:owner/name:environment:prod`",
                ));
            }
            if text.contains(":environment:") && text.contains(":ref:") {
                return Some((
                    "with an environment, a token's subject names no branch",
                    "leave out the part from `:ref:` on, and let the environment say which branches may use it",
                ));
            }
            let (project, context) =
                project_of(provider, text.strip_prefix("repo:").unwrap_or(text));
            if !project.contains('/') && !is_pattern(project) {
                return Some(("the repository has no owner", "write `repo:owner/name:...`"));
            }
            (context.is_empty() && !is_pattern(project)).then_some((
                "nothing stands behind the repository",
                "add `:environment:NAME` or `:ref:refs/heads/NAME`",
            ))
        }
        OidcProvider::GitLab => {
            if !text.starts_with("project_path:") {
                return Some((
                    "GitLab's begin with `project_path:`",
                    "write one such as `project_path:group/name:ref_type:branch:ref:main`",
                ));
            }
            text.contains(":ref:refs/heads/").then_some((
                "GitLab writes no `refs/heads/` before a branch",
                "write `:ref:main`",
            ))
        }
        OidcProvider::Bitbucket => {
            (!text.starts_with('{') && !is_pattern(text.get(..1).unwrap_or_default())).then_some((
                "Bitbucket's begin with the repository's UUID in braces",
                "write one such as `{repository}:{environment}:*`",
            ))
        }
        OidcProvider::CircleCi => (!text.starts_with("org/")).then_some((
            "CircleCI's begin with `org/`",
            "write one such as `org/ORGANIZATION/project/PROJECT/user/USER`",
        )),
        OidcProvider::Buildkite => {
            let help = "write one such as `organization:acme:pipeline:shop:ref:refs/heads/main:commit:????????????????????????????????????????:step:*`, with 40 `?`";
            if !text.starts_with("organization:") {
                return Some(("Buildkite's begin with `organization:`", help));
            }
            let whole = text.contains(":commit:") && text.contains(":step:");
            (!whole && !is_pattern(text))
                .then_some(("each names a commit and a step besides", help))
        }
    }
}

/// The part of a subject that names the repository, and what stands behind it.
fn project_of(provider: OidcProvider, text: &str) -> (&str, &str) {
    let cut = |at: Option<usize>| {
        let at = at.unwrap_or(text.len());
        (
            text.get(..at).unwrap_or_default(),
            text.get(at..)
                .unwrap_or_default()
                .trim_start_matches([':', '/']),
        )
    };
    match provider {
        OidcProvider::GitHub | OidcProvider::GitLab => cut(text.find(':')),
        OidcProvider::Bitbucket => cut(text.find("}:").map(|at| at + 1)),
        OidcProvider::CircleCi => cut(text.find("/user/")),
        OidcProvider::Buildkite => cut(text.find(":ref:")),
    }
}

/// Why a token of the author's own repository has another name for it.
fn differs(given: &Given, project: &str, own: &str) -> Option<&'static str> {
    if is_pattern(project) {
        return None;
    }
    if without_ids(project) != own {
        return Some("it is written in another case than the repository");
    }
    let mut ids = project.split('/').map(|part| part.split_once('@'));
    let is = |key: &str, id: Option<&str>| {
        let given = given.fields.get(key).and_then(|field| field.value.text());
        id.is_none() || given.is_none() || id == given
    };
    let owner = ids.next().flatten().map(|(_, id)| id);
    let repository = ids.next().flatten().map(|(_, id)| id);
    let same = is("OwnerId", owner) && is("RepositoryId", repository);
    (given.provider == OidcProvider::GitHub && !same)
        .then_some("its ids are not `OwnerId` and `RepositoryId`")
}

/// Whether a wildcard stands where the provider tells its customers apart, and nothing else does.
pub(crate) fn admits_strangers(given: &Given, project: &str) -> bool {
    let owner = match given.provider {
        OidcProvider::GitHub if given.fields.contains_key("OwnerId") => return false,
        // Everybody on a host of one's own is not everybody.
        OidcProvider::GitLab if has_own_host(given) => return false,
        OidcProvider::GitHub | OidcProvider::GitLab => project.split('/').next(),
        OidcProvider::Buildkite => project.split(":pipeline:").next(),
        // Their issuers are those of one customer.
        OidcProvider::Bitbucket | OidcProvider::CircleCi => return false,
    };
    owner.is_some_and(is_pattern)
}

fn has_own_host(given: &Given) -> bool {
    let host = given
        .fields
        .get("Host")
        .and_then(|field| field.value.text());
    host.is_some_and(|host| host.split('/').next() != Some("gitlab.com"))
}

/// The user, the origin and the reference of a subject of `CircleCI`.
fn circleci_parts(context: &str) -> (&str, &str, &str) {
    let context = context.strip_prefix("user/").unwrap_or(context);
    let (user, rest) = context.split_once('/').unwrap_or((context, ""));
    let (origin, reference) = rest.split_once("/vcs-ref/").unwrap_or((rest, ""));
    (user, origin, reference)
}

/// Whether a `*` before the reference may stand for a part of a branch's name.
fn spans_a_branch(context: &str) -> bool {
    let (user, origin, reference) = circleci_parts(context);
    !reference.is_empty() && (user.contains('*') || origin.contains('*'))
}

/// Whether what stands behind the repository lets in tokens of pull requests, or of forks.
pub(crate) fn admits_pull_requests(provider: OidcProvider, context: &str) -> bool {
    let is_named = |reference: &str| {
        reference.starts_with("refs/heads/") || reference.starts_with("refs/tags/")
    };
    match provider {
        OidcProvider::GitHub => matches(context, "pull_request"),
        _ if !is_pattern(context) => false,
        OidcProvider::GitLab => ["ref_type:tag:ref:x", "ref_type:branch:ref:x"]
            .iter()
            .all(|text| matches(context, text)),
        // A step without an environment has its own UUID alone.
        OidcProvider::Bitbucket => !(context.starts_with('{') && context.contains("}:")),
        OidcProvider::CircleCi => !is_named(circleci_parts(context).2),
        OidcProvider::Buildkite => {
            let reference = context.strip_prefix("ref:").filter(|text| is_named(text));
            reference.is_none_or(admits_forks)
        }
    }
}

/// Whether a subject of Buildkite, from `refs/heads/` on, lets in a fork's branch, which is named
/// `USER:BRANCH`. A user's name has no slash, so that what follows one in a branch is no matter.
fn admits_forks(reference: &str) -> bool {
    let (branch, rest) = reference.split_once(":commit:").unwrap_or((reference, ""));
    let name = branch.splitn(3, '/').nth(2).unwrap_or_default();
    let user = name.split('/').next().unwrap_or_default();
    let commit = rest.split(":step:").next().unwrap_or_default();
    // After a `*`, a branch `commit` of a user who is called like the branch would match.
    is_pattern(user) || commit.contains('*')
}

/// `owner@1/name@2` as `owner/name`.
fn without_ids(project: &str) -> String {
    project
        .split('/')
        .map(|part| part.split('@').next().unwrap_or(part))
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use crate::oidc::OidcProvider;

    use crate::arguments::admission::admits_pull_requests;

    #[test]
    fn forks_of_buildkite_are_let_in_by_what_stands_for_a_user() {
        let sha = "?".repeat(40);
        let admits = |branch: &str, commit: &str| {
            let context = format!("ref:refs/heads/{branch}:commit:{commit}:step:*");
            admits_pull_requests(OidcProvider::Buildkite, &context)
        };
        for branch in ["main", "release/*", "release/v?", "a/*/b"] {
            assert!(!admits(branch, &sha), "{branch}");
        }
        for branch in ["*", "v*", "main?", "*:main", "v*/x"] {
            assert!(admits(branch, &sha), "{branch}");
        }
        assert!(admits("main", "*"));
        assert!(!admits("main", "HEAD"));
        assert!(admits_pull_requests(OidcProvider::Buildkite, "ref:*"));
    }

    #[test]
    fn pull_requests_of_github_are_let_in_by_name_or_pattern() {
        let admits = |context| admits_pull_requests(OidcProvider::GitHub, context);
        assert!(admits("pull_request") && admits("pull*") && admits("*"));
        assert!(!admits("environment:pull_request") && !admits("ref:refs/heads/*"));
    }
}
