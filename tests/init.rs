//! What `init` writes: for every organization of the tests, a template that expands and that `lint` has
//! nothing to say about; targets that make runs; in an empty folder, the example as it is. And what it
//! refuses leaves the folder as it was.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a test may fail loudly, and makes its own files"
)]

#[path = "support/git.rs"]
mod git;
#[path = "support/terminal.rs"]
mod terminal;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// So many organizations get a template at least; fewer, and some were lost.
const LEAST_WRITTEN: usize = 40;

/// Errors about organizations that are wrong, or that have no accounts for a macro.
const REFUSED: &[&str] = &[
    "duplicate-key",
    "invalid-organization",
    "invalid-yaml",
    "missing-include",
    "no-organization",
    "no-target-account",
    "outside-include",
    "unreadable",
    "wrong-type",
];

/// What `lint` may find above a note: it is about the organization.
const OF_THE_ORGANIZATION: &[&str] = &["warning[denied-by-organization]"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn deploy_roles(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let texts = [output.stdout.clone(), output.stderr.clone()].concat();
    String::from_utf8(texts).unwrap()
}

/// Every file below `folder` with its text, without `.git`.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if name == ".git" {
            } else if path.is_symlink() {
                let target = std::fs::read_link(&path).unwrap();
                found.insert(name, target.display().to_string().into_bytes());
            } else if path.is_dir() {
                found.insert(format!("{name}/"), Vec::new());
                folders.push(path);
            } else {
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

/// A folder with the organization of the example.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read(root().join("org/organization.yml")).unwrap();
    std::fs::write(folder.path().join("organization.yml"), text).unwrap();
    folder
}

/// Every organization of the tests, by its text, with its path.
fn organizations() -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![
        root().join("tests"),
        root().join("org"),
        root().join("docs"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !path.is_symlink() && name != "node_modules" && name != ".venv" {
                folders.push(path);
            } else if name == "organization.yml"
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                found.insert(text, path);
            }
        }
    }
    found
}

#[test]
fn every_organization_gets_a_template_that_expands() {
    let mut failed = String::new();
    let mut written = 0;
    let mut refused = BTreeSet::new();
    for (text, path) in organizations() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("organization.yml"), text).unwrap();
        let before = files(folder.path());
        let mut output = deploy_roles(folder.path(), &["init"]);
        if said(&output).contains("[no-tools-account]") {
            let help = said(&output);
            let name = help.split("--tools-account ").nth(1).unwrap();
            let name = name.split('`').next().unwrap();
            output = deploy_roles(folder.path(), &["init", "--tools-account", name]);
        }
        let name = path.display();
        let text = said(&output);
        if !output.status.success() {
            let code = text.split("error[").nth(1).unwrap_or_default();
            let code = code.split(']').next().unwrap().to_owned();
            if !REFUSED.contains(&code.as_str()) || output.status.code() != Some(2) {
                writeln!(failed, "{name}: init fails:\n{text}").unwrap();
            }
            if files(folder.path()) != before {
                writeln!(failed, "{name}: init fails and writes").unwrap();
            }
            refused.insert(code);
            continue;
        }
        written += 1;
        for arguments in [
            &["expand"][..],
            &["expand", "--check"],
            &["lint", "--fail-on", "warning"],
            &["check"],
        ] {
            let output = deploy_roles(folder.path(), arguments);
            let found = said(&output);
            let is_expected = OF_THE_ORGANIZATION.iter().any(|rule| found.contains(rule))
                && arguments.contains(&"lint");
            if !output.status.success() && !is_expected {
                writeln!(failed, "{name}: {arguments:?}:\n{found}").unwrap();
            }
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
    assert!(written >= LEAST_WRITTEN, "only {written} templates");
    assert!(refused.len() >= 3, "only {refused:?}");
}

#[test]
fn an_empty_folder_gets_the_example_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("package.json"), "{}").unwrap();
    let output = deploy_roles(folder.path(), &["init"]);
    assert!(output.status.success(), "{}", said(&output));
    let output = deploy_roles(folder.path(), &["expand"]);
    assert!(output.status.success(), "{}", said(&output));
    let example = files(&root().join("org"));
    let mut found = files(&folder.path().join("org"));
    assert!(example.len() >= 5, "{:?}", example.keys());
    for (name, text) in example {
        assert!(found.remove(&name).is_some_and(|own| own == text), "{name}");
    }
    assert!(found.is_empty(), "{:?}", found.keys());
    let output = deploy_roles(folder.path(), &["check"]);
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn the_action_is_written_as_it_is() {
    let folder = repository();
    let output = deploy_roles(folder.path(), &["init", "workflow"]);
    assert!(output.status.success(), "{}", said(&output));
    let own = files(&root().join(".github/actions/diff"));
    assert_eq!(
        files(&folder.path().join(".github/actions/deploy-roles")),
        own
    );
}

