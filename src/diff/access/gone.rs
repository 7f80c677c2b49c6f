//! What it means for access that a value of a resource is gone.
//!
//! In: a value that is in the old side only, with its path. Out: whether what it leaves is more. Where the
//! resource stays, the default of the property counts now, which is known to be less only for what names
//! who else may use it. Refuses nothing.

use crate::aws::managed::managed_policies;
use crate::template::value::Data;

/// What stays of what had the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stay {
    /// Nothing: the resource is gone, or is new.
    Gone,
    /// The resource, in other accounts.
    Elsewhere,
    /// The resource in its place, and the property.
    Same,
    /// The resource in its place, without the property: its default counts now.
    Default,
}

impl Stay {
    /// Whether the resource is still in its place.
    pub(super) fn is_in_place(self) -> bool {
        matches!(self, Stay::Same | Stay::Default)
    }
}

/// Whether a type denies or blocks something, whatever its properties say.
pub(super) fn is_limit(kind: &str) -> bool {
    LIMITS.contains(&kind)
}

/// Whether what is at `path` says who else may use a resource.
pub(super) fn is_additive(path: &[&str]) -> bool {
    path.iter().any(|name| ADDITIVE.contains(name))
}

/// What a value that is gone leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// Nothing more.
    Nothing,
    /// What it may have denied.
    Denied,
    /// What its default, or fewer limits, may give.
    Opens,
}

/// What the `old` value at `path` of a resource of this `kind` leaves.
pub(super) fn effect(kind: &str, old: Option<&Data>, path: &[&str], stay: Stay) -> Gone {
    if is_limit(kind) {
        return Gone::Denied;
    }
    let has = |words: &[&str]| {
        let mut names = path.iter().filter(|name| !name.starts_with(OAUTH));
        names.any(|name| words.iter().any(|word| name.contains(word)))
    };
    let is_in_place = stay.is_in_place();
    // What is left of an assignment is not decided.
    let opens = kind.starts_with(SSO)
        || has(&["Boundary"])
        || is_in_place && (has(DENYING) || FIREWALLS.iter().any(|own| kind.starts_with(own)))
        || stay == Stay::Default && !is_additive(path);
    // SAM's lists have policies of the function's own role, by name.
    let is_listed = kind.starts_with("AWS::Serverless::") && path == ["Policies"];
    let is_policy = || match old {
        Some(data) if is_listed => may_deny(data),
        data => data
            .and_then(Data::text)
            .is_some_and(|text| text.starts_with("arn:")),
    };
    if stay != Stay::Gone && opens {
        Gone::Opens
    } else if path.is_empty()
        || old.is_some_and(|data| data.is_intrinsic() && !is_name(data))
        || is_in_place && has(&["Policies", "PolicyArns"]) && is_policy()
    {
        Gone::Denied
    } else {
        Gone::Nothing
    }
}

/// Words in the names of properties that keep somebody out, so that one item less may let them in.
const DENYING: &[&str] = &[
    "Auth",
    "Black",
    "Block",
    "Den",
    "Exclu",
    "Jwt",
    "OptionSettings",
    "Trusted",
];

/// How the names of lists begin that say what tokens allow.
const OAUTH: &str = "AllowedOAuth";

/// Types, by how they begin, that list what is let in or what is kept out: another type or property says which.
const FIREWALLS: &[&str] = &[
    "AWS::FMS::Policy",
    "AWS::NetworkFirewall::",
    "AWS::Route53GlobalResolver::FirewallDomainList",
    "AWS::Route53Resolver::FirewallDomainList",
    "AWS::WAF::",
    "AWS::WAFRegional::",
    "AWS::WAFv2::IPSet",
    "AWS::WAFv2::RegexPatternSet",
];

/// Lists that limit by what is in them, so that one item more keeps out more.
const KEEPING_OUT: &[&str] = &[
    "Actions",
    "ApprovalGroups",
    "AssociatedTemplateAndRuleList",
    "AutoVerifiedAttributes",
    "AutomatedReasoningPolicyConfig",
    "BlockedIPRangeList",
    "ContentPolicyConfig",
    "ContextualGroundingPolicyConfig",
    "DataProtections",
    "FirewallRules",
    "FunctionAssociations",
    "HierarchyRestrictedResources",
    "IncludedModels",
    "InlineRedactionPatterns",
    "InterceptorConfigurations",
    "InvalidUserList",
    "LambdaFunctionAssociations",
    "RecoveryPointSelection",
    "RedactedFields",
    "ResourceTypeList",
    "Resources",
    "RevocationContents",
    "Rules",
    "SensitiveInformationPolicyConfig",
    "TagRestrictedResources",
    "TopicPolicyConfig",
    "WordPolicyConfig",
];

