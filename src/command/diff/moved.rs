//! Principals that move from one template of a call to another.
//!
//! In: the outputs of a run, each with who gains and who loses access to what it creates. Out: the same, in
//! which a principal that one output no longer creates and another one does is compared with itself.
//! Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::command::diff::renamed::renamed;
use crate::command::diff::texts::{OutputTexts, context, macros_of};
use crate::diff::access::changes::{Access, Fate};
use crate::diff::access::{
    AccessContext, MovedPrincipal, ReadPair, access_of, access_without, moved_access, one_sided,
};
use crate::expand::model::plan::MacroPlan;

/// The principals that move, by the outputs that they leave and join.
type MovedKeys = BTreeMap<(usize, usize), BTreeSet<MovedPrincipal>>;

/// Compares principals that move between `pairs` with themselves: in `accesses`, what will be there, and in
/// `presents`, what is there instead.
pub(super) fn pair_moved(
    pairs: &[&OutputTexts],
    accesses: &mut [Access],
    presents: &mut [Option<Access>],
) {
    pair_renamed(pairs, accesses, presents);
    let mut moved = moved_keys(pairs, accesses);
    let mut found: Vec<(usize, [Option<Access>; 2])> = Vec::new();
    moved.retain(|(from, to), keys| {
        let (Some(from), Some(into)) = (pairs.get(*from), pairs.get(*to)) else {
            return false;
        };
        let texts = [Some(into.expanded_closed()), into.present_closed()];
        let access = texts.map(|text| of_moved(from, (into, text?), keys));
        let is_known = access[0].is_some() && access[1].is_some() == texts[1].is_some();
        if is_known {
            found.push((*to, access));
        }
        is_known
    });
    let mut without: BTreeMap<usize, BTreeSet<MovedPrincipal>> = BTreeMap::new();
    for ((from, to), keys) in moved {
        let of_from = without.entry(from).or_default();
        of_from.extend(keys.iter().cloned());
        without.entry(to).or_default().extend(keys);
    }
    for (at, keys) in without {
        let Some(pair) = pairs.get(at) else { continue };
        if let Some(access) = accesses.get_mut(at) {
            *access = of_others((pair, pair.expanded_closed()), &keys);
        }
        if let (Some(Some(access)), Some(text)) = (presents.get_mut(at), pair.present_closed()) {
            *access = of_others((pair, text), &keys);
        }
    }
    for (at, [expanded, present]) in found {
        let own = [
            accesses.get_mut(at),
            presents.get_mut(at).and_then(Option::as_mut),
        ];
        for (own, moved) in own.into_iter().zip([expanded, present]) {
            if let (Some(own), Some(moved)) = (own, moved) {
                own.principals.extend(moved.principals);
                own.undecided.extend(moved.undecided);
                own.recreated.extend(moved.recreated);
            }
        }
    }
}

/// Compares templates whose stacks have the name of those of a template that is gone with that one: OrgFormation updates
/// these stacks, whatever the template is called (`src/cfn-binder/cfn-task-provider.ts`).
fn pair_renamed(pairs: &[&OutputTexts], accesses: &mut [Access], presents: &mut [Option<Access>]) {
    for (from, into) in renamed(pairs) {
        let (Some(old), Some(new)) = (pairs.get(from), pairs.get(into)) else {
            continue;
        };
        let texts = [Some(new.expanded_closed()), new.present_closed()];
        let [expanded, present] = texts.map(|text| of_renamed(old, (new, text?)));
        let is_known = expanded.is_some() && present.is_some() == texts[1].is_some();
        if let (true, Some(expanded)) = (is_known, expanded) {
            for (at, access) in [(from, Access::default()), (into, expanded)] {
                if let Some(own) = accesses.get_mut(at) {
                    *own = access;
                }
            }
            if let Some(own) = presents.get_mut(into) {
                *own = present;
            }
        }
    }
}

/// Who gains and who loses access as `from` becomes `into`, whose text is `text`; `None` if that is not known.
fn of_renamed(from: &OutputTexts, (into, text): (&OutputTexts, &str)) -> Option<Access> {
    let macros = macros_of(into);
    let known = context_between(from, into, &macros)?;
    let read = ReadPair::read(from.previous_closed(), text, &known);
    read.is_known().then(|| access_of(&read, &known))
}

/// The principals that exactly one output removes and exactly one other output adds.
fn moved_keys(pairs: &[&OutputTexts], accesses: &[Access]) -> MovedKeys {
    let sides = |fate: Fate| {
        let mut outputs: BTreeMap<MovedPrincipal, Option<usize>> = BTreeMap::new();
        for (at, (pair, access)) in pairs.iter().zip(accesses).enumerate() {
            let Some(sides) = &pair.sides else { continue };
            for key in one_sided(access, fate, &context(pair, sides, &[])) {
                let known = outputs.entry(key).or_insert(Some(at));
                *known = known.filter(|known| *known == at);
            }
        }
        outputs
    };
    let (removed, added) = (sides(Fate::Removed), sides(Fate::Added));
    let mut moved = MovedKeys::new();
    for (key, from) in removed {
        let to = added.get(&key).copied().flatten();
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            moved.entry((from, to)).or_default().insert(key);
        }
    }
    moved
}

/// What is known of the previous text of `from` and the new one of `into`.
pub(super) fn context_between<'run>(
    from: &'run OutputTexts,
    into: &'run OutputTexts,
    macros: &'run [(&'run MacroPlan, usize)],
) -> Option<AccessContext<'run>> {
    let (before, now) = (from.sides.as_ref()?, into.sides.as_ref()?);
    Some(AccessContext {
        before: from.before().or(Some(&from.organization)),
        renamed: Some(&from.renamed.names),
        task_before: Some(&before.task_before),
        ..context(into, now, macros)
    })
}

/// What principals gain and lose that leave `from` and join `into`, whose text is `text`.
fn of_moved(
    from: &OutputTexts,
    (into, text): (&OutputTexts, &str),
    keys: &BTreeSet<MovedPrincipal>,
) -> Option<Access> {
    let macros = macros_of(into);
    let known = context_between(from, into, &macros)?;
    // A file that is only renamed has the same text.
    let read = ReadPair::read(from.previous_closed(), text, &known);
    moved_access(&read, &known, keys)
}

/// Who gains and who loses access in `pair`, whose text is `text`, apart from those that move.
fn of_others((pair, text): (&OutputTexts, &str), keys: &BTreeSet<MovedPrincipal>) -> Access {
    let Some(sides) = &pair.sides else {
        return Access::default();
    };
    let macros = macros_of(pair);
    let known = context(pair, sides, &macros);
    let read = ReadPair::of(pair.previous_closed(), text, &known);
    let access = read.map(|read| access_without(&read, &known, keys));
    access.unwrap_or_default()
}
