#include <ctime>
#include <optional>

#include "atlas/tsig/digest.h"
#include "atlas/tsig/tsig.h"

namespace atlas::tsig {
namespace {

constexpr unsigned kUnsignedMax = 99;  // RFC 8945 5.3.1, in a row

std::string utc(uint64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[40];
  if (::gmtime_r(&time, &parts) == nullptr) return "?";
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

base::Result<void> fail_of_unsigned_error(const Record& record) {
  switch (static_cast<dns::Rcode>(record.error)) {
    case kBadSig:
      return base::fail("the server says BADSIG: the request's signature is wrong for it",
                        "client and server must have the same secret");
    case dns::Rcode::BADKEY:
      return base::fail("the server says BADKEY: it has no key of this name and algorithm");
    default:
      return base::fail("the response has a signature without a MAC");
  }
}

base::Result<void> fail_of_signed_error(const Record& record) {
  const auto error = static_cast<dns::Rcode>(record.error);
  if (error == dns::Rcode::BADTIME) {
    std::string what = "the server says BADTIME";
    if (record.other.size() == 6) what += ": its clock shows " + utc(base::ByteReader(record.other).u48());
    return base::fail(std::move(what), "client and server must have the same time");
  }
  if (error == dns::Rcode::BADTRUNC)
    return base::fail("the server says BADTRUNC: the MAC is too short for it");
  return base::fail("the server says " + (error == kBadSig ? "BADSIG" : dns::to_text(error)));
}

}  // namespace

struct ResponseVerifier::State {
  State(const Key& with, const Mac& request) : key(with), prepared(prepare(with)), digest(prepared) {
    digest.add_mac(request.view());
  }

  base::Result<void> take_unsigned(base::Bytes message);
  base::Result<void> take_signed(base::Bytes message, const Record& record, base::WallTime now);

  Key key;
  crypto::HmacKey prepared;
  Digest digest;  // has the MAC before, and the unsigned messages since
  bool is_first = true;
  bool is_complete = false;
  unsigned unsigned_count = 0;
};

base::Result<void> ResponseVerifier::State::take_unsigned(base::Bytes message) {
  if (is_first) return base::fail("the response is not signed");
  if (++unsigned_count > kUnsignedMax) return base::fail("too many messages in a row are not signed");
  digest.add_message(message);
  return {};
}

base::Result<void> ResponseVerifier::State::take_signed(base::Bytes message, const Record& record,
                                                        base::WallTime now) {
  if (!(record.owner == key.name) || record.algorithm != wire_name(key.algorithm)) {
    return base::fail("the response is signed with another key, " + dns::to_text(record.owner));
  }
  // RFC 8945 5.3.2: such an error proves nothing, and is none the less all that the server said.
  if (record.mac.empty()) return fail_of_unsigned_error(record);
  if (!is_mac_size_allowed(key.algorithm, record.mac.size())) {
    return base::fail("the response's MAC has a size that it must not have");
  }
  // A copy, so that a forged message does not spoil what the true one is verified with.
  Digest whole = digest;
  whole.add_message(message.first(record.begin), record.original_id,
                    static_cast<uint16_t>(record.additional_count - 1));
  if (is_first) {
    whole.add_variables(record);
  } else {
    whole.add_timers(record);
  }
  if (!is_mac_of(whole.finish(key.algorithm), record)) {
    return base::fail("the response's signature is wrong");
  }
  if (record.error != 0) return fail_of_signed_error(record);
  if (!is_timely(record, now)) {
    return base::fail("the response was signed at " + utc(record.time_signed),
                      "client and server must have the same time");
  }
  if (record.mac.size() < key.mac_octets_min) return base::fail("the response's MAC is too short");
  digest = Digest(prepared);
  digest.add_mac(record.mac);
  is_first = false;
  unsigned_count = 0;
  is_complete = true;
  return {};
}

ResponseVerifier::ResponseVerifier(const Key& key, const Mac& request)
    : state_(std::make_unique<State>(key, request)) {}
ResponseVerifier::ResponseVerifier(ResponseVerifier&&) noexcept = default;
ResponseVerifier::~ResponseVerifier() = default;

base::Result<void> ResponseVerifier::take(base::Bytes message, base::WallTime now) {
  state_->is_complete = false;
  Record record;
  switch (find_record(message, record)) {
    case Found::kNone:
      return state_->take_unsigned(message);
    case Found::kMalformed:
      return base::fail("the response's signature is malformed");
    case Found::kOne:
      break;
  }
  return state_->take_signed(message, record, now);
}

bool ResponseVerifier::is_complete() const {
  return state_->is_complete;
}

}  // namespace atlas::tsig
