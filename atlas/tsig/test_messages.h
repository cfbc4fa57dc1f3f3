// Keys and messages for the tests of this module.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "atlas/base/encoding.h"
#include "atlas/dns/message.h"
#include "atlas/tsig/record.h"
#include "atlas/tsig/tsig.h"

namespace atlas::tsig {

inline constexpr int64_t kTestTime = 1'700'000'000;

inline base::WallTime at_second(int64_t seconds) {
  return base::WallTime(std::chrono::seconds(seconds));
}

inline std::vector<uint8_t> from_hex(std::string_view text) {
  std::vector<uint8_t> octets;
  base::HexDecoder decoder;
  decoder.decode(text, octets);
  return octets;
}

inline dns::Name name_of(std::string_view text) {
  return *dns::parse_name(text);
}

inline Key test_key(std::string_view name = "key.test.", Algorithm algorithm = Algorithm::kHmacSha256) {
  Key key{.name = name_of(name), .algorithm = algorithm, .secret = {}};
  for (uint8_t octet = 1; octet <= 32; ++octet) key.secret.push_back(octet);
  return key;
}

inline std::vector<uint8_t> test_query(uint16_t id = 0x1234) {
  dns::Message message;
  message.header.id = id;
  message.questions.push_back({.name = name_of("www.zone.test."), .type = dns::RRType::A});
  message.edns.emplace();
  return *dns::encode(message);
}

inline std::vector<uint8_t> test_response(uint16_t id = 0x1234) {
  dns::Message message;
  message.header.id = id;
  message.header.flags = dns::kFlagQR | dns::kFlagAA;
  message.questions.push_back({.name = name_of("www.zone.test."), .type = dns::RRType::A});
  message.answers.push_back(
      {.owner = name_of("www.zone.test."), .type = dns::RRType::A, .ttl = 60, .rdata = {192, 0, 2, 1}});
  return *dns::encode(message);
}

inline std::vector<uint8_t> signed_query(const Key& key, int64_t seconds = kTestTime, Mac* mac = nullptr) {
  std::vector<uint8_t> message = test_query();
  const Mac made = sign_request(message, key, at_second(seconds));
  if (mac != nullptr) *mac = made;
  return message;
}

// Whether this bit of a signed message is the case of a letter in a name of its TSIG, which counts in lower
// case (RFC 8945 4.3.3).
inline bool is_case_in_record(base::Bytes message, size_t bit) {
  Record record;
  if (find_record(message, record) != Found::kOne) return false;
  const size_t at = bit / 8;
  const size_t algorithm = static_cast<size_t>(record.algorithm.data() - message.data());
  const bool in_name = (at > record.begin && at < record.begin + record.owner.wire().size()) ||
                       (at > algorithm && at < algorithm + record.algorithm.size());
  const uint8_t lower = dns::ascii_lower(message[at]);
  return bit % 8 == 5 && in_name && lower >= 'a' && lower <= 'z';
}

// What sign() makes of `message`; empty if it makes nothing.
template <class Signing>
std::vector<uint8_t> signed_message(Signing&& signing, std::vector<uint8_t> message,
                                    int64_t seconds = kTestTime) {
  const size_t octets = message.size();
  message.resize(octets + kRecordOctetsMax);
  message.resize(signing(message, octets, at_second(seconds)));
  return message;
}

}  // namespace atlas::tsig
