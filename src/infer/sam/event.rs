//! The events of a function.
//!
//! In: the `Events` of a function. Out: what calls it, and the permission to. The APIs that events
//! imply are added once per template, by [`super::api`] and [`super::http_api`]. Refuses nothing.

use serde_json::{Map, Value as Json, json};

use crate::infer::sam::invocation::{PERMISSION, permission};
use crate::infer::sam::output::SamOutput;
use crate::infer::sam::role::{ROLE, SamRole};
use crate::infer::sam::source::{
    SamEvent, SamSource, attribute, field, is_set, reference, referred, text,
};

/// The properties of an event source mapping that events have under the same names.
const MAPPING: &[&str] = &[
    "StartingPosition",
    "StartingPositionTimestamp",
    "BatchSize",
    "Enabled",
    "MaximumBatchingWindowInSeconds",
    "MaximumRetryAttempts",
    "BisectBatchOnFunctionError",
    "MaximumRecordAgeInSeconds",
    "DestinationConfig",
    "ParallelizationFactor",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "TumblingWindowInSeconds",
    "FunctionResponseTypes",
    "FilterCriteria",
    "KmsKeyArn",
    "ScalingConfig",
    "ProvisionedPollerConfig",
    "MetricsConfig",
    "LoggingConfig",
];

/// Adds what the events of a function become.
pub(super) fn replace(source: &SamSource<'_>, output: &mut SamOutput) {
    for event in source.events() {
        match event.kind {
            "Api" | "HttpApi" => allow(source, event, "apigateway.amazonaws.com", output),
            "AlexaSkill" => allow(source, event, "alexa-appkit.amazon.com", output),
            "S3" => bucket(source, event, output),
            "Cognito" => user_pool(source, event, output),
            "SNS" => topic(source, event, output),
            "Schedule" | "CloudWatchEvent" | "EventBridgeRule" => rule(source, event, output),
            "ScheduleV2" => schedule(source, event, output),
            "CloudWatchLogs" => log_group(source, event, output),
            "IoTRule" => iot_rule(source, event, output),
            kind if is_polled(kind) => mapping(source, event, output),
            _ => {}
        }
    }
}

/// Whether Lambda polls such a source.
fn is_polled(kind: &str) -> bool {
    matches!(
        kind,
        "SQS" | "Kinesis" | "DynamoDB" | "MSK" | "MQ" | "SelfManagedKafka" | "DocumentDB"
    )
}

/// The managed policies that the events of a function attach to its role.
pub(super) fn managed_policies(source: &SamSource<'_>) -> Vec<Json> {
    let policy = |event: SamEvent<'_>| {
        let name = match event.kind {
            "SQS" => "AWSLambdaSQSQueueExecutionRole",
            "Kinesis" => "AWSLambdaKinesisExecutionRole",
            "DynamoDB" => "AWSLambdaDynamoDBExecutionRole",
            "MSK" => "AWSLambdaMSKExecutionRole",
            "SNS" if event.get("SqsSubscription").is_some_and(is_set) => {
                "AWSLambdaSQSQueueExecutionRole"
            }
            _ => return None,
        };
        Some(
            json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:iam::aws:policy/service-role/{name}")}),
        )
    };
    source.events().filter_map(policy).collect()
}

/// The inline policies that the events of a function add to its role.
pub(super) fn inline_policies(source: &SamSource<'_>) -> Vec<Json> {
    let has_policy = |event: &SamEvent<'_>| {
        let destination = event.get("DestinationConfig");
        let failure = destination.and_then(|config| config.get("OnFailure"));
        let has_typed_destination = is_polled(event.kind)
            && failure
                .is_some_and(|failure| failure.get("Type").is_some_and(|kind| kind != "Kafka"));
        let is_tls = |item: &Json| text(item, "Type") == Some("CLIENT_CERTIFICATE_TLS_AUTH");
        let access = event
            .get("SourceAccessConfigurations")
            .and_then(Json::as_array);
        has_typed_destination
            || match event.kind {
                "MQ" | "SelfManagedKafka" | "DocumentDB" => true,
                "MSK" => {
                    event.get("SchemaRegistryConfig").is_some()
                        || access.is_some_and(|items| items.iter().any(is_tls))
                }
                _ => false,
            }
    };
    let policy = |event: SamEvent<'_>| json!({"PolicyName": format!("{}Policy", event.name), "PolicyDocument": {"Statement": []}});
    source.events().filter(has_policy).map(policy).collect()
}

