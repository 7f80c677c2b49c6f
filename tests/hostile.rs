//! Text that wants out of its place: in every argument that takes text it is refused, or the
//! output has the structure that it has with harmless text. And every text that a fuzzer kept.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test reads its files, and stops where anything is wrong"
)]

#[allow(dead_code, reason = "each test uses what it needs")]
mod support;

#[allow(unreachable_pub, reason = "a crate of its own includes it, too")]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use deploy_roles::expand::rules::OUTPUT_MISMATCH;
use std::fmt::Write as _;
use std::path::Path;

use deploy_roles::source::FileId;
use deploy_roles::yaml::node::{Kind, Node};
use deploy_roles::yaml::parse;
use support::{ORGANIZATION, expanded};

/// Where text goes, as `TEXT` in quotes, with texts that are accepted there: one for each structure
/// that is meant (a wildcard is compared by another operator).
const PLACES: &[(&str, &[&str])] = &[
    ("AppId: TEXT", &["shop"]),
    ("Path: TEXT", &["/deploy/", "/"]),
    ("Region: TEXT", &["eu-west-1"]),
    ("Services: [TEXT]", &["ssm"]),
    ("Framework: TEXT", &["cloudformation"]),
    ("TrustShape: TEXT", &["principal"]),
    (
        "PermissionsBoundary: TEXT",
        &["arn:aws:iam::aws:policy/PowerUserAccess"],
    ),
    ("MaxSessionDuration: TEXT", &["3600"]),
    ("Tags: [{ Key: TEXT, Value: v }]", &["team"]),
    ("Tags: [{ Key: k, Value: TEXT }]", &["shop"]),
    (
        "TrustedBy: [Principal: TEXT]",
        &["arn:aws:iam::000000000002:role/ci"],
    ),
    (
        "TrustedBy: [GitHubOidc: { Repository: TEXT }]",
        &["acme/shop"],
    ),
    (
        "TrustedBy: [GitHubOidc: { Repository: acme/shop, Environments: [TEXT] }]",
        &["production", "prod*"],
    ),
    (
        "TrustedBy: [GitHubOidc: { Repository: acme/shop, Branches: [TEXT] }]",
        &["main", "rel*"],
    ),
    (
        "TrustedBy: [GitHubOidc: { Subjects: [TEXT] }]",
        &[
            "repo:acme/shop:ref:refs/heads/main",
            "repo:acme/shop:ref:refs/heads/r*",
        ],
    ),
    (
        "TrustedBy: [GitHubOidc: { Repository: acme/shop, Audience: TEXT }]",
        &["sts.amazonaws.com"],
    ),
    (
        "TrustedBy: [GitLabOidc: { Host: TEXT, Project: acme/shop, Branches: main }]",
        &["gitlab.com"],
    ),
    (
        "TrustedBy: [BuildkiteOidc: { Organization: TEXT, Pipeline: shop, Branches: main }]",
        &["acme"],
    ),
    ("Targets: { TEXT: !Ref DevAccount }", &["dev"]),
    (
        "Targets: { dev: { Account: !Ref DevAccount, Deny: [TEXT] } }",
        &["sqs:DeleteQueue"],
    ),
    ("Targets: { dev: { AccountsWithTag: TEXT } }", &["stage"]),
    (
        "Targets: { dev: { Select: TEXT } }",
        &["$.Organization.DevAccount"],
    ),
    ("Targets: { dev: !Ref TEXT }", &["DevAccount"]),
    ("ToolsAccount: !Ref TEXT", &["ToolsAccount"]),
    (
        "DeployerPolicies: [{ PolicyName: TEXT, PolicyDocument: { Statement: { Effect: Allow, Action: 'a:B', Resource: '*' } } }]",
        &["Mine"],
    ),
    (
        "DeployerPolicies: [{ PolicyName: P, PolicyDocument: { Statement: { Sid: TEXT, Effect: Allow, Action: 'a:B', Resource: '*' } } }]",
        &["Mine"],
    ),
    (
        "DeployerPolicies: [{ PolicyName: P, PolicyDocument: { Statement: { Effect: Allow, Action: TEXT, Resource: '*' } } }]",
        &["a:B"],
    ),
    (
        "DeployerPolicies: [{ PolicyName: P, PolicyDocument: { Statement: { Effect: Allow, Action: 'a:B', Resource: TEXT } } }]",
        &["arn:aws:s3:::b"],
    ),
    (
        "ExecutionPolicies: [{ PolicyName: P, PolicyDocument: { Statement: { Effect: Allow, Action: 'a:B', Resource: '*', Condition: { StringEquals: { 'a:b': TEXT } } } } }]",
        &["v"],
    ),
    (
        "ExecutionPolicies: [{ PolicyName: P, PolicyDocument: { Statement: { Effect: Allow, Action: 'a:B', Resource: '*', Condition: { StringEquals: { TEXT: v } } } } }]",
        &["a:b"],
    ),
    (
        "ExecutionPolicies: [{ PolicyName: P, PolicyDocument: { Statement: { Effect: Allow, Action: 'a:B', Resource: !Sub TEXT } } }]",
        &["${AWS::AccountId}"],
    ),
];

