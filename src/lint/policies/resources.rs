//! The IAM resources of a template that are written by hand.
//!
//! In: a planned template. Out: [`WrittenResource`]s, and the policy documents in them. Refuses
//! nothing: a resource whose properties are not a mapping is not there.

use std::rc::Rc;
use std::sync::Arc;

use crate::diagnostic::Shown as _;
use crate::expand::PlannedTemplate;
use crate::iam::document::DocumentKind;
use crate::lint::policies::document::{DocumentReader, WrittenDocument};
use crate::lint::policies::engine::PolicyEngine;
use crate::organization::binding::binding;
use crate::source::Span;
use crate::template::resolve::Values;
use crate::yaml::lookup::Library;
use crate::yaml::node::Node;

pub(super) const IAM: &str = "AWS::IAM::";

const PERMISSION_SET: &str = "AWS::SSO::PermissionSet";

/// An IAM resource, or a permission set.
#[derive(Clone)]
pub(in crate::lint) struct WrittenResource {
    /// Its logical id.
    pub(in crate::lint) id: String,
    /// Where that is written.
    pub(in crate::lint) span: Span,
    /// Its type, without `AWS::IAM::` or `AWS::SSO::`.
    pub(in crate::lint) kind: String,
    /// The accounts that it is created in, by logical id and sorted, if that is known.
    pub(in crate::lint) accounts: Option<Vec<String>>,
    /// The condition of the template without which it is not created.
    pub(in crate::lint) condition: Option<String>,
    pub(in crate::lint) properties: Arc<Node>,
}

impl WrittenResource {
    /// Whether it and `other` are created in one account, as far as that is known.
    pub(in crate::lint) fn is_near(&self, other: &Self) -> bool {
        match (&self.accounts, &other.accounts) {
            (Some(own), Some(others)) => {
                let mut own = own.iter();
                own.any(|account| others.binary_search(account).is_ok())
            }
            (own, others) => own == others,
        }
    }

    /// One of its properties.
    pub(in crate::lint) fn property(&self, library: &Library, name: &str) -> Option<Arc<Node>> {
        library.field(&self.properties, name).ok().flatten()
    }
}

/// The kinds of policies that are resources.
const POLICIES: [&str; 5] = [
    "GroupPolicy",
    "ManagedPolicy",
    "Policy",
    "RolePolicy",
    "UserPolicy",
];

/// Whether a resource of this kind is a policy that others have.
pub(in crate::lint) fn is_policy(kind: &str) -> bool {
    POLICIES.contains(&kind)
}

/// Whether a resource of this kind is a group or a policy, which principals have.
pub(super) fn is_had(kind: &str) -> bool {
    kind == "Group" || is_policy(kind)
}

/// Who has the permissions of `resource`, in words.
pub(in crate::lint) fn holder(resource: &WrittenResource) -> String {
    let id = resource.id.shown();
    match resource.kind.as_str() {
        "Group" => format!("whoever is in the group `{id}`"),
        kind if is_policy(kind) => format!("whoever has the policy `{id}`"),
        "PermissionSet" => format!("whoever has the permission set `{id}`"),
        _ => format!("`{id}`"),
    }
}

/// The IAM resources of `planned`.
pub(super) fn resources(library: &Library, planned: &PlannedTemplate) -> Vec<WrittenResource> {
    let root = &planned.template.document.root;
    let Ok(Some(section)) = library.field(root, "Resources") else {
        return Vec::new();
    };
    let fields = library.mapping(&section).unwrap_or_default();
    let resource = |field: crate::yaml::lookup::Field| {
        let kind = library.field(&field.value, "Type").ok()??;
        let kind = match kind.text()? {
            PERMISSION_SET => "PermissionSet",
            kind => kind.strip_prefix(IAM)?,
        };
        let kind = kind.to_owned();
        // A permission set is created in one account, and its roles where it is assigned.
        let is_here = kind != "PermissionSet";
        let accounts = is_here.then(|| accounts(library, planned, &field.value));
        Some(WrittenResource {
            properties: library.field(&field.value, "Properties").ok()??,
            accounts: accounts.flatten(),
            condition: condition(library, &field.value),
            id: field.key,
            span: field.key_span,
            kind,
        })
    };
    fields.into_iter().filter_map(resource).collect()
}

fn condition(library: &Library, resource: &Arc<Node>) -> Option<String> {
    let node = library.field(resource, "Condition").ok()??;
    Some(library.follow(&node).text()?.to_owned())
}

/// The accounts that a resource is created in, if its binding can be read: its own, a named one, or the default.
fn accounts(
    library: &Library,
    planned: &PlannedTemplate,
    resource: &Arc<Node>,
) -> Option<Vec<String>> {
    let root = &planned.template.document.root;
    let binding = binding(resource, root, library)?;
    let mut accounts = binding.reached(&planned.organization)?;
    accounts.sort();
    accounts.dedup();
    Some(accounts)
}

/// Every policy document of the resources.
pub(super) fn documents(
    engine: &PolicyEngine,
    library: &Library,
    resources: &[WrittenResource],
    values: &Rc<Values>,
) -> Vec<WrittenDocument> {
    let mut found = Vec::new();
    for (at, resource) in resources.iter().enumerate() {
        let home = engine.home(resource.accounts.as_deref(), values);
        let read = |kind: DocumentKind, node: Option<Arc<Node>>| {
            let reader = DocumentReader {
                engine,
                library,
                home: &home,
                kind,
            };
            let document = reader.document(&node?)?;
            Some(WrittenDocument {
                resource: Some(at),
                ..document
            })
        };
        found.extend(read(
            DocumentKind::Trust,
            resource.property(library, "AssumeRolePolicyDocument"),
        ));
        let own = resource.property(library, "PolicyDocument");
        found.extend(read(DocumentKind::Identity, own));
        if resource.kind == "PermissionSet" {
            let own = resource.property(library, "InlinePolicy");
            found.extend(read(DocumentKind::Identity, own));
        }
        let inline = resource.property(library, "Policies");
        for policy in inline.map_or_else(Vec::new, |node| library.items(&node)) {
            // What is no mapping may be a policy, and its document with it.
            let document = match library.field(&policy, "PolicyDocument") {
                Ok(document) => document,
                Err(_) => Some(policy),
            };
            found.extend(read(DocumentKind::Identity, document));
        }
    }
    found
}
