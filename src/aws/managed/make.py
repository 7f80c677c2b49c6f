#!/usr/bin/env python3
"""Makes managed.z: the texts of AWS's managed policies.

    make.py MOTO            writes managed.z
    make.py MOTO NAME...    prints the text of these policies, to be read

MOTO is the installed Python package moto, or its unpacked wheel (the folder with iam/aws_managed_policies.py).

Policies of service-linked roles (path aws-service-role) are left out: nobody can attach them. Of the others, the ones with
a short text are in, and of those with a long one the ones that people name: see LONG. A policy that is left out is one
whose text is not known, which is a "maybe" and never wrong.

The output is a raw DEFLATE stream of lines: first the source with its version and the date of its newest text, then for
each policy a line with `=` and its path and name, and one line per statement, with tabs between: the effect (A or D) and
the Sid; actions; resources; the condition as JSON. Actions and resources have blanks between them, and a `!` first if the
statement is about everything else. An action without `:` is of the same service as the one before it.
"""

import importlib.metadata
import json
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent

# The most characters of a policy that is in without being named.
SHORT = 2000

# Longer ones that templates and people name.
LONG = """
    AWSBackupFullAccess AWSCodePipeline_FullAccess AWSLambda_FullAccess AWSLambda_ReadOnlyAccess AWSSSOMasterAccountAdministrator
    AWSSupportAccess AWSXRayDaemonWriteAccess AmazonEC2FullAccess AmazonECS_FullAccess AmazonEKSClusterPolicy
    AmazonEKSServicePolicy AmazonDynamoDBFullAccess AmazonRDSFullAccess AmazonSageMakerFullAccess AmazonRoute53FullAccess
    AmazonCognitoPowerUser AmazonAthenaFullAccess AmazonElasticFileSystemFullAccess AmazonRedshiftFullAccess
    AmazonSSMFullAccess AmazonSSMReadOnlyAccess AmazonVPCFullAccess AmazonVPCReadOnlyAccess AWSGlueConsoleFullAccess
    AmazonEventBridgeFullAccess AmazonOpenSearchServiceFullAccess CloudWatchFullAccess CloudWatchFullAccessV2
    CloudWatchReadOnlyAccess ReadOnlyAccess SecurityAudit SecretsManagerReadWrite
    job-function/Billing job-function/DataScientist job-function/DatabaseAdministrator job-function/NetworkAdministrator
    job-function/SupportUser job-function/SystemAdministrator job-function/ViewOnlyAccess
    service-role/AWSBackupServiceRolePolicyForBackup service-role/AWSBackupServiceRolePolicyForRestores
    service-role/AWSCodeDeployRole service-role/AWSCodeDeployRoleForCloudFormation service-role/AWSGlueServiceRole
    service-role/AWSLambdaVPCAccessExecutionRole service-role/AWS_ConfigRole
    service-role/AWSElasticBeanstalkEnhancedHealth service-role/AmazonEC2ContainerServiceRole
    service-role/AmazonElasticMapReduceRole
    service-role/AmazonSSMAutomationRole
"""


def listed(value):
    return value if isinstance(value, list) else [value]


def patterns(statement, key):
    negated = "Not" + key
    found = listed(statement[key]) if key in statement else ["!", *listed(statement[negated])]
    assert not (key in statement and negated in statement), statement
    assert all(text and not set(text) & set(' \t\n"\\') for text in found), found
    return found


def actions(statement):
    written, last = [], None
    for action in patterns(statement, "Action"):
        service, colon, name = action.partition(":")
        assert colon or action in "!*" and not last, action
        written.append(name if colon and service == last else action)
        last = service if colon else last
    return " ".join(written)


def line(statement):
    known = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
    assert set(statement) <= known, statement
    condition = statement.get("Condition")
    return "\t".join([
        {"Allow": "A", "Deny": "D"}[statement["Effect"]] + statement.get("Sid", ""),
        actions(statement),
        " ".join(patterns(statement, "Resource")),
        json.dumps(condition, separators=(",", ":")) if condition else "",
    ])


def lines(policy):
    document = policy["Document"]
    assert set(document) == {"Version", "Statement"} and document["Version"] == "2012-10-17", document
    return [line(statement) for statement in listed(document["Statement"])]


def policies(moto):
    text = (moto / "iam" / "aws_managed_policies.py").read_text()
    start, end = text.index('"""') + 3, text.rindex('"""')
    found = json.loads(text[start:end])
    return {policy["Path"][1:] + name: policy for name, policy in found.items()}


def version(moto):
    try:
        return importlib.metadata.version("moto")
    except importlib.metadata.PackageNotFoundError:
        return next(moto.parent.glob("moto-*.dist-info")).name.removeprefix("moto-").removesuffix(".dist-info")


def main():
    moto = Path(sys.argv[1])
    found = policies(moto)
    if names := sys.argv[2:]:
        for name in names:
            print("\n".join(["=" + name, *lines(found[name])]))
        return
    long = set(LONG.split())
    assert long <= found.keys(), f"moto has no {sorted(long - found.keys())}"
    date = max(policy["UpdateDate"] for policy in found.values())[:10]
    out, count = [f"moto {version(moto)}\t{date}"], 0
    for name, policy in sorted(found.items()):
        if name.startswith("aws-service-role/"):
            continue
        text = lines(policy)
        if sum(map(len, text)) <= SHORT or name in long:
            out += ["=" + name, *text]
            count += 1
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress("\n".join(out).encode()) + packer.flush()
    (HERE / "managed.z").write_bytes(packed)
    print(f"{count} of {len(found)} policies, {len(packed)} bytes")


if __name__ == "__main__":
    main()
