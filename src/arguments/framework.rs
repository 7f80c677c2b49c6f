//! `Framework`: what deploys the app. Refuses names that no partial has.

use std::sync::Arc;

use crate::arguments::argument::{Argument, DefaultValue, Offered, ValueKind};
use crate::arguments::decoder::Decoder;
use crate::arguments::rules::UNKNOWN_FRAMEWORK;
use crate::arguments::services::{Choice, Menu, choices, default_choice};
use crate::diagnostic::{Diagnostic, list};
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

const SERVERLESS: &str = "serverless";

/// `Framework`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "Framework",
    kind: ValueKind::Choices(Offered::Frameworks),
    default: DefaultValue::Value(SERVERLESS),
    summary: "The command lines that deploy the app.",
};

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Vec<Choice> {
    let menu = Menu {
        offer: &decoder.catalog.frameworks,
        unknown: &UNKNOWN_FRAMEWORK,
        what: "framework",
    };
    let scope = decoder.reader.scope();
    let found = choices(decoder, node, menu);
    if found.is_empty() && !decoder.reader.failed(scope) {
        let problem = Diagnostic::new(&INVALID_VALUE, node.whole_span(), "`Framework` is empty");
        let help = format!("name one or more of {}", list(menu.offer.names()));
        decoder.reader.problem(problem.help(help));
    }
    found
}

pub(super) fn default(decoder: &Decoder<'_>) -> Vec<Choice> {
    vec![default_choice(decoder, SERVERLESS)]
}
