#include "atlas/control/import/nsd/nsd.h"

#include "atlas/control/import/reading_test.h"

namespace atlas::control::import::nsd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NsdConf : public ReadingTest {
 protected:
  void read(std::string text) {
    files_.put("/etc/nsd/nsd.conf", std::move(text));
    const auto done = nsd::read(source_, "/etc/nsd/nsd.conf", setup_, findings_);
    if (!done) error_ = base::render(done.error());
  }
};

TEST_F(NsdConf, TakesServerZonesAndPatterns) {
  files_.put("/etc/nsd/nsd.conf.d/a.conf", "zone:\n  name: included.example\n  include-pattern: \"plain\"\n");
  files_.put("/var/lib/nsd/zone.list",
             "# NSD zone list\n# name pattern\nadd added.example plain\nadd gone.example plain\n"
             "del gone.example\nadd odd.example nowhere\nwhat is this\n");
  read(R"(# comment
server:
  ip-address: 192.0.2.1
  ip-address: 192.0.2.1@5300
  ip-address: ::1@5301
  ip-address: eth0
  port: 5353
  zonesdir: "/srv/nsd"
  hide-version: yes
  identity: "ns1"
  tcp-count: 200
  tcp-timeout: 30
  ipv4-edns-size: 1400
  ipv6-edns-size: 1232
  rrl-ratelimit: 400
  rrl-slip: 3
  minimal-responses: yes
  refuse-any: no
  server-count: 2
  round-robin: yes
  unheard-of: 1
key:
  name: xfr.example
  algorithm: hmac-sha256
  secret: "c2VjcmV0"
pattern:
  name: "plain"
  zonefile: "%s.zone"
pattern:
  name: "letters"
  include-pattern: "plain"
  zonefile: "%1/%2/%z/%y/%x/%s"
  notify: 192.0.2.9 NOKEY
include: "nsd.conf.d/*.conf"
zone:
  name: "example.com."
  zonefile: /abs/com.zone
zone:
  name: sub.example.net
  include-pattern: letters
zone:
  name: slave.example
  zonefile: slave
  request-xfr: AXFR 192.0.2.2@53 xfr.example
zone:
  name: limited.example
  zonefile: limited
  allow-query: 192.0.2.0/24 NOKEY
  allow-query: 192.0.2.128-192.0.2.255 BLOCKED
zone:
  name: filefree.example
)");
  ASSERT_EQ(error_, "");
  EXPECT_THAT(zones(),
              ElementsAre("included.example. /srv/nsd/included.example.zone", "example.com. /abs/com.zone",
                          "sub.example.net. /srv/nsd/s/u/net/example/sub/sub.example.net", "slave.example. ",
                          "limited.example. /srv/nsd/limited", "added.example. /srv/nsd/added.example.zone"));
  EXPECT_THAT(listeners(),
              ElementsAre("192.0.2.1:5353 udp tcp", "192.0.2.1:5300 udp tcp", "[::1]:5301 udp tcp"));
  EXPECT_THAT(prefixes(setup_.zones[4].allow_query), ElementsAre("192.0.2.0/25"));
  EXPECT_EQ(setup_.settings.version, "");
  EXPECT_EQ(setup_.settings.id, "ns1");
  EXPECT_EQ(setup_.settings.tcp_idle, std::chrono::seconds(30));
  EXPECT_EQ(setup_.settings.udp_payload_size, 1232u);
  EXPECT_EQ(setup_.settings.responses_per_second, 400u);
  EXPECT_EQ(setup_.settings.minimal_any, false);
  EXPECT_EQ(setup_.keys.at(0).secret.reveal(), "c2VjcmV0");
  EXPECT_THAT(losses(Group::kZones),
              ElementsAre(HasSubstr("filefree.example"),
                          HasSubstr("6:1 zone \"odd.example\" has the unknown pattern")));
  EXPECT_THAT(losses(Group::kSettings), ElementsAre(HasSubstr("20:3 round-robin"), HasSubstr("\"eth0\"")));
  EXPECT_THAT(losses(Group::kUnknown),
              ElementsAre(HasSubstr("unheard-of"), HasSubstr("neither add nor del")));
  EXPECT_THAT(losses(Group::kTransfers), IsEmpty());
  EXPECT_THAT(setup_.zones[2].settings.secondaries, ElementsAre("192.0.2.9"));
  EXPECT_THAT(setup_.zones[3].settings.primaries, ElementsAre("192.0.2.2 key xfr.example."));
}

