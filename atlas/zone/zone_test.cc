#include "atlas/zone/zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "atlas/dns/rdata.h"
#include "atlas/zone/zone_walk.h"

namespace atlas::zone {
namespace {

using dns::Name;
using dns::NameView;
using dns::RRType;

struct CanonicalLess {
  bool operator()(const Name& a, const Name& b) const { return dns::compare_canonical(a, b) < 0; }
};
// What a zone holds, as plain as can be: owner, type, RDATAs.
using Model = std::map<Name, std::map<RRType, std::set<std::vector<uint8_t>>>, CanonicalLess>;

Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

class ZoneTest : public testing::Test {
 protected:
  void add(NameView owner, RRType type, const std::string& rdata) {
    const auto wire = dns::parse_rdata(type, rdata).value();
    records_.add(owner, type, 300, wire);
    if (!model_.contains(owner)) {
      for (NameView name = owner; name.size() > apex_.view().size(); name = name.parent())
        names_.insert(name);
      names_.insert(apex_);
    }
    model_[owner][type].insert(std::vector<uint8_t>(wire.begin(), wire.end()));
  }
  void add_soa() { add(apex_, RRType::SOA, "ns. admin. 7 3600 600 86400 60"); }
  const Zone& build() {
    records_.sort();
    zone_ = Zone::build(apex_, records_);
    return *zone_;
  }

  // A label of few different octets, so that names share a lot; rare ones need care.
  std::string random_label() {
    static constexpr const char* kPieces[] = {"a",     "b",     "ab", "A",  "-", "\\000",
                                              "\\001", "\\255", "*",  "zz", "0"};
    std::string label;
    for (size_t i = random_() % 4 + 1; i > 0; --i) label += kPieces[random_() % std::size(kPieces)];
    return label;
  }
  Name random_name(size_t depth_max) {
    std::string text;
    for (size_t i = random_() % (depth_max + 1); i > 0; --i) text += random_label() + ".";
    return dns::parse_name(text + dns::to_text(apex_)).value();
  }

