//! Which roles and users a statement is about, if a condition also asks for the account that owns
//! them.
//!
//! In: a grant of a policy of a principal, or of a question. Out: the grant, with its conditions on
//! `aws:ResourceAccount` read as the account in the ARNs of its resources. The two are the same for
//! what IAM itself keeps: the ARN of a role or user has its account, and the list of actions that do
//! not support the key has none of IAM or STS (IAM user guide, "AWS global condition context keys").
//! Refuses nothing: what cannot be put this way stays as it is.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::aws::actions::reference;
use crate::iam::condition::{Atom, Atoms, Literal, Test};
use crate::iam::pattern::{Glob, is_account_id};
use crate::iam::request::Request;
use crate::iam::statement::{Grant, Patterns};
use crate::template::resources;
use crate::template::symbol::{Symbol, literal_text};

/// The key of the account that owns a resource.
pub(crate) const KEY: &str = "aws:resourceaccount";

/// The grants that together are `grant`; none if it is about nothing.
pub(crate) fn of_owners(atoms: &Atoms, grant: Grant) -> Vec<Grant> {
    if grant.resources.negated {
        return vec![grant];
    }
    let mut owned: Vec<Glob> = grant.resources.globs.clone();
    let mut literals = grant.literals.clone();
    let mut others: Vec<Glob> = Vec::new();
    for literal in &grant.literals {
        let Some(test) = atoms.get(literal.atom).and_then(of_owner) else {
            continue;
        };
        let mut within = Vec::new();
        for glob in std::mem::take(&mut owned) {
            match of_accounts(&glob, *literal, test) {
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

/// What requests say of the owner, if all of these resources are of IAM, each in an account.
pub(crate) fn owners(resources: &Patterns) -> Option<Vec<Glob>> {
    named_by(resources, iam_account)
}

/// The accounts in the ARNs of these resources, if each has one: what requests say of the owner, if they say it.
/// Some actions of other services than IAM do not have the key.
pub(crate) fn accounts(resources: &Patterns) -> Option<Vec<Glob>> {
    named_by(resources, account_in)
}

/// The account that `field` finds in each of these resources; `None` if one has none.
fn named_by(
    resources: &Patterns,
    field: impl Fn(&[Symbol]) -> Option<&[Symbol]>,
) -> Option<Vec<Glob>> {
    let account = |glob: &Glob| {
        let account = field(&glob.symbols).filter(|account| is_account_id(account));
        Some(Glob::new(account?.to_vec()))
    };
    let accounts: Option<BTreeSet<Glob>> = resources.globs.iter().map(account).collect();
    let accounts = accounts.filter(|accounts| !resources.negated && !accounts.is_empty())?;
    Some(accounts.into_iter().collect())
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

/// The request with the owner of its resource, where it says one, or is `asked` for one: each key has got a
/// value of its own.
pub(crate) fn with_owner(request: &Request, is_asked: bool) -> Cow<'_, Request> {
    match owner(&request.target) {
        Some(owner) if is_asked || request.context.contains_key(KEY) => {
            let mut owned = request.clone();
            owned.context.insert(KEY.to_owned(), vec![owner.to_vec()]);
            Cow::Owned(owned)
        }
        _ => Cow::Borrowed(request),
    }
}

/// The same requests for what has this name in other accounts: those that the request and
/// these patterns of ids speak of, and one that nothing does.
pub(crate) fn of_other_owners<'a>(
    request: &Request,
    ids: impl Iterator<Item = &'a Glob>,
    is_of_nobody: bool,
) -> Vec<Request> {
    if !speaks_of_owner(request) && !is_of_nobody {
        return Vec::new();
    }
    let said = request.context.get(KEY).into_iter().flatten().cloned();
    let named = ids.map(|id| {
        let digits = twelve_digits(&id.symbols).into_iter();
        digits
            .map(|symbol| match symbol {
                Symbol::One => Symbol::Char('0'),
                symbol => symbol,
            })
            .collect()
    });
    let stranger = STRANGER.chars().map(Symbol::Char).collect();
    let mut owners: Vec<Vec<Symbol>> = Vec::new();
    for id in said.chain(named).chain([stranger]) {
        if is_account_id(&id) && !owners.contains(&id) {
            owners.push(id);
        }
    }
    let of = |id: Vec<Symbol>| {
        let mut request = in_account(request, &id)?;
        request.context.insert(KEY.to_owned(), vec![id]);
        Some(request)
    };
    owners.into_iter().take(OWNERS).filter_map(of).collect()
}

/// Whether what `request` is about is in no account that there can be, and the request says whose it is. What one of
/// these patterns leaves without an account has none.
pub(crate) fn is_of_nobody<'a>(
    request: &Request,
    mut named: impl Iterator<Item = &'a Glob>,
) -> bool {
    let fields: Vec<Option<String>> = split(&request.target).map(literal_text).collect();
    let field = |at: usize| fields.get(at).cloned().flatten();
    let Some(account) = field(4).filter(|_| request.context.contains_key(KEY)) else {
        return false;
    };
    let is_open = account.is_empty()
        && (field(3).is_some_and(|region| region.is_empty())
            || named.any(|glob| has_no_account(glob, &request.target))
            || is_made_without(&field(2).unwrap_or_default(), &request.target));
    !is_open && account != "aws" && !resources::is_account_id(&account)
}

/// Whether it is a pattern of ARNs without an account, of which this is one.
fn has_no_account(glob: &Glob, target: &[Symbol]) -> bool {
    glob.has_all_fields() && account_in(&glob.symbols) == Some(&[]) && glob.matches(target)
}

/// Whether resources of the service `name` that are called like this have no account in their ARNs.
fn is_made_without(name: &str, target: &[Symbol]) -> bool {
    let service = reference().service(name);
    let patterns = service.into_iter().flat_map(|service| service.patterns);
    let mut globs =
        patterns.map(|pattern| Glob::of(&pattern.replace("$r", "*").replace('%', "?*")));
    globs.any(|glob| has_no_account(&glob, target))
}

/// The request for something in an account of twelve digits, where a pattern left them open.
pub(crate) fn with_digits(request: &Request) -> Cow<'_, Request> {
    let is_open =
        |account: &String| account.chars().count() == 12 && !resources::is_account_id(account);
    let account = account_in(&request.target).and_then(literal_text);
    let Some(account) = account.filter(is_open) else {
        return Cow::Borrowed(request);
    };
    let digits = account.chars().map(|c| match c {
        c if c.is_ascii_digit() => Symbol::Char(c),
        _ => Symbol::Char('0'),
    });
    let digits: Vec<Symbol> = digits.collect();
    Cow::Owned(in_account(request, &digits).unwrap_or_else(|| request.clone()))
}

/// The request for what is called the same in another account.
fn in_account(request: &Request, id: &[Symbol]) -> Option<Request> {
    let mut fields: Vec<&[Symbol]> = fields(&request.target);
    *fields.get_mut(4)? = id;
    let target = fields.join(&Symbol::Char(':'));
    Some(Request {
        target,
        ..request.clone()
    })
}

/// How many accounts are tried.
const OWNERS: usize = 16;

/// An account that nothing speaks of.
pub(crate) const STRANGER: &str = "444455556666";

/// The fields of an ARN.
pub(crate) fn fields(arn: &[Symbol]) -> Vec<&[Symbol]> {
    split(arn).collect()
}

fn split(arn: &[Symbol]) -> impl Iterator<Item = &[Symbol]> {
    arn.splitn(6, |symbol| *symbol == Symbol::Char(':'))
}

/// The account in the ARN of a resource, which owns it.
pub(crate) fn owner(target: &[Symbol]) -> Option<&[Symbol]> {
    account_in(target).filter(|account| is_account_id(account))
}

/// The field of the account in the ARN of something of IAM.
fn iam_account(target: &[Symbol]) -> Option<&[Symbol]> {
    let service = split(target).nth(2).and_then(literal_text);
    account_in(target).filter(|_| service.as_deref() == Some("iam"))
}

/// The field of the account in an ARN, if there is one.
pub(crate) fn account_in(arn: &[Symbol]) -> Option<&[Symbol]> {
    split(arn).nth(4)
}

/// What a condition asks of the owner, if that is understood.
fn of_owner(atom: &Atom) -> Option<OwnerTest<'_>> {
    match &atom.test {
        _ if atom.key != KEY => None,
        // Each request for a role or user has one value, so it does not matter how many may be like this.
        Test::Text(globs) => Some(OwnerTest::Is(globs)),
        Test::Missing => Some(OwnerTest::Missing),
        _ => None,
    }
}

