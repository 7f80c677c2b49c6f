"""The schema of `deploy-roles schema` against templates, by a validator that is not ours (jsonschema).

    schema.py BINARY

* Every template that the tool accepts is valid: those of tests/golden, tests/corpus and org/, and the macros of
  the pages in docs/.
* Of every template of tests/golden that the tool refuses, the schema refuses the same lines, if a schema can know:
  KNOWABLE has the rules of which it can.

A template is read as an editor reads it: YAML 1.2, each tagged value without its tag, merge keys applied.
Exit 0 all is as it should be, 1 something is not, 2 it cannot run.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
LEAST_ACCEPTED = 300
LEAST_REFUSED_LINES = 170

# Templates of the corpus that hold a macro which the tool refuses, or text that is not YAML; see tests/corpus.rs.
REFUSED = ["01-unknown-tag-mapping", "01-unknown-tag-scalar", "01-unknown-tag-sequence", "e14", "28-tabs", "30-multidoc"]

# The codes of problems that a schema can know, each with the messages about which it cannot, and why.
TAGS = "an editor shows a value without its tag, and has its own list of tags"
ELSEWHERE = "another key decides"
TEXT = "the forms of these texts are the CI system's, IAM's, or OrgFormation's"
KNOWABLE = {
    "unknown-argument": {
        "names the stage": "the stages are the keys of `Targets`",
        "^unknown argument `Partials`": "a macro that merges the mapping of the defaults has it as well",
    },
    "unknown-service": {},
    "unknown-option": {},
    "unknown-framework": {},
    "unknown-trust": {},
    "unknown-account": {},
    "unknown-organizational-unit": {},
    "missing-argument": {
        "`ToolsAccount` is missing": ELSEWHERE,
        "has nothing for the stage": "the stages are the keys of `Targets`",
        "has no `(Branches|Environments|Origin)`": ELSEWHERE,
    },
    "wrong-type": {
        "expected `!Ref` of an account, found (text|a tagged value)": TAGS,
        "expected the ARN of a principal, found a mapping": TAGS,
    },
    "invalid-app-id": {"would take over names that others share": "the list of these names is the tool's"},
    "invalid-logical-id": {
        "and not in": "it compares a key with its value",
        "`1e3`": "YAML reads the text as a number when it is written again",
        "nothing is left of": "it compares lines with what is created",
    },
    "invalid-value": {
        "OrgFormation reads `.*` as a number": "the number is read already",
        "is a macro, and OrgFormation finds no resource": "of another resource",
        "does not know the tag": TAGS,
        "is not valid as": TEXT,
        "cannot be one of": TEXT,
        "the audience": TEXT,
        "principal|!Sub": TEXT,
        "IAM does not allow": TEXT,
        "(listed|given) twice": "it compares items by their names",
        "which is not an account": "the query is not run",
        "has no effect next to|stands next to|of another partition|for gitlab.com only": ELSEWHERE,
    },
    "name-too-long": {"logical ids that begin with": "it depends on the names of accounts"},
}


class Reader(yaml.SafeLoader):
    """YAML 1.2: what YAML 1.1 takes for a boolean or a date is text."""


Reader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
    ("merge", r"^<<$", ["<"]),
]:
    Reader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)


class Document:
    """The data of a text, and the line of each value and each key in it, by its path."""

    def __init__(self, text):
        self.values, self.keys = {}, {}
        # PyYAML takes a tab behind a tag for a part of the tag.
        root = yaml.compose(text.removeprefix("\ufeff").replace("\t", " "), Loader=Reader)
        self.data = self.convert(root, ())

    def convert(self, node, path):
        self.values.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            kind = node.tag.rpartition(":")[2]
            convert = {"null": lambda _: None, "bool": lambda text: text.lower() == "true", "int": int, "float": float}
            return convert.get(kind, str)(node.value)
        if isinstance(node, yaml.SequenceNode):
            return [self.convert(item, (*path, at)) for at, item in enumerate(node.value)]
        data, merged = {}, []
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
                continue
            self.keys[(*path, key.value)] = key.start_mark.line + 1
            data[key.value] = self.convert(value, (*path, key.value))
        for source in merged:
            for key, value in self.merged(source).items():
                if key.value not in data:
                    self.keys[(*path, key.value)] = key.start_mark.line + 1
                    data[key.value] = self.convert(value, (*path, key.value))
        return data

    def merged(self, node):
        found = {}
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.tag == "tag:yaml.org,2002:merge":
                    for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                        found = {**self.merged(source), **found}
                else:
                    found[key] = value
        return found

    def lines(self, error):
        """The lines that an error of the validator, or what it consists of, is about."""
        path = tuple(error.absolute_path)
        lines = {self.values.get(path), self.keys.get(path)}
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            known = error.schema.get("properties", {})
            lines = {self.keys.get((*path, key)) for key in error.instance if key not in known}
        if error.parent is not None and error.parent.validator == "propertyNames" or isinstance(error.instance, str):
            lines.add(self.keys.get((*path, error.instance)))
        for inner in error.context:
            lines |= self.lines(inner)
        return lines - {None}


def schema_of(binary, folder, arguments):
    run = subprocess.run([binary, "schema", *arguments], cwd=folder, capture_output=True, encoding="utf-8")
    return json.loads(run.stdout) if run.returncode == 0 else None


def validator(schema):
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


class Golden:
    """A case of tests/golden."""

    def __init__(self, folder):
        self.folder = folder
        self.template = folder / "input.src.yml"
        self.is_accepted = (folder / "expected.yml").exists()
        args = folder / "args"
        self.arguments = ["input.src.yml", *(args.read_text().split() if args.exists() else [])]
        flag = folder / "organization-flag"
        if flag.exists():
            self.arguments += ["--organization", flag.read_text().strip()]

    def problems(self):
        """Code, message, and line of each error that the tool finds in the template."""
        said = (self.folder / "expected.stderr").read_text(encoding="utf-8")
        found = re.finditer(r"^error\[([a-z-]+)\]: (.*)\n *--> input\.src\.yml:(\d+):", said, re.M)
        return [(code, message, int(line)) for code, message, line in (match.groups() for match in found)]


def cases():
    return [Golden(folder) for folder in sorted(GOLDEN.iterdir()) if (folder / "input.src.yml").exists()]


def accepted_templates(binary):
    """The template, its schema, and its name."""
    for case in cases():
        if case.is_accepted:
            yield case.folder.name, case.template.read_text(encoding="utf-8"), schema_of(binary, case.folder, case.arguments)
    with tempfile.TemporaryDirectory() as empty:
        schema = schema_of(binary, empty, [])
    for template in sorted((ROOT / "tests" / "corpus").rglob("*.yml")):
        if template.stem not in REFUSED:
            yield template.name, template.read_text(encoding="utf-8"), schema
    for template in sorted((ROOT / "org").glob("*.src.yml")):
        yield template.name, template.read_text(encoding="utf-8"), schema_of(binary, ROOT, [])
    yield from pages(binary)


def pages(binary):
    """The macros of the pages, which name accounts that no organization has."""
    with tempfile.TemporaryDirectory() as empty:
        schema = schema_of(binary, empty, [])
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if page.parent.name == "rules":
            continue
        for at, block in enumerate(re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)):
            if "!DeployRoles" in block:
                text = block if re.search(r"^(Resources|Definitions):", block, re.M) else "Resources:\n" + re.sub("^", "  ", block, flags=re.M)
                yield f"{page.relative_to(ROOT)}, block {at + 1}", text, schema


def check_accepted(binary):
    count, wrong = 0, []
    for name, text, schema in accepted_templates(binary):
        count += 1
        for error in validator(schema).iter_errors(Document(text).data):
            wrong.append(f"{name}: the schema refuses /{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    if count < LEAST_ACCEPTED:
        wrong.append(f"only {count} of at least {LEAST_ACCEPTED} templates that the tool accepts")
    return count, wrong


def check_refused(binary):
    count, wrong, used = 0, [], set()
    for case in cases():
        if case.is_accepted:
            continue
        problems = [problem for problem in case.problems() if problem[0] in KNOWABLE]
        schema = problems and schema_of(binary, case.folder, case.arguments)
        if not schema:
            continue
        try:
            document = Document(case.template.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeError, RecursionError):
            continue
        lines = set()
        for error in validator(schema).iter_errors(document.data):
            lines |= document.lines(error)
        for code, message, line in problems:
            reason = next((pattern for pattern in KNOWABLE[code] if re.search(pattern, message)), None)
            if reason:
                used.add((code, reason))
            elif line in lines:
                count += 1
            else:
                wrong.append(f"{case.folder.name}:{line}: the schema does not know {code}: {message}")
    if count < LEAST_REFUSED_LINES:
        wrong.append(f"only {count} of at least {LEAST_REFUSED_LINES} problems that the schema knows")
    for code, reasons in KNOWABLE.items():
        wrong += [f"no case needs the reason {reason!r} of {code}" for reason in reasons if (code, reason) not in used]
    return count, wrong


def main(binary):
    binary = str(Path(binary).resolve())
    accepted, wrong = check_accepted(binary)
    refused, more = check_refused(binary)
    for line in wrong + more:
        print(f"FAIL {line}")
    if wrong or more:
        return 1
    print(f"ok   schema: {accepted} templates are valid, and {refused} problems of others are found")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1]))
