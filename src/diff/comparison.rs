//! What differs between two generated files: plain data, made by `compare` and shown by `report`.
//!
//! The texts are borrowed, so that the comparison of large files holds no copy of them.

use std::ops::Range;
use std::rc::Rc;

use crate::diff::access::changes::Access;

/// What differs between the previous and the new text of one generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison<'text> {
    /// The path of the generated file, as shown.
    pub path: String,
    /// What the file was compared with, as shown (for example `org/roles.yml at main`); `None`
    /// where there was no previous file.
    pub against: Option<String>,
    /// The resources that differ in what they say: added and changed ones in the order of the new
    /// file, then removed ones in the order of the previous file. A resource whose binding lists
    /// accounts, and other ones than before, stands for each of its changes: where it stays and
    /// differs, where it is new, where it is gone.
    pub resources: Vec<ResourceChange>,
    /// The other top-level sections that differ in what they say, by name.
    pub sections: Vec<SectionChange>,
    /// How many resources differ in each account, in the order in which `resources` names the
    /// accounts. Resources without an account of their own come under [`NO_ACCOUNT`].
    pub accounts: Vec<AccountSummary>,
    /// Why resources and sections could not be compared; both are empty then.
    pub not_compared: Option<String>,
    /// Who gains and who loses access, where that was asked for.
    pub access: Option<Access>,
    /// The differences of the text; empty only where the texts are the same bytes.
    pub hunks: Vec<Hunk<'text>>,
}

/// What stands for the account of a resource whose binding names none.
pub const NO_ACCOUNT: &str = "-";

impl Comparison<'_> {
    /// Whether the two texts are the same bytes.
    pub fn is_same(&self) -> bool {
        self.hunks.is_empty() && self.against.is_some()
    }

    /// Whether a resource or another section differs in what it says, or may differ because it
    /// could not be compared.
    pub fn has_meaning(&self) -> bool {
        !self.resources.is_empty() || !self.sections.is_empty() || self.not_compared.is_some()
    }
}

/// Whether something came, went or became different.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceChange {
    /// Its logical id.
    pub logical_id: String,
    /// Its type, as in the new file where it is there; empty where it has none.
    pub resource_type: String,
    /// The accounts that this is a change of, of those that its `OrganizationBinding` names; those
    /// of the previous file first.
    pub accounts: Vec<String>,
    /// Its `RoleName`, `UserName` or the like, as in the new file where it is there.
    pub name: Option<String>,
    /// What became of it.
    pub kind: ChangeKind,
    /// What changed in it, in the order of the new file; empty for added and removed resources.
    /// Shared by the resources that changed alike.
    pub details: Rc<[Detail]>,
}

/// One thing that changed in a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Detail {
    /// The policy document that it stands in; `None` for an attribute of the resource.
    pub document: Option<Document>,
    /// The statement of that document: its `Sid`, or `#2` for the second statement.
    pub statement: Option<String>,
    /// The element or attribute, for example `Action`, `Condition StringEquals aws:SourceVpc` or
    /// `OrganizationBinding.Region`; `None` where the change is one of the whole document or
    /// statement.
    pub element: Option<String>,
    /// What became of it.
    pub change: Change,
}

/// A policy document of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Document {
    /// The `AssumeRolePolicyDocument`.
    Trust,
    /// The inline policy of this name.
    Inline(String),
    /// The document that is the value of this attribute, for example `PolicyDocument`.
    Attribute(String),
}

/// What became of a part of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is new: its value where it is a single one (for a statement, the effect).
    Added(Option<String>),
    /// It is gone: the value that it had.
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
    /// What became of it.
    pub kind: ChangeKind,
}

/// A run of differing lines with the lines around them, as in a unified diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk<'text> {
    /// The key of the first resource or section that differs in it.
    pub heading: Option<&'text str>,
    /// The first line in the previous text, from 1; the line before where there are no lines.
    pub old_start: usize,
    /// How many lines of the previous text it spans.
    pub old_lines: usize,
    /// The first line in the new text, from 1; the line before where there are no lines.
    pub new_start: usize,
    /// How many lines of the new text it spans.
    pub new_lines: usize,
    /// The lines.
    pub lines: Vec<Line<'text>>,
}

/// Which of the texts a [`Line`] stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// In both.
    Context,
    /// Only in the previous text.
    Removed,
    /// Only in the new text.
    Added,
}

/// One line of a [`Hunk`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'text> {
    /// Which of the texts it stands in.
    pub kind: LineKind,
    /// The line with its line end; a last line may have none.
    pub text: &'text str,
    /// The bytes of `text` that differ from the line that it replaces or is replaced by; empty
    /// where the lines have little in common.
    pub emphasis: Vec<Range<usize>>,
}

impl<'text> Line<'text> {
    /// The line without its line end.
    pub fn content(&self) -> &'text str {
        match self.text.strip_suffix('\n') {
            Some(line) => line.strip_suffix('\r').unwrap_or(line),
            None => self.text,
        }
    }

    /// The line end: `\n`, `\r\n`, or nothing.
    pub fn ending(&self) -> &'text str {
        self.text.get(self.content().len()..).unwrap_or_default()
    }
}
