//! Groups to bindings: what `Layout: per-binding` writes as one.
//!
//! The hard thing is that logical ids must not change when accounts come and go, or when another
//! stage gets other arguments: CloudFormation would make a role anew whose name is taken. So a
//! stage's ids hold its name and nothing else. What the Tools account holds differs from the rest
//! of its stage (it cannot wait for itself), and is named and bound as in the other layout.

use std::collections::HashMap;

use crate::arguments::Arguments;
use crate::expand::model::plan::{Accounts, Binding, Group, stage_id};
use crate::organization::letters;

/// The bindings of a macro, in the order of its groups.
pub(crate) fn bindings(arguments: &Arguments, groups: &[Group]) -> Vec<Binding> {
    let tools = arguments.tools_account.as_ref();
    let mut bindings: Vec<Binding> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for group in groups {
        let is_tools = tools.is_some_and(|tools| tools.value == group.account);
        let stage = group.stage.as_deref().filter(|_| !is_tools);
        let Some(stage) = stage else {
            bindings.push(Binding {
                body: group.body,
                stage: group.stage.clone(),
                id: letters(&group.account),
                accounts: Accounts::One(group.account.clone()),
            });
            continue;
        };
        // INVARIANT: away from the Tools account, a stage has one body.
        let at = *known.entry(stage).or_insert(bindings.len());
        match bindings.get_mut(at).map(|binding| &mut binding.accounts) {
            Some(Accounts::Listed(accounts)) => accounts.push(group.account.clone()),
            _ => bindings.push(Binding {
                body: group.body,
                stage: group.stage.clone(),
                id: stage_id(stage),
                accounts: Accounts::Listed(vec![group.account.clone()]),
            }),
        }
    }
    bindings
}
