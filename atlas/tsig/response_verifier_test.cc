// A client's side: responses of one message and of many.
#include <gtest/gtest.h>

#include <string>

#include "atlas/tsig/record.h"
#include "atlas/tsig/test_messages.h"
#include "atlas/tsig/tsig.h"

namespace atlas::tsig {
namespace {

class TsigResponse : public ::testing::Test {
 protected:
  TsigResponse() {
    const auto request = signed_query(key_, kTestTime, &mac_);
    signer_ = verify(request, keys_, at_second(kTestTime)).signer;
  }

  std::vector<uint8_t> response(ResponseSigner& signer, uint16_t id = 0x1234) const {
    return signed_message([&](auto& out, size_t octets, auto now) { return signer.sign(out, octets, now); },
                          test_response(id));
  }
  std::vector<uint8_t> response(const Signer& signer) const {
    ResponseSigner one(signer);
    return response(one);
  }
  ResponseVerifier verifier() const { return {key_, mac_}; }
  static std::string taken(ResponseVerifier& verifier, base::Bytes message, int64_t seconds = kTestTime) {
    const auto result = verifier.take(message, at_second(seconds));
    return result ? "good" : result.error().message;
  }
  std::string taken(base::Bytes message, int64_t seconds = kTestTime) const {
    ResponseVerifier one = verifier();
    return taken(one, message, seconds);
  }

