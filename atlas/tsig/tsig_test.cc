// A server's side: what is verified, refused and answered.
#include "atlas/tsig/tsig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "atlas/tsig/record.h"
#include "atlas/tsig/test_messages.h"

namespace atlas::tsig {
namespace {

using Outcome = Verified::Outcome;
using dns::Rcode;

class Tsig : public ::testing::Test {
 protected:
  Verified verify_at(base::Bytes message, int64_t seconds = kTestTime) const {
    return verify(message, keys_, at_second(seconds));
  }
  // The record, as read back.
  static Record record_of(base::Bytes message) {
    Record record;
    EXPECT_EQ(find_record(message, record), Found::kOne);
    return record;
  }
  // `message` with its TSIG as `change` wants it, still signed with the MAC of the one before.
  template <class Change>
  static std::vector<uint8_t> with_record(const std::vector<uint8_t>& message, const Change& change) {
    Record record = record_of(message);
    const size_t octets = record.begin;
    change(record);
    std::vector<uint8_t> changed(message.begin(), message.begin() + static_cast<ptrdiff_t>(octets));
    base::store_u16(&changed[10], static_cast<uint16_t>(record.additional_count - 1));
    changed.resize(octets + 2000);
    changed.resize(append_record(record, changed, octets));
    return changed;
  }
  std::vector<uint8_t> answer(const Signer& signer, int64_t seconds = kTestTime) const {
    return signed_message([&](auto& out, size_t octets, auto now) { return sign(signer, out, octets, now); },
                          test_response(), seconds);
  }

