//! Which property opens each permission of a resource type.
//!
//! In: a resource type. Out: one [`Permission`] for each action of its handlers, with its kind and
//! its [`Gate`]. Refuses nothing.
//!
//! The handlers say what CloudFormation may call for a type, whatever a resource sets. Most of it
//! belongs to optional properties, and names of actions and properties resemble each other: that
//! is what the gates are made of.

use std::collections::BTreeSet;

use crate::aws::handlers::{Handler, HandlerAction, ResourceType};
use crate::infer::actions::overrides::{Opens, exception};
use crate::infer::actions::services::words_of;
use crate::infer::model::NeedKind;

/// What opens a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Every resource of the type needs it.
    Always,
    /// No resource needs it.
    Never,
    /// A property with one of these words; see [`has_word`](super::words::has_word).
    Words(&'static [&'static str]),
    /// The same, with one word that is made from the names.
    Word(String),
    /// A property with a role.
    Role,
    /// The resource's values name this service.
    Target(String),
}

/// A permission that a resource type's handlers may need.
#[derive(Clone, Debug)]
pub(super) struct Permission<'a> {
    /// The action.
    pub(super) action: &'a str,
    /// Its kind.
    pub(super) kind: NeedKind,
    /// The handlers that call it.
    pub(super) handlers: BTreeSet<Handler>,
    /// What opens it.
    pub(super) gate: Gate,
}

/// The verbs that begin the names of actions. A longer one goes before its beginning.
const VERBS: &[&str] = &[
    "Acknowledge",
    "Add",
    "Allocate",
    "Associate",
    "Attach",
    "Authorize",
    "BatchGet",
    "BatchCreate",
    "BatchDelete",
    "Batch",
    "Cancel",
    "Change",
    "Copy",
    "Create",
    "Deactivate",
    "Activate",
    "Decrease",
    "Delete",
    "Deregister",
    "Describe",
    "Detach",
    "Disable",
    "Disassociate",
    "Enable",
    "Get",
    "Head",
    "Import",
    "Increase",
    "Initiate",
    "Invite",
    "List",
    "Merge",
    "Modify",
    "Move",
    "Pause",
    "Promote",
    "Provision",
    "Publish",
    "Purchase",
    "Put",
    "Reboot",
    "Register",
    "Release",
    "Remove",
    "Replace",
    "Replicate",
    "Request",
    "Reset",
    "Restore",
    "Resume",
    "Revoke",
    "Rotate",
    "Schedule",
    "Search",
    "Set",
    "Start",
    "Stop",
    "Subscribe",
    "Tag",
    "Terminate",
    "Untag",
    "Unsubscribe",
    "Update",
    "Upgrade",
    "Validate",
];
/// The verbs that read.
const READS: [&str; 7] = [
    "BatchGet", "Describe", "Get", "Head", "List", "Search", "Validate",
];
/// Words that tell nothing apart.
const EMPTY_WORDS: &[&str] = &[
    "attributes",
    "bucket",
    "by",
    "config",
    "configuration",
    "details",
    "for",
    "from",
    "function",
    "info",
    "of",
    "options",
    "policy",
    "properties",
    "resource",
    "resources",
    "s3",
    "setting",
    "settings",
    "specification",
    "status",
    "the",
    "to",
];
/// Words that properties have in addition to what they are about.
const ENDINGS: [&str; 4] = ["arn", "id", "input", "name"];

/// The permissions of a type, in the order of the data.
pub(super) fn permissions<'a>(known: &ResourceType<'a>) -> Vec<Permission<'a>> {
    let mut all: Vec<Permission<'a>> = known
        .actions
        .iter()
        .map(|action| permission(known, action))
        .collect();
    for handler in [Handler::Create, Handler::Delete, Handler::Update] {
        keep_one_open(known, handler, &mut all);
    }
    all
}