/// Adds the permission of a service to call the function.
fn allow(source: &SamSource<'_>, event: SamEvent<'_>, principal: &str, output: &mut SamOutput) {
    let limit = match event.kind {
        "S3" => "SourceAccount",
        "AlexaSkill" => "EventSourceToken",
        _ => "SourceArn",
    };
    let permission = permission(&source.resource.id, principal, limit);
    output.more(source, &event.words(), PERMISSION, permission);
}

fn bucket(source: &SamSource<'_>, event: SamEvent<'_>, output: &mut SamOutput) {
    allow(source, event, "s3.amazonaws.com", output);
    if let Some(id) = event.get("Bucket").and_then(referred) {
        let notification = json!([{
            "Event": event.get("Events"),
            "Filter": event.get("Filter"),
            "Function": attribute(&source.resource.id, "Arn"),
        }]);
        let path = ["NotificationConfiguration", "LambdaConfigurations"];
        output.add_to(id, "AWS::S3::Bucket", path, notification);
    }
}

fn user_pool(source: &SamSource<'_>, event: SamEvent<'_>, output: &mut SamOutput) {
    allow(source, event, "cognito-idp.amazonaws.com", output);
    let Some(id) = event.get("UserPool").and_then(referred) else {
        return;
    };
    let triggers = match event.get("Trigger") {
        Some(Json::Array(triggers)) => triggers.as_slice(),
        Some(trigger) => std::slice::from_ref(trigger),
        None => &[],
    };
    for trigger in triggers.iter().filter_map(Json::as_str) {
        let function = attribute(&source.resource.id, "Arn");
        output.add_to(
            id,
            "AWS::Cognito::UserPool",
            ["LambdaConfig", trigger],
            function,
        );
    }
}

fn topic(source: &SamSource<'_>, event: SamEvent<'_>, output: &mut SamOutput) {
    let made_by = event.words();
    let queue = event.get("SqsSubscription").filter(|queue| is_set(queue));
    let mut subscription = event.passed(&[
        "Region",
        "FilterPolicy",
        "FilterPolicyScope",
        "RedrivePolicy",
    ]);
    subscription.extend(
        event
            .passed(&["Topic"])
            .remove("Topic")
            .map(|topic| ("TopicArn".to_owned(), topic)),
    );
    let endpoint = match queue {
        None => attribute(&source.resource.id, "Arn"),
        Some(Json::Object(queue)) => queue.get("QueueArn").cloned().unwrap_or_default(),
        Some(_) => attribute(&format!("{}{}Queue", source.resource.id, event.name), "Arn"),
    };
    let protocol = if queue.is_some() { "sqs" } else { "lambda" };
    subscription.insert("Protocol".to_owned(), json!(protocol));
    subscription.insert("Endpoint".to_owned(), endpoint.clone());
    output.more(
        source,
        &made_by,
        "AWS::SNS::Subscription",
        Json::Object(subscription),
    );
    let Some(queue) = queue else {
        return allow(source, event, "sns.amazonaws.com", output);
    };
    if !queue.is_object() {
        output.more(source, &made_by, "AWS::SQS::Queue", json!({}));
    }
    let policy = json!({"Queues": [queue.get("QueueUrl")], "PolicyDocument": {"Statement": []}});
    output.more(source, &made_by, "AWS::SQS::QueuePolicy", policy);
    let mapping = json!({
        "EventSourceArn": endpoint,
        "FunctionName": reference(&source.resource.id),
        "BatchSize": queue.get("BatchSize").cloned().unwrap_or_else(|| json!(10)),
        "Enabled": true,
    });
    output.more(source, &made_by, "AWS::Lambda::EventSourceMapping", mapping);
}

