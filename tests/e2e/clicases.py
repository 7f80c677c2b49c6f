"""The cases of clis.py: which CLI runs what, as which app, and what it must be denied."""

import re
import sys

import cases
import clicdk
import cliflow
import clisam
import clisls

# The macros, by AppId. Each has an account of its own, which `account_of` names.
MACROS = {
    "cfnorders": "Framework: cloudformation\n    Services: [lambda, logs, s3, iam, sqs, ssm]\n    TestRole: true",
    **clicdk.MACROS,
    **clisam.MACROS,
    **clisls.MACROS,
}


def macro_of(app):
    return "".join(word.capitalize() for word in re.findall("[a-z]+", app))


def account_of(app):
    return macro_of(app) + "Account"


def world(macros):
    """The organization and its template: an account for each macro, and the Tools account."""
    macros = sorted(set(macros))
    accounts = [cases.Account("ToolsAccount", "012345678901")]
    accounts += [cases.Account(account_of(app), f"3000000000{10 + number}") for number, app in enumerate(sorted(MACROS)) if app in macros]
    text = cases.HEAD
    for app in macros:
        trusted = "" if "TrustedBy" in MACROS[app] else "    TrustedBy: [GitHubUser]\n"
        text += f"  {macro_of(app)}: !DeployRoles\n    AppId: {app}\n    ToolsAccount: !Ref ToolsAccount\n{trusted}"
        text += f"    {MACROS[app]}\n    Targets: {{ dev: !Ref {account_of(app)} }}\n"
    return cases.Case("clis", accounts, [cases.Version(text, [])])


# `python -m` rather than the script, which names its interpreter by a path that may be too long for the kernel.
AWS = [sys.executable, "-m", "awscli"]
CFN = [*AWS, "cloudformation"]
# The name of the app's queue, and one that its roles may not create.
OTHERS = ("QueueName: cfnorders-", "QueueName: others-")

# ------------------------------------------------------------------------------------------------ aws cloudformation


