//! What the built-in partials rendered to before, for another app.
//!
//! In: a partial, and its context. Out: what it renders to. From the second macro of a thread on, each
//! context is rendered once: its names give way to marks that occur nowhere else, and take their places
//! again in the result. A partial cannot tell one name from another, so what comes out is the same. Refuses
//! nothing: what cannot be rendered with marks is rendered by itself.

use std::cell::RefCell;
use std::fmt::Write as _;

use foldhash::HashMap;
use memchr::memmem::Finder;
use serde_json::Value as Json;
use serde_yaml::value::Tag;
use serde_yaml::{Mapping, Value};

use crate::diagnostic::Result;
use crate::expand::model::plan::MacroPlan;
use crate::expand::model::renaming::{MacroNames, Renaming};
use crate::expand::model::rendered::Placeholders;
use crate::partials::Partials;
use crate::yaml::emit;

/// How much is remembered: some thirty are of one macro.
const MOST: usize = 512;

#[derive(Default)]
struct Memory {
    /// Whether a macro was rendered in this thread.
    is_second: bool,
    rendered: HashMap<String, Mapping>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// The names of a macro, and their marks.
pub(super) struct Memo {
    to_marks: Renaming,
    to_names: Renaming,
    /// What all marks begin with.
    stem: Finder<'static>,
}

impl Memo {
    /// The memo of a macro; none for the first of a thread, if a partial is not built in, or if a name could
    /// be read as something else than text.
    pub(super) fn of(
        partials: &Partials,
        plan: &MacroPlan,
        placeholders: &Placeholders,
    ) -> Option<Self> {
        let is_second =
            MEMORY.with_borrow_mut(|memory| std::mem::replace(&mut memory.is_second, true));
        let names = MacroNames::of(plan, placeholders);
        let (app_id, letters) = (names.app_id.as_str(), names.letters.as_str());
        let stem = placeholders.account.as_str();
        if !is_second
            || stem.is_empty()
            || !emit::is_plain(app_id)
            || !emit::is_plain(letters)
            || partials.own().next().is_some()
        {
            return None;
        }
        let marks = [
            format!("{stem}Name"),
            format!("{stem}App"),
            format!("{stem}Letters"),
        ];
        let mut pairs: Vec<(&str, &str)> = [names.logical_id.as_str(), app_id, letters]
            .into_iter()
            .zip(marks.iter().map(String::as_str))
            .collect();
        if letters == app_id {
            pairs.pop();
        }
        let back: Vec<(&str, &str)> = pairs.iter().map(|(name, mark)| (*mark, *name)).collect();
        Some(Self {
            to_marks: Renaming::new(&pairs)?,
            to_names: Renaming::new(&back)?,
            stem: Finder::new(stem).into_owned(),
        })
    }

    /// What `partial` renders to with `context`, for which `read` renders it; none if that must be done
    /// with the names themselves.
    pub(super) fn mapping(
        &self,
        partial: &str,
        context: &Json,
        read: impl FnOnce(&Json) -> Result<Mapping>,
    ) -> Option<Mapping> {
        let mut key = format!("{partial}\n");
        self.write_key(context, &mut key);
        let known = MEMORY.with_borrow(|memory| memory.rendered.get(&key).cloned());
        let mut mapping = if let Some(known) = known {
            known
        } else {
            let read = read(&self.with_marks(context)).ok()?;
            MEMORY.with_borrow_mut(|memory| {
                if memory.rendered.len() >= MOST {
                    memory.rendered.clear();
                }
                memory.rendered.insert(key, read.clone());
            });
            read
        };
        self.put_names(&mut mapping);
        Some(mapping)
    }

    /// Writes `context` with marks, so that no two are written alike.
    fn write_key(&self, context: &Json, key: &mut String) {
        match context {
            Json::String(text) if self.to_marks.is_in(text) => {
                let (text, _) = self.to_marks.renamed(text);
                let _ = write!(key, "{}:{text}", text.len());
            }
            Json::String(text) => {
                let _ = write!(key, "{}:{text}", text.len());
            }
            Json::Array(items) => {
                key.push('[');
                for item in items {
                    self.write_key(item, key);
                    key.push(',');
                }
                key.push(']');
            }
            Json::Object(fields) => {
                key.push('{');
                for (name, value) in fields {
                    let _ = write!(key, "{}:{name}", name.len());
                    self.write_key(value, key);
                    key.push(',');
                }
                key.push('}');
            }
            Json::Bool(flag) => key.push(if *flag { 't' } else { 'f' }),
            other => {
                let _ = write!(key, "{other}");
            }
        }
    }

    fn with_marks(&self, context: &Json) -> Json {
        match context {
            Json::String(text) => self.to_marks.renamed(text).0.into(),
            Json::Array(items) => items.iter().map(|item| self.with_marks(item)).collect(),
            Json::Object(fields) => {
                let fields = fields.iter();
                fields
                    .map(|(name, value)| (name.clone(), self.with_marks(value)))
                    .collect()
            }
            other => other.clone(),
        }
    }

    fn is_marked(&self, text: &str) -> bool {
        self.stem.find(text.as_bytes()).is_some()
    }

    fn put_names(&self, mapping: &mut Mapping) {
        let is_marked = |key: &Value| !matches!(key, Value::String(text) if !self.is_marked(text));
        if mapping.keys().any(is_marked) {
            for (mut key, value) in std::mem::take(mapping) {
                self.put_into(&mut key);
                mapping.insert(key, value);
            }
        }
        for (_, value) in mapping.iter_mut() {
            self.put_into(value);
        }
    }

    fn put_into(&self, value: &mut Value) {
        match value {
            Value::String(text) if self.is_marked(text) => {
                *text = self.to_names.renamed(text).0;
            }
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.put_into(item)),
            Value::Mapping(mapping) => self.put_names(mapping),
            Value::Tagged(tagged) => {
                self.put_into(&mut tagged.value);
                let tag = tagged.tag.to_string();
                if self.is_marked(&tag) {
                    tagged.tag = Tag::new(self.to_names.renamed(&tag).0);
                }
            }
            _ => {}
        }
    }
}
