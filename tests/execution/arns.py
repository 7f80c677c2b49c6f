"""The physical names and the ARNs of the resources of a template, as AWS gives them, and what a template refers to.

The ARNs are by hand, from the reference of IAM's actions ("Resource types defined by ..."). `{name}` is the resource's name or
id; other fields are properties. `{FunctionName:last}` takes the name out of an ARN, and `:function` the name of a function.
"""

import fnmatch
import re
import urllib.parse

REGULAR = "arn:aws:{service}:{region}:{account}:{path}"
PLAIN = {"apigateway": "arn:aws:apigateway:{region}::{path}", "s3": "arn:aws:s3:::{path}", "route53": "arn:aws:route53:::{path}"}
GLOBAL = {service: "arn:aws:{service}::{account}:{path}" for service in ("iam", "cloudfront", "cloudwatch:dashboard")}

# type -> the property with its name, and its ARNs, the resource itself first. `/tags` stands for the tags of the first.
OWN = {
    "AWS::ApiGateway::ApiKey": ("", "apigateway /apikeys/{name}", "/tags"),
    "AWS::ApiGateway::Authorizer": ("", "apigateway /restapis/{RestApiId}/authorizers/{name}"),
    "AWS::ApiGateway::BasePathMapping": ("", "apigateway /domainnames/{DomainName}/basepathmappings/none"),
    "AWS::ApiGateway::Deployment": ("", "apigateway /restapis/{RestApiId}/deployments/{name}"),
    "AWS::ApiGateway::DomainName": ("DomainName", "apigateway /domainnames/{name}", "/tags"),
    "AWS::ApiGateway::GatewayResponse": ("", "apigateway /restapis/{RestApiId}/gatewayresponses/{ResponseType}"),
    "AWS::ApiGateway::Method": ("", "apigateway /restapis/{RestApiId}/resources/{ResourceId}/methods/{HttpMethod}"),
    "AWS::ApiGateway::Model": ("Name", "apigateway /restapis/{RestApiId}/models/{name}"),
    "AWS::ApiGateway::RequestValidator": ("", "apigateway /restapis/{RestApiId}/requestvalidators/{name}"),
    "AWS::ApiGateway::Resource": ("", "apigateway /restapis/{RestApiId}/resources/{name}"),
    "AWS::ApiGateway::RestApi": ("", "apigateway /restapis/{name}", "/tags"),
    "AWS::ApiGateway::Stage": ("StageName", "apigateway /restapis/{RestApiId}/stages/{name}", "/tags"),
    "AWS::ApiGateway::UsagePlan": ("", "apigateway /usageplans/{name}", "/tags"),
    "AWS::ApiGateway::UsagePlanKey": ("", "apigateway /usageplans/{UsagePlanId}/keys/{KeyId}"),
    "AWS::ApiGatewayV2::Api": ("", "apigateway /apis/{name}", "/tags"),
    "AWS::ApiGatewayV2::Deployment": ("", "apigateway /apis/{ApiId}/deployments/{name}"),
    "AWS::ApiGatewayV2::Integration": ("", "apigateway /apis/{ApiId}/integrations/{name}"),
    "AWS::ApiGatewayV2::Route": ("", "apigateway /apis/{ApiId}/routes/{name}"),
    "AWS::ApiGatewayV2::RouteResponse": ("", "apigateway /apis/{ApiId}/routes/{RouteId}/routeresponses/{name}"),
    "AWS::ApiGatewayV2::Stage": ("StageName", "apigateway /apis/{ApiId}/stages/{name}", "/tags"),
    "AWS::AppSync::ApiKey": ("", "appsync apis/{ApiId}/apikeys/{name}", "appsync apis/{ApiId}"),
    "AWS::AppSync::DataSource": ("Name", "appsync apis/{ApiId}/datasources/{name}", "appsync apis/{ApiId}"),
    "AWS::AppSync::GraphQLApi": ("", "appsync apis/{name}"),
    "AWS::AppSync::GraphQLSchema": ("", "appsync apis/{ApiId}"),
    "AWS::AppSync::Resolver": ("", "appsync apis/{ApiId}/types/{TypeName}/resolvers/{FieldName}", "appsync apis/{ApiId}/types/{TypeName}"),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        "", "application-autoscaling scalable-target/{name}", "cloudwatch alarm:TargetTracking-{ResourceId}-AlarmHigh-0000-0000",
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ("", "application-autoscaling scalable-target/{name}"),
    "AWS::CertificateManager::Certificate": ("", "acm certificate/{name}"),
    "AWS::CloudFront::Distribution": ("", "cloudfront distribution/{name}"),
    "AWS::CloudFront::Function": ("Name", "cloudfront function/{name}"),
    "AWS::CloudFront::OriginAccessControl": ("", "cloudfront origin-access-control/{name}"),
    "AWS::CloudFront::ResponseHeadersPolicy": ("", "cloudfront response-headers-policy/{name}"),
    "AWS::CloudWatch::Alarm": ("AlarmName", "cloudwatch alarm:{name}"),
    "AWS::CloudWatch::Dashboard": ("DashboardName", "cloudwatch:dashboard dashboard/{name}"),
    "AWS::CodeDeploy::Application": ("ApplicationName", "codedeploy application:{name}"),
    "AWS::CodeDeploy::DeploymentGroup": (
        "DeploymentGroupName", "codedeploy deploymentgroup:{ApplicationName}/{name}", "codedeploy application:{ApplicationName}",
        "codedeploy deploymentconfig:{DeploymentConfigName}",
    ),
    "AWS::Cognito::UserPool": ("", "cognito-idp userpool/{name}"),
    "AWS::Cognito::UserPoolClient": ("", "cognito-idp userpool/{UserPoolId}"),
    "AWS::Cognito::UserPoolDomain": ("", "cognito-idp userpool/{UserPoolId}"),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb table/{name}"),
    "AWS::EC2::SecurityGroup": ("", "ec2 security-group/{name}"),
    "AWS::EventSchemas::Registry": ("RegistryName", "schemas registry/{name}"),
    "AWS::EventSchemas::Schema": ("SchemaName", "schemas schema/{RegistryName}/{name}"),
    "AWS::Events::ApiDestination": ("Name", "events api-destination/{name}"),
    "AWS::Events::Archive": ("ArchiveName", "events archive/{name}"),
    "AWS::Events::Connection": ("Name", "events connection/{name}", "secretsmanager secret:events!connection/{name}/0000-000000"),
    "AWS::Events::EventBus": ("Name", "events event-bus/{name}"),
    "AWS::Events::Rule": ("Name", "events rule/{EventBusName:bus}{name}"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "iam policy{Path:path}{name}"),
    "AWS::IAM::Policy": ("PolicyName",),
    "AWS::IAM::Role": ("RoleName", "iam role{Path:path}{name}"),
    "AWS::KMS::Alias": ("AliasName", "kms {name}"),
    "AWS::KMS::Key": ("", "kms key/{name}"),
    "AWS::Kinesis::Stream": ("Name", "kinesis stream/{name}"),
    "AWS::Kinesis::StreamConsumer": ("ConsumerName", "kinesis stream/{StreamARN:last}/consumer/{name}:1700000000", "kinesis stream/{StreamARN:last}"),
    "AWS::KinesisFirehose::DeliveryStream": ("DeliveryStreamName", "firehose deliverystream/{name}"),
    "AWS::Lambda::Alias": ("Name", "lambda function:{FunctionName:function}:{name}", "lambda function:{FunctionName:function}"),
    "AWS::Lambda::EventSourceMapping": ("", "lambda event-source-mapping:{name}"),
    "AWS::Lambda::Function": ("FunctionName", "lambda function:{name}"),
    "AWS::Lambda::LayerVersion": ("LayerName", "lambda layer:{name}:1", "lambda layer:{name}"),
    "AWS::Lambda::Permission": ("", "lambda function:{FunctionName:function}"),
    "AWS::Lambda::Url": ("", "lambda function:{TargetFunctionArn:function}"),
    "AWS::Lambda::Version": ("", "lambda function:{FunctionName:function}:1", "lambda function:{FunctionName:function}"),
    # CloudWatch Logs asks for either.
    "AWS::Logs::LogGroup": ("LogGroupName", "logs log-group:{name}:*", "logs log-group:{name}"),
    "AWS::Logs::LogStream": ("LogStreamName", "logs log-group:{LogGroupName}:log-stream:{name}", "logs log-group:{LogGroupName}"),
    "AWS::Logs::MetricFilter": ("", "logs log-group:{LogGroupName}"),
    "AWS::Logs::SubscriptionFilter": ("", "logs log-group:{LogGroupName}"),
    "AWS::Pipes::Pipe": ("Name", "pipes pipe/{name}"),
    "AWS::Route53::RecordSet": ("Name", "route53 hostedzone/{HostedZoneId}", "route53 change/C0123456789"),
    "AWS::S3::Bucket": ("BucketName", "s3 {name}", "s3 {name}/any/object"),
    "AWS::S3::BucketPolicy": ("", "s3 {Bucket}"),
    "AWS::SNS::Subscription": ("", "sns {TopicArn:last}:{name}", "sns {TopicArn:last}"),
    "AWS::SNS::Topic": ("TopicName", "sns {name}"),
    "AWS::SQS::Queue": ("QueueName", "sqs {name}"),
    "AWS::SQS::QueuePolicy": ("",),
    "AWS::SSM::Parameter": ("Name", "ssm parameter{Name:path}"),
    "AWS::Scheduler::Schedule": ("Name", "scheduler schedule/{GroupName:group}/{name}"),
    "AWS::Scheduler::ScheduleGroup": ("Name", "scheduler schedule-group/{name}", "scheduler schedule/{name}/any"),
    "AWS::SecretsManager::Secret": ("Name", "secretsmanager secret:{name}-a1B2c3"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", "states stateMachine:{name}"),
    "AWS::WAFv2::IPSet": ("Name", "wafv2 {Scope:scope}/ipset/{name}/0000-0000"),
    "AWS::WAFv2::WebACL": ("Name", "wafv2 {Scope:scope}/webacl/{name}/0000-0000"),
    "AWS::CloudFormation::CustomResource": ("",),
}

# What Ref gives for these is an ARN; for all others, the name or id.
REF_IS_ARN = {
    "AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::Lambda::Alias", "AWS::Lambda::Version", "AWS::Lambda::LayerVersion",
    "AWS::IAM::ManagedPolicy", "AWS::SecretsManager::Secret", "AWS::CertificateManager::Certificate",
}  # fmt: skip
# CloudFormation's names of these begin with the logical id; those of others, with the stack's name.
NAMED_BY_ID = {"AWS::StepFunctions::StateMachine", "AWS::SecretsManager::Secret", "AWS::Kinesis::StreamConsumer"}
LOWER_CASE = {"AWS::S3::Bucket"}


class Unknown(Exception):
    """Something that is not known here."""


class Text(str):
    """A property, with the formats of OWN."""

    def __format__(self, spec):
        if spec == "last":
            return re.split(r"[:/]", self)[-1]
        if spec == "function":
            found = re.search(r":function:([^:]+)", self)
            return found[1] if found else self.split(":")[0]
        if spec == "path":
            return self if self.startswith("/") else f"/{self}"
        if spec == "scope":
            return "global" if self == "CLOUDFRONT" else "regional"
        if spec == "group":
            return self or "default"
        if spec == "bus":
            bus = self.split("/")[-1]
            return "" if bus in ("", "default") else f"{bus}/"
        return str(self)


class Resource:
    """A resource of a template. `type`, `name`, `arns` and `properties`, in which nothing is left to resolve."""

    def __init__(self, logical_id, body):
        self.id, self.type = logical_id, body["Type"]
        if self.type.startswith("Custom::"):
            self.type = "AWS::CloudFormation::CustomResource"
        self.attributes = {k: v for k, v in body.items() if k in ("UpdatePolicy", "CreationPolicy")}
        self.raw = body.get("Properties") or {}
        self.properties, self.arns, self.related = {}, [], set()

    def __getitem__(self, key):
        value = self.properties.get(key)
        if value is None and key in ("Path", "EventBusName", "GroupName", "DeploymentConfigName"):
            return Text("/" if key == "Path" else "")
        if not isinstance(value, str):
            raise Unknown(f"{self.id} ({self.type}): {key} is {value!r}")
        return Text(value)

    def has(self, path):
        """Whether the template sets the property (`A.B`: B below A, in any item of a list; `A=b`: to a text like b) or attribute."""
        path, _, wanted = path.partition("=")
        found = [self.properties, self.attributes]
        for step in path.split("."):
            found = [item[step] for item in found if isinstance(item, dict) and item.get(step) is not None]
            found = [one for item in found for one in (item if isinstance(item, list) else [item])]
        return bool(found) if not wanted else any(fnmatch.fnmatchcase(str(one), wanted) for one in found)

    @property
    def tags(self):
        tags = next((self.properties[k] for k in ("Tags", "UserPoolTags") if k in self.properties), None) or {}
        return tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


class Template:
    """The resources of a template, deployed as `stack` with the defaults of its parameters."""

    def __init__(self, template, stack, account, region):
        self.parameters = {k: v.get("Default", k) for k, v in (template.get("Parameters") or {}).items()}
        self.pseudo = {
            "AWS::Partition": "aws", "AWS::Region": region, "AWS::AccountId": account, "AWS::StackName": stack,
            "AWS::URLSuffix": "amazonaws.com", "AWS::StackId": f"arn:aws:cloudformation:{region}:{account}:stack/{stack}/0",
        }  # fmt: skip
        self.stack, self.account, self.region = stack, account, region
        # The parameters that CloudFormation reads from SSM.
        ssm = [v["Default"] for v in (template.get("Parameters") or {}).values() if v["Type"].startswith("AWS::SSM::")]
        self.ssm = [f"arn:aws:ssm:{region}:{account}:parameter/{name.lstrip('/')}" for name in ssm]
        self.resources = {i: Resource(i, b) for i, b in template["Resources"].items() if b["Type"] != "AWS::CDK::Metadata"}
        self.mentioned, self.done, self.open = set(), set(), []
        for resource in self.resources.values():
            self.finish(resource)
        for resource in self.resources.values():
            # What the resources that it names are, and what those depend on for their own name.
            found = {arn for other in resource.refers for arn in self.resources[other].arns}
            resource.related = (found | literal_arns(resource.properties)) - set(resource.arns)

    def finish(self, resource):
        if resource.id in self.done:
            return
        if resource.id in self.open:
            raise Unknown(f"{resource.id} refers to itself by way of {self.open}")
        self.open.append(resource.id)
        before, self.mentioned = self.mentioned, set()
        name_property = self.known(resource)[0]
        # A name must be there before what refers back to this resource, such as a policy of the queue.
        given = resource.raw.get(name_property)
        resource.name = self.value(given) if given is not None else self.made_up(resource)
        resource.properties = {k: self.value(v) for k, v in resource.raw.items()}
        resource.attributes = {k: self.value(v) for k, v in resource.attributes.items()}
        resource.refers, self.mentioned = self.mentioned, before
        resource.arns = [self.arn(resource, form) for form in self.known(resource)[1:]]
        self.open.pop()
        self.done.add(resource.id)

    def known(self, resource):
        if resource.type not in OWN:
            raise Unknown(f"the ARNs of {resource.type} ({resource.id}): add it to tests/execution/arns.py")
        return OWN[resource.type]

    def made_up(self, resource):
        """As CloudFormation names what the template does not name, or AWS's id."""
        prefix = "" if resource.type in NAMED_BY_ID else f"{self.stack}-"
        if not self.known(resource)[0]:
            return f"id{resource.id.lower()[:20]}"
        name = f"{prefix}{resource.id}-A1B2C3D4E5F6"
        return name.lower() if resource.type in LOWER_CASE else name

    def arn(self, resource, form):
        if form == "/tags":
            return self.arn(resource, "apigateway /tags/" + urllib.parse.quote(self.arn(resource, self.known(resource)[1]), safe=""))
        service, path = form.split(" ", 1)
        fields = {field: resource[field] for field in re.findall(r"\{(\w+)", path) if field != "name"}
        path = path.format(name=Text(resource.name), **fields)
        whole = PLAIN.get(service) or GLOBAL.get(service) or REGULAR
        return whole.format(service=service.split(":")[0], region=self.region, account=self.account, path=path)

    def refer(self, logical_id, attribute=None):
        """What Ref, or GetAtt with an attribute, gives."""
        if attribute is None:
            if logical_id in self.pseudo or logical_id in self.parameters:
                return {**self.pseudo, **self.parameters}[logical_id]
            if logical_id == "AWS::NoValue":
                return None
        resource = self.resources[logical_id]
        self.mentioned.add(logical_id)
        if resource.id in self.open:
            # A cycle of two resources that name each other: the name alone is enough.
            return getattr(resource, "name", None) or self.made_up(resource)
        self.finish(resource)
        if attribute is None:
            return resource.arns[0] if resource.type in REF_IS_ARN else resource.name
        if attribute.lower().endswith("arn") and not attribute.startswith("Stream") and resource.arns:
            return resource.arns[0]
        if attribute == "StreamArn":
            return f"{resource.arns[0]}/stream/2026-01-01T00:00:00.000"
        if attribute.endswith(("Name", "Id", "Name.Name")) and "Domain" not in attribute:
            return resource.name
        return f"{resource.name}.{attribute}"

    def value(self, value):
        """A value of the template with its intrinsic functions worked out; of Fn::If, the first branch."""
        if isinstance(value, list):
            return [one for one in map(self.value, value) if one is not None]
        if not isinstance(value, dict):
            return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
        if len(value) != 1 or next(iter(value)) not in FUNCTIONS:
            return {k: v for k, v in ((k, self.value(v)) for k, v in value.items()) if v is not None}
        (function, argument), = value.items()
        return FUNCTIONS[function](self, argument)

    def substitute(self, argument):
        text, given = argument if isinstance(argument, list) else (argument, {})
        given = {k: self.value(v) for k, v in given.items()}

        def one(found):
            name = found[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            return str(given[name] if name in given else self.refer(*name.split(".", 1)))

        return re.sub(r"\$\{([^}]+)\}", one, text)

    def split(self, argument):
        return str(self.value(argument[1])).split(argument[0])

    def select(self, argument):
        found = self.value(argument[1])
        return (found if isinstance(found, list) else str(found).split(","))[int(argument[0])]


FUNCTIONS = {
    "Ref": lambda t, a: t.refer(a),
    "Fn::GetAtt": lambda t, a: t.refer(*(a if isinstance(a, list) else a.split(".", 1))),
    "Fn::Sub": Template.substitute,
    "Fn::Join": lambda t, a: a[0].join(map(str, t.value(a[1]))),
    "Fn::If": lambda t, a: t.value(a[1]),
    "Fn::Split": Template.split,
    "Fn::Select": Template.select,
}


def literal_arns(value):
    """The ARNs that stand in a value, and those of the objects that a bucket and a key name."""
    if isinstance(value, str):
        return set(re.findall(r"arn:aws[^\s\"'\\,}]+", value))
    if isinstance(value, list):
        return {arn for one in value for arn in literal_arns(one)}
    if isinstance(value, dict):
        bucket = value.get("S3Bucket") or value.get("Bucket")
        key = value.get("S3Key") or value.get("Key")
        found = {f"arn:aws:s3:::{bucket}/{key}"} if isinstance(bucket, str) and isinstance(key, str) else set()
        return found | {arn for one in value.values() for arn in literal_arns(one)}
    return set()
