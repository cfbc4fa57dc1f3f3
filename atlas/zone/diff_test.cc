#include "atlas/zone/diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "atlas/base/checksum.h"
#include "atlas/dns/rdata.h"
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

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string text_of(const Zone& zone) {
  std::string text;
  text::write_zone(zone, text::Format::kText, [&](std::string_view piece) { text += piece; });
  return text;
}

// Records of a zone as lower-case text; what differs between two sets of them is the model of a diff.
std::vector<std::string> records_of(const Zone& zone) {
  std::vector<std::string> records;
  zone.for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
    for (const base::Bytes each : rrset) {
      records.push_back(lower(dns::to_text(owner) + ' ' + std::to_string(rrset.ttl) + ' ' +
                              dns::to_text(rrset.type) + ' ' + dns::rdata_to_text(rrset.type, each)));
    }
  });
  std::ranges::sort(records);
  return records;
}
std::vector<std::string> records_of(const std::vector<DiffRecord>& list) {
  std::vector<std::string> records;
  for (const DiffRecord& record : list) {
    records.push_back(lower(dns::to_text(record.owner.view()) + ' ' + std::to_string(record.ttl) + ' ' +
                            dns::to_text(record.type) + ' ' + dns::rdata_to_text(record.type, record.rdata)));
  }
  std::ranges::sort(records);
  return records;
}

void expect_same(const ZoneDiff& a, const ZoneDiff& b) {
  ASSERT_EQ(lower(to_text(a)), lower(to_text(b)));
}

// Record by record.
void expect_read(base::Bytes octets, const ZoneDiff& diff) {
  auto reader = DiffReader::open(octets);
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_EQ(reader->removed(), diff.removed.size());
  ASSERT_EQ(reader->added(), diff.added.size());
  for (const auto* list : {&diff.removed, &diff.added}) {
    for (const DiffRecord& each : *list) {
      ASSERT_FALSE(reader->is_whole());
      const DiffRecord* const read = reader->next();
      ASSERT_NE(read, nullptr);
      ASSERT_EQ(*read, each);
    }
  }
  ASSERT_EQ(reader->next(), nullptr);
  ASSERT_TRUE(reader->is_whole());
}

class DiffTest : public testing::Test {
 protected:
  DiffTest() {
    RecordList records;
    records.add(apex_, RRType::SOA, 300, rdata(RRType::SOA, "ns.z.test. admin.z.test. 1 3600 600 86400 60"));
    records.add(apex_, RRType::NS, 300, rdata(RRType::NS, "ns.z.test."));
    records.add(name_of("ns.z.test."), RRType::A, 300, rdata(RRType::A, "192.0.2.53"));
    records.sort();
    zone_ = Zone::build(apex_, records);
  }

  std::string in_random_case(std::string text) {
    for (char& c : text) c = static_cast<char>(random_() % 4 == 0 ? std::toupper(c) : std::tolower(c));
    return text;
  }

