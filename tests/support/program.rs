//! Runs of the program.

use std::path::Path;
use std::process::{Command, Output};

/// What the program does in `folder` with these `arguments`.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}
