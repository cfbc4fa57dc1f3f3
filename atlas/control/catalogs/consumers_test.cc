#include "atlas/control/catalogs/consumers.h"

#include "atlas/control/catalogs/catalogs_test.h"

namespace atlas::control::catalogs {
namespace {

using handoff::EventId;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using zones::CatalogRole;
using zones::ZoneSettings;

ZoneSettings consuming(const std::string& primary) {
  ZoneSettings settings;
  settings.primaries = {primary};
  settings.catalog = CatalogRole::kConsume;
  return settings;
}

// Two catalogs that are taken from others.
class ConsumersTest : public CatalogsTest {
 protected:
  void SetUp() override {
    configure("one.example.", consuming("192.0.2.1"));
    configure("two.example.", consuming("192.0.2.2"));
    CatalogsTest::SetUp();
  }

  // Another version has come; the number of turns until it is followed.
  size_t receive(const std::string& catalog, const std::vector<Member>& members) {
    zones_->replace(name_of(catalog), catalog_of(catalog, ++serial_, members));
    return settle();
  }
  // Clashes since the last time.
  std::vector<std::string> clashes() { return reported({EventId::kCatalogClash}); }
  std::vector<std::string> deleted() {
    std::vector<std::string> names;
    const auto rows = store_->zones();
    for (const store::ZoneRow& row : rows.value()) {
      if (row.deleted) names.push_back(dns::to_text(row.apex.view()));
    }
    return names;
  }

