//! IAM's rules, as far as the generated policies and the random ones need them: documents in, a
//! decision on one concrete request out.
//!
//! It shares nothing with `src/iam`, which is tested against it: documents are JSON as IAM takes
//! it, patterns are compared character by character, conditions are asked one by one. Unit tests
//! and integration tests include this file.
//!
//! A document that says something this file does not know (an operator, a key, a kind of
//! principal) stops the test: a guess would hide a hole.
//!
//! The rules: Deny wins over Allow; what no statement allows is refused; a permissions boundary
//! must allow, too. Actions ignore case, resources do not, `*` crosses `/` and `:`. The operators
//! of a condition and their keys must all agree, one value of a key is enough (for a negated
//! operator: none may match). A key that the request lacks fails an operator, and agrees with a
//! negated one, with `...IfExists` and with `ForAllValues:`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

/// What a request says beside action and resource; keys in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Context(pub(crate) BTreeMap<String, Vec<String>>);

impl Context {
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.0
            .insert(key.to_ascii_lowercase(), vec![value.to_owned()]);
        self
    }

    pub(crate) fn without(mut self, key: &str) -> Self {
        self.0.remove(&key.to_ascii_lowercase());
        self
    }

    fn get(&self, key: &str) -> Option<&Vec<String>> {
        self.0.get(&key.to_ascii_lowercase())
    }
}

/// One question to IAM.
#[derive(Clone, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) context: &'a Context,
}

/// Who asks to become a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A user or role, by its ARN.
    Aws(String),
    /// A service of AWS.
    Service(String),
    /// The bearer of a token of an identity provider, by the provider's ARN.
    Federated(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Allowed,
    Denied,
    NotAllowed,
}

/// How a trust policy lets a caller in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    /// As one of its account: its own policies must allow the call, too.
    ByAccount,
    /// By itself: in its own account nothing else is asked.
    ByItself,
}

/// A policy document.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) sid: String,
    pub(crate) allows: bool,
    /// Kind and value, such as `AWS` and an ARN.
    pub(crate) principals: Vec<(String, String)>,
    pub(crate) actions: Patterns,
    pub(crate) resources: Option<Patterns>,
    pub(crate) conditions: Vec<Condition>,
}

#[derive(Clone, Debug)]
pub(crate) struct Patterns {
    pub(crate) negated: bool,
    pub(crate) patterns: Vec<String>,
}

/// One key under one operator.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) operator: String,
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

impl Document {
    pub(crate) fn parse(json: &Value) -> Self {
        let fields = json.as_object().expect("a policy document is a mapping");
        for key in fields.keys() {
            assert!(
                ["Version", "Id", "Statement"].contains(&key.as_str()),
                "unknown key {key} in {json}"
            );
        }
        Document {
            statements: items(&json["Statement"])
                .into_iter()
                .map(Statement::parse)
                .collect(),
        }
    }

    /// A document that allows everything.
    pub(crate) fn administrator() -> Self {
        Document::parse(&serde_json::json!({
            "Version": "2012-10-17",
            "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" },
        }))
    }

    /// How this trust policy answers `caller`: a Deny wins, then the closest way in.
    pub(crate) fn trusts(&self, caller: &Caller, request: &Request<'_>) -> Option<Named> {
        let mut way = None;
        for statement in &self.statements {
            if !statement.actions.match_action(request) || !statement.agrees(request.context) {
                continue;
            }
            let named = statement
                .principals
                .iter()
                .filter_map(|(kind, value)| names(kind, value, caller))
                .max();
            match named {
                Some(_) if !statement.allows => return None,
                Some(_) => way = way.max(named),
                None => {}
            }
        }
        way
    }
}

impl Statement {
    fn parse(json: &Value) -> Self {
        let fields = json.as_object().expect("a statement is a mapping");
        for key in fields.keys() {
            let known = [
                "Sid",
                "Effect",
                "Principal",
                "Action",
                "NotAction",
                "Resource",
                "NotResource",
                "Condition",
            ];
            assert!(known.contains(&key.as_str()), "unknown key {key} in {json}");
        }
        let allows = match json["Effect"].as_str() {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => panic!("neither Allow nor Deny: {json}"),
        };
        Statement {
            sid: json["Sid"].as_str().unwrap_or_default().to_owned(),
            allows,
            principals: principals(&json["Principal"]),
            actions: Patterns::of(json, "Action", "NotAction")
                .unwrap_or_else(|| panic!("no action: {json}")),
            resources: Patterns::of(json, "Resource", "NotResource"),
            conditions: conditions(&json["Condition"]),
        }
    }

