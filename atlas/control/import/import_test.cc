#include "atlas/control/import/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "atlas/base/file.h"
#include "atlas/control/config/config.h"
#include "atlas/control/import/atlas_yaml.h"

namespace atlas::control::import {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Import : public testing::Test {
 protected:
  Import() {
    std::string folder = testing::TempDir() + "atlas_import_XXXXXX";
    folder_ = ::mkdtemp(folder.data());
  }
  ~Import() override { std::filesystem::remove_all(folder_); }

  void write(const char* name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    ASSERT_TRUE(base::replace_file(folder_ / name, text));
  }
  std::string read(const char* name) const {
    return base::read_file(folder_ / name, 1 << 20).value_or("missing");
  }
  Parsed<Imported> import(const char* source, bool dry_run = false) const {
    Request request;
    request.source = folder_ / source;
    request.folder = folder_ / "made";
    request.dry_run = dry_run;
    return import::run(request);
  }

  std::filesystem::path folder_;
};

TEST_F(Import, WritesWhatChecksFindRight) {
  write("named.conf", "options { directory \"" + folder_.string() + R"("; recursion no; version none; };
key "ddns." { algorithm hmac-sha256; secret "c2VjcmV0"; };
zone "a.example" { type primary; file "zones/a"; allow-update { key ddns; }; };
zone "0/25.2.0.192.in-addr.arpa" { type primary; file "zones/reverse"; };
zone "bad.example" { type primary; file "zones/bad"; };
)");
  // No TTL anywhere, and an include that counts from `directory`.
  write("zones/a", "@ SOA ns h 7 7200 3600 1209600 333\n NS ns\nns 60 A 192.0.2.1\n$INCLUDE parts/hosts\n");
  write("parts/hosts", "www A 192.0.2.2\n");
  write("zones/reverse",
        "$TTL 60\n@ SOA ns.example. h.example. 1 7200 3600 1209600 333\n NS ns.example.\n1 PTR a.example.\n");
  write("zones/bad", "$TTL 60\n@ SOA ns h 7 7200 3600 1209600 333\n NS ns.example.\nwww A 192.0.2\n");
  const auto imported = import("named.conf");
  ASSERT_TRUE(imported) << base::render(imported.error());
  EXPECT_EQ(imported->kind, Kind::kNamed);
  EXPECT_EQ(imported->records, 7u);
  EXPECT_EQ(imported->update_rules, 1u);
  EXPECT_EQ(imported->counts[static_cast<size_t>(Group::kZones)].losses, 1u);
  EXPECT_EQ(read("made/zones/a.example.zone"),
            "a.example.\t333\tIN\tSOA\tns.a.example. h.a.example. 7 7200 3600 1209600 333\n"
            "a.example.\t333\tIN\tNS\tns.a.example.\n"
            "ns.a.example.\t60\tIN\tA\t192.0.2.1\n"
            "www.a.example.\t333\tIN\tA\t192.0.2.2\n");
  EXPECT_EQ(read("made/keys/ddns.key"), "c2VjcmV0\n");
  struct stat status{};
  ASSERT_EQ(::stat((folder_ / "made/keys/ddns.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  const auto loaded = config::load(folder_ / "made/atlas.yaml");
  ASSERT_TRUE(loaded.config) << base::render(loaded.diagnostics);
  ASSERT_EQ(loaded.config->zones.size(), 2u);
  EXPECT_EQ(loaded.config->zones[1].file, folder_ / "made/zones/0_25.2.0.192.in-addr.arpa.zone");
  // Of the text that is wrong, the place.
  const auto wrong = std::ranges::find_if(imported->findings, [](const Finding& finding) {
    return finding.position.line == 4 && finding.file.ends_with("zones/bad");
  });
  ASSERT_NE(wrong, imported->findings.end());
  EXPECT_THAT(wrong->message, HasSubstr("\"192.0.2\" is not an IPv4 address"));
}

TEST_F(Import, LeavesNothingBehindADryRunOrAnError) {
  write("zones/a.example.zone", "@ 60 SOA ns h 7 7200 3600 1209600 333\n@ 60 NS ns.example.\n");
  write("named.conf", "options {\n");
  ASSERT_TRUE(import("zones", true));
  const auto failed = import("named.conf");
  ASSERT_FALSE(failed);
  EXPECT_EQ(base::summary(failed.error()),
            (folder_ / "named.conf").string() + ":1:9: error: this { is not closed");
  size_t entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    ++entries;
    EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
  }
  EXPECT_EQ(entries, 2u);
}

TEST(GuessKind, LooksAtNameAndContent) {
  EXPECT_EQ(guess_kind("/etc/bind/named.conf.local", ""), Kind::kNamed);
  EXPECT_EQ(guess_kind("nsd.conf", ""), Kind::kNsd);
  EXPECT_EQ(guess_kind("x", "# c\nserver:\n  ip-address: ::1\n"), Kind::kNsd);
  EXPECT_EQ(guess_kind("x", "server:\n  listen: ::1\n"), Kind::kKnot);
  EXPECT_EQ(guess_kind("x", "zone:\n  - domain: a\n"), Kind::kKnot);
  EXPECT_EQ(guess_kind("x", "\noptions {\n"), Kind::kNamed);
  EXPECT_EQ(guess_kind("x", "// c\n"), Kind::kNamed);
  EXPECT_EQ(guess_kind("x", "launch=bind\n"), Kind::kPdns);
  EXPECT_EQ(guess_kind("x", "hello\n"), std::nullopt);
}

TEST(AtlasYaml, HasKeysRemotesAndRules) {
  Key key{*dns::parse_name("k.example."), "hmac-sha256", base::Secret("c2VjcmV0"), {}};
  SourceZone zone;
  zone.apex = *dns::parse_name("a.example.");
  zone.update_rules = {"grant k.example. zonesub ANY", "grant 192.0.2.0/24 zonesub ANY"};
  Settings settings;
  settings.version = "say \"no\"\n";
  settings.listen = {{{net::IpAddress::v4(0x7f000001), 53}},
                     {{net::IpAddress::v4(0x7f000001), 853}, {query::Transport::kTls}}};
  settings.tcp_idle = std::chrono::seconds(90);
  const WrittenKey keys[] = {{&key, "keys/k.key"}};
  config::RemoteSettings remote;
  remote.name = "ns2";
  remote.addresses = {{net::IpAddress::v4(0xc0000202), 853}};
  remote.transport = query::Transport::kTls;
  const config::RemoteSettings remotes[] = {remote};
  SourceZone secondary;
  secondary.apex = *dns::parse_name("b.example.");
  secondary.settings.primaries = {"ns2"};
  const WrittenZone zones[] = {{&zone, "zones/a.zone"}, {&secondary, ""}};
  EXPECT_EQ(
      to_yaml("named\n.conf", settings, keys, remotes, zones),
      "# Made by atlasctl import from named?.conf\nconfig: 1\n"
      "\nserver:\n  version: \"say \\\"no\\\"\\x0a\"\n"
      "\nlisten:\n  - {address: \"127.0.0.1:53\"}\n  - {address: \"127.0.0.1:853\", transports: [tls]}\n"
      "\ntcp:\n  idle: 1m30s\n"
      "\nkeys:\n  - {name: \"k.example.\", algorithm: hmac-sha256, secret-file: \"keys/k.key\"}\n"
      "\nremotes:\n  - {name: \"ns2\", address: [\"192.0.2.2:853\"], transport: tls}\n"
      "\nzones:\n  - zone: \"a.example.\"\n    file: \"zones/a.zone\"\n    update-policy:\n"
      "      - \"grant k.example. zonesub ANY\"\n      - \"grant 192.0.2.0/24 zonesub ANY\"\n"
      "  - {zone: \"b.example.\", primaries: [\"ns2\"]}\n");
  EXPECT_EQ(to_yaml("x", {}, {}, {}, {}), "# Made by atlasctl import from x\nconfig: 1\n\nzones: []\n");
}

}  // namespace
}  // namespace atlas::control::import
