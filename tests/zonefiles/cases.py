"""Zone texts for example.com. that the test tools of several servers judge.

`HEAD` stands in front of a case unless the case is made with whole().
"""
from dataclasses import dataclass

ORIGIN = "example.com."

HEAD = """\
$ORIGIN example.com.
$TTL 3600
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 300
@ IN NS ns1
ns1 IN A 192.0.2.1
ns1 IN AAAA 2001:db8::1
"""


@dataclass(frozen=True)
class Case:
    name: str
    text: bytes
    files: tuple = ()  # (name, content) of files that the text includes


def _octets(text):
    return text if isinstance(text, bytes) else text.encode()


def case(name, text, files=()):
    return Case(name, HEAD.encode() + _octets(text), tuple((n, _octets(t)) for n, t in files))


def whole(name, text):
    return Case(name, _octets(text))


SYNTAX = [
    case("plain", "www A 192.0.2.2\n"),
    case("no-final-newline", "www A 192.0.2.2"),
    whole("crlf", HEAD.replace("\n", "\r\n") + "www A 192.0.2.2\r\n"),
    case("ttl-then-class", "www 60 IN A 192.0.2.2\n"),
    case("class-then-ttl", "www IN 60 A 192.0.2.2\n"),
    case("ttl-units", "www 1h30m A 192.0.2.2\nw2 2W A 192.0.2.2\n"),
    case("ttl-units-repeated", "www 1h1h A 192.0.2.2\n"),
    case("ttl-unit-unknown", "www 1y A 192.0.2.2\n"),
    case("ttl-twice", "www 60 60 A 192.0.2.2\n"),
    case("ttl-trailing-number", "www 1h30 A 192.0.2.2\n"),
    case("ttl-2147483647", "www 2147483647 A 192.0.2.2\n"),
    case("ttl-2147483648", "www 2147483648 A 192.0.2.2\n"),
    case("ttl-4294967296", "www 4294967296 A 192.0.2.2\n"),
    case("ttl-negative", "www -1 A 192.0.2.2\n"),
    case("class-twice", "www IN IN A 192.0.2.2\n"),
    case("class-ch", "www CH A 192.0.2.2\n"),
    case("class-generic", "www CLASS1 A 192.0.2.2\n"),
    case("type-generic", "www TYPE1 \\# 4 c0000202\n"),
    case("type-unknown-number", "www TYPE65400 \\# 3 abcdef\n"),
    case("type-misspelt", "www AAA 192.0.2.2\n"),
    case("type-any", "www ANY \\# 0\n"),
    case("type-opt", "www TYPE41 \\# 0\n"),
    case("rdata-missing", "www A\n"),
    case("rdata-bad-address", "www A 300.0.2.1\n"),
    case("rdata-extra", "www A 192.0.2.1 192.0.2.2\n"),
    case("generic-length-wrong", "www TYPE65400 \\# 4 abcdef\n"),
    case("generic-hex-odd", "www TYPE65400 \\# 2 abc\n"),
    case("generic-hex-spaced", "www TYPE65400 \\# 3 ab cd ef\n"),
    case("generic-known-type-malformed", "www A \\# 3 abcdef\n"),
    case("blank-owner", "www A 192.0.2.2\n    A 192.0.2.3\n\tTXT x\n"),
    case("parentheses", "www TXT ( a ; comment\n  \"b\" )\n"),
    case("parentheses-nested", "www TXT ( a ( b ) c )\n"),
    case("parenthesis-not-closed", "www TXT ( a\nw2 A 192.0.2.2\n"),
    case("parenthesis-not-opened", "www TXT a )\n"),
    case("parenthesis-first-column", "www TXT (\na\n)\n"),
    case("parenthesis-around-all", "( www TXT a )\n"),
    case("quote-not-closed", "www TXT \"a\nw2 A 192.0.2.2\n"),
    case("quote-empty", "www TXT \"\"\n"),
    case("quote-with-semicolon", "www TXT \"a;b\" ; c\n"),
    case("quote-with-escaped-quote", 'www TXT "a\\"b"\n'),
    case("quotes-adjacent", 'www TXT "a""b"\n'),
    case("quote-inside-a-word", 'www TXT foo="bar baz"\n'),
    case("quote-behind-a-word", 'www TXT foo"bar baz"\n'),
    case("svcb-quoted-value", 'www HTTPS 1 . alpn="h2,h3" port=8443\n'),
    case("owner-in-quotes", '"www" A 192.0.2.2\n'),
    case("type-in-quotes", 'www "A" 192.0.2.2\n'),
    case("rdata-name-in-quotes", 'www CNAME "ns1"\n'),
    case("semicolon-inside-a-word", "www TXT a;b\n"),
    case("semicolon-escaped", "www TXT a\\;b\n"),
    case("blank-escaped", "www TXT a\\ b\n"),
    case("backslash-at-end", "www TXT a\\\n"),
    case("newline-in-quotes", 'www TXT "a\nb"\n'),
    case("comment-lines", "; one\n   ; two\n\n\t\nwww A 192.0.2.2 ;three\n"),
    case("carriage-return-alone", "www A 192.0.2.2\rw2 A 192.0.2.3\n"),
    case("lower-case-words", "www in a 192.0.2.2\n"),
    case("owner-root", ". A 192.0.2.2\n"),
    case("owner-at-with-dot", "@.sub A 192.0.2.2\n"),
    case("owner-escaped-at", "\\@ TXT x\n"),
    case("owner-star-inside", "a.*.b TXT x\n"),
    case("wildcard", "*.w A 192.0.2.2\n"),
    case("name-255-octets", ".".join(["x" * 61] * 3 + ["y" * 55]) + " A 192.0.2.2\n"),
    case("name-256-octets", ".".join(["x" * 61] * 3 + ["y" * 56]) + " A 192.0.2.2\n"),
    whole("first-line-blank-owner", "  3600 IN SOA ns1 hostmaster 1 7200 3600 1209600 300\n@ 3600 NS ns.example.net.\n"),
    whole("no-record", "$TTL 3600\n"),
    case("string-255", 'www TXT "' + "x" * 255 + '"\n'),
    case("string-256", 'www TXT "' + "x" * 256 + '"\n'),
    case("escape-decimal", "w\\119w A 192.0.2.2\n"),
    case("escape-too-large", "w\\300w A 192.0.2.2\n"),
    case("escape-cut-off", "w\\12 A 192.0.2.2\n"),
    case("escape-dot", "a\\.b A 192.0.2.2\n"),
    case("label-63", "x" * 63 + " A 192.0.2.2\n"),
    case("label-64", "x" * 64 + " A 192.0.2.2\n"),
    case("name-too-long", ".".join(["x" * 60] * 5) + " A 192.0.2.2\n"),
    case("label-empty", "a..b A 192.0.2.2\n"),
    case("at-sign-in-rdata", "www CNAME @\n"),
    case("origin-relative", "$ORIGIN sub\nwww A 192.0.2.2\n"),
    case("origin-missing", "$ORIGIN\nwww A 192.0.2.2\n"),
    case("origin-two", "$ORIGIN a. b.\n"),
    case("ttl-directive-missing", "$TTL\n"),
    case("ttl-directive-bad", "$TTL abc\n"),
    case("directive-lower-case", "$ttl 60\n$origin sub\nwww A 192.0.2.2\n"),
    case("directive-unknown", "$FOO bar\nwww A 192.0.2.2\n"),
    case("directive-after-blank", " $TTL 60\n"),
    case("nul-in-owner", b"w\0w A 192.0.2.2\n"),
    case("nul-in-string", b"www TXT \"a\0b\"\n"),
    case("control-in-string", b"www TXT \"a\x01b\"\n"),
    case("utf8-in-string", "www TXT \"grün\"\n"),
    case("utf8-in-owner", "grün A 192.0.2.2\n"),
    whole("bom", b"\xef\xbb\xbf" + HEAD.encode()),
    whole("empty-file", b""),
    whole("binary-junk", bytes(range(256)) * 4),
    case("include", "$INCLUDE part.zone\n", [("part.zone", "www A 192.0.2.2\n")]),
    case("include-origin", "$INCLUDE part.zone sub\n", [("part.zone", "www A 192.0.2.2\n")]),
    case("include-missing-file", "$INCLUDE nowhere.zone\n"),
    case("include-itself", "$INCLUDE part.zone\n", [("part.zone", "$INCLUDE part.zone\n")]),
    case("include-then-blank-owner", "www A 192.0.2.2\n$INCLUDE part.zone\n TXT x\n",
         [("part.zone", "w2 A 192.0.2.2\n")]),
    case("include-ttl-kept", "$INCLUDE part.zone\nw3 A 192.0.2.3\n", [("part.zone", "$TTL 60\nw2 A 192.0.2.2\n")]),
    case("include-origin-kept", "$INCLUDE part.zone\nw3 A 192.0.2.3\n",
         [("part.zone", "$ORIGIN sub\nw2 A 192.0.2.2\n")]),
    whole("no-ttl-anywhere", "@ IN SOA ns1 hostmaster 1 7200 3600 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n"),
    whole("ttl-from-the-record-before",
          "@ 60 IN SOA ns1 hostmaster 1 7200 3600 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n"),
]

