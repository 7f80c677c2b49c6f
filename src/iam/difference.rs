//! Two sets of statements to what the second gives and the first does not.
//!
//! In: the [`Side`]s of one principal. Out: [`Gain`]s: for each statement of the new side the
//! actions that it gives anew, with a witness. Deny wins over Allow, and a boundary must allow,
//! too.
//!
//! Actions are taken class by class: those that the same statements speak about are decided
//! together. What matters of a class is which statements only one side has; most classes are done
//! by looking at that. The rest is a search for a text (`glob`) under each truth of the atoms of
//! conditions (`condition`).
//!
//! The hard thing is to err on one side only. Where something is not known, the new side may
//! allow too much and the old side too little; where a search is given up, the answer is "maybe".

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::aws::actions::AccessLevel;
use crate::aws::actions::{Reference, Service};

use crate::iam::condition::{Atoms, Context, Literal, Test};
use crate::iam::document::{Grant, Patterns, Statement};
use crate::iam::pattern::{Found, Glob, Machine, Mode, Symbol};
use crate::iam::universe::{Home, universe};

/// What applies to one principal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Side {
    /// Its policies or, where assuming is asked for, its trust policy.
    pub(crate) statements: Vec<Statement>,
    /// Its permissions boundary.
    pub(crate) boundary: Option<Vec<Statement>>,
}

/// What kind of requests are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Requests of the principal.
    Do,
    /// Requests to become it.
    Assume,
}

/// What is needed to decide.
pub(crate) struct Judge<'run> {
    pub(crate) reference: &'run Reference,
    pub(crate) atoms: &'run RefCell<Atoms>,
    pub(crate) home: &'run Home,
}

/// How sure a finding is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Certainty {
    /// The witness was refused, and is allowed.
    Certain,
    /// It could not be decided, and why.
    Maybe(String),
}

/// An action with its level.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action {
    /// What it does.
    pub level: AccessLevel,
    /// For example `s3:GetObject`.
    pub name: String,
}

/// What one statement gives anew.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gain {
    /// Index of the statement on the new side.
    pub(crate) statement: usize,
    pub(crate) certainty: Certainty,
    pub(crate) actions: Vec<Action>,
    pub(crate) witness: Option<Request>,
}

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) action: String,
    pub(crate) target: Vec<Symbol>,
    pub(crate) context: Context,
    /// The truth of the atoms that were looked at.
    pub(crate) literals: Vec<Literal>,
}

/// The most atoms of one class of actions of which every truth is tried.
pub(crate) const ATOMS: usize = 12;

/// What a grant does within a class: all but its actions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Rule {
    allows: bool,
    resources: Patterns,
    literals: Vec<Literal>,
}

/// Statements of both sides, with the rules they are.
struct Rules {
    rules: Vec<Rule>,
    /// The rule of each statement: old, old boundary, new, new boundary.
    layers: [Vec<usize>; 4],
}

const OLD: usize = 0;
const OLD_LIMIT: usize = 1;
const NEW: usize = 2;
const NEW_LIMIT: usize = 3;

/// An action to decide about.
#[derive(Clone, Debug)]
struct Candidate {
    name: String,
    level: AccessLevel,
    service: String,
    /// Where in the service's patterns; `None` for an action that the reference does not have.
    places: Option<String>,
}

