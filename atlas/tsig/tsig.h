// Transaction signatures (RFC 8945): whole messages in wire form are verified and signed. Servers use
// verify() and sign(); clients sign_request() and verify_response(). No clock is read here.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/clock.h"
#include "atlas/base/result.h"
#include "atlas/dns/types.h"
#include "atlas/tsig/key.h"

namespace atlas::tsig {

inline constexpr uint16_t kFudgeSeconds = 300;  // RFC 8945 10
inline constexpr size_t kMacOctetsMax = 64;
// What a TSIG record with a key of this server's may need.
inline constexpr size_t kRecordOctetsMax = 600;

// An error of TSIG alone: EDNS has another one of this number.
inline constexpr dns::Rcode kBadSig = dns::Rcode::BADVERS;

// A MAC, as the next message of the transaction has to know it.
struct Mac {
  std::array<uint8_t, kMacOctetsMax> octets{};
  uint8_t size = 0;

  base::Bytes view() const { return {octets.data(), size}; }
};

// What a request's TSIG says, good or not: what its response must be signed with.
struct Signer {
  const Key* key = nullptr;  // of the table; null: BADKEY, and the response carries an unsigned TSIG
  const crypto::HmacKey* state = nullptr;  // of the key, in the table; null: worked out when it is needed
  dns::Name key_name;                      // as the request spelled it
  dns::Name algorithm_name;
  Mac mac;                   // of the request
  uint64_t time_signed = 0;  // of the request
  uint16_t original_id = 0;
  dns::Rcode error = dns::Rcode::NOERROR;  // kBadSig, BADKEY, BADTIME or BADTRUNC

  bool is_good() const { return key != nullptr && error == dns::Rcode::NOERROR; }
};

struct Verified {
  enum class Outcome : uint8_t {
    kUnsigned,  // no TSIG: nothing else is set
    kGood,
    kFailed,  // answer NOTAUTH with signer.error (RFC 8945 5.2)
    kFormat,  // a TSIG that is malformed, not the last record, or not alone: FORMERR
  };
  Outcome outcome = Outcome::kUnsigned;
  size_t message_octets = 0;  // without its TSIG, whose record the count of the header still includes
  Signer signer;
};

// Verifies a request. `message` has a whole header. Cheap for messages without a TSIG: looks for none beyond
// the records that the header counts, kRecordsMax at most. Truncated MACs are accepted down to RFC
// 8945 5.2.2.1's limit.
inline constexpr size_t kRecordsMax = 65535;
Verified verify(base::Bytes message, const KeyTable& keys, base::WallTime now);

// Takes off the signature, a TSIG or a SIG(0), which is the last record; `octets` are those before it, as
// Verified and Sig0Result tell them.
void remove_signature(std::vector<uint8_t>& message, size_t octets);

// Appends a TSIG for `signer` to a response of `octets` octets in `out`, and counts it in its header. Returns
// the octets of the whole, or 0 if `out` is too small. RFC 8945 5.3: signed if the key is known and the MAC
// was good or the time wrong, else with an empty MAC.
size_t sign(const Signer& signer, std::span<uint8_t> out, size_t octets, base::WallTime now);

// Further messages of a response that has several (RFC 8945 5.3.1): each continues the one before. For
// servers.
class ResponseSigner {
 public:
  explicit ResponseSigner(const Signer& request);
  ResponseSigner(ResponseSigner&&) noexcept;
  ~ResponseSigner();
  // As sign(); every message is signed.
  size_t sign(std::span<uint8_t> out, size_t octets, base::WallTime now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What sign_request() adds.
size_t record_octets(const Key& key);
// For clients. Appends the TSIG; returns the MAC that the response is verified with.
Mac sign_request(std::vector<uint8_t>& message, const Key& key, base::WallTime now);
// Verifies the messages of a response, in their order; fails with what is wrong. Of several messages, up to
// 99 in a row may be unsigned (RFC 8945 5.3.1), never the first or the last.
class ResponseVerifier {
 public:
  ResponseVerifier(const Key& key, const Mac& request);
  ResponseVerifier(ResponseVerifier&&) noexcept;
  ~ResponseVerifier();
  base::Result<void> take(base::Bytes message, base::WallTime now);
  // Whether the message taken last was signed: the last one of a response must be.
  bool is_complete() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atlas::tsig
