#!/usr/bin/env python3
"""Runs the hooks of .pre-commit-hooks.yaml with pre-commit, in a repository with the example.

    hooks.py BINARY

The definitions are taken as they are, but for `language: rust`, by which pre-commit would build the program: BINARY stands
for it. Exit 0 all is as it should be, 1 something is not, 2 it cannot run.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
failures = []


def check(holds, what, said=""):
    print(f"{'ok  ' if holds else 'FAIL'} {what}")
    if not holds:
        failures.append(what)
        print(said)


class Repository:
    def __init__(self, folder, binary, hook):
        self.folder = folder / hook["id"]
        self.folder.mkdir()
        (folder / "bin").mkdir(exist_ok=True)
        link = folder / "bin" / "deploy-roles"
        if not link.exists():
            link.symlink_to(binary)
        self.environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PRE_COMMIT_HOME": str(folder / "home"),
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        shutil.copytree(ROOT / "org", self.folder / "org")
        local = {**hook, "language": "system"}
        (self.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": [local]}]}))
        (self.folder / "notes.txt").write_text("one\n")
        self.git("init", "--quiet")
        self.commit()

    def git(self, *arguments):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments], cwd=self.folder, env=self.environment, check=True)

    def commit(self):
        self.git("add", ".")
        self.git("commit", "--quiet", "--no-verify", "--message=all")

    def hooks(self, *arguments):
        """What `pre-commit run` on what is staged comes to."""
        command = [sys.executable, "-m", "pre_commit", "run", "--color=never", *arguments]
        ran = subprocess.run(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return ran.returncode, ran.stdout

    def change(self, name, old, new):
        file = self.folder / name
        text = file.read_text()
        if old not in text:
            raise SystemExit(f"hooks.py: {name} no longer has `{old}`")
        file.write_text(text.replace(old, new))
        self.git("add", ".")


def try_check(repository):
    code, said = repository.hooks("--all-files")
    check(code == 0 and "Passed" in said, "check passes where all is current", said)
    repository.change("org/roles.src.yml", "lambda: [eventSource, layer]", "lambda: [eventSource, layer, url]")
    code, said = repository.hooks()
    check(code == 1 and "stale: org/roles.yml" in said, "check fails where a source changed", said)
    repository.commit()
    repository.change("org/roles.src.yml", "lambda: [eventSource, layer, url]", "lambda: [eventSource, layer]")
    repository.commit()
    repository.change("org/organization.yml", "'345678901234'", "'345678901235'")
    code, said = repository.hooks()
    check("Passed" in said or "stale" in said, "check runs where the organization changed", said)
    repository.commit()
    repository.change("org/roles.yml", "MaxSessionDuration: 3600", "MaxSessionDuration: 7200")
    code, said = repository.hooks()
    check(code == 1 and "org/roles.yml" in said, "check fails where a generated file was edited", said)
    repository.commit()
    repository.change("notes.txt", "one", "two")
    code, said = repository.hooks()
    check(code == 0 and "Skipped" in said, "check is skipped where nothing of it changed", said)


def try_expand(repository):
    code, said = repository.hooks("--all-files")
    check(code == 0 and "Passed" in said, "expand passes where all is current", said)
    repository.change("org/roles.src.yml", "lambda: [eventSource, layer]", "lambda: [eventSource, layer, url]")
    code, said = repository.hooks()
    check(code == 1 and "files were modified by this hook" in said, "expand fails where it wrote", said)
    repository.git("add", ".")
    code, said = repository.hooks()
    check(code == 0 and "Passed" in said, "expand passes when that is staged", said)
    repository.change("org/roles.src.yml", "AppId: bookshop", "AppId: Bookshop!")
    code, said = repository.hooks()
    check(code == 1 and "org/roles.src.yml:" in said, "expand fails where a source is wrong", said)


def try_check_all(repository):
    at_push = ("--hook-stage", "pre-push")
    code, said = repository.hooks(*at_push, "--all-files")
    check(code == 0 and "Passed" in said, "check of everything passes where all is current", said)
    code, said = repository.hooks("--all-files")
    check(code == 0 and "Passed" not in said, "check of everything waits for a push", said)
    repository.change("org/roles.src.yml", "lambda: [eventSource, layer]", "lambda: [eventSource, layer, url]")
    code, said = repository.hooks(*at_push)
    check(code == 1 and "generated   failed" in said, "check of everything fails where a source changed", said)


def main():
    if len(sys.argv) != 2:
        print("usage: hooks.py BINARY", file=sys.stderr)
        return 2
    valid = subprocess.run([sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(valid.returncode == 0, "pre-commit takes .pre-commit-hooks.yaml", valid.stdout)
    hooks = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text())}
    tries = {"deploy-roles-check": try_check, "deploy-roles-expand": try_expand, "deploy-roles-check-all": try_check_all}
    systems = {f"{name}-system": {**hooks[name], "id": f"{name}-system", "language": "system"} for name in tries}
    check(set(hooks) == {*tries, *systems}, "each hook is tried", str(sorted(hooks)))
    check(all(hooks.get(name) == hook for name, hook in systems.items()), "each hook is the same with a program that is installed")
    with tempfile.TemporaryDirectory(prefix="deploy-roles-hooks-") as folder:
        for name, attempt in tries.items():
            attempt(Repository(Path(folder).resolve(), Path(sys.argv[1]).resolve(), hooks[name]))
    return 1 if failures else 0


sys.exit(main())
