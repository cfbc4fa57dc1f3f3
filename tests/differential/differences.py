"""The differences between Atlas and its peers that have an explanation.

A rule looks at one question, Atlas's response and one peer's, and says yes only to the difference that it explains. Its
docstring is the explanation: `run.py --explain` prints them all, and differences.md holds that text.
"""

import re

from messages import AA, TYPES, text_name

META_TYPES = {0, TYPES["OPT"], *range(128, 255)}
CNAME = TYPES["CNAME"]
RRSIG = TYPES["RRSIG"]
SOA = TYPES["SOA"]
DNAME = TYPES["DNAME"]
DS = TYPES["DS"]
NSEC3 = TYPES["NSEC3"]
NSEC3_OWNER_LABEL = re.compile(r"(^|\.)[0-9a-v]{32}\.", re.IGNORECASE)

# A chain of 16 links ends with the CNAME of the seventeenth name.
ATLAS_CHAIN_MAX = 17


def cnames(response):
    return {record for record in response.answer if record[1] == CNAME}


def without_ttl(records, apex):
    """Without the TTLs of the apex's SOA and of the RRSIG of that, whose RDATA begins with the type it covers."""
    return {
        (*record[:3], None, record[4])
        if record[0] == apex and (record[1] == SOA or record[1] == RRSIG and record[4][:2] == b"\0\6")
        else record
        for record in records
    }


def same_flags(difference):
    return not (difference.atlas.flags ^ difference.other.flags) & AA


def bind_meta_types(difference):
    """BIND answers FORMERR or NOTIMP to QTYPEs from 128 to 254 and to OPT. RFC 6895 3.1 sets these numbers apart for QTYPEs and
    meta types but names no error. Atlas, NSD and (but for type 0) Knot answer as for a type that no name owns."""
    return difference.peer == "BIND" and difference.question.qtype in META_TYPES and difference.other.rcode in (1, 4)


def knot_meta_types(difference):
    """Knot answers NOTIMP to a few numbers that are no types of data, such as QTYPE 0. RFC 6895 3.1 reserves 0; Atlas, NSD and BIND
    answer as for a type that no name owns."""
    return difference.peer == "Knot" and difference.question.qtype in META_TYPES and difference.other.rcode == 4


def bind_alias_loop(difference):
    """Aliases that lead in a circle, or too far: BIND answers SERVFAIL with what it has collected. RFC 1034 3.6.2 wants loops to be
    signalled as an error by resolvers; what an authoritative server says is not told. Atlas and NSD give the chain
    with NOERROR, and resolvers see the loop themselves."""
    return difference.peer == "BIND" and difference.other.rcode == 2 and len(cnames(difference.other)) > 0


def alias_chain_length(difference):
    """Long chains of aliases: every server stops somewhere, and the answers are parts of the same chain. Atlas follows 16 links
    (`kChainLinksMax`). RFC 1034 3.6.2 sets no number; the resolver asks on from the last alias."""
    ours, theirs = cnames(difference.atlas), cnames(difference.other)
    # Atlas ends after 17 CNAMEs whatever comes then.
    if len(ours) == ATLAS_CHAIN_MAX and ours <= theirs:
        return True
    return len(ours) > 1 and len(theirs) > 0 and (ours < theirs or theirs < ours)


def bind_zero_soa_ttl(difference):
    """A negative answer to a question for SOA: BIND sends its SOA with TTL 0 (option zero-no-soa-ttl), so that caches forget that there
    is no zone here. RFC 2308 3 wants the smaller of the SOA's TTL and MINIMUM, as Atlas, NSD and Knot send it."""
    if difference.peer != "BIND" or difference.question.qtype != SOA:
        return False
    owners = {record[0] for record in difference.atlas.authority if record[1] == SOA}
    return any(
        without_ttl(difference.atlas.authority, apex) == without_ttl(difference.other.authority, apex) for apex in owners
    )


def some_or_all(difference):
    """QTYPE ANY and QTYPE RRSIG: RFC 8482 4.1 lets a server answer ANY with one RRset of its choice, and signatures are no RRset that
    could be asked for whole (RFC 4035 2.2). Atlas gives the smallest RRset or its signatures; the others give
    more, or another one."""
    return (
        difference.question.qtype in (TYPES["ANY"], RRSIG)
        and difference.atlas.rcode == difference.other.rcode
        and same_flags(difference)
        and bool(difference.atlas.answer) == bool(difference.other.answer)
        and bool(difference.atlas.answer)
    )


