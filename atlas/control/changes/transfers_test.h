// Zones that primaries give, for tests of Changes; open() is a start.
#pragma once

#include <gtest/gtest.h>

#include "atlas/control/changes/adoption.h"
#include "atlas/control/changes/changes.h"
#include "atlas/control/changes/housekeeping.h"
#include "atlas/control/changes/undo.h"
#include "atlas/control/store/sqlite_store.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/given_zone.h"
#include "atlas/zone/load.h"
#include "atlas/zone/soa.h"
#include "atlas/zone/text/writer.h"
#include "atlas/zone/zonemd.h"

namespace atlas::control::changes::testing {

using dns::RRType;
using Version = std::shared_ptr<const zone::Zone>;

inline constexpr const char* kOwn = "own.example.";      // the store's
inline constexpr const char* kNamed = "named.example.";  // of the configuration

inline dns::Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

inline std::string text_of(const zone::Zone& zone) {
  std::string text;
  zone::text::write_zone(zone, zone::text::Format::kText, [&](std::string_view piece) { text += piece; });
  return text;
}

// A zone as a primary has it, checked by nobody.
inline Version version_of(const std::string& apex, uint32_t serial, const std::string& records) {
  zone::LoadOptions options;
  options.is_lenient = true;
  auto loaded = zone::load_zone_text("@ 300 SOA ns1 hostmaster " + std::to_string(serial) +
                                         " 4h 1h 2w 5m\n@ 300 NS ns1\nns1 300 A 192.0.2.1\n" + records,
                                     name_of(apex), options);
  EXPECT_NE(loaded.zone, nullptr) << (loaded.diagnostics.empty() ? "" : loaded.diagnostics[0].message);
  return loaded.zone;
}

inline std::string many_records(size_t count) {
  std::string records;
  for (size_t i = 0; i < count; ++i)
    records += "h" + std::to_string(i) + " 300 TXT \"" + std::string(40, 'x') + "\"\n";
  return records;
}

class TransfersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "transfers.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    config::ZoneFile named;
    named.apex = name_of(kNamed);
    named.settings.primaries = {"192.0.2.1"};
    named.configured_in = "atlas.yaml";
    named.line = 7;
    configured_ = {named};
    open();
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(folder_);
  }

  void open() {
    close();
    auto opened = store::open_sqlite_store(folder_ / "store");
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    zones_ = std::make_unique<zones::ZoneSet>(events_);
    changes_ = std::make_unique<Changes>(*store_, folder_ / "store/zones", *zones_, events_);
    zones_->use_adopt([this](zones::ZoneState& zone, const zones::LoadedZone& loaded) {
      return adopt(*changes_, events_, zone, loaded);
    });
    configure();
  }
  void configure() {
    zones_->configure(configured_);
    const auto attached = changes_->attach();
    ASSERT_TRUE(attached) << attached.error().message;
    zones_->start_load(1);
    zones_->wait();
  }
  void close() {
    changes_.reset();
    zones_.reset();
    store_.reset();
  }

  Outcome<Made> create(const std::string& zone = kOwn) {
    zones::ZoneSettings settings;
    settings.primaries = {"192.0.2.1", "192.0.2.2"};
    auto made = changes_->create({.apex = name_of(zone),
                                  .content = nullptr,
                                  .settings = settings,
                                  .origin = {.actor = "user:test", .source = "test", .reason = ""}});
    if (made) commit();
    return made;
  }
  void commit() {
    const auto written = changes_->commit();
    EXPECT_TRUE(written) << written.error().message;
  }
  Transferred given(const std::string& zone) {
    Transferred transferred;
    transferred.zone = name_of(zone);
    transferred.refreshed = base::WallTime(std::chrono::seconds(1'700'000'000));
    transferred.origin = {.actor = "primary:hidden", .source = "192.0.2.1:53 over tls", .reason = ""};
    return transferred;
  }
  Outcome<Made> take_whole(const std::string& zone, Version content) {
    Transferred transferred = given(zone);
    if (!small_basis(*content)) {
      transferred.text =
          changes_->texts().write({}, static_cast<store::ChangeId>(++texts_), *content).value();
    }
    transferred.content = std::move(content);
    auto made = changes_->take_transfer(transferred);
    if (made) commit();
    return made;
  }
  // From the version that is there through all of these.
  Outcome<Made> take_steps(const std::string& zone, const std::vector<Version>& versions) {
    Transferred transferred = given(zone);
    Version before = state(zone).version;
    for (const Version& version : versions) {
      transferred.steps.push_back(zone::diff_between(*before, *version));
      before = version;
    }
    auto made = changes_->take_transfer(transferred);
    if (made) commit();
    return made;
  }
  const zones::ZoneState& state(const std::string& zone) { return *zones_->find(name_of(zone)); }
  std::string served(const std::string& zone) {
    return state(zone).version == nullptr ? "" : text_of(*state(zone).version);
  }
  size_t files() {
    std::error_code error;
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "store/zones", error))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }

  std::filesystem::path folder_;
  std::vector<config::ZoneFile> configured_;
  handoff::EventQueue events_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<zones::ZoneSet> zones_;
  std::unique_ptr<Changes> changes_;
  int64_t texts_ = 0;
};

}  // namespace atlas::control::changes::testing
