//! `administrator`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::escalation::{ADMINISTRATOR, Walker, runs_code};
use crate::lint::macros::MacroRole;
use crate::lint::policies::{WrittenIdentity, WrittenPolicies, holder};
use crate::lint::subject::Subject;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "administrator",
    level: Level::Warning,
    summary: "A role or user may do everything",
    explanation: include_str!("../../../docs/rules/administrator.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for who in &subject.policies.principals {
        problems.extend(written(subject.policies, who));
    }
    for role in subject.roles {
        problems.extend(added(role));
    }
}

fn is_administrator(policies: &WrittenPolicies, who: &WrittenIdentity) -> bool {
    Walker::of(policies, who).is_some_and(|walker| walker.is_administrator())
}

/// A role or user that is written by hand.
fn written(policies: &WrittenPolicies, who: &WrittenIdentity) -> Option<Diagnostic> {
    if !is_administrator(policies, who) {
        return None;
    }
    let resource = policies.resources.get(who.resource)?;
    let name = holder(resource);
    let mut services = who.services.iter();
    if let Some(service) = services.find(|service| runs_code(service)) {
        let message = format!("{name} may do everything, and `{service}` runs code with it");
        return Some(diagnostic(resource.span, message));
    }
    // Who attaches this one says so.
    if who.aws.contains(ADMINISTRATOR) {
        return None;
    }
    let message = format!("{name} may do everything");
    Some(diagnostic(resource.span, message).level(Level::Note))
}

/// A role of a macro, at the first policy of the user's that allows everything.
fn added(role: &MacroRole) -> Option<Diagnostic> {
    if !is_administrator(&role.policies, &role.with) {
        return None;
    }
    let mut each = role.each.iter();
    let (span, _) = each.find(|(_, with_one)| is_administrator(&role.policies, with_one))?;
    let message = format!("with this, `{}` may do everything", role.name.shown());
    Some(diagnostic(*span, message))
}

fn diagnostic(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(&RULE, span, message).help(
        "allow the actions that it needs, or give it a permissions boundary; a comment can say that it is meant to be an administrator",
    )
}
