"""Runs the steps of the workflow that `deploy-roles workflow` writes for an app.

    deploy(run, env={}, token=None)

Each `run:` step is run as it stands, by bash, with the environment that the step has. In place of the actions:

* aws-actions/configure-aws-credentials: the calls of STS that it makes for the inputs of the step, here in Python. The action
  is in no package registry;
* actions/checkout, actions/setup-node, and aws-actions/setup-sam: the app and the tools are there already;
* what `npm ci` would fetch: clis/bin/npm links the programs that are there.
"""

import re

import yaml
from botocore.exceptions import ClientError

import cases
import run as e2e

STAGE = "dev"
# The tags that the action gives a session.
TAGS = [{"Key": k, "Value": "x"} for k in ("GitHub", "Repository", "Workflow", "Action", "Actor", "Commit", "Branch")]
THERE = ("actions/setup-node@", "aws-actions/setup-sam@")


def fill(text, values):
    """A text with its `${{ ... }}` filled in: names, and whether names are set."""

    def one(match):
        terms = [t.strip() for t in match[1].split("&&")]
        if terms == [match[1].strip()] and "!=" not in match[1]:
            return values[terms[0]]
        return str(all(values[re.fullmatch(r"([\w.-]+) != ''", t)[1]] != "" for t in terms)).lower()

    return re.sub(r"\$\{\{(.*?)\}\}", one, str(text))


def sign_in(run, given, session, token):
    """A session of the role that a step names, as the environment of the steps after it."""
    asked = {"RoleArn": given["role-to-assume"], "RoleSessionName": given["role-session-name"], "DurationSeconds": int(given.get("role-duration-seconds", 3600))}
    if "aws-access-key-id" in given:
        keys = {"AccessKeyId": given["aws-access-key-id"], "SecretAccessKey": given["aws-secret-access-key"]}
        got = run.world.client("sts", credentials=keys).assume_role(**asked, Tags=TAGS)
    elif given.get("role-chaining") == "True":
        keys = {"AccessKeyId": session["AWS_ACCESS_KEY_ID"], "SecretAccessKey": session["AWS_SECRET_ACCESS_KEY"], "SessionToken": session["AWS_SESSION_TOKEN"]}
        got = run.world.client("sts", credentials=keys).assume_role(**asked, Tags=TAGS)
    else:
        got = run.world.client("sts").assume_role_with_web_identity(**asked, WebIdentityToken=e2e.unsigned(token))
    keys = got["Credentials"]
    return {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"], "AWS_SESSION_TOKEN": keys["SessionToken"]}


def secrets(run):
    """What the environment on GitHub would hold."""
    user = cases.User("ToolsAccount", f"{run.app}-GitHubActionsUser")
    run.env(False)  # signed in for the steps before the workflow signs in: its session outlives the key
    run.world.free(user)
    keys = run.world.client("iam", "ToolsAccount").create_access_key(UserName=user.name)["AccessKey"]
    return {"secrets.AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "secrets.AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]}


def deploy(run, env=None, token=None):
    """What the last step said. `token` is that of GitHub, where the macro trusts it."""
    macro = run.account_name[: -len("Account")]
    code, said = run.world.deploy_roles("workflow", "--macro", macro, "--out-dir", str(run.folder), "--force", "org/roles.src.yml")
    run.check(code == 0, "the workflow is written", said)
    written = yaml.safe_load((run.folder / f".github/workflows/{run.app}-deploy.yml").read_text())
    (uses,) = [s for s in written["jobs"][f"deploy-{STAGE}"]["steps"] if s["uses"].startswith("$/")]
    known = {"github.run_id": "1", **secrets(run)}
    values = {"github.run_id": "1", **{f"inputs.{k}": fill(v, known) for k, v in uses["with"].items()}}
    action = yaml.safe_load((run.folder / uses["uses"][2:] / "action.yml").read_text())
    session = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""}
    for step in action["runs"]["steps"]:
        if "run" in step:
            filled = {k: fill(v, values) for k, v in step.get("env", {}).items()}
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            said = run.step(f"workflow: {step['name']}", command, env={**(env or {}), **session, **filled})
        elif step["uses"].startswith("aws-actions/configure-aws-credentials@"):
            try:
                session = sign_in(run, {k: fill(v, values) for k, v in step["with"].items()}, session, token)
            except ClientError as error:
                run.check(False, f"workflow: {step['name']}", str(error))
                return said
        elif not step["uses"].startswith(THERE):
            raise e2e.Stop(f"cliflow.py does not know the action {step['uses']}")
    run.check(session["AWS_SESSION_TOKEN"] != "", "the workflow signs in")
    return said
