#!/usr/bin/env python3
"""Deploys expanded templates with the real OrgFormation CLI to a local stand-in for AWS, and checks what is there then.

    run.py [--only CASE] [--binary FILE] [--figures FILE] [--keep]

Every case of cases.py, in a world of its own for each number of concurrent stacks: `init`, `update`, then `update-stacks` or
`perform-tasks`; the same once more, which must change nothing; then the second version over the first. After each version:

* what OrgFormation deployed is, byte for byte as data, what OrgFormation's own binder says (tests/oracle/orgformation.js);
* each role, user, policy, boundary and OIDC provider is in its account with its trust and policies, and no other is there;
* each principal becomes exactly the roles that cases.py names, with its own credentials, through every hop, and no other;
* strangers become nothing, though their own policies allow them everything;
* only CloudFormation becomes the execution role;
* the DeployerRole may do what a deployment needs, and not what it must not; both by its policies as they are deployed, and by
  calls with moto's enforcement on;
* what CloudFormation refuses (a macro or an account renamed, another path or layout, roles written by hand) is refused in its words,
  leaves what was there, and is what `diff` said of it;
* what is deployed in place has the ids that it had, and access keys that are there work on;
* an app whose services `infer` wrote into its macro is created, changed, and deleted by its roles, each call of calls.py by the
  policies of the execution role; and with one action less in a partial, it is refused.

Exit 0 all is as it should be, 1 something is not, 2 it cannot run.
"""

import argparse
import base64
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import yaml

import cases
import policy
from policy import listify

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ORACLE = HERE.parent / "oracle"
REGION = "eu-west-1"
STACK = "deploy-roles"
BOUNDARY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

figures = {"runs": 0, "accounts": 0, "deployments": 0, "resources": 0, "principals": 0, "allowed": 0, "refused": 0, "facts": 0, "calls": 0, "checks": 0}
failures = []


class Stop(Exception):
    """A run that cannot go on."""


def check(holds, what, detail=""):
    figures["checks"] += 1
    if not holds:
        failures.append(what)
        print(f"  FAIL {what}" + (f"\n       {detail}" if detail else ""), flush=True)
    return holds


def note(text):
    print(f"  {text}", flush=True)


# ------------------------------------------------------------------------------------------------ the world


