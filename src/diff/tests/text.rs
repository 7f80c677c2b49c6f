//! Which lines are told to differ.

use snapbox::{IntoData, assert_data_eq, str};

use crate::diff::lines::emphasis::Emphasis;
use crate::diff::lines::{Hunk, LineKind};

use crate::diff::compare;
use crate::diff::lines::align;
use crate::diff::lines::align::{BlockPair, BlockSide};
use crate::template::blocks::scan;
use crate::template::deduplicate::{ShapeId, Shapes};

/// Hunks as unified text, with the emphasis in `«»`.
pub(crate) fn unified(hunks: &[Hunk<'_>]) -> String {
    let mut out = String::new();
    let mut emphasis = Emphasis::default();
    for hunk in hunks {
        out += &format!(
            "@@ -{},{} +{},{} @@ {}\n",
            hunk.old_start,
            hunk.old_lines,
            hunk.new_start,
            hunk.new_lines,
            hunk.heading.unwrap_or("none")
        );
        for (line, emphasis) in hunk.lines.iter().zip(emphasis.of(hunk)) {
            let mark = match line.kind {
                LineKind::Context => ' ',
                LineKind::Removed => '-',
                LineKind::Added => '+',
            };
            let mut text = line.text.to_owned();
            for range in emphasis.iter().rev() {
                text.insert(range.end, '»');
                text.insert(range.start, '«');
            }
            out += &format!(
                "{mark}{}\n",
                text.escape_debug().to_string().replace("\\n", "")
            );
        }
    }
    out
}

/// Applies hunks to `old`; fails where they do not fit.
pub(crate) fn patched(old: &str, hunks: &[Hunk<'_>]) -> String {
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    let mut out = String::new();
    let mut at = 0;
    for hunk in hunks {
        let start = hunk.old_start - usize::from(hunk.old_lines > 0);
        out.extend(lines[at..start].iter().copied());
        at = start;
        let new_line = out.split_inclusive('\n').count() + usize::from(hunk.new_lines > 0);
        assert_eq!(hunk.new_start, new_line);
        let count = |kind| hunk.lines.iter().filter(|line| line.kind == kind).count();
        assert_eq!(
            hunk.old_lines,
            count(LineKind::Context) + count(LineKind::Removed)
        );
        assert_eq!(
            hunk.new_lines,
            count(LineKind::Context) + count(LineKind::Added)
        );
        for line in &hunk.lines {
            if line.kind != LineKind::Added {
                assert_eq!(lines[at], line.text);
                at += 1;
            }
            if line.kind != LineKind::Removed {
                out += line.text;
            }
        }
    }
    out.extend(lines[at..].iter().copied());
    out
}

fn told(old: &str, new: &str) -> String {
    let comparison = compare("roles.yml", Some(old), new);
    assert_eq!(patched(old, &comparison.hunks), new);
    unified(&comparison.hunks)
}

const OLD: &str = "\
# checksum: xxh3:0
Resources:
  # a
  A:
    Type: AWS::IAM::Role
    One: 1
    Two: 2
    Three: 3
    Four: 4

  # b
  B:
    Type: X
";

#[test]
fn names_the_resource_and_highlights_within_lines() {
    let new = OLD
        .replace("xxh3:0", "xxh3:1")
        .replace("Four: 4", "Four: 4\n    Five: 5")
        .replace("IAM::Role", "IAM::User");
    assert_data_eq!(
        told(OLD, &new),
        str![[r#"
@@ -1,12 +1,13 @@ A
-# checksum: xxh3:«0»
+# checksum: xxh3:«1»
 Resources:
   # a
   A:
-    Type: AWS::IAM::«Role»
+    Type: AWS::IAM::«User»
     One: 1
     Two: 2
     Three: 3
     Four: 4
+    Five: 5
 
   # b
   B:

"#]]
        .raw()
    );
}

#[test]
fn heads_a_hunk_with_the_resource_in_which_it_begins() {
    let new = OLD.replace("Type: X", "Type: Y");
    assert!(
        told(OLD, &new).starts_with("@@ -10,4 +10,4 @@ B\n"),
        "{}",
        told(OLD, &new)
    );
}

#[test]
fn shows_line_ends_and_a_missing_last_one() {
    assert_eq!(
        told("a: 1\r\nb: 2\n", "a: 1\nb: 2"),
        "@@ -1,2 +1,2 @@ a\n-a: 1\\r\n+a: 1\n-b: 2\n+b: 2\n"
    );
    assert_eq!(told("a: 1", ""), "@@ -1,1 +0,0 @@ a\n-a: 1\n");
    assert_eq!(told("", "a: 1\n"), "@@ -0,0 +1,1 @@ a\n+a: 1\n");
}

#[test]
fn nothing_differs_between_equal_texts() {
    let comparison = compare("roles.yml", Some(OLD), OLD);
    assert!(comparison.is_same() && !comparison.has_meaning());
    let empty = compare("roles.yml", None, "");
    assert!(!empty.is_same());
}

#[test]
fn moved_and_removed_resources_add_up() {
    let block = |id: &str| format!("  # {id}\n  {id}:\n    Type: X\n    Name: {id}\n\n");
    let text = |ids: &str| {
        format!(
            "Resources:\n{}",
            ids.split(' ').map(block).collect::<String>()
        )
    };
    for (old, new) in [
        ("A B C D", "D A B C"),
        ("A B C D E", "A E"),
        ("A B", "B A"),
        ("A B C", "X B Y"),
        ("A B C D E F", "F E D C B A"),
    ] {
        told(&text(old), &text(new));
    }
    assert_eq!(told(&text("A B C"), &text("A C")).matches("\n-").count(), 5);
}

/// A role of the macro `name` in each of two accounts, with a note for each.
fn macros(name: &str, notes: [&str; 2]) -> String {
    let role = |(account, note): (&str, &str)| {
        format!(
            "  {name}{account}Role:\n    Type: AWS::IAM::Role\n    OrganizationBinding:\n      Account: !Ref {account}\n    Note: {note}\n"
        )
    };
    let roles = ["OneAccount", "TwoAccount"]
        .into_iter()
        .zip(notes)
        .map(role);
    format!("Resources:\n{}", roles.collect::<String>())
}

/// Two blocks by their numbers, and their shapes if they differ.
type ComparedBlocks = (usize, usize, Option<(ShapeId, ShapeId)>);

/// The blocks whose lines are compared, with the shapes of those that differ.
fn compared(old: &str, new: &str) -> Vec<ComparedBlocks> {
    let (before, after) = (scan(old), scan(new));
    let (old_blocks, new_blocks) = (before.blocks.unwrap(), after.blocks.unwrap());
    let old = BlockSide {
        lines: &before.lines,
        blocks: &old_blocks,
        alone: None,
    };
    let new = BlockSide {
        lines: &after.lines,
        blocks: &new_blocks,
        alone: None,
    };
    let mut shapes = Shapes::default();
    let aligned = align::aligned(&old, &new, &mut shapes);
    let pairs = align::with_renamed(&old, &new, aligned, &mut shapes);
    let shapes =
        |pair: &BlockPair<'_>| Some((pair.difference.as_ref()?.old, pair.difference.as_ref()?.new));
    pairs
        .iter()
        .map(|pair| (pair.old, pair.new, shapes(pair)))
        .collect()
}

#[test]
fn roles_of_a_renamed_macro_are_paired_by_their_accounts() {
    let (old, new) = (macros("Orders", ["x", "x"]), macros("Buying", ["x", "y"]));
    let pairs = compared(&old, &new);
    let places: Vec<_> = pairs.iter().map(|(old, new, _)| (*old, *new)).collect();
    assert_eq!(places, [(0, 0), (1, 1), (2, 2)]);
    // Those that are equal but for the account are compared once.
    let (one, two) = (pairs[1].2.unwrap(), pairs[2].2.unwrap());
    assert_eq!(one.0, two.0);
    assert_ne!(one.1, two.1);
}

#[test]
fn what_two_macros_create_in_one_account_is_not_paired() {
    let notes = ["x", "x"];
    let two = macros("One", notes) + &macros("Two", notes).replace("Resources:\n", "");
    let one = macros("Three", notes);
    for (old, new) in [(&two, &one), (&one, &two)] {
        assert_eq!(compared(old, new), [(0, 0, None)]);
        told(old, new);
    }
}

#[test]
fn the_key_of_a_renamed_resource_is_replaced_with_its_comment() {
    let text = |name: &str| {
        macros(name, ["x", "x"])
            .replace(&format!("  {name}Two"), &format!("  # {name}\n  {name}Two"))
    };
    let told = told(&text("Orders"), &text("Buying"));
    assert!(
        told.contains(
            "-  # «Orders»\n-  «OrdersTwoAccountRole»:\n+  # «Buying»\n+  «BuyingTwoAccountRole»:\n"
        ),
        "{told}"
    );
}

#[test]
fn what_is_equal_in_one_account_only_is_not_taken_over_to_another_one() {
    let old = macros("Orders", ["BuyingOneAccountRole", "BuyingOneAccountRole"]);
    let new = macros("Buying", ["BuyingOneAccountRole", "BuyingTwoAccountRole"]);
    assert_eq!(told(&old, &new).matches("\n-    Note").count(), 1);
}
