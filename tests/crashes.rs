//! Nothing is lost when a run is killed, when two run at once, or when the disk is full.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use tempfile::TempDir;

/// So many runs are killed.
const KILLS: usize = 300;
/// So many runs write one output at once, and so often.
const RUNS_AT_ONCE: usize = 6;
const ROUNDS: usize = 20;
/// So many accounts: the larger the file, the more there is to interrupt.
const ACCOUNTS: usize = 400;

fn organization() -> String {
    let mut text = "Organization:\n  Master: { Type: 'OC::ORG::MasterAccount', Properties: { AccountName: master, AccountId: '000000000001' } }\n".to_owned();
    for number in 0..ACCOUNTS {
        let id = number + 100;
        writeln!(
            text,
            "  A{number}: {{ Type: 'OC::ORG::Account', Properties: {{ AccountName: a{number}, AccountId: '{id:012}' }} }}"
        )
        .unwrap();
    }
    text
}

fn template(service: &str) -> String {
    format!(
        "Organization: !Include ./organization.yml\nDefaultOrganizationBindingRegion: eu-west-1\nResources:\n  App: !DeployRoles\n    AppId: app\n    Framework: cloudformation\n    Services: [{service}]\n    TrustedBy: [Principal: 'arn:aws:iam::000000000100:role/ci']\n    Targets: {{ all: {{ Account: '*' }} }}\n"
    )
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn expand(folder: &Path) -> Output {
    command(folder, &["expand", "roles.src.yml"])
        .output()
        .unwrap()
}

fn start(folder: &Path) -> Child {
    command(folder, &["expand", "roles.src.yml"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A folder, and both texts that its output may have.
fn prepared() -> (TempDir, [Vec<u8>; 2]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("organization.yml"), organization()).unwrap();
    let made = ["ssm", "sqs"].map(|service| {
        std::fs::write(folder.path().join("roles.src.yml"), template(service)).unwrap();
        assert!(expand(folder.path()).status.success());
        std::fs::read(folder.path().join("roles.yml")).unwrap()
    });
    (folder, made)
}

fn names(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_run_that_is_killed_leaves_the_old_file_or_the_new_one() {
    let (folder, texts) = prepared();
    let folder = folder.path();
    let began = Instant::now();
    expand(folder);
    std::fs::write(folder.join("roles.src.yml"), template("ssm")).unwrap();
    let timed = Instant::now();
    expand(folder);
    let whole = timed.elapsed();
    // As in a linear congruential generator: any numbers do, and the same in each run.
    let mut random = 20_261_124_u64;
    let (mut old, mut new, mut left) = (0, 0, 0);
    let mut current = 0;
    for kill in 0..KILLS {
        let next = 1 - current;
        std::fs::write(folder.join("roles.src.yml"), template(["ssm", "sqs"][next])).unwrap();
        let mut run = start(folder);
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // From the start to a little after the end that it would have.
        let share = u32::try_from(random >> 33).unwrap() % 1_100;
        std::thread::sleep(whole * share / 1_000);
        let _ = run.kill();
        run.wait().unwrap();
        let found = std::fs::read(folder.join("roles.yml")).unwrap();
        assert!(
            texts.contains(&found),
            "kill {kill}: {} bytes of neither file",
            found.len()
        );
        if found == texts[next] {
            new += 1;
            current = next;
        } else {
            old += 1;
        }
        left = left.max(names(folder).len());
    }
    let kept = ["organization.yml", "roles.src.yml", "roles.yml"]
        .map(str::to_owned)
        .into();
    std::fs::write(
        folder.join("roles.src.yml"),
        template(["ssm", "sqs"][1 - current]),
    )
    .unwrap();
    assert!(expand(folder).status.success());
    assert_eq!(
        names(folder),
        kept,
        "the next run clears what the killed ones left"
    );
    assert!(
        old > 20 && new > 5,
        "{old} old, {new} new: the kills came at the wrong times"
    );
    assert!(left > 3, "no run was killed while it wrote");
    let figures = format!(
        "{{\"kills\": {KILLS}, \"old\": {old}, \"new\": {new}, \"seconds\": {}}}\n",
        began.elapsed().as_secs()
    );
    let proof = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/proof");
    std::fs::create_dir_all(&proof).unwrap();
    std::fs::write(proof.join("crashes.json"), figures).unwrap();
}

/// Several, so that some of them write at the same time.
#[test]
fn runs_at_once_end_with_one_whole_file() {
    let (folder, texts) = prepared();
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("organization.yml"), organization()).unwrap();
    std::fs::write(other.path().join("roles.src.yml"), template("ssm")).unwrap();
    let output = folder.path().join("roles.yml");
    for round in 0..ROUNDS {
        // All would write the same output, from sources that differ.
        std::fs::remove_file(&output).unwrap();
        let runs = (0..RUNS_AT_ONCE).map(|run| {
            let folder = [folder.path(), other.path()][run % 2];
            let mut command = command(folder, &["expand", "roles.src.yml", "-o"]);
            command.arg(&output).spawn().unwrap()
        });
        for run in runs.collect::<Vec<Child>>() {
            let run = run.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&run.stderr);
            assert_eq!(run.status.code(), Some(0), "round {round}: {said}");
        }
        let found = std::fs::read_to_string(&output).unwrap();
        let is_moved = !found.contains("!Include ./organization.yml");
        assert!(
            is_moved || texts.contains(&found.clone().into_bytes()),
            "round {round}"
        );
        assert!(
            deploy_roles::expand::checksum::check(&found)
                == deploy_roles::expand::checksum::ChecksumState::Generated,
            "round {round}"
        );
        assert_eq!(
            names(folder.path()).len(),
            3,
            "round {round}: {:?}",
            names(folder.path())
        );
    }
}

/// The old file must be there whole, nothing beside it, and the message must name the file.
fn refused(folder: &Path, output: &Output, before: &[u8], says: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(says), "{said}");
    assert_eq!(std::fs::read(folder.join("roles.yml")).unwrap(), before);
    assert_eq!(names(folder).len(), 3, "{:?}", names(folder));
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let (folder, texts) = prepared();
    let folder = folder.path();
    std::fs::write(folder.join("roles.src.yml"), template("ssm")).unwrap();
    // No file may grow beyond 64 KiB; without the trap the system would end the process.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" expand roles.src.yml";
    let output = Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_deploy-roles")])
        .current_dir(folder)
        .output()
        .unwrap();
    refused(folder, &output, &texts[1], "cannot write `roles.yml`: ");
}

#[test]
fn a_folder_that_takes_no_file_is_an_error() {
    let (folder, texts) = prepared();
    let folder = folder.path();
    let output = command(
        folder,
        &[
            "expand",
            "roles.src.yml",
            "-o",
            "organization.yml/roles.yml",
        ],
    )
    .output()
    .unwrap();
    refused(folder, &output, &texts[1], "is a file, and no folder");
    let output = command(folder, &["expand", "roles.src.yml", "-o", "."])
        .output()
        .unwrap();
    refused(folder, &output, &texts[1], "`.` is a folder");
    // An administrator may write everywhere.
    std::fs::write(folder.join("roles.src.yml"), template("ssm")).unwrap();
    let locked = |mode| {
        std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(mode))
            .unwrap();
    };
    locked(0o555);
    let writable = std::fs::write(folder.join("probe"), "").is_ok();
    let output = (!writable).then(|| expand(folder));
    locked(0o755);
    if let Some(output) = output {
        refused(folder, &output, &texts[1], "cannot write into the folder");
    }
}

