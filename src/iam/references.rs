//! References to IAM resources of a template to what `CloudFormation` puts in their place.
//!
//! In: a [`File`], one of its resources, and where that is created. Out: [`Values`]: what the references
//! in its policy documents resolve to, if the template says how the resource they name is called. What
//! it does not say has no value: it stays a reference. Refuses nothing.
//!
//! What `Ref` and `Fn::GetAtt` return is from the `CloudFormation` template reference, "Return values"
//! of each type; the ARNs are from the IAM user guide, "IAM identifiers".

use std::collections::BTreeSet;

use crate::iam::principals::places_of;
use crate::template::named::ReferredName;
use crate::template::referred::referred;
use crate::template::resolve::{OWN, Reader, Values};
use crate::template::resources::{Body, File, Place};
use crate::template::value::Data;

/// The properties that hold policy documents.
const DOCUMENTS: &[&str] = &[
    "AssumeRolePolicyDocument",
    "InlinePolicy",
    "PolicyDocument",
    "Policies",
];

/// What the ARN of a resource is put together from.
pub(crate) struct NamedType {
    kind: &'static str,
    /// The property that names it.
    pub(crate) name: &'static str,
    /// Its word in an ARN.
    pub(crate) word: &'static str,
    /// What `Ref` returns.
    pub(crate) reference: ReferenceReturns,
    /// The attribute that returns its ARN.
    pub(crate) attribute: &'static str,
}

/// What `Ref` returns of a resource.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReferenceReturns {
    Name,
    Arn,
}

use ReferenceReturns::{Arn, Name};

const fn named(
    kind: &'static str,
    [name, word, attribute]: [&'static str; 3],
    reference: ReferenceReturns,
) -> NamedType {
    NamedType {
        kind,
        name,
        word,
        reference,
        attribute,
    }
}

const TYPES: &[NamedType] = &[
    named("AWS::IAM::Role", ["RoleName", "role", "Arn"], Name),
    named("AWS::IAM::User", ["UserName", "user", "Arn"], Name),
    named("AWS::IAM::Group", ["GroupName", "group", "Arn"], Name),
    named(
        "AWS::IAM::ManagedPolicy",
        ["ManagedPolicyName", "policy", "PolicyArn"],
        Arn,
    ),
    named(
        "AWS::IAM::InstanceProfile",
        ["InstanceProfileName", "instance-profile", "Arn"],
        Name,
    ),
    named(
        "AWS::IAM::OIDCProvider",
        ["Url", "oidc-provider", "Arn"],
        Arn,
    ),
    named(
        "AWS::IAM::SAMLProvider",
        ["Name", "saml-provider", "Arn"],
        Arn,
    ),
];

/// The type `kind`, such as `AWS::IAM::Role`, if its resources have a name and an ARN.
pub(crate) fn named_type(kind: &str) -> Option<&'static NamedType> {
    TYPES.iter().find(|known| known.kind == kind)
}

/// The names by which the policy documents of a resource refer to anything: `Role`, `Role.Arn`.
pub(crate) fn names(resource: &Data) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let properties = resource.get("Properties");
    for document in DOCUMENTS {
        let document = properties.and_then(|properties| properties.get(document));
        if let Some(document) = document {
            referred(document, &mut names);
        }
    }
    names
}

/// What `names`, by which `body` refers to resources of `file`, resolve to if it is created in
/// `place`; `reader` returns what is known of a body's account.
pub(crate) fn values<'run>(
    file: &File<'_>,
    (body, place): (&Body<'_>, &Place),
    names: &BTreeSet<String>,
    reader: &dyn Fn(&Body<'_>, &Place) -> Reader<'run>,
) -> Values {
    let value = |name: &String| {
        let restored = body.restore(name);
        let named = ReferredName::of(&restored);
        let target = file.get(named.id)?.body.as_ref()?;
        let (at, account) = created(target, named, place)?;
        let reader = reader(target, &at);
        Some((
            name.clone(),
            text(target, &reader, named.attribute, &account)?,
        ))
    };
    names.iter().filter_map(value).collect()
}

/// Where the resource is that somebody in `place` refers to by this name, and how its account id is written there.
fn created(target: &Body<'_>, named: ReferredName<'_>, place: &Place) -> Option<(Place, String)> {
    if target.data.get("Foreach").is_some() {
        return None;
    }
    let at = named.place(&places_of(target), place)?;
    let account = match at.account().filter(|_| at != *place) {
        Some(name) => name.to_owned(),
        None => "AWS::AccountId".to_owned(),
    };
    Some((at, account))
}

/// The ARN of the principal or policy that `body` creates, as `Fn::Sub` would write it, if its name is
/// known to `reader`.
pub(crate) fn arn(body: &Body<'_>, reader: &Reader<'_>) -> Option<String> {
    let kind = body.data.get("Type").and_then(Data::text)?;
    let known = named_type(kind)?;
    text(body, reader, Some(known.attribute), "AWS::AccountId")
}

/// What a reference to `target`, or to an attribute of it, returns, as `Fn::Sub` would write it.
fn text(
    target: &Body<'_>,
    reader: &Reader<'_>,
    attribute: Option<&str>,
    account: &str,
) -> Option<String> {
    let kind = target.data.get("Type").and_then(Data::text)?;
    let properties = target.data.get("Properties")?;
    returned(kind, (attribute, account), &|name: &str| {
        let value = properties.get(name)?;
        Some(reader.text(value).map(|text| target.restore(&text)))
    })
}

/// What a reference to a resource of the type `kind`, or to an attribute of it, returns in `account`, as `Fn::Sub` would
/// write it. `property` returns a property of it, if it has that, and its text, if that is known.
pub(crate) fn returned(
    kind: &str,
    (attribute, account): (Option<&str>, &str),
    property: &dyn Fn(&str) -> Option<Option<String>>,
) -> Option<String> {
    let known = named_type(kind)?;
    let property = |name: &str| -> Option<Option<String>> {
        let Some(text) = property(name) else {
            return Some(None);
        };
        let text = text?;
        // The mark of an account id would be taken for another account's.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-/:".contains(c);
        let is_known = text.chars().all(is_plain) && !text.contains(OWN);
        is_known.then_some(Some(text))
    };
    let name = property(known.name)??;
    let (path, name) = match known.word {
        "oidc-provider" => {
            let host = name.strip_prefix("https://")?;
            (
                "/".to_owned(),
                (!host.ends_with('/')).then(|| host.to_owned())?,
            )
        }
        "saml-provider" => ("/".to_owned(), name),
        _ => (property("Path")?.unwrap_or_else(|| "/".to_owned()), name),
    };
    if !path.starts_with('/') || !path.ends_with('/') {
        return None;
    }
    match attribute {
        None if known.reference == Name => Some(name),
        Some(other) if other != known.attribute => None,
        _ => Some(format!(
            "arn:${{AWS::Partition}}:iam::${{{account}}}:{}{path}{name}",
            known.word
        )),
    }
}
