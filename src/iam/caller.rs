//! Who may assume a role, if the trust policy also asks for the ARN or the account of the caller.
//!
//! In: a grant of a trust policy. Out: the grant, for the principals alone that its conditions on
//! `aws:PrincipalArn` accept; or on `aws:PrincipalAccount`, for who asks only who they are: a principal that is not
//! named needs no policy of its own, unlike one of an account that is. In a trust policy, these keys are the ARN and the
//! account of the very principal that is compared with `Principal` (IAM user guide, "AWS global condition context keys"):
//! of a user, or of the role whose session it is. Refuses nothing: what cannot be put this way stays as it is.

use crate::iam::condition::{Atom, Atoms, Literal, Qualifier, Test};
use crate::iam::pattern::{Glob, is_account_id};
use crate::iam::search::is_covered;
use crate::iam::statement::{Grant, Patterns};
use crate::template::symbol::Symbol;

const KEY: &str = "aws:principalarn";
const ACCOUNT: &str = "aws:principalaccount";

/// The callers that a condition accepts.
#[derive(Default)]
struct AcceptedCallers {
    /// Those that it accepts whatever else they are.
    sure: Vec<Glob>,
    /// Those of which it accepts some, by what their own ARN does not show: a session's has the
    /// name of its role without the path.
    possible: Vec<Glob>,
}

/// The grants that together are `grant`, with the conditions of a trust policy on the caller's ARN
/// read as principals.
pub(super) fn of_callers(atoms: &Atoms, grant: Grant) -> Vec<Grant> {
    if grant.resources.negated {
        return vec![grant];
    }
    let literals = grant.literals.clone();
    let mut grants = vec![grant];
    for literal in literals {
        let Some(callers) = atoms.get(literal.atom).and_then(accepted) else {
            continue;
        };
        let divided = grants.iter().map(|grant| {
            if literal.holds {
                accepting(grant, literal, &callers)
            } else {
                excepting(grant, literal, &callers)
            }
        });
        grants = divided.flatten().collect();
    }
    grants
}

/// `grant` for the principals alone that are in the accounts for which it asks, if it trusts only principals of AWS: what
/// a service's request says of an account is not documented.
pub(crate) fn in_named_accounts(atoms: &Atoms, mut grant: Grant) -> Grant {
    let of_aws = Glob::literal("AWS:").symbols;
    let is_of_aws = |glob: &Glob| glob.is_any() || glob.symbols.starts_with(&of_aws);
    for literal in grant.literals.clone() {
        let own = &grant.resources;
        let is_known = literal.holds && !own.negated && own.globs.iter().all(is_of_aws);
        let atom = atoms.get(literal.atom).filter(|_| is_known);
        let callers = atom.and_then(of_accounts);
        if let Some(callers) = callers.and_then(|callers| within(&callers, &own.globs)) {
            grant = without(&grant, literal, Patterns::of(callers));
        }
    }
    grant
}

/// `grant` where the caller is one of these.
fn accepting(grant: &Grant, literal: Literal, callers: &AcceptedCallers) -> Vec<Grant> {
    let own = &grant.resources;
    let within = |callers: &[Glob]| {
        (!own.negated)
            .then(|| within(callers, &own.globs))
            .flatten()
    };
    let (Some(sure), Some(possible)) = (within(&callers.sure), within(&callers.possible)) else {
        return vec![grant.clone()];
    };
    let mut grants = vec![without(grant, literal, Patterns::of(sure))];
    if !possible.is_empty() {
        grants.push(Grant {
            resources: Patterns::of(possible),
            ..grant.clone()
        });
    }
    grants
}

/// The callers of the accounts that a condition names: each request has the key (IAM user guide, "aws:PrincipalAccount").
fn of_accounts(atom: &Atom) -> Option<Vec<Glob>> {
    let Test::Text(ids) = &atom.test else {
        return None;
    };
    let is_plain = atom.key == ACCOUNT && atom.qualifier == Qualifier::None;
    if !is_plain || !ids.iter().all(|id| is_account_id(&id.symbols)) {
        return None;
    }
    let of_service = |id: &Glob, service: &str| {
        let begin = Glob::literal(&format!("AWS:arn:aws:{service}::")).symbols;
        Glob::new([&begin, id.symbols.as_slice(), &Glob::of(":*").symbols].concat())
    };
    let both = ids
        .iter()
        .flat_map(|id| ["iam", "sts"].map(|service| of_service(id, service)));
    Some(both.collect())
}

/// `grant` where the caller is none of these.
fn excepting(grant: &Grant, literal: Literal, callers: &AcceptedCallers) -> Vec<Grant> {
    if grant.resources != Patterns::all() {
        return vec![grant.clone()];
    }
    // A caller that is not of AWS has no such ARN, and meets a negated condition.
    let both = callers.sure.iter().chain(&callers.possible);
    let mut grants = vec![without(
        grant,
        literal,
        Patterns::but(both.cloned().collect()),
    )];
    if !callers.possible.is_empty() {
        grants.push(Grant {
            resources: Patterns::of(callers.possible.clone()),
            ..grant.clone()
        });
    }
    grants
}

/// The grant for these principals, without that condition.
fn without(grant: &Grant, literal: Literal, resources: Patterns) -> Grant {
    let mut grant = Grant {
        resources,
        ..grant.clone()
    };
    grant.literals.retain(|own| *own != literal);
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
    let mut callers = AcceptedCallers::default();
    for glob in globs {
        let of_one = callers_of(glob)?;
        callers.sure.extend(of_one.sure);
        callers.possible.extend(of_one.possible);
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
            sure: vec![itself],
            possible: Vec::new(),
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
    let session = Glob::new(session.concat());
    Some(if is_known {
        AcceptedCallers {
            sure: vec![itself, session],
            possible: Vec::new(),
        }
    } else {
        AcceptedCallers {
            sure: vec![itself],
            possible: vec![session],
        }
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
