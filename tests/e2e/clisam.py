"""The cases of clis.py that run the AWS SAM CLI: with a bucket of the app, with the bucket that SAM creates, and with images.

The apps are clis/apps/sam and clis/apps/sam-image.
"""

import cases
import cliflow
import images

SERVICES = "Services: [lambda, logs, iam, sqs, ssm]"
MACROS = {
    "samorders": f"Framework: sam\n    {SERVICES}\n    TrustedBy: [GitHubUser, GitHubOidc: {{ Repository: acme/samorders, RepositoryId: 22, OwnerId: 123456, Provider: create }}]",
    "samshared": f"Framework: [sam: [resolveS3]]\n    {SERVICES}",
    "samimage": "Framework: [sam: [image, resolveImageRepos]]\n    Services: [lambda: [image], logs, iam]",
}
REGION = ["--region", "eu-west-1"]
# The name of the app's queue, and one that its roles may not create.
OTHERS = ("QueueName: samorders-", "QueueName: others-")


def with_a_bucket(run):
    """With a bucket of the app."""
    run.copy("sam")
    stack = "samorders-dev"
    run.admin("ssm").put_parameter(Name="/samorders/greeting", Value="hello", Type="String")
    run.admin("ssm").put_parameter(Name="/other/greeting", Value="hello", Type="String")
    run.admin("s3").create_bucket(Bucket="samorders-dev-packages", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    deploy = ["sam", "deploy", "--config-env", "dev"]
    built = ["--template-file", "template.yml"]

    run.step("builds", ["sam", "build"])
    # A first deployment that fails: nobody can update the stack that it leaves, and `sam delete` removes it.
    run.change("template.yml", OTHERS)
    run.step("fails to create", [*deploy, *built], code=1, says=["Failed to create/update the stack"])
    run.check(run.stack(stack) == "ROLLBACK_COMPLETE", "the creation is rolled back", str(run.stack(stack)))
    run.change("template.yml", OTHERS[::-1])
    run.step("updates no stack that failed", [*deploy, *built], code=1, says=["is in ROLLBACK_COMPLETE state and can not be updated"])
    run.step("deletes what failed", ["sam", "delete", "--stack-name", stack, "--no-prompts", *REGION], says=["Deleted successfully"])
    run.step("deploys", [*deploy, "--tags", "team=orders"], says=["Successfully created/updated stack - samorders-dev"])
    run.check(run.stack(stack) == "CREATE_COMPLETE", "the stack is there", str(run.stack(stack)))
    run.step("deploys the same again", [*deploy, "--no-fail-on-empty-changeset", "--tags", "team=orders"], says=["No changes to deploy"])
    run.change("template.yml", ("VisibilityTimeout: 30", "VisibilityTimeout: 60"))
    run.change("src/index.js", ("async () =>", "async (event) =>"))
    run.step("changes", [*deploy, *built], says=["Successfully created/updated stack"])
    run.check(run.stack(stack) == "UPDATE_COMPLETE", "the stack is changed", str(run.stack(stack)))
    run.step("packages", ["sam", "package", *built, "--s3-bucket", "samorders-dev-packages", *REGION])
    run.step("lists resources", ["sam", "list", "resources", "--stack-name", stack, "--output", "json", *REGION])
    run.step("lists outputs", ["sam", "list", "stack-outputs", "--stack-name", stack, "--output", "json", *REGION])

    # A deployment that fails, and what SAM does then.
    run.change("template.yml", OTHERS)
    run.step("fails for the execution role", [*deploy, *built], code=1, says=["Failed to create/update the stack"])
    before = len(run.calls)
    run.step("deletes what it could not create", [*deploy, *built, "--stack-name", "samorders-two", "--on-failure", "DELETE"], code=None)
    run.check(run.stack("samorders-two") is None, "the failed stack is gone", str(run.stack("samorders-two")))
    run.check("cloudformation:DeleteStack" in [c.get("call") for c in run.calls[before:]], "SAM deleted the failed stack itself")
    run.change("template.yml", OTHERS[::-1])
    run.change("template.yml", ("VisibilityTimeout: 60", "VisibilityTimeout: 90"))

    # What is refused, as docs/frameworks/sam.md says.
    plain = ["sam", "deploy", *built, *REGION, "--s3-bucket", "samorders-dev-packages", "--capabilities", "CAPABILITY_IAM"]
    as_role = ["--role-arn", run.role]
    run.step("needs role_arn", [*plain, "--stack-name", stack], code=1, denied=["cloudformation:CreateChangeSet"], says=["Error: Failed to create changeset for the stack: samorders-dev, An error occurred (AccessDenied) when calling the CreateChangeSet operation: "])
    run.step("needs the app's name", [*plain, *as_role, "--stack-name", "other-dev"], code=1, denied=["cloudformation:DescribeStacks"], says=["Error: Failed to create/update the stack: other-dev, An error occurred (AccessDenied) when calling the DescribeStacks operation"])
    shared = ["sam", "deploy", *built, *REGION, "--resolve-s3", "--capabilities", "CAPABILITY_IAM", *as_role, "--stack-name", stack]
    run.step("needs the option for --resolve-s3", shared, code=1, denied=["cloudformation:CreateChangeSet", "cloudformation:DescribeStacks"], says=["Error: Failed to create managed resources: An error occurred (AccessDenied) when calling the CreateChangeSet operation: "])
    run.step("needs a parameter of the app's", [*deploy, *built, "--parameter-overrides", "Greeting=/other/greeting"], code=1, denied=["ssm:GetParameters"], says=["User doesn't have permission to call ssm:GetParameters"])
    run.step("invokes nothing", ["sam", "remote", "invoke", f"arn:aws:lambda:eu-west-1:{run.account}:function:samorders-dev-work", *REGION], code=None, denied=["lambda:GetFunctionConfiguration", "lambda:GetFunctionUrlConfig", "lambda:InvokeFunction"])

    # SAM asks whether it is a stack for development.
    sync = " ".join(["yes | sam sync --no-watch --no-dependency-layer", *built, *REGION, "--s3-bucket samorders-dev-packages --capabilities CAPABILITY_IAM --stack-name", stack])
    run.step("syncs with role_arn only", ["bash", "-c", sync], code=1, denied=["cloudformation:UpdateStack"])
    run.step("syncs through CloudFormation", ["bash", "-c", f"{sync} --role-arn {run.role}"], code=None, calls=["cloudformation:UpdateStack"])

    # Removal. SAM names no role.
    run.step("deletes", ["sam", "delete", "--config-env", "dev", "--no-prompts"], says=["Deleted successfully"])
    run.check(run.stack(stack) is None, "the stack is gone", str(run.stack(stack)))

    # The generated workflow, signed in by GitHub's token, through the role of the Tools account.
    run.copy("sam")
    said = cliflow.deploy(run, token=cases.github("acme/samorders", 22, "dev"), refused=cliflow.strangers("acme/samorders", 22))
    run.check(run.stack(stack) == "CREATE_COMPLETE", "the workflow deploys", said)


def with_resolve_s3(run):
    """With the bucket that SAM makes."""
    run.copy("sam")
    run.admin("ssm").put_parameter(Name="/samshared/greeting", Value="hello", Type="String")
    stack = "samshared-dev"
    deploy = ["sam", "deploy", "--template-file", "template.yml", "--resolve-s3", "--stack-name", stack, "--role-arn", run.role, "--capabilities", "CAPABILITY_IAM", *REGION]
    run.step("deploys", deploy, says=["Successfully created/updated stack - samshared-dev"])
    run.check(run.stack("aws-sam-cli-managed-default") is not None, "SAM made its bucket")
    run.change("template.yml", ("VisibilityTimeout: 30", "VisibilityTimeout: 60"))
    run.change("src/index.js", ("async () =>", "async (event) =>"))
    run.step("changes", deploy, says=["Successfully created/updated stack"])
    managed = ["--stack-name", "aws-sam-cli-managed-default"]
    body = ["--change-set-name", "InitialCreation", "--change-set-type", "UPDATE", "--template-body", "file://template.yml", "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    run.step("cannot change SAM's stack", ["aws", "cloudformation", "create-change-set", *managed, *body], code=None, denied=["cloudformation:CreateChangeSet"])
    run.step("cannot delete SAM's stack", ["aws", "cloudformation", "delete-stack", *managed], code=None, denied=["cloudformation:DeleteStack"])
    run.step("deletes", ["sam", "delete", "--stack-name", stack, "--no-prompts", *REGION], says=["Deleted successfully"])
    run.check(run.stack(stack) is None, "the stack is gone", str(run.stack(stack)))


def with_images(run):
    """With images in a repository of the app, and in those that SAM creates. images.py is the Docker of the runs."""
    run.copy("sam-image")
    stack, ecr = "samimage-dev", run.admin("ecr")
    run.admin("s3").create_bucket(Bucket="samimage-dev-packages", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    ecr.create_repository(repositoryName="samimage-work")
    registry = f"{run.account}.dkr.ecr.eu-west-1.amazonaws.com"
    deploy = ["sam", "deploy", "--template-file", "template.yml", *REGION, "--s3-bucket", "samimage-dev-packages", "--capabilities", "CAPABILITY_IAM", "--role-arn", run.role, "--stack-name"]
    run.step("builds an image", ["docker", "build", "-t", "samimage:latest", "."])
    with images.Daemon(run.folder / ".home", run.world.endpoint) as host:
        env = {"DOCKER_HOST": host}
        pushed = ["ecr:GetAuthorizationToken", "ecr:UploadLayerPart", "ecr:PutImage"]
        run.step("deploys, and pushes an image", [*deploy, stack, "--image-repository", f"{registry}/samimage-work"], env=env, calls=pushed)
        there = ecr.describe_images(repositoryName="samimage-work")["imageDetails"]
        run.check(len(there) == 1 and run.stack(stack) == "CREATE_COMPLETE", "the image and the stack are there", str(there))
        run.step("pushes to no other repository", [*deploy, stack, "--image-repository", f"{registry}/other-work"], env=env, code=1, denied=["ecr:BatchCheckLayerAvailability"])
        run.step("deletes", ["sam", "delete", "--stack-name", stack, "--no-prompts", *REGION], env=env, calls=["ecr:BatchDeleteImage"])
        there = ecr.describe_images(repositoryName="samimage-work")["imageDetails"]
        run.check(there == [] and run.stack(stack) is None, "the image and the stack are gone", str(there))

        run.step("creates a repository", [*deploy, stack, "--resolve-image-repos"], env=env, calls=["ecr:PutImage"])
        run.check(len(ecr.describe_repositories()["repositories"]) == 2, "SAM created a repository")
        run.step("deletes it, too", ["sam", "delete", "--stack-name", stack, "--no-prompts", *REGION], env=env)
        left = [r["repositoryName"] for r in ecr.describe_repositories()["repositories"]]
        run.check(left == ["samimage-work"], "SAM's repository is gone", str(left))
