#include <gmock/gmock.h>

#include "atlas/control/config/test_config.h"

namespace atlas::control::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kEverything = R"(config: 1
keys:
  - {name: xfr.example, secret: c2VjcmV0}
remotes:
  - {name: hidden, address: 192.0.2.1, key: XFR.example.}
  - name: ns2
    address: ["192.0.2.2:8853", "2001:db8::2"]
    transport: tls
    tls-name: ns2.example.
    authorities-file: ca.pem
    certificate: {chain-file: me.pem, key-file: me.key}
    source: [192.0.2.53, "2001:db8::53"]
  - {name: ns3, address: 192.0.2.3, transport: quic, pins: [nJ1UuNIsLnTgPiPvGBRNrVWTKtFKCRzHIJRbtSnYbPQ=]}
transfers:
  client-authorities-file: clients.pem
  in-size-max: 1GiB
  in-records-max: 5000000
  refresh-min: 1m
zone-defaults: {secondaries: [ns2], allow-transfer: ["192.0.2.0/24 key xfr.example."]}
zones:
  - {zone: a.test, file: a.zone}
  - {zone: b.test, primaries: [hidden, "192.0.2.9:5353 key xfr.example."], allow-notify: [192.0.2.7], forward-updates: [key xfr.example.]}
  - {zone: c.test, secondaries: [], allow-transfer: []}
  - zone: catalog.test
    catalog: consume
    primaries: [hidden]
    members: {allow-transfer: [any]}
    groups: {"fast \"one\"": {primaries: [ns3], secondaries: [ns2]}, plain: {}}
  - {zone: made.test, catalog: produce, allow-transfer: [tls ns2.example]}
  - {zone: d.test, file: d.zone, member-of: Made.test, group: fast}
)";

TEST_F(ConfigTest, ReadsRemotesAndWhatZonesSayOfThem) {
  write("atlas.yaml", kEverything);
  const Loaded loaded = load(folder_ / "atlas.yaml");
  ASSERT_TRUE(loaded.config) << base::render(loaded.diagnostics);
  EXPECT_THAT(loaded.diagnostics, IsEmpty()) << base::render(loaded.diagnostics);
  const Config& config = *loaded.config;
  ASSERT_EQ(config.remotes.size(), 3u);
  EXPECT_EQ(config.remotes[0].addresses[0].to_text(), "192.0.2.1:53");
  EXPECT_EQ(dns::to_text(*config.remotes[0].key), "xfr.example.");
  const RemoteSettings& ns2 = config.remotes[1];
  EXPECT_EQ(ns2.addresses[0].to_text(), "192.0.2.2:8853");
  EXPECT_EQ(ns2.addresses[1].to_text(), "[2001:db8::2]:853");
  EXPECT_EQ(ns2.transport, query::Transport::kTls);
  EXPECT_EQ(ns2.tls_name, "ns2.example");
  EXPECT_EQ(ns2.authorities_file, folder_ / "ca.pem");
  EXPECT_EQ(ns2.certificate.key, folder_ / "me.key");
  EXPECT_EQ(ns2.sources.size(), 2u);
  EXPECT_EQ(config.remotes[2].pins.size(), 1u);
  EXPECT_EQ(config.transfers.in_size_max, uint64_t{1} << 30);
  EXPECT_EQ(config.transfers.in_records_max, 5'000'000u);
  EXPECT_EQ(config.transfers.client_authorities_file, folder_ / "clients.pem");

  ASSERT_EQ(config.zones.size(), 6u);
  const auto settings = [&](size_t i) -> const zones::ZoneSettings& { return config.zones[i].settings; };
  EXPECT_THAT(settings(0).secondaries, ElementsAre("ns2"));
  EXPECT_THAT(settings(0).allow_transfer, ElementsAre("192.0.2.0/24 key xfr.example."));
  EXPECT_EQ(config.zones[1].file, "");
  EXPECT_THAT(settings(1).primaries, ElementsAre("hidden", "192.0.2.9:5353 key xfr.example."));
  EXPECT_THAT(settings(1).allow_notify, ElementsAre("192.0.2.7"));
  EXPECT_THAT(settings(1).forward_updates, ElementsAre("key xfr.example."));
  EXPECT_EQ(config.zones[2].file, folder_ / "zones/c.test.zone");
  EXPECT_THAT(settings(2).secondaries, IsEmpty());
  EXPECT_THAT(settings(2).allow_transfer, IsEmpty());
  EXPECT_EQ(settings(3).catalog, zones::CatalogRole::kConsume);
  EXPECT_THAT(settings(3).members.allow_transfer, ElementsAre("any"));
  ASSERT_EQ(settings(3).groups.size(), 2u);
  EXPECT_EQ(settings(3).groups[0].first, "fast \"one\"");
  EXPECT_THAT(settings(3).groups[0].second.primaries, ElementsAre("ns3"));
  EXPECT_EQ(settings(4).catalog, zones::CatalogRole::kProduce);
  EXPECT_EQ(config.zones[4].file, "");
  EXPECT_EQ(dns::to_text(*settings(5).member_of), "made.test.");
  EXPECT_EQ(settings(5).group, "fast");
}

