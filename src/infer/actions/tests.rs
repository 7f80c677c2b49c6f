//! What resources need: a table of types, properties, and actions, with neighbors that do not.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::*;
use crate::source::{FileId, Span};

/// An app with these resources: ids, types, and properties.
fn app(resources: &[(&str, &str, Json)]) -> AppTemplates {
    let resources = resources
        .iter()
        .map(|(id, type_name, properties)| AppResource {
            id: (*id).to_owned(),
            type_name: (*type_name).to_owned(),
            properties: properties.as_object().unwrap().clone(),
            attributes: serde_json::Map::new(),
            span: Span::new(FileId(0), 0, 0),
            made_by: None,
        })
        .collect();
    AppTemplates {
        resources,
        ..AppTemplates::default()
    }
}

fn of(type_name: &str, properties: Json) -> Vec<Need> {
    needs(&app(&[("One", type_name, properties)])).needs
}

fn actions(needs: &[Need]) -> BTreeSet<&str> {
    needs.iter().map(|need| need.action.as_str()).collect()
}

fn reason(needs: &[Need], action: &str) -> Option<NeedReason> {
    let need = needs.iter().find(|need| need.action == action);
    need.map(|need| need.reason.clone())
}

fn property(name: &str) -> NeedReason {
    NeedReason::Property(name.to_owned())
}

