#!/usr/bin/env python3
"""Deploys an exported macro with stack sets to the local stand-in for AWS, by the very commands of docs/stacksets.md.

    stacksets.py [--binary FILE] [--figures FILE] [--keep] [--without-roles]

The real AWS CLI runs the blocks of the page: the Tools account, a stage by a list of accounts and one by a whole unit, an update, and
a stage by self-managed stack sets in a world of its own. After each step, the checks of run.py say who becomes which role, and
that strangers become nothing; no account but those that were meant has anything. What must be refused is refused: a stage
before the Tools account, a name without the capability, and a template that is too large.

With --without-roles, the templates of the stages are emptied before they are deployed: the run must then fail.

Exit 0 all is as it should be, 1 something is not, 2 it cannot run.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import cases
import run
from run import ROOT, Stop, World, check, figures, note

PAGE = ROOT / "docs/stacksets.md"
APP = "slslaunchpad"

ORGANIZATION = """\
AWSTemplateFormatVersion: '2010-09-09-OC'
Organization:
  Root: { Type: OC::ORG::OrganizationRoot, Properties: { DefaultOrganizationAccessRoleName: OrganizationAccountAccessRole } }
  Management: { Type: OC::ORG::MasterAccount, Properties: { AccountName: management, AccountId: '%s', RootEmail: m@example.com } }
""" % cases.MASTER

MACRO = """\
  Launchpad: !DeployRoles
    AppId: slslaunchpad
    ToolsAccount: !Ref ToolsAccount
    Services: [lambda, logs, s3, iam, apigateway]
    Targets:
      dev: { OrganizationalUnit: !Ref TestUnit }
      prod: { Account: [!Ref ProdAccount, !Ref LibrariesAccount], TestRole: true }
