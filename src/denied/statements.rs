//! The statements of the partials: what a service, a framework, or a guard allows and denies.
//!
//! In: the partials of a run. Out: [`PartialStatement`]s with their Sids. Refuses nothing: a partial
//! that does not render says nothing here, and `expand` reports it.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde_yaml::Value;

use crate::aws::wildcard::{matches, overlap};
use crate::diagnostic::Result;
use crate::partials::Partials;
use crate::partials::statements::{self, arn, listed, normal, substituted};
use crate::yaml::lookup::Library;

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
    /// The service and its option that add it to a framework: `lambda`, `image`.
    pub(super) beside: Option<(String, String)>,
    /// Its Sid.
    pub(super) sid: String,
    pub(super) is_deny: bool,
    /// The patterns of its resources, for the app [`statements::APP`].
    pub(super) resources: Vec<String>,
    /// Its conditions, as text.
    pub(super) condition: Option<String>,
    actions: Vec<String>,
    is_negated: bool,
    passed_to: Option<Vec<String>>,
}

/// What a denial asked for.
pub(super) struct DeniedRequest<'a> {
    pub(super) action: &'a str,
    /// The resource, for the app [`statements::APP`]; `None` if it is not known.
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

/// The statements of the built-in partials, rendered when they are first asked for.
#[derive(Default)]
pub(super) struct BuiltInStatements(OnceCell<Vec<PartialStatement>>);

impl BuiltInStatements {
    pub(super) fn all(&self) -> &[PartialStatement] {
        self.0.get_or_init(|| {
            let partials = Partials::new(&mut Library::default(), &[]);
            partials.map_or_else(|_| Vec::new(), |partials| statements(&partials))
        })
    }
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
    for (service, option) in statements::services_read(partials, name) {
        let text = statements::text_beside(partials, name, (service, option));
        for value in parsed(partials, name, text) {
            if !base.contains(&value)
                && let Some(added) = statement(&value, source, None)
            {
                all.push(PartialStatement {
                    beside: Some((service.to_owned(), option.to_owned())),
                    ..added
                });
            }
        }
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

/// The statements of a partial; none if it does not render to any.
fn rendered(partials: &Partials, name: &str, options: &[String]) -> Vec<Value> {
    if !partials.has(name) {
        return Vec::new();
    }
    parsed(partials, name, statements::text(partials, name, options))
}

fn parsed(partials: &Partials, name: &str, text: Result<String>) -> Vec<Value> {
    text.and_then(|text| statements::parsed(partials, name, &text))
        .unwrap_or_default()
}

fn statement(
    value: &Value,
    source: &StatementSource,
    option: Option<&String>,
) -> Option<PartialStatement> {
    let texts = |name: &str| -> Vec<String> { listed(value.get(name)).map(arn).collect() };
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
        beside: None,
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

/// The keys of a condition with what they ask for.
fn shown(condition: &Value) -> String {
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    for (operator, keys) in condition.as_mapping().into_iter().flatten() {
        for (key, values) in keys.as_mapping().into_iter().flatten() {
            let values: Vec<String> = listed(Some(values)).filter_map(substituted).collect();
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
    let values = listed(Some(values)).filter_map(substituted);
    Some(values.map(|text| normal(&text)).collect())
}

impl PartialStatement {
    /// The partial that it is in.
    pub(super) fn partial(&self) -> String {
        match &self.source {
            StatementSource::Service(name) => format!("services/{name}"),
            StatementSource::Framework(name) => format!("frameworks/{name}"),
            StatementSource::Always(name) => name.clone(),
        }
    }

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
