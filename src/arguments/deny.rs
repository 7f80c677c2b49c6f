//! `Deny`: actions that are always denied to the execution role of a stage. Refuses other texts.

use std::sync::Arc;

use crate::arguments::argument::{Argument, DefaultValue, ListForm, TextForm, ValueKind};
use crate::arguments::decoder::Decoder;
use crate::diagnostic::{Diagnostic, shorten};
use crate::source::Spanned;
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

/// `Deny`.
pub(super) const ARGUMENT: Argument = Argument {
    name: "Deny",
    kind: ValueKind::List(ListForm {
        repeats: true,
        ..ListForm::of(&ValueKind::Form(TextForm {
            pattern: r"^[A-Za-z0-9-]+:[A-Za-z0-9*?-]+$",
            most: 2048,
        }))
    }),
    default: DefaultValue::None,
    summary: "Actions that the execution role of the stage can never use.",
};

pub(super) fn decode(decoder: &mut Decoder<'_>, node: &Arc<Node>) -> Vec<Spanned<String>> {
    let mut actions: Vec<Spanned<String>> = Vec::new();
    for item in decoder.reader.library.items(node) {
        let Some(action) = decoder.reader.text(&item) else {
            continue;
        };
        if !is_action(&action.value) {
            decoder.reader.problem(not_an_action(&action));
            continue;
        }
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    actions
}

fn is_action(text: &str) -> bool {
    let all = |text: &str, extra: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
    };
    text.split_once(':')
        .is_some_and(|(service, name)| all(service, "-") && all(name, "*?-"))
}

fn not_an_action(action: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        action.span,
        format!("`{}` is not an action", shorten(&action.value)),
    )
    .help("write `service:Action`, such as `dynamodb:DeleteTable`; the action can contain `*`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::argument::tests::form_agrees;

    #[test]
    fn the_form_has_what_decoding_accepts() {
        let ValueKind::List(form) = ARGUMENT.kind else {
            panic!("not a list");
        };
        form_agrees(form.item, is_action);
    }
}
