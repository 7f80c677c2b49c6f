//! Pictures of anything: everything has its place, and nothing of a label is read as markup.

use proptest::prelude::*;

use super::layout::{Rect, layout};
use super::{BoxId, Mark, NodeId, Picture, Says};

/// A picture of `homes.len()` nodes in four boxes or free, with these arrows.
fn picture(homes: &[Option<usize>], arrows: &[(usize, usize)], label: &str) -> Picture {
    let mut picture = Picture::default();
    for number in 0..4 {
        picture.add_box(format!("box {number} {label}"));
    }
    for home in homes {
        picture.add(label.to_owned(), home.map(BoxId));
    }
    for &(from, to) in arrows {
        let number = homes.len();
        let (from, to) = (NodeId(from % number), NodeId(to % number));
        picture.arrow(from, to, Says::Assumes);
    }
    picture
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

fn is_within(inner: Rect, outer: Rect) -> bool {
    inner.x >= outer.x
        && inner.y >= outer.y
        && inner.x + inner.width <= outer.x + outer.width
        && inner.y + inner.height <= outer.y + outer.height
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_124),
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_stands_in_the_place_of_another(
        homes in proptest::collection::vec(proptest::option::of(0..4_usize), 1..24),
        arrows in proptest::collection::vec((0..24_usize, 0..24_usize), 0..40),
        label in "[a-z:/ 中]{0,120}",
    ) {
        let picture = picture(&homes, &arrows, &label);
        let layout = layout(&picture);
        let all = Rect { x: 0, y: 0, width: layout.width, height: layout.height };
        for (at, (node, home)) in layout.nodes.iter().zip(&homes).enumerate() {
            prop_assert!(is_within(node.rect, all), "node {at}: {:?} in {all:?}", node.rect);
            for other in &layout.nodes[at + 1..] {
                prop_assert!(!overlap(node.rect, other.rect), "{:?} {:?}", node.rect, other.rect);
            }
            for (number, of) in layout.boxes.iter().enumerate() {
                if *home == Some(number) {
                    prop_assert!(is_within(node.rect, of.rect), "{:?} {:?}", node.rect, of.rect);
                } else {
                    prop_assert!(!overlap(node.rect, of.rect), "{:?} {:?}", node.rect, of.rect);
                }
            }
        }
        for (at, one) in layout.boxes.iter().enumerate() {
            for other in &layout.boxes[at + 1..] {
                prop_assert!(!overlap(one.rect, other.rect), "{:?} {:?}", one.rect, other.rect);
            }
        }
    }

    #[test]
    fn a_label_is_no_markup(label in "[<>&\"'\\\\#;\u{0}-\u{1f}\u{202e}\u{fffe}a-c]{1,60}") {
        let picture = picture(&[Some(0), None], &[(0, 1)], &label);
        let svg = picture.svg("a");
        let tags = svg.matches('<').count();
        // The same picture with a label of letters has as many tags, but for the lines of a text.
        let texts = svg.matches("<text ").count() * 2;
        let other = super::tests::picture(&[Some(0), None], &[(0, 1)], "a");
        let plain = other.svg("a");
        let plain_texts = plain.matches("<text ").count() * 2;
        prop_assert_eq!(tags - texts, plain.matches('<').count() - plain_texts);
        prop_assert!(svg.chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert_eq!(picture.mermaid().lines().count(), other.mermaid().lines().count());
        prop_assert_eq!(picture.dot().lines().count(), other.dot().lines().count());
    }
}

#[test]
fn what_is_led_to_stands_to_the_right() {
    let picture = picture(&[None, None, None, None], &[(2, 1), (1, 0), (3, 0)], "a");
    let nodes = layout(&picture).nodes;
    let x = |at: usize| nodes[at].rect.x;
    assert!(x(2) < x(1) && x(1) < x(0));
    assert_eq!(x(3), x(1), "next to what leads to the same");
    assert_eq!(nodes[1].rect.y, nodes[2].rect.y, "next to what it leads to");
}

#[test]
fn a_ring_is_drawn_too() {
    let picture = picture(&[None, None], &[(0, 1), (1, 0), (0, 0)], "a");
    let nodes = layout(&picture).nodes;
    assert!(nodes[0].rect.x < nodes[1].rect.x);
    assert_eq!(
        picture.svg("a").matches("<path").count(),
        3 + 1,
        "and the legend"
    );
}

#[test]
fn a_mark_is_a_line_and_a_colour() {
    let mut picture = Picture::default();
    let node = picture.add("role a".to_owned(), None);
    picture.mark(node, Mark::Loses, "- loses access".to_owned());
    picture.mark(node, Mark::Gains, "+ gains access".to_owned());
    let svg = picture.svg("a");
    assert!(svg.contains(r#"<rect class="gains""#));
    assert!(svg.contains(">- loses access</text>") && svg.contains(">+ gains access</text>"));
    assert!(!picture.mermaid().contains("gains"));
}
