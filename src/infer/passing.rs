//! Which services run a resource with the role that is passed to it.
//!
//! In: a resource type. Out: the values of `iam:PassedToService` that its deployment sends, from the
//! manuals of the services. Refuses nothing: a type that is not listed passes roles to services that
//! are not known.

/// Resource types, and their namespaces (ending in `::`), with the services that their roles are passed
/// to. A type goes before its namespace.
const PASSED_TO: &[(&str, &[&str])] = &[
    ("AWS::ApiGateway::", &["apigateway.amazonaws.com"]),
    ("AWS::ApiGatewayV2::", &["apigateway.amazonaws.com"]),
    (
        "AWS::AppRunner::",
        &[
            "tasks.apprunner.amazonaws.com",
            "build.apprunner.amazonaws.com",
        ],
    ),
    ("AWS::AppSync::", &["appsync.amazonaws.com"]),
    ("AWS::AmplifyUIBuilder::", &["amplify.amazonaws.com"]),
    ("AWS::Amplify::", &["amplify.amazonaws.com"]),
    (
        "AWS::ApplicationAutoScaling::",
        &["application-autoscaling.amazonaws.com"],
    ),
    (
        "AWS::AutoScaling::",
        &["autoscaling.amazonaws.com", "ec2.amazonaws.com"],
    ),
    ("AWS::Backup::", &["backup.amazonaws.com"]),
    (
        "AWS::Batch::",
        &[
            "batch.amazonaws.com",
            "ecs-tasks.amazonaws.com",
            "ec2.amazonaws.com",
        ],
    ),
    ("AWS::Bedrock::", &["bedrock.amazonaws.com"]),
    (
        "AWS::BedrockAgentCore::",
        &["bedrock-agentcore.amazonaws.com"],
    ),
    ("AWS::CloudFormation::", &["cloudformation.amazonaws.com"]),
    ("AWS::CloudTrail::", &["cloudtrail.amazonaws.com"]),
    (
        "AWS::CloudWatch::",
        &[
            "cloudwatch.amazonaws.com",
            "streams.metrics.cloudwatch.amazonaws.com",
        ],
    ),
    ("AWS::CodeBuild::", &["codebuild.amazonaws.com"]),
    ("AWS::CodeDeploy::", &["codedeploy.amazonaws.com"]),
    ("AWS::CodePipeline::", &["codepipeline.amazonaws.com"]),
    ("AWS::Cognito::UserPool", &["cognito-idp.amazonaws.com"]),
    (
        "AWS::Cognito::IdentityPool",
        &[
            "cognito-identity.amazonaws.com",
            "cognito-sync.amazonaws.com",
        ],
    ),
    (
        "AWS::Cognito::IdentityPoolRoleAttachment",
        &["cognito-identity.amazonaws.com"],
    ),
    (
        "AWS::Cognito::UserPoolClient",
        &["cognito-idp.amazonaws.com"],
    ),
    ("AWS::Cognito::", &["cognito-idp.amazonaws.com"]),
    ("AWS::Config::", &["config.amazonaws.com"]),
    ("AWS::DAX::", &["dax.amazonaws.com"]),
    ("AWS::DLM::", &["dlm.amazonaws.com"]),
    ("AWS::DMS::", &["dms.amazonaws.com"]),
    ("AWS::EC2::", &["ec2.amazonaws.com"]),
    ("AWS::EC2::FlowLog", &["vpc-flow-logs.amazonaws.com"]),
    ("AWS::EC2::SpotFleet", &["spotfleet.amazonaws.com"]),
    (
        "AWS::ECS::",
        &["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"],
    ),
    ("AWS::EFS::", &["elasticfilesystem.amazonaws.com"]),
    (
        "AWS::EKS::",
        &["eks.amazonaws.com", "pods.eks.amazonaws.com"],
    ),
    (
        "AWS::EKS::FargateProfile",
        &["eks-fargate-pods.amazonaws.com"],
    ),
    (
        "AWS::EKS::Nodegroup",
        &["ec2.amazonaws.com", "eks.amazonaws.com"],
    ),
    (
        "AWS::EMR::",
        &["elasticmapreduce.amazonaws.com", "ec2.amazonaws.com"],
    ),
    (
        "AWS::ElasticBeanstalk::",
        &["elasticbeanstalk.amazonaws.com", "ec2.amazonaws.com"],
    ),
    ("AWS::Elasticsearch::", &["es.amazonaws.com"]),
    ("AWS::EventSchemas::", &["schemas.amazonaws.com"]),
    ("AWS::Events::", &["events.amazonaws.com"]),
    ("AWS::FIS::", &["fis.amazonaws.com"]),
    ("AWS::GameLift::", &["gamelift.amazonaws.com"]),
    ("AWS::Glue::", &["glue.amazonaws.com"]),
    ("AWS::Greengrass::", &["greengrass.amazonaws.com"]),
    ("AWS::IAM::InstanceProfile", &["ec2.amazonaws.com"]),
    ("AWS::IVS::", &["ivs.amazonaws.com"]),
    (
        "AWS::IoT::",
        &["iot.amazonaws.com", "credentials.iot.amazonaws.com"],
    ),
    ("AWS::IoTAnalytics::", &["iotanalytics.amazonaws.com"]),
    ("AWS::IoTEvents::", &["iotevents.amazonaws.com"]),
    (
        "AWS::IoTSiteWise::",
        &[
            "iotsitewise.amazonaws.com",
            "monitor.iotsitewise.amazonaws.com",
        ],
    ),
    ("AWS::IoTWireless::", &["iotwireless.amazonaws.com"]),
    (
        "AWS::ImageBuilder::",
        &["imagebuilder.amazonaws.com", "ec2.amazonaws.com"],
    ),
    ("AWS::Kendra::", &["kendra.amazonaws.com"]),
    (
        "AWS::KinesisAnalytics::",
        &["kinesisanalytics.amazonaws.com"],
    ),
    (
        "AWS::KinesisAnalyticsV2::",
        &["kinesisanalytics.amazonaws.com"],
    ),
    ("AWS::KinesisFirehose::", &["firehose.amazonaws.com"]),
    ("AWS::LakeFormation::", &["lakeformation.amazonaws.com"]),
    ("AWS::Lambda::", &["lambda.amazonaws.com"]),
    ("AWS::Lex::", &["lexv2.amazonaws.com"]),
    // The second is the older name, with whichever region.
    (
        "AWS::Logs::",
        &["logs.amazonaws.com", "logs.eu-west-1.amazonaws.com"],
    ),
    (
        "AWS::MWAA::",
        &["airflow.amazonaws.com", "airflow-env.amazonaws.com"],
    ),
    ("AWS::MediaConvert::", &["mediaconvert.amazonaws.com"]),
    ("AWS::MediaLive::", &["medialive.amazonaws.com"]),
    ("AWS::MediaPackage::", &["mediapackage.amazonaws.com"]),
    ("AWS::MSK::", &["kafka.amazonaws.com"]),
    ("AWS::KafkaConnect::", &["kafkaconnect.amazonaws.com"]),
    ("AWS::Neptune::", &["rds.amazonaws.com"]),
    ("AWS::OSIS::", &["osis-pipelines.amazonaws.com"]),
    (
        "AWS::OpenSearchService::",
        &["opensearchservice.amazonaws.com", "es.amazonaws.com"],
    ),
    ("AWS::Personalize::", &["personalize.amazonaws.com"]),
    ("AWS::Pinpoint::", &["pinpoint.amazonaws.com"]),
    ("AWS::PinpointEmail::", &["ses.amazonaws.com"]),
    ("AWS::Pipes::", &["pipes.amazonaws.com"]),
    ("AWS::QLDB::", &["qldb.amazonaws.com"]),
    (
        "AWS::RDS::",
        &["rds.amazonaws.com", "monitoring.rds.amazonaws.com"],
    ),
    (
        "AWS::Redshift::",
        &["redshift.amazonaws.com", "scheduler.redshift.amazonaws.com"],
    ),
    (
        "AWS::RedshiftServerless::",
        &[
            "redshift.amazonaws.com",
            "redshift-serverless.amazonaws.com",
        ],
    ),
    ("AWS::RUM::", &["cognito-identity.amazonaws.com"]),
    // Replication.
    ("AWS::S3::", &["s3.amazonaws.com"]),
    ("AWS::S3::StorageLens", &["storage-lens.s3.amazonaws.com"]),
    ("AWS::SES::", &["ses.amazonaws.com"]),
    // The status of deliveries.
    ("AWS::SNS::", &["sns.amazonaws.com"]),
    ("AWS::SSM::", &["ssm.amazonaws.com"]),
    ("AWS::SSMIncidents::", &["ssm-incidents.amazonaws.com"]),
    ("AWS::SageMaker::", &["sagemaker.amazonaws.com"]),
    ("AWS::Scheduler::", &["scheduler.amazonaws.com"]),
    ("AWS::SecretsManager::", &["secretsmanager.amazonaws.com"]),
    ("AWS::ServiceCatalog::", &["servicecatalog.amazonaws.com"]),
    ("AWS::StepFunctions::", &["states.amazonaws.com"]),
    // A canary is a function.
    ("AWS::Synthetics::", &["lambda.amazonaws.com"]),
    ("AWS::Timestream::", &["timestream.amazonaws.com"]),
    ("AWS::Transfer::", &["transfer.amazonaws.com"]),
    (
        "AWS::VerifiedPermissions::",
        &["verifiedpermissions.amazonaws.com"],
    ),
];

/// The services that a role is passed to by a resource of `type_name`. Empty if they are not known:
/// then no condition may be guessed.
pub fn passed_to(type_name: &str) -> &'static [&'static str] {
    let namespace = type_name
        .rfind("::")
        .and_then(|at| type_name.get(..at + 2))
        .unwrap_or(type_name);
    [type_name, namespace]
        .iter()
        .find_map(|key| PASSED_TO.iter().find(|(name, _)| name == key))
        .map_or(&[], |(_, services)| *services)
}
