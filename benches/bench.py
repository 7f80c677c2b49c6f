#!/usr/bin/env python3
"""Measures deploy-roles beside what it can be compared with, on inputs made here: see benches/README.md.

Everything is measured as the ratio of two programs that take turns in one run, so that other work on the machine slows
both alike. `benches/run` builds the programs and calls this. Exit code 0: measured; 1: with --strict, a bound was
exceeded; 2: something is missing or went wrong.
"""

import argparse
import filecmp
import json
import math
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from editor import Editor, typing

HERE = Path(__file__).resolve().parent
ORACLE = HERE.parent / "tests" / "oracle" / "node_modules"
CFN_LINT = HERE.parent / "tests" / "oracle" / ".venv" / "bin" / "cfn-lint"
STAGES = ("dev", "staging", "prod")
SERVICES = "lambda logs s3 cloudfront iam apigateway events sns dynamodb sqs ssm".split()
TEAMS = "Checkout Catalog Search Billing Shipping Returns Loyalty Reviews Support Insights".split()
# A group of the macro begins with this comment; it ends where the next group or the hand-written resource begins.
GROUP = re.compile(r"^  # Orders \(orders\): stage (\w+), account (\w+)$")
BY_HAND = "  # Written by hand."
# A load of the larger file takes some fifteen seconds, and three gigabytes.
ORGFORMATION_ROUNDS = 3
# Some thousand macros, as many bytes as one over 3,000 accounts has.
APP_TEMPLATES, APPS_EACH, FEWER_TEMPLATES, CHANGED_APPS = 50, 20, 5, 10
# A look of cfn-lint and parliament at one of them takes most of a minute.
LINT_ROUNDS, LINT_APPS = 3, 3
# Answers to keys in an editor.
KEYS = 100
DEVNULL = os.open(os.devnull, os.O_RDWR)


class Failure(Exception):
    """Why nothing can be measured."""


# --- inputs ---


