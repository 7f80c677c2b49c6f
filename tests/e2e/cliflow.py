"""Runs the steps of the workflow that `deploy-roles workflow` writes for an app.

    deploy(run, env={}, token=None, refused=())

Each `run:` step is run as it stands, by bash, with the environment that the step has. In place of the actions:

* aws-actions/configure-aws-credentials, which is in no package registry: clis/sign-in.js, with the two packages that the action works
  with. It gets the inputs of the step, the step's `env`, and the variables of the runner. Where the job has `id-token: write`, it can
  ask GitHub's endpoint for a token, which is served here: `token` with the audience that it asks for. Later steps have what it
  wrote to GITHUB_ENV;
* actions/checkout, actions/setup-node, and aws-actions/setup-sam: the app and the tools are there already;
* what `npm ci` would fetch: clis/bin/npm links the programs that are there.
"""

import json
import re
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

import cases
import run as e2e
from loopback import Loopback

STAGE = "dev"
SIGN_IN = Path(__file__).resolve().parent / "clis/sign-in.js"
# The inputs of the action that have a value if the workflow gives none.
DEFAULTS = {"audience": "sts.amazonaws.com"}
THERE = ("actions/setup-node@", "aws-actions/setup-sam@")


def fill(text, values):
    """A text with its `${{ ... }}` filled in: names, and whether names are set."""

    def one(match):
        terms = [t.strip() for t in match[1].split("&&")]
        if terms == [match[1].strip()] and "!=" not in match[1]:
            return values[terms[0]]
        return str(all(values[re.fullmatch(r"([\w.-]+) != ''", t)[1]] != "" for t in terms)).lower()

    return re.sub(r"\$\{\{(.*?)\}\}", one, str(text).lower() if isinstance(text, bool) else str(text))


class Tokens(Loopback):
    """GitHub's endpoint for tokens, and what a step knows of it."""

    def __init__(self, run, token):
        secret = f"only for {run.name}"

        class Endpoint(BaseHTTPRequestHandler):
            def do_GET(self):
                (audience,) = parse_qs(urlsplit(self.path).query)["audience"]
                right = self.headers["Authorization"] == f"Bearer {secret}"
                body = json.dumps({"value": e2e.unsigned(cases.Token(token.issuer, token.claims, audience))} if right else {}).encode()
                self.send_response(200 if right else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        super().__init__(run.world.endpoint, Endpoint)
        self.env = {"ACTIONS_ID_TOKEN_REQUEST_URL": f"http://{self.address}/token?api-version=2.0", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": secret}

    def __enter__(self):
        super().__enter__()
        return self.env


def sign_in(run, step, given, session, token, **expected):
    """Runs the action's step, and returns what the steps after it have in their environment."""
    exported = run.folder / ".github-env"
    exported.write_text("")
    runner = {
        "GITHUB_ACTION": "sign-in", "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "somebody", "GITHUB_ENV": str(exported), "GITHUB_REF": "refs/heads/main",
        "GITHUB_REPOSITORY": f"acme/{run.app}", "GITHUB_SHA": 40 * "a", "GITHUB_WORKFLOW": "deploy", "GITHUB_WORKSPACE": str(run.folder),
    }  # fmt: skip
    inputs = {f"INPUT_{name.upper()}": value for name, value in {**DEFAULTS, **given}.items()}
    with Tokens(run, token) if token else nullcontext({}) as endpoint:
        env = {**session, **step.get("env", {}), **runner, **inputs, **endpoint}
        run.step(f"workflow: {step['name']}", ["node", SIGN_IN], env=env, **expected)
    found = re.findall(r"^(\w+)<<(\S+)\n(.*?)\n?\2$", exported.read_text(), re.S | re.M)
    return {**session, **{name: value for name, _, value in found}}


def secrets(run):
    """What the environment on GitHub would hold."""
    user = cases.User("ToolsAccount", f"{run.app}-GitHubActionsUser")
    run.env(False)  # signed in for the steps before the workflow signs in: its session outlives the key
    run.world.free(user)
    keys = run.world.client("iam", "ToolsAccount").create_access_key(UserName=user.name)["AccessKey"]
    return {"secrets.AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "secrets.AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]}


def deploy(run, env=None, token=None, refused=()):
    """What the last step said. `token` is GitHub's, where the macro trusts it. `refused` are tokens that it does not trust, and why."""
    code, said = run.world.deploy_roles("workflow", "--macro", run.macro, "--out-dir", str(run.folder), "--force", "org/roles.src.yml")
    run.check(code == 0, "the workflow is written", said)
    job = yaml.safe_load((run.folder / f".github/workflows/{run.app}-deploy.yml").read_text())["jobs"][f"deploy-{STAGE}"]
    (uses,) = [s for s in job["steps"] if s["uses"].startswith("$/")]
    known = {"github.run_id": "1", **secrets(run)}
    values = {"github.run_id": "1", **{f"inputs.{k}": fill(v, known) for k, v in uses["with"].items()}}
    action = yaml.safe_load((run.folder / uses["uses"][2:] / "action.yml").read_text())
    run.check(bool(token) == (job["permissions"].get("id-token") == "write"), "the job can ask for a token if it signs in by one", str(job["permissions"]))
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""}
    session = nobody
    for step in action["runs"]["steps"]:
        if "run" in step:
            filled = {k: fill(v, values) for k, v in step.get("env", {}).items()}
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            said = run.step(f"workflow: {step['name']}", command, env={**(env or {}), **session, **filled})
        elif step["uses"].startswith("aws-actions/configure-aws-credentials@"):
            given = {k: fill(v, values) for k, v in step["with"].items()}
            if session is nobody:
                for other, why in refused:
                    sign_in(run, step, {**given, "audience": other.aud}, nobody, other, code=1, says=[why])
            session = sign_in(run, step, given, session, token)
        elif not step["uses"].startswith(THERE):
            raise e2e.Stop(f"cliflow.py does not know the action {step['uses']}")
    run.check(session["AWS_SESSION_TOKEN"] != "", "the workflow signs in")
    return said


def strangers(repository, number):
    """Tokens that a macro that trusts the environment of this repository refuses, and the reason of the stand-in."""
    right = cases.github(repository, number, STAGE)
    branch = {**right.claims, "sub": f"repo:{repository}:ref:refs/heads/main", "ref": "refs/heads/main"}
    del branch["environment"]
    untrusted = "the trust policy does not admit the token"
    return [
        (cases.github(repository, number, "prod"), untrusted),
        (cases.github("acme/other", number + 1, STAGE), untrusted),
        # A repository that took the name of this one.
        (cases.github(repository, number + 1, STAGE), untrusted),
        (cases.Token(right.issuer, branch, right.aud), untrusted),
        (cases.Token(right.issuer, right.claims, f"https://github.com/{repository.split('/')[0]}"), "Incorrect token audience"),
    ]
