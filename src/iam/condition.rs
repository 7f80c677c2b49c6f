//! Conditions to literals over atoms, and which truth values of atoms can go together.
//!
//! In: the `Condition` of a statement. Out: [`Literal`]s, all of which must hold. An atom is one
//! key under one operator with its values; a negated operator is the negation of its atom, since
//! both agree about a key that the request lacks.
//!
//! The hard thing is not to rule out truth values that some request has: a request that was missed
//! would be access that is not reported. So atoms are independent of each other, unless it is
//! certain that they are not: patterns of a key with a single value, and values that are within
//! each other.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use crate::iam::pattern::{Glob, Mode};
use crate::iam::search::{Machine, Searched, is_covered};
use crate::template::symbol::Symbol;

/// What an atom requires of the value of its key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// One of the patterns matches.
    Text(Vec<Glob>),
    /// One of the patterns matches, field by field.
    Arn(Vec<Glob>),
    /// It compares to one of the numbers in this way.
    Number(OrderTest, Vec<f64>),
    /// It is in one of the networks.
    Network(Vec<(IpAddr, u8)>),
    /// The request does not have the key.
    Missing,
    /// Nothing that is understood.
    Opaque,
    /// A policy whose text is not known, and whether it is a limit.
    Policy { is_limit: bool },
    /// A policy is in force although another one has its name.
    OnlyOfItsName,
}

/// How numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderTest {
    Less,
    LessOrEqual,
    Equal,
    Greater,
    GreaterOrEqual,
}

/// Whether an operator looks at each of several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Qualifier {
    None,
    ForAllValues,
    ForAnyValue,
}

/// One key under one operator.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Atom {
    /// The key, in lower case; empty for a policy.
    pub(crate) key: String,
    pub(crate) qualifier: Qualifier,
    /// Whether it holds if the request lacks the key.
    pub(crate) if_exists: bool,
    pub(crate) test: Test,
    /// With the key, identifies an atom whose test is not understood.
    pub(crate) identity: String,
    /// The name of a policy, as shown.
    pub(crate) shown: String,
}

/// An atom that must hold, or must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Literal {
    pub(crate) atom: usize,
    pub(crate) holds: bool,
}

/// Every atom seen.
#[derive(Default)]
pub(crate) struct Atoms {
    all: Vec<Atom>,
    numbers: HashMap<(String, String), usize>,
    implied: RefCell<HashMap<(usize, usize), bool>>,
    values: RefCell<HashMap<Vec<Literal>, Option<Value>>>,
}

/// What a request may say of one key.
#[derive(Clone, Debug)]
enum Value {
    Missing,
    Text(Vec<Symbol>),
}

/// A value of each key that has one, and the keys that have none.
pub(crate) type Context = BTreeMap<String, Option<Vec<Symbol>>>;

impl Atoms {
    /// The number of `atom`.
    pub(crate) fn number(&mut self, atom: Atom) -> usize {
        // The shown text does not identify an atom: values may contain the separator of values.
        let asked = match &atom.test {
            Test::Opaque | Test::Policy { .. } | Test::OnlyOfItsName => atom.identity.clone(),
            test => format!("{:?} {} {test:?}", atom.qualifier, atom.if_exists),
        };
        let name = (atom.key.clone(), asked);
        if let Some(number) = self.numbers.get(&name) {
            return *number;
        }
        self.all.push(atom);
        self.numbers.insert(name, self.all.len() - 1);
        self.all.len() - 1
    }

    /// An atom by its number.
    pub(crate) fn get(&self, number: usize) -> Option<&Atom> {
        self.all.get(number)
    }

    /// Whether the first atom holds only if the second does.
    pub(crate) fn implies(&self, first: usize, second: usize) -> bool {
        if first == second {
            return true;
        }
        if let Some(known) = self.implied.borrow().get(&(first, second)) {
            return *known;
        }
        let implies = match (self.get(first), self.get(second)) {
            (Some(first), Some(second)) => implies(first, second),
            _ => false,
        };
        self.implied.borrow_mut().insert((first, second), implies);
        implies
    }

