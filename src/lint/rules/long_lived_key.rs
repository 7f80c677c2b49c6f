//! `long-lived-key`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::subject::Subject;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "long-lived-key",
    level: Level::Note,
    summary: "A role trusts a user, who signs in with a key that does not expire",
    explanation: include_str!("../../../docs/rules/long-lived-key.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, statement) in subject.policies.trusts() {
        let is_signed_in_otherwise = statement
            .conditions_on("aws:MultiFactorAuthPresent")
            .next()
            .is_some();
        for (kind, item) in &statement.principals {
            let text = item.pattern();
            let user = text
                .split_once(":user/")
                .filter(|_| kind == "AWS" && !is_signed_in_otherwise);
            problems.extend(user.map(|_| key(item.span, &subject.policies.shown(&item.symbols))));
        }
    }
    for resource in &subject.policies.resources {
        // A key that is turned off signs nobody in.
        let status = resource.property(subject.library, "Status");
        let is_off = status.is_some_and(|node| node.resolved().text() == Some("Inactive"));
        if resource.kind == "AccessKey" && !is_off {
            problems.push(created(resource.span, &resource.id));
        }
    }
}

const HELP: &str =
    "let CI sign in with a token: trust its OIDC provider, as `TrustedBy` of a macro does";

fn key(span: Span, user: &str) -> Diagnostic {
    let message = format!(
        "the user `{}` signs in with a key that does not expire",
        user.shown()
    );
    Diagnostic::new(&RULE, span, message).help(HELP)
}

fn created(span: Span, id: &str) -> Diagnostic {
    let message = format!(
        "`{}` is a key that does not expire, and its secret is in the stack",
        id.shown()
    );
    Diagnostic::new(&RULE, span, message).help(HELP)
}
