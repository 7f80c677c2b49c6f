"""What `deploy-roles init` writes, as the programs read it that it is for.

    init.py BINARY

For every organization of the tests, OrgFormation's own parser takes the expanded template and the tasks. pre-commit reads the
configuration and runs the hooks. actionlint and zizmor have no finding about the workflow and its action.
Exit 0 all is as it should be, 1 something is not, 2 it cannot run.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import workflows

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LEAST = 40
PACKAGE = '{"devDependencies": {"deploy-roles": "0.1.0", "aws-organization-formation": "1.0.17"}}'
# Tasks that are there before, in the root, with the organization in `org`.
TASKS = """\
OrganizationUpdate:
  Type: update-organization
  Template: ./org/organization.yml
"""
# What shows whether OrgFormation takes an organization at all.
PROBE = """\
Organization: !Include ./organization.yml
Resources:
  Topic:
    Type: AWS::SNS::Topic
    OrganizationBinding: { Account: '*', Region: us-east-1 }
"""
failures = []


def check(holds, what, said=""):
    if not holds:
        failures.append(what)
        print(f"FAIL {what}\n{said}")


def run(folder, *command, stdin="", **environment):
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, **environment}
    ran = subprocess.run(command, cwd=folder, input=stdin, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return ran.returncode, ran.stdout


def organizations():
    """Every organization of the tests, once by its text."""
    found = {}
    for path in [*sorted(ROOT.glob("tests/**/organization.yml")), *ROOT.glob("org/organization.yml")]:
        if "node_modules" not in path.parts and ".venv" not in path.parts:
            found.setdefault(path.read_bytes(), path)
    return found


def begin(binary, folder):
    """Runs `init` and `expand`; False if the organization has nothing for a macro."""
    code, said = run(folder, binary, "init")
    if "[no-tools-account]" in said:
        name = said.split("--tools-account ")[1].split("`")[0]
        code, said = run(folder, binary, "init", "--tools-account", name)
    if code == 2 and "error[" in said:
        return False
    check(code == 0, f"init in {folder}", said)
    code, said = run(folder, binary, "expand")
    check(code == 0, f"expand in {folder}", said)
    return True


def orgformation(top, files):
    """What OrgFormation says of each file."""
    code, said = run(top, "node", str(HERE / "orgformation.js"), "-", stdin="".join(f"{file}\n" for file in files))
    read = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    if len(read) != len(files):
        raise workflows.OracleError(f"orgformation.js ended with {code}\n{said[:2000]}")
    return read


def try_organizations(binary, top):
    folders = []
    for number, text in enumerate(organizations()):
        folder = top / f"organization-{number}"
        folder.mkdir()
        (folder / "organization.yml").write_bytes(text)
        (folder / "probe.yml").write_text(PROBE)
        folders.append(folder)
    probes = orgformation(top, [folder / "probe.yml" for folder in folders])
    folders = [folder for folder, probe in zip(folders, probes) if probe["ok"]]
    for folder in folders:
        (folder / "probe.yml").unlink()
    folders = [folder for folder in folders if begin(binary, folder)]
    check(len(folders) >= LEAST, f"only {len(folders)} of at least {LEAST} organizations")
    for one in orgformation(top, [folder / "roles.yml" for folder in folders]):
        check(one["ok"] and one["targets"], f"OrgFormation takes {one['file']}", str(one)[:1000])
    print(f"ok   OrgFormation was asked about {len(folders)} templates")
    check_tasks(top, [folder / "organization-tasks.yml" for folder in folders])


def check_tasks(folder, tasks):
    code, said = run(folder, "node", str(HERE / "tasks.js"), stdin="".join(f"{path}\n" for path in tasks))
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    wrong = [line for line in lines if "error" in line]
    check(code == 0 and len(lines) == len(tasks) and not wrong, "OrgFormation takes the tasks", str(wrong) or said)
    return [line.get("tasks") for line in lines]


def try_included_tasks(binary, folder):
    """Tasks that are there include ours: as `init` says."""
    (folder / "org").mkdir(parents=True)
    shutil.copy(ROOT / "org" / "organization.yml", folder / "org")
    (folder / "organization-tasks.yml").write_text(TASKS)
    code, said = run(folder, binary, "init", "roles", "tasks")
    check(code == 0, "init beside tasks", said)
    run(folder, binary, "expand")
    marker = "add this to `organization-tasks.yml`:\n"
    lines = said.split(marker)[1].splitlines()
    lines = [line[4:] for line in lines if line.startswith("    ")]
    (folder / "organization-tasks.yml").write_text(TASKS + "\n" + "\n".join(lines) + "\n")
    [tasks] = check_tasks(folder, [folder / "organization-tasks.yml"])
    inner = [task.get("tasks") for task in tasks or [] if task["type"] == "include"]
    wanted = [[{"type": "update-stacks", "name": "DeployRoles", "template": "org/roles.yml", "stack": "deploy-roles"}]]
    check(inner == wanted, "the task is included", str(tasks))
    print("ok   the tasks that are there include ours")


def repositories(binary, top):
    """One with the organization in the root, one in `org` with npm, and the example."""
    found = []
    for name, place, package in [("root", ".", None), ("npm", "org", PACKAGE), ("example", None, PACKAGE)]:
        folder = top / name
        folder.mkdir()
        if place:
            (folder / place).mkdir(exist_ok=True)
            shutil.copy(ROOT / "org" / "organization.yml", folder / place)
        if package:
            (folder / "package.json").write_text(package)
            (folder / "package-lock.json").write_text("{}")
        check(begin(binary, folder), f"init of {name}")
        found.append(folder)
    return found


def try_workflows(folders):
    files = []
    for folder in folders:
        files += [folder / ".github" / "workflows" / "deploy-roles.yml", folder / ".github" / "actions" / "deploy-roles" / "action.yml"]
    for file, findings in workflows.check([str(file) for file in files]).items():
        check(not findings, f"workflow {file}", "\n".join(f"[{code}] {text}" for code, text in findings))
    print(f"ok   actionlint and zizmor have no finding about {len(files)} files")


def try_hooks(binary, folder, top):
    programs = top / "bin"
    programs.mkdir(exist_ok=True)
    if not (programs / "deploy-roles").exists():
        (programs / "deploy-roles").symlink_to(binary)
        # `npx --no deploy-roles ...`
        (programs / "npx").write_text('#!/bin/sh\n[ "$1" = --no ] || exit 3\nshift\nexec "$@"\n')
        (programs / "npx").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"

    def call(*command):
        return run(folder, *command, PATH=path, PRE_COMMIT_HOME=str(top / "home"))

    pre_commit = (sys.executable, "-m", "pre_commit")
    code, said = call(*pre_commit, "validate-config", ".pre-commit-config.yaml")
    check(code == 0, f"pre-commit takes the configuration of {folder.name}", said)
    call("git", "init", "--quiet")
    call("git", "add", ".")
    for stage in ("pre-commit", "pre-push"):
        arguments = ("run", "--all-files", "--color=never", "--hook-stage", stage)
        code, said = call(*pre_commit, *arguments)
        wanted = "deploy-roles check" if stage == "pre-push" else "deploy-roles expand --check"
        check(code == 0 and wanted in said and "Passed" in said, f"{stage} passes in {folder.name}", said)
    template = next(folder.glob("**/roles.src.yml"))
    template.write_text(template.read_text().replace("[lambda, logs", "[lambda, events, logs"))
    call("git", "add", ".")
    code, said = call(*pre_commit, "run", "--color=never")
    check(code == 1 and "stale: " in said, f"the hook fails in {folder.name} if a source changed", said)
    print(f"ok   the hooks of {folder.name} run")


def main():
    if len(sys.argv) != 2:
        print("usage: init.py BINARY", file=sys.stderr)
        return 2
    binary = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="deploy-roles-init-") as name:
        top = Path(name).resolve()
        try_organizations(binary, top)
        try_included_tasks(binary, top / "tasks")
        folders = repositories(binary, top)
        try_workflows(folders)
        for folder in folders:
            try_hooks(binary, folder, top)
    print(f"{len(failures)} failed")
    return 1 if failures else 0


try:
    sys.exit(main())
except workflows.OracleError as error:
    print(f"init.py: {error}", file=sys.stderr)
    sys.exit(2)
