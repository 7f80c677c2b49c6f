//! What `denied` finds in messages of all kinds, in `tests/denied/*.json`.
//!
//! A case is a text and the denials that it has, and some name the lookalikes. A field that a denial
//! does not name is not compared.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use deploy_roles::denied::advice::{DenialAdviser, KnownTemplate};
use deploy_roles::denied::{self, NotALog};
use deploy_roles::partials::Partials;
use deploy_roles::report::{AnsweredDenial, Color, denied_json, denied_text};
use deploy_roles::yaml::lookup::Library;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

/// So many cases there are at least; fewer, and some were lost.
const LEAST_CASES: usize = 206;

fn cases() -> Vec<Value> {
    let mut files: Vec<_> = std::fs::read_dir("tests/denied")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let read = |path| serde_json::from_str::<Vec<Value>>(&std::fs::read_to_string(path).unwrap());
    files.iter().flat_map(|path| read(path).unwrap()).collect()
}

fn found(text: &str) -> Vec<Value> {
    let log = denied::read(text.as_bytes()).unwrap();
    log.denials
        .iter()
        .map(|denial| {
            let who = denied::who(denial, &BTreeSet::new());
            json!({
                "action": denial.action,
                "resource": denial.resource,
                "principal": denial.principal,
                "effect": denial.effect.word(),
                "layer": denial.layer.word(),
                "grantHelps": denied::grant_helps(denial, &who),
                "policyArn": denial.policy,
                "sid": denial.sid,
                "condition": denial.passed_to.as_ref().map(|to| format!("iam:PassedToService={to}")),
                "cfnType": denial.type_name,
                "logicalId": denial.logical_id,
            })
        })
        .collect()
}

/// Whether the lookalikes of a case are those that it names, if it names them.
fn has_its_lookalikes(case: &Value) -> bool {
    let Some(expected) = case["lookalikes"].as_array() else {
        return true;
    };
    let log = denied::read(case["text"].as_str().unwrap().as_bytes()).unwrap();
    let found = log.lookalikes.iter();
    let found: Vec<Value> = found.map(|one| json!(format!("{:?}", one.kind))).collect();
    found == *expected
}

fn as_expected(found: &Value, expected: &Map<String, Value>) -> bool {
    expected.iter().all(|(field, value)| &found[field] == value)
}

#[test]
fn every_message_is_understood() {
    let cases = cases();
    assert!(
        cases.len() >= LEAST_CASES,
        "only {} of at least {LEAST_CASES} cases",
        cases.len()
    );
    let mut failed = String::new();
    for case in &cases {
        let found = found(case["text"].as_str().unwrap());
        let expected = case["expect"].as_array().unwrap();
        let is_right = has_its_lookalikes(case)
            && found.len() == expected.len()
            && found
                .iter()
                .zip(expected)
                .all(|(found, expected)| as_expected(found, expected.as_object().unwrap()));
        if !is_right {
            let shown = |values: &[Value]| serde_json::to_string_pretty(values).unwrap();
            writeln!(
                failed,
                "{}: {}\nfound {}\nexpected {}",
                case["id"],
                case["shape"],
                shown(&found),
                shown(expected)
            )
            .unwrap();
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

thread_local! {
    static ADVISER: DenialAdviser = {
        let mut library = Library::default();
        let partials = Partials::new(&mut library, &[]).unwrap();
        let some = denied::read(b"API: s3:GetObject Access Denied").unwrap().denials;
        let known = KnownTemplate { partials, macros: Vec::new() };
        DenialAdviser::new(vec![known], &some)
    };
}

/// Everything that the command writes about a log, in both formats.
fn written(text: &str) -> String {
    let Ok(log) = denied::read(text.as_bytes()) else {
        return String::new();
    };
    let denials: Vec<AnsweredDenial> = log
        .denials
        .into_iter()
        .map(|denial| AnsweredDenial {
            advice: ADVISER.with(|adviser| adviser.advice(&denial)),
            denial,
        })
        .collect();
    denied_text(&denials, &log.lookalikes, Color::Off) + &denied_json(&denials, &log.lookalikes)
}

const SECRETS: &[&str] = &[
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAY34FZKBOKMUTVV7A",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "c02xaRZMpfRiTT3TIo09NG3pReIsHpnkezcEFMg2",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOm8vciJ9.c2lnbmF0dXJl",
    "https://ci:hunter2hunter2@example.com/x.git",
    "X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024",
];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(11),
        ..ProptestConfig::default()
    })]

    /// A secret next to any word of any message does not reach the output, and neither does a
    /// control character.
    #[test]
    fn secrets_and_control_characters_stay_in_the_log(
        case in 0..LEAST_CASES,
        places in proptest::collection::vec((0.0..1.0_f64, 0..SECRETS.len(), 0..6_usize), 1..4),
    ) {
        let cases = cases();
        let mut text = cases[case]["text"].as_str().unwrap().to_owned();
        for (place, secret, around) in places {
            let blanks: Vec<usize> = text.match_indices([' ', '\n', ':', '/']).map(|(at, _)| at).collect();
            let at = blanks[((blanks.len() as f64 * place) as usize).min(blanks.len() - 1)];
            let (before, after) = [(" ", " "), ("-", "-"), ("\u{1b}[31m ", "\u{7}"), ("/", "/"), ("key=", "\r"), ("\u{202e}", "\u{0}")][around];
            // A key with slashes is not told from a path if slashes are around it.
            let is_path = around == 3 && SECRETS[secret].contains('/');
            let (before, after) = if is_path { ("=", "&") } else { (before, after) };
            // A NUL makes a log binary, so it is left out of most.
            let after = if around == 5 { "" } else { after };
            text.insert_str(at + 1, &format!("{before}{}{after}", SECRETS[secret]));
        }
        let written = written(&text);
        for secret in SECRETS {
            prop_assert!(!written.contains(secret), "{secret} in\n{written}\nof\n{text}");
        }
        prop_assert!(!written.contains("hunter2"), "{written}");
        prop_assert!(written.chars().all(|c| c == '\n' || !c.is_control()), "{written:?}");
        let reverses = written.contains('\u{202e}');
        prop_assert!(!reverses);
    }

    /// Any bytes are read, or refused, without a crash.
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = denied::read(&bytes);
    }

    /// A message that is cut anywhere is read without a crash.
    #[test]
    fn cut_messages_are_read(case in 0..LEAST_CASES, from in 0.0..1.0_f64, to in 0.0..1.0_f64) {
        let cases = cases();
        let text = cases[case]["text"].as_str().unwrap().as_bytes();
        let at = |part: f64| (text.len() as f64 * part) as usize;
        let (from, to) = (at(from).min(at(to)), at(from).max(at(to)));
        let _ = denied::read(&text[from..to]);
    }
}

