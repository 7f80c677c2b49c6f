//! The subjects (`sub`) of each CI system's tokens.
//!
//! In: what the author gave for a provider. Out: the subjects of one stage. Refuses subjects that
//! no token has, and wildcards that let in other repositories or pull requests unless asked for by
//! name.

use crate::model::arguments::{Spanned, Target, Trust};
use crate::model::diagnostic::{Code, Diagnostic, Shown as _};
use crate::model::source::Span;
use crate::model::trust::{Claim, OidcProvider, OidcTrust, is_pattern, matches};

use super::oidc::{Given, Signs, is_error};
use super::{Decoder, shorten};

/// Stands for the UUID of whoever started a `CircleCI` job: a `*` would also match a branch name
/// that holds the rest of the subject.
const ANY_UUID: &str = "????????-????-????-????-????????????";

impl Decoder<'_> {
    /// `repo:OWNER/NAME:environment:NAME`, and with the ids also
    /// `repo:OWNER@ID/NAME@ID:environment:NAME`; see GitHub's OpenID Connect reference.
    pub(super) fn github(&mut self, given: &Given) -> Option<Signs> {
        let before = self.problems.len();
        let repository = self.repository(given);
        let repository_id = self.id(given, "RepositoryId");
        let owner_id = self.id(given, "OwnerId");
        let mut claims = Vec::new();
        let mut claim = |name: &str, value: Vec<String>| {
            claims.push(Claim {
                name: name.to_owned(),
                values: value,
            });
        };
        if let Some(id) = &repository_id {
            claim("repository_id", vec![id.clone()]);
        }
        if let Some(id) = &owner_id {
            claim("repository_owner_id", vec![id.clone()]);
        }
        let subjects = if let Some(subjects) = &given.subjects {
            self.raw(given, &subjects.values, repository.as_ref(), "repo:");
            subjects.values.clone()
        } else {
            let repository = repository.as_ref()?;
            let forms = forms(repository, owner_id.as_deref(), repository_id.as_deref());
            if forms.len() == 1 {
                self.classic_only(given, repository);
            }
            let contexts = if let Some(branches) = &given.branches {
                self.branches(&branches.values)
            } else {
                let default = || vec![Spanned::new(given.stage.clone(), given.span)];
                let named = given.environments.as_ref();
                let named = named.map_or_else(default, |scoped| scoped.values.clone());
                if repository_id.is_some() {
                    let names = named.iter().map(|name| name.value.clone());
                    claim("environment", names.collect());
                }
                named
                    .iter()
                    .map(|name| {
                        // A colon in a value is written as %3A.
                        let context = format!("environment:{}", name.value.replace(':', "%3A"));
                        Spanned::new(context, name.span)
                    })
                    .collect()
            };
            combine(&forms, &contexts)
        };
        if self.problems.iter().skip(before).any(is_error) {
            return None;
        }
        Some(Signs {
            issuer: "token.actions.githubusercontent.com".to_owned(),
            audience: "sts.amazonaws.com".to_owned(),
            subjects,
            claims,
        })
    }

    fn repository(&mut self, given: &Given) -> Option<Spanned<String>> {
        let any = given.allow_other_repositories;
        let allowed: fn(&str) -> bool = if any {
            |text| is_repository(&text.replace(['*', '?'], "x"))
        } else {
            is_repository
        };
        let wide = given
            .fields
            .get("Repository")
            .and_then(|field| field.value.text())
            .filter(|text| !any && is_pattern(text) && text.contains('/'))
            .map(str::to_owned);
        if let (Some(text), Some(field)) = (wide, given.fields.get("Repository")) {
            let span = field.value.whole_span();
            self.too_wide(
                span,
                &format!("`{}` lets in other repositories", shorten(&text)),
                "AllowOtherRepositories",
            );
            return None;
        }
        self.required(given, "Repository", "owner/name", allowed)
    }

    fn classic_only(&mut self, given: &Given, repository: &Spanned<String>) {
        self.problem(
            Diagnostic::warning(
                Code::ClassicSubject,
                given.span,
                format!("without ids, this trusts whoever owns the name `{}`, and not repositories made or renamed since 15 July 2026", repository.value.shown()),
            )
            .help(format!("add `RepositoryId` and `OwnerId`; `gh api repos/{} --jq '.id, .owner.id'` shows them", repository.value.shown())),
        );
    }

    /// `ref:refs/heads/NAME` for each branch.
    fn branches(&mut self, branches: &[Spanned<String>]) -> Vec<Spanned<String>> {
        for branch in branches {
            self.branch(branch);
        }
        branches
            .iter()
            .map(|branch| Spanned::new(format!("ref:refs/heads/{}", branch.value), branch.span))
            .collect()
    }

    /// Refuses what is no branch's name.
    fn branch(&mut self, branch: &Spanned<String>) {
        let text = &branch.value;
        if let Some(name) = text.strip_prefix("refs/heads/") {
            self.problem(
                Diagnostic::error(
                    Code::InvalidSubject,
                    branch.span,
                    format!("the branch `{}` can never match", shorten(text)),
                )
                .help(format!("write the name alone: `{}`", name.shown())),
            );
        } else if text.starts_with("refs/") || text.contains([' ', ':', '~', '^', '\\', '[']) {
            self.problem(
                Diagnostic::error(
                    Code::InvalidSubject,
                    branch.span,
                    format!(
                        "`{}` is no name of a branch, and can never match",
                        shorten(text)
                    ),
                )
                .help("name branches here; for tags and other references give whole `Subjects`"),
            );
        }
    }

    /// `project_path:GROUP/NAME:ref_type:branch:ref:NAME`; see GitLab's ID token documentation.
    pub(super) fn gitlab(&mut self, given: &Given) -> Option<Signs> {
        let before = self.problems.len();
        let project = self.required(given, "Project", "group/name", is_project);
        let host = given.fields.get("Host").map_or_else(
            || Some("gitlab.com".to_owned()),
            |_| {
                self.required(given, "Host", "gitlab.example.com", is_host)
                    .map(|host| host.value)
            },
        );
        let mut claims = Vec::new();
        if let Some(id) = self.id(given, "ProjectId") {
            claims.push(Claim {
                name: "project_id".to_owned(),
                values: vec![id],
            });
        }
        if self.flag(given, "ProtectedRefs") {
            claims.push(Claim {
                name: "ref_protected".to_owned(),
                values: vec!["true".to_owned()],
            });
        }
        let host = host?;
        if let (true, Some(field)) = (
            host != "gitlab.com",
            ["ProjectId", "ProtectedRefs"]
                .iter()
                .find_map(|key| given.fields.get(*key)),
        ) {
            self.problem(
                Diagnostic::error(
                    Code::InvalidValue,
                    field.key_span,
                    format!("IAM compares `{}` for gitlab.com only", field.key),
                )
                .help("leave it out: for other hosts IAM knows the subject and the audience alone"),
            );
        }
        let subjects = if let Some(subjects) = &given.subjects {
            self.raw(given, &subjects.values, project.as_ref(), "project_path:");
            subjects.values.clone()
        } else {
            let branches = self.branches_required(given)?;
            for branch in &branches {
                self.branch(branch);
            }
            let project = &project.as_ref()?.value;
            let subject = |branch: &Spanned<String>| {
                let text = format!(
                    "project_path:{project}:ref_type:branch:ref:{}",
                    branch.value
                );
                Spanned::new(text, branch.span)
            };
            branches.iter().map(subject).collect()
        };
        if self.problems.iter().skip(before).any(is_error) {
            return None;
        }
        Some(Signs {
            audience: format!("https://{host}"),
            issuer: host,
            subjects,
            claims,
        })
    }

    /// `{REPOSITORY}:{ENVIRONMENT}:{STEP}`, all UUIDs; see Bitbucket's OpenID Connect
    /// documentation.
    pub(super) fn bitbucket(&mut self, given: &Given) -> Option<Signs> {
        let before = self.problems.len();
        let example = "'{11111111-2222-3333-4444-555555555555}'";
        let workspace = self.required(given, "Workspace", "acme", is_slug);
        let workspace_id = self.required(given, "WorkspaceId", example, is_uuid);
        let repository = self.required(given, "RepositoryId", example, is_uuid);
        if let Some(field) = given.fields.get("Branches") {
            self.problem(
                Diagnostic::error(Code::InvalidSubject, field.key_span, "Bitbucket's subjects name no branch")
                    .help("give `Environments`, a UUID for each stage, and let Bitbucket say which branches may deploy there"),
            );
        }
        let (workspace, workspace_id, repository) = (workspace?, workspace_id?, repository?);
        let repository = braced(&repository.value);
        let subjects = if let Some(subjects) = &given.subjects {
            let own = Spanned::new(repository, given.span);
            self.raw(given, &subjects.values, Some(&own), "");
            subjects.values.clone()
        } else if let Some(environments) = &given.environments {
            let mut subjects = Vec::new();
            for environment in &environments.values {
                if !is_uuid(&environment.value) {
                    self.problem(
                        Diagnostic::error(
                            Code::InvalidSubject,
                            environment.span,
                            format!(
                                "`{}` is no UUID of an environment, and can never match",
                                shorten(&environment.value)
                            ),
                        )
                        .help("the pipeline prints it as BITBUCKET_DEPLOYMENT_ENVIRONMENT_UUID"),
                    );
                }
                let text = format!("{repository}:{}:*", braced(&environment.value));
                subjects.push(Spanned::new(text, environment.span));
            }
            subjects
        } else if given.allow_pull_requests {
            vec![Spanned::new(format!("{repository}:*"), given.span)]
        } else {
            self.nothing_named(
                given,
                "Environments",
                "a UUID for each stage: `Environments: { dev: '{...}', prod: '{...}' }`",
            );
            return None;
        };
        if self.problems.iter().skip(before).any(is_error) {
            return None;
        }
        Some(Signs {
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
        })
    }

    /// `org/ID/project/ID/user/ID/vcs-origin/ORIGIN/vcs-ref/refs/heads/NAME`, the form of
    /// `CIRCLE_OIDC_TOKEN_V2`; see `CircleCI`'s OpenID Connect documentation.
    pub(super) fn circleci(&mut self, given: &Given) -> Option<Signs> {
        let before = self.problems.len();
        let example = "11111111-2222-3333-4444-555555555555";
        let organization = self.required(given, "OrganizationId", example, is_plain_uuid);
        let project = self.required(given, "ProjectId", example, is_plain_uuid);
        let (organization, project) = (organization?, project?);
        let root = format!("org/{}/project/{}", organization.value, project.value);
        let subjects = if let Some(subjects) = &given.subjects {
            let own = Spanned::new(root, given.span);
            self.raw(given, &subjects.values, Some(&own), "");
            subjects.values.clone()
        } else if let Some(branches) = &given.branches {
            let origin = self.required(given, "Origin", "github.com/acme/shop", is_origin);
            let contexts = self.branches(&branches.values);
            let origin = origin?.value;
            contexts
                .iter()
                .map(|context| {
                    let reference = context.value.trim_start_matches("ref:");
                    let text =
                        format!("{root}/user/{ANY_UUID}/vcs-origin/{origin}/vcs-ref/{reference}");
                    Spanned::new(text, context.span)
                })
                .collect()
        } else if given.allow_pull_requests {
            vec![Spanned::new(format!("{root}/user/*"), given.span)]
        } else {
            self.nothing_named(given, "Branches", "which may deploy: `Branches: [main]` for all stages, or `Branches: { dev: [develop], prod: [main] }`");
            return None;
        };
        if self.problems.iter().skip(before).any(is_error) {
            return None;
        }
        Some(Signs {
            issuer: format!("oidc.circleci.com/org/{}", organization.value),
            audience: organization.value,
            subjects,
            claims: Vec::new(),
        })
    }

    /// `organization:O:pipeline:P:ref:refs/heads/NAME:commit:SHA:step:KEY`; see Buildkite's OIDC
    /// documentation.
    pub(super) fn buildkite(&mut self, given: &Given) -> Option<Signs> {
        let before = self.problems.len();
        let organization = self.required(given, "Organization", "acme", is_slug);
        let pipeline = self.required(given, "Pipeline", "shop", is_slug);
        let (organization, pipeline) = (organization?, pipeline?);
        let root = format!(
            "organization:{}:pipeline:{}",
            organization.value, pipeline.value
        );
        let subjects = if let Some(subjects) = &given.subjects {
            let own = Spanned::new(root, given.span);
            self.raw(given, &subjects.values, Some(&own), "");
            subjects.values.clone()
        } else {
            let branches = self.branches_required(given)?;
            self.branches(&branches)
                .iter()
                .map(|context| {
                    let text = format!("{root}:{}:commit:*:step:*", context.value);
                    Spanned::new(text, context.span)
                })
                .collect()
        };
        if self.problems.iter().skip(before).any(is_error) {
            return None;
        }
        Some(Signs {
            issuer: "agent.buildkite.com".to_owned(),
            audience: "sts.amazonaws.com".to_owned(),
            subjects,
            claims: Vec::new(),
        })
    }

    fn branches_required(&mut self, given: &Given) -> Option<Vec<Spanned<String>>> {
        if let Some(branches) = &given.branches {
            return Some(branches.values.clone());
        }
        if !given.fields.contains_key("Branches") {
            self.nothing_named(given, "Branches", "which may deploy: `Branches: [main]` for all stages, or `Branches: { dev: [develop], prod: [main] }`");
        }
        None
    }

    fn nothing_named(&mut self, given: &Given, key: &str, what: &str) {
        let name = given.provider.key();
        self.problem(
            Diagnostic::error(
                Code::MissingArgument,
                given.span,
                format!("`{name}` has no `{key}`"),
            )
            .help(format!("say {what}")),
        );
    }

    /// Subjects that the author wrote whole.
    fn raw(
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
                Diagnostic::error(Code::InvalidSubject, subject.span, message).help(help)
            };
            if let Some(form) = never_matches(given.provider, text) {
                self.problem(never(form.0, form.1.to_owned()));
                continue;
            }
            let rest = text.strip_prefix(prefix).unwrap_or(text);
            let (project, context) = project_of(given.provider, rest);
            let other = own.is_some_and(|own| {
                is_pattern(&own.value) != is_pattern(project)
                    || !without_ids(project).eq_ignore_ascii_case(&own.value)
            });
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
            if admits_pull_requests(given.provider, context) && !given.allow_pull_requests {
                self.too_wide(
                    subject.span,
                    &format!("the subject `{}` lets in pull requests", shorten(text)),
                    "AllowPullRequests",
                );
            }
            if given.provider == OidcProvider::CircleCi && context.contains("user/*/") {
                self.problem(
                    Diagnostic::error(
                        Code::SubjectTooWide,
                        subject.span,
                        "in this subject, `*` also matches a branch whose name holds the rest",
                    )
                    .help(format!(
                        "write `user/{ANY_UUID}/`: each `?` is one character of the user's id"
                    )),
                );
            }
        }
    }

    fn too_wide(&mut self, span: Span, message: &str, key: &str) {
        self.problem(
            Diagnostic::error(Code::SubjectTooWide, span, message).help(format!(
                "narrow it; if you mean it, say so by `{key}: true`"
            )),
        );
    }

    /// A wildcard of one stage that lets in the tokens of another.
    pub(super) fn overlaps(&mut self, targets: &[Target]) {
        let mut problems = Vec::new();
        for (target, trust) in oidc_trusts(targets) {
            let patterns = trust
                .admission
                .subjects
                .iter()
                .filter(|subject| is_pattern(subject));
            for pattern in patterns {
                let found = oidc_trusts(targets).find(|(other, theirs)| {
                    other.stage.value != target.stage.value
                        && theirs.stage.is_some()
                        && theirs.admission.issuer == trust.admission.issuer
                        && theirs
                            .admission
                            .subjects
                            .iter()
                            .any(|subject| subject != pattern && matches(pattern, subject))
                });
                let Some((other, theirs)) = found.filter(|_| trust.stage.is_some()) else {
                    continue;
                };
                let problem = Diagnostic::error(
                    Code::SubjectTooWide,
                    trust.span,
                    format!(
                        "a token for the stage `{}` could deploy `{}`: `{}` lets it in",
                        other.stage.value,
                        target.stage.value,
                        shorten(pattern)
                    ),
                )
                .help("name what may deploy each stage without a wildcard that covers another's");
                problems.push(if theirs.span == trust.span {
                    problem
                } else {
                    problem.related(theirs.span, "its own trust")
                });
            }
        }
        self.problems.extend(problems);
    }
}

