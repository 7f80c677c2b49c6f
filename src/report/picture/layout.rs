//! Where the nodes and boxes of a picture are: columns from left to right, by how far a node is
//! from whoever comes first.
//!
//! In: a picture. Out: rectangles in pixels, wrapped texts. Boxes never overlap, and
//! a node is as near to the middle of what its arrows lead to as there is room. Refuses nothing.
//!
//! The hard thing is a picture of anything: arrows in a ring, a label of a thousand characters, no
//! arrow at all.

use unicode_width::UnicodeWidthChar as _;

use super::Picture;
use crate::report::escape::visible;

/// The height of a line of text.
pub(super) const LINE: i64 = 16;
/// Between a text and the frame around it.
pub(super) const PAD: i64 = 10;
/// Between two columns, room for arrows.
const COLUMN_GAP: i64 = 84;
/// Between two nodes of a box.
const NODE_GAP: i64 = 12;
/// Between two boxes.
const BOX_GAP: i64 = 24;
/// Between a box and the nodes in it.
const FRAME: i64 = 16;
/// The most characters of a line of a label, and the least that a box offers to its title.
const WRAP: usize = 44;
const NARROW: usize = 28;

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rect {
    /// Its left side.
    pub(super) x: i64,
    /// Its upper side.
    pub(super) y: i64,
    /// How wide it is.
    pub(super) width: i64,
    /// How high it is.
    pub(super) height: i64,
}

/// A rectangle with lines of text.
#[derive(Clone, Debug, Default)]
pub(super) struct PlacedText {
    /// Where.
    pub(super) rect: Rect,
    /// The lines, as shown.
    pub(super) lines: Vec<String>,
}

/// A picture with everything in its place.
#[derive(Debug, Default)]
pub(super) struct PictureLayout {
    /// The nodes, in their order.
    pub(super) nodes: Vec<PlacedText>,
    /// The boxes, in their order; those without a node have no size.
    pub(super) boxes: Vec<PlacedText>,
    /// How wide all of it is.
    pub(super) width: i64,
    /// How high all of it is.
    pub(super) height: i64,
}

/// What is placed as one: a box with its nodes, or a node outside of the boxes.
struct Item {
    home: Option<usize>,
    nodes: Vec<usize>,
    first: usize,
    last: usize,
    height: i64,
    wanted: i64,
}

/// How many pixels `columns` characters are wide; a character of the font is 7.2 pixels.
pub(super) fn text_width(columns: usize) -> i64 {
    i64::try_from(columns * 36 / 5 + 1).unwrap_or(i64::MAX / 4)
}

/// Places everything.
pub(super) fn layout(picture: &Picture) -> PictureLayout {
    let columns = columns(picture);
    let mut layout = PictureLayout::default();
    for node in &picture.nodes {
        let mut lines = wrapped(&node.label, WRAP);
        lines.extend(node.marks.iter().map(|(_, why)| why.clone()));
        let letters = lines.iter().map(|line| letters(line)).max().unwrap_or(0);
        layout.nodes.push(PlacedText {
            rect: Rect {
                width: text_width(letters.max(NARROW)) + 2 * PAD,
                height: lines_height(lines.len()) + 2 * PAD,
                ..Rect::default()
            },
            lines,
        });
    }
    place_across(&mut layout, &columns);
    let mut items = items(picture, &mut layout, &columns);
    place_down(picture, &mut layout, &columns, &mut items);
    frame(picture, &mut layout);
    layout
}

fn lines_height(lines: usize) -> i64 {
    i64::try_from(lines).unwrap_or(i64::MAX / 64) * LINE
}

fn letters(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(1)).sum()
}

/// `text` in lines of at most `most` characters, broken after a blank or punctuation if there is
/// any.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut columns = 0;
    for c in visible(text).replace('\t', " ").chars() {
        let width = c.width().unwrap_or(1);
        if columns + width > most {
            let at = line.rfind([' ', ',', ':', '/', '-', '|']);
            let at = at.map_or(line.len(), |at| at + 1);
            let rest = line.split_off(at);
            lines.push(line.trim_end().to_owned());
            columns = letters(&rest);
            line = rest;
        }
        line.push(c);
        columns += width;
    }
    lines.push(line);
    lines
}

/// The column of each node, from 0: as far to the right as leaves room for what it leads to, so
/// that equal parts of a picture are below one another; and what leads nowhere is next to whoever
/// leads to it. If arrows form a ring, one of them leads back.
fn columns(picture: &Picture) -> Vec<usize> {
    let next = successors(picture);
    // How many columns are to the right of a node.
    let mut after = vec![0; next.len()];
    for &node in &next.order {
        let most = next.of(node).filter_map(|to| after.get(to)).max();
        let own = most.map_or(0, |most: &usize| most + 1);
        set(&mut after, node, own);
    }
    let last = after.iter().max().copied().unwrap_or(0);
    let mut columns: Vec<usize> = after.iter().map(|after| last - after).collect();
    let mut nearest = vec![0; next.len()];
    for (node, &column) in columns.iter().enumerate() {
        for to in next.of(node) {
            if let Some(nearest) = nearest.get_mut(to) {
                *nearest = (*nearest).max(column + 1);
            }
        }
    }
    for ((column, nearest), after) in columns.iter_mut().zip(nearest).zip(after) {
        if after == 0 {
            *column = nearest;
        }
    }
    columns
}

