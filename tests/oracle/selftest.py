"""Breaks templates on purpose and sees that each is caught, by the check that is meant to catch it: a check that
cannot fail is worth nothing. `check.py --self-test`."""

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import check

ORGANIZATION = """\
  ManagementAccount:
    Type: OC::ORG::MasterAccount
    Properties:
      AccountName: master
      AccountId: '123456789012'
      RootEmail: master@example.com
  OrganizationRoot:
    Type: OC::ORG::OrganizationRoot
  ToolsAccount:
    Type: OC::ORG::Account
    Properties:
      AccountName: Tools
      AccountId: '012345678901'
      RootEmail: tools@example.com
  DevAccount:
    Type: OC::ORG::Account
    Properties:
      AccountName: Dev
      RootEmail: dev@example.com
  ProdAccount:
    Type: OC::ORG::Account
    Properties:
      AccountName: Prod
      RootEmail: prod@example.com
"""

TOOLS = """\
  AppUser:
    Type: AWS::IAM::User
    OrganizationBinding: { Account: !Ref ToolsAccount, Region: eu-west-1 }
    Properties:
      UserName: myapp-GitHubActionsUser
      ManagedPolicyArns:
        - !Ref AppCrossAccountPolicy
  AppCrossAccountPolicy:
    Type: AWS::IAM::ManagedPolicy
    OrganizationBinding: { Account: !Ref ToolsAccount, Region: eu-west-1 }
    Properties:
      ManagedPolicyName: myapp-GithubActionsCrossAccountPolicy
      Path: /managed/
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Resource:
              - !Sub 'arn:${AWS::Partition}:iam::${DevAccount}:role/myapp-DeployerRole'
              - !Sub 'arn:${AWS::Partition}:iam::${ProdAccount}:role/myapp-DeployerRole'
"""

ROLES = """\
  App@ExecutionRole:
    Type: AWS::IAM::Role
    OrganizationBinding: { Account: !Ref @, Region: eu-west-1 }
    Properties:
      RoleName: myapp-CloudFormationExecutionRole
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: cloudformation.amazonaws.com
            Action: sts:AssumeRole
      Policies:
        - PolicyName: DeployQueues
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action:
                  - sqs:CreateQueue
                  - sqs:DeleteQueue
                Resource: !Sub 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:myapp-*'
  App@DeployerRole:
    Type: AWS::IAM::Role
    OrganizationBinding: { Account: !Ref @, Region: eu-west-1 }
    DependsOnAccount: !Ref ToolsAccount
    Properties:
      RoleName: myapp-DeployerRole
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:user/myapp-GitHubActionsUser'
            Action: sts:AssumeRole
      Policies:
        - PolicyName: PassExecutionRole
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action: iam:PassRole
                Resource: !GetAtt App@ExecutionRole.Arn
"""
DEV, PROD = ROLES.replace("@", "DevAccount"), ROLES.replace("@", "ProdAccount")

HEAD = "AWSTemplateFormatVersion: '2010-09-09-OC'\n"
INLINE = "Organization:\n" + ORGANIZATION


def template(*groups, organization=INLINE):
    return HEAD + organization + "\nResources:\n" + "\n".join(groups or (TOOLS, DEV, PROD))


GOOD = template()


def swap(old, new, text=GOOD, count=1):
    """The text with the first `count` places changed; a change that finds no place would test nothing."""
    if text.count(old) < count:
        raise AssertionError(f"self-test: {old!r} stands in the template {text.count(old)} times, not {count}")
    return text.replace(old, new, count)


def policy(size):
    statement = """\
          - Effect: Allow
            Action: sqs:CreateQueue
            Resource: arn:aws:sqs:*:*:{}
"""
    name = lambda i: f"myapp-{i:03}-" + "x" * 60
    return """\
  AppBig:
    Type: AWS::IAM::ManagedPolicy
    OrganizationBinding: { Account: !Ref DevAccount, Region: eu-west-1 }
    Properties:
      ManagedPolicyName: myapp-Big
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
""" + "".join(statement.format(name(i)) for i in range(size))


TOPIC = """\
  AppTopic:
    Type: AWS::SNS::Topic
    OrganizationBinding: { Account: !Ref DevAccount, Region: [eu-west-1, us-east-1] }
    Properties:
      TopicName: myapp-topic
"""