  RRsetEdit random_edit() {
    static constexpr const char* kLabels[] = {"a", "b", "c", "*", "www", "x-y", "\\000", "_25._tcp"};
    RRsetEdit edit;
    std::string owner = "z.test.";
    for (size_t i = random_() % 3; i > 0; --i)
      owner = std::string(kLabels[random_() % std::size(kLabels)]) + "." + owner;
    edit.ttl = 300 + static_cast<uint32_t>(random_() % 8 == 0) * 300;
    const auto fill = [&](RRType type, const auto& text) {
      edit.type = type;
      for (size_t i = random_() % 4; i > 0; --i)
        edit.rdatas.push_back(rdata(type, text(std::to_string(random_() % 5))));
    };
    switch (random_() % 10) {
      case 0:
        fill(RRType::NS, [&](auto n) { return in_random_case("ns" + n + ".example."); });
        break;
      case 1:
        fill(RRType::TXT, [&](auto n) { return "\"text" + n + "\" second"; });
        break;
      case 2:
        edit.covered = random_() % 2 == 0 ? RRType::A : RRType::TXT;
        fill(RRType::RRSIG, [&](auto n) {
          return dns::to_text(edit.covered) + " 13 2 300 20300101000000 20200101000000 " + n +
                 in_random_case(" z.test. ") + "AAAA";
        });
        break;
      case 3:
        edit.covered = RRType::NSEC3;
        fill(RRType::RRSIG,
             [&](auto n) { return "NSEC3 13 2 300 20300101000000 20200101000000 " + n + " z.test. AAAA"; });
        break;
      case 4:
        fill(RRType::NSEC3, [](auto n) { return "1 0 " + n + " - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A"; });
        break;
      case 5:
        fill(RRType::MX, [&](auto n) { return n + in_random_case(" mail.z.test."); });
        break;
      case 6:
        fill(static_cast<RRType>(65280 + random_() % 2), [](auto n) { return "\\# 2 0" + n + "ff"; });
        break;
      case 7:
        owner = "z.test.";
        edit.type = RRType::SOA;
        edit.rdatas.push_back(rdata(
            RRType::SOA, "ns.z.test. admin.z.test. " + std::to_string(random_() % 9) + " 3600 600 86400 60"));
        break;
      default:
        fill(RRType::A, [](auto n) { return "192.0.2." + n; });
    }
    edit.owner = name_of(in_random_case(owner));
    return edit;
  }
  std::vector<RRsetEdit> random_edits(size_t most) {
    std::vector<RRsetEdit> edits;
    for (size_t i = random_() % most + 1; i > 0; --i) edits.push_back(random_edit());
    return edits;
  }

  const Name apex_ = name_of("z.test.");
  std::shared_ptr<const Zone> zone_;
  std::mt19937_64 random_{5};
};

TEST_F(DiffTest, SaysWhatEditsChangeAndBringsItAbout) {
  for (int step = 0; step < 300; ++step) {
    const auto edits = random_edits(step % 10 == 0 ? 40 : 4);
    const ZoneDiff diff = diff_of(*zone_, edits);
    const auto before = zone_;
    zone_ = edit_zone(*before, edits).value();

    // The model: what one has and the other has not.
    const auto old_records = records_of(*before), new_records = records_of(*zone_);
    std::vector<std::string> gone, came;
    std::ranges::set_difference(old_records, new_records, std::back_inserter(gone));
    std::ranges::set_difference(new_records, old_records, std::back_inserter(came));
    ASSERT_EQ(records_of(diff.removed), gone) << step;
    ASSERT_EQ(records_of(diff.added), came) << step;
    ASSERT_NO_FATAL_FAILURE(expect_same(diff, diff_between(*before, *zone_)));

    // It leads there, and back. The zone was edited already: that version is given up first.
    const std::string wanted = lower(text_of(*zone_)), was = text_of(*before);
    const auto same_edits = edits_of(diff, *before);
    ASSERT_TRUE(same_edits) << same_edits.error().message;
    zone_.reset();
    zone_ = edit_zone(*before, *same_edits).value();
    ASSERT_EQ(lower(text_of(*zone_)), wanted) << step;
    const auto back = edits_of(inverse_of(diff), *zone_);
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(lower(text_of(**edit_zone(*zone_, *back))), lower(was)) << step;

    const auto decoded = decode_diff(encode(diff));
    ASSERT_TRUE(decoded) << decoded.error().message;
    ASSERT_EQ(decoded->removed, diff.removed);
    ASSERT_EQ(decoded->added, diff.added);
    ASSERT_TRUE(std::ranges::equal(encode(*decoded), encode(diff)));
    ASSERT_NO_FATAL_FAILURE(expect_read(encode(diff), diff));
    if (!diff.empty()) {
      EXPECT_FALSE(edits_of(diff, *zone_)) << "it is made already";
      const auto nothing = edits_of(diff, *zone_, Fit::kLenient);
      ASSERT_TRUE(nothing);
      EXPECT_TRUE(nothing->empty());
    }
  }
}

