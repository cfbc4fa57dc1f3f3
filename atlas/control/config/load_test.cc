#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <chrono>

#include "atlas/control/config/test_config.h"

namespace atlas::control::config {
namespace {

using ::testing::HasSubstr;

TEST_F(ConfigTest, TheHeadAloneGivesTheDefaults) {
  const Loaded loaded = load_text("config: 1\n");
  ASSERT_TRUE(loaded.config) << base::render(loaded.diagnostics);
  ASSERT_EQ(loaded.config->listen.size(), 4u);
  EXPECT_EQ(loaded.config->listen[0].endpoint.to_text(), "0.0.0.0:53");
  EXPECT_EQ(loaded.config->listen[1].transport, query::Transport::kTcp);
  EXPECT_EQ(loaded.config->listen[2].endpoint.to_text(), "[::]:53");
  EXPECT_EQ(loaded.config->control.mode, 0660u);
  EXPECT_EQ(loaded.config->access.allow_query.size(), 2u);
}

TEST_F(ConfigTest, ReadsEveryKindOfValue) {
  const Loaded loaded = load_text(R"(config: 1
server: {id: "001", workers: 3}
listen: [192.0.2.1, "[2001:db8::1]:5300", {address: "127.0.0.1:54", transports: [tcp]}]
control: {socket: run/c.sock, mode: "0600"}
log: {level: debug, format: json}
access: {allow-query: [192.0.2.0/24, "2001:db8::/32"]}
tcp: {idle: 1m30s}
answers: {minimal-responses: false, udp-payload-size: 4KiB}
zones:
  - {zone: Example.COM, file: a.zone}
  - example.net
  - 0/25.2.0.192.in-addr.arpa
)");
  ASSERT_TRUE(loaded.config) << base::render(loaded.diagnostics);
  const Config& config = *loaded.config;
  EXPECT_EQ(config.server.id, "001");
  EXPECT_EQ(config.server.workers, 3u);
  ASSERT_EQ(config.listen.size(), 5u);
  EXPECT_EQ(config.listen[0].endpoint.port, 53);
  EXPECT_EQ(config.listen[4],
            (ListenAddress{net::Endpoint::parse("127.0.0.1:54", 0).value(), query::Transport::kTcp}));
  EXPECT_EQ(config.control.socket, folder_ / "run/c.sock");
  EXPECT_EQ(config.log.level, LogLevel::kDebug);
  EXPECT_EQ(config.tcp.idle, std::chrono::seconds(90));
  EXPECT_EQ(config.answers.udp_payload_size, 4096u);
  ASSERT_EQ(config.zones.size(), 3u);
  EXPECT_EQ(dns::to_text(config.zones[0].apex), "example.com.");
  EXPECT_EQ(config.zones[0].file, folder_ / "a.zone");
  EXPECT_EQ(config.zones[1].file, folder_ / "zones/example.net.zone");
  EXPECT_EQ(config.zones[2].file, folder_ / "zones/0_25.2.0.192.in-addr.arpa.zone");
}

TEST_F(ConfigTest, AnUnknownKeyShowsItsLineAndTheNearestName) {
  EXPECT_EQ(error_of("config: 1\nserver:\n  worker: 2\n"),
            "atlas.yaml:3:3: error: unknown key \"worker\"\n"
            "  3 |   worker: 2\n"
            "    |   ^\n"
            "  hint: did you mean \"workers\"?\n");
}

TEST_F(ConfigTest, ReportsManyErrorsInOneRun) {
  const Loaded loaded = load_text(
      "config: 2\nservr: {}\nlog: {level: loud}\ntcp: {idle: 5}\nlisten: [1.2.3]\nzones: [a..b]\ncookies: 1\n"
      "rate-limit: {enabled: yes}\ncontrol: {mode: \"0666\"}\n");
  EXPECT_FALSE(loaded.config);
  EXPECT_EQ(loaded.diagnostics.size(), 9u) << base::render(loaded.diagnostics);
  for (const auto& diagnostic : loaded.diagnostics)
    EXPECT_NE(diagnostic.position.line, 0u) << diagnostic.message;
}

TEST_F(ConfigTest, RefusesWhatIsNotYamlWithAPlace) {
  EXPECT_THAT(error_of("config: 1\nserver: [\n"), HasSubstr("atlas.yaml:3:1: error: not YAML"));
  EXPECT_THAT(error_of("config: 1\nserver: {version: a: b}\n"), HasSubstr("atlas.yaml:2:"));
  EXPECT_THAT(error_of("config: 1\na: &x 1\nb: *x\n"), HasSubstr("anchors"));
  EXPECT_THAT(error_of("config: 1\n---\nconfig: 1\n"), HasSubstr("second document"));
  EXPECT_THAT(error_of("config: 1\nlog: {}\nlog: {}\n"),
              HasSubstr("\"log\" is given twice; first in line 2"));
  EXPECT_THAT(error_of("- 1\n"), HasSubstr("a mapping of sections"));
  EXPECT_THAT(error_of(""), HasSubstr("begin the file with the line \"config: 1\""));
}

TEST_F(ConfigTest, RefusesSettingsThatDoNotGoTogether) {
  EXPECT_THAT(error_of("config: 1\nlog: {destination: file}\n"),
              HasSubstr("atlas.yaml:2:7: error: destination file needs"));
  EXPECT_THAT(error_of("config: 1\ndnstap: {file: a, socket: b}\n"), HasSubstr("not to both"));
  EXPECT_THAT(error_of("config: 1\nzone-defaults: {file: one}\n"), HasSubstr("share one file"));
  EXPECT_THAT(error_of("config: 1\nlisten: [127.0.0.1, 127.0.0.1]\n"), HasSubstr("listened on twice"));
}

TEST_F(ConfigTest, AZoneGivenTwiceNamesBothPlaces) {
  EXPECT_THAT(error_of("config: 1\nzones:\n  - a.test\n  - {zone: A.test}\n"),
              HasSubstr("atlas.yaml:4:5: error: zone a.test. is given twice; first in atlas.yaml:3"));
}

TEST_F(ConfigTest, IncludedFilesAddUp) {
  write("zones.d/b.yaml", "zones: [b.test]\nserver: {id: two}\n");
  write("zones.d/a.yaml", "config: 1\nzones: [{zone: a.test, file: a.zone}]\n");
  const Loaded loaded = load_text("config: 1\ninclude: [\"zones.d/*.yaml\", none/*.yaml]\nzones: [c.test]\n");
  ASSERT_TRUE(loaded.config) << base::render(loaded.diagnostics);
  EXPECT_EQ(loaded.files, 3u);
  ASSERT_EQ(loaded.config->zones.size(), 3u);
  EXPECT_EQ(loaded.config->zones[1].file, folder_ / "zones.d/a.zone") << "relative to the file that names it";
  EXPECT_EQ(loaded.config->zones[2].file, folder_ / "zones/b.test.zone")
      << "the default counts from the first file";
  EXPECT_EQ(loaded.config->server.id, "two");
}

TEST_F(ConfigTest, IncludesThatConflictLoopOrAreMissingSayWhere) {
  write("loop.yaml", "include: atlas.yaml\n");
  EXPECT_THAT(error_of("config: 1\ninclude: loop.yaml\n"), HasSubstr("loop.yaml:1:10: error:"));
  write("twice.yaml", "server: {id: b}\n");
  EXPECT_THAT(error_of("config: 1\ninclude: twice.yaml\nserver: {id: a}\n"),
              HasSubstr("twice.yaml:1:10: error: \"id\" is given twice; first in atlas.yaml:3"));
  EXPECT_THAT(error_of("config: 1\ninclude: none.yaml\n"),
              HasSubstr("atlas.yaml:2:10: error: there is no file"));
  EXPECT_THAT(error_of("config: 2\ninclude: none.yaml\n"), HasSubstr("\"config\" is 1, not \"2\""));
}

TEST_F(ConfigTest, AMissingFileIsAnErrorOfItsOwn) {
  const Loaded loaded = load(folder_ / "none.yaml");
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(base::render(loaded.diagnostics), HasSubstr("none.yaml"));
}

TEST_F(ConfigTest, TheEffectiveConfigurationParsesToTheSame) {
  const Loaded first = load_text(R"(config: 1
server: {version: "say \"hi\"\t\\", id: 'x: y'}
listen: [{address: "127.0.0.1:5353", transports: [udp]}, "[::1]:5353"]
metrics: {listen: ["127.0.0.1"]}
access: {allow-query: [any, 10.0.0.0/8]}
cookies: {rollover: 0}
zones: [a.test, {zone: 'b\.c.test', file: "x y.zone"}, .]
)");
  ASSERT_TRUE(first.config) << base::render(first.diagnostics);
  const std::string printed = effective_yaml(*first.config);
  const Loaded second = load_text(printed);
  ASSERT_TRUE(second.config) << printed << base::render(second.diagnostics);
  EXPECT_EQ(effective_yaml(*second.config), printed);
  EXPECT_EQ(second.config->server.version, "say \"hi\"\t\\");
  EXPECT_EQ(second.config->zones[1].apex, first.config->zones[1].apex);
  EXPECT_EQ(second.config->zones[2].file, folder_ / "zones/root.zone");
}

TEST_F(ConfigTest, NamesTheChangesThatNeedARestart) {
  const Config running;
  Config next;
  next.server.workers = 5;
  next.log.level = LogLevel::kDebug;
  next.dnstap.file = "/x";
  EXPECT_THAT(changes_that_need_a_restart(running, next), ::testing::ElementsAre("server.workers", "dnstap"));
}

TEST_F(ConfigTest, EachTransportHasAPortOfItsOwn) {
  const Loaded loaded = load_text(R"(config: 1
listen:
  - {address: 192.0.2.1, transports: [udp, tcp, tls, https], proxy: true}
  - {address: "192.0.2.1:8853", transports: [tls]}
proxy: {allow: [192.0.2.9]}
tls:
  certificates: [{chain-file: a.pem, key-file: a.key, ocsp-staple-file: a.ocsp}, {chain-file: b.pem, key-file: b.key}]
  version-min: "1.3"
https: {paths: [/dns-query, "/{dns}"], json-path: ""}
)");
  ASSERT_TRUE(loaded.config) << base::render(loaded.diagnostics);
  const Config& config = *loaded.config;
  std::string listeners;
  for (const ListenAddress& address : config.listen) {
    listeners += query::kTransportNames[static_cast<size_t>(address.transport)];
    listeners += ' ' + std::to_string(address.endpoint.port) + (address.proxy ? " proxy, " : ", ");
  }
  EXPECT_EQ(listeners, "udp 53 proxy, tcp 53 proxy, tls 853 proxy, https 443 proxy, tls 8853, ");
  EXPECT_EQ(config.tls.certificates[0].ocsp_staple, folder_ / "a.ocsp");
  EXPECT_EQ(config.tls.certificates[1].key, folder_ / "b.key");
  EXPECT_EQ(config.tls.version_min, tls::ProtocolVersion::kTls13);
  const Loaded again = load_text(effective_yaml(config));
  ASSERT_TRUE(again.config) << base::render(again.diagnostics);
  EXPECT_EQ(again.config->listen, config.listen);
  EXPECT_EQ(again.config->tls.certificates, config.tls.certificates);
  EXPECT_EQ(again.config->https.paths, config.https.paths);
}

TEST_F(ConfigTest, SaysWhatIsWrongWithTls) {
  EXPECT_THAT(error_of("config: 1\nlisten: [{address: \"::1@5300\", transports: [carrier-pigeon]}]\n"),
              HasSubstr("a transport is udp, tcp, tls, https, quic or http3"));
  EXPECT_THAT(error_of("config: 1\nlisten: [{address: \"[::1]:5300\", transports: [tcp, tls]}]\n"),
              HasSubstr("a port of its own"));
  EXPECT_THAT(error_of("config: 1\nlisten: [{address: \"[::1]:5300\", transports: [udp, quic]}]\n"),
              HasSubstr("give each of udp, quic and http3 a port of its own"));
  EXPECT_THAT(error_of("config: 1\nproxy: {allow: [192.0.2.1]}\n"
                       "listen: [{address: \"[::1]\", transports: [quic], proxy: true}]\n"),
              HasSubstr("PROXY headers are not taken over QUIC"));
  EXPECT_THAT(error_of("config: 1\nquic: {idle: 1s, idle-when-busy: 2s}\n"), HasSubstr("is longer than"));
  EXPECT_THAT(error_of("config: 1\nlisten: [{address: \"::1\", proxy: true}]\n"),
              HasSubstr("nobody may be a proxy"));
  EXPECT_THAT(error_of("config: 1\ntls: {certificates: [{chain-file: a.pem}]}\n"),
              HasSubstr("needs chain-file and key-file"));
  EXPECT_THAT(error_of("config: 1\nhttps: {paths: [dns-query]}\n"), HasSubstr("begins with /"));
}

// The format in one place: whoever adds a key runs this test with ATLAS_UPDATE_API=1.
TEST(ConfigSchema, TheFileHoldsWhatTheParserKnows) {
  const std::filesystem::path path = std::filesystem::path(ATLAS_SOURCE_DIR) / "api/config.schema.json";
  if (::getenv("ATLAS_UPDATE_API") != nullptr) {
    ASSERT_TRUE(base::replace_file(path, json_schema()));
  }
  const auto written = base::read_file(path, 1 << 20);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(*written, json_schema());
}

TEST_F(ConfigTest, ManyZonesAreReadQuickly) {
  std::string text = "config: 1\nzones:\n";
  for (int i = 0; i < 12'000; ++i) {
    const std::string name = "zone-" + std::to_string(i) + ".example.com";
    text += "  - {zone: " + name + ", file: zones/" + name + ".zone}\n";
  }
  const auto begin = std::chrono::steady_clock::now();
  const Loaded loaded = load_text(text);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->zones.size(), 12'000u);
  RecordProperty("seconds", std::to_string(spent.count()));
  std::printf("12,000 zones in %.3f s\n", spent.count());
#ifndef __SANITIZE_ADDRESS__
  EXPECT_LT(spent.count(), 1.5);
#endif
}

}  // namespace
}  // namespace atlas::control::config
