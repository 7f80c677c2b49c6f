//! What a service's ARNs need beyond the rules: prefixes and paths of names, names of AWS's own.
//!
//! In: a service and the shape of an ARN format. Out: the exception, if there is one. Refuses
//! nothing.

use crate::aws::handlers::ArnFormat;
use crate::infer::arns::format::APP;

/// The formats without access points and the like, if a bucket or an object will do: a template
/// that uses them names them with types of their own.
pub(crate) fn without_access_points<'a>(
    service: &str,
    formats: Vec<ArnFormat<'a>>,
) -> Vec<ArnFormat<'a>> {
    let is_bucket = |format: &&ArnFormat<'a>| matches!(format.kind, "bucket" | "object");
    if service != "s3" || !formats.iter().any(|format| is_bucket(&format)) {
        return formats;
    }
    formats.iter().filter(is_bucket).copied().collect()
}

/// The resources that are the app's, where a name is not simply the first thing that can be one.
pub(crate) fn exception(type_name: &str, service: &str, shape: &str) -> Option<Vec<String>> {
    // A log group belongs to the app if the app's prefix follows one of these, as in the services
    // `logs` and `states`.
    const LOG_GROUPS: [&str; 8] = [
        "/aws/lambda/",
        "/aws/http-api/",
        "/aws/api-gateway/",
        "/aws/apigateway/",
        "/aws/websocket/",
        "/aws/vendedlogs/",
        "/aws/vendedlogs/states/",
        "",
    ];
    match (service, shape) {
        ("logs", shape) if shape.starts_with("log-group:{}") => {
            let group = |prefix: &&str| format!("log-group:{prefix}{APP}");
            Some(LOG_GROUPS.iter().map(group).collect())
        }
        // Parameters form paths.
        ("ssm", "parameter/{}") => Some(vec![
            "parameter/{{appId}}".to_owned(),
            "parameter/{{appId}}/*".to_owned(),
        ]),
        // The group comes first, and is usually `default`.
        ("scheduler", "schedule/{}/{}") => Some(vec![format!("schedule/*/{APP}")]),
        // EventBridge keeps a connection's credentials in a secret named after it.
        ("secretsmanager", "secret:{}") if type_name == "AWS::Events::Connection" => {
            Some(vec![format!("secret:events!connection/{APP}")])
        }
        _ => None,
    }
}

/// Whether AWS has resources of this kind that are used where a template names none, such as
/// `default.postgres17`.
pub(crate) fn has_defaults(service: &str, shape: &str) -> bool {
    let kind = shape.split([':', '/']).next().unwrap_or_default();
    let is_group =
        kind.contains("group") || matches!(kind, "cluster-pg" | "og" | "pg" | "secgrp" | "subgrp");
    is_group
        && matches!(
            service,
            "dax" | "elasticache" | "memorydb" | "rds" | "redshift"
        )
}

/// Whether the key `aws:ResourceTag` works although the reference does not say so:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/abac.html>.
pub(crate) fn has_tags_after_all(service: &str, shape: &str) -> bool {
    (service, shape) == ("kms", "key/{}")
}
