//! Role plans and partials to rendered resources.
//!
//! In: the plan of a macro. Out: the resources of each distinct body, with placeholders for the
//! account. A service's partial renders to its statements; these are placed (inline, or in
//! customer managed policies), and the resource partials render to the resources around them.
//! Refuses partials whose output does not fit its place.
//!
//! The hard thing: text of the arguments never meets a template as bare text. Every value is
//! written as YAML before it is handed to a partial, and what a partial gives back is parsed.

mod execution;
mod memo;
mod output;
pub(in crate::expand) mod own;
mod regions;
mod targets;
mod tools;
mod trust;

use std::cell::RefCell;

use serde_json::{Value as Json, json};
use serde_yaml::value::{Tag, TaggedValue};
use serde_yaml::{Mapping, Value};

use crate::arguments::RoleTag;
use crate::diagnostic::{Diagnostic, Result};
use crate::expand::model::plan::{BodyPlan, MacroPlan, POLICY_PATH};
use crate::expand::model::rendered::{Placeholders, RenderedBody};
use crate::iam::size::Resolution;
use crate::organization::IdPart;
use crate::partials::Partials;
use crate::roles::DeployPrincipal;
use crate::yaml::emit;

use memo::Memo;
pub use regions::STATEMENTS_BY_REGION;
use regions::SeveralRegions;

/// What the inline policies of all built-in partials, with all options, can need in the
/// `CloudFormationExecutionRole`. A test checks this for the partials.
pub const EXECUTION_RESERVE: usize = 8_448;
/// The same for the `DeployerRole`.
pub const DEPLOYER_RESERVE: usize = 6_400;
/// The same for the `TestRole`.
pub const TEST_RESERVE: usize = 3_328;

/// Renders the bodies of `plan`.
///
/// # Errors
///
/// `broken-partial`, `limit-exceeded`, `name-clash`.
pub fn render(
    partials: &Partials,
    plan: &MacroPlan,
    placeholders: &Placeholders,
) -> Result<Vec<RenderedBody>> {
    let renderer = Renderer::new(partials, plan, placeholders);
    let mut bodies = Vec::new();
    let mut problems = Vec::new();
    for body in &plan.bodies {
        let rendered = match body {
            BodyPlan::Tools(tools) => renderer.tools(tools),
            BodyPlan::Target(target) => renderer.target(target),
        };
        match rendered {
            Ok(resources) => bodies.push(RenderedBody { resources }),
            Err(found) => problems.extend(found),
        }
    }
    // Bodies that fail alike (a broken partial) are one problem.
    let mut seen: Vec<Diagnostic> = Vec::new();
    for problem in problems {
        if !seen.contains(&problem) {
            seen.push(problem);
        }
    }
    if seen.is_empty() {
        Ok(bodies)
    } else {
        Err(seen)
    }
}

struct Renderer<'run> {
    partials: &'run Partials,
    plan: &'run MacroPlan,
    placeholders: &'run Placeholders,
    resolution: Resolution,
    /// The macro's regions, if it has several.
    regions: Option<SeveralRegions<'run>>,
    memo: Option<Memo>,
    /// The policy documents that tokens stand for, until they are in their places; see
    /// [`Renderer::token`].
    documents: RefCell<Vec<Option<Mapping>>>,
}

impl<'run> Renderer<'run> {
    fn new(
        partials: &'run Partials,
        plan: &'run MacroPlan,
        placeholders: &'run Placeholders,
    ) -> Self {
        Self {
            partials,
            plan,
            placeholders,
            resolution: Resolution::new(&plan.region),
            regions: SeveralRegions::of(plan),
            memo: Memo::of(partials, plan, placeholders),
            documents: RefCell::default(),
        }
    }
}

impl Renderer<'_> {
    fn app(&self) -> &str {
        &self.plan.app_id.value
    }

    fn logical_id(&self, kind: &str) -> String {
        self.placeholders.id_stem(self.plan) + kind
    }

    /// The context that every resource partial has.
    fn base(&self) -> serde_json::Map<String, Json> {
        let region = emit::scalar(&self.plan.region.0);
        let mut context = serde_json::Map::new();
        context.insert("appId".into(), self.app().into());
        context.insert("account".into(), self.placeholders.account.clone().into());
        context.insert("region".into(), region.into());
        context
    }

    /// The context that every policy partial has.
    fn policy_context(&self, options: Json, services: Json) -> Json {
        json!({
            "appId": self.app(),
            "appIdLetters": IdPart::of(self.app()).as_str(),
            "rolePath": self.plan.role_path,
            "policyPath": POLICY_PATH,
            "options": options,
            "services": services,
        })
    }
}

fn gather<T>(results: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => found.push(value),
            Err(errors) => problems.extend(errors),
        }
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

fn tags_context(tags: &[RoleTag]) -> Json {
    tags.iter()
        .map(|tag| json!({ "key": emit::scalar(&tag.key), "value": emit::flow(&tag.value) }))
        .collect()
}

/// The ARN of `principal` in the account of this logical id.
fn arn_of(principal: &DeployPrincipal, account: &str) -> Value {
    sub(principal.arn("${AWS::Partition}", &format!("${{{account}}}")))
}

fn sub(text: String) -> Value {
    Value::Tagged(Box::new(TaggedValue {
        tag: Tag::new("!Sub"),
        value: Value::String(text),
    }))
}
