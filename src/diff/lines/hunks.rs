//! Two texts to the lines that differ.
//!
//! In: two texts by lines, and their blocks if they have any. Out: unified [`Hunk`]s. Blocks
//! are aligned first, so that only those that differ are compared line by line, once per pair of
//! shapes. Nothing is refused; if finding the shortest difference takes too long (see
//! [`PATIENCE`]), a longer one is shown.
//!
//! The hard thing: the lines must add up. Whatever the alignment, the hunks turn the one text
//! into the other, byte by byte; a property test applies them.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, TextDiff, group_diff_ops};

use crate::diff::lines::{DiffLine, Hunk, LineKind};

use crate::diff::lines::align::{BlockPair, BlockSide, in_order};
use crate::template::blocks::{Block, Lines};
use crate::template::deduplicate::ShapeId;

/// How many lines are shown around a difference.
const CONTEXT: usize = 3;

/// How long to look for the shortest difference. Texts that differ as generated files do take a
/// hundredth of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hunks of two texts, aligned by `pairs` if there are any.
pub(crate) fn hunks<'text>(
    old: &BlockSide<'_, 'text>,
    new: &BlockSide<'_, 'text>,
    pairs: &[BlockPair<'text>],
) -> Vec<Hunk<'text>> {
    let mut differ = Differ {
        old: old.lines,
        new: new.lines,
        deadline: Instant::now() + PATIENCE,
        known: HashMap::new(),
        ops: Vec::new(),
    };
    let (mut from, mut to) = (0, 0);
    for pair in in_order(pairs) {
        let (Some(before), Some(after)) = (old.blocks.get(pair.old), new.blocks.get(pair.new))
        else {
            continue;
        };
        differ.between(from..before.lines.start, to..after.lines.start);
        match &pair.difference {
            None => differ.same(before, after),
            Some(difference) => differ.pair(before, after, (difference.old, difference.new)),
        }
        (from, to) = (before.lines.end, after.lines.end);
    }
    differ.between(from..old.lines.len(), to..new.lines.len());
    group_diff_ops(differ.ops, CONTEXT)
        .iter()
        .map(|ops| hunk(old, new, ops))
        .collect()
}

/// Collects the differences of two texts from front to back.
struct Differ<'run, 'text> {
    old: &'run Lines<'text>,
    new: &'run Lines<'text>,
    deadline: Instant,
    /// The differences of pairs of shapes, with line numbers that begin at 0.
    known: HashMap<(ShapeId, ShapeId), Rc<[DiffOp]>>,
    ops: Vec<DiffOp>,
}

impl Differ<'_, '_> {
    fn same(&mut self, before: &Block<'_>, after: &Block<'_>) {
        self.push(DiffOp::Equal {
            old_index: before.lines.start,
            new_index: after.lines.start,
            len: before.lines.len(),
        });
    }

    fn pair(&mut self, before: &Block<'_>, after: &Block<'_>, shapes: (ShapeId, ShapeId)) {
        let known = self.known.get(&shapes).map(Rc::clone);
        let ops = known.unwrap_or_else(|| {
            let ops: Rc<[DiffOp]> = Rc::from(self.diff(&before.lines, &after.lines));
            self.known.insert(shapes, Rc::clone(&ops));
            ops
        });
        let mut ops = ops.iter();
        let is_renamed = before.key != after.key;
        if let Some(first) = ops.next() {
            let first = moved(*first, before.lines.start, after.lines.start);
            if !is_renamed || !self.join(&first) {
                self.push(first);
            }
        }
        self.extend(ops.as_slice(), before.lines.start, after.lines.start);
    }

    /// Makes a replacement one with the one right before it, if both are: the comment of a resource and its key.
    fn join(&mut self, op: &DiffOp) -> bool {
        let (
            DiffOp::Replace {
                old_len: more_old,
                new_len: more_new,
                ..
            },
            Some(DiffOp::Replace {
                old_len, new_len, ..
            }),
        ) = (op, self.ops.last_mut())
        else {
            return false;
        };
        *old_len += more_old;
        *new_len += more_new;
        true
    }

