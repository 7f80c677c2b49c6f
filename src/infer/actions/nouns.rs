//! What the names of actions and properties say.
//!
//! In: a name, such as `DeleteFunctionConcurrency`. Out: its verb, its words, and which other action
//! it undoes. Refuses nothing.

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
pub(super) const ENDINGS: [&str; 10] = [
    "arn",
    "arns",
    "id",
    "identifier",
    "identifiers",
    "ids",
    "input",
    "list",
    "name",
    "names",
];

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

/// Verbs that take away what others put.
const TWINS: &[(&str, &[&str])] = &[
    ("Add", &["Remove", "Delete"]),
    ("Associate", &["Disassociate"]),
    ("Attach", &["Detach"]),
    ("Authorize", &["Revoke"]),
    ("Create", &["Delete"]),
    ("Enable", &["Disable"]),
    ("Increase", &["Decrease"]),
    ("Put", &["Delete", "Remove"]),
    ("Register", &["Deregister"]),
    ("Start", &["Stop"]),
    ("Subscribe", &["Unsubscribe"]),
];

/// Whether `action` takes away what `put` puts: `lambda:DeleteFunctionConcurrency` what
/// `lambda:PutFunctionConcurrency` does.
pub(super) fn takes_away(action: &str, put: &str) -> bool {
    // Most pairs are told apart by their ends.
    action.bytes().next_back() == put.bytes().next_back()
        && action.split(':').next() == put.split(':').next()
        && {
            let (verb, noun) = verb_and_noun(action);
            let (put_verb, put_noun) = verb_and_noun(put);
            noun == put_noun
                && TWINS
                    .iter()
                    .any(|(first, back)| *first == put_verb && back.contains(&verb))
        }
}

/// The words of a name that are not the type's own and tell something apart.
pub(super) fn remaining(name: &str, own: &[String]) -> Vec<String> {
    parts(name)
        .into_iter()
        .filter(|word| !EMPTY_WORDS.contains(&word.as_str()) && !has_same(own, word))
        .collect()
}

/// Whether `words` has `word`, in the singular or the plural.
pub(super) fn has_same(words: &[String], word: &str) -> bool {
    let singular = word.trim_end_matches('s');
    words
        .iter()
        .any(|other| other.trim_end_matches('s') == singular)
}

/// The words of a name in lower case: `DB`, `Cluster`, `Snapshot` of `DBClusterSnapshot`.
pub(super) fn parts(name: &str) -> Vec<String> {
    let bytes = name.as_bytes();
    let is_upper = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
    let is_lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, character) in name.char_indices() {
        // `ARNs` is one word.
        let is_plural = bytes.get(at + 1) == Some(&b's') && !is_lower(at + 2);
        let begins =
            at > 0 && (is_upper(at) && (!is_upper(at - 1) || (is_lower(at + 1) && !is_plural)));
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
