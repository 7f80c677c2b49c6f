//! What the tasks of OrgFormation say of a template.
//!
//! In: the data of the tasks that deploy it. Out: the parameters and sections that they give it, as
//! [`TaskFacts`]. Refuses nothing: what several tasks give in different ways is a value that is not known.
//!
//! Attributes as in OrgFormation's `src/parser/validator.ts`; a task's bindings replace those of the
//! template (`src/parser/parser.ts`, `createFromContents`).

use std::collections::{BTreeMap, BTreeSet};

use crate::template::display::shown;
use crate::template::imported::{ExportState, ImportedValues, references, with_exports};
use crate::template::value::{ANY_OF, Data, Unordered, any_of};
use crate::yaml::nunjucks::nunjucks;

/// Functions that give the same as long as the organization is the same.
const STEADY: &[&str] = &[
    "!AnyOf",
    "Ref",
    "Fn::GetAtt",
    "Fn::Join",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
];

/// Functions that are left where the file, the folder, or the command they name was not read.
const MADE: &[&str] = &["Cmd", "Include", "MD5Dir", "MD5File", "ReadFile"];

/// The sections that replace those of the template.
const SECTIONS: &[&str] = &[
    "DefaultOrganizationBinding",
    "DefaultOrganizationBindingRegion",
    "OrganizationBinding",
    "OrganizationBindingRegion",
    "OrganizationBindings",
];

/// The sections with the binding, and the regions, of resources that do not name their own. The older name counts if both
/// are there (`src/parser/parser.ts` of OrgFormation).
pub(crate) const DEFAULT_BINDINGS: [&str; 2] =
    ["OrganizationBinding", "DefaultOrganizationBinding"];
pub(crate) const DEFAULT_REGIONS: [&str; 2] = [
    "OrganizationBindingRegion",
    "DefaultOrganizationBindingRegion",
];

/// What the task that deploys a file says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFacts {
    /// The values of parameters, by name.
    pub(crate) parameters: BTreeMap<String, Data>,
    /// The parameters whose values may have been other ones than it says.
    pub(crate) unsure: BTreeSet<String>,
    /// Sections that replace those of the file, by name. `OrganizationBindings` replaces the bindings
    /// of the same names.
    pub(crate) sections: BTreeMap<String, Data>,
    /// What nunjucks renders the file with.
    pub(crate) rendered_with: Option<Data>,
    /// The tags of the stacks, which CloudFormation gives to what it creates in them.
    tags: Option<Data>,
    /// The name of the stacks.
    pub(crate) stack: Option<Data>,
    /// What other stacks export that is not what it was.
    pub(crate) imports: ImportedValues,
}

/// The keys of the tags that roles and users get from their stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StackTags {
    /// These.
    Keys(Vec<String>),
    /// Some that are not known.
    NotKnown,
}

impl TaskFacts {
    /// What a task says of the template that it deploys.
    pub(crate) fn of(task: &Data) -> Self {
        let given = |name: &str| task.get(name).filter(|data| **data != Data::Null).cloned();
        let parameters = task.get("Parameters").and_then(Data::fields);
        let sections = SECTIONS.iter();
        let sections = sections.filter_map(|name| Some(((*name).to_owned(), given(name)?)));
        Self {
            parameters: parameters.unwrap_or_default().iter().cloned().collect(),
            unsure: BTreeSet::new(),
            sections: sections.collect(),
            rendered_with: given("TemplatingContext"),
            tags: given("Tags"),
            stack: given("StackName"),
            imports: ImportedValues::default(),
        }
    }

    /// The same as it was at a revision: what a command prints and what cannot be read may have been something
    /// else there, although it is written alike.
    #[must_use]
    pub fn at_revision(mut self) -> Self {
        let made = self.parameters.iter().filter(|(_, value)| is_made(value));
        self.unsure.extend(made.map(|(name, _)| name.clone()));
        let values = self.sections.values_mut().chain(&mut self.stack);
        for value in values.filter(|value| is_made(value)) {
            let written = std::mem::replace(value, Data::Null);
            *value = any_of(vec![written]);
        }
        self
    }

    /// The keys of the tags of the stacks.
    pub(crate) fn stack_tags(&self) -> StackTags {
        let Some(tags) = &self.tags else {
            return StackTags::Keys(Vec::new());
        };
        let is_function = |name: &str| {
            let is_call = name == "Ref" || name.starts_with('!') || name.starts_with("Fn::");
            is_call || name == "<<" || nunjucks(name).is_some()
        };
        match tags.fields() {
            Some(fields) if !fields.iter().any(|(name, _)| is_function(name)) => {
                StackTags::Keys(fields.iter().map(|(name, _)| name.clone()).collect())
            }
            _ => StackTags::NotKnown,
        }
    }

