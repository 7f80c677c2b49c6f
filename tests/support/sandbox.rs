//! A copy of the example to run commands in.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Copies the example into `folder`, in a git repository whose `origin/main` is what is committed.
pub(crate) fn example_in(folder: &Path) {
    let org = folder.join("org");
    std::fs::create_dir_all(&org).unwrap();
    for file in std::fs::read_dir(root().join("org")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), org.join(file.file_name())).unwrap();
    }
    std::fs::copy(root().join("Makefile"), folder.join("Makefile")).unwrap();
    let git = "git init -q && git add . && git -c user.name=n -c user.email=n@example.com commit -qm one \
               && git update-ref refs/remotes/origin/main HEAD";
    let (code, output) = run(folder, git);
    assert_eq!(code, 0, "{output}");
}

/// Runs a shell command in `folder`; its exit code and all that it prints.
pub(crate) fn run(folder: &Path, command: &str) -> (i32, String) {
    let binary = Path::new(env!("CARGO_BIN_EXE_deploy-roles"));
    let path = format!(
        "{}:{}:{}",
        folder.join("node_modules/.bin").display(),
        binary.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let output = Command::new("sh")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(folder)
        .env("PATH", path)
        .env("DEPLOY_ROLES", "deploy-roles")
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .output()
        .unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).unwrap(),
    )
}
