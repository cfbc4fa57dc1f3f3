#include "atlas/zone/compact.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <string>
#include <thread>

#include "atlas/dns/rdata.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/text/writer.h"

namespace atlas::zone {
namespace {

using dns::Name;
using dns::RRType;

Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}
std::vector<uint8_t> rdata(RRType type, const std::string& text) {
  return dns::parse_rdata(type, text).value();
}

std::string text_of(const Zone& zone) {
  std::string text;
  text::write_zone(zone, text::Format::kText, [&](std::string_view piece) { text += piece; });
  return text;
}

class CompactTest : public testing::Test {
 protected:
  // With signatures, NSEC3, zone cuts, wildcards and empty non-terminals.
  std::shared_ptr<const Zone> build(size_t names) {
    RecordList records;
    records.add(apex_, RRType::SOA, 300, rdata(RRType::SOA, "ns. admin. 1 3600 600 86400 60"));
    records.add(apex_, RRType::NSEC3PARAM, 300, rdata(RRType::NSEC3PARAM, "1 0 0 -"));
    records.add(apex_, RRType::NS, 300, rdata(RRType::NS, "ns.other."));
    for (size_t i = 0; i < names; ++i) {
      for (const RRsetEdit& edit : edits_of(i)) {
        for (const auto& each : edit.rdatas) records.add(edit.owner, edit.type, edit.ttl, each);
      }
    }
    records.sort();
    return Zone::build(apex_, records);
  }
  std::vector<RRsetEdit> edits_of(size_t number) {
    const std::string label = "n" + std::to_string(number);
    const Name owner = name_of(label + (number % 5 == 0 ? ".below.some.z.test." : ".z.test."));
    std::vector<RRsetEdit> edits;
    edits.push_back({owner, RRType::A, {}, 300, {rdata(RRType::A, "192.0.2.1")}});
    if (number % 3 == 0) {
      edits.push_back({owner,
                       RRType::RRSIG,
                       RRType::A,
                       300,
                       {rdata(RRType::RRSIG, "A 13 2 300 20300101000000 20200101000000 1 z.test. AAAA")}});
    }
    if (number % 11 == 0)
      edits.push_back(
          {name_of("cut." + dns::to_text(owner)), RRType::NS, {}, 300, {rdata(RRType::NS, "x.")}});
    if (number % 13 == 0)
      edits.push_back(
          {name_of("*." + dns::to_text(owner)), RRType::TXT, {}, 60, {rdata(RRType::TXT, label)}});
    if (number % 7 == 0) {
      std::string hash = std::to_string(number);
      hash.insert(0, 32 - hash.size(), 'a');
      const Name hashed = name_of(hash + ".z.test.");
      edits.push_back({hashed,
                       RRType::NSEC3,
                       {},
                       300,
                       {rdata(RRType::NSEC3, "1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG")}});
    }
    return edits;
  }

  const Name apex_ = name_of("z.test.");
};

TEST_F(CompactTest, AnImageMadeAnewIsTheSame) {
  const auto zone = build(3000);
  const auto made = compact(*zone);
  EXPECT_TRUE(std::ranges::equal(made->image(), zone->image()));
}

TEST_F(CompactTest, AnEditedVersionBecomesOneImage) {
  for (const size_t names : {50u, 20'000u}) {
    auto zone = build(names);
    // Each name goes and comes back; the last edits leave the zone as it was built.
    std::mt19937_64 random(1);
    for (int i = 0; i < 200; ++i) {
      std::vector<RRsetEdit> edits = edits_of(random() % names);
      auto gone = edits;
      for (RRsetEdit& edit : gone) edit.rdatas.clear();
      zone = edit_zone(*zone, gone).value();
      zone = edit_zone(*zone, edits).value();
    }
    EXPECT_TRUE(zone->image().empty());
    const auto made = compact(*zone);
    const auto with_threads = compact(*zone, {3, nullptr});
    ASSERT_FALSE(made->image().empty());
    EXPECT_TRUE(image::is_consistent(made->image()));
    EXPECT_TRUE(std::ranges::equal(made->image(), with_threads->image()));
    EXPECT_EQ(text_of(*made), text_of(*zone));
    EXPECT_EQ(made->serial(), zone->serial());
    EXPECT_EQ(made->denial(), zone->denial());
    EXPECT_EQ(made->record_count(), zone->record_count());
    EXPECT_EQ(made->negative_soa().ttl, zone->negative_soa().ttl);
    const auto built = build(names);
    EXPECT_LT(made->image().size(), built->image().size() * 11 / 10);
    for (size_t i = 0; i < names; i += names / 50) {
      for (const RRsetEdit& edit : edits_of(i)) {
        const auto found = made->find(edit.owner), wanted = built->find(edit.owner);
        ASSERT_EQ(found.exact, wanted.exact);
        EXPECT_EQ(found.node.has_boundary(), wanted.node.has_boundary());
        EXPECT_EQ(found.node.is_zone_cut(), wanted.node.is_zone_cut());
        EXPECT_EQ(found.wildcard.has_value(), wanted.wildcard.has_value());
      }
    }
    // It can be edited like any other.
    EXPECT_TRUE(edit_zone(*made, edits_of(names + 1)));
  }
}

TEST_F(CompactTest, EditsGoOnMeanwhile) {
  const auto zone = build(20'000);
  auto version = edit_zone(*zone, edits_of(20'001)).value();
  const auto wanted = version;
  std::shared_ptr<const Zone> made;
  std::atomic<bool> ended{false};
  std::thread beside([&] {
    made = compact(*wanted);
    ended = true;
  });
  std::mt19937_64 random(2);
  size_t edits = 0;
  do {
    version = edit_zone(*version, edits_of(random() % 40'000)).value();
    ++edits;
  } while (!ended);
  beside.join();
  EXPECT_GT(edits, 1u);
  EXPECT_EQ(text_of(*made), text_of(*wanted));
}

TEST_F(CompactTest, CanBeCancelled) {
  const std::atomic<bool> cancelled{true};
  EXPECT_EQ(compact(*build(10), {1, &cancelled}), nullptr);
}

}  // namespace
}  // namespace atlas::zone
