//! The types of SAM that become one resource, or one and its role.
//!
//! In: tables, layers, applications, and what runs functions. Out: the resources of CloudFormation.
//! Refuses nothing.

use serde_json::{Map, Value as Json, json};

use crate::infer::sam::function::TAG;
use crate::infer::sam::output::SamOutput;
use crate::infer::sam::role::{ROLE, SamRole};
use crate::infer::sam::source::{SamSource, attribute};

/// `AWS::Serverless::SimpleTable`.
pub(super) fn simple_table(source: &SamSource<'_>, output: &mut SamOutput) {
    let mut table = source.passed(&[
        "TableName",
        "PointInTimeRecoverySpecification",
        "ProvisionedThroughput",
        "SSESpecification",
    ]);
    table.insert(
        "KeySchema".to_owned(),
        json!([{"AttributeName": "id", "KeyType": "HASH"}]),
    );
    if source.set("ProvisionedThroughput").is_none() {
        table.insert("BillingMode".to_owned(), json!("PAY_PER_REQUEST"));
    }
    if source.set("Tags").is_some() {
        table.insert("Tags".to_owned(), source.tag_list(&[]));
    }
    output.main(source, "AWS::DynamoDB::Table", table);
}

/// `AWS::Serverless::LayerVersion`. Unless it has a name, SAM names it after the logical id.
pub(super) fn layer(source: &SamSource<'_>, output: &mut SamOutput) {
    let mut layer = source.passed(&[
        "LayerName",
        "Description",
        "CompatibleArchitectures",
        "CompatibleRuntimes",
        "LicenseInfo",
    ]);
    layer
        .entry("LayerName")
        .or_insert_with(|| json!(source.resource.id));
    layer.insert(
        "Content".to_owned(),
        json!({"S3Bucket": "", "S3Key": source.get("ContentUri")}),
    );
    output.main(source, "AWS::Lambda::LayerVersion", layer);
}

/// `AWS::Serverless::Application`.
pub(super) fn application(source: &SamSource<'_>, output: &mut SamOutput) {
    let mut stack = source.passed(&["Parameters", "NotificationARNs", "TimeoutInMinutes"]);
    stack.insert(
        "TemplateURL".to_owned(),
        source.get("Location").cloned().unwrap_or_default(),
    );
    stack.insert("Tags".to_owned(), source.tag_list(&[TAG]));
    output.main(source, "AWS::CloudFormation::Stack", stack);
}

/// `AWS::Serverless::CapacityProvider`.
pub(super) fn capacity_provider(source: &SamSource<'_>, output: &mut SamOutput) {
    let mut provider = source.passed(&[
        "CapacityProviderName",
        "VpcConfig",
        "KmsKeyArn",
        "InstanceRequirements",
    ]);
    let role = role_of(source, "OperatorRole");
    provider.insert(
        "PermissionsConfig".to_owned(),
        json!({"CapacityProviderOperatorRoleArn": role}),
    );
    let scaling = source.get("ScalingConfig").cloned();
    provider.extend(scaling.map(|scaling| ("CapacityProviderScalingConfig".to_owned(), scaling)));
    let logging = source.set("LoggingConfig");
    provider.extend(logging.map(|config| {
        (
            "TelemetryConfig".to_owned(),
            json!({"LoggingConfig": config}),
        )
    }));
    provider.insert("Tags".to_owned(), source.tag_list(&[TAG]));
    output.main(source, "AWS::Lambda::CapacityProvider", provider);
    let own = SamRole::of("lambda.amazonaws.com").attach("AWSLambdaManagedEC2ResourceOperator");
    role_unless(source, "OperatorRole", own, output);
}

