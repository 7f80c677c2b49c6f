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
}

/// How sure an answer is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Certainty {
    /// The witness was refused, and is allowed.
    Certain,
    /// It could not be decided, and why.
    Maybe(String),
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
    /// The resource or, to assume a role, who asks, as `AWS:` and an ARN.
    pub(crate) target: Vec<Symbol>,
    /// The values of condition keys, by key in lower case; none of a key that the request lacks.
    /// Nothing is known of a key that is not here.
    pub(crate) context: BTreeMap<String, Vec<Vec<Symbol>>>,
    /// Conditions whose truth is given, whatever the context says.
    pub(crate) given: Vec<Literal>,
}

/// All requests that this grant matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requests {
    pub(crate) kind: RequestKind,
    pub(crate) grant: Grant,
}