impl Judge<'_> {
    /// What `new` gives and `old` does not.
    pub(crate) fn gains(&self, old: &Side, new: &Side, ask: Ask) -> Vec<Gain> {
        if old == new || new.statements.is_empty() {
            return Vec::new();
        }
        let none = Vec::new();
        let layers = [
            &old.statements,
            old.boundary.as_ref().unwrap_or(&none),
            &new.statements,
            new.boundary.as_ref().unwrap_or(&none),
        ];
        let rules = Rules::of(layers);
        let limits = (old.boundary.is_some(), new.boundary.is_some());
        let classes = self.classes(layers, &rules, limits, ask);
        let mut gains: BTreeMap<(usize, Certainty), Gain> = BTreeMap::new();
        for (active, candidates) in classes {
            let class = Class::new(self, &rules, &active, limits);
            for (at, found) in class.gains(&candidates, ask) {
                // The class knows rules; the first statement that is this rule gets the credit.
                let Some(statement) = statement_of(&rules, &active, at) else {
                    continue;
                };
                let gain = gains
                    .entry((statement, found.certainty.clone()))
                    .or_insert_with(|| Gain {
                        statement,
                        certainty: found.certainty,
                        actions: Vec::new(),
                        witness: None,
                    });
                gain.actions.extend(found.actions);
                let (own, other) = (
                    weight(&gain.actions, gain.witness.as_ref()),
                    weight(&gain.actions, found.witness.as_ref()),
                );
                if own.is_none() || (other.is_some() && other < own) {
                    gain.witness = found.witness;
                }
            }
        }
        let mut gains: Vec<Gain> = gains.into_values().collect();
        // What is there already goes before what may come.
        let later = self.later();
        let told: HashSet<usize> = gains
            .iter()
            .filter(|gain| gain.certainty != later)
            .map(|gain| gain.statement)
            .collect();
        gains.retain(|gain| gain.certainty != later || !told.contains(&gain.statement));
        for gain in &mut gains {
            gain.actions.sort();
            gain.actions.dedup();
        }
        gains
    }

    /// What is said of a statement that covers nothing but actions of later days.
    fn later(&self) -> Certainty {
        let date = self.reference.date();
        Certainty::Maybe(format!("it covers actions that AWS did not have on {date}"))
    }

    /// The actions on which the sides may differ, by the statements that speak about them.
    fn classes(
        &self,
        layers: [&Vec<Statement>; 4],
        rules: &Rules,
        limits: (bool, bool),
        ask: Ask,
    ) -> BTreeMap<Vec<(usize, usize)>, Vec<Candidate>> {
        let statements: Vec<(usize, usize, &Statement)> = layers
            .iter()
            .enumerate()
            .flat_map(|(layer, statements)| {
                let statements = statements.iter().enumerate();
                statements.map(move |(at, statement)| (layer, at, statement))
            })
            .collect();
        let matchers: Vec<Matcher<'_>> = statements
            .iter()
            .map(|(_, _, statement)| Matcher::of(&statement.grant.actions))
            .collect();
        let mut services: BTreeSet<String> = BTreeSet::new();
        let mut is_wide = false;
        for matcher in &matchers {
            services.extend(matcher.services.iter().cloned());
            is_wide |= matcher.is_wide;
        }
        let mut classes: BTreeMap<Vec<(usize, usize)>, Vec<Candidate>> = BTreeMap::new();
        let mut known: HashMap<Vec<(usize, usize)>, bool> = HashMap::new();
        // Says which statements speak about the last candidate by which anything may be gained.
        let mut sort = |candidates: Vec<Candidate>, relevant: &[usize]| {
            let mut last = None;
            for candidate in candidates {
                let name: Vec<Symbol> = candidate.name.chars().map(Symbol::Char).collect();
                let lower = candidate.name.to_ascii_lowercase();
                let active: Vec<(usize, usize)> = relevant
                    .iter()
                    .filter(|at| {
                        matchers
                            .get(**at)
                            .is_some_and(|matcher| matcher.matches(&lower, &name))
                    })
                    .filter_map(|at| statements.get(*at))
                    .map(|(layer, at, _)| (*layer, *at))
                    .collect();
                let may = *known
                    .entry(active.clone())
                    .or_insert_with(|| may_gain(rules, &active, limits));
                if may {
                    last = Some(active.clone());
                    classes.entry(active).or_default().push(candidate);
                }
            }
            last
        };
        for service in &services {
            if ask == Ask::Assume && service != "sts" {
                continue;
            }
            let relevant: Vec<usize> = matchers
                .iter()
                .enumerate()
                .filter(|(_, matcher)| matcher.concerns(service))
                .map(|(at, _)| at)
                .collect();
            if is_same(&statements, &relevant, limits) {
                continue;
            }
            let patterns: BTreeSet<&Glob> = relevant
                .iter()
                .filter_map(|at| matchers.get(*at))
                .flat_map(|matcher| matcher.of_service(service))
                .collect();
            sort(self.candidates(service, &patterns), &relevant);
        }
        let wide: Vec<usize> = matchers
            .iter()
            .enumerate()
            .filter(|(_, matcher)| matcher.is_wide)
            .map(|(at, _)| at)
            .collect();
        if is_wide && !is_same(&statements, &wide, limits) {
            // All other services are one to these statements: decide about one action of each.
            let relevant = wide;
            let is_odd = matchers.iter().any(|matcher| matcher.is_odd);
            if ask == Ask::Assume {
                if !services.contains("sts") {
                    sort(self.candidates("sts", &BTreeSet::new()), &relevant);
                }
            } else {
                let other = Candidate {
                    name: "anotherservice:AnotherAction".to_owned(),
                    level: AccessLevel::Unknown,
                    service: String::new(),
                    places: None,
                };
                let names = self.reference.names();
                let rest = names.into_iter().filter(|name| !services.contains(*name));
                if is_odd {
                    for name in rest {
                        sort(self.candidates(name, &BTreeSet::new()), &relevant);
                    }
                } else if let Some(active) = sort(vec![other], &relevant) {
                    // The same statements speak about all of them.
                    let class = classes.entry(active).or_default();
                    for name in rest {
                        class.extend(self.candidates(name, &BTreeSet::new()));
                    }
                }
            }
        }
        classes
    }

    /// The actions of a service, and one for each pattern that the reference may not have yet.
    fn candidates(&self, service: &str, patterns: &BTreeSet<&Glob>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        let mut known: HashSet<String> = HashSet::new();
        if let Some(found) = self.reference.service(service) {
            for action in &found.actions {
                let name = format!("{service}:{}", action.name);
                known.insert(name.to_ascii_lowercase());
                let is_pass = name == "iam:PassRole";
                candidates.push(Candidate {
                    level: if is_pass {
                        AccessLevel::PassRole
                    } else {
                        action.level
                    },
                    name,
                    service: service.to_owned(),
                    places: Some(action.places.to_owned()),
                });
            }
        }
        let more = patterns.iter().map(|glob| {
            let spelled = glob.symbols.iter().map(|symbol| match symbol {
                Symbol::Any => "AnotherAction".to_owned(),
                Symbol::Char(c) => c.to_string(),
                _ => "x".to_owned(),
            });
            spelled.collect::<String>()
        });
        for name in more.chain([format!("{service}:AnotherAction")]) {
            if known.insert(name.to_ascii_lowercase()) {
                candidates.push(Candidate {
                    name,
                    level: AccessLevel::Unknown,
                    service: service.to_owned(),
                    places: None,
                });
            }
        }
        candidates
    }
}

