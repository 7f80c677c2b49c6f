//! Of which services somebody may use resources because of what a resource type says.
//!
//! In: the name of a type. Out: a [`GrantReach`]. It is a closed world: a type that is not known here may be
//! about any service. Refuses nothing.
//!
//! Which properties of a type may let somebody do more is in [`effects`](crate::aws::effects).

use crate::aws::actions::reference;

/// The services whose actions the properties of a type may allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GrantReach {
    /// None that a principal of the file calls as itself.
    Nothing,
    /// These.
    Services(Vec<&'static str>),
    /// Any.
    Everything,
}

/// How the names begin of types that let no principal call AWS who could not.
const OF_NO_CALLS: &[&str] = &[
    // Principals and their policies are read, or make the whole file uncertain.
    "AWS::IAM::",
    "Community::IAM::",
    "AWS::CloudFormation::",
    "AWS::Serverless::",
    // Keys for SSH, networks, and accounts that may connect to these: no call of EC2 is allowed by a resource.
    "AWS::EC2::",
    "AWS::AutoScaling::",
    // Who may use an application over a network.
    "AWS::AppMesh::",
    "AWS::ElasticLoadBalancing::",
    "AWS::ElasticLoadBalancingV2::",
    "Alexa::ASK::",
];

/// The services of types whose name does not say it, or not all, by the second part of that name.
const SERVICES: &[(&str, &[&str])] = &[
    ("ACMPCA", &["acm-pca"]),
    ("AccessAnalyzer", &["access-analyzer"]),
    ("AgentRegistry", &["agent-registry"]),
    ("AmazonMQ", &["mq"]),
    ("ApiGateway", &["apigateway", "execute-api"]),
    ("ApiGatewayV2", &["apigateway", "execute-api"]),
    ("AppIntegrations", &["app-integrations"]),
    ("ApplicationSignals", &["application-signals"]),
    ("Backup", &["backup", "backup-storage"]),
    ("BedrockAgentCore", &["bedrock-agentcore"]),
    ("CertificateManager", &["acm"]),
    ("CleanRoomsML", &["cleanrooms-ml"]),
    ("CloudTrail", &["cloudtrail", "cloudtrail-data"]),
    ("CodeGuruProfiler", &["codeguru-profiler"]),
    ("CodeGuruReviewer", &["codeguru-reviewer"]),
    (
        "Cognito",
        &["cognito-identity", "cognito-idp", "cognito-sync"],
    ),
    ("ComputeOptimizer", &["compute-optimizer"]),
    ("CustomerProfiles", &["profile"]),
    ("DevOpsAgent", &["aidevops"]),
    ("DocDBElastic", &["docdb-elastic"]),
    ("ECR", &["ecr", "ecr-public"]),
    ("EFS", &["elasticfilesystem"]),
    ("EKS", &["eks", "eks-auth"]),
    ("EMR", &["elasticmapreduce"]),
    ("EMRContainers", &["emr-containers"]),
    ("Elasticsearch", &["es", "opensearch"]),
    ("EventSchemas", &["schemas"]),
    ("EventsV2", &["events"]),
    ("Glue", &["glue", "lakeformation"]),
    ("GreengrassV2", &["greengrass"]),
    ("InspectorV2", &["inspector2"]),
    ("IoT", &["iot", "iotjobsdata"]),
    ("IoTCoreDeviceAdvisor", &["iotdeviceadvisor"]),
    ("KinesisFirehose", &["firehose"]),
    ("LakeFormation", &["glue", "lakeformation", "s3"]),
    ("LicenseManager", &["license-manager"]),
    (
        "LicenseManagerUserSubscriptions",
        &["license-manager-user-subscriptions"],
    ),
    ("Location", &["geo", "geo-maps", "geo-places", "geo-routes"]),
    ("MSK", &["kafka", "kafka-cluster"]),
    ("MWAA", &["airflow"]),
    ("Macie", &["macie2"]),
    ("MediaPackage", &["mediapackage", "mediapackage-vod"]),
    ("Neptune", &["neptune-db", "rds"]),
    ("NeptuneGraph", &["neptune-graph"]),
    ("NetworkSecurityManager", &["network-security-manager"]),
    ("OpenSearchServerless", &["aoss"]),
    ("OpenSearchService", &["es", "opensearch"]),
    ("PCAConnectorAD", &["pca-connector-ad"]),
    ("PaymentCryptography", &["payment-cryptography"]),
    ("Pinpoint", &["mobiletargeting"]),
    ("RDS", &["rds", "rds-data", "rds-db"]),
    ("Redshift", &["redshift", "redshift-data"]),
    (
        "RedshiftServerless",
        &["redshift", "redshift-data", "redshift-serverless"],
    ),
    ("ResilienceHubV2", &["resiliencehub"]),
    ("S3ObjectLambda", &["s3", "s3-object-lambda"]),
    ("S3Outposts", &["s3", "s3-outposts"]),
    ("SMSVOICE", &["sms-voice"]),
    ("SSM", &["ssm", "ssmmessages"]),
    ("SSMIncidents", &["ssm-incidents"]),
    ("SSO", &["identitystore", "sso", "sso-directory"]),
    ("Timestream", &["timestream", "timestream-influxdb"]),
    ("VpcLattice", &["vpc-lattice", "vpc-lattice-svcs"]),
    ("WorkSpacesWeb", &["workspaces-web"]),
    ("WorkspacesInstances", &["workspaces-instances"]),
];

