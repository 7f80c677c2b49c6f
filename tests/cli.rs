//! Runs every command line of `tests/cmd` and compares status, output and files.
//!
//! A case is `<behavior>.toml` with the arguments, `<behavior>.stdout` and `.stderr` (always
//! both), where it reads files `<behavior>.in/`, and where it writes some `<behavior>.out/`
//! with these. `TRYCMD=overwrite` rewrites the expected output, `SNAPSHOTS=overwrite` the
//! expected files (`make snapshots` sets both).

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// So many cases there are at least; fewer, and some were lost.
const LEAST_CASES: usize = 200;

#[test]
fn every_command_line_does_as_expected() {
    trycmd::TestCases::new().case("tests/cmd/*.toml");
}

/// Templates may be in it, so no command goes on as if it were not there.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_searched_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let deep = ["d"; 21].join("/");
    let refused = |path: &str, reason: &str| {
        for command in [
            "expand", "check", "diff", "lint", "test", "accounts", "graph", "init",
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
                .arg(command)
                .current_dir(folder.path())
                .output()
                .unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{command}: {said}");
            let wanted = format!("error[unreadable]: cannot read the folder `{path}`: {reason}\n");
            assert!(said.starts_with(&wanted), "{command}: {said}");
            assert!(said.contains("help: "), "{command}: {said}");
        }
    };
    std::fs::create_dir_all(folder.path().join(&deep)).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "").unwrap();
    refused(&deep, "it is nested too deeply");
    std::fs::remove_dir_all(folder.path().join("d")).unwrap();
    let closed = folder.path().join("a/closed");
    std::fs::create_dir_all(&closed).unwrap();
    let mode = |mode| std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(mode));
    mode(0).unwrap();
    // Nothing is closed to an administrator.
    if std::fs::read_dir(&closed).is_err() {
        refused("a/closed", "permission denied");
    }
    mode(0o700).unwrap();
}

/// trycmd checks neither output that is not stated nor files that are not expected.
#[test]
fn every_command_line_writes_what_is_expected_and_nothing_else() {
    let cases: Vec<PathBuf> = std::fs::read_dir("tests/cmd")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    assert!(
        cases.len() >= LEAST_CASES,
        "only {} of at least {LEAST_CASES} cases",
        cases.len()
    );
    let mut failed = String::new();
    for case in &cases {
        for stated in ["stdout", "stderr"] {
            if !case.with_extension(stated).exists() {
                writeln!(failed, "{}: no .{stated}", case.display()).unwrap();
            }
        }
        let (before, expected) = (
            files(&case.with_extension("in")),
            files(&case.with_extension("out")),
        );
        let found = after(case, &before);
        let changed: BTreeMap<_, _> = found
            .iter()
            .filter(|(path, content)| before.get(*path) != Some(content))
            .map(|(path, content)| (path.clone(), content.clone()))
            .collect();
        if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
            overwrite(&case.with_extension("out"), &changed);
        } else if changed != expected || !before.keys().all(|path| found.contains_key(path)) {
            let names =
                |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
            let (changed, expected) = (names(&changed), names(&expected));
            writeln!(
                failed,
                "{}: wrote {changed:?}, expected {expected:?} (or their content differs)",
                case.display()
            )
            .unwrap();
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

#[test]
fn an_expanded_template_is_current_until_somebody_edits_it() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        &files(Path::new("tests/cmd/print-path.in/org")),
    );
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .current_dir(folder.path())
            .arg("expand")
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let quiet = (Some(0), String::new());
    let says = |code, text: &str| (Some(code), format!("{text}: roles.yml\n"));
    assert_eq!(run(&["--check"]), says(1, "missing"));
    assert_eq!(run(&[]), quiet);
    assert_eq!(run(&["--check"]), quiet);
    let generated = folder.path().join("roles.yml");
    let text = std::fs::read_to_string(&generated).unwrap();
    std::fs::write(&generated, text.replace('\n', "\r\n")).unwrap();
    assert_eq!(run(&["--check"]), says(1, "stale"));
    std::fs::write(&generated, text.replace("sts:TagSession", "sts:*")).unwrap();
    assert_eq!(run(&["--check"]), says(1, "edited by hand"));
    assert_eq!(run(&[]), (Some(2), String::new()));
    assert_eq!(run(&["--force"]), quiet);
    assert_eq!(std::fs::read_to_string(&generated).unwrap(), text);
}

#[test]
fn copies_of_all_built_in_partials_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        &files(Path::new("tests/golden/frameworks-all-with-all-options")),
    );
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success());
        output
    };
    let list = String::from_utf8(run(&["partials", "list"]).stdout).unwrap();
    let names: Vec<&str> = list
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(names.len() > 40);
    let eject: Vec<&str> = ["partials", "eject"].into_iter().chain(names).collect();
    run(&eject);
    let expand = [
        "expand",
        "-o",
        "-",
        "--partials",
        "partials",
        "input.src.yml",
    ];
    let output = run(&expand);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.stdout == std::fs::read(folder.path().join("expected.yml")).unwrap());
}