/// Whether these statements are the same ones on both sides.
fn is_same(
    statements: &[(usize, usize, &Statement)],
    relevant: &[usize],
    (old_limit, new_limit): (bool, bool),
) -> bool {
    let of = |layer: usize| -> BTreeSet<&Grant> {
        let relevant = relevant.iter().filter_map(|at| statements.get(*at));
        let own = relevant.filter(|(of, ..)| *of == layer);
        own.map(|(_, _, statement)| &statement.grant).collect()
    };
    old_limit == new_limit && of(OLD) == of(NEW) && of(OLD_LIMIT) == of(NEW_LIMIT)
}

/// The level of the action that is asked for.
fn weight(actions: &[Action], request: Option<&Request>) -> Option<AccessLevel> {
    let request = request?;
    let mut actions = actions.iter();
    actions
        .find(|action| action.name == request.action)
        .map(|action| action.level)
}

/// The first statement of the new side that is active and the rule `rule`.
fn statement_of(rules: &Rules, active: &[(usize, usize)], rule: usize) -> Option<usize> {
    let mut new = active.iter().filter(|(layer, _)| *layer == NEW);
    new.find(|(_, at)| rules.layer(NEW).get(*at) == Some(&rule))
        .map(|(_, at)| *at)
}

/// Action patterns, ready to be asked often.
struct Matcher<'a> {
    patterns: &'a Patterns,
    /// Whole names, in lower case.
    names: HashSet<String>,
    /// Patterns with wildcards.
    wild: Vec<&'a Glob>,
    /// The services that it names.
    services: BTreeSet<String>,
    /// Whether it speaks about services that it does not name.
    is_wide: bool,
    /// Whether it tells these services apart.
    is_odd: bool,
}

impl<'a> Matcher<'a> {
    fn of(patterns: &'a Patterns) -> Self {
        let mut matcher = Self {
            patterns,
            names: HashSet::new(),
            wild: Vec::new(),
            services: BTreeSet::new(),
            is_wide: patterns.negated,
            is_odd: false,
        };
        for glob in &patterns.globs {
            let text: String = glob
                .symbols
                .iter()
                .map(|symbol| match symbol {
                    Symbol::Char(c) => c.to_ascii_lowercase(),
                    Symbol::One => '?',
                    _ => '*',
                })
                .collect();
            match text.split_once(':') {
                Some((service, _)) if !service.contains(['*', '?']) => {
                    matcher.services.insert(service.to_owned());
                }
                _ => {
                    matcher.is_wide = true;
                    matcher.is_odd |= !glob.is_any();
                }
            }
            if glob.is_wild() {
                matcher.wild.push(glob);
            } else {
                matcher.names.insert(text);
            }
        }
        matcher
    }