    /// Lines between aligned blocks: comments, and blocks without a partner.
    fn between(&mut self, before: Range<usize>, after: Range<usize>) {
        let ops = self.diff(&before, &after);
        self.extend(&ops, before.start, after.start);
    }

    fn diff(&self, before: &Range<usize>, after: &Range<usize>) -> Vec<DiffOp> {
        if before.is_empty() && after.is_empty() {
            return Vec::new();
        }
        let before = self.old.slice(before.clone());
        let after = self.new.slice(after.clone());
        TextDiff::configure()
            .algorithm(Algorithm::Myers)
            .deadline(self.deadline)
            .diff_slices(&before, &after)
            .ops()
            .to_vec()
    }

    fn extend(&mut self, ops: &[DiffOp], old_start: usize, new_start: usize) {
        for op in ops {
            self.push(moved(*op, old_start, new_start));
        }
    }

    fn push(&mut self, op: DiffOp) {
        if let DiffOp::Equal { len: more, .. } = op
            && let Some(DiffOp::Equal { len, .. }) = self.ops.last_mut()
        {
            *len += more;
            return;
        }
        self.ops.push(op);
    }
}

/// `op` with its line numbers counted from elsewhere.
fn moved(mut op: DiffOp, old_start: usize, new_start: usize) -> DiffOp {
    match &mut op {
        DiffOp::Equal {
            old_index,
            new_index,
            ..
        }
        | DiffOp::Delete {
            old_index,
            new_index,
            ..
        }
        | DiffOp::Insert {
            old_index,
            new_index,
            ..
        }
        | DiffOp::Replace {
            old_index,
            new_index,
            ..
        } => {
            *old_index += old_start;
            *new_index += new_start;
        }
    }
    op
}

fn hunk<'text>(
    old: &BlockSide<'_, 'text>,
    new: &BlockSide<'_, 'text>,
    ops: &[DiffOp],
) -> Hunk<'text> {
    let ranges = |range: fn(&DiffOp) -> Range<usize>| {
        let start = ops.first().map_or(0, |op| range(op).start);
        start..ops.last().map_or(start, |op| range(op).end)
    };
    let (before, after) = (ranges(DiffOp::old_range), ranges(DiffOp::new_range));
    // Of each text, operations are one after the other.
    let mut old_lines = old.lines.of(before.clone());
    let mut new_lines = new.lines.of(after.clone());
    let mut lines = Vec::with_capacity(before.len() + after.len());
    for op in ops {
        let at = lines.len();
        let removed = old_lines.by_ref().take(op.old_range().len());
        let kind = if matches!(op, DiffOp::Equal { .. }) {
            removed.for_each(drop);
            LineKind::Context
        } else {
            lines.extend(removed.map(|text| DiffLine::new(LineKind::Removed, text)));
            LineKind::Added
        };
        let added = new_lines.by_ref().take(op.new_range().len());
        lines.extend(added.map(|text| DiffLine::new(kind, text)));
        if let Some(first) = lines.get_mut(at) {
            first.begins = true;
        }
    }
    Hunk {
        heading: heading(old, new, ops),
        old_start: before.start + usize::from(!before.is_empty()),
        old_lines: before.len(),
        new_start: after.start + usize::from(!after.is_empty()),
        new_lines: after.len(),
        ends: (
            lines.iter().any(|line| line.ending == 1),
            lines.iter().any(|line| line.ending == 2),
        ),
        lines,
    }
}

/// The key of the block that contains the first difference, or which follows it in the hunk.
fn heading<'text>(
    old: &BlockSide<'_, 'text>,
    new: &BlockSide<'_, 'text>,
    ops: &[DiffOp],
) -> Option<&'text str> {
    let mut changes = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changes.find_map(|op| {
        let (side, lines) = match op {
            DiffOp::Delete { .. } => (old, op.old_range()),
            _ => (new, op.new_range()),
        };
        let at = side
            .blocks
            .partition_point(|block| block.lines.end <= lines.start);
        let block = side.blocks.get(at)?;
        (block.lines.start < lines.end).then_some(block.key)
    })
}
