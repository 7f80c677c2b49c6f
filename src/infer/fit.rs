//! How the services of a macro fit what an app needs.
//!
//! In: the stages of a macro, and an app's needs. Out: for stages with the same services, what they
//! lack, what they have and nothing needs, and what no service grants. Refuses partials that do not
//! render.

use std::collections::BTreeSet;

use serde_yaml::{Mapping, Value};

use crate::arguments::{Arguments, RoleArguments};
use crate::diagnostic::Result;
use crate::infer::grants::{Offering, StatementText, of_document};
use crate::infer::suggestion::{AppNeeds, GivenServices, Suggestion, suggest};
use crate::partials::Partials;

/// Stages with the same services, and how these fit.
#[derive(Clone, Debug)]
pub struct StageFit {
    /// The stages, in the order of the macro.
    pub stages: Vec<String>,
    /// What the app needs, with what the stages have preferred.
    pub suggestion: Suggestion,
    /// What the app needs and the stages do not have.
    pub lacks: Vec<Offering>,
    /// What the stages have and no resource of the app needs.
    pub unused: Vec<Offering>,
}

impl StageFit {
    /// Whether everything that is needed is granted.
    pub fn is_enough(&self) -> bool {
        self.lacks.is_empty() && self.suggestion.uncovered.is_empty()
    }
}

/// How the macro's stages fit.
///
/// # Errors
///
/// `broken-partial`.
pub fn fits(
    wanted: AppNeeds<'_>,
    partials: &Partials,
    arguments: &Arguments,
) -> Result<Vec<StageFit>> {
    let mut known: Vec<(GivenServices, StageFit)> = Vec::new();
    for target in &arguments.targets {
        let given = given(&target.arguments);
        let stage = target.stage.value.clone();
        let same = |(other, _): &&mut (GivenServices, StageFit)| *other == given;
        if let Some((_, fit)) = known.iter_mut().find(same) {
            fit.stages.push(stage);
            continue;
        }
        let suggestion = suggest(wanted, partials, &given)?;
        let needed = suggestion.offerings();
        let fit = StageFit {
            stages: vec![stage],
            lacks: needed.difference(&given.offerings).cloned().collect(),
            unused: given.offerings.difference(&needed).cloned().collect(),
            suggestion,
        };
        known.push((given, fit));
    }
    Ok(known.into_iter().map(|(_, fit)| fit).collect())
}

/// What a stage has.
fn given(arguments: &RoleArguments) -> GivenServices {
    let mut offerings = BTreeSet::new();
    for choice in &arguments.services {
        let offering = |option: Option<String>| Offering {
            service: choice.name.value.clone(),
            option,
        };
        offerings.insert(offering(None));
        let options = choice.options.iter();
        offerings.extend(options.map(|option| offering(Some(option.value.clone()))));
    }
    let policies = arguments.execution_policies.iter();
    let mut statements: Vec<StatementText> = policies
        .flat_map(|policy| of_document(&policy.document))
        .collect();
    let denied = arguments.deny.iter().map(|action| action.value.as_str());
    statements.extend(of_document(&denial(denied)));
    GivenServices {
        offerings,
        statements,
    }
}

/// A policy document that denies these actions.
fn denial<'a>(actions: impl Iterator<Item = &'a str>) -> Value {
    let mut statement = Mapping::new();
    let actions: Vec<Value> = actions.map(Value::from).collect();
    statement.insert("Effect".into(), "Deny".into());
    statement.insert("Action".into(), Value::Sequence(actions));
    statement.insert("Resource".into(), "*".into());
    let mut document = Mapping::new();
    document.insert("Statement".into(), Value::Mapping(statement));
    Value::Mapping(document)
}
