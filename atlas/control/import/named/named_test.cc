#include "atlas/control/import/named/named.h"

#include "atlas/control/import/reading_test.h"
#include "atlas/control/import/settle.h"

namespace atlas::control::import::named {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Debian 12's, without its comments.
constexpr const char* kDebianMain =
    "// This is the primary configuration file for the BIND DNS server named.\n"
    "include \"/etc/bind/named.conf.options\";\n"
    "include \"/etc/bind/named.conf.local\";\n"
    "include \"/etc/bind/named.conf.default-zones\";\n";
constexpr const char* kDebianOptions =
    "options {\n\tdirectory \"/var/cache/bind\";\n\n\t// forwarders {\n\t// \t0.0.0.0;\n\t// };\n"
    "\tdnssec-validation auto;\n\n\tlisten-on-v6 { any; };\n};\n";
constexpr const char* kDebianDefaultZones =
    "// prime the server with knowledge of the root servers\n"
    "zone \".\" {\n\ttype hint;\n\tfile \"/usr/share/dns/root.hints\";\n};\n"
    "zone \"localhost\" {\n\ttype master;\n\tfile \"/etc/bind/db.local\";\n};\n"
    "zone \"127.in-addr.arpa\" {\n\ttype master;\n\tfile \"/etc/bind/db.127\";\n};\n"
    "zone \"0.in-addr.arpa\" {\n\ttype master;\n\tfile \"/etc/bind/db.0\";\n};\n"
    "zone \"255.in-addr.arpa\" {\n\ttype master;\n\tfile \"/etc/bind/db.255\";\n};\n";

class NamedConf : public ReadingTest {
 protected:
  void read(std::string text) {
    files_.put("/etc/bind/named.conf", std::move(text));
    const auto done = named::read(source_, "/etc/bind/named.conf", false, setup_, findings_);
    if (!done) error_ = base::render(done.error());
  }
};

TEST_F(NamedConf, TakesWhatDebianInstalls) {
  files_.put("/etc/bind/named.conf.options", kDebianOptions);
  files_.put("/etc/bind/named.conf.local", "//\n// Do any local configuration here\n//\n");
  files_.put("/etc/bind/named.conf.default-zones", kDebianDefaultZones);
  read(kDebianMain);
  EXPECT_EQ(error_, "");
  EXPECT_THAT(zones(), ElementsAre("localhost. /etc/bind/db.local", "127.in-addr.arpa. /etc/bind/db.127",
                                   "0.in-addr.arpa. /etc/bind/db.0", "255.in-addr.arpa. /etc/bind/db.255"));
  EXPECT_THAT(listeners(), ElementsAre("[::]:53 udp tcp", "0.0.0.0:53 udp tcp"));
  // That named resolves is the one thing that is lost.
  EXPECT_EQ(findings_.losses(), 1u);
  EXPECT_THAT(losses(Group::kRecursion), ElementsAre(HasSubstr("recursion no")));
  EXPECT_THAT(notes(Group::kRecursion),
              ElementsAre("7:2 dnssec-validation matters to a resolver alone", HasSubstr("hints")));
}

TEST_F(NamedConf, TakesTheSettingsOfAnAuthoritativeServer) {
  read(R"(# three kinds of comments
acl office { 192.0.2.0/24; !192.0.2.128/25; 10/8; };  // one
/* two
   lines */
options {
  directory "/srv/dns"; recursion no; port 5300;
  listen-on { 192.0.2.53; !192.0.2.54; 127.0.0.1; };
  listen-on-v6 port 5301 { none; };
  allow-query { !192.0.2.7; office; };
  version "secret"; server-id "ns1"; minimal-responses no-auth; minimal-any yes;
  tcp-clients 500; tcp-idle-timeout 100; max-udp-size 1400; edns-udp-size 1232;
  rate-limit { all-per-second 50; slip 3; ipv4-prefix-length 28; exempt-clients { 192.0.2.0/24; }; window 5; };
  answer-cookie yes;
  pid-file "/run/named.pid";
};
zone "Example.COM" IN { type primary; file "example.zone"; };
zone "example.net." { type master; file "/abs/net.zone"; };
)");
  ASSERT_EQ(error_, "");
  EXPECT_THAT(zones(), ElementsAre("example.com. /srv/dns/example.zone", "example.net. /abs/net.zone"));
  EXPECT_EQ(setup_.zones[0].include_folder, "/srv/dns");
  EXPECT_TRUE(setup_.zones[0].takes_ttl_from_soa);
  EXPECT_THAT(listeners(), ElementsAre("192.0.2.53:5300 udp tcp", "127.0.0.1:5300 udp tcp"));
  EXPECT_THAT(prefixes(setup_.zones[0].allow_query),
              ElementsAre("192.0.2.0/30", "192.0.2.4/31", "192.0.2.6/32", "192.0.2.8/29", "192.0.2.16/28",
                          "192.0.2.32/27", "192.0.2.64/26", "192.0.2.128/25", "10.0.0.0/8"));
  const Settings& settings = setup_.settings;
  EXPECT_EQ(settings.version, "secret");
  EXPECT_EQ(settings.id, "ns1");
  EXPECT_EQ(settings.minimal_responses, true);
  EXPECT_EQ(settings.minimal_any, true);
  EXPECT_EQ(settings.tcp_connections_max, 500u);
  EXPECT_EQ(settings.tcp_idle, std::chrono::seconds(10));
  EXPECT_EQ(settings.udp_payload_size, 1232u);
  EXPECT_EQ(settings.responses_per_second, 50u);
  EXPECT_EQ(settings.slip, 3u);
  EXPECT_EQ(settings.ipv4_prefix, 28u);
  EXPECT_THAT(prefixes(settings.rate_limit_exempt), ElementsAre("192.0.2.0/24"));
  EXPECT_THAT(losses(Group::kSettings),
              ElementsAre(HasSubstr("12:100 window"), HasSubstr("7:28 an exception")));
  EXPECT_THAT(notes(Group::kProcess), ElementsAre("14:3 pid-file is not needed"));
}

TEST_F(NamedConf, TakesKeysAndEveryFormOfRule) {
  files_.put("/etc/bind/rndc.key", "key \"rndc-key\" { algorithm HMAC-SHA256; secret \"c2VjcmV0\"; };\n");
  read(R"(include "/etc/bind/rndc.key";
key ddns.example. { algorithm hmac-sha512; secret c2VjcmV0c2VjcmV0; };
key broken { algorithm hmac-sha3; secret c2VjcmV0; };
options { recursion no; allow-update { key ddns.example; }; };
zone a.example { type primary; file "a"; update-policy {
  grant ddns.example subdomain home.a.example. A AAAA TXT(4);
  grant ddns.example name a.example ANY;
  deny ddns.example wildcard *.b.a.example;
  grant * self * A;
  grant ddns.example zonesub TYPE65280;
  grant EXAMPLE.ORG krb5-self . A;
  grant rndc-key selfsub rndc-key; }; };
zone b.example { type primary; file "b"; allow-update { !192.0.2.1; 192.0.2.0/24; key rndc-key; }; };
zone c.example { type primary; file "c"; };
zone d.example { type primary; file "d"; update-policy local; };
zone e.example { type primary; file "e"; allow-update { none; }; };
zone f.example { type primary; file "f"; update-policy { deny X ms-self X; grant * zonesub; }; };
)");
  ASSERT_EQ(error_, "");
  ASSERT_EQ(setup_.keys.size(), 2u);
  EXPECT_EQ(dns::to_text(setup_.keys[0].name), "rndc-key.");
  EXPECT_EQ(setup_.keys[0].algorithm, "hmac-sha256");
  EXPECT_EQ(setup_.keys[0].secret.reveal(), "c2VjcmV0");
  ASSERT_EQ(setup_.zones.size(), 6u);
  EXPECT_THAT(setup_.zones[0].update_rules,
              ElementsAre("grant ddns.example. subdomain home.a.example. A AAAA TXT(4)",
                          "grant ddns.example. name a.example. ANY",
                          "deny ddns.example. wildcard *.b.a.example.", "grant *. self *. A",
                          "grant ddns.example. zonesub TYPE65280", "grant rndc-key. selfsub rndc-key."));
  EXPECT_THAT(setup_.zones[1].update_rules,
              ElementsAre("deny 192.0.2.1/32 zonesub ANY", "grant 192.0.2.0/24 zonesub ANY",
                          "grant rndc-key. zonesub ANY"));
  EXPECT_THAT(setup_.zones[2].update_rules, ElementsAre("grant ddns.example. zonesub ANY"));
  EXPECT_THAT(setup_.zones[3].update_rules, IsEmpty());
  EXPECT_THAT(setup_.zones[4].update_rules, IsEmpty());
  // A rule that denies something and has no equal closes what is behind it.
  EXPECT_THAT(setup_.zones[5].update_rules, IsEmpty());
  EXPECT_THAT(losses(Group::kUpdates),
              ElementsAre(HasSubstr("3:1 key \"broken\""), HasSubstr("11:3 rules of the kind \"krb5-self\""),
                          HasSubstr("update-policy local"), HasSubstr("\"ms-self\""), HasSubstr("denies")));
}

TEST_F(NamedConf, RefusesZonesThatItCannotTakeWhole) {
  files_.put("/var/old.zone", "", 100);
  files_.put("/var/old.zone.jnl", "", 101);
  files_.put("/var/synced.zone", "", 100);
  files_.put("/var/synced.zone.jnl", "", 99);
  read(R"(options { directory "/var"; recursion no; };
zone old.example { type primary; file "old.zone"; };
zone synced.example { type primary; file "synced.zone"; };
zone raw.example { type primary; file "raw.zone"; masterfile-format raw; };
zone slave.example { type slave; file "s"; };
zone fwd.example { type forward; forwarders { 192.0.2.1; }; };
zone chaos CH { type primary; file "c"; };
zone nofile.example { type primary; };
zone odd.example { type purple; };
)");
  ASSERT_EQ(error_, "");
  EXPECT_THAT(zones(), ElementsAre("synced.example. /var/synced.zone"));
  ASSERT_THAT(losses(Group::kZones),
              ElementsAre(HasSubstr("chaos"), HasSubstr("/var/old.zone.jnl"), HasSubstr("raw"),
                          HasSubstr("slave"), HasSubstr("no file"), HasSubstr("purple")));
  EXPECT_EQ(findings_.all()[1].hint, "rndc sync -clean old.example");
  EXPECT_THAT(findings_.all()[2].hint, HasSubstr("named-compilezone -f raw -F text -o /var/raw.zone.text"));
  EXPECT_THAT(losses(Group::kRecursion), ElementsAre(HasSubstr("fwd.example")));
}

TEST_F(NamedConf, TakesOneViewAndWhatAllViewsShare) {
  read(R"(options { recursion no; };
view one { match-clients { 192.0.2.0/24; }; recursion no; minimal-any yes; zone a.example { type primary; file "a"; }; };
)");
  ASSERT_EQ(error_, "");
  EXPECT_THAT(zones(), ElementsAre("a.example. /etc/bind/a"));
  EXPECT_THAT(prefixes(setup_.zones[0].allow_query), ElementsAre("192.0.2.0/24"));
  EXPECT_EQ(setup_.settings.minimal_any, true);
  EXPECT_EQ(findings_.losses(), 0u);
}

TEST_F(NamedConf, ReportsViewsThatDiffer) {
  read(R"(view inside { match-clients { 10/8; }; recursion no;
  zone same.example { type primary; file "same"; };
  zone two.example { type primary; file "two.inside"; };
  zone inside.example { type primary; file "inside"; };
  zone linked.example { type primary; file "linked"; }; };
view outside { match-clients { any; }; recursion no;
  zone same.example { type primary; file "same"; };
  zone two.example { type primary; file "two.outside"; };
  zone linked.example { in-view inside; }; };
)");
  ASSERT_EQ(error_, "");
  EXPECT_THAT(zones(), ElementsAre("same.example. /etc/bind/same", "linked.example. /etc/bind/linked"));
  EXPECT_THAT(losses(Group::kViews),
              ElementsAre(HasSubstr("several contents"), HasSubstr("not in every view")));
}

