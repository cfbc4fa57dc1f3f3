#include "atlas/control/changes/changes.h"

#include <gtest/gtest.h>

#include <fstream>

#include "atlas/control/changes/adoption.h"
#include "atlas/control/changes/recovery.h"
#include "atlas/control/store/sqlite_store.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/load.h"
#include "atlas/zone/text/writer.h"

namespace atlas::control::changes {
namespace {

using dns::RRType;

constexpr const char* kText =
    "@ 3600 SOA ns1 hostmaster 10 4h 1h 2w 5m\n"
    "@ 3600 NS ns1\n"
    "ns1 3600 A 192.0.2.1\n"
    "www 300 A 192.0.2.80\n";

dns::Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

zone::RRsetEdit rrset(const std::string& owner, RRType type, std::vector<std::string> rdatas,
                      uint32_t ttl = 300) {
  zone::RRsetEdit edit{.owner = name_of(owner), .type = type, .ttl = ttl, .rdatas = {}};
  for (const std::string& text : rdatas) edit.rdatas.push_back(*dns::parse_rdata(type, text));
  return edit;
}

std::string text_of(const zone::Zone& zone) {
  std::string text;
  zone::text::write_zone(zone, zone::text::Format::kText, [&](std::string_view piece) { text += piece; });
  return text;
}

// A server's control side, as far as zones go; open() is a start.
class ChangesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "changes.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    write_file(kText);
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(folder_);
  }

  void write_file(const std::string& text) {
    std::ofstream(folder_ / "example.org.zone") << text;
    // Another look, even within one tick of the clock.
    std::filesystem::rename(folder_ / "example.org.zone", folder_ / "file");
    std::filesystem::copy_file(folder_ / "file", folder_ / "example.org.zone");
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
    config::ZoneFile file;
    file.apex = name_of("example.org.");
    file.file = folder_ / "example.org.zone";
    zones_->configure({file});
    const auto attached = changes_->attach();
    ASSERT_TRUE(attached) << attached.error().message;
    load();
  }
  void load() {
    zones_->start_load(1);
    counts_ = zones_->wait();
  }
  void close() {
    changes_.reset();
    zones_.reset();
    store_.reset();
  }

  // By an update of the file zone.
  Outcome<Made> change(std::vector<zone::RRsetEdit> rrsets, const std::string& zone = "example.org.") {
    auto made = changes_->edit({.zone = name_of(zone),
                                .rrsets = std::move(rrsets),
                                .origin = {.actor = "key:test.", .source = "test", .reason = ""},
                                .beside_file = true});
    if (made) {
      const auto written = changes_->commit();
      EXPECT_TRUE(written) << written.error().message;
    }
    return made;
  }
  const zones::ZoneState& state(const std::string& zone = "example.org.") {
    return *zones_->find(name_of(zone));
  }
  std::string served(const std::string& zone = "example.org.") { return text_of(*state(zone).version); }

  Outcome<Made> create(const std::string& zone) {
    std::ofstream(folder_ / "new") << kText;
    const auto loaded = zone::load_zone_file(folder_ / "new", name_of(zone));
    auto made = changes_->create({.apex = name_of(zone),
                                  .content = loaded.zone,
                                  .settings = {},
                                  .origin = {.actor = "user:test", .source = "test", .reason = ""}});
    if (made) {
      EXPECT_TRUE(changes_->commit());
    }
    return made;
  }

  std::filesystem::path folder_;
  handoff::EventQueue events_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<zones::ZoneSet> zones_;
  std::unique_ptr<Changes> changes_;
  zones::LoadCounts counts_;
};

TEST_F(ChangesTest, ChangeIsServedJournalledAndThereAfterAStart) {
  open();
  const auto made = change({rrset("new.example.org.", RRType::A, {"192.0.2.9"})});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->serial, 11u);
  EXPECT_EQ(made->records_added, 2u);  // the SOA too
  const std::string before = served();
  EXPECT_NE(before.find("new.example.org.\t300\tIN\tA\t192.0.2.9"), std::string::npos) << before;
  open();
  EXPECT_EQ(served(), before);
  const auto rows = store_->changes({.with_diff = true});
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(rows->front().origin.actor, "key:test.");
  EXPECT_EQ(rows->front().serial_before, 10u);
  EXPECT_EQ(rows->front().serial_after, 11u);
}