    fn matches(&self, lower: &str, name: &[Symbol]) -> bool {
        let matches = self.names.contains(lower) || self.wild.iter().any(|glob| glob.matches(name));
        matches != self.patterns.negated
    }

    fn concerns(&self, service: &str) -> bool {
        self.is_wide || self.services.contains(service)
    }

    /// Its patterns that are of the service.
    fn of_service(&self, service: &str) -> impl Iterator<Item = &'a Glob> {
        let prefix: Vec<Symbol> = format!("{service}:").chars().map(Symbol::Char).collect();
        self.patterns.globs.iter().filter(move |glob| {
            let own = glob.symbols.iter().zip(&prefix);
            glob.symbols.len() > prefix.len()
                && own.into_iter().all(|pair| match pair {
                    (Symbol::Char(a), Symbol::Char(b)) => a.eq_ignore_ascii_case(b),
                    _ => false,
                })
        })
    }
}

impl Rules {
    fn of(layers: [&Vec<Statement>; 4]) -> Self {
        let mut rules: Vec<Rule> = Vec::new();
        let mut known: HashMap<Rule, usize> = HashMap::new();
        let layers = layers.map(|statements| {
            statements
                .iter()
                .map(|statement| {
                    let rule = Rule {
                        allows: statement.grant.allows,
                        resources: statement.grant.resources.clone(),
                        literals: statement.grant.literals.clone(),
                    };
                    *known.entry(rule).or_insert_with_key(|rule| {
                        rules.push(rule.clone());
                        rules.len() - 1
                    })
                })
                .collect()
        });
        Self { rules, layers }
    }

    fn layer(&self, layer: usize) -> &[usize] {
        self.layers.get(layer).map_or(&[], Vec::as_slice)
    }

    fn get(&self, rule: usize) -> Option<&Rule> {
        self.rules.get(rule)
    }

    /// The rules of a layer that are active, allowing or not.
    fn active(&self, active: &[(usize, usize)], layer: usize, allows: bool) -> BTreeSet<usize> {
        active
            .iter()
            .filter(|(of, _)| *of == layer)
            .filter_map(|(_, at)| self.layer(layer).get(*at))
            .copied()
            .filter(|rule| self.get(*rule).is_some_and(|rule| rule.allows == allows))
            .collect()
    }
}

/// Whether a class with these active statements may give something anew, whatever conditions say.
fn may_gain(rules: &Rules, active: &[(usize, usize)], limits: (bool, bool)) -> bool {
    // With conditions, a rule that both sides have is true on both.
    Active::of(rules, active).may_differ(limits)
}

/// The rules that are active in a class, or of them under one truth of the atoms.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
struct Active {
    old_allow: BTreeSet<usize>,
    old_deny: BTreeSet<usize>,
    old_limit_allow: BTreeSet<usize>,
    old_limit_deny: BTreeSet<usize>,
    new_allow: BTreeSet<usize>,
    new_deny: BTreeSet<usize>,
    new_limit_allow: BTreeSet<usize>,
    new_limit_deny: BTreeSet<usize>,
}

impl Active {
    fn of(rules: &Rules, active: &[(usize, usize)]) -> Self {
        let of = |layer, allows| rules.active(active, layer, allows);
        Self {
            old_allow: of(OLD, true),
            old_deny: of(OLD, false),
            old_limit_allow: of(OLD_LIMIT, true),
            old_limit_deny: of(OLD_LIMIT, false),
            new_allow: of(NEW, true),
            new_deny: of(NEW, false),
            new_limit_allow: of(NEW_LIMIT, true),
            new_limit_deny: of(NEW_LIMIT, false),
        }
    }

    /// Whether the new side may allow anything more under these rules: where it has no rule that
    /// allows more, and lacks none that refuses, it does not.
    fn may_differ(&self, limits: (bool, bool)) -> bool {
        let (_, new_limit) = limits;
        if self.new_allow.is_empty() || (new_limit && self.new_limit_allow.is_empty()) {
            return false;
        }
        let is_within =
            self.new_allow.is_subset(&self.old_allow) && self.old_deny.is_subset(&self.new_deny);
        !(is_within && self.is_limited(limits))
    }