/// What wants out.
const HOSTILE: &[&str] = &[
    "\nEvil:\n  Type: AWS::IAM::User",
    "x\n  Evil: { Type: 'AWS::IAM::User' }",
    "x\r\n  Evil: 1",
    "a: b",
    "a:",
    "- a",
    "'",
    "\"",
    "''",
    "\"\"",
    "x' }\n  Evil: 1",
    "x\" }\n  Evil: 1",
    "'\n  Evil:\n    Type: 'x",
    "{{ x }}",
    "{{{x}}}",
    "{{> services/ssm}}",
    "{% raw %}",
    "{# x",
    "${",
    "${AWS::AccountId}",
    "${Evil}",
    "${!x}",
    "!Ref Evil",
    "!Include ../secret.yml",
    "!Cmd 'id'",
    "#",
    " # x",
    "x #y",
    "&a",
    "*a",
    "<<",
    "<<: *a",
    "---",
    "...",
    "--- x\nEvil: 1",
    "%YAML 1.2",
    "|",
    ">",
    "| x",
    "? x",
    "@x",
    "`x`",
    "\0",
    "a\0b",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{85}",
    "\u{2028}Evil: 1",
    "\u{2029}",
    "\u{feff}",
    "\u{202e}lave",
    "\u{2066}x\u{2069}",
    "\u{200e}",
    "\t",
    "\tEvil: 1",
    "  ",
    "",
    "\\",
    "\\\"",
    "\\n  Evil: 1",
    "*",
    "?",
    "[",
    "]",
    "{",
    "}",
    ",",
    "a, Evil: 1",
    "arn:aws:iam::000000000003:role/x\", \"AWS\": \"*",
    "arn:aws:iam::000000000003:root",
    "../../x",
    "/",
    "yes",
    "null",
    "2012-10-17",
    "012",
    "1e9",
    "__proto__",
    "Fn::Transform",
    "DEPLOYROLESACCOUNT",
    "\u{e000}",
    "\u{fffe}",
    "$..*",
    "$[?@.x==\"\\u0000\"]",
];

/// What a node is made of, texts left out.
fn shape(node: &Node, out: &mut String) {
    match &node.kind {
        Kind::Scalar(..) => out.push('s'),
        Kind::Alias(..) => out.push('*'),
        Kind::Sequence(items, _) => {
            out.push('[');
            for item in items {
                shape(item, out);
            }
            out.push(']');
        }
        Kind::Mapping(entries, _) => {
            out.push('{');
            for entry in entries {
                shape(&entry.value, out);
            }
            out.push('}');
        }
    }
    out.push_str(node.tag_name().unwrap_or_default());
}

