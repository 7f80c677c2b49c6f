//! The roles of AWS's own that services create once per account.
//!
//! In: a resource type. Out: the values of `iam:AWSServiceName`, from the manuals of the services.
//! Refuses nothing: a service that is not listed has the name that most have.

/// Namespaces of resource types, with the services that own the roles.
const LINKED: &[(&str, &[&str])] = &[
    ("AWS::AmazonMQ::", &["mq.amazonaws.com"]),
    ("AWS::ApiGateway::", &["ops.apigateway.amazonaws.com"]),
    ("AWS::ApiGatewayV2::", &["ops.apigateway.amazonaws.com"]),
    (
        "AWS::ApplicationAutoScaling::",
        &["*.application-autoscaling.amazonaws.com"],
    ),
    (
        "AWS::Cassandra::",
        &["cassandra.application-autoscaling.amazonaws.com"],
    ),
    ("AWS::DocDB::", &["rds.amazonaws.com"]),
    (
        "AWS::DynamoDB::",
        &[
            "dynamodb.application-autoscaling.amazonaws.com",
            "kinesisreplication.dynamodb.amazonaws.com",
            "replication.dynamodb.amazonaws.com",
        ],
    ),
    (
        "AWS::EC2::",
        &[
            "ec2.amazonaws.com",
            "spot.amazonaws.com",
            "spotfleet.amazonaws.com",
            "transitgateway.amazonaws.com",
            "vpce.amazonaws.com",
        ],
    ),
    (
        "AWS::ElasticLoadBalancingV2::",
        &["elasticloadbalancing.amazonaws.com"],
    ),
    ("AWS::Elasticsearch::", &["es.amazonaws.com"]),
    ("AWS::EMR::", &["elasticmapreduce.amazonaws.com"]),
    ("AWS::Events::", &["apidestinations.events.amazonaws.com"]),
    ("AWS::Lex::", &["lex.amazonaws.com", "lexv2.amazonaws.com"]),
    ("AWS::MSK::", &["kafka.amazonaws.com"]),
    ("AWS::Neptune::", &["rds.amazonaws.com"]),
    (
        "AWS::OpenSearchServerless::",
        &["observability.aoss.amazonaws.com"],
    ),
    (
        "AWS::OpenSearchService::",
        &["es.amazonaws.com", "opensearchservice.amazonaws.com"],
    ),
];

/// The services whose own roles a resource of `type_name` may need, whose actions begin with
/// `prefix`.
pub(crate) fn linked_services(type_name: &str, prefix: &str) -> Vec<String> {
    let known = LINKED
        .iter()
        .find(|(namespace, _)| type_name.starts_with(namespace));
    match known {
        Some((_, services)) => services.iter().map(|one| (*one).to_owned()).collect(),
        None => vec![format!("{prefix}.amazonaws.com")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_roles_are_named_after_the_prefix() {
        assert_eq!(
            linked_services("AWS::ECS::Cluster", "ecs"),
            ["ecs.amazonaws.com"]
        );
        assert_eq!(
            linked_services("AWS::MSK::Cluster", "kafka"),
            ["kafka.amazonaws.com"]
        );
        assert_eq!(linked_services("AWS::Lex::Bot", "lex").len(), 2);
    }
}