/// Lines of the table: a type, properties, actions that are needed, and actions that are not.
type Line = (&'static str, Json, &'static str, &'static str);

fn check(table: &[Line]) {
    for (type_name, properties, needed, not_needed) in table {
        let found = of(type_name, properties.clone());
        let found = actions(&found);
        for action in needed.split_whitespace() {
            assert!(
                found.contains(action),
                "{type_name} {properties} needs {action}, and {found:?}"
            );
        }
        let known = handlers().resource_type(type_name).unwrap();
        for action in not_needed.split_whitespace() {
            assert!(
                known.actions.iter().any(|known| known.name == action),
                "the handlers of {type_name} do not list {action}"
            );
            assert!(
                !found.contains(action),
                "{type_name} {properties} does not need {action}"
            );
        }
    }
}

#[test]
fn what_every_resource_of_a_type_needs() {
    check(&[
        (
            "AWS::SQS::Queue",
            json!({}),
            "sqs:CreateQueue sqs:DeleteQueue sqs:SetQueueAttributes sqs:GetQueueAttributes \
             sqs:TagQueue sqs:UntagQueue sqs:ListQueueTags",
            "",
        ),
        (
            "AWS::S3::Bucket",
            json!({"BucketName": "acme-x"}),
            "s3:CreateBucket s3:DeleteBucket s3:GetBucketCORS s3:PutBucketTagging s3:ListBucket",
            "s3:PutBucketCORS s3:PutObjectAcl s3:DeleteObject s3:PutBucketAcl \
             s3:PutEncryptionConfiguration iam:PassRole s3tables:CreateTable \
             s3:PutBucketWebsite s3:DeleteBucketWebsite s3:PutReplicationConfiguration",
        ),
        // Tags of the stack reach every function.
        (
            "AWS::Lambda::Function",
            json!({"Code": {"ZipFile": "x"}, "Role": "r"}),
            "lambda:TagResource lambda:UntagResource lambda:ListTags lambda:CreateFunction \
             lambda:UpdateFunctionCode lambda:GetRuntimeManagementConfig iam:PassRole",
            "lambda:PutFunctionConcurrency lambda:DeleteFunctionConcurrency \
             lambda:PutFunctionCodeSigningConfig lambda:GetCodeSigningConfig \
             lambda:GetLayerVersion ec2:DescribeVpcs kms:Decrypt lambda:PassCapacityProvider \
             elasticfilesystem:DescribeMountTargets lambda:PutFunctionRecursionConfig \
             lambda:PutRuntimeManagementConfig lambda:PutFunctionScalingConfig",
        ),
        (
            "AWS::ApiGatewayV2::VpcLink",
            json!({"Name": "x", "SubnetIds": []}),
            "apigateway:POST apigateway:DELETE iam:CreateServiceLinkedRole apigateway:TagResource",
            "iam:DeleteServiceLinkedRole iam:GetServiceLinkedRoleDeletionStatus",
        ),
        ("AWS::CloudFormation::WaitCondition", json!({}), "", ""),
        (
            "AWS::Route53::RecordSetGroup",
            json!({"HostedZoneName": "x."}),
            "route53:ChangeResourceRecordSets route53:GetChange",
            "",
        ),
    ]);
    // An action of the type's own service that is also a tagging permission is a write.
    let stage = of(
        "AWS::ApiGatewayV2::Stage",
        json!({"ApiId": "x", "StageName": "y"}),
    );
    let kind = |action| {
        stage
            .iter()
            .find(|need| need.action == action)
            .map(|need| need.kind)
    };
    assert_eq!(kind("apigateway:POST"), Some(NeedKind::Write));
    assert_eq!(kind("apigateway:GET"), Some(NeedKind::Read));
    assert_eq!(kind("apigateway:TagResource"), Some(NeedKind::Tag));
    let image = of("AWS::ECR::Repository", json!({}));
    assert_eq!(reason(&image, "ecr:PutImageTagMutability"), None);
}

#[test]
fn properties_open_the_actions_of_the_own_service() {
    check(&[
        (
            "AWS::S3::Bucket",
            json!({"CorsConfiguration": {}, "WebsiteConfiguration": {}, "ObjectLockEnabled": true}),
            "s3:PutBucketCORS s3:PutBucketWebsite s3:DeleteBucketWebsite \
             s3:PutBucketObjectLockConfiguration",
            "s3:PutBucketNotification s3:PutBucketLogging",
        ),
        (
            "AWS::S3::Bucket",
            json!({"ReplicationConfiguration": {"Role": "r"}, "AccessControl": "Private"}),
            "s3:PutReplicationConfiguration iam:PassRole s3:PutBucketAcl",
            "s3:PutBucketVersioning",
        ),
        (
            "AWS::DynamoDB::Table",
            json!({"TimeToLiveSpecification": {}, "PointInTimeRecoverySpecification": {}}),
            "dynamodb:UpdateTimeToLive dynamodb:UpdateContinuousBackups",
            "dynamodb:Scan dynamodb:GetItem dynamodb:BatchWriteItem dynamodb:ImportTable \
             dynamodb:PutResourcePolicy dynamodb:EnableKinesisStreamingDestination \
             dynamodb:UpdateContributorInsights logs:CreateLogGroup s3:GetObject kinesis:PutRecords",
        ),
        (
            "AWS::IAM::Role",
            json!({"AssumeRolePolicyDocument": {}, "ManagedPolicyArns": []}),
            "iam:CreateRole iam:AttachRolePolicy iam:DetachRolePolicy iam:UpdateAssumeRolePolicy \
             iam:TagRole",
            "iam:PutRolePolicy iam:DeleteRolePolicy iam:PutRolePermissionsBoundary \
             iam:DeleteRolePermissionsBoundary",
        ),
        (
            "AWS::IAM::ManagedPolicy",
            json!({"PolicyDocument": {}, "Roles": []}),
            "iam:CreatePolicy iam:AttachRolePolicy iam:DetachRolePolicy iam:CreatePolicyVersion",
            "iam:AttachUserPolicy iam:AttachGroupPolicy iam:DetachUserPolicy",
        ),
        (
            "AWS::IAM::Policy",
            json!({"PolicyDocument": {}, "PolicyName": "x", "Users": []}),
            "iam:PutUserPolicy iam:DeleteUserPolicy iam:GetUserPolicy",
            "iam:PutRolePolicy iam:PutGroupPolicy iam:GetGroupPolicy",
        ),
        (
            "AWS::CloudFront::Distribution",
            json!({"DistributionConfig": {}}),
            "cloudfront:CreateDistribution cloudfront:UpdateDistribution cloudfront:TagResource",
            "cloudfront:CreateConnectionGroup",
        ),
        // The verb and the whole name of a property, though its words are the type's own.
        (
            "AWS::EFS::FileSystem",
            json!({"BackupPolicy": {}}),
            "elasticfilesystem:CreateFileSystem elasticfilesystem:PutBackupPolicy",
            "elasticfilesystem:PutFileSystemPolicy elasticfilesystem:DeleteFileSystemPolicy",
        ),
        (
            "AWS::EFS::FileSystem",
            json!({"FileSystemPolicy": {}}),
            "elasticfilesystem:PutFileSystemPolicy elasticfilesystem:DeleteFileSystemPolicy",
            "elasticfilesystem:PutBackupPolicy",
        ),
    ]);
}

#[test]
fn names_of_actions_and_properties_resemble_each_other() {
    check(&[
        // Several properties of the same words, and none.
        (
            "AWS::CloudTrail::Trail",
            json!({"AdvancedEventSelectors": []}),
            "cloudtrail:PutEventSelectors",
            "cloudtrail:PutInsightSelectors",
        ),
        (
            "AWS::CloudTrail::Trail",
            json!({}),
            "cloudtrail:UpdateTrail",
            "cloudtrail:PutEventSelectors",
        ),
        (
            "AWS::KinesisFirehose::DeliveryStream",
            json!({"ExtendedS3DestinationConfiguration": {"RoleARN": "r"}}),
            "firehose:UpdateDestination iam:PassRole",
            "firehose:StartDeliveryStreamEncryption",
        ),
        // Policies of a resource.
        (
            "AWS::S3::AccessPoint",
            json!({"Bucket": "b"}),
            "s3:CreateAccessPoint",
            "s3:PutAccessPointPolicy s3:DeleteAccessPointPolicy",
        ),
        (
            "AWS::S3::AccessPoint",
            json!({"Bucket": "b", "Policy": {}}),
            "s3:PutAccessPointPolicy s3:DeleteAccessPointPolicy",
            "",
        ),
        (
            "AWS::ECR::Repository",
            json!({"LifecyclePolicy": {}}),
            "ecr:PutLifecyclePolicy ecr:DeleteLifecyclePolicy",
            "ecr:SetRepositoryPolicy ecr:DeleteRepositoryPolicy",
        ),
        // Updates have many names; versions are how these policies change.
        (
            "AWS::IoT::Policy",
            json!({"PolicyDocument": {}}),
            "iot:CreatePolicyVersion iot:DeletePolicyVersion",
            "",
        ),
        (
            "AWS::MSK::Cluster",
            json!({}),
            "kafka:UpdateBrokerStorage kafka:UpdateSecurity",
            "",
        ),
        // Reads, whichever handler calls them.
        (
            "AWS::Route53::HostedZone",
            json!({"Name": "x"}),
            "route53:GetChange",
            "ec2:DescribeVpcs",
        ),
        // What takes away what is put, though a property has its words.
        (
            "AWS::WorkSpaces::Directory",
            json!({}),
            "workspaces:AssociateIpGroups workspaces:DisassociateIpGroups",
            "",
        ),
        // The last snapshot.
        (
            "AWS::ElastiCache::ReplicationGroup",
            json!({}),
            "elasticache:CreateSnapshot",
            "",
        ),
        // A part of the own service, and another one.
        (
            "AWS::Backup::BackupVault",
            json!({}),
            "backup-storage:MountCapsule kms:CreateGrant",
            "",
        ),
        (
            "AWS::EC2::SecurityGroup",
            json!({"GroupDescription": "x", "SecurityGroupIngress": []}),
            "ec2:CreateSecurityGroup ec2:AuthorizeSecurityGroupIngress \
             ec2:RevokeSecurityGroupIngress ec2:CreateTags ec2:DeleteTags",
            "ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupEgress",
        ),
        (
            "AWS::CodeDeploy::DeploymentGroup",
            json!({"ApplicationName": "x", "ServiceRoleArn": "y"}),
            "codedeploy:CreateDeploymentGroup iam:PassRole",
            "codedeploy:CreateDeployment codedeploy:StopDeployment",
        ),
    ]);
}

#[test]
fn exceptions_of_functions_and_data_have_their_words() {
    check(&[
        (
            "AWS::Lambda::Function",
            json!({"ReservedConcurrentExecutions": 1}),
            "lambda:PutFunctionConcurrency lambda:DeleteFunctionConcurrency",
            "",
        ),
        (
            "AWS::Lambda::Function",
            json!({"RecursiveLoop": "Allow"}),
            "lambda:PutFunctionRecursionConfig",
            "",
        ),
        (
            "AWS::Lambda::Function",
            json!({"RuntimeManagementConfig": {"UpdateRuntimeOn": "Auto"}}),
            "lambda:PutRuntimeManagementConfig",
            "lambda:PutFunctionRecursionConfig",
        ),
        (
            "AWS::Lambda::Function",
            json!({"CodeSigningConfigArn": "x", "Code": {"ZipFile": ""}}),
            "lambda:PutFunctionCodeSigningConfig lambda:GetCodeSigningConfig \
             lambda:DeleteFunctionCodeSigningConfig",
            "",
        ),
        (
            "AWS::Lambda::Function",
            json!({"Layers": []}),
            "lambda:GetLayerVersion",
            "",
        ),
        (
            "AWS::Lambda::Function",
            json!({"CapacityProviderConfig": {}}),
            "lambda:PassCapacityProvider lambda:PutFunctionScalingConfig",
            "",
        ),
        (
            "AWS::Lambda::LayerVersion",
            json!({"Content": {}}),
            "lambda:GetLayerVersion",
            "",
        ),
        (
            "AWS::Lambda::Alias",
            json!({"ProvisionedConcurrencyConfig": {}}),
            "lambda:PutProvisionedConcurrencyConfig lambda:DeleteProvisionedConcurrencyConfig",
            "codedeploy:CreateDeployment",
        ),
        (
            "AWS::Lambda::Alias",
            json!({}),
            "lambda:CreateAlias",
            "lambda:PutProvisionedConcurrencyConfig",
        ),
        (
            "AWS::DynamoDB::Table",
            json!({"ImportSourceSpecification": {"S3BucketSource": {}}}),
            "dynamodb:ImportTable dynamodb:DescribeImport logs:CreateLogGroup s3:GetObject",
            "",
        ),
        (
            "AWS::DynamoDB::Table",
            json!({"KinesisStreamSpecification": {}, "ResourcePolicy": {"PolicyDocument": {}}}),
            "dynamodb:EnableKinesisStreamingDestination \
             dynamodb:DisableKinesisStreamingDestination kinesis:DescribeStream \
             dynamodb:PutResourcePolicy dynamodb:DeleteResourcePolicy",
            "dynamodb:Query",
        ),
        (
            "AWS::DynamoDB::GlobalTable",
            json!({"Replicas": []}),
            "dynamodb:CreateTableReplica dynamodb:Query dynamodb:Scan dynamodb:PutItem",
            "application-autoscaling:PutScalingPolicy",
        ),
        (
            "AWS::S3::Bucket",
            json!({"BucketEncryption": {}, "MetadataTableConfiguration": {}}),
            "s3:PutEncryptionConfiguration s3:CreateBucketMetadataTableConfiguration \
             s3tables:CreateTable",
            "",
        ),
    ]);
}

#[test]
fn exceptions_of_logs_iam_and_messages_have_their_words() {
    check(&[
        (
            "AWS::Logs::LogGroup",
            json!({"RetentionInDays": 7, "KmsKeyId": "x"}),
            "logs:PutRetentionPolicy logs:DeleteRetentionPolicy logs:AssociateKmsKey \
             logs:DisassociateKmsKey",
            "logs:PutDataProtectionPolicy logs:PutIndexPolicy logs:PutResourcePolicy \
             logs:CreateLogDelivery firehose:TagDeliveryStream",
        ),
        (
            "AWS::Logs::LogGroup",
            json!({"DataProtectionPolicy": {}, "FieldIndexPolicies": []}),
            "logs:PutDataProtectionPolicy logs:DeleteDataProtectionPolicy logs:PutIndexPolicy \
             logs:DeleteIndexPolicy",
            "logs:PutRetentionPolicy",
        ),
        (
            "AWS::IAM::Role",
            json!({"Policies": []}),
            "iam:PutRolePolicy iam:DeleteRolePolicy",
            "iam:AttachRolePolicy",
        ),
        (
            "AWS::IAM::Role",
            json!({"PermissionsBoundary": "x"}),
            "iam:PutRolePermissionsBoundary iam:DeleteRolePermissionsBoundary",
            "",
        ),
        (
            "AWS::IAM::User",
            json!({"Groups": []}),
            "iam:CreateUser iam:AddUserToGroup iam:RemoveUserFromGroup",
            "iam:AttachUserPolicy iam:PutUserPolicy iam:CreateLoginProfile",
        ),
        (
            "AWS::SNS::Topic",
            json!({"Subscription": []}),
            "sns:Subscribe sns:Unsubscribe",
            "iam:PassRole",
        ),
        (
            "AWS::SNS::Topic",
            json!({}),
            "sns:CreateTopic",
            "sns:Subscribe sns:Unsubscribe sns:PutDataProtectionPolicy",
        ),
        (
            "AWS::SNS::Subscription",
            json!({}),
            "sns:Subscribe sns:Unsubscribe",
            "iam:PassRole",
        ),
        (
            "AWS::Events::Rule",
            json!({"Targets": []}),
            "events:PutTargets events:RemoveTargets",
            "iam:PassRole",
        ),
        (
            "AWS::Events::Rule",
            json!({}),
            "events:PutRule",
            "events:PutTargets events:RemoveTargets",
        ),
        (
            "AWS::Events::EventBus",
            json!({"Policy": {}}),
            "events:PutPermission events:RemovePermission",
            "",
        ),
        (
            "AWS::Events::EventBus",
            json!({}),
            "events:CreateEventBus",
            "events:PutPermission",
        ),
        (
            "AWS::Events::Connection",
            json!({}),
            "secretsmanager:CreateSecret",
            "kms:Decrypt",
        ),
        (
            "AWS::Kinesis::Stream",
            json!({"StreamEncryption": {}, "RetentionPeriodHours": 48}),
            "kinesis:StartStreamEncryption kinesis:StopStreamEncryption \
             kinesis:IncreaseStreamRetentionPeriod kinesis:DecreaseStreamRetentionPeriod",
            "kinesis:EnableEnhancedMonitoring",
        ),
    ]);
}

#[test]
fn exceptions_of_secrets_users_and_keys_have_their_words() {
    check(&[
        (
            "AWS::SecretsManager::Secret",
            json!({"GenerateSecretString": {}}),
            "secretsmanager:GetRandomPassword",
            "secretsmanager:ReplicateSecretToRegions",
        ),
        (
            "AWS::SecretsManager::Secret",
            json!({"ReplicaRegions": []}),
            "secretsmanager:ReplicateSecretToRegions secretsmanager:RemoveRegionsFromReplication",
            "secretsmanager:GetRandomPassword",
        ),
        (
            "AWS::Cognito::UserPool",
            json!({"MfaConfiguration": "OFF", "Schema": []}),
            "cognito-idp:SetUserPoolMfaConfig cognito-idp:AddCustomAttributes",
            "iam:PassRole kms:Decrypt",
        ),
        (
            "AWS::Cognito::UserPool",
            json!({"SmsConfiguration": {"SnsCallerArn": "x"}}),
            "iam:PassRole",
            "",
        ),
        (
            "AWS::KMS::Key",
            json!({"EnableKeyRotation": true}),
            "kms:EnableKeyRotation kms:DisableKeyRotation",
            "kms:EnableKey kms:DisableKey",
        ),
        (
            "AWS::KMS::Key",
            json!({"Enabled": false}),
            "kms:EnableKey kms:DisableKey",
            "kms:EnableKeyRotation",
        ),
        (
            "AWS::RDS::DBInstance",
            json!({"MasterUserPassword": "x"}),
            "rds:CreateDBSnapshot",
            "secretsmanager:CreateSecret",
        ),
        (
            "AWS::RDS::DBInstance",
            json!({"ManageMasterUserPassword": true}),
            "secretsmanager:CreateSecret",
            "",
        ),
        (
            "AWS::CertificateManager::Certificate",
            json!({"DomainName": "x"}),
            "acm:RequestCertificate",
            "route53:ChangeResourceRecordSets acm-pca:IssueCertificate",
        ),
        (
            "AWS::CloudFormation::Stack",
            json!({"TemplateURL": "x"}),
            "iam:PassRole cloudformation:CreateStack",
            "",
        ),
    ]);
}

#[test]
fn properties_open_other_services() {
    check(&[
        (
            "AWS::Lambda::Function",
            json!({"VpcConfig": {"SubnetIds": []}, "KmsKeyArn": "x", "FileSystemConfigs": []}),
            "ec2:DescribeVpcs kms:Decrypt kms:CreateGrant elasticfilesystem:DescribeMountTargets",
            "",
        ),
        (
            "AWS::Lambda::Function",
            json!({"Code": {"S3Bucket": "b"}}),
            "s3:GetObject s3:GetObjectVersion",
            "",
        ),
        (
            "AWS::StepFunctions::StateMachine",
            json!({"DefinitionS3Location": {}, "RoleArn": "r"}),
            "s3:GetObject iam:PassRole",
            "kms:Decrypt",
        ),
        (
            "AWS::StepFunctions::StateMachine",
            json!({"DefinitionString": ""}),
            "states:CreateStateMachine",
            "s3:GetObject",
        ),
        (
            "AWS::Pipes::Pipe",
            json!({"LogConfiguration": {}}),
            "logs:CreateLogDelivery",
            "s3:PutBucketPolicy firehose:TagDeliveryStream",
        ),
        (
            "AWS::Pipes::Pipe",
            json!({"KmsKeyIdentifier": "x"}),
            "kms:Decrypt",
            "logs:CreateLogDelivery",
        ),
        (
            "AWS::ApiGateway::Method",
            json!({"Integration": {"Credentials": "x"}}),
            "iam:PassRole",
            "",
        ),
        (
            "AWS::ApiGateway::Method",
            json!({"Integration": {"Uri": "x"}}),
            "apigateway:PUT",
            "iam:PassRole",
        ),
    ]);
    // SAM's `DeploymentPreference` becomes an attribute.
    let mut alias = app(&[("Live", "AWS::Lambda::Alias", json!({}))]);
    let policy = json!({"CodeDeployLambdaAliasUpdate": {"ApplicationName": "x"}});
    alias.resources[0]
        .attributes
        .insert("UpdatePolicy".to_owned(), policy);
    assert_eq!(
        reason(&needs(&alias).needs, "codedeploy:CreateDeployment"),
        Some(property("CodeDeployLambdaAliasUpdate"))
    );
}

#[test]
fn keys_of_the_template_open_nothing() {
    let function = |variables: Json| {
        let found = of(
            "AWS::Lambda::Function",
            json!({"Environment": {"Variables": variables}}),
        );
        reason(&found, "kms:Decrypt").or(reason(&found, "ec2:DescribeVpcs"))
    };
    assert_eq!(function(json!({"KMS_KEY": "x", "VpcId": "y"})), None);
    assert_eq!(
        reason(
            &of("AWS::Lambda::Function", json!({"KmsKeyArn": "x"})),
            "kms:Decrypt"
        ),
        Some(property("KmsKeyArn"))
    );
    let code = json!({"Code": {"ZipFile": {"Fn::Sub": ["x", {"VpcId": "y"}]}}});
    assert_eq!(
        reason(&of("AWS::Lambda::Function", code), "ec2:DescribeVpcs"),
        None
    );
    let either = json!({"Fn::If": ["C", {"VpcConfig": {}}, {"Ref": "AWS::NoValue"}]});
    let api = of("AWS::Lambda::Function", json!({"Anything": either}));
    assert_eq!(
        reason(&api, "ec2:DescribeVpcs"),
        Some(property("VpcConfig"))
    );
    // An API's document names the roles that API Gateway calls with.
    let body = |key: &str| {
        of(
            "AWS::ApiGateway::RestApi",
            json!({"Body": {"x": {key: "role", "role": "r"}}}),
        )
    };
    assert_eq!(
        reason(&body("credentials"), "iam:PassRole"),
        Some(property("credentials"))
    );
    assert_eq!(reason(&body("uri"), "iam:PassRole"), None);
}

#[test]
fn what_handlers_leave_out_is_added() {
    let image = of(
        "AWS::Lambda::Function",
        json!({"Code": {"ImageUri": "x"}, "PackageType": "Image"}),
    );
    assert!(actions(&image).contains("ecr:SetRepositoryPolicy"));
    assert_eq!(
        reason(&image, "ecr:BatchGetImage"),
        Some(NeedReason::Deployment("to use a container image"))
    );
    let stage = of("AWS::ApiGatewayV2::Stage", json!({"AccessLogSettings": {}}));
    assert!(actions(&stage).is_superset(&LOG_DELIVERY.iter().copied().collect()));
    assert!(
        !actions(&of("AWS::ApiGatewayV2::Stage", json!({}))).contains("logs:CreateLogDelivery")
    );
    let pipe = of("AWS::Pipes::Pipe", json!({"LogConfiguration": {}}));
    assert!(actions(&pipe).contains("logs:UpdateLogDelivery"));
    let secret = of("AWS::SecretsManager::Secret", json!({"KmsKeyId": "x"}));
    assert!(actions(&secret).contains("kms:GenerateDataKey"));
    assert!(
        !actions(&of("AWS::SecretsManager::Secret", json!({}))).contains("kms:GenerateDataKey")
    );
    for extra in EXTRAS {
        for action in extra.actions {
            assert!(
                handlers().action(action).is_some(),
                "{action} is not in the data"
            );
        }
    }
}

#[test]
fn nested_templates_with_sam_run_a_transform() {
    let stack = (
        "Nested",
        "AWS::CloudFormation::Stack",
        json!({"TemplateURL": "x"}),
    );
    let topic = ("Topic", "AWS::SNS::Topic", json!({}));
    let mut app = app(&[stack, topic]);
    let transforms = |app: &AppTemplates| reason(&needs(app).needs, TRANSFORM_ACTION).is_some();
    assert!(!transforms(&app));
    app.resources[1].made_by = Some("AWS::Serverless::Function".to_owned());
    assert!(
        !transforms(&app),
        "the parent's own transform is not the role's"
    );
    app.resources[1].span.file = FileId(1);
    assert!(transforms(&app));
    app.resources[1].made_by = None;
    app.resources[0].made_by = Some("AWS::Serverless::Application".to_owned());
    assert!(transforms(&app));
}

#[test]
fn custom_resources_call_their_token() {
    let called = |token: Json| {
        let app = app(&[
            ("Handler", "AWS::Lambda::Function", json!({})),
            ("Topic", "AWS::SNS::Topic", json!({})),
            (
                "Seed",
                "Custom::Seed",
                json!({"ServiceToken": token, "VpcId": {"Ref": "Topic"}}),
            ),
        ]);
        let needs = needs(&app).needs.into_iter();
        let own: Vec<String> = needs
            .filter(|need| need.resource == 2)
            .map(|need| need.action)
            .collect();
        own.join(" ")
    };
    assert_eq!(
        called(json!({"Fn::GetAtt": ["Handler", "Arn"]})),
        "lambda:InvokeFunction"
    );
    assert_eq!(called(json!({"Ref": "Topic"})), "sns:Publish");
    assert_eq!(
        called(json!("arn:aws:sns:eu-west-1:111111111111:x")),
        "sns:Publish"
    );
    assert_eq!(
        called(json!({"Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:x"})),
        "sns:Publish"
    );
    assert_eq!(
        called(json!({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":lambda:x"]]})),
        "lambda:InvokeFunction"
    );
    // Most are functions.
    assert_eq!(
        called(json!({"Fn::ImportValue": "token"})),
        "lambda:InvokeFunction"
    );
}

