//! Completions, as shells ask for them: bash always, zsh and fish where they are installed. Each sources the
//! program's own script, and completes a line in a copy of the example.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads and writes files, and stops where anything is wrong"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_deploy-roles"))
}

/// A folder with the example in `org/`.
fn example() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let org = folder.path().join("org");
    std::fs::create_dir(&org).unwrap();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for file in std::fs::read_dir(root.join("org")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), org.join(file.file_name())).unwrap();
    }
    folder
}

/// Runs `command` with the program on `PATH`.
fn run(command: &mut Command, folder: &Path) -> Output {
    let path = format!(
        "{}:{}",
        binary().parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    command
        .current_dir(folder)
        .env("PATH", path)
        .env("HOME", folder)
        .output()
        .unwrap()
}

/// The line that `docs/shell.md` says to put into the startup file of `shell`.
fn startup(shell: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/shell.md");
    let page = std::fs::read_to_string(page).unwrap().replace(r"\|", "|");
    let start = format!("| {shell} | ");
    let row = page.lines().find(|line| line.starts_with(&start)).unwrap();
    row.rsplit('`').nth(1).unwrap().to_owned()
}

/// What bash completes the last word of `line` with.
fn bash(line: &str, folder: &Path) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    bash_with(":", &words, folder)
}