    /// A context in which exactly these literals are true, as far as it can be given; `None` if
    /// there is none.
    pub(crate) fn context(&self, literals: &[Literal]) -> Option<Context> {
        for first in literals.iter().filter(|literal| literal.holds) {
            let mut others = literals.iter().filter(|literal| !literal.holds);
            if others.any(|second| self.implies(first.atom, second.atom)) {
                return None;
            }
        }
        let mut holding = literals.iter().filter(|literal| literal.holds);
        while let Some(first) = holding.next() {
            if let Some(first) = self.get(first.atom)
                && holding.clone().any(|second| {
                    let second = self.get(second.atom);
                    second.is_some_and(|second| excludes(first, second))
                })
            {
                return None;
            }
        }
        let mut keys: BTreeMap<&str, Vec<Literal>> = BTreeMap::new();
        for literal in literals {
            if let Some(atom) = self.get(literal.atom)
                && atom.is_plain()
            {
                keys.entry(&atom.key).or_default().push(*literal);
            }
        }
        let mut context = self.numbered(literals);
        for (key, literals) in keys {
            let known = self.values.borrow().get(&literals).cloned();
            let value = known.unwrap_or_else(|| {
                let value = self.value(&literals);
                self.values.borrow_mut().insert(literals, value.clone());
                value
            });
            let value = match value? {
                Value::Missing => None,
                Value::Text(text) => Some(text),
            };
            context.entry(key.to_owned()).or_insert(value);
        }
        Some(context)
    }

    /// Values of keys that are compared with account ids that are not known. These rule out
    /// nothing, since such an id may be equal to another.
    fn numbered(&self, literals: &[Literal]) -> Context {
        let mut keys: BTreeMap<&str, Vec<Literal>> = BTreeMap::new();
        for literal in literals {
            if let Some(atom) = self.get(literal.atom)
                && atom.is_searched(Glob::has_only_account_ids)
            {
                keys.entry(&atom.key).or_default().push(*literal);
            }
        }
        keys.retain(|_, literals| {
            let mut atoms = literals.iter().filter_map(|literal| self.get(literal.atom));
            atoms.any(|atom| !atom.is_plain())
        });
        let values = keys.into_iter().filter_map(|(key, literals)| {
            let value = match self.value(&literals)? {
                Value::Missing => None,
                Value::Text(text) => Some(text),
            };
            Some((key.to_owned(), value))
        });
        values.collect()
    }

    /// A value for one key, or that the key is missing; `None` if neither will do.
    fn value(&self, literals: &[Literal]) -> Option<Value> {
        let atoms = || {
            let atoms = literals
                .iter()
                .map(|literal| (self.get(literal.atom), literal.holds));
            atoms.filter_map(|(atom, holds)| Some((atom?, holds)))
        };
        let may_be_missing = atoms().all(|(atom, holds)| match atom.test {
            _ if is_always_given(&atom.key) => false,
            Test::Missing => holds,
            _ => atom.if_exists == holds,
        });
        if may_be_missing {
            return Some(Value::Missing);
        }
        if atoms().any(|(atom, holds)| atom.test == Test::Missing && holds) {
            return None;
        }
        let mut patterns = Vec::new();
        let mut groups: Vec<(Vec<usize>, bool)> = Vec::new();
        for (atom, holds) in atoms() {
            if let Test::Text(globs) = &atom.test {
                let first = patterns.len();
                patterns.extend(globs.iter().map(|glob| (glob, Mode::Exact)));
                groups.push(((first..patterns.len()).collect(), holds));
            }
        }
        let machine = Machine::new(&patterns);
        let must: Vec<Vec<usize>> = groups
            .iter()
            .filter(|(_, holds)| *holds)
            .map(|(group, _)| group.clone())
            .collect();
        let found = machine.find(&must, |matches| {
            groups.iter().all(|(group, holds)| {
                let mut group = group.iter();
                group.any(|at| matches.get(*at) == Some(&true)) == *holds
            })
        });
        match found {
            Searched::Text(text) => Some(Value::Text(text)),
            Searched::Nothing => None,
            // As if there were one.
            Searched::GaveUp => Some(Value::Text(Vec::new())),
        }
    }
}

/// Keys that every request has. "AWS global condition context keys" of the IAM User Guide says
/// where each is available.
fn is_always_given(key: &str) -> bool {
    key == "aws:requestedregion"
}

/// Keys that are known to have one value in a request.
pub(crate) fn is_single(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principaltype",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:securetransport",
        "aws:multifactorauthpresent",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:username",
        "aws:viaawsservice",
        "cloudformation:rolearn",
        "iam:passedtoservice",
        "iam:permissionsboundary",
        "iam:policyarn",
        "iam:awsservicename",
        "lambda:functionarn",
        "lambda:functionurlauthtype",
        "s3:prefix",
        "s3:x-amz-acl",
        "sts:externalid",
        "sts:rolesessionname",
    ];
    // No claim that IAM compares for GitHub and GitLab is a list.
    const PREFIXES: &[&str] = &[
        "aws:principaltag/",
        "aws:requesttag/",
        "aws:resourcetag/",
        "token.actions.githubusercontent.com:",
        "gitlab.com:",
    ];
    KEYS.contains(&key)
        || PREFIXES.iter().any(|prefix| key.starts_with(prefix))
        || key.ends_with(":sub")
        || (key.ends_with(":aud") && !key.starts_with("accounts.google.com"))
}

