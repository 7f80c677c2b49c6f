//! Subjects that are written in full: which tokens they accept.
//!
//! In: subjects. Out: nothing, or a diagnostic. Refuses subjects that no token has, and wildcards
//! that accept other repositories or pull requests, unless a key allows that by name.

use crate::aws::wildcard::is_pattern;
use crate::diagnostic::{Diagnostic, Shown as _, shorten};
use crate::oidc::provider::Given;
use crate::oidc::rules::{INVALID_SUBJECT, SUBJECT_TOO_WIDE};
use crate::source::{Span, Spanned};
use crate::yaml::typed::TypedReader;

/// Checks subjects; `own` is your repository, if it is known.
pub(super) fn check(
    reader: &mut TypedReader<'_>,
    given: &Given,
    subjects: &[Spanned<String>],
    own: Option<&Spanned<String>>,
) {
    for subject in subjects {
        for problem in problems(given, subject, own) {
            reader.problem(problem);
        }
    }
}

fn problems(
    given: &Given,
    subject: &Spanned<String>,
    own: Option<&Spanned<String>>,
) -> Vec<Diagnostic> {
    let provider = given.provider;
    let text = subject.value.as_str();
    if let Some(never) = (provider.never_matches)(text) {
        return vec![can_never_match(subject, never.why, never.help.to_owned())];
    }
    let rest = text.strip_prefix(provider.prefix).unwrap_or(text);
    let (repository, context) = provider.split(rest);
    let is_other = own.is_some_and(|own| {
        is_pattern(&own.value) != is_pattern(repository)
            || !without_ids(repository).eq_ignore_ascii_case(&own.value)
    });
    if let (Some(own), false) = (own, is_other)
        && let Some(why) = is_renamed(given, repository, &own.value)
    {
        let help = format!("write it as in `{}`", own.value.shown());
        return vec![can_never_match(subject, why, help)];
    }
    if let Some(problem) = strangers(given, subject, repository) {
        return vec![problem];
    }
    let mut found = Vec::new();
    if !given.allow_other_repositories {
        if is_pattern(repository) {
            found.push(other_repositories(subject, "accepts other repositories"));
        } else if is_other {
            found.push(other_repositories(subject, "belongs to another repository"));
        }
    }
    // If nothing follows the repository, the wildcard stands for that as well.
    let is_whole = context.is_empty() && is_pattern(repository);
    let is_wide = is_whole || (provider.accepts_pull_requests)(context);
    if is_wide && !given.allow_pull_requests {
        found.push(pull_requests(subject));
    }
    if let Some((message, help)) = (provider.also_matches)(context) {
        found.push(Diagnostic::new(&SUBJECT_TOO_WIDE, subject.span, message).help(help));
    }
    found
}

/// Why a token of your own repository names it in another way.
fn is_renamed(given: &Given, repository: &str, own: &str) -> Option<&'static str> {
    if is_pattern(repository) {
        return None;
    }
    if without_ids(repository) != own {
        return Some("its case differs from that of the repository");
    }
    (given.provider.is_renamed)(given, repository)
}

/// `owner@1/name@2` as `owner/name`.
fn without_ids(repository: &str) -> String {
    repository
        .split('/')
        .map(|part| part.split('@').next().unwrap_or(part))
        .collect::<Vec<_>>()
        .join("/")
}

fn can_never_match(subject: &Spanned<String>, why: &str, help: String) -> Diagnostic {
    let text = shorten(&subject.value);
    let message = format!("the subject `{text}` can never match: {why}");
    Diagnostic::new(&INVALID_SUBJECT, subject.span, message).help(help)
}

/// Refuses what accepts anybody who has an account with the CI system: no flag allows that.
pub(super) fn strangers(
    given: &Given,
    text: &Spanned<String>,
    repository: &str,
) -> Option<Diagnostic> {
    let strangers = given.provider.strangers.as_ref()?;
    if !(strangers.are_accepted)(given, repository) {
        return None;
    }
    let (text, span) = (shorten(&text.value), text.span);
    let message = format!("`{text}` accepts everybody {}", strangers.place);
    Some(Diagnostic::new(&SUBJECT_TOO_WIDE, span, message).help(strangers.help))
}

fn other_repositories(subject: &Spanned<String>, what: &str) -> Diagnostic {
    let message = format!("the subject `{}` {what}", shorten(&subject.value));
    too_wide(subject.span, &message, "AllowOtherRepositories")
}

fn pull_requests(subject: &Spanned<String>) -> Diagnostic {
    let text = shorten(&subject.value);
    let message = format!("the subject `{text}` accepts pull requests");
    too_wide(subject.span, &message, "AllowPullRequests")
}

/// Refuses what only `key` allows.
pub(super) fn too_wide(span: Span, message: &str, key: &str) -> Diagnostic {
    Diagnostic::new(&SUBJECT_TOO_WIDE, span, message).help(format!(
        "make it narrower; if you mean it, write `{key}: true`"
    ))
}
