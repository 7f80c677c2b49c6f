//! The sentence of IAM: `User: PRINCIPAL is not authorized to perform: ACTION on resource: RESOURCE
//! because ...`.
//!
//! In: a text, and where `not authorized to perform` is in it. Out: a [`Denial`]. Refuses sentences
//! that name neither who asked nor an action.

use crate::denied::actions::{self, services};
use crate::denied::model::{Denial, DenialEffect, DenialForm, DenialLayer};
use crate::denied::names::{self, LONGEST, QUOTES, is_arn_char};
use crate::denied::reason::{DenialReason, reason};
use crate::denied::secrets::without_secrets;
use crate::denied::squash::{Gap, SquashedText};

/// What every such sentence has, without blanks: `not` and `Not`.
pub(super) const AUTHORIZED: &str = "otauthorizedtoperform";

/// A sentence, and where it is.
pub(super) struct Sentence {
    /// What it says.
    pub(super) denial: Denial,
    /// The service in brackets after it, as it is written.
    pub(super) service: Option<String>,
    /// Where it begins.
    pub(super) start: usize,
    /// Where the text goes on.
    pub(super) end: usize,
}

/// The sentence whose [`AUTHORIZED`] is at `at`.
pub(super) fn sentence(text: &SquashedText, at: usize) -> Option<Sentence> {
    let verb = at.checked_sub(1)?;
    let is_passive = text.before(verb, 2) == "is";
    if text.before(verb, 3) == "are" {
        return None;
    }
    let subject = is_passive.then(|| subject(text, verb - 2)).flatten();
    let (principal, start) = match subject {
        Some((principal, start)) => (Some(principal), start),
        None => (None, verb),
    };
    let mut from = at + AUTHORIZED.len();
    while text.has(from, ":") {
        from += 1;
    }
    let from = names::after_quotes(text, from);
    let (action, end) = action(text, from);
    if action.is_none() && principal.is_none() {
        return None;
    }
    let (resource, end) = resource(text, end, principal.as_deref());
    let why = reason_after(text, end);
    let end = why.as_ref().map_or(end, |why| why.end);
    let is_trust = action
        .as_deref()
        .is_some_and(|action| action.starts_with("sts:AssumeRoleWith"));
    let mut denial = Denial {
        principal: principal.map(|name| without_secrets(&name)),
        action,
        resource: resource.map(|name| without_secrets(&name)),
        effect: DenialEffect::Implicit,
        form: DenialForm::Sentence,
        ..Denial::default()
    };
    if let Some(why) = why {
        // A request can need two actions: `ec2:CreateVpcEndpoint` is asked for, and
        // `vpce:AllowMultiRegion` is what nothing allows.
        denial.action = why
            .action
            .filter(|action| actions::is_known(action))
            .or(denial.action);
        denial.effect = why.effect;
        denial.layer = why.layer;
        denial.policy = why.policy.map(|name| without_secrets(&name));
    } else if is_trust {
        // Who asks has a token and no policies yet: only the role's trust policy decides.
        denial.layer = DenialLayer::Trust;
    }
    Some(Sentence {
        denial,
        service: service(text, end),
        start,
        end,
    })
}

/// Who the sentence is about, and where it begins.
fn subject(text: &SquashedText, end: usize) -> Option<(String, usize)> {
    let window = text.before(end, LONGEST);
    let base = end - window.len();
    if let Some(at) = window.rfind("User:") {
        let start = base + at;
        let from = names::after_quotes(text, start + "User:".len());
        let name = text.slice(from, end).trim_end_matches(QUOTES);
        let is_whole = (from + 1..from + name.len()).all(|at| text.gap(at) != Gap::Blank);
        if is_whole && !name.is_empty() && name.chars().all(is_arn_char) {
            return Some((name.to_owned(), start));
        }
    }
    // `Role arn:... is not authorized to perform: ...`
    let at = window.rfind("arn:")?;
    let name = text.slice(base + at, end).trim_end_matches(QUOTES);
    let from = base + at;
    let is_whole = (from + 1..from + name.len()).all(|at| text.gap(at) != Gap::Blank);
    (is_whole && name.chars().all(is_arn_char)).then(|| (name.to_owned(), from))
}

/// The actions of STS that some services write without its prefix; a table can lose the blank after
/// them.
const OF_STS: &[&str] = &[
    "AssumeRoleWithWebIdentity",
    "AssumeRoleWithSAML",
    "AssumeRole",
];

