//! The tables of `docs/services.md` are what the front matter of the partials says.
//!
//! `SNAPSHOTS=overwrite cargo test --test services` (`make snapshots`) writes them anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use deploy_roles::arguments::SERVICES;
use deploy_roles::partials::front_matter::{FrontMatter, parse};
use deploy_roles::partials::{Partials, built_in};
use deploy_roles::yaml::lookup::Library;

/// How the summary of each service begins.
const SUMMARY: &str = "Lets CloudFormation create, change, and delete ";

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/services.md")
}

/// The partials of `folder`, by name, with their front matter.
fn under(folder: &str) -> Vec<(String, FrontMatter)> {
    built_in()
        .into_iter()
        .filter_map(|(name, text)| {
            let name = name.strip_prefix(folder)?.to_owned();
            Some((name, parse(text).unwrap().unwrap()))
        })
        .collect()
}

/// The services: those that an app has by default, in their order, then the others by name.
fn services() -> Vec<(String, FrontMatter)> {
    let mut services = under("services/");
    services.sort_by_key(|(name, _)| {
        let place = SERVICES.iter().position(|service| service == name);
        (place.unwrap_or(SERVICES.len()), name.clone())
    });
    services
}

fn services_table() -> String {
    let partials = Partials::new(&mut Library::default(), &[]).unwrap();
    let context =
        serde_json::json!({ "appId": "app", "rolePath": "/", "options": {}, "services": {} });
    let mut table =
        "| service | policy | CloudFormation can create, change, and delete |\n|---|---|---|\n"
            .to_owned();
    for (service, front_matter) in services() {
        let text = partials
            .render(&format!("services/{service}"), &context)
            .unwrap();
        let policy = text
            .lines()
            .find_map(|line| line.strip_prefix("PolicyName: "))
            .unwrap();
        let summary = front_matter.summary.strip_prefix(SUMMARY);
        let summary = summary.unwrap_or_else(|| {
            panic!("the summary of partials/services/{service}.hbs begins with `{SUMMARY}`")
        });
        let what = summary.trim_end_matches('.');
        writeln!(table, "| `{service}` | `{policy}` | {what} |").unwrap();
    }
    table
}

fn options_table() -> String {
    let mut table = "| of | option | turn it on if |\n|---|---|---|\n".to_owned();
    let named = |prefix: &str, all: Vec<(String, FrontMatter)>| -> Vec<(String, FrontMatter)> {
        let owner = |name: &str| match prefix {
            "Framework: " => format!("`{prefix}{name}`"),
            _ => format!("{prefix}`{name}`"),
        };
        all.into_iter()
            .map(|(name, front_matter)| (owner(&name), front_matter))
            .collect()
    };
    let codebuild = under("codebuild/")
        .into_iter()
        .map(|(_, front_matter)| ("`CodeBuild`".to_owned(), front_matter));
    for (owner, front_matter) in named("", services())
        .into_iter()
        .chain(named("Framework: ", under("frameworks/")))
        .chain(named("`TestRole`: ", under("tests/")))
        .chain(codebuild)
    {
        for (option, when) in &front_matter.options.0 {
            writeln!(table, "| {owner} | `{option}` | {when} |").unwrap();
        }
    }
    table
}

/// `text` with `table` in place of the one below `heading`.
fn with_table(text: &str, heading: &str, table: &str) -> String {
    let start = text.find(&format!("\n{heading}\n")).unwrap();
    let start = start + text.get(start..).unwrap().find("\n|").unwrap() + 1;
    let rows = text.get(start..).unwrap().split_inclusive('\n');
    let length: usize = rows
        .take_while(|line| line.starts_with('|'))
        .map(str::len)
        .sum();
    let (before, after) = (text.get(..start), text.get(start + length..));
    format!("{}{table}{}", before.unwrap(), after.unwrap())
}

#[test]
fn the_tables_of_the_services_page_are_those_of_the_partials() {
    let page = page();
    let text = std::fs::read_to_string(&page).unwrap();
    let wanted = with_table(&text, "## Services", &services_table());
    let wanted = with_table(&wanted, "## Options", &options_table());
    if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
        std::fs::write(&page, wanted).unwrap();
    } else {
        let line = text
            .lines()
            .zip(wanted.lines())
            .find(|(is, should)| is != should);
        assert!(
            text == wanted,
            "docs/services.md is not current ({line:?}): run `make snapshots`"
        );
    }
}

#[test]
fn a_table_takes_the_place_of_the_one_below_its_heading() {
    let text = "\n## A\n\nb\n\n| old |\n|---|\n| 1 |\n\nc\n\n## B\n\n| kept |\n";
    assert_eq!(
        with_table(text, "## A", "| new |\n"),
        "\n## A\n\nb\n\n| new |\n\nc\n\n## B\n\n| kept |\n"
    );
}