TEST_F(ConfigTest, TheEffectiveConfigurationKeepsTransfers) {
  write("atlas.yaml", kEverything);
  const Loaded first = load(folder_ / "atlas.yaml");
  ASSERT_TRUE(first.config) << base::render(first.diagnostics);
  const std::string printed = effective_yaml(*first.config);
  // Of a key, the secret is not shown.
  std::string readable = printed;
  readable.replace(readable.find("secret: hidden"), 14, "secret: c2VjcmV0");
  const Loaded second = load_text(readable);
  ASSERT_TRUE(second.config) << printed << base::render(second.diagnostics);
  EXPECT_EQ(effective_yaml(*second.config), printed);
  ASSERT_EQ(second.config->remotes.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    RemoteSettings again = second.config->remotes[i];
    again.line = first.config->remotes[i].line;
    EXPECT_EQ(again, first.config->remotes[i]);
  }
  ASSERT_EQ(second.config->zones.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(second.config->zones[i].settings, first.config->zones[i].settings) << i;
    EXPECT_EQ(second.config->zones[i].file, first.config->zones[i].file) << i;
  }
}

TEST_F(ConfigTest, AZoneThatIsANameAloneIsASecondaryWithDefaultPrimaries) {
  const Loaded loaded = load_text(R"(config: 1
zone-defaults: {primaries: [192.0.2.1]}
zones: [a.test, {zone: b.test, file: b.zone}, {zone: c.test, primaries: []}, {zone: d.test, catalog: produce}]
)");
  ASSERT_TRUE(loaded.config) << base::render(loaded.diagnostics);
  const std::vector<ZoneFile>& zones = loaded.config->zones;
  EXPECT_THAT(zones[0].settings.primaries, ElementsAre("192.0.2.1"));
  EXPECT_EQ(zones[0].file, "");
  EXPECT_THAT(zones[1].settings.primaries, IsEmpty());
  EXPECT_THAT(zones[2].settings.primaries, IsEmpty());
  EXPECT_EQ(zones[2].file, folder_ / "zones/c.test.zone");
  EXPECT_THAT(zones[3].settings.primaries, IsEmpty());
  const std::string printed = effective_yaml(*loaded.config);
  const Loaded again = load_text(printed);
  ASSERT_TRUE(again.config) << printed << base::render(again.diagnostics);
  for (size_t i = 0; i < zones.size(); ++i) {
    EXPECT_EQ(again.config->zones[i].settings, zones[i].settings);
    EXPECT_EQ(again.config->zones[i].file, zones[i].file);
  }
}

TEST_F(ConfigTest, SaysWhereRemotesAndKeysAreUnknown) {
  EXPECT_EQ(error_of("config: 1\nremotes: [{name: hidden, address: 192.0.2.1}]\n"
                     "zones:\n  - {zone: a.test, primaries: [hiden]}\n"),
            "atlas.yaml:4:32: error: there is no remote \"hiden\"\n"
            "  4 |   - {zone: a.test, primaries: [hiden]}\n"
            "    |                                ^\n"
            "  hint: did you mean \"hidden\"?\n");
  EXPECT_THAT(error_of("config: 1\nzones: [{zone: a.test, secondaries: [ns2]}]\n"),
              HasSubstr("hint: as in remotes: [{name: ns2, address: 192.0.2.1}]"));
  // The key may be one of the store.
  const Loaded loaded = load_text(
      "config: 1\nremotes: [{name: ns2, address: 192.0.2.1, key: k.}]\n"
      "zones: [{zone: a.test, file: a, allow-transfer: [key l.], secondaries: [192.0.2.1 key m.]}]\n");
  ASSERT_TRUE(loaded.config) << base::render(loaded.diagnostics);
  ASSERT_EQ(loaded.diagnostics.size(), 3u);
  for (const base::Diagnostic& diagnostic : loaded.diagnostics) {
    EXPECT_EQ(diagnostic.severity, base::Severity::kWarning);
    EXPECT_THAT(diagnostic.message, HasSubstr("there is no key"));
    EXPECT_NE(diagnostic.position.column, 0u);
  }
}

TEST_F(ConfigTest, WarningsStandBehindErrors) {
  const Loaded loaded =
      load_text("config: 1\nremotes: [{name: ns2, address: 192.0.2.1, key: k.}, {name: ns3}]\n");
  EXPECT_FALSE(loaded.config);
  ASSERT_EQ(loaded.diagnostics.size(), 2u) << base::render(loaded.diagnostics);
  EXPECT_EQ(loaded.diagnostics[0].severity, base::Severity::kError);
  EXPECT_EQ(loaded.diagnostics[1].severity, base::Severity::kWarning);
}

