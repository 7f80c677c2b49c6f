"""Does the table of `infer` replace the SAM transform?

    sam.py [--least N] PROGRAM [FILE...]
    sam.py --self-test

PROGRAM is the example `types` of this crate. FILE is a template of SAM; without one, all of tests/infer/sam. For each:

* The real translator (aws-sam-translator) and PROGRAM give the same set of CloudFormation types, and never does PROGRAM
  give a type too much. At least 98 % must be the same; each difference is listed in DIFFERENT with its reason.
* For each type, the number of resources and the names of their properties are the same, less what PROPERTIES lists: the
  permissions that a resource needs follow from its properties.

Nothing is skipped, except that Python 3.9, for which there is no such translator, says so; where CI is set, it fails. Exit 0
all the same, 1 they differ or too few templates, 2 it cannot run.
"""

import argparse
import collections
import contextlib
import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VERSION = "1.115.0"
SHARE = 0.98

# The translator asks boto3 for a region, and reads no credentials.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")

try:
    import samtranslator
    import yaml
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
except ImportError as error:
    print(f"sam.py: {error}: run tests/oracle/setup, use tests/oracle/.venv/bin/python", file=sys.stderr)
    sys.exit(2)

# It warns of metrics that nobody asked for.
logging.disable(logging.CRITICAL)

# file -> why its set of types differs. Each must differ.
DIFFERENT = {}

# type -> its properties that differ, because no permission depends on them.
PROPERTIES = {
    "AWS::ApiGateway::ApiKey": {"StageKeys"},
    "AWS::ApiGateway::BasePathMapping": {"Stage"},
    "AWS::ApiGateway::Deployment": {"Description", "StageName"},
    "AWS::ApiGateway::RestApi": {"Parameters"},
    "AWS::ApiGateway::Stage": {"DeploymentId"},
    "AWS::ApiGateway::BasePathMappingV2": {"Stage"},
    # A shared plan has the limits of the last API, and of the first by the table.
    "AWS::ApiGateway::UsagePlan": {"Quota", "Throttle"},
    "AWS::ApiGateway::UsagePlanKey": {"KeyId", "UsagePlanId"},
    "AWS::ApiGatewayV2::ApiMapping": {"Stage"},
    "AWS::ApiGatewayV2::Authorizer": {"IdentitySource", "Name"},
    "AWS::ApiGatewayV2::Route": {"AuthorizationType", "AuthorizerId", "Target"},
    "AWS::AppSync::FunctionConfiguration": {"DataSourceName"},
    "AWS::AppSync::Resolver": {"Kind", "PipelineConfig"},
    "AWS::DynamoDB::Table": {"AttributeDefinitions"},
    # Of IoT, which names its rule as well.
    "AWS::Lambda::Permission": {"SourceAccount"},
    "AWS::Lambda::WebFunctionEndpoint": {"EndpointName", "EndpointType", "RevisionWeights"},
}


class Loader(yaml.SafeLoader):
    """Short forms become long forms; dates stay text."""


def intrinsic(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", intrinsic)
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def translate(path):
    """What the translator makes of a template; raises what it refuses."""
    template = yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)
    # As the command line of SAM does before it packages: anchors are gone, and what begins with `x-` stands for nothing.
    template = json.loads(json.dumps({k: v for k, v in template.items() if not k.startswith("x-")}))
    with contextlib.redirect_stdout(io.StringIO()):
        return Translator({}, Parser()).translate(template, {})


def shapes(resources):
    """type -> how many there are, and the names of their properties."""
    counts, names = collections.Counter(), collections.defaultdict(set)
    for resource in resources:
        counts[resource["type"]] += 1
        names[resource["type"]] |= {k for k, v in resource["properties"].items() if v not in (None, "", [], {})}
    return counts, names