    /// Whether the statement speaks about this request.
    fn applies(&self, request: &Request<'_>) -> bool {
        let resources = self
            .resources
            .as_ref()
            .expect("a statement of a role's or user's policy has resources");
        self.actions.match_action(request)
            && resources.match_resource(request)
            && self.agrees(request.context)
    }

    fn agrees(&self, context: &Context) -> bool {
        self.conditions
            .iter()
            .all(|condition| condition.agrees(context))
    }
}

/// The answer of documents that hold together: the policies of one user or role.
pub(crate) fn decide<'a>(
    documents: impl IntoIterator<Item = &'a Document>,
    request: &Request<'_>,
) -> Decision {
    let mut decision = Decision::NotAllowed;
    for statement in documents.into_iter().flat_map(|one| &one.statements) {
        if statement.applies(request) {
            if !statement.allows {
                return Decision::Denied;
            }
            decision = Decision::Allowed;
        }
    }
    decision
}

/// Whether policies that hold together allow the request, within a boundary if there is one.
pub(crate) fn allow<'a>(
    policies: impl IntoIterator<Item = &'a Document>,
    boundary: Option<&Document>,
    request: &Request<'_>,
) -> bool {
    decide(policies, request) == Decision::Allowed
        && boundary.is_none_or(|boundary| decide([boundary], request) == Decision::Allowed)
}

impl Patterns {
    fn of(json: &Value, positive: &str, negative: &str) -> Option<Self> {
        let (key, negated) = match (json.get(positive), json.get(negative)) {
            (Some(_), None) => (positive, false),
            (None, Some(_)) => (negative, true),
            (None, None) => return None,
            (Some(_), Some(_)) => panic!("both {positive} and {negative}: {json}"),
        };
        let patterns = items(&json[key]).into_iter().map(text);
        Some(Patterns {
            negated,
            patterns: match positive {
                "Action" => patterns.map(|it| it.to_ascii_lowercase()).collect(),
                _ => patterns.collect(),
            },
        })
    }

    fn match_action(&self, request: &Request<'_>) -> bool {
        let action = request.action.to_ascii_lowercase();
        self.negated != self.patterns.iter().any(|pattern| glob(pattern, &action))
    }

    fn match_resource(&self, request: &Request<'_>) -> bool {
        self.negated
            != self.patterns.iter().any(|pattern| {
                filled(pattern, request.context).is_some_and(|it| glob(&it, request.resource))
            })
    }
}

impl Condition {
    fn agrees(&self, context: &Context) -> bool {
        let found = context.get(&self.key);
        let (qualifier, operator) = match self.operator.split_once(':') {
            Some((qualifier, operator)) => (Some(qualifier), operator),
            None => (None, self.operator.as_str()),
        };
        let (operator, if_exists) = match operator.strip_suffix("IfExists") {
            Some(operator) => (operator, true),
            None => (operator, false),
        };
        if operator == "Null" {
            return self
                .values
                .iter()
                .any(|value| (value == "true") == found.is_none());
        }
        let negated = operator.contains("Not");
        let test = test(operator).expect("looked at where the document was read");
        let matches = |value: &String| {
            self.values.iter().any(|pattern| {
                filled(pattern, context).is_some_and(|pattern| test(&pattern, value))
            })
        };
        match (qualifier, found) {
            (None, None) => negated || if_exists,
            (Some("ForAllValues"), None) => true,
            (Some("ForAnyValue"), None) => if_exists,
            (None | Some("ForAnyValue"), Some(values)) => {
                values.iter().any(|value| negated != matches(value))
            }
            (Some("ForAllValues"), Some(values)) => {
                values.iter().all(|value| negated != matches(value))
            }
            (Some(other), _) => panic!("unknown qualifier {other}"),
        }
    }
}

