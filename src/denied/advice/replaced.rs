//! What a built-in partial grants that the user's own partial of the same name does not.
//!
//! In: a request that the partials of the macro do not grant. Out: what to do, as a sentence.
//! Refuses nothing.

use crate::denied::advice::DenialAdviser;
use crate::denied::advice::change::{can_have, source};
use crate::denied::statements::{DeniedRequest, PartialStatement};
use crate::denied::who::DeniedWho;

impl DenialAdviser {
    /// The step for a request that a built-in partial grants, if a partial of the user replaces it.
    pub(super) fn replaced(&self, request: &DeniedRequest<'_>, who: &DeniedWho) -> Option<String> {
        let own = self.own(who);
        if own.is_empty() {
            return None;
        }
        let is_replaced =
            |statement: &&PartialStatement| own.contains(&statement.partial().as_str());
        let found = self
            .built_in
            .all()
            .iter()
            .filter(|statement| !statement.is_deny && can_have(who, statement))
            .filter(is_replaced)
            .find(|statement| statement.is_about(request))?;
        Some(format!(
            "your partial `{}` replaces the built-in one and does not grant `{}`: {} has it in the statement `{}` of the built-in one. Add this statement to your partial, or delete the file to use the built-in one (`deploy-roles partials show {}` prints it)",
            found.partial(),
            request.action,
            source(found),
            found.sid,
            found.partial(),
        ))
    }

    /// Whether some of the services are the user's.
    pub(super) fn has_own_services(&self, who: &DeniedWho) -> bool {
        let mut own = self.own(who).into_iter();
        own.any(|name| name.starts_with("services/"))
    }

    /// The user's partials that the macro of a denial is written with.
    fn own(&self, who: &DeniedWho) -> Vec<&str> {
        let template = self.template(who);
        template.map_or_else(Vec::new, |template| template.known.partials.own().collect())
    }
}
