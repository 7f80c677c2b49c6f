//! On which conditions of the template it depends who has a policy.
//!
//! In: a list that may have `Fn::If` in it. Out: its items, each with the conditions that choose it, and
//! [`Source`]s: policies that may depend on such conditions. Refuses
//! nothing: an `Fn::If` that is written otherwise stays an item.

use std::collections::{BTreeMap, BTreeSet};

use crate::template::choices::choices;
use crate::template::value::Data;

/// Conditions of the template, and whether each holds.
pub(crate) type Holding = Vec<(String, bool)>;

/// A policy that applies to a principal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Source {
    /// The resource at this place in the file.
    Resource(usize),
    /// A policy that is not in the file.
    Elsewhere(String),
    /// This one, if conditions of the template are as one of these says.
    Chosen(BTreeSet<Holding>, Box<Source>),
}

impl Source {
    /// The policy, whatever it depends on.
    pub(crate) fn policy(&self) -> &Source {
        match self {
            Source::Chosen(_, policy) => policy.policy(),
            Source::Resource(_) | Source::Elsewhere(_) => self,
        }
    }

    /// The place of its resource in the file, if it is one.
    pub(crate) fn place(&self) -> Option<usize> {
        match self.policy() {
            Source::Resource(at) => Some(*at),
            Source::Elsewhere(_) | Source::Chosen(..) => None,
        }
    }
}

/// The items of a list, or the one that stands for it, each with the conditions that choose it.
pub(super) fn chosen_items(list: &Data) -> Vec<(Holding, Data)> {
    let mut found = Vec::new();
    for item in list.items() {
        let Some(all) = choices(item) else {
            found.push((Holding::new(), item.clone()));
            continue;
        };
        for choice in all {
            // A function in place of a list returns one.
            let items = choice.data.as_ref().map(Data::items).unwrap_or_default();
            let items = items.iter();
            found.extend(items.map(|item| (choice.holding.clone(), item.clone())));
        }
    }
    found
}

/// Policies, each with the conditions of the template that give it to a principal.
#[derive(Default)]
pub(super) struct ChosenSources(BTreeMap<Source, BTreeSet<Holding>>);

impl ChosenSources {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a policy that a principal has if these conditions are so.
    pub(super) fn add(&mut self, source: &Source, holding: &Holding) {
        let all = self.0.entry(source.policy().clone()).or_default();
        match source {
            // Most depend on nothing.
            Source::Resource(_) | Source::Elsewhere(_) if holding.is_empty() => {
                all.insert(Holding::new());
            }
            _ => all.extend(ways(source).iter().filter_map(|own| both(own, holding))),
        }
    }

    /// Adds the policy of a group for a user that is in `group`.
    pub(super) fn add_of(&mut self, group: &Source, policy: &Source) {
        for holding in ways(group) {
            self.add(policy, &holding);
        }
    }

    /// The policies; one that is chosen in every case is just that.
    pub(super) fn sources(self) -> BTreeSet<Source> {
        let source = |(source, ways): (Source, BTreeSet<Holding>)| {
            let ways = merged(ways);
            match ways.first() {
                None => None,
                Some(first) if first.is_empty() => Some(source),
                Some(_) => Some(Source::Chosen(ways, Box::new(source))),
            }
        };
        self.0.into_iter().filter_map(source).collect()
    }
}

/// The cases in which a principal has a policy.
fn ways(source: &Source) -> BTreeSet<Holding> {
    match source {
        Source::Chosen(ways, _) => ways.clone(),
        Source::Resource(_) | Source::Elsewhere(_) => BTreeSet::from([Holding::new()]),
    }
}

/// What holds if both do; `None` if they contradict each other.
fn both(one: &Holding, other: &Holding) -> Option<Holding> {
    let mut all = [one.as_slice(), other.as_slice()].concat();
    all.sort_unstable();
    all.dedup();
    let is_possible = all.windows(2).all(|pair| match pair {
        [(one, _), (other, _)] => one != other,
        _ => true,
    });
    is_possible.then_some(all)
}

/// The same without a condition that may hold or not.
fn merged(mut ways: BTreeSet<Holding>) -> BTreeSet<Holding> {
    let without = |way: &Holding, at: usize| {
        let mut rest = way.clone();
        rest.remove(at);
        rest
    };
    let open = |ways: &BTreeSet<Holding>| {
        ways.iter().find_map(|way| {
            let mut places = 0..way.len();
            places.find_map(|at| {
                let mut other = way.clone();
                let condition = other.get_mut(at)?;
                condition.1 = !condition.1;
                ways.contains(&other).then(|| without(way, at))
            })
        })
    };
    while let Some(rest) = open(&ways) {
        // What is so in more cases covers what is so in fewer of them.
        ways.retain(|way| !rest.iter().all(|condition| way.contains(condition)));
        ways.insert(rest);
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::read;

    fn sources(list: &str) -> Vec<Source> {
        let list = read::of_text(list).unwrap();
        let mut found = ChosenSources::default();
        for (holding, item) in chosen_items(&list) {
            found.add(
                &Source::Elsewhere(item.text().unwrap().to_owned()),
                &holding,
            );
        }
        found.sources().into_iter().collect()
    }

    fn chosen(ways: &[&[(&str, bool)]], name: &str) -> Source {
        let way = |way: &&[(&str, bool)]| -> Holding {
            let conditions = way.iter();
            conditions
                .map(|(name, holds)| ((*name).to_owned(), *holds))
                .collect()
        };
        let ways = ways.iter().map(way).collect();
        Source::Chosen(ways, Box::new(Source::Elsewhere(name.to_owned())))
    }

    #[test]
    fn a_condition_chooses_an_item_or_a_list() {
        let both = [
            chosen(&[&[("C", false)]], "b"),
            chosen(&[&[("C", true)]], "a"),
        ];
        assert_eq!(sources("[!If [C, a, b]]"), both);
        assert_eq!(sources("!If [C, [a], [b]]"), both);
        assert_eq!(sources("!If [C, [a], b]"), both);
        let none = "[!If [C, a, !Ref AWS::NoValue]]";
        assert_eq!(sources(none), both[1..]);
    }

    #[test]
    fn what_is_chosen_in_every_case_does_not_depend() {
        let always = [Source::Elsewhere("a".to_owned())];
        assert_eq!(sources("[a]"), always);
        assert_eq!(sources("[!If [C, a, a]]"), always);
        assert_eq!(sources("[a, !If [C, a, !Ref AWS::NoValue]]"), always);
        assert_eq!(sources("!If [C, [a], !If [D, [a], [a]]]"), always);
        let two = sources("!If [C, [a], !If [D, [a], []]]");
        let ways: [&[(&str, bool)]; 2] = [&[("C", false), ("D", true)], &[("C", true)]];
        assert_eq!(two, [chosen(&ways, "a")]);
    }
}
