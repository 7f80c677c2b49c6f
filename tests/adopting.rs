//! Every command of docs/adopting.md, one after the other in one folder with the template of
//! `docs/adopting/`, and what the page says of it: that what it shows is everything that differs in
//! access, that the logical ids and the description are what is refused, and that the other ways
//! also deploy.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use snapbox::assert_data_eq;
use tempfile::TempDir;

const BEFORE: &str = "org/launchpad.yml";
const SOURCE: &str = "org/launchpad.src.yml";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/adopting.md")).unwrap()
}

/// A block of the page: the comment above it, its kind, and its text.
struct Block {
    comment: String,
    kind: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let page = page();
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    let mut comment = String::new();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let text = lines.by_ref().take_while(|line| *line != "```");
            blocks.push(Block {
                comment: std::mem::take(&mut comment),
                kind: kind.to_owned(),
                text: text.fold(String::new(), |text, line| text + line + "\n"),
            });
        } else if let Some(said) = line.strip_prefix("<!-- ") {
            said.trim_end_matches(" -->").clone_into(&mut comment);
        }
    }
    blocks
}

/// A copy of the example.
fn sandbox() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let org = folder.path().join("org");
    std::fs::create_dir(&org).unwrap();
    for file in std::fs::read_dir(root().join("docs/adopting/org")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), org.join(file.file_name())).unwrap();
    }
    folder
}

/// Runs a shell command in `folder`; its exit code and all that it prints.
fn run(folder: &Path, command: &str) -> (i32, String) {
    let binary = Path::new(env!("CARGO_BIN_EXE_deploy-roles"));
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(folder)
        .env(
            "PATH",
            format!("{}:{path}", binary.parent().unwrap().display()),
        )
        .output()
        .unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).unwrap(),
    )
}

/// Does what a block says, and compares what it prints.
fn follow(block: &Block, folder: &Path) {
    let place = |prefix: &str| block.comment.strip_prefix(prefix).map(|at| folder.join(at));
    match block.kind.as_str() {
        "yaml" => std::fs::write(place("file: ").unwrap(), &block.text).unwrap(),
        "diff" => {
            let file = place("edit: ").unwrap();
            let side = |other: char| -> String {
                let lines = block.text.lines().filter(|line| !line.starts_with(other));
                lines.fold(String::new(), |text, line| text + &line[1..] + "\n")
            };
            let text = std::fs::read_to_string(&file).unwrap();
            assert_eq!(text.matches(&side('+')).count(), 1, "{text}");
            std::fs::write(&file, text.replace(&side('+'), &side('-'))).unwrap();
        }
        "console" => {
            let mut shown = String::new();
            let commands = block
                .text
                .lines()
                .filter_map(|line| line.strip_prefix("$ "));
            for command in commands {
                let (code, output) = run(folder, command);
                let _ = writeln!(shown, "$ {command}");
                if code != 0 {
                    let _ = writeln!(shown, "? {code}");
                }
                shown.push_str(&output);
            }
            assert_data_eq!(shown, snapbox::Data::text(block.text.clone()));
        }
        kind => panic!("nothing does what `{kind}` says"),
    }
}

/// What `diff --format json` says of `source` against `before`.
fn compared(folder: &Path, before: &str, source: &str) -> Value {
    let command =
        format!("deploy-roles diff --only access --format json --against {before} {source}");
    let (code, text) = run(folder, &command);
    assert_eq!(code, 0, "{text}");
    serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap()
}

#[test]
fn the_commands_of_the_page_print_what_it_shows() {
    let folder = sandbox();
    let blocks = blocks();
    for block in &blocks {
        follow(block, folder.path());
    }
    let consoles = blocks.iter().filter(|block| block.kind == "console");
    assert!(consoles.count() >= 4);
}

/// A statement that gives or takes access: `+` or `-`, and its name as `diff` shows it.
type Difference = (char, String);

