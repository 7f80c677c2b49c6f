//! The built-in services, with all their options, grant what the resource types that they are for
//! need with every property set. What they leave out is listed here, each with its reason.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

use std::collections::{BTreeMap, BTreeSet};

use deploy_roles::aws::handlers::handlers;
use deploy_roles::aws::wildcard::matches;
use deploy_roles::infer::actions::needs;
use deploy_roles::infer::arns::Arns;
use deploy_roles::infer::model::{AppResource, AppTemplates, NeedKind};
use deploy_roles::infer::partial::{Lacking, generate};
use deploy_roles::infer::suggestion::{AppNeeds, GivenServices, suggest};
use deploy_roles::partials::Partials;
use deploy_roles::partials::statements::normal;
use deploy_roles::source::{FileId, Span};
use deploy_roles::yaml::lookup::Library;
use serde_json::{Map, Value, json};

const COVERED: &[&str] = &[
    "AWS::AppSync::Api",
    "AWS::AppSync::ApiCache",
    "AWS::AppSync::ApiKey",
    "AWS::AppSync::ChannelNamespace",
    "AWS::AppSync::DataSource",
    "AWS::AppSync::FunctionConfiguration",
    "AWS::AppSync::GraphQLApi",
    "AWS::AppSync::GraphQLSchema",
    "AWS::AppSync::Resolver",
    "AWS::AppSync::Type",
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGateway::UsagePlanKey",
    "AWS::ApiGateway::VpcLink",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Deployment",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::IntegrationResponse",
    "AWS::ApiGatewayV2::Model",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApiGatewayV2::VpcLink",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CertificateManager::Certificate",
    "AWS::CloudFormation::Stack",
    "AWS::CloudFront::CachePolicy",
    "AWS::CloudFront::CloudFrontOriginAccessIdentity",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::Function",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::OriginRequestPolicy",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentConfig",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Cognito::IdentityPool",
    "AWS::Cognito::IdentityPoolRoleAttachment",
    "AWS::Cognito::ManagedLoginBranding",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolGroup",
    "AWS::Cognito::UserPoolIdentityProvider",
    "AWS::Cognito::UserPoolResourceServer",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EventSchemas::Registry",
    "AWS::EventSchemas::Schema",
    "AWS::Events::ApiDestination",
    "AWS::Events::Archive",
    "AWS::Events::Connection",
    "AWS::Events::EventBus",
    "AWS::Events::EventBusPolicy",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::RolePolicy",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Kinesis::ResourcePolicy",
    "AWS::Kinesis::Stream",
    "AWS::Kinesis::StreamConsumer",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::LayerVersionPermission",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Lambda::Version",
    "AWS::Logs::LogGroup",
    "AWS::Logs::LogStream",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::SubscriptionFilter",
    "AWS::Pipes::Pipe",
    "AWS::Route53::HostedZone",
    "AWS::Route53::RecordSet",
    "AWS::Route53::RecordSetGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicInlinePolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueueInlinePolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SSM::Parameter",
    "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::SecretsManager::Secret",
    "AWS::SecretsManager::SecretTargetAttachment",
    "AWS::StepFunctions::Activity",
    "AWS::StepFunctions::StateMachine",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
    "AWS::WAFv2::IPSet",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::RegexPatternSet",
    "AWS::WAFv2::RuleGroup",
    "AWS::WAFv2::WebACL",
    "AWS::WAFv2::WebACLAssociation",
];

