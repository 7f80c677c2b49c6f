//! Lints every case of `tests/lint` with the real binary and compares what it finds, byte for byte.
//! There is a folder for each rule, with a case that fires and one that does not:
//!
//! ```text
//! tests/lint/<rule>/<case>/
//!   input.src.yml      the template; `lint input.src.yml` runs in a copy of this folder
//!   expected.stdout    what is found; without it, nothing is
//!   organization.yml   instead of that of tests/golden/minimal
//!   partials/          given as `--partials partials`
//!   *.yml              what the template includes
//! ```
//!
//! `SNAPSHOTS=overwrite cargo test --test lint` (`make snapshots`) rewrites `expected.stdout`; `git
//! diff` is the review.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use deploy_roles::diagnostic::{Level, Rule};
use deploy_roles::{deploy, diff, infer, init, lint, registry};

const INPUT: &str = "input.src.yml";
const EXPECTED: &str = "expected.stdout";

/// One folder below that of a rule.
struct Case {
    rule: String,
    folder: PathBuf,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// What is in `folder`, in the order of the names.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for rule in entries(&root().join("tests/lint")) {
        cases.extend(entries(&rule).into_iter().map(|folder| Case {
            rule: name(&rule),
            folder,
        }));
    }
    cases
}

impl Case {
    fn read(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.join(file)).ok()
    }

    fn expected(&self) -> String {
        self.read(EXPECTED).unwrap_or_default()
    }

    /// Whether the rule finds something.
    fn fires(&self) -> bool {
        self.expected().contains(&format!("[{}]: ", self.rule))
    }

    fn lint(&self) -> Output {
        let place = tempfile::tempdir().unwrap();
        let organization = root().join("tests/golden/minimal/organization.yml");
        std::fs::copy(organization, place.path().join("organization.yml")).unwrap();
        copy(&self.folder, place.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
        command.current_dir(place.path()).args(["lint", INPUT]);
        if place.path().join("partials").exists() {
            command.args(["--partials", "partials"]);
        }
        command.env_remove("CLICOLOR_FORCE").output().unwrap()
    }

    /// What is wrong with the case.
    fn problems(&self) -> Vec<String> {
        let output = self.lint();
        let found = String::from_utf8(output.stdout).unwrap();
        let expected = self.folder.join(EXPECTED);
        if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
            if found.is_empty() {
                let _ = std::fs::remove_file(&expected);
            } else {
                std::fs::write(&expected, &found).unwrap();
            }
        }
        let mut problems = Vec::new();
        if output.status.code() != Some(0) {
            let said = String::from_utf8(output.stderr).unwrap();
            problems.push(format!("{}\n{said}", output.status));
        }
        if found != self.expected() {
            problems.push(format!("found\n{found}\nand not\n{}", self.expected()));
        }
        if expected.exists() && self.expected().is_empty() {
            problems.push(format!("{EXPECTED} is empty: remove it"));
        }
        let input = self.read(INPUT).unwrap();
        let is_used = |file: &str| {
            [INPUT, EXPECTED, "partials"].contains(&file) || input.contains(&format!("./{file}"))
        };
        let files = entries(&self.folder);
        let unused = files
            .iter()
            .map(|path| name(path))
            .filter(|file| !is_used(file));
        problems.extend(unused.map(|file| format!("nothing uses {file}")));
        problems
    }
}

