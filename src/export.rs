//! A macro as plain CloudFormation, for stack sets or any other engine.
//!
//! In: a macro, rendered with one unit per stage. Out: minified JSON: one template for the Tools
//! account, and one per stage that is the same for every account of the stage. Refuses what cannot
//! be a template of its own, and a stage's template that a stack set would not take.

mod plain;
pub mod rules;

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::arguments::rules::LIMIT_EXCEEDED;
use crate::aws::quotas::TEMPLATE_BODY_LIMIT;
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::expand::PlainMacro;
use crate::expand::model::unit::Unit;
use crate::export::plain::PlainTemplate;
use crate::export::rules::NOT_EXPORTABLE;
use crate::organization::Organization;

/// A template to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedTemplate {
    /// The name of its file.
    pub file: String,
    /// How many accounts get it.
    pub accounts: usize,
    /// The minified JSON, with the end of a line.
    pub text: String,
}

/// The templates of a macro: that of the Tools account first, if it gets something.
///
/// # Errors
///
/// `not-exportable`, `limit-exceeded`.
pub fn templates(
    exported: &PlainMacro,
    organization: &Organization,
) -> Result<Vec<ExportedTemplate>> {
    let plan = exported.rendered.plan();
    // Its roles as a target belong to its template even if nothing else is created in it.
    let tools = exported.rendered.planned.arguments.tools_account.as_ref();
    let tools = tools.map(|account| &account.value);
    let is_tools = |unit: &&Unit| tools.is_some_and(|tools| unit.accounts.contains(tools));
    let (own, stages): (Vec<&Unit>, Vec<&Unit>) = plan.units.iter().partition(is_tools);
    let of_stage = |unit| (Some(unit), vec![unit]);
    let targets = (!own.is_empty()).then_some((None, own));
    let targets = targets.into_iter().chain(stages.into_iter().map(of_stage));
    let mut problems = Vec::new();
    let mut templates = Vec::new();
    for (of_stage, units) in targets {
        let one = TemplateUnits {
            exported,
            organization,
            stage: of_stage.and_then(|unit| unit.stage.as_deref()),
            units,
        };
        match one.template() {
            Ok(template) => templates.push(template),
            Err(found) => {
                for problem in found {
                    // An account without an id is named in several templates.
                    if !problems.contains(&problem) {
                        problems.push(problem);
                    }
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(templates)
    } else {
        Err(problems)
    }
}

/// What the templates of the macro `name` have, so that they are known for what they are.
pub fn mark(name: &str) -> String {
    format!("deploy-roles export --macro {name}")
}

/// Whether `text` is a template that was exported for the macro `name`.
pub fn is_of_macro(text: &str, name: &str) -> bool {
    let template: Option<Json> = serde_json::from_str(text).ok();
    template.is_some_and(|template| {
        let by = template
            .get("Metadata")
            .and_then(|data| data.get(GENERATED_BY));
        by.and_then(Json::as_str) == Some(&mark(name))
    })
}

const GENERATED_BY: &str = "GeneratedBy";

/// What cannot be put in a template.
#[derive(Default)]
struct PlainRefusals {
    /// What is resolved elsewhere, as it is written.
    elsewhere: BTreeSet<String>,
    /// The accounts whose ids are not known.
    without_id: BTreeSet<String>,
}

/// What one template holds: the unit of a stage, or all that the Tools account gets.
struct TemplateUnits<'run> {
    exported: &'run PlainMacro,
    organization: &'run Organization,
    stage: Option<&'run str>,
    units: Vec<&'run Unit>,
}

impl TemplateUnits<'_> {
    fn template(&self) -> Result<ExportedTemplate> {
        let plan = self.exported.rendered.plan();
        let (resources, refused) = self.resources();
        let PlainRefusals {
            elsewhere,
            without_id,
        } = refused;
        let template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": format!("Deploy roles of {}: {}", plan.app_id.value, self.what()),
            "Metadata": { GENERATED_BY: mark(&plan.name) },
            "Resources": resources,
        });
        let text = format!("{template}\n");
        let without_id = without_id.iter().map(|name| self.without_id(name));
        let elsewhere = elsewhere.iter().map(|one| self.elsewhere(one));
        let mut problems: Vec<Diagnostic> = without_id.chain(elsewhere).collect();
        if self.stage.is_some() && text.len() > TEMPLATE_BODY_LIMIT {
            problems.push(self.too_large(text.len()));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(ExportedTemplate {
            file: match self.stage {
                Some(stage) => format!("stage-{stage}.json"),
                None => "tools-account.json".to_owned(),
            },
            accounts: self.accounts().len(),
            text,
        })
    }

    fn accounts(&self) -> &[String] {
        let unit = self.units.first();
        unit.map_or(&[], |unit| unit.accounts.names())
    }

    fn what(&self) -> String {
        match self.stage {
            Some(stage) => format!("stage {stage}"),
            None => "Tools account".to_owned(),
        }
    }

    /// The resources, and what cannot be put in them.
    fn resources(&self) -> (Map<String, Json>, PlainRefusals) {
        let PlainMacro {
            rendered,
            placeholders,
        } = self.exported;
        let plan = rendered.plan();
        let account = self.accounts().first().filter(|_| self.stage.is_none());
        let ids = self.units.iter().flat_map(|unit| {
            let own = rendered.resources(unit.body).iter();
            own.map(|resource| plan.logical_id(unit.id_part.as_str(), &resource.kind))
        });
        let ids: BTreeSet<String> = ids.collect();
        let mut resources = Map::new();
        let mut refused = PlainRefusals::default();
        for unit in &self.units {
            let written = |text: &str| {
                let text = placeholders.filled(plan, text, unit.id_part.as_str());
                // INVARIANT: the template of a stage holds no account's name; the proof has seen to it.
                match account {
                    Some(account) => text.replace(&placeholders.account, account),
                    None => text,
                }
            };
            let mut converted = PlainTemplate {
                organization: self.organization,
                resources: &ids,
                written: &written,
                refused: BTreeSet::new(),
                without_id: BTreeSet::new(),
            };
            for resource in rendered.resources(unit.body) {
                let id = plan.logical_id(unit.id_part.as_str(), &resource.kind);
                resources.insert(id, converted.resource(&resource.content));
            }
            refused.elsewhere.extend(converted.refused);
            refused.without_id.extend(converted.without_id);
        }
        (resources, refused)
    }

    fn elsewhere(&self, refused: &str) -> Diagnostic {
        let plan = self.exported.rendered.plan();
        let message = format!(
            "the template of the {} would need `{}`, which only the template around `{}` or OrgFormation can resolve",
            self.what(),
            refused.shown(),
            plan.name
        );
        Diagnostic::new(&NOT_EXPORTABLE, plan.name_span, message).help(
            "in the policies and partials of the macro, name only accounts, pseudo parameters such as `AWS::AccountId`, and resources of the macro",
        )
    }

    fn without_id(&self, name: &str) -> Diagnostic {
        let plan = self.exported.rendered.plan();
        let message = format!(
            "the templates of `{}` need the id of `{}`, which has no `AccountId`",
            plan.name,
            name.shown()
        );
        let account = self.organization.account(name);
        let span = account.map_or(plan.name_span, |account| account.span);
        let problem = Diagnostic::new(&NOT_EXPORTABLE, span, message);
        let problem = problem.related(plan.name_span, "exported here");
        problem.help(format!(
            "add `AccountId` with its twelve digits to the `Properties` of `{}`",
            name.shown()
        ))
    }

    fn too_large(&self, bytes: usize) -> Diagnostic {
        let plan = self.exported.rendered.plan();
        let message = format!(
            "the template of the {} has {bytes} bytes, and a stack set takes {TEMPLATE_BODY_LIMIT}",
            self.what()
        );
        Diagnostic::new(&LIMIT_EXCEEDED, plan.name_span, message)
            .help("shorten `DeployerPolicies` and `ExecutionPolicies`, or choose fewer services")
    }
}
