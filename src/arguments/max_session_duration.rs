//! `MaxSessionDuration`: how long a session of the `DeployerRole` and the `TestRole` lasts. Refuses
//! others than IAM's.

use std::sync::Arc;

use serde_yaml::Value;

use crate::arguments::argument::{Argument, DefaultValue, ValueKind};
use crate::arguments::decoder::Decoder;
use crate::diagnostic::Diagnostic;
use crate::source::Spanned;
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

pub(super) const LEAST: u32 = 3600;
const MOST: u32 = 43200;
const HELP: &str = "write a number from 3600 to 43200";

/// `MaxSessionDuration`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "MaxSessionDuration",
    kind: ValueKind::Number(LEAST, MOST),
    default: DefaultValue::Words("IAM's default, one hour"),
    summary: "How many seconds a session of the DeployerRole and the TestRole lasts.",
};

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Option<Spanned<u32>> {
    let Value::Number(number) = decoder.reader.value(node)? else {
        decoder.reader.wrong_type(node, "a number of seconds", HELP);
        return None;
    };
    let seconds = number
        .as_u64()
        .and_then(|seconds| u32::try_from(seconds).ok());
    let seconds = seconds.filter(|seconds| (LEAST..=MOST).contains(seconds));
    if seconds.is_none() {
        let message = "a session lasts 3600 to 43200 seconds";
        let problem = Diagnostic::new(&INVALID_VALUE, node.whole_span(), message);
        decoder.reader.problem(problem.help(HELP));
    }
    seconds.map(|seconds| Spanned::new(seconds, node.whole_span()))
}
