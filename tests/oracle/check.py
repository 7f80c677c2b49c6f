"""Independent oracles over generated templates.

    check.py [--strict-allow] [--verbose] FILE[::ORGFILE]...
    check.py --dump-json FILE
    check.py --self-test

ORGFILE is the organization file of a template that has no `Organization` of its own. For each file:

* OrgFormation's own parser, binder and task runner (orgformation.js) accept it, warn of nothing that
  orgformation-allow.json does not list, leave no reference dangling, and deploy the accounts in an order that IAM
  accepts: who is trusted exists first.
* No two roles (users, managed policies) of one account have one name, IAM's size limits hold, a template body has at
  most 1,000,000 bytes, and trust and permission to assume a role name each other.
* cfn-lint has no error and no warning about any target's template beyond cfn-lint-allow.json.
* js-yaml (as OrgFormation sets it up, YAML 1.2) and PyYAML (YAML 1.1) read the file as the same data. `--dump-json`
  prints that data, `!Include path` as the string "!Include path", for comparing yet another reader with it.

Nothing is skipped: exit 0 all passed, 1 something failed, 2 wrong call or an oracle that cannot run.
"""

import argparse
import base64
import datetime
import fnmatch
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import yaml
except ImportError:
    print(f"check.py: {sys.executable} has no PyYAML: run tests/oracle/setup, use tests/oracle/.venv/bin/python", file=sys.stderr)
    sys.exit(2)

HERE = Path(__file__).resolve().parent
MAX_BODY = 1_000_000

# IAM's quotas on policy documents, counted without white space; the adjustable ones at their defaults.
MAX_MANAGED = 6144
MAX_TRUST = 2048
MAX_INLINE = {"AWS::IAM::Role": 10240, "AWS::IAM::User": 2048, "AWS::IAM::Group": 5120}
MAX_ATTACHED = 10
MAX_NAME = {"AWS::IAM::Role": 64, "AWS::IAM::User": 64, "AWS::IAM::Group": 128, "AWS::IAM::ManagedPolicy": 128}

NAME_KEY = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
}
ARN_KIND = {
    "AWS::IAM::Role": "role",
    "AWS::IAM::User": "user",
    "AWS::IAM::Group": "group",
    "AWS::IAM::ManagedPolicy": "policy",
}
# cfn-lint's rules about a parameter, mapping or condition that nothing uses.
UNUSED = {"W2001", "W7001", "W8001"}

# What the tool makes in the Tools account, and what it makes elsewhere for that to assume.
CI_NAME = re.compile(r"-(GitHubActionsUser|GitHubActionsRole|CodeBuildRole|GithubActionsCrossAccountPolicy)\b")
ASSUMED_NAME = re.compile(r"-(DeployerRole|TestRole)$")
PRINCIPAL = re.compile(r"^arn:[\w-]+:iam::(\d{12}):((?:user|role)/.+|root)$")


class OracleError(Exception):
    """An oracle could not run: no verdict about any file."""


# ------------------------------------------------------------------------------------------------ OrgFormation


class OrgFormation:
    """One node process over all files; it works while this one imports cfn-lint."""

    def __init__(self, files, mode="--readers"):
        self.files = files
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.TemporaryFile()
        node = os.environ.get("NODE", "node")
        listing = tempfile.TemporaryFile()
        listing.write("".join(f + "\n" for f in files).encode())
        listing.seek(0)
        try:
            self.process = subprocess.Popen(
                [node, str(HERE / "orgformation.js"), mode, "-"], stdin=listing, stdout=self.out, stderr=self.err
            )
        except OSError as e:
            raise OracleError(f"cannot run {node}: {e.strerror}") from None

    def results(self):
        try:
            code = self.process.wait(timeout=600)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise OracleError("orgformation.js did not come to an end") from None
        self.out.seek(0)
        self.err.seek(0)
        # Not splitlines: JSON may hold U+2028 and its like as they are.
        lines = [line for line in self.out.read().decode().split("\n") if line]
        if code not in (0, 1) or len(lines) != len(self.files):
            said = self.err.read().decode(errors="replace").strip()
            raise OracleError(
                f"orgformation.js ended with {code} after {len(lines)} of {len(self.files)} files\n{said}".strip()
            )
        return [json.loads(line) for line in lines]


# ---------------------------------------------------------------------------------------------------- readers