TEST_F(ChangesTest, ManyChangesAreOneTransaction) {
  open();
  for (int i = 0; i < 50; ++i) {
    const auto made = changes_->edit(
        {.zone = name_of("example.org."),
         .rrsets = {rrset("h" + std::to_string(i) + ".example.org.", RRType::A, {"192.0.2.9"})},
         .origin = {.actor = "key:test.", .source = "", .reason = ""},
         .beside_file = true});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->serial, 11u + static_cast<uint32_t>(i));
  }
  EXPECT_EQ(state().version->serial(), 10u) << "served before it is written";
  ASSERT_TRUE(changes_->commit());
  EXPECT_EQ(state().version->serial(), 60u);
  const std::string before = served();
  open();
  EXPECT_EQ(served(), before);
}

TEST_F(ChangesTest, GivenUpChangesLeaveNothing) {
  open();
  const std::string before = served();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(changes_->edit(
          {.zone = name_of("example.org."),
           .rrsets = {rrset("h" + std::to_string(i) + ".example.org.", RRType::A, {"192.0.2.9"})},
           .origin = {},
           .beside_file = true}));
    }
    changes_->give_up();
    EXPECT_EQ(served(), before);
  }
  ASSERT_TRUE(change({rrset("new.example.org.", RRType::A, {"192.0.2.9"})}));
  EXPECT_EQ(state().version->serial(), 11u);
}

TEST_F(ChangesTest, WhatIsNoChangeIsNotJournalled) {
  open();
  const auto made = change({rrset("www.example.org.", RRType::A, {"192.0.2.80"})});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->change, store::ChangeId{});
  EXPECT_EQ(state().version->serial(), 10u);
  EXPECT_TRUE(store_->changes({})->empty());
}

TEST_F(ChangesTest, WhatWouldBeNoZoneIsRefused) {
  open();
  const auto made = change({rrset("www.example.org.", RRType::CNAME, {"ns1.example.org."})});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, Refused::Kind::kInvalid);
  EXPECT_FALSE(changes_->pending());
}

TEST_F(ChangesTest, FileZoneIsItsFiles) {
  open();
  const auto made = changes_->edit({.zone = name_of("example.org."),
                                    .rrsets = {rrset("new.example.org.", RRType::A, {"192.0.2.9"})},
                                    .origin = {}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, Refused::Kind::kReadOnly);
}

TEST_F(ChangesTest, FileEditedByHandKeepsUpdates) {
  open();
  ASSERT_TRUE(change({rrset("new.example.org.", RRType::A, {"192.0.2.9"})}));
  write_file(std::string(kText) + "byhand 300 A 192.0.2.77\n");
  load();
  EXPECT_EQ(counts_.loaded, 1u);
  const std::string after = served();
  EXPECT_NE(after.find("new.example.org."), std::string::npos) << after;
  EXPECT_NE(after.find("byhand.example.org."), std::string::npos) << after;
  EXPECT_EQ(state().version->serial(), 12u);
  open();
  EXPECT_EQ(served(), after);
  // In the history it is a change like any other.
  const auto rows = store_->changes({});
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(rows->front().origin.actor, "file");
}

TEST_F(ChangesTest, FileEditedWhileStoppedKeepsUpdates) {
  open();
  ASSERT_TRUE(change({rrset("new.example.org.", RRType::A, {"192.0.2.9"})}));
  close();
  write_file(std::string(kText) + "byhand 300 A 192.0.2.77\n");
  open();
  const std::string after = served();
  EXPECT_NE(after.find("new.example.org."), std::string::npos) << after;
  EXPECT_NE(after.find("byhand.example.org."), std::string::npos) << after;
  EXPECT_EQ(state().version->serial(), 12u);
  open();
  EXPECT_EQ(served(), after);
}

TEST_F(ChangesTest, FileThatSaysAThirdThingIsAConflict) {
  open();
  ASSERT_TRUE(change({rrset("www.example.org.", RRType::A, {"192.0.2.81"})}));
  const std::string before = served();
  std::string text = kText;
  text.replace(text.find("192.0.2.80"), 10, "192.0.2.99");
  write_file(text);
  load();
  EXPECT_EQ(counts_.failed, 1u);
  EXPECT_NE(state().error.find("www.example.org. A"), std::string::npos) << state().error;
  EXPECT_EQ(served(), before) << "the version before is served on";
  // What is served, put into the file, solves it.
  text.replace(text.find("192.0.2.99"), 10, "192.0.2.81");
  write_file(text);
  load();
  EXPECT_EQ(counts_.loaded, 1u);
  EXPECT_EQ(served(), before);
}

TEST_F(ChangesTest, TouchedFileChangesNothing) {
  open();
  ASSERT_TRUE(change({rrset("new.example.org.", RRType::A, {"192.0.2.9"})}));
  const std::string before = served();
  write_file(kText);
  load();
  EXPECT_EQ(served(), before);
  open();
  EXPECT_EQ(served(), before);
  EXPECT_EQ(store_->changes({})->size(), 1u);
}

TEST_F(ChangesTest, PrimaryIsMadeChangedDeletedAndRestored) {
  open();
  ASSERT_TRUE(create("example.net."));
  EXPECT_FALSE(create("example.net.")) << "there is one";
  EXPECT_FALSE(create("example.org.")) << "there is a file zone";
  ASSERT_TRUE(change({rrset("new.example.net.", RRType::A, {"192.0.2.9"})}, "example.net."));
  const std::string before = served("example.net.");
  open();
  EXPECT_EQ(served("example.net."), before);
  const store::ZoneId id = state("example.net.").row->id;

  ASSERT_TRUE(changes_->remove(name_of("example.net."), {.actor = "user:test", .source = "", .reason = ""}));
  ASSERT_TRUE(changes_->commit());
  EXPECT_EQ(zones_->find(name_of("example.net.")), nullptr);
  open();
  EXPECT_EQ(zones_->find(name_of("example.net.")), nullptr);
  ASSERT_TRUE(changes_->restore(id, {}));
  ASSERT_TRUE(changes_->commit());
  EXPECT_EQ(served("example.net."), before);
  open();
  EXPECT_EQ(served("example.net."), before);
}

TEST_F(ChangesTest, NameOfADeletedZoneIsFree) {
  open();
  ASSERT_TRUE(create("example.net."));
  const store::ZoneId id = state("example.net.").row->id;
  ASSERT_TRUE(changes_->remove(name_of("example.net."), {}));
  ASSERT_TRUE(changes_->commit());
  ASSERT_TRUE(create("example.net."));
  const auto restored = changes_->restore(id, {});
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().kind, Refused::Kind::kExists);
  ASSERT_TRUE(changes_->purge(id));
  ASSERT_TRUE(changes_->commit());
  open();
  EXPECT_NE(zones_->find(name_of("example.net.")), nullptr);
  EXPECT_FALSE(changes_->restore(id, {}));
}

