"""performance_document.py writes what results say, and nothing of those that are missing."""

import json
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import performance_document  # noqa: E402

ORIGIN = {"machine": "a machine", "commit": "0123456789ab"}
STARTS = {"Atlas": {"seconds": 2, "cpu_s": 2, "again_seconds": 0.1, "again_cpu_s": 0.1}, "Knot": {"seconds": 4, "cpu_s": 3}}
PEAKS = {"peak_of_load_octets_a_record": 60, "peak_of_reload_octets_a_record": 90}
RESULTS = {
    "serving-mixed": {
        "command": "./dev bench serving --rounds 7",
        "kind": "mixed",
        "records": 3000,
        "zones": 11,
        "servers": {
            "echo": {"per_second": 9},
            "Atlas": {"dns_cost_ns": 500, "per_second": 200},
            "NSD": {"dns_cost_ns": 2000, "per_second": 100},
        },
    },
    "tcp": {
        "connections": 20,
        "pending": 64,
        "servers": {"Atlas": {"cpu_ns": 1000, "per_second": 5}, "Knot": {"cpu_ns": 4000, "per_second": 4}},
    },
    "https": {
        "connections": 20,
        "pending": 64,
        "servers": {"Atlas": {"cpu_ns": 3000, "per_second": 5}, "dnsdist": {"cpu_ns": 9000, "per_second": 4}},
    },
    "handshakes": {
        "concurrent": 16,
        "handshakes": {
            "full": {"Atlas": {"cpu_us": 300, "per_second": 900}, "BIND": {"cpu_us": 600, "per_second": 450}},
            "resumed": {"Atlas": {"cpu_us": 200, "per_second": 1000}},
        },
    },
    "idle-tls": {
        "transport": "tls",
        "connections": 15_000,
        "servers": {"Atlas": {"octets_a_connection": 14_000}, "dnsdist": {"octets_a_connection": 28_000}},
    },
    "memory-hosts": {"kind": "hosts", "signed": "nsec", "records": 3000, "servers": {"Atlas": {"octets_a_record": 20, **PEAKS}}},
    "changes": {
        "names": 2000,
        "changes_per_second": 100,
        "rate_per_second": 5000,
        "visible_p50_us": 150,
        "visible_p99_us": 450,
        "quiet_p99_us": 100,
        "changed_p99_us": 110,
    },
    "updates": {
        "clients": 64,
        "servers": {
            "Atlas": {"per_second": 5000, "p50_us": 12000, "p99_us": 30000, "cpu_us": 40, "syncs": {"fdatasync": 0.02}},
            "BIND": {"per_second": 1000, "p50_us": 36000, "p99_us": 70000, "cpu_us": 300, "syncs": {"fsync": 2, "msync": 1}},
        },
    },
    "updates-rate": {
        "names": 2000,
        "updates_per_second": 1000,
        "rate_per_second": 5000,
        "quiet_p99_us": 100,
        "changed_p99_us": 110,
        "long": {
            "seconds": 600,
            "p50_us": 900,
            "p99_us": 2000,
            "visible_p50_us": 950,
            "visible_p99_us": 2100,
            "memory_ratio": 1.05,
        },
    },
    "transfers": {
        "servers": {
            name: {
                "records": 3_000_006,
                "octets": 90_000_180,
                "cpu_s_per_million": seconds,
                "records_per_second": 1e6,
                "quiet_p99_us": 100,
                "beside_p99_us": 120,
                "ratio_p99": 1.2,
            }
            for name, seconds in (("Atlas", 0.15), ("NSD", 0.3))
        },
    },
    "huge": {
        "records": 50_000_005,
        "threads": 2,
        "zone_file_octets": 1_449_000_000,
        "image_file_octets": 900_000_000,
        "octets_a_record": 18.1,
        "from_text": {"seconds": 20, "cpu_s": 38, "peak_octets": 4_000_000_000, "octets": 910_000_000},
        "from_image": {"seconds": 0.5, "cpu_s": 0.6, "peak_octets": 950_000_000, "octets": 905_000_000},
    },
    "start": {"records": 3000, "layouts": {"ordered": STARTS, "shuffled": STARTS}},
}


class PerformanceDocument(unittest.TestCase):
    def written(self, results):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "docs").mkdir()
            (root / "bench/results").mkdir(parents=True)
            begin, end = performance_document.BEGIN, performance_document.END
            (root / "docs/performance.md").write_text(f"before\n{begin}what was there\n{end}behind\n")
            for name, result in results.items():
                (root / f"bench/results/{name}.json").write_text(json.dumps(result | ORIGIN))
            return {path.suffix: text for path, text in performance_document.references(root).items()}

    def test_figures_are_compared_with_those_of_atlas(self):
        text = self.written(RESULTS)[".md"]
        self.assertTrue(text.startswith("before\n") and text.endswith("behind\n"))
        self.assertNotIn("what was there", text)
        self.assertIn("| mixed zone, 3,000 records and 10 zones | 500 | 2,000 (0.25) |", text)
        self.assertIn("| CPU nanoseconds a query | 1,000 | 4,000 (0.25) |", text)
        self.assertIn("## A query over HTTPS\n\n20 connections, 64 queries waiting on each", text)
        self.assertIn("| full: CPU microseconds each | 300 | 600 (0.50) |", text)
        self.assertIn("| resumed: a second | 1,000 | – |", text)
        self.assertIn("| 15,000 over TLS | 14,000 | 28,000 (0.50) |", text)
        self.assertIn("peak of loading:\n\n| zone | Atlas |\n|---|--:|\n| hosts, signed (NSEC), 3,000 records | 60.0 |", text)
        self.assertIn("| shuffled, second start of Atlas: seconds | 0.10 | 4.00 (0.03) |", text)
        self.assertIn("50,000,005 records, one a name, 1,449 MB of text, 2 cores", text)
        self.assertIn("| seconds until the first right answer | 20.0 | 0.50 |", text)
        self.assertIn("| milliseconds until the answer, p50 | 12.0 | 36.0 (0.33) |", text)
        self.assertIn("| syncs of the disk an update, all clients | 0.02 | 3.00 (0.01) |", text)
        self.assertIn("1,000 updates a second for 600 seconds in a zone of 2,000 names", text)
        self.assertIn("AXFR of 3,000,006 records", text)
        self.assertIn("| CPU nanoseconds a record | 150 | 300 (0.50) |", text)
        self.assertIn("| octets a record | 30.0 | 30.0 (1.00) |", text)
        self.assertIn("| with transfers | 120 | 120 (1.00) |", text)
        self.assertIn("./dev bench serving --rounds 7   # 0123456789ab", text)

    def test_what_was_not_measured_is_left_out(self):
        without = self.written({name: result for name, result in RESULTS.items() if name != "tcp"})
        self.assertNotIn("TCP", without[".md"])
        self.assertNotIn("TCP", without[".svg"])
        self.assertEqual([".md"], list(self.written({})))

    def test_the_picture_says_what_it_shows(self):
        drawn = ElementTree.fromstring(self.written(RESULTS)[".svg"])
        said = drawn.find("{http://www.w3.org/2000/svg}desc").text
        self.assertIn("CPU a query over pipelined TCP: Atlas 1,000 ns, Knot 4,000 ns", said)
        self.assertIsNotNone(drawn.find("{http://www.w3.org/2000/svg}title"))


if __name__ == "__main__":
    unittest.main()
