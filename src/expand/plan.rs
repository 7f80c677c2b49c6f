//! Arguments and selected accounts to bodies, and who gets which.
//!
//! In: the arguments and selections of the macros of a template. Out: the distinct bodies of each
//! macro, and the accounts that get them. Refuses names that would clash, `AppIds` of which one is
//! the other's prefix, and accounts that would wait for each other.

mod clashes;
mod tools;
mod trust;
mod waiting;

use std::collections::HashMap;

use crate::diagnostic::Result;
use crate::expand::model::plan::BodyPlan;
use crate::expand::model::selection::{Selected, TargetId};
use crate::expand::model::unit::{BodyId, Holder};

/// Compares the macros of a template with each other.
///
/// # Errors
///
/// `app-id-prefix`, `name-clash`, `circular-dependency`.
pub fn compare(macros: &[Selected]) -> Result<()> {
    let mut problems = Vec::new();
    clashes::prefixes(macros, &mut problems);
    clashes::names(macros, &mut problems);
    clashes::providers(macros, &mut problems);
    waiting::circles(macros, &mut problems);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// The distinct bodies of a macro, and who gets which, in the order of the output.
pub fn bodies(selected: &Selected) -> (Vec<BodyPlan>, Vec<Holder>) {
    let arguments = &selected.arguments;
    let mut bodies: Vec<BodyPlan> = Vec::new();
    let mut holders = Vec::new();
    let tools = tools::plan(selected);
    if let (Some(tools), Some(account)) = (&tools, &arguments.tools_account) {
        bodies.push(BodyPlan::Tools(tools.clone()));
        holders.push(Holder {
            body: BodyId(0),
            account: account.value.clone(),
            stage: None,
        });
    }
    // Which body a target has, away from the Tools account and in it.
    let mut known: HashMap<(TargetId, bool), BodyId> = HashMap::new();
    for selection in &selected.selections {
        let Some(target) = selection.target.of(arguments) else {
            continue;
        };
        let in_tools = arguments
            .tools_account
            .as_ref()
            .is_some_and(|tools| tools.value == selection.account);
        let body = *known
            .entry((selection.target, in_tools))
            .or_insert_with(|| {
                let beside = tools.as_ref().filter(|_| in_tools);
                let body = BodyPlan::Target(Box::new(trust::plan(arguments, target, beside)));
                let at = bodies.iter().position(|known| *known == body);
                BodyId(at.unwrap_or_else(|| {
                    bodies.push(body);
                    bodies.len() - 1
                }))
            });
        holders.push(Holder {
            body,
            account: selection.account.clone(),
            stage: Some(target.stage.value.clone()),
        });
    }
    (bodies, holders)
}
