//! `DeployerPolicies` and `ExecutionPolicies`: policies that go to IAM as written.
//!
//! In: the values. Out: policies. Refuses what IAM would refuse; a document's statements are kept.

use std::sync::Arc;

use serde_yaml::{Mapping, Value};

use crate::arguments::argument::{Argument, DefaultValue, ListForm, TextForm, ValueKind};
use crate::arguments::decoder::Decoder;
use crate::arguments::rules::NAME_CLASH;
use crate::diagnostic::{Diagnostic, shorten};
use crate::oidc::rules::MISSING_ARGUMENT;
use crate::source::{Span, Spanned};
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::INVALID_VALUE;

const NAME: Argument = Argument {
    name: "PolicyName",
    kind: ValueKind::Form(TextForm {
        pattern: "^[A-Za-z0-9_+=,.@-]+$",
        most: NAME_LIMIT,
    }),
    default: DefaultValue::Required,
    summary: "The name of the policy.",
};

const DOCUMENT: Argument = Argument {
    name: "PolicyDocument",
    kind: ValueKind::Policy,
    default: DefaultValue::Required,
    summary: "The statements of the policy, which are copied as written.",
};

/// The longest name of a policy.
const NAME_LIMIT: usize = 80;

/// Policies that are written in full.
pub(super) const LIST: ListForm = ListForm::of(&ValueKind::Fields(KEYS));

const KEYS: &[&Argument] = &[&NAME, &DOCUMENT];

/// `DeployerPolicies`.
pub(super) const DEPLOYER: Argument = Argument {
    name: "DeployerPolicies",
    kind: ValueKind::List(LIST),
    default: DefaultValue::None,
    summary: "Further policies of the DeployerRole.",
};

/// `ExecutionPolicies`.
pub(super) const EXECUTION: Argument = Argument {
    name: "ExecutionPolicies",
    kind: ValueKind::List(LIST),
    default: DefaultValue::None,
    summary: "Further policies of the CloudFormationExecutionRole.",
};

/// A policy that is written in full.
#[derive(Clone, Debug, PartialEq)]
pub struct UserPolicy {
    /// `PolicyName`.
    pub name: Spanned<String>,
    /// `PolicyDocument`, as written.
    pub document: Value,
}

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Vec<UserPolicy> {
    let mut policies: Vec<UserPolicy> = Vec::new();
    for item in decoder.reader.library.items(node) {
        let Some(policy) = policy(decoder, &item) else {
            continue;
        };
        let same = |known: &UserPolicy| known.name.value.eq_ignore_ascii_case(&policy.name.value);
        if policies.iter().any(same) {
            decoder.reader.problem(same_name(&policy.name));
        } else {
            policies.push(policy);
        }
    }
    policies
}

fn policy(decoder: &mut Decoder<'_>, item: &Arc<Node>) -> Option<UserPolicy> {
    let fields = decoder.reader.fields(item)?;
    let (mut name, mut document) = (None, None);
    for field in &fields {
        if !decoder.check_field(field, KEYS, "key of a policy") {
            continue;
        }
        if field.key == NAME.name {
            name = policy_name(decoder, &field.value);
        } else {
            document = policy_document(decoder, &field.value);
        }
    }
    for key in KEYS {
        if !fields.iter().any(|field| field.key == key.name) {
            decoder.reader.problem(missing(item, key.name));
        }
    }
    Some(UserPolicy {
        name: name?,
        document: document?,
    })
}

fn policy_name(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Option<Spanned<String>> {
    let name = decoder.reader.text(node)?;
    if is_name(&name.value) {
        return Some(name);
    }
    decoder.reader.problem(not_a_name(&name));
    None
}

/// Whether IAM allows the name; see `IamPolicyName` in the IAM API model.
fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    !text.is_empty() && text.len() <= NAME_LIMIT && text.chars().all(allowed)
}

fn policy_document(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Option<Value> {
    let document = decoder.reader.value(node)?;
    let Value::Mapping(mapping) = &document else {
        decoder.reader.wrong_type(
            node,
            "a policy document",
            "write `Version: '2012-10-17'` and `Statement:`",
        );
        return None;
    };
    let problem = refused_document(node, mapping).or_else(|| {
        let (span, character) = foreign_character(decoder, node)?;
        Some(not_allowed_in_a_policy(span, character))
    });
    if let Some(problem) = problem {
        decoder.reader.problem(problem);
        return None;
    }
    Some(document)
}

fn refused_document(node: &Node, document: &Mapping) -> Option<Diagnostic> {
    let has_statements = match document.get("Statement") {
        Some(Value::Mapping(_)) => true,
        Some(Value::Sequence(items)) => !items.is_empty(),
        _ => false,
    };
    if !has_statements {
        return Some(
            Diagnostic::new(
                &MISSING_ARGUMENT,
                node.whole_span(),
                "the policy document has no `Statement`",
            )
            .help("give it one or more statements"),
        );
    }
    match document.get("Version") {
        None => None,
        Some(Value::String(version)) if version == "2012-10-17" || version == "2008-10-17" => None,
        Some(_) => Some(
            Diagnostic::new(
                &INVALID_VALUE,
                node.whole_span(),
                "the policy document has a `Version` that IAM does not know",
            )
            .help("write `Version: '2012-10-17'`"),
        ),
    }
}

/// The first character below `node` that no policy may hold; see policyDocumentType in the IAM API
/// model.
fn foreign_character(decoder: &Decoder<'_>, node: &Arc<Node>) -> Option<(Span, char)> {
    let target = decoder.reader.library.follow(node);
    match &target.kind {
        Kind::Scalar(text, _) => text
            .chars()
            .find(|c| *c > '\u{ff}')
            .map(|c| (target.whole_span(), c)),
        Kind::Sequence(items, _) => items
            .iter()
            .find_map(|item| foreign_character(decoder, item)),
        Kind::Mapping(entries, _) => entries
            .iter()
            .flat_map(|entry| [&entry.key, &entry.value])
            .find_map(|node| foreign_character(decoder, node)),
        Kind::Alias(..) => None,
    }
}

fn missing(policy: &Node, key: &str) -> Diagnostic {
    Diagnostic::new(
        &MISSING_ARGUMENT,
        policy.whole_span(),
        format!("the policy has no `{key}`"),
    )
    .help("a policy is `{ PolicyName: ..., PolicyDocument: ... }`")
}

fn same_name(name: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        &NAME_CLASH,
        name.span,
        format!("two policies of one role are named `{}`", name.value),
    )
    .help("rename one")
}

fn not_a_name(name: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        name.span,
        format!("`{}` is not a policy name", shorten(&name.value)),
    )
    .help("use letters, digits, and `_+=,.@-`, at most 80 characters")
}

fn not_allowed_in_a_policy(span: Span, character: char) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        span,
        format!(
            "IAM does not allow the character U+{:04X} in a policy",
            u32::from(character)
        ),
    )
    .help("use characters up to U+00FF, or replace them with `*` or `?`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::argument::tests::form_agrees;

    #[test]
    fn the_form_has_what_decoding_accepts() {
        form_agrees(&NAME.kind, is_name);
    }
}
