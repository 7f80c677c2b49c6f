//! `AWS::Serverless::Function`.
//!
//! In: a function. Out: the function, its role, version, alias, URL, destinations, gradual
//! deployment, and what its events become. Refuses nothing.

use serde_json::{Map, Value as Json, json};

use crate::infer::sam::event;
use crate::infer::sam::invocation::PERMISSION;
use crate::infer::sam::output::SamOutput;
use crate::infer::sam::role::{ROLE, SamRole};
use crate::infer::sam::source::{SamSource, attribute, field, may_be_left_out, reference, text};

/// The tag of every function and role.
pub(super) const TAG: (&str, &str) = ("lambda:createdBy", "SAM");

/// What asks for what `AutoPublishAlias` creates.
const ALIAS: &str = "the property AutoPublishAlias";

/// What asks for a gradual deployment.
const DEPLOYMENT: &str = "the property DeploymentPreference";

/// Properties that CloudFormation has under the same names.
const PASSED: &[&str] = &[
    "FunctionName",
    "Handler",
    "Runtime",
    "Description",
    "MemorySize",
    "Timeout",
    "VpcConfig",
    "Environment",
    "KmsKeyArn",
    "ReservedConcurrentExecutions",
    "Layers",
    "FileSystemConfigs",
    "ImageConfig",
    "PackageType",
    "Architectures",
    "SnapStart",
    "EphemeralStorage",
    "CodeSigningConfigArn",
    "RuntimeManagementConfig",
    "LoggingConfig",
    "TenancyConfig",
    "RecursiveLoop",
    "DurableConfig",
    "FunctionScalingConfig",
    "PublishToLatestPublished",
];

/// Adds what a function becomes.
pub(super) fn replace(source: &SamSource<'_>, output: &mut SamOutput) {
    let id = &source.resource.id;
    let mut role = execution_role(source);
    role.inline.extend(destinations(source, output));
    let has_role = source
        .get("Role")
        .is_some_and(|role| !may_be_left_out(role));
    let mut properties = function_properties(source);
    let own = attribute(&format!("{id}Role"), "Arn");
    properties.insert(
        "Role".to_owned(),
        source.get("Role").cloned().unwrap_or(own),
    );
    output.main(source, "AWS::Lambda::Function", properties);
    publish(source, output);
    url(source, output);
    role.inline.extend(event::inline_policies(source));
    role.managed.extend(event::managed_policies(source));
    if !has_role {
        let role = role.properties(source, source.tag_list(&[TAG]));
        output.more(source, &source.words(), ROLE, role);
    }
    event::replace(source, output);
}

fn function_properties(source: &SamSource<'_>) -> Map<String, Json> {
    let mut properties = source.passed(PASSED);
    let mut set = |key: &str, value: Json| properties.insert(key.to_owned(), value);
    set("Code", code(source));
    set("Tags", source.tag_list(&[TAG]));
    if let Some(mode) = source
        .set("Tracing")
        .filter(|mode| mode.as_str() != Some("Disabled"))
    {
        set("TracingConfig", json!({"Mode": mode}));
    }
    if let Some(queue) = source.set("DeadLetterQueue") {
        set(
            "DeadLetterConfig",
            json!({"TargetArn": queue.get("TargetArn")}),
        );
    }
    if let Some(provider) = source.set("CapacityProviderConfig") {
        let arn = provider.get("Arn");
        let config =
            json!({"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": arn}});
        set("CapacityProviderConfig", config);
    }
    properties
}

/// Where the code is after packaging.
fn code(source: &SamSource<'_>) -> Json {
    if source.set("PackageType").and_then(Json::as_str) == Some("Image") {
        return json!({"ImageUri": source.get("ImageUri")});
    }
    let mut code = match (source.get("InlineCode"), source.get("CodeUri")) {
        (Some(code), _) => json!({"ZipFile": code}),
        (None, Some(Json::Object(place))) => {
            json!({"S3Bucket": place.get("Bucket"), "S3Key": place.get("Key")})
        }
        (None, place) => json!({"S3Bucket": "", "S3Key": place}),
    };
    if let (Some(code), Some(key)) = (code.as_object_mut(), source.set("SourceKMSKeyArn")) {
        code.insert("SourceKMSKeyArn".to_owned(), key.clone());
    }
    code
}

