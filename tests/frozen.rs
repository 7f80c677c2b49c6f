//! What CloudFormation cannot change of what the built-in partials create: names, paths, and
//! descriptions, as in `tests/frozen/names.txt`, whose head says how to change one. They are
//! collected from the cases of `tests/golden`, in which every option is on somewhere.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The properties that are compared, in the order of a line.
const PROPERTIES: [&str; 6] = [
    "RoleName",
    "UserName",
    "ManagedPolicyName",
    "Url",
    "Path",
    "Description",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The lines of one generated text: each resource that a macro names after its app, with `<AppId>`
/// for the app.
fn lines(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut app = String::new();
    let mut resource: Vec<String> = Vec::new();
    for line in text.lines().chain(["  End:"]) {
        let depth = line.len() - line.trim_start().len();
        let text = line.trim();
        if depth <= 2 && !text.is_empty() {
            let whole = resource.join(" | ");
            if !app.is_empty() && (whole.contains("<AppId>-") || whole.contains("| Url")) {
                found.insert(whole);
            }
            resource.clear();
            let comment = text
                .strip_prefix("# ")
                .and_then(|text| text.split_once(" ("));
            if let Some((id, _)) = comment.and_then(|(_, rest)| rest.split_once("): ")) {
                id.clone_into(&mut app);
            }
            continue;
        }
        let Some((key, value)) = text.split_once(": ") else {
            continue;
        };
        let is_type = depth == 4 && key == "Type";
        if is_type || (depth == 6 && PROPERTIES.contains(&key)) {
            let value = value
                .trim_matches('\'')
                .replace(&format!("{app}-"), "<AppId>-");
            let value = named_after(&value, &app);
            resource.push(format!("{key} {value}"));
        }
    }
    found
}

/// `text` with `<AppId>` for the first word that is `app`.
fn named_after(text: &str, app: &str) -> String {
    let mut is_found = false;
    let words = text.split(' ').map(|word| {
        if !is_found && word.trim_end_matches(',') == app {
            is_found = true;
            return word.replace(app, "<AppId>");
        }
        word.to_owned()
    });
    words.collect::<Vec<String>>().join(" ")
}

fn collected() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for case in std::fs::read_dir(root().join("golden")).unwrap() {
        let folder = case.unwrap().path();
        let source = std::fs::read_to_string(folder.join("input.src.yml")).unwrap_or_default();
        let is_built_in = !folder.join("args").exists() && !source.contains("Partials:");
        let text = std::fs::read_to_string(folder.join("expected.yml")).unwrap_or_default();
        if is_built_in {
            found.extend(lines(&text));
        }
    }
    found
}

#[test]
fn nothing_that_is_fixed_once_created_changes() {
    let path = root().join("frozen/names.txt");
    let list = std::fs::read_to_string(&path).unwrap();
    let found = collected();
    let (head, known): (Vec<&str>, Vec<&str>) =
        list.lines().partition(|line| line.starts_with('#'));
    if std::env::var("FROZEN").is_ok_and(|how| how == "overwrite") {
        let lines: Vec<&str> = found.iter().map(String::as_str).collect();
        let text = [head, lines].concat().join("\n");
        std::fs::write(&path, format!("{text}\n")).unwrap();
        return;
    }
    let known: BTreeSet<String> = known.into_iter().map(str::to_owned).collect();
    let gone: Vec<&String> = known.difference(&found).collect();
    let new: Vec<&String> = found.difference(&known).collect();
    assert!(
        gone.is_empty() && new.is_empty(),
        "not written any more: {gone:#?}\nnew: {new:#?}\nread the head of tests/frozen/names.txt"
    );
}

#[test]
fn a_changed_description_is_seen() {
    let text = "  # App (shop): stage dev, account Dev\n  AppDevPolicy:\n    Type: AWS::IAM::ManagedPolicy\n    \
                Properties:\n      ManagedPolicyName: shop-Policy\n      Path: /managed/\n      Description: 'of shop-Role'\n";
    let line = "Type AWS::IAM::ManagedPolicy | ManagedPolicyName <AppId>-Policy | Path /managed/ | Description of <AppId>-Role";
    assert_eq!(lines(text), BTreeSet::from([line.to_owned()]));
    let other = lines(&text.replace("of shop", "for shop"));
    assert_ne!(lines(text), other);
}