    /// Whether `rule` may give something anew. What both sides have gives the same on both, unless
    /// something that refused is gone.
    fn asks_for(&self, rule: usize, limits: (bool, bool)) -> bool {
        let is_same = self.old_allow.contains(&rule)
            && self.old_deny.is_subset(&self.new_deny)
            && self.is_limited(limits);
        self.new_allow.contains(&rule) && !is_same
    }

    /// Whether the old side's boundary allows all that the new one's does.
    fn is_limited(&self, (old_limit, new_limit): (bool, bool)) -> bool {
        !old_limit
            || (new_limit
                && self.new_limit_allow.is_subset(&self.old_limit_allow)
                && self.old_limit_deny.is_subset(&self.new_limit_deny))
    }

    fn parts(&self) -> [&BTreeSet<usize>; 8] {
        [
            &self.old_allow,
            &self.old_deny,
            &self.old_limit_allow,
            &self.old_limit_deny,
            &self.new_allow,
            &self.new_deny,
            &self.new_limit_allow,
            &self.new_limit_deny,
        ]
    }

    fn kept(&self, keeps: impl Fn(usize) -> bool) -> Self {
        let kept =
            |part: &BTreeSet<usize>| part.iter().copied().filter(|rule| keeps(*rule)).collect();
        Self {
            old_allow: kept(&self.old_allow),
            old_deny: kept(&self.old_deny),
            old_limit_allow: kept(&self.old_limit_allow),
            old_limit_deny: kept(&self.old_limit_deny),
            new_allow: kept(&self.new_allow),
            new_deny: kept(&self.new_deny),
            new_limit_allow: kept(&self.new_limit_allow),
            new_limit_deny: kept(&self.new_limit_deny),
        }
    }
}

/// A class of actions.
struct Class<'run> {
    judge: &'run Judge<'run>,
    rules: &'run Rules,
    active: Active,
    /// Whether there is a boundary, on the old and on the new side.
    limits: (bool, bool),
    atoms: Vec<usize>,
}

/// What a class gives anew by one rule.
struct ClassGain {
    certainty: Certainty,
    actions: Vec<Action>,
    witness: Option<Request>,
}

/// How one search ended.
enum Answer {
    Witness(Vec<Symbol>),
    No,
    GaveUp,
}

impl<'run> Class<'run> {
    fn new(
        judge: &'run Judge<'run>,
        rules: &'run Rules,
        active: &[(usize, usize)],
        limits: (bool, bool),
    ) -> Self {
        let active = Active::of(rules, active);
        let mut atoms: BTreeSet<usize> = BTreeSet::new();
        for rule in active.parts().into_iter().flatten() {
            if let Some(rule) = rules.get(*rule) {
                atoms.extend(rule.literals.iter().map(|literal| literal.atom));
            }
        }
        Self {
            judge,
            rules,
            active,
            limits,
            atoms: atoms.into_iter().collect(),
        }
    }

    /// The rules that give something anew, each with what.
    fn gains(&self, candidates: &[Candidate], ask: Ask) -> Vec<(usize, ClassGain)> {
        let mut gains = Vec::new();
        let mut rules: Vec<usize> = self.active.new_allow.iter().copied().collect();
        // A statement that is new gets the credit before those that were there.
        rules.sort_by_key(|rule| self.active.old_allow.contains(rule));
        if !self.active.may_differ(self.limits) {
            return gains;
        }
        let worlds = self.worlds();
        for rule in rules {
            let mut found: Vec<ClassGain> = Vec::new();
            let mut done: HashSet<String> = HashSet::new();
            for world in &worlds {
                if !world.active.asks_for(rule, self.limits) {
                    continue;
                }
                let left: Vec<&Candidate> = candidates
                    .iter()
                    .filter(|candidate| !done.contains(&candidate.name))
                    .collect();
                if left.is_empty() {
                    break;
                }
                for gain in self.gains_in(world, rule, &left, ask) {
                    done.extend(gain.actions.iter().map(|action| action.name.clone()));
                    found.push(gain);
                }
            }
            gains.extend(found.into_iter().map(|gain| (rule, gain)));
        }
        gains
    }

