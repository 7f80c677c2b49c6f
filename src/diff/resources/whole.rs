//! Two texts to what changed in what they say, by parsing both completely.
//!
//! In: two texts. Out: a [`Meaning`]. Texts are compared this way if they are not written as
//! generated files are. Refuses texts that are not templates, and reports why.
//!
//! The hard thing is to keep the order of the text, which the data do not have.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::diff::resources::{ChangeKind, SectionChange};
use crate::source::{FileId, SourceFile};
use crate::yaml::node::{Entry, Kind};
use crate::yaml::parse::parse;

use crate::diff::resources::Meaning;
use crate::diff::resources::details::details;
use crate::diff::resources::facts::{ResourceFacts, changes};
use crate::template::blocks::RESOURCES;
use crate::template::read;
use crate::template::value::Data;

/// What changed, by parsing both texts completely. Without a previous text everything is new.
///
/// # Errors
///
/// Why a text cannot be read.
pub(crate) fn by_parsing(old: Option<&str>, new: &str) -> Result<Meaning, String> {
    let old = match old {
        Some(old) => WholeTemplate::read(old).map_err(|why| format!("the previous file {why}"))?,
        None => WholeTemplate::default(),
    };
    let new = WholeTemplate::read(new).map_err(|why| format!("the new file {why}"))?;
    let mut meaning = Meaning::default();
    each_key(&old.resources, &new.resources, |key, kind, from, to| {
        let (old, new) = (ResourceFacts::of(from), ResourceFacts::of(to));
        meaning.resources.extend(match kind {
            ChangeKind::Changed => changes(key, old, new, Arc::from(details(from, to))),
            // A side that is missing is given as the other.
            ChangeKind::Added | ChangeKind::Removed => vec![new.change(key, kind, Arc::from([]))],
        });
    });
    each_key(&old.sections, &new.sections, |name, kind, _, _| {
        meaning.sections.push(SectionChange {
            name: name.to_owned(),
            kind,
        });
    });
    Ok(meaning)
}

type Entries = Vec<(String, Data)>;

/// Calls `act` for each key that differs: those of `new` in order, then removed ones. A side that
/// is missing is given as the other.
fn each_key(old: &Entries, new: &Entries, mut act: impl FnMut(&str, ChangeKind, &Data, &Data)) {
    let (before, after) = (by_key(old), by_key(new));
    for (key, to) in new {
        match before.get(key.as_str()).copied() {
            None => act(key, ChangeKind::Added, to, to),
            Some(from) if from != to => act(key, ChangeKind::Changed, from, to),
            Some(_) => {}
        }
    }
    for (key, from) in old
        .iter()
        .filter(|(key, _)| !after.contains_key(key.as_str()))
    {
        act(key, ChangeKind::Removed, from, from);
    }
}

fn by_key(entries: &Entries) -> HashMap<&str, &Data> {
    entries
        .iter()
        .map(|(key, data)| (key.as_str(), data))
        .collect()
}

/// A template by what it says, in the order of its text.
#[derive(Default)]
struct WholeTemplate {
    resources: Entries,
    sections: Entries,
}

impl WholeTemplate {
    fn read(text: &str) -> Result<Self, String> {
        let document = parse(FileId(0), text).map_err(|problems| unreadable(text, &problems))?;
        let mut budget = read::budget(text.len());
        let root = document.root.resolved();
        match &root.kind {
            _ if root.is_null() => Ok(Self::default()),
            Kind::Mapping(entries, _) if root.tag.is_none() => Self::of(entries, &mut budget),
            _ => Err("is not a template: it is not a mapping".to_owned()),
        }
    }

    /// The template with these sections. Keys are only read as those of a resource within one:
    /// a section or resource may be called `Policies`.
    fn of(entries: &[Entry], budget: &mut usize) -> Result<Self, String> {
        // A tag, such as `!Include`, represents resources that are not here: a section like others.
        let written = entries.iter().find(|entry| {
            entry.key.text() == Some(RESOURCES) && entry.value.resolved().tag.is_none()
        });
        let is_own = |entry: &Entry| written.is_some_and(|own| std::ptr::eq(own, entry));
        let others = || entries.iter().filter(|entry| !is_own(entry));
        let mut sections = read::fields(others(), budget).ok_or_else(too_large)?;
        let mut resources = Vec::new();
        if let Some(node) = written.map(|own| own.value.resolved()) {
            sections.retain(|(key, _)| key != RESOURCES);
            resources = match &node.kind {
                Kind::Mapping(entries, _) => {
                    let found = read::fields(entries, budget).ok_or_else(too_large)?;
                    in_text_order(found, entries)
                }
                _ if node.is_null() => Vec::new(),
                _ => return Err("has resources that are not a mapping".to_owned()),
            };
        }
        Ok(Self {
            resources,
            sections: in_text_order(sections, entries),
        })
    }
}

fn too_large() -> String {
    "has aliases that expand to too many nodes".to_owned()
}

/// Sorted entries in the order in which a mapping's keys are written; merged keys come last.
fn in_text_order(mut entries: Entries, written: &[Entry]) -> Entries {
    let order: HashMap<&str, usize> = written
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| Some((entry.key.text()?, at)))
        .collect();
    entries.sort_by_key(|(key, _)| order.get(key.as_str()).copied().unwrap_or(usize::MAX));
    entries
}

fn unreadable(text: &str, problems: &[Diagnostic]) -> String {
    let Some(problem) = problems.first() else {
        return "is not YAML".to_owned();
    };
    let file = SourceFile {
        path: PathBuf::new(),
        text: text.to_owned(),
    };
    match &problem.primary {
        Some(label) => {
            let line = file.position(label.span.start).line;
            format!("is not a template: line {line}: {}", problem.message)
        }
        None => format!("is not a template: {}", problem.message),
    }
}