#[test]
fn the_editor_knows_both_kinds_of_macros() {
    let folder = repository();
    let output = deploy_roles(folder.path(), &["init", "editor"]);
    assert!(output.status.success(), "{}", said(&output));
    let settings = std::fs::read(folder.path().join(".vscode/settings.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_slice(&settings).unwrap();
    let tags = settings["yaml.customTags"].as_array().unwrap();
    for tag in [
        "!DeployRoles mapping",
        "!DeployRoles scalar",
        "!Ref scalar",
        "!Include scalar",
    ] {
        assert!(tags.contains(&tag.into()), "{tag}");
    }
}

#[test]
fn a_dry_run_prints_what_a_run_writes() {
    let folder = repository();
    let before = files(folder.path());
    let output = deploy_roles(folder.path(), &["init", "--dry-run"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(files(folder.path()), before);
    let (shown, advice) = (output.stdout, output.stderr);
    let shown = String::from_utf8(shown).unwrap();
    let written = deploy_roles(folder.path(), &["init"]);
    assert!(written.status.success());
    // What follows the names of the files is what you do next.
    let written = String::from_utf8(written.stderr).unwrap();
    let next: Vec<&str> = written
        .lines()
        .filter(|line| !line.starts_with("wrote "))
        .collect();
    assert!(next.len() >= 4, "{written}");
    let advice = String::from_utf8(advice).unwrap();
    assert_eq!(advice.lines().skip(1).collect::<Vec<_>>(), next);
    let mut written = files(folder.path());
    written.retain(|name, _| !name.ends_with('/') && !before.contains_key(name));
    assert!(written.len() >= 8, "{:?}", written.keys());
    let mut length = 0;
    for (name, text) in written {
        let text = String::from_utf8(text).unwrap();
        let part = format!("--- # {name}\n{text}");
        assert!(shown.contains(&part), "{name}\n{shown}");
        length += part.len();
    }
    assert_eq!(shown.len(), length);
}

/// Runs a shell command in `folder` with the tool on `PATH`.
fn shell(folder: &Path, command: &str) -> (Option<i32>, String) {
    let binary = Path::new(env!("CARGO_BIN_EXE_deploy-roles"));
    let path = format!(
        "{}:{}:{}",
        folder.join("stubs").display(),
        binary.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .output()
        .unwrap();
    (output.status.code(), said(&output))
}

#[test]
fn a_makefile_that_includes_the_targets_keeps_its_variables_and_targets() {
    let folder = repository();
    let own = "BASE = mine\nexpand:\n\t@echo $(BASE)\ninclude deploy-roles.mk\n";
    let without = own.replace("include deploy-roles.mk\n", "");
    std::fs::write(folder.path().join("Makefile"), without).unwrap();
    assert!(deploy_roles(folder.path(), &["init"]).status.success());
    std::fs::write(folder.path().join("Makefile"), own).unwrap();
    assert_eq!(
        shell(folder.path(), "make expand"),
        (Some(0), "mine\n".to_owned())
    );
    let (code, said) = shell(folder.path(), "make -n roles-check");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("deploy-roles check"), "{said}");
}

/// A program that writes down how it is called, and runs what follows its first argument.
const NPX: &str =
    "#!/bin/sh\necho \"npx $*\" >> stubs/calls\nshift\n[ \"$1\" = org-formation ] || exec \"$@\"\n";

#[test]
fn the_targets_run() {
    for (makefile, prefix) in [(None, ""), (Some("all:\n\t@echo mine\n"), "roles-")] {
        let folder = repository();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("stubs")).unwrap();
        std::fs::write(at("stubs/npx"), NPX).unwrap();
        let package =
            r#"{"devDependencies": {"deploy-roles": "1", "aws-organization-formation": "1"}}"#;
        std::fs::write(at("package.json"), package).unwrap();
        if let Some(text) = makefile {
            std::fs::write(at("Makefile"), text).unwrap();
        }
        let output = deploy_roles(folder.path(), &["init", "roles", "makefile", "tasks"]);
        assert!(output.status.success(), "{}", said(&output));
        if let Some(text) = makefile {
            assert!(said(&output).contains("    include deploy-roles.mk\n"));
            assert_eq!(std::fs::read_to_string(at("Makefile")).unwrap(), text);
            std::fs::write(at("Makefile"), format!("{text}include deploy-roles.mk\n")).unwrap();
            assert_eq!(shell(folder.path(), "make"), (Some(0), "mine\n".to_owned()));
        } else {
            let (code, help) = shell(folder.path(), "make");
            assert_eq!(code, Some(0), "{help}");
            assert!(
                help.contains("\nexpand   write the roles of every template\n"),
                "{help}"
            );
        }
        git::git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
        let (code, text) = shell(
            folder.path(),
            &format!("chmod +x stubs/npx && make {prefix}check"),
        );
        assert_eq!(code, Some(2), "nothing is expanded yet: {text}");
        for target in ["expand", "check", "lint", "diff", "deploy"] {
            let (code, text) = shell(folder.path(), &format!("make {prefix}{target}"));
            assert_eq!(code, Some(0), "{target}: {text}");
        }
        git::git(folder.path(), &["add", "."]);
        git::git(folder.path(), &["commit", "--quiet", "--message=all"]);
        git::git(
            folder.path(),
            &["update-ref", "refs/remotes/origin/main", "HEAD"],
        );
        let (code, text) = shell(folder.path(), &format!("make {prefix}check"));
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("access      passed"), "{text}");
        let calls = std::fs::read_to_string(at("stubs/calls")).unwrap();
        assert!(calls.contains("npx --no deploy-roles diff .\n"), "{calls}");
        assert!(
            calls.contains("npx --no org-formation perform-tasks organization-tasks.yml\n"),
            "{calls}"
        );
        assert!(
            calls.contains("npx --no deploy-roles check --against origin/main .\n"),
            "{calls}"
        );
    }
}

/// That `init` with `arguments` fails with `code` and changes nothing.
fn refuses(folder: &Path, arguments: &[&str], code: &str) -> String {
    let before = files(folder);
    let output = deploy_roles(folder, &[&["init"], arguments].concat());
    let text = said(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains(&format!("error[{code}]")), "{text}");
    assert!(text.contains("help: "), "{text}");
    assert_eq!(files(folder), before, "{text}");
    text
}

#[test]
fn a_file_that_is_there_stays() {
    for name in [
        "roles.src.yml",
        ".github/workflows/deploy-roles.yml",
        ".github/actions",
        ".pre-commit-config.yaml",
        ".vscode/settings.json",
        // The other ending of YAML.
        "roles.src.yaml",
        ".github/workflows/deploy-roles.yaml",
        ".github/actions/deploy-roles/action.yaml",
    ] {
        let folder = repository();
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "mine\n").unwrap();
        let text = refuses(folder.path(), &[], "file-exists");
        assert!(
            text.contains(&format!("`{name}` is there already")),
            "{text}"
        );
    }
}

#[test]
fn links_lead_nowhere_else() {
    let elsewhere = tempfile::tempdir().unwrap();
    for name in [".github", ".github/workflows"] {
        let folder = repository();
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(elsewhere.path(), path).unwrap();
        refuses(folder.path(), &[], "unsuitable-path");
    }
    assert!(files(elsewhere.path()).is_empty());
    // A link that leads nowhere yet: what is written through it would be elsewhere.
    for name in [
        "roles.src.yml",
        "roles.src.yaml",
        "Makefile",
        ".vscode",
        ".vscode/settings.json",
        ".github/workflows/deploy-roles.yml",
        ".github/actions/deploy-roles/run",
        ".pre-commit-config.yaml",
        "organization-tasks.yml",
    ] {
        let folder = repository();
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(elsewhere.path().join("not-yet"), path).unwrap();
        let text = refuses(folder.path(), &[], "file-exists");
        assert!(text.contains(name), "{text}");
    }
    assert!(files(elsewhere.path()).is_empty());
    // What the template would be expanded into.
    let folder = repository();
    symlink(
        elsewhere.path().join("not-yet"),
        folder.path().join("roles.yml"),
    )
    .unwrap();
    let output = deploy_roles(folder.path(), &["init", "roles"]);
    assert!(said(&output).contains("wrote deploy-roles.src.yml"));
    // What git ignores, in an empty folder with the tool.
    let folder = tempfile::tempdir().unwrap();
    let package = "{\"devDependencies\": {\"deploy-roles\": \"1\"}}";
    std::fs::write(folder.path().join("package.json"), package).unwrap();
    symlink(
        elsewhere.path().join("not-yet"),
        folder.path().join(".gitignore"),
    )
    .unwrap();
    let output = deploy_roles(folder.path(), &["init"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(files(elsewhere.path()).is_empty());
    let folder = repository();
    std::fs::create_dir(folder.path().join("below")).unwrap();
    refuses(
        &folder.path().join("below"),
        &["--organization", "../organization.yml"],
        "unsuitable-path",
    );
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    refuses(&folder.path().join("below"), &[], "no-repository");
}

/// A link that leads to no file is named, and not taken for a folder without an organization.
#[test]
fn an_organization_that_a_link_does_not_lead_to_is_named() {
    for path in ["organization.yml", "org/organization.yaml"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("org")).unwrap();
        symlink("nowhere.yml", folder.path().join(path)).unwrap();
        let said = refuses(folder.path(), &[], "no-repository");
        let message = format!("`{path}` is a link to `nowhere.yml`, which leads to no file");
        assert!(said.contains(&message), "{said}");
    }
}

#[test]
fn an_id_without_letters_is_refused_as_an_id() {
    for id in ["", "--", "ä", "9"] {
        let folder = repository();
        let option = format!("--app-id={id}");
        let text = refuses(folder.path(), &["roles", &option], "invalid-app-id");
        assert_eq!(text.matches("error[").count(), 1, "{text}");
    }
}

#[test]
fn a_template_of_the_other_ending_is_the_one_that_is_deployed() {
    let folder = repository();
    assert!(
        deploy_roles(folder.path(), &["init", "roles"])
            .status
            .success()
    );
    let at = |name: &str| folder.path().join(name);
    std::fs::rename(at("roles.src.yml"), at("roles.src.yaml")).unwrap();
    let output = deploy_roles(folder.path(), &["init", "tasks"]);
    assert!(output.status.success(), "{}", said(&output));
    let tasks = std::fs::read_to_string(at("organization-tasks.yml")).unwrap();
    assert!(tasks.contains("Template: ./roles.yaml\n"), "{tasks}");
    assert!(deploy_roles(folder.path(), &["expand"]).status.success());
    assert!(at("roles.yaml").exists());
}

#[test]
fn the_advice_makes_no_key_twice() {
    let folder = repository();
    let tasks = "OrganizationUpdate:\n  Type: update-organization\n  Template: ./organization.yml\n\nDeployRoles:\n  Type: update-stacks\n  StackName: others\n  Template: ./others.yml\n";
    std::fs::write(folder.path().join("organization-tasks.yml"), tasks).unwrap();
    let output = deploy_roles(folder.path(), &["init", "tasks"]);
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("    DeployRoles2:\n      Type: include\n"),
        "{text}"
    );
}

#[test]
fn the_makefile_writes_the_schema_that_the_editor_reads() {
    let folder = repository();
    let output = deploy_roles(folder.path(), &["init", "roles", "makefile", "editor"]);
    let text = said(&output);
    assert!(
        text.contains(
            "your editor completes macros after `deploy-roles schema > deploy-roles.schema.json`"
        ),
        "{text}"
    );
    let settings = std::fs::read(folder.path().join(".vscode/settings.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_slice(&settings).unwrap();
    let schemas = settings["yaml.schemas"].as_object().unwrap();
    let (schema, files) = schemas.iter().next().unwrap();
    assert_eq!(files, &serde_json::json!(["*.src.yml", "*.src.yaml"]));
    let (code, text) = shell(folder.path(), "make expand");
    assert_eq!(code, Some(0), "{text}");
    let schema = std::fs::read(folder.path().join(schema)).unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
    assert!(schema.to_string().contains("ToolsAccount"));
}

#[test]
fn an_organization_that_cannot_be_read_is_shown() {
    let folder = repository();
    std::fs::write(
        folder.path().join("organization.yml"),
        "Organization:\n  A: [OC::ORG::\n",
    )
    .unwrap();
    let text = refuses(folder.path(), &[], "invalid-yaml");
    assert!(text.contains("--> organization.yml:"), "{text}");
    std::fs::remove_file(folder.path().join("organization.yml")).unwrap();
    refuses(
        folder.path(),
        &["--organization", "organization.yml"],
        "unreadable",
    );
}

/// What `init` says on a terminal that answers with `answers`, and its exit code.
fn on_a_terminal(folder: &Path, answers: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
    command
        .args(["init", "roles"])
        .current_dir(folder)
        .env("TERM", "dumb");
    terminal::run(&mut command, answers)
}

#[test]
fn on_a_terminal_the_tools_account_is_confirmed() {
    let template = |folder: &TempDir| {
        std::fs::read_to_string(folder.path().join("roles.src.yml")).unwrap_or_default()
    };
    // The guess, confirmed.
    let folder = repository();
    let (code, text) = on_a_terminal(folder.path(), "\n");
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("Tools account, which CI signs in to [ToolsAccount]: "),
        "{text}"
    );
    assert!(
        template(&folder).contains(
            "    # The account that CI signs in to.\n    ToolsAccount: !Ref ToolsAccount\n"
        )
    );
    // Another one, after a slip.
    let folder = repository();
    let (code, text) = on_a_terminal(folder.path(), "SandboxAcount\nSandboxAccount\n");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("did you mean `SandboxAccount`?"), "{text}");
    assert!(template(&folder).contains("ToolsAccount: !Ref SandboxAccount\n"));
    // One of two candidates.
    let folder = repository();
    let path = folder.path().join("organization.yml");
    let two = std::fs::read_to_string(&path).unwrap();
    let two = two.replace("SandboxAccount", "SandboxToolsAccount");
    std::fs::write(&path, &two).unwrap();
    refuses(folder.path(), &["roles"], "no-tools-account");
    let (code, text) = on_a_terminal(folder.path(), "ToolsAccount\n");
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("(ToolsAccount, SandboxToolsAccount): "),
        "{text}"
    );
    // By its number: candidates come first, so that they have the first ones.
    for (answer, name) in [("2\n", "SandboxToolsAccount"), ("0\n8\n3\n", "DevAccount")] {
        let folder = repository();
        std::fs::write(folder.path().join("organization.yml"), &two).unwrap();
        let (code, text) = on_a_terminal(folder.path(), answer);
        assert_eq!(code, Some(0), "{text}");
        let wanted = format!("ToolsAccount: !Ref {name}\n");
        assert!(template(&folder).contains(&wanted), "{text}");
    }
    // The accounts are listed, and no answer is none of them.
    let folder = repository();
    let path = folder.path().join("organization.yml");
    let none = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        none.replace("ToolsAccount", "OpsAccount")
            .replace("AccountName: Tools", "AccountName: Ops"),
    )
    .unwrap();
    let (code, text) = on_a_terminal(folder.path(), "\nManagementAccount\n");
    assert_eq!(code, Some(0), "{text}");
    let list = [
        "accounts of the organization:",
        "   1 OpsAccount",
        "   7 ManagementAccount (management account)",
    ];
    let places = list.map(|line| text.find(&format!("{line}\r\n")));
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{text}"
    );
    assert!(
        text.contains("type the number or the key of one of the accounts above"),
        "{text}"
    );
    assert!(text.contains("warning[management-tools-account]"), "{text}");
    // No answer: nothing is written.
    let folder = repository();
    let before = files(folder.path());
    let (code, text) = on_a_terminal(folder.path(), "\u{4}");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("error[no-tools-account]"), "{text}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_dry_run_on_a_terminal_prints_what_can_be_added_to_a_file_that_is_there() {
    let folder = repository();
    std::fs::write(folder.path().join(".pre-commit-config.yaml"), "mine\n").unwrap();
    let before = files(folder.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
    command
        .args(["init", "hook", "--dry-run"])
        .current_dir(folder.path())
        .env("TERM", "dumb");
    let (code, text) = terminal::run(&mut command, "");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("- id: deploy-roles-check"), "{text}");
    assert_eq!(files(folder.path()), before);
}

