//! What is written together: one body, for one account or for a list. Plain data: it refuses
//! nothing.

use crate::organization::IdPart;

/// A distinct body of a macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyId(pub(crate) usize);

/// One account that gets a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The body.
    pub body: BodyId,
    /// The account's logical id.
    pub account: String,
    /// The stage, or `None` for what the Tools account holds.
    pub stage: Option<String>,
}

/// A body that is written once, and the accounts that it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The body.
    pub body: BodyId,
    /// What is between the macro's name and the kind in logical ids.
    pub id_part: IdPart,
    /// Who gets it.
    pub accounts: UnitAccounts,
    /// The stage, or `None` for what the Tools account holds.
    pub stage: Option<String>,
}

/// The accounts of a [`Unit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitAccounts {
    /// One, whatever else joins the stage.
    One(String),
    /// Those of a stage, written as a list even if there is one.
    Listed(Vec<String>),
}

impl UnitAccounts {
    /// The accounts' logical ids, in the order of the output.
    pub fn names(&self) -> &[String] {
        match self {
            UnitAccounts::One(account) => std::slice::from_ref(account),
            UnitAccounts::Listed(accounts) => accounts,
        }
    }

    /// Whether `account` is one of them.
    pub fn contains(&self, account: &str) -> bool {
        self.names().iter().any(|name| name == account)
    }
}
