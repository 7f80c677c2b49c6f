//! What the stacks of a repository export.
//!
//! In: the files of one side that may export something, and the tasks that deploy them. Out: [`SideExports`]: the values
//! by name, as far as the templates say them. Refuses nothing: a value that is not known has all in it that decides about
//! it, so that it is the same as that of the other side only if nothing of that changed.
//!
//! An output is exported if it has an `Export` ("Outputs" of `CloudFormation`'s user guide). One stack of an account and a
//! region exports a name, so it counts which of these the stacks of a template are in.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::iam::references::returned;
use crate::source::path::folder_of;
use crate::template::display::shown;
use crate::template::folded::folded;
use crate::template::imported::{ExportReference, ExportState, ImportedValues, MARK, with_exports};
use crate::template::read;
use crate::template::substitute::substituted;
use crate::template::task::{TaskFacts, given_over};
use crate::template::value::Data;
use crate::workspace::closure::SideFiles;
use crate::workspace::stack_places::{BoundTemplate, IsThere, StackPlaces};
use crate::workspace::tasks::{TaskDoubt, TaskFiles};
use crate::yaml::lookup::INCLUDE;
use crate::yaml::nunjucks::nunjucks;

/// What every file contains that exports something. The first one may be written with escapes.
pub const MARKS: [&str; 1] = ["Export"];

/// How often an export may be that of another stack.
const DEPTH_LIMIT: usize = 8;

/// Why a template counts that is not what it was.
const UNREAD: &str =
    "it cannot be read, and may export another value than before that the template takes";

/// What stands for a reference to something of the exporting stack whose value is not known.
const OF_STACK: &str = "!OfStack";

/// What is the same for every stack.
const STEADY: [&str; 2] = ["AWS::Partition", "AWS::URLSuffix"];

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

/// What the stacks of one side export.
#[derive(Debug, Default)]
pub struct SideExports {
    /// The values by name.
    named: BTreeMap<String, Vec<ExportedValue>>,
    /// Those whose names are not known.
    others: Vec<ExportedValue>,
    /// The files that cannot be read, with what they are known to be.
    unread: BTreeMap<PathBuf, String>,
}

/// What an output exports, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ExportedValue {
    value: Data,
    places: StackPlaces,
}

/// A template that takes what other stacks export, and what its task says of it.
pub struct ExportUser<'a> {
    text: &'a str,
    task: TaskFacts,
    places: OnceCell<StackPlaces>,
}

impl<'a> ExportUser<'a> {
    /// The template with this text.
    pub fn new(text: &'a str, task: TaskFacts) -> Self {
        Self {
            text,
            task,
            places: OnceCell::new(),
        }
    }

    /// Where its stacks are.
    fn places(&self) -> &StackPlaces {
        self.places.get_or_init(|| {
            let root = read::of_text(self.text).unwrap_or(Data::Null);
            let task = &self.task;
            BoundTemplate { root: &root, task }.places()
        })
    }
}

impl SideExports {
    /// No exports.
    pub const NONE: Self = Self {
        named: BTreeMap::new(),
        others: Vec::new(),
        unread: BTreeMap::new(),
    };

    /// What the files at `paths` export.
    pub fn of(paths: &[PathBuf], side: &SideFiles<'_>, tasks: &TaskFiles) -> Self {
        let mut found = Self::default();
        for path in paths {
            let text = side.text(path);
            let Ok(text) = text.as_ref() else {
                continue;
            };
            let closed = side.closed(text, path);
            let text = closed.text.as_deref().unwrap_or(text);
            let facts = tasks.of(side, path).deploying();
            let is_rendered = facts.iter().any(|task| task.rendered_with.is_some());
            let root = read::of_text(text).filter(|_| !is_rendered || nunjucks(text).is_none());
            let Some(root) = root else {
                let with = facts.iter().filter_map(|task| task.rendered_with.as_ref());
                let with: Vec<String> = with.map(shown).collect();
                let state = format!("{text}\n{}", with.join("\n"));
                found.unread.insert(path.clone(), state);
                continue;
            };
            let organization = || organization(&root, side, path);
            for task in &facts {
                found.add(&root, task, &organization);
            }
        }
        found
    }

