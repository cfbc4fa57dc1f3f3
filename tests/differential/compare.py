"""Compares responses, and says of every difference which rule explains it."""

import collections
import time

import differences
from messages import AA, TYPE_NAMES, Malformed, Response, text_name, wire_name

SHOWN_PER_CLUSTER = 2
CNAME = 5


def types_of(records):
    return ",".join(sorted({str(TYPE_NAMES.get(record[1], record[1])) for record in records}))


def same(atlas, other):
    """Additional data is for the server to choose, but for glue, which check_alone looks at."""
    return (
        atlas.rcode == other.rcode
        and not (atlas.flags ^ other.flags) & AA
        and atlas.answer == other.answer
        and atlas.authority == other.authority
    )


class Difference:
    """One question that Atlas and a peer answer differently."""

    def __init__(self, question, zone, apexes, peer, atlas, other, allies):
        self.question = question
        self.zone = zone
        self.apexes = apexes  # of all zones, in wire form and lower case
        self.peer = peer
        self.atlas = atlas
        self.other = other
        self.allies = allies  # the peers that answer as Atlas does

    def zone_of(self, name):
        """The apex of the zone that `name` lies in, as far as the names of the zones tell."""
        while name and name not in self.apexes:
            name = name[1 + name[0] :]
        return name

    @property
    def is_nested(self):
        """Whether another zone of the server lies above or below that of the question."""
        apex = self.zone_of(self.question.name.lower())
        return any(other != apex and (other.endswith(apex) or apex.endswith(other)) for other in self.apexes)

    def shape(self):
        """What differs, in a few words: differences of one cause tend to have one shape."""
        parts = [self.peer]
        if self.atlas.rcode != self.other.rcode:
            parts.append(f"rcode {self.atlas.rcode}/{self.other.rcode}")
        if (self.atlas.flags ^ self.other.flags) & AA:
            parts.append(f"aa {self.atlas.flags >> 10 & 1}/{self.other.flags >> 10 & 1}")
        for title in ("answer", "authority"):
            ours, theirs = getattr(self.atlas, title), getattr(self.other, title)
            if ours != theirs:
                parts.append(f"{title} +[{types_of(ours - theirs)}] -[{types_of(theirs - ours)}]")
        parts.append(f"with Atlas: {', '.join(self.allies) or 'nobody'}")
        return "; ".join(parts)

    def text(self):
        question = self.question
        transport = "TCP" if question.tcp else f"UDP {question.limit}"
        return (
            f"{text_name(question.name)} {TYPE_NAMES.get(question.qtype, question.qtype)} {transport}"
            f"{' DO' if question.do else ''} zone {self.zone.path} {self.zone.signing or 'unsigned'}\n"
            f" Atlas\n{self.atlas.text()}\n {self.peer}\n{self.other.text()}"
        )


class Report:
    def __init__(self, seed, zones, asked):
        self.seed = seed
        self.zones = zones
        self.apexes = {wire_name(zone.apex).lower(): number for number, zone in enumerate(zones)}
        self.asked = asked
        self.times = []
        self.agreed = collections.Counter()
        self.explained = collections.Counter()
        self.unexplained = collections.defaultdict(list)
        self.faults = []
        self.deaths = []

    def time(self, what, started):
        self.times.append((what, time.monotonic() - started))

    @property
    def failed(self):
        return bool(self.unexplained or self.faults)

    def zone_number(self, name):
        """The number of the zone that a name lies in, or None."""
        name = name.lower()
        while name and name not in self.apexes:
            name = name[1 + name[0] :]
        return self.apexes.get(name)

    def fault(self, server, question, what):
        self.faults.append(f"{server}: {text_name(question.name)} {TYPE_NAMES.get(question.qtype)}: {what}")

    def compare(self, responses, whole, loaded):
        """`responses` and `whole` by server and question: as asked, and over TCP where any server truncated.

        `loaded` has the numbers of the zones that each server has loaded.
        """
        peers = [name for name in responses if name != "Atlas"]
        for i, question in enumerate(self.asked):
            answers = {}
            for server in responses:
                octets = whole[server].get(i) or responses[server][i]
                if octets is None:
                    answers[server] = None
                    continue
                try:
                    answers[server] = Response(octets)
                except Malformed as error:
                    answers[server] = None
                    if server == "Atlas":
                        self.fault("Atlas", question, f"malformed response: {error}")
            # A name may lie in a zone below the one that the question was made for.
            needed = {question.zone, self.zone_number(question.name)}
            if not needed <= loaded["Atlas"]:
                # Its checks refuse zones that others serve: an error that check-zone explains.
                self.explained["all: the zone has errors that Atlas refuses"] += 1
                continue
            atlas = answers["Atlas"]
            if atlas is None:
                self.fault("Atlas", question, "no response")
                continue
            self.check_alone(question, atlas, responses["Atlas"][i])
            # So may what aliases lead to.
            needed |= {self.zone_number(record[4]) for record in atlas.answer if record[1] == CNAME} - {None}
            present = [peer for peer in peers if answers[peer] is not None and needed <= loaded[peer]]
            allies = [peer for peer in present if same(atlas, answers[peer])]
            for peer in peers:
                if peer not in present:
                    self.explained[f"{peer}: zone not loaded or no response"] += 1
                elif peer in allies:
                    self.agreed[peer] += 1
                else:
                    zone = self.zones[question.zone]
                    self.classify(Difference(question, zone, self.apexes, peer, atlas, answers[peer], allies))

    def classify(self, difference):
        for rule in differences.RULES:
            if rule(difference):
                self.explained[f"{difference.peer}: {rule.__name__}"] += 1
                return
        self.unexplained[difference.shape()].append(difference)

    def check_alone(self, question, whole, octets):
        """What must hold whatever the peers say: size, question, truncation (RFC 2181 9, RFC 9471)."""
        response = Response(octets)
        if not question.tcp and response.size > question.limit:
            self.fault("Atlas", question, f"{response.size} octets, more than {question.limit}")
        if response.question is None or response.question[0] != question.name.lower():
            self.fault("Atlas", question, "question not echoed")
        if response.edns != question.edns:
            self.fault("Atlas", question, "OPT without OPT in the query, or none where there was one")
        if response.truncated:
            if question.tcp or whole.size <= question.limit:
                self.fault("Atlas", question, "TC though everything fits")
        elif response.answer != whole.answer or response.authority != whole.authority:
            self.fault("Atlas", question, "records left out without TC")

    def text(self, shown_max):
        lines = [f"seed {self.seed}: {len(self.asked)} questions about {len(self.zones)} zones"]
        lines += [f"  {what}: {seconds:.1f} s" for what, seconds in self.times]
        lines += [f"  the same as {peer}: {count}" for peer, count in sorted(self.agreed.items())]
        lines += [f"  explained: {count:7} {what}" for what, count in sorted(self.explained.items())]
        lines += [f"  {death}" for death in self.deaths]
        lines += [f"FAULT {fault}" for fault in self.faults[:shown_max]]
        clusters = sorted(self.unexplained.items(), key=lambda cluster: -len(cluster[1]))
        for shape, found in clusters[:shown_max]:
            lines.append(f"UNEXPLAINED {len(found)} times: {shape}")
        for shape, found in clusters[:shown_max]:
            lines.append(f"\n=== {len(found)} times: {shape}")
            lines += [difference.text() for difference in found[:SHOWN_PER_CLUSTER]]
        total = sum(len(found) for found in self.unexplained.values())
        lines.append(f"{total} unexplained differences, {len(self.faults)} faults")
        return "\n".join(lines)
