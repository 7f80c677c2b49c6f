//! `unknown-action`.

use std::sync::Arc;

use crate::aws::actions::reference;
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::subject::Subject;
use crate::lint::written::WrittenMacro;
use crate::source::Span;
use crate::yaml::lookup::Library;
use crate::yaml::node::{Kind, Node};

pub(crate) const RULE: Rule = Rule {
    id: "unknown-action",
    level: Level::Warning,
    summary: "AWS does not have this action",
    explanation: include_str!("../../../docs/rules/unknown-action.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let library = subject.library;
    for written in WrittenMacro::of_macros(library, subject.planned) {
        for node in written.all("Deny") {
            actions(library, &node, problems);
        }
    }
    for (_, statement) in subject.policies.statements() {
        for item in &statement.actions {
            let action = item.text_with_wildcards();
            problems.extend(action.and_then(|action| unknown(&action, item.span)));
        }
    }
}

/// An action or a list of them. An Allow of an unknown one has no effect, and a Deny protects
/// nothing.
fn actions(library: &Library, node: &Arc<Node>, problems: &mut Vec<Diagnostic>) {
    for action in library.items(node) {
        let followed = library.follow(&action);
        if let (Kind::Scalar(text, _), None) = (&followed.kind, &followed.tag) {
            problems.extend(unknown(text, action.whole_span()));
        }
    }
}

fn unknown(action: &str, span: Span) -> Option<Diagnostic> {
    let unknown = reference().unknown_action(action)?;
    let help = match unknown.near {
        Some(near) => format!("did you mean `{}`?", near.shown()),
        None => "it has no effect, unless AWS has added it since".to_owned(),
    };
    Some(Diagnostic::new(&RULE, span, unknown.message).help(help))
}
