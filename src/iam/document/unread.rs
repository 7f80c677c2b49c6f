//! Policies and statements whose text is not known, and those that a condition of the template chooses.
//!
//! In: their data. Out: statements under atoms of their own. The same text on both sides is the same, and anything
//! else may be access. Refuses nothing.

use std::cell::RefCell;

use crate::iam::condition::{Atom, Atoms, Literal, Test};
use crate::iam::document::{Documents, NOT_UNDERSTOOD, name};
use crate::iam::pattern::Glob;
use crate::iam::statement::{Effect, Grant, Patterns, Statement};
use crate::template::choices::choices;
use crate::template::display::shown;
use crate::template::value::Data;

/// What a policy whose text is not known can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnknownPower {
    /// It allows anything.
    Allows,
    /// It allows anything, and denies anything.
    AllowsAndDenies,
    /// It is a permissions boundary: it limits anything.
    Limits,
}

impl Documents<'_> {
    /// A policy whose text is not known, called `name`.
    pub(crate) fn unknown_policy(&self, name: &str, power: UnknownPower) -> Vec<Statement> {
        let is_limit = power == UnknownPower::Limits;
        let statement = |effect, what| Statement {
            policy: name.to_owned(),
            ..self.not_known(Test::Policy { is_limit }, (effect, what), name, name)
        };
        let mut statements = vec![statement(Effect::Allow, "allows")];
        if power == UnknownPower::AllowsAndDenies {
            statements.push(statement(Effect::Deny, "denies"));
        }
        statements
    }

    /// One that has this effect on everything, by its `identity`, since different ones may be shown alike.
    fn not_known(
        &self,
        test: Test,
        (effect, what): (Effect, &str),
        identity: &str,
        shown: &str,
    ) -> Statement {
        let identity = format!("{identity} {what}");
        let atom = Atom::of_policies(test, identity, shown.to_owned());
        Statement::of(Grant {
            effect,
            literals: vec![Literal {
                atom: self.atoms.borrow_mut().number(atom),
                holds: true,
            }],
            ..Grant::everything()
        })
    }

    /// What is not understood may allow, and may refuse: what it does as far as that is written.
    pub(super) fn opaque(&self, data: &Data, policy: &str, at: usize) -> Vec<Statement> {
        let effect = data.get("Effect").and_then(Data::text);
        let effects: &[(Effect, &str)] = match effect {
            Some("Allow") => &[(Effect::Allow, "allows")],
            Some("Deny") => &[(Effect::Deny, "denies")],
            _ => &[(Effect::Allow, "allows"), (Effect::Deny, "denies")],
        };
        let actions = self
            .patterns(data, "Action", "NotAction")
            .filter(|actions| !actions.globs.iter().any(Glob::has_unknown));
        let actions = actions.map_or_else(Patterns::all, Patterns::ignoring_case);
        let identity = format!("{data:?}");
        let statement = |(effect, what): &(Effect, &str)| {
            let mut statement =
                self.not_known(Test::Statement, (*effect, what), &identity, &shown(data));
            statement.grant.actions = actions.clone();
            Statement {
                policy: policy.to_owned(),
                name: name(data, at),
                resources: vec!["*".to_owned()],
                conditions: vec![NOT_UNDERSTOOD.to_owned()],
                ..statement
            }
        };
        effects.iter().map(statement).collect()
    }

    /// The statements that `read` reads of `data`, by each truth of the conditions of the template that it asks about;
    /// `None` if it asks about none.
    pub(super) fn by_choice(
        &self,
        data: &Data,
        read: impl Fn(&Data) -> Vec<Statement>,
    ) -> Option<Vec<Statement>> {
        let mut all = Vec::new();
        for choice in choices(data)? {
            let statements = choice.data.as_ref().map(&read).unwrap_or_default();
            all.extend(if_holding(self.atoms, &choice.holding, statements));
        }
        Some(all)
    }
}

/// The statements that apply only if these conditions of the template hold, or do not.
pub(crate) fn if_holding(
    atoms: &RefCell<Atoms>,
    holding: &[(String, bool)],
    mut statements: Vec<Statement>,
) -> Vec<Statement> {
    let literals = holding.iter().map(|(name, holds)| Literal {
        atom: atoms.borrow_mut().number(Atom::choice(name)),
        holds: *holds,
    });
    let literals: Vec<Literal> = literals.collect();
    let shown = holding.iter().map(|(name, holds)| {
        let holds = if *holds { "holds" } else { "does not hold" };
        format!("condition {name} of the template {holds}")
    });
    let shown: Vec<String> = shown.collect();
    for statement in &mut statements {
        statement.grant.literals.extend(&literals);
        statement.grant.literals.sort_unstable();
        statement.grant.literals.dedup();
        statement.conditions.extend(shown.iter().cloned());
    }
    statements
}
