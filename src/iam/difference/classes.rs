//! Actions, class by class: those that the same statements match are decided together.
//!
//! In: the statements of both sides. Out: for each set of statements that may allow something
//! anew, the actions that they match. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashSet};

use crate::aws::actions::{AccessLevel, Reference};

use crate::iam::difference::rules::Rules;
use crate::iam::difference::samples::samples;
use crate::iam::pattern::Glob;
use crate::iam::request::{Action, RequestKind};
use crate::iam::statement::Patterns;
use crate::template::symbol::Symbol;

/// An action to decide about.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) level: AccessLevel,
    pub(super) service: String,
    /// Where in the service's patterns; `None` for an action that the reference does not have.
    pub(super) places: Option<String>,
}

impl Candidate {
    pub(super) fn action(&self) -> Action {
        Action {
            level: self.level,
            name: self.name.clone(),
        }
    }
}

/// The actions, by the numbers of the statements that match them.
type ByStatements = BTreeMap<Vec<usize>, Vec<Candidate>>;

/// The actions on which the sides may differ, by the statements that match them.
pub(super) fn classes(reference: &Reference, rules: &Rules<'_>, kind: RequestKind) -> ByStatements {
    let matchers = rules.grants().iter();
    let matchers: Vec<Matcher<'_>> = matchers.map(|grant| Matcher::of(&grant.actions)).collect();
    let mut classes = Classes {
        reference,
        rules,
        matchers,
        found: BTreeMap::new(),
        known: HashMap::default(),
    };
    let services: BTreeSet<String> = classes
        .matchers
        .iter()
        .flat_map(|matcher| matcher.services.iter().cloned())
        .collect();
    for service in &services {
        if (kind != RequestKind::Assume || service == "sts") && classes.is_asked_about(service) {
            classes.of_service(service);
        }
    }
    classes.of_other_services(&services, kind);
    classes.found
}

/// The classes so far.
struct Classes<'run> {
    reference: &'run Reference,
    rules: &'run Rules<'run>,
    /// For each statement.
    matchers: Vec<Matcher<'run>>,
    found: ByStatements,
    /// Whether these statements may allow something anew.
    known: HashMap<Vec<usize>, bool>,
}

impl Classes<'_> {
    /// What is asked, if not all requests are.
    fn asked(&self) -> Option<&Matcher<'_>> {
        self.rules.requests().and_then(|at| self.matchers.get(at))
    }

    /// Whether actions of this service are asked about: nothing else may differ.
    fn is_asked_about(&self, service: &str) -> bool {
        self.asked().is_none_or(|asked| asked.concerns(service))
    }

    /// The actions of a service that statements name.
    fn of_service(&mut self, service: &str) {
        let relevant = self.statements(|matcher| matcher.concerns(service));
        if self.rules.is_same(&relevant) {
            return;
        }
        let patterns: BTreeSet<&Glob> = relevant
            .iter()
            .filter_map(|at| self.matchers.get(*at))
            .flat_map(|matcher| matcher.of_service(service))
            .collect();
        self.sort(self.candidates(service, patterns), &relevant);
    }

    /// The actions of a service, and names that stand for those that the reference may not have
    /// yet. `patterns` are those that name the service.
    fn candidates(&self, service: &str, patterns: BTreeSet<&Glob>) -> Vec<Candidate> {
        let wide = self.matchers.iter().flat_map(|matcher| &matcher.odd);
        let patterns: Vec<&Glob> = patterns.into_iter().chain(wide.copied()).collect();
        let most = if self.rules.is_bounded() { 3 } else { 2 };
        candidates(self.reference, service, samples(service, &patterns, most))
    }

    /// The actions of all services that no statement names. They are one service to statements
    /// that match the actions of any: one action of each is decided about.
    fn of_other_services(&mut self, services: &BTreeSet<String>, kind: RequestKind) {
        if self.asked().is_some_and(|asked| !asked.is_wide) {
            return;
        }
        let relevant = self.statements(|matcher| matcher.is_wide);
        if relevant.is_empty() || self.rules.is_same(&relevant) {
            return;
        }
        if kind == RequestKind::Assume {
            if !services.contains("sts") {
                self.sort(self.candidates("sts", BTreeSet::new()), &relevant);
            }
            return;
        }
        let names = self.reference.names().into_iter();
        let rest = names.filter(|name| !services.contains(*name));
        if self.matchers.iter().any(|matcher| !matcher.odd.is_empty()) {
            // One service may be new, whose name no statement knows.
            let mut new = "anotherservice".to_owned();
            while services.contains(&new) {
                new.push('s');
            }
            for name in rest.chain([new.as_str()]) {
                self.sort(self.candidates(name, BTreeSet::new()), &relevant);
            }
            return;
        }
        // No pattern tells names of these services apart, so any stands for all.
        let other = Candidate {
            name: "anotherservice:AnotherAction".to_owned(),
            level: AccessLevel::Unknown,
            service: String::new(),
            places: None,
        };
        if let Some(statements) = self.sort(vec![other], &relevant) {
            // The same statements match all of them.
            let class = self.found.entry(statements).or_default();
            for name in rest {
                class.extend(candidates(self.reference, name, samples(name, &[], 1)));
            }
        }
    }

    /// The numbers of the statements whose actions are as wanted.
    fn statements(&self, is_wanted: impl Fn(&Matcher<'_>) -> bool) -> Vec<usize> {
        let matchers = self.matchers.iter().enumerate();
        let wanted = matchers.filter(|(_, matcher)| is_wanted(matcher));
        wanted.map(|(at, _)| at).collect()
    }

    /// Puts each candidate in its class, if that may allow anything anew. Returns which statements
    /// match the last such candidate.
    fn sort(&mut self, candidates: Vec<Candidate>, relevant: &[usize]) -> Option<Vec<usize>> {
        let mut last = None;
        for candidate in candidates {
            let name: Vec<Symbol> = candidate.name.chars().map(Symbol::Char).collect();
            let lower = candidate.name.to_ascii_lowercase();
            let asked = self.asked();
            if asked.is_some_and(|asked| !asked.matches(&lower, &name)) {
                continue;
            }
            let matches = |at: &&usize| {
                let matcher = self.matchers.get(**at);
                matcher.is_some_and(|matcher| matcher.matches(&lower, &name))
            };
            let statements: Vec<usize> = relevant.iter().filter(matches).copied().collect();
            // A rule that both sides have holds on both, whatever its conditions are.
            let may_differ = *self
                .known
                .entry(statements.clone())
                .or_insert_with(|| self.rules.active(&statements).may_differ());
            if may_differ {
                last = Some(statements.clone());
                self.found.entry(statements).or_default().push(candidate);
            }
        }
        last
    }
}

/// The actions of a service, and `more` that the reference does not have.
fn candidates(reference: &Reference, service: &str, more: Vec<String>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let mut known: HashSet<String> = HashSet::default();
    if let Some(found) = reference.service(service) {
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
    for name in more {
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
    /// Patterns that tell these services, or their actions, apart.
    odd: Vec<&'a Glob>,
}

impl<'a> Matcher<'a> {
    fn of(patterns: &'a Patterns) -> Self {
        let mut matcher = Self {
            patterns,
            names: HashSet::default(),
            wild: Vec::new(),
            services: BTreeSet::new(),
            is_wide: patterns.negated,
            odd: Vec::new(),
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
                    if !glob.is_any() {
                        matcher.odd.push(glob);
                    }
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
