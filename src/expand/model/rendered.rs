//! Rendered resources, once a distinct body.

use serde_yaml::{Mapping, Value};

use crate::roles::TargetRole;

/// The text that stands for the account's logical id, and for its letters and digits, in a body
/// that is not yet of one account. Neither occurs in any text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholders {
    /// Stands for the logical id, as in `!Ref DevAccount`.
    pub account: String,
    /// Stands for its letters and digits, as in `LaunchpadDevAccountDeployerRole`.
    pub letters: String,
}

impl Placeholders {
    /// What stands for the account's letters where each body stands once, for `body`: bodies of
    /// one macro make the same kinds of resources, and must not share logical ids.
    pub fn letters_of(&self, body: usize) -> String {
        format!("{}{body}zZ", self.letters)
    }
}

/// One resource of a body.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedResource {
    /// The end of its logical id, after macro and account.
    pub kind: String,
    /// Its logical id, with the placeholder.
    pub logical_id: String,
    /// `Type`, `Properties` and the rest, with placeholders.
    pub content: Mapping,
}

impl RenderedResource {
    /// `Type`.
    pub fn resource_type(&self) -> &str {
        self.content
            .get("Type")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The logical ids of the managed policies that it attaches.
    pub fn attached(&self) -> impl Iterator<Item = &str> {
        let arns = match self.property("ManagedPolicyArns") {
            Some(Value::Sequence(arns)) => arns.as_slice(),
            _ => &[],
        };
        arns.iter().filter_map(|arn| match arn {
            Value::Tagged(tagged) if tagged.tag == "!Ref" => tagged.value.as_str(),
            _ => None,
        })
    }

    /// `Properties.<name>`.
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.content.get("Properties")?.get(name)
    }
}

/// The resources of one [`crate::expand::model::plan::BodyPlan`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RenderedBody {
    /// In the order of the output.
    pub resources: Vec<RenderedResource>,
}

impl RenderedBody {
    /// The role that CloudFormation deploys the app's stacks as, where the macro makes it.
    pub fn execution_role(&self) -> Option<&RenderedResource> {
        let is_role = |resource: &&RenderedResource| {
            resource.kind == TargetRole::Execution.suffix()
                && resource.resource_type() == "AWS::IAM::Role"
        };
        self.resources.iter().find(is_role)
    }

    /// The managed policies that CloudFormation has while it deploys: those that the execution
    /// role attaches. Where there is no such role, those that no role attaches: they are for the
    /// role that the CDK's bootstrap made.
    pub fn execution_policies(&self) -> Vec<&RenderedResource> {
        let role = self.execution_role();
        let attaches =
            |resource: &RenderedResource, id: &str| resource.attached().any(|other| other == id);
        self.resources
            .iter()
            .filter(|resource| resource.resource_type() == "AWS::IAM::ManagedPolicy")
            // A boundary is attached to no role either, but lets nobody do anything.
            .filter(|resource| resource.kind != "AppBoundary")
            .filter(|policy| match role {
                Some(role) => attaches(role, &policy.logical_id),
                None => !self
                    .resources
                    .iter()
                    .any(|other| attaches(other, &policy.logical_id)),
            })
            .collect()
    }
}

/// A macro's bodies, rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedMacro {
    /// By index of the plan's body.
    pub bodies: Vec<RenderedBody>,
}
