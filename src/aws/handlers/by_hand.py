"""The handlers of resource types for which CloudFormation publishes none, or none that are actions.

Each entry names what creating, updating, deleting, and reading a resource calls, from the API reference of its service:
`make.py` checks that the actions exist. A name without a service belongs to the service of the entry. `tag` is for
actions that tag, in whichever handler. A type that is not here and has no handlers is not known.
"""

TYPES = {}
EC2_NETWORK = " ec2:DescribeSubnets ec2:DescribeVpcs ec2:DescribeSecurityGroups"


def add(type_name, service, create="", update="", delete="", read="", tag=""):
    def qualified(text):
        return [name if ":" in name else f"{service}:{name}" for name in text.split()]

    handlers = {"create": create, "update": update, "delete": delete, "read": read}
    TYPES[type_name] = (service, {key: qualified(text) for key, text in handlers.items()}, qualified(tag))


# CloudFormation itself: a wait condition and the metadata of the CDK call nothing.
add("AWS::CloudFormation::WaitCondition", "cloudformation")
add("AWS::CloudFormation::WaitConditionHandle", "cloudformation")
add("AWS::CDK::Metadata", "cloudformation")
# The role of the stack calls the function, or publishes to the topic, that `ServiceToken` names.
CALL = "lambda:InvokeFunction sns:Publish"
add("AWS::CloudFormation::CustomResource", "lambda", CALL, CALL, CALL)

CHANGE = "ChangeResourceRecordSets GetChange ListHostedZonesByName"
add(
    "AWS::Route53::RecordSetGroup", "route53", CHANGE, CHANGE, CHANGE,
    "GetHostedZone ListResourceRecordSets ListHostedZonesByName",
)
add(
    "AWS::CloudWatch::AnomalyDetector", "cloudwatch",
    "PutAnomalyDetector", "PutAnomalyDetector", "DeleteAnomalyDetector", "DescribeAnomalyDetectors",
)
add("AWS::IAM::AccessKey", "iam", "CreateAccessKey UpdateAccessKey", "UpdateAccessKey", "DeleteAccessKey", "ListAccessKeys")
GROUPS = "AddUserToGroup RemoveUserFromGroup"
add("AWS::IAM::UserToGroupAddition", "iam", "AddUserToGroup", GROUPS, "RemoveUserFromGroup", "GetGroup")

