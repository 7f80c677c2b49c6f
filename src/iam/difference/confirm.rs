//! Whether an example is one: a last look at it before access is reported as certain.
//!
//! In: a request that was found, and both sides. Out: the request with a value for each variable,
//! which the new side allows and the old one does not, or why it is not certain. Refuses nothing.
//!
//! The search decides by symbols, and this by asking both sides ([`evaluate_apart`]). So what one
//! of them gets wrong does not pass as certain.

use std::collections::BTreeSet;

use crate::iam::condition::{Atom, Atoms, Literal, PRINCIPAL_TAG, Test};
use crate::iam::difference::callers::{
    may_be_of, speaks_of_caller, with_one_principal, with_own_keys,
};
use crate::iam::difference::rules::{Active, PolicyRule, Rules};
use crate::iam::difference::truth::doubt;
use crate::iam::evaluate::{Decision, Reason, evaluate_apart, evaluate_denied};
use crate::iam::facts::KnownSide;
use crate::iam::own_account;
use crate::iam::owner;
use crate::iam::pattern::{Glob, Matching};
use crate::iam::request::{Request, RequestKind, caller_and_resource};
use crate::template::symbol::{Symbol, literal_text};

/// Both sides.
#[derive(Clone, Copy)]
pub(super) struct BothSides<'a> {
    pub(super) old: KnownSide<'a>,
    pub(super) new: KnownSide<'a>,
}

/// What is asked about an example.
pub(super) struct Confirmation<'a> {
    pub(super) atoms: &'a Atoms,
    pub(super) sides: BothSides<'a>,
    pub(super) rules: &'a Rules<'a>,
    pub(super) active: &'a Active,
    pub(super) kind: RequestKind,
}

/// How many values are tried for variables.
const TRIES: usize = 16;

