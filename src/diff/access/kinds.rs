//! What a resource is: its type, its account, and whether its policies are examined. Plain questions; they refuse nothing.

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