fn oidc_trusts(targets: &[Target]) -> impl Iterator<Item = (&Target, &OidcTrust)> {
    targets.iter().flat_map(|target| {
        let trusts = target.arguments.trusted_by.iter();
        trusts.filter_map(move |trust| match &trust.value {
            Trust::Oidc(oidc) => Some((target, oidc.as_ref())),
            _ => None,
        })
    })
}

/// The beginnings of a repository's subjects: by name, and where the ids are known by name and id.
fn forms(repository: &Spanned<String>, owner: Option<&str>, id: Option<&str>) -> Vec<String> {
    let mut forms = vec![format!("repo:{}", repository.value)];
    if let (Some(owner), Some(id), Some((first, last))) =
        (owner, id, repository.value.split_once('/'))
    {
        forms.push(format!("repo:{first}@{owner}/{last}@{id}"));
    }
    forms
}

fn combine(forms: &[String], contexts: &[Spanned<String>]) -> Vec<Spanned<String>> {
    contexts
        .iter()
        .flat_map(|context| {
            forms
                .iter()
                .map(|form| Spanned::new(format!("{form}:{}", context.value), context.span))
        })
        .collect()
}

/// Why no token of the provider has this subject, and what to write.
fn never_matches(provider: OidcProvider, text: &str) -> Option<(&'static str, &'static str)> {
    match provider {
        OidcProvider::GitHub => {
            if !text.starts_with("repo:") {
                return Some(("GitHub's begin with `repo:`", "write one such as `repo:owner/name:environment:prod`"));
            }
            if text.contains(":environment:") && text.contains(":ref:") {
                return Some(("with an environment, a token's subject names no branch", "leave out the part from `:ref:` on, and let the environment say which branches may use it"));
            }
            let (project, context) = project_of(provider, text.strip_prefix("repo:").unwrap_or(text));
            if !project.contains('/') && !is_pattern(project) {
                return Some(("the repository has no owner", "write `repo:owner/name:...`"));
            }
            (context.is_empty() && !is_pattern(project))
                .then_some(("nothing stands behind the repository", "add `:environment:NAME` or `:ref:refs/heads/NAME`"))
        }
        OidcProvider::GitLab => {
            if !text.starts_with("project_path:") {
                return Some(("GitLab's begin with `project_path:`", "write one such as `project_path:group/name:ref_type:branch:ref:main`"));
            }
            text.contains(":ref:refs/heads/")
                .then_some(("GitLab writes no `refs/heads/` before a branch", "write `:ref:main`"))
        }
        OidcProvider::Bitbucket => (!text.starts_with('{') && !is_pattern(text.get(..1).unwrap_or_default()))
            .then_some(("Bitbucket's begin with the repository's UUID in braces", "write one such as `{repository}:{environment}:*`")),
        OidcProvider::CircleCi => (!text.starts_with("org/"))
            .then_some(("CircleCI's begin with `org/`", "write one such as `org/ORGANIZATION/project/PROJECT/user/USER`")),
        OidcProvider::Buildkite => (!text.starts_with("organization:"))
            .then_some(("Buildkite's begin with `organization:`", "write one such as `organization:acme:pipeline:shop:ref:refs/heads/main:commit:*:step:*`")),
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

/// Whether a wildcard behind the repository lets in tokens of pull requests.
fn admits_pull_requests(provider: OidcProvider, context: &str) -> bool {
    let any =
        |texts: &[&str]| is_pattern(context) && texts.iter().any(|text| matches(context, text));
    match provider {
        OidcProvider::GitHub => any(&["pull_request"]),
        OidcProvider::GitLab => any(&["ref_type:tag:ref:x"]) && any(&["ref_type:branch:ref:x"]),
        OidcProvider::Bitbucket => !context.starts_with('{'),
        OidcProvider::CircleCi => {
            let user = "11111111-2222-3333-4444-555555555555";
            any(&[&format!(
                "user/{user}/vcs-origin/x/vcs-ref/refs/pull/1/head"
            )])
        }
        OidcProvider::Buildkite => any(&["ref:refs/pull/1/head:commit:x:step:x"]),
    }
}

/// `owner@1/name@2` as `owner/name`.
fn without_ids(project: &str) -> String {
    project
        .split('/')
        .map(|part| part.split('@').next().unwrap_or(part))
        .collect::<Vec<_>>()
        .join("/")
}

fn is_word(text: &str, extra: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

fn is_repository(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(owner, name)| is_word(owner, "-_") && is_word(name, "-_."))
}

fn is_project(text: &str) -> bool {
    text.contains('/') && text.split('/').all(|part| is_word(part, "-_."))
}

fn is_host(text: &str) -> bool {
    text.contains('.') && text.split('/').all(|part| is_word(part, "-."))
}

fn is_slug(text: &str) -> bool {
    is_word(text, "-_.")
}

fn is_origin(text: &str) -> bool {
    text.contains('/') && text.split('/').all(|part| is_word(part, "-_."))
}

fn is_plain_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
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
