//! `GitHubOidc` and its like: which tokens of a CI system may become the deploy roles.
//!
//! In: the mapping behind the key, and the stage that it is decoded for. Out: the subjects and
//! claims that the stage's trust policy lets in. Refuses subjects that no token ever has, and
//! those that let in more than they say. Lists of environments, branches or subjects hold for all
//! stages; a mapping gives each stage its own.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_yaml::Value;

use crate::diagnostic::{Diagnostic, Shown as _, list, nearest, shorten};
use crate::oidc::rules::INVALID_SUBJECT;
use crate::oidc::rules::{MISSING_ARGUMENT, UNKNOWN_ARGUMENT};
use crate::oidc::{Admission, Claim, OidcProvider, OidcTrust, is_pattern};
use crate::source::{Span, Spanned};
use crate::yaml::lookup::Field;
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::INVALID_VALUE;

use crate::arguments::decoder::{Decoder, Stage};

/// Keys of every provider.
const COMMON: &[&str] = &[
    "Branches",
    "Subjects",
    "Audience",
    "Provider",
    "Direct",
    "AllowPullRequests",
    "AllowOtherRepositories",
];

/// Further keys of `provider`.
fn keys(provider: OidcProvider) -> &'static [&'static str] {
    match provider {
        OidcProvider::GitHub => &["Repository", "RepositoryId", "OwnerId", "Environments"],
        OidcProvider::GitLab => &["Project", "ProjectId", "Host", "ProtectedRefs"],
        OidcProvider::Bitbucket => &["Workspace", "WorkspaceId", "RepositoryId", "Environments"],
        OidcProvider::CircleCi => &["OrganizationId", "ProjectId", "Origin"],
        OidcProvider::Buildkite => &["Organization", "Pipeline"],
    }
}

/// Every key behind `provider`'s, its own first.
pub fn oidc_keys(provider: OidcProvider) -> Vec<&'static str> {
    keys(provider).iter().chain(COMMON).copied().collect()
}

/// What stands behind a provider's key, decoded.
pub(crate) struct Given {
    pub(crate) provider: OidcProvider,
    /// The provider's key.
    pub(crate) span: Span,
    pub(crate) fields: BTreeMap<String, Field>,
    /// The stage that this is decoded for.
    pub(crate) stage: String,
    pub(crate) environments: Option<Scoped>,
    pub(crate) branches: Option<Scoped>,
    pub(crate) subjects: Option<Scoped>,
    pub(crate) allow_pull_requests: bool,
    pub(crate) allow_other_repositories: bool,
}

/// Values of one stage.
#[derive(Clone)]
pub(crate) struct Scoped {
    pub(crate) values: Vec<Spanned<String>>,
    /// Whether they are this stage's alone.
    own: bool,
}

/// What a provider's own keys come to.
pub(crate) struct Signs {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) subjects: Vec<Spanned<String>>,
    pub(crate) claims: Vec<Claim>,
}

