//! Rendered resources, once per distinct body. Plain data: it refuses nothing.

use std::collections::HashSet;
use std::fmt::Write as _;

use memchr::memmem;
use serde_yaml::{Mapping, Value};

use crate::expand::model::plan::{BOUNDARY, BodyPlan, MacroPlan, Planned};
use crate::expand::model::unit::{BodyId, Unit};
use crate::expand::model::written::WrittenBody;
use crate::roles::TargetRole;
use crate::source::SourceFile;
use crate::yaml::emit::block;
use crate::yaml::lookup::Library;
use crate::yaml::node::Document;

/// The text that stands for the account's logical id, and for its letters and digits, in a body
/// that is not yet of one account. Neither occurs in any text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholders {
    /// Stands for the logical id, as in `!Ref DevAccount`.
    pub account: String,
    /// Stands for its letters and digits, as in `LaunchpadDevAccountDeployerRole`.
    pub id_part: String,
}

impl Placeholders {
    /// Names for the account that occur in no text of the run.
    pub fn free_in(library: &Library) -> Self {
        let free = |stem: &str| {
            (0..=u32::MAX)
                .map(|number| format!("Zz{stem}{number}zZ"))
                .find(|name| {
                    let name = name.as_str();
                    let in_text = |file: &SourceFile| {
                        memmem::find(file.text.as_bytes(), name.as_bytes()).is_some()
                    };
                    let in_scalars = |document: &Document| {
                        // Escapes can hide a name from the text.
                        let text = library.sources.text(document.file);
                        text.contains('\\') && document.holds(name)
                    };
                    !library.sources.iter().any(in_text)
                        && !library.documents.values().any(in_scalars)
                })
                .unwrap_or_default()
        };
        Self {
            account: free("Account"),
            id_part: free("Letters"),
        }
    }

    /// Whether one of them may be in `text`, looking for what they begin with: nearly no text has it.
    pub fn may_be_in(&self, text: &str) -> bool {
        let begins = |name: &String| {
            let first = name.bytes().next();
            first.is_none_or(|first| memchr::memchr(first, text.as_bytes()).is_some())
        };
        begins(&self.account) || begins(&self.id_part)
    }

    /// What stands for the account's letters and digits if each body is written once, for `body`:
    /// bodies of one macro create the same kinds of resources, and must not share logical ids.
    pub fn id_part_of(&self, body: BodyId) -> String {
        format!("{}{}zZ", self.id_part, body.0)
    }

    /// What the logical ids of a body of `plan` begin with.
    pub fn id_stem(&self, plan: &MacroPlan) -> String {
        format!("{}{}", plan.name, self.id_part)
    }