class World:
    """One organization in one stand-in, in a folder that goes away with it."""

    def __init__(self, case, concurrent, binary, keep, gate=False):
        self.case, self.concurrent, self.keep, self.gate = case, concurrent, keep, gate
        self.folder = Path(tempfile.mkdtemp(prefix="deploy-roles-e2e-")).resolve()
        self.org = self.folder / "org"
        self.org.mkdir()
        (self.folder / "oracle").mkdir()
        (self.folder / "home").mkdir()
        (self.folder / "bin").mkdir()
        os.symlink(binary, self.folder / "bin" / "deploy-roles")
        self.ids = {a.name: a.id for a in case.accounts}
        self.names = {i: n for n, i in self.ids.items()}
        self.server = None
        self.sessions = {}
        self.clients = {}
        self.keys = {}

    def __enter__(self):
        # Bound here, so that nobody else gets the port until the stand-in listens.
        bound = socket.socket(socket.AF_INET)
        bound.bind(("localhost", 0))
        address, port = bound.getsockname()
        # An address, not a name: with a name the SDK of OrgFormation asks for `bucket.name`.
        self.endpoint = f"http://{address}:{port}"
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MOTO")) and k.lower() not in ("http_proxy", "https_proxy", "all_proxy")}
        self.env = {
            **keep,
            "HOME": str(self.folder / "home"),
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NODE_NO_WARNINGS": "1",
        }
        order = [a for a in self.case.accounts if a.given] + [a for a in self.case.accounts if not a.given]
        log = open(self.folder / "aws.log", "wb")
        self.server = subprocess.Popen(
            [sys.executable, str(HERE / "aws.py"), str(bound.fileno())],
            env={**self.env, "SLOW_ACCOUNT": self.ids["ToolsAccount"], "MASTER_ID": cases.MASTER, "ACCOUNT_IDS": ",".join(a.id for a in order), **({"GATE": str(self.folder / "gate.jsonl")} if self.gate else {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[bound.fileno()],
            start_new_session=True,
        )
        bound.close()
        log.close()
        until = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection((address, port), 1).close()
                break
            if self.server.poll() is not None or time.monotonic() > until:
                raise Stop("the stand-in did not start\n" + (self.folder / "aws.log").read_text()[-2000:])
            time.sleep(0.1)
        return self

    def __exit__(self, kind, *_):
        if self.server is not None and self.server.poll() is None:
            self.server.terminate()
            try:
                self.server.wait(10)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
        if kind is not None:
            print(self.last_trouble(), file=sys.stderr, flush=True)
        if self.keep:
            note(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def last_trouble(self):
        """The last traceback of the stand-in."""
        log = (self.folder / "aws.log").read_text(errors="replace")
        _, found, trouble = log.rpartition("Traceback (most recent call last)")
        return f"the stand-in:\n{trouble[:4000]}" if found else "the stand-in reports no trouble of its own"

    # -------------------------------------------------------------------------------------------- OrgFormation

    def orgformation(self, *arguments):
        command = ["node", str(ORACLE / "node_modules/.bin/org-formation"), *arguments, "--no-color"]
        ran = subprocess.Popen(
            command, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            said = ran.communicate(timeout=240)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            os.killpg(ran.pid, signal.SIGKILL)
            ran.wait()
            raise Stop(f"org-formation {' '.join(arguments)}: no end after 240 s") from None
        if ran.returncode != 0 or "ERROR:" in said:
            log = (self.folder / "aws.log").read_text(errors="replace")
            refusals = "\n".join(line for line in log.splitlines() if line.startswith("["))[-1500:]
            raise Stop(f"org-formation {' '.join(arguments)} ended with {ran.returncode}\n{said[-3000:]}\n{refusals}")
        return said

    def begin(self):
        case = self.case
        self.client("organizations").create_organization(FeatureSet="ALL")
        self.orgformation("init", str(self.folder / "init.yml"), "--region", REGION)
        for account in (a for a in case.accounts if a.given):
            made = self.client("organizations").create_account(AccountName=account.name, Email=f"{account.id}@example.com")
            if made["CreateAccountStatus"]["AccountId"] != account.id:
                raise Stop(f"the stand-in made another account than {account.id}")
        text = case.organization or cases.organization(case.accounts, with_ids=False)
        # The role that OrgFormation shall work with, where the organization names one, is for its owner to make.
        for name in re.findall(r"DefaultBuildAccessRoleName: (\w+)", text):
            trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{cases.MASTER}:root"}, "Action": "sts:AssumeRole"}]}
            for account in (None, *self.ids):
                self.client("iam", account).create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
                self.client("iam", account).put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(EVERYTHING))
        (self.org / "organization.yml").write_text(text)
        text = case.organization or cases.organization(case.accounts, with_ids=True)
        (self.folder / "oracle" / "organization.yml").write_text(text)
        self.orgformation("update", "org/organization.yml")
        for account in case.accounts:
            made = [a["Id"] for a in self.all_accounts() if a["Name"] == account.name] if not case.organization else [account.id]
            check(made == [account.id], f"{account.name} has the id {account.id}", str(made))
        for account, path, name in case.policies:
            self.client("iam", account).create_policy(PolicyName=name, Path=path, PolicyDocument=json.dumps(BOUNDARY))
        for thing in case.before:
            iam = self.client("iam", thing.account)
            document = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": "*"}})
            if isinstance(thing, cases.User):
                iam.create_user(UserName=thing.name)
                iam.put_user_policy(UserName=thing.name, PolicyName="p", PolicyDocument=document)
            else:
                trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{self.ids[thing.account]}:root"}, "Action": "sts:AssumeRole"}]}
                iam.create_role(RoleName=thing.name, AssumeRolePolicyDocument=json.dumps(trust))
                iam.put_role_policy(RoleName=thing.name, PolicyName="p", PolicyDocument=document)
        self.before = self.inventory()

    def all_accounts(self):
        pages = self.client("organizations").get_paginator("list_accounts").paginate()
        return [a for page in pages for a in page["Accounts"]]

    def deploy(self, version):
        """Expands and deploys; what OrgFormation said."""
        figures["deployments"] += 1
        update = ("update-stacks", "org/roles.yml", "--stack-name", STACK, "--max-concurrent-stacks", str(self.concurrent))
        if version.by_hand:
            (self.org / "roles.yml").write_text(version.template)
            return self.orgformation(*update)
        (self.org / "roles.src.yml").write_text(version.template)
        for name, text, other in version.partials:
            self.change_partial(name, text, other)
        if version.verdict:
            code, said = self.deploy_roles("diff", "--against", "HEAD", "org/roles.src.yml")
            check(code == 0 and any(line.startswith(version.verdict) for line in said.splitlines()), f"diff says: {version.verdict}", said[:2000])
        for user in version.free:
            self.free(user)
        if version.app:
            self.infer(version.app)
        if self.case.tasks:
            # OrgFormation runs the expansion itself, as the comment in the example says.
            tasks = (ROOT / "org/organization-tasks.yml").read_text()
            command = "!Cmd 'deploy-roles expand --print-path org roles.src.yml'"
            if command not in tasks:
                raise Stop(f"org/organization-tasks.yml no longer says `{command}`")
            tasks = tasks.replace("  Template: ./roles.yml\n", f"  Template: {command}\n").replace("MaxConcurrentStacks: 10", f"MaxConcurrentStacks: {self.concurrent}")
            (self.org / "organization-tasks.yml").write_text(tasks)
            return self.orgformation("perform-tasks", "org/organization-tasks.yml")
        self.expand("org/roles.src.yml")
        return self.orgformation(*update)

    def change_partial(self, name, text, other):
        """Copies a built-in partial, and writes another text into it."""
        code, said = self.deploy_roles("partials", "eject", name, "--to", "org/partials")
        file = self.org / f"partials/{name}.hbs"
        partial = file.read_text()
        if code != 0 or partial.count(text) != 1:
            raise Stop(f"{name} does not say {text} once\n{said}")
        file.write_text(partial.replace(text, other))

    def commit(self):
        """Commits what is deployed now, so that `diff` can compare with it."""
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]
        for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "--allow-empty", "-m", "Deployed"]):
            ran = subprocess.run([*git, *arguments], cwd=self.org, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if ran.returncode != 0:
                raise Stop(f"git {' '.join(arguments)} ended with {ran.returncode}\n{ran.stdout.decode()}")

    def rename(self, old, new):
        """Calls an account otherwise in the organization: it is the same account, with the same id."""
        for file in (self.org / "organization.yml", self.folder / "oracle" / "organization.yml"):
            text = file.read_text()
            if text.count(f"  {old}:\n") != 1:
                raise Stop(f"{file.name} does not have {old} once")
            file.write_text(text.replace(f"  {old}:\n", f"  {new}:\n"))
        self.orgformation("update", "org/organization.yml")
        self.ids[new] = self.ids.pop(old)
        self.names[self.ids[new]] = new
        self.before = {re.sub(f"^{old}/", f"{new}/", name) for name in self.before}

    def free(self, user):
        """Deletes the access keys of a user."""
        iam = self.client("iam", user.account)
        for key in iam.list_access_keys(UserName=user.name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=user.name, AccessKeyId=key["AccessKeyId"])

    def expand(self, template):
        code, said = self.deploy_roles("expand", template)
        if "error[not-generated]" in said:
            # What is written by hand is overwritten only if that is asked for.
            check(code == 2, "expand refuses to overwrite what is written by hand", said)
            code, said = self.deploy_roles("expand", "--force", template)
        if code != 0:
            raise Stop(f"deploy-roles expand {template} ended with {code}\n{said}")

    def infer(self, app):
        """Writes the services of an app into its macro, or takes an action out of a partial of the template."""
        template = str(HERE / "app/template.yml")
        if not app.without:
            code, said = self.deploy_roles("infer", template, "--macro", app.macro, "--write")
            check(code == 0, "infer writes the services", said)
        else:
            service, action = app.without
            code, text = self.deploy_roles("partials", "show", f"services/{service}")
            if code != 0 or text.count(action) != 1:
                raise Stop(f"services/{service} does not name {action} once")
            folder = self.org / "partials/services"
            folder.mkdir(parents=True, exist_ok=True)
            lines = [line for line in text.splitlines(keepends=True) if action not in line]
            (folder / f"{service}.hbs").write_text("".join(lines))
        written = (self.org / "roles.src.yml").read_text()
        check(f"    Services: {app.services}\n" in written, "the macro has the services of the app", written)
        code, said = self.deploy_roles("infer", template, "--macro", app.macro, "--check")
        check(code == (1 if app.without else 0), f"infer --check {'misses what was taken out' if app.without else 'misses nothing'}", said)
        check(not app.without or app.without[1] in said, "infer names what was taken out", said)

    def deploy_roles(self, *arguments):
        ran = subprocess.run(["deploy-roles", *arguments], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return ran.returncode, ran.stdout.decode()

    def expected(self):
        """What OrgFormation's own binder makes of the generated file: a template for each account and region."""
        shutil.copy(self.org / "roles.yml", self.folder / "oracle" / "roles.yml")
        ran = subprocess.run(
            ["node", str(ORACLE / "orgformation.js"), str(self.folder / "oracle" / "roles.yml")],
            env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        result = json.loads(ran.stdout or "{}")
        if ran.returncode != 0:
            raise Stop(f"orgformation.js: {result.get('error') or ran.stderr.decode()[-800:]}")
        return result["targets"]

    # -------------------------------------------------------------------------------------------- AWS

    def client(self, service, account=None, credentials=None, headers=None):
        """A client as the administrator of `account` (without one: of the management account), or with `credentials`."""
        cached = (service, account)
        if credentials is None and headers is None and cached in self.clients:
            return self.clients[cached]
        if credentials is None and account is not None:
            if account not in self.sessions:
                arn = f"arn:aws:iam::{self.ids[account]}:role/OrganizationAccountAccessRole"
                self.sessions[account] = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="check")["Credentials"]
            credentials = self.sessions[account]
        given = credentials or {"AccessKeyId": self.env["AWS_ACCESS_KEY_ID"], "SecretAccessKey": self.env["AWS_SECRET_ACCESS_KEY"]}
        client = boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given.get("SessionToken"),
            # Without a name, botocore makes one anew for each call, which takes a third of its time.
            config=Config(retries={"max_attempts": 1}, connect_timeout=10, read_timeout=60, user_agent="tests/e2e"),
        )
        if headers:
            client.meta.events.register("before-sign.*", lambda request, **_: [request.headers.add_header(k, v) for k, v in headers.items()])
        elif credentials is None or account is not None:
            self.clients[cached] = client
        return client

    def inventory(self):
        """Everything of IAM's that is in the accounts, as names."""
        found = set()
        for account in self.ids:
            iam = self.client("iam", account)
            found |= {f"{account}/{r['RoleName']}" for page in iam.get_paginator("list_roles").paginate() for r in page["Roles"]}
            found |= {f"{account}/{u['UserName']}" for page in iam.get_paginator("list_users").paginate() for u in page["Users"]}
            found |= {f"{account}/policy:{p['PolicyName']}" for page in iam.get_paginator("list_policies").paginate(Scope="Local") for p in page["Policies"]}
            found |= {f"{account}/oidc:{p['Arn'].split('oidc-provider/')[1]}" for p in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]}
        return found

    def enforce(self, on):
        request = urllib.request.Request(self.endpoint + "/moto-api/reset-auth", data=b"0" if on else b"inf", method="POST", headers={"Content-Type": "text/plain"})
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read()


# ------------------------------------------------------------------------------------------------ what is there


class Target:
    """One stack, with the means to resolve its template as CloudFormation does."""

    def __init__(self, world, expected):
        self.account, self.id, self.region = expected["account"], expected["accountId"], expected["region"]
        self.template = expected["template"]
        self.iam = world.client("iam", self.account)
        cfn = world.client("cloudformation", self.account)
        self.stack = cfn.describe_stacks(StackName=STACK)["Stacks"][0]
        body = cfn.get_template(StackName=STACK)["TemplateBody"]
        self.deployed = json.loads(body) if isinstance(body, str) else body
        resources = cfn.describe_stack_resources(StackName=STACK)["StackResources"]
        self.physical = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}
        parameters = {name: said["Default"] for name, said in self.template.get("Parameters", {}).items()}
        self.pseudo = {**parameters, "AWS::AccountId": self.id, "AWS::Region": self.region, "AWS::Partition": "aws", "AWS::StackName": STACK}

    def arn(self, logical):
        kind, name = self.template["Resources"][logical]["Type"], self.physical[logical]
        if kind == "AWS::IAM::Role":
            return self.iam.get_role(RoleName=name)["Role"]["Arn"]
        if kind == "AWS::IAM::User":
            return self.iam.get_user(UserName=name)["User"]["Arn"]
        return name

    def name(self, name):
        if name in self.pseudo:
            return self.pseudo[name]
        return self.arn(name.split(".")[0]) if "." in name else self.physical[name]

    def resolve(self, value):
        if isinstance(value, list):
            return [self.resolve(v) for v in value]
        if not isinstance(value, dict):
            return value
        if list(value) == ["Ref"]:
            return self.name(value["Ref"])
        if list(value) == ["Fn::GetAtt"]:
            return self.arn(value["Fn::GetAtt"][0])
        if list(value) == ["Fn::Sub"] and isinstance(value["Fn::Sub"], str):
            return re.sub(r"\$\{(!?)([^}]*)\}", lambda m: "${" + m[2] + "}" if m[1] else self.name(m[2]), value["Fn::Sub"])
        if any(k.startswith("Fn::") for k in value):
            raise Stop(f"run.py cannot resolve {value}")
        return {k: self.resolve(v) for k, v in value.items()}


