//! What the transform's types do not show: names, values, and what asks for a resource. The types
//! themselves are compared with the real transform by `tests/oracle/sam.py`.

use serde_json::{Value as Json, json};

use super::expanded;
use crate::infer::model::AppResource;
use crate::source::{FileId, Span};

fn resources(section: Json) -> Vec<AppResource> {
    let Json::Object(section) = section else {
        panic!("no mapping")
    };
    let resource = |(at, (id, value)): (usize, (String, Json))| AppResource {
        id,
        type_name: value["Type"].as_str().unwrap().to_owned(),
        properties: value["Properties"].as_object().cloned().unwrap_or_default(),
        attributes: value["Attributes"].as_object().cloned().unwrap_or_default(),
        span: Span::new(FileId(0), at, at),
        made_by: None,
    };
    section.into_iter().enumerate().map(resource).collect()
}

fn made(section: Json, globals: Option<Json>) -> Vec<AppResource> {
    expanded(resources(section), globals.as_ref())
}

fn only<'a>(found: &'a [AppResource], type_name: &str) -> &'a AppResource {
    let mut of_type = found
        .iter()
        .filter(|resource| resource.type_name == type_name);
    let first = of_type.next().unwrap();
    assert!(of_type.next().is_none(), "more than one {type_name}");
    first
}

