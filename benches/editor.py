"""An editor that speaks to `deploy-roles lsp`, to measure how long an answer takes: see benches/README.md."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path


class Editor:
    """A language server with one open template."""

    def __init__(self, program, folder, template):
        self.folder, self.uri = folder, (folder / template).as_uri()
        self.server = subprocess.Popen(
            [program, "lsp"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.number = 0
        self.version = 1
        self.text = (folder / template).read_text()
        self.request("initialize", {"capabilities": {}})
        self.send({"method": "initialized", "params": {}})
        document = {"uri": self.uri, "languageId": "yaml", "version": 1, "text": self.text}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        # After that, nothing is compared in the background.
        self.request("textDocument/codeLens", {"textDocument": {"uri": self.uri}})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.server.stdin.flush()

    def receive(self):
        length = 0
        while (line := self.server.stdout.readline().strip()) != b"":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if length == 0:
            raise OSError("the language server ended")
        return json.loads(self.server.stdout.read(length))

    def request(self, method, params):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        while (answer := self.receive()).get("id") != self.number or "method" in answer:
            pass
        if "error" in answer:
            raise OSError(f"{method}: {answer['error']}")
        return answer["result"]

    def change(self, text):
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        self.send({"method": "textDocument/didChange", "params": {"textDocument": document, "contentChanges": [{"text": text}]}})

    def answer(self, text, method, at):
        """Types `text`, and asks for `method` at the byte `at`: how long the answer takes, and how long the server works for it."""
        before = text[:at]
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        where = {"textDocument": {"uri": self.uri}, "position": position}
        worked, begin = self.worked(), time.perf_counter()
        self.change(text)
        self.request(f"textDocument/{method}", where)
        wall = time.perf_counter() - begin
        # Completion does not wait for what else is found in the text, but the next key does.
        if method == "completion":
            self.request("textDocument/hover", where)
        return wall, self.worked() - worked

    def worked(self):
        """How long the thread that answers has worked, in seconds; 0 if the system does not say."""
        path = Path(f"/proc/{self.server.pid}/schedstat")
        return int(path.read_text().split()[0]) / 1e9 if path.exists() else 0.0

    def stop(self):
        """Ends the server. The most memory that it had, in bytes."""
        self.request("shutdown", None)
        status = Path(f"/proc/{self.server.pid}/status")
        peak = None
        if status.exists():
            line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
            peak = int(line.split()[1]) * 1024
        self.send({"method": "exit"})
        self.server.wait()
        if peak is None:
            unit = 1 if sys.platform == "darwin" else 1024
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
        return peak


# What is typed after the line of the `AppId`, and what an editor has put after the cursor: the text is YAML after each key, some of
# them with errors and some without.
TYPED = (
    ("-app1", ""),
    ("\n    Services: [lambda, sqs, dynamodb", "]"),
    ("\n    Tags: { team: search", " }"),
    ("\n    MaxSessionDuration: 7200", ""),
    ("\n    Boundary: DevAccount", ""),
)


def typing(editor, line, count):
    """`count` answers to keys, half of them completions and half of them hovers."""
    at = editor.text.index(line) + len(line)
    before, after = editor.text[:at], editor.text[at:]
    measured = []
    while True:
        for typed, closed in TYPED:
            for length in range(1, len(typed) + 1):
                begun = before + typed[:length]
                method = ("completion", "hover")[len(measured) % 2]
                wall, worked = editor.answer(begun + closed + after, method, len(begun))
                measured.append((wall, worked))
                if len(measured) == count:
                    return measured
