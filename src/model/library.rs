//! The texts of a run with their trees, and how to look things up in them.
//!
//! Lookups see what OrgFormation sees: aliases are followed, `!Include` is replaced by the file
//! that it names, and merge keys (`<<`) are applied as js-yaml applies them (a key of one's own
//! wins over a merged one, an earlier merge over a later).

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::diagnostic::{Code, Diagnostic, Result};
use super::node::{Document, Kind, Node};
use super::source::{FileId, Sources, Span};

/// The tag that stands for another file's content.
pub const INCLUDE: &str = "!Include";

/// Every file of a run, parsed.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// The texts.
    pub sources: Sources,
    /// The trees of the files that are YAML.
    pub documents: HashMap<FileId, Document>,
    /// Which file an `!Include` of a path, written in a file, stands for.
    pub includes: HashMap<(FileId, String), FileId>,
}

/// A key and value of a mapping, as OrgFormation sees it.
#[derive(Clone, Debug)]
pub struct Field {
    /// The key.
    pub key: String,
    /// Where the key is written.
    pub key_span: Span,
    /// The value.
    pub value: Rc<Node>,
}

/// The most mappings that the merge keys of one mapping may bring together.
const MERGE_LIMIT: usize = 1_000;

/// A mapping on its way to be whole.
#[derive(Default)]
struct Merged {
    fields: Vec<Field>,
    known: HashSet<String>,
    mappings: usize,
}

impl Library {
    /// The node that `node` stands for: behind its alias, or the content of the file it includes.
    pub fn follow(&self, node: &Rc<Node>) -> Rc<Node> {
        let mut node = Rc::clone(node);
        loop {
            if let Kind::Alias(target, _) = &node.kind {
                node = Rc::clone(target);
            } else if let Some(root) = self.included(&node) {
                node = root;
            } else {
                return node;
            }
        }
    }

    /// The root of the file that `node` includes, if it is an `!Include`.
    pub fn included(&self, node: &Node) -> Option<Rc<Node>> {
        if node.tag_name() != Some(INCLUDE) {
            return None;
        }
        let Kind::Scalar(path, _) = &node.kind else {
            return None;
        };
        let file = self.includes.get(&(node.span.file, path.clone()))?;
        Some(Rc::clone(&self.documents.get(file)?.root))
    }

    /// The keys and values of a mapping, merge keys applied; empty for null.
    ///
    /// # Errors
    ///
    /// `wrong-type` where `node` is no mapping, a key is no scalar, or a merge key's value is
    /// no mapping.
    pub fn mapping(&self, node: &Rc<Node>) -> Result<Vec<Field>> {
        let mut merged = Merged::default();
        self.collect(node, true, &mut merged)?;
        Ok(merged.fields)
    }

    fn collect(&self, node: &Rc<Node>, own: bool, merged: &mut Merged) -> Result<()> {
        let wrong = |span, message: String| {
            vec![
                Diagnostic::error(Code::WrongType, span, message)
                    .help("write `key: value`, one a line"),
            ]
        };
        let target = self.follow(node);
        if target.is_null() && own {
            return Ok(());
        }
        let Kind::Mapping(entries, _) = &target.kind else {
            return Err(wrong(
                node.whole_span(),
                format!("expected a mapping, found {}", target.describe()),
            ));
        };
        merged.mappings += 1;
        if merged.mappings > MERGE_LIMIT {
            let message = format!("merge keys bring more than {MERGE_LIMIT} mappings together");
            return Err(vec![
                Diagnostic::error(Code::TooManyNodes, node.whole_span(), message)
                    .help("use fewer merge keys, or fewer levels of them"),
            ]);
        }
        // Without merge keys there is nothing to find twice: the parser refuses duplicates.
        let alone = own && !entries.iter().any(|entry| entry.key.text() == Some("<<"));
        let mut merges = Vec::new();
        for entry in entries {
            let Some(key) = entry.key.text() else {
                return Err(wrong(
                    entry.key.whole_span(),
                    format!("expected text as a key, found {}", entry.key.describe()),
                ));
            };
            if key == "<<" {
                merges.push(&entry.value);
                continue;
            }
            if !alone && !merged.known.insert(key.to_owned()) {
                continue;
            }
            merged.fields.push(Field {
                key: key.to_owned(),
                key_span: entry.key.span,
                value: Rc::clone(&entry.value),
            });
        }
        for merge in merges {
            let source = self.follow(merge);
            match &source.kind {
                Kind::Sequence(items, _) => {
                    for item in items {
                        self.collect(item, false, merged)?;
                    }
                }
                _ => self.collect(merge, false, merged)?,
            }
        }
        Ok(())
    }

    /// The value of `key` in a mapping, merge keys applied.
    ///
    /// # Errors
    ///
    /// As [`Library::mapping`].
    pub fn field(&self, node: &Rc<Node>, key: &str) -> Result<Option<Rc<Node>>> {
        let target = self.follow(node);
        if let Some(entries) = target.entries()
            && entries
                .iter()
                .all(|entry| entry.key.text().is_some_and(|key| key != "<<"))
        {
            return Ok(target.get(key).cloned());
        }
        Ok(self
            .mapping(node)?
            .into_iter()
            .find(|field| field.key == key)
            .map(|field| field.value))
    }

    /// The items of a sequence; one item where `node` is a single value, none for null.
    pub fn items(&self, node: &Rc<Node>) -> Vec<Rc<Node>> {
        let target = self.follow(node);
        match &target.kind {
            Kind::Sequence(items, _) if target.tag.is_none() => items.clone(),
            _ if target.is_null() => Vec::new(),
            _ => vec![Rc::clone(node)],
        }
    }

    /// The name that `node` refers to: `!Ref Name` or `{ Ref: Name }`.
    pub fn reference(&self, node: &Rc<Node>) -> Option<String> {
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
