//! `trusts-anyone`.

use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::lint::caller::{is_anybody, lets_assume, says_who};
use crate::lint::policies::WrittenCondition;
use crate::lint::subject::Subject;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "trusts-anyone",
    level: Level::Warning,
    summary: "A role trusts everybody on AWS",
    explanation: include_str!("../../../docs/rules/trusts-anyone.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (document, statement) in subject.policies.trusts() {
        if !lets_assume(statement) || says_who(document, statement) {
            continue;
        }
        let principals = statement.principals.iter();
        let anybody = principals.filter(|(kind, item)| is_anybody(kind, item));
        let anybody = anybody.map(|(_, item)| (item.span, "everybody on AWS"));
        let others = statement.not_principal;
        let others = others.map(|span| (span, "everybody on AWS who is not named here"));
        let found = anybody.chain(others);
        problems.extend(found.map(|(span, who)| anyone(span, who, &statement.conditions)));
    }
}

fn anyone(span: Span, who: &str, conditions: &[WrittenCondition]) -> Diagnostic {
    let but = if conditions.is_empty() {
        ""
    } else {
        ": no condition says who calls"
    };
    let message = format!("{who} can assume this role{but}");
    Diagnostic::new(&RULE, span, message)
        .help("name who assumes it, or add a condition such as `aws:PrincipalOrgID`")
}
