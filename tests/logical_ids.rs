//! A macro, an account, or a stage that gets another name keeps every logical id with the lines that
//! `diff` prints: they are pasted into the template, which is expanded again. Also for roles that
//! were written by hand, for a macro that has `LogicalIds` already, and for names of which one
//! begins with another.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

#[path = "support/git.rs"]
mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::git;

const HEAD: &str = "AWSTemplateFormatVersion: '2010-09-09-OC'\n\
    Organization: !Include ./organization.yml\n\
    DefaultOrganizationBindingRegion: eu-west-1\n\nResources:\n";

/// What the template says on one side.
#[derive(Clone)]
struct Side {
    name: &'static str,
    layout: &'static str,
    /// Each stage with its accounts.
    stages: Vec<(&'static str, Vec<&'static str>)>,
    logical_ids: Vec<(String, String)>,
}

impl Side {
    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        let (name, layout) = (self.name, self.layout);
        let _ = write!(
            text,
            "  {name}: !DeployRoles\n    AppId: slslaunchpad\n    ToolsAccount: !Ref ToolsAccount\n    \
             Services: [lambda, logs, iam]\n    TestRole: true\n    Layout: {layout}\n    Targets:\n"
        );
        for (stage, accounts) in &self.stages {
            let accounts: Vec<String> = accounts.iter().map(|one| format!("!Ref {one}")).collect();
            let _ = writeln!(
                text,
                "      {stage}: {{ Account: [{}] }}",
                accounts.join(", ")
            );
        }
        if !self.logical_ids.is_empty() {
            text.push_str("    LogicalIds:\n");
        }
        for (written, kept) in &self.logical_ids {
            let _ = writeln!(text, "      '{written}': {kept}");
        }
        text
    }

    fn keeping(&self, lines: &[(&str, &str)]) -> Side {
        let line = |(written, kept): &(&str, &str)| ((*written).to_owned(), (*kept).to_owned());
        Side {
            logical_ids: lines.iter().map(line).collect(),
            ..self.clone()
        }
    }
}

fn organization(account: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/minimal/organization.yml");
    let text = std::fs::read_to_string(path).unwrap();
    text.replace("DevAccount", account)
}

fn run(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn expanded(folder: &Path, side: &Side) -> String {
    std::fs::write(folder.join("roles.src.yml"), side.text()).unwrap();
    let (succeeds, text) = run(folder, &["expand", "-o", "-", "roles.src.yml"]);
    assert!(succeeds, "{text}\n{}", side.text());
    text
}

/// The logical ids of an expanded text.
fn ids(text: &str) -> BTreeSet<String> {
    let is_id = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let lines = text.lines().filter(is_id);
    lines
        .filter_map(|line| line.trim().strip_suffix(':'))
        .map(str::to_owned)
        .collect()
}

/// Lines of `LogicalIds`; none inside if `diff` says that there are no such lines.
type Lines = Option<Vec<(String, String)>>;

/// The JSON in what was written, before any note.
fn json(text: &str) -> Value {
    let at = text.find('{').unwrap();
    let read = serde_json::Deserializer::from_str(text.get(at..).unwrap());
    read.into_iter().next().unwrap().unwrap()
}

/// All of `folder` in the first commit of a repository.
fn committed(folder: &Path) {
    for arguments in [
        &["init", "-q"][..],
        &["add", "."],
        &["commit", "-qm", "one"],
    ] {
        git(folder, arguments);
    }
}

/// The `LogicalIds` that `diff` prints from `old` to `new`: none if it prints nothing about them.
fn printed(
    (old_account, old): (&str, &Side),
    (new_account, new): (&str, &Side),
) -> (String, String, Option<Lines>) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("organization.yml"), organization(old_account)).unwrap();
    let before = expanded(folder, old);
    std::fs::write(folder.join("roles.yml"), &before).unwrap();
    committed(folder);
    std::fs::write(folder.join("organization.yml"), organization(new_account)).unwrap();
    expanded(folder, new);
    let diff = [
        "diff",
        "--against",
        "HEAD",
        "--format",
        "json",
        "--only",
        "access",
    ];
    let (succeeds, text) = run(folder, &[&diff[..], &["roles.src.yml"]].concat());
    assert!(succeeds, "{text}");
    let found = json(&text);
    let Some(lists) = found.get("logical_ids").and_then(Value::as_array) else {
        return (before, String::new(), None);
    };
    assert_eq!(lists.len(), 1, "{text}");
    let first = lists.first().and_then(|list| list.get("logical_ids"));
    let Some(lines) = first.and_then(Value::as_object) else {
        return (before, String::new(), Some(None));
    };
    let lines: Vec<(String, String)> = lines
        .iter()
        .map(|(written, kept)| (written.clone(), kept.as_str().unwrap().to_owned()))
        .collect();
    let pasted = Side {
        logical_ids: lines.clone(),
        ..new.clone()
    };
    let after = expanded(folder, &pasted);
    // What deploys now: nothing is refused any more.
    let (succeeds, text) = run(folder, &[&diff[..], &["roles.src.yml"]].concat());
    assert!(succeeds, "{text}");
    let found = json(&text);
    let deploys = found.get("deploys").and_then(Value::as_str);
    assert_eq!(deploys, Some("nothing refused"), "{text}");
    (before, after, Some(Some(lines)))
}

