//! `create-without-update`.

use std::collections::BTreeSet;

use crate::aws::actions::{AccessLevel, reference};
use crate::aws::handlers::{Handler, ResourceType, handlers};
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::iam::pattern::Glob;
use crate::iam::statement::Effect;
use crate::lint::about::is_unmatched;
use crate::lint::policies::{PolicyItem, WrittenIdentity};
use crate::lint::rules::replaced_action::replaced_by;
use crate::lint::subject::Subject;

pub(crate) const RULE: Rule = Rule {
    id: "create-without-update",
    level: Level::Note,
    summary: "CloudFormation can create a resource, and cannot update or delete all of it",
    explanation: include_str!("../../../docs/rules/create-without-update.md"),
};

const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    let principals = subject.policies.principals.iter();
    // Only what CloudFormation works as has to do what its handlers do.
    let deploying = principals.filter(|who| who.is_known && who.services.contains(CLOUDFORMATION));
    for who in deploying {
        let own = subject.policies.statements().filter(|(document, _)| {
            document.resource == Some(who.resource)
                || document
                    .resource
                    .is_some_and(|at| who.attached.contains(&at))
        });
        let mut seen = BTreeSet::new();
        // A Deny lets it create nothing.
        let own = own.filter(|(_, statement)| statement.effect == Effect::Allow);
        let items = own.flat_map(|(_, statement)| {
            let items = statement.actions.iter();
            // Nor does an action that is about none of the resources.
            items.filter(|item| !is_unmatched(statement, item))
        });
        for item in items {
            let action = item
                .text()
                .filter(|action| seen.insert(action.to_lowercase()));
            problems.extend(action.and_then(|action| incomplete(who, item, &action)));
        }
    }
}

fn incomplete(who: &WrittenIdentity, item: &PolicyItem, action: &str) -> Option<Diagnostic> {
    let (what, needed) = match created(action).first() {
        Some(kind) => (format!("an `{}`", kind.name), changes(kind)),
        None => (
            format!("what `{}` creates", action.shown()),
            partners(action),
        ),
    };
    let missing: Vec<&str> = needed
        .iter()
        .map(String::as_str)
        .filter(|own| !allows(who, own))
        // Who allows the old name of an action is told the new one.
        .filter(|own| replaced_by(own).is_none_or(|old| !allows(who, old)))
        .collect();
    (!missing.is_empty()).then(|| cannot_update(item, &what, &missing))
}

/// The actions that update and delete what this action creates, by their names.
fn partners(action: &str) -> BTreeSet<String> {
    let Some((service, noun)) = action.split_once(":Create") else {
        return BTreeSet::new();
    };
    let names = ["Update", "Delete"].map(|verb| format!("{service}:{verb}{noun}"));
    let known = names.into_iter();
    known
        .filter(|name| reference().level(name).is_some())
        .collect()
}

/// Whether some statement allows the action, whatever the resource.
fn allows(who: &WrittenIdentity, action: &str) -> bool {
    let name = Glob::literal(action).symbols;
    who.permissions.allow.iter().any(|statement| {
        let actions = &statement.grant.actions;
        // What everything but some actions allows is not looked at.
        actions.negated || actions.globs.iter().any(|glob| glob.matches(&name))
    })
}

/// The types of resources that the action creates.
fn created(action: &str) -> Vec<ResourceType<'static>> {
    let Some((service, name)) = action.split_once(':') else {
        return Vec::new();
    };
    let service = service.to_ascii_lowercase();
    let found = handlers().types_of(&service);
    let creates = |kind: &ResourceType<'_>| {
        let word = kind.name.rsplit(':').next().unwrap_or_default();
        let named = [format!("Create{word}"), format!("Put{word}")];
        // The one whose name says something else.
        let is_subscription = word == "Subscription" && name == "Subscribe";
        let is_named = is_subscription || named.iter().any(|own| own.eq_ignore_ascii_case(name));
        is_named
            && kind.actions.iter().any(|own| {
                own.is_called_by(Handler::Create) && own.name.eq_ignore_ascii_case(action)
            })
    };
    found.filter(creates).collect()
}

/// What the handlers of the type that update and delete change, and what the one that follows them reads.
fn changes(kind: &ResourceType<'_>) -> BTreeSet<String> {
    let calls = kind.actions.iter().filter(|own| {
        let by: &[Handler] = match reference().level(own.name) {
            Some(AccessLevel::Read | AccessLevel::List) => &[Handler::Read],
            Some(_) => &[Handler::Update, Handler::Delete],
            None => &[],
        };
        let is_own = own.name.split(':').next() == Some(kind.service);
        is_own && by.iter().any(|handler| own.is_called_by(*handler))
    });
    calls.map(|own| own.name.to_owned()).collect()
}

fn cannot_update(item: &PolicyItem, what: &str, missing: &[&str]) -> Diagnostic {
    let message = format!(
        "CloudFormation can create {what} with this role, and cannot update or delete all of it"
    );
    Diagnostic::new(&RULE, item.span, message)
        .note(format!("not allowed: {}", missing.join(", ")))
        .help("allow what your templates use, for the same resources")
}
