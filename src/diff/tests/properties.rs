//! Both ways of comparing agree on any edit of a generated file, and the hunks add up.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

use crate::diff::compare;
use crate::diff::lines::align;
use crate::diff::lines::align::BlockSide;
use crate::diff::resources::Meaning;
use crate::diff::resources::by_block::by_blocks;
use crate::diff::resources::whole;
use crate::diff::tests::text::patched;
use crate::template::aliased::alone;
use crate::template::blocks::scan;
use crate::template::deduplicate::Shapes;

/// What a role of the generated file is made of.
#[derive(Clone, Debug)]
struct Role {
    account: usize,
    kind: usize,
    services: Vec<usize>,
}

const ACCOUNTS: &[&str] = &[
    "DevAccount",
    "ProdAccount",
    "Dev",
    "test-account",
    "Type",
    "Action",
    "s3",
];
const KINDS: &[&str] = &["DeployerRole", "TestRole", "Boundary"];
const SERVICES: &[&str] = &["s3", "sqs", "lambda"];

fn written(roles: &[Role]) -> String {
    let mut text =
        String::from("# head\nOrganization: !Include ./organization.yml\n\nResources:\n");
    let mut seen = Vec::new();
    for role in roles {
        let account = ACCOUNTS[role.account];
        let letters: String = account
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let id = format!("App{letters}{}", KINDS[role.kind]);
        if seen.contains(&id) {
            continue;
        }
        text += &format!(
            "  # App: account {account}\n  {id}:\n    Type: AWS::IAM::Role\n    OrganizationBinding:\n      Account: !Ref {account}\n    Properties:\n      RoleName: app-{}\n      Policies:\n",
            KINDS[role.kind]
        );
        for service in &role.services {
            let service = SERVICES[*service];
            text += &format!(
                "        - PolicyName: Deploy{service}\n          PolicyDocument:\n            Statement:\n              - Sid: One\n                Effect: Allow\n                Action:\n                  - {service}:Get\n                  - {service}:Put\n                Resource: !Sub 'arn:${{{account}}}:{service}'\n"
            );
        }
        text += &format!("      Boundary: !GetAtt App{letters}Boundary.Arn\n\n");
        seen.push(id);
    }
    text + &bound(roles) + "Outputs:\n  A: 1\n"
}

/// Two roles bound to the accounts of all `roles`, as `Layout: per-binding` writes them.
fn bound(roles: &[Role]) -> String {
    let items = roles
        .iter()
        .map(|role| format!("        - !Ref {}\n", ACCOUNTS[role.account]));
    let list = items.collect::<Vec<_>>().concat();
    let role = |kind: &str, accounts: &str| {
        format!(
            "  AppStage{kind}:\n    Type: AWS::IAM::Role\n    OrganizationBinding:\n      Account: {accounts}      Region: One\n    Properties:\n      RoleName: app-{kind}\n"
        )
    };
    let alias = "*AppStageAccounts\n";
    [
        role("DeployerRole", &format!("&AppStageAccounts\n{list}")),
        role("TestRole", alias),
        role("Boundary", alias),
    ]
    .concat()
}

