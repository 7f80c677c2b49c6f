//! The two texts of an output to the resources that differ.
//!
//! In: the texts. Out: a [`ResourceChange`](Changed) for each resource that is not the same text on
//! both sides. Bodies that are equal but for the account are read once. Refuses texts that are not
//! templates.
//!
//! The hard part: a text of blocks may hold what only makes sense in the whole (see
//! `template::deduplicate`). If one block cannot be read by itself, both texts are read whole.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use crate::deploy::facts::{Defaults, DeployFacts};
use crate::source::FileId;
use crate::template::blocks::{BlockKind, RESOURCES, Scan, scan};
use crate::template::deduplicate::{AccountLabel, Alone, ShapeId, Shapes, alone};
use crate::template::read;
use crate::template::value::Data;
use crate::yaml::parse::parse;

const BINDING: &str = "DefaultOrganizationBinding";
const REGION: &str = "DefaultOrganizationBindingRegion";

/// One side of a resource.
#[derive(Clone, Debug)]
pub(super) struct Version<'text> {
    pub(super) facts: Rc<DeployFacts>,
    /// The account that was removed from the facts.
    pub(super) label: Option<AccountLabel<'text>>,
}

impl Version<'_> {
    /// `text` with the account put back.
    pub(super) fn restore(&self, text: &str) -> String {
        match &self.label {
            Some(label) => label.restore(text),
            None => text.to_owned(),
        }
    }
}

/// A resource that differs.
pub(super) struct Changed<'text> {
    pub(super) id: Cow<'text, str>,
    pub(super) old: Option<Version<'text>>,
    pub(super) new: Option<Version<'text>>,
}

/// A text by blocks.
pub(super) struct Scanned<'text> {
    text: &'text str,
    scan: Scan<'text>,
    alone: Alone,
}

impl<'text> Scanned<'text> {
    pub(super) fn of(text: &'text str) -> Self {
        let scan = scan(text);
        let alone = scan
            .blocks
            .as_ref()
            .map_or(Alone::new(), |blocks| alone(&scan.lines, blocks));
        Self { text, scan, alone }
    }

    /// The resources by logical id, with their texts; `None` if the text has no blocks.
    pub(super) fn resources(&self) -> Option<Vec<(&'text str, &str)>> {
        let blocks = self.scan.blocks.as_ref()?.iter().enumerate();
        let resources = blocks.filter(|(_, block)| block.kind == BlockKind::Resource);
        let text = |(at, block): (usize, &crate::template::blocks::Block<'text>)| {
            let own = self.alone.get(&at).map(String::as_str);
            (
                block.key,
                own.unwrap_or_else(|| self.scan.lines.text_of(&block.lines)),
            )
        };
        Some(resources.map(text).collect())
    }

    /// The text of a section.
    fn section(&self, name: &str) -> Option<&'text str> {
        let mut blocks = self.scan.blocks.as_ref()?.iter();
        let block = blocks.find(|block| block.kind == BlockKind::Section && block.key == name)?;
        Some(self.scan.lines.text_of(&block.lines))
    }
}

/// What was read so far, of all texts.
#[derive(Default)]
pub(super) struct TextReader<'text> {
    shapes: Shapes<'text>,
    /// Every set of defaults; facts depend on them.
    defaults: Vec<Defaults>,
    facts: HashMap<(ShapeId, usize), Rc<DeployFacts>>,
}

