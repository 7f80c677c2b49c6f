"""The calls that CloudFormation makes for the resources of an app: for the stand-in, which asks the policies of the stack's
role about each of them.

Written by hand, from AWS's documentation of each service and from what deployments call; neither from the data of `infer`
nor from the partials, so that they can contradict both. A call is (action, resource, condition keys).
"""

import re

import policy

SUFFIX = "1A2B3C4D5E6F"


class NotAllowed(Exception):
    """A call that the role's policies do not allow."""

    def __init__(self, action, resource, why):
        super().__init__(f"{action} on {resource}: {why}")
        self.action, self.resource, self.why = action, resource, why


class Stack:
    """A stack, with what its resources are called."""

    def __init__(self, name, account, region, template, parameters):
        self.name, self.account, self.region, self.template = name, account, region, template
        defaults = {k: v.get("Default") for k, v in template.get("Parameters", {}).items()}
        self.values = {**defaults, **(parameters or {}), "AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": "aws", "AWS::StackName": name}

    def text(self, value):
        """A text with parameters filled in."""
        if isinstance(value, dict) and "Ref" in value:
            value = "${" + value["Ref"] + "}"
        if isinstance(value, dict) and "Fn::Sub" in value:
            value = value["Fn::Sub"]
        if isinstance(value, dict) and "Fn::Join" in value:
            value = value["Fn::Join"][0].join(self.text(part) for part in value["Fn::Join"][1])
        return re.sub(r"\$\{([\w:]+)\}", lambda m: str(self.values[m[1]]), value)

    def named(self, logical, name):
        """The physical name of a resource: its own, or what CloudFormation makes of the stack's."""
        own = self.template["Resources"][logical].get("Properties", {}).get(name)
        return self.text(own) if own is not None else f"{self.name}-{logical}-{SUFFIX}"

    def arn(self, service, resource, region=None):
        return f"arn:aws:{service}:{self.region if region is None else region}:{self.account}:{resource}"

    def referred(self, value):
        """The logical id that `!Ref` or `!GetAtt` names."""
        if "Ref" in value:
            return value["Ref"]
        attribute = value["Fn::GetAtt"]
        return attribute[0] if isinstance(attribute, list) else attribute.split(".")[0]


def table(stack, logical, properties):
    arn = stack.arn("dynamodb", f"table/{stack.named(logical, 'TableName')}")
    describe = [("dynamodb:DescribeTable", arn, {}), ("dynamodb:DescribeContinuousBackups", arn, {}), ("dynamodb:ListTagsOfResource", arn, {})]
    return {
        "create": [("dynamodb:CreateTable", arn, {}), ("dynamodb:TagResource", arn, {}), *describe],
        "update": [("dynamodb:UpdateTable", arn, {}), *describe],
        "delete": [("dynamodb:DeleteTable", arn, {}), describe[0]],
    }


def queue(stack, logical, properties):
    arn = stack.arn("sqs", stack.named(logical, "QueueName"))
    read = [("sqs:GetQueueAttributes", arn, {}), ("sqs:ListQueueTags", arn, {})]
    return {
        "create": [("sqs:CreateQueue", arn, {}), ("sqs:TagQueue", arn, {}), *read],
        "update": [("sqs:SetQueueAttributes", arn, {}), *read],
        "delete": [("sqs:DeleteQueue", arn, {}), read[0]],
    }


def topic(stack, logical, properties):
    arn = stack.arn("sns", stack.named(logical, "TopicName"))
    read = [("sns:GetTopicAttributes", arn, {}), ("sns:ListTagsForResource", arn, {}), ("sns:ListSubscriptionsByTopic", arn, {})]
    return {
        "create": [("sns:CreateTopic", arn, {}), ("sns:TagResource", arn, {}), *read],
        "update": [("sns:SetTopicAttributes", arn, {}), *read],
        "delete": [("sns:DeleteTopic", arn, {})],
    }


def log_group(stack, logical, properties):
    arn = stack.arn("logs", f"log-group:{stack.named(logical, 'LogGroupName')}")
    with_streams = arn + ":*"
    # Log groups are described by prefix, which IAM asks about as all log groups of the account.
    read = [("logs:DescribeLogGroups", stack.arn("logs", "log-group::log-stream:"), {}), ("logs:ListTagsForResource", arn, {})]
    retention = [("logs:PutRetentionPolicy", with_streams, {})] if "RetentionInDays" in properties else []
    return {
        "create": [("logs:CreateLogGroup", with_streams, {}), ("logs:TagResource", arn, {}), *retention, *read],
        "update": [*retention, ("logs:DeleteRetentionPolicy", with_streams, {}), *read],
        "delete": [("logs:DeleteLogGroup", with_streams, {})],
    }


