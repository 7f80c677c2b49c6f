//! Who can assume which role, by stage, as a picture in Mermaid, DOT or SVG.
//!
//! In: plans and, to mark it, who gains and loses access. Out: text. Accounts of a stage that get
//! the same are one box, so a picture of 300 accounts is as large as one of 3. Refuses nothing.

use std::collections::{HashMap, HashSet};

use serde_yaml::Value;

use crate::diff::access::changes::{Access, Finding, PrincipalChange};
use crate::expand::model::plan::{BodyPlan, MacroPlan, TargetPlan, ToolsPlan};
use crate::oidc::Admission;
use crate::roles::{DeployPrincipal, RoleKind, TargetRole, ToolsKind};

use super::picture::{BoxId, Mark, NodeId, Picture, Says};
use crate::report::count::{count, thousands};

/// How many accounts of a box and subjects of a token are named.
const NAMED: usize = 3;

/// A picture of the roles of some macros.
#[derive(Debug, Default)]
pub struct RoleGraph {
    picture: Picture,
    /// Who is outside of the boxes, once per label.
    callers: HashMap<String, NodeId>,
    /// The principals of the macro that was added last.
    principals: Vec<DrawnPrincipal>,
}

/// A principal that is a node, in one or several equal accounts.
#[derive(Debug)]
struct DrawnPrincipal {
    node: NodeId,
    name: String,
    accounts: Vec<String>,
}

/// The accounts of a stage that get the same.
struct StageFold<'a> {
    stage: &'a str,
    body: &'a BodyPlan,
    target: &'a TargetPlan,
    accounts: Vec<&'a str>,
}

impl RoleGraph {
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
        for unit in &plan.units {
            let Some(body @ BodyPlan::Tools(tools)) = plan.body(unit.body) else {
                continue;
            };
            let accounts: Vec<&str> = unit.accounts.names().iter().map(String::as_str).collect();
            let title = format!("{} tools: {}", plan.name, accounts.join(", "));
            let frame = self.picture.add_box(title);
            for created in body.principals(plan.app()) {
                let id = self.principal(&created, frame, &accounts);
                if let RoleKind::Tools(kind) = created.kind {
                    self.callers_of(id, &kind, tools);
                    known.insert(kind, id);
                }
            }
        }
        known
    }

    /// Draws who assumes the principal of this kind, which is the node `id`.
    fn callers_of(&mut self, id: NodeId, kind: &ToolsKind, tools: &ToolsPlan) {
        let principal = tools.principal(kind);
        for admission in principal.iter().flat_map(|found| &found.admissions) {
            let from = self.caller(tokens(admission));
            self.picture.arrow(from, id, Says::Assumes);
        }
        if *kind == ToolsKind::CodeBuildRole {
            let from = self.caller("service codebuild.amazonaws.com".to_owned());
            self.picture.arrow(from, id, Says::Assumes);
        }
    }

    fn target(
        &mut self,
        plan: &MacroPlan,
        fold: &StageFold<'_>,
        tools: &HashMap<ToolsKind, NodeId>,
    ) {
        let accounts: Vec<&str> = fold.accounts.iter().take(NAMED).copied().collect();
        let more = match fold.accounts.len() {
            0..=NAMED => String::new(),
            all => format!(" and {} more ({})", all - NAMED, count(all, "account")),
        };
        let named = accounts.join(", ");
        let title = format!("{} {}: {named}{more}", plan.name, fold.stage);
        let frame = self.picture.add_box(title);
        // Roles that callers assume, and those that they pass on.
        let (mut assumed, mut passed) = (Vec::new(), Vec::new());
        for created in fold.body.principals(plan.app()) {
            let id = self.principal(&created, frame, &fold.accounts);
            match created.kind {
                RoleKind::Target(TargetRole::Execution) => passed.push(id),
                kind => assumed.push((kind, id)),
            }
        }
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
            for (_, role) in &assumed {
                self.picture.arrow(caller, *role, Says::Assumes);
            }
        }
        let deployers = assumed
            .iter()
            .filter(|(kind, _)| *kind == RoleKind::Target(TargetRole::Deployer));
        for (_, deployer) in deployers {
            for execution in &passed {
                self.picture.arrow(*deployer, *execution, Says::Passes);
            }
        }
    }

    fn principal(&mut self, created: &DeployPrincipal, frame: BoxId, accounts: &[&str]) -> NodeId {
        let kind = match created.kind {
            RoleKind::Tools(ToolsKind::GitHubActionsUser) => "user",
            RoleKind::Tools(_) | RoleKind::Target(_) => "role",
        };
        let label = format!("{kind} {}", created.name);
        let node = self.picture.add(label, Some(frame));
        self.principals.push(DrawnPrincipal {
            node,
            name: created.name.clone(),
            accounts: accounts.iter().map(ToString::to_string).collect(),
        });
        node
    }

    /// A node outside of the boxes, once per label.
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
        self.picture.svg("Who can assume what, by stage")
    }
}

/// The label of `principal`: that it gains or loses, certainly or maybe, and in how many accounts
/// if not in all.
fn marks(principal: &DrawnPrincipal, changes: &[&PrincipalChange]) -> Vec<(Mark, String)> {
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
fn folds(plan: &MacroPlan) -> Vec<StageFold<'_>> {
    let mut folds: Vec<StageFold<'_>> = Vec::new();
    for (account, unit) in plan.by_account() {
        let Some(body @ BodyPlan::Target(target)) = plan.body(unit.body) else {
            continue;
        };
        let stage = unit.stage.as_deref().unwrap_or_default();
        let is_same = |fold: &&mut StageFold<'_>| {
            fold.stage == stage
                && fold.target.trust == target.trust
                && fold.target.roles().eq(target.roles())
        };
        match folds.iter_mut().find(is_same) {
            Some(fold) => fold.accounts.push(account),
            None => folds.push(StageFold {
                stage,
                body,
                target,
                accounts: vec![account],
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