  Key key_ = test_key();
  KeyTable keys_{std::vector<Key>{key_}};
  Mac mac_;
  Signer signer_;
};

TEST_F(TsigResponse, OneMessageIsVerified) {
  ResponseVerifier one = verifier();
  EXPECT_FALSE(one.is_complete());
  EXPECT_EQ(taken(one, response(signer_)), "good");
  EXPECT_TRUE(one.is_complete());
}

TEST_F(TsigResponse, NoBitOfItMayDiffer) {
  const auto good = response(signer_);
  for (size_t bit = 16; bit < good.size() * 8; ++bit) {
    auto message = good;
    message[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_EQ(taken(message) == "good", is_case_in_record(good, bit)) << "bit " << bit;
  }
}

TEST_F(TsigResponse, ItBelongsToOneRequest) {
  Mac other;
  signed_query(key_, kTestTime + 1, &other);
  ResponseVerifier verifier(key_, other);
  EXPECT_EQ(taken(verifier, response(signer_)), "the response's signature is wrong");
}

TEST_F(TsigResponse, WhatIsWrongIsSaid) {
  EXPECT_EQ(taken(test_response()), "the response is not signed");
  EXPECT_EQ(taken(response(signer_), kTestTime + 301), "the response was signed at 2023-11-14 22:13:20 UTC");

  auto trailing = response(signer_);
  trailing.push_back(0);
  EXPECT_EQ(taken(trailing), "the response's signature is malformed");

  for (const Key& other : {test_key("other.test."), test_key("key.test.", Algorithm::kHmacSha512)}) {
    const auto request = signed_query(other);
    const Signer signer = verify(request, KeyTable({other}), at_second(kTestTime)).signer;
    Signer good = signer;
    good.key = &other;
    good.state = nullptr;
    EXPECT_EQ(taken(response(good)), "the response is signed with another key, " + dns::to_text(other.name));
  }
  Key longer = key_;
  longer.mac_octets_min = 33;
  ResponseVerifier strict(longer, mac_);
  EXPECT_EQ(taken(strict, response(signer_)), "the response's MAC is too short");
}

TEST_F(TsigResponse, ErrorsOfTheServerAreSaid) {
  const auto with = [&](dns::Rcode error) {
    Signer signer = signer_;
    signer.error = error;
    return taken(response(signer));
  };
  EXPECT_EQ(with(kBadSig), "the server says BADSIG: the request's signature is wrong for it");
  EXPECT_EQ(with(dns::Rcode::BADKEY), "the server says BADKEY: it has no key of this name and algorithm");
  EXPECT_EQ(with(dns::Rcode::BADTRUNC), "the server says BADTRUNC: the MAC is too short for it");
  EXPECT_EQ(with(dns::Rcode::BADMODE), "the response has a signature without a MAC");
}

// Over UDP anybody may send a message before the server's comes.
TEST_F(TsigResponse, ForgedMessagesDoNotSpoilIt) {
  auto forged = response(signer_);
  forged[3] ^= 1;
  ResponseVerifier one = verifier();
  EXPECT_EQ(taken(one, forged), "the response's signature is wrong");
  EXPECT_FALSE(one.is_complete());
  EXPECT_EQ(taken(one, response(signer_)), "good");
  EXPECT_TRUE(one.is_complete());
}

TEST_F(TsigResponse, ManyMessagesContinueEachOther) {
  ResponseSigner signer(signer_);
  ResponseVerifier all = verifier();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(taken(all, response(signer)), "good") << i;
  EXPECT_TRUE(all.is_complete());
}

TEST_F(TsigResponse, NoneOfThemMayBeMissingOrMoved) {
  ResponseSigner signer(signer_);
  const auto first = response(signer), second = response(signer), third = response(signer);
  ResponseVerifier missing = verifier();
  EXPECT_EQ(taken(missing, first), "good");
  EXPECT_EQ(taken(missing, third), "the response's signature is wrong");
  ResponseVerifier moved = verifier();
  EXPECT_EQ(taken(moved, second), "the response's signature is wrong");
  ResponseVerifier twice = verifier();
  EXPECT_EQ(taken(twice, first), "good");
  EXPECT_EQ(taken(twice, first), "the response's signature is wrong");
}

// RFC 8945 5.3.1: what another server may leave unsigned counts in the next MAC.
class TsigUnsignedMessages : public TsigResponse {
 protected:
  // The response's first message, `count` unsigned ones, and one that is signed with all of them.
  std::vector<std::vector<uint8_t>> messages(size_t count) const {
    std::vector<std::vector<uint8_t>> all{response(signer_)};
    Record first;
    EXPECT_EQ(find_record(all[0], first), Found::kOne);
    const crypto::HmacKey state = prepare(key_);
    crypto::Hmac hmac(state);
    uint8_t size[2];
    base::store_u16(size, static_cast<uint16_t>(first.mac.size()));
    hmac.update(size);
    hmac.update(first.mac);
    for (size_t i = 0; i <= count; ++i) {
      all.push_back(test_response());
      hmac.update(all.back());
    }
    uint8_t timers[8];
    base::ByteWriter writer(timers);
    writer.u48(static_cast<uint64_t>(kTestTime));
    writer.u16(kFudgeSeconds);
    hmac.update(timers);
    const auto mac = hmac.finish();
    Record last{.owner = key_.name,
                .algorithm = wire_name(key_.algorithm),
                .time_signed = static_cast<uint64_t>(kTestTime),
                .fudge = kFudgeSeconds,
                .mac = base::Bytes(mac).first(32),
                .original_id = 0x1234};
    const size_t octets = all.back().size();
    all.back().resize(octets + kRecordOctetsMax);
    all.back().resize(append_record(last, all.back(), octets));
    return all;
  }
};

TEST_F(TsigUnsignedMessages, UpToNinetyNineMayFollowEachOther) {
  ResponseVerifier some = verifier();
  const auto all = messages(99);
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(taken(some, all[i]), "good") << i;
    EXPECT_EQ(some.is_complete(), i == 0 || i + 1 == all.size()) << i;
  }
  ResponseVerifier more = verifier();
  const auto too_many = messages(100);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(taken(more, too_many[i]), "good") << i;
  EXPECT_EQ(taken(more, too_many[100]), "too many messages in a row are not signed");
}

TEST_F(TsigUnsignedMessages, TheyAreVerifiedWithTheNextSignature) {
  auto all = messages(2);
  all[1].back() ^= 1;
  ResponseVerifier changed = verifier();
  EXPECT_EQ(taken(changed, all[0]), "good");
  EXPECT_EQ(taken(changed, all[1]), "good");
  EXPECT_EQ(taken(changed, all[2]), "good");
  EXPECT_EQ(taken(changed, all[3]), "the response's signature is wrong");
}

TEST_F(TsigResponse, BothSidesMayBeMoved) {
  ResponseSigner signer(signer_);
  ResponseVerifier first = verifier();
  EXPECT_EQ(taken(first, response(signer)), "good");
  ResponseSigner moved_signer = std::move(signer);
  ResponseVerifier moved = std::move(first);
  EXPECT_EQ(taken(moved, response(moved_signer)), "good");
}

TEST_F(TsigResponse, MessagesWithoutRoomAreNotCounted) {
  ResponseSigner signer(signer_);
  ResponseVerifier all = verifier();
  EXPECT_EQ(taken(all, response(signer)), "good");
  auto small = test_response();
  EXPECT_EQ(signer.sign(small, small.size(), at_second(kTestTime)), 0u);
  EXPECT_EQ(taken(all, response(signer)), "good");
}

}  // namespace
}  // namespace atlas::tsig