impl Confirmation<'_> {
    /// The request with a value for each variable, if it is an example of what `rule` allows anew;
    /// else why that is not certain.
    pub(super) fn of(&self, rule: usize, request: &Request) -> Result<Request, String> {
        let named = self.asked_globs().chain(self.resources_of(rule));
        let is_of_nobody = owner::is_of_nobody(request, named);
        let first = if is_of_nobody {
            Err(TWO_OWNERS.to_owned())
        } else {
            self.of_request(rule, request)
        };
        let Err(first) = first else {
            return first;
        };
        // The ARN and the key got an account each: these belong to one.
        let ids = self.literals().flat_map(|atom| {
            if atom.key == owner::KEY {
                atom.test.globs()
            } else {
                &[]
            }
        });
        let others = owner::of_other_owners(request, ids, is_of_nobody).into_iter();
        let others = others.filter(|other| self.is_asked(other));
        let mut others = others.filter_map(|other| self.of_request(rule, &other).ok());
        others.next().ok_or(first)
    }

    /// The resources of the requests in question; none if all are.
    fn asked_globs(&self) -> impl Iterator<Item = &Glob> {
        let asked = self.active.requests.iter().flatten();
        asked.flat_map(|rule| self.resources_of(*rule))
    }

    fn resources_of(&self, rule: usize) -> impl Iterator<Item = &Glob> {
        let rule = self.rules.get(rule).map(|rule| &rule.resources);
        let patterns = rule.filter(|patterns| !patterns.negated).into_iter();
        patterns.flat_map(|patterns| &patterns.globs)
    }

    /// Whether what a request is about may be asked about.
    fn is_asked(&self, request: &Request) -> bool {
        let mut asked = self.asked_globs().peekable();
        asked.peek().is_none()
            || asked.any(|glob| glob.matching(&request.target) != Matching::Never)
    }

    fn of_request(&self, rule: usize, request: &Request) -> Result<Request, String> {
        let found = self.as_given(rule, request)?;
        let other = self.choice_against(&found);
        other.map_or(Ok(found), |atom| Err(doubt(atom)))
    }

    /// A condition of the template on which it depends whether the request is an example.
    fn choice_against(&self, request: &Request) -> Option<&Atom> {
        let is_choice = |given: &&Literal| {
            let atom = self.atoms.get(given.atom);
            atom.is_some_and(|atom| atom.test == Test::Choice)
        };
        let choices: Vec<Literal> = request.given.iter().filter(is_choice).copied().collect();
        let mut request = request.clone();
        (0..1u32 << choices.len()).find_map(|truth| {
            let holds = |at: usize| {
                choices.get(at).is_some_and(|own| own.holds) != (truth & (1 << at) != 0)
            };
            request
                .given
                .retain(|given| !choices.iter().any(|own| own.atom == given.atom));
            let others = choices.iter().enumerate();
            request.given.extend(others.map(|(at, own)| Literal {
                atom: own.atom,
                holds: holds(at),
            }));
            let other = choices.get(usize::try_from(truth.trailing_zeros()).ok()?);
            let other = other.filter(|_| !self.is_example(&request));
            other.and_then(|own| self.atoms.get(own.atom))
        })
    }

    /// The same where what is given is true.
    fn as_given(&self, rule: usize, request: &Request) -> Result<Request, String> {
        if let Some(key) = self.assumed(rule, request) {
            return Err(format!(
                "what the condition on `{key}` requires is not known"
            ));
        }
        let found = &*owner::with_digits(request);
        let found = &*self.sides.new.facts.with_caller(found);
        let request = found;
        let Some(request) = &self.of_one_caller(request) else {
            return Err(TWO_CALLERS.to_owned());
        };
        let is_asked = self.literals().any(|atom| atom.key == owner::KEY);
        let request = &*owner::with_owner(request, is_asked);
        if let Some(why) = self.doubted(request) {
            return Err(why);
        }
        let claimed = request;
        let request = &*self.sides.new.facts.with_keys(request);
        let not_known = || {
            let is_of_others = found != claimed && self.is_example(found);
            if is_of_others {
                let is_owned = owner::speaks_of_owner(found);
                return if is_owned { TWO_OWNERS } else { TWO_CALLERS }.to_owned();
            }
            self.other_facts(claimed).unwrap_or(NOT_KNOWN.to_owned())
        };
        let keys = self.variables();
        // A side that allows nothing allows no example, and many new principals cost time.
        let is_new = self.sides.old.permissions.allow.is_empty();
        let is_read = !self.denies_unknown()
            && !speaks_of_caller(request)
            && !owner::speaks_of_owner(request)
            && !self.sides.new.facts.concern(request)
            && !self.sides.new.facts.is_of_unknown_caller(&request.target);
        if keys.is_empty() && is_new && is_read {
            return Ok(request.clone());
        }
        if keys.is_empty() {
            let is_example = self.is_example(request);
            return is_example.then(|| request.clone()).ok_or_else(not_known);
        }
        let mut tries = self.values(&request.target).into_iter().take(TRIES);
        let found = tries.find_map(|value| {
            let request = self.with(request, &keys, &value);
            self.is_example(&request).then_some(request)
        });
        found.ok_or_else(not_known)
    }

    /// Whether the new side allows it and the old one does not.
    fn is_example(&self, request: &Request) -> bool {
        self.is_example_of(self.sides, request)
    }

    fn is_example_of(&self, BothSides { old, new }: BothSides<'_>, request: &Request) -> bool {
        // It is about the resource that the new side names.
        let request = &*new.facts.with_values(request);
        let allowed = evaluate_denied(self.atoms, new, request);
        let refused = || evaluate_apart(self.atoms, old, &old.facts.with_keys(request));
        matches!(allowed, Decision::Allowed(_))
            && matches!(refused(), Decision::Denied(_) | Decision::NotAllowed)
    }

    /// What is known of the sides and makes it no example, if it would be one by the statements alone.
    fn other_facts(&self, request: &Request) -> Option<String> {
        let BothSides { old, new } = self.sides;
        let alone = BothSides {
            old: KnownSide::of(old.permissions),
            new: KnownSide::of(new.permissions),
        };
        if !self.is_example_of(alone, request) {
            return None;
        }
        let keys = [new.facts, old.facts]
            .into_iter()
            .flat_map(|facts| facts.keys.keys());
        let mut keys = keys.filter(|key| request.context.contains_key(*key));
        Some(match keys.next() {
            Some(key) if !key.starts_with(PRINCIPAL_TAG) => NOT_KNOWN.to_owned(),
            Some(key) => {
                let tag = key.rsplit('/').next().unwrap_or(key);
                format!("only if a session has another tag `{tag}` than its own")
            }
            None if new.facts.is_of_unknown_caller(&request.target) => NOT_KNOWN.to_owned(),
            None => NAMED.to_owned(),
        })
    }

    /// The request where all that it says of its caller is that of one.
    fn of_one_caller(&self, request: &Request) -> Option<Request> {
        match self.kind {
            RequestKind::Assume => with_own_keys(request, &request.target),
            RequestKind::Call => {
                let own = self.sides.new.facts.keys.get(own_account::KEY);
                with_one_principal(request).filter(|request| may_be_of(request, own))
            }
            RequestKind::Resource => match caller_and_resource(&request.target) {
                Some((caller, _)) => with_own_keys(request, caller),
                None => Some(request.clone()),
            },
        }
    }

    /// Whether the new side denies something that is not known.
    fn denies_unknown(&self) -> bool {
        let new = &self.active.new;
        let boundary = new.boundary.iter().flat_map(|bounds| &bounds.deny);
        let denies = new.deny.iter().chain(boundary);
        let mut denies = denies.filter_map(|rule| self.rules.get(*rule));
        denies.any(|rule| self.globs_of(rule).any(Glob::has_unknown))
    }

    /// What is not known and was taken not to deny it on the new side, which may deny it, or not to allow it on the
    /// old one, which may allow it.
    fn doubted(&self, request: &Request) -> Option<String> {
        let taken = |given: &Literal, tests: &[Test]| {
            let atom = self.atoms.get(given.atom)?;
            (tests.contains(&atom.test) && !given.holds).then_some(atom)
        };
        let without = |tests: &[Test]| {
            let why = request.given.iter().find_map(|given| taken(given, tests))?;
            let mut request = request.clone();
            request.given.retain(|given| taken(given, tests).is_none());
            Some((doubt(why), request))
        };
        let may_be_denied = |(_, request): &(String, Request)| {
            let new = KnownSide::of(self.sides.new.permissions);
            match evaluate_denied(self.atoms, new, request) {
                Decision::Undecided(_) | Decision::Denied(_) => true,
                Decision::Allowed(_) | Decision::NotAllowed => false,
            }
        };
        let may_be_allowed = |(_, request): &(String, Request)| match evaluate_apart(
            self.atoms,
            self.sides.old,
            request,
        ) {
            Decision::Undecided(Reason::Policy(_)) | Decision::Allowed(_) => true,
            Decision::Undecided(_) | Decision::Denied(_) | Decision::NotAllowed => false,
        };
        let denied = without(&[Test::NotKnown, Test::Valid, Test::Statement]);
        let denied = denied.filter(may_be_denied);
        let allowed = || without(&[Test::Valid, Test::Statement]).filter(may_be_allowed);
        denied.or_else(allowed).map(|(why, _)| why)
    }

    /// The key of a condition whose truth is assumed, and that is not one of the rule itself: what
    /// the rule requires can be met, if it is ever met.
    fn assumed(&self, rule: usize, request: &Request) -> Option<&str> {
        let own = self.rules.get(rule).map_or(&[][..], |rule| &rule.literals);
        let others = request.given.iter().filter(|given| !own.contains(given));
        let mut keys = others.filter_map(|given| {
            let atom = self.atoms.get(given.atom)?;
            let is_condition = matches!(atom.test, Test::Opaque | Test::Unread);
            (is_condition && !atom.key.is_empty()).then_some(atom.key.as_str())
        });
        keys.next()
    }

    fn active_rules(&self) -> impl Iterator<Item = &PolicyRule> {
        let rules = self.active.sets().flatten();
        rules.filter_map(|rule| self.rules.get(*rule))
    }

    /// The patterns of the rules and of their conditions.
    fn globs(&self) -> impl Iterator<Item = &Glob> {
        self.active_rules().flat_map(|rule| self.globs_of(rule))
    }

    /// The conditions of the rules.
    fn literals(&self) -> impl Iterator<Item = &Atom> {
        let literals = self.active_rules().flat_map(|rule| &rule.literals);
        literals.filter_map(|literal| self.atoms.get(literal.atom))
    }

    /// The patterns of a rule and of its conditions.
    fn globs_of<'r>(&'r self, rule: &'r PolicyRule) -> impl Iterator<Item = &'r Glob> {
        let atoms = rule.literals.iter();
        let atoms = atoms.filter_map(|literal| self.atoms.get(literal.atom));
        let conditions = atoms.flat_map(|atom| atom.test.globs());
        let principals = rule.principals.iter();
        let principals = principals.flat_map(|principals| &principals.globs);
        let resources = rule.resources.globs.iter();
        resources.chain(principals).chain(conditions)
    }

    /// The keys whose values the patterns contain.
    fn variables(&self) -> BTreeSet<&str> {
        let unknown = self.globs().flat_map(|glob| &glob.symbols);
        let names = unknown.filter_map(|symbol| match symbol {
            Symbol::Unknown(name) => self.atoms.variable(*name),
            _ => None,
        });
        names.collect()
    }

    /// Values for variables: one that nothing speaks of, then with which a pattern matches the
    /// target, then what the patterns speak of.
    fn values(&self, target: &[Symbol]) -> Vec<String> {
        let is_letter = |symbol: &Symbol| matches!(symbol, Symbol::Char(c) if !"/:".contains(*c));
        let captured = self.globs().filter_map(|glob| captured(glob, target));
        let runs = self.globs().flat_map(|glob| {
            let runs = glob.symbols.split(move |symbol| !is_letter(symbol));
            runs.filter_map(literal_text)
        });
        let mut values = vec![EXAMPLE.to_owned()];
        for value in captured.filter_map(literal_text).chain(runs) {
            if !value.is_empty() && !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// The request in which each of these keys has a value: `value`, unless another is given.
    fn with(&self, request: &Request, keys: &BTreeSet<&str>, value: &str) -> Request {
        let mut request = request.clone();
        let own = &self.sides.new.facts.keys;
        for key in keys {
            if let Some(value) = own.get(*key) {
                let context = &mut request.context;
                context.insert((*key).to_owned(), vec![value.clone()]);
                continue;
            }
            let owner = owner::owner(&request.target).filter(|_| *key == owner::KEY);
            let owner = owner.map(<[Symbol]>::to_vec);
            let value = || {
                let value = value_of(key, value).chars().map(Symbol::Char);
                vec![owner.unwrap_or_else(|| value.collect())]
            };
            request
                .context
                .entry((*key).to_owned())
                .or_insert_with(value);
        }
        // A value may itself be that of a variable.
        for _ in 0..2 {
            let known = request.context.clone();
            let filled = |text: &[Symbol]| -> Vec<Symbol> {
                let symbols = text.iter().flat_map(|symbol| {
                    let key = match symbol {
                        Symbol::Unknown(name) => self.atoms.variable(*name),
                        _ => None,
                    };
                    match key.and_then(|key| known.get(key)).map(Vec::as_slice) {
                        Some([value]) => value.as_slice(),
                        _ => std::slice::from_ref(symbol),
                    }
                });
                symbols.copied().collect()
            };
            request.target = filled(&request.target);
            for values in request.context.values_mut() {
                for value in values {
                    *value = filled(value);
                }
            }
        }
        request
    }
}

/// The value of a variable that nothing speaks of.
const EXAMPLE: &str = "example";

/// The value of `key`: this one, if it can have it.
fn value_of<'v>(key: &str, value: &'v str) -> &'v str {
    if key.ends_with("account") {
        owner::STRANGER
    } else {
        value
    }
}