add(
    "AWS::CodeBuild::Project", "codebuild",
    "CreateProject CreateWebhook UpdateProjectVisibility iam:PassRole",
    "UpdateProject CreateWebhook UpdateWebhook DeleteWebhook UpdateProjectVisibility iam:PassRole",
    "DeleteProject DeleteWebhook", "BatchGetProjects",
)
add(
    "AWS::DAX::Cluster", "dax",
    "CreateCluster iam:PassRole iam:GetRole ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces" + EC2_NETWORK,
    "UpdateCluster IncreaseReplicationFactor DecreaseReplicationFactor ec2:CreateNetworkInterface "
    "ec2:DeleteNetworkInterface ec2:DescribeNetworkInterfaces" + EC2_NETWORK,
    "DeleteCluster ec2:DeleteNetworkInterface ec2:DescribeNetworkInterfaces" + EC2_NETWORK,
    "DescribeClusters", "TagResource UntagResource ListTags",
)
RDS_TAGS = "AddTagsToResource RemoveTagsFromResource ListTagsForResource"
RDS_KEY = " kms:CreateGrant kms:DescribeKey"
add(
    "AWS::DocDB::DBCluster", "rds",
    "CreateDBCluster RestoreDBClusterFromSnapshot RestoreDBClusterToPointInTime secretsmanager:CreateSecret "
    "secretsmanager:TagResource iam:CreateServiceLinkedRole" + RDS_KEY + EC2_NETWORK,
    "ModifyDBCluster secretsmanager:CreateSecret secretsmanager:TagResource" + RDS_KEY + EC2_NETWORK,
    "DeleteDBCluster CreateDBClusterSnapshot", "DescribeDBClusters", RDS_TAGS,
)
add(
    "AWS::DocDB::DBInstance", "rds",
    "CreateDBInstance", "ModifyDBInstance", "DeleteDBInstance", "DescribeDBInstances", RDS_TAGS,
)
add(
    "AWS::Elasticsearch::Domain", "es",
    "CreateElasticsearchDomain iam:PassRole iam:CreateServiceLinkedRole" + EC2_NETWORK + RDS_KEY,
    "UpdateElasticsearchDomainConfig UpgradeElasticsearchDomain iam:PassRole" + EC2_NETWORK,
    "DeleteElasticsearchDomain", "DescribeElasticsearchDomain DescribeElasticsearchDomainConfig",
    "AddTags RemoveTags ListTags",
)
add(
    "AWS::QLDB::Ledger", "qldb",
    "CreateLedger" + RDS_KEY, "UpdateLedger UpdateLedgerPermissionsMode" + RDS_KEY, "UpdateLedger DeleteLedger",
    "DescribeLedger", "TagResource UntagResource ListTagsForResource",
)
add(
    "AWS::DMS::ReplicationInstance", "dms",
    "CreateReplicationInstance iam:CreateServiceLinkedRole" + EC2_NETWORK + RDS_KEY,
    "ModifyReplicationInstance", "DeleteReplicationInstance", "DescribeReplicationInstances", RDS_TAGS,
)
add(
    "AWS::EMR::Cluster", "elasticmapreduce",
    "RunJobFlow iam:PassRole iam:CreateServiceLinkedRole" + EC2_NETWORK,
    "ModifyCluster ModifyInstanceGroups ModifyInstanceFleet AddInstanceGroups AddInstanceFleet SetTerminationProtection "
    "PutAutoScalingPolicy RemoveAutoScalingPolicy PutAutoTerminationPolicy RemoveAutoTerminationPolicy "
    "PutManagedScalingPolicy RemoveManagedScalingPolicy SetVisibleToAllUsers",
    "TerminateJobFlows SetTerminationProtection",
    "DescribeCluster ListInstanceGroups ListInstanceFleets ListInstances ListBootstrapActions GetAutoTerminationPolicy "
    "GetManagedScalingPolicy",
    "AddTags RemoveTags",
)
add("AWS::EMR::Step", "elasticmapreduce", "AddJobFlowSteps iam:PassRole", "", "CancelSteps", "DescribeStep")
add(
    "AWS::FSx::FileSystem", "fsx",
    "CreateFileSystem CreateFileSystemFromBackup iam:CreateServiceLinkedRole" + EC2_NETWORK + RDS_KEY,
    "UpdateFileSystem", "DeleteFileSystem CreateBackup", "DescribeFileSystems",
    "TagResource UntagResource ListTagsForResource",
)
add(
    "AWS::ElasticLoadBalancingV2::ListenerCertificate", "elasticloadbalancing",
    "AddListenerCertificates", "AddListenerCertificates RemoveListenerCertificates", "RemoveListenerCertificates",
    "DescribeListenerCertificates",
)
EC2_TAGS = "CreateTags DeleteTags"
add(
    "AWS::EC2::ClientVpnEndpoint", "ec2",
    "CreateClientVpnEndpoint" + EC2_NETWORK, "ModifyClientVpnEndpoint" + EC2_NETWORK, "DeleteClientVpnEndpoint",
    "DescribeClientVpnEndpoints", EC2_TAGS,
)
add(
    "AWS::EC2::ClientVpnTargetNetworkAssociation", "ec2",
    "AssociateClientVpnTargetNetwork", "", "DisassociateClientVpnTargetNetwork", "DescribeClientVpnTargetNetworks",
)
add(
    "AWS::EC2::NetworkInterfacePermission", "ec2",
    "CreateNetworkInterfacePermission", "", "DeleteNetworkInterfacePermission", "DescribeNetworkInterfacePermissions",
)
GRANTS = "GrantPermissions RevokePermissions"
add("AWS::LakeFormation::Permissions", "lakeformation", "GrantPermissions", GRANTS, "RevokePermissions", "ListPermissions")
add(
    "AWS::LakeFormation::DataLakeSettings", "lakeformation",
    "PutDataLakeSettings", "PutDataLakeSettings", "PutDataLakeSettings", "GetDataLakeSettings",
)
add(
    "AWS::LakeFormation::Resource", "lakeformation",
    "RegisterResource iam:PassRole iam:GetRole iam:PutRolePolicy iam:CreateServiceLinkedRole",
    "UpdateResource iam:PassRole iam:GetRole", "DeregisterResource", "DescribeResource",
)
KINESIS_TAGS = "TagResource UntagResource ListTagsForResource"
add(
    "AWS::KinesisAnalytics::Application", "kinesisanalytics",
    "CreateApplication iam:PassRole", "UpdateApplication iam:PassRole", "DeleteApplication", "DescribeApplication",
)
for service in ("KinesisAnalytics", "KinesisAnalyticsV2"):
    for part in ("Output", "ReferenceDataSource", "CloudWatchLoggingOption"):
        if (service, part) == ("KinesisAnalytics", "CloudWatchLoggingOption"):
            continue
        add(
            f"AWS::{service}::Application{part}", "kinesisanalytics",
            f"AddApplication{part} iam:PassRole", "UpdateApplication iam:PassRole", f"DeleteApplication{part}",
            "DescribeApplication",
        )