/// If a type has no ungated write in `handler`, its gates are guessed wrong, and they are opened. An
/// update has one only if a property that every resource has can change, and the gates of optional
/// properties stay.
fn keep_one_open(known: &ResourceType<'_>, handler: Handler, all: &mut [Permission<'_>]) {
    let is_write =
        |one: &Permission<'_>| one.kind == NeedKind::Write && one.handlers.contains(&handler);
    let is_update = handler == Handler::Update;
    let can_change = known
        .properties
        .iter()
        .any(|property| property.is_required && !property.is_create_only);
    let has_open = all
        .iter()
        .any(|one| is_write(one) && one.gate == Gate::Always);
    if has_open || (is_update && !can_change) {
        return;
    }
    for one in all.iter_mut().filter(|one| is_write(one)) {
        let is_property = matches!(&one.gate, Gate::Word(word) if word.starts_with('='));
        let is_guess = exception(known.name, known.service, one.action).is_none()
            && !(is_property && is_update);
        if is_guess {
            one.gate = Gate::Always;
        }
    }
}

fn permission<'a>(known: &ResourceType<'a>, action: &HandlerAction<'a>) -> Permission<'a> {
    let (kind, gate) = judge(known, action);
    let mut handlers: BTreeSet<Handler> = action.handlers().collect();
    // A tagging permission that no handler names.
    if handlers.is_empty() {
        handlers.insert(if is_read(action.name) {
            Handler::Read
        } else {
            Handler::Update
        });
    }
    Permission {
        action: action.name,
        kind,
        handlers,
        gate,
    }
}

fn judge(known: &ResourceType<'_>, action: &HandlerAction<'_>) -> (NeedKind, Gate) {
    let name = action.name;
    let (service, _) = name.split_once(':').unwrap_or(("", name));
    let exception = || {
        exception(known.name, known.service, name).map(|opens| match opens {
            Opens::Never => Gate::Never,
            Opens::Always => Gate::Always,
            Opens::With(words) => Gate::Words(words),
            Opens::Target => Gate::Target(service.to_owned()),
        })
    };
    match name {
        "iam:PassRole" => return (NeedKind::PassRole, exception().unwrap_or(Gate::Role)),
        "iam:CreateServiceLinkedRole" => return (NeedKind::ServiceLinkedRole, Gate::Always),
        // Deleting a resource does not delete the account's role.
        "iam:DeleteServiceLinkedRole" | "iam:GetServiceLinkedRoleDeletionStatus" => {
            return (NeedKind::OtherService, Gate::Never);
        }
        _ => {}
    }
    let is_own = service == known.service;
    if is_tagging(known, action) {
        return (NeedKind::Tag, Gate::Always);
    }
    if !is_own {
        return (
            NeedKind::OtherService,
            exception().unwrap_or_else(|| other_service(service)),
        );
    }
    let is_read = is_read(name);
    let kind = if is_read {
        NeedKind::Read
    } else {
        NeedKind::Write
    };
    // Some tagging permissions do more than that, such as `apigateway:PUT`.
    if (is_read && action.is_called_by(Handler::Read)) || action.is_tagging {
        return (kind, Gate::Always);
    }
    (
        kind,
        exception().unwrap_or_else(|| own_service(known, action)),
    )
}

/// Whether an action reads or changes tags and does nothing else.
fn is_tagging(known: &ResourceType<'_>, action: &HandlerAction<'_>) -> bool {
    let (service, name) = action.name.split_once(':').unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    let says_so = lower.contains("tag") && !lower.contains("stage") && !lower.contains("staging");
    let is_about_tags = has_same(&own_words(known), "tag");
    says_so
        && (action.is_tagging || (service == known.service && !is_about_tags && names_tags(name)))
}

/// Whether an action's name says that it is about the tags of a resource: `ListQueueTags`, but not
/// `PutImageTagMutability`.
fn names_tags(name: &str) -> bool {
    let (verb, noun) = verb_and_noun(name);
    let words = parts(noun);
    let is_subject = |word: Option<&String>| {
        word.is_some_and(|word| ["tag", "tags", "tagging"].contains(&word.as_str()))
    };
    verb == "Tag" || verb == "Untag" || is_subject(words.first()) || is_subject(words.last())
}

fn other_service(service: &str) -> Gate {
    // What STS and IAM give depends on roles, in whichever service.
    if service == "iam" || service == "sts" {
        return Gate::Role;
    }
    match words_of(service) {
        Some(words) => Gate::Words(words),
        None => Gate::Word(service.replace('-', "")),
    }
}

pub(super) fn is_read(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    name == "GET" || READS.iter().any(|verb| name.starts_with(verb))
}

