//! Pairs of conditions, with what is expected of each: whether anything is gained, and that each
//! example is one, word by word.

use serde_json::{Value, json};

use crate::iam::Certainty;
use crate::iam::tests::differential::{Engine, Policies};

/// What a pair is expected to give.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Nothing,
    Maybe,
    Gain,
}
use Expected::{Gain, Maybe, Nothing};

fn allow(condition: Value) -> Value {
    json!({ "Effect": "Allow", "Action": "s:Get", "Resource": "a/*", "Condition": condition })
}

fn deny(condition: Value) -> Value {
    json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition })
}

fn on(effect: &str, resource: &str) -> Value {
    json!({ "Effect": effect, "Action": "s:Get", "Resource": resource })
}

/// What `new` gives that `old` does not, and what the examples of what is certain say.
fn gained(old: &[Value], new: &[Value]) -> (Expected, Vec<String>) {
    let side = |statements: &[Value]| Policies {
        statements: statements.to_vec(),
        boundary: None,
    };
    let found = Engine::new().difference(&side(old), &side(new));
    let sure = found
        .iter()
        .filter(|access| access.certainty == Certainty::Certain);
    let examples: Vec<String> = sure
        .map(|access| {
            let witness = access.witness.as_ref().unwrap();
            let context = crate::iam::tests::differential::context_of(witness);
            format!("{:?}", context.0)
        })
        .collect();
    let kind = match (found.is_empty(), examples.is_empty()) {
        (true, _) => Nothing,
        (_, true) => Maybe,
        _ => Gain,
    };
    (kind, examples)
}

fn check(cases: &[(&str, Vec<Value>, Vec<Value>, Expected)]) {
    for (name, old, new, expected) in cases {
        let (found, examples) = gained(old, new);
        assert_eq!(found, *expected, "{name}: {examples:?}");
    }
}