fn mapping(source: &SamSource<'_>, event: SamEvent<'_>, output: &mut SamOutput) {
    let mut mapping = event.passed(MAPPING);
    mapping.insert("FunctionName".to_owned(), reference(&source.resource.id));
    let places = ["Queue", "Stream", "Broker", "Cluster"];
    if let Some(arn) = places.iter().find_map(|place| event.get(place)) {
        mapping.insert("EventSourceArn".to_owned(), arn.clone());
    }
    if let Some(servers) = event.get("KafkaBootstrapServers") {
        let endpoints = json!({"Endpoints": {"KafkaBootstrapServers": servers}});
        mapping.insert("SelfManagedEventSource".to_owned(), endpoints);
    }
    let kafka = event.passed(&["ConsumerGroupId", "SchemaRegistryConfig"]);
    if !kafka.is_empty() {
        let config = match event.kind {
            "MSK" => "AmazonManagedKafkaEventSourceConfig",
            _ => "SelfManagedKafkaEventSourceConfig",
        };
        mapping.insert(config.to_owned(), Json::Object(kafka));
    }
    let database = event.passed(&["DatabaseName", "CollectionName", "FullDocument"]);
    if !database.is_empty() {
        mapping.insert(
            "DocumentDBEventSourceConfig".to_owned(),
            Json::Object(database),
        );
    }
    output.more(
        source,
        &event.words(),
        "AWS::Lambda::EventSourceMapping",
        Json::Object(mapping),
    );
}

fn rule(source: &SamSource<'_>, event: SamEvent<'_>, output: &mut SamOutput) {
    let target = attribute(&source.resource.id, "Arn");
    add_rule(source, event, target, None, output);
    allow(source, event, "events.amazonaws.com", output);
}

/// Adds a rule that calls `target`, with `role` if it needs one, and its dead-letter queue.
pub(super) fn add_rule(
    source: &SamSource<'_>,
    event: SamEvent<'_>,
    target: Json,
    role: Option<Json>,
    output: &mut SamOutput,
) {
    let mut rule = event.passed(&["EventBusName", "State", "Description"]);
    for (name, property) in [
        ("Schedule", "ScheduleExpression"),
        ("Pattern", "EventPattern"),
    ] {
        rule.extend(
            event
                .get(name)
                .map(|value| (property.to_owned(), value.clone())),
        );
    }
    let state = event.get("Enabled").map(|enabled| {
        if is_set(enabled) {
            "ENABLED"
        } else {
            "DISABLED"
        }
    });
    rule.extend(state.map(|state| ("State".to_owned(), json!(state))));
    let name = if event.kind == "Schedule" {
        "Name"
    } else {
        "RuleName"
    };
    rule.extend(
        event
            .get(name)
            .map(|value| ("Name".to_owned(), value.clone())),
    );
    let mut fields = event.passed(&["Input", "InputPath", "InputTransformer", "RetryPolicy"]);
    fields.insert("Arn".to_owned(), target);
    fields.insert("Id".to_owned(), json!(event.name));
    fields.extend(role.map(|role| ("RoleArn".to_owned(), role)));
    fields.extend(dead_letters(source, event, output));
    rule.insert("Targets".to_owned(), json!([fields]));
    output.more(
        source,
        &event.words(),
        "AWS::Events::Rule",
        Json::Object(rule),
    );
}

/// Where a rule or schedule sends what it cannot deliver. SAM creates a queue if none is given.
fn dead_letters(
    source: &SamSource<'_>,
    event: SamEvent<'_>,
    output: &mut SamOutput,
) -> Option<(String, Json)> {
    let config = event.get("DeadLetterConfig")?;
    let arn = config.get("Arn").filter(|arn| !arn.is_null()).cloned();
    let arn = arn.unwrap_or_else(|| {
        let made_by = event.words();
        output.more(source, &made_by, "AWS::SQS::Queue", json!({}));
        // The role of a schedule may send to it; a rule has no role.
        if event.kind != "ScheduleV2" {
            let policy =
                json!({"Queues": [reference("Queue")], "PolicyDocument": {"Statement": []}});
            output.more(source, &made_by, "AWS::SQS::QueuePolicy", policy);
        }
        attribute(&format!("{}{}Queue", source.resource.id, event.name), "Arn")
    });
    Some(("DeadLetterConfig".to_owned(), json!({"Arn": arn})))
}

