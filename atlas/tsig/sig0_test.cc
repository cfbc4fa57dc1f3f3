#include "atlas/tsig/sig0.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "atlas/tsig/test_messages.h"

namespace atlas::tsig {
namespace {

using Outcome = Sig0Result::Outcome;
using Keys = std::vector<std::vector<uint8_t>>;

struct Vector {
  int algorithm;
  int64_t time;
  std::string_view key;
  std::string_view message;
};
constexpr Vector kVectors[] = {
#include "atlas/tsig/sig0_vectors.inc"
};

std::string describe(const Sig0Result& result) {
  return std::to_string(static_cast<int>(result.outcome)) + " " + std::string(result.reason);
}

class Sig0 : public ::testing::TestWithParam<Vector> {
 protected:
  Sig0() : message_(from_hex(GetParam().message)), keys_{from_hex(GetParam().key)} {}

  Sig0Result verify(int64_t seconds_later = 0) const {
    return verify_sig0(
        message_, [&](dns::NameView signer) { return signer == name_of("signer.test.") ? keys_ : Keys(); },
        at_second(GetParam().time + seconds_later));
  }
  // Where the record is: what nsupdate sends has the SIG's owner, the root, in front of its type.
  size_t record() const {
    static constexpr uint8_t kFront[] = {0, 0, 24, 0, 255, 0, 0, 0, 0};
    return static_cast<size_t>(std::ranges::search(message_, kFront).begin() - message_.begin());
  }

  std::vector<uint8_t> message_;
  Keys keys_;
};

TEST_P(Sig0, WhatNsupdateSignsIsGood) {
  const Sig0Result result = verify();
  EXPECT_EQ(result.outcome, Outcome::kGood) << result.reason;
  EXPECT_TRUE(result.signer == name_of("Signer.test."));
  EXPECT_EQ(result.message_octets, record());
  EXPECT_TRUE(result.reason.empty());
}

// No bit is without meaning: what the signature does not cover has only one value.
TEST_P(Sig0, NoBitMayDiffer) {
  for (size_t bit = 0; bit < message_.size() * 8; ++bit) {
    message_[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_NE(verify().outcome, Outcome::kGood) << "bit " << bit;
    message_[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

TEST_P(Sig0, MessagesCutOffAreNotGood) {
  while (message_.size() > dns::kHeaderOctets) {
    message_.pop_back();
    EXPECT_NE(verify().outcome, Outcome::kGood) << message_.size();
  }
}

// nsupdate lets its signatures begin five minutes ago and end in five.
TEST_P(Sig0, TheTimeIsBetweenInceptionAndExpiration) {
  EXPECT_EQ(verify(-290).outcome, Outcome::kGood);
  EXPECT_EQ(verify(290).outcome, Outcome::kGood);
  EXPECT_EQ(describe(verify(-310)), "2 the time is not between inception and expiration");
  EXPECT_EQ(describe(verify(310)), "2 the time is not between inception and expiration");
}

TEST_P(Sig0, ThereMustBeAKeyOfTheTag) {
  keys_ = {};
  EXPECT_EQ(describe(verify()), "2 the signer has no such key");
  keys_ = {from_hex(GetParam().key)};
  keys_[0].back() ^= 1;  // gives it another tag
  EXPECT_EQ(describe(verify()), "2 the signer has no such key");
  keys_.push_back(from_hex(GetParam().key));
  EXPECT_EQ(verify().outcome, Outcome::kGood);
}

// The octets of flags and protocol that changed are balanced in others, so that the tag stays.
TEST_P(Sig0, FlagsAndProtocolMustPermitIt) {
  const auto with = [&](uint8_t flags_high, uint8_t protocol) {
    keys_ = {from_hex(GetParam().key)};
    const auto tag_of = [](const std::vector<uint8_t>& key) {
      uint32_t sum = 0;
      for (size_t i = 0; i < key.size(); ++i) sum += i % 2 == 0 ? uint32_t{key[i]} << 8 : key[i];
      return static_cast<uint16_t>(sum + (sum >> 16));
    };
    const uint16_t tag = tag_of(keys_[0]);
    keys_[0][0] = flags_high;
    keys_[0][2] = protocol;
    for (unsigned low = 0; low < 0x10000 && tag_of(keys_[0]) != tag; ++low)
      base::store_u16(&keys_[0][4], static_cast<uint16_t>(low));
    return verify();
  };
  for (const uint8_t forbidden : {0x82, 0xc2, 0x01, 0x03}) {
    EXPECT_EQ(describe(with(forbidden, 3)), "2 the key's flags or protocol forbid it") << int{forbidden};
  }
  EXPECT_EQ(describe(with(0x02, 4)), "2 the key's flags or protocol forbid it");
  // Of another key than the one that signed, if it may be used.
  EXPECT_NE(describe(with(0x00, 3)), "2 the key's flags or protocol forbid it");
}

TEST_P(Sig0, KeysOfTheSameTagAreTriedUpToALimit) {
  // Two octets of one place differ by as much as is taken from another: the tag stays.
  std::vector<uint8_t> other = from_hex(GetParam().key);
  const size_t last = other.size() - 1;
  for (size_t at = 8; at + 2 <= last; ++at) {
    if ((last - at) % 2 == 0 && other[at] < 255 && other[last] > 0) {
      ++other[at];
      --other[last];
      break;
    }
  }
  ASSERT_NE(other, from_hex(GetParam().key));
  keys_.assign(kSig0KeysMax - 1, other);
  keys_.push_back(from_hex(GetParam().key));
  EXPECT_EQ(verify().outcome, Outcome::kGood);
  keys_.insert(keys_.begin(), other);
  EXPECT_EQ(describe(verify()), "2 the signer has too many keys of this tag");
}

TEST_P(Sig0, ItMustBeTheLastRecord) {
  const uint8_t another[] = {0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1};
  message_.insert(message_.end(), std::begin(another), std::end(another));
  base::store_u16(&message_[10], 2);
  EXPECT_EQ(describe(verify()), "3 a signature is not the last record");
  message_ = from_hex(GetParam().message);
  message_.push_back(0);
  EXPECT_EQ(describe(verify()), "3 the SIG is malformed");
}

TEST_P(Sig0, ASigOfRecordsIsNone) {
  message_[record() + 12] = 1;  // covers A
  EXPECT_EQ(verify().outcome, Outcome::kUnsigned);
}

TEST_P(Sig0, UnknownAlgorithmsAreNotGood) {
  message_[record() + 13] = 253;
  EXPECT_EQ(describe(verify()), "2 the algorithm is unknown");
}

INSTANTIATE_TEST_SUITE_P(Nsupdate, Sig0, ::testing::ValuesIn(kVectors),
                         [](const auto& of) { return "algorithm" + std::to_string(of.param.algorithm); });

TEST(Sig0Unsigned, MessagesWithoutOneAreUnsigned) {
  const auto keys = [](dns::NameView) { return Keys(); };
  const auto query = test_query();
  const Sig0Result result = verify_sig0(query, keys, at_second(kTestTime));
  EXPECT_EQ(result.outcome, Outcome::kUnsigned);
  EXPECT_EQ(result.message_octets, query.size());
  EXPECT_EQ(verify_sig0({}, keys, at_second(kTestTime)).outcome, Outcome::kUnsigned);
}

}  // namespace
}  // namespace atlas::tsig