for kind in ("GatewayRoute", "Mesh", "Route", "VirtualGateway", "VirtualNode", "VirtualRouter", "VirtualService"):
    add(
        f"AWS::AppMesh::{kind}", "appmesh",
        f"Create{kind} iam:CreateServiceLinkedRole", f"Update{kind}", f"Delete{kind}", f"Describe{kind}", KINESIS_TAGS,
    )
add(
    "AWS::Glue::DevEndpoint", "glue",
    "CreateDevEndpoint iam:PassRole" + EC2_NETWORK, "UpdateDevEndpoint", "DeleteDevEndpoint", "GetDevEndpoint",
    "TagResource UntagResource GetTags",
)
POLICIES = " ".join(f"Put{kind}Policy" for kind in ("Container", "Cors", "Lifecycle", "Metric"))
add(
    "AWS::MediaStore::Container", "mediastore",
    f"CreateContainer StartAccessLogging {POLICIES}",
    f"StartAccessLogging StopAccessLogging {POLICIES} {POLICIES.replace('Put', 'Delete')}",
    "DeleteContainer", f"DescribeContainer {POLICIES.replace('Put', 'Get')}", KINESIS_TAGS,
)
add(
    "AWS::MediaLive::Channel", "medialive",
    "CreateChannel iam:PassRole", "UpdateChannel UpdateChannelClass iam:PassRole", "DeleteChannel", "DescribeChannel",
    "CreateTags DeleteTags ListTagsForResource",
)
add(
    "AWS::IoTEvents::AlarmModel", "iotevents",
    "CreateAlarmModel iam:PassRole", "UpdateAlarmModel iam:PassRole", "DeleteAlarmModel", "DescribeAlarmModel",
    KINESIS_TAGS,
)
for kind in ("Member", "Node"):
    add(f"AWS::ManagedBlockchain::{kind}", "managedblockchain", f"Create{kind}", f"Update{kind}", f"Delete{kind}", f"Get{kind}")
add(
    "AWS::CloudFront::StreamingDistribution", "cloudfront",
    "CreateStreamingDistribution CreateStreamingDistributionWithTags", "UpdateStreamingDistribution",
    "UpdateStreamingDistribution DeleteStreamingDistribution", "GetStreamingDistribution GetStreamingDistributionConfig",
    KINESIS_TAGS,
)

# Pinpoint. A channel has no create: it is updated.
add("AWS::Pinpoint::App", "mobiletargeting", "CreateApp", "", "DeleteApp", "GetApp", KINESIS_TAGS)
for type_name, name in {
    "ADMChannel": "AdmChannel", "APNSChannel": "ApnsChannel", "APNSSandboxChannel": "ApnsSandboxChannel",
    "APNSVoipChannel": "ApnsVoipChannel", "APNSVoipSandboxChannel": "ApnsVoipSandboxChannel", "BaiduChannel": "BaiduChannel",
    "EmailChannel": "EmailChannel", "GCMChannel": "GcmChannel", "SMSChannel": "SmsChannel", "VoiceChannel": "VoiceChannel",
}.items():
    role = " iam:PassRole" if type_name == "EmailChannel" else ""
    add(
        f"AWS::Pinpoint::{type_name}", "mobiletargeting",
        f"Update{name}{role}", f"Update{name}{role}", f"Delete{name}", f"Get{name}",
    )
add(
    "AWS::Pinpoint::ApplicationSettings", "mobiletargeting",
    "UpdateApplicationSettings", "UpdateApplicationSettings", "UpdateApplicationSettings", "GetApplicationSettings",
)
add(
    "AWS::Pinpoint::EventStream", "mobiletargeting",
    "PutEventStream iam:PassRole", "PutEventStream iam:PassRole", "DeleteEventStream", "GetEventStream",
)
for kind in ("Campaign", "Segment", "EmailTemplate", "PushTemplate", "SmsTemplate"):
    add(
        f"AWS::Pinpoint::{kind}", "mobiletargeting",
        f"Create{kind}", f"Update{kind}", f"Delete{kind}", f"Get{kind}", KINESIS_TAGS,
    )
