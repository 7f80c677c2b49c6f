//! Expands every case of `tests/golden` with the real binary and compares what it says, byte for
//! byte. Adding a case needs no Rust:
//!
//! ```text
//! tests/golden/<behavior>/
//!   input.src.yml       the template; `expand -o - input.src.yml` runs in this folder
//!   expected.yml        its standard output; without it, the run must fail with exit code 2
//!   expected.stderr     its standard error; none where the run says nothing
//!   args                further arguments, one a line
//!   organization-flag   the file to give as `--organization`
//!   organization.yml    and any other file that one of these names
//! ```
//!
//! `SNAPSHOTS=overwrite cargo test --test golden` (`make snapshots`) rewrites the `expected.*`
//! files; `git diff` is the review.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use deploy_roles::arguments::rules::SERVICES_ELSEWHERE;
use deploy_roles::deploy;
use deploy_roles::diagnostic::Rule;
use deploy_roles::diff;
use deploy_roles::expand::rules::OUTPUT_MISMATCH;
use deploy_roles::export::rules::NOT_EXPORTABLE;
use deploy_roles::infer::rules::{
    APP_TOO_LARGE, CYCLIC_NESTED_TEMPLATE, FOREIGN_PARTIAL, INVALID_APP_TEMPLATE, INVALID_JSON,
    MISSING_NESTED_TEMPLATE, NEEDLESS_ALLOW, NO_APP_TEMPLATE, NO_SERVICE_NEEDED,
    NOT_AN_APP_TEMPLATE, NOT_PACKAGED, OTHER_FRAMEWORK, OUTSIDE_NESTED_TEMPLATE,
    UNKNOWN_ALLOWED_ACTION,
};
use deploy_roles::init::rules::{
    AMBIGUOUS_ORGANIZATION, FILE_EXISTS, NO_REPOSITORY, NO_TARGET_ACCOUNT, NO_TOOLS_ACCOUNT,
    UNSUITABLE_PATH,
};
use deploy_roles::query::rules::{
    DUPLICATE_EXPECTATION, IMPOSSIBLE_REQUEST, IMPOSSIBLE_VALUE, INVALID_QUESTION,
    MALFORMED_EXPECTATION, NO_EXPECTATIONS, UNKNOWN_ASKED_ACTION, UNKNOWN_CONDITION_KEY,
    UNKNOWN_PRINCIPAL, UNKNOWN_TEST_KEY,
};
use deploy_roles::registry;
use deploy_roles::workflow::rules::NO_WORKFLOW;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use deploy_roles::arguments::{Choice, Trust};
use deploy_roles::partials::Partials;
use deploy_roles::partials::catalog::Offer;
use deploy_roles::partials::rules::UNKNOWN_PARTIAL;
use deploy_roles::workspace::own_partials::{self, FolderFlag};
use deploy_roles::workspace::rules::{
    AMBIGUOUS_MACRO, EDITED_BY_HAND, NO_REVISION, NO_TEMPLATE, NO_TEST_FILE, NOT_GENERATED,
    OUTSIDE_TEMPLATE, SOURCE_GONE, STALE_FILE, TEST_WITHOUT_TEMPLATE, UNKNOWN_MACRO, UNKNOWN_RULE,
    UNSUITABLE_OUTPUT,
};
use deploy_roles::workspace::sources;
use deploy_roles::yaml::lookup::Library;
use deploy_roles::{ExpandRequest, PlannedTemplate, plan};
use similar::TextDiff;

/// So many cases there are at least; fewer, and some were lost.
const LEAST_CASES: usize = 229;

const OF_APPS: &str = "about templates of apps; the unit tests of infer::read provoke it";

const OF_INIT: &str = "about `init`; see tests/cmd/init-*.toml and tests/init.rs";

const OF_TESTS: &str = "about test files; its page in docs/rules is tried by tests/rules.rs";

