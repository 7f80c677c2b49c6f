//! `escalation-path`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::escalation::{
    EscalationPath, PathReach, added, allows_everything, one_way, paths, split,
};
use crate::lint::macros::MacroRole;
use crate::lint::policies::{WrittenIdentity, WrittenPolicies, WrittenResource, holder, is_policy};
use crate::lint::subject::Subject;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "escalation-path",
    level: Level::Warning,
    summary: "A role or user can get more permissions than it has",
    explanation: include_str!("../../../docs/rules/escalation-path.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for who in &subject.policies.principals {
        let found = paths(subject.policies, who);
        if !found.is_empty() {
            problems.extend(can_get_more(subject.policies, who, &found));
        }
    }
    for role in subject.roles {
        of_macro(role, problems);
    }
}

/// The paths that what the user wrote adds to a role of a macro, at the first policy that opens each; at the
/// first one of all, if a path needs several.
fn of_macro(role: &MacroRole, problems: &mut Vec<Diagnostic>) {
    let mut left = added(&role.policies, &role.without, &role.with);
    for (at, (span, with_one)) in role.each.iter().enumerate() {
        if left.is_empty() {
            return;
        }
        let is_last = at + 1 == role.each.len();
        let (here, rest) = split(&role.policies, with_one, left);
        left = rest;
        if !here.is_empty() {
            problems.push(adds(role, *span, here));
        }
        if is_last && !left.is_empty() {
            let first = role.each.first().map_or(*span, |(span, _)| *span);
            problems.push(adds(role, first, std::mem::take(&mut left)));
        }
    }
}

fn adds(role: &MacroRole, span: Span, found: Vec<EscalationPath>) -> Diagnostic {
    let found = one_way(found);
    let is_open = found.iter().any(|path| path.reach == PathReach::Any);
    let (level, what) = if is_open {
        (Level::Warning, "get permissions that it does not have")
    } else {
        (Level::Note, "reach what belongs to others")
    };
    let message = format!("with this, `{}` can {what}", role.name.shown());
    Diagnostic::new(&RULE, span, message)
        .level(level)
        .note(lines(&role.policies, &found))
        .help("docs/security.md says for each path what closes it")
}

fn lines(policies: &WrittenPolicies, found: &[EscalationPath]) -> String {
    let mut lines: Vec<String> = found.iter().map(|path| path.shown(policies)).collect();
    lines.sort_by_key(|line| number(line));
    lines.join("\n")
}

/// One finding for all paths of a principal: they are closed together.
fn can_get_more(
    policies: &WrittenPolicies,
    who: &WrittenIdentity,
    found: &[EscalationPath],
) -> Option<Diagnostic> {
    let resource = policies.resources.get(who.resource)?;
    let is_open = found.iter().any(|path| path.reach == PathReach::Any);
    let level = if is_open && !is_like_a_boundary(who, resource) {
        Level::Warning
    } else {
        Level::Note
    };
    let what = if is_open {
        more(&resource.kind)
    } else {
        "can reach what belongs to others, as far as its names go"
    };
    let message = format!("{} {what}", holder(resource));
    Some(
        Diagnostic::new(&RULE, resource.span, message)
            .level(level)
            .note(lines(policies, found))
            .help("docs/security.md says for each path what closes it"),
    )
}

/// Whether it is a managed policy that nobody of the template has and that allows everything but some calls, as
/// permissions boundaries do.
fn is_like_a_boundary(who: &WrittenIdentity, resource: &WrittenResource) -> bool {
    let mut allow = who.permissions.allow.iter();
    let is_wide = allow.any(|own| own.grant.actions.negated || allows_everything(own));
    resource.kind == "ManagedPolicy" && is_wide
}

fn more(kind: &str) -> &'static str {
    if is_policy(kind) || ["Group", "PermissionSet"].contains(&kind) {
        "can get permissions that it does not give"
    } else {
        "can get permissions that it does not have"
    }
}

/// The number of a row.
fn number(line: &str) -> usize {
    let digits = line.chars().skip(1).take_while(char::is_ascii_digit);
    digits.collect::<String>().parse().unwrap_or_default()
}
