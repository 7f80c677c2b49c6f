//! `management-tools-account`.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::expand::model::plan::BodyPlan;
use crate::lint::subject::Subject;
use crate::source::Span;

/// CI signs in to the management account.
pub const RULE: Rule = Rule {
    id: "management-tools-account",
    level: Level::Note,
    summary: "CI signs in to the management account",
    explanation: include_str!("../../../docs/rules/management-tools-account.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(master) = subject.planned.organization.master() else {
        return;
    };
    for planned in &subject.planned.macros {
        let Some(tools) = &planned.arguments.tools_account else {
            continue;
        };
        // Without a user or role of CI, nothing is created there.
        let mut bodies = planned.plan.bodies.iter();
        let has_principals = bodies.any(|body| match body {
            BodyPlan::Tools(tools) => !tools.principals.is_empty(),
            BodyPlan::Target(_) => false,
        });
        if tools.value == master.logical_id && has_principals {
            problems.push(of_management(tools.span, &tools.value));
        }
    }
}

fn of_management(span: Span, account: &str) -> Diagnostic {
    let message = format!(
        "CI signs in to the management account `{}`, which no service control policy limits",
        account.shown()
    );
    Diagnostic::new(&RULE, span, message)
        .help("choose another account, with nothing in it but what CI needs")
}
