//! `AWS::Serverless::Api`, and the REST API that events imply.
//!
//! In: an API, or the `Api` events of a template. Out: the API with its deployment and stage, its
//! domain, usage plan, and the permissions of its authorizers. Refuses nothing.

use serde_json::{Map, Value as Json, json};

use crate::infer::model::AppResource;
use crate::infer::sam::domain;
use crate::infer::sam::globals;
use crate::infer::sam::invocation::{PERMISSION, permission_for};
use crate::infer::sam::output::SamOutput;
use crate::infer::sam::source::{SamSource, attribute, field, is_set, passed, reference, referred};

/// The logical id of the API that events imply.
const IMPLICIT: &str = "ServerlessRestApi";

/// Properties of the API that CloudFormation has under the same names.
const PASSED: &[&str] = &[
    "Name",
    "Description",
    "BinaryMediaTypes",
    "MinimumCompressionSize",
    "FailOnWarnings",
    "Mode",
    "ApiKeySourceType",
    "Policy",
    "SecurityPolicy",
    "EndpointAccessMode",
];

/// Properties of the stage that CloudFormation has under the same names.
const STAGE: &[&str] = &[
    "StageName",
    "CacheClusterEnabled",
    "CacheClusterSize",
    "Variables",
    "MethodSettings",
    "AccessLogSetting",
    "CanarySetting",
    "TracingEnabled",
];

/// Adds what an API becomes.
pub(super) fn replace(source: &SamSource<'_>, output: &mut SamOutput) {
    let id = &source.resource.id;
    let mut api = source.passed(PASSED);
    match source.get("EndpointConfiguration") {
        Some(Json::Object(config)) => {
            let ids = config
                .get("VPCEndpointIds")
                .or(config.get("VpcEndpointIds"));
            let config = json!({"Types": [config.get("Type")], "VpcEndpointIds": ids});
            api.insert("EndpointConfiguration".to_owned(), config);
        }
        Some(kind) => {
            api.insert("EndpointConfiguration".to_owned(), json!({"Types": [kind]}));
        }
        None => {}
    }
    api.extend([definition(source)]);
    let tags = source.set("PropagateTags").map(|_| source.tag_list(&[]));
    api.extend(tags.map(|tags| ("Tags".to_owned(), tags)));
    output.main(source, "AWS::ApiGateway::RestApi", api);
    let words = source.words();
    output.more(
        source,
        &words,
        "AWS::ApiGateway::Deployment",
        json!({"RestApiId": reference(id)}),
    );
    let mut stage = source.passed(STAGE);
    stage.insert("RestApiId".to_owned(), reference(id));
    if source.get("Tags").is_some() {
        stage.insert("Tags".to_owned(), source.tag_list(&[]));
    }
    output.more(
        source,
        &words,
        "AWS::ApiGateway::Stage",
        Json::Object(stage),
    );
    authorizers(source, output);
    domain::rest(source, output);
    usage_plan(source, output);
}

/// The definition of the API: in S3, or in the template, with the roles that it names.
fn definition(source: &SamSource<'_>) -> (String, Json) {
    match (source.set("DefinitionUri"), source.set("DefinitionBody")) {
        (Some(Json::Object(place)), _) => ("BodyS3Location".to_owned(), json!(place)),
        (Some(place), _) => ("BodyS3Location".to_owned(), json!({"Key": place})),
        (None, Some(body)) => ("Body".to_owned(), body.clone()),
        (None, None) => {
            let config = source.get("Auth").and_then(|auth| auth.get("Authorizers"));
            let roles = config.and_then(Json::as_object).into_iter().flatten();
            let roles = roles.filter_map(|(name, config)| {
                let role = field(config, "FunctionInvokeRole")?;
                Some((name.clone(), json!({"authorizerCredentials": role})))
            });
            let schemes: Map<String, Json> = roles.collect();
            let mut body = json!({"swagger": "2.0", "paths": {}});
            if let Some(fields) = body.as_object_mut().filter(|_| !schemes.is_empty()) {
                fields.insert("securityDefinitions".to_owned(), Json::Object(schemes));
            }
            ("Body".to_owned(), body)
        }
    }
}

