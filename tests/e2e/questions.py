"""What IAM asks about a call of a CLI: the action, the resource, and the condition keys, and what AWS checks in addition.

    of(call, world) -> [Question]

Written by hand, from AWS's service authorization reference and its guides; not from the partials, so that it can contradict
them. A call that is not known here raises `policy.Unknown`, which fails the run: nothing is let through unread.

Beyond the call itself:

* RoleARN: iam:PassRole to CloudFormation;
* Tags: cloudformation:TagResource on the stack. The deploy role of the CDK's bootstrap lacks it and deploys stacks with tags,
  so it is asked only where `world.strict_tags` says so: of the roles that the macro makes;
* TemplateURL: s3:GetObject on the template;
* Transform: cloudformation:CreateChangeSet on the transform, which belongs to AWS. For CreateStack and UpdateStack, the guides name
  no other action;
* a template parameter of an SSM type: ssm:GetParameters on the parameter that it names;
* HEAD or GET of an object that is missing: s3:ListBucket; without it S3 answers 403, not 404;
* objects with tags, or copied: s3:PutObjectTagging, s3:GetObject of the source.
"""

import json
import re
import urllib.parse
from dataclasses import dataclass, field

import yaml

import policy

# What AWS lets everybody call.
FREE = {"sts:GetCallerIdentity", "sts:GetSessionToken"}


@dataclass
class Call:
    """A request, as it arrives."""

    service: str
    region: str
    account: str
    method: str
    host: str
    path: str
    query: dict  # name to the first value; a name without a value is ""
    headers: dict  # names in lowercase
    body: bytes = b""


@dataclass
class Question:
    action: str
    resource: str
    context: dict = field(default_factory=dict)
    # How AWS words the refusal, if not by IAM's sentence: (status, code, message).
    refusal: tuple = ()


class Nothing:
    """What questions need to know of the accounts, where nothing is there. The stand-in has its own."""

    strict_tags = True

    def stack(self, account, region, name):
        """(id, {tag: value}, template) of a stack, by its name or ARN, or None."""
        return None

    def change_set_stack(self, account, region, change_set):
        """The name of the stack of a change set, by the ARN of the latter, or None."""
        return None

    def object(self, bucket, key):
        """The bytes of an object, or None."""
        return None


# ------------------------------------------------------------------------------------------------ CloudFormation

ON_ANY = {"ValidateTemplate", "ListExports", "ListStacks", "ListImports", "DescribeAccountLimits"}
ON_STACK = {
    "CancelUpdateStack", "ContinueUpdateRollback", "CreateChangeSet", "CreateStack", "DeleteChangeSet", "DeleteStack", "DescribeChangeSet",
    "DescribeEvents", "DescribeStackEvents", "DescribeStackResource", "DescribeStackResources", "DescribeStacks", "DetectStackDrift",
    "ExecuteChangeSet", "GetStackPolicy", "GetTemplate", "GetTemplateSummary", "ListChangeSets", "ListStackResources", "RollbackStack",
    "SetStackPolicy", "UpdateStack", "UpdateTerminationProtection",
}  # fmt: skip
DEPLOYING = {"CreateStack", "UpdateStack", "CreateChangeSet"}


class Loader(yaml.SafeLoader):
    """Reads any tag."""


Loader.add_multi_constructor("!", lambda loader, tag, node: None)


def read_template(text):
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, Loader) or {}


def members(form, name):
    """The members of a list of structures in a form: {field: value} of each."""
    found = {}
    for key, value in form.items():
        match = re.match(rf"{name}\.member\.(\d+)\.(.+)", key)
        if match:
            found.setdefault(int(match[1]), {})[match[2]] = value
    return [found[number] for number in sorted(found)]


def bucket_and_key(url):
    """The bucket and key of an object's URL."""
    parts = urllib.parse.urlsplit(url)
    key = urllib.parse.unquote(parts.path.lstrip("/"))
    match = re.match(r"(.+)\.s3[.-]", parts.netloc)
    return (match[1], key) if match else tuple(key.split("/", 1))