/// The action at `at` in its usual form, if it is one, and where the text goes on.
fn action(text: &SquashedText, at: usize) -> (Option<String>, usize) {
    if let Some(name) = OF_STS.iter().find(|name| text.has(at, name)) {
        let end = names::after_quotes(text, at + name.len());
        return (actions::canonical(&format!("sts:{name}")), end);
    }
    for phrase in ["thisaction", "thisoperation"] {
        if text.has(at, phrase) {
            return (None, at + phrase.len());
        }
    }
    let is_in = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '*');
    let (name, end) = names::name_up_to(130, text, at, is_in);
    let end = names::after_quotes(text, end);
    let name = name.trim_end_matches(':');
    let action = actions::canonical(name).or_else(|| bare(text, name, end));
    (action, end)
}

/// The action of a name without the prefix of a service: that of the service that was asked, or of
/// the only one that has it.
fn bare(text: &SquashedText, name: &str, end: usize) -> Option<String> {
    if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let service = service(text, end).and_then(|service| services::prefix(&service));
    let of_service = service.and_then(|service| actions::of_call(&service, name));
    of_service
        .filter(|action| actions::is_known(action))
        .or_else(|| actions::of_call_alone(name))
}

/// The kinds of resources that IAM writes with their names, and what they are in an ARN.
const KINDS: &[(&str, &str)] = &[
    ("role", "role"),
    ("user", "user"),
    ("group", "group"),
    ("policy", "policy"),
    ("instanceprofile", "instance-profile"),
];

/// The resource of the sentence, and where the text goes on.
fn resource(text: &SquashedText, at: usize, principal: Option<&str>) -> (Option<String>, usize) {
    for phrase in ["onthisresource", "ontheresource", "onanunknownresource"] {
        if text.has(at, phrase) {
            let end = at + phrase.len();
            let because = text.after(end, 60).find("because").unwrap_or(0);
            return (None, end + because);
        }
    }
    let mut from = at;
    for phrase in ["onresource", "onresources"] {
        if text.has(at, phrase) {
            from = at + phrase.len();
        }
    }
    if from == at {
        return role(text, at);
    }
    while text.has(from, ":") {
        from += 1;
    }
    if reason(text, from).is_some() {
        return (None, from);
    }
    let start = names::after_quotes(text, from);
    if start > from
        && let Some((name, end)) = names::quoted(text, start)
    {
        return (Some(name), names::after_quotes(text, end));
    }
    if let Some((name, end)) = named(text, start, principal) {
        return (Some(name), end);
    }
    let (name, end) = names::name(text, start, is_arn_char);
    let is_resource = name == "*" || name.len() > 1 && name.chars().any(char::is_alphanumeric);
    (is_resource.then_some(name), end)
}

/// The ARN after `on role`, `on action role`, or `on`.
fn role(text: &SquashedText, at: usize) -> (Option<String>, usize) {
    let tail = text.after(at, 40);
    let before = tail.find("arn:").and_then(|end| tail.get(..end));
    let is_about = |before: &&str| {
        let is_word = |c: char| c.is_ascii_alphabetic() || c == ':' || QUOTES.contains(&c);
        before.starts_with("on") && before.chars().all(is_word)
    };
    let Some(before) = before.filter(is_about) else {
        return (None, at);
    };
    let (name, end) = names::name(text, at + before.len(), is_arn_char);
    (Some(name), end)
}

/// IAM's own way to write a resource: `role NAME`.
fn named(text: &SquashedText, at: usize, principal: Option<&str>) -> Option<(String, usize)> {
    let (kind, part) = KINDS
        .iter()
        .find(|(kind, _)| text.has(at, kind) && text.gap(at + kind.len()) != Gap::None)?;
    let from = names::after_quotes(text, at + kind.len());
    if reason(text, from).is_some() {
        return None;
    }
    let (name, end) = names::name(text, from, is_arn_char);
    if name.is_empty() || name.starts_with("arn:") {
        return (!name.is_empty()).then_some((name, end));
    }
    let mut parts = principal?.split(':');
    let partition = parts.nth(1)?;
    let account = parts.nth(2)?;
    Some((format!("arn:{partition}:iam::{account}:{part}/{name}"), end))
}

/// The reason after `at`: punctuation may be between.
fn reason_after(text: &SquashedText, at: usize) -> Option<DenialReason> {
    let mut at = at;
    for _ in 0..4 {
        if let Some(found) = reason(text, at) {
            return Some(found);
        }
        match text.char_at(at) {
            Some(c) if matches!(c, '"' | '\'' | '`' | '.' | ',' | ')') => at += c.len_utf8(),
            _ => return None,
        }
    }
    None
}

/// The service in brackets after a message: who was asked, or who asked on.
pub(super) fn service(text: &SquashedText, from: usize) -> Option<String> {
    let tail = text.after(from, 400);
    let tail = tail.split(AUTHORIZED).next()?;
    let (_, rest) = tail.split_once("(Service:")?;
    let name = rest.split([',', ';', ')']).next()?;
    (name.len() <= 64).then(|| name.to_owned())
}
