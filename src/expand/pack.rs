//! Which policy holds a statement: the same one, whatever else is chosen.
//!
//! In: the policies that partials and arguments give a role. Out: inline and customer managed
//! policies that fit, each within IAM's limits. What moves no statement when another service,
//! option or account is added is fixed in four places: [`inline`] (the role itself, or a managed
//! policy), `shared` (several services in one managed policy), [`cdk`] (few managed policies, for
//! the role of the CDK's bootstrap), and [`cross_account`] (accounts in the policies of CI).

pub mod cdk;
pub mod cross_account;
pub mod inline;
pub(crate) mod shared;

use serde_yaml::Mapping;

use crate::source::Span;

/// Which policy or role holds a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attach {
    /// The role.
    Inline,
    /// A customer managed policy.
    Managed,
    /// A customer managed policy, together with all that name the same one.
    Shared,
    /// The role while there is room (your own policies).
    IfItFits,
}

/// One policy of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// `PolicyName` if it is inline.
    pub name: String,
    /// The end of its physical name, after the `AppId`, if it is managed.
    pub managed_name: String,
    /// What holds it.
    pub attach: Attach,
    /// The document.
    pub document: Mapping,
    /// Where it comes from.
    pub span: Span,
}
