#include "atlas/control/catalogs/producers.h"

#include "atlas/control/catalogs/catalogs_test.h"

namespace atlas::control::catalogs {
namespace {

using handoff::EventId;
using testing::ElementsAre;
using testing::IsEmpty;
using zones::CatalogRole;
using zones::ZoneSettings;

ZoneSettings in_catalog(const std::string& catalog, const std::string& group = {}) {
  ZoneSettings settings;
  settings.member_of = name_of(catalog);
  settings.group = group;
  return settings;
}

ZoneSettings producing() {
  ZoneSettings settings;
  settings.catalog = CatalogRole::kProduce;
  return settings;
}

class ProducersTest : public CatalogsTest {
 protected:
  void SetUp() override {
    configure("made.example.", producing());
    CatalogsTest::SetUp();
    settle();
  }

  std::vector<Member> listed(const std::string& catalog = "made.example.") const {
    const zones::ZoneState* const zone = find(catalog);
    if (zone == nullptr || zone->version == nullptr) return {member("none.", "")};
    const auto members = read_catalog(*zone->version);
    EXPECT_TRUE(members) << members.error().message;
    return members.value_or(std::vector<Member>());
  }
  std::vector<std::string> listed_zones(const std::string& catalog = "made.example.") const {
    std::vector<std::string> names;
    for (const Member& one : listed(catalog)) names.push_back(dns::to_text(one.zone.view()));
    return names;
  }
  uint32_t serial() const { return find("made.example.")->version->serial(); }
};

TEST_F(ProducersTest, CatalogOfTheConfigurationIsMade) {
  ASSERT_NE(find("made.example."), nullptr);
  ASSERT_NE(find("made.example.")->version, nullptr);
  EXPECT_TRUE(find("made.example.")->is_configured());
  EXPECT_THAT(listed(), IsEmpty());
  EXPECT_GT(serial(), 1'700'000'000u);
  const uint32_t before = serial();
  open();
  settle();
  EXPECT_EQ(serial(), before);
}

TEST_F(ProducersTest, ZonesThatNameItAreListed) {
  create("b.example.", in_catalog("made.example."));
  create("a.example.", in_catalog("made.example.", "fast"));
  create("other.example.");
  configure("c.example.", in_catalog("made.example.")).file = "/nowhere";
  configure();
  const uint32_t before = serial();
  settle();
  EXPECT_THAT(listed_zones(), ElementsAre("a.example.", "b.example.", "c.example."));
  EXPECT_THAT(listed()[0].groups, ElementsAre("fast"));
  EXPECT_EQ(serial(), before + 1) << "zones that come together are one change";
  EXPECT_EQ(listed()[2].label, member_label(name_of("c.example."), 0));
}

TEST_F(ProducersTest, ItTakesAMomentForOthersThatCome) {
  create("a.example.", in_catalog("made.example."));
  EXPECT_LE(catalogs_->deadline(), now_);
  EXPECT_FALSE(catalogs_->turn(now_));
  EXPECT_EQ(catalogs_->deadline(), now_ + kListingDelay);
  create("b.example.", in_catalog("made.example."));
  EXPECT_FALSE(catalogs_->turn(now_ + kListingDelay / 2));
  EXPECT_EQ(catalogs_->deadline(), now_ + kListingDelay) << "it does not wait for ever";
  EXPECT_TRUE(catalogs_->turn(now_ + kListingDelay));
  EXPECT_THAT(listed_zones(), ElementsAre("a.example.", "b.example."));
}

TEST_F(ProducersTest, ZonesThatGoAreNotListed) {
  create("a.example.", in_catalog("made.example."));
  create("b.example.", in_catalog("made.example."));
  settle();
  remove("a.example.");
  ASSERT_TRUE(changes_->set_settings(name_of("b.example."), {}));
  ASSERT_TRUE(changes_->commit());
  settle();
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_F(ProducersTest, AnotherGroup) {
  create("a.example.", in_catalog("made.example.", "one"));
  settle();
  const std::string label = listed()[0].label;
  ASSERT_TRUE(changes_->set_settings(name_of("a.example."), in_catalog("made.example.", "two")));
  ASSERT_TRUE(changes_->commit());
  settle();
  EXPECT_THAT(listed(), ElementsAre(member("a.example.", label, {"two"})));
}

TEST_F(ProducersTest, LabelsOutliveAStart) {
  create("a.example.", in_catalog("made.example."));
  configure("c.example.", in_catalog("made.example.")).file = "/nowhere";
  configure();
  settle();
  const std::vector<Member> before = listed();
  const uint32_t serial_before = serial();
  open();
  EXPECT_EQ(settle(), 0u);
  EXPECT_EQ(listed(), before);
  EXPECT_EQ(serial(), serial_before);
}

TEST_F(ProducersTest, ZoneThatIsMadeAgainIsAnotherOne) {
  create("a.example.", in_catalog("made.example."));
  settle();
  const std::string label = listed()[0].label;
  remove("a.example.");
  create("a.example.", in_catalog("made.example."));
  settle();
  ASSERT_EQ(listed().size(), 1u);
  EXPECT_NE(listed()[0].label, label);
}

TEST_F(ProducersTest, CatalogsMayComeLater) {
  create("a.example.", in_catalog("later.example."));
  EXPECT_EQ(settle(), 0u);
  configure("later.example.", producing());
  configure();
  settle();
  EXPECT_THAT(listed_zones("later.example."), ElementsAre("a.example."));
  EXPECT_THAT(listed(), IsEmpty());
  // From one to the other.
  ASSERT_TRUE(changes_->set_settings(name_of("a.example."), in_catalog("made.example.")));
  ASSERT_TRUE(changes_->commit());
  settle();
  EXPECT_THAT(listed_zones("later.example."), IsEmpty());
  EXPECT_THAT(listed_zones(), ElementsAre("a.example."));
}

TEST_F(ProducersTest, CatalogOfTheStoreIsOneToo) {
  create("stored.example.", producing());
  create("a.example.", in_catalog("stored.example."));
  settle();
  EXPECT_THAT(listed_zones("stored.example."), ElementsAre("a.example."));
}

TEST_F(ProducersTest, WhatOthersDoToItIsMended) {
  create("a.example.", in_catalog("made.example."));
  settle();
  const std::string label = listed()[0].label;
  const std::string node = label + ".zones.made.example.";
  const dns::Name new_owner = name_of("new.example.");
  // The member goes, and gets an owner-to-be.
  ASSERT_TRUE(changes_->edit({.zone = name_of("made.example."),
                              .rrsets = {{.owner = name_of(node), .type = dns::RRType::PTR, .rdatas = {}},
                                         {.owner = name_of("coo." + node),
                                          .type = dns::RRType::PTR,
                                          .rdatas = {{new_owner.wire().begin(), new_owner.wire().end()}}}},
                              .origin = {}}));
  ASSERT_TRUE(changes_->commit());
  EXPECT_THAT(listed(), IsEmpty());
  settle();
  EXPECT_THAT(listed(), ElementsAre(member("a.example.", label, {}, "new.example.")));
}

TEST_F(ProducersTest, WhatCannotBeWrittenIsTriedAgain) {
  create("a.example.", in_catalog("made.example."));
  disk_is_full_ = true;
  EXPECT_FALSE(catalogs_->turn(now_));
  now_ += kListingDelay;
  EXPECT_FALSE(catalogs_->turn(now_));
  EXPECT_THAT(listed(), IsEmpty());
  disk_is_full_ = false;
  EXPECT_FALSE(catalogs_->turn(now_ + kRetry / 2));
  EXPECT_EQ(catalogs_->deadline(), now_ + kRetry);
  EXPECT_TRUE(catalogs_->turn(now_ + kRetry));
  EXPECT_THAT(listed_zones(), ElementsAre("a.example."));
}

TEST_F(ProducersTest, WhatCannotBeDoneIsReported) {
  create("a.example.", in_catalog("made.example."));
  reported({});
  // Something else builds on the version, so that it cannot be changed.
  const auto version = find("made.example.")->version;
  const zone::RRsetEdit edit = {
      .owner = name_of("x.made.example."), .type = dns::RRType::TXT, .rdatas = {{1, 'x'}}};
  auto successor = zone::edit_zone(*version, {&edit, 1});
  ASSERT_TRUE(successor);
  catalogs_->turn(now_);
  now_ += kListingDelay;
  EXPECT_FALSE(catalogs_->turn(now_));
  EXPECT_EQ(reported({EventId::kCatalogNotListed}).size(), 1u);
  successor->reset();
  EXPECT_TRUE(catalogs_->turn(now_ + kRetry));
  EXPECT_THAT(listed_zones(), ElementsAre("a.example."));
}

}  // namespace
}  // namespace atlas::control::catalogs
