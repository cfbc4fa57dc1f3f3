#include "atlas/zone/check/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "atlas/zone/text/parser.h"

namespace atlas::zone::check {
namespace {

using Strings = std::vector<std::string>;

// 2026-06-01T00:00:00Z.
const base::WallTime kNow{std::chrono::seconds(1'780'272'000)};

// "line:column: severity: message" for a zone text of example.com.
Strings findings_of(const std::string& text, const char* apex = "example.com.") {
  RecordList records;
  SourceFiles sources;
  DiagnosticLog log(100);
  const dns::Name name = *dns::parse_name(apex);
  text::parse_zone("zone", text, name, {}, sources, records, log);
  EXPECT_EQ(base::render(log.finish(sources)), "") << text;
  records.sort();
  check_zone(records, name, kNow, log);
  Strings findings;
  for (const base::Diagnostic& diagnostic : log.finish(sources)) {
    const std::string line = base::summary(diagnostic);
    findings.push_back(line.starts_with("zone:") ? line.substr(5) : line);
  }
  return findings;
}

const std::string kSoa = "@ 60 SOA ns1 h 1 7200 3600 1209600 300\n";
// Five lines: what follows begins on line 6.
const std::string kHead = kSoa +
                          "$TTL 60\n"
                          "@ NS ns1\n"
                          "ns1 A 192.0.2.1\n"
                          "ns1 AAAA 2001:db8::1\n";
const std::string kDigest(64, 'a');
const std::string kKey(88, 'A');
const std::string kSignature = " 13 3 60 20270101000000 20260101000000 1 example.com. " + kKey + "\n";

struct Row {
  std::string text;  // behind kHead
  Strings findings;
};

void expect_findings(std::initializer_list<Row> rows) {
  for (const Row& row : rows) EXPECT_EQ(findings_of(kHead + row.text), row.findings) << row.text;
}

TEST(Check, AGoodZoneHasNoFindings) {
  expect_findings({
      {"", {}},
      {"@ MX 10 mail\nmail A 192.0.2.2\n@ TXT x\n", {}},
      {"@ MX 0 .\n", {}},
      {"www CNAME ns1\nw2 CNAME www.example.org.\n", {}},
      {"sub NS ns.sub\nns.sub A 192.0.2.53\nsub DS 1 13 2 " + kDigest + "\n", {}},
      {"sub NS ns.example.org.\nsub NS ns1\n", {}},
      {"sub NS ns.other\nother NS ns.other\nns.other A 192.0.2.53\n", {}},
      {"sub DNAME example.org.\n", {}},
      {"*.w A 192.0.2.1\n_sip._udp SRV 0 0 5060 host.w\n", {}},
      {"_sip._udp SRV 0 0 0 .\n", {}},
      {"_foo A 192.0.2.1\n*.wild A 192.0.2.1\n", {}},
      {"www TXT a\nwww TXT b\n", {}},
      {"www CNAME ns1\nwww RRSIG CNAME" + kSignature, {}},
  });
}

TEST(Check, AnEmptyZone) {
  EXPECT_EQ(findings_of(""),
            (Strings{" error: the zone example.com. has no SOA record (RFC 1035 5.2) [soa-missing]",
                     " error: the zone example.com. has no NS record at its apex (RFC 1034 4.2.1) "
                     "[apex-ns-missing]"}));
}

TEST(Check, Soa) {
  expect_findings({
      {"@ SOA ns1 h 2 7200 3600 1209600 300\n",
       {"6:1: error: a zone has one SOA record, and this is another one (RFC 1035 5.2) [soa-several]"}},
      {kSoa, {}},
      {"www SOA ns1 h 1 7200 3600 1209600 300\n",
       {"6:1: error: www.example.com. has a SOA record, but the zone is example.com. (RFC 1034 4.2.1) "
        "[soa-not-at-apex]"}},
  });
  const std::string rest = "$TTL 60\n@ NS ns1\nns1 A 192.0.2.1\n";
  EXPECT_EQ(
      findings_of("@ 60 SOA ns1 h 0 0 0 1 100000\n" + rest),
      (Strings{
          "1:1: warning: refresh is 0: secondaries would ask without a pause (RFC 1912 2.2) [soa-timers]",
          "1:1: warning: retry is 0: secondaries would ask without a pause (RFC 1912 2.2) [soa-timers]",
          "1:1: warning: minimum, the TTL of negative answers, is longer than a day (100000 s) (RFC 1912 "
          "2.2) "
          "[soa-timers]",
          "1:1: warning: the serial is 0, which some servers take for none (RFC 1982 7) [soa-serial-zero]"}));
  EXPECT_EQ(
      findings_of("@ 60 SOA ns1 h 1 3600 7200 3600 300\n" + rest),
      (Strings{"1:1: warning: retry is longer than refresh (7200 and 3600 s) (RFC 1912 2.2) [soa-timers]",
               "1:1: warning: expire is shorter than refresh and retry (3600 and 3600 s) (RFC 1912 2.2) "
               "[soa-timers]"}));
}

TEST(Check, ApexServers) {
  EXPECT_EQ(findings_of(kSoa + "ns1 A 192.0.2.1\n"),
            (Strings{" error: the zone example.com. has no NS record at its apex (RFC 1034 4.2.1) "
                     "[apex-ns-missing]"}));
  EXPECT_EQ(findings_of(kSoa + "@ NS ns1\n"),
            (Strings{"2:1: error: the name server ns1.example.com. has no address in the zone (RFC 1912 2.8) "
                     "[apex-ns-without-address]"}));
  EXPECT_EQ(findings_of(kSoa + "@ NS ns1\n*.x A 192.0.2.1\n@ NS ns.x\nns1 A 192.0.2.1\n"), Strings{})
      << "a wildcard gives an address";
  expect_findings({
      {"@ NS ns2\nns2 CNAME ns1\n",
       {"6:1: error: the name server ns2.example.com. is an alias (CNAME or DNAME) (RFC 2181 10.3) "
        "[apex-ns-is-alias]"}},
      {"@ NS ns.sub\nsub DNAME example.org.\n",
       {"6:1: error: the name server ns.sub.example.com. is an alias (CNAME or DNAME) (RFC 2181 10.3) "
        "[apex-ns-is-alias]"}},
      {"@ NS 192.0.2.1\n",
       {"6:1: error: the name server 192.0.2.1.example.com. has no address in the zone (RFC 1912 2.8) "
        "[apex-ns-without-address]",
        "6:1: warning: NS takes the name of a host, and 192.0.2.1.example.com. looks like an address (RFC "
        "1035 3.3) "
        "[target-is-an-address]"}},
  });
}

TEST(Check, Delegations) {
  expect_findings({
      {"sub NS ns.sub\n",
       {"6:1: warning: the name server ns.sub.example.com. lies in the child zone and has no glue (RFC 9471 "
        "2.1) "
        "[glue-missing]"}},
      {"sub NS sub\n",
       {"6:1: warning: the name server sub.example.com. lies in the child zone and has no glue (RFC 9471 "
        "2.1) "
        "[glue-missing]"}},
      {"sub NS sub\nsub A 192.0.2.1\n", {}},
      {"sub NS ns9\n",
       {"6:1: warning: the name server ns9.example.com. has no address in the zone (RFC 1912 2.8) "
        "[ns-without-address]"}},
      {"sub NS ns9\nns9 CNAME ns1\n",
       {"6:1: warning: the name server ns9.example.com. is an alias (CNAME or DNAME) (RFC 2181 10.3) "
        "[ns-is-alias]"}},
      {"*.sub NS ns1\n",
       {"6:1: warning: *.sub.example.com. delegates a wildcard, whose meaning is undefined (RFC 4592 4.2) "
        "[ns-at-wildcard]"}},
      {"sub DS 1 13 2 " + kDigest + "\n",
       {"6:1: warning: sub.example.com. has DS but no NS records (RFC 4035 2.4) [ds-without-ns]"}},
      {"@ DS 1 13 2 " + kDigest + "\n",
       {"6:1: warning: DS at the apex of its own zone (RFC 4035 2.4) [ds-at-apex]"}},
      {"*.sub DS 1 13 2 " + kDigest + "\n",
       {"6:1: warning: *.sub.example.com. has DS but no NS records (RFC 4035 2.4) [ds-without-ns]",
        "6:1: warning: *.sub.example.com. has DS at a wildcard (RFC 4592 4.6) [ds-at-wildcard]"}},
  });
}

TEST(Check, OccludedData) {
  expect_findings({
      {"sub NS ns.example.org.\nwww.sub TXT x\n",
       {"7:1: warning: www.sub.example.com. (TXT) is hidden by the delegation of sub.example.com. (RFC 2181 "
        "6.1) "
        "[occluded]"}},
      {"sub NS ns.example.org.\nwww.sub A 192.0.2.1\nwww.sub TXT x\n",
       {"7:1: warning: www.sub.example.com. (A, TXT) is hidden by the delegation of sub.example.com. (RFC "
        "2181 6.1) "
        "[occluded]"}},
      {"sub NS ns.sub\nns.sub A 192.0.2.1\nns.sub TXT x\n",
       {"8:1: warning: ns.sub.example.com. (TXT) is hidden by the delegation of sub.example.com. (RFC 2181 "
        "6.1) "
        "[occluded]"}},
      {"sub NS ns.example.org.\nsub A 192.0.2.1\n",
       {"7:1: warning: sub.example.com. is delegated, so that its A is hidden (RFC 2181 6.1) [occluded]"}},
      {"sub NS ns.example.org.\nx.sub NS ns.example.org.\n",
       {"7:1: warning: x.sub.example.com. (NS) is hidden by the delegation of sub.example.com. (RFC 2181 "
        "6.1) "
        "[occluded]"}},
  });
}

TEST(Check, Cname) {
  expect_findings({
      {"www CNAME ns1\nwww A 192.0.2.1\nwww TXT x\nwww TXT y\n",
       {"6:1: error: www.example.com. has a CNAME and other data: A, TXT (RFC 1034 3.6.2) "
        "[cname-and-other-data]"}},
      {"@ CNAME ns1\n",
       {"6:1: error: example.com. has a CNAME and other data: SOA, NS (RFC 1034 3.6.2) "
        "[cname-and-other-data]"}},
      {"www CNAME ns1\nwww CNAME ns.example.org.\n",
       {"6:1: error: www.example.com. has more than one CNAME (RFC 2181 10.1) [cname-several]"}},
      {"www CNAME ns1\nwww CNAME NS1\n", {}},
      {"www CNAME ns1\nwww DNAME ns1\n",
       {"6:1: error: www.example.com. has a CNAME and other data: DNAME (RFC 1034 3.6.2) "
        "[cname-and-other-data]"}},
      {"www CNAME www\n",
       {"6:1: warning: the CNAME of www.example.com. leads back to it (RFC 1034 3.6.2) [cname-loop]"}},
      {"a CNAME b\nb CNAME c\nc CNAME b\n",
       {"7:1: warning: the CNAME of b.example.com. leads back to it (RFC 1034 3.6.2) [cname-loop]",
        "8:1: warning: the CNAME of c.example.com. leads back to it (RFC 1034 3.6.2) [cname-loop]"}},
      {"www CNAME w2\n",
       {"6:1: warning: the target w2.example.com. is not in the zone (RFC 1912 2.4) [cname-to-nowhere]"}},
      {"www CNAME a.wild\n*.wild A 192.0.2.1\n", {}},
      {"www CNAME a.b.wild\n*.wild A 192.0.2.1\nx.b.wild A 192.0.2.1\n",
       {"6:1: warning: the target a.b.wild.example.com. is not in the zone (RFC 1912 2.4) "
        "[cname-to-nowhere]"}},
      {"www CNAME a.sub\nsub NS ns1\n", {}},
  });
}

TEST(Check, Dname) {
  expect_findings({
      {"sub DNAME a.\nsub DNAME b.\n",
       {"7:1: error: sub.example.com. has more than one DNAME (RFC 6672 2.4) [dname-several]"}},
      {"sub DNAME a.\nwww.sub A 192.0.2.1\n",
       {"7:1: error: www.sub.example.com. lies below the DNAME of sub.example.com. (RFC 6672 2.4) "
        "[dname-with-names-below]"}},
      {"sub DNAME a.\nsub NS ns1\n",
       {"6:1: warning: sub.example.com. has DNAME and NS, but is not the apex: the delegation hides the "
        "DNAME (RFC 6672 "
        "2.3) [dname-and-ns]"}},
      {"*.sub DNAME a.\n",
       {"6:1: warning: *.sub.example.com. has a DNAME at a wildcard, whose meaning is undefined (RFC 4592 "
        "4.4) "
        "[dname-at-wildcard]"}},
  });
  EXPECT_EQ(
      findings_of(
          "@ 60 SOA ns.example.org. h 1 7200 3600 1209600 300\n@ NS ns.example.org.\n@ DNAME example.net.\n"),
      Strings{});
}

TEST(Check, HostNamesAndTargets) {
  expect_findings({
      {"my_host A 192.0.2.1\n-x AAAA ::1\na\\.b MX 10 ns1\n",
       {"6:1: warning: my_host.example.com. has addresses or mail, but is no host name (RFC 1123 2.1) "
        "[owner-not-a-host-name]",
        "7:1: warning: -x.example.com. has addresses or mail, but is no host name (RFC 1123 2.1) "
        "[owner-not-a-host-name]",
        "8:1: warning: a\\.b.example.com. has addresses or mail, but is no host name (RFC 1123 2.1) "
        "[owner-not-a-host-name]"}},
      {"@ MX 10 my_host.example.org.\n",
       {"6:1: warning: the target my_host.example.org. is no host name (RFC 1123 2.1) "
        "[target-not-a-host-name]"}},
      {"@ MX 10 192.0.2.1\n",
       {"6:1: warning: MX takes the name of a host, and 192.0.2.1.example.com. looks like an address (RFC "
        "1035 3.3) "
        "[target-is-an-address]",
        "6:1: warning: the host 192.0.2.1.example.com. has no address in the zone (RFC 5321 5.1) "
        "[mx-without-address]"}},
      {"@ MX 10 mail\nmail CNAME ns1\n",
       {"6:1: warning: the host mail.example.com. is an alias (CNAME or DNAME) (RFC 2181 10.3) "
        "[mx-is-alias]"}},
      {"@ MX 10 mail\n",
       {"6:1: warning: the host mail.example.com. has no address in the zone (RFC 5321 5.1) "
        "[mx-without-address]"}},
      {"@ MX 0 .\n@ MX 10 ns1\n",
       {"6:1: warning: a null MX says that no mail is taken, but there are other MX records (RFC 7505 3) "
        "[mx-null-and-others]"}},
      {"_s._tcp SRV 0 0 1 sip\nsip CNAME ns1\n",
       {"6:1: warning: the host sip.example.com. is an alias (CNAME or DNAME) (RFC 2782) [srv-is-alias]"}},
      {"_s._tcp SRV 0 0 1 sip\n",
       {"6:1: warning: the host sip.example.com. has no address in the zone (RFC 2782) "
        "[srv-without-address]"}},
      {"www 60 A 192.0.2.1\nwww 120 A 192.0.2.2\nwww 180 A 192.0.2.3\n",
       {"7:1: warning: the TTLs of www.example.com. A differ (60 and 120 s): the lowest is used for all (RFC "
        "2181 5.2) "
        "[ttl-differs]"}},
      {"www SPF \"v=spf1\"\n", {"6:1: warning: SPF is obsolete (IANA) [obsolete-type]"}},
  });
  EXPECT_EQ(
      findings_of("@ 60 SOA ns.example.org. h.example.org. 1 7200 3600 1209600 300\n@ NS ns.example.org.\n"
                  "1 PTR host.example.com\n",
                  "2.0.192.in-addr.arpa."),
      (Strings{"3:1: warning: the target host.example.com.2.0.192.in-addr.arpa. lies in this reverse zone "
               "(RFC 1035 "
               "3.5) [ptr-into-reverse-zone]"}));
}

TEST(Check, Dnssec) {
  expect_findings({
      {"www DNSKEY 256 3 13 " + kKey + "\n",
       {"6:1: warning: www.example.com. has a DNSKEY, but is not the apex (RFC 4035 2.1) "
        "[dnskey-not-at-apex]"}},
      {"@ DNSKEY 256 3 7 " + kKey + "\n",
       {"6:1: warning: the key's algorithm 7 (RSASHA1-NSEC3-SHA1) is deprecated (RFC 9904 3) "
        "[dnskey-algorithm]"}},
      {"sub NS ns1\nsub DS 1 13 1 " + std::string(40, 'a') + "\n",
       {"7:1: warning: the digest type 1 (SHA-1) is deprecated (RFC 9904 3) [ds-digest]"}},
      {"www NSEC3PARAM 1 0 0 -\n",
       {"6:1: warning: www.example.com. has NSEC3PARAM, but is not the apex (RFC 5155 4) "
        "[nsec3param-not-at-apex]"}},
      {"@ NSEC3PARAM 1 0 10 -\n",
       {"6:1: warning: NSEC3 with 10 iterations, where 0 are wanted (RFC 9276 3.1) [nsec3-iterations]"}},
      {"www A 192.0.2.1\nwww RRSIG A 13 3 60 20260501000000 20260101000000 1 example.com. " + kKey + "\n",
       {"7:1: warning: the signature of www.example.com. A has expired (RFC 4035 5.3.1) [rrsig-expired]"}},
      {"www A 192.0.2.1\nwww RRSIG A 13 3 60 20270501000000 20260701000000 1 example.com. " + kKey + "\n",
       {"7:1: warning: the signature of www.example.com. A is not valid yet (RFC 4035 5.3.1) "
        "[rrsig-not-yet-valid]"}},
      {"www RRSIG A" + kSignature,
       {"6:1: warning: the signature of www.example.com. A covers no record (RFC 4035 2.2) "
        "[rrsig-without-data]"}},
      {"@ RRSIG SOA" + kSignature,
       {"6:1: warning: the apex has signatures, but no DNSKEY (RFC 4035 2.1) [rrsig-without-dnskey]"}},
  });
}

TEST(Check, APartlySignedZone) {
  const std::string apex = "@ DNSKEY 256 3 13 " + kKey + "\n@ RRSIG SOA" + kSignature + "@ RRSIG NS" +
                           kSignature + "@ RRSIG DNSKEY" + kSignature + "ns1 RRSIG A" + kSignature +
                           "ns1 RRSIG AAAA" + kSignature;
  EXPECT_EQ(
      findings_of(kHead + apex + "sub NS ns1\nwww A 192.0.2.1\n"),
      (Strings{
          "6:1: warning: the zone is signed, but has neither NSEC nor NSEC3PARAM at its apex (RFC 4035 2.3) "
          "[denial-missing]",
          "13:1: warning: the zone is signed, but not www.example.com. A (RFC 4035 2.2) [rrsig-missing]"}));
}

TEST(Check, EveryCheckHasAnIdOfItsOwn) {
  std::set<std::string_view> ids;
  for (const CheckName& name : check_names()) EXPECT_TRUE(ids.insert(name.id).second) << name.id;
}

}  // namespace
}  // namespace atlas::zone::check
