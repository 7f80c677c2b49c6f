//! A picture to SVG, for a page of HTML or a file of its own.
//!
//! In: a picture. Out: one `svg` element that needs nothing else: its colors are in it, for light
//! and for dark, and its characters are those of any monospaced font. Arrows are drawn below nodes.
//! Refuses nothing.

use std::fmt::Write as _;

use super::layout::{LINE, PAD, PictureLayout, PlacedText, Rect, layout, text_width};
use super::{Mark, Picture, Says};
use crate::report::escape::markup;

/// These are not classes of a page that may contain the picture.
const STYLE: &str = "\
svg.roles { --back: #fff; --fore: #1f2328; --line: #59636e; --box: #f6f8fa; --edge: #d0d7de; --gain: #9a3412; --lose: #116329; background: var(--back); font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; }
@media (prefers-color-scheme: dark) { svg.roles { --back: #0d1117; --fore: #f0f6fc; --line: #9198a1; --box: #151b23; --edge: #3d444d; --gain: #ffa657; --lose: #56d364; } }
svg.roles text { fill: var(--fore); white-space: pre; }
svg.roles rect { fill: var(--back); stroke: var(--line); }
svg.roles .box { fill: var(--box); stroke: var(--edge); }
svg.roles .title { font-weight: 600; }
svg.roles path { fill: none; stroke: var(--line); stroke-width: 1.5; }
svg.roles polygon { fill: var(--line); }
svg.roles .passes { stroke-dasharray: 2 4; }
svg.roles .may-now, svg.roles rect.gains { stroke: var(--gain); stroke-width: 2.5; }
svg.roles .might-before, svg.roles rect.loses { stroke: var(--lose); stroke-width: 2; stroke-dasharray: 7 4; }
svg.roles polygon.may-now { fill: var(--gain); stroke: none; }
svg.roles polygon.might-before { fill: var(--lose); stroke: none; }
";

/// How far an arrow goes straight before it bends, at most.
const BEND: i64 = 60;
/// How long the point of an arrow is.
const POINT: i64 = 8;
/// The height of a line of the legend.
const LEGEND: i64 = 24;

impl Picture {
    /// The picture in SVG: for a page, or a file of its own; `title` is what it shows.
    pub(in crate::report) fn svg(&self, title: &str) -> String {
        svg(self, title)
    }
}

/// `picture` as one `svg` element.
fn svg(picture: &Picture, title: &str) -> String {
    let layout = layout(picture);
    let mut says: Vec<Says> = picture.arrows.iter().map(|arrow| arrow.says).collect();
    says.sort_unstable();
    says.dedup();
    let lines = i64::try_from(says.len()).unwrap_or(0);
    let letters = says.iter().map(|says| says.words().len()).max();
    let legend = letters.map_or(0, |letters| 60 + text_width(letters) + 2 * PAD);
    let width = layout.width.max(legend);
    let height = layout.height + lines * LEGEND + PAD;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"roles\" role=\"img\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n<title>{}</title>\n<style>\n{STYLE}</style>",
        markup(title)
    );
    for placed in layout.boxes.iter().filter(|placed| placed.rect.height > 0) {
        rect(placed.rect, "box", 6, &mut out);
        lines_of(placed, "title", &mut out);
    }
    for arrow in &picture.arrows {
        draw_arrow(&layout, arrow.from.0, arrow.to.0, arrow.says, &mut out);
    }
    for (node, placed) in picture.nodes.iter().zip(&layout.nodes) {
        let class = match node.marks.iter().map(|(mark, _)| *mark).min() {
            Some(Mark::Gains) => "gains",
            Some(Mark::Loses) => "loses",
            None => "node",
        };
        let round = if node.is_round {
            placed.rect.height / 2
        } else {
            4
        };
        rect(placed.rect, class, round.min(20), &mut out);
        lines_of(placed, "label", &mut out);
    }
    let mut y = layout.height + PAD;
    for says in says {
        arrow_of(says, (PAD, y), (PAD + 44, y), "", &mut out);
        text(says.words(), "legend", PAD + 56, y + 4, &mut out);
        y += LEGEND;
    }
    out.push_str("</svg>\n");
    out
}

fn rect(rect: Rect, class: &str, round: i64, out: &mut String) {
    let Rect {
        x,
        y,
        width,
        height,
    } = rect;
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\"/>"
    );
}

fn lines_of(placed: &PlacedText, class: &str, out: &mut String) {
    // The characters are on their line: a quarter of its height is below.
    let mut y = placed.rect.y + PAD + LINE * 3 / 4;
    for line in &placed.lines {
        text(line, class, placed.rect.x + PAD, y, out);
        y += LINE;
    }
}

fn text(text: &str, class: &str, x: i64, y: i64, out: &mut String) {
    let text = markup(text);
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"
    );
}

/// An arrow from the right side of a node to the left side of another.
fn draw_arrow(layout: &PictureLayout, from: usize, to: usize, says: Says, out: &mut String) {
    let (Some(from), Some(to)) = (layout.nodes.get(from), layout.nodes.get(to)) else {
        return;
    };
    let begin = (
        from.rect.x + from.rect.width,
        from.rect.y + from.rect.height / 2,
    );
    let end = (to.rect.x, to.rect.y + to.rect.height / 2);
    let distance = end.0 - begin.0;
    let bend = if distance > 0 {
        BEND.min(distance / 2)
    } else {
        BEND
    };
    // What leads back goes above both.
    let (up, down) = if distance > 0 {
        (begin.1, end.1)
    } else {
        let top = from.rect.y.min(to.rect.y) - BEND;
        (top, top)
    };
    let curve = format!("C {} {up} {} {down} ", begin.0 + bend, end.0 - POINT - bend);
    arrow_of(says, begin, end, &curve, out);
}

/// The line, straight or with a `curve` before its end, and its point.
fn arrow_of(says: Says, begin: (i64, i64), end: (i64, i64), curve: &str, out: &mut String) {
    let class = match says {
        Says::Assumes => "assumes",
        Says::Passes => "passes",
        Says::MayNow => "may-now",
        Says::MightBefore => "might-before",
    };
    let (x, y) = end;
    let back = x - POINT;
    let curve = if curve.is_empty() { "L " } else { curve };
    let _ = writeln!(
        out,
        "<path class=\"{class}\" d=\"M {} {} {curve}{back} {y}\"/><polygon class=\"{class}\" points=\"{x},{y} {back},{} {back},{}\"/>",
        begin.0,
        begin.1,
        y - 4,
        y + 4
    );
}