  Key key_ = test_key();
  KeyTable keys_{std::vector<Key>{key_}};
};

TEST_F(Tsig, MessagesWithoutOneAreUnsigned) {
  const auto query = test_query();
  const Verified verified = verify_at(query);
  EXPECT_EQ(verified.outcome, Outcome::kUnsigned);
  EXPECT_EQ(verified.message_octets, query.size());
  EXPECT_FALSE(verified.signer.is_good());
}

TEST_F(Tsig, GoodOnesSaySoAndWhoSigned) {
  const auto message = signed_query(test_key("KEY.test."));
  const Verified verified = verify_at(message);
  EXPECT_EQ(verified.outcome, Outcome::kGood);
  EXPECT_TRUE(verified.signer.is_good());
  EXPECT_EQ(verified.signer.key, keys_.find(name_of("key.test.")));
  EXPECT_EQ(dns::to_text(verified.signer.key_name), "KEY.test.");
  EXPECT_EQ(verified.signer.original_id, 0x1234);
  EXPECT_EQ(verified.message_octets, test_query().size());
}

// The id of a message that was forwarded is put back; beside it and the case of names nothing may differ.
TEST_F(Tsig, NoOtherBitMayDiffer) {
  const auto good = signed_query(key_);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto message = good;
    message[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_EQ(verify_at(message).outcome == Outcome::kGood, bit < 16 || is_case_in_record(good, bit))
        << "bit " << bit;
  }
}

TEST_F(Tsig, MessagesCutOffOrLongerAreNotGood) {
  auto message = signed_query(key_);
  message.push_back(0);
  EXPECT_EQ(verify_at(message).outcome, Outcome::kFormat);
  message.pop_back();
  while (!message.empty()) {
    message.pop_back();
    EXPECT_NE(verify_at(message).outcome, Outcome::kGood) << message.size();
  }
}

TEST_F(Tsig, ItMustBeTheLastRecordAndAlone) {
  const auto query = test_query();
  const auto message = signed_query(key_);
  const std::vector<uint8_t> record(message.begin() + static_cast<ptrdiff_t>(query.size()), message.end());

  auto twice = message;
  twice.insert(twice.end(), record.begin(), record.end());
  base::store_u16(&twice[10], 3);
  EXPECT_EQ(verify_at(twice).outcome, Outcome::kFormat);

  auto followed = message;
  const uint8_t another[] = {0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1};
  followed.insert(followed.end(), std::begin(another), std::end(another));
  base::store_u16(&followed[10], 3);
  EXPECT_EQ(verify_at(followed).outcome, Outcome::kFormat);

  // The last of all records, but of the answer section.
  auto elsewhere = message;
  base::store_u16(&elsewhere[6], 2);
  base::store_u16(&elsewhere[10], 0);
  EXPECT_EQ(verify_at(elsewhere).outcome, Outcome::kFormat);
}

TEST_F(Tsig, ClassAndTtlAreFixed) {
  const auto query = test_query();
  auto message = signed_query(key_);
  const size_t type = query.size() + key_.name.wire().size();
  message[type + 3] = 1;  // class IN
  EXPECT_EQ(verify_at(message).outcome, Outcome::kFormat);
  message[type + 3] = 255;
  message[type + 7] = 1;  // TTL
  EXPECT_EQ(verify_at(message).outcome, Outcome::kFormat);
}

TEST_F(Tsig, RdataMustBeWhole) {
  const auto message = signed_query(key_);
  const Record record = record_of(message);
  const size_t size_at = static_cast<size_t>(record.algorithm.data() - message.data()) - 2;
  for (const int more : {-1, 1}) {
    auto changed = message;
    if (more > 0) changed.push_back(0);
    if (more < 0) changed.pop_back();
    base::store_u16(&changed[size_at], static_cast<uint16_t>(base::load_u16(&message[size_at]) + more));
    EXPECT_EQ(verify_at(changed).outcome, Outcome::kFormat) << more;
  }
  // RFC 8945 4.2 allows no compression of the algorithm.
  auto compressed = message;
  base::store_u16(&compressed[size_at + 2], 0xc00c);
  EXPECT_EQ(verify_at(compressed).outcome, Outcome::kFormat);
}

TEST_F(Tsig, TheOwnerMayBeCompressed) {
  auto message = test_query();
  const size_t begin = message.size();
  const Key key = test_key("zone.test.");
  sign_request(message, key, at_second(kTestTime));
  // "zone.test." is in the question, behind "www".
  message.erase(message.begin() + static_cast<ptrdiff_t>(begin),
                message.begin() + static_cast<ptrdiff_t>(begin + key.name.wire().size()));
  const uint8_t pointer[] = {0xc0, 16};
  message.insert(message.begin() + static_cast<ptrdiff_t>(begin), std::begin(pointer), std::end(pointer));
  EXPECT_EQ(verify(message, KeyTable({key}), at_second(kTestTime)).outcome, Outcome::kGood);
}

TEST_F(Tsig, UnknownKeysAndOtherAlgorithmsAreBadkey) {
  for (const Key& key : {test_key("other.test."), test_key("key.test.", Algorithm::kHmacSha512),
                         test_key("key.test.", Algorithm::kHmacSha256_128)}) {
    const auto message = signed_query(key);
    const Verified verified = verify_at(message);
    EXPECT_EQ(verified.outcome, Outcome::kFailed);
    EXPECT_EQ(verified.signer.error, Rcode::BADKEY);
    EXPECT_EQ(verified.signer.key, nullptr);
    EXPECT_EQ(verified.message_octets, test_query().size());

    const auto response = answer(verified.signer);
    const Record record = record_of(response);
    EXPECT_TRUE(record.owner == key.name);
    EXPECT_TRUE(record.algorithm == wire_name(key.algorithm));
    EXPECT_EQ(record.error, static_cast<uint16_t>(Rcode::BADKEY));
    EXPECT_TRUE(record.mac.empty());
    EXPECT_TRUE(record.other.empty());
  }
}

TEST_F(Tsig, WrongSecretsAreBadsig) {
  Key key = key_;
  key.secret[0] ^= 1;
  const Verified verified = verify_at(signed_query(key));
  EXPECT_EQ(verified.outcome, Outcome::kFailed);
  EXPECT_EQ(verified.signer.error, kBadSig);
  const Record record = record_of(answer(verified.signer));
  EXPECT_EQ(record.error, 16);
  EXPECT_TRUE(record.mac.empty());
}

TEST_F(Tsig, WrongTimesAreBadtimeBeyondTheFudge) {
  const auto message = signed_query(key_);
  for (const int seconds : {-300, -1, 1, 300})
    EXPECT_EQ(verify_at(message, kTestTime + seconds).outcome, Outcome::kGood) << seconds;
  for (const int seconds : {-301, 301}) {
    const Verified verified = verify_at(message, kTestTime + seconds);
    EXPECT_EQ(verified.outcome, Outcome::kFailed);
    EXPECT_EQ(verified.signer.error, Rcode::BADTIME);
    EXPECT_NE(verified.signer.key, nullptr);
  }
}

// RFC 8945 5.2.3: signed, with the time of the request, and the server's beside it.
TEST_F(Tsig, BadtimeIsAnsweredSigned) {
  Mac mac;
  const auto message = signed_query(key_, kTestTime, &mac);
  const int64_t server_time = kTestTime + 1000;
  const auto response = answer(verify_at(message, server_time).signer, server_time);
  const Record record = record_of(response);
  EXPECT_EQ(record.time_signed, static_cast<uint64_t>(kTestTime));
  ASSERT_EQ(record.other.size(), 6u);
  EXPECT_EQ(base::ByteReader(record.other).u48(), static_cast<uint64_t>(server_time));

  ResponseVerifier verifier(key_, mac);
  const auto taken = verifier.take(response, at_second(kTestTime));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message, "the server says BADTIME: its clock shows 2023-11-14 22:30:00 UTC");
}

// The key is looked at first, then the MAC, then the time, then the policy.
TEST_F(Tsig, ChecksComeInTheirOrder) {
  Key key = key_;
  key.secret[0] ^= 1;
  EXPECT_EQ(verify_at(signed_query(test_key("other.test.")), 0).signer.error, Rcode::BADKEY);
  EXPECT_EQ(verify_at(signed_query(key), 0).signer.error, kBadSig);
  key_.mac_octets_min = 33;
  const KeyTable strict({key_});
  EXPECT_EQ(verify(signed_query(key), strict, at_second(0)).signer.error, kBadSig);
  EXPECT_EQ(verify(signed_query(key_), strict, at_second(0)).signer.error, Rcode::BADTIME);
  EXPECT_EQ(verify(signed_query(key_), strict, at_second(kTestTime)).signer.error, Rcode::BADTRUNC);
}

// RFC 8945 5.2.2.1: down to half the hash, and to 10 octets; and no longer than it is.
TEST_F(Tsig, TruncatedMacsAreGoodToALimit) {
  struct Case {
    Algorithm algorithm;
    size_t octets_min;
  };
  for (const auto& [algorithm, octets_min] :
       {Case{Algorithm::kHmacMd5, 10}, Case{Algorithm::kHmacSha1, 10}, Case{Algorithm::kHmacSha224, 14},
        Case{Algorithm::kHmacSha256, 16}, Case{Algorithm::kHmacSha256_128, 16},
        Case{Algorithm::kHmacSha384, 24}, Case{Algorithm::kHmacSha384_192, 24},
        Case{Algorithm::kHmacSha512, 32}, Case{Algorithm::kHmacSha512_256, 32}}) {
    const Key key = test_key("key.test.", algorithm);
    const KeyTable keys({key});
    const auto message = signed_query(key);
    for (size_t octets = 0; octets <= mac_octets(algorithm) + 1; ++octets) {
      uint8_t mac[kMacOctetsMax + 1] = {};
      const auto changed = with_record(message, [&](Record& record) {
        std::ranges::copy(record.mac, mac);
        record.mac = base::Bytes(mac).first(octets);
      });
      const Verified verified = verify(changed, keys, at_second(kTestTime));
      const bool good = octets >= octets_min && octets <= mac_octets(algorithm);
      EXPECT_EQ(verified.outcome, good ? Outcome::kGood : Outcome::kFormat)
          << to_text(algorithm) << ' ' << octets;
      if (!good) continue;
      EXPECT_EQ(verified.signer.mac.size, octets);
      // The response is signed with the MAC as it was sent.
      Mac sent{.size = static_cast<uint8_t>(octets)};
      std::copy_n(mac, octets, sent.octets.begin());
      ResponseVerifier verifier(key, sent);
      EXPECT_TRUE(verifier.take(answer(verified.signer), at_second(kTestTime)));
    }
  }
}

TEST_F(Tsig, TruncatedMacsAreBadtruncBelowTheKeysLimit) {
  Mac mac;
  const auto message = signed_query(key_, kTestTime, &mac);
  key_.mac_octets_min = 24;
  const KeyTable keys({key_});
  const auto cut = [&](size_t octets) {
    return verify(with_record(message, [&](Record& record) { record.mac = record.mac.first(octets); }), keys,
                  at_second(kTestTime));
  };
  EXPECT_EQ(cut(24).outcome, Outcome::kGood);
  const Verified verified = cut(23);
  EXPECT_EQ(verified.outcome, Outcome::kFailed);
  EXPECT_EQ(verified.signer.error, Rcode::BADTRUNC);

  // Signed, since the key is known.
  mac.size = 23;
  ResponseVerifier verifier(key_, mac);
  const auto taken = verifier.take(answer(verified.signer), at_second(kTestTime));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message, "the server says BADTRUNC: the MAC is too short for it");
}

