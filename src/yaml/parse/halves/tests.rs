//! Texts in halves against the same texts as a whole.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

use super::*;

/// What reading `text` from beginning to end gives.
fn whole(text: &str) -> Option<Document> {
    let part = TextPart::read(FileId(0), text, 0..text.len(), NESTING_LIMIT).ok()?;
    let is_one = super::super::text_after_the_end(FileId(0), text).is_none();
    (is_one && part.repeated.is_empty()).then_some(part.document)
}

/// The tree of `text`, read in halves that are cut after `middle`.
fn in_halves(text: &str, middle: usize) -> Option<Document> {
    let document = joined(FileId(0), text, cut(text, middle)?)?;
    super::super::text_after_the_end(FileId(0), text)
        .is_none()
        .then_some(document)
}

fn same(text: &str, middle: usize) -> bool {
    let Some(halves) = in_halves(text, middle) else {
        return false;
    };
    let whole = whole(text);
    assert_eq!(
        whole.map(|document| format!("{:?}", document.root)),
        Some(format!("{:?}", halves.root)),
        "{text}"
    );
    true
}

#[test]
fn an_organization_is_read_in_halves() {
    let account = |number: u32| {
        format!("  Account{number}:\n    Type: OC::ORG::Account\n    Tags:\n      a: 'b'\n\n")
    };
    let accounts: String = (0..9).map(account).collect();
    let text = format!("# é\nOrganization:\n\n{accounts}");
    for middle in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
        let last = text.rfind("\n  A").unwrap();
        let first = text.find("\n  A").unwrap();
        assert_eq!(
            same(&text, middle),
            middle > first && middle <= last,
            "{middle}"
        );
    }
}

#[test]
fn what_may_depend_on_the_first_half_is_read_as_a_whole() {
    for text in [
        "a:\n  b: &x 1\n  c: *x\n",
        "a:\n  b: 1\n  c: &x 1\n",
        "a:\n  b: 1\n  b: 2\n",
        "a:\n  b: {c: 1, c: 2}\n  d: 2\n",
        "a:\n  b: 1\n  c: 2\nd: 1\n",
        "a: b\n  c: 1\n",
        "a:\n  b: 'x\n  c: y'\n",
        "a:\n  b: [x,\n  c: y]\n",
        "a:\n- b: 1\n  c: 2\n",
        "%TAG !x! !y\n---\na:\n  b: 1\n  c: !x!z 2\n",
        "a:\n  b: 1\n...\n  c: 1\n",
        "a:\n  b: 1\n  c\n",
        "a:\n  b: >\n  c: 1\n",
        "a:\n  b: 1\n---\n  c: 1\n",
    ] {
        let middle = text.rfind("\n  ").unwrap();
        assert!(!same(text, middle), "{text}");
    }
}

#[test]
fn collections_of_both_halves_are_nested_as_deep_as_in_one() {
    let nested = |depth: usize| {
        let deep = (0..depth).map(|at| " ".repeat(at + 3) + "d:\n");
        let deep = deep.collect::<Vec<_>>().concat();
        format!("a:\n  b: 1\n  c:\n{deep}")
    };
    for depth in 90..110 {
        let text = nested(depth);
        let middle = text.find("\n  c").unwrap();
        assert_eq!(same(&text, middle), whole(&text).is_some(), "{depth}");
    }
}

/// What stands after a key with an indentation of two, over one or more lines.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "( ?| [a-d1~]{0,2}| '[a-d]'| !Ref [a-d]?| !!str 1| \\{a: b\\}| \\[a, b\\])( # x)?",
        3 => "(\n {3,4}[a-d]: [a-d]?){1}(\n    [e-h]: [a-d]?)?",
        2 => "(\n {2,4}- [a-d]: [a-d]?){1}",
        2 => " [a-d]\n {3,4}[a-d](\n   [a-d])?",
        2 => " [|>][-+]?\n {3,4}[a-d]: [a-d]\n{1,3}",
        1 => " ('[a-d]\n {0,3}[a-d]: [a-d]'|\"a\n\n  b: c\"|\\[a,\n {0,3}b: c\\])",
        1 => " [|>][-+]?[1-4]?\n {0,4}[a-d]?: [a-d]",
        1 => "(\n|\n  )(# x|\\? a|: a|--- a|---|\\.\\.\\.|[a-d]: a|&x a|\\*x|<<: )",
        1 => " (&x a|\\*x|'|\\[|\\{)",
    ]
}

#[test]
fn halves_give_the_tree_of_the_whole() {
    const CASES: u32 = 3_000;
    let end = prop_oneof![9 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\n\n")];
    let texts = (
        proptest::collection::vec((value(), end), 1..8),
        any::<Index>(),
    );
    let joined = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES));
    runner
        .run(&texts, |(values, at)| {
            let fields = values.iter().zip(0..);
            let fields = fields.map(|((value, end), number)| format!("  k{number}:{value}{end}"));
            let text = String::from("a:\n") + &fields.collect::<Vec<_>>().concat();
            joined.set(joined.get() + u32::from(same(&text, at.index(text.len()))));
            Ok(())
        })
        .unwrap();
    assert!(
        joined.get() > CASES / 5,
        "only {} could be joined",
        joined.get()
    );
}
