//! `session-tags-refused`.

use crate::aws::wildcard::overlap;
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::iam::statement::Effect;
use crate::lint::policies::{
    PolicyItem, WrittenDocument, WrittenResource, WrittenStatement, pattern,
};
use crate::lint::subject::Subject;
use crate::source::Span;
use crate::template::resolve::OWN;
use crate::template::symbol::{Symbol, literal_text};

pub(crate) const RULE: Rule = Rule {
    id: "session-tags-refused",
    level: Level::Warning,
    summary: "A policy allows `sts:TagSession`, and the trust policy of the role to be assumed does not",
    explanation: include_str!("../../../docs/rules/session-tags-refused.md"),
};

const ASSUME: &str = "sts:AssumeRole";
const TAG: &str = "sts:TagSession";

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (document, statement) in subject.policies.statements() {
        let mut actions = statement.actions.iter();
        let is_tag = |item: &&PolicyItem| {
            item.text()
                .is_some_and(|text| text.eq_ignore_ascii_case(TAG))
        };
        let Some(item) = actions
            .find(is_tag)
            .filter(|_| statement.effect == Effect::Allow)
        else {
            continue;
        };
        let refusing = refusing(subject, document, statement);
        problems.extend(refusing.map(|(id, span)| refused(item.span, &id, span)));
    }
}

/// The first role of the template that the holder of `document` may assume, and whose trust policy lets
/// nobody tag a session.
fn refusing(
    subject: &Subject<'_>,
    document: &WrittenDocument,
    tags: &WrittenStatement,
) -> Option<(String, Span)> {
    let policies = subject.policies;
    let assumes: Vec<&WrittenStatement> = policies.allowing(document, ASSUME).collect();
    let mut roles = policies.resources.iter().enumerate();
    roles.find_map(|(at, role)| {
        let trust = policies.trust_of(at)?;
        let arn = policies.arn_of(at);
        let mut assuming = assumes.iter().flat_map(|statement| &statement.resources);
        let may_be = |item: &PolicyItem| {
            let meets = overlap(&anywhere(&item.symbols), &anywhere(&arn));
            meets && may_be_in(subject, document, item, role)
        };
        let is_meant = assuming.any(|item| is_by_name(item, &arn) && may_be(item))
            && tags.resources.iter().any(may_be);
        let allows = |action: &str| {
            let mut statements = trust.statements.iter();
            statements.any(|own| own.effect == Effect::Allow && own.names_action(action))
        };
        (is_meant && allows(ASSUME) && !allows(TAG)).then(|| (role.id.clone(), role.span))
    })
}

/// Whether the resource names this very role, in whatever account.
fn is_by_name(item: &PolicyItem, arn: &[Symbol]) -> bool {
    let own = field(&item.symbols, 5);
    !own.is_empty() && own == field(arn, 5)
}

/// An ARN as a text in which what is not known, and the account of its policy, is wild.
fn anywhere(symbols: &[Symbol]) -> String {
    pattern(symbols).replace(OWN, "*")
}

/// Whether the account of the resource may be one that the role is in.
fn may_be_in(
    subject: &Subject<'_>,
    document: &WrittenDocument,
    item: &PolicyItem,
    role: &WrittenResource,
) -> bool {
    // `*` has no such field.
    let id = literal_text(field(&item.symbols, 4)).filter(|id| !id.is_empty());
    let (Some(accounts), Some(id)) = (&role.accounts, id) else {
        return true;
    };
    if id == OWN {
        let holder = document.resource;
        let holder = holder.and_then(|at| subject.policies.resources.get(at));
        let own = holder.and_then(|holder| holder.accounts.as_ref());
        return own.is_none_or(|own| own.iter().any(|name| accounts.contains(name)));
    }
    let organization = &subject.planned.organization;
    accounts.iter().any(|name| {
        let known = organization.account(name);
        let known = known.and_then(|account| account.account_id.as_ref());
        known.is_none_or(|known| *known == id)
    })
}

/// A field of an ARN; the last one has what is left.
fn field(symbols: &[Symbol], at: usize) -> &[Symbol] {
    let mut fields = symbols.splitn(6, |symbol| *symbol == Symbol::Char(':'));
    fields.nth(at).unwrap_or_default()
}

fn refused(item: Span, role: &str, span: Span) -> Diagnostic {
    let message = format!(
        "`{TAG}` has no effect: the trust policy of `{}` does not allow it",
        role.shown()
    );
    Diagnostic::new(&RULE, item, message)
        .related(span, "sessions with tags are refused here")
        .help(format!(
            "add `{TAG}` to the actions of the trust policy, next to `{ASSUME}`, or remove it here"
        ))
}