def nsd_rrsig_on_demand(difference):
    """QTYPE RRSIG where the name has signatures of its NSEC3 or NSEC only: servers differ in whether these are data of the name
    (RFC 5155 7.2.8)."""
    return difference.question.qtype == RRSIG and same_flags(difference) and difference.allies


def nsec3_owner(difference):
    """Names at and below the owner of an NSEC3: RFC 5155 7.2.8 says that such an owner does not exist for queries unless it owns
    something else. Atlas and BIND answer NXDOMAIN with a proof for the name; NSD counts the owner as an existing name
    and builds its proof from there, and Knot leaves parts of the proof out where a wildcard lies beside it."""
    return difference.peer in ("NSD", "Knot") and bool(NSEC3_OWNER_LABEL.search(text_name(difference.question.name)))


def zero_octet(difference):
    """Labels with a zero octet: NSD and Knot order some of them differently from RFC 4034 6.1 and name another NSEC, or leave one out.
    Whichever of the two has it right agrees with Atlas, and so does BIND."""
    shown = difference.atlas.authority | difference.other.authority
    names = [difference.question.name, *(record[0] for record in shown)]
    return difference.peer in ("NSD", "Knot") and any(b"\0" in name[:-1] for name in names)


def nsd_wildcard_asked_for(difference):
    """The wildcard's own name asked for, in a zone with NSEC3: the name exists, so that its NSEC3 alone proves what it lacks (RFC 5155
    7.2.3). NSD sends the NSEC3 of the closest encloser as well."""
    return (
        difference.peer == "NSD"
        and any(
            name.startswith(b"\1*")
            for name in (difference.question.name, *(record[4] for record in cnames(difference.atlas)))
        )
        and difference.atlas.authority < difference.other.authority
    )


def case_of_names(difference):
    """Names inside RDATA: Atlas and BIND keep them as the zone file spells them (RFC 4343 4.1); NSD and Knot lower some. They are equal
    names."""
    def lower(records):
        return {(*record[:4], record[4].lower()) for record in records}

    return (
        difference.atlas.rcode == difference.other.rcode
        and same_flags(difference)
        and lower(difference.atlas.answer) == lower(difference.other.answer)
        and lower(difference.atlas.authority) == lower(difference.other.authority)
    )


def bind_nsec_at_a_cut(difference):
    """QTYPE NSEC at a zone cut: BIND answers with the parent's NSEC as it does for DS. RFC 4035 3.1.4.1 makes that exception for DS alone;
    Atlas, NSD and Knot refer."""
    return difference.peer == "BIND" and difference.question.qtype == TYPES["NSEC"] and not difference.atlas.flags & AA


def knot_wildcard_ns(difference):
    """A wildcard that owns NS: RFC 4592 4.2 leaves its meaning open. Knot refers every name below it to the servers named; Atlas and NSD
    treat it as data of the names that it makes; BIND refuses to load such a zone."""
    return difference.peer == "Knot" and any(
        record[1] == TYPES["NS"] and record[0].startswith(b"\1*") for record in difference.other.authority
    )


def knot_asterisk_below_a_wildcard(difference):
    """A name that begins with an asterisk and is made by a wildcard further up: the answer needs the proof that nothing lies closer (RFC
    4035 3.1.3.4, RFC 5155 7.2.5, 7.2.6). Knot takes the asterisk for the wildcard itself and leaves the proof out."""
    return (
        difference.peer == "Knot"
        and difference.question.name.startswith(b"\1*")
        and difference.atlas.answer == difference.other.answer
        and difference.other.authority < difference.atlas.authority
    )


def knot_no_proof(difference):
    """Below names that exist only above insecure delegations in an opt-out span, Knot finds no proof and sends none, without AA. RFC
    5155 7.2.2 has one: the closest encloser that can be proved. BIND agrees with Atlas."""
    return (
        difference.peer == "Knot"
        and difference.zone.signing in ("optout", "nsec3")
        and not difference.other.authority
        and difference.atlas.rcode == difference.other.rcode
    )


def alias_into_another_zone(difference):
    """An alias that leads from one zone of the server to another: RFC 1034 4.3.2 step 3a goes back to step 1 and finds the other zone.
    Atlas and NSD do so. Knot stays in the zone of the question and refers, BIND ends the answer at the alias. The DS of an apex lies
    in the zone above (RFC 4035 3.1.4.1)."""
    records = [record for side in (difference.atlas, difference.other) for record in side.answer | side.authority]
    zones = {difference.zone_of(record[0]) for record in records}
    above = any(record[1] == DS and record[0] in difference.apexes for record in records)
    return bool(cnames(difference.atlas)) and (len(zones) > 1 or above)


