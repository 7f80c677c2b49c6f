//! Resources and sections to what changed in what they say.
//!
//! In: the blocks of two texts. Out: a [`Meaning`]. Equal bytes are only checked to be what they
//! look like, once per shape; what differs is compared once per pair of shapes and reported for
//! each account. Refuses texts with a block that is not what it looks like; `whole` reads these.
//!
//! The hard thing: it must find what parsing both complete texts finds. A property test checks
//! that.

use std::sync::Arc;

use foldhash::HashMap;

use crate::diff::resources::{Change, ChangeKind, Detail, Meaning, PolicyDocument, SectionChange};

use crate::diff::lines::align::{AlignedBlocks, BlockDifference, BlockPair, BlockSide, LoneBlock};
use crate::diff::resources::details::details;
use crate::diff::resources::facts::{ResourceFacts, changes};
use crate::template::blocks::{BlockKind, RESOURCES};
use crate::template::deduplicate::{AccountLabel, ShapeId, Shapes};
use crate::template::parsed::Parsed;
use crate::template::value::Data;

/// What changed, block by block; `None` if a block is not what it looks like.
pub(crate) fn by_blocks<'text>(
    old: &BlockSide<'_, 'text>,
    new: &BlockSide<'_, 'text>,
    aligned: &AlignedBlocks<'text>,
    shapes: &mut Shapes<'text>,
) -> Option<Meaning> {
    let mut blocks = Blocks {
        shapes,
        told: HashMap::default(),
        facts: HashMap::default(),
        meaning: Meaning::default(),
    };
    let alone = aligned.new.len() + aligned.old.len();
    blocks.meaning.resources.reserve(alone);
    let mut added = aligned.new.iter().peekable();
    for pair in &aligned.pairs {
        while let Some(block) = added.next_if(|block| block.at < pair.new) {
            blocks.whole(new, block, ChangeKind::Added)?;
        }
        match &pair.difference {
            None => blocks.check(new, pair.new)?,
            Some(difference) => blocks.changed(old, new, pair, difference)?,
        }
    }
    for block in added {
        blocks.whole(new, block, ChangeKind::Added)?;
    }
    for block in &aligned.old {
        blocks.whole(old, block, ChangeKind::Removed)?;
    }
    Some(blocks.meaning)
}

/// A comparison by blocks, with what it knows already.
struct Blocks<'run, 'text> {
    shapes: &'run mut Shapes<'text>,
    told: HashMap<(ShapeId, ShapeId), Told>,
    facts: HashMap<ShapeId, ResourceFacts>,
    meaning: Meaning,
}

/// What changed between two shapes.
#[derive(Clone)]
struct Told {
    details: Arc<[Detail]>,
    /// Whether the details name the account, and so differ by account.
    is_marked: bool,
}

