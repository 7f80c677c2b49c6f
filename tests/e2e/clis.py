#!/usr/bin/env python3
"""Runs the real deployment CLIs as the generated DeployerRole against the stand-in, each call decided by the role's policies.

    clis.py [--only CASE] [--without FRAMEWORK SID ACTION] [--binary FILE] [--figures FILE] [--keep]
    clis.py --self-test [--only CASE] [--binary FILE]
    clis.py --words

The real OrgFormation deploys the roles of clicases.py, a macro to an account. Then each case runs a CLI in its account, two
cases at a time: first deployment, change, information, failure, removal, and what must be refused. The gate (gate.py) asks
IAM's questions about each call of the CLI (questions.py) of the policies that the role has in the stand-in, and answers a denied
one as AWS does. A denied call fails the run, unless the step names it; so does one that the gate does not know, and a step
that names a denial that does not come.

`--without FRAMEWORK SID ACTION` takes an action out of a statement of the framework's partial first: then a run has to fail.
`--self-test` does that for one statement of each framework (NEEDED), and fails if the first failure of a case is not that the
action is denied. It ends each case there.
`--words` only compares what the pages quote with the sources of the CLIs (WORDS), which a whole run does, too.

To write a case, write a function in clicases.py that takes a `Run`, and name it in CASES with the macro that it needs:

    def example(run):
        run.copy("example")  # clis/apps/example becomes the folder of the run; @ROLE@ and the like are filled in
        run.step("deploys", [*AWS, "cloudformation", "deploy", ...])
        run.step("is refused without a role", [...], code=254, says=["AccessDenied"], denied=["cloudformation:DeleteStack"])
        run.check(run.stack("exampleapp-dev") is None, "the stack is gone")

`run.app` is the AppId, `run.account` the id of the account, `run.role` the ARN of the execution role, `run.admin(service)` a boto3
client of the account's administrator, and `run.step(..., env={...}, administrator=True)` runs as the administrator, whom nothing
is denied. `run.freeze(action)` denies it to the execution role until `run.thaw()`. `run.calls` are the calls of the case so
far, as gate.py notes them.

At the end, the grants of the DeployerRoles that no call needed must be those of clis/unused.json, each with its reason.

Exit 0 all is as it should be, 1 something is not, 2 it cannot run.
"""

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import cases
import clicases
import policy
import run as e2e

HERE = Path(__file__).resolve().parent
CLIS = HERE / "clis"
UNUSED = CLIS / "unused.json"
# The policy of Run.freeze.
FROZEN = "Frozen"
# What keeps a CLI to what it is asked for: no telemetry, news, or updates.
QUIET = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_PAGER": "",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CDK_DISABLE_VERSION_CHECK": "1",
    "CI": "true",
    "DISABLE_VERSION_CHECK": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    "NODE_NO_WARNINGS": "1",
    "NO_COLOR": "1",
    "SAM_CLI_POLL_DELAY": "0.2",
    "SAM_CLI_TELEMETRY": "0",
    "SLS_AWS_MONITORING_FREQUENCY": "200",
    "SLS_DEPRECATION_DISABLE": "*",
    "SLS_INTERACTIVE_SETUP_ENABLE": "0",
    "SLS_NOTIFICATIONS_MODE": "off",
    "SLS_TELEMETRY_DISABLED": "1",
    "SLS_TRACKING_DISABLED": "1",
}
# One statement of each framework, by a case that fails without the action. They are all taken out at once: none may hide another.
NEEDED = {
    "aws": ("cloudformation", "ChangeStacks", "cloudformation:CreateChangeSet"),
    "sam": ("sam", "DeploymentBucket", "s3:PutObject"),
    "cdk": ("cdk", "AssumeBootstrapRoles", "sts:AssumeRole"),
    "serverless": ("serverless", "ReadConfig", "ssm:GetParameter"),
}
# What pages of docs/frameworks quote of a CLI's own words: where its source is, and the quotes.
WORDS = {
    "cdk.md": (
        "node_modules/aws-cdk/lib/index.js",
        "could not be used to assume",
        "but are for the right account",
        "This CDK deployment requires bootstrap stack version",
        "Please run 'cdk bootstrap'",
        "Using default execution policy of",
        "terminal (TTY) is not attached so we are unable to get a confirmation from the user",
    ),
    "sam.md": (
        ".venv/lib/*/site-packages/samcli/**/*.py",
        "Failed to create changeset for the stack: ",
        "Failed to create/update the stack: ",
        "Failed to delete the stack: ",
        "Failed to create managed resources: ",
    ),
    "serverless.md": ("node_modules/serverless/lib/**/*.js", "Could not locate deployment bucket: "),
}
# The version that each page says it was written from, and its package.
PAGES = {"cdk.md": "AWS CDK", "sam.md": "AWS SAM CLI", "serverless.md": "Serverless Framework"}
# Lines that a CLI writes over, and the codes for it.
SPINNER = re.compile(r"^[\u2800-\u28ff] .*\n|\x1b\[[0-9;]*[A-Za-z]", re.M)
figures = {"clis": 0, "steps": 0, "calls": 0, "questions": 0, "denied": 0, "inferred": 0}
lock = threading.Lock()


