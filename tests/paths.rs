//! Asks `lint` for every row of `docs/security.md` in a role that is written by hand.
//!
//! Each row has the statements that open it. They are written in every way that says the same, and
//! the path must be found; then something stops them, and it must not be. All templates are linted
//! in one run.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and reads its own files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// Statements that open a path: actions, separated by spaces, and a resource.
type Statements = &'static [(&'static str, &'static str)];

/// A row, what is open, and by which statements; `OWN` is the account, and `ops` the role that has them.
type OpenRow = (&'static str, &'static str, Statements);

const NEW: (&str, &str) = (
    "iam:CreateRole iam:PutRolePolicy iam:PassRole",
    "arn:aws:iam::OWN:role/app-*",
);
const FUNCTIONS: &str = "arn:aws:lambda:*:OWN:function:app-*";
const ALL_ROLES: (&str, &str) = ("iam:PassRole", "arn:aws:iam::OWN:role/*");
const STACKS: &str = "arn:aws:cloudformation:*:OWN:stack/app-*/*";
const OPS: &str = "arn:aws:iam::OWN:role/ops";
const OTHER: &str = "arn:aws:iam::OWN:role/other";

const ROWS: &[OpenRow] = &[
    ("E1", "put", &[("iam:PutRolePolicy", OPS)]),
    (
        "E1",
        "attach",
        &[("iam:AttachRolePolicy", "arn:aws:iam::OWN:role/o*s")],
    ),
    ("E2", "put", &[("iam:PutRolePolicy", OTHER)]),
    (
        "E2",
        "attach",
        &[("iam:AttachRolePolicy", "arn:aws:iam::OWN:role/oth*")],
    ),
    (
        "E3",
        "create",
        &[(
            "iam:CreateRole iam:AttachRolePolicy",
            "arn:aws:iam::OWN:role/app-*",
        )],
    ),
    (
        "E3",
        "patterns that meet",
        &[
            ("iam:CreateRole", "arn:aws:iam::OWN:role/*-run"),
            ("iam:PutRolePolicy", "arn:aws:iam::OWN:role/app-*"),
        ],
    ),
    (
        "E3",
        "any",
        &[("iam:UpdateAssumeRolePolicy", "arn:aws:iam::OWN:role/app-*")],
    ),
    (
        "E4",
        "lambda",
        &[
            NEW,
            ("lambda:CreateFunction lambda:InvokeFunction", FUNCTIONS),
        ],
    ),
    (
        "E4",
        "sources of events",
        &[
            NEW,
            ("lambda:CreateFunction lambda:CreateEventSourceMapping", "*"),
        ],
    ),
    (
        "E4",
        "states",
        &[
            NEW,
            (
                "states:CreateStateMachine states:StartExecution",
                "arn:aws:states:*:OWN:stateMachine:app-*",
            ),
        ],
    ),
    (
        "E4",
        "scheduler",
        &[
            NEW,
            (
                "scheduler:CreateSchedule",
                "arn:aws:scheduler:*:OWN:schedule/*/app-*",
            ),
        ],
    ),
    (
        "E4",
        "appsync",
        &[
            NEW,
            ("appsync:CreateGraphqlApi appsync:CreateDataSource", "*"),
        ],
    ),
    (
        "E4",
        "pipes",
        &[NEW, ("pipes:CreatePipe", "arn:aws:pipes:*:OWN:pipe/app-*")],
    ),
    (
        "E4",
        "firehose",
        &[
            NEW,
            (
                "firehose:CreateDeliveryStream",
                "arn:aws:firehose:*:OWN:deliverystream/app-*",
            ),
        ],
    ),
    ("E5", "lambda", &[("lambda:UpdateFunctionCode", FUNCTIONS)]),
    (
        "E5",
        "instances",
        &[(
            "codedeploy:CreateDeployment",
            "arn:aws:codedeploy:*:OWN:deploymentgroup:*",
        )],
    ),
    (
        "E5",
        "packages of the CDK",
        &[("s3:PutObject", "arn:aws:s3:::cdk-hnb659fds-assets-*")],
    ),
    (
        "E5",
        "packages of SAM",
        &[("s3:PutObject", "arn:aws:s3:::aws-sam-cli-managed-default-*")],
    ),
    (
        "E5",
        "packages of Serverless",
        &[(
            "s3:PutObject",
            "arn:aws:s3:::serverless-framework-deployments-*",
        )],
    ),
    (
        "E6",
        "lambda",
        &[
            ALL_ROLES,
            ("lambda:CreateFunction lambda:InvokeFunction", FUNCTIONS),
        ],
    ),
    (
        "E6",
        "states",
        &[
            ALL_ROLES,
            ("states:CreateStateMachine states:StartExecution", "*"),
        ],
    ),
    ("E6", "EC2", &[ALL_ROLES, ("ec2:RunInstances", "*")]),
    (
        "E6",
        "CodeBuild",
        &[
            ALL_ROLES,
            ("codebuild:CreateProject codebuild:StartBuild", "*"),
        ],
    ),
    (
        "E6",
        "ECS",
        &[ALL_ROLES, ("ecs:RegisterTaskDefinition ecs:RunTask", "*")],
    ),
    (
        "E6",
        "Glue",
        &[ALL_ROLES, ("glue:CreateJob glue:StartJobRun", "*")],
    ),
    (
        "E6",
        "CloudFormation",
        &[ALL_ROLES, ("cloudformation:CreateStack", "*")],
    ),
    (
        "E5",
        "layers",
        &[("lambda:UpdateFunctionConfiguration", FUNCTIONS)],
    ),
    (
        "E5",
        "builds",
        &[("codebuild:StartBuild", "arn:aws:codebuild:*:OWN:project/*")],
    ),
    (
        "E5",
        "batches of builds",
        &[(
            "codebuild:StartBuildBatch",
            "arn:aws:codebuild:*:OWN:project/*",
        )],
    ),
    (
        "E5",
        "shells",
        &[("ssm:StartSession", "arn:aws:ec2:*:OWN:instance/*")],
    ),
    (
        "E5",
        "keys of SSH",
        &[(
            "ec2-instance-connect:SendSSHPublicKey",
            "arn:aws:ec2:*:OWN:instance/*",
        )],
    ),
    (
        "E5",
        "user data",
        &[(
            "ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances",
            "arn:aws:ec2:*:OWN:instance/*",
        )],
    ),
    ("E5", "containers", &[("ecs:ExecuteCommand", "*")]),
    (
        "E5",
        "App Runner",
        &[(
            "apprunner:UpdateService",
            "arn:aws:apprunner:*:OWN:service/*",
        )],
    ),
    (
        "E5",
        "interpreters",
        &[(
            "bedrock-agentcore:InvokeCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession",
            "*",
        )],
    ),
    (
        "E5",
        "notebooks",
        &[(
            "sagemaker:CreatePresignedNotebookInstanceUrl",
            "arn:aws:sagemaker:*:OWN:notebook-instance/*",
        )],
    ),
    (
        "E5",
        "endpoints",
        &[("glue:UpdateDevEndpoint", "arn:aws:glue:*:OWN:devEndpoint/*")],
    ),
    (
        "E6",
        "an update of a stack",
        &[ALL_ROLES, ("cloudformation:UpdateStack", "*")],
    ),
    (
        "E6",
        "a change set",
        &[
            ALL_ROLES,
            (
                "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
                "*",
            ),
        ],
    ),
    (
        "E6",
        "spot instances",
        &[ALL_ROLES, ("ec2:RequestSpotInstances", "*")],
    ),
    (
        "E6",
        "an instance profile",
        &[ALL_ROLES, ("ec2:AssociateIamInstanceProfile", "*")],
    ),
    (
        "E6",
        "another instance profile",
        &[ALL_ROLES, ("ec2:ReplaceIamInstanceProfileAssociation", "*")],
    ),
    (
        "E6",
        "batches of builds",
        &[
            ALL_ROLES,
            ("codebuild:CreateProject codebuild:StartBuildBatch", "*"),
        ],
    ),
    (
        "E6",
        "services of ECS",
        &[
            ALL_ROLES,
            ("ecs:RegisterTaskDefinition ecs:CreateService", "*"),
        ],
    ),
    (
        "E6",
        "a task on an instance",
        &[ALL_ROLES, ("ecs:RegisterTaskDefinition ecs:StartTask", "*")],
    ),
    (
        "E6",
        "triggers of Glue",
        &[ALL_ROLES, ("glue:CreateJob glue:CreateTrigger", "*")],
    ),
    (
        "E6",
        "App Runner",
        &[ALL_ROLES, ("apprunner:CreateService", "*")],
    ),
    (
        "E6",
        "Batch",
        &[
            ALL_ROLES,
            ("batch:RegisterJobDefinition batch:SubmitJob", "*"),
        ],
    ),
    (
        "E6",
        "AgentCore",
        &[
            ALL_ROLES,
            (
                "bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter",
                "*",
            ),
        ],
    ),
    (
        "E6",
        "notebooks",
        &[
            ALL_ROLES,
            (
                "sagemaker:CreateNotebookInstance sagemaker:CreatePresignedNotebookInstanceUrl",
                "*",
            ),
        ],
    ),
    (
        "E6",
        "training",
        &[ALL_ROLES, ("sagemaker:CreateTrainingJob", "*")],
    ),
    (
        "E6",
        "processing",
        &[ALL_ROLES, ("sagemaker:CreateProcessingJob", "*")],
    ),
    (
        "E6",
        "endpoints of Glue",
        &[ALL_ROLES, ("glue:CreateDevEndpoint", "*")],
    ),
    (
        "E6",
        "sessions of Glue",
        &[ALL_ROLES, ("glue:CreateSession glue:RunStatement", "*")],
    ),
    (
        "E6",
        "Data Pipeline",
        &[
            ALL_ROLES,
            (
                "datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline",
                "*",
            ),
        ],
    ),
    (
        "E6",
        "EMR Serverless",
        &[
            ALL_ROLES,
            (
                "emr-serverless:CreateApplication emr-serverless:StartJobRun",
                "*",
            ),
        ],
    ),
    (
        "E6",
        "Kinesis Analytics",
        &[
            ALL_ROLES,
            (
                "kinesisanalytics:CreateApplication kinesisanalytics:StartApplication",
                "*",
            ),
        ],
    ),
    (
        "E6",
        "automations",
        &[
            ALL_ROLES,
            ("ssm:CreateDocument ssm:StartAutomationExecution", "*"),
        ],
    ),
    (
        "E7",
        "roles",
        &[("iam:TagRole", "arn:aws:iam::OWN:role/app-*")],
    ),
    (
        "E7",
        "untagged",
        &[("iam:UntagRole", "arn:aws:iam::OWN:role/app-*")],
    ),
    ("E7", "users", &[("iam:TagUser", "arn:aws:iam::OWN:user/*")]),
    ("E8", "lambda", &[("lambda:AddPermission", FUNCTIONS)]),
    (
        "E8",
        "layers",
        &[(
            "lambda:AddLayerVersionPermission",
            "arn:aws:lambda:*:OWN:layer:app-*",
        )],
    ),
    (
        "E8",
        "images",
        &[(
            "ecr:SetRepositoryPolicy",
            "arn:aws:ecr:*:OWN:repository/app-*",
        )],
    ),
    ("E8", "s3", &[("s3:PutBucketPolicy", "arn:aws:s3:::app-*")]),
    (
        "E8",
        "sns",
        &[("sns:SetTopicAttributes", "arn:aws:sns:*:OWN:app-*")],
    ),
    (
        "E8",
        "sqs",
        &[("sqs:SetQueueAttributes", "arn:aws:sqs:*:OWN:app-*")],
    ),
    (
        "E8",
        "dynamodb",
        &[(
            "dynamodb:PutResourcePolicy",
            "arn:aws:dynamodb:*:OWN:table/app-*",
        )],
    ),
    (
        "E8",
        "kinesis",
        &[(
            "kinesis:PutResourcePolicy",
            "arn:aws:kinesis:*:OWN:stream/app-*",
        )],
    ),
    (
        "E8",
        "kms",
        &[("kms:PutKeyPolicy", "arn:aws:kms:*:OWN:key/*")],
    ),
    (
        "E8",
        "grants",
        &[("kms:CreateGrant", "arn:aws:kms:*:OWN:key/*")],
    ),
    (
        "E8",
        "pools",
        &[(
            "cognito-idp:UpdateUserPool",
            "arn:aws:cognito-idp:*:OWN:userpool/*",
        )],
    ),
    (
        "E8",
        "records",
        &[(
            "route53:ChangeResourceRecordSets",
            "arn:aws:route53:::hostedzone/*",
        )],
    ),
    (
        "E8",
        "groups",
        &[(
            "ec2:AuthorizeSecurityGroupIngress",
            "arn:aws:ec2:*:OWN:security-group/*",
        )],
    ),
    (
        "E8",
        "secrets",
        &[(
            "secretsmanager:PutResourcePolicy",
            "arn:aws:secretsmanager:*:OWN:secret:app-*",
        )],
    ),
    (
        "E8",
        "wafv2",
        &[(
            "wafv2:PutPermissionPolicy",
            "arn:aws:wafv2:*:OWN:regional/rulegroup/*",
        )],
    ),
    ("E8", "logs", &[("logs:PutResourcePolicy", "*")]),
    (
        "E8",
        "events",
        &[(
            "events:PutPermission",
            "arn:aws:events:*:OWN:event-bus/app-*",
        )],
    ),
    (
        "E8",
        "url",
        &[("lambda:CreateFunctionUrlConfig", FUNCTIONS)],
    ),
    ("E9", "policy", &[("cloudformation:SetStackPolicy", STACKS)]),
    ("E9", "deletion", &[("cloudformation:DeleteStack", STACKS)]),
    (
        "E9",
        "change set",
        &[("cloudformation:ExecuteChangeSet", STACKS)],
    ),
    ("E10", "creation", &[("cloudformation:CreateStack", STACKS)]),
    ("E10", "update", &[("cloudformation:UpdateStack", STACKS)]),
    (
        "E10",
        "change set",
        &[(
            "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
            STACKS,
        )],
    ),
    ("E10", "deletion", &[("cloudformation:DeleteStack", STACKS)]),
    ("E13", "another", &[("iam:UpdateAssumeRolePolicy", OTHER)]),
    ("E13", "itself", &[("iam:UpdateAssumeRolePolicy", OPS)]),
    (
        "E14",
        "its own",
        &[("iam:CreatePolicyVersion", "arn:aws:iam::OWN:policy/own")],
    ),
    (
        "E14",
        "an old version",
        &[("iam:SetDefaultPolicyVersion", "arn:aws:iam::OWN:policy/own")],
    ),
    (
        "E14",
        "another",
        &[("iam:CreatePolicyVersion", "arn:aws:iam::OWN:policy/others")],
    ),
    (
        "E15",
        "keys",
        &[("iam:CreateAccessKey", "arn:aws:iam::OWN:user/*")],
    ),
    (
        "E15",
        "passwords",
        &[("iam:UpdateLoginProfile", "arn:aws:iam::OWN:user/*")],
    ),
    (
        "E15",
        "users",
        &[("iam:PutUserPolicy", "arn:aws:iam::OWN:user/*")],
    ),
    (
        "E15",
        "groups",
        &[("iam:AttachGroupPolicy", "arn:aws:iam::OWN:group/*")],
    ),
    (
        "E15",
        "members",
        &[("iam:AddUserToGroup", "arn:aws:iam::OWN:group/*")],
    ),
    (
        "E15",
        "providers",
        &[(
            "iam:CreateOpenIDConnectProvider",
            "arn:aws:iam::OWN:oidc-provider/*",
        )],
    ),
    (
        "E15",
        "roles of others",
        &[("iam:PutRolePolicy", "arn:aws:iam::OWN:role/shop-*")],
    ),
    (
        "E15",
        "policies",
        &[("iam:CreatePolicyVersion", "arn:aws:iam::OWN:policy/shop-*")],
    ),
    (
        "E15",
        "any role",
        &[("sts:AssumeRole", "arn:aws:iam::OWN:role/*")],
    ),
    (
        "E17",
        "by a pattern",
        &[("sts:AssumeRole", "arn:aws:iam::*:role/cdk-*")],
    ),
    (
        "E17",
        "in another region",
        &[(
            "sts:AssumeRole",
            "arn:aws:iam::OWN:role/cdk-own-deploy-role-OWN-eu-west-3",
        )],
    ),
];