def check_resource(target, logical, resource, seen):
    iam, props, where = target.iam, target.resolve(resource.get("Properties", {})), f"{target.account} {logical}"
    figures["resources"] += 1
    kind = resource["Type"]
    if kind == "AWS::IAM::Role":
        role = iam.get_role(RoleName=props["RoleName"])["Role"]
        seen.add(f"{target.account}/{role['RoleName']}")
        check(role["Arn"] == f"arn:aws:iam::{target.id}:role{props.get('Path', '/')}{props['RoleName']}", f"{where}: its ARN", role["Arn"])
        check(role["AssumeRolePolicyDocument"] == props["AssumeRolePolicyDocument"], f"{where}: its trust policy", json.dumps(role["AssumeRolePolicyDocument"]))
        names = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        wanted = {p["PolicyName"]: p["PolicyDocument"] for p in props.get("Policies", [])}
        there = {n: iam.get_role_policy(RoleName=role["RoleName"], PolicyName=n)["PolicyDocument"] for n in names}
        check(there == wanted, f"{where}: its inline policies", f"{sorted(there)} for {sorted(wanted)}")
        foreign = set(re.findall(r":(\d{12}):", json.dumps(there))) - {target.id}
        check(not foreign or "CodeBuildRole" in logical, f"{where}: inline policies name no other account", str(foreign))
        attached = [p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]]
        check(sorted(attached) == sorted(props.get("ManagedPolicyArns", [])), f"{where}: its managed policies", str(attached))
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        check(boundary == props.get("PermissionsBoundary"), f"{where}: its boundary", str(boundary))
        check(role["MaxSessionDuration"] == props.get("MaxSessionDuration", 3600), f"{where}: its session duration")
    elif kind == "AWS::IAM::User":
        user = iam.get_user(UserName=props["UserName"])["User"]
        seen.add(f"{target.account}/{user['UserName']}")
        check(user["Arn"] == f"arn:aws:iam::{target.id}:user{props.get('Path', '/')}{props['UserName']}", f"{where}: its ARN", user["Arn"])
        attached = [p["PolicyArn"] for p in iam.list_attached_user_policies(UserName=user["UserName"])["AttachedPolicies"]]
        check(sorted(attached) == sorted(props.get("ManagedPolicyArns", [])), f"{where}: its managed policies", str(attached))
    elif kind == "AWS::IAM::ManagedPolicy":
        found = iam.get_policy(PolicyArn=target.physical[logical])["Policy"]
        seen.add(f"{target.account}/policy:{found['PolicyName']}")
        check(found["Arn"] == f"arn:aws:iam::{target.id}:policy{props.get('Path', '/')}{props['ManagedPolicyName']}", f"{where}: its ARN", found["Arn"])
        document = iam.get_policy_version(PolicyArn=found["Arn"], VersionId=found["DefaultVersionId"])["PolicyVersion"]["Document"]
        check(document == props["PolicyDocument"], f"{where}: its document", json.dumps(document)[:400])
    elif kind == "AWS::IAM::OIDCProvider":
        found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=target.physical[logical])
        seen.add(f"{target.account}/oidc:{found['Url']}")
        check("https://" + found["Url"] == props["Url"] and found["ClientIDList"] == props["ClientIdList"], f"{where}: url and audiences", str(found))
    else:
        raise Stop(f"run.py cannot check a {kind}")