def organization(count):
    """An organization of `count` workload accounts, a third of them in each stage, and two more."""
    accounts = []
    for number in range(count):
        system, stage = number // len(STAGES), STAGES[number % len(STAGES)]
        team = TEAMS[system % len(TEAMS)]
        accounts.append((team, system // len(TEAMS) + 1, stage, number))
    named = [(f"{team}{system:03}{stage.title()}Account", stage) for team, system, stage, _ in accounts]
    lines = [
        "Organization:",
        "",
        "  ManagementAccount:",
        "    Type: OC::ORG::MasterAccount",
        "    Properties:",
        "      AccountName: Management",
        "      AccountId: '000000000001'",
        "      RootEmail: aws-management@example.com",
        "",
        "  ToolsAccount:",
        "    Type: OC::ORG::Account",
        "    Properties:",
        "      AccountName: Tools",
        "      AccountId: '000000000002'",
        "      RootEmail: aws-tools@example.com",
        "      Alias: example-tools",
        "",
    ]
    for (name, _), (team, system, stage, number) in zip(named, accounts):
        slug = f"{team}-{system:03}-{stage}".lower()
        lines += [
            f"  {name}:",
            "    Type: OC::ORG::Account",
            "    Properties:",
            f"      AccountName: {team} {system:03} {stage}",
            f"      AccountId: '{100000000000 + 7919 * number}'",
            f"      RootEmail: aws-{slug}@example.com",
            f"      Alias: example-{slug}",
            "      Tags:",
            f"        stage-{stage}: 'true'",
            f"        team: {team.lower()}",
            f"        cost-center: '{1000 + number % 97}'",
            "",
        ]
    for stage in STAGES:
        lines += [
            f"  {stage.title()}Unit:",
            "    Type: OC::ORG::OrganizationalUnit",
            "    Properties:",
            f"      OrganizationalUnitName: {stage.title()}",
            "      Accounts:",
            *(f"        - !Ref {name}" for name, its in named if its == stage),
            "",
        ]
    return "\n".join(lines)


HEAD = (
    "AWSTemplateFormatVersion: '2010-09-09-OC'",
    "Description: Roles that deploy the orders app",
    "",
    "Organization: !Include ./organization.yml",
    "",
    "DefaultOrganizationBindingRegion: eu-west-1",
    "",
    "Resources:",
    "",
)


def template(services=None, layout=None):
    """One macro over the three stages, and a resource after it; `services` are those of staging."""
    targets = []
    for stage in STAGES:
        targets += [f"      {stage}:", f"        AccountsWithTag: stage-{stage}"]
        if stage == "staging" and services:
            targets.append(f"        Services: [{', '.join(services)}]")
    return "\n".join([
        *HEAD,
        "  Orders: !DeployRoles",
        "    AppId: orders",
        *([f"    Layout: {layout}"] if layout else []),
        "    TrustedBy:",
        "      - Principal: arn:aws:iam::000000000002:role/ci",
        "    Targets:",
        *targets,
        "",
        BY_HAND,
        "  OnCallRole:",
        "    Type: AWS::IAM::Role",
        "    OrganizationBinding:",
        "      Account: !Ref ToolsAccount",
        "      Region: eu-west-1",
        "    Properties:",
        "      RoleName: on-call",
        "      AssumeRolePolicyDocument:",
        "        Version: '2012-10-17'",
        "        Statement:",
        "          - Effect: Allow",
        "            Principal:",
        "              AWS: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'",
        "            Action: sts:AssumeRole",
        "",
    ])


def app(number, services):
    """A template with a macro over the three stages, each of which may deploy with `services`."""
    return "\n".join([*HEAD, *macro("App", number, services)])


def macro(name, number, services):
    return [
        f"  {name}: !DeployRoles",
        f"    AppId: app{number:03}",
        f"    Services: [{', '.join(services)}]",
        "    ToolsAccount: !Ref ToolsAccount",
        "    Targets:",
        *(line for stage in STAGES for line in (f"      {stage}:", f"        AccountsWithTag: stage-{stage}")),
        "",
    ]


# What is tested at 3,000 accounts: who deploys, what nobody does, and what CI can do.
EXPECTED = """expectations:
  - name: only CI deploys
    who: { macro: App, role: '*-DeployerRole' }
    assumed-only-by: { user: app000-GitHubActionsUser }
  - name: only CloudFormation has the execution roles
    who: { role: '*-CloudFormationExecutionRole' }
    assumed-only-by: cloudformation.amazonaws.com
  - name: CI can deploy to production
    who: { stage: prod, role: '*-DeployerRole' }
    allowed: [cloudformation:CreateChangeSet, cloudformation:ExecuteChangeSet]
  - name: nobody creates users
    who: '*'
    never: [iam:CreateUser, iam:CreateAccessKey, iam:CreateLoginProfile]
  - name: nobody changes the deploy roles
    who: { macro: App }
    never: [iam:AttachRolePolicy, iam:DeleteRole, iam:PutRolePolicy, iam:UpdateAssumeRolePolicy]
    resources: ['arn:aws:iam::*:role/app000-DeployerRole', 'arn:aws:iam::*:role/app000-CloudFormationExecutionRole']
"""


def resources(count):
    """An app's own template with `count` resources: functions, each with what it usually has next to it."""
    lines = ["AWSTemplateFormatVersion: '2010-09-09'", "Resources:"]
    for number in range(count // 5):
        name = f"orders-part{number}"
        lines += [
            f"  Log{number}:",
            "    Type: AWS::Logs::LogGroup",
            f"    Properties: {{ LogGroupName: /aws/lambda/{name}, RetentionInDays: 30 }}",
            f"  Role{number}:",
            "    Type: AWS::IAM::Role",
            "    Properties:",
            f"      RoleName: {name}",
            "      AssumeRolePolicyDocument:",
            "        Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: 'sts:AssumeRole' }",
            "      Policies:",
            "        - PolicyName: Work",
            "          PolicyDocument:",
            f"            Statement: {{ Effect: Allow, Action: 'sqs:ReceiveMessage', Resource: !GetAtt Queue{number}.Arn }}",
            f"  Function{number}:",
            "    Type: AWS::Lambda::Function",
            "    Properties:",
            f"      FunctionName: {name}",
            f"      Role: !GetAtt Role{number}.Arn",
            "      Code: { S3Bucket: orders-artifacts, S3Key: function.zip }",
            f"      Environment: {{ Variables: {{ QUEUE: !Ref Queue{number} }} }}",
            "      VpcConfig: { SecurityGroupIds: [!ImportValue group], SubnetIds: [!ImportValue subnet] }",
            f"  Queue{number}:",
            "    Type: AWS::SQS::Queue",
            "    Properties: { VisibilityTimeout: 60, KmsMasterKeyId: alias/aws/sqs }",
            f"  Mapping{number}:",
            "    Type: AWS::Lambda::EventSourceMapping",
            f"    Properties: {{ EventSourceArn: !GetAtt Queue{number}.Arn, FunctionName: !Ref Function{number} }}",
        ]
    return "\n".join([*lines, ""])


class Apps:
    """A folder with an organization and a template for each of several apps, expanded; then each app gains a service."""

    def __init__(self, bench, name, number, accounts):
        self.folder, self.deploy_roles = bench.folder / name, bench.deploy_roles
        self.folder.mkdir()
        (self.folder / "organization.yml").write_text(organization(accounts))
        self.write(number, SERVICES[:-1])
        run([bench.deploy_roles, "expand", self.folder])
        self.outputs = [path for path in self.folder.glob("app*.yml") if not path.name.endswith(".src.yml")]
        self.write(number, SERVICES)

    def sides(self):
        """Folders with the expanded files as they are, and as they would be."""
        # Not below the folder: files without a source would be found there.
        before, after = (self.folder.with_name(f"{self.folder.name}-{side}") for side in ("before", "after"))
        for folder in (before, after):
            folder.mkdir()
        for output in self.outputs:
            shutil.copyfile(output, before / output.name)
            with open(after / output.name, "wb") as new:
                subprocess.run([self.deploy_roles, "expand", output.with_suffix(".src.yml"), "-o", "-"], stdout=new, check=True)
        return before, after

    def write(self, number, services):
        for at in range(number):
            (self.folder / f"app{at:03}.src.yml").write_text(app(at, services))


class ManyApps:
    """A folder with an organization of three accounts, and templates with some apps each."""

    def __init__(self, bench, name, templates):
        self.bench, self.folder = bench, bench.folder / name
        self.folder.mkdir()
        (self.folder / "organization.yml").write_text(organization(len(STAGES)))
        for at in range(templates):
            self.write(at)
        self.outputs = [self.folder / f"apps{at:02}.yml" for at in range(templates)]

    def write(self, at, services=SERVICES):
        """The template `at`; the first of its apps has `services`."""
        numbers = range(at * APPS_EACH, (at + 1) * APPS_EACH)
        macros = [macro(f"App{n:03}", n, SERVICES if n != numbers[0] else services) for n in numbers]
        lines = [line for one in macros for line in one]
        (self.folder / f"apps{at:02}.src.yml").write_text("\n".join([*HEAD, *lines]))

    def expand(self):
        for output in self.outputs:
            output.unlink(missing_ok=True)
        return run([self.bench.deploy_roles, "expand", self.folder])

    def size(self):
        return sum(output.stat().st_size for output in self.outputs)


class Case:
    """A folder with an organization and a template."""

    def __init__(self, folder, accounts, services=None, layout=None):
        self.folder = folder / str(accounts)
        self.folder.mkdir(parents=True)
        self.accounts = accounts
        self.organization = self.folder / "organization.yml"
        self.source = self.folder / "roles.src.yml"
        self.output = self.folder / "roles.yml"
        self.organization.write_text(organization(accounts))
        self.source.write_text(template(services, layout))


def minijinja_inputs(case, into):
    """The expansion of `case` as a MiniJinja template, with the accounts of each stage as data.

    The template has each stage's text once, in a loop, with the account's name taken out of it; everything else, the
    header lines too, is taken over as it is.
    """
    text, names = [], {}
    account, copied = "", True
    with open(case.output, encoding="utf-8", newline="") as lines:
        for line in lines:
            found = GROUP.match(line)
            if found:
                stage, account = found.groups()
                copied = stage not in names
                if copied:
                    text.append(("{% endfor %}" if names else "") + f"{{% for a in {stage} %}}")
                names.setdefault(stage, []).append(account)
            elif line.startswith(BY_HAND):
                text.append("{% endfor %}")
                account, copied = "", True
            if any(mark in line for mark in ("{{", "{%", "{#", "{" + (account or "{"))):
                raise Failure("the expanded text holds what MiniJinja would run")
            if copied:
                text.append(line.replace(account, "{{ a }}") if account else line)
    if tuple(names) != STAGES:
        raise Failure(f"the expanded text has the stages {list(names)}, and not {list(STAGES)}")
    into.mkdir()
    with open(into / "roles.yml.txt", "w", encoding="utf-8", newline="") as file:
        file.write("".join(text))
    with open(into / "accounts.json", "w", encoding="utf-8") as file:
        json.dump(names, file)
    return into / "roles.yml.txt", into / "accounts.json"


# --- measuring ---


class Run:
    """One run of a program."""

    def __init__(self, wall, cpu, code):
        self.wall, self.cpu, self.code = wall, cpu, code


def run(command, expected=(0,), output=None):
    """Runs `command` with all streams but standard output closed off."""
    actions = [(os.POSIX_SPAWN_DUP2, DEVNULL, 0), (os.POSIX_SPAWN_DUP2, DEVNULL, 2)]
    if output is None:
        actions.append((os.POSIX_SPAWN_DUP2, DEVNULL, 1))
    else:
        actions.append((os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644))
    command = [str(part) for part in command]
    begin = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - begin
    code = os.waitstatus_to_exitcode(status)
    if expected is not None and code not in expected:
        again = subprocess.run(command, stdin=DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        raise Failure(f"`{' '.join(command)}` ended with {code}\n{again.stderr.strip()}")
    return Run(wall, usage.ru_utime + usage.ru_stime, code)


def peak(command, output=None):
    """The peak memory of `command` in bytes, and what it printed.

    A child's figure is never below that of the process that it was started from, which here is a small one.
    """
    starter = (
        "import os, sys\n"
        "child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)\n"
        "_, status, usage = os.wait4(child, 0)\n"
        "print(usage.ru_maxrss, file=sys.stderr)\n"
        "sys.exit(os.WEXITSTATUS(status) or os.WTERMSIG(status))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", starter, *map(str, command)],
        stdin=DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode != 0:
        raise Failure(f"`{' '.join(map(str, command))}` ended with {done.returncode}\n{done.stderr.strip()}")
    # Kilobytes, but on macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return int(done.stderr.split()[-1]) * unit, done.stdout


def rounds(count, *runs):
    """`count` times all `runs` in turn, after one turn that does not count; a list of runs for each."""
    for one in runs:
        one()
    measured = [[one() for one in runs] for _ in range(count)]
    return [list(column) for column in zip(*measured)]


# --- the table ---


def spread(values, show):
    values = sorted(values)
    return f"{show(statistics.median(values))} ({show(values[0])}–{show(values[-1])})"


def ms(seconds):
    return f"{seconds * 1000:.0f} ms" if abs(seconds) >= 0.1 else f"{seconds * 1000:.1f} ms"


def seconds(number):
    return f"{number:.2f} s"


def mb(size):
    return f"{size / 1e6:.1f} MB"


def plain(number):
    return f"{number:.2f}" if number >= 0.1 else f"{number:.2g}"


class Table:
    """The rows, and whether a bound was exceeded."""

    HEAD = ("what", "ours", "other", "ratio", "bound", "")

    def __init__(self):
        self.rows, self.over = [], []

    def add(self, what, ours, other="", ratio="", bound="", exceeded=None):
        verdict = "" if exceeded is None else "OVER" if exceeded else "ok"
        if exceeded:
            self.over.append(what)
        self.rows.append((what, ours, other, ratio, bound, verdict))
        print(f"  {what}: {ours}{' | ' + other if other else ''}{' | ' + ratio if ratio else ''} {verdict}", file=sys.stderr)

    def compare(self, what, ours, others, other_name, bound, below=False):
        """Wall times of runs that took turns: the ratio is the median of the ratios of each turn."""
        ratios = [a.wall / b.wall for a, b in zip(ours, others)]
        ratio = statistics.median(ratios)
        self.add(
            what,
            spread([a.wall for a in ours], ms),
            f"{other_name}: {spread([b.wall for b in others], ms)}",
            spread(ratios, plain),
            f"{'below' if below else 'at most'} {bound:g}",
            ratio >= bound if below else ratio > bound,
        )

    def grows(self, what, larger, smaller, factor):
        """How times grow with what is `factor` times as much: each side is its name and its times, less the start."""
        (large_name, large), (small_name, small) = larger, smaller
        exponents = [math.log(b / a, factor) for a, b in zip(small, large) if a > 0 and b > 0]
        self.add(
            f"growth of {what}, less the start",
            f"{large_name}: {spread(large, ms)}",
            f"{small_name}: {spread(small, ms)}",
            f"exponent {spread(exponents, plain)}",
            "at most 1.05",
            statistics.median(exponents) > 1.05,
        )

    def markdown(self):
        rows = [self.HEAD, ("---",) * len(self.HEAD), *self.rows]
        return "".join("| " + " | ".join(row) + " |\n" for row in rows)

    def text(self):
        rows = [self.HEAD, *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self.HEAD))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
        return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]]) + "\n"


