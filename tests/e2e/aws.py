#!/usr/bin/env python3
"""A local stand-in for AWS: moto's server, closer to AWS where it is too lenient to prove anything.

    aws.py SOCKET

SOCKET is the number of an inherited file descriptor, a socket that is bound to its port and does not listen yet: nobody else can
take the port in between. Requests are answered one after another: moto has no locks.

Nothing here touches OrgFormation; only moto is changed, in memory, in this process:

 1 support:DescribeSeverityLevels    answers as for an account on the Basic plan. moto lacks it; OrgFormation asks it.
 2 AWS::IAM::Role in CloudFormation  moto drops ManagedPolicyArns, and on update trust and policies.
 3 AWS::IAM::User                    moto drops ManagedPolicyArns and Policies.
 4 AWS::IAM::ManagedPolicy           moto has no update.
 5 AWS::IAM::OIDCProvider            moto lacks it in CloudFormation.
 6 ValidateTemplate                  as AWS: syntax and parameters. moto runs cfn-lint and fails on warnings.
 7 Refused as in IAM: trust in a user or role that does not exist yet; names, documents and trust policies over the quota;
   a policy whose Version is no version; a boundary or policy that does not exist.
 8 sts:AssumeRole                    the role must exist, its trust policy must admit the caller, and a caller of another
                                     account needs an identity policy. Conditions count. moto lets anybody in.
 9 sts:AssumeRoleWithWebIdentity     the account must have the token's OIDC provider with the token's audience, and the trust
                                     policy must admit the claims. The signature is not checked: tokens here have none.
10 CloudFormation                    a failed stack rolls back; bodies over 51,200 bytes (1,000,000 from S3) are refused.
11 CloudFormation with a RoleARN      the caller must be allowed to pass the role and to use it for the stack, the role must trust
                                     CloudFormation, and its policies must allow each call of calls.py. moto asks nobody.
                                     A change set that is refused when it is executed rolls the stack back, or with
                                     DisableRollback, RollbackStack does. With GATE, what calls.py does not know is not asked.
12 CloudFormation refuses a name that is taken, and a replacement of a resource with a name of its own; it creates before it
   deletes. A user with access keys cannot be deleted: it stays when an update removes it, and its stack cannot be deleted.
   moto deletes first, replaces nothing, and deletes every user.
13 A service (CodeBuild, CloudFormation) becomes a role by sts:AssumeRole with the header X-Calling-Service, and with
   X-Source-Arn and X-Source-Account as context. Only tests send these.
14 With GATE, the name of a file, each call of a user or role is decided by its policies: see gate.py.
15 What the CLIs read: outputs, tags, and parameters after a change set, change sets that are missing or change nothing,
   templates in buckets of other accounts, and the region of a bucket. moto leaves these out, or answers otherwise.
16 Stack sets: see sets.py. moto updates no instance, and says that the resource type AWS::CloudFormation::StackSet was created when
   nothing was: here it is refused.

Conditions are evaluated by policy.py. A failing stack is refused at once; AWS would say so later.

SLOW_ACCOUNT is the account whose new stacks take three seconds, so that all others would come first if nothing made them wait.
MASTER_ID is the management account, ACCOUNT_IDS the ids of the accounts that are made, in order. MOTO_ACCOUNT_ID must not be
set: moto would answer every request as that account.
"""

import base64
import copy
import io
import json
import os
import re
import socket
import sys
import threading
import time
import traceback

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
os.environ.pop("MOTO_ACCOUNT_ID", None)

import yaml  # noqa: E402
from flask import got_request_exception  # noqa: E402
from moto.cloudformation.exceptions import ValidationError  # noqa: E402
from moto.core.base_backend import BackendDict  # noqa: E402
from moto.core.common_models import CloudFormationModel  # noqa: E402
from moto.core.exceptions import AccessDeniedError, JsonRESTError  # noqa: E402
from moto.core.responses import ActionResult, EmptyResult  # noqa: E402
from moto.iam import models as iam  # noqa: E402
from moto.iam.models import iam_backends  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from moto.sts.responses import TokenResponse  # noqa: E402
from moto.support.responses import SupportResponse  # noqa: E402
from moto.utilities.utils import get_partition  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

import calls  # noqa: E402
import policy  # noqa: E402
import sets  # noqa: E402
from policy import listify  # noqa: E402


# ------------------------------------------------------------------ 1 support
def describe_severity_levels(self):
    raise JsonRESTError("SubscriptionRequiredException",
                        "Amazon Web Services Premium Support Subscription is required to use this service.")


SupportResponse.describe_severity_levels = describe_severity_levels


# ------------------------------------------------------------------ AWS's own policies
# moto reads them for each account and each partition, at the first call of anybody. The accounts here are in one partition, and
# each gets a copy of what was read once.
_read_policies = iam.IAMBackend._init_aws_policies
iam.PARTITION_NAMES = ["aws"]
reading, of_aws = threading.Lock(), []


def aws_policies(self):
    with reading:
        if not of_aws:
            of_aws.extend(_read_policies(self))
    return [copy.copy(p) for p in of_aws]


iam.IAMBackend._init_aws_policies = aws_policies

# Whoever answers a request has the turn: see one_at_a_time.
turn = threading.Lock()
# An account is added where it is first named: who goes through the accounts goes through those of that moment.
BackendDict.__iter__ = lambda self: iter(dict.copy(self))
BackendDict.items = lambda self: dict.copy(self).items()
BackendDict.values = lambda self: dict.copy(self).values()
# Flask answers 500, and moto does not log why.
got_request_exception.connect(lambda _, exception: traceback.print_exception(exception), weak=False)


