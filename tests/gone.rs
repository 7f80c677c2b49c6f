//! Templates that are gone, alone or with their outputs: what commands say of them, and how they compare them
//! with a git revision that has them.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

#[path = "support/git.rs"]
mod git;
#[path = "support/program.rs"]
mod program;

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A repository with roles in `org`, generated and committed.
fn repository() -> TempDir {
    let repository = TempDir::new().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/diff-as-text.in");
    std::fs::create_dir(repository.path().join("org")).unwrap();
    for name in ["organization.yml", "roles.src.yml"] {
        std::fs::copy(from.join(name), repository.path().join("org").join(name)).unwrap();
    }
    let output = run(&repository, "", &["expand"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    git(&repository, &["init", "--quiet", "--initial-branch=main"]);
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "--quiet", "--message=base"]);
    repository
}

fn git(repository: &TempDir, arguments: &[&str]) {
    git::git(repository.path(), arguments);
}

fn run(repository: &TempDir, folder: &str, arguments: &[&str]) -> Output {
    program::run(&repository.path().join(folder), arguments)
}

/// The exit code of `diff --fail-on widened --against`, and what it says on standard error.
fn diff(repository: &TempDir, against: &str) -> (Option<i32>, String) {
    let against = format!("--against={against}");
    let options = ["diff", "--only=access", "--fail-on=widened", &against];
    let output = run(repository, "", &options);
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

/// Writes next to the roles of `org` a policy of them, and commits it with its output.
fn with_deny(repository: &TempDir) {
    let text = "AWSTemplateFormatVersion: '2010-09-09-OC'\nOrganization: !Include ./organization.yml\nResources:\n  Limit:\n    Type: AWS::IAM::ManagedPolicy\n    OrganizationBinding: { Account: !Ref Dev, Region: eu-west-1 }\n    Properties:\n      Roles: [shop-DeployerRole]\n      PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: Deny, Action: 's3:*', Resource: '*' }] }\n";
    std::fs::write(repository.path().join("org/limit.src.yml"), text).unwrap();
    let output = run(repository, "", &["expand"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    std::fs::create_dir(repository.path().join("sub")).unwrap();
    git(repository, &["add", "."]);
    git(repository, &["commit", "--quiet", "--message=deny"]);
    git(repository, &["branch", "--force", "base"]);
}

/// Wherever the folder is asked for from, what is gone there is compared.
#[test]
fn what_is_gone_is_compared_whatever_the_path() {
    let repository = repository();
    with_deny(&repository);
    let whole = repository.path().canonicalize().unwrap();
    let name = whole.file_name().unwrap().to_str().unwrap().to_owned();
    let whole = whole.to_str().unwrap();
    let outside = TempDir::new().unwrap();
    let mut paths = vec![
        "../org".to_owned(),
        format!("{whole}/org"),
        format!("{whole}/sub/../org"),
        format!("../../{name}/org"),
        "../sub/../org".to_owned(),
        "../org/limit.src.yml".to_owned(),
    ];
    #[cfg(unix)]
    {
        let link = outside.path().join("link");
        std::os::unix::fs::symlink(whole, &link).unwrap();
        paths.push(link.join("org").display().to_string());
        std::os::unix::fs::symlink("../org", repository.path().join("sub/linked")).unwrap();
        paths.push("linked".to_owned());
    }
    let check = |path: &str| {
        let asked = ["check", "--fail-on=widened", "--against=base", path];
        let output = run(&repository, "sub", &asked);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), said)
    };
    let (code, said) = check("../org");
    assert_eq!(code, Some(0), "{said}");
    git(
        &repository,
        &["rm", "--quiet", "org/limit.src.yml", "org/limit.yml"],
    );
    for path in &paths {
        let (code, said) = check(path);
        assert_eq!(code, Some(1), "{path}: {said}");
        assert!(
            said.contains("limit.yml is gone with its template"),
            "{path}: {said}"
        );
        assert!(said.contains("? Limit"), "{path}: {said}");
    }

    // The other template of the arguments is examined as well if nothing is left of the first folder.
    std::fs::create_dir(repository.path().join("more")).unwrap();
    for name in ["organization.yml", "roles.src.yml"] {
        let from = repository.path().join("org").join(name);
        std::fs::copy(from, repository.path().join("more").join(name)).unwrap();
    }
    git(
        &repository,
        &[
            "rm",
            "--quiet",
            "--force",
            "org/roles.src.yml",
            "org/roles.yml",
        ],
    );
    let output = run(
        &repository,
        "",
        &["diff", "--against=base", "--only=access", "org", "more"],
    );
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("more/roles.src.yml") && said.contains("? Limit"),
        "{said}"
    );
}

