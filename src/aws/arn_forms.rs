//! What the names in ARNs consist of.
//!
//! In: a pattern of the data of actions. Out: how far its names reach, or the forms that its ARNs have;
//! `None` if they may have anything, as the keys of objects and the paths of roles. Refuses nothing.
//!
//! The hard part is to leave out what AWS allows in no name, and nothing else: a pattern of a policy with
//! `*` for the region matches across colons, and so would match a resource that cannot exist. The table is
//! written by hand after the patterns of names in the API references of the services, and after the ARNs in
//! the Service Authorization Reference. Services and tasks of ECS may still have ARNs without the cluster
//! (developer guide of Amazon ECS, "Amazon Resource Names (ARNs) and IDs"). Resources of EC2 have ids of letters, digits, and
//! hyphens (user guide of Amazon EC2, "Resource IDs"), apart from key pairs and placement groups. Snapshots and option
//! groups of RDS may have colons (`rds:`, `default:`). `%` stands for one name or path, here as in the data.

/// What the names in the ARNs of a pattern consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArnForms {
    /// They have neither colons nor slashes.
    Names,
    /// They have no colons.
    Paths,
    /// The ARNs have one of these forms, in which names have neither colons nor slashes.
    NamesIn(&'static [&'static str]),
    /// The ARNs have one of these forms, in which names have no colons.
    PathsIn(&'static [&'static str]),
    /// The ARNs have one of these forms.
    In(&'static [&'static str]),
}

/// What is known of the names in the ARNs of this pattern.
pub(crate) fn arn_forms(pattern: &str) -> Option<ArnForms> {
    let known = KNOWN.binary_search_by_key(&pattern, |(known, _)| known);
    let known = known.ok().and_then(|at| KNOWN.get(at));
    let has_id = || has_id_of_ec2(pattern).then_some(ArnForms::Paths);
    known.map(|(_, forms)| *forms).or_else(has_id)
}

/// Whether resources of this pattern are of EC2 and have an id for a name.
fn has_id_of_ec2(pattern: &str) -> bool {
    let resource = pattern.strip_prefix("arn:aws:ec2:");
    let resource = resource.and_then(|rest| rest.splitn(3, ':').nth(2));
    let kind = resource.and_then(|resource| resource.strip_suffix("/%"));
    kind.is_some_and(|kind| !["key-pair", "placement-group"].contains(&kind))
}

/// The forms that the ARNs of this pattern have, written as patterns of the data.
pub(crate) fn forms_of<'p>(pattern: &'p &'p str) -> &'p [&'p str] {
    match arn_forms(pattern) {
        Some(ArnForms::NamesIn(forms) | ArnForms::PathsIn(forms) | ArnForms::In(forms)) => forms,
        Some(ArnForms::Names | ArnForms::Paths) | None => std::slice::from_ref(pattern),
    }
}

