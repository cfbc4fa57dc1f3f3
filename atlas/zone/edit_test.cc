#include "atlas/zone/edit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>

#include "atlas/base/encoding.h"
#include "atlas/crypto/nsec3_hash.h"
#include "atlas/dns/rdata.h"

namespace atlas::zone {
namespace {

using dns::Name;
using dns::RRType;

Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

std::vector<uint8_t> rdata(RRType type, const std::string& text) {
  const auto parsed = dns::parse_rdata(type, text);
  return parsed ? std::vector<uint8_t>(parsed->begin(), parsed->end()) : std::vector<uint8_t>{};
}

struct CanonicalLess {
  bool operator()(const Name& a, const Name& b) const { return dns::compare_canonical(a, b) < 0; }
};
// Owner, type, covered type: TTL and RDATAs.
using Rdatas = std::set<std::vector<uint8_t>>;
using Model = std::map<Name, std::map<std::pair<RRType, RRType>, std::pair<uint32_t, Rdatas>>, CanonicalLess>;

// A name that goes and comes again in one edit keeps its spelling.
std::string lower_text_of(dns::NameView name) {
  Name lower(name);
  lower.make_lower();
  return dns::to_text(lower.view());
}

std::string text_of(const Zone& zone) {
  std::string text;
  zone.for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
    text += lower_text_of(owner) + " " + std::to_string(rrset.ttl) + " " + dns::to_text(rrset.type);
    for (const base::Bytes each : rrset) text += " [" + dns::rdata_to_text(rrset.type, each) + "]";
    text += "\n";
  });
  return text;
}

std::string text_of(const Node& node) {
  std::string text = lower_text_of(node.name()) + (node.is_empty_non_terminal() ? " empty" : "") +
                     (node.is_zone_cut() ? " cut" : "") + " labels " + std::to_string(node.label_count());
  if (const auto boundary = node.boundary()) text += " below " + lower_text_of(boundary->name());
  node.for_each_rrset([&](const RRset& rrset) {
    text += " " + dns::to_text(rrset.type()) + "/" + std::to_string(rrset.view().count) + "/" +
            std::to_string(rrset.signatures().count);
  });
  return text;
}

std::string text_of(const Zone::Found& found) {
  return std::string(found.exact ? "is " : "under ") + text_of(found.node) +
         (found.wildcard ? " wildcard " + text_of(*found.wildcard) : "");
}

class EditTest : public testing::Test {
 protected:
  EditTest() {
    set(apex_, RRType::SOA, {"ns. admin. 1 3600 600 86400 60"});
    build();
  }

  // What the next apply() brings, here and in the model.
  void set(const Name& owner, RRType type, const std::vector<std::string>& rdatas, RRType covered = {},
           uint32_t ttl = 300) {
    RRsetEdit& edit = edits_.emplace_back(owner, type, covered, ttl);
    for (const std::string& text : rdatas) {
      edit.rdatas.push_back(rdata(type, text));
      ASSERT_FALSE(edit.rdatas.back().empty()) << text;
    }
    auto& rrsets = model_[owner];
    if (rdatas.empty()) {
      rrsets.erase({type, covered});
      if (rrsets.empty()) model_.erase(owner);
    } else {
      rrsets[{type, covered}] = {ttl, Rdatas(edit.rdatas.begin(), edit.rdatas.end())};
    }
  }
  std::shared_ptr<const Zone> rebuilt() const {
    RecordList records;
    for (const auto& [owner, rrsets] : model_) {
      for (const auto& [type, rrset] : rrsets) {
        for (const auto& each : rrset.second) records.add(owner, type.first, rrset.first, each);
      }
    }
    records.sort();
    return Zone::build(apex_, records);
  }
  void build() {
    edits_.clear();
    zone_ = rebuilt();
  }
  void apply() {
    auto edited = edit_zone(*zone_, edits_);
    ASSERT_TRUE(edited) << edited.error().message;
    zone_ = *edited;
    edits_.clear();
  }
  // As if the zone had been built of the same records.
  void expect_as_rebuilt(size_t questions) {
    const auto wanted = rebuilt();
    const std::string is = text_of(*zone_), should_be = text_of(*wanted);
    const auto differs = static_cast<size_t>(std::ranges::mismatch(is, should_be).in1 - is.begin());
    ASSERT_EQ(is, should_be) << "first difference: "
                             << is.substr(differs - std::min<size_t>(differs, 60), 120);
    EXPECT_EQ(zone_->record_count(), wanted->record_count());
    EXPECT_EQ(zone_->serial(), wanted->serial());
    EXPECT_EQ(zone_->negative_soa().ttl, wanted->negative_soa().ttl);
    ASSERT_EQ(zone_->denial(), wanted->denial());
    const auto ask = [&](const Name& name) {
      ASSERT_EQ(text_of(zone_->find(name)), text_of(wanted->find(name))) << dns::to_text(name.view());
      if (zone_->denial() == Denial::kNsec) {
        ASSERT_EQ(text_of(zone_->nsec_at_or_before(name)), text_of(wanted->nsec_at_or_before(name)))
            << dns::to_text(name.view());
      }
      if (zone_->denial() == Denial::kNsec3) {
        ASSERT_EQ(zone_->nsec3_cover(name).name(), wanted->nsec3_cover(name).name());
        ASSERT_EQ(zone_->nsec3_match(name).has_value(), wanted->nsec3_match(name).has_value());
      }
    };
    for (const auto& [owner, rrsets] : model_) ask(owner);
    for (size_t i = 0; i < questions; ++i) ask(random_name(5));
  }