TEST_F(DiffTest, AChainOfDiffsIsTheDiffOfItsEnds) {
  for (int round = 0; round < 60; ++round) {
    const auto first = zone_;
    ZoneDiff all;
    for (size_t i = random_() % 12; i > 0; --i) {
      const auto edits = random_edits(6);
      all = compose(all, diff_of(*zone_, edits));
      zone_ = edit_zone(*zone_, edits).value();
    }
    ASSERT_NO_FATAL_FAILURE(expect_same(all, diff_between(*first, *zone_)));
    const ZoneDiff nothing = compose(all, inverse_of(all));
    EXPECT_TRUE(nothing.empty()) << to_text(nothing);
  }
}

TEST_F(DiffTest, KeepsTheSpellingOfNames) {
  const auto edit = [](const std::string& owner, const std::string& address) {
    return RRsetEdit{name_of(owner), RRType::A, {}, 300, {rdata(RRType::A, address)}};
  };
  // The first edit of a name that comes spells it; a name that is there stays as it is.
  const std::vector<RRsetEdit> come = {
      {name_of("WwW.Z.test."), RRType::TXT, {}, 300, {rdata(RRType::TXT, "Text")}},
      edit("www.z.test.", "192.0.2.1"),
      edit("NS.z.test.", "192.0.2.54")};
  const std::string text = to_text(diff_of(*zone_, come));
  EXPECT_EQ(text,
            "- ns.z.test. 300 IN A 192.0.2.53\n+ ns.z.test. 300 IN A 192.0.2.54\n"
            "+ WwW.z.test. 300 IN A 192.0.2.1\n+ WwW.z.test. 300 IN TXT \"Text\"\n");
  const auto edited = edit_zone(*zone_, come).value();
  EXPECT_EQ(to_text(diff_between(*zone_, *edited)), text);
  // Names in RDATA are the same in any case (RFC 4034 6.2), texts are not.
  EXPECT_TRUE(
      diff_of(*zone_, std::vector<RRsetEdit>{{apex_, RRType::NS, {}, 300, {rdata(RRType::NS, "NS.Z.TEST.")}}})
          .empty());
  EXPECT_EQ(
      to_text(diff_of(*edited,
                      std::vector<RRsetEdit>{
                          {name_of("www.z.test."), RRType::TXT, {}, 300, {rdata(RRType::TXT, "text")}}})),
      "- WwW.z.test. 300 IN TXT \"Text\"\n+ WwW.z.test. 300 IN TXT \"text\"\n");
}

TEST_F(DiffTest, AnotherTtlReplacesTheRRset) {
  const Name www = name_of("www.z.test.");
  const auto one = rdata(RRType::A, "192.0.2.1"), two = rdata(RRType::A, "192.0.2.2"),
             three = rdata(RRType::A, "192.0.2.3");
  zone_ = edit_zone(*zone_, std::vector<RRsetEdit>{{www, RRType::A, {}, 300, {one, two}}}).value();
  const ZoneDiff diff = diff_of(*zone_, std::vector<RRsetEdit>{{www, RRType::A, {}, 60, {two, three}}});
  EXPECT_EQ(to_text(diff),
            "- www.z.test. 300 IN A 192.0.2.1\n+ www.z.test. 60 IN A 192.0.2.3\n"
            "- www.z.test. 300 IN A 192.0.2.2\n+ www.z.test. 60 IN A 192.0.2.2\n");
}

