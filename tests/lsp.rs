//! Speaks to `deploy-roles lsp` as an editor does, and compares the answers. Adding a case needs no Rust:
//!
//! ```text
//! tests/lsp/organization.yml, roles.src.yml   what every case begins with, in a git repository
//! tests/lsp/<behavior>/
//!   in/            files that are added, or that replace these
//!   steps.txt      what the editor does, one step per line; lsp/steps.rs explains each
//!   expected.txt   each step with what the server sends
//! ```
//!
//! Positions are `line:character`, from 0, as the protocol counts them. `SNAPSHOTS=overwrite cargo test
//! --test lsp` rewrites the expected files; `git diff` is the review.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

#[path = "support/cases.rs"]
mod cases;
#[path = "lsp/client.rs"]
mod client;
#[path = "support/git.rs"]
mod git;
#[path = "lsp/steps.rs"]
mod steps;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cases::{cases, unexpected};
use client::Client;
use serde_json::json;
use steps::Session;

/// So many cases there are at least; fewer, and some were lost.
const LEAST_CASES: usize = 20;

/// A folder of its own with the files of `case`, committed.
fn folder(case: &Path) -> PathBuf {
    let name = case.file_name().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("lsp")
        .join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for from in [case.parent().unwrap().to_owned(), case.join("in")] {
        copy(&from, &folder);
    }
    git::git(&folder, &["init", "--quiet"]);
    std::fs::canonicalize(folder).unwrap()
}

/// Copies the files of a folder; of `in`, those of its folders too.
fn copy(from: &Path, to: &Path) {
    let Ok(entries) = std::fs::read_dir(from) else {
        return;
    };
    std::fs::create_dir_all(to).unwrap();
    for entry in entries {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        let is_case = from.ends_with("tests/lsp");
        if path.is_file() && path.extension().is_some_and(|ending| ending != "rs") {
            std::fs::copy(&path, target).unwrap();
        } else if path.is_dir() && !is_case {
            copy(&path, &target);
        }
    }
}

#[test]
fn the_server_answers_as_expected() {
    let mut problems = Vec::new();
    for case in cases("lsp", LEAST_CASES) {
        let text = std::fs::read_to_string(case.join("steps.txt")).unwrap();
        let mut session = Session::new(folder(&case));
        for step in text.lines().filter(|line| !line.starts_with('#')) {
            session.run(step);
        }
        problems.extend(unexpected(&case, &session.finish()));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Whatever text is open, and wherever the cursor is, every request has an answer, and the server lives.
#[test]
fn every_place_of_every_broken_text_has_an_answer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lsp");
    let whole = std::fs::read_to_string(root.join("roles.src.yml")).unwrap();
    let folder = folder(&root.join("every-place"));
    let mut client = Client::start(&folder, &[], &json!({}));
    let uri = client.uri("roles.src.yml");
    client.open(&uri, &whole);
    let lines: Vec<&str> = whole.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        // The text ends in the middle of the line.
        let cut = line.len() / 2;
        let mut text = lines[..number].join("\n");
        text.push('\n');
        text += &line[..cut];
        client.change(&uri, &text);
        let position = json!({ "line": number, "character": cut });
        for method in ["completion", "hover", "definition"] {
            let params = json!({ "textDocument": { "uri": uri }, "position": position });
            let answer = client.request(&format!("textDocument/{method}"), &params);
            assert!(
                answer.get("error").is_none(),
                "{method} in line {number}: {answer}"
            );
        }
    }
    assert_eq!(client.stop(), Some(0));
}

