//! Puts holes into generated files, one at a time, and demands that `lint` or `test` finds each.
//!
//! The generated file is read as a template that is written by hand, without its head: this is what
//! `lint` sees if somebody pastes the roles of a macro and edits them. The example is held to its own
//! `roles.test.yml`, golden cases to `EXPECTATIONS`. A hole is found if it is reported and the file
//! without it is not. Notes count only if they are about a path of `docs/security.md` or an administrator: others are about
//! how a policy is written.
//!
//! The holes are those of `escalation/holes.rs`, which open a row of `docs/security.md`, and those of
//! `holes/table.rs`. What neither command finds is listed with the reason, and fails once it is found.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

#[path = "escalation/holes.rs"]
mod escalation;
#[path = "holes/expected.rs"]
mod expected;
#[path = "support/program.rs"]
mod program;
#[path = "holes/statements.rs"]
mod statements;
#[path = "holes/table.rs"]
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use tempfile::TempDir;

use escalation::{Edit, File, HOLES};
use expected::{EXPECTATIONS, FURTHER, TRUSTED};
use program::run;
use statements::STATEMENTS;
use table::{CHANGES, Finds, NOT_FOUND};

/// The example with two accounts instead of four, of which the shop has one: `from` and `to` in
/// `org/roles.src.yml`.
const SMALLER: &[(&str, &str)] = &[
    (
        "      dev: !Ref DevAccount\n      staging: !Ref StagingAccount\n",
        "",
    ),
    (
        "        OrganizationalUnit: !Ref TestUnit\n",
        "        Account: !Ref DevAccount\n",
    ),
    (
        "        Select: $.Organization[?@.Type=='OC::ORG::Account' && @.Properties.Tags.stage=='prod']\n",
        "        Account: !Ref ProdAccount\n",
    ),
];

/// Whom `org/roles.test.yml` names by macro and stage, and how roles without a macro are named.
const WITHOUT_MACROS: &[(&str, &str)] = &[
    (
        "{ macro: Bookshop, role: '*-DeployerRole' }",
        "{ role: bookshop-DeployerRole }",
    ),
    (
        "{ macro: Payments, role: '*-DeployerRole' }",
        "{ role: payments-DeployerRole }",
    ),
    (
        "{ macro: Payments, role: '*-TestRole' }",
        "{ role: payments-TestRole }",
    ),
    (
        "{ stage: prod, role: '*-DeployerRole' }",
        "{ account: ProdAccount, role: '*-DeployerRole' }",
    ),
    (
        "{ macro: Bookshop, account:",
        "{ role: 'bookshop-*', account:",
    ),
];

/// How the role of CloudFormation ends; an app that only the CDK deploys has none.
const EXECUTION_ROLE: &str = "CloudFormationExecutionRole";

/// A generated file with what belongs to it.
struct Generated {
    /// Without its head.
    text: String,
    organization: PathBuf,
    expectations: String,
}

/// What is reported of a file.
struct Reports {
    lint: BTreeSet<String>,
    test: BTreeSet<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text with each change made, which must fit.
fn changed(text: String, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text, |text, (from, to)| {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "`{from}` is not there");
        changed
    })
}

/// A generated file without the comments that say so.
fn without_head(text: &str) -> String {
    let (_, text) = text.split_once("AWSTemplateFormatVersion").unwrap();
    format!("AWSTemplateFormatVersion{text}")
}

impl Generated {
    fn of(file: File) -> Self {
        match file {
            File::Example => Self::example(),
            File::Golden(case) => Self::golden(case),
            File::Own(name) => panic!("{name} is not generated"),
        }
    }

    fn example() -> Self {
        let org = root().join("org");
        let place = tempfile::tempdir().unwrap();
        let source = changed(read(&org.join("roles.src.yml")), SMALLER);
        std::fs::write(place.path().join("roles.src.yml"), source).unwrap();
        let organization = org.join("organization.yml");
        std::fs::copy(&organization, place.path().join("organization.yml")).unwrap();
        let output = run(place.path(), &["expand", "roles.src.yml"]);
        assert_eq!(output.status.code(), Some(0), "{}", text_of(output.stderr));
        Self {
            text: without_head(&read(&place.path().join("roles.yml"))),
            organization,
            expectations: changed(read(&org.join("roles.test.yml")), WITHOUT_MACROS),
        }
    }

