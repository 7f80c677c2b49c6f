//! Every command and block of README.md and of the pages in [`RUN`], run; the tables of docs/arguments.md
//! and docs/services.md, compared with what the code knows. Of the other pages in `docs/`, every
//! macro is expanded and every link followed.
//!
//! A block is what its fence says:
//!
//! - `console`: commands behind `$`, with what they print (`...` stands for any lines) and, as
//!   `? 1`, their exit code;
//! - `sh`: commands that must succeed;
//! - `make`: a makefile whose targets `make -n` accepts;
//! - `yaml`: expanded where it holds a macro, else parsed, and its commands checked.
//!
//! A comment before a block says more: `after: COMMAND` runs first, `in an empty folder` removes the
//! example, `waits for THING` passes the block over while THING is listed in [`WAITING`].

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reads and writes files, and stops where anything is wrong"
)]

#[path = "support/sandbox.rs"]
mod example;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use deploy_roles::arguments::Argument;
use deploy_roles::arguments::table::{ARGUMENTS, OF_THE_TEMPLATE, OVERRIDES, SELECTORS};
use deploy_roles::cli::Cli;
use deploy_roles::expand::pack::cdk::ORDER;
use deploy_roles::oidc::PROVIDERS;
use deploy_roles::partials::Partials;
use deploy_roles::partials::catalog::Catalog;
use deploy_roles::yaml::lookup::Library;
use example::{example_in, run};
use snapbox::assert_data_eq;
use tempfile::TempDir;

/// What is not there yet.
const WAITING: &[&str] = &[];

#[derive(Clone, Debug)]
struct Block {
    page: String,
    kind: String,
    comment: String,
    text: String,
    line: usize,
}

impl Block {
    fn waits(&self) -> bool {
        self.comment
            .strip_prefix("waits for ")
            .is_some_and(|thing| WAITING.contains(&thing))
    }

