//! `classic-subject`.

use crate::arguments::Trust;
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::subject::Subject;
use crate::oidc::TrustedName;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "classic-subject",
    level: Level::Warning,
    summary: "A GitHub repository is trusted by its name alone",
    explanation: include_str!("../../../docs/rules/classic-subject.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, trust) in subject.trusts() {
        let Trust::Oidc(oidc) = &trust.value else {
            continue;
        };
        problems.extend(oidc.by_name.as_ref().map(|name| match name {
            TrustedName::Repository(name) => trusts_a_name(oidc.span, name),
            TrustedName::Owner(owner) => trusts_an_owner(oidc.span, owner),
        }));
    }
}

fn trusts_a_name(span: Span, name: &str) -> Diagnostic {
    let name = name.shown();
    Diagnostic::new(
        &RULE,
        span,
        format!("without ids, this trusts whoever owns the name `{name}`, but no repository that was created or renamed since July 15, 2026"),
    )
    .help(format!("add `RepositoryId` and `OwnerId`; `gh api repos/{name} --jq '.id, .owner.id'` shows them"))
}

fn trusts_an_owner(span: Span, owner: &str) -> Diagnostic {
    let owner = owner.shown();
    Diagnostic::new(
        &RULE,
        span,
        format!("without its id, this trusts whoever owns the name `{owner}`"),
    )
    .help(format!(
        "add `OwnerId`; `gh api users/{owner} --jq .id` shows it"
    ))
}
