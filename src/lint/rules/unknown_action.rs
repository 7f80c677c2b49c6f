//! `unknown-action`.

use std::rc::Rc;

use crate::aws::actions::reference;
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::subject::Subject;
use crate::lint::written::WrittenMacro;
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
    for written in WrittenMacro::of_macros(subject) {
        for key in ["DeployerPolicies", "ExecutionPolicies"] {
            for node in written.all(key) {
                policies(library, &node, problems);
            }
        }
        for node in written.all("TestRole") {
            if let Some(node) = field(library, &node, "Policies") {
                policies(library, &node, problems);
            }
        }
        for node in written.all("Deny") {
            actions(library, &node, problems);
        }
    }
}

fn field(library: &Library, node: &Rc<Node>, key: &str) -> Option<Rc<Node>> {
    library.field(node, key).ok().flatten()
}

/// The actions of a list of policies.
fn policies(library: &Library, node: &Rc<Node>, problems: &mut Vec<Diagnostic>) {
    for policy in library.items(node) {
        let statements = field(library, &policy, "PolicyDocument")
            .and_then(|document| field(library, &document, "Statement"))
            .map_or_else(Vec::new, |node| library.items(&node));
        for statement in statements {
            if let Some(node) = field(library, &statement, "Action") {
                actions(library, &node, problems);
            }
        }
    }
}

/// An action or a list of them. An Allow of an unknown one has no effect, and a Deny protects
/// nothing.
fn actions(library: &Library, node: &Rc<Node>, problems: &mut Vec<Diagnostic>) {
    for action in library.items(node) {
        let followed = library.follow(&action);
        if let (Kind::Scalar(text, _), None) = (&followed.kind, &followed.tag) {
            problems.extend(unknown(text, &action));
        }
    }
}

fn unknown(action: &str, node: &Node) -> Option<Diagnostic> {
    let unknown = reference().unknown_action(action)?;
    let help = match unknown.near {
        Some(near) => format!("did you mean `{}`?", near.shown()),
        None => "it has no effect, unless AWS has added it since".to_owned(),
    };
    Some(Diagnostic::new(&RULE, node.whole_span(), unknown.message).help(help))
}