/// How the statements of a row are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Written {
    Plain,
    NotAction,
    WildcardInTheMiddle,
    Shouted,
    InAnotherPartition,
    InTwoPolicies,
    InManagedPolicies,
    InPoliciesThatAttachThemselves,
    OfAGroup,
    WithAConditionThatHolds,
    Denied,
    DeniedButForAnotherService,
    Bounded,
    WithAConditionThatFails,
}

const OPEN: &[Written] = &[
    Written::Plain,
    Written::NotAction,
    Written::WildcardInTheMiddle,
    Written::Shouted,
    Written::InAnotherPartition,
    Written::InTwoPolicies,
    Written::InManagedPolicies,
    Written::InPoliciesThatAttachThemselves,
    Written::OfAGroup,
    Written::WithAConditionThatHolds,
];

const CLOSED: &[Written] = &[
    Written::Denied,
    Written::DeniedButForAnotherService,
    Written::Bounded,
    Written::WithAConditionThatFails,
];

const HEAD: &str = "\
AWSTemplateFormatVersion: '2010-09-09-OC'
Organization: !Include ./organization.yml
DefaultOrganizationBindingRegion: eu-west-1
DefaultOrganizationBinding: { Account: !Ref ProdAccount }
Resources:
  Other:
    Type: AWS::IAM::Role
    Properties:
      RoleName: other
      AssumeRolePolicyDocument: &trust
        Version: '2012-10-17'
        Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }
  Others:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: others
      PolicyDocument: &harmless
        Version: '2012-10-17'
        Statement: { Effect: Allow, Action: sts:GetCallerIdentity, Resource: '*' }
  Own:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: own
      PolicyDocument: *harmless
