#include "atlas/control/import/pdns/pdns.h"

#include "atlas/control/import/reading_test.h"

namespace atlas::control::import::pdns {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PdnsConf : public ReadingTest {
 protected:
  void read(std::string text) {
    files_.put("/etc/powerdns/pdns.conf", std::move(text));
    const OpenDatabase open = [&](const std::filesystem::path& path) -> base::Result<Database> {
      opened_ = path.string();
      if (domains_.empty()) return base::fail("no such database");
      Database database;
      database.keys = keys_;
      database.for_each_domain = [&](const std::function<void(Domain&)>& visit) -> base::Result<void> {
        for (Domain& domain : domains_) visit(domain);
        return {};
      };
      return database;
    };
    const auto done = pdns::read(source_, "/etc/powerdns/pdns.conf", open, setup_, findings_);
    if (!done) error_ = base::render(done.error());
  }
  Domain& add(const std::string& name, const std::string& type = "NATIVE") {
    Domain domain;
    domain.id = static_cast<int64_t>(domains_.size()) + 1;
    domain.name = name;
    domain.type = type;
    domains_.push_back(domain);
    return domains_.back();
  }

  std::string opened_;
  std::deque<Domain> domains_;
  std::vector<TsigKey> keys_;
};

TEST_F(PdnsConf, TakesTheBindBackendAndSettings) {
  files_.put("/etc/powerdns/pdns.d/bind.conf",
             "# backend\nlaunch+=bind\nbind-config=/etc/powerdns/named.conf\n");
  files_.put(
      "/etc/powerdns/named.conf",
      "options { directory \"/srv/pdns\"; };\nzone \"example.com\" { type native; file \"com.zone\"; };\n"
      "zone \"slave.example\" { type slave; file \"s\"; masters { 192.0.2.1; }; };\n");
  read(R"(# comment
include-dir=/etc/powerdns/pdns.d
local-address=192.0.2.1, [::1]:5301 \
  192.0.2.2
local-port = 5300
version-string=anonymous
server-id=ns1
max-tcp-connections=50
udp-truncation-threshold=1400
loglevel=3
expand-alias=yes
primary=yes
launch=
not-a-setting=1
)");
  ASSERT_EQ(error_, "");
  EXPECT_THAT(zones(), ElementsAre("example.com. /srv/pdns/com.zone", "slave.example. "));
  EXPECT_THAT(setup_.zones[1].settings.primaries, ElementsAre("192.0.2.1"));
  EXPECT_FALSE(setup_.zones[0].takes_ttl_from_soa);
  EXPECT_THAT(listeners(),
              ElementsAre("192.0.2.1:5300 udp tcp", "[::1]:5301 udp tcp", "192.0.2.2:5300 udp tcp"));
  EXPECT_EQ(setup_.settings.version, "");
  EXPECT_EQ(setup_.settings.id, "ns1");
  EXPECT_EQ(setup_.settings.tcp_connections_max, 50u);
  EXPECT_EQ(setup_.settings.udp_payload_size, 1400u);
  EXPECT_THAT(losses(Group::kZones), IsEmpty());
  EXPECT_THAT(losses(Group::kTransfers), ElementsAre(HasSubstr("12:1 primary")));
  EXPECT_THAT(losses(Group::kSettings), ElementsAre(HasSubstr("expand-alias")));
  EXPECT_THAT(losses(Group::kUnknown), ElementsAre(HasSubstr("not-a-setting")));
}

TEST_F(PdnsConf, TakesTheDatabase) {
  keys_ = {{"ddns", "hmac-md5", "c2VjcmV0"}};
  Domain& domain = add("example.com");
  domain.rows = {{1, "example.com", "SOA", "ns1.example.com host@example.com 7", 3600, 0},
                 {2, "example.com", "NS", "ns1.example.com", {}, {}},
                 {3, "example.com", "MX", "mail.example.com", 60, 10},
                 {4, "example.com", "MX", "20 mail2.example.com", 60, 0},
                 {5, "_s._tcp.example.com", "SRV", "5 443 www.example.com", 60, 1},
                 {6, "example.com", "TXT", "v=spf1; \"a\"", 60, 0},
                 {7, "example.com", "ALIAS", "other.example", 60, 0},
                 {8, "x.example.com", "A", "192.0.2.1\n@ A 192.0.2.2", 60, 0},
                 {9, "y.example.com", "TXT", "\"open", 60, 0}};
  domain.disabled = 2;
  domain.metadata["TSIG-ALLOW-DNSUPDATE"] = {"ddns", "missing"};
  domain.metadata["ALLOW-DNSUPDATE-FROM"] = {"0.0.0.0/0", "::/0"};
  domain.metadata["ALSO-NOTIFY"] = {"192.0.2.9"};
  Domain& both = add("both.example");
  both.metadata["TSIG-ALLOW-DNSUPDATE"] = {"ddns"};
  Domain& local = add("local.example", "MASTER");
  local.is_signed = true;
  add("slave.example", "SLAVE");
  read("launch=gsqlite3:one\ngsqlite3-one-database=/var/pdns.db\ndnsupdate=yes\ndefault-ttl=300\n");
  ASSERT_EQ(error_, "");
  EXPECT_EQ(opened_, "/var/pdns.db");
  ASSERT_EQ(setup_.zones.size(), 3u);
  EXPECT_EQ(setup_.zones[0].text,
            "$ORIGIN .\n"
            "example.com.\t3600\tIN\tSOA\tns1.example.com host.example.com 7 10800 3600 604800 3600\n"
            "example.com.\t300\tIN\tNS\tns1.example.com\n"
            "example.com.\t60\tIN\tMX\t10 mail.example.com\n"
            "example.com.\t60\tIN\tMX\t20 mail2.example.com\n"
            "_s._tcp.example.com.\t60\tIN\tSRV\t1 5 443 www.example.com\n"
            "example.com.\t60\tIN\tTXT\t\"v=spf1; \\\"a\\\"\"\n");
  EXPECT_THAT(setup_.zones[0].rows, ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_THAT(setup_.zones[0].update_rules, ElementsAre("grant ddns. zonesub ANY"));
  EXPECT_THAT(setup_.zones[1].update_rules, IsEmpty());
  EXPECT_THAT(setup_.zones[2].update_rules,
              ElementsAre("grant 127.0.0.0/8 zonesub ANY", "grant ::1/128 zonesub ANY"));
  EXPECT_THAT(losses(Group::kRecords), ElementsAre(HasSubstr("record 7 of example.com"),
                                                   HasSubstr("record 8"), HasSubstr("record 9")));
  EXPECT_THAT(notes(Group::kRecords), ElementsAre(HasSubstr("2 disabled records")));
  EXPECT_THAT(losses(Group::kUpdates), ElementsAre(HasSubstr("\"missing\""), HasSubstr("address and a key")));
  EXPECT_THAT(losses(Group::kSigning), ElementsAre(HasSubstr("local.example")));
  EXPECT_THAT(losses(Group::kZones), ElementsAre(HasSubstr("slave.example")));
}

TEST_F(PdnsConf, TakesSecondariesWhomZonesGoToAndCatalogs) {
  keys_ = {{"xfr", "hmac-sha256", "c2VjcmV0"}};
  Domain& secondary = add("a.example", "SLAVE");
  secondary.master = "192.0.2.1, [2001:db8::1]:5300 what";
  secondary.metadata["AXFR-MASTER-TSIG"] = {"xfr"};
  secondary.metadata["PRESIGNED"] = {"1"};
  Domain& made = add("made.example", "PRODUCER");
  made.metadata["TSIG-ALLOW-AXFR"] = {"xfr", "missing"};
  Domain& catalog = add("catalog.example", "CONSUMER");
  catalog.master = "192.0.2.3";
  Domain& member = add("b.example", "MASTER");
  member.catalog = "made.example";
  member.options = R"({"producer": {"group": ["fast"]}})";
  member.metadata["ALLOW-AXFR-FROM"] = {"192.0.2.0/24", "AUTO-NS"};
  member.metadata["ALSO-NOTIFY"] = {"192.0.2.9:5300"};
  Domain& consumed = add("c.example", "SLAVE");
  consumed.master = "192.0.2.3";
  consumed.catalog = "catalog.example";
  read("launch=gsqlite3\ngsqlite3-database=/x.db\nallow-axfr-ips=127.0.0.1\nalso-notify=192.0.2.8\n");
  ASSERT_EQ(error_, "");
  ASSERT_EQ(setup_.zones.size(), 4u);
  const auto& a = setup_.zones[0].settings;
  EXPECT_THAT(a.primaries, ElementsAre("192.0.2.1 key xfr.", "[2001:db8::1]:5300 key xfr."));
  EXPECT_THAT(a.allow_transfer, ElementsAre("127.0.0.1/32"));
  EXPECT_EQ(setup_.zones[0].text, "");
  EXPECT_EQ(setup_.zones[1].settings.catalog, zones::CatalogRole::kProduce);
  EXPECT_THAT(setup_.zones[1].settings.allow_transfer, ElementsAre("any key xfr.", "127.0.0.1/32"));
  EXPECT_EQ(setup_.zones[2].settings.catalog, zones::CatalogRole::kConsume);
  const auto& b = setup_.zones[3].settings;
  EXPECT_EQ(dns::to_text(*b.member_of), "made.example.");
  EXPECT_EQ(b.group, "fast");
  EXPECT_THAT(b.allow_transfer, ElementsAre("192.0.2.0/24", "127.0.0.1/32"));
  EXPECT_THAT(b.secondaries, ElementsAre("192.0.2.9:5300", "192.0.2.8"));
  EXPECT_THAT(notes(Group::kTransfers), ElementsAre(HasSubstr("c.example comes from the catalog")));
  EXPECT_THAT(losses(Group::kTransfers),
              ElementsAre(HasSubstr("\"what\""), HasSubstr("\"missing\""), HasSubstr("\"AUTO-NS\"")));
  EXPECT_THAT(losses(Group::kSigning), IsEmpty());
}

TEST_F(PdnsConf, TellsHowToExportOtherBackends) {
  read("launch=gmysql\n");
  ASSERT_THAT(losses(Group::kZones), ElementsAre(HasSubstr("gmysql")));
  EXPECT_THAT(findings_.all()[0].hint, HasSubstr("pdnsutil list-zone"));
}

TEST_F(PdnsConf, ErrorsHaveTheirPlace) {
  read("launch=gsqlite3\n  nothing\n");
  EXPECT_THAT(error_, HasSubstr("/etc/powerdns/pdns.conf:2:3: error: a setting has a name"));
  error_.clear();
  read("local-port=53\n");
  EXPECT_THAT(error_, HasSubstr("no backend is launched"));
  error_.clear();
  read("launch=gsqlite3\ngsqlite3-database=/no.db\n");
  EXPECT_THAT(error_, HasSubstr("pdns.conf:2:1: error: no such database"));
}

TEST_F(PdnsConf, TakesAFolderOfZones) {
  files_.put("/z/example.com.zone", "");
  files_.put("/z/example.net", "");
  files_.put("/z/bad..name.zone", "");
  ASSERT_TRUE(pdns::read_folder(source_, "/z", setup_, findings_));
  EXPECT_THAT(zones(), ElementsAre("example.com. /z/example.com.zone", "example.net. /z/example.net"));
  EXPECT_EQ(findings_.losses(), 1u);
}

}  // namespace
}  // namespace atlas::control::import::pdns
