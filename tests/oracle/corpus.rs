//! Random templates as JSON, one a line, for readers other than ours: `corpus COUNT SEED`.
//!
//! `source` is the template with the macro's tag taken out, `source_data` the macro's arguments as
//! our reader reads them, `text` the expansion, `data` the expansion as our reader reads it. What
//! the tool refuses is drawn again, and counted on standard error. The same templates for each seed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for tests, which says what it finds and may fail loudly"
)]

use std::fmt::Write as _;
use std::io::Write as _;

use deploy_roles::yaml::lookup::Library;
use deploy_roles::yaml::{parse, value};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value as Json, json};
use serde_yaml::Value;

#[path = "../support/mod.rs"]
mod support;

/// Text that some reader may take for something else, or that may break out of its place.
const TRICKY: &[&str] = &[
    "",
    " ",
    "~",
    "null",
    "yes",
    "No",
    "ON",
    "y",
    "n",
    "true",
    "False",
    "=",
    "<<",
    "<",
    "0",
    "-0",
    "007",
    "0o17",
    "0x1F",
    "0b1",
    "1_000",
    "1e3",
    "1.5",
    ".5",
    "5.",
    ".inf",
    "-.INF",
    ".NaN",
    "+1",
    "12:30",
    "1:30:00",
    "190:20:30",
    "2012-10-17",
    "2012-10-17T00:00:00Z",
    "2001-12-14 21:59:43.10 -5",
    "---",
    "...",
    "--- a",
    "- a",
    "-",
    "?",
    "? a",
    ":",
    ": a",
    "a: b",
    "a:",
    "a #b",
    "#",
    "# c",
    "a#b",
    "!",
    "!Ref A",
    "!DeployRoles x",
    "!!binary aGk=",
    "!!str",
    "!Include x",
    "&a",
    "*a",
    "&a b",
    "|",
    ">",
    "|-\n a",
    "> a",
    "%YAML 1.1",
    "@a",
    "`a`",
    "'",
    "''",
    "\"",
    "\"\"",
    "it's",
    "\\",
    "\\n",
    "\\u0041",
    "[",
    "]",
    "{",
    "}",
    "{a: b}",
    "[a, b]",
    ",",
    "a, b",
    "{ {",
    "}}",
    "${",
    "${A}",
    "${!A}",
    "${AWS::AccountId}",
    "$",
    "\n",
    "a\nb",
    "a\n  b: c",
    "a\n\n\nb",
    "\na",
    "a\n",
    "a\r\nb",
    "\r",
    "\t",
    "a\tb",
    " a",
    "a ",
    "  a  ",
    "\u{7}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{80}",
    "\u{85}",
    "a\u{85}b",
    "\u{a0}",
    "\u{ad}",
    "\u{200b}",
    "\u{200e}",
    "\u{202e}abc",
    "\u{2028}",
    "a\u{2029}b",
    "\u{2066}x\u{2069}",
    "\u{feff}",
    "a\u{feff}",
    "\u{fffd}",
    "\u{e000}",
    "\u{d7ff}",
    "\u{10ffff}",
    "\u{1f600}",
    "日本語",
    "é",
    "e\u{301}",
    "Zürich",
    "__proto__",
    "constructor",
    "Version",
    "Fn::Sub",
    "Ref",
    "{{resolve:ssm:/a}}",
    "a {{resolve:ssm:/a:1}} b",
    "/a/b",
    "arn:aws:s3:::b/*",
    "123456789012",
    "012345678901",
    "9007199254740993",
    "1e400",
    "08",
    "0.10",
    "1.",
    "00",
    "-1",
    "0x",
    "NULL",
    "Null",
    "none",
    "None",
    "nan",
    "inf",
    "Infinity",
];

fn text() -> BoxedStrategy<String> {
    let tricky = proptest::sample::select(TRICKY).prop_map(str::to_owned);
    prop_oneof![
        3 => tricky.clone(),
        2 => (tricky.clone(), tricky).prop_map(|(a, b)| a + &b),
        2 => "[ -~]{0,40}",
        2 => "[\\n\\t:#'\"{}!&*%@`|>, \\-\\\\a-z0-9$=~.]{0,24}",
        1 => "\\PC{0,24}",
        1 => any::<String>(),
        1 => "[a-z]{100,300}( [a-z:#]{1,80}){0,4}",
    ]
    .boxed()
}

/// Text that IAM takes in a policy: Latin-1 and white space. One in a hundred is left as it is.
fn policy_text() -> impl Strategy<Value = String> {
    let fit = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    (text(), 0..100).prop_map(move |(text, one)| {
        if one == 0 {
            text
        } else {
            text.chars().filter(fit).collect()
        }
    })
}

/// Text that IAM takes in a tag.
fn tag_text() -> impl Strategy<Value = String> {
    let fit = |c: &char| c.is_alphanumeric() || " _.:/=+-@".contains(*c);
    (text(), 0..100).prop_map(move |(text, one)| {
        if one == 0 {
            text
        } else {
            text.chars().filter(fit).take(100).collect()
        }
    })
}