class Stopped(Exception):
    """The first check of a case that does not hold, where that one matters."""


class Run:
    """One case: an app in an account of its own, and the credentials of its DeployerRole. With `stops`, the first failure ends it."""

    def __init__(self, world, name, app, stops=False):
        self.world, self.name, self.app, self.stops = world, name, app, stops
        self.account_name, self.macro = clicases.account_of(app), clicases.macro_of(app)
        self.account = world.ids[self.account_name]
        self.role_name = f"{app}-CloudFormationExecutionRole"
        self.role = f"arn:aws:iam::{self.account}:role/{self.role_name}"
        self.deployer = f"arn:aws:iam::{self.account}:role/{app}-DeployerRole"
        self.folder = world.folder / f"run-{name}"
        self.folder.mkdir()
        self.denied, self.intended, self.failed = [], 0, False
        self.began = time.monotonic()

    # -------------------------------------------------------------------------------------------- for cases

    def copy(self, app):
        """The app of clis/apps, in the folder of the run."""
        shutil.copytree(CLIS / "apps" / app, self.folder, dirs_exist_ok=True)
        for file in self.folder.rglob("*"):
            if file.is_file() and file.suffix in (".yml", ".toml", ".js", ".json"):
                file.write_text(file.read_text().replace("@ROLE@", self.role).replace("@ACCOUNT@", self.account).replace("@APP@", self.app))

    def change(self, file, *pairs):
        path = self.folder / file
        path.write_text(cases.change(path.read_text(), *pairs))

    def check(self, holds, what, detail=""):
        if not holds and self.stops:
            raise Stopped(f"{what}\n{detail}")
        if not holds:
            self.failed = True
        with lock:
            return e2e.check(holds, f"{self.name}: {what}", detail)

    def admin(self, service):
        return self.world.client(service, self.account_name)

    def freeze(self, action, role=None):
        """Takes an action from the role that CloudFormation works with, as an administrator would in between."""
        denied = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
        self.admin("iam").put_role_policy(RoleName=role or self.role_name, PolicyName=FROZEN, PolicyDocument=json.dumps(denied))

    def thaw(self, role=None):
        self.admin("iam").delete_role_policy(RoleName=role or self.role_name, PolicyName=FROZEN)

    def stack(self, name):
        """The state of a stack, or None."""
        found = [s for s in self.admin("cloudformation").describe_stacks()["Stacks"] if s["StackName"] == name]
        return found[0]["StackStatus"] if found else None

    def step(self, what, command, code=0, says=(), denied=(), calls=(), env=None, administrator=False):
        """Runs a command, and what it wrote. `code` is its exit code (None: any but 0), `denied` are the actions that it is denied.

        `calls` are some that it has to make, and `says` what it has to write.
        """
        before = len(self.calls)
        ran = subprocess.run(
            [str(part) for part in command], cwd=self.folder, env={**self.env(administrator), **(env or {})},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
        )  # fmt: skip
        said = SPINNER.sub("", ran.stdout.decode(errors="replace"))
        done = self.calls[before:]
        refused = sorted({c["denied"] for c in done if "denied" in c})
        with lock:
            # What stands in for Docker and for the credentials action is no CLI.
            figures["steps"] += 0 if administrator or command[0] in ("docker", "node") else 1
        self.intended += sum(1 for c in done if c.get("denied") in denied)
        right = ran.returncode == code if code is not None else ran.returncode != 0
        tail = "\n".join(["$ " + " ".join(map(str, command)), said[-3000:], *(f"[denied] {c['denied']} on {c['resource']}" for c in done if "denied" in c)])
        self.check(right, f"{what}: ends with {ran.returncode}", tail)
        self.check(refused == sorted(set(denied)), f"{what}: denied {refused}, expected {sorted(set(denied))}", tail)
        unknown = [c for c in done if "unknown" in c]
        self.check(not unknown, f"{what}: the gate knows each call", json.dumps(unknown)[:2000])
        missing = set(calls) - {c.get("call") for c in done}
        self.check(not missing, f"{what}: calls {sorted(missing)}", tail)
        for words in says:
            self.check(words in said, f"{what}: it says `{words}`", tail)
        return said

    # -------------------------------------------------------------------------------------------- the rest

    @property
    def calls(self):
        """The calls of this account, so far."""
        return [c for c in noted(self.world) if c["account"] == self.account]

    def session(self):
        """Credentials of the DeployerRole, as CI gets them: by the user's key, with session tags."""
        user = cases.User("ToolsAccount", f"{self.app}-GitHubActionsUser")
        self.world.free(user)
        keys = self.world.client("iam", "ToolsAccount").create_access_key(UserName=user.name)["AccessKey"]
        tags = [{"Key": k, "Value": "x"} for k in ("GitHub", "Repository", "Workflow", "Action", "Actor", "Commit", "Branch")]
        return self.world.client("sts", credentials=keys).assume_role(RoleArn=self.deployer, RoleSessionName="ci", Tags=tags)["Credentials"]

    def env(self, administrator):
        world = self.world
        if administrator:
            world.client("iam", self.account_name)
            keys = world.sessions[self.account_name]
        else:
            self.keys = getattr(self, "keys", None) or self.session()
            keys = self.keys
        home = self.folder / ".home"
        home.mkdir(exist_ok=True)
        here = world.endpoint.split("//")[1].split(":")[0]
        # Where whatever would leave the machine finds nobody. Node.js asks no proxy: clis/loopback.js holds it.
        nowhere = f"http://{here}:9"
        return {
            **{k: v for k, v in world.env.items() if not k.startswith("AWS_")},
            **QUIET,
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
            "AWS_REGION": e2e.REGION,
            "AWS_DEFAULT_REGION": e2e.REGION,
            "AWS_ENDPOINT_URL": world.endpoint,
            "STAND_IN": world.endpoint,
            "NODE_OPTIONS": '--require "%s"' % (CLIS / "loopback.js"),
            "HOME": str(home),
            "PATH": ":".join([str(CLIS / "bin"), str(CLIS / "node_modules/.bin"), str(CLIS / ".venv/bin"), str(Path(sys.executable).parent), world.env["PATH"]]),
            "HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere, "NO_PROXY": here, "no_proxy": here,
        }  # fmt: skip


