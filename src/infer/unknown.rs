//! What the templates of an app do not say, and nobody can know without AWS.
//!
//! In: an app and its needs. Out: each thing that is not known and applies to this app, once, with
//! the resources that it is about. Refuses nothing.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::infer::model::{AppTemplates, Need, NeedKind, NeedReason};
use crate::infer::suggestion::Suggestion;
use crate::source::Span;

/// Something that cannot be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotKnown {
    /// What, as a sentence without a period.
    pub what: String,
    /// Whether it may be something that the app needs, so that a service without a reason is not
    /// known to be too much.
    pub may_need_more: bool,
    /// The resources that it is about, as indexes of [`AppTemplates::resources`].
    pub resources: Vec<usize>,
    /// Where it is written, if it is not about resources.
    pub span: Option<Span>,
}

/// What is not known about `app`. Nothing is known about what types of `unknown_types` need.
pub fn unknown(
    app: &AppTemplates,
    needs: &[Need],
    suggestion: &Suggestion,
    unknown_types: &BTreeMap<String, Vec<usize>>,
) -> Vec<NotKnown> {
    let mut found: Vec<NotKnown> = Vec::new();
    for unseen in &app.unseen {
        found.push(NotKnown {
            what: unseen.what.clone(),
            may_need_more: true,
            resources: Vec::new(),
            span: Some(unseen.span),
        });
    }
    let mut about = |what: String, may_need_more, resources: Vec<usize>| {
        if !resources.is_empty() {
            found.push(NotKnown {
                what,
                may_need_more,
                resources,
                span: None,
            });
        }
    };
    for (type_name, resources) in unknown_types {
        let what = format!("what `{type_name}` needs: AWS does not publish it");
        about(what, true, resources.clone());
    }
    about(
        "the values of imports: whether these names and ARNs are the app's own".to_owned(),
        false,
        holding(app, &|key| key == "Fn::ImportValue"),
    );
    let dynamic = |need: &&Need| matches!(need.reason, NeedReason::DynamicReference(_));
    about(
        "whether the parameters and secrets of `{{resolve:...}}` are the app's own: the roles read no others".to_owned(),
        false,
        resources(needs.iter().filter(dynamic)),
    );
    for (services, resources) in linked_roles(app, needs, suggestion) {
        let what = format!(
            "whether the account has the service-linked role of {services}, which these services cannot create"
        );
        about(what, false, resources);
    }
    found
}

/// The resources of needs, each once, in order.
fn resources<'a>(needs: impl Iterator<Item = &'a Need>) -> Vec<usize> {
    let mut found: Vec<usize> = needs.map(|need| need.resource).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The resources with such a key somewhere in their properties.
fn holding(app: &AppTemplates, is_it: &dyn Fn(&str) -> bool) -> Vec<usize> {
    fn holds(value: &Json, is_it: &dyn Fn(&str) -> bool) -> bool {
        match value {
            Json::Object(fields) => {
                let mut fields = fields.iter();
                fields.any(|(key, value)| is_it(key) || holds(value, is_it))
            }
            Json::Array(items) => items.iter().any(|item| holds(item, is_it)),
            _ => false,
        }
    }
    let resources = app.resources.iter().enumerate();
    let found = resources.filter(|(_, resource)| {
        let mut properties = resource.properties.iter();
        properties.any(|(key, value)| is_it(key) || holds(value, is_it))
    });
    found.map(|(index, _)| index).collect()
}

/// Types whose service-linked role only some properties need.
const ONLY_WITH: &[(&str, &[&str])] = &[
    (
        "AWS::DynamoDB::Table",
        &[
            "ContributorInsightsSpecification",
            "KinesisStreamSpecification",
        ],
    ),
    // To send mail with SES, and for analytics:
    // https://docs.aws.amazon.com/cognito/latest/developerguide/using-service-linked-roles.html
    ("AWS::Cognito::UserPool", &["EmailConfiguration"]),
    ("AWS::Cognito::UserPoolClient", &["AnalyticsConfiguration"]),
];

/// The services that need a service-linked role which the suggested services do not create, by the
/// second part of the type's name. Types that nothing creates are reported as such.
fn linked_roles(
    app: &AppTemplates,
    needs: &[Need],
    suggestion: &Suggestion,
) -> BTreeMap<String, Vec<usize>> {
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let whole = suggestion.uncovered.iter();
    let whole: Vec<&str> = whole
        .filter(|uncovered| uncovered.is_whole_type)
        .map(|uncovered| uncovered.type_name.as_str())
        .collect();
    for need in needs
        .iter()
        .filter(|need| need.kind == NeedKind::ServiceLinkedRole)
    {
        let Some(resource) = app.resources.get(need.resource) else {
            continue;
        };
        let needless = ONLY_WITH.iter().any(|(type_name, properties)| {
            let mut properties = properties.iter();
            *type_name == resource.type_name
                && !properties.any(|name| resource.properties.contains_key(*name))
        });
        let is_granted = needless || suggestion.linked_roles.contains(&need.resource);
        if is_granted || whole.contains(&resource.type_name.as_str()) {
            continue;
        }
        let service = resource.type_name.split("::").nth(1).unwrap_or_default();
        let resources = found.entry(format!("`{service}`")).or_default();
        if !resources.contains(&need.resource) {
            resources.push(need.resource);
        }
    }
    found
}