/// What one operator asks of a pattern and a value, without its negation.
fn test(operator: &str) -> Option<fn(&str, &str) -> bool> {
    let test: fn(&str, &str) -> bool = match operator {
        "StringEquals" | "StringNotEquals" | "Bool" => |pattern, value| pattern == value,
        "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" => {
            |pattern, value| pattern.eq_ignore_ascii_case(value)
        }
        "StringLike" | "StringNotLike" => glob,
        "ArnEquals" | "ArnLike" | "ArnNotEquals" | "ArnNotLike" => arn_like,
        "NumericEquals" | "NumericNotEquals" => {
            |pattern, value| number(value).total_cmp(&number(pattern)).is_eq()
        }
        "NumericLessThan" => |pattern, value| number(value) < number(pattern),
        "NumericLessThanEquals" => |pattern, value| number(value) <= number(pattern),
        "NumericGreaterThan" => |pattern, value| number(value) > number(pattern),
        "NumericGreaterThanEquals" => |pattern, value| number(value) >= number(pattern),
        "IpAddress" | "NotIpAddress" => is_in_network,
        "DateGreaterThan" => |pattern, value| value > pattern,
        _ => return None,
    };
    Some(test)
}

/// Known operators only, so that a new one is noticed although no request reaches it.
fn conditions(json: &Value) -> Vec<Condition> {
    let Some(operators) = json.as_object() else {
        assert!(json.is_null(), "no conditions: {json}");
        return Vec::new();
    };
    let mut found = Vec::new();
    for (operator, keys) in operators {
        let bare = operator
            .split_once(':')
            .map_or(operator.as_str(), |it| it.1);
        let bare = bare.strip_suffix("IfExists").unwrap_or(bare);
        assert!(
            bare == "Null" || test(bare).is_some(),
            "unknown operator {operator}"
        );
        for (key, values) in keys.as_object().expect("an operator has keys") {
            found.push(Condition {
                operator: operator.clone(),
                key: key.clone(),
                values: items(values).into_iter().map(text).collect(),
            });
        }
    }
    found
}

fn principals(json: &Value) -> Vec<(String, String)> {
    match json {
        Value::Null => Vec::new(),
        Value::String(all) => {
            assert_eq!(all, "*", "a principal is `*` or a mapping");
            vec![("AWS".to_owned(), all.clone())]
        }
        Value::Object(kinds) => kinds
            .iter()
            .flat_map(|(kind, values)| {
                assert!(
                    ["AWS", "Service", "Federated"].contains(&kind.as_str()),
                    "unknown kind of principal {kind}"
                );
                items(values)
                    .into_iter()
                    .map(|value| (kind.clone(), text(value)))
            })
            .collect(),
        other => panic!("no principal: {other}"),
    }
}

/// Whether an entry of `Principal` names the caller.
fn names(kind: &str, value: &str, caller: &Caller) -> Option<Named> {
    match (kind, caller) {
        ("AWS", _) if value == "*" => Some(Named::ByItself),
        ("AWS", Caller::Aws(arn)) if value == arn => Some(Named::ByItself),
        ("AWS", Caller::Aws(arn)) => {
            let account = account(arn);
            let root = value.ends_with(":root") && self::account(value) == account;
            (root || value == account).then_some(Named::ByAccount)
        }
        ("Service", Caller::Service(name)) => (value == name).then_some(Named::ByItself),
        ("Federated", Caller::Federated(provider)) => {
            (value == provider).then_some(Named::ByItself)
        }
        _ => None,
    }
}

/// The account of an ARN.
pub(crate) fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// A pattern with its policy variables filled in; nothing where the request lacks one.
fn filled<'a>(pattern: &'a str, context: &Context) -> Option<Cow<'a, str>> {
    if !pattern.contains("${") {
        return Some(Cow::Borrowed(pattern));
    }
    let mut rest = pattern;
    let mut filled = String::new();
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else {
            break;
        };
        filled.push_str(before);
        filled.push_str(context.get(variable)?.first()?);
        rest = after;
    }
    Some(Cow::Owned(filled + rest))
}

/// `*` is any text, `?` any one character.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stands, and how much text it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else {
                    return false;
                };
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

/// `ArnLike` and `ArnEquals`: the six parts of an ARN, each by itself.
fn arn_like(pattern: &str, value: &str) -> bool {
    let (pattern, value): (Vec<&str>, Vec<&str>) = (
        pattern.splitn(6, ':').collect(),
        value.splitn(6, ':').collect(),
    );
    pattern.len() == value.len()
        && pattern
            .iter()
            .zip(value)
            .all(|(pattern, part)| glob(pattern, part))
}

