"""The cases of clis.py that run the Serverless Framework, version 3: with REST stages, and with container images.

The apps are clis/apps/serverless and clis/apps/serverless-image.
"""

import json
import re

import cliflow

MACROS = {
    "slsorders": "Framework: serverless\n    Services: [lambda: [layer], logs: [filters], s3, iam, apigateway: [apiKeys, rest], sqs, ssm]",
    "slsimage": "Framework: serverless\n    Services: [lambda: [image], logs, iam, apigateway]",
}
DEPLOY = ["serverless", "deploy"]
OTHER = "{}.dkr.ecr.eu-west-1.amazonaws.com/other-dev:work"


def with_rest_stages(run):
    run.copy("serverless")
    stack = "slsorders-dev"
    run.admin("ssm").put_parameter(Name="/slsorders/greeting", Value="hello", Type="String")
    run.admin("ssm").put_parameter(Name="/other/greeting", Value="hello", Type="String")
    run.admin("logs").create_log_group(logGroupName="/aws/lambda/slsorders-dev-other")
    run.step("deploys", DEPLOY, says=["Service deployed to stack slsorders-dev"])
    run.check(run.stack(stack) in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), "the stack is there", str(run.stack(stack)))
    run.step("deploys again", DEPLOY)
    run.change("serverless.yml", ("VisibilityTimeout: 30", "VisibilityTimeout: 60"))
    run.change("index.js", ("async () =>", "async (event) =>"))
    run.step("changes", DEPLOY, says=["Service deployed to stack slsorders-dev"])
    run.check(run.stack(stack) == "UPDATE_COMPLETE", "the stack is changed", str(run.stack(stack)))
    run.step("info", ["serverless", "info", "--verbose"], says=["stack: slsorders-dev", "Queue:"])
    said = run.step("deploy list", [*DEPLOY, "list"], says=["serverless-state.json"])
    run.step("rollback", ["serverless", "rollback", "--timestamp", re.search(r"Timestamp: (\d+)", said)[1]])
    run.step("deploy list functions", [*DEPLOY, "list", "functions"], says=["work"])

    # A deployment that fails: the role that CloudFormation works with may not do it.
    run.change("serverless.yml", ("QueueName: slsorders-dev-incoming", "QueueName: others-dev-incoming"))
    run.step("fails for the execution role", DEPLOY, code=1, says=["is not authorized to perform: sqs:"])
    run.check(run.stack(stack) == "UPDATE_ROLLBACK_COMPLETE", "the stack is rolled back", str(run.stack(stack)))
    run.change("serverless.yml", ("QueueName: others-dev-incoming", "QueueName: slsorders-dev-incoming"))
    run.change("serverless.yml", ("VisibilityTimeout: 60", "VisibilityTimeout: 90"))

    # What is refused, as docs/frameworks/serverless.md says.
    denied = "assumed-role/slsorders-DeployerRole/session is not authorized to perform: cloudformation:"
    run.change("serverless.yml", (f"  iam:\n    deploymentRole: {run.role}\n", ""))
    run.step("needs deploymentRole", DEPLOY, code=1, denied=["cloudformation:CreateChangeSet"], says=[denied + "CreateChangeSet"])
    run.change("serverless.yml", ("package:\n", f"  iam:\n    deploymentRole: {run.deployer}\n\npackage:\n"))
    run.step("needs the execution role", DEPLOY, code=1, denied=["cloudformation:CreateChangeSet"], says=[denied + "CreateChangeSet"])
    run.change("serverless.yml", (run.deployer, run.role), ("service: slsorders", "service: other"))
    run.step("needs the app's name", DEPLOY, code=1, denied=["cloudformation:DescribeStacks"], says=[denied + "DescribeStacks on resource: "])
    run.change("serverless.yml", ("service: other", "service: slsorders"), ("ssm:/slsorders/", "ssm:/other/"))
    run.step("needs a parameter of the app's", DEPLOY, code=1, denied=["ssm:GetParameter"])
    run.change("serverless.yml", ("ssm:/other/", "ssm:/slsorders/"))
    run.step("invokes nothing", ["serverless", "invoke", "--function", "work"], code=1, denied=["lambda:InvokeFunction"])
    run.step("deploys no function alone", [*DEPLOY, "function", "--function", "work", "--force"], code=1, denied=["lambda:UpdateFunctionCode"])
    run.step("reads no logs", ["serverless", "logs", "--function", "work"], code=1, denied=["logs:DescribeLogStreams"])

    # The framework looks for a repository of images, and goes on without one.
    run.step("removes", ["serverless", "remove"], denied=["ecr:DescribeRepositories"], says=["Service slsorders has been successfully removed"])
    run.check(run.stack(stack) is None, "the stack is gone", str(run.stack(stack)))

    # The generated workflow, signed in by the user's key.
    run.copy("serverless")
    said = cliflow.deploy(run)
    run.check(run.stack(stack) in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), "the workflow deploys", said)


