#!/usr/bin/env python3
"""Makes effects.z: what a change of each property of each CloudFormation resource type may do to access.

    make.py CFN_LINT            writes effects.z
    make.py CFN_LINT TYPE...    prints the paths of these types with their classes and reasons, to be read

CFN_LINT is the installed Python package cfnlint (the folder with version.py). Its resource schemas give the paths; the
rules below, which people wrote and read, give each path its class:

    G     grant: it may let somebody do more. `G0` only unless it is false or missing, `G-` only unless it is false, `G1`
          only unless it is true, `G+` only if there was none, `G=VALUE` only unless it is that value, `G?VALUE` only
          unless it is that value or missing, `GP` only unless it is a private address,
          `GG` only if it is a security group that may let in others than private networks
    N     entry: the same, for whoever connects or signs in to something without a policy of IAM
    L     limit: it keeps somebody out, so that another value or none may let them in. `L=VALUE` only unless it is that value
          `L>` only if it is less than before, `L<` only if it is more
    D     limit as well, but only if there is none of it anymore
    R     role: what the resource runs as
    C     code: what runs under a role that stays the same
    (none) inert

The output is a raw DEFLATE stream of lines: first SOURCES, then one line per type, `TYPE TREE`. TREE is a list of
`NAME`, `NAME:CLASS` and `NAME(TREE)`, with commas between them. `NAME*` has anything below it, of the same class.
"""

import json
import re
import sys
import zlib
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Types in which every property is of one class, with the reason. `{Name,Tags}` are left to the rules.
WHOLE = {
    "G": {
        "who may assume what is decided by these, and they name it in ways of their own": """
            AWS::SSO::Application AWS::SSO::ApplicationAssignment AWS::SSO::Assignment AWS::SSO::Instance
            AWS::SSO::InstanceAccessControlAttributeConfiguration AWS::SSO::PermissionSet
            AWS::ApiGateway::DomainNameAccessAssociation AWS::AppStream::Entitlement AWS::Cloud9::EnvironmentEC2
            AWS::CloudFront::KeyGroup AWS::EC2::VerifiedAccessEndpoint AWS::EC2::VerifiedAccessGroup
            AWS::EC2::VerifiedAccessTrustProvider AWS::IoT::CACertificate AWS::IoT::Certificate AWS::IVS::PlaybackKeyPair
            AWS::IVS::PublicKey AWS::QuickSight::CustomPermissions AWS::SecurityLake::Subscriber
            AWS::IdentityStore::Group AWS::IdentityStore::GroupMembership
            AWS::RolesAnywhere::CRL AWS::RolesAnywhere::Profile AWS::RolesAnywhere::TrustAnchor
            AWS::EKS::AccessEntry AWS::EKS::IdentityProviderConfig AWS::EKS::PodIdentityAssociation
            AWS::Cognito::IdentityPoolPrincipalTag AWS::Cognito::IdentityPoolRoleAttachment
            AWS::Cognito::UserPoolGroup AWS::Cognito::UserPoolIdentityProvider AWS::Cognito::UserPoolUser
            AWS::Cognito::UserPoolUserToGroupAttachment AWS::Transfer::User AWS::Transfer::Agreement""",
        "it creates resources that are written elsewhere": """
            AWS::CloudFormation::Stack AWS::CloudFormation::StackSet AWS::CloudFormation::GuardHook
            AWS::CloudFormation::HookDefaultVersion AWS::CloudFormation::HookTypeConfig
            AWS::CloudFormation::HookVersion AWS::CloudFormation::LambdaHook AWS::CloudFormation::Macro
            AWS::CloudFormation::ModuleDefaultVersion AWS::CloudFormation::ModuleVersion
            AWS::CloudFormation::ResourceDefaultVersion AWS::CloudFormation::ResourceVersion
            AWS::CloudFormation::TypeActivation AWS::CloudFormation::PublicTypeVersion AWS::CloudFormation::Publisher
            AWS::CloudFormation::CustomResource AWS::ServiceCatalog::CloudFormationProvisionedProduct
            AWS::ServiceCatalog::CloudFormationProduct AWS::Proton::EnvironmentTemplate AWS::Proton::ServiceTemplate
            AWS::ControlTower::EnabledBaseline AWS::ControlTower::EnabledControl AWS::ControlTower::LandingZone
            AWS::LaunchWizard::Deployment AWS::SSMQuickSetup::ConfigurationManager AWS::Serverless::Application""",
        "it is a permission": """
            AWS::Lambda::Permission AWS::Lambda::LayerVersionPermission AWS::Events::EventBusPolicy
            AWS::EC2::VPCEndpointServicePermissions AWS::EC2::NetworkInterfacePermission AWS::RAM::Permission
            AWS::RAM::ResourceShare AWS::RAM::PrincipalAssociation AWS::RAM::ResourceAssociation
            AWS::RAM::PermissionAssociation AWS::LakeFormation::DataCellsFilter AWS::LakeFormation::DataLakeSettings
            AWS::LakeFormation::Permissions AWS::LakeFormation::PrincipalPermissions AWS::LakeFormation::Resource
            AWS::LakeFormation::Tag AWS::LakeFormation::TagAssociation AWS::S3::AccessGrant
            AWS::S3::AccessGrantsInstance AWS::S3::AccessGrantsLocation AWS::AppSync::ApiKey
            AWS::AppSync::SourceApiAssociation AWS::ServiceCatalog::PortfolioPrincipalAssociation
            AWS::ServiceCatalog::PortfolioShare AWS::ServiceCatalog::LaunchRoleConstraint
            AWS::ServiceCatalog::AcceptedPortfolioShare AWS::VerifiedPermissions::IdentitySource
            AWS::VerifiedPermissions::Policy AWS::VerifiedPermissions::PolicyStore
            AWS::VerifiedPermissions::PolicyTemplate AWS::IoT::PolicyPrincipalAttachment
            AWS::IoT::ThingPrincipalAttachment AWS::IoT::Authorizer AWS::IoT::RoleAlias AWS::DataZone::PolicyGrant
            AWS::DataZone::ProjectMembership AWS::Glue::DataCatalogEncryptionSettings
            AWS::Redshift::EndpointAuthorization AWS::OpenSearchServerless::AccessPolicy
            AWS::OpenSearchServerless::SecurityPolicy AWS::OpenSearchServerless::SecurityConfig
            AWS::Config::AggregationAuthorization AWS::Organizations::Policy AWS::Organizations::ResourcePolicy
            AWS::Organizations::Account AWS::Organizations::OrganizationalUnit AWS::Organizations::Organization
            AWS::LicenseManager::Grant AWS::Location::APIKey AWS::S3ObjectLambda::AccessPointPolicy
            AWS::SupportAuthZ::SupportPermit AWS::ACMPCA::Permission AWS::EC2::SnapshotBlockPublicAccess AWS::ECR::RegistryPolicy
            AWS::ECR::ReplicationConfiguration AWS::Oam::Link AWS::Oam::Sink AWS::AccountAccess::Entitlement
            AWS::DataZone::Owner AWS::EMR::StudioSessionMapping AWS::EntityResolution::PolicyStatement
            AWS::PCAConnectorAD::TemplateGroupAccessControlEntry""",
        "it is a switch for the whole account, such as whether documents may be public": "AWS::SSM::ServiceSetting",
        "it gives a credential or a principal": """
            AWS::IAM::InstanceProfile AWS::IAM::SAMLProvider AWS::IAM::ServiceLinkedRole
            AWS::IAM::UserToGroupAddition AWS::IAM::ServerCertificate AWS::IAM::VirtualMFADevice
            AWS::CodeBuild::SourceCredential""",
    },
    "": {
        "it collects what other accounts allow it to": """
            AWS::GuardDuty::Member AWS::GuardDuty::Master
            AWS::SecurityHub::DelegatedAdmin AWS::Macie::Session AWS::Detective::MemberInvitation
            AWS::Detective::Graph AWS::SecurityHub::FindingAggregator AWS::SecurityHub::OrganizationConfiguration
            AWS::Detective::OrganizationAdmin""",
        "it draws": "AWS::CloudWatch::Dashboard",
        "it counts, or limits what goes out of a network; it says nothing about who gets in": """
            AWS::EC2::SecurityGroupEgress AWS::EC2::NetworkAcl AWS::Budgets::Budget
            AWS::CE::AnomalyMonitor AWS::CE::AnomalySubscription AWS::CE::CostCategory
            AWS::ApplicationAutoScaling::ScalingPolicy AWS::AutoScaling::ScalingPolicy""",
    },
}
# Types whose content is drawing.
DRAWN = ("AWS::QuickSight::Analysis", "AWS::QuickSight::Dashboard", "AWS::QuickSight::Template", "AWS::QuickSight::Topic")
# Trees of properties whose schema says nothing of what is in them. `*` is any name that is not listed.
EVENT = """BatchSize BisectBatchOnFunctionError Description Enabled FlexibleTimeWindow Input KmsKeyArn MaximumBatchingWindowInSeconds
    MaximumConcurrency MaximumRecordAgeInSeconds MaximumRetryAttempts Name ParallelizationFactor Pattern RetryPolicy Schedule
    ScheduleExpression ScheduleExpressionTimezone ScalingConfig StartDate EndDate StartingPosition State TumblingWindowInSeconds""".split()
EVENTS = {"*": {"Type": {}, "Properties": {**{name: None for name in EVENT}, "*": None}, "*": None}}
TREES = {
    "AWS::SQS::Queue": {"RedriveAllowPolicy": {"redrivePermission": {}, "sourceQueueArns": {}}},
    "AWS::Serverless::Function": {"Events": EVENTS},
    "AWS::Serverless::StateMachine": {"Events": EVENTS},
}
# Types that others connect to, so that a security group says who does.
REACHED = "|".join("""EC2::(Instance|NetworkInterface|LaunchTemplate|VPCEndpoint) AutoScaling::LaunchConfiguration
    ElasticLoadBalancing(V2)?::LoadBalancer RDS::(DBInstance|DBCluster|DBProxy) Redshift::Cluster RedshiftServerless::Workgroup
    ElastiCache::(CacheCluster|ReplicationGroup|ServerlessCache) MemoryDB::Cluster DocDB::DBCluster Neptune::DBCluster DAX::Cluster
    MSK::(Serverless)?Cluster (OpenSearchService|Elasticsearch)::Domain ECS::Service EFS::MountTarget FSx::FileSystem
    AmazonMQ::Broker DMS::ReplicationInstance Transfer::Server EKS::Cluster DocDBElastic::Cluster FSx::FileCache
    RDS::DBProxyEndpoint Redshift::EndpointAccess NeptuneGraph::PrivateGraphEndpoint OpenSearchServerless::VpcEndpoint
    Timestream::InfluxDB(Instance|Cluster) S3Files::MountTarget Route53Resolver::ResolverEndpoint ECS::TaskSet
    VpcLattice::(ServiceNetworkVpcAssociation|ResourceGateway) EC2::(InstanceConnectEndpoint|ClientVpnEndpoint|VerifiedAccessEndpoint)
    SageMaker::NotebookInstance OSIS::Pipeline MWAA::Environment CloudHSM::Cluster""".split())