/// An action as its verb and what it is about.
pub(super) fn verb_and_noun(action: &str) -> (&str, &str) {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    let verb = VERBS
        .iter()
        .filter(|verb| {
            name.strip_prefix(**verb)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()))
        })
        .max_by_key(|verb| verb.len());
    name.split_at(verb.map_or(0, |verb| verb.len()))
}

/// The gate of an action of the type's own service: the optional property that it is about.
fn own_service(known: &ResourceType<'_>, action: &HandlerAction<'_>) -> Gate {
    let (verb, noun) = verb_and_noun(action.name);
    let short = known.name.rsplit("::").next().unwrap_or_default();
    if !noun.eq_ignore_ascii_case(short)
        && let Some(same) = known
            .properties
            .iter()
            .find(|property| property.name.eq_ignore_ascii_case(noun))
    {
        return gate_of(same.name, same.is_required);
    }
    let own = own_words(known);
    let rest = remaining(noun, &own);
    if rest.is_empty() {
        return Gate::Always;
    }
    if let Some((name, is_required)) = property_about(known, &rest, &own) {
        return gate_of(name, is_required);
    }
    // `CreateConnectionGroup` is about something else if there is a `CreateDistribution`.
    let is_plain = |other: &&HandlerAction<'_>| {
        let (other_verb, other_noun) = verb_and_noun(other.name);
        let is_own = other.name.split(':').next() == Some(known.service);
        is_own && other_verb == verb && !verb.is_empty() && remaining(other_noun, &own).is_empty()
    };
    if !is_read(action.name) && known.actions.iter().any(|other| is_plain(&other)) {
        return Gate::Word(rest.concat());
    }
    Gate::Always
}

fn gate_of(property: &str, is_required: bool) -> Gate {
    if is_required {
        Gate::Always
    } else {
        Gate::Word(format!("={}", property.to_ascii_lowercase()))
    }
}

/// The property that the words of an action are about: most of the words of either are in the
/// other. The first of several that are equally near.
fn property_about<'a>(
    known: &ResourceType<'a>,
    rest: &[String],
    own: &[String],
) -> Option<(&'a str, bool)> {
    let mut best: Option<(usize, &'a str, bool)> = None;
    for property in &known.properties {
        let words: Vec<String> = remaining(property.name, own)
            .into_iter()
            .filter(|word| !ENDINGS.contains(&word.as_str()))
            .collect();
        let shared = rest.iter().filter(|word| has_same(&words, word)).count();
        // At least 60 % of the action's words, and half of the property's.
        let is_about = shared > 0 && shared * 10 >= rest.len() * 6 && shared * 2 >= words.len();
        if is_about && best.is_none_or(|(most, _, _)| shared > most) {
            best = Some((shared, property.name, property.is_required));
        }
    }
    best.map(|(_, name, is_required)| (name, is_required))
}

/// The words of a type's name and of its namespace.
fn own_words(known: &ResourceType<'_>) -> Vec<String> {
    known.name.split("::").skip(1).flat_map(parts).collect()
}

/// The words of a name that are not the type's own and tell something apart.
fn remaining(name: &str, own: &[String]) -> Vec<String> {
    parts(name)
        .into_iter()
        .filter(|word| !EMPTY_WORDS.contains(&word.as_str()) && !has_same(own, word))
        .collect()
}

/// Whether `words` has `word`, in the singular or the plural.
fn has_same(words: &[String], word: &str) -> bool {
    let singular = word.trim_end_matches('s');
    words
        .iter()
        .any(|other| other.trim_end_matches('s') == singular)
}

/// The words of a name in lower case: `DB`, `Cluster`, `Snapshot` of `DBClusterSnapshot`.
fn parts(name: &str) -> Vec<String> {
    let bytes = name.as_bytes();
    let is_upper = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
    let is_lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, character) in name.char_indices() {
        let begins = at > 0
            && ((is_upper(at) && (!is_upper(at - 1) || is_lower(at + 1)))
                || (is_digit(at) && !is_digit(at - 1))
                || (is_lower(at) && is_digit(at - 1)));
        if begins || !character.is_ascii_alphanumeric() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_ascii_alphanumeric() {
            word.push(character.to_ascii_lowercase());
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}
