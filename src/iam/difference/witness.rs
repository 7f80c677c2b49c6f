//! The search for a request that the new side allows and the old one does not.
//!
//! In: a world, a rule of the new side, and the possible resources of an action. Out: a text, or
//! that there is none, or that the search was given up. Refuses nothing.
//!
//! The hard part is what is not known: the new side is read as if it allowed as much as it might,
//! and the old one as if it allowed as little.

use std::collections::HashSet;

use crate::aws::actions::Service;

use crate::iam::difference::rules::{Active, PolicyRule, RuleSet, Rules};
use crate::iam::difference::universe::{Home, in_region, universe};
use crate::iam::pattern::{Glob, Mode};
use crate::iam::permissions::{BoundaryStatements, Permissions};
use crate::iam::search::{Machine, Searched};
use crate::iam::statement::Patterns;

/// A possible target of one of these actions, which `rule` allows and the old side does
/// not.
pub(super) fn search_universe(
    rules: &Rules<'_>,
    active: &Active,
    rule: usize,
    (service, places, home): (&Service<'_>, &str, &Home),
) -> Searched {
    let mut found = Searched::Nothing;
    for universe in universe(service, places, home) {
        if universe.is_empty() {
            continue;
        }
        match search(rules, active, rule, &universe) {
            Searched::Nothing => {}
            Searched::GaveUp => found = Searched::GaveUp,
            text @ Searched::Text(_) => return text,
        }
    }
    found
}

/// The same, in one of `regions`, with the region.
pub(super) fn search_regions<'a>(
    rules: &Rules<'_>,
    active: &Active,
    rule: usize,
    (service, places, home): (&Service<'_>, &str, &Home),
    regions: &'a [String],
) -> (Searched, Option<&'a str>) {
    let mut found = Searched::Nothing;
    for region in regions {
        let there = Home {
            region: region.clone(),
            account: home.account.clone(),
        };
        for universe in in_region(service, places, &there) {
            if universe.is_empty() {
                continue;
            }
            match search(rules, active, rule, &universe) {
                Searched::Nothing => {}
                Searched::GaveUp => found = Searched::GaveUp,
                text @ Searched::Text(_) => return (text, Some(region)),
            }
        }
    }
    (found, None)
}

/// A text of the universe that `rule` allows in this world, and the old side does not.
pub(super) fn search(
    rules: &Rules<'_>,
    active: &Active,
    rule: usize,
    universe: &[Glob],
) -> Searched {
    let Some(asked) = rules.get(rule).map(|rule| &rule.resources) else {
        return Searched::Nothing;
    };
    // What an allowing rule of the old side has word by word is nothing new, and what has nothing
    // in common with the rest does not matter.
    let own = own_patterns(rules, active, asked);
    if own.is_empty() && !asked.negated {
        return Searched::Nothing;
    }
    let mut question = Question {
        patterns: Vec::new(),
        rules,
        asked: (!asked.negated).then(|| own.clone()),
    };
    let universe = PatternGroup {
        patterns: question.numbers(universe.iter(), Mode::Over),
        negated: false,
    };
    let old = question.old_side(active);
    let new = question.new_side(active, own, asked.negated);
    let requests = active.requests.as_ref();
    let requests = requests.map(|rules| question.groups(rules, Mode::Over));
    let own = new.allow.iter().filter(|group| !group.negated);
    let must: Vec<Vec<usize>> = own
        .chain([&universe])
        .map(|group| group.patterns.clone())
        .collect();
    Machine::new(&question.patterns).find(&must, |matches| {
        universe.matches(matches)
            && allows(&new, matches)
            && requests.as_ref().is_none_or(|groups| any(groups, matches))
            && !allows(&old, matches)
    })
}

/// The patterns of the rule in question that have to be examined.
fn own_patterns<'a>(rules: &'a Rules<'_>, active: &Active, asked: &'a Patterns) -> Vec<&'a Glob> {
    let is_allowed =
        active.old.deny.is_subset(&active.new.deny) && active.is_bounded() && !asked.negated;
    let mut old: HashSet<&Glob> = HashSet::new();
    if is_allowed {
        let rules = active.old.allow.iter().filter_map(|rule| rules.get(*rule));
        let rules = rules.filter(|rule| !rule.resources.negated);
        old.extend(rules.flat_map(|rule| &rule.resources.globs));
    }
    let globs = asked.globs.iter();
    globs.filter(|glob| !old.contains(glob)).collect()
}

/// The rules that `other` does not have.
fn only(rules: &RuleSet, other: &RuleSet) -> RuleSet {
    rules.difference(other).copied().collect()
}

