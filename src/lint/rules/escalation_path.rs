//! `escalation-path`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::escalation::{EscalationPath, PathReach, paths};
use crate::lint::policies::{WrittenIdentity, WrittenPolicies};
use crate::lint::subject::Subject;

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
}

/// One finding for all paths of a principal: they are closed together.
fn can_get_more(
    policies: &WrittenPolicies,
    who: &WrittenIdentity,
    found: &[EscalationPath],
) -> Option<Diagnostic> {
    let resource = policies.resources.get(who.resource)?;
    let is_open = found.iter().any(|path| path.reach == PathReach::Any);
    let (level, what) = if is_open {
        (Level::Warning, "can get permissions that it does not have")
    } else {
        let what = "can reach what belongs to others, as far as its names go";
        (Level::Note, what)
    };
    let mut lines: Vec<String> = found.iter().map(|path| path.shown(policies)).collect();
    lines.sort_by_key(|line| number(line));
    let message = format!("`{}` {what}", resource.id.shown());
    Some(
        Diagnostic::new(&RULE, resource.span, message)
            .level(level)
            .note(lines.join("\n"))
            .help("docs/security.md says for each path what closes it"),
    )
}

/// The number of a row.
fn number(line: &str) -> usize {
    let digits = line.chars().skip(1).take_while(char::is_ascii_digit);
    digits.collect::<String>().parse().unwrap_or_default()
}