TEST_F(DiffTest, SelectsRecords) {
  const std::vector<RRsetEdit> edits = {
      {apex_, RRType::SOA, {}, 300, {rdata(RRType::SOA, "ns. admin. 2 1 1 1 1")}},
      {name_of("www.z.test."), RRType::A, {}, 300, {rdata(RRType::A, "192.0.2.1")}},
      {name_of("ns.z.test."), RRType::A, {}, 300, {}}};
  const ZoneDiff diff = diff_of(*zone_, edits);
  EXPECT_EQ(to_text(without_soa(diff)),
            "- ns.z.test. 300 IN A 192.0.2.53\n+ www.z.test. 300 IN A 192.0.2.1\n");
  EXPECT_EQ(to_text(only(diff, name_of("WWW.z.test."), RRType::A)), "+ www.z.test. 300 IN A 192.0.2.1\n");
  EXPECT_TRUE(only(diff, name_of("www.z.test."), RRType::TXT).empty());
  EXPECT_EQ(diff.removed[0].type, RRType::SOA);
  EXPECT_EQ(diff.added[0].type, RRType::SOA);
}

TEST_F(DiffTest, WhatDoesNotBelongToTheVersionIsRefused) {
  const Name www = name_of("www.z.test.");
  const auto one = rdata(RRType::A, "192.0.2.1"), two = rdata(RRType::A, "192.0.2.2");
  zone_ = edit_zone(*zone_, std::vector<RRsetEdit>{{www, RRType::A, {}, 300, {one}}}).value();
  const auto refused = [&](std::vector<DiffRecord> removed, std::vector<DiffRecord> added) {
    const auto edits = edits_of({std::move(removed), std::move(added)}, *zone_);
    return edits ? std::string() : edits.error().message;
  };
  EXPECT_EQ(refused({{www, RRType::A, 300, two}}, {}),
            "- www.z.test. 300 IN A 192.0.2.2: is not in the zone");
  EXPECT_EQ(refused({{www, RRType::A, 60, one}}, {}),
            "- www.z.test. 60 IN A 192.0.2.1: is in the zone with a TTL of 300");
  EXPECT_EQ(refused({}, {{www, RRType::A, 300, one}}),
            "+ www.z.test. 300 IN A 192.0.2.1: is in the zone already");
  EXPECT_EQ(refused({}, {{www, RRType::A, 60, two}}),
            "+ www.z.test. 60 IN A 192.0.2.2: the records that stay have a TTL of 300");
  EXPECT_EQ(refused({}, {{www, RRType::TXT, 60, {0}}, {www, RRType::TXT, 61, {1, 'x'}}}),
            "+ www.z.test. 61 IN TXT \"x\": comes with a record whose TTL is 60");
  EXPECT_EQ(refused({}, {{www, RRType::RRSIG, 60, {1}}}),
            "+ www.z.test. 60 IN RRSIG \\# 1 01: does not say what it covers");
  // Leniently: what can be done is.
  const auto edits = edits_of({{{www, RRType::A, 60, two}, {www, RRType::A, 60, one}},
                               {{www, RRType::A, 60, two}, {www, RRType::A, 60, two}}},
                              *zone_, Fit::kLenient);
  ASSERT_TRUE(edits);
  ASSERT_EQ(edits->size(), 1u);
  EXPECT_EQ((*edits)[0].ttl, 60u);
  ASSERT_EQ((*edits)[0].rdatas.size(), 1u);
  EXPECT_EQ((*edits)[0].rdatas[0], two);
}

// Puts the right checksum behind octets.
std::vector<uint8_t> checked(std::vector<uint8_t> octets) {
  const uint64_t checksum = base::checksum(octets);
  for (int shift = 56; shift >= 0; shift -= 8) octets.push_back(static_cast<uint8_t>(checksum >> shift));
  return octets;
}

std::string refusal(const std::vector<uint8_t>& octets) {
  const auto diff = decode_diff(octets);
  return diff ? "" : diff.error().message;
}