# A second app, whose CI user lives in another account.
SECOND = (TOOLS.replace("ToolsAccount", "ProdAccount").replace("  App", "  Second").replace("!Ref App", "!Ref Second")
          + DEV.replace("ToolsAccount", "ProdAccount").replace("  App", "  Second").replace("GetAtt App", "GetAtt Second"))
SECOND = "".join(
    line for line in SECOND.replace("myapp-", "second-").splitlines(True) if "${ProdAccount}:role" not in line
)
FIRST = "".join(line for line in (TOOLS + DEV).splitlines(True) if "${ProdAccount}:role" not in line)

PARAMETER = "\nParameters:\n  Topic: { Type: String, Default: topic }\n\nResources:\n"

CONDITION_TRUST = swap(
    """\
              AWS: !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:user/myapp-GitHubActionsUser'
            Action: sts:AssumeRole
""",
    """\
              AWS: !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:root'
            Condition:
              ArnEquals:
                aws:PrincipalArn: !Sub 'arn:${AWS::Partition}:iam::${ToolsAccount}:user/myapp-GitHubActionsUser'
            Action: sts:AssumeRole
""",
    swap("    DependsOnAccount: !Ref ToolsAccount\n", "", template(DEV, PROD, TOOLS), 2),
    2,
)

TOOLS_IS_TARGET = template(
    swap("${ProdAccount}", "${ToolsAccount}", TOOLS),
    DEV,
    swap("DependsOnAccount: !Ref ToolsAccount", "DependsOn: AppUser", ROLES.replace("@", "ToolsAccount")),
)

# name -> text; every one of them has to pass
SOUND = {
    "plain": GOOD,
    "BOM and CRLF": "\ufeff" + GOOD.replace("\n", "\r\n"),
    "no final line end": GOOD.rstrip("\n"),
    "targets before Tools": template(DEV, PROD, TOOLS),
    "two regions": GOOD + TOPIC,
    "organization included": template(organization="Organization: !Include ./organization.yml\n"),
    "organization given": template(organization=""),
    "root and condition": CONDITION_TRUST,
    "Tools is a target": TOOLS_IS_TARGET,
    "allowed finding": swap("- sqs:DeleteQueue\n", "- sqs:DeleteQueue\n                  - apigateway:TagResource\n"),
    "parameter in names": swap("\nResources:\n", "\nParameters:\n  AppId: { Type: String, Default: myapp }\n\nResources:\n", re.sub(
        r"(?m)(RoleName|UserName|ManagedPolicyName): (myapp-\S+)$", r"\1: !Sub '\2'", GOOD).replace("myapp-", "${AppId}-")),
    "parameter that one target uses": swap(
        "\nResources:\n", PARAMETER, GOOD + TOPIC.replace("TopicName: myapp-topic", "TopicName: !Ref Topic")),
    "two Tools accounts": template(FIRST, SECOND),
    "two Tools accounts, targets first": template(DEV, SECOND, swap(
        "              - !Sub 'arn:${AWS::Partition}:iam::${ProdAccount}:role/myapp-DeployerRole'\n", "", TOOLS)),
    "unconcerned account first": template(TOPIC.replace("DevAccount", "ManagementAccount"), TOOLS, DEV, PROD),
    "allowed warning": GOOD.replace("eu-west-1", "af-south-1"),
}