/// By pattern, in the order of their bytes.
const KNOWN: &[(&str, ArnForms)] = &[
    // Of recovery points, those of EC2 have no account, and fewer fields than the reference says: they are
    // snapshots and images (developer guide of AWS Backup, "AWS Backup resource ARNs").
    (
        "arn:aws:%:$r:%:%:%",
        ArnForms::In(&["arn:aws:%:$r:$a:%", "arn:aws:%:$r::%"]),
    ),
    ("arn:aws:acm:$r:$a:certificate/%", ArnForms::Paths),
    ("arn:aws:appsync:$r:$a:apis/%", ArnForms::Paths),
    (
        "arn:aws:cloudformation:$r:$a:changeSet/%/%",
        ArnForms::Paths,
    ),
    ("arn:aws:cloudformation:$r:$a:stack/%/%", ArnForms::Paths),
    ("arn:aws:cloudformation:$r:$a:stackset/%:%", ArnForms::Paths),
    ("arn:aws:codebuild:$r:$a:project/%", ArnForms::Paths),
    (
        "arn:aws:cognito-identity:$r:$a:identitypool/%",
        ArnForms::PathsIn(&[
            "arn:aws:cognito-identity:$r:$a:identitypool/%",
            "arn:aws:cognito-identity:$r:$a:identitypool/%:%",
        ]),
    ),
    ("arn:aws:cognito-idp:$r:$a:userpool/%", ArnForms::Paths),
    ("arn:aws:dynamodb:$r:$a:table/%", ArnForms::Names),
    ("arn:aws:dynamodb:$r:$a:table/%/backup/%", ArnForms::Names),
    ("arn:aws:dynamodb:$r:$a:table/%/export/%", ArnForms::Names),
    ("arn:aws:dynamodb:$r:$a:table/%/import/%", ArnForms::Names),
    ("arn:aws:dynamodb:$r:$a:table/%/index/%", ArnForms::Names),
    (
        "arn:aws:dynamodb:$r:$a:table/%/stream/%",
        ArnForms::NamesIn(&[
            "arn:aws:dynamodb:$r:$a:table/%/stream/%",
            "arn:aws:dynamodb:$r:$a:table/%/stream/%:%:%",
        ]),
    ),
    ("arn:aws:dynamodb::$a:global-table/%", ArnForms::Names),
    ("arn:aws:ecr:$r:$a:repository/%", ArnForms::Paths),
    ("arn:aws:ecs:$r:$a:cluster/%", ArnForms::Paths),
    (
        "arn:aws:ecs:$r:$a:container-instance/%/%",
        ArnForms::PathsIn(&[
            "arn:aws:ecs:$r:$a:container-instance/%/%",
            "arn:aws:ecs:$r:$a:container-instance/%",
        ]),
    ),
    (
        "arn:aws:ecs:$r:$a:service/%/%",
        ArnForms::PathsIn(&[
            "arn:aws:ecs:$r:$a:service/%/%",
            "arn:aws:ecs:$r:$a:service/%",
        ]),
    ),
    ("arn:aws:ecs:$r:$a:task-definition/%:%", ArnForms::Paths),
    (
        "arn:aws:ecs:$r:$a:task/%/%",
        ArnForms::PathsIn(&["arn:aws:ecs:$r:$a:task/%/%", "arn:aws:ecs:$r:$a:task/%"]),
    ),
    (
        "arn:aws:elasticfilesystem:$r:$a:access-point/%",
        ArnForms::Paths,
    ),
    (
        "arn:aws:elasticfilesystem:$r:$a:file-system/%",
        ArnForms::Paths,
    ),
    (
        "arn:aws:elasticloadbalancing:$r:$a:listener-rule/app/%/%/%/%",
        ArnForms::Paths,
    ),
    (
        "arn:aws:elasticloadbalancing:$r:$a:listener-rule/net/%/%/%/%",
        ArnForms::Paths,
    ),
    (
        "arn:aws:elasticloadbalancing:$r:$a:listener/app/%/%/%",
        ArnForms::Paths,
    ),
    (
        "arn:aws:elasticloadbalancing:$r:$a:listener/gwy/%/%/%",
        ArnForms::Paths,
    ),
    (
        "arn:aws:elasticloadbalancing:$r:$a:listener/net/%/%/%",
        ArnForms::Paths,
    ),
    (
        "arn:aws:elasticloadbalancing:$r:$a:loadbalancer/%",
        ArnForms::Paths,
    ),
    (
        "arn:aws:elasticloadbalancing:$r:$a:loadbalancer/app/%/%",
        ArnForms::Paths,
    ),
    (
        "arn:aws:elasticloadbalancing:$r:$a:loadbalancer/gwy/%/%",
        ArnForms::Paths,
    ),
    (
        "arn:aws:elasticloadbalancing:$r:$a:loadbalancer/net/%/%",
        ArnForms::Paths,
    ),
    (
        "arn:aws:elasticloadbalancing:$r:$a:targetgroup/%/%",
        ArnForms::Paths,
    ),
    ("arn:aws:events:$r:$a:api-destination/%", ArnForms::Paths),
    ("arn:aws:events:$r:$a:archive/%", ArnForms::Paths),
    ("arn:aws:events:$r:$a:connection/%", ArnForms::Paths),
    ("arn:aws:events:$r:$a:endpoint/%", ArnForms::Paths),
    ("arn:aws:events:$r:$a:event-bus/%", ArnForms::Paths),
    ("arn:aws:events:$r:$a:replay/%", ArnForms::Paths),
    ("arn:aws:events:$r:$a:rule/%", ArnForms::Paths),
    ("arn:aws:events:$r:$a:rule/%/%", ArnForms::Paths),
    ("arn:aws:firehose:$r:$a:deliverystream/%", ArnForms::Paths),
    ("arn:aws:kinesis:$r:$a:%/%/consumer/%:%", ArnForms::Paths),
    ("arn:aws:kinesis:$r:$a:stream/%", ArnForms::Paths),
    ("arn:aws:kms:$r:$a:key/%", ArnForms::Paths),
    (
        "arn:aws:lambda:$r:$a:code-signing-config:%",
        ArnForms::Names,
    ),
    (
        "arn:aws:lambda:$r:$a:event-source-mapping:%",
        ArnForms::Names,
    ),
    (
        "arn:aws:lambda:$r:$a:function:%",
        ArnForms::NamesIn(&[
            "arn:aws:lambda:$r:$a:function:%",
            "arn:aws:lambda:$r:$a:function:%:%",
        ]),
    ),
    ("arn:aws:lambda:$r:$a:function:%:%", ArnForms::Names),
    (
        "arn:aws:lambda:$r:$a:function:%:%/durable-execution/%/%",
        ArnForms::Names,
    ),
    (
        "arn:aws:lambda:$r:$a:layer:%",
        ArnForms::NamesIn(&[
            "arn:aws:lambda:$r:$a:layer:%",
            "arn:aws:lambda:$r:$a:layer:%:%",
        ]),
    ),
    ("arn:aws:lambda:$r:$a:layer:%:%", ArnForms::Names),
    (
        "arn:aws:logs:$r:$a:log-group:%",
        ArnForms::PathsIn(&[
            "arn:aws:logs:$r:$a:log-group:%",
            "arn:aws:logs:$r:$a:log-group:%:%",
            "arn:aws:logs:$r:$a:log-group:%:",
            "arn:aws:logs:$r:$a:log-group:%:log-stream:",
            "arn:aws:logs:$r:$a:log-group:%:log-stream:%",
        ]),
    ),
    (
        "arn:aws:logs:$r:$a:log-group:%:log-stream:%",
        ArnForms::PathsIn(&["arn:aws:logs:$r:$a:log-group:%:log-stream:%"]),
    ),
    ("arn:aws:pipes:$r:$a:pipe/%", ArnForms::Paths),
    ("arn:aws:rds:$r:$a:cluster-pg:%", ArnForms::Paths),
    (
        "arn:aws:rds:$r:$a:cluster-snapshot:%",
        ArnForms::PathsIn(&[
            "arn:aws:rds:$r:$a:cluster-snapshot:%",
            "arn:aws:rds:$r:$a:cluster-snapshot:%:%",
        ]),
    ),
    ("arn:aws:rds:$r:$a:cluster:%", ArnForms::Paths),
    ("arn:aws:rds:$r:$a:db-proxy:%", ArnForms::Paths),
    ("arn:aws:rds:$r:$a:db:%", ArnForms::Paths),
    (
        "arn:aws:rds:$r:$a:og:%",
        ArnForms::PathsIn(&["arn:aws:rds:$r:$a:og:%", "arn:aws:rds:$r:$a:og:%:%"]),
    ),
    ("arn:aws:rds:$r:$a:pg:%", ArnForms::Paths),
    (
        "arn:aws:rds:$r:$a:snapshot:%",
        ArnForms::PathsIn(&[
            "arn:aws:rds:$r:$a:snapshot:%",
            "arn:aws:rds:$r:$a:snapshot:%:%",
        ]),
    ),
    ("arn:aws:rds:$r:$a:subgrp:%", ArnForms::Paths),
    (
        "arn:aws:s3-object-lambda:$r:$a:accesspoint/%",
        ArnForms::Names,
    ),
    ("arn:aws:s3:$r:$a:accesspoint/%", ArnForms::Names),
    ("arn:aws:s3:$r:$a:job/%", ArnForms::Names),
    ("arn:aws:s3:$r:$a:storage-lens/%", ArnForms::Names),
    ("arn:aws:s3::$a:accesspoint/%", ArnForms::Names),
    ("arn:aws:s3:::%", ArnForms::Names),
    ("arn:aws:s3express:$r:$a:accesspoint/%", ArnForms::Names),
    ("arn:aws:s3express:$r:$a:bucket/%", ArnForms::Names),
    ("arn:aws:scheduler:$r:$a:schedule-group/%", ArnForms::Paths),
    ("arn:aws:scheduler:$r:$a:schedule/%/%", ArnForms::Paths),
    ("arn:aws:secretsmanager:$r:$a:secret:%", ArnForms::Paths),
    (
        "arn:aws:sns:$r:$a:%",
        ArnForms::PathsIn(&["arn:aws:sns:$r:$a:%", "arn:aws:sns:$r:$a:%:%"]),
    ),
    ("arn:aws:sqs:$r:$a:%", ArnForms::Names),
    (
        "arn:aws:ssm:$r:$a:parameter/%",
        ArnForms::PathsIn(&[
            "arn:aws:ssm:$r:$a:parameter/%",
            "arn:aws:ssm:$r:$a:parameter/%:%",
        ]),
    ),
    ("arn:aws:states:$r:$a:activity:%", ArnForms::Paths),
    ("arn:aws:states:$r:$a:execution:%:%", ArnForms::Paths),
    ("arn:aws:states:$r:$a:express:%:%:%", ArnForms::Paths),
    ("arn:aws:states:$r:$a:mapRun:%/%:%", ArnForms::Paths),
    (
        "arn:aws:states:$r:$a:stateMachine:%",
        ArnForms::PathsIn(&[
            "arn:aws:states:$r:$a:stateMachine:%",
            "arn:aws:states:$r:$a:stateMachine:%:%",
        ]),
    ),
    ("arn:aws:wafv2:$r:$a:%/ipset/%/%", ArnForms::Paths),
    ("arn:aws:wafv2:$r:$a:%/regexpatternset/%/%", ArnForms::Paths),
    ("arn:aws:wafv2:$r:$a:%/rulegroup/%/%", ArnForms::Paths),
    ("arn:aws:wafv2:$r:$a:%/webacl/%/%", ArnForms::Paths),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::actions::reference;

    #[test]
    fn every_pattern_is_one_of_the_data() {
        let reference = reference();
        let names = reference.names();
        let services = names.iter().filter_map(|name| reference.service(name));
        let patterns: Vec<&str> = services.flat_map(|service| service.patterns).collect();
        for (pattern, _) in KNOWN {
            assert!(patterns.contains(pattern), "{pattern}");
            assert!(arn_forms(pattern).is_some(), "{pattern} is out of order");
        }
    }
}
