//! Explicit denials: which statement it is, and who decides. No grant lifts a Deny.
//!
//! In: a denial. Out: the statement, if it is one of a partial, and what to do. Refuses nothing.

use crate::denied::advice::{DenialAdvice, DenialAdviser, OwnRequest, owner};
use crate::denied::model::{Denial, DenialLayer};
use crate::denied::statements::{PartialStatement, StatementSource};
use crate::denied::who::DeniedWho;

impl DenialAdviser {
    /// What to do about an explicit deny.
    pub(super) fn explicit(&self, denial: &Denial, advice: &mut DenialAdvice) {
        let is_identity = matches!(denial.layer, DenialLayer::Identity | DenialLayer::Unknown);
        let is_own = matches!(
            advice.who,
            DeniedWho::Execution(_) | DeniedWho::CdkExecution | DeniedWho::Deployer(_)
        );
        let is_own_boundary = denial.layer == DenialLayer::Boundary
            && denial
                .policy
                .as_deref()
                .is_some_and(|arn| arn.ends_with("-AppBoundary"));
        if !(is_identity && is_own || is_own_boundary) {
            foreign(denial, advice);
            return;
        }
        if let Some(found) = self.denying(denial, &advice.who, is_own_boundary) {
            let (place, keeps) = meaning(found);
            advice.steps.push(format!(
                "the statement `{}` of {place} denies it: {keeps}. No grant lifts a Deny",
                found.sid
            ));
            advice.statement = Some((found.sid.clone(), found.partial()));
            return;
        }
        if denial.sid.as_deref() == Some("DenyActions") {
            advice.steps.push(
                "the statement `DenyActions` is the macro's own: `Deny` of the target lists the action. Whoever wrote it there decides; no grant lifts it".to_owned(),
            );
            return;
        }
        advice.steps.push(
            "a statement that is not in a partial denies it: look at `Deny` of the target, `ExecutionPolicies` and `DeployerPolicies` of the macro, and at policies that somebody attached to the role. No grant lifts a Deny".to_owned(),
        );
    }

    /// The statement of a partial that denied it.
    fn denying(
        &self,
        denial: &Denial,
        who: &DeniedWho,
        is_boundary: bool,
    ) -> Option<&PartialStatement> {
        let request = OwnRequest::of(denial, self.app_id(who))?;
        let is_of_role = |statement: &&PartialStatement| match &statement.source {
            StatementSource::Service(_) => {
                matches!(who, DeniedWho::Execution(_) | DeniedWho::CdkExecution)
            }
            StatementSource::Framework(_) => matches!(who, DeniedWho::Deployer(_)),
            StatementSource::Always(name) => match name.as_str() {
                "boundary/app-boundary" => is_boundary,
                _ => !is_boundary && !matches!(who, DeniedWho::Deployer(_)),
            },
        };
        let mut denying = self
            .statements(who)
            .iter()
            .filter(|statement| statement.is_deny)
            .filter(is_of_role)
            .filter(|statement| denial.sid.as_ref().is_none_or(|sid| *sid == statement.sid))
            .filter(|statement| statement.is_about(&request.as_request()));
        denying.next()
    }
}

/// A Deny of somebody else.
fn foreign(denial: &Denial, advice: &mut DenialAdvice) {
    advice
        .steps
        .extend(owner::decides(denial).map(str::to_owned));
    if advice.steps.is_empty() {
        let whose = match advice.who {
            DeniedWho::AppRole => "the app's template, or whoever attached the policy, decides",
            _ => "whoever attached the policy to this principal decides",
        };
        advice
            .steps
            .push(format!("an explicit deny of a policy: {whose}"));
    }
    let policy = denial
        .policy
        .as_ref()
        .map(|arn| format!("the policy is `{arn}`"));
    advice.steps.extend(policy);
    advice.steps.push("no grant lifts a Deny".to_owned());
}

/// Where a Deny is, and what for.
fn meaning(statement: &PartialStatement) -> (String, &'static str) {
    match &statement.source {
        StatementSource::Service(name) => (
            format!("the service `{name}`"),
            "it limits what the app's stacks can do with this service",
        ),
        StatementSource::Framework(name) => (
            format!("the framework `{name}`"),
            "it keeps the stacks of the deploy roles out of reach; deploy those with OrgFormation",
        ),
        StatementSource::Always(name) if name.starts_with("boundary/") => (
            "the boundary of the app's roles".to_owned(),
            "roles of the app cannot administer identities, stacks, or the code of others",
        ),
        StatementSource::Always(_) => (
            "the guard".to_owned(),
            "the app's stacks cannot edit the deploy roles or their policies. Take the resource out of the app's template, or give it another name",
        ),
    }
}
