//! What the services refuse on purpose, and what only tagged or bounded resources get.
//!
//! In: an app, and whether the macro sets a permissions boundary. Out: what its
//! template asks for that the roles never allow, with what to write instead. Refuses nothing.

use serde_json::Value as Json;

use crate::infer::model::{AppResource, AppTemplates};

/// Something that is refused on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The resources that ask for it, as indexes of [`AppTemplates::resources`].
    pub resources: Vec<usize>,
    /// What is refused, as a sentence without a period.
    pub what: &'static str,
    /// What to write instead.
    pub instead: &'static str,
}

/// Whether the roles of the app must have a permissions boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppBoundary {
    /// The macro sets one for a stage at least.
    Required,
    /// It sets none, or no macro is known.
    Unknown,
}

/// A refusal, and which resources ask for it.
struct RefusalRule {
    asks: fn(&AppResource) -> bool,
    what: &'static str,
    instead: &'static str,
}

const RULES: &[RefusalRule] = &[
    RefusalRule {
        asks: |resource| {
            resource.type_name == "AWS::Lambda::Url" && text(resource, "AuthType") == Some("NONE")
        },
        what: "a function URL that is open to the internet (`AuthType: NONE`)",
        instead: "set `AuthType: AWS_IAM`, or put an API in front of the function",
    },
    RefusalRule {
        asks: |resource| is_key(resource) && lacks_tag(resource),
        what: "a KMS key without the tag `AppId`",
        instead: "add the tag `AppId` with the app id to the key, or to the whole stack",
    },
    RefusalRule {
        asks: |resource| {
            let bypass = resource.properties.get("BypassPolicyLockoutSafetyCheck");
            is_key(resource) && bypass.is_some_and(is_true)
        },
        what: "a KMS key whose policy may lock everybody out (`BypassPolicyLockoutSafetyCheck`)",
        instead: "leave `BypassPolicyLockoutSafetyCheck` out",
    },
];

const BOUNDARY: RefusalRule = RefusalRule {
    asks: |resource| {
        resource.type_name == "AWS::IAM::Role"
            && !resource.properties.contains_key("PermissionsBoundary")
    },
    what: "a role without the permissions boundary of the macro",
    instead: "set `PermissionsBoundary` on each role",
};

/// Actions that no service grants on purpose; [`refused`] reports what asks for them.
const ACTIONS: &[&str] = &["iam:DeleteRolePermissionsBoundary"];

/// Whether no service grants `action` on purpose.
pub fn is_refused(action: &str) -> bool {
    ACTIONS.contains(&action)
}

/// What `app` asks for that is refused on purpose. `previous` is what it replaces.
pub fn refused(
    app: &AppTemplates,
    previous: Option<&AppTemplates>,
    boundary: AppBoundary,
) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut add = |resources: Vec<usize>, what, instead| {
        if !resources.is_empty() {
            found.push(Refusal {
                resources,
                what,
                instead,
            });
        }
    };
    let asking = |asks: &dyn Fn(&AppResource) -> bool| {
        let resources = app.resources.iter().enumerate();
        let asking = resources.filter(|(_, resource)| asks(resource));
        asking.map(|(index, _)| index).collect::<Vec<usize>>()
    };
    let boundary = (boundary == AppBoundary::Required).then_some(&BOUNDARY);
    for rule in RULES.iter().chain(boundary) {
        add(asking(&rule.asks), rule.what, rule.instead);
    }
    add(
        asking(&|resource| previous.is_some_and(|previous| loses_boundary(resource, previous))),
        "removing the permissions boundary of a role",
        "keep `PermissionsBoundary`, or replace the role by one with another name",
    );
    found
}

/// Whether a role had a boundary and has none now.
fn loses_boundary(role: &AppResource, previous: &AppTemplates) -> bool {
    let has = |role: &AppResource| role.properties.contains_key("PermissionsBoundary");
    let mut before = previous.resources.iter();
    role.type_name == "AWS::IAM::Role"
        && !has(role)
        && before.any(|one| one.id == role.id && one.type_name == role.type_name && has(one))
}

fn text<'a>(resource: &'a AppResource, property: &str) -> Option<&'a str> {
    resource.properties.get(property).and_then(Json::as_str)
}

fn is_true(value: &Json) -> bool {
    value == &Json::Bool(true) || value.as_str() == Some("true")
}

fn is_key(resource: &AppResource) -> bool {
    matches!(
        resource.type_name.as_str(),
        "AWS::KMS::Key" | "AWS::KMS::ReplicaKey"
    )
}

/// Whether a resource has tags, and none of them is `AppId`. Tags that are not written as a list may
/// be anything.
fn lacks_tag(resource: &AppResource) -> bool {
    match resource.properties.get("Tags") {
        None => true,
        Some(Json::Array(tags)) => tags.iter().all(|tag| {
            let key = tag.get("Key");
            key.is_some_and(|key| key.is_string() && key != "AppId")
        }),
        Some(_) => false,
    }
}
