"""The gate of the stand-in: every call of a user or role is decided by the policies that it has at that moment.

    gate.install(documents)      before the stand-in starts, if GATE names the file for the log

questions.py says what IAM asks about a call. If all of it is allowed, moto answers. If not, the answer is AWS's: 403 with
`AccessDenied` and IAM's sentence, in the form that the service's protocol has for it. Administrators (the management account,
OrganizationAccountAccessRole, and sessions of both) pass. sts:AssumeRole is decided by aws.py, which asks the trust policy as
well; the gate only notes what allowed it.

Each call is a line of JSON in the log: `account`, `caller`, `call`, `questions` (`action`, `resource`, `verdict`, `grants`), and
`denied` or `unknown`, if it was. A call that questions.py does not know is answered by 501.

moto lacks some calls. Those of a CLI that its answer matters to are answered here: see ANSWERS. What goes to the registry of ECR,
where images are pushed to, is decided in the same way, and answered by registry.py.
"""

import json
import os
import re
import threading
import urllib.parse
from io import BytesIO
from xml.sax.saxutils import escape

from moto.cloudformation.models import cloudformation_backends
from moto.iam.models import get_account_id_from, iam_backends
from moto.moto_server import werkzeug_app
from moto.s3.models import s3_backends

import policy
import questions
import registry

KEY = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
ADMINISTRATOR = "/OrganizationAccountAccessRole"
# Only of these services is the body needed; objects may be large.
READ = {"apigateway", "cloudformation", "cloudtrail", "ecr", "lambda", "logs", "ssm", "sts"}
RESPONSES = {200: "200 OK", 400: "400 Bad Request", 401: "401 Unauthorized", 403: "403 Forbidden", 501: "501 Not Implemented"}


def moto_objects(bucket):
    for account in list(s3_backends.keys()):
        found = s3_backends[account]["aws"].buckets.get(bucket)
        if found is not None:
            return found
    return None


class Accounts(questions.Nothing):
    """What is in moto's accounts."""

    def __init__(self, strict_tags):
        self.strict_tags = strict_tags

    def stack(self, account, region, name):
        backend = cloudformation_backends[account][region]
        for stack in [*backend.stacks.values(), *backend.deleted_stacks.values()]:
            if name == stack.stack_id or name == stack.name and stack.stack_id in backend.stacks:
                return stack.stack_id, dict(stack.tags or {}), stack.template if isinstance(stack.template, str) else json.dumps(stack.template)
        return None

    def change_set_stack(self, account, region, change_set):
        found = cloudformation_backends[account][region].change_sets.get(change_set)
        return found.stack_name if found else None

    def object(self, bucket, key):
        there = moto_objects(bucket)
        found = there.keys.get(key) if there is not None else None
        return None if found is None or not hasattr(found, "value") else found.value


class Caller:
    """Who signs a call."""

    def __init__(self, key, documents):
        self.account = get_account_id_from(key)
        backend = iam_backends[self.account]["aws"]
        found = backend.access_keys.get(key)
        self.administrator, self.arn, self.documents = True, f"arn:aws:iam::{self.account}:root", []
        role = getattr(found, "role_arn", None)
        if role and not role.endswith(ADMINISTRATOR):
            self.administrator, self.arn = False, role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/session"
            # A session's ARN has no path.
            self.arn = re.sub(r":assumed-role/.*/([^/]+/session)$", r":assumed-role/\1", self.arn)
            self.documents = next((documents(r) for r in list(backend.roles.values()) if r.arn == role), [])
        elif found is not None and found.user_name:
            user = backend.users[found.user_name]
            self.administrator, self.arn, self.documents = False, user.arn, documents(user)
        self.context = {"aws:PrincipalAccount": self.account, "aws:PrincipalArn": role or self.arn}


def asked(caller, call):
    """Each question with its verdict and what allowed it."""
    generated = "/cdk-hnb659fds-" not in caller.arn
    found = []
    for question in questions.of(call, Accounts(generated)):
        # What an ARN does not say: buckets belong to the account of whoever asks.
        owner = (question.resource.split(":") + [""] * 5)[4] or call.account
        context = {"aws:RequestedRegion": call.region, "aws:ResourceAccount": owner, **caller.context, **question.context}
        verdict = policy.decide(caller.documents, question.action, question.resource, context)
        grants = sorted(policy.grants(caller.documents, question.action, question.resource, context)) if verdict == "allow" else []
        found.append((question, verdict, grants))
    return found