"""


def accounts():
    names = ("ToolsAccount", "DevAccount", "StagingAccount", "ProdAccount", "LibrariesAccount", "OtherAccount")
    return [cases.Account(name, f"{number}" * 12) for number, name in enumerate(names, 1)]


def organization():
    text = ORGANIZATION
    for a in accounts():
        text += f"  {a.name}: {{ Type: OC::ORG::Account, Properties: {{ AccountName: {a.name}, AccountId: '{a.id}', RootEmail: {a.name}@example.com }} }}\n"
    # A unit, and a unit below it.
    text += "  TestUnit: { Type: OC::ORG::OrganizationalUnit, Properties: { OrganizationalUnitName: test, Accounts: [!Ref DevAccount], OrganizationalUnits: !Ref StagingUnit } }\n"
    text += "  StagingUnit: { Type: OC::ORG::OrganizationalUnit, Properties: { OrganizationalUnitName: staging, Accounts: [!Ref StagingAccount] } }\n"
    return text


def blocks():
    """The commands of the page, by the name in the comment above them."""
    found = dict(re.findall(r"<!-- e2e: ([\w-]+) -->\n```sh\n(.*?)```", PAGE.read_text(), re.S))
    if len(found) < 7:
        raise Stop(f"only {len(found)} blocks of {PAGE.name} are marked to be run")
    return found


class Stack:
    """The stack of an account, as check_reach takes a target."""

    def __init__(self, world, account, stack):
        self.account, self.id = account, world.ids[account]
        cfn = world.client("cloudformation", account)
        body = cfn.get_template(StackName=stack)["TemplateBody"]
        self.template = json.loads(body) if isinstance(body, str) else body
        self.iam = world.client("iam", account)
        resources = cfn.describe_stack_resources(StackName=stack)["StackResources"]
        self.physical = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}

    def arn(self, logical):
        return self.iam.get_role(RoleName=self.physical[logical])["Role"]["Arn"]


class Sets(World):
    def __init__(self, binary, keep):
        super().__init__(cases.Case("stack sets", accounts(), [], organization()), 1, binary, keep)
        self.variables = {}

    def begin(self):
        super().begin()
        organizations = self.client("organizations")
        root = organizations.list_roots()["Roots"][0]["Id"]
        units = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
        self.variables = {"unit": next(u["Id"] for u in units if u["Name"] == "test"), "administrator": cases.MASTER}
        # The CLI's profiles: the administrators of two accounts.
        aws = self.folder / "home/.aws"
        aws.mkdir()
        self.client("sts", "ToolsAccount")
        tools = self.sessions["ToolsAccount"]
        text = f"[management]\naws_access_key_id = {self.env['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = {self.env['AWS_SECRET_ACCESS_KEY']}\n"
        text += f"[tools]\naws_access_key_id = {tools['AccessKeyId']}\naws_secret_access_key = {tools['SecretAccessKey']}\naws_session_token = {tools['SessionToken']}\n"
        (aws / "credentials").write_text(text)

    def write(self, macro):
        (self.org / "roles.src.yml").write_text(cases.HEAD + macro)

    def shell(self, text):
        """Runs commands of the page; (exit code, what they said). Their variables are kept."""
        given = "".join(f"{name}={value}\n" for name, value in self.variables.items())
        keep = 'for name in root accounts operation; do [ -z "${!name:-}" ] || echo "$name=${!name}" >>variables; done\n'
        env = {k: v for k, v in self.env.items() if not k.startswith(("AWS_ACCESS", "AWS_SECRET"))}
        env = {**env, "PATH": f"{Path(sys.executable).parent}:{env['PATH']}", "AWS_PAGER": ""}
        script = f"set -euo pipefail\n{given}{text}\n{keep}"
        ran = subprocess.run(["bash", "-c", script], cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        for line in (self.folder / "variables").read_text().splitlines() if (self.folder / "variables").exists() else []:
            name, _, value = line.partition("=")
            self.variables[name] = value
        return ran.returncode, ran.stdout.decode()

    def page(self, name):
        code, said = self.shell(blocks()[name])
        if code != 0:
            log = "\n".join(x for x in (self.folder / "aws.log").read_text(errors="replace").splitlines() if x.startswith("["))[-1500:]
            raise Stop(f"`{name}` of {PAGE.name} ended with {code}\n{said}\n{log}")
        return said

    def statuses(self, stack_set):
        found = self.client("cloudformation").list_stack_set_operations(StackSetName=stack_set)["Summaries"]
        return [operation["Status"] for operation in found]

    def stacks(self):
        """The stacks of the app in every account."""
        found = []
        for account in self.ids:
            for stack in self.client("cloudformation", account).describe_stacks()["Stacks"]:
                found.append(Stack(self, account, stack["StackName"]))
        return found


def check_all(world, dev, prod):
    """Exactly these accounts have roles, and CI becomes those that it must."""
    wanted = {"ToolsAccount": ["GitHubActionsUser"], **{a: [] for a in (*dev, *prod)}}
    there = {}
    for name in world.inventory() - world.before:
        account, _, what = name.partition("/")
        if not what.startswith("policy:"):
            there.setdefault(account, []).append(what)
    kinds = ["CloudFormationExecutionRole", "DeployerRole"]
    for account in (*dev, *prod):
        wanted[account] = sorted(kinds + ["TestRole"] * (account in prod))
    wanted = {account: [f"{APP}-{kind}" for kind in kinds] for account, kinds in wanted.items()}
    there = {account: sorted(names) for account, names in there.items()}
    check(there == wanted, "exactly the accounts that were meant have exactly their roles", f"{there}")
    reach = cases.deploys(APP, *dev) | cases.deploys(APP, *prod, test=True)
    version = cases.Version("", [(cases.User("ToolsAccount", f"{APP}-GitHubActionsUser"), reach)], [APP])
    deployers = run.check_reach(world, version, world.stacks())
    run.check_powers(world, deployers)


def emptied(world):
    """Takes the roles out of the templates of the stages."""
    for file in (world.folder / "stacks").glob("stage-*.json"):
        template = json.loads(file.read_text())
        template["Resources"] = {"Topic": {"Type": "AWS::SNS::Topic"}}
        file.write_text(json.dumps(template))


def check_refusals(world):
    """What AWS refuses, before anything is deployed."""
    explicit = blocks()["explicit"]
    # The roles trust a user that is not there yet.
    code, said = world.shell(explicit.replace("slslaunchpad-prod-roles", "too-early"))
    check(code == 0 and world.statuses("too-early") == ["FAILED"], "a stage before the Tools account fails", said)
    check(world.inventory() == world.before, "nothing is left of it")
    code, said = world.shell(explicit.replace("--capabilities CAPABILITY_NAMED_IAM", "").replace("slslaunchpad-prod-roles", "no-capability"))
    check(code != 0 and "CAPABILITY_NAMED_IAM" in said, "fixed names need the capability", said)
    large = world.folder / "stacks/large.json"
    large.write_text((world.folder / "stacks/stage-prod.json").read_text() + " " * 51_200)
    code, said = world.shell(explicit.replace("stage-prod.json", "large.json").replace("slslaunchpad-prod-roles", "too-large"))
    check(code != 0 and "51200" in said, "a template over 51,200 bytes is refused", said)
    large.unlink()


def service_managed(binary, keep, without_roles):
    dev, prod = ["DevAccount", "StagingAccount"], ["ProdAccount", "LibrariesAccount"]
    with Sets(binary, keep) as world:
        world.begin()
        world.write(MACRO)
        world.page("export")
        if without_roles:
            emptied(world)
        else:
            check_refusals(world)
        world.page("tools")
        world.page("explicit")
        check(world.variables["accounts"] == ",".join(sorted(world.ids[a] for a in prod)), "the list of accounts", world.variables["accounts"])
        world.page("unit")
        check(world.page("wait").strip() == "SUCCEEDED", "the operation succeeded")
        check_all(world, dev, prod)
        if without_roles:
            return
        note("deployed: a list of accounts, and a unit")
        # A service more, and an account that joins the list: the Tools account, the update, then the new instance.
        world.write(MACRO.replace("apigateway]", "apigateway, sns]").replace("!Ref LibrariesAccount]", "!Ref LibrariesAccount, !Ref OtherAccount]"))
        world.page("export")
        world.page("tools")
        world.page("update")
        check(world.statuses("slslaunchpad-dev-roles")[0] == "SUCCEEDED", "the update succeeded")
        for account in dev:
            held = json.dumps(run.held(world, account, f"{APP}-CloudFormationExecutionRole"))
            check("sns:CreateTopic" in held, f"the update reached {account}")
        update = blocks()["update"].replace("-dev", "-prod")
        create = re.search(r"aws cloudformation create-stack-instances.*", blocks()["explicit"], re.S)[0]
        world.variables["accounts"] = world.ids["OtherAccount"]
        code, said = world.shell(update + create)
        check(code == 0 and world.statuses("slslaunchpad-prod-roles")[:2] == ["SUCCEEDED"] * 2, "an account joins", said)
        check_all(world, dev, [*prod, "OtherAccount"])
        note("updated, and an account joined")


def self_managed(binary, keep):
    with Sets(binary, keep) as world:
        world.begin()
        # prod alone, which is a list.
        world.write("\n".join(line for line in MACRO.splitlines() if "dev:" not in line) + "\n")
        world.page("export")
        world.page("tools")
        world.variables["accounts"] = ",".join(world.ids[a] for a in ("ProdAccount", "LibrariesAccount"))
        trust = lambda account: json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}]})  # noqa: E731
        world.page("self-managed")
        check(world.statuses("slslaunchpad-prod-roles") == ["FAILED"], "without the two roles, it fails")
        world.client("iam").create_role(RoleName="AWSCloudFormationStackSetAdministrationRole", AssumeRolePolicyDocument=trust(cases.MASTER))
        for account in world.ids:
            world.client("iam", account).create_role(RoleName="AWSCloudFormationStackSetExecutionRole", AssumeRolePolicyDocument=trust(cases.MASTER))
        world.before = world.before | {f"{a}/AWSCloudFormationStackSetExecutionRole" for a in world.ids}
        create = re.search(r"aws cloudformation create-stack-instances.*", blocks()["self-managed"], re.S)[0]
        code, said = world.shell(create)
        check(code == 0 and world.statuses("slslaunchpad-prod-roles")[0] == "SUCCEEDED", "with them, it is deployed", said)
        check_all(world, [], ["ProdAccount", "LibrariesAccount"])
        note("deployed by self-managed stack sets")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--binary", default=str(ROOT / "target/debug/deploy-roles"))
    parser.add_argument("--figures", metavar="FILE", help="where the numbers go")
    parser.add_argument("--keep", action="store_true", help="keep the folders")
    parser.add_argument("--without-roles", action="store_true", help="see that the run fails when the stages hold no roles")
    options = parser.parse_args()
    began = time.monotonic()
    binary = str(Path(options.binary).resolve())
    print("== stack sets", flush=True)
    try:
        service_managed(binary, options.keep, options.without_roles)
        if not options.without_roles:
            self_managed(binary, options.keep)
    except Stop as error:
        print(f"stacksets.py: {error}", file=sys.stderr)
        return 1
    figures["seconds"] = round(time.monotonic() - began)
    print(f"stack sets: {figures['checks']} checks, {figures['allowed']} allowed, {figures['refused']} refused; {len(run.failures)} failed", flush=True)
    if options.figures and not run.failures:
        Path(options.figures).parent.mkdir(parents=True, exist_ok=True)
        Path(options.figures).write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
