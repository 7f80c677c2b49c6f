//! One request to a decision.
//!
//! In: [`Permissions`] and a [`Request`]. Out: a [`Decision`] with the statement that is the
//! reason. Deny wins over Allow, and a boundary must allow as well. What depends on something that
//! is not known is undecided, with what that is: never a guess. Refuses nothing.

use std::net::IpAddr;

use crate::iam::condition::{Atom, Atoms, Literal, OrderTest, Qualifier, Test, is_network_covered};
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
    let evaluation = Evaluation { atoms, request };
    let boundary = permissions.boundary.as_ref();
    let denies = permissions.deny.iter();
    let denies = denies.chain(boundary.into_iter().flat_map(|bounds| &bounds.deny));
    let denied = evaluation.any(denies);
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

/// One request.
struct Evaluation<'a> {
    atoms: &'a Atoms,
    request: &'a Request,
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
        let action: Vec<Symbol> = self.request.action.chars().map(Symbol::Char).collect();
        let action = matches(&grant.actions, &action);
        if action == Truth::No {
            return action;
        }
        let target = matches(&grant.resources, &self.request.target);
        if target == Truth::No {
            return target;
        }
        let conditions = all(grant.literals.iter().map(|literal| self.holds(*literal)));
        action.and(target).and(conditions)
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
            Test::Policy { .. } | Test::OnlyOfItsName => {
                return Truth::Unknown(Reason::Policy(atom.shown.clone()));
            }
            Test::Opaque => return Truth::Unknown(Reason::Condition(atom.key.clone())),
            _ => {}
        }
        let Some(values) = self.request.context.get(&atom.key) else {
            return Truth::Unknown(Reason::Key(atom.key.clone()));
        };
        if atom.test == Test::Missing {
            return Truth::of(values.is_empty());
        }
        let mut each = values.iter().map(|value| passes(atom, value));
        match (values.as_slice(), atom.qualifier) {
            ([], Qualifier::ForAllValues) => Truth::Yes,
            ([], _) => Truth::of(atom.if_exists),
            (_, Qualifier::ForAllValues) => all(each),
            (_, Qualifier::ForAnyValue) => any(each),
            ([_], Qualifier::None) => each.next().unwrap_or(Truth::No),
            // Whether it is negated cannot be seen here, and matters if some values match.
            (_, Qualifier::None) => Truth::Unknown(Reason::Condition(atom.key.clone())),
        }
    }
}

/// Whether the patterns match.
fn matches(patterns: &Patterns, text: &[Symbol]) -> Truth {
    let truth = any(patterns.globs.iter().map(|glob| matching(glob, text)));
    if patterns.negated { truth.not() } else { truth }
}

fn matching(glob: &Glob, text: &[Symbol]) -> Truth {
    match glob.matching(text) {
        Matching::Always => Truth::Yes,
        Matching::Never => Truth::No,
        Matching::Sometimes(name) => Truth::Unknown(Reason::Value(name)),
    }
}

/// Whether one value of the atom's key passes its test.
fn passes(atom: &Atom, value: &[Symbol]) -> Truth {
    let unclear = || Truth::Unknown(Reason::Condition(atom.key.clone()));
    let known = || -> Option<String> {
        let chars = value.iter().map(|symbol| match symbol {
            Symbol::Char(c) => Some(*c),
            _ => None,
        });
        chars.collect()
    };
    match &atom.test {
        Test::Text(globs) => any(globs.iter().map(|glob| matching(glob, value))),
        Test::Arn(globs) => any(globs
            .iter()
            .map(|glob| arn(glob, value).unwrap_or_else(unclear))),
        Test::Number(comparison, numbers) => match known().map(|text| text.parse::<f64>()) {
            Some(Ok(value)) => {
                let mut numbers = numbers.iter();
                Truth::of(numbers.any(|number| compares(*comparison, value, *number)))
            }
            _ => unclear(),
        },
        Test::Network(networks) => match known().map(|text| text.parse::<IpAddr>()) {
            Some(Ok(ip)) => {
                let all = if ip.is_ipv4() { 32 } else { 128 };
                let mut networks = networks.iter();
                Truth::of(networks.any(|network| is_network_covered((ip, all), *network)))
            }
            _ => unclear(),
        },
        Test::Missing | Test::Opaque | Test::Policy { .. } | Test::OnlyOfItsName => unclear(),
    }
}

/// Whether an ARN matches, each of its six fields by itself; `None` if one has another number of
/// fields, or may have.
fn arn(glob: &Glob, value: &[Symbol]) -> Option<Truth> {
    let is_known = |symbol: &Symbol| !matches!(symbol, Symbol::Unknown(_));
    if !glob.symbols.iter().chain(value).all(is_known) {
        return None;
    }
    let fields = |symbols: &[Symbol]| -> Vec<Vec<Symbol>> {
        let fields = symbols.splitn(6, |symbol| *symbol == Symbol::Char(':'));
        fields.map(<[Symbol]>::to_vec).collect()
    };
    let (own, others) = (fields(&glob.symbols), fields(value));
    if own.len() != 6 || others.len() != 6 {
        return None;
    }
    let pairs = own.into_iter().zip(&others);
    Some(all(
        pairs.map(|(own, other)| matching(&Glob::new(own), other))
    ))
}

fn compares(comparison: OrderTest, value: f64, number: f64) -> bool {
    match comparison {
        OrderTest::Less => value < number,
        OrderTest::LessOrEqual => value <= number,
        OrderTest::Equal => value.total_cmp(&number).is_eq(),
        OrderTest::Greater => value > number,
        OrderTest::GreaterOrEqual => value >= number,
    }
}
