// Versions go in any order: the newest ones because they are given up, the oldest because nobody reads them.
#include "atlas/zone/version_chain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

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

std::string text_of(const Zone& zone) {
  std::string text;
  text::write_zone(zone, text::Format::kText, [&](std::string_view piece) { text += piece; });
  return text;
}

size_t used_octets(const Zone& zone) {
  return zone.memory_octets() - zone.free_octets();
}

class VersionChainTest : public testing::Test {
 protected:
  std::shared_ptr<const Zone> build(size_t hosts) {
    RecordList records;
    records.add(apex_, RRType::SOA, 300, rdata(RRType::SOA, "ns. admin. 1 3600 600 86400 60"));
    for (size_t i = 0; i < hosts; ++i) records.add(host(i), RRType::A, 300, rdata(RRType::A, "192.0.2.1"));
    records.sort();
    hosts_ = hosts;
    return Zone::build(apex_, records);
  }

  static std::vector<uint8_t> rdata(RRType type, const std::string& text) {
    return dns::parse_rdata(type, text).value();
  }
  static Name host(size_t number) {
    return name_of("host" + std::to_string(number * 7919 % 100'003) + ".example.");
  }

  // Addresses, texts of any size, names that come and go, zone cuts above others, signatures, and all hosts
  // at once now and then.
  std::vector<RRsetEdit> random_edits() {
    std::vector<RRsetEdit> edits;
    edits.push_back({apex_, RRType::SOA, {}, 300, {}});
    edits[0].rdatas.push_back(
        rdata(RRType::SOA, "ns. admin. " + std::to_string(random_() % 99999) + " 3600 600 86400 60"));
    for (size_t i = random_() % 5; i > 0; --i) {
      RRsetEdit& edit = edits.emplace_back();
      edit.owner = host(random_() % (2 * hosts_));
      edit.ttl = 300;
      const bool goes = random_() % 3 == 0;
      switch (random_() % 5) {
        case 0:
          edit.type = RRType::TXT;
          if (!goes) edit.rdatas.push_back(rdata(edit.type, std::string(random_() % 250 + 1, 'x')));
          break;
        case 1:
          edit.type = RRType::RRSIG;
          edit.covered = RRType::A;
          if (!goes) {
            edit.rdatas.push_back(rdata(edit.type, "A 13 2 300 20300101000000 20200101000000 " +
                                                       std::to_string(random_() % 60000) + " example. AAAA"));
          }
          break;
        case 2:
          edit.owner = name_of("x" + std::to_string(random_() % 50) + "." + dns::to_text(edit.owner));
          [[fallthrough]];
        case 3:
          edit.type = RRType::NS;
          if (!goes) edit.rdatas.push_back(rdata(edit.type, "ns.other."));
          break;
        default:
          edit.type = RRType::A;
          if (!goes) edit.rdatas.push_back(rdata(edit.type, "192.0.2." + std::to_string(random_() % 250)));
      }
    }
    if (random_() % 40 == 0) {
      for (size_t i = 0; i < hosts_; ++i)
        edits.push_back({host(i), RRType::A, {}, 300, {rdata(RRType::A, "192.0.2.77")}});
    }
    return edits;
  }

  const Name apex_ = name_of("example.");
  size_t hosts_ = 0;
  std::mt19937_64 random_{11};
};

TEST_F(VersionChainTest, AVersionThatWasGivenUpLeavesNothingBehind) {
  auto base = build(400);
  for (int i = 0; i < 20; ++i) base = *edit_zone(*base, random_edits());
  const std::string text = text_of(*base);
  const size_t used = used_octets(*base);
  size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    auto second = *edit_zone(*base, random_edits());
    auto third = *edit_zone(*second, random_edits());
    if (i % 2 == 0) second.reset();
    third.reset();
    second.reset();
    ASSERT_EQ(used_octets(*base), used) << i;
    // What some edits need at once is kept, but no more.
    if (i < 5000) most = std::max(most, base->memory_octets());
    if (i % 500 == 0) {
      ASSERT_EQ(text_of(*base), text);
    }
  }
  EXPECT_LE(base->memory_octets(), most * 5 / 4);
  EXPECT_EQ(text_of(*base), text);
}

TEST_F(VersionChainTest, OnlyTheNewestThatIsAliveCanBeEdited) {
  const auto first = build(100);
  auto second = edit_zone(*first, random_edits());
  ASSERT_TRUE(second);
  const auto refused = edit_zone(*first, random_edits());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "a version of example. that is not the newest cannot be edited");
  auto third = edit_zone(**second, random_edits());
  ASSERT_TRUE(third);
  *second = nullptr;
  EXPECT_FALSE(edit_zone(*first, random_edits())) << "the third is alive";
  *third = nullptr;
  EXPECT_TRUE(edit_zone(*first, random_edits()));
}

TEST_F(VersionChainTest, WhatStaysIsWhatItWasWhateverGoes) {
  struct Kept {
    std::shared_ptr<const Zone> zone;
    std::string text;
  };
  for (int round = 0; round < 4; ++round) {
    std::vector<Kept> versions;
    versions.push_back({build(40 + random_() % 500), ""});
    versions[0].text = text_of(*versions[0].zone);
    size_t given_up = 0;
    for (int step = 0; step < 700; ++step) {
      if (random_() % 2 == 0 || versions.size() == 1) {
        auto next = edit_zone(*versions.back().zone, random_edits());
        ASSERT_TRUE(next);
        versions.push_back({*next, text_of(**next)});
      } else {
        // Sometimes several of one end, sometimes one from anywhere.
        const size_t which = random_() % 3 == 0   ? versions.size() - 1
                             : random_() % 2 == 0 ? 0
                                                  : random_() % versions.size();
        given_up += which == versions.size() - 1;
        versions.erase(versions.begin() + static_cast<std::ptrdiff_t>(which));
      }
      const Kept& looked_at = versions[random_() % versions.size()];
      ASSERT_EQ(text_of(*looked_at.zone), looked_at.text) << "round " << round << " step " << step;
      while (versions.size() > 12) versions.erase(versions.begin());
    }
    for (const Kept& kept : versions) ASSERT_EQ(text_of(*kept.zone), kept.text);
    EXPECT_GT(given_up, 50u);
    // Of one version alone there is no more than a zone that was built of its records needs, and some room.
    const auto last = versions.back().zone;
    versions.clear();
    RecordList records;
    last->for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
      for (const base::Bytes each : rrset) records.add(owner, rrset.type, rrset.ttl, each);
    });
    EXPECT_LT(used_octets(*last), 4 * Zone::build(apex_, records)->memory_octets() + 65536);
  }
}

}  // namespace
}  // namespace atlas::zone