def check_resources(world, version):
    expected = world.expected()
    seen = set()
    targets = [Target(world, e) for e in expected]
    for target in targets:
        check(target.id == world.ids[target.account], f"{target.account}: the id")
        check(target.region == REGION, f"{target.account}: one region", target.region)
        check(target.stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), f"{target.account}: {target.stack['StackStatus']}")
        # The tasks file describes the stack anew.
        described = {"Description": target.deployed.get("Description")} if world.case.tasks else {}
        check(target.deployed == {**target.template, **described}, f"{target.account}: OrgFormation deployed another template than its binder makes")
        for logical, resource in target.template["Resources"].items():
            check_resource(target, logical, resource, seen)
    there = world.inventory() - world.before
    check(set(version.stays) <= there, "what CloudFormation cannot delete stays", f"{sorted(there)}")
    there -= set(version.stays)
    check(there == seen, "nothing else is in the accounts, and nothing is missing", f"{sorted(there ^ seen)}")
    for name in version.holds:
        account, _, what = name.partition("/")
        if what.startswith("policies:"):
            count = len([n for n in there if n.startswith(f"{account}/policy:")])
            check(str(count) == what.split(":")[1], f"{name}", f"{count} policies")
        else:
            check(name in there, f"{name} is there")
    for name in version.lacks:
        check(name not in there, f"{name} is not there")
    return targets