/// Clients count in UTF-16: a position can be within a character, which is then the place before it.
#[test]
fn a_place_within_a_character_is_before_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lsp");
    let text = std::fs::read_to_string(root.join("roles.src.yml")).unwrap();
    let folder = folder(&root.join("within-a-character"));
    let mut client = Client::start(&folder, &[], &json!({}));
    let uri = client.uri("roles.src.yml");
    client.open(&uri, &text);
    let text = format!(
        "{text}\n  𝄞𝄞: !DeployRoles {{ AppId: 𝄞, Targets: {{ 𝄞: !Ref 𝄞DevAccount𝄞 }}, 𝄞: 𝄞 }}\n"
    );
    client.change(&uri, &text);
    let number = text.lines().count() - 1;
    let line = text.lines().last().unwrap();
    let mut unit = 0;
    let mut within = 0;
    for letter in line.chars() {
        for method in ["completion", "hover", "definition"] {
            let mut at = |character: usize| {
                let position = json!({ "line": number, "character": character });
                let params = json!({ "textDocument": { "uri": uri }, "position": position });
                client.request(&format!("textDocument/{method}"), &params)
            };
            let before = at(unit);
            assert!(
                before.get("error").is_none(),
                "{method} at {unit}: {before}"
            );
            if letter.len_utf16() == 2 {
                assert_eq!(
                    at(unit + 1)["result"],
                    before["result"],
                    "{method} at {unit}"
                );
                within += 1;
            }
        }
        let range = |start: usize| json!({ "start": { "line": number, "character": start }, "end": { "line": number, "character": unit + 1 } });
        let params = json!({ "textDocument": { "uri": uri }, "range": range(unit), "context": { "diagnostics": [] } });
        let answer = client.request("textDocument/codeAction", &params);
        assert!(answer.get("error").is_none(), "{answer}");
        unit += letter.len_utf16();
    }
    assert!(within > 20, "{within}");
    assert_eq!(client.stop(), Some(0));
}

/// Who asks for the lines over macros waits for them, and may give up.
#[test]
fn a_request_that_waits_can_be_canceled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lsp");
    let text = std::fs::read_to_string(root.join("roles.src.yml")).unwrap();
    let folder = folder(&root.join("canceled"));
    let mut client = Client::start(&folder, &[], &json!({}));
    let uri = client.uri("roles.src.yml");
    client.open(&uri, &text);
    let params = json!({ "textDocument": { "uri": uri } });
    let id = client.ask("textDocument/codeLens", &params);
    client.notify("$/cancelRequest", &json!({ "id": id }));
    let answer = client.answer(&json!(id));
    assert_eq!(answer["error"]["code"], -32800, "{answer}");
    let answer = client.request("textDocument/codeLens", &params);
    assert_eq!(
        answer["result"].as_array().map(Vec::len),
        Some(2),
        "{answer}"
    );
    assert_eq!(client.stop(), Some(0));
}

/// The texts of a burst of keys are not all read: the last one counts.
#[test]
fn a_burst_of_keys_is_read_once_or_twice() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lsp");
    let text = std::fs::read_to_string(root.join("roles.src.yml")).unwrap();
    let folder = folder(&root.join("burst"));
    let mut client = Client::start(&folder, &[], &json!({}));
    let uri = client.uri("roles.src.yml");
    client.open(&uri, &text);
    let keys = 100;
    for key in 0..keys {
        let wrong = format!("AppId: Shop{key}");
        client.change(&uri, &text.replace("AppId: shop", &wrong));
    }
    client.request("test/settle", &json!(null));
    let lists = client.notifications.len();
    assert!(lists < keys / 2, "{lists} lists of diagnostics");
    let last = client.notifications.pop().unwrap();
    let message = last["params"]["diagnostics"][0]["message"]
        .as_str()
        .unwrap();
    assert!(message.contains("`Shop99`"), "{message}");
    assert_eq!(client.stop(), Some(0));
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

/// The server looks at files, and at what git knows; it writes nothing, and runs no `!Cmd`.
#[test]
fn no_file_changes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lsp");
    let folder = folder(&root.join("no-file-changes"));
    let text = std::fs::read_to_string(folder.join("roles.src.yml")).unwrap();
    let text = format!("{text}  Other:\n    Type: !Cmd 'touch made'\n");
    std::fs::write(folder.join("roles.src.yml"), &text).unwrap();
    for arguments in [
        &["add", "."][..],
        &["commit", "--quiet", "--message", "first"],
        &["update-ref", "refs/remotes/origin/main", "HEAD"],
    ] {
        git::git(&folder, arguments);
    }
    let before = files(&folder);
    let mut client = Client::start(&folder, &[], &json!({}));
    let uri = client.uri("roles.src.yml");
    client.open(&uri, &text);
    let params = json!({ "textDocument": { "uri": uri } });
    let lenses = client.request("textDocument/codeLens", &params);
    assert_eq!(
        lenses["result"].as_array().map(Vec::len),
        Some(2),
        "{lenses}"
    );
    client.change(&uri, &text.replace("AppId: shop", "AppId: Shop"));
    client.notify("textDocument/didSave", &params);
    client.request("textDocument/codeLens", &params);
    assert_eq!(client.stop(), Some(0));
    assert_eq!(files(&folder), before);
}
