//! What the stacks of a repository export, and what outputs they have.
//!
//! In: the files of one side that may export something, and the tasks that deploy them. Out: [`SideExports`]: the values
//! by name, as far as the templates say them. Refuses nothing: a value that is not known has all in it that decides about
//! it, so that it is the same as that of the other side only if nothing of that changed.
//!
//! An output is exported if it has an `Export` ("Outputs" of `CloudFormation`'s user guide). One stack of an account and a
//! region exports a name, so it counts which of these the stacks of a template are in. `Fn::GetStackOutput` takes any
//! output, by the name of its stack ("`Fn::GetStackOutput`" of the template reference).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::source::path::folder_of;
use crate::template::display::shown;
use crate::template::folded::folded;
use crate::template::imported::{
    ExportReference, ExportState, ImportedValues, TakenName, may_take, may_take_outputs,
    with_exports,
};
use crate::template::read;
use crate::template::substitute::substituted;
use crate::template::task::TaskFacts;
use crate::template::value::Data;
use crate::workspace::closure::SideFiles;
use crate::workspace::exporting::{ExportingStack, of_stack};
use crate::workspace::stack_places::{BoundTemplate, IsThere, StackPlaces};
use crate::workspace::tasks::{TaskDoubt, TaskFiles};
use crate::yaml::lookup::INCLUDE;
use crate::yaml::nunjucks::nunjucks;

/// What every file contains that exports something. It may be written with escapes.
pub const EXPORT_MARKS: [&str; 1] = ["Export"];
/// What every file contains that has outputs.
pub const OUTPUT_MARKS: [&str; 1] = ["Outputs"];

/// How often an export may be that of another stack.
const DEPTH_LIMIT: usize = 8;

/// Why a template counts that is not what it was.
const UNREAD: &str =
    "it cannot be read, and may export another value than before that the template takes";

/// What is the same for every stack.
const STEADY: [&str; 2] = ["AWS::Partition", "AWS::URLSuffix"];

/// What the stacks of one side export.
#[derive(Debug, Default)]
pub struct SideExports {
    /// The values by name.
    named: BTreeMap<TakenName, Vec<ExportedValue>>,
    /// Those of exports whose names are not known.
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
        let stack_name = task.stack.as_ref().and_then(Data::text);
        let outputs = root.get("Outputs").and_then(Data::fields);
        for (id, output) in outputs.unwrap_or_default() {
            let Some(value) = output.get("Value") else {
                continue;
            };
            let mut places = BoundTemplate { root, task }.places_of(output);
            places.decided_by(organization);
            let value = stack.value(value, output.get("Condition"));
            let value = ExportedValue { value, places };
            let own = TakenName::Output(stack_name.map(str::to_owned), id.clone());
            self.keep(Some(own), value.clone());
            let exported = output.get("Export").and_then(|export| export.get("Name"));
            if let Some(name) = exported {
                let name = stack.plain(name).text().map(str::to_owned);
                self.keep(name.map(TakenName::Export), value);
            }
        }
    }

    /// Keeps a value under its name, or as one of those whose names are not known.
    fn keep(&mut self, name: Option<TakenName>, value: ExportedValue) {
        let values = match name {
            Some(name) => self.named.entry(name).or_default(),
            None => &mut self.others,
        };
        if !values.contains(&value) {
            values.push(value);
        }
    }

    /// The outputs of stacks with known names that both sides have.
    fn outputs_as_well_in(&self, other: &Self) -> BTreeSet<TakenName> {
        let is_output = |name: &&TakenName| matches!(name, TakenName::Output(Some(_), _));
        let outputs = self.named.keys().filter(is_output);
        let both = outputs.filter(|name| other.named.contains_key(*name));
        both.cloned().collect()
    }

    /// The names of what both sides have together, and of that which differs.
    fn names_with<'a>(&'a self, other: &'a Self) -> (BTreeSet<&'a TakenName>, BTreeSet<TakenName>) {
        let names: BTreeSet<&TakenName> = self.named.keys().chain(other.named.keys()).collect();
        let differs = |name: &&&TakenName| self.named.get(**name) != other.named.get(**name);
        let changed = names.iter().filter(differs);
        let changed = changed.map(|name| (*name).clone()).collect();
        (names, changed)
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
        let others = || match reference.of_unknown_stack() {
            Some(name) => self.named.get(&name).map_or(&[][..], Vec::as_slice),
            None => &self.others,
        };
        let values: Vec<&ExportedValue> = if let Some(name) = reference.name() {
            let own = self.named.get(&name);
            let own = own.map_or_else(others, Vec::as_slice);
            own.iter().collect()
        } else {
            let named = self.named.iter();
            let named = named.filter(|(name, _)| reference.may_name(name));
            let open: &[ExportedValue] = if reference.is_export() {
                &self.others
            } else {
                &[]
            };
            named.flat_map(|(_, values)| values).chain(open).collect()
        };
        let mut all: Vec<(Data, IsThere)> = Vec::new();
        for exported in values {
            let places = &exported.places;
            let is_there = places.are_for(&user(), reference.account.as_deref(), reference.region);
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
    let (names, changed) = exports.names_with(exports_before);
    let outputs = exports.outputs_as_well_in(exports_before);
    let imported = |sides, is_before| {
        let values = names.iter().filter_map(|name| {
            let value = match state(sides, &name.reference()?) {
                ExportState::Same => return None,
                ExportState::Is(value) => Some(value),
                ExportState::Unsure => None,
            };
            Some(((*name).clone(), value))
        });
        ImportedValues {
            by_name: values.collect(),
            changed: changed.clone(),
            outputs: outputs.clone(),
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

/// Whether a template takes outputs that need not be exported.
pub fn takes_outputs(texts: &[&str]) -> bool {
    texts.iter().any(|text| may_take_outputs(text))
}

/// Whether a template, or what its tasks say, takes what another stack has.
pub fn takes_exports(tasks: [&TaskFacts; 2], texts: &[&str]) -> bool {
    tasks.iter().any(|task| !task.copied().is_empty()) || texts.iter().any(|text| may_take(text))
}

/// An exported value as `reference` takes it, from another account or region.
fn placed(value: &Data, reference: &ExportReference<'_>) -> Data {
    let account = reference.account.as_deref();
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