# The same replacement as in orgformation.js: both readers then see a quoted string.
INCLUDE = re.compile(r"""!Include[ \t\r\n]+['"]?([^'" \t\r\n]*)['"]?""")


class Loader(yaml.SafeLoader):
    """PyYAML as most Python tools use it, with CloudFormation's short tags read as OrgFormation reads them."""


def _short_tag(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1) if "." in value else None
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else "Fn::" + suffix: value}


Loader.add_multi_constructor("!", _short_tag)


def plain(value):
    """As `plain` in orgformation.js: what JSON lacks becomes {"!!timestamp": ...} and so on."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return {"!!timestamp": value.isoformat()}
    if isinstance(value, bytes):
        return {"!!binary": base64.b64encode(value).decode()}
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return {"!!float": {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")}
        return int(value) if value.is_integer() else value
    if isinstance(value, set):
        return {_key(k): None for k in value}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {_key(k): plain(v) for k, v in value.items()}
    return value


def _key(key):
    """A mapping's key as JavaScript has it, where every key is a string."""
    if isinstance(key, bool):
        return "true" if key else "false"
    if key is None:
        return "null"
    if isinstance(key, float) and key.is_integer():
        return str(int(key))
    if isinstance(key, str):
        return key
    return f"!!timestamp {key.isoformat()}" if isinstance(key, datetime.date) else str(key)


def read_python(path):
    """(data, None), or (None, why PyYAML refuses the file)."""
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except UnicodeDecodeError as e:
        return None, f"not UTF-8: {e.reason} at byte {e.start}"
    text = INCLUDE.sub(lambda m: json.dumps("!Include " + m[1], ensure_ascii=False), text)
    return read_python_text(text)


def read_python_text(text, loader=Loader):
    try:
        return plain(yaml.load(text, loader)), None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as e:
        return None, " ".join(str(e).split())


def show(value):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 120 else text[:117] + "..."