/// The same of `words`, which may have spaces; `compopt` is run in place of that builtin.
fn bash_with(compopt: &str, words: &[&str], folder: &Path) -> Vec<String> {
    let script = r#"
        set -u
        eval "$STARTUP"
        function=$(complete -p deploy-roles | sed 's/.*-F \([^ ]*\).*/\1/')
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE=$* COMP_POINT=${#COMP_LINE} COMP_TYPE=9
        compopt() { eval "$COMPOPT"; }
        "$function" deploy-roles "${COMP_WORDS[COMP_CWORD]}" ''
        [ "${#COMPREPLY[@]}" = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", script, "bash"]);
    command
        .args(words)
        .env("COMPOPT", compopt)
        .env("STARTUP", startup("bash"));
    lines(&run(&mut command, folder))
}

fn lines(output: &Output) -> Vec<String> {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_names_of_the_organization_and_its_templates() {
    let folder = example();
    for (line, wanted) in [
        (
            "deploy-roles can Shop s3:GetObject --account D",
            &["DevAccount"][..],
        ),
        ("deploy-roles can Shop s3:GetObject --stage p", &["prod"]),
        ("deploy-roles workflow --macro B", &["Bookshop"]),
        ("deploy-roles denied deploy.log --macro B", &["Bookshop"]),
        ("deploy-roles can bookshop-D", &["bookshop-DeployerRole"]),
        ("deploy-roles partials show services/sq", &["services/sqs"]),
        (
            "deploy-roles partials eject services/sqs services/dynamo",
            &["services/dynamodb"],
        ),
        (
            "deploy-roles lint --explain unknown-acc",
            &["unknown-account"],
        ),
        ("deploy-roles expand org/roles.s", &["org/roles.src.yml"]),
        ("deploy-roles wor", &["workflow"]),
    ] {
        assert_eq!(bash(line, folder.path()), wanted, "{line}");
    }
    assert_eq!(
        bash("deploy-roles can Bookshop a:B --account ", folder.path()).len(),
        accounts(folder.path()),
        "every account"
    );
}

#[test]
fn bash_completes_within_quotes() {
    let folder = example();
    for (words, wanted) in [
        (&["can", "\"Booksh"][..], "Bookshop"),
        (&["can", "'Booksh"], "Bookshop"),
        (
            &["can", "\"Bookshop\"", "s3:GetObject", "--account", "\"D"],
            "DevAccount",
        ),
        (
            &["can", "'Bookshop'", "s3:GetObject", "--account", "=", "D"],
            "DevAccount",
        ),
        (
            &["can", "Shop", "s3:GetObject", "--account", "=", "'D"],
            "DevAccount",
        ),
        (
            &["--color", "\"never\"", "expand", "\"org/roles.s"],
            "org/roles.src.yml",
        ),
    ] {
        let words = [&["deploy-roles"], words].concat();
        assert_eq!(bash_with(":", &words, folder.path()), [wanted], "{words:?}");
    }
}

/// How many accounts the organization of the example has.
fn accounts(folder: &Path) -> usize {
    let organization = std::fs::read_to_string(folder.join("org/organization.yml")).unwrap();
    let types = ["Type: OC::ORG::Account", "Type: OC::ORG::MasterAccount"];
    let lines = organization.lines();
    let count = lines.filter(|line| types.contains(&line.trim())).count();
    assert!(count > 3);
    count
}

#[test]
fn what_cannot_be_read_has_no_names_and_no_error() {
    let empty = tempfile::tempdir().unwrap();
    let account = "deploy-roles can Shop s3:GetObject --account D";
    assert!(bash(account, empty.path()).is_empty());

    // The accounts are still known if a macro is half written.
    let folder = example();
    let template = folder.path().join("org/roles.src.yml");
    let text = std::fs::read_to_string(&template).unwrap();
    std::fs::write(
        &template,
        text.replace("AppId: bookshop", "AppId: Bookshop!"),
    )
    .unwrap();
    assert_eq!(bash(account, folder.path()), ["DevAccount"]);
    assert!(bash("deploy-roles workflow --macro B", folder.path()).is_empty());

    // Or if there is no template yet, for `init --tools-account`.
    let other = example();
    std::fs::remove_file(other.path().join("org/roles.src.yml")).unwrap();
    assert_eq!(bash(account, other.path()), ["DevAccount"]);
    let tools = bash("deploy-roles init --tools-account Tools", other.path());
    assert_eq!(tools, ["ToolsAccount"]);
    // CI should not sign in to the management account.
    let tools = bash("deploy-roles init --tools-account ", other.path());
    assert_eq!(tools.len(), accounts(other.path()) - 1);
    assert!(
        !tools.contains(&"ManagementAccount".to_owned()),
        "{tools:?}"
    );

    std::fs::write(
        folder.path().join("org/organization.yml"),
        "Organization: [",
    )
    .unwrap();
    assert!(bash(account, folder.path()).is_empty());
    std::fs::remove_file(&template).unwrap();
    assert!(bash(account, folder.path()).is_empty());
}

/// A folder with the example in a folder whose name has a space.
fn spaced() -> TempDir {
    let folder = example();
    let to = folder.path().join("my org");
    std::fs::rename(folder.path().join("org"), to).unwrap();
    folder
}

#[test]
fn bash_quotes_paths_with_spaces() {
    let folder = spaced();
    for (typed, wanted) in [
        ("my", "my org"),
        ("my\\ o", "my org"),
        ("my\\ org/roles.s", "my org/roles.src.yml"),
        ("\"my org/roles.s", "my org/roles.src.yml"),
        ("'my org/roles.s", "my org/roles.src.yml"),
    ] {
        let shown = r#"printf 'compopt %s %s\n' "$1" "$2""#;
        let found = bash_with(shown, &["deploy-roles", "expand", typed], folder.path());
        assert!(found.contains(&wanted.to_owned()), "{typed}: {found:?}");
        // Then bash itself quotes what it inserts.
        assert!(
            found.contains(&"compopt -o filenames".to_owned()),
            "{typed}: {found:?}"
        );
    }
}

#[test]
fn fish_quotes_paths_with_spaces_if_it_is_there() {
    if !is_there("fish") {
        return;
    }
    let folder = spaced();
    let line = r"complete -C 'deploy-roles expand my\\ org/roles.s'";
    let script = format!("{}; {line}", startup("fish"));
    let mut command = Command::new("fish");
    let found = lines(&run(
        command.args(["--no-config", "-c", &script]),
        folder.path(),
    ));
    assert!(
        found.iter().any(|line| line.contains("roles.src.yml")),
        "{found:?}"
    );
}

/// Each project has its own program: the shell finds that of the current one.
#[test]
fn the_script_for_a_shell_has_no_path_of_the_program() {
    let folder = example();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let mut command = Command::new(binary());
        let output = run(command.env("COMPLETE", shell), folder.path());
        let script = lines(&output).join("\n");
        assert!(script.contains("deploy-roles"), "{shell}");
        let folder = binary().parent().unwrap().display().to_string();
        assert!(!script.contains(&folder), "{shell}: {script}");
    }
}

#[test]
fn a_shell_that_is_not_known_is_an_error() {
    let folder = example();
    let mut command = Command::new(binary());
    let output = run(
        command.env("COMPLETE", "ksh").arg("--version"),
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("ksh"));
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

#[test]
fn fish_completes_names_if_it_is_there() {
    if !is_there("fish") {
        return;
    }
    let folder = example();
    let line = "complete -C 'deploy-roles can Shop s3:GetObject --account D'";
    let script = format!("{}; {line}", startup("fish"));
    let mut command = Command::new("fish");
    let found = lines(&run(
        command.args(["--no-config", "-c", &script]),
        folder.path(),
    ));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found.iter().all(|line| line.starts_with("DevAccount\t")),
        "{found:?}"
    );
}

#[test]
fn zsh_completes_names_if_it_is_there() {
    if is_there("zsh") {
        let seen = zsh("deploy-roles can Shop s3:GetObject --account D", &example());
        assert!(seen.contains("--account DevAccount"), "{seen}");
    }
}

#[test]
fn zsh_completes_within_quotes_if_it_is_there() {
    if !is_there("zsh") {
        return;
    }
    for (typed, wanted) in [
        ("can \"Booksh", "can \"Bookshop\""),
        ("can \\'Booksh", "can 'Bookshop'"),
        ("can Shop a:B --account \"D", "--account \"DevAccount\""),
        ("can Shop a:B --account=\"D", "--account=DevAccount"),
        ("can Shop a:B --account=\\'D", "--account=DevAccount"),
        ("can Shop a:B \"--account=D", "\"--account=DevAccount\""),
        ("\"can\" Shop a:B --account=D", "--account=DevAccount"),
    ] {
        let seen = zsh(&format!("deploy-roles {typed}"), &example());
        assert!(seen.contains(wanted), "{typed}: {seen}");
    }
    let seen = zsh("deploy-roles expand \"my org/roles.s", &spaced());
    assert!(seen.contains("expand \"my org/roles.src.yml\""), "{seen}");
}

#[test]
fn zsh_quotes_paths_with_spaces_if_it_is_there() {
    if is_there("zsh") {
        let seen = zsh(r"deploy-roles expand my\\ org/roles.s", &spaced());
        assert!(seen.contains(r"expand my\ org/roles.src.yml"), "{seen}");
    }
}

#[test]
fn zsh_leaves_the_home_folder_as_it_is_typed_if_it_is_there() {
    if !is_there("zsh") {
        return;
    }
    let folder = spaced();
    std::fs::create_dir(folder.path().join("cdk.out")).unwrap();
    std::fs::create_dir(folder.path().join("my org/~")).unwrap();
    for (typed, wanted) in [
        ("expand ~/cdk", "expand HOME/cdk.out/"),
        ("expand --out-dir ~/cdk", "--out-dir HOME/cdk.out/"),
        (
            r"expand ~/my\\ org/roles.s",
            "expand HOME/my org/roles.src.yml",
        ),
        (r"expand my\\ org/\\~", "expand my org/~/"),
    ] {
        let seen = zsh(&format!("deploy-roles {typed}"), &folder);
        let home = folder.path().display().to_string();
        let wanted = wanted.replace("HOME", &home);
        assert!(seen.contains(&wanted), "{typed}: {seen}");
    }
}

/// What zsh makes of `line` when TAB is pressed. It completes only on a terminal: its own pseudo terminal is one. The line is
/// written once the prompt is there, since what comes before that is not edited, and printed, not run.
fn zsh(line: &str, folder: &TempDir) -> String {
    let script = r#"
        zmodload zsh/zpty
        zpty shell 'zsh -f -i'
        zpty -w shell 'bindkey -e; PROMPT_EOL_MARK=; TERM=dumb; autoload -U compinit; compinit -u -D; eval $STARTUP; PS1=rea''dy'
        zpty -r -m shell seen '*ready*'
        zpty -w -n shell $'LINE\t\x01print -r -- "<" \x05">"\n'
        zpty -r -m shell seen '*< deploy-roles *>*'
        print -r -- "$seen"
        zpty -d shell
    "#;
    let script = script.replace("LINE", line);
    let mut command = Command::new("timeout");
    let output = run(
        command
            .args(["120", "zsh", "-f", "-c", &script])
            .env("STARTUP", startup("zsh")),
        folder.path(),
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
