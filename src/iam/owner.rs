//! Which roles and users a statement is about, if a condition also asks for the account that owns
//! them.
//!
//! In: a grant of a policy of a principal, or of a question. Out: the grant, with its conditions on
//! `aws:ResourceAccount` read as the account in the ARNs of its resources. The two are the same for
//! what IAM itself keeps: the ARN of a role or user has its account, and the list of actions that do
//! not support the key has none of IAM or STS (IAM user guide, "AWS global condition context keys").
//! Refuses nothing: what cannot be put this way stays as it is.

use std::borrow::Cow;

use crate::iam::condition::{Atom, Atoms, Literal, Qualifier, Test};
use crate::iam::pattern::{Glob, is_account_id};
use crate::iam::request::Request;
use crate::iam::statement::{Grant, Patterns};
use crate::template::resources;
use crate::template::symbol::{Symbol, literal_text};

const KEY: &str = "aws:resourceaccount";

/// The grants that together are `grant`; none if it is about nothing.
pub(crate) fn of_owners(atoms: &Atoms, grant: Grant) -> Vec<Grant> {
    if grant.resources.negated {
        return vec![grant];
    }
    let mut owned: Vec<Glob> = grant.resources.globs.clone();
    let mut literals = grant.literals.clone();
    let mut others: Vec<Glob> = Vec::new();
    for literal in &grant.literals {
        let Some(ids) = atoms.get(literal.atom).and_then(account_ids) else {
            continue;
        };
        let mut within = Vec::new();
        for glob in std::mem::take(&mut owned) {
            match of_accounts(&glob, *literal, ids) {
                Some(globs) => within.extend(globs),
                None => others.push(glob),
            }
        }
        owned = within;
        literals.retain(|own| own != literal);
    }
    if literals.len() == grant.literals.len() {
        return vec![grant];
    }
    let of = |globs: Vec<Glob>, literals: Vec<Literal>| {
        (!globs.is_empty()).then(|| Grant {
            resources: Patterns::of(globs),
            literals,
            ..grant.clone()
        })
    };
    let owned = of(owned, literals);
    let others = of(others, grant.literals.clone());
    owned.into_iter().chain(others).collect()
}

/// Whether the ARN `target` says what a request for it says of `key`: the account of a role or user.
pub(crate) fn says(target: &str, key: &str) -> bool {
    let mut fields = target.splitn(6, ':').skip(2);
    key.eq_ignore_ascii_case(KEY)
        && fields.next() == Some("iam")
        && fields.nth(1).is_some_and(resources::is_account_id)
}

/// Whether what `request` says of its resource's owner is in the resource's ARN.
pub(crate) fn speaks_of_owner(request: &Request) -> bool {
    request.context.contains_key(KEY) && owner(&request.target).is_some()
}

/// The request with the owner of its role or user, where it says one: each key has got a value of
/// its own.
pub(crate) fn with_owner(request: &Request) -> Cow<'_, Request> {
    match owner(&request.target) {
        Some(owner) if request.context.contains_key(KEY) => {
            let mut owned = request.clone();
            owned.context.insert(KEY.to_owned(), vec![owner.to_vec()]);
            Cow::Owned(owned)
        }
        _ => Cow::Borrowed(request),
    }
}

/// The account in the ARN of a role or user.
fn owner(target: &[Symbol]) -> Option<&[Symbol]> {
    let mut fields = target.splitn(6, |symbol| *symbol == Symbol::Char(':'));
    let is_of_iam = fields.nth(2).and_then(literal_text).as_deref() == Some("iam");
    let account = fields.nth(1).filter(|_| is_of_iam)?;
    is_account_id(account).then_some(account)
}

/// The accounts that a condition names, as ids or patterns.
fn account_ids(atom: &Atom) -> Option<&[Glob]> {
    let Test::Text(globs) = &atom.test else {
        return None;
    };
    let is_usual = atom.key == KEY && atom.qualifier == Qualifier::None;
    is_usual.then_some(globs)
}

/// The resources of `glob` that are in these accounts, or in none of them. `None` if patterns cannot
/// say that, or if the resource is not one of IAM.
fn of_accounts(glob: &Glob, literal: Literal, ids: &[Glob]) -> Option<Vec<Glob>> {
    let fields: Vec<&[Symbol]> = glob
        .symbols
        .splitn(6, |symbol| *symbol == Symbol::Char(':'))
        .collect();
    let [arn, partition, service, region, account, rest] = fields.as_slice() else {
        return None;
    };
    let is_open = |symbol: &Symbol| matches!(symbol, Symbol::Any | Symbol::One);
    let is = |field: &[Symbol], text: &str| literal_text(field).as_deref() == Some(text);
    if !is(arn, "arn") || !is(service, "iam") || !region.is_empty() {
        return None;
    }
    if partition.iter().any(is_open) {
        return None;
    }
    if is_account_id(account) {
        let is_named = ids.iter().any(|id| id.matches(account));
        // Whether an id that is not known is one of the others cannot be said.
        let is_known = literal_text(account).is_some() && !ids.iter().any(Glob::has_unknown);
        if !is_named && !is_known {
            return None;
        }
        return Some(if is_named == literal.holds {
            vec![glob.clone()]
        } else {
            Vec::new()
        });
    }
    let is_any = *account == [Symbol::Any];
    let is_known = |id: &Glob| is_account_id(&id.symbols) && !id.has_unknown();
    let are_ids = ids.iter().all(is_known);
    if !literal.holds || !(is_any || are_ids) {
        return None;
    }
    let pattern = Glob::new(account.to_vec());
    let ids = ids
        .iter()
        .filter(|id| is_any || pattern.matches(&id.symbols));
    let within = |id: &Glob| {
        let id = twelve_digits(&id.symbols);
        let fields = [arn, partition, service, region, id.as_slice(), rest];
        Glob {
            symbols: fields.join(&Symbol::Char(':')),
            ignores_case: glob.ignores_case,
        }
    };
    Some(ids.map(within).collect())
}

/// A pattern of ids that ends in `*`, with as many `?` as an id has digits left.
fn twelve_digits(id: &[Symbol]) -> Vec<Symbol> {
    let is_one = |symbol: &Symbol| matches!(symbol, Symbol::Char(_) | Symbol::One);
    match id.split_last() {
        Some((Symbol::Any, before)) if before.len() < 12 && before.iter().all(is_one) => {
            let left = std::iter::repeat_n(Symbol::One, 12 - before.len());
            before.iter().copied().chain(left).collect()
        }
        _ => id.to_vec(),
    }
}