/// A folder with an organization of these accounts, each with its tags, and units, each with its accounts.
fn repository_of(accounts: &[(&str, &str)], units: &[(&str, &[&str])]) -> TempDir {
    let mut text = "Organization:\n  Master:\n    Type: OC::ORG::MasterAccount\n    Properties: { AccountName: m, AccountId: '100000000000' }\n".to_owned();
    for (index, (name, tags)) in accounts.iter().enumerate() {
        let id = 200_000_000_000_u64 + u64::try_from(index).unwrap();
        writeln!(text, "  {name}:\n    Type: OC::ORG::Account\n    Properties: {{ AccountName: a{index}, AccountId: '{id}', Tags: {{ {tags} }} }}").unwrap();
    }
    for (name, members) in units {
        let members: Vec<String> = members.iter().map(|one| format!("!Ref {one}")).collect();
        writeln!(text, "  {name}:\n    Type: OC::ORG::OrganizationalUnit\n    Properties: {{ OrganizationalUnitName: {name}, Accounts: [{}] }}", members.join(", ")).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("organization.yml"), text).unwrap();
    folder
}

/// The template that `init roles` writes.
fn guessed(folder: &Path, arguments: &[&str]) -> String {
    let output = deploy_roles(folder, &[&["init", "roles"], arguments].concat());
    assert!(output.status.success(), "{}", said(&output));
    std::fs::read_to_string(folder.join("roles.src.yml")).unwrap()
}

