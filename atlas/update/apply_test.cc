#include <gtest/gtest.h>

#include "atlas/update/test_update.h"
#include "atlas/zone/soa.h"

namespace atlas::update {
namespace {

using namespace test;

TEST(Apply, Additions) {
  check({
      {{"add new 60 A 192.0.2.9"}, "11\n+new.example.org. 60 A 192.0.2.9"},
      {{"add www 300 A 192.0.2.9"}, "11\n+www.example.org. 300 A 192.0.2.9"},
      {{"add www 300 A 192.0.2.1"}, "10"},
      {{"add WWW 300 A 192.0.2.1"}, "10"},
      // One TTL for the RRset.
      {{"add www 60 A 192.0.2.1"},
       "11\n-www.example.org. 300 A 192.0.2.1\n-www.example.org. 300 A 192.0.2.2\n"
       "+www.example.org. 60 A 192.0.2.1\n+www.example.org. 60 A 192.0.2.2"},
      {{"add mail 60 AAAA 2001:db8::26"},
       "11\n-mail.example.org. 300 AAAA 2001:db8::25\n"
       "+mail.example.org. 60 AAAA 2001:db8::25\n+mail.example.org. 60 AAAA 2001:db8::26"},
      {{"add new 4294967295 A 192.0.2.9"}, "11\n+new.example.org. 0 A 192.0.2.9"},
      // Names in RDATA are compared without case.
      {{"add host 300 PTR WWW"}, "10"},
      {{"add alias 300 CNAME WWW"}, "10"},
      {{"add a.www.new 60 TXT x"}, "11\n+a.www.new.example.org. 60 TXT \"x\""},
      {{"add *.new 60 TXT x"}, "11\n+*.new.example.org. 60 TXT \"x\""},
      {{"add new 60 TYPE65280 \\# 2 abcd"}, "11\n+new.example.org. 60 TYPE65280 \\# 2 ABCD"},
  });
}

TEST(Apply, AliasesStandAlone) {
  check({
      {{"add www 60 CNAME new"}, "10"},
      {{"add alias 60 A 192.0.2.9"}, "10"},
      {{"add alias 60 DNAME new"}, "10"},
      {{"add alias 300 CNAME mail"},
       "11\n-alias.example.org. 300 CNAME www.example.org.\n+alias.example.org. 300 CNAME mail.example.org."},
      {{"add new 60 CNAME www"}, "11\n+new.example.org. 60 CNAME www.example.org."},
      {{"add new 60 CNAME www", "add new 60 CNAME mail"}, "11\n+new.example.org. 60 CNAME mail.example.org."},
      {{"add new 60 CNAME www", "add new 60 A 192.0.2.9"}, "11\n+new.example.org. 60 CNAME www.example.org."},
      {{"add new 60 A 192.0.2.9", "add new 60 CNAME www"}, "11\n+new.example.org. 60 A 192.0.2.9"},
      {{"add alias 60 KEY 512 3 13 AQID"}, "11\n+alias.example.org. 60 KEY 512 3 13 AQID"},
      {{"add new 60 KEY 512 3 13 AQID", "add new 60 CNAME www"},
       "11\n+new.example.org. 60 CNAME www.example.org.\n+new.example.org. 60 KEY 512 3 13 AQID"},
      {{"delete www", "add www 60 CNAME new"},
       "11\n-www.example.org. 300 A 192.0.2.1\n-www.example.org. 300 A 192.0.2.2\n-www.example.org. 300 TXT "
       "\"web\"\n+www.example.org. 60 CNAME new.example.org."},
      {{"delete www A", "add www 60 CNAME new"},
       "11\n-www.example.org. 300 A 192.0.2.1\n-www.example.org. 300 A 192.0.2.2"},
      {{"delete alias CNAME", "add alias 300 A 192.0.2.9"},
       "11\n-alias.example.org. 300 CNAME www.example.org.\n+alias.example.org. 300 A 192.0.2.9"},
      {{"add @ 60 CNAME www"}, "10"},
      {{"add b.deep 60 CNAME www"}, "11\n+b.deep.example.org. 60 CNAME www.example.org."},
      {{"add d 300 DNAME elsewhere.org."},
       "11\n-d.example.org. 300 DNAME elsewhere.net.\n+d.example.org. 300 DNAME elsewhere.org."},
      {{"add d 300 A 192.0.2.9"}, "11\n+d.example.org. 300 A 192.0.2.9"},
      {{"add d 300 CNAME www"}, "10"},
      {{"add *.new 60 DNAME www"}, "10"},
      {{"add *.new 60 NS www"}, "10"},
  });
}

TEST(Apply, ReplacesWhatIsOneOfItsKind) {
  check({
      {{"add wks 300 WKS 192.0.2.1 6 80"},
       "11\n-wks.example.org. 300 WKS 192.0.2.1 6 25\n+wks.example.org. 300 WKS 192.0.2.1 6 80"},
      {{"add wks 300 WKS 192.0.2.2 6 80"}, "11\n+wks.example.org. 300 WKS 192.0.2.2 6 80"},
      {{"add wks 300 WKS 192.0.2.1 6 25"}, "10"},
  });
}

TEST(Apply, Soa) {
  const auto soa = [](const char* serial) {
    return std::string("add @ 300 SOA ns admin ") + serial + " 3600 600 86400 300";
  };
  check({
      {{soa("11")}, "11"},
      {{soa("500")}, "500"},
      {{soa("500"), "add new 60 A 192.0.2.9"}, "500\n+new.example.org. 60 A 192.0.2.9"},
      {{"add new 60 A 192.0.2.9", soa("500")}, "500\n+new.example.org. 60 A 192.0.2.9"},
      {{soa("500"), soa("400")}, "500"},
      {{soa("400"), soa("500")}, "500"},
      {{soa("10")}, "10"},
      {{soa("9")}, "10"},
      {{soa("9"), "add new 60 A 192.0.2.9"}, "11\n+new.example.org. 60 A 192.0.2.9"},
      {{soa("2147483657")}, "2147483657"},
      {{soa("2147483658")}, "10"},
      {{soa("4294967295")}, "10"},
      {{"add www 300 SOA ns admin 99 3600 600 86400 300"}, "10"},
      {{"delete @ SOA"}, "10"},
      {{"delete @ SOA ns admin 10 3600 600 86400 300"}, "10"},
  });
}

TEST(Apply, TheSerialPassesOverZero) {
  std::string text = kZone;
  text.replace(text.find(" 10 3600"), 3, " 4294967295");
  EXPECT_EQ(outcome_of(*zone_of(text), request_of({"add www 300 A 192.0.2.9"})),
            "1\n+www.example.org. 300 A 192.0.2.9");
}

TEST(Apply, Deletions) {
  check({
      {{"delete www"},
       "11\n-www.example.org. 300 A 192.0.2.1\n-www.example.org. 300 A 192.0.2.2\n-www.example.org. 300 TXT "
       "\"web\""},
      {{"delete www A"}, "11\n-www.example.org. 300 A 192.0.2.1\n-www.example.org. 300 A 192.0.2.2"},
      {{"delete www A 192.0.2.2"}, "11\n-www.example.org. 300 A 192.0.2.2"},
      {{"delete www A 192.0.2.9"}, "10"},
      {{"delete www AAAA"}, "10"},
      {{"delete nowhere"}, "10"},
      {{"delete b.deep"}, "10"},
      {{"delete a.b.deep"}, "11\n-a.b.deep.example.org. 300 TXT \"deep\""},
      {{"delete host PTR WWW.example.ORG."}, "11\n-host.example.org. 300 PTR www.example.org."},
      // The order counts.
      {{"add new 60 A 192.0.2.9", "delete new"}, "10"},
      {{"delete new", "add new 60 A 192.0.2.9"}, "11\n+new.example.org. 60 A 192.0.2.9"},
      {{"delete www TXT", "add www 300 TXT web"}, "10"},
      {{"delete www TXT", "add www 60 TXT web"},
       "11\n-www.example.org. 300 TXT \"web\"\n+www.example.org. 60 TXT \"web\""},
      {{"delete www TXT web", "delete www", "add www 300 A 192.0.2.2", "add www 300 A 192.0.2.1",
        "add www 300 TXT web"},
       "10"},
  });
}

TEST(Apply, TheApexKeepsSoaAndNs) {
  check({
      {{"delete @"}, "11\n-example.org. 300 MX 10 mail.example.org.\n-example.org. 300 TXT \"apex\""},
      {{"delete @ NS"}, "10"},
      {{"delete @ TXT"}, "11\n-example.org. 300 TXT \"apex\""},
      {{"delete @ NS ns"}, "11\n-example.org. 300 NS ns.example.org."},
      {{"delete @ NS ns", "delete @ NS ns.elsewhere.net."}, "11\n-example.org. 300 NS ns.example.org."},
      {{"delete @ NS ns.elsewhere.net.", "delete @ NS ns"}, "11\n-example.org. 300 NS ns.elsewhere.net."},
      {{"add @ 300 NS ns.other.net.", "delete @ NS ns", "delete @ NS ns.elsewhere.net."},
       "11\n-example.org. 300 NS ns.elsewhere.net.\n-example.org. 300 NS ns.example.org.\n"
       "+example.org. 300 NS ns.other.net."},
      {{"delete sub NS"},
       "11\n-sub.example.org. 300 DS 12345 13 2 "
       "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF\n"
       "-sub.example.org. 300 NS ns.sub.example.org."},
  });
}

TEST(Apply, NameServersKeepAddresses) {
  check({
      {{"delete ns"}, "REFUSED"},
      {{"delete ns A 192.0.2.53"}, "REFUSED"},
      {{"delete ns", "add ns 300 AAAA 2001:db8::53"},
       "11\n-ns.example.org. 300 A 192.0.2.53\n+ns.example.org. 300 AAAA 2001:db8::53"},
      {{"delete ns", "add ns 300 CNAME www"}, "REFUSED"},
      {{"delete ns", "delete @ NS ns"},
       "11\n-example.org. 300 NS ns.example.org.\n-ns.example.org. 300 A 192.0.2.53"},
      {{"add @ 300 NS ns2"}, "REFUSED"},
      {{"add @ 300 NS alias"}, "REFUSED"},
      {{"add @ 300 NS x.d"}, "REFUSED"},
      {{"add @ 300 DNAME elsewhere.org."}, "REFUSED"},
      {{"delete @ NS ns", "add @ 300 DNAME elsewhere.org."},
       "11\n-example.org. 300 NS ns.example.org.\n+example.org. 300 DNAME elsewhere.org."},
      {{"add @ 300 NS ns2", "add ns2 300 A 192.0.2.55"},
       "11\n+example.org. 300 NS ns2.example.org.\n+ns2.example.org. 300 A 192.0.2.55"},
      {{"add @ 300 NS ns2.sub"}, "11\n+example.org. 300 NS ns2.sub.example.org."},
      {{"delete www A"}, "11\n-www.example.org. 300 A 192.0.2.1\n-www.example.org. 300 A 192.0.2.2"},
  });
  // What was wrong before may stay so.
  std::string text = kZone;
  text.replace(text.find("ns A 192.0.2.53"), 15, "ns TXT x");
  EXPECT_EQ(outcome_of(*zone_of(text), request_of({"add ns 300 TXT y"})),
            "11\n+ns.example.org. 300 TXT \"y\"");
}

TEST(Apply, DsStandsAtDelegations) {
  const std::string ds = " 300 DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  check({
      {{"add @" + ds}, "10"},
      {{"add new" + ds}, "10"},
      {{"add new 300 NS ns.net.", "add new" + ds},
       "11\n+new.example.org. 300 DS 1 13 2 "
       "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF\n"
       "+new.example.org. 300 NS ns.net."},
      {{"delete sub NS ns.sub", "add sub 300 NS ns.net."},
       "11\n-sub.example.org. 300 NS ns.sub.example.org.\n+sub.example.org. 300 NS ns.net."},
  });
}

