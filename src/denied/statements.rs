//! The statements of the partials: what a service, a framework, or a guard allows and denies.
//!
//! In: the partials of a run. Out: [`PartialStatement`]s with their Sids. Refuses nothing: a partial
//! that does not render says nothing here, and `expand` reports it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use serde_yaml::Value;

use crate::aws::wildcard::{matches, overlap};
use crate::infer::grants::{APP, normal};
use crate::partials::Partials;

/// What gives a role its statements.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StatementSource {
    /// A service of the execution role.
    Service(String),
    /// A framework of the deployer role.
    Framework(String),
    /// What every role of its kind has.
    Always(String),
}

/// A statement of a partial.
#[derive(Clone, Debug)]
pub(super) struct PartialStatement {
    /// What gives it.
    pub(super) source: StatementSource,
    /// The option that adds it.
    pub(super) option: Option<String>,
    /// Its Sid.
    pub(super) sid: String,
    pub(super) is_deny: bool,
    /// The patterns of its resources, for the app [`APP`].
    pub(super) resources: Vec<String>,
    /// Its conditions, as text.
    pub(super) condition: Option<String>,
    actions: Vec<String>,
    is_negated: bool,
    passed_to: Option<Vec<String>>,
}

/// What the partials read, with everything that adds a statement.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartialContext {
    app_id: &'static str,
    app_id_letters: &'static str,
    role_path: &'static str,
    policy_path: &'static str,
    user: bool,
    beside: Vec<String>,
    boundary: &'static str,
    existing_boundary: &'static str,
    services: Map<String, Json>,
    options: Map<String, Json>,
}

/// What a denial asked for.
pub(super) struct DeniedRequest<'a> {
    pub(super) action: &'a str,
    /// The resource, for the app [`APP`]; `None` if it is not known.
    pub(super) resource: Option<&'a str>,
    /// The service that gets the role.
    pub(super) passed_to: Option<&'a str>,
}

/// The statements of the services, frameworks and guards in `partials`.
pub(super) fn statements(partials: &Partials) -> Vec<PartialStatement> {
    let mut all = Vec::new();
    let catalog = &partials.catalog;
    for name in catalog.services.names() {
        let options = catalog.services.options(name).unwrap_or_default();
        let source = StatementSource::Service(name.to_owned());
        all.extend(of_partial(
            partials,
            &format!("services/{name}"),
            &source,
            options,
        ));
    }
    for name in catalog.frameworks.names() {
        let options = catalog.frameworks.options(name).unwrap_or_default();
        let source = StatementSource::Framework(name.to_owned());
        all.extend(of_partial(
            partials,
            &format!("frameworks/{name}"),
            &source,
            options,
        ));
    }
    for name in [
        "deployer/delegate",
        "guards/deploy-roles",
        "guards/cdk-roles",
        "boundary/app-boundary",
    ] {
        let options = ["nestedStacks".to_owned()];
        let options = if name.starts_with("guards/") {
            &options[..]
        } else {
            &[]
        };
        let source = StatementSource::Always(name.to_owned());
        all.extend(of_partial(partials, name, &source, options));
    }
    all
}

/// The statements of a partial, and those that each option adds.
fn of_partial(
    partials: &Partials,
    name: &str,
    source: &StatementSource,
    options: &[String],
) -> Vec<PartialStatement> {
    let base = rendered(partials, name, &[]);
    let mut all: Vec<PartialStatement> = Vec::new();
    for value in &base {
        all.extend(statement(value, source, None));
    }
    for option in options {
        for value in rendered(partials, name, std::slice::from_ref(option)) {
            if !base.contains(&value) {
                all.extend(statement(&value, source, Some(option)));
            }
        }
    }
    all
}