struct Fault {
  const char* text;
  const char* error;
};

TEST_F(ConfigTest, RefusesRemotesThatCannotBe) {
  const Fault kFaults[] = {
      {"{name: ns2}", "2:11: error: a remote needs an address"},
      {"{address: 192.0.2.1}", "a remote needs a name"},
      {"{name: 192.0.2.1, address: 192.0.2.1}", "is no name for a remote"},
      {"{name: \"a b\", address: 192.0.2.1}", "is no name for a remote"},
      {"{name: a, address: ns2.example}", "not the name of a host"},
      {"{name: a, address: 0.0.0.0}", "is no address of a server"},
      {"{name: a, address: []}", "is an address or a list of some"},
      {"{name: a, address: 192.0.2.1, transport: https}", "is one of tcp, tls, quic"},
      {"{name: a, address: 192.0.2.1, tls-name: a.}", "2:41: error: \"tls-name\" says nothing without TLS"},
      {"{name: a, address: 192.0.2.1, pins: []}", "\"pins\" says nothing without TLS"},
      {"{name: a, address: 192.0.2.1, transport: tls, pins: [abc]}", "is no pin of a public key"},
      {"{name: a, address: 192.0.2.1, transport: tls, authorities-file: a}", "add tls-name"},
      {"{name: a, address: 192.0.2.1, transport: tls, certificate: {chain-file: a}}", "needs chain-file"},
      {"{name: a, address: 192.0.2.1, source: [192.0.2.1, 192.0.2.2]}", "at most one source of each family"},
      {"{name: a, address: 192.0.2.1}, {name: a, address: 192.0.2.2}", "remote \"a\" is given twice"},
      {"{name: a, address: 192.0.2.1, keys: k}", "did you mean \"key\"?"},
  };
  for (const Fault& fault : kFaults) {
    EXPECT_THAT(error_of("config: 1\nremotes: [" + std::string(fault.text) + "]\n"), HasSubstr(fault.error))
        << fault.text;
  }
}

TEST_F(ConfigTest, RefusesZonesWhoseKeysDoNotGoTogether) {
  const Fault kFaults[] = {
      {"{zone: a., file: a, primaries: [192.0.2.1]}",
       "atlas.yaml:2:20: error: a zone comes from a file or from primaries, not from both"},
      {"{zone: a., catalog: produce, file: a}", "a catalog to produce has no file"},
      {"{zone: a., catalog: produce, primaries: [192.0.2.1]}", "has no primaries"},
      {"{zone: a., catalog: consume}", "atlas.yaml:2:20: error: a catalog to consume has primaries"},
      {"{zone: a., catalog: maybe}", "is one of none, produce, consume"},
      {"{zone: a., members: {allow-transfer: [any]}}", "are for a zone with catalog: consume"},
      {"{zone: a., groups: {g: {}}}", "atlas.yaml:2:20: error: members and groups are for"},
      {"{zone: a., catalog: consume, primaries: [192.0.2.1], groups: {g: 1}}",
       "\"g\" is a mapping of primaries"},
      {"{zone: a., catalog: consume, primaries: [192.0.2.1], members: {file: x}}", "unknown key \"file\""},
      {"{zone: a., group: g}", "hint: add member-of"},
      {"{zone: a., member-of: b.}", "atlas.yaml:2:31: error: there is no zone b. in this configuration"},
      {"{zone: a., member-of: b.}, b.", "zone b. is no catalog that is made here"},
      {"{zone: a., primaries: [192.0.2.1], update-policy: [grant k. zonesub ANY]}",
       "hint: forward-updates passes"},
      {"{zone: a., primaries: [192.0.2.1], zonemd: sha384}", "the ZONEMD record that its primaries give it"},
      {"{zone: a., allow-notify: [any]}", "allow-notify is for secondaries"},
      {"{zone: a., forward-updates: [any]}", "forward-updates is for secondaries"},
      {"{zone: a., primaries: [192.0.2.1 tsig k.]}", "what follows an address is \"key\""},
      {"{zone: a., allow-transfer: [nobody]}", "atlas.yaml:2:37: error: 'nobody' is no address"},
      {"{zone: a., allow-transfer: [tls ns2.example]}",
       "hint: add transfers: {client-authorities-file: FILE}"},
  };
  for (const Fault& fault : kFaults) {
    EXPECT_THAT(error_of("config: 1\nzones: [" + std::string(fault.text) + "]\n"), HasSubstr(fault.error))
        << fault.text;
  }
  EXPECT_THAT(error_of("config: 1\ntransfers: {refresh-min: 2h, refresh-max: 1h}\n"),
              HasSubstr("is longer than"));
}

}  // namespace
}  // namespace atlas::control::config
