#include "atlas/control/import/knot/knot.h"

#include "atlas/control/import/reading_test.h"
#include "atlas/control/import/settle.h"

namespace atlas::control::import::knot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class KnotConf : public ReadingTest {
 protected:
  void read(std::string text) {
    files_.put("/etc/knot/knot.conf", std::move(text));
    const auto done = knot::read(source_, "/etc/knot/knot.conf", setup_, findings_);
    if (!done) error_ = base::render(done.error());
  }
};

TEST_F(KnotConf, TakesServerTemplatesAndZones) {
  files_.put("/etc/knot/zones.d/more.conf", "zone:\n- domain: more.example\n  template: letters\n");
  read(R"(# comment
server:
    rundir: "/run/knot"
    user: knot:knot
    listen: [ 192.0.2.1@5300, "::1@5301",
              192.0.2.2 ]
    listen: 192.0.2.3
    identity: "ns1"
    version:
    tcp-max-clients: 300
    tcp-idle-timeout: 1m
    udp-max-payload: 4K
    udp-max-payload-ipv6: 1400
log:
  - target: syslog
    any: info
mod-rrl:
  - id: default
    rate-limit: 300
    slip: 2
    whitelist: [192.0.2.0/24]
template:
  - id: default
    storage: "/srv/knot"
    global-module: mod-rrl/default
  - id: letters
    storage: /srv/letters
    file: "%l[0]/%c[0-2]/%c[20]%%/%s.zone"
zone:
  - domain: example.com
  - domain: Example.NET.
    file: net.zone
    module: [mod-synthrecord/x, mod-stats]
  - domain: 0/25.2.0.192.in-addr.arpa
  - domain: .
    file: root
  - domain: slave.example
    master: m
  - domain: catalog.example
    catalog-role: interpret
include: "zones.d/*.conf"
)");
  ASSERT_EQ(error_, "");
  EXPECT_THAT(zones(),
              ElementsAre("example.com. /srv/knot/example.com.zone", "example.net. /srv/knot/net.zone",
                          "0/25.2.0.192.in-addr.arpa. /srv/knot/0_25.2.0.192.in-addr.arpa.zone",
                          ". /srv/knot/root", "more.example. /srv/letters/example/mor/%/more.example.zone"));
  EXPECT_THAT(listeners(), ElementsAre("192.0.2.1:5300 udp tcp", "[::1]:5301 udp tcp", "192.0.2.2:53 udp tcp",
                                       "192.0.2.3:53 udp tcp"));
  EXPECT_EQ(setup_.settings.id, "ns1");
  EXPECT_EQ(setup_.settings.version, "");
  EXPECT_EQ(setup_.settings.tcp_idle, std::chrono::minutes(1));
  EXPECT_EQ(setup_.settings.udp_payload_size, 1400u);
  EXPECT_EQ(setup_.settings.responses_per_second, 300u);
  EXPECT_THAT(losses(Group::kZones), ElementsAre(HasSubstr("slave.example"), HasSubstr("catalog.example")))
      << "no remote is there";
  EXPECT_THAT(losses(Group::kSettings), ElementsAre(HasSubstr("15:5 log"), HasSubstr("mod-synthrecord/x")));
}

