//! What a class of actions allows anew.
//!
//! In: the rules that apply to the actions, and the actions. Out: for each rule of the new side the
//! actions that it allows anew, with an example. Refuses nothing.

use foldhash::{HashMap, HashSet};

use crate::aws::actions::{AccessLevel, Service};
use crate::iam::difference::called::CrossRegion;
use crate::iam::difference::classes::Candidate;
use crate::iam::difference::confirm::{BothSides, Confirmation, TWO_CALLERS, exemplified};
use crate::iam::difference::found::{ClassAccess, FoundTarget, asked, without};
use crate::iam::difference::judge::Judge;
use crate::iam::difference::rules::{Active, Rules};
use crate::iam::difference::somebody::may_call;
use crate::iam::difference::truth::{World, worlds};
use crate::iam::difference::witness::search;
use crate::iam::facts::SideFacts;
use crate::iam::pattern::Glob;
use crate::iam::request::{Action, Certainty, Request, RequestKind, RequestReach, of_anybody};
use crate::iam::search::Searched;
use crate::template::symbol::Symbol;

/// A class of actions.
pub(super) struct Class<'run> {
    pub(super) judge: &'run Judge<'run>,
    pub(super) rules: &'run Rules<'run>,
    pub(super) sides: BothSides<'run>,
    pub(super) active: Active,
    pub(super) kind: RequestKind,
    pub(super) reach: RequestReach,
}

/// The actions of a class by what was found about them in one world.
#[derive(Default)]
pub(super) struct Sorted {
    sure: Vec<Action>,
    later: Vec<Action>,
    /// Only by an ARN that names nothing.
    pub(super) unnamed: Vec<Action>,
    pub(super) witness_unnamed: Option<Request>,
    given_up: Vec<Action>,
    /// Only for a resource of another region than the one that is called.
    elsewhere: Vec<Action>,
    witness: Option<(AccessLevel, Request)>,
    witness_elsewhere: Option<Request>,
}

/// What is reported if only a resource of another region shows it or, if anybody may call, only a
/// caller that the conditions contradict, or a resource of another account.
fn elsewhere(kind: RequestKind) -> Certainty {
    let why = match kind {
        RequestKind::Resource => "its caller or its resource may not fit the rest of it",
        RequestKind::Assume | RequestKind::Call => {
            "its resource would be in another region than the one that is called"
        }
    };
    Certainty::Maybe(why.to_owned())
}

impl Sorted {
    /// Whether a request with this action is a better example than the one it has.
    fn wants(&self, candidate: &Candidate) -> bool {
        let own = self.witness.as_ref();
        own.is_none_or(|(level, _)| candidate.level < *level)
    }

    /// Puts an action where what was found for it belongs.
    fn add(&mut self, world: &World, candidate: &Candidate, target: &FoundTarget) {
        let action = candidate.action();
        match &target.found {
            Searched::Nothing => {}
            Searched::GaveUp => self.given_up.push(action),
            Searched::Text(_) if candidate.places.is_none() => self.later.push(action),
            Searched::Text(text) => {
                let request = || world.request_to(target.region.as_deref(), &candidate.name, text);
                if target.is_elsewhere {
                    self.witness_elsewhere.get_or_insert_with(request);
                    self.elsewhere.push(action);
                    return;
                }
                if self.wants(candidate) {
                    self.witness = Some((candidate.level, request()));
                }
                self.sure.push(action);
            }
        }
    }
}

/// What is found for actions that AWS may ask for by an ARN that names nothing.
fn unnamed(actions: Vec<Action>, witness: Option<Request>) -> Option<ClassAccess> {
    (!actions.is_empty()).then(|| ClassAccess {
        certainty: Judge::unnamed(),
        actions,
        witness,
    })
}