def any_below_dname(difference):
    """QTYPE ANY below a DNAME: Atlas and BIND give the DNAME and the CNAME made of it, which is an answer to ANY, and end there. Knot and
    NSD look at the target as well. RFC 6672 3.2 step 3C goes on with the new name, RFC 8482 4 lets ANY be short."""
    return difference.question.qtype == TYPES["ANY"] and any(record[1] == DNAME for record in difference.atlas.answer)


def nsd_one_tree_of_names(difference):
    """A zone and one below it on the same server: NSD keeps the names of all zones in one tree, and a name that only the other zone has
    (glue, or what a cut hides) changes what it says of names near it. RFC 1034 4.2 makes the two zones separate."""
    return difference.peer == "NSD" and difference.is_nested


def nsd_alias_and_types_beside_it(difference):
    """QTYPE NSEC or RRSIG at an alias that owns none, and QTYPE NSEC3: these stand beside CNAME (RFC 4034 4.1.1), so Atlas, Knot and BIND
    say that there is none, and NSD follows the alias. For NSEC3, which no query may find (RFC 5155 7.2.8), it is the other
    way round."""
    return difference.question.qtype in (TYPES["NSEC"], NSEC3, RRSIG) and cnames(difference.atlas) != cnames(difference.other)


def opt_out_proof(difference):
    """Proofs in a zone with opt-out: RFC 5155 7.2.1 proves the closest encloser that has an NSEC3 of its own. Atlas and BIND do so; Knot
    leaves the proof out and NSD begins at a name without an NSEC3, where empty non-terminals lead to insecure
    delegations alone. What differs is NSEC3 and its signatures, and nothing else."""
    changed = (difference.atlas.authority ^ difference.other.authority)
    return (
        difference.zone.signing == "optout"
        and difference.peer in ("NSD", "Knot")
        and difference.atlas.rcode == difference.other.rcode
        and difference.atlas.answer == difference.other.answer
        and all(record[1] in (NSEC3, RRSIG) for record in changed)
    )


def bind_old_types_beside_an_alias(difference):
    """QTYPE KEY, SIG and NXT at an alias: RFC 2535, which RFC 4034 replaced, let these stand beside a CNAME, and BIND still says that there
    are none instead of following the alias. RFC 2181 10.1 and RFC 4034 leave only RRSIG and NSEC beside it."""
    return difference.peer == "BIND" and difference.question.qtype in (TYPES["KEY"], TYPES["SIG"], TYPES["NXT"])


def wildcard_dname(difference):
    """A DNAME owned by a wildcard: RFC 4592 4.4 leaves its meaning open. Atlas, NSD and BIND take the asterisk by its letter and redirect
    what lies below it; Knot makes a DNAME of it for every name."""
    return any(
        record[1] == DNAME and record[0].startswith(b"\1*")
        for record in difference.atlas.answer | difference.other.answer
    )


def nsd_proof_behind_a_dname(difference):
    """NXDOMAIN for what a DNAME leads to: RFC 4035 3.1.3.2 wants two proofs, for the name and for the wildcard that could have made it.
    NSD leaves one of them out; Knot and, where it answers the QTYPE, BIND agree with Atlas."""
    return (
        difference.peer == "NSD"
        and any(record[1] == DNAME for record in difference.atlas.answer)
        and difference.atlas.answer == difference.other.answer
        and difference.other.authority < difference.atlas.authority
    )


def stands_alone(difference):
    """Everything else where two of the three peers answer exactly as Atlas does and the third alone does not."""
    return len(difference.allies) == 2


RULES = [
    bind_meta_types,
    knot_meta_types,
    bind_alias_loop,
    bind_zero_soa_ttl,
    some_or_all,
    nsd_rrsig_on_demand,
    nsec3_owner,
    case_of_names,
    zero_octet,
    nsd_wildcard_asked_for,
    bind_nsec_at_a_cut,
    knot_wildcard_ns,
    knot_asterisk_below_a_wildcard,
    knot_no_proof,
    alias_chain_length,
    alias_into_another_zone,
    any_below_dname,
    nsd_one_tree_of_names,
    nsd_alias_and_types_beside_it,
    opt_out_proof,
    bind_old_types_beside_an_alias,
    wildcard_dname,
    nsd_proof_behind_a_dname,
    stands_alone,
]