#[test]
fn a_link_is_followed() {
    let (folder, texts) = prepared();
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("kept.yml");
    std::fs::rename(folder.path().join("roles.yml"), &target).unwrap();
    std::os::unix::fs::symlink(&target, folder.path().join("roles.yml")).unwrap();
    std::fs::write(folder.path().join("roles.src.yml"), template("ssm")).unwrap();
    assert!(expand(folder.path()).status.success());
    assert!(folder.path().join("roles.yml").is_symlink());
    assert_eq!(std::fs::read(&target).unwrap(), texts[0]);
    assert_eq!(names(elsewhere.path()).len(), 1);
    // A link that leads back to itself is replaced.
    std::fs::remove_file(folder.path().join("roles.yml")).unwrap();
    std::os::unix::fs::symlink("roles.yml", folder.path().join("roles.yml")).unwrap();
    assert!(expand(folder.path()).status.success());
    assert_eq!(
        std::fs::read(folder.path().join("roles.yml")).unwrap(),
        texts[0]
    );
}

#[test]
fn a_link_to_no_file_yet_is_followed() {
    let (prepared, texts) = prepared();
    let folder = prepared.path();
    std::fs::write(folder.join("roles.src.yml"), template("ssm")).unwrap();
    let link = folder.join("roles.yml");
    let linked = |target: &str| {
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(target, &link).unwrap();
        assert!(expand(folder).status.success());
        assert!(link.is_symlink(), "{target}: the link was replaced");
    };
    // By way of another link, whose own folder counts.
    std::fs::create_dir(folder.join("real")).unwrap();
    std::os::unix::fs::symlink("r.yml", folder.join("real/link.yml")).unwrap();
    linked("real/link.yml");
    assert!(folder.join("real/link.yml").is_symlink());
    assert_eq!(std::fs::read(folder.join("real/r.yml")).unwrap(), texts[0]);
    // The folder is made where it is missing, as for any output.
    linked("real/../made/deep/r.yml");
    let made = std::fs::read(folder.join("made/deep/r.yml")).unwrap();
    assert_eq!(made, texts[0]);
    // Two templates that would be written to one file are told so before it is there.
    std::fs::remove_dir_all(folder.join("made")).unwrap();
    std::fs::write(folder.join("other.src.yml"), template("ssm")).unwrap();
    std::os::unix::fs::symlink("made/deep/r.yml", folder.join("other.yml")).unwrap();
    let output = command(folder, &["expand", "roles.src.yml", "other.src.yml"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("would both be written to"), "{said}");
}