TEST(Apply, NamesWhatWasAdded) {
  const auto zone = zone_of(kZone);
  const auto applied =
      apply(*zone,
            request_of({"add @ 300 SOA ns admin 99 3600 600 86400 300", "add www 300 A 192.0.2.1",
                        "add new 60 A 192.0.2.9", "add new 90 A 192.0.2.9", "add gone 60 A 192.0.2.9",
                        "delete gone", "add alias 60 A 192.0.2.9"}),
            policy_of({"grant k zonesub ANY"}), kRequester);
  ASSERT_TRUE(applied);
  ASSERT_EQ(applied->added.size(), 2u);
  EXPECT_EQ(dns::to_text(applied->added[0].owner.view()), "www.example.org.");
  EXPECT_EQ(dns::to_text(applied->added[1].owner.view()), "new.example.org.");
  EXPECT_EQ(applied->added[1].ttl, 90u);
  // A refresh changes nothing and is named all the same.
  const auto refreshed =
      apply(*zone, request_of({"add www 300 A 192.0.2.1"}), policy_of({"grant k zonesub ANY"}), kRequester);
  ASSERT_TRUE(refreshed);
  EXPECT_TRUE(refreshed->edits.empty());
  EXPECT_EQ(refreshed->added.size(), 1u);
}

