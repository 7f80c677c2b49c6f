//! What every request of a principal says of the principal itself.
//!
//! In: its kind and its ARN. Out: statements in which conditions and variables about the caller are
//! decided. Refuses nothing: what is not known of it stays open.
//!
//! "AWS global condition context keys" of the IAM user guide says what the keys of a user and of a
//! role's session are: that of a session has the ARN of its role, and has no user name.

use std::collections::BTreeMap;

use crate::diff::access::changes::asked;
use crate::iam::condition::{Atom, Atoms, Qualifier, Test};
use crate::iam::pattern::Glob;
use crate::iam::principals::PrincipalKind;
use crate::iam::statement::{Patterns, Statement};
use crate::template::resolve::Names;
use crate::template::symbol::Symbol;

/// The values of keys, by key in lower case; `None` of a key that its requests lack.
#[derive(Default)]
pub(super) struct OwnFacts(BTreeMap<&'static str, Option<Vec<Symbol>>>);

impl OwnFacts {
    /// What is known of a principal with this ARN.
    pub(super) fn of(kind: PrincipalKind, arn: Option<&[Symbol]>) -> Self {
        let text = |text: &str| Some(Glob::literal(text).symbols);
        let mut facts = BTreeMap::new();
        match kind {
            PrincipalKind::Role => {
                facts.insert("aws:principaltype", text("AssumedRole"));
                facts.insert("aws:username", None);
            }
            PrincipalKind::User => {
                facts.insert("aws:principaltype", text("User"));
                let name = arn.and_then(|arn| arn.rsplit(|one| *one == Symbol::Char('/')).next());
                if let Some(name) = name {
                    facts.insert("aws:username", Some(name.to_vec()));
                }
            }
            // Who is in a group, or assumes a permission set, is not said.
            _ => return Self::default(),
        }
        facts.insert("aws:principalisawsservice", text("false"));
        if let Some(arn) = arn {
            facts.insert("aws:principalarn", Some(arn.to_vec()));
            let mut fields = arn.split(|symbol| *symbol == Symbol::Char(':'));
            if let Some(account) = fields.nth(4) {
                facts.insert("aws:principalaccount", Some(account.to_vec()));
            }
        }
        Self(facts)
    }

    /// `statement` for this principal; `None` if it never applies.
    pub(super) fn applied_to(
        &self,
        (atoms, names): (&Atoms, &Names),
        mut statement: Statement,
    ) -> Option<Statement> {
        for literal in statement.grant.literals.clone() {
            let truth = atoms.get(literal.atom).and_then(|atom| self.truth(atom));
            match truth {
                Some(truth) if truth == literal.holds => {
                    statement.grant.literals.retain(|other| *other != literal);
                    let key = atoms.get(literal.atom).map(|atom| atom.key.as_str());
                    let is_of_key = |condition: &String| {
                        asked(condition)
                            .map(|(_, own, _)| own.to_ascii_lowercase())
                            .as_deref()
                            == key
                    };
                    statement
                        .conditions
                        .retain(|condition| !is_of_key(condition));
                }
                Some(_) => return None,
                None => {}
            }
        }
        let resources = &statement.grant.resources;
        if !resources.globs.iter().any(Glob::has_unknown) {
            return Some(statement);
        }
        let globs = resources.globs.iter();
        let filled: Vec<Option<Glob>> = globs
            .map(|glob| self.filled((atoms, names), glob))
            .collect();
        if resources.negated {
            // IAM says nothing of `NotResource` with a variable that has no value.
            if filled.iter().all(Option::is_some) {
                let globs = filled.into_iter().flatten().collect();
                statement.grant.resources = Patterns::but(globs);
            }
            return Some(statement);
        }
        // A variable without a value matches nothing (IAM user guide, "IAM policy elements:
        // Variables and tags").
        let globs: Vec<Glob> = filled.into_iter().flatten().collect();
        if globs.is_empty() {
            return None;
        }
        statement.grant.resources = Patterns::of(globs);
        Some(statement)
    }

    /// Whether a condition holds in every request of the principal; `None` if it depends on more.
    fn truth(&self, atom: &Atom) -> Option<bool> {
        let value = self.0.get(atom.key.as_str())?;
        if atom.qualifier != Qualifier::None {
            return None;
        }
        if atom.test == Test::Missing {
            return Some(value.is_none());
        }
        let Some(value) = value else {
            return atom.without_value();
        };
        atom.test.is_met_by(value)
    }

    /// The pattern with the values of variables; `None` if one of them has no value.
    fn filled(&self, (atoms, names): (&Atoms, &Names), glob: &Glob) -> Option<Glob> {
        let mut symbols = Vec::new();
        // `${aws:username, 'somebody'}` has a value in any case.
        let has_default = |name: u32| names.variable(name).is_some_and(|own| own.contains(','));
        for symbol in &glob.symbols {
            let fact = match symbol {
                Symbol::Unknown(name) => {
                    let fact = atoms.variable(*name).and_then(|key| self.0.get(key));
                    fact.filter(|fact| fact.is_some() || !has_default(*name))
                }
                _ => None,
            };
            match fact {
                Some(Some(value)) => symbols.extend(value),
                Some(None) => return None,
                None => symbols.push(*symbol),
            }
        }
        Some(Glob {
            symbols,
            ignores_case: glob.ignores_case,
        })
    }
}
