#include <gtest/gtest.h>

#include "atlas/update/test_update.h"

namespace atlas::update {
namespace {

using namespace test;

TEST(Checks, Prerequisites) {
  const std::string add = "add new 60 A 192.0.2.9";
  const char* const kAdded = "11\n+new.example.org. 60 A 192.0.2.9";
  check({
      {{"yxdomain www", add}, kAdded},
      {{"yxdomain WWW.EXAMPLE.org.", add}, kAdded},
      {{"yxdomain nowhere", add}, "NXDOMAIN"},
      {{"yxdomain b.deep", add}, "NXDOMAIN"},
      {{"nxdomain nowhere", add}, kAdded},
      {{"nxdomain b.deep", add}, kAdded},
      {{"nxdomain www", add}, "YXDOMAIN"},
      {{"nxdomain ns.sub", add}, "YXDOMAIN"},
      {{"yxrrset www A", add}, kAdded},
      {{"yxrrset www AAAA", add}, "NXRRSET"},
      {{"yxrrset nowhere A", add}, "NXRRSET"},
      {{"nxrrset www AAAA", add}, kAdded},
      {{"nxrrset nowhere A", add}, kAdded},
      {{"nxrrset www A", add}, "YXRRSET"},
      {{"yxrrset www A 192.0.2.1", "yxrrset www A 192.0.2.2", add}, kAdded},
      {{"yxrrset www A 192.0.2.2", "yxrrset alias CNAME WWW", "yxrrset www A 192.0.2.1", add}, kAdded},
      {{"yxrrset www A 192.0.2.1", add}, "NXRRSET"},
      {{"yxrrset www A 192.0.2.1", "yxrrset www A 192.0.2.2", "yxrrset www A 192.0.2.3", add}, "NXRRSET"},
      {{"yxrrset www A 192.0.2.1", "yxrrset www A 192.0.2.3", add}, "NXRRSET"},
      {{"yxrrset nowhere A 192.0.2.1", add}, "NXRRSET"},
      {{"yxrrset www AAAA 2001:db8::1", add}, "NXRRSET"},
      // Those with values come last.
      {{"yxrrset www A 192.0.2.9", "nxdomain www", add}, "YXDOMAIN"},
      {{"yxdomain www.example.net.", add}, "NOTZONE"},
      {{"nxrrset example.net. A", add}, "NOTZONE"},
      {{"yxrrset example.net. A 192.0.2.1", add}, "NOTZONE"},
      {{"yxdomain www"}, "10"},
      {{}, "10"},
  });
}

TEST(Checks, FormOfPrerequisites) {
  const auto zone = zone_of(kZone);
  Request request = request_of({"yxdomain www"});
  request.prerequisites[0].ttl = 1;
  EXPECT_EQ(outcome_of(*zone, request), "FORMERR");
  request = request_of({"yxrrset www A"});
  request.prerequisites[0].rdata = {192, 0, 2, 1};
  EXPECT_EQ(outcome_of(*zone, request), "FORMERR");
  request.prerequisites[0].rr_class = RRClass::NONE;
  EXPECT_EQ(outcome_of(*zone, request), "FORMERR");
  request.prerequisites[0].rr_class = RRClass::CH;
  EXPECT_EQ(outcome_of(*zone, request), "FORMERR");
}

TEST(Checks, FormOfUpdates) {
  const auto zone = zone_of(kZone);
  struct FormCase {
    RRClass rr_class;
    RRType type;
    uint32_t ttl;
    std::vector<uint8_t> rdata;
    const char* outcome;
  };
  const FormCase cases[] = {
      {RRClass::IN, RRType::ANY, 0, {}, "FORMERR"},
      {RRClass::IN, RRType::AXFR, 0, {1}, "FORMERR"},
      {RRClass::IN, RRType::MAILB, 0, {1}, "FORMERR"},
      {RRClass::IN, RRType{200}, 0, {1}, "FORMERR"},
      {RRClass::ANY, RRType::A, 1, {}, "FORMERR"},
      {RRClass::ANY, RRType::A, 0, {192, 0, 2, 1}, "FORMERR"},
      {RRClass::ANY, RRType::AXFR, 0, {}, "FORMERR"},
      {RRClass::ANY, RRType::ANY, 1, {}, "FORMERR"},
      {RRClass::NONE, RRType::A, 1, {192, 0, 2, 1}, "FORMERR"},
      {RRClass::NONE, RRType::ANY, 0, {}, "FORMERR"},
      {RRClass::NONE, RRType::AXFR, 0, {}, "FORMERR"},
      {RRClass::CH, RRType::A, 0, {192, 0, 2, 1}, "FORMERR"},
      {RRClass::NONE, RRType::A, 0, {}, "10"},
      {RRClass::NONE, RRType::A, 0, {192, 0, 2, 7}, "10"},
  };
  for (const FormCase& each : cases) {
    Request request;
    request.updates.push_back({name_of("www"), each.type, each.rr_class, each.ttl, each.rdata});
    EXPECT_EQ(outcome_of(*zone, request), each.outcome)
        << dns::to_text(each.rr_class) << ' ' << dns::to_text(each.type);
    request.updates[0].owner = name_of("www.example.net.");
    EXPECT_EQ(outcome_of(*zone, request), "NOTZONE");
  }
}

TEST(Checks, DnssecTypes) {
  const std::string rrsig = " 300 RRSIG A 13 2 300 20300101000000 20200101000000 1 example.org. AQID";
  check({
      {{"add www 300 NSEC a A"}, "REFUSED"},
      {{"delete www NSEC"}, "REFUSED"},
      {{"delete www NSEC3"}, "REFUSED"},
      {{"add www" + rrsig}, "REFUSED"},
      {{"delete www RRSIG"}, "REFUSED"},
      {{"add @" + rrsig},
       "11\n+example.org. 300 RRSIG A 13 2 300 20300101000000 20200101000000 1 example.org. AQID"},
      // One signature of each key for each type.
      {{"add @" + rrsig, "add @ 300 RRSIG A 13 2 60 20310101000000 20200101000000 1 example.org. AQIE"},
       "11\n+example.org. 300 RRSIG A 13 2 60 20310101000000 20200101000000 1 example.org. AQIE"},
      {{"add @" + rrsig, "delete @ RRSIG A 13 2 300 20300101000000 20200101000000 1 example.org. AQID"},
       "10"},
      {{"delete @ RRSIG"}, "10"},
      {{"add @ 300 DNSKEY 257 3 13 AQID"}, "REFUSED"},
      {{"add @ 300 NSEC3PARAM 1 0 0 -"}, "REFUSED"},
      {{"add www 300 DNSKEY 257 3 13 AQID"}, "11\n+www.example.org. 300 DNSKEY 257 3 13 AQID"},
      {{"add @ 300 CDS 0 0 0 00"}, "11\n+example.org. 300 CDS 0 0 0 00"},
      {{"add www 300 MD mail"}, "10"},
      {{"add www 300 MF mail"}, "10"},
  });
  const auto is_signed = zone_of(std::string(kZone) + "@ DNSKEY 257 3 13 AQID\n");
  EXPECT_EQ(outcome_of(*is_signed, request_of({"add new 300 A 192.0.2.9"})), "REFUSED");
  EXPECT_EQ(outcome_of(*is_signed, request_of({"yxdomain nowhere"})), "REFUSED");
}

TEST(Checks, PermissionIsAskedForEveryRecord) {
  struct PermissionCase {
    std::vector<std::string> rules;
    std::vector<std::string> lines;
    const char* outcome;
  };
  const PermissionCase cases[] = {
      {{"grant k name www A"}, {"add www 300 A 192.0.2.9"}, "11\n+www.example.org. 300 A 192.0.2.9"},
      {{"grant k name www A"}, {"add www 300 TXT x"}, "REFUSED"},
      {{"grant k name www A"}, {"add www 300 A 192.0.2.9", "add ftp 300 A 192.0.2.9"}, "REFUSED"},
      {{"grant k name www A"}, {"delete www A 192.0.2.9"}, "10"},
      {{"grant k name www A"}, {"delete www TXT"}, "REFUSED"},
      {{"grant k name www A"}, {"delete www"}, "REFUSED"},
      {{"grant k name www A TXT"},
       {"delete www"},
       "11\n-www.example.org. 300 A 192.0.2.1\n-www.example.org. 300 A 192.0.2.2\n-www.example.org. 300 TXT "
       "\"web\""},
      {{"grant k name www A"}, {"delete nowhere"}, "10"},
      {{"grant k zonesub"}, {"delete @"}, "REFUSED"},
      {{"grant other zonesub ANY"}, {}, "REFUSED"},
      // Who may not change learns nothing.
      {{"grant k name www A"}, {"yxdomain nowhere", "add ftp 300 A 192.0.2.9"}, "REFUSED"},
      {{"grant k name www A"}, {"yxdomain nowhere", "add www 300 A 192.0.2.9"}, "NXDOMAIN"},
      // The limit passes over what would be too many.
      {{"grant k name www A(3)"},
       {"add www 300 A 192.0.2.8", "add www 300 A 192.0.2.9"},
       "11\n+www.example.org. 300 A 192.0.2.8"},
      {{"grant k name www A(2)"}, {"add www 300 A 192.0.2.9"}, "10"},
      {{"grant k name www A(2)"},
       {"delete www A 192.0.2.1", "add www 300 A 192.0.2.9"},
       "11\n-www.example.org. 300 A 192.0.2.1\n+www.example.org. 300 A 192.0.2.9"},
      {{"grant k name www A(2)"},
       {"add www 60 A 192.0.2.1"},
       "11\n-www.example.org. 300 A 192.0.2.1\n-www.example.org. 300 A 192.0.2.2\n"
       "+www.example.org. 60 A 192.0.2.1\n+www.example.org. 60 A 192.0.2.2"},
  };
  for (const PermissionCase& each : cases) {
    std::vector<std::string> rules = each.rules;
    for (std::string& rule : rules) {
      if (const size_t at = rule.find("www "); at != std::string::npos) rule.insert(at + 3, ".example.org");
    }
    EXPECT_EQ(outcome_of(*zone_of(kZone), request_of(each.lines), rules), each.outcome)
        << rules[0] << " | " << (each.lines.empty() ? "" : each.lines[0]);
  }
}

}  // namespace
}  // namespace atlas::update
