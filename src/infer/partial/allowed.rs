//! The actions that a person allows by name.
//!
//! In: names as typed. Out: the actions as the reference spells them, and what to say about those
//! that change nothing. Refuses a name that no action has, and patterns: who allows something should
//! have read what.

use std::collections::BTreeSet;

use crate::aws::actions::reference;
use crate::aws::handlers::handlers;
use crate::aws::wildcard::is_pattern;
use crate::diagnostic::{Diagnostic, Problems, Result, Shown as _};
use crate::infer::partial::HeldBack;
use crate::infer::rules::{NEEDLESS_ALLOW, UNKNOWN_ALLOWED_ACTION};

/// The actions that `names` name.
///
/// # Errors
///
/// `unknown-allowed-action`.
pub fn allowed(names: &[String]) -> Result<BTreeSet<String>> {
    let mut problems = Problems::default();
    let actions = names.iter().filter_map(|name| problems.keep(action(name)));
    let actions = actions.collect();
    problems.finish(actions)
}

fn action(name: &str) -> Result<String> {
    let shown = name.shown();
    let (service, rest) = name.split_once(':').unwrap_or((name, ""));
    if is_pattern(name) || name.contains('$') || service.is_empty() || rest.is_empty() {
        let message = format!("`--allow {shown}` does not name one action");
        let problem = Diagnostic::without_place(&UNKNOWN_ALLOWED_ACTION, message);
        let help = "write each action in full, such as `--allow iam:CreatePolicy`";
        return Err(vec![problem.help(help)]);
    }
    if let Some(unknown) = reference().unknown_action(name) {
        let problem = Diagnostic::without_place(&UNKNOWN_ALLOWED_ACTION, unknown.message);
        let help = match unknown.near {
            Some(near) => format!("write `--allow {}`", near.shown()),
            None => format!("omit `--allow {shown}`"),
        };
        return Err(vec![problem.help(help)]);
    }
    let called = handlers().action(name);
    Ok(called.map_or_else(|| name.to_owned(), |called| called.name.to_owned()))
}

/// What to say about each of `allowed` that changes nothing: nobody can allow it, or nothing that
/// is held back needs it. `used` are the actions that were granted because a person allowed them.
pub fn without_effect(
    allowed: &BTreeSet<String>,
    used: &BTreeSet<String>,
    held: &[HeldBack],
) -> Vec<Diagnostic> {
    let unused = allowed.iter().filter(|action| !used.contains(*action));
    unused.map(|action| needless(action, held)).collect()
}

fn needless(action: &str, held: &[HeldBack]) -> Diagnostic {
    let shown = action.shown();
    let message = format!("`--allow {shown}` allows nothing");
    let problem = Diagnostic::without_place(&NEEDLESS_ALLOW, message);
    problem.help(match held.iter().find(|held| held.action == action) {
        Some(held) => format!("no flag allows this: {}", held.hold.reason()),
        None => "omit it: the app needs nothing of the kind that is held back".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::partial::held::Hold;

    #[test]
    fn names_are_exact() {
        let names = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            allowed(&names)
        };
        assert_eq!(
            names(&["IAM:createpolicy"]),
            Ok(BTreeSet::from(["iam:CreatePolicy".to_owned()]))
        );
        for wrong in [
            "iam:*",
            "iam",
            "*",
            "",
            ":",
            "iam:",
            "iam:Create?olicy",
            "iam:${Action}",
        ] {
            let problems = names(&[wrong]).unwrap_err();
            assert!(problems[0].message.contains("does not name"), "{wrong}");
        }
        let problems = names(&["iam:CreatePolicyy", "iam:CreateUser", "im:*"]).unwrap_err();
        assert_eq!(problems.len(), 2);
        assert_eq!(
            problems[0].help.as_deref(),
            Some("write `--allow iam:CreatePolicy`")
        );
    }

    #[test]
    fn what_allows_nothing_is_reported() {
        let action = "iam:AttachUserPolicy";
        let held = HeldBack {
            action: action.to_owned(),
            hold: Hold::Escalation,
            can_be_allowed: false,
            types: BTreeSet::new(),
        };
        let allowed = ["iam:CreatePolicy", "iam:CreateUser", action];
        let allowed = allowed.map(str::to_owned).into();
        let used = BTreeSet::from(["iam:CreatePolicy".to_owned()]);
        let found = without_effect(&allowed, &used, &[held]);
        let helps: Vec<&str> = found.iter().filter_map(|one| one.help.as_deref()).collect();
        assert_eq!(helps.len(), 2);
        assert!(helps[0].contains("permissions of any policy"), "{helps:?}");
        assert!(helps[1].contains("omit it"), "{helps:?}");
    }
}
