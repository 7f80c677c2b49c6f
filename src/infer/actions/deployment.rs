//! What deployments call although no handler of the type lists it.
//!
//! In: a resource and its words. Out: [`Extra`]s, from the manuals of the services and from
//! deployments that were refused. Plain data; refuses nothing.

use crate::aws::handlers::Handler;

use Handler::{Create, Delete, Read, Update};

/// Actions that a resource needs in addition to those of its handlers.
pub(super) struct Extra {
    /// The type.
    pub(super) type_name: &'static str,
    /// The words of properties that open them; see [`has_word`](super::words::has_word).
    pub(super) words: &'static [&'static str],
    /// The actions.
    pub(super) actions: &'static [&'static str],
    /// What calls them.
    pub(super) handlers: &'static [Handler],
    /// Why, as what follows "needed".
    pub(super) why: &'static str,
}

/// Delivering logs changes the deliveries of the account, and the policy that allows them.
pub(super) const LOG_DELIVERY: &[&str] = &[
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
];

pub(super) const EXTRAS: &[Extra] = &[
    // Lambda reads the image with the role of whoever creates the function, and lets itself in.
    Extra {
        type_name: "AWS::Lambda::Function",
        words: &["=imageuri"],
        actions: &[
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
            "ecr:GetRepositoryPolicy",
            "ecr:SetRepositoryPolicy",
        ],
        handlers: &[Create, Update],
        why: "to use a container image",
    },
    Extra {
        type_name: "AWS::ApiGatewayV2::Stage",
        words: &["accesslogsettings"],
        actions: LOG_DELIVERY,
        handlers: &[Create, Update, Delete],
        why: "to deliver access logs",
    },
    Extra {
        type_name: "AWS::SecretsManager::Secret",
        words: &["kms"],
        actions: &[
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
        ],
        handlers: &[Create, Update, Read],
        why: "to encrypt the secret with a key",
    },
    // The published handlers of domains say little.
    Extra {
        type_name: "AWS::OpenSearchService::Domain",
        words: &["vpcoptions"],
        actions: &[
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
        handlers: &[Create, Update],
        why: "to place a domain in a VPC",
    },
    Extra {
        type_name: "AWS::OpenSearchService::Domain",
        words: &["kms"],
        actions: &["kms:CreateGrant", "kms:DescribeKey"],
        handlers: &[Create],
        why: "to encrypt a domain with a key",
    },
    Extra {
        type_name: "AWS::OpenSearchService::Domain",
        words: &["rolearn"],
        actions: &["iam:PassRole"],
        handlers: &[Create, Update],
        why: "to let a domain use Cognito",
    },
    // CloudFormation reads the template of a nested stack with the role of its parent.
    Extra {
        type_name: "AWS::CloudFormation::Stack",
        words: &["templateurl"],
        actions: &["s3:GetObject"],
        handlers: &[Create, Update],
        why: "to read the template of a nested stack",
    },
    Extra {
        type_name: "AWS::CloudFormation::Stack",
        words: &["templateurl"],
        actions: &["cloudformation:CancelUpdateStack"],
        handlers: &[Update],
        why: "to roll back a nested stack",
    },
];

/// Why a nested stack needs [`TRANSFORM_ACTION`].
pub(super) const TRANSFORM: &str = "to run the transform of a nested stack";
/// What a transform in a nested stack needs.
pub(super) const TRANSFORM_ACTION: &str = "cloudformation:CreateChangeSet";