#[test]
fn web_acls_are_associated_with_what_the_arn_names() {
    let associated = |arn: Json| {
        let app = app(&[
            ("Api", "AWS::ApiGateway::RestApi", json!({})),
            ("Pool", "AWS::Cognito::UserPool", json!({})),
            (
                "Waf",
                "AWS::WAFv2::WebACLAssociation",
                json!({"ResourceArn": arn, "WebACLArn": {"Fn::GetAtt": ["Acl", "Arn"]}}),
            ),
            ("Acl", "AWS::WAFv2::WebACL", json!({})),
        ]);
        let found = needs(&app).needs;
        let own: Vec<Need> = found
            .into_iter()
            .filter(|need| need.resource == 2)
            .collect();
        let own = actions(&own);
        assert!(own.contains("wafv2:AssociateWebACL") && own.contains("wafv2:GetWebACL"));
        [
            "apigateway:SetWebACL",
            "cognito-idp:AssociateWebACL",
            "elasticloadbalancing:SetWebAcl",
        ]
        .map(|action| own.contains(action))
    };
    let stage = "arn:aws:apigateway:${AWS::Region}::/restapis/x/stages/y";
    assert_eq!(associated(json!({"Fn::Sub": stage})), [true, false, false]);
    assert_eq!(
        associated(json!({"Fn::GetAtt": "Pool.Arn"})),
        [false, true, false]
    );
    assert_eq!(
        associated(json!(
            "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/x"
        )),
        [false, false, true]
    );
    // What cannot be known may be whatever the app has.
    assert_eq!(associated(json!({"Ref": "Parameter"})), [true, true, false]);
}

