//! Which conditions of a template can hold together.
//!
//! In: the section `Conditions`, and the conditions that decide about policies. Out: [`ConditionCase`]s: as far as that
//! is known, all that can be. Of many conditions, they are those in which nearly all hold, or nearly none. Refuses
//! nothing: a condition that cannot be read may hold or not.

use std::collections::{BTreeMap, BTreeSet};

use crate::lint::policies::branches::ConditionCase;
use crate::template::display::shown;
use crate::template::value::Data;

/// So many comparisons are tried in all ways.
const MOST_COMPARED: usize = 5;
/// So many cases are looked at: all of that many comparisons.
const MOST_CASES: usize = 32;

/// The cases that are looked at.
pub(super) struct LookedAtCases {
    pub(super) found: Vec<ConditionCase>,
    /// Whether there are no others.
    pub(super) are_all: bool,
}

/// A condition.
enum ConditionRule {
    /// What is compared, by its place; of what is not understood, its name.
    Compared(usize),
    Not(Box<ConditionRule>),
    All(Vec<ConditionRule>),
    Any(Vec<ConditionRule>),
    Always(bool),
}

/// What conditions compare.
#[derive(Default)]
struct Comparisons {
    /// The two sides of each; one of what is not understood.
    all: Vec<Vec<Data>>,
}

/// The cases of the conditions `named`, of a template with these `Conditions`.
pub(super) fn cases(section: Option<&Data>, named: &BTreeSet<String>) -> LookedAtCases {
    let mut compared = Comparisons::default();
    let rules: Vec<(&String, ConditionRule)> = named
        .iter()
        .map(|name| (name, compared.named(section, name, &mut Vec::new())))
        .collect();
    let mut found: Vec<ConditionCase> = Vec::new();
    for values in compared.values() {
        if compared.is_impossible(&values) {
            continue;
        }
        let holds = rules
            .iter()
            .map(|(name, rule)| ((*name).clone(), rule.holds(&values)));
        let case = ConditionCase::new(holds.collect::<BTreeMap<String, bool>>());
        if !found.contains(&case) {
            found.push(case);
        }
    }
    let are_all = compared.all.len() <= MOST_COMPARED && found.len() <= MOST_CASES;
    found.truncate(MOST_CASES);
    LookedAtCases { found, are_all }
}

impl Comparisons {
    fn named(
        &mut self,
        section: Option<&Data>,
        name: &str,
        path: &mut Vec<String>,
    ) -> ConditionRule {
        let written = section.and_then(|section| section.get(name));
        let is_circle = path.iter().any(|own| own == name);
        let Some(written) = written.filter(|_| !is_circle) else {
            return self.compared(vec![Data::Text(name.to_owned())]);
        };
        path.push(name.to_owned());
        let rule = self.rule(section, written, path);
        path.pop();
        rule
    }

    fn rule(
        &mut self,
        section: Option<&Data>,
        data: &Data,
        path: &mut Vec<String>,
    ) -> ConditionRule {
        if let Some(Data::Text(name)) = data.get("Condition") {
            return self.named(section, name, path);
        }
        let function = |name: &str| data.get(name).map(Data::items);
        if let Some(sides) = function("Fn::Equals") {
            return match sides {
                [Data::Text(first), Data::Text(second)] => ConditionRule::Always(first == second),
                sides => self.compared(sides.to_vec()),
            };
        }
        let mut each = |parts: &[Data]| -> Vec<ConditionRule> {
            let parts = parts.iter();
            parts.map(|part| self.rule(section, part, path)).collect()
        };
        if let Some(parts) = function("Fn::And") {
            return ConditionRule::All(each(parts));
        }
        if let Some(parts) = function("Fn::Or") {
            return ConditionRule::Any(each(parts));
        }
        if let Some([part]) = function("Fn::Not") {
            let part = self.rule(section, part, path);
            return ConditionRule::Not(Box::new(part));
        }
        self.compared(vec![Data::Text(shown(data))])
    }

    fn compared(&mut self, sides: Vec<Data>) -> ConditionRule {
        let mut sides = sides;
        sides.sort_by_key(shown);
        let known = self.all.iter().position(|own| *own == sides);
        ConditionRule::Compared(known.unwrap_or_else(|| {
            self.all.push(sides);
            self.all.len() - 1
        }))
    }

    /// What each comparison may give: first all of them alike.
    fn values(&self) -> Vec<Vec<bool>> {
        let count = self.all.len();
        let mut found = vec![vec![true; count], vec![false; count]];
        if count <= MOST_COMPARED {
            let bits = |number: usize| (0..count).map(|at| number >> at & 1 == 1).collect();
            found.extend((0..1 << count).map(bits));
            return found;
        }
        for at in 0..count {
            for like in [true, false] {
                found.push((0..count).map(|own| (own == at) != like).collect());
            }
        }
        found
    }

    /// Whether one side would be equal to two texts.
    fn is_impossible(&self, values: &[bool]) -> bool {
        let equal = self.all.iter().zip(values).filter(|(_, holds)| **holds);
        let equal: Vec<(&Data, &str)> = equal
            .filter_map(|(sides, _)| match sides.as_slice() {
                [Data::Text(text), other] | [other, Data::Text(text)] => Some((other, &**text)),
                _ => None,
            })
            .collect();
        equal.iter().any(|(side, text)| {
            let mut others = equal.iter();
            others.any(|(other, value)| other == side && value != text)
        })
    }
}

impl ConditionRule {
    fn holds(&self, values: &[bool]) -> bool {
        match self {
            ConditionRule::Compared(at) => values.get(*at).copied().unwrap_or(true),
            ConditionRule::Not(part) => !part.holds(values),
            ConditionRule::All(parts) => parts.iter().all(|part| part.holds(values)),
            ConditionRule::Any(parts) => parts.iter().any(|part| part.holds(values)),
            ConditionRule::Always(holds) => *holds,
        }
    }
}
