//! What the Tools account gets: the principals of CI, and the policies that let them assume deploy
//! roles.
//!
//! In: what the targets trust. Out: a plan of the Tools account. Refuses nothing.

use super::trust::{add_audiences, add_provider, tools_kind};
use crate::arguments::{Arguments, Trust};
use crate::expand::model::plan::{
    CrossAccountPolicy, ProviderPlan, Reach, ToolsPlan, ToolsPrincipal,
};
use crate::expand::model::selection::Selected;
use crate::expand::pack::cross_account::PolicyFrame;
use crate::oidc::Admission;
use crate::roles::ToolsKind;
use crate::source::Spanned;

/// The end of the cross-account policy's name.
const CROSS_ACCOUNT: &str = "GithubActionsCrossAccountPolicy";

/// What a principal of the Tools account may do, as gathered from the targets that trust it.
#[derive(Default)]
struct Gathered {
    accounts: Vec<Reach>,
    options: Vec<Spanned<String>>,
    admissions: Vec<Admission>,
}

/// What each principal of the Tools account must be given, in the order of the output, and the
/// providers to create.
type AllGathered = (Vec<(ToolsKind, Gathered)>, Vec<ProviderPlan>);

/// What the Tools account of a macro holds, if anything trusts it.
pub(super) fn plan(selected: &Selected) -> Option<ToolsPlan> {
    let arguments = &selected.arguments;
    let (gathered, providers) = gather(selected);
    let mut policies: Vec<CrossAccountPolicy> = Vec::new();
    let mut principals = Vec::new();
    let mut shared: Option<(Vec<Reach>, Vec<usize>)> = None;
    for (kind, gathered) in gathered {
        let own = matches!(kind, ToolsKind::Oidc(_, Some(_)));
        let indexes = match &shared {
            Some((same, indexes)) if !own && *same == gathered.accounts => indexes.clone(),
            _ => {
                let name = policy_name(&kind, shared.is_none());
                let first = policies.len();
                policies.extend(cross_account_policies(arguments, &name, &gathered.accounts));
                (first..policies.len()).collect()
            }
        };
        if !own {
            shared.get_or_insert((gathered.accounts, indexes.clone()));
        }
        principals.push(ToolsPrincipal {
            kind,
            options: gathered.options,
            admissions: gathered.admissions,
            policies: indexes,
        });
    }
    (!principals.is_empty()).then_some(ToolsPlan {
        principals,
        policies,
        providers,
        tags: arguments.tags.clone(),
    })
}

fn gather(selected: &Selected) -> AllGathered {
    let arguments = &selected.arguments;
    let mut gathered: Vec<(ToolsKind, Gathered)> = Vec::new();
    let mut providers: Vec<ProviderPlan> = Vec::new();
    // What a target trusts, once for all of its accounts.
    let trusts: Vec<Vec<(ToolsKind, &Trust)>> = arguments
        .targets
        .iter()
        .map(|target| kinds(&target.arguments.trusted_by))
        .collect();
    for selection in &selected.selections {
        let Some(target) = selection.target.of(arguments) else {
            continue;
        };
        let mut reached: Vec<&ToolsKind> = Vec::new();
        for (kind, trust) in trusts.get(selection.target.0).into_iter().flatten() {
            let at = gathered.iter().position(|(known, _)| known == kind);
            let at = at.unwrap_or_else(|| {
                gathered.push((kind.clone(), Gathered::default()));
                gathered.len() - 1
            });
            let Some((_, entry)) = gathered.get_mut(at) else {
                continue;
            };
            if !reached.contains(&kind) {
                reached.push(kind);
                entry.accounts.push(Reach {
                    account: selection.account.clone(),
                    test_role: target.arguments.test_role.is_some(),
                });
            }
            entry.add(trust);
            if let Trust::Oidc(oidc) = trust {
                add_provider(&mut providers, oidc);
            }
        }
    }
    for (_, entry) in &gathered {
        add_audiences(&mut providers, &entry.admissions);
    }
    // Stages stay in the order of the targets.
    gathered.sort_by_key(|(kind, _)| match kind {
        ToolsKind::GitHubActionsUser => (0, None),
        ToolsKind::CodeBuildRole => (1, None),
        ToolsKind::Oidc(provider, _) => (2, Some(*provider)),
    });
    (gathered, providers)
}

impl Gathered {
    /// Adds what `trust` says about the principal.
    fn add(&mut self, trust: &Trust) {
        match trust {
            Trust::CodeBuild(chosen) => {
                let new = chosen
                    .iter()
                    .filter(|option| !self.options.contains(option));
                let new: Vec<_> = new.cloned().collect();
                self.options.extend(new);
                self.options.sort_by(|a, b| a.value.cmp(&b.value));
            }
            Trust::Oidc(oidc) if !self.admissions.contains(&oidc.admission) => {
                self.admissions.push(oidc.admission.clone());
            }
            _ => {}
        }
    }
}

/// The principals of the Tools account that `trusts` need.
fn kinds(trusts: &[Spanned<Trust>]) -> Vec<(ToolsKind, &Trust)> {
    trusts
        .iter()
        .filter_map(|trust| Some((tools_kind(&trust.value)?, &trust.value)))
        .collect()
}

/// The name of a cross-account policy, before and after what tells its shards apart. The first
/// principal that all stages share has the plain one; others have their own if they reach other
/// accounts.
fn policy_name(kind: &ToolsKind, is_first: bool) -> (String, String) {
    let (word, stage) = match kind {
        ToolsKind::GitHubActionsUser => ("GithubActions", None),
        ToolsKind::CodeBuildRole => ("CodeBuild", None),
        ToolsKind::Oidc(provider, Some(stage)) => (provider.policies.stage, Some(stage)),
        ToolsKind::Oidc(provider, None) => (provider.policies.shared, None),
    };
    match stage {
        Some(stage) => (format!("{word}CrossAccountPolicy"), format!("-{stage}")),
        None if is_first => (CROSS_ACCOUNT.to_owned(), String::new()),
        None => (format!("{word}CrossAccountPolicy"), String::new()),
    }
}

fn cross_account_policies(
    arguments: &Arguments,
    (base, end): &(String, String),
    accounts: &[Reach],
) -> Vec<CrossAccountPolicy> {
    let frame = PolicyFrame {
        region: &arguments.region,
        app_id: &arguments.app_id.value,
        role_path: &arguments.path,
    };
    let (by, shards) = frame.policies(accounts);
    shards
        .into_iter()
        .map(|shard| CrossAccountPolicy {
            suffix: format!("{base}{}{end}", shard.name),
            accounts: shard.accounts,
            by,
        })
        .collect()
}