TEST_F(DiffTest, ATypicalChangeTakesFewOctets) {
  const Name apex = name_of("customer.example.com.");
  RecordList records;
  records.add(apex, RRType::SOA, 3600,
              rdata(RRType::SOA,
                    "ns1.provider.example. hostmaster.provider.example. 2026010101 7200 3600 "
                    "1209600 300"));
  records.sort();
  const auto zone = Zone::build(apex, records);
  const std::vector<RRsetEdit> edits = {
      {apex,
       RRType::SOA,
       {},
       3600,
       {rdata(RRType::SOA,
              "ns1.provider.example. hostmaster.provider.example. "
              "2026010102 7200 3600 1209600 300")}},
      {name_of("laptop.customer.example.com."), RRType::A, {}, 300, {rdata(RRType::A, "192.0.2.7")}}};
  EXPECT_LT(encode(diff_of(*zone, edits)).size(), 150u);
}

TEST_F(DiffTest, DamagedOctetsAreRefused) {
  const auto octets = encode(diff_of(*zone_, random_edits(20)));
  ASSERT_TRUE(decode_diff(octets));
  for (size_t i = 0; i < octets.size(); ++i) {
    auto damaged = octets;
    damaged[i] ^= static_cast<uint8_t>(1u << random_() % 8);
    EXPECT_NE(refusal(damaged), "") << i;
    EXPECT_NE(refusal({octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(i)}), "") << i;
  }
  EXPECT_EQ(refusal({}), "the zone difference is empty");
  EXPECT_EQ(refusal({9}), "the zone difference has format 9, and this program knows 1");
  EXPECT_EQ(refusal({1, 0, 0}), "the zone difference is too short");
  EXPECT_EQ(refusal(std::vector<uint8_t>(20, 1)), "the zone difference is damaged: its checksum differs");
}

TEST_F(DiffTest, MalformedOctetsAreRefusedWithWords) {
  const auto malformed = [](std::vector<uint8_t> octets) { return refusal(checked(std::move(octets))); };
  const auto record = [&](std::vector<uint8_t> octets) {
    octets.insert(octets.begin(), {1, 0, 1});
    const std::string message = malformed(octets);
    const std::string front = "the zone difference is malformed: record 1 of the added ones ";
    return message.starts_with(front) ? message.substr(front.size()) : message;
  };
  EXPECT_EQ(malformed({1, 0, 0}), "");
  EXPECT_EQ(malformed({1, 0, 0, 7}), "the zone difference has octets behind its last record");
  EXPECT_EQ(malformed({1, 0, 3, 6, 0, 1, 0, 0}),
            "the zone difference does not have as many records as it says");
  EXPECT_EQ(malformed({1, 0, 0xff, 0xff, 0xff, 0xff, 0x7f}),
            "the zone difference does not have as many records as it says");
  EXPECT_EQ(malformed({1, 0, 0x80, 0}), "the zone difference does not have as many records as it says");
  EXPECT_EQ(record({16, 0}), "has an octet of flags that means nothing");
  EXPECT_EQ(record({3, 3, 1, 'a', 0, 0, 0, 1, 0}), "has an owner that is no name");
  EXPECT_EQ(record({3, 2, 1, 'a', 1, 0, 1, 0}), "has an owner that is no name");
  EXPECT_EQ(record({3, 2, 5, 'a', 0, 0, 1, 0}), "has an owner that is no name");
  EXPECT_EQ(record({2, 0, 1, 4, 1, 2}), "ends too early, or has a number that is too large");
  EXPECT_EQ(record({2, 0, 16, 0xff, 0xff, 0x7f}), "ends too early, or has a number that is too large");
  EXPECT_EQ(record({2, 0, 255, 0}), "has a type that no zone holds");
  EXPECT_EQ(record({2, 0, 1, 3, 1, 2, 3}), "has RDATA that its type does not allow");
  EXPECT_EQ(record({10, 0, 1, 4, 1, 0, 2, 3, 4}), "shares RDATA that is not there");
  EXPECT_EQ(record({2, 0, 1, 4, 1, 2, 3, 4}), "");
}

}  // namespace
}  // namespace atlas::zone