/// `AWS::Serverless::NetworkConnector`.
pub(super) fn network_connector(source: &SamSource<'_>, output: &mut SamOutput) {
    let mut connector = source.passed(&["Name"]);
    let config = json!({"VpcEgressConfiguration": source.get("VpcConfig")});
    connector.insert("Configuration".to_owned(), config);
    connector.insert("OperatorRole".to_owned(), role_of(source, "OperatorRole"));
    connector.insert("Tags".to_owned(), source.tag_list(&[TAG]));
    output.main(source, "AWS::Lambda::NetworkConnector", connector);
    let own = SamRole::of("lambda.amazonaws.com").attach("AWSLambdaNetworkConnectorOperatorPolicy");
    role_unless(source, "OperatorRole", own, output);
}

/// `AWS::Serverless::MicrovmImage`.
pub(super) fn microvm_image(source: &SamSource<'_>, output: &mut SamOutput) {
    let mut image = source.passed(&[
        "Name",
        "BaseImageArn",
        "BaseImageVersion",
        "Description",
        "Logging",
        "EgressNetworkConnectors",
        "CpuConfigurations",
        "Resources",
        "AdditionalOsCapabilities",
        "Hooks",
        "EnvironmentVariables",
    ]);
    image.insert(
        "CodeArtifact".to_owned(),
        json!({"Uri": source.get("CodeUri")}),
    );
    image.insert("BuildRoleArn".to_owned(), role_of(source, "BuildRoleArn"));
    image.insert("Tags".to_owned(), source.tag_list(&[TAG]));
    output.main(source, "AWS::Lambda::MicrovmImage", image);
    let own = SamRole::of("lambda.amazonaws.com").allow(&["s3:GetObject", "logs:PutLogEvents"]);
    role_unless(source, "BuildRoleArn", own, output);
}

/// `AWS::Serverless::WebFunction`. Unless it has a name, SAM begins its name with the logical id.
pub(super) fn web_function(source: &SamSource<'_>, output: &mut SamOutput) {
    let id = &source.resource.id;
    let own = json!({"Fn::Sub": [format!("{id}-${{StackIdSuffix}}"), {"StackIdSuffix": ""}]});
    let name = source.set("FunctionName").cloned().unwrap_or(own);
    let function = Map::from_iter([
        ("FunctionName".to_owned(), name.clone()),
        ("Tags".to_owned(), source.tag_list(&[TAG])),
    ]);
    output.main(source, "AWS::Lambda::WebFunction", function);
    let words = source.words();
    let mut service = source.passed(&["EgressNetworkConnectorArn", "EnvironmentVariables"]);
    service.insert(
        "ExecutionRoleArn".to_owned(),
        role_of(source, "ExecutionRoleArn"),
    );
    let revision = json!({
        "FunctionName": name,
        "KmsKeyArn": source.get("KmsKeyArn"),
        "BuildConfig": {"CodeConfig": {"S3Object": source.get("CodeUri")}},
        "ServiceConfig": service,
    });
    output.more(source, &words, "AWS::Lambda::WebFunctionRevision", revision);
    let mut endpoint = source.passed(&[
        "AuthType",
        "EndpointName",
        "EndpointType",
        "ScalingConfig",
        "ThrottleConfig",
    ]);
    endpoint.insert("FunctionName".to_owned(), name);
    endpoint.extend(
        source
            .get("ReplicaRegions")
            .map(|regions| ("Regions".to_owned(), regions.clone())),
    );
    output.more(
        source,
        &words,
        "AWS::Lambda::WebFunctionEndpoint",
        Json::Object(endpoint),
    );
    let own =
        SamRole::of("lambda.amazonaws.com").attach("service-role/AWSLambdaBasicExecutionRole");
    role_unless(source, "ExecutionRoleArn", own, output);
}

/// The role that `property` names, or the one that SAM creates.
fn role_of(source: &SamSource<'_>, property: &str) -> Json {
    let own = || attribute(&format!("{}Role", source.resource.id), "Arn");
    source.set(property).cloned().unwrap_or_else(own)
}

/// Adds `role` unless `property` names one.
fn role_unless(source: &SamSource<'_>, property: &str, role: SamRole, output: &mut SamOutput) {
    if source.set(property).is_none() {
        let role = role.properties(source, source.tag_list(&[TAG]));
        output.more(source, &source.words(), ROLE, role);
    }
}