/// Whether the address is in the network `a.b.c.d/bits`.
fn is_in_network(network: &str, address: &str) -> bool {
    let bits_of = |text: &str| text.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
    let (network, length) = network.split_once('/').unwrap_or((network, "32"));
    let rest = 32 - length.parse::<u32>().unwrap_or(32);
    match (bits_of(network), bits_of(address)) {
        (Some(network), Some(address)) => (network ^ address).checked_shr(rest).unwrap_or(0) == 0,
        _ => false,
    }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// A value, or the values of a list.
fn items(json: &Value) -> Vec<&Value> {
    match json {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn text(json: &Value) -> String {
    match json {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Null => json.to_string(),
        other => panic!("no text: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn allowed(statements: Value, action: &str, resource: &str, context: &Context) -> bool {
        let document = Document::parse(&json!({ "Statement": statements }));
        let request = Request {
            action,
            resource,
            context,
        };
        decide([&document], &request) == Decision::Allowed
    }

    fn agrees(condition: Value, context: &Context) -> bool {
        let statement =
            json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition });
        allowed(statement, "s3:GetObject", "*", context)
    }

    #[test]
    fn deny_wins() {
        let statements = json!([
            { "Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:iam::1:role/a" },
            { "Effect": "Allow", "NotAction": "s3:*", "Resource": "*" },
        ]);
        let ask =
            |action, resource| allowed(statements.clone(), action, resource, &Context::default());
        assert!(!ask("iam:PassRole", "arn:aws:iam::1:role/a"));
        assert!(ask("iam:PassRole", "arn:aws:iam::1:role/b"));
        assert!(!ask("s3:GetObject", "arn:aws:s3:::b/c"));
    }

    #[test]
    fn patterns_match_as_in_iam() {
        let statement =
            json!({ "Effect": "Allow", "Action": "S3:get*", "Resource": "arn:aws:s3:::app-*/?" });
        let ask =
            |action, resource| allowed(statement.clone(), action, resource, &Context::default());
        assert!(ask("s3:GetObject", "arn:aws:s3:::app-x/a/b/c"));
        assert!(!ask("s3:GetObject", "arn:aws:s3:::App-x/a"));
        assert!(!ask("s3:PutObject", "arn:aws:s3:::app-x/a"));
        assert!(!glob("a*b?", "aab") && glob("a*b?", "aabbc") && glob("*", "") && !glob("", "a"));
        assert!(arn_like("arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x"));
        assert!(!arn_like("arn:*:role/x", "arn:aws:iam::1:role/x"));
    }

    #[test]
    fn missing_keys_fail_what_is_asked_and_agree_with_what_is_not() {
        let none = Context::default();
        for (operator, expected) in [
            ("StringEquals", false),
            ("StringLike", false),
            ("ArnLike", false),
            ("Bool", false),
            ("ForAnyValue:StringEquals", false),
            ("StringNotEquals", true),
            ("ArnNotLike", true),
            ("StringEqualsIfExists", true),
            ("ForAllValues:StringEquals", true),
        ] {
            assert_eq!(
                agrees(json!({ operator: { "k": "v" } }), &none),
                expected,
                "{operator}"
            );
        }
        assert!(agrees(json!({ "Null": { "k": "true" } }), &none));
        assert!(!agrees(json!({ "Null": { "k": "false" } }), &none));
    }

    #[test]
    fn numbers_and_addresses_are_compared_by_value() {
        let context = Context::default().with("n", "5").with("ip", "10.1.2.3");
        for (operator, value, expected) in [
            ("NumericEquals", "5.0", true),
            ("NumericNotEquals", "5", false),
            ("NumericLessThan", "5", false),
            ("NumericLessThanEquals", "5", true),
            ("NumericGreaterThan", "4", true),
            ("NumericGreaterThanEquals", "6", false),
        ] {
            let condition = json!({ operator: { "n": value } });
            assert_eq!(agrees(condition, &context), expected, "{operator}");
        }
        for (network, expected) in [
            ("10.0.0.0/8", true),
            ("10.1.2.3", true),
            ("0.0.0.0/0", true),
            ("10.1.2.0/30", true),
            ("10.1.2.0/31", false),
        ] {
            let condition = json!({ "IpAddress": { "ip": network } });
            assert_eq!(agrees(condition, &context), expected, "{network}");
            let condition = json!({ "NotIpAddress": { "ip": network } });
            assert_eq!(agrees(condition, &context), !expected, "{network}");
            let condition = json!({ "IpAddress": { "ip": network } });
            assert!(!agrees(condition, &context.clone().without("ip")));
        }
    }

    #[test]
    fn a_boundary_must_allow_as_well() {
        let bounds = Document::parse(&json!({
            "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "*" },
        }));
        let context = Context::default();
        let ask = |action, boundary| {
            let request = Request {
                action,
                resource: "x",
                context: &context,
            };
            allow([&Document::administrator()], boundary, &request)
        };
        assert!(ask("s3:GetObject", Some(&bounds)) && ask("iam:PassRole", None));
        assert!(!ask("iam:PassRole", Some(&bounds)));
    }

    #[test]
    fn all_operators_and_keys_count_and_one_value_of_each() {
        let context = Context::default().with("aws:A", "1").with("b", "2");
        assert!(agrees(
            json!({ "StringEquals": { "AWS:a": ["0", "1"], "b": "2" } }),
            &context
        ));
        assert!(!agrees(
            json!({ "StringEquals": { "aws:a": "1", "b": "1" } }),
            &context
        ));
        assert!(!agrees(
            json!({ "StringNotEquals": { "aws:a": ["0", "1"] } }),
            &context
        ));
        assert!(!agrees(
            json!({ "StringEquals": { "b": "2" }, "Null": { "b": true } }),
            &context
        ));
        assert!(agrees(
            json!({ "StringEquals": { "b": "${aws:a}" } }),
            &context.clone().with("b", "1")
        ));
        assert!(!agrees(
            json!({ "StringEquals": { "b": "${aws:username}" } }),
            &context
        ));
    }

    #[test]
    fn an_operator_that_is_not_here_is_unknown() {
        assert!(test("BinaryEquals").is_none() && test("StringLike").is_some());
    }

    #[test]
    fn trust_policies_name_callers() {
        let trust = |principal: Value| {
            let document = Document::parse(&json!({
                "Statement": { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" },
            }));
            let caller = Caller::Aws("arn:aws:iam::1:role/a".to_owned());
            let context = Context::default();
            let request = Request {
                action: "sts:AssumeRole",
                resource: "x",
                context: &context,
            };
            document.trusts(&caller, &request)
        };
        assert_eq!(trust(json!("*")), Some(Named::ByItself));
        assert_eq!(
            trust(json!({ "AWS": "arn:aws:iam::1:role/a" })),
            Some(Named::ByItself)
        );
        assert_eq!(
            trust(json!({ "AWS": "arn:aws:iam::1:root" })),
            Some(Named::ByAccount)
        );
        assert_eq!(trust(json!({ "AWS": ["2", "1"] })), Some(Named::ByAccount));
        assert_eq!(trust(json!({ "AWS": "arn:aws:iam::1:role/b" })), None);
        assert_eq!(trust(json!({ "AWS": "arn:aws:iam::2:root" })), None);
        assert_eq!(trust(json!({ "Service": "ec2.amazonaws.com" })), None);
    }

    #[test]
    fn services_and_tokens_are_named_as_they_are() {
        let document = Document::parse(&json!({
            "Statement": [{
                "Sid": "All",
                "Effect": "Allow",
                "Principal": { "Service": "ec2.amazonaws.com", "Federated": "arn:aws:iam::1:x" },
                "Action": "sts:*",
            }],
        }));
        assert_eq!(document.statements[0].sid, "All");
        let context = Context::default();
        let trusts = |caller: Caller| {
            let request = Request {
                action: "sts:AssumeRole",
                resource: "x",
                context: &context,
            };
            document.trusts(&caller, &request)
        };
        let itself = Some(Named::ByItself);
        assert_eq!(trusts(Caller::Service("ec2.amazonaws.com".into())), itself);
        assert_eq!(trusts(Caller::Service("s3.amazonaws.com".into())), None);
        assert_eq!(trusts(Caller::Federated("arn:aws:iam::1:x".into())), itself);
        assert_eq!(trusts(Caller::Federated("ec2.amazonaws.com".into())), None);
    }
}
