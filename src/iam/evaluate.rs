//! One request to a decision.
//!
//! In: [`Permissions`] and a [`Request`]. Out: a [`Decision`] with the statement that is the
//! reason. Deny wins over Allow, and a boundary must allow as well. What depends on something that
//! is not known is undecided, with what that is: never a guess. Refuses nothing.

use std::borrow::Cow;

use crate::iam::condition::{Atom, Atoms, Literal, Pass, Qualifier, Test, is_text, passes};
use crate::iam::facts::{KnownSide, SideFacts};
use crate::iam::pattern::{Glob, Matching};
use crate::iam::permissions::Permissions;
use crate::iam::request::Request;
use crate::iam::statement::{Patterns, Statement, StatementId};
use crate::template::symbol::Symbol;

/// Whether a request is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// This statement allows it, and so does the boundary if there is one.
    Allowed(StatementId),
    /// This statement denies it.
    Denied(StatementId),
    /// No statement allows it, or none of the boundary does.
    NotAllowed,
    /// It depends on something that is not known.
    Undecided(Reason),
}

/// What is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The value of a parameter, variable or function: the number of its name.
    Value(u32),
    /// What the request says of a condition key.
    Key(String),
    /// What a condition on this key requires.
    Condition(String),
    /// What a policy says.
    Policy(String),
}

/// Whether something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    Unknown(Reason),
}

/// What these permissions decide about this request.
pub(crate) fn evaluate(atoms: &Atoms, permissions: &Permissions, request: &Request) -> Decision {
    let side = KnownSide::of(permissions);
    let evaluation = Evaluation::of((atoms, side.facts), request, Unknowns::Anything);
    decide(permissions, &evaluation, &evaluation)
}

/// The same if each value that is not known is like nothing else: what a difference assumes, in
/// which it is the same on both sides.
pub(crate) fn evaluate_apart(atoms: &Atoms, side: KnownSide<'_>, request: &Request) -> Decision {
    let evaluation = Evaluation::of((atoms, side.facts), request, Unknowns::LikeNothing);
    decide(side.permissions, &evaluation, &evaluation)
}

/// The same for the side that allows more: what a Deny speaks of may be any value, so what it may
/// cover is not allowed for certain.
pub(crate) fn evaluate_denied(atoms: &Atoms, side: KnownSide<'_>, request: &Request) -> Decision {
    let evaluation = Evaluation::of((atoms, side.facts), request, Unknowns::LikeNothing);
    let denying = Evaluation::of((atoms, side.facts), request, Unknowns::Anything);
    decide(side.permissions, &evaluation, &denying)
}

/// The decision of one evaluation, in which the other one reads what denies.
fn decide(
    permissions: &Permissions,
    evaluation: &Evaluation<'_>,
    denying: &Evaluation<'_>,
) -> Decision {
    let boundary = permissions.boundary.as_ref();
    let denies = permissions.deny.iter();
    let denies = denies.chain(boundary.into_iter().flat_map(|bounds| &bounds.deny));
    let denied = denying.any(denies);
    if let Some((Truth::Yes, id)) = denied {
        return Decision::Denied(id);
    }
    let own = evaluation.any(&permissions.allow);
    let bounds = boundary.map(|bounds| evaluation.any(&bounds.allow));
    let (Some((own, id)), true) = (own, bounds != Some(None)) else {
        return Decision::NotAllowed;
    };
    let bounds = bounds.flatten().map_or(Truth::Yes, |(bounds, _)| bounds);
    let denied = denied.map_or(Truth::No, |(denied, _)| denied);
    match own.and(bounds).and(denied.not()) {
        Truth::Yes => Decision::Allowed(id),
        Truth::No => Decision::NotAllowed,
        Truth::Unknown(reason) => Decision::Undecided(reason),
    }
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Truth::Yes } else { Truth::No }
    }

    fn not(self) -> Self {
        match self {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            unknown @ Truth::Unknown(_) => unknown,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Truth::No, _) | (_, Truth::No) => Truth::No,
            (unknown @ Truth::Unknown(_), _) | (_, unknown) => unknown,
        }
    }

    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}