/// What no service grants: the types, the actions, and why.
const LEFT_OUT: &[(&str, &str, &str)] = &[
    (
        "AWS::ApiGateway::VpcLink",
        "ec2:CreateVpcEndpointServiceConfiguration ec2:DeleteVpcEndpointServiceConfigurations \
         ec2:DescribeVpcEndpointServiceConfigurations ec2:ModifyVpcEndpointServicePermissions",
        "a VPC link of a REST API makes an endpoint service, which no service of today covers",
    ),
    (
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "cloudwatch:GetMetricData",
        "only predictive scaling reads metrics, and tables do not scale predictively",
    ),
    (
        "AWS::CertificateManager::Certificate",
        "acm-pca:GetCertificate acm-pca:IssueCertificate",
        "a private certificate authority is not the app's: its owner shares it",
    ),
    (
        "AWS::CodeDeploy::DeploymentGroup",
        "codedeploy:RegisterOnPremisesInstance",
        "machines outside of AWS are no part of a serverless app",
    ),
    (
        "AWS::Cognito::IdentityPool",
        "cognito-sync:SetCognitoEvents cognito-sync:SetIdentityPoolConfiguration",
        "Cognito Sync is closed to new customers",
    ),
    (
        "AWS::DynamoDB::Table",
        "kinesis:DescribeStream kinesis:PutRecords",
        "to write into a stream is more than to deploy one: ExecutionPolicies",
    ),
    (
        "AWS::DynamoDB::Table",
        "logs:PutLogEvents",
        "an import from S3 writes its errors there, and works without",
    ),
    (
        "AWS::IAM::ManagedPolicy",
        "iam:AttachGroupPolicy iam:AttachUserPolicy iam:DetachGroupPolicy iam:DetachUserPolicy",
        "an app has no users or groups: see E15 of docs/security.md",
    ),
    (
        "AWS::IAM::Policy",
        "iam:DeleteGroupPolicy iam:DeleteUserPolicy iam:GetGroupPolicy iam:GetUserPolicy \
         iam:PutGroupPolicy iam:PutUserPolicy",
        "an app has no users or groups: see E15 of docs/security.md",
    ),
    (
        "AWS::Lambda::Function",
        "elasticfilesystem:DescribeMountTargets s3files:ListMountTargets",
        "file systems are types that no service covers",
    ),
    (
        "AWS::Lambda::Function",
        "lambda:PassCapacityProvider",
        "capacity providers run instances, and are a type that no service covers",
    ),
    (
        "AWS::Logs::LogGroup",
        "logs:PutBearerTokenAuthentication",
        "it opens a log group to whoever has a token",
    ),
    (
        "AWS::S3::Bucket",
        "s3:CreateBucketMetadataTableConfiguration s3:DeleteBucketMetadataTableConfiguration \
         s3:UpdateBucketMetadataAnnotationTableConfiguration \
         s3:UpdateBucketMetadataInventoryTableConfiguration \
         s3:UpdateBucketMetadataJournalTableConfiguration s3tables:CreateNamespace \
         s3tables:CreateTable s3tables:CreateTableBucket s3tables:GetTable \
         s3tables:GetTableMetadataLocation s3tables:PutTableBucketPolicy \
         s3tables:PutTableEncryption s3tables:PutTablePolicy s3tables:UpdateTableMetadataLocation",
        "metadata tables are in a table bucket that AWS names, and that all apps share",
    ),
    (
        "AWS::S3::Bucket",
        "s3:PutBucketAbac",
        "with it, tags of the bucket decide who has access",
    ),
    (
        "AWS::SecretsManager::RotationSchedule",
        "iam:PassRole",
        "the role rotates a secret of another vendor: ExecutionPolicies",
    ),
];

/// A resource with every property that a template can set.
fn with_everything(type_name: &str) -> AppResource {
    let known = handlers().resource_type(type_name);
    let known = known.unwrap_or_else(|| panic!("{type_name} is not known"));
    let value = |name: &str| match name {
        "ServiceNamespace" => json!("dynamodb"),
        _ => json!("x"),
    };
    let properties: Map<String, Value> = known
        .properties
        .iter()
        .map(|property| (property.name.to_owned(), value(property.name)))
        .collect();
    AppResource {
        id: "One".to_owned(),
        type_name: type_name.to_owned(),
        properties,
        attributes: Map::new(),
        span: Span::new(FileId(0), 0, 0),
        made_by: None,
    }
}

/// What no built-in service grants, of what a resource of this type needs.
fn missing(type_name: &str, partials: &Partials) -> BTreeSet<String> {
    let app = AppTemplates {
        resources: vec![with_everything(type_name)],
        ..AppTemplates::default()
    };
    let needed = needs(&app);
    assert!(needed.unknown.is_empty(), "{type_name} is not known");
    let created_once = |kind| kind == NeedKind::ServiceLinkedRole;
    let needs: Vec<_> = needed
        .needs
        .into_iter()
        .filter(|need| !created_once(need.kind))
        .collect();
    assert!(!needs.is_empty(), "{type_name} needs nothing");
    let arns = Arns::default();
    let possible = |type_name: &str, action: &str| {
        let patterns = arns.possible(type_name, action);
        patterns.iter().map(|arn| normal(arn)).collect()
    };
    let wanted = AppNeeds {
        app: &app,
        needs: &needs,
        arns: &possible,
    };
    let suggestion = suggest(wanted, partials, &GivenServices::default()).unwrap();
    let uncovered = suggestion.uncovered.into_iter();
    uncovered
        .flat_map(|one| one.missing)
        .map(|reason| reason.action)
        .collect()
}

#[test]
fn services_grant_what_their_types_need() {
    let partials = Partials::new(&mut Library::default(), &[]).unwrap();
    let is_missing = |type_name: &&str| {
        let missing = missing(type_name, &partials);
        let named = |action: String| format!("{type_name} {action}");
        missing.into_iter().map(named).collect::<Vec<_>>()
    };
    let found: BTreeSet<String> = COVERED.iter().flat_map(is_missing).collect();
    let listed: BTreeSet<String> = LEFT_OUT
        .iter()
        .flat_map(|(type_name, actions, _)| {
            let actions = actions.split_whitespace();
            actions.map(move |action| format!("{type_name} {action}"))
        })
        .collect();
    let not_granted: Vec<&String> = found.difference(&listed).collect();
    let granted: Vec<&String> = listed.difference(&found).collect();
    assert!(not_granted.is_empty(), "not granted: {not_granted:#?}");
    assert!(granted.is_empty(), "listed, but granted: {granted:#?}");
}