impl<'text> Blocks<'_, 'text> {
    /// Checks that a block that did not change is what it looks like.
    fn check(&mut self, side: &BlockSide<'_, 'text>, at: usize) -> Option<()> {
        if is_header(side, at) {
            return Some(());
        }
        let id = self.shapes.id(side.text(at), side.label(at).as_ref());
        self.shapes.parsed(id).map(|_| ())
    }

    /// A block that is only on one side.
    fn whole(
        &mut self,
        side: &BlockSide<'_, 'text>,
        lone: &LoneBlock<'text>,
        kind: ChangeKind,
    ) -> Option<()> {
        if is_header(side, lone.at) {
            return Some(());
        }
        let block = side.blocks.get(lone.at)?;
        let mut label = lone.label.as_ref();
        let mut id = lone.shape;
        if !self.shapes.parsed(id)?.is_movable {
            label = None;
            id = self.shapes.id(side.text(lone.at), None);
        }
        let parsed = self.shapes.parsed(id)?;
        match block.kind {
            BlockKind::Section => self.section(block.key, kind),
            BlockKind::Resource => {
                let facts = self.facts(id, &parsed, label);
                let change = facts.change(block.key, kind, Arc::from([]));
                self.meaning.resources.push(change);
            }
        }
        Some(())
    }

    fn section(&mut self, name: &str, kind: ChangeKind) {
        self.meaning.sections.push(SectionChange {
            name: name.to_owned(),
            kind,
        });
    }

    /// A block whose bytes differ.
    fn changed(
        &mut self,
        old: &BlockSide<'_, 'text>,
        new: &BlockSide<'_, 'text>,
        pair: &BlockPair<'text>,
        difference: &BlockDifference<'text>,
    ) -> Option<()> {
        if is_header(new, pair.new) {
            return Some(());
        }
        let block = new.blocks.get(pair.new)?;
        let mut ids = (difference.old, difference.new);
        let mut label = difference.label.as_ref();
        let is_movable =
            self.shapes.parsed(ids.0)?.is_movable && self.shapes.parsed(ids.1)?.is_movable;
        if !is_movable {
            label = None;
            let texts = (old.text(pair.old), new.text(pair.new));
            ids = (self.shapes.id(texts.0, None), self.shapes.id(texts.1, None));
        }
        let (from, to) = (self.shapes.parsed(ids.0)?, self.shapes.parsed(ids.1)?);
        let told = self
            .told
            .entry(ids)
            .or_insert_with(|| told(&from.data, &to.data))
            .clone();
        if told.details.is_empty() {
            return Some(());
        }
        if block.kind == BlockKind::Section {
            self.section(block.key, ChangeKind::Changed);
            return Some(());
        }
        let facts = (
            self.facts(ids.0, &from, label),
            self.facts(ids.1, &to, label),
        );
        let details = match label {
            Some(label) if told.is_marked => restored(&told.details, label),
            _ => told.details,
        };
        self.meaning
            .resources
            .extend(changes(block.key, facts.0, facts.1, details));
        Some(())
    }

    fn facts(
        &mut self,
        id: ShapeId,
        parsed: &Parsed,
        label: Option<&AccountLabel<'_>>,
    ) -> ResourceFacts {
        let facts = self
            .facts
            .entry(id)
            .or_insert_with(|| ResourceFacts::of(&parsed.data));
        match label {
            Some(label) => facts.restored(label),
            None => facts.clone(),
        }
    }
}

/// Whether a block is the line `Resources:`, which means nothing by itself.
fn is_header(side: &BlockSide<'_, '_>, at: usize) -> bool {
    side.blocks
        .get(at)
        .is_some_and(|block| block.kind == BlockKind::Section && block.key == RESOURCES)
}

fn told(old: &Data, new: &Data) -> Told {
    let details = details(old, new);
    let mut is_marked = false;
    for detail in &details {
        each_text(&mut detail.clone(), &mut |text| {
            is_marked |= AccountLabel::is_marked(text);
        });
    }
    Told {
        details: Arc::from(details),
        is_marked,
    }
}

fn restored(details: &[Detail], label: &AccountLabel<'_>) -> Arc<[Detail]> {
    details
        .iter()
        .map(|detail| {
            let mut detail = detail.clone();
            each_text(&mut detail, &mut |text| *text = label.restore(text));
            detail
        })
        .collect()
}

/// Calls `act` with every text of a detail that comes from the resource.
fn each_text(detail: &mut Detail, act: &mut dyn FnMut(&mut String)) {
    if let Some(PolicyDocument::Inline(name) | PolicyDocument::Attribute(name)) =
        &mut detail.document
    {
        act(name);
    }
    detail.statement.iter_mut().for_each(&mut *act);
    detail.element.iter_mut().for_each(&mut *act);
    match &mut detail.change {
        Change::Added(value) | Change::Removed(value) => value.iter_mut().for_each(act),
        Change::Replaced { from, to } => [from, to].into_iter().for_each(act),
        Change::Items { added, removed } => added.iter_mut().chain(removed).for_each(act),
        Change::Reordered => {}
    }
}
