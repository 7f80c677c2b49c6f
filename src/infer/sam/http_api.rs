//! `AWS::Serverless::HttpApi`, and the HTTP API that events imply.
//!
//! In: an API, or the `HttpApi` events of a template. Out: the API with its stage, its domain, and
//! the permissions of its authorizers. Refuses nothing.

use serde_json::{Map, Value as Json, json};

use crate::infer::model::AppResource;
use crate::infer::sam::api::implies;
use crate::infer::sam::invocation::{PERMISSION, permission_for};
use crate::infer::sam::output::SamOutput;
use crate::infer::sam::source::{SamSource, field, reference};
use crate::infer::sam::{domain, globals};

/// The logical id of the API that events imply.
const IMPLICIT: &str = "ServerlessHttpApi";

/// Adds what an API becomes.
pub(super) fn replace(source: &SamSource<'_>, output: &mut SamOutput) {
    let mut api = source.passed(&["FailOnWarnings"]);
    match (source.set("DefinitionUri"), source.set("DefinitionBody")) {
        (Some(Json::Object(place)), _) => api.insert("BodyS3Location".to_owned(), json!(place)),
        (Some(place), _) => api.insert("BodyS3Location".to_owned(), json!({"Key": place})),
        (None, Some(body)) => api.insert("Body".to_owned(), body.clone()),
        (None, None) => api.insert("Body".to_owned(), body(source)),
    };
    output.main(source, "AWS::ApiGatewayV2::Api", api);
    let mut stage = source.passed(&[
        "StageName",
        "AccessLogSettings",
        "DefaultRouteSettings",
        "RouteSettings",
        "StageVariables",
    ]);
    stage
        .entry("StageName")
        .or_insert_with(|| json!("$default"));
    stage.insert("ApiId".to_owned(), reference(&source.resource.id));
    stage.insert("AutoDeploy".to_owned(), json!(true));
    // A definition in S3 cannot take tags, and then SAM sets none anywhere.
    if source.set("DefinitionUri").is_none() {
        stage.insert("Tags".to_owned(), tags(source, "httpapi:createdBy"));
    }
    output.more(
        source,
        &source.words(),
        "AWS::ApiGatewayV2::Stage",
        Json::Object(stage),
    );
    authorizers(source, output);
    domain::v2(source, output);
}

/// `Tags` of an API, with the one that SAM adds.
pub(super) fn tags(source: &SamSource<'_>, own: &str) -> Json {
    let mut tags = match source.get("Tags") {
        Some(Json::Object(tags)) => tags.clone(),
        _ => Map::new(),
    };
    tags.insert(own.to_owned(), json!("SAM"));
    Json::Object(tags)
}

/// The definition that SAM writes, with the roles of its authorizers.
fn body(source: &SamSource<'_>) -> Json {
    let roles =
        authorizers_of(source).filter_map(|authorizer| field(authorizer, "FunctionInvokeRole"));
    let roles: Vec<Json> = roles
        .map(|role| json!({"authorizerCredentialsArn": role}))
        .collect();
    let mut body =
        json!({"openapi": "3.0.1", "paths": {}, "tags": [{"name": "httpapi:createdBy"}]});
    if let Some(fields) = body.as_object_mut().filter(|_| !roles.is_empty()) {
        fields.insert("components".to_owned(), json!({"securitySchemes": roles}));
    }
    body
}

fn authorizers_of<'a>(source: &'a SamSource<'_>) -> impl Iterator<Item = &'a Json> {
    let config = source.get("Auth").and_then(|auth| auth.get("Authorizers"));
    config
        .and_then(Json::as_object)
        .into_iter()
        .flat_map(Map::values)
}

/// Adds the permissions to call the functions that authorize requests, if the template asks for them.
fn authorizers(source: &SamSource<'_>, output: &mut SamOutput) {
    let is_asked =
        |authorizer: &&Json| field(authorizer, "EnableFunctionDefaultPermissions").is_some();
    for authorizer in authorizers_of(source).filter(is_asked) {
        if let Some(function) = field(authorizer, "FunctionArn") {
            let permission =
                permission_for(function.clone(), "apigateway.amazonaws.com", "SourceArn");
            output.more(source, "the property Auth", PERMISSION, permission);
        }
    }
}

/// Adds the HTTP API that events without an `ApiId` imply.
pub(super) fn implicit(resources: &[AppResource], globals: Option<&Json>, output: &mut SamOutput) {
    let first = resources
        .iter()
        .find(|resource| implies(resource, "HttpApi", "ApiId", IMPLICIT));
    let Some(first) = first else {
        return;
    };
    if resources.iter().any(|resource| resource.id == IMPLICIT) {
        return;
    }
    let api = AppResource {
        id: IMPLICIT.to_owned(),
        type_name: "AWS::Serverless::HttpApi".to_owned(),
        properties: Map::new(),
        attributes: Map::new(),
        span: first.span,
        made_by: None,
    };
    let properties = globals::merged(&api, "HttpApi", globals);
    replace(&SamSource::new(&api, properties), output);
}