TEST_F(KnotConf, TakesRulesForUpdates) {
  read(R"(key:
  - id: ddns.example
    algorithm: hmac-sha256
    secret: c2VjcmV0
remote:
  - id: plain
    address: [192.0.2.9@53]
  - id: signed
    address: 192.0.2.9
    key: ddns.example
acl:
  - id: all
    key: ddns.example
    action: [transfer, update]
  - id: names
    key: ddns.example
    action: update
    update-type: [A, AAAA]
    update-owner: name
    update-owner-match: sub-or-equal
    update-owner-name: [home, other.example.]
  - id: self
    key: ddns.example
    action: update
    update-owner: key
    update-owner-match: equal
  - id: below
    address: 192.0.2.0/24
    action: update
    update-owner: zone
    update-owner-match: sub
  - id: both
    address: 192.0.2.0/24
    key: ddns.example
    action: update
  - id: remote
    remote: plain
    action: update
  - id: signed
    remote: signed
    action: update
  - id: no-one
    address: 192.0.2.66
    deny: on
  - id: anybody
    action: update
  - id: range
    address: 192.0.2.0-192.0.2.2
    action: update
zone:
  - domain: a.example
    acl: [all]
  - domain: b.example
    acl: [names, self, below]
  - domain: c.example
    acl: [no-one, both, remote, signed]
  - domain: d.example
    acl: [anybody]
  - domain: e.example
    acl: [range, no-one]
)");
  ASSERT_EQ(error_, "");
  ASSERT_EQ(setup_.zones.size(), 5u);
  EXPECT_THAT(setup_.zones[0].update_rules, ElementsAre("grant ddns.example. zonesub ANY"));
  EXPECT_THAT(setup_.zones[1].update_rules,
              ElementsAre("grant ddns.example. subdomain home.b.example. A AAAA",
                          "grant ddns.example. subdomain other.example. A AAAA",
                          "grant ddns.example. self ddns.example. ANY",
                          "grant 192.0.2.0/24 wildcard *.b.example. ANY"));
  EXPECT_THAT(setup_.zones[2].update_rules,
              ElementsAre("deny 192.0.2.66/32 zonesub ANY", "grant 192.0.2.9/32 zonesub ANY"));
  EXPECT_THAT(setup_.zones[3].update_rules,
              ElementsAre("grant 0.0.0.0/0 zonesub ANY", "grant ::/0 zonesub ANY"));
  EXPECT_THAT(setup_.zones[4].update_rules,
              ElementsAre("grant 192.0.2.0/31 zonesub ANY", "grant 192.0.2.2/32 zonesub ANY"));
  EXPECT_THAT(losses(Group::kUpdates), ElementsAre(HasSubstr("acl \"both\""), HasSubstr("acl \"signed\"")));
  EXPECT_THAT(losses(Group::kTransfers), IsEmpty());
  EXPECT_THAT(setup_.zones[0].settings.allow_transfer, ElementsAre("any key ddns.example."));
}

TEST_F(KnotConf, TakesSecondariesWhomZonesGoToAndCatalogs) {
  read(R"(server:
    automatic-acl: on
key:
  - id: xfr
    algorithm: hmac-sha256
    secret: c2VjcmV0
remote:
  - id: hidden
    address: [192.0.2.1, 2001:db8::1@5353]
    key: xfr
    via: 192.0.2.53
  - id: plain
    address: 192.0.2.2@5300
  - id: quick
    address: 192.0.2.3
    quic: on
    cert-key: nJ1UuNIsLnTgPiPvGBRNrVWTKtFKCRzHIJRbtSnYbPQ=
  - id: named
    address: 192.0.2.4
    tls: on
    cert-hostname: ns4.example.
remotes:
  - id: all
    remote: [plain, quick]
acl:
  - id: not-this
    address: 192.0.2.66
    deny: on
  - id: net
    address: 192.0.2.0/24
    key: xfr
    action: [transfer, notify]
  - id: remote
    remote: hidden
    action: transfer
template:
  - id: default
    storage: /k
  - id: fast
    master: quick
  - id: slow
    master: plain
    notify: named
    acl: net
zone:
  - domain: a.example
    master: [hidden, all]
    acl: [not-this, net]
  - domain: catalog.example
    master: plain
    catalog-role: interpret
    catalog-template: [slow, fast]
  - domain: made.example
    catalog-role: generate
  - domain: b.example
    catalog-role: member
    catalog-zone: made.example.
    catalog-group: fast
    notify: [hidden]
    acl: remote
  - domain: c.example
    catalog-role: member
    catalog-zone: other.example.
)");
  ASSERT_EQ(error_, "");
  ASSERT_EQ(setup_.zones.size(), 5u);
  const auto& a = setup_.zones[0].settings;
  EXPECT_THAT(a.primaries, ElementsAre("hidden", "192.0.2.2:5300", "quick"));
  EXPECT_THAT(a.allow_transfer, ElementsAre("deny 192.0.2.66/32", "192.0.2.0/24 key xfr."));
  EXPECT_THAT(a.allow_notify, ElementsAre("deny 192.0.2.66/32", "192.0.2.0/24 key xfr."));
  EXPECT_EQ(setup_.zones[0].file, "");
  ASSERT_EQ(setup_.remotes.size(), 3u);
  EXPECT_EQ(setup_.remotes[0].addresses[1].to_text(), "[2001:db8::1]:5353");
  EXPECT_EQ(setup_.remotes[0].sources[0].to_text(), "192.0.2.53");
  EXPECT_EQ(setup_.remotes[1].transport, query::Transport::kQuic);
  EXPECT_EQ(setup_.remotes[1].pins.size(), 1u);
  EXPECT_EQ(setup_.remotes[2].tls_name, "ns4.example");
  const auto& catalog = setup_.zones[1].settings;
  EXPECT_EQ(catalog.catalog, zones::CatalogRole::kConsume);
  EXPECT_THAT(catalog.members.primaries, ElementsAre("192.0.2.2:5300"));
  EXPECT_THAT(catalog.members.secondaries, ElementsAre("named"));
  EXPECT_THAT(catalog.members.allow_transfer, ElementsAre("192.0.2.0/24 key xfr."));
  ASSERT_EQ(catalog.groups.size(), 2u);
  EXPECT_EQ(catalog.groups[1].first, "fast");
  EXPECT_THAT(catalog.groups[1].second.primaries, ElementsAre("quick"));
  EXPECT_EQ(setup_.zones[2].settings.catalog, zones::CatalogRole::kProduce);
  const auto& b = setup_.zones[3].settings;
  EXPECT_EQ(dns::to_text(*b.member_of), "made.example.");
  EXPECT_EQ(b.group, "fast");
  EXPECT_EQ(setup_.zones[3].file, "/k/b.example.zone");
  EXPECT_THAT(b.allow_transfer, ElementsAre("192.0.2.1/32 key xfr.", "2001:db8::1/128 key xfr.",
                                            "192.0.2.1/32 key xfr.", "2001:db8::1/128 key xfr."));
  settle(setup_, findings_);
  EXPECT_EQ(setup_.zones[4].settings.member_of, std::nullopt);
  EXPECT_THAT(losses(Group::kTransfers), ElementsAre(HasSubstr("other.example., which is no catalog")));
}

