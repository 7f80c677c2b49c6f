"""The cases of clis.py that run the AWS CDK: through the roles of its bootstrap, and with `cdk: [direct]`.

The app is clis/apps/cdk.
"""

from pathlib import Path

import cases
import cliflow

SERVICES = "Services: [lambda, iam, sns, sqs, ssm]"
MACROS = {
    "cdkorders": f"Framework: cdk\n    {SERVICES.replace('lambda', 'lambda: [image]')}",
    "cdkdirect": f"Framework: [cdk: [direct]]\n    {SERVICES}\n    TrustedBy: [GitHubUser, GitHubOidc: {{ Repository: acme/cdkdirect, RepositoryId: 21, OwnerId: 123456, Provider: create, Direct: true }}]",
}
HERE = Path(__file__).resolve().parent
POLICIES = ("Base", "Functions", "Data", "Identities", "KeysAndParameters")
DEPLOY = ["cdk", "deploy", "--require-approval", "never"]
# What it says where nobody can answer.
NOBODY = "terminal (TTY) is not attached so we are unable to get a confirmation from the user"
# The name of the app's topic, and one that its roles may not create.
OTHERS = ("topicName: '", "topicName: 'others-")


def prepare(run, **env):
    """The app in the folder of the run, and what its environment says in addition."""
    run.copy("cdk")
    return {"NODE_PATH": str(HERE / "clis/node_modules"), **env}


def bootstrap(run, env, *more, says=()):
    """As an administrator of the account, with the command of docs/frameworks/cdk.md."""
    place = f"aws://{run.account}/eu-west-1"
    run.step("bootstraps", ["cdk", "bootstrap", place, "--app", "", *more], env=env, administrator=True, says=says)


def through_the_bootstrap(run):
    env, stack = prepare(run), "cdkorders-dev"
    said = ["could not be used to assume", "version not found in aws://", "Has the environment been bootstrapped?"]
    run.step("needs the bootstrap", DEPLOY, env=env, code=None, denied=["s3:ListBucket", "sts:AssumeRole"], says=said)
    policies = [f"arn:aws:iam::{run.account}:policy/managed/{run.app}-Deploy{name}" for name in POLICIES]
    bootstrap(run, env, "--cloudformation-execution-policies", ",".join(policies))
    execution = f"cdk-hnb659fds-cfn-exec-role-{run.account}-eu-west-1"
    attached = [p["PolicyArn"] for p in run.admin("iam").list_attached_role_policies(RoleName=execution)["AttachedPolicies"]]
    run.check(sorted(attached) == sorted(policies), "the execution role of the bootstrap has the macro's policies", str(attached))

    run.step("asks for approval", DEPLOY[:2], env=env, code=1, says=[NOBODY])
    # Deployments that fail: the role that CloudFormation works with may not do it.
    refused = ["cfn-exec-role", "is not authorized to perform: sns:"]
    run.change("app.js", OTHERS)
    run.step("fails to create", DEPLOY, env=env, code=1, says=refused)
    run.check(run.stack(stack) == "ROLLBACK_COMPLETE", "the stack is rolled back", str(run.stack(stack)))
    run.change("app.js", OTHERS[::-1])
    run.step("deploys, once it has deleted what failed", DEPLOY, env=env, calls=["cloudformation:DeleteStack"])
    run.check(run.stack(stack) == "CREATE_COMPLETE", "the stack is there", str(run.stack(stack)))
    run.change("app.js", OTHERS)
    # The CDK looks for more about it in CloudTrail, as the lookup role.
    run.step("fails to update", DEPLOY, env=env, code=1, says=refused, calls=["cloudtrail:LookupEvents"])
    run.check(run.stack(stack) == "UPDATE_ROLLBACK_COMPLETE", "the update is rolled back", str(run.stack(stack)))
    run.step("fails to update, and stays", [*DEPLOY, "--no-rollback"], env=env, code=1, says=refused)
    run.check(run.stack(stack) == "UPDATE_FAILED", "the update is not rolled back", str(run.stack(stack)))
    run.step("rolls back", ["cdk", "rollback"], env=env, calls=["cloudformation:RollbackStack"])
    run.check(run.stack(stack) == "UPDATE_ROLLBACK_COMPLETE", "the update is rolled back by hand", str(run.stack(stack)))
    # Somebody froze the queues, and an administrator rolled back in vain. The CDK would learn of that from events that come later.
    run.change("app.js", ("Duration.seconds(30)", "Duration.seconds(45)"))
    run.step("fails after a change, and stays", [*DEPLOY, "--no-rollback"], env=env, code=1, says=refused)
    run.freeze("sqs:*", execution)
    run.admin("cloudformation").rollback_stack(StackName=stack)
    run.check(run.stack(stack) == "UPDATE_ROLLBACK_FAILED", "the rollback fails", str(run.stack(stack)))
    run.thaw(execution)
    run.step("goes on rolling back", ["cdk", "rollback"], env=env, calls=["cloudformation:ContinueUpdateRollback"])
    run.check(run.stack(stack) == "UPDATE_ROLLBACK_COMPLETE", "the rollback is over", str(run.stack(stack)))
    run.change("app.js", OTHERS[::-1], ("Duration.seconds(45)", "Duration.seconds(30)"))

    run.step("deploys the same again", DEPLOY, env=env, says=["no changes"])
    run.change("app.js", ("Duration.seconds(30)", "Duration.seconds(60)"))
    run.step("diff", ["cdk", "diff"], env=env, says=["VisibilityTimeout"])
    run.step("changes", DEPLOY, env=env)
    run.check(run.stack(stack) == "UPDATE_COMPLETE", "the stack is changed", str(run.stack(stack)))
    pushed = ["ecr:DescribeRepositories", "ecr:GetAuthorizationToken", "ecr:UploadLayerPart", "ecr:PutImage"]
    run.step("deploys, and pushes an image", DEPLOY, env={**env, "IMAGE": "yes"}, calls=pushed)
    run.admin("ssm").put_parameter(Name="/cdkorders/lookup", Value="hello", Type="String")
    run.step("looks up", ["cdk", "synth", "--quiet"], env={**env, "LOOKUP": "/cdkorders/lookup"})
    run.step("cannot pass another role", [*DEPLOY, "--force", "--role-arn", run.deployer], env=env, code=None, denied=["iam:PassRole"])
    run.step("hotswaps no function", [*DEPLOY, "--hotswap", "--force"], env=env, code=None, denied=["cloudformation:DescribeStacks"])
    run.step("has no drift", ["cdk", "drift"], env=env, code=None, denied=["cloudformation:DetectStackDrift"])
    run.step("asks before it destroys", ["cdk", "destroy"], env=env, code=1, says=[NOBODY])
    run.step("destroys", ["cdk", "destroy", "--force"], env=env)
    run.check(run.stack(stack) is None, "the stack is gone", str(run.stack(stack)))

    # The generated workflow, signed in by the user's key.
    prepare(run)
    said = cliflow.deploy(run, env)
    run.check(run.stack(stack) == "CREATE_COMPLETE", "the workflow deploys", said)


