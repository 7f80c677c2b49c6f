//! Rules of the house that no compiler knows: what stages import, where third-party crates are
//! used, what each file opens with, and words that have no place here.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads files, and stops where anything is wrong"
)]

#[path = "tidy/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The most lines of a file, not counting the tests at its end.
const FILE_LIMIT: usize = 500;
/// The most lines of a function, from its signature to its last brace.
const FUNCTION_LIMIT: usize = 60;

/// What several stages of `expand` use, and no stage itself.
const TOOLS_OF_EXPAND: &[&str] = &["pack", "chunks", "names"];

/// Crates that are used in one place (modules and what is below them).
const PLACES: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["report/diagnostic"]),
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli", "main"]),
    ("granit_parser", &["yaml"]),
    ("handlebars", &["partials"]),
    ("include_dir", &["partials"]),
    ("jsonpath_rust", &["expand/select"]),
    ("lsp_server", &["command/lsp"]),
    ("miniz_oxide", &["aws/packed"]),
    ("ryu_js", &["template/read"]),
    ("similar", &["diff/lines", "report"]),
    ("tempfile", &["files"]),
    ("terminal_size", &["files"]),
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

/// Fails for each of `wrong`.
fn check(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The floors of `src/lib.rs`: each module with its floor, and the pairs that may be on the same.
struct Floors {
    of: BTreeMap<String, usize>,
    same: BTreeSet<(String, String)>,
}

/// Reads the table of floors in the crate docs.
fn floors() -> Floors {
    let mut floors = Floors {
        of: BTreeMap::new(),
        same: BTreeSet::new(),
    };
    let words = |cell: &str| -> Vec<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    for line in text(Path::new("src/lib.rs")).lines() {
        let cells: Vec<&str> = line
            .trim_start_matches("//!")
            .split('|')
            .map(str::trim)
            .collect();
        let [_, floor, modules, _, same, _] = cells.as_slice() else {
            continue;
        };
        let Ok(floor) = floor.parse() else { continue };
        for module in words(modules) {
            floors.of.insert(module, floor);
        }
        for rule in same.split(';').filter(|rule| rule.contains('→')) {
            let (from, to) = rule.split_once('→').unwrap();
            for from in words(from) {
                floors
                    .same
                    .extend(words(to).into_iter().map(|to| (from.clone(), to)));
            }
        }
    }
    floors
}

/// Every module by name, with what it imports.
fn graph() -> BTreeMap<String, &'static [String]> {
    source::modules()
        .iter()
        .map(|module| (module.name(), module.imports.as_slice()))
        .collect()
}

/// `iam` for `iam::pattern`.
fn room(module: &str) -> &str {
    module.split("::").next().unwrap()
}

#[test]
fn every_module_is_on_a_floor() {
    let floors = floors();
    assert!(
        floors.of.len() > 15,
        "the table of floors in src/lib.rs is not read"
    );
    let rooms: BTreeSet<String> = source::modules()
        .iter()
        .filter(|module| !module.path.is_empty())
        .map(|module| module.room().to_owned())
        .collect();
    let listed: BTreeSet<String> = floors.of.keys().cloned().collect();
    assert_eq!(
        rooms, listed,
        "modules, and those in the table of src/lib.rs"
    );
}

#[test]
fn modules_import_from_lower_floors_only() {
    let floors = floors();
    let mut wrong = Vec::new();
    for (module, imports) in graph() {
        // The root lists the modules and the public API.
        let Some(floor) = floors.of.get(room(&module)) else {
            continue;
        };
        for import in imports {
            let (from, to) = (room(&module), room(import));
            let is_below = floors.of.get(to).is_some_and(|other| other < floor);
            let is_listed = floors.same.contains(&(from.to_owned(), to.to_owned()));
            // The binary uses the public API.
            let is_binary = from == "main" && to.is_empty();
            if from != to && !is_below && !is_listed && !is_binary {
                let import = if import.is_empty() {
                    "the crate root"
                } else {
                    import
                };
                wrong.push(format!("{module} (floor {floor}) imports {import}"));
            }
        }
    }
    check(&wrong);
}