fn shape_of(text: &str) -> String {
    let document =
        parse::parse(FileId(0), text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    let mut out = String::new();
    shape(&document.root, &mut out);
    out
}

/// The template with `text` in `place`, in double quotes with escapes.
fn template(place: &str, text: &str) -> String {
    let mut quoted = String::new();
    for c in serde_json::to_string(text).unwrap().chars() {
        if c.is_ascii_graphic() || c == ' ' {
            quoted.push(c);
        } else {
            write!(quoted, "\\U{:08x}", u32::from(c)).unwrap();
        }
    }
    let mut source =
        "DefaultOrganizationBindingRegion: eu-west-1\nResources:\n  App: !DeployRoles\n".to_owned();
    for default in [
        "AppId: app",
        "ToolsAccount: !Ref ToolsAccount",
        "Framework: cloudformation",
        "Services: [ssm]",
        "Targets: { dev: !Ref DevAccount }",
    ] {
        if place.split(':').next() != default.split(':').next() {
            writeln!(source, "    {default}").unwrap();
        }
    }
    writeln!(source, "    {}", place.replace("TEXT", &quoted)).unwrap();
    source + "  Zzz: { Type: 'AWS::SNS::Topic' }\n"
}

#[test]
fn no_text_gets_out_of_its_place() {
    // The accounts have the tag that one of the places asks for.
    let organization = ORGANIZATION.replace("RootEmail:", "Tags: { stage: x }, RootEmail:");
    let long = "a".repeat(1 << 20);
    let mut failed = String::new();
    let (mut accepted, mut refused) = (0, 0);
    for (place, harmless) in PLACES {
        let planned = harmless.iter().map(|text| {
            let source = template(place, text);
            let number = text.bytes().all(|b| b.is_ascii_digit());
            let source = if number {
                source.replace(&format!("\"{text}\""), text)
            } else {
                source
            };
            let output = expanded(&source, Some(&organization));
            shape_of(&output.unwrap_or_else(|problems| panic!("{place}: {problems:?}")))
        });
        let planned: Vec<String> = planned.collect();
        for text in HOSTILE.iter().copied().chain([long.as_str()]) {
            let output = match expanded(&template(place, text), Some(&organization)) {
                Ok(output) => output,
                Err(problems) => {
                    // The tool's own defects are no refusal.
                    if problems
                        .iter()
                        .any(|problem| problem.rule == &OUTPUT_MISMATCH)
                    {
                        writeln!(failed, "{place} with {text:.60?}: {problems:?}").unwrap();
                    }
                    refused += 1;
                    continue;
                }
            };
            accepted += 1;
            // A value that `!Sub` or a JSONPath makes may be another; the structure may not.
            if !planned.contains(&shape_of(&output)) || output.contains("\n  Evil") {
                writeln!(failed, "{place} with {text:.60?}").unwrap();
            }
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
    assert!(
        accepted > 200 && refused > 1_000,
        "{accepted} accepted, {refused} refused"
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/proof");
    std::fs::create_dir_all(&folder).unwrap();
    let figures = format!(
        "{{\"places\": {}, \"accepted\": {accepted}, \"refused\": {refused}}}\n",
        PLACES.len()
    );
    std::fs::write(folder.join("hostile.json"), figures).unwrap();
}

/// What a fuzz target does with a text.
type Target = fn(&str);

#[test]
fn what_a_fuzzer_kept_finds_nothing() {
    let targets: [(&str, Target); 7] = [
        ("template", fuzz::template),
        ("arguments", fuzz::arguments),
        ("partial", fuzz::partial),
        ("jsonpath", fuzz::jsonpath),
        ("previous", fuzz::previous),
        ("app", fuzz::app),
        ("denied", fuzz::denied),
    ];
    for (target, run) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(target);
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            if let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) {
                run(&text);
                count += 1;
            }
        }
        assert!(count > 3, "{target}");
    }
}