/// What each node leads to, without arrows that lead back; and the nodes, each after those.
struct Successors {
    all: Vec<Vec<Option<usize>>>,
    order: Vec<usize>,
}

impl Successors {
    fn len(&self) -> usize {
        self.all.len()
    }

    fn of(&self, node: usize) -> impl Iterator<Item = usize> {
        self.all.get(node).into_iter().flatten().copied().flatten()
    }
}

fn successors(picture: &Picture) -> Successors {
    let number = picture.nodes.len();
    let mut all: Vec<Vec<Option<usize>>> = vec![Vec::new(); number];
    for arrow in &picture.arrows {
        if let Some(all) = all.get_mut(arrow.from.0) {
            all.push(Some(arrow.to.0));
        }
    }
    let mut state = vec![VisitState::New; number];
    let mut order = Vec::with_capacity(number);
    for start in 0..number {
        let mut way = vec![(start, 0)];
        while let Some((node, at)) = way.pop() {
            if at == 0 {
                if state.get(node) != Some(&VisitState::New) {
                    continue;
                }
                set(&mut state, node, VisitState::Open);
            }
            let slot = all.get_mut(node).and_then(|next| next.get_mut(at));
            let Some(slot) = slot else {
                set(&mut state, node, VisitState::Done);
                order.push(node);
                continue;
            };
            way.push((node, at + 1));
            match slot.and_then(|to| state.get(to)) {
                Some(VisitState::New) => way.extend(slot.map(|to| (to, 0))),
                Some(VisitState::Open) => *slot = None,
                Some(VisitState::Done) | None => {}
            }
        }
    }
    Successors { all, order }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum VisitState {
    New,
    Open,
    Done,
}

fn set<T>(all: &mut [T], at: usize, value: T) {
    if let Some(slot) = all.get_mut(at) {
        *slot = value;
    }
}

/// Gives each node its column's place and width.
fn place_across(layout: &mut PictureLayout, columns: &[usize]) {
    let number = columns.iter().max().map_or(0, |last| last + 1);
    let mut left = PAD + FRAME;
    for column in 0..number {
        let of_column = || {
            let all = columns.iter().enumerate();
            all.filter(move |(_, its)| **its == column)
                .map(|(node, _)| node)
        };
        let width = of_column()
            .filter_map(|node| layout.nodes.get(node))
            .map(|node| node.rect.width)
            .max()
            .unwrap_or(0);
        for node in of_column() {
            if let Some(node) = layout.nodes.get_mut(node) {
                node.rect.x = left;
                node.rect.width = width;
            }
        }
        left += width + COLUMN_GAP;
    }
}

/// What is placed as one, with the nodes of a box below its title.
fn items(picture: &Picture, layout: &mut PictureLayout, columns: &[usize]) -> Vec<Item> {
    let mut items = Vec::new();
    let column = |node: &usize| columns.get(*node).copied().unwrap_or(0);
    for (at, title) in picture.boxes.iter().enumerate() {
        let nodes: Vec<usize> = picture
            .within(Some(super::BoxId(at)))
            .map(|(node, _)| node)
            .collect();
        let mut placed = PlacedText::default();
        if let (Some(first), Some(last)) = (
            nodes.iter().map(column).min(),
            nodes.iter().map(column).max(),
        ) {
            let rects = || nodes.iter().filter_map(|&node| layout.nodes.get(node));
            let left = rects().map(|node| node.rect.x).min().unwrap_or(0);
            let right = rects().map(|node| node.rect.x + node.rect.width).max();
            let width = right.unwrap_or(left) - left;
            let fitting = usize::try_from(width * 5 / 36).unwrap_or(WRAP);
            placed.lines = wrapped(title, fitting.max(NARROW));
            let mut tallest = 0;
            let top = lines_height(placed.lines.len()) + PAD + NODE_GAP / 2;
            for at in first..=last {
                let mut bottom = top;
                for &node in nodes.iter().filter(|node| column(node) == at) {
                    if let Some(node) = layout.nodes.get_mut(node) {
                        node.rect.y = bottom;
                        bottom += node.rect.height + NODE_GAP;
                    }
                }
                tallest = tallest.max(bottom);
            }
            items.push(Item {
                home: Some(at),
                nodes,
                first,
                last,
                height: tallest - NODE_GAP + FRAME,
                wanted: 0,
            });
        }
        layout.boxes.push(placed);
    }
    for (node, _) in picture.within(None) {
        items.push(Item {
            home: None,
            nodes: vec![node],
            first: column(&node),
            last: column(&node),
            height: layout.nodes.get(node).map_or(0, |node| node.rect.height),
            wanted: 0,
        });
    }
    items
}

/// Places the items: those of the last columns below one another, and then, column by column to
/// the left, each next to what its arrows lead to.
fn place_down(
    picture: &Picture,
    layout: &mut PictureLayout,
    columns: &[usize],
    items: &mut [Item],
) {
    let number = columns.iter().max().map_or(0, |last| last + 1);
    let mut bottoms = vec![i64::MIN / 4; number];
    let mut is_placed = vec![false; picture.nodes.len()];
    for column in (0..number).rev() {
        let mut own: Vec<&mut Item> = items
            .iter_mut()
            .filter(|item| item.first == column)
            .collect();
        let mut bottom = 0;
        for item in &mut own {
            item.wanted = wanted(picture, layout, &is_placed, item).unwrap_or(bottom);
            bottom = bottom.max(item.wanted) + item.height + BOX_GAP;
        }
        own.sort_by_key(|item| item.wanted + item.height / 2);
        let heights: Vec<(i64, i64)> = own
            .iter()
            .map(|item| (item.wanted, item.height + BOX_GAP))
            .collect();
        for (item, near) in own.into_iter().zip(nearest(&heights)) {
            let spanned = bottoms.get_mut(item.first..=item.last);
            let spanned = spanned.unwrap_or_default();
            let y = spanned.iter().copied().fold(near, i64::max);
            spanned.fill(y + item.height + BOX_GAP);
            for &node in &item.nodes {
                set(&mut is_placed, node, true);
                if let Some(node) = layout.nodes.get_mut(node) {
                    node.rect.y += y;
                }
            }
            if let Some(at) = item.home
                && let Some(placed) = layout.boxes.get_mut(at)
            {
                placed.rect.y = y;
                placed.rect.height = item.height;
            }
        }
    }
}

/// Where `item` would be if there were room: its first node in the middle of what the arrows
/// of its nodes lead to.
fn wanted(
    picture: &Picture,
    layout: &PictureLayout,
    is_placed: &[bool],
    item: &Item,
) -> Option<i64> {
    let mut sum = 0;
    let mut number = 0;
    for arrow in &picture.arrows {
        let leads = item.nodes.contains(&arrow.from.0) && !item.nodes.contains(&arrow.to.0);
        if !leads || is_placed.get(arrow.to.0) != Some(&true) {
            continue;
        }
        let from = layout.nodes.get(arrow.from.0)?.rect;
        let to = layout.nodes.get(arrow.to.0)?.rect;
        sum += to.y + to.height / 2 - (from.y + from.height / 2);
        number += 1;
    }
    (number > 0).then(|| sum / number)
}

/// Places of things of some heights below one another, in their order and each as near as possible
/// to where it wants to be: neighbors that want the same place are moved together.
fn nearest(things: &[(i64, i64)]) -> Vec<i64> {
    struct Run {
        wanted: i64,
        height: i64,
        number: i64,
    }
    let mut runs: Vec<Run> = Vec::new();
    for &(wanted, height) in things {
        let mut run = Run {
            wanted,
            height,
            number: 1,
        };
        while let Some(above) = runs
            .pop_if(|above| above.wanted / above.number + above.height > run.wanted / run.number)
        {
            run = Run {
                // The lower ones want to be where the upper one is, plus its height.
                wanted: above.wanted + run.wanted - above.height * run.number,
                height: above.height + run.height,
                number: above.number + run.number,
            };
        }
        runs.push(run);
    }
    let mut heights = things.iter().map(|(_, height)| height);
    let mut places = Vec::new();
    for run in runs {
        let mut y = run.wanted / run.number;
        for height in heights
            .by_ref()
            .take(usize::try_from(run.number).unwrap_or(0))
        {
            places.push(y);
            y += height;
        }
    }
    places
}

/// Frames the boxes, and moves all of it to where pictures begin.
fn frame(picture: &Picture, layout: &mut PictureLayout) {
    for (at, placed) in layout.boxes.iter_mut().enumerate() {
        let rects = || {
            let within = picture.within(Some(super::BoxId(at)));
            within.filter_map(|(node, _)| layout.nodes.get(node))
        };
        let Some(left) = rects().map(|node| node.rect.x).min() else {
            continue;
        };
        let right = rects().map(|node| node.rect.x + node.rect.width).max();
        placed.rect.x = left - FRAME;
        placed.rect.width = right.unwrap_or(left) - left + 2 * FRAME;
    }
    let all = || {
        layout
            .nodes
            .iter()
            .chain(&layout.boxes)
            .map(|placed| placed.rect)
    };
    let seen = || all().filter(|rect| rect.height > 0);
    let top = seen().map(|rect| rect.y).min().unwrap_or(0);
    let right = seen().map(|rect| rect.x + rect.width).max().unwrap_or(0);
    let bottom = seen().map(|rect| rect.y + rect.height).max().unwrap_or(0);
    layout.width = right + PAD;
    layout.height = bottom - top + 2 * PAD;
    for placed in layout.nodes.iter_mut().chain(&mut layout.boxes) {
        placed.rect.y += PAD - top;
    }
}
