//! The `Condition` of a statement to literals.
//!
//! In: its data. Out: [`Literal`]s, and the conditions as they are shown. An operator that is not
//! known, or a value that is none of its kind, becomes an atom of its own. Refuses nothing.

use std::collections::BTreeSet;

use crate::template::display::shown;
use crate::template::value::{Data, Unordered};

use crate::iam::condition::{
    Atom, Literal, OrderTest, Qualifier, Test, is_always_given, is_text, network, number, seconds,
};
use crate::iam::document::{DocumentKind, Documents, ReadConditions, Validity};
use crate::iam::pattern::Glob;
use crate::template::resolve::Reading;
use crate::template::symbol::Symbol;

/// Keys that every request has ("AWS global condition context keys" of the IAM User Guide), and the account of the
/// resource, which its ARN says.
const OF_ALL: &[&str] = &[
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:resourceaccount",
    "aws:securetransport",
];

/// Those that every signed request has.
const OF_SIGNED: &[&str] = &["aws:principalarn", "aws:principaltype", "aws:userid"];

impl Documents<'_> {
    pub(super) fn conditions(&self, condition: &Data) -> Option<ReadConditions> {
        let mut found = ReadConditions::default();
        for (operator, keys) in condition.fields()? {
            for (key, values) in keys.fields()? {
                let values = match values {
                    Data::Unordered(Unordered(items)) => items.as_slice(),
                    single => std::slice::from_ref(single),
                };
                found.literals.push(self.literal(operator, key, values));
                for (variable, validity) in self.validities(operator, key, values) {
                    found
                        .variables
                        .entry(variable)
                        .or_default()
                        .insert(validity);
                }
                let values: Vec<String> = values.iter().map(shown).collect();
                found
                    .shown
                    .push(format!("{operator} {key}: {}", values.join(", ")));
            }
        }
        Some(found)
    }

    /// What a condition does if a variable in it has no value, by the key of the variable.
    fn validities(&self, operator: &str, key: &str, values: &[Data]) -> Vec<(String, Validity)> {
        let lower = operator.to_ascii_lowercase();
        if is_valid_without_values(&lower) {
            return Vec::new();
        }
        let own: Vec<BTreeSet<String>> = values.iter().map(|own| self.variables(own)).collect();
        let all: BTreeSet<&String> = own.iter().flatten().collect();
        let operator = Operator::of(&lower);
        let if_exists = lower.ends_with("ifexists");
        let validity = |variable: &String| {
            let has_others = !own.iter().all(|own| own.contains(variable));
            if operator.needs_equal() && !has_others {
                return Validity::Void;
            }
            // What is unlike no value does not depend on other values.
            let has_others = has_others && !operator.is_negated;
            Validity::Unknown(format!(
                "{} {:?} {} {if_exists} {has_others}",
                key.to_ascii_lowercase(),
                operator.qualifier,
                operator.is_negated,
            ))
        };
        let all = all.into_iter();
        all.map(|variable| (variable.clone(), validity(variable)))
            .collect()
    }

    /// The keys of the variables in a value that a request may lack, and that have no default.
    fn variables(&self, value: &Data) -> BTreeSet<String> {
        let symbols = self.reader.symbols(value, Reading::Pattern);
        let names = self.reader.names.borrow();
        let variables = symbols.into_iter().filter_map(|symbol| match symbol {
            Symbol::Unknown(number) => names.variable(number),
            _ => None,
        });
        variables
            .filter(|name| !name.contains(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|key| !is_always_given(key) && !OF_ALL.contains(&key.as_str()))
            .collect()
    }

    /// The literals where each variable has a value, and where one has none: what the statement does then may not be
    /// known.
    ///
    /// "IAM policy elements: Variables and tags" of the IAM User Guide: a variable that cannot be resolved may make
    /// the whole statement invalid, unless the operator ends in `IfExists`. It also says that nothing is like no value,
    /// and that everything is unlike it.
    pub(super) fn with_and_without_values(
        &self,
        read: &ReadConditions,
        kind: DocumentKind,
    ) -> Vec<Vec<Literal>> {
        // A request that nobody signed reaches a resource or the trust policy of a role at most.
        let is_given = |key: &str| kind == DocumentKind::Identity && OF_SIGNED.contains(&key);
        let variables = read.variables.iter().filter(|(key, _)| !is_given(key));
        let with = |more: Vec<Literal>| {
            let mut literals = [read.literals.as_slice(), &more].concat();
            literals.sort_unstable();
            literals.dedup();
            literals
        };
        let number = |atom| self.atoms.borrow_mut().number(atom);
        let is_missing = |key: &String, holds| Literal {
            atom: number(Atom::missing(key)),
            holds,
        };
        let is_valid = |key: &String, validity: &Validity| match validity {
            Validity::Void => None,
            Validity::Unknown(identity) => Some(Literal {
                atom: number(Atom::valid_without(key, identity)),
                holds: true,
            }),
        };
        let all_given = variables.clone().map(|(key, _)| is_missing(key, false));
        let without = variables.filter_map(|(key, validities)| {
            let valid = validities.iter().map(|validity| is_valid(key, validity));
            let valid: Option<Vec<Literal>> = valid.collect();
            Some(with([valid?, vec![is_missing(key, true)]].concat()))
        });
        std::iter::once(with(all_given.collect()))
            .chain(without)
            .collect()
    }

    fn literal(&self, operator: &str, key: &str, values: &[Data]) -> Literal {
        let lower = operator.to_ascii_lowercase();
        let operator = Operator::of(&lower);
        let test = match self.test(&operator, values) {
            // What a flag is of a text, the manual does not say.
            Test::Text(_) if operator.positive == "bool" && is_text(&key.to_ascii_lowercase()) => {
                Test::Unread
            }
            test => test,
        };
        // `Null` with `false` is the negation of `Null` with `true`.
        let is_false = |value: &Data| self.reader.text(value).as_deref() == Some("false");
        let holds = match test {
            Test::Missing => !values.iter().any(is_false),
            Test::Opaque => true,
            _ => !operator.is_negated,
        };
        // What is not understood is identified by what is written.
        let written: BTreeSet<Glob> = values
            .iter()
            .map(|value| Glob::new(self.reader.symbols(value, Reading::Plain)))
            .collect();
        let name = match test {
            Test::Opaque => lower.clone(),
            _ => format!(
                "{:?} {} {}",
                operator.qualifier, operator.positive, operator.if_exists
            ),
        };
        let atom = Atom {
            key: key.to_ascii_lowercase(),
            qualifier: operator.qualifier,
            if_exists: operator.if_exists,
            test,
            identity: format!("{name} {written:?}"),
            shown: String::new(),
        };
        Literal {
            atom: self.atoms.borrow_mut().number(atom),
            holds,
        }
    }

    fn test(&self, operator: &Operator<'_>, values: &[Data]) -> Test {
        let globs = |reading| -> Vec<Glob> {
            let globs = values.iter().map(|value| self.glob(value, reading));
            globs.collect::<BTreeSet<Glob>>().into_iter().collect()
        };
        let texts = || -> Option<Vec<String>> {
            values.iter().map(|value| self.reader.text(value)).collect()
        };
        let bounds = |read: fn(&str) -> Option<f64>| {
            let bounds: Option<Vec<f64>> = texts()?.iter().map(|text| read(text)).collect();
            let mut bounds = bounds?;
            bounds.sort_unstable_by(f64::total_cmp);
            bounds.dedup();
            Some(bounds)
        };
        if !operator.is_certain() {
            return Test::Opaque;
        }
        let test = match operator.positive {
            // The values of `BinaryEquals` are in base 64.
            "stringequals" | "binaryequals" => Some(Test::Text(globs(Reading::Plain))),
            "stringlike" => Some(Test::Text(globs(Reading::Pattern))),
            "stringequalsignorecase" | "bool" => {
                let globs = globs(Reading::Plain).into_iter();
                Some(Test::Text(globs.map(Glob::ignoring_case).collect()))
            }
            "arnlike" => Some(globs(Reading::Pattern))
                .filter(|globs| globs.iter().all(may_be_arn))
                .map(Test::Arn),
            "ipaddress" => texts().and_then(|texts| {
                let networks = texts.iter().map(|text| network(text));
                networks.collect::<Option<_>>().map(Test::Network)
            }),
            "null" => {
                return match texts().as_deref() {
                    Some([flag]) if flag == "true" || flag == "false" => Test::Missing,
                    _ => Test::Opaque,
                };
            }
            positive => {
                if let Some(order) = positive.strip_prefix("numeric").and_then(order) {
                    bounds(number).map(|bounds| Test::Number(order, bounds))
                } else if let Some(order) = positive.strip_prefix("date").and_then(order) {
                    bounds(seconds).map(|bounds| Test::Date(order, bounds))
                } else {
                    return Test::Opaque;
                }
            }
        };
        test.unwrap_or(Test::Unread)
    }
}