    /// Adds what a template exports as `task` deploys it.
    fn add(&mut self, root: &Data, task: &TaskFacts, organization: &dyn Fn() -> Option<Data>) {
        let stack = ExportingStack { root, task };
        let outputs = root.get("Outputs").and_then(Data::fields);
        for (_, output) in outputs.unwrap_or_default() {
            let name = output.get("Export").and_then(|export| export.get("Name"));
            let (Some(name), Some(value)) = (name, output.get("Value")) else {
                continue;
            };
            let mut places = BoundTemplate { root, task }.places_of(output);
            places.decided_by(organization);
            let value = stack.value(value, output.get("Condition"));
            let value = ExportedValue { value, places };
            let values = match stack.plain(name).text() {
                Some(name) => self.named.entry(name.to_owned()).or_default(),
                None => &mut self.others,
            };
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }

    /// The values that the export may have which `written` refers to in stacks at these places.
    fn values(
        &self,
        written: &Data,
        user: &dyn Fn() -> StackPlaces,
        depth: usize,
    ) -> Vec<(Data, IsThere)> {
        let Some(reference) = ExportReference::of(written) else {
            return Vec::new();
        };
        let named = reference.name.text().map(|name| self.named.get(name));
        let values: Vec<&ExportedValue> = match named {
            Some(Some(values)) => values.iter().collect(),
            Some(None) => self.others.iter().collect(),
            None => self.named.values().flatten().chain(&self.others).collect(),
        };
        let mut all: Vec<(Data, IsThere)> = Vec::new();
        for exported in values {
            let places = &exported.places;
            let is_there = places.are_for(&user(), reference.account, reference.region);
            if is_there == IsThere::No {
                continue;
            }
            let value = placed(&exported.value, &reference);
            let value = with_exports(&value, &|inner| match depth.checked_sub(1) {
                Some(depth) => match self.values(inner, &|| places.clone(), depth).as_slice() {
                    [(one, IsThere::Yes)] if is_known(one) => Some(one.clone()),
                    [] => None,
                    many => {
                        let many = many.iter().map(|(value, _)| value.clone());
                        Some(of_stack(vec![inner.clone(), Data::List(many.collect())]))
                    }
                },
                None => None,
            });
            let one = (value, is_there);
            if !all.contains(&one) {
                all.push(one);
            }
        }
        all.sort_by_cached_key(|(value, is_there)| match is_there {
            IsThere::Perhaps(deciding) => (shown(value), shown(&Data::List(deciding.clone()))),
            IsThere::Yes | IsThere::No => (shown(value), String::new()),
        });
        all
    }
}

/// The organization that the template at `path` names.
fn organization(root: &Data, side: &SideFiles<'_>, path: &Path) -> Option<Data> {
    let own = root.get("Organization")?;
    let Some(included) = own.get(INCLUDE).and_then(Data::text) else {
        return Some(own.clone());
    };
    let path = folder_of(path).join(included);
    let text = side.text(&path);
    let text = text.as_ref().as_deref().ok()?;
    let closed = side.closed(text, &path);
    Some(Data::Text(closed.text.unwrap_or_else(|| text.to_owned())))
}

/// What `written` refers to on the side `own`, if it may not be what it is on the side `other`.
fn state((own, other): (ExportSide<'_>, ExportSide<'_>), written: &Data) -> ExportState {
    let values = |(exports, user): ExportSide<'_>| {
        exports.values(written, &|| user.places().clone(), DEPTH_LIMIT)
    };
    let (own, other) = (values(own), values(other));
    if own == other {
        return ExportState::Same;
    }
    match (own.as_slice(), other.as_slice()) {
        ([(one, IsThere::Yes)], [(another, IsThere::Yes)])
            if is_known(one) && is_known(another) =>
        {
            ExportState::Is(one.clone())
        }
        _ => ExportState::Unsure,
    }
}

/// What stacks export, and the template that takes it.
type ExportSide<'a> = (&'a SideExports, &'a ExportUser<'a>);

