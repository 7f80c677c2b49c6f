//! `PermissionsBoundary`: what every role of the app must carry.
//!
//! In: the value. Out: a [`Boundary`]. Refuses what cannot be the boundary of a role in each target
//! account.

use std::sync::Arc;

use serde_yaml::Value;

use crate::arguments::argument::{Argument, DefaultValue, TextForm, ValueKind};
use crate::arguments::decoder::Decoder;
use crate::aws::partitions::{Region, partition};
use crate::diagnostic::{Diagnostic, Shown as _};
use crate::source::{Span, Spanned};
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

/// `PermissionsBoundary`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "PermissionsBoundary",
    kind: ValueKind::FlagOr(&ValueKind::Form(TextForm {
        pattern: r"^arn:(aws[^:]*|\$\{AWS::Partition\}):iam::(aws|\$\{AWS::AccountId\}):policy/[A-Za-z0-9_+=,.@/-]*[A-Za-z0-9_+=,.@-]$",
        most: 2048,
    })),
    default: DefaultValue::None,
    summary: "The permissions boundary that every role of the app must carry.",
};

/// What every role of the app must carry as its permissions boundary.
#[derive(Clone, Debug, PartialEq)]
pub enum Boundary {
    /// `<AppId>-AppBoundary`, which the macro creates.
    Made,
    /// A policy that exists already: its ARN as text, or as `!Sub`.
    Existing(Spanned<Value>),
}

/// `true`, or the ARN of a policy that exists in each target account.
pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Option<Boundary> {
    let found = decoder.reader.value(node)?;
    let text = match &found {
        Value::Bool(true) => return Some(Boundary::Made),
        Value::Bool(false) | Value::Null => return None,
        Value::String(text) => text.as_str(),
        Value::Tagged(tagged) if tagged.tag == "!Sub" => tagged.value.as_str().unwrap_or_default(),
        _ => "",
    };
    if text.is_empty() {
        decoder.reader.wrong_type(
            node,
            "`true`, or the ARN of a policy",
            "write `PermissionsBoundary: true`, or the ARN of a policy that exists in each target account",
        );
        return None;
    }
    let why = if matches!(found, Value::String(_)) {
        refused_arn(text, "")
    } else {
        let plain = text
            .replace("${AWS::Partition}", "aws")
            .replace("${AWS::AccountId}", OWN_ACCOUNT);
        refused_arn(&plain, OWN_ACCOUNT)
    };
    if let Some(why) = why {
        decoder.reader.problem(refused(node, text, why));
        return None;
    }
    Some(Boundary::Existing(Spanned::new(found, node.whole_span())))
}

/// Refuses boundaries of another partition than the region's.
pub(super) fn check_partition<'a>(
    decoder: &mut Decoder<'_>,
    region: &Region,
    boundaries: impl Iterator<Item = &'a Boundary>,
) {
    let partition = partition(&region.0);
    let mut seen: Vec<Span> = Vec::new();
    for boundary in boundaries {
        let Boundary::Existing(arn) = boundary else {
            continue;
        };
        let text = match &arn.value {
            Value::Tagged(tagged) => tagged.value.as_str(),
            value => value.as_str(),
        };
        let own = text.and_then(|text| text.split(':').nth(1));
        let is_foreign = own.is_some_and(|own| own.starts_with("aws") && own != partition);
        if is_foreign && !seen.contains(&arn.span) {
            seen.push(arn.span);
            decoder
                .reader
                .problem(of_another_partition(arn.span, region, partition));
        }
    }
}

/// Stands for the account of the role.
const OWN_ACCOUNT: &str = "ACCOUNT";

/// Why a role of each target account cannot have this boundary; `own` stands for its account.
fn refused_arn(text: &str, own: &str) -> Option<&'static str> {
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = fields.as_slice() else {
        return Some("it is not the ARN of a policy");
    };
    let name = resource.strip_prefix("policy/").unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
    if name.contains("${") {
        return Some("it can only contain `AWS::Partition` and `AWS::AccountId`");
    }
    if name.is_empty() || name.ends_with('/') || !name.chars().all(allowed) {
        return Some("it is not the ARN of one policy");
    }
    if !partition.starts_with("aws") {
        return Some("it names no partition of AWS");
    }
    match *account {
        "aws" => None,
        account if !own.is_empty() && account == own => None,
        _ => Some("a boundary is in the account of the role, and this names one account for all"),
    }
}

fn refused(node: &Node, text: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        node.whole_span(),
        format!("`{}` cannot be the boundary of a role: {why}", text.shown()),
    )
    .help(if text == "true" {
        "write `true` without quotes"
    } else {
        "write `true`, the ARN of an AWS managed policy, or `!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/NAME'`"
    })
}

fn of_another_partition(span: Span, region: &Region, partition: &str) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        span,
        format!(
            "the boundary is of another partition than the region `{}`",
            region.0
        ),
    )
    .help(format!(
        "write `arn:{partition}:...`, or `!Sub 'arn:${{AWS::Partition}}:...'`"
    ))
}
