#include <random>

#include "atlas/transfer/test_transfer.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/edit.h"

namespace atlas::transfer::testing {
namespace {

using dns::RRType;

std::vector<uint8_t> soa_rdata(uint32_t serial) {
  return dns::parse_rdata(RRType::SOA,
                          "ns.z.test. admin.z.test. " + std::to_string(serial) + " 3600 600 86400 60")
      .value();
}

zone::DiffRecord record(const std::string& owner, RRType type, const std::string& text, uint32_t ttl = 300) {
  return {name_of(owner), type, ttl, dns::parse_rdata(type, text).value()};
}

zone::DiffRecord soa(uint32_t serial) {
  return {name_of("z.test."), RRType::SOA, 300, soa_rdata(serial)};
}

EncodedDiff encoded(const zone::ZoneDiff& diff) {
  return std::make_shared<const std::vector<uint8_t>>(zone::encode(diff));
}

Asked asked(uint32_t serial) {
  return {.type = RRType::IXFR, .edns = true, .expire = true, .soa = soa_rdata(serial)};
}

std::unique_ptr<Outgoing> ixfr(uint32_t from, uint32_t to, const std::vector<zone::ZoneDiff>& diffs) {
  std::vector<EncodedDiff> all;
  for (const zone::ZoneDiff& diff : diffs) all.push_back(encoded(diff));
  return make_ixfr(facts_of(asked(from)), soa_rdata(to), 300, std::move(all));
}

void append(std::vector<Spelled>& to, const std::vector<zone::DiffRecord>& records) {
  for (const zone::DiffRecord& each : records)
    to.push_back(spelled(each.owner, each.type, each.ttl, each.rdata));
}

// What is to come (RFC 1995 4).
std::vector<Spelled> expected(uint32_t to, const std::vector<zone::ZoneDiff>& diffs) {
  std::vector<Spelled> records;
  append(records, {soa(to)});
  for (const zone::ZoneDiff& diff : diffs) {
    append(records, diff.removed);
    append(records, diff.added);
  }
  if (!diffs.empty()) append(records, {soa(to)});
  return records;
}

TEST(Ixfr, ASoaAloneSaysThatThereIsNothing) {
  const auto outgoing = ixfr(7, 7, {});
  const auto messages = pull_all(*outgoing);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(records_in(messages), expected(7, {}));
  const auto message = dns::parse_message(messages[0]).value();
  EXPECT_EQ(message.header.flags, dns::kFlagQR | dns::kFlagAA);
  EXPECT_EQ(message.edns.value().find<dns::ExpireOption>()->seconds, 86400u);
  EXPECT_EQ(outgoing->records(), 1u);
}

TEST(Ixfr, StepsFollowEachOther) {
  const std::vector<zone::ZoneDiff> diffs = {
      {{soa(1), record("a.z.test.", RRType::A, "192.0.2.1")}, {soa(2)}},
      {{soa(2)},
       {soa(3), record("A.z.test.", RRType::A, "192.0.2.2"), record("b.Z.test.", RRType::MX, "1 a.z.test.")}},
  };
  const auto outgoing = ixfr(1, 3, diffs);
  const auto messages = pull_all(*outgoing);
  EXPECT_EQ(messages.size(), 1u);
  EXPECT_EQ(records_in(messages), expected(3, diffs));
  EXPECT_EQ(outgoing->records(), expected(3, diffs).size());
}

TEST(Ixfr, ManyRecordsComeInManyMessages) {
  std::mt19937 random(3);
  std::vector<zone::ZoneDiff> diffs;
  for (uint32_t serial = 1; serial <= 30; ++serial) {
    zone::ZoneDiff diff{{soa(serial)}, {soa(serial + 1)}};
    for (auto* list : {&diff.removed, &diff.added}) {
      for (size_t i = random() % 200; i > 0; --i) {
        const std::string owner = "host" + std::to_string(random() % 1000) + ".z.test.";
        list->push_back(random() % 2 == 0
                            ? record(owner, RRType::A, "192.0.2." + std::to_string(random() % 256))
                            : record(owner, RRType::TXT, std::string(random() % 200 + 1, 'x'), 60));
      }
    }
    diffs.push_back(std::move(diff));
  }
  const auto outgoing = ixfr(1, 31, diffs);
  const auto messages = pull_all(*outgoing);
  EXPECT_GT(messages.size(), 10u);
  EXPECT_EQ(records_in(messages), expected(31, diffs));
  for (const auto& message : messages) EXPECT_LE(message.size(), kMessageOctets);
}

TEST(Ixfr, ALargeRecordStandsAlone) {
  std::string hex;
  for (size_t i = 0; i < 30'000; ++i) hex += "5a";
  const std::vector<zone::ZoneDiff> diffs = {
      {{soa(1)}, {soa(2), record("a.z.test.", static_cast<RRType>(65280), "\\# 30000 " + hex)}}};
  const auto messages = pull_all(*ixfr(1, 2, diffs));
  EXPECT_EQ(messages.size(), 3u);
  EXPECT_EQ(records_in(messages), expected(2, diffs));
}

TEST(Ixfr, ADamagedJournalEndsInServfail) {
  const zone::ZoneDiff good{{soa(1)}, {soa(2), record("a.z.test.", RRType::A, "192.0.2.1")}};
  std::vector<uint8_t> damaged = zone::encode(good);
  damaged[damaged.size() / 2] ^= 1;
  const std::vector<EncodedDiff> wrong = {
      std::make_shared<const std::vector<uint8_t>>(damaged),
      std::make_shared<const std::vector<uint8_t>>(),
      encoded({{}, {soa(2)}}),
      encoded({{soa(1)}, {}}),
      encoded({{record("a.z.test.", RRType::A, "192.0.2.1")}, {soa(2)}}),
      encoded({{soa(1), soa(1)}, {soa(2)}}),
  };
  for (size_t i = 0; i < wrong.size(); ++i) {
    const auto outgoing = make_ixfr(facts_of(asked(1)), soa_rdata(3), 300, {encoded(good), wrong[i]});
    const auto messages = pull_all(*outgoing);
    ASSERT_EQ(messages.size(), 1u) << i;
    const auto message = dns::parse_message(messages[0]).value();
    EXPECT_EQ(message.rcode(), dns::Rcode::SERVFAIL) << i;
    EXPECT_TRUE(message.answers.empty()) << i;
    EXPECT_EQ(message.questions.size(), 1u) << i;
  }
}

}  // namespace
}  // namespace atlas::transfer::testing