/// Pastes what is printed, and compares the ids. Returns how many lines there were.
fn keeps(old: (&str, &Side), new: (&str, &Side)) -> usize {
    let (before, after, lines) = printed(old, new);
    let lines = lines.flatten().unwrap();
    assert_eq!(ids(&before), ids(&after), "{lines:?}");
    lines.len()
}

fn side(name: &'static str, layout: &'static str) -> Side {
    Side {
        name,
        layout,
        stages: vec![
            ("dev", vec!["DevAccount", "StagingAccount"]),
            ("prod", vec!["ProdAccount", "ToolsAccount"]),
        ],
        logical_ids: Vec::new(),
    }
}

const LAYOUTS: [&str; 2] = ["per-account", "per-binding"];
const ACCOUNT: &str = "DevAccount";

#[test]
fn a_macro_with_another_name_needs_one_line() {
    let names = [
        ("Launchpad", "Payments"),
        ("Shop", "Workshop"),
        ("Workshop", "Shop"),
        ("Pay", "PayDev"),
    ];
    for layout in LAYOUTS {
        for (old, new) in names {
            let (old, new) = (side(old, layout), side(new, layout));
            assert_eq!(keeps((ACCOUNT, &old), (ACCOUNT, &new)), 1);
        }
    }
}

#[test]
fn an_account_with_another_name_needs_one_line() {
    for name in ["TestAccount", "Dev", "DevAccountTwo"] {
        let old = side("Launchpad", "per-account");
        let mut new = old.clone();
        new.stages[0].1[0] = name;
        assert_eq!(keeps((ACCOUNT, &old), (name, &new)), 1);
    }
}

#[test]
fn a_stage_with_another_name_needs_one_line() {
    for name in ["test", "dev-two", "d"] {
        let old = side("Launchpad", "per-binding");
        let mut new = old.clone();
        new.stages[0].0 = name;
        assert_eq!(keeps((ACCOUNT, &old), (ACCOUNT, &new)), 1);
        // With another name of the macro, two.
        new.name = "Payments";
        assert_eq!(keeps((ACCOUNT, &old), (ACCOUNT, &new)), 2);
    }
}

#[test]
fn what_is_kept_already_stays() {
    for layout in LAYOUTS {
        let old = side("Launchpad", layout).keeping(&[("Launchpad*TestRole", "Tester*")]);
        let new = side("Payments", layout);
        let count = keeps((ACCOUNT, &old), (ACCOUNT, &new));
        assert!(count > 1, "{count}");
        let again = new.keeping(&[("Payments*TestRole", "Tester*")]);
        keeps((ACCOUNT, &old), (ACCOUNT, &again));
    }
    // The kept ids are those of a macro that is renamed twice.
    let old = side("Launchpad", "per-account");
    let old = Side {
        name: "Payments",
        ..old
    }
    .keeping(&[("Payments*", "Launchpad*")]);
    assert_eq!(
        keeps((ACCOUNT, &old), (ACCOUNT, &side("Orders", "per-account"))),
        1
    );
}

#[test]
fn another_layout_has_no_lines() {
    let (old, new) = (side("Launchpad", LAYOUTS[0]), side("Launchpad", LAYOUTS[1]));
    for (old, new) in [(&old, &new), (&new, &old)] {
        let (_, _, lines) = printed((ACCOUNT, old), (ACCOUNT, new));
        assert_eq!(lines, Some(None));
    }
    // With one account per stage, there are.
    let one = |layout| Side {
        stages: vec![("dev", vec!["DevAccount"]), ("prod", vec!["ProdAccount"])],
        ..side("Launchpad", layout)
    };
    for (old, new) in [(0, 1), (1, 0)] {
        let (old, new) = (one(LAYOUTS[old]), one(LAYOUTS[new]));
        keeps((ACCOUNT, &old), (ACCOUNT, &new));
    }
}

