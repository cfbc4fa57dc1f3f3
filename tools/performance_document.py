#!/usr/bin/env python3
"""Writes what docs/performance.md says in figures, from bench/results.

  docs/performance.md   what stands between its two marks: a table for each benchmark, with the command that repeats it
  docs/performance.svg  a picture of them

What was not measured is left out. tools/check_documents.py refuses the two where they are not what this writes.
"""

import json
from pathlib import Path
from xml.sax.saxutils import escape

RESULTS = Path("bench/results")
DOCUMENT = Path("docs/performance.md")
PICTURE = Path("docs/performance.svg")
BEGIN = "<!-- From here on written by tools/performance_document.py. -->\n"
END = "<!-- Up to here. -->\n"
SERVERS = ("Atlas", "Atlas over TLS", "NSD", "Knot", "BIND", "Unbound", "PowerDNS", "dnsdist")
STREAMS = {"tcp": "TCP", "tls": "TLS", "https": "HTTPS", "quic": "QUIC", "http3": "HTTP/3"}
WORDS = {
    "mixed": "mixed zone",
    "hosts": "hosts",
    "addresses": "addresses",
    "delegations": "delegations",
    "nxdomain": "names that do not exist",
    "wildcard": "names that a wildcard covers",
}


def figure(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def compared(head, rows):
    """A table of {server: figure} by row; behind a peer's figure stands Atlas's divided by it."""
    shown = [name for name in SERVERS if any(name in figures for _, figures in rows)]
    lines = [f"| {head} | {' | '.join(shown)} |", "|---" + "|--:" * len(shown) + "|"]
    for label, figures in rows:
        cells = []
        for name in shown:
            cell = figure(figures[name]) if name in figures else "–"
            if name != "Atlas" and figures.get(name, 0) > 0:
                cell += f" ({figures['Atlas'] / figures[name]:.2f})"
            cells.append(cell)
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def of_servers(result, key):
    return {name: one[key] for name, one in result["servers"].items() if key in one and name in SERVERS}


def origin(results):
    """How to repeat results, by name, and where they come from."""
    lines = ["```sh"]
    for name, result in results.items():
        script, _, kind = name.partition("-")
        command = result.get("command", f"./dev bench {script}{' --kind ' + kind if kind else ''}")
        lines.append(f"{command}   # {result['commit']}")
    machines = sorted({result["machine"] for result in results.values()})
    return "\n".join([*lines, "```", "", f"Measured on: {'; '.join(machines)}.", ""])


def those_of(results, script):
    return {name: result for name, result in results.items() if name.partition("-")[0] == script}


def serving(results):
    found = those_of(results, "serving")
    if not found:
        return ""

    def label(result):
        zones = f" and {result['zones'] - 1:,} zones" if result.get("zones", 1) > 1 else ""
        return f"{WORDS[result['kind']]}, {result['records']:,} records{zones}"

    costs = [(label(result), of_servers(result, "dns_cost_ns")) for result in found.values()]
    rates = [(label(result), of_servers(result, "per_second")) for result in found.values()]
    return "\n".join(
        [
            "## A query over UDP\n",
            "CPU nanoseconds an answered query, less what the echo needs:\n",
            compared("zone and queries", costs),
            "Queries a second of one core:\n",
            compared("zone and queries", rates),
            origin(found),
        ]
    )


def streams(results):
    sections = []
    for transport, word in STREAMS.items():
        if result := results.get(transport):
            rows = [("CPU nanoseconds a query", of_servers(result, "cpu_ns")), ("queries a second", of_servers(result, "per_second"))]
            load = f"{result['connections']} connections, {result['pending']} queries waiting on each, the mixed zone:\n"
            taken = [f"A query takes {listed(result['a_query']['Atlas'])}.\n"] if result.get("a_query") else []
            sections.append("\n".join([f"## A query over {word}\n", load, compared("", rows), *taken, origin({transport: result})]))
    return "\n".join(sections)


def listed(figures):
    """`{"system_calls": 0.05}` in words."""
    return ", ".join(f"{value} {what.replace('_', ' ')}" for what, value in figures.items())


def handshakes(results):
    found = those_of(results, "handshakes")
    if not found:
        return ""
    sections = ["## A handshake\n"]
    for name, result in found.items():
        rows = []
        for kind, table in result["handshakes"].items():
            for key, what in (("cpu_us", "CPU microseconds each"), ("per_second", "a second")):
                rows.append((f"{kind}: {what}", {server: one[key] for server, one in table.items()}))
        word = "QUIC" if name.endswith("quic") else "TLS"
        sections += [f"Connections over {word} with one query each, {result['concurrent']} at a time:\n", compared("handshake", rows)]
    return "\n".join([*sections, origin(found)])


def idle(results):
    found = those_of(results, "idle")
    if not found:
        return ""
    rows = [
        (f"{result['connections']:,} over {STREAMS[result['transport']]}", of_servers(result, "octets_a_connection"))
        for result in found.values()
    ]
    return "\n".join(["## An idle connection\n", "Octets each:\n", compared("connections", rows), origin(found)])


def memory(results):
    found = those_of(results, "memory")
    if not found:
        return ""
    keys = {
        "octets_a_record": "in use",
        "peak_of_load_octets_a_record": "at the peak of loading",
        "peak_of_reload_octets_a_record": "at the peak of loading again, the version before in use",
    }

    def label(result):
        signed = f", signed ({result['signed'].upper()})" if result["signed"] else ""
        return f"{WORDS[result['kind']]}{signed}, {result['records']:,} records"

    tables = []
    for key, what in keys.items():
        rows = [(label(result), of_servers(result, key)) for result in found.values()]
        tables += [f"Octets a record {what}:\n", compared("zone", rows)]
    return "\n".join(["## Memory\n", *tables, origin(found)])


def start(results):
    found = those_of(results, "start")
    if not found:
        return ""
    rows = []
    for layout, table in found["start"]["layouts"].items():
        for key, what in (("seconds", "seconds"), ("cpu_s", "CPU seconds")):
            figures = {name: one[key] for name, one in table.items()}
            rows.append((f"{layout}: {what}", figures))
            rows.append((f"{layout}, second start of Atlas: {what}", figures | {"Atlas": table["Atlas"][f"again_{key}"]}))
    head = f"{found['start']['records']:,} records, until the first right answer:\n"
    return "\n".join(["## A start\n", head, compared("lines of the zone file", rows), origin(found)])


def huge(results):
    found = those_of(results, "huge")
    if not found:
        return ""
    result = found["huge"]
    rows = ["| | from text | from its image |", "|---|--:|--:|"]
    for key, what, unit in (
        ("seconds", "seconds until the first right answer", 1),
        ("cpu_s", "CPU seconds until then", 1),
        ("peak_octets", "peak of memory, MB", 1e6),
        ("octets", "memory in use, MB", 1e6),
    ):
        rows.append(f"| {what} | {figure(result['from_text'][key] / unit)} | {figure(result['from_image'][key] / unit)} |")
    head = (
        f"{result['records']:,} records, one a name, {figure(result['zone_file_octets'] / 1e6)} MB of text, {result['threads']} cores. "
        f"The image has {figure(result['image_file_octets'] / 1e6)} MB; in use it takes {result['octets_a_record']} octets a record.\n"
    )
    return "\n".join(["## A very large zone\n", head, *rows, "", origin(found)])


def disturbance(results):
    found = those_of(results, "disturbance")
    if not found:
        return ""
    sections = ["## Answers beside a burden\n"]
    for result in found.values():
        if "handshakes_per_second" in result:
            burden = f"{result['handshakes_per_second']:,.0f} whole handshakes a second over TLS and QUIC"
        else:
            burden = f"{result['idle_connections']:,} idle TCP connections and {result['slow_readers']} slow readers"
        sections += [
            f"UDP queries at {result['rate_per_second']:,.0f} a second, beside {burden}:\n",
            "| microseconds | p50 | p99 |",
            "|---|--:|--:|",
            f"| alone | {result['quiet_p50_us']} | {result['quiet_p99_us']} |",
            f"| beside them | {result['disturbed_p50_us']} | {result['disturbed_p99_us']} |",
            "",
        ]
    return "\n".join([*sections, origin(found)])


def changes(results):
    found = those_of(results, "changes")
    if not found:
        return ""
    result = found["changes"]
    rows = [
        "| microseconds | p50 | p99 |",
        "|---|--:|--:|",
        f"| a change is seen over UDP | {result['visible_p50_us']} | {result['visible_p99_us']} |",
        f"| other queries, without changes | | {result['quiet_p99_us']} |",
        f"| other queries, with changes | | {result['changed_p99_us']} |",
        "",
    ]
    if many := result.get("many"):
        rows.append(
            f"{many['changes_per_second']:,} changes a second for {many['seconds']:,.0f} seconds: each is made and published in "
            f"{many['published_p50_us']} µs (p99 {many['published_p99_us']}, the slowest {many['published_most_us']}); "
            f"memory grows to {many['memory_ratio']} of what it was.\n"
        )
    load = (
        f"One record at a time in a zone of {result['names']:,} names, {result['changes_per_second']:.0f} a second, beside "
        f"{result['rate_per_second']:,.0f} queries a second:\n"
    )
    return "\n".join(["## Changes\n", load, *rows, origin(found)])


def updates(results):
    found = those_of(results, "updates")
    if not found:
        return ""
    sections = ["## Dynamic updates\n"]
    if result := found.get("updates"):
        rows = [
            ("updates a second", of_servers(result, "per_second")),
            ("milliseconds until the answer, p50", {name: us / 1000 for name, us in of_servers(result, "p50_us").items()}),
            ("milliseconds until the answer, p99", {name: us / 1000 for name, us in of_servers(result, "p99_us").items()}),
            ("CPU an update, µs", of_servers(result, "cpu_us")),
        ]
        for key, who in (("syncs", "all clients"), ("syncs_of_one_client", "one client")):
            syncs = {name: sum(calls.values()) for name, calls in of_servers(result, key).items()}
            rows.append((f"syncs of the disk an update, {who}", syncs))
        told = f"Signed updates over UDP from {result['clients']} clients, acknowledged once they are durable:\n"
        sections += [told, compared("", [row for row in rows if row[1]])]
    if result := found.get("updates-rate"):
        long = result["long"]
        sections += [
            f"{result['updates_per_second']:,.0f} updates a second for {long['seconds']:,.0f} seconds in a zone of {result['names']:,} names, "
            f"beside {result['rate_per_second']:,.0f} queries a second:\n",
            "| microseconds | p50 | p99 |",
            "|---|--:|--:|",
            f"| an update is acknowledged | {long['p50_us']} | {long['p99_us']} |",
            f"| it is seen over UDP | {long['visible_p50_us']} | {long['visible_p99_us']} |",
            f"| queries, without updates | | {result['quiet_p99_us']} |",
            f"| queries, with updates | | {result['changed_p99_us']} |",
            "",
            f"Memory grows to {long['memory_ratio']} of what it was.\n",
        ]
    return "\n".join([*sections, origin(found)])


def secondaries(results):
    found = those_of(results, "secondaries")
    if not found:
        return ""
    result = found["secondaries"]
    rows = [
        (f"{what}: {label}", of_servers(result, f"{phase}_{key}"))
        for phase, what in (("load", "from nothing"), ("change", "all changed at once"), ("storm", "a NOTIFY for each, nothing has changed"))
        for key, label in (("seconds", "seconds"), ("cpu_s", "CPU seconds"), ("sockets", "sockets at most"))
    ]
    rows += [
        (label, {name: octets / 2**20 for name, octets in of_servers(result, key).items()})
        for key, label in (("octets", "memory at the end, MiB"), ("peak_octets", "the most memory, MiB"))
    ]
    told = f"{result['zones']:,} small zones taken from one primary, a Knot on the other core:\n"
    return "\n".join(["## Secondaries\n", told, compared("", [row for row in rows if row[1]]), origin(found)])


def transfers(results):
    found = those_of(results, "transfers")
    if not found:
        return ""
    sections = ["## Zone transfers\n"]
    if result := found.get("transfers"):
        records = max(one["records"] for one in result["servers"].values())
        rows = [
            ("CPU nanoseconds a record", {name: s * 1000 for name, s in of_servers(result, "cpu_s_per_million").items()}),
            ("records a second", of_servers(result, "records_per_second")),
            ("octets a record", {name: octets / records for name, octets in of_servers(result, "octets").items()}),
        ]
        beside = [
            ("without transfers", of_servers(result, "quiet_p99_us")),
            ("with transfers", of_servers(result, "beside_p99_us")),
            ("the latter by the former", of_servers(result, "ratio_p99")),
        ]
        sections += [
            f"AXFR of {records:,} records to a client that counts them:\n",
            compared("", rows),
            "p99 of UDP queries at 40 % of what each server can do, in microseconds, without transfers and with one after another:\n",
            compared("", beside),
        ]
    return "\n".join([*sections, origin(found)])


def panels(results):
    """(title, unit, {server: figure}) of what the picture shows."""
    one_of_each = (
        ("serving-mixed", "CPU a query over UDP, less the echo's", "ns", "dns_cost_ns"),
        ("tcp", "CPU a query over pipelined TCP", "ns", "cpu_ns"),
        ("tls", "CPU a query over TLS", "ns", "cpu_ns"),
        ("https", "CPU a query over HTTPS", "ns", "cpu_ns"),
        ("memory-hosts", "Memory of a record of {records:,}", "octets", "octets_a_record"),
    )
    found = [
        (title.format(**results[name]), unit, of_servers(results[name], key))
        for name, title, unit, key in one_of_each
        if name in results
    ]
    if "start" in results:
        figures = {name: one["seconds"] for name, one in results["start"]["layouts"]["ordered"].items()}
        found.append((f"From start to first answer, {results['start']['records']:,} records", "s", figures))
    return found


STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  .page { fill: #ffffff } .bar { fill: #a8b1bb } .Atlas { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .page { fill: #0d1117 } .bar { fill: #59636e } .Atlas { fill: #58a6ff }
  }
"""
PANEL_WIDTH, ROW_HEIGHT, BAR_HEIGHT, NAME_WIDTH, BAR_WIDTH, MARGIN = 400, 24, 18, 76, 220, 16


def picture(shown):
    """Bars by server, panel under panel in two columns; the shorter the better."""
    parts = []
    for title, unit, figures in shown:
        parts.append(f"{title}: {', '.join(f'{name} {figure(value)} {unit}' for name, value in figures.items())}")
    said = "; ".join(parts)
    body, tops = [], [MARGIN, MARGIN]
    for number, (title, unit, figures) in enumerate(shown):
        left, top = MARGIN + number % 2 * PANEL_WIDTH, tops[number % 2]
        body.append(f'<text class="title" x="{left}" y="{top + 14}">{escape(title)}</text>')
        top += ROW_HEIGHT
        for name, value in figures.items():
            width = max(1, round(BAR_WIDTH * value / max(figures.values())))
            bar = left + NAME_WIDTH
            body.append(f'<text x="{left}" y="{top + 14}">{name}</text>')
            body.append(f'<rect class="bar {name}" x="{bar}" y="{top}" width="{width}" height="{BAR_HEIGHT}" rx="2"/>')
            body.append(f'<text x="{bar + width + 6}" y="{top + 14}">{figure(value)} {unit}</text>')
            top += ROW_HEIGHT
        tops[number % 2] = top + MARGIN
    width, height = min(len(shown), 2) * PANEL_WIDTH + 2 * MARGIN, max(tops)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">',
            '<title id="title">Atlas beside other servers: shorter bars are better</title>',
            f'<desc id="description">{escape(said)}.</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="page" width="{width}" height="{height}" rx="6"/>',
            *body,
            "</svg>\n",
        ]
    )


def references(root):
    """What each file has to hold, by path."""
    paths = sorted((root / RESULTS).glob("*.json"), key=lambda path: path.stem)
    results = {path.stem: json.loads(path.read_text()) for path in paths}
    shown = panels(results)
    head, rest = (root / DOCUMENT).read_text().split(BEGIN)
    tail = rest.split(END)[1]
    image = f"![Atlas beside other servers: shorter bars are better]({PICTURE.name})\n\n" if shown else ""
    sections = [write(results) for write in (serving, streams, handshakes, idle, memory, start, huge, changes, updates, transfers, secondaries, disturbance)]
    text = f"{head}{BEGIN}\n{image}{chr(10).join(filter(None, sections))}\n{END}{tail}"
    return {DOCUMENT: text} | ({PICTURE: picture(shown)} if shown else {})


def main():
    root = Path(__file__).resolve().parent.parent
    for path, text in references(root).items():
        (root / path).write_text(text)


if __name__ == "__main__":
    main()