  uint32_t serial_ = 1;
};

TEST_F(ConsumersTest, MembersBecomeSecondaries) {
  receive("one.example.", {member("a.test.", "x"), member("b.test.", "y")});
  for (const char* zone : {"a.test.", "b.test."}) {
    ASSERT_NE(find(zone), nullptr) << zone;
    EXPECT_EQ(find(zone)->kind, store::ZoneKind::kSecondary);
    EXPECT_EQ(find(zone)->version, nullptr) << "it will come";
    EXPECT_EQ(catalog_of_zone(zone), "one.example.");
    EXPECT_THAT(find(zone)->settings->primaries, ElementsAre("192.0.2.1"));
    EXPECT_EQ(find(zone)->row->created_by.actor, "catalog:one.example.");
  }
  EXPECT_EQ(find("a.test.")->row->catalog_label, "x");
  EXPECT_THAT(reported({EventId::kCatalogFollowed}),
              ElementsAre("catalog one.example., serial 2: 2 zones made, 0 removed, 0 changed"));
}

TEST_F(ConsumersTest, AStartChangesNothing) {
  receive("one.example.", {member("a.test.", "x")});
  const store::ZoneId id = id_of("a.test.");
  open();
  EXPECT_EQ(settle(), 0u);
  ASSERT_NE(find("a.test."), nullptr) << "the catalog has not come, but its member stays";
  EXPECT_EQ(receive("one.example.", {member("a.test.", "x")}), 0u);
  EXPECT_EQ(id_of("a.test."), id);
}

TEST_F(ConsumersTest, MembersThatGoAreRemoved) {
  receive("one.example.", {member("a.test.", "x"), member("b.test.", "y")});
  create("mine.test.");
  receive("one.example.", {member("b.test.", "y")});
  EXPECT_EQ(find("a.test."), nullptr);
  EXPECT_NE(find("b.test."), nullptr);
  EXPECT_NE(find("mine.test."), nullptr);
  EXPECT_THAT(deleted(), ElementsAre("a.test."));
}

TEST_F(ConsumersTest, AnotherLabelBeginsAnew) {
  receive("one.example.", {member("a.test.", "x")});
  const store::ZoneId before = id_of("a.test.");
  receive("one.example.", {member("a.test.", "y")});
  EXPECT_NE(id_of("a.test."), before);
  EXPECT_EQ(find("a.test.")->row->catalog_label, "y");
  EXPECT_THAT(deleted(), ElementsAre("a.test."));
}

TEST_F(ConsumersTest, SettingsAreThoseOfGroupAndCatalog) {
  ZoneSettings& settings = configured_[0].settings;
  settings.allow_notify = {"192.0.2.99"};
  settings.members.secondaries = {"192.0.2.50"};
  settings.groups = {{"fast", {.primaries = {"192.0.2.7"}, .secondaries = {}, .allow_transfer = {"any"}}},
                     {"slow", {.primaries = {"192.0.2.8"}, .secondaries = {}, .allow_transfer = {}}}};
  configure();
  receive("one.example.", {member("a.test.", "a"), member("b.test.", "b", {"other", "fast"}),
                           member("c.test.", "c", {"other"})});
  EXPECT_THAT(find("a.test.")->settings->primaries, ElementsAre("192.0.2.1"));
  EXPECT_THAT(find("a.test.")->settings->secondaries, ElementsAre("192.0.2.50"));
  EXPECT_THAT(find("a.test.")->settings->allow_notify, ElementsAre("192.0.2.99"));
  EXPECT_THAT(find("b.test.")->settings->primaries, ElementsAre("192.0.2.7"));
  EXPECT_THAT(find("b.test.")->settings->secondaries, IsEmpty());
  EXPECT_THAT(find("b.test.")->settings->allow_transfer, ElementsAre("any"));
  EXPECT_EQ(*find("c.test.")->settings, *find("a.test.")->settings);

  // Another group; the zone stays the same one, and what the catalog does not say stays, too.
  const store::ZoneId id = id_of("b.test.");
  ZoneSettings own = *find("b.test.")->settings;
  own.forward_updates = {"192.0.2.0/24"};
  ASSERT_TRUE(changes_->set_settings(name_of("b.test."), own));
  ASSERT_TRUE(changes_->commit());
  receive("one.example.", {member("a.test.", "a"), member("b.test.", "b", {"slow"}), member("c.test.", "c")});
  EXPECT_EQ(id_of("b.test."), id);
  EXPECT_THAT(find("b.test.")->settings->primaries, ElementsAre("192.0.2.8"));
  EXPECT_THAT(find("b.test.")->settings->forward_updates, ElementsAre("192.0.2.0/24"));

  // Other settings of the catalog count without another version.
  configured_[0].settings.members.secondaries = {"192.0.2.51"};
  configure();
  EXPECT_EQ(settle(), 1u);
  EXPECT_THAT(find("a.test.")->settings->secondaries, ElementsAre("192.0.2.51"));
}

TEST_F(ConsumersTest, ZonesOfOthersAreLeftAlone) {
  create("mine.test.");
  configure("file.test.", {}).file = "/nowhere";
  configure();
  receive("two.example.", {member("theirs.test.", "t")});
  reported({});
  const std::vector<Member> members = {member("file.test.", "f"), member("mine.test.", "m"),
                                       member("one.example.", "o"), member("theirs.test.", "t")};
  EXPECT_EQ(receive("one.example.", members), 0u);
  EXPECT_THAT(clashes(), testing::UnorderedElementsAre(
                             HasSubstr("file.test. is left alone: the configuration"),
                             HasSubstr("mine.test. is left alone: there is a zone of this name already"),
                             HasSubstr("one.example. is left alone: the configuration"),
                             HasSubstr("theirs.test. is left alone: it is a member of two.example.")));
  EXPECT_EQ(catalog_of_zone("mine.test."), "none");
  EXPECT_EQ(catalog_of_zone("theirs.test."), "two.example.");
  // Once is enough.
  receive("one.example.", members);
  EXPECT_THAT(clashes(), IsEmpty());
  // And they go neither when the catalog does not name them any more...
  receive("one.example.", {});
  EXPECT_NE(find("mine.test."), nullptr);
  EXPECT_EQ(catalog_of_zone("theirs.test."), "two.example.");
  // ...but are a clash again when it does.
  receive("one.example.", members);
  EXPECT_EQ(clashes().size(), 4u);
}

TEST_F(ConsumersTest, NamesThatBecomeFreeAreTaken) {
  create("mine.test.");
  receive("two.example.", {member("theirs.test.", "t")});
  receive("one.example.", {member("mine.test.", "m"), member("theirs.test.", "t")});
  remove("mine.test.");
  settle();
  EXPECT_EQ(catalog_of_zone("mine.test."), "one.example.");
  receive("two.example.", {});
  EXPECT_EQ(catalog_of_zone("theirs.test."), "one.example.");
}

TEST_F(ConsumersTest, AMemberThatSomebodyDeletesIsMadeAnew) {
  receive("one.example.", {member("a.test.", "x")});
  const store::ZoneId id = id_of("a.test.");
  remove("a.test.");
  settle();
  EXPECT_EQ(find("a.test."), nullptr) << "there is time to give the name to something else";
  receive("one.example.", {member("a.test.", "x")});
  ASSERT_NE(find("a.test."), nullptr);
  EXPECT_NE(id_of("a.test."), id);
}

TEST_F(ConsumersTest, ANewOwnerTakesOver) {
  receive("one.example.", {member("a.test.", "x")});
  const store::ZoneId id = id_of("a.test.");
  receive("two.example.", {member("a.test.", "x")});
  EXPECT_EQ(catalog_of_zone("a.test."), "one.example.");
  // Its owner agrees, which counts with the next version of the other.
  receive("one.example.", {member("a.test.", "x", {}, "two.example.")});
  EXPECT_EQ(catalog_of_zone("a.test."), "one.example.");
  reported({});
  receive("two.example.", {member("a.test.", "x")});
  EXPECT_EQ(catalog_of_zone("a.test."), "two.example.");
  EXPECT_EQ(id_of("a.test."), id) << "the zone is the same one";
  EXPECT_THAT(find("a.test.")->settings->primaries, ElementsAre("192.0.2.2"));
  // The old owner neither takes it back nor complains nor removes it.
  receive("one.example.", {member("a.test.", "x", {}, "two.example.")});
  receive("one.example.", {});
  EXPECT_EQ(catalog_of_zone("a.test."), "two.example.");
  EXPECT_THAT(clashes(), IsEmpty());
}

TEST_F(ConsumersTest, ANewOwnerWithAnotherLabelBeginsAnew) {
  receive("one.example.", {member("a.test.", "x", {}, "two.example.")});
  const store::ZoneId id = id_of("a.test.");
  receive("two.example.", {member("a.test.", "y")});
  EXPECT_EQ(catalog_of_zone("a.test."), "two.example.");
  EXPECT_NE(id_of("a.test."), id);
}

TEST_F(ConsumersTest, ABrokenCatalogGivesNothingAway) {
  receive("one.example.", {member("a.test.", "x", {}, "two.example.")});
  zones_->replace(name_of("one.example."),
                  load("one.example.", "@ 0 SOA . . 9 1 1 1 1\n@ 0 NS invalid.\nversion 0 TXT 3\n"));
  settle();
  receive("two.example.", {member("a.test.", "x")});
  EXPECT_EQ(catalog_of_zone("a.test."), "one.example.");
}

TEST_F(ConsumersTest, ABrokenCatalogChangesNothing) {
  receive("one.example.", {member("a.test.", "x")});
  const std::string broken = "@ 0 SOA . . 9 1 1 1 1\n@ 0 NS invalid.\nb.zones 0 PTR b.test.\n";
  for (int i = 0; i < 2; ++i) {
    zones_->replace(name_of("one.example."), load("one.example.", broken));
    EXPECT_EQ(settle(), 0u);
  }
  EXPECT_NE(find("a.test."), nullptr);
  EXPECT_EQ(find("b.test."), nullptr);
  EXPECT_THAT(reported({EventId::kCatalogBroken}),
              ElementsAre(HasSubstr("catalog one.example., serial 9, is broken: it has no TXT record")));
  remove("a.test.");
  settle();
  EXPECT_EQ(find("a.test."), nullptr) << "it says nothing, not even of what it listed";
  receive("one.example.", {member("b.test.", "y")});
  EXPECT_NE(find("b.test."), nullptr);
}

TEST_F(ConsumersTest, AnExpiredCatalogIsNotFollowed) {
  zones_->replace(name_of("one.example."), catalog_of("one.example.", 5, {member("a.test.", "x")}));
  zones_->set_refreshed(name_of("one.example."), {}, 1, true);
  for (int i = 0; i < 10; ++i) {
    now_ = std::max(now_, catalogs_->deadline());
    EXPECT_FALSE(catalogs_->turn(now_));
    EXPECT_GT(catalogs_->deadline(), now_);
  }
  EXPECT_EQ(find("a.test."), nullptr);
  zones_->set_refreshed(name_of("one.example."), {}, 1, false);
  settle();
  EXPECT_NE(find("a.test."), nullptr);
}

TEST_F(ConsumersTest, MembersOfACatalogThatGoesStay) {
  receive("one.example.", {member("a.test.", "x"), member("b.test.", "y")});
  const store::ZoneId id = id_of("a.test.");
  configured_.erase(configured_.begin());
  configure();
  EXPECT_EQ(settle(), 0u);
  EXPECT_EQ(catalog_of_zone("a.test."), "one.example.");
  // Another catalog may have them then.
  receive("two.example.", {member("a.test.", "x")});
  EXPECT_EQ(catalog_of_zone("a.test."), "two.example.");
  EXPECT_EQ(id_of("a.test."), id);
  EXPECT_EQ(catalog_of_zone("b.test."), "one.example.");
}

TEST_F(ConsumersTest, ManyMembersTakeTurns) {
  std::vector<Member> members;
  for (size_t i = 0; i < 2 * kMembersPerTurn + 1; ++i)
    members.push_back(member("z" + std::to_string(i) + ".test.", "l" + std::to_string(i)));
  EXPECT_EQ(receive("one.example.", members), 3u);
  for (const Member& one : members) ASSERT_NE(zones_->find(one.zone), nullptr);
  members.resize(1);
  EXPECT_EQ(receive("one.example.", members), 2u);
  EXPECT_EQ(zones_->zones().size(), 3u);
}

TEST_F(ConsumersTest, WhatCannotBeWrittenIsTriedAgain) {
  disk_is_full_ = true;
  zones_->replace(name_of("one.example."), catalog_of("one.example.", 5, {member("a.test.", "x")}));
  EXPECT_FALSE(catalogs_->turn(now_));
  EXPECT_EQ(find("a.test."), nullptr);
  EXPECT_GT(catalogs_->deadline(), now_);
  disk_is_full_ = false;
  settle();
  EXPECT_NE(find("a.test."), nullptr);
  EXPECT_THAT(reported({EventId::kCatalogFollowed}),
              ElementsAre("catalog one.example., serial 5: 1 zones made, 0 removed, 0 changed"));
}

}  // namespace
}  // namespace atlas::control::catalogs