TEST_F(NamedConf, ReportsWhatHasNoEqual) {
  read(
      R"(options { recursion yes; forwarders { 192.0.2.1; }; also-notify { 192.0.2.2; }; allow-transfer { 192.0.2.2; };
  dnssec-policy default; blackhole { 192.0.2.66; }; response-policy { zone rpz; }; catalog-zones { zone c; };
  rrset-order { order cyclic; }; no-such-thing 1; allow-new-zones yes; };
logging { channel c { null; }; }; controls { inet 127.0.0.1 allow { localhost; }; }; statistics-channels { };
nonsense;
zone a.example { type primary; file "a"; allow-query { geoip country DE; 192.0.2.0/24; }; wrong yes; };
)");
  ASSERT_EQ(error_, "");
  EXPECT_THAT(losses(Group::kRecursion),
              ElementsAre(HasSubstr("response-policy"), HasSubstr("1:11 named resolves"),
                          HasSubstr("1:26 forwarders")));
  EXPECT_THAT(losses(Group::kTransfers), IsEmpty());
  EXPECT_THAT(setup_.zones[0].settings.secondaries, ElementsAre("192.0.2.2"));
  EXPECT_THAT(setup_.zones[0].settings.allow_transfer, ElementsAre("192.0.2.2/32"));
  EXPECT_THAT(losses(Group::kSigning), ElementsAre(HasSubstr("6:1 zone \"a.example\" is signed by named")));
  EXPECT_THAT(losses(Group::kAccess), ElementsAre(HasSubstr("blackhole"), HasSubstr("geoip")));
  EXPECT_THAT(losses(Group::kUnknown),
              ElementsAre(HasSubstr("no-such-thing"), HasSubstr("5:1 \"nonsense\""), HasSubstr("\"wrong\"")));
  EXPECT_THAT(losses(Group::kZones), ElementsAre(HasSubstr("allow-new-zones")));
  EXPECT_THAT(prefixes(setup_.zones[0].allow_query), ElementsAre("192.0.2.0/24"));
}

