//! The physical names of an app's resources, which its roles are limited by.
//!
//! In: the templates of an app, and its `AppId`, if one is known. Out: the names that do not begin
//! with `<AppId>-`, those that have to be set since CloudFormation makes up others, and those that
//! cannot be known here. Without an `AppId`, the one prefix that all literal names share is proposed.
//! Refuses nothing.
//!
//! CloudFormation begins the names that it makes up with the name of the stack, and stacks of an app
//! begin with its `AppId`. So only some resources need a name at all.

mod forms;
mod parts;
mod proposal;
mod types;

use std::collections::HashMap;

use crate::infer::model::{AppResource, AppTemplates};
use crate::infer::names::forms::{NameForm, NameVerdict, form_of};
use crate::infer::names::parts::{NamePart, NameReader};
use crate::infer::names::types::{is_named_after_the_logical_id, name_property};
use crate::source::Span;

/// What the names of an app need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppNames {
    /// The `AppId`: the given one, or the one that the literal names share.
    pub app_id: Option<String>,
    /// Whether it is proposed, and was not given.
    pub is_proposed: bool,
    /// The names that need a change or a look, in the order of the resources.
    pub findings: Vec<NameFinding>,
}

/// A name that needs a change or a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameFinding {
    /// The index of the resource in [`AppTemplates::resources`].
    pub resource: usize,
    /// The property to set, as the template calls it.
    pub property: String,
    /// What is the matter.
    pub issue: NameIssue,
    /// A name that fits. `${...}` stands for what the template fills in.
    pub example: String,
    /// The resource in its template.
    pub span: Span,
}

/// What is the matter with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameIssue {
    /// It does not begin as the roles allow. Without an `AppId`, no literal name can be checked.
    Different {
        /// The name, with `${...}` for what the template fills in.
        name: String,
    },
    /// There is none, and CloudFormation makes up one that does not begin with the stack's name.
    Missing,
    /// It begins with a value that is not known here.
    Unknown {
        /// What it begins with, such as `the parameter Name`.
        depends_on: String,
        /// The default of the parameter.
        hint: Option<String>,
    },
}

/// Checks the names of `app` against `app_id`.
pub fn names(app: &AppTemplates, app_id: Option<&str>) -> AppNames {
    let reader = NameReader::new(app);
    let named: Vec<NamedResource<'_>> = app
        .resources
        .iter()
        .enumerate()
        .filter_map(|(at, resource)| NamedResource::of(&reader, at, resource))
        .collect();
    let proposed = app_id
        .is_none()
        .then(|| proposal::app_id(literal_names(&named)))
        .flatten();
    let app_id = app_id.map(str::to_owned).or_else(|| proposed.clone());
    let findings = named
        .iter()
        .filter_map(|named| named.finding(app_id.as_deref()))
        .collect();
    AppNames {
        app_id,
        is_proposed: proposed.is_some(),
        findings,
    }
}

/// What precedes the app's name in the log groups that the service `logs` does not reach without an
/// option, by the index of the resource: the group, or what is about it, such as a filter.
pub fn log_group_prefixes(app: &AppTemplates) -> HashMap<usize, String> {
    let reader = NameReader::new(app);
    let resources = app.resources.iter().enumerate();
    let of_logs = resources.filter(|(_, one)| one.type_name.starts_with("AWS::Logs::"));
    let prefix = |(at, resource): (usize, &AppResource)| {
        let name = resource.properties.get("LogGroupName")?;
        let names = reader.names(name, resource.span.file);
        let prefix = names
            .iter()
            .find_map(|name| forms::other_log_prefix(name))?;
        Some((at, prefix.to_owned()))
    };
    of_logs.filter_map(prefix).collect()
}

/// Every name of `named`, with its form.
fn literal_names<'a>(
    named: &'a [NamedResource<'_>],
) -> impl Iterator<Item = (NameForm, &'a [NamePart])> {
    named
        .iter()
        .flat_map(|named| named.names.iter().map(|name| (named.form, name.as_slice())))
}

/// A resource whose ARN contains its name.
struct NamedResource<'a> {
    at: usize,
    resource: &'a AppResource,
    property: &'static str,
    form: NameForm,
    is_lower_case: bool,
    /// Each name that it may have, by the branches of `Fn::If`; none if the property is not set.
    names: Vec<Vec<NamePart>>,
}

impl<'a> NamedResource<'a> {
    fn of(reader: &NameReader<'_>, at: usize, resource: &'a AppResource) -> Option<Self> {
        let (property, is_lower_case) = name_property(&resource.type_name)?;
        let value = resource.properties.get(property);
        Some(Self {
            at,
            resource,
            property,
            form: form_of(&resource.type_name),
            is_lower_case,
            names: value.map_or_else(Vec::new, |value| reader.names(value, resource.span.file)),
        })
    }

    fn finding(&self, app_id: Option<&str>) -> Option<NameFinding> {
        let issue = if self.names.is_empty() {
            if !is_named_after_the_logical_id(&self.resource.type_name) {
                return None;
            }
            (
                NameIssue::Missing,
                self.example(app_id, &[NamePart::Text(self.resource.id.clone())]),
            )
        } else {
            self.names
                .iter()
                .find_map(|name| self.issue(name, app_id))?
        };
        let (issue, example) = issue;
        Some(NameFinding {
            resource: self.at,
            property: self.property_as_written().to_owned(),
            issue,
            example,
            span: self.resource.span,
        })
    }

    fn issue(&self, name: &[NamePart], app_id: Option<&str>) -> Option<(NameIssue, String)> {
        let issue = match self.form.verdict(name, app_id) {
            NameVerdict::Fits => return None,
            NameVerdict::Different => NameIssue::Different {
                name: parts::text(name),
            },
            NameVerdict::Unknown(at) => match name.get(at) {
                Some(NamePart::Open { what, hint }) => NameIssue::Unknown {
                    depends_on: what.clone(),
                    hint: hint.clone(),
                },
                _ => return None,
            },
        };
        Some((issue, self.example(app_id, name)))
    }

    fn example(&self, app_id: Option<&str>, name: &[NamePart]) -> String {
        let example = self.form.example(app_id.unwrap_or("<AppId>"), name);
        if self.is_lower_case && !example.contains("${") {
            example.to_lowercase().replace("<appid>", "<AppId>")
        } else {
            example
        }
    }

    /// The property as the template calls it: SAM has a shorter word for state machines.
    fn property_as_written(&self) -> &'static str {
        let is_sam = self.resource.made_by.is_some();
        if is_sam && self.property == "StateMachineName" {
            "Name"
        } else {
            self.property
        }
    }
}

#[cfg(test)]
mod tests;
