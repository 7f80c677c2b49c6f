//! What a target account gets: what its roles trust, and what must exist before them.
//!
//! In: the arguments of a target. Out: its plan. Refuses nothing.

use crate::arguments::{Arguments, Target, Trust, TrustShape};
use crate::expand::model::plan::{
    Execution, ProviderPlan, TargetPlan, ToolsPlan, ToolsPrincipal, TrustPlan, WaitsFor,
};
use crate::oidc::{Admission, OidcTrust};
use crate::roles::ToolsKind;
use crate::source::Spanned;

/// The plan of a target; the last argument is what the same account holds as Tools account.
pub(super) fn plan(
    arguments: &Arguments,
    target: &Target,
    beside: Option<&ToolsPlan>,
) -> TargetPlan {
    let trust = trust_plan(arguments, target);
    let mut providers: Vec<ProviderPlan> = Vec::new();
    for trust in oidc_trusts(&target.arguments.trusted_by).filter(|trust| trust.direct) {
        add_provider(&mut providers, trust);
    }
    add_audiences(&mut providers, &trust.admissions);
    let made_there = beside
        .map(|tools| tools.providers.as_slice())
        .unwrap_or_default();
    let mut after: Vec<String> = Vec::new();
    for provider in providers.iter().chain(made_there) {
        let trusted = trust
            .admissions
            .iter()
            .any(|admission| admission.issuer == provider.issuer);
        let id = provider.logical_id();
        if trusted && !after.contains(&id) {
            after.push(id);
        }
    }
    // An account has one provider per issuer.
    providers.retain(|provider| {
        !made_there
            .iter()
            .any(|there| there.issuer == provider.issuer)
    });
    let principals = beside
        .map(|tools| tools.principals.as_slice())
        .unwrap_or_default();
    TargetPlan {
        waits_for: waits_for(&trust, beside.is_some()),
        execution: Execution::of(&target.arguments.frameworks),
        arguments: target.arguments.clone(),
        trust,
        user_beside: principals
            .iter()
            .any(|principal| principal.kind == ToolsKind::GitHubActionsUser),
        beside: beside_names(principals),
        providers,
        after,
    }
}

fn beside_names(principals: &[ToolsPrincipal]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for principal in principals {
        let name = match &principal.kind {
            ToolsKind::Oidc(provider, Some(_)) => format!("{}-*", provider.role),
            ToolsKind::Oidc(provider, None) if !provider.is_always_guarded => {
                provider.role.to_owned()
            }
            // The guard always names these.
            _ => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

pub(super) fn oidc_trusts(trusts: &[Spanned<Trust>]) -> impl Iterator<Item = &OidcTrust> {
    trusts.iter().filter_map(|trust| match &trust.value {
        Trust::Oidc(oidc) => Some(oidc.as_ref()),
        _ => None,
    })
}

/// Adds the provider of `trust`, if the macro creates it.
pub(super) fn add_provider(providers: &mut Vec<ProviderPlan>, trust: &OidcTrust) {
    if !trust.create_provider {
        return;
    }
    let Admission {
        provider,
        issuer,
        audience,
        ..
    } = &trust.admission;
    let at = providers.iter().position(|known| known.issuer == *issuer);
    let at = at.unwrap_or_else(|| {
        providers.push(ProviderPlan {
            provider,
            issuer: issuer.clone(),
            audiences: Vec::new(),
        });
        providers.len() - 1
    });
    if let Some(known) = providers.get_mut(at)
        && !known.audiences.contains(audience)
    {
        known.audiences.push(audience.clone());
    }
}

/// A provider that the macro creates accepts the tokens of every trust, whichever of them creates
/// it.
pub(super) fn add_audiences(providers: &mut [ProviderPlan], admissions: &[Admission]) {
    for provider in providers {
        for admission in admissions {
            if admission.issuer == provider.issuer
                && !provider.audiences.contains(&admission.audience)
            {
                provider.audiences.push(admission.audience.clone());
            }
        }
    }
}

fn trust_plan(arguments: &Arguments, target: &Target) -> TrustPlan {
    let mut plan = TrustPlan {
        shape: arguments.trust_shape,
        tools_account: None,
        tools: Vec::new(),
        admissions: Vec::new(),
        existing: Vec::new(),
    };
    for trust in &target.arguments.trusted_by {
        match (&trust.value, tools_kind(&trust.value)) {
            (Trust::Principal(principal), _) => plan.existing.push(principal.value.clone()),
            (Trust::Oidc(oidc), None) => plan.admissions.push(oidc.admission.clone()),
            (_, Some(kind)) => {
                if !plan.tools.contains(&kind) {
                    plan.tools.push(kind);
                }
                plan.tools_account = arguments
                    .tools_account
                    .as_ref()
                    .map(|account| account.value.clone());
            }
            _ => {}
        }
    }
    plan.tools.sort_unstable();
    plan
}

pub(super) fn tools_kind(trust: &Trust) -> Option<ToolsKind> {
    match trust {
        Trust::GitHubUser => Some(ToolsKind::GitHubActionsUser),
        Trust::CodeBuild(_) => Some(ToolsKind::CodeBuildRole),
        Trust::Oidc(oidc) if !oidc.direct => {
            Some(ToolsKind::Oidc(oidc.admission.provider, oidc.stage.clone()))
        }
        Trust::Oidc(_) | Trust::Principal(_) => None,
    }
}

/// IAM refuses a trust policy whose principal does not exist yet; the account's root always
/// exists, so that the condition shape waits for nothing.
fn waits_for(trust: &TrustPlan, in_tools: bool) -> WaitsFor {
    match (&trust.tools_account, trust.shape) {
        (Some(_), TrustShape::Principal) if in_tools => WaitsFor::Resources(trust.tools.clone()),
        (Some(account), TrustShape::Principal) => WaitsFor::Account(account.clone()),
        _ => WaitsFor::Nothing,
    }
}