# ------------------------------------------------------------------ strict checks
def squeeze(doc):
    return len(re.sub(r"\s", "", json.dumps(doc, separators=(",", ":"))))


def fail(msg):
    raise ValidationError(message=msg)


def check_version(doc, where):
    v = doc.get("Version")
    if v not in (None, "2012-10-17", "2008-10-17"):
        fail(f"{where}: The policy must contain a valid version string (MalformedPolicyDocument), found {v!r}")
    for st in listify(doc.get("Statement")):
        for key in ("Action", "NotAction", "Resource", "NotResource"):
            for item in listify(st.get(key)):
                if not isinstance(item, str):
                    fail(f"{where}: {key} holds a non-string: {item!r} (MalformedPolicyDocument)")


ARN = re.compile(r"^arn:aws:(iam|sts)::(\d{12}):(root|user/.+|role/.+)$")


def principal_exists(p):
    if not isinstance(p, str):
        return False
    if p == "*" or re.fullmatch(r"\d{12}", p):
        return True
    m = ARN.match(p)
    if not m:
        return False
    account, what = m.group(2), m.group(3)
    if account not in known_accounts():
        return False
    if what == "root":
        return True
    backend = iam_backends[account]["aws"]
    if what.startswith("user/"):
        return any(u.arn == p for u in backend.users.values())
    return any(r.arn == p for r in backend.roles.values())


def known_accounts():
    from moto.organizations.models import organizations_backends
    ids = set()
    for account in list(organizations_backends.keys()):
        for backend in organizations_backends[account].values():
            ids.update(a.id for a in getattr(backend, "accounts", []))
            if getattr(backend, "org", None):
                ids.add(backend.org.master_account_id)
    return ids


def check_trust(doc, where):
    check_version(doc, where)
    if squeeze(doc) > 2048:
        fail(f"{where}: LimitExceeded: ACLSizePerRole: 2048 (trust policy is {squeeze(doc)})")
    for st in listify(doc.get("Statement")):
        pr = st.get("Principal")
        if isinstance(pr, dict):
            for p in listify(pr.get("AWS")):
                if not principal_exists(p):
                    fail(f'{where}: Invalid principal in policy: "AWS":{json.dumps(p)} '
                         "(Service: Iam, Status Code: 400, Error Code: MalformedPolicyDocument)")


def check_role(props, name):
    if len(name) > 64:
        fail(f"Role {name}: name is {len(name)} characters, IAM allows 64")
    if not re.fullmatch(r"[\w+=,.@-]+", name):
        fail(f"Role name {name!r} has characters IAM refuses")
    if len(props.get("Description") or "") > 1000:
        fail(f"Role {name}: description above 1000 characters")
    total = 0
    seen = set()
    for pol in props.get("Policies", []):
        check_version(pol["PolicyDocument"], f"Role {name} policy {pol['PolicyName']}")
        if pol["PolicyName"] in seen:
            fail(f"Role {name}: duplicate inline policy name {pol['PolicyName']}")
        seen.add(pol["PolicyName"])
        total += squeeze(pol["PolicyDocument"])
    if total > 10240:
        fail(f"Role {name}: Maximum policy size of 10240 bytes exceeded for role {name} ({total})")


# ------------------------------------------------------------------ 2 roles
def apply_role(role, props, backend):
    role.assume_role_policy_document = json.dumps(props["AssumeRolePolicyDocument"])
    role.policies = {p["PolicyName"]: json.dumps(p["PolicyDocument"]) for p in props.get("Policies", [])}
    role.description = props.get("Description", "")
    role.max_session_duration = props.get("MaxSessionDuration", 3600)
    role.permissions_boundary_arn = props.get("PermissionsBoundary") or None
    role.tags = list(props.get("Tags", []))
    wanted = props.get("ManagedPolicyArns", [])
    for arn in list(role.managed_policies):
        if arn not in wanted:
            backend.detach_role_policy(arn, role.name)
    for arn in wanted:
        if arn not in role.managed_policies:
            try:
                backend.attach_role_policy(arn, role.name)
            except Exception as e:  # NoSuchEntity, as IAM says
                fail(f"Policy {arn} does not exist or is not attachable. ({e})")


def present(value):
    """Without what AWS::NoValue left, which moto keeps as None."""
    if isinstance(value, list):
        return [present(v) for v in value if v is not None]
    return {k: present(v) for k, v in value.items() if v is not None} if isinstance(value, dict) else value


def role_create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    props = present(cloudformation_json["Properties"])
    name = props.get("RoleName", resource_name)
    check_trust(props["AssumeRolePolicyDocument"], f"Role {name} trust policy")
    check_role(props, name)
    backend = iam_backends[account_id][get_partition(region_name)]
    role = backend.create_role(
        role_name=name, assume_role_policy_document=json.dumps(props["AssumeRolePolicyDocument"]),
        path=props.get("Path", "/"), permissions_boundary=props.get("PermissionsBoundary", ""),
        description=props.get("Description", ""), tags=props.get("Tags", []),
        max_session_duration=props.get("MaxSessionDuration", 3600))
    apply_role(role, props, backend)
    return role