#[test]
fn every_resource_says_what_asks_for_it() {
    let section = json!({
        "Other": {"Type": "AWS::SQS::Queue"},
        "Work": {"Type": "AWS::Serverless::Function", "Properties": {
            "AutoPublishAlias": "live",
            "Events": {"Nightly": {"Type": "ScheduleV2", "Properties": {"ScheduleExpression": "rate(1 day)"}}},
        }},
    });
    let found = made(section, None);
    let words: Vec<(&str, &str, &str)> = found
        .iter()
        .map(|found| {
            (
                found.id.as_str(),
                found.type_name.as_str(),
                found.made_by.as_deref().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(
        words,
        [
            ("Other", "AWS::SQS::Queue", ""),
            (
                "Work",
                "AWS::Lambda::Function",
                "the type AWS::Serverless::Function"
            ),
            (
                "Work",
                "AWS::Lambda::Version",
                "the property AutoPublishAlias"
            ),
            (
                "Work",
                "AWS::Lambda::Alias",
                "the property AutoPublishAlias"
            ),
            (
                "Work",
                "AWS::IAM::Role",
                "the type AWS::Serverless::Function"
            ),
            ("Work", "AWS::Scheduler::Schedule", "the event Nightly"),
            ("Work", "AWS::IAM::Role", "the event Nightly"),
        ]
    );
    assert!(found[1..].iter().all(|resource| resource.span.start == 1));
}

#[test]
fn names_that_sam_makes_up_are_known() {
    let section = json!({
        "Work": {"Type": "AWS::Serverless::Function", "Properties": {
            "Events": {"Nightly": {"Type": "ScheduleV2", "Properties": {"ScheduleExpression": "rate(1 day)"}}},
        }},
        "Shared": {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "x"}},
        "Graph": {"Type": "AWS::Serverless::GraphQLApi", "Properties": {"SchemaInline": "x", "Auth": {"Type": "AWS_IAM"}}},
        "Flow": {"Type": "AWS::Serverless::StateMachine", "Properties": {"DefinitionUri": "x"}},
    });
    let found = made(section, None);
    assert_eq!(
        only(&found, "AWS::Scheduler::Schedule").properties["Name"],
        "WorkNightly"
    );
    assert_eq!(
        only(&found, "AWS::Lambda::LayerVersion").properties["LayerName"],
        "Shared"
    );
    assert_eq!(
        only(&found, "AWS::AppSync::GraphQLApi").properties["Name"],
        "Graph"
    );
    let machine = &only(&found, "AWS::StepFunctions::StateMachine").properties;
    assert!(!machine.contains_key("StateMachineName"));
}

#[test]
fn globals_are_merged_as_sam_merges_them() {
    let globals = json!({"Function": {
        "Layers": ["a"],
        "Architectures": ["arm64"],
        "VpcConfig": {"SubnetIds": ["s"], "SecurityGroupIds": ["g"]},
        "KmsKeyArn": "k",
        "Tracing": "Active",
    }});
    let section = json!({
        "One": {"Type": "AWS::Serverless::Function", "Properties": {
            "Layers": ["b"], "Architectures": ["x86_64"], "VpcConfig": {"SecurityGroupIds": ["h"]}, "KmsKeyArn": "own",
        }},
        "Two": {"Type": "AWS::Serverless::Function", "Properties": {"VpcConfig": {"Fn::If": ["c", {}, {"Ref": "AWS::NoValue"}]}}},
        "Three": {"Type": "AWS::Serverless::Function", "Attributes": {"IgnoreGlobals": "*"}},
        "Four": {"Type": "AWS::Serverless::Function", "Attributes": {"IgnoreGlobals": ["Layers"]}},
    });
    let found = made(section, Some(globals));
    let function = |id: &str| {
        let is_it =
            |found: &&AppResource| found.id == id && found.type_name == "AWS::Lambda::Function";
        found.iter().find(is_it).unwrap()
    };
    let one = &function("One").properties;
    assert_eq!(one["Layers"], json!(["a", "b"]));
    assert_eq!(one["Architectures"], json!(["x86_64"]));
    assert_eq!(
        one["VpcConfig"],
        json!({"SubnetIds": ["s"], "SecurityGroupIds": ["g", "h"]})
    );
    assert_eq!(one["KmsKeyArn"], "own");
    assert_eq!(one["TracingConfig"], json!({"Mode": "Active"}));
    assert!(
        function("Two").properties["VpcConfig"]
            .get("Fn::If")
            .is_some()
    );
    assert!(!function("Three").properties.contains_key("Layers"));
    assert!(!function("Four").properties.contains_key("Layers"));
    assert!(function("Four").properties.contains_key("KmsKeyArn"));
    assert!(
        found
            .iter()
            .all(|found| !found.attributes.contains_key("IgnoreGlobals"))
    );
}

#[test]
fn events_change_the_resources_that_they_name() {
    let section = json!({
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Users": {"Type": "AWS::Cognito::UserPool"},
        "Work": {"Type": "AWS::Serverless::Function", "Properties": {"Events": {
            "A": {"Type": "S3", "Properties": {"Bucket": {"Ref": "Bucket"}, "Events": "s3:ObjectCreated:*"}},
            "B": {"Type": "S3", "Properties": {"Bucket": {"Ref": "Bucket"}, "Events": "s3:ObjectRemoved:*"}},
            "C": {"Type": "Cognito", "Properties": {"UserPool": {"Ref": "Users"}, "Trigger": "PreSignUp"}},
        }}},
    });
    let found = made(section, None);
    let bucket = &only(&found, "AWS::S3::Bucket").properties;
    let list = bucket["NotificationConfiguration"]["LambdaConfigurations"]
        .as_array()
        .unwrap();
    assert_eq!(list.len(), 2);
    let pool = &only(&found, "AWS::Cognito::UserPool").properties;
    assert_eq!(
        pool["LambdaConfig"]["PreSignUp"],
        json!({"Fn::GetAtt": ["Work", "Arn"]})
    );
}

#[test]
fn roles_say_which_kinds_of_policies_they_have() {
    let role = |properties: Json| {
        let section =
            json!({"Work": {"Type": "AWS::Serverless::Function", "Properties": properties}});
        let role = only(&made(section, None), "AWS::IAM::Role")
            .properties
            .clone();
        let count = |key: &str| {
            role.get(key)
                .map_or(0, |list| list.as_array().unwrap().len())
        };
        (count("ManagedPolicyArns"), count("Policies"))
    };
    assert_eq!(role(json!({})), (1, 0));
    assert_eq!(role(json!({"Policies": "ReadOnlyAccess"})), (2, 0));
    assert_eq!(role(json!({"Policies": {"Fn::Sub": "arn"}})), (2, 0));
    assert_eq!(
        role(json!({"Policies": [{"Statement": []}, {"SQSPollerPolicy": {"QueueName": "q"}}]})),
        (1, 2)
    );
    let both = json!({"Fn::If": ["c", {"Statement": []}, {"Ref": "AWS::NoValue"}]});
    assert_eq!(role(json!({"Policies": [both]})), (1, 1));
    assert_eq!(
        role(json!({"VpcConfig": {"SubnetIds": []}, "Tracing": "Active"})),
        (3, 0)
    );
    assert_eq!(
        role(json!({"DeadLetterQueue": {"Type": "SQS", "TargetArn": "a"}})),
        (1, 1)
    );
    let queue = json!({"Events": {"A": {"Type": "SQS", "Properties": {"Queue": "arn"}}}});
    assert_eq!(role(queue), (2, 0));
    let broker = json!({"Events": {"A": {"Type": "MQ", "Properties": {"Broker": "arn"}}}});
    assert_eq!(role(broker), (1, 1));
}

#[test]
fn what_is_not_of_sam_stays_as_it_is() {
    let section = json!({
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}},
        "New": {"Type": "AWS::Serverless::Unheard", "Properties": {"a": 1}},
    });
    let found = made(section.clone(), None);
    let types: Vec<&str> = found.iter().map(|found| found.type_name.as_str()).collect();
    assert_eq!(types, ["AWS::SQS::Queue", "AWS::Serverless::Unheard"]);
    assert_eq!(
        found[0].properties,
        *section["Queue"]["Properties"].as_object().unwrap()
    );
    let nothing = json!({"Work": {"Type": "AWS::Serverless::Function", "Properties": {"Events": [1], "Policies": 5, "Tags": "x"}}});
    assert_eq!(made(nothing, Some(json!([1]))).len(), 2);
    assert!(expanded(Vec::new(), None).is_empty());
}