/// A guess for an organization, as the template says it.
fn targets(accounts: &[(&str, &str)], units: &[(&str, &[&str])], arguments: &[&str]) -> String {
    let folder = repository_of(accounts, units);
    let text = guessed(folder.path(), arguments);
    let targets = text.split("    Targets:\n").nth(1).unwrap();
    targets.to_owned()
}

#[test]
fn stages_are_guessed_by_tags_then_names_then_units() {
    let tools = ("Tools", "");
    let found = targets(
        &[
            tools,
            ("One", "stage: production"),
            ("DevTwo", ""),
            ("Three", ""),
            ("LogArchiveProd", "env: prod"),
        ],
        &[("QaUnit", &["Three"])],
        &[],
    );
    assert_eq!(
        found,
        "      # A guess, because of the account's name.
      dev: !Ref DevTwo
      # A guess, because of the unit `QaUnit`.
      qa: !Ref Three
      # A guess, because of the tag `stage`.
      prod: !Ref One
      # Not a target, because of a name, a tag, or a unit that says what else it is for: LogArchiveProd.
"
    );
    // A unit with just these accounts, a tag with just these, or their names.
    let two = [
        tools,
        ("ProdA", "stage: prod"),
        ("ProdB", "stage: prod"),
        ("Other", ""),
    ];
    let unit: &[(&str, &[&str])] = &[("LiveUnit", &["ProdA", "ProdB"])];
    assert!(
        targets(&two, unit, &[])
            .contains("      prod:\n        OrganizationalUnit: !Ref LiveUnit\n")
    );
    let wider: &[(&str, &[&str])] = &[("AppsUnit", &["ProdA", "ProdB", "Other"])];
    let found = targets(&two, wider, &[]);
    assert!(
        found.contains("      prod:\n        Select: $.Org") && found.contains("there: Other."),
        "{found}"
    );
    let found = targets(&two, &[], &[]);
    assert!(found.contains("Select: $.Organization[?@.Type=='OC::ORG::Account' && @.Properties.Tags.stage=='prod']\n"), "{found}");
    let names = [tools, ("ProdA", ""), ("ProdB", ""), ("NonDevC", "")];
    let found = targets(&names, &[], &[]);
    assert!(
        found.contains(
            "      prod:\n        Account:\n          - !Ref ProdA\n          - !Ref ProdB\n"
        ),
        "{found}"
    );
    assert!(found.contains("deployed there: NonDevC."), "{found}");
    // Nothing says anything.
    let found = targets(&[tools, ("Alpha", ""), ("Beta", "")], &[], &[]);
    assert!(
        found.contains("# for apps.\n      dev: !Ref Alpha\n"),
        "{found}"
    );
    // The Tools account is no target.
    let found = targets(
        &[
            ("ProdTools", "stage: prod"),
            ("ProdA", "stage: prod"),
            ("ProdB", "stage: prod"),
        ],
        &[],
        &["--tools-account", "ProdB"],
    );
    assert!(found.contains("      prod: !Ref ProdA\n"), "{found}");
}