  std::string random_label() {
    static constexpr const char* kPieces[] = {"a", "b", "ab", "A", "-", "\\000", "\\001", "\\255", "*", "zz"};
    std::string label;
    for (size_t i = random_() % 3 + 1; i > 0; --i) label += kPieces[random_() % std::size(kPieces)];
    return label;
  }
  Name random_name(size_t depth_max) {
    std::string text;
    for (size_t i = random_() % (depth_max + 1); i > 0; --i) text += random_label() + ".";
    return name_of(text + dns::to_text(apex_.view()));
  }
  std::string nsec3_label(const Name& name) const {
    Name lower(name);
    lower.make_lower();
    std::string label;
    base::append_base32hex(crypto::nsec3_hash(lower.wire(), 0, {}), label);
    return label;
  }

  // A change at random, of a kind that zones have.
  void change_something() {
    const auto some = [&](size_t most, const std::function<std::string(size_t)>& text) {
      std::vector<std::string> rdatas;
      for (size_t i = random_() % (most + 1); i > 0; --i) rdatas.push_back(text(random_()));
      return rdatas;
    };
    const auto address = [](size_t number) { return "192.0.2." + std::to_string(number % 250); };
    const auto target = [](size_t number) { return "t" + std::to_string(number % 9) + ".example."; };
    const Name owner = random_name(4);
    switch (random_() % 12) {
      case 0:
        if (owner != apex_) set(owner, RRType::NS, some(2, target));
        break;
      case 1:
        set(owner, RRType::DNAME, random_() % 3 == 0 ? some(1, target) : std::vector<std::string>{});
        break;
      case 2:
        set(owner, RRType::TXT,
            some(2,
                 [&](size_t number) {
                   return "\"" + std::string(number % 255, 'x') + "\" \"" + std::to_string(number % 5) + "\"";
                 }),
            {}, 60 + random_() % 3);
        break;
      case 3:
        set(owner, RRType::NSEC, some(1, [](size_t) { return "next. A NSEC"; }));
        break;
      case 4: {
        // The SOA comes first among RRsets, not among signatures.
        constexpr RRType kCovered[] = {RRType::A, RRType::NS, RRType::SOA, RRType::TXT, RRType::NSEC};
        const RRType covered = kCovered[random_() % std::size(kCovered)];
        set(random_() % 2 == 0 ? owner : apex_, RRType::RRSIG,
            some(2,
                 [&](size_t number) {
                   return dns::to_text(covered) + " 13 2 300 20300101000000 20200101000000 " +
                          std::to_string(number % 60000) + " z.test. AAAA";
                 }),
            covered);
        break;
      }
      case 5:
        set(name_of(nsec3_label(owner) + ".z.test."), RRType::NSEC3, some(1, [](size_t number) {
              return std::to_string(number % 8 == 0 ? 2 : 1) +
                     " 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG";
            }));
        break;
      case 6:
        set(name_of(nsec3_label(owner) + ".z.test."), RRType::RRSIG,
            some(1, [](size_t) { return "NSEC3 13 2 300 20300101000000 20200101000000 9 z.test. AAAA"; }),
            RRType::NSEC3);
        break;
      case 7:
        set(apex_, RRType::NSEC3PARAM, some(2, [](size_t number) {
              return "1 0 " + std::to_string(number % 4 == 0 ? 500 : 0) + " " +
                     (number % 3 == 0 ? "ab" : "-");
            }));
        break;
      case 8:
        set(name_of(nsec3_label(apex_) + ".z.test."), RRType::NSEC3,
            some(1, [](size_t) { return "1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG"; }));
        break;
      case 9:
        set(apex_, RRType::SOA,
            {"ns. admin. " + std::to_string(random_() % 99999) + " 1 1 1 " +
             std::to_string(random_() % 400)});
        break;
      default:
        set(owner, RRType::A, some(3, address));
    }
  }

  Name apex_ = name_of("z.test.");
  Model model_;
  std::vector<RRsetEdit> edits_;
  std::shared_ptr<const Zone> zone_;
  std::mt19937_64 random_{7};
};

