//! Conditions to literals over atoms, and which truth values of atoms can go together.
//!
//! In: the `Condition` of a statement. Out: [`Literal`]s, all of which must hold. An atom is one
//! key under one operator with its values; a negated operator is the negation of its atom, since
//! both agree about a key that the request lacks.
//!
//! The hard thing is not to rule out truth values that some request has: a request that was missed
//! would be access that is not reported. So for each key a value is looked for to which its tests
//! are applied ([`values`]). Truth values are ruled out only if it is certain that no request has
//! them, and what is not certain is a "maybe".

mod atom;
mod date;
mod keys;
mod passes;
mod values;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

pub(crate) use crate::iam::condition::atom::{Atom, Literal, OrderTest, Qualifier, Test};
pub(crate) use crate::iam::condition::date::{seconds, written};
pub(crate) use crate::iam::condition::keys::{PRINCIPAL_TAG, is_always_given, is_single, is_text};
pub(crate) use crate::iam::condition::passes::{Pass, contains, network, number, passes};
use crate::iam::condition::values::{Said, said};
use crate::template::symbol::Symbol;

/// Every atom seen.
#[derive(Default)]
pub(crate) struct Atoms {
    all: Vec<Atom>,
    numbers: HashMap<(String, String), usize>,
    said: RefCell<HashMap<Vec<Literal>, Said>>,
    variables: BTreeMap<u32, String>,
    /// The values that a request may lack: variables, and texts in which there may be some.
    lacking: BTreeSet<u32>,
}

/// What a request says in which certain literals are true.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    /// The values of each key that it speaks of; none of a key that is missing.
    pub(crate) values: BTreeMap<String, Vec<Vec<Symbol>>>,
    /// Literals whose truth does not show in values.
    pub(crate) given: Vec<Literal>,
    /// Why it is not certain that there is such a request.
    pub(crate) unsure: Option<String>,
}

impl Atoms {
    /// The number of `atom`.
    pub(crate) fn number(&mut self, atom: Atom) -> usize {
        // The shown text does not identify an atom: values may contain the separator of values.
        let asked = match &atom.test {
            Test::Opaque
            | Test::Unread
            | Test::Policy { .. }
            | Test::OnlyOfItsName { .. }
            | Test::Kept
            | Test::Created
            | Test::CallersOwn
            | Test::Valid
            | Test::Statement
            | Test::Choice
            | Test::NotKnown => atom.identity.clone(),
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

    /// Whether one of these literals is about such a key.
    pub(crate) fn speak_of(&self, literals: &[Literal], is: impl Fn(&str) -> bool) -> bool {
        let mut keys = literals.iter().filter_map(|own| self.get(own.atom));
        keys.any(|atom| is(&atom.key))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// An atom by its number.
    pub(crate) fn get(&self, number: usize) -> Option<&Atom> {
        self.all.get(number)
    }

    /// Notes that the value `number` is what a request says of `key`.
    pub(crate) fn note_variable(&mut self, number: u32, key: &str) {
        self.variables.insert(number, key.to_owned());
    }

    /// Notes that a request may lack the value `number`, or a variable in it. A statement with such a
    /// resource matches nothing then, be it `Resource` or `NotResource` ("IAM policy elements: Variables and
    /// tags" of the IAM User Guide).
    pub(crate) fn note_lacking(&mut self, number: u32) {
        self.lacking.insert(number);
    }

    /// The values that a request may lack.
    pub(crate) fn lacking(&self) -> &BTreeSet<u32> {
        &self.lacking
    }

    /// The key whose value `number` is, if it is a variable.
    pub(crate) fn variable(&self, number: u32) -> Option<&str> {
        self.variables.get(&number).map(String::as_str)
    }

    /// Whether the first atom holds only if the second does.
    pub(crate) fn implies(&self, first: usize, second: usize) -> bool {
        let holding = Literal {
            atom: first,
            holds: true,
        };
        let failing = Literal {
            atom: second,
            holds: false,
        };
        first == second || self.context(&[holding, failing]).is_none()
    }

    /// A context in which exactly these literals are true; `None` if there is none.
    pub(crate) fn context(&self, literals: &[Literal]) -> Option<Context> {
        let mut keys: BTreeMap<&str, Vec<Literal>> = BTreeMap::new();
        let mut context = Context::default();
        for literal in literals {
            match self.get(literal.atom) {
                Some(atom) if !atom.key.is_empty() => {
                    keys.entry(&atom.key).or_default().push(*literal);
                }
                _ => context.given.push(*literal),
            }
        }
        for (key, literals) in keys {
            match self.said(key, &literals) {
                Said::Nothing => return None,
                Said::Values(values) => {
                    context.values.insert(key.to_owned(), values);
                }
                Said::Assumed => context.given.extend(literals),
                Said::Unsure(why) => {
                    context.unsure.get_or_insert(why);
                    context.given.extend(literals);
                }
            }
        }
        Some(context)
    }

    /// What a request says of the key of these literals.
    fn said(&self, key: &str, literals: &[Literal]) -> Said {
        if let Some(known) = self.said.borrow().get(literals) {
            return known.clone();
        }
        let atoms = literals.iter();
        let atoms: Vec<(&Atom, bool)> = atoms
            .filter_map(|literal| Some((self.get(literal.atom)?, literal.holds)))
            .collect();
        let found = said(key, &atoms);
        self.said
            .borrow_mut()
            .insert(literals.to_vec(), found.clone());
        found
    }
}