TEST_F(Tsig, MacsLongerThanAnyAreNotKept) {
  const std::vector<uint8_t> mac(200, 1);
  const auto message =
      with_record(signed_query(test_key("other.test.")), [&](Record& record) { record.mac = mac; });
  EXPECT_EQ(verify_at(message).signer.error, Rcode::BADKEY);
  EXPECT_EQ(verify_at(with_record(signed_query(key_), [&](Record& record) { record.mac = mac; })).outcome,
            Outcome::kFormat);
}

// RFC 8945 5.4: who forwards a message gives it another id.
TEST_F(Tsig, ForwardedMessagesKeepTheirId) {
  Mac mac;
  auto message = signed_query(key_, kTestTime, &mac);
  base::store_u16(message.data(), 0x9999);
  const Verified verified = verify_at(message);
  EXPECT_EQ(verified.outcome, Outcome::kGood);
  EXPECT_EQ(verified.signer.original_id, 0x1234);
  auto response = signed_message(
      [&](auto& out, size_t octets, auto now) { return sign(verified.signer, out, octets, now); },
      test_response(0x9999));
  EXPECT_EQ(record_of(response).original_id, 0x1234);
  base::store_u16(response.data(), 0x1234);
  EXPECT_TRUE(ResponseVerifier(key_, mac).take(response, at_second(kTestTime)));
}

