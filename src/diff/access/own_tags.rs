//! The tags that a file gives to a role or user.
//!
//! In: tags, and those of its stack. Out: what is known of each. Refuses nothing.

use std::collections::BTreeMap;

use crate::iam::condition::PRINCIPAL_TAG;
use crate::template::symbol::Symbol;
use crate::template::task::StackTags;

/// The tags that a file gives to a principal.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnTags {
    /// The values by key, such as `aws:principaltag/team`; `None` of one that is not known.
    pub(super) values: BTreeMap<String, Option<Vec<Symbol>>>,
    /// Whether it may have others.
    pub(super) may_have_more: bool,
}

impl OwnTags {
    /// Adds the tags of its stack. Its own come first, and where CloudFormation may not tag is not known.
    pub(super) fn add(&mut self, tags: &StackTags) {
        match tags {
            StackTags::Keys(keys) => {
                for key in keys {
                    let key = format!("{PRINCIPAL_TAG}{}", key.to_ascii_lowercase());
                    self.values.entry(key).or_insert(None);
                }
            }
            StackTags::NotKnown => self.may_have_more = true,
        }
    }
}
