//! What a long run shows on a terminal, and nowhere else. `git` takes two seconds here, so that a run is long.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and makes its own files"
)]

#[path = "support/sandbox.rs"]
mod example;
#[path = "support/terminal.rs"]
mod terminal;

use std::path::Path;
use std::process::{Command, Stdio};

use example::{example_in, run};
use tempfile::TempDir;

/// A copy of the example whose first `git` is slow.
fn slow() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    example_in(folder.path());
    let script = "real=$(command -v git); mkdir -p node_modules/.bin; \
        printf '#!/bin/sh\\n[ -e slow ] || { touch slow; sleep 2; }\\nexec %s \"$@\"\\n' \"$real\" > node_modules/.bin/git; \
        chmod +x node_modules/.bin/git";
    let (code, text) = run(folder.path(), script);
    assert_eq!(code, 0, "{text}");
    folder
}

/// `diff` with the slow `git`, as somebody at a terminal runs it.
fn diff(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
    let path = std::env::var("PATH").unwrap();
    let stubs = folder.join("node_modules/.bin");
    command
        .args(["diff", "--against", "origin/main"])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", stubs.display()))
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .env_remove("CI");
    command
}

/// `text` without what makes it bold.
fn without_color(text: &str) -> String {
    text.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "")
}

#[test]
fn a_terminal_shows_a_long_run_and_then_only_its_result() {
    let folder = slow();
    let (code, text) = terminal::run(&mut diff(folder.path()), "");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(", 1 s"), "{text:?}");
    // A terminal writes a carriage return before each end of a line.
    let last = text.trim_end().rsplit('\r').next().unwrap();
    assert_eq!(without_color(last), "no changes", "{text:?}");
    let drawn = text.split('\r').find(|part| part.contains(", 1 s"));
    let erased = " ".repeat(drawn.unwrap().len());
    assert!(text.contains(&format!("\r{erased}\r")), "{text:?}");
}

#[test]
fn a_narrow_terminal_is_left_clean() {
    let folder = slow();
    let (code, text) = terminal::run_in(&mut diff(folder.path()), "", 12);
    assert_eq!(code, Some(0), "{text}");
    let mut parts = text.split('\r');
    let drawn = parts.find(|part| part.starts_with("expanding")).unwrap();
    assert_eq!(drawn.len(), 11, "{text:?}");
    assert!(
        text.contains(&format!("\r{}\r", " ".repeat(11))),
        "{text:?}"
    );
}

#[test]
fn nothing_is_drawn_where_nobody_looks() {
    type Change = fn(&mut Command) -> &mut Command;
    let changes: [(&str, Change); 4] = [
        ("NO_COLOR", |command| command.env("NO_COLOR", "1")),
        ("TERM", |command| command.env("TERM", "dumb")),
        ("CI", |command| command.env("CI", "true")),
        ("--color", |command| command.args(["--color", "never"])),
    ];
    for (name, change) in changes {
        let folder = slow();
        let mut command = diff(folder.path());
        let (code, text) = terminal::run(change(&mut command), "");
        let text = without_color(&text);
        assert_eq!((code, text.as_str()), (Some(0), "no changes\r\n"), "{name}");
    }
    let folder = slow();
    let mut command = diff(folder.path());
    let output = command
        .stdin(Stdio::null())
        .args(["--color", "always"])
        .output()
        .unwrap();
    assert_eq!(output.stderr, b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(without_color(&text), "no changes\n");
}
