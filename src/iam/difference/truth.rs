//! Which conditions hold together: the worlds in which one class of actions is examined.
//!
//! In: the rules of a class. Out: [`World`]s, each a truth of the atoms of conditions under which
//! the sides may differ, with the rules that hold in it. If there are too many atoms, each new rule
//! is read as if it alone decided when it holds, and what is found is a "maybe". Refuses nothing.

use std::collections::BTreeSet;

use foldhash::HashMap;

use crate::iam::condition::{Atom, Atoms, Context, Literal, Test};
use crate::iam::difference::called;
use crate::iam::difference::callers::{agrees, callers, excludes, is_about_arn};
use crate::iam::difference::rules::{Active, PolicyRule, RuleSet, Rules};
use crate::iam::difference::universe::Home;
use crate::iam::pattern::Glob;
use crate::iam::permissions::{BoundaryStatements, Permissions};
use crate::iam::request::{Certainty, Request, RequestKind};
use crate::template::symbol::Symbol;

/// The most atoms of one class of actions of which every truth is tried.
const ATOMS: usize = 12;

/// One truth of the atoms.
pub(super) struct World {
    pub(super) certainty: Certainty,
    pub(super) active: Active,
    literals: Vec<Literal>,
    context: Context,
}

impl World {
    fn is_certain(&self) -> bool {
        self.certainty == Certainty::Certain
    }

    /// The regions that requests in this world may call; `None` if no condition speaks of that.
    pub(super) fn regions(
        &self,
        atoms: &Atoms,
        rule: &PolicyRule,
        home: &Home,
    ) -> Option<Vec<String>> {
        called::regions(atoms, &self.literals, rule, home)
    }

    /// Who may call in this world, as patterns: the best-known ones first.
    pub(super) fn callers(&self, atoms: &Atoms) -> Vec<Glob> {
        callers(atoms, &self.literals)
    }

    /// Whether this caller may call in this world.
    pub(super) fn agrees_with(&self, atoms: &Atoms, caller: &[Symbol]) -> bool {
        agrees(atoms, &self.literals, caller)
    }

    /// Whether none of the callers that `rule` names may call in this world.
    pub(super) fn excludes(&self, atoms: &Atoms, rule: &PolicyRule) -> bool {
        excludes(atoms, &self.literals, &rule.resources)
    }

    /// A request in this world that calls `region`.
    pub(super) fn request_to(
        &self,
        region: Option<&str>,
        action: &str,
        target: &[Symbol],
    ) -> Request {
        let mut request = self.request(action, target);
        if let Some(region) = region {
            let region = region.chars().map(Symbol::Char).collect();
            request.context.insert(called::KEY.to_owned(), vec![region]);
        }
        request
    }

    /// A request in this world.
    pub(super) fn request(&self, action: &str, target: &[Symbol]) -> Request {
        Request {
            action: action.to_owned(),
            target: target.to_vec(),
            context: self.context.values.clone(),
            given: self.context.given.clone(),
        }
    }
}

/// The worlds of these rules, those that depend on the fewest unknown policies first.
///
/// Of those in which the same rules hold, one is enough, unless the truth also says who may call: of a
/// request to assume a role, that is what conditions on the ARN of the caller say.
pub(super) fn worlds(
    atoms: &Atoms,
    rules: &Rules<'_>,
    (all, kind): (&Active, RequestKind),
) -> Vec<World> {
    let numbers: BTreeSet<usize> = all
        .sets()
        .flatten()
        .filter_map(|rule| rules.get(*rule))
        .flat_map(|rule| rule.literals.iter().map(|literal| literal.atom))
        .collect();
    let numbers: Vec<usize> = numbers.into_iter().collect();
    if numbers.len() > ATOMS {
        return worlds_by_statement(atoms, rules, all);
    }
    let mut worlds: Vec<World> = Vec::new();
    let mut seen: HashMap<(Active, Vec<Literal>), usize> = HashMap::default();
    for truth in truths(atoms, &numbers) {
        let literals: Vec<Literal> = literals(&numbers, truth).collect();
        let active = all.kept(|rule| {
            let rule = rules.get(rule);
            rule.is_some_and(|rule| rule.literals.iter().all(|own| literals.contains(own)))
        });
        let of_caller = literals
            .iter()
            .filter(|literal| kind == RequestKind::Assume && is_about_arn(atoms, **literal));
        let same = (active, of_caller.copied().collect());
        let known = seen.get(&same).copied();
        let active = &same.0;
        let is_known = known
            .and_then(|at| worlds.get(at))
            .is_some_and(World::is_certain);
        if !active.may_differ() || is_known {
            continue;
        }
        let Some(context) = atoms.context(&literals) else {
            continue;
        };
        let world = World {
            certainty: certainty(atoms, &literals, &context),
            active: active.clone(),
            literals,
            context,
        };
        match known.and_then(|at| worlds.get_mut(at)) {
            // The same rules hold in it, for certain.
            Some(known) if world.is_certain() => *known = world,
            Some(_) => {}
            None => {
                seen.insert(same, worlds.len());
                worlds.push(world);
            }
        }
    }
    worlds.sort_by_key(|world| !world.is_certain());
    worlds
}