# name -> (the code of the finding that has to catch it, a regular expression that its text has to match, the text)
BROKEN = {
    "unknown action": ("cfn-lint W3037", "'launchqueue'", swap("sqs:DeleteQueue", "sqs:LaunchQueue")),
    "unknown property": ("cfn-lint E3002", "RoleNam", swap("RoleName", "RoleNam")),
    "finding silenced in the file": (
        "cfn-lint W3037", "'launchqueue'",
        swap("\nResources:\n", "\nMetadata:\n  cfn-lint: { config: { ignore_checks: [W3037] } }\n\nResources:\n",
             swap("sqs:DeleteQueue", "sqs:LaunchQueue")),
    ),
    "parameter that no target uses": ("cfn-lint W2001", "Topic", swap("\nResources:\n", PARAMETER)),
    "unknown region": ("cfn-lint E0000", "eu-west-9", GOOD.replace("eu-west-1", "eu-west-9")),
    "dangling !Ref": ("dangling", "Ref \"NoSuchPolicy\"", swap("!Ref AppCrossAccountPolicy", "!Ref NoSuchPolicy")),
    "dangling !Sub": ("dangling", r"Sub \$\{NoSuchAccount\}", swap("${DevAccount}", "${NoSuchAccount}")),
    "dangling DependsOn": ("refused", "NoSuchRole", swap("    DependsOnAccount:", "    DependsOn: NoSuchRole\n    DependsOnAccount:")),
    "logical id with a dash": ("dangling", "not alphanumeric", swap("AppUser", "App-User")),
    "no DependsOnAccount, Tools second": (
        "order", "does not wait for that account",
        swap("    DependsOnAccount: !Ref ToolsAccount\n", "", template(DEV, PROD, TOOLS)),
    ),
    "no DependsOnAccount, Tools not the first": (
        "order", "ToolsAccount/eu-west-1 is not the first: DevAccount",
        swap("    DependsOnAccount: !Ref ToolsAccount\n", "", template(DEV, PROD, TOOLS)),
    ),
    "no DependsOnAccount, Tools first by luck": (
        "order", "does not wait for that account", swap("    DependsOnAccount: !Ref ToolsAccount\n", ""),
    ),
    "DependsOnAccount is a string": (
        "order", "is no !Ref", swap("DependsOnAccount: !Ref ToolsAccount", "DependsOnAccount: ToolsAccount"),
    ),
    "Tools is a target, no DependsOn": (
        "order", "same stack makes", swap("    DependsOn: AppUser\n", "", TOOLS_IS_TARGET),
    ),
    "accounts wait for each other": (
        "refused", "Circular dependency",
        swap("  AppUser:\n    Type: AWS::IAM::User\n", "  AppUser:\n    Type: AWS::IAM::User\n    DependsOnAccount: !Ref DevAccount\n"),
    ),
    "depends on itself": ("refused", "dependency on self", swap("DependsOnAccount: !Ref ToolsAccount", "DependsOnAccount: !Ref DevAccount")),
    "trusted user is another": ("trust", "which nothing here makes", swap("user/myapp-GitHubActionsUser", "user/myap-GitHubActionsUser")),
    "condition names another user": (
        "trust", "which nothing here makes", swap("user/myapp-GitHubActionsUser", "user/myap-GitHubActionsUser", CONDITION_TRUST),
    ),
    "policy names no role": ("grant", "lets .*myap-DeployerRole be assumed", swap("role/myapp-DeployerRole", "role/myap-DeployerRole")),
    "role that nobody may assume": (
        "grant", "no policy of ToolsAccount lets",
        swap("              - !Sub 'arn:${AWS::Partition}:iam::${ProdAccount}:role/myapp-DeployerRole'\n", ""),
    ),
    "one RoleName twice": ("names", "have one RoleName: myapp-DeployerRole", swap("RoleName: myapp-CloudFormationExecutionRole", "RoleName: myapp-DeployerRole")),
    "one RoleName twice but for case": ("names", "myapp-DeployerRole = MyApp-deployerrole", swap("RoleName: myapp-CloudFormationExecutionRole", "RoleName: MyApp-deployerrole")),
    "role in two regions": (
        "names", "us-east-1", swap("!Ref DevAccount, Region: eu-west-1", "!Ref DevAccount, Region: [eu-west-1, us-east-1]"),
    ),
    "name of 65 characters": ("limits", "65 characters of 64", swap("RoleName: myapp-CloudFormationExecutionRole", f"RoleName: {'x' * 65}")),
    "managed policy over 6,144": ("limits", r"AppBig has \d+ characters of 6144", GOOD + policy(60)),
    "inline policies over 10,240": (
        "limits", r"inline policies of myapp-CloudFormationExecutionRole have \d+ characters of 10240",
        swap("                  - sqs:DeleteQueue\n", "".join(f"                  - sqs:DeleteQueue*{i:0900}\n" for i in range(12))),
    ),
    "trust policy over 2,048": (
        "limits", "trust policy of AppDevAccountDeployerRole has",
        swap("            Action: sts:AssumeRole\n      Policies:\n        - PolicyName: PassExecutionRole",
             "            Action: sts:AssumeRole\n            Condition:\n              StringEquals:\n"
             f"                aws:PrincipalTag/x: '{'x' * 2000}'\n      Policies:\n        - PolicyName: PassExecutionRole"),
    ),
    "eleven managed policies": (
        "limits", "has 11 managed policies of 10",
        swap("        - !Ref AppCrossAccountPolicy\n", "        - !Ref AppCrossAccountPolicy\n" + "".join(
            f"        - arn:aws:iam::aws:policy/P{i}\n" for i in range(10))),
    ),
    "body over 1,000,000 bytes": (
        "size", r"\d+ bytes of 1000000", swap("    Properties:\n      UserName", f"    Metadata: {{ x: '{'x' * 1_000_000}' }}\n    Properties:\n      UserName"),
    ),
    "unquoted date": ("readers", r"Version: an unquoted date \(2012-10-17", swap("Version: '2012-10-17'", "Version: 2012-10-17")),
    "unquoted yes": ("readers", 'js-yaml reads "yes", PyYAML true', swap("UserName: myapp-GitHubActionsUser", "UserName: yes")),
    "unquoted key on": ("readers", 'only js-yaml has the key "on"', swap("    Properties:\n      UserName", "    Metadata: { on: 1 }\n    Properties:\n      UserName")),
    "leading zero": ("readers", 'js-yaml reads 12345678901, PyYAML "012345678901"', swap("UserName: myapp-GitHubActionsUser", "UserName: 012345678901")),
    "leading zero, octal digits": ("readers", "js-yaml reads 12345670123, PyYAML 1402433619", swap("UserName: myapp-GitHubActionsUser", "UserName: 012345670123")),
    "unquoted time": ("readers", 'js-yaml reads "12:30:45", PyYAML 45045', swap("UserName: myapp-GitHubActionsUser", "UserName: 12:30:45")),
    "not UTF-8": ("readers", "not UTF-8", swap("Resources:", "# \udcff\nResources:")),
    "PyYAML alone refuses": ("readers", "PyYAML refuses", swap("UserName: myapp-GitHubActionsUser", "UserName: =")),
    "macro not expanded": ("refused", "unknown tag !<!DeployRoles>", GOOD + "  Other: !DeployRoles { AppId: other }\n"),
    "duplicate key": ("refused", "duplicated mapping key", GOOD + DEV),
    "include that is not there": ("refused", "ENOENT", swap("Resources:\n", "# as !Include nowhere.yml has it\nResources:\n")),
    "region that OrgFormation does not know": ("warning", "region ca-west-1 not recognized", GOOD.replace("eu-west-1", "ca-west-1")),
    "no region": ("warning", "binding without region", swap("Account: !Ref ToolsAccount, Region: eu-west-1", "Account: !Ref ToolsAccount")),
    "nothing to deploy": ("refused", "nothing in it is deployed", HEAD + INLINE + "\nResources: {}\n"),
}