#[test]
fn attachments_read_their_target() {
    let attached = |target: Json| {
        let app = app(&[
            ("Cluster", "AWS::Redshift::Cluster", json!({})),
            (
                "Attachment",
                "AWS::SecretsManager::SecretTargetAttachment",
                target,
            ),
        ]);
        let found = needs(&app).needs;
        let own: Vec<Need> = found
            .into_iter()
            .filter(|need| need.resource == 1)
            .collect();
        ["rds:DescribeDBInstances", "redshift:DescribeClusters"]
            .map(|action| actions(&own).contains(action))
    };
    assert_eq!(
        attached(json!({"TargetType": "AWS::RDS::DBInstance"})),
        [true, false]
    );
    assert_eq!(
        attached(json!({"TargetId": {"Ref": "Cluster"}})),
        [false, true]
    );
}

#[test]
fn dynamic_references_are_read() {
    let found = of(
        "AWS::RDS::DBInstance",
        json!({
            "MasterUsername": "{{resolve:ssm:/acme/user:1}}",
            "MasterUserPassword": {"Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:x}}"},
            "DBName": "{{resolve:ssm-secure:/acme/db}}",
            "Port": "{{resolve:ssm:/acme/user:1}}",
        }),
    );
    let references: Vec<(&str, &NeedReason)> = found
        .iter()
        .filter(|need| matches!(need.reason, NeedReason::DynamicReference(_)))
        .map(|need| (need.action.as_str(), &need.reason))
        .collect();
    let of = |text: &str| NeedReason::DynamicReference(text.to_owned());
    assert_eq!(
        references,
        [
            ("ssm:GetParameters", &of("{{resolve:ssm:/acme/user:1}}")),
            ("ssm:GetParameters", &of("{{resolve:ssm-secure:/acme/db}}")),
            (
                "secretsmanager:GetSecretValue",
                &of("{{resolve:secretsmanager:${Secret}:SecretString:x}}")
            ),
        ]
    );
}

