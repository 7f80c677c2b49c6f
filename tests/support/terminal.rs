//! A terminal to run commands on.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// What `command` writes to a terminal that answers with `answers`, and its exit code.
pub(crate) fn run(command: &mut Command, answers: &str) -> (Option<i32>, String) {
    run_in(command, answers, 80)
}

/// The same, on a terminal of so many columns.
pub(crate) fn run_in(command: &mut Command, answers: &str, columns: u16) -> (Option<i32>, String) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&terminal, size).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let side = || {
        let mut options = std::fs::OpenOptions::new();
        let file = options.read(true).write(true).open(name.to_str().unwrap());
        Stdio::from(file.unwrap())
    };
    let mut child = command
        .stdin(side())
        .stdout(side())
        .stderr(side())
        .spawn()
        .unwrap();
    // Else this side of the streams stays open.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut terminal = std::fs::File::from(terminal);
    terminal.write_all(answers.as_bytes()).unwrap();
    let mut text = Vec::new();
    let mut part = [0; 1024];
    // Reading fails when the other side is closed.
    while let Ok(count @ 1..) = terminal.read(&mut part) {
        text.extend_from_slice(part.get(..count).unwrap());
    }
    let status = child.wait().unwrap();
    (status.code(), String::from_utf8_lossy(&text).into_owned())
}
