// A server's control side for tests of catalogs: a store, zones of a configuration, and what was reported.
#pragma once

#include <gmock/gmock.h>

#include "atlas/control/catalogs/catalogs.h"
#include "atlas/control/changes/adoption.h"
#include "atlas/control/store/sqlite_store.h"
#include "atlas/control/store/test_store.h"
#include "atlas/zone/load.h"

namespace atlas::control::catalogs {

inline dns::Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

inline Member member(const std::string& zone, const std::string& label, std::vector<std::string> groups = {},
                     const std::string& new_owner = {}) {
  Member made{.zone = name_of(zone), .label = label, .groups = std::move(groups), .new_owner = {}};
  if (!new_owner.empty()) made.new_owner = name_of(new_owner);
  return made;
}

inline std::shared_ptr<const zone::Zone> load(const std::string& apex, const std::string& text) {
  const auto loaded = zone::load_zone_text(text, name_of(apex));
  EXPECT_NE(loaded.zone, nullptr) << text;
  return loaded.zone;
}

// A catalog as others make them.
inline std::shared_ptr<const zone::Zone> catalog_of(const std::string& apex, uint32_t serial,
                                                    const std::vector<Member>& members) {
  std::string text = empty_catalog_text(name_of(apex), serial);
  for (const Member& one : members) {
    text += one.label + ".zones 0 PTR " + dns::to_text(one.zone.view()) + '\n';
    for (const std::string& group : one.groups)
      text += "group." + one.label + ".zones 0 TXT \"" + group + "\"\n";
    if (one.new_owner)
      text += "coo." + one.label + ".zones 0 PTR " + dns::to_text(one.new_owner->view()) + '\n';
  }
  return load(apex, text);
}

// Writes nothing while the disk is full.
class StoreOnDisk : public store::Store {
 public:
  StoreOnDisk(std::unique_ptr<store::Store> store, const bool& is_full)
      : store_(std::move(store)), is_full_(is_full) {}

  base::Result<void> commit(const store::Batch& batch) override {
    return is_full_ ? base::fail("the disk is full") : store_->commit(batch);
  }
  store::ZoneId next_zone() const override { return store_->next_zone(); }
  store::ChangeId next_change() const override { return store_->next_change(); }
  base::Result<std::vector<store::ZoneRow>> zones() override { return store_->zones(); }
  base::Result<std::vector<store::KeyRow>> keys() override { return store_->keys(); }
  base::Result<std::vector<store::ChangeRow>> changes(const store::ChangeFilter& filter) override {
    return store_->changes(filter);
  }
  base::Result<std::optional<store::ChangeRow>> change(store::ChangeId id) override {
    return store_->change(id);
  }
  base::Result<void> replay(store::ZoneId zone, store::ChangeId after,
                            const std::function<bool(const store::ChangeRow&)>& visit) override {
    return store_->replay(zone, after, visit);
  }
  base::Result<store::ChangeId> first_change_since(base::WallTime time) override {
    return store_->first_change_since(time);
  }
  base::Result<std::vector<store::LeaseRow>> leases(base::WallTime until, size_t limit) override {
    return store_->leases(until, limit);
  }
  base::Result<std::optional<base::WallTime>> next_expiry() override { return store_->next_expiry(); }
  base::Result<void> back_up(const std::filesystem::path& target) override { return store_->back_up(target); }
  const std::vector<store::Repair>& repairs() const override { return store_->repairs(); }

 private:
  const std::unique_ptr<store::Store> store_;
  const bool& is_full_;
};

class CatalogsTest : public testing::Test {
 protected:
  void SetUp() override {
    events_.set_level(handoff::EventSeverity::kDebug);
    open();
  }
  void TearDown() override { close(); }

  // A start, of the configuration's zones so far.
  void open() {
    close();
    auto opened = store::open_sqlite_store(folder_.path());
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::make_unique<StoreOnDisk>(std::move(*opened), disk_is_full_);
    zones_ = std::make_unique<zones::ZoneSet>(events_);
    changes_ = std::make_unique<changes::Changes>(*store_, folder_.path() / "zones", *zones_, events_);
    zones_->use_adopt([this](zones::ZoneState& zone, const zones::LoadedZone& loaded) {
      return changes::adopt(*changes_, events_, zone, loaded);
    });
    configure();
    catalogs_ = std::make_unique<Catalogs>(*changes_, *zones_, events_);
    zones_->start_load(1);
    zones_->wait();
  }
  void close() {
    catalogs_.reset();
    changes_.reset();
    zones_.reset();
    store_.reset();
  }
  // Takes the configuration's zones as they are by now.
  void configure() {
    zones_->configure(configured_);
    const auto attached = changes_->attach();
    ASSERT_TRUE(attached) << attached.error().message;
  }
  config::ZoneFile& configure(const std::string& apex, zones::ZoneSettings settings) {
    config::ZoneFile& zone = configured_.emplace_back();
    zone.apex = name_of(apex);
    zone.settings = std::move(settings);
    zone.configured_in = "/etc/atlas.yaml";
    zone.line = 7;
    return zone;
  }

  void create(const std::string& apex, zones::ZoneSettings settings = {}) {
    const auto made = changes_->create(
        {.apex = name_of(apex),
         .content = load(apex, "@ 60 SOA ns admin 10 3600 600 86400 60\n@ 60 NS ns\nns 60 A 192.0.2.1\n"),
         .settings = std::move(settings),
         .origin = {.actor = "user:test", .source = "test", .reason = ""}});
    ASSERT_TRUE(made) << made.error().message;
    ASSERT_TRUE(changes_->commit());
  }
  void remove(const std::string& apex) {
    ASSERT_TRUE(changes_->remove(name_of(apex), {.actor = "user:test", .source = "test", .reason = ""}));
    ASSERT_TRUE(changes_->commit());
  }

  // Until there is nothing to do; the number of turns that changed something.
  size_t settle() {
    size_t changed = 0;
    for (int i = 0; i < 1000 && catalogs_->deadline() != base::MonotonicTime::max(); ++i) {
      now_ = std::max(now_, catalogs_->deadline());
      changed += catalogs_->turn(now_) ? 1 : 0;
    }
    EXPECT_EQ(catalogs_->deadline(), base::MonotonicTime::max()) << "it never comes to rest";
    return changed;
  }

  const zones::ZoneState* find(const std::string& apex) const { return zones_->find(name_of(apex)); }
  store::ZoneId id_of(const std::string& apex) const { return find(apex)->row->id; }
  std::string catalog_of_zone(const std::string& apex) const {
    const zones::ZoneState* zone = find(apex);
    if (zone == nullptr) return "no zone";
    return zone->row && zone->row->catalog ? dns::to_text(zone->row->catalog->view()) : "none";
  }

  // Of these ids, as the log shows them; and forgets all.
  std::vector<std::string> reported(std::initializer_list<handoff::EventId> ids) {
    events_.emit(handoff::EventId::kServerStopped);  // or taking would wait for one
    std::vector<std::string> messages;
    for (const handoff::Event& event : events_.take().events) {
      if (std::ranges::find(ids, event.id) != ids.end()) messages.push_back(handoff::message_of(event));
    }
    return messages;
  }

  store::testing::TestFolder folder_{store::testing::memory_folder()};
  handoff::EventQueue events_;
  std::vector<config::ZoneFile> configured_;
  bool disk_is_full_ = false;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<zones::ZoneSet> zones_;
  std::unique_ptr<changes::Changes> changes_;
  std::unique_ptr<Catalogs> catalogs_;
  base::MonotonicTime now_{std::chrono::hours(1)};
};

}  // namespace atlas::control::catalogs
