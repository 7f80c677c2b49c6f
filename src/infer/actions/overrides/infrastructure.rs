//! Exceptions for databases, networks, pipelines, and what refers to resources of other services.
//! Plain data; refuses nothing.

use crate::infer::actions::overrides::kind::Opens::{Always, Never, Target, With};
use crate::infer::actions::overrides::kind::{Exception, of_service, of_types};

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

pub(super) const EXCEPTIONS: &[Exception] = &[
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
    of_types(
        &["AWS::EC2::SecurityGroup"],
        &["ec2:*Ingress"],
        With(&["securitygroupingress"]),
    ),
    of_types(
        &["AWS::EC2::SecurityGroup"],
        &["ec2:*Egress"],
        With(&["securitygroupegress"]),
    ),
    of_types(
        &["AWS::EC2::EIP"],
        &["ec2:AllocateAddress", "ec2:ReleaseAddress"],
        Always,
    ),
    of_types(
        &["AWS::EC2::EIP"],
        &["ec2:AssociateAddress", "ec2:DisassociateAddress"],
        With(&["instanceid"]),
    ),
    // A launch template is tried out with a call that would start an instance.
    of_types(
        &["AWS::AutoScaling::AutoScalingGroup"],
        &["ec2:RunInstances"],
        With(&["launchtemplate"]),
    ),
    of_types(
        &["AWS::AutoScaling::AutoScalingGroup"],
        &["autoscaling:*LoadBalancerTargetGroups"],
        With(&["targetgrouparns"]),
    ),
    of_types(
        &["AWS::EC2::Volume"],
        &["ec2:ModifyVolumeAttribute"],
        With(&["autoenableio"]),
    ),
    // An endpoint is a network interface.
    of_types(
        &[
            "AWS::EC2::InstanceConnectEndpoint",
            "AWS::EC2::RouteServerEndpoint",
        ],
        &["ec2:*NetworkInterface*"],
        Always,
    ),
    of_types(
        &["AWS::EKS::Cluster"],
        &["eks:CreateAccessEntry"],
        With(&["accessconfig"]),
    ),
    // What an agent needs is made along with it.
    Exception {
        types: &[],
        actions: &[
            "bedrock-agentcore:*WorkloadIdentity",
            "bedrock-agentcore:*AgentRuntimeEndpoint",
        ],
        opens: Always,
    },
    of_types(
        &["AWS::IoT::ThingGroup"],
        &["iot:*DynamicThingGroup"],
        With(&["querystring"]),
    ),
    of_types(&["AWS::Logs::AccountPolicy"], &["logs:*"], Always),
    of_types(
        &["AWS::RUM::AppMonitor"],
        &["rum:*MetricsDestination"],
        With(&["metricdestination"]),
    ),
    of_service(&["quicksight:*FolderMembership"], &["folderarns"]),
    of_service(&["firehose:UpdateDestination"], &["destination"]),
    // A database that is federated has a connection.
    of_types(
        &["AWS::Glue::Database"],
        &["glue:*Connection"],
        With(&["connectionname", "federated"]),
    ),
    of_types(
        &["AWS::CodeCommit::Repository"],
        &["codecommit:CreateCommit"],
        With(&["=code"]),
    ),
    // A link is an endpoint service in front of the load balancer.
    of_types(&["AWS::ApiGateway::VpcLink"], &["ec2:*"], Always),
    of_types(
        &["AWS::SecretsManager::SecretTargetAttachment"],
        &[
            "rds:*",
            "redshift:*",
            "redshift-serverless:*",
            "docdb-elastic:*",
        ],
        Target,
    ),
    // Nodes that EKS manages have an instance profile.
    of_types(
        &["AWS::EKS::Cluster"],
        &["iam:*InstanceProfile"],
        With(&["computeconfig"]),
    ),
    // These are settings of the account.
    of_types(&["AWS::ECS::Cluster"], &["ecs:PutAccountSetting*"], Never),
    of_types(
        &["AWS::ECR::Repository"],
        &["ecr:SetRepositoryPolicy", "ecr:DeleteRepositoryPolicy"],
        With(&["repositorypolicytext"]),
    ),
    of_types(
        &["AWS::CodePipeline::Pipeline"],
        &["codepipeline:StartPipelineExecution"],
        With(&["restartexecution"]),
    ),
    of_types(
        &["AWS::CloudFront::Distribution"],
        &["cloudfront:*ConnectionGroup"],
        With(&["connectionmode", "tenantconfig"]),
    ),
    of_types(
        &["AWS::CloudFront::Distribution"],
        &["cloudfront:GetVpcOrigin"],
        With(&["vpcorigin"]),
    ),
    of_types(
        &["AWS::CloudFront::Distribution"],
        &["cloudfront:UpdateDistributionWithStagingConfig"],
        With(&["staging"]),
    ),
    // A canary is a function with a layer, and its code may be in the template.
    of_types(
        &["AWS::Synthetics::Canary"],
        &["lambda:Delete*"],
        With(&["deletelambdaresources", "provisionedresourcecleanup"]),
    ),
    of_types(&["AWS::Synthetics::Canary"], &["lambda:*"], Always),
    // The two versions of one API.
    of_types(&["AWS::SES::Template"], &["ses:*"], Always),
    // A vault is encrypted with AWS's key if the template names none.
    of_types(&["AWS::Backup::BackupVault"], &["kms:*"], Always),
    // A broker has a network interface, in the default subnets if the template names none.
    of_types(
        &["AWS::AmazonMQ::Broker"],
        &[
            "ec2:*NetworkInterface*",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
        Always,
    ),
    // An API's document may have a policy.
    of_types(
        &["AWS::ApiGateway::RestApi"],
        &["apigateway:UpdateRestApiPolicy"],
        With(&["=policy", "=body", "bodys3", "clonefrom"]),
    ),
    // A nested stack runs with its parent's role, which passes itself on.
    of_types(&["AWS::CloudFormation::Stack"], &["iam:PassRole"], Always),
    // What is called depends on the kind of resource that the ARN names.
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
