//! The subjects (`sub`) of each CI system's tokens.
//!
//! In: what the author gave for a provider. Out: the subjects of one stage. Refuses names
//! that the provider never gives.

use crate::diagnostic::{Diagnostic, Shown as _, shorten};
use crate::oidc::rules::{CLASSIC_SUBJECT, INVALID_SUBJECT};
use crate::oidc::{Claim, is_pattern};
use crate::source::Spanned;
use crate::yaml::rules::INVALID_VALUE;

use crate::arguments::admission::{ANY_UUID, admits_pull_requests, admits_strangers};
use crate::arguments::decoder::Decoder;
use crate::arguments::oidc::{Given, Signs, in_lower_case};

/// Stands for a commit in Buildkite's subjects, which name the branch `USER:BRANCH` where a fork is
/// built: after `*`, a branch `commit` of a user who is called like a branch would match.
const ANY_COMMIT: &str = "????????????????????????????????????????";

impl Decoder<'_> {
    /// `repo:OWNER/NAME:environment:NAME`, and with the ids also
    /// `repo:OWNER@ID/NAME@ID:environment:NAME`; see GitHub's OpenID Connect reference.
    pub(crate) fn github(&mut self, given: &Given) -> Option<Signs> {
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
                self.classic_only(given, repository, owner_id.is_some());
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
        let repository = self.required(given, "Repository", "owner/name", allowed)?;
        if admits_strangers(given, &repository.value) {
            self.strangers(given, &repository);
            return None;
        }
        Some(repository)
    }

    fn classic_only(&mut self, given: &Given, repository: &Spanned<String>, has_owner: bool) {
        let name = repository.value.shown();
        if is_pattern(&repository.value) {
            if !has_owner {
                let owner = name.split('/').next().unwrap_or_default().to_owned();
                self.reader.problem(
                    Diagnostic::new(
                        &CLASSIC_SUBJECT,
                        given.span,
                        format!("without its id, this trusts whoever owns the name `{owner}`"),
                    )
                    .help(format!(
                        "add `OwnerId`; `gh api users/{owner} --jq .id` shows it"
                    )),
                );
            }
            return;
        }
        self.reader.problem(
            Diagnostic::new(
                &CLASSIC_SUBJECT,
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
            self.reader.problem(
                Diagnostic::new(
                    &INVALID_SUBJECT,
                    branch.span,
                    format!("the branch `{}` can never match", shorten(text)),
                )
                .help(format!("write the name alone: `{}`", name.shown())),
            );
        } else if !is_branch_name(text) {
            self.reader.problem(
                Diagnostic::new(
                    &INVALID_SUBJECT,
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
    pub(crate) fn gitlab(&mut self, given: &Given) -> Option<Signs> {
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
            self.reader.problem(
                Diagnostic::new(
                    &INVALID_VALUE,
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
        Some(Signs {
            audience: format!("https://{host}"),
            issuer: host,
            subjects,
            claims,
        })
    }

    /// `{REPOSITORY}:{ENVIRONMENT}:{STEP}`, all UUIDs; see Bitbucket's OpenID Connect
    /// documentation.
    pub(crate) fn bitbucket(&mut self, given: &Given) -> Option<Signs> {
        let example = "'{11111111-2222-3333-4444-555555555555}'";
        let workspace = self.required(given, "Workspace", "acme", is_slug);
        let workspace_id = self.required(given, "WorkspaceId", example, is_uuid);
        let repository = self.required(given, "RepositoryId", example, is_uuid);
        if let Some(field) = given.fields.get("Branches") {
            self.reader.problem(
                Diagnostic::new(&INVALID_SUBJECT, field.key_span, "Bitbucket's subjects name no branch")
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
                    self.reader.problem(
                        Diagnostic::new(
                            &INVALID_SUBJECT,
                            environment.span,
                            format!(
                                "`{}` is no UUID of an environment, and can never match",
                                shorten(&environment.value)
                            ),
                        )
                        .help(in_lower_case(&environment.value, is_uuid).unwrap_or_else(|| {
                            "the pipeline prints it as BITBUCKET_DEPLOYMENT_ENVIRONMENT_UUID".to_owned()
                        })),
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
    pub(crate) fn circleci(&mut self, given: &Given) -> Option<Signs> {
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
        Some(Signs {
            issuer: format!("oidc.circleci.com/org/{}", organization.value),
            audience: organization.value,
            subjects,
            claims: Vec::new(),
        })
    }

    /// `organization:O:pipeline:P:ref:refs/heads/NAME:commit:SHA:step:KEY`; see Buildkite's OIDC
    /// documentation.
    pub(crate) fn buildkite(&mut self, given: &Given) -> Option<Signs> {
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
            let contexts = self.branches(&branches);
            for (context, branch) in contexts.iter().zip(&branches) {
                let whole = format!("{}:commit:{ANY_COMMIT}:step:*", context.value);
                let wide = admits_pull_requests(given.provider, &whole);
                if wide && !given.allow_pull_requests {
                    self.too_wide(
                        branch.span,
                        &format!(
                            "the branch `{}` lets in forks, whose branches are named `user:branch`",
                            shorten(&branch.value)
                        ),
                        "AllowPullRequests",
                    );
                }
            }
            contexts
                .iter()
                .flat_map(|context| {
                    [ANY_COMMIT, "HEAD"].map(|commit| {
                        let text = format!("{root}:{}:commit:{commit}:step:*", context.value);
                        Spanned::new(text, context.span)
                    })
                })
                .collect()
        };
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
        self.missing(given, key, format!("say {what}"));
    }
}

/// The beginnings of a repository's subjects: by name, and where the ids are known by name and id.
fn forms(repository: &Spanned<String>, owner: Option<&str>, id: Option<&str>) -> Vec<String> {
    let mut forms = vec![format!("repo:{}", repository.value)];
    let Some((first, last)) = repository.value.split_once('/') else {
        return forms;
    };
    match (owner, id) {
        (Some(owner), Some(id)) => forms.push(format!("repo:{first}@{owner}/{last}@{id}")),
        // The wildcard at the end stands for the id of the repository, too.
        (Some(owner), None) if last.ends_with('*') => {
            forms.push(format!("repo:{first}@{owner}/{last}"));
        }
        _ => {}
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
    let name = text.split('/').next().unwrap_or_default();
    name.contains('.')
        && !name.contains(|c: char| c.is_ascii_uppercase())
        && text.split('/').all(|part| is_word(part, "-."))
}

/// Whether git allows the name, with wildcards in it.
fn is_branch_name(text: &str) -> bool {
    !text.starts_with("refs/")
        && text != "@"
        && !text.contains([' ', ':', '~', '^', '\\', '['])
        && !text.contains("..")
        && !text.contains("@{")
        && text.split('/').all(|part| {
            !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none()
        })
        && !text.ends_with('.')
}

fn is_slug(text: &str) -> bool {
    is_word(text, "-_.")
}

fn is_origin(text: &str) -> bool {
    text.contains('/') && text.split('/').all(|part| is_word(part, "-_."))
}

fn is_plain_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || is_digit(c))
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
