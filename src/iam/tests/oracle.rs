//! A second, simple evaluator: one concrete request, one set of documents, yes or no.
//!
//! It shares nothing with the code that it tests: documents are JSON as IAM takes it, patterns are
//! matched by recursion, conditions are asked one by one.

use std::collections::BTreeMap;

use serde_json::Value;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) action: String,
    pub(crate) resource: String,
    /// Values by key in lower case; a key without entry is missing.
    pub(crate) context: BTreeMap<String, Vec<String>>,
}

/// Documents of a principal.
#[derive(Clone, Debug)]
pub(crate) struct Policies {
    pub(crate) statements: Vec<Value>,
    pub(crate) boundary: Option<Vec<Value>>,
}

impl Policies {
    pub(crate) fn allow(&self, request: &Request) -> bool {
        let allows = |statements: &[Value]| {
            let hits = |effect: &str| {
                statements
                    .iter()
                    .any(|statement| statement["Effect"] == effect && applies(statement, request))
            };
            hits("Allow") && !hits("Deny")
        };
        allows(&self.statements) && self.boundary.as_deref().is_none_or(allows)
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn glob(pattern: &[char], text: &[char]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (Some('*'), _) => {
            glob(&pattern[1..], text) || (!text.is_empty() && glob(pattern, &text[1..]))
        }
        (Some('?'), Some(_)) => glob(&pattern[1..], &text[1..]),
        (Some(a), Some(b)) if a == b => glob(&pattern[1..], &text[1..]),
        _ => false,
    }
}

pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    glob(&pattern, &text)
}

fn applies(statement: &Value, request: &Request) -> bool {
    let action = |patterns: &Value| {
        texts(patterns)
            .iter()
            .any(|pattern| like(&pattern.to_lowercase(), &request.action.to_lowercase()))
    };
    let resource = |patterns: &Value| {
        texts(patterns)
            .iter()
            .any(|pattern| like(pattern, &request.resource))
    };
    let by_action = match statement.get("Action") {
        Some(patterns) => action(patterns),
        None => !action(&statement["NotAction"]),
    };
    let by_resource = match statement.get("Resource") {
        Some(patterns) => resource(patterns),
        None => !resource(&statement["NotResource"]),
    };
    by_action && by_resource && conditions(statement, request)
}

fn conditions(statement: &Value, request: &Request) -> bool {
    let Some(operators) = statement.get("Condition").and_then(Value::as_object) else {
        return true;
    };
    operators.iter().all(|(operator, keys)| {
        keys.as_object()
            .unwrap()
            .iter()
            .all(|(key, values)| condition(operator, &key.to_lowercase(), &texts(values), request))
    })
}

fn condition(operator: &str, key: &str, values: &[String], request: &Request) -> bool {
    let found = request.context.get(key);
    if operator == "Null" {
        return values
            .iter()
            .any(|value| (value == "true") == found.is_none());
    }
    if let Some(operator) = operator.strip_prefix("ForAnyValue:") {
        return found.is_some_and(|found| found.iter().any(|one| holds(operator, one, values)));
    }
    if let Some(operator) = operator.strip_prefix("ForAllValues:") {
        return found.is_none_or(|found| found.iter().all(|one| holds(operator, one, values)));
    }
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    match found {
        None => if_exists || operator.contains("Not"),
        Some(found) => holds(operator, &found[0], values),
    }
}

fn holds(operator: &str, found: &str, values: &[String]) -> bool {
    let any = |test: &dyn Fn(&str) -> bool| values.iter().any(|value| test(value));
    let number = |value: &str| value.parse::<f64>().unwrap();
    match operator {
        "StringEquals" => any(&|value| value == found),
        "StringNotEquals" => !any(&|value| value == found),
        "StringEqualsIgnoreCase" => any(&|value| value.eq_ignore_ascii_case(found)),
        "StringLike" => any(&|value| like(value, found)),
        "StringNotLike" => !any(&|value| like(value, found)),
        "NumericLessThan" => any(&|value| number(found) < number(value)),
        "NumericGreaterThanEquals" => any(&|value| number(found) >= number(value)),
        other => panic!("the evaluator does not know {other}"),
    }
}