    /// The keys of the tags of the stacks that are other ones than in `before`, have another value, or may have
    /// one. Only if `is_same_around`, references to accounts give what they gave.
    pub(crate) fn changed_tags(&self, before: &Self, is_same_around: bool) -> StackTags {
        let is_same = |old: Option<&Data>, new: Option<&Data>| {
            old == new && !new.is_some_and(|data| may_differ(data, is_same_around))
        };
        let (old, new) = (before.tags.as_ref(), self.tags.as_ref());
        let keys = match (before.stack_tags(), self.stack_tags()) {
            (StackTags::Keys(old), StackTags::Keys(new)) => {
                BTreeSet::from_iter([old, new].concat())
            }
            _ if is_same(old, new) => BTreeSet::new(),
            _ => return StackTags::NotKnown,
        };
        let changed = keys.into_iter().filter(|key| {
            let value = |tags: Option<&'_ Data>| tags.and_then(|tags| tags.get(key)).cloned();
            !is_same(value(old).as_ref(), value(new).as_ref())
        });
        StackTags::Keys(changed.collect())
    }

    /// What is true of the template of all these tasks.
    pub(crate) fn joined(all: &[Self]) -> Self {
        let maps = |of: &dyn Fn(&Self) -> BTreeMap<String, Data>| -> BTreeMap<String, Data> {
            let each: Vec<BTreeMap<String, Data>> = all.iter().map(of).collect();
            let names: BTreeSet<&String> = each.iter().flat_map(BTreeMap::keys).collect();
            let values = names.into_iter().filter_map(|name| {
                let values = each.iter().map(|one| one.get(name).cloned());
                Some((name.clone(), one_of(&values.collect::<Vec<_>>())?))
            });
            values.collect()
        };
        let one = |of: &dyn Fn(&Self) -> Option<Data>| {
            let each: Vec<Option<Data>> = all.iter().map(of).collect();
            one_of(&each)
        };
        Self {
            parameters: maps(&|one| one.parameters.clone()),
            unsure: BTreeSet::new(),
            sections: maps(&|one| one.sections.clone()),
            rendered_with: one(&|one| one.rendered_with.clone()),
            tags: one(&|one| one.tags.clone()),
            stack: one(&|one| one.stack.clone()),
            imports: ImportedValues::default(),
        }
    }

    /// What is true of the template on both sides. What the tasks of a side give in different ways is only the same on the
    /// other one if each stack has what it had.
    pub(crate) fn joined_sides(now: &[Self], before: &[Self]) -> (Self, Self) {
        let (new, mut old) = (Self::joined(now), Self::joined(before));
        let is_same = |value: &dyn Fn(&Self) -> Option<Data>| {
            if let (Some(now), Some(before)) = (by_stack(now, value), by_stack(before, value)) {
                return now == before;
            }
            // One of them may have another stack.
            let is_in = |all: &[Self], one: &Self| all.contains(one);
            now.iter().all(|one| is_in(before, one)) && before.iter().all(|one| is_in(now, one))
        };
        let is_open =
            |new: Option<&Data>, value: &Data| new == Some(value) && value.get(ANY_OF).is_some();
        for (name, value) in &old.parameters {
            let is_open = is_open(new.parameters.get(name), value);
            if is_open && !is_same(&|one| one.parameters.get(name).cloned()) {
                old.unsure.insert(name.clone());
            }
        }
        let doubt = |new: Option<&Data>, value: &mut Data, of: &dyn Fn(&Self) -> Option<Data>| {
            if is_open(new, value) && !is_same(of) {
                let written = std::mem::replace(value, Data::Null);
                *value = any_of(vec![written]);
            }
        };
        for (name, value) in &mut old.sections {
            doubt(new.sections.get(name), value, &|one| {
                one.sections.get(name).cloned()
            });
        }
        if let Some(value) = &mut old.rendered_with {
            doubt(new.rendered_with.as_ref(), value, &|one| {
                one.rendered_with.clone()
            });
        }
        if let Some(value) = &mut old.tags {
            doubt(new.tags.as_ref(), value, &|one| one.tags.clone());
        }
        if let Some(value) = &mut old.stack {
            doubt(new.stack.as_ref(), value, &|one| one.stack.clone());
        }
        (new, old)
    }