/// The patterns of one rule in a search.
struct PatternGroup {
    /// Their numbers.
    patterns: Vec<usize>,
    negated: bool,
}

impl PatternGroup {
    /// Whether the rule is about a text, by which patterns match it.
    fn matches(&self, matches: &[bool]) -> bool {
        let mut patterns = self.patterns.iter();
        patterns.any(|at| matches.get(*at) == Some(&true)) != self.negated
    }
}

fn any(groups: &[PatternGroup], matches: &[bool]) -> bool {
    groups.iter().any(|group| group.matches(matches))
}

fn allows(permissions: &Permissions<Vec<PatternGroup>>, matches: &[bool]) -> bool {
    let boundary = permissions.boundary.as_ref();
    any(&permissions.allow, matches)
        && !any(&permissions.deny, matches)
        && boundary.is_none_or(|bounds| any(&bounds.allow, matches) && !any(&bounds.deny, matches))
}

/// Patterns of one search, each once.
struct Question<'a> {
    patterns: Vec<(&'a Glob, Mode)>,
    rules: &'a Rules<'a>,
    /// The patterns of which a text must match one, if it is known that it must.
    asked: Option<Vec<&'a Glob>>,
}

impl<'a> Question<'a> {
    /// The old side, which allows what it allows for sure.
    fn old_side(&mut self, active: &Active) -> Permissions<Vec<PatternGroup>> {
        let (old, new) = (&active.old, &active.new);
        // If the new boundary allows nothing of its own, what it allows the old one allowed.
        let bounds = old.boundary.as_ref().filter(|_| !active.is_bounded());
        let nothing = RuleSet::new();
        let denied = new.boundary.as_ref().map_or(&nothing, |new| &new.deny);
        Permissions {
            allow: self.groups(&old.allow, Mode::Exact),
            // A rule that denies on both sides is not one that only the old side has.
            deny: self.groups(&only(&old.deny, &new.deny), Mode::Over),
            boundary: bounds.map(|bounds| BoundaryStatements {
                allow: self.groups(&bounds.allow, Mode::Exact),
                deny: self.groups(&only(&bounds.deny, denied), Mode::Over),
            }),
        }
    }

    /// The new side, which allows what it may allow, by these patterns of the rule in question.
    fn new_side(
        &mut self,
        active: &Active,
        own: Vec<&'a Glob>,
        negated: bool,
    ) -> Permissions<Vec<PatternGroup>> {
        let new = &active.new;
        Permissions {
            // The rule in question is read exactly: what it allows through something unknown, it
            // allows through its symbol, and but for what it names, it allows all it might.
            allow: vec![PatternGroup {
                patterns: self.numbers(own.into_iter(), Mode::Exact),
                negated,
            }],
            deny: self.groups(&new.deny, Mode::Exact),
            boundary: new.boundary.as_ref().map(|bounds| BoundaryStatements {
                allow: self.groups(&bounds.allow, Mode::Over),
                deny: self.groups(&bounds.deny, Mode::Exact),
            }),
        }
    }

    /// The patterns of these rules, which are read that way as a whole.
    fn groups(&mut self, rules: &RuleSet, mode: Mode) -> Vec<PatternGroup> {
        let rules = rules.iter().filter_map(|rule| self.rules.get(*rule));
        rules.map(|rule| self.group(rule, mode)).collect()
    }

    fn group(&mut self, rule: &'a PolicyRule, mode: Mode) -> PatternGroup {
        let negated = rule.resources.negated;
        // What is over-read as a whole has its negation read exactly, and the reverse.
        let mode = if negated { mode.opposite() } else { mode };
        let asked = self.asked.take();
        let meets = |glob: &&Glob| {
            let asked = asked.as_ref().filter(|_| !negated);
            asked.is_none_or(|asked| asked.iter().any(|own| own.may_meet(glob)))
        };
        let patterns = self.numbers(rule.resources.globs.iter().filter(meets), mode);
        self.asked = asked;
        PatternGroup { patterns, negated }
    }

    /// The numbers of these patterns, read that way.
    fn numbers(&mut self, globs: impl Iterator<Item = &'a Glob>, mode: Mode) -> Vec<usize> {
        globs
            .map(|glob| {
                let known = self
                    .patterns
                    .iter()
                    .position(|known| *known == (glob, mode));
                known.unwrap_or_else(|| {
                    self.patterns.push((glob, mode));
                    self.patterns.len() - 1
                })
            })
            .collect()
    }
}