OPTIONS = " ".join(f"PutConfigurationSet{kind}Options" for kind in ("Delivery", "Reputation", "Sending", "Tracking"))
add(
    "AWS::PinpointEmail::ConfigurationSet", "ses",
    f"CreateConfigurationSet {OPTIONS}", OPTIONS, "DeleteConfigurationSet", "GetConfigurationSet", KINESIS_TAGS,
)
add(
    "AWS::PinpointEmail::ConfigurationSetEventDestination", "ses",
    "CreateConfigurationSetEventDestination iam:PassRole", "UpdateConfigurationSetEventDestination iam:PassRole",
    "DeleteConfigurationSetEventDestination", "GetConfigurationSetEventDestinations",
)
add("AWS::PinpointEmail::DedicatedIpPool", "ses", "CreateDedicatedIpPool", "", "DeleteDedicatedIpPool", "GetDedicatedIpPool", KINESIS_TAGS)
IDENTITY = " ".join(f"PutEmailIdentity{kind}Attributes" for kind in ("Dkim", "Feedback", "MailFrom"))
add(
    "AWS::PinpointEmail::Identity", "ses",
    f"CreateEmailIdentity {IDENTITY}", IDENTITY, "DeleteEmailIdentity", "GetEmailIdentity", KINESIS_TAGS,
)

# AWS WAF classic: every change takes a token, and what an object contains is put into it and taken out by updates.
WAF = ("ByteMatchSet", "IPSet", "Rule", "SizeConstraintSet", "SqlInjectionMatchSet", "WebACL", "XssMatchSet")
WAF_REGIONAL = WAF + ("GeoMatchSet", "RateBasedRule", "RegexPatternSet")
for service, prefix, kinds in (("WAF", "waf", WAF), ("WAFRegional", "waf-regional", WAF_REGIONAL)):
    for kind in kinds:
        add(
            f"AWS::{service}::{kind}", prefix,
            f"GetChangeToken Create{kind} Update{kind}", f"GetChangeToken Update{kind}",
            f"GetChangeToken Update{kind} Delete{kind}", f"Get{kind}",
            KINESIS_TAGS if kind in ("Rule", "RateBasedRule", "WebACL") else "",
        )
SET = "elasticloadbalancing:SetWebACL apigateway:SetWebACL"
add(
    "AWS::WAFRegional::WebACLAssociation", "waf-regional",
    f"AssociateWebACL {SET}", f"AssociateWebACL DisassociateWebACL {SET}", f"DisassociateWebACL {SET}", "GetWebACLForResource",
)

# AWS IoT Greengrass, version 1. A version is deleted with its definition.
for kind in ("ConnectorDefinition", "CoreDefinition", "DeviceDefinition", "FunctionDefinition", "Group", "LoggerDefinition", "ResourceDefinition", "SubscriptionDefinition"):
    role = " AssociateRoleToGroup DisassociateRoleFromGroup iam:PassRole" if kind == "Group" else ""
    add(
        f"AWS::Greengrass::{kind}", "greengrass",
        f"Create{kind} Create{kind}Version{role}", f"Update{kind} Create{kind}Version{role}", f"Delete{kind}{role}", f"Get{kind}",
        KINESIS_TAGS,
    )
    add(f"AWS::Greengrass::{kind}Version", "greengrass", f"Create{kind}Version", "", "", f"Get{kind}Version")

# Actions that no handler calls and deployments need: images, artifacts, log delivery, keys, macros, dynamic references.
ACTIONS = (
    "apigateway:SetWebACL cloudformation:CancelUpdateStack cloudformation:CreateChangeSet lambda:InvokeFunction s3:GetObject s3:GetObjectVersion sns:Publish "
    "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:DescribeImages ecr:DescribeRepositories ecr:GetAuthorizationToken "
    "ecr:GetDownloadUrlForLayer ecr:GetRepositoryPolicy ecr:SetRepositoryPolicy ecr:DeleteRepositoryPolicy "
    "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo "
    "kms:RevokeGrant logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups logs:DescribeResourcePolicies "
    "logs:GetLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:UpdateLogDelivery "
    "secretsmanager:GetSecretValue ssm:GetParameter ssm:GetParameters"
).split()