/// Whether a variable without a value in a condition with this operator leaves the statement valid for sure: IAM's manual
/// says so of `IfExists`. What such a value is unlike, it does not say.
fn is_valid_without_values(lower: &str) -> bool {
    lower.ends_with("ifexists") && !Operator::of(lower).is_negated
}

/// Whether the pattern has the six fields of an ARN, or may have them.
fn may_be_arn(glob: &Glob) -> bool {
    glob.has_unknown() || glob.has_all_fields()
}

/// How an operator on numbers or dates compares, by the rest of its name.
fn order(rest: &str) -> Option<OrderTest> {
    Some(match rest {
        "equals" => OrderTest::Equal,
        "lessthan" => OrderTest::Less,
        "lessthanequals" => OrderTest::LessOrEqual,
        "greaterthan" => OrderTest::Greater,
        "greaterthanequals" => OrderTest::GreaterOrEqual,
        _ => return None,
    })
}

/// An operator as a positive one, or the negation of one.
struct Operator<'a> {
    qualifier: Qualifier,
    /// The name of the positive operator, in lower case.
    positive: &'a str,
    is_negated: bool,
    /// Whether the positive operator holds if the request lacks the key.
    if_exists: bool,
}

impl<'a> Operator<'a> {
    /// The operator `lower`, in lower case.
    fn of(lower: &'a str) -> Self {
        let (qualifier, rest) = match lower.split_once(':') {
            Some(("forallvalues", rest)) => (Qualifier::ForAllValues, rest),
            Some(("foranyvalue", rest)) => (Qualifier::ForAnyValue, rest),
            _ => (Qualifier::None, lower),
        };
        let (name, if_exists) = match rest.strip_suffix("ifexists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let positive = match name {
            "stringnotequals" => "stringequals",
            "stringnotequalsignorecase" => "stringequalsignorecase",
            "stringnotlike" => "stringlike",
            "arnnotequals" | "arnnotlike" => "arnlike",
            "numericnotequals" => "numericequals",
            "datenotequals" => "dateequals",
            "notipaddress" => "ipaddress",
            name => name,
        };
        let is_negated = positive != name;
        Self {
            // That all values are unlike something is that not any is like it, and the reverse.
            qualifier: match qualifier {
                Qualifier::ForAllValues if is_negated => Qualifier::ForAnyValue,
                Qualifier::ForAnyValue if is_negated => Qualifier::ForAllValues,
                qualifier => qualifier,
            },
            positive: if positive == "arnequals" {
                "arnlike"
            } else {
                positive
            },
            is_negated,
            // A negated operator and `ForAllValues` hold without the key, whether they end in it or
            // not. What `ForAnyValue` with it does is not certain, negated or not.
            if_exists: if_exists
                && match qualifier {
                    Qualifier::None => !is_negated,
                    Qualifier::ForAllValues => false,
                    Qualifier::ForAnyValue => true,
                },
        }
    }

    /// Whether it holds by a value that is equal to one of those in the policy, or like it.
    fn needs_equal(&self) -> bool {
        let is_positive = !self.is_negated && !self.if_exists;
        let compares = [
            "stringequals",
            "stringequalsignorecase",
            "stringlike",
            "arnlike",
        ];
        is_positive
            && self.qualifier != Qualifier::ForAllValues
            && compares.contains(&self.positive)
    }

    /// Whether it is known what it does.
    fn is_certain(&self) -> bool {
        let is_null = self.positive == "null";
        !(is_null && (self.if_exists || self.qualifier != Qualifier::None))
    }
}
