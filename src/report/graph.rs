//! Who can become whom, by stage, as a picture in Mermaid or DOT.
//!
//! In: plans. Out: text. Accounts of a stage that get the same are one box, so a picture of 300
//! accounts is as large as one of 3.
//!
//! The hard thing: names and subjects come from files that somebody else may have written. What
//! the language of the picture would read is escaped.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_yaml::Value;

use crate::Planned;
use crate::model::plan::{BodyPlan, MacroPlan, TargetPlan, ToolsKind, ToolsPlan};
use crate::model::trust::Admission;

use super::comparison::escape::{count, entities, visible};

/// How many accounts of a box and subjects of a token are named.
const NAMED: usize = 3;

/// A picture.
#[derive(Debug, Default)]
pub struct Graph {
    boxes: Vec<Group>,
    arrows: Vec<Arrow>,
    /// What stands outside of the boxes.
    callers: Vec<String>,
    known: HashMap<String, String>,
}

/// What stands in one or several equal accounts.
#[derive(Debug)]
struct Group {
    title: String,
    nodes: Vec<(String, String)>,
}

#[derive(Debug)]
struct Arrow {
    from: String,
    to: String,
    label: &'static str,
}

/// The accounts of a stage that get the same.
struct Fold<'a> {
    stage: &'a str,
    target: &'a TargetPlan,
    accounts: Vec<&'a str>,
}

impl Graph {
    /// Adds the macros of a template.
    pub fn add(&mut self, planned: &Planned) {
        for plan in &planned.plans {
            let tools = self.tools(plan);
            for fold in folds(plan) {
                self.target(plan, &fold, &tools);
            }
        }
    }

    fn tools(&mut self, plan: &MacroPlan) -> HashMap<ToolsKind, String> {
        let mut known = HashMap::new();
        for group in &plan.groups {
            let Some(BodyPlan::Tools(tools)) = plan.bodies.get(group.body) else {
                continue;
            };
            let nodes = self.principals(plan, tools, &mut known);
            self.boxes.push(Group {
                title: format!("{} tools: {}", plan.name, group.account),
                nodes,
            });
        }
        known
    }

    fn principals(
        &mut self,
        plan: &MacroPlan,
        tools: &ToolsPlan,
        known: &mut HashMap<ToolsKind, String>,
    ) -> Vec<(String, String)> {
        let mut nodes = Vec::new();
        for principal in &tools.principals {
            let kind = match principal.kind {
                ToolsKind::GitHubActionsUser => "user",
                ToolsKind::CodeBuildRole | ToolsKind::Oidc(..) => "role",
            };
            let id = self.node();
            let name = format!("{kind} {}-{}", plan.app_id.value, principal.kind.suffix());
            nodes.push((id.clone(), name));
            for admission in &principal.admissions {
                let from = self.caller(tokens(admission));
                self.arrow(&from, &id, "becomes");
            }
            if principal.kind == ToolsKind::CodeBuildRole {
                let from = self.caller("service codebuild.amazonaws.com".to_owned());
                self.arrow(&from, &id, "becomes");
            }
            known.insert(principal.kind.clone(), id);
        }
        nodes
    }

    fn target(&mut self, plan: &MacroPlan, fold: &Fold<'_>, tools: &HashMap<ToolsKind, String>) {
        let app = &plan.app_id.value;
        let mut nodes = Vec::new();
        let mut role = |graph: &mut Self, name: &str| {
            let id = graph.node();
            nodes.push((id.clone(), format!("role {app}-{name}")));
            id
        };
        let deployer = role(self, "DeployerRole");
        let execution = role(self, "CloudFormationExecutionRole");
        let test = fold
            .target
            .arguments
            .test_role
            .is_some()
            .then(|| role(self, "TestRole"));
        let accounts: Vec<&str> = fold.accounts.iter().take(NAMED).copied().collect();
        let more = match fold.accounts.len() {
            0..=NAMED => String::new(),
            all => format!(" and {} more ({})", all - NAMED, count(all, "account")),
        };
        self.boxes.push(Group {
            title: format!(
                "{} {}: {}{more}",
                plan.name,
                fold.stage,
                accounts.join(", ")
            ),
            nodes,
        });
        let trust = &fold.target.trust;
        let mut callers: Vec<String> = trust
            .tools
            .iter()
            .filter_map(|kind| tools.get(kind).cloned())
            .collect();
        for admission in &trust.admissions {
            callers.push(self.caller(tokens(admission)));
        }
        for existing in &trust.existing {
            callers.push(self.caller(written(existing)));
        }
        for caller in &callers {
            for role in std::iter::once(&deployer).chain(&test) {
                self.arrow(caller, role, "becomes");
            }
        }
        self.arrow(&deployer, &execution, "passes to CloudFormation");
    }