impl<'text> TextReader<'text> {
    /// The resources that differ between two texts.
    pub(super) fn changes(
        &mut self,
        old: &'text Scanned<'text>,
        new: &'text Scanned<'text>,
    ) -> Result<Vec<Changed<'text>>, String> {
        match self.by_blocks(old, new) {
            Some(changes) => Ok(changes),
            None => by_parsing(old.text, new.text),
        }
    }

    fn by_blocks(
        &mut self,
        old: &'text Scanned<'text>,
        new: &'text Scanned<'text>,
    ) -> Option<Vec<Changed<'text>>> {
        let sides = (old.resources()?, new.resources()?);
        let defaults = (self.defaults(old)?, self.defaults(new)?);
        let before: HashMap<&str, &str> = sides.0.iter().copied().collect();
        let after: HashMap<&str, &str> = sides.1.iter().copied().collect();
        let mut changes = Vec::new();
        for (id, text) in sides.1 {
            let previous = before.get(id).copied();
            if previous == Some(text) && defaults.0 == defaults.1 {
                continue;
            }
            let old = match previous {
                Some(previous) => Some(self.version(id, previous, defaults.0)?),
                None => None,
            };
            changes.push(Changed {
                id: Cow::Borrowed(id),
                old,
                new: Some(self.version(id, text, defaults.1)?),
            });
        }
        for (id, text) in sides.0 {
            if !after.contains_key(id) {
                changes.push(Changed {
                    id: Cow::Borrowed(id),
                    old: Some(self.version(id, text, defaults.0)?),
                    new: None,
                });
            }
        }
        Some(changes)
    }

    /// The number of the defaults of a text.
    fn defaults(&mut self, text: &'text Scanned<'text>) -> Option<usize> {
        let mut section = |name: &str| match text.section(name) {
            Some(own) => {
                let id = self.shapes.id(own, None);
                Some(Some(self.shapes.parsed(id)?.data.clone()))
            }
            None => Some(None),
        };
        let found = Defaults {
            binding: section(BINDING)?,
            region: section(REGION)?,
        };
        let known = self.defaults.iter().position(|known| *known == found);
        Some(known.unwrap_or_else(|| {
            self.defaults.push(found);
            self.defaults.len() - 1
        }))
    }

    fn version(
        &mut self,
        id: &'text str,
        text: &'text str,
        defaults: usize,
    ) -> Option<Version<'text>> {
        let mut label = AccountLabel::of(id, text);
        let mut shape = self.shapes.id(text, label.as_ref());
        if !self.shapes.parsed(shape)?.is_movable && label.is_some() {
            label = None;
            shape = self.shapes.id(text, None);
        }
        let parsed = self.shapes.parsed(shape)?;
        let known = self.defaults.get(defaults)?;
        let facts = self
            .facts
            .entry((shape, defaults))
            .or_insert_with(|| Rc::new(DeployFacts::of(&parsed.data, known)));
        Some(Version {
            facts: Rc::clone(facts),
            label,
        })
    }
}

type ResourceEntries = Vec<(String, Data)>;

/// The resources that differ, by parsing both texts completely.
fn by_parsing<'text>(old: &str, new: &str) -> Result<Vec<Changed<'text>>, String> {
    let (before, old) = whole(old).map_err(|why| format!("the previous file {why}"))?;
    let (after, new) = whole(new).map_err(|why| format!("the new file {why}"))?;
    let version = |data: &Data, defaults: &Defaults| Version {
        facts: Rc::new(DeployFacts::of(data, defaults)),
        label: None,
    };
    let ids =
        |entries: &ResourceEntries| -> HashMap<String, Data> { entries.iter().cloned().collect() };
    let (old_by_id, new_by_id) = (ids(&old), ids(&new));
    let mut changes = Vec::new();
    for (id, data) in &new {
        let previous = old_by_id.get(id);
        if previous == Some(data) && before == after {
            continue;
        }
        changes.push(Changed {
            id: Cow::Owned(id.clone()),
            old: previous.map(|previous| version(previous, &before)),
            new: Some(version(data, &after)),
        });
    }
    for (id, data) in old.iter().filter(|(id, _)| !new_by_id.contains_key(id)) {
        changes.push(Changed {
            id: Cow::Owned(id.clone()),
            old: Some(version(data, &before)),
            new: None,
        });
    }
    Ok(changes)
}

/// The defaults and the resources of a template.
fn whole(text: &str) -> Result<(Defaults, ResourceEntries), String> {
    let refused = || "is not a template that can be read".to_owned();
    let document = parse(FileId(0), text).map_err(|_| refused())?;
    if document.root.is_null() {
        return Ok((Defaults::default(), Vec::new()));
    }
    let root = read::read(&document.root, &mut read::budget(text.len())).ok_or_else(refused)?;
    if root.fields().is_none() {
        return Err(refused());
    }
    let defaults = Defaults {
        binding: root.get(BINDING).cloned(),
        region: root.get(REGION).cloned(),
    };
    let resources = root.get(RESOURCES).and_then(Data::fields);
    Ok((defaults, resources.unwrap_or_default().to_vec()))
}
