#!/usr/bin/env python3
"""Writes what operators read about configuration keys, from api/config.schema.json.

  docs/operate/configuration.md   the table behind "## Keys"
  deploy/man/atlas.yaml.5         the manual page

tools/check_documents.py refuses them where they are not what this writes.
"""

import json
import re
from pathlib import Path

SCHEMA = Path("api/config.schema.json")
DOCUMENT = Path("docs/operate/configuration.md")
MANUAL = Path("deploy/man/atlas.yaml.5")
HEADING = "## Keys\n"
# Where the server compares what a reload cannot change.
RESTARTS = Path("atlas/control/config/effective.cc")


def entries(node):
    """What the entries of a list are, where they are mappings whose keys are described."""
    items = node.get("items", {})
    for choice in items.get("oneOf", [items]):
        described = {name: value for name, value in choice.get("properties", {}).items() if "description" in value}
        if described:
            return {"properties": described}
    return {}


def keys(node, prefix=""):
    """(path, description, default or None, choices) of every key, sections included, in the schema's order."""
    for name, value in node.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path, value.get("description", ""), value.get("default"), value.get("enum", [])
        if not prefix.endswith("[]."):
            yield from keys(value, path + ".")
            yield from keys(entries(value), path + "[].")


def needs_restart(path, fixed):
    return any(path == key or path.startswith(key + ".") for key in fixed)


def shown(default):
    if default is None or default == "":
        return "" if default is None else "empty"
    if isinstance(default, bool):
        return str(default).lower()
    return ", ".join(map(str, default)) or "empty" if isinstance(default, list) else str(default)


def table(schema, fixed):
    lines = [HEADING, "Those marked ↻ need a restart; a reload applies all others.\n", "| key | default | what it does |", "|---|---|---|"]
    for path, about, default, choices in keys(schema):
        mark = " ↻" if needs_restart(path, fixed) else ""
        about += f" One of: {', '.join(choices)}." if choices else ""
        value = f"`{shown(default)}`" if shown(default) else ""
        lines.append(f"| `{path}`{mark} | {value} | {about} |".replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def escaped(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def manual(schema, fixed):
    lines = [
        '.\\" Written by tools/config_reference.py from api/config.schema.json.',
        '.TH ATLAS.YAML 5 "" "Atlas" "File formats"',
        ".SH NAME",
        "atlas.yaml \\- configuration of the DNS server atlasd",
        ".SH SYNOPSIS",
        ".I /etc/atlas/atlas.yaml",
        ".SH DESCRIPTION",
        "A YAML 1.2 document whose first key is",
        ".BR config ,",
        "the version of this format.",
        "A key that is not listed here, a key set twice and a value out of range are errors, which name line and column;",
        "with an error nothing is changed.",
        ".PP",
        "Durations have a unit: ms, s, m, h, d, w, as in 1h30m.",
        "Sizes have one as well: B, KiB, MiB, GiB.",
        "Relative paths count from the folder of the file that names them.",
        "A secret is never written here but named by its file.",
        ".SH KEYS",
        "Those marked with a star need a restart; a reload applies all others.",
    ]
    for path, about, default, choices in keys(schema):
        lines += [".TP", f".B {escaped(path)}{' *' if needs_restart(path, fixed) else ''}", escaped(about)]
        if choices:
            lines.append(f"One of {escaped(', '.join(choices))}.")
        if shown(default):
            lines.append(f"Default: {escaped(shown(default))}.")
    lines += [
        ".SH EXAMPLE",
        ".EX",
        "config: 1",
        "server: {id: ns1.example.org, user: atlas}",
        'listen: ["0.0.0.0:53", "[::]:53"]',
        'metrics: {listen: ["127.0.0.1:9530"]}',
        "include: zones.d/*.yaml",
        "zones:",
        "  \\- example.org",
        "  \\- {zone: example.net, file: /srv/zones/example.net}",
        ".EE",
        ".SH SEE ALSO",
        ".BR atlasd (8),",
        ".BR atlasctl (1)",
    ]
    return "\n".join(lines) + "\n"


def references(root):
    """What each file has to hold, by path."""
    schema = json.loads((root / SCHEMA).read_text())
    fixed = re.findall(r'\bcompare\("([a-z.-]+)"', (root / RESTARTS).read_text())
    if not fixed:
        raise ValueError(f"{RESTARTS} compares no keys")
    head = (root / DOCUMENT).read_text().split(HEADING)[0]
    return {DOCUMENT: head + table(schema, fixed), MANUAL: manual(schema, fixed)}


def main():
    root = Path(__file__).resolve().parent.parent
    for path, text in references(root).items():
        (root / path).write_text(text)


if __name__ == "__main__":
    main()
