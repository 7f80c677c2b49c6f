//! `covered-action`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::iam::pattern::Glob;
use crate::iam::search::is_covered;
use crate::lint::policies::PolicyItem;
use crate::lint::subject::Subject;

pub(crate) const RULE: Rule = Rule {
    id: "covered-action",
    level: Level::Note,
    summary: "A statement names an action twice",
    explanation: include_str!("../../../docs/rules/covered-action.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let all = subject.policies.statements();
    let trusts = subject.policies.trusts();
    // An option of a partial may add what a wildcard names.
    let by_hand = all.chain(trusts).filter(|(own, _)| !own.is_of_partial);
    for (_, statement) in by_hand {
        for (at, item) in statement.actions.iter().enumerate() {
            if let Some(other) = covering(&statement.actions, at, item) {
                problems.push(named_twice(item, other));
            }
        }
    }
}

/// The entry that matches whatever the one at `at` matches; of two that are the same, the first.
fn covering<'a>(items: &'a [PolicyItem], at: usize, item: &PolicyItem) -> Option<&'a PolicyItem> {
    let text = |item: &PolicyItem| {
        item.text_with_wildcards()
            .map(|text| text.to_ascii_lowercase())
    };
    let own = text(item)?;
    let mut others = items.iter().enumerate();
    let found = others.find(|(place, other)| {
        let Some(other) = text(other).filter(|_| *place != at) else {
            return false;
        };
        let covers = is_covered(&Glob::of(&own), &[Glob::of(&other)]);
        covers && (*place < at || other != own)
    });
    found.map(|(_, other)| other)
}

fn named_twice(item: &PolicyItem, other: &PolicyItem) -> Diagnostic {
    let (own, by) = (item.pattern(), other.pattern());
    let message = if own.eq_ignore_ascii_case(&by) {
        format!("`{}` is in this statement already", own.shown())
    } else {
        format!(
            "`{}` is covered by `{}` of this statement",
            own.shown(),
            by.shown()
        )
    };
    Diagnostic::new(&RULE, item.span, message)
        .related(other.span, "there")
        .help("remove it")
}