# ------------------------------------------------------------------------------------------------ who becomes what


class Actor:
    """Somebody who tries: how one call of STS is made, given the ARN of a role."""

    def __init__(self, label, attempt):
        self.label, self.attempt = label, attempt

    def becomes(self, arn):
        """The session's credentials, or None where it is refused."""
        try:
            got = self.attempt(arn)["Credentials"]
        except ClientError as error:
            if "AccessDenied" not in str(error):
                raise
            figures["refused"] += 1
            return None
        figures["allowed"] += 1
        return got


def session(world, label, credentials, tags=False):
    sts = world.client("sts", credentials=credentials)
    extra = {"Tags": [{"Key": "Run", "Value": "1"}]} if tags else {}
    return Actor(label, lambda arn: sts.assume_role(RoleArn=arn, RoleSessionName="ci", **extra))


def unsigned(token):
    part = lambda data: base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")  # noqa: E731
    return f"{part({'alg': 'none'})}.{part({'iss': 'https://' + token.issuer, 'aud': token.aud, **token.claims})}."


def actor(world, principal, tags=True):
    if isinstance(principal, cases.User):
        world.free(principal)
        keys = world.client("iam", principal.account).create_access_key(UserName=principal.name)["AccessKey"]
        world.keys[principal.name] = keys
        return session(world, f"user {principal.name}", keys, tags)
    if isinstance(principal, cases.Role):
        arn = f"arn:aws:iam::{world.ids[principal.account]}:role/{principal.name}"
        keys = world.client("sts", principal.account).assume_role(RoleArn=arn, RoleSessionName="ci")["Credentials"]
        return session(world, f"role {principal.name}", keys)
    if isinstance(principal, cases.Token):
        sts = world.client("sts")
        return Actor(f"token {principal.claims['sub']}", lambda arn: sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="ci", WebIdentityToken=unsigned(principal)))
    account = world.ids[principal.account]
    service = principal.service.split(".")[0]
    headers = {"X-Calling-Service": principal.service, "X-Source-Account": account, "X-Source-Arn": f"arn:aws:{service}:{REGION}:{account}:{principal.source}"}
    sts = world.client("sts", headers=headers)
    return Actor(f"service {principal.service} for {principal.source}", lambda arn: sts.assume_role(RoleArn=arn, RoleSessionName="ci"))


def reached(world, first, roles, hops):
    """Every role that `first` becomes, through every hop, with a session of each.

    A session of a role is the same to IAM however it was come by: what it becomes is tried once, and kept in `hops`.
    """
    found, ways, followed = {}, [(None, first)], len(hops)
    while ways:
        name, current = ways.pop()
        direct = hops.get(name)
        if direct is None:
            direct = {r: got for r, got in ((r, current.becomes(arn)) for r, arn in roles.items()) if got is not None}
            if name is not None:
                hops[name] = direct
        for role, got in direct.items():
            if role not in found:
                found[role] = got
                if role in hops or followed < world.case.sessions:
                    followed += role not in hops
                    ways.append((role, session(world, role, got)))
    return found


def strangers(world):
    """Users of the Tools account and the last one whose own policies allow everything, and an empty one."""
    made = []
    for account in ("ToolsAccount", world.case.accounts[-1].name):
        for name, allowed in (("stranger", False), ("ambitious-stranger", True)):
            iam = world.client("iam", account)
            iam.create_user(UserName=name)
            if allowed:
                iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(EVERYTHING))
            made.append((account, name))
    return made


