//! The row about what belongs to others and is opened to others: E8.
//!
//! In: a principal. Out: the paths that are open for certain. Refuses nothing.

use crate::lint::escalation::calls::{PathCall, call, plain};
use crate::lint::escalation::examples::{Examples, regional};
use crate::lint::escalation::path::PathReach::Named;
use crate::lint::escalation::path::{ChainStep, EscalationPath, OPENINGS as ROW};
use crate::lint::escalation::rows::common::{BUCKETS, path};
use crate::lint::escalation::walker::{KeyValue, Walker};
use crate::template::symbol::Symbol;

const BUSES: Examples = regional("events", "event-bus/");
const FUNCTIONS: Examples = regional("lambda", "function:");
const GROUPS: Examples = regional("ec2", "security-group/");
const DATABASE_SNAPSHOTS: Examples = regional("rds", "snapshot:");
const CLUSTER_SNAPSHOTS: Examples = regional("rds", "cluster-snapshot:");
/// Images and snapshots belong to a region, and their ARNs have no account.
const IMAGES: Examples = Examples {
    account: "",
    ..regional("ec2", "image/")
};
const KEYS: Examples = regional("kms", "key/");
const LAYERS: Examples = Examples {
    end: ":1",
    ..regional("lambda", "layer:")
};
const POOLS: Examples = regional("cognito-idp", "userpool/");
const QUEUES: Examples = regional("sqs", "");
const REPOSITORIES: Examples = regional("ecr", "repository/");
const RULE_GROUPS: Examples = Examples {
    end: "/anything",
    ..regional("wafv2", "regional/rulegroup/")
};
const SECRETS: Examples = regional("secretsmanager", "secret:");
const SNAPSHOTS: Examples = Examples {
    account: "",
    ..regional("ec2", "snapshot/")
};
const STREAMS: Examples = regional("kinesis", "stream/");
const TABLES: Examples = regional("dynamodb", "table/");
const TOPICS: Examples = regional("sns", "");
const ZONES: Examples = Examples {
    service: "route53",
    region: "",
    account: "",
    word: "hostedzone/",
    end: "",
};

/// A URL that needs no signature.
const PUBLIC: &[KeyValue] = &[("lambda:functionurlauthtype", Some("NONE"))];

const OPENINGS: &[PathCall] = &[
    call("dynamodb:PutResourcePolicy", &TABLES),
    call("ec2:AuthorizeSecurityGroupIngress", &GROUPS),
    call("ec2:ModifyImageAttribute", &IMAGES),
    call("ec2:ModifySnapshotAttribute", &SNAPSHOTS),
    call("ecr:SetRepositoryPolicy", &REPOSITORIES),
    call("events:PutPermission", &BUSES),
    plain("events:PutPermission"),
    call("kinesis:PutResourcePolicy", &STREAMS),
    call("kms:CreateGrant", &KEYS),
    call("kms:PutKeyPolicy", &KEYS),
    call("lambda:AddLayerVersionPermission", &LAYERS),
    call("lambda:AddPermission", &FUNCTIONS),
    call("lambda:CreateFunctionUrlConfig", &FUNCTIONS).with(PUBLIC),
    plain("logs:PutResourcePolicy"),
    call("rds:ModifyDBClusterSnapshotAttribute", &CLUSTER_SNAPSHOTS),
    call("rds:ModifyDBSnapshotAttribute", &DATABASE_SNAPSHOTS),
    call("s3:PutBucketAcl", &BUCKETS),
    call("s3:PutBucketPolicy", &BUCKETS),
    call("secretsmanager:PutResourcePolicy", &SECRETS),
    call("sns:AddPermission", &TOPICS),
    call("sns:SetTopicAttributes", &TOPICS),
    call("sqs:AddPermission", &QUEUES),
    call("sqs:SetQueueAttributes", &QUEUES),
    call("wafv2:PutPermissionPolicy", &RULE_GROUPS),
];

/// What it takes over.
const TAKEN: &[PathCall] = &[
    call("cognito-idp:UpdateUserPool", &POOLS),
    call("route53:ChangeResourceRecordSets", &ZONES),
];

/// Whether there is such a resource: the name of a bucket has no slash, so a pattern of objects is about none.
fn is_possible(step: &ChainStep) -> bool {
    !step.action.starts_with("s3:") || !step.target.contains(&Symbol::Char('/'))
}

/// One path for all that it opens to others, and one for all that it takes over.
pub(super) fn all(walker: &Walker<'_>) -> Vec<EscalationPath> {
    let groups = [
        (OPENINGS, "it opens resources to other accounts"),
        (
            TAKEN,
            "it takes over what others sign in with, or their domains",
        ),
    ];
    let paths = groups.iter().filter_map(|(calls, words)| {
        let steps = calls.iter();
        let steps = steps.filter_map(|call| call.steps(walker).find(is_possible));
        let mut steps: Vec<ChainStep> = steps.collect();
        steps.dedup_by_key(|step| step.action);
        (!steps.is_empty()).then(|| path(ROW, Named, *words, steps))
    });
    paths.collect()
}
