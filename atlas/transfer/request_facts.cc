#include <algorithm>

#include "atlas/dns/edns.h"
#include "atlas/dns/message.h"
#include "atlas/transfer/outgoing.h"

namespace atlas::transfer {
namespace {

constexpr uint32_t kDnssecOkBit = 0x8000;
// A request has a SOA, an OPT and a signature; looked through are a few more.
constexpr size_t kRecordsLookedAtMax = 16;
constexpr size_t kOptionsMax = 32;
constexpr size_t kTypeAndClassOctets = 4;

bool has_expire(base::Bytes options) {
  base::ByteReader reader(options);
  for (size_t i = 0; i < kOptionsMax && reader.remaining() > 0; ++i) {
    const auto code = static_cast<dns::EdnsOption>(reader.u16());
    reader.skip(reader.u16());
    if (!reader.ok()) return false;
    if (code == dns::EdnsOption::EXPIRE) return true;
  }
  return false;
}

}  // namespace

RequestFacts facts_of(base::Bytes request, const tsig::Verified& verified,
                      std::shared_ptr<const tsig::KeyTable> keys) {
  RequestFacts facts;
  if (verified.outcome == tsig::Verified::Outcome::kGood ||
      verified.outcome == tsig::Verified::Outcome::kFailed) {
    facts.signer = verified.signer;
    facts.keys = std::move(keys);
  }
  base::ByteReader reader(request);
  const auto header = dns::read_header(reader);
  if (!header) return facts;
  facts.id = header->id;
  facts.flags = header->flags;
  if (header->question_count != 1) return facts;
  const auto name = dns::view_name(request.subspan(dns::kHeaderOctets));
  if (!name) return facts;
  const base::Bytes question = reader.bytes(name->size() + kTypeAndClassOctets);
  if (!reader.ok()) return facts;
  facts.question.assign(question.begin(), question.end());
  const size_t records = std::min<size_t>(
      size_t{header->answer_count} + header->authority_count + header->additional_count, kRecordsLookedAtMax);
  for (size_t i = 0; i < records; ++i) {
    if (!dns::skip_name(reader)) break;
    const auto type = static_cast<dns::RRType>(reader.u16());
    const uint16_t rr_class = reader.u16();
    const uint32_t ttl = reader.u32();
    const base::Bytes rdata = reader.bytes(reader.u16());
    if (!reader.ok()) break;
    if (type != dns::RRType::OPT) continue;
    facts.has_edns = true;
    facts.udp_payload_size = std::max(facts.udp_payload_size, rr_class);
    facts.dnssec_ok = (ttl & kDnssecOkBit) != 0;
    facts.asks_expire = has_expire(rdata);
    break;
  }
  return facts;
}

}  // namespace atlas::transfer
