//! Arguments and selected accounts to a plan.
//!
//! In: the arguments and selections of every macro of a template. Out: one [`MacroPlan`] each,
//! with equal bodies folded. Refuses names that would clash, `AppIds` of which one is the other's
//! prefix, and accounts that would wait for each other.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::arguments::rules::NAME_CLASH;
use crate::arguments::{Arguments, Layout, Trust, TrustShape};
use crate::aws::quotas::MANAGED_POLICY_LIMIT;
use crate::diagnostic::{Diagnostic, Result};
use crate::expand::model::call::MacroCall;
use crate::expand::model::plan::{
    BodyPlan, CrossAccountPolicy, Execution, Group, MacroPlan, ProviderPlan, Reach, TargetPlan,
    ToolsPlan, ToolsPrincipal, TrustPlan, WaitsFor,
};
use crate::expand::model::selection::Selection;
use crate::expand::pack::cross_account::{self, shards};
use crate::expand::rules::{APP_ID_PREFIX, CIRCULAR_DEPENDENCY};
use crate::oidc::{Admission, OidcTrust};
use crate::roles::ToolsKind;
use crate::source::Spanned;

/// The end of the cross-account policy's name.
const CROSS_ACCOUNT: &str = "GithubActionsCrossAccountPolicy";

/// A macro with all that was found out about it.
pub struct Resolved<'run> {
    /// The call.
    pub call: &'run MacroCall,
    /// Its arguments.
    pub arguments: &'run Arguments,
    /// The accounts of its targets.
    pub selections: &'run [Selection],
}