/// What `diff` says of `roles.src.yml` against `roles.yml`, as JSON.
fn compared(folder: &Path) -> Value {
    let (succeeds, text) = run(
        folder,
        &[
            "diff",
            "--format",
            "json",
            "--only",
            "access",
            "roles.src.yml",
        ],
    );
    assert!(succeeds, "{text}");
    json(&text)
}

/// A folder with `text` expanded, and an organization whose first account is `DevAccount`.
fn deployed(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("organization.yml"),
        organization(ACCOUNT),
    )
    .unwrap();
    std::fs::write(folder.path().join("roles.src.yml"), text).unwrap();
    let (succeeds, said) = run(folder.path(), &["expand", "roles.src.yml"]);
    assert!(succeeds, "{said}");
    folder
}

#[test]
fn macros_that_swap_their_names_keep_their_ids_together() {
    let macros = |names: [&str; 2], kept: [&str; 2]| {
        let mut text = HEAD.to_owned();
        for ((name, app), kept) in names.iter().zip(["shop", "pay"]).zip(kept) {
            let _ = writeln!(
                text,
                "  {name}: !DeployRoles\n    AppId: {app}\n    ToolsAccount: !Ref ToolsAccount\n    \
                 Services: [logs]\n    Targets: {{ dev: !Ref DevAccount }}\n    LogicalIds: {{ {kept} }}"
            );
        }
        text
    };
    let folder = deployed(&macros(["One", "Two"], ["", ""]));
    let folder = folder.path();
    let write = |text: String| std::fs::write(folder.join("roles.src.yml"), text).unwrap();
    write(macros(["Two", "One"], ["", ""]));
    let found = compared(folder);
    let lists = found["logical_ids"].as_array().unwrap();
    let lines: Vec<String> = lists
        .iter()
        .map(|list| list["logical_ids"].to_string())
        .collect();
    assert_eq!(lines, [r#"{"Two*":"One*"}"#, r#"{"One*":"Two*"}"#]);
    write(macros(["Two", "One"], ["'Two*': 'One*'", "'One*': 'Two*'"]));
    assert_eq!(compared(folder)["deploys"], "nothing refused");
    // One of them stays, and has the ids that the other one would need.
    write(macros(["Two", "Three"], ["", "'Three*': 'One*'"]));
    let found = compared(folder);
    let lists = found["logical_ids"].as_array().unwrap();
    let lines = lists.iter().map(|list| list["logical_ids"].to_string());
    let lines: Vec<String> = lines.collect();
    assert_eq!(lines, [r#"{"Two*":"One*"}"#, r#"{"Three*":"Two*"}"#]);
}

#[test]
fn an_account_that_may_be_renamed_gets_lines_under_a_condition() {
    let text = side("Launchpad", "per-account").text();
    let folder = deployed(&text);
    let folder = folder.path();
    std::fs::write(folder.join("organization.yml"), organization("TestAccount")).unwrap();
    let text = text.replace("DevAccount", "TestAccount");
    std::fs::write(folder.join("roles.src.yml"), &text).unwrap();
    let found = compared(folder);
    assert_eq!(found["deploys"], "maybe refused");
    let ids = &found["logical_ids"][0];
    assert_eq!(
        ids["if_same_account"].to_string(),
        r#"[["DevAccount","TestAccount"]]"#
    );
    assert_eq!(
        ids["logical_ids"].to_string(),
        r#"{"LaunchpadTestAccount*":"LaunchpadDevAccount*"}"#
    );
    let kept = "    LogicalIds: { 'LaunchpadTestAccount*': 'LaunchpadDevAccount*' }\n";
    std::fs::write(folder.join("roles.src.yml"), text + kept).unwrap();
    assert_eq!(compared(folder)["deploys"], "nothing refused");
}

#[test]
fn an_account_is_known_from_the_last_commit() {
    let text = side("Launchpad", "per-account").text();
    let folder = deployed(&text);
    let folder = folder.path();
    committed(folder);
    std::fs::write(folder.join("organization.yml"), organization("TestAccount")).unwrap();
    let text = text.replace("DevAccount", "TestAccount");
    std::fs::write(folder.join("roles.src.yml"), text).unwrap();
    let found = compared(folder);
    assert_eq!(found["access"], "no new access");
    assert!(found["logical_ids"][0].get("if_same_account").is_none());
    let deploys = found["deploys"].as_str().unwrap();
    assert!(
        deploys.starts_with("CloudFormation refuses this: "),
        "{deploys}"
    );
    // Another text than the committed one may be of another organization.
    let present = std::fs::read_to_string(folder.join("roles.yml")).unwrap();
    std::fs::write(folder.join("roles.yml"), present + "# edited\n").unwrap();
    assert_eq!(compared(folder)["deploys"], "maybe refused");
}