/// Adds the permissions to call the functions that authorize requests.
fn authorizers(source: &SamSource<'_>, output: &mut SamOutput) {
    let config = source.get("Auth").and_then(|auth| auth.get("Authorizers"));
    for authorizer in config
        .and_then(Json::as_object)
        .into_iter()
        .flat_map(Map::values)
    {
        let is_off = field(authorizer, "DisableFunctionDefaultPermissions").is_some();
        if let Some(function) = field(authorizer, "FunctionArn").filter(|_| !is_off) {
            let permission =
                permission_for(function.clone(), "apigateway.amazonaws.com", "SourceArn");
            output.more(source, "the property Auth", PERMISSION, permission);
        }
    }
}

/// Adds the usage plan with its key: one per API, or one that all APIs of the template share.
fn usage_plan(source: &SamSource<'_>, output: &mut SamOutput) {
    const AUTH: &str = "the property Auth";
    let plan = source.get("Auth").and_then(|auth| auth.get("UsagePlan"));
    let Some(plan) = plan.and_then(Json::as_object) else {
        return;
    };
    match plan.get("CreateUsagePlan").and_then(Json::as_str) {
        Some("PER_API") => {}
        Some("SHARED") if output.is_first("usage plan") => {}
        _ => return,
    }
    let mut properties = passed(
        plan,
        &["UsagePlanName", "Description", "Quota", "Tags", "Throttle"],
    );
    let stages = json!([{"ApiId": reference(&source.resource.id)}]);
    properties.insert("ApiStages".to_owned(), stages);
    output.more(
        source,
        AUTH,
        "AWS::ApiGateway::UsagePlan",
        Json::Object(properties),
    );
    output.more(
        source,
        AUTH,
        "AWS::ApiGateway::ApiKey",
        json!({"Enabled": true}),
    );
    output.more(
        source,
        AUTH,
        "AWS::ApiGateway::UsagePlanKey",
        json!({"KeyType": "API_KEY"}),
    );
}

/// Adds the REST API that events without a `RestApiId` imply.
pub(super) fn implicit(resources: &[AppResource], globals: Option<&Json>, output: &mut SamOutput) {
    let Some(first) = resources
        .iter()
        .find(|resource| implies(resource, "Api", "RestApiId", IMPLICIT))
    else {
        return;
    };
    if resources.iter().any(|resource| resource.id == IMPLICIT) {
        return;
    }
    let api = AppResource {
        id: IMPLICIT.to_owned(),
        type_name: "AWS::Serverless::Api".to_owned(),
        properties: Map::from_iter([("StageName".to_owned(), json!("Prod"))]),
        attributes: Map::new(),
        span: first.span,
        made_by: None,
    };
    let mut properties = globals::merged(&api, "Api", globals);
    let machines = resources
        .iter()
        .filter(|resource| resource.type_name == "AWS::Serverless::StateMachine");
    let machine = machines
        .into_iter()
        .find(|resource| implies(resource, "Api", "RestApiId", IMPLICIT));
    if let Some(machine) = machine {
        // API Gateway starts state machines under a role that the definition names.
        let role = attribute(&format!("{}Role", machine.id), "Arn");
        let body = json!({"swagger": "2.0", "paths": {"/": {"x-amazon-apigateway-integration": {"credentials": role}}}});
        properties.insert("DefinitionBody".to_owned(), body);
    }
    replace(&SamSource::new(&api, properties), output);
}

/// Whether an event of `resource` belongs to the API that SAM creates as `id`: its `property` names
/// none, or this one.
pub(super) fn implies(resource: &AppResource, kind: &str, property: &str, id: &str) -> bool {
    match resource.type_name.as_str() {
        "AWS::Serverless::Function" => {}
        "AWS::Serverless::StateMachine" if kind == "Api" => {}
        _ => return false,
    }
    let source = SamSource::new(resource, resource.properties.clone());
    source.events().any(|event| {
        // An event of a REST API without properties has no path, and is passed over.
        let is_complete = kind != "Api" || is_set(event.properties);
        let named = event.get(property);
        event.kind == kind && is_complete && named.is_none_or(|named| referred(named) == Some(id))
    })
}
