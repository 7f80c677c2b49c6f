//! Which services run a resource with the role that is passed to it.
//!
//! In: a resource type. Out: the values of `iam:PassedToService` that its deployment sends, from the
//! manuals of the services. Refuses nothing: a type that is not listed passes roles to services that
//! are not known.

/// Namespaces of resource types, with the services that roles of their resources are passed to. A
/// longer name before the namespace that it begins with.
const PASSED: &[(&str, &[&str])] = &[
    ("AWS::ApiGateway::", &["apigateway.amazonaws.com"]),
    ("AWS::ApiGatewayV2::", &["apigateway.amazonaws.com"]),
    (
        "AWS::ApplicationAutoScaling::",
        &["application-autoscaling.amazonaws.com"],
    ),
    ("AWS::AppSync::", &["appsync.amazonaws.com"]),
    ("AWS::Backup::", &["backup.amazonaws.com"]),
    ("AWS::Batch::", &["batch.amazonaws.com"]),
    ("AWS::Bedrock::", &["bedrock.amazonaws.com"]),
    ("AWS::CloudFormation::", &["cloudformation.amazonaws.com"]),
    ("AWS::CodeBuild::", &["codebuild.amazonaws.com"]),
    ("AWS::CodeDeploy::", &["codedeploy.amazonaws.com"]),
    ("AWS::CodePipeline::", &["codepipeline.amazonaws.com"]),
    (
        "AWS::Cognito::",
        &[
            "cognito-idp.amazonaws.com",
            "cognito-identity.amazonaws.com",
        ],
    ),
    ("AWS::Config::", &["config.amazonaws.com"]),
    ("AWS::EC2::", &["ec2.amazonaws.com"]),
    (
        "AWS::ECS::",
        &["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"],
    ),
    ("AWS::Events::", &["events.amazonaws.com"]),
    ("AWS::Glue::", &["glue.amazonaws.com"]),
    ("AWS::IAM::InstanceProfile", &["ec2.amazonaws.com"]),
    ("AWS::IoT::", &["iot.amazonaws.com"]),
    ("AWS::KinesisFirehose::", &["firehose.amazonaws.com"]),
    ("AWS::Lambda::", &["lambda.amazonaws.com"]),
    (
        "AWS::Logs::",
        &["logs.amazonaws.com", "logs.eu-west-1.amazonaws.com"],
    ),
    ("AWS::Pipes::", &["pipes.amazonaws.com"]),
    (
        "AWS::RDS::",
        &["rds.amazonaws.com", "monitoring.rds.amazonaws.com"],
    ),
    ("AWS::S3::", &["s3.amazonaws.com"]),
    ("AWS::SNS::", &["sns.amazonaws.com"]),
    ("AWS::SageMaker::", &["sagemaker.amazonaws.com"]),
    ("AWS::Scheduler::", &["scheduler.amazonaws.com"]),
    ("AWS::StepFunctions::", &["states.amazonaws.com"]),
    ("AWS::Synthetics::", &["lambda.amazonaws.com"]),
    ("AWS::Transfer::", &["transfer.amazonaws.com"]),
];

/// The services that a role is passed to by a resource of `type_name`.
pub fn passed_to(type_name: &str) -> &'static [&'static str] {
    let known = PASSED
        .iter()
        .find(|(namespace, _)| type_name.starts_with(namespace));
    known.map_or(&[], |(_, services)| services)
}