TEST_F(NamedConf, TakesEncryptedListeners) {
  read(R"(tls local { cert-file "/etc/tls/cert.pem"; key-file "/etc/tls/key.pem"; };
http local { endpoints { "/dns-query"; "/other"; }; };
options { recursion no; listen-on { 192.0.2.1; };
  listen-on tls local { 192.0.2.1; }; listen-on port 8443 tls local http local { 192.0.2.1; };
  listen-on-v6 tls ephemeral { any; }; listen-on port 80 http local { any; }; };
)");
  ASSERT_EQ(error_, "");
  EXPECT_THAT(listeners(), ElementsAre("192.0.2.1:53 udp tcp", "192.0.2.1:853 tls", "192.0.2.1:8443 https",
                                       "[::]:853 tls"));
  ASSERT_EQ(setup_.settings.certificates.size(), 1u);
  EXPECT_EQ(setup_.settings.certificates[0].key, "/etc/tls/key.pem");
  EXPECT_THAT(setup_.settings.https_paths, ElementsAre("/dns-query", "/other"));
  EXPECT_THAT(losses(Group::kSettings), ElementsAre(HasSubstr("HTTP without TLS")));
}

TEST_F(NamedConf, TakesSecondariesAndWhomZonesGoTo) {
  read(R"(key xfr. { algorithm hmac-sha256; secret c2VjcmV0; };
key other. { algorithm hmac-sha256; secret c2VjcmV0; };
tls strict { remote-hostname "hidden.example"; ca-file "/etc/ca.pem"; cert-file "/etc/me.pem"; key-file "/etc/me.key"; };
server 192.0.2.9 { keys other.; };
primaries inner port 5353 { 192.0.2.3; };
primaries all { 192.0.2.1 key xfr.; inner key xfr.; 2001:db8::1 port 8853 tls strict; 192.0.2.4 tls ephemeral; };
acl friends { !192.0.2.66; 192.0.2.0/24; };
options { recursion no; allow-transfer { friends; key xfr.; }; also-notify port 5300 { 192.0.2.7; };
  catalog-zones { zone "catalog.example" default-primaries { 192.0.2.9; } in-memory yes; }; };
zone a.example { type secondary; primaries { all; }; allow-notify { 192.0.2.8; }; allow-update-forwarding { any; }; };
zone b.example { type slave; masters { 192.0.2.9; }; notify no; allow-transfer { none; }; };
zone catalog.example { type secondary; primaries { 192.0.2.1 key missing; }; };
zone c.example { type primary; file "c"; allow-transfer { any; }; also-notify { all; nobody; }; };
)");
  ASSERT_EQ(error_, "");
  ASSERT_EQ(setup_.zones.size(), 4u);
  const auto& a = setup_.zones[0].settings;
  EXPECT_THAT(a.primaries, ElementsAre("192.0.2.1 key xfr.", "192.0.2.3:5353 key xfr.", "2001-db8--1",
                                       "remote-192.0.2.4"));
  EXPECT_THAT(a.allow_notify, ElementsAre("192.0.2.8/32"));
  EXPECT_THAT(a.forward_updates, ElementsAre("any"));
  EXPECT_THAT(a.allow_transfer, ElementsAre("deny 192.0.2.66/32", "192.0.2.0/24", "any key xfr."));
  EXPECT_THAT(a.secondaries, ElementsAre("192.0.2.7:5300"));
  ASSERT_EQ(setup_.remotes.size(), 2u);
  EXPECT_EQ(setup_.remotes[0].addresses[0].to_text(), "[2001:db8::1]:8853");
  EXPECT_EQ(setup_.remotes[0].tls_name, "hidden.example");
  EXPECT_EQ(setup_.remotes[0].authorities_file, "/etc/ca.pem");
  EXPECT_EQ(setup_.remotes[0].certificate.key, "/etc/me.key");
  EXPECT_EQ(setup_.remotes[1].transport, query::Transport::kTls);
  EXPECT_EQ(setup_.remotes[1].tls_name, "");
  const auto& b = setup_.zones[1].settings;
  EXPECT_THAT(b.primaries, ElementsAre("192.0.2.9 key other."));
  EXPECT_THAT(b.allow_transfer, IsEmpty());
  EXPECT_THAT(b.secondaries, IsEmpty());
  const auto& catalog = setup_.zones[2].settings;
  EXPECT_EQ(catalog.catalog, zones::CatalogRole::kConsume);
  EXPECT_THAT(catalog.members.primaries, ElementsAre("192.0.2.9 key other."));
  EXPECT_THAT(catalog.members.allow_transfer,
              ElementsAre("deny 192.0.2.66/32", "192.0.2.0/24", "any key xfr."));
  EXPECT_THAT(setup_.zones[3].settings.allow_transfer, ElementsAre("any"));
  EXPECT_EQ(setup_.zones[3].settings.secondaries.size(), 4u);
  EXPECT_THAT(losses(Group::kTransfers), ElementsAre(HasSubstr("12:52 there is no key \"missing\""),
                                                     HasSubstr("\"nobody\" is neither")));
}

