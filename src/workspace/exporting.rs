//! The values of the outputs of one template.
//!
//! In: a template, and the task that deploys it. Out: what its outputs say, with all in place that is known. Refuses
//! nothing: a value that is not known has all in it that decides about it.

use crate::iam::references::returned;
use crate::template::display::shown;
use crate::template::folded::folded;
use crate::template::substitute::substituted;
use crate::template::task::{TaskFacts, given_over};
use crate::template::value::Data;

/// What stands for a reference to something of the exporting stack whose value is not known.
const OF_STACK: &str = "!OfStack";

/// What says what a resource is, and where.
const PLACES: [&str; 5] = [
    "Condition",
    "Foreach",
    "ForeachAccount",
    "OrganizationBinding",
    "Type",
];

/// What may name a resource.
const NAMES: [&str; 3] = ["Name", "Path", "Url"];

/// A template, and the task that deploys it.
pub(super) struct ExportingStack<'a> {
    pub(super) root: &'a Data,
    pub(super) task: &'a TaskFacts,
}

impl ExportingStack<'_> {
    /// The value of an output that is there under `condition`.
    pub(super) fn value(&self, value: &Data, condition: Option<&Data>) -> Data {
        let found = self.plain(value);
        let asks = condition.is_some()
            || shown(&found).contains("Fn::If")
            || shown(&found).contains("!If");
        if !asks {
            return found;
        }
        let conditions = self.root.get("Conditions").cloned();
        let conditions = conditions.map(|data| self.plain(&data));
        let all = [Some(found), condition.cloned(), conditions];
        of_stack(all.into_iter().flatten().collect())
    }

    /// `data` with all in place that is known.
    pub(super) fn plain(&self, data: &Data) -> Data {
        let new = substituted(data, &|name| self.named(name));
        folded(
            new.unwrap_or_else(|| data.clone()),
            self.root.get("Mappings"),
        )
    }

    /// What `name` refers to.
    fn named(&self, name: &str) -> Option<Data> {
        if let Some(value) = self.parameter(name) {
            return Some(value);
        }
        if name == "AWS::StackName" {
            return Some(match &self.task.stack {
                Some(Data::Text(name)) => Data::Text(name.clone()),
                stack => of_stack(vec![
                    Data::Text(name.to_owned()),
                    stack.clone().unwrap_or(Data::Null),
                ]),
            });
        }
        if name == "AWS::StackId" || name == "AWS::NotificationARNs" {
            return Some(of_stack(vec![Data::Text(name.to_owned())]));
        }
        let (id, attribute) = match name.split_once('.') {
            Some((id, attribute)) => (id, Some(attribute)),
            None => (name, None),
        };
        let resource = self.root.get("Resources")?.get(id)?;
        Some(self.of_resource(name, attribute, resource))
    }

    /// The value of a parameter.
    fn parameter(&self, name: &str) -> Option<Data> {
        let declared = self.root.get("Parameters")?.get(name)?;
        let given = given_over(self.task.parameters.get(name), declared.get("Default"));
        let kind = declared
            .get("Type")
            .and_then(Data::text)
            .unwrap_or_default();
        let is_looked_up = kind.starts_with("AWS::SSM::") || kind.contains("List");
        Some(match given {
            Some(text @ Data::Text(_)) if !is_looked_up => text,
            Some(Data::Number(text)) if !is_looked_up => Data::Text(text),
            Some(Data::Bool(flag)) if !is_looked_up => Data::Text(flag.to_string()),
            Some(value @ Data::Map(_)) if !is_looked_up => value,
            given => {
                let given = given.unwrap_or(Data::Null);
                of_stack(vec![Data::Text(name.to_owned()), declared.clone(), given])
            }
        })
    }

    /// What a reference to a resource, or to an attribute of it, returns.
    fn of_resource(&self, name: &str, attribute: Option<&str>, resource: &Data) -> Data {
        let parameters = |name: &str| self.parameter(name);
        let resource = substituted(resource, &parameters).unwrap_or_else(|| resource.clone());
        let resource = folded(resource, self.root.get("Mappings"));
        let kind = resource
            .get("Type")
            .and_then(Data::text)
            .unwrap_or_default();
        let properties = resource.get("Properties").and_then(Data::fields);
        let properties = properties.unwrap_or_default();
        let property = |name: &str| {
            let (_, value) = properties.iter().find(|(own, _)| own == name)?;
            Some(value.text().map(str::to_owned))
        };
        let is_conditional =
            resource.get("Condition").is_some() || resource.get("Foreach").is_some();
        let known = returned(kind, (attribute, "AWS::AccountId"), &property);
        if let Some(text) = known.filter(|_| !is_conditional) {
            return if text.contains('$') {
                Data::Map(vec![("Fn::Sub".to_owned(), Data::Text(text))])
            } else {
                Data::Text(text)
            };
        }
        of_stack(vec![
            Data::Text(name.to_owned()),
            self.deciding(kind, attribute, &resource),
        ])
    }

    /// What decides which resource a reference means: all of one that may return anything, else how it is called and where it
    /// is.
    fn deciding(&self, kind: &str, attribute: Option<&str>, resource: &Data) -> Data {
        let is_own = kind.starts_with("AWS::") && !kind.starts_with("AWS::CloudFormation::");
        let is_name = attribute.is_none_or(|name| name.ends_with("Arn") || name.ends_with("Name"));
        if !is_own || !is_name {
            return resource.clone();
        }
        let fields = resource.fields().unwrap_or_default().iter();
        let others = fields
            .filter(|(key, _)| PLACES.contains(&key.as_str()))
            .cloned();
        let properties = resource.get("Properties").and_then(Data::fields);
        let names = properties.unwrap_or_default().iter();
        let names = names.filter(|(key, _)| NAMES.iter().any(|end| key.ends_with(end)));
        let section = |name: &str| self.task.sections.get(name).or(self.root.get(name));
        let bound = match resource.get("OrganizationBinding") {
            Some(written) => written
                .reference()
                .and_then(|name| section("OrganizationBindings")?.get(name)),
            None => section("DefaultOrganizationBinding"),
        };
        let bound = bound.map(|own| ("Bound".to_owned(), own.clone()));
        Data::Map(others.chain(names.cloned()).chain(bound).collect())
    }
}

/// A value that is not known, with what decides about it.
pub(super) fn of_stack(items: Vec<Data>) -> Data {
    Data::Map(vec![(OF_STACK.to_owned(), Data::List(items))])
}