/// Adds a schedule of EventBridge Scheduler. Unless it has a name, SAM names it after the logical
/// ids.
pub(super) fn schedule(source: &SamSource<'_>, event: SamEvent<'_>, output: &mut SamOutput) {
    let own = format!("{}{}", source.resource.id, event.name);
    let mut schedule = event.passed(&[
        "ScheduleExpression",
        "State",
        "Description",
        "FlexibleTimeWindow",
        "StartDate",
        "EndDate",
        "ScheduleExpressionTimezone",
        "GroupName",
        "KmsKeyArn",
    ]);
    schedule
        .entry("FlexibleTimeWindow")
        .or_insert_with(|| json!({"Mode": "OFF"}));
    if !event.get("OmitName").is_some_and(is_set) {
        let name = field(event.properties, "Name").cloned();
        schedule.insert("Name".to_owned(), name.unwrap_or_else(|| json!(own)));
    }
    let mut target = event.passed(&["Input", "RetryPolicy"]);
    target.insert("Arn".to_owned(), attribute(&source.resource.id, "Arn"));
    let role = field(event.properties, "RoleArn").cloned();
    let own_role = role.is_none();
    let role = role.unwrap_or_else(|| attribute(&format!("{own}Role"), "Arn"));
    target.insert("RoleArn".to_owned(), role);
    target.extend(dead_letters(source, event, output));
    schedule.insert("Target".to_owned(), Json::Object(target));
    output.more(
        source,
        &event.words(),
        "AWS::Scheduler::Schedule",
        Json::Object(schedule),
    );
    if own_role {
        let role = SamRole::of("scheduler.amazonaws.com").allow(&["lambda:InvokeFunction"]);
        add_event_role(
            source,
            event,
            role,
            event.get("PermissionsBoundary"),
            output,
        );
    }
}

/// Adds the role of an event, with `boundary`.
pub(super) fn add_event_role(
    source: &SamSource<'_>,
    event: SamEvent<'_>,
    role: SamRole,
    boundary: Option<&Json>,
    output: &mut SamOutput,
) {
    let mut role = role.properties(source, Json::Null);
    if let Some(fields) = role.as_object_mut() {
        fields.remove("Path");
        fields.remove("PermissionsBoundary");
        fields.extend(boundary.map(|arn| ("PermissionsBoundary".to_owned(), arn.clone())));
    }
    output.more(source, &event.words(), ROLE, role);
}

fn log_group(source: &SamSource<'_>, event: SamEvent<'_>, output: &mut SamOutput) {
    allow(source, event, "logs.amazonaws.com", output);
    let mut filter = event.passed(&["LogGroupName", "FilterPattern"]);
    filter.insert(
        "DestinationArn".to_owned(),
        attribute(&source.resource.id, "Arn"),
    );
    output.more(
        source,
        &event.words(),
        "AWS::Logs::SubscriptionFilter",
        Json::Object(filter),
    );
}

fn iot_rule(source: &SamSource<'_>, event: SamEvent<'_>, output: &mut SamOutput) {
    allow(source, event, "iot.amazonaws.com", output);
    let mut payload: Map<String, Json> = event.passed(&["Sql", "AwsIotSqlVersion"]);
    payload.insert("RuleDisabled".to_owned(), json!(false));
    let function = attribute(&source.resource.id, "Arn");
    payload.insert(
        "Actions".to_owned(),
        json!([{"Lambda": {"FunctionArn": function}}]),
    );
    output.more(
        source,
        &event.words(),
        "AWS::IoT::TopicRule",
        json!({"TopicRulePayload": payload}),
    );
}