#[test]
fn unknown_types_are_listed() {
    let found = needs(&app(&[
        ("A", "AWS::Serverless::Function", json!({})),
        ("B", "AWS::SQS::Queue", json!({})),
        ("C", "Alexa::ASK::Skill", json!({})),
        ("D", "AWS::Serverless::Function", json!({})),
    ]));
    let unknown: Vec<_> = found.unknown.into_iter().collect();
    assert_eq!(
        unknown,
        [
            ("AWS::Serverless::Function".to_owned(), vec![0, 3]),
            ("Alexa::ASK::Skill".to_owned(), vec![2]),
        ]
    );
    assert!(found.needs.iter().all(|need| need.resource == 1));
}

#[test]
fn what_went_away_is_still_needed() {
    let before = app(&[
        ("Role", "AWS::IAM::Role", json!({"Policies": []})),
        ("Queue", "AWS::SQS::Queue", json!({})),
        ("Same", "AWS::SNS::Topic", json!({})),
    ]);
    let after = app(&[
        ("Same", "AWS::SNS::Topic", json!({})),
        ("Role", "AWS::IAM::Role", json!({})),
    ]);
    let (both, found) = needs_after(&after, &before);
    let ids: Vec<&str> = both.resources.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["Same", "Role", "Queue"]);
    let of = |resource: usize| -> Vec<Need> {
        let needs = found.needs.iter().filter(|need| need.resource == resource);
        needs.cloned().collect()
    };
    assert_eq!(of(0), needs(&after).needs[..of(0).len()]);
    assert_eq!(
        reason(&of(1), "iam:DeleteRolePolicy"),
        Some(property("Policies"))
    );
    // A rollback puts them back.
    assert_eq!(
        reason(&of(1), "iam:PutRolePolicy"),
        Some(property("Policies"))
    );
    let queue = of(2);
    assert_eq!(
        actions(&queue),
        ["sqs:DeleteQueue", "sqs:GetQueueAttributes"].into()
    );
    assert!(found.needs.is_sorted_by_key(|need| need.resource));
}

