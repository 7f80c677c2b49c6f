//! `AWS::Serverless::WebSocketApi`.
//!
//! In: an API. Out: the API with its stage, its domain, each route with its integration and
//! permission, and its authorizer. Refuses nothing.

use serde_json::{Map, Value as Json, json};

use crate::infer::sam::domain;
use crate::infer::sam::http_api::tags;
use crate::infer::sam::invocation::{PERMISSION, permission_for};
use crate::infer::sam::output::SamOutput;
use crate::infer::sam::source::{SamSource, field, reference, text};

/// Adds what an API becomes.
pub(super) fn replace(source: &SamSource<'_>, output: &mut SamOutput) {
    let id = &source.resource.id;
    let words = source.words();
    let mut api = source.passed(&[
        "Name",
        "ApiKeySelectionExpression",
        "Description",
        "DisableExecuteApiEndpoint",
        "DisableSchemaValidation",
        "IpAddressType",
        "RouteSelectionExpression",
    ]);
    api.entry("Name").or_insert_with(|| json!(id));
    api.insert("ProtocolType".to_owned(), json!("WEBSOCKET"));
    api.insert("Tags".to_owned(), tags(source, "websocketapi:createdBy"));
    output.main(source, "AWS::ApiGatewayV2::Api", api);
    let routes = source.get("Routes").and_then(Json::as_object);
    for (key, route) in routes.into_iter().flatten() {
        let made_by = format!("the route {key}");
        let function = route.get("FunctionArn").cloned().unwrap_or_default();
        let integration = json!({"ApiId": reference(id), "IntegrationType": "AWS_PROXY", "IntegrationUri": function});
        output.more(
            source,
            &made_by,
            "AWS::ApiGatewayV2::Route",
            json!({"ApiId": reference(id), "RouteKey": key}),
        );
        output.more(
            source,
            &made_by,
            "AWS::ApiGatewayV2::Integration",
            integration,
        );
        let permission = permission_for(function, "apigateway.amazonaws.com", "SourceArn");
        output.more(source, &made_by, PERMISSION, permission);
    }
    let mut stage = source.passed(&[
        "StageName",
        "AccessLogSettings",
        "DefaultRouteSettings",
        "RouteSettings",
        "StageVariables",
    ]);
    stage.entry("StageName").or_insert_with(|| json!("default"));
    stage.insert("ApiId".to_owned(), reference(id));
    stage.insert("AutoDeploy".to_owned(), json!(true));
    stage.insert("Tags".to_owned(), json!({"websocketapi:createdBy": "SAM"}));
    output.more(
        source,
        &words,
        "AWS::ApiGatewayV2::Stage",
        Json::Object(stage),
    );
    let has_connect = routes.is_some_and(|routes| routes.contains_key("$connect"));
    if let Some(auth) = source.set("Auth").filter(|_| has_connect) {
        authorizer(source, auth, output);
    }
    domain::v2(source, output);
}

fn authorizer(source: &SamSource<'_>, auth: &Json, output: &mut SamOutput) {
    const AUTH: &str = "the property Auth";
    let Some(function) =
        field(auth, "AuthArn").filter(|_| text(auth, "AuthType") == Some("CUSTOM"))
    else {
        return;
    };
    let role = field(auth, "InvokeRole");
    let mut authorizer = Map::from_iter([
        ("ApiId".to_owned(), reference(&source.resource.id)),
        ("AuthorizerType".to_owned(), json!("REQUEST")),
        ("AuthorizerUri".to_owned(), function.clone()),
    ]);
    authorizer.extend(role.map(|role| ("AuthorizerCredentialsArn".to_owned(), role.clone())));
    output.more(
        source,
        AUTH,
        "AWS::ApiGatewayV2::Authorizer",
        Json::Object(authorizer),
    );
    if role.is_none() {
        let permission = permission_for(function.clone(), "apigateway.amazonaws.com", "SourceArn");
        output.more(source, AUTH, PERMISSION, permission);
    }
}
