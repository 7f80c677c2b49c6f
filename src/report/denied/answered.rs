//! A denial with its advice, and what lookalikes mean. Refuses nothing.

use crate::denied::advice::DenialAdvice;
use crate::denied::model::{Denial, DenialLookalike, LookalikeKind};

/// A denial with its advice.
#[derive(Clone, Debug)]
pub struct AnsweredDenial {
    /// The denial.
    pub denial: Denial,
    /// What to do about it.
    pub advice: DenialAdvice,
}

/// What a lookalike is, and who decides.
pub(super) fn meaning(lookalike: &DenialLookalike) -> &'static str {
    match lookalike.kind {
        LookalikeKind::Account => {
            "AWS must verify the account or activate the service first: ask AWS Support; no permission helps"
        }
        LookalikeKind::AppRole => {
            "a role of the app lacks a permission, or does not trust the service that uses it: change the app's template"
        }
        LookalikeKind::AppPolicy => {
            "the policy of a resource that the app uses does not let in the service: add an `AWS::Lambda::Permission`, or a policy of the queue, topic, or key, and let what needs it depend on it (`DependsOn`)"
        }
        LookalikeKind::CrossAccountRole => {
            "the deployment passes a role of another account, which no policy can allow: pass one of the account that the stack is in. `deploy-roles accounts` shows the execution role of each account"
        }
        LookalikeKind::LogRole => {
            "API Gateway has no role for its logs in this account and region: an `AWS::ApiGateway::Account` sets it once for all apps"
        }
        LookalikeKind::Credentials => {
            "the credentials are missing, wrong, or expired: no permission helps"
        }
        LookalikeKind::Provider => {
            "the account has no such OIDC provider: the macro creates it with `Provider: create`"
        }
        LookalikeKind::Unrecognized => {
            "CloudFormation calls it a denial, but the words are not known: read the message itself"
        }
    }
}
