//! Whether any of a set of requests is allowed.
//!
//! In: [`Permissions`] and [`Requests`]. Out: an [`Answer`]. It is the difference to nothing, with
//! the requests as what is searched. An action is examined for the resources that it supports,
//! so an answer is about requests that AWS may receive. What is not certain is undecided, with the
//! reason. Refuses nothing.

use std::borrow::Cow;
use std::cell::RefCell;

use crate::aws::global::endpoint_regions;
use crate::iam::condition::{Atom, Atoms, Literal, Qualifier, Test};
use crate::iam::difference::{Judge, NewAccess, allowed};
use crate::iam::evaluate::{Decision, evaluate};
use crate::iam::owner;
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::request::{Certainty, RequestKind, Requests};
use crate::iam::statement::Statement;
use crate::template::symbol::{Symbol, literal_text};

/// What permissions decide about a set of requests.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// Some are allowed, by these statements.
    Allowed(Vec<NewAccess>),
    /// None is.
    NotAllowed,
    /// Some may be: what was found, which depends on something that is not known.
    Undecided(Vec<NewAccess>),
}

/// What these permissions decide about these requests.
pub(crate) fn can(judge: &Judge<'_>, permissions: &Permissions, requests: &Requests) -> Answer {
    match divided(judge, permissions, requests) {
        (sure, unsure) if sure.is_empty() && unsure.is_empty() => Answer::NotAllowed,
        (sure, unsure) if sure.is_empty() => Answer::Undecided(unsure),
        (sure, _) => Answer::Allowed(sure),
    }
}

/// What these permissions allow of these requests for sure, and what they may allow.
pub(crate) fn divided(
    judge: &Judge<'_>,
    permissions: &Permissions,
    requests: &Requests,
) -> (Vec<NewAccess>, Vec<NewAccess>) {
    let found = allowed(judge, permissions, requests);
    let asked = Permissions {
        allow: vec![Statement::of(requests.grant.clone())],
        ..Permissions::default()
    };
    let atoms = judge.atoms.borrow();
    // A witness counts if it is one of the requests, and allowed, whatever is not known.
    let is_sure = |access: &NewAccess| {
        access.certainty == Certainty::Certain
            && access.witness.as_ref().is_some_and(|witness| {
                [&asked, permissions].into_iter().all(|permissions| {
                    let decision = evaluate(&atoms, permissions, witness);
                    matches!(decision, Decision::Allowed(_))
                })
            })
    };
    found.into_iter().partition(is_sure)
}

/// The requests with the region that each calls, if all are to services with one endpoint and these permissions ask
/// for that.
pub(crate) fn with_region<'r>(
    atoms: &RefCell<Atoms>,
    permissions: &Permissions,
    requests: Cow<'r, Requests>,
) -> Cow<'r, Requests> {
    const KEY: &str = "aws:requestedregion";
    let is_asked = |literals: &[Literal]| atoms.borrow().speak_of(literals, |key| key == KEY);
    let actions = &requests.grant.actions;
    let mut globs = actions.globs.iter();
    let is_apart = actions.negated || !globs.all(has_one_endpoint);
    if is_apart || requests.kind != RequestKind::Call || is_asked(&requests.grant.literals) {
        return requests;
    }
    let mut statements = permissions.sets().flatten();
    if !statements.any(|statement| is_asked(&statement.grant.literals)) {
        return requests;
    }
    let mut requests = requests.into_owned();
    let atom = Atom {
        key: KEY.to_owned(),
        qualifier: Qualifier::None,
        if_exists: false,
        test: Test::Text(endpoint_regions().map(Glob::of).collect()),
        identity: String::new(),
        shown: String::new(),
    };
    say(atoms, &mut requests, atom);
    Cow::Owned(requests)
}

/// Adds to the requests that `atom` holds.
fn say(atoms: &RefCell<Atoms>, requests: &mut Requests, atom: Atom) {
    let literals = &mut requests.grant.literals;
    literals.push(Literal {
        atom: atoms.borrow_mut().number(atom),
        holds: true,
    });
    literals.sort_unstable();
    literals.dedup();
}

/// Whether a pattern is of actions of a service that has one endpoint per partition. What AWS asks for together with
/// a call to another service may be asked for in the region of that call.
fn has_one_endpoint(action: &Glob) -> bool {
    let mut parts = action.symbols.split(|symbol| *symbol == Symbol::Char(':'));
    let service = parts.next().and_then(literal_text);
    let Some(service) = service.map(|service| service.to_ascii_lowercase()) else {
        return false;
    };
    let action = action.clone().ignoring_case();
    let mut along = ["iam:PassRole", "iam:CreateServiceLinkedRole"].into_iter();
    ["cloudfront", "iam", "route53", "support"].contains(&service.as_str())
        && !along.any(|name| action.matches(&Glob::literal(name).symbols))
}

/// The requests with what each says of the owner of what it is about, if these permissions ask for that.
pub(crate) fn with_owners<'r>(
    atoms: &RefCell<Atoms>,
    permissions: &Permissions,
    requests: &'r Requests,
) -> Cow<'r, Requests> {
    let is_asked = |statement: &Statement| {
        let literals = &statement.grant.literals;
        atoms.borrow().speak_of(literals, |key| key == owner::KEY)
    };
    let resources = &requests.grant.resources;
    let owners = owner::owners(resources).map(|owners| (owners, false));
    let owners = owners.or_else(|| Some((owner::accounts(resources)?, true)));
    let owners = owners.filter(|_| permissions.sets().flatten().any(is_asked));
    let Some((owners, if_exists)) = owners else {
        return Cow::Borrowed(requests);
    };
    let mut requests = requests.clone();
    let atom = Atom {
        key: owner::KEY.to_owned(),
        qualifier: Qualifier::None,
        if_exists,
        test: Test::Text(owners),
        identity: String::new(),
        shown: String::new(),
    };
    say(atoms, &mut requests, atom);
    Cow::Owned(requests)
}
