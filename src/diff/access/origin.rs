//! Which macro a principal comes from.
//!
//! In: a logical id and an account. Out: the macro, with its stage and line; nothing for what is
//! written by hand. Refuses nothing.

use crate::diff::access::changes::Origin;
use crate::diff::access::comparer::Comparer;
use crate::organization::IdPart;

/// The stage of what the Tools account holds.
const TOOLS: &str = "tools";

/// Among which units of a macro its resource is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Units {
    /// Those of the resource's account.
    OfAccount,
    /// All: the account may be removed from the macro.
    All,
}

impl Comparer<'_, '_> {
    /// The macro that the resource `id` of `account` comes from.
    pub(super) fn origin(&self, id: &str, account: Option<&str>) -> Option<Origin> {
        let account = account?;
        let macros = self.known.macros.iter();
        let written: Vec<String> = macros
            .flat_map(|(plan, _)| plan.logical_ids.sources(id))
            .collect();
        let kept = |units: Units| {
            let mut written = written.iter();
            written.find_map(|id| self.origin_of_written(id, account, units))
        };
        // A line with `*` keeps ids that the macro does not write, such as those of the Tools account
        // for what is in the targets.
        kept(Units::OfAccount)
            .or_else(|| kept(Units::All))
            .or_else(|| self.origin_of_written(id, account, Units::All))
    }

    /// The macro that writes the logical id `id`, unless `LogicalIds` names another.
    fn origin_of_written(&self, id: &str, account: &str, among: Units) -> Option<Origin> {
        let id_part = IdPart::of(account);
        let macros = || self.known.macros.iter().copied();
        let of_account = id
            .split_once(id_part.as_str())
            .and_then(|(name, _)| self.origins.get(&(name, account))?.first().copied())
            // The macro's name may hold the account's letters and digits as well, or the account is
            // removed.
            .or_else(|| {
                macros().find(|(plan, _)| id.starts_with(&format!("{}{id_part}", plan.name)))
            });
        if let Some((plan, line)) = of_account {
            let units = plan.units.iter();
            let mut units = units.filter(|unit| unit.accounts.contains(account));
            let stage = units.clone().find_map(|unit| unit.stage.clone());
            let tools = || units.next().map(|_| TOOLS.to_owned());
            return Some(Origin {
                name: plan.name.clone(),
                stage: stage.or_else(tools),
                line,
            });
        }
        let listed = macros().filter(|(plan, _)| plan.lists_accounts());
        let mut units = listed.flat_map(|(plan, line)| {
            let units = plan.units.iter();
            units.map(move |unit| (plan, line, unit))
        });
        let (plan, line, unit) = units.find(|(plan, _, unit)| {
            let rest = id.strip_prefix(plan.name.as_str());
            let is_known = among == Units::All || unit.accounts.contains(account);
            is_known && rest.is_some_and(|rest| rest.starts_with(unit.id_part.as_str()))
        })?;
        Some(Origin {
            name: plan.name.clone(),
            stage: Some(unit.stage.clone().unwrap_or_else(|| TOOLS.to_owned())),
            line,
        })
    }
}
