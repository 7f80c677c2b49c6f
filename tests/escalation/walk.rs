//! The paths by which somebody gets more than was meant for them, asked of what a file makes: the
//! table of `docs/security.md`, row by row, as requests to IAM.
//!
//! A path is open where all requests of one way along it are allowed; each open way is kept with
//! its words, so that a failing test says what went wrong. What an author's own policies allow
//! counts as everything else does.

mod paths;

use std::collections::BTreeMap;

use crate::iam::{Context, Request};
use crate::tools::Tools;
use crate::world::{Account, Entity, World};

/// The paths of a file by their names in `docs/security.md`, each with the ways that are open.
pub(crate) type Verdicts = BTreeMap<&'static str, Vec<String>>;

/// Calls that change a role.
pub(crate) const ROLE_WRITES: &[&str] = &[
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:PutRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DetachRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
];

/// Calls that give a user rights or keys, or take them.
pub(crate) const USER_WRITES: &[&str] = &[
    "iam:CreateUser",
    "iam:DeleteUser",
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
    "iam:CreateAccessKey",
    "iam:UpdateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:DeleteUserPermissionsBoundary",
];

/// Calls that change what a managed policy says.
pub(crate) const POLICY_WRITES: &[&str] = &[
    "iam:CreatePolicyVersion",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:DeletePolicy",
];

/// Calls that change a stack by the stack's own role, or by the caller's rights.
const STACK_WRITES: &[&str] = &[
    "cloudformation:CreateStack",
    "cloudformation:UpdateStack",
    "cloudformation:DeleteStack",
    "cloudformation:CreateChangeSet",
];

/// Services that would run with a role that is passed to them, beyond those of serverless apps.
const OTHER_SERVICES: &[&str] = &[
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "glue.amazonaws.com",
    "codebuild.amazonaws.com",
    "sagemaker.amazonaws.com",
    "ssm.amazonaws.com",
];

const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";
pub(crate) const LAMBDA: &str = "lambda.amazonaws.com";
pub(crate) const PASSED_TO: &str = "iam:PassedToService";
const BOUNDARY: &str = "iam:PermissionsBoundary";

/// One app in one of its accounts.
struct Scene<'a> {
    world: &'a World,
    app: &'a str,
    account: &'a Account,
    /// What CloudFormation works as.
    execution: Entity,
    deployer: &'a Entity,
    /// Every user and role of the app in this account, the ones above included.
    own: Vec<&'a Entity>,
    /// The boundary that the app's roles must carry.
    boundary: Option<String>,
    verdicts: Verdicts,
}

/// All paths of all apps of a file: by app and account, and for what an app has in its Tools
/// account by app and `tools`.
pub(crate) fn walk(world: &World) -> BTreeMap<(String, String), Verdicts> {
    let mut all = BTreeMap::new();
    for app in world.apps() {
        for account in &world.accounts {
            let own = |name: &str| world.is_of(name, &app);
            let Some(deployer) = account.entity(&format!("{app}-DeployerRole")) else {
                continue;
            };
            let mut scene = Scene {
                world,
                app: &app,
                account,
                execution: account.execution(&app, &own),
                deployer,
                own: account.entities.iter().filter(|it| own(&it.name)).collect(),
                boundary: boundary(account, &app),
                verdicts: Verdicts::new(),
            };
            scene.walk();
            all.insert((app.clone(), account.id.clone()), scene.verdicts);
        }
        let tools = Tools {
            world,
            app: &app,
            verdicts: Verdicts::new(),
        };
        all.insert((app.clone(), "tools".to_owned()), tools.walk());
    }
    all
}

/// The ARN of the boundary that an app's roles must carry: the one that is made for them, or the
/// one that the conditions ask for.
pub(crate) fn boundary(account: &Account, app: &str) -> Option<String> {
    let name = format!("{app}-AppBoundary");
    let made = account.policies.iter().find(|policy| policy.name == name);
    let asked = || {
        account
            .entity(&format!("{app}-CloudFormationExecutionRole"))?
            .policies
            .iter()
            .flat_map(|(_, document)| &document.statements)
            .filter(|statement| statement.allows)
            .flat_map(|statement| &statement.conditions)
            .find(|condition| condition.key.eq_ignore_ascii_case(BOUNDARY))?
            .values
            .first()
            .cloned()
    };
    made.map(|policy| policy.arn.clone()).or_else(asked)
}

impl Scene<'_> {
    fn walk(&mut self) {
        self.deploy_roles();
        self.roles_of_the_app();
        self.functions();
        self.instances();
        self.frameworks();
        self.passing();
        self.tags();
        self.sharing();
        self.stacks();
        self.stacks_of_sam();
        self.other_apps();
        self.identities();
        self.becoming();
        self.origins();
        if let Some(boundary) = self.boundary.clone() {
            self.boundary(&boundary);
        }
    }

    fn arn(&self, service: &str, rest: &str) -> String {
        let region = if ["iam", "cloudfront"].contains(&service) {
            ""
        } else {
            self.account.region.as_str()
        };
        let partition = self.account.partition();
        format!(
            "arn:{partition}:{service}:{region}:{}:{rest}",
            self.account.id
        )
    }

    fn role(&self, name: &str) -> String {
        self.arn("iam", &format!("role/{name}"))
    }

    fn app_role(&self) -> String {
        self.role(&format!("{}-worker", self.app))
    }

    fn administrator_access(&self) -> String {
        format!(
            "arn:{}:iam::aws:policy/AdministratorAccess",
            self.account.partition()
        )
    }

    /// What a call about a role may say of a boundary: none, the app's, or one that bounds nothing.
    fn boundaries(&self) -> Vec<Option<String>> {
        let own = self.boundary.clone().map(Some);
        [None, Some(self.administrator_access())]
            .into_iter()
            .chain(own)
            .collect()
    }

    fn about_roles(&self, boundary: Option<&String>) -> Context {
        let context = Context::default().with("iam:PolicyARN", &self.administrator_access());
        match boundary {
            Some(boundary) => context.with(BOUNDARY, boundary),
            None => context,
        }
    }

    /// Adds a path with no way open yet.
    fn path(&mut self, path: &'static str) {
        self.verdicts.entry(path).or_default();
    }

    fn open(&mut self, path: &'static str, way: String) {
        self.verdicts.entry(path).or_default().push(way);
    }

    /// Asks whether somebody may make one call; if so, the path is open.
    fn ask(
        &mut self,
        path: &'static str,
        who: &Entity,
        action: &str,
        resource: &str,
        context: &Context,
    ) {
        self.path(path);
        if may(who, action, resource, context) {
            let more = described(context);
            self.open(
                path,
                format!("{} may {action} on {resource}{more}", who.name),
            );
        }
    }

    fn execution_may(&self, action: &str, resource: &str, context: &Context) -> bool {
        may(&self.execution, action, resource, context)
    }
}

pub(crate) fn may(who: &Entity, action: &str, resource: &str, context: &Context) -> bool {
    who.may(&Request {
        action,
        resource,
        context,
    })
}

fn described(context: &Context) -> String {
    context.0.iter().fold(String::new(), |text, (key, values)| {
        text + ", " + key + "=" + &values.join(",")
    })
}