def noted(world):
    log = world.folder / "gate.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def one(world, name, macro, function):
    run = Run(world, name, macro)
    try:
        function(run)
    except subprocess.TimeoutExpired as late:
        run.check(False, f"{late.cmd[0]} has no end", (late.stdout or b"").decode(errors="replace")[-3000:])
    check_services(run)
    done = run.calls
    with lock:
        e2e.note(f"{name}: {len(done)} calls, {run.intended} denied as intended, {time.monotonic() - run.began:.0f} s")
        figures["denied"] += run.intended
    return run


# ------------------------------------------------------------------------------------------------ grants


def generated(world, account, app):
    """(policy, Sid, action) of each grant of a DeployerRole, but for what every macro grants it (no framework's)."""
    iam, role = world.client("iam", account), f"{app}-DeployerRole"
    found = {n: iam.get_role_policy(RoleName=role, PolicyName=n)["PolicyDocument"] for n in iam.list_role_policies(RoleName=role)["PolicyNames"]}
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
        name = re.sub(f"^{app}-", "", attached["PolicyName"])
        found[name] = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]
    for name, document in found.items():
        for statement in policy.listify(document["Statement"]):
            if name.endswith("Cli") and statement["Effect"] == "Allow":
                yield from ((name, statement["Sid"], action) for action in policy.listify(statement["Action"]))


