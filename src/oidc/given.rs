//! The keys of a provider, and how their values are read.
//!
//! In: fields. Out: texts. Lists of environments, branches or subjects hold for all stages; a
//! mapping gives each stage its own. Refuses text that no condition of a trust policy can compare
//! with.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Shown as _, list, nearest, shorten};
use crate::oidc::key::{KeyNeed, ProviderValue};
use crate::oidc::provider::{Given, Provider, Scoped};
use crate::oidc::rules::{INVALID_SUBJECT, MISSING_ARGUMENT, UNKNOWN_ARGUMENT};
use crate::source::{Span, Spanned};
use crate::yaml::lookup::Field;
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::INVALID_VALUE;
use crate::yaml::typed::TypedReader;

/// A provider's key, and the fields that follow it. Their keys are checked already.
pub(crate) struct Written {
    pub(crate) provider: &'static Provider,
    pub(crate) key_span: Span,
    pub(crate) fields: BTreeMap<String, Field>,
}

/// The stage that a trust is decoded for.
#[derive(Clone, Copy)]
pub(crate) struct StageContext<'a> {
    pub(crate) name: &'a str,
    /// Whether the trust is written in the stage's target, and applies to no other stage.
    pub(crate) is_own: bool,
    /// Every stage of the macro.
    pub(crate) all: &'a [String],
    /// The template's defaults, which are for macros with other stages as well.
    pub(crate) defaults: Option<Span>,
}

/// Reads what is the same for all providers.
pub(super) fn read(
    reader: &mut TypedReader<'_>,
    written: Written,
    stage: StageContext<'_>,
) -> Given {
    let mut given = Given {
        provider: written.provider,
        span: written.key_span,
        fields: written.fields,
        stage: stage.name.to_owned(),
        environments: None,
        branches: None,
        subjects: None,
        allow_pull_requests: false,
        allow_other_repositories: false,
    };
    given.environments = scoped(reader, &given, "Environments", stage);
    given.branches = scoped(reader, &given, "Branches", stage);
    given.subjects = scoped(reader, &given, "Subjects", stage);
    given.allow_pull_requests = flag(reader, &given, "AllowPullRequests");
    given.allow_other_repositories = flag(reader, &given, "AllowOtherRepositories");
    refuse_two_ways(reader, &given);
    given
}

/// Environments, branches and subjects: each is complete by itself.
fn refuse_two_ways(reader: &mut TypedReader<'_>, given: &Given) {
    let ways = ["Subjects", "Environments", "Branches"];
    let found: Vec<&Field> = ways
        .iter()
        .filter_map(|key| given.fields.get(*key))
        .collect();
    if let [first, second, ..] = found.as_slice() {
        reader.problem(two_ways(first, second));
    }
}

fn two_ways(first: &Field, second: &Field) -> Diagnostic {
    if first.key == "Subjects" {
        return Diagnostic::new(
            &INVALID_VALUE,
            second.key_span,
            format!("`{}` has no effect next to `Subjects`", second.key),
        )
        .related(first.key_span, "these subjects are used as they are")
        .help("remove one of them");
    }
    Diagnostic::new(
        &INVALID_SUBJECT,
        second.key_span,
        "an environment together with a branch can never match",
    )
    .related(
        first.key_span,
        "with an environment, a token's subject names no branch",
    )
    .help("remove `Branches`, and choose in the CI system which branches can use the environment")
}

/// The values of `key` for the stage: a list for all stages, or a mapping with a key for each.
fn scoped(
    reader: &mut TypedReader<'_>,
    given: &Given,
    key: &str,
    stage: StageContext<'_>,
) -> Option<Scoped> {
    let field = given.fields.get(key)?;
    let node = reader.library.follow(&field.value);
    if node.tag.is_some() || node.entries().is_none() {
        let values = texts(reader, &field.value, key)?;
        return Some(Scoped {
            values,
            is_own: false,
        });
    }
    let entries = reader.fields(&field.value)?;
    for entry in &entries {
        let is_known = stage.all.contains(&entry.key) || entry.key == stage.name;
        // Defaults are for macros with other stages as well.
        if !is_known && !is_default(field, stage) {
            reader.problem(names_no_target(key, entry, stage.all));
        }
    }
    let Some(entry) = entries.iter().find(|entry| entry.key == stage.name) else {
        reader.problem(nothing_for_the_stage(field, stage.name));
        return None;
    };
    let values = texts(reader, &entry.value, key)?;
    Some(Scoped {
        values,
        is_own: true,
    })
}

/// Whether the field is among the defaults of all macros.
fn is_default(field: &Field, stage: StageContext<'_>) -> bool {
    let own = field.key_span;
    stage
        .defaults
        .is_some_and(|all| own.file == all.file && (all.start..all.end).contains(&own.start))
}

fn names_no_target(key: &str, entry: &Field, stages: &[String]) -> Diagnostic {
    let problem = Diagnostic::new(
        &UNKNOWN_ARGUMENT,
        entry.key_span,
        format!(
            "`{key}` names the stage `{}`, which is not a target",
            entry.key.shown()
        ),
    );
    match nearest(&entry.key, stages.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!(
            "the stages are {}",
            list(stages.iter().map(String::as_str))
        )),
    }
}

