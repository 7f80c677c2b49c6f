//! The statements of both sides as rules, and which of them matter.
//!
//! In: the statements of both sides. Out: [`Rules`], each different one once, and [`Active`], the
//! rules that apply to some requests, by side and effect. Refuses nothing.

use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::iam::condition::Literal;
use crate::iam::pattern::{Glob, Mode};
use crate::iam::permissions::Permissions;
use crate::iam::statement::{Effect, Grant, Patterns, Statement};
use crate::template::symbol::Symbol;

/// What a statement does to the actions it matches: all of it but these actions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PolicyRule {
    pub(super) effect: Effect,
    pub(super) resources: Patterns,
    pub(super) principals: Option<Patterns>,
    pub(super) literals: Vec<Literal>,
}

/// Rules by number.
pub(super) type RuleSet = BTreeSet<usize>;

/// Two permissions side by side, and the requests in question, if not all are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sides<S> {
    pub(super) old: Permissions<S>,
    pub(super) new: Permissions<S>,
    pub(super) requests: Option<S>,
}

/// The rules that apply to a class of actions, or those of them that hold in one world.
pub(super) type Active = Sides<RuleSet>;

/// Every statement of both sides, numbered in the order old, old boundary, new, new boundary, and
/// the requests in question last.
pub(super) struct Rules<'run> {
    grants: Vec<&'run Grant>,
    /// The statements by what they do.
    sides: Sides<Vec<usize>>,
    /// The different ones among them.
    all: Vec<PolicyRule>,
    /// The rule that each statement is.
    rule_of: Vec<usize>,
    /// The values that a request may lack.
    lacking: BTreeSet<u32>,
    /// How what the new side denies is read.
    pub(super) denied: Mode,
}

impl<'run> Rules<'run> {
    pub(super) fn new(
        lacking: BTreeSet<u32>,
        (old, new): (&'run Permissions, &'run Permissions),
        requests: Option<&'run Grant>,
    ) -> Self {
        let mut grants = Vec::new();
        let old = numbered(old, &mut grants);
        let new = numbered(new, &mut grants);
        let requests = requests.map(|requests| {
            grants.push(requests);
            vec![grants.len() - 1]
        });
        let mut rules: Vec<PolicyRule> = Vec::new();
        let mut known: HashMap<PolicyRule, usize> = HashMap::default();
        let number = |grant: &&Grant| {
            let rule = PolicyRule {
                effect: grant.effect,
                resources: grant.resources.clone(),
                principals: grant.principals.clone(),
                literals: grant.literals.clone(),
            };
            *known.entry(rule).or_insert_with_key(|rule| {
                rules.push(rule.clone());
                rules.len() - 1
            })
        };
        let rule_of = grants.iter().map(number).collect();
        Self {
            grants,
            sides: Sides { old, new, requests },
            all: rules,
            rule_of,
            lacking,
            denied: Mode::Exact,
        }
    }

    /// Whether `rule` may match nothing where `asking` matches, for want of a value in its `NotResource`. If
    /// `asking` has the same value, it matches nothing then, either.
    pub(super) fn may_be_void(&self, rule: &PolicyRule, asking: &PolicyRule) -> bool {
        if !rule.resources.negated || self.lacking.is_empty() {
            return false;
        }
        let own = |patterns: &Patterns| -> BTreeSet<u32> {
            let symbols = patterns.globs.iter().flat_map(|glob| &glob.symbols);
            symbols
                .filter_map(|symbol| match symbol {
                    Symbol::Unknown(number) if self.lacking.contains(number) => Some(*number),
                    _ => None,
                })
                .collect()
        };
        let asked = if asking.resources.negated {
            own(&asking.resources)
        } else {
            BTreeSet::new()
        };
        !own(&rule.resources).is_subset(&asked)
    }

    /// The same rules, by the same numbers, with other resource patterns.
    pub(super) fn with_resources(&self, of: impl Fn(&Glob) -> Glob) -> Self {
        let all = self.all.iter().map(|rule| PolicyRule {
            resources: Patterns {
                negated: rule.resources.negated,
                globs: rule.resources.globs.iter().map(&of).collect(),
            },
            ..rule.clone()
        });
        Self {
            grants: self.grants.clone(),
            sides: self.sides.clone(),
            all: all.collect(),
            rule_of: self.rule_of.clone(),
            lacking: self.lacking.clone(),
            denied: self.denied,
        }
    }

    /// The same rules, where the new side denies whatever it may deny.
    pub(super) fn denying_more(&self) -> Self {
        Self {
            denied: Mode::Over,
            ..self.with_resources(Glob::clone)
        }
    }