/// A value in conditions: text, lists of it, and what YAML reads as numbers or booleans.
fn condition_value() -> impl Strategy<Value = Json> {
    let scalar = prop_oneof![
        6 => policy_text().prop_map(Json::from),
        1 => any::<bool>().prop_map(Json::from),
        1 => (-1_000_000_i64..1_000_000).prop_map(Json::from),
    ];
    prop_oneof![3 => scalar.clone(), 1 => proptest::collection::vec(scalar, 1..4).prop_map(Json::from)]
}

fn statement() -> impl Strategy<Value = Json> {
    let pairs = proptest::collection::btree_map(policy_text(), condition_value(), 1..4);
    (pairs, proptest::option::of("[A-Za-z0-9]{1,12}"), policy_text()).prop_map(|(pairs, sid, resource)| {
        let pairs: Map<String, Json> = pairs.into_iter().collect();
        let mut statement = json!({ "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [format!("arn:aws:s3:::b/{resource}"), "*"], "Condition": { "StringLike": pairs } });
        if let (Some(sid), Some(fields)) = (sid, statement.as_object_mut()) {
            fields.insert("Sid".to_owned(), Json::from(sid));
        }
        statement
    })
}

fn policies() -> impl Strategy<Value = Json> {
    let policy = (proptest::collection::vec(statement(), 1..3), "[A-Za-z0-9+=,.@_-]{1,20}").prop_map(|(statements, name)| {
        json!({ "PolicyName": format!("P{name}"), "PolicyDocument": { "Version": "2012-10-17", "Statement": statements } })
    });
    proptest::collection::vec(policy, 1..3).prop_map(Json::from)
}

/// The arguments of a macro, references as `{"Ref": ...}`.
fn arguments() -> impl Strategy<Value = Json> {
    let tags = proptest::collection::btree_map(tag_text(), tag_text(), 0..4).prop_map(|tags| {
        Json::from(
            tags.into_iter()
                .map(|(key, value)| json!({ "Key": key, "Value": value }))
                .collect::<Vec<_>>(),
        )
    });
    let services = prop_oneof![9 => Just(vec!["ssm"]), 1 => Just(vec!["sns", "sqs"])];
    let trusts = prop_oneof![
        4 => Just(json!(["GitHubUser"])),
        4 => Just(json!([{ "Principal": "arn:aws:iam::012345678901:role/it's" }])),
        1 => Just(json!([{ "CodeBuild": ["reports"] }])),
        1 => Just(json!([{ "GitHubOidc": { "Repository": "acme/shop", "RepositoryId": 7, "OwnerId": 8, "Branches": ["main", "release/*"] } }])),
    ];
    let rarely = || proptest::bool::weighted(0.1);
    let shape = (rarely(), any::<bool>(), any::<bool>(), rarely());
    let own = (
        proptest::option::of(policies()),
        proptest::option::of(policies()),
    );
    (tags, services, trusts, shape, own).prop_map(|(tags, services, trusts, (test, boundary, condition, two), (deployer, execution))| {
        let mut targets = json!({ "dev": { "Ref": "DevAccount" } });
        if two && let Some(stages) = targets.as_object_mut() {
            stages.insert("prod".to_owned(), json!({ "Account": { "Ref": "ProdAccount" }, "Deny": ["sqs:DeleteQueue"] }));
        }
        let mut made = json!({
            "AppId": "app", "ToolsAccount": { "Ref": "ToolsAccount" }, "Framework": "cloudformation",
            "Services": services, "TrustedBy": trusts, "Targets": targets, "Tags": tags,
        });
        if let Some(fields) = made.as_object_mut() {
            let mut put = |key: &str, value: Option<Json>| value.map(|value| fields.insert(key.to_owned(), value));
            put("TestRole", test.then(|| json!(true)));
            put("PermissionsBoundary", boundary.then(|| json!("arn:aws:iam::aws:policy/PowerUserAccess")));
            put("TrustShape", condition.then(|| json!("condition")));
            put("DeployerPolicies", deployer);
            put("ExecutionPolicies", execution);
        }
        made
    })
}

/// How an author writes a scalar: by number, one of the ways that can hold it.
fn scalar(text: &str, way: u8) -> String {
    let one_line = text
        .chars()
        .all(|c| c == ' ' || c.is_alphanumeric() || c.is_ascii_punctuation());
    match way % 3 {
        0 if one_line => format!("'{}'", text.replace('\'', "''")),
        1 if text.len() > 1
            && text
                .chars()
                .all(|c| c.is_ascii_alphabetic() || "/:.*".contains(c))
            && !text.ends_with(':') =>
        {
            text.to_owned()
        }
        _ => double_quoted(text),
    }
}

/// In double quotes; what JSON leaves as it is and YAML does not take, as escapes.
fn double_quoted(text: &str) -> String {
    let mut out = String::new();
    for c in Json::from(text).to_string().chars() {
        if c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric() {
            out.push(c);
        } else {
            let _ = write!(out, "\\U{:08x}", u32::from(c));
        }
    }
    out
}

/// `value` as an author may write it, block or flow.
fn written(value: &Json, indent: usize, ways: &mut impl Iterator<Item = u8>) -> String {
    let way = ways.next().unwrap_or_default();
    let pad = " ".repeat(indent);
    match value {
        Json::Object(fields)
            if fields.len() == 1
                && fields.get("Ref").is_some_and(Json::is_string)
                && way.is_multiple_of(2) =>
        {
            format!(
                " !Ref {}",
                fields.get("Ref").and_then(Json::as_str).unwrap_or_default()
            )
        }
        Json::Object(fields) if fields.is_empty() => " {}".to_owned(),
        Json::Array(items) if items.is_empty() => " []".to_owned(),
        Json::Object(_) | Json::Array(_) if way.is_multiple_of(5) => format!(" {}", flow(value)),
        Json::Object(fields) => {
            let mut out = String::new();
            for (name, value) in fields {
                let value = written(value, indent + 2, ways);
                let _ = write!(out, "\n{pad}{}:{value}", self::key(name, way));
            }
            out
        }
        Json::Array(items) => items.iter().fold(String::new(), |out, item| {
            let item = written(item, indent + 2, ways);
            out + &format!("\n{pad}-{item}")
        }),
        Json::String(text) => format!(" {}", scalar(text, way)),
        other => format!(" {other}"),
    }
}

/// A key. A plain one that YAML reads as no text (`Null`, an operator of IAM's) js-yaml reads as
/// JavaScript's name for it, and our reader as it is written: meant is always the latter.
fn key(text: &str, way: u8) -> String {
    let plain = matches!(value::plain(text), Some(Value::String(_)));
    scalar(text, if plain { way } else { 2 })
}

fn flow(value: &Json) -> String {
    match value {
        Json::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{}: {}", double_quoted(key), flow(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Json::Array(items) => format!(
            "[{}]",
            items.iter().map(flow).collect::<Vec<_>>().join(", ")
        ),
        Json::String(text) => double_quoted(text),
        other => other.to_string(),
    }
}

/// As JavaScript has it once OrgFormation has read it.
fn as_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Number(number) => number
            .as_i64()
            .map_or_else(|| json!(number.as_f64()), |whole| json!(whole)),
        Value::String(text) => json!(text),
        Value::Sequence(items) => items.iter().map(as_json).collect(),
        Value::Mapping(fields) => Json::Object(
            fields
                .iter()
                .map(|(key, value)| (key.as_str().unwrap().to_owned(), as_json(value)))
                .collect(),
        ),
        Value::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let name = name.trim_start_matches('!');
            let name = if ["Ref", "Condition"].contains(&name) {
                name.to_owned()
            } else {
                format!("Fn::{name}")
            };
            let value = as_json(&tagged.value);
            let value = match value.as_str() {
                Some(text) if name == "Fn::GetAtt" => text
                    .split_once('.')
                    .map_or(Json::Null, |(a, b)| json!([a, b])),
                _ => value,
            };
            json!({ name: value })
        }
    }
}