def role(stack, logical, properties):
    arn = stack.arn("iam", f"role/{stack.named(logical, 'RoleName')}", region="")
    inline = properties.get("Policies", [])
    read = [("iam:GetRole", arn, {}), ("iam:ListRolePolicies", arn, {}), ("iam:ListAttachedRolePolicies", arn, {})]
    read += [("iam:GetRolePolicy", arn, {})] * bool(inline)
    return {
        "create": [("iam:CreateRole", arn, {}), ("iam:TagRole", arn, {}), *[("iam:PutRolePolicy", arn, {})] * len(inline), *read],
        "update": [("iam:UpdateRole", arn, {}), ("iam:UpdateAssumeRolePolicy", arn, {}), *read],
        "delete": [*[("iam:DeleteRolePolicy", arn, {})] * len(inline), ("iam:DeleteRole", arn, {}), *read[:3]],
    }


def function(stack, logical, properties):
    arn = stack.arn("lambda", f"function:{stack.named(logical, 'FunctionName')}")
    given = stack.named(stack.referred(properties["Role"]), "RoleName")
    passed = ("iam:PassRole", stack.arn("iam", f"role/{given}", region=""), {"iam:PassedToService": "lambda.amazonaws.com"})
    read = [("lambda:GetFunction", arn, {}), ("lambda:GetFunctionConfiguration", arn, {})]
    return {
        "create": [("lambda:CreateFunction", arn, {}), passed, ("lambda:TagResource", arn, {}), *read],
        "update": [("lambda:UpdateFunctionConfiguration", arn, {}), ("lambda:UpdateFunctionCode", arn, {}), passed, *read],
        "delete": [("lambda:DeleteFunction", arn, {}), read[0]],
    }


def bucket(stack, logical, properties):
    arn = "arn:aws:s3:::" + stack.named(logical, "BucketName").lower()
    return {"create": [("s3:CreateBucket", arn, {})], "update": [], "delete": [("s3:DeleteBucket", arn, {})]}


def event_source(stack, logical, properties):
    called = stack.arn("lambda", f"function:{stack.named(stack.referred(properties['FunctionName']), 'FunctionName')}")
    arn = stack.arn("lambda", "event-source-mapping:0aa11bb2-1234-4cde-9876-aabbccddeeff")
    with_function = {"lambda:FunctionArn": called}
    read = [("lambda:GetEventSourceMapping", arn, with_function)]
    return {
        # There is nothing yet that could have a name.
        "create": [("lambda:CreateEventSourceMapping", "*", with_function), ("lambda:TagResource", arn, {}), *read],
        "update": [("lambda:UpdateEventSourceMapping", arn, with_function), *read],
        "delete": [("lambda:DeleteEventSourceMapping", arn, with_function), *read],
    }


TYPES = {
    "AWS::DynamoDB::Table": table,
    "AWS::IAM::Role": role,
    "AWS::Lambda::EventSourceMapping": event_source,
    "AWS::Lambda::Function": function,
    "AWS::Logs::LogGroup": log_group,
    "AWS::S3::Bucket": bucket,
    "AWS::SNS::Topic": topic,
    "AWS::SQS::Queue": queue,
}


def of(stack, logical, what):
    """The calls that create, update or delete a resource."""
    resource = stack.template["Resources"][logical]
    if resource["Type"] not in TYPES:
        raise policy.Unknown(f"the calls for {resource['Type']}")
    return TYPES[resource["Type"]](stack, logical, resource.get("Properties", {}))[what]


def ask(documents, stack, logical, what):
    """How many calls the policies allow; the first that they do not allow is refused."""
    found = of(stack, logical, what)
    for action, resource, context in found:
        verdict = policy.decide(documents, action, resource, {"aws:RequestedRegion": stack.region, **context})
        if verdict != "allow":
            raise NotAllowed(action, resource, "with an explicit deny in an identity-based policy" if verdict == "deny" else f"because no identity-based policy allows the {action} action")
    return len(found)
