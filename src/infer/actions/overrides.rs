//! Permissions whose words differ from the names of the properties that open them.
//!
//! In: an action and a resource type. Out: the words that open it. Refuses nothing.

mod infrastructure;
mod kind;
mod serverless;

use crate::aws::wildcard::matches;

pub(super) use kind::Opens;

/// What opens `action` for a resource of `type_name`, whose own service is `service`. The first
/// exception that is about both counts. None if the rules decide.
pub(super) fn exception(type_name: &str, service: &str, action: &str) -> Option<Opens> {
    let own = action
        .split_once(':')
        .is_some_and(|(prefix, _)| prefix == service);
    serverless::EXCEPTIONS
        .iter()
        .chain(infrastructure::EXCEPTIONS)
        .find(|exception| {
            let is_about = if exception.types.is_empty() {
                own
            } else {
                exception.types.contains(&type_name)
            };
            is_about
                && exception
                    .actions
                    .iter()
                    .any(|pattern| matches(pattern, action))
        })
        .map(|exception| exception.opens)
}