# Lists of the self-test's own: the real ones may change without it.
ALLOW = {
    "cfn-lint-allow.json": [{
        "id": "W3037",
        "match": r"^'(un)?tagresource' is not one of \[.*'setwebacl', .*'updaterestapipolicy'",
        "reason": "the self-test's: API Gateway's tag actions",
    }],
    "orgformation-allow.json": [{"match": "^region af-south-1 not recognized", "reason": "the self-test's: a newer region"}],
}


def write(folder, texts):
    (folder / "organization.yml").write_text(HEAD + INLINE)
    for name, entries in ALLOW.items():
        (folder / name).write_text(json.dumps(entries))
    files = {}
    for name, text in texts.items():
        path = folder / (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ".yml")
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        files[name] = str(path) + (f"::{folder / 'organization.yml'}" if name == "organization given" else "")
    assert len(set(files.values())) == len(files), "two cases in one file"
    return files


def run():
    passed = failed = 0

    def verdict(name, ok, text):
        nonlocal passed, failed
        passed, failed = passed + ok, failed + (not ok)
        print(f"self-test {'ok  ' if ok else 'FAIL'} {name}: {text}")

    with tempfile.TemporaryDirectory(prefix="deploy-roles-oracle-") as folder:
        folder = Path(folder).resolve()
        broken = {name: text for name, (_, _, text) in BROKEN.items()}
        files = write(folder, {**SOUND, **broken})
        checker = check.Checker(folder)
        order = list(files.values())
        found = dict(checker.check(order))

        for name in SOUND:
            findings = found[files[name]]
            verdict(name, not findings, "passes" if not findings else f"{findings[:3]}")
        for name, (code, pattern, _) in BROKEN.items():
            findings = found[files[name]]
            caught = [text for c, text in findings if c == code and re.search(pattern, text)]
            shown = caught[0] if caught else f"not caught by [{code}] {pattern}; found: {findings[:3]}"
            verdict(name, bool(caught), (f"caught by [{code}] " if caught else "") + shown.replace(str(folder), "")[:150])

        batch_equals_single(order, verdict)
        lint_runner_keeps_nothing(checker, verdict)
        command_line(folder, files, verdict)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def batch_equals_single(order, verdict):
    """OrgFormation keeps state in static places: many files in one process must come out as each one alone."""
    alone = order[::7]
    runs = [order, order[::-1], *([f] for f in alone)]
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        results = list(pool.map(lambda files: check.OrgFormation(files).results(), runs))
    forward, backward = dict(zip(order, results[0])), dict(zip(order, results[1][::-1]))
    single = {f: r[0] for f, r in zip(alone, results[2:])}
    different = [f for f in order if not forward[f] == backward[f] == single.get(f, forward[f])]
    verdict("a batch equals single runs", not different, different or f"{len(order)} files in this order and in reverse, {len(alone)} alone")