#[test]
fn stages_of_expand_import_no_other_stage() {
    const SHARED: &[&str] = &["model", "rules"];
    let stage = |module: &str| module.split("::").nth(1).map(str::to_owned);
    let mut wrong = Vec::new();
    for (module, imports) in graph() {
        if room(&module) != "expand" {
            continue;
        }
        // `expand.rs` knows the order; what it may import, nobody below it does.
        let Some(from) = stage(&module) else { continue };
        for import in imports.iter().filter(|import| room(import) == "expand") {
            let is_shared = |to: &String| {
                SHARED.contains(&to.as_str()) || TOOLS_OF_EXPAND.contains(&to.as_str())
            };
            match stage(import) {
                Some(to) if to == from || is_shared(&to) => {}
                _ => wrong.push(format!("{module} imports {import}")),
            }
        }
    }
    check(&wrong);
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let graph = graph();
    let mut circles = BTreeSet::new();
    for start in graph.keys() {
        // What can be reached from `start`; a way back to it is a circle.
        let mut seen = BTreeSet::new();
        let mut open: Vec<(&String, Vec<&String>)> = vec![(start, vec![start])];
        while let Some((module, way)) = open.pop() {
            for next in graph.get(module).copied().into_iter().flatten() {
                if next == start {
                    let mut names: Vec<&str> = way.iter().map(|name| name.as_str()).collect();
                    names.sort_unstable();
                    circles.insert(names.join(" - "));
                } else if seen.insert(next) {
                    open.push((next, [way.as_slice(), &[next]].concat()));
                }
            }
        }
    }
    let circles: Vec<String> = circles.into_iter().collect();
    check(&circles);
}

#[test]
fn no_core_knows_a_macro() {
    let floors = floors();
    let words = [
        "AppId",
        "app_id",
        "DeployerRole",
        "TestRole",
        "CloudFormationExecutionRole",
    ];
    let mut wrong = Vec::new();
    for module in source::modules() {
        if floors.of.get(module.room()).is_none_or(|floor| *floor > 2) || module.room() == "cli" {
            continue;
        }
        for (number, line) in module.text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(**word)) {
                wrong.push(format!("{}:{}: {word}", module.file, number + 1));
            }
        }
    }
    check(&wrong);
}

#[test]
fn files_and_functions_are_short() {
    let mut wrong = Vec::new();
    for module in source::modules() {
        let lines = module.text.lines().count();
        if lines > FILE_LIMIT {
            wrong.push(format!(
                "{} has {lines} lines of at most {FILE_LIMIT}",
                module.file
            ));
        }
        for function in &module.functions {
            if function.lines > FUNCTION_LIMIT {
                wrong.push(format!(
                    "{}: `{}` has {} lines of at most {FUNCTION_LIMIT}",
                    module.file, function.name, function.lines
                ));
            }
        }
    }
    check(&wrong);
}

#[test]
fn names_of_types_are_unique() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for module in source::modules() {
        for name in &module.types {
            places
                .entry(name.clone())
                .or_default()
                .push(module.file.clone());
        }
    }
    assert!(places.len() > 100);
    let twice: Vec<String> = places
        .into_iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    check(&twice);
}

#[test]
fn no_call_reads_as_true_or_false() {
    let modules = source::modules();
    let takes_bool: BTreeSet<String> = modules
        .iter()
        .flat_map(|module| &module.functions)
        .filter(|function| function.takes_bool)
        .map(|function| function.name.clone())
        .collect();
    let mut wrong = Vec::new();
    for module in modules {
        for name in &module.calls_with_a_bool {
            if takes_bool.contains(name) {
                wrong.push(format!(
                    "{}: `{name}` is called with `true` or `false`",
                    module.file
                ));
            }
        }
    }
    check(&wrong);
}

#[test]
fn each_crate_has_one_place() {
    let mut wrong = Vec::new();
    for module in source::modules() {
        let path = module.path.join("/");
        for (name, places) in PLACES {
            let used = module.roots.contains(*name);
            let in_place = places
                .iter()
                .any(|place| path == *place || path.starts_with(&format!("{place}/")));
            if used && !in_place {
                wrong.push(format!("{} uses `{name}`", module.file));
            }
        }
    }
    check(&wrong);
}

/// So the language server, and every command, starts nothing else.
#[test]
fn git_is_the_only_program_that_is_started() {
    let starts = |path: &Path| {
        let text = text(path);
        let names_it = text.contains("process::{Command") || text.contains("process::Command");
        (names_it || text.contains("CommandExt")).then_some(text)
    };
    let found: Vec<(PathBuf, String)> = files("src")
        .into_iter()
        .filter_map(|path| starts(&path).map(|text| (path, text)))
        .collect();
    let [(path, text)] = found.as_slice() else {
        panic!("files that start programs: {found:?}");
    };
    assert_eq!(path, Path::new("src/files/git.rs"));
    assert_eq!(text.matches("Command::new(").count(), 1);
    assert!(text.contains("Command::new(\"git\")"));
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
