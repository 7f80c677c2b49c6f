//! Who may assume a role, if the trust policy also asks for the ARN of the caller.
//!
//! In: a grant of a trust policy. Out: the grant, for the principals alone that its conditions on
//! `aws:PrincipalArn` accept. In a trust policy, that key is the ARN of the very principal that is
//! compared with `Principal` (IAM user guide, "AWS global condition context keys"): of a user, or of
//! the role whose session it is. Refuses nothing: what cannot be put this way stays as it is.

use crate::iam::condition::{Atom, Atoms, Qualifier, Test};
use crate::iam::pattern::{Glob, is_account_id};
use crate::iam::search::is_covered;
use crate::iam::statement::{Grant, Patterns};
use crate::template::symbol::Symbol;

const KEY: &str = "aws:principalarn";

/// The callers that a condition accepts.
struct AcceptedCallers {
    globs: Vec<Glob>,
    /// Whether it accepts all of them, so that the condition says nothing more.
    is_exact: bool,
}

/// `grant`, with the conditions of a trust policy on the caller's ARN read as principals.
pub(super) fn of_callers(atoms: &Atoms, mut grant: Grant) -> Grant {
    if grant.resources.negated {
        return grant;
    }
    for literal in grant.literals.clone() {
        let Some(callers) = atoms.get(literal.atom).and_then(accepted) else {
            continue;
        };
        if !literal.holds {
            // A caller that is not of AWS has no such ARN, and meets a negated condition.
            if callers.is_exact && grant.resources == Patterns::all() {
                grant.resources = Patterns::but(callers.globs);
                grant.literals.retain(|own| *own != literal);
                return grant;
            }
            continue;
        }
        let Some(globs) = within(&callers.globs, &grant.resources.globs) else {
            continue;
        };
        grant.resources = Patterns::of(globs);
        if callers.is_exact {
            grant.literals.retain(|own| *own != literal);
        }
    }
    grant
}

/// The callers that a condition on their ARN accepts, as principals are written.
fn accepted(atom: &Atom) -> Option<AcceptedCallers> {
    let (Test::Text(globs) | Test::Arn(globs)) = &atom.test else {
        return None;
    };
    if atom.key != KEY || atom.qualifier != Qualifier::None || atom.if_exists {
        return None;
    }
    let mut callers = AcceptedCallers {
        globs: Vec::new(),
        is_exact: true,
    };
    for glob in globs {
        let of_one = callers_of(glob)?;
        callers.globs.extend(of_one.globs);
        callers.is_exact &= of_one.is_exact;
    }
    Some(callers)
}

/// The callers with an ARN of this pattern: users, or sessions of roles.
fn callers_of(arn: &Glob) -> Option<AcceptedCallers> {
    let literal = |text: &str| Glob::literal(text).symbols;
    let rest = arn.symbols.strip_prefix(&*literal("arn:aws:iam::"))?;
    let at = rest
        .iter()
        .position(|symbol| *symbol == Symbol::Char(':'))?;
    let (id, rest) = rest.split_at_checked(at)?;
    let is_id = is_account_id(id) || matches!(id, [Symbol::Unknown(_)]);
    if !is_id || arn.ignores_case {
        return None;
    }
    let itself = Glob::new([literal("AWS:"), arn.symbols.clone()].concat());
    if rest.starts_with(&literal(":user/")) {
        return Some(AcceptedCallers {
            globs: vec![itself],
            is_exact: true,
        });
    }
    let path = rest.strip_prefix(&*literal(":role/"))?;
    let is_known = path.iter().all(|symbol| matches!(symbol, Symbol::Char(_)));
    // The ARN of a session has the name of its role without the path. A pattern may end anywhere.
    let name = path.rsplit(|symbol| *symbol == Symbol::Char('/')).next()?;
    let name = if is_known { name } else { &[Symbol::Any] };
    let session = [
        &literal("AWS:arn:aws:sts::"),
        id,
        &literal(":assumed-role/"),
        name,
        &[Symbol::Char('/'), Symbol::Any],
    ];
    Some(AcceptedCallers {
        globs: vec![itself, Glob::new(session.concat())],
        is_exact: is_known,
    })
}

/// What of `callers` is within `principals`; `None` if it cannot be written as patterns.
fn within(callers: &[Glob], principals: &[Glob]) -> Option<Vec<Glob>> {
    let mut found = Vec::new();
    for caller in callers {
        if is_covered(caller, principals) {
            found.push(caller.clone());
        } else if principals.iter().any(|own| own.may_meet(caller)) {
            return None;
        }
    }
    Some(found)
}