/// What a condition asks of the account that owns a resource.
#[derive(Clone, Copy)]
enum OwnerTest<'a> {
    /// That it is like one of these.
    Is(&'a [Glob]),
    /// That the request does not say it.
    Missing,
}

/// The resources of `glob` that are in these accounts, or in none of them. `None` if patterns cannot
/// say that, or if the resource is not one of IAM.
fn of_accounts(glob: &Glob, literal: Literal, test: OwnerTest<'_>) -> Option<Vec<Glob>> {
    let fields = fields(&glob.symbols);
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
    let ids = match test {
        OwnerTest::Is(ids) => ids,
        OwnerTest::Missing if is_account_id(account) => {
            let has_key = !literal.holds;
            return Some(has_key.then(|| glob.clone()).into_iter().collect());
        }
        OwnerTest::Missing => return None,
    };
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
    let is_same = |id: &Glob| twelve_digits(&id.symbols) == twelve_digits(account);
    if literal.holds && ids.iter().any(is_same) {
        return Some(vec![glob.clone()]);
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
        .filter(|id| is_any || pattern.matches(&id.symbols))
        .filter(|id| !is_other_number(id));
    let within = |id: &Glob| {
        let id = twelve_digits(&id.symbols);
        let fields = [arn, partition, service, region, id.as_slice(), rest];
        Glob {
            symbols: fields.join(&Symbol::Char(':')),
            ignores_case: glob.ignores_case,
            extent: glob.extent,
        }
    };
    Some(ids.map(within).collect())
}

/// Whether it is a number with more or fewer digits than the id of an account.
fn is_other_number(id: &Glob) -> bool {
    let text = literal_text(&id.symbols);
    text.is_some_and(|text| {
        text.len() != 12 && !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
    })
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
