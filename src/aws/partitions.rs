//! Regions, and the partitions that hold them.
//!
//! In: a region's name. Out: the name of its partition, as ARNs have it, and whether AWS had the
//! region when the list was made. Refuses nothing: what is not known is in `aws`.

/// A region's name, for example `eu-west-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(pub String);

/// The regions that AWS had in the middle of 2026, by name: those of the region table of cfn-lint
/// 1.58.0. There may be more by now.
pub const REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// The partition that holds a region.
pub fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("us-isob-") => "aws-iso-b",
        _ if region.starts_with("us-isof-") => "aws-iso-f",
        _ if region.starts_with("us-iso-") => "aws-iso",
        _ if region.starts_with("eu-isoe-") => "aws-iso-e",
        _ if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

/// Whether a partition of this name has a region.
pub(crate) fn is_partition(name: &str) -> bool {
    REGIONS.iter().any(|region| partition(region) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_partitions() {
        assert_eq!(partition("us-gov-west-1"), "aws-us-gov");
        assert_eq!(partition("cn-north-1"), "aws-cn");
        assert_eq!(partition("eu-west-1"), "aws");
    }

    #[test]
    fn the_regions_are_in_order() {
        assert!(REGIONS.is_sorted());
        let of_aws = REGIONS.iter().filter(|region| partition(region) == "aws");
        assert_eq!(of_aws.count(), 34);
    }
}