def check_reach(world, version, targets):
    """Each principal becomes what it was given and nothing else; the credentials of one DeployerRole of each app."""
    roles = {}
    for target in targets:
        for logical, resource in target.template["Resources"].items():
            if resource["Type"] == "AWS::IAM::Role":
                arn = target.arn(logical)
                roles[f"{target.account}/{arn.split('/')[-1]}"] = arn
    deployers, hops = {}, {}
    for principal, wanted in version.reach:
        figures["principals"] += 1
        if version.in_place and isinstance(principal, cases.User):
            old = session(world, f"user {principal.name}", world.keys[principal.name])
            check(set(reached(world, old, roles, hops)) == wanted, f"the access key of {old.label} works on")
        # The article's trust policies refuse tags.
        who = actor(world, principal, tags=not version.by_hand)
        got = reached(world, who, roles, hops)
        check(set(got) == wanted, f"{who.label} becomes what it was given", f"too much: {sorted(set(got) - wanted)}, too little: {sorted(wanted - set(got))}")
        for name, credentials in got.items():
            app = re.fullmatch(r"\w+/(.*)-DeployerRole", name)
            if app:
                deployers.setdefault(app[1], (roles[name], credentials))
    outsiders = strangers(world)
    for account, name in outsiders:
        figures["principals"] += 1
        who = actor(world, cases.User(account, name))
        mine = {r: arn for r, arn in roles.items() if not r.endswith("/on-call")}
        check(not reached(world, who, mine, {}), f"{name} of {account} becomes nothing")
    for account, name in outsiders:
        iam = world.client("iam", account)
        world.free(cases.User(account, name))
        for held in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=held)
        iam.delete_user(UserName=name)
    for name, arn in roles.items():
        if name.endswith("-CloudFormationExecutionRole"):
            account = name.split("/")[0]
            for service, wanted in (("cloudformation.amazonaws.com", True), ("lambda.amazonaws.com", False)):
                got = actor(world, cases.Service(account, "", service, "stack/x/1")).becomes(arn)
                check((got is not None) == wanted, f"{service} {'becomes' if wanted else 'does not become'} {name}")
    check(set(deployers) == set(version.apps), "each app has a DeployerRole that somebody becomes", str(sorted(deployers)))
    return deployers


# ------------------------------------------------------------------------------------------------ what the roles may do