/// The pattern with a value for each variable in it.
pub(super) fn exemplified(atoms: &Atoms, glob: &Glob) -> Glob {
    let symbols = glob.symbols.iter().flat_map(|symbol| {
        let key = match symbol {
            Symbol::Unknown(name) => atoms.variable(*name),
            _ => None,
        };
        match key {
            Some(key) => value_of(key, EXAMPLE).chars().map(Symbol::Char).collect(),
            None => vec![*symbol],
        }
    });
    Glob {
        symbols: symbols.collect(),
        ignores_case: glob.ignores_case,
        extent: glob.extent,
    }
}

/// The part of `target` in place of what is not known in the pattern, if that is one value.
fn captured<'t>(glob: &Glob, target: &'t [Symbol]) -> Option<&'t [Symbol]> {
    let is_unknown = |symbol: &Symbol| matches!(symbol, Symbol::Unknown(_));
    let at = glob.symbols.iter().position(is_unknown)?;
    let (before, after) = glob.symbols.split_at_checked(at)?;
    let rest = target.strip_prefix(before)?;
    let after = Glob::new(after.get(1..)?.to_vec());
    let mut ends = 0..=rest.len();
    let end = ends.find(|end| rest.get(*end..).is_some_and(|rest| after.matches(rest)))?;
    rest.get(..end)
}

/// The name of a resource is what the template says, and a policy refers to the resource.
const NAMED: &str = "a policy refers to a resource of the file with this name";

const NOT_KNOWN: &str = "it depends on a value that is not known";

/// Why it is not certain if an example is about the role of one account in another.
const TWO_OWNERS: &str = "only if the resource is in another account than its ARN says";

/// What one condition says of the caller is not what another one does.
pub(super) const TWO_CALLERS: &str = "no caller is known that is as all of its conditions say";