TEST_F(NsdConf, TakesSecondariesWhomZonesGoToAndCatalogs) {
  read(R"(key:
  name: xfr
  algorithm: hmac-sha256
  secret: "c2VjcmV0"
tls-auth:
  name: strict
  auth-domain-name: hidden.example.
  client-cert: /etc/me.pem
  client-key: /etc/me.key
pattern:
  name: members
  request-xfr: 192.0.2.3 NOKEY
  provide-xfr: 192.0.2.0/24 xfr
zone:
  name: a.example
  request-xfr: AXFR 192.0.2.1 xfr
  request-xfr: 2001:db8::1@8853 NOKEY strict
  request-xfr: UDP 192.0.2.9 missing
  allow-notify: 192.0.2.0-192.0.2.1 NOKEY
  provide-xfr: 192.0.2.0/24 NOKEY
  provide-xfr: 0.0.0.0/0 xfr
  provide-xfr: ::/0 xfr
  provide-xfr: 192.0.2.66 BLOCKED
  provide-xfr: 192.0.2.7 NOKEY strict
zone:
  name: catalog.example
  catalog: consumer
  catalog-member-pattern: members
  request-xfr: 192.0.2.1 NOKEY
zone:
  name: made.example
  catalog: producer
zone:
  name: b.example
  zonefile: b
  catalog-producer-zone: made.example
  notify: 192.0.2.4@5300 NOKEY
)");
  ASSERT_EQ(error_, "");
  ASSERT_EQ(setup_.zones.size(), 4u);
  const auto& a = setup_.zones[0].settings;
  EXPECT_THAT(a.primaries, ElementsAre("192.0.2.1 key xfr.", "strict"));
  EXPECT_THAT(a.allow_notify, ElementsAre("192.0.2.0/31"));
  EXPECT_THAT(a.allow_transfer, ElementsAre("deny 192.0.2.66/32", "192.0.2.0/24", "any key xfr."));
  ASSERT_EQ(setup_.remotes.size(), 1u);
  EXPECT_EQ(setup_.remotes[0].addresses[0].to_text(), "[2001:db8::1]:8853");
  EXPECT_EQ(setup_.remotes[0].tls_name, "hidden.example");
  EXPECT_EQ(setup_.remotes[0].certificate.key, "/etc/me.key");
  const auto& catalog = setup_.zones[1].settings;
  EXPECT_EQ(catalog.catalog, zones::CatalogRole::kConsume);
  EXPECT_THAT(catalog.members.primaries, ElementsAre("192.0.2.3"));
  EXPECT_THAT(catalog.members.allow_transfer, ElementsAre("192.0.2.0/24 key xfr."));
  EXPECT_EQ(setup_.zones[2].settings.catalog, zones::CatalogRole::kProduce);
  EXPECT_EQ(dns::to_text(*setup_.zones[3].settings.member_of), "made.example.");
  EXPECT_THAT(setup_.zones[3].settings.secondaries, ElementsAre("192.0.2.4:5300"));
  EXPECT_THAT(losses(Group::kTransfers),
              ElementsAre(HasSubstr("there is no key \"missing\""), HasSubstr("client-authorities-file")));
}

TEST_F(NsdConf, ListensEverywhereUnlessToldOtherwise) {
  read("server:\n  do-ip6: no\n");
  EXPECT_THAT(listeners(), ElementsAre("0.0.0.0:53 udp tcp"));
}

TEST_F(NsdConf, TakesTls) {
  read("server:\n ip-address: ::1\n ip-address: ::1@853\n tls-service-key: k.pem\n tls-service-pem: c.pem\n");
  EXPECT_THAT(listeners(), ElementsAre("[::1]:53 udp tcp", "[::1]:853 tls"));
  ASSERT_EQ(setup_.settings.certificates.size(), 1u);
}

TEST_F(NsdConf, RefusesToShowAZoneToMore) {
  read(
      "zone:\n name: a.example\n zonefile: a\n allow-query: what BLOCKED\n allow-query: 192.0.2.0/24 "
      "NOKEY\n");
  EXPECT_THAT(zones(), IsEmpty());
  EXPECT_THAT(losses(Group::kAccess), ElementsAre(HasSubstr("\"what\"")));
}

TEST_F(NsdConf, ErrorsHaveTheirPlace) {
  read("server:\n  identity: \"open\n");
  EXPECT_THAT(error_, HasSubstr("/etc/nsd/nsd.conf:2:13: error: this string does not end"));
  error_.clear();
  read("port: 53\n");
  EXPECT_THAT(error_, HasSubstr(":1:1: error: \"port\" stands outside of a clause"));
  error_.clear();
  read("word\n");
  EXPECT_THAT(error_, HasSubstr("a value without an attribute"));
  error_.clear();
  read("server:\n include: \"/etc/nsd/nsd.conf\"\n");
  EXPECT_THAT(error_, HasSubstr("more than 16 deep"));
}

TEST_F(NsdConf, PatternsEnd) {
  std::string text = "pattern:\n  name: a\n  zonefile: a\n";
  // Each takes the one before it twice.
  for (char c = 'b'; c <= 'z'; ++c) {
    const std::string before = std::string("  include-pattern: ") + static_cast<char>(c - 1) + '\n';
    text += std::string("pattern:\n  name: ") + c + '\n' + before + before;
  }
  read(text);
  EXPECT_EQ(error_, "");
  EXPECT_THAT(losses(Group::kUnknown), testing::Contains(HasSubstr("too many options")));
}

}  // namespace
}  // namespace atlas::control::import::nsd
