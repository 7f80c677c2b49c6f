//! `Principal` of `TrustedBy`: a role or user that exists already.
//!
//! In: the value. Out: the same. Refuses principals that IAM would refuse, and any that stands for
//! more than one.

use std::sync::Arc;

use serde_yaml::Value;

use crate::arguments::decoder::Decoder;
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::source::Spanned;
use crate::template::substitution::{SubstitutionPart, parts};
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

/// A principal's ARN as text, or an intrinsic function that gives one.
pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Option<Spanned<Value>> {
    let principal = decoder.reader.value(node)?;
    if !matches!(principal, Value::String(_) | Value::Tagged(_)) {
        decoder
            .reader
            .wrong_type(node, "the ARN of a principal", PRINCIPAL_HELP);
        return None;
    }
    if let Some(message) = not_a_principal(decoder, &principal) {
        let problem = Diagnostic::new(&INVALID_VALUE, node.whole_span(), message);
        decoder.reader.problem(problem.help(PRINCIPAL_HELP));
        return None;
    }
    Some(Spanned::new(principal, node.whole_span()))
}

/// Why IAM would read `principal` as nobody, or as more than one.
fn not_a_principal(decoder: &Decoder<'_>, principal: &Value) -> Option<String> {
    let tagged = match principal {
        Value::String(text) => return refused_arn(text),
        Value::Tagged(tagged) => tagged,
        _ => return Some("a principal is text".to_owned()),
    };
    let tag = tagged.tag.to_string();
    match (tag.as_str(), &tagged.value) {
        ("!Sub", Value::String(text)) => refused_sub(decoder, text),
        ("!Sub", Value::Sequence(items)) => match items.as_slice() {
            [Value::String(text), Value::Mapping(values)] => {
                refused_sub(decoder, text).or_else(|| {
                    let wildcard = values.iter().any(|(_, value)| holds_wildcard(value));
                    wildcard.then(|| {
                        "a value of the `!Sub` has a wildcard, which would trust more than one"
                            .to_owned()
                    })
                })
            }
            _ => Some("`!Sub` takes a text, or a text and a mapping".to_owned()),
        },
        ("!Ref", Value::String(name)) => refused_parameter(decoder, name),
        ("!GetAtt", Value::String(name)) if name.ends_with(".Arn") => None,
        ("!ImportValue" | "!CopyValue", _) => None,
        (tag, _) => Some(format!("`{tag}` of this is not the ARN of a principal")),
    }
}

fn refused_sub(decoder: &Decoder<'_>, text: &str) -> Option<String> {
    let mut parts = parts(text);
    match (parts.next(), parts.next()) {
        (Some(SubstitutionPart::Variable(name)), None) if !name.contains('{') => {
            if name.ends_with(".Arn") {
                None
            } else {
                refused_parameter(decoder, name)
            }
        }
        (Some(SubstitutionPart::Variable(_) | SubstitutionPart::Unclosed(_)), _) => {
            refused_text(text)
        }
        _ => refused_arn(text),
    }
}

/// A parameter may hold the ARN; an account or a pseudo parameter is a whole account.
fn refused_parameter(decoder: &Decoder<'_>, name: &str) -> Option<String> {
    let parameters = decoder.template.root.get("Parameters");
    let parameter =
        parameters.and_then(|node| decoder.reader.library.field(node, name).ok().flatten());
    let Some(parameter) = parameter else {
        return Some(format!(
            "`{}` is not a parameter that can contain the ARN of a principal",
            name.shown()
        ));
    };
    let default = decoder
        .reader
        .library
        .field(&parameter, "Default")
        .ok()
        .flatten();
    let default = default.as_ref().map(|node| {
        (
            decoder.reader.library.reference(node),
            node.text().unwrap_or_default().to_owned(),
        )
    });
    match default {
        Some((Some(_), _)) => Some(format!(
            "the parameter `{}` stands for an account, which is not one principal",
            name.shown()
        )),
        Some((None, text)) if !text.is_empty() => refused_arn(&text),
        _ => None,
    }
}

const PRINCIPAL_HELP: &str = "write the ARN of a role or user, such as `arn:aws:iam::123456789012:role/ci`, or a `!Sub` of one";

fn refused_text(text: &str) -> Option<String> {
    let shown = text.shown();
    if text.contains(['*', '?']) {
        return Some(format!(
            "the principal `{shown}` has a wildcard, which would trust more than one"
        ));
    }
    let graphic = text.chars().all(|c| c.is_ascii_graphic());
    (!graphic).then(|| format!("`{shown}` is not the ARN of a principal"))
}

/// The text with an `x` for each `${...}`, whose names may hold colons.
fn without_variables(text: &str) -> String {
    let shown = |part| match part {
        SubstitutionPart::Text(text) => text,
        SubstitutionPart::Variable(_) | SubstitutionPart::Unclosed(_) => "x",
    };
    parts(text).map(shown).collect()
}

fn refused_arn(text: &str) -> Option<String> {
    let plain = without_variables(text);
    let fields: Vec<&str> = plain.splitn(6, ':').collect();
    let kinds = ["user/", "role/", "assumed-role/", "federated-user/"];
    let is_arn = match fields.as_slice() {
        ["arn", _, "iam" | "sts", _, account, resource] => {
            !account.is_empty()
                && (*resource == "root"
                    || kinds
                        .iter()
                        .any(|kind| resource.starts_with(kind) && resource.len() > kind.len())
                    || *resource == "x")
        }
        _ => false,
    };
    refused_text(text)
        .or_else(|| (!is_arn).then(|| format!("`{}` is not the ARN of a principal", text.shown())))
}

fn holds_wildcard(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(['*', '?']),
        Value::Sequence(items) => items.iter().any(holds_wildcard),
        Value::Mapping(entries) => entries.iter().any(|(_, value)| holds_wildcard(value)),
        Value::Tagged(tagged) => holds_wildcard(&tagged.value),
        _ => false,
    }
}