def cloudformation(call, world):
    form = {k: v[0] for k, v in urllib.parse.parse_qs(call.body.decode(), keep_blank_values=True).items()}
    action = form["Action"]
    if action in ON_ANY or action == "GetTemplateSummary" and "StackName" not in form or action == "DescribeStacks" and "StackName" not in form:
        yield Question(f"cloudformation:{action}", "*")
        return
    if action not in ON_STACK:
        raise policy.Unknown(f"the call cloudformation:{action}")
    if "NotificationARNs.member.1" in form:
        raise policy.Unknown("NotificationARNs of a stack")
    name = form.get("StackName")
    change_set = form.get("ChangeSetName", "")
    if not name and change_set.startswith("arn:"):
        name = world.change_set_stack(call.account, call.region, change_set)
    if not name:
        raise policy.Unknown(f"cloudformation:{action} of no stack: {sorted(form)}")
    there = world.stack(call.account, call.region, name)
    plain = name.split("/")[1] if name.startswith("arn:") else name
    arn = name if name.startswith("arn:") else there[0] if there else f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{name}/*"
    context = {f"aws:ResourceTag/{k}": v for k, v in (there[1] if there else {}).items()}
    tags = members(form, "Tags")
    if tags:
        context["aws:TagKeys"] = [t["Key"] for t in tags]
        context.update({f"aws:RequestTag/{t['Key']}": t.get("Value", "") for t in tags})
    if change_set:
        context["cloudformation:ChangeSetName"] = change_set.split("/")[1] if change_set.startswith("arn:") else change_set
    if form.get("RoleARN"):
        context["cloudformation:RoleArn"] = form["RoleARN"]
    if form.get("TemplateURL"):
        context["cloudformation:TemplateUrl"] = form["TemplateURL"]
    yield Question(f"cloudformation:{action}", arn, context)
    if form.get("RoleARN"):
        yield Question("iam:PassRole", form["RoleARN"], {"iam:PassedToService": "cloudformation.amazonaws.com"})
    if tags and world.strict_tags:
        yield Question("cloudformation:TagResource", f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{plain}/*", context)
    if action in DEPLOYING:
        yield from of_template(call, world, form, there)


def of_template(call, world, form, there):
    """What the template of a stack asks for: to be read, transformed, and given its parameters."""
    text = form.get("TemplateBody")
    if form.get("TemplateURL"):
        bucket, key = bucket_and_key(form["TemplateURL"])
        yield Question("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}", {}, (400, "ValidationError", "S3 error: Access Denied"))
        text = (world.object(bucket, key) or b"").decode()
    if not text and form.get("UsePreviousTemplate") == "true" and there:
        text = there[2]
    template = read_template(text or "{}")
    for name in policy.listify(template.get("Transform")):
        # A macro of the account is a function of it: none of the runs has one.
        match = re.fullmatch(r"AWS::(\w+)(-[\w-]+)?", name if isinstance(name, str) else "")
        if not match:
            raise policy.Unknown(f"the transform {name}")
        yield Question("cloudformation:CreateChangeSet", f"arn:aws:cloudformation:{call.region}:aws:transform/{match[1]}{match[2] or ''}")
    given = {p["ParameterKey"]: p for p in members(form, "Parameters")}
    for name, parameter in (template.get("Parameters") or {}).items():
        if not parameter.get("Type", "").startswith("AWS::SSM::Parameter::Value<"):
            continue
        value = given.get(name, {}).get("ParameterValue", parameter.get("Default"))
        if value is None or given.get(name, {}).get("UsePreviousValue") == "true":
            value = parameter.get("Default", "")
        account = "" if value.startswith("/aws/") else call.account
        arn = f"arn:aws:ssm:{call.region}:{account}:parameter/{value.lstrip('/')}"
        yield Question("ssm:GetParameters", arn, {}, (400, "AccessDenied", "User doesn't have permission to call ssm:GetParameters"))


# ------------------------------------------------------------------------------------------------ S3

# What S3 calls a request for a part of a bucket or object, by what its query names: (part, reading, writing, deleting).
PARTS = {
    "acl": ("GetBucketAcl", "PutBucketAcl", None),
    "accelerate": ("GetAccelerateConfiguration", "PutAccelerateConfiguration", None),
    "encryption": ("GetEncryptionConfiguration", "PutEncryptionConfiguration", "PutEncryptionConfiguration"),
    "lifecycle": ("GetLifecycleConfiguration", "PutLifecycleConfiguration", "PutLifecycleConfiguration"),
    "location": ("GetBucketLocation", None, None),
    "logging": ("GetBucketLogging", "PutBucketLogging", None),
    "policy": ("GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"),
    "publicAccessBlock": ("GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock", "PutBucketPublicAccessBlock"),
    "tagging": ("GetBucketTagging", "PutBucketTagging", "PutBucketTagging"),
    "uploads": ("ListBucketMultipartUploads", None, None),
    "versioning": ("GetBucketVersioning", "PutBucketVersioning", None),
    "versions": ("ListBucketVersions", None, None),
}
# What may stand beside them.
PLAIN = {
    "x-id", "list-type", "prefix", "delimiter", "max-keys", "marker", "continuation-token", "start-after", "encoding-type", "fetch-owner",
    "versionId", "uploadId", "partNumber", "uploads", "delete", "key-marker", "version-id-marker", "tagging",
}  # fmt: skip


def s3(call, world):
    match = re.match(r"(.+)\.s3[.-]", call.host)
    path = urllib.parse.unquote(call.path).lstrip("/")
    bucket, key = (match[1], path) if match else (path.partition("/")[0], path.partition("/")[2])
    if not bucket:
        yield Question("s3:ListAllMyBuckets", "*")
        return
    arn = f"arn:aws:s3:::{bucket}"
    unknown = set(call.query) - PLAIN - set(PARTS)
    if unknown:
        raise policy.Unknown(f"S3 {call.method} with {sorted(unknown)}")
    yield from (of_object(call, world, bucket, key) if key else of_bucket(call, arn))


def of_bucket(call, arn):
    part = next((p for p in PARTS if p in call.query), None)
    if "delete" in call.query and call.method == "POST":
        for found in re.findall(r"<Object>(.*?)</Object>", call.body.decode(), re.S):
            key = re.search(r"<Key>(.*?)</Key>", found, re.S)[1]
            yield Question("s3:DeleteObjectVersion" if "<VersionId>" in found else "s3:DeleteObject", f"{arn}/{key}")
    elif part:
        action = PARTS[part][{"GET": 0, "HEAD": 0, "PUT": 1, "DELETE": 2}[call.method]]
        if action is None:
            raise policy.Unknown(f"S3 {call.method} of {part} of a bucket")
        yield Question(f"s3:{action}", arn)
    elif call.method in ("GET", "HEAD"):
        yield Question("s3:ListBucket", arn, {"s3:prefix": call.query.get("prefix", "")} if call.method == "GET" else {})
    elif call.method in ("PUT", "DELETE"):
        yield Question("s3:CreateBucket" if call.method == "PUT" else "s3:DeleteBucket", arn)
    else:
        raise policy.Unknown(f"S3 {call.method} of a bucket with {sorted(call.query)}")


def of_object(call, world, bucket, key):
    arn, version = f"arn:aws:s3:::{bucket}/{key}", "Version" if "versionId" in call.query else ""
    if "tagging" in call.query:
        yield Question(f"s3:{ {'GET': 'Get', 'PUT': 'Put', 'DELETE': 'Delete'}[call.method]}Object{version}Tagging", arn)
    elif call.method in ("GET", "HEAD"):
        if world.object(bucket, key) is None:
            yield Question("s3:ListBucket", f"arn:aws:s3:::{bucket}")
        yield Question(f"s3:GetObject{version}", arn)
    elif call.method == "DELETE":
        yield Question("s3:AbortMultipartUpload" if "uploadId" in call.query else f"s3:DeleteObject{version}", arn)
    elif call.method in ("PUT", "POST"):
        yield Question("s3:PutObject", arn)
        if call.headers.get("x-amz-tagging"):
            yield Question("s3:PutObjectTagging", arn)
        if call.headers.get("x-amz-acl"):
            yield Question("s3:PutObjectAcl", arn)
        if call.headers.get("x-amz-copy-source"):
            yield Question("s3:GetObject", "arn:aws:s3:::" + urllib.parse.unquote(call.headers["x-amz-copy-source"]).lstrip("/"))
    else:
        raise policy.Unknown(f"S3 {call.method} of an object")


# ------------------------------------------------------------------------------------------------ others


def lambda_(call, world):
    path = urllib.parse.unquote(call.path)
    match = re.fullmatch(r"/\d{4}-\d\d-\d\d/functions/([^/]+)(/.*)?", path)
    actions = {
        ("GET", ""): "GetFunction",
        ("GET", "/configuration"): "GetFunctionConfiguration",
        ("GET", "/versions"): "ListVersionsByFunction",
        ("PUT", "/code"): "UpdateFunctionCode",
        ("PUT", "/configuration"): "UpdateFunctionConfiguration",
        ("POST", "/invocations"): "InvokeFunction",
        ("GET", "/url"): "GetFunctionUrlConfig",
    }
    layer = re.fullmatch(r"/\d{4}-\d\d-\d\d/layers/([^/]+)/versions/(\d+)", path)
    if layer and call.method == "GET":
        yield Question("lambda:GetLayerVersion", f"arn:aws:lambda:{call.region}:{call.account}:layer:{layer[1]}:{layer[2]}")
        return
    action = match and actions.get((call.method, match[2] or ""))
    if not action:
        raise policy.Unknown(f"Lambda {call.method} {path}")
    name = match[1].split(":function:")[-1].split(":")[0]
    yield Question(f"lambda:{action}", f"arn:aws:lambda:{call.region}:{call.account}:function:{name}")


def apigateway(call, world):
    """Both versions: the action is the method, the resource is the path."""
    path = urllib.parse.unquote(call.path)
    yield Question(f"apigateway:{call.method}", f"arn:aws:apigateway:{call.region}::{re.sub('^/v2/', '/', path)}")


def target_of(call):
    return call.headers["x-amz-target"].split(".")[-1], json.loads(call.body or b"{}")


def ssm(call, world):
    action, given = target_of(call)
    names = given.get("Names") or policy.listify(given.get("Name"))
    if action not in ("GetParameter", "GetParameters", "PutParameter", "DeleteParameter") or not names:
        raise policy.Unknown(f"the call ssm:{action}")
    for name in names:
        yield Question(f"ssm:{action}", f"arn:aws:ssm:{call.region}:{call.account}:parameter/{name.lstrip('/')}")


def ecr(call, world):
    action, given = target_of(call)
    names = given.get("repositoryNames") or policy.listify(given.get("repositoryName"))
    if action == "GetAuthorizationToken":
        yield Question("ecr:GetAuthorizationToken", "*")
        return
    for name in names or ["*"]:
        yield Question(f"ecr:{action}", f"arn:aws:ecr:{call.region}:{call.account}:repository/{name}")


# What a request to the registry of ECR asks for, by its kind and method: what docker pushes and pulls with.
REGISTRY = {
    ("blobs", "HEAD"): "BatchCheckLayerAvailability",
    ("blobs", "GET"): "GetDownloadUrlForLayer",
    ("blobs", "POST"): "InitiateLayerUpload",
    ("blobs", "PATCH"): "UploadLayerPart",
    ("blobs", "PUT"): "CompleteLayerUpload",
    ("manifests", "HEAD"): "BatchGetImage",
    ("manifests", "GET"): "BatchGetImage",
    ("manifests", "PUT"): "PutImage",
}


def registry(call, world):
    match = re.fullmatch(r"/v2/(.+?)/(blobs|manifests)/.*", call.path)
    if not match or (match[2], call.method) not in REGISTRY:
        raise policy.Unknown(f"the registry's {call.method} {call.path}")
    owner = call.host.split(".")[0]
    yield Question(f"ecr:{REGISTRY[match[2], call.method]}", f"arn:aws:ecr:{call.region}:{owner}:repository/{match[1]}")


def logs(call, world):
    action, given = target_of(call)
    if "logGroupName" not in given:
        raise policy.Unknown(f"logs:{action} of no group")
    streams = "" if action in ("DescribeSubscriptionFilters", "DeleteSubscriptionFilter", "PutSubscriptionFilter") else ":log-stream:"
    yield Question(f"logs:{action}", f"arn:aws:logs:{call.region}:{call.account}:log-group:{given['logGroupName']}{streams}")


def cloudtrail(call, world):
    """None of its calls knows a resource."""
    action, _ = target_of(call)
    yield Question(f"cloudtrail:{action}", "*")


def sts(call, world):
    form = {k: v[0] for k, v in urllib.parse.parse_qs(call.body.decode()).items()}
    action = form["Action"]
    yield Question(f"sts:{action}", form.get("RoleArn", "*"))
    if action == "AssumeRole" and members(form, "Tags"):
        yield Question("sts:TagSession", form["RoleArn"])


SERVICES = {
    "apigateway": apigateway, "cloudformation": cloudformation, "cloudtrail": cloudtrail, "ecr": ecr, "lambda": lambda_, "logs": logs, "registry": registry, "s3": s3, "ssm": ssm, "sts": sts,
}  # fmt: skip


def of(call, world):
    """The questions of IAM about a call, in the order in which AWS asks them."""
    if call.service not in SERVICES:
        raise policy.Unknown(f"the service {call.service}: {call.method} {call.path} {call.headers.get('x-amz-target', '')} {call.body[:200]!r}")
    return [q for q in SERVICES[call.service](call, world) if q.action not in FREE]