const OF_COMMAND_LINES: &str = "about a command line; its page in docs/rules is tried by tests/rules.rs, and tests/cmd has cases";

const OF_QUESTIONS: &str = "about questions of `can`; see tests/can/principals";

/// Whether only `diff` finds it; see `tests/deploy` and `tests/access`.
fn is_of_diff(rule: &Rule) -> bool {
    let mut rules = deploy::rules::RULES.iter().chain(diff::rules::RULES);
    rules.any(|of_diff| of_diff.id == rule.id)
}

/// Codes that neither a golden case nor one of `tests/lint` can show, and where they are tested.
const SHOWN_ELSEWHERE: &[(&Rule, &str)] = &[
    (&NO_APP_TEMPLATE, OF_APPS),
    (&NOT_AN_APP_TEMPLATE, OF_APPS),
    (&NOT_PACKAGED, OF_APPS),
    (&INVALID_JSON, OF_APPS),
    (&INVALID_APP_TEMPLATE, OF_APPS),
    (&APP_TOO_LARGE, OF_APPS),
    (&MISSING_NESTED_TEMPLATE, OF_APPS),
    (&OUTSIDE_NESTED_TEMPLATE, OF_APPS),
    (&CYCLIC_NESTED_TEMPLATE, OF_APPS),
    (
        &UNKNOWN_ALLOWED_ACTION,
        "about `infer --allow`; see tests/cmd/infer-allows-no-pattern.toml",
    ),
    (
        &NEEDLESS_ALLOW,
        "about `infer --allow`; see tests/cmd/infer-writes-allowed-actions.toml",
    ),
    (
        &OTHER_FRAMEWORK,
        "about `infer --macro`; see tests/cmd/infer-warns-of-another-framework.toml",
    ),
    (
        &NO_SERVICE_NEEDED,
        "about `infer --write`; see tests/cmd/infer-writes-no-empty-services.toml",
    ),
    (
        &NOT_EXPORTABLE,
        "about `export`; see tests/cmd/export-of-what-is-elsewhere-is-refused.toml",
    ),
    (
        &OUTSIDE_TEMPLATE,
        "about `infer --write` through a link; tests/cli.rs makes one",
    ),
    (
        &FOREIGN_PARTIAL,
        "about `infer --write-partials`; see tests/cmd/infer-keeps-what-it-did-not-generate.toml",
    ),
    (
        &OUTPUT_MISMATCH,
        "a defect of the tool itself; unit tests of src/expand/prove.rs provoke it",
    ),
    (
        &STALE_FILE,
        "about `check`; see tests/cmd/gate-of-files-that-are-not-current.toml",
    ),
    (
        &SOURCE_GONE,
        "about `check`; see tests/cmd/gate-of-a-file-whose-source-is-gone.toml",
    ),
    (&NO_REPOSITORY, OF_INIT),
    (&AMBIGUOUS_ORGANIZATION, OF_INIT),
    (&NO_TOOLS_ACCOUNT, OF_INIT),
    (&NO_TARGET_ACCOUNT, OF_INIT),
    (&FILE_EXISTS, OF_INIT),
    (&UNSUITABLE_PATH, OF_INIT),
    (&NO_TEMPLATE, OF_COMMAND_LINES),
    (&UNSUITABLE_OUTPUT, OF_COMMAND_LINES),
    (&NO_REVISION, OF_COMMAND_LINES),
    (&UNKNOWN_RULE, OF_COMMAND_LINES),
    (&UNKNOWN_PARTIAL, OF_COMMAND_LINES),
    (&NO_TEST_FILE, OF_TESTS),
    (&TEST_WITHOUT_TEMPLATE, OF_TESTS),
    (&UNKNOWN_TEST_KEY, OF_TESTS),
    (&MALFORMED_EXPECTATION, OF_TESTS),
    (&DUPLICATE_EXPECTATION, OF_TESTS),
    (&NO_EXPECTATIONS, OF_TESTS),
    (
        &EDITED_BY_HAND,
        "standard output has nothing to lose; see tests/cmd/hand-edit-is-refused.toml",
    ),
    (
        &NOT_GENERATED,
        "standard output has nothing to lose; see tests/cmd/not-generated-is-refused.toml",
    ),
    (
        &SERVICES_ELSEWHERE,
        "only `infer --write` edits; see tests/cmd/infer-writes-no-target.toml",
    ),
    (&UNKNOWN_PRINCIPAL, OF_QUESTIONS),
    (&UNKNOWN_ASKED_ACTION, OF_QUESTIONS),
    (&IMPOSSIBLE_REQUEST, OF_QUESTIONS),
    (&INVALID_QUESTION, OF_QUESTIONS),
    (&UNKNOWN_CONDITION_KEY, OF_QUESTIONS),
    (&IMPOSSIBLE_VALUE, OF_QUESTIONS),
    (
        &UNKNOWN_MACRO,
        "of the command `workflow`; see tests/cmd/workflow-of-an-unknown-macro.toml",
    ),
    (
        &AMBIGUOUS_MACRO,
        "of the command `workflow`; see tests/cmd/workflow-of-several-macros-is-refused.toml",
    ),
    (
        &NO_WORKFLOW,
        "of the command `workflow`; see tests/cmd/workflow-for-another-ci-is-refused.toml",
    ),
];

