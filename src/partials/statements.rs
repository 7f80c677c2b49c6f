//! The statements that a partial of a policy renders to, for a stand-in for the app.
//!
//! In: the partials of a run, and the name of one with the options that are on. Out: its statements
//! as YAML. Refuses a partial that does not render, and one without a list of statements.
//!
//! The text is the one that a macro gets, except for what only the macro knows: the app is [`APP`],
//! and there is no boundary.

use serde_json::{Map, Value as Json, json};
use serde_yaml::{Mapping, Value};

use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::partials::Partials;
use crate::partials::rules::BROKEN_PARTIAL;

/// The app id that partials are rendered with.
pub const APP: &str = "app";

/// The text of the partial `name` with these options on.
///
/// # Errors
///
/// `broken-partial`.
pub fn text(partials: &Partials, name: &str, options: &[impl AsRef<str>]) -> Result<String> {
    partials.render(name, &context(name, options))
}

/// The text of the partial `name` if the macro also chooses `service` with this option.
///
/// # Errors
///
/// `broken-partial`.
pub fn text_beside(
    partials: &Partials,
    name: &str,
    (service, option): (&str, &str),
) -> Result<String> {
    let mut context = context(name, NO_OPTIONS);
    if let Some(Json::Object(services)) = context.get_mut("services") {
        services.insert(service.to_owned(), json!({ option: true }));
    }
    partials.render(name, &context)
}

/// The options of services that the partial `name` reads, such as `lambda` and `image`, as its front
/// matter says.
pub fn services_read<'a>(
    partials: &'a Partials,
    name: &str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let head = partials.front_matter(name);
    let reads = head.into_iter().flat_map(|head| head.reads.names());
    reads.filter_map(|read| read.strip_prefix("services.")?.split_once('.'))
}

const NO_OPTIONS: &[&str] = &[];

/// What the partial `name` is rendered with.
fn context(name: &str, options: &[impl AsRef<str>]) -> Json {
    let (folder, short) = name.split_once('/').unwrap_or(("", name));
    let is_guard = folder == "guards";
    let options: Map<String, Json> = options
        .iter()
        .map(|option| (option.as_ref().to_owned(), Json::Bool(true)))
        .collect();
    // The guard keeps what a macro may create; its text follows from these.
    let boundary = if is_guard { "'*'" } else { "" };
    json!({
        "appId": APP,
        "appIdLetters": APP,
        "rolePath": "/",
        "policyPath": if is_guard { "/managed/" } else { "/" },
        "user": is_guard,
        "beside": [],
        "boundary": boundary,
        "existingBoundary": "",
        "services": { short: options },
        "options": options,
    })
}

/// The statements of a text that the partial `name` was rendered to.
///
/// # Errors
///
/// `broken-partial`.
pub fn parsed(partials: &Partials, name: &str, text: &str) -> Result<Vec<Value>> {
    let policy: Option<Mapping> = serde_yaml::from_str(text).ok();
    match policy.and_then(|mut policy| policy.remove("Statement")) {
        Some(Value::Sequence(items)) => Ok(items),
        _ => Err(broken(partials, name)),
    }
}

/// The problem of a partial that does not render to statements.
pub fn broken(partials: &Partials, name: &str) -> Vec<Diagnostic> {
    let message = format!(
        "the partial `{}` does not render to statements",
        name.shown()
    );
    let help = "compare it with a built-in one: `deploy-roles partials show services/sqs`";
    vec![Diagnostic::new(&BROKEN_PARTIAL, partials.span(name), message).help(help)]
}

/// The items of a list, or a single value.
pub fn listed(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (items, one) = match value {
        Some(Value::Sequence(items)) => (items.as_slice(), None),
        other => (&[][..], other),
    };
    items.iter().chain(one)
}

/// The text of a value: its own, or that of its `!Sub`.
pub fn substituted(value: &Value) -> Option<String> {
    let of_sub = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Sequence(items) => items.first().and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Tagged(tagged) if tagged.tag == "!Sub" => of_sub(&tagged.value),
        Value::Mapping(fields) => fields.get("Fn::Sub").and_then(of_sub),
        _ => None,
    }
}

/// The text of an ARN or of a name in a statement; what is not a text can be any ARN.
pub fn arn(value: &Value) -> String {
    substituted(value).unwrap_or_else(|| "arn:*".to_owned())
}

/// An ARN as it is compared: the partition, region, and account of the deployment are the same
/// everywhere, and any other variable can be anything.
pub fn normal(arn: &str) -> String {
    let mut out = String::with_capacity(arn.len());
    let mut rest = arn;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(match name.trim_start_matches("AWS::") {
            "Partition" => "aws",
            "Region" => "eu-west-1",
            "Account" | "AccountId" => "111122223333",
            _ => "*",
        });
        rest = after;
    }
    out.push_str(rest);
    out
}
