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

use foldhash::HashMap;

use crate::template::aliased::Alone;
use crate::template::blocks::{Block, BlockKind, Lines};
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
    /// The texts of blocks that need more than their lines to be read; see `aliased`.
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

/// A block that is only in one of the texts.
#[derive(Clone, Debug)]
pub(crate) struct LoneBlock<'text> {
    /// Its number.
    pub(crate) at: usize,
    /// The account that was removed from its shape.
    pub(crate) label: Option<AccountLabel<'text>>,
    /// Its shape.
    pub(crate) shape: ShapeId,
    /// Whether it is also the shape without the account of a label that was renamed.
    is_for_renamed: bool,
}

/// The blocks of two texts.
#[derive(Clone, Debug)]
pub(crate) struct AlignedBlocks<'text> {
    /// Those that are in both texts, in the order of the new one.
    pub(crate) pairs: Vec<BlockPair<'text>>,
    /// Those that are only in the previous text.
    pub(crate) old: Vec<LoneBlock<'text>>,
    /// Those that are only in the new text.
    pub(crate) new: Vec<LoneBlock<'text>>,
}

/// Which blocks are in both texts.
pub(crate) fn aligned<'text>(
    old: &BlockSide<'_, 'text>,
    new: &BlockSide<'_, 'text>,
    shapes: &mut Shapes<'text>,
) -> AlignedBlocks<'text> {
    let blocks = old.blocks.iter().enumerate();
    let mut left: HashMap<(BlockKind, &str), usize> = blocks
        .map(|(at, block)| ((block.kind, block.key), at))
        .collect();
    let mut found = AlignedBlocks {
        pairs: Vec::new(),
        old: Vec::new(),
        new: Vec::new(),
    };
    for (at, block) in new.blocks.iter().enumerate() {
        match left.remove(&(block.kind, block.key)) {
            Some(before) => found.pairs.push(BlockPair {
                old: before,
                new: at,
                difference: difference(old, before, new, at, shapes),
            }),
            None => found.new.push(LoneBlock::of(new, at, shapes)),
        }
    }
    let mut gone: Vec<usize> = left.into_values().collect();
    gone.sort_unstable();
    let gone = gone.into_iter();
    found.old = gone.map(|at| LoneBlock::of(old, at, shapes)).collect();
    found
}

impl<'text> LoneBlock<'text> {
    fn of(side: &BlockSide<'_, 'text>, at: usize, shapes: &mut Shapes<'text>) -> Self {
        let label = side.label(at);
        let (shape, is_for_renamed) = shapes.id_for_renamed(side.text(at), label.as_ref());
        Self {
            at,
            label,
            shape,
            is_for_renamed,
        }
    }

    /// Its shape without the account of `label`, which was renamed.
    fn renamed(
        &self,
        side: &BlockSide<'_, 'text>,
        label: Option<&AccountLabel<'text>>,
        shapes: &mut Shapes<'text>,
    ) -> ShapeId {
        if self.is_for_renamed {
            self.shape
        } else {
            shapes.id(side.text(self.at), label)
        }
    }
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

/// The pairs, and those of resources whose logical ids differ only in what comes before the account: those
/// of a renamed macro. What they say is not compared as that of one resource, but their lines are.
pub(crate) fn with_renamed<'text>(
    old: &BlockSide<'_, 'text>,
    new: &BlockSide<'_, 'text>,
    blocks: AlignedBlocks<'text>,
    shapes: &mut Shapes<'text>,
) -> Vec<BlockPair<'text>> {
    let mut pairs = blocks.pairs;
    if blocks.old.is_empty() || blocks.new.is_empty() {
        return pairs;
    }
    let mut by_tail: HashMap<_, Option<usize>> = HashMap::default();
    for (at, block) in blocks.old.iter().enumerate() {
        if let Some(tail) = tail(old, block) {
            let place = by_tail.entry(tail);
            // Of several, none is the one.
            place
                .and_modify(|several| *several = None)
                .or_insert(Some(at));
        }
    }
    let mut partners = vec![Partner::None; blocks.old.len()];
    for to in &blocks.new {
        let known = tail(new, to).and_then(|tail| *by_tail.get(&tail)?);
        if let Some(partner) = known.and_then(|at| partners.get_mut(at)) {
            *partner = match partner {
                Partner::None => Partner::One(to),
                Partner::One(_) | Partner::Several => Partner::Several,
            };
        }
    }
    for (from, partner) in blocks.old.iter().zip(partners) {
        let (Partner::One(to), Some(before)) = (partner, &from.label) else {
            continue;
        };
        let label = to.label.clone().map(|label| label.renamed_from(before));
        pairs.push(BlockPair {
            old: from.at,
            new: to.at,
            difference: Some(BlockDifference {
                old: from.renamed(old, label.as_ref(), shapes),
                new: to.renamed(new, label.as_ref(), shapes),
                label,
            }),
        });
    }
    pairs.sort_by_key(|pair| pair.new);
    pairs
}

/// The resources that a removed one may have become.
#[derive(Clone, Copy)]
enum Partner<'run, 'text> {
    None,
    One(&'run LoneBlock<'text>),
    Several,
}

/// The account of a resource, and what its logical id says after it.
fn tail<'text>(
    side: &BlockSide<'_, 'text>,
    block: &LoneBlock<'text>,
) -> Option<(&'text str, &'text str)> {
    let label = block.label.as_ref()?;
    Some((label.account(), label.tail(side.blocks.get(block.at)?.key)?))
}

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
