//! The actions that a person allows by name.
//!
//! In: names as typed. Out: the actions as the reference spells them. Refuses a name that no action
//! has, and patterns: who allows something should have read what.

use std::collections::BTreeSet;

use crate::aws::actions::reference;
use crate::aws::handlers::handlers;
use crate::aws::wildcard::is_pattern;
use crate::diagnostic::Shown as _;
use crate::infer::partial::HeldBack;

/// The actions that `names` name.
///
/// # Errors
///
/// A message for each name that is no action.
pub fn allowed(names: &[String]) -> Result<BTreeSet<String>, Vec<String>> {
    let (mut actions, mut problems) = (BTreeSet::new(), Vec::new());
    for name in names {
        match action(name) {
            Ok(action) => {
                actions.insert(action);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(actions)
    } else {
        Err(problems)
    }
}

fn action(name: &str) -> Result<String, String> {
    let shown = name.shown();
    if is_pattern(name) || !name.contains(':') {
        return Err(format!(
            "`{shown}` is not the name of an action: write one in full, such as `--allow iam:CreatePolicy`"
        ));
    }
    if let Some(unknown) = reference().unknown_action(name) {
        let help = unknown.near.map(|near| format!(": did you mean `{near}`?"));
        return Err(unknown.message + &help.unwrap_or_default());
    }
    let called = handlers().action(name);
    Ok(called.map_or_else(|| name.to_owned(), |called| called.name.to_owned()))
}

/// What to say about each of `allowed` that changes nothing: nobody can allow it, or nothing that
/// is held back needs it. `granted` are the actions of the generated partials.
pub fn without_effect(
    allowed: &BTreeSet<String>,
    granted: &BTreeSet<&str>,
    held: &[HeldBack],
) -> Vec<String> {
    let problem = |action: &String| {
        let held = held.iter().find(|one| one.action == *action);
        match held {
            Some(held) => Some(format!(
                "`--allow {action}` allows nothing: {}",
                held.hold.reason()
            )),
            None if granted.contains(action.as_str()) => None,
            None => Some(format!(
                "`--allow {action}` allows nothing: the app needs no such permission that is held back"
            )),
        }
    };
    allowed.iter().filter_map(problem).collect()
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
        for wrong in ["iam:*", "iam", "*", "iam:Create?olicy"] {
            let problems = names(&[wrong]).unwrap_err();
            assert!(problems[0].contains("not the name of an action"), "{wrong}");
        }
        let problems = names(&["iam:CreatePolicyy", "iam:CreateUser"]).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].ends_with("did you mean `iam:CreatePolicy`?"),
            "{problems:?}"
        );
    }

    #[test]
    fn what_allows_nothing_is_said() {
        let action = "iam:AttachUserPolicy";
        let held = HeldBack {
            action: action.to_owned(),
            hold: Hold::Escalation,
            can_be_allowed: false,
            types: BTreeSet::new(),
        };
        let allowed = ["iam:CreatePolicy", "iam:CreateUser", action];
        let allowed = allowed.map(str::to_owned).into();
        let found = without_effect(&allowed, &BTreeSet::from(["iam:CreatePolicy"]), &[held]);
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("permissions of any policy"), "{found:?}");
        assert!(found[1].contains("no such permission"), "{found:?}");
    }
}
