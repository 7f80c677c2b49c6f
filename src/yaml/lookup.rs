//! The texts of a run with their trees, and how to look things up in them.
//!
//! Lookups see what OrgFormation sees: aliases are followed, `!Include` is replaced by the file
//! that it names, and merge keys (`<<`) are applied as js-yaml applies them (the mapping's own key
//! wins over a merged one, an earlier merge over a later).

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Result};
use crate::source::{FileId, Sources, Span};
use crate::yaml::node::{Document, Entry, Kind, Node};
use crate::yaml::rules::{TOO_MANY_NODES, UNREADABLE, WRONG_TYPE};

/// The tag that includes another file's content.
pub const INCLUDE: &str = "!Include";

/// Every file of a run, parsed.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// The texts.
    pub sources: Sources,
    /// The trees of the files that are YAML.
    pub documents: HashMap<FileId, Document>,
    /// Every file that was read, by its path without links.
    pub read: HashMap<PathBuf, FileId>,
    /// Which file an `!Include` of a path, written in a file, stands for.
    pub includes: HashMap<(FileId, String), FileId>,
    /// The folder that included files must be in; `None` is the folder tree of each template.
    pub include_root: Option<PathBuf>,
}

/// A key and value of a mapping, as OrgFormation sees it.
#[derive(Clone, Debug)]
pub struct Field {
    /// The key.
    pub key: String,
    /// Where the key is written.
    pub key_span: Span,
    /// The value.
    pub value: Arc<Node>,
}

/// The same in place: nothing is copied.
#[derive(Clone, Copy, Debug)]
pub struct FieldRef<'run> {
    /// The key.
    pub key: &'run str,
    /// Where the key is written.
    pub key_span: Span,
    /// The value.
    pub value: &'run Arc<Node>,
}

impl<'run> FieldRef<'run> {
    fn of_entry(entry: &'run Entry) -> Option<Self> {
        Some(Self {
            key: entry.key.text()?,
            key_span: entry.key.span,
            value: &entry.value,
        })
    }

    fn of_field(field: &'run Field) -> Self {
        Self {
            key: &field.key,
            key_span: field.key_span,
            value: &field.value,
        }
    }
}

/// The most mappings that the merge keys of one mapping may bring together.
const MERGE_LIMIT: usize = 1_000;

impl Library {
    /// The tree of a file that was read.
    ///
    /// # Errors
    ///
    /// `unreadable` if it was not read.
    pub fn document(&self, file: FileId) -> Result<&Document> {
        self.documents.get(&file).ok_or_else(|| {
            let message = "a file that was not read cannot be expanded";
            vec![Diagnostic::without_place(&UNREADABLE, message)]
        })
    }

    /// The node that `node` stands for, through its alias, or the root of the included file.
    pub fn follow(&self, node: &Arc<Node>) -> Arc<Node> {
        let mut node = Arc::clone(node);
        loop {
            if let Kind::Alias(target, _) = &node.kind {
                node = Arc::clone(target);
            } else if let Some(root) = self.included(&node) {
                node = root;
            } else {
                return node;
            }
        }
    }

    /// The root of the file that `node` includes, if it is an `!Include`.
    pub fn included(&self, node: &Node) -> Option<Arc<Node>> {
        if node.tag_name() != Some(INCLUDE) {
            return None;
        }
        let Kind::Scalar(path, _) = &node.kind else {
            return None;
        };
        let file = self.includes.get(&(node.span.file, path.clone()))?;
        Some(Arc::clone(&self.documents.get(file)?.root))
    }

    /// The keys and values of a mapping, merge keys applied; empty for null.
    ///
    /// # Errors
    ///
    /// `wrong-type` if `node` is not a mapping, a key is not a scalar, or a merge key's value is
    /// no mapping.
    pub fn mapping(&self, node: &Arc<Node>) -> Result<Vec<Field>> {
        if self.follow(node).is_null() {
            return Ok(Vec::new());
        }
        let mut left = MERGE_LIMIT;
        self.merged(node, &mut left)
    }

