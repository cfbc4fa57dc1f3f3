#!/usr/bin/env python3
"""Refuses documents that the code has left behind.

  stages   docs/life-of-a-query.md has one "## `stage`" heading for each stage that Pipeline::respond in
           atlas/data/pipeline.cc calls, in that order; the comment in pipeline.h names the same
  modules  the table in docs/architecture.md has every module with exactly the edges of its CMakeLists.txt
  paths    a path in backticks that begins with one of the repository's folders exists, and so does what a link
           inside the repository points to
  adr      docs/adr/README.md links every record
  metrics  docs/operate/logs-and-metrics.md describes exactly the metrics that are exposed
  keys     the configuration's reference and manual page are what tools/config_reference.py writes
  figures  docs/performance.md and its picture are what tools/performance_document.py writes
  manual   deploy/man/atlasctl.1 describes every command of atlasctl

Prints `file:line: what is wrong` and exits 1 if there is anything.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import config_reference  # noqa: E402
import performance_document  # noqa: E402
from check_modules import files, modules_in_order  # noqa: E402

PIPELINE = Path("atlas/data/pipeline.cc")
LIFE = Path("docs/life-of-a-query.md")
ARCHITECTURE = Path("docs/architecture.md")
DECISIONS = Path("docs/adr/README.md")
EXPOSITION = Path("atlas/telemetry/metrics/exposition.cc")
METRICS = Path("docs/operate/logs-and-metrics.md")
COMMANDS = Path("atlas/app/atlasctl/command_line.cc")
MANUAL = Path("deploy/man/atlasctl.1")
FOLDERS = ("atlas", "api", "tests", "fuzz", "bench", "docs", "cmake", "tools", "deploy", ".ci")
PATH_IN_TEXT = re.compile(r"`((?:%s)/[\w./-]*)`" % "|".join(map(re.escape, FOLDERS)))
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def called_stages(source: str) -> list[str]:
    body = re.search(r"size_t Pipeline::respond\(.*?\n}\n", source, re.DOTALL)
    return re.findall(r"\b([a-z_]+)\(exchange[,)]", body.group(0)) if body else []


def check_stages(root: Path) -> list[str]:
    called = called_stages((root / PIPELINE).read_text())
    header = (root / PIPELINE.with_suffix(".h")).read_text()
    drawn = re.search(r"^//\s+(\w+(?: → \w+)+)$", header, re.MULTILINE)
    described = re.findall(r"^## `(\w+)`", (root / LIFE).read_text(), re.MULTILINE)
    found = []
    if not called:
        found.append(f"{PIPELINE}:1: Pipeline::respond calls no stage")
    if drawn is None or drawn.group(1).split(" → ") != called:
        found.append(f"{PIPELINE.with_suffix('.h')}:1: the stages in the comment are not {called}")
    if described != called:
        found.append(f"{LIFE}:1: has headings for {described}, but the code calls {called}")
    return found


def check_modules(root: Path) -> list[str]:
    rows = {}
    for number, line in enumerate((root / ARCHITECTURE).read_text().splitlines(), 1):
        if row := re.match(r"\| `(\w+)` \|.*\| ([\w, –-]*) \|$", line):
            rows[row.group(1)] = (number, set(re.findall(r"\w+", row.group(2))))
    found = []
    modules = modules_in_order(root)
    for name, module in modules.items():
        if name not in rows:
            found.append(f"{ARCHITECTURE}:1: has no row for the module '{name}'")
        elif rows[name][1] != set(module.depends):
            found.append(f"{ARCHITECTURE}:{rows[name][0]}: '{name}' uses {', '.join(module.depends) or 'nothing'}")
    for name in rows.keys() - modules.keys():
        found.append(f"{ARCHITECTURE}:{rows[name][0]}: '{name}' is no module")
    return found


def check_paths(root: Path) -> list[str]:
    found = []
    for path in files(root):
        if path.suffix != ".md":
            continue
        for number, line in enumerate((root / path).read_text().splitlines(), 1):
            for name in PATH_IN_TEXT.findall(line):
                if not (root / name).exists():
                    found.append(f"{path}:{number}: there is no '{name}'")
            for target in LINK.findall(line):
                if not re.match(r"[a-z]+:", target) and not (root / path.parent / target).exists():
                    found.append(f"{path}:{number}: the link to '{target}' leads nowhere")
    return found


def check_decisions(root: Path) -> list[str]:
    index = (root / DECISIONS).read_text()
    records = sorted(path.name for path in (root / DECISIONS.parent).glob("[0-9]*.md"))
    return [f"{DECISIONS}:1: does not link {name}" for name in records if f"]({name})" not in index]


def check_metrics(root: Path) -> list[str]:
    exposed = set(re.findall(r'out\.(?:counter|gauge)\("(atlas_\w+)"', (root / EXPOSITION).read_text()))
    described = set(re.findall(r"^\| `(atlas_\w+)` \|", (root / METRICS).read_text(), re.MULTILINE))
    return [f"{METRICS}:1: does not describe {name}" for name in sorted(exposed - described)] + [
        f"{METRICS}:1: describes {name}, which is not exposed" for name in sorted(described - exposed)
    ]


def check_written(root: Path) -> list[str]:
    return [
        f"{path}:1: is not what tools/{writer.__name__}.py writes"
        for writer in (config_reference, performance_document)
        for path, text in writer.references(root).items()
        if not (root / path).exists() or (root / path).read_text() != text
    ]


def check_manual(root: Path) -> list[str]:
    commands = re.findall(r'^    \{"([a-z-]+)", "', (root / COMMANDS).read_text(), re.MULTILINE)
    manual = (root / MANUAL).read_text().replace("\\-", "-")
    return [f"{MANUAL}:1: does not describe {name}" for name in commands if not re.search(rf"^\.BR?I? {name}\b", manual, re.MULTILINE)]


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    found = check_stages(root) + check_modules(root) + check_paths(root) + check_decisions(root)
    found += check_metrics(root) + check_written(root) + check_manual(root)
    print("\n".join(found) if found else "documents: nothing to object to")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
