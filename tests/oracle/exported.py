#!/usr/bin/env python3
"""Exports every macro of the golden cases with deploy-roles, and asks cfn-lint about each template.

    exported.py [--self-test] [--least N] BINARY

Exit 0 cfn-lint finds nothing beyond cfn-lint-allow.json, 1 it does or there were too few, 2 it cannot run.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import check

ROOT = check.HERE.parent.parent
# Cases that cannot be exported: no ids of accounts, policies that refer to what is elsewhere or are too large.
REFUSED = ("not-exportable", "limit-exceeded")


def exported(binary):
    """(what, template text) of each macro of each golden case."""
    for golden in sorted((ROOT / "tests/golden").iterdir()):
        if not (golden / "expected.yml").exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            case = Path(folder) / golden.name
            shutil.copytree(golden, case)
            flags = (case / "args").read_text().split("\n") if (case / "args").exists() else []
            flags = [flag for flag in flags if flag]
            if (case / "organization-flag").exists():
                flags += ["--organization", (case / "organization-flag").read_text().strip()]
            source = (case / "input.src.yml").read_text(encoding="utf-8-sig")
            if "--partials" in flags and "Partials: ../" in source:
                continue
            for name in re.findall(r"^  [\"']?(\w+)[\"']?: (?:&\w+ )?!DeployRoles", source, re.M):
                ran = subprocess.run([binary, "export", "--macro", name, "--out-dir", f"out-{name}", "input.src.yml", *flags], cwd=case, capture_output=True, text=True)
                if ran.returncode != 0:
                    if not any(f"error[{code}]" in ran.stderr for code in REFUSED):
                        raise check.OracleError(f"{golden.name} {name}: {ran.stderr[:1000]}")
                    continue
                for file in sorted((case / f"out-{name}").iterdir()):
                    yield f"{golden.name} {name} {file.name}", file.read_text()


def findings(lint, allow, text):
    return [(id, where, message) for id, where, message in lint.lint(json.loads(text), "eu-west-1") if not allow(message, id)]


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--least", type=int, default=0, metavar="N")
    parser.add_argument("binary")
    args = parser.parse_args()
    try:
        lint, allow = check.CfnLint(), check.Allow(check.HERE / "cfn-lint-allow.json", with_id=True)
        if args.self_test:
            broken = '{"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":{"Ref":"Nobody"}}}}}'
            found = {id for id, _, _ in findings(lint, allow, broken)}
            if not {"E1020", "E3003"} <= found:
                print(f"exported.py: cfn-lint finds only {sorted(found)} in a broken template", file=sys.stderr)
                return 1
        count, failed, seen = 0, 0, set()
        for what, text in exported(str(Path(args.binary).resolve())):
            count += 1
            general = re.sub(r"\d{12}", "0" * 12, re.sub(r'"(Description|Metadata)":("[^"]*"|\{[^}]*\}),', "", text))
            if general in seen:
                continue
            seen.add(general)
            for id, where, message in findings(lint, allow, text):
                failed += 1
                print(f"FAIL {what}: [{id}] {where}: {message[:200]}")
    except (check.OracleError, FileNotFoundError) as error:
        print(f"exported.py: {error}", file=sys.stderr)
        return 2
    print(f"cfn-lint looked at {len(seen)} different of {count} exported templates: {failed} findings")
    return 1 if failed or count < args.least else 0


if __name__ == "__main__":
    sys.exit(main())
