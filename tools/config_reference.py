#!/usr/bin/env python3
"""Writes what operators read about configuration keys, from api/config.schema.json.

  docs/operate/configuration.md   the table behind "## Keys"
  deploy/man/atlas.yaml.5         the manual page

--check changes nothing and exits 1 if one of them is not what would be written.
"""

import argparse
import json
import sys
from pathlib import Path

SCHEMA = Path("api/config.schema.json")
DOCUMENT = Path("docs/operate/configuration.md")
MANUAL = Path("deploy/man/atlas.yaml.5")
HEADING = "## Keys\n"
# What a reload cannot change; atlasd says so when it is tried. A test compares this with the server.
NEEDS_RESTART = ("server.user", "server.group", "server.workers", "server.zone-loaders", "server.pid-file", "paths.state",
                 "control", "metrics.listen", "dnstap", "rate-limit.table-size")  # fmt: skip


def keys(node, prefix=""):
    """(path, description, default or None, choices) of every key, sections included, in the schema's order."""
    for name, value in node.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path, value.get("description", ""), value.get("default"), value.get("enum", [])
        yield from keys(value, path + ".")


def needs_restart(path):
    return any(path == key or path.startswith(key + ".") for key in NEEDS_RESTART)


def shown(default):
    if default is None or default == "":
        return "" if default is None else "empty"
    if isinstance(default, bool):
        return str(default).lower()
    return ", ".join(map(str, default)) or "empty" if isinstance(default, list) else str(default)


def table(schema):
    lines = [HEADING, "Those marked ↻ need a restart; a reload applies all others.\n", "| key | default | what it does |", "|---|---|---|"]
    for path, about, default, choices in keys(schema):
        mark = " ↻" if needs_restart(path) else ""
        about += f" One of: {', '.join(choices)}." if choices else ""
        value = f"`{shown(default)}`" if shown(default) else ""
        lines.append(f"| `{path}`{mark} | {value} | {about} |".replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def escaped(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def manual(schema):
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
        lines += [".TP", f".B {escaped(path)}{' *' if needs_restart(path) else ''}", escaped(about)]
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


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--check", action="store_true", help="change nothing, exit 1 if something would change")
    check = options.parse_args().check
    root = Path(__file__).resolve().parent.parent
    schema = json.loads((root / SCHEMA).read_text())
    head = (root / DOCUMENT).read_text().split(HEADING)[0]
    stale = False
    for path, text in ((DOCUMENT, head + table(schema)), (MANUAL, manual(schema))):
        present = (root / path).read_text() if (root / path).exists() else ""
        if present == text:
            continue
        stale = True
        if check:
            print(f"{path}:1: is not what tools/config_reference.py writes")
        else:
            (root / path).write_text(text)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
