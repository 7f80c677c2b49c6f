//! `claim-may-be-missing`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::policies::WrittenCondition;
use crate::lint::subject::Subject;
use crate::lint::token_trust::{claims, providers};

pub(crate) const RULE: Rule = Rule {
    id: "claim-may-be-missing",
    level: Level::Warning,
    summary: "A condition on a claim also accepts a token without the claim",
    explanation: include_str!("../../../docs/rules/claim-may-be-missing.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, statement) in subject.policies.trusts() {
        for provider in providers(statement) {
            for (claim, condition) in claims(statement, &provider.issuer) {
                let mut others = claims(statement, &provider.issuer);
                let is_required =
                    others.any(|(other, own)| other == claim && !own.passes_without_key());
                if condition.passes_without_key() && !is_required {
                    problems.push(may_be_missing(condition));
                }
            }
        }
    }
}

fn may_be_missing(condition: &WrittenCondition) -> Diagnostic {
    let (operator, key) = (condition.operator.shown(), condition.key.shown());
    let message = format!("`{operator}` also accepts tokens without `{key}`");
    Diagnostic::new(&RULE, condition.span, message)
        .help("write `StringEquals` or `StringLike`: a token without the claim is then refused")
}