fn rendered(partials: &Partials, name: &str, options: &[String]) -> Vec<Value> {
    if !partials.has(name) {
        return Vec::new();
    }
    let options: Map<String, Json> = options
        .iter()
        .map(|option| (option.clone(), Json::Bool(true)))
        .collect();
    let services: Map<String, Json> = options
        .keys()
        .map(|name| (name.clone(), json!(options)))
        .collect();
    let context = json!(PartialContext {
        app_id: APP,
        app_id_letters: APP,
        role_path: "/",
        policy_path: "/managed/",
        user: true,
        beside: Vec::new(),
        boundary: if name.starts_with("guards/") {
            "'*'"
        } else {
            ""
        },
        existing_boundary: "",
        services,
        options,
    });
    let text = partials.render(name, &context).unwrap_or_default();
    let policy: Value = serde_yaml::from_str(&text).unwrap_or_default();
    match policy.get("Statement") {
        Some(Value::Sequence(items)) => items.clone(),
        _ => Vec::new(),
    }
}

fn statement(
    value: &Value,
    source: &StatementSource,
    option: Option<&String>,
) -> Option<PartialStatement> {
    let texts = |name: &str| -> Vec<String> {
        match value.get(name) {
            Some(Value::Sequence(items)) => items.iter().filter_map(text).collect(),
            Some(one) => text(one).into_iter().collect(),
            None => Vec::new(),
        }
    };
    let actions = texts("Action");
    let is_negated = value.get("NotResource").is_some();
    let resources = texts(if is_negated {
        "NotResource"
    } else {
        "Resource"
    });
    let condition = value.get("Condition");
    Some(PartialStatement {
        source: source.clone(),
        option: option.cloned(),
        sid: value.get("Sid")?.as_str()?.to_owned(),
        is_deny: value.get("Effect")?.as_str()? == "Deny",
        actions: actions
            .iter()
            .map(|action| action.to_ascii_lowercase())
            .collect(),
        resources: resources.iter().map(|resource| normal(resource)).collect(),
        condition: condition.map(shown),
        is_negated,
        passed_to: condition.and_then(passed_to),
    })
}

/// A text, or that of its `!Sub`.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Tagged(tagged) => tagged.value.as_str().map(str::to_owned),
        _ => None,
    }
}

/// The keys of a condition with what they ask for.
fn shown(condition: &Value) -> String {
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    for (operator, keys) in condition.as_mapping().into_iter().flatten() {
        for (key, values) in keys.as_mapping().into_iter().flatten() {
            let values: Vec<String> = match values {
                Value::Sequence(items) => items.iter().filter_map(text).collect(),
                one => text(one).into_iter().collect(),
            };
            let (Some(operator), Some(key)) = (operator.as_str(), key.as_str()) else {
                continue;
            };
            parts.insert(format!("{operator} {key}"), values.join(", "));
        }
    }
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(key, values)| format!("{key}: {values}"))
        .collect();
    parts.join("; ")
}

/// The services of `iam:PassedToService`.
fn passed_to(condition: &Value) -> Option<Vec<String>> {
    let keys = condition
        .as_mapping()?
        .iter()
        .filter_map(|(_, keys)| keys.as_mapping());
    let (_, values) = keys
        .flatten()
        .find(|(key, _)| key.as_str() == Some("iam:PassedToService"))?;
    Some(match values {
        Value::Sequence(items) => items
            .iter()
            .filter_map(text)
            .map(|text| normal(&text))
            .collect(),
        one => text(one).into_iter().map(|text| normal(&text)).collect(),
    })
}

impl PartialStatement {
    /// Whether it is about the action, whatever the resource.
    pub(super) fn names(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions.iter().any(|pattern| matches(pattern, &action))
    }

    /// Whether it is about the request, if its conditions hold.
    pub(super) fn is_about(&self, request: &DeniedRequest<'_>) -> bool {
        self.names(request.action) && self.reaches(request.resource) && self.lets_pass(request)
    }

    fn reaches(&self, resource: Option<&str>) -> bool {
        let Some(resource) = resource else {
            return true;
        };
        let mut patterns = self.resources.iter();
        if self.is_negated {
            return !patterns.any(|pattern| matches(pattern, resource));
        }
        if resource == "*" {
            return patterns.any(|pattern| pattern == "*");
        }
        patterns.any(|pattern| overlap(pattern, resource))
    }

    fn lets_pass(&self, request: &DeniedRequest<'_>) -> bool {
        match (&self.passed_to, request.passed_to) {
            (Some(allowed), Some(service)) if !self.is_deny => {
                allowed.iter().any(|one| overlap(one, service))
            }
            _ => true,
        }
    }
}
