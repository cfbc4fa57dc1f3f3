#!/usr/bin/env python3
"""Refuses what the layout of the code forbids, file by file.

  edges       a module includes only itself and the modules that its CMakeLists.txt names in DEPENDS;
              the planes (data, control, telemetry) never name each other
  layers      DEPENDS points only to modules that atlas/CMakeLists.txt adds earlier
  headers     no heavy header in a .h file; every .h begins with #pragma once
  openssl     only crypto and tls include OpenSSL
  gnutls      only quic includes GnuTLS and ngtcp2
  exceptions  throw, try and catch only in .cc files of modules that wrap third-party libraries
  folders     no folder is named common, utils, core or lib
  length      no file is longer than 900 lines
  words       nothing that belongs to a private workplace; no leftover markers

Prints `file:line: what is wrong` and exits 1 if there is anything.
"""

import re
import subprocess
import sys
from pathlib import Path

PLANES = {"data", "control", "telemetry"}
MODULES_WITH_ADAPTERS = {"control", "telemetry", "http", "app"}
MODULES_WITH_OPENSSL = {"crypto", "tls"}
MODULES_WITH_GNUTLS = {"quic"}
FOLDERS_REFUSED = {"common", "util", "utils", "core", "lib", "misc", "helpers"}
LINES_MAX = 900
# Costly to parse, or a library whose types must not reach the modules behind.
HEAVY = re.compile(
    r"^(regex|iostream|fstream|sstream|iomanip|future|"
    r"(boost|spdlog|yaml-cpp|prometheus|nlohmann|CLI|fmt|google/protobuf|openssl|gnutls|ngtcp2|fstrm|nghttp2|nghttp3)(/.*|\.h))$"
)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
COMMENT_OR_LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|R"\(.*?\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
EXCEPTION = re.compile(r"\b(throw|catch|try)\b")
# In every text file. Pieces are joined so that this file does not refuse itself.
WORDS = re.compile(
    "|".join(
        ["TO" + "DO", "FIX" + "ME", r"\bX" + r"XX\b", "NOC" + "OMMIT"]
        + ["/wo" + "rk/", r"\bDESIGN" + r"\.md\b", r"deb\.deb" + r"ian\.org"]
    )
)
TEXT_SUFFIXES = {".h", ".cc", ".inc", ".py", ".md", ".txt", ".cmake", ".json", ".yaml", ".yml", ".sh", ".service", ""}


class Module:
    def __init__(self, folder: Path):
        self.name = folder.name
        text = re.sub(r"#[^\n]*", "", (folder / "CMakeLists.txt").read_text())
        call = re.search(r"atlas_module\((.*?)\)", text, re.DOTALL)
        words = call.group(1).split() if call else []
        self.depends: list[str] = []
        if "DEPENDS" in words:
            for word in words[words.index("DEPENDS") + 1 :]:
                if word.isupper():
                    break
                self.depends.append(word)


def modules_in_order(root: Path) -> dict[str, Module]:
    """Modules in the order of their layers, as atlas/CMakeLists.txt adds them."""
    names = re.findall(r"^\s*add_subdirectory\((\w+)\)", (root / "atlas/CMakeLists.txt").read_text(), re.MULTILINE)
    return {name: Module(root / "atlas" / name) for name in names}


def blank(match: re.Match) -> str:
    """Comments and literals become blanks; lines stay where they are."""
    return re.sub(r"[^\n]", " ", match.group(0))


class Checker:
    def __init__(self, root: Path):
        self.root = root
        self.modules = modules_in_order(root)
        self.findings: list[str] = []

    def report(self, path: Path, line: int, what: str) -> None:
        self.findings.append(f"{path}:{line}: {what}")

    def check_edges(self) -> None:
        order = list(self.modules)
        for position, module in enumerate(self.modules.values()):
            cmake = Path("atlas") / module.name / "CMakeLists.txt"
            for depends in module.depends:
                if depends not in self.modules:
                    self.report(cmake, 1, f"DEPENDS names '{depends}', which is no module")
                elif order.index(depends) >= position:
                    self.report(cmake, 1, f"DEPENDS names '{depends}', which lies in a layer above '{module.name}'")
            if module.name in PLANES:
                for other in PLANES.intersection(module.depends) - {module.name}:
                    self.report(cmake, 1, f"planes meet only in handoff: '{module.name}' must not name '{other}'")

    def check_file(self, path: Path) -> None:
        full = self.root / path
        try:
            text = full.read_text()
        except UnicodeDecodeError:
            return
        lines = text.split("\n")
        for folder in path.parts[:-1]:
            if folder in FOLDERS_REFUSED:
                self.report(path, 1, f"no folder is named '{folder}': name what it holds")
        if path.suffix in TEXT_SUFFIXES and "corpus" not in path.parts:
            for number, line in enumerate(lines, 1):
                if found := WORDS.search(line):
                    self.report(path, number, f"'{found.group(0)}' does not belong here")
        if path.suffix not in (".h", ".cc", ".inc") or path.parts[0] != "atlas":
            return
        if len(lines) > LINES_MAX:
            self.report(path, LINES_MAX, f"{len(lines)} lines; a file has at most {LINES_MAX}")
        module = self.modules.get(path.parts[1])
        if module is None:
            self.report(path, 1, f"'atlas/{path.parts[1]}' is no module: atlas/CMakeLists.txt does not add it")
            return
        self.check_includes(path, module, lines)
        self.check_exceptions(path, module, text)
        if path.suffix == ".h" and "#pragma once" not in lines:
            self.report(path, 1, "a header begins with #pragma once")

    def check_includes(self, path: Path, module: Module, lines: list[str]) -> None:
        is_test = path.stem.endswith(("_test", "_bench", "_fuzz"))
        for number, line in enumerate(lines, 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            name = found.group(2)
            if name.startswith("atlas/"):
                used = name.split("/")[1]
                if used != module.name and used not in module.depends:
                    self.report(path, number, f"module '{module.name}' must not use '{used}': it is not in its DEPENDS")
            elif name.startswith("openssl/") and module.name not in MODULES_WITH_OPENSSL:
                self.report(path, number, "only crypto and tls include OpenSSL")
            elif name.startswith(("gnutls/", "ngtcp2/")) and module.name not in MODULES_WITH_GNUTLS:
                self.report(path, number, "only quic includes GnuTLS and ngtcp2")
            elif path.suffix == ".h" and not is_test and HEAVY.match(name):
                self.report(path, number, f"<{name}> is too heavy for a header: include it in the .cc file")

    def check_exceptions(self, path: Path, module: Module, text: str) -> None:
        if path.suffix == ".cc" and module.name in MODULES_WITH_ADAPTERS:
            return
        if path.stem.endswith("_test"):
            return
        for number, line in enumerate(COMMENT_OR_LITERAL.sub(blank, text).split("\n"), 1):
            if found := EXCEPTION.search(line):
                self.report(path, number, f"'{found.group(1)}': errors are values here (atlas/base/result.h)")


def files(root: Path) -> list[Path]:
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted({Path(name) for name in listed.stdout.splitlines() if (root / name).is_file()})


def findings(root: Path) -> list[str]:
    checker = Checker(root)
    checker.check_edges()
    for path in files(root):
        checker.check_file(path)
    return checker.findings


def main() -> int:
    found = findings(Path(__file__).resolve().parent.parent)
    print("\n".join(found) if found else "modules: nothing to object to")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