    /// `text` with the logical ids of `plan` as a unit with this `id_part` writes them.
    pub fn filled(&self, plan: &MacroPlan, text: &str, id_part: &str) -> String {
        let mark = self.id_stem(plan);
        let mut out = String::new();
        let mut rest = text;
        if !plan.logical_ids.is_empty() {
            while let Some((before, after)) = rest.split_once(&mark) {
                out.push_str(before);
                let is_end = |c: char| !c.is_ascii_alphanumeric();
                let kind = after.split(is_end).next().unwrap_or_default();
                out.push_str(&plan.logical_id(id_part, kind));
                rest = after.strip_prefix(kind).unwrap_or_default();
            }
        }
        out.push_str(&rest.replace(&self.id_part, id_part));
        out
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

    /// Whether it is a customer managed policy.
    pub fn is_managed_policy(&self) -> bool {
        self.resource_type() == "AWS::IAM::ManagedPolicy"
    }

    /// Its physical name, if it has one.
    pub fn physical_name(&self) -> &str {
        ["RoleName", "UserName", "ManagedPolicyName"]
            .iter()
            .find_map(|key| self.property(key)?.as_str())
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
    /// The resources as block text, with placeholders.
    pub fn to_text(&self, indent: usize, eol: &str) -> String {
        let mut text = String::new();
        for resource in &self.resources {
            let _ = writeln!(text, "{:indent$}{}:", "", resource.logical_id);
            text.push_str(&block(&resource.content, indent + 2));
        }
        if eol == "\n" {
            text
        } else {
            text.replace('\n', eol)
        }
    }

    /// The role that CloudFormation deploys the app's stacks as, if the macro creates it.
    pub fn execution_role(&self) -> Option<&RenderedResource> {
        let is_role = |resource: &&RenderedResource| {
            resource.kind == TargetRole::Execution.suffix()
                && resource.resource_type() == "AWS::IAM::Role"
        };
        self.resources.iter().find(is_role)
    }

    /// The managed policies that CloudFormation has while it deploys: those that the execution
    /// role attaches. If there is no such role, those that no role attaches: they are for the
    /// role that the CDK's bootstrap created.
    pub fn execution_policies(&self) -> Vec<&RenderedResource> {
        let role = self.execution_role();
        let attaches =
            |resource: &RenderedResource, id: &str| resource.attached().any(|other| other == id);
        self.resources
            .iter()
            .filter(|resource| resource.is_managed_policy())
            // A boundary is attached to no role either, but lets nobody do anything.
            .filter(|resource| resource.kind != BOUNDARY)
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

/// A macro with its bodies rendered.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// What was planned.
    pub planned: Planned,
    /// The bodies, in the order of the plan's.
    pub bodies: Vec<RenderedBody>,
    /// Their texts, once they are written.
    pub written: Vec<WrittenBody>,
}

/// A macro with one unit per stage, whatever its `Layout`, and what stands for the account in it.
#[derive(Clone, Debug)]
pub struct PlainMacro {
    /// The macro.
    pub rendered: Rendered,
    /// The placeholders in it.
    pub placeholders: Placeholders,
}

impl Rendered {
    /// A macro whose bodies are not written yet.
    pub fn new(planned: Planned, bodies: Vec<RenderedBody>) -> Self {
        let written = Vec::new();
        Self {
            planned,
            bodies,
            written,
        }
    }

    /// What the macro creates.
    pub fn plan(&self) -> &MacroPlan {
        &self.planned.plan
    }

    /// The resources of the body of this id.
    pub fn resources(&self, body: BodyId) -> &[RenderedResource] {
        let body = self.bodies.get(body.0);
        body.map_or(&[], |body| &body.resources)
    }

    /// The units that stand for all others if `LogicalIds` names resources: one for each body and
    /// for each choice of lines. Those with the same choice differ in letters and digits only.
    pub fn examples(&self) -> Option<Vec<&Unit>> {
        let plan = self.plan();
        if plan.logical_ids.is_empty() {
            return None;
        }
        let line = |unit: &Unit, resource: &RenderedResource| {
            let written = format!("{}{}{}", plan.name, unit.id_part, resource.kind);
            plan.logical_ids.kept(&written).map(|(line, _)| line)
        };
        let mut seen = HashSet::new();
        let mut units: Vec<&Unit> = plan.units.iter().collect();
        units.retain(|unit| {
            let resources = self.resources(unit.body).iter();
            let lines: Vec<_> = resources.map(|resource| line(unit, resource)).collect();
            plan.lists_accounts() || seen.insert((unit.body, lines))
        });
        Some(units)
    }

    /// How many resources the accounts get.
    pub fn count(&self) -> usize {
        let units = self.plan().units.iter();
        units
            .map(|unit| unit.accounts.names().len() * self.resources(unit.body).len())
            .sum()
    }

    /// The kinds of the resources of each body.
    pub fn kinds(&self) -> Vec<Vec<String>> {
        let kinds = |body: &RenderedBody| {
            let resources = body.resources.iter();
            resources.map(|resource| resource.kind.clone()).collect()
        };
        self.bodies.iter().map(kinds).collect()
    }

    /// The names of the managed policies of each body.
    pub fn policies(&self) -> Vec<Vec<String>> {
        let names = |body: &RenderedBody| {
            let resources = body.resources.iter();
            let policies = resources.filter(|resource| resource.is_managed_policy());
            policies
                .map(|resource| resource.physical_name().to_owned())
                .collect()
        };
        self.bodies.iter().map(names).collect()
    }

    /// Each body as planned and as rendered.
    pub fn pairs(&self) -> impl Iterator<Item = (&BodyPlan, &RenderedBody)> {
        self.plan().bodies.iter().zip(&self.bodies)
    }
}
