//! Services and actions that no region can limit.
//!
//! In: an action as a policy writes it. Out: whether AWS has one endpoint for it, whichever region
//! the caller works in. Its requests then say one region (`us-east-1` for most) in
//! `aws:RequestedRegion`, or any. Refuses nothing: an action that is not surely global is regional.
//!
//! Sources: "Denies access to AWS based on the requested Region" of the IAM User Guide, which names
//! the global services that such a condition must leave out; the service control policy of AWS
//! Control Tower for the same, for actions of S3; "Manage AWS STS in an AWS Region" of the IAM User
//! Guide. Read in November 2026. What S3 does to a bucket is regional: the bucket's region
//! authorizes it. So are AWS WAF and ACM: for CloudFront, they are called in `us-east-1`.

/// A service with one endpoint, and why a list of regions must leave it out.
#[derive(Clone, Copy, Debug)]
pub struct GlobalService {
    /// Its prefix in actions.
    pub prefix: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// The global services, by prefix.
pub const SERVICES: &[GlobalService] = &[
    of("account", "its endpoint is in us-east-1"),
    of("budgets", "its endpoint is in us-east-1"),
    of("ce", "Cost Explorer has one endpoint, in us-east-1"),
    of("chatbot", "its endpoint is in us-west-2"),
    of("cloudfront", "its endpoint is in us-east-1"),
    of("cloudfront-keyvaluestore", "its endpoint is global"),
    of("cur", "cost reports have one endpoint, in us-east-1"),
    of("ecr-public", "its endpoint is in us-east-1"),
    of("globalaccelerator", "its endpoint is in us-west-2"),
    of("health", "its endpoint is in us-east-1"),
    of("iam", "its endpoint is in us-east-1"),
    of("importexport", "its endpoint is global"),
    of("networkmanager", "its endpoint is in us-west-2"),
    of("organizations", "its endpoint is in us-east-1"),
    of("route53", "its endpoint is in us-east-1"),
    of(
        "route53-recovery-control-config",
        "its endpoint is in us-west-2",
    ),
    of("route53-recovery-readiness", "its endpoint is in us-west-2"),
    of("route53domains", "its endpoint is in us-east-1"),
    of("shield", "its endpoint is in us-east-1"),
    of("sts", "a session of a role is the same from any endpoint"),
    of("support", "its endpoint is in us-east-1"),
    of("trustedadvisor", "its endpoint is in us-east-1"),
    of("waf", "AWS WAF Classic for CloudFront has one endpoint"),
];

/// The region that calls to services with one endpoint are made to, in `aws:RequestedRegion` as well: "requests
/// are made to the us-east-1 Region" (IAM user guide, "Denies access to AWS based on the requested Region"). For other
/// partitions, those of IAM are known ("AWS Identity and Access Management endpoints and quotas" of the AWS General
/// Reference); where a service has its endpoint there is one of the regions that the pattern matches.
struct EndpointRegion {
    partition: &'static str,
    of_iam: Option<&'static str>,
    pattern: &'static str,
}

const ENDPOINT_REGIONS: &[EndpointRegion] = &[
    region("aws", Some("us-east-1"), "us-east-1"),
    region("aws-us-gov", Some("us-gov-west-1"), "us-gov-*"),
    region("aws-iso", None, "us-iso*"),
    region("aws-cn", Some("cn-north-1"), "cn-*"),
    region("aws-iso-e", None, "eu-iso*"),
    region("aws-eusc", None, "eusc-*"),
];

const fn region(
    partition: &'static str,
    of_iam: Option<&'static str>,
    pattern: &'static str,
) -> EndpointRegion {
    EndpointRegion {
        partition,
        of_iam,
        pattern,
    }
}

/// The region that calls to IAM are made to in a partition, if that is known.
pub(crate) fn iam_region(partition: &str) -> Option<&'static str> {
    let mut regions = ENDPOINT_REGIONS.iter();
    regions.find(|own| own.partition == partition)?.of_iam
}

/// Patterns of the regions that calls to services with one endpoint per partition are made to.
pub(crate) fn endpoint_regions() -> impl Iterator<Item = &'static str> {
    ENDPOINT_REGIONS.iter().map(|own| own.pattern)
}

/// Actions of S3 that are about the account and not about a bucket.
const S3_ACTIONS: &[&str] = &[
    "s3:CreateMultiRegionAccessPoint",
    "s3:DeleteMultiRegionAccessPoint",
    "s3:DescribeMultiRegionAccessPointOperation",
    "s3:GetAccountPublicAccessBlock",
    "s3:GetMultiRegionAccessPoint",
    "s3:ListAllMyBuckets",
    "s3:ListMultiRegionAccessPoints",
    "s3:PutAccountPublicAccessBlock",
];

const fn of(prefix: &'static str, reason: &'static str) -> GlobalService {
    GlobalService { prefix, reason }
}

/// Whether every action that this text of a policy covers is global.
pub fn is_global(action: &str) -> bool {
    let Some((prefix, _)) = action.split_once(':') else {
        return false;
    };
    let is_service = SERVICES
        .iter()
        .any(|service| service.prefix.eq_ignore_ascii_case(prefix));
    is_service
        || S3_ACTIONS
            .iter()
            .any(|global| global.eq_ignore_ascii_case(action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_regional_is() {
        for action in [
            "iam:*",
            "STS:AssumeRole",
            "cloudfront:Get*",
            "s3:ListAllMyBuckets",
        ] {
            assert!(is_global(action), "{action}");
        }
        for action in [
            "*",
            "i*:Get*",
            "iam*:Get",
            "s3:List*",
            "s3:GetBucketLocation",
            "wafv2:*",
        ] {
            assert!(!is_global(action), "{action}");
        }
    }

    #[test]
    fn the_services_are_in_order() {
        let prefixes = SERVICES.iter().map(|service| service.prefix);
        assert!(prefixes.is_sorted());
    }
}