fn nothing_for_the_stage(field: &Field, stage: &str) -> Diagnostic {
    Diagnostic::new(
        &MISSING_ARGUMENT,
        field.key_span,
        format!(
            "`{}` has nothing for the stage `{}`",
            field.key,
            stage.shown()
        ),
    )
    .help(format!(
        "add `{}:` to it, or give that target its own `TrustedBy`",
        stage.shown()
    ))
}

/// One text or a list of them.
fn texts(
    reader: &mut TypedReader<'_>,
    node: &Arc<Node>,
    key: &str,
) -> Option<Vec<Spanned<String>>> {
    let items = reader.library.items(node);
    let count = items.len();
    let texts: Vec<_> = items
        .iter()
        .filter_map(|item| claim_text(reader, item, &format!("one of `{key}`")))
        .collect();
    if count == 0 {
        reader.problem(
            Diagnostic::new(
                &INVALID_VALUE,
                node.whole_span(),
                format!("`{key}` is empty: no token would match"),
            )
            .help("name at least one, or remove it"),
        );
    }
    (count > 0 && texts.len() == count).then_some(texts)
}

/// Text that a condition of a trust policy can compare with.
pub(super) fn claim_text(
    reader: &mut TypedReader<'_>,
    node: &Arc<Node>,
    what: &str,
) -> Option<Spanned<String>> {
    let text = reader.text(node)?;
    let Some(problem) = not_a_claim(&text.value) else {
        return Some(text);
    };
    reader.problem(
        Diagnostic::new(
            &INVALID_VALUE,
            text.span,
            format!("`{}` cannot be {what}: it {problem}", shorten(&text.value)),
        )
        .help("write it as the CI system shows it"),
    );
    None
}

fn not_a_claim(text: &str) -> Option<&'static str> {
    let allowed =
        |c: char| (' '..='~').contains(&c) || ('\u{a1}'..='\u{ff}').contains(&c) && c != '\u{ad}';
    if text.trim().is_empty() || text.trim() != text {
        Some("is empty, or has spaces around it")
    } else if text.contains("${") {
        Some("contains `${`, which IAM treats as a policy variable")
    } else if !text.chars().all(allowed) {
        Some("has a character that no policy can contain")
    } else if text.chars().count() > 500 {
        Some("is longer than in any token")
    } else {
        None
    }
}

/// Reports that the provider needs `key`; `help` is what to write.
pub(super) fn missing(reader: &mut TypedReader<'_>, given: &Given, key: &str, help: String) {
    let name = given.provider.key;
    reader.problem(
        Diagnostic::new(
            &MISSING_ARGUMENT,
            given.span,
            format!("`{name}` has no `{key}`"),
        )
        .help(help),
    );
}

/// Reports that no key says which jobs may deploy.
pub(super) fn nothing_named(reader: &mut TypedReader<'_>, given: &Given, key: &str, what: &str) {
    missing(reader, given, key, format!("write {what}"));
}

/// The text of a required key without any wildcard, and of `allowed` characters.
pub(super) fn required(
    reader: &mut TypedReader<'_>,
    given: &Given,
    key: &str,
    allowed: fn(&str) -> bool,
) -> Option<Spanned<String>> {
    let known = given.provider.key(key);
    let example = match known.map(|known| known.kind) {
        Some(ProviderValue::Text(example)) => example,
        _ => "",
    };
    let Some(field) = given.fields.get(key) else {
        let need = known.map(|known| known.need);
        if given.subjects.is_none() || need != Some(KeyNeed::UnlessSubjects) {
            missing(reader, given, key, format!("add `{key}: {example}`"));
        }
        return None;
    };
    let text = claim_text(reader, &field.value, &format!("a `{key}`"))?;
    if allowed(&text.value) {
        return Some(text);
    }
    reader.problem(
        Diagnostic::new(
            &INVALID_VALUE,
            text.span,
            format!(
                "`{}` is not valid as `{key}` of `{}`",
                shorten(&text.value),
                given.provider.key
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
pub(super) fn id(reader: &mut TypedReader<'_>, given: &Given, key: &str) -> Option<String> {
    let field = given.fields.get(key)?;
    let node = reader.library.follow(&field.value);
    let text = match &node.kind {
        Kind::Scalar(text, _) if node.tag.is_none() => text.clone(),
        _ => String::new(),
    };
    let digits = !text.is_empty() && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit());
    if digits && !text.starts_with('0') {
        return Some(text);
    }
    reader.problem(not_an_id(field, &text));
    None
}

fn not_an_id(field: &Field, text: &str) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        field.value.whole_span(),
        format!("`{}` is a number, and `{}` is not", field.key, shorten(text)),
    )
    .help("ids have only digits; `gh api repos/OWNER/NAME --jq '.id, .owner.id'` shows those of GitHub, and a project's page shows that of GitLab")
}

/// `true` or `false`; `false` if there is no such key.
pub(super) fn flag(reader: &mut TypedReader<'_>, given: &Given, key: &str) -> bool {
    let Some(field) = given.fields.get(key) else {
        return false;
    };
    reader.boolean(&field.value).is_some_and(|flag| flag.value)
}

/// The help for a text in which only the capitals are wrong.
pub(super) fn in_lower_case(text: &str, allowed: fn(&str) -> bool) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    allowed(&lower).then(|| format!("write `{lower}`: tokens have it in lower case"))
}
