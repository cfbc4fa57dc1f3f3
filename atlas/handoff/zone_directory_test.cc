#include "atlas/handoff/zone_directory.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

namespace atlas::handoff {
namespace {

dns::Name name(std::string_view text) {
  return dns::parse_name(text).value();
}

ZoneDirectory directory(std::initializer_list<const char*> apexes) {
  std::vector<ZoneEntry> entries;
  for (const char* apex : apexes) entries.push_back({name(apex), nullptr});
  return ZoneDirectory(entries);
}

std::string found(const ZoneDirectory& zones, std::string_view of, dns::RRType type = dns::RRType::A) {
  const ZoneEntry* entry = zones.find(name(of).view(), type);
  return entry == nullptr ? "none" : dns::to_text(entry->apex);
}

TEST(ZoneDirectory, EmptyFindsNothing) {
  EXPECT_EQ(found(ZoneDirectory(), "example."), "none");
  EXPECT_EQ(found(ZoneDirectory(std::vector<ZoneEntry>()), "."), "none");
  EXPECT_EQ(ZoneDirectory().find_exact(name("example.")), nullptr);
}

TEST(ZoneDirectory, FindsTheNearestAncestor) {
  const ZoneDirectory zones = directory({"example.", "sub.example.", "a.b.c.example.", "example.org."});
  EXPECT_EQ(found(zones, "example."), "example.");
  EXPECT_EQ(found(zones, "www.example."), "example.");
  EXPECT_EQ(found(zones, "www.sub.example."), "sub.example.");
  EXPECT_EQ(found(zones, "b.c.example."), "example.");
  EXPECT_EQ(found(zones, "x.a.b.c.example."), "a.b.c.example.");
  EXPECT_EQ(found(zones, "www.example.org."), "example.org.");
  EXPECT_EQ(found(zones, "org."), "none");
  EXPECT_EQ(found(zones, "notexample."), "none");
  EXPECT_EQ(found(zones, "."), "none");
}

TEST(ZoneDirectory, IgnoresCase) {
  EXPECT_EQ(found(directory({"Example.ORG."}), "www.eXAMPLE.org."), "Example.ORG.");
}

TEST(ZoneDirectory, RootHoldsEverything) {
  const ZoneDirectory zones = directory({".", "example."});
  EXPECT_EQ(found(zones, "."), ".");
  EXPECT_EQ(found(zones, "org."), ".");
  EXPECT_EQ(found(zones, "example."), "example.");
  EXPECT_EQ(found(zones, "example.", dns::RRType::DS), ".");
  EXPECT_EQ(found(zones, ".", dns::RRType::DS), ".");
}

// RFC 4035 3.1.4.1
TEST(ZoneDirectory, DsBelongsToTheParentSide) {
  const ZoneDirectory zones = directory({"example.", "sub.example."});
  EXPECT_EQ(found(zones, "sub.example.", dns::RRType::DS), "example.");
  EXPECT_EQ(found(zones, "sub.example.", dns::RRType::SOA), "sub.example.");
  EXPECT_EQ(found(zones, "x.sub.example.", dns::RRType::DS), "sub.example.");
  EXPECT_EQ(found(zones, "example.", dns::RRType::DS), "example.");
}

TEST(ZoneDirectory, LaterEntriesReplaceEarlierOnes) {
  const ZoneDirectory zones = directory({"example.", "example.org.", "EXAMPLE."});
  EXPECT_EQ(zones.size(), 2u);
  EXPECT_EQ(found(zones, "example."), "EXAMPLE.");
}

TEST(ZoneDirectory, FindsEachOfMany) {
  std::vector<ZoneEntry> entries;
  for (int i = 0; i < 12'000; ++i) entries.push_back({name("z" + std::to_string(i) + ".example."), nullptr});
  const ZoneDirectory zones(entries);
  for (int i = 0; i < 12'000; ++i) {
    const std::string apex = "z" + std::to_string(i) + ".example.";
    ASSERT_EQ(found(zones, "www." + apex), apex);
  }
  EXPECT_EQ(found(zones, "z12000.example."), "none");
}

TEST(ZoneDirectory, TheNextOneDiffersWhereItShould) {
  std::mt19937 random(3);
  std::set<std::string> model;
  ZoneDirectory zones;
  for (int step = 0; step < 200; ++step) {
    const ZoneDirectory before = zones;
    const auto model_before = model;
    std::vector<ZoneEntry> set;
    std::vector<dns::Name> removed;
    for (uint32_t i = random() % 60; i > 0; --i) {
      const std::string apex =
          "z" + std::to_string(random() % 900) + (random() % 4 == 0 ? ".sub" : "") + ".example.";
      if (random() % 3 == 0) {
        removed.push_back(name(apex));
        model.erase(apex);
      }
    }
    for (uint32_t i = random() % 60; i > 0; --i) {
      const std::string apex =
          "z" + std::to_string(random() % 900) + (random() % 4 == 0 ? ".sub" : "") + ".example.";
      set.push_back({name(apex), nullptr});
      model.insert(apex);
    }
    zones = zones.with(set, removed);
    ASSERT_EQ(zones.size(), model.size());
    for (int i = 0; i < 900; ++i) {
      for (const char* end : {".example.", ".sub.example."}) {
        const std::string apex = "z" + std::to_string(i) + end;
        ASSERT_EQ(zones.find_exact(name(apex)) != nullptr, model.contains(apex));
        ASSERT_EQ(before.find_exact(name(apex)) != nullptr, model_before.contains(apex));
      }
    }
  }
  EXPECT_EQ(found(zones, "www.absent.example."), "none");
}

TEST(ZoneDirectory, TakesTheLongestNames) {
  std::string deepest;
  for (size_t i = 0; i < dns::kLabelsMax; ++i) deepest += "a.";
  const ZoneDirectory zones = directory({"a.a.", deepest.c_str()});
  EXPECT_EQ(found(zones, deepest), deepest);
  EXPECT_EQ(found(zones, deepest.substr(2)), "a.a.");
}

}  // namespace
}  // namespace atlas::handoff