/// Copies what is in `from` to the folder `to`.
fn copy(from: &Path, to: &Path) {
    for path in entries(from) {
        let target = to.join(name(&path));
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}

#[test]
fn every_case_is_linted_as_expected() {
    let mut failed = String::new();
    for case in cases() {
        for problem in case.problems() {
            let shown = format!("{}/{}", case.rule, name(&case.folder));
            writeln!(failed, "{shown}: {problem}").unwrap();
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

/// Whether `lint` finds it: not what only `diff`, `infer`, or `init` finds, which `tests/deploy`,
/// `tests/access`, and cases of `tests/cmd` show.
fn is_of_lint(rule: &Rule) -> bool {
    let elsewhere = deploy::rules::RULES.iter().chain(diff::rules::RULES);
    let mut elsewhere = elsewhere
        .chain(infer::rules::RULES)
        .chain(init::rules::RULES);
    !elsewhere.any(|other| other.id == rule.id)
}

#[test]
fn every_rule_has_a_case_that_fires_and_one_that_does_not() {
    let cases = cases();
    let mut failed = String::new();
    for rule in registry::rules().filter(|rule| rule.level != Level::Error && is_of_lint(rule)) {
        let mut of_rule = cases.iter().filter(|case| case.rule == rule.id);
        if !of_rule.clone().any(Case::fires) {
            writeln!(failed, "no case of `{}` fires", rule.id).unwrap();
        }
        if !of_rule.any(|case| !case.fires()) {
            writeln!(failed, "every case of `{}` fires", rule.id).unwrap();
        }
    }
    for case in cases {
        if !registry::rules().any(|rule| rule.id == case.rule && rule.level != Level::Error) {
            writeln!(failed, "there is no warning or note `{}`", case.rule).unwrap();
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

/// What `lint` finds in the template `input` of `folder`: rules with their levels; `None` if the
/// template has errors.
fn found_in(folder: &Path, input: &str) -> Option<Vec<(String, String)>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
    command
        .current_dir(folder)
        .args(["lint", input, "--format", "json"]);
    let output = command.output().unwrap();
    if output.status.code() != Some(0) {
        return None;
    }
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap().to_owned();
    let all = found["diagnostics"].as_array().unwrap().iter();
    Some(
        all.map(|one| (text(one, "rule"), text(one, "level")))
            .collect(),
    )
}

/// What is written by hand in the golden cases and in the example is sound. Cases that show a
/// warning of a macro keep it.
#[test]
fn nothing_above_a_note_is_found_in_the_example_and_the_golden_cases() {
    let mut linted = 0;
    let mut failed = String::new();
    let example = found_in(&root().join("org"), "roles.src.yml").unwrap();
    for (rule, level) in &example {
        if level != "note" {
            writeln!(failed, "org: {level} {rule}").unwrap();
        }
    }
    let cases = entries(&root().join("tests/golden"));
    let expands = |path: &PathBuf| path.is_dir() && !name(path).starts_with("error-");
    for case in cases.into_iter().filter(expands) {
        let place = tempfile::tempdir().unwrap();
        let organization = root().join("tests/golden/minimal/organization.yml");
        std::fs::copy(organization, place.path().join("organization.yml")).unwrap();
        copy(&case, place.path());
        let Some(found) = found_in(place.path(), INPUT) else {
            continue;
        };
        linted += 1;
        for (rule, level) in found {
            let known = registry::rules().find(|known| known.id == rule).unwrap();
            if level != "note" && lint::is_of_lint(known) {
                writeln!(failed, "{}: {level} {rule}", name(&case)).unwrap();
            }
        }
    }
    assert!(linted > 100, "{linted} cases are linted");
    assert!(failed.is_empty(), "\n{failed}");
}

/// The defects of the article's policies, with the rule that finds each and the line that it is found in.
/// What an app needs and the article does not allow at all, `infer` finds from the app's template.
const ARTICLE: &[(&str, &str, &[&str])] = &[
    (
        "AWS has no such action",
        "unknown-action",
        &["dynamodb:DeleteGlobalTable", "sns:Describe*"],
    ),
    (
        "the action is never about these resources",
        "unmatched-action",
        &[
            "cloudfront:CreateDistribution",
            "events:Get*",
            "logs:DeleteResourcePolicy",
            "logs:PutResourcePolicy",
            "ssm:DescribeParameters",
        ],
    ),
    (
        "a part of the wildcard is never about these resources",
        "unmatched-wildcard",
        &[
            "cloudfront:Get*",
            "cloudfront:List*",
            "dynamodb:Describe*",
            "dynamodb:Get*",
            "dynamodb:List*",
            "events:Describe*",
            "events:List*",
            "iam:Get*",
            "iam:List*",
            "lambda:Get*",
            "lambda:List*",
            "logs:Describe*",
            "logs:Get*",
            "logs:List*",
            "s3:Get*",
            "s3:List*",
            "sns:Get*",
            "sqs:List*",
        ],
    ),
    (
        "the action is there twice",
        "covered-action",
        &["lambda:CreateFunction", "lambda:DeleteFunction"],
    ),
    (
        "the action is deprecated",
        "replaced-action",
        &["logs:TagLogGroup", "logs:UntagLogGroup"],
    ),
    (
        "what is created cannot be updated or deleted",
        "create-without-update",
        &[
            "dynamodb:CreateTable",
            "events:CreateEventBus",
            "iam:CreateRole",
            "lambda:CreateAlias",
            "lambda:CreateFunction",
            "logs:CreateLogDelivery",
            "logs:CreateLogGroup",
            "s3:CreateBucket",
            "sns:CreateTopic",
            "sns:Subscribe",
            "ssm:PutParameter",
        ],
    ),
    (
        "ARNs of one partition",
        "fixed-partition",
        &["!Sub 'arn:aws:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${AppId}-*/*'"],
    ),
    (
        "a policy of AWS for another service, which reads all logs",
        "misplaced-service-policy",
        &["arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"],
    ),
    (
        "it reads all functions, or the keys of all buckets",
        "reads-everything",
        &["lambda:Get*", "s3:List*", "s3:ListBucket"],
    ),
    (
        "sessions with tags are refused",
        "session-tags-refused",
        &["sts:TagSession"],
    ),
    (
        "whom the trust policy names must exist first",
        "principal-not-created",
        &["!Sub 'arn:aws:iam::${ToolsAccountId}:user/${AppId}-GitHubActionsUser'"],
    ),
    (
        "E12: a key that does not expire",
        "long-lived-key",
        &["!Sub 'arn:aws:iam::${ToolsAccountId}:user/${AppId}-GitHubActionsUser'"],
    ),
    (
        "E6: roles are passed to any service, by both roles",
        "pass-role-to-any-service",
        &["iam:PassRole", "iam:PassRole"],
    ),
    (
        "E1 to E5 and E7 to E10, for both roles",
        "escalation-path",
        &["CloudFormationExecutionRole:", "DeployerRole:"],
    ),
];

/// What `lint` finds in the article's policies: each rule with the line that it is found in, and all that is
/// printed.
fn found_in_the_article() -> (Vec<(String, String)>, String) {
    let case = Case {
        rule: "escalation-path".to_owned(),
        folder: root().join("tests/lint/escalation-path/the-article"),
    };
    let printed = String::from_utf8(case.lint().stdout).unwrap();
    let input = case.read(INPUT).unwrap();
    let lines: Vec<&str> = input.lines().collect();
    let mut found = Vec::new();
    for finding in printed.split("\n\n").filter(|text| text.contains('[')) {
        let rule = finding.split(['[', ']']).nth(1).unwrap().to_owned();
        let place = finding.split("--> input.src.yml:").nth(1).unwrap();
        let line: usize = place.split(':').next().unwrap().parse().unwrap();
        let text = lines[line - 1].trim().trim_start_matches("- ");
        found.push((rule, text.to_owned()));
    }
    found.sort();
    (found, printed)
}

/// Each defect is found, none is found twice, and nothing else is found.
#[test]
fn the_defects_of_the_article_are_found_and_nothing_else() {
    let (found, printed) = found_in_the_article();
    let defects = ARTICLE.iter().flat_map(|(_, rule, places)| {
        let places = places.iter();
        places.map(|place| ((*rule).to_owned(), (*place).to_owned()))
    });
    let mut defects: Vec<(String, String)> = defects.collect();
    defects.sort();
    assert_eq!(found, defects);
    // Whose paths are which is what `expected.stdout` pins.
    for row in ["E1", "E2", "E3", "E4", "E5", "E7", "E9", "E10"] {
        let paths = printed.matches(&format!("\n  {row}: ")).count();
        assert_eq!(paths, 1, "{row}");
    }
    assert_eq!(printed.matches("\n  E8: ").count(), 2);
    assert_eq!(printed.matches("\n  E6: ").count(), 0);
}

/// With the name that the article's own `serverless.yml` has, no statement about buckets matches one.
#[test]
fn capitals_in_the_name_of_the_article_are_found_in_buckets() {
    let place = tempfile::tempdir().unwrap();
    let folder = root().join("tests/lint/escalation-path/the-article");
    let organization = root().join("tests/golden/minimal/organization.yml");
    std::fs::copy(organization, place.path().join("organization.yml")).unwrap();
    let input = std::fs::read_to_string(folder.join(INPUT)).unwrap();
    let input = input.replace("${AppId}", "MyApp");
    std::fs::write(place.path().join(INPUT), &input).unwrap();
    let found = found_in(place.path(), INPUT).unwrap();
    let of_form = found.iter().filter(|(rule, _)| rule == "arn-form").count();
    assert_eq!(of_form, input.matches("arn:aws:s3:::MyApp-*").count());
    assert_eq!(of_form, 2);
}

/// Every built-in partial that grants something, with the services' options, as `partials list` prints them.
fn built_in_partials() -> (Vec<String>, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
    let listed = command.args(["partials", "list"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let (mut names, mut services) = (Vec::new(), Vec::new());
    let mut lines = listed.lines().peekable();
    while let Some(line) = lines.next() {
        let name = line.split_whitespace().next().unwrap_or_default();
        let options = lines.next_if(|next| next.starts_with("    options: "));
        let grants = [
            "artifacts/",
            "deployer/",
            "frameworks/",
            "guards/",
            "services/",
        ];
        if grants.iter().any(|folder| name.starts_with(folder)) {
            names.push(name.to_owned());
        }
        if let Some(service) = name.strip_prefix("services/") {
            let options = options.map(|text| text.trim().trim_start_matches("options: "));
            services.push(format!("{service}: [{}]", options.unwrap_or_default()));
        }
    }
    (names, services)
}

/// Who copies a built-in partial, to change a part of it, is not asked to change the rest.
#[test]
fn nothing_is_found_in_copies_of_the_built_in_partials() {
    let (names, services) = built_in_partials();
    assert!(services.len() > 25, "{services:?}");
    let place = tempfile::tempdir().unwrap();
    let organization = root().join("tests/golden/minimal/organization.yml");
    std::fs::copy(organization, place.path().join("organization.yml")).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
        let command = command.current_dir(place.path()).args(arguments);
        command.output().unwrap()
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert!(
        run(&[&["partials", "eject"][..], &names].concat())
            .status
            .success()
    );
    let input = format!(
        "\
AWSTemplateFormatVersion: '2010-09-09-OC'
Organization: !Include ./organization.yml
DefaultOrganizationBindingRegion: eu-west-1
Definitions:
  DeployRoles:
    Partials: partials
Resources:
  App: !DeployRoles
    AppId: app
    ToolsAccount: !Ref ToolsAccount
    Framework: [serverless, serverless-v4, sam, cdk, cloudformation]
    TestRole: true
    Services: [{}]
    Targets:
      dev: !Ref DevAccount
",
        services.join(", ")
    );
    std::fs::write(place.path().join(INPUT), input).unwrap();
    let output = run(&["lint", INPUT]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}
