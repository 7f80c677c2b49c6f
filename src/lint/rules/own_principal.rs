//! `own-principal`.

use serde_yaml::Value;

use crate::arguments::Trust;
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::subject::Subject;
use crate::source::Span;

pub(crate) const RULE: Rule = Rule {
    id: "own-principal",
    level: Level::Warning,
    summary: "A deploy role trusts a role that the app's own stacks may edit",
    explanation: include_str!("../../../docs/rules/own-principal.md"),
};

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (arguments, trust) in subject.trusts() {
        let Trust::Principal(principal) = &trust.value else {
            continue;
        };
        let app_id = &arguments.app_id.value;
        let own = role_of(&principal.value).filter(|name| name.starts_with(&format!("{app_id}-")));
        problems.extend(own.map(|name| may_be_edited(trust.span, name, app_id)));
    }
}

/// The name of a role's ARN; `None` for other principals.
fn role_of(principal: &Value) -> Option<&str> {
    let text = match principal {
        Value::Tagged(tagged) => tagged.value.as_str()?,
        text => text.as_str()?,
    };
    text.contains(":role/").then(|| text.rsplit('/').next())?
}

fn may_be_edited(span: Span, name: &str, app_id: &str) -> Diagnostic {
    let name = name.shown();
    let message =
        format!("the app's own stacks can edit the role `{name}` if they reach its account");
    let help = format!("trust a role whose name does not begin with `{app_id}-`");
    Diagnostic::new(&RULE, span, message).help(help)
}