TEST(Apply, RaisesTheSerialForOthers) {
  const auto zone = zone_of(kZone);
  const zone::RRsetEdit edit = raise_serial(*zone);
  EXPECT_EQ(edit.type, RRType::SOA);
  EXPECT_EQ(edit.ttl, 300u);
  ASSERT_EQ(edit.rdatas.size(), 1u);
  EXPECT_EQ(zone::soa_serial(edit.rdatas[0]), 11u);
}

TEST(Apply, ManyRecordsOfOneNameCostWhatTheyAre) {
  std::string text = kZone;
  for (int i = 0; i < 20'000; ++i)
    text += "big A 10.0." + std::to_string(i / 256) + '.' + std::to_string(i % 256) + '\n';
  const auto zone = zone_of(text);
  Request request;
  for (int i = 0; i < 5000; ++i) {
    const auto at = static_cast<uint8_t>(i), above = static_cast<uint8_t>(i / 256);
    request.updates.push_back({name_of("big"), RRType::A, RRClass::IN, 300, {10, 1, above, at}});
    request.updates.push_back({name_of("big"), RRType::A, RRClass::NONE, 0, {10, 0, above, at}});
  }
  const auto applied = apply(*zone, request, policy_of({"grant k zonesub A"}), kRequester);
  ASSERT_TRUE(applied);
  ASSERT_EQ(applied->edits.size(), 2u);
  EXPECT_EQ(applied->edits[0].rdatas.size(), 20'000u);
}

TEST(Apply, RecordsThatComeAndGoCostWhatTheyAre) {
  std::string text = kZone;
  for (int i = 0; i < 20'000; ++i)
    text += "big A 10.0." + std::to_string(i / 256) + '.' + std::to_string(i % 256) + '\n';
  const auto zone = zone_of(text);
  Request request;
  for (int i = 0; i < 2500; ++i) {
    const auto low = static_cast<uint8_t>(i), high = static_cast<uint8_t>(i / 256);
    request.updates.push_back({name_of("big"), RRType::A, RRClass::ANY, 0, {}});
    request.updates.push_back({name_of("big"), RRType::A, RRClass::IN, 300, {10, 0, high, low}});
    request.updates.push_back({name_of("big"), RRType::ANY, RRClass::ANY, 0, {}});
    request.updates.push_back({name_of("big"), RRType(20'000 + i), RRClass::IN, 300, {1}});
  }
  const auto applied = apply(*zone, request, policy_of({"grant k zonesub ANY"}), kRequester);
  ASSERT_TRUE(applied);
  ASSERT_EQ(applied->edits.size(), 3u);
  EXPECT_TRUE(applied->edits[0].rdatas.empty());
  EXPECT_EQ(applied->edits[1].type, RRType(22'499));
}

}  // namespace
}  // namespace atlas::update
