//! `trusts-anyone`.

use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::lint::subject::Subject;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "trusts-anyone",
    level: Level::Warning,
    summary: "A role trusts everybody on AWS",
    explanation: include_str!("../../../docs/rules/trusts-anyone.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, statement) in subject.policies.trusts() {
        if !statement.conditions.is_empty() {
            continue;
        }
        for (kind, item) in &statement.principals {
            let is_anyone = item.text().as_deref() == Some("*");
            if is_anyone && (kind == "AWS" || kind == "*") {
                problems.push(anyone(item.span));
            }
        }
    }
}

fn anyone(span: Span) -> Diagnostic {
    Diagnostic::new(&RULE, span, "everybody on AWS can assume this role")
        .help("name who assumes it, or add a condition such as `aws:PrincipalOrgID`")
}
