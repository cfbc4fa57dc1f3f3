#include "atlas/query/answer.h"

#include <cstring>

namespace atlas::query {

bool Answer::contains(dns::NameView owner, dns::RRType type) const {
  for (const AnswerRRset& present : rrsets()) {
    if (present.rrset.type == type && present.owner == owner) return true;
  }
  return false;
}

std::span<uint8_t> Answer::allocate(size_t octets) {
  if (octets > scratch_.size() - scratch_used_) {
    overflowed_ = true;
    return {};
  }
  scratch_used_ += octets;
  return std::span(scratch_).subspan(scratch_used_ - octets, octets);
}

dns::NameView Answer::keep(dns::NameView name) {
  const auto octets = allocate(name.size());
  if (octets.empty()) return {};
  std::memcpy(octets.data(), name.data(), name.size());
  return {octets.data(), name.size()};
}

dns::RRsetView Answer::make_rrset(dns::RRType type, uint32_t ttl, base::Bytes rdata) {
  const auto octets = allocate(rdata.size() + 2);
  if (octets.empty()) return {};
  base::store_u16(octets.data(), static_cast<uint16_t>(rdata.size()));
  if (!rdata.empty()) std::memcpy(octets.data() + 2, rdata.data(), rdata.size());
  return {type, 1, ttl, static_cast<uint32_t>(octets.size()), octets.data()};
}

void Answer::fail(dns::Rcode with, dns::ExtendedError error, std::string_view text) {
  size_ = 0;
  authoritative = false;
  rcode = with;
  has_extended_error = true;
  extended_error = error;
  extended_text = text;
}

}  // namespace atlas::query
