//! Denials that no policy of the principal can change: who decides.
//!
//! In: a denial. Out: what to do, as a sentence. Refuses nothing.

use crate::denied::model::{Denial, DenialForm, DenialLayer};

/// Who decides about the layer of `denial`, unless it is the macro.
pub(super) fn decides(denial: &Denial) -> Option<&'static str> {
    Some(match denial.layer {
        DenialLayer::Boundary => {
            "the permissions boundary of the role does not allow it, so a grant does not help: whoever owns the boundary must allow it there"
        }
        DenialLayer::Scp => {
            "a service control policy of the organization decides: ask whoever manages the organization's policies"
        }
        DenialLayer::Rcp => {
            "a resource control policy of the organization decides: ask whoever manages the organization's policies"
        }
        DenialLayer::Session => {
            "the policy that was given with the session decides: look at who assumes the role, and at the policy it passes (for GitHub Actions, `inline-session-policy` and `managed-session-policies`)"
        }
        DenialLayer::VpcEndpoint => {
            "the policy of a VPC endpoint decides: ask whoever owns the network that CI runs in"
        }
        DenialLayer::Resource => {
            "the policy of the resource decides: its owner must allow this principal there, or the resource does not exist in this account and region"
        }
        DenialLayer::Trust => trust(denial),
        DenialLayer::Identity | DenialLayer::Unknown => return None,
    })
}

/// What decides who may assume a role.
fn trust(denial: &Denial) -> &'static str {
    let action = denial.action.as_deref().unwrap_or_default();
    if denial.form == DenialForm::Spoken {
        "CloudFormation cannot assume this role: it does not exist in the account, or its trust policy does not name `cloudformation.amazonaws.com`. `deploy-roles accounts` shows the execution role of each account: let the deployment pass that one"
    } else if action == "sts:AssumeRoleWithWebIdentity" {
        "the trust policy of the role does not accept the token, or there is no such role: compare the token's `sub` and `aud` with `TrustedBy` of the macro (repository, environment, and branch), and the role's name and account with `deploy-roles accounts`"
    } else {
        "the trust policy of the role does not name this principal: `TrustedBy` of the macro says who may assume it, and `deploy-roles graph` shows it"
    }
}