/// One edit of a text.
#[derive(Clone, Debug)]
enum Edit {
    /// Removes some lines.
    Remove(Index, usize),
    /// Moves some lines elsewhere.
    Move(Index, usize, Index),
    /// Writes some lines again elsewhere.
    Copy(Index, usize, Index),
    /// Puts a line in.
    Insert(Index, &'static str),
    /// Replaces a passage of a line by another.
    Replace(Index, &'static str, &'static str),
    /// Changes every line end.
    LineEnds,
    /// Renames what macros create.
    Rename(&'static str),
}

const LINES: &[&str] = &[
    "",
    "# comment",
    "  # comment of resources",
    "      # deep comment",
    "    Path: '",
    "    Path: '/x/'",
    "    Path: [",
    "  ]",
    "    Note: |+",
    "      text",
    "    Note: &anchor x",
    "    Note: *anchor",
    "    Note: &AppStageAccounts x",
    "    Note: *AppStageAccounts",
    "      Account: *AppStageAccounts",
    "        - !Ref DevAccount",
    "    <<: { Path: /merged/ }",
    "  New:",
    "  New: { Type: X }",
    "    Type: X",
    "Resources:",
    "Metadata: { a: 1 }",
    "---",
    "...",
    "  'Quoted': 1",
    "  - item",
    "\tx: 1",
    " x: 1",
    "    Name: DevAccount",
    "    Name: \"Dev\\x41ccount\"",
    "              - Effect: Deny",
    "                Action: S3:get",
];

const NAMES: &[&str] = &["Other", "AppTwo", "Dev", "Type"];

const PASSAGES: &[(&str, &str)] = &[
    ("DevAccount", "ProdAccount"),
    ("Dev", "Prod"),
    ("s3:Get", "S3:get"),
    ("s3:Put", "s3:PutObject"),
    ("!Ref DevAccount", "[!Ref ProdAccount, !Ref DevAccount]"),
    ("!Ref ProdAccount", "[!Ref DevAccount]"),
    ("AppStageAccounts", "AppStage"),
    ("*AppStageAccounts", "!Ref DevAccount"),
    ("Allow", "'Allow'"),
    ("Allow", "Deny"),
    ("!Sub '", "!Sub \""),
    ("!Ref ", "!Ref '"),
    ("One", "Two"),
    (":", ": "),
    ("    ", "  "),
    ("app-", "application-"),
    ("!Sub", "Fn::Sub:"),
    ("Resource: ", "Resource:\n                  - "),
];

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for edit in edits {
        let end = |at: usize, count: usize, lines: &[String]| (at + count).min(lines.len());
        match edit {
            _ if lines.is_empty() => {}
            Edit::Remove(at, count) => {
                let at = at.index(lines.len());
                lines.drain(at..end(at, *count, &lines));
            }
            Edit::Move(at, count, to) => {
                let at = at.index(lines.len());
                let moved: Vec<String> = lines.drain(at..end(at, *count, &lines)).collect();
                let to = to.index(lines.len() + 1);
                lines.splice(to..to, moved);
            }
            Edit::Copy(at, count, to) => {
                let at = at.index(lines.len());
                let copied = lines[at..end(at, *count, &lines)].to_vec();
                let to = to.index(lines.len() + 1);
                lines.splice(to..to, copied);
            }
            Edit::Insert(at, line) => {
                let at = at.index(lines.len() + 1);
                lines.insert(at, format!("{line}\n"));
            }
            Edit::Replace(at, from, to) => {
                let at = at.index(lines.len());
                // The first line from there that has the passage.
                if let Some(line) = lines[at..].iter_mut().find(|line| line.contains(from)) {
                    *line = line.replacen(from, to, 1);
                }
            }
            Edit::LineEnds => {
                for line in &mut lines {
                    *line = line.replace('\n', "\r\n").replace("\r\r\n", "\n");
                }
            }
            Edit::Rename(to) => {
                for line in &mut lines {
                    *line = line.replace("App", to);
                }
            }
        }
    }
    lines.concat()
}

fn role() -> impl Strategy<Value = Role> {
    let services = prop::collection::vec(0..SERVICES.len(), 0..3);
    (0..ACCOUNTS.len(), 0..KINDS.len(), services).prop_map(|(account, kind, services)| Role {
        account,
        kind,
        services,
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        3 => (at(), 1..12_usize).prop_map(|(at, count)| Edit::Remove(at, count)),
        3 => (at(), 1..25_usize, at()).prop_map(|(at, count, to)| Edit::Move(at, count, to)),
        2 => (at(), 1..3_usize, at()).prop_map(|(at, count, to)| Edit::Copy(at, count, to)),
        4 => (at(), prop::sample::select(LINES)).prop_map(|(at, line)| Edit::Insert(at, line)),
        8 => (at(), prop::sample::select(PASSAGES)).prop_map(|(at, (from, to))| Edit::Replace(at, from, to)),
        1 => Just(Edit::LineEnds),
        2 => prop::sample::select(NAMES).prop_map(Edit::Rename),
    ]
}

/// A generated file and the same after its roles, and some of its lines, were changed.
fn texts() -> impl Strategy<Value = (String, String)> {
    let edits = || prop::collection::vec(edit(), 0..3);
    let roles = || prop::collection::vec(role(), 1..6);
    let services = prop::collection::vec(0..SERVICES.len(), 0..3);
    (roles(), roles(), services, edits(), edits(), any::<bool>()).prop_map(
        |(roles, others, services, first, second, is_edited)| {
            let mut changed = roles.clone();
            for role in changed.iter_mut().filter(|role| role.kind == 0) {
                role.services.clone_from(&services);
            }
            changed.extend(others.into_iter().take(services.len()));
            let first = if is_edited { first } else { Vec::new() };
            (
                edited(&written(&roles), &first),
                edited(&edited(&written(&changed), &first), &second),
            )
        },
    )
}

/// What comparing block by block finds, where it can.
fn fast(old: &str, new: &str) -> Option<Meaning> {
    let (before, after) = (scan(old), scan(new));
    let (old_blocks, new_blocks) = (before.blocks?, after.blocks?);
    let alone = (
        alone(&before.lines, &old_blocks),
        alone(&after.lines, &new_blocks),
    );
    let old = BlockSide {
        lines: &before.lines,
        blocks: &old_blocks,
        alone: Some(&alone.0),
    };
    let new = BlockSide {
        lines: &after.lines,
        blocks: &new_blocks,
        alone: Some(&alone.1),
    };
    let mut shapes = Shapes::default();
    let aligned = align::aligned(&old, &new, &mut shapes);
    by_blocks(&old, &new, &aligned, &mut shapes)
}

#[test]
fn lists_behind_an_alias_are_read_only_where_they_are_surely_those_of_the_anchor() {
    let role = |account| Role {
        account,
        kind: 0,
        services: vec![0],
    };
    let (old, new) = (written(&[role(0)]), written(&[role(0), role(1)]));
    let found = fast(&old, &new).unwrap();
    // Its own role, and the three that are bound to a list.
    assert_eq!(found.resources.len(), 4);
    assert_eq!(Ok(found), whole::by_parsing(Some(&old), &new));
    for (from, to) in [
        // The anchor is defined twice, in a comment at least; by another list; later; or not at all.
        ("# head", "# &AppStageAccounts"),
        ("&AppStageAccounts", "&AppStageAccounts # &AppStageAccounts"),
        ("- !Ref DevAccount", "- !GetAtt DevAccount.Arn"),
        ("&AppStageAccounts", "&AppStageAccounts2"),
    ] {
        assert!(new.contains(from));
        assert_eq!(fast(&old, &new.replacen(from, to, 1)), None, "{from} {to}");
    }
}

#[test]
fn comparing_by_blocks_finds_what_comparing_whole_texts_finds() {
    let (cases, by_blocks, changes) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_124),
        cases: if cfg!(debug_assertions) {
            1_500
        } else {
            20_000
        },
        source_file: Some(file!()),
        ..ProptestConfig::default()
    });
    runner
        .run(&texts(), |(old, new)| {
            cases.set(cases.get() + 1);
            if let Some(found) = fast(&old, &new) {
                let whole = whole::by_parsing(Some(&old), &new);
                by_blocks.set(by_blocks.get() + 1);
                changes.set(changes.get() + found.resources.len());
                prop_assert_eq!(Ok(found), whole);
            }
            Ok(())
        })
        .unwrap();
    // The test would say nothing if hardly any text could be compared by blocks.
    assert!(
        by_blocks.get() * 3 > cases.get(),
        "{} of {}",
        by_blocks.get(),
        cases.get()
    );
    assert!(
        changes.get() > cases.get() / 2,
        "{} in {}",
        changes.get(),
        cases.get()
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_124),
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_hunks_turn_one_text_into_the_other((old, new) in texts()) {
        let comparison = compare("roles.yml", Some(&old), &new);
        prop_assert_eq!(patched(&old, &comparison.hunks), new);
    }

    #[test]
    fn any_two_texts_can_be_compared(old in ".{0,60}", new in "[a:\\-\\[\\]{}'\"&*!|>#\\r\\n\\t ]{0,40}") {
        let comparison = compare("roles.yml", Some(&old), &new);
        prop_assert_eq!(patched(&old, &comparison.hunks), new.clone());
        prop_assert_eq!(comparison.is_same(), old == new);
    }

    #[test]
    fn details_are_told_exactly_where_something_changed((old, new) in texts()) {
        for resource in &compare("roles.yml", Some(&old), &new).resources {
            use crate::diff::resources::ChangeKind::Changed;
            prop_assert_eq!(resource.details.is_empty(), resource.kind != Changed);
        }
        prop_assert!(compare("roles.yml", Some(&new), &new).resources.is_empty());
    }
}
