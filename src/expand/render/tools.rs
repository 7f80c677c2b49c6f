//! What the Tools account holds: the CI principals and what they may assume.
//!
//! In: the plan of the account. Out: resources. Refuses what its partials do not render well.

use serde_json::{Map, Value as Json, json};

use crate::diagnostic::Result;
use crate::expand::model::plan::{
    AccountsBy, CrossAccountPolicy, POLICY_PATH, ProviderPlan, Reach, ToolsPlan, ToolsPrincipal,
    flags,
};
use crate::expand::model::rendered::RenderedResource;
use crate::roles::{DeployPrincipal, TargetRole, ToolsKind, logical_id_of};
use crate::yaml::emit;

use crate::expand::render::trust::tokens;
use crate::expand::render::{Renderer, gather, sub, tags_context};

impl Renderer<'_> {
    pub(crate) fn tools(&self, tools: &ToolsPlan) -> Result<Vec<RenderedResource>> {
        let policies = tools.policies.iter().map(|policy| {
            self.cross_account_policy(policy)
                .map(|resource| vec![resource])
        });
        let providers = self
            .providers(&tools.providers)
            .map(|found| found.map(|one| vec![one]));
        let principals = tools
            .principals
            .iter()
            .map(|principal| self.principal(tools, principal));
        Ok(gather(policies.chain(providers).chain(principals))?.concat())
    }

    pub(crate) fn cross_account_policy(
        &self,
        policy: &CrossAccountPolicy,
    ) -> Result<RenderedResource> {
        let mut context = self.base();
        context.insert(
            "policyName".into(),
            emit::scalar(&format!("{}-{}", self.app(), policy.suffix)).into(),
        );
        context.insert("policyPath".into(), POLICY_PATH.into());
        context.insert(
            "description".into(),
            emit::scalar(&format!(
                "Lets the CI of {} become its deploy roles in other accounts",
                self.app()
            ))
            .into(),
        );
        match policy.by {
            AccountsBy::Arn => {
                let roles: Vec<String> = policy
                    .accounts
                    .iter()
                    .flat_map(|reach| {
                        let account = format!("${{{}}}", reach.account);
                        self.reached_roles(&account, reach.test_role)
                    })
                    .collect();
                context.insert("roles".into(), roles.into());
            }
            AccountsBy::Id => {
                let statements = self.statements_by_id(&policy.accounts);
                context.insert("byAccount".into(), statements);
            }
        }
        let kind = logical_id_of(&policy.suffix);
        self.resource("tools/cross-account-policy", &kind, context)
    }

    /// The ARNs of the roles in an account that a principal assumes.
    fn reached_roles(&self, account: &str, test_role: bool) -> Vec<String> {
        let test = test_role.then_some(TargetRole::Test);
        std::iter::once(TargetRole::Deployer)
            .chain(test)
            .map(|role| {
                let arn = self
                    .plan
                    .app()
                    .principal(role)
                    .arn("${AWS::Partition}", account);
                emit::flow(&sub(arn))
            })
            .collect()
    }

    /// A statement for the accounts without a `TestRole`, and one for those that have it.
    fn statements_by_id(&self, accounts: &[Reach]) -> Json {
        let statement = |test_role: bool| {
            let accounts = accounts.iter().filter(|reach| reach.test_role == test_role);
            let ids: Vec<String> = accounts
                .map(|reach| format!("!Ref {}", reach.account))
                .collect();
            let sid = if test_role {
                "AssumeDeployAndTestRoles"
            } else {
                "AssumeDeployRoles"
            };
            let roles = self.reached_roles("*", test_role);
            (!ids.is_empty()).then(|| json!({ "sid": sid, "roles": roles, "accounts": ids }))
        };
        [false, true].into_iter().filter_map(statement).collect()
    }

    /// The OIDC providers of an account.
    pub(crate) fn providers<'a>(
        &'a self,
        providers: &'a [ProviderPlan],
    ) -> impl Iterator<Item = Result<RenderedResource>> + 'a {
        providers.iter().map(|provider| {
            let mut context = self.base();
            let url = format!("https://{}", provider.issuer);
            context.insert("url".into(), emit::scalar(&url).into());
            let audiences = provider.audiences.iter();
            let audiences: Vec<String> = audiences.map(|audience| emit::scalar(audience)).collect();
            context.insert("audiences".into(), audiences.into());
            self.resource("tools/oidc-provider", &provider.logical_id(), context)
        })
    }

    pub(crate) fn principal(
        &self,
        tools: &ToolsPlan,
        principal: &ToolsPrincipal,
    ) -> Result<Vec<RenderedResource>> {
        let attached: Vec<String> = principal
            .policies
            .iter()
            .filter_map(|index| tools.policies.get(*index))
            .map(|policy| self.logical_id(&logical_id_of(&policy.suffix)))
            .collect();
        let created = self.plan.app().principal(principal.kind.clone());
        let mut context = self.base();
        context.insert("managedPolicies".into(), attached.into());
        context.insert("tags".into(), tags_context(&tools.tags));
        let partial = match &principal.kind {
            ToolsKind::GitHubActionsUser => {
                let name = emit::scalar(&created.name);
                context.insert("userName".into(), name.into());
                "tools/github-actions-user"
            }
            ToolsKind::CodeBuildRole => {
                let policy = self.policy(
                    "codebuild/service-role",
                    &self.policy_context(flags(&principal.options), json!({})),
                )?;
                let what = format!("The CodeBuild projects of {} run as this role", self.app());
                self.add_role(&created, &what, &mut context);
                context.insert("policies".into(), json!([{ "name": emit::scalar(&policy.name), "document": self.token(policy.document) }]));
                "tools/codebuild-role"
            }
            ToolsKind::Oidc(provider, stage) => {
                let what = match stage {
                    Some(stage) => format!("{} deploys {} to {stage}", provider.word(), self.app()),
                    None => format!("{} deploys {}", provider.word(), self.app()),
                };
                let what = format!("{what} by way of this role");
                self.add_role(&created, &what, &mut context);
                context.insert("tokens".into(), tokens(&principal.admissions));
                let made = tools.providers.iter().filter(|made| {
                    let mut issuers = principal.admissions.iter();
                    issuers.any(|admission| admission.issuer == made.issuer)
                });
                let made: Vec<String> = made
                    .map(|made| self.logical_id(&made.logical_id()))
                    .collect();
                context.insert("dependsOn".into(), made.into());
                "tools/oidc-role"
            }
        };
        Ok(vec![self.resource(
            partial,
            &created.logical_id,
            context,
        )?])
    }

    /// Adds what a partial of a role is given: name, path and description.
    fn add_role(&self, role: &DeployPrincipal, description: &str, context: &mut Map<String, Json>) {
        context.insert("roleName".into(), emit::scalar(&role.name).into());
        if self.plan.role_path != "/" {
            context.insert("path".into(), emit::scalar(&self.plan.role_path).into());
        }
        context.insert("description".into(), emit::scalar(description).into());
    }
}
