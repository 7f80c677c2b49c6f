//! The paths within one account of an app, each as the requests that would have to be allowed.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    CLOUDFORMATION, LAMBDA, OTHER_SERVICES, PASSED_TO, POLICY_WRITES, ROLE_WRITES, STACK_WRITES,
    Scene, USER_WRITES, may,
};
use crate::callers::{ELSEWHERE, strangers, trusted, ways_in};
use crate::iam::{Caller, Context, Document, account};
use crate::world::Entity;

/// Calls that run code in a project of CodeBuild with its role, or change what it runs and where.
const PROJECT_CALLS: &[&str] = &[
    "codebuild:StartBuild",
    "codebuild:StartBuildBatch",
    "codebuild:StartSandbox",
    "codebuild:RetryBuild",
    "codebuild:RetryBuildBatch",
    "codebuild:UpdateProject",
    "codebuild:UpdateProjectVisibility",
    "codebuild:CreateWebhook",
    "codebuild:UpdateWebhook",
];

/// Calls that run commands in a sandbox of CodeBuild, with the role of its project.
const SANDBOX_CALLS: &[&str] = &[
    "codebuild:StartSandboxConnection",
    "codebuild:StartCommandExecution",
];

/// Calls that run commands on an instance.
const INSTANCE_CALLS: &[&str] = &[
    "ssm:SendCommand",
    "ssm:StartSession",
    "ssm:StartAccessRequest",
    "ssm:CreateAssociation",
    "ssm:CreateAssociationBatch",
    "ec2-instance-connect:SendSSHPublicKey",
    "ec2-instance-connect:SendSerialConsoleSSHPublicKey",
    "ec2-instance-connect:OpenTunnel",
];

/// Calls that run a document of Systems Manager, or change what it says.
const DOCUMENT_CALLS: &[&str] = &[
    "ssm:StartAutomationExecution",
    "ssm:StartChangeRequestExecution",
    "ssm:UpdateDocument",
    "ssm:UpdateDocumentDefaultVersion",
    "ssm:UpdateDocumentMetadata",
];

/// Calls that change, delete or lock a stack.
const STACK_CALLS: &[&str] = &[
    "cloudformation:CreateStack",
    "cloudformation:UpdateStack",
    "cloudformation:DeleteStack",
    "cloudformation:CreateChangeSet",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:RollbackStack",
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CancelUpdateStack",
    "cloudformation:CreateStackRefactor",
    "cloudformation:ExecuteStackRefactor",
    "cloudformation:UpdateTerminationProtection",
    "cloudformation:SetStackPolicy",
];

/// Calls that change stacks by way of a stack set.
const STACK_SET_CALLS: &[&str] = &[
    "cloudformation:CreateStackSet",
    "cloudformation:UpdateStackSet",
    "cloudformation:DeleteStackSet",
    "cloudformation:CreateStackInstances",
    "cloudformation:UpdateStackInstances",
    "cloudformation:DeleteStackInstances",
    "cloudformation:ImportStacksToStackSet",
    "cloudformation:StopStackSetOperation",
];

/// Calls that take over a user pool, or let others sign in to it or style how: one at least of
/// each statement about pools.
const POOL_WRITES: &[&str] = &[
    "cognito-idp:TagResource",
    "cognito-idp:UntagResource",
    "cognito-idp:UpdateUserPool",
    "cognito-idp:DeleteUserPool",
    "cognito-idp:CreateUserPoolClient",
    "cognito-idp:CreateGroup",
    "cognito-idp:CreateIdentityProvider",
    "cognito-idp:CreateResourceServer",
    "cognito-idp:SetUICustomization",
    "cognito-idp:SetRiskConfiguration",
];

/// Calls that open or close a security group, or take it over.
const GROUP_WRITES: &[&str] = &[
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:DeleteSecurityGroup",
    "ec2:CreateTags",
];

/// The types of the records that a call changes.
const RECORD_TYPES: &str = "route53:ChangeResourceRecordSetsRecordTypes";

