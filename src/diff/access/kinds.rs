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

/// Whether all that differs in a provider, in its place, is that it has fewer clients, but some. Their ids are the
/// audiences whose tokens it takes (IAM API reference, `CreateOpenIDConnectProvider`: `ClientIDList`); what it takes
/// without any is not written there.
pub(super) fn has_fewer_clients(old: &Resource<'_>, new: &Resource<'_>) -> bool {
    const CLIENTS: &str = "ClientIdList";
    let (Some(before), Some(after)) = (&old.body, &new.body) else {
        return false;
    };
    let properties = |body: &Body<'_>| {
        body.data
            .get("Properties")
            .and_then(Data::fields)
            .map(<[_]>::to_vec)
    };
    let (Some(mut old_properties), Some(mut new_properties)) =
        (properties(before), properties(after))
    else {
        return false;
    };
    let clients = |properties: &mut Vec<(String, Data)>| {
        let at = properties.iter().position(|(name, _)| name == CLIENTS)?;
        let (_, list) = properties.remove(at);
        (!list.is_intrinsic()).then(|| list.items().to_vec())
    };
    let lists = (clients(&mut old_properties), clients(&mut new_properties));
    let (Some(had), Some(has)) = lists else {
        return false;
    };
    let rest = |body: &Body<'_>| {
        let fields = body.data.fields().unwrap_or_default().iter();
        let others = fields.filter(|(name, _)| name != "Properties");
        others.cloned().collect::<Vec<(String, Data)>>()
    };
    old_properties == new_properties
        && rest(before) == rest(after)
        && account_of(old) == account_of(new)
        && places_of(before) == places_of(after)
        && !has.is_empty()
        && has.iter().all(|client| had.contains(client))
}
