#include "atlas/zone/record_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "atlas/dns/rdata.h"

namespace atlas::zone {
namespace {

using dns::RRType;

void add(RecordList& list, const char* owner, RRType type, const char* rdata, uint32_t ttl = 60,
         uint32_t line = 0) {
  list.add(*dns::parse_name(owner), type, ttl, *dns::parse_rdata(type, rdata), 0, {line, 1});
}

std::vector<std::string> lines(const RecordList& list) {
  std::vector<std::string> lines;
  for (const ListedRecord& record : list.records()) {
    lines.push_back(dns::to_text(list.owner(record)) + ' ' + dns::to_text(record.type) + ' ' +
                    dns::rdata_to_text(record.type, list.rdata(record)));
  }
  return lines;
}

TEST(RecordList, SortsOwnersCanonicallyAndTheSoaFirst) {
  RecordList list;
  add(list, "z.example.", RRType::A, "192.0.2.1");
  add(list, "example.", RRType::A, "192.0.2.2");
  add(list, "*.z.example.", RRType::A, "192.0.2.1");
  add(list, "example.", RRType::SOA, "ns h 1 2 3 4 5");
  add(list, "\\001.z.example.", RRType::A, "192.0.2.1");
  add(list, "Z.a.example.", RRType::A, "192.0.2.1");
  add(list, "yljkjljk.a.example.", RRType::A, "192.0.2.1");
  add(list, "a.example.", RRType::A, "192.0.2.1");
  add(list, "zABC.a.EXAMPLE.", RRType::A, "192.0.2.1");
  add(list, "\\200.z.example.", RRType::A, "192.0.2.1");
  list.sort();
  // The order of RFC 4034 6.1.
  EXPECT_EQ(lines(list), (std::vector<std::string>{
                             "example. SOA ns. h. 1 2 3 4 5",
                             "example. A 192.0.2.2",
                             "a.example. A 192.0.2.1",
                             "yljkjljk.a.example. A 192.0.2.1",
                             "Z.a.example. A 192.0.2.1",
                             "zABC.a.EXAMPLE. A 192.0.2.1",
                             "z.example. A 192.0.2.1",
                             "\\001.z.example. A 192.0.2.1",
                             "*.z.example. A 192.0.2.1",
                             "\\200.z.example. A 192.0.2.1",
                         }));
}

TEST(RecordList, DropsRecordsThatDifferOnlyInTheCaseOfNames) {
  RecordList list;
  add(list, "example.", RRType::MX, "10 Mail.example.", 60, 1);
  add(list, "EXAMPLE.", RRType::MX, "10 mail.EXAMPLE.", 60, 2);
  add(list, "example.", RRType::TXT, "a", 60, 3);
  add(list, "example.", RRType::TXT, "A", 60, 4);
  add(list, "example.", RRType::MX, "10 mail.example.", 60, 5);
  list.sort();
  EXPECT_EQ(lines(list), (std::vector<std::string>{"example. MX 10 Mail.example.", "example. TXT \"A\"",
                                                   "example. TXT \"a\""}));
  EXPECT_EQ(list.position(list.records()[0]).line, 1u) << "the first line wins";
}

TEST(RecordList, SortsRdataByItsCanonicalForm) {
  RecordList list;
  add(list, "example.", RRType::NS, "B.example.");
  add(list, "example.", RRType::NS, "a.example.");
  list.sort();
  EXPECT_EQ(lines(list), (std::vector<std::string>{"example. NS a.example.", "example. NS B.example."}));
}

TEST(RecordList, SortsAnyOrderOfOwnersAlike) {
  std::vector<std::string> owners;
  const std::string labels[] = {"a",       "A",     "ab", "\\000",    "\\001",    "a\\000",
                                "a\\001b", "\\255", "*",  "abcdefgh", "abcdefghi"};
  for (const std::string& one : labels) {
    owners.push_back(one + ".example.");
    for (const std::string& two : labels) owners.push_back(one + '.' + two + ".example.");
  }
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    std::ranges::shuffle(owners, random);
    RecordList list;
    for (const std::string& owner : owners) add(list, owner.c_str(), RRType::A, "192.0.2.1");
    list.sort();
    const auto records = list.records();
    for (size_t i = 1; i < records.size(); ++i) {
      ASSERT_TRUE(dns::compare_canonical(list.owner(records[i - 1]), list.owner(records[i])) < 0)
          << dns::to_text(list.owner(records[i - 1])) << ' ' << dns::to_text(list.owner(records[i]));
    }
    // "a" and "A" are one owner.
    EXPECT_EQ(records.size(), 10u + 10u * 10u);
  }
}

// The ways to sort: parts that are sorted, of any sizes, and no order at all.
TEST(RecordList, SortsAnyNumberOfSortedPartsAlike) {
  std::mt19937 random(1);
  for (const size_t parts : {1, 2, 3, 5, 64, 65, 500}) {
    std::vector<std::vector<std::string>> owners(parts);
    for (int i = 0; i < 3000; ++i) {
      // Keys of eight octets do not tell them apart.
      std::string label =
          std::string(7, 'x') + static_cast<char>('a' + random() % 26) + std::to_string(random() % 700);
      if (random() % 2 != 0) label.front() = 'X';
      owners[std::min<size_t>(random() % parts, random() % parts)].push_back(label);
    }
    RecordList list;
    uint32_t line = 0;
    for (std::vector<std::string>& part : owners) {
      std::ranges::sort(part, {}, [](std::string label) {
        for (char& c : label) c = static_cast<char>(dns::ascii_lower(static_cast<uint8_t>(c)));
        return label;
      });
      for (const std::string& label : part) {
        add(list, (label + ".example.").c_str(), RRType::A, random() % 2 != 0 ? "192.0.2.1" : "192.0.2.2", 60,
            ++line);
      }
    }
    list.sort();
    const auto records = list.records();
    for (size_t i = 1; i < records.size(); ++i) {
      const auto order = dns::compare_canonical(list.owner(records[i - 1]), list.owner(records[i]));
      ASSERT_EQ(order == 0, records[i].shares_owner(records[i - 1]));
      ASSERT_TRUE(order < 0 || (order == 0 && std::ranges::lexicographical_compare(list.rdata(records[i - 1]),
                                                                                   list.rdata(records[i]))));
    }
  }
}

TEST(RecordList, SortsAgainWhatIsAddedBehind) {
  RecordList list;
  for (const char* owner : {"c.example.", "a.example.", "b.example."}) add(list, owner, RRType::TXT, "a");
  list.sort();
  for (const char* owner : {"c.example.", "a.example."}) add(list, owner, RRType::A, "192.0.2.1");
  list.sort();
  EXPECT_EQ(lines(list), (std::vector<std::string>{"a.example. A 192.0.2.1", "a.example. TXT \"a\"",
                                                   "b.example. TXT \"a\"", "c.example. A 192.0.2.1",
                                                   "c.example. TXT \"a\""}));
}

TEST(RecordList, OwnersWithoutACommonSuffixSortToo) {
  RecordList list;
  add(list, "example.org.", RRType::A, "192.0.2.1");
  add(list, "example.com.", RRType::A, "192.0.2.1");
  add(list, ".", RRType::A, "192.0.2.1");
  list.sort();
  EXPECT_EQ(lines(list), (std::vector<std::string>{". A 192.0.2.1", "example.com. A 192.0.2.1",
                                                   "example.org. A 192.0.2.1"}));
}

TEST(RecordList, TheLowestTtlIsThatOfTheRRset) {
  RecordList list;
  add(list, "example.", RRType::A, "192.0.2.1", 300);
  add(list, "EXAMPLE.", RRType::A, "192.0.2.2", 60);
  add(list, "example.", RRType::TXT, "a", 900);
  add(list, "example.", RRType::RRSIG, "A 13 1 300 20300101000000 20200101000000 1 example. aaaa", 300);
  add(list, "example.", RRType::RRSIG, "A 13 1 300 20300101000000 20200101000000 2 example. aaaa", 200);
  add(list, "example.", RRType::RRSIG, "TXT 13 1 900 20300101000000 20200101000000 1 example. aaaa", 900);
  list.sort();
  list.level_ttls();
  std::vector<uint32_t> ttls;
  for (const ListedRecord& record : list.records()) ttls.push_back(record.ttl);
  EXPECT_EQ(ttls, (std::vector<uint32_t>{60, 60, 900, 200, 200, 900}))
      << "A, TXT, then signatures by covered type";
}

TEST(RecordList, AnEmptyListSorts) {
  RecordList list;
  list.sort();
  list.level_ttls();
  EXPECT_EQ(list.size(), 0u);
}

}  // namespace
}  // namespace atlas::zone