#[test]
fn the_files_of_a_workflow_are_written_once() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        &files(Path::new("tests/cmd/workflow-to-standard-output.in")),
    );
    let run = || {
        let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .current_dir(folder.path())
            .args(["workflow", "--out-dir", "app"])
            .output()
            .unwrap();
        assert!(output.status.success() && output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        let verbs = said.lines().map(|line| line.split(' ').next().unwrap());
        verbs.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(run(), ["wrote"; 3]);
    let first = files(folder.path());
    assert_eq!(run(), ["unchanged"; 3]);
    assert_eq!(files(folder.path()), first);
    // A file that is as it was made may be remade.
    let template = folder.path().join("roles.src.yml");
    let text = std::fs::read_to_string(&template).unwrap();
    std::fs::write(&template, text.replace("      test: !Ref DevAccount\n", "")).unwrap();
    assert_eq!(run(), ["wrote", "unchanged", "unchanged"]);
}

#[test]
fn includes_stay_in_the_repository_unless_a_flag_says_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let organization = std::fs::read("org/organization.yml").unwrap();
    let template = std::fs::read_to_string("org/roles.src.yml").unwrap();
    let org = folder.path().join("repository/org");
    std::fs::create_dir_all(org.join("deep")).unwrap();
    std::fs::create_dir(folder.path().join("repository/.git")).unwrap();
    std::fs::write(folder.path().join("organization.yml"), &organization).unwrap();
    std::fs::write(org.join("organization.yml"), &organization).unwrap();
    let run = |path: &str, arguments: &[&str]| {
        let text = template.replace("./organization.yml", path);
        std::fs::write(org.join("deep/roles.src.yml"), text).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .current_dir(&org)
            .args(["expand", "deep/roles.src.yml"])
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.success(), !said.contains("error"), "{said}");
        assert!(
            output.status.success() || said.contains("error[outside-include]"),
            "{said}"
        );
        let is_link = org.join("organization.yml").is_symlink();
        let says = said.contains("organization.yml` is a link to `/");
        assert_eq!(says, is_link && !output.status.success(), "{said}");
        output.status.success()
    };
    assert!(run("../organization.yml", &[]));
    assert!(!run("../../../organization.yml", &[]));
    assert!(run(
        "../../../organization.yml",
        &["--include-root", "../.."]
    ));
    assert!(!run("../organization.yml", &["--include-root", "deep"]));
    // A link does not lead out, either.
    #[cfg(unix)]
    {
        std::fs::remove_file(org.join("organization.yml")).unwrap();
        std::os::unix::fs::symlink("../../organization.yml", org.join("organization.yml")).unwrap();
        assert!(!run("../organization.yml", &[]));
    }
}

#[test]
#[cfg(unix)]
fn workflow_and_export_write_nothing_outside_of_the_repository() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let (outside, repository) = (
        folder.path().join("outside"),
        folder.path().join("repository"),
    );
    let (app, inside) = (repository.join("app"), repository.join("inside"));
    for path in [&outside, &repository, &app, &inside] {
        std::fs::create_dir(path).unwrap();
    }
    std::fs::create_dir(repository.join(".git")).unwrap();
    for name in ["organization.yml", "roles.src.yml"] {
        let from = Path::new("tests/cmd/export-into-a-folder.in").join(name);
        std::fs::copy(from, repository.join(name)).unwrap();
    }
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .args(arguments)
            .args(["--macro", "Shop", "roles.src.yml"])
            .current_dir(&repository)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let is_refused = said.contains("would be written outside of the repository");
        assert_eq!(
            output.status.code(),
            Some(if is_refused { 2 } else { 0 }),
            "{said}"
        );
        is_refused
    };
    let github = app.join(".github");
    symlink("../../outside", &github).unwrap();
    assert!(run(&["workflow", "--out-dir", "app"]));
    symlink("../outside", repository.join("stacks")).unwrap();
    assert!(run(&["export", "--out-dir", "stacks"]));
    assert!(run(&["export", "--out-dir", "stacks/deep"]));
    // A folder elsewhere is what was asked for, also one that is not there yet.
    assert!(!run(&["workflow", "--out-dir", "../other/new"]));
    assert!(!run(&["export", "--out-dir", "../stacks"]));
    // A file that is a link, too.
    std::fs::remove_file(&github).unwrap();
    assert!(!run(&["workflow", "--out-dir", "app"]));
    let workflows = std::fs::read_dir(github.join("workflows")).unwrap();
    for workflow in workflows {
        let path = workflow.unwrap().path();
        std::fs::remove_file(&path).unwrap();
        symlink("../../../../outside/precious", path).unwrap();
    }
    assert!(run(&["workflow", "--out-dir", "app", "--force"]));
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
    // A link within the repository leads nowhere else.
    std::fs::remove_dir_all(&github).unwrap();
    symlink("../inside", &github).unwrap();
    assert!(!run(&["workflow", "--out-dir", "app"]));
    assert!(inside.join("workflows").is_dir());
}

