#!/usr/bin/env python3
"""Looks with parliament at every policy document of CloudFormation templates, as a reviewer without deploy-roles would.

    policies.py TEMPLATE.json...      prints {"documents": ..., "findings": ...}
"""

import json
import re
import sys

import parliament

VARIABLES = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"}


def resolved(value):
    """Text where CloudFormation would put it; parliament knows no functions."""
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, argument),) = value.items()
        if key == "Fn::Sub":
            text = argument if isinstance(argument, str) else argument[0]
            return re.sub(r"\$\{([^}!]+)\}", lambda found: VARIABLES.get(found[1], "123456789012"), text)
        if key == "Ref":
            return VARIABLES.get(argument, "123456789012")
        if key.startswith("Fn::"):
            return "x"
    return {key: resolved(item) for key, item in value.items()}


def documents(value):
    if isinstance(value, list):
        for item in value:
            yield from documents(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("PolicyDocument", "AssumeRolePolicyDocument"):
                yield resolved(item)
            else:
                yield from documents(item)


def main():
    found = {"documents": 0, "findings": 0}
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as file:
            template = json.load(file)
        for document in documents(template):
            found["documents"] += 1
            found["findings"] += len(parliament.analyze_policy_string(json.dumps(document)).findings)
    if not found["documents"]:
        sys.exit("policies.py: no policy document")
    print(json.dumps(found))


main()
