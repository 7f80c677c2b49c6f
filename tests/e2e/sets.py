"""Stack sets in the stand-in: what moto lacks of them.

moto keeps instances without updating their resources, and ignores filters, preferences and capabilities. Here, each instance is a
stack of its account, created, updated and deleted like any other; so an instance that AWS would refuse fails its operation, and
the operation stops at the first failure. Service-managed sets reach units at any depth and never the management account;
self-managed ones need both roles. What is not known here is refused, so that no test passes because it was ignored.
"""

import json
import sys

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, cloudformation_backends
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.organizations.models import organizations_backends

LIMIT = 51_200
NAMES = {"AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName", "AWS::IAM::ManagedPolicy": "ManagedPolicyName"}
KNOWN_PREFERENCES = {"ConcurrencyMode", "FailureToleranceCount", "MaxConcurrentPercentage", "MaxConcurrentCount", "RegionConcurrencyType"}
# What one of these calls may say here; anything else is refused.
KNOWN = {
    "create_stack_set": {"TemplateBody", "Capabilities", "PermissionModel", "AutoDeployment", "ManagedExecution", "AdministrationRoleARN", "ExecutionRoleName", "ClientRequestToken"},
    "create_stack_instances": {"Regions", "DeploymentTargets", "Accounts", "OperationPreferences", "OperationId"},
    "update_stack_set": {"TemplateBody", "Capabilities", "OperationPreferences", "OperationId"},
    "delete_stack_instances": {"Regions", "DeploymentTargets", "Accounts", "OperationPreferences", "OperationId", "RetainStacks"},
}


def fail(message):
    raise ValidationError(message=message)


class Instance:
    """The stack of an account, as moto's list of instances has it."""

    def __init__(self, stack_set, account, region):
        self.stack_set, self.account_id, self.region_name, self.stack = stack_set, account, region, None
        self.status = "OUTDATED"

    @property
    def backend(self):
        return cloudformation_backends[self.account_id][self.region_name]

    def deploy(self, template):
        self.status = "OUTDATED"
        name = f"StackSet-{self.stack_set.name}-{self.stack_set.id.split(':')[-1]}"
        if self.stack is None:
            self.stack = self.backend.create_stack(name=name, template=template, parameters={})
        elif self.stack.template != template:
            self.stack = self.backend.update_stack(name=name, template=template, role_arn=None, parameters=[], tags=None)
        self.status = "CURRENT"

    def delete(self):
        if self.stack is not None:
            self.backend.delete_stack(self.stack.stack_id)

    def to_dict(self):
        return {
            "StackId": self.stack.stack_id if self.stack else None, "StackSetId": self.stack_set.id, "Region": self.region_name,
            "Account": self.account_id, "Status": self.status, "ParameterOverrides": [],
            "StackInstanceStatus": {"DetailedStatus": "SUCCEEDED" if self.status == "CURRENT" else "FAILED"},
        }


def given(self, action):
    """The parameters of the call, all of which must be known here."""
    found = self._get_params()
    unknown = {key for key, value in found.items() if value not in (None, [], {})} - KNOWN[action] - {"Action", "Version", "StackSetName"}
    if unknown:
        fail(f"the stand-in does not know {sorted(unknown)} of {action}")
    unknown = set(found.get("OperationPreferences") or {}) - KNOWN_PREFERENCES
    if unknown:
        fail(f"the stand-in does not know the preferences {sorted(unknown)}")
    return found


def checked(found):
    """The template of a call, if AWS would take it."""
    body = found.get("TemplateBody") or ""
    if not 1 <= len(body.encode()) <= LIMIT:
        fail(f"1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to {LIMIT}")
    resources = json.loads(body)["Resources"].values()
    named = any(NAMES.get(r["Type"]) in r.get("Properties", {}) for r in resources)
    if named and "CAPABILITY_NAMED_IAM" not in (found.get("Capabilities") or []):
        fail("Requires capabilities : [CAPABILITY_NAMED_IAM] (Service: CloudFormation, Status Code: 400, Error Code: InsufficientCapabilitiesException)")
    return body


_create_stack_set = CloudFormationResponse.create_stack_set


def create_stack_set(self):
    found = given(self, "create_stack_set")
    checked(found)
    if found.get("PermissionModel") == "SERVICE_MANAGED" and "Enabled" not in (found.get("AutoDeployment") or {}):
        fail("AutoDeployment is required for service-managed stack sets")
    if str((found.get("AutoDeployment") or {}).get("Enabled")).lower() == "true":
        fail("the stand-in has no automatic deployment")
    return _create_stack_set(self)


