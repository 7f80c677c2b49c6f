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

pub mod changes;
mod comparer;
mod decide;
mod held;
mod identity;
mod limiting;
mod limits;
mod origin;
mod pair;
mod parameters;
mod permission;
mod properties;
mod published;
mod resource_policies;
mod role_name;
mod running;
pub mod scope;
mod sections;
mod settle;
mod settled;
mod statements;
mod unattached;
mod unexamined;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::aws::actions::reference;
use crate::diff::access::changes::{Access, Undecided};
use crate::diff::access::comparer::{Comparer, ScopePair};
use crate::diff::access::limits::Limits;
use crate::diff::access::scope::{FileScope, TagUse, TaskFacts, is_same_organization};
use crate::diff::access::settled::Settled;
use crate::template::resolve::OWN;
use crate::template::resources::{File, Scopes, Store};
use crate::yaml::nunjucks::nunjucks;

pub use crate::diff::access::comparer::AccessContext;

/// Who gains and who loses access between the `previous` text of a generated file and the
/// `expanded` one. Without a previous text everything is gained.
pub fn access(previous: Option<&str>, expanded: &str, known: &AccessContext<'_>) -> Access {
    let mut access = Access::default();
    let renumbered = renumbered(known);
    let limits = Limits::of(known.before, known.organization);
    let is_same_around = known.task == known.task_before.or(known.task)
        && limits.is_empty()
        && is_same_organization(known.organization_before(), known.organization);
    if previous == Some(expanded) && renumbered.is_empty() && is_same_around {
        return access;
    }
    reference().date().clone_into(&mut access.reference);
    let accounts = ids(known, &renumbered);
    let mut store = Store::new(&accounts);
    let files = files(&mut store, previous.unwrap_or_default(), expanded, known);
    access.undecided = renumbered
        .iter()
        .map(|name| {
            undecided(
                format!("account {name}"),
                "its account id changed: the same policies are about another account",
            )
        })
        .collect();
    if is_rendered(known, [previous.unwrap_or_default(), expanded]) {
        access.undecided.push(undecided(
            "the file",
            "its task renders it with nunjucks first, and what that gives is not known",
        ));
    }
    match files {
        Ok((old, new, scopes)) => {
            let mut comparer = Comparer::new((&old, &new), known, &scopes, &accounts);
            comparer.settled = Settled::between(previous.unwrap_or_default(), expanded);
            comparer.limits = limits;
            comparer.compare(previous.is_none(), &mut access);
            comparer.resource_policies(&mut access);
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
            if lines(previous.unwrap_or_default()) != lines(expanded) {
                access.undecided.push(undecided(
                    OWN,
                    "this account id is used as a placeholder for others here",
                ));
            }
        }
        Err(why) => access.undecided.push(undecided("every principal", why)),
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

/// Whether a text has marks of nunjucks and a task that renders it.
fn is_rendered(known: &AccessContext<'_>, texts: [&str; 2]) -> bool {
    let mut tasks = [known.task, known.task_before].into_iter().flatten();
    tasks.any(|task| task.rendered_with.is_some())
        && texts.into_iter().any(|text| nunjucks(text).is_some())
}

/// Both files, each with what stands for something else in it.
fn files<'text>(
    store: &mut Store<'text>,
    previous: &'text str,
    expanded: &'text str,
    known: &AccessContext<'text>,
) -> Result<(File<'text>, File<'text>, ScopePair<'text>), String> {
    let of_old = |why| format!("the previous file {why}");
    let of_new = |why| format!("the new file {why}");
    let old = store.sections(previous).map_err(of_old)?;
    let new = store.sections(expanded).map_err(of_new)?;
    let nothing = TaskFacts::default();
    let task = known.task.unwrap_or(&nothing);
    let before = known.task_before.unwrap_or(task);
    let scopes = ScopePair::new(
        FileScope::new(
            &old.others,
            known.organization_before(),
            (before, TagUse::of(previous, before)),
        ),
        FileScope::new(
            &new.others,
            known.organization,
            (task, TagUse::of(expanded, task)),
        ),
    );
    let scope = Rc::clone(&scopes.old);
    let none = File::default();
    let old = store
        .read(old, scope, (&none, Scopes::Same))
        .map_err(of_old)?;
    let scope = Rc::clone(&scopes.new);
    let new = store.read(new, scope, (&old, scopes.compared));
    Ok((old, new.map_err(of_new)?, scopes))
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
