//! What tools read of diagnostics.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Level, Rule};
use crate::report::{diagnostics_github, diagnostics_json, diagnostics_sarif};
use crate::source::{FileId, Sources, Span};

static RULE: Rule = Rule {
    id: "unknown-account",
    level: Level::Error,
    summary: "An account is not in the organization",
    explanation: "",
};

/// Two problems that say the same in two lines, and one without a place.
fn found(sources: &mut Sources) -> Vec<Diagnostic> {
    let text = "é: !Ref Dev\nb: !Ref Dev\n";
    let file = sources.add("org/a b.yml", text);
    let second = text.rfind("Dev").unwrap();
    let at = |start| Span::new(file, start, start + 3);
    let first = Diagnostic::new(&RULE, at(9), "no account `Dev`")
        .label("not found,\u{1b}[0m here")
        .related(at(second), "also here")
        .help("100% of accounts: write `Prod`");
    let again = Diagnostic::new(&RULE, at(second), "no account `Dev`").level(Level::Warning);
    let nowhere = Diagnostic::without_place(&RULE, "cannot read `x`").level(Level::Note);
    vec![first, again, nowhere]
}

type Writer = fn(&[(&Sources, &Diagnostic)], &mut dyn Write) -> io::Result<()>;

fn written(write: Writer) -> String {
    let mut sources = Sources::default();
    let found = found(&mut sources);
    let found: Vec<_> = found.iter().map(|one| (&sources, one)).collect();
    let mut out = Vec::new();
    write(&found, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn sarif_points_at_each_diagnostic_and_tells_equal_ones_apart() {
    let log: Value = serde_json::from_str(&written(diagnostics_sarif)).unwrap();
    let run = &log["runs"][0];
    assert_eq!(
        run["tool"]["driver"]["rules"],
        json!([{ "id": "unknown-account",
            "shortDescription": { "text": "An account is not in the organization" } }])
    );
    // Columns count characters, not bytes.
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let results = run["results"].as_array().unwrap();
    let region = |result: &Value| result["locations"][0]["physicalLocation"].clone();
    assert_eq!(
        region(&results[0]),
        json!({ "artifactLocation": { "uri": "org/a%20b.yml" },
            "region": { "startLine": 1, "startColumn": 9, "endLine": 1, "endColumn": 12 } })
    );
    assert_eq!(
        results[0]["relatedLocations"][0]["message"]["text"],
        "also here"
    );
    assert_eq!(region(&results[1])["region"]["startLine"], 2);
    assert_eq!(results[2]["locations"], json!([]));
    let all = |key: &str| {
        results
            .iter()
            .map(|one| one[key].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(all("level"), ["error", "warning", "note"]);
    let fingerprints = all("partialFingerprints");
    assert_ne!(fingerprints[0], fingerprints[1]);
    assert_eq!(
        fingerprints[1]["diagnostic/v1"],
        "unknown-account org/a b.yml no account `Dev` #2"
    );
}

#[test]
fn a_github_annotation_stays_on_its_line() {
    assert_eq!(
        written(diagnostics_github),
        "::error file=org/a b.yml,line=1,endLine=1,col=9,endColumn=12,title=unknown-account::no account `Dev`: not found,\\u{1b}[0m here%0Ahelp: 100%25 of accounts: write `Prod`\n\
         ::warning file=org/a b.yml,line=2,endLine=2,col=9,endColumn=12,title=unknown-account::no account `Dev`\n\
         ::notice title=unknown-account::cannot read `x`\n"
    );
}

#[test]
fn json_holds_all_of_a_diagnostic() {
    let report: Value = serde_json::from_str(&written(diagnostics_json)).unwrap();
    let number = |key: &str| report[key].as_u64().unwrap();
    assert_eq!(
        ["version", "errors", "warnings", "notes"].map(number),
        [1, 1, 1, 1]
    );
    assert_eq!(
        report["diagnostics"][0],
        json!({ "rule": "unknown-account", "level": "error", "message": "no account `Dev`",
            "help": "100% of accounts: write `Prod`", "note": null,
            "place": { "path": "org/a b.yml", "start": { "line": 1, "column": 9 },
                "end": { "line": 1, "column": 12 }, "label": "not found,\u{1b}[0m here" },
            "related": [{ "path": "org/a b.yml", "start": { "line": 2, "column": 9 },
                "end": { "line": 2, "column": 12 }, "label": "also here" }] })
    );
    assert_eq!(report["diagnostics"][2]["place"], Value::Null);
}

#[test]
fn a_place_in_other_sources_is_none() {
    let sources = Sources::default();
    let lost = Diagnostic::new(&RULE, Span::new(FileId(7), 0, 1), "lost");
    let mut out = Vec::new();
    diagnostics_github(&[(&sources, &lost)], &mut out).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "::error title=unknown-account::lost\n"
    );
}