fn execution_role(source: &SamSource<'_>) -> SamRole {
    let basic = if source.set("DurableConfig").is_some() {
        "service-role/AWSLambdaBasicDurableExecutionRolePolicy"
    } else {
        "service-role/AWSLambdaBasicExecutionRole"
    };
    let mut role = SamRole::of("lambda.amazonaws.com").attach(basic);
    if source
        .set("Tracing")
        .is_some_and(|mode| mode.as_str() != Some("Disabled"))
    {
        role = role.attach("AWSXrayWriteOnlyAccess");
    }
    if source.set("VpcConfig").is_some() {
        role = role.attach("service-role/AWSLambdaVPCAccessExecutionRole");
    }
    if source.set("DeadLetterQueue").is_some() {
        role = role.allow(&["sqs:SendMessage", "sns:Publish"]);
    }
    role.policies(source)
}

/// Adds the version and the alias, and how traffic moves from one version to the next.
fn publish(source: &SamSource<'_>, output: &mut SamOutput) {
    let id = &source.resource.id;
    let is_gradual = source
        .set("DeploymentPreference")
        .filter(|preference| is_enabled(preference));
    if let Some(name) = source.set("AutoPublishAlias") {
        let policy = match source.get("VersionDeletionPolicy") {
            Some(policy) => policy.clone(),
            None if source.get("CapacityProviderConfig").is_some() => json!("Delete"),
            None => json!("Retain"),
        };
        let mut attributes = Map::new();
        if !source.resource.attributes.contains_key("DeletionPolicy") {
            attributes.insert("DeletionPolicy".to_owned(), policy);
        }
        let scaling = source
            .get("CapacityProviderConfig")
            .and(source.get("FunctionScalingConfig"));
        let version = json!({
            "FunctionName": reference(id),
            "Description": source.get("VersionDescription"),
            "FunctionScalingConfig": scaling,
        });
        output.more_with(source, ALIAS, "AWS::Lambda::Version", version, attributes);
        let alias = json!({
            "Name": name,
            "FunctionName": reference(id),
            "FunctionVersion": attribute(&format!("{id}Version"), "Version"),
            "ProvisionedConcurrencyConfig": source.set("ProvisionedConcurrencyConfig"),
        });
        let update = is_gradual.map(|preference| update_policy(id, preference));
        let update = update.map(|update| ("UpdatePolicy".to_owned(), update));
        let update = update.into_iter().collect();
        output.more_with(source, ALIAS, "AWS::Lambda::Alias", alias, update);
    }
    if let Some(preference) = is_gradual {
        deploy_gradually(source, preference, output);
    }
}

/// Whether gradual deployment is not switched off in the template itself. A parameter may be another one in
/// the next stage.
fn is_enabled(preference: &Json) -> bool {
    match preference.get("Enabled") {
        None => true,
        Some(Json::String(word)) => word != "false" && word != "False",
        Some(value) => super::source::is_set(value),
    }
}

fn update_policy(id: &str, preference: &Json) -> Json {
    let hooks = preference.get("Hooks");
    let hook = |name: &str| hooks.and_then(|hooks| hooks.get(name)).cloned();
    let mut update = Map::from_iter([
        (
            "ApplicationName".to_owned(),
            reference("ServerlessDeploymentApplication"),
        ),
        (
            "DeploymentGroupName".to_owned(),
            reference(&format!("{id}DeploymentGroup")),
        ),
    ]);
    for (key, hook) in [
        ("BeforeAllowTrafficHook", hook("PreTraffic")),
        ("AfterAllowTrafficHook", hook("PostTraffic")),
    ] {
        if let Some(hook) = hook {
            update.insert(key.to_owned(), hook);
        }
    }
    json!({"CodeDeployLambdaAliasUpdate": update})
}