const INPUT: &str = "input.src.yml";

/// One folder of `tests/golden`.
struct Case {
    name: String,
    folder: PathBuf,
}

/// What a case's folder says must happen.
#[derive(PartialEq, Eq)]
struct Expected {
    stdout: Option<Vec<u8>>,
    stderr: Vec<u8>,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut cases: Vec<Case> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|folder| Case {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            folder,
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(
        cases.len() >= LEAST_CASES,
        "only {} of at least {LEAST_CASES} cases",
        cases.len()
    );
    cases
}

impl Case {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.join(name)).ok()
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&self.read(name).unwrap_or_default()).into_owned()
    }

    /// The options and values of `args` and `organization-flag`.
    fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = self.text("args").lines().map(str::to_owned).collect();
        if let Some(file) = self.text("organization-flag").lines().next() {
            arguments.extend(["--organization".to_owned(), file.to_owned()]);
        }
        arguments
    }

    fn expand(&self, input: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .current_dir(&self.folder)
            .args(["expand", "-o", "-", input])
            .args(self.arguments())
            .env_remove("CLICOLOR_FORCE")
            .output()
            .unwrap()
    }

    fn expected(&self) -> Expected {
        Expected {
            stdout: self.read("expected.yml"),
            stderr: self.read("expected.stderr").unwrap_or_default(),
        }
    }

    fn overwrite(&self, output: &Output) {
        let put = |name: &str, content: Option<&[u8]>| {
            let path = self.folder.join(name);
            match content {
                Some(content) => std::fs::write(path, content).unwrap(),
                None if path.exists() => std::fs::remove_file(path).unwrap(),
                None => {}
            }
        };
        let done = output.status.success();
        put("expected.yml", done.then_some(output.stdout.as_slice()));
        put(
            "expected.stderr",
            Some(output.stderr.as_slice()).filter(|text| !text.is_empty()),
        );
    }

    /// Every file of the folder, as paths relative to it.
    fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path.strip_prefix(&self.folder).unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    /// Files that no other file of the case names, by their name or the name of a folder they
    /// are in.
    fn unused(&self) -> Vec<PathBuf> {
        let fixed = [
            INPUT,
            "expected.yml",
            "expected.stderr",
            "args",
            "organization-flag",
        ];
        let files = self.files();
        let named = |path: &Path| {
            files
                .iter()
                .filter(|other| other.as_path() != path && !other.starts_with("expected.yml"))
                .filter(|other| other.as_path() != Path::new("expected.stderr"))
                .any(|other| {
                    let text = self.text(other.to_str().unwrap());
                    path.iter()
                        .any(|part| text.contains(part.to_str().unwrap()))
                })
        };
        files
            .iter()
            .filter(|path| !fixed.contains(&path.to_str().unwrap()) && !named(path))
            .cloned()
            .collect()
    }

    /// What is wrong with the case, one text a problem.
    fn problems(&self) -> Vec<String> {
        let output = self.expand(INPUT);
        if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
            self.overwrite(&output);
        }
        let expected = self.expected();
        let mut problems: Vec<String> = self
            .unused()
            .iter()
            .map(|path| format!("nothing uses {}", path.display()))
            .collect();
        let code = if expected.stdout.is_some() { 0 } else { 2 };
        if output.status.code() != Some(code) {
            problems.push(format!(
                "exit code {:?} instead of {code}",
                output.status.code()
            ));
        }
        let stdout = expected.stdout.as_deref().unwrap_or_default();
        problems.extend(difference("standard output", stdout, &output.stdout));
        problems.extend(difference(
            "standard error",
            &expected.stderr,
            &output.stderr,
        ));
        if self.expand(INPUT).stdout != output.stdout {
            problems.push("a second run gives other bytes".to_owned());
        }
        if expected.stdout.is_some() {
            problems.extend(self.bytes(&output.stdout));
            let again = self.expand("expected.yml");
            if !String::from_utf8_lossy(&again.stderr).contains("warning[no-macro]") {
                problems.push("the expanded template still has a macro".to_owned());
            }
        }
        problems
    }

    /// Line ends, byte order mark and final newline are those of the input.
    fn bytes(&self, expanded: &[u8]) -> Vec<String> {
        let input = self.read(INPUT).unwrap();
        let mark = "\u{feff}".as_bytes();
        let marks = |text: &[u8]| text.windows(3).filter(|bytes| *bytes == mark).count();
        let bare = |text: &[u8]| {
            let feeds = text.windows(1).filter(|bytes| *bytes == b"\n").count();
            feeds - text.windows(2).filter(|bytes| *bytes == b"\r\n").count()
        };
        let mut problems = Vec::new();
        if input.starts_with(mark) != expanded.starts_with(mark) || marks(&input) != marks(expanded)
        {
            problems.push("the byte order mark was not kept".to_owned());
        }
        if bare(&input) == 0 && bare(expanded) > 0 {
            problems
                .push("a line that ends in CRLF in the input does not in the output".to_owned());
        }
        if !input.contains(&b'\r') && expanded.contains(&b'\r') {
            problems.push("a carriage return came in".to_owned());
        }
        if input.ends_with(b"\n") != expanded.ends_with(b"\n") {
            problems.push("the final newline was not kept as it was".to_owned());
        }
        problems
    }

    fn planned(&self) -> Option<PlannedTemplate> {
        self.read("expected.yml")?;
        let mut library = Library::default();
        let path = self.folder.join(INPUT);
        let template = sources::read_template(&mut library, &path).unwrap();
        let arguments = self.arguments();
        let value = |flag: &str| {
            let at = arguments.iter().position(|argument| argument == flag)?;
            Some(self.folder.join(&arguments[at + 1]))
        };
        let request = ExpandRequest {
            template,
            organization: value("--organization")
                .map(|file| sources::read_template(&mut library, &file).unwrap()),
            overrides: {
                let flag = value("--partials");
                let template = (Some(template), path.as_path());
                let flag = FolderFlag::read(flag.as_deref());
                own_partials::read(&mut library, template, flag).unwrap()
            },
            moved: None,
        };
        let partials = Partials::new(&mut library, &request.overrides).unwrap();
        Some(plan(&library, &request, &partials).unwrap())
    }
}