GENERATE = [
    case("generate", "$GENERATE 1-3 host$ A 192.0.2.$\n"),
    case("generate-step", "$GENERATE 1-9/3 host$ A 192.0.2.$\n"),
    case("generate-offset", "$GENERATE 1-3 host${10} A 192.0.2.${-1}\n"),
    case("generate-width", "$GENERATE 1-3 host${0,3,d} A 192.0.2.$\n"),
    case("generate-hex", "$GENERATE 9-12 host${0,4,x} AAAA 2001:db8::${0,2,X}\n"),
    case("generate-octal", "$GENERATE 7-9 host${0,2,o} A 192.0.2.$\n"),
    case("generate-nibble", "$GENERATE 30-33 ${0,5,n} PTR host$\n$GENERATE 30-33 ${0,4,N}.b PTR host$\n"),
    case("generate-dollar", "$GENERATE 1-2 a$$b$ A 192.0.2.$\n$GENERATE 1-2 c\\$d$ A 192.0.2.$\n"),
    case("generate-ttl-class", "$GENERATE 1-2 h$ 60 IN A 192.0.2.$\n"),
    case("generate-quoted", "$GENERATE 1-2 h$ MX \"10 m$\"\n$GENERATE 1-2 m$ A 192.0.2.$\n"),
    case("generate-several-words", "$GENERATE 1-2 h$ MX 10 m$\n$GENERATE 1-2 m$ A 192.0.2.$\n"),
    case("generate-backwards", "$GENERATE 3-1 h$ A 192.0.2.$\n"),
    case("generate-bad-range", "$GENERATE 1 h$ A 192.0.2.$\n"),
    case("generate-step-zero", "$GENERATE 1-3/0 h$ A 192.0.2.$\n"),
    case("generate-bad-base", "$GENERATE 1-3 h${0,1,z} A 192.0.2.$\n"),
    case("generate-bad-rdata", "$GENERATE 254-257 h$ A 192.0.2.$\n"),
    case("generate-no-rdata", "$GENERATE 1-3 h$ A\n"),
]