impl<'run> Class<'run> {
    /// The rules that allow something anew, each with what.
    pub(super) fn new_access(&self, candidates: &[Candidate]) -> Vec<(usize, ClassAccess)> {
        let mut all = Vec::new();
        if !self.active.may_differ() {
            return all;
        }
        let mut rules: Vec<usize> = self.active.new.allow.iter().copied().collect();
        // A new statement is reported before existing ones.
        rules.sort_by_key(|rule| self.active.old.allow.contains(rule));
        let worlds = worlds(
            &self.judge.atoms.borrow(),
            self.rules,
            (&self.active, self.kind),
        );
        for rule in rules {
            let mut done: HashSet<String> = HashSet::default();
            let mut doubtful = Vec::new();
            for world in &worlds {
                if !world.active.asks_for(rule) || self.is_excluded(world, rule) {
                    continue;
                }
                let left: Vec<&Candidate> = candidates
                    .iter()
                    .filter(|candidate| !done.contains(&candidate.name))
                    .collect();
                if left.is_empty() {
                    break;
                }
                for access in self.new_access_in(world, rule, &left) {
                    let found = match self.confirmed(rule, access) {
                        Ok(access) if !self.has_arn_within(&access) => vec![Ok(access)],
                        Ok(access) | Err(access) => self.by_names(world, rule, &left, access),
                    };
                    for access in found {
                        // Another example may show it for certain, or another world.
                        let (sure, doubt) = match access {
                            Ok(access) => (without(access, &doubtful), None),
                            Err(access) => (
                                self.shown_otherwise(world, rule, &left, &access),
                                Some(access),
                            ),
                        };
                        if let Some(sure) = sure {
                            done.extend(sure.actions.iter().map(|action| action.name.clone()));
                            all.push((rule, sure));
                        }
                        doubtful.extend(doubt);
                    }
                }
            }
            for mut access in doubtful {
                access
                    .actions
                    .retain(|action| done.insert(action.name.clone()));
                if !access.actions.is_empty() {
                    all.push((rule, access));
                }
            }
        }
        all
    }

    /// Whether the rule lets nobody assume anything in this world.
    fn is_excluded(&self, world: &World, rule: usize) -> bool {
        let rule = self.rules.get(rule);
        self.kind == RequestKind::Assume
            && rule.is_some_and(|rule| world.excludes(&self.judge.atoms.borrow(), rule))
    }

