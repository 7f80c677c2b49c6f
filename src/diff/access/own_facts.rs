//! What every request of a principal says of the principal itself.
//!
//! In: its kind, and how it is called. Out: statements in which conditions and variables about the caller are
//! decided. Refuses nothing: what is not known of it stays open.
//!
//! "AWS global condition context keys" of the IAM user guide says what the keys of a user and of a
//! role's session are: that of a session has the ARN of its role, and has no user name.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::access::caller::{CallerName, has_other_than_names, opened};
use crate::diff::access::changes::asked;
use crate::diff::access::own_tags::OwnTags;
use crate::iam::condition::{Atom, Atoms, Literal, PRINCIPAL_TAG, Test};
use crate::iam::own_account;
use crate::iam::owner::account_in;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::principals::PrincipalKind;
use crate::iam::search::is_covered;
use crate::iam::statement::{Effect, Patterns, Statement};
use crate::template::resolve::Names;
use crate::template::symbol::Symbol;

/// What every request of a principal says.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnFacts {
    /// The values of keys, by key in lower case; `None` of a key that its requests lack.
    pub(super) values: BTreeMap<&'static str, Option<Vec<Symbol>>>,
    /// The keys that each of its requests has, with what their values are like, if that is known.
    pub(super) present: BTreeMap<&'static str, Option<Glob>>,
    /// Its tags, if it makes its requests with these.
    pub(super) tags: Option<OwnTags>,
}

/// What is known of a key.
enum OwnValue<'a> {
    /// Nothing.
    Open,
    /// That it has a value; which one is not known, and neither may be whether it has one.
    Unsure,
    /// Its value; `None` if requests lack the key.
    Known(Option<&'a Vec<Symbol>>),
}

/// A pattern with the values of its variables.
#[derive(PartialEq, Eq)]
enum FilledGlob {
    /// With all of them.
    Known(Glob),
    /// With `*` for a value that is not known, and neither may be whether there is one: what may not match
    /// allows nothing for sure, and may deny.
    Unsure(Glob),
    /// The variable of this key has no value, so it matches nothing (IAM user guide, "Policy variables with no
    /// value").
    Lacks(String),
}

/// The key of the unique id of who calls.
pub(super) const USER_ID: &str = "aws:userid";

/// The key of the name of a user.
pub(super) const USER_NAME: &str = "aws:username";

/// What the ids of users are like, and those of sessions of roles: with a colon and the name of the session (IAM
/// user guide, "IAM identifiers").
const OF_USERS: &str = "AIDA*";
const OF_SESSIONS: &str = "AROA*:*";

/// Whether the pattern needs a colon, which no id of a user has.
fn has_colon(glob: &Glob) -> bool {
    glob.symbols.contains(&Symbol::Char(':'))
}

impl OwnFacts {
    /// What is known of a principal that is called like this.
    pub(super) fn of(kind: PrincipalKind, caller: Option<&CallerName>) -> Self {
        let text = |text: &str| Some(Glob::literal(text).symbols);
        let mut facts = BTreeMap::new();
        let mut present = BTreeMap::new();
        match kind {
            PrincipalKind::Role | PrincipalKind::PermissionSet => {
                facts.insert("aws:principaltype", text("AssumedRole"));
                facts.insert(USER_NAME, None);
                present.insert("aws:tokenissuetime", None);
                present.insert(USER_ID, Some(Glob::of(OF_SESSIONS)));
            }
            // Only users are in a group, and which ones is not known.
            PrincipalKind::User | PrincipalKind::Group => {
                facts.insert("aws:principaltype", text("User"));
                present.insert(USER_ID, Some(Glob::of(OF_USERS)));
                match caller {
                    Some(caller) => {
                        facts.insert(USER_NAME, Some(caller.name.clone()));
                    }
                    None => {
                        present.insert(USER_NAME, None);
                    }
                }
            }
            PrincipalKind::Resource(_) => return Self::default(),
        }
        facts.insert("aws:principalisawsservice", text("false"));
        for of_others in [
            "aws:principalservicename",
            "aws:principalservicenameslist",
            "aws:assumedroot",
        ] {
            facts.insert(of_others, None);
        }
        if let Some(caller) = caller {
            facts.insert("aws:principalarn", Some(caller.arn.clone()));
            if let Some(account) = account_in(&caller.arn) {
                facts.insert(own_account::KEY, Some(account.to_vec()));
            }
        }
        Self {
            values: facts,
            present,
            tags: None,
        }
    }