TEST_F(NamedConf, SettlesWhoMayAsk) {
  read(R"(options { recursion no; allow-query { 192.0.2.0/24; }; };
zone a.example { type primary; file "a"; };
zone b.example { type primary; file "b"; allow-query { 192.0.2.0/24; }; };
zone open.example { type primary; file "o"; allow-query { any; }; };
zone secret.example { type primary; file "s"; allow-query { 10.0.0.1; }; };
zone a.example { type primary; file "again"; };
)");
  ASSERT_EQ(error_, "");
  settle(setup_, findings_);
  EXPECT_THAT(zones(),
              ElementsAre("a.example. /etc/bind/a", "b.example. /etc/bind/b", "open.example. /etc/bind/o"));
  EXPECT_THAT(prefixes(setup_.settings.allow_query), ElementsAre("192.0.2.0/24"));
  EXPECT_THAT(losses(Group::kZones), ElementsAre(HasSubstr("secret.example")));
  EXPECT_THAT(losses(Group::kAccess), ElementsAre(HasSubstr("open.example")));
}

TEST_F(NamedConf, NamesTheIncludedFile) {
  files_.put("/etc/bind/part", "\n  pid-file 1;\n  unknown-word;\n");
  read("options { recursion no; include \"part\"; };\n");
  ASSERT_EQ(error_, "");
  ASSERT_EQ(findings_.losses(), 1u);
  EXPECT_EQ(findings_.all()[1].file, "/etc/bind/part");
  EXPECT_THAT(losses(Group::kUnknown), ElementsAre(HasSubstr("3:3 \"unknown-word\"")));
}