SOA = "@ IN SOA ns1 hostmaster 1 7200 3600 1209600 300\n"
NS = "@ NS ns1\nns1 A 192.0.2.1\n"

SEMANTICS = [
    whole("soa-missing", "$TTL 3600\n" + NS),
    whole("soa-not-first", "$TTL 3600\n" + NS + SOA),
    case("soa-twice", "@ SOA ns2 hostmaster 2 7200 3600 1209600 300\n"),
    case("soa-repeated", SOA),
    case("soa-below-apex", "www SOA ns1 hostmaster 1 7200 3600 1209600 300\n"),
    whole("ns-missing", "$TTL 3600\n" + SOA + "www A 192.0.2.2\n"),
    case("out-of-zone", "www.example.org. A 192.0.2.2\n"),
    case("owner-repeats-origin", "www.example.com A 192.0.2.2\n"),
    case("cname-and-a", "www CNAME ns1\nwww A 192.0.2.2\n"),
    case("cname-at-apex", "@ CNAME ns1\n"),
    case("cname-twice", "www CNAME ns1\nwww CNAME ns2.example.org.\n"),
    case("cname-repeated", "www CNAME ns1\nwww CNAME ns1\n"),
    case("cname-and-key", "www CNAME ns1\nwww KEY 256 3 13 aaaa\n"),
    case("cname-to-itself", "www CNAME www\n"),
    case("cname-loop", "a CNAME b\nb CNAME a\n"),
    case("cname-to-nowhere", "www CNAME w2\n"),
    case("dname-twice", "sub DNAME a.example.org.\nsub DNAME b.example.org.\n"),
    case("dname-and-cname", "sub DNAME a.example.org.\nsub CNAME b.example.org.\n"),
    case("dname-and-ns", "sub DNAME a.example.org.\nsub NS ns.example.org.\n"),
    case("dname-at-apex", "@ DNAME example.org.\n"),
    whole("dname-at-apex-alone", "$TTL 3600\n@ IN SOA ns.example.net. h 1 7200 3600 1209600 300\n"
          "@ NS ns.example.net.\n@ DNAME example.org.\n"),
    case("dname-with-name-below", "sub DNAME a.example.org.\nwww.sub A 192.0.2.2\n"),
    case("dname-wildcard", "*.sub DNAME a.example.org.\n"),
    case("delegation", "sub NS ns.sub\nns.sub A 192.0.2.53\n"),
    case("delegation-no-glue", "sub NS ns.sub\n"),
    case("delegation-sibling-no-glue", "sub NS ns.other\nother NS ns.example.org.\n"),
    case("delegation-and-a", "sub NS ns.example.org.\nsub A 192.0.2.2\n"),
    case("occluded-txt", "sub NS ns.example.org.\nwww.sub TXT x\n"),
    case("occluded-a-not-glue", "sub NS ns.example.org.\nwww.sub A 192.0.2.2\n"),
    case("ns-wildcard", "*.sub NS ns.example.org.\n"),
    whole("ns-at-apex-no-address", "$TTL 3600\n" + SOA + "@ NS ns1\n"),
    case("ns-at-apex-is-cname", "@ NS ns2\nns2 CNAME ns1\n"),
    case("ns-below-no-address", "sub NS ns9\n"),
    case("ns-below-is-cname", "sub NS ns9\nns9 CNAME ns1\n"),
    case("ns-is-address", "@ NS 192.0.2.1\n"),
    case("mx-is-cname", "@ MX 10 mail\nmail CNAME ns1\n"),
    case("mx-no-address", "@ MX 10 mail\n"),
    case("mx-is-address", "@ MX 10 192.0.2.1\n"),
    case("mx-null", "@ MX 0 .\n"),
    case("srv-is-cname", "_sip._udp SRV 0 0 5060 sip\nsip CNAME ns1\n"),
    case("srv-no-address", "_sip._udp SRV 0 0 5060 sip\n"),
    case("ttl-differs", "www 60 A 192.0.2.2\nwww 120 A 192.0.2.3\n"),
    case("ds-without-ns", "sub DS 12345 13 2 " + "ab" * 32 + "\n"),
    case("ds-at-apex", "@ DS 12345 13 2 " + "ab" * 32 + "\n"),
    case("ds-at-delegation", "sub NS ns.example.org.\nsub DS 12345 13 2 " + "ab" * 32 + "\n"),
    case("owner-underscore", "my_host A 192.0.2.2\n"),
    case("owner-bad-host", "a!b A 192.0.2.2\n"),
    case("mx-owner-underscore", "my_host MX 10 ns1\n"),
    case("mx-target-underscore", "@ MX 10 my_host\nmy_host A 192.0.2.2\n"),
    case("ns-target-underscore", "@ NS my_ns\nmy_ns A 192.0.2.2\n"),
    case("soa-mname-underscore", "@ TXT x\n"),
    case("duplicate-record", "www A 192.0.2.2\nwww A 192.0.2.2\n"),
    case("duplicate-but-for-case", "www MX 10 ns1\nwww MX 10 NS1\n"),
    case("owner-case-differs", "www A 192.0.2.2\nWWW A 192.0.2.3\n"),
    case("nsec3param-iterations", "@ NSEC3PARAM 1 0 2500 ab\n"),
    case("nsec3param-below-apex", "www NSEC3PARAM 1 0 0 -\n"),
    case("dnskey-below-apex", "www DNSKEY 256 3 13 " + "A" * 88 + "\n"),
    case("rrsig-without-data", "www RRSIG A 13 3 60 20300101000000 20200101000000 1 example.com. aaaa\n"),
    case("rrsig-expired", "www A 192.0.2.2\n"
         "www RRSIG A 13 3 3600 20200101000000 20190101000000 1 example.com. " + "A" * 88 + "\n"),
    case("nsec-without-dnskey", "www A 192.0.2.2\nwww NSEC example.com. A\n"),
    case("txt-256-octets-several", 'www TXT "' + "x" * 255 + '" "y"\n'),
    case("ptr-without-final-dot", "1 PTR host.example.com\n"),
    whole("soa-serial-zero", HEAD.replace(" 1 7200", " 0 7200")),
    whole("soa-retry-above-refresh", HEAD.replace("7200 3600", "3600 7200")),
    whole("soa-expire-below-refresh", HEAD.replace("1209600", "60")),
    whole("soa-minimum-large", HEAD.replace(" 300\n", " 1209600\n")),
    whole("soa-serial-too-large", HEAD.replace(" 1 7200", " 4294967296 7200")),
]

CASES = SYNTAX + GENERATE + SEMANTICS
