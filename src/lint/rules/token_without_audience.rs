//! `token-without-audience`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::policies::WrittenCondition;
use crate::lint::subject::Subject;
use crate::lint::token_trust::{TrustedProvider, limiting, providers};
use crate::oidc::shared::shared;

pub(crate) const RULE: Rule = Rule {
    id: "token-without-audience",
    level: Level::Note,
    summary: "A role accepts tokens of an OIDC provider for any audience",
    explanation: include_str!("../../../docs/rules/token-without-audience.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (document, statement) in subject.policies.trusts() {
        for provider in providers(statement) {
            // Where the audience says whose token it is, `token-without-subject` asks for it.
            if shared(&provider.issuer).is_some_and(|own| own.claim == "aud") {
                continue;
            }
            let mut claims = limiting(document, statement, &provider.issuer);
            let is_named = |condition: &WrittenCondition| condition.everything().is_none();
            if !claims.any(|(claim, condition)| claim == "aud" && is_named(condition)) {
                problems.push(any_audience(&provider));
            }
        }
    }
}

fn any_audience(provider: &TrustedProvider) -> Diagnostic {
    let issuer = provider.issuer.shown();
    let message = format!("this accepts tokens of `{issuer}` for every audience of the provider");
    let help =
        format!("add `{issuer}:aud: sts.amazonaws.com`, or the audience that your CI asks for");
    Diagnostic::new(&RULE, provider.span, message).help(help)
}