    /// The truths of the atoms under which something may differ, surest first.
    fn worlds(&self) -> Vec<World> {
        if self.atoms.len() > ATOMS {
            return self.worlds_by_statement();
        }
        let atoms = self.judge.atoms.borrow();
        let mut worlds: Vec<World> = Vec::new();
        let mut seen: HashSet<Active> = HashSet::new();
        let mut truths: Vec<(usize, u32)> = (0..1u32 << self.atoms.len())
            .map(|truth| {
                let doubts = self.atoms.iter().enumerate().filter(|(bit, atom)| {
                    let holds = truth & (1 << bit) != 0;
                    match atoms.get(**atom).map(|atom| &atom.test) {
                        Some(Test::Policy { is_limit }) => holds != *is_limit,
                        _ => false,
                    }
                });
                (doubts.count(), truth)
            })
            .collect();
        truths.sort_unstable();
        for (_, truth) in truths {
            let literals: Vec<Literal> = self
                .atoms
                .iter()
                .enumerate()
                .map(|(bit, atom)| Literal {
                    atom: *atom,
                    holds: truth & (1 << bit) != 0,
                })
                .collect();
            let active = self.active.kept(|rule| {
                self.rules
                    .get(rule)
                    .is_some_and(|rule| rule.literals.iter().all(|own| literals.contains(own)))
            });
            if !active.may_differ(self.limits) || seen.contains(&active) {
                continue;
            }
            let Some(context) = atoms.context(&literals) else {
                continue;
            };
            seen.insert(active.clone());
            worlds.push(World {
                certainty: doubt(&atoms, &literals),
                active,
                literals,
                context,
            });
        }
        worlds
    }

    /// Where there are too many atoms: for each new rule, as if it alone said when it holds.
    fn worlds_by_statement(&self) -> Vec<World> {
        let atoms = self.judge.atoms.borrow();
        let literals = |rule: usize| {
            let rule = self.rules.get(rule);
            rule.map_or(Vec::new(), |rule| rule.literals.clone())
        };
        let why = format!("more than {ATOMS} conditions speak about these actions");
        let mut worlds = Vec::new();
        for rule in &self.active.new_allow {
            let given = literals(*rule);
            // It surely holds, or surely does not.
            let holds = |rule: usize| {
                literals(rule).iter().all(|own| {
                    given.iter().any(|given| {
                        given == own
                            || (given.holds && own.holds && atoms.implies(given.atom, own.atom))
                    })
                })
            };
            let fails = |rule: usize| {
                literals(rule).iter().any(|own| {
                    given
                        .iter()
                        .any(|given| given.atom == own.atom && given.holds != own.holds)
                })
            };
            let sure = self.active.kept(holds);
            let possible = self.active.kept(|rule| !fails(rule));
            let active = Active {
                old_deny: possible.old_deny,
                old_limit_deny: possible.old_limit_deny,
                new_limit_allow: possible.new_limit_allow,
                new_allow: BTreeSet::from([*rule]),
                ..sure
            };
            if active.may_differ(self.limits) {
                worlds.push(World {
                    certainty: Certainty::Maybe(why.clone()),
                    active,
                    literals: given,
                    context: Context::new(),
                });
            }
        }
        worlds
    }

    fn gains_in(
        &self,
        world: &World,
        rule: usize,
        candidates: &[&Candidate],
        ask: Ask,
    ) -> Vec<ClassGain> {
        // If nothing at all is gained, no universe has to be looked at.
        let mut all = self.search(world, rule, &[Glob::of("*")]);
        if matches!(all, Answer::No) {
            return Vec::new();
        }
        // A request that people can imagine, if there is one.
        for text in self.examples(candidates, ask) {
            if let found @ Answer::Witness(_) = self.search(world, rule, &[Glob::of(&text)]) {
                all = found;
                break;
            }
        }
        let mut services: HashMap<&str, Option<Service<'_>>> = HashMap::new();
        let mut answers: HashMap<(&str, &str), Answer> = HashMap::new();
        let mut sure: Vec<Action> = Vec::new();
        let mut later: Vec<Action> = Vec::new();
        let mut given_up: Vec<Action> = Vec::new();
        let mut witness: Option<(AccessLevel, Request)> = None;
        let is_all = ask == Ask::Do && self.gives_all(world, rule);
        for candidate in candidates {
            let action = Action {
                level: candidate.level,
                name: candidate.name.clone(),
            };
            let is_weightier = witness
                .as_ref()
                .is_none_or(|(level, _)| candidate.level < *level);
            if is_all && candidate.places.is_some() && !is_weightier {
                sure.push(action);
                continue;
            }
            let answer = match (&candidate.places, ask) {
                (None, _) | (_, Ask::Assume) => &all,
                (Some(places), Ask::Do) => {
                    let key = (candidate.service.as_str(), places.as_str());
                    let service = services
                        .entry(&candidate.service)
                        .or_insert_with(|| self.judge.reference.service(&candidate.service));
                    answers.entry(key).or_insert_with(|| {
                        self.search_universe(world, rule, service.as_ref(), places)
                    })
                }
            };
            match answer {
                Answer::No => {}
                Answer::GaveUp => given_up.push(action),
                Answer::Witness(_) if candidate.places.is_none() => later.push(action),
                Answer::Witness(target) => {
                    if is_weightier {
                        let request = world.request(&candidate.name, target);
                        witness = Some((candidate.level, request));
                    }
                    sure.push(action);
                }
            }
        }
        let mut gains = Vec::new();
        if !sure.is_empty() {
            gains.push(ClassGain {
                certainty: world.certainty.clone(),
                actions: sure,
                witness: witness.map(|(_, request)| request),
            });
        } else if let (Some(action), Answer::Witness(target)) = (later.first(), &all) {
            gains.push(ClassGain {
                certainty: self.judge.later(),
                witness: Some(world.request(&action.name, target)),
                actions: later,
            });
        }
        if !given_up.is_empty() {
            gains.push(ClassGain {
                certainty: Certainty::Maybe("its patterns are too many to compare".to_owned()),
                actions: given_up,
                witness: None,
            });
        }
        gains
    }

