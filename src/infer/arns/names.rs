//! Which variables in the ARNs of a service stand for a name that a template chooses.
//!
//! In: the resource types of the service. Out: what a variable is, by where it is in an ARN.
//! Refuses nothing: a variable that no type explains can be anything.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::handlers::{ResourceType, handlers};
use crate::infer::arns::format::{ArnVariable, ParsedArn, letters};

/// The names in the ARNs of one service.
pub(crate) struct ServiceNames {
    /// Whether the template chooses the last part of an ARN, by its shape.
    chosen: BTreeMap<String, bool>,
    /// Variables that stand for names, wherever they are.
    variables: BTreeSet<String>,
}

impl ServiceNames {
    /// The names of the service with the prefix `service`.
    pub(crate) fn of(service: &str) -> Self {
        let mut names = Self {
            chosen: BTreeMap::new(),
            variables: handlers()
                .name_variables(service)
                .map(str::to_owned)
                .collect(),
        };
        for known in handlers().types_of(service) {
            match known.arn.and_then(ParsedArn::parse) {
                Some(arn) if arn.service == service => names.add(&known, &arn),
                None if known.service == service => names.add_without_arn(&known),
                _ => {}
            }
        }
        names
    }

    /// What the variable `name` is at the end of an ARN of the shape `shape`.
    pub(crate) fn of_variable(&self, shape: &str, name: &str) -> ArnVariable {
        match self.chosen.get(shape) {
            Some(true) => ArnVariable::Name,
            Some(false) => ArnVariable::Id,
            None if self.variables.contains(name) => ArnVariable::Name,
            None => ArnVariable::Open,
        }
    }

    /// Adds a type with an ARN format. Types that share a shape share its names.
    fn add(&mut self, known: &ResourceType<'_>, arn: &ParsedArn<'_>) {
        let last = arn.variables().last();
        let is_chosen = known
            .name_property
            .is_some_and(|name| name.allows_dash && name.variable == last && last.is_some());
        *self.chosen.entry(arn.shape()).or_default() |= is_chosen;
    }

    /// Adds a type that CloudFormation names no ARN format for: the reference has one with the
    /// type's name, and the property with the name spells one of its variables.
    fn add_without_arn(&mut self, known: &ResourceType<'_>) {
        let Some(name) = known.name_property.filter(|name| name.allows_dash) else {
            return;
        };
        if let Some(variable) = name.variable {
            self.variables.insert(variable.to_owned());
            return;
        }
        let short = letters(known.name.rsplit("::").next().unwrap_or_default());
        let spelled = [
            letters(name.property),
            format!("{short}name"),
            "name".to_owned(),
        ];
        let own = known
            .actions
            .iter()
            .filter(|action| action.name.split(':').next() == Some(known.service));
        for action in own.filter_map(|action| handlers().action(action.name)) {
            let formats = action.formats.iter();
            let own = formats.filter(|format| {
                letters(format.kind.split('/').next().unwrap_or_default()) == short
            });
            for arn in own.filter_map(|format| ParsedArn::parse(format.arn)) {
                let named = arn
                    .variables()
                    .filter(|variable| spelled.contains(&letters(variable)));
                self.variables.extend(named.map(str::to_owned));
            }
        }
    }
}