TEST_F(Tsig, ResponsesMustHaveRoom) {
  const Verified verified = verify_at(signed_query(key_));
  const auto whole = answer(verified.signer);
  const auto response = test_response();
  for (size_t size = response.size(); size < whole.size(); ++size) {
    auto out = response;
    out.resize(size);
    EXPECT_EQ(sign(verified.signer, out, response.size(), at_second(kTestTime)), 0u);
    out.resize(response.size());
    EXPECT_EQ(out, response);
  }
  auto out = response;
  out.resize(whole.size());
  EXPECT_EQ(sign(verified.signer, out, response.size(), at_second(kTestTime)), whole.size());
  EXPECT_EQ(out, whole);

  base::store_u16(&out[10], 0xffff);
  out.resize(kRecordOctetsMax + whole.size());
  EXPECT_EQ(sign(verified.signer, out, response.size(), at_second(kTestTime)), 0u);
  EXPECT_EQ(sign(verified.signer, out, 11, at_second(kTestTime)), 0u);
}

TEST_F(Tsig, RecordsFitIntoTheirLimit) {
  const std::string label(63, 'a');
  const Key key =
      test_key(label + '.' + label + '.' + label + '.' + std::string(61, 'b') + '.', Algorithm::kHmacSha512);
  const KeyTable keys({key});
  const auto response = answer(verify(signed_query(key), keys, at_second(kTestTime + 1000)).signer);
  EXPECT_LE(response.size() - test_response().size(), kRecordOctetsMax);
  EXPECT_EQ(record_of(response).other.size(), 6u);
}

// Signers that were not made from a table have nothing worked out.
TEST_F(Tsig, KeysNeedNotBePrepared) {
  Signer signer = verify_at(signed_query(key_)).signer;
  const auto prepared = answer(signer);
  signer.state = nullptr;
  EXPECT_EQ(answer(signer), prepared);
}

TEST_F(Tsig, TooShortMessagesAreNotSigned) {
  std::vector<uint8_t> message(11);
  EXPECT_EQ(sign_request(message, key_, at_second(kTestTime)).size, 0);
  EXPECT_EQ(message.size(), 11u);
}

}  // namespace
}  // namespace atlas::tsig
