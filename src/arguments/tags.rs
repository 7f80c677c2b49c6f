//! `Tags`: tags of the roles. Refuses those that IAM would refuse.

use std::sync::Arc;

use serde_yaml::Value;

use crate::arguments::argument::{Argument, DefaultValue, ListForm, ValueKind};
use crate::arguments::decoder::Decoder;
use crate::arguments::rules::LIMIT_EXCEEDED;
use crate::diagnostic::{Diagnostic, shorten};
use crate::oidc::rules::MISSING_ARGUMENT;
use crate::source::Spanned;
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

/// The most tags of a role.
const LIMIT: usize = 50;

/// `Tags`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "Tags",
    kind: ValueKind::List(ListForm {
        most: Some(LIMIT),
        ..ListForm::of(&ValueKind::Fields(KEYS))
    }),
    default: DefaultValue::None,
    summary: "Tags of the roles, as in AWS::IAM::Role.",
};

const KEY: Argument = Argument {
    name: "Key",
    kind: ValueKind::Text,
    default: DefaultValue::Required,
    summary: "The key of the tag.",
};

const VALUE: Argument = Argument {
    name: "Value",
    kind: ValueKind::Resolved,
    default: DefaultValue::Required,
    summary: "The value of the tag.",
};

const KEYS: &[&Argument] = &[&KEY, &VALUE];

/// A tag of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleTag {
    /// `Key`.
    pub key: String,
    /// `Value`, as written.
    pub value: Value,
}

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Vec<RoleTag> {
    let mut tags: Vec<RoleTag> = Vec::new();
    let items = decoder.reader.library.items(node);
    if items.len() > LIMIT {
        decoder.reader.problem(too_many(node, items.len()));
    }
    for item in items {
        let Some((key, value)) = tag(decoder, &item) else {
            continue;
        };
        let is_same = |known: &RoleTag| known.key.eq_ignore_ascii_case(&key.value);
        if tags.iter().any(is_same) {
            decoder.reader.problem(given_twice(&key));
        } else {
            tags.push(RoleTag {
                key: key.value,
                value,
            });
        }
    }
    tags
}

fn tag(decoder: &mut Decoder<'_>, item: &Arc<Node>) -> Option<(Spanned<String>, Value)> {
    let fields = decoder.reader.fields(item)?;
    let (mut key, mut value) = (None, None);
    for field in &fields {
        if !decoder.check_field(field, KEYS, "key of a tag") {
            continue;
        }
        if field.key == KEY.name {
            key = decoder.reader.text(&field.value);
        } else {
            value = decoder.reader.value(&field.value);
        }
    }
    let has = |key: &Argument| fields.iter().any(|field| field.key == key.name);
    let (Some(key), Some(value)) = (key, value) else {
        if !has(&KEY) || !has(&VALUE) {
            decoder.reader.problem(half_a_tag(item));
        }
        return None;
    };
    let value = match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Bool(flag) => Value::String(flag.to_string()),
        other => other,
    };
    if value.is_null() {
        return None;
    }
    if let Some(help) = refused(&key.value, &value) {
        let message = "IAM does not allow this tag";
        let problem = Diagnostic::new(&INVALID_VALUE, item.whole_span(), message);
        decoder.reader.problem(problem.help(help));
        return None;
    }
    Some((key, value))
}

/// What to write instead of a tag that IAM would refuse; see tagKeyType and tagValueType in the
/// IAM API model.
fn refused(key: &str, value: &Value) -> Option<&'static str> {
    let allowed = |c: char| {
        c.is_alphanumeric() || "_.:/=+-@".contains(c) || (c.is_whitespace() && !c.is_control())
    };
    let text = match value {
        // CloudFormation resolves this before IAM sees it.
        Value::String(text) if text.contains("{{resolve:") => "",
        Value::String(text) => text.as_str(),
        Value::Tagged(_) | Value::Mapping(_) => "",
        _ => return Some("give it text, or an intrinsic function"),
    };
    if key.is_empty()
        || key.chars().count() > 128
        || key.to_ascii_lowercase().starts_with("aws:")
        || text.chars().count() > 256
    {
        return Some(
            "a key has 1 to 128 characters and does not begin with `aws:`; a value has at most 256",
        );
    }
    (!key.chars().chain(text.chars()).all(allowed))
        .then_some("a key and a value can contain letters, digits, spaces, and `_.:/=+-@`")
}

fn too_many(node: &Node, count: usize) -> Diagnostic {
    Diagnostic::new(
        &LIMIT_EXCEEDED,
        node.whole_span(),
        format!("there are {count} tags, and IAM allows 50"),
    )
    .help("remove some of them")
}

fn half_a_tag(item: &Node) -> Diagnostic {
    Diagnostic::new(
        &MISSING_ARGUMENT,
        item.whole_span(),
        "a tag has a `Key` and a `Value`",
    )
    .help("write `- { Key: team, Value: web }`, as in AWS::IAM::Role")
}

fn given_twice(key: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        key.span,
        format!("the tag `{}` is given twice", shorten(&key.value)),
    )
    .help("IAM ignores case here: rename or remove one")
}