def check_grants(world, runs):
    """The grants that no call used are those of clis/unused.json."""
    there, used = {}, set()
    for app in {r.app for r in runs}:
        name_of = clicases.account_of(app)
        for name, sid, action in generated(world, name_of, app):
            there.setdefault(f"{name} {sid} {action}", set()).add((world.ids[name_of], sid, action))
    for call in noted(world):
        # The roles of the CDK's bootstrap have grants of their own.
        if "-DeployerRole/" in call["caller"]:
            used |= {(call["account"], *grant) for question in call.get("questions", []) for grant in question["grants"]}
    unused = {text for text, grants in there.items() if not grants & used}
    reasons = {f"{row['statement']} {action}": row["why"] for row in json.loads(UNUSED.read_text()) for action in row["actions"]}
    for text in sorted(unused - set(reasons)):
        e2e.check(False, f"{UNUSED.name}: no run uses {text}: give the reason, or take the grant out")
    for text in sorted(set(reasons) - unused):
        e2e.check(False, f"{UNUSED.name}: {text} is {'used' if text in there else 'not there'}: take the reason out")
    figures["grants"], figures["unused"] = len(there), len(unused)
    e2e.note(f"{len(there)} grants, {len(unused)} of them unused, each with a reason")


def take_out(world, framework, sid, action):
    """Takes an action out of a statement of a framework's partial. What everybody may do takes its place: no list is empty."""
    code, text = world.deploy_roles("partials", "show", f"frameworks/{framework}")
    match = re.search(rf"(- Sid: {sid}\n(?:(?!- Sid:).)*?)      - {action}\n", text, re.S)
    if code != 0 or not match:
        raise e2e.Stop(f"{framework} has no statement {sid} with the action {action}")
    folder = world.org / "partials/frameworks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{framework}.hbs").write_text(text.replace(match[0], f"{match[1]}      - sts:GetCallerIdentity\n", 1))


def check_words(found):
    """The pages quote the CLIs as they are, and name the version that runs here; `found` has the versions."""
    for page, (sources, *quotes) in WORDS.items():
        text = (e2e.ROOT / "docs/frameworks" / page).read_text()
        source = "".join(path.read_text(errors="replace") for path in sorted(CLIS.glob(sources)))
        for quote in quotes:
            e2e.check(quote in text, f"docs/frameworks/{page} quotes `{quote}`")
            e2e.check(quote in source, f"the CLI of docs/frameworks/{page} says `{quote}`")
        version = ".".join(found[PAGES[page]].split(".")[:2])
        e2e.check(version in text, f"docs/frameworks/{page} names the version {version}")


def check_services(run):
    """`infer` finds in the templates that are deployed at the end no service that the macro lacks."""
    cloudformation = run.admin("cloudformation")
    for stack in (s["StackName"] for s in cloudformation.describe_stacks()["Stacks"] if s["StackName"].startswith(f"{run.app}-")):
        body = cloudformation.get_template(StackName=stack)["TemplateBody"]
        (run.folder / "deployed.json").write_text(body if isinstance(body, str) else json.dumps(body))
        app = ["infer", str(run.folder / "deployed.json"), "--macro", run.macro, "--check"]
        code, said = run.world.deploy_roles(*app, "--template", "org/roles.src.yml")
        run.check(code == 0, f"infer finds nothing in {stack} that the macro lacks", said)
        with lock:
            figures["inferred"] += 1


