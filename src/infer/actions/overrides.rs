//! Permissions whose words differ from the names of the properties that open them.
//!
//! In: an action and a resource type. Out: the words that open it. Plain data; refuses nothing.

use crate::aws::wildcard::matches;

/// What opens the actions of an [`Exception`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opens {
    /// Nothing does.
    Never,
    /// Every resource of the type needs them.
    Always,
    /// A property with one of these words; see [`has_word`](super::words::has_word).
    With(&'static [&'static str]),
    /// The resource's values name the action's own service.
    Target,
}

/// Actions that the rules would judge wrongly.
struct Exception {
    /// The types that this is about. Empty: all types of the actions' own service.
    types: &'static [&'static str],
    /// The actions, `*` for any text.
    actions: &'static [&'static str],
    opens: Opens,
}

const fn of_service(actions: &'static [&'static str], words: &'static [&'static str]) -> Exception {
    Exception {
        types: &[],
        actions,
        opens: Opens::With(words),
    }
}

const fn of_types(
    types: &'static [&'static str],
    actions: &'static [&'static str],
    opens: Opens,
) -> Exception {
    Exception {
        types,
        actions,
        opens,
    }
}

use Opens::{Always, Never, Target, With};

const BUCKET: &[&str] = &["AWS::S3::Bucket"];
const TABLES: &[&str] = &["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"];
const DATABASES: &[&str] = &[
    "AWS::DocDB::DBCluster",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
    "AWS::RedshiftServerless::Namespace",
];
const WEB_ACL_ASSOCIATIONS: &[&str] = &[
    "AWS::WAFv2::WebACLAssociation",
    "AWS::WAFRegional::WebACLAssociation",
];

/// The first that is about a type and an action counts.
const EXCEPTIONS: &[Exception] = &[
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
    // RDS keeps the password in a secret only if it manages it.
    of_types(
        DATABASES,
        &["secretsmanager:*"],
        With(&["managemaster", "masterusersecret", "manageadmin"]),
    ),
    of_types(
        &["AWS::RDS::DBInstance"],
        &["rds:CreateDBInstanceReadReplica", "rds:PromoteReadReplica"],
        With(&["sourcedb"]),
    ),
    of_types(
        &["AWS::RDS::DBInstance"],
        &["rds:RestoreDBInstanceFromDBSnapshot"],
        With(&["snapshotidentifier"]),
    ),
    of_types(
        &[
            "AWS::RDS::DBInstance",
            "AWS::RDS::DBCluster",
            "AWS::DocDB::DBCluster",
        ],
        &["rds:RestoreDB*ToPointInTime"],
        With(&[
            "restoretime",
            "restoretotime",
            "latestrestorabletime",
            "sourcedb",
        ]),
    ),
    of_types(
        &["AWS::RDS::DBCluster", "AWS::DocDB::DBCluster"],
        &["rds:RestoreDBClusterFromSnapshot"],
        With(&["snapshotidentifier"]),
    ),
    // A deleted database leaves a snapshot unless the template says otherwise.
    of_types(
        DATABASES,
        &["rds:CreateDBSnapshot", "rds:CreateDBClusterSnapshot"],
        Always,
    ),
    // A private certificate comes from an authority of the account; a validation by DNS may
    // write the record, if the zone is named.
    of_types(
        &["AWS::CertificateManager::Certificate"],
        &["route53:*"],
        With(&["hostedzone"]),
    ),
    of_types(
        &["AWS::CertificateManager::Certificate"],
        &["acm-pca:*"],
        With(&["certificateauthority"]),
    ),
    of_types(
        &["AWS::CodeDeploy::DeploymentGroup"],
        &["codedeploy:*Deployment", "codedeploy:*ApplicationRevision"],
        With(&["=deployment"]),
    ),
    of_types(
        &["AWS::CodeDeploy::DeploymentGroup"],
        &["codedeploy:RegisterOnPremisesInstance"],
        With(&["onpremises"]),
    ),
    // An API's document may have a policy.
    of_types(
        &["AWS::ApiGateway::RestApi"],
        &["apigateway:UpdateRestApiPolicy"],
        With(&["=policy", "=body", "bodys3", "clonefrom"]),
    ),
    // A nested stack runs with its parent's role, which passes itself on.
    of_types(&["AWS::CloudFormation::Stack"], &["iam:PassRole"], Always),
    // What is called depends on the kind of resource behind the ARN.
    of_types(
        &["AWS::CloudFormation::CustomResource"],
        &["lambda:*", "sns:*"],
        Target,
    ),
    of_types(WEB_ACL_ASSOCIATIONS, &["wafv2:*", "waf-regional:*"], Always),
    of_types(WEB_ACL_ASSOCIATIONS, &["*"], Target),
    of_types(
        &["AWS::ApplicationAutoScaling::ScalableTarget"],
        &["lambda:*"],
        Target,
    ),
    of_types(
        &["AWS::ApplicationAutoScaling::ScalingPolicy"],
        &["cloudwatch:*"],
        With(&["predictivescaling"]),
    ),
];

/// What opens `action` for a resource of `type_name`, whose own service is `service`. None if the
/// rules decide.
pub(super) fn exception(type_name: &str, service: &str, action: &str) -> Option<Opens> {
    let own = action
        .split_once(':')
        .is_some_and(|(prefix, _)| prefix == service);
    EXCEPTIONS
        .iter()
        .find(|exception| {
            let is_about = if exception.types.is_empty() {
                own
            } else {
                exception.types.contains(&type_name)
            };
            is_about
                && exception
                    .actions
                    .iter()
                    .any(|pattern| matches(pattern, action))
        })
        .map(|exception| exception.opens)
}