    /// Prepares a copy of the example as the comment above it says.
    fn prepare(&self, folder: &Path) {
        if self.comment == "with the app" {
            let app = folder.join("app");
            std::fs::create_dir(&app).unwrap();
            let template = root().join("tests/e2e/app/template.yml");
            std::fs::copy(template, app.join("template.yml")).unwrap();
            let git = "git add . && git -c user.name=n -c user.email=n@example.com commit -qm app";
            let (code, output) = run(folder, git);
            assert_eq!(code, 0, "{output}");
        }
        if self.comment == "in an empty folder" {
            let empty = "rm -rf org Makefile .git && mkdir -p node_modules/.bin \
                         && printf '#!/bin/sh\\nexec \"$@\"\\n' > node_modules/.bin/npx && chmod +x node_modules/.bin/npx";
            let (code, output) = run(folder, empty);
            assert_eq!(code, 0, "{output}");
        }
        if let Some(command) = self.comment.strip_prefix("after: ") {
            let (code, output) = run(folder, command);
            assert_eq!(code, 0, "{}:{}: {output}", self.page, self.line);
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn services_page() -> String {
    std::fs::read_to_string(root().join("docs/services.md")).unwrap()
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// The page of the macro's arguments.
fn arguments_page() -> String {
    std::fs::read_to_string(root().join("docs/arguments.md")).unwrap()
}

/// The pages whose blocks are all run.
const RUN: &[&str] = &[
    "README.md",
    "docs/denied.md",
    "docs/editor.md",
    "docs/generated-partials.md",
    "docs/infer.md",
    "docs/install.md",
    "docs/integration.md",
    "docs/lint.md",
    "docs/questions.md",
    "docs/shell.md",
    "docs/tests.md",
];

/// Blocks that another suite tests: the settings of editors, by `schema` and tests/editor.
const ELSEWHERE: &[(&str, &str)] = &[("docs/editor.md", "json")];

fn blocks() -> Vec<Block> {
    RUN.iter()
        .flat_map(|page| {
            let text = std::fs::read_to_string(root().join(page)).unwrap();
            blocks_in(&text, page)
        })
        .collect()
}

/// Later features add their lines to the README, so it must stay short.
#[test]
fn the_readme_is_short() {
    let lines = readme().lines().count();
    assert!(lines <= 250, "README.md has {lines} lines");
}

/// Every page under `docs/`: its path from there, and its text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut folders = vec![root().join("docs")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

fn blocks_in(text: &str, name: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut comment = String::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(kind)) => {
                open = Some(Block {
                    page: name.to_owned(),
                    kind: kind.to_owned(),
                    comment: std::mem::take(&mut comment),
                    text: String::new(),
                    line: number + 1,
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {
                line.strip_prefix("<!-- ")
                    .and_then(|line| line.strip_suffix(" -->"))
                    .unwrap_or_default()
                    .clone_into(&mut comment);
            }
        }
    }
    assert!(open.is_none(), "{name}: a block is not closed");
    blocks
}

fn blocks_of(kind: &str, at_least: usize) -> Vec<Block> {
    let found: Vec<Block> = blocks()
        .into_iter()
        .filter(|block| block.kind == kind)
        .collect();
    assert!(
        found.len() >= at_least,
        "only {} blocks of {kind} found",
        found.len()
    );
    found.into_iter().filter(|block| !block.waits()).collect()
}

/// A folder of its own with the example.
fn sandbox() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    example_in(folder.path());
    folder
}

/// `tests/editor/nvim/run` runs the Lua.
#[test]
fn every_block_is_of_a_kind_that_is_tested() {
    for block in blocks() {
        assert!(
            ["console", "sh", "make", "yaml", "lua"].contains(&block.kind.as_str())
                || ELSEWHERE.contains(&(block.page.as_str(), block.kind.as_str())),
            "{}:{}: nothing tests `{}`",
            block.page,
            block.line,
            block.kind
        );
    }
}

#[test]
fn console_blocks_print_what_they_show() {
    for block in blocks_of("console", 4) {
        let folder = sandbox();
        block.prepare(folder.path());
        let mut shown = String::new();
        for line in block.text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                let (code, output) = run(folder.path(), command);
                shown.push_str(line);
                shown.push('\n');
                if code != 0 {
                    let _ = writeln!(shown, "? {code}");
                }
                shown.push_str(&output);
            }
        }
        assert_data_eq!(shown, snapbox::Data::text(block.text.clone()));
    }
}

#[test]
fn sh_blocks_succeed() {
    for block in blocks_of("sh", 3) {
        let folder = sandbox();
        block.prepare(folder.path());
        for line in block.text.lines() {
            let (place, command) = match line {
                // These two take minutes, or are what runs this test.
                "make test" => (root(), "make -n test".to_owned()),
                _ if line.starts_with("cargo install ") => (root(), installed(line, folder.path())),
                // What it would run at each change.
                _ if line.starts_with("watchexec ") => {
                    let (_, command) = line.split_once(" -- ").unwrap();
                    (folder.path().to_owned(), command.to_owned())
                }
                _ if line.starts_with("npm install ") => {
                    (folder.path().to_owned(), installed_by_npm(line))
                }
                _ => (folder.path().to_owned(), line.to_owned()),
            };
            let (code, output) = run(&place, &command);
            assert_eq!(
                code, 0,
                "{}:{}: {command}\n{output}",
                block.page, block.line
            );
        }
    }
}

/// What `npm install` leaves, but for the packages: those of this version are nowhere to be had yet. `make packaging`
/// builds and installs them.
fn installed_by_npm(command: &str) -> String {
    assert_eq!(command, "npm install --save-dev deploy-roles");
    let package = r#"{ "devDependencies": { "deploy-roles": "^0.1.0" } }"#;
    format!("echo '{package}' > package.json && echo '{{}}' > package-lock.json")
}

/// `cargo install` into `folder`, out of what is built already.
fn installed(command: &str, folder: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_deploy-roles"));
    let target = binary.parent().and_then(Path::parent).unwrap();
    format!(
        "{command} --offline --debug --no-track --root '{}' --target-dir '{}'",
        folder.display(),
        target.display()
    )
}

/// The commands in the text of the pages that are run, such as those of a table.
#[test]
fn commands_in_the_text_have_flags_that_exist() {
    let mut found = 0;
    for page in RUN {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        for name in names(&text.replace("```", "\n")) {
            let words = name.split_whitespace();
            if name.starts_with("deploy-roles infer ") && !name.contains('\n') {
                let parsed = Cli::try_parse_from(words);
                assert!(parsed.is_ok(), "{page}: {name}\n{}", parsed.unwrap_err());
                found += 1;
            }
        }
    }
    assert!(found >= 4, "only {found} commands");
}

/// The test files in the text hold of the example.
#[test]
fn expectations_in_the_text_are_met() {
    let mut found = 0;
    for block in blocks_of("yaml", 1) {
        if !block.text.starts_with("expectations:") {
            continue;
        }
        found += 1;
        let folder = sandbox();
        let name = block
            .comment
            .strip_prefix("in org/")
            .unwrap_or("roles.test.yml");
        std::fs::write(folder.path().join("org").join(name), &block.text).unwrap();
        let (code, output) = run(folder.path(), &format!("deploy-roles test org/{name}"));
        assert_eq!(code, 0, "{}:{}:\n{output}", block.page, block.line);
    }
    assert!(found >= 4, "only {found} test files");
}

#[test]
fn make_blocks_are_makefiles() {
    for block in blocks_of("make", 1) {
        let folder = sandbox();
        std::fs::write(folder.path().join("Makefile"), &block.text).unwrap();
        let targets = block
            .text
            .lines()
            .find_map(|line| line.strip_prefix(".PHONY: "))
            .unwrap();
        for target in targets.split_whitespace() {
            let (code, output) = run(folder.path(), &format!("make -n {target}"));
            assert_eq!(code, 0, "{target}: {output}");
        }
        commands(&block.text.replace("$(DEPLOY_ROLES)", "deploy-roles"), 3);
    }
}

/// Sees that the commands of a makefile, workflow or tasks file have flags that exist.
fn commands(text: &str, at_least: usize) {
    let mut found = 0;
    for line in text.lines() {
        let start = ["run: deploy-roles ", "'deploy-roles ", "\tdeploy-roles "]
            .iter()
            .find_map(|start| Some(line.find(start)? + start.len()));
        let Some(command) = start.and_then(|start| line.get(start..)) else {
            continue;
        };
        let command = command.split(['\'', '>']).next().unwrap();
        let words = command
            .split_whitespace()
            .map(|word| word.trim_matches('"'));
        if let Err(error) = Cli::try_parse_from(["deploy-roles"].into_iter().chain(words)) {
            panic!("{line}\n{error}");
        }
        found += 1;
    }
    assert!(found >= at_least, "too few commands in\n{text}");
}

#[test]
fn yaml_blocks_expand_or_parse() {
    let mut macros = 0;
    let mut above = String::new();
    for block in blocks_of("yaml", 6) {
        if block.comment == "the output of the block above" {
            shows(&block.text, &expanded(&above));
        } else if block.text.contains("!DeployRoles") {
            let output = expanded(&block.text);
            assert!(output.contains("AWS::IAM::Role"));
            macros += 1;
        } else {
            let parsed: serde_yaml::Value = serde_yaml::from_str(&block.text).unwrap();
            assert!(parsed.is_mapping(), "{}:{}", block.page, block.line);
            let wanted = usize::from(block.text.contains("!Cmd"))
                + usize::from(block.text.contains("runs-on"))
                + usize::from(block.text.contains("expand --check"));
            commands(&block.text, wanted);
        }
        above = block.text;
    }
    assert!(macros >= 1, "only {macros} blocks hold a macro");
}

#[test]
fn macros_of_the_pages_expand() {
    let mut macros = 0;
    for (path, text) in pages() {
        // The pages of rules show what is refused: `tests/rules.rs` tries them. The steps of the page
        // about adoption need the ones before: `tests/adopting.rs` follows them.
        if path.starts_with(root().join("docs/rules")) || path.ends_with("docs/adopting.md") {
            continue;
        }
        let name = path.display().to_string();
        for block in blocks_in(&text, &name) {
            if block.kind == "yaml" && block.text.contains("!DeployRoles") {
                let folder = sandbox();
                block.prepare(folder.path());
                let expanded = expanded_in(folder.path(), &block.text);
                assert!(expanded.contains("AWS::IAM::"), "{name}");
                macros += 1;
            } else if block.kind == "yaml" {
                let parsed = serde_yaml::from_str::<serde_yaml::Value>(&block.text);
                assert!(parsed.is_ok(), "{name}:{}: {parsed:?}", block.line);
            }
        }
    }
    assert!(macros >= 10, "only {macros} pages show a macro");
}

#[test]
fn the_page_of_github_shows_what_is_made() {
    let text = std::fs::read_to_string(root().join("docs/trusts/github.md")).unwrap();
    let blocks = blocks_in(&text, "github.md");
    let [template, condition, ..] = blocks.as_slice() else {
        panic!("github.md has too few blocks");
    };
    let mut wanted = String::new();
    for line in condition.text.lines() {
        writeln!(wanted, "            {line}").unwrap();
    }
    assert!(expanded(&template.text).contains(&wanted), "{wanted}");
}

#[test]
fn the_pages_of_trusts_name_every_key() {
    for provider in PROVIDERS {
        let page = provider.page();
        let path = root().join(format!("docs/trusts/{page}.md"));
        let text = std::fs::read_to_string(path).unwrap();
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let listed: BTreeSet<String> = rows
            .filter_map(|row| row.split('|').nth(1))
            .flat_map(names)
            .collect();
        let known: BTreeSet<String> = provider.all_keys().into_iter().map(str::to_owned).collect();
        let missing: Vec<_> = known.difference(&listed).collect();
        // Bitbucket's subjects name no branch: its key is refused with a word about that.
        let missing: Vec<_> = missing
            .into_iter()
            .filter(|key| !(page == "bitbucket" && *key == "Branches"))
            .collect();
        assert!(missing.is_empty(), "{page}.md does not name {missing:?}");
    }
}

/// The expansion of a template, or of a part of one.
fn expanded(text: &str) -> String {
    expanded_in(sandbox().path(), text)
}

/// The expansion of a template, or of a part of one, in a copy of the example.
fn expanded_in(folder: &Path, text: &str) -> String {
    let head = "AWSTemplateFormatVersion: '2010-09-09-OC'\nOrganization: !Include ./organization.yml\n\
                DefaultOrganizationBindingRegion: eu-west-1\n";
    let template = if text.starts_with("AWSTemplateFormatVersion") {
        text.to_owned()
    } else if text.contains("Resources:") {
        format!("{head}{text}")
    } else {
        let indented: Vec<String> = text.lines().map(|line| format!("  {line}\n")).collect();
        format!("{head}Resources:\n{}", indented.concat())
    };
    std::fs::write(folder.join("org/readme.src.yml"), &template).unwrap();
    let (code, output) = run(folder, "deploy-roles expand org/readme.src.yml");
    assert_eq!(code, 0, "{template}\n{output}");
    // Every example writes out which services its app needs.
    assert!(!output.contains("[default-services]"), "{output}");
    std::fs::read_to_string(folder.join("org/readme.yml")).unwrap()
}

/// Sees that `excerpt`, in which `# ...` stands for any lines, is of `whole`.
fn shows(excerpt: &str, whole: &str) {
    let mut rest: Vec<&str> = whole.lines().collect();
    let mut open = true;
    for line in excerpt.lines() {
        if line.trim() == "# ..." {
            open = true;
            continue;
        }
        let at = rest.iter().position(|found| *found == line);
        let at = at.unwrap_or_else(|| panic!("the output has no `{line}` there"));
        assert!(open || at == 0, "`{line}` does not follow in the output");
        open = false;
        rest.drain(..=at);
    }
}

#[test]
fn the_print_path_of_the_tasks_file_is_where_orgformation_looks() {
    for text in [
        std::fs::read_to_string(root().join("docs/integration.md")).unwrap(),
        std::fs::read_to_string(root().join("org/organization-tasks.yml")).unwrap(),
    ] {
        let command = text
            .split("!Cmd '")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .unwrap();
        let folder = sandbox();
        let (code, output) = run(folder.path(), command);
        assert_eq!((code, output.as_str()), (0, "roles.yml\n"));
    }
}

/// The rows of the table that follows `heading`, by cells.
fn table(heading: &str) -> Vec<Vec<String>> {
    table_of(&arguments_page(), heading)
}

fn table_of(text: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, section) = text.split_once(&format!("\n{heading}\n")).unwrap();
    let rows: Vec<Vec<String>> = section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            line.trim_matches('|')
                .split(" | ")
                .map(|cell| cell.trim_matches([' ', '|']).to_owned())
                .collect()
        })
        .collect();
    assert!(!rows.is_empty(), "no table below {heading}");
    rows
}

