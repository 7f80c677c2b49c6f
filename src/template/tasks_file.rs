//! A tasks file of OrgFormation to its tasks.
//!
//! In: the data of the file, and what the task gives it that includes it. Out: the tasks, with the values of
//! parameters, the bindings, and the values of mappings in their places, as OrgFormation puts them there
//! (`src/build-tasks/build-configuration.ts`, `enumBuildConfigurationFromBuildFile`). Refuses nothing: what is
//! not known stays as it is written, and what nunjucks renders first is a function of what it is rendered with.

use std::collections::BTreeMap;

use crate::template::folded::folded;
use crate::template::substitute::substituted;
use crate::template::value::{Data, Unordered};
use crate::yaml::nunjucks::nunjucks;

/// The sections that are not tasks.
const SECTIONS: [&str; 4] = [
    "Definitions",
    "Mappings",
    "OrganizationBindings",
    "Parameters",
];

/// The function that stands for what nunjucks renders.
pub(crate) const RENDERED: &str = "!Rendered";

/// What the task gives a tasks file that includes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct GivenToTasks {
    /// The values of parameters.
    pub(crate) parameters: BTreeMap<String, Data>,
    /// What nunjucks renders the file with.
    pub(crate) context: Option<Data>,
}

impl GivenToTasks {
    /// What `task`, which includes a file, gives it.
    pub(crate) fn by(task: &Data) -> Self {
        let parameters = task.get("Parameters").and_then(Data::fields);
        let context = task.get("TemplatingContext");
        Self {
            parameters: parameters.unwrap_or_default().iter().cloned().collect(),
            context: context.filter(|data| **data != Data::Null).cloned(),
        }
    }
}

/// The tasks of a file by name.
pub(crate) fn tasks(root: &Data, given: &GivenToTasks) -> Vec<(String, Data)> {
    let rendered = given.context.as_ref();
    let rendered = rendered.map(|context| unrendered(root, context));
    let root = rendered.as_ref().unwrap_or(root);
    let section = |name: &str| root.get(name);
    let fields = |name: &str| section(name).and_then(Data::fields).unwrap_or_default();
    let mut values: BTreeMap<&str, Data> = BTreeMap::new();
    for (name, declared) in fields("Parameters") {
        let value = given.parameters.get(name).or(declared.get("Default"));
        if let Some(value) = value {
            values.insert(name, folded(value.clone(), None));
        }
    }
    let in_place = |data: &Data, values: &BTreeMap<&str, Data>| {
        let new = substituted(data, &|name| values.get(name).cloned());
        folded(new.unwrap_or_else(|| data.clone()), section("Mappings"))
    };
    let bindings = fields("OrganizationBindings").iter();
    let bindings: Vec<(&str, Data)> = bindings
        .map(|(name, data)| (name.as_str(), in_place(data, &values)))
        .collect();
    for (name, binding) in bindings {
        values.entry(name).or_insert(binding);
    }
    let tasks = root.fields().unwrap_or_default().iter();
    let tasks = tasks.filter(|(name, _)| !SECTIONS.contains(&name.as_str()));
    tasks
        .map(|(name, task)| (name.clone(), in_place(task, &values)))
        .collect()
}

/// Whether the tasks of a file can be run that nothing is given.
pub(crate) fn runs_alone(root: &Data) -> bool {
    let parameters = root.get("Parameters").and_then(Data::fields);
    let mut parameters = parameters.unwrap_or_default().iter();
    parameters.all(|(_, declared)| declared.get("Default").is_some())
}

/// `data` with a function of `context` in place of each text that nunjucks renders.
fn unrendered(data: &Data, context: &Data) -> Data {
    let all = |items: &[Data]| -> Vec<Data> {
        let items = items.iter();
        items.map(|item| unrendered(item, context)).collect()
    };
    match data {
        Data::Text(text) if nunjucks(text).is_some() => Data::Map(vec![(
            RENDERED.to_owned(),
            Data::List(vec![data.clone(), context.clone()]),
        )]),
        Data::List(items) => Data::List(all(items)),
        Data::Unordered(Unordered(items)) => Data::Unordered(Unordered(all(items))),
        Data::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(name, value)| (name.clone(), unrendered(value, context)));
            Data::Map(entries.collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::read;

    fn data(text: &str) -> Data {
        read::of_text(text).unwrap()
    }

    const FILE: &str = "
Parameters:
  stage: { Type: String, Default: dev }
  Where: { Type: OrganizationBinding, Default: { Account: '*' } }
OrganizationBindings: { Own: { Account: !Ref Dev, Region: !Ref region } }
Mappings: { M: { dev: { b: x }, prod: { b: y } } }
Definitions: { no: task }
A: { P: !FindInMap [M, !Ref stage, b], X: !Ref Where, Y: !Ref Own, Z: !Ref Dev, N: '{{ n }}' }
";

    #[test]
    fn values_are_put_in_their_places() {
        let tasks = |given: &str| {
            let found = tasks(&data(FILE), &GivenToTasks::by(&data(given)));
            let [(name, task)] = found.as_slice() else {
                panic!("{found:?}")
            };
            assert_eq!(name, "A");
            task.clone()
        };
        let own = "Y: { Account: !Ref Dev, Region: !Ref region }, Z: !Ref Dev";
        assert_eq!(
            tasks("{}"),
            data(&format!(
                "{{ P: x, X: {{ Account: '*' }}, {own}, N: '{{{{ n }}}}' }}"
            ))
        );
        let given = "{ Parameters: { stage: prod, Where: !Ref Dev }, TemplatingContext: { n: 1 } }";
        assert_eq!(
            tasks(given),
            data(&format!(
                "{{ P: y, X: !Ref Dev, {own}, N: !Rendered ['{{{{ n }}}}', {{ n: 1 }}] }}"
            ))
        );
    }
}
