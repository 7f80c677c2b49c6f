//! Tries the example of every page in `docs/rules` with the real binary: the rule fires on the
//! example, and nothing fires on what the page says to write instead.
//!
//! A fenced block is one of these:
//!
//! ```text
//! yaml             a template, or what is below `Resources:` in one; written to `roles.src.yml`
//! yaml FILE        a file beside it; also with `json`, `hcl`, or `handlebars`, for partials
//! sh               what is run; without it, `deploy-roles expand -o - roles.src.yml`
//! ```
//!
//! Files and commands of the example stay for what to write instead, unless that has its own.
//! `docs/rules/README.md` is made from the registry: `SNAPSHOTS=overwrite cargo test --test rules`
//! (`make snapshots`) rewrites it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use deploy_roles::diagnostic::{Level, Rule};
use deploy_roles::registry;

/// Rules whose example is not tried, and why.
const NOT_TRIED: &[(&str, &str)] = &[
    ("nested-too-deep", "the example would be a hundred brackets"),
    ("output-mismatch", "a defect of the tool itself"),
    ("undecided", "`diff` finds it, not `lint`"),
];

const SECTIONS: [&str; 4] = [
    "What it finds",
    "Why it matters",
    "Example",
    "What to write instead",
];

const TEMPLATE: &str = "roles.src.yml";

const COMMAND: &str = "deploy-roles expand -o - roles.src.yml";

/// What precedes the resources of an example.
const HEAD: &str = "\
AWSTemplateFormatVersion: '2010-09-09-OC'
Organization: !Include ./organization.yml
DefaultOrganizationBindingRegion: eu-west-1

Resources:
";

/// The files of a section, and what is run there.
#[derive(Clone, Default)]
struct Try {
    files: BTreeMap<String, String>,
    script: Option<String>,
}

impl Try {
    /// With the fenced blocks of `section` added.
    fn with(mut self, section: &str) -> Try {
        for block in section.split("\n```").skip(1).step_by(2) {
            let (info, text) = block.split_once('\n').unwrap();
            let text = format!("{text}\n");
            match info.split_once(' ').unwrap_or((info, "")) {
                ("yaml", "") => {
                    self.files.insert(TEMPLATE.to_owned(), template(&text));
                }
                ("yaml" | "json" | "hcl" | "handlebars", file) => {
                    self.files.insert(file.to_owned(), text);
                }
                ("sh", "") => self.script = Some(text),
                _ => panic!("a block of an unknown kind: {info}"),
            }
        }
        self
    }

    /// What `lint` finds in its template.
    fn lint(&self) -> Output {
        let script = Some("deploy-roles lint roles.src.yml".to_owned());
        let files = self.files.clone();
        Try { files, script }.run()
    }

    fn run(&self) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let organization = root().join("tests/golden/minimal/organization.yml");
        std::fs::copy(organization, folder.path().join("organization.yml")).unwrap();
        for (name, text) in &self.files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let binary = Path::new(env!("CARGO_BIN_EXE_deploy-roles"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [binary.parent().unwrap().to_owned()];
        let path = folders.into_iter().chain(std::env::split_paths(&path));
        Command::new("sh")
            .args(["-c", self.script.as_deref().unwrap_or(COMMAND)])
            .current_dir(folder.path())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env_remove("CLICOLOR_FORCE")
            .output()
            .unwrap()
    }
}

/// `text` as a template: itself, or with [`HEAD`] and indented below it.
fn template(text: &str) -> String {
    let is_whole = text.lines().any(|line| line.starts_with("AWSTemplate"));
    if is_whole {
        return text.to_owned();
    }
    let mut whole = HEAD.to_owned();
    for line in text.lines() {
        writeln!(whole, "  {line}").unwrap();
    }
    whole
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn is_tried(rule: &Rule) -> bool {
    NOT_TRIED.iter().all(|(id, _)| *id != rule.id)
}

fn level(rule: &Rule) -> &'static str {
    match rule.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

/// The text of each of [`SECTIONS`].
fn sections(rule: &Rule) -> Vec<&'static str> {
    let mut parts = rule.explanation.split("\n## ");
    let title = format!("# `{}` ({})\n", rule.id, level(rule));
    assert_eq!(parts.next().unwrap(), title, "the title of `{}`", rule.id);
    let found: Vec<(&str, &str)> = parts.map(|part| part.split_once('\n').unwrap()).collect();
    let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, SECTIONS, "the sections of `{}`", rule.id);
    for (name, text) in &found {
        assert!(!text.trim().is_empty(), "`{}`: {name} is empty", rule.id);
    }
    found.iter().map(|(_, text)| *text).collect()
}