    fn node(&mut self) -> String {
        let nodes: usize = self.known.len();
        let id = format!("n{nodes}");
        self.known.insert(format!("\n{id}"), id.clone());
        id
    }

    /// A node outside of the boxes, once a label.
    fn caller(&mut self, label: String) -> String {
        if let Some(id) = self.known.get(&label) {
            return id.clone();
        }
        let id = format!("n{}", self.known.len());
        self.known.insert(label.clone(), id.clone());
        self.callers.push(label);
        id
    }

    fn arrow(&mut self, from: &str, to: &str, label: &'static str) {
        self.arrows.push(Arrow {
            from: from.to_owned(),
            to: to.to_owned(),
            label,
        });
    }

    /// The picture in Mermaid, which GitHub draws.
    pub fn mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n");
        for label in &self.callers {
            let id = self.known.get(label).map_or("", String::as_str);
            let _ = writeln!(out, "  {id}([\"{}\"])", entities(label));
        }
        for (at, group) in self.boxes.iter().enumerate() {
            let _ = writeln!(out, "  subgraph b{at} [\"{}\"]", entities(&group.title));
            for (id, label) in &group.nodes {
                let _ = writeln!(out, "    {id}[\"{}\"]", entities(label));
            }
            out.push_str("  end\n");
        }
        for arrow in &self.arrows {
            let _ = writeln!(out, "  {} -- {} --> {}", arrow.from, arrow.label, arrow.to);
        }
        out
    }

    /// The picture in DOT, for Graphviz.
    pub fn dot(&self) -> String {
        let mut out = String::from("digraph roles {\n  rankdir=LR;\n  node [shape=box];\n");
        for label in &self.callers {
            let id = self.known.get(label).map_or("", String::as_str);
            let _ = writeln!(out, "  {id} [shape=oval, label={}];", quoted(label));
        }
        for (at, group) in self.boxes.iter().enumerate() {
            let title = quoted(&group.title);
            let _ = writeln!(out, "  subgraph cluster_{at} {{\n    label={title};");
            for (id, label) in &group.nodes {
                let _ = writeln!(out, "    {id} [label={}];", quoted(label));
            }
            out.push_str("  }\n");
        }
        for arrow in &self.arrows {
            let label = quoted(arrow.label);
            let _ = writeln!(out, "  {} -> {} [label={label}];", arrow.from, arrow.to);
        }
        out + "}\n"
    }
}

fn quoted(text: &str) -> String {
    let text = visible(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

/// The targets of a macro, equal accounts of a stage folded.
fn folds(plan: &MacroPlan) -> Vec<Fold<'_>> {
    let mut folds: Vec<Fold<'_>> = Vec::new();
    for group in &plan.groups {
        let Some(BodyPlan::Target(target)) = plan.bodies.get(group.body) else {
            continue;
        };
        let stage = group.stage.as_deref().unwrap_or_default();
        let is_same = |fold: &&mut Fold<'_>| {
            fold.stage == stage
                && fold.target.trust == target.trust
                && fold.target.arguments.test_role.is_some() == target.arguments.test_role.is_some()
        };
        match folds.iter_mut().find(is_same) {
            Some(fold) => fold.accounts.push(&group.account),
            None => folds.push(Fold {
                stage,
                target,
                accounts: vec![&group.account],
            }),
        }
    }
    folds
}

fn tokens(admission: &Admission) -> String {
    let subjects: Vec<&str> = admission
        .subjects
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect();
    let more = match admission.subjects.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let claims: Vec<String> = admission
        .claims
        .iter()
        .map(|claim| format!(", {} {}", claim.name, claim.values.join(" or ")))
        .collect();
    format!(
        "tokens of {}: {}{more}{}",
        admission.issuer,
        subjects.join(", "),
        claims.concat()
    )
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Tagged(tagged) => format!("{} {}", tagged.tag, written(&tagged.value)),
        Value::Number(number) => number.to_string(),
        _ => "a principal by a function".to_owned(),
    }
}
