//! The answer to a question: plain data, shown by `report`. Refuses nothing.

use crate::diff::access::changes::{Finding, Origin};
use crate::diff::access::unread::{UnreadAccount, UnreadPower};
use crate::iam::PrincipalKind;

/// What is answered about all principals of the templates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryAnswer {
    /// The principals in question, those with the same answer in many accounts together.
    pub principals: Vec<PrincipalAnswer>,
    /// The date of the list of actions.
    pub reference: String,
}

/// Whether a principal may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permitted {
    /// It may make a request that matches.
    Yes,
    /// It is not decided.
    Maybe,
    /// No request that matches is allowed.
    No,
}

/// Which of the requests that match are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedExtent {
    /// Every one.
    All,
    /// Some, and some are not.
    Some,
    /// Some; whether all are is not decided.
    AtLeastSome,
}

/// A statement that keeps a principal from something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QueryRefusal {
    /// How.
    pub kind: RefusalKind,
    /// The policy.
    pub policy: String,
    /// The statement's `Sid`, or `#2`; empty if it is not one statement.
    pub statement: String,
    /// Under which conditions; none if always.
    pub conditions: Vec<String>,
}

/// How a principal is kept from something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// A statement of one of its policies denies it.
    Deny,
    /// A statement of its permissions boundary denies it.
    BoundaryDeny,
    /// Its permissions boundary does not allow it.
    Boundary,
    /// A service control policy or a resource control policy denies it.
    Organization,
}

/// The answer for a principal, or for like ones in several accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalAnswer {
    /// Role, user or group.
    pub kind: PrincipalKind,
    /// Its physical name, or its logical id if it has none.
    pub name: String,
    /// Its logical ids, one per account.
    pub logical_ids: Vec<String>,
    /// The accounts' logical ids; empty for what is bound in another way than to one account.
    pub accounts: Vec<String>,
    /// The macro that it comes from; `None` for what is written by hand.
    pub origin: Option<Origin>,
    /// The path of its template.
    pub source: String,
    /// The line in the source of the macro, or of what is written by hand, if that is known.
    pub line: Option<usize>,
    /// Whether it may.
    pub permitted: Permitted,
    /// Which requests are allowed, if some are.
    pub extent: Option<AllowedExtent>,
    /// What allows it, or may: one for each statement, with an example.
    pub by: Vec<Finding>,
    /// The partial that holds each statement of `by`, if that is known.
    pub partials: Vec<Option<String>>,
    /// What refuses it although a statement allows it or, if it may, what refuses it under conditions
    /// that the example does not meet.
    pub refusals: Vec<QueryRefusal>,
    /// Why it is not decided.
    pub reasons: Vec<String>,
    /// Who can assume it, if that was asked and it may.
    pub assumers: Vec<Assumer>,
    /// Whether its own policies deny all of it, whatever else allows it.
    pub(super) is_denied: bool,
}

/// Something that is not read.
pub(super) struct UnreadAnswer {
    /// What it may do to those who are.
    pub(super) power: UnreadPower,
    /// What it is, and why it matters.
    pub(super) answer: PrincipalAnswer,
    /// Where it is created; `None` if that is not known.
    pub(super) accounts: Option<Vec<UnreadAccount>>,
}

impl UnreadAnswer {
    /// Whether it is a principal, or may be one.
    pub(super) fn is_principal(&self) -> bool {
        self.power <= UnreadPower::IsAnother
    }

    /// Whether it may be in an account that `is_meant`, by its name or its id.
    pub(super) fn may_be_in(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        let is = |account: &UnreadAccount| {
            is_meant(&account.name) || account.id.as_deref().is_some_and(&is_meant)
        };
        let accounts = self.accounts.as_ref();
        accounts.is_none_or(|accounts| accounts.iter().any(is))
    }
}

/// Somebody who can assume a role, directly or through others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumer {
    /// A principal of the template, or one as the trust policy names it.
    pub who: String,
    /// The account of a principal of the template.
    pub account: Option<String>,
    /// How many roles are assumed in between.
    pub depth: usize,
    /// Whether it is certain.
    pub permitted: Permitted,
    /// The conditions of the trust policy.
    pub conditions: Vec<String>,
    /// Why it is not certain.
    pub reasons: Vec<String>,
}

impl PrincipalAnswer {
    /// An answer about a principal of the template at `source` that says no more than who it is.
    pub(super) fn about(kind: PrincipalKind, name: String, source: &str) -> Self {
        Self {
            kind,
            logical_ids: vec![name.clone()],
            name,
            accounts: Vec::new(),
            origin: None,
            source: source.to_owned(),
            line: None,
            permitted: Permitted::No,
            extent: None,
            by: Vec::new(),
            partials: Vec::new(),
            refusals: Vec::new(),
            reasons: Vec::new(),
            assumers: Vec::new(),
            is_denied: false,
        }
    }

    /// How many principals this represents.
    pub fn count(&self) -> usize {
        self.logical_ids.len()
    }
}

impl QueryAnswer {
    /// How many principals may, may perhaps, and may not.
    pub fn tally(&self) -> [usize; 3] {
        [Permitted::Yes, Permitted::Maybe, Permitted::No].map(|wanted| {
            let principals = self.principals.iter();
            let wanted = principals.filter(|one| one.permitted == wanted);
            wanted.map(PrincipalAnswer::count).sum()
        })
    }
}