struct BrokenCase {
  const char* text;
  const char* error;
};

class BrokenNamedConf : public NamedConf, public testing::WithParamInterface<BrokenCase> {};

TEST_P(BrokenNamedConf, IsAnErrorWithItsPlace) {
  files_.put("/etc/bind/self", "include \"self\";\n");
  read(GetParam().text);
  EXPECT_THAT(error_, HasSubstr(GetParam().error));
  EXPECT_THAT(error_, HasSubstr("hint: "));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, BrokenNamedConf,
    testing::Values(
        BrokenCase{"options {\n  port 53;\n", "/etc/bind/named.conf:1:9: error: this { is not closed"},
        BrokenCase{"options { port 53 };\n", "named.conf:1:19: error: a ; is missing before this }"},
        BrokenCase{"acl a { any; };\n};\n", "named.conf:2:1: error: a } that closes nothing"},
        BrokenCase{"/* a\n comment", "named.conf:1:1: error: this comment does not end"},
        BrokenCase{"zone \"a\n", "named.conf:1:6: error: this string does not end"},
        BrokenCase{"zone a", "named.conf:1:1: error: this statement does not end"},
        BrokenCase{"include \"self\";\n", "/etc/bind/self:1:9: error: files include each other more"}));

TEST_F(NamedConf, BlocksEndTheNesting) {
  read(std::string(100, '{'));
  EXPECT_THAT(error_, HasSubstr("nested more than 32 deep"));
}

TEST_F(NamedConf, AFileThatIsNotThereIsAnErrorWhereItIsNamed) {
  read("\n  include \"missing\";\n");
  EXPECT_THAT(error_, HasSubstr("named.conf:2:11: error: there is no file \"/etc/bind/missing\""));
}

}  // namespace
}  // namespace atlas::control::import::named