";

/// One statement that allows an action.
fn statement(action: &str, resource: &str, written: Written) -> String {
    let (service, name) = action.split_once(':').unwrap();
    let resource = resource.replace("OWN", "${AWS::AccountId}");
    let resource = match written {
        Written::InAnotherPartition => resource.replace("arn:aws:", "arn:${AWS::Partition}:"),
        _ => resource,
    };
    let action = match written {
        Written::NotAction => "NotAction: organizations:LeaveOrganization".to_owned(),
        Written::WildcardInTheMiddle => {
            let first = name.get(..3).unwrap();
            let last = name.get(name.len() - 3..).unwrap();
            format!("Action: '{service}:{first}*{last}'")
        }
        Written::Shouted => format!("Action: '{}'", action.to_uppercase()),
        _ => format!("Action: '{action}'"),
    };
    let condition = match written {
        Written::WithAConditionThatHolds => {
            ", Condition: { Bool: { aws:SecureTransport: 'true' }, \
             StringEquals: { aws:PrincipalAccount: !Ref AWS::AccountId } }"
        }
        Written::WithAConditionThatFails => {
            ", Condition: { ArnEquals: { aws:PrincipalArn: 'arn:aws:iam::111111111111:role/x' } }"
        }
        _ => "",
    };
    format!("{{ Effect: Allow, {action}, Resource: !Sub '{resource}'{condition} }}")
}

