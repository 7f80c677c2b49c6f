//! What a resource is: its type, its account, and whether its policies are examined. Plain questions; they refuse nothing.

use crate::iam::principals::places_of;
use crate::template::resources::{Body, Resource};
use crate::template::value::Data;

/// The account that was removed from a resource's body.
pub(super) fn account_of<'text>(resource: &Resource<'text>) -> Option<&'text str> {
    let label = resource.body.as_ref()?.label.as_ref()?;
    Some(label.account())
}

/// The type of a resource.
pub(super) fn kind_of<'a>(resource: &'a Resource<'_>) -> Option<&'a str> {
    resource.body.as_ref().and_then(kind_of_body)
}

/// The type in a body.
pub(super) fn kind_of_body<'a>(body: &'a Body<'_>) -> Option<&'a str> {
    body.data.get("Type").and_then(Data::text)
}

/// Whether the resource is a principal, a policy of one, or a provider: these are examined.
pub(super) fn is_examined(resource: &Resource<'_>) -> bool {
    const EXAMINED: &[&str] = &[
        "AWS::IAM::Role",
        "AWS::IAM::User",
        "AWS::IAM::Group",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::UserPolicy",
        "AWS::IAM::GroupPolicy",
        "AWS::IAM::OIDCProvider",
    ];
    kind_of(resource).is_some_and(|kind| EXAMINED.contains(&kind))
}

/// Whether the resource is a provider of OIDC.
pub(super) fn is_provider(resource: &Resource<'_>) -> bool {
    kind_of(resource) == Some("AWS::IAM::OIDCProvider")
}

/// Entries of a mapping.
type DataEntries = Vec<(String, Data)>;

/// What both sides say in the properties with these `names`, if nothing else of a resource, in its place, differs.
pub(super) fn differing_only_in(
    old: &Resource<'_>,
    new: &Resource<'_>,
    names: &[&str],
) -> Option<[DataEntries; 2]> {
    let (before, after) = (old.body.as_ref()?, new.body.as_ref()?);
    let split = |data: &Data| {
        let fields = data.fields().unwrap_or_default().iter().cloned();
        let (properties, rest): (DataEntries, DataEntries) =
            fields.partition(|(name, _)| name == "Properties");
        let properties = properties.iter().filter_map(|(_, data)| data.fields());
        let (named, others): (DataEntries, DataEntries) = properties
            .flatten()
            .cloned()
            .partition(|(name, _)| names.contains(&name.as_str()));
        (named, others, rest)
    };
    let (had, old_others, old_rest) = split(&before.data);
    let (has, new_others, new_rest) = split(&after.data);
    let is_same = old_others == new_others
        && old_rest == new_rest
        && account_of(old) == account_of(new)
        && places_of(before) == places_of(after);
    is_same.then_some([had, has])
}

/// Whether all that differs in a provider, in its place, is that it has fewer clients, but some. Their ids are the
/// audiences whose tokens it takes (IAM API reference, `CreateOpenIDConnectProvider`: `ClientIDList`); what it takes
/// without any is not written there.
pub(super) fn has_fewer_clients(old: &Resource<'_>, new: &Resource<'_>) -> bool {
    let Some(sides) = differing_only_in(old, new, &["ClientIdList"]) else {
        return false;
    };
    let clients = |side: &DataEntries| match side.as_slice() {
        [(_, list)] if !list.is_intrinsic() => Some(list.items().to_vec()),
        _ => None,
    };
    let [Some(had), Some(has)] = sides.each_ref().map(clients) else {
        return false;
    };
    !has.is_empty() && has.iter().all(|client| had.contains(client))
}
