//! What the policies of a principal say, with the account that the principal is in.
//!
//! In: permissions of one principal, and the id of its account. Out: the same, where
//! `${aws:PrincipalAccount}` is this id and conditions on `aws:PrincipalAccount` are decided: each request
//! of a principal has it ("AWS global condition context keys" of the IAM user guide). Refuses nothing.

use std::cell::RefCell;

use crate::iam::condition::{Atom, Atoms, Literal, Qualifier, Test};
use crate::iam::owner::{self, of_owners};
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::statement::{Grant, Patterns, Statement};
use crate::template::symbol::Symbol;

/// The key of the account that a principal is in.
pub(crate) const KEY: &str = "aws:principalaccount";

/// The permissions of a principal of `account`.
pub(crate) fn in_account(
    atoms: &RefCell<Atoms>,
    permissions: Permissions,
    account: &[Symbol],
) -> Permissions {
    let own = PrincipalAccount { atoms, account };
    permissions.flat_map(|statement| own.statements(statement))
}

/// The account of a principal.
struct PrincipalAccount<'a> {
    atoms: &'a RefCell<Atoms>,
    account: &'a [Symbol],
}

impl PrincipalAccount<'_> {
    /// What a statement is for a principal of this account; nothing if it never applies.
    fn statements(&self, statement: Statement) -> Vec<Statement> {
        match self.grant(&statement.grant) {
            None => vec![statement],
            Some(grants) => {
                let of = |grant: Grant| Statement {
                    grant,
                    ..statement.clone()
                };
                grants.into_iter().map(of).collect()
            }
        }
    }

    /// The grants that a grant is; `None` if it does not depend on the account.
    fn grant(&self, grant: &Grant) -> Option<Vec<Grant>> {
        let mut literals = Vec::new();
        for literal in &grant.literals {
            match self.literal(*literal) {
                LiteralHere::Holds => {}
                LiteralHere::Fails => return Some(Vec::new()),
                LiteralHere::Is(literal) => literals.push(literal),
            }
        }
        literals.sort_unstable();
        literals.dedup();
        let resources = &grant.resources;
        let names_account = resources.globs.iter().any(|glob| self.is_named_in(glob));
        if literals == grant.literals && !names_account {
            return None;
        }
        let resources = Patterns {
            negated: resources.negated,
            globs: self.all(&resources.globs),
        };
        let grant = Grant {
            resources,
            literals,
            ..grant.clone()
        };
        Some(of_owners(&self.atoms.borrow(), grant))
    }

    /// A condition of a policy of this account's principals.
    fn literal(&self, literal: Literal) -> LiteralHere {
        let atom = self.atoms.borrow().get(literal.atom).cloned();
        let Some(atom) = atom.filter(|atom| atom.key == KEY || self.names_account(atom)) else {
            return LiteralHere::Is(literal);
        };
        let test = atom.test.map_globs(|globs| self.all(globs));
        let atom = Atom { test, ..atom };
        match self.truth(&atom) {
            Some(truth) if truth == literal.holds => return LiteralHere::Holds,
            Some(_) => return LiteralHere::Fails,
            None => {}
        }
        // That one account is the other can be said of either.
        let atom = if literal.holds && self.is_of_owner(&atom) {
            Atom {
                key: owner::KEY.to_owned(),
                test: Test::Text(vec![Glob::new(self.account.to_vec())]),
                ..atom
            }
        } else {
            atom
        };
        LiteralHere::Is(Literal {
            atom: self.atoms.borrow_mut().number(atom),
            holds: literal.holds,
        })
    }

    fn names_account(&self, atom: &Atom) -> bool {
        let mut globs = atom.test.globs().iter();
        globs.any(|glob| self.is_named_in(glob))
    }

    /// Whether a condition on the account of the principal holds; `None` if it depends on more, or is about
    /// something else.
    fn truth(&self, atom: &Atom) -> Option<bool> {
        match atom.test {
            _ if atom.key != KEY => None,
            Test::Missing => Some(false),
            Test::Text(_) if atom.qualifier == Qualifier::None => atom.test.is_met_by(self.account),
            _ => None,
        }
    }

    /// Whether a condition asks that the principal is of the account that owns the resource.
    fn is_of_owner(&self, atom: &Atom) -> bool {
        let Test::Text(globs) = &atom.test else {
            return false;
        };
        let is_owner = |glob: &Glob| match glob.symbols.as_slice() {
            [Symbol::Unknown(name)] => self.atoms.borrow().variable(*name) == Some(owner::KEY),
            _ => false,
        };
        let is_usual = atom.qualifier == Qualifier::None && !atom.if_exists;
        is_usual && atom.key == KEY && !globs.is_empty() && globs.iter().all(is_owner)
    }

    fn is_named_in(&self, glob: &Glob) -> bool {
        let mut symbols = glob.symbols.iter();
        symbols.any(|symbol| self.is_name(*symbol))
    }

    fn is_name(&self, symbol: Symbol) -> bool {
        match symbol {
            Symbol::Unknown(name) => self.atoms.borrow().variable(name) == Some(KEY),
            _ => false,
        }
    }

    fn all(&self, globs: &[Glob]) -> Vec<Glob> {
        let mut all: Vec<Glob> = globs.iter().map(|glob| self.filled(glob)).collect();
        all.sort();
        all.dedup();
        all
    }

    fn filled(&self, glob: &Glob) -> Glob {
        let symbols = glob.symbols.iter().flat_map(|symbol| {
            if self.is_name(*symbol) {
                self.account
            } else {
                std::slice::from_ref(symbol)
            }
        });
        Glob {
            symbols: symbols.copied().collect(),
            ignores_case: glob.ignores_case,
            extent: glob.extent,
        }
    }
}

/// What a condition is for the principals of an account.
enum LiteralHere {
    Holds,
    Fails,
    Is(Literal),
}