def direct(run):
    env, stack = prepare(run, DIRECT="yes"), "cdkdirect-dev"
    as_role = [*DEPLOY, "--role-arn", run.role]
    bootstrap(run, env, "--cloudformation-execution-policies", "arn:aws:iam::aws:policy/AWSDenyAll")
    # The CDK deletes the empty stack of what nobody approved, and names no role.
    run.step("asks for approval", ["cdk", "deploy", "--role-arn", run.role], env=env, code=1, denied=["cloudformation:DeleteStack"])
    run.check(run.stack(stack) == "REVIEW_IN_PROGRESS", "the empty stack stays", str(run.stack(stack)))
    run.step("destroys the empty stack", ["cdk", "destroy", "--force", "--role-arn", run.role], env=env)
    run.change("app.js", OTHERS)
    said = ["cdkdirect-CloudFormationExecutionRole/AWSCloudFormation is not authorized to perform: sns:"]
    run.step("fails to create, and stays", [*as_role, "--no-rollback"], env=env, code=1, says=said)
    run.check(run.stack(stack) == "CREATE_FAILED", "the stack is not rolled back", str(run.stack(stack)))
    run.step("rolls back", ["cdk", "rollback", "--role-arn", run.role], env=env, calls=["cloudformation:RollbackStack"])
    run.check(run.stack(stack) == "ROLLBACK_COMPLETE", "the stack is rolled back by hand", str(run.stack(stack)))
    run.change("app.js", OTHERS[::-1])
    # The CDK names no role when it deletes what failed, whatever it is told.
    run.step("deletes no stack that failed", as_role, env=env, code=1, denied=["cloudformation:DeleteStack"])
    run.step("destroys what failed", ["cdk", "destroy", "--force", "--role-arn", run.role], env=env)
    run.step("deploys", as_role, env=env)
    run.check(run.stack(stack) == "CREATE_COMPLETE", "the stack is there", str(run.stack(stack)))
    run.change("app.js", ("Duration.seconds(30)", "Duration.seconds(60)"))
    run.step("diff", ["cdk", "diff"], env=env, denied=["cloudformation:CreateChangeSet"], says=["VisibilityTimeout"])
    run.step("diff --method template", ["cdk", "diff", "--method", "template"], env=env, says=["VisibilityTimeout"])
    run.step("diff --method change-set", ["cdk", "diff", "--method", "change-set"], env=env, code=None, denied=["cloudformation:CreateChangeSet"])
    run.step("changes", as_role, env=env)
    run.check(run.stack(stack) == "UPDATE_COMPLETE", "the stack is changed", str(run.stack(stack)))
    run.admin("ssm").put_parameter(Name="/cdkdirect/lookup", Value="hello", Type="String")
    run.step("looks up", ["cdk", "synth", "--quiet"], env={**env, "LOOKUP": "/cdkdirect/lookup"})
    run.step("looks up no other", ["cdk", "synth", "--quiet"], env={**env, "LOOKUP": "/other/lookup"}, code=None, denied=["ssm:GetParameter"])
    run.change("handler/index.js", ("async () =>", "async (event) =>"))
    run.step("hotswaps no function", [*as_role, "--hotswap"], env=env, code=1, denied=["lambda:UpdateFunctionCode"])
    run.step("needs --role-arn", [*DEPLOY, "--force"], env=env, code=None, denied=["cloudformation:CreateChangeSet"])
    run.step("has no drift", ["cdk", "drift"], env=env, code=None, denied=["cloudformation:DetectStackDrift"])
    run.step("destroy needs --role-arn", ["cdk", "destroy", "--force"], env=env, code=None, denied=["cloudformation:DeleteStack"])
    run.step("destroys", ["cdk", "destroy", "--force", "--role-arn", run.role], env=env)
    run.check(run.stack(stack) is None, "the stack is gone", str(run.stack(stack)))

    # The generated workflow, signed in by GitHub's token.
    prepare(run)
    said = cliflow.deploy(run, env, cases.github("acme/cdkdirect", 21, "dev"), cliflow.strangers("acme/cdkdirect", 21))
    run.check(run.stack(stack) == "CREATE_COMPLETE", "the workflow deploys", said)