/// The actions that partials allow, with the ARNs of each.
type AllowedActions = BTreeMap<String, BTreeSet<String>>;

/// What the partial `name` allows an app with the `AppId` `app`, with all options.
fn allowed(partials: &Partials, name: &str) -> AllowedActions {
    let options: &[String] = match name.strip_prefix("services/") {
        Some(service) => partials.catalog.services.options(service).unwrap(),
        None => &[],
    };
    let options: Map<String, Value> = options
        .iter()
        .map(|option| (option.clone(), json!(true)))
        .collect();
    let context = json!({
        "appId": "app",
        "appIdLetters": "app",
        "rolePath": "/",
        "policyPath": "/",
        "options": options,
        "services": {},
    });
    let text = partials.render(name, &context).unwrap();
    let policy: serde_yaml::Value = serde_yaml::from_str(&text.replace("!Sub ", "")).unwrap();
    let texts = |value: &serde_yaml::Value| -> Vec<String> {
        match value {
            serde_yaml::Value::Sequence(items) => items
                .iter()
                .map(|item| item.as_str().unwrap_or("*").to_owned())
                .collect(),
            value => vec![value.as_str().unwrap_or("*").to_owned()],
        }
    };
    let mut found = AllowedActions::new();
    for statement in policy["Statement"].as_sequence().unwrap() {
        if statement["Effect"] == "Deny" || statement.get("Action").is_none() {
            continue;
        }
        for action in texts(&statement["Action"]) {
            let arns = texts(&statement["Resource"]);
            let arns = arns.iter().map(|arn| normal(arn));
            found.entry(action).or_default().extend(arns);
        }
    }
    found
}

/// Everything that can be generated for the types of the built-in services, if a person allows all.
fn generated_for_all() -> AllowedActions {
    let app = AppTemplates {
        resources: COVERED.iter().map(|name| with_everything(name)).collect(),
        ..AppTemplates::default()
    };
    let needed = needs(&app).needs;
    let generate = |allowed: &BTreeSet<String>| {
        generate(Lacking {
            app: &app,
            arns: &Arns::default(),
            needs: &needed,
            allowed,
            is_taken: &|_| true,
        })
    };
    let held = generate(&BTreeSet::new()).held;
    let partials = generate(&held.into_iter().map(|one| one.action).collect()).partials;
    let mut library = Library::default();
    let mut own = Vec::new();
    for partial in &partials {
        let file = library.sources.add(&partial.name, partial.text.as_str());
        own.push((format!("services/{}", partial.name), file));
    }
    let all = Partials::new(&mut library, &own).unwrap();
    let mut found = AllowedActions::new();
    for (name, _) in &own {
        for (action, arns) in allowed(&all, name) {
            found.entry(action).or_default().extend(arns);
        }
    }
    found
}

/// How much of what was written by hand the method would also write, in percent, and how much of
/// that is as narrow: less, and one of them has a fault.
const LEAST: (usize, usize) = (92, 90);

#[test]
fn generated_partials_are_like_those_made_by_hand() {
    let partials = Partials::new(&mut Library::default(), &[]).unwrap();
    let mut by_hand = AllowedActions::new();
    for service in partials.catalog.services.names() {
        // Only these services reach roles and stacks, because their guards protect the deploy roles.
        if matches!(service, "iam" | "cloudformation") {
            continue;
        }
        for (action, arns) in allowed(&partials, &format!("services/{service}")) {
            by_hand.entry(action).or_default().extend(arns);
        }
    }
    let generated = generated_for_all();
    let (mut found, mut narrow) = (0, 0);
    let (mut lost, mut wider) = (Vec::new(), Vec::new());
    for (action, arns) in &by_hand {
        let same = generated.iter().filter(|(name, _)| matches(action, name));
        let same: Vec<&BTreeSet<String>> = same.map(|(_, arns)| arns).collect();
        if same.is_empty() {
            lost.push(action);
            continue;
        }
        found += 1;
        let is_covered = |arn: &String| arns.iter().any(|by_hand| matches(by_hand, arn));
        if same.into_iter().flatten().all(is_covered) {
            narrow += 1;
        } else {
            wider.push(action);
        }
    }
    let shares = (found * 100 / by_hand.len(), narrow * 100 / found);
    assert!(
        shares.0 >= LEAST.0 && shares.1 >= LEAST.1,
        "{found} of {} actions, {narrow} as narrow; lost: {lost:?}; wider: {wider:?}",
        by_hand.len()
    );
}