/// The path, the service that a role is passed to, and the calls it takes.
type Runner = (&'static str, &'static str, Vec<(&'static str, String)>);

impl Scene<'_> {
    /// E1, E2 and E13: whatever a template holds, CloudFormation changes none of the deploy roles.
    pub(super) fn deploy_roles(&mut self) {
        let execution = self.execution.clone();
        for boundary in self.boundaries() {
            let context = self.about_roles(boundary.as_ref());
            for target in self.own.clone() {
                let path = if target.arn == execution.arn {
                    "E1"
                } else {
                    "E2"
                };
                let writes = if target.is_role() {
                    ROLE_WRITES
                } else {
                    USER_WRITES
                };
                for action in writes {
                    self.ask(path, &execution, action, &target.arn, &context);
                }
                if target.is_role() {
                    let action = "iam:UpdateAssumeRolePolicy";
                    self.ask("E13", &execution, action, &target.arn, &context);
                }
            }
            // Also where the role is not one of the file's: the framework's own.
            self.ask(
                "E1",
                &execution,
                "iam:PutRolePolicy",
                &execution.arn,
                &context,
            );
        }
        let policies: Vec<String> = self
            .account
            .policies
            .iter()
            .filter(|policy| self.world.is_of(&policy.name, self.app))
            .map(|policy| policy.arn.clone())
            .chain(self.boundary.clone())
            .collect();
        for policy in policies {
            for action in POLICY_WRITES {
                self.ask("E14", &execution, action, &policy, &Context::default());
            }
        }
    }

    /// E3 and E4: what the roles that a template makes may become.
    pub(super) fn roles_of_the_app(&mut self) {
        let role = self.app_role();
        for path in [
            "E3 any",
            "E3 administrator",
            "E4",
            "E4 states",
            "E4 scheduler",
            "E4 appsync",
            "E4 pipes",
            "E4 firehose",
        ] {
            self.path(path);
        }
        for boundary in self.boundaries() {
            let context = self.about_roles(boundary.as_ref());
            let with = boundary.clone().unwrap_or("no boundary".to_owned());
            if !self.execution_may("iam:CreateRole", &role, &context) {
                continue;
            }
            self.open(
                "E3 any",
                format!("a role with {with} that trusts {ELSEWHERE}"),
            );
            let powerful = ["iam:PutRolePolicy", "iam:AttachRolePolicy"]
                .iter()
                .any(|action| self.execution_may(action, &role, &context));
            if !powerful || !self.administers(boundary.as_ref()) {
                continue;
            }
            self.open(
                "E3 administrator",
                format!("an administrator with {with} that trusts {ELSEWHERE}"),
            );
            for (path, service, calls) in self.runners() {
                let pass = Context::default().with(PASSED_TO, service);
                let runs = self.execution_may("iam:PassRole", &role, &pass)
                    && calls.iter().all(|(action, resource)| {
                        self.execution_may(action, resource, &Context::default())
                    });
                if runs {
                    self.open(path, format!("it runs as an administrator with {with}"));
                }
            }
        }
        // A role that is the app's already, and whatever it may.
        let own = self.boundary.clone();
        let context = self.about_roles(own.as_ref());
        if self.execution_may("iam:UpdateAssumeRolePolicy", &role, &context) {
            self.open(
                "E3 any",
                format!("a role that is there, to trust {ELSEWHERE}"),
            );
        }
    }

    /// What runs with a role that it is given.
    fn runners(&self) -> [Runner; 6] {
        let function = self.arn("lambda", &format!("function:{}-x", self.app));
        let machine = self.arn("states", &format!("stateMachine:{}-x", self.app));
        let schedule = self.arn("scheduler", &format!("schedule/default/{}-x", self.app));
        let pipe = self.arn("pipes", &format!("pipe/{}-x", self.app));
        let stream = self.arn("firehose", &format!("deliverystream/{}-x", self.app));
        [
            (
                "E4",
                LAMBDA,
                vec![
                    ("lambda:CreateFunction", function.clone()),
                    ("lambda:InvokeFunction", function),
                ],
            ),
            (
                "E4 states",
                "states.amazonaws.com",
                vec![("states:CreateStateMachine", machine)],
            ),
            (
                "E4 scheduler",
                "scheduler.amazonaws.com",
                vec![("scheduler:CreateSchedule", schedule)],
            ),
            (
                "E4 appsync",
                "appsync.amazonaws.com",
                vec![
                    ("appsync:CreateGraphqlApi", "*".to_owned()),
                    ("appsync:CreateDataSource", "*".to_owned()),
                ],
            ),
            (
                "E4 pipes",
                "pipes.amazonaws.com",
                vec![("pipes:CreatePipe", pipe)],
            ),
            (
                "E4 firehose",
                "firehose.amazonaws.com",
                vec![("firehose:CreateDeliveryStream", stream)],
            ),
        ]
    }

    /// T7 and T8: CI that comes from an account which is deployed to.
    pub(super) fn origins(&mut self) {
        let execution = self.execution.clone();
        let own: Vec<&str> = self.own.iter().map(|it| it.arn.as_str()).collect();
        let origins: BTreeSet<String> = self
            .world
            .entities()
            .filter(|it| self.world.is_of(&it.name, self.app))
            .flat_map(trusted)
            .filter(|(kind, arn)| kind == "AWS" && account(arn) == self.account.id)
            .map(|(_, arn)| arn)
            .collect();
        self.path("T7");
        for origin in origins.iter().filter(|arn| !own.contains(&arn.as_str())) {
            let context = self.about_roles(self.boundary.clone().as_ref());
            for action in [
                "iam:UpdateAssumeRolePolicy",
                "iam:PutRolePolicy",
                "iam:CreateRole",
            ] {
                self.ask("T7", &execution, action, origin, &context);
            }
        }
        if !origins.is_empty() {
            self.path("T8");
            if let Some(way) = self.verdicts["E3 administrator"].first().cloned() {
                self.open("T8", format!("{way}, and becomes {origins:?}"));
            }
        }
    }

    /// A role of the app that its template allows everything, within a boundary.
    fn made(&self, boundary: Option<&String>) -> Entity {
        let policy = |arn: &String| self.account.policies.iter().find(|it| it.arn == *arn);
        let bounds = match boundary {
            Some(arn) if *arn == self.administrator_access() => Some(Document::administrator()),
            Some(arn) => Some(match policy(arn) {
                Some(policy) => policy.document.clone(),
                None => elsewhere_defined(),
            }),
            None => None,
        };
        Entity {
            name: format!("{}-worker", self.app),
            region: self.account.region.clone(),
            arn: self.app_role(),
            policies: vec![("all".to_owned(), Document::administrator())],
            boundary: boundary.cloned(),
            bounds,
            trust: None,
        }
    }

    /// Whether such a role can give itself or others any right.
    fn administers(&self, boundary: Option<&String>) -> bool {
        let made = self.made(boundary);
        let nothing = Context::default();
        may(
            &made,
            "iam:CreateUser",
            &self.arn("iam", "user/x"),
            &nothing,
        ) || may(&made, "iam:PutRolePolicy", &self.deployer.arn, &nothing)
            || may(
                &made,
                "iam:UpdateAssumeRolePolicy",
                &self.execution.arn,
                &nothing,
            )
    }

    /// E5: code of functions.
    pub(super) fn functions(&mut self) {
        for (path, name) in [
            ("E5 own", format!("{}-x", self.app)),
            ("E5 other", "unrelated-x".to_owned()),
        ] {
            self.path(path);
            let function = self.arn("lambda", &format!("function:{name}"));
            let nothing = Context::default();
            if self.execution_may("lambda:UpdateFunctionCode", &function, &nothing) {
                self.open(path, format!("the code of {function}"));
            }
        }
        let function = self.arn("lambda", &format!("function:{}-x", self.app));
        for who in self.own.clone() {
            if who.arn != self.execution.arn {
                for action in [
                    "lambda:UpdateFunctionCode",
                    "lambda:UpdateFunctionConfiguration",
                ] {
                    self.ask("E5 CI", who, action, &function, &Context::default());
                }
            }
        }
    }

    /// E5 instances: scripts that `CodeDeploy` runs where its agent is.
    pub(super) fn instances(&mut self) {
        self.path("E5 instances");
        let application = self.arn("codedeploy", &format!("application:{}-x", self.app));
        let group = self.arn("codedeploy", &format!("deploymentgroup:{}-x/y", self.app));
        let calls = [
            ("codedeploy:CreateApplication", &application),
            ("codedeploy:CreateDeploymentGroup", &group),
            ("codedeploy:CreateDeployment", &group),
        ];
        let nothing = Context::default();
        let all = calls
            .iter()
            .all(|(action, resource)| self.execution_may(action, resource, &nothing));
        if all {
            self.open("E5 instances", format!("a deployment by {group}"));
        }
    }

    /// E5 packages and E17: what frameworks share among apps, and the roles that they bring.
    pub(super) fn frameworks(&mut self) {
        let deployer = self.deployer;
        let nothing = Context::default();
        let (partition, number) = (self.account.partition(), self.account.id.clone());
        let region = &self.account.region;
        let buckets = [
            "aws-sam-cli-managed-default-samclisourcebucket-x".to_owned(),
            format!("serverless-framework-deployments-{region}-x"),
            format!("cdk-hnb659fds-assets-{number}-{region}"),
        ];
        let deploy = format!("cdk-hnb659fds-deploy-role-{number}-{region}");
        for bucket in buckets {
            let object = format!("arn:{partition}:s3:::{bucket}/unrelated/x");
            self.ask("E5 packages", deployer, "s3:PutObject", &object, &nothing);
        }
        let deploy = self.role(&deploy);
        self.ask("E17", deployer, "sts:AssumeRole", &deploy, &nothing);
    }

    /// E6: which roles may be passed to whom.
    pub(super) fn passing(&mut self) {
        let execution = self.execution.clone();
        let (deployer, app_role) = (self.deployer, self.app_role());
        let unsaid = Context::default();
        let others: Vec<Context> = OTHER_SERVICES
            .iter()
            .map(|service| unsaid.clone().with(PASSED_TO, service))
            .chain([unsaid.clone()])
            .collect();
        let cloudformation = unsaid.clone().with(PASSED_TO, CLOUDFORMATION);
        let lambda = unsaid.with(PASSED_TO, LAMBDA);
        for context in others.iter().chain([&cloudformation]) {
            self.ask("E6 app", &execution, "iam:PassRole", &app_role, context);
        }
        for context in others.iter().chain([&cloudformation, &lambda]) {
            for target in self.own.clone().into_iter().filter(|it| it.is_role()) {
                // A nested stack runs with the role of its parent.
                let itself = target.arn == execution.arn && context == &cloudformation;
                let path = if itself { "E6 nested" } else { "E6 deploy" };
                self.ask(path, &execution, "iam:PassRole", &target.arn, context);
                if !itself {
                    self.ask("E6 CI", deployer, "iam:PassRole", &target.arn, context);
                }
            }
            self.ask("E6 CI", deployer, "iam:PassRole", &app_role, context);
            let other = self.role("other-admin");
            self.ask("E6 CI", deployer, "iam:PassRole", &other, context);
        }
    }

    /// E7: tags, which open what conditions elsewhere ask of them.
    pub(super) fn tags(&mut self) {
        let execution = self.execution.clone();
        let context = Context::default()
            .with("aws:TagKeys", "team")
            .with("aws:RequestTag/team", "admins");
        for action in ["iam:TagRole", "iam:UntagRole"] {
            for target in self.own.clone().into_iter().filter(|it| it.is_role()) {
                self.ask("E7 deploy", &execution, action, &target.arn, &context);
            }
            let role = self.app_role();
            self.ask("E7 app", &execution, action, &role, &context);
        }
        for user in self.own.clone().into_iter().filter(|it| !it.is_role()) {
            self.ask("E7 deploy", &execution, "iam:TagUser", &user.arn, &context);
        }
        self.path("E7 session");
        let deployer = self.deployer;
        for (caller, context) in ways_in(deployer) {
            let context = context.with("aws:RequestTag/team", "admins");
            if deployer.lets_in(&caller, "sts:TagSession", &context) {
                self.open("E7 session", format!("{caller:?} as {}", deployer.name));
            }
        }
    }

    /// E8: policies of resources, which share them with other accounts.
    pub(super) fn sharing(&mut self) {
        let execution = self.execution.clone();
        let nothing = Context::default();
        let partition = self.account.partition();
        for (named, app) in [(true, self.app), (false, "unrelated")] {
            let calls = [
                (
                    "E8 lambda",
                    "lambda:AddPermission",
                    self.arn("lambda", &format!("function:{app}-x")),
                ),
                (
                    "E8 lambda",
                    "lambda:AddLayerVersionPermission",
                    self.arn("lambda", &format!("layer:{app}-x:1")),
                ),
                (
                    "E8 lambda",
                    "ecr:SetRepositoryPolicy",
                    self.arn("ecr", &format!("repository/{app}-x")),
                ),
                (
                    "E8 s3",
                    "s3:PutBucketPolicy",
                    format!("arn:{partition}:s3:::{app}-x"),
                ),
                (
                    "E8 sns",
                    "sns:SetTopicAttributes",
                    self.arn("sns", &format!("{app}-x")),
                ),
                (
                    "E8 sqs",
                    "sqs:SetQueueAttributes",
                    self.arn("sqs", &format!("{app}-x")),
                ),
                (
                    "E8 dynamodb",
                    "dynamodb:PutResourcePolicy",
                    self.arn("dynamodb", &format!("table/{app}-x")),
                ),
                (
                    "E8 kinesis",
                    "kinesis:PutResourcePolicy",
                    self.arn("kinesis", &format!("stream/{app}-x")),
                ),
                (
                    "E8 wafv2",
                    "wafv2:PutPermissionPolicy",
                    self.arn("wafv2", &format!("regional/rulegroup/{app}-x/1")),
                ),
            ];
            for (path, action, resource) in calls {
                let path = if named { path } else { "E8 other" };
                self.ask(path, &execution, action, &resource, &nothing);
            }
            let bucket = format!("arn:{partition}:s3:::{app}-x");
            let path = if named { "E8 CI" } else { "E8 other" };
            self.ask(path, self.deployer, "s3:PutBucketPolicy", &bucket, &nothing);
        }
        self.ask(
            "E8 logs",
            &execution,
            "logs:PutResourcePolicy",
            "*",
            &nothing,
        );
        self.ask(
            "E8 events",
            &execution,
            "events:PutPermission",
            "*",
            &nothing,
        );
        self.keys_and_secrets();
        self.pools();
        self.without_names();
        let public = Context::default().with("lambda:FunctionUrlAuthType", "NONE");
        let function = self.arn("lambda", &format!("function:{}-x", self.app));
        for action in [
            "lambda:CreateFunctionUrlConfig",
            "lambda:UpdateFunctionUrlConfig",
        ] {
            self.ask("E8 url", &execution, action, &function, &public);
        }
    }

    /// E8 for keys, which a tag tells from others, and for secrets.
    fn keys_and_secrets(&mut self) {
        let execution = self.execution.clone();
        let nothing = Context::default();
        let key = self.arn("kms", "key/1");
        let tagged = |key: &str, app: &str| nothing.clone().with(&format!("aws:{key}/AppId"), app);
        let own = tagged("ResourceTag", self.app);
        self.ask("E8 kms", &execution, "kms:PutKeyPolicy", &key, &own);
        for context in [&nothing, &tagged("ResourceTag", "unrelated")] {
            self.ask("E8 other", &execution, "kms:PutKeyPolicy", &key, context);
        }
        let taken = tagged("RequestTag", self.app);
        self.ask("E8 taken", &execution, "kms:TagResource", &key, &taken);
        let known = [
            taken.clone().with("aws:ResourceTag/AppId", "unrelated"),
            taken.with("kms:ResourceAliases", "alias/unrelated"),
        ];
        for context in &known {
            self.ask("E8 other", &execution, "kms:TagResource", &key, context);
        }
        let guarded = nothing
            .clone()
            .with("secretsmanager:BlockPublicPolicy", "true");
        let put = "secretsmanager:PutResourcePolicy";
        let secret = self.arn("secretsmanager", &format!("secret:{}-x", self.app));
        self.ask("E8 secrets", &execution, put, &secret, &guarded);
        self.ask("E8 other", &execution, put, &secret, &nothing);
        let secret = self.arn("secretsmanager", "secret:unrelated-x");
        self.ask("E8 other", &execution, put, &secret, &guarded);
    }

    /// E8 for user pools, which a tag tells from those of other apps: who changes them, and whose
    /// users the `TestRole` may become.
    fn pools(&mut self) {
        let execution = self.execution.clone();
        let pool = self.arn("cognito-idp", "userpool/1");
        let untagged = Context::default();
        let taken = untagged.clone().with("aws:RequestTag/AppId", self.app);
        let of_another = "aws:ResourceTag/AppId";
        for action in POOL_WRITES {
            let context = taken.clone().with(of_another, "unrelated");
            self.ask("E8 other", &execution, action, &pool, &context);
        }
        for action in ["cognito-idp:TagResource", "cognito-idp:UpdateUserPool"] {
            self.ask("E8 pools", &execution, action, &pool, &taken);
        }
        let test = format!("{}-TestRole", self.app);
        for test in self.own.clone().into_iter().filter(|it| it.name == test) {
            for action in [
                "cognito-idp:AdminSetUserPassword",
                "cognito-idp:AdminInitiateAuth",
            ] {
                for context in [&untagged, &untagged.clone().with(of_another, "unrelated")] {
                    self.ask("E8 other", test, action, &pool, context);
                }
            }
        }
    }

    /// E8 for DNS records, and for what AWS names: security groups, certificates, and GraphQL APIs.
    fn without_names(&mut self) {
        let execution = self.execution.clone();
        let change = "route53:ChangeResourceRecordSets";
        let zone = format!("arn:{}:route53:::hostedzone/Z1", self.account.partition());
        for (path, kind) in [("E8 records", "A"), ("E8 delegation", "NS")] {
            let types = Context::default().with(RECORD_TYPES, kind);
            self.ask(path, &execution, change, &zone, &types);
        }
        let group = self.arn("ec2", "security-group/sg-1");
        let untagged = Context::default();
        let of_another = untagged
            .clone()
            .with("aws:ResourceTag/AppId", "unrelated")
            .with("aws:RequestTag/AppId", self.app);
        for action in GROUP_WRITES {
            self.ask("E8 groups", &execution, action, &group, &untagged);
            self.ask("E8 other", &execution, action, &group, &of_another);
        }
        let certificate = self.arn("acm", "certificate/1");
        for action in ["acm:DeleteCertificate", "acm:AddTagsToCertificate"] {
            self.ask("E8 other", &execution, action, &certificate, &of_another);
        }
        let api = self.arn("appsync", "apis/1");
        for action in [
            "appsync:UpdateGraphqlApi",
            "appsync:TagResource",
            "appsync:UpdateApi",
        ] {
            self.ask("E8 other", &execution, action, &api, &of_another);
        }
    }

    /// E8 and E10: the two stacks that SAM makes with CI's own rights, and what is in them.
    pub(super) fn stacks_of_sam(&mut self) {
        let deployer = self.deployer;
        let nothing = Context::default();
        let own = |name: &str| format!("stack/{}-x-1a2b3c4d-{name}/1", self.app);
        let companion = self.arn("cloudformation", &own("CompanionStack"));
        let managed = self.arn("cloudformation", "stack/aws-sam-cli-managed-default/1");
        let named = |name: &str| nothing.clone().with("cloudformation:ChangeSetName", name);
        let first = named("InitialCreation");
        // With another role.
        let role = self.role("other-admin");
        for action in STACK_WRITES {
            for stack in [&companion, &managed] {
                let context = first.clone().with("cloudformation:RoleArn", &role);
                self.ask("E10", deployer, action, stack, &context);
            }
        }
        // The stack of SAM's bucket, once it is there: all apps share it.
        for context in [&first, &named("x")] {
            let there = context
                .clone()
                .with("aws:ResourceTag/ManagedStackSource", "AwsSamCli");
            for action in STACK_WRITES {
                self.ask("E10 other", deployer, action, &managed, &there);
            }
        }
        // Nor is it made by another change set than SAM's.
        for action in [
            "cloudformation:CreateChangeSet",
            "cloudformation:ExecuteChangeSet",
        ] {
            self.ask("E10 other", deployer, action, &managed, &named("x"));
        }
        let foreign = self.arn(
            "cloudformation",
            "stack/unrelated-x-1a2b3c4d-CompanionStack/1",
        );
        for action in STACK_WRITES {
            self.ask("E10 other", deployer, action, &foreign, &nothing);
        }
        // With its own rights, as SAM does it.
        let makes = "cloudformation:CreateChangeSet";
        self.ask("E10 SAM", deployer, makes, &managed, &first);
        for action in ["cloudformation:CreateStack", "cloudformation:UpdateStack"] {
            self.ask("E10 SAM", deployer, action, &companion, &nothing);
        }
        let way = self.verdicts["E10 SAM"].first().cloned();
        // What is in them, past CloudFormation and by way of such a stack.
        let letters = self.app.replace('-', "");
        let bucket = format!(
            "arn:{}:s3:::aws-sam-cli-managed-default-samclisourcebucket-x",
            self.account.partition()
        );
        let repository = self.arn("ecr", &format!("repository/{letters}2dev/xrepo"));
        let via = nothing.clone().with("aws:CalledVia", CLOUDFORMATION);
        for (action, resource) in [
            ("s3:PutBucketPolicy", &bucket),
            ("s3:PutBucketPublicAccessBlock", &bucket),
            ("s3:PutEncryptionConfiguration", &bucket),
            ("ecr:SetRepositoryPolicy", &repository),
        ] {
            self.ask("E8 other", deployer, action, resource, &nothing);
            self.path("E8 SAM");
            if let Some(way) = &way
                && may(deployer, action, resource, &via)
            {
                self.open("E8 SAM", format!("{way}, with {action} on {resource}"));
            }
        }
    }

    /// E9 and E10: stacks, by the `DeployerRole`, and by stacks that hold stacks.
    pub(super) fn stacks(&mut self) {
        let deployer = self.deployer;
        let execution = self.execution.clone();
        let roles = self.arn(
            "cloudformation",
            &format!("stack/{}-deploy-roles/1", self.app),
        );
        let role_arn = |arn: &str| Context::default().with("cloudformation:RoleArn", arn);
        let delegated = role_arn(&self.execution.arn);
        let rest = [
            "cloudformation:ExecuteChangeSet",
            "cloudformation:SetStackPolicy",
            "cloudformation:UpdateTerminationProtection",
            "cloudformation:ContinueUpdateRollback",
            "cloudformation:RollbackStack",
            "cloudformation:CancelUpdateStack",
        ];
        for action in STACK_WRITES.iter().chain(&rest) {
            self.ask("E9 named", deployer, action, &roles, &delegated);
            self.ask("E9 named", &execution, action, &roles, &Context::default());
        }
        let otherwise = self.arn("cloudformation", &format!("stack/{}-roles/1", self.app));
        for action in rest {
            self.ask(
                "E9 otherwise",
                deployer,
                action,
                &otherwise,
                &Context::default(),
            );
        }
        let stack = self.arn("cloudformation", &format!("stack/{}-x/1", self.app));
        let foreign = self.arn("cloudformation", "stack/unrelated-x/1");
        let administrator = self.role("other-admin");
        for action in STACK_WRITES {
            // SAM deletes stacks without naming a role.
            let without_a_role = if *action == "cloudformation:DeleteStack" {
                "E10 delete"
            } else {
                "E10"
            };
            self.ask(
                without_a_role,
                deployer,
                action,
                &stack,
                &Context::default(),
            );
            self.ask("E10", deployer, action, &stack, &role_arn(&administrator));
            self.ask("E10 other", deployer, action, &foreign, &delegated);
        }
        for action in rest {
            self.ask("E10 other", deployer, action, &foreign, &Context::default());
        }
    }

    /// E11: an app whose id begins with this one's and a dash.
    pub(super) fn other_apps(&mut self) {
        let execution = self.execution.clone();
        let other = format!("{}-admin", self.app);
        let role = self.role(&format!("{other}-DeployerRole"));
        let context = self.about_roles(None);
        for action in [
            "iam:PutRolePolicy",
            "iam:AttachRolePolicy",
            "iam:UpdateAssumeRolePolicy",
        ] {
            self.ask("E11 rights", &execution, action, &role, &context);
        }
        self.ask("E11 removal", &execution, "iam:DeleteRole", &role, &context);
        let boundary = self.arn("iam", &format!("policy/{other}-AppBoundary"));
        for action in POLICY_WRITES {
            self.ask(
                "E11 policies",
                &execution,
                action,
                &boundary,
                &Context::default(),
            );
        }
        let function = self.arn("lambda", &format!("function:{other}-x"));
        self.ask(
            "E11 code",
            &execution,
            "lambda:UpdateFunctionCode",
            &function,
            &Context::default(),
        );
    }

    /// E15 and E16: users, keys, policies, identity providers, and roles outside the app.
    pub(super) fn identities(&mut self) {
        let named = self.arn("iam", &format!("policy/{}-x", self.app));
        let execution = self.execution.clone();
        for action in POLICY_WRITES.iter().chain(&["iam:CreatePolicy"]) {
            let nothing = Context::default();
            self.ask("E15 policies", &execution, action, &named, &nothing);
        }
        let group = self.arn("iam", &format!("group/{}-x", self.app));
        let mut targets = vec![
            ("iam:CreatePolicy", self.arn("iam", "policy/unrelated-x")),
            (
                "iam:CreatePolicyVersion",
                self.arn("iam", "policy/unrelated-x"),
            ),
            ("iam:AttachGroupPolicy", group.clone()),
            ("iam:PutGroupPolicy", group),
            ("iam:CreateGroup", self.arn("iam", "group/x")),
            ("iam:AddUserToGroup", self.arn("iam", "group/x")),
            (
                "iam:CreateInstanceProfile",
                self.arn("iam", &format!("instance-profile/{}-x", self.app)),
            ),
            (
                "iam:CreateOpenIDConnectProvider",
                self.arn("iam", "oidc-provider/example.com"),
            ),
            (
                "iam:AddClientIDToOpenIDConnectProvider",
                self.arn("iam", "oidc-provider/example.com"),
            ),
            (
                "iam:UpdateOpenIDConnectProviderThumbprint",
                self.arn("iam", "oidc-provider/example.com"),
            ),
            ("iam:CreateSAMLProvider", self.arn("iam", "saml-provider/x")),
            ("iam:PassRole", self.role("other-admin")),
            ("sts:AssumeRole", self.role("other-admin")),
            ("organizations:LeaveOrganization", "*".to_owned()),
        ];
        for name in ["x".to_owned(), format!("{}-x", self.app)] {
            let user = self.arn("iam", &format!("user/{name}"));
            targets.extend(USER_WRITES.iter().map(|action| (*action, user.clone())));
        }
        let other = self.role("other-admin");
        let writes = ROLE_WRITES.iter().chain(&["iam:UpdateAssumeRolePolicy"]);
        targets.extend(writes.map(|action| (*action, other.clone())));
        for boundary in self.boundaries() {
            let context = self.about_roles(boundary.as_ref()).with(PASSED_TO, LAMBDA);
            for (action, resource) in &targets {
                self.ask("E15", &execution, action, resource, &context);
            }
        }
        targets.extend(POLICY_WRITES.iter().map(|action| (*action, named.clone())));
        let app_role = self.app_role();
        let writes = ROLE_WRITES.iter().chain(&["iam:UpdateAssumeRolePolicy"]);
        for action in writes {
            targets.push((action, app_role.clone()));
            let roles = self.own.iter().filter(|own| own.is_role());
            targets.extend(roles.map(|own| (*action, own.arn.clone())));
        }
        let ci: Vec<&Entity> = self
            .own
            .iter()
            .copied()
            .filter(|own| own.arn != execution.arn)
            .collect();
        for who in ci {
            for boundary in self.boundaries() {
                let context = self.about_roles(boundary.as_ref());
                for (action, resource) in &targets {
                    self.ask("E16", who, action, resource, &context);
                }
            }
        }
    }

    /// T1: nobody but CloudFormation becomes the execution role.
    pub(super) fn becoming(&mut self) {
        self.path("T1");
        let execution = self.execution.clone();
        for (caller, context) in strangers(self.world, &execution) {
            let service = caller == Caller::Service(CLOUDFORMATION.to_owned());
            if !service && execution.lets_in(&caller, "sts:AssumeRole", &context) {
                self.open("T1", format!("{caller:?} becomes {}", execution.name));
            }
        }
        for own in self.own.clone() {
            if own.becomes(&execution) {
                self.open("T1", format!("{} becomes {}", own.name, execution.name));
            }
        }
    }

    /// B1 to B5: a boundary stays, and holds.
    pub(super) fn boundary(&mut self, boundary: &String) {
        let execution = self.execution.clone();
        let role = self.app_role();
        let context = self.about_roles(Some(boundary));
        let other = self.about_roles(Some(&self.administrator_access()));
        self.ask(
            "B1",
            &execution,
            "iam:DeleteRolePermissionsBoundary",
            &role,
            &context,
        );
        self.ask(
            "B1",
            &execution,
            "iam:PutRolePermissionsBoundary",
            &role,
            &other,
        );
        let made = self.made(Some(boundary));
        let nothing = Context::default();
        let cloudformation = nothing.clone().with(PASSED_TO, CLOUDFORMATION);
        for own in self.own.clone().into_iter().filter(|it| it.is_role()) {
            self.ask("B2", &made, "iam:PutRolePolicy", &own.arn, &nothing);
            if made.becomes(own) {
                self.open("B2", format!("{} becomes {}", made.name, own.name));
            }
            self.ask("B2", &made, "iam:PassRole", &own.arn, &cloudformation);
        }
        self.ask(
            "B2",
            &made,
            "iam:DeleteRolePermissionsBoundary",
            &role,
            &nothing,
        );
        self.ask("B2", &made, "iam:CreatePolicyVersion", boundary, &nothing);
        self.ask(
            "B2",
            &made,
            "iam:CreateUser",
            &self.arn("iam", "user/x"),
            &nothing,
        );
        self.ask(
            "B2",
            &made,
            "organizations:LeaveOrganization",
            "*",
            &nothing,
        );
        self.ask("B2", &made, "account:CloseAccount", "*", &nothing);
        let cdk = self.role(&format!("cdk-hnb659fds-deploy-role-{}-x", self.account.id));
        self.ask("B2", &made, "sts:AssumeRole", &cdk, &nothing);
        for (action, resource) in self.code_of_others() {
            self.ask("B3", &made, action, &resource, &nothing);
        }
        for (path, action, resource) in [
            (
                "B5",
                "ec2:ModifyInstanceAttribute",
                self.arn("ec2", "instance/i-1"),
            ),
            (
                "B5",
                "glue:UpdateDevEndpoint",
                self.arn("glue", "devEndpoint/unrelated-x"),
            ),
        ] {
            self.ask(path, &made, action, &resource, &nothing);
        }
        let lambda = nothing.with(PASSED_TO, LAMBDA);
        self.ask("B4", &execution, "iam:PassRole", &role, &lambda);
    }

    /// Calls that run code with the role of somebody else, or that change what does.
    fn code_of_others(&self) -> Vec<(&'static str, String)> {
        let groups: [(&[&'static str], String); 9] = [
            (
                &[
                    "lambda:UpdateFunctionCode",
                    "lambda:UpdateFunctionConfiguration",
                ],
                self.arn("lambda", "function:unrelated-x"),
            ),
            (
                &["states:UpdateStateMachine"],
                self.arn("states", "stateMachine:unrelated-x"),
            ),
            (PROJECT_CALLS, self.arn("codebuild", "project/unrelated-x")),
            (
                SANDBOX_CALLS,
                self.arn("codebuild", "sandbox/unrelated-x:1"),
            ),
            (&["codebuild:ImportSourceCredentials"], "*".to_owned()),
            (INSTANCE_CALLS, self.arn("ec2", "instance/i-1")),
            (DOCUMENT_CALLS, self.arn("ssm", "document/unrelated-x")),
            (
                STACK_CALLS,
                self.arn("cloudformation", "stack/unrelated-x/1"),
            ),
            (
                STACK_SET_CALLS,
                self.arn("cloudformation", "stackset/unrelated-x:1"),
            ),
        ];
        let rest = [
            ("ecs:ExecuteCommand", self.arn("ecs", "task/unrelated-x/1")),
            ("codebuild:UpdateFleet", self.arn("codebuild", "fleet/x:1")),
            (
                "codedeploy:CreateDeployment",
                self.arn("codedeploy", "deploymentgroup:unrelated-x/group"),
            ),
            (
                "codedeploy:UpdateDeploymentGroup",
                self.arn("codedeploy", "deploymentgroup:unrelated-x/group"),
            ),
            ("ssm:ResumeSession", self.arn("ssm", "session/unrelated-1")),
            ("ssm:UpdateAssociation", self.arn("ssm", "association/1")),
            (
                "ssm:StartAssociationsOnce",
                self.arn("ssm", "association/1"),
            ),
            (
                "ssm:SendAutomationSignal",
                self.arn("ssm", "automation-execution/1"),
            ),
            (
                "ssm:RegisterTaskWithMaintenanceWindow",
                self.arn("ssm", "maintenancewindow/mw-1"),
            ),
            (
                "ssm:RegisterTargetWithMaintenanceWindow",
                self.arn("ssm", "maintenancewindow/mw-1"),
            ),
            (
                "ssm:UpdateMaintenanceWindowTask",
                self.arn("ssm", "windowtask/1"),
            ),
            ("cloudformation:ActivateType", "*".to_owned()),
            ("cloudformation:RegisterType", "*".to_owned()),
            ("cloudformation:SetTypeConfiguration", "*".to_owned()),
            ("cloudformation:SetTypeDefaultVersion", "*".to_owned()),
        ];
        groups
            .into_iter()
            .flat_map(|(actions, resource)| {
                actions
                    .iter()
                    .map(move |action| (*action, resource.clone()))
            })
            .chain(rest)
            .collect()
    }
}

/// What stands for a boundary that exists already, whose text is not in the file: it is taken to
/// hold what the docs ask of it.
fn elsewhere_defined() -> Document {
    Document::parse(&json!({
        "Statement": [
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            {
                "Effect": "Deny",
                "Action": [
                    "iam:*", "organizations:*", "account:*", "sts:AssumeRole",
                    "cloudformation:*", "codebuild:*", "codedeploy:*", "ssm:*",
                    "ec2-instance-connect:*", "ecs:ExecuteCommand", "lambda:UpdateFunction*",
                    "states:UpdateStateMachine",
                ],
                "Resource": "*",
            },
        ],
    }))
}
