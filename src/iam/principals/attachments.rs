//! What a resource says about names and attachments.
//!
//! In: the body of a resource. Out: [`Facts`], with the marks of its shape. Refuses nothing.

use crate::iam::principals::chosen::{Holding, chosen_items};
use crate::template::display::shown;
use crate::template::named::ReferredName;
use crate::template::resolve::Reader;
use crate::template::resources::{Body, Place};
use crate::template::value::Data;

/// What a body says about names and attachments, with marks.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) kind: String,
    pub(super) name: Option<String>,
    pub(super) path: String,
    /// References to policies and groups, and the text of those that are not references.
    pub(super) attached: Vec<ChosenTarget>,
    pub(super) boundary: Option<PolicyTarget>,
    /// The principals that a policy attaches itself to.
    pub(super) attaches_to: Vec<ChosenTarget>,
}

/// What is named if conditions of the template are as it says.
#[derive(Clone, Debug)]
pub(super) struct ChosenTarget {
    pub(super) holding: Holding,
    pub(super) target: PolicyTarget,
}

#[derive(Clone, Debug)]
pub(super) enum PolicyTarget {
    Reference(String),
    Text(String),
    Other(String),
}

pub(super) fn restored(place: &Place, body: &Body<'_>) -> Place {
    match place {
        Place::Account(name) => Place::Account(body.restore(name)),
        Place::Bound(name) => Place::Bound(body.restore(name)),
    }
}

impl Facts {
    pub(super) fn of(body: &Body<'_>, reader: &Reader<'_>) -> Self {
        let data = &*body.data;
        let kind = data.get("Type").and_then(Data::text).unwrap_or_default();
        let property = |name: &str| data.get("Properties").and_then(|found| found.get(name));
        let text = |name: &str| {
            property(name).map(|value| reader.text(value).unwrap_or_else(|| shown(value)))
        };
        let targets = |name: &str, prefix: &str| -> Vec<ChosenTarget> {
            let items = property(name).map(chosen_items).unwrap_or_default();
            let target = |(holding, item): (Holding, Data)| ChosenTarget {
                holding,
                target: target(&item, prefix, reader),
            };
            items.into_iter().map(target).collect()
        };
        let kind = kind
            .strip_prefix("AWS::IAM::")
            .unwrap_or_default()
            .to_owned();
        let names: &[&str] = match kind.as_str() {
            "Role" => &["RoleName"],
            "User" => &["UserName"],
            "Group" => &["GroupName"],
            "ManagedPolicy" => &["ManagedPolicyName"],
            _ => &["PolicyName"],
        };
        let mut attached = Vec::new();
        let mut attaches_to = Vec::new();
        match kind.as_str() {
            "Role" | "User" | "Group" => {
                attached = targets("ManagedPolicyArns", "");
                attached.extend(targets("Groups", "group/"));
            }
            "ManagedPolicy" | "Policy" => {
                attaches_to = targets("Roles", "role/");
                attaches_to.extend(targets("Users", "user/"));
                attaches_to.extend(targets("Groups", "group/"));
            }
            "RolePolicy" => attaches_to = targets("RoleName", "role/"),
            "UserPolicy" => attaches_to = targets("UserName", "user/"),
            "GroupPolicy" => attaches_to = targets("GroupName", "group/"),
            "UserToGroupAddition" => {
                attached = targets("GroupName", "group/");
                attaches_to = targets("Users", "user/");
            }
            _ => {}
        }
        Self {
            name: names.iter().find_map(|name| text(name)),
            path: text("Path").unwrap_or_else(|| "/".to_owned()),
            attached,
            boundary: property("PermissionsBoundary").map(|value| target(value, "", reader)),
            attaches_to,
            kind,
        }
    }
}

/// The item that a `!Select` of a written list selects, or the value itself.
fn selected(value: &Data) -> &Data {
    let item = || {
        let [Data::Number(at) | Data::Text(at), Data::List(items)] =
            value.get("Fn::Select")?.items()
        else {
            return None;
        };
        items.get(at.parse::<usize>().ok()?)
    };
    item().unwrap_or(value)
}

fn target(value: &Data, prefix: &str, reader: &Reader<'_>) -> PolicyTarget {
    let value = selected(value);
    if let Some(name) = value.reference() {
        return PolicyTarget::Reference(name.to_owned());
    }
    // A policy of the template by its attribute, or as OrgFormation refers to it. Those of other accounts cannot be
    // attached.
    if let Data::Map(entries) = value
        && let [(key, Data::List(items))] = entries.as_slice()
        && key == "Fn::GetAtt"
        && let [Data::Text(name), Data::Text(attribute)] = items.as_slice()
    {
        let name = format!("{name}.{attribute}");
        let named = ReferredName::of(&name);
        if matches!(named.attribute, None | Some("PolicyArn" | "Arn")) {
            return PolicyTarget::Reference(named.id.to_owned());
        }
    }
    match reader.text(value) {
        Some(text) => PolicyTarget::Text(format!("{prefix}{text}")),
        None => PolicyTarget::Other(shown(value)),
    }
}