    /// Every statement by its number.
    pub(super) fn grants(&self) -> &[&'run Grant] {
        &self.grants
    }

    /// The number of the statement of the requests in question, if not all are.
    pub(super) fn requests(&self) -> Option<usize> {
        self.sides.requests.as_ref()?.first().copied()
    }

    pub(super) fn get(&self, rule: usize) -> Option<&PolicyRule> {
        self.all.get(rule)
    }

    /// Whether a boundary limits either side.
    pub(super) fn is_bounded(&self) -> bool {
        let sides = [&self.sides.old, &self.sides.new];
        sides.iter().any(|side| side.boundary.is_some())
    }

    /// The rules of these statements, whose numbers are in order.
    pub(super) fn active(&self, statements: &[usize]) -> Active {
        self.sides.map(|own| {
            let own = own.iter().filter(|at| statements.binary_search(at).is_ok());
            own.filter_map(|at| self.rule_of.get(*at))
                .copied()
                .collect()
        })
    }

    /// Whether both sides have the same of these statements.
    pub(super) fn is_same(&self, statements: &[usize]) -> bool {
        let sides = self.sides.map(|own| -> BTreeSet<&Grant> {
            let own = own.iter().filter(|at| statements.binary_search(at).is_ok());
            own.filter_map(|at| self.grants.get(*at)).copied().collect()
        });
        sides.old == sides.new
    }

    /// The first of these statements that is `rule` and allows on the new side: its place among
    /// those that do.
    pub(super) fn first_of(&self, rule: usize, statements: &[usize]) -> Option<usize> {
        let mut new = self.sides.new.allow.iter();
        new.position(|at| {
            self.rule_of.get(*at) == Some(&rule) && statements.binary_search(at).is_ok()
        })
    }
}

/// The statements as numbers; adds them to `grants` in the order of their ids.
fn numbered<'run>(
    permissions: &'run Permissions,
    grants: &mut Vec<&'run Grant>,
) -> Permissions<Vec<usize>> {
    let mut all: Vec<&Statement> = permissions.sets().flatten().collect();
    all.sort_by_key(|statement| statement.id);
    let first = grants.len();
    grants.extend(all.iter().map(|statement| &statement.grant));
    // What a statement is read as may be several, with one id.
    let places: HashMap<*const Statement, usize> = all
        .iter()
        .enumerate()
        .map(|(at, statement)| (std::ptr::from_ref(*statement), first + at))
        .collect();
    permissions.map(|own| {
        let place = |statement: &Statement| places.get(&std::ptr::from_ref(statement)).copied();
        own.iter().filter_map(place).collect()
    })
}

impl<S> Sides<S> {
    pub(super) fn map<T>(&self, of: impl Fn(&S) -> T) -> Sides<T> {
        Sides {
            old: self.old.map(&of),
            new: self.new.map(&of),
            requests: self.requests.as_ref().map(of),
        }
    }

    /// Every set.
    pub(super) fn sets(&self) -> impl Iterator<Item = &S> {
        self.old.sets().chain(self.new.sets()).chain(&self.requests)
    }
}

impl Active {
    /// Whether the new side may allow anything more under these rules, whatever conditions say: if
    /// it has no rule that allows more, and lacks none that denies, it does not.
    pub(super) fn may_differ(&self) -> bool {
        let (old, new) = (&self.old, &self.new);
        let is_nothing = new.allow.is_empty()
            || new
                .boundary
                .as_ref()
                .is_some_and(|boundary| boundary.allow.is_empty())
            || self.requests.as_ref().is_some_and(RuleSet::is_empty);
        let is_within = new.allow.is_subset(&old.allow) && old.deny.is_subset(&new.deny);
        !(is_nothing || is_within && self.is_bounded())
    }

    /// Whether `rule` may allow anything anew. What both sides have allows the same on both, unless
    /// something that denied was removed.
    pub(super) fn asks_for(&self, rule: usize) -> bool {
        let is_same = self.old.allow.contains(&rule)
            && self.old.deny.is_subset(&self.new.deny)
            && self.is_bounded();
        self.new.allow.contains(&rule) && !is_same
    }

    /// Whether the old side's boundary allows all that the new one's does.
    pub(super) fn is_bounded(&self) -> bool {
        match (&self.old.boundary, &self.new.boundary) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(old), Some(new)) => {
                new.allow.is_subset(&old.allow) && old.deny.is_subset(&new.deny)
            }
        }
    }

    /// The rules that `keeps` accepts.
    pub(super) fn kept(&self, keeps: impl Fn(usize) -> bool) -> Self {
        self.map(|rules| rules.iter().copied().filter(|rule| keeps(*rule)).collect())
    }
}