    /// What these actions of `access` allow anew for certain, by another example.
    fn shown_otherwise(
        &self,
        world: &World,
        rule: usize,
        candidates: &[&Candidate],
        access: &ClassAccess,
    ) -> Option<ClassAccess> {
        let candidates = asked(candidates, access);
        let by = |rules: &Rules<'_>| {
            let class = Class {
                rules,
                active: self.active.clone(),
                ..*self
            };
            let found = class.new_access_in(world, rule, &candidates);
            let found = found.into_iter().map(|access| self.confirmed(rule, access));
            let mut sure = found.filter_map(Result::ok);
            sure.find(|access| access.certainty == Certainty::Certain)
        };
        // One that no Deny covers, whatever it speaks of.
        let apart = self.denies_unknown().then(|| self.rules.denying_more());
        let apart = apart.as_ref().and_then(by);
        // One in which each variable has a value that nothing speaks of.
        apart.or_else(|| self.with_variables().as_ref().and_then(by))
    }

    /// What is left of `access`, of which the example is none, by the names that the file gives its
    /// resources. They are what the resources are called, so what is not found by them is not there.
    fn by_names(
        &self,
        world: &World,
        rule: usize,
        candidates: &[&Candidate],
        access: ClassAccess,
    ) -> Vec<Result<ClassAccess, ClassAccess>> {
        let Some(rules) = self.with_names() else {
            return vec![Err(access)];
        };
        let class = Class {
            rules: &rules,
            active: self.active.clone(),
            ..*self
        };
        let found = class.new_access_in(world, rule, &asked(candidates, &access));
        let found = found.into_iter();
        found.map(|access| class.confirmed(rule, access)).collect()
    }

    /// Whether the target of the example is no ARN: one that stands for a reference is within it.
    fn has_arn_within(&self, access: &ClassAccess) -> bool {
        let facts = self.sides.new.facts;
        if facts.values.is_empty() {
            return false;
        }
        let arn = Glob::literal("arn:").symbols;
        let is_arn = |symbol: &Symbol| {
            let value = facts.value(*symbol);
            value.is_some_and(|value| value.starts_with(&arn))
        };
        let target = access.witness.iter().flat_map(|request| &request.target);
        target.skip(1).any(is_arn)
    }

    /// The rules with the names that the file gives its resources, if they are the same on both sides
    /// and some rule refers to one.
    fn with_names(&self) -> Option<Rules<'run>> {
        let (old, new) = (self.sides.old, self.sides.new);
        let is_same = |number: &u32, value: &Vec<Symbol>| {
            old.permissions.allow.is_empty() || old.facts.values.get(number) == Some(value)
        };
        if new.facts.values.is_empty() {
            return None;
        }
        let values = new.facts.values.iter();
        let values = values.filter(|(number, value)| is_same(number, value));
        let facts = SideFacts {
            values: values
                .map(|(number, value)| (*number, value.clone()))
                .collect(),
            ..SideFacts::default()
        };
        self.with_patterns(|glob| Glob {
            symbols: facts.filled(&glob.symbols),
            ignores_case: glob.ignores_case,
            extent: glob.extent,
        })
    }

    /// Whether the new side denies resources or callers that are not known.
    fn denies_unknown(&self) -> bool {
        let new = &self.active.new;
        let boundary = new.boundary.iter().flat_map(|bounds| &bounds.deny);
        let mut denies = new.deny.iter().chain(boundary);
        denies.any(|rule| {
            self.rules.get(*rule).is_some_and(|rule| {
                let patterns = rule.principals.iter().chain([&rule.resources]);
                patterns.flat_map(|own| &own.globs).any(Glob::has_unknown)
            })
        })
    }

    /// The rules with an example for each variable, if there are some.
    fn with_variables(&self) -> Option<Rules<'run>> {
        let atoms = self.judge.atoms.borrow();
        self.with_patterns(|glob| exemplified(&atoms, glob))
    }

    /// The rules with other patterns of resources, if one of those that apply is another one then.
    fn with_patterns(&self, of: impl Fn(&Glob) -> Glob) -> Option<Rules<'run>> {
        let rules = self.rules.with_resources(of);
        let mut rules_at = self.active.sets().flatten();
        let is_other = rules_at.any(|at| {
            let (own, filled) = (self.rules.get(*at), rules.get(*at));
            own.map(|rule| &rule.resources) != filled.map(|rule| &rule.resources)
        });
        is_other.then_some(rules)
    }

    /// The access with an example that one side allows and the other does not; if there is none, as
    /// a "maybe". What is not certain stays as it is.
    fn confirmed(&self, rule: usize, mut access: ClassAccess) -> Result<ClassAccess, ClassAccess> {
        if access.certainty == Judge::unnamed() {
            // Another world may show a resource that there is.
            return Err(access);
        }
        let is_nobody = |request: &Request| !may_call(&request.target);
        if self.kind == RequestKind::Assume && access.witness.as_ref().is_some_and(is_nobody) {
            access.witness = None;
            if access.certainty == Certainty::Certain {
                access.certainty = Certainty::Maybe(TWO_CALLERS.to_owned());
                return Err(access);
            }
        }
        let (Certainty::Certain, Some(witness)) = (&access.certainty, &access.witness) else {
            return Ok(access);
        };
        let atoms = self.judge.atoms.borrow();
        let confirmation = Confirmation {
            atoms: &atoms,
            sides: self.sides,
            rules: self.rules,
            active: &self.active,
            kind: self.kind,
        };
        match confirmation.of(rule, witness) {
            Ok(witness) => Ok(ClassAccess {
                witness: Some(witness),
                ..access
            }),
            Err(why) => Err(ClassAccess {
                certainty: Certainty::Maybe(why),
                ..access
            }),
        }
    }

    fn new_access_in(
        &self,
        world: &World,
        rule: usize,
        candidates: &[&Candidate],
    ) -> Vec<ClassAccess> {
        let search = |pattern: Glob| search(self.rules, &world.active, rule, &[pattern]);
        // If nothing at all is new, no universe has to be examined.
        let mut any = search(match self.kind {
            RequestKind::Resource => {
                let any = Glob::of("*").symbols;
                Glob::new(of_anybody(&any, &any))
            }
            RequestKind::Assume | RequestKind::Call => Glob::of("*"),
        });
        if any == Searched::Nothing {
            return Vec::new();
        }
        // A request that people can imagine, if there is one.
        let mut found = self.examples(world, candidates).into_iter().map(search);
        if let Some(example) = found.find(|found| self.is_imaginable(world, found)) {
            any = example;
        }
        let sorted = self.sorted(world, rule, candidates, &any);
        let mut all = Vec::new();
        let is_sure = !sorted.sure.is_empty();
        if is_sure {
            all.push(ClassAccess {
                certainty: world.certainty.clone(),
                actions: sorted.sure,
                witness: sorted.witness.map(|(_, request)| request),
            });
        }
        if !sorted.elsewhere.is_empty() {
            all.push(ClassAccess {
                certainty: elsewhere(self.kind),
                actions: sorted.elsewhere,
                witness: sorted.witness_elsewhere,
            });
        }
        all.extend(unnamed(sorted.unnamed, sorted.witness_unnamed));
        if let (Some(action), Searched::Text(target), false) = (sorted.later.first(), &any, is_sure)
        {
            all.push(ClassAccess {
                certainty: self.judge.later(),
                witness: Some(world.request(&action.name, target)),
                actions: sorted.later,
            });
        }
        if !sorted.given_up.is_empty() {
            all.push(ClassAccess {
                certainty: Certainty::Maybe("its patterns are too many to compare".to_owned()),
                actions: sorted.given_up,
                witness: None,
            });
        }
        all
    }

    /// Whether a target was found that is one of this world, if it is a caller.
    fn is_imaginable(&self, world: &World, found: &Searched) -> bool {
        let Searched::Text(text) = found else {
            return false;
        };
        let is_caller = self.kind == RequestKind::Assume;
        !is_caller || world.agrees_with(&self.judge.atoms.borrow(), text)
    }

    /// Looks for a target of each action; `any` is what was found for any target.
    fn sorted(
        &self,
        world: &World,
        rule: usize,
        candidates: &[&Candidate],
        any: &Searched,
    ) -> Sorted {
        let mut services: HashMap<&str, Option<Service<'_>>> = HashMap::default();
        let mut answers: HashMap<(&str, &str), FoundTarget> = HashMap::default();
        let mut sorted = Sorted::default();
        let mut nowhere: Vec<&Candidate> = Vec::new();
        let is_all = self.kind == RequestKind::Call && self.allows_all(world, rule);
        let regions = self.regions(world, rule);
        let is_passed_over = self.judge.cross_region == CrossRegion::PassedOver;
        for candidate in candidates {
            if is_all && candidate.places.is_some() && !sorted.wants(candidate) {
                sorted.sure.push(candidate.action());
                continue;
            }
            let target = match (&candidate.places, self.kind) {
                (None, RequestKind::Call) => self.later_target(world, rule, candidate, any),
                (None, _) | (_, RequestKind::Assume) => FoundTarget::of(any.clone()),
                (Some(places), kind) => {
                    let name = candidate.service.as_str();
                    let reference = self.judge.reference;
                    let service = services
                        .entry(name)
                        .or_insert_with(|| reference.service(name));
                    let answer = answers.entry((name, places)).or_insert_with(|| {
                        service.as_ref().map_or_else(
                            || FoundTarget::of(Searched::Nothing),
                            |service| {
                                let asked = (service, places.as_str(), self.judge.home);
                                match kind {
                                    RequestKind::Resource => {
                                        self.called_by_anybody(world, rule, asked)
                                    }
                                    _ => self.target(world, rule, asked, regions.as_deref()),
                                }
                            },
                        )
                    });
                    if places == "*" && answer.found == Searched::Nothing {
                        nowhere.push(*candidate);
                    }
                    answer.clone()
                }
            };
            if !(target.is_elsewhere && is_passed_over) {
                sorted.add(world, candidate, &target);
            }
        }
        if self.kind == RequestKind::Call && !is_passed_over {
            self.add_unnamed(world, rule, &nowhere, &mut sorted);
        }
        sorted
    }

    /// The regions that requests may call, if conditions of the world speak of that.
    pub(super) fn regions(&self, world: &World, rule: usize) -> Option<Vec<String>> {
        let rule = self.rules.get(rule)?;
        world.regions(&self.judge.atoms.borrow(), rule, self.judge.home)
    }

    /// Whether the rule allows every resource, and nothing was allowed before.
    fn allows_all(&self, world: &World, rule: usize) -> bool {
        let (old, new) = (&world.active.old, &world.active.new);
        let is_all = |rule: usize| {
            let rule = self.rules.get(rule).map(|rule| &rule.resources);
            rule.is_some_and(|rule| !rule.negated && rule.globs.iter().any(Glob::is_any))
        };
        let was_nothing = old.allow.is_empty()
            || old
                .boundary
                .as_ref()
                .is_some_and(|bounds| bounds.allow.is_empty());
        let is_bounded = new.boundary.as_ref().is_some_and(|bounds| {
            !bounds.deny.is_empty() || !bounds.allow.iter().any(|rule| is_all(*rule))
        });
        // Those about every resource are about what the rule allows.
        let requests = world.active.requests.as_ref();
        was_nothing
            && is_all(rule)
            && new.deny.is_empty()
            && !is_bounded
            && requests.is_none_or(|requests| requests.iter().any(|rule| is_all(*rule)))
    }
}
