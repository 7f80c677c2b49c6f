//! Compares the access of every pair of files in `tests/access` and what is said of it, byte for
//! byte. Adding a case needs no Rust:
//!
//! ```text
//! tests/access/<behavior>/
//!   old.yml        the previous file
//!   new.yml        the new one
//!   expected.txt   what `diff --only access` says
//! ```
//!
//! The accounts are `Dev`, `Prod` and `Tools`, or those of an `organization.yml` beside; an
//! `organization-before.yml` has those of the previous file. `SNAPSHOTS=overwrite cargo test --test access`
//! rewrites the expected files; `git diff` is the review.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/pair.rs"]
mod pair;

use std::path::Path;

use deploy_roles::diff::access::changes::{Access, Finding};
use deploy_roles::iam::RequestKind;
use deploy_roles::report::{Color, Parts, access_verdict};
use deploy_roles::report::{
    diff_github as github, diff_html as html, diff_json as json, diff_markdown as markdown,
    diff_sarif as sarif, diff_text as text,
};
use serde_json::Value;

use cases::{cases, unexpected};
use pair::{Accounts, accounts, compared, said, written};

/// So many cases there are at least; fewer, and some were lost.
const LEAST_CASES: usize = 858;

#[test]
fn every_pair_is_said_as_expected() {
    let mut failed = Vec::new();
    for case in cases("access", LEAST_CASES) {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap_or_default();
        let found = said(&read("old.yml"), &read("new.yml"), &accounts(&case));
        failed.extend(unexpected(&case, &found));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What the parser of blocks reads, and what it leaves to the parser of the whole, is the same.
#[test]
fn every_pair_is_said_the_same_in_another_style() {
    let mut failed = Vec::new();
    for case in cases("access", LEAST_CASES) {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap();
        // A tagged section is read whole.
        let whole = |text: &str| {
            let text = text.replacen("Resources: !!map", "Resources:", 1);
            text.replacen("Resources:", "Resources: !!map", 1)
        };
        let (old, new) = (read("old.yml"), read("new.yml"));
        let accounts = accounts(&case);
        let mut lines: Vec<String> = said(&old, &new, &accounts)
            .lines()
            .map(str::to_owned)
            .collect();
        let other = said(&whole(&old), &whole(&new), &accounts);
        let mut others: Vec<String> = other.lines().map(str::to_owned).collect();
        lines.sort();
        others.sort();
        if lines != others {
            failed.push(format!("{}: {lines:?}\n{others:?}", case.display()));
        }
    }
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

#[test]
fn a_file_that_did_not_change_gives_nothing_anew() {
    for case in cases("access", LEAST_CASES) {
        let new = std::fs::read_to_string(case.join("new.yml")).unwrap();
        let accounts = Accounts {
            before: None,
            ..accounts(&case)
        };
        assert_eq!(
            said(&new, &format!("{new}\n# the same\n"), &accounts),
            "no new access\n"
        );
    }
}

/// What a reviewer meets most, of the cases.
const REVIEWED: [&str; 10] = [
    "service-added",
    "statement-re-spelled",
    "deny-dropped",
    "oidc-subject-widened",
    "account-added",
    "boundary-removed",
    "policy-moved-from-inline-to-managed",
    "condition-dropped",
    "action-list-replaced-by-a-wildcard",
    "principal-replaced",
];

/// All formats say the same of every pair: the verdict, who gains, who loses, and one request each.
#[test]
fn every_format_says_the_same() {
    let mut reviewed = Vec::new();
    for case in cases("access", LEAST_CASES) {
        let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap();
        let (old, new) = (read("old.yml"), read("new.yml"));
        let comparison = [compared(&old, &new, &accounts(&case))];
        let access = comparison[0].access.as_ref().unwrap();
        let verdict = access_verdict(&comparison);
        let name = case.file_name().unwrap().to_str().unwrap();
        let of = |format: &str| format!("{name} as {format}");

        let text = written(|out| text(&comparison, None, Parts::ALL, Color::Off, out));
        assert_eq!(
            text.lines().next(),
            Some(verdict.as_str()),
            "{}",
            of("text")
        );

        let markdown = markdown(&comparison, None, Parts::ALL);
        let head = format!("**deploy-roles: {verdict}**\n");
        assert!(markdown.starts_with(&head), "{}", of("Markdown"));

        let json: Value =
            serde_json::from_str(&written(|out| json(&comparison, None, Parts::ALL, out))).unwrap();
        assert_eq!(json["access"], verdict, "{}", of("JSON"));
        let principals = json["files"][0]["access"]["principals"].as_array().unwrap();
        assert_eq!(principals.len(), access.principals.len(), "{}", of("JSON"));

        let html = written(|out| html(&comparison, None, &[Vec::new()], Parts::ALL, out));
        let head = format!("<h1 id=\"verdict\">{verdict}</h1>");
        assert!(html.contains(&head), "{}", of("HTML"));
        let rows = html.matches("<tr data-change=").count();
        assert_eq!(rows, findings(access).count() + access.undecided.len());
        let has_trust = findings(access).any(|finding| finding.kind == RequestKind::Assume);
        assert_eq!(html.contains("id=\"trust\""), has_trust, "{}", of("HTML"));
        assert_eq!(
            markdown.contains("```mermaid"),
            has_trust,
            "{}",
            of("Markdown")
        );

        let sarif: Value =
            serde_json::from_str(&written(|out| sarif(&comparison, None, out))).unwrap();
        let run = &sarif["runs"][0];
        assert_eq!(run["properties"]["verdict"], verdict, "{}", of("SARIF"));
        for change in &access.code {
            let named = |page: &str| change.resources.iter().all(|id| page.contains(id));
            let pages = [&text, &markdown, &html, &json.to_string()];
            assert!(pages.iter().all(|page| named(page)), "{name}: {change:?}");
        }
        let results = run["results"].as_array().unwrap();
        assert_eq!(!results.is_empty(), access.is_widened(), "{}", of("SARIF"));

        let github = written(|out| github(&comparison, None, out));
        assert_eq!(
            github.lines().last(),
            Some(verdict.as_str()),
            "{}",
            of("GitHub")
        );
        assert_eq!(
            github.lines().count(),
            results.len() + 1,
            "{}",
            of("GitHub")
        );
        for (line, result) in github.lines().zip(results) {
            let message = result["message"]["text"].as_str().unwrap();
            let message = message.replace('%', "%25");
            assert!(line.ends_with(&format!("::{message}")), "{}", of("GitHub"));
        }

        for witness in findings(access).filter_map(|finding| finding.witness.as_ref()) {
            let action = &witness.action;
            for (format, page) in [("text", &text), ("Markdown", &markdown), ("HTML", &html)] {
                assert!(page.contains(action), "{}: {action}", of(format));
            }
            assert!(json.to_string().contains(action), "{}", of("JSON"));
        }
        if REVIEWED.contains(&name) {
            reviewed.push(format!("{name}: {verdict}"));
        }
    }
    snapbox::assert_data_eq!(
        reviewed.join("\n"),
        snapbox::str![[r#"
account-added: 1 principal gains access
action-list-replaced-by-a-wildcard: maybe: 1 may gain access
boundary-removed: 1 principal gains access
condition-dropped: 1 principal gains access
deny-dropped: 1 principal gains access
oidc-subject-widened: 1 principal gains access
policy-moved-from-inline-to-managed: no new access
principal-replaced: 1 principal gains access, 1 loses
service-added: 1 principal gains access
statement-re-spelled: no new access
"#]]
    );
}

fn findings(access: &Access) -> impl Iterator<Item = &Finding> {
    let principals = access.principals.iter();
    principals.flat_map(|change| change.gains.iter().chain(&change.loses))
}

/// The bullets of a section of `docs/access.md`, each in one line.
fn bullets(page: &str, heading: &str) -> Vec<String> {
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut found: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in section.lines() {
        if let Some(begin) = line.strip_prefix("- ") {
            found.push(begin.to_owned());
            is_open = true;
        } else if let (Some(more), true) = (line.strip_prefix("  "), is_open) {
            let last = found.last_mut().unwrap();
            last.push(' ');
            last.push_str(more.trim());
        } else {
            is_open = false;
        }
    }
    assert!(!found.is_empty(), "{heading}");
    found
}

/// Each bullet of the page has cases that show it, and each "maybe" has one that is said to be one.
#[test]
fn every_sentence_of_the_page_has_a_case() {
    const MAYBE: &str = "When `diff` says \"maybe\"";
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let (page, listed) = (read("docs/access.md"), read("tests/access/sentences.txt"));
    let listed = listed.lines().filter(|line| !line.starts_with('#'));
    let mut sentences: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in listed.filter(|line| !line.is_empty()) {
        match line.strip_prefix("  ") {
            Some(names) => sentences.last_mut().unwrap().1.extend(names.split(' ')),
            None => sentences.push((line, Vec::new())),
        }
    }
    let mut wrong = Vec::new();
    let mut used: Vec<&str> = Vec::new();
    let headings = [
        "What is compared",
        MAYBE,
        "Policies of resources",
        "Permission sets",
    ];
    for heading in headings {
        for bullet in bullets(&page, heading) {
            let mut own = sentences
                .iter()
                .filter(|(begin, _)| bullet.starts_with(begin));
            let (Some((begin, names)), None) = (own.next(), own.next()) else {
                wrong.push(format!("one entry of sentences.txt must begin: {bullet}"));
                continue;
            };
            used.push(begin);
            let mut said = names
                .iter()
                .map(|name| match name.strip_prefix("closure/") {
                    Some(name) => read(&format!("tests/closure/{name}/expected.txt")),
                    None => read(&format!("tests/access/{name}/expected.txt")),
                });
            let is_maybe = |said: String| heading != MAYBE || said.contains("maybe");
            if names.is_empty() || !said.all(is_maybe) {
                wrong.push(format!("a case is missing, or none is a maybe: {bullet}"));
            }
        }
    }
    let unused = sentences.iter().filter(|(begin, _)| !used.contains(begin));
    wrong.extend(unused.map(|(begin, _)| format!("no bullet begins: {begin}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