#[test]
fn a_tag_says_more_than_a_name() {
    let found = targets(
        &[
            ("Tools", ""),
            ("BillingDev", "stage: dev"),
            ("OrdersLogService", "Stage: dev"),
            ("WebShared", "environment: Production"),
            // A tag says that they are for something else, and keeps an app out of the logs.
            ("DevOne", "stage: sandbox"),
            ("AuditProd", "stage: prod"),
            ("ProdPipelines", "stage: prod"),
            ("ProdTwo", "stage: prod"),
            // Without a tag, the name counts.
            ("BillingProd", ""),
            ("NetworkProd", "team: prod"),
        ],
        &[("SecurityUnit", &["ProdTwo"])],
        &[],
    );
    assert_eq!(
        found,
        "      # A guess, because of the tag `Stage` and the tag `stage`.
      dev:
        Account:
          - !Ref BillingDev
          - !Ref OrdersLogService
      # A guess, because of the tag `environment`.
      prod: !Ref WebShared
      # Not a target, because of a name, a tag, or a unit that says what else it is for: DevOne, AuditProd,
      # ProdPipelines, ProdTwo, BillingProd, and 1 more.
"
    );
}

#[test]
fn words_that_belong_together_are_read_as_one() {
    for name in ["DevOpsAccount", "dev-ops", "DevSecOps", "Ci-Cd"] {
        let found = targets(&[(name, ""), ("DevA", ""), ("My_Prod", "")], &[], &[]);
        assert_eq!(
            found,
            "      # A guess, because of the account's name.
      dev: !Ref DevA
      # A guess, because of the account's name.
      prod: !Ref My_Prod
",
            "{name}"
        );
    }
    let found = targets(
        &[
            ("Tools", ""),
            ("NonProd", ""),
            ("Billing-Non-Production", "stage: non-production"),
            ("NotDev", ""),
            ("Prod", ""),
            ("3prod", ""),
        ],
        &[],
        &[],
    );
    assert!(
        found.contains(
            "      nonprod:
        Account:
          - !Ref NonProd
          - !Ref Billing-Non-Production
"
        ) && found.contains("      prod: !Ref Prod\n")
            && found.contains("because nothing says that apps are deployed there: NotDev.\n")
            && found.contains("letters, digits, `-`, and `_`: 3prod.\n"),
        "{found}"
    );
}

