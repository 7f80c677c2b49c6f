//! One request, and a set of requests.
//!
//! In: a question to IAM. Out: a [`Request`] or [`Requests`], and the words of the answers. Refuses
//! nothing.

use std::collections::BTreeMap;

use crate::aws::actions::AccessLevel;

use crate::iam::condition::Literal;
use crate::iam::statement::Grant;
use crate::template::symbol::Symbol;

/// What kind of requests a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequestKind {
    /// Requests to assume the principal.
    Assume,
    /// Calls of the principal.
    Call,
    /// Calls of anybody that are about one resource.
    Resource,
}

/// What separates the caller from the resource in the target of a call of anybody. No ARN and no
/// name of a principal has it.
const BETWEEN: char = '\u{1}';

/// Who calls if nobody is signed in.
pub(crate) const ANYONE: &str = "anyone";

/// The pattern of calls of `caller` that are about `resource`.
pub(crate) fn of_anybody(caller: &[Symbol], resource: &[Symbol]) -> Vec<Symbol> {
    [caller, &[Symbol::Char(BETWEEN)], resource].concat()
}

/// The caller and the resource of a target that [`of_anybody`] has put together.
pub(crate) fn caller_and_resource(target: &[Symbol]) -> Option<(&[Symbol], &[Symbol])> {
    let mut parts = target.splitn(2, |symbol| *symbol == Symbol::Char(BETWEEN));
    Some((parts.next()?, parts.next()?))
}

/// How sure an answer is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Certainty {
    /// The witness was refused, and is allowed.
    Certain,
    /// It could not be decided, and why.
    Maybe(String),
}

impl Certainty {
    /// The same, which is not certain because of `why` also.
    #[must_use]
    pub fn with(&self, why: &str) -> Self {
        Self::Maybe(match self {
            Self::Certain => why.to_owned(),
            Self::Maybe(own) => format!("{own}; {why}"),
        })
    }
}

/// An action with its level.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action {
    /// What it does.
    pub level: AccessLevel,
    /// For example `s3:GetObject`.
    pub name: String,
}

/// One request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Request {
    pub(crate) action: String,
    /// The resource or, to assume a role, who asks, as `AWS:` and an ARN; both if anybody may call.
    pub(crate) target: Vec<Symbol>,
    /// The values of condition keys, by key in lower case; none of a key that the request lacks.
    /// Nothing is known of a key that is not here.
    pub(crate) context: BTreeMap<String, Vec<Vec<Symbol>>>,
    /// Conditions whose truth is given, whatever the context says.
    pub(crate) given: Vec<Literal>,
}

impl Request {
    /// What its target and its values consist of.
    pub(crate) fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        let values = self.context.values().flatten().flatten();
        self.target.iter().chain(values)
    }
}

/// Whose resources requests are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestReach {
    /// Anybody's.
    Anywhere,
    /// Those of the principal's own account, and those whose ARN has no account.
    OwnAccount,
}

/// All requests that this grant matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requests {
    pub(crate) kind: RequestKind,
    pub(crate) reach: RequestReach,
    pub(crate) grant: Grant,
}