def role_update(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    props = present(cloudformation_json["Properties"])
    name = props.get("RoleName", original_resource.name)
    if name != original_resource.name:  # replacement
        new = role_create(cls, name, cloudformation_json, account_id, region_name)
        original_resource.managed_policies.clear()
        original_resource.policies.clear()
        iam_backends[account_id][get_partition(region_name)].delete_role(original_resource.name)
        return new
    check_trust(props["AssumeRolePolicyDocument"], f"Role {name} trust policy")
    check_role(props, name)
    apply_role(original_resource, props, iam_backends[account_id][get_partition(region_name)])
    return original_resource


_role_delete = iam.Role.delete_from_cloudformation_json.__func__


def role_delete(cls, resource_name, cloudformation_json, account_id, region_name):
    backend = iam_backends[account_id][get_partition(region_name)]
    for role in list(backend.roles.values()):
        if role.name == resource_name:
            for arn in list(role.managed_policies):
                backend.detach_role_policy(arn, role.name)
    _role_delete(cls, resource_name, cloudformation_json, account_id, region_name)


iam.Role.create_from_cloudformation_json = classmethod(role_create)
iam.Role.update_from_cloudformation_json = classmethod(role_update)
iam.Role.delete_from_cloudformation_json = classmethod(role_delete)


# ------------------------------------------------------------------ 3 users
def user_create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    props = cloudformation_json.get("Properties", {})
    backend = iam_backends[account_id][get_partition(region_name)]
    name = props.get("UserName", resource_name)
    user = backend.create_user(region_name=region_name, user_name=name, path=props.get("Path", "/"),
                               tags=props.get("Tags", []))
    user_apply(user, props, backend)
    return user


def user_apply(user, props, backend):
    for pol in props.get("Policies", []):
        check_version(pol["PolicyDocument"], f"User {user.name} policy {pol['PolicyName']}")
        backend.put_user_policy(user.name, pol["PolicyName"], json.dumps(pol["PolicyDocument"]))
    wanted = props.get("ManagedPolicyArns", [])
    for arn in wanted:
        if arn not in user.managed_policies:
            try:
                backend.attach_user_policy(arn, user.name)
            except Exception as e:
                fail(f"Policy {arn} does not exist or is not attachable. ({e})")


def user_update(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    props = cloudformation_json.get("Properties", {})
    backend = iam_backends[account_id][get_partition(region_name)]
    if props.get("UserName", original_resource.name) != original_resource.name:
        new = user_create(cls, props["UserName"], cloudformation_json, account_id, region_name)
        backend.delete_user(original_resource.name)
        return new
    user_apply(original_resource, props, backend)
    return original_resource


KEYS_FIRST = "Cannot delete entity, must delete access keys first. (Service: Iam, Status Code: 409, Error Code: DeleteConflict)"


def user_delete(cls, resource_name, cloudformation_json, account_id, region_name):
    backend = iam_backends[account_id][get_partition(region_name)]
    user = backend.users.get(resource_name)
    if user is not None and user.access_keys:
        # CloudFormation removes in its clean-up, whose failures do not fail the update: the user leaves the stack, and stays.
        print(f"[cfn] {resource_name} stays: {KEYS_FIRST}", file=sys.stderr, flush=True)
    elif user is not None:
        for arn in list(user.managed_policies):
            backend.detach_user_policy(arn, user.name)
        user.policies.clear() if hasattr(user.policies, "clear") else None
        backend.delete_user(resource_name)


iam.User.create_from_cloudformation_json = classmethod(user_create)
iam.User.update_from_cloudformation_json = classmethod(user_update)
iam.User.delete_from_cloudformation_json = classmethod(user_delete)


# ------------------------------------------------------------------ 4 managed policies
_mp_create = iam.ManagedPolicy.create_from_cloudformation_json.__func__


def check_managed(props, name):
    check_version(props["PolicyDocument"], f"ManagedPolicy {name}")
    if len(name) > 128:
        fail(f"ManagedPolicy {name}: name is {len(name)} characters, IAM allows 128")
    size = squeeze(props["PolicyDocument"])
    if size > 6144:
        fail(f"ManagedPolicy {name}: Cannot exceed quota for PolicySize: 6144 ({size})")


def mp_create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    props = cloudformation_json["Properties"]
    check_managed(props, props.get("ManagedPolicyName", resource_name))
    return _mp_create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)


def mp_update(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    props = cloudformation_json["Properties"]
    name = props.get("ManagedPolicyName", original_resource.name)
    check_managed(props, name)
    backend = iam_backends[account_id][get_partition(region_name)]
    doc = json.dumps(props["PolicyDocument"])
    if len(original_resource.versions) >= 5:
        oldest = [v for v in original_resource.versions if not v.is_default][0]
        original_resource.versions.remove(oldest)
    backend.create_policy_version(original_resource.arn, doc, True)
    for user in props.get("Users", []):
        if original_resource.arn not in backend.get_user(user).managed_policies:
            backend.attach_user_policy(original_resource.arn, user)
    return original_resource


def mp_delete(cls, resource_name, cloudformation_json, account_id, region_name):
    backend = iam_backends[account_id][get_partition(region_name)]
    for user in backend.users.values():
        if resource_name in user.managed_policies:
            backend.detach_user_policy(resource_name, user.name)
    for role in backend.roles.values():
        if resource_name in role.managed_policies:
            backend.detach_role_policy(resource_name, role.name)
    backend.delete_policy(resource_name)


iam.ManagedPolicy.create_from_cloudformation_json = classmethod(mp_create)
iam.ManagedPolicy.update_from_cloudformation_json = classmethod(mp_update)
iam.ManagedPolicy.delete_from_cloudformation_json = classmethod(mp_delete)


# ------------------------------------------------------------------ 5 OIDC providers
class OIDCProvider(CloudFormationModel):
    """The resource; the provider itself is moto's."""

    __module__ = "moto.iam.oidc"  # moto asks a resource's module for its service

    def __init__(self, arn):
        self.physical_resource_id = self.arn = arn

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::IAM::OIDCProvider"

    @classmethod
    def has_cfn_attr(cls, attr):
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name):
        return self.arn

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        props = cloudformation_json["Properties"]
        backend = iam_backends[account_id][get_partition(region_name)]
        url = re.sub("^https://", "", props["Url"])
        if any(arn.endswith(":oidc-provider/" + url) for arn in backend.open_id_providers):
            fail(f"Provider with url {props['Url']} already exists. (EntityAlreadyExists)")
        made = backend.create_open_id_connect_provider(
            props["Url"], props.get("ThumbprintList", []), props.get("ClientIdList", []), props.get("Tags", []))
        return cls(made.arn)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        props = cloudformation_json["Properties"]
        backend = iam_backends[account_id][get_partition(region_name)]
        backend.get_open_id_connect_provider(original_resource.arn).client_id_list = props.get("ClientIdList", [])
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        iam_backends[account_id][get_partition(region_name)].delete_open_id_connect_provider(resource_name)


# ------------------------------------------------------------------ 8, 9, 13 who becomes which role
def documents(identity):
    """The identity policies of a user or role."""
    found = [next(v for v in p.versions if v.is_default).document for p in identity.managed_policies.values()]
    found += list(identity.policies.values()) if isinstance(identity.policies, dict) else list(identity.policies)
    return [json.loads(d) if isinstance(d, str) else d for d in found]


def refuse(caller, role_arn, why):
    print(f"[sts] refused {caller} -> {role_arn}: {why}", file=sys.stderr, flush=True)
    raise AccessDeniedError(user_arn=str(caller), action=f"sts:AssumeRole on resource: {role_arn} ({why})")


def role_of(caller, role_arn):
    match = ARN.match(role_arn or "")
    if not match or not match.group(3).startswith("role/"):
        refuse(caller, role_arn, "no ARN of a role")
    for role in iam_backends[match.group(2)]["aws"].roles.values():
        if role.arn == role_arn:
            trust = role.assume_role_policy_document
            return role, json.loads(trust) if isinstance(trust, str) else trust, match.group(2)
    return refuse(caller, role_arn, "no such role")


def caller_of(request):
    """Who makes a request: its ARN, whether OrgFormation works as it, and the policies that it has."""
    account = request.current_account
    key = iam_backends[account]["aws"].access_keys.get(request.get_access_key())
    if key is not None and getattr(key, "role_arn", None):
        role, _, _ = role_of(key.role_arn, key.role_arn)
        return key.role_arn, key.role_arn.endswith("/OrganizationAccountAccessRole"), documents(role)
    if key is not None and key.user_name:
        user = iam_backends[account]["aws"].users[key.user_name]
        return user.arn, False, documents(user)
    return f"arn:aws:iam::{account}:root", True, []


_assume_role = TokenResponse.assume_role
_assume_role_with_web_identity = TokenResponse.assume_role_with_web_identity


def assume_role(self):
    role_arn = self._get_param("RoleArn")
    service = self.headers.get("X-Calling-Service")
    if service:
        _, trust, _ = role_of(service, role_arn)
        context = {"aws:SourceArn": self.headers.get("X-Source-Arn"), "aws:SourceAccount": self.headers.get("X-Source-Account")}
        if policy.trusts(trust, "sts:AssumeRole", {"service": service}, context) != "name":
            refuse(service, role_arn, "the trust policy does not admit it")
        return _assume_role(self)

    account = self.current_account
    caller, administrator, held = caller_of(self)
    _, trust, target = role_of(caller, role_arn)
    context = {"aws:PrincipalArn": caller, "aws:PrincipalAccount": account}
    if self._get_param("ExternalId"):
        context["sts:ExternalId"] = self._get_param("ExternalId")
    asked = ["sts:AssumeRole"] + (["sts:TagSession"] if self._get_param("Tags.member.1.Key") else [])
    for action in asked:
        trusted = policy.trusts(trust, action, {"arn": caller, "account": account}, context)
        if trusted not in ("name", "account"):
            refuse(caller, role_arn, f"the trust policy does not admit it to {action}")
        if administrator and target == account or caller.endswith(":root"):
            continue
        allowed = "allow" if administrator else policy.decide(held, action, role_arn, context)
        if allowed == "deny" or (allowed != "allow" and (target != account or trusted == "account")):
            refuse(caller, role_arn, f"no policy of its own allows {action}")
    return _assume_role(self)


def assume_role_with_web_identity(self):
    role_arn = self._get_param("RoleArn")
    claims = self._get_param("WebIdentityToken").split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    issuer = re.sub("^https://", "", claims["iss"])
    _, trust, target = role_of(issuer, role_arn)
    providers = iam_backends[target]["aws"].open_id_providers
    arn = f"arn:aws:iam::{target}:oidc-provider/{issuer}"
    if arn not in providers:
        refuse(issuer, role_arn, "No OpenIDConnect provider found in your account")
    if claims["aud"] not in providers[arn].client_id_list:
        refuse(issuer, role_arn, "Incorrect token audience")
    context = {f"{issuer}:{name}": value for name, value in claims.items()}
    # As IAM has it, from the tokens' session tags on: a service may ask for tags in its token, which these do not.
    if policy.trusts(trust, "sts:AssumeRoleWithWebIdentity", {"federated": arn}, context) != "name":
        refuse(issuer, role_arn, "the trust policy does not admit the token")
    return _assume_role_with_web_identity(self)


TokenResponse.assume_role = assume_role
TokenResponse.assume_role_with_web_identity = assume_role_with_web_identity

# ------------------------------------------------------------------ chosen account ids
os.environ.pop("MOTO_ACCOUNT_ID", None)
if os.environ.get("MASTER_ID"):
    iam.DEFAULT_ACCOUNT_ID = os.environ["MASTER_ID"]  # what get_account_id_from() falls back to
_ids = [x for x in os.environ.get("ACCOUNT_IDS", "").split(",") if x]
if _ids:
    from moto.organizations import utils as org_utils
    _random_id = org_utils.make_random_account_id
    _ids.insert(0, "000000000000")  # moto draws an id for the management account too, then overwrites it
    org_utils.make_random_account_id = lambda: _ids.pop(0) if _ids else _random_id()

# ------------------------------------------------------------------ 10 template size
from moto.cloudformation.models import CloudFormationBackend, Event, Stack  # noqa: E402
from moto.cloudformation.parsing import ResourceMap  # noqa: E402

def _note(self, name, verb, template):
    size = len(template.encode())
    print(f"[cfn] {verb} {name} account={self.account_id} region={self.region_name} template={size} bytes",
          file=sys.stderr, flush=True)
    if size > 1_000_000:
        fail("Template may not exceed 1000000 bytes in size.")


def _as_validation(e):
    if isinstance(e, ValidationError):
        return e
    return ValidationError(message=getattr(e, "description", None) or getattr(e, "message", None) or repr(e))


_create_stack, _update_stack = CloudFormationBackend.create_stack, CloudFormationBackend.update_stack


# ------------------------------------------------------------------ 11 stacks that a role creates
class Refused(ValidationError):
    """A stack's role may not do one of the changes. `done` are those before it, and `event` says of the resource what fails."""

    def __init__(self, done, message, event):
        super().__init__(message=message)
        self.done, self.event = done, event


def as_role(backend, name, template, role_arn, parameters, changes):
    """Asks the policies of a stack's role about the calls for `changes`, pairs of logical ids and what is done to them."""
    role, trust, account = role_of("cloudformation.amazonaws.com", role_arn)
    if policy.trusts(trust, "sts:AssumeRole", {"service": "cloudformation.amazonaws.com"}, {}) != "name":
        fail(f"Role {role_arn} is invalid or cannot be assumed")
    stack, count, changes = calls.Stack(name, account, backend.region_name, template, parameters), 0, list(changes)
    if os.environ.get("GATE"):
        changes = [(k, what) for k, what in changes if template["Resources"][k]["Type"] in calls.TYPES]
    for done, (logical, what) in enumerate(changes):
        try:
            count += calls.ask(documents(role), stack, logical, what)
        except calls.NotAllowed as refused:
            user = f"arn:aws:sts::{account}:assumed-role/{role.name}/AWSCloudFormation"
            why = (f'Resource handler returned message: "User: {user} is not authorized to perform: {refused.action} on resource: {refused.resource} {refused.why} '
                   f"(Service: {refused.action.split(':')[0].title()}, Status Code: 403, Request ID: 1)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)")
            event = {"logical_resource_id": logical, "resource_type": template["Resources"][logical]["Type"], "resource_status": f"{what.upper()}_FAILED", "resource_status_reason": why}
            raise Refused(changes[:done], f"The following resource(s) failed to {what}: [{logical}]. {why}", event)
    print(f"[calls] {role.name} {name}: {count} allowed", file=sys.stderr, flush=True)


def loaded(template):
    """A template as data, with the long forms of intrinsic functions."""
    if not isinstance(template, str):
        return template
    try:
        return json.loads(template)
    except ValueError:
        return yaml.load(template, yaml.Loader)  # moto taught this loader the short forms


def resources_of(template):
    return loaded(template).get("Resources", {})


def changed(old, new):
    """What an update does: creates and updates first, deletes last."""
    yield from ((k, "update" if k in old else "create") for k, v in new.items() if old.get(k) != v)
    yield from ((k, "delete") for k in old if k not in new)


# ------------------------------------------------------------------ 12 names that are taken
# What names a resource, and what else it cannot change: `createOnlyProperties` of the resource schemas.
NAMED = {
    "AWS::IAM::Role": ("RoleName", ("Path",)),
    "AWS::IAM::User": ("UserName", ()),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", ("Path", "Description")),
    "AWS::IAM::OIDCProvider": ("Url", ()),
}
DEFAULTS = {"Path": "/", "Description": ""}


def exists(account, kind, name):
    backend = iam_backends[account]["aws"]
    return {
        "AWS::IAM::Role": lambda: any(r.name == name for r in backend.roles.values()),
        "AWS::IAM::User": lambda: name in backend.users,
        "AWS::IAM::ManagedPolicy": lambda: any(p.name == name for p in backend.managed_policies.values()),
        "AWS::IAM::OIDCProvider": lambda: any(arn.endswith(":oidc-provider/" + re.sub("^https://", "", name)) for arn in backend.open_id_providers),
    }[kind]()


def check_names(self, name, template, parameters, old, old_parameters):
    """Refuses what CloudFormation refuses of the names in `template`, the one to come, where `old` is deployed."""
    new, before = loaded(template), loaded(old) if old else {"Resources": {}}
    stacks = [calls.Stack(name, self.account_id, self.region_name, t, p) for t, p in ((new, parameters), (before, old_parameters))]
    for logical, resource in new["Resources"].items():
        kind = resource["Type"]
        if kind not in NAMED or NAMED[kind][0] not in resource.get("Properties", {}):
            continue
        own, fixed = NAMED[kind]
        value = lambda i, what: stacks[i].text((new, before)[i]["Resources"][logical].get("Properties", {}).get(what, DEFAULTS.get(what)))  # noqa: E731
        known = before["Resources"].get(logical)
        stays = known is not None and known["Type"] == kind and own in known.get("Properties", {}) and value(0, own) == value(1, own)
        if stays and any(value(0, p) != value(1, p) for p in fixed):
            fail(f"CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {value(0, own)} and update the stack again.")
        if not stays and exists(self.account_id, kind, value(0, own)):
            holder = next((s.stack_id for s in self.stacks.values() if value(0, own) in names_in(s)), None)
            fail(f"{value(0, own)} already exists" + (f" in stack {holder}" if holder else ""))


def names_in(stack):
    resources = resources_of(stack.template)
    known = calls.Stack(stack.name, stack.account_id, stack.region_name, {"Resources": resources, "Parameters": loaded(stack.template).get("Parameters", {})}, stack.parameters)
    return {known.text(r["Properties"][NAMED[r["Type"]][0]]) for r in resources.values() if r["Type"] in NAMED and NAMED[r["Type"]][0] in r.get("Properties", {})}


# A failed create/update leaves no trace (moto keeps the half-made stack, and forgets the old template on a failed
# update, so that a retry says "No updates are to be performed"). AWS rolls back; the error comes later, from the waiter.
def create_stack(self, name, template, *a, **kw):
    if self.account_id == os.environ.get("SLOW_ACCOUNT"):
        turn.release()
        time.sleep(3)  # whoever does not wait for this account comes too early
        turn.acquire()
    _note(self, name, "create_stack", template)
    if kw.get("role_arn"):
        as_role(self, name, loaded(template), kw["role_arn"], kw.get("parameters"), [(k, "create") for k in resources_of(template)])
    check_names(self, name, template, kw.get("parameters"), None, None)
    if any(r.get("Type") == "AWS::CloudFormation::StackSet" for r in resources_of(template).values()):
        fail("the stand-in cannot deploy a AWS::CloudFormation::StackSet: call the API")
    before = set(self.stacks)
    try:
        return _create_stack(self, name, template, *a, **kw)
    except Exception as e:
        for stack_id in set(self.stacks) - before:
            stack = self.stacks.pop(stack_id)
            for export in list(self.exports):
                if getattr(self.exports[export], "exporting_stack_id", None) == stack_id:
                    del self.exports[export]
            try:
                stack.delete()
            except Exception as e2:
                print(f"[cfn] rollback of {name}: {e2!r}", file=sys.stderr, flush=True)
        raise _as_validation(e)


def update_stack(self, name, template, *a, **kw):
    stack = self.get_stack(name)  # raises "does not exist", on which OrgFormation creates the stack
    _note(self, name, "update_stack", template)
    old, old_params = stack.template, dict(stack.parameters or {})
    if kw.get("role_arn"):
        before, after = resources_of(old), resources_of(template)
        both = {**loaded(template), "Resources": {**before, **after}}
        as_role(self, name, both, kw["role_arn"], old_params, changed(before, after))
    parameters = self._resolve_update_parameters(instance=stack, incoming_params=kw.get("parameters") or [])
    check_names(self, name, template, parameters, old, old_params)
    try:
        out = _update_stack(self, name, template, *a, **kw)
    except Exception as e:
        try:
            stack.update(old, parameters=old_params)
            stack.status = "UPDATE_ROLLBACK_COMPLETE"
        except Exception as e2:
            print(f"[cfn] rollback of {name}: {e2!r}", file=sys.stderr, flush=True)
        raise _as_validation(e)
    for export in out.exports:  # moto registers exports on create only
        self.exports[export.name] = export
    return out


_delete_stack = CloudFormationBackend.delete_stack


def delete_stack(self, name_or_stack_id):
    # moto calls this with the name, and then with the id.
    stack = self.stacks.get(name_or_stack_id)
    if stack is not None:
        users = iam_backends[self.account_id]["aws"].users
        kept = [n for n in names_in(stack) if n in users and users[n].access_keys]
        if kept:
            fail(f"The following resource(s) failed to delete: {kept}. {KEYS_FIRST}")
    if stack is not None and stack.role_arn:
        template = loaded(stack.template)
        as_role(self, stack.name, template, stack.role_arn, stack.parameters, [(k, "delete") for k in reversed(resources_of(template))])
    if stack is not None:
        for export in stack.exports:  # moto stumbles over those of a stack that was not created
            self.exports.setdefault(export.name, export)
    return _delete_stack(self, name_or_stack_id)


_execute_change_set = CloudFormationBackend.execute_change_set
executing = threading.local()


# What a stack is called while it is rolled back, by what it is before.
ROLLBACKS = {"CREATE_FAILED": "ROLLBACK", "UPDATE_FAILED": "UPDATE_ROLLBACK", "UPDATE_ROLLBACK_FAILED": "UPDATE_ROLLBACK"}
UNDONE = {"create": "delete", "update": "update", "delete": "create"}


def roll_back(backend, stack, role_arn=None):
    """Of a stack that failed: undoes what was done, the last first, as `role_arn` or as the role of the change.

    What moto holds of the stack is what was there before. If the role may not do it, the stack stays in that state.
    """
    to, (template, role, parameters, done) = ROLLBACKS[stack.status], stack.to_undo
    try:
        as_role(backend, stack.name, template, role_arn or role, parameters, [(k, UNDONE[what]) for k, what in reversed(done)])
    except Refused as refused:
        stack.status = f"{to}_FAILED"
        stack._add_stack_event(stack.status, resource_status_reason=refused.message)
        return
    stack.status = f"{to}_COMPLETE"
    stack._add_stack_event(stack.status)


def roll_back_from(*states):
    """The call that rolls back a stack in one of these states, and refuses any other."""

    def respond(self):
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        if stack.status not in states:
            fail(f"Stack:{stack.stack_id} is in {stack.status} state and can not be rolled back.")
        roll_back(self.cloudformation_backend, stack, self._get_param("RoleARN"))
        return EmptyResult()

    return respond


def execute_change_set(self, change_set_name, stack_name=None):
    """With a role, its policies are asked first. A refusal rolls the stack back, if the caller did not forbid it: whoever waits reads that."""
    found = next((c for k, c in self.change_sets.items() if change_set_name in (k, c.change_set_name)), None)
    if found is not None and found.role_arn:
        stack = self.stacks[found.stack_id]
        before, after = resources_of(stack.template or {}), found.template_dict["Resources"]
        try:
            as_role(self, stack.name, {**found.template_dict, "Resources": {**before, **after}}, found.role_arn, found.parameters, changed(before, after))
        except Refused as refused:
            stack.status = f"{found.change_set_type}_FAILED"
            stack.events.append(Event(stack.stack_id, stack.name, physical_resource_id="", resource_properties=None, **refused.event))
            stack._add_stack_event(stack.status, resource_status_reason=refused.message)
            stack.to_undo = {**found.template_dict, "Resources": {**after, **before}}, found.role_arn, found.parameters, refused.done
            found.execution_status = "EXECUTE_FAILED"
            if not getattr(executing, "disable_rollback", False):
                roll_back(self, stack)
            return
        stack.role_arn = found.role_arn
    _execute_change_set(self, change_set_name, stack_name)
    if found is not None:  # moto keeps the outputs that the stack had, and its tags
        stack = self.stacks[found.stack_id]
        stack._parse_template()
        stack.output_map = stack._create_output_map()
        stack.tags = found.tags or stack.tags


# Parameters of SSM types are given once, as names. moto keeps their values, and looks those up as names in the next update.
_parse_ssm_parameter = ResourceMap.parse_ssm_parameter


def parse_ssm_parameter(self, value, value_type):
    try:
        return _parse_ssm_parameter(self, value, value_type)
    except AttributeError:
        return value


ResourceMap.parse_ssm_parameter = parse_ssm_parameter


def has_parameters(self, others):
    """Whether a change set gives no other values. moto compares those that were given, without those of the template."""
    values = {**self.stack_parameters, **self.parameters}
    return set(self.parameters) <= set(others) and all(value in (values.get(k), self.stack_parameters.get(k)) for k, value in others.items())


Stack.has_parameters = has_parameters
# Without the resources of types that moto lacks: it keeps None for them, and stumbles over it.
Stack.stack_resources = property(lambda self: [r for r in self.resource_map.values() if r is not None])
CloudFormationBackend.create_stack, CloudFormationBackend.update_stack = create_stack, update_stack
CloudFormationBackend.execute_change_set = execute_change_set
CloudFormationBackend.delete_stack = delete_stack
from moto.ecr import models as ecr  # noqa: E402

_delete_repository = ecr.Repository.delete


def delete_repository(self, account_id, region_name):
    """What is gone already is no error: SAM deletes the repositories of a stack before the stack."""
    if self.name in ecr.ecr_backends[account_id][region_name].repositories:
        _delete_repository(self, account_id, region_name)


ecr.Repository.delete = delete_repository
from moto.s3 import responses as s3_responses  # noqa: E402

# Without the XML declaration, which moto puts on the same line: Serverless's SDK takes all from there for the region.
s3_responses.S3_BUCKET_LOCATION = s3_responses.S3_BUCKET_LOCATION.split("\n")[1]
_delete_change_set = CloudFormationBackend.delete_change_set


def delete_change_set(self, change_set_name):
    """Of a change set that is not there: nothing happens, as in AWS."""
    if any(change_set_name in (k, c.change_set_name) for k, c in self.change_sets.items()):
        _delete_change_set(self, change_set_name)


class ChangeSetNotFound(ValidationError):
    code = "ChangeSetNotFound"


_describe_change_set = CloudFormationBackend.describe_change_set


def describe_change_set(self, change_set_name):
    """Of one that is not there: AWS's error. moto calls it a stack, and the CDK waits for this one."""
    if not any(change_set_name in (k, c.change_set_name) for k, c in self.change_sets.items()):
        raise ChangeSetNotFound(message=f"ChangeSet [{change_set_name}] does not exist")
    return _describe_change_set(self, change_set_name)


CloudFormationBackend.delete_change_set, CloudFormationBackend.describe_change_set = delete_change_set, describe_change_set

from moto.cloudformation.responses import CloudFormationResponse  # noqa: E402

for _name in ("create_stack", "update_stack"):
    _resp = getattr(CloudFormationResponse, _name)

    def _limited(self, _resp=_resp):
        body = self._get_param("TemplateBody") or ""
        if len(body.encode()) > 51200:
            fail("1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
                 "Member must have length less than or equal to 51200")
        return _resp(self)

    setattr(CloudFormationResponse, _name, _limited)


_get_param = CloudFormationResponse._get_param


def get_param(self, name, *default):
    """A change set's name is its own among those of its stack. moto looks for it among all."""
    value, stack = _get_param(self, name, *default), name == "ChangeSetName" and _get_param(self, "StackName")
    if not value or not stack or value.startswith("arn:") or self._get_action() == "CreateChangeSet":
        return value
    backend = self.cloudformation_backend
    found = [k for k, c in backend.change_sets.items() if c.change_set_name == value and stack in (c.stack_name, c.stack_id) and c.stack_id in backend.stacks]
    return found[-1] if found else f"{value} of {stack}"


CloudFormationResponse._get_param = get_param
_respond_execute = CloudFormationResponse.execute_change_set


def respond_execute(self):
    executing.disable_rollback = self._get_bool_param("DisableRollback", False)
    return _respond_execute(self)


CloudFormationResponse.execute_change_set = respond_execute
_respond_create = CloudFormationResponse.create_change_set


def respond_create(self):
    """Of a stack whose creation was rolled back, or whose rollback failed: nobody can update it."""
    name = self._get_param("StackName")
    stack = next((s for s in list(self.cloudformation_backend.stacks.values()) if name in (s.name, s.stack_id)), None)
    if stack is not None and stack.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED"):
        fail(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")
    return _respond_create(self)


CloudFormationResponse.create_change_set = respond_create
_get_template_summary = CloudFormationResponse.get_template_summary


def get_template_summary(self):
    """Of a stack whose creation failed: what it was to be created from. moto keeps no template for it, and stumbles over that."""
    name = self._get_param("StackName")
    stack = self.cloudformation_backend.get_stack(name) if name else None
    if stack is None or stack.template or not hasattr(stack, "to_undo"):
        return _get_template_summary(self)
    stack.template = json.dumps(stack.to_undo[0])
    try:
        return _get_template_summary(self)
    finally:
        stack.template = {}


CloudFormationResponse.get_template_summary = get_template_summary
CloudFormationResponse.rollback_stack = roll_back_from("CREATE_FAILED", "UPDATE_FAILED")
CloudFormationResponse.continue_update_rollback = roll_back_from("UPDATE_ROLLBACK_FAILED")

for _name, _action in (("create_stack", "CreateStack"), ("update_stack", "UpdateStack"), ("delete_stack", "DeleteStack")):
    _resp = getattr(CloudFormationResponse, _name)

    def _passing(self, _resp=_resp, _action=_action):
        passed = self._get_param("RoleARN")
        if passed:
            caller, administrator, held = caller_of(self)
            name = self._get_param("StackName")
            name = name if name.startswith("arn:") else f"arn:aws:cloudformation:{self.region}:{self.current_account}:stack/{name}/1"
            asked = [(f"cloudformation:{_action}", name, {"cloudformation:RoleArn": passed})]
            asked += [("iam:PassRole", passed, {"iam:PassedToService": "cloudformation.amazonaws.com"})]
            for action, resource, context in asked:
                if not administrator and policy.decide(held, action, resource, context) != "allow":
                    raise AccessDeniedError(user_arn=caller, action=f"{action} on resource: {resource}")
        return _resp(self)

    setattr(CloudFormationResponse, _name, _passing)



# ------------------------------------------------------------------ 5 ValidateTemplate
def validate_template(self):
    """moto runs cfn-lint and fails on its first finding, warnings included, and reports no Parameters.
    AWS checks syntax only, and lists the parameters (OrgFormation looks for ones nobody supplies)."""
    body = self._get_param("TemplateBody")
    if not body:
        body = self._get_stack_from_s3_url(self._get_param("TemplateURL"))
    doc = loaded(body)
    if not doc.get("Resources"):
        fail("Template format error: At least one Resources member must be defined.")
    for logical_id, res in doc["Resources"].items():
        if not re.fullmatch(r"[A-Za-z0-9]+", logical_id):
            fail(f"Template format error: Resource name {logical_id} is non alphanumeric.")
        if not isinstance(res, dict) or not res.get("Type"):
            fail(f"Template format error: [/Resources/{logical_id}] Every Resources object must contain a Type member.")
    params = []
    for key, val in (doc.get("Parameters") or {}).items():
        unknown = set(val) - {"Type", "Default", "Description", "AllowedPattern", "AllowedValues", "ConstraintDescription",
                              "MaxLength", "MinLength", "MaxValue", "MinValue", "NoEcho"}
        if unknown:
            fail(f"Invalid template parameter property '{sorted(unknown)[0]}'")
        item = {"ParameterKey": key, "NoEcho": False, "Description": val.get("Description", "")}
        if "Default" in val:
            item["DefaultValue"] = str(val["Default"])
        params.append(item)
    return ActionResult({"Description": doc.get("Description", ""), "Parameters": params, "Capabilities": [],
                         "DeclaredTransforms": []})


CloudFormationResponse.validate_template = validate_template


def template_of_url(self, url):
    """The template at a URL in any of S3's forms. moto takes the account of its user for that of the bucket."""
    import gate
    import questions

    bucket, key = questions.bucket_and_key(url)
    there = gate.moto_objects(bucket)
    if there is None or there.keys.get(key) is None:
        fail("S3 error: The specified key does not exist.")
    return there.keys[key].value.decode()


CloudFormationResponse._get_stack_from_s3_url = template_of_url
sets.install()
if os.environ.get("GATE"):
    # A change set without changes is made, and failed: the CLIs read its reason.
    _different = CloudFormationResponse._validate_different_update
    CloudFormationResponse._validate_different_update = lambda self, *a: None if self._get_param("ChangeSetName") else _different(self, *a)



def one_at_a_time(application):
    """Answers a request only when the one before is answered, and reads its body first.

    moto's dictionaries are shared by the threads of its server: one that grows while another thread goes through it is an error 500,
    and so is a template that another thread's environment of Jinja was given. And a connection with a body that nobody read ends in
    a reset instead of an answer.
    """

    def answer(environ, start_response):
        length = environ.get("CONTENT_LENGTH")
        body = environ["wsgi.input"].read(*([] if environ.get("wsgi.input_terminated") else [int(length or 0)]))
        environ["wsgi.input"] = io.BytesIO(body)
        with turn:
            return application(environ, start_response)

    return answer


def main(bound):
    """Serves at a socket that is bound."""
    server = make_server(*bound.getsockname()[:2], one_at_a_time(DomainDispatcherApplication(create_backend_app)), threaded=True, fd=bound.fileno())
    server.server_activate()
    server.serve_forever()


if __name__ == "__main__":
    if os.environ.get("GATE"):
        import gate

        gate.install(documents)
    main(socket.socket(fileno=int(sys.argv[1])))