#[test]
fn every_page_has_its_title_and_its_sections() {
    for rule in registry::rules() {
        sections(rule);
    }
}

/// What a command shows: `lint` shows what it finds, and the others what is wrong.
fn said(output: Output) -> String {
    let texts = [output.stdout, output.stderr].concat();
    String::from_utf8(texts).unwrap()
}

#[test]
fn every_example_fires_its_rule_and_what_to_write_instead_fires_none() {
    let mut failed = String::new();
    for rule in registry::rules().filter(|rule| is_tried(rule)) {
        let sections = sections(rule);
        let [.., example, instead] = sections.as_slice() else {
            panic!("{}: too few sections", rule.id)
        };
        let example = Try::default().with(example);
        let found = said(example.run());
        if !found.contains(&format!("{}[{}]", level(rule), rule.id)) {
            writeln!(failed, "{}: the example does not fire:\n{found}", rule.id).unwrap();
        }
        let instead = example.with(instead);
        let output = instead.run();
        let is_fine = output.status.success();
        let found = said(output);
        let fires = ["error[", "warning[", "note["];
        if !is_fine || fires.iter().any(|start| found.contains(start)) {
            writeln!(failed, "{}: what to write instead fires:\n{found}", rule.id).unwrap();
        }
        // Every example writes out which services its app needs.
        let found = String::from_utf8(instead.lint().stdout).unwrap();
        if found.contains("[default-services]") {
            writeln!(
                failed,
                "{}: lint finds what to write instead:\n{found}",
                rule.id
            )
            .unwrap();
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

#[test]
fn rules_that_are_not_tried_exist() {
    for (id, _) in NOT_TRIED {
        assert!(registry::rules().any(|rule| rule.id == *id), "{id}");
    }
}

#[test]
fn every_page_has_a_rule() {
    let mut pages: Vec<String> = std::fs::read_dir(root().join("docs/rules"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    pages.sort();
    let mut rules: Vec<String> = registry::rules()
        .map(|rule| format!("{}.md", rule.id))
        .collect();
    rules.sort();
    assert_eq!(pages, rules);
}

#[test]
fn the_index_lists_every_rule() {
    let mut index = "\
# Rules

What deploy-roles can find in your templates, by level. `deploy-roles lint --explain RULE` prints a page.
As long as there is an error, nothing is written. [Comments](../lint.md#allow-comments) can allow the rest.
"
    .to_owned();
    for (wanted, title) in [
        (Level::Error, "Errors"),
        (Level::Warning, "Warnings"),
        (Level::Note, "Notes"),
    ] {
        write!(index, "\n## {title}\n\n| rule | finds |\n|---|---|\n").unwrap();
        let mut rules: Vec<&Rule> = registry::rules()
            .filter(|rule| rule.level == wanted)
            .collect();
        rules.sort_by_key(|rule| rule.id);
        for rule in rules {
            let (id, summary) = (rule.id, rule.summary);
            writeln!(index, "| [`{id}`]({id}.md) | {summary} |").unwrap();
        }
    }
    let path = root().join("docs/rules/README.md");
    if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
        std::fs::write(&path, &index).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), index);
}