/// The command that a message names brings back what is gone from the index, too.
#[test]
fn what_is_gone_comes_back_as_the_message_says() {
    let repository = repository();
    with_deny(&repository);
    git(
        &repository,
        &["mv", "org/limit.src.yml", "org/it's a limit.src.yml"],
    );
    git(&repository, &["commit", "--quiet", "--message=name"]);
    for (folder, asked) in [("", "org"), ("sub", "../org")] {
        git(&repository, &["rm", "--quiet", "-r", "org"]);
        std::fs::create_dir_all(repository.path().join("org")).unwrap();
        let run = |arguments: &[&str]| {
            let output = run(&repository, folder, arguments);
            String::from_utf8(output.stderr).unwrap()
        };
        let said = run(&["expand", asked]);
        let command = said.split('`').find(|part| part.starts_with("git restore"));
        let command = command.unwrap_or_else(|| panic!("{said}"));
        let done = Command::new("sh")
            .args(["-c", command])
            .current_dir(repository.path().join(folder))
            .status()
            .unwrap();
        assert!(done.success(), "{command}");
        for name in ["it's a limit.src.yml", "roles.src.yml"] {
            assert!(
                repository.path().join("org").join(name).exists(),
                "{command}"
            );
        }
        git(&repository, &["reset", "--quiet", "--hard"]);
    }
}

/// What tools of others write is not a template now, and was none before.
#[test]
fn what_is_gone_from_a_folder_of_tools_is_nothing() {
    let repository = repository();
    let copy = repository.path().join("org/node_modules/one");
    std::fs::create_dir_all(&copy).unwrap();
    for name in ["roles.src.yml", "roles.yml"] {
        std::fs::copy(repository.path().join("org").join(name), copy.join(name)).unwrap();
    }
    git(&repository, &["add", "--force", "."]);
    git(&repository, &["commit", "--quiet", "--message=all"]);
    std::fs::remove_dir_all(repository.path().join("org/node_modules")).unwrap();
    assert_eq!(diff(&repository, "HEAD"), (Some(0), String::new()));
}

/// A file that is gone has no lines to show anything at.
#[test]
fn what_is_gone_is_no_place() {
    let repository = repository();
    with_deny(&repository);
    git(
        &repository,
        &["rm", "--quiet", "org/limit.src.yml", "org/limit.yml"],
    );
    for command in ["diff", "check"] {
        for format in ["--format=github", "--format=sarif"] {
            let output = run(&repository, "", &[command, "--against=base", format]);
            let said = String::from_utf8(output.stdout).unwrap();
            assert!(said.contains("org/limit.yml (gone): Limit: "), "{said}");
            assert!(!said.contains("file=org/limit"), "{said}");
            assert!(!said.contains("\"uri\": \"org/limit"), "{said}");
        }
    }
}

/// Generated files without any source are compared as those without theirs are.
#[test]
fn what_is_left_of_templates_that_are_gone_is_compared() {
    let repository = repository();
    with_deny(&repository);
    std::fs::remove_file(repository.path().join("org/limit.src.yml")).unwrap();
    for is_last in [false, true] {
        if is_last {
            std::fs::remove_file(repository.path().join("org/roles.src.yml")).unwrap();
        }
        let (code, said) = diff(&repository, "base");
        assert_eq!(code, Some(0), "{said}");
        let check = run(&repository, "", &["check", "--against=base"]);
        assert_eq!(check.status.code(), Some(1), "{check:?}");
        let said = String::from_utf8(check.stdout).unwrap();
        assert!(
            said.contains("error[source-gone]: `org/limit.yml`"),
            "{said}"
        );
    }
    let changed = repository.path().join("org/limit.yml");
    let text = std::fs::read_to_string(&changed).unwrap();
    std::fs::write(&changed, text.replace("Deny", "Allow")).unwrap();
    let (code, said) = diff(&repository, "base");
    assert_eq!(code, Some(1), "{said}");
}

/// A link to nothing is not taken for a path that somebody mistyped.
#[cfg(unix)]
#[test]
fn a_link_to_no_template_is_named() {
    let repository = repository();
    let link = repository.path().join("org/dangling.src.yml");
    std::os::unix::fs::symlink("nowhere", link).unwrap();
    let output = run(&repository, "", &["schema", "org/dangling.src.yml"]);
    let said = String::from_utf8(output.stderr).unwrap();
    let wanted = "`org/dangling.src.yml` is a link to `nowhere`, which leads to no file";
    assert!(said.contains(wanted), "{said}");
}
