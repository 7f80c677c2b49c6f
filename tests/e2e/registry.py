"""The registry of ECR, for the stand-in: what `docker push` talks to. moto has ECR's API, and not this.

    ACCOUNT.dkr.ecr.REGION.amazonaws.com, version 2 of Docker's registry API, over HTTP

Whoever calls signs in with what GetAuthorizationToken gave: here that is the caller's access key, so that the gate can ask the
caller's policies. questions.py says which action of ECR each request is. An image that is complete goes to moto.
"""

import base64
import json
import re
import uuid
from urllib.parse import parse_qs

from images import digest_of
from moto.ecr.models import ecr_backends

HOST = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com")
blobs, uploads = {}, {}


def key_of(environ):
    """The access key that a request to the registry is signed in with, or None."""
    basic = re.fullmatch("Basic (.+)", environ.get("HTTP_AUTHORIZATION", ""))
    return base64.b64decode(basic[1]).decode().partition(":")[2] if basic else None


def token(key, account, region):
    """The answer of GetAuthorizationToken."""
    given = base64.b64encode(f"AWS:{key}".encode()).decode()
    return {"authorizationData": [{"authorizationToken": given, "expiresAt": 4102444800, "proxyEndpoint": f"https://{account}.dkr.ecr.{region}.amazonaws.com"}]}


def error(status, code, message):
    return status, {"Content-Type": "application/json"}, json.dumps({"errors": [{"code": code, "message": message}]}).encode()


def blob(there, method, repository, what, body):
    """Of layers and configurations, and their uploads."""
    place = f"/v2/{repository}/blobs/uploads/"
    if what in there:
        return "200 OK", {"Docker-Content-Digest": what}, there[what]
    if method == "POST":
        number = str(uuid.uuid4())
        uploads[number] = b""
        return "202 Accepted", {"Location": place + number}, b""
    number, _, query = what.removeprefix("uploads/").partition("?")
    if number not in uploads:
        return error("404 Not Found", "BLOB_UNKNOWN", what)
    uploads[number] += body
    if method == "PATCH":
        return "202 Accepted", {"Location": place + number}, b""
    content, wanted = uploads.pop(number), parse_qs(query)["digest"][0]
    if digest_of(content) != wanted:
        return error("400 Bad Request", "DIGEST_INVALID", wanted)
    there[wanted] = content
    return "201 Created", {"Docker-Content-Digest": wanted}, b""


def manifest(backend, there, method, repository, tag, body):
    if method != "PUT":
        found = [i for i in backend.repositories[repository].images if tag in (*i.image_tags, i.get_image_digest())]
        content = found[0].image_manifest.encode() if found else b""
        return ("200 OK", {"Docker-Content-Digest": digest_of(content)}, content) if found else error("404 Not Found", "MANIFEST_UNKNOWN", tag)
    said = json.loads(body)
    missing = [part["digest"] for part in (said["config"], *said["layers"]) if part["digest"] not in there]
    if missing:
        return error("400 Bad Request", "BLOB_UNKNOWN", str(missing))
    # Once more is no error here, as it is in ECR's API.
    if not any(tag in i.image_tags and i.image_manifest == body.decode() for i in backend.repositories[repository].images):
        backend.put_image(repository, body.decode(), tag, digest=digest_of(body))
    return "201 Created", {"Docker-Content-Digest": digest_of(body)}, b""


def answer(environ, account, region):
    """(status, headers, body) of a request that is allowed."""
    method, path, query = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    repository, kind, what = re.fullmatch(r"/v2/(.+?)/(blobs|manifests)/(.*)", path).groups()
    backend = ecr_backends[account][region]
    if repository not in backend.repositories:
        return error("404 Not Found", "NAME_UNKNOWN", f"The repository with name '{repository}' does not exist")
    there = blobs.setdefault((account, region, repository), {})
    if kind == "blobs":
        return blob(there, method, repository, what + ("?" + query if query else ""), body)
    return manifest(backend, there, method, repository, what, body)