impl Atom {
    /// Whether its key has one value, which a search can look for.
    fn is_plain(&self) -> bool {
        self.is_searched(|glob| !glob.has_unknown())
    }

    /// The same, if all patterns are as wanted.
    fn is_searched(&self, is_wanted: impl Fn(&Glob) -> bool) -> bool {
        let is_searched = match &self.test {
            Test::Text(globs) => globs.iter().all(is_wanted),
            Test::Missing => true,
            _ => false,
        };
        is_searched && self.qualifier == Qualifier::None && is_single(&self.key)
    }
}

fn implies(first: &Atom, second: &Atom) -> bool {
    if first.key != second.key
        || first.qualifier != second.qualifier
        || (first.if_exists && !second.if_exists)
    {
        return false;
    }
    match (&first.test, &second.test) {
        (Test::Text(inner), Test::Text(outer)) => inner.iter().all(|glob| is_covered(glob, outer)),
        (Test::Arn(inner), Test::Arn(outer)) => inner
            .iter()
            .all(|inner| outer.iter().any(|outer| is_arn_covered(inner, outer))),
        (Test::Number(inner, inners), Test::Number(outer, outers)) => inners.iter().all(|a| {
            let mut outers = outers.iter();
            outers.any(|b| is_number_covered(*inner, *a, *outer, *b))
        }),
        (Test::Network(inner), Test::Network(outer)) => inner
            .iter()
            .all(|inner| outer.iter().any(|outer| is_network_covered(*inner, *outer))),
        _ => false,
    }
}

/// Whether one requires a value among several that the other forbids.
fn excludes(first: &Atom, second: &Atom) -> bool {
    let is_pair = matches!(
        (first.qualifier, second.qualifier),
        (Qualifier::ForAnyValue, Qualifier::ForAllValues)
            | (Qualifier::ForAllValues, Qualifier::ForAnyValue)
    );
    let (Test::Text(some), Test::Text(all)) = (&first.test, &second.test) else {
        return false;
    };
    let is_known = !some.iter().chain(all).any(Glob::has_unknown);
    if !is_pair || first.key != second.key || !is_known {
        return false;
    }
    let patterns: Vec<(&Glob, Mode)> = some
        .iter()
        .chain(all)
        .map(|glob| (glob, Mode::Exact))
        .collect();
    let must = [
        (0..some.len()).collect(),
        (some.len()..patterns.len()).collect(),
    ];
    let both = |matches: &[bool]| {
        let (some, all) = matches.split_at(some.len());
        some.contains(&true) && all.contains(&true)
    };
    Machine::new(&patterns).find(&must, both) == Searched::Nothing
}

/// Both have six fields, and each is covered by its counterpart.
fn is_arn_covered(inner: &Glob, outer: &Glob) -> bool {
    if inner == outer {
        return true;
    }
    let fields = |glob: &Glob| -> Option<Vec<Glob>> {
        let fields: Vec<Glob> = glob
            .symbols
            .splitn(6, |symbol| *symbol == Symbol::Char(':'))
            .map(|symbols| Glob {
                symbols: symbols.to_vec(),
                ignores_case: false,
            })
            .collect();
        (fields.len() == 6 && !glob.has_unknown()).then_some(fields)
    };
    let (Some(inner), Some(outer)) = (fields(inner), fields(outer)) else {
        return false;
    };
    let mut fields = inner.iter().zip(&outer);
    fields.all(|(inner, outer)| is_covered(inner, std::slice::from_ref(outer)))
}

fn is_number_covered(inner: OrderTest, a: f64, outer: OrderTest, b: f64) -> bool {
    use OrderTest::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    match (inner, outer) {
        (Equal, Equal) => a.total_cmp(&b).is_eq(),
        (Less | LessOrEqual | Equal, LessOrEqual) | (Less, Less) => a <= b,
        (LessOrEqual | Equal, Less) => a < b,
        (Greater | GreaterOrEqual | Equal, GreaterOrEqual) | (Greater, Greater) => a >= b,
        (GreaterOrEqual | Equal, Greater) => a > b,
        _ => false,
    }
}

/// Whether all addresses of a network are in another one.
pub(super) fn is_network_covered(inner: (IpAddr, u8), outer: (IpAddr, u8)) -> bool {
    let bits = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()) << 96, 4),
        IpAddr::V6(ip) => (ip.to_bits(), 6),
    };
    let ((a, kind), (b, other)) = (bits(inner.0), bits(outer.0));
    let mask = u128::MAX.checked_shl(128 - u32::from(outer.1)).unwrap_or(0);
    kind == other && outer.1 <= inner.1 && (a & mask) == (b & mask)
}