  Name apex_ = name_of("z.test.");
  RecordList records_;
  Model model_;
  std::set<Name, CanonicalLess> names_;  // with empty non-terminals
  std::shared_ptr<const Zone> zone_;
  std::mt19937_64 random_{1};
};

TEST_F(ZoneTest, FindsWhatAModelFinds) {
  for (int round = 0; round < 30; ++round) {
    records_ = RecordList();
    model_.clear();
    names_.clear();
    add_soa();
    const size_t size = size_t{1} << random_() % 12;
    for (size_t i = 0; i < size; ++i) {
      const Name owner = random_name(4);
      add(owner, RRType::A, "192.0.2." + std::to_string(random_() % 5));
      if (random_() % 4 == 0) add(owner, RRType::TXT, "\"" + std::string(random_() % 200, 'x') + "\" \"y\"");
    }
    const Zone& zone = build();
    for (const Name& name : names_) {
      const Zone::Found found = zone.find(name);
      ASSERT_TRUE(found.exact) << dns::to_text(name);
      EXPECT_EQ(found.node.name(), name);
      EXPECT_EQ(found.node.is_empty_non_terminal(), !model_.contains(name));
      for (const RRType type : {RRType::A, RRType::TXT}) {
        const auto rrset = found.node.find(type);
        const bool wanted = model_.contains(name) && model_[name].contains(type);
        ASSERT_EQ(rrset.has_value(), wanted) << dns::to_text(name);
        if (!wanted) continue;
        std::set<std::vector<uint8_t>> rdatas;
        for (const base::Bytes rdata : rrset->view()) rdatas.emplace(rdata.begin(), rdata.end());
        EXPECT_EQ(rdatas, model_[name][type]);
        EXPECT_EQ(rrset->view().count, rdatas.size());
      }
      const auto wildcard = dns::wildcard_of(name);
      // No label of the zone is so long.
      const auto absent = dns::parse_name(std::string(40, 'q'), name);
      if (!absent || !wildcard) continue;
      const Zone::Found below = zone.find(*absent);
      EXPECT_EQ(below.node, found.node);
      ASSERT_EQ(below.wildcard.has_value(), names_.contains(*wildcard)) << dns::to_text(name);
      if (below.wildcard) {
        EXPECT_EQ(below.wildcard->name(), *wildcard);
      }
    }
    for (int i = 0; i < 500; ++i) {
      const Name name = random_name(6);
      NameView encloser = name;
      while (!names_.contains(encloser)) encloser = encloser.parent();
      const Zone::Found found = zone.find(name);
      EXPECT_EQ(found.exact, encloser == name.view()) << dns::to_text(name);
      EXPECT_EQ(found.node.name(), Name(encloser)) << dns::to_text(name);
      EXPECT_EQ(found.node.label_count(), encloser.label_count());
    }
  }
}

TEST_F(ZoneTest, WalksInCanonicalOrderWithTheSpellingOfTheOwner) {
  add_soa();
  for (int i = 0; i < 3000; ++i) add(random_name(4), RRType::A, "192.0.2.1");
  const Zone& zone = build();
  std::vector<std::string> walked, wanted;
  zone.for_each_rrset([&](NameView owner, const dns::RRsetView& rrset) {
    walked.push_back(dns::to_text(owner) + " " + dns::to_text(rrset.type));
  });
  for (const auto& [owner, rrsets] : model_) {
    if (owner.view() == apex_) wanted.push_back(dns::to_text(owner) + " SOA");
    for (const auto& [type, rdatas] : rrsets) {
      if (type != RRType::SOA) wanted.push_back(dns::to_text(owner) + " " + dns::to_text(type));
    }
  }
  ASSERT_EQ(walked.size(), wanted.size());
  // Of names that differ only in case, one spelling stays.
  for (size_t i = 0; i < walked.size(); ++i) {
    EXPECT_EQ(name_of(walked[i].substr(0, walked[i].find(' '))),
              name_of(wanted[i].substr(0, wanted[i].find(' '))));
  }
}

TEST_F(ZoneTest, PagesOfOwnersAreTheWholeZone) {
  add_soa();
  // Two trees beside each other.
  add(apex_, RRType::NSEC3PARAM, "1 0 0 -");
  const auto hash = [&](int i) {
    return name_of(std::string(1, static_cast<char>('a' + i % 20)) + std::string(31, 'v') + ".z.test.");
  };
  for (int i = 0; i < 20; ++i) add(hash(i), RRType::NSEC3, "1 0 0 - AVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV A");
  for (int i = 0; i < 1000; ++i) add(random_name(4), RRType::A, "192.0.2.1");
  const Zone& zone = build();
  std::vector<std::string> walked, paged;
  zone.for_each_rrset([&](NameView owner, const dns::RRsetView& rrset) {
    walked.push_back(dns::to_text(owner) + " " + dns::to_text(rrset.type));
  });
  std::optional<Name> next = apex_;
  while (next) {
    const Name from = *next;
    next.reset();
    size_t owners = 0;
    for (ZoneWalk walk(zone, from); !next && walk.next();) {
      if (++owners == 8) {
        next = walk.owner();
        continue;
      }
      for (const OwnedRRset& rrset : walk.rrsets())
        paged.push_back(dns::to_text(walk.owner()) + " " + dns::to_text(rrset.view.type));
    }
  }
  EXPECT_EQ(paged, walked);
  // Names that do not exist have a place, too.
  for (int i = 0; i < 100; ++i) {
    const Name from = random_name(5);
    ZoneWalk walk(zone, from);
    const bool has_next = walk.next();
    const auto wanted = model_.lower_bound(from);
    ASSERT_EQ(has_next, wanted != model_.end());
    if (has_next) {
      EXPECT_EQ(Name(walk.owner()), wanted->first);
    }
  }
}

TEST_F(ZoneTest, TheLastNsecAtOrBeforeAName) {
  add_soa();
  add(apex_, RRType::NSEC, "z.test. SOA NSEC");
  for (int i = 0; i < 2000; ++i) {
    const Name owner = random_name(3);
    add(owner, RRType::NSEC, "z.test. A NSEC");
  }
  const Zone& zone = build();
  ASSERT_EQ(zone.denial(), Denial::kNsec);
  for (int i = 0; i < 2000; ++i) {
    const Name name = random_name(5);
    const auto behind = model_.upper_bound(name);
    EXPECT_EQ(zone.nsec_at_or_before(name).name(), std::prev(behind)->first) << dns::to_text(name);
  }
}

TEST_F(ZoneTest, ManyNamesBelowACutHideNoNsec) {
  add_soa();
  add(apex_, RRType::NSEC, "z.test. SOA NSEC");
  add(name_of("cut.z.test."), RRType::NS, "ns.");
  add(name_of("cut.z.test."), RRType::NSEC, "z.test. NS NSEC");
  for (int i = 0; i < 20'000; ++i) {
    add(name_of("g" + std::to_string(i) + ".cut.z.test."), RRType::A, "192.0.2.1");
  }
  EXPECT_EQ(build().nsec_at_or_before(name_of("cuu.z.test.")).name(), name_of("cut.z.test."));
}

// On its way to NSEC3 with parameters that are not used here, a zone still has its NSEC chain.
TEST_F(ZoneTest, UnsupportedNsec3LeavesTheNsecChain) {
  add_soa();
  add(apex_, RRType::NSEC3PARAM, "1 0 151 -");
  EXPECT_EQ(build().denial(), Denial::kNsec3Unsupported);
  add(apex_, RRType::NSEC, "z.test. SOA NSEC NSEC3PARAM");
  EXPECT_EQ(build().denial(), Denial::kNsec);
}

TEST_F(ZoneTest, RRsetsOfEverySizeComeBack) {
  add_soa();
  // None, one, as many as fill a message, more than a message can count; RDATAs without an octet too.
  for (int i = 0; i < 70'000; ++i) {
    const std::string address = std::to_string(i / 250) + "." + std::to_string(i % 250);
    if (i < 13) add(name_of("some.z.test."), RRType::A, "192.0." + address);
    add(name_of("many.z.test."), RRType::A,
        "10." + std::to_string(i / 62500) + "." + std::to_string(i / 250 % 250) + "." +
            std::to_string(i % 250));
  }
  add(name_of("empty.z.test."), RRType::NULL_, "\\# 0");
  add(name_of("big.z.test."), RRType::NULL_, "\\# 60000 " + std::string(120'000, 'a'));
  const Zone& zone = build();
  const auto count_of = [&](const std::string& name, RRType type) {
    const auto rrset = zone.find(name_of(name)).node.find(type);
    size_t count = 0;
    for ([[maybe_unused]] const base::Bytes rdata : rrset->view()) ++count;
    EXPECT_EQ(count, rrset->view().count);
    return count;
  };
  EXPECT_EQ(count_of("some.z.test.", RRType::A), 13u);
  EXPECT_EQ(count_of("many.z.test.", RRType::A), 65535u);
  EXPECT_EQ(count_of("empty.z.test.", RRType::NULL_), 1u);
  EXPECT_TRUE(zone.find(name_of("empty.z.test.")).node.find(RRType::NULL_)->view().first().empty());
  EXPECT_EQ(zone.find(name_of("big.z.test.")).node.find(RRType::NULL_)->view().first().size(), 60'000u);
}

TEST_F(ZoneTest, MoreShapesThanTheTableHolds) {
  add_soa();
  for (int i = 0; i < 1000; ++i) {
    const Name owner = name_of("n" + std::to_string(i) + ".z.test.");
    records_.add(owner, RRType::A, static_cast<uint32_t>(i),
                 dns::parse_rdata(RRType::A, "192.0.2.1").value());
  }
  const Zone& zone = build();
  for (int i = 0; i < 1000; ++i) {
    const auto rrset = zone.find(name_of("n" + std::to_string(i) + ".z.test.")).node.find(RRType::A);
    ASSERT_TRUE(rrset);
    EXPECT_EQ(rrset->view().ttl, static_cast<uint32_t>(i));
  }
}

TEST_F(ZoneTest, TheSameRecordsMakeTheSameImage) {
  add_soa();
  for (int i = 0; i < 500; ++i) add(random_name(3), RRType::A, "192.0.2." + std::to_string(i % 7));
  const auto first = build().image();
  const std::vector<uint8_t> octets(first.begin(), first.end());
  const auto again = Zone::build(apex_, records_);
  EXPECT_TRUE(std::ranges::equal(octets, again->image()));
}

}  // namespace
}  // namespace atlas::zone
