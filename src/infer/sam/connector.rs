//! Connectors: `AWS::Serverless::Connector`, and `Connectors` of any resource.
//!
//! In: the connectors of a template, and what its other resources became. Out: for each pair of
//! source and destination, the policy or permission that connects them. Refuses nothing: a pair that
//! SAM does not know adds nothing.

use serde_json::{Map, Value as Json, json};

use crate::infer::model::AppResource;
use crate::infer::sam::invocation::{PERMISSION, permission_for};
use crate::infer::sam::output::SamOutput;
use crate::infer::sam::source::{PREFIX, SamSource, reference, text};

/// The type of a policy of the app.
pub(super) const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";

const FUNCTION: &str = "AWS::Lambda::Function";
const MACHINE: &str = "AWS::StepFunctions::StateMachine";
const QUEUE: &str = "AWS::SQS::Queue";
const TOPIC: &str = "AWS::SNS::Topic";
const TABLE: &str = "AWS::DynamoDB::Table";
const BUCKET: &str = "AWS::S3::Bucket";
const BUS: &str = "AWS::Events::EventBus";
const RULE: &str = "AWS::Events::Rule";
const DATA: &str = "AWS::AppSync::DataSource";

/// What connects a source with a destination. Source:
/// `samtranslator/model/connector_profiles/profiles.json`.
const PROFILES: &[(&str, &str, &str)] = &[
    (TABLE, FUNCTION, MANAGED_POLICY),
    (RULE, TOPIC, "AWS::SNS::TopicPolicy"),
    (RULE, BUS, MANAGED_POLICY),
    (RULE, MACHINE, MANAGED_POLICY),
    (RULE, FUNCTION, PERMISSION),
    (RULE, QUEUE, "AWS::SQS::QueuePolicy"),
    (FUNCTION, FUNCTION, MANAGED_POLICY),
    (FUNCTION, BUCKET, MANAGED_POLICY),
    (FUNCTION, TABLE, MANAGED_POLICY),
    (FUNCTION, QUEUE, MANAGED_POLICY),
    (FUNCTION, TOPIC, MANAGED_POLICY),
    (FUNCTION, MACHINE, MANAGED_POLICY),
    (FUNCTION, BUS, MANAGED_POLICY),
    (FUNCTION, "AWS::Location::PlaceIndex", MANAGED_POLICY),
    ("AWS::ApiGatewayV2::Api", FUNCTION, PERMISSION),
    ("AWS::ApiGateway::RestApi", FUNCTION, PERMISSION),
    (TOPIC, QUEUE, "AWS::SQS::QueuePolicy"),
    (TOPIC, FUNCTION, PERMISSION),
    (QUEUE, FUNCTION, MANAGED_POLICY),
    (BUCKET, FUNCTION, PERMISSION),
    (MACHINE, FUNCTION, MANAGED_POLICY),
    (MACHINE, TOPIC, MANAGED_POLICY),
    (MACHINE, QUEUE, MANAGED_POLICY),
    (MACHINE, BUCKET, MANAGED_POLICY),
    (MACHINE, TABLE, MANAGED_POLICY),
    (MACHINE, MACHINE, MANAGED_POLICY),
    (MACHINE, BUS, MANAGED_POLICY),
    (DATA, TABLE, MANAGED_POLICY),
    (DATA, FUNCTION, MANAGED_POLICY),
    (DATA, BUS, MANAGED_POLICY),
    ("AWS::AppSync::GraphQLApi", FUNCTION, PERMISSION),
];

/// What the types of SAM become, where a connector names them.
const SAM_TYPES: &[(&str, &str)] = &[
    ("Function", FUNCTION),
    ("StateMachine", MACHINE),
    ("Api", "AWS::ApiGateway::RestApi"),
    ("HttpApi", "AWS::ApiGatewayV2::Api"),
    ("SimpleTable", TABLE),
    ("GraphQLApi", "AWS::AppSync::GraphQLApi"),
];

/// Adds what the connectors of a template become.
pub(super) fn connect(resources: &[AppResource], output: &mut SamOutput) {
    for resource in resources {
        if resource.type_name == "AWS::Serverless::Connector" {
            let source = resource.properties.get("Source").unwrap_or(&Json::Null);
            let made_by = format!("the connector {}", resource.id);
            add(
                resource,
                &made_by,
                source,
                &resource.properties,
                (resources, output),
            );
        }
        let embedded = resource
            .attributes
            .get("Connectors")
            .and_then(Json::as_object);
        for (name, connector) in embedded.into_iter().flatten() {
            let Some(properties) = connector.get("Properties").and_then(Json::as_object) else {
                continue;
            };
            let source = json!({"Id": resource.id});
            let made_by = format!("the connector {name}");
            add(resource, &made_by, &source, properties, (resources, output));
        }
    }
}

fn add(
    owner: &AppResource,
    made_by: &str,
    from: &Json,
    properties: &Map<String, Json>,
    (resources, output): (&[AppResource], &mut SamOutput),
) {
    let destinations = match properties.get("Destination") {
        Some(Json::Array(items)) => items.iter().collect(),
        Some(item) => vec![item],
        None => Vec::new(),
    };
    let permissions = properties.get("Permissions").and_then(Json::as_array);
    let source = SamSource::new(owner, Map::new());
    for to in destinations {
        let (Some(from_type), Some(to_type)) = (type_of(from, resources), type_of(to, resources))
        else {
            continue;
        };
        let profile = PROFILES
            .iter()
            .find(|(from, to, _)| *from == from_type && *to == to_type);
        let Some((_, _, type_name)) = profile else {
            continue;
        };
        let id = |end: &Json| reference(text(end, "Id").unwrap_or_default());
        let properties = match *type_name {
            PERMISSION => permission_for(id(to), "apigateway.amazonaws.com", "SourceArn"),
            MANAGED_POLICY => {
                let role = format!("{}Role", text(from, "Id").unwrap_or_default());
                json!({"PolicyDocument": {"Statement": permissions}, "Roles": [reference(&role)]})
            }
            "AWS::SNS::TopicPolicy" => {
                json!({"PolicyDocument": {"Statement": []}, "Topics": [id(to)]})
            }
            _ => json!({"PolicyDocument": {"Statement": []}, "Queues": [id(to)]}),
        };
        output.more(&source, made_by, type_name, properties);
    }
}

/// The type of CloudFormation at one end of a connector.
fn type_of(end: &Json, resources: &[AppResource]) -> Option<String> {
    let named = match text(end, "Id") {
        Some(id) => resources
            .iter()
            .find(|resource| resource.id == id)?
            .type_name
            .as_str(),
        None => text(end, "Type")?,
    };
    let sam = named.strip_prefix(PREFIX).and_then(|kind| {
        SAM_TYPES
            .iter()
            .find(|(name, _)| *name == kind)
            .map(|(_, type_name)| *type_name)
    });
    Some(sam.unwrap_or(named).to_owned())
}
