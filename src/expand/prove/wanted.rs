//! What a macro is to have written.
//!
//! In: a macro, rendered. Out: its resources (of a body that another stands for, one), each with its logical id and its accounts. Refuses
//! nothing.

use serde_yaml::Mapping;

use crate::expand::model::plan::MacroPlan;
use crate::expand::model::rendered::{Placeholders, Rendered};
use crate::expand::model::unit::{BodyId, Unit, UnitAccounts};

/// A generated resource of the skeleton, with what is the account's part of its logical id there.
pub(super) struct Wanted<'run> {
    pub(super) logical_id: String,
    pub(super) content: &'run Mapping,
    plan: &'run MacroPlan,
    id_part: String,
    /// The accounts that it is bound to; `None` if that is the placeholder.
    pub(super) accounts: Option<&'run UnitAccounts>,
}

impl Wanted<'_> {
    /// `text` of the content with the logical ids that it has in the skeleton.
    pub(super) fn filled(&self, placeholders: &Placeholders, text: &str) -> String {
        placeholders.filled(self.plan, text, &self.id_part)
    }
}

/// The resources of a macro in the skeleton, in its order.
pub(super) fn of_macro<'run>(
    rendered: &'run Rendered,
    placeholders: &Placeholders,
) -> Vec<Wanted<'run>> {
    let plan = rendered.plan();
    let of_body = |body: BodyId, id_part: String, accounts: Option<&'run UnitAccounts>| {
        let stand_in = rendered
            .written
            .get(body.0)
            .and_then(|body| body.stand_in.as_ref());
        let resources = rendered.resources(body).iter().enumerate();
        let resources = resources.filter(move |(number, _)| {
            stand_in.is_none_or(|stand_in| stand_in.resource == *number)
        });
        resources.map(move |(_, resource)| Wanted {
            logical_id: placeholders.filled(plan, &resource.logical_id, &id_part),
            content: &resource.content,
            plan,
            id_part: id_part.clone(),
            accounts,
        })
    };
    let listed = || plan.lists_accounts().then(|| plan.units.iter().collect());
    let units: Option<Vec<&Unit>> = rendered.examples().or_else(listed);
    if let Some(units) = units {
        let of_unit = |unit: &'run Unit| {
            let id_part = unit.id_part.as_str().to_owned();
            of_body(unit.body, id_part, Some(&unit.accounts))
        };
        units.into_iter().flat_map(of_unit).collect()
    } else {
        let bodies = (0..rendered.bodies.len()).map(BodyId);
        let of_example = |body| of_body(body, placeholders.id_part_of(body), None);
        bodies.flat_map(of_example).collect()
    }
}
