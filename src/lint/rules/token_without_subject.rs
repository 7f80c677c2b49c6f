//! `token-without-subject`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::caller::is_everything;
use crate::lint::policies::{PolicyItem, WrittenCondition, WrittenStatement};
use crate::lint::subject::Subject;
use crate::lint::token_trust::{TrustedProvider, claims, limiting, providers};
use crate::oidc::shared::{SharedIssuer, shared};
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "token-without-subject",
    level: Level::Warning,
    summary: "A role accepts any token of an OIDC provider, whoever it is for",
    explanation: include_str!("../../../docs/rules/token-without-subject.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (document, statement) in subject.policies.trusts() {
        for provider in providers(statement) {
            let shared = shared(&provider.issuer);
            let mut limiting = limiting(document, statement, &provider.issuer);
            let is_limited = limiting.any(|(claim, condition)| {
                says_whose(shared, &claim) && open(shared, &claim, condition).is_none()
            });
            // A tag of the session may also say who it is.
            let is_tagged = statement.conditions.iter().any(|condition| {
                let key = condition.lower_key();
                let is_tag = ["aws:requesttag/", "aws:principaltag/"];
                is_tag.iter().any(|tag| key.starts_with(tag)) && condition.everything().is_none()
            });
            if !is_limited && !is_tagged {
                problems.push(finding(statement, &provider, shared));
            }
        }
    }
}

/// Whether the value of the claim can say whose token it is.
fn says_whose(shared: Option<&SharedIssuer>, claim: &str) -> bool {
    match claim {
        "aud" => shared.is_some_and(SharedIssuer::names_customers_by_audience),
        claim => shared.is_none_or(|shared| !shared.is_free(claim)),
    }
}

/// The first value of the condition that tokens of anybody can have.
fn open<'run>(
    shared: Option<&SharedIssuer>,
    claim: &str,
    condition: &'run WrittenCondition,
) -> Option<&'run PolicyItem> {
    let mut values = condition.values.iter();
    values.find(|item| {
        let is_open = |shared: &SharedIssuer| shared.admits_anybody(claim, &item.symbols);
        is_everything(&item.symbols) || shared.is_some_and(is_open)
    })
}

/// The finding, at the first condition that looks as if it said whose token it is.
fn finding(
    statement: &WrittenStatement,
    provider: &TrustedProvider,
    shared: Option<&'static SharedIssuer>,
) -> Diagnostic {
    let found = claims(statement, &provider.issuer);
    let mut found: Vec<_> = found.filter(|(claim, _)| claim != "aud").collect();
    found.sort_by_key(|(claim, _)| claim != "sub");
    let Some((claim, condition)) = found.first() else {
        return any_token(provider, provider.span, ": no condition says whose", shared);
    };
    let name = claim.shown();
    if condition.names_no_value() {
        let operator = condition.operator.shown();
        let why = format!("`{operator}` on `{name}` does not say who that is");
        return of_whoever(provider, condition.span, &why, shared);
    }
    match (shared, open(shared, claim, condition)) {
        (Some(shared), Some(item)) if !is_everything(&item.symbols) => {
            of_strangers(item, claim, shared)
        }
        (_, Some(item)) => {
            let why = format!(": `{name}` can be anything");
            any_token(provider, item.span, &why, shared)
        }
        (_, None) => {
            let why = format!("`{name}` does not say who that is");
            of_whoever(provider, condition.span, &why, shared)
        }
    }
}

fn any_token(
    provider: &TrustedProvider,
    span: Span,
    why: &str,
    shared: Option<&SharedIssuer>,
) -> Diagnostic {
    let issuer = provider.issuer.shown();
    let message = format!("this accepts every token of `{issuer}`{why}");
    Diagnostic::new(&RULE, span, message).help(name_them(provider, shared))
}

fn of_whoever(
    provider: &TrustedProvider,
    span: Span,
    why: &str,
    shared: Option<&SharedIssuer>,
) -> Diagnostic {
    let issuer = provider.issuer.shown();
    let message = format!("this accepts tokens of `{issuer}` whoever they are for: {why}");
    Diagnostic::new(&RULE, span, message).help(name_them(provider, shared))
}

fn name_them(provider: &TrustedProvider, shared: Option<&SharedIssuer>) -> String {
    let issuer = provider.issuer.shown();
    match shared {
        Some(shared) => format!(
            "compare `{issuer}:{}` with a value such as `{}`",
            shared.claim, shared.example
        ),
        None => format!("add a condition on `{issuer}:sub`"),
    }
}

fn of_strangers(item: &PolicyItem, claim: &str, shared: &SharedIssuer) -> Diagnostic {
    let pattern = item.pattern();
    let message = format!(
        "this accepts tokens of strangers: anybody {} can have one whose `{}` fits `{}`",
        shared.place,
        claim.shown(),
        pattern.shown()
    );
    let help = format!("name the owner in full, as in `{}`", shared.example);
    Diagnostic::new(&RULE, item.span, message).help(help)
}