/// Every truth of the atoms with these numbers, those that depend on the fewest unknown policies first.
fn truths(atoms: &Atoms, numbers: &[usize]) -> impl Iterator<Item = u32> {
    let truths = (0..1u32 << numbers.len()).map(|truth| {
        let literals = literals(numbers, truth);
        (unknown_policies(atoms, literals).count(), truth)
    });
    let mut truths: Vec<(usize, u32)> = truths.collect();
    truths.sort_unstable();
    truths.into_iter().map(|(_, truth)| truth)
}

/// The atoms with these numbers, each true if its bit is set.
fn literals(numbers: &[usize], truth: u32) -> impl Iterator<Item = Literal> {
    let numbers = numbers.iter().enumerate();
    numbers.map(move |(bit, atom)| Literal {
        atom: *atom,
        holds: truth & (1 << bit) != 0,
    })
}

/// What is not known of policies and on which a truth depends.
fn unknown_policies(
    atoms: &Atoms,
    literals: impl Iterator<Item = Literal>,
) -> impl Iterator<Item = &Atom> {
    literals.filter_map(|literal| {
        let atom = atoms.get(literal.atom)?;
        let is_unknown = match atom.test {
            Test::Policy { is_limit } => literal.holds != is_limit,
            Test::OnlyOfItsName { .. } | Test::Kept | Test::Created => !literal.holds,
            Test::CallersOwn | Test::Valid | Test::Statement | Test::NotKnown => literal.holds,
            _ => false,
        };
        is_unknown.then_some(atom)
    })
}

/// Whether a truth depends on something that is not known.
fn certainty(atoms: &Atoms, literals: &[Literal], context: &Context) -> Certainty {
    let Some(atom) = unknown_policies(atoms, literals.iter().copied()).next() else {
        let unsure = context.unsure.clone();
        return unsure.map_or(Certainty::Certain, Certainty::Maybe);
    };
    Certainty::Maybe(doubt(atom))
}

/// Why nobody knows whether the atom holds.
pub(super) fn doubt(atom: &Atom) -> String {
    let name = &atom.shown;
    match atom.test {
        Test::OnlyOfItsName { is_sure } => {
            let called = if is_sure {
                "several inline policies are"
            } else {
                "another inline policy may also be"
            };
            format!("{called} called `{name}`, and the last one replaces the others")
        }
        Test::Kept => {
            format!("`{name}` is gone from the file, and its `DeletionPolicy` may keep it attached")
        }
        Test::CallersOwn => "only if a policy of the caller's own allows it".to_owned(),
        Test::Created | Test::Valid | Test::Choice | Test::NotKnown => name.clone(),
        _ => format!("what `{name}` resolves to is not known"),
    }
}

/// If there are too many atoms: for each new rule, as if it alone decided when it holds.
fn worlds_by_statement(atoms: &Atoms, rules: &Rules<'_>, all: &Active) -> Vec<World> {
    let literals = |rule: usize| rules.get(rule).map_or(&[][..], |rule| &rule.literals);
    let why = format!("more than {ATOMS} conditions are about these actions");
    let mut worlds = Vec::new();
    for rule in &all.new.allow {
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
                let mut given = given.iter();
                given.any(|given| given.atom == own.atom && given.holds != own.holds)
            })
        };
        let sure = all.kept(holds);
        let possible = all.kept(|rule| !fails(rule));
        let active = Active {
            old: Permissions {
                boundary: boundary(&sure.old, &possible.old),
                allow: sure.old.allow,
                deny: possible.old.deny,
            },
            new: Permissions {
                allow: RuleSet::from([*rule]),
                boundary: boundary(&possible.new, &sure.new),
                deny: sure.new.deny,
            },
            requests: possible.requests,
        };
        if active.may_differ() {
            worlds.push(World {
                certainty: Certainty::Maybe(why.clone()),
                active,
                literals: given.to_vec(),
                context: Context {
                    given: given.to_vec(),
                    ..Context::default()
                },
            });
        }
    }
    worlds
}

/// A boundary that allows what that of `allow` does, and denies what that of `deny` does.
fn boundary(
    allow: &Permissions<RuleSet>,
    deny: &Permissions<RuleSet>,
) -> Option<BoundaryStatements<RuleSet>> {
    Some(BoundaryStatements {
        allow: allow.boundary.as_ref()?.allow.clone(),
        deny: deny.boundary.as_ref()?.deny.clone(),
    })
}