/// Adds the deployment group, and the application and role that all groups share.
fn deploy_gradually(source: &SamSource<'_>, preference: &Json, output: &mut SamOutput) {
    if output.is_first("CodeDeploy application") {
        let application = json!({"ComputePlatform": "Lambda"});
        output.more(
            source,
            DEPLOYMENT,
            "AWS::CodeDeploy::Application",
            application,
        );
    }
    let own = field(preference, "Role");
    if own.is_none() && output.is_first("CodeDeploy role") {
        let role = SamRole::of("codedeploy.amazonaws.com")
            .attach("service-role/AWSCodeDeployRoleForLambda");
        let mut role = role.properties(source, Json::Null);
        if let Some(fields) = role.as_object_mut() {
            fields.remove("PermissionsBoundary");
            fields.remove("Path");
        }
        output.more(source, DEPLOYMENT, ROLE, role);
    }
    let group = json!({
        "ApplicationName": reference("ServerlessDeploymentApplication"),
        "AlarmConfiguration": field(preference, "Alarms").map(|alarms| json!({"Enabled": true, "Alarms": alarms})),
        "AutoRollbackConfiguration": {"Enabled": true},
        "DeploymentConfigName": preference.get("Type"),
        "DeploymentStyle": {"DeploymentType": "BLUE_GREEN"},
        "ServiceRoleArn": own.cloned().unwrap_or_else(|| attribute("CodeDeployServiceRole", "Arn")),
        "TriggerConfigurations": field(preference, "TriggerConfigurations"),
    });
    output.more(
        source,
        DEPLOYMENT,
        "AWS::CodeDeploy::DeploymentGroup",
        group,
    );
}

/// Adds the URL of the function, and who may call it.
fn url(source: &SamSource<'_>, output: &mut SamOutput) {
    const URL: &str = "the property FunctionUrlConfig";
    let Some(config) = source.set("FunctionUrlConfig") else {
        return;
    };
    let auth_type = config.get("AuthType");
    let url = json!({
        "AuthType": auth_type,
        "Cors": field(config, "Cors"),
        "InvokeMode": config.get("InvokeMode"),
        "TargetFunctionArn": reference(&source.resource.id),
    });
    output.more(source, URL, "AWS::Lambda::Url", url);
    if text(config, "AuthType") == Some("NONE") {
        let function = reference(&source.resource.id);
        let permissions = [
            json!({"Action": "lambda:InvokeFunctionUrl", "FunctionName": function, "Principal": "*", "FunctionUrlAuthType": "NONE"}),
            json!({"Action": "lambda:InvokeFunction", "FunctionName": function, "Principal": "*", "InvokedViaFunctionUrl": true}),
        ];
        for permission in permissions {
            output.more(source, URL, PERMISSION, permission);
        }
    }
}

/// Adds where the function's asynchronous results go. Returns the policies that its role needs.
fn destinations(source: &SamSource<'_>, output: &mut SamOutput) -> Vec<Json> {
    const INVOKE: &str = "the property EventInvokeConfig";
    let mut policies = Vec::new();
    let Some(config) = source.set("EventInvokeConfig") else {
        return policies;
    };
    let mut targets = Map::new();
    for name in ["OnSuccess", "OnFailure"] {
        let given = config
            .get("DestinationConfig")
            .and_then(|targets| targets.get(name));
        let Some(target) = given.filter(|target| target.is_object()) else {
            continue;
        };
        let given = target.get("Destination").filter(|given| !given.is_null());
        if given.is_none_or(may_be_left_out) {
            match text(target, "Type") {
                Some("SQS") => output.more(source, INVOKE, "AWS::SQS::Queue", json!({})),
                Some("SNS") => output.more(source, INVOKE, "AWS::SNS::Topic", json!({})),
                _ => {}
            }
        }
        let own = attribute(
            &format!("{}EventInvokeConfig{name}", source.resource.id),
            "Arn",
        );
        targets.insert(
            name.to_owned(),
            json!({"Destination": given.unwrap_or(&own)}),
        );
        policies.push(json!({"PolicyName": "Destination", "PolicyDocument": {"Statement": []}}));
    }
    let config = json!({
        "FunctionName": reference(&source.resource.id),
        "Qualifier": source.set("AutoPublishAlias").cloned().unwrap_or_else(|| json!("$LATEST")),
        "DestinationConfig": targets,
        "MaximumEventAgeInSeconds": config.get("MaximumEventAgeInSeconds"),
        "MaximumRetryAttempts": config.get("MaximumRetryAttempts"),
    });
    output.more(source, INVOKE, "AWS::Lambda::EventInvokeConfig", config);
    policies
}
