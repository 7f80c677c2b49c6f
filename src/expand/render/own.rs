//! The policies of roles before they are packed, each with where it comes from.
//!
//! In: the plan of a macro. Out: [`RolePolicies`]. Refuses nothing: a macro that
//! cannot be rendered has none.

use crate::diagnostic::Result;
use crate::expand::model::plan::{BodyPlan, MacroPlan, Planned};
use crate::expand::model::rendered::Placeholders;
use crate::expand::pack::Policy;
use crate::expand::render::Renderer;
use crate::partials::Partials;
use crate::roles::TargetRole;

/// The policies of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct RolePolicies {
    /// The role.
    pub role: TargetRole,
    /// Its policies. The span of one is in the partial or in the template that it comes from.
    pub policies: Vec<Policy>,
}

/// The policies of the roles of a macro that CI and CloudFormation work as, by where they come from; none if it
/// cannot be rendered.
pub fn role_policies(partials: &Partials, planned: &Planned) -> Vec<RolePolicies> {
    of_plan(partials, &planned.plan).unwrap_or_default()
}

/// The same with the `built_in` partials alone, and without the policies that the user wrote.
pub fn plain_role_policies(built_in: &Partials, planned: &Planned) -> Vec<RolePolicies> {
    let plain = without_own(built_in, &planned.plan);
    of_plan(built_in, &plain).unwrap_or_default()
}

fn of_plan(partials: &Partials, plan: &MacroPlan) -> Result<Vec<RolePolicies>> {
    let placeholders = Placeholders {
        account: String::new(),
        id_part: String::new(),
    };
    let renderer = Renderer::new(partials, plan, &placeholders);
    let mut found = Vec::new();
    for body in &plan.bodies {
        let BodyPlan::Target(target) = body else {
            continue;
        };
        for role in target.roles() {
            let policies = match role {
                TargetRole::Execution => renderer.unpacked_execution_policies(target)?,
                TargetRole::Deployer => renderer.deployer_policies(target)?,
                TargetRole::Test => continue,
            };
            found.push(RolePolicies { role, policies });
        }
    }
    Ok(found)
}

/// `plan` with what the built-in `partials` can render, and without the user's policies.
fn without_own(partials: &Partials, plan: &MacroPlan) -> MacroPlan {
    let mut plain = plan.clone();
    for body in &mut plain.bodies {
        if let BodyPlan::Target(target) = body {
            let own = &mut target.arguments;
            own.execution_policies.clear();
            own.deployer_policies.clear();
            let has = |folder: &str, name: &str| partials.has(&format!("{folder}/{name}"));
            own.services
                .retain(|choice| has("services", &choice.name.value));
            own.frameworks
                .retain(|choice| has("frameworks", &choice.name.value));
        }
    }
    plain
}