    /// What the tasks take from other stacks.
    pub(crate) fn copied(&self) -> Vec<&Data> {
        let single = [&self.rendered_with, &self.tags, &self.stack];
        let values = self.parameters.values().chain(self.sections.values());
        let values = values.chain(single.into_iter().flatten());
        values.flat_map(references).collect()
    }

    /// The same with what other stacks export in place. What is not known and may not be what it is on the other side
    /// is [`Self::unsure`].
    #[must_use]
    pub(crate) fn with_exports(mut self, state: &dyn Fn(&Data) -> ExportState) -> Self {
        let value = |written: &Data| match state(written) {
            ExportState::Is(value) => Some(value),
            ExportState::Same | ExportState::Unsure => None,
        };
        let is_unsure = |data: &Data| {
            let mut references = references(data).into_iter();
            references.any(|written| state(written) == ExportState::Unsure)
        };
        for (name, data) in &mut self.parameters {
            if is_unsure(data) {
                self.unsure.insert(name.clone());
            }
            *data = with_exports(data, &value);
        }
        let single = [&mut self.rendered_with, &mut self.tags, &mut self.stack];
        let single = single.into_iter().flatten();
        for data in self.sections.values_mut().chain(single) {
            let new = with_exports(data, &value);
            *data = if is_unsure(data) {
                any_of(vec![new])
            } else {
                new
            };
        }
        self
    }
}

/// Whether it contains what a command prints, the digest of a folder, or what could not be read.
fn is_made(data: &Data) -> bool {
    match data {
        Data::List(items) | Data::Unordered(Unordered(items)) => items.iter().any(is_made),
        Data::Map(fields) => fields.iter().any(|(name, value)| {
            let call = name.strip_prefix('!').or_else(|| name.strip_prefix("Fn::"));
            call.is_some_and(|call| MADE.contains(&call)) || is_made(value)
        }),
        _ => false,
    }
}

/// Whether what is written in the same way on both sides may be something else on one of them.
fn may_differ(data: &Data, is_same_around: bool) -> bool {
    match data {
        Data::Text(text) => nunjucks(text).is_some(),
        Data::List(items) | Data::Unordered(Unordered(items)) => {
            items.iter().any(|item| may_differ(item, is_same_around))
        }
        Data::Map(fields) => {
            let is_steady = |name: &str| is_same_around && STEADY.contains(&name);
            let is_call = data.is_intrinsic();
            fields.iter().any(|(name, value)| {
                (is_call && !is_steady(name))
                    || nunjucks(name).is_some()
                    || may_differ(value, is_same_around)
            })
        }
        _ => false,
    }
}

/// The one of `values` that all are, or what stands for any of them.
fn one_of(values: &[Option<Data>]) -> Option<Data> {
    let first = values.first()?;
    if values.iter().all(|value| value == first) {
        return first.clone();
    }
    let values = values.iter();
    let values = values.map(|value| value.clone().unwrap_or(Data::Null));
    let mut values: Vec<Data> = values.collect();
    values.sort_by_cached_key(shown);
    values.dedup();
    Some(any_of(values))
}

/// What each stack has; `None` if the names of the stacks are not known, or two have one name.
fn by_stack<'a>(
    all: &'a [TaskFacts],
    value: &dyn Fn(&TaskFacts) -> Option<Data>,
) -> Option<BTreeMap<&'a str, Option<Data>>> {
    let mut found = BTreeMap::new();
    for one in all {
        let name = one.stack.as_ref()?.text()?;
        if found.insert(name, value(one)).is_some() {
            return None;
        }
    }
    Some(found)
}

/// The values that `data` is one of, if that is all that is known.
pub(crate) fn values_of(data: &Data) -> Option<&[Data]> {
    data.get(ANY_OF).map(Data::items)
}

/// What the tasks give if `given` is what they say, and a file is left with its `own` by those that say nothing.
pub(crate) fn given_over(given: Option<&Data>, own: Option<&Data>) -> Option<Data> {
    picked(given, own, &|given| Some(given.clone()))
}