#[test]
fn what_sam_makes_of_one_resource_is_told_apart() {
    let permission = || ("F", "AWS::Lambda::Permission", json!({}));
    let role = ("F", "AWS::IAM::Role", json!({"Policies": []}));
    let function = ("F", "AWS::Lambda::Function", json!({}));
    let seed = (
        "Seed",
        "Custom::Seed",
        json!({"ServiceToken": {"Fn::GetAtt": "F.Arn"}}),
    );
    let before = app(&[function.clone(), role.clone(), permission(), permission()]);
    let after = app(&[function, role, permission(), seed]);
    let (both, found) = needs_after(&after, &before);
    assert_eq!(both.resources.len(), 5);
    let of = |index: usize| {
        found
            .needs
            .iter()
            .filter(move |need| need.resource == index)
    };
    let gone: Vec<&str> = of(4).map(|need| need.action.as_str()).collect();
    assert_eq!(gone, ["lambda:RemovePermission"]);
    let seed: Vec<&str> = of(3).map(|need| need.action.as_str()).collect();
    assert_eq!(seed, ["lambda:InvokeFunction"]);
}

#[test]
fn every_type_can_be_created_and_deleted() {
    let mut without = Vec::new();
    for name in handlers().type_names() {
        let known = handlers().resource_type(name).unwrap();
        let all = permissions(&known);
        for handler in [Handler::Create, Handler::Delete] {
            let writes: Vec<_> = all
                .iter()
                .filter(|one| one.kind == NeedKind::Write && one.handlers.contains(&handler))
                .collect();
            if !writes.is_empty() && !writes.iter().any(|one| one.gate == Gate::Always) {
                without.push(format!("{name} {handler:?}"));
            }
        }
    }
    // What these call depends on their properties alone.
    assert_eq!(
        without,
        [
            "AWS::CloudFormation::CustomResource Create",
            "AWS::CloudFormation::CustomResource Delete",
            "AWS::IAM::Policy Create",
            "AWS::IAM::Policy Delete",
        ]
    );
}