impl Decoder<'_> {
    pub(crate) fn oidc(
        &mut self,
        provider: OidcProvider,
        name: &Spanned<String>,
        argument: Option<&Rc<Node>>,
        stage: Stage<'_>,
    ) -> Option<OidcTrust> {
        let scope = self.reader.scope();
        let given = self.given(provider, name.span, argument, stage)?;
        let signs = match provider {
            OidcProvider::GitHub => self.github(&given),
            OidcProvider::GitLab => self.gitlab(&given),
            OidcProvider::Bitbucket => self.bitbucket(&given),
            OidcProvider::CircleCi => self.circleci(&given),
            OidcProvider::Buildkite => self.buildkite(&given),
        };
        let audience = given.fields.get("Audience");
        let audience = audience.and_then(|field| self.audience(&field.value));
        let create = self.create_provider(&given);
        let direct = self.flag(&given, "Direct");
        if self.reader.failed(scope) {
            return None;
        }
        let signs = signs?;
        // Without a word about it, GitHub's environment is the stage; other subjects are for all.
        let own = [&given.environments, &given.branches, &given.subjects]
            .into_iter()
            .flatten()
            .next()
            .map_or(provider == OidcProvider::GitHub, |scoped| scoped.own);
        Some(OidcTrust {
            admission: Admission {
                provider,
                issuer: signs.issuer,
                audience: audience.map_or(signs.audience, |audience| audience.value),
                subjects: signs
                    .subjects
                    .into_iter()
                    .map(|subject| subject.value)
                    .collect(),
                claims: signs.claims,
            },
            stage: (own || stage.own).then(|| stage.name.to_owned()),
            create_provider: create,
            direct,
            span: name.span,
        })
    }

    fn given(
        &mut self,
        provider: OidcProvider,
        span: Span,
        argument: Option<&Rc<Node>>,
        stage: Stage<'_>,
    ) -> Option<Given> {
        let mut fields = BTreeMap::new();
        if let Some(node) = argument.filter(|node| !self.reader.library.follow(node).is_null()) {
            let known = oidc_keys(provider);
            for field in self.reader.fields(node)? {
                if self.check_key(&field, &known, &format!("key of `{}`", provider.key())) {
                    fields.insert(field.key.clone(), field);
                }
            }
        }
        let mut given = Given {
            provider,
            span,
            fields,
            stage: stage.name.to_owned(),
            environments: None,
            branches: None,
            subjects: None,
            allow_pull_requests: false,
            allow_other_repositories: false,
        };
        given.environments = self.scoped(&given, "Environments");
        given.branches = self.scoped(&given, "Branches");
        given.subjects = self.scoped(&given, "Subjects");
        given.allow_pull_requests = self.flag(&given, "AllowPullRequests");
        given.allow_other_repositories = self.flag(&given, "AllowOtherRepositories");
        self.one_way(&given);
        Some(given)
    }

    /// Environments, branches and subjects: each says it all.
    fn one_way(&mut self, given: &Given) {
        let ways = ["Subjects", "Environments", "Branches"];
        let found: Vec<&Field> = ways
            .iter()
            .filter_map(|key| given.fields.get(*key))
            .collect();
        let [first, second, ..] = found.as_slice() else {
            return;
        };
        let problem = if first.key == "Subjects" {
            Diagnostic::new(
                &INVALID_VALUE,
                second.key_span,
                format!("`{}` says nothing beside `Subjects`", second.key),
            )
            .related(first.key_span, "these subjects are taken as they are")
            .help("leave one of them out")
        } else {
            Diagnostic::new(
                &INVALID_SUBJECT,
                second.key_span,
                "an environment together with a branch can never match",
            )
            .related(first.key_span, "with an environment, a token's subject names no branch")
            .help("leave `Branches` out, and let the CI system say which branches may use the environment")
        };
        self.reader.problem(problem);
    }

    /// The values of `key` for the stage: a list for all stages, or a mapping with a key each.
    fn scoped(&mut self, given: &Given, key: &str) -> Option<Scoped> {
        let field = given.fields.get(key)?;
        let node = self.reader.library.follow(&field.value);
        if node.tag.is_none() && node.entries().is_some() {
            let entries = self.reader.fields(&field.value)?;
            let stages: Vec<String> = self.stages.iter().map(|(stage, _)| stage.clone()).collect();
            for entry in &entries {
                // Defaults are for macros with other stages, too.
                if stages.contains(&entry.key) || entry.key == given.stage || self.is_default(field)
                {
                    continue;
                }
                let problem = Diagnostic::new(
                    &UNKNOWN_ARGUMENT,
                    entry.key_span,
                    format!(
                        "`{key}` names the stage `{}`, which is no target",
                        entry.key.shown()
                    ),
                );
                self.reader.problem(
                    match nearest(&entry.key, stages.iter().map(String::as_str)) {
                        Some(near) => problem.help(format!("did you mean `{near}`?")),
                        None => problem.help(format!(
                            "the stages are {}",
                            list(stages.iter().map(String::as_str))
                        )),
                    },
                );
            }
            let Some(entry) = entries.iter().find(|entry| entry.key == given.stage) else {
                self.reader.problem(
                    Diagnostic::new(
                        &MISSING_ARGUMENT,
                        field.key_span,
                        format!(
                            "`{key}` has nothing for the stage `{}`",
                            given.stage.shown()
                        ),
                    )
                    .help(format!(
                        "add `{}:` to it, or give that target a `TrustedBy` of its own",
                        given.stage.shown()
                    )),
                );
                return None;
            };
            let values = self.texts(&entry.value, key)?;
            return Some(Scoped { values, own: true });
        }
        let values = self.texts(&field.value, key)?;
        Some(Scoped { values, own: false })
    }

    /// Whether the field stands in the defaults of all macros.
    fn is_default(&self, field: &Field) -> bool {
        let definitions = self.template.root.get("Definitions");
        definitions.is_some_and(|node| {
            let (own, all) = (field.key_span, node.whole_span());
            own.file == all.file && (all.start..all.end).contains(&own.start)
        })
    }

    /// One text or a list of them.
    fn texts(&mut self, node: &Rc<Node>, key: &str) -> Option<Vec<Spanned<String>>> {
        let items = self.reader.library.items(node);
        let count = items.len();
        let texts: Vec<_> = items
            .iter()
            .filter_map(|item| self.claim_text(item, &format!("one of `{key}`")))
            .collect();
        if count == 0 {
            self.reader.problem(
                Diagnostic::new(
                    &INVALID_VALUE,
                    node.whole_span(),
                    format!("`{key}` is empty: no token would match"),
                )
                .help("name at least one, or leave it out"),
            );
        }
        (count > 0 && texts.len() == count).then_some(texts)
    }

    /// Text that a condition of a trust policy can compare with.
    fn claim_text(&mut self, node: &Rc<Node>, what: &str) -> Option<Spanned<String>> {
        let text = self.reader.text(node)?;
        let allowed = |c: char| {
            (' '..='~').contains(&c) || ('\u{a1}'..='\u{ff}').contains(&c) && c != '\u{ad}'
        };
        let problem = if text.value.trim().is_empty() || text.value.trim() != text.value {
            "is empty, or has spaces around it"
        } else if text.value.contains("${") {
            "holds `${`, which IAM takes for a policy variable"
        } else if !text.value.chars().all(allowed) {
            "has a character that no policy may hold"
        } else if text.value.chars().count() > 500 {
            "is longer than any token's"
        } else {
            return Some(text);
        };
        self.reader.problem(
            Diagnostic::new(
                &INVALID_VALUE,
                text.span,
                format!("`{}` cannot be {what}: it {problem}", shorten(&text.value)),
            )
            .help("write it as the CI system shows it"),
        );
        None
    }

    /// `aud` is compared letter by letter, and a provider lists its audiences.
    fn audience(&mut self, node: &Rc<Node>) -> Option<Spanned<String>> {
        let text = self.claim_text(node, "an audience")?;
        if !is_pattern(&text.value) {
            return Some(text);
        }
        self.reader.problem(
            Diagnostic::new(
                &INVALID_VALUE,
                text.span,
                format!(
                    "the audience `{}` can never match: it is no pattern",
                    shorten(&text.value)
                ),
            )
            .help("write the one that the workflow asks for, or leave it out"),
        );
        None
    }

    /// Says that the provider needs `key`, and with `help` what to write.
    pub(crate) fn missing(&mut self, given: &Given, key: &str, help: String) {
        let name = given.provider.key();
        self.reader.problem(
            Diagnostic::new(
                &MISSING_ARGUMENT,
                given.span,
                format!("`{name}` has no `{key}`"),
            )
            .help(help),
        );
    }

    /// The text of a required key without any wildcard, and of `allowed` characters.
    pub(crate) fn required(
        &mut self,
        given: &Given,
        key: &str,
        example: &str,
        allowed: fn(&str) -> bool,
    ) -> Option<Spanned<String>> {
        let Some(field) = given.fields.get(key) else {
            if given.subjects.is_none() || !["Repository", "Project"].contains(&key) {
                self.missing(given, key, format!("add `{key}: {example}`"));
            }
            return None;
        };
        let text = self.claim_text(&field.value, &format!("a `{key}`"))?;
        if allowed(&text.value) {
            return Some(text);
        }
        self.reader.problem(
            Diagnostic::new(
                &INVALID_VALUE,
                text.span,
                format!(
                    "`{}` is no `{key}` of `{}`",
                    shorten(&text.value),
                    given.provider.key()
                ),
            )
            .help(
                in_lower_case(&text.value, allowed)
                    .unwrap_or_else(|| format!("write it as in `{key}: {example}`")),
            ),
        );
        None
    }

    /// A numeric id, as a number or as text.
    pub(crate) fn id(&mut self, given: &Given, key: &str) -> Option<String> {
        let field = given.fields.get(key)?;
        let node = self.reader.library.follow(&field.value);
        let text = match &node.kind {
            Kind::Scalar(text, _) if node.tag.is_none() => text.clone(),
            _ => String::new(),
        };
        let digits =
            !text.is_empty() && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit());
        if digits && !text.starts_with('0') {
            return Some(text);
        }
        self.reader.problem(
            Diagnostic::new(
                &INVALID_VALUE,
                field.value.whole_span(),
                format!("`{key}` is a number, and `{}` is none", shorten(&text)),
            )
            .help("ids have digits only; `gh api repos/OWNER/NAME --jq '.id, .owner.id'` shows those of GitHub, a project's page that of GitLab"),
        );
        None
    }

    pub(crate) fn flag(&mut self, given: &Given, key: &str) -> bool {
        let Some(field) = given.fields.get(key) else {
            return false;
        };
        self.reader
            .boolean(&field.value)
            .is_some_and(|flag| flag.value)
    }

    fn create_provider(&mut self, given: &Given) -> bool {
        let Some(field) = given.fields.get("Provider") else {
            return false;
        };
        match self.reader.value(&field.value) {
            Some(Value::String(text)) if text == "create" => true,
            Some(Value::String(text)) if text == "expect" => false,
            None => false,
            Some(_) => {
                self.reader.problem(
                    Diagnostic::new(
                        &INVALID_VALUE,
                        field.value.whole_span(),
                        "`Provider` is `create` or `expect`",
                    )
                    .help("write `create` where the account has no OIDC provider of this issuer yet, `expect` (the default) where something else made it"),
                );
                false
            }
        }
    }
}

/// What to say of a text that only its capitals spoil.
pub(crate) fn in_lower_case(text: &str, allowed: fn(&str) -> bool) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    allowed(&lower).then(|| format!("write `{lower}`: tokens have it in lower case"))
}