def with_images(run):
    """One image that is there already, and one that the CLI has Docker build and push: images.py is the Docker of the runs."""
    run.copy("serverless-image")
    stack, ecr = "slsimage-dev", run.admin("ecr")
    run.admin("s3").create_bucket(Bucket="slsimage-dev-packages", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    layer = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": "sha256:" + 64 * "0"}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "config": layer, "layers": []}
    ecr.create_repository(repositoryName="slsimage-api")
    ecr.put_image(repositoryName="slsimage-api", imageManifest=json.dumps(manifest), imageTag="v1")
    pushed = ["ecr:CreateRepository", "ecr:GetAuthorizationToken", "ecr:UploadLayerPart", "ecr:PutImage", "ecr:DescribeImages"]
    # A first deployment that fails: nobody can update the stack that it leaves, and `serverless remove` removes it.
    run.change("serverless.yml", ("  api:\n", "  api:\n    name: others-dev-api\n"))
    # It has pushed the image by then.
    run.step("fails to create", DEPLOY, code=1, denied=["lambda:GetFunction"], says=["is not authorized to perform: logs:CreateLogGroup"], calls=pushed)
    run.check(run.stack(stack) == "ROLLBACK_COMPLETE", "the creation is rolled back", str(run.stack(stack)))
    run.change("serverless.yml", ("    name: others-dev-api\n", ""))
    run.step("updates no stack that failed", DEPLOY, code=1, says=["is in ROLLBACK_COMPLETE state and can not be updated"])
    run.step("removes what failed", ["serverless", "remove"], says=["Service slsimage has been successfully removed"])
    # Without a bucket of its own, the stack creates one.
    own = "  deploymentBucket: slsimage-dev-packages\n"
    run.change("serverless.yml", (own, ""))
    said = ["CREATE_FAILED: ServerlessDeploymentBucket (AWS::S3::Bucket)", "is not authorized to perform: s3:CreateBucket"]
    run.step("needs the service s3 to create a bucket", DEPLOY, code=1, says=said)
    run.change("serverless.yml", ("  iam:\n    deploymentRole:", own + "  iam:\n    deploymentRole:"))
    run.step("removes the stack without a bucket", ["serverless", "remove"])
    run.check(run.stack(stack) is None, "the stack without a bucket is gone", str(run.stack(stack)))
    run.step("deploys, and pushes the image again", DEPLOY, says=["Service deployed to stack slsimage-dev"], calls=["ecr:CreateRepository", "ecr:PutImage"])
    images = ecr.describe_images(repositoryName="serverless-slsimage-dev")["imageDetails"]
    run.check([i["imageTags"] for i in images] == [["work"]], "the image is there", str(images))
    run.change("Dockerfile", ("FROM scratch", "FROM scratch AS work"))
    run.step("pushes another image", DEPLOY, calls=["ecr:PutImage"])
    run.step("pushes to no other repository", ["docker", "tag", "serverless-slsimage-dev:work", OTHER.format(run.account)])
    run.step("pushes to no other repository", ["docker", "push", OTHER.format(run.account)], code=1, denied=["ecr:BatchCheckLayerAvailability"])
    run.step("info", ["serverless", "info"], says=["stack: slsimage-dev"])
    run.change("serverless.yml", ("deploymentBucket: slsimage-", "deploymentBucket: other-"))
    run.step("needs a bucket of the app's", DEPLOY, code=1, denied=["s3:GetBucketLocation"], says=['Could not locate deployment bucket: "other-dev-packages". Error: '])
    run.change("serverless.yml", ("deploymentBucket: other-", "deploymentBucket: slsimage-"))
    run.step("removes, with its repository", ["serverless", "remove"], says=["Service slsimage has been successfully removed"])
    run.check(run.stack(stack) is None, "the stack is gone", str(run.stack(stack)))
    there = [r["repositoryName"] for r in ecr.describe_repositories()["repositories"]]
    run.check(there == ["slsimage-api"], "the framework's repository is gone", str(there))
