//! Who can become whom, by stage, as a picture in Mermaid, DOT or SVG.
//!
//! In: plans and, if that is to be seen, who gains and loses access. Out: text. Accounts of a stage
//! that get the same are one box, so a picture of 300 accounts is as large as one of 3.

use std::collections::{HashMap, HashSet};

use serde_yaml::Value;

use crate::diff::access::changes::{Access, Finding, PrincipalChange};
use crate::expand::model::plan::{
    BodyPlan, Execution, MacroPlan, TargetPlan, ToolsKind, ToolsPlan,
};
use crate::oidc::Admission;

use super::picture::{BoxId, Mark, NodeId, Picture, Says};
use crate::report::escape::{count, thousands};

/// How many accounts of a box and subjects of a token are named.
const NAMED: usize = 3;

/// A picture of the roles of some macros.
#[derive(Debug, Default)]
pub struct Graph {
    picture: Picture,
    /// Who stands outside of the boxes, once a label.
    callers: HashMap<String, NodeId>,
    /// The principals of the macro that was added last.
    principals: Vec<Principal>,
}

/// A principal that is a node, in one or several equal accounts.
#[derive(Debug)]
struct Principal {
    node: NodeId,
    name: String,
    accounts: Vec<String>,
}

/// The accounts of a stage that get the same.
struct Fold<'a> {
    stage: &'a str,
    target: &'a TargetPlan,
    accounts: Vec<&'a str>,
}

impl Graph {
    /// Adds a macro, with marks on the principals that gain or lose access in `access`, or may.
    pub fn add(&mut self, plan: &MacroPlan, access: Option<&Access>) {
        self.principals.clear();
        let tools = self.tools(plan);
        for fold in folds(plan) {
            self.target(plan, &fold, &tools);
        }
        let changes = access.iter().flat_map(|access| access.of_macro(&plan.name));
        let changes: Vec<&PrincipalChange> = changes.collect();
        for principal in &self.principals {
            for (mark, why) in marks(principal, &changes) {
                self.picture.mark(principal.node, mark, why);
            }
        }
    }

    fn tools(&mut self, plan: &MacroPlan) -> HashMap<ToolsKind, NodeId> {
        let mut known = HashMap::new();
        for group in &plan.groups {
            let Some(BodyPlan::Tools(tools)) = plan.bodies.get(group.body) else {
                continue;
            };
            let title = format!("{} tools: {}", plan.name, group.account);
            let home = self.picture.add_box(title);
            self.principals(plan, tools, (home, &group.account), &mut known);
        }
        known
    }

    fn principals(
        &mut self,
        plan: &MacroPlan,
        tools: &ToolsPlan,
        (home, account): (BoxId, &str),
        known: &mut HashMap<ToolsKind, NodeId>,
    ) {
        for principal in &tools.principals {
            let kind = match principal.kind {
                ToolsKind::GitHubActionsUser => "user",
                ToolsKind::CodeBuildRole | ToolsKind::Oidc(..) => "role",
            };
            let name = format!("{}-{}", plan.app_id.value, principal.kind.suffix());
            let id = self.principal(kind, name, home, &[account]);
            for admission in &principal.admissions {
                let from = self.caller(tokens(admission));
                self.picture.arrow(from, id, Says::Becomes);
            }
            if principal.kind == ToolsKind::CodeBuildRole {
                let from = self.caller("service codebuild.amazonaws.com".to_owned());
                self.picture.arrow(from, id, Says::Becomes);
            }
            known.insert(principal.kind.clone(), id);
        }
    }

    fn target(&mut self, plan: &MacroPlan, fold: &Fold<'_>, tools: &HashMap<ToolsKind, NodeId>) {
        let app = &plan.app_id.value;
        let accounts: Vec<&str> = fold.accounts.iter().take(NAMED).copied().collect();
        let more = match fold.accounts.len() {
            0..=NAMED => String::new(),
            all => format!(" and {} more ({})", all - NAMED, count(all, "account")),
        };
        let named = accounts.join(", ");
        let title = format!("{} {}: {named}{more}", plan.name, fold.stage);
        let home = self.picture.add_box(title);
        let mut role =
            |name: &str| self.principal("role", format!("{app}-{name}"), home, &fold.accounts);
        let deployer = role("DeployerRole");
        // With the CDK alone, CloudFormation works as a role of its bootstrap, which no macro creates.
        let creates_execution = fold.target.execution != Execution::Cdk;
        let execution = creates_execution.then(|| role("CloudFormationExecutionRole"));
        let test = fold.target.arguments.test_role.is_some();
        let test = test.then(|| role("TestRole"));
        let trust = &fold.target.trust;
        let mut callers: Vec<NodeId> = trust
            .tools
            .iter()
            .filter_map(|kind| tools.get(kind).copied())
            .collect();
        for admission in &trust.admissions {
            callers.push(self.caller(tokens(admission)));
        }
        for existing in &trust.existing {
            callers.push(self.caller(written(existing)));
        }
        for caller in callers {
            for role in std::iter::once(deployer).chain(test) {
                self.picture.arrow(caller, role, Says::Becomes);
            }
        }
        if let Some(execution) = execution {
            self.picture.arrow(deployer, execution, Says::Passes);
        }
    }

    fn principal(&mut self, kind: &str, name: String, home: BoxId, accounts: &[&str]) -> NodeId {
        let node = self.picture.add(format!("{kind} {name}"), Some(home));
        self.principals.push(Principal {
            node,
            name,
            accounts: accounts.iter().map(ToString::to_string).collect(),
        });
        node
    }

    /// A node outside of the boxes, once a label.
    fn caller(&mut self, label: String) -> NodeId {
        let picture = &mut self.picture;
        let known = self.callers.entry(label);
        *known.or_insert_with_key(|label| picture.add_round(label.clone()))
    }

    /// The picture in Mermaid, which GitHub draws.
    pub fn mermaid(&self) -> String {
        self.picture.mermaid()
    }

    /// The picture in DOT, for Graphviz.
    pub fn dot(&self) -> String {
        self.picture.dot()
    }

    /// The picture in SVG, for a page or a file of its own.
    pub fn svg(&self) -> String {
        self.picture.svg("Who can become whom, by stage")
    }
}

/// What is said of `principal`: that it gains or loses, surely or maybe, and in how many accounts
/// where not in all.
fn marks(principal: &Principal, changes: &[&PrincipalChange]) -> Vec<(Mark, String)> {
    let mut marks = Vec::new();
    let own = || {
        changes
            .iter()
            .filter(|change| change.name == principal.name)
    };
    for (mark, sign, verb) in [(Mark::Gains, '+', "gain"), (Mark::Loses, '-', "lose")] {
        for (is_sure, said) in [(true, format!("{verb}s")), (false, format!("may {verb}"))] {
            let has = |change: &PrincipalChange| {
                let findings = match mark {
                    Mark::Gains => &change.gains,
                    Mark::Loses => &change.loses,
                };
                let sure = findings.iter().any(Finding::is_certain);
                !findings.is_empty() && sure == is_sure
            };
            let differing = own().filter(|change| has(change));
            let accounts: HashSet<&String> =
                differing.flat_map(|change| &change.accounts).collect();
            let all = &principal.accounts;
            let number = all
                .iter()
                .filter(|account| accounts.contains(account))
                .count();
            if number > 0 {
                let place = if number == all.len() {
                    String::new()
                } else {
                    format!(
                        " in {} of {}",
                        thousands(number),
                        count(all.len(), "account")
                    )
                };
                marks.push((mark, format!("{sign} {said} access{place}")));
            }
        }
    }
    marks
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
                && fold.target.execution == target.execution
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
