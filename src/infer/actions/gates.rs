//! Which property opens each permission of a resource type.
//!
//! In: a resource type. Out: one [`Permission`] for each action of its handlers, with its kind and
//! its [`Gate`]. Refuses nothing.
//!
//! The handlers say what CloudFormation may call for a type, whatever a resource sets. Most of it
//! belongs to optional properties, and names of actions and properties resemble each other: that
//! is what the gates are made of.

use std::collections::BTreeSet;

use crate::aws::handlers::{Handler, HandlerAction, ResourceType, WritableProperty};
use crate::infer::actions::nouns::{
    ENDINGS, has_same, is_read, parts, remaining, takes_away, verb_and_noun,
};
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
    /// The same, with words that are made from the names.
    Names(Vec<String>),
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
        let is_property = matches!(&one.gate, Gate::Names(names) if names.iter().all(|name| name.starts_with('=')));
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
        let gate = exception().unwrap_or_else(|| other_service(known.service, service));
        return (NeedKind::OtherService, gate);
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
    // A read that is not needed does little harm, and one that is missing stops a deployment.
    let guess = || {
        if is_read {
            Gate::Always
        } else {
            own_service(known, action)
        }
    };
    (kind, exception().unwrap_or_else(guess))
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

fn other_service(own: &str, service: &str) -> Gate {
    // What STS and IAM give depends on roles, in whichever service.
    if service == "iam" || service == "sts" {
        return Gate::Role;
    }
    if let Some(words) = words_of(service) {
        return Gate::Words(words);
    }
    // `backup-storage` is a part of `backup`, whatever a vault sets.
    let is_part = |part: &str, of: &str| {
        part.strip_prefix(of)
            .is_some_and(|rest| rest.starts_with('-'))
    };
    if is_part(own, service) || is_part(service, own) {
        return Gate::Always;
    }
    Gate::Names(vec![service.replace('-', "")])
}

/// The gate of a write of the type's own service: the optional property that it is about.
fn own_service(known: &ResourceType<'_>, action: &HandlerAction<'_>) -> Gate {
    let (verb, noun) = verb_and_noun(action.name);
    let is_called_by = |handler| action.is_called_by(handler);
    let deletes_only = !is_called_by(Handler::Create) && !is_called_by(Handler::Update);
    if verb == "Create" && deletes_only {
        // The last snapshot before a deletion.
        return Gate::Always;
    }
    let short = known.name.rsplit("::").next().unwrap_or_default();
    // `PutEventSelectors` is about `EventSelectors`, and about `AdvancedEventSelectors`.
    let ends_same =
        |one: &&WritableProperty<'_>| ends_with_ignoring_case(one.name, noun) && !noun.is_empty();
    let same: Vec<_> = known.properties.iter().filter(ends_same).collect();
    let has_same = same.iter().any(|one| one.name.len() == noun.len());
    if has_same && !noun.eq_ignore_ascii_case(short) {
        return gate_of(&same);
    }
    if noun.ends_with("Policy") && !short.ends_with("Policy") {
        // Policies are optional, whatever else their names are made of.
        let is_policy = |one: &&WritableProperty<'_>| one.name.contains("Policy");
        let policies: Vec<_> = known.properties.iter().filter(is_policy).collect();
        if !policies.is_empty() {
            return gate_of(&policies);
        }
    }
    let own = own_words(known);
    let rest = remaining(noun, &own);
    if rest.is_empty() {
        return Gate::Always;
    }
    let about = properties_about(known, &rest, &own);
    if !about.is_empty() {
        return gate_of(&about);
    }
    if is_about_something_else(known, action, &own) {
        return Gate::Names(vec![rest.concat()]);
    }
    Gate::Always
}

fn ends_with_ignoring_case(name: &str, end: &str) -> bool {
    let start = name.len().checked_sub(end.len());
    start
        .and_then(|start| name.get(start..))
        .is_some_and(|rest| rest.eq_ignore_ascii_case(end))
}

/// Whether an action belongs to another kind of resource: `CreateConnectionGroup` does if there is
/// a `CreateDistribution`, and so does what takes away what it creates. Updates have many
/// names, and each may be needed.
fn is_about_something_else(
    known: &ResourceType<'_>,
    action: &HandlerAction<'_>,
    own: &[String],
) -> bool {
    let (verb, _) = verb_and_noun(action.name);
    if ["Update", "Modify", "Set", "Enable", "Disable", "Cancel"].contains(&verb) {
        return false;
    }
    let is_plain = |other: &&HandlerAction<'_>| {
        let (other_verb, other_noun) = verb_and_noun(other.name);
        let is_own = other.name.split(':').next() == Some(known.service);
        is_own && other_verb == verb && !verb.is_empty() && remaining(other_noun, own).is_empty()
    };
    let creates = |other: &&HandlerAction<'_>| {
        other.is_called_by(Handler::Create)
            && (other.name == action.name || takes_away(action.name, other.name))
    };
    known.actions.iter().any(|other| creates(&other))
        && known.actions.iter().any(|other| is_plain(&other))
}

/// One of the properties opens the gate; none has to if a template must set one of them.
fn gate_of(properties: &[&WritableProperty<'_>]) -> Gate {
    if properties.iter().any(|property| property.is_required) {
        return Gate::Always;
    }
    let name =
        |property: &&WritableProperty<'_>| format!("={}", property.name.to_ascii_lowercase());
    Gate::Names(properties.iter().map(name).collect())
}

/// The properties that the words of an action are about: most of the words of either are in the
/// other. If several are equally near: all of them.
fn properties_about<'t, 'a>(
    known: &'t ResourceType<'a>,
    rest: &[String],
    own: &[String],
) -> Vec<&'t WritableProperty<'a>> {
    let mut most = 0;
    let mut about = Vec::new();
    for property in &known.properties {
        let words: Vec<String> = remaining(property.name, own)
            .into_iter()
            .filter(|word| !ENDINGS.contains(&word.as_str()))
            .collect();
        let shared = rest.iter().filter(|word| has_same(&words, word)).count();
        // At least 60 % of the action's words, and half of the property's.
        let is_about = shared > 0 && shared * 10 >= rest.len() * 6 && shared * 2 >= words.len();
        if is_about && shared > most {
            most = shared;
            about.clear();
        }
        if is_about && shared == most {
            about.push(property);
        }
    }
    about
}

/// The words of a type's name and of its namespace.
fn own_words(known: &ResourceType<'_>) -> Vec<String> {
    known.name.split("::").skip(1).flat_map(parts).collect()
}