def compare(name, theirs, ours):
    """Whether the sets of types are the same, and what is wrong."""
    wrong = []
    (their_counts, their_names), (our_counts, our_names) = shapes(theirs), shapes(ours)
    for extra in sorted(our_counts.keys() - their_counts.keys()):
        wrong.append(f"a type too much: {extra}")
    same = our_counts.keys() == their_counts.keys()
    reason = DIFFERENT.get(name)
    if not same and reason is None:
        wrong += [f"missing: {missing}" for missing in sorted(their_counts.keys() - our_counts.keys())]
    if same and reason is not None:
        wrong.append("the same, though DIFFERENT lists it")
    for kind in sorted(their_counts.keys() & our_counts.keys()):
        if their_counts[kind] != our_counts[kind]:
            wrong.append(f"{kind}: {our_counts[kind]} of {their_counts[kind]}")
        allowed = PROPERTIES.get(kind, set())
        for sign, more in (("-", their_names[kind] - our_names[kind]), ("+", our_names[kind] - their_names[kind])):
            wrong += [f"{kind}: {sign}{name}" for name in sorted(more - allowed)]
    return same, wrong


def ours(program, files):
    ran = subprocess.run([program, *map(str, files)], stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    if ran.returncode or len(lines) != len(files):
        print(f"sam.py: {program} ended with {ran.returncode} after {len(lines)} of {len(files)} files", file=sys.stderr)
        sys.exit(2)
    return lines


def check(program, files, least):
    same = failed = 0
    for path, line in zip(files, ours(program, files)):
        name = path.stem
        if "problems" in line:
            print(f"{name}: refused by ours: {line['problems']}")
            failed += 1
            continue
        try:
            template = translate(path)
        except InvalidDocumentException as error:
            print(f"{name}: refused by the translator: {[cause.message for cause in error.causes]}")
            failed += 1
            continue
        theirs = [{"type": r["Type"], "properties": r.get("Properties") or {}} for r in template["Resources"].values()]
        is_same, wrong = compare(name, theirs, line["resources"])
        same += is_same
        failed += bool(wrong)
        for finding in wrong:
            print(f"{name}: {finding}")
    total = len(files)
    print(f"SAM by table: the same set of types for {same} of {total} templates ({same / max(total, 1):.1%}), {failed} failed")
    if total < least:
        print(f"sam.py: only {total} of at least {least} templates", file=sys.stderr)
        return 1
    return 1 if failed or same < SHARE * total else 0


def self_test():
    """Each kind of difference is found."""
    function = {"type": "AWS::Lambda::Function", "properties": {"Role": "r", "Code": {"S3Key": "k"}}}
    role = {"type": "AWS::IAM::Role", "properties": {}}
    cases = [
        ("nothing", [function, role], [function, role], True, []),
        ("a missing type", [function, role], [function], False, ["missing: AWS::IAM::Role"]),
        ("a type too much", [function], [function, role], False, ["a type too much: AWS::IAM::Role"]),
        ("a missing resource", [function, function], [function], True, ["AWS::Lambda::Function: 1 of 2"]),
        ("a missing property", [function], [{**function, "properties": {"Role": "r"}}], True, ["AWS::Lambda::Function: -Code"]),
        ("a property too much", [{**function, "properties": {"Role": "r"}}], [function], True, ["AWS::Lambda::Function: +Code"]),
    ]
    failed = 0
    for name, theirs, mine, same, wrong in cases:
        found = compare("self-test", theirs, mine)
        if found != (same, wrong):
            failed += 1
            print(f"self-test FAIL {name}: {found}")
    print(f"sam.py: self-test: {len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description="Compares the table of SAM's types with the real translator.")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--least", type=int, default=0)
    parser.add_argument("program", nargs="?")
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()
    if sys.version_info < (3, 10):
        print(f"sam.py: NOT compared: aws-sam-translator {VERSION} needs Python 3.10", file=sys.stderr)
        return 2 if os.environ.get("CI") else 0
    if samtranslator.__version__ != VERSION:
        print(f"sam.py: aws-sam-translator is {samtranslator.__version__}, not {VERSION}: run tests/oracle/setup", file=sys.stderr)
        return 2
    if arguments.self_test:
        return self_test()
    if not arguments.program:
        parser.error("no program given")
    files = arguments.files or sorted((ROOT / "tests/infer/sam").glob("*.yaml"))
    return check(arguments.program, files, arguments.least)


if __name__ == "__main__":
    sys.exit(main())
