//! `app-id-ends-in-stage`.

use crate::arguments::Target;
use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::lint::subject::Subject;
use crate::source::Spanned;

pub(crate) const RULE: Rule = Rule {
    id: "app-id-ends-in-stage",
    level: Level::Warning,
    summary: "An `AppId` ends in the name of one of its stages",
    explanation: include_str!("../../../docs/rules/app-id-ends-in-stage.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for arguments in subject.macros() {
        for target in &arguments.targets {
            let suffix = format!("-{}", target.stage.value);
            if let Some(app) = arguments.app_id.value.strip_suffix(&suffix) {
                problems.push(ends_in_stage(&arguments.app_id, target, app));
            }
        }
    }
}

fn ends_in_stage(app_id: &Spanned<String>, target: &Target, app: &str) -> Diagnostic {
    let (app_id, span) = (&app_id.value, app_id.span);
    let stage = &target.stage.value;
    let message = format!("the AppId `{app_id}` ends in the name of its stage `{stage}`");
    Diagnostic::new(&RULE, span, message)
        .related(target.stage.span, "the stage")
        .help(format!(
            "frameworks append the stage themselves: write `{app}`"
        ))
}
