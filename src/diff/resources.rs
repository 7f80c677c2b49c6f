//! The resources of two texts: which differ, and what differs in each. Plain data.

pub(crate) mod by_block;
pub(crate) mod details;
pub(crate) mod facts;
pub(crate) mod policy;
mod values;
pub(crate) mod whole;

use std::sync::Arc;

/// What is shown as the account of a resource whose binding names none.
pub const NO_ACCOUNT: &str = "-";

/// What changed in what two texts say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// Resources: added and changed ones in the order of the new text, then removed ones.
    pub(crate) resources: Vec<ResourceChange>,
    /// Other sections, in the same order.
    pub(crate) sections: Vec<SectionChange>,
}

/// Whether something was added, removed or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is only in the new file.
    Added,
    /// It is in both files and differs.
    Changed,
    /// It is only in the previous file.
    Removed,
}

/// How many resources of one account differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSummary {
    /// The account's logical id, or [`NO_ACCOUNT`].
    pub account: String,
    /// Resources that are only in the new file.
    pub added: usize,
    /// Resources that are in both and differ.
    pub changed: usize,
    /// Resources that are only in the previous file.
    pub removed: usize,
}

impl AccountSummary {
    /// The summary of an account in which nothing differs.
    pub fn of(account: &str) -> Self {
        Self {
            account: account.to_owned(),
            added: 0,
            changed: 0,
            removed: 0,
        }
    }

    /// Counts one more resource.
    pub fn count(&mut self, kind: ChangeKind) {
        match kind {
            ChangeKind::Added => self.added += 1,
            ChangeKind::Changed => self.changed += 1,
            ChangeKind::Removed => self.removed += 1,
        }
    }
}

/// A resource that differs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceChange {
    /// Its logical id.
    pub logical_id: String,
    /// Its type, as in the new file if it is there; empty if it has none.
    pub resource_type: String,
    /// The accounts that this is a change of, of those that its `OrganizationBinding` names; those
    /// of the previous file first.
    pub accounts: Vec<String>,
    /// Its `RoleName`, `UserName` or the like, as in the new file if it is there.
    pub name: Option<String>,
    /// How it changed.
    pub kind: ChangeKind,
    /// What changed in it, in the order of the new file; empty for added and removed resources.
    /// Shared by the resources that changed in the same way.
    pub details: Arc<[Detail]>,
}

/// One thing that changed in a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Detail {
    /// The policy document that it is in; `None` for an attribute of the resource.
    pub document: Option<PolicyDocument>,
    /// The statement of that document: its `Sid`, or `#2` for the second statement.
    pub statement: Option<String>,
    /// The element or attribute, for example `Action`, `Condition StringEquals aws:SourceVpc` or
    /// `OrganizationBinding.Region`; `None` if the change is one of the whole document or
    /// statement.
    pub element: Option<String>,
    /// How it changed.
    pub change: Change,
}

/// A policy document of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PolicyDocument {
    /// The `AssumeRolePolicyDocument`.
    Trust,
    /// The inline policy of this name.
    Inline(String),
    /// The document that is the value of this attribute, for example `PolicyDocument`.
    Attribute(String),
}

/// How a part of a resource changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is new: its value if it is a single one (for a statement, the effect).
    Added(Option<String>),
    /// It was removed: the value that it had.
    Removed(Option<String>),
    /// It has another value.
    Replaced {
        /// The value in the previous file.
        from: String,
        /// The value in the new file.
        to: String,
    },
    /// A list or set has other items.
    Items {
        /// Items that are only in the new file.
        added: Vec<String>,
        /// Items that are only in the previous file.
        removed: Vec<String>,
    },
    /// A list whose order may matter has the same items in another order.
    Reordered,
}

/// A top-level section, other than `Resources`, that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionChange {
    /// Its key.
    pub name: String,
    /// How it changed.
    pub kind: ChangeKind,
}