#[test]
fn networks_are_sets_of_addresses() {
    let ip =
        |operator: &str, networks: Value| allow(json!({ operator: { "aws:SourceIp": networks } }));
    let within = |networks: Value| vec![ip("IpAddress", networks)];
    let refused = |networks: Value| deny(json!({ "IpAddress": { "aws:SourceIp": networks } }));
    let halves6 = json!(["2001:db8::/33", "2001:db8:8000::/33"]);
    let parts = json!(["10.0.0.0/10", "10.64.0.0/10", "10.128.0.0/9"]);
    let some = json!(["10.0.0.0/10", "10.128.0.0/9"]);
    check(&[
        (
            "halves",
            within(json!(["10.0.0.0/9", "10.128.0.0/9"])),
            within(json!("10.0.0.0/8")),
            Nothing,
        ),
        (
            "halves of IPv6",
            within(halves6),
            within(json!("2001:db8::/32")),
            Nothing,
        ),
        (
            "halves of halves",
            within(parts),
            within(json!("10.0.0.0/8")),
            Nothing,
        ),
        (
            "three quarters",
            within(some),
            within(json!("10.0.0.0/8")),
            Gain,
        ),
        (
            "overlapping",
            within(json!(["10.0.0.0/8", "10.1.0.0/16"])),
            within(json!("10.0.0.0/8")),
            Nothing,
        ),
        (
            "bits of hosts",
            within(json!("10.1.2.3/8")),
            within(json!("10.0.0.0/8")),
            Nothing,
        ),
        (
            "one address more",
            within(json!("10.0.0.0/32")),
            within(json!("10.0.0.0/31")),
            Gain,
        ),
        (
            "the last address",
            within(json!("0.0.0.0/1")),
            within(json!(["0.0.0.0/1", "255.255.255.255"])),
            Gain,
        ),
        (
            "IPv6, too",
            within(json!("0.0.0.0/0")),
            within(json!(["0.0.0.0/0", "::/0"])),
            Gain,
        ),
        (
            "a Deny of what is not allowed",
            vec![
                ip("IpAddress", json!("10.0.0.0/8")),
                deny(json!({ "NotIpAddress": { "aws:SourceIp": "10.0.0.0/8" } })),
            ],
            within(json!("10.0.0.0/8")),
            Nothing,
        ),
        (
            "two Denies at once",
            vec![
                ip("IpAddress", json!("10.0.0.0/8")),
                refused(json!("10.0.0.0/9")),
                refused(json!("10.128.0.0/9")),
            ],
            within(json!("10.0.0.0/8")),
            Gain,
        ),
        (
            "not a network",
            within(json!("10.0.0.0/8")),
            vec![ip("NotIpAddress", json!("10.0.0.0/8"))],
            Gain,
        ),
    ]);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn numbers_and_dates_are_in_order() {
    let number =
        |operator: &str, bound: Value| allow(json!({ operator: { "s3:max-keys": bound } }));
    let date = |operator: &str, bound: &str| {
        vec![allow(json!({ operator: { "aws:CurrentTime": bound } }))]
    };
    let (june, july) = ("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z");
    let tag = |operator: &str| allow(json!({ operator: { "aws:RequestTag/n": 5 } }));
    check(&[
        (
            "earlier",
            date("DateLessThan", july),
            date("DateLessThan", june),
            Nothing,
        ),
        (
            "later",
            date("DateLessThan", june),
            date("DateLessThan", july),
            Gain,
        ),
        (
            "after an earlier time",
            date("DateGreaterThan", july),
            date("DateGreaterThan", june),
            Gain,
        ),
        (
            "in another zone",
            date("DateLessThan", "2026-06-01T02:00:00+02:00"),
            date("DateLessThan", june),
            Nothing,
        ),
        (
            "since 1970",
            date("DateLessThan", "1780272000"),
            date("DateLessThan", june),
            Nothing,
        ),
        (
            "a second more",
            date("DateLessThan", "1780272000"),
            date("DateLessThan", "1780272001"),
            Gain,
        ),
        (
            "without a fraction",
            date("DateLessThan", "2026-06-01T00:00:00.000Z"),
            date("DateLessThan", june),
            Nothing,
        ),
        (
            "within a second",
            date("DateLessThan", "2026-06-01T00:00:00.2Z"),
            date("DateLessThan", "2026-06-01T00:00:00.7Z"),
            Maybe,
        ),
        (
            "the time itself",
            date("DateLessThan", june),
            date("DateLessThanEquals", june),
            Gain,
        ),
        (
            "another time",
            date("DateNotEquals", june),
            date("DateLessThan", june),
            Nothing,
        ),
        (
            "one time",
            date("DateLessThan", july),
            date("DateEquals", june),
            Nothing,
        ),
        (
            "if it exists",
            date("DateLessThanIfExists", june),
            date("DateLessThan", june),
            Nothing,
        ),
        (
            "if it exists now",
            date("DateLessThan", june),
            date("DateLessThanIfExists", june),
            Gain,
        ),
        (
            "no date",
            date("DateLessThan", "soon"),
            date("DateLessThan", "later"),
            Maybe,
        ),
        (
            "below and above",
            vec![
                number("NumericGreaterThanEquals", json!(5)),
                deny(json!({ "NumericLessThan": { "s3:max-keys": 5 } })),
            ],
            vec![number("NumericGreaterThanEquals", json!(5))],
            Nothing,
        ),
        (
            "below or above",
            vec![
                number("NumericLessThan", json!(5)),
                number("NumericGreaterThanEquals", json!(5)),
            ],
            vec![allow(json!({ "Null": { "s3:max-keys": "false" } }))],
            Nothing,
        ),
        (
            "a tag may be no number",
            vec![tag("NumericLessThan"), tag("NumericGreaterThanEquals")],
            vec![allow(json!({ "Null": { "aws:RequestTag/n": "false" } }))],
            Maybe,
        ),
        (
            "another number",
            vec![number("NumericNotEquals", json!(5))],
            vec![number("NumericLessThan", json!(5))],
            Nothing,
        ),
        (
            "that number, too",
            vec![number("NumericNotEquals", json!(5))],
            vec![number("NumericLessThanEquals", json!(5))],
            Gain,
        ),
        (
            "not a whole number",
            vec![number("NumericLessThanEquals", json!(4))],
            vec![number("NumericLessThan", json!(5))],
            Maybe,
        ),
        (
            "parts of numbers",
            vec![number("NumericLessThanEquals", json!("0.25"))],
            vec![number("NumericLessThan", json!("0.75"))],
            Gain,
        ),
        (
            "some of several",
            vec![number("NumericEquals", json!([1, 2, 3]))],
            vec![number("NumericEquals", json!([2, 3]))],
            Nothing,
        ),
        (
            "one more of several",
            vec![number("NumericEquals", json!([1, 2]))],
            vec![number("NumericEquals", json!([1, 2, 3]))],
            Gain,
        ),
        (
            "too many digits",
            vec![number("NumericLessThan", json!("9007199254740992"))],
            vec![number("NumericLessThan", json!("9007199254740993"))],
            Maybe,
        ),
        (
            "without the key",
            vec![allow(
                json!({ "NumericLessThan": { "s3:max-keys": 5 }, "Null": { "s3:max-keys": "true" } }),
            )],
            vec![allow(
                json!({ "NumericLessThan": { "s3:max-keys": 7 }, "Null": { "s3:max-keys": "true" } }),
            )],
            Nothing,
        ),
    ]);
}

#[test]
fn several_values_are_each_like_what_is_asked() {
    let key =
        |operator: &str, values: Value| vec![allow(json!({ operator: { "aws:TagKeys": values } }))];
    let all = || on("Allow", "a/*");
    let with = |first: Vec<Value>, operator: &str, values: Value| {
        [
            first,
            vec![deny(json!({ operator: { "aws:TagKeys": values } }))],
        ]
        .concat()
    };
    let a_or_b = || key("ForAllValues:StringEquals", json!(["a", "b"]));
    let unknown = |condition: &str| vec![allow(json!({ "StringEquals": { "x:y": condition } }))];
    check(&[
        (
            "nothing is unlike *",
            with(vec![all()], "ForAnyValue:StringNotLike", json!("*")),
            vec![all()],
            Nothing,
        ),
        (
            "any is unlike a",
            with(vec![all()], "ForAnyValue:StringNotLike", json!("a")),
            vec![all()],
            Gain,
        ),
        (
            "all are unlike a",
            with(vec![all()], "ForAllValues:StringNotEquals", json!("a")),
            vec![all()],
            Gain,
        ),
        (
            "all hold without the key",
            vec![allow(
                json!({ "ForAllValues:StringEquals": { "aws:TagKeys": "a" }, "Null": { "aws:TagKeys": "true" } }),
            )],
            vec![allow(json!({ "Null": { "aws:TagKeys": "true" } }))],
            Nothing,
        ),
        (
            "all, no longer",
            key("ForAllValues:StringEquals", json!("a")),
            vec![all()],
            Gain,
        ),
        (
            "any of more",
            key("ForAnyValue:StringEquals", json!("a")),
            key("ForAnyValue:StringEquals", json!(["a", "b"])),
            Gain,
        ),
        (
            "any in place of all",
            key("ForAllValues:StringEquals", json!("a")),
            key("ForAnyValue:StringEquals", json!("a")),
            Gain,
        ),
        (
            "all of fewer",
            key("ForAllValues:StringLike", json!("a*")),
            key("ForAllValues:StringEquals", json!(["ab", "ac"])),
            Nothing,
        ),
        (
            "unlike more",
            key("ForAllValues:StringNotEquals", json!("a")),
            key("ForAllValues:StringNotEquals", json!(["a", "b"])),
            Nothing,
        ),
        (
            "what no list may have",
            with(
                key("ForAllValues:StringEquals", json!("a")),
                "ForAnyValue:StringEquals",
                json!("b"),
            ),
            key("ForAllValues:StringEquals", json!("a")),
            Nothing,
        ),
        (
            "what a list may have",
            with(a_or_b(), "ForAnyValue:StringEquals", json!("b")),
            a_or_b(),
            Gain,
        ),
        (
            "if it exists, of any",
            key("ForAnyValue:StringEquals", json!("a")),
            key("ForAnyValue:StringEqualsIfExists", json!("a")),
            Maybe,
        ),
        (
            "several values without a qualifier",
            [
                unknown("a"),
                vec![deny(json!({ "StringEquals": { "x:y": "b" } }))],
            ]
            .concat(),
            unknown("a"),
            Maybe,
        ),
    ]);
}

#[test]
fn arns_are_compared_field_by_field() {
    let source = |operator: &str, pattern: &str| {
        vec![allow(json!({ operator: { "aws:SourceArn": pattern } }))]
    };
    let like = |pattern: &str| source("StringLike", pattern);
    let arn = |pattern: &str| source("ArnLike", pattern);
    check(&[
        (
            "the last fields",
            like("arn:aws:sns:*:*:*"),
            arn("arn:aws:sns:*:*:*"),
            Nothing,
        ),
        (
            "the last fields as text",
            arn("arn:aws:sns:*:*:*"),
            like("arn:aws:sns:*:*:*"),
            Nothing,
        ),
        (
            "a field before the last",
            like("arn:aws:iam::*:role/x"),
            arn("arn:aws:iam::*:role/x"),
            Nothing,
        ),
        // The path of a user may be `/a:role/`, and no usual ARN shows it.
        (
            "more than a field",
            arn("arn:aws:iam::*:role/x"),
            like("arn:aws:iam::*:role/x"),
            Maybe,
        ),
        (
            "one character of a field",
            arn("arn:aws:iam::1?1:role/x"),
            like("arn:aws:iam::1?1:role/x"),
            Maybe,
        ),
        (
            "ArnEquals",
            source("ArnEquals", "arn:aws:sns:*:1:t*"),
            arn("arn:aws:sns:*:1:t*"),
            Nothing,
        ),
        (
            "narrower",
            arn("arn:aws:sns:*:*:t*"),
            arn("arn:aws:sns:eu-west-1:1:t"),
            Nothing,
        ),
        (
            "wider",
            arn("arn:aws:sns:eu-*:1:t"),
            arn("arn:aws:sns:*:1:t"),
            Gain,
        ),
        (
            "unlike",
            arn("arn:aws:sns:*:1:t"),
            source("ArnNotLike", "arn:aws:sns:*:1:t"),
            Gain,
        ),
        ("no ARN", arn("arn:aws:sns:*:1:t"), arn("*"), Maybe),
    ]);
}

#[test]
fn variables_have_values() {
    let owner = |values: Value| {
        vec![allow(
            json!({ "StringEquals": { "aws:ResourceTag/o": values } }),
        )]
    };
    let name = "${aws:username}";
    let default = "${aws:PrincipalTag/t, 'x'}";
    let home = "home/${aws:username}/*";
    check(&[
        (
            "any owner",
            owner(json!(name)),
            owner(json!(["${aws:username}", "q"])),
            Gain,
        ),
        (
            "fewer owners",
            owner(json!([name, "q"])),
            owner(json!(name)),
            Nothing,
        ),
        (
            "with a default",
            owner(json!([default, "q"])),
            owner(json!(default)),
            Nothing,
        ),
        (
            "every home",
            vec![on("Allow", home)],
            vec![on("Allow", "home/*")],
            Gain,
        ),
        (
            "one's own home",
            vec![on("Allow", "home/*")],
            vec![on("Allow", home)],
            Nothing,
        ),
        (
            "a Deny of one's home",
            vec![on("Allow", "home/*"), on("Deny", home)],
            vec![on("Allow", "home/*")],
            Gain,
        ),
        (
            "a Deny of admin",
            vec![on("Allow", home), on("Deny", "home/admin/*")],
            vec![on("Allow", home)],
            Gain,
        ),
    ]);
    let old = [on("Allow", "home/*"), on("Deny", home)];
    let (_, examples) = gained(&old, &[on("Allow", "home/*")]);
    assert_eq!(examples, [r#"{"aws:username": ["example"]}"#]);
}

#[test]
fn what_no_request_can_be_is_no_access() {
    let all = || on("Allow", "a/*");
    let without = |condition: Value| vec![all(), deny(condition)];
    let secure = |flag: &str| allow(json!({ "Bool": { "aws:SecureTransport": flag } }));
    let order = json!({ "NumericLessThan": { "x:n": 5 }, "NumericGreaterThan": { "x:n": 5 } });
    let name =
        json!({ "StringEquals": { "aws:username": "a" }, "StringLike": { "aws:username": "b*" } });
    let missing = json!({ "Null": { "x:n": "true" }, "NumericEquals": { "x:n": 5 } });
    check(&[
        ("below and above", without(order), vec![all()], Nothing),
        ("two names", without(name), vec![all()], Nothing),
        (
            "missing, with a value",
            without(missing),
            vec![all()],
            Nothing,
        ),
        (
            "secure or not",
            vec![secure("true"), secure("false")],
            vec![allow(json!({ "Null": { "aws:SecureTransport": "false" } }))],
            Maybe,
        ),
        (
            "secure",
            vec![secure("true")],
            vec![secure("true"), secure("false")],
            Gain,
        ),
        (
            "bytes",
            vec![allow(json!({ "BinaryEquals": { "x:k": "QQ==" } }))],
            vec![allow(
                json!({ "BinaryEquals": { "x:k": ["QQ==", "Qg=="] } }),
            )],
            Gain,
        ),
        (
            "a Deny that is not understood",
            without(json!({ "Frobnicate": { "x:y": "1" } })),
            vec![all()],
            Maybe,
        ),
        (
            "an Allow that is not understood",
            vec![],
            vec![allow(json!({ "Frobnicate": { "x:y": "1" } }))],
            Gain,
        ),
    ]);
}