def refusal(call, caller, question, verdict):
    """AWS's answer: (status, headers, body)."""
    why = "with an explicit deny in an identity-based policy" if verdict == "deny" else f"because no identity-based policy allows the {question.action} action"
    message = f"User: {caller.arn} is not authorized to perform: {question.action} on resource: {question.resource} {why}"
    status, code = 403, "AccessDenied"
    if question.refusal:
        status, code, message = question.refusal
    if call.service in ("cloudformation", "sts"):
        body = f'<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error><RequestId>1</RequestId></ErrorResponse>'
        return status, [("Content-Type", "text/xml")], body
    if call.service == "s3":
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(message)}</Message><RequestId>1</RequestId><HostId>1</HostId></Error>'
        return status, [("Content-Type", "application/xml")], "" if call.method == "HEAD" else body
    if call.service == "registry":
        return status, [("Content-Type", "application/json")], json.dumps({"errors": [{"code": "DENIED", "message": message}]})
    if call.service in ("cloudtrail", "ecr", "logs", "ssm"):
        body = json.dumps({"__type": "AccessDeniedException", "message": message, "Message": message})
        return 400, [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", "AccessDeniedException")], body
    return status, [("Content-Type", "application/json"), ("x-amzn-ErrorType", "AccessDeniedException")], json.dumps({"Message": message, "message": message})


# What moto lacks: answers that say nothing, in the form that the CLIs expect.
ANSWERS = {
    "cloudformation:DescribeEvents": "<DescribeEventsResponse><DescribeEventsResult><OperationEvents/></DescribeEventsResult></DescribeEventsResponse>",
    "cloudformation:UpdateTerminationProtection": "<UpdateTerminationProtectionResponse><UpdateTerminationProtectionResult/></UpdateTerminationProtectionResponse>",
    "cloudformation:CancelUpdateStack": "<CancelUpdateStackResponse/>",
    "cloudtrail:LookupEvents": '{"Events": []}',
}


class Gate:
    def __init__(self, documents, log):
        self.documents, self.log, self.lock = documents, log, threading.Lock()

    def note(self, **line):
        with self.lock:
            self.log.write(json.dumps(line) + "\n")
            self.log.flush()

    def pass_on(self, application, environ, start_response):
        host = registry.HOST.fullmatch(environ.get("HTTP_HOST", ""))
        if host:
            key, region, service = registry.key_of(environ), host[2], "registry"
            application = self.push(host)
        else:
            signed = KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
            key, region, service = signed.groups() if signed else (None, None, None)
        caller = Caller(key, self.documents) if key else None
        if caller is None and host:
            return self.answer(start_response, 401, [("Www-Authenticate", "Basic")], "no basic auth credentials")
        if caller is None or caller.administrator:
            return application(environ, start_response)
        call = self.read(environ, caller, region, service)
        noted = {"account": call.account, "caller": caller.arn}
        try:
            found = asked(caller, call)
        except (policy.Unknown, KeyError, ValueError, TypeError) as error:
            self.note(**noted, call=f"{call.service} {call.method} {call.path}", unknown=repr(error))
            return self.answer(start_response, 501, [("Content-Type", "text/plain")], f"the gate does not know this call: {error!r}")
        name = found[0][0].action if found else f"{call.service}: free"
        noted["call"] = name
        noted["questions"] = [{"action": q.action, "resource": q.resource, "verdict": v, "grants": g} for q, v, g in found]
        if call.service == "sts":
            statuses = []
            answer = application(environ, lambda status, *rest: (statuses.append(status), start_response(status, *rest))[1])
            answer = list(answer)
            self.note(**noted, **({} if statuses[0].startswith("200") else {"denied": name, "resource": found[0][0].resource}))
            return answer
        for question, verdict, _ in found:
            if verdict != "allow":
                self.note(**noted, denied=question.action, resource=question.resource)
                return self.answer(start_response, *refusal(call, caller, question, verdict))
        self.note(**noted)
        if name == "ecr:GetAuthorizationToken":
            body = json.dumps(registry.token(key, call.account, region))
            return self.answer(start_response, 200, [("Content-Type", "application/x-amz-json-1.1")], body)
        if name in ANSWERS:
            form = "application/x-amz-json-1.1" if ANSWERS[name].startswith("{") else "text/xml"
            return self.answer(start_response, 200, [("Content-Type", form)], ANSWERS[name])
        return application(environ, start_response)

    @staticmethod
    def push(host):
        """The registry of ECR, in place of moto."""

        def answer(environ, start_response):
            status, headers, body = registry.answer(environ, *host.groups())
            start_response(status, [*headers.items(), ("Content-Length", str(len(body)))])
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

        return answer

    @staticmethod
    def answer(start_response, status, headers, body):
        start_response(RESPONSES[status], [*headers, ("x-amzn-RequestId", "1"), ("Content-Length", str(len(body.encode())))])
        return [body.encode()]

    @staticmethod
    def read(environ, caller, region, service):
        query = dict(reversed(urllib.parse.parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)))
        body = b""
        if service in READ or "delete" in query:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(body)
        headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
        path = environ.get("RAW_URI", environ["PATH_INFO"]).split("?")[0]
        return questions.Call(service, region, caller.account, environ["REQUEST_METHOD"], environ.get("HTTP_HOST", ""), path, query, headers, body)


def install(documents):
    """Puts the gate before moto. `documents` gives the policy documents of a user or role of moto."""
    gate = Gate(documents, open(os.environ["GATE"], "a"))
    behind = werkzeug_app.DomainDispatcherApplication.__call__

    def ask_first(self, environ, start_response):
        return gate.pass_on(lambda e, s: behind(self, e, s), environ, start_response)

    werkzeug_app.DomainDispatcherApplication.__call__ = ask_first