    fn examples(&self, candidates: &[&Candidate], ask: Ask) -> Vec<String> {
        let home = self.judge.home;
        match (ask, candidates.first()) {
            (Ask::Assume, _) => vec![
                "AWS:arn:aws:iam::444455556666:role/?*".to_owned(),
                "AWS:arn:aws:iam::?*:role/?*".to_owned(),
                "AWS:arn:aws:iam::?*:user/?*".to_owned(),
            ],
            (Ask::Do, Some(candidate)) if candidate.places.is_none() => vec![format!(
                "arn:aws:{}:{}:{}:?*",
                candidate.service, home.region, home.account
            )],
            (Ask::Do, _) => Vec::new(),
        }
    }

    /// Whether the rule gives every resource, and nothing was allowed before.
    fn gives_all(&self, world: &World, rule: usize) -> bool {
        let active = &world.active;
        let (old_limit, new_limit) = self.limits;
        let is_all = |rule: usize| {
            let rule = self.rules.get(rule).map(|rule| &rule.resources);
            rule.is_some_and(|rule| !rule.negated && rule.globs.iter().any(Glob::is_any))
        };
        let was_nothing =
            active.old_allow.is_empty() || (old_limit && active.old_limit_allow.is_empty());
        let is_limited = new_limit
            && !(active.new_limit_deny.is_empty()
                && active.new_limit_allow.iter().any(|rule| is_all(*rule)));
        was_nothing && is_all(rule) && active.new_deny.is_empty() && !is_limited
    }

    fn search_universe(
        &self,
        world: &World,
        rule: usize,
        service: Option<&Service<'_>>,
        places: &str,
    ) -> Answer {
        let Some(service) = service else {
            return Answer::No;
        };
        let mut answer = Answer::No;
        for universe in universe(service, places, self.judge.home) {
            if universe.is_empty() {
                continue;
            }
            match self.search(world, rule, &universe) {
                Answer::No => {}
                Answer::GaveUp => answer = Answer::GaveUp,
                found @ Answer::Witness(_) => return found,
            }
        }
        answer
    }

    /// The patterns of the asked rule that have to be looked at.
    fn own<'a>(&'a self, active: &Active, asked: &'a Patterns) -> Vec<&'a Glob> {
        let is_allowed = active.old_deny.is_subset(&active.new_deny)
            && active.is_limited(self.limits)
            && !asked.negated;
        let mut old: HashSet<&Glob> = HashSet::new();
        if is_allowed {
            let rules = active
                .old_allow
                .iter()
                .filter_map(|rule| self.rules.get(*rule));
            let rules = rules.filter(|rule| !rule.resources.negated);
            old.extend(rules.flat_map(|rule| &rule.resources.globs));
        }
        asked
            .globs
            .iter()
            .filter(|glob| !old.contains(glob))
            .collect()
    }

