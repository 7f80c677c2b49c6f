//! Nothing outside of a macro moves: every template of `tests/corpus`, with macros planted at every
//! legal place, in every style, and its text changed in ways that must not matter.
//!
//! `pitfalls` has templates of one claim each about what OrgFormation reads in its own way,
//! `orgformation` those of OrgFormation's npm package. The expected text is put together of the
//! template's own bytes and of the same macro's expansion in a template that has nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test reads its files, and stops where anything is wrong"
)]

#[allow(dead_code, reason = "this needs its organization alone")]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use deploy_roles::diagnostic::Diagnostic;
use deploy_roles::source::FileId;
use deploy_roles::yaml::lookup::Library;
use deploy_roles::yaml::node::{Kind, Style};
use deploy_roles::yaml::parse;
use support::{ORGANIZATION, expanded_in};

/// Templates that are refused, and why: a template that is refused by mistake is none of these.
const REFUSED: &[(&str, &str)] = &[
    // These hold a macro of their own, as OrgFormation's reader sees it.
    ("01-unknown-tag-mapping", "missing-argument no-region"),
    ("01-unknown-tag-scalar", "missing-argument no-region"),
    ("01-unknown-tag-sequence", "wrong-type"),
    ("e14", "missing-argument no-region"),
    ("e22b-tasks", "misplaced-macro"),
    // The organization is text here.
    ("12-organization-include-quoted", "wrong-type"),
    ("18-duplicate-key", "duplicate-key"),
    ("28-tabs", "invalid-yaml"),
    ("30-multidoc", "second-document"),
];

/// So many macros there are at least; fewer, and places were lost.
const LEAST: usize = 2_000;

/// The macro as it is written, without its last line break; `INDENT` is its indentation.
const CALLS: &[&str] = &[
    "INDENTPlanted: !DeployRoles { AppId: planted, ToolsAccount: !Ref ToolsAccount, Region: eu-west-1, Services: [ssm], Framework: cloudformation, Targets: { dev: !Ref DevAccount } }",
    "INDENTPlanted: !DeployRoles # mine\nINDENT  AppId: planted\nINDENT  ToolsAccount: !Ref ToolsAccount #\tmine, too: é\n\nINDENT  Region: eu-west-1\nINDENT  Services: [ssm]\nINDENT  Framework: cloudformation\nINDENT  Targets:\nINDENT    dev: !Ref DevAccount",
    "INDENT'Planted':   !DeployRoles\nINDENT    {AppId: planted, ToolsAccount: {Ref: ToolsAccount},\nINDENT  Region: \"eu-west-1\", Services: [ssm], Framework: cloudformation, Targets: {dev: {Account: [!Ref DevAccount]}}}",
];

/// A change of a text whose top-level keys begin at these bytes.
type Change = fn(&str, &[usize]) -> String;

/// Ways to change a template's text that leave its data as they are.
const CHANGES: &[(&str, Change)] = &[
    ("as it is", |text, _| text.to_owned()),
    ("CRLF", |text, _| {
        text.replace("\r\n", "\n").replace('\n', "\r\n")
    }),
    ("BOM", |text, _| format!("\u{feff}{text}")),
    ("comments", commented),
    ("comments, BOM, CRLF", |text, keys| {
        format!("\u{feff}{}", commented(text, keys).replace('\n', "\r\n"))
    }),
    ("no final newline", |text, _| text.trim_end().to_owned()),
    ("blank lines at the end", |text, _| {
        format!("{text}\n\n# end\n\n")
    }),
];

/// With a comment over each top-level key: tabs, text that is not ASCII, quotes and braces.
fn commented(text: &str, keys: &[usize]) -> String {
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let comment =
        "#\ttab: \"é ü 中 \u{1f600}' &a *b !Ref {\n  #\tand - deeper\n\n".replace('\n', eol);
    let mut out = String::new();
    let mut from = 0;
    for key in keys {
        out.push_str(&text[from..*key]);
        out.push_str(&comment);
        from = *key;
    }
    out + &text[from..]
}

fn read(text: &str) -> (Library, FileId, Option<FileId>) {
    let mut library = Library::default();
    let organization = library.sources.add("organization.yml", ORGANIZATION);
    library.documents.insert(
        organization,
        parse::parse(organization, ORGANIZATION).unwrap(),
    );
    let file = library.sources.add("template.src.yml", text);
    if let Ok(document) = parse::parse(file, text) {
        library.documents.insert(file, document);
    }
    for part in text.split("!Include ").skip(1) {
        let path = part.split_whitespace().next().unwrap_or_default();
        library
            .includes
            .insert((file, path.to_owned()), organization);
    }
    let own = text.contains("\nOrganization:") || text.starts_with("Organization:");
    (library, file, (!own).then_some(organization))
}

fn expanded(text: &str) -> Result<String, Vec<Diagnostic>> {
    let (mut library, template, organization) = read(text);
    parse::parse(template, text)?;
    expanded_in(&mut library, template, organization)
}

/// The text behind the head's three lines.
fn body(text: &str) -> &str {
    text.splitn(4, '\n').nth(3).unwrap()
}

