"""Every rule of check_modules.py refuses what it should and nothing more."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import check_modules  # noqa: E402

MODULES = {"base": "", "crypto": "base", "data": "base", "control": "base"}


class CheckModules(unittest.TestCase):
    def findings(self, files: dict[str, str], depends: dict[str, str] | None = None) -> list[str]:
        modules = MODULES | (depends or {})
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            tree = {"atlas/CMakeLists.txt": "".join(f"add_subdirectory({name})\n" for name in modules)}
            for name, edges in modules.items():
                call = f"atlas_module({name}\n  DEPENDS {edges}\n  LIBRARIES Boost::json\n)\n"
                tree[f"atlas/{name}/CMakeLists.txt"] = call
            for name, text in (tree | files).items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            subprocess.run(["git", "-C", root, "init", "-q"], check=True)
            return check_modules.findings(root)

    def assert_refused(self, name: str, text: str, word: str) -> None:
        found = self.findings({name: text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(word, found[0])

    def test_allowed_edges_pass(self):
        text = '#include "atlas/base/b.h"\n#include "atlas/data/c.h"\n'
        self.assertEqual(self.findings({"atlas/data/a.cc": text}), [])

    def test_unnamed_edge_is_refused(self):
        self.assert_refused("atlas/data/a.cc", '\n#include "atlas/crypto/b.h"\n', "atlas/data/a.cc:2: module 'data'")

    def test_planes_never_name_each_other(self):
        found = self.findings({}, {"control": "base data"})
        self.assertEqual(len(found), 1, found)
        self.assertIn("planes meet only in handoff", found[0])

    def test_edges_point_downwards(self):
        found = self.findings({}, {"base": "crypto"})
        self.assertEqual(len(found), 1, found)
        self.assertIn("in a layer above", found[0])

    def test_heavy_header_is_refused_in_headers_only(self):
        self.assertEqual(self.findings({"atlas/control/a.cc": "#include <boost/json.hpp>\n"}), [])
        self.assert_refused("atlas/control/a.h", "#pragma once\n#include <boost/json.hpp>\n", "too heavy")
        self.assert_refused("atlas/base/a.h", "#pragma once\n#include <iostream>\n", "too heavy")

    def test_openssl_belongs_to_crypto_and_tls(self):
        files = {f"atlas/{name}/a.cc": "#include <openssl/evp.h>\n" for name in ("crypto", "tls")}
        self.assertEqual(self.findings(files, {"tls": "base"}), [])
        self.assert_refused("atlas/control/a.cc", "#include <openssl/evp.h>\n", "only crypto and tls")

    def test_gnutls_belongs_to_quic(self):
        for name in ("gnutls/gnutls.h", "ngtcp2/ngtcp2.h"):
            self.assertEqual(self.findings({"atlas/quic/a.cc": f"#include <{name}>\n"}, {"quic": "base"}), [])
            self.assert_refused("atlas/control/a.cc", f"#include <{name}>\n", "only quic")

    def test_exceptions_stay_in_adapters(self):
        self.assertEqual(self.findings({"atlas/control/a.cc": "void f() { try { g(); } catch (...) {} }\n"}), [])
        self.assertEqual(self.findings({"atlas/data/a.cc": '// may throw\nconst char* s = "catch";\n'}), [])
        self.assert_refused("atlas/data/a.cc", "int f() {\n  throw 1;\n}\n", "a.cc:2: 'throw'")
        self.assert_refused("atlas/control/a.h", "#pragma once\ninline void f() { throw 1; }\n", "'throw'")

    def test_vague_folders_are_refused(self):
        self.assert_refused("atlas/data/utils/a.cc", "int a;\n", "no folder is named 'utils'")

    def test_long_file_is_refused(self):
        self.assert_refused("atlas/data/a.cc", "\n" * check_modules.LINES_MAX, "a file has at most")

    def test_header_without_guard_is_refused(self):
        self.assert_refused("atlas/data/a.h", "int a();\n", "#pragma once")

    def test_leftover_marker_is_refused_everywhere(self):
        self.assert_refused("docs/a.md", "later: " + "TO" + "DO\n", "does not belong here")

    def test_source_outside_a_module_is_refused(self):
        self.assert_refused("atlas/stray/a.cc", "int a;\n", "is no module")


if __name__ == "__main__":
    unittest.main()
