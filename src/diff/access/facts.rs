//! What a file says of a principal, and of the resources that its policies refer to.
//!
//! In: a principal of one file. Out: [`SideFacts`]: the names of the resources, and its own tags.
//! Refuses nothing: what is not plain text, or may be another one elsewhere, stays open.

use std::collections::BTreeMap;

use crate::diff::access::comparer::Comparer;
use crate::diff::access::held::{substituted, values_of};
use crate::diff::access::own_tags::OwnTags;
use crate::iam::condition::PRINCIPAL_TAG;
use crate::iam::facts::SideFacts;
use crate::iam::pattern::is_account_id;
use crate::iam::principals::{Principal, PrincipalKind, Source, places_in};
use crate::template::deduplicate::ACCOUNT;
use crate::template::named::ReferredName;
use crate::template::resolve::{OWN, OwnId, Reader, Reading, Values};
use crate::template::resources::{Body, File, Place, region};
use crate::template::symbol::Symbol;
use crate::template::value::{Data, Unordered};

impl<'text> Comparer<'_, 'text> {
    /// What the references in the policy documents of `body`, a resource of `file`, to resources that
    /// IAM does not have resolve to, if it is created in `place`: those that the file names.
    pub(super) fn resource_names(
        &self,
        file: &File<'text>,
        body: &Body<'_>,
        place: &Place,
    ) -> Values {
        let references = self.references_of(body);
        let mut values = Values::new();
        for name in references.iter() {
            let named = ReferredName::of(name);
            let target = file.get(&body.restore(named.id));
            let Some(target) = target else { continue };
            let Some(data) = self.data_of(target) else {
                continue;
            };
            let named = named.shortest(&places_in(target, &data), place);
            let name = named.with(named.attribute);
            let mut own = values_of(named, &data, place).into_iter();
            if let Some((_, text)) = own.find(|(own, _)| *own == name)
                && let Some(text) = in_region(&text, &data)
            {
                values.insert(name, text);
            }
        }
        values
    }

    /// The facts of both sides of a pair, whose policies were read.
    ///
    /// A reference that only one side has is what it is there.
    pub(super) fn facts_of_both(
        &self,
        old: Option<&Principal>,
        new: Option<&Principal>,
        own_id: &OwnId,
    ) -> [SideFacts; 2] {
        let mut old = self.facts(self.old, old, own_id);
        let mut new = self.facts(self.new, new, own_id);
        for (number, value) in &new.values {
            old.values.entry(*number).or_insert_with(|| value.clone());
        }
        for (number, value) in &old.values {
            new.values.entry(*number).or_insert_with(|| value.clone());
        }
        [old, new]
    }

    /// What `file` says of a principal, and of the resources that its policies refer to.
    fn facts(
        &self,
        file: &File<'text>,
        principal: Option<&Principal>,
        own_id: &OwnId,
    ) -> SideFacts {
        let mut facts = SideFacts::default();
        let Some(principal) = principal else {
            return facts;
        };
        let place = &principal.place;
        let sources = principal.policies.iter().chain(&principal.boundary);
        let policies = sources.filter_map(Source::place);
        for at in std::iter::once(principal.at).chain(policies) {
            let resource = file.resources.get(at);
            let Some(body) = resource.and_then(|resource| resource.body.as_ref()) else {
                continue;
            };
            let reader = self.reader(body, place, own_id.clone());
            for (name, text) in &self.resource_names(file, body, place) {
                if let Some(value) = value_of(&reader, text) {
                    let numbers: Vec<u32> = self.names.borrow().of_reference(name).collect();
                    let values = numbers.into_iter().map(|number| (number, value.clone()));
                    facts.values.extend(values);
                }
            }
            if at == principal.at {
                facts.keys = own_tags(principal.kind, body, &reader);
            }
        }
        facts
    }
}

/// The text with the only region that the resource is in; `None` if it needs one that is not known.
fn in_region(text: &str, resource: &Data) -> Option<String> {
    const REGION: &str = "${AWS::Region}";
    if !text.contains(REGION) {
        return Some(text.to_owned());
    }
    Some(text.replace(REGION, &region(resource)?))
}

/// What a reference resolves to, if no more than the id of an account is open in that.
fn value_of(reader: &Reader<'_>, text: &str) -> Option<Vec<Symbol>> {
    let value = reader.symbols(&substituted(text), Reading::Plain);
    let is_known = |symbol: &Symbol| match symbol {
        Symbol::Unknown(_) => is_account_id(&[*symbol]),
        _ => true,
    };
    value.iter().all(is_known).then_some(value)
}

/// What each request of a role or user says of its own tags. A session may have other ones, if the
/// trust policy lets somebody set them (IAM user guide, "Pass session tags in AWS STS").
fn own_tags(
    kind: PrincipalKind,
    body: &Body<'_>,
    reader: &Reader<'_>,
) -> BTreeMap<String, Vec<Symbol>> {
    let tags = tags_of(kind, body, reader).values.into_iter();
    tags.filter_map(|(key, value)| Some((key, value?)))
        .collect()
}

/// The tags that `body`, a role or user, gives itself.
pub(super) fn tags_of(kind: PrincipalKind, body: &Body<'_>, reader: &Reader<'_>) -> OwnTags {
    let mut own = OwnTags::default();
    let tags = body.data.get("Properties").and_then(|own| own.get("Tags"));
    // Who is in a group has tags of its own.
    let has_own = matches!(kind, PrincipalKind::Role | PrincipalKind::User);
    let tags = match tags {
        None | Some(Data::Null) if has_own => return own,
        Some(Data::List(tags) | Data::Unordered(Unordered(tags))) if has_own => tags,
        _ => {
            own.may_have_more = true;
            return own;
        }
    };
    let text = |tag: &Data, name: &str| {
        let text = reader.text(tag.get(name)?)?;
        (!text.contains(OWN) && !text.contains(ACCOUNT)).then_some(text)
    };
    for tag in tags {
        let Some(key) = text(tag, "Key") else {
            own.may_have_more = true;
            continue;
        };
        let key = format!("{PRINCIPAL_TAG}{}", key.to_ascii_lowercase());
        let value = text(tag, "Value");
        let value = value.map(|value| value.chars().map(Symbol::Char).collect());
        own.values.insert(key, value);
    }
    own
}