def held(world, account, role):
    iam = world.client("iam", account)
    found = [iam.get_role_policy(RoleName=role, PolicyName=n)["PolicyDocument"] for n in iam.list_role_policies(RoleName=role)["PolicyNames"]]
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
        found.append(iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"])
    return found


def facts(app, account, path):
    """(role, action, resource, context, may it)"""
    execution = f"arn:aws:iam::{account}:role{path}{app}-CloudFormationExecutionRole"
    deployer = f"arn:aws:iam::{account}:role{path}{app}-DeployerRole"
    stack = f"arn:aws:cloudformation:{REGION}:{account}:stack/{app}-dev/1"
    other = f"arn:aws:cloudformation:{REGION}:{account}:stack/{STACK}/1"
    by_role, to_cloudformation = {"cloudformation:RoleArn": execution}, {"iam:PassedToService": "cloudformation.amazonaws.com"}
    yield from (
        ("DeployerRole", "cloudformation:CreateStack", stack, by_role, True),
        ("DeployerRole", "cloudformation:UpdateStack", stack, by_role, True),
        ("DeployerRole", "cloudformation:DeleteStack", stack, by_role, True),
        ("DeployerRole", "cloudformation:DescribeStacks", stack, {}, True),
        ("DeployerRole", "cloudformation:ValidateTemplate", "*", {}, True),
        ("DeployerRole", "iam:PassRole", execution, to_cloudformation, True),
        ("DeployerRole", "s3:PutObject", f"arn:aws:s3:::{app}-dev-serverlessdeploymentbucket/x", {}, True),
        ("DeployerRole", "cloudformation:CreateStack", stack, {}, False),
        ("DeployerRole", "cloudformation:UpdateStack", stack, {"cloudformation:RoleArn": deployer}, False),
        ("DeployerRole", "cloudformation:UpdateStack", other, by_role, False),
        ("DeployerRole", "cloudformation:DeleteStack", other, by_role, False),
        ("DeployerRole", "iam:PassRole", execution, {"iam:PassedToService": "lambda.amazonaws.com"}, False),
        ("DeployerRole", "iam:PassRole", deployer, to_cloudformation, False),
        ("DeployerRole", "sts:AssumeRole", execution, {}, False),
        ("DeployerRole", "s3:GetObject", "arn:aws:s3:::other-bucket/x", {}, False),
        ("DeployerRole", "iam:CreateAccessKey", f"arn:aws:iam::{account}:user/x", {}, False),
        ("DeployerRole", "kms:ListKeys", "*", {}, False),
        ("CloudFormationExecutionRole", "logs:CreateLogGroup", f"arn:aws:logs:{REGION}:{account}:log-group:/aws/lambda/{app}-x", {}, None),
    )
    for role in ("DeployerRole", "CloudFormationExecutionRole"):
        for action in ("iam:CreateUser", "iam:CreatePolicy", "organizations:LeaveOrganization"):
            yield role, action, "*", {}, False
        for mine in (execution, deployer):
            for action in ("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary"):
                yield role, action, mine, {}, False


def check_powers(world, deployers):
    for app, (arn, credentials) in deployers.items():
        account = arn.split(":")[4]
        name = world.names[account]
        path = "/" + arn.split(":role/")[1].rpartition("/")[0]
        path = path if path.endswith("/") else path + "/"
        policies = {kind: held(world, name, f"{app}-{kind}") for kind in ("DeployerRole", "CloudFormationExecutionRole")}
        for kind, action, resource, context, may in facts(app, account, path):
            if may is None:
                continue
            figures["facts"] += 1
            verdict = policy.decide(policies[kind], action, resource, context)
            check((verdict == "allow") == may, f"{app}-{kind} {'may' if may else 'may not'} {action} on {resource} with {context}", verdict)
        # The same role, by calls of its own that the stand-in allows or refuses by its policies.
        world.enforce(True)
        try:
            body = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'
            calls = (
                ("cloudformation:ValidateTemplate", True, lambda: world.client("cloudformation", credentials=credentials).validate_template(TemplateBody=body)),
                ("iam:CreateUser", False, lambda: world.client("iam", credentials=credentials).create_user(UserName="x")),
                ("kms:ListKeys", False, lambda: world.client("kms", credentials=credentials).list_keys()),
            )
            for action, may, call in calls:
                figures["facts"] += 1
                try:
                    call()
                    did, said = True, ""
                except ClientError as error:
                    did, said = False, str(error)
                    check("AccessDenied" in said or may is False and "not authorized" in said, f"{app}-DeployerRole: {action} is refused for want of permission", said)
                check(did == may, f"{app}-DeployerRole {'may' if may else 'may not'} call {action}", said)
        finally:
            world.enforce(False)


# ------------------------------------------------------------------------------------------------ the app


class Loader(yaml.SafeLoader):
    """Reads the short forms of intrinsic functions as their long forms."""


def long_form(loader, tag, node):
    value = loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else loader.construct_sequence(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag == "Ref" else f"Fn::{tag}": value}


Loader.add_multi_constructor("!", long_form)


def attempt(call):
    """What AWS said of a call that it refused."""
    try:
        call()
    except ClientError as error:
        return str(error)
    return ""


def check_app(world, app, deployer):
    """The DeployerRole creates, changes and deletes the app's stack, as far as the execution role may."""
    arn, credentials = deployer
    account = arn.split(":")[4]
    name = world.names[account]
    role = arn.replace("-DeployerRole", "-CloudFormationExecutionRole")
    as_deployer = world.client("cloudformation", credentials=credentials)
    stacks = lambda: [s["StackName"] for s in world.client("cloudformation", name).describe_stacks()["Stacks"]]  # noqa: E731
    template = yaml.load((HERE / "app/template.yml").read_text(), Loader)
    template["Metadata"] = {}
    created = lambda stack, **more: attempt(lambda: as_deployer.create_stack(StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"], **more))  # noqa: E731
    if app.without:
        said = created(f"{app.id}-test", RoleARN=role, Parameters=[{"ParameterKey": "Stage", "ParameterValue": "test"}])
        refused = check(f"is not authorized to perform: {app.without[1]} on resource: " in said, f"without {app.without[1]}, the app is refused", said or "it was deployed")
        check(f"{app.id}-test" not in stacks(), "nothing of the app is left")
        if refused:
            note(f"refused, as it must be: {app.without[1]}")
        check_denied(world, role, app, said)
        return
    stack = f"{app.id}-dev"
    check(created(f"other-{stack}", RoleARN=role) != "", "the DeployerRole creates no stack of another app")
    said = created(stack, RoleARN=role)
    check(said == "" and stack in stacks(), "the inferred roles create the app", said)
    resources = world.client("cloudformation", name).describe_stack_resources(StackName=stack)["StackResources"]
    there = {r["ResourceType"] for r in resources}
    check(there == {r["Type"] for r in template["Resources"].values()}, "each resource of the app is there", str(sorted(there)))
    template["Resources"]["Incoming"]["Properties"]["VisibilityTimeout"] = 90
    del template["Resources"]["AcceptIncoming"]
    body = json.dumps(template)
    said = attempt(lambda: as_deployer.update_stack(StackName=stack, TemplateBody=body, RoleARN=role, Capabilities=["CAPABILITY_NAMED_IAM"]))
    check(said == "", "the inferred roles change the app", said)
    said = attempt(lambda: as_deployer.delete_stack(StackName=stack, RoleARN=role))
    check(said == "" and stack not in stacks(), "the inferred roles delete the app", said)
    log = (world.folder / "aws.log").read_text(errors="replace")
    calls = sum(int(n) for n in re.findall(r"^\[calls\] .*: (\d+) allowed$", log, re.M))
    check(calls > 30, "the policies were asked about the calls", str(calls))
    figures["calls"] += calls
    note(f"the app: {len(resources)} resources, {calls} calls allowed")


def check_denied(world, role, app, said):
    """`denied` reads what was said of the refusal."""
    log = world.folder / "refusal.log"
    log.write_text(said)
    code, text = world.deploy_roles("denied", str(log), "org/roles.src.yml", "--format", "json")
    found = json.loads(text)["denials"] if code == 0 else []
    whose = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    wanted = {"action": app.without[1], "effect": "implicit", "layer": "identity", "grantHelps": True, "appId": app.id}
    seen = [{k: d[k] for k in wanted} for d in found]
    check(seen == [wanted] and found[0]["principal"].startswith(whose), "denied says who was denied what, and why", text)


# ------------------------------------------------------------------------------------------------ runs


def changes(world):
    """What would show that something was deployed: the state of each stack and the version of each policy."""
    found = {}
    for account in world.ids:
        for stack in world.client("cloudformation", account).describe_stacks()["Stacks"]:
            found[account, stack["StackName"]] = (stack["StackStatus"], str(stack.get("LastUpdatedTime")))
        for page in world.client("iam", account).get_paginator("list_policies").paginate(Scope="Local"):
            found.update({p["Arn"]: p["DefaultVersionId"] for p in page["Policies"]})
    return found


def identities(world):
    """The ids of all that IAM would give another one if it were deleted and created again."""
    found = {}
    for account in world.ids:
        iam = world.client("iam", account)
        found.update({(account, r["RoleName"]): r["RoleId"] for page in iam.get_paginator("list_roles").paginate() for r in page["Roles"]})
        found.update({(account, u["UserName"]): u["UserId"] for page in iam.get_paginator("list_users").paginate() for u in page["Users"]})
        found.update({p["Arn"]: p["PolicyId"] for page in iam.get_paginator("list_policies").paginate(Scope="Local") for p in page["Policies"]})
    return found


def check_refused(world, version):
    """CloudFormation refuses the version in its words, and all that was there is there still."""
    ids = [world.ids[account] for account in version.first]
    state = lambda: {k: v for k, v in changes(world).items() if k[0] not in version.first and not any(i in k for i in ids)}  # noqa: E731
    before, there = state(), world.inventory()
    try:
        said = world.deploy(version)
    except Stop as stopped:
        said = str(stopped)
    check(version.refused in said, f"CloudFormation refuses: {version.refused}", said[-2000:])
    check((state(), world.inventory()) == (before, there), "what was there is there still")


def not_yet(case, binary):
    """Whether deploy-roles refuses the case's first template in the words of `case.waits`."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "organization.yml").write_text(cases.organization(case.accounts, with_ids=True))
        (Path(folder) / "roles.src.yml").write_text(case.versions[0].template)
        ran = subprocess.run([str(Path(binary).resolve()), "expand", "roles.src.yml"], cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return ran.returncode == 2 and case.waits in ran.stderr.decode()


def run(case, concurrent, binary, keep):
    began = time.monotonic()
    print(f"== {case.name}, {concurrent} at a time, {len(case.accounts)} accounts", flush=True)
    with World(case, concurrent, binary, keep) as world:
        world.begin()
        figures["runs"] += 1
        figures["accounts"] += len(case.accounts)
        for number, version in enumerate(case.versions, 1):
            for old, new in version.accounts.items():
                world.rename(old, new)
            if version.refused:
                check_refused(world, version)
                note(f"version {number}: refused, {time.monotonic() - began:.0f} s")
                continue
            before = identities(world) if version.in_place else {}
            world.deploy(version)
            if version.in_place:
                now = identities(world)
                changed = [name for name in before if now.get(name) != before[name]]
                check(len(before) > len(world.before) and not changed, "everything that was there is there, and was not created again", str(changed))
            targets = check_resources(world, version)
            deployers = check_reach(world, version, targets)
            if not version.by_hand:
                check_powers(world, deployers)
            if version.app:
                check_app(world, version.app, deployers[version.app.id])
            if number == 1:
                before, text = changes(world), (world.org / "roles.yml").read_bytes()
                world.deploy(version)
                check(changes(world) == before, "the second run changes nothing")
                check((world.org / "roles.yml").read_bytes() == text, "the second expansion gives the same bytes")
            world.commit()
            note(f"version {number}: {len(targets)} stacks, {sum(len(t.template['Resources']) for t in targets)} resources, {time.monotonic() - began:.0f} s")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--only", metavar="CASE")
    parser.add_argument("--binary", default=str(ROOT / "target/debug/deploy-roles"))
    parser.add_argument("--figures", metavar="FILE", help="where the numbers go")
    parser.add_argument("--keep", action="store_true", help="keep the folders")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    began = time.monotonic()
    chosen = [c for c in cases.cases() if options.only in (None, c.name)]
    if not chosen:
        print(f"run.py: no case {options.only}", file=sys.stderr)
        return 2
    names = []
    try:
        for case in chosen:
            if case.waits and not_yet(case, options.binary):
                print(f"== {case.name} waits: {case.waits}")
                continue
            names.append(case.name)
            for concurrent in case.concurrent:
                run(case, concurrent, str(Path(options.binary).resolve()), options.keep)
    except (Stop, policy.Unknown) as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    figures["cases"], figures["seconds"] = len(names), round(time.monotonic() - began)
    text = ", ".join(f"{v} {k}" for k, v in figures.items())
    print(f"{text}; {len(failures)} failed", flush=True)
    if options.figures and not failures:
        Path(options.figures).parent.mkdir(parents=True, exist_ok=True)
        Path(options.figures).write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
