//! The previous and the new text of a generated file to who gains and who loses access.
//!
//! In: two texts, and what the run knows of accounts and macros. Out: an [`Access`]: for each
//! principal what it may do now that it might not before, and the reverse, each with one request
//! as a witness. It refuses nothing: what cannot be decided is a "maybe" with its reason.
//!
//! Roles, users and groups of both texts are paired by account and name (`principals`), with every
//! policy that applies to them (`policy`). A pair whose policies are the same is done with; of the
//! others, those that are equal but for the account are decided once (`decide`).
//!
//! What other templates attach is not examined.
//! Everything is in the partition `aws`.
//!
//! The hard thing is that "no new access" must be true. See `decide` for how it errs.

pub(crate) mod alone;
mod alone_sets;
mod assigned;
mod assignments;
mod bound;
mod caller;
pub(crate) mod callers_alike;
pub mod changes;
pub(crate) mod comparer;
mod decide;
mod deleted_later;
mod enumerated;
mod facts;
pub(crate) mod federated;
mod globals;
mod gone;
mod harmless;
mod held;
mod identity;
mod items;
mod key_aliases;
mod kinds;
mod leaves;
mod limiting;
mod limits;
mod looked_at;
mod moved;
mod moving;
mod named_by_arn;
mod named_in_account;
mod named_policy;
mod naming;
mod origin;
mod own_facts;
mod own_tags;
pub(crate) mod pair;
mod parameters;
mod permission;
mod permission_sets;
mod properties;
mod published;
pub(crate) mod reading;
mod rebounded;
mod recreated;
mod recreated_sets;
mod renamed;
mod renamed_resources;
mod resource_limits;
mod resource_policies;
mod role_name;
mod running;
pub mod scope;
mod sections;
mod security_groups;
mod set_policies;
mod set_trust;
mod settle;
mod settled;
mod stack_tags;
mod statements;
mod tag_sets;
mod tag_use;
mod target_tags;
mod thing_policies;
mod transforms;
mod unattached;
mod unexamined;
mod unique_ids;
mod unit_paths;
pub(crate) mod unread;
mod unused;
mod written_roles;

use std::collections::BTreeSet;

use crate::aws::actions::reference;
use crate::diff::access::changes::{Access, Undecided};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::limits::Limits;
use crate::diff::access::moved::ComparedPairs;
use crate::diff::access::reading::RENDERED;
use crate::diff::access::settled::Settled;
use crate::template::resolve::OWN;

pub use crate::diff::access::comparer::AccessContext;
pub use crate::diff::access::moved::MovedPrincipal;
pub use crate::diff::access::moving::{moved_access, one_sided};
pub use crate::diff::access::reading::{ReadPair, ReadTexts};
pub use crate::diff::access::recreated::kept_out_elsewhere;
pub use crate::diff::access::renamed::RenamedAccounts;
pub use crate::template::blocks::{SharedScans, TextScan};
pub use crate::template::parsed::ParsedShapes;

/// Who gains and who loses access between the `previous` text of a generated file and the
/// `expanded` one. Without a previous text everything is gained.
pub fn access(previous: Option<&str>, expanded: &str, known: &AccessContext<'_>) -> Access {
    match ReadPair::of(previous, expanded, known) {
        Some(read) => access_of(&read, known),
        None => Access::default(),
    }
}

/// Who gains and who loses access between two texts that were read.
pub fn access_of(read: &ReadTexts<'_>, known: &AccessContext<'_>) -> Access {
    access_without(read, known, &BTreeSet::new())
}

/// The same, without principals that are only on one side and move from or to another file.
pub fn access_without(
    read: &ReadTexts<'_>,
    known: &AccessContext<'_>,
    moved: &BTreeSet<MovedPrincipal>,
) -> Access {
    let mut access = Access::default();
    let (previous, expanded) = (read.previous.unwrap_or_default(), read.expanded);
    reference().date().clone_into(&mut access.reference);
    access.undecided = read.other_ids().collect();
    if read.is_rendered {
        access.undecided.push(undecided("the file", RENDERED));
    }
    match &read.files {
        Ok((old, new, scopes)) => {
            let mut comparer = Comparer::new((old, new), known, scopes, &read.accounts);
            comparer.settled = Settled::between(previous, expanded);
            comparer.limits = Limits::of(known.before, known.organization);
            if !moved.is_empty() {
                comparer.compared = ComparedPairs::Without(moved);
            }
            comparer.compare(read.previous.is_none(), &mut access);
            comparer.resource_policies(&mut access);
            comparer.permission_sets(&mut access);
            comparer.thing_policies(&mut access);
            comparer.unit_paths(&mut access);
            comparer.key_aliases(&mut access);
            let limits = &comparer.limits;
            access.undecided.extend(limits.undecided.iter().cloned());
            comparer.settle_principals(&mut access);
            comparer.used_parameters(&mut access);
            let lines = |text: &'_ str| -> BTreeSet<String> {
                if !crate::template::resources::has(text, OWN) {
                    return BTreeSet::new();
                }
                let lines = text.lines().filter(|line| line.contains(OWN));
                lines.map(str::to_owned).collect()
            };
            if lines(previous) != lines(expanded) {
                access.undecided.push(undecided(
                    OWN,
                    "this account id is used as a placeholder for others here",
                ));
            }
        }
        Err(why) => access
            .undecided
            .push(undecided("every principal", why.clone())),
    }
    access
}

/// Something that is not decided, and has no place of its own.
fn undecided(what: impl Into<String>, why: impl Into<String>) -> Undecided {
    Undecided {
        what: what.into(),
        why: why.into(),
        origin: None,
        line: None,
    }
}