#[test]
#[cfg(unix)]
fn infer_edits_no_template_outside_of_the_repository() {
    use std::os::unix::fs::symlink;

    let case = Path::new("tests/cmd/infer-writes.in");
    let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap();
    let (template, organization) = (read("org/roles.src.yml"), read("org/organization.yml"));
    let folder = tempfile::tempdir().unwrap();
    let (outside, repository) = (
        folder.path().join("outside"),
        folder.path().join("repository"),
    );
    for path in [&outside, &repository, &repository.join("org")] {
        std::fs::create_dir(path).unwrap();
        std::fs::write(path.join("organization.yml"), &organization).unwrap();
    }
    // The other folder is a repository also: that makes it no part of this one.
    std::fs::create_dir(repository.join(".git")).unwrap();
    std::fs::create_dir(outside.join(".git")).unwrap();
    std::fs::write(repository.join("template.yaml"), read("template.yaml")).unwrap();
    let target = outside.join("roles.src.yml");
    std::fs::write(&target, &template).unwrap();
    let run = |path: &str, more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .args([
                "infer",
                "template.yaml",
                "--macro",
                "Shop",
                "--template",
                path,
                "--write",
            ])
            .args(more)
            .current_dir(&repository)
            .output()
            .unwrap()
    };
    symlink(
        "../../outside/roles.src.yml",
        repository.join("org/roles.src.yml"),
    )
    .unwrap();
    symlink("../outside", repository.join("linked")).unwrap();
    for (path, link) in [
        ("org/roles.src.yml", "org/roles.src.yml"),
        ("linked/roles.src.yml", "linked"),
    ] {
        let output = run(path, &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        let problem = format!("error[outside-template]: `{link}` is a link to `/");
        assert!(
            said.contains(&problem) && said.contains(&format!("--> {path}:5:3")),
            "{said}"
        );
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(std::fs::read_to_string(&target).unwrap(), template);
    }
    // The file itself, and a link in the repository, can be edited.
    std::fs::write(repository.join("org/inside.yml"), &template).unwrap();
    symlink("inside.yml", repository.join("org/link.src.yml")).unwrap();
    for path in ["org/link.src.yml", "../outside/roles.src.yml"] {
        let output = run(path, &[]);
        assert!(output.status.success(), "{path}: {output:?}");
        assert_ne!(
            std::fs::read_to_string(repository.join(path)).unwrap(),
            template
        );
    }
    assert!(repository.join("org/link.src.yml").is_symlink());
    // So can what the flag allows.
    std::fs::write(&target, &template).unwrap();
    let output = run("linked/roles.src.yml", &["--include-root", ".."]);
    assert!(output.status.success(), "{output:?}");
    assert_ne!(std::fs::read_to_string(&target).unwrap(), template);
}

#[cfg(unix)]
#[test]
fn a_path_that_cannot_be_printed_is_an_error_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        &files(Path::new("tests/cmd/print-path.in/org")),
    );
    let source = std::fs::read_to_string(folder.path().join("roles.src.yml")).unwrap();
    let other = source.replace("AppId: app", "AppId: other");
    std::fs::write(folder.path().join("a\nb.src.yml"), other).unwrap();
    let before = files(folder.path());
    let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .current_dir(folder.path())
        .args(["expand", "--print-path=.", "roles.src.yml", "a\nb.src.yml"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("the path `a\\nb.yml` cannot be printed"),
        "{said}"
    );
    assert!(output.stdout.is_empty());
    assert!(files(folder.path()) == before, "a file was written");
}

#[test]
fn standard_input_lies_in_the_current_folder() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("a");
    put(&here, &files(Path::new("tests/cmd/print-path.in/org")));
    let run = |template: &str| {
        let source = std::fs::File::open(here.join("roles.src.yml")).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .current_dir(&here)
            .args(["expand", template, "-o", "../b/r.yml", "--force"])
            .stdin(source)
            .output()
            .unwrap();
        assert!(output.status.success());
        let text = std::fs::read_to_string(folder.path().join("b/r.yml")).unwrap();
        // The head names the source, where there is one, and sums up the text below it.
        let body = text.lines().skip_while(|line| line.starts_with('#'));
        body.map(str::to_owned).collect::<Vec<_>>()
    };
    let piped = run("-");
    let include = "Organization: !Include ../a/organization.yml".to_owned();
    assert!(piped.contains(&include), "{piped:?}");
    assert_eq!(piped, run("roles.src.yml"));
}

/// Every file below `folder`, by its path in there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop().filter(|folder| folder.is_dir()) {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The files that are there once the command line of `case` ran among those of `before`.
fn after(case: &Path, before: &BTreeMap<PathBuf, Vec<u8>>) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), before);
    let text = std::fs::read_to_string(case).unwrap();
    let arguments = text.lines().find_map(|line| line.strip_prefix("args = "));
    let arguments: Vec<String> = serde_json::from_str(arguments.unwrap()).unwrap();
    let stdin = std::fs::File::open(case.with_extension("stdin"));
    Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .current_dir(folder.path())
        .args(arguments)
        .stdin(stdin.map_or_else(|_| Stdio::null(), Stdio::from))
        .output()
        .unwrap();
    files(folder.path())
}

fn put(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    for (name, content) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

fn overwrite(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    if folder.exists() {
        std::fs::remove_dir_all(folder).unwrap();
    }
    put(folder, files);
}