def differences(a, b, where="$"):
    """Where two readings differ, types and all: 1 is not true, and neither is "1"."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *(k for k in b if k not in a)]:
            if key not in a or key not in b:
                only, value = ("js-yaml", a[key]) if key in a else ("PyYAML", b[key])
                yield f"{where}: only {only} has the key {show(key)} ({show(value)})"
            else:
                yield from differences(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differences(x, y, f"{where}[{i}]")
    elif type(a) is not type(b) or a != b:
        yield f"{where}: js-yaml reads {show(a)}, PyYAML {show(b)}"


def dates(value, where="$"):
    if isinstance(value, dict):
        for key, v in value.items():
            if key == "!!timestamp":
                yield f"{where}: an unquoted date ({v})"
            else:
                yield from dates(v, f"{where}.{key}")
    elif isinstance(value, list):
        for i, v in enumerate(value):
            yield from dates(v, f"{where}[{i}]")


def check_readers(result, python, refused):
    js = plain(result.get("data"))
    if "dataError" in result:
        yield "readers", f"js-yaml refuses the file: {result['dataError'].splitlines()[0]}"
    if refused:
        yield "readers", f"PyYAML refuses the file: {refused}"
    if refused or "dataError" in result:
        return
    for text in dict.fromkeys([*dates(js), *dates(python)]):
        yield "readers", text
    for text in differences(js, python):
        if "!!timestamp" not in text:
            yield "readers", text


# ---------------------------------------------------------------------------------- IAM in a target's template

NO_VALUE = object()


def listed(value):
    return value if isinstance(value, list) else [] if value is None else [value]


class Target:
    """One stack, with its references resolved as CloudFormation will resolve them."""

    def __init__(self, raw, position):
        self.raw = raw
        self.account, self.account_id, self.region = raw["account"], raw["accountId"], raw["region"]
        self.where = f"{self.account}/{self.region}"
        self.position = position
        self.template = raw["template"]
        self.resources = self.template.get("Resources", {})
        self.waits_for = set(raw["dependsOnAccounts"]) | {d["from"] for d in raw["dependencies"]}
        partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
        self.partition = next((p for start, p in partition.items() if self.region.startswith(start + "-")), "aws")
        self.pseudo = {
            "AWS::AccountId": self.account_id,
            "AWS::Region": self.region,
            "AWS::Partition": self.partition,
            "AWS::URLSuffix": "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com",
            "AWS::StackName": "stack",
            "AWS::NoValue": NO_VALUE,
        }
        self.depth = 0
        self.properties = {id: self.resolve(r.get("Properties", {})) for id, r in self.resources.items()}

    def of_type(self, *types):
        return [(id, self.properties[id]) for id, r in self.resources.items() if r.get("Type") in types]

    def name(self, id):
        """The physical name, as far as the template fixes it."""
        resource = self.resources[id]
        key = NAME_KEY.get(resource.get("Type"))
        return self.text(resource.get("Properties", {}).get(key)) if key else None

    def arn(self, id):
        resource = self.resources[id]
        kind = ARN_KIND.get(resource.get("Type"))
        if kind is None:
            return f"${{{id}.Arn}}"
        path = self.text(resource.get("Properties", {}).get("Path")) or "/"
        # a name that CloudFormation makes up is the stack's, the logical id and 12 characters or more
        name = self.name(id) or f"stack-{id}-XXXXXXXXXXXX"
        return f"arn:{self.partition}:iam::{self.account_id}:{kind}{path}{name}"

    def text(self, node):
        value = self.resolve(node)
        return value if isinstance(value, str) else None

    def look_up(self, name):
        if name in self.pseudo:
            return self.pseudo[name]
        parameter = self.template.get("Parameters", {}).get(name)
        if parameter is not None:
            default = parameter.get("Default")
            return f"${{{name}}}" if default is None else default if isinstance(default, str) else str(default)
        if name in self.resources:
            kind = self.resources[name].get("Type")
            return self.arn(name) if kind == "AWS::IAM::ManagedPolicy" else self.name(name) or f"${{{name}}}"
        return f"${{{name}}}"

    def resolve(self, node):
        if self.depth > 50:  # a resource whose name refers to itself
            return node
        self.depth += 1
        try:
            return self._resolve(node)
        finally:
            self.depth -= 1

    def _resolve(self, node):
        if isinstance(node, list):
            values = [self.resolve(v) for v in node]
            return [v for v in values if v is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (key, value), = node.items()
            if key == "Ref" and isinstance(value, str):
                return self.look_up(value)
            if key == "Fn::GetAtt":
                id, _, attribute = value.partition(".") if isinstance(value, str) else (value[0], "", value[1])
                return self.arn(id) if attribute == "Arn" and id in self.resources else f"${{{id}.{attribute}}}"
            if key == "Fn::Sub":
                text, local = value if isinstance(value, list) else (value, {})
                return re.sub(r"\$\{([^}]*)\}", lambda m: self.substitute(m[1].strip(), local), text)
            if key == "Fn::Join" and isinstance(value, list) and isinstance(value[1], list):
                parts = self.resolve(value[1])
                if all(isinstance(p, str) for p in parts):
                    return value[0].join(parts)
        values = {k: self.resolve(v) for k, v in node.items()}
        return {k: v for k, v in values.items() if v is not NO_VALUE}

    def substitute(self, name, local):
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in local:
            value = self.resolve(local[name])
        elif "." in name and name.split(".")[0] in self.resources:
            value = self.resolve({"Fn::GetAtt": name})
        else:
            value = self.look_up(name)
        return value if isinstance(value, str) else f"${{{name}}}"

    # -- what its IAM resources say

    def trusts(self):
        """(role's id, principal's account id, 'user/x' | 'role/x' | 'root', pinned) of each AWS principal let in.

        A principal may stand in the condition aws:PrincipalArn instead: then pinned is false, IAM looks at it only
        when the role is assumed, and it need not exist before."""
        for id, properties in self.of_type("AWS::IAM::Role"):
            for statement in statements(properties.get("AssumeRolePolicyDocument")):
                principal = statement.get("Principal")
                if statement.get("Effect") != "Allow" or not isinstance(principal, dict):
                    continue
                for arn in listed(principal.get("AWS")):
                    match = PRINCIPAL.match(str(arn))
                    if match:
                        yield id, match[1], match[2], True
                for test in (statement.get("Condition") or {}).values():
                    for key, arns in test.items():
                        for arn in listed(arns) if key.lower() == "aws:principalarn" else ():
                            match = PRINCIPAL.match(str(arn))
                            if match:
                                yield id, match[1], match[2], False

    def documents(self):
        """(id, type, policy document) of each identity policy."""
        for id, properties in self.of_type("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"):
            for policy in listed(properties.get("Policies")):
                yield id, self.resources[id]["Type"], policy.get("PolicyDocument")
        kinds = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy")
        for id, properties in self.of_type(*kinds):
            yield id, self.resources[id]["Type"], properties.get("PolicyDocument")

    def grants(self):
        """(id, ARN pattern of a role that the policy there allows to be assumed)."""
        for id, _, document in self.documents():
            for statement in statements(document):
                actions = [str(a).lower() for a in listed(statement.get("Action"))]
                if statement.get("Effect") == "Allow" and any(fnmatch.fnmatchcase("sts:assumerole", a) for a in actions):
                    equal = (statement.get("Condition") or {}).get("StringEquals") or {}
                    owners = listed(equal.get("aws:ResourceAccount")) or ["*"]
                    for resource in listed(statement.get("Resource")):
                        for owner in owners:
                            yield id, str(resource).replace(":iam::*:", f":iam::{owner}:")


def statements(document):
    found = listed(document.get("Statement")) if isinstance(document, dict) else []
    return [s for s in found if isinstance(s, dict)]


def length(document):
    """As IAM counts: without white space."""
    return len(re.sub(r"\s", "", json.dumps(document, ensure_ascii=False, separators=(",", ":"))))


def check_names(targets):
    """IAM is global: the names of all stacks of an account share one space, whatever the case of their letters."""
    seen = {}
    for t in targets:
        for id, r in t.resources.items():
            name = t.name(id)
            if name is None:
                continue
            kind = r["Type"]
            first = seen.setdefault((t.account, kind, name.lower()), (t, id))
            if first != (t, id):
                other = first[0].name(first[1])
                same = name if name == other else f"{name} = {other} (IAM ignores case)"
                yield "names", f"{t.where}: {id} and {first[0].where}: {first[1]} have one {NAME_KEY[kind]}: {same}"
            if len(name) > MAX_NAME[kind]:
                yield "limits", f"{t.where}: {NAME_KEY[kind]} {name} has {len(name)} characters of {MAX_NAME[kind]}"


def check_limits(targets):
    for t in targets:
        inline, attached = {}, {}
        for id, kind, document in t.documents():
            size = length(document)
            if kind == "AWS::IAM::ManagedPolicy":
                if size > MAX_MANAGED:
                    yield "limits", f"{t.where}: managed policy {id} has {size} characters of {MAX_MANAGED}"
            elif kind in MAX_INLINE:
                key = (kind, t.name(id) or id)
                inline[key] = inline.get(key, 0) + size
            else:
                properties = t.properties[id]
                owners = {
                    "AWS::IAM::Role": listed(properties.get("Roles")) + listed(properties.get("RoleName")),
                    "AWS::IAM::User": listed(properties.get("Users")) + listed(properties.get("UserName")),
                    "AWS::IAM::Group": listed(properties.get("Groups")),
                }
                for owner, names in owners.items():
                    for name in names:
                        inline[owner, name] = inline.get((owner, name), 0) + size
        for id, properties in t.of_type("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"):
            attached.setdefault((t.resources[id]["Type"], t.name(id) or id), set()).update(
                map(str, listed(properties.get("ManagedPolicyArns")))
            )
        for id, properties in t.of_type("AWS::IAM::ManagedPolicy"):
            for owner, key in (("AWS::IAM::Role", "Roles"), ("AWS::IAM::User", "Users"), ("AWS::IAM::Group", "Groups")):
                for name in listed(properties.get(key)):
                    attached.setdefault((owner, name), set()).add(t.arn(id))
        for (kind, name), size in inline.items():
            if size > MAX_INLINE[kind]:
                yield "limits", f"{t.where}: inline policies of {name} have {size} characters of {MAX_INLINE[kind]}"
        for (kind, name), arns in attached.items():
            if len(arns) > MAX_ATTACHED:
                yield "limits", f"{t.where}: {name} has {len(arns)} managed policies of {MAX_ATTACHED}"
        for id, properties in t.of_type("AWS::IAM::Role"):
            size = length(properties.get("AssumeRolePolicyDocument"))
            if size > MAX_TRUST:
                yield "limits", f"{t.where}: the trust policy of {id} has {size} characters of {MAX_TRUST}"
        if t.raw["bytes"] > MAX_BODY:
            yield "size", f"{t.where}: the template body has {t.raw['bytes']} bytes of {MAX_BODY}"


def check_order(result, targets):
    """Whoever is trusted exists before the role that trusts it, by dependency and not by luck."""
    where = {t.where: t for t in targets}
    if sorted(result["order"]) != sorted(where):
        yield "order", f"deployed are {result['order']}, bound are {sorted(where)}"
        return
    of_account = {}
    for t in targets:
        of_account.setdefault(t.account, []).append(t)

    for t in targets:
        for account in sorted(t.waits_for):
            for other in of_account.get(account, ()):
                if other.position >= t.position:
                    yield "order", f"{t.where} depends on {account}, yet {other.where} is deployed after it"

    # DependsOnAccount as written, since OrgFormation ignores a string there without a word
    for id, resource in ((result.get("data") or {}).get("Resources") or {}).items():
        for dependency in listed(resource.get("DependsOnAccount")) if isinstance(resource, dict) else ():
            account = dependency.get("Ref") if isinstance(dependency, dict) else None
            if account is None:
                yield "order", f"{id}: DependsOnAccount {show(dependency)} is no !Ref: OrgFormation ignores it"
                continue
            for t in targets:
                if id in t.resources and account not in t.waits_for:
                    yield "order", f"{t.where}: {id} has DependsOnAccount {account}, yet the stack does not wait for it"

    by_id = {account_id: name for name, account_id in result["accounts"].items()}
    made = {tail(t.arn(id)): (t, id) for t in targets for id, r in t.resources.items() if r.get("Type") in ARN_KIND}
    granted = [(t, id, arn) for t in targets for id, arn in t.grants()]

    for t in targets:
        for id, account_id, principal, pinned in t.trusts():
            account = by_id.get(account_id)
            maker = made.get(f"{account_id}:{principal}")
            role = f"{t.where}: {id} trusts {principal} of {account or account_id}"
            if principal == "root" or account not in of_account:
                continue
            if maker is None:
                if CI_NAME.search(principal) and "*" not in principal:
                    yield "trust", f"{role}, which nothing here makes"
                continue
            if pinned and account != t.account and account not in t.waits_for:
                yield "order", f"{role}, yet its stack does not wait for that account (DependsOnAccount)"
            if pinned and maker[0] is t and not refers(t.resources[id], maker[1]):
                yield "order", f"{role}, which the same stack makes, yet neither DependsOn nor a reference orders them"
            if account != t.account and CI_NAME.search(principal) and ASSUMED_NAME.search(t.name(id) or ""):
                arn = t.arn(id)
                if not any(g.account == account and fnmatch.fnmatchcase(arn, a) for g, _, a in granted):
                    yield "grant", f"{role}, yet no policy of {account} lets anyone assume it"

    for t, id, arn in granted:
        match = PRINCIPAL.match(arn)
        if match and "*" not in arn and match[1] in by_id and ASSUMED_NAME.search(arn) and f"{match[1]}:{match[2]}" not in made:
            yield "grant", f"{t.where}: {id} lets {arn} be assumed, which nothing here makes"

    yield from check_tools_first(targets, granted, by_id, made)


def check_tools_first(targets, granted, by_id, made):
    """The Tools account stands before every account that lets it in by naming its user or role.

    Not told by dependencies: the permissions held in the Tools account say which accounts those are. Other Tools
    accounts, accounts that have no business with it, and roles that let its root in under a condition may stand
    anywhere."""
    tools = [
        t
        for t in targets
        if any(r.get("Type") == "AWS::IAM::User" or CI_NAME.search(t.name(id) or "") for id, r in t.resources.items())
    ]
    tools_accounts = {t.account for t in tools}
    for tool in tools:
        named = {made[tail(arn)] for g, _, arn in granted if g is tool and tail(arn) in made}
        for t, id in sorted(named, key=lambda x: x[0].position):
            if t.account in tools_accounts or t.position > tool.position:
                continue
            if any(i == id and a == tool.account_id and p != "root" and pinned for i, a, p, pinned in t.trusts()):
                yield "order", f"{tool.where} is not the first: {t.where}, whose {id} trusts it, is deployed before it"


def tail(arn):
    """account:kind/name, whatever the partition."""
    return arn.split(":", 4)[-1]


def refers(resource, id):
    """Whether CloudFormation makes `id` before this resource of the same stack."""
    if id in listed(resource.get("DependsOn")):
        return True
    text = json.dumps(resource)
    return bool(re.search(rf'"Ref": "{id}"|"Fn::GetAtt": (\["{id}"|"{id}\.)|\$\{{{id}[.}}]', text))


# --------------------------------------------------------------------------------------------------- cfn-lint


class CfnLint:
    """cfn-lint in this process: its rules are loaded once a region, and like templates are looked at once."""

    def __init__(self):
        try:
            import cfnlint.config
            from cfnlint.decode.decode import decode_str
            from cfnlint.exceptions import CfnLintExitException
            from cfnlint.runner import Runner
        except ImportError as e:
            raise OracleError(f"cannot load cfn-lint (run tests/oracle/setup): {e}") from None
        # A .cfnlintrc of the person or the folder must not silence anything.
        cfnlint.config.ConfigFileArgs._find_config = lambda self: ("", "")
        self.config, self.decode, self.runner, self.exit = cfnlint.config.ConfigMixIn, decode_str, Runner, CfnLintExitException
        self.runners = {}
        self.seen = {}

    @staticmethod
    def general(target, accounts):
        """(key, {general id: logical id}): the key is equal for templates that differ only in whose account it is, in
        its id or in its name within logical ids."""
        text = json.dumps(target.template)
        ids = {id: id.replace(target.account, "@") for id in target.resources if target.account in id}
        if len(set(ids.values())) < len(ids):
            ids = {}
        text = re.sub(r"[A-Za-z0-9]+", lambda m: ids.get(m[0], m[0]), text)
        text = re.sub("|".join(map(re.escape, accounts.values())), "0" * 12, text)
        return (target.region, text), {general: id for id, general in ids.items()}

    def lint(self, template, region):
        """[(rule id, where, message)]"""
        try:
            if region not in self.runners:
                # Whatever a template's own Metadata says, every error and warning counts.
                self.runners[region] = self.runner(self.config(regions=[region], mandatory_checks=["E", "W"]))
            decoded, matches = self.decode(json.dumps(template, ensure_ascii=False))
            if not matches:
                matches = list(self.runners[region].validate_template(decoded))
        except self.exit as e:
            return [("E0000", "", str(e))]
        return [(m.rule.id, "/".join(str(p) for p in getattr(m, "path", None) or ()), m.message) for m in matches]

    def check(self, target, accounts):
        key, ids = self.general(target, accounts)
        if key not in self.seen:
            own = {id: general for general, id in ids.items()}
            found = self.lint(target.template, target.region)
            self.seen[key] = [(rule, rename(where, own), rename(message, own)) for rule, where, message in found]
        return [(rule, rename(where, ids), rename(message, ids)) for rule, where, message in self.seen[key]]


def rename(text, ids):
    return re.sub(r"[A-Za-z0-9@]+", lambda m: ids.get(m[0], m[0]), text)


# -------------------------------------------------------------------------------------------------- allow-lists


def cfn_lint_version():
    return importlib.metadata.version("cfn-lint")


def version(text):
    return tuple(int(part) for part in text.split("."))


class Allow:
    """Findings known and explained: [{id?, match, reason, until?}], `match` a regular expression on the message. `until` is
    the last version of cfn-lint that an entry is for; it says nothing to newer ones."""

    def __init__(self, path, with_id):
        self.path = Path(path)
        try:
            self.entries = json.loads(self.path.read_text())
            for e in self.entries:
                if set(e) - {"until"} != {"match", "reason"} | ({"id"} if with_id else set()) or not e["reason"].strip():
                    raise ValueError(f"{show(e)} needs {'id, ' if with_id else ''}match and reason, and nothing else")
                re.compile(e["match"])
            self.entries = [e for e in self.entries if "until" not in e or version(cfn_lint_version()) <= version(e["until"])]
        except (OSError, ValueError, re.error, TypeError, AttributeError) as e:
            raise OracleError(f"{self.path}: {e}") from None
        self.used = [False] * len(self.entries)

    def __call__(self, message, id=None):
        found = False
        for i, e in enumerate(self.entries):
            if e.get("id") == id and re.search(e["match"], message):
                self.used[i] = found = True
        return found

    def unused(self):
        return [e for e, used in zip(self.entries, self.used) if not used]


# --------------------------------------------------------------------------------------------------------- all


class Checker:
    def __init__(self, folder=HERE):
        self.lint_allow = Allow(folder / "cfn-lint-allow.json", with_id=True)
        self.org_allow = Allow(folder / "orgformation-allow.json", with_id=False)
        self.cfn_lint = None

    def check(self, files):
        """[(file, [(code, message)])], in the order given."""
        node = OrgFormation(files)
        self.cfn_lint = self.cfn_lint or CfnLint()
        python = [read_python(f.split("::")[0]) for f in files]
        return [(f, list(self.findings(r, *p))) for f, r, p in zip(files, node.results(), python)]

    def findings(self, result, python, refused):
        yield from check_readers(result, python, refused)
        for warning in result["warnings"]:
            if warning.strip(" =") and result["ok"] and not self.org_allow(warning):
                yield "warning", f"OrgFormation warns: {warning}"
        if not result["ok"]:
            yield "refused", f"OrgFormation refuses it: {' '.join(result['error'].split())}"
            return
        if not result["targets"]:
            yield "refused", "nothing in it is deployed anywhere"
        position = {where: i for i, where in enumerate(result["order"])}
        targets = [Target(t, position.get(f"{t['account']}/{t['region']}", -1)) for t in result["targets"]]
        for t in targets:
            for text in t.raw["dangling"]:
                yield "dangling", f"{t.where}: {text}"
        yield from check_order(result, targets)
        yield from check_names(targets)
        yield from check_limits(targets)
        lint = [(t, *found) for t in targets for found in self.cfn_lint.check(t, result["accounts"])]
        seen_in = {}
        for t, id, where, _ in lint:
            seen_in.setdefault((id, where), set()).add(t.where)
        for t, id, where, message in lint:
            # OrgFormation gives every target all parameters, mappings and conditions: one target has to use them
            if id in UNUSED and len(seen_in[id, where]) < len(targets):
                continue
            if not self.lint_allow(message, id):
                yield f"cfn-lint {id}", f"{t.where}: {where}: {message if len(message) < 200 else message[:197] + '...'}"


def dump_json(file):
    python, refused = read_python(file)
    result, = OrgFormation([file], "--readers-only").results()
    findings = list(check_readers(result, python, refused))
    for _, text in findings:
        print(f"{file}: {text}", file=sys.stderr)
    if findings:
        return 1
    print(json.dumps(python, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    return 0


def report(file, findings, most=25):
    print(f"FAIL {file}")
    for code, text in findings[:most]:
        print(f"  [{code}] {text}")
    if len(findings) > most:
        print(f"  ... and {len(findings) - most} more")


def check_files(files, strict_allow, verbose, allow_dir):
    for f in files:
        for part in f.split("::"):
            if not os.path.isfile(part):
                raise OracleError(f"no such file: {part}")
    if len({f for f in files if "\n" in f}):
        raise OracleError("a file name with a line break")
    checker = Checker(allow_dir)
    passed = failed = 0
    for file, findings in checker.check(files):
        if findings:
            failed += 1
            report(file, findings)
        else:
            passed += 1
            if verbose:
                print(f"ok   {file}")
    if strict_allow:
        for allow in (checker.lint_allow, checker.org_allow):
            unused = [("unused", f"matched nothing, remove it: {show(e)}") for e in allow.unused()]
            if unused:
                failed += 1
                report(allow.path.name, unused)
    if verbose:
        print(f"cfn-lint looked at {len(checker.cfn_lint.seen)} different templates")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1], add_help=True)
    parser.add_argument("--strict-allow", action="store_true", help="an allow-list entry that matches nothing is a failure")
    parser.add_argument("--verbose", action="store_true", help="name the files that passed, too")
    parser.add_argument("--dump-json", metavar="FILE", help="print what the readers agree on")
    parser.add_argument("--self-test", action="store_true", help="break templates on purpose and see each one caught")
    parser.add_argument("--allow-dir", type=Path, default=HERE, help="the folder of both allow-lists, instead of this one")
    parser.add_argument("files", nargs="*", metavar="FILE[::ORGFILE]")
    args = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
    try:
        if args.self_test:
            sys.modules["check"] = sys.modules["__main__"]  # not a second copy of this module
            import selftest

            return selftest.run()
        if args.dump_json:
            return dump_json(args.dump_json)
        if not args.files:
            parser.error("no file given")
        return check_files(args.files, args.strict_allow, args.verbose, args.allow_dir)
    except (OracleError, FileNotFoundError) as e:
        print(f"check.py: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