/// The template of a row.
fn template(row: &OpenRow, written: Written) -> String {
    let (_, _, said) = row;
    let mut statements = Vec::new();
    for (actions, resource) in *said {
        let actions = actions.split(' ');
        statements.extend(actions.map(|action| statement(action, resource, written)));
    }
    let document = |indent: &str, statements: &[String]| {
        let lines = statements
            .iter()
            .map(|one| format!("{indent}    - {one}\n"));
        format!(
            "{indent}PolicyDocument:\n{indent}  Version: '2012-10-17'\n{indent}  Statement:\n{}",
            lines.collect::<String>()
        )
    };
    let policy = |name: &str, statements: &[String]| {
        format!(
            "        - PolicyName: {name}\n{}",
            document("          ", statements)
        )
    };
    let mut out = HEAD.to_owned();
    let mut inline = String::new();
    let mut arns = "!Ref Own".to_owned();
    let mut bounds = "";
    match written {
        Written::InTwoPolicies => {
            for (at, one) in statements.iter().enumerate() {
                inline += &policy(&format!("p{at}"), std::slice::from_ref(one));
            }
        }
        Written::InManagedPolicies => {
            inline = policy("first", &statements[..1]);
            arns += ", !Ref More";
            let rest = document("      ", &statements[1.min(statements.len() - 1)..]);
            write!(
                out,
                "  More:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n{rest}"
            )
            .unwrap();
        }
        Written::InPoliciesThatAttachThemselves => {
            for (at, one) in statements.iter().enumerate() {
                let one = document("      ", std::slice::from_ref(one));
                let head = format!("  P{at}:\n    Type: AWS::IAM::Policy\n    Properties:\n");
                write!(
                    out,
                    "{head}      PolicyName: p{at}\n      Roles: [!Ref Ops]\n{one}"
                )
                .unwrap();
            }
        }
        Written::Denied => {
            for (actions, _) in *said {
                let actions = actions.replace(' ', ", ");
                statements.push(format!(
                    "{{ Effect: Deny, Action: [{actions}], Resource: '*' }}"
                ));
            }
            inline = policy("all", &statements);
        }
        Written::DeniedButForAnotherService => {
            statements.push("{ Effect: Deny, NotAction: 'xray:*', Resource: '*' }".to_owned());
            inline = policy("all", &statements);
        }
        _ => inline = policy("all", &statements),
    }
    if written == Written::Bounded {
        out += "  Limit:\n    Type: AWS::IAM::ManagedPolicy\n    Properties: { PolicyDocument: *harmless }\n";
        bounds = "      PermissionsBoundary: !Ref Limit\n";
    }
    let policies = match inline.as_str() {
        "" => String::new(),
        inline => format!("      Policies:\n{inline}"),
    };
    if written == Written::OfAGroup {
        let group = "  Team:\n    Type: AWS::IAM::Group\n    Properties:\n      GroupName: team\n";
        let user = "  Ops:\n    Type: AWS::IAM::User\n    Properties: { UserName: ops, Groups: [!Ref Team] }\n";
        let managed = format!("      ManagedPolicyArns: [{arns}]\n");
        return format!("{out}{group}{managed}{policies}{user}");
    }
    let head = "  Ops:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: ops\n";
    let trust = "      AssumeRolePolicyDocument: *trust\n";
    format!("{out}{head}{trust}      ManagedPolicyArns: [{arns}]\n{bounds}{policies}")
}