    fn golden(case: &str) -> Self {
        let folder = root().join("tests/golden").join(case);
        let text = without_head(&read(&folder.join("expected.yml")));
        let own = folder.join("organization.yml");
        let shared = root().join("tests/golden/minimal/organization.yml");
        let names = text.lines().filter_map(|line| {
            let name = line.trim().strip_prefix("RoleName: ")?;
            name.strip_suffix("-DeployerRole")
        });
        let names: BTreeSet<&str> = names.collect();
        assert!(!names.is_empty(), "{case} has no roles");
        let trusted = TRUSTED.iter().find(|(of, _)| *of == case);
        let trusted = trusted.map_or("      - { account: !Ref ToolsAccount }", |(_, trusted)| {
            trusted
        });
        let mut expectations = "expectations:\n".to_owned();
        for name in names {
            let has_execution_role = text.contains(&format!("{name}-{EXECUTION_ROLE}\n"));
            let all = EXPECTATIONS.replace("TRUSTED", trusted);
            let about = all.split("\n\n").filter(|one| {
                has_execution_role || !one.contains(&format!("who: {{ role: APP-{EXECUTION_ROLE}"))
            });
            for one in about {
                expectations += &one.replace("APP", name);
                expectations.push('\n');
            }
        }
        for (_, more) in FURTHER.iter().filter(|(of, _)| *of == case) {
            expectations += more;
        }
        Self {
            expectations,
            organization: if own.exists() { own } else { shared },
            text,
        }
    }

    /// A folder with it, with this text.
    fn folder(&self, text: &str) -> TempDir {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
        write("roles.src.yml", text);
        write("roles.test.yml", &self.expectations);
        std::fs::copy(&self.organization, place.path().join("organization.yml")).unwrap();
        place
    }

    /// What `lint` reports of this text.
    fn lint(&self, text: &str) -> BTreeSet<String> {
        let place = self.folder(text);
        let lint = run(place.path(), &["lint", "roles.src.yml", "--format", "json"]);
        assert_eq!(lint.status.code(), Some(0), "{}", text_of(lint.stderr));
        warnings(&lint)
    }

    /// What `test` reports of it.
    fn test(&self, text: &str) -> BTreeSet<String> {
        let place = self.folder(text);
        not_met(&run(place.path(), &["test", "roles.src.yml"]))
    }
}

fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// What `lint` finds: each line of each finding, with its rule and its message.
fn warnings(lint: &Output) -> BTreeSet<String> {
    let found: serde_json::Value = serde_json::from_slice(&lint.stdout).unwrap();
    let found = found["diagnostics"].as_array().unwrap().iter();
    let mut warnings = BTreeSet::new();
    let is_hole = |rule: &str| ["administrator", "escalation-path"].contains(&rule);
    for one in
        found.filter(|one| one["level"] != "note" || one["rule"].as_str().is_some_and(is_hole))
    {
        let text = |key: &str| one[key].as_str().unwrap_or_default();
        let head = format!("{}: {}", text("rule"), text("message"));
        // A second finding of the same kind is new, too.
        let times = (1..=1000).find(|times| !warnings.contains(&format!("{head} ({times})")));
        warnings.insert(format!("{head} ({})", times.unwrap()));
        let lines = text("note").lines();
        warnings.extend(lines.map(|line| format!("{head}: {}", line.trim())));
    }
    warnings
}

/// The expectations that are not met, or not decided.
fn not_met(test: &Output) -> BTreeSet<String> {
    let code = test.status.code();
    let said = String::from_utf8_lossy(&test.stderr);
    assert!(code == Some(0) || code == Some(1), "{code:?}: {said}");
    let lines = String::from_utf8_lossy(&test.stdout);
    let not_met = lines
        .lines()
        .filter(|line| line.starts_with("FAIL  ") || line.starts_with("maybe "));
    let not_met: BTreeSet<String> = not_met
        .map(|line| line.split("  (").next().unwrap().to_owned())
        .collect();
    assert_eq!(code == Some(0), not_met.is_empty(), "{lines}");
    not_met
}