TEST_F(EditTest, AnEditedZoneIsAsOneBuiltOfTheSameRecords) {
  for (int round = 0; round < 4; ++round) {
    model_.clear();
    set(apex_, RRType::SOA, {"ns. admin. 1 3600 600 86400 60"});
    for (size_t i = random_() % 1500; i > 0; --i) change_something();
    build();
    // Versions that are still in use must stay what they were.
    std::deque<std::pair<std::shared_ptr<const Zone>, std::string>> kept;
    for (int step = 0; step < 60; ++step) {
      for (size_t i = random_() % 3 == 0 ? random_() % 60 : 1; i > 0; --i) change_something();
      if (random_() % 3 == 0) kept.emplace_back(zone_, text_of(*zone_));
      ASSERT_NO_FATAL_FAILURE(apply());
      ASSERT_NO_FATAL_FAILURE(expect_as_rebuilt(40)) << "round " << round << " step " << step;
      while (kept.size() > 5 || (!kept.empty() && random_() % 6 == 0)) {
        const size_t which = random_() % kept.size();
        ASSERT_EQ(text_of(*kept[which].first), kept[which].second);
        kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
  }
}

TEST_F(EditTest, AZoneGrowsFromNothingAndShrinksToNothing) {
  const auto label = [](size_t i) { return "name-" + std::to_string(i * 7919 % 20011) + ".z.test."; };
  const size_t empty = zone_->memory_octets();
  for (size_t i = 0; i < 12'000;) {
    for (const size_t end = i + 1 + random_() % 400; i < end; ++i)
      set(name_of(label(i)), RRType::A, {"192.0.2." + std::to_string(i % 256)});
    ASSERT_NO_FATAL_FAILURE(apply());
  }
  ASSERT_NO_FATAL_FAILURE(expect_as_rebuilt(100));
  const size_t most = model_.size();
  EXPECT_LT(zone_->memory_octets(), most * 100);
  while (model_.size() > 1) {
    for (size_t i = std::min<size_t>(model_.size() - 1, 1 + random_() % 400); i > 0; --i) {
      const auto owner = std::prev(model_.end())->first;
      set(owner, RRType::A, {});
    }
    ASSERT_NO_FATAL_FAILURE(apply());
  }
  ASSERT_NO_FATAL_FAILURE(expect_as_rebuilt(100));
  EXPECT_EQ(zone_->record_count(), 1u);
  EXPECT_GT(zone_->memory_octets(), empty);
}

TEST_F(EditTest, AZoneThatChangesAllTheTimeStaysAsLargeAsItIs) {
  for (size_t i = 0; i < 20'000; ++i)
    set(name_of("n" + std::to_string(i) + ".z.test."), RRType::A, {"192.0.2.1"});
  build();
  const size_t before = zone_->memory_octets();
  for (int step = 0; step < 6000; ++step) {
    for (int i = 0; i < 5; ++i) {
      const std::string owner = "n" + std::to_string(random_() % 20'000) + ".z.test.";
      set(name_of(owner), RRType::A, {"192.0.2." + std::to_string(random_() % 256)});
    }
    ASSERT_NO_FATAL_FAILURE(apply());
  }
  EXPECT_LT(zone_->memory_octets(), before * 5 / 4);
  expect_as_rebuilt(0);
}

TEST_F(EditTest, WhatWouldBreakTheZoneIsRefusedAndLeavesItAlone) {
  const std::string before = text_of(*zone_);
  const auto refused = [&](RRsetEdit edit) {
    const RRsetEdit good{name_of("www.z.test."), RRType::A, {}, 300, {rdata(RRType::A, "192.0.2.1")}};
    const auto edited = edit_zone(*zone_, std::vector<RRsetEdit>{good, std::move(edit)});
    EXPECT_FALSE(edited);
    return edited ? std::string() : edited.error().message;
  };
  EXPECT_EQ(refused({name_of("www.other.test."), RRType::A, {}, 0, {}}),
            "www.other.test. A: is outside of the zone z.test.");
  EXPECT_EQ(refused({apex_, RRType::SOA, {}, 0, {}}), "z.test. SOA: a zone has one SOA record, at its apex");
  EXPECT_EQ(refused({name_of("a.z.test."), RRType::SOA, {}, 1, {rdata(RRType::SOA, ". . 1 1 1 1 1")}}),
            "a.z.test. SOA: a zone has one SOA record, at its apex");
  EXPECT_EQ(refused({apex_, RRType::SOA, {}, 1, {{1, 2}}}), "a zone has one SOA record, at its apex");
  EXPECT_EQ(refused({apex_, RRType::TXT, {}, 1, {std::vector<uint8_t>(65536)}}),
            "z.test. TXT: RDATA is longer than 65535 octets");
  EXPECT_EQ(text_of(*zone_), before);
}

}  // namespace
}  // namespace atlas::zone
