//! Who cannot assume a role although its trust policy names them.
//!
//! In: a statement of a trust policy. Out: whether it asks for what a caller does not have. Refuses nothing.

use crate::iam::condition::{Atoms, Test};
use crate::iam::pattern::{Glob, sessions};
use crate::iam::statement::{Grant, Patterns, Statement};
use crate::template::symbol::Symbol;

/// Why it is not certain that a role assumes another that asks for a second factor: "the temporary credentials returned
/// by `AssumeRole` do not include MFA information in the context" (IAM user guide, "Secure API access with MFA"), but
/// the key is listed for temporary credentials.
pub(super) const NO_SECOND_FACTOR: &str =
    "AWS documents no second factor for sessions of roles, and the trust policy asks for one";

/// Whether a statement is only about requests of somebody who signed in with a second factor.
pub(super) fn needs_second_factor(atoms: &Atoms, statement: &Statement) -> bool {
    let mut literals = statement.grant.literals.iter();
    literals.any(|literal| {
        let atom = atoms.get(literal.atom).filter(|atom| !atom.if_exists);
        atom.is_some_and(|atom| match (atom.key.as_str(), &atom.test) {
            ("aws:multifactorauthpresent", test) => {
                test.is_met_by(&Glob::literal("true").symbols) == Some(literal.holds)
            }
            ("aws:multifactorauthage", Test::Number(..)) => literal.holds,
            _ => false,
        })
    })
}

/// The root users of all accounts, as a statement that trusts them: "You cannot call `AssumeRole` by using AWS account
/// root user credentials; access is denied" (STS API reference).
pub(super) fn root_users() -> Statement {
    Statement::of(Grant {
        resources: Patterns::of(vec![Glob::of("AWS:arn:aws:iam::*:root")]),
        ..Grant::everything()
    })
}

/// The caller with this ARN, and its sessions.
pub(super) fn with_sessions(own: &[Symbol]) -> Vec<Glob> {
    let arn = own.strip_prefix(&*Glob::literal("AWS:").symbols);
    let mut who = vec![Glob::new(own.to_vec())];
    who.extend(arn.and_then(sessions));
    who
}