    /// A text of the universe that `rule` gives in this world, and the old side does not.
    fn search(&self, world: &World, rule: usize, universe: &[Glob]) -> Answer {
        let active = &world.active;
        let Some(asked) = self.rules.get(rule).map(|rule| &rule.resources) else {
            return Answer::No;
        };
        // What an allowing rule of the old side has word by word is nothing new, and what has
        // nothing in common with the rest does not matter.
        let own = self.own(active, asked);
        if own.is_empty() && !asked.negated {
            return Answer::No;
        }
        let meets = |glob: &&Glob| asked.negated || own.iter().any(|own| own.may_meet(glob));
        let mut question = Question::default();
        let universe = question.group(universe.iter(), Mode::Over);
        let mut of = |rules: &BTreeSet<usize>, over: bool| -> Vec<(Vec<usize>, bool)> {
            let rules = rules.iter().filter_map(|rule| self.rules.get(*rule));
            rules
                .map(|rule| {
                    let negated = rule.resources.negated;
                    // What is over-read as a whole has its negation read exactly, and the reverse.
                    let mode = if over == negated {
                        Mode::Exact
                    } else {
                        Mode::Over
                    };
                    let globs = rule.resources.globs.iter();
                    let globs = globs.filter(|glob| negated || meets(glob));
                    (question.group(globs, mode), !negated)
                })
                .collect()
        };
        let only = |rules: &BTreeSet<usize>, other: &BTreeSet<usize>| -> BTreeSet<usize> {
            rules.difference(other).copied().collect()
        };
        let new_deny = of(&active.new_deny, false);
        let new_limit_allow = of(&active.new_limit_allow, true);
        let new_limit_deny = of(&active.new_limit_deny, false);
        let old_allow = of(&active.old_allow, false);
        // A rule that refuses on both sides is none that the old side has alone.
        let old_deny = of(&only(&active.old_deny, &active.new_deny), true);
        let old_limit_allow = of(&active.old_limit_allow, false);
        let old_limit_deny = of(&only(&active.old_limit_deny, &active.new_limit_deny), true);
        let (old_limit, new_limit) = self.limits;
        // Where the new boundary allows nothing of its own, what it allows the old one allowed.
        let old_limit = old_limit && !active.is_limited(self.limits);
        let any = |matches: &[bool], rules: &[(Vec<usize>, bool)]| {
            rules.iter().any(|(group, positive)| {
                let mut group = group.iter();
                group.any(|at| matches.get(*at) == Some(&true)) == *positive
            })
        };
        let mut must = vec![universe.clone()];
        let universe = [(universe, true)];
        // The asked rule is read exactly: what it allows through something unknown, it allows
        // through its symbol, and but for what it names, it allows all it might.
        let own = question.group(own.into_iter(), Mode::Exact);
        if !asked.negated {
            must.push(own.clone());
        }
        let own = [(own, !asked.negated)];
        let machine = Machine::new(&question.patterns);
        let found = machine.find(&must, |matches| {
            any(matches, &universe)
                && any(matches, &own)
                && !any(matches, &new_deny)
                && (!new_limit
                    || (any(matches, &new_limit_allow) && !any(matches, &new_limit_deny)))
                && !(any(matches, &old_allow)
                    && !any(matches, &old_deny)
                    && (!old_limit
                        || (any(matches, &old_limit_allow) && !any(matches, &old_limit_deny))))
        });
        match found {
            Found::Text(text) => Answer::Witness(text),
            Found::Nothing => Answer::No,
            Found::GaveUp => Answer::GaveUp,
        }
    }
}

/// Patterns of one search, each once.
#[derive(Default)]
struct Question<'a> {
    patterns: Vec<(&'a Glob, Mode)>,
}

impl<'a> Question<'a> {
    /// The places of these patterns, read so.
    fn group(&mut self, globs: impl Iterator<Item = &'a Glob>, mode: Mode) -> Vec<usize> {
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

/// One truth of the atoms.
struct World {
    certainty: Certainty,
    active: Active,
    literals: Vec<Literal>,
    context: Context,
}

impl World {
    fn request(&self, action: &str, target: &[Symbol]) -> Request {
        Request {
            action: action.to_owned(),
            target: target.to_vec(),
            context: self.context.clone(),
            literals: self.literals.clone(),
        }
    }
}

/// Whether a truth depends on policies whose text is not known.
fn doubt(atoms: &Atoms, literals: &[Literal]) -> Certainty {
    let doubts: Vec<&str> = literals
        .iter()
        .filter_map(|literal| {
            let atom = atoms.get(literal.atom)?;
            match atom.test {
                Test::Policy { is_limit } if literal.holds != is_limit => Some(atom.shown.as_str()),
                _ => None,
            }
        })
        .collect();
    match doubts.first() {
        None => Certainty::Certain,
        Some(name) => Certainty::Maybe(format!("what `{name}` says is not known")),
    }
}
