//! Which resource a message is about: its type and its logical id, in the text around it.
//!
//! In: a text, and where a message begins and ends in it. Out: a [`DeniedResource`]. Refuses
//! nothing: what is not there is not known.

use crate::denied::names;
use crate::denied::secrets::without_secrets;
use crate::denied::squash::{Gap, SquashedText};

/// So far before a message its event can begin.
const BEFORE: usize = 1500;

/// The resource of an event.
#[derive(Clone, Debug, Default)]
pub(super) struct DeniedResource {
    pub(super) type_name: Option<String>,
    pub(super) logical_id: Option<String>,
}

impl DeniedResource {
    /// This, or if nothing is known, the other.
    pub(super) fn or(self, other: &DeniedResource) -> Self {
        if self.type_name.is_some() || self.logical_id.is_some() {
            return self;
        }
        other.clone()
    }
}

/// The resource that the message from `start` to `end` is about, if the one before ended at `floor`.
pub(super) fn resource(
    text: &SquashedText,
    floor: usize,
    start: usize,
    end: usize,
) -> DeniedResource {
    let window = text.before(start, BEFORE.min(start.saturating_sub(floor)));
    let base = start - window.len();
    if let Some(found) = labeled(text, base, window, end) {
        return found;
    }
    let types = window
        .rmatch_indices("AWS::")
        .chain(window.rmatch_indices("Custom::"));
    for (at, _) in types {
        if let Some((type_name, after)) = type_at(text, base + at) {
            return DeniedResource {
                logical_id: id_beside(text, base + at, after, start),
                type_name: Some(type_name),
            };
        }
    }
    // The Serverless Framework 1: `An error occurred: OrdersTable - ...`
    let occurred = "erroroccurred:";
    let id = window.rfind(occurred).and_then(|at| {
        let (id, after) = names::name(text, base + at + occurred.len(), is_id_char);
        (text.has(after, "-") && is_id(&id)).then_some(id)
    });
    DeniedResource {
        type_name: None,
        logical_id: id,
    }
}

/// The fields of an event that is written as names and values: the type follows the reason.
fn labeled(text: &SquashedText, base: usize, window: &str, end: usize) -> Option<DeniedResource> {
    let reason = window.rfind("ResourceStatusReason")?;
    let value = |from: usize, name: &str| {
        let mut at = from + name.len();
        while let Some(c) = text.char_at(at)
            && matches!(c, '|' | ':' | '"' | '\'')
        {
            at += c.len_utf8();
        }
        at
    };
    let tail = text.after(end, 600);
    let tail = tail.split("ResourceStatusReason").next()?;
    let type_name = tail
        .find("ResourceType")
        .and_then(|at| type_at(text, value(end + at, "ResourceType")))?;
    let head = window.get(..reason)?;
    let id = head.rfind("LogicalResourceId").map(|at| {
        let at = value(base + at, "LogicalResourceId");
        names::name(text, at, is_id_char).0
    });
    Some(DeniedResource {
        type_name: Some(type_name.0),
        logical_id: id.filter(|id| is_id(id)),
    })
}

/// The type that begins at `at`, and where the text goes on.
pub(super) fn type_at(text: &SquashedText, at: usize) -> Option<(String, usize)> {
    let (name, end) = names::name(text, at, is_type_char);
    let name = name.trim_end_matches([':', '-']);
    let parts: Vec<&str> = name.split("::").collect();
    let is_type = match parts.as_slice() {
        ["Custom", name] => !name.is_empty(),
        ["AWS", service, kind, ..] => !service.is_empty() && !kind.is_empty(),
        _ => false,
    };
    (is_type && self::is_type(name)).then(|| (name.to_owned(), end))
}

/// The longest name of a resource type.
const LONGEST_TYPE: usize = 204;

fn is_type_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-' | '@')
}

/// Whether a text can be the name of a resource type.
pub(super) fn is_type(text: &str) -> bool {
    let is_like_one =
        text.contains("::") && text.len() <= LONGEST_TYPE && text.chars().all(is_type_char);
    // A table's cell can have a credential after the type.
    is_like_one && without_secrets(text) == text
}

fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// Whether a text is a logical id.
pub(super) fn is_id(text: &str) -> bool {
    let is_like_one = !text.is_empty() && text.len() <= 255 && text.chars().all(is_id_char);
    // A credential next to a type is not a logical id.
    is_like_one && without_secrets(text) == text
}

/// The logical id before or after a type.
fn id_beside(text: &SquashedText, from: usize, after: usize, start: usize) -> Option<String> {
    // `OrdersTable (AWS::DynamoDB::Table)`
    if text.before(from, 1) == "(" {
        return word_before(text, from - 1);
    }
    let before = word_before(text, from);
    let is_status = |word: &str| {
        word.ends_with("FAILED") || word.ends_with("PROGRESS") || word.ends_with("COMPLETE")
    };
    if let Some(id) = before.filter(|word| !is_status(word))
        && is_status(text.before(from - id.len(), 7))
    {
        return Some(id);
    }
    // `AWS::DynamoDB::Table | OrdersTable`, `AWS::DynamoDB::Table - OrdersTable`
    let mut at = after;
    while text.has(at, "|") || text.has(at, "-") {
        at += 1;
    }
    if at >= start || at == after && text.gap(at) == Gap::None {
        return None;
    }
    let is_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    let (path, end) = names::name(text, at, is_path);
    // The CDK's path of a construct, and its logical id: `Stack/Bucket (StackBucketA1B2)`
    let inner = text
        .has(end, "(")
        .then(|| names::name(text, end + 1, is_id_char));
    if let Some((id, close)) = inner
        && text.has(close, ")")
        && is_id(&id)
    {
        return Some(id);
    }
    let of_message = [
        "Resource", "API", "User", "Access", "Received", "Invalid", "You", "Your",
    ];
    (is_id(&path) && end <= start && !of_message.contains(&path.as_str())).then_some(path)
}

/// The letters and digits before `end`, up to a gap.
fn word_before(text: &SquashedText, end: usize) -> Option<String> {
    let window = text.before(end, 260);
    let mut from = end;
    for c in window.chars().rev() {
        if !(is_id_char(c) || c == '_') {
            break;
        }
        from -= c.len_utf8();
        if text.gap(from) > Gap::Cell {
            break;
        }
    }
    let word = text.slice(from, end);
    (!word.is_empty()).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denied::lines::squashed;

    fn of(before: &str) -> (Option<String>, Option<String>) {
        let text = squashed(&format!("{before} User: x"));
        let start = text.len() - "User:x".len();
        let found = resource(&text, 0, start, text.len());
        (found.type_name, found.logical_id)
    }

    #[test]
    fn programs_write_events_in_many_ways() {
        let table = |id: &str| (Some("AWS::DynamoDB::Table".to_owned()), Some(id.to_owned()));
        for before in [
            "CREATE_FAILED: Orders (AWS::DynamoDB::Table)\nResource handler returned message: \"",
            "10:00:01 AM | CREATE_FAILED        | AWS::DynamoDB::Table     | Orders\nResource handler",
            "CREATE_FAILED   AWS::DynamoDB::Table   Orders   Resource handler returned message: \"",
            "UPDATE_FAILED   Orders   AWS::DynamoDB::Table  Tue Nov 16 2021 10:38:25",
            "10:25:20 AM | CREATE_FAILED | AWS::DynamoDB::Table | pipeline/Table/Resource (Orders) Resource",
            "CloudFormation - CREATE_FAILED - AWS::DynamoDB::Table - Orders\n",
            "Resource Name: Orders (AWS::DynamoDB::Table)\nEvent Type: create\nReason:",
        ] {
            assert_eq!(of(before), table("Orders"), "{before}");
        }
        assert_eq!(
            of("An error occurred: Orders - "),
            (None, Some("Orders".to_owned()))
        );
        assert_eq!(of("arn:${AWS::Partition}:x"), (None, None));
    }
}