fn differences(compared: &Value) -> BTreeSet<Difference> {
    let mut found = BTreeSet::new();
    for file in compared["files"].as_array().unwrap() {
        let access = &file["access"];
        assert_eq!(access["undecided"], Value::Array(Vec::new()), "{access}");
        for principal in access["principals"].as_array().unwrap() {
            for (sign, list) in [('+', "gains"), ('-', "loses")] {
                for finding in principal[list].as_array().unwrap() {
                    let [statement, policy] =
                        ["statement", "policy"].map(|key| finding[key].as_str().unwrap());
                    found.insert((sign, format!("{statement} of {policy}")));
                }
            }
        }
    }
    found
}

#[test]
fn the_table_of_the_page_explains_every_difference_in_access() {
    let folder = sandbox();
    for block in blocks()
        .iter()
        .take_while(|block| !block.text.contains("nothing refused"))
    {
        follow(block, folder.path());
    }
    let found = compared(folder.path(), BEFORE, SOURCE);
    assert_eq!(found["access"], "6 principals gain access, 7 lose");
    assert_eq!(found["deploys"], "nothing refused");
    let mut explained = BTreeSet::new();
    for row in page().lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let [statements, sign @ ("+" | "-"), _] = cells.as_slice() else {
            continue;
        };
        for statement in statements.split('`').skip(1).step_by(2) {
            let difference = (sign.chars().next().unwrap(), statement.to_owned());
            assert!(explained.insert(difference), "{statement} twice");
        }
    }
    assert_eq!(differences(&found), explained);
}

/// The macro of the page, before anything stays, with `change` applied.
fn plain(folder: &Path, changes: &[(&str, &str)]) {
    let blocks = blocks();
    let first = blocks.iter().find(|block| block.kind == "yaml").unwrap();
    let mut text = first.text.clone();
    for (old, new) in changes {
        assert_eq!(text.matches(old).count(), 1, "{old}");
        text = text.replace(old, new);
    }
    std::fs::write(folder.join(SOURCE), text).unwrap();
}

/// Pastes the lines that `diff` prints into the macro, which is the last thing in the template, and
/// returns its answer after that.
fn pasted(folder: &Path, found: &Value, before: &str) -> Value {
    let lines = found["logical_ids"][0]["logical_ids"].as_object();
    let lines = lines.unwrap_or_else(|| panic!("{found}"));
    let mut text = std::fs::read_to_string(folder.join(SOURCE)).unwrap();
    text.push_str("    LogicalIds:\n");
    for (written, kept) in lines {
        let _ = writeln!(text, "      '{written}': '{}'", kept.as_str().unwrap());
    }
    std::fs::write(folder.join(SOURCE), text).unwrap();
    compared(folder, before, SOURCE)
}

#[test]
fn with_another_name_for_the_policy_no_partial_is_needed() {
    let folder = sandbox();
    let folder = folder.path();
    let text = std::fs::read_to_string(folder.join(BEFORE)).unwrap();
    let name = "!Sub '${AppId}-GithubActionsCrossAccountPolicy";
    assert!(page().contains(&format!("ManagedPolicyName: {name}-old'")));
    let renamed = text.replace(&format!("{name}'"), &format!("{name}-old'"));
    assert_ne!(text, renamed);
    // The first deployment.
    std::fs::write(folder.join("org/own.src.yml"), &renamed).unwrap();
    let first = compared(folder, BEFORE, "org/own.src.yml");
    assert_eq!(first["deploys"], "nothing refused");
    // The second.
    std::fs::write(folder.join(BEFORE), &renamed).unwrap();
    plain(folder, &[]);
    let found = compared(folder, BEFORE, SOURCE);
    let refused = "CloudFormation refuses this: 7 resources in 4 accounts";
    assert_eq!(found["deploys"], refused);
    let after = pasted(folder, &found, BEFORE);
    assert_eq!(after["deploys"], "nothing refused");
}