/// What stands in backticks.
fn names(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn first_names(heading: &str) -> Vec<String> {
    table(heading)
        .iter()
        .filter_map(|row| names(row.first()?).into_iter().next())
        .collect()
}

fn argument_names(of: &[&Argument]) -> Vec<String> {
    of.iter().map(|argument| argument.name.to_owned()).collect()
}

#[test]
fn the_argument_table_is_that_of_the_code() {
    let listed: Vec<(String, String)> = table("### Arguments")
        .iter()
        .map(|row| (names(&row[0]).concat(), row.last().unwrap().clone()))
        .collect();
    let known: Vec<(String, String)> = ARGUMENTS
        .iter()
        .map(|argument| (argument.name.to_owned(), argument.default.to_string()))
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn the_target_table_is_that_of_the_code() {
    assert_eq!(first_names("### Targets"), argument_names(SELECTORS));
    let text = arguments_page();
    let (_, section) = text
        .split_once("override the macro's arguments for one stage:")
        .unwrap();
    let listed: BTreeSet<String> = names(section.split("\n\n").next().unwrap())
        .into_iter()
        .collect();
    assert_eq!(listed, argument_names(OVERRIDES).into_iter().collect());
}

#[test]
fn the_arguments_of_the_template_are_on_the_page() {
    let text = arguments_page();
    let written: BTreeSet<String> = names(&text).into_iter().collect();
    for name in argument_names(OF_THE_TEMPLATE) {
        assert!(written.contains(&name), "docs/arguments.md: `{name}`");
    }
}

fn catalog() -> Catalog {
    Partials::new(&mut Library::default(), &[]).unwrap().catalog
}

#[test]
fn yaml_blocks_of_the_services_page_expand_or_parse() {
    let blocks = blocks_in(&services_page(), "services.md");
    assert!(blocks.len() >= 2);
    for block in blocks {
        assert_eq!(block.kind, "yaml");
        if block.text.contains("!DeployRoles") {
            assert!(expanded(&block.text).contains("AWS::IAM::Role"));
        } else {
            let parsed: serde_yaml::Value = serde_yaml::from_str(&block.text).unwrap();
            assert!(parsed.is_mapping(), "docs/services.md:{}", block.line);
        }
    }
}

#[test]
fn the_picture_of_the_example_is_current() {
    let folder = sandbox();
    let (code, drawn) = run(folder.path(), "deploy-roles graph --format svg");
    assert_eq!(code, 0, "{drawn}");
    let shown = std::fs::read_to_string(root().join("docs/graph.svg")).unwrap();
    assert!(
        drawn == shown,
        "run `deploy-roles graph --format svg > docs/graph.svg`"
    );
}

/// What a page links to.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let links = text.split("](").skip(1);
    links.map(|rest| rest.split(')').next().unwrap())
}

#[test]
fn the_index_has_every_page_once() {
    let index = std::fs::read_to_string(root().join("docs/README.md")).unwrap();
    let linked: Vec<&str> = links(&index).collect();
    let pages = pages().into_iter().filter_map(|(path, _)| {
        let path = path.strip_prefix(root().join("docs")).ok()?;
        let name = path.to_str().unwrap().to_owned();
        // The pages of rules have an index of their own.
        let is_listed =
            name != "README.md" && (!name.starts_with("rules/") || name == "rules/README.md");
        is_listed.then_some(name)
    });
    let pages: Vec<String> = pages.collect();
    assert!(pages.len() >= 35, "{pages:?}");
    for page in pages {
        let times = linked.iter().filter(|link| **link == page).count();
        assert_eq!(times, 1, "docs/README.md links to {page} {times} times");
    }
}

#[test]
fn links_lead_somewhere() {
    let mut found = 0;
    for (path, text) in std::iter::once((root().join("README.md"), readme())).chain(pages()) {
        for link in links(&text) {
            if link.starts_with("https://") || link.starts_with('#') {
                continue;
            }
            let file = link.split('#').next().unwrap();
            let target = path.parent().unwrap().join(file);
            assert!(target.exists(), "{}: {link}", path.display());
            found += 1;
        }
    }
    assert!(found >= 12, "only {found} links");
}

#[test]
fn the_page_of_the_cdk_names_every_managed_policy() {
    let text = std::fs::read_to_string(root().join("docs/frameworks/cdk.md")).unwrap();
    for name in ORDER {
        assert!(text.contains(&format!("| `orders-{name}` |")), "{name}");
    }
}

#[test]
fn every_framework_has_its_page() {
    for framework in catalog().frameworks.names() {
        let page = root().join(format!("docs/frameworks/{framework}.md"));
        let text = std::fs::read_to_string(page).unwrap();
        assert!(
            text.starts_with(&format!("# `Framework: {framework}`")),
            "{framework}"
        );
    }
}

/// The numbers of `docs/proof.md` are those of some run, and no fault is among them; what they stand for is what `tests/proof`
/// would write today.
#[test]
fn the_page_of_proof_has_the_shape_that_its_script_gives_it() {
    let script = std::fs::read_to_string(root().join("tests/proof")).unwrap();
    let page = std::fs::read_to_string(root().join("docs/proof.md")).unwrap();
    let fuzz = std::fs::read_to_string(root().join("fuzz/run")).unwrap();
    let targets = fuzz.split("all=(").nth(1).unwrap().split(')').next();
    let mut wanted = Vec::new();
    // The long runs may not have been recorded yet.
    let recorded = [
        ("differential", "differential/long.json"),
        ("questions", "differential/asked.json"),
        ("mutation", "mutation/record.json"),
    ];
    let is_recorded = |line: &&str| {
        let mut all = recorded.iter();
        let record = all.find(|(run, _)| line.ends_with(&format!("\"{run}\"")));
        record.is_none_or(|(_, file)| root().join("tests").join(file).exists())
    };
    let rows = script.lines().filter(|line| line.contains("    yield "));
    for line in rows.filter(is_recorded) {
        let what = line.split('"').nth(1).unwrap();
        if what.contains("{target}") {
            let targets = targets.unwrap().split_whitespace();
            wanted.extend(targets.map(|target| what.replace("{target}", target)));
        } else {
            wanted.push(what.to_owned());
        }
    }
    let mut found = Vec::new();
    for row in page.lines().filter(|line| line.ends_with("` |")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [what, number, command] = cells.as_slice() else {
            panic!("{row}");
        };
        let number: u64 = number.replace(',', "").parse().unwrap();
        let least = match *what {
            "random expansions that three readers read in the same way" => 10_000,
            "runs that were killed and left complete output" => 300,
            "random principals in two versions, of which `diff` is compared with another evaluator of IAM" => {
                50_000
            }
            "random questions, of which the answers of `can` are compared with the same evaluator" => {
                20_000
            }
            _ => 1,
        };
        let is_fault = what.contains("although") || what.ends_with("that are no new access");
        let is_right = (is_fault && number == 0) || (!is_fault && number >= least);
        assert!(is_right, "{row}");
        let command = command.trim_end_matches(" |").trim_matches('`');
        assert!(script.contains(&format!("\"{command}\"")), "{row}");
        found.push((*what).to_owned());
    }
    assert_eq!(found, wanted, "run `make check`, then `tests/proof`");
    let around = script.split("PAGE = \"\"\"\\\n").nth(1).unwrap();
    let around = around.split("\n\"\"\"").next().unwrap();
    for part in around.split(['{', '}']).step_by(2) {
        assert!(page.contains(part), "run `tests/proof`: {part}");
    }
}
