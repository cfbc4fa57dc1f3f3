// Verification of arbitrary octets, of a signed message that was changed, and of both as responses. Whatever
// is found good is what was signed.
#include <algorithm>

#include "atlas/base/assert.h"
#include "atlas/tsig/record.h"
#include "atlas/tsig/sig0.h"
#include "atlas/tsig/test_messages.h"
#include "atlas/tsig/tsig.h"

namespace {

using namespace atlas;
using namespace atlas::tsig;

struct Sig0Vector {
  int algorithm;
  int64_t time;
  std::string_view key;
  std::string_view message;
};
constexpr Sig0Vector kSig0Vectors[] = {
#include "atlas/tsig/sig0_vectors.inc"
};

const Key& key() {
  static const Key made = test_key();
  return made;
}
const KeyTable& keys() {
  static const KeyTable made({key(), test_key("other.test.", Algorithm::kHmacSha384)});
  return made;
}

// Nobody but this program has the key, so that what is good was made from `good`: it has its octets, but for
// the id and the case of the record's names.
void check_message(base::Bytes message, base::Bytes good) {
  const Verified verified = verify(message, keys(), at_second(kTestTime));
  ATLAS_ASSERT(verified.message_octets <= message.size());
  if (verified.outcome == Verified::Outcome::kGood) {
    const size_t octets = verified.message_octets;
    ATLAS_ASSERT(std::ranges::equal(message.first(octets).subspan(2), good.first(octets).subspan(2)));
  }
  if (verified.outcome == Verified::Outcome::kGood || verified.outcome == Verified::Outcome::kFailed) {
    // Every such request gets a response that has its record.
    const auto response = signed_message(
        [&](auto& out, size_t octets, auto now) { return sign(verified.signer, out, octets, now); },
        test_response());
    Record record;
    ATLAS_ASSERT(find_record(response, record) == Found::kOne);
    ATLAS_ASSERT(record.owner == verified.signer.key_name);
    ATLAS_ASSERT(record.begin == test_response().size());
  }
}

void check_response(base::Bytes message, const Mac& request, base::Bytes good) {
  ResponseVerifier verifier(key(), request);
  if (!verifier.take(message, at_second(kTestTime))) return;
  ATLAS_ASSERT(verifier.is_complete());
  const size_t octets = test_response().size();
  ATLAS_ASSERT(std::ranges::equal(message.first(octets).subspan(2), good.first(octets).subspan(2)));
}

void check_sig0(base::Bytes message, const Sig0Vector& vector, base::Bytes good) {
  const std::vector<std::vector<uint8_t>> found{from_hex(vector.key)};
  const Sig0Result result =
      verify_sig0(message, [&](dns::NameView) { return found; }, at_second(vector.time));
  ATLAS_ASSERT(result.message_octets <= message.size());
  ATLAS_ASSERT(result.outcome != Sig0Result::Outcome::kGood || std::ranges::equal(message, good));
}

// Triples of a place, of two octets, and what is to be there.
std::vector<uint8_t> changed(std::vector<uint8_t> message, base::Bytes changes) {
  for (; changes.size() >= 3; changes = changes.subspan(3))
    message[base::load_u16(changes.data()) % message.size()] ^= changes[2];
  // What is left over is put behind it.
  message.insert(message.end(), changes.begin(), changes.end());
  return message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static Mac request_mac;
  static const std::vector<uint8_t> signed_request = signed_query(key(), kTestTime, &request_mac);
  static const std::vector<uint8_t> signed_response = signed_message(
      [](auto& out, size_t octets, auto now) {
        return sign(verify(signed_request, keys(), now).signer, out, octets, now);
      },
      test_response());
  const Sig0Vector& vector = kSig0Vectors[*data % std::size(kSig0Vectors)];
  const auto signed_update = from_hex(vector.message);
  const base::Bytes rest(data + 1, size - 1);

  check_message(rest, signed_request);
  check_message(changed(signed_request, rest), signed_request);
  check_response(rest, request_mac, signed_response);
  check_response(changed(signed_response, rest), request_mac, signed_response);
  check_sig0(rest, vector, signed_update);
  check_sig0(changed(signed_update, rest), vector, signed_update);
  const auto parsed = parse_key_file(base::text_of(rest));
  if (parsed) ATLAS_ASSERT(!parsed->secret.empty() && parsed->secret.size() <= kSecretOctetsMax);
  return 0;
}