/// A unified diff of two texts, or nothing where they are the same bytes.
fn difference(what: &str, expected: &[u8], found: &[u8]) -> Option<String> {
    if expected == found {
        return None;
    }
    let (old, new) = (
        String::from_utf8_lossy(expected),
        String::from_utf8_lossy(found),
    );
    let diff = TextDiff::from_lines(old.as_ref(), new.as_ref());
    let mut text = format!("{what} differs\n");
    let unified = diff.unified_diff().context_radius(2).to_string();
    for line in unified.lines().take(60) {
        writeln!(text, "    {}", line.escape_debug()).unwrap();
    }
    Some(text)
}

#[test]
fn every_case_expands_as_expected() {
    let mut failed = String::new();
    for case in cases() {
        for problem in case.problems() {
            writeln!(failed, "{}: {problem}", case.name).unwrap();
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

#[test]
fn every_diagnostic_has_a_case() {
    let shown: String = cases()
        .iter()
        .map(|case| case.text("expected.stderr"))
        .collect();
    let has_case = |rule: &'static Rule| {
        let id = rule.id;
        ["error", "warning", "note"]
            .iter()
            .any(|severity| shown.contains(&format!("{severity}[{id}]")))
    };
    let lint = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let exempt = |rule: &'static Rule| {
        lint.join(rule.id).is_dir()
            || is_of_diff(rule)
            || SHOWN_ELSEWHERE.iter().any(|(other, _)| *other == rule)
    };
    let missing: Vec<&str> = registry::rules()
        .filter(|rule| !has_case(rule) && !exempt(rule))
        .map(|rule| rule.id)
        .collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
    let needless: Vec<&str> = SHOWN_ELSEWHERE
        .iter()
        .filter(|(rule, _)| has_case(rule))
        .map(|(rule, _)| rule.id)
        .collect();
    assert!(needless.is_empty(), "cases do show {needless:?}");
}

#[test]
fn every_option_is_on_in_some_case() {
    let mut on: BTreeSet<String> = BTreeSet::new();
    let mut add = |kind: &str, choices: &[Choice]| {
        for choice in choices {
            let name = format!("{kind} {}", choice.name.value);
            on.extend(
                choice
                    .options
                    .iter()
                    .map(|option| format!("{name} {}", option.value)),
            );
            on.insert(name);
        }
    };
    let mut codebuild: BTreeSet<String> = BTreeSet::new();
    for planned in cases().iter().filter_map(Case::planned) {
        for target in planned
            .macros
            .iter()
            .flat_map(|planned| &planned.arguments.targets)
        {
            let arguments = &target.arguments;
            add("service", &arguments.services);
            add("framework", &arguments.frameworks);
            if let Some(services) = arguments
                .test_role
                .as_ref()
                .and_then(|role| role.services.as_deref())
            {
                add("test", services);
            }
            for trust in &arguments.trusted_by {
                if let Trust::CodeBuild(options) = &trust.value {
                    codebuild.extend(options.iter().map(|option| option.value.clone()));
                }
            }
        }
    }
    let catalog = Partials::new(&mut Library::default(), &[]).unwrap().catalog;
    let known = |kind: &str, all: &Offer| -> Vec<String> {
        all.names()
            .flat_map(|of| {
                let name = format!("{kind} {of}");
                let options = all
                    .options(of)
                    .unwrap()
                    .iter()
                    .map(|option| format!("{name} {option}"));
                options.chain([name.clone()]).collect::<Vec<_>>()
            })
            .collect()
    };
    let missing: Vec<String> = known("service", &catalog.services)
        .into_iter()
        .chain(known("framework", &catalog.frameworks))
        .chain(known("test", &catalog.tests))
        .filter(|option| !on.contains(option))
        .chain(
            catalog
                .codebuild
                .options("service-role")
                .unwrap()
                .iter()
                .filter(|option| !codebuild.contains(*option))
                .map(|option| format!("CodeBuild {option}")),
        )
        .collect();
    assert!(missing.is_empty(), "no case switches on {missing:?}");
}