TEST_F(KnotConf, RefusesZonesWhoseJournalMayHaveMore) {
  files_.put("/var/lib/knot/old.example.zone", "", 100);
  files_.put("/var/lib/knot/flushed.example.zone", "", 195);
  files_.put("/var/lib/knot/still.example.zone", "", 100);
  files_.put("/db/journal/data.mdb", "", 200);
  read(R"(database:
    storage: /db
acl:
  - id: u
    action: update
zone:
  - domain: old.example
    acl: u
  - domain: flushed.example
    acl: u
  - domain: still.example
  - domain: none.example
    acl: u
    journal-content: none
  - domain: gone.example
)");
  ASSERT_EQ(error_, "");
  EXPECT_THAT(zones(), ElementsAre("flushed.example. /var/lib/knot/flushed.example.zone",
                                   "still.example. /var/lib/knot/still.example.zone",
                                   "none.example. /var/lib/knot/none.example.zone"));
  ASSERT_THAT(losses(Group::kZones), ElementsAre(HasSubstr("old.example"), HasSubstr("gone.example")));
  EXPECT_EQ(findings_.all()[0].hint, "knotc -b -f zone-flush old.example");
}

TEST_F(KnotConf, ReportsSigning) {
  read(
      "policy:\n  - id: p\n    ksk-lifetime: 1d\nzone:\n  - domain: a.example\n    dnssec-signing: on\n    "
      "dnssec-policy: p\n    odd: 1\n");
  EXPECT_THAT(losses(Group::kSigning), ElementsAre(HasSubstr("5:5 zone \"a.example\" is signed")));
  EXPECT_THAT(notes(Group::kSigning), ElementsAre(HasSubstr("policy"), HasSubstr("dnssec-policy")));
  EXPECT_THAT(losses(Group::kUnknown), ElementsAre(HasSubstr("8:5 \"odd\"")));
}

TEST_F(KnotConf, ErrorsHaveTheirPlace) {
  for (const auto& [text, error] : std::vector<std::pair<std::string, std::string>>{
           {"server:\n  listen: [ a, b\n", "/etc/knot/knot.conf:2:11: error: this list does not end"},
           {"server:\n  listen \"a\"\n", ":2:3: error: a name and a colon are missing"},
           {"server: 1\n", ":1:1: error: \"server\" is a section"},
           {"  listen: a\n", ":1:3: error: an item outside of a section"},
           {"server:\n  identity: \"open\n", ":2:13: error: this string does not end"},
           {"include: knot.conf\n", "more than 16 deep"}}) {
    error_.clear();
    read(text);
    EXPECT_THAT(error_, HasSubstr(error)) << text;
  }
}

}  // namespace
}  // namespace atlas::control::import::knot
