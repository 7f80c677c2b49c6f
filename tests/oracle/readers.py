"""Do all readers of a generated corpus read the same data?

    readers.py [--count N] [--figures FILE] PROGRAM

PROGRAM is the example `corpus` of this crate. Of each of N templates with random macro arguments:

* js-yaml (as OrgFormation sets it up, YAML 1.2), PyYAML (YAML 1.1) and the tool's own reader read the expansion as the same
  data, types and all. PyYAML is its libyaml; every 20th text is read by the one in Python, too;
* js-yaml and the tool's own reader read the macro's arguments as the same data. (PyYAML would not: in what an author
  writes, a plain `yes` is true for YAML 1.1. In what the tool writes nothing of the kind stands plain.)

Exit 0 all the same, 1 they differ, 2 it cannot run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from check import HERE, Loader, differences, plain, read_python_text

BATCH = 1000


if yaml.__with_libyaml__:

    class FastLoader(yaml.CSafeLoader):
        """The other PyYAML."""

    FastLoader.yaml_constructors = Loader.yaml_constructors
    FastLoader.yaml_multi_constructors = Loader.yaml_multi_constructors
else:
    FastLoader = Loader


def compare(batch, first):
    """What differs in these lines of `corpus`."""
    documents = [json.loads(line) for line in batch]
    with tempfile.TemporaryFile() as texts:
        for document in documents:
            for key in ("source", "text"):
                texts.write((json.dumps(document[key]) + "\n").encode())
        texts.seek(0)
        node = subprocess.Popen([os.environ.get("NODE", "node"), str(HERE / "orgformation.js"), "--texts"], stdin=texts, stdout=subprocess.PIPE)
    findings = []
    for number, document in enumerate(documents, first):
        if "!Include" in document["text"]:
            findings.append((number, document, "OrgFormation would find an include in the expansion"))
        ours = {key: document[key] for key in ("data", "source_data")}
        for key, value in ours.items():
            if "Err" in value:
                findings.append((number, document, f"our reader refuses {key}: {value['Err']}"))
        for key, mine in (("source", "source_data"), ("text", "data")):
            read = json.loads(node.stdout.readline() or '{"dataError": "no answer"}')
            if "dataError" in read:
                findings.append((number, document, f"js-yaml refuses the {key}: {read['dataError']}"))
                continue
            js, own = plain(read["data"]), plain(ours[mine].get("Ok"))
            findings += [(number, document, f"{key}: {d.replace('PyYAML', 'our reader')}") for d in differences(js, own)]
            if key == "source":
                continue
            for loader in [FastLoader] + [Loader] * (number % 20 == 0):
                python, refused = read_python_text(document[key], loader)
                if refused:
                    findings.append((number, document, f"PyYAML refuses the {key}: {refused}"))
                else:
                    findings += [(number, document, f"{key}: {d}") for d in differences(js, python)]
    node.stdout.close()
    node.wait()
    return findings


def work(program, count, seed):
    """One program's templates, read as they come; (how many, what differs, what the program said)."""
    made = subprocess.Popen([program, str(count), str(seed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    findings, seen, batch = [], 0, []
    for line in made.stdout:
        batch.append(line)
        if len(batch) == BATCH:
            findings += compare(batch, seen)
            seen, batch = seen + len(batch), []
    if batch:
        findings += compare(batch, seen)
    said = made.stderr.read().decode().strip()
    if made.wait() != 0:
        findings.append((0, {}, f"{program} ended with {made.returncode}: {said}"))
    return seen + len(batch), findings, said


def child(program, count, seed):
    """As `work`, in a process of its own: this one's interpreter would keep both to one processor."""
    command = [sys.executable, "-B", __file__, "--seed", str(seed), "--count", str(count), program]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return ran.returncode, ran.stdout


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, help="only the templates of this seed, and as JSON")
    parser.add_argument("--figures", type=Path)
    parser.add_argument("program")
    options = parser.parse_args()
    if options.seed is not None:
        count, findings, said = work(options.program, options.count, options.seed)
        shown = [[number, document.get("source", ""), text] for number, document, text in findings[:5]]
        print(json.dumps({"count": count, "differ": len(findings), "shown": shown, "said": said}))
        return 0
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        half = (options.count + 1) // 2
        results = list(pool.map(lambda seed: child(options.program, half, seed), (7, 8)))
    count = differ = 0
    for code, text in results:
        if code != 0:
            print(f"readers.py: ended with {code}", file=sys.stderr)
            return 2
        result = json.loads(text)
        count, differ = count + result["count"], differ + result["differ"]
        for number, source, what in result["shown"]:
            print(f"FAIL template {number}: {what[:600]}\n{source[:1500]}")
        print(result["said"])
    print(f"{count} templates read alike by three readers in {time.monotonic() - began:.0f} s" if not differ else f"{differ} differences")
    if count < options.count:
        print(f"readers.py: only {count} of {options.count} templates were made", file=sys.stderr)
        return 2
    if options.figures and not differ:
        options.figures.parent.mkdir(parents=True, exist_ok=True)
        refused = sum(int(json.loads(text)["said"].split(", ")[1].split()[0]) for _, text in results)
        options.figures.write_text(json.dumps({"documents": count, "refused": refused, "readers": 3}, indent=1) + "\n")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