#[test]
fn a_partial_can_be_limited_to_one_policy() {
    let folder = sandbox();
    let folder = folder.path();
    let page = page();
    let (_, rest) = page.split_once("`{{#if (eq policyName ").unwrap();
    let limited = format!("{{{{#if (eq policyName {}", rest.split('`').next().unwrap());
    let words =
        "Policy for user to assume the GitHub Actions cross account role in target accounts.";
    let limited = limited.replace("...", words);
    let (code, output) = run(
        folder,
        "deploy-roles partials eject tools/cross-account-policy --to org/partials",
    );
    assert_eq!(code, 0, "{output}");
    let file = folder.join("org/partials/tools/cross-account-policy.hbs");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replace(
        "Description: {{description}}",
        &format!("Description: {limited}"),
    );
    assert_ne!(text, changed);
    std::fs::write(&file, changed).unwrap();
    let other = "  Other: !DeployRoles\n    AppId: other\n    ToolsAccount: !Ref ToolsAccount\n    Services: [logs]\n    Targets: { dev: !Ref DevAccount }\n  Launchpad: !DeployRoles\n";
    let partials = "Definitions:\n  DeployRoles:\n    Partials: ./partials\n\nResources:\n";
    plain(
        folder,
        &[
            ("  Launchpad: !DeployRoles\n", other),
            ("Resources:\n", partials),
        ],
    );
    let (code, output) = run(folder, &format!("deploy-roles expand --force {SOURCE}"));
    assert_eq!(code, 0, "{output}");
    let written = std::fs::read_to_string(folder.join(BEFORE)).unwrap();
    let own = format!("Description: '{words}'\n");
    assert_eq!(written.matches(&own).count(), 1, "{written}");
    let built_in =
        "Description: 'Lets the CI of other become its deploy roles in other accounts'\n";
    assert_eq!(written.matches(built_in).count(), 1, "{written}");
}

/// The template without the user and its policy.
fn roles_alone(folder: &Path) {
    let text = std::fs::read_to_string(folder.join(BEFORE)).unwrap();
    let (roles, _) = text.split_once("\n  GitHubActionsUser:\n").unwrap();
    std::fs::write(folder.join(BEFORE), roles).unwrap();
}

#[test]
fn the_two_roles_alone_need_no_partial() {
    let principal = (
        "    ToolsAccount: !Ref ToolsAccount\n",
        "    TrustedBy:\n      - Principal: !Sub 'arn:aws:iam::${ToolsAccount}:user/slslaunchpad-GitHubActionsUser'\n",
    );
    let ways: [(&[(&str, &str)], &str); 2] = [
        (&[], "7 principals gain access, 6 lose"),
        (&[principal], "6 principals gain access, 6 lose"),
    ];
    for (changes, access) in ways {
        let folder = sandbox();
        let folder = folder.path();
        roles_alone(folder);
        plain(folder, changes);
        let found = compared(folder, BEFORE, SOURCE);
        let refused = "CloudFormation refuses this: 6 resources in 3 accounts";
        assert_eq!(found["deploys"], refused);
        let after = pasted(folder, &found, BEFORE);
        assert_eq!(after["deploys"], "nothing refused");
        assert_eq!(after["access"], access);
    }
}

#[test]
fn a_target_for_each_stage_has_no_lines() {
    let folder = sandbox();
    let folder = folder.path();
    roles_alone(folder);
    let stages = "      dev: !Ref DevAccount\n      staging: !Ref StagingAccount\n      prod: !Ref ProdAccount\n";
    let all = "      all:\n        Account:\n          - !Ref DevAccount\n          - !Ref StagingAccount\n          - !Ref ProdAccount\n";
    plain(folder, &[(all, stages)]);
    let found = compared(folder, BEFORE, SOURCE);
    assert_eq!(found["logical_ids"][0]["logical_ids"], Value::Null);
}
