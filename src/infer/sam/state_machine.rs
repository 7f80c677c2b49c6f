//! `AWS::Serverless::StateMachine`.
//!
//! In: a state machine. Out: the state machine, its role, version and alias, and what its events
//! become: each has a role that may start it. Refuses nothing.

use serde_json::{Value as Json, json};

use crate::infer::sam::event::{add_event_role, add_rule, schedule};
use crate::infer::sam::output::SamOutput;
use crate::infer::sam::role::{ROLE, SamRole};
use crate::infer::sam::source::{SamEvent, SamSource, attribute, field, reference};

/// The tag of every state machine and its role.
const TAG: (&str, &str) = ("stateMachine:createdBy", "SAM");

/// Adds what a state machine becomes.
pub(super) fn replace(source: &SamSource<'_>, output: &mut SamOutput) {
    let id = &source.resource.id;
    let mut properties = source.passed(&["DefinitionSubstitutions"]);
    for (from, to) in [
        ("Name", "StateMachineName"),
        ("Type", "StateMachineType"),
        ("Logging", "LoggingConfiguration"),
        ("Tracing", "TracingConfiguration"),
    ] {
        properties.extend(source.get(from).map(|value| (to.to_owned(), value.clone())));
    }
    match (source.set("Definition"), source.set("DefinitionUri")) {
        (Some(definition), _) => {
            properties.insert("DefinitionString".to_owned(), definition.clone())
        }
        (None, Some(Json::Object(place))) => {
            properties.insert("DefinitionS3Location".to_owned(), json!(place))
        }
        (None, place) => properties.insert(
            "DefinitionS3Location".to_owned(),
            json!({"Bucket": "", "Key": place}),
        ),
    };
    let own = attribute(&format!("{id}Role"), "Arn");
    let role = source.set("Role");
    properties.insert("RoleArn".to_owned(), role.cloned().unwrap_or(own));
    properties.insert("Tags".to_owned(), source.tag_list(&[TAG]));
    output.main(source, "AWS::StepFunctions::StateMachine", properties);
    if role.is_none() {
        let mut role = SamRole::of("states.amazonaws.com").policies(source);
        if source
            .get("Tracing")
            .is_some_and(|tracing| field(tracing, "Enabled").is_some())
        {
            role = role.attach("AWSXRayDaemonWriteAccess");
        }
        let role = role.properties(source, source.tag_list(&[TAG]));
        output.more(source, &source.words(), ROLE, role);
    }
    publish(source, output);
    for event in source.events() {
        add_event(source, event, output);
    }
}

fn publish(source: &SamSource<'_>, output: &mut SamOutput) {
    const ALIAS: &str = "the property AutoPublishAlias";
    let Some(name) = source.set("AutoPublishAlias") else {
        return;
    };
    let id = &source.resource.id;
    let retain = ["DeletionPolicy", "UpdateReplacePolicy"].into_iter();
    let retain = retain
        .filter(|key| !source.resource.attributes.contains_key(*key))
        .map(|key| (key.to_owned(), json!("Retain")))
        .collect();
    let version = json!({
        "StateMachineArn": reference(id),
        "StateMachineRevisionId": attribute(id, "StateMachineRevisionId"),
    });
    output.more_with(
        source,
        ALIAS,
        "AWS::StepFunctions::StateMachineVersion",
        version,
        retain,
    );
    let preference = source.set("DeploymentPreference").cloned();
    let alias = json!({
        "Name": name,
        "DeploymentPreference": preference.unwrap_or_else(|| json!({"Type": "ALL_AT_ONCE"})),
    });
    output.more(
        source,
        ALIAS,
        "AWS::StepFunctions::StateMachineAlias",
        alias,
    );
}

fn add_event(source: &SamSource<'_>, event: SamEvent<'_>, output: &mut SamOutput) {
    const START: &[&str] = &["states:StartExecution"];
    let boundary = source.set("PermissionsBoundary");
    match event.kind {
        "Api" => {
            let role = SamRole::of("apigateway.amazonaws.com").allow(START);
            add_event_role(source, event, role, boundary, output);
        }
        "Schedule" | "CloudWatchEvent" | "EventBridgeRule" => {
            let given = event.get("RoleArn").filter(|_| event.kind == "Schedule");
            let own = format!("{}{}Role", source.resource.id, event.name);
            let role = given.cloned().unwrap_or_else(|| attribute(&own, "Arn"));
            let has_role = given.is_some();
            add_rule(
                source,
                event,
                reference(&source.resource.id),
                Some(role),
                output,
            );
            if !has_role {
                let role = SamRole::of("events.amazonaws.com").allow(START);
                add_event_role(source, event, role, boundary, output);
            }
        }
        "ScheduleV2" => schedule(source, event, output),
        _ => {}
    }
}