def aws_cli(run):
    run.copy("cloudformation")
    stack = "cfnorders-dev"
    run.admin("ssm").put_parameter(Name="/cfnorders/greeting", Value="hello", Type="String")
    run.admin("ssm").put_parameter(Name="/other/greeting", Value="hello", Type="String")
    run.admin("s3").create_bucket(Bucket="cfnorders-dev-packages", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    deploy = [*CFN, "deploy", "--stack-name", stack, "--template-file", "template.yml", "--capabilities", "CAPABILITY_NAMED_IAM"]
    as_role = ["--role-arn", run.role]

    run.step("validate-template", [*CFN, "validate-template", "--template-body", "file://valid.json"])
    # A first deployment that fails: nobody can update the stack that it leaves.
    run.change("template.yml", OTHERS)
    run.step("fails to create", [*deploy, *as_role], code=None, says=["Failed to create/update the stack"])
    run.check(run.stack(stack) == "ROLLBACK_COMPLETE", "the creation is rolled back", str(run.stack(stack)))
    run.change("template.yml", OTHERS[::-1])
    run.step("updates no stack that failed", [*deploy, *as_role], code=None, says=["is in ROLLBACK_COMPLETE state and can not be updated"])
    run.step("deletes what failed", [*CFN, "delete-stack", "--stack-name", stack, *as_role])
    run.step("deploys", [*deploy, *as_role, "--tags", "team=orders"], says=["Successfully created/updated stack - cfnorders-dev"])
    run.check(run.stack(stack) == "CREATE_COMPLETE", "the stack is there", str(run.stack(stack)))
    run.step("deploys the same again", [*deploy, *as_role, "--no-fail-on-empty-changeset"])
    run.change("template.yml", ("VisibilityTimeout: 30", "VisibilityTimeout: 60"))
    run.step("changes", [*deploy, *as_role], says=["Successfully created/updated stack"])
    run.check(run.stack(stack) == "UPDATE_COMPLETE", "the stack is changed", str(run.stack(stack)))

    # Information.
    name = ["--stack-name", stack]
    for command in ("describe-stacks", "describe-stack-events", "describe-events", "describe-stack-resources", "list-stack-resources", "get-template", "get-template-summary", "list-change-sets", "get-stack-policy"):
        run.step(command, [*CFN, command, *name])
    run.step("describe-stack-resource", [*CFN, "describe-stack-resource", *name, "--logical-resource-id", "Incoming"])
    for command in ("list-stacks", "list-exports"):
        run.step(command, [*CFN, command])
    run.step("get-template-summary of a file", [*CFN, "get-template-summary", "--template-body", "file://template.yml"])
    run.step("set-stack-policy", [*CFN, "set-stack-policy", *name, "--stack-policy-body", '{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}'])
    run.step("update-termination-protection", [*CFN, "update-termination-protection", *name, "--no-enable-termination-protection"])

    # Other ways to do the same, and out of a failure.
    body = ["--template-body", "file://template.yml", "--capabilities", "CAPABILITY_NAMED_IAM"]
    run.change("template.yml", ("VisibilityTimeout: 60", "VisibilityTimeout: 90"))
    run.step("update-stack", [*CFN, "update-stack", *name, *body, *as_role])
    run.step("create-stack", [*CFN, "create-stack", "--stack-name", "cfnorders-two", *body, *as_role])
    run.step("create-change-set", [*CFN, "create-change-set", *name, "--change-set-name", "mine", "--change-set-type", "UPDATE", *body, *as_role, "--tags", "Key=team,Value=orders"])
    run.step("describe-change-set", [*CFN, "describe-change-set", *name, "--change-set-name", "mine"])
    run.step("delete-change-set", [*CFN, "delete-change-set", *name, "--change-set-name", "mine"])
    run.step("cancel-update-stack", [*CFN, "cancel-update-stack", *name])

    # A rollback that fails, too: somebody froze the queues in the meantime.
    run.change("template.yml", ("VisibilityTimeout: 90", "VisibilityTimeout: 120"), ("!Sub '${AWS::StackName}-work'", "others-dev-work"))
    run.step("fails to update, and stays", [*deploy, *as_role, "--disable-rollback"], code=None, says=["Failed to create/update the stack"])
    run.check(run.stack(stack) == "UPDATE_FAILED", "the update is not rolled back", str(run.stack(stack)))
    run.freeze("sqs:*")
    run.step("rollback-stack", [*CFN, "rollback-stack", *name, *as_role])
    run.check(run.stack(stack) == "UPDATE_ROLLBACK_FAILED", "the rollback fails", str(run.stack(stack)))
    run.step("updates no stack whose rollback failed", [*deploy, *as_role], code=None, says=["is in UPDATE_ROLLBACK_FAILED state and can not be updated"])
    run.thaw()
    run.step("continue-update-rollback", [*CFN, "continue-update-rollback", *name, *as_role])
    run.check(run.stack(stack) == "UPDATE_ROLLBACK_COMPLETE", "the rollback is over", str(run.stack(stack)))
    run.change("template.yml", ("VisibilityTimeout: 120", "VisibilityTimeout: 90"), ("others-dev-work", "!Sub '${AWS::StackName}-work'"))

    # A deployment that fails: the role that CloudFormation works with may not do it.
    run.change("template.yml", OTHERS)
    run.step("fails for the execution role", [*deploy, *as_role], code=None, says=["Failed to create/update the stack"])
    run.check(run.stack(stack) == "UPDATE_ROLLBACK_COMPLETE", "the stack is rolled back", str(run.stack(stack)))
    run.step("says why", [*CFN, "describe-stack-events", *name], says=["cfnorders-CloudFormationExecutionRole/AWSCloudFormation is not authorized to perform: sqs:"])

    # What is refused, as docs/frameworks/cloudformation.md says.
    run.change("template.yml", OTHERS[::-1])
    run.change("template.yml", ("VisibilityTimeout: 90", "VisibilityTimeout: 10"))
    denied = "when calling the {0} operation: User: arn:aws:sts::" + run.account + ":assumed-role/cfnorders-DeployerRole/"
    run.step("needs --role-arn", deploy, code=None, denied=["cloudformation:CreateChangeSet"], says=["(AccessDenied) " + denied.format("CreateChangeSet")])
    run.step("needs the execution role", [*deploy, "--role-arn", run.deployer], code=None, denied=["cloudformation:CreateChangeSet"])
    other = [*CFN, "deploy", "--stack-name", "other-dev", *deploy[len(CFN) + 3 :], *as_role]
    run.step("needs the app's name", other, code=None, denied=["cloudformation:DescribeStacks"], says=["when calling the DescribeStacks operation"])
    run.step("needs the macro's region", [*deploy, *as_role, "--region", "us-east-1"], code=None, denied=["cloudformation:DescribeStacks"], says=["when calling the DescribeStacks operation"])
    guarded = [*CFN, "deploy", "--stack-name", "cfnorders-deploy-roles", *deploy[len(CFN) + 3 :], *as_role]
    run.step("leaves the stack of the roles alone", guarded, code=None, denied=["cloudformation:CreateChangeSet"], says=["explicit deny"])
    run.step("needs a parameter of the app's", [*deploy, *as_role, "--parameter-overrides", "Greeting=/other/greeting"], code=None, denied=["ssm:GetParameters"], says=["User doesn't have permission to call ssm:GetParameters"])
    run.step("delete-stack needs --role-arn", [*CFN, "delete-stack", *name], code=None, denied=["cloudformation:DeleteStack"], says=["(AccessDenied) when calling the DeleteStack operation"])
    sam = ["sam", "delete", "--stack-name", stack, "--no-prompts", "--region", "eu-west-1"]
    run.step("sam delete needs the framework sam", sam, code=1, denied=["cloudformation:DeleteStack"], says=["Error: Failed to delete the stack: cfnorders-dev, msg: An error occurred (AccessDenied) when calling the DeleteStack operation"])
    run.step("has no drift", [*CFN, "detect-stack-drift", *name], code=None, denied=["cloudformation:DetectStackDrift"])
    run.step("has no transform", [*CFN, "deploy", *name, "--template-file", "transform.yml", *as_role], code=None, denied=["cloudformation:CreateChangeSet"], says=["aws:transform/Serverless-2016-10-31"])
    bucket = ["--s3-bucket", "cfnorders-dev-packages"]
    run.step("deploy writes to no bucket", [*deploy, *as_role, *bucket], code=None, denied=["s3:PutObject", "s3:ListBucket"], says=["An error occurred (AccessDenied) when calling the PutObject operation: "])
    package = [*CFN, "package", "--template-file", "package.yml", "--s3-bucket", "cfnorders-dev-packages"]
    run.step("package writes to no bucket", package, code=None, denied=["s3:PutObject", "s3:ListBucket"])

    # Removal.
    run.step("deletes", [*CFN, "delete-stack", *name, *as_role])
    run.step("waits", [*CFN, "wait", "stack-delete-complete", *name])
    run.check(run.stack(stack) is None, "the stack is gone", str(run.stack(stack)))

    # The generated workflow, signed in by the user's key. It tests as the TestRole.
    run.copy("cloudformation")
    said = cliflow.deploy(run)
    run.check(run.stack(stack) == "CREATE_COMPLETE" and "assumed-role/cfnorders-TestRole/" in said, "the workflow deploys and tests", said)


# The longest first: two run at a time.
CASES = [
    ("serverless", "slsorders", clisls.with_rest_stages),
    ("cdk", "cdkorders", clicdk.through_the_bootstrap),
    ("cdk-direct", "cdkdirect", clicdk.direct),
    ("sam", "samorders", clisam.with_a_bucket),
    ("aws", "cfnorders", aws_cli),
    ("serverless-image", "slsimage", clisls.with_images),
    ("sam-resolve-s3", "samshared", clisam.with_resolve_s3),
    ("sam-image", "samimage", clisam.with_images),
]
