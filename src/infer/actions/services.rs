//! Words that open the permissions of another service.
//!
//! In: the name of a service or a property. Out: tables, as plain data. Refuses nothing.

/// The words of properties that open a service's permissions for a type of another service. See
/// [`has_word`](super::words::has_word) for how they are compared.
const WORDS: &[(&str, &[&str])] = &[
    ("acm", &["certificate"]),
    ("acm-pca", &["certificateauthority"]),
    ("apigateway", &["api", "rest", "stage"]),
    ("application-autoscaling", &["autoscal", "scaling"]),
    ("autoscaling", &["autoscal", "scaling"]),
    ("cassandra", &["cassandra", "keyspace"]),
    ("cloudformation", &["stack", "transform", "macro", "nested"]),
    (
        "cloudfront",
        &["distribution", "edge", "cloudfront", "customdomain"],
    ),
    ("cloudwatch", &["alarm", "metric", "monitor", "cloudwatch"]),
    // An attribute: SAM's `DeploymentPreference` becomes it.
    ("codedeploy", &["codedeploy"]),
    ("codeconnections", &["=connectionarn"]),
    ("codestar-connections", &["=connectionarn"]),
    ("cognito-idp", &["cognito", "userpool"]),
    (
        "cognito-sync",
        &["cognitoevents", "pushsync", "cognitostreams"],
    ),
    ("dynamodb", &["dynamodb", "table"]),
    // `AwsvpcConfiguration` is one word for AWS.
    (
        "ec2",
        &[
            "vpc",
            "awsvpc",
            "subnet",
            "securitygroup",
            "networkinterface",
        ],
    ),
    ("ecr", &["image", "ecr", "container"]),
    ("elasticache", &["cache"]),
    ("elasticfilesystem", &["filesystem", "efs"]),
    ("elasticloadbalancing", &["loadbalancer", "targetgroup"]),
    ("es", &["elasticsearch", "opensearch"]),
    ("events", &["event", "schedule", "rule"]),
    ("execute-api", &["api"]),
    ("firehose", &["firehose", "deliverystream"]),
    ("glue", &["glue", "database", "table", "catalog", "schema"]),
    ("kafka", &["kafka", "msk", "amazonmanagedkafka"]),
    ("kafka-cluster", &["kafka", "msk", "amazonmanagedkafka"]),
    ("kinesis", &["kinesis"]),
    (
        "kms",
        &["kms", "encrypt", "masterkey", "cmk", "customermanagedkey"],
    ),
    ("lambda", &["lambda", "function"]),
    ("logs", &["log.", "logs.", "logging", "cloudwatchlog"]),
    ("mobiletargeting", &["pinpoint", "analytics"]),
    ("mq", &["broker", "mq"]),
    ("opensearch", &["opensearch"]),
    ("organizations", &["organization", "organisation"]),
    ("pipes", &["pipe"]),
    ("ram", &["ram.", "share"]),
    ("rds", &["rds", "database", "cluster"]),
    ("redshift", &["redshift"]),
    ("resource-groups", &["resourcequery", "group"]),
    ("route53", &["hostedzone", "dns", "route53"]),
    (
        "s3",
        // `Code` and `CodeUri`, but not `CodeSigningConfigArn`.
        &[
            "s3",
            "bucket",
            "definitionuri",
            "templateurl",
            "truststoreuri",
            "location",
            "=code",
            "codeuri",
        ],
    ),
    ("s3files", &["filesystem", "s3files"]),
    ("s3tables", &["metadatatable", "metadataconfig", "s3table"]),
    ("scheduler", &["schedule"]),
    (
        "secretsmanager",
        &["secret", "credential", "password", "auth"],
    ),
    (
        "servicediscovery",
        &[
            "serviceregistr",
            "cloudmap",
            "servicediscovery",
            "serviceconnect",
        ],
    ),
    ("ses", &["ses.", "email"]),
    ("signer", &["sign"]),
    ("sms-voice", &["sms"]),
    ("sns", &["sns", "topic", "notification"]),
    ("sqs", &["sqs", "queue", "deadletter", "dlq"]),
    ("ssm", &["ssm", "parameter"]),
    ("sso", &["sso", "identitycenter", "idc"]),
    ("states", &["statemachine", "stepfunction"]),
    ("vpc-lattice", &["lattice", "resourceconfiguration"]),
    ("wafv2", &["webacl", "waf"]),
    ("xray", &["xray", "tracing"]),
];

/// The words that open the permissions of `service`. None if only its name does.
pub(super) fn words_of(service: &str) -> Option<&'static [&'static str]> {
    WORDS
        .iter()
        .find(|(name, _)| *name == service)
        .map(|(_, words)| *words)
}

/// Whether a property of this name holds a role, a role's ARN, or what stands for one, so that
/// creating the resource passes the role on.
pub(super) fn is_role(property: &str) -> bool {
    const ENDINGS: [&str; 9] = [
        "role",
        "roles",
        "rolearn",
        "rolearns",
        "rolename",
        "roleid",
        "credentials",
        "credentialsarn",
        "role_arn",
    ];
    // Roles under other names.
    const NAMES: [&str; 6] = [
        "snscallerarn",
        "deliverlogspermissionarn",
        "iaminstanceprofile",
        "iaminstanceprofilearn",
        "instanceprofilename",
        "customiaminstanceprofile",
    ];
    let lower = property.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| lower.ends_with(ending)) || NAMES.contains(&lower.as_str())
}
