// Control's side of secondaries as a whole, with a clock and primaries of the test's own.
#pragma once

#include <gtest/gtest.h>

#include "atlas/control/changes/adoption.h"
#include "atlas/control/secondaries/secondary_zones.h"
#include "atlas/control/secondaries/test_primary.h"
#include "atlas/control/store/sqlite_store.h"

namespace atlas::control::secondaries::testing {

inline constexpr const char* kZone = "a.test.";

class SecondariesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "secondaries.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    configure(kZone, {"192.0.2.1"});
    open();
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(folder_);
  }

  // A secondary of the configuration; open() or reload() comes behind.
  void configure(const std::string& zone, std::vector<std::string> primaries,
                 std::vector<std::string> allow_notify = {}, std::vector<std::string> forward_updates = {}) {
    std::erase_if(configured_, [&](const config::ZoneFile& file) { return file.apex == name_of(zone); });
    config::ZoneFile file;
    file.apex = name_of(zone);
    file.settings.primaries = std::move(primaries);
    file.settings.allow_notify = std::move(allow_notify);
    file.settings.forward_updates = std::move(forward_updates);
    file.configured_in = "atlas.yaml";
    configured_.push_back(std::move(file));
  }
  void open() {
    close();
    auto opened = store::open_sqlite_store(folder_ / "store");
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    zones_ = std::make_unique<zones::ZoneSet>(events_);
    changes_ = std::make_unique<changes::Changes>(*store_, folder_ / "store/zones", *zones_, events_);
    zones_->use_adopt([this](zones::ZoneState& zone, const zones::LoadedZone& loaded) {
      return changes::adopt(*changes_, events_, zone, loaded);
    });
    zones_->configure(configured_);
    const auto attached = changes_->attach();
    ASSERT_TRUE(attached) << attached.error().message;
    secondaries_ =
        std::make_unique<SecondaryZones>(*changes_, *zones_, remotes_, carrier_, desk_, events_, state_);
    zones_->start_load(1);
    zones_->wait();
    now_ = base::monotonic_now();
    secondaries_->turn(now_);
  }
  void reload() {
    zones_->configure(configured_);
    ASSERT_TRUE(changes_->attach());
    secondaries_->reconsider();
  }
  void close() {
    secondaries_.reset();
    changes_.reset();
    zones_.reset();
    store_.reset();
    carrier_.errands.clear();
    state_.secondaries = 0;
    state_.secondaries_expired = 0;
    state_.secondaries_failing = 0;
  }

  TestPrimary& primary(int number = 1) {
    return carrier_.primaries["192.0.2." + std::to_string(number) + ":53"];
  }
  // Carries out all that is under way or due, until nothing is left. True if the directory changed.
  bool settle() {
    constexpr size_t kAtOnce = 100;
    bool changed = false;
    for (int i = 0; i < 10'000; ++i) {
      changed = secondaries_->turn(now_) || changed;
      if (carrier_.errands.empty() && secondaries_->deadline() > now_) return changed;
      for (size_t left = std::min(carrier_.errands.size(), kAtOnce); left > 0; --left)
        secondaries_->take(carrier_.carry());
    }
    ADD_FAILURE() << "it does not settle";
    return changed;
  }
  // The time goes on.
  bool wait(std::chrono::seconds time) {
    now_ += time;
    return settle();
  }
  const zones::ZoneState& zone(const std::string& apex = kZone) { return *zones_->find(name_of(apex)); }
  std::string served(const std::string& apex = kZone) {
    const handoff::ZoneEntry* const entry = zones_->directory().find_exact(name_of(apex));
    return entry == nullptr || entry->version == nullptr ? "" : text_of(*entry->version);
  }
  uint32_t serial(const std::string& apex = kZone) {
    return zone(apex).version == nullptr ? 0 : zone(apex).version->serial();
  }
  SecondaryStatus status(const std::string& apex = kZone) {
    return secondaries_->status(name_of(apex)).value();
  }
  using State = SecondaryStatus::State;

  std::filesystem::path folder_;
  std::vector<config::ZoneFile> configured_;
  handoff::EventQueue events_;
  handoff::ServerState state_;
  handoff::RequestDesk desk_{1};
  remotes::RemoteTable remotes_;
  TestCarrier carrier_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<zones::ZoneSet> zones_;
  std::unique_ptr<changes::Changes> changes_;
  std::unique_ptr<SecondaryZones> secondaries_;
  base::MonotonicTime now_ = base::monotonic_now();
};

}  // namespace atlas::control::secondaries::testing