/// Whether one holds; ends at the first that does.
fn any(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut all = Truth::No;
    for truth in truths {
        all = all.or(truth);
        if all == Truth::Yes {
            break;
        }
    }
    all
}

/// Whether all hold; ends at the first that does not.
fn all(truths: impl Iterator<Item = Truth>) -> Truth {
    any(truths.map(Truth::not)).not()
}

/// What a value may be that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unknowns {
    /// Any.
    Anything,
    /// One that no pattern matches, unless it matches all or the value is in it.
    LikeNothing,
}

/// One request.
struct Evaluation<'a> {
    atoms: &'a Atoms,
    facts: &'a SideFacts,
    request: &'a Request,
    /// Its action.
    action: Vec<Symbol>,
    unknown: Unknowns,
}

impl<'a> Evaluation<'a> {
    fn of(
        (atoms, facts): (&'a Atoms, &'a SideFacts),
        request: &'a Request,
        unknown: Unknowns,
    ) -> Self {
        Self {
            atoms,
            facts,
            request,
            action: request.action.chars().map(Symbol::Char).collect(),
            unknown,
        }
    }
}

impl Evaluation<'_> {
    /// The first statement that applies or, if none does for sure, the first that may.
    fn any<'a>(
        &self,
        statements: impl IntoIterator<Item = &'a Statement>,
    ) -> Option<(Truth, StatementId)> {
        let mut found = None;
        for statement in statements {
            match self.applies(statement) {
                Truth::No => {}
                Truth::Yes => return Some((Truth::Yes, statement.id)),
                unknown @ Truth::Unknown(_) => {
                    found.get_or_insert((unknown, statement.id));
                }
            }
        }
        found
    }

    fn applies(&self, statement: &Statement) -> Truth {
        let grant = &statement.grant;
        // No action has anything unknown in it.
        if !grant.actions.match_known(&self.action) {
            return Truth::No;
        }
        let target = self.matches(&grant.resources, &self.request.target);
        if target == Truth::No {
            return target;
        }
        let caller = grant.principals.as_ref();
        let caller = caller.map_or(Truth::Yes, |own| self.matches(own, &self.request.target));
        let conditions = all(grant.literals.iter().map(|literal| self.holds(*literal)));
        target.and(caller).and(conditions)
    }

    fn holds(&self, literal: Literal) -> Truth {
        let mut given = self.request.given.iter();
        if let Some(given) = given.find(|given| given.atom == literal.atom) {
            return Truth::of(given.holds == literal.holds);
        }
        let truth = match self.atoms.get(literal.atom) {
            Some(atom) => self.atom(atom),
            None => Truth::No,
        };
        if literal.holds { truth } else { truth.not() }
    }

    fn atom(&self, atom: &Atom) -> Truth {
        match atom.test {
            Test::Policy { .. }
            | Test::OnlyOfItsName { .. }
            | Test::Kept
            | Test::Created
            | Test::CallersOwn
            | Test::Valid
            | Test::Statement
            | Test::Choice
            | Test::NotKnown => {
                return Truth::Unknown(Reason::Policy(atom.shown.clone()));
            }
            Test::Opaque | Test::Unread => {
                return Truth::Unknown(Reason::Condition(atom.key.clone()));
            }
            _ => {}
        }
        let Some(values) = self.request.context.get(&atom.key) else {
            return Truth::Unknown(Reason::Key(atom.key.clone()));
        };
        let unclear = || Truth::Unknown(Reason::Condition(atom.key.clone()));
        if atom.test == Test::Missing {
            return Truth::of(values.is_empty());
        }
        if values.is_empty() {
            return atom.without_value().map_or_else(unclear, Truth::of);
        }
        let is_ordered = matches!(
            atom.test,
            Test::Number(..) | Test::Date(..) | Test::Network(_)
        );
        if is_ordered && is_text(&atom.key) {
            return unclear();
        }
        let test = self.filled_test(&atom.test);
        let mut each = values.iter().map(|value| match passes(&test, value) {
            Pass::Yes => Truth::Yes,
            Pass::No => Truth::No,
            Pass::Value(name) => {
                // Who calls has this value: it is not one of many that a request may have.
                let is_own = self.facts.keys.contains_key(&atom.key);
                self.on_value(name, is_own || self.facts.is_of_unknown_caller(value))
            }
            Pass::Unclear => unclear(),
        });
        match (values.as_slice(), atom.qualifier) {
            (_, Qualifier::ForAllValues) => all(each),
            (_, Qualifier::ForAnyValue) => any(each),
            ([_], Qualifier::None) => each.next().unwrap_or(Truth::No),
            // Whether it is negated cannot be seen here, and matters if some values match.
            (_, Qualifier::None) => unclear(),
        }
    }

    /// Whether the patterns match.
    fn matches(&self, patterns: &Patterns, text: &[Symbol]) -> Truth {
        let globs = patterns.globs.iter();
        let truth = any(globs.map(|glob| match self.filled(glob).matching(text) {
            Matching::Always => Truth::Yes,
            Matching::Never => Truth::No,
            Matching::Sometimes(name) => self.on_value(name, self.facts.is_of_unknown_caller(text)),
        }));
        if !patterns.negated {
            return truth;
        }
        if truth == Truth::No
            && matches!(self.unknown, Unknowns::Anything)
            && let Some(name) = self.lacked(patterns)
        {
            return Truth::Unknown(Reason::Value(name));
        }
        truth.not()
    }

    /// A value in the patterns that the request may lack, if there is one.
    fn lacked(&self, patterns: &Patterns) -> Option<u32> {
        if self.atoms.lacking().is_empty() {
            return None;
        }
        let symbols = patterns.globs.iter().flat_map(|glob| &glob.symbols);
        let mut numbers = symbols.filter_map(|symbol| match symbol {
            Symbol::Unknown(number) => Some(*number),
            _ => None,
        });
        numbers
            .find(|number| self.atoms.lacking().contains(number) && self.value(*number).is_none())
    }

    /// Whether something holds that depends on a value that is not known, and that may be of who calls.
    fn on_value(&self, name: u32, is_of_caller: bool) -> Truth {
        match self.unknown {
            Unknowns::LikeNothing if !is_of_caller => Truth::No,
            _ => Truth::Unknown(Reason::Value(name)),
        }
    }

    /// The test with the values that are known, and those that the request has for variables.
    fn filled_test<'t>(&self, test: &'t Test) -> Cow<'t, Test> {
        let filled = |globs: &[Glob]| -> Vec<Glob> {
            let globs = globs.iter();
            globs.map(|glob| self.filled(glob).into_owned()).collect()
        };
        match test {
            Test::Text(globs) if globs.iter().any(Glob::has_unknown) => {
                Cow::Owned(Test::Text(filled(globs)))
            }
            Test::Arn(globs) if globs.iter().any(Glob::has_unknown) => {
                Cow::Owned(Test::Arn(filled(globs)))
            }
            test => Cow::Borrowed(test),
        }
    }

    /// The pattern with the values that are known, and those that the request has for variables.
    fn filled<'g>(&self, glob: &'g Glob) -> Cow<'g, Glob> {
        if !glob.symbols.iter().any(|symbol| self.knows(*symbol)) {
            return Cow::Borrowed(glob);
        }
        let symbols = glob.symbols.iter().flat_map(|symbol| {
            let value = match symbol {
                Symbol::Unknown(name) => self.value(*name),
                _ => None,
            };
            value.unwrap_or_else(|| std::slice::from_ref(symbol))
        });
        Cow::Owned(Glob {
            symbols: symbols.copied().collect(),
            ignores_case: glob.ignores_case,
            extent: glob.extent,
        })
    }

    /// Whether the symbol stands for a value that is known here.
    fn knows(&self, symbol: Symbol) -> bool {
        matches!(symbol, Symbol::Unknown(name) if self.value(name).is_some())
    }

    /// The value with this number, if it is known or if the request has it for a variable.
    fn value(&self, name: u32) -> Option<&[Symbol]> {
        if let Some(value) = self.facts.values.get(&name) {
            return Some(value);
        }
        let key = self.atoms.variable(name)?;
        match self.request.context.get(key)?.as_slice() {
            [value] => Some(value),
            _ => None,
        }
    }
}
