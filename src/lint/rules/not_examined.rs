//! `not-examined`.

use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::lint::subject::Subject;

pub(crate) const RULE: Rule = Rule {
    id: "not-examined",
    level: Level::Note,
    summary: "Rules do not look at a part of a policy",
    explanation: include_str!("../../../docs/rules/not-examined.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let documents = subject.policies.documents.iter();
    let unread = documents.flat_map(|document| &document.unread);
    // What conditions choose is known in each case of theirs.
    for part in unread.filter(|part| !part.is_choice) {
        let message = "rules do not look at this, because what it says is not known";
        problems.push(
            Diagnostic::new(&RULE, part.span, message)
                .help("write the policy here, in YAML or as a text in JSON"),
        );
    }
    if let Some(span) = subject.policies.other_cases {
        let message = "rules do not look at all cases of these conditions";
        problems.push(
            Diagnostic::new(&RULE, span, message)
                .note("they look at those in which all comparisons, or all but one, have the same result")
                .help("let fewer conditions decide about policies"),
        );
    }
}