/// What is expected to find a hole.
#[derive(Clone, Copy)]
enum FoundBy {
    These(Finds),
    /// Either command, with whatever it reports.
    Either,
    /// Neither, for this reason.
    Neither(&'static str),
}

/// A hole to put into a file.
struct Hole {
    name: String,
    file: File,
    edits: Vec<Edit>,
    found_by: FoundBy,
}

/// The holes of all tables.
fn holes() -> Vec<Hole> {
    let statements = STATEMENTS.iter().map(|added| {
        let (role, before) = added.role;
        let actions = added.actions.replace('*', "'*'");
        let text = format!("{{ Sid: Hole, Effect: Allow, Action: [{actions}], Resource: '*' }}");
        Hole {
            name: format!("{role}: {actions}"),
            file: File::Example,
            edits: vec![Edit::Add(before, text.leak())],
            found_by: FoundBy::These(added.finds),
        }
    });
    let changes = CHANGES.iter().map(|hole| Hole {
        name: hole.name.to_owned(),
        file: hole.file,
        edits: hole.edits.to_vec(),
        found_by: FoundBy::These(hole.finds),
    });
    let generated = HOLES
        .iter()
        .filter(|hole| !matches!(hole.file, File::Own(_)));
    let rows = generated.map(|hole| {
        let name = format!("{:?}, {:?}: {:?}", hole.file, hole.edits, hole.opens);
        let not_found = NOT_FOUND.iter().find(|(of, _)| name.contains(of));
        Hole {
            found_by: not_found.map_or(FoundBy::Either, |(_, why)| FoundBy::Neither(why)),
            name,
            file: hole.file,
            edits: hole.edits.to_vec(),
        }
    });
    statements.chain(changes).chain(rows).collect()
}

/// Each file with what is reported of it without a hole.
static WITHOUT: LazyLock<BTreeMap<File, (Generated, Reports)>> = LazyLock::new(|| {
    let files: BTreeSet<File> = holes().iter().map(|hole| hole.file).collect();
    let files: Vec<File> = files.into_iter().collect();
    let without = in_parallel(&files, |file| {
        let generated = Generated::of(*file);
        let reports = Reports {
            lint: generated.lint(&generated.text),
            test: generated.test(&generated.text),
        };
        (generated, reports)
    });
    files.into_iter().zip(without).collect()
});

impl Hole {
    /// How it is not found as it should be.
    fn problem(&self) -> Option<String> {
        let (generated, before) = &WITHOUT[&self.file];
        let text = generated.text.clone();
        let text = self.edits.iter().fold(text, |text, edit| edit.apply(&text));
        let by_test = || &generated.test(&text) - &before.test;
        let by_lint = || &generated.lint(&text) - &before.lint;
        let problem = match self.found_by {
            FoundBy::These(finds) => {
                let of_test = missing("test", finds.test, by_test);
                of_test.or_else(|| missing("lint", finds.lint, by_lint))
            }
            FoundBy::Either => {
                let is_found = !by_test().is_empty() || !by_lint().is_empty();
                (!is_found).then(|| "nothing finds it".to_owned())
            }
            FoundBy::Neither(why) => {
                let found: Vec<String> = by_test().into_iter().chain(by_lint()).collect();
                (!found.is_empty()).then(|| format!("is found, although {why}: {found:#?}"))
            }
        };
        problem.map(|problem| format!("{}: {problem}", self.name))
    }
}

/// What of `expected` is not in the new reports of a command, which is not run if there is none.
fn missing(command: &str, expected: &[&str], new: impl Fn() -> BTreeSet<String>) -> Option<String> {
    if expected.is_empty() {
        return None;
    }
    let new = new();
    let is_missing = |part: &&&str| !new.iter().any(|line| line.contains(**part));
    let missing: Vec<_> = expected.iter().filter(is_missing).collect();
    (!missing.is_empty()).then(|| format!("{command} reports {new:#?}, and not {missing:?}"))
}

/// `what` of each, in order, on all cores.
fn in_parallel<T: Sync, R: Send>(each: &[T], what: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let at = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(one) = each.get(at)
                {
                    let result = what(one);
                    done.lock().unwrap().insert(at, result);
                }
            });
        }
    });
    let done = done.into_inner().unwrap();
    assert_eq!(done.len(), each.len());
    done.into_values().collect()
}

#[test]
fn every_hole_is_found() {
    let holes = holes();
    assert!(holes.len() > 110, "only {} holes", holes.len());
    let problems = in_parallel(&holes, Hole::problem);
    let problems: Vec<String> = problems.into_iter().flatten().collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Of a hole of this table, it says what finds it.
#[test]
fn every_hole_says_what_finds_it_and_is_there_once() {
    let holes = holes();
    let names: BTreeSet<&str> = holes.iter().map(|hole| hole.name.as_str()).collect();
    assert_eq!(names.len(), holes.len());
    for hole in &holes {
        if let FoundBy::These(finds) = hole.found_by {
            let said = finds.lint.len() + finds.test.len();
            assert!(said > 0, "{}: nothing finds it", hole.name);
        }
    }
    let of_reason = |part: &str| holes.iter().filter(|hole| hole.name.contains(part)).count();
    for (part, why) in NOT_FOUND {
        assert_eq!(of_reason(part), 1, "{part}: {why}");
    }
}

/// A change that opens nothing is not reported; otherwise, a hole could be found by what it is not.
#[test]
fn what_is_no_hole_is_not_found() {
    let (_, example) = &WITHOUT[&File::Example];
    assert_eq!(example.test, BTreeSet::new(), "the example has holes");
    let files: Vec<&File> = WITHOUT.keys().collect();
    let problems = in_parallel(&files, |file| {
        let (generated, before) = &WITHOUT[*file];
        let harmless = Edit::Replace(
            "  - Sid: Trust",
            "  # No hole.\n          - Sid: StillTrust",
        );
        let text = harmless.apply(&generated.text);
        let lint = &generated.lint(&text) - &before.lint;
        let test = &generated.test(&text) - &before.test;
        let found: Vec<String> = lint.into_iter().chain(test).collect();
        (!found.is_empty()).then(|| format!("{file:?}: {found:#?}"))
    });
    let problems: Vec<String> = problems.into_iter().flatten().collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
