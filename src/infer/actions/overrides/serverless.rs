//! Exceptions for functions, tables, buckets, logs, roles, messages, secrets, users, and keys. Plain
//! data; refuses nothing.

use crate::infer::actions::overrides::kind::Opens::{Always, Never, With};
use crate::infer::actions::overrides::kind::{Exception, of_service, of_types};

const BUCKET: &[&str] = &["AWS::S3::Bucket"];
const TABLES: &[&str] = &["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"];

pub(super) const EXCEPTIONS: &[Exception] = &[
    // Lambda.
    of_types(
        &["AWS::Lambda::Function"],
        &["lambda:GetLayerVersion"],
        With(&["layers"]),
    ),
    of_service(
        &[
            "lambda:PutFunctionConcurrency",
            "lambda:DeleteFunctionConcurrency",
        ],
        &["reservedconcurrentexecutions"],
    ),
    of_service(&["lambda:PutFunctionRecursionConfig"], &["recursiveloop"]),
    of_service(
        &["lambda:PutRuntimeManagementConfig"],
        &["runtimemanagementconfig", "updateruntimeon"],
    ),
    of_service(
        &["lambda:PutFunctionScalingConfig"],
        &["functionscalingconfig", "capacityprovider"],
    ),
    of_service(
        &["lambda:*ProvisionedConcurrencyConfig"],
        &["provisionedconcurren"],
    ),
    of_types(
        &["AWS::Lambda::Function"],
        &["lambda:*CodeSigningConfig"],
        With(&["codesigning"]),
    ),
    of_service(&["lambda:PassCapacityProvider"], &["capacityprovider"]),
    // DynamoDB. Its handlers log and read a bucket only for an import.
    of_types(TABLES, &["logs:*"], With(&["importsource"])),
    of_types(TABLES, &["kinesis:*"], With(&["kinesisstream"])),
    of_types(
        TABLES,
        &[
            "application-autoscaling:*",
            "dynamodb:UpdateTableReplicaAutoScaling",
        ],
        With(&["autoscaling", "writeprovisionedthroughputsettings"]),
    ),
    of_types(
        TABLES,
        &["cloudwatch:PutMetricData"],
        With(&["autoscaling"]),
    ),
    of_service(
        &["dynamodb:UpdateContinuousBackups"],
        &["pointintimerecovery"],
    ),
    of_service(
        &[
            "dynamodb:*Replica",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:*Item",
        ],
        &["replicas"],
    ),
    of_service(
        &["dynamodb:ImportTable", "dynamodb:DescribeImport"],
        &["importsource"],
    ),
    of_service(
        &["dynamodb:*KinesisStreamingDestination"],
        &["kinesisstream"],
    ),
    of_service(&["dynamodb:*ResourcePolicy"], &["resourcepolicy"]),
    // S3. An empty object is written for nothing that a template can ask for.
    of_types(BUCKET, &["s3:PutObjectAcl", "s3:DeleteObject"], Never),
    of_types(
        BUCKET,
        &["s3:PutEncryptionConfiguration"],
        With(&["encryption"]),
    ),
    of_types(BUCKET, &["s3:PutBucketAcl"], With(&["accesscontrol"])),
    of_types(
        BUCKET,
        &[
            "s3:*MetadataTable*",
            "s3:*MetadataInventory*",
            "s3:*MetadataJournal*",
            "s3:*MetadataAnnotation*",
        ],
        With(&["metadatatable", "metadataconfig"]),
    ),
    of_types(
        BUCKET,
        &["s3:PutBucketObjectLockConfiguration"],
        With(&["objectlock"]),
    ),
    // Logs.
    of_service(&["logs:*RetentionPolicy"], &["retention"]),
    of_service(&["logs:*DataProtectionPolicy"], &["dataprotection"]),
    of_service(&["logs:*IndexPolicy"], &["fieldindex"]),
    of_service(&["logs:*KmsKey"], &["kms"]),
    of_types(
        &["AWS::Logs::LogGroup"],
        &["logs:PutResourcePolicy", "logs:DeleteResourcePolicy"],
        With(&["resourcepolicy"]),
    ),
    // IAM.
    of_types(
        &["AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"],
        &["iam:*User*"],
        With(&["=users"]),
    ),
    of_types(
        &["AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"],
        &["iam:*Group*"],
        With(&["=groups"]),
    ),
    of_types(
        &["AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"],
        &["iam:*RolePolicy"],
        With(&["=roles"]),
    ),
    of_types(
        &["AWS::IAM::Role"],
        &["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
        With(&["managedpolicyarns"]),
    ),
    of_types(
        &["AWS::IAM::Role"],
        &["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
        With(&["=policies"]),
    ),
    of_types(
        &["AWS::IAM::User", "AWS::IAM::Group"],
        &[
            "iam:AttachUserPolicy",
            "iam:DetachUserPolicy",
            "iam:AttachGroupPolicy",
            "iam:DetachGroupPolicy",
        ],
        With(&["managedpolicyarns"]),
    ),
    of_types(
        &["AWS::IAM::User", "AWS::IAM::Group"],
        &[
            "iam:PutUserPolicy",
            "iam:DeleteUserPolicy",
            "iam:PutGroupPolicy",
            "iam:DeleteGroupPolicy",
        ],
        With(&["=policies"]),
    ),
    of_types(
        &["AWS::IAM::User"],
        &["iam:AddUserToGroup", "iam:RemoveUserFromGroup"],
        With(&["=groups"]),
    ),
    of_service(&["iam:*PermissionsBoundary"], &["permissionsboundary"]),
    // Messages and events.
    of_types(
        &["AWS::SNS::Topic"],
        &["sns:Subscribe", "sns:Unsubscribe"],
        With(&["=subscription"]),
    ),
    of_service(&["events:PutTargets", "events:RemoveTargets"], &["targets"]),
    of_types(
        &["AWS::Events::EventBus"],
        &["events:PutPermission", "events:RemovePermission"],
        With(&["=policy"]),
    ),
    // A connection keeps its credentials in a secret.
    of_types(&["AWS::Events::Connection"], &["secretsmanager:*"], Always),
    of_service(&["kinesis:*StreamEncryption"], &["streamencryption"]),
    of_service(
        &["kinesis:*EnhancedMonitoring"],
        &["desiredshardlevelmetrics"],
    ),
    of_service(
        &[
            "kinesis:IncreaseStreamRetentionPeriod",
            "kinesis:DecreaseStreamRetentionPeriod",
        ],
        &["retention"],
    ),
    of_service(&["kinesis:UpdateStreamMode"], &["streammode"]),
    of_service(&["kinesis:UpdateStreamWarmThroughput"], &["warmthroughput"]),
    of_service(&["kinesis:UpdateMaxRecordSize"], &["maxrecordsize"]),
    of_service(&["firehose:*Encryption"], &["deliverystreamencryption"]),
    // A pipe writes its logs to a bucket or a stream only if the template says so.
    of_types(
        &["AWS::Pipes::Pipe"],
        &["s3:*"],
        With(&["s3logdestination"]),
    ),
    of_types(
        &["AWS::Pipes::Pipe"],
        &["firehose:*"],
        With(&["firehoselogdestination"]),
    ),
    // Secrets, users, keys.
    of_service(&["secretsmanager:*Region*"], &["replicaregions"]),
    of_service(
        &["secretsmanager:GetRandomPassword"],
        &["generatesecretstring"],
    ),
    of_types(
        &["AWS::SecretsManager::RotationSchedule"],
        &["lambda:*"],
        With(&["rotationlambda"]),
    ),
    of_service(
        &["cognito-idp:SetUserPoolMfaConfig"],
        &["mfa", "softwaretoken", "webauthn"],
    ),
    of_service(&["cognito-idp:AddCustomAttributes"], &["=schema"]),
    of_types(
        &["AWS::Cognito::UserPoolDomain"],
        &["cloudfront:*"],
        With(&["customdomainconfig"]),
    ),
    of_types(
        &["AWS::Cognito::UserPoolClient"],
        &["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
        With(&["analyticsconfiguration"]),
    ),
    of_service(
        &["kms:EnableKeyRotation", "kms:DisableKeyRotation"],
        &["rotation"],
    ),
    of_service(&["kms:EnableKey", "kms:DisableKey"], &["=enabled"]),
];