    /// `statement`, unless it never applies to this principal, with the values of variables. It asks no more whether
    /// requests have a key whose value is known.
    pub(super) fn kept_for(
        &self,
        (atoms, names): (&mut Atoms, &Names),
        statement: Statement,
    ) -> Option<Statement> {
        let mut statement = self.with_values((atoms, names), statement);
        let mut literals = statement.grant.literals.iter();
        let fails = literals.any(|literal| {
            let truth = atoms.get(literal.atom).and_then(|atom| self.truth(atom));
            truth.is_some_and(|truth| truth != literal.holds)
        });
        if fails {
            return None;
        }
        let is_said = |literal: &Literal| {
            let atom = atoms.get(literal.atom);
            let about = atom.filter(|atom| !self.present.contains_key(atom.key.as_str()));
            about.is_some_and(|atom| self.truth(atom) == Some(literal.holds))
        };
        statement.grant.literals.retain(|literal| !is_said(literal));
        self.on_resources((atoms, names), statement)
    }

    /// That requests have those keys that each of the principal's has, with what these are like, and lack those that none
    /// has, as far as a statement of one of `sides` speaks of them.
    pub(super) fn present_keys<const N: usize>(
        &self,
        atoms: &mut Atoms,
        sides: [&Permissions; N],
    ) -> Vec<Literal> {
        let like = |key, like| (Atom::missing(key).with_test(Test::Text(vec![like])), true);
        let of_present = |(key, own): (&&'static str, &Option<Glob>)| match own {
            Some(own) => like(key, own.clone()),
            None => (Atom::missing(key), false),
        };
        let of_value = |(key, own): (&&'static str, &Option<Vec<Symbol>>)| match own {
            Some(own) => like(
                key,
                Glob::new(own.iter().copied().flat_map(opened).collect()),
            ),
            None => (Atom::missing(key), true),
        };
        let values = self
            .values
            .iter()
            .filter(|(key, _)| **key != own_account::KEY);
        let all = self.present.iter().map(of_present);
        let mut present = Vec::new();
        for (atom, holds) in all.chain(values.map(of_value)) {
            let mut statements = sides.iter().flat_map(|side| side.sets()).flatten();
            if statements.any(|own| atoms.speak_of(&own.grant.literals, |own| own == atom.key)) {
                present.push(Literal {
                    atom: atoms.number(atom),
                    holds,
                });
            }
        }
        present
    }

    /// The statement with the values of the variables in its conditions.
    fn with_values(
        &self,
        (atoms, names): (&mut Atoms, &Names),
        mut statement: Statement,
    ) -> Statement {
        for literal in &mut statement.grant.literals {
            let atom = atoms.get(literal.atom);
            let own = atom.filter(|atom| atom.test.globs().iter().any(Glob::has_unknown));
            let Some(own) = own.cloned() else { continue };
            let test = own
                .test
                .map_globs(|globs| self.values_in((atoms, names), globs));
            literal.atom = atoms.number(Atom { test, ..own });
        }
        statement.grant.literals.sort_unstable();
        statement.grant.literals.dedup();
        statement
    }

    /// The patterns of a condition with the values of variables. One whose variable has no value is like nothing (IAM
    /// user guide, "Policy variables with no value"), and one whose value is not known stays open.
    fn values_in(&self, (atoms, names): (&Atoms, &Names), globs: &[Glob]) -> Vec<Glob> {
        let values = globs
            .iter()
            .filter_map(|glob| match self.filled((atoms, names), glob) {
                FilledGlob::Known(glob) => Some(glob),
                FilledGlob::Unsure(_) => Some(glob.clone()),
                FilledGlob::Lacks(_) => None,
            });
        let values: BTreeSet<Glob> = values.collect();
        values.into_iter().collect()
    }

