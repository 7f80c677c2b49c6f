//! Resources with another logical id that say what they said before.
//!
//! In: both files. Out: [`RenamedResources`]: the pairs, and what the previous side says with the new logical
//! ids. Refuses nothing: what is not the same, word for word, was removed and added.
//!
//! The new one is another resource with the same properties, so nobody can do more with it, but for a pattern that
//! the name fits which CloudFormation makes of its logical id, as it does of any new resource. Policies that refer to it
//! are compared by themselves. This is not so of what names its own resources after the logical id, of what creates
//! things that are not known, or credentials, of what turns on a limit of something else, and of what runs as a role that is
//! another one now.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::effects::effects;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::kinds::{account_of, is_examined};
use crate::diff::access::properties::INERT_ATTRIBUTES;
use crate::template::named::ReferredName;
use crate::template::resources::File;
use crate::template::substitute::substituted;
use crate::template::value::Data;

/// How the types begin whose resources are not the same under another logical id.
const OTHERS: &[&str] = &["AWS::CloudFormation::", "AWS::IAM::", "AWS::Serverless::"];

/// The types that turn on a limit of something else, such as an account. Of two of them, `CloudFormation` deletes the one
/// with the old logical id last, and that turns the limit off.
const SETTINGS: &[&str] = &[
    "AWS::EC2::SnapshotBlockPublicAccess",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::EC2::VPCBlockPublicAccessOptions",
    "AWS::WAFRegional::WebACLAssociation",
    "Community::S3::PublicAccessBlock",
    "Community::SSM::PublicAccessBlock",
];

const PROFILE: &str = "AWS::IAM::InstanceProfile";

/// How many resources may refer to each other in a row.
const STEPS: usize = 8;

/// How many pairs are compared; where there are more, they were removed and added.
const MOST_PAIRS: usize = 1_000_000;

/// The resources of which only the logical id is another one.
#[derive(Debug, Default)]
pub(super) struct RenamedResources {
    /// The new logical id of each, by the previous one.
    names: BTreeMap<String, String>,
    /// The new logical ids.
    new: BTreeSet<String>,
}

impl RenamedResources {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether this is the logical id of such a resource on either side.
    pub(super) fn has(&self, id: &str) -> bool {
        self.names.contains_key(id) || self.new.contains(id)
    }

    /// What a resource of the previous side says with the new logical ids; `None` if that is the same.
    pub(super) fn applied(&self, data: &Data) -> Option<Data> {
        if self.is_empty() {
            return None;
        }
        substituted(data, &|name| {
            let named = ReferredName::of(name);
            let id = self.names.get(named.id)?;
            let renamed = ReferredName { id, ..named }.with(named.attribute);
            let text = |text: &str| Data::Text(text.to_owned());
            let (key, value) = match renamed.split_once('.') {
                None => ("Ref", text(&renamed)),
                Some((first, rest)) => ("Fn::GetAtt", Data::List(vec![text(first), text(rest)])),
            };
            Some(Data::Map(vec![(key.to_owned(), value)]))
        })
    }

    fn add(&mut self, old: &str, new: &str) {
        self.names.insert(old.to_owned(), new.to_owned());
        self.new.insert(new.to_owned());
    }
}

/// A resource that only one side has.
struct OneSided<'a> {
    id: &'a str,
    /// The account that is not in its data.
    account: Option<&'a str>,
    /// What counts of what it says.
    said: Data,
}

impl<'text> Comparer<'_, 'text> {
    /// The resources of which only the logical id is another one.
    pub(super) fn renamed_resources(&self) -> RenamedResources {
        let mut found = RenamedResources::default();
        let mut removed = self.one_sided(self.old, self.new);
        let mut added = self.one_sided(self.new, self.old);
        for _ in 0..STEPS {
            if removed.len() * added.len() > MOST_PAIRS {
                break;
            }
            let mut left = Vec::new();
            let count = removed.len();
            for resource in removed {
                let said = found.applied(&resource.said);
                let said = said.as_ref().unwrap_or(&resource.said);
                let is_like = |new: &OneSided<'_>| {
                    new.account == resource.account
                        && new.said == *said
                        && self.runs_as_before(new.id)
                };
                match added.iter().position(is_like) {
                    Some(at) => found.add(resource.id, added.swap_remove(at).id),
                    None => left.push(resource),
                }
            }
            removed = left;
            if removed.len() == count {
                break;
            }
        }
        found
    }

    /// The resources of `file` that the `other` one lacks, of types that may be called otherwise.
    fn one_sided<'a>(&self, file: &'a File<'text>, other: &File<'text>) -> Vec<OneSided<'a>> {
        let own = file.resources.iter();
        let own = own.filter(|own| !is_examined(own) && other.get(&own.id).is_none());
        own.filter_map(|own| {
            let data = self.data_of(own)?;
            may_be_renamed(&data).then(|| OneSided {
                id: &own.id,
                account: account_of(own),
                said: counted(&data),
            })
        })
        .collect()
    }
}

/// Whether a resource is the same under another logical id.
fn may_be_renamed(resource: &Data) -> bool {
    let kind = resource.get("Type").and_then(Data::text);
    kind.is_some_and(|kind| {
        let is_other = OTHERS.iter().any(|prefix| kind.starts_with(prefix)) && kind != PROFILE;
        !is_other && !SETTINGS.contains(&kind) && effects().resource_type(kind).is_some()
    })
}

/// What counts of what a resource says.
fn counted(resource: &Data) -> Data {
    let fields = resource.fields().unwrap_or_default().iter();
    let counted =
        fields.filter(|(name, _)| name == "Type" || !INERT_ATTRIBUTES.contains(&name.as_str()));
    Data::Map(counted.cloned().collect())
}
