"""A Docker without containers, for the runs of the CLIs: what it builds is no image that runs, but it is pushed for real.

clis/bin/docker is the program, which Serverless and the CDK call. `Daemon` serves what SAM calls of Docker's API. Both keep the images
in a file in HOME. A push makes the requests that Docker's makes, to the registry of the stand-in (registry.py).
"""

import base64
import hashlib
import http.client
import json
import os
import re
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from loopback import Loopback

TYPE = "application/vnd.docker.{}+json"


class Failed(Exception):
    """What Docker would say, and end with 1."""


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Store:
    """The images and logins: `images` are layers by name, `logins` passwords by registry."""

    def __init__(self, home):
        self.file = Path(home) / ".images.json"
        self.images, self.logins = json.loads(self.file.read_text()) if self.file.exists() else ({}, {})

    def save(self):
        self.file.write_text(json.dumps([self.images, self.logins]))

    def build(self, name, layer):
        self.images[name] = layer
        self.save()

    def layer(self, name):
        if name not in self.images:
            raise Failed(f"Error: No such object: {name}")
        return self.images[name]

    def id(self, name):
        return digest_of(self.config(name))

    def config(self, name):
        layer = self.layer(name).encode()
        return json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]}}).encode()

    def push(self, name, password, stand_in):
        """The digest of what was pushed."""
        host, repository, tag = re.fullmatch(r"([^/]+)/(.+):([^:]+)", name).groups()
        registry = Registry(stand_in, host, password)
        layer, config = self.layer(name).encode(), self.config(name)
        for content in (layer, config):
            registry.upload(repository, content)
        parts = [{"mediaType": TYPE.format("container.image.v1"), "size": len(config), "digest": digest_of(config)}]
        parts += [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": len(layer), "digest": digest_of(layer)}]
        manifest = {"schemaVersion": 2, "mediaType": TYPE.format("distribution.manifest.v2"), "config": parts[0], "layers": parts[1:]}
        body = json.dumps(manifest).encode()
        registry.ask("HEAD", f"/v2/{repository}/manifests/{tag}", expected=(200, 404))
        registry.ask("PUT", f"/v2/{repository}/manifests/{tag}", body, {"Content-Type": manifest["mediaType"]}, (201,))
        return digest_of(body)


class Registry:
    """Version 2 of Docker's registry API, as the client that pushes."""

    def __init__(self, stand_in, host, password):
        self.address, self.host = urlsplit(stand_in).netloc, host
        self.signed = "Basic " + base64.b64encode(f"AWS:{password}".encode()).decode()

    def ask(self, method, path, body=b"", headers=None, expected=(200,)):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request(method, path, body, {"Host": self.host, "Authorization": self.signed, **(headers or {})})
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace")
        connection.close()
        if answer.status not in expected:
            raise Failed(f"denied: {said}" if answer.status == 403 else f"unexpected status {answer.status}: {said}")
        return answer

    def upload(self, repository, content):
        digest = digest_of(content)
        if self.ask("HEAD", f"/v2/{repository}/blobs/{digest}", expected=(200, 404)).status == 200:
            return
        place = self.ask("POST", f"/v2/{repository}/blobs/uploads/", expected=(202,)).headers["Location"]
        place = self.ask("PATCH", place, content, expected=(202,)).headers["Location"]
        self.ask("PUT", f"{place}?digest={digest}", expected=(201,))


# ------------------------------------------------------------------------------------------------ the program


def option(arguments, *names):
    return next((arguments[i + 1] for i, a in enumerate(arguments) if a in names), None)


def program(arguments):
    """`docker ARGUMENTS`, as far as the CLIs call it; what it writes."""
    store, command = Store(os.environ["HOME"]), arguments[0]
    if command == "--version":
        return "Docker version 0, without containers"
    if command == "build":
        where = Path(arguments[-1] if Path(arguments[-1]).is_dir() else ".")
        file = Path(option(arguments, "-f", "--file") or where / "Dockerfile")
        store.build(option(arguments, "-t", "--tag"), file.read_text())
        return ""
    if command == "tag":
        store.build(arguments[2], store.layer(arguments[1]))
        return ""
    if command == "inspect":
        return store.layer(arguments[1]) and "[]"
    if command == "login":
        password = option(arguments, "--password") or sys.stdin.read().strip()
        store.logins[re.sub("^https?://", "", arguments[-1])] = password
        store.save()
        return "Login Succeeded"
    if command == "push":
        host = arguments[1].split("/")[0]
        if host not in store.logins:
            raise Failed(f"no basic auth credentials for {host}")
        return f"{arguments[1].rpartition(':')[2]}: digest: {store.push(arguments[1], store.logins[host], os.environ['STAND_IN'])} size: 1"
    raise Failed(f"images.py does not know docker {arguments}")


def main():
    try:
        print(program(sys.argv[1:]))
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


# ------------------------------------------------------------------------------------------------ the daemon


class Daemon(Loopback):
    """Docker's API on the loopback address, as far as SAM calls it. `with Daemon(home, stand_in) as host:` is the DOCKER_HOST."""

    def __init__(self, home, stand_in):
        class Api(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.answer(*self.found())

            do_HEAD = do_POST = do_GET

            def found(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                url = urlsplit(self.path)
                path, query = re.sub(r"^/v[\d.]+", "", unquote(url.path)), {k: v[0] for k, v in parse_qs(url.query).items()}
                store = Store(home)
                if path == "/_ping":
                    return 200, "OK"
                if path == "/version":
                    return 200, {"ApiVersion": "1.44", "MinAPIVersion": "1.24", "Version": "0"}
                if path == "/auth":
                    return 200, {"Status": "Login Succeeded", "IdentityToken": "", "user": json.loads(body)["username"]}
                name, what = re.fullmatch("/images/(.+)/(json|tag|push)", path).groups()
                try:
                    if what == "json":
                        return 200, {"Id": store.id(name), "RepoTags": [name]}
                    if what == "tag":
                        names = {store.id(n): n for n in store.images} | {n: n for n in store.images}
                        store.build(f"{query['repo']}:{query['tag']}", store.layer(names[name]))
                        return 201, ""
                    password = json.loads(base64.urlsafe_b64decode(self.headers["X-Registry-Auth"]))["password"]
                    digest = store.push(f"{name}:{query['tag']}", password, stand_in)
                    return 200, {"status": f"{query['tag']}: digest: {digest} size: 1"}
                except Failed as failed:
                    return (200, {"error": str(failed), "errorDetail": {"message": str(failed)}}) if what == "push" else (404, {"message": str(failed)})

            def answer(self, status, said):
                body = (said if isinstance(said, str) else json.dumps(said) + "\r\n").encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Api-Version", "1.44")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

        super().__init__(stand_in, Api)

    def __enter__(self):
        super().__enter__()
        return f"tcp://{self.address}"