/// The bindings by name, if `given` are those that the tasks say, over those that a file has itself.
pub(crate) fn bindings_over(given: Option<&Data>, own: Option<&Data>) -> BTreeMap<String, Data> {
    let own: BTreeMap<&String, &Data> = own.map(pairs).unwrap_or_default();
    let mut names: BTreeSet<&String> = own.keys().copied().collect();
    let mut left: Vec<&Data> = given.into_iter().collect();
    while let Some(data) = left.pop() {
        left.extend(data.get(ANY_OF).into_iter().flat_map(Data::items));
        names.extend(pairs(data).into_keys());
    }
    let bindings = names.into_iter().filter_map(|name| {
        let own = own.get(name).copied();
        let of_task = |data: &Data| match data.fields() {
            Some(_) => pairs(data).get(name).copied().or(own).cloned(),
            // It may have any name.
            None => one_of(&[Some(data.clone()), own.cloned()]),
        };
        Some((name.clone(), picked(given, own, &of_task)?))
    });
    bindings.collect()
}

fn pairs(data: &Data) -> BTreeMap<&String, &Data> {
    let fields = data.fields().unwrap_or_default().iter();
    fields.map(|(name, value)| (name, value)).collect()
}

/// What `value` makes of what the tasks say, or of each thing that they may say.
fn picked(
    given: Option<&Data>,
    own: Option<&Data>,
    value: &dyn Fn(&Data) -> Option<Data>,
) -> Option<Data> {
    let Some(given) = given else {
        return own.cloned();
    };
    let Some(Data::List(any)) = given.get(ANY_OF) else {
        return value(given);
    };
    let any = any.iter().map(|one| match one {
        Data::Null => own.cloned(),
        one => picked(Some(one), own, value),
    });
    match any.collect::<Vec<_>>().as_slice() {
        // It may have been something else.
        [one] => Some(any_of(vec![one.clone().unwrap_or(Data::Null)])),
        any => one_of(any),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::read;
    use crate::template::tasks_file::{GivenToTasks, tasks};

    fn data(text: &str) -> Data {
        read::of_text(text).unwrap()
    }

    fn facts(text: &str) -> Vec<TaskFacts> {
        let tasks = tasks(&data(text), &GivenToTasks::default()).into_iter();
        tasks.map(|(_, task)| TaskFacts::of(&task)).collect()
    }

    #[test]
    fn the_tags_of_stacks_are_known_if_they_are_the_same_for_all() {
        let task = |name: &str, tags: &str| {
            format!("{name}: {{ Type: update-stacks, Template: ./roles.yml{tags} }}\n")
        };
        let tags = |text: &str| TaskFacts::joined(&facts(text)).stack_tags();
        let team = task("A", ", Tags: { team: payments }");
        let keys = |keys: &[&str]| StackTags::Keys(keys.iter().map(|key| (*key).into()).collect());
        assert_eq!(tags(&task("A", "")), keys(&[]));
        assert_eq!(tags(&team), keys(&["team"]));
        assert_eq!(
            tags(&(team.clone() + &team.replace("A:", "B:"))),
            keys(&["team"])
        );
        for other in ["", ", Tags: { team: shipping }", ", Tags: { Foo: 1 }"] {
            let both = team.clone() + &task("B", other);
            assert_eq!(tags(&both), StackTags::NotKnown, "{other}");
        }
        let read = task("A", ", Tags: !Include tags.yml");
        assert_eq!(tags(&read), StackTags::NotKnown);
    }

    #[test]
    fn tags_of_stacks_are_changed_if_their_values_may_be() {
        let tags = |written: &str| {
            let written =
                format!("A: {{ Type: update-stacks, Template: ./roles.yml, Tags: {written} }}\n");
            TaskFacts::joined(&facts(&written))
        };
        let nothing = TaskFacts::default();
        let keys = |keys: &[&str]| StackTags::Keys(keys.iter().map(|key| (*key).into()).collect());
        let old = tags("{ a: x, b: x }");
        assert_eq!(tags("{ b: x, a: x }").changed_tags(&old, false), keys(&[]));
        assert_eq!(
            tags("{ a: y, b: x }").changed_tags(&old, true),
            keys(&["a"])
        );
        assert_eq!(
            tags("{ a: x, c: x }").changed_tags(&old, true),
            keys(&["b", "c"])
        );
        assert_eq!(nothing.changed_tags(&old, true), keys(&["a", "b"]));
        assert_eq!(old.changed_tags(&nothing, true), keys(&["a", "b"]));
        for (value, same_around, not_same_around) in [
            ("!Ref Dev", keys(&[]), keys(&["a"])),
            ("!Sub '${Dev.Tags.x}'", keys(&[]), keys(&["a"])),
            ("'{{ x }}'", keys(&["a"]), keys(&["a"])),
            ("!Cmd x", keys(&["a"]), keys(&["a"])),
        ] {
            let side = tags(&format!("{{ a: {value}, b: x }}"));
            assert_eq!(side.changed_tags(&side, true), same_around, "{value}");
            assert_eq!(side.changed_tags(&side, false), not_same_around, "{value}");
            assert_eq!(side.changed_tags(&old, true), keys(&["a"]), "{value}");
        }
        for unknown in ["!Include tags.yml", "{ '{{ x }}': x }", "'{{ x }}'"] {
            let side = tags(unknown);
            assert_eq!(
                side.changed_tags(&side, true),
                StackTags::NotKnown,
                "{unknown}"
            );
            assert_eq!(
                side.changed_tags(&old, true),
                StackTags::NotKnown,
                "{unknown}"
            );
        }
        let side = tags("!Ref x");
        assert_eq!(side.changed_tags(&side, true), keys(&[]));
        assert_eq!(side.changed_tags(&nothing, true), StackTags::NotKnown);
    }

    const FILE: &str = "
Parameters: { stage: { Type: String, Default: dev } }
A: { Type: update-stacks, Template: ./roles.yml, Parameters: { P: 1, Q: !Ref stage } }
";

    #[test]
    fn the_task_of_the_template_gives_its_parameters() {
        let found = facts(FILE);
        let [one] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(one.parameters.get("P"), Some(&data("1")));
        assert_eq!(one.parameters.get("Q"), Some(&data("dev")));
        assert_eq!(TaskFacts::joined(&found), *one);
    }

    #[test]
    fn what_a_command_prints_may_have_been_something_else() {
        let task = |value: &str| {
            facts(&format!(
                "A: {{ Type: update-stacks, Template: ./roles.yml, Parameters: {{ P: {value} }} }}\n"
            ))
        };
        for value in ["!Cmd x", "!MD5Dir ./src", "!Sub ['${a}', { a: !Cmd x }]"] {
            let now = TaskFacts::joined(&task(value));
            assert_ne!(now.clone().at_revision(), now, "{value}");
        }
        for value in ["x", "!Ref Dev", "!Sub '${Dev}'"] {
            let now = TaskFacts::joined(&task(value));
            assert_eq!(now.clone().at_revision(), now, "{value}");
        }
    }

    #[test]
    fn what_a_task_may_give_is_over_what_the_file_has() {
        let any = |text: &str| Some(data(text));
        let over = |given: &str, own: &str| given_over(any(given).as_ref(), any(own).as_ref());
        for (given, own, wanted) in [
            ("b", "a", "b"),
            ("!AnyOf [null, b]", "a", "!AnyOf [a, b]"),
            ("!AnyOf [null, a]", "a", "a"),
            ("!AnyOf [!Cmd x]", "a", "!AnyOf [!Cmd x]"),
            (
                "!AnyOf [!AnyOf [null, b], c]",
                "a",
                "!AnyOf [!AnyOf [a, b], c]",
            ),
        ] {
            assert_eq!(over(given, own), any(wanted), "{given}");
        }
        assert_eq!(given_over(None, any("a").as_ref()), any("a"));
        let bindings = |given: &str| {
            let found = bindings_over(any(given).as_ref(), any("{A: 1, B: 2}").as_ref());
            Data::Map(found.into_iter().collect())
        };
        for (given, wanted) in [
            ("{B: 3, C: 4}", "{A: 1, B: 3, C: 4}"),
            (
                "!AnyOf [null, {B: 3, C: 4}]",
                "{A: 1, B: !AnyOf [2, 3], C: !AnyOf [4, null]}",
            ),
            ("!Cmd x", "{A: !AnyOf [!Cmd x, 1], B: !AnyOf [!Cmd x, 2]}"),
        ] {
            assert_eq!(bindings(given), data(wanted), "{given}");
        }
    }

    #[test]
    fn what_two_tasks_give_differently_is_not_known() {
        let second =
            "D: { Type: update-stacks, Template: ./roles.yml, Parameters: { P: 1, Q: prod } }";
        let joined = TaskFacts::joined(&facts(&format!("{FILE}{second}\n")));
        assert_eq!(joined.parameters.get("P"), Some(&data("1")));
        assert_eq!(
            joined.parameters.get("Q"),
            Some(&data("!AnyOf [dev, prod]"))
        );
        assert_eq!(TaskFacts::joined(&[]), TaskFacts::default());
    }
}