def lint_runner_keeps_nothing(checker, verdict):
    """cfn-lint's rules are loaded once: the templates seen before must not change what is found."""
    lint = checker.cfn_lint
    some = [key for i, key in enumerate(lint.seen) if i % 15 == 0 and len(key[1]) < 100_000]
    different = 0
    for region, text in some:
        fresh = check.CfnLint().lint(json.loads(text.replace("@", "X")), region)
        again = lint.lint(json.loads(text.replace("@", "X")), region)
        different += sorted(fresh) != sorted(again)
    verdict("cfn-lint keeps nothing", not different, f"{different} of {len(some)} templates differ with fresh rules")


def command_line(folder, files, verdict):
    script = [sys.executable, str(check.HERE / "check.py"), "--allow-dir", str(folder)]
    home = folder / "home"
    home.mkdir()
    (home / ".cfnlintrc").write_text("ignore_checks: [W3037]\n")

    def call(name, code, pattern, *args, env=None):
        ran = subprocess.run(
            [*script, *args], cwd=home, env={**os.environ, "HOME": str(home), **(env or {})},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8",
        )
        said = ran.stdout + ran.stderr
        ok = ran.returncode == code and re.search(pattern, said, re.M | re.S) is not None
        last = (said.strip().splitlines() or [""])[-1].replace(str(folder), "")
        return name, ok, f"exit {ran.returncode}, {last[:110]}", ran.stdout

    plain, allowed = files["plain"], [files["allowed finding"], files["allowed warning"]]
    calls = [
        ("all pass", 0, r"\A2 passed, 0 failed\n\Z", plain, allowed[0]),
        ("strict, all allowances used", 0, r"^2 passed, 0 failed$", "--strict-allow", *allowed),
        ("strict, a cfn-lint allowance unused", 1, r"W3037.*^1 passed, 1 failed$", "--strict-allow", allowed[1]),
        ("strict, an OrgFormation allowance unused", 1, r"af-south-1.*^1 passed, 1 failed$", "--strict-allow", allowed[0]),
        ("a .cfnlintrc silences nothing", 1, r"W3037.*^0 passed, 1 failed$", files["unknown action"]),
        ("no file", 2, "no file given"),
        ("file that is not there", 2, "no such file", str(folder / "nowhere.yml")),
        ("--dump-json, readers at odds", 1, "an unquoted date", "--dump-json", files["unquoted date"]),
        ("--dump-json", 0, r"\A\{", "--dump-json", files["organization included"]),
    ]
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        ran = [pool.submit(call, *c) for c in calls]
        ran.append(pool.submit(call, "node that is not there", 2, "cannot run", plain, env={"NODE": str(folder / "no-node")}))
        ran.append(pool.submit(call, "node that fails", 2, "ended with", plain, env={"NODE": "false"}))
    for future in ran:
        name, ok, text, out = future.result()
        verdict(name, ok, text)
        if name == "--dump-json":
            dumped = out
    try:
        data = json.loads(dumped)
    except ValueError:
        data = {}
    ok = data.get("Organization") == "!Include ./organization.yml" and data["Resources"]["AppDevAccountDeployerRole"][
        "Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Resource"] == {"Fn::GetAtt": ["AppDevAccountExecutionRole", "Arn"]}
    verdict("--dump-json's data", ok, "tags and include are as documented" if ok else dumped[:150])