    /// Whether a request of the principal may be as these conditions say.
    pub(super) fn agree_with(&self, atoms: &Atoms, literals: &[Literal]) -> bool {
        let mut literals = literals.iter();
        literals.all(|literal| {
            let truth = atoms.get(literal.atom).and_then(|atom| self.truth(atom));
            truth.is_none_or(|truth| truth == literal.holds)
        })
    }

    /// The same of requests with these tags of its own.
    pub(super) fn with_tags(self, tags: OwnTags) -> Self {
        Self {
            tags: Some(tags),
            ..self
        }
    }

    /// What every request says of this key, if that is known: its value, or none.
    pub(super) fn said_of(&self, key: &str) -> Option<Vec<Vec<Symbol>>> {
        let value = self.values.get(key)?;
        Some(value.iter().cloned().collect())
    }

    /// What is known of a key.
    fn value(&self, key: &str) -> OwnValue<'_> {
        if let Some(value) = self.values.get(key) {
            return OwnValue::Known(value.as_ref());
        }
        let Some(tags) = self
            .tags
            .as_ref()
            .filter(|_| key.starts_with(PRINCIPAL_TAG))
        else {
            return OwnValue::Open;
        };
        match tags.values.get(key) {
            Some(Some(value)) => OwnValue::Known(Some(value)),
            Some(None) => OwnValue::Unsure,
            None if tags.may_have_more => OwnValue::Unsure,
            None => OwnValue::Known(None),
        }
    }

    /// `statement` for this principal; `None` if it never applies.
    pub(super) fn applied_to(
        &self,
        (atoms, names): (&mut Atoms, &Names),
        statement: Statement,
    ) -> Option<Statement> {
        let mut statement = self.with_values((atoms, names), statement);
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
                None if !self.is_unsure(atoms, literal.atom) => {}
                // What may not hold allows nothing for sure, and may deny.
                None if statement.grant.effect == Effect::Allow => return None,
                None => statement.grant.literals.retain(|other| *other != literal),
            }
        }
        self.on_resources((atoms, names), statement)
    }

    /// The statement with the values of the variables in its resources; `None` if it never applies.
    fn on_resources(
        &self,
        (atoms, names): (&mut Atoms, &Names),
        mut statement: Statement,
    ) -> Option<Statement> {
        let resources = &statement.grant.resources;
        if !resources.globs.iter().any(Glob::has_unknown) {
            return Some(statement);
        }
        let may_deny = statement.grant.effect == Effect::Deny;
        let is_negated = resources.negated;
        let globs = resources.globs.iter();
        let filled: Vec<FilledGlob> = globs
            .map(|glob| self.filled((atoms, names), glob))
            .collect();
        let is_unsure = |glob: &FilledGlob| matches!(glob, FilledGlob::Unsure(_));
        if is_negated && !may_deny && filled.iter().any(is_unsure) {
            return None;
        }
        let mut globs = Vec::new();
        for glob in filled {
            match glob {
                FilledGlob::Known(glob) => globs.push(glob),
                FilledGlob::Unsure(glob) if may_deny && !is_negated => globs.push(glob),
                // What a `NotResource` means if a variable has no value was not tried on AWS.
                FilledGlob::Lacks(key) if is_negated => statement.grant.literals.push(Literal {
                    atom: atoms.number(Atom::not_resource_without(&key)),
                    holds: true,
                }),
                // It may not be left out of what is denied.
                FilledGlob::Unsure(_) | FilledGlob::Lacks(_) => {}
            }
        }
        if globs.is_empty() && !is_negated {
            return None;
        }
        statement.grant.literals.sort_unstable();
        statement.grant.literals.dedup();
        statement.grant.resources = if is_negated {
            Patterns::but(globs)
        } else {
            Patterns::of(globs)
        };
        Some(statement)
    }

    /// Whether a condition is about a tag of its own of which it is not known whether it holds.
    fn is_unsure(&self, atoms: &Atoms, number: usize) -> bool {
        let atom = atoms.get(number);
        self.tags.is_some() && atom.is_some_and(|atom| atom.key.starts_with(PRINCIPAL_TAG))
    }

    /// Whether a condition holds in every request of the principal; `None` if it depends on more.
    fn truth(&self, atom: &Atom) -> Option<bool> {
        if let Some(like) = self.present.get(atom.key.as_str()) {
            return truth_of_present(atom, like.as_ref());
        }
        let OwnValue::Known(value) = self.value(&atom.key) else {
            return None;
        };
        if atom.test == Test::Missing {
            return Some(value.is_none());
        }
        let Some(value) = value else {
            return atom.without_value();
        };
        let truth = atom.test.is_met_by(value);
        // A name has no such letter, whatever it is.
        let is_of_none = match &atom.test {
            Test::Text(globs) => atom.key == USER_NAME && globs.iter().all(has_other_than_names),
            _ => false,
        };
        truth.or(is_of_none.then_some(false))
    }

    /// What every request says of its principal, by key. Its account is put into all of the policies that apply to it.
    pub(super) fn said(&self) -> impl Iterator<Item = (&'static str, &Vec<Symbol>)> {
        let values = self
            .values
            .iter()
            .filter(|(key, _)| **key != own_account::KEY);
        values.filter_map(|(key, value)| Some((*key, value.as_ref()?)))
    }

    /// The pattern with the values of variables.
    fn filled(&self, (atoms, names): (&Atoms, &Names), glob: &Glob) -> FilledGlob {
        let mut symbols = Vec::new();
        let mut is_unsure = false;
        // `${aws:username, 'somebody'}` has a value in any case.
        let default = |name: u32| names.variable(name)?.split_once(',').map(|own| own.1);
        for symbol in &glob.symbols {
            let Symbol::Unknown(name) = symbol else {
                symbols.push(*symbol);
                continue;
            };
            // Its account is put into all of the policies that apply to it.
            let key = atoms.variable(*name).filter(|key| *key != own_account::KEY);
            match key.map(|key| (key, self.value(key))) {
                Some((_, OwnValue::Known(Some(value)))) => symbols.extend(value),
                Some((key, OwnValue::Known(None))) => match default(*name).map(literal_default) {
                    None => return FilledGlob::Lacks(key.to_owned()),
                    Some(Some(value)) => symbols.extend(value),
                    Some(None) => symbols.push(*symbol),
                },
                Some((_, OwnValue::Unsure)) => {
                    is_unsure = true;
                    symbols.push(Symbol::Any);
                }
                Some((_, OwnValue::Open)) | None => symbols.push(*symbol),
            }
        }
        let filled = Glob {
            symbols,
            ignores_case: glob.ignores_case,
            extent: glob.extent,
        };
        if is_unsure {
            FilledGlob::Unsure(filled)
        } else {
            FilledGlob::Known(filled)
        }
    }
}

/// The value of a variable without one: its default, in quotes, unless there may be more to that than letters.
fn literal_default(written: &str) -> Option<Vec<Symbol>> {
    let inner = written.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    let is_plain = !inner.contains(['*', '?', '$', '\'', '\\']);
    is_plain.then(|| Glob::literal(inner).symbols)
}

/// Whether a condition holds in requests that all have its key, with values that are `like` this; `None` if it may
/// hold in one and not in another.
///
/// These keys have one value each, so it does not matter whether an operator asks for all values or for any.
fn truth_of_present(atom: &Atom, like: Option<&Glob>) -> Option<bool> {
    let never = |glob: &Glob| {
        let is_colon_lacking = like == Some(&Glob::of(OF_USERS)) && has_colon(glob);
        is_colon_lacking || like.is_some_and(|like| !glob.may_meet(like))
    };
    match &atom.test {
        Test::Missing => Some(false),
        Test::Text(globs) if globs.iter().all(never) => Some(false),
        Test::Text(globs) => like.filter(|like| is_covered(like, globs)).map(|_| true),
        _ => None,
    }
}
