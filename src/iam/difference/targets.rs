//! The targets of a class of actions: where a request is looked for, and who makes it.
//!
//! In: a class, a world, the rule in question. Out: what was found for actions with the same places,
//! and patterns that people can imagine. Refuses nothing.

use foldhash::HashMap;

use crate::aws::actions::Service;
use crate::aws::partitions::partition;
use crate::iam::difference::class::{Class, Sorted};
use crate::iam::difference::classes::Candidate;
use crate::iam::difference::found::FoundTarget;
use crate::iam::difference::truth::World;
use crate::iam::difference::universe::{Home, of_types, unnamed};
use crate::iam::difference::witness::{
    Callers, search, search_callers, search_regions, search_universe,
};
use crate::iam::pattern::Glob;
use crate::iam::request::{ANYONE, RequestKind, of_anybody};
use crate::iam::search::Searched;

impl Class<'_> {
    /// A target of actions with these places; of the region that is called, if there is one.
    pub(super) fn target(
        &self,
        world: &World,
        rule: usize,
        asked: (&Service<'_>, &str, &Home),
        regions: Option<&[String]>,
    ) -> FoundTarget {
        let anywhere = || search_universe(self.rules, &world.active, rule, asked, self.reach);
        let Some(regions) = regions else {
            return FoundTarget::of(anywhere());
        };
        let found = search_regions(
            self.rules,
            &world.active,
            rule,
            asked,
            (regions, self.reach),
        );
        match found {
            (Searched::Nothing, _) => FoundTarget {
                found: anywhere(),
                region: regions.first().cloned(),
                is_elsewhere: true,
            },
            (found, region) => FoundTarget {
                found,
                region: region.map(str::to_owned),
                is_elsewhere: false,
            },
        }
    }

    /// Adds those of these actions without a resource type for which AWS may ask by an ARN that names nothing.
    pub(super) fn add_unnamed(
        &self,
        world: &World,
        rule: usize,
        candidates: &[&Candidate],
        sorted: &mut Sorted,
    ) {
        let mut found: HashMap<&str, Searched> = HashMap::default();
        for candidate in candidates {
            let name = candidate.service.as_str();
            let found = found
                .entry(name)
                .or_insert_with(|| self.unnamed(world, rule, name));
            if let Searched::Text(text) = found {
                sorted
                    .witness_unnamed
                    .get_or_insert_with(|| world.request(&candidate.name, text));
                sorted.unnamed.push(candidate.action());
            }
        }
    }

    fn unnamed(&self, world: &World, rule: usize, name: &str) -> Searched {
        let service = self.judge.reference.service(name);
        let resources = self.rules.get(rule).map(|rule| &rule.resources);
        let (Some(service), Some(resources)) = (service, resources) else {
            return Searched::Nothing;
        };
        let own = if resources.negated {
            &[]
        } else {
            resources.globs.as_slice()
        };
        let mut universe = unnamed(&service, name, (self.judge.home, own));
        if !resources.negated {
            let is_possible = |glob: &Glob| resources.globs.iter().any(|own| own.may_meet(glob));
            universe.retain(is_possible);
        }
        if universe.is_empty() {
            return Searched::Nothing;
        }
        search(self.rules, &world.active, rule, &universe)
    }

    /// A target of actions with these places that anybody may call.
    pub(super) fn called_by_anybody(
        &self,
        world: &World,
        rule: usize,
        asked: (&Service<'_>, &str, &Home),
    ) -> FoundTarget {
        let atoms = self.judge.atoms.borrow();
        let callers = Callers {
            patterns: world.callers(&atoms),
            agrees: &|caller| world.agrees_with(&atoms, caller),
        };
        let (found, is_known) = search_callers(self.rules, &world.active, rule, asked, &callers);
        // The resource is in the region of its policy, and called there.
        let own = &self.judge.home.region;
        let regions = self.regions(world, rule);
        let is_called = regions.as_ref().is_none_or(|all| all.contains(own));
        FoundTarget {
            found,
            region: regions.and_then(|all| {
                if is_called {
                    Some(own.clone())
                } else {
                    all.into_iter().next()
                }
            }),
            is_elsewhere: !is_known || !is_called,
        }
    }

    /// A target of an action that AWS may add, in one of the regions that are called, if conditions speak of that.
    pub(super) fn later_target(
        &self,
        world: &World,
        rule: usize,
        candidate: &Candidate,
        any: &Searched,
    ) -> FoundTarget {
        let any = self.of_known_types(world, rule, candidate, any);
        let regions = self.regions(world, rule);
        let Some(regions) = regions.filter(|_| any != Searched::Nothing) else {
            return FoundTarget::of(any);
        };
        let service = &candidate.service;
        let partition = partition(&self.judge.home.region);
        let named = regions
            .iter()
            .map(|region| format!("arn:{partition}:{service}:{region}:*"));
        let universe: Vec<Glob> = named
            .chain([format!("arn:{partition}:{service}::*")])
            .map(|pattern| Glob::of(&pattern))
            .chain([Glob::literal("*")])
            .collect();
        match search(self.rules, &world.active, rule, &universe) {
            Searched::Nothing => FoundTarget {
                found: any,
                region: regions.first().cloned(),
                is_elsewhere: true,
            },
            found => FoundTarget::of(found),
        }
    }

    /// A target of an action that AWS may add: if requests name a type of resource, it has the ARN of that type.
    fn of_known_types(
        &self,
        world: &World,
        rule: usize,
        candidate: &Candidate,
        any: &Searched,
    ) -> Searched {
        let service = self.judge.reference.service(&candidate.service);
        let requests = world.active.requests.as_ref();
        let (Some(service), Some(requests)) = (service, requests) else {
            return any.clone();
        };
        let asked: Option<Vec<Glob>> = requests
            .iter()
            .filter_map(|rule| self.rules.get(*rule))
            .map(|rule| of_types(&service, &rule.resources))
            .try_fold(Vec::new(), |all, of_rule| Some([all, of_rule?].concat()));
        match asked {
            Some(universe) => search(self.rules, &world.active, rule, &universe),
            None => any.clone(),
        }
    }

    /// Patterns of targets that people can imagine.
    pub(super) fn examples(&self, world: &World, candidates: &[&Candidate]) -> Vec<Glob> {
        let home = self.judge.home;
        match (self.kind, candidates.first()) {
            (RequestKind::Assume, _) => {
                let mut examples = vec![
                    Glob::of("AWS:arn:aws:iam::444455556666:role/?*"),
                    Glob::of("AWS:arn:aws:iam::?*:role/?*"),
                    Glob::of("AWS:arn:aws:iam::?*:user/?*"),
                ];
                let callers = world.callers(&self.judge.atoms.borrow());
                // Nobody assumes a role without a signature.
                let anyone = Glob::literal(ANYONE);
                examples.extend(callers.into_iter().filter(|caller| *caller != anyone));
                examples
            }
            (RequestKind::Resource, _) => {
                let any = Glob::of("?*").symbols;
                let callers = world.callers(&self.judge.atoms.borrow()).into_iter();
                callers
                    .map(|caller| Glob::new(of_anybody(&caller.symbols, &any)))
                    .collect()
            }
            (RequestKind::Call, Some(candidate)) if candidate.places.is_none() => {
                let head = format!("arn:aws:{}:{}:", candidate.service, home.region);
                let mut symbols = Glob::of(&head).symbols;
                symbols.extend(&home.account);
                symbols.extend(Glob::of(":?*").symbols);
                vec![Glob::new(symbols)]
            }
            (RequestKind::Call, _) => Vec::new(),
        }
    }
}