/// Whether a row that is written so makes sense.
fn is_possible(row: &OpenRow, written: Written) -> bool {
    let (id, what, _) = row;
    match written {
        // A user is no role that may be changed, and what it may do to all users or groups is E1.
        Written::OfAGroup => *id != "E1" && !["itself", "users", "groups"].contains(what),
        // All actions on these are more than the row.
        Written::NotAction => !["E3", "E4", "E6", "E15"].contains(id) && *what != "deletion",
        _ => true,
    }
}

/// The rows that `lint` finds for `Ops`, by template.
fn found(templates: &BTreeMap<String, String>) -> BTreeMap<String, BTreeSet<String>> {
    let place = tempfile::tempdir().unwrap();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let organization = root.join("tests/golden/minimal/organization.yml");
    std::fs::copy(organization, place.path().join("organization.yml")).unwrap();
    for (name, text) in templates {
        std::fs::write(place.path().join(name), text).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_deploy-roles"));
    command.current_dir(place.path());
    command.args([
        "lint",
        "--rule",
        "escalation-path",
        "--rule",
        "boundary-does-not-bind",
    ]);
    let output = command.args(["--format", "text", "."]).output().unwrap();
    let problems = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{problems}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in text
        .split("\n\n")
        .filter(|finding| finding.contains("]: `Ops` "))
    {
        let file = finding.split("--> ").nth(1).unwrap();
        let file = file.split(':').next().unwrap().to_owned();
        let rows = found.entry(file).or_default();
        let lines = finding.lines().filter_map(|line| line.strip_prefix("  E"));
        rows.extend(lines.filter_map(|line| Some(format!("E{}", line.split_once(": ")?.0))));
    }
    found
}

fn name_of(at: usize, written: Written) -> String {
    format!("{at:03}-{written:?}.src.yml")
}

fn templates(of: &[Written]) -> BTreeMap<String, String> {
    let mut templates = BTreeMap::new();
    for (at, row) in ROWS.iter().enumerate() {
        for written in of.iter().filter(|written| is_possible(row, **written)) {
            templates.insert(name_of(at, *written), template(row, *written));
        }
    }
    templates
}

#[test]
fn every_way_to_write_an_open_row_is_found() {
    let templates = templates(OPEN);
    let found = found(&templates);
    let mut failed = String::new();
    for (at, row) in ROWS.iter().enumerate() {
        for written in OPEN.iter().filter(|written| is_possible(row, **written)) {
            let rows = found.get(&name_of(at, *written));
            if !rows.is_some_and(|rows| rows.contains(row.0)) {
                writeln!(failed, "{} ({}), {written:?}: found {rows:?}", row.0, row.1).unwrap();
            }
        }
    }
    assert!(templates.len() > 600, "{}", templates.len());
    assert!(failed.is_empty(), "\n{failed}");
}

#[test]
fn what_stops_a_row_silences_it() {
    let templates = templates(CLOSED);
    let found = found(&templates);
    assert!(templates.len() > 250, "{}", templates.len());
    assert!(found.is_empty(), "{found:#?}");
}

/// The rows of the page that are about who deploys, and how rules other than `escalation-path` find them.
const BY_OTHER_RULES: &[(&str, &str)] = &[
    ("E11", "prefix-of-another-app"),
    ("E12", "long-lived-key"),
    ("E16", "each of E1 to E15, of whoever CI is"),
];

#[test]
fn every_row_of_the_page_is_asked() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `E"));
    let rows = rows.map(|row| format!("E{}", row.split([' ', '`']).next().unwrap()));
    let of_page: BTreeSet<String> = rows.collect();
    let asked = ROWS.iter().map(|row| row.0);
    let asked = asked.chain(BY_OTHER_RULES.iter().map(|row| row.0));
    let asked: BTreeSet<String> = asked.map(str::to_owned).collect();
    assert_eq!(of_page, asked);
    assert_eq!(of_page.len(), 17);
}