# Paths of types, as patterns of `TYPE PATH`, with their class; the first that matches wins.
PATHS = [
    # Who is let in, and whose word counts.
    ("AWS::Cognito::IdentityPool AllowUnauthenticatedIdentities", "G-", "who has a role of the pool without signing in"),
    ("AWS::Cognito::IdentityPool .*", "G", "who may assume what is decided by these"),
    ("AWS::IAM::AccessKey Status", "G=Inactive", "a key that is not active is refused"),
    ("AWS::IAM::AccessKey .*", "G", "it gives a credential"),
    ("AWS::SecretsManager::ResourcePolicy BlockPublicPolicy", "G1", "what is public is blocked"),
    ("AWS::SecretsManager::ResourcePolicy .*", "G", "who may use the secret"),
    ("AWS::.* (.*/)?(Idc|IDC|IdentityCenter)Instance(Arn|ARN)", "N", "whose users are let in"),
    ("AWS::EMR::Studio IdcUserAssignment", "L=REQUIRED", "who is let in"),
    ("AWS::EMR::Studio IdpAuthUrl", "N", "who is let in"),
    ("AWS::EMR::Cluster KerberosAttributes/.*", "L", "who can sign in"),
    ("AWS::EMR::(Cluster PlacementGroupConfigs|InstanceGroupConfig)(/| )InstanceRole", "", "which part of the cluster"),
    ("AWS::EMRContainers::VirtualCluster SecurityConfigurationId", "L", "who may do what in the cluster"),
    ("AWS::EMRServerless::Application InteractiveConfiguration/.*Enabled", "N0", "people can run code under its role"),
    ("AWS::EKS::Capability Configuration/ArgoCd/(RbacRoleMappings|AwsIdc)/.*", "G", "who may do what"),
    ("AWS::EKS::Capability Configuration/ArgoCd/NetworkAccess/.*", "D", "without them, it has a public address"),
    ("AWS::AccountAccess::Application IdentitySource/.*", "L", "whose users are let in"),
    ("AWS::AuditManager::Assessment Roles/RoleType", "G", "who owns it"),
    ("AWS::DataZone::(Group|User)Profile (GroupIdentifier|GroupType|UserIdentifier|UserType|RolePrincipalArn|SessionName)", "N", "who is let in"),
    ("AWS::DataZone::GroupProfile Status", "N=NOT_ASSIGNED", "who is let in"),
    ("AWS::DataZone::UserProfile Status", "N=DEACTIVATED", "who is let in"),
    ("AWS::DataZone::Project MembershipAssignments/.*", "N", "who is let in, and as what"),
    ("AWS::DataZone::(DomainUnit ParentDomainUnitIdentifier|Project (DomainUnitId|ProjectProfileId)|ProjectProfile DomainUnitIdentifier)", "L", "which grants of a unit count for it"),
    ("AWS::DataZone::Environment EnvironmentAccountIdentifier", "G", "accounts"),
    ("AWS::DataZone::EnvironmentActions .*Uri", "N", "what people may open"),
    ("AWS::DataZone::Connection Scope", "N=PROJECT", "who may use it"),
    ("AWS::DataZone::Connection Props/S3Properties/S3AccessGrantLocationId", "N", "what it may be granted"),
    ("AWS::DataZone::Connection Props/S3Properties/RegisterS3AccessGrantLocation", "N0", "what it may be granted"),
    ("AWS::(DataZone::Connection Props/GlueProperties/GlueConnectionInput|Glue::Connection ConnectionInput)/ValidateCredentials", "", "a check at deployment"),
    ("AWS::IdentityStore::User (Emails/.*|ExternalIds/.*)", "L", "who the user is"),
    ("AWS::IdentityStore::User Roles/.*", "N", "what a permission set may look at"),
    ("AWS::FinSpace::Environment SuperuserParameters/EmailAddress", "N", "who may do anything"),
    ("AWS::Deadline::Queue JobRunAsUser/RunAs", "L=QUEUE_CONFIGURED_USER", "as which user jobs run"),
    ("AWS::Deadline::Queue JobRunAsUser/.*", "L", "as which user jobs run"),
    ("AWS::Deadline::(Queue AllowedStorageProfileIds|QueueFleetAssociation (FleetId|QueueId))", "N", "what jobs may read, and where they run"),
    ("AWS::DevOpsAgent::AgentSpace OperatorApp/(?!.*RoleArn|.*ClientSecret).*", "N", "who is let in"),
    ("AWS::DevOpsAgent::Association Configuration/(?!.*RoleArn).*", "N", "what the agent may read and do"),
    ("AWS::Kendra::Index UserTokenConfigurations/.*", "N", "whose tokens are accepted"),
    ("AWS::Kendra::DataSource .*/(AllowedGroupsColumnName|DisableLocalGroups)", "L", "who may find what"),
    ("AWS::Kendra::DataSource .*/Credentials", "", "how a source is signed in to"),
    ("AWS::MPA::ApprovalTeam ApprovalStrategy/MofN/MinApprovalsRequired", "L>", "how many have to agree"),
    ("AWS::MPA::ApprovalTeam Approvers/.*", "N", "who may agree"),
    ("AWS::MPA::IdentitySource .*(InstanceArn|Region)", "L", "whose users may agree"),
    ("AWS::Backup::LogicallyAirGappedBackupVault MpaApprovalTeamArn", "G", "who may have its backups restored elsewhere"),
    ("AWS::QuickSight::ApprovalPolicy (Actions|ApplicableTo/.*|ApprovalGroups|AssetTypes)", "L", "who has to agree"),
    ("AWS::AgentRegistry::Registry ApprovalConfiguration/AutoApprovalRules", "N", "nobody has to agree"),
    ("AWS::Budgets::BudgetsAction ApprovalModel", "L=MANUAL", "somebody has to agree"),
    ("AWS::QuickSight::Dashboard LinkSharingConfiguration.*", "G", "anybody with the link, or these principals"),
    ("AWS::QuickSight::Folder SharingModel", "N=NAMESPACE", "who it can be shared with"),
    ("AWS::QuickSight::DataSet DataSetUsageConfiguration/Disable.*", "L=true", "what others may build on it"),
    ("AWS::SageMaker::Space SpaceSharingSettings/SharingType", "N=Private", "who is let in"),
    ("AWS::SageMaker::UserProfile SingleSignOnUser(Identifier|Value)", "N", "who is let in"),
    ("AWS::SageMaker::Workforce CognitoConfig/.*", "N", "who is let in"),
    ("AWS::SageMaker::Domain AppNetworkAccessType", "L=VpcOnly", "what people can reach from it"),
    ("AWS::SageMaker::Domain DomainSettings/UnifiedStudioSettings/StudioWebPortalAccess", "N=DISABLED", "what people may open"),
    ("AWS::SageMaker::(Domain|UserProfile) .*/RStudioServerProAppSettings/AccessStatus", "N=DISABLED", "what people may open"),
    ("AWS::SageMaker::(Domain|UserProfile) .*/NotebookOutputOption", "N=Disabled", "what others may read"),
    ("AWS::SageMaker::(Domain|UserProfile) .*/CustomFileSystemConfigs/.*", "N", "what people may read"),
    ("AWS::SageMaker::(Domain|UserProfile) .*/CustomPosixUserConfig/.*", "L", "as which user"),
    ("AWS::SageMaker::PartnerApp EnableIamSessionBasedIdentity", "L=true", "who people are for it"),
    ("AWS::ResilienceHubV2::(Policy|System) SharingEnabled", "N0", "who it can be shared with"),
    ("AWS::RAM::SourceAssociation (ResourceShareArn|SourceId)", "N", "for which accounts a service may use the share: without any, for all"),
    ("AWS::ResourceExplorer2::(View (Filters/FilterString|Scope)|DefaultViewAssociation ViewArn)", "L", "what is found"),
    ("AWS::Billing::BillingView (DataFilterExpression/.*|SourceViews)", "L", "which costs others may see"),
    ("AWS::OpsWorks::UserProfile (IamUserArn|SshUsername)", "L", "who can sign in"),
    ("AWS::SupportApp::SlackChannelConfiguration (ChannelId|TeamId)", "L", "whose members act as its role"),
    ("AWS::Connect::SecurityProfile (AllowedFlowModules|GranularAccessControlConfiguration)/.*", "N", "what its users may do and see"),
    ("AWS::Connect::(User HierarchyGroupArn|UserHierarchyGroup ParentGroupArn)", "N", "what the user may see"),
    ("AWS::Connect::(User (Username|DirectoryUserId)|Instance DirectoryId)", "L", "who is let in"),
    ("AWS::Connect::IntegrationAssociation Integration(Arn|Type)", "G", "the instance may call it"),
    ("AWS::Connect::Workspace Associations", "N", "who may use it"),
    ("AWS::QBusiness::Application IdentityType", "L", "whose users are let in"),
    ("AWS::QBusiness::Application (Attachments|QApps)Configuration/.*Mode", "N=DISABLED", "what people may do"),
    ("AWS::OpenSearchService::Application IamIdentityCenterOptions/Enabled", "N0", "who is let in"),
    ("AWS::OpenSearchService::Application (AppConfigs/.*|DataSources/.*Arn)", "N", "who may do anything, and what users may read"),
    ("AWS::Wisdom::AIAgent .*GuardrailId", "L", "what is refused"),
    ("AWS::.* .*/GuardrailConfiguration/.*", "L", "what is refused"),
    ("AWS::WorkSpaces::WorkspaceIpGroup UserRules/IpRule", "N", "who is let in"),
    ("AWS::WorkSpaces::Directory (ActiveDirectoryConfig/DomainName|MicrosoftEntraConfig/TenantId|UserIdentityType|CertificateBasedAuthProperties/CertificateAuthorityArn)", "L", "whose users are let in"),
    ("AWS::WorkSpaces(::WorkspacesPool DirectoryId|ThinClient::Environment DesktopArn)", "L", "whose users reach what"),
    ("AWS::WorkSpacesWeb::DataProtectionSettings InlineRedactionConfiguration/.*", "L", "what people see is masked"),
    ("AWS::AppStream::(StackFleetAssociation|ApplicationFleetAssociation) .*", "N", "what people may run"),
    ("AWS::AppStream::Stack (StorageConnectors/.*|AgentAccessConfig/.*(AgentAction|UserControlMode))", "N", "what people and agents may use"),
    ("AWS::AppIntegrations::Application IframeConfig/Allow", "N", "what it may do"),
    ("AWS::NeptuneGraph::PrivateGraphEndpoint VpcId", "L", "which network gets in"),
    ("AWS::IVS::(StreamKey ChannelArn|IngestConfiguration StageArn)", "N", "it gives a key to send video"),
    ("AWS::IVSChat::Room MessageReviewHandler/FallbackResult", "L=DENY", "which messages are refused"),
    ("AWS::IVSChat::Room MessageReviewHandler/Uri", "L", "which messages are refused"),
    ("AWS::ManagedBlockchain::(Accessor AccessorType|Member InvitationId)", "N", "who is let in"),
    ("AWS::PCS::Cluster SlurmConfiguration/SlurmRest/Mode", "N=NONE", "it can be called"),
    ("AWS::Lightsail::Container PrivateRegistryAccess/EcrImagePullerRole/IsActive", "G0", "it gets a role to pull images"),
    ("AWS::ODB::OdbPeeringConnection (AdditionalPeerNetworkCidrs|PeerNetworkId)", "N", "who gets in"),
    ("AWS::ODB::.* IamRoles/(AwsIntegration|Status)", "", "what the role is for"),
    ("AWS::(RDS|Neptune)::.* AssociatedRoles/FeatureName", "", "what the role is for"),
    ("AWS::DMS::(InstanceProfile|MigrationProject) InstanceProfile(Identifier|Name|Arn)", "", "a network, not a role"),
    ("AWS::(InspectorV2::Filter FilterCriteria|SecurityHub::Insight Filters)/.*", "", "which findings are shown"),
    ("AWS::RDS::DBProxyEndpoint TargetRole", "L=READ_ONLY", "what may be done"),
    ("AWS::RDS::DBProxyTargetGroup (DBClusterIdentifiers|DBInstanceIdentifiers)", "L", "which database is reached"),
    ("AWS::RDS::.* MasterUserAuthenticationType", "N=password", "principals can sign in to the database"),
    ("AWS::RDS::.* Domain(Fqdn|Ou)?", "L", "whose users are let in"),
    ("AWS::MSK::BatchScramSecret (ClusterArn|SecretArnList)", "N", "who knows one of these can sign in"),
    ("AWS::MSK::Replicator .*/CopyAccessControlListsForTopics", "N0", "who may do what in the cluster"),
    ("AWS::AppSync::DataSource DynamoDBConfig/UseCallerCredentials", "L=true", "callers have its role instead of their own"),
    ("AWS::Glue::Crawler LakeFormationConfiguration/UseLakeFormationCredentials", "N", "what it may read"),
    ("AWS::Glue::IdentityCenterConfiguration Scopes", "N", "what tokens may allow"),
    ("AWS::Glue::IdentityCenterConfiguration UserBackgroundSessionsEnabled", "N0", "what runs in the name of people"),
    ("AWS::Glue::IdentityCenterConfiguration InstanceArn", "L", "whose users are let in"),
    ("AWS::Glue::Catalog TargetRedshiftCatalog/CatalogArn", "L", "what is read through it"),
    ("AWS::Glue::Catalog CatalogProperties/DataLakeAccessProperties/DataLakeAccess", "N0", "engines outside of Redshift read its data"),
    ("AWS::Glue::Table TableInput/ViewDefinition/Definer", "R", ""),
    ("AWS::Glue::Table TableInput/ViewDefinition/.*", "N", "who may read the view reads what its definer may"),
    ("AWS::LicenseManagerUserSubscriptions::IdentityProvider .*(DirectoryId|DomainName)", "L", "whose users are let in"),
    # Certificates, keys, and tokens.
    ("AWS::ACMPCA::CertificateAuthorityActivation Status", "N=DISABLED", "it issues certificates that others trust"),
    ("AWS::ACMPCA::CertificateAuthorityActivation (Certificate|CertificateChain|CertificateAuthorityArn)", "N", "it issues certificates that others trust"),
    ("AWS::PCAConnectorAD::Template Definition/.*", "N", "what its certificates are good for"),
    ("AWS::PCAConnectorAD::Template ConnectorArn", "L", "who may have certificates"),
    ("AWS::PCAConnector(AD|SCEP)::(Connector (CertificateAuthorityArn|DirectoryId|MobileDeviceManagement/.*)|Challenge ConnectorArn)", "N", "who may have certificates"),
    ("AWS::CertificateManager::AcmeDomainValidation (AcmeEndpointArn|DomainName)", "N", "for which names there are certificates"),
    ("AWS::CertificateManager::AcmeDomainValidation .*DomainScope/.*", "N=DISABLED", "for which names there are certificates"),
    ("AWS::CloudFront::TrustStore CaCertificatesBundleSource/.*", "N", "whose certificates are accepted"),
    ("AWS::CloudFront::Distribution DistributionConfig/ViewerMtlsConfig/Mode", "L=required", "who needs a certificate"),
    ("AWS::CloudFront::Distribution DistributionConfig/ConnectionFunctionAssociation/Id", "L", "which connections are blocked"),
    ("AWS::EC2::EnclaveCertificateIamRoleAssociation CertificateArn", "N", "the role may use its key"),
    ("AWS::Greengrass::(Core|Device)Definition(Version)? .*(CertificateArn|ThingArn)", "N", "which devices are let in"),
    ("AWS::Greengrass::SubscriptionDefinition(Version)? .*/?(Source|Subject|Target)", "N", "who may send and receive"),
    ("AWS::Greengrass::ResourceDefinition(Version)? .*SecretsManagerSecretResourceData/.*", "N", "what functions may read"),
    ("AWS::IoT::CertificateProvider (AccountDefaultForOperations|LambdaFunctionArn)", "N", "a function says which certificates devices get"),
    ("AWS::IoT::ThingGroup (ParentGroupName|QueryString)", "N", "for which things the policies of the group count"),
    ("AWS::IoT::Thing (AttributePayload/.*|ThingTypeName)", "N", "policies and groups may look at it"),
    ("AWS::IoT::MitigationAction ActionParams/AddThingsToThingGroupParams/.*", "N", "for which things the policies of the group count"),
    ("AWS::IoT::ProvisioningTemplate TemplateType", "N=FLEET_PROVISIONING", "devices get certificates"),
    ("AWS::IoTManagedIntegrations::ProvisioningProfile (CaCertificate|ClaimCertificate|ProvisioningType)", "N", "which devices are let in"),
    ("AWS::IoTSecureTunneling::Tunnel DestinationConfig/.*", "N", "a way in"),
    ("AWS::IoTSiteWise::Project (AssetIds|PortalId)", "N", "what its users see"),
    ("AWS::PaymentCryptography::Alias KeyArn", "L", "which key is used"),
    ("AWS::Transfer::(Profile CertificateIds|Certificate Usage)", "N", "whose messages are accepted"),
    ("AWS::Transfer::(Profile As2Id|Certificate Certificate(Chain)?)", "L", "whose messages are accepted"),
    ("AWS::Route53GlobalResolver::AccessToken DnsViewId", "N", "who has it may use the resolver"),
    ("AWS::Route53GlobalResolver::AccessSource DnsViewId", "L", "what can be resolved"),
    ("AWS::Route53GlobalResolver::HostedZoneAssociation .*(HostedZoneId|ResourceArn)", "N", "what can be resolved"),
    ("AWS::MediaPackageV2::OriginEndpointPolicy CdnAuthConfiguration/CdnIdentifierSecretArns", "N", "who knows one of these gets it"),
    ("AWS::SES::MailManagerIngressPoint (IngressPointConfiguration/(?!.*TrustStore).*|RuleSetId|NetworkConfiguration/PrivateNetworkConfiguration/.*)", "L", "who may send mail, and what is done with it"),
    ("AWS::Amplify::Webhook (AppId|BranchName)", "N", "who has its address may start a build"),
    ("AWS::CodePipeline::Webhook (TargetPipeline|TargetAction|Filters/.*)", "L", "who may start the pipeline"),
    ("AWS::CodePipeline::Pipeline Triggers/GitConfiguration/PullRequest/.*", "N", "whose code runs"),
    ("AWS::CodeStarConnections::RepositoryLink (ConnectionArn|OwnerId|RepositoryName)", "L", "whose code runs"),
    ("AWS::ECR::PullThroughCacheRule (EcrRepositoryPrefix|UpstreamRegistry|UpstreamRegistryUrl|UpstreamRepositoryPrefix)", "N", "where images come from"),
    # Networks.
    ("AWS::EC2::InstanceConnectEndpoint SubnetId", "N", "a way in, for who may open a tunnel"),
    ("AWS::EC2::Instance NetworkInterfaces/NetworkInterfaceId", "N", "another interface has other security groups"),
    ("AWS::EC2::NetworkInterfaceAttachment (InstanceId|NetworkInterfaceId)", "N", "another interface has other security groups"),
    ("AWS::EC2::TrafficMirror(Session (NetworkInterfaceId|TrafficMirrorTargetId)|Target .*(Id|Arn))", "N", "who sees what is sent"),
    ("AWS::EC2::ClientVpnEndpoint ClientRouteEnforcementOptions/Enforced", "L=true", "what else clients reach"),
    ("AWS::EC2::VPNConnection (CustomerGatewayId|(Local|Remote)Ipv[46]NetworkCidr|TransitGatewayId|VpnGatewayId)", "L", "who connects to the network"),
    ("AWS::EVS::Environment InitialVlans/IsHcxPublic", "N0", "it has a public address"),
    ("AWS::EVS::Environment InitialVlans/HcxNetworkAclId", "L", "who gets in"),
    ("AWS::AppRunner::VpcIngressConnection (IngressVpcConfiguration/.*|ServiceArn)", "N", "which network gets in"),
    ("AWS::MediaLive::InputSecurityGroup WhitelistRules/Cidr", "N", "who is let in"),
    ("AWS::MediaLive::Input InputSecurityGroups", "N", "who is let in"),
    ("AWS::MediaConnect::(Flow|FlowSource) (Source/)?(SenderIpAddress|EntitlementArn|Decryption/(?!RoleArn).*)", "L", "who may send"),
    ("AWS::ECS::Gateway .*WebACLArn", "L", "which requests are blocked"),
    ("AWS::ECS::Gateway .*InboundSecurityGroup", "N", "who gets in"),
    ("AWS::ECS::Service GatewayConnectors/Filters/AccessTypes", "N", "it has a public address"),
    ("AWS::ECS::TaskDefinition Volumes/.*AuthorizationConfig/AccessPointId", "L", "as which user, and in which folder"),
    ("AWS::S3Files::FileSystem (Bucket|Prefix)", "L", "what can be read through it"),
    ("AWS::StorageGateway::(NFS|SMB)FileShare LocationARN", "L", "what can be read through it"),
    ("AWS::StorageGateway::NFSFileShare NFSFileShareDefaults/.*", "N", "who may read new files"),
    ("AWS::FSx::(Volume|StorageVirtualMachine) .*SecurityStyle", "L", "which permissions of files count"),
    ("AWS::FSx::.* .*(ActiveDirectoryId|SelfManagedActiveDirectoryConfiguration/DomainName)", "L", "whose users are let in"),
    ("AWS::FSx::.* .*RootSquashConfiguration/.*", "L", "who may do anything"),
    ("AWS::FMS::(ApplicationsList|ProtocolsList) (Applications|Protocols)List.*", "N", "what is blocked in accounts"),
    ("AWS::NetworkSecurityManager::(Rule|Template|Scope|Deployment) (Configuration|RuleType|Status|ScopeConfiguration|Associated.*List/.*)", "N", "what is blocked"),
    ("AWS::NetworkFirewall::(TLSInspectionConfiguration TLSInspectionConfiguration/.*(RevokedStatusAction|UnknownStatusAction|Scopes/.*)|ContainerAssociation (ContainerMonitoringConfigurations/.*|Type))", "N", "what is blocked"),
    ("AWS::Route53Profiles::(ProfileAssociation (ProfileId|ResourceId)|ProfileResourceAssociation (ProfileId|ResourceArn|ResourceProperties.*))", "L", "which names are blocked"),
    ("AWS::Route53RecoveryControl::SafetyRule (AssertionRule/(?!Name).*|GatingRule/(?!Name).*|RuleConfig/.*)", "L", "what nobody may switch"),
    ("AWS::Shield::Protection ApplicationLayerAutomaticResponseConfiguration/.*", "L", "which requests are blocked"),
    ("AWS::WAFv2::WebACL OnSourceDDoSProtectionConfig/ALBLowReputationMode", "L=ALWAYS_ON", "which requests are blocked"),
    ("AWS::WAFv2::WebACL (AssociationConfig/.*|TokenDomains)", "N", "which requests are blocked"),
    ("AWS::WAFv2::(WebACL DataProtectionConfig|LoggingConfiguration RedactedFields)/.*", "L", "what of the log is masked"),
    ("AWS::GameLift::.* PlayerGatewayMode", "L=REQUIRED", "who may connect directly"),
    ("AWS::GameLift::Fleet PeerVpcId", "L", "which network is connected"),
    ("AWS::FIS::ExperimentTemplate ExperimentOptions/AccountTargeting", "N=single-account", "it acts in other accounts"),
    # What whoever is let in reaches.
    ("AWS::Lambda::Url (Qualifier|TargetFunctionArn)", "L", "which function is called"),
    ("AWS::Lambda::Function TenancyConfig/TenantIsolationMode", "L=PER_TENANT", "what tenants see of each other"),
    ("AWS::Amplify::App CustomRules/.*", "N", "what everybody can get"),
    ("AWS::(ApiGateway|Serverless)::.* ApiKeySourceType", "L", "who is let in"),
    ("AWS::(ApiGatewayV2::Api|Serverless::WebSocketApi) (ApiKey|Route)SelectionExpression", "L", "who is let in"),
    ("AWS::(ApiGateway::Stage|Serverless::Api) (Variables|CanarySetting/StageVariableOverrides).*", "N", "they may name the backend"),
    ("AWS::ApiGateway::Deployment (StageDescription/(Variables|CanarySetting/StageVariableOverrides)|DeploymentCanarySettings/StageVariableOverrides).*", "N", "they may name the backend"),
    ("AWS::(ApiGatewayV2::Stage|Serverless::(HttpApi|WebSocketApi)) StageVariables.*", "N", "they may name the backend"),
    ("AWS::ApiGatewayV2::Api (RouteKey|Target)", "N", "what can be called"),
    ("AWS::ApiGatewayV2::ApiGatewayManagedOverrides (Route/Target|Integration/Integration(Uri|Method))", "N", "what can be called"),
    ("AWS::ApiGatewayV2::ApiGatewayManagedOverrides Stage/StageVariables.*", "N", "they may name the backend"),
    ("AWS::ApiGatewayV2::ApiMapping (ApiId|ApiMappingKey|DomainName|Stage)", "L", "which requests are let in"),
    ("AWS::ApiGatewayV2::RoutingRule (Actions/.*|Conditions/.*|DomainNameArn.*|Priority)", "N", "which requests are let in"),
    ("AWS::ApiGateway(V2)?::DomainName(V2)? RoutingMode", "N=BASE_PATH_MAPPING_ONLY", "which requests are let in"),
    ("AWS::Serverless::Api Domain/AccessAssociation/.*", "G", "which network gets in"),
    ("AWS::AppSync::Api EventConfig/AuthProviders/.*(AuthTTL|IatTTL)", "", "how long a token counts"),
    ("AWS::AppSync::Api EventConfig/AuthProviders/.*", "N", "who may call it"),
    ("AWS::AppSync::ChannelNamespace HandlerConfigs/.*", "L", "a handler says who may send and subscribe"),
    ("AWS::AppSync::DataSource (DynamoDBConfig/TableName|LambdaConfig/LambdaFunctionArn|.*Config/Endpoint|EventBridgeConfig/EventBusArn|RelationalDatabaseConfig/.*|Type)", "L", "what callers reach"),
    ("AWS::AppSync::(Resolver|FunctionConfiguration) (DataSourceName|FieldName|TypeName)", "L", "what callers reach"),
    ("AWS::AppSync::DomainNameApiAssociation (ApiId|DomainName)", "L", "what callers reach"),
    ("AWS::Cognito::UserPool(Client|Domain) UserPoolId", "L", "whose users are let in"),
    ("AWS::Cognito::UserPool WebAuthnUserVerification", "L=required", "what a passkey proves"),
    ("AWS::Cognito::UserPool WebAuthnFactorConfiguration", "N=SINGLE_FACTOR", "a passkey counts as the second factor"),
    ("AWS::Cognito::UserPool WebAuthnRelyingPartyID", "L", "whose passkeys are accepted"),
    ("AWS::Cognito::UserPool(RegionalConfigurationAttachment)? LambdaConfig/PostAuthentication", "N", "a function may refuse a user"),
    ("AWS::CloudFront::(ContinuousDeploymentPolicy ContinuousDeploymentPolicyConfig/Enabled)", "N0", "requests go to another distribution"),
    ("AWS::CloudFront::(ContinuousDeploymentPolicy ContinuousDeploymentPolicyConfig/(StagingDistributionDnsNames|TrafficConfig/.*(Header|Value|Type))|Distribution DistributionConfig/ContinuousDeploymentPolicyId)", "N", "requests go to another distribution"),
    ("AWS::CloudFront::Distribution DistributionConfig/TenantConfig/ParameterDefinitions/.*DefaultValue", "N", "what everybody can get"),
    ("AWS::CloudFront::Distribution DistributionConfig/TenantConfig/.*", "", "which parameters there are"),
    ("AWS::CloudFront::Distribution DistributionConfig/ConnectionMode", "L=tenant-only", "it can be reached"),
    ("AWS::CloudFront::DistributionTenant (DistributionId|ConnectionGroupId)", "L", "which distribution answers"),
    ("AWS::CloudFront::DistributionTenant Parameters/(Name|Value)", "N", "what everybody can get"),
    ("AWS::CloudFront::StreamingDistribution StreamingDistributionConfig/S3Origin/.*", "N", "what everybody can get"),
    ("AWS::CloudFront::KeyValueStore ImportSource/.*", "N", "what a function decides by"),
    ("AWS::CloudFront::VpcOrigin VpcOriginEndpointConfig/HTTPS?Port", "L", "what everybody can get"),
    ("AWS::ElasticLoadBalancing::LoadBalancer Listeners/(InstancePort|LoadBalancerPort)", "N", "what can be reached"),
    ("AWS::ElasticLoadBalancingV2::Listener LoadBalancerArn", "L", "another load balancer may have a public address"),
    ("AWS::Lightsail::LoadBalancer (AttachedInstances|InstancePort)", "N", "what everybody can reach"),
    ("AWS::VpcLattice::Rule (Action/(?!.*Weight).*|Match/.*|Priority|ListenerIdentifier|ServiceIdentifier)", "N", "which requests are let in, and what they reach"),
    ("AWS::VpcLattice::Listener (DefaultAction/(?!.*Weight).*|ServiceIdentifier)", "N", "what requests reach"),
    ("AWS::VpcLattice::ServiceNetwork(Service|Vpc|Resource)Association (Service|ServiceNetwork|Vpc|Resource|ResourceConfiguration)(Identifier|Id)", "N", "which networks get in"),
    ("AWS::VpcLattice::ResourceConfiguration (ResourceConfigurationDefinition/.*|PortRanges)", "N", "what can be reached"),
    ("AWS::VpcLattice::ResourceConfiguration (ResourceConfigurationGroupId|ResourceGatewayId)", "L", "what can be reached"),
    ("AWS::RefactorSpaces::Application ApiGatewayProxy/EndpointType", "N=PRIVATE", "it has a public address"),
    ("AWS::RefactorSpaces::(Route (DefaultRoute/ActivationState|RouteType|ServiceIdentifier|UriPathRoute/.*)|Service (LambdaEndpoint|UrlEndpoint)/.*)", "N", "what can be called"),
    ("AWS::RTBFabric::Link HttpResponderAllowed", "N0", "who is let in"),
    ("AWS::RTBFabric::(Link (GatewayId|PeerGatewayId)|InboundExternalLink GatewayId|LinkRoutingRule (Conditions/.*|GatewayId|LinkId|Priority))", "N", "who is let in"),
    ("AWS::BedrockAgentCore::Policy Definition/.*", "G", "a policy"),
    ("AWS::BedrockAgentCore::(Policy PolicyEngineId|Gateway (PolicyEngineConfiguration/Arn|InterceptorConfigurations/.*)|Harness Hooks/(?!.*FailureMode).*)", "L", "what is refused"),
    ("AWS::BedrockAgentCore::GatewayRule (Actions|Conditions)/.*", "N", "who reaches what"),
    ("AWS::BedrockAgentCore::GatewayRule (GatewayIdentifier|Priority)", "N", "who reaches what"),
    ("AWS::BedrockAgentCore::GatewayTarget (TargetConfiguration/.*|GatewayIdentifier|CredentialProviderConfigurations/.*)", "N", "whoever may call the gateway reaches another backend"),
    ("AWS::BedrockAgentCore::GatewayTarget MetadataConfiguration/AllowedResponseHeaders", "N", "what is passed on"),
    ("AWS::BedrockAgentCore::Runtime RequestHeaderConfiguration/RequestHeaderAllowlist", "N", "what is passed on"),
    ("AWS::BedrockAgentCore::ConsentPortal (IdpConfig/.*|Sources/.*)", "N", "who is let in, and to what"),
    ("AWS::CleanRooms::(AnalysisTemplate|ConfiguredTableAssociation|IdMappingTable|IdNamespaceAssociation|IntermediateTable|Membership) (?!Name$|Description$|.*RoleArn$|.*KmsKeyArn$|QueryLogStatus|JobLogStatus|IdMappingConfig).*", "N", "what others may read"),
    ("AWS::CleanRooms::ConfiguredTable (AnalysisRules/Type|AnalysisMethod|SelectedAnalysisMethods|TableReference/.*)", "N", "what others may read"),
    ("AWS::CleanRoomsML::ConfiguredModelAlgorithmAssociation (?!Name$|Description$).*", "N", "what others may read"),
    # What can name a role, and secrets that sign in elsewhere.
    ("AWS::.* (.*/)?CredentialsParameter", "C", "how images are pulled"),
    ("AWS::Pipes::Pipe SourceParameters/.*Credentials/.*", "", "how a source is signed in to"),
    ("AWS::CodeStarConnections::SyncConfiguration (Branch|ConfigFile|RepositoryLinkId|ResourceName)", "C", "what is deployed"),
    ("AWS::AppRunner::Service SourceConfiguration/(CodeRepository|ImageRepository)/.*", "C", "what runs"),
    ("AWS::ECS::(Daemon)?TaskDefinition (IpcMode|NetworkMode|PidMode)", "C", "what runs"),
    ("AWS::Config::RemediationConfiguration Target(Id|Version)", "C", "what the automation does"),
    (rf"AWS::({REACHED}) (.*/)?(VPC|Vpc)?(SecurityGroups?(Ids?)?|GroupSet|Groups)", "NG", "who gets in"),
    ("AWS::Cognito::UserPoolResourceServer (Scopes/ScopeName|Identifier)", "N", "what tokens may allow"),
    ("AWS::Cognito::UserPoolClient AllowedOAuthFlowsUserPoolClient", "N0", "users of the pool get tokens"),
    ("AWS::Cognito::UserPoolClient EnableTokenRevocation", "L=true", "which tokens are refused"),
    ("AWS::Cognito::UserPool DeviceConfiguration/ChallengeRequiredOnNewDevice", "N0", "known devices need no second factor"),
    ("AWS::Cognito::UserPool AutoVerifiedAttributes", "L", "whose addresses are proved"),
    ("AWS::Transfer::Server Protocols", "N", "how people sign in: FTP sends passwords openly"),
    ("AWS::Transfer::Server EndpointDetails/AddressAllocationIds", "N", "it has a public address"),
    ("AWS::Route53Resolver::FirewallDomainList Domain(s|FileUrl)", "N", "which names are blocked or let through"),
    ("AWS::Route53Resolver::FirewallRuleGroup FirewallRules/Action", "N=BLOCK", "which names are let through"),
    ("AWS::Route53Resolver::FirewallRuleGroup FirewallRules/ConfidenceThreshold", "L=LOW", "which names are blocked"),
    ("AWS::Route53Resolver::FirewallRuleGroup FirewallRules/Block.*", "", "what is answered"),
    ("AWS::Route53Resolver::FirewallRuleGroup FirewallRules/.*", "L", "which names are blocked"),
    ("AWS::Route53Resolver::FirewallRuleGroupAssociation (FirewallRuleGroupId|Priority|VpcId)", "L", "which names are blocked"),
    ("AWS::Route53GlobalResolver::FirewallDomainList Domains", "N", "which names are blocked or let through"),
    ("AWS::Route53GlobalResolver::FirewallRule Action", "N=BLOCK", "which names are let through"),
    ("AWS::Route53GlobalResolver::FirewallRule (ConfidenceThreshold|DnsAdvancedProtection|DnsViewId|FirewallDomainListId|Priority|QType)", "L", "which names are blocked"),
    ("AWS::Route53GlobalResolver::DnsView FirewallRulesFailOpen", "L=DISABLED", "which names are blocked"),
    ("AWS::Route53GlobalResolver::AccessSource Cidr", "N", "who may use it"),
    ("AWS::(Bedrock::Guardrail|Wisdom::AIGuardrail) .*PolicyConfig/.*Enabled", "L=true", "what is refused"),
    ("AWS::(Bedrock::Guardrail|Wisdom::AIGuardrail) .*PolicyConfig/.*Action", "L=BLOCK", "what is refused"),
    ("AWS::(Bedrock::Guardrail|Wisdom::AIGuardrail) .*PolicyConfig/.*Strength", "L=HIGH", "what is refused"),
    ("AWS::(Bedrock::Guardrail|Wisdom::AIGuardrail) .*PolicyConfig/.*Threshold", "L>", "what is refused"),
    ("AWS::(Bedrock::Guardrail|Wisdom::AIGuardrail) .*PolicyConfig/(?!RegexesConfig/Description).*", "L", "what is refused"),
    ("AWS::Bedrock::Agent GuardrailConfiguration/.*", "L", "what is refused"),
    ("AWS::Bedrock::Agent ActionGroups/FunctionSchema/Functions/RequireConfirmation", "L=ENABLED", "people confirm what it does"),
    ("AWS::Bedrock::EnforcedGuardrailConfiguration .*", "L", "what is refused"),
    ("AWS::BedrockAgentCore::Gateway PolicyEngineConfiguration/Mode", "L=ENFORCE", "what is refused"),
    ("AWS::BedrockAgentCore::Gateway WafConfiguration/FailureMode", "L=FAIL_CLOSE", "what is refused"),
    ("AWS::BedrockAgentCore::Harness .*/FailureMode", "L=deny", "what is refused"),
    ("AWS::BedrockAgentCore::GatewayTarget MetadataConfiguration/Allowed(QueryParameters|RequestHeaders)", "N", "what is passed on"),
    ("AWS::Athena::WorkGroup WorkGroupConfiguration(Updates)?/EnforceWorkGroupConfiguration", "L=true", "clients may write results elsewhere, without encryption"),
    ("AWS::Athena::WorkGroup State", "N=DISABLED", "nobody can use what is off"),
    ("AWS::Athena::WorkGroup .*ExpectedBucketOwner", "L", "whose bucket results go to"),
    ("AWS::ApiGateway::Method Integration/(ConnectionId|IntegrationHttpMethod|IntegrationTarget|Type|Uri)", "N", "whoever may call the method reaches another backend"),
    ("AWS::ApiGatewayV2::Integration (ConnectionId|IntegrationMethod|IntegrationSubtype|IntegrationType|IntegrationUri)", "N", "whoever may call the route reaches another backend"),
    ("AWS::(ApiGateway::VpcLink TargetArns|EC2::VPCEndpointService (Gateway|Network)LoadBalancerArns)", "N", "what can be reached through it"),
    ("AWS::FMS::Policy (RemediationEnabled)", "L=true", "what is blocked in accounts"),
    ("AWS::FMS::Policy DeleteAllPolicyResources", "", "what is left of it"),
    ("AWS::FMS::Policy (ExcludeMap/.*|ExcludeResourceTags|IncludeMap/.*|ResourceSetIds|ResourceTag.*|ResourceType.*|ResourcesCleanUp|SecurityServicePolicyData/.*)", "N", "what is blocked in accounts"),
    ("AWS::FMS::ResourceSet .*Resource.*", "L", "what is protected"),
    ("AWS::NetworkSecurityManager::Policy PolicyConfiguration/RemediationEnabled", "L=true", "what is blocked"),
    ("AWS::NetworkSecurityManager::Policy (PolicyConfiguration/.*|AssociatedTemplateAndRuleList/.*|FirewallType|Priority)", "L", "what is blocked"),
    ("AWS::Route53::HostedZone VPCs/.*", "D", "without them, anybody can resolve its names"),
    ("AWS::ServiceCatalog::LaunchTemplateConstraint (Rules|PortfolioId|ProductId)", "L", "with which parameters people may launch it"),
    ("AWS::ServiceCatalog::StackSetConstraint (AccountList|RegionList)", "G", "where people may launch it"),
    ("AWS::ServiceCatalog::StackSetConstraint StackInstanceControl", "N=NOT_ALLOWED", "what people may do with it"),
    ("AWS::ServiceCatalog::ResourceUpdateConstraint TagUpdateOnProvisionedProduct", "N=NOT_ALLOWED", "what people may do with it"),
    ("AWS::ServiceCatalog::PortfolioProductAssociation (PortfolioId|ProductId|SourcePortfolioId)", "N", "who may launch what"),
    ("AWS::ServiceCatalog::(ServiceAction Definition/.*|ServiceActionAssociation .*)", "N", "what people may do, and under which role"),
    ("AWS::SQS::Queue RedriveAllowPolicy/redrivePermission", "L=denyAll", "which queues may send to it"),
    ("AWS::SQS::Queue RedriveAllowPolicy/sourceQueueArns", "N", "which queues may send to it"),
    ("AWS::CloudFront::(Function FunctionCode|ConnectionFunction ConnectionFunctionCode)", "L", "which requests are blocked: it runs under no role"),
    ("AWS::CloudFront::(Function|ConnectionFunction) .*KeyValueStoreARN", "N", "what it decides by"),
    ("AWS::CloudFront::(StreamingDistribution StreamingDistributionConfig/Enabled|ConnectionGroup Enabled|DistributionTenant Enabled)", "L=false", "it can be reached"),
    ("AWS::CloudFront::TrustStore UseClientCertificateOCSPEndpoint", "L=true", "whose certificates are not accepted"),
    ("AWS::CloudFront::VpcOrigin VpcOriginEndpointConfig/Arn", "N", "what everybody can get"),
    ("AWS::GlobalAccelerator::(EndpointGroup (EndpointConfigurations/(EndpointId|AttachmentArn)|PortOverrides/.*)|Listener PortRanges/.*|CrossAccountAttachment Resources/.*)", "N", "what everybody can reach"),
    ("AWS::GlobalAccelerator::Accelerator Enabled", "L=false", "it can be reached"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "L=on", "who is let in"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer LoadBalancerAttributes/Value", "N0", "of waf.fail_open.enabled: requests pass if the firewall does not answer"),
    ("AWS::ECS::Gateway .*Scheme", "N=internal", "it has a public address"),
    ("AWS::Logs::LogGroup DataProtectionPolicy.*", "L", "what of the log is masked"),
    ("AWS::SNS::Topic DataProtectionPolicy.*", "L", "what is refused, or masked"),
    ("AWS::S3ObjectLambda::AccessPoint ObjectLambdaConfiguration/(SupportingAccessPoint|TransformationConfigurations/Actions)", "L", "what is read as it is"),
    ("AWS::S3ObjectLambda::AccessPoint ObjectLambdaConfiguration/AllowedFeatures", "N", "what is read as it is"),
    ("AWS::S3::Bucket ObjectLockConfiguration/Rule/DefaultRetention/(Days|Years)", "L>", "what nobody may delete"),
    ("AWS::S3::Bucket ObjectLockConfiguration/Rule/DefaultRetention/Mode", "L=COMPLIANCE", "what nobody may delete"),
    ("AWS::Backup::(BackupVault LockConfiguration/|LogicallyAirGappedBackupVault )MinRetentionDays", "L>", "what nobody may delete"),
    ("AWS::Backup::(BackupVault LockConfiguration/|LogicallyAirGappedBackupVault )MaxRetentionDays", "L<", "what nobody may keep"),
    ("AWS::Backup::BackupVault LockConfiguration/ChangeableForDays", "L<", "who may remove the lock"),
    ("AWS::Backup::LegalHold RecoveryPointSelection/.*", "L", "what nobody may delete"),
    ("AWS::FSx::Volume OntapConfiguration/SnaplockConfiguration/(PrivilegedDelete|SnaplockType|RetentionPeriod/.*)", "L", "what nobody may delete"),
    ("AWS::FSx::(Volume|FileSystem) OpenZFSConfiguration/(RootVolumeConfiguration/)?ReadOnly", "L=true", "what may be done"),
    ("AWS::FSx::S3AccessPointAttachment (.*FileSystemIdentity/.*|S3AccessPoint/VpcConfiguration/VpcId)", "L", "who is let in, and as which user"),
    ("AWS::FSx::.* .*FileSystemAdministratorsGroup", "N", "who may do anything"),
    ("AWS::WAFv2::(WebACL|RuleGroup) Rules/(.*/)?RateBasedStatement/Limit", "L<", "which requests are blocked"),
    ("AWS::WAFv2::(WebACL|RuleGroup) (.*/)?ImmunityTime", "L<", "which requests are blocked"),
    ("AWS::EC2::VPCPeeringConnection PeerOwnerId", "G", "another account's network"),
    ("AWS::(EC2|RDS|ElastiCache|Redshift)::.*SecurityGroup.* (.*/)?(SourceSecurityGroupOwnerId|EC2SecurityGroupOwnerId)", "N", "a group of another account gets in"),
    ("AWS::EC2::(CustomerGateway (CertificateArn|IpAddress)|VPNConnection VpnTunnelOptionsSpecifications/PreSharedKey)", "N", "who connects to the network"),
    ("AWS::EC2::ClientVpnEndpoint DevicePostureOptions/.*", "L", "which devices are let in"),
    ("AWS::EC2::TransitGatewayMulticastDomain Options/AutoAcceptSharedAssociations", "N=disable", "who may connect"),
    ("AWS::ACMPCA::Certificate (?!Validity)[^/]*(/.*)?", "G", "it is a credential for whoever trusts the authority"),
    ("AWS::ACMPCA::CertificateAuthority RevocationConfiguration/(Crl|Ocsp)Configuration/Enabled", "L=true", "whose certificates are not accepted"),
    ("AWS::CertificateManager::Certificate CertificateExport", "N=DISABLED", "principals can read its private key"),
    ("AWS::Amplify::.* (.*/)?EnablePullRequestPreview", "N0", "whose code is run, and shown"),
    ("AWS::CodeStar::GitHubRepository IsPrivate", "L=true", "who may read it"),
    ("AWS::CodeArtifact::Repository (ExternalConnections|Upstreams)", "N", "where packages come from"),
    ("AWS::Batch::JobDefinition .*ServiceAccountName", "N", "what it runs as"),
    ("AWS::CleanRooms::Collaboration (AllowedResultRegions|AutoApprovedChangeTypes|CreatorMLMemberAbilities/.*|CreatorMemberAbilities)", "N", "what its members may do"),
    ("AWS::CleanRooms::(Collaboration DataEncryptionMetadata/Allow.*|IdNamespaceAssociation IdMappingConfig/AllowUseAsDimensionColumn)", "N0", "what others may read"),
    ("AWS::CleanRooms::PrivacyBudgetTemplate .*", "L", "what others may read"),
    ("AWS::DataZone::Domain SingleSignOn/Type", "N=DISABLED", "who is let in"),
    ("AWS::DataZone::Domain SingleSignOn/UserAssignment", "L=MANUAL", "who is let in"),
    ("AWS::QBusiness::Application (AutoSubscriptionConfiguration/AutoSubscribe|ClientIdsForOIDC)", "N", "who is let in"),
    ("AWS::QBusiness::WebExperience Origins", "N", "who is let in"),
    ("AWS::AppIntegrations::Application .*ApprovedOrigins", "N", "who is let in"),
    ("AWS::AppStream::Stack EmbedHostDomains", "N", "who is let in"),
    ("AWS::(AppStream::DirectoryConfig|WorkSpaces::Directory) CertificateBasedAuthProperties/Status", "N=DISABLED", "who is let in"),
    ("AWS::WorkSpaces::Directory WorkspaceAccessProperties/DeviceType.*", "N=DENY", "which devices are let in"),
    ("AWS::WorkSpaces::Directory (IpGroupIds|WorkspaceAccessProperties/AccessEndpointConfig/.*)", "L", "who is let in"),
    ("AWS::WorkSpaces::Directory (EnableSelfService|WorkspaceCreationProperties/UserEnabledAsLocalAdministrator)", "N0", "what people may do"),
    ("AWS::Chime::Channel Mode", "L=RESTRICTED", "who may join"),
    ("AWS::Chime::Channel Privacy", "L=PRIVATE", "who may join"),
    ("AWS::MediaPackage::OriginEndpoint Origination", "N=DENY", "who may get it"),
    ("AWS::ElastiCache::User Passwords", "N", "who knows one can sign in"),
    ("AWS::MSK::Cluster .*ZookeeperAccess/Enabled", "N0", "who may do anything in the cluster"),
    ("AWS::Grafana::Workspace PluginAdminEnabled", "N0", "what its administrators may run"),
    ("AWS::IoT::DomainConfiguration DomainConfigurationStatus", "N=DISABLED", "it can be reached"),
    ("AWS::IoT::DomainConfiguration ServerCertificateConfig/EnableOCSPCheck", "L=true", "whose certificates are not accepted"),
    ("AWS::IoT::DomainConfiguration ClientCertificateConfig/.*", "L", "a function says who may connect"),
    ("AWS::IoT::ProvisioningTemplate Enabled", "N0", "devices get certificates"),
    ("AWS::IoT::ProvisioningTemplate PreProvisioningHook/TargetArn", "L", "a function says which devices get certificates"),
    ("AWS::Lightsail::Container IsDisabled", "L=true", "it can be reached"),
    ("AWS::Lightsail::Container ContainerServiceDeployment/PublicEndpoint/Container(Name|Port)", "N", "it has a public address"),
    ("AWS::Lightsail::Distribution IsEnabled", "L=false", "it can be reached"),
    ("AWS::Lightsail::Distribution (CacheBehaviorSettings/AllowedHTTPMethods|Origin/Name)", "N", "what everybody can get"),
    ("AWS::ODB::CloudAutonomousVmCluster IsMtlsEnabledVmCluster", "L=true", "who is let in"),
    ("AWS::OSIS::Pipeline VpcOptions/SubnetIds", "D", "without them, it has a public address"),
    ("AWS::OpsWorks::UserProfile AllowSelfManagement", "N0", "people may set their own key"),
    ("AWS::PaymentCryptography::Key Enabled", "L=false", "nobody can use a key that is off"),
    ("AWS::PaymentCryptography::Key (Exportable|KeyAttributes/KeyModesOfUse/.*)", "N0", "what the key may be used for"),
    ("AWS::RDS::DBProxy DefaultAuthScheme", "N", "how clients sign in"),
    ("AWS::SES::ReceiptFilter Filter/IpFilter/Cidr", "L", "whose mail is refused"),
    ("AWS::SES::MailManagerTrafficPolicy DefaultAction", "L=DENY", "whose mail is refused"),
    ("AWS::SES::MailManagerIngressPoint (Type|TrafficPolicyId)", "L", "whose mail is refused"),
    ("AWS::SageMaker::.* (.*/)?RStudioServerProAppSettings/UserGroup", "N=R_STUDIO_USER", "what people may do"),
    ("AWS::SageMaker::Domain DomainSettings/DockerSettings/EnableDockerAccess", "N=DISABLED", "what people may do"),
    ("AWS::WAFv2::(WebACL|RuleGroup) (DefaultAction|Rules/Action)/Allow/.*", "N", "which requests are let through"),
    ("AWS::WAFv2::(WebACL|RuleGroup) (DefaultAction|Rules/(?!RuleLabels|VisibilityConfig)[^/]*)(/.*)?", "L", "which requests are blocked"),
    ("AWS::WAFv2::(IPSet Addresses|RegexPatternSet RegularExpressionList)", "N", "which requests are blocked or let through"),
    ("AWS::WAF(v2|Regional)::WebACLAssociation .*", "L", "which requests are blocked"),
    ("AWS::WAF(Regional)?::[A-Za-z]+ (?!Name$|MetricName$).*", "N", "which requests are blocked or let through"),
    ("AWS::NetworkFirewall::(Firewall FirewallPolicyArn|FirewallPolicy FirewallPolicy/.*|RuleGroup RuleGroup/.*)", "N", "who gets in"),
    ("AWS::NetworkFirewall::(Firewall|FirewallPolicy|RuleGroup) .*", "", "how it works"),
    ("AWS::EC2::SecurityGroup(Ingress)? (SecurityGroupIngress/)?CidrIp(v6)?", "NP", "who gets in"),
    ("AWS::EC2::SecurityGroup(Ingress)? (SecurityGroupIngress/)?SourcePrefixListId", "N", "who gets in"),
    ("AWS::EC2::SecurityGroupIngress (FromPort|ToPort|IpProtocol|GroupId|GroupName)", "L", "what can be reached"),
    ("AWS::EC2::SecurityGroup(Ingress)? .*", "", "between groups, and what goes out"),
    ("AWS::EC2::NetworkAclEntry (CidrBlock|Ipv6CidrBlock)", "NP", "who gets in"),
    ("AWS::EC2::NetworkAclEntry .*", "L", "who gets in"),
    ("AWS::EC2::SubnetNetworkAclAssociation NetworkAclId", "L", "who gets in"),
    ("AWS::EC2::PrefixList Entries/Cidr", "NP", "who gets in"),
    ("AWS::(RDS|Redshift|ElastiCache)::.*SecurityGroup(Ingress)? (.*/)?CIDRIP", "NP", "who gets in"),
    ("AWS::Lightsail::Instance Networking/Ports/.*", "N", "who gets in"),
    ("AWS::Lightsail::Bucket AccessRules/GetObject", "N=private", "anybody can read"),
    ("AWS::Lightsail::Bucket AccessRules/AllowPublicOverrides", "N0", "anybody can read"),
    ("AWS::EC2::VPCBlockPublicAccessOptions InternetGatewayBlockMode", "L=block-bidirectional", "what is public is blocked"),
    ("AWS::EC2::VPCBlockPublicAccessExclusion .*", "N", "what is public is blocked, but for these"),
    ("AWS::EC2::ClientVpnEndpoint ClientConnectOptions/.*", "L", "a function says who may connect"),
    ("AWS::EC2::VerifiedAccessInstance .*TrustProvider.*", "N", "what it trusts"),
    ("AWS::ElasticLoadBalancing(V2)?::LoadBalancer Scheme", "N=internal", "it has a public address"),
    ("AWS::ElasticLoadBalancingV2::Listener(Rule)? .*/(SessionCookieName|SessionTimeout|ClientSecret|UseExistingClientSecret|Scope)", "", "how people sign in"),
    ("AWS::ElasticLoadBalancingV2::Listener(Rule)? (Default)?Actions/(Order|Type|(Authenticate|JwtValidation).*)", "N", "who is let in"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule (Conditions/.*|Priority|Transforms/.*)", "N", "which requests are let in"),
    ("AWS::ElasticLoadBalancingV2::Listener AlpnPolicy", "", "protocols"),
    ("AWS::ElasticLoadBalancingV2::TrustStore CaCertificates.*", "N", "whose certificates are accepted"),
    ("AWS::ElasticLoadBalancingV2::TrustStoreRevocation .*", "L", "whose certificates are not accepted"),
    ("AWS::(ApiGateway|ApiGatewayV2|Serverless)::.* (.*/)?ApiKeyRequired", "N1", "callers without a key"),
    ("AWS::ApiGateway::(Method (HttpMethod|ResourceId|RestApiId)|Resource (PathPart|ParentId|RestApiId)|BasePathMapping(V2)? (RestApiId|Stage|BasePath|DomainName|DomainNameArn))", "L", "which requests are let in"),
    ("AWS::Chatbot::(SlackChannelConfiguration (SlackChannelId|SlackWorkspaceId)|MicrosoftTeamsChannelConfiguration (TeamId|TeamsChannelId|TeamsTenantId))", "L", "whose members act as its role"),
    ("AWS::(ApiGateway|ApiGatewayV2|Serverless)::.* (.*/)?DisableExecuteApiEndpoint", "L=true", "a way around the domain"),
    ("AWS::(ApiGateway|Serverless)::.* (.*/)?EndpointAccessMode", "L=STRICT", "who is let in"),
    ("AWS::ApiGateway::(RestApi|DomainName|DomainNameV2) EndpointConfiguration/Types", "L=PRIVATE", "it has a public address"),
    ("AWS::Serverless::Api EndpointConfiguration(/Type)?", "L=PRIVATE", "it has a public address"),
    ("AWS::ApiGateway::(UsagePlan ApiStages/(ApiId|Stage)|UsagePlanKey .*|ApiKey (Enabled|StageKeys/.*|Value))", "N", "what a key opens"),
    ("AWS::ApiGatewayV2::Authorizer .*", "N", "who may call the routes"),
    ("AWS::ApiGatewayV2::Route (RouteKey|Target)", "N", "what can be called"),
    ("AWS::AppSync::GraphQLApi (.*/)?UserPoolConfig/DefaultAction", "N=DENY", "who may call it"),
    ("AWS::AppSync::GraphQLApi (.*/)?(UserPoolConfig|OpenIDConnectConfig)/(?!AuthTTL|IatTTL).*", "N", "who may call it"),
    ("AWS::AppSync::GraphQLApi (.*/)?OpenIDConnectConfig/.*", "", "how long a token counts"),
    ("AWS::AppSync::GraphQLSchema Definition.*", "N", "directives say who may call what"),
    ("AWS::Cognito::UserPool(RegionalConfigurationAttachment)? LambdaConfig/(CreateAuth|DefineAuth|InboundFederation|PreAuthentication|PreSignUp|PreTokenGeneration|UserMigration|VerifyAuth).*", "N", "who is let in, and what tokens say"),
    ("AWS::Cognito::UserPool MfaConfiguration", "L=ON", "who is let in"),
    ("AWS::Cognito::UserPool UserPoolAddOns/AdvancedSecurity.*", "L=ENFORCED", "who is let in"),
    ("AWS::Cognito::UserPool (AccountRecoverySetting|UserAttributeUpdateSettings)/.*", "L", "who is let in"),
    ("AWS::Cognito::UserPool Policies/SignInPolicy/.*", "N", "how users sign in"),
    ("AWS::Cognito::UserPoolClient (CallbackURLs|DefaultRedirectURI|ReadAttributes|WriteAttributes)", "N", "who gets tokens, and what users may write"),
    ("AWS::Cognito::UserPoolClient GenerateSecret", "L=true", "who is let in"),
    ("AWS::Cognito::UserPoolRiskConfigurationAttachment .*", "L", "who is let in"),
    ("AWS::(OpenSearchService|Elasticsearch)::Domain AdvancedSecurityOptions/Enabled", "L=true", "who may do what in the domain"),
    ("AWS::(OpenSearchService|Elasticsearch)::Domain AdvancedSecurityOptions/InternalUserDatabaseEnabled", "N0", "who is let in"),
    ("AWS::(OpenSearchService|Elasticsearch)::Domain AdvancedSecurityOptions/MasterUserOptions/MasterUser(ARN|Name)", "N", "who may do anything in the domain"),
    ("AWS::(OpenSearchService|Elasticsearch)::Domain CognitoOptions/Enabled", "L=true", "who is let in"),
    ("AWS::(OpenSearchService|Elasticsearch)::Domain CognitoOptions/(IdentityPoolId|UserPoolId)", "N", "who is let in"),
    ("AWS::(OpenSearchService|Elasticsearch)::Domain VPCOptions/SubnetIds", "D", "without them, it has a public address"),
    ("AWS::CloudFront::Distribution DistributionConfig/Enabled", "L=false", "it can be reached"),
    ("AWS::CloudFront::Distribution DistributionConfig/(WebACLId|Restrictions/.*|.*FunctionAssociations/(EventType|FunctionARN|LambdaFunctionARN))", "L", "which requests are blocked"),
    ("AWS::CloudFront::Distribution DistributionConfig/(CacheBehaviors|DefaultCacheBehavior)/(AllowedMethods|PathPattern|TargetOriginId)", "N", "what everybody can get"),
    ("AWS::CloudFront::Distribution DistributionConfig/(Origins/(DomainName|OriginPath|OriginAccessControlId|S3OriginConfig/OriginAccessIdentity|OriginCustomHeaders/.*)|S3Origin/.*|CustomOrigin/DNSName)", "N", "what everybody can get"),
    ("AWS::CloudFront::DistributionTenant Customizations/.*", "L", "which requests are blocked"),
    ("AWS::CloudFront::OriginAccessControl OriginAccessControlConfig/Signing.*", "N", "what it can read"),
    ("AWS::MSK::Configuration ServerProperties", "N", "who may do what in the cluster"),
    ("AWS::MSK::Cluster LoggingInfo/.*", "", "where logs go"),
    ("AWS::Transfer::Server EndpointType", "L=VPC", "it has a public address"),
    ("AWS::Transfer::Server .*LoginBanner", "", "a text"),
    ("AWS::Grafana::Workspace NetworkAccessControl/.*", "N", "who is let in"),
    ("AWS::SageMaker::(Workteam (MemberDefinitions|WorkerAccessConfiguration)/.*|Workforce SourceIpConfig/Cidrs)", "N", "who is let in"),
    ("AWS::AmazonMQ::(Configuration Data|ConfigurationAssociation .*|Broker Configuration/.*)", "N", "it says who may do what"),
    ("AWS::ElastiCache::.* AuthToken", "D", "without it, anybody can sign in"),
    ("AWS::ElastiCache::(ReplicationGroup UserGroupIds|ServerlessCache UserGroupId|UserGroup UserIds)", "N", "who is let in"),
    ("AWS::MemoryDB::.*Cluster ACLName", "N", "who is let in"),
    ("AWS::EFS::AccessPoint (PosixUser/.*|RootDirectory/Path)", "L", "as which user, and in which folder"),
    ("AWS::FSx::.* .*NfsExports/ClientConfigurations/.*", "N", "who may mount it"),
    ("AWS::WorkSpacesWeb::Portal (Browser|DataProtection|IpAccess|User)SettingsArn", "L", "who is let in, and what they may do"),
    ("AWS::WorkSpacesWeb::IpAccessSettings IpRules/IpRange", "N", "who is let in"),
    ("AWS::WorkSpacesWeb::UserSettings .*Allowed", "N=Disabled", "what people may do"),
    ("AWS::Media(Package::OriginEndpoint Whitelist|Connect::.* (.*/)?(Whitelist.*|CidrAllowList|AllowRules/Cidr))", "N", "who is let in"),
    ("AWS::IVS::(Channel|IngestConfiguration) InsecureIngest", "N0", "who is let in"),
    ("AWS::IVS::PlaybackRestrictionPolicy (AllowedCountries|AllowedOrigins|EnableStrictOriginEnforcement)", "N", "who is let in"),
    ("AWS::S3::Bucket ObjectLock.*", "L", "what nobody may delete"),
    ("AWS::S3::AccessPoint VpcConfiguration/VpcId", "L", "who is let in"),
    ("AWS::AppStream::.* AccessEndpoints/.*", "L", "who is let in"),
    ("AWS::EMR::Cluster SecurityConfiguration", "L", "who may do what in the cluster"),
    ("AWS::EMR::SecurityConfiguration SecurityConfiguration", "N", "who may do what in the cluster"),
    ("AWS::Connect::(ApprovedOrigin Origin|Instance IdentityManagementType)", "N", "who is let in"),
    ("AWS::Connect::SecurityProfile (Hierarchy|Tag)RestrictedResources", "L", "what its users may see"),
    ("AWS::DirectoryService::.* EnableSso", "N0", "who is let in"),
    ("AWS::AppMesh::Virtual(Node|Gateway) Spec/Listeners/TLS/(Mode|Validation/.*)", "L", "who is let in"),
    ("AWS::ElasticBeanstalk::.* (.*/)?OptionSettings/(Value|Namespace|OptionName)", "N", "options may name a role, and who may sign in"),
    ("AWS::CodeArtifact::PackageGroup OriginConfiguration/Restrictions/.*", "N", "where packages come from"),
    ("AWS::BedrockAgentCore::Policy EnforcementMode", "L", "what is refused"),
    ("AWS::BedrockAgentCore::(WorkloadIdentity AllowedResourceOauth2ReturnUrls|Harness AllowedTools)", "N", "who gets tokens, and what it may do"),
    ("AWS::CleanRooms::ConfiguredTable AllowedColumns", "N", "what others may read"),
    ("AWS::VpcLattice::ResourceConfiguration AllowAssociationToSharableServiceNetwork", "N0", "who is let in"),
    ("AWS::KMS::(Key|ReplicaKey) Enabled", "L=false", "nobody can use a key that is off"),
    ("AWS::(Lambda|Serverless)::Function CodeSigningConfigArn", "L", "whose code may run"),
    ("AWS::.* (.*/)?AssignPublicIp", "N=DISABLED", "it has a public address"),
    ("AWS::.*::(ResourcePolicy|(Profile)?Permission) (?!Tags|Bypass|PolicyName|Description).*", "G", "who may use what"),
    ("AWS::IoTSiteWise::AccessPolicy .*", "G", "who may use what"),
    ("AWS::AccountAccess::Entitlement ApplicationArn", "N", "who may use what"),
    ("AWS::AppStream::ApplicationEntitlementAssociation .*", "G", "who may use what"),
    ("AWS::MediaConnect::FlowEntitlement (EntitlementStatus|Subscribers)", "G", "who gets it"),
    ("AWS::StorageGateway::SMBFileShare (AdminUserList|ValidUserList|SMBACLEnabled|AccessBasedEnumeration)", "N", "who may use it"),
    ("AWS::StorageGateway::SMBFileShare InvalidUserList", "L", "who may not use it"),
    ("AWS::StorageGateway::.* ReadOnly", "L=true", "what may be done"),
    ("AWS::S3(Outposts|Express)::AccessPoint (VpcConfiguration/VpcId|Scope/Prefixes)", "L", "who is let in"),
    ("AWS::S3Files::AccessPoint (PosixUser/.*|RootDirectory/Path)", "L", "as which user, and in which folder"),
    ("AWS::ECR::.* ImageTagMutability.*", "L=IMMUTABLE", "images may be replaced"),
    ("AWS::EC2::TransitGateway AutoAcceptSharedAttachments", "N=disable", "who may connect"),
    ("AWS::S3::Bucket AbacStatus", "G=Disabled", "tags of the bucket decide who may use it"),
    ("AWS::Glue::Catalog (CatalogProperties/DataLakeAccessProperties/)?AllowFullTableExternalDataAccess", "G=False", "engines outside of Lake Formation read whole tables"),
    ("AWS::EC2::FlowLog (DeliverLogsPermissionArn|DeliverCrossAccountRole)", "R", ""),
    ("AWS::Config::ConfigurationAggregator OrganizationAggregationSource/RoleArn", "R", ""),
    ("AWS::Config::ConfigurationAggregator .*", "", "it collects what other accounts allow it to"),
    ("AWS::FMS::NotificationChannel SnsRoleName", "R", ""),
    ("AWS::GuardDuty::MalwareProtectionPlan Role", "R", ""),
    ("AWS::IoT::MitigationAction .*RoleArnForLogging", "R", ""),
    ("AWS::SNS::Subscription SubscriptionRoleArn", "R", ""),
    ("AWS::GameLift::Fleet InstanceRoleCredentialsProvider", "R", ""),
    ("AWS::SageMaker::Domain DomainSettings/ExecutionRoleIdentityConfig", "R", ""),
    ("AWS::OpenSearchService::Application IamIdentityCenterOptions/.*RoleFor.*", "R", ""),
    ("AWS::IoT::ProvisioningTemplate TemplateBody", "G", "which policies new devices get"),
    ("AWS::Logs::AccountPolicy PolicyDocument", "G", "where all logs go, and what of them is masked"),
    ("AWS::Lightsail::Bucket ResourcesReceivingAccess", "G", "which instances may use the bucket"),
    ("AWS::ApiGateway::Authorizer .*", "G", "who may call the methods"),
    ("AWS::Chatbot::.*ChannelConfiguration UserRoleRequired", "G1", "everybody in the channel has the role of the channel"),
    ("AWS::(ElastiCache|MemoryDB)::User AccessString", "G", "what the user may do"),
    ("AWS::ElastiCache::User NoPasswordRequired", "G0", "anybody can sign in as this user"),
    ("AWS::EMR::Cluster VisibleToAllUsers", "G0", "who may see and use the cluster"),
    ("AWS::Grafana::Workspace AccountAccessType", "G=CURRENT_ACCOUNT", "it reads other accounts"),
    ("AWS::MWAA::Environment WebserverAccessMode", "G=PRIVATE_ONLY", "it has a public address"),
    ("AWS::NeptuneGraph::Graph PublicConnectivity", "G0", "it has a public address"),
    ("AWS::ODB::OdbNetwork (Kms|S3|Sts|ZeroEtl)Access", "G", "what can be reached from the network"),
    ("AWS::OpenSearchService::Domain (IdentityCenterOptions|AdvancedSecurityOptions/JWTOptions)/.*", "G", "who is let in, with which role"),
    ("AWS::AmazonMQ::Broker LdapServerMetadata/(Role|User).*", "G", "who is let in"),
    ("AWS::Connect::SecurityProfile AllowedAccessControl.*", "G", "what its users may see"),
    ("AWS::Connect::User SecurityProfileArns", "G", "what the user may do"),
    ("AWS::Cognito::UserPoolClient (ExplicitAuthFlows|AllowedOAuth(Flows|Scopes))", "G", "how users sign in, and what their tokens allow"),
    ("AWS::CloudFront::PublicKey PublicKeyConfig/EncodedKey", "G", "whose signatures are accepted"),
    ("AWS::EC2::KeyPair PublicKeyMaterial", "G", "who can sign in to the instances"),
    ("AWS::(Batch|EMR|ImageBuilder|OpsWorks)::.* (.*/)?(Ec2KeyPair|Ec2KeyName|KeyPair|(Default)?SshKeyName)", "G", "who can sign in to the instances"),
    ("AWS::Chime::Channel (Member|Moderator)Arns", "G", "who is let in"),
    ("AWS::Lambda::CodeSigningConfig AllowedPublishers/.*", "G", "whose code may run"),
    ("AWS::Lambda::CodeSigningConfig CodeSigningPolicies/UntrustedArtifactOnDeployment", "G=Enforce", "code that nobody signed may run"),
    ("AWS::QuickSight::KnowledgeBase PrimaryOwnerArn", "G", "who owns it"),
    ("AWS::SageMaker::(PartnerApp ApplicationConfig/AdminUsers|Space OwnershipSettings/.*)", "G", "who owns it"),
    ("AWS::StorageGateway::NFSFileShare (ClientList|Squash)", "G", "who may mount it"),
    ("AWS::EC2::ClientVpnAuthorizationRule .*", "G", "who may connect"),
    ("AWS::ECS::TaskDefinition Volumes/.*", "", "which file systems a task mounts"),
    ("AWS::Cognito::UserPool (Email|Sms)Authentication.*", "", "the text of messages"),
    ("AWS::Cognito::UserPool (EmailConfiguration/EmailSendingAccount|LambdaConfig/.*|UserPoolAddOns/.*)", "", "how the pool works"),
    ("AWS::SNS::Topic ArchivePolicy", "", "how long messages are kept"),
    ("AWS::DynamoDB::.* AttributeDefinitions/.*", "", "columns"),
    ("AWS::S3::Bucket AccessControl", "G?Private", "the bucket's canned ACL; without one, it is private"),
    ("AWS::S3::Bucket PublicAccessBlockConfiguration/.*", "G1", "what is public is blocked"),
    ("AWS::S3::Bucket OwnershipControls/.*", "G=BucketOwnerEnforced", "ACLs count again"),
    ("AWS::S3::Bucket ReplicationConfiguration/Role", "R", ""),
    ("AWS::S3::Bucket ReplicationConfiguration/Rules/Destination/(Account|AccessControlTranslation.*)", "G", "copies belong to another account"),
    ("AWS::S3::Bucket .*(ExpectedBucketOwner|AccountId)", "", "who must own the bucket that reports are written to"),
    ("AWS::S3::(AccessPoint|MultiRegionAccessPoint) PublicAccessBlock.*", "G1", "what is public is blocked"),
    ("AWS::Lambda::Url AuthType", "G=AWS_IAM", "anybody can call the function"),
    ("AWS::Lambda::Function (Code|Environment|Layers|Handler|Runtime|ImageConfig|FileSystemConfigs|SnapStart)(/.*)?", "C", ""),
    ("AWS::Lambda::EventSourceMapping SourceAccessConfigurations/.*", "", "how the source is signed in to"),
    ("AWS::ApiGateway::Method (AuthorizationType)", "G=AWS_IAM", "who may call the method"),
    ("AWS::ApiGatewayV2::Route (AuthorizationType)", "G=AWS_IAM", "who may call the route"),
    ("AWS::ApiGateway::RestApi (Body|BodyS3Location.*|Mode|Parameters.*)", "G", "an OpenAPI document may have a policy and authorizers"),
    ("AWS::ApiGatewayV2::Api (Body|BodyS3Location.*)", "G", "an OpenAPI document may have authorizers"),
    ("AWS::CodeBuild::Project (Triggers/.*|Visibility)", "G", "who may start a build, or see it"),
    ("AWS::CodeBuild::Project (Source|SecondarySources|Environment)(/.*)?", "C", ""),
    ("AWS::Config::RemediationConfiguration Parameters.*", "C", "what the automation does, and under which role"),
    ("AWS::SSM::(Association|Document) (Parameters|Content).*", "C", ""),
    ("AWS::Budgets::BudgetsAction (Definition/IamActionDefinition|Definition/ScpActionDefinition).*", "G", "it attaches policies"),
    ("AWS::Events::Rule EventPattern", "", "which events there are rules for"),
    ("AWS::Events::Rule Targets/.*(Input|InputTransformer|Parameters).*", "C", "what is run"),
    ("AWS::Events::Connection AuthParameters.*", "", "how a target is signed in to"),
    ("AWS::StepFunctions::StateMachine Definition.*", "C", ""),
    ("AWS::ECS::TaskDefinition ContainerDefinitions/.*", "C", ""),
    ("AWS::ECS::Service EnableExecuteCommand", "G0", "people can run commands under the task's role"),
    ("AWS::EC2::.*(UserData|CpuOptions|MetadataOptions/.*)", "C", ""),
    ("AWS::EC2::VPCEndpoint PolicyDocument", "G", ""),
    ("AWS::EC2::VPCEndpointService AcceptanceRequired", "G1", "who may connect"),
    ("AWS::KMS::(Key|ReplicaKey) BypassPolicyLockoutSafetyCheck", "", "a check at deployment"),
    ("AWS::Cognito::UserPool (AdminCreateUserConfig/AllowAdminCreateUserOnly)", "G1", "anybody can sign up"),
    ("AWS::Cognito::UserPool (Policies|EmailConfiguration|SmsConfiguration)/.*Role.*", "R", ""),
    ("AWS::Cognito::UserPool Policies/.*", "", "rules for passwords"),
    ("AWS::SSM::Parameter Policies", "", "when a parameter expires"),
    ("AWS::CloudWatch::Alarm .*AccountId", "", "where a metric comes from"),
    ("AWS::.* .*AllowCredentials", "", "what a browser sends"),
    ("AWS::Serverless::Function (CodeUri|InlineCode|Runtime).*", "C", ""),
    ("AWS::Serverless::Function DeploymentPreference/(Enabled|Hooks/.*|TriggerConfigurations.*)", "G", "what CodeDeploy and its role may do"),
    ("AWS::Serverless::Function DeploymentPreference/Role", "R", ""),
    ("AWS::Serverless::Function DeploymentPreference/Type", "G+", "CodeDeploy gets a role"),
    (rf"AWS::Serverless::(Function|StateMachine) Events/\*/Properties/({'|'.join(EVENT)})", "", "when it runs"),
    ("AWS::Serverless::(Function|StateMachine) Events.*", "G", "who may call it, and what its own role may read"),
    ("AWS::Serverless::Function (DeadLetterQueue|EventInvokeConfig/DestinationConfig|DurableConfig|Tracing|VpcConfig).*", "G", "what its own role may do"),
    ("AWS::Serverless::StateMachine Tracing.*", "G", "what its own role may do"),
    ("AWS::Serverless::StateMachine Definition.*", "C", ""),
    ("AWS::Serverless::Connector (Source|Destination).*", "G", "who may use what"),
    ("AWS::Serverless::GraphQLApi (ApiKeys|DataSources).*", "G", "who may call it, and what it may use"),
    ("AWS::Serverless::GraphQLApi (Functions|Resolvers).*", "C", ""),
    ("AWS::Serverless::GraphQLApi Schema.*", "G", "directives say who may call what"),
    ("AWS::Serverless::WebSocketApi Routes.*", "G", "it may call these functions"),
    ("AWS::Serverless::(Api|HttpApi) (Definition(Body|Uri)|MergeDefinitions|Mode).*", "G", "an OpenAPI document may have a policy and authorizers"),
    ("AWS::Serverless::(MicrovmImage|WebFunction) (CodeUri|InlineCode).*", "C", ""),
    ("AWS::EC2::(Instance|LaunchTemplate) (LaunchTemplateData/)?(ImageId|SsmAssociations/.*)", "C", "what runs"),
    ("AWS::AutoScaling::LaunchConfiguration ImageId", "C", "what runs"),
    ("AWS::.* PubliclyAccessible", "G-", "it has a public address, and may without the property"),
    ("AWS::RDS::.* Enable(IAMDatabaseAuthentication|HttpEndpoint)", "G0", "principals can sign in to the database"),
    ("AWS::RDS::.* (MasterUser.*|Db.*Account.*)", "", "the database's own users"),
    ("AWS::SageMaker::NotebookInstance (RootAccess|DirectInternetAccess)", "G=Disabled", "what people can do on it"),
    ("AWS::SNS::Subscription .*", "", "a topic's policy says who may subscribe"),
    ("AWS::GuardDuty::.* .*(Role|Account|Member|Organization).*", "", "it looks for threats"),
    ("AWS::SecurityHub::.* .*(Account|Organization|Policy|Policies).*", "", "it collects findings"),
    ("AWS::CloudTrail::Trail .*(Organization).*", "", "it records what is called"),
    ("AWS::Config::.* .*(ExcludedAccounts|OrganizationConfigRuleName|OrganizationConformancePackName)", "", "which accounts a rule looks at"),
    ("AWS::Config::Organization.* OrganizationManagedRuleMetadata.*", "", "which accounts a rule looks at"),
    ("AWS::Backup::BackupVault AccessPolicy.*", "G", ""),
    ("AWS::Backup::.* (BackupPlan|BackupSelection|AdvancedBackupSettings).*IamRoleArn", "R", ""),
    ("AWS::CertificateManager::Certificate .*", "", "a name that is proved"),
]
ROLE = r".*Role(Arn|ARN)"
POLICIES = "|".join("""Lifecycle Scaling AutoScaling ManagedScaling Retention Redrive RedriveAllow Delivery Filter Cache OriginRequest
    ResponseHeaders ViewerProtocol OriginProtocol Protocol Tls TLS Ssl SSL TLSSecurity Security Password SignIn Termination
    Restart Update Deletion Routing Overflow Removal LoadBalancing DataProtection Index FieldIndex Recovery Throttle Compression
    Network Firewall Snapshot Backup Maintenance InstanceMaintenance HealthCheck Concurrency Eviction Merge Expiration Event
    Sampling Alarm Error Retry Timeout Reuse Rotation Upgrade Replication Batching Cors SuspendProcessing PlacementStrategy
    Reboot Instances Traffic Stickiness Sampler Masking OnFailure Tracing Continuous EncryptionKey Encryption""".split())
RULES = [
    # A name of a part of a path, with its class; the first part that has one decides.
    (rf"({POLICIES})Polic(y|ies)(Config(uration)?|Id|Name|Text|Enabled|Override)?", "", "a policy about something other than principals"),
    (r".*SecurityGroup.*|LogGroup.*|TargetGroup.*|.*SubnetGroup.*|.*ParameterGroup.*|.*OptionGroup.*", "", "groups of things"),
    (r".*(Polic(y|ies)(Documents?|Text|Statements?|Body|Arns?|Details)?|PolicyStore.*|PolicyStatement.*)", "G", "a policy"),
    (r"(.*Principal(s|Id|Ids|Type|Arn|Arns|OrgID)?|Grantee.*|.*Grants?|AuthorizedPrincipals)", "G", "a principal"),
    (r".*(Account(s|Id|Ids|ID|Number|Numbers)?|OrganizationArns?|OrganizationIds?|OrganizationalUnit(s|Id|Ids|Arns)?|OrgIds?)", "G", "accounts"),
    (r"(.*Public(ly)?Access.*|IsPublic.*|PublicAccess.*|.*Anonymous.*|.*Unauthenticated.*|.*PublicSharing.*|Visibility)", "G", "open to anybody"),
    (r"(.*Auth(Type|Mode|Modes|Enabled)?|.*Authori[sz](ation|er|ers|erId|ed).*|.*Authentication.*)", "G", "who is let in"),
    (r"(AccessControl.*|.*Acls?|.*ACLs?|ObjectOwnership|AccessLevel|AccessScope.*|AccessEntr.*|AccessType|AccessConfig.*|.*Permission.*)", "G", "who is let in"),
    (r"(Allow(External|Public|Unauth|CrossAccount|ClassicFlow|Third).*|CrossAccount.*|Shar(e|ed|ing)(d?With|Config.*|Status)?|.*SSMAccess|.*ExecuteCommand.*|RemoteAccess.*|.*ConsoleAccess.*)", "G", "a way in"),
    (r"(Trust.*|.*Trusts?|.*TrustedIdentity.*|.*Issuer(Url|URL|s)?|Audiences?|ClientIdList|Thumbprint.*|.*Federat.*|.*(Identity|Login)Providers?.*|OpenId.*|Oidc.*|OIDC.*|Saml.*|SAML.*)", "G", "what it trusts"),
    (r"(Users|UserNames?|Members?|Owners?|Admins?|Administrators?|Groups|KeyName|SshPublicKeys?|SSHKey.*|Ec2SshKey|.*PublicKey(s|Body)?)", "G", "who is let in"),
    (r"(.*Role(Arn|ARN|Name|Id|Ref)?s?|.*RoleArns|.*InstanceProfile.*|.*Credentials(Arn)?|CredentialsParameter)", "R", "what it runs as"),
    (r"(Code|.*BuildSpec|UserData|.*Definition(String|Body|s|S3Location)?|Environment(Variables|Properties)?|Command|EntryPoint|Image|ImageUri|Handler|Script.*|Layers|Content|Source(Code.*)?|Bootstrap.*|.*Commands|LifecycleConfig|Steps|Stages)", "C", "what runs"),
]


def resolved(schema, part, seen=()):
    while isinstance(part, dict) and "$ref" in part:
        name = part["$ref"]
        if name in seen:
            return None, seen
        seen += (name,)
        part = schema
        for word in name.lstrip("#/").split("/"):
            part = part.get(word, {}) if isinstance(part, dict) else {}
    return part, seen


def tree(schema):
    """The names below each property; None for what has any."""
    read_only = set(schema.get("readOnlyProperties", [])) - set(schema.get("createOnlyProperties", []))

    def below(part, seen):
        part, seen = resolved(schema, part, seen)
        if part is None:
            return None
        names = {}
        for name, own in (part.get("properties") or {}).items():
            names[name] = join(names.get(name, {}), below(own, seen))
        for own in (part.get("patternProperties") or {}).values():
            if below(own, seen) != {}:
                return None
            names = None
            return names
        parts = [part["items"]] if isinstance(part.get("items"), dict) else []
        for key in ("oneOf", "anyOf", "allOf"):
            parts += [own for own in part.get(key) or [] if set(own) - {"required"}]
        for own in parts:
            names = join(names, below(own, seen))
        types = part.get("type")
        is_free = "object" in (types if isinstance(types, list) else [types]) and not names
        return None if is_free else names

    def join(a, b):
        if a is None or b is None:
            return None
        names = dict(a)
        for name, own in b.items():
            names[name] = join(names.get(name, {}), own)
        return names

    trees = TREES.get(schema.get("typeName"), {})
    return {
        name: trees[name] if name in trees else below(own, ())
        for name, own in (schema.get("properties") or {}).items()
        if f"/properties/{name}" not in read_only
    }


@cache
def paths(kind):
    """The patterns of PATHS that may match a path of this type, by how they begin."""
    found = []
    for pattern, letter, reason in PATHS:
        literal = re.match(r"[\w:]*(?![\w:?*{])", pattern).group()
        if kind.startswith(literal.rstrip()):
            found.append((re.compile(pattern), letter, reason))
    return found


@cache
def whole(kind):
    for letter, reasons in WHOLE.items():
        for reason, types in reasons.items():
            if kind in types.split():
                return letter, reason
    return None


def class_of(kind, path):
    if path in (["Tags"], ["Description"]) or path[:1] == ["Tags"]:
        return "", "a tag counts if a policy looks at it"
    if found := whole(kind):
        return found
    text = f"{kind} {'/'.join(path)}"
    for pattern, letter, reason in paths(kind):
        if pattern.fullmatch(text):
            return letter, reason
    for name in path:
        for pattern, letter, reason in RULES:
            if re.fullmatch(pattern, name):
                # A part of what runs may have a role of its own, as an action of a pipeline has.
                if letter == "C" and re.fullmatch(ROLE, path[-1]):
                    return "R", ""
                return letter, reason
    return "", ""


def written(kind, names, path=()):
    out = []
    for name, below in sorted(names.items(), key=lambda item: (item[0] == "*", item[0])):
        own = [*path, name]
        letter, _ = class_of(kind, own)
        mark = f":{letter}" if letter else ""
        if below is None or kind in DRAWN:
            out.append(f"{name}*{mark}")
        elif below:
            out.append(f"{name}({written(kind, below, own)})")
        else:
            out.append(f"{name}{mark}")
    return ",".join(out)


def listed(kind, names, path=()):
    for name, below in sorted(names.items()):
        own = [*path, name]
        if below:
            yield from listed(kind, below, own)
        else:
            letter, reason = class_of(kind, own)
            yield f"{letter or '-':10} {'/'.join(own)}{'/*' if below is None else ''}  {reason}"


def main():
    cfn_lint, *types = sys.argv[1:]
    cfn_lint = Path(cfn_lint)
    version = re.search(r'__version__ = "(.*)"', (cfn_lint / "version.py").read_text()).group(1)
    schemas = {}
    for file in (cfn_lint / "data/schemas/resources").glob("*.json"):
        schema = json.loads(file.read_text())
        schemas[schema["typeName"]] = schema
    if types:
        for kind in types:
            print(f"# {kind}")
            print("\n".join(listed(kind, tree(schemas[kind]))))
        return
    unknown = {kind for reasons in WHOLE.values() for text in reasons.values() for kind in text.split()} - set(schemas)
    if unknown:
        sys.exit(f"no such types: {' '.join(sorted(unknown))}")
    lines = [f"2026-10-20 cfn-lint {version}"]
    lines += [f"{kind} {written(kind, tree(schemas[kind]))}" for kind in sorted(schemas)]
    text = "\n".join(lines) + "\n"
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    (HERE / "effects.z").write_bytes(packer.compress(text.encode()) + packer.flush())
    print(f"{len(schemas)} types, {len(text)} bytes")


if __name__ == "__main__":
    main()