# --- what is measured ---


class Bench:
    """The programs, the folder, and the table that is filled."""

    def __init__(self, options, folder):
        self.deploy_roles, self.baseline, self.minijinja = options.deploy_roles, options.baseline, options.minijinja
        self.times = options.rounds
        self.linters_python = options.linters
        self.folder = folder
        self.table = Table()
        self.cases = {count: Case(folder, count) for count in (3, 300, 3000, 10000)}

    def expand(self, case):
        """An expand that makes the file anew: where it is already there, it would only be read."""
        case.output.unlink(missing_ok=True)
        return run([self.deploy_roles, "expand", case.source])

    def start(self):
        return run([self.baseline])

    PARTS = ("expand_3000", "memory", "small", "growth", "apps", "diff", "access", "lint", "questions", "infer", "editor", "linters", "orgformation")

    def measure(self, parts):
        for part in self.PARTS:
            if part in parts:
                getattr(self, part)()

    def expand_3000(self):
        case = self.cases[3000]
        self.expand(case)
        text, data = minijinja_inputs(case, self.folder / "minijinja")
        rendered, written = self.folder / "rendered.yml", self.folder / "written.yml"
        keep = self.folder / "expected.yml"
        shutil.copyfile(case.output, keep)

        def minijinja():
            rendered.unlink(missing_ok=True)
            return run([self.minijinja, "--autoescape", "none", "--output", rendered, text, data])

        def write():
            written.unlink(missing_ok=True)
            return run([self.baseline, keep, case.organization, written])

        minijinja()
        write()
        if not filecmp.cmp(keep, rendered, shallow=False):
            raise Failure("minijinja-cli renders other bytes than deploy-roles")
        if keep.stat().st_size != written.stat().st_size:
            raise Failure("the baseline writes fewer or more bytes than deploy-roles")
        ours, others, least = rounds(self.times, lambda: self.expand(case), minijinja, write)
        size = mb(keep.stat().st_size)
        self.table.compare(f"expand, 3,000 accounts, {size}", ours, others, "minijinja-cli, same bytes", 1, below=True)
        self.table.compare("the same", ours, least, "writing as much, reading the events of organization.yml", 1.4)

    def memory(self):
        case = self.cases[3000]
        sizes = []
        for _ in range(3):
            case.output.unlink(missing_ok=True)
            sizes.append(peak([self.deploy_roles, "expand", case.source])[0])
        size = case.output.stat().st_size
        ratio = statistics.median(sizes) / size
        self.table.add(
            "peak memory of that", spread(sizes, mb), f"its output: {mb(size)}", plain(ratio), "at most 2", ratio > 2
        )

    def small(self):
        case = self.cases[3]
        ours, empty = rounds(max(60, self.times), lambda: self.expand(case), self.start)
        over = [a.wall - b.wall for a, b in zip(ours, empty)]
        self.table.add(
            "expand, 3 accounts",
            spread([a.wall for a in ours], ms),
            f"an empty program's start: {spread([b.wall for b in empty], ms)}",
            f"+ {spread(over, ms)}",
            "at most + 5 ms",
            statistics.median(over) > 0.005,
        )

    def growth(self):
        few, many = self.cases[300], self.cases[10000]
        small, large, empty = rounds(self.times, lambda: self.expand(few), lambda: self.expand(many), self.start)
        factor = many.accounts / few.accounts
        for kind, what in (("wall", "wall time"), ("cpu", "user and system time")):
            start = statistics.median(getattr(one, kind) for one in empty)
            sides = [[getattr(one, kind) - start for one in side] for side in (large, small)]
            self.table.grows(what, ("10,000 accounts", sides[0]), ("300 accounts", sides[1]), factor)

    def apps(self):
        one, apps = self.cases[3000], ManyApps(self, "apps", APP_TEMPLATES)
        fewer = ManyApps(self, "fewer", FEWER_TEMPLATES)
        whole, others, small, start = rounds(
            self.times, apps.expand, lambda: self.expand(one), fewer.expand, self.start
        )
        count, size = APP_TEMPLATES * APPS_EACH, mb(apps.size())
        like = f"one macro, 3,000 accounts, {mb(one.output.stat().st_size)}"
        self.table.compare(f"expand, {count:,} apps in {APP_TEMPLATES} templates, {size}", whole, others, like, 8)
        memory = [peak([self.deploy_roles, "expand", "--check", apps.folder])[0] for _ in range(3)]
        ratio = statistics.median(memory) / apps.size()
        self.table.add(
            "peak memory of its check", spread(memory, mb), f"its output: {size}", plain(ratio), "at most 2", ratio > 2
        )
        began = statistics.median(one.cpu for one in start)
        larger = f"{count:,} apps in {APP_TEMPLATES} templates", [one.cpu - began for one in whole]
        smaller = f"{FEWER_TEMPLATES * APPS_EACH} apps in {FEWER_TEMPLATES} templates", [one.cpu - began for one in small]
        self.table.grows("its user and system time", larger, smaller, APP_TEMPLATES / FEWER_TEMPLATES)
        checks = rounds(
            self.times,
            lambda: run([self.deploy_roles, "expand", "--check", apps.folder]),
            lambda: run([self.deploy_roles, "expand", "--check", one.folder]),
        )
        self.table.compare(f"expand --check, {count:,} apps", *checks, like, 8)
        other = Case(self.folder / "changed", 3000, SERVICES[:-1])
        self.expand(other)
        other.source.write_text(template(SERVICES))
        for at in range(CHANGED_APPS):
            apps.write(at, SERVICES[:-1])
        diffs = rounds(
            self.times,
            lambda: run([self.deploy_roles, "diff", apps.folder]),
            lambda: run([self.deploy_roles, "diff", other.folder]),
        )
        self.table.compare(
            f"diff, {CHANGED_APPS} of {count:,} apps lose a service", *diffs, "one macro, 3,000 accounts, a stage gains one", 8
        )

    def diff(self):
        other = shutil.which("diff")
        if other is None:
            raise Failure("diff is missing")

        def more_services(case):
            case.source.write_text(template(SERVICES))

        def more_accounts(case):
            case.organization.write_text(organization(case.accounts + len(STAGES)))

        def another_name(case):
            case.source.write_text(case.source.read_text().replace("  Orders: !", "  Buying: !"))

        for number, (change, what) in enumerate([
            (more_services, "a stage gains a service"),
            (more_accounts, "each stage gains an account"),
            (another_name, "the macro has another name"),
        ]):
            case = Case(self.folder / f"diff{number}", 3000, SERVICES[:-1])
            self.expand(case)
            before, after = case.folder / "before.txt", case.folder / "after.txt"
            shutil.copyfile(case.output, before)
            change(case)
            self.expand(case)
            shutil.copyfile(case.output, after)
            shutil.copyfile(before, case.output)
            ours, others = rounds(
                self.times,
                lambda: run([self.deploy_roles, "diff", case.folder]),
                lambda: run([other, "-u", before, after], expected=(1,)),
            )
            self.table.compare(f"diff, 3,000 accounts, {what}", ours, others, "diff -u", 1, below=True)

    def access(self):
        case = Apps(self, "access", 100, 30)
        size = mb(sum(path.stat().st_size for path in case.outputs))
        command = [self.deploy_roles, "diff", case.folder]
        verdict = subprocess.run(map(str, command), stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]
        if verdict != "3,000 principals gain access":
            raise Failure(f"the verdict on 100 apps in 30 accounts is `{verdict}`")
        before, after = case.sides()
        whole, only, others = rounds(
            self.times,
            lambda: run(command),
            lambda: run([*command, "--only", "access"]),
            lambda: run([shutil.which("diff"), "-ru", before, after], expected=(1,)),
        )
        walls = [one.wall for one in whole]
        self.table.add(
            f"diff, 100 apps in 30 accounts, {size}, each app gains a service",
            spread(walls, ms),
            f"with --only access: {spread([one.wall for one in only], ms)}; "
            f"diff -ru: {spread([one.wall for one in others], ms)}",
            f"of diff -ru: {spread([a.wall / b.wall for a, b in zip(whole, others)], plain)}",
            "below 1 s",
            statistics.median(walls) >= 1,
        )
        few, many, other = Apps(self, "few", 10, 30), Apps(self, "many", 10, 300), case
        columns = [
            lambda one=one: run([self.deploy_roles, "diff", "--only", "access", one.folder]) for one in (few, many, other)
        ]
        few, many, other = rounds(self.times, *columns)
        # Ten times the work, and a little for what is shared no more.
        for what, runs in (("ten times the accounts", many), ("ten times the apps", other)):
            ratios = [b.wall / a.wall for a, b in zip(few, runs)]
            self.table.add(
                f"diff --only access, {what}",
                spread([one.wall for one in runs], ms),
                f"10 apps in 30 accounts: {spread([one.wall for one in few], ms)}",
                spread(ratios, plain),
                "at most 12",
                statistics.median(ratios) > 12,
            )

    def within(self, what, command, bound, says):
        """A row for a command that shall take less than `bound` seconds, and says `says`."""
        printed = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
        if says not in printed:
            raise Failure(f"`{' '.join(map(str, command))}` does not say `{says}`")
        ours, empty = rounds(self.times, lambda: run(command), self.start)
        walls = [one.wall for one in ours]
        self.table.add(
            what,
            spread(walls, ms),
            f"an empty program's start: {spread([one.wall for one in empty], ms)}",
            f"{spread([one.cpu for one in ours], ms)} of processors",
            f"below {ms(bound)}",
            statistics.median(walls) >= bound,
        )

    def lint(self):
        case = Apps(self, "lint", 100, 30)
        run([self.deploy_roles, "expand", case.folder])
        self.within("lint, 100 apps in 30 accounts", [self.deploy_roles, "lint", case.folder], 1, "nothing found in 100 templates")

    def questions(self):
        # In a repository of its own: `can` looks for tasks files in all that it holds.
        own = self.folder / "example"
        shutil.copytree(HERE.parent / "org", own / "org")
        subprocess.run(["git", "init", "-q", own], check=True)
        example = own / "org" / "roles.src.yml"
        asked = [self.deploy_roles, "can", "*", "dynamodb:DeleteTable", "--stage", "prod", "--template", example]
        self.within("can, the example", asked, 0.05, "may")
        folder = self.folder / "questions"
        folder.mkdir()
        source, output = folder / "roles.src.yml", folder / "roles.yml"
        (folder / "organization.yml").write_text(organization(3000))
        source.write_text(app(0, SERVICES))
        (folder / "roles.test.yml").write_text(EXPECTED)
        run([self.deploy_roles, "expand", source])
        size = output.stat().st_size
        can = [self.deploy_roles, "can"]
        for what, command, says in [
            ("can '*' dynamodb:DeleteTable", [*can, "*", "dynamodb:DeleteTable", "--template", source], "3,000 principals may"),
            ("can CI sts:AssumeRole", [*can, "app000-GitHubActionsUser", "sts:AssumeRole", "--template", source], "1 may perhaps"),
            ("test, 5 expectations", [self.deploy_roles, "test", source], "5 expectations: 5 passed"),
        ]:
            self.within(f"{what}, 3,000 accounts", command, 1, says)
            sizes = [peak(command)[0] for _ in range(3)]
            ratio = statistics.median(sizes) / size
            self.table.add(
                "peak memory of that", spread(sizes, mb), f"the generated file: {mb(size)}", plain(ratio), "at most 2", ratio > 2
            )

    def infer(self):
        template = self.folder / "template.yml"
        template.write_text(resources(200))
        self.within("infer, 200 resources", [self.deploy_roles, "infer", template], 0.05, "Services: [lambda: [")

    def editor(self):
        """Keys in an editor: each changes the text, and asks for a completion or a hover."""
        example = self.folder / "editor"
        shutil.copytree(HERE.parent / "org", example)
        many = self.cases[3000]
        for what, folder, line, bound in (
            ("the example", example, "    AppId: bookshop", 0.05),
            ("3,000 accounts", many.folder, "    AppId: orders", 0.2),
        ):
            editor = Editor(self.deploy_roles, folder, "roles.src.yml")
            measured = typing(editor, line, KEYS)
            memory = editor.stop()
            walls, worked = zip(*measured)
            # On a busy machine, the time that the server works is what counts.
            counted = worked if any(worked) else walls
            self.table.add(
                f"a key in the editor, {what}",
                spread(walls, ms),
                f"the server works: {spread(worked, ms)}",
                "",
                f"at most {ms(bound)}",
                max(counted) > bound,
            )
            self.table.add(f"peak memory of that, {what}", mb(memory), "", "", "at most 300 MB", memory > 300e6)

    def linters(self):
        node = shutil.which("node")
        python = self.linters_python
        if node is None or not CFN_LINT.exists() or python is None:
            print("no figure for cfn-lint and parliament: tests/oracle/setup was not run, or Python is too old", file=sys.stderr)
            return
        # What they look at is what would be deployed then.
        case, after = Apps(self, "linters", LINT_APPS, 30), Apps(self, "linted", LINT_APPS, 30)
        run([self.deploy_roles, "expand", after.folder])
        files = []
        for output in after.outputs:
            templates = output.with_suffix("")
            templates.mkdir()
            run([node, HERE / "orgformation.js", "--templates", templates, ORACLE, output])
            files += sorted(templates.iterdir())
        if len(files) < LINT_APPS * 30:
            raise Failure(f"OrgFormation makes {len(files)} templates for 30 accounts")

        def lint():
            # Exit code 4 and the like: it found something to say.
            lint = run([CFN_LINT, *files], expected=(0, 2, 4, 6, 8, 10, 12, 14))
            policies = run([python, HERE / "policies.py", *files])
            return Run(lint.wall + policies.wall, lint.cpu + policies.cpu, 0)

        ours, others = rounds(min(self.times, LINT_ROUNDS), lambda: run([self.deploy_roles, "diff", case.folder]), lint)
        self.table.compare(
            f"diff, {LINT_APPS} apps in 30 accounts", ours, others, f"cfn-lint and parliament on the {len(files)} templates", 0.01
        )

    def orgformation(self):
        node = shutil.which("node")
        if node is None or not (ORACLE / "aws-organization-formation").is_dir():
            missing = "node is missing" if node is None else "tests/oracle/setup was not run"
            print(f"no figure for OrgFormation itself: {missing}", file=sys.stderr)
            return
        layouts = {
            "per-account": self.cases[3000],
            "per-binding": Case(self.folder / "binding", 3000, layout="per-binding"),
        }

        def loaded(case, *options):
            command = [node, "--max-old-space-size=16000", HERE / "orgformation.js", *options, ORACLE, case.output]
            memory, printed = peak(command)
            return json.loads(printed), memory

        expands = rounds(min(self.times, 9), *(lambda case=case: self.expand(case) for case in layouts.values()))
        try:
            turns = [[loaded(case, "--load") for case in layouts.values()] for _ in range(ORGFORMATION_ROUNDS)]
            bound = [loaded(case) for case in layouts.values()]
        except Failure as failure:
            print(f"no figure for OrgFormation itself: {failure}", file=sys.stderr)
            return
        first = [turn[0][0]["load"] for turn in turns]
        for at, (layout, case) in enumerate(layouts.items()):
            loads = [turn[at][0]["load"] for turn in turns]
            memory = statistics.median(turn[at][1] for turn in turns)
            took, peak_of_all = bound[at]
            self.table.add(
                f"for information: {layout}, 3,000 accounts, {mb(case.output.stat().st_size)}",
                f"expand: {spread([run.wall for run in expands[at]], ms)}",
                f"OrgFormation loads it: {spread(loads, seconds)}, {mb(memory)}; "
                f"and binds {took['targets']:,} targets: {took['bind']:.1f} s, {mb(peak_of_all)} in all, "
                f"to send {mb(took['bytes'])}, which it writes in {took['write']:.1f} s",
                f"of per-account: {spread([own / other for own, other in zip(loads, first)], plain)}" if at else "",
            )