/// Of which services somebody may use resources because of a resource of the type `kind`.
pub(crate) fn reach_of(kind: &str) -> GrantReach {
    if OF_NO_CALLS.iter().any(|prefix| kind.starts_with(prefix)) {
        return GrantReach::Nothing;
    }
    let Some(own) = kind.split("::").nth(1) else {
        return GrantReach::Everything;
    };
    let at = SERVICES.binary_search_by(|(name, _)| (*name).cmp(own));
    if let Some((_, services)) = at.ok().and_then(|at| SERVICES.get(at)) {
        return GrantReach::Services(services.to_vec());
    }
    match reference().name_of(&own.to_ascii_lowercase()) {
        Some(service) => GrantReach::Services(vec![service]),
        None => GrantReach::Everything,
    }
}

impl GrantReach {
    /// Whether actions of a service that `is_asked` are among them.
    pub(crate) fn meets(&self, is_asked: impl Fn(&str) -> bool) -> bool {
        match self {
            GrantReach::Nothing => false,
            GrantReach::Services(services) => services.iter().any(|service| is_asked(service)),
            GrantReach::Everything => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::effects::effects;
    use crate::aws::resource_policies::HOLDERS;

    /// Types of which nobody knows which service they are of, and one that sets up any.
    const OF_ANY: &[&str] = &[
        "AWS::AccountAccess::Entitlement",
        "AWS::GammaDilithium::JobDefinition",
        "AWS::SSMQuickSetup::ConfigurationManager",
    ];

    #[test]
    fn the_services_of_every_type_that_may_let_somebody_do_more_are_known() {
        assert!(SERVICES.is_sorted_by_key(|(name, _)| *name));
        let mut number = 0;
        let mut unknown: Vec<&str> = Vec::new();
        for (kind, _) in effects().granting() {
            number += 1;
            match reach_of(kind) {
                GrantReach::Nothing => {}
                GrantReach::Services(services) => {
                    assert!(!services.is_empty(), "{kind}");
                    for service in services {
                        assert!(reference().service(service).is_some(), "{kind} {service}");
                    }
                }
                GrantReach::Everything => unknown.push(kind),
            }
        }
        assert_eq!(unknown, OF_ANY);
        assert!(number > 550, "{number}");
    }

    #[test]
    fn every_service_that_a_holder_decides_about_is_among_those_of_its_type() {
        for holder in HOLDERS {
            let reach = reach_of(holder.kind);
            for service in holder.services {
                assert!(
                    reach.meets(|own| own == *service),
                    "{} {service}",
                    holder.kind
                );
            }
        }
    }
}