    /// The fields of a mapping, each merged mapping completed first; at most `left` of these.
    fn merged(&self, node: &Arc<Node>, left: &mut usize) -> Result<Vec<Field>> {
        let wrong = |span, message: String| {
            vec![
                Diagnostic::new(&WRONG_TYPE, span, message)
                    .help("write `key: value`, one per line"),
            ]
        };
        let target = self.follow(node);
        let Kind::Mapping(entries, _) = &target.kind else {
            return Err(wrong(
                node.whole_span(),
                format!("expected a mapping, found {}", target.describe()),
            ));
        };
        let Some(fewer) = left.checked_sub(1) else {
            let message = format!("merge keys combine more than {MERGE_LIMIT} mappings");
            return Err(vec![
                Diagnostic::new(&TOO_MANY_NODES, node.whole_span(), message)
                    .help("use fewer merge keys, or fewer levels of them"),
            ]);
        };
        *left = fewer;
        let mut fields: Vec<Field> = Vec::with_capacity(entries.len());
        // Only merge keys can bring a key twice: the parser refuses duplicates.
        let mut known: Option<HashMap<String, usize>> =
            entries.iter().any(Entry::is_merge).then(HashMap::new);
        for entry in entries {
            let Some(key) = entry.key.text() else {
                return Err(wrong(
                    entry.key.whole_span(),
                    format!("expected text as a key, found {}", entry.key.describe()),
                ));
            };
            if !entry.is_merge() {
                let field = Field {
                    key: key.to_owned(),
                    key_span: entry.key.span,
                    value: Arc::clone(&entry.value),
                };
                // The mapping's own key replaces a merged one.
                put(field, FieldOrigin::Own, &mut fields, known.as_mut());
                continue;
            }
            let source = self.follow(&entry.value);
            let sources = match &source.kind {
                Kind::Sequence(items, _) => items.clone(),
                _ => vec![Arc::clone(&entry.value)],
            };
            for source in sources {
                for field in self.merged(&source, left)? {
                    put(field, FieldOrigin::Merged, &mut fields, known.as_mut());
                }
            }
        }
        Ok(fields)
    }

    /// The value of `key` in a mapping, merge keys applied.
    ///
    /// # Errors
    ///
    /// As [`Library::mapping`].
    pub fn field(&self, node: &Arc<Node>, key: &str) -> Result<Option<Arc<Node>>> {
        let target = self.follow(node);
        if own_fields(&target).is_some() {
            return Ok(target.get(key).cloned());
        }
        Ok(self
            .mapping(node)?
            .into_iter()
            .find(|field| field.key == key)
            .map(|field| field.value))
    }

    /// What `then` returns for the keys and values of a mapping, merge keys applied.
    ///
    /// # Errors
    ///
    /// As [`Library::mapping`], and those of `then`.
    pub fn with_fields<T>(
        &self,
        node: &Arc<Node>,
        then: impl FnOnce(&[FieldRef<'_>]) -> Result<T>,
    ) -> Result<T> {
        let target = self.follow(node);
        if let Some(entries) = own_fields(&target) {
            let fields: Vec<_> = entries.iter().filter_map(FieldRef::of_entry).collect();
            return then(&fields);
        }
        let fields = self.mapping(node)?;
        let fields: Vec<_> = fields.iter().map(FieldRef::of_field).collect();
        then(&fields)
    }

    /// The items of a sequence; one item if `node` is a single value, none for null.
    pub fn items(&self, node: &Arc<Node>) -> Vec<Arc<Node>> {
        let target = self.follow(node);
        match &target.kind {
            Kind::Sequence(items, _) if target.tag.is_none() => items.clone(),
            _ if target.is_null() => Vec::new(),
            _ => vec![Arc::clone(node)],
        }
    }

    /// The name that `node` refers to: `!Ref Name` or `{ Ref: Name }`.
    pub fn reference(&self, node: &Arc<Node>) -> Option<String> {
        let target = self.follow(node);
        match (&target.kind, target.tag_name()) {
            (Kind::Scalar(name, _), Some("!Ref")) => Some(name.clone()),
            (Kind::Mapping(entries, _), None) => match entries.as_slice() {
                [entry] if entry.key.text() == Some("Ref") => entry.value.text().map(str::to_owned),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The entries of a mapping of which each is a field: no merge key, and no key that is wrong.
fn own_fields(node: &Node) -> Option<&[Entry]> {
    let is_field = |entry: &Entry| entry.key.text().is_some() && !entry.is_merge();
    node.entries()
        .filter(|entries| entries.iter().all(is_field))
}

/// Which mapping a key is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FieldOrigin {
    /// In the mapping itself.
    Own,
    /// In one that a merge key brings in.
    Merged,
}

/// Puts a field where it belongs; only the mapping's own keys replace an existing field.
fn put(
    field: Field,
    origin: FieldOrigin,
    fields: &mut Vec<Field>,
    known: Option<&mut HashMap<String, usize>>,
) {
    let Some(known) = known else {
        fields.push(field);
        return;
    };
    match known.get(&field.key).and_then(|at| fields.get_mut(*at)) {
        Some(place) if origin == FieldOrigin::Own => *place = field,
        Some(_) => {}
        None => {
            known.insert(field.key.clone(), fields.len());
            fields.push(field);
        }
    }
}
