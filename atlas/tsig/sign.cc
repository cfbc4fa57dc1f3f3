#include <algorithm>
#include <optional>

#include "atlas/dns/message.h"
#include "atlas/tsig/digest.h"
#include "atlas/tsig/tsig.h"

namespace atlas::tsig {
namespace {

// The key's state, which may have to be worked out.
class State {
 public:
  explicit State(const Signer& signer) : found_(signer.state) {
    if (found_ == nullptr) found_ = &made_.emplace(prepare(*signer.key));
  }
  const crypto::HmacKey& operator*() const { return *found_; }

 private:
  std::optional<crypto::HmacKey> made_;
  const crypto::HmacKey* found_;
};

// RFC 8945 5.3.2: who has shown that it knows the key gets signed errors.
bool is_to_be_signed(const Signer& signer) {
  return signer.key != nullptr &&
         (signer.error == dns::Rcode::NOERROR || signer.error == dns::Rcode::BADTIME ||
          signer.error == dns::Rcode::BADTRUNC);
}

uint16_t additional_count(std::span<const uint8_t> message) {
  return base::load_u16(&message[10]);
}

// `previous` is the MAC of the message before, null for the first one. Sets `mac` to that of the message.
size_t sign_message(const Signer& signer, const Mac* previous, std::span<uint8_t> out, size_t octets,
                    base::WallTime now, Mac& mac) {
  if (octets < dns::kHeaderOctets || octets > out.size()) return 0;
  Record record{.owner = signer.key_name,
                .algorithm = signer.algorithm_name,
                .time_signed = seconds_of(now),
                .fudge = kFudgeSeconds,
                .original_id = signer.original_id,
                .error = static_cast<uint16_t>(signer.error)};
  uint8_t server_time[6];
  if (signer.error == dns::Rcode::BADTIME) {
    // RFC 8945 5.2.3: the client, whose clock is wrong, is told the time in a record of its own time.
    base::ByteWriter(server_time).u48(record.time_signed);
    record.time_signed = signer.time_signed;
    record.other = server_time;
  }
  if (is_to_be_signed(signer)) {
    const State state(signer);
    Digest digest(*state);
    digest.add_mac(previous != nullptr ? previous->view() : signer.mac.view());
    digest.add_message(out.first(octets), record.original_id, additional_count(out));
    if (previous == nullptr) {
      digest.add_variables(record);
    } else {
      digest.add_timers(record);
    }
    mac = digest.finish(signer.key->algorithm);
    record.mac = mac.view();
  }
  return append_record(record, out, octets);
}

}  // namespace

size_t sign(const Signer& signer, std::span<uint8_t> out, size_t octets, base::WallTime now) {
  Mac mac;
  return sign_message(signer, nullptr, out, octets, now, mac);
}

struct ResponseSigner::State {
  Signer request;
  std::optional<Mac> previous;
};

ResponseSigner::ResponseSigner(const Signer& request)
    : state_(std::make_unique<State>(State{.request = request, .previous = {}})) {}
ResponseSigner::ResponseSigner(ResponseSigner&&) noexcept = default;
ResponseSigner::~ResponseSigner() = default;

size_t ResponseSigner::sign(std::span<uint8_t> out, size_t octets, base::WallTime now) {
  Mac mac;
  const Mac* const previous = state_->previous ? &*state_->previous : nullptr;
  const size_t whole = sign_message(state_->request, previous, out, octets, now, mac);
  if (whole != 0) state_->previous = mac;
  return whole;
}

size_t record_octets(const Key& key) {
  constexpr size_t kFixedOctets = 26;  // of the record in front of its RDATA 10, and 16 of that
  return key.name.wire().size() + kFixedOctets + wire_name(key.algorithm).size() + mac_octets(key.algorithm);
}

Mac sign_request(std::vector<uint8_t>& message, const Key& key, base::WallTime now) {
  if (message.size() < dns::kHeaderOctets) return {};
  Record record{.owner = key.name,
                .algorithm = wire_name(key.algorithm),
                .time_signed = seconds_of(now),
                .fudge = kFudgeSeconds,
                .original_id = base::load_u16(message.data())};
  const crypto::HmacKey state = prepare(key);
  Digest digest(state);
  digest.add_message(message, record.original_id, additional_count(message));
  digest.add_variables(record);
  const Mac mac = digest.finish(key.algorithm);
  record.mac = mac.view();
  const size_t octets = message.size();
  message.resize(octets + kRecordOctetsMax);
  const size_t whole = append_record(record, message, octets);
  message.resize(whole != 0 ? whole : octets);
  return whole != 0 ? mac : Mac{};
}

}  // namespace atlas::tsig
