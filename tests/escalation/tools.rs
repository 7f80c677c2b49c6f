//! What an app has in its Tools account, what that reaches, and who becomes the deploy roles.

use std::collections::BTreeSet;

use crate::callers::{ELSEWHERE, altered, environment, strangers, tokens, whole_accounts};
use crate::iam::{Caller, Context, account};
use crate::walk::{LAMBDA, PASSED_TO, POLICY_WRITES, ROLE_WRITES, USER_WRITES, Verdicts, may};
use crate::world::{Entity, World};

/// What an app has in its Tools account, and what that reaches.
pub(crate) struct Tools<'a> {
    pub(crate) world: &'a World,
    pub(crate) app: &'a str,
    pub(crate) verdicts: Verdicts,
}

impl Tools<'_> {
    pub(crate) fn walk(mut self) -> Verdicts {
        let own: Vec<&Entity> = self
            .world
            .entities()
            .filter(|it| self.world.is_of(&it.name, self.app))
            .collect();
        let deploy = ["DeployerRole", "TestRole"].map(|kind| format!("{}-{kind}", self.app));
        let (goals, others): (Vec<&Entity>, Vec<&Entity>) = own
            .iter()
            .copied()
            .partition(|it| deploy.contains(&it.name));
        let execution = format!("{}-CloudFormationExecutionRole", self.app);
        let mut cis = others;
        cis.retain(|it| it.name != execution);
        for ci in &cis {
            if !ci.is_role() {
                let reached = goals.iter().filter(|role| ci.becomes(role));
                let ways = reached.map(|role| format!("a key of {} reaches {}", ci.arn, role.arn));
                self.verdicts.insert("E12", ways.collect());
            }
            self.reach(ci, &goals);
            self.own_rights(ci);
        }
        for role in cis.iter().chain(&goals).filter(|it| it.is_role()) {
            strangers_of(self.world, role, &mut self.verdicts);
            self.stages(role, &cis, &goals);
        }
        self.verdicts
    }

    /// T3: CI may become the roles that trust it, and no other.
    fn reach(&mut self, ci: &Entity, goals: &[&Entity]) {
        let ways = self.verdicts.entry("T3").or_default();
        let mut allowed = BTreeSet::new();
        let roles = self.world.entities().filter(|it| it.is_role());
        let mut candidates: BTreeSet<String> = roles.map(|it| it.arn.clone()).collect();
        for arn in candidates.clone() {
            candidates.insert(arn.replace(account(&arn), ELSEWHERE));
            candidates.insert(format!("{arn}x"));
        }
        for account in &self.world.accounts {
            let partition = account.partition();
            for name in ["other-admin", "OrganizationAccountAccessRole"] {
                candidates.insert(format!("arn:{partition}:iam::{}:role/{name}", account.id));
            }
        }
        for action in ["sts:AssumeRole", "sts:TagSession"] {
            let arns = candidates
                .iter()
                .filter(|arn| may(ci, action, arn, &Context::default()));
            allowed.extend(arns.cloned());
        }
        let context = Context::default().with("aws:PrincipalArn", &ci.arn);
        let caller = Caller::Aws(ci.arn.clone());
        let trusting: BTreeSet<String> = goals
            .iter()
            .filter(|role| role.lets_in(&caller, "sts:AssumeRole", &context))
            .map(|role| role.arn.clone())
            .collect();
        let more = allowed.symmetric_difference(&trusting);
        ways.extend(more.map(|arn| format!("{} and {arn} do not agree", ci.arn)));
    }

    /// E16, for CI itself: it may become roles, and change nothing in IAM.
    fn own_rights(&mut self, ci: &Entity) {
        let ways = self.verdicts.entry("E16").or_default();
        let context = Context::default().with(PASSED_TO, LAMBDA);
        let mut ask = |action: &str, resource: &str| {
            if may(ci, action, resource, &context) {
                ways.push(format!("{} may {action} on {resource}", ci.arn));
            }
        };
        for entity in self.world.entities() {
            let writes = if entity.is_role() {
                ask("iam:PassRole", &entity.arn);
                ask("iam:UpdateAssumeRolePolicy", &entity.arn);
                ROLE_WRITES
            } else {
                USER_WRITES
            };
            for action in writes {
                ask(action, &entity.arn);
            }
        }
        for policy in self.world.accounts.iter().flat_map(|it| &it.policies) {
            for action in POLICY_WRITES {
                ask(action, &policy.arn);
            }
        }
    }

    /// T6: a token for the environment of one stage ends in that stage.
    fn stages(&mut self, role: &Entity, cis: &[&Entity], goals: &[&Entity]) {
        for (caller, context) in tokens(role) {
            let Some(environment) = environment(&context) else {
                continue;
            };
            let becomes = |it: &Entity| {
                // The same provider, as the account of that role knows it.
                let Caller::Federated(provider) = &caller else {
                    return false;
                };
                let provider = provider.replace(account(provider), account(&it.arn));
                let caller = Caller::Federated(provider);
                it.lets_in(&caller, "sts:AssumeRoleWithWebIdentity", &context)
            };
            let reached: BTreeSet<&String> = goals
                .iter()
                .filter(|goal| {
                    becomes(goal) || cis.iter().any(|ci| becomes(ci) && ci.becomes(goal))
                })
                .filter_map(|goal| self.world.stages.get(account(&goal.arn)))
                .collect();
            let ways = self.verdicts.entry("T6").or_default();
            if reached.len() > 1 {
                ways.push(format!(
                    "a token for environment {environment} reaches {reached:?}"
                ));
            }
        }
    }
}

/// T2, T4 and T5 for one role.
fn strangers_of(world: &World, role: &Entity, verdicts: &mut Verdicts) {
    let mut open = |path: &'static str, way: Option<String>| {
        verdicts.entry(path).or_default().extend(way);
    };
    for (caller, context) in strangers(world, role) {
        for action in [
            "sts:AssumeRole",
            "sts:AssumeRoleWithWebIdentity",
            "sts:TagSession",
        ] {
            let lets_in = role.lets_in(&caller, action, &context);
            open(
                "T2",
                lets_in.then(|| format!("{caller:?}: {action} on {}", role.arn)),
            );
        }
    }
    for whole in whole_accounts(role) {
        let caller = format!("arn:aws:iam::{whole}:role/stranger");
        let context = Context::default().with("aws:PrincipalArn", &caller);
        let caller = Caller::Aws(caller);
        let lets_in = role.lets_in(&caller, "sts:AssumeRole", &context);
        open(
            "T4",
            lets_in.then(|| format!("{caller:?} becomes {}", role.arn)),
        );
    }
    for (caller, context, change) in altered(role) {
        let lets_in = role.lets_in(&caller, "sts:AssumeRoleWithWebIdentity", &context);
        open(
            "T5",
            lets_in.then(|| format!("a token with {change} becomes {}", role.arn)),
        );
    }
}
