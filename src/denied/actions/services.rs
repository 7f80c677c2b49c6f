//! Names of services: which prefix their actions have.
//!
//! In: the name of a service, as an event, an SDK or a message has it. Out: the prefix of its
//! actions, as in the Service Authorization Reference. Refuses names that are not known.

use crate::aws::actions::reference;

/// Names whose prefix differs, in small letters and digits, without `amazon` and `aws`. From the
/// event sources of CloudTrail and the service ids of the SDKs.
const SERVICES: &[(&str, &str)] = &[
    ("acmpca", "acm-pca"),
    ("accessanalyzer", "access-analyzer"),
    ("amp", "aps"),
    ("apigatewayv2", "apigateway"),
    ("applicationautoscaling", "application-autoscaling"),
    ("cassandra", "cassandra"),
    ("certificatemanager", "acm"),
    ("cloudwatchevents", "events"),
    ("cloudwatchlogs", "logs"),
    ("codestarconnections", "codestar-connections"),
    ("cognitoidentity", "cognito-identity"),
    ("cognitoidentityprovider", "cognito-idp"),
    ("cognitoidp", "cognito-idp"),
    ("configservice", "config"),
    ("databasemigration", "dms"),
    ("docdb", "rds"),
    ("documentdb", "rds"),
    ("dynamodbv2", "dynamodb"),
    ("dynamodbstreams", "dynamodb"),
    ("ecrpublic", "ecr-public"),
    ("efs", "elasticfilesystem"),
    ("elasticcomputecloud", "ec2"),
    ("elasticcontainerregistry", "ecr"),
    ("elasticcontainerservice", "ecs"),
    ("elasticloadbalancingv2", "elasticloadbalancing"),
    ("elasticsearch", "es"),
    ("elasticsearchservice", "es"),
    ("elb", "elasticloadbalancing"),
    ("elbv2", "elasticloadbalancing"),
    ("email", "ses"),
    ("emr", "elasticmapreduce"),
    ("emrserverless", "emr-serverless"),
    ("eventbridge", "events"),
    ("eventbridgepipes", "pipes"),
    ("eventbridgescheduler", "scheduler"),
    ("identityandaccessmanagement", "iam"),
    ("identitymanagement", "iam"),
    ("iotdata", "iot"),
    ("iotdataplane", "iot"),
    ("keymanagement", "kms"),
    ("kinesisfirehose", "firehose"),
    ("lambdainternal", "lambda"),
    ("managedgrafana", "grafana"),
    ("meteringmarketplace", "aws-marketplace"),
    ("entitlementmarketplace", "aws-marketplace"),
    ("monitoring", "cloudwatch"),
    ("neptune", "rds"),
    ("opensearch", "es"),
    ("opensearchserverless", "aoss"),
    ("opensearchservice", "es"),
    ("pinpoint", "mobiletargeting"),
    ("prometheusservice", "aps"),
    ("rdsdata", "rds-data"),
    ("relationaldatabase", "rds"),
    ("resourcegroups", "resource-groups"),
    ("resourcegroupstagging", "tag"),
    ("resourcegroupstaggingapi", "tag"),
    ("s3control", "s3"),
    ("securitytoken", "sts"),
    ("sesv2", "ses"),
    ("sfn", "states"),
    ("simpleemail", "ses"),
    ("simplenotification", "sns"),
    ("simplequeue", "sqs"),
    ("simplestorage", "s3"),
    ("simplesystemsmanagement", "ssm"),
    ("ssoadmin", "sso"),
    ("stepfunctions", "states"),
    ("systemsmanager", "ssm"),
    ("tagging", "tag"),
    ("wafregional", "waf-regional"),
];

/// The prefix of the actions of a service: `logs` for `CloudWatch Logs`, `cloudwatch` for
/// `monitoring.amazonaws.com`.
pub(in crate::denied) fn prefix(name: &str) -> Option<String> {
    let name = name.trim();
    let host = name
        .split_once(".amazonaws.com")
        .map_or(name, |(host, _)| host);
    if host.is_empty() || host.len() > 64 {
        return None;
    }
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|c| c.to_ascii_lowercase()).collect()
    };
    let whole = letters(host);
    let bare = without(&whole);
    for name in [whole.as_str(), bare] {
        if let Some((_, prefix)) = SERVICES.iter().find(|(known, _)| *known == name) {
            return Some((*prefix).to_owned());
        }
    }
    let reference = reference();
    let lower = host.to_ascii_lowercase();
    let names = reference.names();
    let named = |wanted: &str| names.iter().find(|name| letters(name) == wanted);
    if names.contains(&lower.as_str()) {
        return Some(lower);
    }
    named(&whole)
        .or_else(|| named(bare))
        .map(|name| (*name).to_owned())
}

/// A name without `amazon` and `aws` before it, and without `service` after it.
fn without(name: &str) -> &str {
    let name = name.strip_prefix("amazon").unwrap_or(name);
    let name = name.strip_prefix("aws").unwrap_or(name);
    let name = name.strip_suffix("service").unwrap_or(name);
    name.strip_suffix("client").unwrap_or(name)
}

/// Prefixes whose service has another name as a principal.
const PRINCIPALS: &[(&str, &str)] = &[
    ("ecs", "ecs-tasks"),
    ("elasticmapreduce", "elasticmapreduce"),
    ("es", "opensearchservice"),
    ("rds", "monitoring.rds"),
    ("cognito-idp", "cognito-idp"),
    ("iam", "ec2"),
];

/// The value of `iam:PassedToService` if the service with these actions gets a role.
pub(in crate::denied) fn principal(prefix: &str) -> String {
    let known = PRINCIPALS.iter().find(|(known, _)| *known == prefix);
    let name = known.map_or(prefix, |(_, name)| name);
    format!("{name}.amazonaws.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_a_service() {
        let names = reference().names();
        for (name, prefix) in SERVICES {
            assert!(names.contains(prefix), "{name}: {prefix}");
        }
    }

    #[test]
    fn names_lead_to_prefixes() {
        for (name, found) in [
            ("monitoring.amazonaws.com", Some("cloudwatch")),
            ("AWSStepFunctions", Some("states")),
            ("AmazonIdentityManagement", Some("iam")),
            ("AWSCognitoIdentityProviderService", Some("cognito-idp")),
            ("AWSLambdaInternal", Some("lambda")),
            ("Amazon S3", Some("s3")),
            ("CloudWatch Logs", Some("logs")),
            ("cognito-idp.amazonaws.com", Some("cognito-idp")),
            ("DynamoDb", Some("dynamodb")),
            ("Pipes", Some("pipes")),
            ("events.amazonaws.com.cn", Some("events")),
            ("Ec2", Some("ec2")),
            ("nothing", None),
        ] {
            assert_eq!(prefix(name).as_deref(), found, "{name}");
        }
    }
}
