#include "atlas/transfer/response.h"

#include <algorithm>

#include "atlas/base/assert.h"
#include "atlas/dns/message.h"
#include "atlas/zone/soa.h"

namespace atlas::transfer {
namespace {

constexpr uint16_t kPayloadOctets = 1232;
constexpr uint32_t kDnssecOkBit = 0x8000;
// An OPT without options: owner, type, payload size, RCODE and flags, length.
constexpr size_t kOptFixedOctets = 11;
constexpr uint16_t kShortRcodeMask = 0x0f;

}  // namespace

Response::Response(RequestFacts facts) : facts_(std::move(facts)) {
  if (facts_.signer) signer_.emplace(*facts_.signer);
}

void Response::add_option(const dns::Option& option) {
  if (facts_.has_edns) dns::append_option(option, options_);
}

void Response::add_expire(base::Bytes soa) {
  if (!facts_.asks_expire || soa.size() < zone::kSoaOctetsMin) return;
  add_option(dns::ExpireOption{facts_.expire ? *facts_.expire : zone::soa_expire(soa)});
}

std::vector<uint8_t> Response::make_opt() const {
  std::vector<uint8_t> opt(kOptFixedOctets + options_.size());
  base::ByteWriter writer(opt);
  writer.u8(0);
  writer.u16(static_cast<uint16_t>(dns::RRType::OPT));
  writer.u16(kPayloadOctets);
  writer.u32(uint32_t{static_cast<uint16_t>(rcode_)} >> 4 << 24 | (facts_.dnssec_ok ? kDnssecOkBit : 0));
  writer.u16(static_cast<uint16_t>(options_.size()));
  writer.bytes(options_);
  return opt;
}

size_t Response::signature_octets() const {
  if (!facts_.signer) return 0;
  return facts_.signer->is_good() ? tsig::record_octets(*facts_.signer->key) : tsig::kRecordOctetsMax;
}

size_t Response::next(std::span<uint8_t> out, base::WallTime now) noexcept {
  if (is_done_) return 0;
  const base::Bytes question = is_first_ ? base::Bytes(facts_.question) : base::Bytes();
  const std::vector<uint8_t> opt = is_first_ && facts_.has_edns ? make_opt() : std::vector<uint8_t>();
  const size_t behind = opt.size() + signature_octets();
  const size_t whole = std::min(out.size(), dns::kMessageOctetsMax);
  ATLAS_ASSERT(dns::kHeaderOctets + question.size() + behind <= whole);
  writer_.begin(out, question, std::min(whole, kMessageOctets) - behind);
  Filled filled = fill(writer_);
  if (filled == Filled::kFull && writer_.records() == 0) {
    // One that is larger than the others stands alone.
    writer_.allow_one(whole - behind);
    filled = fill(writer_);
    if (writer_.records() == 0) filled = Filled::kFailed;
  }
  if (filled == Filled::kFailed) {
    writer_.drop_records();
    rcode_ = dns::Rcode::SERVFAIL;
  }
  is_done_ = filled != Filled::kFull;
  is_first_ = false;
  records_ += writer_.records();
  // RFC 5936 2.2.1.
  const auto rcode = static_cast<uint16_t>(rcode_);
  const auto flags = static_cast<uint16_t>(dns::kFlagQR | (authoritative_ ? dns::kFlagAA : 0) |
                                           (facts_.flags & dns::kFlagRD) | (rcode & kShortRcodeMask));
  size_t octets = writer_.finish(facts_.id, flags, opt);
  if (signer_) octets = signer_->sign(out, octets, now);
  return octets;
}

}  // namespace atlas::transfer