/// The plans of all macros of one template.
///
/// # Errors
///
/// `app-id-prefix`, `name-clash`, `circular-dependency`.
pub fn resolve(macros: &[Resolved<'_>]) -> Result<Vec<MacroPlan>> {
    let mut problems = Vec::new();
    prefixes(macros, &mut problems);
    name_clashes(macros, &mut problems);
    provider_clashes(macros, &mut problems);
    circles(macros, &mut problems);
    if problems.is_empty() {
        Ok(macros.iter().map(plan).collect())
    } else {
        Err(problems)
    }
}

fn plan(resolved: &Resolved<'_>) -> MacroPlan {
    let arguments = resolved.arguments;
    let mut bodies: Vec<BodyPlan> = Vec::new();
    let mut groups = Vec::new();
    let tools = tools_plan(resolved);
    if let (Some(tools), Some(account)) = (&tools, &arguments.tools_account) {
        bodies.push(BodyPlan::Tools(tools.clone()));
        groups.push(Group {
            body: 0,
            account: account.value.clone(),
            stage: None,
        });
    }
    // Which body a target has, away from the Tools account and in it.
    let mut known: HashMap<(usize, bool), usize> = HashMap::new();
    for selection in resolved.selections {
        let Some(target) = arguments.targets.get(selection.target) else {
            continue;
        };
        let in_tools = arguments
            .tools_account
            .as_ref()
            .is_some_and(|tools| tools.value == selection.account);
        let body = *known
            .entry((selection.target, in_tools))
            .or_insert_with(|| {
                let beside = tools.as_ref().filter(|_| in_tools);
                let body = BodyPlan::Target(Box::new(target_plan(arguments, target, beside)));
                bodies
                    .iter()
                    .position(|known| *known == body)
                    .unwrap_or_else(|| {
                        bodies.push(body);
                        bodies.len() - 1
                    })
            });
        groups.push(Group {
            body,
            account: selection.account.clone(),
            stage: Some(target.stage.value.clone()),
        });
    }
    let bindings = match arguments.layout {
        Layout::PerAccount => None,
        Layout::PerBinding => Some(crate::expand::layout::bindings(arguments, &groups)),
    };
    MacroPlan {
        name: resolved.call.name.clone(),
        name_span: resolved.call.name_span,
        app_id: arguments.app_id.clone(),
        region: arguments.region.clone(),
        role_path: arguments.path.clone(),
        bodies,
        groups,
        bindings,
    }
}

/// The plan of a target; `beside` is what the same account holds as Tools account.
fn target_plan(
    arguments: &Arguments,
    target: &crate::arguments::Target,
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
    // An account has one provider of an issuer.
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

fn oidc_trusts(trusts: &[Spanned<Trust>]) -> impl Iterator<Item = &OidcTrust> {
    trusts.iter().filter_map(|trust| match &trust.value {
        Trust::Oidc(oidc) => Some(oidc.as_ref()),
        _ => None,
    })
}

/// Notes that `trust` wants its provider made, if it does.
fn add_provider(providers: &mut Vec<ProviderPlan>, trust: &OidcTrust) {
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

/// A provider that the macro makes takes the tokens of every trust, whichever of them makes it.
fn add_audiences(providers: &mut [ProviderPlan], admissions: &[Admission]) {
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

fn trust_plan(arguments: &Arguments, target: &crate::arguments::Target) -> TrustPlan {
    let mut plan = TrustPlan {
        shape: arguments.trust_shape,
        tools_account: None,
        tools: Vec::new(),
        admissions: Vec::new(),
        existing: Vec::new(),
    };
    for trust in &target.arguments.trusted_by {
        match (&trust.value, tools_kind(&trust.value)) {
            (Trust::Principal(principal), _) => plan.existing.push(principal.clone()),
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

fn tools_kind(trust: &Trust) -> Option<ToolsKind> {
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

/// What a principal of the Tools account may do, as gathered from the targets that trust it.
#[derive(Default)]
struct Gathered {
    accounts: Vec<Reach>,
    options: Vec<Spanned<String>>,
    admissions: Vec<Admission>,
}

fn tools_plan(resolved: &Resolved<'_>) -> Option<ToolsPlan> {
    let arguments = resolved.arguments;
    let mut gathered: Vec<(&ToolsKind, Gathered)> = Vec::new();
    let mut providers: Vec<ProviderPlan> = Vec::new();
    // What a target trusts, once for all of its accounts.
    let trusts: Vec<Vec<(ToolsKind, &Trust)>> = arguments
        .targets
        .iter()
        .map(|target| kinds(&target.arguments.trusted_by))
        .collect();
    for selection in resolved.selections {
        let Some(target) = arguments.targets.get(selection.target) else {
            continue;
        };
        let mut reached: Vec<&ToolsKind> = Vec::new();
        for (kind, trust) in trusts.get(selection.target).into_iter().flatten() {
            let at = gathered.iter().position(|(known, _)| *known == kind);
            let at = at.unwrap_or_else(|| {
                gathered.push((kind, Gathered::default()));
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
            match trust {
                Trust::CodeBuild(chosen) => {
                    let new = chosen
                        .iter()
                        .filter(|option| !entry.options.contains(option));
                    let new: Vec<_> = new.cloned().collect();
                    entry.options.extend(new);
                    entry.options.sort_by(|a, b| a.value.cmp(&b.value));
                }
                Trust::Oidc(oidc) => {
                    add_provider(&mut providers, oidc);
                    if !entry.admissions.contains(&oidc.admission) {
                        entry.admissions.push(oidc.admission.clone());
                    }
                }
                _ => {}
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
    let mut policies: Vec<CrossAccountPolicy> = Vec::new();
    let mut principals = Vec::new();
    let mut shared: Option<(Vec<Reach>, Vec<usize>)> = None;
    for (kind, gathered) in gathered {
        let own = matches!(kind, ToolsKind::Oidc(_, Some(_)));
        let indexes = match &shared {
            Some((same, indexes)) if !own && *same == gathered.accounts => indexes.clone(),
            _ => {
                let name = policy_name(kind, shared.is_none());
                let first = policies.len();
                policies.extend(cross_account_policies(arguments, &name, &gathered.accounts));
                (first..policies.len()).collect()
            }
        };
        if !own {
            shared.get_or_insert((gathered.accounts, indexes.clone()));
        }
        principals.push(ToolsPrincipal {
            kind: kind.clone(),
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

/// The principals of the Tools account that `trusts` need.
fn kinds(trusts: &[Spanned<Trust>]) -> Vec<(ToolsKind, &Trust)> {
    trusts
        .iter()
        .filter_map(|trust| Some((tools_kind(&trust.value)?, &trust.value)))
        .collect()
}

/// The name of a cross-account policy, before and behind what tells its shards apart. The first
/// principal that all stages share has the plain one; others have their own where they reach other
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
    let fits = |accounts: &[Reach]| {
        let (region, app_id) = (&arguments.region, &arguments.app_id.value);
        cross_account::size(region, app_id, &arguments.path, accounts) <= MANAGED_POLICY_LIMIT
    };
    shards(accounts, &fits)
        .into_iter()
        .map(|shard| CrossAccountPolicy {
            suffix: format!("{base}{}{end}", shard.name),
            accounts: shard.accounts,
        })
        .collect()
}

/// Deploy roles may change what is named after their app: no `AppId`, and no path of deploy
/// roles, may begin so. To IAM a `*` in `role/shop-*` stands for slashes, too.
fn prefixes(macros: &[Resolved<'_>], problems: &mut Vec<Diagnostic>) {
    let mut seen: HashSet<(&str, &str)> = HashSet::new();
    for long in macros {
        for short in macros {
            let (a, b) = (&long.arguments.app_id, &short.arguments.app_id);
            let begins = |text: &str| {
                let rest = text.strip_prefix(b.value.as_str());
                rest.is_some_and(|rest| rest.starts_with('-'))
            };
            let path = &long.arguments.path;
            let what = if begins(&a.value) {
                format!("the AppId `{}`", a.value)
            } else if a.value != b.value && begins(path.trim_start_matches('/')) {
                format!("the path `{path}` of the deploy roles of `{}`", a.value)
            } else {
                continue;
            };
            if seen.insert((&a.value, &b.value)) {
                problems.push(
                    Diagnostic::new(&APP_ID_PREFIX, a.span, format!("{what} begins with the AppId `{}` and a dash", b.value))
                        .related(b.span, "the other AppId")
                        .help(format!("the deploy roles of `{}` may change everything named `{}-*`, this app's roles and data too: rename one", b.value, b.value)),
                );
            }
        }
    }
}

fn name_clashes(macros: &[Resolved<'_>], problems: &mut Vec<Diagnostic>) {
    let mut apps: HashMap<&str, Vec<&Resolved<'_>>> = HashMap::new();
    for resolved in macros {
        let app = resolved.arguments.app_id.value.as_str();
        let others = apps.entry(app).or_default();
        for other in others.iter() {
            let theirs: HashSet<&str> = held_accounts(other);
            if let Some(account) = held_accounts_in_order(resolved)
                .into_iter()
                .find(|account| theirs.contains(account))
            {
                problems.push(
                    Diagnostic::new(
                        &NAME_CLASH,
                        resolved.arguments.app_id.span,
                        format!("the macros `{}` and `{}` both make `{app}-...` roles in the account `{account}`", other.call.name, resolved.call.name),
                    )
                    .related(other.arguments.app_id.span, "the same AppId")
                    .help("give one another AppId, or let one macro have all targets"),
                );
                break;
            }
        }
        others.push(resolved);
    }
}

/// An account has one OIDC provider of an issuer, so that one macro alone can make it.
fn provider_clashes(macros: &[Resolved<'_>], problems: &mut Vec<Diagnostic>) {
    let mut made: HashMap<(&str, &str), &Resolved<'_>> = HashMap::new();
    for resolved in macros {
        let mut told = false;
        for selection in resolved.selections {
            let target = resolved.arguments.targets.get(selection.target);
            let trusts = target.map(|target| target.arguments.trusted_by.as_slice());
            for trust in
                oidc_trusts(trusts.unwrap_or_default()).filter(|trust| trust.create_provider)
            {
                let tools = resolved.arguments.tools_account.as_ref();
                let account = match tools {
                    Some(tools) if !trust.direct => tools.value.as_str(),
                    _ => selection.account.as_str(),
                };
                let issuer = trust.admission.issuer.as_str();
                let other = *made.entry((account, issuer)).or_insert(resolved);
                if std::ptr::eq(other, resolved) || told {
                    continue;
                }
                told = true;
                problems.push(
                    Diagnostic::new(
                        &NAME_CLASH,
                        trust.span,
                        format!("the macros `{}` and `{}` both make the OIDC provider `{issuer}` in the account `{account}`, which can have one", other.call.name, resolved.call.name),
                    )
                    .related(other.call.name_span, "the other macro")
                    .help("let one of them say `Provider: create`, and the other leave it out"),
                );
            }
        }
    }
}

/// The accounts that hold something named after the macro's app.
fn held_accounts_in_order<'a>(resolved: &'a Resolved<'_>) -> Vec<&'a str> {
    let makes_tools = resolved.arguments.targets.iter().any(|target| {
        target
            .arguments
            .trusted_by
            .iter()
            .any(|trust| trust.value.needs_tools_account())
    });
    let tools = resolved
        .arguments
        .tools_account
        .as_ref()
        .filter(|_| makes_tools);
    resolved
        .selections
        .iter()
        .map(|selection| selection.account.as_str())
        .chain(tools.map(|account| account.value.as_str()))
        .collect()
}

fn held_accounts<'a>(resolved: &'a Resolved<'_>) -> HashSet<&'a str> {
    held_accounts_in_order(resolved).into_iter().collect()
}

/// `DependsOnAccount` makes every stack of an account wait for every stack of the other
/// (`src/cfn-binder/cfn-binder.ts`), so that only accounts matter, and of these only Tools
/// accounts can close a circle.
fn circles(macros: &[Resolved<'_>], problems: &mut Vec<Diagnostic>) {
    let waiting: Vec<(&Resolved<'_>, &str)> = macros
        .iter()
        .filter(|resolved| resolved.arguments.trust_shape == TrustShape::Principal)
        .filter_map(|resolved| {
            Some((
                resolved,
                resolved.arguments.tools_account.as_ref()?.value.as_str(),
            ))
        })
        .collect();
    let tools: HashSet<&str> = waiting.iter().map(|(_, account)| *account).collect();
    // account -> (the account it waits for, the macro that makes it wait)
    let mut edges: BTreeMap<&str, Vec<(&str, &Resolved<'_>)>> = BTreeMap::new();
    for (resolved, waits_for) in &waiting {
        for selection in resolved.selections {
            let needs = resolved
                .arguments
                .targets
                .get(selection.target)
                .is_some_and(|target| {
                    target
                        .arguments
                        .trusted_by
                        .iter()
                        .any(|trust| trust.value.needs_tools_account())
                });
            let account = selection.account.as_str();
            if needs && account != *waits_for && tools.contains(account) {
                edges
                    .entry(account)
                    .or_default()
                    .push((waits_for, resolved));
            }
        }
    }
    for start in edges.keys() {
        if let Some(path) = circle_from(start, &edges) {
            // Report a circle once, at its smallest account.
            if path.iter().any(|(account, _)| account < start) {
                continue;
            }
            let Some((_, first)) = path.first() else {
                continue;
            };
            let accounts: Vec<&str> = std::iter::once(*start)
                .chain(path.iter().map(|(account, _)| *account))
                .collect();
            let mut problem = Diagnostic::new(
                &CIRCULAR_DEPENDENCY,
                first.call.name_span,
                format!("accounts would wait for each other: {}", accounts.join(" -> ")),
            )
            .help("a role waits for the account of the principal that it trusts: use one Tools account for these macros, or `TrustShape: condition`, which waits for nothing");
            for (_, resolved) in path.iter().skip(1) {
                problem =
                    problem.related(resolved.call.name_span, "and this macro closes the circle");
            }
            problems.push(problem);
        }
    }
}

type Edges<'run, 'data> = BTreeMap<&'run str, Vec<(&'run str, &'run Resolved<'data>)>>;

/// The way from `start` back to `start`, if there is one.
fn circle_from<'run, 'data>(
    start: &str,
    edges: &Edges<'run, 'data>,
) -> Option<Vec<(&'run str, &'run Resolved<'data>)>> {
    let mut stack: Vec<Vec<(&str, &Resolved<'_>)>> =
        edges.get(start)?.iter().map(|edge| vec![*edge]).collect();
    let mut visited: HashSet<&str> = HashSet::new();
    while let Some(path) = stack.pop() {
        let (at, _) = path.last()?;
        if *at == start {
            return Some(path);
        }
        if !visited.insert(at) {
            continue;
        }
        for edge in edges.get(at).into_iter().flatten() {
            let mut longer = path.clone();
            longer.push(*edge);
            stack.push(longer);
        }
    }
    None
}