TEST_F(ChangesTest, StaleSerialIsAConflict) {
  open();
  ASSERT_TRUE(create("example.net."));
  const auto made = changes_->edit({.zone = name_of("example.net."),
                                    .rrsets = {rrset("new.example.net.", RRType::A, {"192.0.2.9"})},
                                    .if_serial = 9,
                                    .origin = {}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, Refused::Kind::kConflict);
}

TEST_F(ChangesTest, ZoneOfBothIsAnError) {
  open();
  ASSERT_TRUE(create("example.net."));
  config::ZoneFile file;
  file.apex = name_of("example.net.");
  file.file = folder_ / "example.org.zone";
  zones::ZoneSet zones(events_);
  zones.configure({file});
  Changes changes(*store_, folder_ / "store/zones", zones, events_);
  const auto attached = changes.attach();
  ASSERT_FALSE(attached);
  EXPECT_NE(attached.error().message.find("example.net."), std::string::npos);
}

TEST_F(ChangesTest, DamagedTextIsNotServed) {
  open();
  ASSERT_TRUE(create("example.net."));
  const auto path = state("example.net.").file;
  close();
  {
    std::fstream text(path, std::ios::in | std::ios::out);
    text.seekp(-2, std::ios::end);
    text << '9';
  }
  open();
  EXPECT_EQ(state("example.net.").version, nullptr);
  EXPECT_NE(state("example.net.").error.find("is not what was written"), std::string::npos)
      << state("example.net.").error;
}

TEST_F(ChangesTest, LaterStartsBeginWithAnOverlay) {
  open();
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(change({rrset("new.example.org.", RRType::A, {"192.0.2." + std::to_string(i)})}));
  const std::string before = served();
  const auto net = net_change(*store_, *state().row);
  ASSERT_TRUE(net);
  EXPECT_EQ(net->changes, 20u);
  EXPECT_EQ(net->diff.added.size(), 2u);  // the SOA and one address
  store::Basis basis = state().row->basis;
  basis.overlay = zone::encode(net->diff);
  basis.change = net->last;
  basis.serial = net->serial;
  changes_->set_basis(name_of("example.org."), basis, net->changes);
  ASSERT_TRUE(changes_->commit());
  ASSERT_TRUE(change({rrset("other.example.org.", RRType::A, {"192.0.2.9"})}));
  changes_->forget_before(static_cast<store::ChangeId>(static_cast<int64_t>(net->last) + 1));
  ASSERT_TRUE(changes_->commit());
  EXPECT_EQ(store_->changes({})->size(), 1u);
  const std::string after = served();
  open();
  EXPECT_EQ(served(), after);
}

}  // namespace
}  // namespace atlas::control::changes