def fails_without(world, name, macro, function):
    """Whether a case of NEEDED fails at once, because the action that was taken out is denied."""
    framework, sid, action = NEEDED[name]
    run = Run(world, name, macro, stops=True)
    try:
        function(run)
        seen, detail = False, "it passes"
    except Stopped as first:
        seen, detail = f"[denied] {action} on " in str(first), str(first)
    with lock:
        e2e.note(f"{name} without {action} in {sid} of {framework}: {detail.splitlines()[0]} ({time.monotonic() - run.began:.0f} s)")
        e2e.check(seen, f"{name} fails without {action} in {sid} of {framework}", detail)
    return run


# ------------------------------------------------------------------------------------------------ all


def versions():
    """What is installed: {CLI: version}."""
    found = {"AWS CLI": metadata.version("awscli")}
    # SAM needs other versions of what the stand-in needs: it has an environment of its own.
    asked = [CLIS / ".venv/bin/python", "-c", "from importlib.metadata import version; print(version('aws-sam-cli'))"]
    found["AWS SAM CLI"] = subprocess.run(asked, stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    for name, package in (("AWS CDK", "aws-cdk"), ("Serverless Framework", "serverless")):
        found[name] = json.loads((CLIS / f"node_modules/{package}/package.json").read_text())["version"]
    return found


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--only", metavar="CASE")
    parser.add_argument("--without", nargs=3, metavar=("FRAMEWORK", "SID", "ACTION"))
    parser.add_argument("--binary", default=str(e2e.ROOT / "target/debug/deploy-roles"))
    parser.add_argument("--figures", metavar="FILE")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--words", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    began = time.monotonic()
    there = [c for c in clicases.CASES if c[0] in NEEDED or not options.self_test]
    chosen = [c for c in there if options.only is None or c[0] in options.only.split(",")]
    whole = options.only is None and not options.without and not options.self_test
    if not chosen:
        print(f"clis.py: no case {options.only}", file=sys.stderr)
        return 2
    try:
        found = versions()
        print(f"== the real CLIs: {', '.join(f'{k} {v}' for k, v in found.items())}", flush=True)
        if whole or options.words:
            check_words(found)
        if options.words:
            return 1 if e2e.failures else 0
        case = clicases.world([macro for _, macro, _ in chosen])
        with e2e.World(case, 10, str(Path(options.binary).resolve()), options.keep, gate=True) as world:
            world.begin()
            taken = {name: NEEDED[name] if options.self_test else options.without for name, _, _ in chosen if options.self_test or options.without}
            for out in {tuple(out) for out in taken.values()}:
                take_out(world, *out)
            if taken:
                # Without this, the template would use the built-in partials.
                own = ("Resources:\n", "Definitions:\n  DeployRoles:\n    Partials: ./partials\n\nResources:\n")
                case.versions[0].template = cases.change(case.versions[0].template, own)
            world.deploy(case.versions[0])
            for name, app in ((name, macro) for name, macro, _ in chosen if name in taken):
                if any((s, a) == tuple(taken[name][1:]) for _, s, a in generated(world, clicases.account_of(app), app)):
                    raise e2e.Stop(f"the deployed role of {app} still has {taken[name]}")
            e2e.note(f"the roles are there: {time.monotonic() - began:.0f} s")
            with ThreadPoolExecutor(2) as workers:
                runs = list(workers.map(lambda c: (fails_without if options.self_test else one)(world, *c), chosen))
            calls = [c for c in noted(world) if "questions" in c]
            figures["calls"] = len(calls)
            figures["questions"] = sum(len(c["questions"]) for c in calls)
            if whole:
                check_grants(world, runs)
    except (e2e.Stop, policy.Unknown) as error:
        print(f"clis.py: {error}", file=sys.stderr)
        return 1
    figures["clis"], figures["versions"], figures["seconds"] = len(found), found, round(time.monotonic() - began)
    print(", ".join(f"{v} {k}" for k, v in figures.items() if k != "versions") + f"; {len(e2e.failures)} failed", flush=True)
    if options.figures and not e2e.failures and whole:
        Path(options.figures).parent.mkdir(parents=True, exist_ok=True)
        Path(options.figures).write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if e2e.failures else 0


if __name__ == "__main__":
    sys.exit(main())
