//! `token-without-subject`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::subject::Subject;
use crate::lint::token_trust::{TrustedProvider, claims, providers};

pub(crate) const RULE: Rule = Rule {
    id: "token-without-subject",
    level: Level::Warning,
    summary: "A role accepts any token of an OIDC provider, whoever it is for",
    explanation: include_str!("../../../docs/rules/token-without-subject.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, statement) in subject.policies.trusts() {
        for provider in providers(statement) {
            // Any other claim may also say who it is, and so may a tag.
            let mut claims = claims(statement, &provider.issuer);
            let is_limited = claims.any(|(claim, _)| claim != "aud");
            let is_tagged = statement.conditions.iter().any(|condition| {
                let key = condition.key.to_ascii_lowercase();
                key.starts_with("aws:requesttag/") || key.starts_with("aws:principaltag/")
            });
            if !is_limited && !is_tagged {
                problems.push(any_token(&provider));
            }
        }
    }
}

fn any_token(provider: &TrustedProvider) -> Diagnostic {
    let issuer = provider.issuer.shown();
    let message = format!("this accepts every token of `{issuer}`: no condition says whose");
    let help = format!("add a condition on `{issuer}:sub`");
    Diagnostic::new(&RULE, provider.span, message).help(help)
}