#[test]
fn no_action_star_is_proposed() {
    for case in cases() {
        let written = written(case["text"].as_str().unwrap());
        assert!(
            !written.contains("`*`") && !written.contains(":*`"),
            "{written}"
        );
    }
}

#[test]
fn the_time_is_linear() {
    let line =
        "User: arn:aws:iam::1:user/x is not authorized to perform: sqs:CreateQueue on resource: ";
    let hostile = [
        line.repeat(5_000),
        "User:".repeat(75_000),
        "otauthorizedtoperform".repeat(15_000),
        "AWS::".repeat(75_000),
        "Access Denied ".repeat(25_000),
        "a".repeat(125_000),
        "{\n".repeat(125_000),
        "[".repeat(250_000),
        format!("{line}{}", "a\n".repeat(125_000)),
        format!("{line}{}", "a ".repeat(125_000)),
        "\\\"".repeat(175_000),
        format!("{}{line}", " ".repeat(375_000)),
    ];
    for text in hostile {
        let begun = std::time::Instant::now();
        let _ = denied::read(text.as_bytes());
        let took = begun.elapsed();
        assert!(took.as_secs() < 20, "{took:?} for {}", &text[..40]);
    }
}

#[test]
fn encodings_of_windows_are_read() {
    let text = "API: s3:PutBucketPolicy Access Denied\r\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let with = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
    for bytes in [
        little.clone(),
        big.clone(),
        with(&[0xff, 0xfe], &little),
        with(&[0xfe, 0xff], &big),
        with(&[0xef, 0xbb, 0xbf], text.as_bytes()),
        with(&[0xe9, b' '], text.as_bytes()),
    ] {
        let log = denied::read(&bytes).unwrap();
        assert_eq!(log.denials[0].action.as_deref(), Some("s3:PutBucketPolicy"));
    }
    assert_eq!(denied::read(b" \n"), Err(NotALog::Empty));
    assert_eq!(denied::read(b"\x1f\x8b\x08\x00\x00x"), Err(NotALog::Binary));
}

/// A log with as many different denials as `number`.
fn log_of(number: usize) -> String {
    let line = |at: usize| {
        format!(
            "User: arn:aws:sts::111122223333:assumed-role/app{at}-CloudFormationExecutionRole/AWSCloudFormation is not authorized to perform: sqs:CreateQueue on resource: arn:aws:sqs:eu-west-1:111122223333:app{at}-jobs because no identity-based policy allows the sqs:CreateQueue action\n"
        )
    };
    (0..number).map(line).collect()
}

#[test]
fn many_different_denials_are_read_in_linear_time() {
    let read = |number: usize| {
        let log = log_of(number);
        let start = std::time::Instant::now();
        let found = denied::read(log.as_bytes()).unwrap();
        let took = start.elapsed();
        assert_eq!(found.denials.len(), number);
        // In the order of the log.
        let last = found.denials.last().unwrap().principal.clone().unwrap();
        assert!(last.contains(&format!("/app{}-", number - 1)), "{last}");
        took
    };
    // Comparing each with all before would take 64 times as long for 8 times as many. The shortest of
    // several runs is the one that was disturbed least.
    let best = |number: usize| (0..3).map(|_| read(number)).min().unwrap();
    let (few, many) = (best(500), best(4_000));
    assert!(many < few * 24, "{few:?} for 500, {many:?} for 4,000");
}