#[test]
fn no_account_for_something_else_becomes_a_target() {
    let refused = |accounts: &[(&str, &str)], units: &[(&str, &[&str])], arguments: &[&str]| {
        let folder = repository_of(accounts, units);
        let said = refuses(folder.path(), arguments, "no-target-account");
        let such_as = said.split("such as ").nth(1).unwrap();
        such_as.split('\n').next().unwrap().to_owned()
    };
    let landing = [("Tools", ""), ("AuditAccount", ""), ("LogArchive", "")];
    assert_eq!(refused(&landing, &[], &[]), "`AuditAccount`, `LogArchive`");
    let apart = [("Tools", ""), ("Alpha", ""), ("3prod", "")];
    let unit: &[(&str, &[&str])] = &[("SecurityOU", &["Alpha"])];
    assert_eq!(refused(&apart, unit, &[]), "`Alpha`, `3prod`");
    let tools = [
        ("Tools", ""),
        ("Cicd", ""),
        ("SharedServices", ""),
        ("Prod", ""),
    ];
    let given = ["--tools-account", "Prod"];
    assert_eq!(
        refused(&tools, &[], &given),
        "`Tools`, `Cicd`, `SharedServices`"
    );
    // What comes first in the organization may not be the first that may be for apps.
    let found = targets(&[("Audit", ""), ("Tools", ""), ("Alpha", "")], &[], &[]);
    assert!(found.contains("      dev: !Ref Alpha\n"), "{found}");
}

