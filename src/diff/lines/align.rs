//! The blocks of two texts to pairs.
//!
//! In: the blocks. Out: which blocks belong together, by kind and key, with the shapes of those
//! that differ. Blocks that are the same bytes are separated from the others here, before anything
//! is parsed. Refuses nothing.
//!
//! Resources of a renamed macro have other keys. Only their lines are compared ([`with_renamed`]).
//!
//! The hard thing: blocks may have moved. The text can only be shown as a sequence, so
//! [`in_order`] picks the longest run of pairs that are in the same order on both sides.

use std::collections::{BTreeMap, HashMap};

use foldhash::HashSet;

use crate::template::blocks::{Block, BlockKind, Lines};
use crate::template::deduplicate::Alone;
use crate::template::deduplicate::{AccountLabel, ShapeId, Shapes};

/// A block that is in both texts.
#[derive(Clone, Debug)]
pub(crate) struct BlockPair<'text> {
    /// Its number in the previous text.
    pub(crate) old: usize,
    /// Its number in the new text.
    pub(crate) new: usize,
    /// How it differs; `None` if both are the same bytes.
    pub(crate) difference: Option<BlockDifference<'text>>,
}

/// The two sides of a block that differs.
#[derive(Clone, Debug)]
pub(crate) struct BlockDifference<'text> {
    /// The account that was removed from both shapes.
    pub(crate) label: Option<AccountLabel<'text>>,
    /// The shape in the previous text.
    pub(crate) old: ShapeId,
    /// The shape in the new text.
    pub(crate) new: ShapeId,
}

impl<'text> BlockDifference<'text> {
    /// That of two texts, without the account of `label`.
    fn of(
        (old, new): (&'text str, &'text str),
        label: Option<AccountLabel<'text>>,
        shapes: &mut Shapes<'text>,
    ) -> Self {
        Self {
            old: shapes.id(old, label.as_ref()),
            new: shapes.id(new, label.as_ref()),
            label,
        }
    }
}

/// One text's blocks with its lines.
pub(crate) struct BlockSide<'run, 'text> {
    /// The lines.
    pub(crate) lines: &'run Lines<'text>,
    /// The blocks.
    pub(crate) blocks: &'run [Block<'text>],
    /// The texts of blocks that need more than their lines to be read; see `anchors`.
    pub(crate) alone: Option<&'text Alone>,
}

impl<'text> BlockSide<'_, 'text> {
    /// The text of block `at`, as it can be read by itself.
    pub(crate) fn text(&self, at: usize) -> &'text str {
        if let Some(alone) = self.alone.and_then(|alone| alone.get(&at)) {
            return alone;
        }
        match self.blocks.get(at) {
            // With the byte order mark.
            Some(first) if first.lines.start == 0 => self.lines.text_of(&first.lines),
            Some(block) => block.text,
            None => "",
        }
    }

    /// The label of block `at`.
    pub(crate) fn label(&self, at: usize) -> Option<AccountLabel<'text>> {
        let block = self.blocks.get(at)?;
        (block.kind == BlockKind::Resource).then_some(())?;
        AccountLabel::of(block.key, self.text(at))
    }
}

/// The blocks that are in both texts, in the order of the new one.
pub(crate) fn pairs<'text>(
    old: &BlockSide<'_, 'text>,
    new: &BlockSide<'_, 'text>,
    shapes: &mut Shapes<'text>,
) -> Vec<BlockPair<'text>> {
    let known: HashMap<(BlockKind, &str), usize> = old
        .blocks
        .iter()
        .enumerate()
        .map(|(at, block)| ((block.kind, block.key), at))
        .collect();
    let found = new.blocks.iter().enumerate().filter_map(|(at, block)| {
        let before = *known.get(&(block.kind, block.key))?;
        Some((before, at))
    });
    found
        .map(|(before, after)| BlockPair {
            old: before,
            new: after,
            difference: difference(old, before, new, after, shapes),
        })
        .collect()
}

fn difference<'text>(
    old: &BlockSide<'_, 'text>,
    before: usize,
    new: &BlockSide<'_, 'text>,
    after: usize,
    shapes: &mut Shapes<'text>,
) -> Option<BlockDifference<'text>> {
    let (from, to) = (old.text(before), new.text(after));
    if from == to {
        return None;
    }
    // The same account is removed from both, whatever the binding of the previous one was.
    Some(BlockDifference::of((from, to), new.label(after), shapes))
}

/// `pairs`, and the pairs of resources whose logical ids differ only in what comes before the account: those
/// of a renamed macro. What they say is not compared as that of one resource, but their lines are.
pub(crate) fn with_renamed<'text>(
    old: &BlockSide<'_, 'text>,
    new: &BlockSide<'_, 'text>,
    mut pairs: Vec<BlockPair<'text>>,
    shapes: &mut Shapes<'text>,
) -> Vec<BlockPair<'text>> {
    let (kept_old, kept_new): (HashSet<usize>, HashSet<usize>) =
        pairs.iter().map(|pair| (pair.old, pair.new)).unzip();
    if kept_old.len() == old.blocks.len() || kept_new.len() == new.blocks.len() {
        return pairs;
    }
    let before = alone_by_tail(old, &kept_old);
    let after = alone_by_tail(new, &kept_new);
    for (known, place) in after {
        let both = before.get(&known).and_then(Option::as_ref).zip(place);
        let Some(((old_at, old_label), (new_at, label))) = both else {
            continue;
        };
        let label = label.renamed_from(old_label);
        let texts = (old.text(*old_at), new.text(new_at));
        pairs.push(BlockPair {
            old: *old_at,
            new: new_at,
            difference: Some(BlockDifference::of(texts, Some(label), shapes)),
        });
    }
    pairs.sort_by_key(|pair| pair.new);
    pairs
}

/// The resources that are not in `kept` by their account and what their logical ids say after it; `None` if
/// there are several.
fn alone_by_tail<'text>(side: &BlockSide<'_, 'text>, kept: &HashSet<usize>) -> ByTail<'text> {
    let mut found = ByTail::new();
    for (at, block) in side.blocks.iter().enumerate() {
        if kept.contains(&at) {
            continue;
        }
        let Some(label) = side.label(at) else {
            continue;
        };
        if let Some(tail) = label.tail(block.key) {
            let place = found.entry((label.account(), tail));
            place
                .and_modify(|several| *several = None)
                .or_insert(Some((at, label)));
        }
    }
    found
}

type ByTail<'text> = BTreeMap<(&'text str, &'text str), Option<(usize, AccountLabel<'text>)>>;

/// The longest run of pairs that are in the same order in both texts.
pub(crate) fn in_order<'run, 'text>(
    pairs: &'run [BlockPair<'text>],
) -> Vec<&'run BlockPair<'text>> {
    if pairs.is_sorted_by_key(|pair| pair.old) {
        return pairs.iter().collect();
    }
    // Patience: `ends` holds, for each length, the pair that ends the best run of that length.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|(old, _)| *old < pair.old);
        before.push(
            length
                .checked_sub(1)
                .and_then(|i| ends.get(i))
                .map(|(_, end)| *end),
        );
        match ends.get_mut(length) {
            Some(end) => *end = (pair.old, at),
            None => ends.push((pair.old, at)),
        }
    }
    let mut run = Vec::with_capacity(ends.len());
    let mut at = ends.last().map(|(_, at)| *at);
    while let Some(pair) = at.and_then(|at| pairs.get(at)) {
        run.push(pair);
        at = at.and_then(|at| before.get(at).copied().flatten());
    }
    run.reverse();
    run
}
