//! What the services leave uncovered, as needs.
//!
//! In: the needs of an app, and what was suggested for each group of stages. Out: the needs that
//! partials must be generated for. Refuses nothing.

use std::collections::BTreeSet;

use crate::infer::model::{AppTemplates, Need, NeedKind};
use crate::infer::suggestion::Suggestion;

/// The needs that one of `suggestions` leaves uncovered, with the service-linked roles of those
/// types: no service creates these unless it is for the type.
pub fn lacking(app: &AppTemplates, needs: &[Need], suggestions: &[&Suggestion]) -> Vec<Need> {
    let uncovered = || suggestions.iter().flat_map(|one| &one.uncovered);
    let missing: BTreeSet<(usize, &str)> = uncovered()
        .flat_map(|uncovered| &uncovered.missing)
        .map(|reason| (reason.resource, reason.action.as_str()))
        .collect();
    let types: BTreeSet<&str> = uncovered()
        .map(|uncovered| uncovered.type_name.as_str())
        .collect();
    let is_created = |resource: &usize| {
        let mut all = suggestions.iter();
        all.all(|one| one.linked_roles.contains(resource))
    };
    let is_lacking = |need: &&Need| {
        if need.kind != NeedKind::ServiceLinkedRole {
            return missing.contains(&(need.resource, need.action.as_str()));
        }
        let resource = app.resources.get(need.resource);
        let is_of_type = resource.is_some_and(|one| types.contains(one.type_name.as_str()));
        is_of_type && !is_created(&need.resource)
    };
    needs.iter().filter(is_lacking).cloned().collect()
}