/// A folder with the organization of the example at `organization`, and other files.
fn repository_with(organization: &str, others: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join("org/organization.yml")).unwrap();
    for (path, text) in [&[(organization, text.as_str())], others].concat() {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn make_deploys_what_you_run() {
    let update = "Up:\n  Type: update-organization\n  Template: ./organization.yml\n";
    let main = "Org: { Type: include, Path: ./src/_tasks.yml }\n";
    let deployed = |organization: &str, others: &[(&str, &str)]| {
        let folder = repository_with(organization, others);
        let output = deploy_roles(folder.path(), &["init", "makefile", "tasks"]);
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        let makefile = std::fs::read_to_string(folder.path().join("Makefile")).unwrap();
        let run = makefile.split("perform-tasks ").nth(1).unwrap();
        (run.split('\n').next().unwrap().to_owned(), said, makefile)
    };
    // The tasks of another organization are not ours.
    let files = [
        ("examples/organization-tasks.yml", update),
        ("organization-tasks.yml", update),
    ];
    let (run, said, _) = deployed("organization.yml", &files);
    assert_eq!(run, "organization-tasks.yml");
    assert!(
        said.contains("add this to `organization-tasks.yml`"),
        "{said}"
    );
    // Who includes the tasks of the organization deploys more.
    let files = [("main-tasks.yml", main), ("src/_tasks.yml", update)];
    let (run, said, makefile) = deployed("src/organization.yml", &files);
    assert_eq!(run, "main-tasks.yml");
    assert!(said.contains("add this to `src/_tasks.yml`"), "{said}");
    assert!(!makefile.contains("# A guess"), "{makefile}");
    // Which of two is not known.
    let files = [&files[..], &[("all.yml", main)]].concat();
    let (run, said, makefile) = deployed("src/organization.yml", &files);
    assert_eq!(run, "all.yml");
    let advice =
        "`make deploy` runs `all.yml`: change that if you run another one (main-tasks.yml)";
    assert!(said.contains(advice), "{said}");
    let comment = "# A guess: you run all.yml, and not main-tasks.yml.\ndeploy: check ##";
    assert!(makefile.contains(comment), "{makefile}");
}

#[test]
fn a_region_is_found_where_it_is_written() {
    for (path, text) in [
        (".org-formationrc", "[general]\nregion=eu-west-2\n"),
        (
            "app/samconfig.toml",
            "[default.deploy.parameters]\nregion = \"eu-west-2\"\n",
        ),
        (
            "app/serverless.yml",
            "provider:\n  name: aws\n  region: eu-west-2\n",
        ),
        (".github/workflows/x.yml", "env:\n  AWS_REGION: eu-west-2\n"),
        ("t.yml", "X:\n  Region: [eu-west-2, us-east-1]\n"),
        ("Makefile", "AWS_REGION ?= eu-west-2\n"),
    ] {
        let folder = repository_with(
            "organization.yml",
            &[(path, text), ("app/template.yml", "{}")],
        );
        let template = guessed(folder.path(), &[]);
        assert!(
            template.contains(&format!("# A guess: {path} names this region. IAM is"))
                && template.contains("\nDefaultOrganizationBindingRegion: eu-west-2\n"),
            "{template}"
        );
    }
    // The layout of OrgFormation's reference architecture: a parameter of all tasks.
    let parameters = "primaryRegion:\n  Type: String\n  Default: eu-west-2\n";
    let budgets = "Parameters:\n  <<: !Include '../organization-parameters.yml'\nBudgets:\n  Type: update-stacks\n  StackName: budgets\n  Template: ./budgets.yml\n  DefaultOrganizationBindingRegion: !Ref primaryRegion\n";
    let files = [
        ("organization-parameters.yml", parameters),
        ("budgets/_tasks.yml", budgets),
    ];
    let folder = repository_with("organization.yml", &files);
    let template = guessed(folder.path(), &[]);
    assert!(
        template.contains("# A guess: budgets/_tasks.yml names this region."),
        "{template}"
    );
    // None is found.
    let folder = repository();
    let template = guessed(folder.path(), &[]);
    assert!(
        template.contains("# A placeholder: `init` found no region in this repository."),
        "{template}"
    );
}

#[test]
fn what_only_sounds_like_the_tool_is_not_in_the_way() {
    let tasks = "Up:\n  Type: update-organization\n  Template: ./organization.yml\nX:\n  Type: update-stacks\n  StackName: x\n  Template: ./legacy-deploy-roles/x.yml\n";
    let makefile = "# see the wiki page on deploy-roles\nall:\n\techo\n";
    let files = [("organization-tasks.yml", tasks), ("Makefile", makefile)];
    let folder = repository_with("organization.yml", &files);
    let output = deploy_roles(folder.path(), &["init", "makefile", "tasks"]);
    assert!(output.status.success(), "{}", said(&output));
    let tasks = tasks.replace("legacy-deploy-roles/x.yml", "roles.yml");
    let folder = repository_with("organization.yml", &[("organization-tasks.yml", &tasks)]);
    let text = refuses(folder.path(), &["tasks"], "file-exists");
    assert!(text.contains("already deploys `roles.yml`"), "{text}");
    let files = [("Makefile", "-include deploy-roles.mk\n")];
    let folder = repository_with("organization.yml", &files);
    let text = refuses(folder.path(), &["makefile"], "file-exists");
    assert!(
        text.contains("`Makefile` already runs deploy-roles"),
        "{text}"
    );
}

#[test]
fn of_two_runs_at_once_one_writes() {
    for _ in 0..5 {
        let folder = repository();
        let start = || {
            Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
                .arg("init")
                .current_dir(folder.path())
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        };
        let runs: Vec<_> = (0..6).map(|_| start()).collect();
        let outputs: Vec<Output> = runs
            .into_iter()
            .map(|run| run.wait_with_output().unwrap())
            .collect();
        let mut written = 0;
        for output in &outputs {
            let text = said(output);
            if output.status.success() {
                written += 1;
            } else {
                assert_eq!(output.status.code(), Some(2), "{text}");
                assert!(text.starts_with("error[file-exists]"), "{text}");
            }
        }
        assert_eq!(written, 1);
        assert!(files(folder.path()).len() >= 14);
    }
}

#[test]
fn the_workflow_installs_as_the_repository_does() {
    let package =
        "{\"devDependencies\": {\"deploy-roles\": \"1\", \"aws-organization-formation\": \"1\"}}";
    for (lock, install, runner) in [
        ("package-lock.json", "npm ci --ignore-scripts", "npx --no"),
        (
            "yarn.lock",
            "yarn install --frozen-lockfile --ignore-scripts",
            "npx --no",
        ),
        (
            "pnpm-lock.yaml",
            "corepack enable && pnpm install --frozen-lockfile --ignore-scripts",
            "pnpm exec",
        ),
    ] {
        let folder = repository_with(
            "organization.yml",
            &[("package.json", package), (lock, "{}\n")],
        );
        let output = deploy_roles(folder.path(), &["init"]);
        let text = said(&output);
        assert!(
            output.status.success() && !text.contains("the workflow runs"),
            "{text}"
        );
        let read = |path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap();
        let workflow = read(".github/workflows/deploy-roles.yml");
        assert!(
            workflow.contains(&format!("        run: {install}\n")),
            "{workflow}"
        );
        let makefile = read("Makefile");
        let programs = format!(
            "DEPLOY_ROLES ?= {runner} deploy-roles\nORG_FORMATION ?= {runner} org-formation\n"
        );
        assert!(makefile.starts_with(&programs), "{makefile}");
        // No second lock file.
        let folder = repository_with(
            "organization.yml",
            &[("package.json", "{}"), (lock, "{}\n")],
        );
        let text = said(&deploy_roles(folder.path(), &["init", "workflow"]));
        let add = match lock {
            "yarn.lock" => "`yarn install`: `yarn add --dev deploy-roles` writes what that needs",
            "pnpm-lock.yaml" => {
                "`pnpm install`: `pnpm add --save-dev deploy-roles` writes what that needs"
            }
            _ => "`npm ci`: `npm install --save-dev deploy-roles` writes what that needs",
        };
        assert!(
            text.contains(&format!("the workflow runs {add}\n")),
            "{text}"
        );
    }
    let files = [
        ("package.json", package),
        ("yarn.lock", ""),
        (".yarnrc.yml", "enableTelemetry: false\n"),
    ];
    let folder = repository_with("organization.yml", &files);
    let text = said(&deploy_roles(folder.path(), &["init", "workflow"]));
    assert!(text.contains("`nodeLinker: node-modules`"), "{text}");
}

#[test]
fn targets_find_what_npm_installs_later() {
    let folder = repository_with(
        "organization.yml",
        &[
            ("package.json", "{}\n"),
            ("Makefile", "all:\n\t@echo mine\n"),
        ],
    );
    let output = deploy_roles(folder.path(), &["init", "makefile"]);
    assert!(output.status.success(), "{}", said(&output));
    let program = || {
        let show = "include deploy-roles.mk\nshow:\n\t@echo $(DEPLOY_ROLES)\n";
        std::fs::write(folder.path().join("Show.mk"), show).unwrap();
        shell(folder.path(), "make -f Show.mk show")
    };
    assert_eq!(program(), (Some(0), "deploy-roles\n".to_owned()));
    let bin = folder.path().join("node_modules/.bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("deploy-roles"), "").unwrap();
    let installed = "node_modules/.bin/deploy-roles\n".to_owned();
    assert_eq!(program(), (Some(0), installed));
}

#[test]
fn ci_that_runs_elsewhere_is_not_taken_for_github() {
    let with = |files: &[(&str, &str)], arguments: &[&str]| {
        let folder = repository_with("organization.yml", files);
        let output = deploy_roles(folder.path(), &[&["init"], arguments].concat());
        assert!(output.status.success(), "{}", said(&output));
        let template = std::fs::read_to_string(folder.path().join("roles.src.yml")).unwrap();
        for arguments in [&["expand"][..], &["lint", "--fail-on", "warning"]] {
            let output = deploy_roles(folder.path(), arguments);
            assert!(output.status.success(), "{}", said(&output));
        }
        let has_workflow = folder.path().join(".github/workflows").exists();
        (said(&output), template, has_workflow)
    };
    for (file, trust) in [
        (".gitlab-ci.yml", "`GitLabOidc` takes the path"),
        ("bitbucket-pipelines.yml", "`BitbucketOidc` takes the ids"),
        ("azure-pipelines.yml", "`Principal`"),
        (".circleci/config.yml", "`CircleCiOidc` takes the ids"),
        (".buildkite/pipeline.yml", "`BuildkiteOidc` takes the names"),
        ("Jenkinsfile", "`Principal`"),
    ] {
        let (text, template, has_workflow) = with(&[(file, "{}\n")], &[]);
        let name = file.split('/').next().unwrap();
        assert!(
            text.contains(&format!(
                "no workflow of GitHub Actions, because of `{name}`: "
            )),
            "{text}"
        );
        assert!(!has_workflow, "{file}");
        let words = template.replace("\n    #", "");
        assert!(words.contains(trust), "{template}");
        let user = "\n    TrustedBy: [GitHubUser]\n";
        assert!(template.contains(user), "{template}");
    }
    let (_, template, has_workflow) = with(&[("buildspec.yml", "{}\n")], &[]);
    assert!(
        template.contains("    TrustedBy: [CodeBuild]\n") && !has_workflow,
        "{template}"
    );
    // The group at GitLab is known by the remote.
    let config = |url: &str| format!("[remote \"origin\"]\n\turl = {url}\n");
    let remote = config("git@gitlab.com:acme/platform/infra.git");
    let files = [(".git/config", remote.as_str()), (".gitlab-ci.yml", "{}\n")];
    let (_, template, has_workflow) = with(&files, &["--app-id", "orders"]);
    let trust = "    TrustedBy:\n      - GitLabOidc:\n          Project: acme/platform/orders\n          Branches: [main]\n          ProtectedRefs: true\n";
    assert!(template.contains(trust) && !has_workflow, "{template}");
    let remote = config("https://gitlab.example.com/acme/infra.git");
    let (_, template, _) = with(&[(".git/config", &remote)], &[]);
    let trust = "      - GitLabOidc:\n          Host: gitlab.example.com\n          Project: acme/my-app\n          Branches: [main]\n    #";
    assert!(template.contains(trust), "{template}");
    // Whoever asks for the workflow gets it, and GitHub comes first.
    let (_, _, has_workflow) = with(&[(".gitlab-ci.yml", "{}\n")], &["roles", "workflow"]);
    assert!(has_workflow);
    let files = [(".github/CODEOWNERS", ""), (".gitlab-ci.yml", "{}\n")];
    let (text, template, has_workflow) = with(&files, &[]);
    assert!(
        template.contains("    TrustedBy: [GitHubUser]\n") && has_workflow,
        "{text}"
    );
}

#[test]
fn only_what_names_a_path_is_refused_for_it() {
    let folder = repository_with("my org/organization.yml", &[]);
    let text = refuses(folder.path(), &[], "unsuitable-path");
    assert!(
        text.contains("into: makefile, tasks, workflow, hook\n"),
        "{text}"
    );
    assert!(
        text.contains("`deploy-roles init roles editor` writes the rest"),
        "{text}"
    );
    let output = deploy_roles(folder.path(), &["init", "roles", "editor"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("next: `deploy-roles expand 'my org'`\n")
            || said(&output).contains("next: `deploy-roles expand`\n")
    );
    let output = deploy_roles(folder.path(), &["expand"]);
    assert!(output.status.success(), "{}", said(&output));
    // OrgFormation ends the path of an include at a space.
    let folder = repository_with("my organization.yml", &[]);
    refuses(
        folder.path(),
        &["roles", "--organization", "my organization.yml"],
        "unsuitable-path",
    );
}
