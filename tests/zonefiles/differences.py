"""Where Atlas and another server's tool differ about a case, and why. Versions that were compared: BIND 9.18, Knot 3.2,
NSD 4.6 and ldns 1.8."""

_NO_GENERATE = "only BIND has $GENERATE"
_RELATIVE_ORIGIN = "a domain name in a directive may be relative (RFC 1035 5.1), as in BIND"
_NO_ADDRESS_CHECK = "the tool does not look for the addresses of name servers; BIND and Knot refuse the zone"
_STRICT_KNOT = "an error in Knot's checker alone; the zone can be served, so that it is a warning"

# (case, checker): why the one accepts and the other refuses.
VERDICTS = {
    ("crlf", "knot"): "lines may end in CR LF",
    ("ttl-trailing-number", "nsd"): "a number without a unit behind one with a unit is a slip",
    ("ttl-4294967296", "nsd"): "a TTL has 32 bits (RFC 2181 8)",
    ("class-generic", "knot"): "CLASS1 is IN (RFC 3597 5)",
    ("type-opt", "knot"): "OPT is no data of a zone (RFC 6891 6.1.1)",
    ("type-opt", "nsd"): "OPT is no data of a zone (RFC 6891 6.1.1)",
    ("generic-length-wrong", "nsd"): "the length must be that of the data (RFC 3597 5)",
    ("generic-known-type-malformed", "knot"): "data of a known type must be valid for it (RFC 3597 5)",
    ("parentheses-nested", "bind"): "parentheses group data and do not nest; most often one is not closed",
    ("parenthesis-not-closed", "nsd"): "the record has no end",
    ("parenthesis-around-all", "knot"): "parentheses may stand anywhere in a record (RFC 1035 5.1), as in BIND",
    ("parenthesis-around-all", "nsd"): "parentheses may stand anywhere in a record (RFC 1035 5.1), as in BIND",
    ("quotes-adjacent", "knot"): "a quote ends a string, as in BIND and NSD",
    ("string-256", "knot"): "a character-string has up to 255 octets (RFC 1035 3.3); Knot splits longer ones",
    ("escape-too-large", "knot"): "\\300 is no octet (RFC 1035 5.1)",
    ("escape-too-large", "nsd"): "\\300 is no octet (RFC 1035 5.1)",
    ("escape-cut-off", "nsd"): "\\DDD has three digits (RFC 1035 5.1)",
    ("origin-relative", "knot"): _RELATIVE_ORIGIN,
    ("origin-relative", "nsd"): _RELATIVE_ORIGIN,
    ("directive-lower-case", "knot"): "directives are read in any case, as in BIND",
    ("directive-lower-case", "nsd"): "directives are read in any case, as in BIND",
    ("nul-in-owner", "nsd"): "a NUL is the mark of a file that is no text; \\000 writes the octet",
    ("nul-in-string", "bind"): "a NUL is the mark of a file that is no text; \\000 writes the octet",
    ("nul-in-string", "nsd"): "a NUL is the mark of a file that is no text; \\000 writes the octet",
    ("control-in-string", "knot"): "strings hold any octets but NUL and newline, as in BIND and NSD",
    ("utf8-in-string", "knot"): "strings hold any octets but NUL and newline, as in BIND and NSD",
    ("utf8-in-owner", "knot"): "names hold any octets (RFC 2181 11); a warning says that nobody asks for it",
    ("bom", "bind"): "editors write byte order marks, and nothing else is meant: a warning",
    ("bom", "knot"): "editors write byte order marks, and nothing else is meant: a warning",
    ("bom", "nsd"): "editors write byte order marks, and nothing else is meant: a warning",
    ("include-origin", "knot"): _RELATIVE_ORIGIN,
    ("include-origin", "nsd"): _RELATIVE_ORIGIN,
    ("include-origin-kept", "knot"): _RELATIVE_ORIGIN,
    ("include-origin-kept", "nsd"): _RELATIVE_ORIGIN,
    ("generate-several-words", "bind"): "the RDATA of $GENERATE may be several words; BIND wants one, in quotes",
    ("soa-twice", "knot"): "a zone has one SOA (RFC 1035 5.2); BIND and NSD refuse it as well",
    ("soa-repeated", "nsd"): "the same record twice is one record (RFC 2181 5), as in BIND and Knot",
    ("soa-below-apex", "knot"): "SOA belongs to the apex (RFC 1034 4.2.1); BIND and NSD refuse it as well",
    ("ns-missing", "nsd"): "a zone has NS records at its apex (RFC 1034 4.2.1); BIND and Knot refuse it as well",
    ("out-of-zone", "nsd"): "left out with a warning, as in BIND and Knot",
    ("cname-and-key", "knot"): "KEY may stand beside CNAME (RFC 2181 10.1, RFC 3007)",
    ("cname-and-key", "nsd"): "KEY may stand beside CNAME (RFC 2181 10.1, RFC 3007)",
    ("dname-and-ns", "knot"): _STRICT_KNOT,
    ("dname-with-name-below", "bind"): "no names below a DNAME (RFC 6672 2.4); Knot and NSD refuse it as well",
    ("delegation-no-glue", "knot"): _STRICT_KNOT,
    ("ns-wildcard", "bind"): "an error in BIND alone; RFC 4592 4.2 leaves it undefined, so that it is a warning",
    ("ns-at-apex-no-address", "nsd"): _NO_ADDRESS_CHECK,
    ("ns-at-apex-is-cname", "nsd"): _NO_ADDRESS_CHECK,
    ("ns-is-address", "nsd"): _NO_ADDRESS_CHECK,
    ("ns-below-no-address", "knot"): _STRICT_KNOT,
    ("ns-below-is-cname", "knot"): _STRICT_KNOT,
    ("ds-at-apex", "bind"): "an error in BIND alone; the record is never asked for here, so that it is a warning",
    ("owner-bad-host", "knot"): "names hold any octets (RFC 2181 11): a warning",
    ("soa-serial-too-large", "nsd"): "a serial has 32 bits (RFC 1035 3.3.13)",
}
for _case in ("", "-step", "-offset", "-width", "-hex", "-octal", "-nibble", "-dollar", "-ttl-class", "-quoted",
              "-several-words"):
    for _peer in ("knot", "nsd"):
        VERDICTS["generate" + _case, _peer] = _NO_GENERATE

# (case, dumper): why the records of a zone that both read are not the same.
DUMPS = {
    ("no-ttl-anywhere", "bind"): "without any TTL BIND takes the SOA's MINIMUM; NSD and Knot take 3600, and so does Atlas",
    ("ttl-2147483648", "ldns"): "a TTL above 2147483647 means 0 (RFC 2181 8), as in BIND; ldns keeps it",
    ("ttl-differs", "ldns"): "the lowest TTL counts for the RRset (RFC 2181 5.2); ldns does not look at RRsets",
    ("origin-relative", "ldns"): "ldns takes a relative $ORIGIN as absolute",
    ("bom", "ldns"): "ldns takes the mark as part of a name",
    ("out-of-zone", "ldns"): "ldns knows no zone and leaves nothing out",
    ("rrsig-without-data", "ldns"): "without a TTL of its own ldns gives a signature its Original TTL field",
}
