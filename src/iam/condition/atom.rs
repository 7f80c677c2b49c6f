//! The parts of conditions: tests, the atoms that apply them to keys, and literals.
//!
//! In: nothing. Out: plain data. Refuses nothing.

use std::net::IpAddr;

use crate::iam::pattern::{Glob, Matching};
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
    /// It compares to one of the times in this way: seconds since 1970.
    Date(OrderTest, Vec<f64>),
    /// It is in one of the networks.
    Network(Vec<(IpAddr, u8)>),
    /// The request does not have the key.
    Missing,
    /// It compares in a way that is understood to something that is not: a value is required.
    Unread,
    /// Nothing that is understood.
    Opaque,
    /// A policy whose text is not known, and whether it is a limit.
    Policy { is_limit: bool },
    /// A policy is in force although another one has its name, or may have it.
    OnlyOfItsName { is_sure: bool },
    /// A policy is still attached although it is gone from the file.
    Kept,
    /// The resource that holds a policy is created.
    Created,
    /// A policy of the caller's own allows the request.
    CallersOwn,
    /// The statement is valid although a variable in it has no value.
    Valid,
    /// A statement that is not understood applies.
    Statement,
    /// A condition of the template holds.
    Choice,
    /// Something else that is not known; the reason is shown.
    NotKnown,
}

impl Test {
    /// Whether it is about what policies are, and not about requests.
    pub(crate) fn is_of_policies(&self) -> bool {
        matches!(
            self,
            Test::Policy { .. } | Test::Valid | Test::Statement | Test::Choice | Test::NotKnown
        )
    }

    /// Its patterns, if it has some.
    pub(crate) fn globs(&self) -> &[Glob] {
        match self {
            Test::Text(globs) | Test::Arn(globs) => globs,
            _ => &[],
        }
    }

    /// The same with other patterns, which `change` makes of its own.
    pub(crate) fn map_globs(&self, change: impl FnOnce(&[Glob]) -> Vec<Glob>) -> Self {
        match self {
            Test::Text(globs) => Test::Text(change(globs)),
            Test::Arn(globs) => Test::Arn(change(globs)),
            test => test.clone(),
        }
    }

    /// Whether one of its patterns matches `value`, parts of which may not be known; `None` if that
    /// decides, or if it does not compare texts.
    pub(crate) fn is_met_by(&self, value: &[Symbol]) -> Option<bool> {
        let globs = match self {
            Test::Text(globs) => globs,
            Test::Arn(globs) if globs.iter().any(|glob| is_same(glob, value)) => return Some(true),
            // With six fields on both sides, each is compared with its own.
            Test::Arn(globs) if globs.iter().all(has_six_fields) && is_arn(value) => globs,
            _ => return None,
        };
        let matches: Vec<Matching> = globs.iter().map(|glob| glob.matching(value)).collect();
        if matches.contains(&Matching::Always) {
            Some(true)
        } else if matches.iter().all(|found| *found == Matching::Never) {
            Some(false)
        } else {
            None
        }
    }
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

impl OrderTest {
    /// Whether `value` compares to `bound` in this way.
    pub(crate) fn compares(self, value: f64, bound: f64) -> bool {
        match self {
            OrderTest::Less => value < bound,
            OrderTest::LessOrEqual => value <= bound,
            OrderTest::Equal => value.total_cmp(&bound).is_eq(),
            OrderTest::Greater => value > bound,
            OrderTest::GreaterOrEqual => value >= bound,
        }
    }
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
    /// The name of a policy, or why something is not known, as shown.
    pub(crate) shown: String,
}

impl Atom {
    /// The one that a request lacks this key, in lower case.
    pub(crate) fn missing(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            qualifier: Qualifier::None,
            if_exists: false,
            test: Test::Missing,
            identity: String::new(),
            shown: String::new(),
        }
    }

    /// The same with another test.
    pub(crate) fn with_test(self, test: Test) -> Self {
        Self { test, ..self }
    }

    /// The one of a test that is about policies and not about a key, by its `identity`, as it is `shown`.
    pub(crate) fn of_policies(test: Test, identity: String, shown: String) -> Self {
        Self {
            key: String::new(),
            qualifier: Qualifier::None,
            if_exists: false,
            test,
            identity,
            shown,
        }
    }

    /// The one that conditions with this `identity` leave a statement valid although the variable of this key has no
    /// value.
    pub(crate) fn valid_without(key: &str, identity: &str) -> Self {
        let why = format!("what a condition does if `${{{key}}}` has no value is not known");
        Self::of_policies(Test::Valid, format!("{why} {identity}"), why)
    }

    /// The one that a `NotResource` applies although the variable of this key in it has no value.
    pub(crate) fn not_resource_without(key: &str) -> Self {
        let why = format!("what a `NotResource` does if `${{{key}}}` has no value is not known");
        Self::of_policies(Test::Valid, why.clone(), why)
    }

    /// The one that the condition `name` of the template holds.
    pub(crate) fn choice(name: &str) -> Self {
        let why = format!("it depends on the condition `{name}` of the template");
        Self::of_policies(Test::Choice, name.to_owned(), why)
    }

    /// The one that a resource is created where something depends on that: on a condition of the template, for example.
    pub(crate) fn created(condition: &str) -> Self {
        let why = match condition.strip_prefix("Condition ") {
            Some(name) => format!("it depends on the condition `{name}` of the template"),
            None => format!("it depends on `{condition}`"),
        };
        Self::of_policies(Test::Created, condition.to_owned(), why)
    }

    /// Whether it holds if the request lacks the key; `None` if that is not certain.
    ///
    /// IAM user guide, "Multivalued context keys": `ForAllValues` is true without a value, and
    /// `ForAnyValue` is false. Nothing says what `ForAnyValue` with `...IfExists` is, and this is the
    /// negation of `ForAllValues` if its operator is negated.
    pub(crate) fn without_value(&self) -> Option<bool> {
        match (&self.test, self.qualifier) {
            (
                Test::Opaque
                | Test::Policy { .. }
                | Test::OnlyOfItsName { .. }
                | Test::Kept
                | Test::Created
                | Test::Valid
                | Test::Statement
                | Test::Choice
                | Test::NotKnown,
                _,
            ) => None,
            (Test::Missing, _) => Some(true),
            (_, Qualifier::ForAnyValue | Qualifier::ForAllValues) if self.if_exists => None,
            (_, Qualifier::ForAllValues) => Some(true),
            _ => Some(self.if_exists),
        }
    }
}

/// An atom that must hold, or must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Literal {
    pub(crate) atom: usize,
    pub(crate) holds: bool,
}

/// Whether a pattern is this value, whatever is not known in it.
fn is_same(glob: &Glob, value: &[Symbol]) -> bool {
    glob.symbols == value && !glob.is_wild()
}

/// Whether a value has the fields of an ARN: what else is like an ARN, the manual does not say.
fn is_arn(value: &[Symbol]) -> bool {
    let colons = value.iter().filter(|symbol| **symbol == Symbol::Char(':'));
    colons.count() >= 5
}

fn has_six_fields(glob: &Glob) -> bool {
    let colons = glob
        .symbols
        .iter()
        .filter(|symbol| **symbol == Symbol::Char(':'));
    colons.count() == 5 && !glob.has_unknown()
}