/// What `call` expands to, line breaks and all, in a template that has nothing else.
fn alone(call: &str, eol: &str) -> String {
    let before = format!("Resources:{eol}");
    let text = expanded(&format!("{before}{call}{eol}")).unwrap();
    let made = body(&text)[before.len()..].to_owned();
    assert_eq!(made.matches('\n').count(), made.matches(eol).count());
    made
}

/// Where the top-level keys begin, and where the entries of `Resources:` do; where the last ends.
fn places(text: &str) -> Option<(Vec<usize>, Vec<usize>, usize)> {
    let document = parse::parse(FileId(0), text).ok()?;
    let keys = document.root.entries()?;
    let keys: Vec<usize> = keys.iter().map(|entry| entry.key.span.start).collect();
    let resources = document.root.get("Resources")?;
    let Kind::Mapping(entries, Style::Block) = &resources.kind else {
        return None;
    };
    let starts: Vec<usize> = entries
        .iter()
        .map(|entry| entry.key.whole_span().start)
        .collect();
    Some((keys, starts, resources.span.end))
}

fn templates() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["tests/corpus/pitfalls", "tests/corpus/orgformation"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        found.extend(
            std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path()),
        );
    }
    found.sort();
    found
}

/// Plants `call` at `at` of `text`, the beginning of a line; what is wrong then.
fn planted(
    text: &str,
    at: usize,
    indent: &str,
    call: &str,
    made: &mut BTreeMap<String, String>,
) -> Option<String> {
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let call = call.replace("INDENT", indent).replace('\n', eol);
    let (before, after) = text.split_at(at);
    let bare = before.ends_with('\n') || before.is_empty();
    let source = if bare {
        format!("{before}{call}{eol}{after}")
    } else {
        format!("{before}{eol}{call}")
    };
    let text = match expanded(&source) {
        Ok(text) => text,
        Err(problems) => {
            let said = problems.iter().map(|problem| problem.message.as_str());
            return Some(said.collect::<Vec<_>>().join("; "));
        }
    };
    let made = made
        .entry(format!("{eol}{call}"))
        .or_insert_with(|| alone(&call, eol));
    let expected = if bare {
        format!("{before}{made}{after}")
    } else {
        format!("{before}{eol}{}", made.trim_end())
    };
    let expected = expected.strip_prefix('\u{feff}').unwrap_or(&expected);
    (body(&text) != expected || text.starts_with('\u{feff}') != source.starts_with('\u{feff}'))
        .then(|| {
            let same = body(&text)
                .bytes()
                .zip(expected.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            let from = same.saturating_sub(60);
            let show = |text: &str| {
                String::from_utf8_lossy(
                    &text.as_bytes()[from.min(text.len())..(same + 60).min(text.len())],
                )
                .into_owned()
            };
            format!(
                "differs at byte {same}:\n  {:?}\n  {:?}",
                show(body(&text)),
                show(expected)
            )
        })
}

/// Why the template with a macro behind its first line of resources is refused, if it is.
fn refusal(text: &str) -> Option<Vec<Diagnostic>> {
    let (_, starts, _) = places(text)?;
    let at = text[..starts[0]].rfind('\n')? + 1;
    let call = CALLS[0].replace("INDENT", &text[at..starts[0]]);
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    expanded(&format!("{}{call}{eol}{}", &text[..at], &text[at..])).err()
}

#[test]
fn nothing_outside_of_a_macro_moves() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failed = String::new();
    let (mut macros, mut used) = (0, 0);
    let mut made = BTreeMap::new();
    for path in templates() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let original = std::fs::read_to_string(&path).unwrap();
        let found = expanded(&original).err().or_else(|| refusal(&original));
        if let Some(problems) = found {
            let codes: Vec<&str> = problems.iter().map(|problem| problem.rule.id).collect();
            let codes = codes.join(" ");
            if !REFUSED.contains(&(name, &codes)) {
                writeln!(failed, "(\"{name}\", \"{codes}\"),").unwrap();
            }
            *counts.entry("refused").or_default() += 1;
            continue;
        }
        let Some((keys, ..)) = places(&original) else {
            *counts
                .entry("without resources in block style")
                .or_default() += 1;
            continue;
        };
        used += 1;
        for (change, make) in CHANGES {
            let text = make(&original, &keys);
            let (_, starts, end) = places(&text).unwrap();
            let line = |at: usize| text[..at].rfind('\n').map_or(0, |found| found + 1);
            let indent = text[line(starts[0])..starts[0]].to_owned();
            // Behind the last line of the last resource.
            let last = text[end..]
                .find('\n')
                .map_or(text.len(), |found| end + found + 1);
            for at in starts.iter().map(|start| line(*start)).chain([last]) {
                let call = CALLS[macros % CALLS.len()];
                macros += 1;
                if let Some(wrong) = planted(&text, at, &indent, call, &mut made) {
                    writeln!(failed, "{name} ({change}) at byte {at}: {wrong}").unwrap();
                }
            }
        }
    }
    assert!(failed.is_empty(), "\n{}", &failed[..failed.len().min(6000)]);
    assert!(
        macros >= LEAST,
        "only {macros} macros in {used} templates, {counts:?}"
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/proof");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("corpus.json"),
        format!("{{\"templates\": {used}, \"macros\": {macros}}}\n"),
    )
    .unwrap();
}
