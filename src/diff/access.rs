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
//! Resource policies, service control policies and what other templates attach are not examined.
//! Everything is in the partition `aws`.
//!
//! The hard thing is that "no new access" must be true. See `decide` for how it errs.

pub mod changes;
mod comparer;
mod decide;
mod identity;
mod origin;
mod pair;
mod properties;
mod role_name;
mod running;
mod settle;
mod settled;
mod statements;
mod unexamined;

use std::collections::{BTreeSet, HashMap};

use crate::aws::actions::reference;
use crate::diff::access::changes::{Access, Undecided};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::settled::Settled;
use crate::template::resolve::OWN;
use crate::template::resources::{File, Store};

pub use crate::diff::access::comparer::AccessContext;

/// Who gains and who loses access between the `previous` text of a generated file and the
/// `expanded` one. Without a previous text everything is gained.
pub fn access(previous: Option<&str>, expanded: &str, known: &AccessContext<'_>) -> Access {
    let mut access = Access::default();
    let renumbered = renumbered(known);
    if previous == Some(expanded) && renumbered.is_empty() {
        return access;
    }
    reference().date().clone_into(&mut access.reference);
    let accounts = ids(known, &renumbered);
    let mut store = Store::new(&accounts);
    let files = store
        .read(previous.unwrap_or_default(), &File::default())
        .map_err(|why| format!("the previous file {why}"))
        .and_then(|old| match store.read(expanded, &old) {
            Ok(new) => Ok((old, new)),
            Err(why) => Err(format!("the new file {why}")),
        });
    access.undecided = renumbered
        .iter()
        .map(|name| Undecided {
            what: format!("account {name}"),
            why: "its account id changed: the same policies are about another account".to_owned(),
            origin: None,
            line: None,
        })
        .collect();
    match files {
        Ok((old, new)) => {
            let mut comparer = Comparer::new(&old, &new, known, &accounts);
            comparer.settled = Settled::between(previous.unwrap_or_default(), expanded);
            comparer.compare(previous.is_none(), &mut access);
            comparer.settle_principals(&mut access);
            let lines = |text: &'_ str| -> BTreeSet<String> {
                if !crate::template::resources::has(text, OWN) {
                    return BTreeSet::new();
                }
                let lines = text.lines().filter(|line| line.contains(OWN));
                lines.map(str::to_owned).collect()
            };
            if lines(previous.unwrap_or_default()) != lines(expanded) {
                access.undecided.push(Undecided {
                    what: OWN.to_owned(),
                    why: "this account id is used as a placeholder for others here".to_owned(),
                    origin: None,
                    line: None,
                });
            }
        }
        Err(why) => access.undecided.push(Undecided {
            what: "every principal".to_owned(),
            why,
            origin: None,
            line: None,
        }),
    }
    access
}

/// The logical ids of accounts whose account id is another one than before.
fn renumbered(known: &AccessContext<'_>) -> BTreeSet<String> {
    let before = |name: &str| known.before?.account(name)?.account_id.as_ref();
    let accounts = known.organization.accounts.iter().filter(|account| {
        let (old, new) = (before(&account.logical_id), account.account_id.as_ref());
        old.zip(new).is_some_and(|(old, new)| old != new)
    });
    accounts.map(|account| account.logical_id.clone()).collect()
}

/// The accounts of both sides by logical id, with their ids where these are known and the same.
fn ids(
    known: &AccessContext<'_>,
    renumbered: &BTreeSet<String>,
) -> HashMap<String, Option<String>> {
    let mut ids: HashMap<String, Option<String>> = HashMap::new();
    let before = known.before.into_iter();
    for account in before
        .chain([known.organization])
        .flat_map(|organization| &organization.accounts)
    {
        let id = ids.entry(account.logical_id.clone()).or_default();
        if !renumbered.contains(&account.logical_id) {
            *id = account.account_id.clone().or(id.take());
        }
    }
    ids
}
