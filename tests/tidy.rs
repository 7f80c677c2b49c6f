//! Rules of the house that no compiler knows: what stages import, where third-party crates are
//! used, what each file opens with, and words that have no place here.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads files, and stops where anything is wrong"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The stages in the order of the data, as `src/lib.rs` has them; a stage's folder is part of it.
const STAGES: &[&str] = &[
    "files", "locate", "decode", "select", "resolve", "render", "limits", "splice", "validate",
    "compare", "access", "report", "workflow",
];
/// What any stage may import.
const TOOLS: &[&str] = &[
    "bundle",
    "emit",
    "measure",
    "parse",
    "partials",
    "place",
    "reference",
    "relocate",
    "shapes",
    "shard",
    "stamp",
    "value",
];
/// What only the edge may import: the library's own pipeline.
const EDGE: &[&str] = &["cli", "command", "lib", "main"];

/// Crates that are used in one place (modules and what is below them).
const PLACES: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["report/diagnostics"]),
    ("clap", &["cli", "main"]),
    ("granit_parser", &["parse"]),
    ("handlebars", &["partials"]),
    ("include_dir", &["partials"]),
    ("jsonpath_rust", &["select"]),
    ("miniz_oxide", &["reference"]),
    ("similar", &["compare", "report"]),
    ("tempfile", &["files"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of the repository below `folder`, those that are not yet added included.
fn files(folder: &str) -> Vec<PathBuf> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "--deduplicate",
        ])
        .arg(folder)
        .current_dir(root())
        .output()
        .unwrap();
    let files: Vec<PathBuf> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(PathBuf::from)
        .filter(|path| root().join(path).is_file())
        .collect();
    assert!(!files.is_empty(), "no files in {folder}");
    files
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(root().join(path)).unwrap()).into_owned()
}

/// Every module: its path below `src` without `.rs`, and its text without comments and tests.
fn modules() -> Vec<(String, String)> {
    files("src")
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.strip_prefix("src").unwrap().with_extension("");
            let text = text(path);
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
            let code: Vec<&str> = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            (name.to_str().unwrap().replace('\\', "/"), code.join("\n"))
        })
        .collect()
}

/// `decode` for `decode/arguments/names`.
fn first(module: &str) -> &str {
    module.split('/').next().unwrap()
}

/// The modules that `code` names: `crate::a::b` and `crate::{a, b}`.
fn imports(code: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect()
    };
    let mut found = Vec::new();
    for part in code.split("crate::").skip(1) {
        match part.strip_prefix('{') {
            Some(list) => {
                let list = list.split("};").next().unwrap();
                found.extend(list.split(',').map(|item| name(item.trim())));
            }
            None => found.push(name(part)),
        }
    }
    found
}

#[test]
fn stages_import_the_model_and_tools_only() {
    let mut wrong = Vec::new();
    for (module, code) in modules() {
        let own = first(&module);
        // Tests of a module may come from further up the way of the data.
        if module.ends_with("/tests") || module.contains("/tests/") {
            continue;
        }
        for import in imports(&code) {
            let allowed = match own {
                _ if EDGE.contains(&own) || import == own => true,
                "model" => false,
                // What it reports on.
                "report" if ["Expansion", "Planned"].contains(&import.as_str()) => true,
                _ => import == "model" || TOOLS.contains(&import.as_str()),
            };
            if !allowed {
                wrong.push(format!("src/{module}.rs imports `{import}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_its_place() {
    for (module, _) in modules() {
        let own = first(&module);
        assert!(
            own == "model" || [STAGES, TOOLS, EDGE].concat().contains(&own),
            "src/{module}.rs is neither stage nor tool nor edge: say in src/lib.rs and here what it is"
        );
    }
}

#[test]
fn imports_are_found() {
    let code =
        "use crate::model::plan::{A, B};\nuse crate::{Request, files};\ncrate::parse::parse()";
    assert_eq!(imports(code), ["model", "Request", "files", "parse"]);
}

#[test]
fn each_crate_has_one_place() {
    let mut wrong = Vec::new();
    for (module, code) in modules() {
        for (name, places) in PLACES {
            let used = code.contains(&format!("{name}::")) || code.contains(&format!("use {name}"));
            let at_home = places
                .iter()
                .any(|place| module == *place || module.starts_with(&format!("{place}/")));
            if used && !at_home {
                wrong.push(format!("src/{module}.rs uses `{name}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_says_what_it_is() {
    for folder in ["src", "tests", "benches"] {
        if !root().join(folder).exists() {
            continue;
        }
        for path in files(folder) {
            if path.extension().is_some_and(|extension| extension == "rs") {
                assert!(text(&path).starts_with("//!"), "{}", path.display());
            }
        }
    }
}

#[test]
fn every_partial_says_what_it_is() {
    let partials = files("partials");
    assert!(partials.len() > 30);
    for path in partials {
        if path.extension().is_some_and(|extension| extension == "hbs") {
            assert!(text(&path).starts_with("{{!--"), "{}", path.display());
        }
    }
}

#[test]
fn nothing_tells_of_the_machine_it_was_written_on() {
    // In halves, so that this file does not hold them.
    let words = [
        ("/wo", "rk/"),
        ("/tm", "p/"),
        ("/ho", "me/"),
        ("/ro", "ot/"),
        ("/Us", "ers/"),
        ("registry.npm", "js.org"),
        ("py", "pi.org"),
        ("pythonhosted", ".org"),
        ("static.crates", ".io"),
        ("index.crates", ".io"),
        ("proxy.gol", "ang.org"),
        ("local", "host:"),
        ("127.0.", "0.1"),
    ]
    .map(|(a, b)| format!("{a}{b}"));
    let mut wrong = Vec::new();
    for path in files(".") {
        for (number, line) in text(&path).lines().enumerate() {
            for word in &words {
                if line.contains(word.as_str()) {
                    wrong.push(format!("{}:{}: {word}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