def main():
    parser = argparse.ArgumentParser(description="Measure deploy-roles; benches/run builds what this needs.")
    parser.add_argument("--deploy-roles", required=True, type=Path, help="the release binary")
    parser.add_argument("--baseline", required=True, type=Path, help="the program of benches/baseline.rs")
    parser.add_argument("--minijinja", required=True, type=Path, help="minijinja-cli")
    parser.add_argument("--linters", type=Path, help="a Python with parliament")
    parser.add_argument("--rounds", type=int, default=21, help="how often each is run (default: 21)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there, too")
    parser.add_argument("--only", choices=Bench.PARTS, action="append", help="measure this part alone; may be repeated")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a bound is exceeded")
    options = parser.parse_args()
    for name in ("deploy_roles", "baseline", "minijinja"):
        path = getattr(options, name).resolve()
        if not os.access(path, os.X_OK):
            parser.error(f"`{path}` cannot be run")
        setattr(options, name, path)
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")

    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, {options.rounds} rounds: median (fastest–slowest)"
    with tempfile.TemporaryDirectory(prefix="deploy-roles-bench-") as folder:
        bench = Bench(options, Path(folder).resolve())
        bench.measure(options.only or Bench.PARTS)
    table = bench.table
    print(f"\n{table.text()}\n{machine}")
    if options.markdown:
        options.markdown.write_text(f"{table.markdown()}\n{machine}\n", encoding="utf-8")
    if table.over:
        print(f"over its bound: {', '.join(table.over)}", file=sys.stderr)
    return 1 if table.over and options.strict else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"benches/bench.py: {failure}", file=sys.stderr)
        sys.exit(2)