/// `text` as our own reader reads it.
fn read(text: &str) -> Result<Json, String> {
    let mut library = Library::default();
    let file = library.sources.add("text.yml", text);
    let document = parse::parse(file, text).map_err(|problems| format!("{problems:?}"))?;
    let read =
        value::value(&library, &document.root).map_err(|problems| format!("{problems:?}"))?;
    Ok(as_json(&read))
}

fn main() {
    let count: usize = std::env::args()
        .nth(1)
        .and_then(|count| count.parse().ok())
        .unwrap_or(10_000);
    let seed: u8 = std::env::args()
        .nth(2)
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(7);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = (
        arguments(),
        proptest::collection::vec(any::<u8>(), 64),
        any::<bool>(),
    );
    let (mut made, mut refused) = (0, 0);
    let mut out = std::io::stdout().lock();
    while made < count {
        let (arguments, ways, crlf) = strategy.new_tree(&mut runner).unwrap().current();
        let written = written(&arguments, 4, &mut ways.into_iter().cycle());
        let head = "DefaultOrganizationBindingRegion: eu-west-1\nResources:\n  App:";
        let ends = |text: String| {
            if crlf {
                text.replace('\n', "\r\n")
            } else {
                text
            }
        };
        let template = ends(format!("{head} !DeployRoles{written}\n"));
        let Ok(text) = support::expanded(&template, Some(support::ORGANIZATION)) else {
            refused += 1;
            continue;
        };
        let source = ends(format!("{head}{written}\n"));
        let line = json!({ "source": source, "source_data": read(&source).map_err(Json::from), "text": text, "data": read(&text).map_err(Json::from) });
        if writeln!(out, "{line}").is_err() {
            return;
        }
        made += 1;
    }
    eprintln!("{made} templates, {refused} refused and drawn again");
}
