//! Policies of the organization that limit its accounts, and what they are attached to.
//!
//! In: resources of the `Organization` section. Out: [`ControlPolicies`]; a document that cannot be
//! read is `None`. Refuses nothing.
//!
//! Types and properties as in OrgFormation's `src/parser/model/*-resource.ts`; newer versions know
//! `OC::ORG::Policy` with a `PolicyType`. All are attached by `ServiceControlPolicies`.

use std::collections::HashMap;
use std::sync::Arc;

use serde_yaml::Value;

use crate::yaml::lookup::{FieldRef, Library};
use crate::yaml::node::Node;
use crate::yaml::value::value;

/// The property that attaches policies.
const ATTACHES: &str = "ServiceControlPolicies";

/// What a policy limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlPolicyKind {
    /// What principals of an account can do.
    Service,
    /// Who can use the resources of an account.
    Resource,
}

/// A service control policy or a resource control policy.
#[derive(Clone, Debug)]
pub struct ControlPolicy {
    /// The key in the `Organization` section.
    pub logical_id: String,
    /// `PolicyName`, or the key.
    pub name: String,
    /// What it limits.
    pub kind: ControlPolicyKind,
    /// `PolicyDocument`, if it can be read.
    pub document: Option<Value>,
}

/// A policy where it is attached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Attached {
    /// The one with this logical id.
    Policy(String),
    /// One that is not in the section, by the id that AWS gave it.
    Id(String),
    /// Every policy of the section.
    All,
    /// It cannot be resolved.
    Unknown,
}

/// What policies are attached to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AttachmentPoint {
    /// The root of the organization.
    Root,
    /// A unit, by its logical id.
    Unit(String),
    /// An account, by its logical id.
    Account(String),
}

impl std::fmt::Display for AttachmentPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AttachmentPoint::Root => f.write_str("the root"),
            AttachmentPoint::Unit(name) => write!(f, "unit `{name}`"),
            AttachmentPoint::Account(name) => write!(f, "account `{name}`"),
        }
    }
}

/// The policies of an organization, and where each is attached.
#[derive(Clone, Debug, Default)]
pub struct ControlPolicies {
    /// In the order of the section.
    pub policies: Vec<ControlPolicy>,
    /// What is attached to what.
    pub attached: HashMap<AttachmentPoint, Vec<Attached>>,
}

impl ControlPolicies {
    /// Whether nothing limits any account.
    pub fn is_empty(&self) -> bool {
        self.attached.values().all(Vec::is_empty)
    }

    /// Adds what the resource `field` of this type says.
    pub(super) fn add(
        &mut self,
        library: &Library,
        field: &FieldRef<'_>,
        kind: &str,
        properties: Option<&Arc<Node>>,
    ) {
        let Some(properties) = properties else {
            return;
        };
        let id = || field.key.to_owned();
        let point = match kind {
            "OC::ORG::OrganizationRoot" => AttachmentPoint::Root,
            "OC::ORG::OrganizationalUnit" => AttachmentPoint::Unit(id()),
            "OC::ORG::Account" => AttachmentPoint::Account(id()),
            "OC::ORG::ServiceControlPolicy" | "OC::ORG::Policy" => {
                let limits = limits(library, kind, properties);
                self.policies
                    .extend(limits.map(|limits| policy(library, field, limits, properties)));
                return;
            }
            _ => return,
        };
        // A property that cannot be read may attach anything.
        let attached = match library.field(properties, ATTACHES) {
            Ok(None) => return,
            Ok(Some(list)) => attached(library, &list),
            Err(_) => vec![Attached::Unknown],
        };
        self.attached.insert(point, attached);
    }

    /// Adds what resources after these say.
    pub(super) fn append(&mut self, next: Self) {
        self.policies.extend(next.policies);
        self.attached.extend(next.attached);
    }
}

/// What a policy of this type limits; `None` for one that is about tags, backups and the like.
fn limits(library: &Library, kind: &str, properties: &Arc<Node>) -> Option<ControlPolicyKind> {
    if kind == "OC::ORG::ServiceControlPolicy" {
        return Some(ControlPolicyKind::Service);
    }
    let node = library.field(properties, "PolicyType").ok().flatten()?;
    match library.follow(&node).text()? {
        "SERVICE_CONTROL_POLICY" => Some(ControlPolicyKind::Service),
        "RESOURCE_CONTROL_POLICY" => Some(ControlPolicyKind::Resource),
        _ => None,
    }
}

fn policy(
    library: &Library,
    field: &FieldRef<'_>,
    kind: ControlPolicyKind,
    properties: &Arc<Node>,
) -> ControlPolicy {
    let property = |key: &str| library.field(properties, key).ok().flatten();
    let name = property("PolicyName").and_then(|node| {
        let node = library.follow(&node);
        node.text().map(str::to_owned)
    });
    let document = property("PolicyDocument").and_then(|node| value(library, &node).ok());
    ControlPolicy {
        logical_id: field.key.to_owned(),
        name: name.unwrap_or_else(|| field.key.to_owned()),
        kind,
        document: document.filter(is_read),
    }
}

/// Whether all of a document is in the files that were read.
fn is_read(document: &Value) -> bool {
    match document {
        Value::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            !["!ReadFile", "!Cmd", "!CopyValue"].contains(&tag.as_str()) && is_read(&tagged.value)
        }
        Value::Sequence(items) => items.iter().all(is_read),
        Value::Mapping(entries) => entries.iter().all(|(_, value)| is_read(value)),
        _ => true,
    }
}

fn attached(library: &Library, list: &Arc<Node>) -> Vec<Attached> {
    let items = library.items(list);
    let items = items.iter().map(|item| match library.reference(item) {
        Some(name) => Attached::Policy(name),
        None => match library.follow(item).text() {
            Some("*") => Attached::All,
            Some(id) if library.follow(item).tag_name().is_none() => Attached::Id(id.to_owned()),
            _ => Attached::Unknown,
        },
    });
    items.collect()
}