/// The facts of both sides with what other stacks export in place, and what cannot be read of these. `texts` are those
/// of the template.
pub fn with_exports_of(
    (now, before): (TaskFacts, TaskFacts),
    (exports, exports_before): (&SideExports, &SideExports),
    (user, user_before): (&ExportUser<'_>, &ExportUser<'_>),
) -> (TaskFacts, TaskFacts, Vec<TaskDoubt>) {
    let sides = ((exports, user), (exports_before, user_before));
    let back = (sides.1, sides.0);
    let copied = now.copied().into_iter().chain(before.copied());
    let steady = copied.filter(|written| state(sides, written) == ExportState::Same);
    let steady: Vec<Data> = steady.cloned().collect();
    let mut now = now.with_exports(&|written| match state(sides, written) {
        // That of the old side counts.
        ExportState::Unsure => ExportState::Same,
        state => state,
    });
    let mut before = before.with_exports(&|written| state(back, written));
    let names: BTreeSet<&String> = exports
        .named
        .keys()
        .chain(exports_before.named.keys())
        .collect();
    let differs = |name: &&&String| exports.named.get(**name) != exports_before.named.get(**name);
    let changed: BTreeSet<String> = names
        .iter()
        .filter(differs)
        .map(|name| (*name).clone())
        .collect();
    let imported = |sides, is_before| {
        let values = names.iter().filter_map(|name| {
            let import = Data::Map(vec![(format!("Fn::{MARK}"), Data::Text((*name).clone()))]);
            let value = match state(sides, &import) {
                ExportState::Same => return None,
                ExportState::Is(value) => Some(value),
                ExportState::Unsure => None,
            };
            Some(((*name).clone(), value))
        });
        ImportedValues {
            by_name: values.collect(),
            changed: changed.clone(),
            is_unnamed_changed: exports.others != exports_before.others,
            steady: steady.clone(),
            is_before,
        }
    };
    now.imports = imported(sides, false);
    before.imports = imported(back, true);
    let changed = |path: &&PathBuf| exports.unread.get(*path) != exports_before.unread.get(*path);
    let paths: BTreeSet<&PathBuf> = exports
        .unread
        .keys()
        .chain(exports_before.unread.keys())
        .collect();
    let doubts = paths.into_iter().filter(changed);
    let doubts = doubts.map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        TaskDoubt::new(&name, UNREAD)
    });
    (now, before, doubts.collect())
}

/// Whether a template, or what its tasks say, takes what another stack exports.
pub fn takes_exports(tasks: [&TaskFacts; 2], texts: &[&str]) -> bool {
    tasks.iter().any(|task| !task.copied().is_empty())
        || texts.iter().any(|text| text.contains(MARK))
}

/// A template, and the task that deploys it.
struct ExportingStack<'a> {
    root: &'a Data,
    task: &'a TaskFacts,
}

impl ExportingStack<'_> {
    /// The value of an output that is there under `condition`.
    fn value(&self, value: &Data, condition: Option<&Data>) -> Data {
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
    fn plain(&self, data: &Data) -> Data {
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
fn of_stack(items: Vec<Data>) -> Data {
    Data::Map(vec![(OF_STACK.to_owned(), Data::List(items))])
}

/// An exported value as `reference` takes it, from another account or region.
fn placed(value: &Data, reference: &ExportReference<'_>) -> Data {
    let account = reference.account;
    let new = substituted(value, &|name| match name {
        "AWS::AccountId" | "AWSAccount" | "AWSAccount.AccountId" => account.cloned(),
        "AWS::Region" => reference.region.cloned(),
        name => {
            let attribute = name.strip_prefix("AWSAccount.")?;
            let names = [account?.reference()?, attribute].map(|name| Data::Text(name.to_owned()));
            let names = Data::List(names.to_vec());
            Some(Data::Map(vec![("Fn::GetAtt".to_owned(), names)]))
        }
    });
    folded(new.unwrap_or_else(|| value.clone()), None)
}

/// Whether a value says all that it is, but for the accounts and the region of those who take it.
fn is_known(value: &Data) -> bool {
    match value {
        Data::Text(_) | Data::Number(_) | Data::Bool(_) => true,
        Data::List(items) => items.iter().all(is_known),
        Data::Map(entries) => match entries.as_slice() {
            [(key, value)] => match key.as_str() {
                "Ref" => value
                    .text()
                    .is_some_and(|name| !name.starts_with("AWS::") || is_steady(name)),
                "Fn::Sub" | "Fn::Join" | "Fn::GetAtt" => is_known(value),
                _ if ExportReference::of(&Data::Map(entries.clone())).is_some() => false,
                key => !key.starts_with('!') && !key.starts_with("Fn::") && is_known(value),
            },
            entries => entries.iter().all(|(_, value)| is_known(value)),
        },
        Data::Null | Data::Action(_) | Data::Unordered(_) => false,
    }
}

fn is_steady(name: &str) -> bool {
    STEADY.contains(&name) || name == "AWS::AccountId" || name == "AWS::Region"
}