/// Whether one item more in the list at `path`, which limits, may let in more.
pub(super) fn lets_in_by_item(path: &[&str]) -> bool {
    !path.iter().any(|name| KEEPING_OUT.contains(name))
}

/// Properties that say who else may use a resource, so that without them only its own account does.
const ADDITIVE: &[&str] = &[
    "AccountId",
    "AccountIds",
    "Accounts",
    "AllowedPrincipals",
    "AwsAccountIds",
    "Grants",
    "Ingress",
    "LaunchPermissions",
    "Members",
    "Permissions",
    "Principal",
    "Principals",
    "SecurityGroupEgress",
    "SecurityGroupIngress",
    "SharedAccounts",
    "SourceSecurityGroupOwnerId",
    "Users",
    "sourceQueueArns",
];

/// The types that say who may use what of IAM Identity Center.
const SSO: &str = "AWS::SSO::";

/// Types that deny or block something, whatever their properties say.
const LIMITS: &[&str] = &[
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::RoutingRule",
    "AWS::Backup::LegalHold",
    "AWS::Bedrock::EnforcedGuardrailConfiguration",
    "AWS::Bedrock::Guardrail",
    "AWS::BedrockAgentCore::GatewayRule",
    "AWS::BedrockAgentCore::Policy",
    "AWS::Cognito::UserPoolRiskConfigurationAttachment",
    "AWS::ControlTower::EnabledControl",
    "AWS::EC2::NetworkAclEntry",
    "AWS::EC2::SnapshotBlockPublicAccess",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::EC2::VPCBlockPublicAccessOptions",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::TrustStoreRevocation",
    "AWS::EntityResolution::PolicyStatement",
    "AWS::FMS::Policy",
    "AWS::NetworkSecurityManager::Deployment",
    "AWS::NetworkSecurityManager::Policy",
    "AWS::NetworkSecurityManager::Rule",
    "AWS::NetworkSecurityManager::Template",
    "AWS::Organizations::Policy",
    "AWS::PCAConnectorAD::TemplateGroupAccessControlEntry",
    "AWS::QuickSight::ApprovalPolicy",
    "AWS::RAM::SourceAssociation",
    "AWS::RolesAnywhere::CRL",
    "AWS::Route53GlobalResolver::FirewallRule",
    "AWS::Route53Profiles::ProfileAssociation",
    "AWS::Route53Profiles::ProfileResourceAssociation",
    "AWS::Route53RecoveryControl::SafetyRule",
    "AWS::Route53Resolver::FirewallRuleGroupAssociation",
    "AWS::SES::ReceiptFilter",
    "AWS::SSM::ServiceSetting",
    "AWS::ServiceCatalog::LaunchTemplateConstraint",
    "AWS::VerifiedPermissions::Policy",
    "AWS::VpcLattice::Rule",
    "AWS::WAFRegional::WebACLAssociation",
    "AWS::WAFv2::WebACLAssociation",
    "AWS::Wisdom::AIGuardrail",
    "Community::IAM::ManagedPolicyStatement",
    "Community::Organizations::Policy",
];

/// Whether a policy of this name may deny something: one of AWS that is known and only allows does not.
fn may_deny(policy: &Data) -> bool {
    let name = policy.text().and_then(|text| text.rsplit('/').next());
    let is_of_others = policy
        .text()
        .is_some_and(|text| text.starts_with("arn:") && !text.contains(":iam::aws:policy/"));
    let document = name.filter(|_| !is_of_others).and_then(|name| {
        let folders = ["", "service-role/", "job-function/", "aws-service-role/"];
        folders.iter().find_map(|folder| {
            managed_policies().document(&format!("arn:aws:iam::aws:policy/{folder}{name}"))
        })
    });
    document.is_none_or(|document| document.contains("\"Deny\""))
}

/// Whether a group with these `properties` may deny something to its users. They may be in another file, and be
/// allowed it without the group.
pub(super) fn may_deny_users(properties: &Data) -> bool {
    let items = |name: &str| listed(properties.get(name));
    let is_allowing = |policy: &Data| {
        let document = policy.get("PolicyDocument");
        let statements = document.and_then(|document| document.get("Statement"));
        let allows = |one: &Data| one.get("Effect").and_then(Data::text) == Some("Allow");
        statements.is_some() && listed(statements).iter().all(allows)
    };
    !items("Policies").iter().all(is_allowing) || items("ManagedPolicyArns").iter().any(may_deny)
}

/// The items of a list, or the one value that stands for it.
fn listed(list: Option<&Data>) -> &[Data] {
    let given = list.filter(|list| **list != Data::Null);
    given.map(Data::items).unwrap_or_default()
}

/// Whether a value is the name of something, by reference.
fn is_name(data: &Data) -> bool {
    data.reference().is_some() || data.get("Fn::GetAtt").is_some() || data.get("Fn::Sub").is_some()
}