def below(organization, unit):
    """The accounts in a unit and in the units below it."""
    if unit not in {u.id for u in organization.ou}:
        fail(f"OrganizationalUnitNotFoundException: {unit}")
    units = {unit}
    while True:
        more = {u.id for u in organization.ou if u.parent_id in units} - units
        if not more:
            return {a.id for a in organization.accounts if a.parent_id in units}
        units |= more


def targets(self, stack_set, found):
    """The accounts of a call."""
    wanted = found.get("DeploymentTargets") or {}
    listed = set(found.get("Accounts") or wanted.get("Accounts") or [])
    if stack_set.permission_model != "SERVICE_MANAGED":
        if not listed or wanted.get("OrganizationalUnitIds"):
            fail("StackSets with SELF_MANAGED permission model can only have accounts as target")
        return listed
    units = wanted.get("OrganizationalUnitIds")
    if not units or found.get("Accounts"):
        fail("StackSets with SERVICE_MANAGED permission model can only have OrganizationalUnit as target")
    organization = organizations_backends[self.current_account]["aws"]
    reached = set().union(*(below(organization, unit) for unit in units)) - {organization.org.master_account_id}
    kind = wanted.get("AccountFilterType", "NONE")
    if (kind == "NONE") != (not listed):
        fail("AccountFilterType should be specified when both OrganizationalUnitIds and Accounts are provided")
    if kind not in ("NONE", "INTERSECTION", "DIFFERENCE"):
        fail(f"the stand-in does not know the filter {kind}")
    return {"NONE": reached, "INTERSECTION": reached & listed, "DIFFERENCE": reached - listed}[kind]


def has_role(account, name):
    return any(role.name == name for role in iam_backends[account]["aws"].roles.values())


def check_self_managed(self, stack_set, account):
    """Both roles must be there."""
    administration = stack_set.administration_role_arn.split("/")[-1]
    if not has_role(self.current_account, administration) or not has_role(account, stack_set.execution_role_name):
        fail(f"Account {account} should have '{stack_set.execution_role_name}' role with trust relationship to Role '{administration}'.")


def operate(self, stack_set, action, instances, template):
    """Deploys one after the other, and stops at the first failure. The answer is the operation's id, as from AWS."""
    status = "SUCCEEDED"
    for instance in instances:
        try:
            if stack_set.permission_model != "SERVICE_MANAGED":
                check_self_managed(self, stack_set, instance.account_id)
            instance.deploy(template)
        except Exception as refused:  # noqa: BLE001
            print(f"[stack-set] {stack_set.name} {instance.account_id}: {getattr(refused, 'message', refused)}", file=sys.stderr, flush=True)
            status = "FAILED"
            break
    accounts = [i.account_id for i in instances]
    number = f"operation-{len(stack_set.operations) + 1}"
    stack_set.operations.insert(0, stack_set._create_operation(number, action, status, accounts, []))
    stack_set.operations.pop()
    return ActionResult({"OperationId": number})


def create_stack_instances(self):
    found = given(self, "create_stack_instances")
    stack_set = self.cloudformation_backend.describe_stack_set(found["StackSetName"])
    known = {(i.account_id, i.region_name): i for i in stack_set.stack_instances}
    instances = []
    for region in found["Regions"]:
        for account in sorted(targets(self, stack_set, found)):
            instances.append(known.get((account, region)) or Instance(stack_set, account, region))
    stack_set.stack_instances += [i for i in instances if i not in stack_set.stack_instances]
    return operate(self, stack_set, "CREATE", instances, stack_set.template)


def update_stack_set(self):
    found = given(self, "update_stack_set")
    stack_set = self.cloudformation_backend.describe_stack_set(found["StackSetName"])
    stack_set.template = checked(found)
    return operate(self, stack_set, "UPDATE", list(stack_set.stack_instances), stack_set.template)


def delete_stack_instances(self):
    found = given(self, "delete_stack_instances")
    stack_set = self.cloudformation_backend.describe_stack_set(found["StackSetName"])
    reached = targets(self, stack_set, found)
    for instance in [i for i in stack_set.stack_instances if i.account_id in reached and i.region_name in found["Regions"]]:
        instance.delete()
        stack_set.stack_instances.remove(instance)
    return operate(self, stack_set, "DELETE", [], None)


def unknown(self):
    fail("the stand-in does not know this call of stack sets")


def install():
    for call in (create_stack_set, create_stack_instances, update_stack_set, delete_stack_instances):
        setattr(CloudFormationResponse, call.__name__, call)
    CloudFormationResponse.update_stack_instances = unknown
    # moto's own would say that a template was deployed which was not.
    CloudFormationBackend.create_stack_instances = CloudFormationBackend.update_stack_set = unknown
